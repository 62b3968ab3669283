/* Works on runs, some rows at a time. A row is written in the transaction that opens its case, so that after a crash,
 * or with two servers, each row has one case and is counted once.
 *
 *     rows judged (no database) -> those that are good: one command opens several -> each with its row
 *                              \-> those that are wrong: their rows
 *
 * Several cases share one command because numbers of a series without gaps are taken one after another: commands side
 * by side would only be in each other's way. When others take such numbers too, the next attempts are smaller. */
#include "service/bulk_work.h"

#include "clock/instant.h"
#include "service/account.h"
#include "service/case_open.h"
#include "service/party.h"

#define AT_ONCE 8 /* cases in one commit */
#define DAY_MS INT64_C(86400000)

struct running {
    struct service *service;
    struct call call;
    struct actor actor;
    struct store_bulk row;
    struct value body;
    bool found, stopped; /* stopped: the run has ended meanwhile */
    struct bulk_table table;
    size_t first, end; /* rows of the table, still to be seen */
    struct {
        int64_t *items;
        size_t count;
    } there; /* lines behind row.line that a former server has written */
};

/* ---- Writing one row ---- */

struct writing {
    struct running *of;
    const struct bulk_row *row;
    int64_t result, same;
    struct case_id id;
    struct value problems;
};

static void put_row(struct work *work, const struct writing *what)
{
    const struct bulk_row *row = what->row;
    struct store_bulk_row *out = arena_new(work->arena, struct store_bulk_row);
    *out = (struct store_bulk_row){.run = what->of->row.id,
                                   .line = row->line,
                                   .result = what->result,
                                   .at = work->now,
                                   .subject = row->subject,
                                   .case_region = what->id.region,
                                   .case_id = what->id.id};
    if (what->result != STORE_ROW_GRANTED) {
        struct view body;
        view_init(&body, work->arena);
        view_text(&body, "title", row->title);
        view_text(&body, "id", row->id);
        view_put(&body, "same", what->same ? value_int(what->same) : value_null);
        view_put(&body, "problems", what->problems);
        out->body = service_seal(work->service, work->arena, bulk_row_context(work->arena, out->run, out->line),
                                 view_done(&body));
    }
    work_change(work, CHANGE_BULK_ROW, out);
}

static enum status note_command(struct work *work, void *arg, struct error *err)
{
    struct writing *self = arg;
    bool running, there;
    if (store_bulk_row_state(work->tx, self->of->row.id, self->row->line, &running, &there, err) != OK)
        return FAILED;
    self->of->stopped = !running;
    if (running && !there)
        put_row(work, self);
    return OK;
}

static enum status note_wrong(struct running *self, const struct bulk_row *row, struct value problems,
                              struct error *err)
{
    struct writing what = {.of = self, .row = row, .result = STORE_ROW_INVALID, .problems = problems};
    return work_run(&self->call, note_command, &what, err);
}

/* ---- Opening cases ---- */

struct opening_many {
    struct running *of;
    const struct bulk_row *rows;
    size_t count; /* wanted */
    size_t done;  /* of these, in the attempt that was written */
    size_t at;    /* the one that was refused, when the command failed */
};

static void put_before(struct work *work, struct running *self, const struct bulk_row *row,
                       const struct store_bulk_row *before)
{
    bool here = before->run == self->row.id;
    struct error known = ERROR_INIT;
    error_set(&known, ERROR_CONFLICT, here ? "bulk-twice" : "bulk-done", "%s",
              here ? "Another row of this table is about the same." : "An earlier table has done this already.");
    struct writing what = {.of = self,
                           .row = row,
                           .result = STORE_ROW_REPEATED,
                           .same = here ? before->line : 0,
                           .id = {before->case_region, before->case_id},
                           .problems = list_add(work->arena, value_null, bulk_problem(work->call, &known))};
    put_row(work, &what);
}

/* What the applicant has to supply, else what the last decision gave as its reason. */
static struct value waiting_reasons(const struct work_case *of)
{
    struct value asked = value_path(of->body, "correction.items");
    if (!value_is_null(asked))
        return asked;
    for (size_t i = of->events.items.count; i-- > 0;) {
        struct value reason = value_path(of->events.items.items[i], "result.reason");
        if (reason.kind == VALUE_STRING)
            return list_add(of->work->arena, value_null, reason);
    }
    return value_null;
}

static void put_reasons(struct running *self, struct writing *what, const char *code, struct value reasons)
{
    struct arena *arena = self->call.arena;
    for (size_t i = 0; i < value_count(reasons); i++) {
        struct str reason = value_text(value_at(reasons, i));
        struct value one = context_set(arena, value_null, "code", value_cstr(code));
        one = context_set(arena, one, "zh", value_string(reason));
        one = context_set(arena, one, "en", value_string(pack_text(self->table.packs, STR("en"), reason)));
        what->problems = list_add(arena, what->problems, one);
    }
}

