/* Opening, transactions and statements: what is the same for both drivers. */
#include "db/db.h"

#include "db/internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REPEATS_MAX 20
#define WANTED_US 500000

/* The thread is inside a db_function: a transaction in a transaction would wait for itself. */
static _Thread_local bool inside_function;

static _Thread_local bool gives_way;

/* ---- Opening ---------------------------------------------------------------------------------------------------- */

static int value_or(int value, int otherwise)
{
    return value > 0 ? value : otherwise;
}

static void fill_options(struct db *self, const struct db_options *options)
{
    static const struct db_options none;
    const struct db_options *given = options ? options : &none;
    bool postgres = self->driver->kind == DB_POSTGRES;
    self->options = (struct db_options){
        .readers = value_or(given->readers, postgres ? 16 : 8),
        .writers = value_or(given->writers, 16),
        .batch = value_or(given->batch, 512),
        .statement_timeout_ms = value_or(given->statement_timeout_ms, 30000),
        .lock_timeout_ms = value_or(given->lock_timeout_ms, 5000),
    };
}

static char *heap_cstr(struct str s)
{
    char *copy = heap_alloc(s.len + 1);
    memcpy(copy, s.data, s.len);
    return copy;
}

/* Opens one connection at once, so that a wrong address is told now. */
static enum status try_connection(struct db *self, struct db_pool *pool, struct error *err)
{
    struct db_connection *connection;
    if (db_pool_take(self, pool, &connection, err))
        return FAILED;
    db_pool_give(self, pool, connection);
    return OK;
}

enum status db_open(const char *where, const struct db_options *options, struct db **out, struct error *err)
{
    CHECK(where && out);
    struct str place = str_of(where);
    if (str_starts(place, STR("sqlite:")))
        place = str_part(place, strlen("sqlite:"), place.len);
    if (!place.len)
        return error_set(err, ERROR_INVALID, "db-address", "The database address is empty.");
    struct db *self = heap_alloc(sizeof(*self));
    bool postgres = str_starts(place, STR("postgres://")) || str_starts(place, STR("postgresql://"));
    self->driver = postgres ? &db_driver_postgres : &db_driver_sqlite;
    self->memory = str_equal(place, STR(":memory:"));
    self->where = heap_cstr(place);
    fill_options(self, options);
    db_pool_init(&self->readers, self->options.readers, false);
    db_pool_init(&self->writers, self->memory ? 1 : self->options.writers, true);
    bool queued = !postgres && !self->memory;
    if (queued ? db_writer_start(self, &self->writer, err) : try_connection(self, &self->writers, err)) {
        db_close(self);
        return FAILED;
    }
    *out = self;
    return OK;
}

void db_close(struct db *self)
{
    if (!self)
        return;
    db_pool_release(self, &self->readers);
    db_pool_release(self, &self->writers);
    if (self->writer)
        db_writer_stop(self->writer);
    heap_free(self->where);
    heap_free(self);
}

enum db_kind db_kind(const struct db *self)
{
    return self->driver->kind;
}

/* ---- Faults ----------------------------------------------------------------------------------------------------- */

void db_fault(struct db *self, enum db_fault_point point, int64_t nth)
{
    CHECK(nth >= 0);
    atomic_store(&self->fault_struck, false);
    atomic_store(point == DB_FAULT_STATEMENT ? &self->fault_statement : &self->fault_commit, nth);
}

bool db_fault_struck(const struct db *self)
{
    return atomic_load(&self->fault_struck);
}

bool db_inside(void)
{
    return inside_function;
}

void db_before_write(struct db *self, void (*hook)(void *arg), void *arg)
{
    self->before_write = hook;
    self->before_write_arg = arg;
}

static enum status fault_passes(struct db *db, atomic_int_fast64_t *countdown, struct error *err)
{
    if (atomic_load_explicit(countdown, memory_order_relaxed) <= 0 || atomic_fetch_sub(countdown, 1) != 1)
        return OK;
    atomic_store(&db->fault_struck, true);
    return error_set(err, ERROR_UNAVAILABLE, "db-fault", "The database failed because a test told it to.");
}

/* ---- Running functions ------------------------------------------------------------------------------------------ */

