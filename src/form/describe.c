/* Everything a page or a renderer in the browser needs to show a form, as one value. */
#include "form/form.h"

#include "form/internal.h"

#include <string.h>

struct describing {
    const struct form *form;
    const struct form_env *env;
    struct arena *arena;
    struct value names; /* settled data */
    const struct form_error *errors;
    size_t error_count;
};

static struct value text_or_null(struct str s)
{
    return s.len > 0 ? value_string(s) : value_null;
}

static struct value translated(const struct describing *d, struct str s)
{
    return text_or_null(form_translate(&d->env->texts, s));
}

static struct str join_path(struct arena *arena, struct str base, struct str own)
{
    if (own.len == 0)
        return base;
    return base.len == 0 ? own : arena_printf(arena, "%.*s.%.*s", STR_ARGS(base), STR_ARGS(own));
}

static struct value reach(struct value v, struct str path)
{
    while (path.len > 0)
        v = value_get(v, str_cut(&path, '.'));
    return v;
}

static const struct form_error *error_at(const struct describing *d, struct str path)
{
    for (size_t i = 0; i < d->error_count; i++)
        if (str_equal(d->errors[i].field, path))
            return &d->errors[i];
    return NULL;
}

static struct str label_of(const struct describing *d, const struct form_component *c, struct value v)
{
    struct str label = STR_NONE;
    if (v.kind == VALUE_STRING && form_option_find(c, &d->env->codes, v.string, &label))
        return form_translate(&d->env->texts, label);
    return value_text(v);
}

static struct str datetime_text(struct arena *arena, const struct form_component *c, struct str text)
{
    if (c->subtype == FORM_DATE || (c->subtype == FORM_TIME && text.len < 5) ||
        (c->subtype == FORM_DATE_TIME && text.len < 16))
        return text;
    if (c->subtype == FORM_TIME)
        return str_part(text, 0, 5);
    return arena_printf(arena, "%.*s %.*s", STR_ARGS(str_part(text, 0, 10)), STR_ARGS(str_part(text, 11, 16)));
}

/* The value as a person reads it. */
static struct str reading_text(const struct describing *d, const struct form_component *c, struct value v)
{
    if (form_empty(v))
        return STR("");
    switch (c->type) {
    case FORM_SELECT:
    case FORM_RADIO: return label_of(d, c, v);
    case FORM_TEXTFIELD:
        return c->codes.len > 0
                   ? arena_printf(d->arena, "%.*s %.*s", STR_ARGS(value_text(v)), STR_ARGS(label_of(d, c, v)))
                   : value_to_text(d->arena, v);
    case FORM_CHECKBOX: return form_translate(&d->env->texts, value_is_true(v) ? STR("是") : STR("否"));
    case FORM_DATETIME: return datetime_text(d->arena, c, value_to_text(d->arena, v));
    case FORM_NUMBER:
        return c->unit.len == 0 ? value_to_text(d->arena, v)
                                : arena_printf(d->arena, "%.*s %.*s", STR_ARGS(value_to_text(d->arena, v)),
                                               STR_ARGS(form_translate(&d->env->texts, c->unit)));
    case FORM_CHECKLIST: {
        struct buf out;
        buf_init(&out, 0);
        for (size_t i = 0; v.kind == VALUE_LIST && i < v.list->count; i++) {
            buf_put(&out, i > 0 ? STR("、") : STR(""));
            buf_put(&out, label_of(d, c, v.list->items[i]));
        }
        return arena_take(d->arena, &out);
    }
    case FORM_TEXTAREA:
    case FORM_GROUP:
    case FORM_DYNAMICLIST:
    case FORM_TEXT:
    case FORM_SEPARATOR: return value_to_text(d->arena, v);
    }
    return STR("");
}

static const char *input_type(const struct form_component *c)
{
    static const char *const datetime[] = {
        [FORM_DATE] = "date", [FORM_TIME] = "time", [FORM_DATE_TIME] = "datetime-local"};
    if (c->type == FORM_DATETIME)
        return datetime[c->subtype];
    if (c->type == FORM_NUMBER)
        return "number";
    if (str_equal(c->format, STR("mobile")) || str_equal(c->format, STR("phone")))
        return "tel";
    return "text";
}

