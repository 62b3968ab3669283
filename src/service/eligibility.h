/* "Am I eligible": the questions of the decision table that an item names, and what the table says of the answers; of
 * an item without one its published conditions, which staff judge in the end. Anybody may ask; nothing is kept. */
#pragma once

#include "pack/pack.h"
#include "service/service.h"

/* Is there anything to ask: a table, or published conditions of what persons or organisations apply for? */
bool eligibility_offered(const struct pack_item *item);

/* {item, title, decision, name, questions [{id (of the table's input), label, question}]}. item-not-found,
 * eligibility-none when the item has neither table nor conditions. */
MUST_USE enum status service_eligibility_get(const struct call *call, struct str code, struct value *out,
                                             struct error *err);
/* answers: {id: "yes" | "no" | "unknown"} for every question. {item, title, decision, name, outcome, reason, rule (from
 * 1), because [label], unsure [label], assumed [label], answers [{label, question, answer}], instead {code, title}}.
 * outcome is the table's own (grant, doubtful, refuse), or "open" when an answer is missing for it; because: the
 * conditions of the rule that hit, unsure: those that have to be found out, assumed: those that are looked at when the
 * application comes in. answer-missing, answer-invalid (with the input's id as field). */
MUST_USE enum status service_eligibility_judge(const struct call *call, struct str code, struct value answers,
                                               struct value *out, struct error *err);
