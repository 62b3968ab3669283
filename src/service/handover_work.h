/* Handing over, as actions of a case. */
#pragma once

#include "service/work.h"

/* {way, reason}: a copy on paper is to be handed over, of a case that has certificates and nothing that waits.
 * handover-invalid, handover-waits. */
MUST_USE enum status handover_prepare(struct work_case *of, struct value input, struct error *err);
/* {way, received_by, relation, checked, signature, courier, company, note}: what waits has been handed over.
 * handover-missing, handover-invalid with the field. */
MUST_USE enum status handover_done(struct work_case *of, struct value input, struct error *err);
/* Something of the case waits to be handed over. */
bool handover_waits(const struct work_case *of);
