/* The rows of dynamic lists on the citizens' pages: each field has an id of its own, and an empty row follows, so that
 * a row is added without a script. */
#include "portal/internal.h"

/* "escorts[].name" as the path in a row. */
static struct value at_row(struct arena *arena, struct value path, size_t index)
{
    struct str text = value_text(path);
    ptrdiff_t open = str_find(text, STR("[]"), 0);
    if (open < 0)
        return path;
    struct str before = str_part(text, 0, (size_t)open), after = str_part(text, (size_t)open + 2, text.len);
    return value_string(arena_printf(arena, "%.*s[%zu]%.*s", STR_ARGS(before), index, STR_ARGS(after)));
}

static struct value row_fields(struct arena *arena, struct value fields, size_t index)
{
    struct list *copy = list_new(arena, value_count(fields));
    for (size_t i = 0; i < copy->count; i++) {
        struct value field = value_at(fields, i), inner = value_get(field, STR("fields"));
        struct str id = value_text(value_get(field, STR("id")));
        struct context_builder more;
        context_builder_init(&more, arena);
        context_builder_put(&more, STR("id"), value_string(arena_printf(arena, "%.*s-%zu", STR_ARGS(id), index)));
        context_builder_put(&more, STR("path"), at_row(arena, value_get(field, STR("path")), index));
        context_builder_put(&more, STR("name"), at_row(arena, value_get(field, STR("name")), index));
        context_builder_put(&more, STR("source_text"), value_null); /* the list's is not each field's */
        if (inner.kind == VALUE_LIST)
            context_builder_put(&more, STR("fields"), row_fields(arena, inner, index));
        copy->items[i] = value_merge(arena, field, context_builder_done(&more));
    }
    return value_of_list(copy);
}

static struct value one_row(struct arena *arena, struct value fields, size_t index)
{
    struct context_builder row;
    context_builder_init(&row, arena);
    context_builder_put(&row, STR("number"), value_int((int64_t)index + 1));
    context_builder_put(&row, STR("fields"), row_fields(arena, fields, index));
    return context_builder_done(&row);
}

static struct value rows_of(struct arena *arena, struct value field)
{
    struct value rows = value_get(field, STR("rows"));
    int64_t most;
    struct list_builder all;
    list_builder_init(&all, arena);
    for (size_t i = 0; i < value_count(rows); i++)
        list_builder_push(&all, one_row(arena, value_get(value_at(rows, i), STR("fields")), i));
    if (!value_to_int64(value_get(field, STR("maxLength")), &most) || (int64_t)all.items.count < most)
        list_builder_push(&all, one_row(arena, value_get(field, STR("blank")), all.items.count));
    return list_builder_done(&all);
}

static struct value with_rows(struct http_request *request, struct value fields)
{
    struct arena *arena = request->arena;
    struct list *copy = list_new(arena, value_count(fields));
    for (size_t i = 0; i < copy->count; i++) {
        struct value field = value_at(fields, i), inner = value_get(field, STR("fields"));
        copy->items[i] = field;
        if (inner.kind == VALUE_LIST)
            copy->items[i] = value_put_path(arena, field, STR("fields"), with_rows(request, inner));
        else if (value_get(field, STR("rows")).kind == VALUE_LIST)
            copy->items[i] = value_put_path(arena, field, STR("rows"), rows_of(arena, field));
    }
    return value_of_list(copy);
}

struct value portal_step_rows(struct http_request *request, struct value steps)
{
    struct list *copy = list_new(request->arena, value_count(steps));
    for (size_t i = 0; i < copy->count; i++) {
        struct value step = value_at(steps, i);
        struct value fields = with_rows(request, value_get(step, STR("fields")));
        copy->items[i] = value_put_path(request->arena, step, STR("fields"), fields);
    }
    return value_of_list(copy);
}
