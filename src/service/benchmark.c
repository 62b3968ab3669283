#include "service/benchmark.h"

#include "clock/instant.h"
#include "service/csv.h"
#include "service/work.h"
#include "store/benchmark.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 5000
#define CELL_MAX 600
#define SCALE 1000 /* of working days */

/* ---- Our own ---- */

enum measure { MATERIALS, PROMISED, STEPS, VISITS, FEE, MEASURE_COUNT };
static const char *const measure_names[] = {"materials", "promised_days", "steps", "visits", "fee_fen"};

static int64_t working_days(const struct pack_limit *limit)
{
    static const struct {
        int64_t times, by;
    } units[] = {[PACK_WORKING_DAY] = {1, 1}, [PACK_DAY] = {5, 7}, [PACK_HOUR] = {1, 8}, [PACK_MONTH] = {22, 1}};
    return limit->n * SCALE * units[limit->unit].times / units[limit->unit].by;
}

static void measures_of(const struct pack_item *item, int64_t out[MEASURE_COUNT])
{
    const struct pack_limit *limit = item->promised.present ? &item->promised : &item->statutory;
    struct value fees = value_get(item->json, STR("fees"));
    out[MATERIALS] = out[FEE] = 0;
    for (size_t i = 0; i < item->material_count; i++)
        out[MATERIALS] += str_equal(item->materials[i].need, STR("1")) && !item->materials[i].certificate.len;
    out[PROMISED] = limit->present ? working_days(limit) : 0;
    out[STEPS] = (int64_t)value_count(value_get(item->json, STR("flow")));
    out[VISITS] = value_int_or(value_get(item->json, STR("visits")), 0);
    for (size_t i = 0; i < value_count(fees); i++)
        out[FEE] += value_int_or(value_get(value_at(fees, i), STR("fee_fen")), 0);
}

static void measures_read(const struct store_benchmark *row, int64_t out[MEASURE_COUNT])
{
    out[MATERIALS] = row->materials;
    out[PROMISED] = row->promised;
    out[STEPS] = row->steps;
    out[VISITS] = row->visits;
    out[FEE] = row->fee;
}

static struct value measure_value(enum measure measure, int64_t n)
{
    struct value days;
    if (measure != PROMISED)
        return value_int(n);
    return number_divide(value_int(n), value_int(SCALE), &days) ? days : value_null;
}

static void put_measures(struct view *view, const int64_t measures[MEASURE_COUNT])
{
    for (size_t i = 0; i < MEASURE_COUNT; i++)
        view_put(view, measure_names[i], measure_value((enum measure)i, measures[i]));
}

/* ---- Importing ---- */

static const char *const columns[] = {"item",   "title",  "province", "materials", "promised_days",
                                      "steps", "visits", "fee_fen",  "as_of",     "source"};
enum column { ITEM, TITLE, PROVINCE, C_MATERIALS, C_PROMISED, C_STEPS, C_VISITS, C_FEE, AS_OF, SOURCE, COLUMN_COUNT };
#define NEEDED (C_VISITS + 1)

struct importing {
    const struct call *call;
    size_t place[COLUMN_COUNT]; /* of the column in the file, + 1; 0: it has none */
    VECTOR(struct store_benchmark) rows;
    struct list_builder refused;
};

static enum status read_head(struct importing *self, const struct csv *csv, struct error *err)
{
    for (size_t c = 0; csv->count && c < COLUMN_COUNT; c++)
        for (size_t i = 0; i < csv->rows[0].count && self->place[c] == 0; i++)
            self->place[c] = str_equal(csv->rows[0].cells[i], str_of(columns[c])) ? i + 1 : 0;
    for (size_t c = 0; c < NEEDED; c++)
        if (self->place[c] == 0) {
            error_set(err, ERROR_INVALID, "csv-column", "The table has no column %s.", columns[c]);
            error_field(err, "%s", columns[c]);
            return error_hint(err,
                              "The first row names the columns: item, title, province, materials, promised_days, steps,"
                              " visits.");
        }
    return OK;
}

static struct str cell_of(const struct importing *self, const struct csv_row *row, enum column column)
{
    size_t place = self->place[column];
    struct str cell = place && place <= row->count ? row->cells[place - 1] : STR("");
    return cell.data ? cell : STR("");
}

