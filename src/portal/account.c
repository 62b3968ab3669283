/* Signing in and out, language and type size. */
#include "service/account.h"
#include "service/oidc.h"

#include "portal/internal.h"

/* Only a path of this site may be gone back to. */
struct str portal_safe_next(struct str next)
{
    bool ours = next.len > 0 && next.data[0] == '/' && !(next.len > 1 && (next.data[1] == '/' || next.data[1] == '\\'));
    for (size_t i = 0; ours && i < next.len; i++)
        ours = (unsigned char)next.data[i] > 0x20 && next.data[i] != '\\';
    return ours ? next : STR("/");
}

enum status portal_show_sign_in(struct http_request *request, struct str next, const struct error *refused,
                                struct error *err)
{
    struct context_builder data;
    context_builder_init(&data, request->arena);
    struct call call;
    struct str provider;
    struct str name = portal_field(request, "username");
    if (gate_call(request, &call, err) != OK || service_oidc_title(&call, &provider, err) != OK)
        return FAILED;
    context_builder_put(&data, STR("provider"), value_string(provider.data ? provider : STR("")));
    bool code = refused && str_starts(str_of(refused->type), STR("code-"));
    context_builder_put(&data, STR("ask_code"), value_boolean(code));
    context_builder_put(&data, STR("next"), value_string(portal_safe_next(next)));
    context_builder_put(&data, STR("username"), value_string(name.data ? name : STR("")));
    context_builder_put(&data, STR("refused"), value_string(refused ? portal_problem(request, refused) : STR("")));
    context_builder_put(&data, STR("refused_hint"), portal_sentence(request, refused ? refused->hint : ""));
    return portal_page(request, refused ? http_status_of(refused) : 200, "sign-in", context_builder_done(&data), err);
}

enum status portal_sign_in(struct http_request *request, struct error *err)
{
    struct str next = http_query(request, "next");
    if (portal_signed_in(request))
        return http_reply_redirect(request, 303, portal_safe_next(next));
    return portal_show_sign_in(request, next, NULL, err);
}

/* By name and password; on a demo server a fictional person also by ID number alone, as if an identity provider had
 * vouched. */
enum status portal_sign_in_post(struct http_request *request, struct error *err)
{
    struct call call;
    struct service_session session;
    struct error refused = ERROR_INIT;
    struct str next = portal_field(request, "next");
    struct str name = str_trim(portal_field(request, "username"));
    struct str password = portal_field(request, "password");
    struct str id = str_trim(portal_field(request, "id"));
    struct service_credentials by = {name, password, portal_field(request, "code"), http_header(request, "User-Agent")};
    if (http_cross_site(request))
        return error_set(err, ERROR_FORBIDDEN, "csrf-failed", "a page of another site sent this request");
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    enum status done = id.len && service_demo(request->context)
                           ? service_sign_in_demo(&call, id, 3, by.device, &session, &refused)
                           : service_sign_in_by(&call, &by, &session, &refused);
    if (done != OK) {
        if (refused.kind == ERROR_INTERNAL || refused.kind == ERROR_UNAVAILABLE) {
            *err = refused;
            return FAILED;
        }
        return portal_show_sign_in(request, next, &refused, err);
    }
    if (portal_begin(request, &session, err) != OK)
        return FAILED;
    return http_reply_redirect(request, 303, session.must_enrol ? STR("/sign-in/factor") : portal_safe_next(next));
}

enum status portal_sign_out(struct http_request *request, struct error *err)
{
    if (gate_sign_out(request, err) != OK)
        return FAILED;
    return http_reply_redirect(request, 303, STR("/"));
}

/* /prefer?lang=en&next=/items or ?elder=1, ?kiosk=1: remembered in cookies for a year. */
enum status portal_prefer(struct http_request *request, struct error *err)
{
    (void)err;
    struct str language = http_query(request, "lang");
    struct str elder = http_query(request, "elder");
    if (str_equal(language, STR("zh-CN")) || str_equal(language, STR("en")))
        http_set_cookie(request, GATE_LANGUAGE_COOKIE, language, 31536000, 0);
    if (elder.data)
        http_set_cookie(request, PORTAL_ELDER_COOKIE, str_equal(elder, STR("1")) ? STR("1") : STR(""),
                        str_equal(elder, STR("1")) ? 31536000 : -1, 0);
    struct str kiosk = http_query(request, "kiosk");
    if (kiosk.data)
        http_set_cookie(request, PORTAL_KIOSK_COOKIE, str_equal(kiosk, STR("1")) ? STR("1") : STR(""),
                        str_equal(kiosk, STR("1")) ? 31536000 : -1, 0);
    return http_reply_redirect(request, 303, portal_safe_next(http_query(request, "next")));
}
