/* Cases that a member of staff keeps an eye on: nobody else sees which. */
#pragma once

#include "service/service.h"

/* Watches a case that the actor may see, or no longer does. {no, watched}. case-not-found, watches-full. */
MUST_USE enum status service_watch(const struct call *call, struct str no, bool on, struct value *out,
                                   struct error *err);
/* {items [line of service_case_list, with since and tasks]}, the newest first; cases out of the actor's scope are left
 * out. no: only whether that one is watched. */
MUST_USE enum status service_watch_list(const struct call *call, struct str no, struct value *out, struct error *err);
