/* Built-ins over contexts: 10.3.4.9 and 10.3.4.10, with the lists of keys that Camunda adds. */
#include "feel/builtins.h"

static struct value call_get_value(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct value out;
    if (value_find(a[0], a[1].string, &out))
        return out;
    return note_null(frame, "get value(): the context has no '%.*s'", STR_ARGS(a[1].string));
}

static bool texts_only(const struct list *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        if (keys->items[i].kind != VALUE_STRING)
            return false;
    return true;
}

static struct value call_get_value_along(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    const struct list *keys = a[1].list;
    if (keys->count == 0 || !texts_only(keys))
        return note_null(frame, "get value(): the keys must be texts");
    struct value v = a[0];
    for (size_t i = 0; i < keys->count; i++)
        if (!value_find(v, keys->items[i].string, &v))
            return note_null(frame, "get value(): there is no '%.*s'", STR_ARGS(keys->items[i].string));
    return v;
}

static struct value call_get_entries(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    const struct context *context = a[0].context;
    if (!run_list_allowed(frame->run, context->count))
        return value_null;
    struct list *out = list_new(frame->run->arena, context->count);
    for (size_t i = 0; i < context->count; i++) {
        struct context_builder entry;
        context_builder_init(&entry, frame->run->arena);
        context_builder_put(&entry, STR("key"), value_string(context->members[i].key));
        context_builder_put(&entry, STR("value"), context->members[i].value);
        out->items[i] = context_builder_done(&entry);
    }
    return value_of_list(out);
}

/* context([{key: "a", value: 1}, …]): every entry has both, and no key occurs twice. */
static struct value call_context(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct context_builder out;
    context_builder_init(&out, frame->run->arena);
    if (!run_list_allowed(frame->run, a[0].list->count))
        return value_null;
    for (size_t i = 0; i < a[0].list->count; i++) {
        struct value key;
        struct value value;
        struct value entry = a[0].list->items[i];
        if (!value_find(entry, STR("key"), &key) || !value_find(entry, STR("value"), &value) ||
            key.kind != VALUE_STRING)
            return note_null(frame, "context() needs entries with a text 'key' and a 'value'");
        context_builder_put(&out, key.string, value);
    }
    struct value context = context_builder_done(&out);
    return value_count(context) == a[0].list->count ? context : note_null(frame, "context(): a key occurs twice");
}

static struct value with_entry(struct arena *arena, struct value context, struct str key, struct value value)
{
    struct context_builder out;
    context_builder_init(&out, arena);
    if (context.kind == VALUE_CONTEXT)
        for (size_t i = 0; i < context.context->count; i++)
            context_builder_put(&out, context.context->members[i].key, context.context->members[i].value);
    context_builder_put(&out, key, value);
    return context_builder_done(&out);
}

static struct value call_context_put(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    if (!run_list_allowed(frame->run, a[0].context->count))
        return value_null;
    return with_entry(frame->run->arena, a[0], a[1].string, a[2]);
}

/* Contexts on the way are made; a key list of one is a key. */
static struct value put_along(struct value context, const struct value *keys, size_t count, struct value value,
                              struct frame *frame)
{
    if (count > 1) {
        struct value inner = value_get(context, keys[0].string);
        if (inner.kind != VALUE_CONTEXT && inner.kind != VALUE_NULL)
            return note_null(frame, "context put(): '%.*s' is no context", STR_ARGS(keys[0].string));
        value = put_along(inner, keys + 1, count - 1, value, frame);
        if (value_is_null(value))
            return value;
    }
    if (!run_list_allowed(frame->run, value_count(context)))
        return value_null;
    return with_entry(frame->run->arena, context, keys[0].string, value);
}

static struct value call_context_put_along(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    const struct list *keys = a[1].list;
    if (keys->count == 0 || keys->count > FEEL_DEPTH_MAX || !texts_only(keys))
        return note_null(frame, "context put(): the keys must be texts, at least one");
    return put_along(a[0], keys->items, keys->count, a[2], frame);
}

static struct value call_context_merge(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct context_builder out;
    context_builder_init(&out, frame->run->arena);
    for (size_t i = 0; i < a[0].list->count; i++) {
        struct value context = a[0].list->items[i];
        if (context.kind != VALUE_CONTEXT)
            return note_null(frame, "context merge() needs a list of contexts");
        if (!run_list_allowed(frame->run, out.members.count + context.context->count))
            return value_null;
        for (size_t j = 0; j < context.context->count; j++)
            context_builder_put(&out, context.context->members[j].key, context.context->members[j].value);
    }
    return context_builder_done(&out);
}

#define CONTEXT P("context", TAKE_CONTEXT)

const struct builtin builtins_context[] = {
    {"get value", call_get_value, 0, FEEL_TYPE_ANY, {P("m", TAKE_CONTEXT), P("key", TAKE_STRING)}},
    {"get value", call_get_value, 0, FEEL_TYPE_ANY, {CONTEXT, P("key", TAKE_STRING)}},
    {"get value", call_get_value_along, 0, FEEL_TYPE_ANY, {CONTEXT, P("keys", TAKE_LIST)}},
    {"get entries", call_get_entries, 0, FEEL_TYPE_LIST, ONE("m", TAKE_CONTEXT)},
    {"context", call_context, 0, FEEL_TYPE_CONTEXT, ONE("entries", TAKE_LIST)},
    {"context put", call_context_put, 0, FEEL_TYPE_CONTEXT, {CONTEXT, P("key", TAKE_STRING), P("value", TAKE_ANY)}},
    {"context put",
     call_context_put_along,
     0,
     FEEL_TYPE_CONTEXT,
     {CONTEXT, P("keys", TAKE_LIST), P("value", TAKE_ANY)}},
    {"context merge", call_context_merge, 0, FEEL_TYPE_CONTEXT, ONE("contexts", TAKE_LIST)},
    {0},
};
