/* My cases, and one case: receipt, progress, result. */
#include "service/case.h"

#include "pack/pack.h"
#include "portal/internal.h"

struct value portal_case_row(struct http_request *request, struct value one)
{
    struct str state = value_text(value_get(one, STR("state")));
    struct str outcome = value_text(value_get(one, STR("outcome")));
    struct context_builder more;
    context_builder_init(&more, request->arena);
    context_builder_put(&more, STR("item_title"),
                        value_string(portal_translate(request, value_text(value_get(one, STR("item_title"))))));
    bool closed = str_equal(state, STR("closed"));
    context_builder_put(&more, STR("state_text"),
                        value_string(closed && outcome.len ? portal_state(request, "outcome", outcome)
                                                           : portal_state(request, "case", state)));
    context_builder_put(&more, STR("is_closed"), value_boolean(closed));
    context_builder_put(&more, STR("good"), value_boolean(str_equal(outcome, STR("granted"))));
    context_builder_put(&more, STR("opened_text"), portal_time(request, value_get(one, STR("opened"))));
    context_builder_put(&more, STR("closed_text"), portal_time(request, value_get(one, STR("closed"))));
    struct value deadline = value_get(one, STR("deadline"));
    context_builder_put(&more, STR("deadline_text"),
                        portal_time(request, deadline.kind == VALUE_CONTEXT ? value_get(deadline, STR("at")) : deadline));
    return value_merge(request->arena, one, context_builder_done(&more));
}

struct value portal_case_rows(struct http_request *request, struct value cases)
{
    struct list *rows = list_new(request->arena, value_count(cases));
    for (size_t i = 0; i < value_count(cases); i++)
        rows->items[i] = portal_case_row(request, value_at(cases, i));
    return value_of_list(rows);
}

enum status portal_my_cases(struct http_request *request, struct error *err)
{
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    struct call call;
    struct value view;
    struct service_case_query mine = {.mine = true, .limit = 50, .cursor = http_query(request, "cursor")};
    if (gate_call(request, &call, err) != OK || service_case_list(&call, &mine, &view, err) != OK)
        return FAILED;
    struct context_builder data;
    context_builder_init(&data, request->arena);
    struct value rows = portal_case_rows(request, value_get(view, STR("items")));
    context_builder_put(&data, STR("cases"), rows);
    context_builder_put(&data, STR("count"), value_int((int64_t)value_count(rows)));
    context_builder_put(&data, STR("next"), value_get(view, STR("next")));
    return portal_page(request, 200, "cases", context_builder_done(&data), err);
}

/* Events that mean something to an applicant; the texts name them "event_<type>". */
struct value portal_public_events(struct http_request *request, struct value events)
{
    struct list_builder shown;
    list_builder_init(&shown, request->arena);
    for (size_t i = 0; i < value_count(events); i++) {
        struct value event = value_at(events, i);
        struct str type = value_text(value_get(event, STR("type")));
        struct str text = portal_state(request, "event", type);
        if (str_equal(text, type))
            continue;
        struct context_builder row;
        context_builder_init(&row, request->arena);
        context_builder_put(&row, STR("text"), value_string(text));
        context_builder_put(&row, STR("at_text"), portal_time(request, value_get(event, STR("at"))));
        list_builder_push(&shown, context_builder_done(&row));
    }
    return list_builder_done(&shown);
}

static bool may(struct value one, struct str action)
{
    struct value actions = value_get(one, STR("actions"));
    for (size_t i = 0; i < value_count(actions); i++)
        if (str_equal(value_text(value_at(actions, i)), action))
            return true;
    return false;
}

static struct value certificate_rows(struct http_request *request, struct value certificates)
{
    struct list *rows = list_new(request->arena, value_count(certificates));
    for (size_t i = 0; i < value_count(certificates); i++)
        rows->items[i] = portal_certificate_row(request, value_at(certificates, i));
    return value_of_list(rows);
}

