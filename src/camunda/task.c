/* User tasks. */
#include "camunda/internal.h"
#include "service/process.h"

#define SETTLE_USUAL_MS 10000

enum status camunda_get_task(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK ||
        service_user_task_get(&call, http_param(request, "key"), &view, err) != OK)
        return FAILED;
    return camunda_reply(request, 200, view);
}

enum status camunda_get_task_form(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK ||
        service_user_task_form(&call, http_param(request, "key"), &view, err) != OK)
        return FAILED;
    return value_is_null(view) ? http_reply_empty(request) : camunda_reply(request, 200, view);
}

/* Answers when the task's listeners have let the change pass or refused it. asked: the event they are asked about. */
static enum status answer_settled(struct http_request *request, const struct call *call, const char *asked,
                                  struct error *err)
{
    struct value outcome;
    struct str key = http_param(request, "key");
    request->kept = (void *)asked;
    http_watch(request, camunda_task_topic(request->arena, key));
    if (service_user_task_outcome(call, key, &outcome, err) != OK)
        return FAILED;
    bool waits = str_equal(value_text(value_get(outcome, STR("changing"))), str_of(asked));
    if (waits && !http_waited_out(request))
        return http_suspend(request, SETTLE_USUAL_MS);
    if (waits) {
        struct error late = ERROR_INIT;
        error_set(&late, ERROR_UNAVAILABLE, "await-timeout",
                  "The listeners of the user task %.*s have not answered in time.", STR_ARGS(key));
        return camunda_problem(request, &late, 504, str_of(late.message), value_null);
    }
    struct str reason = value_text(value_get(outcome, STR("reason")));
    if (str_equal(value_text(value_get(outcome, STR("denied"))), str_of(asked)))
        return error_set(err, ERROR_CONFLICT, "task-denied", "The %s of the user task %.*s was denied: %.*s", asked,
                         STR_ARGS(key), STR_ARGS(reason));
    if (value_is_true(value_get(outcome, STR("cancelled"))) ||
        str_equal(value_text(value_get(outcome, STR("changing"))), STR("canceling")))
        return error_set(err, ERROR_CONFLICT, "user-task-ended", "The user task %.*s has been cancelled.",
                         STR_ARGS(key));
    return http_reply_empty(request);
}

enum status camunda_assign_task(struct http_request *request, struct error *err)
{
    struct call call;
    struct value body;
    struct str assignee;
    bool override;
    if (camunda_begin(request, &call, &body, err) != OK)
        return FAILED;
    if (request->kept)
        return answer_settled(request, &call, request->kept, err);
    if (camunda_need(body, "assignee", &assignee, err) != OK ||
        camunda_flag(body, "allowOverride", true, &override, err) != OK ||
        service_user_task_assign(&call, http_param(request, "key"), assignee, override, err) != OK)
        return FAILED;
    return answer_settled(request, &call, "assigning", err);
}

enum status camunda_unassign_task(struct http_request *request, struct error *err)
{
    struct call call;
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    if (request->kept)
        return answer_settled(request, &call, request->kept, err);
    if (service_user_task_assign(&call, http_param(request, "key"), STR_NONE, true, err) != OK)
        return FAILED;
    return answer_settled(request, &call, "assigning", err);
}

enum status camunda_complete_task(struct http_request *request, struct error *err)
{
    struct call call;
    struct value body, variables;
    if (camunda_begin(request, &call, &body, err) != OK)
        return FAILED;
    if (request->kept)
        return answer_settled(request, &call, request->kept, err);
    if (camunda_object(body, "variables", &variables, err) != OK ||
        service_user_task_complete(&call, http_param(request, "key"), variables, err) != OK)
        return FAILED;
    return answer_settled(request, &call, "completing", err);
}

struct value camunda_task_change(struct http_request *request, struct value change)
{
    struct context_builder set;
    context_builder_init(&set, request->arena);
    for (size_t i = 0; change.kind == VALUE_CONTEXT && i < change.context->count; i++) {
        const struct member *member = &change.context->members[i];
        bool none = member->value.kind == VALUE_STRING && member->value.string.len == 0;
        if (!value_is_null(member->value))
            context_builder_put(&set, member->key, none ? value_null : member->value);
    }
    return context_builder_done(&set);
}

enum status camunda_update_task(struct http_request *request, struct error *err)
{
    struct call call;
    struct value body, change;
    if (camunda_begin(request, &call, &body, err) != OK)
        return FAILED;
    if (request->kept)
        return answer_settled(request, &call, request->kept, err);
    if (camunda_object(body, "changeset", &change, err) != OK ||
        service_user_task_update(&call, http_param(request, "key"), camunda_task_change(request, change), err) != OK)
        return FAILED;
    return answer_settled(request, &call, "updating", err);
}
