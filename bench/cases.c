/* Closed cases per second through the service: 64 threads open the case of a pack's scenario for ever new persons, on a
 * real database on disk. Compared with bare SQLite that commits the same rows in batches of the same size in the same
 * run. Prints one line per measure: name, value, unit.
 *     bench-cases [SECONDS] [PACKS-FOLDER] [SCENARIO]
 *     bench-cases fill FOLDER CASES [SCENARIO [FIRST]]
 * puts so many cases into the store of a folder, which is kept (ES256), about the persons from FIRST on.
 *     bench-cases deliver FOLDER
 * tells what waits there to agencies that take everything. */
#include "bare.h"
#include "usage.h"

#include "base/base.h"
#include "db/db.h"
#include "feel/json.h"
#include "pack/pack.h"
#include "service/case.h"
#include "service/exchange.h"
#include "trust/ids.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS 64
#define OTHERS_FROM 2500000 /* of 5,000,000 persons */
#define DELIVERED_AT_ONCE 1000

static void give_up(const char *what, const struct error *err)
{
    fprintf(stderr, "bench-cases: %s: %s %s\n", what, err->message, err->field);
    exit(1);
}

/* ---- The load ---- */

struct load {
    struct service *service;
    struct actor actor;
    struct str item;
    struct str form;   /* JSON in which person stands for the person it is about */
    struct str person; /* ID number in the form */
    int64_t until_us, most;
    _Atomic int64_t next;
    _Atomic int64_t closed, open, refused; /* open: they wait for somebody */
    _Atomic bool told;
};

/* The n-th fictional person of the same sex and birthday. */
static void nth_person(struct str like, int64_t n, char out[19])
{
    memcpy(out, like.data, 18);
    char digits[8];
    snprintf(digits, sizeof digits, "%04d", (int)(n / 500 % 10000));
    memcpy(out + 2, digits, 4);
    snprintf(digits, sizeof digits, "%03d", (int)(n % 500 * 2 + (like.data[16] - '0') % 2));
    memcpy(out + 14, digits, 3);
    out[17] = citizen_id_check_char((struct str){out, 17});
    out[18] = 0;
}

static struct value form_for(struct arena *arena, const struct load *load, int64_t n)
{
    char person[19];
    struct str text = arena_str(arena, load->form);
    nth_person(load->person, n, person);
    for (ptrdiff_t at = 0; (at = str_find(text, load->person, (size_t)at)) >= 0; at += 18)
        memcpy((char *)(uintptr_t)text.data + at, person, 18);
    struct value form;
    struct error err = ERROR_INIT;
    if (json_parse(arena, text, NULL, &form, &err) != OK)
        give_up("form", &err);
    return form;
}

static void *worker(void *arg)
{
    struct load *load = arg;
    struct arena arena;
    arena_init(&arena);
    while (monotonic_us() < load->until_us) {
        int64_t n = atomic_fetch_add(&load->next, 1);
        if (n >= load->most)
            break;
        arena_reset(&arena);
        struct call call = {.service = load->service, .actor = &load->actor, .arena = &arena};
        struct service_case_input input = {
            .item = load->item, .form = form_for(&arena, load, n), .confirmed = true};
        struct value answer;
        struct error err = ERROR_INIT;
        if (service_case_open(&call, &input, &answer, &err) != OK) {
            atomic_fetch_add(&load->refused, 1);
            if (!atomic_exchange(&load->told, true))
                fprintf(stderr, "bench-cases: refused: %s %s\n", err.message, err.field);
        } else if (str_equal(value_text(value_get(answer, STR("state"))), STR("closed"))) {
            atomic_fetch_add(&load->closed, 1);
        } else {
            atomic_fetch_add(&load->open, 1);
        }
    }
    arena_release(&arena);
    return NULL;
}

static double run_load(struct load *load, double seconds, double *cpu_ms)
{
    pthread_t threads[THREADS];
    double cpu = processor_seconds();
    int64_t started = monotonic_us();
    load->until_us = started + (int64_t)(seconds * 1e6);
    load->closed = load->open = 0;
    for (size_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, worker, load);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    int64_t done = load->closed + load->open;
    *cpu_ms = 1000 * (processor_seconds() - cpu) / (double)(done ? done : 1);
    return (double)done / ((double)(monotonic_us() - started) / 1e6);
}