/* What the case waits for: the applicant's corrections, or the end of a pause of the clock. */
static void put_waiting(struct http_request *request, struct context_builder *data, struct value one)
{
    static const char *const waits[] = {"correction", "suspension"};
    for (size_t i = 0; i < COUNT_OF(waits); i++) {
        struct value wait = value_get(one, str_of(waits[i]));
        struct context_builder more;
        context_builder_init(&more, request->arena);
        context_builder_put(&more, STR("until_text"), portal_time(request, value_get(wait, STR("until"))));
        if (!value_is_null(wait))
            wait = value_merge(request->arena, portal_translate_all(request, wait), context_builder_done(&more));
        context_builder_put(data, str_of(waits[i]), wait);
    }
    struct str outcome = value_text(value_get(one, STR("outcome")));
    bool against = str_equal(outcome, STR("refused")) || str_equal(outcome, STR("declined"));
    context_builder_put(data, STR("remedies"), value_boolean(against));
}

static enum status show_case(struct http_request *request, const struct error *refused, struct error *err)
{
    struct call call;
    struct value one;
    struct value events;
    struct str no = http_param(request, "no");
    if (gate_call(request, &call, err) != OK || service_case_get(&call, no, &one, err) != OK ||
        service_case_events(&call, no, &events, err) != OK)
        return FAILED;
    struct value qr;
    if (portal_qr(request, portal_lookup_url(request, no), &qr, err) != OK)
        return FAILED;
    struct context_builder data;
    context_builder_init(&data, request->arena);
    context_builder_put(&data, STR("case"), portal_case_row(request, portal_translate_all(request, one)));
    context_builder_put(&data, STR("certificates"), certificate_rows(request, value_get(one, STR("certificates"))));
    context_builder_put(&data, STR("documents"), certificate_rows(request, value_get(one, STR("documents"))));
    context_builder_put(&data, STR("qr"), qr);
    context_builder_put(&data, STR("signature"), portal_signature(request, value_get(one, STR("signature"))));
    put_waiting(request, &data, one);
    context_builder_put(&data, STR("deadline_why"), portal_deadline_why(request, value_get(one, STR("deadline_explanation"))));
    context_builder_put(&data, STR("events"), portal_public_events(request, events));
    context_builder_put(&data, STR("is_new"), value_boolean(http_query(request, "new").len > 0));
    context_builder_put(&data, STR("can_withdraw"), value_boolean(may(one, STR("withdraw"))));
    context_builder_put(&data, STR("can_supplement"), value_boolean(may(one, STR("supplement"))));
    context_builder_put(&data, STR("can_rate"), value_boolean(may(one, STR("rate"))));
    context_builder_put(&data, STR("refused"), value_string(refused ? portal_problem(request, refused) : STR("")));
    return portal_page(request, refused ? 422 : 200, "case", context_builder_done(&data), err);
}

enum status portal_progress(struct http_request *request, struct error *err)
{
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    return show_case(request, NULL, err);
}

/* withdraw and rate, from the buttons of the case's page. */
enum status portal_act(struct http_request *request, struct error *err)
{
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    struct call call;
    struct value view;
    struct context_builder input;
    context_builder_init(&input, request->arena);
    int64_t grade;
    if (str_to_int64(portal_field(request, "grade"), &grade))
        context_builder_put(&input, STR("grade"), value_int(grade));
    static const char *const texts[] = {"reason", "text"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct str text = portal_field(request, texts[i]);
        if (text.len)
            context_builder_put(&input, str_of(texts[i]), value_string(text));
    }
    struct str no = http_param(request, "no");
    struct error refused = ERROR_INIT;
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    if (service_case_act(&call, no, http_param(request, "action"), context_builder_done(&input), &view, &refused) != OK)
        return show_case(request, &refused, err);
    return http_reply_redirect(request, 303, arena_printf(request->arena, "/cases/%.*s", STR_ARGS(no)));
}
