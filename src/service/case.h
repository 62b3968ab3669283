/* Cases: open, look at, list, act on. */
#pragma once

#include "service/service.h"

/* A case number: prefecture, day, number of that day and region, check character (ISO/IEC 7064 MOD 37,36 over the
 * digits): 230100-20260706-000001-K Numbers are taken in blocks, so there may be gaps. Input may be lower case and
 * leave the dashes out. */

struct service_case_input {
    struct str item;        /* code */
    struct value form;      /* a context */
    struct value party;     /* {kind, id, name}, only for items that do not say whom they are about; null otherwise */
    struct value materials; /* list of {id, file}; null: none */
    struct value applicant; /* {kind, id, name}: for whom a window clerk acts; null: the actor */
    struct value sources;   /* of the draft: what was filled in beforehand (prefill.h); null: nothing */
    struct value signature; /* {name} or {drawing}, where the item asks for one: signature.h */
    bool confirmed;         /* warnings of the checks have been seen */
};

/* Opens a case and runs its process until nothing moves; all of it in one transaction. The view: {no, item, title,
 * state, outcome, deadline, certificates [{no, certificate, title, number, identifier, state}], warnings [{field, code,
 * message}], version}. Members without a value are left out. Refusals: item-not-found, form-invalid (field names the
 * first; hint counts the others), duplicate-case, warnings-unconfirmed, forbidden, identity-level,
 * idempotency-key-reused. */
MUST_USE enum status service_case_open(const struct call *call, const struct service_case_input *input,
                                       struct value *out, struct error *err);

/* Every problem of a form at once, as the page wants it: a list of {field, code, message, severity}; severity is
 * "error" or "warning". Opens nothing. */
MUST_USE enum status service_case_check(const struct call *call, const struct service_case_input *input,
                                        struct value *out, struct error *err);

/* One case: {no, item, item_version, item_title, title, state, outcome, reasons, region, unit, opened, accepted,
 * deadline, closed, version, party {kind, id, name}, applicant {kind, id, name}, form, materials, certificates […],
 * records [{id, record}], tasks [{id, element, name, state, assignee, due, roles, form}], correction {items, until},
 * suspension {ground, until}, rating, signature {kind, name, file, text, content, at, id, unchanged}, incidents [{key,
 * element, type, message}], process, actions [text]: what the actor may do now}. Logged in the access log.
 * case-not-found also for cases that the actor may not see. */
MUST_USE enum status service_case_get(const struct call *call, struct str no, struct value *out, struct error *err);

/* What happened, oldest first: list of {seq, at, by {kind, name}, type, …data}. */
MUST_USE enum status service_case_events(const struct call *call, struct str no, struct value *out, struct error *err);

/* The process as it stands, for the diagram: bpmn_instance_view with process {id, version, xml}. Needs case.read as
 * staff. */
MUST_USE enum status service_case_process(const struct call *call, struct str no, struct value *out, struct error *err);

/* Every decision that was evaluated for the case, oldest first, as it was explained then: list of {seq, at, element,
 * model (hash of the file), decision, name, table_id, hit_policy, inputs [{name, value}], rules [{index, id, outputs}],
 * output, notes [text], event_decision (the decision that the process asked for)}. */
MUST_USE enum status service_case_decisions(const struct call *call, struct str no, struct value *out,
                                            struct error *err);

struct service_case_query {
    struct str state; /* "" any; "open": all but closed */
    struct str item;
    struct str region; /* division code: it and all below */
    struct str party;  /* an ID number or USCC, found by blind index */
    struct str text;   /* a case number, or a full ID number of party or applicant */
    bool mine;         /* opened by the actor, or (persons) about the actor */
    int64_t limit;     /* 0: 50; at most 200 */
    struct str cursor; /* of the previous page */
};
/* {items [{no, item, item_title, title (masked), state, outcome, region, opened, deadline, closed, light}], next}.
 * light is green, yellow, orange, red or absent; left {n, unit, paused} with it (limits.h). Newest first. */
MUST_USE enum status service_case_list(const struct call *call, const struct service_case_query *query,
                                       struct value *out, struct error *err);

/* withdraw {reason}, supplement {form, materials}, rate {grade 1…5, tags (words of the code table rating-GRADE), text,
 * anonymous: staff see the figure, not whose it is}, cancel {reason} (staff, case.manage), retry {incident} / skip
 * {incident, reason} (incident.manage), prepare-handover {way, reason} / hand-over {way, received_by, …}
 * (certificate.deliver, handover_work.h). The view of service_case_open as the case then stands.
 * Refusals: action-not-found, case-closed, case-not-correcting, case-already-rated, version-conflict, form-invalid. */
MUST_USE enum status service_case_act(const struct call *call, struct str no, struct str action, struct value input,
                                      struct value *out, struct error *err);

/* ---- Drafts: a form on its way, seen by its owner and who acts for them, kept 30 days: draft.c ---- */

/* id absent: a new one. What draft {item, form, step, materials, sources, disputes} does not name stays as it was;
 * disputes {path: why} says what of sources is not right. {id, item, item_version, form, step, materials, sources,
 * agent, saved, version}. Of an older version of the item it is carried over: carried_over {from, to, dropped [path]}.
 * draft-not-found, draft-outdated, draft-item, mandate-scope; if-match-failed when call->if_version is no longer its
 * version. */
MUST_USE enum status service_draft_put(const struct call *call, struct str id, struct value draft, struct value *out,
                                       struct error *err);
MUST_USE enum status service_draft_get(const struct call *call, struct str id, struct value *out, struct error *err);
MUST_USE enum status service_draft_delete(const struct call *call, struct str id, struct error *err);
/* The owner's, newest first, without their forms: list of {id, item, step, saved}. */
MUST_USE enum status service_draft_list(const struct call *call, struct value *out, struct error *err);
