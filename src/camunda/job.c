/* Jobs: taken by long poll, completed, failed, ended by an error, changed. */
#include "service/job.h"

#include "camunda/internal.h"

#define WAIT_USUAL_MS 10000

/* ---- Taking ---- */

static struct value text_or(struct value v, const char *otherwise)
{
    return value_is_null(v) ? value_cstr(otherwise) : v;
}

/* The same instant in UTC; null stays null. */
static struct value in_utc(struct value v)
{
    int64_t ms;
    if (!date_time_to_ms(v, &ms))
        return value_null;
    struct value utc = {.kind = VALUE_DATE_TIME, .zone = ZONE_UTC};
    utc.temporal = (struct temporal){.seconds = ms / 1000, .nanos = (int32_t)(ms % 1000) * 1000000};
    return utc;
}

/* The task as it will be when every listener lets the change pass. */
static struct value user_task(struct arena *arena, struct value listening, struct str event)
{
    static const char *const same[][2] = {{"assignee", "assignee"},
                                          {"candidateGroups", "candidateGroups"},
                                          {"candidateUsers", "candidateUsers"},
                                          {"priority", "priority"}};
    struct value task = value_get(listening, STR("task")), changed = value_get(listening, STR("changed"));
    struct context_builder view;
    int64_t key;
    if (!value_to_int64(value_get(task, STR("key")), &key))
        return value_null;
    static const char *const actions[][2] = {
        {"assigning", "assign"}, {"updating", "update"}, {"completing", "complete"}};
    const char *action = "";
    for (size_t i = 0; i < COUNT_OF(actions); i++)
        if (str_equal(event, str_of(actions[i][0])))
            action = actions[i][1];
    context_builder_init(&view, arena);
    context_builder_put(&view, STR("action"), value_cstr(action));
    context_builder_put(&view, STR("changedAttributes"), changed);
    for (size_t i = 0; i < COUNT_OF(same); i++)
        context_builder_put(&view, str_of(same[i][0]), value_get(task, str_of(same[i][1])));
    context_builder_put(&view, STR("dueDate"), in_utc(value_get(task, STR("due"))));
    context_builder_put(&view, STR("followUpDate"), in_utc(value_get(task, STR("followUp"))));
    context_builder_put(&view, STR("formKey"), value_null);
    context_builder_put(&view, STR("userTaskKey"), value_string(arena_printf(arena, "%" PRId64, key)));
    return context_builder_done(&view);
}

static void put_listener(struct context_builder *view, struct value listening, bool ad_hoc)
{
    static const char *const types[][2] = {{"start", "START"},       {"end", "END"},
                                           {"creating", "CREATING"}, {"assigning", "ASSIGNING"},
                                           {"updating", "UPDATING"}, {"completing", "COMPLETING"},
                                           {"canceling", "CANCELING"}};
    struct str event = value_text(value_get(listening, STR("event")));
    bool task = !value_is_null(value_get(listening, STR("task")));
    const char *type = "UNSPECIFIED";
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (str_equal(event, str_of(types[i][0])))
            type = types[i][1];
    context_builder_put(view, STR("kind"),
                        value_cstr(task        ? "TASK_LISTENER"
                                   : event.len ? "EXECUTION_LISTENER"
                                   : ad_hoc    ? "AD_HOC_SUB_PROCESS"
                                               : "BPMN_ELEMENT"));
    context_builder_put(view, STR("listenerEventType"), value_cstr(type));
    context_builder_put(view, STR("userTask"), task ? user_task(view->arena, listening, event) : value_null);
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
    put_listener(&view, value_get(job, STR("listening")), value_is_true(value_get(job, STR("ad_hoc"))));
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

/* Which elements the job of an ad-hoc sub-process wants to run, and whether that is all. */
static enum status read_ad_hoc(struct http_request *request, struct value result, struct value *out, struct error *err)
{
    struct value elements;
    bool fulfilled, cancels;
    if (camunda_list(result, "activateElements", &elements, err) != OK ||
        camunda_flag(result, "isCompletionConditionFulfilled", false, &fulfilled, err) != OK ||
        camunda_flag(result, "isCancelRemainingInstances", false, &cancels, err) != OK)
        return FAILED;
    struct context_builder view;
    context_builder_init(&view, request->arena);
    context_builder_put(&view, STR("activateElements"), elements);
    context_builder_put(&view, STR("isCompletionConditionFulfilled"), value_boolean(fulfilled));
    context_builder_put(&view, STR("isCancelRemainingInstances"), value_boolean(cancels));
    *out = context_builder_done(&view);
    return OK;
}

/* What a task listener or the job of an ad-hoc sub-process answers. */
static enum status read_result(struct http_request *request, struct value body, struct value *out, struct error *err)
{
    struct value result, corrections;
    struct str type, reason;
    bool denied;
    *out = value_null;
    if (camunda_object(body, "result", &result, err) != OK || value_is_null(result))
        return value_is_null(result) ? OK : FAILED;
    if (camunda_text(result, "type", &type, err) != OK)
        return FAILED;
    if (str_equal(type, STR("adHocSubProcess")))
        return read_ad_hoc(request, result, out, err);
    if (type.len && !str_equal(type, STR("userTask"))) {
        error_set(err, ERROR_INVALID, "not-supported", "Results are of the type userTask or adHocSubProcess.");
        return error_field(err, "result.type");
    }
    if (camunda_flag(result, "denied", false, &denied, err) != OK ||
        camunda_text(result, "deniedReason", &reason, err) != OK ||
        camunda_object(result, "corrections", &corrections, err) != OK)
        return FAILED;
    struct context_builder view;
    context_builder_init(&view, request->arena);
    context_builder_put(&view, STR("denied"), value_boolean(denied));
    if (reason.len)
        context_builder_put(&view, STR("deniedReason"), value_string(reason));
    context_builder_put(&view, STR("corrections"), camunda_task_change(request, corrections));
    *out = context_builder_done(&view);
    return OK;
}

enum status camunda_complete_job(struct http_request *request, struct error *err)
{
    struct call call;
    struct value body, variables, result;
    if (camunda_begin(request, &call, &body, err) != OK || camunda_object(body, "variables", &variables, err) != OK ||
        read_result(request, body, &result, err) != OK ||
        service_job_answer(&call, http_param(request, "key"), variables, result, err) != OK)
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
