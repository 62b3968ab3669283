/* The library of models: looked at, drafted, checked, compared, tried, released. */
#include "service/model.h"

#include "api/internal.h"

/* ?version= or a member of a body: a version's number; without it the one in force. */
static enum status query_number(struct http_request *request, const char *name, int64_t *out, struct error *err)
{
    struct str text = http_query(request, name);
    *out = MODEL_IN_FORCE;
    if (!text.len || (str_to_int64(text, out) && *out >= 0))
        return OK;
    error_set(err, ERROR_INVALID, "bad-query", "%s must be the number of a version", name);
    return error_field(err, "%s", name);
}

static enum status body_number(struct value body, const char *name, int64_t *out, struct error *err)
{
    if (api_int(body, name, MODEL_IN_FORCE, out, err) != OK)
        return FAILED;
    if (*out >= 0 || value_is_null(value_get(body, str_of(name))))
        return OK;
    error_set(err, ERROR_INVALID, "too-small", "%s must not be negative", name);
    return error_field(err, "%s", name);
}

/* The revision is what If-Match asks for. It is no ETag to answer 304 by: what stands beside it changes without it. */
static enum status reply(struct http_request *request, int status, struct value view)
{
    int64_t revision;
    if (value_to_int64(value_get(view, STR("revision")), &revision))
        http_set_header(request, "ETag", arena_printf(request->arena, "\"%" PRId64 "\"", revision));
    return api_reply(request, status, api_said(request, view));
}

enum status api_list_models(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_model_list(&call, &view, err) != OK)
        return FAILED;
    return reply(request, 200, view);
}

enum status api_get_model(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    int64_t number;
    if (gate_call(request, &call, err) != OK || query_number(request, "version", &number, err) != OK ||
        service_model_get(&call, http_param(request, "id"), number, &view, err) != OK)
        return FAILED;
    return reply(request, 200, view);
}

enum status api_create_model(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"model", "from", "source", "tests", NULL};
    struct call call;
    struct value body, view;
    struct service_model_input input = {0};
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "model", &input.id, err) != OK ||
        api_text(body, "source", &input.source, err) != OK || body_number(body, "from", &input.from, err) != OK)
        return FAILED;
    if (!input.id.len) {
        error_set(err, ERROR_INVALID, "required", "model is missing.");
        return error_field(err, "model");
    }
    input.tests = value_get(body, STR("tests"));
    if (service_model_create(&call, &input, &view, err) != OK)
        return FAILED;
    int64_t number = 0;
    CHECK(value_to_int64(value_get(view, STR("number")), &number));
    http_set_header(request, "Location",
                    arena_printf(request->arena, "/api/v1/models/%.*s?version=%" PRId64, STR_ARGS(input.id), number));
    return reply(request, 201, view);
}

enum status api_save_model(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"version", "source", "tests", NULL};
    struct call call;
    struct value body, view;
    struct service_model_input input = {0};
    int64_t number;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "source", &input.source, err) != OK ||
        body_number(body, "version", &number, err) != OK)
        return FAILED;
    input.tests = value_get(body, STR("tests"));
    if (service_model_save(&call, http_param(request, "id"), number, &input, &view, err) != OK)
        return FAILED;
    return reply(request, 200, view);
}

enum status api_check_model(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"version", "source", NULL};
    struct call call;
    struct value body, view;
    struct str source;
    int64_t number;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "source", &source, err) != OK ||
        body_number(body, "version", &number, err) != OK ||
        service_model_check(&call, http_param(request, "id"), number, source, &view, err) != OK)
        return FAILED;
    return reply(request, 200, view);
}

static enum status reply_diff(struct http_request *request, const struct service_model_compared *what,
                              struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK ||
        service_model_diff(&call, http_param(request, "id"), what, &view, err) != OK)
        return FAILED;
    return reply(request, 200, view);
}

enum status api_diff_model(struct http_request *request, struct error *err)
{
    struct service_model_compared what = {0};
    if (query_number(request, "version", &what.number, err) != OK ||
        query_number(request, "against", &what.against, err) != OK)
        return FAILED;
    return reply_diff(request, &what, err);
}

/* A text that is not saved yet. */
enum status api_diff_text(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"version", "against", "source", NULL};
    struct service_model_compared what = {0};
    struct value body;
    if (api_body(request, &body, err) != OK || api_only(body, names, err) != OK ||
        api_text(body, "source", &what.source, err) != OK || body_number(body, "version", &what.number, err) != OK ||
        body_number(body, "against", &what.against, err) != OK)
        return FAILED;
    return reply_diff(request, &what, err);
}

enum status api_try_model(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"version", "source", "tests", "now", "scenario", "story", NULL};
    static const char *const texts[] = {"source", "now", "scenario"};
    struct call call;
    struct value body, view;
    struct str unused;
    int64_t number;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || body_number(body, "version", &number, err) != OK)
        return FAILED;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (api_text(body, texts[i], &unused, err) != OK)
            return FAILED;
    if (service_model_try(&call, http_param(request, "id"), number, body, &view, err) != OK)
        return FAILED;
    return reply(request, 200, view);
}

enum status api_list_stories(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK ||
        service_model_stories(&call, http_param(request, "id"), &view, err) != OK)
        return FAILED;
    return reply(request, 200, view);
}

enum status api_act_on_model(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"version", "from", "reason", NULL};
    struct call call;
    struct value body, view;
    struct service_model_step step = {.action = http_param(request, "action")};
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "from", &step.from, err) != OK ||
        api_text(body, "reason", &step.reason, err) != OK || body_number(body, "version", &step.number, err) != OK ||
        service_model_act(&call, http_param(request, "id"), &step, &view, err) != OK)
        return FAILED;
    return reply(request, 200, view);
}
