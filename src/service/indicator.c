/* Figures: sums read back, as one number and as rows. */
#include "service/indicator_query.h"

#include "clock/instant.h"

#include <stdlib.h>

#define SMALL 3        /* fewer cases than this could be recognised */
#define VALUE_DIGITS 6

struct figure_row {
    struct str key, title;
    int64_t slot;
    int64_t numerator, denominator;
    bool hidden;
};
typedef VECTOR(struct figure_row) figure_rows;

struct asking {
    struct indicator_question question;
    struct indicator_slots slots;
    figure_rows rows, totals, before; /* before: totals of the period before */
    struct store_unit *units;
    size_t unit_count;
    int64_t as_of;
    struct value view;
};

static void add_row(struct arena *arena, figure_rows *rows, int64_t slot, struct str key, const int64_t amounts[2])
{
    for (size_t i = 0; i < rows->count; i++)
        if (rows->items[i].slot == slot && str_equal(rows->items[i].key, key)) {
            rows->items[i].numerator += amounts[0];
            rows->items[i].denominator += amounts[1];
            return;
        }
    struct figure_row row = {.key = key, .slot = slot, .numerator = amounts[0], .denominator = amounts[1]};
    VECTOR_PUSH(arena, rows, row);
}

/* ---- Sums over cases ---- */

static struct str key_of(struct work *work, enum store_count_by by, int64_t region, const struct store_count_sum *sum)
{
    switch (by) {
    case STORE_COUNT_REGION: return arena_printf(work->arena, "%06" PRId64, sum->key);
    case STORE_COUNT_ITEM: {
        const struct store_item *item = service_item_of(work->service, sum->key);
        return item ? item->code : STR("?");
    }
    case STORE_COUNT_MONTH:
        return arena_printf(work->arena, "%04" PRId64 "-%02" PRId64, sum->key / 100, sum->key % 100);
    case STORE_COUNT_UNIT: return sum->unit;
    case STORE_COUNT_ALL: break;
    }
    return arena_printf(work->arena, "%06" PRId64, region);
}

/* Which sums: over all items and units, unless the question needs them apart. */
static bool apart(const struct indicator_question *q, enum store_count_by by)
{
    return q->by_item || q->unit.data || by == STORE_COUNT_ITEM || by == STORE_COUNT_UNIT;
}

struct reading {
    struct store_count_query query;
    enum store_count_by keyed;
    figure_rows *out;
};

static enum status read_sums(struct work *work, struct asking *self, struct reading *reading, struct error *err)
{
    const struct indicator_question *q = &self->question;
    bool each = apart(q, reading->keyed);
    for (size_t n = 0; n < (each ? indicator_item_runs(q) : 1); n++) {
        struct store_count_sum *sums;
        size_t count;
        reading->query.item_from = reading->query.item_to = 0;
        if (each)
            indicator_items_of(q, n, &reading->query.item_from, &reading->query.item_to);
        if (store_count_sums(work->tx, work->arena, &reading->query, &sums, &count, err) != OK)
            return FAILED;
        for (size_t i = 0; i < count; i++)
            add_row(work->arena, reading->out, sums[i].slot,
                    key_of(work, reading->keyed, reading->query.region, &sums[i]),
                    (const int64_t[]){sums[i].numerator, sums[i].denominator});
    }
    return OK;
}

/* Region by region, so that each shard adds up its own. by ALL gives a row a region. */
static enum status sum_cases(struct work *work, struct asking *self, int32_t from, int32_t to, int64_t slot,
                             struct reading *reading, struct error *err)
{
    const struct indicator_question *q = &self->question;
    struct indicator_spans spans = indicator_spans_of(from, to);
    int64_t *regions;
    size_t count = region_list(work->service, q->range, work->arena, &regions);
    if (reading->keyed == STORE_COUNT_REGION && count > 1)
        reading->keyed = STORE_COUNT_ALL;
    for (size_t r = 0; r < count; r++)
        for (size_t i = 0; i < spans.count; i++) {
            reading->query = (struct store_count_query){.region = regions[r],
                                                        .from = spans.items[i].from,
                                                        .to = spans.items[i].to,
                                                        .division_from = q->range.from,
                                                        .division_to = q->range.to,
                                                        .unit = q->unit,
                                                        .slot = slot,
                                                        .by = reading->keyed};
            if (read_sums(work, self, reading, err) != OK)
                return FAILED;
        }
    return OK;
}

