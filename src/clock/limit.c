/* Computes due instants. Day limits walk from suspension to suspension: what fits before it is used up, the rest goes
 * on behind it. Hour limits do the same with instants. No loop runs over single days. */
#include "clock/limit.h"

#include "clock/instant.h"
#include "clock/internal.h"

#include <stdlib.h>

const struct limit_rules limit_rules_default = {
    .open_minute = 8 * 60 + 30,
    .close_minute = 17 * 60 + 30,
    .break_minute = 12 * 60,
    .resume_minute = 13 * 60,
    .intake = LIMIT_INTAKE_NEXT_WORKING_DAY,
    .amber_percent = 50,
    .amber_days = 1,
};

#define HOUR_MS (60 * CLOCK_MINUTE_MS)

const struct limit_rules *limit_rules_of(const struct limit *self)
{
    return self->rules ? self->rules : &limit_rules_default;
}

bool limit_is_hours(enum limit_unit unit)
{
    return unit == LIMIT_HOURS || unit == LIMIT_WORKING_HOURS;
}

/* ---- Receipt ---- */

static int32_t next_working_day(const struct calendar *calendar, int32_t day)
{
    return calendar_add_working_days(calendar, day, 1, NULL);
}

int32_t limit_received_day(const struct calendar *calendar, const struct limit_rules *rules, int64_t arrived_ms)
{
    if (!rules)
        rules = &limit_rules_default;
    int32_t day = instant_day(arrived_ms);
    if (rules->intake == LIMIT_INTAKE_AS_SENT)
        return day;
    bool closed_for_today = instant_time_of_day(arrived_ms) > rules->close_minute * CLOCK_MINUTE_MS;
    if (!calendar_is_working_day(calendar, day) || closed_for_today)
        return next_working_day(calendar, day);
    return day;
}

int32_t limit_start_day(const struct limit *self)
{
    if (self->start_is_intake)
        return limit_received_day(self->calendar, self->rules, self->start_ms);
    return instant_day(self->start_ms);
}

/* The last instant of a day that is still in time. */
static int64_t end_of_day(const struct limit_rules *rules, int32_t day)
{
    if (rules->ends_at_close)
        return day_start(day) + rules->close_minute * CLOCK_MINUTE_MS;
    return day_start(day) + CLOCK_DAY_MS - 1;
}

struct limit_deemed limit_deemed(const struct calendar *calendar, const struct limit_rules *rules, int64_t arrived_ms,
                                 int days)
{
    CHECK(days >= 0);
    if (!rules)
        rules = &limit_rules_default;
    struct limit_deemed out = {.received_day = limit_received_day(calendar, rules, arrived_ms)};
    out.last_day = calendar_add_working_days(calendar, out.received_day, days, &out.provisional);
    out.due_ms = end_of_day(rules, out.last_day);
    return out;
}

/* ---- Suspensions in order ---- */

