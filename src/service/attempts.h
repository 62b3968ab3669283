/* Facts that strangers may guess at: five wrong ones in an hour close the way for the rest of it. */
#pragma once

#include "service/service.h"

/* What is guessed at, without telling it: a keyed hash of kind and fact. */
struct str attempts_name(const struct call *call, const char *kind, struct str fact);
/* too-many-attempts with this message when there were too many. */
MUST_USE enum status attempts_check(const struct call *call, struct str name, const char *message, struct error *err);
MUST_USE enum status attempts_count(const struct call *call, struct str name, struct error *err);
