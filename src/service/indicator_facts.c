/* One case seen by the indicators: facts from its events, no personal data among them, and what they add up to.
 *
 *   case          no, item, version, region, unit, state, outcome, opened, accepted, decided, closed, deadline, on_time, overdue,
 *                 working_days (accepted to decided, without suspensions), automatic, staff_tasks, corrections, supplements,
 *                 suspensions, extended, withdrawn, rating, child
 *   item          the item's file as it was, and pack
 *   events        [{type, at, by (kind of actor)}]
 *   certificates  [{certificate}] */
#include "service/indicator_facts.h"

#include "clock/instant.h"
#include "feel/json.h"

#include <math.h>

int64_t indicator_day(int64_t instant)
{
    struct clock_date date = day_date(instant_day(instant));
    return date.year * 10000 + date.month * 100 + date.day;
}

/* ---- Slots ---- */

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
        if (all[i]->of != PACK_OF_CASES)
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
    struct value events, certificates;
    int64_t accepted, decided, closed, rated, suspended_from, suspended_days;
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
    if (self->suspended_from)
        self->suspended_days += days_between(self, self->suspended_from, at);
    self->suspended_from = 0;
}

static void add_event(struct facts *self, struct value event, struct list_builder *events, struct list_builder *certificates)
{
    struct arena *arena = self->work->arena;
    struct str type = value_text(value_get(event, STR("type")));
    struct value time = value_get(event, STR("at"));
    int64_t at = value_instant(time);
    struct view view;
    view_init(&view, arena);
    view_text(&view, "type", type);
    view_put(&view, "at", time);
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
    else if (str_equal(type, STR("case.withdrawn")))
        self->withdrawn = true;
    else if (str_equal(type, STR("case.closed")))
        self->closed = at;
    else if (str_equal(type, STR("case.rated"))) {
        self->rated = at;
        self->rating = value_int_or(value_get(event, STR("grade")), 0);
    } else if (str_equal(type, STR("certificate.issued")))
        list_builder_push(certificates, context_set(arena, value_null, "certificate", value_get(event, STR("certificate"))));
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
    end_suspension(self, self->decided ? self->decided : self->closed ? self->closed : self->work->now);
    self->events = list_builder_done(&events);
    self->certificates = list_builder_done(&certificates);
    return OK;
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

static void add_marks(struct facts *self, const struct indicator_slots *slots, struct store_fact *fact,
                      struct indicator_marks *out)
{
    const int64_t instants[] = {
        [PACK_WHEN_OPENED] = fact->opened, [PACK_WHEN_CLOSED] = fact->closed, [PACK_WHEN_RATED] = fact->rated};
    struct arena *arena = self->work->arena;
    struct feel_run run = service_feel(self->work->service, arena, self->of->packs, self->work->now);
    struct view names;
    view_init(&names, arena);
    view_put(&names, "case", case_value(self));
    view_put(&names, "item", item_value(arena, self->of->item));
    view_put(&names, "events", self->events);
    view_put(&names, "certificates", self->certificates);
    struct value context = view_done(&names);
    for (size_t i = 0; i < slots->count; i++) {
        int64_t instant = instants[slots->indicators[i]->when];
        struct indicator_mark mark = {.slot = slots->slots[i], .day = indicator_day(instant)};
        if (instant == 0 || !mark_of(slots->indicators[i], context, &run, &mark))
            continue;
        fact->numerators |= mark.numerator ? INT64_C(1) << mark.slot : 0;
        fact->denominators |= mark.denominator ? INT64_C(1) << mark.slot : 0;
        VECTOR_PUSH(arena, &out->list, mark);
    }
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

enum status indicator_facts(struct work *work, const struct store_case *row, const struct indicator_slots *slots,
                            struct store_fact *fact, struct indicator_marks *marks, struct error *err)
{
    struct work_case *of;
    if (work_case_look(work, row, &of, err) != OK)
        return FAILED;
    struct facts self = {.work = work, .of = of, .calendar = pack_calendar(of->packs)};
    if (read_events(&self, err) != OK)
        return FAILED;
    *fact = (struct store_fact){.region = row->region,
                                .id = row->id,
                                .item = row->item,
                                .division = row->division,
                                .unit = row->unit.data ? row->unit : STR(""),
                                .opened = row->opened,
                                .closed = self.closed,
                                .rated = self.rated,
                                .deadline = row->deadline};
    *marks = (struct indicator_marks){0};
    add_marks(&self, slots, fact, marks);
    fact->marks = marks_text(work->arena, marks);
    return OK;
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
