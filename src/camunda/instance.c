/* Process instances, their elements, variables and incidents; messages and signals. */
#include "camunda/internal.h"
#include "service/job.h"
#include "service/process.h"

#define AWAIT_USUAL_MS 10000
#define TAGS_MOST 10

/* ---- Starting ---- */

/* What a request that waits for the end keeps. */
struct awaiting {
    struct str key;
    struct value fetch;
    int64_t wait_ms;
};

static enum status answer_awaiting(struct http_request *request, const struct call *call, const struct awaiting *wait,
                                   struct error *err)
{
    struct value view;
    bool ended;
    http_watch(request, camunda_instance_topic(request->arena, wait->key));
    if (service_process_result(call, wait->key, wait->fetch, &view, &ended, err) != OK)
        return FAILED;
    if (ended)
        return camunda_reply(request, 200, view);
    if (!http_waited_out(request))
        return http_suspend(request, wait->wait_ms);
    struct error late = ERROR_INIT;
    error_set(&late, ERROR_UNAVAILABLE, "await-timeout", "The process instance %.*s has not ended in time; it goes on.",
              STR_ARGS(wait->key));
    return camunda_problem(request, &late, 504, str_of(late.message), value_null);
}

static enum status read_tags(struct value body, struct value *out, struct error *err)
{
    struct value tags;
    if (camunda_list(body, "tags", &tags, err) != OK)
        return FAILED;
    for (size_t i = 0; i < value_count(tags); i++) {
        struct str tag = value_text(value_at(tags, i));
        if (tag.len == 0 || tag.len > 100 || str_find(tag, STR(","), 0) >= 0 || i >= TAGS_MOST) {
            error_set(err, ERROR_INVALID, "tags-invalid", "At most %d tags of 1 to 100 bytes without commas.",
                      TAGS_MOST);
            return error_field(err, "tags[%zu]", i);
        }
    }
    *out = tags;
    return OK;
}

static enum status read_start(struct http_request *request, struct value body, struct service_process_start *out,
                              struct error *err)
{
    struct service_process_start start = {0};
    if (camunda_text(body, "processDefinitionId", &start.id, err) != OK ||
        camunda_key(request, body, "processDefinitionKey", &start.key, err) != OK ||
        camunda_int(body, "processDefinitionVersion", -1, &start.version, err) != OK ||
        camunda_object(body, "variables", &start.variables, err) != OK ||
        camunda_list(body, "fetchVariables", &start.fetch, err) != OK || read_tags(body, &start.tags, err) != OK ||
        camunda_text(body, "businessId", &start.business, err) != OK ||
        camunda_without(body, "startInstructions", err) != OK ||
        camunda_without(body, "runtimeInstructions", err) != OK)
        return FAILED;
    if (!start.id.len == !start.key.len) {
        error_set(err, ERROR_INVALID, "required", "Give either processDefinitionId or processDefinitionKey.");
        return error_field(err, "processDefinitionId");
    }
    if (start.business.len > 256) {
        error_set(err, ERROR_INVALID, "too-long", "A businessId has at most 256 bytes.");
        return error_field(err, "businessId");
    }
    *out = start;
    return OK;
}

enum status camunda_start_instance(struct http_request *request, struct error *err)
{
    struct call call;
    struct value body, view;
    struct service_process_start start;
    struct awaiting *wait = request->kept;
    bool await, ended;
    int64_t wait_ms;
    if (camunda_begin(request, &call, &body, err) != OK)
        return FAILED;
    if (wait)
        return answer_awaiting(request, &call, wait, err);
    if (read_start(request, body, &start, err) != OK ||
        camunda_flag(body, "awaitCompletion", false, &await, err) != OK ||
        camunda_int(body, "requestTimeout", 0, &wait_ms, err) != OK)
        return FAILED;
    if (service_process_start(&call, &start, &view, &ended, err) != OK)
        return FAILED;
    if (!await)
        return camunda_reply(
            request, 200,
            value_put_path(request->arena, view, STR("variables"), context_of_members(request->arena, NULL, 0)));
    if (ended)
        return camunda_reply(request, 200, view);
    wait = arena_new(request->arena, struct awaiting);
    *wait = (struct awaiting){value_text(value_get(view, STR("processInstanceKey"))), start.fetch,
                              wait_ms > 0 ? wait_ms : AWAIT_USUAL_MS};
    request->kept = wait;
    return answer_awaiting(request, &call, wait, err);
}

/* ---- One instance ---- */

typedef enum status by_key(const struct call *call, struct str key, struct error *err);
typedef enum status view_by_key(const struct call *call, struct str key, struct value *out, struct error *err);

static enum status act(struct http_request *request, by_key *function, struct error *err)
{
    struct call call;
    struct value body;
    if (camunda_begin(request, &call, &body, err) != OK || function(&call, http_param(request, "key"), err) != OK)
        return FAILED;
    return http_reply_empty(request);
}

