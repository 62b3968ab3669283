#include "service/what_if_run.h"

#include "feel/json.h"

#include <string.h>

#define CHUNK_ROWS 4096 /* of one snapshot */
#define CHUNK_BYTES ((size_t)1024 * 1024) /* kept between chunks */
#define THREADS_MAX 16

/* ---- One case ---- */

static enum status read_pauses(struct arena *arena, struct str text, struct limit_suspension *out, size_t *count,
                               struct error *err)
{
    struct value list;
    *count = 0;
    if (text.len == 0)
        return OK;
    if (json_parse(arena, text, NULL, &list, err) != OK)
        return FAILED;
    for (size_t i = 0; i + 1 < value_count(list) && *count < STORE_PAST_PAUSES_MAX; i += 2)
        out[(*count)++] = (struct limit_suspension){.from_ms = value_int_or(value_at(list, i), 0),
                                                    .to_ms = value_int_or(value_at(list, i + 1), 0),
                                                    .planned_ms = LIMIT_NEVER,
                                                    .ground = LIMIT_GROUND_OTHER_LAW};
    return OK;
}

enum status what_if_judge(const struct what_if_rule *rule, const struct store_past *row, struct arena *arena,
                          struct what_if_judged *out, struct error *err)
{
    struct limit_suspension pauses[STORE_PAST_PAUSES_MAX];
    struct limit limit = rule->limit;
    struct limit_due due;
    *out = (struct what_if_judged){.clocked = row->accepted != 0,
                                   .late_was = row->deadline && row->ended > row->deadline};
    if (!out->clocked)
        return OK;
    bool all = rule->extension_most < 0 || row->extension < rule->extension_most;
    limit.start_ms = row->accepted;
    limit.suspensions = pauses;
    if (read_pauses(arena, row->pauses, pauses, &limit.suspension_count, err) != OK)
        return FAILED;
    if (row->extension) {
        if (limit_compute(&limit, &due, err) != OK)
            return FAILED;
        out->kept = row->ended > due.due_ms;
        limit.extension.amount = all ? row->extension : rule->extension_most;
    }
    if (limit_compute(&limit, &due, err) != OK)
        return FAILED;
    out->due = due.due_ms;
    out->late = row->ended > due.due_ms;
    out->kept = out->kept && !out->late;
    out->used = limit_used(&limit, row->ended);
    return OK;
}

/* ---- One job ---- */

struct worker {
    struct what_if *of;
    _Atomic size_t *next_job;
    _Atomic bool *stop;
    struct arena texts, scratch; /* texts: of the chunk's rows */
    struct what_if_sums sums;
    struct store_past_range range;
    int64_t *handed; /* of the item that is read */
    struct what_if_month *month;
    struct store_past rows[CHUNK_ROWS];
    size_t count;
    struct error problem;
};

size_t what_if_jobs(const struct what_if *self)
{
    return self->region_count * self->item_count * self->month_count;
}

struct store_past_range what_if_range(const struct what_if *self, size_t job)
{
    size_t month = job % self->month_count, item = job / self->month_count % self->item_count;
    return (struct store_past_range){
        .region = self->regions[job / self->month_count / self->item_count],
        .item = self->items[item],
        .after = self->sums.months[month].from,
        .before = month + 1 < self->month_count ? self->sums.months[month + 1].from : self->ends,
        .division_from = self->divisions.from,
        .division_to = self->divisions.to,
        .unit = self->unit};
}

static void add_judged(struct worker *self, const struct what_if_judged *judged)
{
    struct what_if_sums *sums = &self->sums;
    int64_t used = judged->used < 0 ? 0 : judged->used > WHAT_IF_DAYS_MAX ? WHAT_IF_DAYS_MAX : judged->used;
    sums->clocked++;
    sums->late_was += judged->late_was;
    sums->late += judged->late;
    sums->newly_late += judged->late && !judged->late_was;
    sums->no_longer_late += judged->late_was && !judged->late;
    sums->kept += judged->kept;
    sums->used[used]++;
    self->month->clocked++;
    self->month->late_was += judged->late_was;
    self->month->late += judged->late;
}

static void count_row(struct worker *self, const struct store_past *row)
{
    struct what_if_judged judged;
    struct error broken = ERROR_INIT;
    self->sums.cases++;
    for (uint64_t left = (uint64_t)row->materials; left; left &= left - 1)
        self->handed[__builtin_ctzll(left)]++;
    arena_reset(&self->scratch);
    if (what_if_judge(&self->of->rule, row, &self->scratch, &judged, &broken) != OK)
        self->sums.unreadable++;
    else if (judged.clocked)
        add_judged(self, &judged);
}

