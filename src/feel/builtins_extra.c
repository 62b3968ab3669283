/* Built-ins beyond DMN: those that Camunda's modellers know, and the working calendar and national numbers of China. */
#include "clock/calendar.h"
#include "feel/builtins.h"
#include "feel/china.h"
#include "feel/json.h"

#include <string.h>

/* ---- Camunda ---- */

static struct value call_get_or_else(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    (void)frame;
    return value_is_null(a[0]) ? a[1] : a[0];
}

static struct value call_assert(const struct value *a, size_t count, struct frame *frame)
{
    if (value_is_true(a[1]))
        return a[0];
    if (count > 2 && a[2].kind == VALUE_STRING)
        return note_null(frame, "%.*s", STR_ARGS(a[2].string));
    return note_null(frame, "assert(): the condition is not fulfilled");
}

/* 10^34 values between 0 and 1 would be asked for; 2^53 are told apart. */
static struct value call_random_number(const struct value *a, size_t count, struct frame *frame)
{
    (void)a;
    (void)count;
    struct feel_run *run = frame->run;
    if (!run->random)
        return note_null(frame, "random number(): no source of chance is at hand");
    return value_double((double)(run->random(run->random_state) >> 11) * 0x1p-53);
}

static struct value call_uuid(const struct value *a, size_t count, struct frame *frame)
{
    (void)a;
    (void)count;
    struct feel_run *run = frame->run;
    if (!run->random)
        return note_null(frame, "uuid(): no source of chance is at hand");
    uint64_t high = (run->random(run->random_state) & ~UINT64_C(0xF000)) | 0x4000;
    uint64_t low = (run->random(run->random_state) & ~(UINT64_C(3) << 62)) | UINT64_C(1) << 63;
    return value_string(arena_printf(run->arena, "%08x-%04x-%04x-%04x-%012" PRIx64, (unsigned)(high >> 32),
                                     (unsigned)(high >> 16 & 0xFFFF), (unsigned)(high & 0xFFFF), (unsigned)(low >> 48),
                                     low & UINT64_C(0xFFFFFFFFFFFF)));
}

static struct value call_trim(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    (void)frame;
    return value_string(str_trim(a[0].string));
}

static struct value call_is_blank(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    (void)frame;
    return value_boolean(skip_blank((struct str){a[0].string.data, a[0].string.len}, 0) == a[0].string.len &&
                         !memchr(a[0].string.data ? a[0].string.data : "", '/', a[0].string.len));
}

static struct value call_to_base64(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    return value_string(base64_encode(frame->run->arena, a[0].string.data, a[0].string.len));
}

static struct value call_from_base64(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct str out;
    if (!base64_decode(frame->run->arena, a[0].string, &out) || !utf8_valid(out))
        return note_null(frame, "from base64(): the text is not Base64 of a text");
    return value_string(out);
}

static struct value call_from_json(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct value out;
    struct error err = ERROR_INIT;
    if (json_parse(frame->run->arena, a[0].string, NULL, &out, &err) != OK)
        return note_null(frame, "from json(): %s", err.message);
    return out;
}

static struct value call_to_json(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    return value_string(json_text(frame->run->arena, a[0]));
}

static struct value call_from_ai(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    (void)frame;
    return a[0];
}

static struct value call_is_defined(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    (void)frame;
    return value_boolean(!value_is_null(a[0]));
}

/* ---- Working days ---- */

#define WORKING_DAYS_MAX 100000
/* About the years 1800 to 2300: nobody announces working days beyond. */
#define CALENDAR_DAYS_MAX 120000

static bool calendar_day(struct value date, struct frame *frame, int32_t *out)
{
    int64_t day = date.temporal.seconds / 86400 - (date.temporal.seconds % 86400 < 0);
    if (!frame->run->calendar) {
        note_null(frame, "No working calendar is at hand");
        return false;
    }
    if (day < -CALENDAR_DAYS_MAX || day > CALENDAR_DAYS_MAX) {
        note_null(frame, "The working calendar does not reach that day");
        return false;
    }
    *out = (int32_t)day;
    return true;
}

static struct value date_of_day(int32_t day)
{
    struct value v = {.kind = VALUE_DATE};
    v.temporal.seconds = (int64_t)day * 86400;
    return v;
}

static struct value call_add_working_days(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    int32_t day = 0;
    int64_t n = 0;
    if (!calendar_day(a[0], frame, &day))
        return value_null;
    if (!value_to_int64(a[1], &n) || n > WORKING_DAYS_MAX || n < -WORKING_DAYS_MAX)
        return note_null(frame, "add working days(): the number of days must be whole and at most %d",
                         WORKING_DAYS_MAX);
    if (!run_spend(frame->run, (uint64_t)(n < 0 ? -n : n)))
        return value_null;
    return date_of_day(calendar_add_working_days(frame->run->calendar, day, n, NULL));
}

