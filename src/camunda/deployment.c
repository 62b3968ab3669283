/* Deployments, definitions, decisions. */
#include "service/deployment.h"

#include "camunda/internal.h"
#include "service/search.h"

/* ---- Deploying ---- */

static struct str all_problems(struct http_request *request, struct value problems)
{
    struct buf text;
    buf_init(&text, 100000);
    for (size_t i = 0; i < value_count(problems); i++) {
        struct value one = value_at(problems, i);
        struct str element = value_text(value_get(one, STR("element")));
        buf_printf(&text, "%s'%.*s': %.*s%s%.*s", i ? "\n" : "", STR_ARGS(value_text(value_get(one, STR("resource")))),
                   STR_ARGS(element), element.len ? ": " : "", STR_ARGS(value_text(value_get(one, STR("message")))));
    }
    return arena_take(request->arena, &text);
}

static enum status read_parts(struct http_request *request, struct service_resource **out, size_t *count,
                              struct error *err)
{
    const struct http_multipart *parts;
    if (http_parts(request, &parts, err) != OK)
        return FAILED;
    struct service_resource *resources = arena_array(request->arena, struct service_resource, parts->count);
    size_t n = 0;
    for (size_t i = 0; i < parts->count; i++) {
        const struct http_part *part = &parts->items[i];
        if (str_equal(part->name, STR("tenantId")) && !str_equal(part->content, STR("<default>"))) {
            error_set(err, ERROR_INVALID, "tenant-unknown", "There is only the tenant <default>.");
            return error_field(err, "tenantId");
        }
        if (str_equal(part->name, STR("resources")))
            resources[n++] = (struct service_resource){part->file_name, part->content};
    }
    *out = resources;
    *count = n;
    return OK;
}

enum status camunda_deploy(struct http_request *request, struct error *err)
{
    struct call call;
    struct service_resource *resources = NULL;
    size_t count = 0;
    struct value view, problems = value_null;
    struct error refused = ERROR_INIT;
    if (gate_call(request, &call, err) != OK || read_parts(request, &resources, &count, err) != OK)
        return FAILED;
    if (service_deploy(&call, resources, count, &view, &problems, &refused) == OK)
        return camunda_reply(request, 200, view);
    if (problems.kind == VALUE_LIST)
        return camunda_problem(request, &refused, 400, all_problems(request, problems), problems);
    *err = refused;
    return FAILED;
}

enum status camunda_delete_resource(struct http_request *request, struct error *err)
{
    struct call call;
    struct value body;
    struct context_builder view;
    struct str key = http_param(request, "key");
    if (camunda_begin(request, &call, &body, err) != OK || service_definition_delete(&call, key, err) != OK)
        return FAILED;
    context_builder_init(&view, request->arena);
    context_builder_put(&view, STR("resourceKey"), value_string(key));
    context_builder_put(&view, STR("batchOperation"), value_null);
    return camunda_reply(request, 200, context_builder_done(&view));
}

/* ---- One definition ---- */

static enum status get(struct http_request *request, enum service_definition kind, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK ||
        service_definition_get(&call, kind, http_param(request, "key"), &view, err) != OK)
        return FAILED;
    return camunda_reply(request, 200, view);
}

static enum status get_xml(struct http_request *request, enum service_definition kind, struct error *err)
{
    struct call call;
    struct str text;
    if (gate_call(request, &call, err) != OK ||
        service_definition_text(&call, kind, http_param(request, "key"), &text, err) != OK)
        return FAILED;
    return http_reply(request, 200, "text/xml; charset=utf-8", text);
}

enum status camunda_get_process(struct http_request *request, struct error *err)
{
    return get(request, SERVICE_PROCESS, err);
}

enum status camunda_get_process_xml(struct http_request *request, struct error *err)
{
    return get_xml(request, SERVICE_PROCESS, err);
}

enum status camunda_get_decision(struct http_request *request, struct error *err)
{
    return get(request, SERVICE_DECISION, err);
}

enum status camunda_get_decision_xml(struct http_request *request, struct error *err)
{
    return get_xml(request, SERVICE_DECISION, err);
}

enum status camunda_get_requirements(struct http_request *request, struct error *err)
{
    return get(request, SERVICE_REQUIREMENTS, err);
}

enum status camunda_get_requirements_xml(struct http_request *request, struct error *err)
{
    return get_xml(request, SERVICE_REQUIREMENTS, err);
}

enum status camunda_get_start_form(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK ||
        service_definition_form(&call, http_param(request, "key"), &view, err) != OK)
        return FAILED;
    return value_is_null(view) ? http_reply_empty(request) : camunda_reply(request, 200, view);
}

/* ---- Evaluating ---- */

/* Clients of 8.8 know KEY-NUMBER as digits only. */
static struct value with_plain_keys(struct arena *arena, struct value view)
{
    struct value steps = value_get(view, STR("evaluatedDecisions"));
    struct list_builder plain;
    list_builder_init(&plain, arena);
    for (size_t i = 0; i < value_count(steps); i++) {
        struct str number = value_text(value_get(value_at(steps, i), STR("decisionEvaluationInstanceKey")));
        struct str key = str_cut(&number, '-');
        struct value digits = value_string(arena_printf(arena, "%.*s%.*s", STR_ARGS(key), STR_ARGS(number)));
        list_builder_push(&plain,
                          value_put_path(arena, value_at(steps, i), STR("decisionEvaluationInstanceKey"), digits));
    }
    return value_put_path(arena, view, STR("evaluatedDecisions"), list_builder_done(&plain));
}

enum status camunda_evaluate_decision(struct http_request *request, struct error *err)
{
    struct call call;
    struct value body, variables, view;
    struct str id, key;
    if (camunda_begin(request, &call, &body, err) != OK || camunda_text(body, "decisionDefinitionId", &id, err) != OK ||
        camunda_key(request, body, "decisionDefinitionKey", &key, err) != OK ||
        camunda_object(body, "variables", &variables, err) != OK)
        return FAILED;
    if (!id.len == !key.len) {
        error_set(err, ERROR_INVALID, "required", "Give either decisionDefinitionId or decisionDefinitionKey.");
        return error_field(err, "decisionDefinitionId");
    }
    if (service_definition_evaluate(&call, id, key, variables, &view, err) != OK)
        return FAILED;
    if (camunda_for_older(request))
        view = with_plain_keys(request->arena, view);
    return camunda_reply(request, 200, view);
}
