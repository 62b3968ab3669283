/* Built-ins that make or look at dates, times and durations: 10.3.4.1, 10.3.4.7, 10.3.4.11. */
#include "feel/builtins.h"

#define HERE "Asia/Shanghai"

static struct value unreadable(struct frame *frame, const char *what, struct str text)
{
    return note_null(frame, "'%.*s' is not %s", (int)(text.len < 40 ? text.len : 40), text.data, what);
}

/* ---- date ---- */

static struct value call_date_text(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct value out;
    return date_parse(a[0].string, &out) ? out : unreadable(frame, "a date", a[0].string);
}

static struct value call_date_of(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    (void)frame;
    return a[0];
}

static struct value call_date_parts(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    int64_t year = 0;
    int64_t month = 0;
    int64_t day = 0;
    struct value out;
    bool whole = value_to_int64(a[0], &year) && value_to_int64(a[1], &month) && value_to_int64(a[2], &day);
    return whole && date_make(year, month, day, &out) ? out : note_null(frame, "date(): there is no such day");
}

/* ---- time ---- */

static struct value call_time_text(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct value out;
    return time_parse(a[0].string, &out) ? out : unreadable(frame, "a time", a[0].string);
}

static struct value call_time_of(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct value out;
    return time_of(a[0], &out) ? out : note_null(frame, "time(): the value has no time");
}

/* The nanoseconds of a second that has a fraction. */
static bool split_second(struct value second, int64_t *whole, int32_t *nanos)
{
    struct value rest;
    int64_t n = 0;
    if (!take_whole(second, whole) || !number_subtract(second, value_int(*whole), &rest) ||
        !number_multiply(rest, value_int(1000000000), &rest) || !take_whole(rest, &n) || n < 0)
        return false;
    *nanos = (int32_t)n;
    return true;
}

static struct value call_time_parts(const struct value *a, size_t count, struct frame *frame)
{
    int64_t hour = 0;
    int64_t minute = 0;
    int64_t second = 0;
    int32_t nanos = 0;
    struct value out;
    struct value offset = count > 3 ? a[3] : value_null;
    bool ok = value_to_int64(a[0], &hour) && value_to_int64(a[1], &minute) && split_second(a[2], &second, &nanos);
    return ok && time_make(hour, minute, second, nanos, offset, &out)
               ? out
               : note_null(frame, "time(): there is no such time of day");
}

/* ---- date and time ---- */

static struct value call_date_time_text(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct value out;
    return date_time_parse(a[0].string, &out) ? out : unreadable(frame, "a date and time", a[0].string);
}

static struct value call_date_time_make(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct value out;
    return date_time_make(a[0], a[1], &out)
               ? out
               : note_null(frame, "date and time(): the parts do not make a date and time");
}

static struct value call_date_time_of(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    (void)frame;
    return a[0];
}

static struct value call_date_time_zone(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct value out;
    return date_time_in_zone(a[0], a[1].string, &out) ? out : unreadable(frame, "a time zone", a[1].string);
}

/* ---- durations ---- */

static struct value call_duration(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct value out;
    return duration_parse(a[0].string, &out) ? out : unreadable(frame, "a duration", a[0].string);
}

static struct value call_duration_of(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    if (a[0].kind == VALUE_DAYS_TIME || a[0].kind == VALUE_YEARS_MONTHS)
        return a[0];
    return note_null(frame, "duration() needs a string, not %s", value_kind_name((enum value_kind)a[0].kind));
}

static struct value call_years_months(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct value out;
    if (a[0].kind == VALUE_TIME || a[1].kind == VALUE_TIME || !years_months_between(a[0], a[1], &out))
        return note_null(frame, "years and months duration() needs two dates");
    return out;
}

/* ---- now, calendar facts ---- */

static struct value call_now(const struct value *a, size_t count, struct frame *frame)
{
    (void)a;
    (void)count;
    return date_time_from_ms(frame->run->now_ms, HERE);
}

static struct value call_today(const struct value *a, size_t count, struct frame *frame)
{
    struct value now = call_now(a, count, frame);
    struct value today;
    return date_of(now, &today) ? today : value_null;
}

static int64_t day_number(struct value date)
{
    struct civil civil = temporal_civil(date);
    return days_from_civil(civil.year, civil.month, civil.day);
}