static enum status get(struct http_request *request, view_by_key *function, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || function(&call, http_param(request, "key"), &view, err) != OK)
        return FAILED;
    return camunda_reply(request, 200, view);
}

enum status camunda_cancel_instance(struct http_request *request, struct error *err)
{
    return act(request, service_process_cancel, err);
}

enum status camunda_get_instance(struct http_request *request, struct error *err)
{
    return get(request, service_process_get, err);
}

enum status camunda_get_element(struct http_request *request, struct error *err)
{
    return get(request, service_element_get, err);
}

enum status camunda_get_incident(struct http_request *request, struct error *err)
{
    return get(request, service_incident_get, err);
}

enum status camunda_resolve_incident(struct http_request *request, struct error *err)
{
    return act(request, service_incident_resolve, err);
}

enum status camunda_set_variables(struct http_request *request, struct error *err)
{
    struct call call;
    struct value body;
    bool local;
    if (camunda_begin(request, &call, &body, err) != OK || camunda_flag(body, "local", false, &local, err) != OK ||
        service_variables_set(&call, http_param(request, "key"), value_get(body, STR("variables")), local, err) != OK)
        return FAILED;
    return http_reply_empty(request);
}

static enum status check_activation(struct value item, size_t at, struct error *err)
{
    struct str id;
    struct value variables;
    if (item.kind != VALUE_CONTEXT) {
        error_set(err, ERROR_INVALID, "wrong-type", "An element to activate is an object with an elementId.");
        return error_field(err, "elements[%zu]", at);
    }
    if (camunda_need(item, "elementId", &id, err) != OK)
        return FAILED;
    return camunda_object(item, "variables", &variables, err);
}

enum status camunda_activate_ad_hoc(struct http_request *request, struct error *err)
{
    struct call call;
    struct value body, elements;
    bool cancels;
    if (camunda_begin(request, &call, &body, err) != OK || camunda_list(body, "elements", &elements, err) != OK ||
        camunda_flag(body, "cancelRemainingInstances", false, &cancels, err) != OK)
        return FAILED;
    if (value_count(elements) == 0) {
        error_set(err, ERROR_INVALID, "required", "Name at least one element to activate.");
        return error_field(err, "elements");
    }
    for (size_t i = 0; i < value_count(elements); i++)
        if (check_activation(value_at(elements, i), i, err) != OK)
            return FAILED;
    if (service_ad_hoc_activate(&call, http_param(request, "key"), elements, cancels, err) != OK)
        return FAILED;
    return http_reply_empty(request);
}

/* ---- Messages and signals ---- */

static enum status read_message(struct http_request *request, struct call *call, struct service_message *out,
                                struct error *err)
{
    struct value body;
    struct service_message message = {0};
    if (camunda_begin(request, call, &body, err) != OK || camunda_need(body, "name", &message.name, err) != OK ||
        camunda_text(body, "correlationKey", &message.correlation_key, err) != OK ||
        camunda_text(body, "messageId", &message.id, err) != OK ||
        camunda_int(body, "timeToLive", 0, &message.ttl_ms, err) != OK ||
        camunda_object(body, "variables", &message.variables, err) != OK)
        return FAILED;
    *out = message;
    return OK;
}

static enum status reply_message(struct http_request *request, struct value sent, bool correlated)
{
    struct context_builder view;
    context_builder_init(&view, request->arena);
    context_builder_put(&view, STR("messageKey"), value_get(sent, STR("key")));
    if (correlated)
        context_builder_put(&view, STR("processInstanceKey"), value_get(sent, STR("instance")));
    context_builder_put(&view, STR("tenantId"), value_cstr("<default>"));
    return camunda_reply(request, 200, context_builder_done(&view));
}

enum status camunda_publish_message(struct http_request *request, struct error *err)
{
    struct call call;
    struct service_message message;
    struct value sent;
    if (read_message(request, &call, &message, err) != OK || service_message_publish(&call, &message, &sent, err) != OK)
        return FAILED;
    if (value_is_true(value_get(sent, STR("known"))))
        return error_set(err, ERROR_CONFLICT, "message-known", "A message with the id %.*s has been published already.",
                         STR_ARGS(message.id));
    return reply_message(request, sent, false);
}

enum status camunda_correlate_message(struct http_request *request, struct error *err)
{
    struct call call;
    struct service_message message;
    struct value sent;
    if (read_message(request, &call, &message, err) != OK)
        return FAILED;
    message.at_once = true;
    message.ttl_ms = 0;
    if (service_message_publish(&call, &message, &sent, err) != OK)
        return FAILED;
    return reply_message(request, sent, true);
}

enum status camunda_broadcast_signal(struct http_request *request, struct error *err)
{
    struct call call;
    struct value body, variables, view;
    struct str name;
    if (camunda_begin(request, &call, &body, err) != OK || camunda_need(body, "signalName", &name, err) != OK ||
        camunda_object(body, "variables", &variables, err) != OK ||
        service_signal_broadcast(&call, name, variables, &view, err) != OK)
        return FAILED;
    return camunda_reply(request, 200, view);
}
