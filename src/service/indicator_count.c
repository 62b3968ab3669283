/* Counting in the background, and counting all again.
 *
 *   due case --facts from its events--> marks now
 *                 case_fact --------> marks as counted      sums += now - counted, in one transaction that also takes
 * the case off the queue; whoever does not get it off writes nothing
 *
 * Not in the writer's turn itself: facts need the case's events opened, and sums of a busy month are rows that every
 * writer of a county would wait for. A definition that changes puts all cases into the queue; what they added before is
 * taken back. */
#include "service/indicator_sums.h"

#include "clock/instant.h"
#include "service/alert.h"
#include "service/heat_count.h"
#include "service/indicator_staff.h"

struct counted {
    struct store_due due;
    struct indicator_counted now;
    struct store_fact was;
    struct indicator_marks marks_was;
    struct alert_watch watch;
    bool counts, counted_before;
};

struct counting {
    struct service *service;
    struct arena *arena;
    size_t batch;
    struct indicator_slots slots;
    struct counted *cases;
    size_t count, taken;
};

/* ---- Reading ---- */

static enum status read_was(struct work *work, struct counted *one, struct error *err)
{
    if (store_fact_find(work->tx, work->arena, one->due.region, one->due.id, &one->was, &one->counted_before, err) !=
        OK)
        return FAILED;
    return one->counted_before ? indicator_marks_parse(work->arena, one->was.marks, &one->marks_was, err) : OK;
}

static enum status read_case(struct work *work, const struct indicator_slots *slots, struct counted *one,
                             struct error *err)
{
    struct store_case row;
    struct error problem = ERROR_INIT;
    bool found;
    if (store_case_find(work->tx, work->arena, one->due.region, one->due.id, &row, &found, err) != OK ||
        read_was(work, one, err) != OK)
        return FAILED;
    one->due.version = found ? row.version : one->due.version;
    one->counts = found;
    if (!found)
        return OK;
    if (indicator_facts(work, &row, slots, &one->now, &problem) == OK) {
        alert_watch_read(work, one->now.of, one->now.names, &one->watch);
        return OK;
    }
    if (problem.kind == ERROR_UNAVAILABLE) {
        *err = problem;
        return FAILED;
    }
    /* One that cannot be read is for the audit to tell of; it must not hold up the others. */
    log_event(LOG_WARNING, "indicators.skipped", "id=%" PRId64 " problem=%s", one->due.id, problem.type);
    one->counts = false;
    return OK;
}

static enum status read_command(struct work *work, void *arg, struct error *err)
{
    struct counting *self = arg;
    struct store_due *due;
    if (indicator_slots_read(work, &self->slots, err) != OK)
        return FAILED;
    self->count = 0;
    if (self->slots.stale)
        return OK;
    if (store_due_list(work->tx, work->arena, (int64_t)self->batch, &due, &self->count, err) != OK)
        return FAILED;
    self->cases = arena_array(work->arena, struct counted, self->count);
    for (size_t i = 0; i < self->count; i++) {
        self->cases[i].due = due[i];
        if (read_case(work, &self->slots, &self->cases[i], err) != OK)
            return FAILED;
    }
    return OK;
}

/* ---- Writing ---- */

static enum status write_sums(struct db_tx *tx, struct indicator_sums *sums, struct error *err)
{
    indicator_sums_sort(sums);
    for (size_t i = 0; i < sums->count; i++)
        if ((sums->rows[i].numerator || sums->rows[i].denominator) && store_count_add(tx, &sums->rows[i], err) != OK)
            return FAILED;
    return OK;
}

struct batch_sums {
    struct arena *arena;
    struct indicator_sums sums;
    staff_sums staff;
    heat_sums heat;
};

/* Takes back what the case added before, adds what it adds now. */
static enum status write_case(struct db_tx *tx, const struct counted *one, struct batch_sums *out, struct error *err)
{
    const struct store_fact *fact = &one->now.fact, *was = &one->was;
    if (one->counted_before) {
        indicator_sums_add(&out->sums, was, &one->marks_was, -1);
        if (staff_sums_add(out->arena, &out->staff, was, -1, err) != OK ||
            heat_sums_add(out->arena, &out->heat, was, -1, err) != OK)
            return FAILED;
    }
    indicator_sums_add(&out->sums, fact, &one->now.marks, 1);
    if (staff_sums_add(out->arena, &out->staff, fact, 1, err) != OK ||
        heat_sums_add(out->arena, &out->heat, fact, 1, err) != OK || store_fact_put(tx, fact, err) != OK ||
        store_past_put(tx, &fact->past, one->counted_before ? was->item : 0, one->counted_before ? was->closed : 0,
                       err) != OK)
        return FAILED;
    return alert_watch_write(tx, &one->watch, err);
}

