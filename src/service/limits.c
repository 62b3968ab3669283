/* The legal clock of a case: its limit from the item, suspensions and extension from the body. Rules: see
 * clock/limit.h. */
#include "service/limits.h"

#include "clock/instant.h"
#include "service/work.h"

enum limit_unit limits_unit_of(enum pack_unit unit)
{
    static const enum limit_unit units[] = {[PACK_WORKING_DAY] = LIMIT_WORKING_DAYS,
                                            [PACK_DAY] = LIMIT_NATURAL_DAYS,
                                            [PACK_HOUR] = LIMIT_HOURS,
                                            [PACK_MONTH] = LIMIT_MONTHS};
    return units[unit];
}

static size_t read_suspensions(struct arena *arena, struct value list, struct limit_suspension **out)
{
    size_t count = value_count(list);
    struct limit_suspension *all = arena_array(arena, struct limit_suspension, count);
    for (size_t i = 0; i < count; i++) {
        struct value one = value_at(list, i);
        struct error err = ERROR_INIT;
        all[i] = (struct limit_suspension){.from_ms = value_int_or(value_get(one, STR("from")), 0),
                                           .to_ms = value_int_or(value_get(one, STR("to")), LIMIT_NEVER),
                                           .planned_ms = value_int_or(value_get(one, STR("planned")), LIMIT_NEVER),
                                           .ground = LIMIT_GROUND_OTHER_LAW,
                                           .basis = value_text(value_get(one, STR("basis"))),
                                           .notice = value_text(value_get(one, STR("notice")))};
        if (limit_ground_parse(value_text(value_get(one, STR("ground"))), &all[i].ground, &err) != OK)
            all[i].ground = LIMIT_GROUND_OTHER_LAW;
    }
    *out = all;
    return count;
}

bool limits_of(const struct work_case *self, struct limit *out)
{
    const struct pack_limit *limit = self->item->promised.present ? &self->item->promised : &self->item->statutory;
    int64_t accepted = value_int_or(work_case_get(self, "accepted"), 0);
    if (!limit->present || accepted == 0)
        return false;
    struct limit_suspension *suspensions;
    struct arena *arena = self->work->arena;
    *out = (struct limit){.unit = limits_unit_of(limit->unit),
                          .amount = limit->n,
                          .start_ms = accepted,
                          .event_zh = STR("受理"),
                          .event_en = STR("acceptance"),
                          .basis = limit->basis,
                          .extension_max = LIMIT_AMOUNT_MAX,
                          .calendar = pack_calendar(self->packs)};
    out->suspension_count = read_suspensions(arena, work_case_get(self, "suspensions"), &suspensions);
    out->suspensions = suspensions;
    struct value extension = work_case_get(self, "extension");
    out->extension = (struct limit_extension){.amount = value_int_or(value_get(extension, STR("n")), 0),
                                              .granted_ms = value_int_or(value_get(extension, STR("at")), 0),
                                              .basis = value_text(value_get(extension, STR("basis")))};
    return out->calendar != NULL;
}

void limits_update(struct work_case *self)
{
    struct limit limit;
    struct limit_due due;
    struct error err = ERROR_INIT;
    if (!limits_of(self, &limit) || limit_compute(&limit, &due, &err) != OK)
        return;
    self->row.deadline = due.due_ms == LIMIT_NEVER ? 0 : due.due_ms;
    self->touched = true;
}

void limits_accept(struct work_case *self)
{
    work_case_set(self, "accepted", value_int(self->work->now));
    limits_update(self);
}

struct str limits_light(const struct work_case *self)
{
    struct limit limit;
    struct limit_due due;
    struct error err = ERROR_INIT;
    if (self->row.closed || !limits_of(self, &limit) || limit_compute(&limit, &due, &err) != OK)
        return STR_NONE;
    enum limit_light light = limit_light(&limit, &due, self->work->now);
    return light == LIMIT_AMBER ? STR("yellow") : str_of(limit_light_name(light));
}

static struct value left_view(struct arena *arena, int64_t n, enum limit_unit unit, bool paused)
{
    struct view view;
    view_init(&view, arena);
    view_int(&view, "n", n);
    view_text(&view, "unit", str_of(limit_unit_code(unit)));
    view_put(&view, "paused", value_boolean(paused));
    return view_done(&view);
}

struct value limits_left(const struct work_case *self)
{
    struct limit limit;
    struct limit_due due;
    struct error err = ERROR_INIT;
    if (self->row.closed || !limits_of(self, &limit) || limit_compute(&limit, &due, &err) != OK)
        return value_null;
    return left_view(self->work->arena, limit_remaining(&limit, &due, self->work->now), limit.unit,
                     self->row.state == CASE_SUSPENDED);
}

struct value limits_left_until(const struct work *work, int64_t due)
{
    const struct calendar *calendar = pack_calendar(work->service->packs);
    if (due == 0 || !calendar)
        return value_null;
    return left_view(work->arena,
                     calendar_working_days_between(calendar, instant_day(work->now), instant_day(due), NULL),
                     LIMIT_WORKING_DAYS, false);
}

struct value limits_explain(const struct work_case *self)
{
    struct limit limit;
    struct limit_explanation explained;
    struct error err = ERROR_INIT;
    struct arena *arena = self->work->arena;
    if (!limits_of(self, &limit) || limit_explain(arena, &limit, &explained, &err) != OK)
        return value_null;
    struct list_builder steps;
    list_builder_init(&steps, arena);
    for (size_t i = 0; i < explained.step_count; i++) {
        struct view view;
        view_init(&view, arena);
        view_text(&view, "step", str_of(limit_step_name(explained.steps[i].kind)));
        view_text(&view, "zh", explained.steps[i].zh);
        view_text(&view, "en", explained.steps[i].en);
        view_int(&view, "days", explained.steps[i].days);
        list_builder_push(&steps, view_done(&view));
    }
    struct view view;
    view_init(&view, arena);
    view_text(&view, "zh", explained.zh);
    view_text(&view, "en", explained.en);
    view_put(&view, "steps", list_builder_done(&steps));
    return view_done(&view);
}

/* P<n>WD */
static bool working_days(struct str text, int64_t *out)
{
    if (!str_starts(text, STR("P")) || !str_ends(text, STR("WD")))
        return false;
    return str_to_int64(str_part(text, 1, text.len - 2), out) && *out >= 0 && *out <= LIMIT_AMOUNT_MAX;
}

int64_t due_after(const struct work_case *self, struct str duration)
{
    return due_from(pack_calendar(self->packs), self->work->now, duration);
}

int64_t due_from(const struct calendar *calendar, int64_t from, struct str duration)
{
    int64_t days, ms;
    struct value length, sum;
    if (working_days(duration, &days) && calendar)
        return day_start(calendar_add_working_days(calendar, instant_day(from), days, NULL) + 1) - 1;
    if (!duration_parse(duration, &length) || !temporal_add(value_time(from), length, &sum) ||
        !date_time_to_ms(sum, &ms))
        return 0;
    return ms;
}