void db_call_run(struct db *db, struct db_connection *connection, struct db_call *call)
{
    arena_reset(&call->arena);
    struct db_tx tx = {.db = db, .connection = connection, .arena = &call->arena, .writable = !connection->reading};
    call->err = ERROR_INIT;
    inside_function = true;
    call->status = call->fn(&tx, call->arg, &call->err);
    inside_function = false;
    if (tx.failed && call->status == OK) {
        call->status = FAILED;
        call->err = tx.failure;
    }
    call->hooks = tx.hooks;
}

enum status db_commit(struct db_connection *connection, struct error *err)
{
    struct db *db = connection->db;
    int64_t start = monotonic_us();
    if (fault_passes(db, &db->fault_commit, err)) {
        db->driver->rollback(connection);
        return FAILED;
    }
    if (db->driver->commit(connection, err)) {
        db->driver->rollback(connection);
        return FAILED;
    }
    db_histogram_add(&db->counters.commit_us, (uint64_t)(monotonic_us() - start) / DB_TIME_UNIT_US);
    return OK;
}

static void run_hooks(struct db_hook *newest)
{
    struct db_hook *first = NULL;
    while (newest) {
        struct db_hook *next = newest->next;
        newest->next = first;
        first = newest;
        newest = next;
    }
    for (; first; first = first->next)
        first->callback(first->arg);
}

/* Waits a random time that doubles with each attempt: 1 to 64 ms at most. */
static void back_off(int attempt)
{
    unsigned char chance;
    world_real.random(world_real.state, &chance, 1);
    int64_t longest_us = (int64_t)1000 << (attempt < 6 ? attempt : 6);
    int64_t us = longest_us * (chance + 1) / 256;
    struct timespec pause = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&pause, NULL);
}

static enum status end_transaction(struct db *db, struct db_connection *connection, struct db_call *call)
{
    if (!call->reading)
        return db_commit(connection, &call->err);
    if (db->driver->commit(connection, &call->err) == OK)
        return OK;
    db->driver->rollback(connection);
    return FAILED;
}

/* Once through the function in a transaction of its own. True when it should be run again. */
static bool run_alone_once(struct db *db, struct db_pool *pool, struct db_call *call)
{
    struct db_connection *connection;
    if (db_pool_take(db, pool, &connection, &call->err)) {
        call->status = FAILED;
        return false;
    }
    connection->repeat = false;
    connection->lost = false;
    connection->reading = call->reading;
    if (db->driver->begin(connection, &call->err)) {
        call->status = FAILED;
        db->driver->rollback(connection);
    } else {
        db_call_run(db, connection, call);
        if (call->status != OK || connection->repeat) {
            call->status = FAILED;
            db->driver->rollback(connection);
        } else if (end_transaction(db, connection, call)) {
            call->status = FAILED;
        } else {
            connection->repeat = false;
        }
    }
    bool again = connection->repeat;
    db_pool_give(db, pool, connection);
    return again;
}

static void run_alone(struct db *db, struct db_pool *pool, struct db_call *call)
{
    for (int attempt = 0; run_alone_once(db, pool, call); attempt++) {
        if (attempt == REPEATS_MAX) {
            if (!str_starts(str_of(call->err.type), STR("db-")))
                error_set(&call->err, ERROR_UNAVAILABLE, "db-busy",
                          "Too many others changed the same data; try again.");
            return;
        }
        atomic_fetch_add(&db->counters.retries, 1);
        back_off(attempt);
    }
}

void db_give_way(void)
{
    gives_way = true;
}

bool db_wanted(const struct db *self)
{
    int64_t last = atomic_load_explicit(&self->wanted_us, memory_order_relaxed);
    return last && monotonic_us() - last < WANTED_US;
}

enum status db_write(struct db *self, db_function fn, void *arg, struct error *err)
{
    CHECK(!inside_function);
    if (self->before_write)
        self->before_write(self->before_write_arg);
    int64_t start = monotonic_us();
    struct db_call call = {.fn = fn, .arg = arg, .gives_way = gives_way, .since_us = start};
    if (!gives_way)
        atomic_store_explicit(&self->wanted_us, start, memory_order_relaxed);
    atomic_fetch_add(&self->counters.queued, 1);
    if (self->writer)
        db_writer_run(self->writer, &call);
    else
        run_alone(self, &self->writers, &call);
    atomic_fetch_sub(&self->counters.queued, 1);
    if (call.status == OK) {
        atomic_fetch_add(&self->counters.writes, 1);
        db_histogram_add(&self->counters.write_us, (uint64_t)(monotonic_us() - start) / DB_TIME_UNIT_US);
        if (!self->writer)
            db_histogram_add(&self->counters.batch, 1);
        run_hooks(call.hooks);
    } else {
        atomic_fetch_add(&self->counters.failed, 1);
        if (err)
            *err = call.err;
    }
    arena_release(&call.arena);
    return call.status;
}