static enum status write_batch(struct db_tx *tx, void *arg, struct error *err)
{
    struct counting *self = arg;
    struct arena arena;
    struct batch_sums sums = {.arena = &arena};
    enum status status = OK;
    arena_init(&arena);
    indicator_sums_init(&sums.sums, &arena);
    self->taken = 0;
    for (size_t i = 0; i < self->count && status == OK; i++) {
        const struct counted *one = &self->cases[i];
        bool taken;
        status = store_due_take(tx, &one->due, &taken, err);
        if (status != OK || !taken)
            continue;
        self->taken++;
        if (one->counts)
            status = write_case(tx, one, &sums, err);
    }
    if (status == OK)
        status = write_sums(tx, &sums.sums, err);
    if (status == OK)
        status = staff_sums_write(tx, &sums.staff, err);
    if (status == OK)
        status = heat_sums_write(tx, &sums.heat, 1, err);
    arena_release(&arena);
    return status;
}

/* ---- Definitions that are new or have changed ---- */

static int64_t free_slot(const struct indicator_slots *slots, uint64_t taken)
{
    for (size_t i = 0; i < slots->stored_count; i++)
        taken |= UINT64_C(1) << slots->stored[i].slot;
    int64_t slot = 0;
    while (slot < STORE_SLOTS_MAX && taken >> slot & 1)
        slot++;
    return slot;
}

static enum status write_slots(struct db_tx *tx, void *arg, struct error *err)
{
    struct counting *self = arg;
    size_t count;
    uint64_t given = 0;
    const struct pack_indicator *const *all = pack_indicators(self->service->packs, &count);
    for (size_t i = 0; i < count; i++) {
        struct store_slot row = {indicator_slot_of(&self->slots, all[i]->id), all[i]->id, all[i]->file->hash};
        if (!indicator_is_counted(all[i]))
            continue;
        if (row.slot < 0)
            row.slot = free_slot(&self->slots, given);
        if (row.slot >= STORE_SLOTS_MAX)
            return error_set(err, ERROR_LIMIT, "indicators-too-many",
                             "At most %d indicators over cases can be counted.", STORE_SLOTS_MAX);
        given |= UINT64_C(1) << row.slot;
        if (store_slot_put(tx, &row, err) != OK)
            return FAILED;
    }
    return OK;
}

#define QUEUED_AT_ONCE 1000

struct queueing {
    int64_t region, now;
    int64_t from, to; /* behind this case, up to that */
};

static enum status write_queue(struct db_tx *tx, void *arg, struct error *err)
{
    struct queueing *self = arg;
    self->to = self->from;
    return store_due_add_some(tx, self->region, self->now, QUEUED_AT_ONCE, &self->to, err);
}

/* The queue first: if this is cut off, the definitions are still seen as changed. */
static enum status start_anew(struct counting *self, int64_t now, struct error *err)
{
    int64_t *regions;
    size_t count = region_list(self->service, division_range(STR("")), self->arena, &regions);
    for (size_t i = 0; i < count; i++) {
        struct queueing queueing = {.region = regions[i], .now = now};
        do {
            queueing.from = queueing.to;
            if (db_write(self->service->db, write_queue, &queueing, err) != OK)
                return FAILED;
        } while (queueing.to);
    }
    return db_write(self->service->db, write_slots, self, err);
}

enum status service_indicators_run(struct service *self, int64_t now_ms, size_t batch, size_t *done, struct error *err)
{
    struct arena arena;
    arena_init(&arena);
    struct call call = {.service = self, .actor = &actor_system, .arena = &arena};
    struct counting counting = {.service = self, .arena = &arena, .batch = batch};
    *done = 0;
    enum status status = work_read(&call, read_command, &counting, err);
    if (status == OK && counting.slots.stale) {
        status = start_anew(&counting, now_ms, err);
        *done = status == OK;
    } else if (status == OK && counting.count) {
        status = db_write(self->db, write_batch, &counting, err);
        *done = status == OK ? counting.taken : 0;
    }
    arena_release(&arena);
    return status;
}

