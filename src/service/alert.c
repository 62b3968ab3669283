#include "service/alert.h"

#include "clock/instant.h"
#include "service/indicator_facts.h"
#include "service/supervision_row.h"

/* ---- Watching a case ---- */

/* The instant from which the rule counts, 0: it does not concern the case now. */
static int64_t since_of(const struct pack_alert *rule, struct value names, struct feel_run *run)
{
    if (rule->where.program && !value_is_true(pack_evaluate(&rule->where, names, run)))
        return 0;
    return value_instant(pack_evaluate(&rule->since, names, run));
}

void alert_watch_read(struct work *work, const struct work_case *of, struct value names, struct alert_watch *out)
{
    size_t count;
    struct arena *arena = work->arena;
    const struct pack_alert *const *rules = pack_alerts(work->service->packs, &count);
    struct feel_run run = service_feel(work->service, arena, of->packs, work->now);
    *out = (struct alert_watch){0};
    for (size_t i = 0; i < count; i++) {
        struct store_alert row = {.region = of->row.region,
                                  .rule = rules[i]->id,
                                  .subject = key_text(arena, of->row.id),
                                  .case_id = of->row.id};
        if (rules[i]->of != PACK_ALERT_CASE)
            continue;
        row.since = of->row.closed ? 0 : since_of(rules[i], names, &run);
        row.due = row.since ? due_from(pack_calendar(of->packs), row.since, rules[i]->after) : 0;
        if (row.due)
            VECTOR_PUSH(arena, &out->wanted, row);
        else
            VECTOR_PUSH(arena, &out->dropped, row);
    }
}

enum status alert_watch_write(struct db_tx *tx, const struct alert_watch *self, struct error *err)
{
    bool ignored;
    for (size_t i = 0; i < self->wanted.count; i++)
        if (store_alert_put(tx, &self->wanted.items[i], &ignored, err) != OK)
            return FAILED;
    for (size_t i = 0; i < self->dropped.count; i++)
        if (store_alert_drop(tx, &self->dropped.items[i], err) != OK)
            return FAILED;
    return OK;
}

/* ---- Looking at cases ---- */

struct looking {
    int64_t now;
    size_t batch;
    struct store_alert *rows;
    size_t count;
};

static enum status list_due(struct work *work, void *arg, struct error *err)
{
    struct looking *self = arg;
    return store_alert_due(work->tx, work->call->arena, self->now, (int64_t)self->batch, &self->rows, &self->count,
                           err);
}

static enum status supervise(struct work_case *of, const struct pack_alert *rule, struct value names, struct error *err)
{
    struct work *work = of->work;
    struct feel_run run = service_feel(work->service, work->arena, of->packs, work->now);
    struct supervision_alert alert = {.rule = rule,
                                      .owner = value_text(pack_evaluate(&rule->owner, names, &run)),
                                      .due = due_from(pack_calendar(of->packs), work->now, rule->due)};
    return supervision_of_case(of, &alert, err);
}

static enum status look_command(struct work *work, void *arg, struct error *err)
{
    const struct store_alert *row = arg;
    const struct pack_alert *rule = pack_alert_find(work->service->packs, row->rule);
    struct work_case *of;
    struct value names;
    work_change(work, CHANGE_ALERT_DONE, row);
    if (!rule || rule->of != PACK_ALERT_CASE)
        return OK;
    if (work_case_load(work, (struct case_id){row->region, row->case_id}, &of, err) != OK)
        return err->kind == ERROR_NOT_FOUND ? OK : FAILED;
    if (of->row.closed)
        return OK;
    if (indicator_case_names(work, of, &names, err) != OK)
        return FAILED;
    struct feel_run run = service_feel(work->service, work->arena, of->packs, work->now);
    return since_of(rule, names, &run) == row->since ? supervise(of, rule, names, err) : OK;
}

static enum status leave_command(struct work *work, void *arg, struct error *err)
{
    (void)err;
    work_change(work, CHANGE_ALERT_DONE, arg);
    return OK;
}

/* One after the other: a case that cannot be read is for the audit to tell of; it must not hold up the others. */
static enum status look_at(struct service *service, struct store_alert *row, struct error *err)
{
    struct arena arena;
    struct error problem = ERROR_INIT;
    arena_init(&arena);
    struct call call = {.service = service, .actor = &actor_system, .arena = &arena};
    enum status status = work_run(&call, look_command, row, &problem);
    if (status != OK && problem.kind == ERROR_UNAVAILABLE) {
        *err = problem;
    } else if (status != OK) {
        log_event(LOG_WARNING, "alert.skipped", "rule=%.*s id=%" PRId64 " problem=%s", STR_ARGS(row->rule),
                  row->case_id, problem.type);
        status = work_run(&call, leave_command, row, err);
    }
    arena_release(&arena);
    return status;
}

