/* Why is this my deadline: the steps of the count as data, and one plain sentence in Chinese and in English. */
#include "clock/instant.h"
#include "clock/internal.h"

#define SPECIAL_STEPS_MAX 64

static const char *const step_names[] = {
    [LIMIT_STEP_RECEIVED] = "received",
    [LIMIT_STEP_START] = "start",
    [LIMIT_STEP_COUNT] = "count",
    [LIMIT_STEP_REST] = "rest",
    [LIMIT_STEP_HOLIDAY] = "holiday",
    [LIMIT_STEP_MAKEUP] = "makeup",
    [LIMIT_STEP_SUSPENSION] = "suspension",
    [LIMIT_STEP_EXTENSION] = "extension",
    [LIMIT_STEP_ROLL] = "roll",
    [LIMIT_STEP_PROVISIONAL] = "provisional",
    [LIMIT_STEP_END] = "end",
};

static const struct {
    const char *zh, *one, *many;
} unit_words[] = {
    [LIMIT_WORKING_DAYS] = {"个工作日", "working day", "working days"},
    [LIMIT_NATURAL_DAYS] = {"个自然日", "calendar day", "calendar days"},
    [LIMIT_MONTHS] = {"个月", "month", "months"},
    [LIMIT_HOURS] = {"小时", "hour", "hours"},
    [LIMIT_WORKING_HOURS] = {"个工作小时", "office hour", "office hours"},
};

