#include "service/assessment.h"

#include "clock/instant.h"
#include "service/indicator_query.h"
#include "store/past.h"

#include <stdlib.h>

#define RATINGS_LEAST 5 /* fewer citizens could be recognised by the one they rated */

struct assessing {
    struct indicator_question question;
    struct service_indicator_query query;
    struct indicator_slots slots;
    struct store_unit *units;
    size_t unit_count;
    bool by_staff;
    int64_t as_of;
    VECTOR(struct store_staff_count) sums;
    struct value view;
};

/* ---- Reading ---- */

static int by_row(const void *a, const void *b)
{
    const struct store_staff_count *x = a, *y = b;
    int units = str_compare(x->unit, y->unit), names = str_compare(x->staff, y->staff);
    if (units || names)
        return units ? units : names;
    return x->slot < y->slot ? -1 : x->slot > y->slot;
}

static bool same_row(const struct store_staff_count *a, const struct store_staff_count *b)
{
    return str_equal(a->unit, b->unit) && str_equal(a->staff, b->staff);
}

/* Sorted by row and slot, each once. */
static void merge_sums(struct assessing *self)
{
    size_t kept = 0;
    if (self->sums.count)
        qsort(self->sums.items, self->sums.count, sizeof *self->sums.items, by_row);
    for (size_t i = 0; i < self->sums.count; i++) {
        const struct store_staff_count *sum = &self->sums.items[i];
        struct store_staff_count *last = kept ? &self->sums.items[kept - 1] : NULL;
        if (last && by_row(last, sum) == 0) {
            last->numerator += sum->numerator;
            last->denominator += sum->denominator;
        } else {
            self->sums.items[kept++] = *sum;
        }
    }
    self->sums.count = kept;
}

static enum status read_sums(struct work *work, struct assessing *self, struct error *err)
{
    const struct indicator_question *q = &self->question;
    int64_t *regions;
    size_t count = region_list(work->service, q->range, work->arena, &regions);
    struct store_staff_query query = {.from = indicator_day(day_start(q->from)) / 100,
                                      .to = indicator_day(day_start(q->to)) / 100,
                                      .division_from = q->range.from,
                                      .division_to = q->range.to,
                                      .unit = q->unit};
    self->sums.count = 0;
    for (size_t r = 0; r < count; r++) {
        struct store_staff_count *rows;
        size_t found;
        query.region = regions[r];
        if (store_staff_sums(work->tx, work->arena, &query, &rows, &found, err) != OK)
            return FAILED;
        for (size_t i = 0; i < found; i++) {
            rows[i].staff = self->by_staff ? rows[i].staff : STR("");
            VECTOR_PUSH(work->arena, &self->sums, rows[i]);
        }
    }
    merge_sums(self);
    return OK;
}

/* ---- Showing: a row begins at its first sum ---- */

static struct value figure(struct work *work, const struct assessing *self, const struct store_staff_count *row,
                           size_t which)
{
    const struct pack_indicator *indicator = self->slots.indicators[which];
    const struct store_staff_count *end = self->sums.items + self->sums.count, *sum = row;
    while (sum < end && same_row(sum, row) && sum->slot != self->slots.slots[which])
        sum++;
    bool found = sum < end && same_row(sum, row);
    int64_t numerator = found ? sum->numerator : 0, denominator = found ? sum->denominator : 0;
    struct view view;
    view_init(&view, work->arena);
    view_text(&view, "id", indicator->id);
    bool few =
        indicator->when == PACK_WHEN_RATED && indicator_cases_of(indicator, numerator, denominator) < RATINGS_LEAST;
    if (few && found)
        view_flag(&view, "suppressed", true);
    else
        indicator_put_amounts(&view, indicator, numerator, denominator);
    return view_done(&view);
}

static enum status titled_staff(struct work *work, struct str name, struct view *view, struct error *err)
{
    struct store_staff staff;
    bool found;
    if (store_staff_find(work->tx, work->arena, name, &staff, &found, err) != OK)
        return FAILED;
    view_text(view, "staff", name);
    view_text(view, "staff_title", found ? staff.title : name);
    return OK;
}

