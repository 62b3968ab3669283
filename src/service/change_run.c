/* Carries out approved changes, some cases at a time. A case keeps the key of the last change it has had, so one that
 * is seen again after a crash, or by two servers, is changed and counted once. How far the change has come is therefore
 * only noted now and then. */
#include "service/change.h"

#include "service/operate.h"

#define AT_ONCE 512    /* cases in one commit */
#define AT_ONCE_WANTED 128 /* while others want to write: they wait for some milliseconds then */
#define LOOKED_AT 1000 /* cases for which the versions are looked up once */
#define TURN_US 1000000 /* then other upkeep has its turn */

enum outcome { CASE_PENDING, CASE_CHANGED, CASE_SKIPPED, CASE_FAILED };

struct changing {
    const struct change_plan *plan;
    const struct store_change *row;
    struct change_place place;
    enum outcome outcome;
    struct error problem;
};

struct running {
    struct service *service;
    struct call call;
    size_t limit;
    struct store_change row;
    bool found;
    struct value body;
    struct change_plan plan;
    struct change_places places;
};

static enum status load_command(struct work *work, void *arg, struct error *err)
{
    struct running *self = arg;
    self->places = (struct change_places){0};
    if (store_change_running(work->tx, work->arena, &self->row, &self->found, err) != OK)
        return FAILED;
    if (!self->found)
        return OK;
    if (change_unseal(work->service, work->arena, &self->row, &self->body, err) != OK ||
        change_plan_make(work, self->body, &self->plan, err) != OK)
        return FAILED;
    self->plan.id = self->row.id;
    return change_next(work, &self->plan, &self->row, self->limit, &self->places, err);
}

static bool in_scope(const struct work_case *of, const struct store_change *row)
{
    return of->row.division >= row->division_from && of->row.division < row->division_to &&
           (!row->unit.data || str_equal(row->unit, of->row.unit));
}

static enum status change_command(struct work *work, void *arg, struct error *err)
{
    struct changing *one = arg;
    struct work_case *of;
    bool concerned;
    one->outcome = CASE_PENDING;
    if (work_case_load(work, one->place.id, &of, err) != OK)
        return FAILED;
    if (!in_scope(of, one->row))
        return error_set(err, ERROR_NOT_FOUND, "case-not-found", "Case %.*s is not in the scope of the change.",
                         STR_ARGS(of->no));
    if (value_int_or(work_case_get(of, "change"), 0) == one->row->id) {
        one->outcome = CASE_CHANGED;
        return OK;
    }
    if (change_apply(of, one->plan, &concerned, err) != OK)
        return FAILED;
    if (concerned) {
        work_case_set(of, "change", value_int(one->row->id));
        work_change(work, CHANGE_COUNT, WORK_ROW(work, store_change, .id = one->row->id));
    }
    one->outcome = concerned ? CASE_CHANGED : CASE_SKIPPED;
    return OK;
}

/* One that cannot be changed is noted down; what is only busy is tried again later. */
static enum status change_one(const struct call *call, struct changing *one, struct error *err)
{
    one->problem = ERROR_INIT;
    if (work_run(call, change_command, one, &one->problem) == OK)
        return OK;
    if (one->problem.kind == ERROR_UNAVAILABLE) {
        *err = one->problem;
        return FAILED;
    }
    one->outcome = CASE_FAILED;
    return OK;
}

static enum status change_some(struct running *self, struct changing *items, size_t count, struct error *err)
{
    struct arena arena;
    arena_init(&arena);
    struct call call = self->call;
    call.arena = &arena;
    void **args = arena_array(&arena, void *, count);
    for (size_t i = 0; i < count; i++)
        args[i] = &items[i];
    struct error problem = ERROR_INIT;
    enum status status = work_run_many(&call, change_command, args, count, &problem);
    if (status != OK && problem.kind == ERROR_UNAVAILABLE) {
        *err = problem;
    } else if (status != OK) {
        status = OK;
        for (size_t i = 0; i < count && status == OK; i++)
            status = change_one(&call, &items[i], err);
    }
    arena_release(&arena);
    return status;
}

/* Those that are done were counted with the case. */
static void count_outcomes(struct running *self, const struct changing *items, size_t count)
{
    struct store_change *row = &self->row;
    for (size_t i = 0; i < count; i++) {
        row->skipped += items[i].outcome == CASE_SKIPPED;
        row->failed += items[i].outcome == CASE_FAILED;
        if (items[i].outcome == CASE_FAILED)
            self->body = change_problem(self->call.arena, self->body, items[i].place.no, &items[i].problem);
    }
    row->at_region = items[count - 1].place.region;
    row->at_id = items[count - 1].place.at;
}

static enum status save(struct db_tx *tx, void *arg, struct error *err)
{
    struct running *self = arg;
    bool changed; /* not when another server has come as far: it has counted the same cases */
    return store_change_update(tx, &self->row, &changed, err);
}

static enum status save_progress(struct running *self, struct error *err)
{
    self->row.body = change_seal(self->service, self->call.arena, &self->row, self->body);
    if (db_write(self->service->db, save, self, err) != OK)
        return FAILED;
    self->row.version++;
    return OK;
}

static enum status run_places(struct running *self, struct error *err)
{
    struct changing items[AT_ONCE];
    int64_t until = monotonic_us() + TURN_US;
    size_t first = 0, count;
    for (; first < self->places.count && (first == 0 || monotonic_us() < until); first += count) {
        size_t most = db_wanted(self->service->db) ? AT_ONCE_WANTED : AT_ONCE;
        count = self->places.count - first < most ? self->places.count - first : most;
        for (size_t i = 0; i < count; i++)
            items[i] =
                (struct changing){.plan = &self->plan, .row = &self->row, .place = self->places.items[first + i]};
        if (change_some(self, items, count, err) != OK)
            return FAILED;
        count_outcomes(self, items, count);
    }
    return save_progress(self, err);
}

static enum status run_found(struct running *self, struct error *err)
{
    if (self->places.count)
        return run_places(self, err);
    self->row.state = STORE_CHANGE_DONE;
    log_event(LOG_INFO, "change.done",
              "change=%" PRId64 " changed=%" PRId64 " failed=%" PRId64 " skipped=%" PRId64, self->row.id,
              self->row.done, self->row.failed, self->row.skipped);
    return save_progress(self, err);
}

enum status service_changes_run(struct service *self, int64_t now_ms, size_t batch, size_t *done, struct error *err)
{
    (void)now_ms;
    struct arena arena;
    arena_init(&arena);
    struct running running = {.service = self,
                              .call = {.service = self, .actor = &actor_system, .arena = &arena},
                              .limit = batch < LOOKED_AT ? batch : LOOKED_AT};
    enum status status = work_read(&running.call, load_command, &running, err);
    if (status == OK && running.found)
        status = run_found(&running, err);
    *done = status != OK || !running.found ? 0 : running.places.count ? running.places.count : 1;
    arena_release(&arena);
    return status;
}
