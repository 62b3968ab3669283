/* Dates, times, date-times and durations: the calendar and arithmetic. Proleptic Gregorian, years to ±999,999,999. */
#include "feel/value.h"

#include "feel/number.h"
#include "feel/temporal.h"

#define YEAR_MAX 999999999
#define HOME_ZONE "Asia/Shanghai"

/* ---- Calendar ---- */

int64_t days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static struct civil civil_from_days(int64_t days)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month = (int)((5 * day_of_year + 2) / 153);
    struct civil civil = {.year = year_of_era + era * 400, .day = (int)(day_of_year - (153 * month + 2) / 5 + 1)};
    civil.month = month < 10 ? month + 3 : month - 9;
    civil.year += civil.month <= 2;
    return civil;
}

int weekday_of(int64_t days_since_epoch)
{
    int64_t rest = (days_since_epoch + 3) % 7;
    return (int)(rest < 0 ? rest + 7 : rest) + 1;
}

int iso_week_of(int64_t days_since_epoch)
{
    int64_t thursday = days_since_epoch - weekday_of(days_since_epoch) + 4;
    int64_t new_year = days_from_civil(civil_from_days(thursday).year, 1, 1);
    return (int)((thursday - new_year) / 7) + 1;
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int month_days(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static int64_t floor_divide(int64_t a, int64_t b)
{
    int64_t quotient = a / b;
    return quotient - (a % b < 0);
}

/* ---- Making ---- */

struct value temporal_make(enum value_kind kind, int64_t seconds, int32_t nanos)
{
    return (struct value){.kind = (uint8_t)kind, .temporal = {.seconds = seconds, .nanos = nanos}};
}

bool temporal_in_range(int64_t seconds)
{
    const int64_t first = days_from_civil(-YEAR_MAX, 1, 1) * DAY;
    const int64_t end = days_from_civil(YEAR_MAX + 1, 1, 1) * DAY;
    return seconds >= first && seconds < end;
}

struct value value_years_months(int64_t months)
{
    return (struct value){.kind = VALUE_YEARS_MONTHS, .months = months};
}

struct value value_days_time(int64_t seconds, int32_t nanos)
{
    CHECK(seconds == 0 || nanos == 0 || (seconds < 0) == (nanos < 0));
    return (struct value){.kind = VALUE_DAYS_TIME, .span = {seconds, nanos}};
}

bool date_make(int64_t year, int64_t month, int64_t day, struct value *out)
{
    if (year < -YEAR_MAX || year > YEAR_MAX || month < 1 || month > 12 || day < 1 || day > month_days(year, (int)month))
        return false;
    *out = temporal_make(VALUE_DATE, days_from_civil(year, (int)month, (int)day) * DAY, 0);
    return true;
}

void temporal_adopt_zone(struct value *v, enum zone_kind kind, int32_t offset, const struct zone *zone)
{
    v->zone = (uint8_t)kind;
    v->temporal.offset = offset;
    v->temporal.zone = NULL;
    if (kind != ZONE_NAMED)
        return;
    v->temporal.zone = zone_name(zone);
    v->temporal.offset =
        v->kind == VALUE_TIME ? zone_offset_standard(zone) : zone_offset_local(zone, &v->temporal.seconds);
}

static const struct zone *zone_of(struct value v)
{
    const struct zone *zone = v.zone == ZONE_NAMED ? zone_find(str_of(v.temporal.zone)) : NULL;
    CHECK(zone || v.zone != ZONE_NAMED);
    return zone;
}

static void copy_zone(struct value *v, struct value like)
{
    temporal_adopt_zone(v, (enum zone_kind)like.zone, like.temporal.offset, zone_of(like));
}

void temporal_set_offset(struct value *v, int32_t offset)
{
    temporal_adopt_zone(v, offset ? ZONE_OFFSET : ZONE_UTC, offset, NULL);
}

bool time_make(int64_t hour, int64_t minute, int64_t second, int32_t nanos, struct value zone_like, struct value *out)
{
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || nanos < 0 || nanos >= NANOS)
        return false;
    struct value v = temporal_make(VALUE_TIME, hour * 3600 + minute * 60 + second, nanos);
    if (zone_like.kind == VALUE_DAYS_TIME) {
        int64_t offset = zone_like.span.seconds;
        if (offset < -OFFSET_MAX || offset > OFFSET_MAX || zone_like.span.nanos)
            return false;
        temporal_set_offset(&v, (int32_t)offset);
    } else if (zone_like.kind == VALUE_TIME || zone_like.kind == VALUE_DATE_TIME) {
        copy_zone(&v, zone_like);
    } else if (!value_is_null(zone_like)) {
        return false;
    }
    *out = v;
    return true;
}

/* ---- Taking apart and putting together ---- */

struct civil temporal_civil(struct value v)
{
    struct civil civil = {0};
    if (v.kind != VALUE_DATE && v.kind != VALUE_TIME && v.kind != VALUE_DATE_TIME)
        return civil;
    int64_t day = floor_divide(v.temporal.seconds, DAY);
    int seconds = (int)(v.temporal.seconds - day * DAY);
    if (v.kind != VALUE_TIME)
        civil = civil_from_days(day);
    civil.hour = seconds / 3600;
    civil.minute = seconds / 60 % 60;
    civil.second = seconds % 60;
    return civil;
}

bool date_of(struct value v, struct value *out)
{
    if (v.kind != VALUE_DATE && v.kind != VALUE_DATE_TIME)
        return false;
    *out = temporal_make(VALUE_DATE, floor_divide(v.temporal.seconds, DAY) * DAY, 0);
    return true;
}

bool time_of(struct value v, struct value *out)
{
    if (v.kind == VALUE_TIME) {
        *out = v;
        return true;
    }
    if (v.kind != VALUE_DATE && v.kind != VALUE_DATE_TIME)
        return false;
    struct value made =
        temporal_make(VALUE_TIME, v.temporal.seconds - floor_divide(v.temporal.seconds, DAY) * DAY, v.temporal.nanos);
    if (v.kind == VALUE_DATE)
        temporal_set_offset(&made, 0);
    else
        copy_zone(&made, v);
    *out = made;
    return true;
}

bool date_time_make(struct value date, struct value time, struct value *out)
{
    struct value day;
    if (time.kind != VALUE_TIME || !date_of(date, &day))
        return false;
    struct value made =
        temporal_make(VALUE_DATE_TIME, day.temporal.seconds + time.temporal.seconds, time.temporal.nanos);
    copy_zone(&made, time);
    *out = made;
    return true;
}

/* An instant on a zone's clock. */
static struct value at_instant(int64_t instant, int32_t nanos, const struct zone *zone)
{
    int32_t offset = zone_offset_at(zone, instant);
    struct value v = temporal_make(VALUE_DATE_TIME, instant + offset, nanos);
    v.zone = ZONE_NAMED;
    v.temporal.offset = offset;
    v.temporal.zone = zone_name(zone);
    return v;
}

bool date_time_in_zone(struct value v, struct str zone_text, struct value *out)
{
    const struct zone *zone = zone_find(zone_text);
    if (!zone || (v.kind != VALUE_DATE_TIME && v.kind != VALUE_DATE))
        return false;
    if (v.kind == VALUE_DATE || v.zone == ZONE_NONE) {
        struct value made = temporal_make(VALUE_DATE_TIME, v.temporal.seconds, v.temporal.nanos);
        temporal_adopt_zone(&made, ZONE_NAMED, 0, zone);
        *out = made;
        return true;
    }
    struct value made = at_instant(v.temporal.seconds - v.temporal.offset, v.temporal.nanos, zone);
    if (!temporal_in_range(made.temporal.seconds))
        return false;
    *out = made;
    return true;
}

struct value date_time_from_ms(int64_t ms, const char *zone_text)
{
    const struct zone *zone = zone_find(str_of(zone_text));
    if (!zone)
        return value_null;
    int64_t seconds = floor_divide(ms, 1000);
    return at_instant(seconds, (int32_t)(ms - seconds * 1000) * 1000000, zone);
}

bool date_time_to_ms(struct value v, int64_t *out)
{
    if (v.kind != VALUE_DATE_TIME && v.kind != VALUE_DATE)
        return false;
    if (v.kind == VALUE_DATE || v.zone == ZONE_NONE) {
        const struct zone *home = zone_find(STR(HOME_ZONE));
        CHECK(home);
        v.temporal.offset = zone_offset_local(home, &v.temporal.seconds);
    }
    int64_t ms;
    if (__builtin_mul_overflow(v.temporal.seconds - v.temporal.offset, INT64_C(1000), &ms) ||
        __builtin_add_overflow(ms, v.temporal.nanos / 1000000, &ms))
        return false;
    *out = ms;
    return true;
}

/* ---- Arithmetic ---- */

static bool is_point(struct value v)
{
    return v.kind == VALUE_DATE || v.kind == VALUE_DATE_TIME || v.kind == VALUE_TIME;
}

/* seconds and nanos of any signs made into a duration with one sign. */
static bool span_make(int64_t seconds, int64_t nanos, struct value *out)
{
    if (__builtin_add_overflow(seconds, nanos / NANOS, &seconds))
        return false;
    nanos %= NANOS;
    if (seconds > 0 && nanos < 0) {
        seconds--;
        nanos += NANOS;
    } else if (seconds < 0 && nanos > 0) {
        seconds++;
        nanos -= NANOS;
    }
    *out = value_days_time(seconds, (int32_t)nanos);
    return true;
}

struct value duration_negate(struct value duration)
{
    CHECK(duration.kind == VALUE_YEARS_MONTHS || duration.kind == VALUE_DAYS_TIME);
    const int64_t lowest = INT64_MIN;
    if (duration.kind == VALUE_YEARS_MONTHS)
        return value_years_months(duration.months == lowest ? INT64_MAX : -duration.months);
    int64_t seconds = duration.span.seconds;
    return value_days_time(seconds == lowest ? INT64_MAX : -seconds, -duration.span.nanos);
}

static bool add_months(struct value v, int64_t months, struct value *out)
{
    int64_t day = floor_divide(v.temporal.seconds, DAY);
    struct civil civil = civil_from_days(day);
    int64_t total;
    if (__builtin_add_overflow(civil.year * 12 + civil.month - 1, months, &total))
        return false;
    int64_t year = floor_divide(total, 12);
    int month = (int)(total - year * 12) + 1;
    if (year < -YEAR_MAX || year > YEAR_MAX)
        return false;
    int last = month_days(year, month);
    int64_t moved = days_from_civil(year, month, civil.day < last ? civil.day : last);
    struct value made =
        temporal_make((enum value_kind)v.kind, moved * DAY + (v.temporal.seconds - day * DAY), v.temporal.nanos);
    if (v.kind == VALUE_DATE_TIME)
        copy_zone(&made, v);
    *out = made;
    return true;
}

static bool add_span(struct value v, struct span span, struct value *out)
{
    int64_t nanos = (int64_t)v.temporal.nanos + span.nanos;
    int64_t carry = floor_divide(nanos, NANOS);
    int64_t seconds;
    nanos -= carry * NANOS;
    if (__builtin_add_overflow(v.temporal.seconds, span.seconds, &seconds) || seconds > INT64_MAX / 2 ||
        seconds < INT64_MIN / 2)
        return false;
    seconds += carry;
    if (v.kind == VALUE_TIME) {
        v.temporal.seconds = seconds - floor_divide(seconds, DAY) * DAY;
        v.temporal.nanos = (int32_t)nanos;
        *out = v;
        return true;
    }
    if (v.kind == VALUE_DATE) {
        seconds = floor_divide(seconds, DAY) * DAY;
        nanos = 0;
    } else if (v.zone == ZONE_NAMED) {
        struct value moved = at_instant(seconds - v.temporal.offset, (int32_t)nanos, zone_of(v));
        seconds = moved.temporal.seconds;
        v = moved;
    }
    if (!temporal_in_range(seconds))
        return false;
    v.temporal.seconds = seconds;
    v.temporal.nanos = (int32_t)nanos;
    *out = v;
    return true;
}

static bool add_durations(struct value a, struct value b, struct value *out)
{
    if (a.kind != b.kind)
        return false;
    if (a.kind == VALUE_YEARS_MONTHS) {
        int64_t months;
        if (__builtin_add_overflow(a.months, b.months, &months))
            return false;
        *out = value_years_months(months);
        return true;
    }
    int64_t seconds;
    if (a.kind != VALUE_DAYS_TIME || __builtin_add_overflow(a.span.seconds, b.span.seconds, &seconds))
        return false;
    return span_make(seconds, (int64_t)a.span.nanos + b.span.nanos, out);
}

bool temporal_add(struct value a, struct value b, struct value *out)
{
    if (is_point(b)) {
        struct value point = b;
        b = a;
        a = point;
    }
    if (!is_point(a))
        return add_durations(a, b, out);
    if (b.kind == VALUE_YEARS_MONTHS)
        return a.kind != VALUE_TIME && add_months(a, b.months, out);
    return b.kind == VALUE_DAYS_TIME && add_span(a, b.span, out);
}

/* A date among zoned date-times stands for its midnight UTC; a local date-time has no distance to anything zoned. */
static bool subtract_points(struct value a, struct value b, struct value *out)
{
    if ((a.kind == VALUE_TIME) != (b.kind == VALUE_TIME))
        return false;
    bool dates = a.kind == VALUE_DATE && b.kind == VALUE_DATE;
    bool a_zoned = a.kind == VALUE_DATE || a.zone != ZONE_NONE;
    bool b_zoned = b.kind == VALUE_DATE || b.zone != ZONE_NONE;
    if (!dates && a_zoned != b_zoned)
        return false;
    return span_make((a.temporal.seconds - a.temporal.offset) - (b.temporal.seconds - b.temporal.offset),
                     (int64_t)a.temporal.nanos - b.temporal.nanos, out);
}

bool temporal_subtract(struct value a, struct value b, struct value *out)
{
    if (is_point(a) && is_point(b))
        return subtract_points(a, b, out);
    if (b.kind != VALUE_YEARS_MONTHS && b.kind != VALUE_DAYS_TIME)
        return false;
    return temporal_add(a, duration_negate(b), out);
}

bool years_months_between(struct value from, struct value to, struct value *out)
{
    if ((from.kind != VALUE_DATE && from.kind != VALUE_DATE_TIME) ||
        (to.kind != VALUE_DATE && to.kind != VALUE_DATE_TIME))
        return false;
    struct civil a = temporal_civil(from);
    struct civil b = temporal_civil(to);
    int64_t months = (b.year - a.year) * 12 + b.month - a.month;
    if (months > 0 && b.day < a.day)
        months--;
    else if (months < 0 && b.day > a.day)
        months++;
    *out = value_years_months(months);
    return true;
}

struct value seconds_number(int64_t seconds, int32_t nanos)
{
    if (nanos == 0)
        return value_int(seconds);
    wide_signed total = (wide_signed)seconds * NANOS + nanos;
    if (total > INT64_MIN / 2 && total < INT64_MAX / 2) {
        int64_t n = (int64_t)total;
        int exponent = -9;
        for (; n % 10 == 0; exponent++)
            n /= 10;
        return number_from_int(n, exponent);
    }
    struct value sum = value_int(seconds);
    bool done = number_add(sum, number_from_int(nanos, -9), &sum);
    CHECK(done);
    return sum;
}

/* Seconds as a number made into a duration, to the nearest nanosecond. */
static bool span_from_number(struct value number, struct value *out)
{
    struct value rounded;
    struct value whole;
    struct value fraction;
    int64_t seconds;
    int64_t nanos;
    if (!number_round(number, 9, ROUND_HALF_EVEN, &rounded) || !number_round(rounded, 0, ROUND_DOWN, &whole) ||
        !value_to_int64(whole, &seconds) || !number_subtract(rounded, whole, &fraction) ||
        !number_multiply(fraction, value_int(NANOS), &fraction) || !value_to_int64(fraction, &nanos))
        return false;
    return span_make(seconds, nanos, out);
}

static bool months_from_number(struct value number, struct value *out)
{
    struct value whole;
    int64_t months;
    if (!number_round(number, 0, ROUND_DOWN, &whole) || !value_to_int64(whole, &months))
        return false;
    *out = value_years_months(months);
    return true;
}

static bool duration_number(struct value duration, struct value *out)
{
    if (duration.kind == VALUE_YEARS_MONTHS)
        *out = value_int(duration.months);
    else if (duration.kind == VALUE_DAYS_TIME)
        *out = seconds_number(duration.span.seconds, duration.span.nanos);
    else
        return false;
    return true;
}

bool duration_multiply(struct value duration, struct value number, struct value *out)
{
    struct value product;
    if (number.kind != VALUE_NUMBER || !duration_number(duration, &product) ||
        !number_multiply(product, number, &product))
        return false;
    return duration.kind == VALUE_YEARS_MONTHS ? months_from_number(product, out) : span_from_number(product, out);
}

bool duration_divide(struct value duration, struct value number, struct value *out)
{
    struct value quotient;
    if (number.kind != VALUE_NUMBER || !duration_number(duration, &quotient) ||
        !number_divide(quotient, number, &quotient))
        return false;
    return duration.kind == VALUE_YEARS_MONTHS ? months_from_number(quotient, out) : span_from_number(quotient, out);
}

bool duration_ratio(struct value a, struct value b, struct value *out)
{
    struct value x;
    struct value y;
    return a.kind == b.kind && duration_number(a, &x) && duration_number(b, &y) && number_divide(x, y, out);
}
