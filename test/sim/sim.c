#include "sim.h"

#include "db/db.h"
#include "disk.h"
#include "draw.h"
#include "feel/json.h"
#include "service/work.h"

#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 2
#define COMMANDS_LEAST 8
#define COMMANDS_MOST 32
#define ROUNDS_MAX 2000
#define DRAWS_MAX 4

/* ---- Telling ---- */

enum status sim_wrong(struct sim *self, const char *format, ...)
{
    char text[2000];
    if (self->report.len)
        return FAILED;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    buf_printf(&self->report, "%s", text);
    sim_trace(self, "WRONG: %s", text);
    return FAILED;
}

bool sim_is_wrong(const struct sim *self)
{
    return self->report.len > 0;
}

void sim_trace(const struct sim *self, const char *format, ...)
{
    if (!self->trace)
        return;
    va_list arguments;
    va_start(arguments, format);
    printf("%*s", 2 * self->depth, "");
    vprintf(format, arguments);
    printf("\n");
    fflush(stdout);
    va_end(arguments);
}

static void trace_command(struct sim *self, const struct command *command, const char *what)
{
    if (!self->trace)
        return;
    struct arena arena;
    arena_init(&arena);
    struct str data = json_text(&arena, command->data);
    sim_trace(self, "%s %s %.*s %.*s %.*s %.*s %.*s n=%" PRId64 " by %.*s: %s", command_names[command->kind],
              command->idempotency.len ? "(with key)" : "", STR_ARGS(command->ref), STR_ARGS(command->path),
              STR_ARGS(command->name), STR_ARGS(command->id), STR_ARGS(data), command->n,
              STR_ARGS(sim_actors[command->actor].id), what);
    arena_release(&arena);
}

/* ---- The log ---- */

struct command sim_keep(struct sim *self, const struct command *command)
{
    struct command kept = *command;
    struct arena *arena = &self->arena;
    kept.ref = arena_str(arena, command->ref);
    kept.path = arena_str(arena, command->path);
    kept.id = arena_str(arena, command->id);
    kept.name = arena_str(arena, command->name);
    kept.text = arena_str(arena, command->text);
    kept.idempotency = arena_str(arena, command->idempotency);
    kept.data = value_copy(arena, command->data);
    kept.result = value_copy(arena, command->result);
    return kept;
}

/* What cannot be done a second time. An error that nothing caught can: a person lets the job be tried again. */
static bool takes_nothing_back(const struct command *command)
{
    return command->kind == COMPLETE_TASK || command->kind == COMPLETE_JOB;
}

/* A listener that says no gives the task back. */
static void give_back(struct sim *self, const struct command *denied)
{
    for (size_t i = self->finished.count; i-- > 0;) {
        struct command *task = &self->finished.items[i];
        if (task->kind == COMPLETE_TASK && str_equal(task->ref, denied->ref) && str_equal(task->path, denied->path)) {
            *task = self->finished.items[--self->finished.count];
            return;
        }
    }
}

static void push_log(struct sim *self, const struct command *command)
{
    struct command kept = sim_keep(self, command);
    VECTOR_PUSH(&self->arena, &self->log, kept);
    if (value_is_true(value_get(command->result, STR("denied"))))
        give_back(self, command);
    if (takes_nothing_back(command))
        VECTOR_PUSH(&self->arena, &self->finished, kept);
}

static bool same_event(const struct aimed *a, const struct aimed *b)
{
    struct str rest_a = a->path, rest_b = b->path;
    (void)str_cut(&rest_a, '@');
    (void)str_cut(&rest_b, '@');
    return str_equal(a->ref, b->ref) && str_equal(rest_a, rest_b);
}

