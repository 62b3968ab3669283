/* What can be applied for, and questions that need no case: items, forms, decisions. */
#pragma once

#include "service/service.h"

struct service_item_query {
    struct str text; /* words in title, summary, keywords; "" all */
    struct str topic;
    struct str subject; /* 服务对象 code */
    bool startable;     /* only what the actor may open */
};
/* {items [{code, version, title, summary, topic, type, handling, subjects, keywords, online_depth, promised}], next}.
 */
MUST_USE enum status service_item_list(const struct call *call, const struct service_item_query *query,
                                       struct value *out, struct error *err);
/* The whole guide: the item's file as it is in force, with form_id, startable and why_not (problem type) for the actor.
 */
MUST_USE enum status service_item_get(const struct call *call, struct str code, struct value *out, struct error *err);
/* Values that the form starts with for this actor (properties.prefill). */
MUST_USE enum status service_item_prefill(const struct call *call, struct str code, struct value *out,
                                          struct error *err);

/* {value, explanation}: needs decision.evaluate. decision-not-found. */
MUST_USE enum status service_decision_evaluate(const struct call *call, struct str id, struct value input,
                                               struct value *out, struct error *err);
