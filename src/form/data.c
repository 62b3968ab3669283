/* The shape of a form's data: null-filling, conditions to a fixed point, dropping what is hidden. */
#include "form/form.h"

#include "form/internal.h"

#include <string.h>

bool form_empty(struct value v)
{
    return v.kind == VALUE_NULL || (v.kind == VALUE_STRING && str_trim(v.string).len == 0) ||
           (v.kind == VALUE_LIST && v.list->count == 0);
}

bool form_option_find(const struct form_component *component, const struct form_codes *codes, struct str value,
                      struct str *label)
{
    if (component->codes.len > 0)
        return codes->find && codes->find(codes->state, component->codes, value, label);
    for (size_t i = 0; i < component->option_count; i++)
        if (str_equal(component->options[i].value, value)) {
            *label = component->options[i].label;
            return true;
        }
    return false;
}

size_t form_option_list(const struct form_component *component, const struct form_codes *codes,
                        const struct form_option **out)
{
    *out = component->options;
    if (component->codes.len == 0)
        return component->option_count;
    return codes->list ? codes->list(codes->state, component->codes, out) : 0;
}

struct str form_translate(const struct form_texts *texts, struct str text)
{
    return texts->find && text.len > 0 ? texts->find(texts->state, text) : text;
}

void form_hidden(const struct form_component *components, size_t count, struct value names, const struct form_env *env,
                 bool hidden_around, bool *hidden)
{
    for (size_t i = 0; i < count; i++) {
        const struct form_component *c = &components[i];
        bool now = hidden_around;
        if (!now && c->rules->hide)
            now = value_is_true(feel_evaluate_in(c->rules->hide, names, env->run));
        hidden[c->rules->index] = now;
        if (c->type == FORM_GROUP)
            form_hidden(c->children, c->child_count, names, env, now, hidden);
    }
}

struct value form_row_names(struct arena *arena, struct value root, struct value row)
{
    struct context_builder over;
    context_builder_init(&over, arena);
    for (size_t i = 0; row.kind == VALUE_CONTEXT && i < row.context->count; i++)
        context_builder_put(&over, row.context->members[i].key, row.context->members[i].value);
    context_builder_put(&over, STR("this"), row);
    context_builder_put(&over, STR("parent"), root);
    return value_merge(arena, root, context_builder_done(&over));
}

struct building {
    const struct form_env *env; /* NULL: nothing is hidden */
    struct arena *arena;
    struct value names; /* null-filled data of the round before: what conditions see */
    size_t total;
    bool keep_nulls;
};

static struct value build_place(const struct building *b, const struct form_shape *shape, struct value source,
                                const struct value *names, const bool *hidden);

static struct value build_rows(const struct building *b, const struct form_shape *shape, struct value source,
                               struct value names, const bool *hidden)
{
    if (source.kind != VALUE_LIST)
        return source;
    size_t count = source.list->count;
    struct list *rows = list_new(b->arena, count);
    bool *row_hidden = arena_array(b->arena, bool, b->total);
    for (size_t i = 0; i < count; i++) {
        struct value row_names = value_at(names, i);
        if (b->env) {
            memcpy(row_hidden, hidden, b->total);
            form_hidden(shape->component->children, shape->component->child_count,
                        form_row_names(b->arena, b->names, row_names), b->env, false, row_hidden);
        }
        struct value row = source.list->items[i];
        rows->items[i] = row.kind == VALUE_CONTEXT ? build_place(b, shape, row, &row_names, row_hidden) : row;
    }
    return value_of_list(rows);
}

static struct value build_place(const struct building *b, const struct form_shape *shape, struct value source,
                                const struct value *names, const bool *hidden)
{
    struct context_builder out;
    context_builder_init(&out, b->arena);
    for (size_t i = 0; i < shape->children.count; i++) {
        const struct form_shape *child = shape->children.items[i];
        struct value v = value_get(source, child->name);
        struct value child_names = value_get(*names, child->name);
        if (child->component && b->env && hidden[child->component->rules->index])
            v = value_null;
        else if (child->component && child->component->type == FORM_DYNAMICLIST)
            v = build_rows(b, child, v, child_names, hidden);
        else if (!child->component)
            v = build_place(b, child, v, &child_names, hidden);
        bool nothing = form_empty(v) || (v.kind == VALUE_CONTEXT && v.context->count == 0);
        if (b->keep_nulls || !nothing)
            context_builder_put(&out, child->name, b->keep_nulls && form_empty(v) ? value_null : v);
    }
    return context_builder_done(&out);
}

struct value form_null_fill(const struct form *self, struct arena *arena, struct value data)
{
    struct building b = {.arena = arena, .total = self->total, .keep_nulls = true};
    bool *hidden = arena_array(arena, bool, self->total);
    return build_place(&b, &self->shape, data, &data, hidden);
}

/* Each round judges the conditions by what the round before left, always starting from all of the data: a value that
 * comes back into sight keeps what was entered. Conditions that never settle stay as the last round left them. */
struct value form_settle(const struct form *self, struct value data, const struct form_env *env)
{
    struct arena *arena = env->run->arena;
    struct building b = {.env = env, .arena = arena, .total = self->total, .keep_nulls = true};
    struct value settled = form_null_fill(self, arena, data);
    bool *hidden = arena_array(arena, bool, self->total);
    for (int round = 0; round < FORM_ROUNDS_MAX; round++) {
        b.names = settled;
        form_hidden(self->components, self->count, settled, env, false, hidden);
        struct value next = build_place(&b, &self->shape, data, &settled, hidden);
        if (value_identical(next, settled))
            break;
        settled = next;
    }
    return settled;
}
