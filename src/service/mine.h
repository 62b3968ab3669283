/* What persons and organisations may see, take along and end of what is held about themselves. Nobody who acts for them
 * may: forbidden. */
#pragma once

#include "service/service.h"

/* {items [{id, device, began, seen, here, kiosk, acting (whom for)}]}, the last used first. secret: of the session that
 * asks. */
MUST_USE enum status service_mine_sessions(const struct call *call, struct str secret, struct value *out,
                                           struct error *err);
/* Ends one of them; id "others": all but the one with this secret. session-not-found. */
MUST_USE enum status service_mine_session_end(const struct call *call, struct str secret, struct str id,
                                              struct error *err);

/* All that is held about the actor: {made, about, register, certificates, cases, records, drafts, mandates,
 * preferences, notices, looks, sessions, left_out [section]}; a section has at most SERVICE_MINE_MAX entries, left_out
 * names those that have more. Noted in the access log as mine.export. */
#define SERVICE_MINE_MAX 1000
MUST_USE enum status service_mine_export(const struct call *call, struct str secret, struct value *out,
                                         struct error *err);
