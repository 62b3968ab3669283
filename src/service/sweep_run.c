/* The threads of a sweep. Each takes a part of the parties' keys, reads it in chunks - one short snapshot each, so that
 * neither the writer nor the checkpoint waits - and asks resident by resident in a scratch arena that is reset every
 * time.
 *
 *   part of a region --store_party_range--> 1,024 rows --resident_read--> members --question_ask--> answer -->
 * tally_local ^                                                                                     |
 *                          +--------------------- until the part is empty <-- tally_add_up, progress <------------+ */
#include "service/sweep_run.h"

#include "feel/json.h"
#include "service/resident.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define PARTS 64 /* of a region, by the first bits of the parties' ids */
#define CHUNK_ROWS 1024
#define CHUNK_BYTES ((size_t)1024 * 1024) /* kept between chunks; larger ones come and go */
#define SCRATCH_BYTES ((size_t)64 * 1024)
#define TRIES_MAX 5
#define TELL_US 200000 /* progress of slow decisions is told at least this often */

struct worker {
    struct sweep *sweep;
    struct arena rows, scratch;
    struct resident_reader reader;
    struct value *members;
    struct tally_local *tally;
    int64_t looked, residents, stopped, unreadable; /* not yet added up */
    int64_t told_us;

    struct store_party_range range;
    char after[64];
    struct store_party *parties;
    size_t count;
};

/* ---- One resident ---- */

static void note_reason(struct sweep *sweep, struct str reason)
{
    if (!reason.len || sweep->reason_count == SWEEP_REASONS_MAX)
        return;
    pthread_mutex_lock(&sweep->lock);
    size_t n = sweep->reason_count, i = 0;
    char text[sizeof sweep->reasons[0]];
    snprintf(text, sizeof text, "%.*s", (int)(reason.len < 150 ? reason.len : 150), reason.data);
    while (i < n && strcmp(sweep->reasons[i], text) != 0)
        i++;
    if (i == n && n < SWEEP_REASONS_MAX && utf8_valid(str_of(text))) {
        memcpy(sweep->reasons[n], text, sizeof text);
        sweep->reason_count = n + 1;
    }
    pthread_mutex_unlock(&sweep->lock);
}

/* False when both answers are beyond the tally's limit and yet the same. */
static bool is_change(struct worker *self, struct value was, struct value is, const struct tally_one *one)
{
    if (one->was != one->is)
        return true;
    return one->was == TALLY_OTHER &&
           !str_equal(json_canonical(&self->scratch, was), json_canonical(&self->scratch, is));
}

static void count(struct worker *self, const struct store_party *row, struct value was, struct value is)
{
    const struct sweep *sweep = self->sweep;
    bool compared = sweep->question.compared;
    struct tally_one one = {.region = row->region, .was = tally_local_answer(self->tally, was)};
    one.is = compared ? tally_local_answer(self->tally, is) : one.was;
    memcpy(one.id, row->id.data, row->id.len < sizeof one.id ? row->id.len : sizeof one.id);
    bool changed = compared && is_change(self, was, is, &one);
    self->residents++;
    tally_count(self->tally, one.was);
    if (compared)
        tally_count_proposed(self->tally, one.is);
    if (changed)
        tally_count_change(self->tally, one.was, one.is);
    if ((changed || !compared) && (!sweep->outcome_given || sweep->outcome == one.is))
        tally_list(self->tally, &one);
}

static void ask(struct worker *self, const struct store_party *row)
{
    struct sweep *sweep = self->sweep;
    const struct question *question = &sweep->question;
    struct error broken = ERROR_INIT;
    struct value was, is = value_null;
    struct str reason;
    bool stopped = false;
    if (row->kind != 0 || row->division < sweep->divisions.from || row->division >= sweep->divisions.to)
        return;
    arena_reset(&self->scratch);
    if (resident_read(&self->reader, row, &self->scratch, self->members, &broken) != OK) {
        self->unreadable++;
        return;
    }
    if (!question_includes(question, self->members, &self->scratch, &stopped)) {
        self->stopped += stopped;
        return;
    }
    was = question_ask(question, &question->in_force, self->members, &self->scratch, &stopped, &reason);
    note_reason(sweep, reason);
    if (question->compared) {
        is = question_ask(question, &question->proposed, self->members, &self->scratch, &stopped, &reason);
        note_reason(sweep, reason);
    }
    if (stopped)
        self->stopped++;
    else
        count(self, row, was, is);
}

/* ---- Chunks ---- */

static enum status fetch(struct db_tx *tx, void *arg, struct error *err)
{
    struct worker *self = arg;
    arena_reset(&self->rows);
    return store_party_range(tx, &self->rows, &self->range, &self->parties, &self->count, err);
}

static enum status fetch_again(struct worker *self, struct error *err)
{
    for (int i = 1;; i++) {
        struct error problem = ERROR_INIT;
        if (db_read(self->sweep->service->db, fetch, self, &problem) == OK)
            return OK;
        if (i == TRIES_MAX || problem.kind != ERROR_UNAVAILABLE || self->sweep->cancel) {
            *err = problem;
            return FAILED;
        }
        nanosleep(&(struct timespec){0, i * 100000000L}, NULL);
    }
}

static void add_up(struct worker *self)
{
    struct sweep *sweep = self->sweep;
    tally_add_up(self->tally);
    sweep->done += self->looked;
    sweep->residents += self->residents;
    sweep->stopped += self->stopped;
    sweep->unreadable += self->unreadable;
    self->looked = self->residents = self->stopped = self->unreadable = 0;
    self->told_us = monotonic_us();
}

