/* Instants and days. An instant is milliseconds since 1970-01-01T00:00Z; a day is the number of days since 1970-01-01
 * on the wall calendar of CLOCK_OFFSET_MS. Proleptic Gregorian calendar. */
#pragma once

#include "base/base.h"

/* China Standard Time, without summer time since 1991. */
#define CLOCK_OFFSET_MS ((int64_t)8 * 60 * 60 * 1000)
#define CLOCK_DAY_MS ((int64_t)24 * 60 * 60 * 1000)
#define CLOCK_MINUTE_MS ((int64_t)60 * 1000)

struct clock_date {
    int64_t year;
    int month; /* 1…12 */
    int day;   /* 1…31 */
};

struct clock_date day_date(int64_t day);
int64_t day_of_date(int64_t year, int month, int day);
int day_weekday(int64_t day); /* 1 Monday … 7 Sunday */
int days_in_month(int64_t year, int month);

/* The wall-clock day of an instant. Beyond ±5.8 million years it stays at the first or last day there is. */
int32_t instant_day(int64_t ms);
/* Milliseconds since that day began, 0…86,399,999. */
int64_t instant_time_of_day(int64_t ms);
/* The instant at which a day begins. */
int64_t day_start(int32_t day);