/* ---- Setting up ---- */

/* The first ID number in the form, in the order of its members. */
static struct str first_person(struct value v)
{
    struct citizen citizen;
    struct error err = ERROR_INIT;
    if (v.kind == VALUE_STRING && v.string.len == 18 && citizen_id_check(v.string, &citizen, &err) == OK)
        return v.string;
    struct str found = STR_NONE;
    for (size_t i = 0; v.kind == VALUE_CONTEXT && i < v.context->count && !found.data; i++)
        found = first_person(v.context->members[i].value);
    return found;
}

/* A step's data: itself, or FEEL over what the scenario gives. */
static struct value given(struct arena *arena, struct value scenario, struct value data)
{
    const struct feel_program *program;
    struct error err = ERROR_INIT;
    struct feel_run run = {.arena = arena, .now_ms = world_real.now_ms(NULL)};
    struct feel_options options = {.syntax = FEEL_EXPRESSION};
    if (data.kind != VALUE_STRING)
        return data;
    if (feel_compile(arena, str_part(data.string, 1, data.string.len), &options, &program, &err) != OK)
        give_up("scenario", &err);
    return feel_evaluate_in(program, value_get(scenario, STR("given")), &run);
}

static void read_scenario(struct arena *arena, const struct pack_set *packs, const char *name, struct load *out)
{
    size_t count;
    struct value opening;
    const struct pack_scenario *const *all = pack_scenarios(packs, &count);
    for (size_t i = 0; i < count; i++) {
        if (str_find(all[i]->file->path, str_of(name), 0) < 0)
            continue;
        struct value steps = value_get(all[i]->json, STR("steps"));
        for (size_t s = 0; s < value_count(steps) && !out->item.data; s++)
            if (value_find(value_at(steps, s), STR("open"), &opening)) {
                out->item = value_text(opening);
                struct value form = given(arena, all[i]->json, value_get(value_at(steps, s), STR("form")));
                out->form = json_text(arena, form);
                out->person = first_person(form);
                struct str as = value_text(value_get(value_at(steps, s), STR("as")));
                out->actor.id = str_part(as, 6, as.len);
            }
    }
    struct value staff = pack_staff(packs);
    for (size_t i = 0; i < value_count(staff); i++) {
        struct value one = value_at(staff, i);
        if (!str_equal(value_text(value_get(one, STR("name"))), out->actor.id))
            continue;
        out->actor = (struct actor){.kind = ACTOR_STAFF,
                                    .id = out->actor.id,
                                    .name = value_text(value_get(one, STR("title"))),
                                    .role = value_text(value_get(one, STR("role"))),
                                    .region = value_text(value_get(one, STR("region"))),
                                    .unit = value_text(value_get(one, STR("unit"))),
                                    .unit_name = value_text(value_get(one, STR("unit_name"))),
                                    .uscc = value_text(value_get(one, STR("uscc"))),
                                    .level = 3};
    }
}

static void measure(struct load *load, const struct pack_set *packs, enum service_algorithm algorithm, double seconds)
{
    char folder[] = "/tmp/tongban-bench-XXXXXX", from[64], to[64];
    struct error err = ERROR_INIT;
    const char *name = algorithm == SERVICE_ES256 ? "es256" : "sm2";
    if (!mkdtemp(folder))
        exit(1);
    struct service_options options = {.data = folder, .packs = packs, .algorithm = algorithm};
    if (service_open(&options, &load->service, &err) != OK)
        give_up("open", &err);
    double cpu_ms;
    double rate = run_load(load, seconds, &cpu_ms);
    struct db_stats stats;
    db_stats_get(service_db(load->service), &stats);
    double batch = stats.batch.count ? (double)stats.batch.sum / (double)stats.batch.count : 1;
    printf("cases.closed.%s\t%.0f\tper second\n", name, rate);
    printf("cases.cpu.%s\t%.3f\tms of processor time per case\n", name, cpu_ms);
    printf("cases.refused.%s\t%" PRId64 "\tcases\n", name, (int64_t)load->refused);
    printf("cases.batch.%s\t%.1f\tcommands in one commit\n", name, batch);
    service_close(load->service);
    snprintf(from, sizeof from, "%s/tongban.db", folder);
    snprintf(to, sizeof to, "%s/bare.db", folder);
    double bare_cpu = processor_seconds();
    double bare = run_bare(from, to, load->closed, batch > 1 ? batch : 1);
    bare_cpu = 1000 * (processor_seconds() - bare_cpu) / (double)load->closed;
    printf("cases.bare_cpu.%s\t%.3f\tms of processor time per case\n", name, bare_cpu);
    printf("cases.bare.%s\t%.0f\tper second\n", name, bare);
    printf("cases.share.%s\t%.2f\tof bare SQLite\n", name, rate / bare);
    struct str *files;
    size_t count;
    struct arena arena;
    arena_init(&arena);
    if (folder_list(&arena, folder, "", &files, &count, &err) == OK)
        for (size_t i = 0; i < count; i++)
            unlink(arena_printf(&arena, "%s/%.*s", folder, STR_ARGS(files[i])).data);
    rmdir(folder);
    arena_release(&arena);
}

