/* Proposing changes to running cases, and deciding about them. */
#include "service/change.h"

#include "service/once.h"
#include "service/operate.h"

#include <stdlib.h>
#include <string.h>

#define TRIED_MOST 20
#define LISTED_MOST 500 /* newest of each region */

/* ---- Views ---- */

static struct value change_view(const struct call *call, const struct store_change *row, struct value body)
{
    struct arena *arena = call->arena;
    struct view view;
    view_init(&view, arena);
    view_text(&view, "id", key_text(arena, row->id));
    view_text(&view, "state", str_of(change_state_names[row->state]));
    view_text(&view, "proposer", row->proposer);
    view_flag(&view, "mine", str_equal(row->proposer, call->actor->id));
    view_time(&view, "proposed", row->proposed);
    view_time(&view, "decided", row->decided);
    view_int(&view, "total", row->total);
    view_int(&view, "done", row->done);
    view_int(&view, "failed", row->failed);
    view_int(&view, "skipped", row->skipped);
    return value_merge(arena, body, view_done(&view));
}

/* Whoever acts for the whole scope of a change sees it. */
static bool sees_change(const struct call *call, const struct store_change *row)
{
    struct store_page scope = page_scope(call);
    return row->division_from >= scope.division_from && row->division_to <= scope.division_to &&
           (!scope.unit.data || str_equal(scope.unit, row->unit));
}

/* ---- Proposing ---- */

struct proposing {
    const struct call *call;
    struct value body;
    struct change_plan plan;
    struct change_places places; /* tried */
    struct store_change row;
    struct once once;
    size_t tried, refused;
    struct error first;
    struct value problems;
    /* the one that is tried now */
    const struct change_place *place;
};

/* What was asked for, without what is not known, and who asks. */
static enum status read_proposal(const struct call *call, struct value proposal, struct value *out, struct error *err)
{
    static const char *const kept[] = {"kind",  "process", "source", "version", "to",    "mapping",
                                       "moves", "cases",   "region", "element", "reason"};
    struct str reason = value_text(value_get(proposal, STR("reason")));
    struct view view;
    view_init(&view, call->arena);
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        view_put(&view, kept[i], value_get(proposal, str_of(kept[i])));
    if (reason.len == 0 || reason.len > 4000) {
        error_set(err, ERROR_INVALID, "reason-missing",
                  "A change to running cases needs a reason of at most 4,000 bytes.");
        return error_field(err, "reason");
    }
    view_text(&view, "proposed_by", call->actor->name);
    *out = view_done(&view);
    return OK;
}

static enum status read_scope(const struct call *call, struct value body, struct store_change *row, struct error *err)
{
    struct store_page scope = page_scope(call);
    struct str region = value_text(value_get(body, STR("region")));
    struct division_range range = division_range(region);
    row->division_from = range.from > scope.division_from ? range.from : scope.division_from;
    row->division_to = range.to < scope.division_to ? range.to : scope.division_to;
    row->unit = scope.unit;
    if (row->division_from < row->division_to)
        return OK;
    error_set(err, ERROR_INVALID, "change-invalid", "The region %.*s is not in your scope.", STR_ARGS(region));
    return error_field(err, "region");
}

static enum status plan_command(struct work *work, void *arg, struct error *err)
{
    struct proposing *self = arg;
    self->places = (struct change_places){.count_all = true};
    if (change_plan_make(work, self->body, &self->plan, err) != OK)
        return FAILED;
    return change_next(work, &self->plan, &self->row, TRIED_MOST, &self->places, err);
}

/* In memory only. */
static enum status try_command(struct work *work, void *arg, struct error *err)
{
    struct proposing *self = arg;
    struct work_case *of;
    bool concerned;
    if (self->place->id.region == 0 || work_case_load(work, self->place->id, &of, err) != OK ||
        !actor_sees_division(work->call, of->row.division, of->row.unit))
        return error_set(err, ERROR_NOT_FOUND, "case-not-found", "There is no case %.*s that you may see.",
                         STR_ARGS(self->place->no));
    if (change_apply(of, &self->plan, &concerned, err) == OK || work->number_wanted[0])
        return OK;
    return FAILED;
}

static enum status try_some(struct proposing *self, struct error *err)
{
    self->problems = value_list(self->call->arena, NULL, 0);
    for (size_t i = 0; i < self->places.count; i++) {
        struct arena arena;
        struct error problem = ERROR_INIT;
        arena_init(&arena);
        struct call call = *self->call;
        call.arena = &arena;
        self->place = &self->places.items[i];
        self->tried++;
        if (work_read(&call, try_command, self, &problem) != OK) {
            struct value body = context_set(self->call->arena, value_null, "problems", self->problems);
            body = change_problem(self->call->arena, body, self->place->no, &problem);
            self->problems = value_get(body, STR("problems"));
            if (self->refused++ == 0)
                self->first = problem;
        }
        arena_release(&arena);
    }
    if (self->tried && self->refused == self->tried) {
        *err = self->first;
        return error_hint(err, "Not one of the %zu cases on which it was tried can be changed so.", self->tried);
    }
    return OK;
}

