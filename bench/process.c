/* Processes through the service layer on a real database on disk, with full history.
 *   bench-process [SECONDS [WAITING [PART]]]     WAITING instances with timers are made for the bursts; 100,000 without it;
 *                                                PART: only durable, job, task or waiting (with migration and burst)
 * Prints one line per measure: name, value, unit. Bare SQLite writes the same rows in batches of the same size in the same
 * run. */
#include "bare.h"
#include "usage.h"

#include "base/base.h"
#include "db/db.h"
#include "feel/json.h"
#include "pack/pack.h"
#include "service/case.h"
#include "service/deployment.h"
#include "service/exchange.h"
#include "service/job.h"
#include "service/operate.h"
#include "service/process.h"
#include "service/search.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CALLERS 64
#define DAY_MS INT64_C(86400000)

static void give_up(const char *what, const struct error *err)
{
    fprintf(stderr, "bench-process: %s: %s %s\n", what, err->message, err->field);
    exit(1);
}

static void print(const char *name, double value, const char *unit)
{
    printf("process.%s\t%.*f\t%s\n", name, value < 10 ? 2 : 0, value, unit);
    fflush(stdout);
}

/* ---- The models ---- */

#define HEAD                                                                                                           \
    "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' xmlns:zeebe='http://camunda.org/schema/zeebe/1.0' " \
    "targetNamespace='b'>"

static const char straight[] = HEAD
    "<process id='straight' isExecutable='true'><startEvent id='begin'/>"
    "<sequenceFlow id='f0' sourceRef='begin' targetRef='choose'/><exclusiveGateway id='choose' default='f2'/>"
    "<sequenceFlow id='f1' sourceRef='choose' targetRef='work'><conditionExpression>=age &gt;= 35</conditionExpression>"
    "</sequenceFlow><sequenceFlow id='f2' sourceRef='choose' targetRef='end'/>"
    "<scriptTask id='work'><extensionElements><zeebe:script expression='=age * 2' resultVariable='twice'/>"
    "</extensionElements></scriptTask><sequenceFlow id='f3' sourceRef='work' targetRef='end'/><endEvent id='end'/>"
    "</process></definitions>";
static const char outside[] = HEAD
    "<process id='outside' isExecutable='true'><startEvent id='begin'/>"
    "<sequenceFlow id='f0' sourceRef='begin' targetRef='choose'/><exclusiveGateway id='choose' default='f2'/>"
    "<sequenceFlow id='f1' sourceRef='choose' targetRef='work'><conditionExpression>=age &gt;= 35</conditionExpression>"
    "</sequenceFlow><sequenceFlow id='f2' sourceRef='choose' targetRef='end'/>"
    "<serviceTask id='work'><extensionElements><zeebe:taskDefinition type='bench-work'/></extensionElements>"
    "</serviceTask><sequenceFlow id='f3' sourceRef='work' targetRef='end'/><endEvent id='end'/></process></definitions>";
static const char person[] = HEAD
    "<process id='person' isExecutable='true'><startEvent id='begin'/>"
    "<sequenceFlow id='f0' sourceRef='begin' targetRef='look'/>"
    "<userTask id='look'><extensionElements><zeebe:userTask/></extensionElements></userTask>"
    "<sequenceFlow id='f1' sourceRef='look' targetRef='end'/><endEvent id='end'/></process></definitions>";
static const char waiting[] = HEAD
    "<process id='waiting' isExecutable='true'><startEvent id='begin'/>"
    "<sequenceFlow id='f0' sourceRef='begin' targetRef='wait'/><intermediateCatchEvent id='wait'>"
    "<timerEventDefinition><timeDuration>=wait</timeDuration></timerEventDefinition></intermediateCatchEvent>"
    "<sequenceFlow id='f1' sourceRef='wait' targetRef='end'/><endEvent id='end'/></process></definitions>";

