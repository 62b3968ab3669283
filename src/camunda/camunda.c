/* The route table, the cluster's own matters, and what the handlers share. */
#include "camunda/internal.h"

#include <string.h>

#define V "/v2"
#define BODY HTTP_JSON
#define DEPLOYMENT_MAX ((size_t)32 * 1024 * 1024)
#define VARIABLES_MAX ((size_t)8 * 1024 * 1024)

static const struct http_route routes[] = {
    {HTTP_GET, V "/topology", camunda_topology, 0, 0, 0, NULL},
    {HTTP_GET, V "/status", camunda_status, HTTP_OPEN, 0, 0, NULL},
    {HTTP_POST, "/oauth/token", camunda_token, HTTP_OPEN | HTTP_FORM | HTTP_JSON, 16 * 1024, 10, NULL},
    {HTTP_POST, V "/deployments", camunda_deploy, HTTP_MULTIPART, DEPLOYMENT_MAX, 5, NULL},
    {HTTP_POST, V "/resources/{key}/deletion", camunda_delete_resource, BODY, 0, 0, NULL},
    {HTTP_POST, V "/process-definitions/search", camunda_search_processes, BODY, 0, 0, NULL},
    {HTTP_GET, V "/process-definitions/{key}", camunda_get_process, 0, 0, 0, NULL},
    {HTTP_GET, V "/process-definitions/{key}/xml", camunda_get_process_xml, 0, 0, 0, NULL},
    {HTTP_GET, V "/process-definitions/{key}/form", camunda_get_start_form, 0, 0, 0, NULL},
    {HTTP_POST, V "/decision-definitions/search", camunda_search_decisions, BODY, 0, 0, NULL},
    {HTTP_POST, V "/decision-definitions/evaluation", camunda_evaluate_decision, BODY, VARIABLES_MAX, 0, NULL},
    {HTTP_GET, V "/decision-definitions/{key}", camunda_get_decision, 0, 0, 0, NULL},
    {HTTP_GET, V "/decision-definitions/{key}/xml", camunda_get_decision_xml, 0, 0, 0, NULL},
    {HTTP_POST, V "/decision-requirements/search", camunda_search_requirements, BODY, 0, 0, NULL},
    {HTTP_GET, V "/decision-requirements/{key}", camunda_get_requirements, 0, 0, 0, NULL},
    {HTTP_GET, V "/decision-requirements/{key}/xml", camunda_get_requirements_xml, 0, 0, 0, NULL},
    {HTTP_POST, V "/process-instances", camunda_start_instance, BODY, VARIABLES_MAX, 0, NULL},
    {HTTP_POST, V "/process-instances/search", camunda_search_instances, BODY, 0, 0, NULL},
    {HTTP_GET, V "/process-instances/{key}", camunda_get_instance, 0, 0, 0, NULL},
    {HTTP_POST, V "/process-instances/{key}/cancellation", camunda_cancel_instance, BODY, 0, 0, NULL},
    {HTTP_POST, V "/process-instances/{key}/incidents/search", camunda_search_instance_incidents, BODY, 0, 0, NULL},
    {HTTP_POST, V "/element-instances/search", camunda_search_elements, BODY, 0, 0, NULL},
    {HTTP_GET, V "/element-instances/{key}", camunda_get_element, 0, 0, 0, NULL},
    {HTTP_POST, V "/element-instances/ad-hoc-activities/{key}/activation", camunda_activate_ad_hoc, BODY, VARIABLES_MAX,
     0, NULL},
    {HTTP_PUT, V "/element-instances/{key}/variables", camunda_set_variables, BODY, VARIABLES_MAX, 0, NULL},
    {HTTP_POST, V "/variables/search", camunda_search_variables, BODY, 0, 0, NULL},
    {HTTP_POST, V "/jobs/activation", camunda_activate_jobs, BODY, 0, 0, NULL},
    {HTTP_POST, V "/jobs/{key}/completion", camunda_complete_job, BODY, VARIABLES_MAX, 0, NULL},
    {HTTP_POST, V "/jobs/{key}/failure", camunda_fail_job, BODY, VARIABLES_MAX, 0, NULL},
    {HTTP_POST, V "/jobs/{key}/error", camunda_throw_error, BODY, VARIABLES_MAX, 0, NULL},
    {HTTP_PATCH, V "/jobs/{key}", camunda_update_job, BODY, 0, 0, NULL},
    {HTTP_POST, V "/user-tasks/search", camunda_search_tasks, BODY, 0, 0, NULL},
    {HTTP_GET, V "/user-tasks/{key}", camunda_get_task, 0, 0, 0, NULL},
    {HTTP_PATCH, V "/user-tasks/{key}", camunda_update_task, BODY, 0, 0, NULL},
    {HTTP_POST, V "/user-tasks/{key}/assignment", camunda_assign_task, BODY, 0, 0, NULL},
    {HTTP_DELETE, V "/user-tasks/{key}/assignee", camunda_unassign_task, BODY, 0, 0, NULL},
    {HTTP_POST, V "/user-tasks/{key}/completion", camunda_complete_task, BODY, VARIABLES_MAX, 0, NULL},
    {HTTP_GET, V "/user-tasks/{key}/form", camunda_get_task_form, 0, 0, 0, NULL},
    {HTTP_POST, V "/user-tasks/{key}/variables/search", camunda_search_task_variables, BODY, 0, 0, NULL},
    {HTTP_POST, V "/user-tasks/{key}/effective-variables/search", camunda_search_effective_variables, BODY, 0, 0, NULL},
    {HTTP_POST, V "/messages/publication", camunda_publish_message, BODY, VARIABLES_MAX, 0, NULL},
    {HTTP_POST, V "/messages/correlation", camunda_correlate_message, BODY, VARIABLES_MAX, 0, NULL},
    {HTTP_POST, V "/signals/broadcast", camunda_broadcast_signal, BODY, VARIABLES_MAX, 0, NULL},
    {HTTP_POST, V "/incidents/search", camunda_search_incidents, BODY, 0, 0, NULL},
    {HTTP_GET, V "/incidents/{key}", camunda_get_incident, 0, 0, 0, NULL},
    {HTTP_POST, V "/incidents/{key}/resolution", camunda_resolve_incident, BODY, 0, 0, NULL},
};

