/* The working calendar and the legal clock, for whoever wants to count. Both are public. */
#pragma once

#include "service/service.h"

/* {year, announced, working_days, off [date], makeup [date]}: what differs from Monday to Friday. calendar-year-invalid
 * outside 2000-2100. */
MUST_USE enum status service_calendar_year(const struct call *call, int64_t year, struct value *out, struct error *err);

struct service_count_wanted {
    struct str from; /* the day of the event, not counted itself: "2026-09-18" */
    int64_t n;       /* 0 to 3,650 */
    struct str unit; /* "working-days" when empty, or as clock/limit.h has them */
};
/* {from, n, unit, due, provisional, zh, en, steps [{step, days, zh, en}]}. count-invalid with the field. */
MUST_USE enum status service_calendar_count(const struct call *call, const struct service_count_wanted *wanted,
                                            struct value *out, struct error *err);
