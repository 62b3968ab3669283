/* What can be applied for, and questions that need no case: items, forms, decisions. */
#pragma once

#include "service/service.h"

struct service_item_query {
    struct str text; /* words in title, summary, keywords; "" all */
    struct str topic;
    struct str subject; /* 服务对象 code */
    struct str type, handling; /* GB/T 39046 A.1; instant or commitment */
    bool startable;     /* only what the actor may open */
    bool parties;       /* only what persons or organisations apply for, not what staff report */
    bool no_visit, across; /* only what needs no visit; what is handled across provinces or nationwide */
    struct str cursor;  /* next of the page before */
    int64_t limit;      /* 0: 100; 200 at most */
};
/* {items [{code, version, title, summary, topic, type, handling, subjects, keywords, online_depth, visits,
 * material_count (necessary ones), promised, statutory, suspended {reason, since}}], count (of all pages), next}. */
MUST_USE enum status service_item_list(const struct call *call, const struct service_item_query *query,
                                       struct value *out, struct error *err);
/* What changes about items that persons or organisations apply for: [{code, title, what (suspended, announced), on,
 * reason}]. */
MUST_USE enum status service_item_news(const struct call *call, struct value *out, struct error *err);
/* The whole guide: the item's file as it is in force, with form_id, startable and why_not (problem type) for the actor,
 * and announced {version, effective} when a version is to come.
 */
MUST_USE enum status service_item_get(const struct call *call, struct str code, struct value *out, struct error *err);
/* {code, suspended, items [{version, effective, title, state announced | current | past}]}, the newest first.
 * item-not-found. */
MUST_USE enum status service_item_versions(const struct call *call, struct str code, struct value *out,
                                           struct error *err);
/* Values that the form starts with for this actor (properties.prefill). */
MUST_USE enum status service_item_prefill(const struct call *call, struct str code, struct value *out,
                                          struct error *err);

/* {value, explanation}: needs decision.evaluate. decision-not-found. */
MUST_USE enum status service_decision_evaluate(const struct call *call, struct str id, struct value input,
                                               struct value *out, struct error *err);
