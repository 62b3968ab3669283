/* Starting, looking at and stopping of sweeps. They live in a list of the service; the threads are in sweep_run.c. */
#include "service/sweep.h"

#include "feel/json.h"
#include "service/resident.h"
#include "service/sweep_run.h"
#include "service/work.h"

#include <string.h>
#include <unistd.h>

#define RUNNING_MAX 2
#define ENDED_MAX 8
#define LIST_DEFAULT 1000
#define PAGE_MAX 200

static const char *const state_names[] = {
    [SWEEP_RUNNING] = "running", [SWEEP_DONE] = "done", [SWEEP_CANCELLED] = "cancelled", [SWEEP_FAILED] = "failed"};

static void sweep_free(struct sweep *self)
{
    sweep_join(self);
    tally_free(self->tally);
    pthread_mutex_destroy(&self->lock);
    arena_release(&self->arena);
    heap_free(self);
}

void sweeps_close(struct service *service)
{
    for (struct sweep *sweep = service->sweeps; sweep; sweep = sweep->next)
        sweep->cancel = true;
    for (struct sweep *sweep = service->sweeps, *next; sweep; sweep = next) {
        next = sweep->next;
        sweep_free(sweep);
    }
    service->sweeps = NULL;
}

/* ---- The list ---- */

static struct str owner_of(const struct call *call, struct arena *arena)
{
    return arena_printf(arena, "%s:%.*s", actor_kind_name(call->actor->kind), STR_ARGS(call->actor->id));
}

/* Takes hold of one that the actor started; NULL when there is none. By id, or by the key it was started with. */
static struct sweep *hold(const struct call *call, struct str id, struct str idempotency)
{
    struct service *service = call->service;
    struct str owner = owner_of(call, call->arena);
    pthread_mutex_lock(&service->lock);
    struct sweep *found = service->sweeps;
    while (found && !(str_equal(found->owner, owner) &&
                      (id.len ? str_equal(found->id, id) : str_equal(found->idempotency, idempotency))))
        found = found->next;
    if (found)
        found->users++;
    pthread_mutex_unlock(&service->lock);
    return found;
}

static void let_go(struct sweep *self)
{
    struct service *service = self->service;
    pthread_mutex_lock(&service->lock);
    self->users--;
    pthread_mutex_unlock(&service->lock);
}

/* Under the lock: those that ended and nobody looks at, beyond the newest ones, leave the list and are returned. */
static struct sweep *take_old(struct service *service)
{
    struct sweep *old = NULL;
    size_t ended = 0;
    for (struct sweep **at = &service->sweeps; *at;) {
        struct sweep *sweep = *at;
        bool is_old = sweep->state != SWEEP_RUNNING && ++ended > ENDED_MAX && sweep->users == 0;
        if (!is_old) {
            at = &sweep->next;
            continue;
        }
        *at = sweep->next;
        sweep->next = old;
        old = sweep;
    }
    return old;
}

/* Puts it into the list unless too many run. */
static enum status enlist(struct service *service, struct sweep *sweep, struct error *err)
{
    size_t running = 0;
    pthread_mutex_lock(&service->lock);
    for (const struct sweep *other = service->sweeps; other; other = other->next)
        running += other->state == SWEEP_RUNNING;
    struct sweep *old = NULL;
    if (running < RUNNING_MAX) {
        sweep->next = service->sweeps;
        sweep->users = 1;
        service->sweeps = sweep;
        old = take_old(service);
    }
    pthread_mutex_unlock(&service->lock);
    for (struct sweep *next; old; old = next) {
        next = old->next;
        sweep_free(old);
    }
    if (running < RUNNING_MAX)
        return OK;
    error_set(err, ERROR_TOO_MANY, "sweep-busy", "%d sweeps are running.", RUNNING_MAX);
    return error_hint(err, "Wait for one to end, or cancel it.");
}

/* ---- Starting ---- */

