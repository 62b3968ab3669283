/* Jobs for outside workers, messages, and the outbox for operators. */
#include "service/job.h"

#include "api/internal.h"
#include "service/exchange.h"

static struct str job_topic(struct arena *arena, struct str type)
{
    return arena_printf(arena, "job:%.*s", STR_ARGS(type));
}

void api_wake_jobs(struct http_server *server, struct str type)
{
    struct arena arena;
    arena_init(&arena);
    http_wake(server, job_topic(&arena, type), 1);
    arena_release(&arena);
}

enum status api_activate_jobs(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"type", "worker", "max", "timeout_ms", "request_timeout_ms", "fetch", NULL};
    struct call call;
    struct value body;
    struct value jobs;
    struct service_job_query query = {0};
    int64_t wait_ms = 0;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "type", &query.type, err) != OK ||
        api_text(body, "worker", &query.worker, err) != OK || api_int(body, "max", 32, &query.limit, err) != OK ||
        api_int(body, "timeout_ms", 60000, &query.lock_ms, err) != OK ||
        api_int(body, "request_timeout_ms", 0, &wait_ms, err) != OK)
        return FAILED;
    if (!query.type.len) {
        error_set(err, ERROR_INVALID, "required", "type is needed: the job type to work on");
        return error_field(err, "type");
    }
    query.fetch = value_get(body, STR("fetch"));
    if (http_gone(request))
        return http_reply_empty(request); /* nobody would get the jobs */
    http_watch(request, job_topic(request->arena, query.type));
    if (service_job_activate(&call, &query, &jobs, err) != OK)
        return FAILED;
    if (value_count(jobs) == 0 && wait_ms > 0 && !http_waited_out(request))
        return http_suspend(request, wait_ms);
    return api_reply(request, 200, api_with(request, value_null, "items", jobs));
}

enum status api_complete_job(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"variables", "result", NULL};
    static const char *const answers[] = {"denied",           "deniedReason",
                                          "corrections",      "isCompletionConditionFulfilled",
                                          "activateElements", "isCancelRemainingInstances",
                                          NULL};
    struct call call;
    struct value body, result;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_object(body, "result", &result, err) != OK ||
        api_only(result, answers, err) != OK ||
        service_job_answer(&call, http_param(request, "id"), value_get(body, STR("variables")), result, err) != OK)
        return FAILED;
    return http_reply_empty(request);
}

enum status api_fail_job(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"retries", "message", "back_off_ms", "variables", NULL};
    struct call call;
    struct value body;
    struct service_job_failure failure = {0};
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_int(body, "retries", 0, &failure.retries, err) != OK ||
        api_int(body, "back_off_ms", 0, &failure.back_off_ms, err) != OK ||
        api_text(body, "message", &failure.message, err) != OK)
        return FAILED;
    failure.variables = value_get(body, STR("variables"));
    if (service_job_fail(&call, http_param(request, "id"), &failure, err) != OK)
        return FAILED;
    return http_reply_empty(request);
}

enum status api_throw_error(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"code", "message", "variables", NULL};
    struct call call;
    struct value body;
    struct str code;
    struct str message;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "code", &code, err) != OK ||
        api_text(body, "message", &message, err) != OK ||
        service_job_error(&call, http_param(request, "id"), code, message, value_get(body, STR("variables")), err) !=
            OK)
        return FAILED;
    return http_reply_empty(request);
}

enum status api_publish_message(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"name", "key", "id", "variables", "ttl_ms", NULL};
    struct call call;
    struct value body;
    struct value view;
    struct service_message message = {0};
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "name", &message.name, err) != OK ||
        api_text(body, "key", &message.correlation_key, err) != OK || api_text(body, "id", &message.id, err) != OK ||
        api_int(body, "ttl_ms", 0, &message.ttl_ms, err) != OK)
        return FAILED;
    if (!message.name.len) {
        error_set(err, ERROR_INVALID, "required", "name is needed: the message's name");
        return error_field(err, "name");
    }
    message.variables = value_get(body, STR("variables"));
    if (service_message_publish(&call, &message, &view, err) != OK)
        return FAILED;
    return api_reply(request, 201, view);
}

enum status api_list_outbox(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    int64_t limit;
    if (gate_call(request, &call, err) != OK || api_limit(request, &limit, err) != OK ||
        service_outbox_list(&call, api_query_true(request, "failing"), limit, http_query(request, "cursor"), &view,
                            err) != OK)
        return FAILED;
    return api_reply(request, 200, view);
}

enum status api_retry_outbox(struct http_request *request, struct error *err)
{
    struct call call;
    if (gate_call(request, &call, err) != OK || service_outbox_retry(&call, http_param(request, "id"), err) != OK)
        return FAILED;
    return http_reply_empty(request);
}
