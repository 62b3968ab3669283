/* Administration of staff accounts. Everything here needs user.manage. Nobody gives or changes more than he has
 * himself: a role whose rights are among his own, in a scope no wider than his, for a region within his. The last
 * administrator stays. Each change is noted in the access log, with whom it was about. */
#pragma once

#include "service/account.h"

struct service_user_query {
    struct str text;  /* in name or title; "": any */
    struct str role, region, unit;
    struct str state; /* active, locked, new (has no password yet); "": any */
    int64_t limit;
    struct str cursor;
};
/* By name, those in the actor's region: {items [{name, title, role, region, unit, unit_name, uscc, state, yours}],
 * next}. yours: the actor may change it. */
MUST_USE enum status service_user_list(const struct call *call, const struct service_user_query *query,
                                       struct value *out, struct error *err);
/* The same line with {second_factor, failures, closed_until, code_until, sessions [{id, device, began, seen}], tokens
 * [{id, made, expires}]}. user-not-found. */
MUST_USE enum status service_user_get(const struct call *call, struct str name, struct value *out, struct error *err);
/* A new one without a password: {name, code, expires}. The code, shown once, sets the first password
 * (service_password_set). user-exists, user-invalid, role-unknown, region-unknown, role-beyond-yours,
 * region-beyond-yours. */
MUST_USE enum status service_user_create(const struct call *call, const struct service_user *user, struct value *out,
                                         struct error *err);
/* Those members of set {title, role, region, unit, unit_name, uscc} that are there. Ends the user's sessions. The line.
 * not-yourself, last-administrator, user-beyond-yours, and what service_user_create refuses. */
MUST_USE enum status service_user_change(const struct call *call, struct str name, struct value set, struct value *out,
                                         struct error *err);
/* lock, unlock, reset (a new code; the old password is void), forget-factor (for a lost phone); lock needs a reason.
 * {…line, code, expires}. Ends the user's sessions. action-not-found, reason-missing, not-yourself, last-administrator.
 */
MUST_USE enum status service_user_act(const struct call *call, struct str name, struct str action, struct str reason,
                                      struct value *out, struct error *err);
/* Ends one session or token by its id. session-not-found, token-not-found. */
enum service_user_thing { SERVICE_USER_SESSION, SERVICE_USER_TOKEN };
MUST_USE enum status service_user_end(const struct call *call, struct str name, enum service_user_thing thing,
                                      struct str id, struct error *err);

/* For anybody who has a code: sets the password. A code serves once, for a day, and bears five wrong tries. code-wrong,
 * password-invalid. */
MUST_USE enum status service_password_set(const struct call *call, struct str name, struct str code,
                                          struct str password, struct error *err);

/* {items [{id, title, scope, may, pack, yours (the actor may give it)}]}. */
MUST_USE enum status service_role_list(const struct call *call, struct value *out, struct error *err);