/* Residents belong to divisions, not to institutions or to themselves. */
static enum status check_scope(const struct call *call, struct error *err)
{
    struct actor_scope scope = actor_scope(call);
    if (service_may(call, "decision.evaluate", err) != OK || service_may(call, "party.read", err) != OK)
        return FAILED;
    if (!scope.own && !scope.unit.data)
        return OK;
    error_set(err, ERROR_FORBIDDEN, "forbidden",
              "Only a role whose scope is a region or a province may ask all its residents.");
    return error_hint(err, "Ask an administrator for a role with this scope.");
}

static enum status check_input(const struct service_sweep_input *input, struct error *err)
{
    if (input->list_max <= SWEEP_LIST_MAX)
        return OK;
    error_set(err, ERROR_INVALID, "too-large", "At most %d residents are listed.", SWEEP_LIST_MAX);
    return error_field(err, "list.limit");
}

static struct str request_text(struct arena *arena, const struct service_sweep_input *input)
{
    struct view view;
    view_init(&view, arena);
    view_text(&view, "decision", input->decision);
    view_text(&view, "cohort", input->cohort);
    view_put(&view, "inputs", input->inputs);
    view_text(&view, "compare", input->compare);
    view_put(&view, "outcome", input->outcome);
    view_flag(&view, "outcome_given", input->outcome_given);
    view_int(&view, "list_max", input->list_max);
    return json_canonical(arena, view_done(&view));
}

/* What the threads need outlives the call. */
static struct service_sweep_input keep_input(struct arena *arena, const struct service_sweep_input *input)
{
    struct service_sweep_input kept = *input;
    kept.decision = arena_str(arena, input->decision);
    kept.cohort = input->cohort.len ? arena_str(arena, input->cohort) : STR_NONE;
    kept.inputs = value_copy(arena, input->inputs);
    return kept;
}

struct regions_arg {
    struct sweep *sweep;
    int64_t *regions;
};

static enum status read_regions(struct db_tx *tx, void *arg, struct error *err)
{
    struct regions_arg *a = arg;
    return store_party_regions(tx, &a->sweep->arena, &a->regions, &a->sweep->region_count, err);
}

static enum status prepare(struct sweep *self, const struct call *call, const struct service_sweep_input *input,
                           struct error *err)
{
    struct arena *arena = &self->arena;
    struct service_sweep_input kept = keep_input(arena, input);
    self->service = call->service;
    self->id = hex_encode(arena, service_random(call->service, arena, 16).data, 16);
    self->owner = owner_of(call, arena);
    self->cohort = kept.cohort;
    self->idempotency = call->idempotency.len ? arena_str(arena, call->idempotency) : STR_NONE;
    self->request = call->idempotency.len ? request_text(arena, &kept) : STR_NONE;
    self->divisions = actor_scope(call).divisions;
    self->in_background = input->in_background;
    self->started_ms = self->question.now_ms = service_now(call->service);
    self->started_us = monotonic_us();
    int64_t now = self->question.now_ms;
    if (question_compile(arena, call->service->packs, &kept, &self->question, err) != OK)
        return FAILED;
    self->question.now_ms = now;
    struct regions_arg regions = {.sweep = self};
    if (db_read(call->service->db, read_regions, &regions, err) != OK)
        return FAILED;
    self->regions = regions.regions;
    self->tally = tally_new(input->list_max < 0 ? LIST_DEFAULT : (size_t)input->list_max);
    self->outcome_given = input->outcome_given;
    if (input->outcome_given)
        self->outcome = tally_answer(self->tally, input->outcome);
    return OK;
}

/* Who asked everybody what, and why. */
static enum status log_command(struct work *work, void *arg, struct error *err)
{
    const struct sweep *sweep = arg;
    struct str id = sweep->question.decision->id;
    struct str purpose = work->call->purpose.len ? work->call->purpose : STR("sweep");
    struct str text = arena_printf(work->arena, "%.*s: %.*s%s%.*s", STR_ARGS(purpose), STR_ARGS(id),
                                   sweep->cohort.len ? " | " : "", STR_ARGS(str_part(sweep->cohort, 0, 2000)));
    struct work_note note = {.what = "decision.sweep",
                             .purpose = text,
                             .region = sweep->region_count && actor_region(work->call) == 0 ? sweep->regions[0] : 0};
    return work_access_note(work, &note, err);
}

static size_t core_count(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : (size_t)cores;
}