enum status db_read(struct db *self, db_function fn, void *arg, struct error *err)
{
    CHECK(!inside_function);
    struct db_call call = {.fn = fn, .arg = arg, .reading = true};
    atomic_fetch_add(&self->counters.reads, 1);
    run_alone(self, self->memory ? &self->writers : &self->readers, &call);
    if (call.status != OK && err)
        *err = call.err;
    arena_release(&call.arena);
    return call.status;
}

enum status db_try(struct db_tx *tx, db_function fn, void *arg, struct error *err)
{
    CHECK(tx->writable);
    const struct db_driver *driver = tx->db->driver;
    if (tx->failed)
        return error_set(err, ERROR_INTERNAL, "db-aborted", "The transaction has failed already: %s",
                         tx->failure.message);
    if (driver->savepoint(tx->connection, err)) {
        tx->failed = true;
        if (err)
            tx->failure = *err;
        return FAILED;
    }
    struct db_hook *hooks = tx->hooks;
    struct error inner = ERROR_INIT;
    enum status status = fn(tx, arg, &inner);
    if (status == OK && tx->failed)
        inner = tx->failure;
    if (status == OK && !tx->failed && driver->release(tx->connection, &inner) == OK)
        return OK;
    tx->hooks = hooks;
    if (err)
        *err = inner;
    struct error undo_error;
    tx->failed = tx->connection->repeat || driver->undo(tx->connection, &undo_error) != OK;
    if (tx->failed)
        tx->failure = inner;
    return FAILED;
}

void db_after_commit(struct db_tx *tx, void (*callback)(void *arg), void *arg)
{
    CHECK(tx->writable);
    struct db_hook *hook = arena_new(tx->arena, struct db_hook);
    *hook = (struct db_hook){tx->hooks, callback, arg};
    tx->hooks = hook;
}

struct arena *db_tx_arena(struct db_tx *tx)
{
    return tx->arena;
}

struct db *db_tx_db(struct db_tx *tx)
{
    return tx->db;
}

/* ---- Statements ------------------------------------------------------------------------------------------------- */

struct db_param db_param_bytes(enum db_type type, struct str s)
{
    return (struct db_param){.type = type, .is_null = !s.data, .bytes = s};
}

/* U+0000 cannot be kept by PostgreSQL and cuts texts in SQLite's functions, so both refuse it. */
static enum status check_texts(struct db_params params, struct error *err)
{
    for (size_t i = 0; i < params.count; i++) {
        const struct db_param *param = &params.items[i];
        if (param->type == DB_TEXT && !param->is_null && memchr(param->bytes.data, 0, param->bytes.len))
            return error_set(err, ERROR_INVALID, "bad-text", "A text may not contain the character U+0000.");
    }
    return OK;
}

static enum status run_statement(struct db_tx *tx, struct db_run *run, struct error *err)
{
    CHECK(run->statement && run->statement->sql);
    CHECK(run->params.count <= DB_PARAMS_MAX);
    struct db *db = tx->db;
    if (tx->failed)
        return error_set(err, ERROR_INTERNAL, "db-aborted", "The transaction has failed already: %s",
                         tx->failure.message);
    atomic_fetch_add_explicit(&db->counters.statements, 1, memory_order_relaxed);
    struct error failure = ERROR_INIT;
    if (fault_passes(db, &db->fault_statement, &failure) || check_texts(run->params, &failure) ||
        db->driver->run(tx->connection, run, &failure)) {
        if (err)
            *err = failure;
        if (!run->sink_failed) {
            tx->failed = true;
            tx->failure = failure;
        }
        return FAILED;
    }
    return OK;
}