static void refuse(struct importing *self, const struct csv_row *row, enum column column, const char *reason)
{
    struct view view;
    view_init(&view, self->call->arena);
    view_int(&view, "row", (int64_t)row->line);
    view_text(&view, "field", str_of(columns[column]));
    view_text(&view, "reason", str_of(reason));
    list_builder_push(&self->refused, view_done(&view));
}

static const struct pack_item *find_item(const struct importing *self, const struct csv_row *row)
{
    const struct pack_set *packs = self->call->service->packs;
    int32_t today = instant_day(service_now(self->call->service));
    const struct pack_item *found = pack_item_find(packs, cell_of(self, row, ITEM), today);
    struct str title = cell_of(self, row, TITLE);
    size_t count;
    const struct pack_item *const *all = pack_items(packs, &count);
    for (size_t i = 0; i < count && !found; i++)
        if (str_equal(all[i]->title, title) && pack_item_find(packs, all[i]->code, today) == all[i])
            found = all[i];
    return found;
}

/* A whole number, or of days one with up to three decimals, in thousandths then. */
static bool read_number(struct str cell, enum column column, int64_t *out)
{
    struct value number;
    struct error ignored = ERROR_INIT;
    if (cell.len == 0 && column == C_FEE) {
        *out = 0;
        return true;
    }
    if (value_number_parse(cell, &number, &ignored) != OK)
        return false;
    double n = value_to_double(number) * (column == C_PROMISED ? SCALE : 1);
    if (!(n >= 0 && n < 1e9) || floor(n) != n)
        return false;
    *out = (int64_t)n;
    return true;
}

static bool repeated(const struct importing *self, const struct store_benchmark *row)
{
    for (size_t i = self->rows.count; i > 0; i--)
        if (str_equal(self->rows.items[i - 1].item, row->item) &&
            str_equal(self->rows.items[i - 1].province, row->province))
            return true;
    return false;
}

/* Why the row is refused, and in which column; NULL: it is good. */
static const char *judge(const struct importing *self, const struct csv_row *row, struct store_benchmark *out,
                         enum column *column)
{
    int64_t *const numbers[COLUMN_COUNT] = {[C_MATERIALS] = &out->materials, [C_PROMISED] = &out->promised,
                                            [C_STEPS] = &out->steps,         [C_VISITS] = &out->visits,
                                            [C_FEE] = &out->fee};
    for (size_t c = 0; c < COLUMN_COUNT; c++) {
        struct str cell = cell_of(self, row, *column = (enum column)c);
        if (c < NEEDED && self->place[c] > row->count)
            return "cells-missing";
        if (cell.len > CELL_MAX || memchr(cell.data, 0, cell.len))
            return "cell-unreadable";
    }
    const struct pack_item *item = find_item(self, row);
    *column = ITEM;
    if (!item)
        return "item-unknown";
    out->item = item->code;
    out->title = cell_of(self, row, TITLE);
    out->province = cell_of(self, row, PROVINCE);
    out->as_of = cell_of(self, row, AS_OF);
    out->source = cell_of(self, row, SOURCE);
    if (repeated(self, out))
        return "row-repeated";
    for (size_t c = 0; c < COLUMN_COUNT; c++)
        if (numbers[c] && !read_number(cell_of(self, row, *column = (enum column)c), (enum column)c, numbers[c]))
            return "number-invalid";
    *column = PROVINCE;
    return out->province.len ? NULL : "province-missing";
}

static void read_row(struct importing *self, const struct csv_row *row)
{
    struct store_benchmark out = {.imported = service_now(self->call->service)};
    enum column column;
    const char *reason = judge(self, row, &out, &column);
    if (reason)
        refuse(self, row, column, reason);
    else
        VECTOR_PUSH(self->call->arena, &self->rows, out);
}

static enum status write_rows(struct db_tx *tx, void *arg, struct error *err)
{
    const struct importing *self = arg;
    for (size_t i = 0; i < self->rows.count; i++)
        if (store_benchmark_put(tx, &self->rows.items[i], err) != OK)
            return FAILED;
    return OK;
}

