/* One case seen by the indicators: facts from its events, no personal data among them, and what they add up to.
 *
 *   case          no, item, version, region, unit, state, outcome, opened, accepted, decided, closed, deadline,
 * on_time, overdue, amber, orange, red (while open and the limit runs), working_days (accepted to decided, without
 * suspensions), automatic, staff_tasks, corrections, supplements, suspensions, extended, withdrawn, rating, child item
 * the item's file as it was, and pack events        [{type, at, by (kind of actor)}] certificates  [{certificate}] */
#include "service/indicator_facts.h"

#include "clock/instant.h"
#include "clock/limit.h"
#include "feel/json.h"
#include "service/heat_count.h"
#include "service/indicator_staff.h"

#include <math.h>

int64_t indicator_day(int64_t instant)
{
    struct clock_date date = day_date(instant_day(instant));
    return date.year * 10000 + date.month * 100 + date.day;
}

/* ---- Slots ---- */

bool indicator_is_counted(const struct pack_indicator *indicator)
{
    return indicator->of == PACK_OF_CASES || indicator->of == PACK_OF_STAFF;
}

int64_t indicator_slot_of(const struct indicator_slots *self, struct str id)
{
    for (size_t i = 0; i < self->stored_count; i++)
        if (str_equal(self->stored[i].id, id))
            return self->stored[i].slot;
    return -1;
}

enum status indicator_slots_read(struct work *work, struct indicator_slots *out, struct error *err)
{
    struct store_slot *stored;
    size_t count, declared;
    const struct pack_indicator *const *all = pack_indicators(work->service->packs, &declared);
    if (store_slot_list(work->tx, work->arena, &stored, &count, err) != OK)
        return FAILED;
    *out = (struct indicator_slots){.stored = stored, .stored_count = count};
    out->indicators = arena_array(work->arena, const struct pack_indicator *, declared);
    out->slots = arena_array(work->arena, int64_t, declared);
    for (size_t i = 0; i < declared; i++) {
        int64_t slot = indicator_slot_of(out, all[i]->id);
        bool same = false;
        if (!indicator_is_counted(all[i]))
            continue;
        for (size_t k = 0; k < count; k++)
            same = same || (stored[k].slot == slot && str_equal(stored[k].hash, all[i]->file->hash));
        out->stale = out->stale || !same;
        if (slot < 0)
            continue;
        out->indicators[out->count] = all[i];
        out->slots[out->count++] = slot;
    }
    return OK;
}

/* ---- Facts ---- */

struct facts {
    struct work *work;
    const struct work_case *of;
    struct value events, certificates, pauses; /* pauses: [from, to, …] */
    staff_deeds_list staff;
    int64_t extension, accepted, decided, closed, rated, suspended_from, suspended_days;
    int64_t staff_tasks, corrections, supplements, suspensions, extensions, rating;
    bool withdrawn;
    const struct calendar *calendar;
};

static int64_t days_between(const struct facts *self, int64_t from, int64_t to)
{
    if (!self->calendar || from == 0 || to < from)
        return 0;
    return calendar_working_days_between(self->calendar, instant_day(from), instant_day(to), NULL);
}

static void end_suspension(struct facts *self, int64_t at)
{
    struct arena *arena = self->work->arena;
    if (!self->suspended_from)
        return;
    self->suspended_days += days_between(self, self->suspended_from, at);
    if (value_count(self->pauses) < (size_t)2 * STORE_PAST_PAUSES_MAX)
        self->pauses = list_add(arena, list_add(arena, self->pauses, value_int(self->suspended_from)), value_int(at));
    self->suspended_from = 0;
}

