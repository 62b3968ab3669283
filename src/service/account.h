/* Who can sign in: staff by password, persons by what an identity provider vouched for; sessions and bearer tokens. */
#pragma once

#include "service/service.h"

struct service_user {
    struct str name;  /* sign-in name, [a-z0-9._-]{2,40} */
    struct str title; /* as shown: 王医师 */
    struct str role, region, unit, unit_name, uscc;
    struct str password; /* at least 8 characters; absent: cannot sign in by password */
    struct str hash;     /* in place of the password: what service_password_hash gave */
};
/* The argon2id string of a password, which is slow by design. password-invalid. */
MUST_USE enum status service_password_hash(struct arena *arena, struct str password, struct str *out,
                                           struct error *err);
/* Needs user.manage (the command line asks as system). user-exists. */
MUST_USE enum status service_user_add(const struct call *call, const struct service_user *user, struct error *err);
MUST_USE enum status service_user_find(const struct call *call, struct str name, struct actor *out, struct error *err);

struct service_credentials {
    struct str name, password;
    struct str code;   /* of the authenticator app; absent: none was typed */
    struct str device; /* what the browser calls itself, shown in lists of sessions; absent: not known */
};

/* A session's secret for the cookie; the database keeps its hash only. Ends after 30 minutes without use and 12 hours
 * at all. */
struct service_session {
    struct str secret;
    struct str csrf;    /* what forms of this session must carry */
    struct actor actor; /* its texts live in the call's arena */
    int64_t expires_ms;
    bool must_enrol;    /* the role needs a second factor and there is none yet: good for enrolling only */
    bool kiosk;         /* at a machine that many use: ends after SERVICE_KIOSK_IDLE_MS without use */
};
/* code-needed when the password is right and the account has a second factor; code-wrong (counts as a failure). */
MUST_USE enum status service_sign_in_by(const struct call *call, const struct service_credentials *by,
                                        struct service_session *out, struct error *err);
/* sign-in-failed whatever was wrong; too-many-attempts after five failures in a row (a minute, doubling to an hour). */
MUST_USE enum status service_sign_in(const struct call *call, struct str name, struct str password,
                                     struct service_session *out, struct error *err);
/* A person or organisation whom an identity provider vouched for, with the level it vouched for. The caller has checked
 * that. device: as in service_credentials. */
MUST_USE enum status service_sign_in_party(const struct call *call, const struct actor *party, struct str device,
                                           struct service_session *out, struct error *err);
/* Demo servers only: a registered fictional person by ID number. */
MUST_USE enum status service_sign_in_demo(const struct call *call, struct str id, int level, struct str device,
                                          struct service_session *out, struct error *err);
/* The same actor's session as one at a kiosk, or no longer, in place of the one with this secret. What takes its place
 * later (acting for somebody) stays at the kiosk. Only staff take it away from one: forbidden. */
#define SERVICE_KIOSK_IDLE_MS ((int64_t)180000)
MUST_USE enum status service_session_kiosk(const struct call *call, struct str secret, bool kiosk,
                                           struct service_session *out, struct error *err);
/* Who this secret belongs to; moves the sliding end. unauthenticated. */
MUST_USE enum status service_session_find(const struct call *call, struct str secret, struct service_session *out,
                                          struct error *err);
MUST_USE enum status service_sign_out(const struct call *call, struct str secret, struct error *err);

/* Bearer tokens of a staff user: shown once, kept as a hash. ttl_ms 0: a year. */
MUST_USE enum status service_token_create(const struct call *call, struct str user, int64_t ttl_ms, struct str *out,
                                          struct error *err);
MUST_USE enum status service_token_find(const struct call *call, struct str token, struct actor *out,
                                        struct error *err);

/* ---- Second factor of staff: codes of an authenticator app (RFC 6238). The setting totp.roles names the roles that
 * need one, with blanks between them; "*" is all. ---- */

/* {enrolled, required}. */
MUST_USE enum status service_totp_get(const struct call *call, struct value *out, struct error *err);
/* A new secret, shown once: {secret (base 32), uri (otpauth://)}. Replacing a confirmed one needs a code of it. */
MUST_USE enum status service_totp_begin(const struct call *call, struct str code, struct value *out, struct error *err);
/* With a code of the new secret it counts; every session of the user ends, *out is a new one. */
MUST_USE enum status service_totp_confirm(const struct call *call, struct str code, struct service_session *out,
                                          struct error *err);
MUST_USE enum status service_totp_remove(const struct call *call, struct str code, struct error *err);