static struct value call_day_of_year(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    (void)frame;
    return value_int(day_number(a[0]) - days_from_civil(temporal_civil(a[0]).year, 1, 1) + 1);
}

static struct value call_day_of_week(const struct value *a, size_t count, struct frame *frame)
{
    static const char *const days[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
    (void)count;
    (void)frame;
    return value_cstr(days[weekday_of(day_number(a[0])) - 1]);
}

static struct value call_month_of_year(const struct value *a, size_t count, struct frame *frame)
{
    static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December"};
    (void)count;
    (void)frame;
    return value_cstr(months[temporal_civil(a[0]).month - 1]);
}

static struct value call_week_of_year(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    (void)frame;
    return value_int(iso_week_of(day_number(a[0])));
}

static struct value call_last_day_of_month(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct civil civil = temporal_civil(a[0]);
    struct value out;
    for (int day = 31; day > 27; day--)
        if (date_make(civil.year, civil.month, day, &out))
            return out;
    return note_null(frame, "There is no such month");
}

static struct value call_is(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    (void)frame;
    return value_boolean(value_identical(a[0], a[1]));
}

#define NUMBERS_3(a, b, c) P(a, TAKE_NUMBER), P(b, TAKE_NUMBER), P(c, TAKE_NUMBER)
#define MOMENTS(a, b)                                                                                                  \
    {                                                                                                                  \
        P(a, TAKE_MOMENT), P(b, TAKE_MOMENT)                                                                           \
    }

const struct builtin builtins_time[] = {
    {"date", call_date_text, 0, FEEL_TYPE_DATE, ONE("from", TAKE_STRING)},
    {"date", call_date_of, 0, FEEL_TYPE_DATE, ONE("from", TAKE_DATE)},
    {"date", call_date_parts, 0, FEEL_TYPE_DATE, {NUMBERS_3("year", "month", "day")}},
    {"time", call_time_text, 0, FEEL_TYPE_TIME, ONE("from", TAKE_STRING)},
    {"time", call_time_of, 0, FEEL_TYPE_TIME, ONE("from", TAKE_MOMENT)},
    {"time",
     call_time_parts,
     0,
     FEEL_TYPE_TIME,
     {NUMBERS_3("hour", "minute", "second"), P("offset", TAKE_DURATION | TAKE_OPTIONAL)}},
    {"date and time", call_date_time_text, 0, FEEL_TYPE_DATE_TIME, ONE("from", TAKE_STRING)},
    {"date and time", call_date_time_of, 0, FEEL_TYPE_DATE_TIME, ONE("from", TAKE_DATE_TIME)},
    {"date and time", call_date_time_make, 0, FEEL_TYPE_DATE_TIME, {P("date", TAKE_DATE), P("time", TAKE_TIME)}},
    {"date and time",
     call_date_time_zone,
     0,
     FEEL_TYPE_DATE_TIME,
     {P("date", TAKE_DATE_TIME), P("timezone", TAKE_STRING)}},
    {"duration", call_duration, 0, FEEL_TYPE_ANY, ONE("from", TAKE_STRING)},
    {"duration", call_duration_of, 0, FEEL_TYPE_ANY, ONE("from", TAKE_POINT)},
    {"years and months duration", call_years_months, 0, FEEL_TYPE_YEARS_MONTHS, MOMENTS("from", "to")},
    {"now", call_now, BUILTIN_IMPURE, FEEL_TYPE_DATE_TIME, {{0}}},
    {"today", call_today, BUILTIN_IMPURE, FEEL_TYPE_DATE, {{0}}},
    {"day of year", call_day_of_year, 0, FEEL_TYPE_NUMBER, ONE("date", TAKE_DATE)},
    {"day of week", call_day_of_week, 0, FEEL_TYPE_STRING, ONE("date", TAKE_DATE)},
    {"month of year", call_month_of_year, 0, FEEL_TYPE_STRING, ONE("date", TAKE_DATE)},
    {"week of year", call_week_of_year, 0, FEEL_TYPE_NUMBER, ONE("date", TAKE_DATE)},
    {"last day of month", call_last_day_of_month, 0, FEEL_TYPE_DATE, ONE("date", TAKE_DATE)},
    {"is", call_is, 0, FEEL_TYPE_BOOLEAN, {P("value1", TAKE_ANY), P("value2", TAKE_ANY)}},
    {0},
};