enum status service_alerts_run(struct service *self, int64_t now_ms, size_t batch, size_t *done, struct error *err)
{
    struct arena arena;
    arena_init(&arena);
    struct call call = {.service = self, .actor = &actor_system, .arena = &arena};
    struct looking looking = {.now = now_ms, .batch = batch};
    *done = 0;
    enum status status = work_read(&call, list_due, &looking, err);
    for (size_t i = 0; i < looking.count && status == OK; i++) {
        status = look_at(self, &looking.rows[i], err);
        *done += status == OK;
    }
    arena_release(&arena);
    return status;
}

/* ---- Looking at institutions ---- */

struct judging {
    const struct pack_alert *rule;
    int64_t region, month, slot;
    struct store_count_sum *sums;
    size_t count;
    struct str unit;
    struct value value;
    bool told;
};

static enum status read_figures(struct work *work, void *arg, struct error *err)
{
    struct judging *self = arg;
    struct indicator_slots slots;
    if (indicator_slots_read(work, &slots, err) != OK)
        return FAILED;
    struct store_count_query query = {.region = self->region,
                                      .from = self->month,
                                      .to = self->month,
                                      .division_to = INT64_MAX,
                                      .item_from = 1,
                                      .item_to = INT64_MAX,
                                      .slot = indicator_slot_of(&slots, self->rule->indicator),
                                      .by = STORE_COUNT_UNIT};
    self->count = 0;
    return query.slot < 0 ? OK : store_count_sums(work->tx, work->call->arena, &query, &self->sums, &self->count, err);
}

static bool beyond(const struct pack_alert *rule, const struct store_count_sum *sum, struct value *value)
{
    struct value ratio;
    if (sum->unit.len == 0 || sum->denominator < rule->at_least * INDICATOR_SCALE ||
        !number_divide(value_int(sum->numerator), value_int(sum->denominator), &ratio) ||
        !number_round(ratio, 4, ROUND_HALF_UP, value))
        return false;
    return value_is_null(rule->above) ? value_to_double(*value) < value_to_double(rule->below)
                                      : value_to_double(*value) > value_to_double(rule->above);
}

static enum status unit_command(struct work *work, void *arg, struct error *err)
{
    struct judging *self = arg;
    bool known;
    const struct calendar *calendar = pack_calendar(work->service->packs);
    struct store_alert *row = arena_new(work->arena, struct store_alert);
    *row = (struct store_alert){.region = self->region,
                                .rule = self->rule->id,
                                .subject = arena_printf(work->arena, "unit:%.*s", STR_ARGS(self->unit)),
                                .since = self->month};
    self->told = false;
    if (store_alert_has(work->tx, row, &known, err) != OK)
        return FAILED;
    if (known)
        return OK;
    self->told = true;
    work_change(work, CHANGE_ALERT_PUT, row);
    struct supervision_alert alert = {.rule = self->rule,
                                      .due = due_from(calendar, work->now, self->rule->due),
                                      .region = self->region,
                                      .unit = self->unit,
                                      .value = self->value};
    return supervision_of_unit(work, &alert, err);
}

static enum status judge_region(const struct call *call, struct judging *self, size_t *done, struct error *err)
{
    if (work_read(call, read_figures, self, err) != OK)
        return FAILED;
    for (size_t i = 0; i < self->count; i++) {
        self->unit = self->sums[i].unit;
        if (!beyond(self->rule, &self->sums[i], &self->value))
            continue;
        if (work_run(call, unit_command, self, err) != OK)
            return FAILED;
        *done += self->told;
    }
    return OK;
}

enum status service_unit_alerts_run(struct service *self, int64_t now_ms, size_t batch, size_t *done, struct error *err)
{
    struct arena arena;
    size_t count, region_count;
    int64_t *regions;
    enum status status = OK;
    (void)batch;
    arena_init(&arena);
    struct call call = {.service = self, .actor = &actor_system, .arena = &arena};
    const struct pack_alert *const *rules = pack_alerts(self->packs, &count);
    region_count = region_list(self, division_range(STR("")), &arena, &regions);
    *done = 0;
    for (size_t i = 0; i < count && status == OK; i++)
        for (size_t r = 0; rules[i]->of == PACK_ALERT_UNIT && r < region_count && status == OK; r++) {
            struct judging judging = {.rule = rules[i], .region = regions[r], .month = indicator_day(now_ms) / 100};
            status = judge_region(&call, &judging, done, err);
        }
    arena_release(&arena);
    return status;
}