static enum status open_case(struct work *work, struct running *self, const struct bulk_row *row, struct error *err)
{
    struct service_case_input input = bulk_row_input(&self->table, row);
    struct case_opening opening = {.input = &input};
    struct work_case *of;
    if (case_open_in(work, &opening, &of, err) != OK)
        return FAILED;
    if (!actor_sees_division(work->call, of->row.division, of->row.unit)) {
        error_set(err, ERROR_FORBIDDEN, "region-foreign", "The row belongs to a region that is not yours.");
        return error_hint(err, "Send it to the office of that region.");
    }
    struct value told = context_set(work->arena, value_null, "run", value_string(key_text(work->arena, self->row.id)));
    work_case_event(of, "case.bulk", context_set(work->arena, told, "row", value_int(row->line)));
    struct writing what = {.of = self,
                           .row = row,
                           .result = of->row.state != CASE_CLOSED         ? STORE_ROW_WAITING
                                     : of->row.outcome == OUTCOME_GRANTED ? STORE_ROW_GRANTED
                                                                          : STORE_ROW_REFUSED,
                           .id = {of->row.region, of->row.id},
                           .problems = value_null};
    if (what.result == STORE_ROW_REFUSED)
        put_reasons(self, &what, "decided", work_case_get(of, "reasons"));
    else if (what.result == STORE_ROW_WAITING)
        put_reasons(self, &what, "waiting", waiting_reasons(of));
    put_row(work, &what);
    return OK;
}

static enum status open_row(struct work *work, struct running *self, const struct bulk_row *row, struct error *err)
{
    struct store_bulk_row before;
    bool running, there, found = false;
    int64_t since = work->now - self->table.item->bulk->repeat_days * DAY_MS;
    if (store_bulk_row_state(work->tx, self->row.id, row->line, &running, &there, err) != OK)
        return FAILED;
    self->stopped = !running;
    if (!running || there)
        return OK;
    if (row->subject.data && store_bulk_before(work->tx, work->arena, row->subject, since, &before, &found, err) != OK)
        return FAILED;
    if (!found)
        return open_case(work, self, row, err);
    put_before(work, self, row, &before);
    return OK;
}

static enum status open_command(struct work *work, void *arg, struct error *err)
{
    struct opening_many *self = arg;
    size_t most = work->attempt == 0 ? self->count : work->attempt == 1 ? (self->count + 1) / 2 : 1;
    for (size_t i = 0; i < most; i++) {
        self->at = i;
        if (open_row(work, self->of, &self->rows[i], err) != OK)
            return FAILED;
    }
    self->done = most;
    return OK;
}

/* What another attempt would meet again, rather than a server that is busy. */
static bool is_lasting(const struct error *problem)
{
    return problem->kind != ERROR_UNAVAILABLE;
}

/* Opens count rows that are about different subjects. */
static enum status open_rows(struct running *self, const struct bulk_row *rows, size_t count, struct error *err)
{
    for (size_t first = 0; first < count && !self->stopped;) {
        struct opening_many many = {.of = self, .rows = &rows[first], .count = count - first};
        struct error problem = ERROR_INIT;
        if (work_run(&self->call, open_command, &many, &problem) == OK) {
            first += many.done;
            continue;
        }
        if (!is_lasting(&problem)) {
            *err = problem;
            return FAILED;
        }
        const struct bulk_row *bad = &rows[first + many.at];
        struct value problems = list_add(self->call.arena, value_null, bulk_problem(&self->call, &problem));
        if (many.at && open_rows(self, &rows[first], many.at, err) != OK)
            return FAILED;
        if (!self->stopped && note_wrong(self, bad, problems, err) != OK)
            return FAILED;
        first += many.at + 1;
    }
    return OK;
}

/* ---- Some rows ---- */

static bool is_there(const struct running *self, int64_t line)
{
    for (size_t i = 0; i < self->there.count; i++)
        if (self->there.items[i] == line)
            return true;
    return false;
}

static bool repeats(const struct bulk_row *rows, size_t count, const struct bulk_row *row)
{
    for (size_t i = 0; i < count; i++)
        if (row->subject.data && str_equal(rows[i].subject, row->subject))
            return true;
    return false;
}

/* One commit's worth from row *at on. A row about the same subject as one before it waits for the next: it has to see
 * that one's case. */
static enum status run_some(struct running *self, size_t *at, struct error *err)
{
    struct bulk_row rows[AT_ONCE];
    size_t count = 0, next = *at;
    for (; next < self->end && count < AT_ONCE && !self->stopped; next++) {
        const struct csv_row *csv = &self->table.csv.rows[next];
        struct bulk_row *row = &rows[count];
        if (is_there(self, (int64_t)csv->line))
            continue;
        if (bulk_row_judge(&self->call, &self->table, csv, row, err) != OK)
            return FAILED;
        if (repeats(rows, count, row))
            break;
        if (row->wrong && note_wrong(self, row, row->problems, err) != OK)
            return FAILED;
        count += !row->wrong;
    }
    if (open_rows(self, rows, count, err) != OK)
        return FAILED;
    *at = next;
    return OK;
}

