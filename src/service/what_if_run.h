/* Counting closed cases again, in threads that only read: rows of store/past.h under one limit. */
#pragma once

#include "clock/limit.h"
#include "service/internal.h"
#include "store/past.h"

#define WHAT_IF_MONTHS_MAX 128
#define WHAT_IF_DAYS_MAX 400 /* cases that took longer are counted with these */

struct what_if_rule {
    struct limit limit; /* unit, amount, calendar */
    int64_t extension_most; /* < 0: as granted */
};
struct what_if_judged {
    bool clocked; /* accepted: its clock ran */
    bool late_was, late, kept; /* kept: in time by an extension only */
    int64_t used, due;
};
/* FAILED for pauses that cannot be read or instants that no calendar reaches. arena is for the pauses. */
MUST_USE enum status what_if_judge(const struct what_if_rule *rule, const struct store_past *row, struct arena *arena,
                                   struct what_if_judged *out, struct error *err);

struct what_if_month {
    int64_t from; /* instant */
    int64_t clocked, late_was, late;
};
struct what_if_sums {
    int64_t cases, clocked, late_was, late, newly_late, no_longer_late, kept, unreadable;
    int64_t used[WHAT_IF_DAYS_MAX + 1];
    struct what_if_month months[WHAT_IF_MONTHS_MAX];
    int64_t *handed; /* by item and material: item * STORE_PAST_MATERIALS_MAX + n */
};

/* Every region, version of the item and month is one job. */
struct what_if {
    struct service *service;
    struct what_if_rule rule;
    struct division_range divisions;
    struct str unit;
    const int64_t *regions, *items;
    size_t region_count, item_count, month_count;
    int64_t ends; /* the instant behind the last month */
    struct what_if_sums sums; /* months[].from is given; all else comes out */
};
/* At most `threads` at once, this one among them. */
MUST_USE enum status what_if_run(struct what_if *self, size_t threads, struct error *err);

/* What a job reads, from its first row; limit not set. */
struct store_past_range what_if_range(const struct what_if *self, size_t job);
size_t what_if_jobs(const struct what_if *self);