/* ---- Filling ---- */

static void take_everything(void *state, struct arena *arena, struct service_delivery *items, size_t count)
{
    (void)state;
    (void)arena;
    for (size_t i = 0; i < count; i++) {
        items[i].status = 200;
        items[i].reply = STR("{}");
    }
}

static void open_kept(struct load *load, const struct pack_set *packs, const char *folder)
{
    static const struct service_transport willing = {.deliver = take_everything};
    struct error err = ERROR_INIT;
    struct service_options options = {
        .data = folder, .packs = packs, .algorithm = SERVICE_ES256, .transport = &willing};
    if (service_open(&options, &load->service, &err) != OK)
        give_up("open", &err);
}

static void fill(struct load *load, const struct pack_set *packs, const char *folder, int64_t first)
{
    double cpu_ms;
    open_kept(load, packs, folder);
    load->next = first;
    load->most += first;
    double rate = run_load(load, 1e6, &cpu_ms);
    printf("cases.filled\t%" PRId64 "\tclosed, %" PRId64 " open, at %.0f per second\n", (int64_t)load->closed,
           (int64_t)load->open, rate);
    service_close(load->service);
}

static void deliver(struct load *load, const struct pack_set *packs, const char *folder)
{
    int64_t delivered = 0, started = monotonic_us();
    open_kept(load, packs, folder);
    for (size_t done = 1; done > 0; delivered += (int64_t)done) {
        struct error err = ERROR_INIT;
        if (service_outbox_run(load->service, world_real.now_ms(NULL), DELIVERED_AT_ONCE, &done, &err) != OK)
            give_up("outbox", &err);
    }
    printf("exchanges.delivered\t%" PRId64 "\tat %.0f per second\n", delivered,
           (double)delivered / ((double)(monotonic_us() - started) / 1e6));
    service_close(load->service);
}

int main(int argc, char **argv)
{
    bool filling = argc > 3 && strcmp(argv[1], "fill") == 0;
    bool delivering = argc > 2 && strcmp(argv[1], "deliver") == 0;
    double seconds = argc > 1 ? atof(argv[1]) : 5;
    const char *root = argc > 2 && !filling && !delivering ? argv[2] : SOURCE_ROOT "/packs";
    struct arena arena;
    struct error err = ERROR_INIT;
    const struct pack_set *packs;
    struct load load = {.most = filling ? atoll(argv[3]) : INT64_MAX};
    arena_init(&arena);
    if (pack_set_load(&arena, root, NULL, &packs, &err) != OK)
        give_up("packs", &err);
    read_scenario(&arena, packs, argc > 3 + filling ? argv[3 + filling] : "report-normal", &load);
    if (!load.item.data || !load.person.data || load.actor.kind != ACTOR_STAFF) {
        fprintf(stderr, "bench-cases: the scenario does not begin by staff opening a case about a person\n");
        return 1;
    }
    if (filling) {
        /* Those of another scenario must be others. */
        fill(&load, packs, argv[2], argc > 5 ? atoll(argv[5]) : argc > 4 ? OTHERS_FROM : 0);
    } else if (delivering) {
        deliver(&load, packs, argv[2]);
    } else {
        measure(&load, packs, SERVICE_ES256, seconds);
        measure(&load, packs, SERVICE_SM2, seconds);
    }
    arena_release(&arena);
    return 0;
}