/* The same process with one step more behind the wait. */
static const char longer[] = HEAD
    "<process id='waiting' isExecutable='true'><startEvent id='begin'/>"
    "<sequenceFlow id='f0' sourceRef='begin' targetRef='wait'/><intermediateCatchEvent id='wait'>"
    "<timerEventDefinition><timeDuration>=wait</timeDuration></timerEventDefinition></intermediateCatchEvent>"
    "<sequenceFlow id='f1' sourceRef='wait' targetRef='more'/><manualTask id='more'/>"
    "<sequenceFlow id='f2' sourceRef='more' targetRef='end'/><endEvent id='end'/></process></definitions>";

/* ---- A service with a clock that can be moved ---- */

static _Atomic int64_t ahead_ms;

static int64_t bench_now(void *state)
{
    (void)state;
    return world_real.now_ms(NULL) + ahead_ms;
}

struct bench {
    struct service *service;
    struct actor actor;
    char folder[32];
    _Atomic int64_t next, most, done, refused;
    int64_t until_us;
    VECTOR(struct str) keys; /* of user tasks */
    struct arena arena;
    struct world world;
};

static struct call call_in(struct bench *self, struct arena *arena)
{
    return (struct call){.service = self->service, .actor = &self->actor, .arena = arena};
}

static void deploy(struct bench *self, const struct service_resource *files, size_t count)
{
    struct arena arena;
    arena_init(&arena);
    struct call call = call_in(self, &arena);
    struct error err = ERROR_INIT;
    struct value out, problems = value_null;
    if (service_deploy(&call, files, count, &out, &problems, &err) != OK) {
        fprintf(stderr, "%.*s\n", STR_ARGS(json_text(&arena, problems)));
        give_up("deploy", &err);
    }
    arena_release(&arena);
}

static void bench_open(struct bench *self, const struct pack_set *packs)
{
    struct error err = ERROR_INIT;
    snprintf(self->folder, sizeof self->folder, "/tmp/tongban-bench-XXXXXX");
    if (!mkdtemp(self->folder))
        exit(1);
    self->world = world_real;
    self->world.now_ms = bench_now;
    struct service_options options = {
        .data = self->folder, .packs = packs, .algorithm = SERVICE_ES256, .world = &self->world};
    if (service_open(&options, &self->service, &err) != OK)
        give_up("open", &err);
    size_t count;
    const struct pack_division *divisions = pack_divisions(packs, &count);
    self->actor = actor_system;
    for (size_t i = 0; i < count && !self->actor.region.data; i++)
        if (divisions[i].level == PACK_COUNTY)
            self->actor.region = divisions[i].code;
    arena_init(&self->arena);
    struct service_resource files[] = {{STR("straight.bpmn"), str_of(straight)},
                                       {STR("outside.bpmn"), str_of(outside)},
                                       {STR("person.bpmn"), str_of(person)},
                                       {STR("waiting.bpmn"), str_of(waiting)}};
    deploy(self, files, COUNT_OF(files));
}

static void bench_remove(struct bench *self)
{
    struct str *files;
    size_t count;
    struct error err = ERROR_INIT;
    if (folder_list(&self->arena, self->folder, "", &files, &count, &err) == OK)
        for (size_t i = 0; i < count; i++)
            unlink(arena_printf(&self->arena, "%s/%.*s", self->folder, STR_ARGS(files[i])).data);
    rmdir(self->folder);
    arena_release(&self->arena);
}

/* ---- Callers ---- */

typedef enum status one(struct bench *self, struct call *call, int64_t n, struct error *err);

struct caller {
    struct bench *bench;
    one *run;
};

static void *caller_main(void *arg)
{
    struct caller *caller = arg;
    struct bench *self = caller->bench;
    struct arena arena;
    arena_init(&arena);
    while (monotonic_us() < self->until_us) {
        int64_t n = atomic_fetch_add(&self->next, 1);
        if (n >= self->most)
            break;
        arena_reset(&arena);
        struct call call = call_in(self, &arena);
        struct error err = ERROR_INIT;
        if (caller->run(self, &call, n, &err) == OK)
            self->done++;
        else if (atomic_fetch_add(&self->refused, 1) == 0)
            fprintf(stderr, "bench-process: refused: %s\n", err.message);
    }
    arena_release(&arena);
    return NULL;
}

