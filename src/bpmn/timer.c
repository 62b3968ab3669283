/* When timers are due: ISO 8601 dates, durations and repeating intervals, working-day durations (P5WD) and cron. */
#include "bpmn/internal.h"

#include "clock/calendar.h"
#include "clock/instant.h"

#define ZONE "Asia/Shanghai"
/* Ten thousand years: whatever lies beyond is a mistake, and sums of instants stay far from overflow. */
#define FAR_MS ((int64_t)10000 * 366 * CLOCK_DAY_MS)
#define CRON_DAYS_MAX (366 * 8)

bool bpmn_timer_instant(struct value value, int64_t *out)
{
    if (value.kind == VALUE_DATE_TIME)
        return date_time_to_ms(value, out);
    if (value.kind == VALUE_DATE) {
        int32_t day = (int32_t)(value.temporal.seconds / 86400);
        if (value.temporal.seconds / 86400 != day)
            return false;
        *out = day_start(day);
        return true;
    }
    struct value parsed;
    return value.kind == VALUE_STRING && date_time_parse(str_trim(value.string), &parsed) &&
           date_time_to_ms(parsed, out);
}

/* "P5WD": working days. The period ends when its last day ends, at 24:00. */
static bool working_days(struct str text, int64_t *out)
{
    if (!str_starts(text, STR("P")) || !str_ends(text, STR("WD")) || text.len < 4)
        return false;
    return str_to_int64(str_part(text, 1, text.len - 2), out) && *out >= 0 && *out <= 100000;
}

static bool add_working_days(const struct bpmn_env *env, int64_t from_ms, int64_t days, int64_t *out,
                             struct str *reason)
{
    if (!env->feel.calendar) {
        *reason = STR("there is no working calendar");
        return false;
    }
    int32_t day = calendar_add_working_days(env->feel.calendar, instant_day(from_ms), days, NULL);
    *out = day_start(day + 1);
    return true;
}

static bool add_duration(struct value duration, int64_t from_ms, int64_t *out)
{
    if (duration.kind == VALUE_DAYS_TIME) {
        if (duration.span.seconds > FAR_MS / 1000 || duration.span.seconds < -FAR_MS / 1000)
            return false;
        *out = from_ms + duration.span.seconds * 1000 + duration.span.nanos / 1000000;
        return true;
    }
    struct value sum;
    return duration.kind == VALUE_YEARS_MONTHS && duration.months < 120000 && duration.months > -120000 &&
           temporal_add(date_time_from_ms(from_ms, ZONE), duration, &sum) && date_time_to_ms(sum, out);
}

static bool add_text(struct str text, int64_t from_ms, const struct bpmn_env *env, int64_t *out, struct str *reason)
{
    int64_t days;
    struct value duration;
    if (working_days(text, &days))
        return add_working_days(env, from_ms, days, out, reason);
    if (duration_parse(text, &duration) && add_duration(duration, from_ms, out))
        return true;
    *reason = STR("it is no ISO 8601 duration (P3D, PT4H) and no working-day duration (P5WD)");
    return false;
}

/* ---- Cron: second minute hour day-of-month month day-of-week, as Spring writes it ---- */

struct cron {
    uint64_t seconds, minutes, hours, days, months, weekdays;
};

static const char *const month_names[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                          "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
static const char *const day_names[] = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

static bool cron_number(struct str text, const char *const *names, size_t name_count, int64_t first, int64_t *out)
{
    for (size_t i = 0; i < name_count; i++)
        if (str_equal_nocase_ascii(text, str_of(names[i]))) {
            *out = (int64_t)i + first;
            return true;
        }
    return str_to_int64(text, out);
}

struct cron_field {
    int64_t low, high;
    const char *const *names;
    size_t name_count;
};

/* One comma-separated part: "*", "5", "1-5", each with an optional step "/2". */
static bool cron_part(struct str part, const struct cron_field *field, uint64_t *bits)
{
    struct str rest = part;
    struct str span = str_cut(&rest, '/');
    int64_t step = 1;
    if (rest.data && (!str_to_int64(rest, &step) || step < 1))
        return false;
    int64_t from = field->low;
    int64_t to = field->high;
    if (!str_equal(span, STR("*")) && !str_equal(span, STR("?"))) {
        struct str end = span;
        struct str start = str_cut(&end, '-');
        if (!cron_number(start, field->names, field->name_count, field->low, &from))
            return false;
        to = rest.data ? field->high : from;
        if (end.data && !cron_number(end, field->names, field->name_count, field->low, &to))
            return false;
    }
    if (from < field->low || to > field->high || from > to)
        return false;
    for (int64_t i = from; i <= to; i += step)
        *bits |= (uint64_t)1 << i;
    return true;
}

static bool cron_field(struct str text, const struct cron_field *field, uint64_t *bits)
{
    *bits = 0;
    while (text.data) {
        if (!cron_part(str_cut(&text, ','), field, bits))
            return false;
    }
    return *bits != 0;
}

static bool cron_parse(struct str text, struct cron *out)
{
    static const struct {
        const char *name, *text;
    } macros[] = {{"@yearly", "0 0 0 1 1 *"}, {"@annually", "0 0 0 1 1 *"}, {"@monthly", "0 0 0 1 * *"},
                  {"@weekly", "0 0 0 * * 0"}, {"@daily", "0 0 0 * * *"},    {"@midnight", "0 0 0 * * *"},
                  {"@hourly", "0 0 * * * *"}};
    for (size_t i = 0; i < COUNT_OF(macros); i++)
        if (str_equal(text, str_of(macros[i].name)))
            text = str_of(macros[i].text);
    const struct cron_field fields[] = {
        {0, 59, NULL, 0}, {0, 59, NULL, 0},         {0, 23, NULL, 0},
        {1, 31, NULL, 0}, {1, 12, month_names, 12}, {0, 7, day_names, 7},
    };
    uint64_t *bits[] = {&out->seconds, &out->minutes, &out->hours, &out->days, &out->months, &out->weekdays};
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        text = str_trim(text.data ? text : STR(""));
        struct str word = str_cut(&text, ' ');
        if (word.len == 0 || !cron_field(word, &fields[i], bits[i]))
            return false;
    }
    if (out->weekdays & 0x80) /* 7 is Sunday too */
        out->weekdays |= 1;
    return !text.data || str_trim(text).len == 0;
}

