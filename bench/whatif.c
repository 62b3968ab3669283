/* How long it takes to see an item's past again under other limits: 1,000,000 closed cases of the last year in a SQLite store made
 * for the purpose, one in five suspended, one in ten extended, over all prefectures. The count of late ones is compared with that of
 * the cases as they were generated. The rows are those that counting leaves of closed cases (store/past.h), written by the same
 * statement. Usage: bench-whatif [CASES [FOLDER]]; a folder is kept, and used again when there is a store in it. */
#include "usage.h"

#include "service/what_if.h"

#include "clock/instant.h"
#include "clock/limit.h"
#include "service/internal.h"
#include "store/past.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ITEM "institution-registration"
#define BATCH 20000
#define NEW_LIMIT 8
#define ROUNDS 5

struct bench {
    struct arena arena;
    const struct pack_set *packs;
    struct service *service;
    const struct calendar *calendar;
    int64_t cases, late, year_starts, item;
    const int64_t *regions;
    size_t region_count;
    int64_t from; /* of the batch */
};

static void give_up(const struct error *err)
{
    fprintf(stderr, "bench-whatif: %s %s\n", err->message, err->field);
    exit(1);
}

static uint64_t mixed(uint64_t n)
{
    n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
    return n ^ n >> 31;
}

/* ---- The past ---- */

static struct store_past nth_case(struct bench *self, struct arena *arena, int64_t n, bool *late)
{
    uint64_t random = mixed((uint64_t)n + 1);
    int64_t accepted = self->year_starts + (int64_t)(random % 330) * CLOCK_DAY_MS + (int64_t)(random >> 20 & 0x1ffffff);
    int64_t ended = accepted + (int64_t)(random >> 9 & 0xffff) * 30000; /* at most 23 days */
    struct limit_suspension pause = {.ground = LIMIT_GROUND_EXPERT_REVIEW, .planned_ms = LIMIT_NEVER};
    struct limit limit = {.amount = NEW_LIMIT, .start_ms = accepted, .extension_max = LIMIT_AMOUNT_MAX, .calendar = self->calendar};
    struct limit_due due;
    struct error err = ERROR_INIT;
    struct store_past row = {.region = self->regions[(size_t)(random >> 3) % self->region_count],
                             .item = self->item,
                             .closed = ended,
                             .id = n + 1,
                             .unit = STR("u1"),
                             .accepted = accepted,
                             .ended = ended,
                             .deadline = accepted + 20 * CLOCK_DAY_MS,
                             .extension = n % 10 == 0 ? 5 : 0,
                             .materials = (int64_t)(random >> 40 & 15),
                             .pauses = STR("")};
    row.division = row.region * 1000000;
    if (n % 5 == 0) {
        pause.from_ms = accepted + (ended - accepted) / 4;
        pause.to_ms = accepted + (ended - accepted) / 2;
        limit.suspensions = &pause;
        limit.suspension_count = 1;
        row.pauses = arena_printf(arena, "[%" PRId64 ",%" PRId64 "]", pause.from_ms, pause.to_ms);
    }
    limit.extension.amount = row.extension;
    if (limit_compute(&limit, &due, &err) != OK)
        give_up(&err);
    *late = ended > due.due_ms;
    return row;
}

static enum status write_batch(struct db_tx *tx, void *arg, struct error *err)
{
    struct bench *self = arg;
    for (int64_t n = self->from; n < self->from + BATCH && n < self->cases; n++) {
        bool late;
        struct store_past row = nth_case(self, db_tx_arena(tx), n, &late);
        if (store_past_put(tx, &row, 0, 0, err) != OK)
            return FAILED;
    }
    return OK;
}

static void make_past(struct bench *self, bool store)
{
    struct arena scratch;
    struct error err = ERROR_INIT;
    arena_init(&scratch);
    for (int64_t n = 0; n < self->cases; n++) {
        bool late;
        (void)nth_case(self, &scratch, n, &late);
        self->late += late;
        arena_reset(&scratch);
    }
    arena_release(&scratch);
    for (self->from = 0; store && self->from < self->cases; self->from += BATCH)
        if (db_write(self->service->db, write_batch, self, &err) != OK)
            give_up(&err);
}

/* ---- The question ---- */

