/* Who is asking over HTTP: finds the session or bearer token of a request, refuses forged changes, chooses the
 * language, and makes the struct call that every use case takes. Shared by the API and the pages. */
#pragma once

#include "http/http.h"
#include "service/account.h"

#define GATE_COOKIE "tongban_session"
#define GATE_LANGUAGE_COOKIE "tongban_lang"

/* What request->user points to after gate_before. */
struct gate_caller {
    struct actor actor;   /* actor_nobody when nobody has signed in */
    struct str csrf;      /* of the session; absent for bearer tokens and nobody */
    struct str secret;    /* of the session; absent otherwise */
    struct str language;  /* "zh-CN" or "en": ?lang=, the language cookie, Accept-Language */
    bool kiosk;             /* the session is one at a kiosk */
    struct actor
        enrolling; /* staff whose session is good for enrolling a second factor only; then actor is actor_nobody */
};

/* For http_options.before; http_options.context is the struct service. An unknown bearer token is refused (401), an
 * ended session counts as nobody. Changes made with the cookie must carry the session's token in X-CSRF-Token or in the
 * form field csrf, and must not come from another site: csrf-failed (403). */
enum status gate_before(struct http_request *request, struct error *err);

/* Counts the request as nobody's, in its language, if gate_before has not seen it: for errors before any route. */
void gate_stranger(struct http_request *request);

const struct gate_caller *gate_caller_of(const struct http_request *request);
/* Who may enrol a second factor: the actor, or who is still without one. */
const struct actor *gate_enrolling(const struct http_request *request);
/* The surroundings of a use case for this request: service, actor, arena, Idempotency-Key, If-Match. FAILED for an
 * Idempotency-Key over 200 bytes or an If-Match that is no version. */
MUST_USE enum status gate_call(struct http_request *request, struct call *out, struct error *err);

/* Sets the cookie of a new session and makes it the request's caller. */
void gate_sign_in(struct http_request *request, const struct service_session *session);
/* Ends the session and removes the cookie; the request is nobody's then. */
MUST_USE enum status gate_sign_out(struct http_request *request, struct error *err);
