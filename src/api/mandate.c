/* Second factors, mandates, and acting for others. */
#include "api/internal.h"

#include "service/acting.h"

enum status api_get_totp(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    call.actor = gate_enrolling(request);
    return service_totp_get(&call, &view, err) == OK ? api_reply(request, 200, view) : FAILED;
}

static enum status read_code(struct http_request *request, struct call *call, struct str *code, struct error *err)
{
    static const char *const names[] = {"code", NULL};
    struct value body;
    if (gate_call(request, call, err) != OK || api_body(request, &body, err) != OK || api_only(body, names, err) != OK)
        return FAILED;
    call->actor = gate_enrolling(request);
    return api_text(body, "code", code, err);
}

enum status api_begin_totp(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct str code;
    if (read_code(request, &call, &code, err) != OK || service_totp_begin(&call, code, &view, err) != OK)
        return FAILED;
    return api_reply(request, 201, view);
}

enum status api_confirm_totp(struct http_request *request, struct error *err)
{
    struct call call;
    struct service_session session;
    struct str code;
    if (read_code(request, &call, &code, err) != OK || service_totp_confirm(&call, code, &session, err) != OK)
        return FAILED;
    gate_sign_in(request, &session);
    return api_reply_session(request, 200);
}

enum status api_remove_totp(struct http_request *request, struct error *err)
{
    struct call call;
    struct str code;
    if (read_code(request, &call, &code, err) != OK || service_totp_remove(&call, code, err) != OK)
        return FAILED;
    return http_reply_empty(request);
}

enum status api_list_mandates(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_mandate_list(&call, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, view);
}

enum status api_grant_mandate(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"principal", "agent",    "items",    "certificates",
                                        "until",     "relation", "evidence", NULL};
    struct call call;
    struct value body, view;
    struct service_mandate wanted = {0};
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_object(body, "principal", &wanted.principal, err) != OK ||
        api_object(body, "agent", &wanted.agent, err) != OK || api_text(body, "until", &wanted.until, err) != OK ||
        api_text(body, "relation", &wanted.relation, err) != OK ||
        api_text(body, "evidence", &wanted.evidence, err) != OK)
        return FAILED;
    wanted.items = value_get(body, STR("items"));
    wanted.certificates = value_is_true(value_get(body, STR("certificates")));
    if (service_mandate_grant(&call, &wanted, &view, err) != OK)
        return FAILED;
    return api_reply(request, 201, view);
}

enum status api_end_mandate(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"reason", NULL};
    struct call call;
    struct value body;
    struct str reason;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "reason", &reason, err) != OK ||
        service_mandate_end(&call, http_param(request, "id"), reason, err) != OK)
        return FAILED;
    return http_reply_empty(request);
}

/* {mandate: id}, or {mandate: null} to be oneself again. */
enum status api_act_for(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"mandate", NULL};
    struct call call;
    struct value body;
    struct str mandate;
    struct service_session session;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "mandate", &mandate, err) != OK ||
        service_act_for(&call, gate_caller_of(request)->secret, mandate, &session, err) != OK)
        return FAILED;
    gate_sign_in(request, &session);
    return api_reply_session(request, 201);
}

enum status api_assist(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"id", "name", "evidence", NULL};
    struct call call;
    struct value body;
    struct service_assistance who;
    struct service_session session;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "id", &who.id, err) != OK ||
        api_text(body, "evidence", &who.evidence, err) != OK || api_text(body, "name", &who.name, err) != OK ||
        service_assist(&call, gate_caller_of(request)->secret, &who, &session, err) != OK)
        return FAILED;
    gate_sign_in(request, &session);
    return api_reply_session(request, 201);
}
