/* Starting deployed processes: asked for, by a message, by a signal, by a timer. */
#include "service/process_rows.h"

#include "service/exchange.h"

/* ---- One instance ---- */

static enum status fill_row(struct work *work, const struct process_opening *opening, struct store_case *row,
                            struct error *err)
{
    const struct actor *actor = work->call->actor;
    *row = (struct store_case){.item = -opening->what->row.id,
                               .packs = work->service->packs_id,
                               .region = opening->region ? opening->region : actor_region(work->call),
                               .division = opening->division ? opening->division : division_of(actor->region),
                               .unit = actor->unit.len ? actor->unit : STR_NONE,
                               .applicant = actor_index(work->call),
                               .unique_key = opening->unique,
                               .opened = work->now,
                               .state = CASE_SUBMITTED};
    if (row->region == 0) {
        error_set(err, ERROR_INVALID, "region-unknown", "It is not known which region this process belongs to.");
        return error_hint(err, "Start it as a user who has a region.");
    }
    if (row->division == 0)
        row->division = row->region * 1000000;
    char counter[48];
    int64_t n;
    case_counter_name(counter, row->region, work->now);
    if (work_number(work, counter, &n, err) != OK)
        return FAILED;
    row->id = case_id_make(row->region, work->now, n).id;
    row->head = (struct str){arena_alloc(work->arena, HASH_SIZE), HASH_SIZE};
    return OK;
}

enum status process_open(struct work *work, const struct process_opening *opening, struct work_case **out,
                         struct error *err)
{
    struct store_case row;
    struct work_case *of;
    if (fill_row(work, opening, &row, err) != OK || work_case_new(work, &row, &of, err) != OK)
        return FAILED;
    process_note_start(of, opening->business, opening->tags);
    work_case_set(of, "title", value_string(of->item->title));
    work_case_set(of, "applicant", actor_value(work->call));
    work_case_set(of, "staff", actor_staff_value(work->call));
    struct view view;
    view_init(&view, work->arena);
    view_text(&view, "item", of->item->code);
    view_text(&view, "process", of->item->process);
    view_int(&view, "version", of->item->version);
    work_case_event(of, "case.opened", view_done(&view));
    of->instance = bpmn_instance_new(work->arena, opening->what->process);
    struct bpmn_command start = {.kind = BPMN_START, .element_id = opening->element, .variables = opening->variables};
    if (engine_command(of, &start, err) != OK)
        return FAILED;
    *out = of;
    return OK;
}

/* ---- By message and signal ---- */

/* While an instance lives that a message with this key started, another message with it starts none. */
static enum status taken(struct work *work, struct str process, struct str key, struct str *unique, bool *out,
                         struct error *err)
{
    int64_t region, id;
    *out = false;
    *unique = STR_NONE;
    if (key.len == 0)
        return OK;
    *unique = service_index(work->service, work->arena, "message-start",
                            arena_printf(work->arena, "%.*s:%.*s", STR_ARGS(process), STR_ARGS(key)));
    if (store_case_unique(work->tx, *unique, &region, &id, err) != OK)
        return FAILED;
    *out = id != 0;
    return OK;
}

