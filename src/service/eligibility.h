/* "Am I eligible": the questions of the decision table that an item names, and what the table says of the answers. Anybody may
 * ask; nothing is kept. */
#pragma once

#include "service/service.h"

/* {item, title, decision, name, questions [{id (of the table's input), label, question}]}. item-not-found, eligibility-none when
 * the item has no such table. */
MUST_USE enum status service_eligibility_get(const struct call *call, struct str code, struct value *out,
                                             struct error *err);
/* answers: {id: "yes" | "no" | "unknown"} for every question. {item, title, decision, name, outcome, reason, rule (from 1), because
 * [label], unsure [label], assumed [label], answers [{label, question, answer}], instead {code, title}}. outcome is the table's own
 * (grant, doubtful, refuse), or "open" when an answer is missing for it; because: the conditions of the rule that hit, unsure: those
 * that have to be found out, assumed: those that are looked at when the application comes in. answer-missing, answer-invalid (with
 * the input's id as field). */
MUST_USE enum status service_eligibility_judge(const struct call *call, struct str code, struct value answers,
                                               struct value *out, struct error *err);