static enum status keep_row(const struct store_past *row, void *arg, struct error *err)
{
    struct worker *self = arg;
    struct store_past *kept = &self->rows[self->count++];
    (void)err;
    *kept = *row;
    kept->unit = STR_NONE;
    kept->pauses = row->pauses.len ? arena_str(&self->texts, row->pauses) : STR("");
    return OK;
}

/* Only kept here: a read may be run again. */
static enum status read_chunk(struct db_tx *tx, void *arg, struct error *err)
{
    struct worker *self = arg;
    self->count = 0;
    arena_reset(&self->texts);
    return store_past_scan(tx, &self->range, keep_row, self, err);
}

static enum status run_job(struct worker *self, size_t job, struct error *err)
{
    const struct what_if *of = self->of;
    self->range = what_if_range(of, job);
    self->range.limit = CHUNK_ROWS;
    self->month = &self->sums.months[job % of->month_count];
    self->handed = &self->sums.handed[job / of->month_count % of->item_count * STORE_PAST_MATERIALS_MAX];
    do {
        if (db_read(of->service->db, read_chunk, self, err) != OK)
            return FAILED;
        for (size_t i = 0; i < self->count; i++)
            count_row(self, &self->rows[i]);
        if (self->count) {
            self->range.after = self->rows[self->count - 1].closed;
            self->range.after_id = self->rows[self->count - 1].id;
        }
    } while (self->count == CHUNK_ROWS && !*self->stop);
    return OK;
}

/* ---- Threads ---- */

static void *run_worker(void *arg)
{
    struct worker *self = arg;
    for (size_t job; !*self->stop && (job = (*self->next_job)++) < what_if_jobs(self->of);)
        if (run_job(self, job, &self->problem) != OK)
            *self->stop = true;
    return NULL;
}

static void add_up(struct what_if *self, const struct what_if_sums *part)
{
    struct what_if_sums *sums = &self->sums;
    const struct {
        int64_t *to;
        int64_t n;
    } all[] = {{&sums->cases, part->cases},
               {&sums->clocked, part->clocked},
               {&sums->late_was, part->late_was},
               {&sums->late, part->late},
               {&sums->newly_late, part->newly_late},
               {&sums->no_longer_late, part->no_longer_late},
               {&sums->kept, part->kept},
               {&sums->unreadable, part->unreadable}};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        *all[i].to += all[i].n;
    for (size_t i = 0; i <= WHAT_IF_DAYS_MAX; i++)
        sums->used[i] += part->used[i];
    for (size_t i = 0; i < self->month_count; i++) {
        sums->months[i].clocked += part->months[i].clocked;
        sums->months[i].late_was += part->months[i].late_was;
        sums->months[i].late += part->months[i].late;
    }
    for (size_t i = 0; i < self->item_count * STORE_PAST_MATERIALS_MAX; i++)
        sums->handed[i] += part->handed[i];
}

static struct worker *worker_new(struct what_if *of, _Atomic size_t *next_job, _Atomic bool *stop)
{
    size_t handed = of->item_count * STORE_PAST_MATERIALS_MAX * sizeof(int64_t);
    struct worker *self = heap_alloc(sizeof *self);
    memset(self, 0, sizeof *self);
    self->of = of;
    self->next_job = next_job;
    self->stop = stop;
    arena_init(&self->texts);
    arena_init(&self->scratch);
    (void)arena_alloc_raw(&self->texts, CHUNK_BYTES); /* the first chunk of an arena survives its reset */
    self->sums.handed = heap_alloc(handed);
    memset(self->sums.handed, 0, handed);
    return self;
}

static void worker_free(struct worker *self)
{
    arena_release(&self->scratch);
    arena_release(&self->texts);
    heap_free(self->sums.handed);
    heap_free(self);
}

enum status what_if_run(struct what_if *self, size_t threads, struct error *err)
{
    struct worker *workers[THREADS_MAX];
    pthread_t running[THREADS_MAX];
    _Atomic size_t next_job = 0;
    _Atomic bool stop = false;
    enum status status = OK;
    size_t count = threads < 1 ? 1 : threads > THREADS_MAX ? THREADS_MAX : threads, started = 1;
    for (size_t i = 0; i < count; i++)
        workers[i] = worker_new(self, &next_job, &stop);
    while (started < count && pthread_create(&running[started], NULL, run_worker, workers[started]) == 0)
        pthread_setname_np(running[started++], "what-if");
    run_worker(workers[0]);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && i < started)
            pthread_join(running[i], NULL);
        if (status == OK && workers[i]->problem.kind != ERROR_NONE) {
            *err = workers[i]->problem;
            status = FAILED;
        }
        add_up(self, &workers[i]->sums);
        worker_free(workers[i]);
    }
    return status;
}
