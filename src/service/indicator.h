/* Indicators: figures over cases, items, and what stands now. Definitions are declared by packs; counting follows the
 * cases in the background (indicator_count.c), so that a writer's turn only queues which case has changed. */
#pragma once

#include "service/service.h"

/* Everybody here needs indicator.read and sees the scope of their role. Days are in Asia/Shanghai. */
struct service_indicator_query {
    struct str id;
    struct str region;   /* division code; "": all of the scope */
    struct str unit;     /* institution; "": all. With it, with item and by unit or item, whole months are counted */
    struct str item;     /* item code; "": all */
    struct str from, to; /* dates, both included; "": this month */
    struct str by;       /* region, unit, item, month; "": region */
    bool open;           /* for a public text: small numbers are left out whoever asks */
};
/* {id, title, formula, source, unit, of, …, region, from, to, as_of, numerator, denominator, value, rows [{key, title,
 * numerator, denominator, value} or {key, title, suppressed}]}. indicator-not-found, filter-invalid. */
MUST_USE enum status service_indicator_get(const struct call *call, const struct service_indicator_query *query,
                                           struct value *out, struct error *err);
/* Every indicator at once, without rows, each with the value of the period before (previous): {from, to, as_of, items}.
 */
MUST_USE enum status service_indicator_list(const struct call *call, const struct service_indicator_query *query,
                                            struct value *out, struct error *err);
/* The cases (or items) behind a figure: part numerator or denominator. Needs case.read too; the look is logged.
 * {items [{no, item, item_title, region, unit, opened, closed, deadline}], next}. */
struct service_indicator_cases_query {
    struct service_indicator_query figure;
    struct str part, cursor;
    int64_t limit;
};
MUST_USE enum status service_indicator_cases(const struct call *call, const struct service_indicator_cases_query *query,
                                             struct value *out, struct error *err);
/* Open cases by division and institution: {as_of, soon, items [{region, region_title, unit, unit_title, overdue, today,
 * soon}]}. */
MUST_USE enum status service_indicator_deadlines(const struct call *call, struct str region, struct value *out,
                                                 struct error *err);

/* ---- Counting ---- */

/* Counts cases that have changed, at most batch; everything again when a definition has changed. May run in several
 * processes. */
MUST_USE enum status service_indicators_run(struct service *self, int64_t now_ms, size_t batch, size_t *done,
                                            struct error *err);
struct service_recount {
    int64_t cases, sums;             /* looked at */
    int64_t cases_wrong; /* what was counted, or is kept of the past, differs from what their events say */
    int64_t sums_wrong;  /* they do not add up: of cases, and of what staff did */
};
/* Counts all from the events and compares. mend: wrong cases are counted again, sums corrected. Needs audit.read. */
MUST_USE enum status service_recount(const struct call *call, bool mend, struct service_recount *out,
                                     struct error *err);