/* What an HTML input takes: date-times without their zone, times without seconds. */
static struct value input_value(struct arena *arena, const struct form_component *c, struct value v)
{
    if (c->type == FORM_DATETIME && c->subtype != FORM_DATE && v.kind == VALUE_STRING)
        return value_string(str_part(v.string, 0, c->subtype == FORM_TIME ? 5 : 16));
    if (c->type == FORM_NUMBER && v.kind == VALUE_NUMBER)
        return value_string(value_to_text(arena, v));
    return v;
}

static bool selected(const struct form_component *c, struct value v, struct str option)
{
    if (c->type != FORM_CHECKLIST)
        return v.kind == VALUE_STRING && str_equal(v.string, option);
    for (size_t i = 0; v.kind == VALUE_LIST && i < v.list->count; i++)
        if (str_equal(value_text(v.list->items[i]), option))
            return true;
    return false;
}

static struct value options_of(const struct describing *d, const struct form_component *c, struct value v)
{
    const struct form_option *options = NULL;
    size_t count = form_option_list(c, &d->env->codes, &options);
    struct list *list = list_new(d->arena, count);
    for (size_t i = 0; i < count; i++) {
        struct context_builder one;
        context_builder_init(&one, d->arena);
        context_builder_put(&one, STR("value"), value_string(options[i].value));
        context_builder_put(&one, STR("label"), value_string(form_translate(&d->env->texts, options[i].label)));
        context_builder_put(&one, STR("selected"), value_boolean(selected(c, v, options[i].value)));
        list->items[i] = context_builder_done(&one);
    }
    return value_of_list(list);
}

static struct value length_or_null(int64_t n)
{
    return n >= 0 ? value_int(n) : value_null;
}

static void put_rules(const struct describing *d, struct context_builder *out, const struct form_component *c)
{
    context_builder_put(out, STR("required"), value_boolean(c->required));
    context_builder_put(out, STR("readonly"), value_boolean(c->read_only));
    context_builder_put(out, STR("min"),
                        value_is_null(c->min) ? value_null : value_string(value_to_text(d->arena, c->min)));
    context_builder_put(out, STR("max"),
                        value_is_null(c->max) ? value_null : value_string(value_to_text(d->arena, c->max)));
    context_builder_put(out, STR("minLength"), length_or_null(c->min_length));
    context_builder_put(out, STR("maxLength"), length_or_null(c->max_length));
    context_builder_put(out, STR("pattern"), text_or_null(c->pattern));
    context_builder_put(out, STR("integer"), value_boolean(c->integer));
    context_builder_put(out, STR("unit"), translated(d, c->unit));
    context_builder_put(out, STR("format"), text_or_null(c->format));
    context_builder_put(out, STR("codes"), text_or_null(c->codes));
    context_builder_put(out, STR("sensitivity"), text_or_null(c->sensitivity));
    context_builder_put(out, STR("hide"), text_or_null(c->hide));
}

static struct value describe_list(const struct describing *d, const struct form_component *components, size_t count,
                                  struct value place, struct str base, const bool *hidden);

static struct value describe_rows(const struct describing *d, const struct form_component *c, struct value v,
                                  struct str path, const bool *hidden)
{
    size_t count = v.kind == VALUE_LIST ? v.list->count : 0;
    struct list *rows = list_new(d->arena, count);
    bool *row_hidden = arena_array(d->arena, bool, d->form->total);
    for (size_t i = 0; i < count; i++) {
        struct value row = v.list->items[i];
        memcpy(row_hidden, hidden, d->form->total);
        form_hidden(c->children, c->child_count, form_row_names(d->arena, d->names, row), d->env, false, row_hidden);
        struct context_builder out;
        context_builder_init(&out, d->arena);
        context_builder_put(&out, STR("index"), value_int((int64_t)i));
        struct str at = arena_printf(d->arena, "%.*s[%zu]", STR_ARGS(path), i);
        context_builder_put(&out, STR("fields"), describe_list(d, c->children, c->child_count, row, at, row_hidden));
        rows->items[i] = context_builder_done(&out);
    }
    return value_of_list(rows);
}