static int64_t ask(struct bench *self, struct value *out)
{
    struct call call = {.service = self->service, .actor = &actor_system, .arena = &self->arena};
    struct service_what_if_query query = {
        .item = STR(ITEM), .amount = STR("8"), .counted = STR("working-days"), .without = STR("")};
    struct error err = ERROR_INIT;
    int64_t started = monotonic_us();
    if (service_what_if(&call, &query, out, &err) != OK)
        give_up(&err);
    return monotonic_us() - started;
}

/* A page from the middle of the list, as people turn them. */
static int64_t turn(struct bench *self, struct str *cursor)
{
    struct call call = {.service = self->service, .actor = &actor_system, .arena = &self->arena};
    struct service_what_if_query query = {.item = STR(ITEM), .amount = STR("8"), .limit = 100, .cursor = *cursor};
    struct value page;
    struct error err = ERROR_INIT;
    int64_t started = monotonic_us();
    if (service_what_if_cases(&call, &query, &page, &err) != OK)
        give_up(&err);
    *cursor = value_text(value_get(page, STR("next")));
    return monotonic_us() - started;
}

static int measure(struct bench *self)
{
    struct value view = value_null;
    int64_t best = INT64_MAX, worst = 0, page = 0;
    double before = most_megabytes(), used = processor_seconds();
    for (int i = 0; i < ROUNDS; i++) {
        int64_t us = ask(self, &view);
        best = us < best ? us : best;
        worst = us > worst ? us : worst;
    }
    used = (processor_seconds() - used) / ROUNDS;
    printf("whatif.processor\t%.3f\tseconds of processor time a run, all threads\n", used);
    printf("whatif.cases\t%" PRId64 "\tcases\n", value_int_or(value_get(view, STR("cases")), 0));
    printf("whatif.best\t%.3f\tseconds\n", (double)best / 1e6);
    printf("whatif.worst\t%.3f\tseconds of %d runs\n", (double)worst / 1e6, ROUNDS);
    printf("whatif.rate\t%.0f\tcases per second\n", (double)self->cases * 1e6 / (double)best);
    printf("whatif.memory\t%.1f\tMB more at its highest\n", most_megabytes() - before);
    struct str cursor = STR("");
    for (int i = 0; i < 50; i++) {
        int64_t us = turn(self, &cursor);
        page = us > page ? us : page;
    }
    printf("whatif.page\t%.1f\tms for 100 late cases, the slowest of 50 pages\n", (double)page / 1e3);
    int64_t late = value_int_or(value_path(view, "then.late"), -1);
    printf("whatif.agrees\t%s\t%" PRId64 " late\n", late == self->late ? "yes" : "NO", late);
    return late == self->late && value_int_or(value_get(view, STR("cases")), 0) == self->cases ? 0 : 1;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about, (void)kind, (void)place;
    return remove(path);
}

int main(int argc, char **argv)
{
    struct bench bench = {.cases = argc > 1 ? atoll(argv[1]) : 1000000};
    char made[] = "/tmp/tongban-bench-XXXXXX";
    const char *folder = argc > 2 ? argv[2] : mkdtemp(made);
    struct error err = ERROR_INIT;
    int64_t *regions;
    arena_init(&bench.arena);
    if (!folder || pack_set_load(&bench.arena, SOURCE_ROOT "/packs", NULL, &bench.packs, &err) != OK)
        give_up(&err);
    bool store = access(arena_printf(&bench.arena, "%s/tongban.db", folder).data, F_OK) != 0;
    struct service_options options = {.data = folder, .packs = bench.packs, .algorithm = SERVICE_ES256};
    if (service_open(&options, &bench.service, &err) != OK)
        give_up(&err);
    const struct pack_item *item = pack_item_find(bench.packs, STR(ITEM), instant_day(service_now(bench.service)));
    CHECK(item);
    bench.calendar = pack_calendar(bench.packs);
    bench.item = service_item_id(bench.service, item->code, item->version);
    bench.year_starts = day_start((int32_t)day_of_date(day_date(instant_day(service_now(bench.service))).year - 1, 1, 1));
    bench.region_count = region_list(bench.service, division_range(STR("")), &bench.arena, &regions);
    bench.regions = regions;
    make_past(&bench, store);
    int code = measure(&bench);
    service_close(bench.service);
    if (argc <= 2)
        nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    arena_release(&bench.arena);
    return code;
}
