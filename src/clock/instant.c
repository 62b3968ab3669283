/* Days and dates by the era method: 400 years are always 146,097 days, and a year that begins in March needs no leap
 * rule. */
#include "clock/instant.h"

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t day_of_date(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct clock_date day_date(int64_t day)
{
    int64_t z = day + 719468;
    int64_t era = floor_div(z, 146097);
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;
    int month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
    return (struct clock_date){
        .year = year_of_era + era * 400 + (month <= 2),
        .month = month,
        .day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1),
    };
}

int day_weekday(int64_t day)
{
    int64_t since_monday = (day % 7 + 7 + 3) % 7;
    return (int)since_monday + 1;
}

int days_in_month(int64_t year, int month)
{
    CHECK(month >= 1 && month <= 12);
    if (month == 12)
        return 31;
    return (int)(day_of_date(year, month + 1, 1) - day_of_date(year, month, 1));
}

int32_t instant_day(int64_t ms)
{
    if (ms > INT64_MAX - CLOCK_OFFSET_MS)
        return INT32_MAX;
    int64_t day = floor_div(ms + CLOCK_OFFSET_MS, CLOCK_DAY_MS);
    if (day > INT32_MAX)
        return INT32_MAX;
    return day < INT32_MIN ? INT32_MIN : (int32_t)day;
}

int64_t instant_time_of_day(int64_t ms)
{
    int64_t in_day = (ms % CLOCK_DAY_MS + CLOCK_OFFSET_MS) % CLOCK_DAY_MS;
    return in_day < 0 ? in_day + CLOCK_DAY_MS : in_day;
}

int64_t day_start(int32_t day)
{
    return (int64_t)day * CLOCK_DAY_MS - CLOCK_OFFSET_MS;
}