enum status process_triggered(struct work *work, const struct process_trigger *trigger, struct work_case **started,
                              struct error *err)
{
    struct store_start *rows;
    size_t count;
    *started = NULL;
    if (store_start_named(work->tx, work->arena, trigger->event, trigger->name, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++) {
        struct process_opening opening = {.element = rows[i].element, .variables = trigger->variables};
        struct work_case *of;
        bool busy;
        if (deployed_by_key(work->service, work->tx, rows[i].definition, &opening.what, err) != OK)
            return FAILED;
        if (!opening.what || (trigger->not_process.data && str_equal(trigger->not_process, opening.what->row.name)))
            continue;
        if (taken(work, opening.what->row.name, trigger->key, &opening.unique, &busy, err) != OK)
            return FAILED;
        if (work->call->actor->kind == ACTOR_SYSTEM)
            opening.region = rows[i].region, opening.division = rows[i].division;
        if (busy)
            continue;
        if (process_open(work, &opening, &of, err) != OK)
            return FAILED;
        if (!*started)
            *started = of;
    }
    return OK;
}

bool signal_unexpected(const struct error *err)
{
    return str_equal(str_of(err->type), STR("signal-not-expected"));
}

static enum status give_signal(struct work *work, struct case_id id, const struct bpmn_command *signal,
                               struct error *err)
{
    struct work_case *of;
    struct error problem = ERROR_INIT;
    if (work_case_load(work, id, &of, err) != OK)
        return FAILED;
    bool touched = of->touched;
    if (engine_command(of, signal, &problem) == OK)
        return OK;
    /* The instance has left that place in this very work. */
    if (signal_unexpected(&problem) || str_equal(str_of(problem.type), STR("instance-ended"))) {
        of->touched = touched;
        return OK;
    }
    *err = problem;
    return FAILED;
}

enum status signal_broadcast(struct work *work, const struct work_case *but, const struct bpmn_command *signal,
                             struct error *err)
{
    struct store_subscription *rows;
    size_t count;
    struct str name = subscription_name(work->service, work->arena, "signal", signal->name, STR_NONE);
    if (store_subscription_list(work->tx, work->arena, name, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++) {
        struct case_id id = {store_key_region(rows[i].id), rows[i].case_id};
        bool done = but && id.region == but->row.region && id.id == but->row.id;
        for (size_t n = 0; n < i && !done; n++)
            done = rows[n].case_id == id.id && store_key_region(rows[n].id) == id.region;
        if (!done && give_signal(work, id, signal, err) != OK)
            return FAILED;
    }
    struct process_trigger trigger = {.event = BPMN_EVENT_SIGNAL, .name = signal->name, .variables = signal->variables};
    struct work_case *started;
    return process_triggered(work, &trigger, &started, err);
}

/* ---- By timer ---- */

enum status process_start_due(const struct service *service, struct arena *arena, const struct deployed *what,
                              const struct store_start *start, int64_t *out, struct error *err)
{
    int64_t now = service_now(service);
    struct bpmn_env env = {.now_ms = now, .feel = service_feel(service, arena, service->packs, now)};
    return bpmn_start_due(what->process, start->element, &env, start->last, start->fired, out, err);
}

static enum status fire_start(struct work *work, void *arg, struct error *err)
{
    const struct store_start *row = arg;
    struct process_opening opening = {.element = row->element, .region = row->region, .division = row->division};
    struct store_start *next = arena_new(work->arena, struct store_start);
    struct work_case *of;
    if (work->attempt > 0)
        return OK; /* somebody else fired it; if not, the next round will */
    *next = *row;
    next->last = row->due;
    next->fired = row->fired + 1;
    if (deployed_by_key(work->service, work->tx, row->definition, &opening.what, err) != OK)
        return FAILED;
    if (!opening.what)
        return error_set(err, ERROR_INTERNAL, "definition-missing", "A start event's definition is not there.");
    if (process_start_due(work->service, work->arena, opening.what, next, &next->due, err) != OK)
        return FAILED;
    work_change_from(work, CHANGE_START_MOVE, next, row->fired);
    return process_open(work, &opening, &of, err);
}

struct due_starts {
    struct arena *arena;
    int64_t now, limit;
    struct store_start *rows;
    size_t count;
};

static enum status read_due(struct db_tx *tx, void *arg, struct error *err)
{
    struct due_starts *a = arg;
    return store_start_due(tx, a->arena, a->now, a->limit, &a->rows, &a->count, err);
}

enum status service_starts_run(struct service *self, int64_t now_ms, size_t batch, size_t *done, struct error *err)
{
    struct arena arena;
    arena_init(&arena);
    struct due_starts due = {.arena = &arena, .now = now_ms, .limit = (int64_t)batch};
    enum status status = db_read(self->db, read_due, &due, err);
    size_t fired = 0;
    for (size_t i = 0; status == OK && i < due.count; i++) {
        struct arena scratch;
        arena_init(&scratch);
        struct call call = {.service = self, .actor = &actor_system, .arena = &scratch};
        struct error problem = ERROR_INIT;
        if (work_run(&call, fire_start, &due.rows[i], &problem) == OK)
            fired++;
        else
            log_event(LOG_ERROR, "start.failed", "definition=%" PRId64 " problem=%s", due.rows[i].definition,
                      problem.type);
        arena_release(&scratch);
    }
    service_count(self, METRIC_TIMERS_FIRED, (int64_t)fired);
    *done = fired;
    arena_release(&arena);
    return status;
}
