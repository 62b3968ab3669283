/* Data from HTML posts and from prefill expressions. */
#include "form/form.h"

#include "form/internal.h"

/* Cuts the next name off a field path: "contacts[0].phone" gives contacts, then row 0, then phone. */
static struct str next_name(struct str *path, int64_t *row)
{
    struct str part = str_cut(path, '.');
    *row = -1;
    ptrdiff_t open = str_find(part, STR("["), 0);
    if (open < 0 || !str_ends(part, STR("]")))
        return part;
    int64_t n = 0;
    if (str_to_int64(str_part(part, (size_t)open + 1, part.len - 1), &n) && n >= 0 && n < FORM_ROWS_MAX)
        *row = n;
    else
        return STR("?"); /* no field has this name */
    return str_part(part, 0, (size_t)open);
}

static struct value value_from_texts(struct arena *arena, const struct form_component *c, const struct form_pair *pairs,
                                     size_t count, struct str name)
{
    struct list_builder list;
    list_builder_init(&list, arena);
    struct str last = STR_NONE;
    for (size_t i = 0; i < count; i++)
        if (str_equal(pairs[i].name, name)) {
            last = pairs[i].value;
            if (last.len > 0)
                list_builder_push(&list, value_string_copy(arena, last));
        }
    if (c->type == FORM_CHECKLIST)
        return list_builder_done(&list);
    if (c->type == FORM_CHECKBOX)
        return last.data ? value_boolean(!str_equal(last, STR("false"))) : value_null;
    if (str_trim(last).len == 0)
        return value_null;
    struct value number = value_null;
    struct error ignored = ERROR_INIT;
    if (c->type == FORM_NUMBER && value_number_parse(str_trim(last), &number, &ignored) == OK)
        return number;
    return value_string_copy(arena, last);
}

struct posting {
    struct arena *arena;
    const struct form_pair *pairs;
    size_t count;
};

/* How many rows a list has in the post: one more than the highest index named. */
static size_t posted_rows(const struct posting *p, struct str list)
{
    size_t rows = 0;
    for (size_t i = 0; i < p->count; i++) {
        struct str name = p->pairs[i].name;
        if (!str_starts(name, list) || name.len <= list.len || name.data[list.len] != '[')
            continue;
        struct str rest = str_part(name, list.len, name.len);
        int64_t row = -1;
        (void)next_name(&rest, &row);
        if (row >= 0 && (size_t)row + 1 > rows)
            rows = (size_t)row + 1;
    }
    return rows;
}

static struct value put(struct arena *arena, struct value base, struct str path, struct value v)
{
    return path.len > 0 ? value_put_path(arena, base, path, v) : v;
}

static struct value get(struct value v, struct str path)
{
    while (path.len > 0)
        v = value_get(v, str_cut(&path, '.'));
    return v;
}

static struct str join(struct arena *arena, struct str base, struct str own)
{
    if (own.len == 0)
        return base;
    return base.len == 0 ? own : arena_printf(arena, "%.*s.%.*s", STR_ARGS(base), STR_ARGS(own));
}

static bool all_empty(struct value v)
{
    if (v.kind != VALUE_CONTEXT)
        return form_empty(v);
    for (size_t i = 0; i < v.context->count; i++)
        if (!all_empty(v.context->members[i].value))
            return false;
    return true;
}

/* place overlaid by what was posted for these components. */
static struct value take_list(const struct posting *p, const struct form_component *components, size_t count,
                              struct value place, struct str base)
{
    for (size_t i = 0; i < count; i++) {
        const struct form_component *c = &components[i];
        struct str path = join(p->arena, base, form_has_value(c->type) ? c->key : c->path);
        if (c->type == FORM_GROUP) {
            struct value inner = take_list(p, c->children, c->child_count, get(place, c->path), path);
            place = put(p->arena, place, c->path, inner);
        } else if (c->type == FORM_DYNAMICLIST) {
            size_t rows = posted_rows(p, path);
            struct list_builder list;
            list_builder_init(&list, p->arena);
            for (size_t r = 0; r < rows; r++) { /* the empty row that pages offer for adding is left out */
                struct str at = arena_printf(p->arena, "%.*s[%zu]", STR_ARGS(path), r);
                struct value row = take_list(p, c->children, c->child_count, value_null, at);
                if (!all_empty(row))
                    list_builder_push(&list, row);
            }
            place = put(p->arena, place, c->path, list_builder_done(&list));
        } else if (form_has_value(c->type)) {
            place = put(p->arena, place, c->key, value_from_texts(p->arena, c, p->pairs, p->count, path));
        }
    }
    return place;
}

struct value form_from_post(const struct form *self, struct arena *arena, const struct form_pair *pairs, size_t count,
                            struct value base, int step)
{
    struct posting p = {arena, pairs, count};
    struct value data = base;
    int at = -1;
    for (size_t i = 0; i < self->count; i++) {
        bool group = self->components[i].type == FORM_GROUP;
        if (group || i == 0 || self->components[i - 1].type == FORM_GROUP)
            at++;
        if (step < 0 || at == step)
            data = take_list(&p, &self->components[i], 1, data, STR_NONE);
    }
    return data;
}

/* ---- Prefill ---- */

static struct value prefill_list(const struct form_component *components, size_t count, struct value names,
                                 const struct form_env *env, struct value place)
{
    for (size_t i = 0; i < count; i++) {
        const struct form_component *c = &components[i];
        if (c->type == FORM_GROUP) {
            struct value inner = prefill_list(c->children, c->child_count, names, env, get(place, c->path));
            if (value_count(inner) > 0)
                place = put(env->run->arena, place, c->path, inner);
            continue;
        }
        struct value v = c->default_value;
        if (c->rules->prefill) {
            struct value filled = feel_evaluate_in(c->rules->prefill, names, env->run);
            v = value_is_null(filled) ? v : filled;
        }
        if (!form_has_value(c->type) || value_is_null(v))
            continue;
        bool text = c->type == FORM_TEXTFIELD || c->type == FORM_TEXTAREA || c->type == FORM_DATETIME;
        if (text && v.kind != VALUE_STRING)
            v = value_string(value_to_text(env->run->arena, v));
        place = put(env->run->arena, place, c->key, v);
    }
    return place;
}

struct value form_prefill(const struct form *self, struct value names, const struct form_env *env)
{
    return prefill_list(self->components, self->count, names, env, value_null);
}