/* Of the timers that the server took, those that another of them had not ended before. */
static void push_timers(struct sim *self, const struct command *command)
{
    struct arena all;
    struct known_case *cases;
    size_t count;
    arena_init(&all);
    (void)sim_list(self, &all, &cases, &count);
    arena_release(&all);
    for (size_t i = 0; i < command->timer_count && !sim_is_wrong(self); i++) {
        const struct aimed *timer = &command->timers[i];
        const struct known_case *of = sim_case(self, timer->ref);
        struct sight sight;
        struct arena arena;
        int64_t wanted = timer->passed;
        for (size_t k = 0; k <= i; k++)
            wanted += same_event(timer, &command->timers[k]);
        arena_init(&arena);
        if (of && sim_look(self, &arena, of->region, of->id, &sight) == OK && sim_check_events(self, &sight) == OK &&
            sim_passed(&sight, timer->path) >= wanted) {
            struct command one = {.kind = FIRE_TIMER,
                                  .now = command->now,
                                  .ref = timer->ref,
                                  .path = timer->path,
                                  .id = timer->id,
                                  .data = value_null};
            push_log(self, &one);
        }
        arena_release(&arena);
    }
}

static void write_log(struct sim *self, const struct command *command)
{
    if (command->kind == FIRE_TIMER)
        push_timers(self, command);
    else
        push_log(self, command);
}

static bool is_finished(const struct sim *self, struct str id)
{
    for (size_t i = 0; i < self->finished.count; i++)
        if (str_equal(self->finished.items[i].id, id))
            return true;
    return false;
}

/* ---- Which timers are next ---- */

struct next_timers {
    struct sim *sim;
    struct arena *arena;
    struct store_timer *rows;
    size_t count, most;
};

static enum status read_next_timers(struct db_tx *tx, void *arg, struct error *err)
{
    struct next_timers *next = arg;
    int64_t *regions;
    size_t region_count = region_list(next->sim->service, (struct division_range){0, INT64_MAX}, next->arena, &regions);
    next->count = 0;
    for (size_t r = 0; r < region_count && next->count < next->most; r++) {
        struct store_timer *rows;
        size_t count;
        if (store_timer_due(tx, next->arena, regions[r], next->sim->now, (int64_t)(next->most - next->count), &rows,
                            &count, err) != OK)
            return FAILED;
        for (size_t i = 0; i < count; i++)
            next->rows[next->count++] = rows[i];
    }
    return OK;
}

static enum status aim_timer(struct sim *self, struct arena *arena, const struct store_timer *row, struct aimed *out)
{
    struct sight sight;
    if (sim_look(self, arena, store_key_region(row->id), row->case_id, &sight) != OK)
        return FAILED;
    for (size_t i = 0; i < sight.handles.count; i++) {
        const struct handle *handle = &sight.handles.items[i];
        if (handle->kind != HANDLE_TIMER || handle->key != row->id)
            continue;
        struct arena *keep = &self->arena;
        *out = (struct aimed){sim_ref(self, sight.region, sight.id), arena_str(keep, handle->path),
                              key_text(keep, row->id), sim_passed(&sight, handle->path)};
        return OK;
    }
    return sim_wrong(self, "timer %" PRId64 " of case %.*s is due, but its process does not wait for it", row->id,
                     STR_ARGS(sight.ref));
}

/* Names the timers that the server will take. False: none is due. */
static bool aim_timers(struct sim *self, struct arena *arena, struct command *command)
{
    struct next_timers next = {.sim = self, .arena = arena, .most = command->batch};
    next.rows = arena_array(arena, struct store_timer, next.most);
    if (sim_read(self, read_next_timers, &next) != OK || next.count == 0)
        return false;
    struct aimed *timers = arena_array(&self->arena, struct aimed, next.count);
    for (size_t i = 0; i < next.count; i++)
        if (aim_timer(self, arena, &next.rows[i], &timers[i]) != OK)
            return false;
    command->timers = timers;
    command->timer_count = next.count;
    command->ref = timers[0].ref;
    command->path = timers[0].path;
    command->id = timers[0].id;
    return true;
}

/* ---- One command ---- */

/* Only failures of the database may look like failures of the server; what the command did wrong has other types. */
static enum status judge_failure(struct sim *self, const struct command *command, const struct error *err,
                                 struct arena *arena)
{
    if (!err->type[0] || !err->message[0])
        return sim_wrong(self, "%s was refused without a word", command_names[command->kind]);
    struct str print = server_print(self, arena);
    bool half = !str_equal(print, self->print);
    /* These may be several small jobs; those that were done stay done. */
    if (half && (command->kind == UPKEEP || command->timer_count > 1)) {
        self->print = arena_str(&self->arena, print);
        write_log(self, command);
        return OK;
    }
    if (half)
        return sim_wrong(self, "%s %.*s was refused (%s: %s) but left something behind:\n  before %.*s\n  after  %.*s",
                         command_names[command->kind], STR_ARGS(command->ref), err->type, err->message,
                         STR_ARGS(self->print), STR_ARGS(print));
    if (err->kind == ERROR_INTERNAL && !str_starts(str_of(err->type), STR("db-")))
        return sim_wrong(self, "%s %.*s: the server failed: %s: %s", command_names[command->kind],
                         STR_ARGS(command->ref), err->type, err->message);
    return OK;
}

