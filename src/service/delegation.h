/* Standing in: somebody who will be away names a colleague, who sees and does their tasks from one day to another. What
 * is done so is told with both names. It ends by itself, and is not handed on: who stands in for one who stands in does
 * not get the first one's tasks. Tasks that are claimed so stay those of who is away. */
#pragma once

#include "service/service.h"

struct service_delegation_wanted {
    struct str to;          /* staff name of a colleague: same unit, a role that may do all that the giver's may */
    struct str from, until; /* first and last day, "2026-12-01"; at most 92 days */
    struct str reason;
};
/* Of the actor's own tasks; needs task.work. {id, from {name, title}, to {name, title}, starts, ends, state (coming,
 * standing, over, ended), reason, made, mine (given, taken)}. delegation-invalid with the field, delegation-overlaps.
 */
MUST_USE enum status service_delegation_make(const struct call *call, const struct service_delegation_wanted *wanted,
                                             struct value *out, struct error *err);
/* {items}: given and taken by the actor, newest first; all: those that are not over in the actor's scope, for who has
 * task.manage, supervision.manage or audit.read. */
MUST_USE enum status service_delegation_list(const struct call *call, bool all, struct value *out, struct error *err);
/* The giver, or task.manage in scope. delegation-not-found, delegation-ended. */
MUST_USE enum status service_delegation_end(const struct call *call, struct str id, struct error *err);
/* {items [{name, title, role, unit, unit_name, stands_in (may stand in for the actor)}]}: staff of the actor's unit;
 * with task.manage of the actor's scope. */
MUST_USE enum status service_colleague_list(const struct call *call, struct value *out, struct error *err);