/* The fields of a row to come, for who adds rows in the browser. */
static struct value describe_blank(const struct describing *d, const struct form_component *c, struct str path,
                                   const bool *hidden)
{
    bool *row_hidden = arena_array(d->arena, bool, d->form->total);
    memcpy(row_hidden, hidden, d->form->total);
    struct str at = arena_printf(d->arena, "%.*s[]", STR_ARGS(path));
    return describe_list(d, c->children, c->child_count, value_null, at, row_hidden);
}

/* The data behind hidden fields are dropped already, so place is enough to know their values. */
static struct value describe_one(const struct describing *d, const struct form_component *c, struct value place,
                                 struct str base, const bool *hidden)
{
    struct str path = join_path(d->arena, base, form_has_value(c->type) ? c->key : c->path);
    bool carries = form_has_value(c->type) || c->type == FORM_DYNAMICLIST;
    struct value v = carries ? reach(place, form_has_value(c->type) ? c->key : c->path) : value_null;
    const struct form_error *error = carries ? error_at(d, path) : NULL;
    struct context_builder out;
    context_builder_init(&out, d->arena);
    context_builder_put(&out, STR("id"), value_string(c->id));
    context_builder_put(&out, STR("path"), value_string(path));
    context_builder_put(&out, STR("name"), value_string(path));
    context_builder_put(&out, STR("type"), value_cstr(form_type_name(c->type)));
    context_builder_put(&out, STR("label"), translated(d, c->label));
    context_builder_put(&out, STR("description"), translated(d, c->description));
    context_builder_put(&out, STR("placeholder"), translated(d, c->placeholder));
    context_builder_put(&out, STR("hidden"), value_boolean(hidden[c->rules->index]));
    context_builder_put(&out, STR("error"), error ? value_string(error->message) : value_null);
    context_builder_put(&out, STR("content"), translated(d, c->text));
    put_rules(d, &out, c);
    if (carries) {
        context_builder_put(&out, STR("value"), input_value(d->arena, c, v));
        context_builder_put(&out, STR("text"), value_string(reading_text(d, c, v)));
    }
    if (form_has_value(c->type))
        context_builder_put(&out, STR("input"), value_cstr(input_type(c)));
    if (c->type == FORM_DATETIME)
        context_builder_put(&out, STR("subtype"),
                            value_cstr(c->subtype == FORM_DATE   ? "date"
                                       : c->subtype == FORM_TIME ? "time"
                                                                 : "datetime"));
    if (c->type == FORM_SELECT || c->type == FORM_RADIO || c->type == FORM_CHECKLIST)
        context_builder_put(&out, STR("options"), options_of(d, c, v));
    if (c->type == FORM_GROUP)
        context_builder_put(&out, STR("fields"),
                            describe_list(d, c->children, c->child_count, reach(place, c->path), path, hidden));
    if (c->type == FORM_DYNAMICLIST) {
        context_builder_put(&out, STR("rows"), describe_rows(d, c, v, path, hidden));
        context_builder_put(&out, STR("blank"), describe_blank(d, c, path, hidden));
    }
    return context_builder_done(&out);
}

static struct value describe_list(const struct describing *d, const struct form_component *components, size_t count,
                                  struct value place, struct str base, const bool *hidden)
{
    struct list *fields = list_new(d->arena, count);
    for (size_t i = 0; i < count; i++)
        fields->items[i] = describe_one(d, &components[i], place, base, hidden);
    return value_of_list(fields);
}

static int64_t errors_in(struct value fields)
{
    int64_t n = 0;
    for (size_t i = 0; i < value_count(fields); i++) {
        struct value field = value_at(fields, i);
        n += value_is_null(value_get(field, STR("error"))) ? 0 : 1;
        n += errors_in(value_get(field, STR("fields")));
        struct value rows = value_get(field, STR("rows"));
        for (size_t k = 0; k < value_count(rows); k++)
            n += errors_in(value_get(value_at(rows, k), STR("fields")));
    }
    return n;
}