static void add_event(struct facts *self, struct value event, struct list_builder *events,
                      struct list_builder *certificates)
{
    struct arena *arena = self->work->arena;
    struct str type = value_text(value_get(event, STR("type")));
    int64_t at = value_instant(value_get(event, STR("at")));
    struct view view;
    view_init(&view, arena);
    view_text(&view, "type", type);
    view_time(&view, "at", at);
    view_put(&view, "by", value_path(event, "by.kind"));
    list_builder_push(events, view_done(&view));
    const struct {
        const char *type;
        int64_t *count;
    } counted[] = {{"task.completed", &self->staff_tasks},   {"case.correction", &self->corrections},
                   {"case.supplemented", &self->supplements}, {"case.suspended", &self->suspensions},
                   {"case.extended", &self->extensions}};
    for (size_t i = 0; i < COUNT_OF(counted); i++)
        *counted[i].count += str_equal(type, str_of(counted[i].type));
    if (str_equal(type, STR("case.accepted")) && self->accepted == 0)
        self->accepted = at;
    else if (str_equal(type, STR("case.decided")))
        self->decided = at;
    else if (str_equal(type, STR("case.suspended")))
        self->suspended_from = at;
    else if (str_equal(type, STR("case.resumed")))
        end_suspension(self, at);
    else if (str_equal(type, STR("case.extended")))
        self->extension = value_int_or(value_get(event, STR("n")), 0);
    else if (str_equal(type, STR("case.withdrawn")))
        self->withdrawn = true;
    else if (str_equal(type, STR("case.closed")))
        self->closed = at;
    else if (str_equal(type, STR("case.rated"))) {
        self->rated = at;
        self->rating = value_int_or(value_get(event, STR("grade")), 0);
    } else if (str_equal(type, STR("certificate.issued")))
        list_builder_push(certificates,
                          context_set(arena, value_null, "certificate", value_get(event, STR("certificate"))));
}

static enum status read_events(struct facts *self, struct error *err)
{
    struct value told;
    struct list_builder events, certificates;
    list_builder_init(&events, self->work->arena);
    list_builder_init(&certificates, self->work->arena);
    if (work_case_events(self->work, &self->of->row, &told, err) != OK)
        return FAILED;
    for (size_t i = 0; i < value_count(told); i++)
        add_event(self, value_at(told, i), &events, &certificates);
    staff_deeds_read(self->work->arena, told, &self->staff);
    end_suspension(self, self->decided ? self->decided : self->closed ? self->closed : self->work->now);
    self->events = list_builder_done(&events);
    self->certificates = list_builder_done(&certificates);
    return OK;
}

/* The instants at which an open case's limit changes colour. */
static void put_lights(const struct facts *self, struct view *view)
{
    struct limit limit;
    struct limit_due due;
    struct error ignored = ERROR_INIT;
    if (self->of->row.closed || !limits_of(self->of, &limit) || limit_compute(&limit, &due, &ignored) != OK || due.open)
        return;
    view_time(view, "amber", due.amber_ms);
    view_time(view, "orange", due.orange_ms);
    view_time(view, "red", due.red_ms);
}

static struct value case_value(const struct facts *self)
{
    const struct store_case *row = &self->of->row;
    int64_t ended = self->decided ? self->decided : self->closed;
    struct view view;
    view_init(&view, self->work->arena);
    view_text(&view, "no", self->of->no);
    view_text(&view, "item", self->of->item->code);
    view_int(&view, "version", self->of->item->version);
    view_text(&view, "region", division_text(self->work->arena, row->division));
    view_text(&view, "unit", row->unit);
    view_text(&view, "state", str_of(case_state_names[row->state]));
    if (row->outcome)
        view_text(&view, "outcome", str_of(case_outcome_names[row->outcome]));
    view_time(&view, "opened", row->opened);
    view_time(&view, "accepted", self->accepted);
    view_time(&view, "decided", self->decided);
    view_time(&view, "closed", self->closed);
    view_time(&view, "deadline", row->deadline);
    put_lights(self, &view);
    if (row->deadline && ended)
        view_flag(&view, "on_time", ended <= row->deadline);
    if (self->accepted && ended)
        view_int(&view, "working_days", days_between(self, self->accepted, ended) - self->suspended_days);
    view_flag(&view, "automatic", self->staff_tasks == 0);
    view_int(&view, "staff_tasks", self->staff_tasks);
    view_int(&view, "corrections", self->corrections);
    view_int(&view, "supplements", self->supplements);
    view_int(&view, "suspensions", self->suspensions);
    view_flag(&view, "extended", self->extensions > 0);
    view_flag(&view, "withdrawn", self->withdrawn);
    view_flag(&view, "child", !value_is_null(work_case_get(self->of, "parent")));
    if (self->rating)
        view_int(&view, "rating", self->rating);
    return view_done(&view);
}