static enum status watch_events(struct sim *self, const struct command *command, struct arena *arena)
{
    const struct known_case *of = sim_case(self, command->ref);
    struct sight sight;
    if (!of)
        return OK;
    return sim_look(self, arena, of->region, of->id, &sight) == OK ? sim_check_events(self, &sight) : FAILED;
}

/* It went well: whatever it changed is in the log. */
static enum status acknowledge(struct sim *self, const struct command *command, struct arena *arena)
{
    struct str print = server_print(self, arena);
    if (command->actor == SIM_GUEST && !str_equal(print, self->print))
        return sim_wrong(self, "%s %.*s was done for somebody who may not", command_names[command->kind],
                         STR_ARGS(command->ref));
    if (takes_nothing_back(command) && is_finished(self, command->id) && !command->idempotency.len)
        return sim_wrong(self, "%s %.*s %.*s was done twice", command_names[command->kind], STR_ARGS(command->ref),
                         STR_ARGS(command->path));
    if (str_equal(print, self->print))
        return OK;
    self->print = arena_str(&self->arena, print);
    write_log(self, command);
    return command->kind == COMPLETE_JOB ? watch_events(self, command, arena) : OK;
}

static enum status do_command(struct sim *self, struct command *command, struct error *err)
{
    struct arena arena;
    arena_init(&arena);
    enum status result = OK;
    enum status status = sim_do(self, command, &arena, err);
    if (disk_is_cut()) {
        trace_command(self, command, status == OK ? "acknowledged before the server died" : "the server died");
        if (!self->doubtful) {
            struct command *kept = arena_new(&self->arena, struct command);
            *kept = sim_keep(self, command);
            self->doubtful = kept;
            self->doubtful_acknowledged = status == OK;
        }
    } else if (status == OK) {
        trace_command(self, command, "done");
        result = acknowledge(self, command, &arena);
    } else {
        char why[600];
        snprintf(why, sizeof why, "%s: %s", err->type, err->message);
        trace_command(self, command, why);
        result = judge_failure(self, command, err, &arena);
    }
    arena_release(&arena);
    if (result == OK && status != OK)
        result = FAILED;
    return result;
}

/* ---- Bad luck ---- */

static void arm(struct sim *self)
{
    struct db *db = service_db(self->service);
    if (self->calm || !sim_chance(self, 5))
        return;
    switch (sim_below(self, 8)) {
    case 0:
    case 1: db_fault(db, DB_FAULT_STATEMENT, 1 + sim_below(self, sim_chance(self, 2) ? 10 : 60)); break;
    case 2:
    case 3: db_fault(db, DB_FAULT_COMMIT, 1 + sim_below(self, 3)); break;
    case 4: disk_full_at(1 + sim_below(self, 10), 1 + sim_below(self, 20)); break;
    case 5: disk_sync_fails_at(1 + sim_below(self, 2)); break;
    default: disk_cut_at(1 + sim_below(self, 30), sim_chance(self, 2) ? DISK_POWER : DISK_KILL); break;
    }
}

/* After a failed sync nobody knows what the disk holds, until the next commit goes over it. */
static void disarm(struct sim *self)
{
    db_fault(service_db(self->service), DB_FAULT_STATEMENT, 0);
    db_fault(service_db(self->service), DB_FAULT_COMMIT, 0);
    bool struck = disk_struck();
    if (disk_is_cut())
        return;
    disk_mend();
    struct arena arena;
    struct error err = ERROR_INIT;
    arena_init(&arena);
    struct call call = sim_call(self, &actor_system, &arena);
    if (struck &&
        service_setting_put(&call, STR("sim.mended"), arena_printf(&arena, "%" PRIu64, sim_random(self)), &err) != OK)
        sim_wrong(self, "the disk is well again but not the server: %s: %s", err.type, err.message);
    arena_release(&arena);
}

