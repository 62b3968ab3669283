#include "service/heat_count.h"

#include "clock/instant.h"
#include "feel/json.h"
#include "service/indicator_facts.h"

#include <stdlib.h>

#define EIGHTHS 3 /* bits behind the first one that a bucket tells apart */
#define NOT_TOLD (-1)

/* ---- Buckets ---- */

/* 0 to 7 stand for themselves; then come eight for each power of two, named by its exponent and the three bits behind
 * the first one. */
int64_t heat_bucket_of(int64_t ms)
{
    int exponent = 0;
    if (ms < 1 << EIGHTHS)
        return ms < 0 ? 0 : ms;
    while (ms >> (exponent + 1))
        exponent++;
    return ((int64_t)(exponent - EIGHTHS + 1) << EIGHTHS) + (ms >> (exponent - EIGHTHS)) - (1 << EIGHTHS);
}

int64_t heat_bucket_ms(int64_t bucket)
{
    int64_t power = (bucket >> EIGHTHS) - 1;
    CHECK(bucket >= 0);
    if (power > 62 - EIGHTHS)
        return INT64_MAX;
    if (power < 0)
        return bucket;
    int64_t first = ((bucket & ((1 << EIGHTHS) - 1)) + (1 << EIGHTHS)) << power;
    return first + ((INT64_C(1) << power) - 1) / 2;
}

/* ---- What a case adds ---- */

struct stays {
    struct list_builder passed, waiting;
    bool running;
};

/* A stay can be told from the case's own record when the element was passed once. */
static void add_trace(void *arg, const struct bpmn_trace *trace)
{
    struct stays *self = arg;
    if (trace->since_ms && self->running) {
        list_builder_push(&self->waiting, value_int((int64_t)trace->element));
        list_builder_push(&self->waiting, value_int(indicator_day(trace->since_ms)));
    } else if (trace->left) {
        bool once = trace->entered == 1 && trace->left == 1;
        list_builder_push(&self->passed, value_int((int64_t)trace->element));
        list_builder_push(&self->passed, value_int(once ? heat_bucket_of(trace->last_ms - trace->first_ms) : NOT_TOLD));
    }
}

enum status heat_stays_text(struct work *work, struct work_case *of, struct str *out, struct error *err)
{
    struct error problem = ERROR_INIT;
    struct stays self = {.running = of->row.closed == 0};
    struct list_builder all;
    if (!of->instance && work_case_process(of, &problem) != OK) {
        if (problem.kind == ERROR_UNAVAILABLE) {
            *err = problem;
            return FAILED;
        }
        /* One that cannot be read is for the audit to tell of. */
        log_event(LOG_WARNING, "heat.skipped", "id=%" PRId64 " problem=%s", of->row.id, problem.type);
        *out = STR("");
        return OK;
    }
    list_builder_init(&all, work->arena);
    list_builder_init(&self.passed, work->arena);
    list_builder_init(&self.waiting, work->arena);
    bpmn_instance_trace(of->instance, add_trace, &self);
    list_builder_push(&all, value_int(of->row.packs));
    list_builder_push(&all, value_int(self.running));
    list_builder_push(&all, list_builder_done(&self.passed));
    list_builder_push(&all, list_builder_done(&self.waiting));
    *out = json_text(work->arena, list_builder_done(&all));
    return OK;
}

/* ---- Sums ---- */

static void add_row(struct arena *arena, heat_sums *sums, struct store_heat row)
{
    int64_t county = row.area;
    row.area = 0;
    VECTOR_PUSH(arena, sums, row);
    /* A shard that is one county has its own sums already. */
    if (county == row.region)
        return;
    row.area = county;
    VECTOR_PUSH(arena, sums, row);
}

/* Under its day and its month. */
static void add_opened(struct arena *arena, heat_sums *sums, struct store_heat row, int64_t day)
{
    row.period = day;
    add_row(arena, sums, row);
    row.period = day / 100;
    add_row(arena, sums, row);
}

enum status heat_sums_add(struct arena *arena, heat_sums *sums, const struct store_fact *fact, int64_t sign,
                          struct error *err)
{
    struct value text;
    int64_t day = indicator_day(fact->opened);
    struct store_heat row = {
        .region = fact->region, .area = fact->division / 1000000, .item = fact->item, .bucket = 0, .n = sign};
    if (!fact->stays.len)
        return OK;
    if (json_parse(arena, fact->stays, NULL, &text, err) != OK)
        return FAILED;
    struct value passed = value_at(text, 2), waiting = value_at(text, 3);
    row.packs = value_int_or(value_at(text, 0), 0);
    row.period = STORE_HEAT_CASES;
    row.element = value_int_or(value_at(text, 1), 0) ? 0 : 1;
    add_row(arena, sums, row);
    row.element = -1;
    add_opened(arena, sums, row, day);
    for (size_t i = 0; i + 1 < value_count(passed); i += 2) {
        row.element = value_int_or(value_at(passed, i), 0);
        row.bucket = value_int_or(value_at(passed, i + 1), NOT_TOLD);
        add_opened(arena, sums, row, day);
    }
    row.period = STORE_HEAT_WAITING;
    for (size_t i = 0; i + 1 < value_count(waiting); i += 2) {
        row.element = value_int_or(value_at(waiting, i), 0);
        row.bucket = value_int_or(value_at(waiting, i + 1), 0);
        add_row(arena, sums, row);
    }
    return OK;
}

static int by_key(const void *a, const void *b)
{
    const struct store_heat *x = a, *y = b;
    const int64_t keys[][2] = {{x->region, y->region}, {x->area, y->area},     {x->item, y->item},
                               {x->packs, y->packs},   {x->period, y->period}, {x->element, y->element},
                               {x->bucket, y->bucket}};
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (keys[i][0] != keys[i][1])
            return keys[i][0] < keys[i][1] ? -1 : 1;
    return 0;
}

void heat_sums_merge(heat_sums *sums)
{
    size_t kept = 0;
    if (sums->count)
        qsort(sums->items, sums->count, sizeof *sums->items, by_key);
    for (size_t i = 0, same; i < sums->count; i += same) {
        struct store_heat row = sums->items[i];
        for (same = 1; i + same < sums->count && by_key(&row, &sums->items[i + same]) == 0; same++)
            row.n += sums->items[i + same].n;
        if (row.n)
            sums->items[kept++] = row;
    }
    sums->count = kept;
}

enum status heat_sums_write(struct db_tx *tx, heat_sums *sums, int64_t sign, struct error *err)
{
    heat_sums_merge(sums);
    for (size_t i = 0; i < sums->count; i++) {
        struct store_heat row = sums->items[i];
        row.n *= sign;
        if (store_heat_add(tx, &row, err) != OK)
            return FAILED;
    }
    return OK;
}
