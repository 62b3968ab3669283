/* The working calendar: which days count. Monday to Friday by default, then the published lists of days off and make-up
 * working days, year by year (State Council notices). A year without a list is provisional. */
#pragma once

#include "base/base.h"

struct calendar;

/* A day is the number of days since 1970-01-01 in Asia/Shanghai. */
struct calendar_year {
    int year;
    const int32_t *off; /* listed days off */
    size_t off_count;
    const int32_t *makeup; /* weekend days that are worked */
    size_t makeup_count;
};

const struct calendar *calendar_new(struct arena *arena, const struct calendar_year *years, size_t count);
bool calendar_announced(const struct calendar *self, int year);
bool calendar_is_working_day(const struct calendar *self, int32_t day);
/* The n-th working day after day (n > 0; the start day does not count) or before it (n < 0); n = 0 gives day itself.
 * *provisional tells whether a year on the way is not announced; it may be NULL. Results stay within int32 days. */
int32_t calendar_add_working_days(const struct calendar *self, int32_t day, int64_t n, bool *provisional);
/* Working days in (from, to]; negative when to lies before from. */
int64_t calendar_working_days_between(const struct calendar *self, int32_t from, int32_t to, bool *provisional);
