/* Kiosks (P24): a machine that many use. Targets are large, and what is on it goes away by itself: the session ends
 * after three minutes without use, the page is left for an empty one, by a script that sees people move or, without
 * scripts, by refreshing. a clerk's switch or /prefer?kiosk=1 -> every session that begins on this device is a kiosk's
 * -> /kiosk/end */
#include "portal/internal.h"

#include "service/account.h"

enum status portal_begin(struct http_request *request, struct service_session *session, struct error *err)
{
    struct call call;
    if (http_cookie(request, PORTAL_KIOSK_COOKIE).len && !session->kiosk && !session->must_enrol) {
        struct service_session at_kiosk;
        if (gate_call(request, &call, err) != OK)
            return FAILED;
        call.actor = &session->actor;
        if (service_session_kiosk(&call, session->secret, true, &at_kiosk, err) != OK)
            return FAILED;
        *session = at_kiosk;
    }
    gate_sign_in(request, session);
    return OK;
}

/* on=1: this device and this session; on=0: no longer, by staff. */
enum status portal_kiosk(struct http_request *request, struct error *err)
{
    struct call call;
    struct service_session session;
    bool on = str_equal(portal_field(request, "on"), STR("1"));
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    if (gate_call(request, &call, err) != OK || service_may(&call, "mandate.grant", err) != OK ||
        service_session_kiosk(&call, gate_caller_of(request)->secret, on, &session, err) != OK)
        return FAILED;
    gate_sign_in(request, &session);
    http_set_cookie(request, PORTAL_KIOSK_COOKIE, on ? STR("1") : STR(""), on ? 31536000 : -1, 0);
    return http_reply_redirect(request, 303, STR("/acting"));
}

/* Ends what was going on at a kiosk; elsewhere it changes nothing. */
enum status portal_kiosk_end(struct http_request *request, struct error *err)
{
    if (!portal_at_kiosk(request))
        return http_reply_redirect(request, 303, STR("/"));
    if (gate_sign_out(request, err) != OK)
        return FAILED;
    http_set_header(request, "Clear-Site-Data", STR("\"cache\", \"storage\""));
    return portal_page(request, 200, "kiosk", value_null, err);
}