static void total(struct arena *arena, const figure_rows *rows, figure_rows *out)
{
    for (size_t i = 0; i < rows->count; i++)
        add_row(arena, out, rows->items[i].slot, STR(""),
                (const int64_t[]){rows->items[i].numerator, rows->items[i].denominator});
}

/* ---- Sums over items, and over what stands now ---- */

static void sum_items(struct work *work, const struct pack_indicator *indicator, int64_t amounts[2])
{
    size_t count;
    int32_t today = instant_day(work->now);
    const struct pack_item *const *items = pack_items(work->service->packs, &count);
    amounts[0] = amounts[1] = 0;
    for (size_t i = 0; i < count; i++) {
        struct indicator_mark mark = {0};
        struct arena_mark place = arena_mark(work->arena);
        if (pack_item_find(work->service->packs, items[i]->code, today) == items[i] &&
            indicator_of_item(work, indicator, items[i], &mark)) {
            amounts[0] += mark.numerator;
            amounts[1] += mark.denominator;
        }
        arena_rewind(work->arena, place);
    }
}

static void add_waiting(struct work *work, struct asking *self, const struct store_waiting *one, int64_t region,
                        bool many)
{
    enum pack_indicator_state state = self->question.indicator->state;
    const int64_t amounts[] = {one->n * INDICATOR_SCALE, 0};
    struct str key = self->question.by == STORE_COUNT_UNIT
                         ? one->unit
                         : arena_printf(work->arena, "%06" PRId64, many ? region : one->division / 1000000);
    if ((one->bucket == 0) == (state == PACK_STATE_OVERDUE))
        add_row(work->arena, &self->rows, -1, key, amounts);
}

static enum status sum_now(struct work *work, struct asking *self, struct error *err)
{
    const struct indicator_question *q = &self->question;
    int64_t *regions;
    size_t count = region_list(work->service, q->range, work->arena, &regions);
    struct store_waiting_query query = indicator_waiting(work, q);
    for (size_t r = 0; r < count; r++)
        for (size_t n = 0; n < indicator_item_runs(q); n++) {
            struct store_waiting *rows;
            size_t found;
            query.region = regions[r];
            indicator_items_of(q, n, &query.item_from, &query.item_to);
            if (store_waiting_counts(work->tx, work->arena, &query, &rows, &found, err) != OK)
                return FAILED;
            for (size_t i = 0; i < found; i++)
                add_waiting(work, self, &rows[i], regions[r], count > 1);
        }
    return OK;
}

/* ---- Showing ---- */

static struct value amount_value(int64_t thousandths)
{
    struct value out;
    return number_divide(value_int(thousandths), value_int(INDICATOR_SCALE), &out) ? out : value_null;
}

static struct value figure_value(const struct pack_indicator *indicator, int64_t numerator, int64_t denominator)
{
    struct value ratio, rounded;
    if (indicator->unit == PACK_UNIT_COUNT)
        return amount_value(numerator);
    if (denominator == 0 || !number_divide(value_int(numerator), value_int(denominator), &ratio))
        return value_null;
    return number_round(ratio, VALUE_DIGITS, ROUND_HALF_UP, &rounded) ? rounded : value_null;
}

void indicator_put_amounts(struct view *view, const struct pack_indicator *indicator, int64_t numerator,
                           int64_t denominator)
{
    view_put(view, "numerator", amount_value(numerator));
    if (indicator->unit != PACK_UNIT_COUNT)
        view_put(view, "denominator", amount_value(denominator));
    view_put(view, "value", figure_value(indicator, numerator, denominator));
}

static void put_amounts(struct view *view, const struct pack_indicator *indicator, const struct figure_row *row)
{
    indicator_put_amounts(view, indicator, row->numerator, row->denominator);
}

int64_t indicator_cases_of(const struct pack_indicator *indicator, int64_t numerator, int64_t denominator)
{
    return (indicator->unit == PACK_UNIT_COUNT ? numerator : denominator) / INDICATOR_SCALE;
}

static int64_t cases_of(const struct pack_indicator *indicator, const struct figure_row *row)
{
    return indicator_cases_of(indicator, row->numerator, row->denominator);
}