static struct value item_value(struct arena *arena, const struct pack_item *item)
{
    return context_set(arena, item->json, "pack", value_string(pack_id(item->pack)));
}

/* ---- Amounts ---- */

/* In thousandths: true is 1, a number itself, anything else nothing. */
static int64_t amount_of(struct value v)
{
    if (v.kind == VALUE_BOOLEAN)
        return v.boolean ? INDICATOR_SCALE : 0;
    if (v.kind != VALUE_NUMBER)
        return 0;
    double scaled = value_to_double(v) * INDICATOR_SCALE;
    return scaled > -1e15 && scaled < 1e15 ? llround(scaled) : 0;
}

static bool mark_of(const struct pack_indicator *indicator, struct value names, struct feel_run *run,
                    struct indicator_mark *out)
{
    if (indicator->where.program && !value_is_true(pack_evaluate(&indicator->where, names, run)))
        return false;
    out->numerator = amount_of(pack_evaluate(&indicator->numerator, names, run));
    out->denominator = indicator->denominator.program ? amount_of(pack_evaluate(&indicator->denominator, names, run))
                                                      : INDICATOR_SCALE;
    return out->numerator != 0 || out->denominator != 0;
}

bool indicator_of_item(struct work *work, const struct pack_indicator *indicator, const struct pack_item *item,
                       struct indicator_mark *out)
{
    struct feel_run run = service_feel(work->service, work->arena, work->service->packs, work->now);
    struct value names = context_set(work->arena, value_null, "item", item_value(work->arena, item));
    return mark_of(indicator, names, &run, out);
}

bool indicator_mark_of(const struct pack_indicator *indicator, const struct store_fact *fact, struct value names,
                       struct feel_run *run, struct indicator_mark *out)
{
    const int64_t instants[] = {
        [PACK_WHEN_OPENED] = fact->opened, [PACK_WHEN_CLOSED] = fact->closed, [PACK_WHEN_RATED] = fact->rated};
    int64_t instant = instants[indicator->when];
    out->day = indicator_day(instant);
    return instant != 0 && mark_of(indicator, names, run, out);
}

static struct value names_of(const struct facts *self)
{
    struct arena *arena = self->work->arena;
    struct view names;
    view_init(&names, arena);
    view_put(&names, "case", case_value(self));
    view_put(&names, "item", item_value(arena, self->of->item));
    view_put(&names, "events", self->events);
    view_put(&names, "certificates", self->certificates);
    return view_done(&names);
}

static void add_marks(struct facts *self, const struct indicator_slots *slots, struct value names,
                      struct store_fact *fact, struct indicator_marks *out)
{
    struct arena *arena = self->work->arena;
    struct feel_run run = service_feel(self->work->service, arena, self->of->packs, self->work->now);
    for (size_t i = 0; i < slots->count; i++) {
        struct indicator_mark mark = {.slot = slots->slots[i]};
        if (slots->indicators[i]->of != PACK_OF_CASES ||
            !indicator_mark_of(slots->indicators[i], fact, names, &run, &mark))
            continue;
        fact->numerators |= mark.numerator ? INT64_C(1) << mark.slot : 0;
        fact->denominators |= mark.denominator ? INT64_C(1) << mark.slot : 0;
        VECTOR_PUSH(arena, &out->list, mark);
    }
    fact->staff = staff_marks_text(arena, &self->staff, slots, fact, names, &run);
}