static enum status new_key(const struct call *call, int64_t *out, struct error *err)
{
    int64_t n, region = actor_region(call);
    if (region == 0)
        return error_set(err, ERROR_INVALID, "region-unknown", "It is not known which region you act for.");
    while (!service_number_try(call->service, "key", 1, &n))
        if (service_number_fill(call->service, "key", SERVICE_KEY_BLOCK, err) != OK)
            return FAILED;
    region_note(call->service, region);
    *out = region << STORE_KEY_BITS | n;
    return OK;
}

static enum status insert(struct db_tx *tx, void *arg, struct error *err)
{
    struct proposing *self = arg;
    const struct call *call = self->call;
    if (store_change_insert(tx, &self->row, err) != OK)
        return FAILED;
    return once_keep(tx, call, &self->once, value_string(key_text(call->arena, self->row.id)), err);
}

enum status service_change_propose(const struct call *call, struct value proposal, struct value *out, struct error *err)
{
    struct proposing self = {.call = call};
    if (service_may(call, "process.operate", err) != OK ||
        once_begin(call, "change", proposal, &self.once, err) != OK)
        return FAILED;
    if (!value_is_null(self.once.answer))
        return service_change_get(call, value_text(self.once.answer), out, err);
    if (read_proposal(call, proposal, &self.body, err) != OK || read_scope(call, self.body, &self.row, err) != OK ||
        work_read(call, plan_command, &self, err) != OK)
        return FAILED;
    if (self.places.total == 0) {
        error_set(err, ERROR_CONFLICT, "nothing-to-change", "No case of yours runs version %" PRId64 " of %.*s.",
                  self.plan.from.number, STR_ARGS(self.plan.from.process));
        return error_hint(err, "Look at the list of processes and versions for those that have running cases.");
    }
    if (try_some(&self, err) != OK || new_key(call, &self.row.id, err) != OK)
        return FAILED;
    self.body = context_set(call->arena, self.body, "source", value_cstr(version_source(&self.plan.from)));
    self.body = context_set(call->arena, self.body, "tried", value_int((int64_t)self.tried));
    self.body = context_set(call->arena, self.body, "problems", self.problems);
    self.row.state = STORE_CHANGE_PROPOSED;
    self.row.kind = self.plan.kind;
    self.row.process = self.plan.from.process;
    self.row.proposer = call->actor->id;
    self.row.proposed = service_now(call->service);
    self.row.total = self.places.total;
    self.row.version = 1;
    self.row.body = change_seal(call->service, call->arena, &self.row, self.body);
    if (db_write(call->service->db, insert, &self, err) != OK)
        return FAILED;
    log_event(LOG_INFO, "change.proposed", "change=%" PRId64 " kind=%s process=%.*s total=%" PRId64, self.row.id,
              change_kind_names[self.row.kind], STR_ARGS(self.row.process), self.row.total);
    *out = change_view(call, &self.row, self.body);
    return OK;
}

/* ---- Looking ---- */

struct looking {
    const struct call *call;
    struct str id, state, cursor;
    int64_t limit;
    struct store_change row;
    struct value view;
};

static enum status find_change(struct db_tx *tx, struct looking *self, struct error *err)
{
    bool found = false;
    int64_t key;
    if (key_parse(self->id, &key) && store_change_find(tx, self->call->arena, key, &self->row, &found, err) != OK)
        return FAILED;
    if (!found || !sees_change(self->call, &self->row))
        return error_set(err, ERROR_NOT_FOUND, "change-not-found", "There is no change %.*s that you may see.",
                         STR_ARGS(self->id));
    return OK;
}

static enum status get_command(struct db_tx *tx, void *arg, struct error *err)
{
    struct looking *self = arg;
    struct value body;
    if (find_change(tx, self, err) != OK ||
        change_unseal(self->call->service, self->call->arena, &self->row, &body, err) != OK)
        return FAILED;
    self->view = change_view(self->call, &self->row, body);
    return OK;
}

