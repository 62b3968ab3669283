/* What the desk asks beside cases and tasks: the window, the calendar, who stands in for whom, what waits to be handed
 * over, ratings and what is done about them. */
#include "api/internal.h"

#include "service/calendar.h"
#include "service/delegation.h"
#include "service/handover.h"
#include "service/remedy.h"
#include "service/task.h"
#include "service/watch.h"
#include "service/window.h"

enum status api_find_person(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"id", NULL};
    struct call call;
    struct value body, view;
    struct str id;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "id", &id, err) != OK ||
        service_window_find(&call, id, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, view);
}

enum status api_assign_tasks(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"tasks", "to", "note", NULL};
    struct call call;
    struct value body, view;
    struct service_assignment wanted;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "to", &wanted.to, err) != OK ||
        api_text(body, "note", &wanted.note, err) != OK)
        return FAILED;
    wanted.tasks = value_get(body, STR("tasks"));
    if (service_task_assign(&call, &wanted, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, view);
}

/* ---- Calendar ---- */

static enum status read_number(const char *name, struct str text, int64_t *out, struct error *err)
{
    if (text.len && str_to_int64(text, out))
        return OK;
    error_set(err, ERROR_INVALID, "bad-query", "%s must be a whole number", name);
    return error_field(err, "%s", name);
}

enum status api_get_calendar(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    int64_t year;
    if (gate_call(request, &call, err) != OK ||
        read_number("year", http_param(request, "year"), &year, err) != OK ||
        service_calendar_year(&call, year, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, view);
}

enum status api_count_days(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct service_count_wanted wanted = {.from = http_query(request, "from"), .unit = http_query(request, "unit")};
    if (gate_call(request, &call, err) != OK || read_number("n", http_query(request, "n"), &wanted.n, err) != OK ||
        service_calendar_count(&call, &wanted, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, view);
}

/* ---- Standing in ---- */

enum status api_list_delegations(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK ||
        service_delegation_list(&call, api_query_true(request, "all"), &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, view);
}

enum status api_make_delegation(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"to", "from", "until", "reason", NULL};
    struct call call;
    struct value body, view;
    struct service_delegation_wanted wanted;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "to", &wanted.to, err) != OK ||
        api_text(body, "from", &wanted.from, err) != OK || api_text(body, "until", &wanted.until, err) != OK ||
        api_text(body, "reason", &wanted.reason, err) != OK ||
        service_delegation_make(&call, &wanted, &view, err) != OK)
        return FAILED;
    return api_reply(request, 201, view);
}

enum status api_end_delegation(struct http_request *request, struct error *err)
{
    struct call call;
    if (gate_call(request, &call, err) != OK || service_delegation_end(&call, http_param(request, "id"), err) != OK)
        return FAILED;
    return http_reply_empty(request);
}

enum status api_list_colleagues(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_colleague_list(&call, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, view);
}

/* ---- Handing over, ratings ---- */

enum status api_list_handovers(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct service_handover_query query = {.way = http_query(request, "way"),
                                           .state = http_query(request, "state"),
                                           .cursor = http_query(request, "cursor")};
    if (gate_call(request, &call, err) != OK || api_limit(request, &query.limit, err) != OK ||
        service_handover_list(&call, &query, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, api_named(request, view));
}

enum status api_list_remedies(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct service_remedy_query query = {.item = http_query(request, "item"),
                                         .state = http_query(request, "state"),
                                         .cursor = http_query(request, "cursor")};
    if (gate_call(request, &call, err) != OK || api_limit(request, &query.limit, err) != OK ||
        service_remedy_list(&call, &query, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, api_named(request, view));
}

/* ---- Watching ---- */

static enum status watch(struct http_request *request, bool on, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_watch(&call, http_param(request, "no"), on, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, view);
}

enum status api_watch_case(struct http_request *request, struct error *err)
{
    return watch(request, true, err);
}

enum status api_unwatch_case(struct http_request *request, struct error *err)
{
    return watch(request, false, err);
}

enum status api_list_watched(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK ||
        service_watch_list(&call, http_query(request, "case"), &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, api_named(request, view));
}
