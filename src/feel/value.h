/* The one value type: what FEEL computes with, what JSON is read into and written from, what forms, variables and
 * messages are. Values are small, passed by copy, immutable once built; what they point to lives in an arena. */
#pragma once

#include "base/base.h"

/* IEEE 754-2008 decimal128 in the BID encoding: 34 digits, half-even, exponent -6143…6144. Opaque to all but number.c.
 */
struct decimal {
    uint64_t bits[2];
};

enum value_kind {
    VALUE_NULL,
    VALUE_BOOLEAN,
    VALUE_NUMBER,
    VALUE_STRING,
    VALUE_DATE,
    VALUE_TIME,
    VALUE_DATE_TIME,
    VALUE_YEARS_MONTHS,  /* years and months duration */
    VALUE_DAYS_TIME,     /* days and time duration */
    VALUE_LIST,
    VALUE_CONTEXT,
    VALUE_RANGE,
    VALUE_FUNCTION,
};

enum zone_kind { ZONE_NONE, ZONE_UTC /* "Z" */, ZONE_OFFSET, ZONE_NAMED };

/* date: seconds = midnight since 1970-01-01 (proleptic Gregorian), no zone. time: seconds of the day, 0…86399.
 * date-time: local seconds since 1970-01-01T00:00:00 on the wall clock of its zone (not UTC). Years to ±999,999,999. */
struct temporal {
    int64_t seconds;
    int32_t nanos;    /* 0…999,999,999 */
    int32_t offset;   /* seconds east of UTC, for ZONE_UTC (0), ZONE_OFFSET and, resolved at that instant, ZONE_NAMED */
    const char *zone; /* IANA name for ZONE_NAMED, terminated, lives as long as the process; NULL otherwise */
};

/* Days and time duration: whole seconds (sign included) plus nanos of the same sign. */
struct span {
    int64_t seconds;
    int32_t nanos;
};

struct value {
    uint8_t kind;      /* enum value_kind */
    uint8_t zone;      /* enum zone_kind, for VALUE_TIME and VALUE_DATE_TIME */
    uint16_t reserved;
    uint32_t text_len; /* for numbers read from JSON: length of text below, 0 if none */
    union {
        bool boolean;
        struct {
            struct decimal number;
            const char *number_text; /* the digits as they stood in the JSON, so that writing loses nothing; or NULL */
        };
        struct str string; /* valid UTF-8 */
        struct temporal temporal;
        int64_t months;
        struct span span;
        const struct list *list;
        const struct context *context;
        const struct range *range;
        const struct function *function;
    };
};

struct list {
    size_t count;
    struct value items[];
};

/* Members keep the order in which they were put; keys are unique. */
struct member {
    struct str key;
    struct value value;
};
struct context {
    size_t count;
    const struct member *members;
    const uint32_t
        *index; /* positions in key order, for look-ups in large contexts; NULL: members are searched in turn */
};

/* A range with null at an end is open on that side. (< 10) is written by_operator with only an upper end. */
struct range {
    struct value start, end;
    bool start_included, end_included;
    uint8_t
        by_operator; /* 0 for [a..b]; '<', '>', 'l' (<=), 'g' (>=), '=', '!' for unary forms, which differ under `=` */
};

struct function; /* a built-in, a lambda with its closure, or a DMN function: feel/feel.h */

/* ---- Making ---- */
extern const struct value value_null, value_true, value_false;
static inline struct value value_boolean(bool b)
{
    return b ? value_true : value_false;
}
struct value value_int(int64_t n);
/* From text as FEEL and JSON write numbers ("-1.5e3"). FAILED if it is no number or beyond decimal128. */
MUST_USE enum status value_number_parse(struct str text, struct value *out, struct error *err);
struct value value_string(struct str borrowed);
struct value value_string_copy(struct arena *arena, struct str s);
struct value value_cstr(const char *terminated_borrowed);
struct value value_list(struct arena *arena, const struct value *items, size_t count);
/* A list whose items the caller fills before anyone else sees it. */
struct list *list_new(struct arena *arena, size_t count);
struct value value_of_list(const struct list *list);

