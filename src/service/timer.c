/* Timers, upkeep, and when something is due next. */
#include "service/audit.h"
#include "service/exchange.h"

#include "clock/instant.h"
#include "service/work.h"

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
    if (!str_equal(str_of(problem.type), STR("timer-not-active")) && !str_equal(str_of(problem.type), STR("instance-ended"))) {
        *err = problem;
        return FAILED;
    }
    of->row = row;
    of->body = body;
    of->touched = false;
    return OK;
}

enum status service_timers_run(struct service *self, int64_t now_ms, size_t batch, size_t *done, struct error *err)
{
    struct arena arena;
    arena_init(&arena);
    struct due_list due = {.service = self, .arena = &arena, .now = now_ms, .limit = batch};
    due.items = arena_array(&arena, struct store_timer, batch);
    enum status status = db_read(self->db, read_due, &due, err);
    size_t fired = 0;
    for (size_t i = 0; status == OK && i < due.count; i++) {
        struct arena scratch;
        arena_init(&scratch);
        struct call call = {.service = self, .actor = &actor_system, .arena = &scratch};
        status = work_run(&call, fire_command, &due.items[i], err);
        fired += status == OK;
        arena_release(&scratch);
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
    if (store_idempotency_expire(tx, now - 2 * DAY_MS, err) != OK || store_draft_expire(tx, now - 30 * DAY_MS, err) != OK ||
        store_message_expire(tx, now, err) != OK || store_task_done_expire(tx, now - 30 * DAY_MS, err) != OK ||
        store_session_expire(tx, now - 30 * CLOCK_MINUTE_MS, now - DAY_MS / 2, err) != OK)
        return FAILED;
    if (store_rate_expire(tx, now - DAY_MS, err) != OK)
        return FAILED;
    return store_counter_expire(tx, STR("no/"), now - 3 * DAY_MS, err);
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
        if (store_timer_next(tx, regions[r], &timer, err) != OK || store_outbox_next(tx, regions[r], &exchange, err) != OK)
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