/* How many a second, for some seconds or until most are done. */
static double run_callers(struct bench *self, one *run, double seconds, int64_t most)
{
    pthread_t threads[CALLERS];
    struct caller caller = {self, run};
    int64_t started = monotonic_us();
    self->until_us = started + (int64_t)(seconds * 1e6);
    self->next = self->done = 0;
    self->most = most;
    for (size_t i = 0; i < CALLERS; i++)
        pthread_create(&threads[i], NULL, caller_main, &caller);
    for (size_t i = 0; i < CALLERS; i++)
        pthread_join(threads[i], NULL);
    return (double)self->done / ((double)(monotonic_us() - started) / 1e6);
}

static enum status start(struct call *call, const char *id, struct value variables, struct error *err)
{
    struct service_process_start begin = {.id = str_of(id), .variables = variables};
    struct value out;
    bool ended;
    return service_process_start(call, &begin, &out, &ended, err);
}

static struct value with(struct arena *arena, const char *name, struct value v)
{
    struct context_builder out;
    context_builder_init(&out, arena);
    context_builder_put(&out, str_of(name), v);
    return context_builder_done(&out);
}

static enum status start_straight(struct bench *self, struct call *call, int64_t n, struct error *err)
{
    (void)self;
    return start(call, "straight", with(call->arena, "age", value_int(35 + n % 50)), err);
}

static enum status start_outside(struct bench *self, struct call *call, int64_t n, struct error *err)
{
    (void)self;
    return start(call, "outside", with(call->arena, "age", value_int(35 + n % 50)), err);
}

/* Takes a hundred jobs and completes them one by one. */
static enum status work_jobs(struct bench *self, struct call *call, int64_t n, struct error *err)
{
    (void)n;
    struct service_job_query query = {.type = STR("bench-work"), .worker = STR("bench"), .limit = 100, .lock_ms = 600000};
    struct value jobs;
    if (service_job_activate(call, &query, &jobs, err) != OK)
        return FAILED;
    for (size_t i = 0; i < value_count(jobs); i++) {
        if (service_job_complete(call, value_text(value_get(value_at(jobs, i), STR("id"))), value_null, err) != OK)
            return FAILED;
        self->done++;
    }
    self->done--; /* the caller counts one */
    if (value_count(jobs) == 0)
        self->until_us = 0;
    return OK;
}

static enum status start_person(struct bench *self, struct call *call, int64_t n, struct error *err)
{
    (void)self;
    (void)n;
    return start(call, "person", value_null, err);
}

/* Found by its key, claimed, completed. */
static enum status do_task(struct bench *self, struct call *call, int64_t n, struct error *err)
{
    struct str key = self->keys.items[n];
    struct value task;
    if (service_user_task_get(call, key, &task, err) != OK ||
        service_user_task_assign(call, key, STR("bench"), false, err) != OK)
        return FAILED;
    return service_user_task_complete(call, key, with(call->arena, "fine", value_boolean(true)), err);
}

static enum status start_waiting(struct bench *self, struct call *call, int64_t n, struct error *err)
{
    (void)self;
    (void)n;
    return start(call, "waiting", with(call->arena, "wait", value_cstr("P1D")), err);
}

/* ---- Measures ---- */

static void measure_straight(struct bench *self, double seconds)
{
    struct db_stats stats;
    double rate = run_callers(self, start_straight, seconds, INT64_MAX);
    int64_t done = self->done;
    print("durable", rate, "instances a second from start to end, 64 callers, full history");
    db_stats_get(service_db(self->service), &stats);
    double batch = stats.batch.count ? (double)stats.batch.sum / (double)stats.batch.count : 1;
    service_close(self->service);
    char from[64], to[64];
    snprintf(from, sizeof from, "%s/tongban.db", self->folder);
    snprintf(to, sizeof to, "%s/bare.db", self->folder);
    double bare = run_bare(from, to, done, batch > 1 ? batch : 1);
    print("bare", bare, "a second, the same rows in bare SQLite");
    print("share", rate / bare, "of bare SQLite");
}

