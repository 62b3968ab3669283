/* How long it takes to ask a decision of every stored resident: 1,000,000 of them in a SQLite store made for the
 * purpose, the 12-rule table of ../shared/bench, all cores. The counts are compared with those of the residents as they
 * were generated. In the same run some are asked one by one through the service, as an official would. Usage:
 * bench-sweep [RESIDENTS [FOLDER]]; a folder is kept, and used again when there is a store in it. */
#include "usage.h"

#include "service/sweep.h"
#include "feel/json.h"
#include "service/catalogue.h"
#include "service/party.h"
#include "trust/ids.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BATCH 10000
#define SAMPLE 2000
#define ANSWERS_MAX 16
#define DECISION STR("risk")

struct bench {
    struct arena arena;   /* as long as the run */
    struct arena scratch; /* one batch */
    const struct pack_set *packs;
    struct service *service;
    int64_t residents;
    struct str sample[SAMPLE]; /* ID numbers */
    struct {
        struct str text; /* canonical JSON */
        int64_t count;
    } expected[ANSWERS_MAX];
    size_t answer_count;
};

static struct call system_call(struct bench *self, struct arena *arena)
{
    return (struct call){.service = self->service, .actor = &actor_system, .arena = arena, .purpose = STR("benchmark")};
}

/* ---- The packs: the base pack, and one with the table ---- */

static enum status load_packs(struct bench *self, const char *model, struct error *err)
{
    struct str manifest = STR(
        "{\"id\": \"bench\", \"version\": \"1.0.0\", \"title\": \"bench\", \"needs\": [\"base\"], \"sources\": []}");
    struct pack_problems problems = {.arena = &self->arena};
    const struct pack *packs[2];
    struct pack_file files[] = {{.path = STR("pack.json"), .text = manifest}, {.path = STR("decisions/risk.dmn")}};
    const char *base = access("packs/base", R_OK) == 0 ? "packs/base" : SOURCE_ROOT "/packs/base";
    if (file_read(&self->arena, model, 1 << 20, &files[1].text, err) != OK ||
        pack_load(&self->arena, base, &problems, &packs[0], err) != OK ||
        pack_load_files(&self->arena, files, COUNT_OF(files), &problems, &packs[1], err) != OK)
        return FAILED;
    return pack_set_new(&self->arena, packs, COUNT_OF(packs), &problems, &self->packs, err);
}

/* ---- The residents ---- */

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static struct str id_number(struct arena *arena, const char *region, int64_t n)
{
    int64_t day = n % 20000;
    struct civil birth =
        temporal_civil((struct value){.kind = VALUE_DATE, .temporal = {.seconds = (day - 2000) * 86400}});
    struct str first = arena_printf(arena, "%s%04" PRId64 "%02d%02d%03" PRId64, region, birth.year, birth.month,
                                    birth.day, n / 20000 + 1);
    return arena_printf(arena, "%.*s%c", STR_ARGS(first), citizen_id_check_char(first));
}