static struct str marks_text(struct arena *arena, const struct indicator_marks *marks)
{
    struct list *list = list_new(arena, marks->list.count * 4);
    for (size_t i = 0; i < marks->list.count; i++) {
        const struct indicator_mark *mark = &marks->list.items[i];
        list->items[4 * i] = value_int(mark->slot);
        list->items[4 * i + 1] = value_int(mark->day);
        list->items[4 * i + 2] = value_int(mark->numerator);
        list->items[4 * i + 3] = value_int(mark->denominator);
    }
    return json_text(arena, value_of_list(list));
}

/* ---- The past ---- */

/* What was handed in as a file or on paper, among the item version's materials. */
static int64_t materials_handed(const struct work_case *of)
{
    struct value given = work_case_get(of, "materials");
    int64_t mask = 0;
    for (size_t i = 0; i < value_count(given); i++) {
        struct value one = value_at(given, i);
        bool handed = value_text(value_get(one, STR("file"))).len > 0 || value_is_true(value_get(one, STR("paper")));
        for (size_t m = 0; handed && m < of->item->material_count && m < STORE_PAST_MATERIALS_MAX; m++)
            if (str_equal(of->item->materials[m].id, value_text(value_get(one, STR("id")))))
                mask |= INT64_C(1) << m;
    }
    return mask;
}

static struct store_past past_of(const struct facts *self, const struct store_fact *fact)
{
    bool paused = value_count(self->pauses) > 0;
    return (struct store_past){.region = fact->region,
                               .item = fact->item,
                               .closed = fact->closed,
                               .id = fact->id,
                               .division = fact->division,
                               .unit = fact->unit,
                               .accepted = self->accepted,
                               .ended = self->decided ? self->decided : fact->closed,
                               .deadline = fact->deadline,
                               .extension = self->extension,
                               .materials = materials_handed(self->of),
                               .pauses = paused ? json_text(self->work->arena, self->pauses) : STR("")};
}

/* ---- All of it ---- */

enum status indicator_case_names(struct work *work, const struct work_case *of, struct value *out, struct error *err)
{
    struct facts self = {.work = work, .of = of, .calendar = pack_calendar(of->packs)};
    if (read_events(&self, err) != OK)
        return FAILED;
    *out = names_of(&self);
    return OK;
}

enum status indicator_facts(struct work *work, const struct store_case *row, const struct indicator_slots *slots,
                            struct indicator_counted *out, struct error *err)
{
    struct work_case *of;
    if (work_case_look(work, row, &of, err) != OK)
        return FAILED;
    struct facts self = {.work = work, .of = of, .calendar = pack_calendar(of->packs)};
    if (read_events(&self, err) != OK)
        return FAILED;
    *out = (struct indicator_counted){.of = of, .names = names_of(&self)};
    out->fact = (struct store_fact){.region = row->region,
                                    .id = row->id,
                                    .item = row->item,
                                    .division = row->division,
                                    .unit = row->unit.data ? row->unit : STR(""),
                                    .opened = row->opened,
                                    .closed = self.closed,
                                    .rated = self.rated,
                                    .deadline = row->deadline};
    add_marks(&self, slots, out->names, &out->fact, &out->marks);
    out->fact.marks = marks_text(work->arena, &out->marks);
    out->fact.past = past_of(&self, &out->fact);
    return heat_stays_text(work, of, &out->fact.stays, err);
}

enum status indicator_marks_parse(struct arena *arena, struct str text, struct indicator_marks *out, struct error *err)
{
    struct value list;
    *out = (struct indicator_marks){0};
    if (json_parse(arena, text, NULL, &list, err) != OK)
        return FAILED;
    for (size_t i = 0; i + 3 < value_count(list); i += 4) {
        struct indicator_mark mark = {value_int_or(value_at(list, i), 0), value_int_or(value_at(list, i + 1), 0),
                                      value_int_or(value_at(list, i + 2), 0), value_int_or(value_at(list, i + 3), 0)};
        VECTOR_PUSH(arena, &out->list, mark);
    }
    return OK;
}