enum status db_exec(struct db_tx *tx, const struct db_statement *statement, struct db_params params, struct error *err)
{
    struct db_run run = {.statement = statement, .params = params};
    return run_statement(tx, &run, err);
}

enum status db_exec_count(struct db_tx *tx, const struct db_statement *statement, struct db_params params,
                          int64_t *changed, struct error *err)
{
    int64_t rows = 0;
    struct db_run run = {.statement = statement, .params = params, .changed = &rows};
    if (run_statement(tx, &run, err))
        return FAILED;
    *changed = rows;
    return OK;
}

enum status db_exec_later(struct db_tx *tx, const struct db_statement *statement, struct db_params params,
                          struct error *err)
{
    struct db_run run = {.statement = statement, .params = params, .later = true};
    return run_statement(tx, &run, err);
}

struct collected {
    struct arena *arena;
    size_t rows;
    size_t columns;
    VECTOR(struct db_cell) cells;
};

static enum status collect_row(void *state, const struct db_cell *cells, size_t columns, struct error *err)
{
    (void)err;
    struct collected *self = state;
    self->rows++;
    self->columns = columns;
    for (size_t i = 0; i < columns; i++) {
        struct db_cell cell = cells[i];
        if (cell.type == DB_TEXT || cell.type == DB_BLOB)
            cell.bytes = arena_str(self->arena, cell.bytes);
        VECTOR_PUSH(self->arena, &self->cells, cell);
    }
    return OK;
}

enum status db_query(struct db_tx *tx, struct arena *arena, const struct db_statement *statement,
                     struct db_params params, struct db_rows *out, struct error *err)
{
    struct collected rows = {.arena = arena};
    struct db_run run = {.statement = statement, .params = params, .sink = {collect_row, &rows}};
    if (run_statement(tx, &run, err))
        return FAILED;
    *out = (struct db_rows){.count = rows.rows, .columns = rows.columns, .cells = rows.cells.items};
    return OK;
}

static enum status scan_row(void *state, const struct db_cell *cells, size_t columns, struct error *err)
{
    const struct db_row_sink *sink = state;
    struct db_rows row = {.count = 1, .columns = columns, .next = 1, .cells = cells};
    return sink->fn(&row, sink->arg, err);
}

enum status db_scan(struct db_tx *tx, const struct db_statement *statement, struct db_params params,
                    struct db_row_sink sink, struct error *err)
{
    struct db_run run = {.statement = statement, .params = params, .sink = {scan_row, &sink}, .stream = true};
    return run_statement(tx, &run, err);
}

bool db_error_is_unique(const struct error *err)
{
    return strcmp(err->type, "db-unique") == 0;
}

/* ---- Upkeep ----------------------------------------------------------------------------------------------------- */

/* Runs an upkeep function of SQLite on a connection of its own kind. */
static enum status with_reader(struct db *self, enum status (*fn)(struct db_connection *, const char *, struct error *),
                               const char *path, struct error *err)
{
    struct db_pool *pool = self->memory ? &self->writers : &self->readers;
    struct db_connection *connection;
    if (db_pool_take(self, pool, &connection, err))
        return FAILED;
    enum status status = fn(connection, path, err);
    db_pool_give(self, pool, connection);
    return status;
}

enum status db_backup(struct db *self, const char *path, struct error *err)
{
    if (self->driver->kind == DB_POSTGRES) {
        error_set(err, ERROR_INVALID, "db-backup", "A PostgreSQL database is not backed up from here.");
        return error_hint(err, "Use pg_dump, or PostgreSQL's own base backups and log archiving.");
    }
    return with_reader(self, db_sqlite_backup, path, err);
}

static enum status check_file(struct db_connection *connection, const char *path, struct error *err)
{
    (void)path;
    return db_sqlite_check(connection, err);
}

enum status db_check(struct db *self, struct error *err)
{
    if (self->driver->kind == DB_POSTGRES)
        return db_ping(self, err);
    return with_reader(self, check_file, NULL, err);
}

DB_SQL(ping_statement, "SELECT 1");

static enum status ping(struct db_tx *tx, void *arg, struct error *err)
{
    (void)arg;
    return db_exec(tx, &ping_statement, P_NONE, err);
}

enum status db_ping(struct db *self, struct error *err)
{
    return db_read(self, ping, NULL, err);
}