static int compare_spans(const void *a, const void *b)
{
    const struct span_ms *x = a;
    const struct span_ms *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

struct limit_spans limit_spans(const struct limit *self, bool use_plan)
{
    struct limit_spans out = {0};
    for (size_t i = 0; i < self->suspension_count && out.count < LIMIT_SUSPENSIONS_MAX; i++) {
        struct limit_suspension s = self->suspensions[i];
        int64_t to = s.to_ms == LIMIT_NEVER && use_plan ? s.planned_ms : s.to_ms;
        int64_t from = s.from_ms < self->start_ms ? self->start_ms : s.from_ms;
        if (to >= from)
            out.spans[out.count++] = (struct span_ms){from, to};
    }
    qsort(out.spans, out.count, sizeof(out.spans[0]), compare_spans);
    size_t kept = 0;
    for (size_t i = 0; i < out.count; i++) {
        if (kept && out.spans[i].from <= out.spans[kept - 1].to) {
            if (out.spans[i].to > out.spans[kept - 1].to)
                out.spans[kept - 1].to = out.spans[i].to;
        } else {
            out.spans[kept++] = out.spans[i];
        }
    }
    out.count = kept;
    return out;
}

struct span_day span_days(struct span_ms span)
{
    return (struct span_day){instant_day(span.from), span.to == LIMIT_NEVER ? INT32_MAX : instant_day(span.to)};
}

/* ---- Days ---- */

int64_t limit_days_between(const struct limit *self, int32_t from, int32_t to)
{
    if (self->unit == LIMIT_NATURAL_DAYS || self->unit == LIMIT_MONTHS)
        return (int64_t)to - from;
    return calendar_working_days_between(self->calendar, from, to, NULL);
}

static int32_t add_days(const struct limit *self, int32_t day, int64_t n)
{
    if (self->unit == LIMIT_WORKING_DAYS)
        return calendar_add_working_days(self->calendar, day, n, NULL);
    int64_t sum = day + n;
    return sum > INT32_MAX ? INT32_MAX : (int32_t)sum;
}

/* The n-th counted day after start, suspended days left out; INT32_MAX if a suspension without end comes before it. */
static int32_t nth_day(const struct limit *self, const struct limit_spans *spans, int32_t start, int64_t n)
{
    int32_t cursor = start;
    for (size_t i = 0; i < spans->count && n > 0; i++) {
        struct span_day span = span_days(spans->spans[i]);
        if (span.to <= cursor)
            continue;
        if (span.from > cursor) {
            int64_t before = limit_days_between(self, cursor, span.from - 1);
            if (n <= before)
                break;
            n -= before;
        }
        if (span.to == INT32_MAX)
            return INT32_MAX;
        cursor = span.to;
    }
    return n > 0 ? add_days(self, cursor, n) : cursor;
}

/* Counted days in (start, day], suspended days left out. */
static int64_t counted_days(const struct limit *self, const struct limit_spans *spans, int32_t start, int32_t day)
{
    if (day <= start)
        return 0;
    int64_t days = limit_days_between(self, start, day);
    int32_t cursor = start;
    for (size_t i = 0; i < spans->count; i++) {
        struct span_day span = span_days(spans->spans[i]);
        int32_t from = span.from > cursor ? span.from - 1 : cursor;
        int32_t to = span.to < day ? span.to : day;
        if (to <= from)
            continue;
        days -= limit_days_between(self, from, to);
        cursor = to;
    }
    return days;
}

/* The limit as a number of counted days: months become the days to the corresponding date. */
static int64_t days_in_limit(const struct limit *self, int32_t start)
{
    int64_t amount = self->amount + self->extension.amount;
    if (self->unit != LIMIT_MONTHS)
        return amount;
    struct clock_date date = day_date(start);
    int64_t months = date.year * 12 + date.month - 1 + amount;
    int64_t year = months / 12 - (months % 12 < 0);
    int month = (int)(months - year * 12) + 1;
    int last = days_in_month(year, month);
    return day_of_date(year, month, date.day < last ? date.day : last) - start;
}

static int64_t opening(const struct limit *self, int32_t day)
{
    if (day == INT32_MAX)
        return LIMIT_NEVER;
    int64_t opens = day_start(day) + limit_rules_of(self)->open_minute * CLOCK_MINUTE_MS;
    return opens > self->start_ms ? opens : self->start_ms;
}

/* The counted day on which the limit turns amber. */
static int32_t amber_day(const struct limit *self, const struct limit_spans *spans, const struct limit_due *due)
{
    const struct limit_rules *rules = limit_rules_of(self);
    int64_t left = due->total * rules->amber_percent / 100;
    if (left < rules->amber_days)
        left = rules->amber_days;
    return left >= due->total ? due->start_day : nth_day(self, spans, due->start_day, due->total - left);
}

/* The first working day after day that no suspension covers; INT32_MAX if one without end does. */
static int32_t moved_on(const struct limit *self, const struct limit_spans *spans, int32_t day)
{
    int32_t moved = next_working_day(self->calendar, day);
    for (size_t i = 0; i < spans->count; i++) {
        struct span_day span = span_days(spans->spans[i]);
        if (moved < span.from || moved > span.to)
            continue;
        if (span.to == INT32_MAX)
            return INT32_MAX;
        moved = next_working_day(self->calendar, span.to);
    }
    return moved;
}

static void compute_days(const struct limit *self, struct limit_due *due)
{
    const struct limit_rules *rules = limit_rules_of(self);
    struct limit_spans spans = limit_spans(self, true);
    due->total = days_in_limit(self, due->start_day);
    int32_t last = nth_day(self, &spans, due->start_day, due->total);
    due->amber_ms = opening(self, amber_day(self, &spans, due));
    bool may_move = self->unit != LIMIT_WORKING_DAYS && !rules->rest_day_counts && due->total > 0 && last != INT32_MAX;
    if (may_move && !calendar_is_working_day(self->calendar, last)) {
        int32_t moved = moved_on(self, &spans, last);
        due->rolled = moved == INT32_MAX ? 0 : counted_days(self, &spans, last, moved);
        last = moved;
    }
    if (last == INT32_MAX)
        return;
    due->due_day = last;
    due->suspended = limit_days_between(self, due->start_day, last) - due->total - due->rolled;
    due->due_ms = end_of_day(rules, last);
    if (due->due_ms < self->start_ms)
        due->due_ms = day_start(last) + CLOCK_DAY_MS - 1;
    due->orange_ms = opening(self, last);
    due->red_ms = due->due_ms + 1;
}

/* ---- Hours ---- */

static int64_t office_day_ms(const struct limit_rules *rules)
{
    return (int64_t)(rules->close_minute - rules->open_minute - (rules->resume_minute - rules->break_minute)) *
           CLOCK_MINUTE_MS;
}

/* Office time of a working day that has passed at a time of day. */
static int64_t office_passed(const struct limit_rules *rules, int64_t time_of_day)
{
    int64_t parts[2][2] = {{rules->open_minute, rules->break_minute}, {rules->resume_minute, rules->close_minute}};
    int64_t passed = 0;
    for (int i = 0; i < 2; i++) {
        int64_t from = parts[i][0] * CLOCK_MINUTE_MS;
        int64_t to = parts[i][1] * CLOCK_MINUTE_MS;
        if (time_of_day > from)
            passed += (time_of_day < to ? time_of_day : to) - from;
    }
    return passed;
}

/* The time of day at which that much office time has passed (0 < passed <= office day). */
static int64_t office_time(const struct limit_rules *rules, int64_t passed)
{
    int64_t morning = (int64_t)(rules->break_minute - rules->open_minute) * CLOCK_MINUTE_MS;
    if (passed <= morning)
        return rules->open_minute * CLOCK_MINUTE_MS + passed;
    return rules->resume_minute * CLOCK_MINUTE_MS + passed - morning;
}

/* Counted milliseconds in [from, to]. */
static int64_t hours_between(const struct limit *self, int64_t from, int64_t to)
{
    if (self->unit == LIMIT_HOURS)
        return to - from;
    const struct limit_rules *rules = limit_rules_of(self);
    int32_t first = instant_day(from);
    int32_t last = instant_day(to);
    int64_t ms = calendar_working_days_between(self->calendar, first - 1, last - 1, NULL) * office_day_ms(rules);
    if (calendar_is_working_day(self->calendar, first))
        ms -= office_passed(rules, instant_time_of_day(from));
    if (calendar_is_working_day(self->calendar, last))
        ms += office_passed(rules, instant_time_of_day(to));
    return ms;
}

/* The instant at which ms (> 0) have been counted since from. */
static int64_t add_hours(const struct limit *self, int64_t from, int64_t ms)
{
    if (self->unit == LIMIT_HOURS)
        return from + ms;
    const struct limit_rules *rules = limit_rules_of(self);
    int64_t day_ms = office_day_ms(rules);
    int32_t day = instant_day(from);
    int64_t wanted = ms;
    if (calendar_is_working_day(self->calendar, day)) {
        wanted += office_passed(rules, instant_time_of_day(from));
        if (wanted <= day_ms)
            return day_start(day) + office_time(rules, wanted);
        wanted -= day_ms;
    }
    int64_t whole_days = (wanted - 1) / day_ms;
    day = calendar_add_working_days(self->calendar, day, whole_days + 1, NULL);
    return day_start(day) + office_time(rules, wanted - whole_days * day_ms);
}

static int64_t nth_ms(const struct limit *self, const struct limit_spans *spans, int64_t ms)
{
    int64_t cursor = self->start_ms;
    for (size_t i = 0; i < spans->count; i++) {
        struct span_ms span = spans->spans[i];
        int64_t before = hours_between(self, cursor, span.from);
        if (ms <= before)
            break;
        if (span.to == LIMIT_NEVER)
            return LIMIT_NEVER;
        ms -= before;
        cursor = span.to;
    }
    return ms > 0 ? add_hours(self, cursor, ms) : cursor;
}

static int64_t counted_ms(const struct limit *self, const struct limit_spans *spans, int64_t now_ms)
{
    if (now_ms <= self->start_ms)
        return 0;
    int64_t ms = hours_between(self, self->start_ms, now_ms);
    for (size_t i = 0; i < spans->count && spans->spans[i].from < now_ms; i++) {
        int64_t to = spans->spans[i].to < now_ms ? spans->spans[i].to : now_ms;
        ms -= hours_between(self, spans->spans[i].from, to);
    }
    return ms;
}

static void compute_hours(const struct limit *self, struct limit_due *due)
{
    struct limit_spans spans = limit_spans(self, true);
    due->total = self->amount + self->extension.amount;
    int64_t ms = due->total * HOUR_MS;
    int64_t share = 100 - limit_rules_of(self)->amber_percent;
    due->amber_ms = nth_ms(self, &spans, ms * share / 100);
    due->orange_ms = nth_ms(self, &spans, ms * 9 / 10);
    due->due_ms = nth_ms(self, &spans, ms);
    if (due->due_ms == LIMIT_NEVER)
        return;
    due->due_day = instant_day(due->due_ms);
    due->red_ms = due->due_ms + 1;
    due->suspended = (hours_between(self, self->start_ms, due->due_ms) - ms) / HOUR_MS;
}

/* ---- The whole ---- */

/* Far enough from the ends of int64 that sums cannot overflow; the range of ECMAScript's dates. */
static bool is_instant(int64_t ms)
{
    return ms >= -INT64_C(8640000000000000) && ms <= INT64_C(8640000000000000);
}

static enum status check_instants(const struct limit *self, struct error *err)
{
    bool good = is_instant(self->start_ms);
    for (size_t i = 0; i < self->suspension_count; i++) {
        const struct limit_suspension *s = &self->suspensions[i];
        good = good && is_instant(s->from_ms) && (s->to_ms == LIMIT_NEVER || is_instant(s->to_ms)) &&
               (s->to_ms != LIMIT_NEVER || s->planned_ms == LIMIT_NEVER || is_instant(s->planned_ms));
    }
    if (good)
        return OK;
    error_set(err, ERROR_INVALID, "limit-invalid", "An instant of this limit lies beyond the year 275760.");
    return error_field(err, "start");
}

static enum status check_amounts(const struct limit *self, struct error *err)
{
    if (self->amount < 0 || self->amount > LIMIT_AMOUNT_MAX) {
        error_set(err, ERROR_INVALID, "limit-invalid", "A limit must lie between 0 and %d; this one is %" PRId64 ".",
                  LIMIT_AMOUNT_MAX, self->amount);
        return error_field(err, "amount");
    }
    if (self->extension.amount < 0 || self->extension.amount > self->extension_max ||
        self->extension.amount > LIMIT_AMOUNT_MAX) {
        error_set(err, ERROR_INVALID, "limit-invalid",
                  "An extension must lie between 0 and %" PRId64 ", the most that the law allows; this one is %" PRId64
                  ".",
                  self->extension_max, self->extension.amount);
        return error_field(err, "extension");
    }
    if (self->suspension_count > LIMIT_SUSPENSIONS_MAX) {
        error_set(err, ERROR_INVALID, "limit-invalid", "A limit can be suspended at most %d times.",
                  LIMIT_SUSPENSIONS_MAX);
        return error_field(err, "suspensions");
    }
    return OK;
}

static bool has_open_suspension(const struct limit *self)
{
    for (size_t i = 0; i < self->suspension_count; i++)
        if (self->suspensions[i].to_ms == LIMIT_NEVER)
            return true;
    return false;
}

enum status limit_compute(const struct limit *self, struct limit_due *out, struct error *err)
{
    CHECK(self->calendar);
    if (check_amounts(self, err) != OK || check_instants(self, err) != OK)
        return FAILED;
    struct limit_due due = {
        .start_day = limit_start_day(self),
        .due_day = INT32_MAX,
        .due_ms = LIMIT_NEVER,
        .amber_ms = LIMIT_NEVER,
        .orange_ms = LIMIT_NEVER,
        .red_ms = LIMIT_NEVER,
        .open = has_open_suspension(self),
    };
    if (limit_is_hours(self->unit))
        compute_hours(self, &due);
    else
        compute_days(self, &due);
    if (self->unit != LIMIT_HOURS && due.due_day != INT32_MAX)
        calendar_working_days_between(self->calendar, due.start_day, due.due_day, &due.provisional);
    due.provisional |= due.open;
    *out = due;
    return OK;
}

int64_t limit_used(const struct limit *self, int64_t now_ms)
{
    struct limit_spans spans = limit_spans(self, false);
    if (limit_is_hours(self->unit))
        return (counted_ms(self, &spans, now_ms) + HOUR_MS - 1) / HOUR_MS;
    return counted_days(self, &spans, limit_start_day(self), instant_day(now_ms));
}

int64_t limit_remaining(const struct limit *self, const struct limit_due *due, int64_t now_ms)
{
    return due->total + due->rolled - limit_used(self, now_ms);
}

static const struct limit_suspension *suspension_at(const struct limit *self, int64_t now_ms)
{
    for (size_t i = 0; i < self->suspension_count; i++)
        if (self->suspensions[i].from_ms <= now_ms && now_ms < self->suspensions[i].to_ms)
            return &self->suspensions[i];
    return NULL;
}

enum limit_light limit_light(const struct limit *self, const struct limit_due *due, int64_t now_ms)
{
    const struct limit_suspension *suspension = suspension_at(self, now_ms);
    if (suspension)
        return suspension->from_ms >= due->red_ms ? LIMIT_RED : LIMIT_GREEN;
    if (now_ms >= due->red_ms)
        return LIMIT_RED;
    if (limit_is_hours(self->unit))
        return now_ms >= due->orange_ms ? LIMIT_ORANGE : now_ms >= due->amber_ms ? LIMIT_AMBER : LIMIT_GREEN;
    int32_t today = instant_day(now_ms);
    if (due->due_day != INT32_MAX && today >= due->due_day)
        return LIMIT_ORANGE;
    return due->amber_ms != LIMIT_NEVER && today >= instant_day(due->amber_ms) ? LIMIT_AMBER : LIMIT_GREEN;
}
