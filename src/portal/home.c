/* Home, catalogue, guide and the page about the site. */
#include "portal/internal.h"

#include "pack/pack.h"
#include "service/case.h"
#include "service/catalogue.h"

/* A limit as a person reads it: "即办", "3 个工作日". n 0 is at once. */
static struct str limit_text(struct http_request *request, struct value limit)
{
    int64_t n = 0;
    if (limit.kind != VALUE_CONTEXT || !value_to_int64(value_get(limit, STR("n")), &n))
        return STR("");
    if (n == 0)
        return portal_text(request, "limit_at_once");
    struct str unit = portal_state(request, "unit", value_text(value_get(limit, STR("unit"))));
    return arena_printf(request->arena, "%" PRId64 " %.*s", n, STR_ARGS(unit));
}

/* An item with what the pages add: limits in words, whether it is decided at once. */
static struct value item_card(struct http_request *request, struct value item)
{
    struct value promised = value_path(item, "limits.promised");
    if (value_is_null(promised))
        promised = value_get(item, STR("promised"));
    struct context_builder more;
    context_builder_init(&more, request->arena);
    context_builder_put(&more, STR("promised_text"), value_string(limit_text(request, promised)));
    context_builder_put(&more, STR("statutory_text"),
                        value_string(limit_text(request, value_path(item, "limits.statutory"))));
    context_builder_put(&more, STR("instant"),
                        value_boolean(str_equal(value_text(value_get(item, STR("handling"))), STR("instant"))));
    return value_merge(request->arena, portal_translate_all(request, item), context_builder_done(&more));
}

static enum status item_cards(struct http_request *request, const struct service_item_query *query, struct value *out,
                              struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_item_list(&call, query, &view, err) != OK)
        return FAILED;
    struct value items = value_get(view, STR("items"));
    struct list *cards = list_new(request->arena, value_count(items));
    for (size_t i = 0; i < value_count(items); i++)
        cards->items[i] = item_card(request, value_at(items, i));
    *out = value_of_list(cards);
    return OK;
}

enum status portal_home(struct http_request *request, struct error *err)
{
    struct call call;
    struct value items;
    struct service_item_query all = {0};
    struct context_builder data;
    context_builder_init(&data, request->arena);
    if (item_cards(request, &all, &items, err) != OK || gate_call(request, &call, err) != OK)
        return FAILED;
    context_builder_put(&data, STR("items"), items);
    if (portal_signed_in(request)) {
        struct value drafts;
        struct value cases;
        struct service_case_query mine = {.mine = true, .limit = 5};
        if (service_draft_list(&call, &drafts, err) != OK || service_case_list(&call, &mine, &cases, err) != OK)
            return FAILED;
        context_builder_put(&data, STR("drafts"), portal_drafts(request, drafts));
        context_builder_put(&data, STR("cases"), portal_case_rows(request, value_get(cases, STR("items"))));
    }
    return portal_page(request, 200, "home", context_builder_done(&data), err);
}

enum status portal_catalogue(struct http_request *request, struct error *err)
{
    struct service_item_query query = {.text = http_query(request, "q"),
                                       .topic = http_query(request, "topic"),
                                       .subject = http_query(request, "subject")};
    struct value items;
    if (item_cards(request, &query, &items, err) != OK)
        return FAILED;
    struct context_builder data;
    context_builder_init(&data, request->arena);
    context_builder_put(&data, STR("items"), items);
    context_builder_put(&data, STR("count"), value_int((int64_t)value_count(items)));
    context_builder_put(&data, STR("q"), value_string(query.text.data ? query.text : STR("")));
    context_builder_put(&data, STR("subject"), value_string(query.subject.data ? query.subject : STR("")));
    return portal_page(request, 200, "catalogue", context_builder_done(&data), err);
}

enum status portal_guide(struct http_request *request, struct error *err)
{
    struct call call;
    struct value item;
    if (gate_call(request, &call, err) != OK || service_item_get(&call, http_param(request, "code"), &item, err) != OK)
        return FAILED;
    struct context_builder data;
    context_builder_init(&data, request->arena);
    context_builder_put(&data, STR("item"), item_card(request, item));
    struct value materials = value_get(item, STR("materials"));
    int64_t needed = 0;
    for (size_t i = 0; i < value_count(materials); i++)
        needed += str_equal(value_text(value_get(value_at(materials, i), STR("need"))), STR("1"));
    context_builder_put(&data, STR("material_count"), value_int((int64_t)value_count(materials)));
    context_builder_put(&data, STR("material_needed"), value_int(needed));
    context_builder_put(&data, STR("flow_count"), value_int((int64_t)value_count(value_get(item, STR("flow")))));
    context_builder_put(&data, STR("fee_count"), value_int((int64_t)value_count(value_get(item, STR("fees")))));
    struct str why_not = value_text(value_get(item, STR("why_not")));
    struct str key = arena_printf(request->arena, "problem.%.*s", STR_ARGS(why_not));
    context_builder_put(&data, STR("why_not_text"), value_string(why_not.len ? portal_translate(request, key) : STR("")));
    return portal_page(request, 200, "guide", context_builder_done(&data), err);
}

enum status portal_about(struct http_request *request, struct error *err)
{
    return portal_page(request, 200, "about", value_null, err);
}