static bool cron_day(const struct cron *cron, int32_t day)
{
    struct clock_date date = day_date(day);
    return (cron->months >> date.month & 1) && (cron->days >> date.day & 1) &&
           (cron->weekdays >> (day_weekday(day) % 7) & 1);
}

/* The first second of the day at or after from that fits, or -1. */
static int32_t cron_second(const struct cron *cron, int32_t from)
{
    for (int32_t hour = from / 3600; hour < 24; hour++) {
        if (!(cron->hours >> hour & 1))
            continue;
        int32_t minute = from > hour * 3600 ? from / 60 % 60 : 0;
        for (; minute < 60; minute++) {
            if (!(cron->minutes >> minute & 1))
                continue;
            int32_t start = hour * 3600 + minute * 60;
            for (int32_t second = from > start ? from - start : 0; second < 60; second++)
                if (cron->seconds >> second & 1)
                    return start + second;
        }
    }
    return -1;
}

static bool cron_next(struct str text, int64_t after_ms, int64_t *out)
{
    struct cron cron;
    if (!cron_parse(text, &cron))
        return false;
    int32_t day = instant_day(after_ms);
    int32_t from = (int32_t)(instant_time_of_day(after_ms) / 1000) + 1;
    for (int i = 0; i < CRON_DAYS_MAX; i++, day++, from = 0) {
        int32_t second = from < 86400 && cron_day(&cron, day) ? cron_second(&cron, from) : -1;
        if (second >= 0) {
            *out = day_start(day) + (int64_t)second * 1000;
            return true;
        }
    }
    return false;
}

/* ---- Cycles ---- */

bool bpmn_timer_next(struct str cycle, int64_t after_ms, const struct bpmn_env *env, int64_t *out)
{
    struct str reason;
    if (!str_starts(cycle, STR("P")))
        return cron_next(cycle, after_ms > env->now_ms ? after_ms : env->now_ms, out);
    int64_t next;
    if (!add_text(cycle, after_ms, env, &next, &reason) || next <= after_ms)
        return false;
    if (next <= env->now_ms && (!add_text(cycle, env->now_ms, env, &next, &reason)))
        return false;
    *out = next;
    return true;
}

/* "R5/PT10M", "R/2026-01-01T09:00:00+08:00/P1D", "R/P1WD", or cron. */
static bool first_of_cycle(struct arena *arena, struct str text, const struct bpmn_env *env, struct timer_due *out,
                           struct str *reason)
{
    *reason = STR("it is no ISO 8601 repeating interval (R3/PT10M) and no cron expression");
    out->cycle = arena_str(arena, text);
    out->repeats = -1;
    if (!str_starts(text, STR("R")))
        return cron_next(text, env->now_ms, &out->due_ms);
    struct str rest = text;
    struct str count = str_cut(&rest, '/');
    if (count.len > 1) {
        if (!str_to_int64(str_part(count, 1, count.len), &out->repeats) || out->repeats < 1)
            return false;
        out->repeats--;
    }
    if (!rest.data)
        return false;
    struct str first = str_cut(&rest, '/');
    struct str interval = rest.data ? rest : first;
    out->cycle = arena_str(arena, interval);
    int64_t next;
    if (!str_starts(interval, STR("P")) || !add_text(interval, env->now_ms, env, &next, reason))
        return false;
    if (next <= env->now_ms) {
        *reason = STR("its interval is not positive");
        return false;
    }
    out->due_ms = next;
    int64_t start;
    if (rest.data) {
        if (!bpmn_timer_instant(value_string(first), &start))
            return false;
        int64_t interval_ms = next - env->now_ms;
        if (start < env->now_ms) {
            int64_t missed = (env->now_ms - start + interval_ms - 1) / interval_ms;
            start += missed * interval_ms;
            if (out->repeats > 0)
                out->repeats = out->repeats > missed ? out->repeats - missed : 0;
        }
        out->due_ms = start;
    }
    return true;
}

bool bpmn_timer_first(struct arena *arena, enum timer_kind kind, struct value value, const struct bpmn_env *env,
                      struct timer_due *out, struct str *reason)
{
    *out = (struct timer_due){.cycle = STR("")};
    struct str text = value.kind == VALUE_STRING ? str_trim(value.string) : STR("");
    if (kind == TIMER_CYCLE && value.kind == VALUE_STRING)
        return first_of_cycle(arena, text, env, out, reason);
    if (kind == TIMER_CYCLE) {
        *reason = STR("a timeCycle must give a text");
        return false;
    }
    if (kind == TIMER_DURATION && (value.kind == VALUE_DAYS_TIME || value.kind == VALUE_YEARS_MONTHS)) {
        *reason = STR("the duration is too long");
        return add_duration(value, env->now_ms, &out->due_ms);
    }
    if (bpmn_timer_instant(value, &out->due_ms))
        return true;
    *reason = STR("it gives no date and time");
    return kind == TIMER_DURATION && value.kind == VALUE_STRING &&
           add_text(text, env->now_ms, env, &out->due_ms, reason);
}
