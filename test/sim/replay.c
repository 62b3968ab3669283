/* The same history without bad luck must end in the same picture. */
#include "disk.h"
#include "sim.h"

#include "db/db.h"
#include "feel/json.h"
#include "service/case.h"
#include "service/work.h"

#include <stdlib.h>
#include <string.h>

/* ---- The picture ---- */

static int compare_refs(const void *a, const void *b)
{
    return str_compare(((const struct known_case *)a)->ref, ((const struct known_case *)b)->ref);
}

static int compare_handles(const void *a, const void *b)
{
    const struct handle *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    int order = str_compare(x->path, y->path);
    return order ? order : (x->due > y->due) - (x->due < y->due);
}

/* Keys are numbers that luck decides. */
static bool is_key(struct str name)
{
    static const char *const names[] = {"key", "parent", "job", "elementKey", "incident", "task", "decision", "id"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_equal(name, str_of(names[i])))
            return true;
    return false;
}

static struct value without_keys(struct arena *arena, struct value v)
{
    if (v.kind == VALUE_LIST) {
        struct list *list = list_new(arena, value_count(v));
        for (size_t i = 0; i < value_count(v); i++)
            list->items[i] = without_keys(arena, value_at(v, i));
        return value_of_list(list);
    }
    if (v.kind != VALUE_CONTEXT)
        return v;
    struct context_builder out;
    context_builder_init(&out, arena);
    for (size_t i = 0; i < v.context->count; i++) {
        struct value inner = v.context->members[i].value;
        if (!is_key(v.context->members[i].key) || inner.kind == VALUE_CONTEXT)
            context_builder_put(&out, v.context->members[i].key, without_keys(arena, inner));
    }
    return context_builder_done(&out);
}

static void put_case(struct sim *self, struct arena *arena, const struct known_case *of, struct buf *out)
{
    struct sight sight;
    struct value events;
    struct call call = sim_call(self, &actor_system, arena);
    struct error err = ERROR_INIT;
    if (sim_look(self, arena, of->region, of->id, &sight) != OK)
        return;
    if (service_case_events(&call, sight.no, &events, &err) != OK) {
        sim_wrong(self, "the events of case %.*s cannot be read: %s", STR_ARGS(of->ref), err.message);
        return;
    }
    buf_printf(out, "case %.*s %.*s state %" PRId64 "\n", STR_ARGS(sight.ref), STR_ARGS(sight.item), sight.state);
    if (sight.handles.count)
        qsort(sight.handles.items, sight.handles.count, sizeof *sight.handles.items, compare_handles);
    for (size_t i = 0; i < sight.handles.count; i++) {
        const struct handle *handle = &sight.handles.items[i];
        buf_printf(out, "  waits %d %.*s %.*s due %" PRId64 " retries %" PRId64 "\n", (int)handle->kind,
                   STR_ARGS(handle->path), STR_ARGS(handle->name), handle->due, handle->retries);
    }
    struct value view = without_keys(arena, sight.view);
    for (size_t i = 0; i < view.context->count; i++)
        buf_printf(out, "  %.*s %.*s\n", STR_ARGS(view.context->members[i].key),
                   STR_ARGS(json_text(arena, view.context->members[i].value)));
    for (size_t i = 0; i < value_count(events); i++)
        buf_printf(out, "  event %.*s\n", STR_ARGS(json_text(arena, without_keys(arena, value_at(events, i)))));
}

DB_SQL(picture_rows, "SELECT 'account ' || lower(hex(id)) || ' ' || CAST(balance AS TEXT) || ' ' || CAST(entries AS "
                     "TEXT) AS line FROM account"
                     " UNION ALL SELECT 'message ' || lower(hex(name)) || ' ' || CAST(expires AS TEXT) FROM message"
                     " UNION ALL SELECT 'document ' || lower(hex(subject)) || ' ' || CAST(state AS TEXT) || ' ' || "
                     "CAST(written AS TEXT) FROM document"
                     " UNION ALL SELECT 'notice ' || lower(hex(party)) || ' ' || CAST(sent AS TEXT) FROM notice"
                     " UNION ALL SELECT 'outbox ' || exchange FROM outbox ORDER BY line");

struct picturing {
    struct arena *arena;
    struct buf *out;
};

