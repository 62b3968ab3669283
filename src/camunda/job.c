/* Jobs: taken by long poll, completed, failed, ended by an error, changed. */
#include "service/job.h"

#include "camunda/internal.h"

#define WAIT_USUAL_MS 10000

/* ---- Taking ---- */

static struct value text_or(struct value v, const char *otherwise)
{
    return value_is_null(v) ? value_cstr(otherwise) : v;
}

static struct value job_view(struct http_request *request, struct value job)
{
    static const char *const same[][2] = {{"jobKey", "id"},
                                          {"type", "type"},
                                          {"processDefinitionId", "process"},
                                          {"elementId", "element"},
                                          {"customHeaders", "headers"},
                                          {"worker", "worker"},
                                          {"retries", "retries"},
                                          {"variables", "variables"},
                                          {"processDefinitionVersion", "process_version"},
                                          {"processInstanceKey", "instance"}};
    struct context_builder view;
    int64_t deadline = 0, element = 0;
    bool listener = value_is_true(value_get(job, STR("listener")));
    struct value tags = value_get(job, STR("tags"));
    context_builder_init(&view, request->arena);
    for (size_t i = 0; i < COUNT_OF(same); i++)
        context_builder_put(&view, str_of(same[i][0]), value_get(job, str_of(same[i][1])));
    if (!date_time_to_ms(value_get(job, STR("deadline")), &deadline))
        deadline = 0;
    if (!value_to_int64(value_get(job, STR("element_key")), &element))
        element = 0;
    context_builder_put(&view, STR("processDefinitionKey"), text_or(value_get(job, STR("definition")), "0"));
    context_builder_put(&view, STR("elementInstanceKey"),
                        value_string(arena_printf(request->arena, "%" PRId64, element)));
    context_builder_put(&view, STR("deadline"), value_int(deadline));
    context_builder_put(&view, STR("tenantId"), value_cstr("<default>"));
    context_builder_put(&view, STR("kind"), value_cstr(listener ? "EXECUTION_LISTENER" : "BPMN_ELEMENT"));
    context_builder_put(&view, STR("listenerEventType"), value_cstr("UNSPECIFIED"));
    context_builder_put(&view, STR("userTask"), value_null);
    context_builder_put(&view, STR("tags"), tags.kind == VALUE_LIST ? tags : value_list(request->arena, NULL, 0));
    context_builder_put(&view, STR("rootProcessInstanceKey"), value_null);
    return context_builder_done(&view);
}

enum status camunda_activate_jobs(struct http_request *request, struct error *err)
{
    struct call call;
    struct value body, jobs;
    struct service_job_query query = {0};
    int64_t wait_ms;
    if (camunda_begin(request, &call, &body, err) != OK || camunda_need(body, "type", &query.type, err) != OK ||
        camunda_text(body, "worker", &query.worker, err) != OK ||
        camunda_int(body, "maxJobsToActivate", 0, &query.limit, err) != OK ||
        camunda_int(body, "timeout", 0, &query.lock_ms, err) != OK ||
        camunda_int(body, "requestTimeout", 0, &wait_ms, err) != OK ||
        camunda_list(body, "fetchVariable", &query.fetch, err) != OK)
        return FAILED;
    if (query.limit < 1 || query.lock_ms < 1) {
        error_set(err, ERROR_INVALID, "out-of-range", "maxJobsToActivate and timeout must be greater than 0.");
        return error_field(err, query.limit < 1 ? "maxJobsToActivate" : "timeout");
    }
    if (query.limit > 1000)
        query.limit = 1000;
    if (http_gone(request))
        return http_reply_empty(request); /* nobody would get the jobs */
    http_watch(request, camunda_job_topic(request->arena, query.type));
    if (service_job_activate(&call, &query, &jobs, err) != OK)
        return FAILED;
    if (value_count(jobs) == 0 && wait_ms >= 0 && !http_waited_out(request))
        return http_suspend(request, wait_ms ? wait_ms : WAIT_USUAL_MS);
    struct list_builder items;
    struct context_builder view;
    list_builder_init(&items, request->arena);
    for (size_t i = 0; i < value_count(jobs); i++)
        list_builder_push(&items, job_view(request, value_at(jobs, i)));
    context_builder_init(&view, request->arena);
    context_builder_put(&view, STR("jobs"), list_builder_done(&items));
    return camunda_reply(request, 200, context_builder_done(&view));
}

/* ---- Answering ---- */

enum status camunda_complete_job(struct http_request *request, struct error *err)
{
    struct call call;
    struct value body, variables;
    if (camunda_begin(request, &call, &body, err) != OK || camunda_object(body, "variables", &variables, err) != OK ||
        camunda_without(body, "result", err) != OK ||
        service_job_complete(&call, http_param(request, "key"), variables, err) != OK)
        return FAILED;
    return http_reply_empty(request);
}

enum status camunda_fail_job(struct http_request *request, struct error *err)
{
    struct call call;
    struct value body;
    struct service_job_failure failure = {0};
    if (camunda_begin(request, &call, &body, err) != OK ||
        camunda_int(body, "retries", 0, &failure.retries, err) != OK ||
        camunda_int(body, "retryBackOff", 0, &failure.back_off_ms, err) != OK ||
        camunda_text(body, "errorMessage", &failure.message, err) != OK ||
        camunda_object(body, "variables", &failure.variables, err) != OK ||
        service_job_fail(&call, http_param(request, "key"), &failure, err) != OK)
        return FAILED;
    return http_reply_empty(request);
}

enum status camunda_throw_error(struct http_request *request, struct error *err)
{
    struct call call;
    struct value body, variables;
    struct str code, message;
    if (camunda_begin(request, &call, &body, err) != OK || camunda_need(body, "errorCode", &code, err) != OK ||
        camunda_text(body, "errorMessage", &message, err) != OK ||
        camunda_object(body, "variables", &variables, err) != OK ||
        service_job_error(&call, http_param(request, "key"), code, message, variables, err) != OK)
        return FAILED;
    return http_reply_empty(request);
}

enum status camunda_update_job(struct http_request *request, struct error *err)
{
    struct call call;
    struct value body, change;
    int64_t retries, lock_ms;
    if (camunda_begin(request, &call, &body, err) != OK || camunda_object(body, "changeset", &change, err) != OK ||
        camunda_int(change, "retries", -1, &retries, err) != OK ||
        camunda_int(change, "timeout", 0, &lock_ms, err) != OK)
        return FAILED;
    if (retries < 0 && lock_ms <= 0) {
        error_set(err, ERROR_INVALID, "required", "Give at least one of retries and timeout.");
        return error_field(err, "changeset");
    }
    if (service_job_update(&call, http_param(request, "key"), retries, lock_ms, err) != OK)
        return FAILED;
    return http_reply_empty(request);
}
