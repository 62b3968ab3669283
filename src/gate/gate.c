/* Sessions, bearer tokens, forged requests, languages. */
#include "gate/gate.h"

#include <string.h>

static const struct gate_caller nobody = {.language = {"zh-CN", 5}};

static struct str choose_language(struct http_request *request)
{
    static const struct str supported[] = {{"zh-CN", 5}, {"en", 2}};
    struct str asked = http_query(request, "lang");
    if (!asked.data)
        asked = http_cookie(request, GATE_LANGUAGE_COOKIE);
    for (size_t i = 0; i < COUNT_OF(supported); i++)
        if (str_equal_nocase_ascii(asked, supported[i]))
            return supported[i];
    struct str accepted = http_header(request, "Accept-Language");
    int chinese = http_accept_quality(accepted, STR("zh-CN"));
    if (chinese < 0)
        chinese = http_accept_quality(accepted, STR("zh"));
    int english = http_accept_quality(accepted, STR("en"));
    if (english < 0)
        english = http_accept_quality(accepted, STR("en-US"));
    return supported[accepted.len && english > chinese ? 1 : 0];
}

/* Times do not tell how much of a guess was right. */
static bool equal_secret(struct str a, struct str b)
{
    if (a.len != b.len || a.len == 0)
        return false;
    unsigned char difference = 0;
    for (size_t i = 0; i < a.len; i++)
        difference |= (unsigned char)(a.data[i] ^ b.data[i]);
    return difference == 0;
}

static enum status check_forgery(struct http_request *request, const struct gate_caller *caller, struct error *err)
{
    if (request->method == HTTP_GET)
        return OK;
    if (http_cross_site(request))
        return error_set(err, ERROR_FORBIDDEN, "csrf-failed", "a page of another site sent this request");
    struct str token = http_header(request, "X-CSRF-Token");
    if (!token.data) {
        const struct http_pairs *form = NULL;
        const struct http_multipart *parts = NULL;
        struct error ignored = ERROR_INIT;
        struct str type = http_content_type(request);
        if (str_equal(type, STR("application/x-www-form-urlencoded")) && http_form(request, &form, &ignored) == OK) {
            token = http_pairs_find(form, STR("csrf"));
        } else if (str_equal(type, STR("multipart/form-data")) && http_parts(request, &parts, &ignored) == OK) {
            const struct http_part *part = http_multipart_find(parts, STR("csrf"));
            token = part ? part->content : STR_NONE;
        }
    }
    if (equal_secret(token, caller->csrf))
        return OK;
    error_set(err, ERROR_FORBIDDEN, "csrf-failed", "the request does not carry this session's token");
    return error_hint(err, "reload the page and send it again");
}

static enum status find_bearer(struct http_request *request, struct str header, struct call *call,
                               struct gate_caller *caller, struct error *err)
{
    struct str token = str_trim(str_part(header, 7, header.len));
    if (service_token_find(call, token, &caller->actor, err) == OK)
        return OK;
    if (err->kind == ERROR_UNAUTHENTICATED || err->kind == ERROR_NOT_FOUND) {
        http_set_header(request, "WWW-Authenticate", STR("Bearer error=\"invalid_token\""));
        return error_set(err, ERROR_UNAUTHENTICATED, "unauthenticated", "the bearer token is unknown or has ended");
    }
    return FAILED;
}

static struct gate_caller *add_stranger(struct http_request *request)
{
    struct gate_caller *caller = arena_new(request->arena, struct gate_caller);
    *caller = nobody;
    caller->actor = actor_nobody;
    caller->language = choose_language(request);
    caller->actor.language = caller->language;
    request->user = caller;
    return caller;
}

void gate_stranger(struct http_request *request)
{
    if (!request->user)
        add_stranger(request);
}

enum status gate_before(struct http_request *request, struct error *err)
{
    struct gate_caller *caller = add_stranger(request);
    struct call call = {.service = request->context, .actor = &actor_nobody, .arena = request->arena};
    struct str header = http_header(request, "Authorization");
    if (str_starts(header, STR("Bearer "))) {
        enum status found = find_bearer(request, header, &call, caller, err);
        caller->actor.language = caller->language;
        return found;
    }
    struct str secret = http_cookie(request, GATE_COOKIE);
    if (secret.len) {
        struct service_session session;
        struct error ignored = ERROR_INIT;
        if (service_session_find(&call, secret, &session, &ignored) == OK) {
            if (session.must_enrol)
                caller->enrolling = session.actor;
            else
                caller->actor = session.actor;
            caller->csrf = session.csrf;
            caller->kiosk = session.kiosk;
            caller->secret = arena_str(request->arena, secret);
        } else if (ignored.kind != ERROR_UNAUTHENTICATED && ignored.kind != ERROR_NOT_FOUND) {
            *err = ignored;
            return FAILED;
        }
    }
    caller->actor.language = caller->language;
    return caller->secret.data ? check_forgery(request, caller, err) : OK;
}

const struct gate_caller *gate_caller_of(const struct http_request *request)
{
    return request->user ? request->user : &nobody;
}

const struct actor *gate_enrolling(const struct http_request *request)
{
    const struct gate_caller *caller = gate_caller_of(request);
    return caller->enrolling.kind == ACTOR_STAFF ? &caller->enrolling : &caller->actor;
}

enum status gate_call(struct http_request *request, struct call *out, struct error *err)
{
    struct call call = {.service = request->context, .actor = &gate_caller_of(request)->actor, .arena = request->arena};
    call.idempotency = http_header(request, "Idempotency-Key");
    if (call.idempotency.len > 200) {
        error_set(err, ERROR_INVALID, "bad-header", "Idempotency-Key is longer than 200 bytes");
        return error_field(err, "Idempotency-Key");
    }
    struct str version = http_header(request, "If-Match");
    if (version.data && !str_equal(version, STR("*"))) {
        if (str_starts(version, STR("W/")))
            version = str_part(version, 2, version.len);
        if (version.len < 3 || version.data[0] != '"' ||
            !str_to_int64(str_part(version, 1, version.len - 1), &call.if_version)) {
            error_set(err, ERROR_INVALID, "bad-header", "If-Match is not the ETag of this resource");
            return error_field(err, "If-Match");
        }
    }
    *out = call;
    return OK;
}

void gate_sign_in(struct http_request *request, const struct service_session *session)
{
    struct gate_caller *caller = arena_new(request->arena, struct gate_caller);
    struct str language = gate_caller_of(request)->language;
    *caller = (struct gate_caller){.actor = session->actor, .csrf = session->csrf, .secret = session->secret,
                                   .language = language, .kiosk = session->kiosk, .enrolling = actor_nobody};
    if (session->must_enrol) {
        caller->enrolling = session->actor;
        caller->actor = actor_nobody;
    }
    caller->actor.language = caller->language;
    request->user = caller;
    http_set_cookie(request, GATE_COOKIE, session->secret, 0, 0);
}

enum status gate_sign_out(struct http_request *request, struct error *err)
{
    const struct gate_caller *caller = gate_caller_of(request);
    struct call call = {.service = request->context, .actor = &caller->actor, .arena = request->arena};
    if (caller->secret.data && service_sign_out(&call, caller->secret, err) != OK)
        return FAILED;
    http_set_cookie(request, GATE_COOKIE, STR(""), -1, 0);
    add_stranger(request);
    return OK;
}