static enum status read_picture(struct db_tx *tx, void *arg, struct error *err)
{
    struct picturing *picturing = arg;
    struct db_rows rows;
    if (db_query(tx, picturing->arena, &picture_rows, P_NONE, &rows, err) != OK)
        return FAILED;
    while (db_next(&rows))
        buf_printf(picturing->out, "%.*s\n", STR_ARGS(db_text(&rows, 0)));
    return OK;
}

/* Case numbers depend on luck too; refs say the same. */
static struct str with_refs(struct sim *self, struct arena *arena, struct str text)
{
    struct buf out;
    buf_init(&out, 0);
    for (size_t at = 0; at < text.len;) {
        const struct known_case *here = NULL;
        for (size_t i = 0; i < self->cases.count && !here && text.data[at] == '2'; i++)
            if (str_starts(str_part(text, at, text.len), self->cases.items[i].no))
                here = &self->cases.items[i];
        if (here)
            buf_printf(&out, "<%.*s>", STR_ARGS(here->ref));
        else
            buf_put_char(&out, text.data[at]);
        at += here ? here->no.len : 1;
    }
    struct str result = arena_str(arena, buf_str(&out));
    buf_release(&out);
    return result;
}

struct str sim_picture(struct sim *self, struct arena *arena)
{
    struct known_case *cases;
    size_t count;
    struct buf out;
    struct str picture = STR_NONE;
    buf_init(&out, 0);
    struct picturing picturing = {arena, &out};
    if (sim_list(self, arena, &cases, &count) == OK) {
        if (count)
            qsort(cases, count, sizeof *cases, compare_refs);
        for (size_t i = 0; i < count; i++)
            put_case(self, arena, &cases[i], &out);
        if (sim_read(self, read_picture, &picturing) == OK)
            picture = with_refs(self, arena, buf_str(&out));
    }
    buf_release(&out);
    return picture;
}

/* ---- Again ---- */

static const struct handle *handle_at(const struct sight *sight, const struct command *command)
{
    for (size_t i = 0; i < sight->handles.count; i++) {
        const struct handle *handle = &sight->handles.items[i];
        bool fits = command->kind == FIRE_TIMER ? handle->kind == HANDLE_TIMER
                    : command->kind == ACT      ? handle->kind == HANDLE_INCIDENT
                    : command->kind == CLAIM_TASK || command->kind == RELEASE_TASK || command->kind == COMPLETE_TASK
                        ? handle->kind == HANDLE_TASK
                        : handle->kind == HANDLE_JOB;
        if (fits && str_equal(handle->path, command->path))
            return handle;
    }
    return NULL;
}

/* Fires one timer, whichever else is due. */
static enum status fire(struct work *work, void *arg, struct error *err)
{
    const struct store_timer *row = arg;
    struct work_case *of;
    work_change(work, CHANGE_TIMER_DELETE, row);
    if (work_case_load(work, (struct case_id){store_key_region(row->id), row->case_id}, &of, err) != OK)
        return FAILED;
    struct bpmn_command command = {.kind = BPMN_FIRE_TIMER, .key = row->id};
    return engine_command(of, &command, err);
}

DB_SQL(outbox_of_case, "SELECT id FROM outbox WHERE region = ?1 AND case_id = ?2 AND exchange = ?3 ORDER BY id");

struct hurrying {
    struct arena *arena;
    const struct known_case *of;
    struct str exchange;
    int64_t id; /* 0: there is none */
};

/* Puts a case's exchange before all others. */
static enum status hurry(struct db_tx *tx, void *arg, struct error *err)
{
    struct hurrying *hurrying = arg;
    struct db_rows rows;
    struct store_outbox row;
    bool found, moved;
    struct db_params params = P(P_INT(hurrying->of->region), P_INT(hurrying->of->id), P_TEXT(hurrying->exchange));
    if (db_query(tx, hurrying->arena, &outbox_of_case, params, &rows, err) != OK)
        return FAILED;
    hurrying->id = db_next(&rows) ? db_int64(&rows, 0) : 0;
    if (hurrying->id == 0)
        return error_set(err, ERROR_NOT_FOUND, "nothing-to-send", "The case has nothing to send.");
    if (store_outbox_find(tx, hurrying->arena, hurrying->id, &row, &found, err) != OK)
        return FAILED;
    return store_outbox_move(tx, &row, 1, row.attempts, &moved, err);
}

