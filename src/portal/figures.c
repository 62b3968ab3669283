/* Figures open to everybody (P17): of the province, a city or a county, with what each means, and how services are
 * rated without anybody's name. */
#include "portal/internal.h"

#include "service/openness.h"

/* 0.9876 as "98.76%", 12.5 with its unit; "" for what is not known. */
struct str portal_figure(struct http_request *request, struct value figure)
{
    struct value v = value_get(figure, STR("value")), shown = v;
    struct str unit = value_text(value_get(figure, STR("unit")));
    bool share = str_equal(unit, STR("share"));
    if (value_is_true(value_get(figure, STR("suppressed"))))
        return portal_text(request, "figure_few");
    if (v.kind != VALUE_NUMBER || (share && !number_multiply(v, value_int(100), &shown)) ||
        !number_round(shown, str_equal(unit, STR("count")) ? 0 : 2, ROUND_HALF_UP, &shown))
        return portal_text(request, "figure_none");
    struct str text = value_to_text(request->arena, shown);
    if (share)
        return arena_printf(request->arena, "%.*s%%", STR_ARGS(text));
    struct str word = portal_state(request, "figure_unit", unit);
    return word.len && !str_equal(word, unit)
               ? arena_printf(request->arena, "%.*s %.*s", STR_ARGS(text), STR_ARGS(word))
               : text;
}

static struct value row_in_words(struct http_request *request, struct value row, struct value unit)
{
    struct context_builder more;
    context_builder_init(&more, request->arena);
    context_builder_put(&more, STR("unit"), unit);
    struct value with_unit = value_merge(request->arena, row, context_builder_done(&more));
    context_builder_init(&more, request->arena);
    context_builder_put(&more, STR("value_text"), value_string(portal_figure(request, with_unit)));
    return value_merge(request->arena, row, context_builder_done(&more));
}

static struct value rows_in_words(struct http_request *request, struct value figure)
{
    struct value rows = value_get(figure, STR("rows")), unit = value_get(figure, STR("unit"));
    struct list *out = list_new(request->arena, value_count(rows));
    for (size_t i = 0; i < out->count; i++)
        out->items[i] = row_in_words(request, value_at(rows, i), unit);
    return value_of_list(out);
}

struct value portal_figures(struct http_request *request, struct value figures)
{
    struct list *out = list_new(request->arena, value_count(figures));
    for (size_t i = 0; i < out->count; i++) {
        struct value figure = value_at(figures, i), target = value_get(figure, STR("target"));
        struct value rows = rows_in_words(request, figure), aim = value_null;
        struct context_builder more;
        context_builder_init(&more, request->arena);
        if (!value_is_null(target)) {
            context_builder_put(&more, STR("value"), target);
            context_builder_put(&more, STR("unit"), value_get(figure, STR("unit")));
            aim = value_string(portal_figure(request, context_builder_done(&more)));
            context_builder_init(&more, request->arena);
        }
        bool rated = str_equal(value_text(value_get(figure, STR("group"))), STR("satisfaction"));
        context_builder_put(&more, STR("value_text"), value_string(portal_figure(request, figure)));
        context_builder_put(&more, STR("target_text"), aim);
        context_builder_put(&more, STR("rated"), value_boolean(rated));
        context_builder_put(&more, STR("rows"), rows);
        context_builder_put(&more, STR("row_count"), value_int((int64_t)value_count(rows)));
        out->items[i] = value_merge(request->arena, figure, context_builder_done(&more));
    }
    return value_of_list(out);
}

enum status portal_openness(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct service_openness_query query = {
        .region = http_query(request, "region"), .from = http_query(request, "from"), .to = http_query(request, "to")};
    if (gate_call(request, &call, err) != OK || service_openness(&call, &query, &view, err) != OK)
        return FAILED;
    struct str level = value_text(value_get(view, STR("level")));
    struct context_builder more;
    context_builder_init(&more, request->arena);
    context_builder_put(&more, STR("level_text"), value_string(portal_state(request, "level_of", level)));
    context_builder_put(&more, STR("items"), portal_figures(request, value_get(view, STR("items"))));
    context_builder_put(&more, STR("from_text"), value_get(view, STR("from")));
    context_builder_put(&more, STR("to_text"), value_get(view, STR("to")));
    context_builder_put(&more, STR("as_of_text"), portal_time(request, value_get(view, STR("as_of"))));
    context_builder_put(&more, STR("part_count"), value_int((int64_t)value_count(value_get(view, STR("parts")))));
    return portal_page(request, 200, "figures", value_merge(request->arena, view, context_builder_done(&more)), err);
}
