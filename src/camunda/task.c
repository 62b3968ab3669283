/* User tasks. */
#include "camunda/internal.h"
#include "service/process.h"

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

enum status camunda_assign_task(struct http_request *request, struct error *err)
{
    struct call call;
    struct value body;
    struct str assignee;
    bool override;
    if (camunda_begin(request, &call, &body, err) != OK || camunda_need(body, "assignee", &assignee, err) != OK ||
        camunda_flag(body, "allowOverride", true, &override, err) != OK ||
        service_user_task_assign(&call, http_param(request, "key"), assignee, override, err) != OK)
        return FAILED;
    return http_reply_empty(request);
}

enum status camunda_unassign_task(struct http_request *request, struct error *err)
{
    struct call call;
    if (gate_call(request, &call, err) != OK ||
        service_user_task_assign(&call, http_param(request, "key"), STR_NONE, true, err) != OK)
        return FAILED;
    return http_reply_empty(request);
}

enum status camunda_complete_task(struct http_request *request, struct error *err)
{
    struct call call;
    struct value body, variables;
    if (camunda_begin(request, &call, &body, err) != OK || camunda_object(body, "variables", &variables, err) != OK ||
        service_user_task_complete(&call, http_param(request, "key"), variables, err) != OK)
        return FAILED;
    return http_reply_empty(request);
}

/* An empty text takes a date away. */
static struct value changed(struct http_request *request, struct value change)
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
    if (camunda_begin(request, &call, &body, err) != OK || camunda_object(body, "changeset", &change, err) != OK ||
        service_user_task_update(&call, http_param(request, "key"), changed(request, change), err) != OK)
        return FAILED;
    return http_reply_empty(request);
}
