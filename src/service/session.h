/* What signing in, second factors and acting for others share. */
#pragma once

#include "service/account.h"
#include "service/acting.h"
#include "service/internal.h"

/* A new session of this actor, in place of the one with the secret ends (absent: none). */
MUST_USE enum status session_start(const struct call *call, const struct actor *actor, struct str ends,
                                   struct service_session *out, struct error *err);

/* A staff account as who asks. */
void actor_of_staff(const struct store_staff *row, struct actor *out);

/* What is kept of a session's or token's secret, and of a one-time code. */
struct str secret_hash(struct arena *arena, struct str secret);
/* How a session or token is named to people. */
#define SESSION_ID_LENGTH 24 /* the beginning of its hash, in hex */
struct str session_id(struct arena *arena, struct str hash);
/* user-invalid. */
MUST_USE enum status user_name_check(struct str name, struct error *err);

/* ---- second_factor.c ---- */

/* Judges the code of somebody whose password was right. out: what is to be written with the session, its name absent
 * when no code was taken. code-needed, code-wrong. */
MUST_USE enum status second_factor_check(const struct call *call, const struct actor *staff, struct str code,
                                         struct store_totp *out, bool *must_enrol, struct error *err);
/* code-wrong; always FAILED. */
enum status second_factor_wrong(struct error *err);

/* ---- acting.c ---- */

/* What a session keeps of it. */
struct value acting_body(struct arena *arena, const struct acting *acting);
/* Sets actor->acting from a session's body, if the mandate still stands; else unauthenticated. staff: the signed-in
 * member of staff, or nobody. */
MUST_USE enum status acting_load(const struct call *call, struct value body, const struct actor *staff,
                                 struct actor *actor, struct error *err);
/* May this actor do this about the item (code)? True for whom nobody acts. */
bool acting_covers(const struct actor *actor, struct str item);
/* {kind, id, name, …} of who acts; null when nobody does. */
struct value acting_agent(struct arena *arena, const struct actor *actor);