static struct value make_resident(struct bench *self, int64_t n)
{
    static const char *const regions[] = {"230102", "230103", "230202", "230302", "230402", "230502", "230602",
                                          "230702", "230802", "230902", "231002", "231102", "231202", "232721",
                                          "420102", "420202", "420302", "420502", "420602", "421002"};
    static const char *const conditions[] = {"none",           "none",          "none",      "none",
                                             "none",           "none",          "hiv",       "syphilis",
                                             "hepatitis B",    "heart failure", "eclampsia", "insulin diabetes",
                                             "severe anaemia", "scar"};
    struct arena *arena = &self->scratch;
    uint64_t random = (uint64_t)n * UINT64_C(0x9E3779B97F4A7C15) + 88172645463325252u;
    for (int i = 0; i < 4; i++)
        next_random(&random);
    const char *region = regions[(size_t)n % COUNT_OF(regions)];
    struct str id = id_number(arena, region, n / (int64_t)COUNT_OF(regions));
    struct context_builder party;
    context_builder_init(&party, arena);
    context_builder_put(&party, STR("kind"), value_cstr("person"));
    context_builder_put(&party, STR("id"), value_string(id));
    context_builder_put(&party, STR("name"), value_string(arena_printf(arena, "居民%" PRId64, n)));
    context_builder_put(&party, STR("sex"), value_cstr(n % 2 ? "1" : "2"));
    context_builder_put(&party, STR("birth"),
                        value_string(arena_printf(arena, "%.4s-%.2s-%.2s", id.data + 6, id.data + 10, id.data + 12)));
    context_builder_put(&party, STR("region"), value_string(arena_printf(arena, "%s001", region)));
    context_builder_put(&party, STR("address"), value_string(arena_printf(arena, "幸福路%" PRId64 "号", n % 997)));
    context_builder_put(&party, STR("phone"), value_string(arena_printf(arena, "138%08" PRId64, n % 100000000)));
    context_builder_put(&party, STR("household"), value_int(n / 3));
    context_builder_put(&party, STR("age"), value_int((int64_t)(next_random(&random) % 38) + 12));
    context_builder_put(&party, STR("systolic"), value_int((int64_t)(next_random(&random) % 90) + 85));
    context_builder_put(&party, STR("weeks"), value_int((int64_t)(next_random(&random) % 42)));
    context_builder_put(&party, STR("condition"), value_cstr(conditions[next_random(&random) % COUNT_OF(conditions)]));
    return context_builder_done(&party);
}

static enum status expect(struct bench *self, struct value resident, struct error *err)
{
    const struct pack_decision *decision = pack_decision_find(self->packs, DECISION);
    struct dmn_run run = {.feel = {.arena = &self->scratch}};
    struct value answer;
    if (dmn_evaluate(decision->model, decision->id, resident, &run, &answer, err) != OK)
        return FAILED;
    struct str text = json_canonical(&self->scratch, answer);
    size_t i = 0;
    while (i < self->answer_count && !str_equal(self->expected[i].text, text))
        i++;
    CHECK(i < ANSWERS_MAX);
    if (i == self->answer_count) {
        self->expected[i].text = arena_str(&self->arena, text);
        self->answer_count++;
    }
    self->expected[i].count++;
    return OK;
}

static enum status make_residents(struct bench *self, bool store, struct error *err)
{
    for (int64_t from = 0; from < self->residents; from += BATCH) {
        int64_t count = self->residents - from < BATCH ? self->residents - from : BATCH;
        struct list *batch = list_new(&self->scratch, (size_t)count);
        struct call call = system_call(self, &self->scratch);
        for (int64_t i = 0; i < count; i++) {
            batch->items[i] = make_resident(self, from + i);
            if (expect(self, batch->items[i], err) != OK)
                return FAILED;
            int64_t step = self->residents / SAMPLE ? self->residents / SAMPLE : 1;
            if ((from + i) % step == 0 && (from + i) / step < SAMPLE)
                self->sample[(from + i) / step] =
                    arena_str(&self->arena, value_text(value_get(batch->items[i], STR("id"))));
        }
        if (store && service_party_load(&call, value_of_list(batch), err) != OK)
            return FAILED;
        arena_reset(&self->scratch);
    }
    return OK;
}

/* ---- The sweep ---- */

static bool counts_agree(const struct bench *self, struct value outcomes)
{
    struct arena arena;
    arena_init(&arena);
    bool agree = value_count(outcomes) == self->answer_count;
    for (size_t i = 0; agree && i < self->answer_count; i++) {
        int64_t count = -1;
        for (size_t o = 0; o < value_count(outcomes); o++)
            if (str_equal(json_canonical(&arena, value_get(value_at(outcomes, o), STR("value"))),
                          self->expected[i].text))
                agree = value_to_int64(value_get(value_at(outcomes, o), STR("count")), &count);
        agree = agree && count == self->expected[i].count;
    }
    arena_release(&arena);
    return agree;
}

