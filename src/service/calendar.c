#include "service/calendar.h"

#include "clock/instant.h"
#include "clock/limit.h"
#include "service/internal.h"

#define YEAR_FIRST 2000
#define YEAR_LAST 2100
#define COUNT_MOST 3650

static enum status calendar_now(const struct call *call, const struct calendar **out, struct error *err)
{
    *out = pack_calendar(call->service->packs);
    return *out ? OK : error_set(err, ERROR_INTERNAL, "calendar-missing", "No pack has a calendar.");
}

static struct value day_value(struct arena *arena, int32_t day)
{
    struct clock_date date = day_date(day);
    return value_string(arena_printf(arena, "%04" PRId64 "-%02d-%02d", date.year, date.month, date.day));
}

enum status service_calendar_year(const struct call *call, int64_t year, struct value *out, struct error *err)
{
    const struct calendar *calendar;
    struct value first;
    int64_t start;
    if (year < YEAR_FIRST || year > YEAR_LAST || !date_make(year, 1, 1, &first) || !date_time_to_ms(first, &start)) {
        error_set(err, ERROR_INVALID, "calendar-year-invalid", "The calendar has the years 2000 to 2100.");
        return error_field(err, "year");
    }
    if (calendar_now(call, &calendar, err) != OK)
        return FAILED;
    struct list_builder off, makeup;
    list_builder_init(&off, call->arena);
    list_builder_init(&makeup, call->arena);
    int64_t working = 0;
    for (int32_t day = instant_day(start); day_date(day).year == year; day++) {
        bool weekday = day_weekday(day) <= 5, works = calendar_is_working_day(calendar, day);
        working += works;
        if (weekday && !works)
            list_builder_push(&off, day_value(call->arena, day));
        else if (!weekday && works)
            list_builder_push(&makeup, day_value(call->arena, day));
    }
    struct view view;
    view_init(&view, call->arena);
    view_int(&view, "year", year);
    view_put(&view, "announced", value_boolean(calendar_announced(calendar, (int)year)));
    view_int(&view, "working_days", working);
    view_put(&view, "off", list_builder_done(&off));
    view_put(&view, "makeup", list_builder_done(&makeup));
    *out = view_done(&view);
    return OK;
}

static enum status refuse(struct error *err, const char *field, const char *message)
{
    error_set(err, ERROR_INVALID, "count-invalid", "%s", message);
    return error_field(err, "%s", field);
}

static struct value steps_of(struct arena *arena, const struct limit_explanation *why)
{
    struct list_builder steps;
    list_builder_init(&steps, arena);
    for (size_t i = 0; i < why->step_count; i++) {
        const struct limit_step *step = &why->steps[i];
        struct view view;
        view_init(&view, arena);
        view_text(&view, "step", str_of(limit_step_name(step->kind)));
        view_int(&view, "days", step->days);
        view_text(&view, "zh", step->zh);
        view_text(&view, "en", step->en);
        list_builder_push(&steps, view_done(&view));
    }
    return list_builder_done(&steps);
}

enum status service_calendar_count(const struct call *call, const struct service_count_wanted *wanted,
                                   struct value *out, struct error *err)
{
    struct limit limit = {.unit = LIMIT_WORKING_DAYS, .amount = wanted->n};
    struct limit_due due;
    struct limit_explanation why;
    struct value from;
    struct error inner = ERROR_INIT;
    if (calendar_now(call, &limit.calendar, err) != OK)
        return FAILED;
    if (!wanted->from.len || !date_parse(wanted->from, &from) || !date_time_to_ms(from, &limit.start_ms) ||
        temporal_civil(from).year < YEAR_FIRST || temporal_civil(from).year > YEAR_LAST)
        return refuse(err, "from", "The day is written as 2026-09-18, between 2000 and 2100.");
    if (wanted->n < 0 || wanted->n > COUNT_MOST)
        return refuse(err, "n", "Count 0 to 3,650.");
    if (wanted->unit.len && limit_unit_parse(wanted->unit, &limit.unit, &inner) != OK)
        return refuse(err, "unit", inner.message);
    if (limit_compute(&limit, &due, err) != OK || limit_explain(call->arena, &limit, &why, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "from", wanted->from);
    view_int(&view, "n", wanted->n);
    view_text(&view, "unit", str_of(limit_unit_code(limit.unit)));
    view_put(&view, "due", day_value(call->arena, due.due_day));
    view_put(&view, "provisional", value_boolean(due.provisional));
    view_text(&view, "zh", why.zh);
    view_text(&view, "en", why.en);
    view_put(&view, "steps", steps_of(call->arena, &why));
    *out = view_done(&view);
    return OK;
}