struct http_routes camunda_routes(void)
{
    return (struct http_routes){routes, COUNT_OF(routes)};
}

/* ---- The cluster ---- */

static void put(struct context_builder *to, const char *name, struct value v)
{
    context_builder_put(to, str_of(name), v);
}

static struct value one_item(struct arena *arena, struct context_builder *item)
{
    struct value v = context_builder_done(item);
    return value_list(arena, &v, 1);
}

/* One broker with one partition: this server. */
enum status camunda_topology(struct http_request *request, struct error *err)
{
    struct call call;
    struct context_builder partition, broker, view;
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    if (call.actor->kind == ACTOR_NOBODY)
        return service_may(&call, "process.read", err);
    struct str host = http_header(request, "Host");
    struct str port = host;
    host = str_cut(&port, ':');
    int64_t number = 80;
    if (!port.len || !str_to_int64(port, &number))
        number = request->secure ? 443 : 80;
    context_builder_init(&partition, request->arena);
    put(&partition, "partitionId", value_int(1));
    put(&partition, "role", value_cstr("leader"));
    put(&partition, "health", value_cstr("healthy"));
    context_builder_init(&broker, request->arena);
    put(&broker, "nodeId", value_int(0));
    put(&broker, "host", value_string(host.len ? host : STR("localhost")));
    put(&broker, "port", value_int(number));
    put(&broker, "partitions", one_item(request->arena, &partition));
    put(&broker, "version", value_cstr(CAMUNDA_LEVEL));
    context_builder_init(&view, request->arena);
    put(&view, "brokers", one_item(request->arena, &broker));
    put(&view, "clusterId", value_cstr("tongban"));
    put(&view, "clusterSize", value_int(1));
    put(&view, "partitionsCount", value_int(1));
    put(&view, "replicationFactor", value_int(1));
    put(&view, "gatewayVersion", value_cstr(CAMUNDA_LEVEL));
    put(&view, "lastCompletedChangeId", value_cstr("1"));
    return camunda_reply(request, 200, context_builder_done(&view));
}

enum status camunda_status(struct http_request *request, struct error *err)
{
    if (service_ready(request->context, err) != OK)
        return FAILED;
    return http_reply_empty(request);
}

/* For clients that can only be told of an OAuth server: their client secret is a token of ours, and is what they are
 * given. */
enum status camunda_token(struct http_request *request, struct error *err)
{
    const struct http_pairs *form = NULL;
    struct call call = {.service = request->context, .actor = &actor_nobody, .arena = request->arena};
    struct value body = value_null;
    struct str secret;
    struct actor actor;
    struct context_builder view;
    if (str_equal(http_content_type(request), STR("application/json"))) {
        if (json_parse(request->arena, request->body, NULL, &body, err) != OK)
            return FAILED;
        secret = value_text(value_get(body, STR("client_secret")));
    } else {
        if (http_form(request, &form, err) != OK)
            return FAILED;
        secret = http_pairs_find(form, STR("client_secret"));
    }
    if (service_token_find(&call, secret, &actor, err) != OK)
        return FAILED;
    context_builder_init(&view, request->arena);
    put(&view, "access_token", value_string(secret));
    put(&view, "token_type", value_cstr("Bearer"));
    put(&view, "expires_in", value_int(3600));
    return camunda_reply(request, 200, context_builder_done(&view));
}