static const char *const weekdays_zh[] = {"一", "二", "三", "四", "五", "六", "日"};
static const char *const weekdays_en[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
static const char *const months_en[] = {"January", "February", "March",     "April",   "May",      "June",
                                        "July",    "August",   "September", "October", "November", "December"};

const char *limit_step_name(enum limit_step_kind kind)
{
    return step_names[kind];
}

struct str day_text_zh(struct arena *arena, int32_t day)
{
    struct clock_date date = day_date(day);
    return arena_printf(arena, "%" PRId64 "年%d月%d日(星期%s)", date.year, date.month, date.day,
                        weekdays_zh[day_weekday(day) - 1]);
}

struct str day_text_en(struct arena *arena, int32_t day)
{
    struct clock_date date = day_date(day);
    return arena_printf(arena, "%d %s %" PRId64 " (%s)", date.day, months_en[date.month - 1], date.year,
                        weekdays_en[day_weekday(day) - 1]);
}

/* What one explanation is made from. */
struct telling {
    struct arena *arena;
    const struct limit *limit;
    const struct limit_due *due;
    VECTOR(struct limit_step) steps;
    int64_t rest_days; /* weekend days and days off, suspended ones left out */
    int64_t specials;  /* holiday and make-up steps so far */
    bool has_holiday;
};

static const char *unit_en(const struct telling *self, int64_t n)
{
    return n == 1 ? unit_words[self->limit->unit].one : unit_words[self->limit->unit].many;
}

static const char *unit_zh(const struct telling *self)
{
    return unit_words[self->limit->unit].zh;
}

static struct str event_zh(const struct limit *self)
{
    return self->event_zh.len ? self->event_zh : STR("起算");
}

static struct str event_en(const struct limit *self)
{
    return self->event_en.len ? self->event_en : STR("the starting event");
}

static struct str days_zh(const struct telling *self, int32_t from, int32_t to)
{
    struct str first = day_text_zh(self->arena, from);
    if (from == to)
        return first;
    return arena_printf(self->arena, "%s至%s", first.data, day_text_zh(self->arena, to).data);
}

static struct str days_en(const struct telling *self, int32_t from, int32_t to)
{
    struct str first = day_text_en(self->arena, from);
    if (from == to)
        return first;
    return arena_printf(self->arena, "%s to %s", first.data, day_text_en(self->arena, to).data);
}

static void add_step(struct telling *self, struct limit_step step)
{
    VECTOR_PUSH(self->arena, &self->steps, step);
}

/* "17时30分": for limits in hours, and for days that end at office close. */
static struct str time_zh(struct arena *arena, int64_t ms)
{
    int64_t minute = instant_time_of_day(ms) / CLOCK_MINUTE_MS;
    if (instant_time_of_day(ms) == CLOCK_DAY_MS - 1)
        return STR("24时");
    return arena_printf(arena, "%d时%02d分", (int)(minute / 60), (int)(minute % 60));
}

static struct str time_en(struct arena *arena, int64_t ms)
{
    int64_t minute = instant_time_of_day(ms) / CLOCK_MINUTE_MS;
    if (instant_time_of_day(ms) == CLOCK_DAY_MS - 1)
        return STR("24:00");
    return arena_printf(arena, "%02d:%02d", (int)(minute / 60), (int)(minute % 60));
}

static void tell_start(struct telling *self)
{
    const struct limit *limit = self->limit;
    int32_t start = self->due->start_day;
    int32_t sent = instant_day(limit->start_ms);
    struct arena *arena = self->arena;
    if (start != sent)
        add_step(self, (struct limit_step){
                           LIMIT_STEP_RECEIVED, sent, start, 0,
                           arena_printf(arena, "%s在办公时间外收到,视为%s收到。", day_text_zh(arena, sent).data,
                                        day_text_zh(arena, start).data),
                           arena_printf(arena, "It arrived outside office hours on %s and counts as received on %s.",
                                        day_text_en(arena, sent).data, day_text_en(arena, start).data)});
    struct str zh =
        limit_is_hours(limit->unit)
            ? arena_printf(arena, "%s%s%.*s,自此时起算。", day_text_zh(arena, sent).data,
                           time_zh(arena, limit->start_ms).data, STR_ARGS(event_zh(limit)))
            : arena_printf(arena, "%s%.*s,当日不计入。", day_text_zh(arena, start).data, STR_ARGS(event_zh(limit)));
    struct str en = limit_is_hours(limit->unit)
                        ? arena_printf(arena, "The count runs from %.*s at %s on %s.", STR_ARGS(event_en(limit)),
                                       time_en(arena, limit->start_ms).data, day_text_en(arena, sent).data)
                        : arena_printf(arena, "The day of %.*s, %s, does not count.", STR_ARGS(event_en(limit)),
                                       day_text_en(arena, start).data);
    add_step(self, (struct limit_step){LIMIT_STEP_START, start, start, 0, zh, en});
    struct str basis_zh = limit->basis.len ? arena_printf(arena, "(%.*s)", STR_ARGS(limit->basis)) : STR("");
    struct str basis_en = limit->basis.len ? arena_printf(arena, " (%.*s)", STR_ARGS(limit->basis)) : STR("");
    add_step(self, (struct limit_step){
                       LIMIT_STEP_COUNT, start, self->due->due_day, limit->amount,
                       arena_printf(arena, "期限为%" PRId64 "%s%s。", limit->amount, unit_zh(self), basis_zh.data),
                       arena_printf(arena, "The limit is %" PRId64 " %s%s.", limit->amount,
                                    unit_en(self, limit->amount), basis_en.data)});
}

static bool is_suspended(const struct limit_spans *spans, int32_t day)
{
    for (size_t i = 0; i < spans->count; i++) {
        struct span_day span = span_days(spans->spans[i]);
        if (span.from <= day && day <= span.to)
            return true;
    }
    return false;
}

/* One run of rest days: a holiday if a weekday is among them or it is longer than a weekend. */
static void tell_rest_run(struct telling *self, int32_t from, int32_t to)
{
    bool holiday = to - from > 1;
    for (int32_t day = from; day <= to && !holiday; day++)
        holiday = day_weekday(day) <= 5;
    self->rest_days += to - from + 1;
    self->has_holiday |= holiday;
    if (!holiday || self->specials++ >= SPECIAL_STEPS_MAX)
        return;
    add_step(self, (struct limit_step){
                       LIMIT_STEP_HOLIDAY, from, to, to - from + 1,
                       arena_printf(self->arena, "%s放假%d天,不计入。", days_zh(self, from, to).data, to - from + 1),
                       arena_printf(self->arena, "%s: %d day%s off, not counted.", days_en(self, from, to).data,
                                    to - from + 1, to == from ? "" : "s")});
}

static void tell_makeup(struct telling *self, int32_t day)
{
    if (self->specials++ >= SPECIAL_STEPS_MAX)
        return;
    add_step(self,
             (struct limit_step){LIMIT_STEP_MAKEUP, day, day, 1,
                                 arena_printf(self->arena, "%s调休上班,计入。", day_text_zh(self->arena, day).data),
                                 arena_printf(self->arena, "%s is a make-up working day and counts.",
                                              day_text_en(self->arena, day).data)});
}

/* Rest days and worked weekends on the way, for limits in working time. Looks at ten years at most. */
static void tell_rest(struct telling *self)
{
    const struct limit *limit = self->limit;
    if ((limit->unit != LIMIT_WORKING_DAYS && limit->unit != LIMIT_WORKING_HOURS) || self->due->due_day == INT32_MAX)
        return;
    struct limit_spans spans = limit_spans(limit, true);
    int32_t last = self->due->due_day;
    if (last - self->due->start_day > 3660)
        last = self->due->start_day + 3660;
    int32_t run = 0; /* length of the run of rest days that ends before day */
    for (int32_t day = self->due->start_day + 1; day <= last; day++) {
        bool suspended = is_suspended(&spans, day);
        bool works = calendar_is_working_day(limit->calendar, day);
        if (!works && !suspended) {
            run++;
            continue;
        }
        if (run)
            tell_rest_run(self, day - run, day - 1);
        run = 0;
        if (!suspended && works && day_weekday(day) > 5)
            tell_makeup(self, day);
    }
    if (self->rest_days)
        add_step(self, (struct limit_step){
                           LIMIT_STEP_REST, self->due->start_day + 1, last, self->rest_days,
                           arena_printf(self->arena, "休息日和节假日共%" PRId64 "天,不计入。", self->rest_days),
                           arena_printf(self->arena, "%" PRId64 " rest day%s in all, not counted.", self->rest_days,
                                        self->rest_days == 1 ? "" : "s")});
}

static void tell_suspension(struct telling *self, const struct limit_suspension *s)
{
    struct arena *arena = self->arena;
    bool lasts = s->to_ms == LIMIT_NEVER;
    int64_t to_ms = lasts ? s->planned_ms : s->to_ms;
    int32_t from = instant_day(s->from_ms);
    int32_t to = to_ms == LIMIT_NEVER ? INT32_MAX : instant_day(to_ms);
    struct str basis = s->basis.len ? arena_printf(arena, "(%.*s)", STR_ARGS(s->basis)) : STR("");
    struct limit_step step = {.kind = LIMIT_STEP_SUSPENSION, .from_day = from, .to_day = to};
    if (to == INT32_MAX) {
        step.zh = arena_printf(arena, "%s起因%s%s暂停计时,尚未恢复。", day_text_zh(arena, from).data,
                               limit_ground_zh(s->ground), basis.data);
        step.en = arena_printf(arena, "The clock has stood still since %s for %s%s.", day_text_en(arena, from).data,
                               limit_ground_en(s->ground), basis.data);
    } else {
        int32_t before = from > self->due->start_day ? from - 1 : self->due->start_day;
        step.days = to > before ? limit_days_between(self->limit, before, to) : 0;
        step.zh = arena_printf(arena, "%s因%s%s暂停%s,%" PRId64 "天不计入。", days_zh(self, from, to).data,
                               limit_ground_zh(s->ground), basis.data, lasts ? "(预计)" : "", step.days);
        step.en = arena_printf(arena, "%s: %sstood still for %s%s, %" PRId64 " day%s not counted.",
                               days_en(self, from, to).data, lasts ? "(planned) " : "", limit_ground_en(s->ground),
                               basis.data, step.days, step.days == 1 ? "" : "s");
    }
    add_step(self, step);
}

static void tell_extension(struct telling *self)
{
    const struct limit_extension *e = &self->limit->extension;
    if (e->amount == 0)
        return;
    int32_t day = instant_day(e->granted_ms);
    struct str basis = e->basis.len ? arena_printf(self->arena, "(%.*s)", STR_ARGS(e->basis)) : STR("");
    add_step(self, (struct limit_step){
                       LIMIT_STEP_EXTENSION, day, day, e->amount,
                       arena_printf(self->arena, "%s批准延长%" PRId64 "%s%s。", day_text_zh(self->arena, day).data,
                                    e->amount, unit_zh(self), basis.data),
                       arena_printf(self->arena, "Extended by %" PRId64 " %s on %s%s.", e->amount,
                                    unit_en(self, e->amount), day_text_en(self->arena, day).data, basis.data)});
}

static void tell_provisional(struct telling *self)
{
    const struct limit_due *due = self->due;
    if (!due->provisional || due->due_day == INT32_MAX || self->limit->unit == LIMIT_HOURS)
        return;
    int64_t last = day_date(due->due_day).year;
    for (int64_t year = day_date(due->start_day).year; year <= last && self->steps.count < 256; year++) {
        if (calendar_announced(self->limit->calendar, (int)year))
            continue;
        add_step(self, (struct limit_step){
                           LIMIT_STEP_PROVISIONAL, (int32_t)day_of_date(year, 1, 1), (int32_t)day_of_date(year, 12, 31),
                           0, arena_printf(self->arena, "%" PRId64 "年放假安排尚未公布,日期为暂定。", year),
                           arena_printf(self->arena,
                                        "The holidays of %" PRId64 " are not published yet: the date is provisional.",
                                        year)});
    }
}

static void tell_end(struct telling *self)
{
    const struct limit_due *due = self->due;
    struct arena *arena = self->arena;
    if (due->rolled)
        add_step(self,
                 (struct limit_step){LIMIT_STEP_ROLL, (int32_t)(due->due_day - due->rolled), due->due_day, due->rolled,
                                     STR("最后一日是休息日,顺延至其后第一个工作日。"),
                                     STR("The last day is a rest day, so the limit ends on the next working day.")});
    if (due->due_day == INT32_MAX)
        return;
    add_step(self,
             (struct limit_step){LIMIT_STEP_END, due->due_day, due->due_day, 0,
                                 arena_printf(arena, "截止于%s%s。", day_text_zh(arena, due->due_day).data,
                                              time_zh(arena, due->due_ms).data),
                                 arena_printf(arena, "It ends on %s at %s.", day_text_en(arena, due->due_day).data,
                                              time_en(arena, due->due_ms).data)});
}

/* ---- The sentence ---- */

static struct str sentence_zh(struct telling *self)
{
    const struct limit *limit = self->limit;
    const struct limit_due *due = self->due;
    struct buf out;
    buf_init(&out, 0);
    bool hours = limit_is_hours(limit->unit);
    buf_printf(&out, "%s%s%.*s,", day_text_zh(self->arena, due->start_day).data,
               hours ? time_zh(self->arena, limit->start_ms).data : "", STR_ARGS(event_zh(limit)));
    if (limit->amount == 0)
        buf_put(&out, STR("当场办结"));
    else
        buf_printf(&out, "%s%" PRId64 "%s", hours ? "起算" : "次日起算", limit->amount, unit_zh(self));
    if (limit->extension.amount)
        buf_printf(&out, ",延长%" PRId64 "%s", limit->extension.amount, unit_zh(self));
    if (self->rest_days)
        buf_printf(&out, ",其间%s%" PRId64 "天不计", self->has_holiday ? "休息日和节假日" : "休息日", self->rest_days);
    if (due->suspended)
        buf_printf(&out, ",依法暂停%" PRId64 "%s不计", due->suspended, hours ? "小时" : "天");
    if (due->rolled)
        buf_put(&out, STR(",最后一日是休息日而顺延"));
    if (due->due_day == INT32_MAX)
        buf_put(&out, STR(",现暂停计时,恢复后另行确定截止日期"));
    else
        buf_printf(&out, ",最迟%s%s前办结", day_text_zh(self->arena, due->due_day).data,
                   time_zh(self->arena, due->due_ms).data);
    buf_put(&out, due->provisional && due->due_day != INT32_MAX ? STR("(暂定)。") : STR("。"));
    return arena_take(self->arena, &out);
}

static struct str sentence_en(struct telling *self)
{
    const struct limit *limit = self->limit;
    const struct limit_due *due = self->due;
    struct arena *arena = self->arena;
    struct buf out;
    buf_init(&out, 0);
    if (limit->amount == 0)
        buf_put(&out, STR("Done on the spot"));
    else
        buf_printf(&out, "%" PRId64 " %s", limit->amount, unit_en(self, limit->amount));
    buf_printf(&out, " from %.*s on %s", STR_ARGS(event_en(limit)), day_text_en(arena, due->start_day).data);
    if (limit_is_hours(limit->unit))
        buf_printf(&out, " at %s", time_en(arena, limit->start_ms).data);
    if (limit->extension.amount)
        buf_printf(&out, ", extended by %" PRId64, limit->extension.amount);
    if (self->rest_days)
        buf_printf(&out, ", without %" PRId64 " rest day%s%s", self->rest_days, self->rest_days == 1 ? "" : "s",
                   self->has_holiday ? " and holidays" : "");
    if (due->suspended)
        buf_printf(&out, ", without %" PRId64 " suspended %s%s", due->suspended,
                   limit_is_hours(limit->unit) ? "hour" : "day", due->suspended == 1 ? "" : "s");
    if (due->rolled)
        buf_put(&out, STR(", moved on from a rest day"));
    if (due->due_day == INT32_MAX)
        buf_put(&out, STR(": the clock stands still, and the deadline will be set when it goes on"));
    else
        buf_printf(&out, ": due by %s at %s", day_text_en(arena, due->due_day).data, time_en(arena, due->due_ms).data);
    buf_put(&out, due->provisional && due->due_day != INT32_MAX ? STR(" (provisional).") : STR("."));
    return arena_take(arena, &out);
}

enum status limit_explain(struct arena *arena, const struct limit *self, struct limit_explanation *out,
                          struct error *err)
{
    struct limit_due due;
    if (limit_compute(self, &due, err) != OK)
        return FAILED;
    struct telling telling = {.arena = arena, .limit = self, .due = &due};
    tell_start(&telling);
    tell_rest(&telling);
    for (size_t i = 0; i < self->suspension_count; i++)
        tell_suspension(&telling, &self->suspensions[i]);
    tell_extension(&telling);
    tell_provisional(&telling);
    tell_end(&telling);
    *out = (struct limit_explanation){telling.steps.items, telling.steps.count, sentence_zh(&telling),
                                      sentence_en(&telling)};
    return OK;
}
