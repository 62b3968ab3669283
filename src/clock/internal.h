/* What the files of the legal clock share: suspensions in order, and counting around them. */
#pragma once

#include "clock/limit.h"

/* Suspensions merged and cut off at the start, as spans. Days are both included; instants run from start to end. */
struct span_ms {
    int64_t from, to; /* to is LIMIT_NEVER while it lasts without a planned end */
};
struct span_day {
    int32_t from, to;
};
#define LIMIT_SUSPENSIONS_MAX 64

struct limit_spans {
    size_t count;
    struct span_ms spans[LIMIT_SUSPENSIONS_MAX];
};

const struct limit_rules *limit_rules_of(const struct limit *self);
bool limit_is_hours(enum limit_unit unit);
/* In order and without overlaps. A lasting suspension ends at its planned end where use_plan is set. */
struct limit_spans limit_spans(const struct limit *self, bool use_plan);
struct span_day span_days(struct span_ms span);
int32_t limit_start_day(const struct limit *self);
/* Counted days in (from, to] without regard to suspensions. */
int64_t limit_days_between(const struct limit *self, int32_t from, int32_t to);
