/* Filling a form in beforehand from what is held: certificates, records, earlier cases, the register, other agencies
 * (prefills/ of the packs). What was filled in keeps its source, so that the applicant may dispute it and the reviewer
 * sees both values. */
#pragma once

#include "service/work.h"

/* From where the form could be filled in: [{key, from (certificate, record, case, party, exchange), exchange, title,
 * purpose, fields (what is looked up), consent}]; consent: only if the applicant agrees. item-not-found. */
MUST_USE enum status service_prefill_questions(const struct call *call, struct str item, struct value *out,
                                               struct error *err);
/* {form, sources, asked, summary, count}. sources: {path: {value, from (applicant, staff, party, certificate, record,
 * case, exchange), name, title, ref, at}}; asked: [{exchange, title, answered, problem}]; summary: [{from, title,
 * count}]. consent: list of exchange ids; declined: list of keys that are not looked at. Each look is noted in the
 * access log with the item as its purpose. item-not-found. */
MUST_USE enum status service_prefill(const struct call *call, struct str item, struct value consent,
                                     struct value declined, struct value *out, struct error *err);
/* Begins a draft with what is held: the view of service_draft_put with asked. */
MUST_USE enum status service_draft_start(const struct call *call, struct str item, struct value consent,
                                         struct value declined, struct value *out, struct error *err);

/* What the applicant made of what was filled in: [{field, label, from, name, title, ref, at, held, said, held_text,
 * said_text, differs, why}], in the order of sources. */
struct value prefill_compare(struct arena *arena, const struct pack_set *packs, const struct form *form,
                             struct value sources, struct value data);
/* sources with the reasons why some were disputed: {path: text}. Unknown paths are left out; prefill-dispute when a
 * reason is no text of at most 500 characters. */
MUST_USE enum status prefill_dispute(struct arena *arena, struct value sources, struct value disputes,
                                     struct value *out, struct error *err);
/* The actor's own cases as applicant, newest first, at most 50 of a region. */
MUST_USE enum status earlier_cases(struct work *work, struct store_case **out, size_t *count, struct error *err);
/* [{from, title, count}] of sources. */
struct value prefill_summary(struct arena *arena, struct value sources);