/* Below three cases people could be recognised. One hidden row alone would follow from the total: the next smallest is
 * hidden too. */
static void hide_small(const struct pack_indicator *indicator, figure_rows *rows)
{
    size_t hidden = 0, smallest = 0;
    for (size_t i = 0; i < rows->count; i++) {
        int64_t n = cases_of(indicator, &rows->items[i]);
        rows->items[i].hidden = n > 0 && n < SMALL;
        hidden += rows->items[i].hidden;
    }
    if (hidden != 1 || rows->count < 2)
        return;
    for (size_t i = 0, first = 1; i < rows->count; i++) {
        struct figure_row *row = &rows->items[i];
        if (row->hidden || cases_of(indicator, row) == 0)
            continue;
        if (first || cases_of(indicator, row) < cases_of(indicator, &rows->items[smallest]))
            smallest = i;
        first = 0;
    }
    rows->items[smallest].hidden = true;
}

static struct str title_of(struct work *work, const struct asking *self, struct str key)
{
    const struct pack_division *division = pack_division_find(work->service->packs, key);
    const struct pack_item *item;
    switch (self->question.by) {
    case STORE_COUNT_ALL:
    case STORE_COUNT_REGION: return division ? indicator_text(work->call, division->name) : key;
    case STORE_COUNT_ITEM:
        item = pack_item_find(work->service->packs, key, instant_day(work->now));
        return item ? indicator_text(work->call, item->title) : key;
    case STORE_COUNT_UNIT:
        for (size_t i = 0; i < self->unit_count; i++)
            if (str_equal(self->units[i].id, key))
                return self->units[i].name;
        return key;
    case STORE_COUNT_MONTH: break;
    }
    return key;
}

static int by_key(const void *a, const void *b)
{
    const struct figure_row *x = a, *y = b;
    return str_compare(x->key, y->key);
}

static struct value rows_value(struct work *work, struct asking *self)
{
    const struct pack_indicator *indicator = self->question.indicator;
    struct list_builder list;
    list_builder_init(&list, work->arena);
    if (self->rows.count)
        qsort(self->rows.items, self->rows.count, sizeof *self->rows.items, by_key);
    if (self->question.query->open || !service_can(work->call, "case.read"))
        hide_small(indicator, &self->rows);
    for (size_t i = 0; i < self->rows.count; i++) {
        const struct figure_row *row = &self->rows.items[i];
        struct view view;
        view_init(&view, work->arena);
        view_text(&view, "key", row->key);
        view_text(&view, "title", title_of(work, self, row->key));
        if (row->hidden)
            view_flag(&view, "suppressed", true);
        else
            put_amounts(&view, indicator, row);
        list_builder_push(&list, view_done(&view));
    }
    return list_builder_done(&list);
}

/* ---- One ---- */

static enum status sum_one(struct work *work, struct asking *self, struct error *err)
{
    const struct indicator_question *q = &self->question;
    int64_t amounts[2], slot = indicator_slot_of(&self->slots, q->indicator->id);
    switch (q->indicator->of) {
    case PACK_OF_ITEMS:
        sum_items(work, q->indicator, amounts);
        add_row(work->arena, &self->totals, -1, STR(""), amounts);
        return OK;
    case PACK_OF_NOW:
        if (sum_now(work, self, err) != OK)
            return FAILED;
        break;
    case PACK_OF_STAFF: break;
    case PACK_OF_CASES: {
        struct reading reading = {.keyed = q->by, .out = &self->rows};
        if (slot >= 0 && sum_cases(work, self, q->from, q->to, slot, &reading, err) != OK)
            return FAILED;
        break;
    }
    }
    total(work->arena, &self->rows, &self->totals);
    return OK;
}

static enum status get_command(struct work *work, void *arg, struct error *err)
{
    struct asking *self = arg;
    const struct indicator_question *q = &self->question;
    self->rows.count = self->totals.count = 0;
    if (indicator_slots_read(work, &self->slots, err) != OK || indicator_as_of(work, &self->as_of, err) != OK ||
        store_unit_list(work->tx, work->arena, &self->units, &self->unit_count, err) != OK ||
        sum_one(work, self, err) != OK)
        return FAILED;
    struct figure_row none = {0};
    struct view view;
    view_init(&view, work->arena);
    indicator_define(work->call, q->indicator, &view);
    view_text(&view, "region", q->query->region);
    view_text(&view, "from", indicator_date(work->arena, q->from));
    view_text(&view, "to", indicator_date(work->arena, q->to));
    view_time(&view, "as_of", self->as_of);
    put_amounts(&view, q->indicator, self->totals.count ? &self->totals.items[0] : &none);
    view_put(&view, "rows", rows_value(work, self));
    self->view = view_done(&view);
    return OK;
}

