/* Electronic supervision: a late case is put on the list with an owner and a date, answered by those who handle it, and
 * closed with a proof. Each step is told in the case's own events. Rules of packs put cases and institutions on it too
 * (alert.h). */
#pragma once

#include "service/service.h"

/* state: open, answered, closed; "" all; "active": not closed. {items [{id, case, item, item_title, region, unit,
 * state, owner, due, overdue, opened, opened_by, reason, alerts [{rule, title, value, at}], answer, answered_by, proof,
 * closed_by, closed, version}], next}; no case when it is about an institution, or a party: then subject (its name) and
 * subject_key. Needs case.read. */
MUST_USE enum status service_supervision_list(const struct call *call, struct str state, int64_t limit,
                                              struct str cursor, struct value *out, struct error *err);
/* {case, or subject (its key, see subject.h), owner?, due? (date; else the third working day), reason}. Needs
 * supervision.manage. supervision-exists, case-closed. */
MUST_USE enum status service_supervision_open(const struct call *call, struct value input, struct value *out,
                                              struct error *err);
/* answer {text}: by its owner, or who works tasks in its scope. close {proof}: needs supervision.manage.
 * supervision-not-found, supervision-closed. */
MUST_USE enum status service_supervision_act(const struct call *call, struct str id, struct str action,
                                             struct value input, struct value *out, struct error *err);