enum status service_change_get(const struct call *call, struct str id, struct value *out, struct error *err)
{
    struct looking arg = {.call = call, .id = id};
    if (service_may(call, "process.operate", err) != OK || db_read(call->service->db, get_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}

static int newest_first(const void *a, const void *b)
{
    const struct store_change *x = a, *y = b;
    if (x->proposed != y->proposed)
        return x->proposed > y->proposed ? -1 : 1;
    return x->id > y->id ? -1 : x->id < y->id;
}

static enum status read_changes(struct work *work, int64_t state, struct store_change **out, size_t *count,
                                struct error *err)
{
    struct store_page scope = page_scope(work->call);
    int64_t *regions;
    VECTOR(struct store_change) all = {0};
    struct division_range range = {scope.division_from, scope.division_to};
    size_t region_count = region_list(work->service, range, work->arena, &regions);
    for (size_t r = 0; r < region_count; r++) {
        struct store_change *rows;
        size_t n;
        scope.region = regions[r];
        scope.limit = LISTED_MOST;
        if (store_change_page(work->tx, work->arena, &scope, state, &rows, &n, err) != OK)
            return FAILED;
        for (size_t i = 0; i < n; i++)
            VECTOR_PUSH(work->arena, &all, rows[i]);
    }
    if (all.count)
        qsort(all.items, all.count, sizeof *all.items, newest_first);
    *out = all.items;
    *count = all.count;
    return OK;
}

static enum status list_command(struct work *work, void *arg, struct error *err)
{
    struct looking *self = arg;
    struct store_change *rows;
    struct list_builder items;
    struct page page = {.work = work, .next = value_null};
    size_t count, limit = (size_t)limit_between(self->limit, 20, 200);
    int64_t skip, state = name_index(change_state_names, 5, self->state);
    list_builder_init(&items, work->arena);
    if (state < 0) {
        error_set(err, ERROR_INVALID, "filter-invalid", "%.*s is no state of a change.", STR_ARGS(self->state));
        error_field(err, "state");
        return error_hint(err, "States are proposed, running, done and rejected.");
    }
    if (service_cursor(self->cursor, &skip, err) != OK || read_changes(work, state, &rows, &count, err) != OK)
        return FAILED;
    size_t first = skip > 0 && (size_t)skip < count ? (size_t)skip : skip > 0 ? count : 0;
    size_t end = count - first > limit ? first + limit : count;
    for (size_t i = first; i < end; i++) {
        struct value body;
        if (change_unseal(work->service, work->arena, &rows[i], &body, err) != OK)
            return FAILED;
        list_builder_push(&items, change_view(work->call, &rows[i], body));
    }
    if (end < count)
        page.next = value_string(arena_printf(work->arena, "%zu", end));
    self->view = page_view(&page, list_builder_done(&items));
    return OK;
}

enum status service_change_list(const struct call *call, struct str state, int64_t limit, struct str cursor,
                                struct value *out, struct error *err)
{
    struct looking arg = {.call = call, .state = state.data ? state : STR(""), .limit = limit, .cursor = cursor};
    if (service_may(call, "process.operate", err) != OK || work_read(call, list_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}

/* ---- Deciding ---- */

struct deciding {
    struct looking of;
    bool approve;
    struct str reason;
};

static enum status check_decision(const struct deciding *self, struct error *err)
{
    const struct store_change *row = &self->of.row;
    if (row->state != STORE_CHANGE_PROPOSED)
        return error_set(err, ERROR_CONFLICT, "change-decided", "The change %.*s is %s.", STR_ARGS(self->of.id),
                         change_state_names[row->state]);
    if (self->approve &&
        (self->of.call->actor->kind != ACTOR_STAFF || str_equal(row->proposer, self->of.call->actor->id))) {
        error_set(err, ERROR_FORBIDDEN, "second-person-needed", "Who proposes a change cannot approve it.");
        return error_hint(err, "Ask another person who may operate processes to look at it and approve it.");
    }
    return OK;
}

static enum status decide_command(struct db_tx *tx, void *arg, struct error *err)
{
    struct deciding *self = arg;
    const struct call *call = self->of.call;
    struct value body;
    bool changed;
    if (find_change(tx, &self->of, err) != OK || check_decision(self, err) != OK ||
        change_unseal(call->service, call->arena, &self->of.row, &body, err) != OK)
        return FAILED;
    body = context_set(call->arena, body, "decided_by", value_string(call->actor->name));
    if (self->reason.len)
        body = context_set(call->arena, body, "decision", value_string(self->reason));
    if (self->approve)
        body = context_set(call->arena, body, "problems", value_list(call->arena, NULL, 0));
    struct store_change *row = &self->of.row;
    row->state = self->approve ? STORE_CHANGE_RUNNING : STORE_CHANGE_REJECTED;
    row->decider = call->actor->id;
    row->decided = service_now(call->service);
    row->body = change_seal(call->service, call->arena, row, body);
    if (store_change_update(tx, row, &changed, err) != OK)
        return FAILED;
    if (!changed)
        return error_set(err, ERROR_CONFLICT, "version-conflict", "Somebody else has just decided about this change.");
    self->of.view = change_view(call, row, body);
    return OK;
}

enum status service_change_decide(const struct call *call, struct str id, bool approve, struct str reason,
                                  struct value *out, struct error *err)
{
    struct deciding arg = {.of = {.call = call, .id = id}, .approve = approve, .reason = reason};
    if (service_may(call, "process.operate", err) != OK)
        return FAILED;
    if ((!approve && reason.len == 0) || reason.len > 4000) {
        error_set(err, ERROR_INVALID, "reason-missing", "Rejecting a change needs a reason of at most 4,000 bytes.");
        return error_field(err, "reason");
    }
    if (db_write(call->service->db, decide_command, &arg, err) != OK)
        return FAILED;
    log_event(LOG_INFO, approve ? "change.approved" : "change.rejected", "change=%" PRId64, arg.of.row.id);
    *out = arg.of.view;
    return OK;
}