static void measure_outside(struct bench *self, double seconds)
{
    double made = run_callers(self, start_outside, seconds, INT64_MAX);
    int64_t count = self->done;
    double worked = run_callers(self, work_jobs, 600, INT64_MAX);
    print("job.started", made, "instances a second up to the job");
    print("job.completed", worked, "jobs of outsiders a second, taken by hundreds");
    if (self->done != count)
        fprintf(stderr, "bench-process: %" PRId64 " jobs done of %" PRId64 "\n", (int64_t)self->done, count);
}

static void find_tasks(struct bench *self, int64_t most)
{
    struct arena arena;
    arena_init(&arena);
    struct call call = call_in(self, &arena);
    struct error err = ERROR_INIT;
    struct value found;
    struct service_search search = {.kind = SERVICE_SEARCH_USER_TASKS,
                                    .filter = with(&arena, "state", value_cstr("CREATED")),
                                    .page = with(&arena, "limit", value_int(SERVICE_SEARCH_MOST))};
    if (service_search(&call, &search, &found, &err) != OK)
        give_up("search", &err);
    struct value items = value_get(found, STR("items"));
    for (size_t i = 0; i < value_count(items) && (int64_t)i < most; i++)
        VECTOR_PUSH(&self->arena, &self->keys,
                    arena_str(&self->arena, value_text(value_get(value_at(items, i), STR("userTaskKey")))));
    arena_release(&arena);
}

static void measure_tasks(struct bench *self)
{
    run_callers(self, start_person, 600, 8000);
    find_tasks(self, 8000);
    print("task", run_callers(self, do_task, 600, (int64_t)self->keys.count), "user tasks a second found, claimed and completed");
}

struct alone {
    struct bench *bench;
    atomic_bool stop;
    double p50_ms, p99_ms;
};