/* ---- Answers ---- */

/* What the client's own data is in: a null there is a value. */
static bool opaque(struct str name)
{
    return str_equal(name, STR("variables")) || str_equal(name, STR("customHeaders"));
}

static struct value without_nulls(struct arena *arena, struct value v)
{
    if (v.kind == VALUE_LIST) {
        struct list *copy = list_new(arena, v.list->count);
        for (size_t i = 0; i < v.list->count; i++)
            copy->items[i] = without_nulls(arena, v.list->items[i]);
        return value_of_list(copy);
    }
    if (v.kind != VALUE_CONTEXT)
        return v;
    struct context_builder copy;
    context_builder_init(&copy, arena);
    for (size_t i = 0; i < v.context->count; i++) {
        const struct member *member = &v.context->members[i];
        if (!value_is_null(member->value))
            context_builder_put(&copy, member->key,
                                opaque(member->key) ? member->value : without_nulls(arena, member->value));
    }
    return context_builder_done(&copy);
}

bool camunda_for_older(struct http_request *request)
{
    struct call call = {.service = request->context, .actor = &actor_system, .arena = request->arena};
    struct str how;
    struct error ignored = ERROR_INIT;
    return service_setting_get(&call, STR("camunda.optional"), &how, &ignored) == OK && str_equal(how, STR("absent"));
}

enum status camunda_reply(struct http_request *request, int status, struct value view)
{
    struct buf body;
    if (camunda_for_older(request))
        view = without_nulls(request->arena, view);
    http_set_header(request, "Cache-Control", STR("no-cache"));
    buf_init(&body, 0);
    json_write(&body, view);
    return http_reply_buf(request, status, "application/json", &body);
}

/* ---- Problems ---- */

static const struct {
    int status;
    const char *title;
} titles[] = {
    {400, "INVALID_ARGUMENT"},   {401, "UNAUTHORIZED"},  {403, "FORBIDDEN"},
    {404, "NOT_FOUND"},          {409, "INVALID_STATE"}, {413, "PAYLOAD_TOO_LARGE"},
    {429, "RESOURCE_EXHAUSTED"}, {503, "UNAVAILABLE"},   {504, "DEADLINE_EXCEEDED"},
};

static const char *title_of(int status, const struct error *err)
{
    if (strcmp(err->type, "message-known") == 0)
        return "ALREADY_EXISTS";
    for (size_t i = 0; i < COUNT_OF(titles); i++)
        if (titles[i].status == status)
            return titles[i].title;
    return status < 500 ? "INVALID_ARGUMENT" : "INTERNAL_ERROR";
}

enum status camunda_problem(struct http_request *request, const struct error *err, int status, struct str detail,
                            struct value errors)
{
    struct context_builder problem;
    struct buf body;
    context_builder_init(&problem, request->arena);
    put(&problem, "type", value_cstr("about:blank"));
    put(&problem, "title", value_cstr(title_of(status, err)));
    put(&problem, "status", value_int(status));
    put(&problem, "detail", value_string(detail));
    put(&problem, "instance", value_string(request->path));
    put(&problem, "code", value_cstr(err->type));
    if (err->field[0])
        put(&problem, "field", value_cstr(err->field));
    if (err->hint[0])
        put(&problem, "hint", value_cstr(err->hint));
    if (errors.kind == VALUE_LIST)
        put(&problem, "errors", errors);
    buf_init(&body, 0);
    json_write(&body, context_builder_done(&problem));
    return http_reply_buf(request, status, "application/problem+json", &body);
}

bool camunda_error_page(struct http_request *request, const struct error *err)
{
    if (!str_starts(request->path, STR(V "/")) && !str_equal(request->path, STR("/oauth/token")))
        return false;
    int status = http_status_of(err);
    if (status == 422)
        status = 400;
    if (status == 401)
        http_set_header(request, "WWW-Authenticate", STR("Bearer"));
    if (status >= 500)
        log_event(LOG_ERROR, "camunda.problem", "id=%.*s type=%s", STR_ARGS(request->id), err->type);
    return camunda_problem(request, err, status, str_of(err->message), value_null) == OK;
}