/* Builds contexts: put keeps the first position of a key and takes the last value. */
struct context_builder {
    struct arena *arena;
    VECTOR(struct member) members;
};
void context_builder_init(struct context_builder *self, struct arena *arena);
void context_builder_put(struct context_builder *self, struct str key, struct value value);
struct value context_builder_done(struct context_builder *self);

/* Makes a context of an array in arena, which it takes over; as the builder does, a key's last value wins. */
struct value context_of_members(struct arena *arena, struct member *members, size_t count);

struct list_builder {
    struct arena *arena;
    VECTOR(struct value) items;
};
void list_builder_init(struct list_builder *self, struct arena *arena);
void list_builder_push(struct list_builder *self, struct value value);
struct value list_builder_done(struct list_builder *self);

/* ---- Asking ---- */
static inline bool value_is_null(struct value v)
{
    return v.kind == VALUE_NULL;
}
/* True only for the boolean true. */
static inline bool value_is_true(struct value v)
{
    return v.kind == VALUE_BOOLEAN && v.boolean;
}
/* Member by key, or null when v is no context or has no such key. */
struct value value_get(struct value v, struct str key);
/* The same, telling absent from null. */
bool value_find(struct value v, struct str key, struct value *out);
/* Member by dotted path: "deceased.id". */
struct value value_path(struct value v, const char *path);
/* The text of a string value; STR_NONE for any other kind. */
struct str value_text(struct value v);
/* A whole number that fits int64; false otherwise. */
MUST_USE bool value_to_int64(struct value v, int64_t *out);
double value_to_double(struct value v);
size_t value_count(struct value v);                 /* items or members; 0 for scalars */
struct value value_at(struct value list, size_t i); /* null when out of range */
const char *value_kind_name(enum value_kind kind);  /* FEEL's name of the type: "number", "days and time duration" */

/* A new context: base's members overlaid by over's (a null or non-context base counts as empty). */
struct value value_merge(struct arena *arena, struct value base, struct value over);
/* v with date-times by their offset instead of the name of their zone, in all its parts: what JSON clients read. */
struct value value_with_offsets(struct arena *arena, struct value v);
/* base with path ("a.b.c") set to v; contexts on the way are made. */
struct value value_put_path(struct arena *arena, struct value base, struct str path, struct value v);
/* A deep copy, so that a value outlives the arena it was made in. Functions cannot be copied: they become null. */
struct value value_copy(struct arena *arena, struct value v);

/* ---- Comparing ---- */
/* FEEL's = : true, false or null (different kinds, except with null). */
struct value value_equal(struct value a, struct value b);
/* The same text, kind by kind, for tests and change detection: null is identical to null. Order of members ignored. */
bool value_identical(struct value a, struct value b);
/* FEEL's order for numbers, strings, dates, times, date-times, durations. False when the two cannot be compared. */
MUST_USE bool value_compare(struct value a, struct value b, int *out);

/* ---- Numbers (decimal128, half-even) ---- */
/* Results that are not finite make these return false. */
MUST_USE bool number_add(struct value a, struct value b, struct value *out);
MUST_USE bool number_subtract(struct value a, struct value b, struct value *out);
MUST_USE bool number_multiply(struct value a, struct value b, struct value *out);
MUST_USE bool number_divide(struct value a, struct value b, struct value *out);
MUST_USE bool number_power(struct value a, struct value b, struct value *out);
MUST_USE bool number_modulo(struct value a, struct value b, struct value *out); /* sign of the divisor, as FEEL */
enum rounding { ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_HALF_DOWN, ROUND_UP, ROUND_DOWN, ROUND_FLOOR, ROUND_CEILING };
MUST_USE bool number_round(struct value a, int64_t scale, enum rounding mode, struct value *out);
MUST_USE bool number_sqrt(struct value a, struct value *out);
MUST_USE bool number_log(struct value a, struct value *out);
MUST_USE bool number_exp(struct value a, struct value *out);
bool number_is_integer(struct value a);
/* Plain digits with the zeros that the number carries, as string() gives them ("1.10", "12300"); exponent form
 * ("1e+90") only where more than 64 digits would be needed. Returns the length. */