static struct value call_working_days_between(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    int32_t from = 0;
    int32_t to = 0;
    if (!calendar_day(a[0], frame, &from) || !calendar_day(a[1], frame, &to))
        return value_null;
    if (!run_spend(frame->run, (uint64_t)(from < to ? to - from : from - to) / 4))
        return value_null;
    return value_int(calendar_working_days_between(frame->run->calendar, from, to, NULL));
}

static struct value call_is_working_day(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    int32_t day = 0;
    if (!calendar_day(a[0], frame, &day))
        return value_null;
    return value_boolean(calendar_is_working_day(frame->run->calendar, day));
}

/* Full years on the day; one who was born on 29 February is a year older on 1 March of other years. */
static struct value call_age(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct civil birth = temporal_civil(a[0]);
    struct civil day = temporal_civil(a[1]);
    int64_t years =
        day.year - birth.year - (day.month < birth.month || (day.month == birth.month && day.day < birth.day));
    return years >= 0 ? value_int(years) : note_null(frame, "age(): the day lies before the birth");
}

static struct value call_is_valid_id_number(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    (void)frame;
    return value_boolean(china_id_valid(a[0].string));
}

static struct value call_is_valid_uscc(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    (void)frame;
    return value_boolean(china_uscc_valid(a[0].string));
}

#define TEXT(text, call, result)                                                                                       \
    {                                                                                                                  \
        text, call, 0, result, ONE("string", TAKE_STRING)                                                              \
    }

const struct builtin builtins_extra[] = {
    {"is defined", call_is_defined, BUILTIN_LAZY, FEEL_TYPE_BOOLEAN, ONE("value", TAKE_ANY)},
    {"get or else", call_get_or_else, 0, FEEL_TYPE_ANY, {P("value", TAKE_ANY), P("default", TAKE_ANY)}},
    {"assert",
     call_assert,
     0,
     FEEL_TYPE_ANY,
     {P("value", TAKE_ANY), P("condition", TAKE_ANY), P("cause", TAKE_STRING | TAKE_OPTIONAL)}},
    {"random number", call_random_number, BUILTIN_IMPURE, FEEL_TYPE_NUMBER, {{0}}},
    {"uuid", call_uuid, BUILTIN_IMPURE, FEEL_TYPE_STRING, {{0}}},
    TEXT("trim", call_trim, FEEL_TYPE_STRING),
    TEXT("is blank", call_is_blank, FEEL_TYPE_BOOLEAN),
    {"to base64", call_to_base64, 0, FEEL_TYPE_STRING, ONE("value", TAKE_STRING)},
    {"from base64", call_from_base64, 0, FEEL_TYPE_STRING, ONE("value", TAKE_STRING)},
    {"from json", call_from_json, 0, FEEL_TYPE_ANY, ONE("value", TAKE_STRING)},
    {"to json", call_to_json, 0, FEEL_TYPE_STRING, ONE("value", TAKE_ANY)},
    {"fromAi",
     call_from_ai,
     0,
     FEEL_TYPE_ANY,
     {P("value", TAKE_ANY), P("description", TAKE_STRING | TAKE_OPTIONAL), P("type", TAKE_STRING | TAKE_OPTIONAL),
      P("schema", TAKE_CONTEXT | TAKE_OPTIONAL), P("options", TAKE_CONTEXT | TAKE_OPTIONAL)}},
    {"add working days",
     call_add_working_days,
     BUILTIN_IMPURE,
     FEEL_TYPE_DATE,
     {P("date", TAKE_DATE), P("n", TAKE_NUMBER)}},
    {"working days between",
     call_working_days_between,
     BUILTIN_IMPURE,
     FEEL_TYPE_NUMBER,
     {P("from", TAKE_DATE), P("to", TAKE_DATE)}},
    {"is working day", call_is_working_day, BUILTIN_IMPURE, FEEL_TYPE_BOOLEAN, ONE("date", TAKE_DATE)},
    {"age", call_age, 0, FEEL_TYPE_NUMBER, {P("birth date", TAKE_DATE), P("on date", TAKE_DATE)}},
    {"is valid id number", call_is_valid_id_number, 0, FEEL_TYPE_BOOLEAN, ONE("text", TAKE_STRING)},
    {"is valid uscc", call_is_valid_uscc, 0, FEEL_TYPE_BOOLEAN, ONE("text", TAKE_STRING)},
    {0},
};