static struct sweep *sweep_new(void)
{
    struct sweep *self = heap_alloc(sizeof *self);
    memset(self, 0, sizeof *self);
    arena_init(&self->arena);
    pthread_mutex_init(&self->lock, NULL);
    return self;
}

static struct value sweep_view(struct sweep *self, struct arena *arena, int state);

/* The answer to a key that was used before; *known is false when it was not. */
static enum status answer_again(const struct call *call, const struct service_sweep_input *input, struct value *out,
                                bool *known, struct error *err)
{
    struct sweep *before = call->idempotency.len ? hold(call, STR_NONE, call->idempotency) : NULL;
    *known = before != NULL;
    if (!before)
        return OK;
    bool same = str_equal(before->request, request_text(call->arena, input));
    if (same)
        *out = sweep_view(before, call->arena, before->state);
    let_go(before);
    return same ? OK
                : error_set(err, ERROR_CONFLICT, "idempotency-key-reused",
                            "This Idempotency-Key was used for another request.");
}

enum status service_sweep_start(const struct call *call, const struct service_sweep_input *input, struct value *out,
                                struct error *err)
{
    bool known;
    if (check_scope(call, err) != OK || check_input(input, err) != OK ||
        answer_again(call, input, out, &known, err) != OK)
        return FAILED;
    if (known)
        return OK;
    struct sweep *sweep = sweep_new();
    if (prepare(sweep, call, input, err) != OK || work_run(call, log_command, sweep, err) != OK ||
        enlist(call->service, sweep, err) != OK) {
        sweep_free(sweep);
        return FAILED;
    }
    enum status status = sweep_run(sweep, core_count(), err);
    if (status == OK)
        *out = sweep_view(sweep, call->arena, sweep->state);
    else
        sweep->state = SWEEP_FAILED;
    let_go(sweep);
    return status;
}

/* ---- Looking ---- */

static struct value problem_view(struct sweep *self, struct arena *arena)
{
    struct view view;
    view_init(&view, arena);
    pthread_mutex_lock(&self->lock);
    view_text(&view, "type", arena_str(arena, str_of(self->problem.type)));
    view_text(&view, "detail", arena_str(arena, str_of(self->problem.message)));
    pthread_mutex_unlock(&self->lock);
    return view_done(&view);
}

static struct value reasons_view(struct sweep *self, struct arena *arena)
{
    size_t count = self->reason_count;
    struct list *reasons = list_new(arena, count);
    for (size_t i = 0; i < count; i++)
        reasons->items[i] = value_cstr(self->reasons[i]);
    return value_copy(arena, value_of_list(reasons));
}

/* state was read before anything else, so that what is told of an ended sweep is complete. */
static struct value sweep_view(struct sweep *self, struct arena *arena, int state)
{
    const struct pack_decision *decision = self->question.decision;
    struct view view;
    view_init(&view, arena);
    view_text(&view, "id", arena_str(arena, self->id));
    view_text(&view, "decision", decision->id);
    view_text(&view, "name", decision->name);
    view_text(&view, "model", decision->file->hash);
    view_text(&view, "cohort", self->cohort.len ? arena_str(arena, self->cohort) : STR_NONE);
    view_text(&view, "state", str_of(state_names[state]));
    if (state == SWEEP_FAILED)
        view_put(&view, "problem", problem_view(self, arena));
    view_int(&view, "done", self->done);
    view_int(&view, "total", self->total);
    view_int(&view, "residents", self->residents);
    view_int(&view, "stopped", self->stopped);
    view_int(&view, "unreadable", self->unreadable);
    view_put(&view, "outcomes", tally_answers(self->tally, arena, self->question.compared));
    if (self->question.compared)
        view_put(&view, "changed", tally_changes(self->tally, arena));
    view_put(&view, "reasons", reasons_view(self, arena));
    view_time(&view, "started", self->started_ms);
    int64_t took = state == SWEEP_RUNNING ? monotonic_us() - self->started_us : self->took_us;
    view_int(&view, "took_ms", took / 1000);
    return view_done(&view);
}

struct page {
    struct sweep *sweep;
    int state; /* when the call began */
    size_t from, limit;
    struct value items;
    bool more;
    int64_t listed;
};

