/* Staff accounts, their sessions and tokens, roles, passwords by a one-time code. */
#include "service/user.h"

#include "api/internal.h"
#include "pack/pack.h"

enum status api_list_users(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct service_user_query query = {.text = http_query(request, "q"),
                                       .role = http_query(request, "role"),
                                       .region = http_query(request, "region"),
                                       .unit = http_query(request, "unit"),
                                       .state = http_query(request, "state"),
                                       .cursor = http_query(request, "cursor")};
    if (gate_call(request, &call, err) != OK || api_limit(request, &query.limit, err) != OK ||
        service_user_list(&call, &query, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

enum status api_create_user(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"name", "title", "role", "region", "unit", "unit_name", "uscc", NULL};
    struct call call;
    struct value body, view;
    struct service_user user = {0};
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "name", &user.name, err) != OK ||
        api_text(body, "title", &user.title, err) != OK || api_text(body, "role", &user.role, err) != OK ||
        api_text(body, "region", &user.region, err) != OK || api_text(body, "unit", &user.unit, err) != OK ||
        api_text(body, "unit_name", &user.unit_name, err) != OK || api_text(body, "uscc", &user.uscc, err) != OK ||
        service_user_create(&call, &user, &view, err) != OK)
        return FAILED;
    http_set_header(request, "Location", arena_printf(request->arena, "/api/v1/users/%.*s", STR_ARGS(user.name)));
    return api_reply_plain(request, 201, view);
}

enum status api_get_user(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_user_get(&call, http_param(request, "name"), &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

enum status api_change_user(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"title", "role", "region", "unit", "unit_name", "uscc", NULL};
    struct call call;
    struct value body, view;
    struct str text;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK || api_only(body, names, err) != OK)
        return FAILED;
    for (size_t i = 0; names[i]; i++)
        if (api_text(body, names[i], &text, err) != OK)
            return FAILED;
    if (service_user_change(&call, http_param(request, "name"), body, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

enum status api_act_on_user(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"reason", NULL};
    struct call call;
    struct value body, view;
    struct str reason;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "reason", &reason, err) != OK ||
        service_user_act(&call, http_param(request, "name"), http_param(request, "action"), reason, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

static enum status end(struct http_request *request, enum service_user_thing thing, struct error *err)
{
    struct call call;
    if (gate_call(request, &call, err) != OK ||
        service_user_end(&call, http_param(request, "name"), thing, http_param(request, "id"), err) != OK)
        return FAILED;
    return http_reply_empty(request);
}

enum status api_end_session(struct http_request *request, struct error *err)
{
    return end(request, SERVICE_USER_SESSION, err);
}

enum status api_revoke_token(struct http_request *request, struct error *err)
{
    return end(request, SERVICE_USER_TOKEN, err);
}

enum status api_set_password(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"username", "code", "password", NULL};
    struct call call;
    struct value body;
    struct str name, code, password;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "username", &name, err) != OK ||
        api_text(body, "code", &code, err) != OK || api_text(body, "password", &password, err) != OK ||
        service_password_set(&call, name, code, password, err) != OK)
        return FAILED;
    return http_reply_empty(request);
}

enum status api_list_roles(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_role_list(&call, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, api_named(request, view));
}