/* ---- Counting all again ---- */

#define PAGE 200

struct recounting {
    const struct call *call;
    struct service_recount found;
    struct arena keep; /* sums, wrong cases and strays, over all pages */
    struct indicator_sums sums;
    staff_sums page_staff, staff;
    heat_sums page_heat, heat;
    VECTOR(struct store_due) wrong;
    VECTOR(struct store_past) strays;
};

static bool same_past(const struct store_past *a, const struct store_past *b)
{
    return a->division == b->division && str_equal(a->unit, b->unit) && a->accepted == b->accepted &&
           a->ended == b->ended && a->deadline == b->deadline && a->extension == b->extension &&
           a->materials == b->materials && str_equal(a->pauses, b->pauses);
}

static enum status check_past(struct work *work, const struct store_past *past, bool *same, struct error *err)
{
    struct store_past was;
    bool found = false;
    if (*same && past->closed && store_past_find(work->tx, work->arena, past, &was, &found, err) != OK)
        return FAILED;
    *same = *same && (!past->closed || (found && same_past(&was, past)));
    return OK;
}

static enum status recount_case(struct work *work, struct recounting *self, const struct indicator_slots *slots,
                                const struct store_case *row, struct error *err)
{
    struct counted one = {.due = {row->region, row->id, row->version}};
    bool waits;
    if (store_due_has(work->tx, row->region, row->id, &waits, err) != OK || read_case(work, slots, &one, err) != OK)
        return FAILED;
    self->found.cases++;
    if (one.counted_before) {
        indicator_sums_add(&self->sums, &one.was, &one.marks_was, -1);
        if (staff_sums_add(work->arena, &self->page_staff, &one.was, -1, err) != OK ||
            heat_sums_add(work->arena, &self->page_heat, &one.was, -1, err) != OK)
            return FAILED;
    }
    const struct store_fact *fact = &one.now.fact;
    bool same = one.counted_before && str_equal(one.was.marks, fact->marks) && one.was.division == fact->division &&
                str_equal(one.was.unit, fact->unit) && one.was.closed == fact->closed &&
                one.was.deadline == fact->deadline && str_equal(one.was.staff, fact->staff) &&
                str_equal(one.was.stays, fact->stays);
    if (waits || !one.counts)
        return OK;
    if (check_past(work, &fact->past, &same, err) != OK)
        return FAILED;
    if (same)
        return OK;
    self->found.cases_wrong++;
    VECTOR_PUSH(&self->keep, &self->wrong, one.due);
    return OK;
}

static enum status add_stored(const struct store_count *row, void *arg, struct error *err)
{
    struct recounting *self = arg;
    (void)err;
    self->found.sums++;
    indicator_sums_row(&self->sums, row, 1);
    return OK;
}

static enum status add_stored_heat(const struct store_heat *row, void *arg, struct error *err)
{
    struct recounting *self = arg;
    (void)err;
    self->found.sums++;
    VECTOR_PUSH(&self->keep, &self->heat, *row);
    return OK;
}

/* What a page of cases adds, which are many rows, as the few that they come to. */
static void keep_page(struct recounting *self)
{
    heat_sums_merge(&self->page_heat);
    for (size_t i = 0; i < self->page_heat.count; i++)
        VECTOR_PUSH(&self->keep, &self->heat, self->page_heat.items[i]);
    self->page_heat = (heat_sums){0};
    staff_sums_merge(&self->page_staff);
    for (size_t i = 0; i < self->page_staff.count; i++) {
        struct store_staff_count row = self->page_staff.items[i];
        row.unit = arena_str(&self->keep, row.unit);
        row.staff = arena_str(&self->keep, row.staff);
        VECTOR_PUSH(&self->keep, &self->staff, row);
    }
    self->page_staff = (staff_sums){0};
}

