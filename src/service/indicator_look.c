/* The cases behind a figure, and who is late. */
#include "service/indicator_query.h"

#include "clock/instant.h"

#include <stdlib.h>

struct looking {
    struct indicator_question question;
    const struct service_indicator_cases_query *query;
    bool numerator;
    int64_t before_id, limit;
    struct value view;
};

static int newest_first(const void *a, const void *b)
{
    const struct store_fact *x = a, *y = b;
    if (x->id != y->id)
        return x->id > y->id ? -1 : 1;
    return x->region > y->region ? -1 : x->region < y->region;
}

static struct value fact_line(struct work *work, const struct store_fact *fact)
{
    const struct store_item *known = service_item_of(work->service, fact->item);
    const struct pack_item *item =
        known ? pack_item_find(work->service->packs, known->code, instant_day(work->now)) : NULL;
    struct view view;
    view_init(&view, work->arena);
    view_text(&view, "no", case_no(work->arena, (struct case_id){fact->region, fact->id}));
    view_text(&view, "item", known ? known->code : STR_NONE);
    view_text(&view, "item_title", item ? item->title : known ? known->code : STR_NONE);
    view_text(&view, "region", division_text(work->arena, fact->division));
    view_text(&view, "unit", fact->unit.len ? fact->unit : STR_NONE);
    view_time(&view, "opened", fact->opened);
    view_time(&view, "deadline", fact->deadline);
    view_time(&view, "closed", fact->closed);
    return view_done(&view);
}

static enum status read_region(struct work *work, struct looking *self, struct store_fact_filter *filter,
                               struct store_fact **out, size_t *count, struct error *err)
{
    if (self->question.indicator->of == PACK_OF_CASES)
        return store_fact_page(work->tx, work->arena, filter, out, count, err);
    bool overdue = self->question.indicator->state == PACK_STATE_OVERDUE;
    filter->from = overdue ? 0 : work->now;
    filter->to = overdue ? work->now : indicator_soon(work->service, work->now);
    return store_fact_deadlines(work->tx, work->arena, filter, out, count, err);
}

static struct store_fact_filter filter_of(const struct looking *self, int64_t slot)
{
    const struct indicator_question *q = &self->question;
    int64_t bit = INT64_C(1) << (slot < 0 ? 0 : slot);
    return (struct store_fact_filter){.division_from = q->range.from,
                                      .division_to = q->range.to,
                                      .unit = q->unit,
                                      .column = q->indicator->when,
                                      .from = day_start(q->from),
                                      .to = day_start(q->to + 1),
                                      .numerator = self->numerator ? bit : 0,
                                      .denominator = self->numerator ? 0 : bit,
                                      .before_id = self->before_id ? self->before_id : INT64_MAX,
                                      .limit = self->limit + 1};
}

static enum status read_facts(struct work *work, struct looking *self, struct error *err)
{
    const struct indicator_question *q = &self->question;
    struct indicator_slots slots;
    VECTOR(struct store_fact) all = {0};
    int64_t *regions;
    if (indicator_slots_read(work, &slots, err) != OK)
        return FAILED;
    int64_t slot = indicator_slot_of(&slots, q->indicator->id);
    struct store_fact_filter filter = filter_of(self, slot);
    bool counted = slot >= 0 || q->indicator->of == PACK_OF_NOW;
    size_t count = counted ? region_list(work->service, q->range, work->arena, &regions) : 0;
    for (size_t r = 0; r < count; r++)
        for (size_t n = 0; n < indicator_item_runs(q); n++) {
            struct store_fact *rows;
            size_t found;
            filter.region = regions[r];
            indicator_items_of(q, n, &filter.item_from, &filter.item_to);
            if (read_region(work, self, &filter, &rows, &found, err) != OK)
                return FAILED;
            for (size_t i = 0; i < found; i++)
                VECTOR_PUSH(work->arena, &all, rows[i]);
        }
    if (all.count)
        qsort(all.items, all.count, sizeof *all.items, newest_first);
    struct list_builder items;
    list_builder_init(&items, work->arena);
    size_t shown = all.count < (size_t)self->limit ? all.count : (size_t)self->limit;
    /* Cases of one day in two regions may have one id: a page never ends between them. */
    while (shown > 0 && shown < all.count && all.items[shown].id == all.items[shown - 1].id)
        shown++;
    for (size_t i = 0; i < shown; i++)
        list_builder_push(&items, fact_line(work, &all.items[i]));
    struct view view;
    view_init(&view, work->arena);
    view_put(&view, "items", list_builder_done(&items));
    if (shown < all.count)
        view_text(&view, "next", key_text(work->arena, all.items[shown - 1].id));
    self->view = view_done(&view);
    return OK;
}

static void read_items(struct work *work, struct looking *self)
{
    size_t count;
    struct list_builder items;
    const struct pack_item *const *all = pack_items(work->service->packs, &count);
    list_builder_init(&items, work->arena);
    for (size_t i = 0; i < count; i++) {
        struct indicator_mark mark = {0};
        if (pack_item_find(work->service->packs, all[i]->code, instant_day(work->now)) != all[i] ||
            !indicator_of_item(work, self->question.indicator, all[i], &mark) ||
            (self->numerator ? mark.numerator : mark.denominator) == 0)
            continue;
        struct view view;
        view_init(&view, work->arena);
        view_text(&view, "item", all[i]->code);
        view_text(&view, "item_title", all[i]->title);
        view_int(&view, "item_version", all[i]->version);
        list_builder_push(&items, view_done(&view));
    }
    self->view = context_set(work->arena, value_null, "items", list_builder_done(&items));
}

