/* Handing over: what a case leaves goes to its holder at the counter or by courier; electronically it is there at once.
 * The row is the work list of the counter; the case tells it in events and keeps its state for its applicant.
 *
 *     waiting --hand-over--> done        a case has one that waits at most; a later copy is another one
 *
 * The job certificate.deliver {way, limit} of a process waits until it is done, then goes on with {way, courier,
 * received_by}. */
#pragma once

#include "service/service.h"

struct service_handover_query {
    struct str way;   /* "electronic", "counter", "courier"; "" any */
    struct str state; /* "waiting", "done"; "" any */
    int64_t limit;
    struct str cursor;
};
/* {items [{id, case, item, item_title, region, title (masked), way, state, due, overdue, opened, closed, certificates
 * [{no, title, number}], received_by, courier, company, by, case_state}], next}, in the actor's scope. Needs
 * certificate.deliver. Done by the case's actions prepare-handover and hand-over: case.h. */
MUST_USE enum status service_handover_list(const struct call *call, const struct service_handover_query *query,
                                           struct value *out, struct error *err);
