/* Home, catalogue, guide and the page about the site. */
#include "portal/internal.h"

#include "pack/pack.h"
#include "service/case.h"
#include "service/catalogue.h"
#include "service/openness.h"

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
    struct value statutory = value_path(item, "limits.statutory");
    if (value_is_null(statutory))
        statutory = value_get(item, STR("statutory"));
    context_builder_put(&more, STR("statutory_text"), value_string(limit_text(request, statutory)));
    context_builder_put(&more, STR("previous_text"),
                        value_string(limit_text(request, value_path(item, "limits.previous"))));
    context_builder_put(&more, STR("instant"),
                        value_boolean(str_equal(value_text(value_get(item, STR("handling"))), STR("instant"))));
    return value_merge(request->arena, portal_translate_all(request, item), context_builder_done(&more));
}

/* {items [card], count, next}. */
static enum status item_cards(struct http_request *request, const struct service_item_query *query, struct value *out,
                              struct error *err)
{
    struct call call;
    struct value view;
    struct service_item_query wanted = *query;
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    wanted.parties = call.actor->kind != ACTOR_STAFF; /* what staff report is no service to others */
    if (service_item_list(&call, &wanted, &view, err) != OK)
        return FAILED;
    struct value items = value_get(view, STR("items"));
    struct list *cards = list_new(request->arena, value_count(items));
    for (size_t i = 0; i < value_count(items); i++)
        cards->items[i] = item_card(request, value_at(items, i));
    struct context_builder page;
    context_builder_init(&page, request->arena);
    context_builder_put(&page, STR("items"), value_of_list(cards));
    *out = value_merge(request->arena, view, context_builder_done(&page));
    return OK;
}

#define LIFE_EVENTS "life-events"
#define HOME_ITEMS 9

/* What people come for most: things that happen in life first, then what is decided at once. */
static enum status put_services(struct http_request *request, struct context_builder *data, struct error *err)
{
    static const char *const topics[] = {LIFE_EVENTS, "licence", "institution", "occupational", "health-care", "other"};
    struct service_item_query events = {.topic = STR(LIFE_EVENTS), .limit = HOME_ITEMS};
    struct service_item_query instant = {.handling = STR("instant"), .limit = HOME_ITEMS};
    struct str subject = http_query(request, "subject");
    struct value found;
    if (str_equal(subject, STR("1")) || str_equal(subject, STR("2")))
        events.subject = instant.subject = subject;
    else
        instant.subject = STR("1"); /* persons come most */
    if (item_cards(request, &events, &found, err) != OK)
        return FAILED;
    context_builder_put(data, STR("events"), value_get(found, STR("items")));
    if (item_cards(request, &instant, &found, err) != OK)
        return FAILED;
    context_builder_put(data, STR("items"), value_get(found, STR("items")));
    context_builder_put(data, STR("subject"), value_string(events.subject.data ? events.subject : STR("")));
    struct list_builder list;
    list_builder_init(&list, request->arena);
    for (size_t i = 0; i < COUNT_OF(topics); i++) {
        struct context_builder topic;
        context_builder_init(&topic, request->arena);
        context_builder_put(&topic, STR("id"), value_cstr(topics[i]));
        context_builder_put(&topic, STR("title"), value_string(portal_state(request, "topic", str_of(topics[i]))));
        list_builder_push(&list, context_builder_done(&topic));
    }
    context_builder_put(data, STR("topics"), list_builder_done(&list));
    return OK;
}

/* What is to be known before one begins: the site's own words, services that rest, versions that are to come. */
static enum status put_notices(struct http_request *request, const struct call *call, struct context_builder *data,
                               struct error *err)
{
    struct value news;
    struct str words;
    if (service_item_news(call, &news, err) != OK || service_setting_get(call, STR("site.notice"), &words, err) != OK)
        return FAILED;
    struct list *rows = list_new(request->arena, value_count(news));
    for (size_t i = 0; i < rows->count; i++) {
        struct value one = value_at(news, i);
        struct context_builder more;
        context_builder_init(&more, request->arena);
        context_builder_put(&more, STR("what_text"),
                            value_string(portal_state(request, "news", value_text(value_get(one, STR("what"))))));
        rows->items[i] = value_merge(request->arena, one, context_builder_done(&more));
    }
    context_builder_put(data, STR("news"), value_of_list(rows));
    context_builder_put(data, STR("notice"), value_string(words.data ? words : STR("")));
    return OK;
}