static enum status look_command(struct work *work, void *arg, struct error *err)
{
    struct looking *self = arg;
    if (self->question.indicator->of == PACK_OF_ITEMS) {
        read_items(work, self);
        return OK;
    }
    if (read_facts(work, self, err) != OK)
        return FAILED;
    struct work_note note = {.what = "indicator.cases", .purpose = self->question.indicator->id};
    return work_access_note(work, &note, err);
}

enum status service_indicator_cases(const struct call *call, const struct service_indicator_cases_query *query,
                                    struct value *out, struct error *err)
{
    struct looking self = {.query = query, .limit = limit_between(query->limit, 20, 200)};
    self.numerator = str_equal(query->part, STR("numerator")) || query->part.len == 0;
    if (indicator_question_read(call, &query->figure, &self.question, err) != OK)
        return FAILED;
    if (!self.numerator && !str_equal(query->part, STR("denominator"))) {
        error_set(err, ERROR_INVALID, "filter-invalid", "A figure has two parts: numerator and denominator.");
        return error_field(err, "part");
    }
    if (service_cursor(query->cursor, &self.before_id, err) != OK || service_may(call, "case.read", err) != OK ||
        work_run(call, look_command, &self, err) != OK)
        return FAILED;
    *out = self.view;
    return OK;
}

/* ---- Who is late ---- */

struct late {
    int64_t division;
    struct str unit;
    int64_t n[3];
};

struct deadlines {
    struct indicator_question question;
    VECTOR(struct late) rows;
    struct value view;
};

static void add_late(struct work *work, struct deadlines *self, const struct store_waiting *one)
{
    size_t last = self->rows.count;
    if (last == 0 || self->rows.items[last - 1].division != one->division ||
        !str_equal(self->rows.items[last - 1].unit, one->unit)) {
        struct late row = {.division = one->division, .unit = one->unit};
        VECTOR_PUSH(work->arena, &self->rows, row);
        last = self->rows.count;
    }
    self->rows.items[last - 1].n[one->bucket] += one->n;
}

static int latest_first(const void *a, const void *b)
{
    const struct late *x = a, *y = b;
    for (size_t i = 0; i < COUNT_OF(x->n); i++)
        if (x->n[i] != y->n[i])
            return x->n[i] > y->n[i] ? -1 : 1;
    return x->division < y->division ? -1 : x->division > y->division;
}

static struct value late_line(struct work *work, const struct late *row, const struct store_unit *units, size_t count)
{
    struct str code = division_text(work->arena, row->division);
    const struct pack_division *division = pack_division_find(work->service->packs, str_part(code, 0, 6));
    struct view view;
    view_init(&view, work->arena);
    view_text(&view, "region", code);
    view_text(&view, "region_title", division ? indicator_text(work->call, division->name) : code);
    view_text(&view, "unit", row->unit.len ? row->unit : STR_NONE);
    for (size_t i = 0; i < count; i++)
        if (row->unit.len && str_equal(units[i].id, row->unit))
            view_text(&view, "unit_title", units[i].name);
    view_int(&view, "overdue", row->n[0]);
    view_int(&view, "today", row->n[1]);
    view_int(&view, "soon", row->n[2]);
    return view_done(&view);
}

static enum status deadlines_command(struct work *work, void *arg, struct error *err)
{
    struct deadlines *self = arg;
    const struct indicator_question *q = &self->question;
    struct store_unit *units;
    size_t unit_count;
    int64_t *regions, as_of;
    size_t count = region_list(work->service, q->range, work->arena, &regions);
    struct store_waiting_query query = indicator_waiting(work, q);
    indicator_items_of(q, 0, &query.item_from, &query.item_to);
    self->rows.count = 0;
    if (store_unit_list(work->tx, work->arena, &units, &unit_count, err) != OK ||
        indicator_as_of(work, &as_of, err) != OK)
        return FAILED;
    for (size_t r = 0; r < count; r++) {
        struct store_waiting *rows;
        size_t found;
        query.region = regions[r];
        if (store_waiting_counts(work->tx, work->arena, &query, &rows, &found, err) != OK)
            return FAILED;
        for (size_t i = 0; i < found; i++)
            add_late(work, self, &rows[i]);
    }
    if (self->rows.count)
        qsort(self->rows.items, self->rows.count, sizeof *self->rows.items, latest_first);
    struct list_builder items;
    list_builder_init(&items, work->arena);
    for (size_t i = 0; i < self->rows.count; i++)
        list_builder_push(&items, late_line(work, &self->rows.items[i], units, unit_count));
    struct view view;
    view_init(&view, work->arena);
    view_time(&view, "as_of", as_of);
    view_time(&view, "soon", query.soon - 1);
    view_put(&view, "items", list_builder_done(&items));
    self->view = view_done(&view);
    return OK;
}

enum status service_indicator_deadlines(const struct call *call, struct str region, struct value *out,
                                        struct error *err)
{
    struct service_indicator_query query = {.region = region};
    struct deadlines self = {.view = value_null};
    if (indicator_question_read(call, &query, &self.question, err) != OK ||
        work_read(call, deadlines_command, &self, err) != OK)
        return FAILED;
    *out = self.view;
    return OK;
}
