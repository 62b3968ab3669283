/* What if: closed cases of an item seen again under another limit and with fewer materials, before the change is
 * published. */
#pragma once

#include "service/service.h"

/* A period of whole months; "": last year. Without a limit the one in force is taken. */
struct service_what_if_query {
    struct str item, region, unit, from, to;
    struct str amount, counted; /* of the new limit: a number, and working-days, natural-days, months or hours */
    struct str extension;       /* at most so much of what was granted counts; "": all of it */
    struct str without;         /* ids of materials no longer asked for, with commas between */
    struct str cursor;          /* of the list */
    int64_t limit;              /* 0: 20; at most 1,000 */
};

/* {item, title, from, to, as_of, cases, clocked, was {limit, late, rate}, then {limit, late, rate, newly_late,
 * no_longer_late, kept_by_extension}, used {p50, p90, p99, most} (days of the new limit's kind that cases took), months
 * [{month, clocked, was_late, late}], materials [{id, name, need, removed, handed, handed_a_year, obtainable
 * certificate | exchange}], saved {handed, handed_a_year, obtainable}, definitions [{of, zh, en}], took_ms}. Needs
 * indicator.read; the scope is that of the role. item-not-found, filter-invalid, what-if-busy (two are counted at
 * once). */
MUST_USE enum status service_what_if(const struct call *call, const struct service_what_if_query *query,
                                     struct value *out, struct error *err);
/* {items [{no, region, unit, accepted, ended, deadline_was, deadline, late_was}], next}: those that would have been
 * late, oldest first. Needs case.read too; the look is noted. */
MUST_USE enum status service_what_if_cases(const struct call *call, const struct service_what_if_query *query,
                                           struct value *out, struct error *err);