enum status portal_home(struct http_request *request, struct error *err)
{
    struct call call;
    struct context_builder data;
    context_builder_init(&data, request->arena);
    if (put_services(request, &data, err) != OK || gate_call(request, &call, err) != OK ||
        put_notices(request, &call, &data, err) != OK)
        return FAILED;
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

/* A choice of the catalogue: {value, label, selected} for each word of a kind of texts. */
static struct value choices(struct http_request *request, const char *kind, const char *const *words, struct str chosen)
{
    struct list_builder list;
    list_builder_init(&list, request->arena);
    for (size_t i = 0; words[i]; i++) {
        struct context_builder choice;
        context_builder_init(&choice, request->arena);
        context_builder_put(&choice, STR("value"), value_cstr(words[i]));
        context_builder_put(&choice, STR("label"), value_string(portal_state(request, kind, str_of(words[i]))));
        context_builder_put(&choice, STR("selected"), value_boolean(str_equal(chosen, str_of(words[i]))));
        list_builder_push(&list, context_builder_done(&choice));
    }
    return list_builder_done(&list);
}

enum status portal_catalogue(struct http_request *request, struct error *err)
{
    static const char *const subjects[] = {"1", "2", "3", "4", "5", "6", "9", NULL};
    static const char *const types[] = {"01", "05", "07", "08", "09", "10", "20", NULL};
    static const char *const flags[] = {"instant", "no_visit", "across"}, *const texts[] = {"q", "topic", "subject",
                                                                                            "type"};
    struct service_item_query query = {.text = http_query(request, "q"),
                                       .topic = http_query(request, "topic"),
                                       .subject = http_query(request, "subject"),
                                       .type = http_query(request, "type"),
                                       .handling = http_query(request, "instant").len ? STR("instant") : STR_NONE,
                                       .no_visit = http_query(request, "no_visit").len > 0,
                                       .across = http_query(request, "across").len > 0,
                                       .cursor = http_query(request, "cursor"),
                                       .limit = 30};
    struct value found;
    if (item_cards(request, &query, &found, err) != OK)
        return FAILED;
    struct context_builder data;
    context_builder_init(&data, request->arena);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct str text = http_query(request, texts[i]);
        context_builder_put(&data, str_of(texts[i]), value_string(text.data ? text : STR("")));
    }
    for (size_t i = 0; i < COUNT_OF(flags); i++)
        context_builder_put(&data, str_of(flags[i]), value_boolean(http_query(request, flags[i]).len > 0));
    context_builder_put(&data, STR("subjects"), choices(request, "subject", subjects, query.subject));
    context_builder_put(&data, STR("types"), choices(request, "type", types, query.type));
    context_builder_put(&data, STR("topic_title"),
                        value_string(query.topic.len ? portal_state(request, "topic", query.topic) : STR("")));
    return portal_page(request, 200, "catalogue", value_merge(request->arena, found, context_builder_done(&data)), err);
}

enum status portal_guide(struct http_request *request, struct error *err)
{
    struct call call;
    struct value item, figures;
    if (gate_call(request, &call, err) != OK ||
        service_item_get(&call, http_param(request, "code"), &item, err) != OK ||
        service_openness_item(&call, http_param(request, "code"), &figures, err) != OK)
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
    context_builder_put(&data, STR("eligible"), value_get(item, STR("eligible")));
    struct str why_not = value_text(value_get(item, STR("why_not")));
    struct str key = arena_printf(request->arena, "problem.%.*s", STR_ARGS(why_not));
    context_builder_put(&data, STR("why_not_text"),
                        value_string(why_not.len ? portal_translate(request, key) : STR("")));
    context_builder_put(&data, STR("sample"), value_boolean(portal_has_sample(request, http_param(request, "code"))));
    context_builder_put(&data, STR("figures"), portal_figures(request, figures));
    return portal_page(request, 200, "guide", context_builder_done(&data), err);
}

enum status portal_about(struct http_request *request, struct error *err)
{
    return portal_page(request, 200, "about", value_null, err);
}