enum status service_benchmark_import(const struct call *call, struct str text, struct value *out, struct error *err)
{
    struct importing self = {.call = call};
    struct csv csv;
    list_builder_init(&self.refused, call->arena);
    if (service_may(call, "supervision.manage", err) != OK || csv_parse(call->arena, text, ROWS_MAX, &csv, err) != OK ||
        read_head(&self, &csv, err) != OK)
        return FAILED;
    for (size_t i = 1; i < csv.count; i++)
        read_row(&self, &csv.rows[i]);
    if (self.rows.count && db_write(call->service->db, write_rows, &self, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, call->arena);
    view_int(&view, "imported", (int64_t)self.rows.count);
    view_put(&view, "refused", list_builder_done(&self.refused));
    *out = view_done(&view);
    return OK;
}

/* ---- Comparing ---- */

struct comparing {
    struct store_benchmark *rows;
    struct store_plan *plans;
    size_t count, plan_count;
    int64_t compared, best;
    struct value view;
};

static struct value plan_view(struct arena *arena, const struct store_plan *plan)
{
    struct view view;
    view_init(&view, arena);
    view_text(&view, "measure", plan->measure);
    view_text(&view, "owner", plan->owner);
    view_text(&view, "due", plan->due);
    view_text(&view, "author", plan->author);
    view_time(&view, "changed", plan->changed);
    return view_done(&view);
}

/* One gap for each measure in which another province asks less. */
static struct value gaps_of(struct arena *arena, const int64_t ours[MEASURE_COUNT], const struct store_benchmark *rows,
                            size_t count)
{
    struct list_builder gaps;
    list_builder_init(&gaps, arena);
    for (size_t m = 0; m < MEASURE_COUNT; m++) {
        int64_t best = ours[m];
        const struct store_benchmark *whose = NULL;
        for (size_t i = 0; i < count; i++) {
            int64_t theirs[MEASURE_COUNT];
            measures_read(&rows[i], theirs);
            whose = theirs[m] < best ? &rows[i] : whose;
            best = theirs[m] < best ? theirs[m] : best;
        }
        if (!whose)
            continue;
        struct view view;
        view_init(&view, arena);
        view_text(&view, "measure", str_of(measure_names[m]));
        view_put(&view, "ours", measure_value((enum measure)m, ours[m]));
        view_put(&view, "best", measure_value((enum measure)m, best));
        view_text(&view, "province", whose->province);
        list_builder_push(&gaps, view_done(&view));
    }
    return list_builder_done(&gaps);
}

static struct value compare_item(struct work *work, struct comparing *self, const struct pack_item *item, size_t first,
                                 size_t count)
{
    struct arena *arena = work->arena;
    int64_t measures[MEASURE_COUNT];
    struct view view, ours;
    struct list_builder provinces;
    view_init(&view, arena);
    view_init(&ours, arena);
    list_builder_init(&provinces, arena);
    measures_of(item, measures);
    put_measures(&ours, measures);
    struct value gaps = gaps_of(arena, measures, &self->rows[first], count);
    for (size_t i = first; i < first + count; i++) {
        struct view one;
        int64_t theirs[MEASURE_COUNT];
        view_init(&one, arena);
        measures_read(&self->rows[i], theirs);
        view_text(&one, "province", self->rows[i].province);
        put_measures(&one, theirs);
        view_text(&one, "as_of", self->rows[i].as_of);
        view_text(&one, "source", self->rows[i].source);
        list_builder_push(&provinces, view_done(&one));
    }
    self->compared++;
    self->best += value_count(gaps) == 0;
    view_text(&view, "item", item->code);
    view_text(&view, "title", item->title);
    view_put(&view, "ours", view_done(&ours));
    view_put(&view, "provinces", list_builder_done(&provinces));
    view_put(&view, "gaps", gaps);
    view_flag(&view, "national_best", value_count(gaps) == 0);
    for (size_t i = 0; i < self->plan_count; i++)
        if (str_equal(self->plans[i].item, item->code))
            view_put(&view, "plan", plan_view(arena, &self->plans[i]));
    return view_done(&view);
}

static enum status list_command(struct work *work, void *arg, struct error *err)
{
    struct comparing *self = arg;
    struct list_builder items;
    list_builder_init(&items, work->arena);
    self->compared = self->best = 0;
    if (store_benchmark_list(work->tx, work->arena, &self->rows, &self->count, err) != OK ||
        store_plan_list(work->tx, work->arena, &self->plans, &self->plan_count, err) != OK)
        return FAILED;
    for (size_t first = 0, count; first < self->count; first += count) {
        const struct pack_item *item =
            pack_item_find(work->service->packs, self->rows[first].item, instant_day(work->now));
        for (count = 1;
             first + count < self->count && str_equal(self->rows[first].item, self->rows[first + count].item);)
            count++;
        if (item)
            list_builder_push(&items, compare_item(work, self, item, first, count));
    }
    struct view view;
    view_init(&view, work->arena);
    view_int(&view, "compared", self->compared);
    view_int(&view, "best", self->best);
    view_time(&view, "as_of", work->now);
    view_put(&view, "items", list_builder_done(&items));
    self->view = view_done(&view);
    return OK;
}

enum status service_benchmark_list(const struct call *call, struct value *out, struct error *err)
{
    struct comparing self = {.view = value_null};
    if (service_may(call, "indicator.read", err) != OK || work_read(call, list_command, &self, err) != OK)
        return FAILED;
    *out = self.view;
    return OK;
}

/* ---- Planning ---- */

static enum status write_plan(struct db_tx *tx, void *arg, struct error *err)
{
    return store_plan_put(tx, arg, err);
}

enum status service_benchmark_plan(const struct call *call, struct str item, struct value input, struct value *out,
                                   struct error *err)
{
    struct store_plan plan = {.item = item, .author = call->actor->name, .changed = service_now(call->service)};
    struct value date;
    const struct {
        const char *name;
        struct str *text;
    } texts[] = {{"measure", &plan.measure}, {"owner", &plan.owner}, {"due", &plan.due}};
    if (service_may(call, "supervision.manage", err) != OK)
        return FAILED;
    if (!pack_item_find(call->service->packs, item, instant_day(plan.changed)))
        return error_set(err, ERROR_NOT_FOUND, "item-not-found", "There is no item %.*s in force.", STR_ARGS(item));
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        *texts[i].text = str_trim(value_text(value_get(input, str_of(texts[i].name))));
        bool day = i == COUNT_OF(texts) - 1;
        if (texts[i].text->len && texts[i].text->len <= CELL_MAX && (!day || date_parse(*texts[i].text, &date)))
            continue;
        error_set(err, ERROR_INVALID, "plan-invalid",
                  "A plan says what is done, by whom, and until which day (2026-12-31).");
        return error_field(err, "%s", texts[i].name);
    }
    if (db_write(call->service->db, write_plan, &plan, err) != OK)
        return FAILED;
    *out = plan_view(call->arena, &plan);
    return OK;
}