static enum status send_again(struct sim *self, struct arena *arena, struct command *command, struct error *err)
{
    struct hurrying hurrying = {.arena = arena, .of = sim_case(self, command->ref), .exchange = command->name};
    size_t done;
    if (!hurrying.of)
        return error_set(err, ERROR_NOT_FOUND, "no-case", "There is no such case.");
    if (db_write(service_db(self->service), hurry, &hurrying, err) != OK)
        return FAILED;
    command->id = key_text(arena, hurrying.id);
    self->replaying = command;
    /* Regions come one after the other: only this one's may be due. */
    enum status status = service_outbox_run(self->service, 1, 1, &done, err);
    self->replaying = NULL;
    return status;
}

static enum status aim_again(struct sim *self, struct arena *arena, struct command *command, struct sight *sight,
                             struct error *err)
{
    const struct known_case *of = sim_case(self, command->ref);
    if (!of)
        return error_set(err, ERROR_NOT_FOUND, "no-case", "There is no such case.");
    if (sim_look(self, arena, of->region, of->id, sight) != OK)
        return error_set(err, ERROR_INTERNAL, "no-sight", "The case cannot be read.");
    if (command->path.len == 0 || (command->kind == ACT && command->id.len == 0))
        return OK;
    const struct handle *handle = handle_at(sight, command);
    if (!handle)
        return error_set(err, ERROR_NOT_FOUND, "no-handle", "The case does not wait there.");
    command->id = key_text(arena, handle->key);
    return OK;
}

static enum status do_again(struct sim *self, struct arena *arena, struct command *command, struct error *err)
{
    struct sight sight;
    struct known_case *cases;
    size_t count;
    if (sim_list(self, arena, &cases, &count) != OK)
        return FAILED;
    if (command->kind == SEND_EXCHANGE)
        return send_again(self, arena, command, err);
    bool aims = command->kind != OPEN_CASE && command->kind != PUBLISH && command->kind != UPKEEP;
    if (aims && aim_again(self, arena, command, &sight, err) != OK)
        return FAILED;
    if (command->kind != FIRE_TIMER)
        return sim_do(self, command, arena, err);
    struct call call = sim_call(self, &actor_system, arena);
    struct store_timer row = {.case_id = sight.id};
    CHECK(key_parse(command->id, &row.id));
    return work_run(&call, fire, &row, err);
}

/* ---- Comparing ---- */

static enum status differ(struct sim *self, struct str first, struct str second)
{
    struct str line_1, line_2, of = STR_NONE;
    do {
        line_1 = str_cut(&first, '\n');
        line_2 = str_cut(&second, '\n');
        if (str_starts(line_1, STR("case ")))
            of = line_1;
    } while (str_equal(line_1, line_2) && (first.len || second.len));
    size_t at = 0;
    while (at < line_1.len && at < line_2.len && line_1.data[at] == line_2.data[at])
        at++;
    at = at > 60 ? at - 60 : 0;
    return sim_wrong(self, "without bad luck the history ends differently in %.*s:\n  was …%.*s\n  now …%.*s",
                     STR_ARGS(of), STR_ARGS(str_part(line_1, at, at + 500)), STR_ARGS(str_part(line_2, at, at + 500)));
}

enum status sim_replay(struct sim *self, struct str picture)
{
    struct sim again;
    disk_cut(DISK_KILL);
    service_close(self->service);
    self->service = NULL;
    sim_init(&again, self->packs, self->seed);
    again.calm = true;
    again.trace = self->trace;
    sim_trace(self, "---- again, without bad luck");
    enum status status = server_open(&again);
    for (size_t i = 0; status == OK && i < self->log.count; i++) {
        struct arena arena;
        struct error err = ERROR_INIT;
        struct command command = self->log.items[i];
        arena_init(&arena);
        again.now = command.now;
        status = do_again(&again, &arena, &command, &err);
        if (status != OK && !sim_is_wrong(&again))
            status =
                sim_wrong(&again, "without bad luck, %s %.*s %.*s %.*s is refused: %s: %s", command_names[command.kind],
                          STR_ARGS(command.ref), STR_ARGS(command.path), STR_ARGS(command.name), err.type, err.message);
        arena_release(&arena);
    }
    if (status == OK) {
        struct str now = sim_picture(&again, &again.arena);
        if (!sim_is_wrong(&again) && !str_equal(now, picture))
            status = differ(&again, picture, now);
    }
    if (again.report.len)
        status = sim_wrong(self, "%.*s", STR_ARGS(buf_str(&again.report)));
    sim_release(&again);
    return status;
}