/* ---- Death and return ---- */

static bool always_changes(const struct command *command)
{
    return !command->repeated &&
           (command->kind == OPEN_CASE || command->kind == COMPLETE_TASK || command->kind == COMPLETE_JOB ||
            command->kind == FAIL_JOB || command->kind == THROW_ERROR || command->kind == ACT);
}

static enum status reopen(struct sim *self)
{
    for (int attempt = 0;; attempt++) {
        disk_restart();
        if (attempt < 2 && sim_chance(self, 10))
            disk_cut_at(1 + sim_below(self, 10), DISK_POWER);
        enum status status = server_open(self);
        if (status == OK && !disk_is_cut()) {
            disk_mend();
            return OK;
        }
        if (sim_is_wrong(self))
            return FAILED;
        service_close(self->service);
        self->service = NULL;
    }
}

/* The client of a command that died repeats it with its key, and finds it done once. */
static enum status repeat(struct sim *self, const struct command *command)
{
    struct error err = ERROR_INIT;
    struct command again = *command;
    again.repeated = true;
    if (!command->idempotency.len)
        return OK;
    (void)do_command(self, &again, &err);
    return sim_is_wrong(self) ? FAILED : OK;
}

static enum status come_back(struct sim *self)
{
    const struct command *doubtful = self->doubtful;
    bool acknowledged = self->doubtful_acknowledged;
    struct arena arena;
    service_close(self->service);
    self->service = NULL;
    self->doubtful = NULL;
    self->cases.count = 0;
    if (reopen(self) != OK)
        return FAILED;
    arena_init(&arena);
    struct str print = server_print(self, &arena);
    bool changed = !str_equal(print, self->print);
    sim_trace(self, "the server is back%s", changed ? ", the last command was done" : "");
    if (changed && doubtful) {
        self->print = arena_str(&self->arena, print);
        write_log(self, doubtful);
    } else if (changed) {
        sim_wrong(self, "after a crash between commands the database is another:\n  before %.*s\n  after  %.*s",
                  STR_ARGS(self->print), STR_ARGS(print));
    }
    arena_release(&arena);
    if (!changed && acknowledged && always_changes(doubtful))
        return sim_wrong(self, "%s %.*s was acknowledged and is lost", command_names[doubtful->kind],
                         STR_ARGS(doubtful->ref));
    if (!sim_is_wrong(self) && doubtful && !self->calm)
        (void)repeat(self, doubtful);
    return sim_is_wrong(self) ? FAILED : sim_check(self);
}

/* ---- Interleaving ---- */

static enum status one(struct sim *self);

static void interleave(struct sim *self)
{
    if (self->calm || self->depth == 0 || self->depth > DEPTH_MAX || self->interleavings == 0 || disk_is_cut() ||
        sim_is_wrong(self) || !sim_chance(self, 3))
        return;
    self->interleavings--;
    (void)one(self);
}

static enum status one(struct sim *self)
{
    struct arena arena;
    struct command command;
    struct error err = ERROR_INIT;
    enum status status = OK;
    arena_init(&arena);
    bool drawn = false;
    for (int attempt = 0; attempt < DRAWS_MAX && !drawn; attempt++)
        drawn = sim_draw(self, &arena, &command) && !(self->publishing && command.kind == PUBLISH);
    if (drawn && command.kind == FIRE_TIMER)
        drawn = aim_timers(self, &arena, &command);
    /* What of several small jobs was done could not be told if others came between. */
    if (command.timer_count > 1 || command.kind == UPKEEP)
        self->interleavings = 0;
    if (drawn && !disk_is_cut()) {
        if (self->depth == 0)
            arm(self);
        struct str focus = self->focus;
        bool publishing = self->publishing;
        self->focus = command.ref;
        self->publishing = publishing || command.kind == PUBLISH;
        self->depth++;
        status = do_command(self, &command, &err);
        if (status == OK && !disk_is_cut() && command.idempotency.len && sim_chance(self, 5))
            status = repeat(self, &command);
        self->depth--;
        self->focus = focus;
        self->publishing = publishing;
        if (self->depth == 0)
            disarm(self);
    }
    arena_release(&arena);
    return sim_is_wrong(self) ? FAILED : OK;
}