/* ---- The same material asked by many ---- */

struct asked {
    struct str name;
    int64_t n, certificate;
    struct list_builder by;
};

static int most_asked(const void *a, const void *b)
{
    const struct asked *x = a, *y = b;
    if (x->n != y->n)
        return x->n > y->n ? -1 : 1;
    return str_compare(x->name, y->name);
}

typedef VECTOR(struct asked) asked_list;

static void add_asked(struct arena *arena, asked_list *all, const struct pack_item *item,
                      const struct pack_material *material)
{
    size_t i = 0;
    while (i < all->count && !str_equal(all->items[i].name, material->name))
        i++;
    if (i == all->count) {
        struct asked fresh = {.name = material->name};
        list_builder_init(&fresh.by, arena);
        VECTOR_PUSH(arena, all, fresh);
    }
    struct view by;
    view_init(&by, arena);
    view_text(&by, "item", item->code);
    view_text(&by, "title", item->title);
    all->items[i].n++;
    all->items[i].certificate += material->certificate.len > 0;
    list_builder_push(&all->items[i].by, view_done(&by));
}

enum status service_benchmark_materials(const struct call *call, struct value *out, struct error *err)
{
    asked_list all = {0};
    struct list_builder items;
    size_t count;
    int32_t today = instant_day(service_now(call->service));
    const struct pack_item *const *declared = pack_items(call->service->packs, &count);
    list_builder_init(&items, call->arena);
    if (service_may(call, "indicator.read", err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++)
        for (size_t m = 0; m < declared[i]->material_count; m++)
            if (pack_item_find(call->service->packs, declared[i]->code, today) == declared[i])
                add_asked(call->arena, &all, declared[i], &declared[i]->materials[m]);
    if (all.count)
        qsort(all.items, all.count, sizeof *all.items, most_asked);
    for (size_t i = 0; i < all.count && all.items[i].n > 1; i++) {
        struct view view;
        view_init(&view, call->arena);
        view_text(&view, "name", all.items[i].name);
        view_int(&view, "n", all.items[i].n);
        view_int(&view, "certificate", all.items[i].certificate);
        view_put(&view, "asked_by", list_builder_done(&all.items[i].by));
        list_builder_push(&items, view_done(&view));
    }
    *out = context_set(call->arena, value_null, "items", list_builder_done(&items));
    return OK;
}
