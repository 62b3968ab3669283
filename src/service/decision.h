/* Decisions looked at, checked and replayed. Evaluating one is in catalogue.h, asking everybody in sweep.h. */
#pragma once

#include "dmn/dmn.h"
#include "service/service.h"

/* A decision as it was drawn: dmn_describe's members with model (hash of its file), and, of the one in force, pack and
 * file. model absent: the one in force; else the hash of an earlier file, as explanations name it. Needs
 * decision.evaluate. decision-not-found. */
MUST_USE enum status service_decision_get(const struct call *call, struct str id, struct str model, struct value *out,
                                          struct error *err);

/* What is wrong with a model before it is used: {problems [{element, severity, code, message, line, example}],
 * decisions [{id, name}]}. Files that it imports are taken from the packs in force. Needs decision.evaluate. A text
 * that is no model at all is refused with dmn_load's errors and field xml. */
MUST_USE enum status service_decision_check(const struct call *call, struct str xml, struct value *out,
                                            struct error *err);

/* Evaluates every decision kept with a case again, under the model and the instant of that day: {no, same, different,
 * items [{seq, at, decision, name, element, model, same, kept, now, problem}]}. Needs case.read. case-not-found. */
MUST_USE enum status service_case_replay(const struct call *call, struct str no, struct value *out, struct error *err);

/* A model's text and the files of the set that it imports, directly or through others. The errors are dmn_peek's. */
MUST_USE enum status decision_sources(struct arena *arena, const struct pack_set *packs, const struct dmn_source *own,
                                      const struct dmn_source **out, size_t *count, struct error *err);

/* The model whose file has this hash: of the packs that the case was opened under, else what was deployed. NULL:
 * neither. */
struct work_case;
MUST_USE enum status decision_model_then(const struct work_case *of, struct str decision, struct str hash,
                                         const struct dmn_model **out, struct error *err);

/* What the case itself keeps of its process's variables: form, party, applicant, staff. form is the case's form as it
 * was sent. False for other names. */
bool decision_case_variable(const struct work_case *of, struct value form, struct str name, struct value *out);
