/* Decision tables: looked at, checked before use, asked of everybody. */
#include "service/decision.h"

#include "api/internal.h"
#include "service/sweep.h"

#define PURPOSE_MAX 1000

enum status api_get_decision(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK ||
        service_decision_get(&call, http_param(request, "id"), http_query(request, "model"), &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, view);
}

static enum status required(const char *name, struct error *err)
{
    error_set(err, ERROR_INVALID, "required", "%s is missing.", name);
    return error_field(err, "%s", name);
}

enum status api_check_decision(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"xml", NULL};
    struct call call;
    struct value body, view;
    struct str xml;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "xml", &xml, err) != OK)
        return FAILED;
    if (!xml.len)
        return required("xml", err);
    if (service_decision_check(&call, xml, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, api_said(request, view));
}

/* ---- Sweeps ---- */

static enum status read_list(struct value body, struct service_sweep_input *out, struct error *err)
{
    static const char *const names[] = {"outcome", "limit", NULL};
    struct value list = value_get(body, STR("list"));
    struct error problem = ERROR_INIT;
    out->list_max = -1;
    if (value_is_null(list))
        return OK;
    if (list.kind != VALUE_CONTEXT) {
        error_set(err, ERROR_INVALID, "invalid-type", "list must be an object {outcome, limit}, it is %s",
                  value_kind_name(list.kind));
        return error_field(err, "list");
    }
    out->outcome_given = value_find(list, STR("outcome"), &out->outcome);
    if (api_only(list, names, &problem) == OK && api_int(list, "limit", -1, &out->list_max, &problem) == OK &&
        (out->list_max >= 0 || value_is_null(value_get(list, STR("limit")))))
        return OK;
    *err = problem;
    if (err->kind == ERROR_NONE)
        error_set(err, ERROR_INVALID, "too-small", "limit must not be negative");
    return error_field(err, "list.%s", problem.field[0] ? problem.field : "limit");
}

enum status api_start_sweep(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"cohort", "inputs", "compare", "list", "purpose", NULL};
    struct call call;
    struct value body, view;
    struct service_sweep_input input = {.decision = http_param(request, "id"), .in_background = true};
    struct str purpose;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "cohort", &input.cohort, err) != OK ||
        api_text(body, "compare", &input.compare, err) != OK || api_text(body, "purpose", &purpose, err) != OK ||
        read_list(body, &input, err) != OK)
        return FAILED;
    input.inputs = value_get(body, STR("inputs"));
    if (purpose.len > PURPOSE_MAX) {
        error_set(err, ERROR_INVALID, "too-long", "purpose has at most %d bytes.", PURPOSE_MAX);
        return error_field(err, "purpose");
    }
    if (purpose.len)
        call.purpose = purpose;
    if (service_sweep_start(&call, &input, &view, err) != OK)
        return FAILED;
    struct str place =
        arena_printf(request->arena, "/api/v1/sweeps/%.*s", STR_ARGS(value_text(value_get(view, STR("id")))));
    http_set_header(request, "Location", place);
    return api_reply(request, 202, view);
}

enum status api_get_sweep(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    int64_t limit;
    if (gate_call(request, &call, err) != OK || api_limit(request, &limit, err) != OK)
        return FAILED;
    if (str_equal(http_query(request, "items"), STR("false")))
        limit = 0;
    if (service_sweep_get(&call, http_param(request, "id"), http_query(request, "cursor"), limit, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, view);
}

enum status api_stop_sweep(struct http_request *request, struct error *err)
{
    struct call call;
    if (gate_call(request, &call, err) != OK || service_sweep_stop(&call, http_param(request, "id"), err) != OK)
        return FAILED;
    return http_reply_empty(request);
}