static enum status sweep(struct bench *self, struct error *err)
{
    struct service_sweep_input input = {.decision = DECISION};
    struct call call = system_call(self, &self->scratch);
    struct value view;
    double before = resident_megabytes(), most = before;
    double used = processor_seconds();
    int64_t start = monotonic_us();
    if (service_sweep_start(&call, &input, &view, err) != OK)
        return FAILED;
    struct str id = arena_str(&self->arena, value_text(value_get(view, STR("id"))));
    while (str_equal(value_text(value_get(view, STR("state"))), STR("running"))) {
        nanosleep(&(struct timespec){0, 20000000}, NULL);
        double now = resident_megabytes();
        most = now > most ? now : most;
        arena_reset(&self->scratch);
        if (service_sweep_get(&call, id, STR_NONE, 0, &view, err) != OK)
            return FAILED;
    }
    double seconds = (double)(monotonic_us() - start) / 1e6;
    used = processor_seconds() - used;
    int64_t residents = 0;
    bool counted = value_to_int64(value_get(view, STR("residents")), &residents);
    bool good = counted && residents == self->residents && counts_agree(self, value_get(view, STR("outcomes")));
    printf("sweep      %10" PRId64
           " residents %8.2f s %12.0f /s   %.2f s of processor, %s, memory %.0f MB before, %.0f MB at most\n",
           residents, seconds, (double)residents / seconds, used, good ? "counts agree" : "COUNTS DIFFER", before,
           most);
    return good ? OK : error_set(err, ERROR_INTERNAL, "bench", "The counts are not those of the residents made.");
}

static enum status one_by_one(struct bench *self, struct error *err)
{
    int64_t count = self->residents < SAMPLE ? self->residents : SAMPLE;
    int64_t start = monotonic_us();
    for (int64_t i = 0; i < count; i++) {
        struct call call = system_call(self, &self->scratch);
        struct value party, answer;
        arena_reset(&self->scratch);
        if (service_party_get(&call, self->sample[i], &party, err) != OK ||
            service_decision_evaluate(&call, DECISION, party, &answer, err) != OK)
            return FAILED;
    }
    double seconds = (double)(monotonic_us() - start) / 1e6;
    printf("one by one %10" PRId64 " residents %8.2f s %12.0f /s   found, opened, evaluated with explanation\n", count,
           seconds, (double)count / seconds);
    return OK;
}

static int remove_one(const char *path, const struct stat *stat, int flag, struct FTW *place)
{
    (void)stat, (void)flag, (void)place;
    return remove(path);
}

static enum status run(struct bench *self, const char *folder, struct error *err)
{
    const char *shared = getenv("SHARED");
    struct str model = arena_printf(&self->arena, "%s/bench/risk.dmn", shared ? shared : "../shared");
    struct str database = arena_printf(&self->arena, "%s/tongban.db", folder);
    bool fresh = access(database.data, R_OK) != 0;
    if (access(model.data, R_OK) != 0) {
        printf("sweep: skipped, there is no %s\n", model.data);
        return OK;
    }
    if (load_packs(self, model.data, err) != OK)
        return FAILED;
    struct service_options options = {.data = folder, .packs = self->packs};
    if (service_open(&options, &self->service, err) != OK)
        return FAILED;
    int64_t start = monotonic_us();
    if (make_residents(self, fresh, err) != OK)
        return FAILED;
    if (fresh)
        printf("load       %10" PRId64 " residents %8.2f s\n", self->residents, (double)(monotonic_us() - start) / 1e6);
    if (sweep(self, err) != OK || sweep(self, err) != OK)
        return FAILED;
    return one_by_one(self, err);
}

int main(int argc, char **argv)
{
    char made[200];
    const char *temporary = getenv("TMPDIR");
    static struct bench self;
    struct error err = ERROR_INIT;
    self.residents = argc > 1 ? strtoll(argv[1], NULL, 10) : 1000000;
    snprintf(made, sizeof made, "%s/tongban-sweep-XXXXXX", temporary ? temporary : "/tmp");
    const char *folder = argc > 2 ? argv[2] : mkdtemp(made);
    if (self.residents < 1 || !folder)
        return 2;
    arena_init(&self.arena);
    arena_init(&self.scratch);
    log_set_level(LOG_ERROR);
    enum status status = run(&self, folder, &err);
    if (status != OK)
        fprintf(stderr, "bench-sweep: %s\n", err.message);
    service_close(self.service);
    arena_release(&self.scratch);
    arena_release(&self.arena);
    if (argc <= 2)
        nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return status == OK ? 0 : 1;
}