static struct value step_of(const struct describing *d, const struct form_component *group, struct value fields,
                            bool hidden, size_t index)
{
    struct context_builder out;
    context_builder_init(&out, d->arena);
    context_builder_put(&out, STR("id"), value_string(group ? group->id : d->form->id));
    context_builder_put(&out, STR("index"), value_int((int64_t)index));
    context_builder_put(&out, STR("title"), group ? translated(d, group->label) : value_null);
    context_builder_put(&out, STR("description"), group ? translated(d, group->description) : value_null);
    context_builder_put(&out, STR("hidden"), value_boolean(hidden));
    context_builder_put(&out, STR("error_count"), value_int(errors_in(fields)));
    context_builder_put(&out, STR("fields"), fields);
    return context_builder_done(&out);
}

static struct value describe_steps(const struct describing *d, const bool *hidden)
{
    struct list_builder steps;
    list_builder_init(&steps, d->arena);
    for (size_t i = 0; i < d->form->count;) {
        const struct form_component *c = &d->form->components[i];
        size_t index = steps.items.count + 1;
        if (c->type == FORM_GROUP) {
            struct value fields =
                describe_list(d, c->children, c->child_count, reach(d->names, c->path), c->path, hidden);
            list_builder_push(&steps, step_of(d, c, fields, hidden[c->rules->index], index));
            i++;
            continue;
        }
        size_t from = i;
        while (i < d->form->count && d->form->components[i].type != FORM_GROUP)
            i++;
        struct value fields = describe_list(d, c, i - from, d->names, STR_NONE, hidden);
        list_builder_push(&steps, step_of(d, NULL, fields, false, index));
    }
    return list_builder_done(&steps);
}

/* The id of the component at a data path, for links from the error summary to the field. */
struct finding {
    struct arena *arena;
    struct str path;
    struct str id;
};

static bool find_id(void *state, const struct form_component *component, struct str path)
{
    struct finding *f = state;
    if (path.len > 0 && str_equal(path, f->path))
        f->id = component->id;
    return f->id.len == 0;
}

/* "contacts[0].phone" as "contacts[].phone". */
static struct str without_indices(struct arena *arena, struct str path)
{
    struct buf out;
    buf_init(&out, 0);
    bool inside = false;
    for (size_t i = 0; i < path.len; i++) {
        inside = path.data[i] == '[' || (inside && path.data[i] != ']');
        if (!inside || path.data[i] == '[')
            buf_put_char(&out, path.data[i]);
    }
    return arena_take(arena, &out);
}

static struct value describe_errors(const struct describing *d)
{
    struct list *list = list_new(d->arena, d->error_count);
    for (size_t i = 0; i < d->error_count; i++) {
        struct finding f = {d->arena, without_indices(d->arena, d->errors[i].field), STR_NONE};
        form_walk(d->form, d->arena, find_id, &f);
        struct context_builder one;
        context_builder_init(&one, d->arena);
        context_builder_put(&one, STR("field"), value_string(d->errors[i].field));
        context_builder_put(&one, STR("id"), text_or_null(f.id));
        context_builder_put(&one, STR("code"), value_cstr(d->errors[i].code));
        context_builder_put(&one, STR("message"), value_string(d->errors[i].message));
        list->items[i] = context_builder_done(&one);
    }
    return value_of_list(list);
}

struct value form_describe(const struct form *self, struct value data, const struct form_error *errors,
                           size_t error_count, const struct form_env *env)
{
    struct describing d = {self, env, env->run->arena, value_null, errors, error_count};
    d.names = form_settle(self, data, env);
    bool *hidden = arena_array(d.arena, bool, self->total);
    form_hidden(self->components, self->count, d.names, env, false, hidden);
    struct context_builder out;
    context_builder_init(&out, d.arena);
    context_builder_put(&out, STR("id"), value_string(self->id));
    context_builder_put(&out, STR("title"), translated(&d, self->title));
    context_builder_put(&out, STR("steps"), describe_steps(&d, hidden));
    context_builder_put(&out, STR("errors"), describe_errors(&d));
    return context_builder_done(&out);
}
