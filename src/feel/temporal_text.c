/* The texts of dates, times, date-times and durations: ISO 8601 as FEEL's literals allow it, read and written. */
#include "feel/temporal.h"

#include <string.h>

/* ---- Reading ---- */

struct cursor {
    const char *at, *end;
};

static bool take_char(struct cursor *c, char wanted)
{
    if (c->at == c->end || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

static int digits_ahead(const struct cursor *c)
{
    const char *p = c->at;
    while (p < c->end && *p >= '0' && *p <= '9')
        p++;
    return p - c->at > 20 ? 20 : (int)(p - c->at);
}

/* Exactly count digits, at most 18. */
static bool take_digits(struct cursor *c, int count, int64_t *out)
{
    if (c->end - c->at < count)
        return false;
    int64_t n = 0;
    for (int i = 0; i < count; i++) {
        if (c->at[i] < '0' || c->at[i] > '9')
            return false;
        n = n * 10 + (c->at[i] - '0');
    }
    c->at += count;
    *out = n;
    return true;
}

static bool take_date(struct cursor *c, struct value *out)
{
    bool negative = take_char(c, '-');
    int width = digits_ahead(c);
    if (width < 4 || width > 9 || (width > 4 && *c->at == '0'))
        return false;
    int64_t year;
    int64_t month;
    int64_t day;
    if (!take_digits(c, width, &year) || !take_char(c, '-') || !take_digits(c, 2, &month) || !take_char(c, '-') ||
        !take_digits(c, 2, &day) || (negative && year == 0))
        return false;
    return date_make(negative ? -year : year, month, day, out);
}

/* A point and 1 to 9 digits, if there is a point. */
static bool take_fraction(struct cursor *c, int32_t *nanos)
{
    *nanos = 0;
    if (!take_char(c, '.'))
        return true;
    int width = digits_ahead(c);
    int64_t n;
    if (width < 1 || width > 9 || !take_digits(c, width, &n))
        return false;
    for (int i = width; i < 9; i++)
        n *= 10;
    *nanos = (int32_t)n;
    return true;
}

/* +hh:mm or +hh:mm:ss */
static bool take_offset(struct cursor *c, int32_t *out)
{
    bool negative = *c->at++ == '-';
    int64_t hour;
    int64_t minute;
    int64_t second = 0;
    if (!take_digits(c, 2, &hour) || !take_char(c, ':') || !take_digits(c, 2, &minute))
        return false;
    if (c->at < c->end && (!take_char(c, ':') || !take_digits(c, 2, &second)))
        return false;
    int64_t offset = hour * 3600 + minute * 60 + second;
    if (minute > 59 || second > 59 || offset > OFFSET_MAX)
        return false;
    *out = (int32_t)(negative ? -offset : offset);
    return true;
}

/* What may follow the time: nothing, Z, an offset, @zone. It must reach to the end. */
static bool take_zone(struct cursor *c, struct value *v)
{
    if (c->at == c->end)
        return true;
    if (take_char(c, 'Z')) {
        temporal_set_offset(v, 0);
        return c->at == c->end;
    }
    if (*c->at == '+' || *c->at == '-') {
        int32_t offset;
        if (!take_offset(c, &offset))
            return false;
        temporal_set_offset(v, offset);
        return c->at == c->end;
    }
    if (!take_char(c, '@'))
        return false;
    const struct zone *zone = zone_find((struct str){c->at, (size_t)(c->end - c->at)});
    if (!zone)
        return false;
    temporal_adopt_zone(v, ZONE_NAMED, 0, zone);
    return true;
}

/* hh:mm:ss with fraction; 24:00:00 is allowed. */
static bool take_clock(struct cursor *c, int64_t *seconds, int32_t *nanos)
{
    int64_t hour;
    int64_t minute;
    int64_t second;
    if (!take_digits(c, 2, &hour) || !take_char(c, ':') || !take_digits(c, 2, &minute) || !take_char(c, ':') ||
        !take_digits(c, 2, &second) || !take_fraction(c, nanos) || minute > 59 || second > 59)
        return false;
    *seconds = hour * 3600 + minute * 60 + second;
    return *seconds < DAY || (*seconds == DAY && *nanos == 0);
}

static struct cursor cursor_of(struct str text)
{
    return (struct cursor){text.data, text.data ? text.data + text.len : NULL};
}

bool date_parse(struct str text, struct value *out)
{
    struct cursor c = cursor_of(text);
    struct value v;
    if (!take_date(&c, &v) || c.at != c.end)
        return false;
    *out = v;
    return true;
}

bool time_parse(struct str text, struct value *out)
{
    struct cursor c = cursor_of(text);
    int64_t seconds;
    int32_t nanos;
    if (!take_clock(&c, &seconds, &nanos))
        return false;
    struct value v = temporal_make(VALUE_TIME, seconds % DAY, nanos);
    if (!take_zone(&c, &v))
        return false;
    *out = v;
    return true;
}

bool date_time_parse(struct str text, struct value *out)
{
    struct cursor c = cursor_of(text);
    struct value date;
    if (!take_date(&c, &date))
        return false;
    int64_t seconds = 0;
    int32_t nanos = 0;
    bool has_time = take_char(&c, 'T');
    if (has_time ? !take_clock(&c, &seconds, &nanos) : c.at != c.end)
        return false;
    struct value v = temporal_make(VALUE_DATE_TIME, date.temporal.seconds + seconds, nanos);
    if (!take_zone(&c, &v) || !temporal_in_range(v.temporal.seconds))
        return false;
    *out = v;
    return true;
}

/* A number before one of the letters in *units, which must come in their order; what remains of *units follows the
 * letter. */
static bool take_component(struct cursor *c, const char **units, char *unit, int64_t *out)
{
    int width = digits_ahead(c);
    if (width < 1 || width > 18 || !take_digits(c, width, out) || c->at == c->end)
        return false;
    if (*c->at == '.') {
        *unit = '.';
        return strchr(*units, 'S') != NULL;
    }
    const char *found = strchr(*units, *c->at);
    if (!found || !*c->at)
        return false;
    *unit = *c->at++;
    *units = found + 1;
    return true;
}

/* *total += n * factor, both not negative. */
static bool accumulate(int64_t *total, int64_t n, int64_t factor)
{
    int64_t product;
    return !__builtin_mul_overflow(n, factor, &product) && !__builtin_add_overflow(*total, product, total);
}

static bool take_years_months(struct cursor *c, int64_t *months)
{
    const char *units = "YM";
    *months = 0;
    do {
        int64_t n;
        char unit;
        if (!take_component(c, &units, &unit, &n) || unit == '.' || !accumulate(months, n, unit == 'Y' ? 12 : 1))
            return false;
    } while (c->at < c->end);
    return true;
}

static bool take_time_part(struct cursor *c, int64_t *seconds, int32_t *nanos)
{
    const char *units = "HMS";
    do {
        int64_t n;
        char unit;
        if (!take_component(c, &units, &unit, &n))
            return false;
        if (unit == '.' && (!take_fraction(c, nanos) || !take_char(c, 'S') || c->at != c->end))
            return false;
        int64_t factor = unit == 'H' ? 3600 : unit == 'M' ? 60 : 1;
        if (!accumulate(seconds, n, factor))
            return false;
    } while (c->at < c->end);
    return true;
}

static bool take_days_time(struct cursor *c, int64_t *seconds, int32_t *nanos)
{
    const char *units = "D";
    *seconds = 0;
    *nanos = 0;
    if (c->at < c->end && *c->at != 'T') {
        int64_t n;
        char unit;
        if (!take_component(c, &units, &unit, &n) || unit == '.' || !accumulate(seconds, n, DAY))
            return false;
        if (c->at == c->end)
            return true;
    }
    return take_char(c, 'T') && take_time_part(c, seconds, nanos);
}

bool duration_parse(struct str text, struct value *out)
{
    struct cursor c = cursor_of(text);
    bool negative = take_char(&c, '-');
    if (!take_char(&c, 'P'))
        return false;
    struct cursor again = c;
    int64_t months;
    if (take_years_months(&c, &months)) {
        *out = value_years_months(negative ? -months : months);
        return true;
    }
    int64_t seconds;
    int32_t nanos;
    if (!take_days_time(&again, &seconds, &nanos))
        return false;
    *out = value_days_time(negative ? -seconds : seconds, negative ? -nanos : nanos);
    return true;
}

bool temporal_parse(struct str text, struct value *out)
{
    if (text.len > 2 && text.data[2] == ':')
        return time_parse(text, out);
    if (text.len > 1 && (text.data[0] == 'P' || text.data[1] == 'P'))
        return duration_parse(text, out);
    return date_parse(text, out) || date_time_parse(text, out);
}

/* ---- Writing ---- */

static char *put_digits(char *out, int64_t n, int width)
{
    char reversed[24];
    int len = 0;
    for (; n || len < width; n /= 10)
        reversed[len++] = (char)('0' + n % 10);
    while (len)
        *out++ = reversed[--len];
    return out;
}

static char *put_fraction(char *out, int32_t nanos)
{
    if (!nanos)
        return out;
    *out++ = '.';
    out = put_digits(out, nanos, 9);
    while (out[-1] == '0')
        out--;
    return out;
}

static char *put_date(char *out, const struct civil *civil)
{
    if (civil->year < 0)
        *out++ = '-';
    out = put_digits(out, civil->year < 0 ? -civil->year : civil->year, 4);
    *out++ = '-';
    out = put_digits(out, civil->month, 2);
    *out++ = '-';
    return put_digits(out, civil->day, 2);
}

static char *put_clock(char *out, int64_t seconds)
{
    out = put_digits(out, seconds / 3600, 2);
    *out++ = ':';
    out = put_digits(out, seconds / 60 % 60, 2);
    *out++ = ':';
    return put_digits(out, seconds % 60, 2);
}

static char *put_zone(char *out, struct value v)
{
    int32_t offset = v.temporal.offset;
    switch ((enum zone_kind)v.zone) {
    case ZONE_UTC: *out++ = 'Z'; return out;
    case ZONE_OFFSET:
        *out++ = offset < 0 ? '-' : '+';
        out = put_clock(out, offset < 0 ? -offset : offset);
        return offset % 60 ? out : out - 3;
    case ZONE_NAMED:
        *out++ = '@';
        memcpy(out, v.temporal.zone, strlen(v.temporal.zone));
        return out + strlen(v.temporal.zone);
    case ZONE_NONE:
    default: return out;
    }
}

/* "2Y": nothing when n is 0. */
static char *put_unit(char *out, uint64_t n, char unit)
{
    if (!n)
        return out;
    char reversed[24];
    int len = 0;
    for (; n; n /= 10)
        reversed[len++] = (char)('0' + n % 10);
    while (len)
        *out++ = reversed[--len];
    *out++ = unit;
    return out;
}

static char *put_years_months(char *out, int64_t months)
{
    if (months < 0)
        *out++ = '-';
    *out++ = 'P';
    uint64_t size = months < 0 ? 0 - (uint64_t)months : (uint64_t)months;
    if (size == 0) {
        *out++ = '0';
        *out++ = 'M';
        return out;
    }
    out = put_unit(out, size / 12, 'Y');
    return put_unit(out, size % 12, 'M');
}

static char *put_days_time(char *out, struct span span)
{
    if (span.seconds == 0 && span.nanos == 0) {
        for (const char *p = "PT0S"; *p; p++)
            *out++ = *p;
        return out;
    }
    bool negative = span.seconds < 0 || span.nanos < 0;
    uint64_t seconds = negative ? 0 - (uint64_t)span.seconds : (uint64_t)span.seconds;
    int32_t nanos = negative ? -span.nanos : span.nanos;
    if (negative)
        *out++ = '-';
    *out++ = 'P';
    out = put_unit(out, seconds / DAY, 'D');
    uint64_t rest = seconds % DAY;
    if (!rest && !nanos)
        return out;
    *out++ = 'T';
    out = put_unit(out, rest / 3600, 'H');
    out = put_unit(out, rest / 60 % 60, 'M');
    if (!nanos)
        return put_unit(out, rest % 60, 'S');
    out = put_fraction(put_digits(out, (int64_t)(rest % 60), 1), nanos);
    *out++ = 'S';
    return out;
}

static char *put_temporal(char *out, struct value v)
{
    struct civil civil = temporal_civil(v);
    int64_t seconds = civil.hour * 3600 + civil.minute * 60 + civil.second;
    switch ((enum value_kind)v.kind) {
    case VALUE_DATE: return put_date(out, &civil);
    case VALUE_TIME: return put_zone(put_fraction(put_clock(out, seconds), v.temporal.nanos), v);
    case VALUE_DATE_TIME:
        out = put_date(out, &civil);
        *out++ = 'T';
        return put_zone(put_fraction(put_clock(out, seconds), v.temporal.nanos), v);
    case VALUE_YEARS_MONTHS: return put_years_months(out, v.months);
    case VALUE_DAYS_TIME: return put_days_time(out, v.span);
    case VALUE_NULL:
    case VALUE_BOOLEAN:
    case VALUE_NUMBER:
    case VALUE_STRING:
    case VALUE_LIST:
    case VALUE_CONTEXT:
    case VALUE_RANGE:
    case VALUE_FUNCTION:
    default: return out;
    }
}

size_t temporal_write(struct value v, char out[TEMPORAL_TEXT_MAX])
{
    return (size_t)(put_temporal(out, v) - out);
}

struct str temporal_text(struct arena *arena, struct value v)
{
    char text[TEMPORAL_TEXT_MAX];
    return arena_str(arena, (struct str){text, temporal_write(v, text)});
}