static enum status run_rows(struct running *self, struct error *err)
{
    struct arena arena;
    struct arena *outer = self->call.arena;
    enum status status = OK;
    arena_init(&arena);
    self->call.arena = &arena;
    for (size_t at = self->first; at < self->end && !self->stopped && status == OK; arena_reset(&arena))
        status = run_some(self, &at, err);
    self->call.arena = outer;
    arena_release(&arena);
    return status;
}

/* ---- The run ---- */

static enum status load_command(struct db_tx *tx, void *arg, struct error *err)
{
    struct running *self = arg;
    struct arena *arena = self->call.arena;
    if (store_bulk_running(tx, arena, &self->row, &self->found, err) != OK)
        return FAILED;
    if (!self->found)
        return OK;
    if (service_unseal(self->service, arena, key_text(arena, self->row.id), self->row.body, &self->body, err) != OK)
        return FAILED;
    return store_bulk_lines(tx, arena, self->row.id, self->row.line, &self->there.items, &self->there.count, err);
}

/* The run goes on as the one who began it, with the rights they have now. */
static enum status load_table(struct running *self, struct error *err)
{
    struct service_file file;
    if (service_user_find(&self->call, self->row.owner, &self->actor, err) != OK)
        return FAILED;
    self->call.actor = &self->actor;
    self->call.purpose = STR("bulk");
    if (service_may(&self->call, "case.bulk", err) != OK ||
        service_file_get(&self->call, self->row.file, &file, err) != OK ||
        bulk_item(&self->call, self->row.item, &self->table, err) != OK)
        return FAILED;
    return bulk_table_read(&self->call, file.content, &self->table, err);
}

static void find_rows(struct running *self, size_t batch)
{
    const struct csv *csv = &self->table.csv;
    for (self->first = 1; self->first < csv->count && (int64_t)csv->rows[self->first].line <= self->row.line;)
        self->first++;
    self->end = csv->count - self->first > batch ? self->first + batch : csv->count;
}

static enum status save(struct db_tx *tx, void *arg, struct error *err)
{
    const struct running *self = arg;
    bool changed; /* not when it has been cancelled */
    return store_bulk_move(tx, &self->row, &changed, err);
}

static enum status save_progress(struct running *self, struct error *err)
{
    if (self->end == self->table.csv.count && self->row.state == STORE_BULK_RUNNING)
        self->row.state = STORE_BULK_DONE;
    if (self->row.state != STORE_BULK_RUNNING) {
        self->row.ended = service_now(self->service);
        log_event(LOG_INFO, "bulk.ended", "run=%" PRId64 " state=%" PRId64 " rows=%" PRId64, self->row.id,
                  self->row.state, self->row.total);
    }
    self->row.body =
        service_seal(self->service, self->call.arena, key_text(self->call.arena, self->row.id), self->body);
    return db_write(self->service->db, save, self, err);
}

/* Nothing can be said about any row any more: the run ends, and says why. */
static enum status give_up(struct running *self, const struct error *problem, struct error *err)
{
    struct arena *arena = self->call.arena;
    struct value told = context_set(arena, value_null, "type", value_string(arena_str(arena, str_of(problem->type))));
    told = context_set(arena, told, "message", value_string(arena_str(arena, str_of(problem->message))));
    self->body = context_set(arena, self->body, "problem", told);
    self->row.state = STORE_BULK_FAILED;
    return save_progress(self, err);
}

static enum status run_found(struct running *self, size_t batch, struct error *err)
{
    struct error problem = ERROR_INIT;
    enum status status = load_table(self, &problem);
    if (status == OK) {
        find_rows(self, batch);
        status = run_rows(self, &problem);
    }
    if (status != OK && is_lasting(&problem))
        return give_up(self, &problem, err);
    if (status != OK) {
        *err = problem;
        return FAILED;
    }
    if (self->stopped)
        return OK;
    self->row.line = (int64_t)self->table.csv.rows[self->end - 1].line;
    return save_progress(self, err);
}

enum status service_bulks_run(struct service *self, int64_t now_ms, size_t batch, size_t *done, struct error *err)
{
    (void)now_ms;
    struct arena arena;
    arena_init(&arena);
    struct running running = {.service = self, .call = {.service = self, .actor = &actor_system, .arena = &arena}};
    enum status status = db_read(self->db, load_command, &running, err);
    if (status == OK && running.found)
        status = run_found(&running, batch, err);
    *done = status == OK && running.found;
    arena_release(&arena);
    return status;
}