/* ---- Requests ---- */

static enum status one_tenant(struct value tenant, struct error *err)
{
    if (value_is_null(tenant) || str_equal(value_text(tenant), STR("<default>")))
        return OK;
    error_set(err, ERROR_INVALID, "tenant-unknown", "There is only the tenant <default>.");
    return error_field(err, "tenantId");
}

enum status camunda_begin(struct http_request *request, struct call *call, struct value *body, struct error *err)
{
    struct error unread = ERROR_INIT;
    struct json_limits limits = {.max_bytes = VARIABLES_MAX};
    if (gate_call(request, call, err) != OK)
        return FAILED;
    if (request->body.len == 0)
        *body = context_of_members(request->arena, NULL, 0);
    else if (json_parse(request->arena, request->body, &limits, body, &unread) != OK) {
        error_set(err, ERROR_INVALID, "bad-body", "The body is not JSON: %s", unread.message);
        return error_field(err, "%s", unread.field);
    }
    if (value_is_null(*body))
        *body = context_of_members(request->arena, NULL, 0);
    if (body->kind != VALUE_CONTEXT)
        return error_set(err, ERROR_INVALID, "bad-body", "The body must be a JSON object.");
    struct value tenants = value_get(*body, STR("tenantIds"));
    for (size_t i = 0; tenants.kind == VALUE_LIST && i < value_count(tenants); i++)
        if (one_tenant(value_at(tenants, i), err) != OK)
            return FAILED;
    return one_tenant(value_get(*body, STR("tenantId")), err);
}

static enum status wrong(const char *name, const char *wanted, struct error *err)
{
    error_set(err, ERROR_INVALID, "invalid-type", "%s must be %s.", name, wanted);
    return error_field(err, "%s", name);
}

enum status camunda_text(struct value body, const char *name, struct str *out, struct error *err)
{
    struct value v = value_get(body, str_of(name));
    if (!value_is_null(v) && v.kind != VALUE_STRING)
        return wrong(name, "text", err);
    *out = value_text(v);
    return OK;
}

enum status camunda_need(struct value body, const char *name, struct str *out, struct error *err)
{
    struct str text;
    if (camunda_text(body, name, &text, err) != OK)
        return FAILED;
    if (text.len == 0) {
        error_set(err, ERROR_INVALID, "required", "No %s provided.", name);
        return error_field(err, "%s", name);
    }
    *out = text;
    return OK;
}

enum status camunda_int(struct value body, const char *name, int64_t fallback, int64_t *out, struct error *err)
{
    struct value v = value_get(body, str_of(name));
    int64_t n = fallback;
    if (!value_is_null(v) && !(v.kind == VALUE_STRING ? str_to_int64(v.string, &n) : value_to_int64(v, &n)))
        return wrong(name, "a whole number of 64 bits", err);
    *out = n;
    return OK;
}

enum status camunda_key(struct http_request *request, struct value body, const char *name, struct str *out,
                        struct error *err)
{
    int64_t n;
    if (value_is_null(value_get(body, str_of(name)))) {
        *out = STR_NONE;
        return OK;
    }
    if (camunda_int(body, name, 0, &n, err) != OK)
        return wrong(name, "a key", err);
    *out = arena_printf(request->arena, "%" PRId64, n);
    return OK;
}

enum status camunda_flag(struct value body, const char *name, bool fallback, bool *out, struct error *err)
{
    struct value v = value_get(body, str_of(name));
    if (!value_is_null(v) && v.kind != VALUE_BOOLEAN)
        return wrong(name, "true or false", err);
    *out = value_is_null(v) ? fallback : v.boolean;
    return OK;
}

enum status camunda_object(struct value body, const char *name, struct value *out, struct error *err)
{
    struct value v = value_get(body, str_of(name));
    if (!value_is_null(v) && v.kind != VALUE_CONTEXT)
        return wrong(name, "an object", err);
    *out = v;
    return OK;
}

enum status camunda_list(struct value body, const char *name, struct value *out, struct error *err)
{
    struct value v = value_get(body, str_of(name));
    if (!value_is_null(v) && v.kind != VALUE_LIST)
        return wrong(name, "a list", err);
    *out = v;
    return OK;
}

enum status camunda_without(struct value body, const char *name, struct error *err)
{
    struct value v = value_get(body, str_of(name));
    if (value_is_null(v) || (v.kind == VALUE_LIST && value_count(v) == 0))
        return OK;
    error_set(err, ERROR_INVALID, "not-supported", "%s is not supported by this server.", name);
    return error_field(err, "%s", name);
}