static enum status list_one(struct work *work, const struct page *page, const struct tally_one *one,
                            struct list_builder *items, struct error *err)
{
    struct sweep *sweep = page->sweep;
    struct store_party row;
    struct str index = {(const char *)one->id, sizeof one->id};
    bool found;
    if (store_party_find(work->tx, work->arena, index, &row, &found, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, work->arena);
    /* Whoever has moved out of the actor's scope since is counted, not shown. */
    if (found && actor_sees_division(work->call, row.division, STR_NONE)) {
        char place[PARTY_PLACE_MAX];
        struct value body;
        if (service_unseal(work->service, work->arena, party_place(&row, place), row.body, &body, err) != OK)
            return FAILED;
        struct str id = value_text(value_get(body, STR("id")));
        view_text(&view, "id", id);
        view_put(&view, "name", value_get(body, STR("name")));
        view_text(&view, "region", division_text(work->arena, row.division));
        if (work_access(work, "decision.sweep", id, NULL, err) != OK)
            return FAILED;
    }
    context_builder_put(&view.members, STR("outcome"), tally_value(sweep->tally, work->arena, one->is));
    if (sweep->question.compared)
        context_builder_put(&view.members, STR("was"), tally_value(sweep->tally, work->arena, one->was));
    list_builder_push(items, view_done(&view));
    return OK;
}

static enum status page_command(struct work *work, void *arg, struct error *err)
{
    struct page *page = arg;
    struct tally_one *ones;
    struct list_builder items;
    list_builder_init(&items, work->arena);
    size_t count = tally_page(page->sweep->tally, work->arena, page->from, page->limit + 1, &ones, &page->listed);
    page->more = page->limit && count > page->limit;
    for (size_t i = 0; i < count && i < page->limit; i++)
        if (list_one(work, page, &ones[i], &items, err) != OK)
            return FAILED;
    page->items = list_builder_done(&items);
    return OK;
}

static enum status not_found(struct str id, struct error *err)
{
    error_set(err, ERROR_NOT_FOUND, "sweep-not-found", "There is no sweep %.*s that you started.", STR_ARGS(id));
    return error_hint(err, "Sweeps are kept until the server stops or eight newer ones have ended: start it again.");
}

static enum status add_page(const struct call *call, struct sweep *sweep, struct page *page, struct value *out,
                            struct error *err)
{
    if (check_scope(call, err) != OK || work_run(call, page_command, page, err) != OK)
        return FAILED;
    struct value view =
        context_set(call->arena, sweep_view(sweep, call->arena, page->state), "listed", value_int(page->listed));
    view = context_set(call->arena, view, "items", page->items);
    struct value next =
        page->more ? value_string(key_text(call->arena, (int64_t)(page->from + page->limit))) : value_null;
    *out = context_set(call->arena, view, "next", next);
    return OK;
}

enum status service_sweep_get(const struct call *call, struct str id, struct str cursor, int64_t limit,
                              struct value *out, struct error *err)
{
    int64_t from = 0;
    if (cursor.len && (!key_parse(cursor, &from) || from < 0 || from > SWEEP_LIST_MAX)) {
        error_set(err, ERROR_INVALID, "bad-query", "The cursor is not one of an earlier page.");
        return error_field(err, "cursor");
    }
    struct sweep *sweep = id.len ? hold(call, id, STR_NONE) : NULL;
    if (!sweep)
        return not_found(id, err);
    int state = sweep->state;
    if (limit < 0 || state == SWEEP_RUNNING)
        limit = 0;
    limit = limit < PAGE_MAX ? limit : PAGE_MAX;
    struct page page = {.sweep = sweep, .state = state, .from = (size_t)from, .limit = (size_t)limit};
    enum status status = add_page(call, sweep, &page, out, err);
    let_go(sweep);
    return status;
}

enum status service_sweep_stop(const struct call *call, struct str id, struct error *err)
{
    struct sweep *sweep = id.len ? hold(call, id, STR_NONE) : NULL;
    if (!sweep)
        return not_found(id, err);
    if (sweep->state == SWEEP_RUNNING)
        sweep->cancel = true;
    let_go(sweep);
    return OK;
}