/* ---- A history ---- */

/* The worker of a task listener lets pass what it is asked about. False: none is asked. */
static bool aim_listener(struct sim *self, struct arena *arena, struct command *out)
{
    struct known_case *cases;
    size_t count;
    if (sim_list(self, arena, &cases, &count) != OK)
        return false;
    for (size_t c = 0; c < count; c++) {
        struct sight sight;
        if (sim_look(self, arena, cases[c].region, cases[c].id, &sight) != OK)
            return false;
        for (size_t i = 0; i < sight.handles.count; i++) {
            const struct handle *handle = &sight.handles.items[i];
            if (handle->kind != HANDLE_JOB || !handle->listens || handle->thrown)
                continue;
            *out = (struct command){.kind = COMPLETE_JOB, .now = self->now, .ref = cases[c].ref};
            out->path = handle->path;
            out->name = handle->name;
            out->id = key_text(arena, handle->key);
            return true;
        }
    }
    return false;
}

/* Lets everything that is due happen and every listener answer, as a quiet month would. */
static enum status settle(struct sim *self)
{
    self->calm = true;
    for (int round = 0; round < ROUNDS_MAX; round++) {
        int64_t due;
        struct error err = ERROR_INIT;
        struct arena arena;
        struct command command = {.now = self->now, .kind = SEND_EXCHANGE, .data = value_null};
        if (service_next_due(self->service, &due, &err) != OK)
            return sim_wrong(self, "what is due next cannot be told: %s", err.message);
        if (due == INT64_MAX || sim_chance(self, 2)) {
            arena_init(&arena);
            bool asked = aim_listener(self, &arena, &command);
            enum status status = asked ? do_command(self, &command, &err) : OK;
            arena_release(&arena);
            if (status != OK || sim_is_wrong(self))
                return sim_wrong(self, "in peace, a listener's answer: %s: %s", err.type, err.message);
            if (due == INT64_MAX && !asked)
                return OK;
            continue;
        }
        self->now = due > self->now ? due : self->now;
        command.now = self->now;
        arena_init(&arena);
        size_t before = self->log.count;
        enum status status = do_command(self, &command, &err);
        command = (struct command){.now = self->now, .kind = FIRE_TIMER, .data = value_null, .batch = 1};
        if (status == OK && aim_timers(self, &arena, &command))
            status = do_command(self, &command, &err);
        arena_release(&arena);
        if (status != OK || sim_is_wrong(self))
            return sim_wrong(self, "in peace, %s: %s", err.type, err.message);
        if (self->log.count == before && due == self->now && round + 1 == ROUNDS_MAX)
            break;
    }
    return sim_wrong(self, "something stays due for ever");
}

static enum status play(struct sim *self)
{
    int64_t count = COMMANDS_LEAST + sim_below(self, COMMANDS_MOST - COMMANDS_LEAST + 1);
    if (server_open(self) != OK)
        return FAILED;
    self->print = server_print(self, &self->arena);
    for (int64_t i = 0; i < count; i++) {
        if (sim_chance(self, 4))
            self->now += sim_draw_pause(self);
        self->now++;
        self->interleavings = 2;
        if (one(self) != OK)
            return FAILED;
        if (!disk_is_cut() && sim_chance(self, 80))
            disk_cut(sim_chance(self, 2) ? DISK_POWER : DISK_KILL);
        if (disk_is_cut() && come_back(self) != OK)
            return FAILED;
    }
    if (sim_check(self) != OK || settle(self) != OK || sim_check(self) != OK)
        return FAILED;
    return sim_check_log(self);
}

bool sim_run(const struct pack_set *packs, uint64_t seed, bool trace, struct str *report, struct arena *arena)
{
    struct sim self;
    sim_interleave = interleave;
    sim_init(&self, packs, seed);
    self.trace = trace;
    if (play(&self) == OK) {
        struct str picture = sim_picture(&self, &self.arena);
        if (!sim_is_wrong(&self))
            (void)sim_replay(&self, picture);
    }
    bool good = !sim_is_wrong(&self);
    *report = arena_str(arena, buf_str(&self.report));
    sim_release(&self);
    return good;
}
