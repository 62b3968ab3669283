/* The file of a person or an institution, put together for staff from what is held of it. */
#pragma once

#include "service/service.h"

/* By ID number or USCC, or by the whole name: {items [{key, kind, name (masked for persons), id (masked for persons),
 * region}]}, at most 20. Only whom the actor may see: those who live or are registered in the actor's region, the own
 * institution, and those about whom there is a case in the actor's scope. Needs party.read; each hit is noted in the
 * access log. query-missing. */
MUST_USE enum status service_subject_find(const struct call *call, struct str query, struct value *out,
                                          struct error *err);

struct work;
struct party_held;
/* The party behind the key of a hit, noted in the access log. subject-not-found, also when the actor may not see it. */
MUST_USE enum status subject_open(struct work *work, struct str key, struct party_held *out, struct error *err);

/* By the key of a hit, for call->purpose (purpose-missing): {key, kind, id, name, sex, birth, region, address, phone,
 * deceased, summary {certificates, valid, ending (within 90 days), cases, open, supervised, rated, grade}, certificates
 * [line], cases [line], ratings [{case, item_title, grade, text, at}], supervisions [{case (absent: about the party
 * itself), id, state, owner, due, opened, closed, reason, answer, proof}], records [{id, record, title, case, state,
 * written}], hidden [section]}: the newest 50 of each that the actor's role may read. Noted in the access log.
 * subject-not-found. */
MUST_USE enum status service_subject_get(const struct call *call, struct str key, struct value *out, struct error *err);