enum status service_indicator_get(const struct call *call, const struct service_indicator_query *query,
                                  struct value *out, struct error *err)
{
    struct asking self = {.view = value_null};
    if (indicator_question_read(call, query, &self.question, err) != OK ||
        work_read(call, get_command, &self, err) != OK)
        return FAILED;
    *out = self.view;
    return OK;
}

/* ---- All ---- */

static const struct figure_row *total_of(const figure_rows *rows, int64_t slot)
{
    static const struct figure_row none = {0};
    for (size_t i = 0; slot >= 0 && i < rows->count; i++)
        if (rows->items[i].slot == slot)
            return &rows->items[i];
    return &none;
}

static enum status sum_period(struct work *work, struct asking *self, int32_t from, int32_t to, figure_rows *out,
                              struct error *err)
{
    figure_rows rows = {0};
    struct reading reading = {.keyed = STORE_COUNT_ALL, .out = &rows};
    if (sum_cases(work, self, from, to, -1, &reading, err) != OK)
        return FAILED;
    out->count = 0;
    total(work->arena, &rows, out);
    return OK;
}

static enum status one_of_all(struct work *work, struct asking *self, const struct pack_indicator *indicator,
                              struct list_builder *items, struct error *err)
{
    struct view view;
    int64_t slot = indicator_slot_of(&self->slots, indicator->id);
    struct figure_row row = *total_of(&self->totals, slot), before = *total_of(&self->before, slot);
    self->question.indicator = indicator;
    self->rows.count = 0;
    if (indicator->of == PACK_OF_NOW) {
        if (sum_now(work, self, err) != OK)
            return FAILED;
        for (size_t i = 0; i < self->rows.count; i++)
            row.numerator += self->rows.items[i].numerator;
    } else if (indicator->of == PACK_OF_ITEMS) {
        int64_t amounts[2];
        sum_items(work, indicator, amounts);
        row.numerator = amounts[0];
        row.denominator = amounts[1];
    }
    view_init(&view, work->arena);
    indicator_define(work->call, indicator, &view);
    put_amounts(&view, indicator, &row);
    if (indicator->of == PACK_OF_CASES)
        view_put(&view, "previous", figure_value(indicator, before.numerator, before.denominator));
    list_builder_push(items, view_done(&view));
    return OK;
}

static enum status list_command(struct work *work, void *arg, struct error *err)
{
    struct asking *self = arg;
    struct indicator_question *q = &self->question;
    struct list_builder items;
    size_t count;
    int32_t length = q->to - q->from + 1;
    const struct pack_indicator *const *all = pack_indicators(work->service->packs, &count);
    list_builder_init(&items, work->arena);
    if (indicator_slots_read(work, &self->slots, err) != OK || indicator_as_of(work, &self->as_of, err) != OK ||
        sum_period(work, self, q->from, q->to, &self->totals, err) != OK ||
        sum_period(work, self, q->from - length, q->from - 1, &self->before, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++)
        if (all[i]->of != PACK_OF_STAFF && one_of_all(work, self, all[i], &items, err) != OK)
            return FAILED;
    struct view view;
    view_init(&view, work->arena);
    view_text(&view, "region", q->query->region);
    view_text(&view, "from", indicator_date(work->arena, q->from));
    view_text(&view, "to", indicator_date(work->arena, q->to));
    view_time(&view, "as_of", self->as_of);
    view_put(&view, "items", list_builder_done(&items));
    self->view = view_done(&view);
    return OK;
}

enum status service_indicator_list(const struct call *call, const struct service_indicator_query *query,
                                   struct value *out, struct error *err)
{
    struct asking self = {.view = value_null};
    struct service_indicator_query all = *query;
    all.id = all.by = STR("");
    if (indicator_question_read(call, &all, &self.question, err) != OK ||
        work_read(call, list_command, &self, err) != OK)
        return FAILED;
    *out = self.view;
    return OK;
}
