/* Timers, upkeep, and when something is due next. */
#include "service/audit.h"
#include "service/exchange.h"

#include "clock/instant.h"
#include "service/work.h"
#include "store/ticket.h"
#include "store/upload.h"

struct due_list {
    struct service *service;
    struct arena *arena;
    int64_t now;
    size_t limit;
    struct store_timer *items;
    size_t count;
};

static enum status read_due(struct db_tx *tx, void *arg, struct error *err)
{
    struct due_list *a = arg;
    int64_t *regions;
    size_t region_count = region_list(a->service, (struct division_range){0, INT64_MAX}, a->arena, &regions);
    a->count = 0;
    for (size_t r = 0; r < region_count && a->count < a->limit; r++) {
        struct store_timer *rows;
        size_t count;
        if (store_timer_due(tx, a->arena, regions[r], a->now, (int64_t)(a->limit - a->count), &rows, &count, err) != OK)
            return FAILED;
        for (size_t i = 0; i < count; i++)
            a->items[a->count++] = rows[i];
    }
    return OK;
}

/* A timer of a process that has moved on meanwhile is only taken away. */
static enum status fire_command(struct work *work, void *arg, struct error *err)
{
    const struct store_timer *timer = arg;
    struct work_case *of;
    struct error problem = ERROR_INIT;
    work_change(work, CHANGE_TIMER_DELETE, timer);
    if (work_case_load(work, (struct case_id){store_key_region(timer->id), timer->case_id}, &of, &problem) != OK) {
        if (problem.kind == ERROR_NOT_FOUND)
            return OK;
        *err = problem;
        return FAILED;
    }
    struct bpmn_command command = {.kind = BPMN_FIRE_TIMER, .key = timer->id};
    struct store_case row = of->row;
    struct value body = of->body;
    if (engine_command(of, &command, &problem) == OK)
        return OK;
    if (!str_equal(str_of(problem.type), STR("timer-not-active")) &&
        !str_equal(str_of(problem.type), STR("instance-ended"))) {
        *err = problem;
        return FAILED;
    }
    of->row = row;
    of->body = body;
    of->touched = false;
    return OK;
}

#define AT_ONCE 64 /* timers in one commit */

#define POSTPONED_MS CLOCK_MINUTE_MS

static enum status postpone_timer(struct db_tx *tx, void *arg, struct error *err)
{
    const struct store_timer *timer = arg;
    return store_timer_move(tx, timer->id, timer->due, err);
}

/* What cannot be fired is told and tried again later, behind the others. */
static enum status fire_one(const struct call *call, struct store_timer *timer, struct error *err)
{
    struct error problem = ERROR_INIT;
    if (work_run(call, fire_command, timer, &problem) == OK)
        return OK;
    if (problem.kind == ERROR_UNAVAILABLE) {
        *err = problem;
        return FAILED;
    }
    log_event(LOG_ERROR, "timer.failed", "timer=%" PRId64 " type=%s", timer->id, problem.type);
    timer->due = service_now(call->service) + POSTPONED_MS;
    return db_write(call->service->db, postpone_timer, timer, err);
}

/* Together, and if one of them cannot be fired one by one, so that it does not hold the others up. */
static enum status fire_some(struct service *self, struct store_timer *timers, size_t count, struct error *err)
{
    struct arena scratch;
    arena_init(&scratch);
    struct call call = {.service = self, .actor = &actor_system, .arena = &scratch};
    void **args = arena_array(&scratch, void *, count);
    for (size_t i = 0; i < count; i++)
        args[i] = &timers[i];
    struct error problem = ERROR_INIT;
    enum status status = work_run_many(&call, fire_command, args, count, &problem);
    if (status != OK && problem.kind != ERROR_UNAVAILABLE) {
        status = OK;
        for (size_t i = 0; status == OK && i < count; i++)
            status = fire_one(&call, &timers[i], err);
    } else if (status != OK) {
        *err = problem;
    }
    arena_release(&scratch);
    return status;
}

enum status service_timers_run(struct service *self, int64_t now_ms, size_t batch, size_t *done, struct error *err)
{
    struct arena arena;
    arena_init(&arena);
    struct due_list due = {.service = self, .arena = &arena, .now = now_ms, .limit = batch};
    due.items = arena_array(&arena, struct store_timer, batch);
    enum status status = db_read(self->db, read_due, &due, err);
    size_t fired = 0;
    while (status == OK && fired < due.count) {
        size_t n = due.count - fired < AT_ONCE ? due.count - fired : AT_ONCE;
        status = fire_some(self, due.items + fired, n, err);
        fired += status == OK ? n : 0;
    }
    service_count(self, METRIC_TIMERS_FIRED, (int64_t)fired);
    *done = fired;
    arena_release(&arena);
    return status;
}

/* ---- Upkeep ---- */

#define DAY_MS CLOCK_DAY_MS

static enum status expire(struct db_tx *tx, void *arg, struct error *err)
{
    int64_t now = *(const int64_t *)arg;
    if (store_idempotency_expire(tx, now - 2 * DAY_MS, err) != OK ||
        store_draft_expire(tx, now - 30 * DAY_MS, err) != OK || store_upload_expire(tx, now - DAY_MS, err) != OK ||
        store_message_expire(tx, now, err) != OK || store_task_done_expire(tx, now - 30 * DAY_MS, err) != OK ||
        store_session_expire(tx, now - 30 * CLOCK_MINUTE_MS, now - DAY_MS / 2, err) != OK)
        return FAILED;
    if (store_rate_expire(tx, now - DAY_MS, err) != OK)
        return FAILED;
    return store_ticket_expire(tx, now - DAY_MS, err) == OK
               ? store_counter_expire(tx, STR("no/"), now - 3 * DAY_MS, err)
               : FAILED;
}

enum status service_upkeep_run(struct service *self, int64_t now_ms, struct error *err)
{
    if (db_write(self->db, expire, &now_ms, err) != OK)
        return FAILED;
    return service_anchor_daily(self, now_ms, err);
}

struct next_arg {
    struct service *service;
    int64_t due;
};

static enum status read_next(struct db_tx *tx, void *arg, struct error *err)
{
    struct next_arg *a = arg;
    int64_t *regions;
    size_t count = region_list(a->service, (struct division_range){0, INT64_MAX}, db_tx_arena(tx), &regions);
    a->due = INT64_MAX;
    for (size_t r = 0; r < count; r++) {
        int64_t timer, exchange;
        if (store_timer_next(tx, regions[r], &timer, err) != OK ||
            store_outbox_next(tx, regions[r], &exchange, err) != OK)
            return FAILED;
        a->due = timer < a->due ? timer : a->due;
        a->due = exchange < a->due ? exchange : a->due;
    }
    return OK;
}

enum status service_next_due(struct service *self, int64_t *out, struct error *err)
{
    struct next_arg arg = {.service = self};
    if (db_read(self->db, read_next, &arg, err) != OK)
        return FAILED;
    *out = arg.due;
    return OK;
}