static int by_time(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Somebody who starts an instance now and then. */
static void *alone_main(void *arg)
{
    struct alone *self = arg;
    static double times[100000];
    size_t count = 0;
    struct arena arena;
    arena_init(&arena);
    while (!self->stop && count < COUNT_OF(times)) {
        arena_reset(&arena);
        struct call call = call_in(self->bench, &arena);
        struct error err = ERROR_INIT;
        int64_t from = monotonic_us();
        if (start_straight(self->bench, &call, (int64_t)count, &err) != OK)
            give_up("alone", &err);
        times[count++] = (double)(monotonic_us() - from) / 1000;
        usleep(5000);
    }
    qsort(times, count, sizeof *times, by_time);
    self->p50_ms = count ? times[count / 2] : 0;
    self->p99_ms = count ? times[count * 99 / 100] : 0;
    arena_release(&arena);
    return NULL;
}

static void alone_end(struct alone *self, pthread_t thread, const char *what)
{
    char name[64];
    self->stop = true;
    pthread_join(thread, NULL);
    snprintf(name, sizeof name, "%s.p50", what);
    print(name, self->p50_ms, "ms for somebody's command meanwhile");
    snprintf(name, sizeof name, "%s.p99", what);
    print(name, self->p99_ms, "ms for somebody's command meanwhile");
}

static void measure_waiting(struct bench *self, int64_t most)
{
    double before = resident_megabytes();
    print("waiting.made", run_callers(self, start_waiting, 36000, most), "waiting instances with a timer made a second");
    print("waiting.count", (double)self->done, "instances wait");
    print("waiting.memory", resident_megabytes() - before, "MB more than before");
}

/* One person proposes to move the waiting instances to a new version, another approves. */
static struct str approve_migration(struct bench *self)
{
    static const char proposal[] = "{\"kind\": \"migrate\", \"process\": \"waiting\", \"source\": \"deployed\","
                                   " \"version\": 1, \"to\": 2, \"reason\": \"bench\"}";
    struct service_resource file = {STR("waiting.bpmn"), str_of(longer)};
    struct actor first = {
        .kind = ACTOR_STAFF, .id = STR("one"), .name = STR("one"), .role = STR("operator"), .region = self->actor.region};
    struct actor other = first;
    other.id = other.name = STR("other");
    struct error err = ERROR_INIT;
    struct value body, change;
    deploy(self, &file, 1);
    struct call call = call_in(self, &self->arena);
    call.actor = &first;
    if (json_parse(&self->arena, str_of(proposal), NULL, &body, &err) != OK ||
        service_change_propose(&call, body, &change, &err) != OK)
        give_up("propose", &err);
    struct str id = value_text(value_get(change, STR("id")));
    call.actor = &other;
    if (service_change_decide(&call, id, true, STR_NONE, &change, &err) != OK)
        give_up("approve", &err);
    return id;
}

static void measure_migration(struct bench *self)
{
    double before = resident_megabytes();
    struct str id = approve_migration(self);
    struct alone alone = {.bench = self};
    pthread_t thread;
    pthread_create(&thread, NULL, alone_main, &alone);
    struct error err = ERROR_INIT;
    double worked = processor_seconds();
    int64_t from = monotonic_us();
    for (size_t done = 1; done > 0;)
        if (service_changes_run(self->service, bench_now(NULL), 1000, &done, &err) != OK)
            give_up("migrate", &err);
    double seconds = (double)(monotonic_us() - from) / 1e6;
    struct call call = call_in(self, &self->arena);
    struct value change;
    int64_t moved = 0;
    if (service_change_get(&call, id, &change, &err) != OK || !value_to_int64(value_get(change, STR("done")), &moved))
        give_up("change", &err);
    print("migration.instances", (double)moved, "running instances moved to a new version");
    print("migration.seconds", seconds, "seconds for them");
    print("migration.processor", processor_seconds() - worked, "seconds of processor time, all threads and the others' commands");
    print("migration.memory", resident_megabytes() - before, "MB more than before");
    alone_end(&alone, thread, "migration");
}

static void measure_timers(struct bench *self, int64_t most)
{
    ahead_ms += 2 * DAY_MS;
    struct alone alone = {.bench = self};
    pthread_t thread;
    pthread_create(&thread, NULL, alone_main, &alone);
    int64_t from = monotonic_us(), fired = 0;
    int64_t burst = most < 100000 ? most : 100000;
    while (fired < burst) {
        size_t done;
        struct error err = ERROR_INIT;
        if (service_timers_run(self->service, bench_now(NULL), 200, &done, &err) != OK)
            give_up("timers", &err);
        if (done == 0)
            break;
        fired += (int64_t)done;
    }
    print("burst.timers", (double)fired, "due timers fired");
    print("burst.seconds", (double)(monotonic_us() - from) / 1e6, "seconds for them");
    alone_end(&alone, thread, "burst");
}

static bool wanted(const char *only, const char *part)
{
    return !only || strcmp(only, part) == 0;
}

int main(int argc, char **argv)
{
    const char *only = argc > 3 ? argv[3] : NULL;
    double seconds = argc > 1 ? atof(argv[1]) : 5;
    int64_t most = argc > 2 ? atoll(argv[2]) : 100000;
    struct arena arena;
    struct error err = ERROR_INIT;
    const struct pack_set *packs;
    arena_init(&arena);
    if (pack_set_load(&arena, SOURCE_ROOT "/packs", NULL, &packs, &err) != OK)
        give_up("packs", &err);
    struct bench durable = {0}, busy = {0};
    if (wanted(only, "durable")) {
        bench_open(&durable, packs);
        measure_straight(&durable, seconds);
        bench_remove(&durable);
    }
    bench_open(&busy, packs);
    if (wanted(only, "job"))
        measure_outside(&busy, seconds);
    if (wanted(only, "task"))
        measure_tasks(&busy);
    if (wanted(only, "waiting")) {
        measure_waiting(&busy, most);
        measure_migration(&busy);
        measure_timers(&busy, most);
    }
    service_close(busy.service);
    bench_remove(&busy);
    arena_release(&arena);
    return 0;
}
