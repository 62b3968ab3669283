/* Operations: incidents, timers, jobs, versions and heat of processes, changes to running cases by two persons. */
#include "service/operate.h"

#include "api/internal.h"

enum status api_list_incidents(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct service_incident_query query = {.process = http_query(request, "process"),
                                           .kind = http_query(request, "type"),
                                           .no = http_query(request, "case"),
                                           .cursor = http_query(request, "cursor")};
    if (gate_call(request, &call, err) != OK || api_limit(request, &query.limit, err) != OK ||
        service_incident_list(&call, &query, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, api_said(request, api_named(request, view)));
}

static enum status mend(struct http_request *request, bool skip, struct error *err)
{
    static const char *const names[] = {"reason", "variables", "flow", NULL};
    struct call call;
    struct value body, view;
    struct service_incident_mending mending = {.skip = skip};
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "reason", &mending.reason, err) != OK ||
        api_text(body, "flow", &mending.flow, err) != OK ||
        api_object(body, "variables", &mending.variables, err) != OK ||
        service_incident_mend(&call, http_param(request, "id"), &mending, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, view);
}

enum status api_retry_incident(struct http_request *request, struct error *err)
{
    return mend(request, false, err);
}

enum status api_skip_incident(struct http_request *request, struct error *err)
{
    return mend(request, true, err);
}

enum status api_list_timers(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    int64_t limit;
    if (gate_call(request, &call, err) != OK || api_limit(request, &limit, err) != OK ||
        service_timer_list(&call, api_query_true(request, "overdue"), limit, http_query(request, "cursor"), &view,
                           err) != OK)
        return FAILED;
    return api_reply(request, 200, api_named(request, view));
}

enum status api_list_jobs(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct service_job_list_query query = {.type = http_query(request, "type"),
                                           .state = http_query(request, "state"),
                                           .cursor = http_query(request, "cursor")};
    if (gate_call(request, &call, err) != OK || api_limit(request, &query.limit, err) != OK ||
        service_job_list(&call, &query, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, api_named(request, view));
}

enum status api_give_retries(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"retries", NULL};
    struct call call;
    struct value body;
    int64_t retries;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_int(body, "retries", 3, &retries, err) != OK ||
        service_job_retries(&call, http_param(request, "id"), retries, err) != OK)
        return FAILED;
    return http_reply_empty(request);
}

enum status api_list_processes(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct service_version_query query = {.process = http_query(request, "process"),
                                          .text = http_query(request, "q"),
                                          .running = api_query_true(request, "running"),
                                          .cursor = http_query(request, "cursor")};
    if (gate_call(request, &call, err) != OK || api_limit(request, &query.limit, err) != OK ||
        service_version_list(&call, &query, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, api_named(request, view));
}

enum status api_get_heat(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct str version = http_query(request, "version");
    struct service_heat_query query = {.process = http_param(request, "id"),
                                       .source = http_query(request, "source"),
                                       .from = http_query(request, "from"),
                                       .to = http_query(request, "to")};
    if (version.len && (!str_to_int64(version, &query.version) || query.version < 1)) {
        error_set(err, ERROR_INVALID, "bad-query", "version must be a number from 1");
        return error_field(err, "version");
    }
    if (gate_call(request, &call, err) != OK || service_heat(&call, &query, &view, err) != OK)
        return FAILED;
    struct value elements = api_with(request, value_null, "items", value_get(view, STR("elements")));
    view = api_with(request, api_named(request, view), "elements",
                    value_get(api_named(request, elements), STR("items")));
    return api_reply_plain(request, 200, view);
}

enum status api_list_changes(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    int64_t limit;
    if (gate_call(request, &call, err) != OK || api_limit(request, &limit, err) != OK ||
        service_change_list(&call, http_query(request, "state"), limit, http_query(request, "cursor"), &view, err) !=
            OK)
        return FAILED;
    return api_reply(request, 200, view);
}

enum status api_propose_change(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"kind",  "process", "source", "version", "to",     "mapping",
                                        "moves", "cases",   "region", "element", "reason", NULL};
    struct call call;
    struct value body, view;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || service_change_propose(&call, body, &view, err) != OK)
        return FAILED;
    struct str id = value_text(value_get(view, STR("id")));
    http_set_header(request, "Location", arena_printf(request->arena, "/api/v1/instances/changes/%.*s", STR_ARGS(id)));
    return api_reply_plain(request, 201, view);
}

enum status api_get_change(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_change_get(&call, http_param(request, "id"), &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

static enum status decide(struct http_request *request, bool approve, struct error *err)
{
    static const char *const names[] = {"reason", NULL};
    struct call call;
    struct value body, view;
    struct str reason;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "reason", &reason, err) != OK ||
        service_change_decide(&call, http_param(request, "id"), approve, reason, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

enum status api_approve_change(struct http_request *request, struct error *err)
{
    return decide(request, true, err);
}

enum status api_reject_change(struct http_request *request, struct error *err)
{
    return decide(request, false, err);
}