#define NUMBER_TEXT_MAX 96
size_t number_write(struct value a, char out[NUMBER_TEXT_MAX]);
/* The same without trailing zeros behind the point, so that equal numbers give equal texts; what JSON uses. */
size_t number_write_shortest(struct value a, char out[NUMBER_TEXT_MAX]);
int number_compare(struct value a, struct value b);
struct value number_negate(struct value a);
struct value value_double(double d); /* exact shortest round-trip decimal text of d; null if not finite */

/* ---- Dates and times: temporal.c ---- */
/* All *_parse take the ISO 8601 text of FEEL literals, exactly as the DMN specification allows it; false otherwise. */
MUST_USE bool date_parse(struct str text, struct value *out);
MUST_USE bool time_parse(struct str text, struct value *out);
MUST_USE bool date_time_parse(struct str text, struct value *out); /* also a plain date: midnight */
MUST_USE bool duration_parse(struct str text, struct value *out);  /* either kind of duration */
MUST_USE bool temporal_parse(struct str text, struct value *out);  /* what @"…" accepts */
MUST_USE bool date_make(int64_t year, int64_t month, int64_t day, struct value *out);
MUST_USE bool time_make(int64_t hour, int64_t minute, int64_t second, int32_t nanos, struct value zone_like,
                        struct value *out);
struct civil {
    int64_t year;
    int month, day;           /* 1…12, 1…31 */
    int hour, minute, second; /* 0 for dates */
};
struct civil temporal_civil(struct value v);
int64_t days_from_civil(int64_t year, int month, int day); /* days since 1970-01-01 */
int weekday_of(int64_t days_since_epoch);                  /* 1 Monday … 7 Sunday */
/* An instant as FEEL date-time in a named zone ("Asia/Shanghai"), and back (zoneless is read as Asia/Shanghai). */
struct value date_time_from_ms(int64_t ms, const char *zone);
MUST_USE bool date_time_to_ms(struct value v, int64_t *out);
/* a + b and a - b for every temporal combination of the specification; false when undefined. */
MUST_USE bool temporal_add(struct value a, struct value b, struct value *out);
MUST_USE bool temporal_subtract(struct value a, struct value b, struct value *out);
struct value value_years_months(int64_t months);
struct value value_days_time(int64_t seconds, int32_t nanos); /* both of the same sign */
/* What remains of a date-time (or a time or date): a date gives midnight UTC as its time. False for other kinds. */
MUST_USE bool date_of(struct value v, struct value *out);
MUST_USE bool time_of(struct value v, struct value *out);
/* date: a date or a date-time, whose day is taken; time: with its zone. FEEL's date and time(date, time). */
MUST_USE bool date_time_make(struct value date, struct value time, struct value *out);
/* The same instant on the clock of another zone; zoneless values are read as standing in it. False: no such zone. */
MUST_USE bool date_time_in_zone(struct value v, struct str zone, struct value *out);
/* years and months duration(from, to): whole months between dates or date-times, negative when to lies before. */
MUST_USE bool years_months_between(struct value from, struct value to, struct value *out);
/* Either kind of duration by a number; months are cut towards zero. False when it overflows or the divisor is 0. */
MUST_USE bool duration_multiply(struct value duration, struct value number, struct value *out);
MUST_USE bool duration_divide(struct value duration, struct value number, struct value *out);
/* Two durations of the same kind divided: a number. */
MUST_USE bool duration_ratio(struct value a, struct value b, struct value *out);
struct value duration_negate(struct value duration);
/* Seconds with their fraction as a number, for a days and time duration or the time of day. */
struct value seconds_number(int64_t seconds, int32_t nanos);
/* Week of the year by ISO 8601, 1…53. */
int iso_week_of(int64_t days_since_epoch);
/* FEEL's string form: "2026-07-01", "10:30:00@Europe/Paris", "P1Y2M", "P3DT4H". */
struct str temporal_text(struct arena *arena, struct value v);
/* The same without memory; returns the length. */
#define TEMPORAL_TEXT_MAX 160
size_t temporal_write(struct value v, char out[TEMPORAL_TEXT_MAX]);

/* Nesting beyond this is cut off by everything that walks a whole value (comparing, copying, writing), so that no value
 * can exhaust the stack. */
#define VALUE_DEPTH_MAX 1000

/* FEEL's string(): strings stay, contexts and lists in FEEL notation, numbers plain. */
struct str value_to_text(struct arena *arena, struct value v);