/* The rows of a chunk. How many it came to before the sweep was cancelled. */
static size_t ask_all(struct worker *self)
{
    size_t i = 0;
    while (i < self->count && !atomic_load_explicit(&self->sweep->cancel, memory_order_relaxed)) {
        ask(self, &self->parties[i++]);
        self->looked++;
        if (i % 16 == 0 && monotonic_us() - self->told_us > TELL_US)
            add_up(self);
    }
    add_up(self);
    return i;
}

static enum status run_part(struct worker *self, int64_t region, size_t part, struct error *err)
{
    static const char last[] = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
    struct sweep *sweep = self->sweep;
    char before = (char)((part + 1) * (256 / PARTS));
    self->after[0] = (char)(part * (256 / PARTS));
    self->range = (struct store_party_range){
        .region = region,
        .after = {self->after, part ? 1 : 0},
        .before = {part + 1 < PARTS ? &before : last, part + 1 < PARTS ? 1 : sizeof last - 1},
        .limit = CHUNK_ROWS};
    do {
        if (fetch_again(self, err) != OK)
            return FAILED;
        size_t asked = ask_all(self);
        if (asked < CHUNK_ROWS)
            return OK;
        struct str id = self->parties[asked - 1].id;
        self->range.after.len = id.len < sizeof self->after ? id.len : sizeof self->after;
        memcpy(self->after, id.data, self->range.after.len);
    } while (!sweep->cancel);
    return OK;
}

/* ---- Threads ---- */

static void worker_init(struct worker *self, struct sweep *sweep)
{
    *self = (struct worker){.sweep = sweep};
    arena_init(&self->rows);
    arena_init(&self->scratch);
    /* The first chunk of an arena survives its reset. */
    (void)arena_alloc_raw(&self->rows, CHUNK_BYTES);
    (void)arena_alloc_raw(&self->scratch, SCRATCH_BYTES);
    self->members = heap_alloc(sweep->question.name_count * sizeof *self->members);
    self->tally = tally_local_new(sweep->tally);
    resident_reader_init(&self->reader, sweep->service, sweep->question.names, sweep->question.name_count);
}

static void worker_release(struct worker *self)
{
    resident_reader_release(&self->reader);
    tally_local_free(self->tally);
    heap_free(self->members);
    arena_release(&self->scratch);
    arena_release(&self->rows);
}

static enum status count_parties(struct db_tx *tx, void *arg, struct error *err)
{
    int64_t total;
    if (store_party_count(tx, &total, err) != OK)
        return FAILED;
    ((struct sweep *)arg)->total = total;
    return OK;
}

static enum status run_parts(struct worker *self, struct error *err)
{
    struct sweep *sweep = self->sweep;
    for (;;) {
        size_t job = sweep->next_job++;
        /* Progress needs the total; the others have begun meanwhile. */
        if (job == 0 && db_read(sweep->service->db, count_parties, sweep, err) != OK)
            return FAILED;
        if (sweep->cancel || job >= sweep->region_count * PARTS)
            return OK;
        if (run_part(self, sweep->regions[job / PARTS], job % PARTS, err) != OK)
            return FAILED;
    }
}

static void fail(struct sweep *sweep, const struct error *problem)
{
    pthread_mutex_lock(&sweep->lock);
    if (sweep->problem.kind == ERROR_NONE)
        sweep->problem = *problem;
    pthread_mutex_unlock(&sweep->lock);
    sweep->cancel = true;
    log_event(LOG_ERROR, "sweep.failed", "id=%.*s type=%s", STR_ARGS(sweep->id), problem->type);
}

/* The last thread has ended. */
static void end(struct sweep *sweep)
{
    tally_finish(sweep->tally);
    sweep->took_us = monotonic_us() - sweep->started_us;
    sweep->state = sweep->problem.kind != ERROR_NONE ? SWEEP_FAILED : sweep->cancel ? SWEEP_CANCELLED : SWEEP_DONE;
    log_event(LOG_INFO, "sweep.ended", "id=%.*s residents=%" PRId64 " ms=%" PRId64, STR_ARGS(sweep->id),
              sweep->residents, sweep->took_us / 1000);
}

static void *run_thread(void *arg)
{
    struct sweep *sweep = arg;
    struct worker worker;
    struct error problem = ERROR_INIT;
    pthread_setname_np(pthread_self(), "sweep");
    if (sweep->in_background)
        setpriority(PRIO_PROCESS, 0, 10); /* 0 is this thread on Linux */
    worker_init(&worker, sweep);
    if (run_parts(&worker, &problem) != OK)
        fail(sweep, &problem);
    worker_release(&worker);
    if (--sweep->running == 0)
        end(sweep);
    return NULL;
}

enum status sweep_run(struct sweep *self, size_t threads, struct error *err)
{
    sigset_t all, before;
    sigfillset(&all);
    self->running = 1; /* of this function, so that nobody ends it too early */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (size_t i = 0; i < threads && i < SWEEP_THREADS_MAX; i++) {
        self->running++;
        if (pthread_create(&self->threads[self->thread_count], NULL, run_thread, self) == 0)
            self->thread_count++;
        else
            self->running--;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (self->thread_count == 0)
        return error_set(err, ERROR_UNAVAILABLE, "sweep-busy", "No thread could be started.");
    if (--self->running == 0)
        end(self);
    return OK;
}

void sweep_join(struct sweep *self)
{
    for (size_t i = 0; i < self->thread_count; i++)
        pthread_join(self->threads[i], NULL);
    self->thread_count = 0;
}