/* What one region has stored: sums over cases, sums over staff, the past. */
static enum status add_region(struct work *work, struct recounting *self, int64_t region, struct error *err)
{
    struct store_staff_count *rows;
    struct store_past *strays;
    size_t count, stray_count;
    if (store_count_scan(work->tx, region, add_stored, self, err) != OK ||
        store_heat_scan(work->tx, region, add_stored_heat, self, err) != OK ||
        store_staff_count_list(work->tx, work->arena, region, &rows, &count, err) != OK ||
        store_past_strays(work->tx, &self->keep, region, &strays, &stray_count, err) != OK)
        return FAILED;
    self->found.sums += (int64_t)count;
    for (size_t i = 0; i < count; i++)
        VECTOR_PUSH(work->arena, &self->page_staff, rows[i]);
    keep_page(self);
    for (size_t i = 0; i < stray_count; i++)
        VECTOR_PUSH(&self->keep, &self->strays, strays[i]);
    self->found.cases_wrong += (int64_t)stray_count;
    return OK;
}

/* Leaves in sums what is stored beyond what the cases add up to. */
static enum status recount_command(struct work *work, void *arg, struct error *err)
{
    struct recounting *self = arg;
    struct indicator_slots slots;
    int64_t region = 0, id = 0;
    self->found = (struct service_recount){0};
    self->wrong.count = self->strays.count = self->staff.count = self->heat.count = 0;
    self->page_staff = (staff_sums){0};
    self->page_heat = (heat_sums){0};
    indicator_sums_init(&self->sums, &self->keep);
    if (indicator_slots_read(work, &slots, err) != OK)
        return FAILED;
    for (size_t count = PAGE; count == PAGE;) {
        struct arena_mark mark = arena_mark(work->arena);
        struct store_case *rows;
        if (store_case_walk(work->tx, work->arena, region, id, PAGE, &rows, &count, err) != OK)
            return FAILED;
        for (size_t i = 0; i < count; i++) {
            region = rows[i].region;
            id = rows[i].id;
            if (rows[i].item > 0 && recount_case(work, self, &slots, &rows[i], err) != OK)
                return FAILED;
        }
        keep_page(self);
        arena_rewind(work->arena, mark);
    }
    int64_t *regions;
    size_t count = region_list(work->service, division_range(STR("")), work->arena, &regions);
    for (size_t i = 0; i < count; i++)
        if (add_region(work, self, regions[i], err) != OK)
            return FAILED;
    staff_sums_merge(&self->staff);
    heat_sums_merge(&self->heat);
    self->found.sums_wrong = (int64_t)(self->staff.count + self->heat.count);
    for (size_t i = 0; i < self->sums.count; i++)
        self->found.sums_wrong += self->sums.rows[i].numerator != 0 || self->sums.rows[i].denominator != 0;
    return OK;
}

/* Differences are added, so that what others count meanwhile stays counted. */
static enum status mend_command(struct db_tx *tx, void *arg, struct error *err)
{
    struct recounting *self = arg;
    int64_t now = service_now(self->call->service);
    for (size_t i = 0; i < self->wrong.count; i++)
        if (store_due_add(tx, &self->wrong.items[i], now, err) != OK)
            return FAILED;
    for (size_t i = 0; i < self->sums.count; i++) {
        struct store_count row = self->sums.rows[i];
        row.numerator = -row.numerator;
        row.denominator = -row.denominator;
        if ((row.numerator || row.denominator) && store_count_add(tx, &row, err) != OK)
            return FAILED;
    }
    for (size_t i = 0; i < self->staff.count; i++) {
        struct store_staff_count row = self->staff.items[i];
        row.numerator = -row.numerator;
        row.denominator = -row.denominator;
        if (store_staff_count_add(tx, &row, err) != OK)
            return FAILED;
    }
    if (heat_sums_write(tx, &self->heat, -1, err) != OK)
        return FAILED;
    for (size_t i = 0; i < self->strays.count; i++)
        if (store_past_delete(tx, &self->strays.items[i], err) != OK)
            return FAILED;
    return OK;
}

enum status service_recount(const struct call *call, bool mend, struct service_recount *out, struct error *err)
{
    struct recounting self = {.call = call};
    if (service_may(call, "audit.read", err) != OK)
        return FAILED;
    arena_init(&self.keep);
    enum status status = work_read(call, recount_command, &self, err);
    if (status == OK && mend && (self.found.cases_wrong || self.found.sums_wrong))
        status = db_write(call->service->db, mend_command, &self, err);
    if (status == OK)
        *out = self.found;
    arena_release(&self.keep);
    return status;
}