static enum status row_value(struct work *work, const struct assessing *self, const struct store_staff_count *row,
                             struct value *out, struct error *err)
{
    struct list_builder figures;
    struct view view;
    view_init(&view, work->arena);
    list_builder_init(&figures, work->arena);
    view_text(&view, "unit", row->unit.len ? row->unit : STR_NONE);
    for (size_t i = 0; i < self->unit_count; i++)
        if (row->unit.len && str_equal(self->units[i].id, row->unit))
            view_text(&view, "unit_title", self->units[i].name);
    if (self->by_staff && titled_staff(work, row->staff, &view, err) != OK)
        return FAILED;
    for (size_t i = 0; i < self->slots.count; i++)
        if (self->slots.indicators[i]->of == PACK_OF_STAFF)
            list_builder_push(&figures, figure(work, self, row, i));
    view_put(&view, "figures", list_builder_done(&figures));
    *out = view_done(&view);
    return OK;
}

static struct value definitions(struct work *work, const struct assessing *self)
{
    struct list_builder list;
    list_builder_init(&list, work->arena);
    for (size_t i = 0; i < self->slots.count; i++) {
        struct view view;
        if (self->slots.indicators[i]->of != PACK_OF_STAFF)
            continue;
        view_init(&view, work->arena);
        indicator_define(work->call, self->slots.indicators[i], &view);
        list_builder_push(&list, view_done(&view));
    }
    return list_builder_done(&list);
}

static enum status assess_command(struct work *work, void *arg, struct error *err)
{
    struct assessing *self = arg;
    struct list_builder rows;
    list_builder_init(&rows, work->arena);
    if (indicator_slots_read(work, &self->slots, err) != OK || indicator_as_of(work, &self->as_of, err) != OK ||
        store_unit_list(work->tx, work->arena, &self->units, &self->unit_count, err) != OK ||
        read_sums(work, self, err) != OK)
        return FAILED;
    for (size_t i = 0; i < self->sums.count; i++) {
        struct value line;
        if (i && same_row(&self->sums.items[i - 1], &self->sums.items[i]))
            continue;
        if (row_value(work, self, &self->sums.items[i], &line, err) != OK)
            return FAILED;
        list_builder_push(&rows, line);
    }
    struct view view;
    view_init(&view, work->arena);
    view_text(&view, "by", self->by_staff ? STR("staff") : STR("unit"));
    view_text(&view, "from", indicator_date(work->arena, self->question.from));
    view_text(&view, "to", indicator_date(work->arena, self->question.to));
    view_time(&view, "as_of", self->as_of);
    view_put(&view, "indicators", definitions(work, self));
    view_put(&view, "rows", list_builder_done(&rows));
    self->view = view_done(&view);
    struct work_note note = {.what = "staff.assess", .purpose = self->question.query->unit};
    return self->by_staff ? work_access_note(work, &note, err) : OK;
}

enum status service_assessment_get(const struct call *call, const struct service_assessment_query *query,
                                   struct value *out, struct error *err)
{
    struct assessing self = {.view = value_null, .by_staff = str_equal(query->by, STR("staff"))};
    self.query = (struct service_indicator_query){
        .region = query->region, .unit = query->unit, .from = query->from, .to = query->to, .by = STR("unit")};
    if (service_may(call, "staff.assess", err) != OK ||
        indicator_question_read(call, &self.query, &self.question, err) != OK)
        return FAILED;
    if (query->by.len && !self.by_staff && !str_equal(query->by, STR("unit"))) {
        error_set(err, ERROR_INVALID, "filter-invalid", "Staff are shown by unit or by staff.");
        return error_field(err, "by");
    }
    if (work_run(call, assess_command, &self, err) != OK)
        return FAILED;
    *out = self.view;
    return OK;
}
