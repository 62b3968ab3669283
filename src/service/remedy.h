/* Bad ratings and what is done about them: the cases that an item's rating.item names, each with what was done, what is
 * next and until when. */
#pragma once

#include "service/service.h"

struct service_remedy_query {
    struct str item;  /* code of the remedy's item; "" the first that any item names */
    struct str state; /* as service_case_query */
    int64_t limit;
    struct str cursor;
};
/* {items [{no, of (the rated case), rated_item, rated_title, grade, text, region, state, outcome, opened, deadline,
 * light, closed, reasons, done [{element, name, at, by, data}], tasks [{id, element, name, assignee, due, light}]}],
 * next, counts {all, open}}. Needs case.read as staff. */
MUST_USE enum status service_remedy_list(const struct call *call, const struct service_remedy_query *query,
                                         struct value *out, struct error *err);
