/* The SQLite driver: connections, statements, errors, backup. The writer's thread is in writer.c. */
#include "db/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#define OPERATIONS_BETWEEN_CHECKS 8192
#define BACKUP_PAGES 1024
#define LOOKASIDE_BYTES 1200 /* SQLite allocates small pieces of this size from */
#define LOOKASIDE_COUNT 200  /* a block of each connection */

struct sqlite_connection {
    struct db_connection base;
    sqlite3 *handle;
    struct db_cache cache;
    int64_t deadline_us; /* of the running statement */
    int log_pages;
    sqlite3_stmt *begin, *commit, *savepoint, *release, *undo;
};

/* ---- Errors ----------------------------------------------------------------------------------------------------- */

struct meaning {
    int code;
    enum error_kind kind;
    const char *type;
    const char *text;
};

/* By extended code first, then by primary code; the first row is for all others. */
static const struct meaning meanings[] = {
    {-1, ERROR_INTERNAL, "db-statement", "The database refused a statement"},
    {SQLITE_CONSTRAINT_UNIQUE, ERROR_CONFLICT, "db-unique", "These values are there already"},
    {SQLITE_CONSTRAINT_PRIMARYKEY, ERROR_CONFLICT, "db-unique", "These values are there already"},
    {SQLITE_CONSTRAINT_ROWID, ERROR_CONFLICT, "db-unique", "These values are there already"},
    {SQLITE_CONSTRAINT, ERROR_CONFLICT, "db-constraint", "A rule of the database forbids it"},
    {SQLITE_BUSY, ERROR_UNAVAILABLE, "db-busy", "The database is in use by another"},
    {SQLITE_LOCKED, ERROR_UNAVAILABLE, "db-busy", "The database is in use by another"},
    {SQLITE_INTERRUPT, ERROR_UNAVAILABLE, "db-timeout", "A statement took too long"},
    {SQLITE_FULL, ERROR_UNAVAILABLE, "db-full", "The disk of the database is full"},
    {SQLITE_IOERR, ERROR_UNAVAILABLE, "db-unavailable", "The database file cannot be read or written"},
    {SQLITE_CANTOPEN, ERROR_UNAVAILABLE, "db-unavailable", "The database file cannot be opened"},
    {SQLITE_PERM, ERROR_UNAVAILABLE, "db-unavailable", "The database file cannot be opened"},
    {SQLITE_READONLY, ERROR_INTERNAL, "db-read-only", "Nothing can be changed here"},
    {SQLITE_CORRUPT, ERROR_INTERNAL, "db-corrupt", "The database file is damaged"},
    {SQLITE_NOTADB, ERROR_INTERNAL, "db-corrupt", "The file is no database"},
};

static const struct meaning *meaning_of(int extended)
{
    int primary = extended & 0xFF;
    for (size_t i = 1; i < COUNT_OF(meanings); i++)
        if (meanings[i].code == extended)
            return &meanings[i];
    for (size_t i = 1; i < COUNT_OF(meanings); i++)
        if (meanings[i].code == primary)
            return &meanings[i];
    return &meanings[0];
}

static enum status fail(struct sqlite_connection *self, struct error *err)
{
    int code = sqlite3_extended_errcode(self->handle);
    const struct meaning *meaning = meaning_of(code);
    const char *message = sqlite3_errmsg(self->handle);
    error_set(err, meaning->kind, meaning->type, "%s: %s.", meaning->text, message);
    const char *columns = (code & 0xFF) == SQLITE_CONSTRAINT ? strstr(message, "failed: ") : NULL;
    if (columns)
        error_field(err, "%s", columns + strlen("failed: "));
    self->base.lost = sqlite3_get_autocommit(self->handle) != 0;
    return FAILED;
}

/* ---- Connections ------------------------------------------------------------------------------------------------ */

static int check_deadline(void *state)
{
    const struct sqlite_connection *self = state;
    return monotonic_us() > self->deadline_us;
}

static int note_log_pages(void *state, sqlite3 *handle, const char *database, int pages)
{
    (void)handle;
    (void)database;
    ((struct sqlite_connection *)state)->log_pages = pages;
    return SQLITE_OK;
}

static sqlite3_stmt *prepare(struct sqlite_connection *self, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v3(self->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
        return NULL;
    return statement;
}

/* Counting every allocation under a lock would cost more than the allocations. Refused, harmlessly, when SQLite is in
 * use already. */
static void configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static enum status set_up(struct sqlite_connection *self, struct error *err)
{
    const struct db *db = self->base.db;
    sqlite3_db_config(self->handle, SQLITE_DBCONFIG_LOOKASIDE, NULL, LOOKASIDE_BYTES, LOOKASIDE_COUNT);
    sqlite3_extended_result_codes(self->handle, 1);
    sqlite3_busy_timeout(self->handle, db->options.lock_timeout_ms);
    sqlite3_db_config(self->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(self->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(self->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(self->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    static const char *const always =
        "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON;";
    static const char *const writing =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
        "PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -32000;";
    bool writer = self->base.writable && !db->memory;
    if (sqlite3_exec(self->handle, always, NULL, NULL, NULL) != SQLITE_OK ||
        (writer && sqlite3_exec(self->handle, writing, NULL, NULL, NULL) != SQLITE_OK))
        return fail(self, err);
    if (writer)
        sqlite3_wal_hook(self->handle, note_log_pages, self);
    sqlite3_progress_handler(self->handle, OPERATIONS_BETWEEN_CHECKS, check_deadline, self);
    self->begin = prepare(self, self->base.writable ? "BEGIN IMMEDIATE" : "BEGIN");
    self->commit = prepare(self, "COMMIT");
    self->savepoint = prepare(self, "SAVEPOINT f");
    self->release = prepare(self, "RELEASE f");
    self->undo = prepare(self, "ROLLBACK TO f");
    if (!self->begin || !self->commit || !self->savepoint || !self->release || !self->undo)
        return fail(self, err);
    return OK;
}

static void sqlite_disconnect(struct db_connection *base)
{
    struct sqlite_connection *self = (struct sqlite_connection *)base;
    for (size_t i = 0; i < self->cache.capacity; i++)
        if (self->cache.slots[i])
            sqlite3_finalize(self->cache.slots[i]->handle);
    db_cache_release(&self->cache);
    sqlite3_stmt *const own[] = {self->begin, self->commit, self->savepoint, self->release, self->undo};
    for (size_t i = 0; i < COUNT_OF(own); i++)
        sqlite3_finalize(own[i]);
    CHECK(sqlite3_close(self->handle) == SQLITE_OK);
    heap_free(self);
}

static enum status sqlite_connect(struct db *db, bool writable, struct db_connection **out, struct error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure);
    struct sqlite_connection *self = heap_alloc(sizeof(*self));
    self->base = (struct db_connection){.db = db, .writable = writable};
    self->deadline_us = INT64_MAX;
    int flags = SQLITE_OPEN_NOMUTEX | (writable ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
    if (sqlite3_open_v2(db->where, &self->handle, flags, NULL) != SQLITE_OK) {
        if (self->handle)
            fail(self, err);
        else
            error_set(err, ERROR_UNAVAILABLE, "db-unavailable", "There is no memory for a database connection.");
        error_hint(err, "Check the folder and its permissions.");
    } else if (set_up(self, err) == OK) {
        *out = &self->base;
        return OK;
    }
    sqlite_disconnect(&self->base);
    return FAILED;
}

/* ---- Transactions ----------------------------------------------------------------------------------------------- */

static enum status step_own(struct db_connection *base, sqlite3_stmt *statement, struct error *err)
{
    struct sqlite_connection *self = (struct sqlite_connection *)base;
    self->deadline_us = INT64_MAX;
    int code = sqlite3_step(statement);
    enum status status = code == SQLITE_DONE ? OK : fail(self, err);
    sqlite3_reset(statement);
    return status;
}

static enum status sqlite_begin(struct db_connection *base, struct error *err)
{
    return step_own(base, ((struct sqlite_connection *)base)->begin, err);
}

static enum status sqlite_commit(struct db_connection *base, struct error *err)
{
    return step_own(base, ((struct sqlite_connection *)base)->commit, err);
}

static void sqlite_rollback(struct db_connection *base)
{
    struct sqlite_connection *self = (struct sqlite_connection *)base;
    self->deadline_us = INT64_MAX;
    if (!sqlite3_get_autocommit(self->handle) && sqlite3_exec(self->handle, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK)
        CHECK(sqlite3_get_autocommit(self->handle)); /* it may fail only after it has rolled back */
}

static enum status sqlite_savepoint(struct db_connection *base, struct error *err)
{
    return step_own(base, ((struct sqlite_connection *)base)->savepoint, err);
}

static enum status sqlite_release(struct db_connection *base, struct error *err)
{
    return step_own(base, ((struct sqlite_connection *)base)->release, err);
}

static enum status sqlite_undo(struct db_connection *base, struct error *err)
{
    struct sqlite_connection *self = (struct sqlite_connection *)base;
    if (sqlite3_get_autocommit(self->handle)) {
        base->lost = true;
        return error_set(err, ERROR_UNAVAILABLE, "db-unavailable", "The database gave the transaction up.");
    }
    if (step_own(base, self->undo, err))
        return FAILED;
    return step_own(base, self->release, err);
}

/* ---- Statements ------------------------------------------------------------------------------------------------- */

static void bind(sqlite3_stmt *statement, struct db_params params)
{
    CHECK((size_t)sqlite3_bind_parameter_count(statement) == params.count);
    for (int i = 0; i < (int)params.count; i++) {
        const struct db_param *param = &params.items[i];
        int code = SQLITE_OK;
        if (param->is_null)
            code = sqlite3_bind_null(statement, i + 1);
        else if (param->type == DB_INT)
            code = sqlite3_bind_int64(statement, i + 1, param->integer);
        else if (param->type == DB_DOUBLE)
            code = sqlite3_bind_double(statement, i + 1, param->real);
        else if (param->type == DB_TEXT)
            code =
                sqlite3_bind_text64(statement, i + 1, param->bytes.data, param->bytes.len, SQLITE_STATIC, SQLITE_UTF8);
        else
            code = sqlite3_bind_blob64(statement, i + 1, param->bytes.data, param->bytes.len, SQLITE_STATIC);
        CHECK(code == SQLITE_OK || code == SQLITE_TOOBIG); /* too big binds NULL; http limits bodies far below */
    }
}

static struct db_cell read_cell(sqlite3_stmt *statement, int column)
{
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER: return (struct db_cell){.type = DB_INT, .integer = sqlite3_column_int64(statement, column)};
    case SQLITE_FLOAT: return (struct db_cell){.type = DB_DOUBLE, .real = sqlite3_column_double(statement, column)};
    case SQLITE_NULL: return (struct db_cell){.type = DB_NULL};
    default: break;
    }
    bool text = sqlite3_column_type(statement, column) == SQLITE_TEXT;
    const void *data =
        text ? (const void *)sqlite3_column_text(statement, column) : sqlite3_column_blob(statement, column);
    size_t len = (size_t)sqlite3_column_bytes(statement, column);
    return (struct db_cell){.type = text ? DB_TEXT : DB_BLOB, .bytes = {data ? data : "", len}};
}

static enum status step_all(struct sqlite_connection *self, sqlite3_stmt *statement, struct db_run *run,
                            struct error *err)
{
    struct db_cell cells[DB_COLUMNS_MAX];
    size_t columns = (size_t)sqlite3_column_count(statement);
    CHECK(columns <= DB_COLUMNS_MAX);
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        if (!run->sink.row)
            continue;
        for (size_t i = 0; i < columns; i++)
            cells[i] = read_cell(statement, (int)i);
        if (run->sink.row(run->sink.state, cells, columns, err)) {
            run->sink_failed = true;
            return FAILED;
        }
    }
    if (code != SQLITE_DONE)
        return fail(self, err);
    if (run->changed)
        *run->changed = sqlite3_changes64(self->handle);
    return OK;
}

static enum status sqlite_run(struct db_connection *base, struct db_run *run, struct error *err)
{
    struct sqlite_connection *self = (struct sqlite_connection *)base;
    struct db_prepared *prepared = db_cache_get(&self->cache, run->statement, 0);
    CHECK(!prepared->busy); /* db_scan's function must not run statements */
    if (!prepared->handle && !(prepared->handle = prepare(self, run->statement->sql)))
        return fail(self, err);
    if (base->reading && !sqlite3_stmt_readonly(prepared->handle))
        return error_set(err, ERROR_INTERNAL, "db-read-only", "Nothing can be changed here.");
    bind(prepared->handle, run->params);
    self->deadline_us = monotonic_us() + (int64_t)base->db->options.statement_timeout_ms * 1000;
    prepared->busy = true;
    enum status status = step_all(self, prepared->handle, run, err);
    prepared->busy = false;
    sqlite3_reset(prepared->handle);
    return status;
}

static enum status sqlite_script(struct db_connection *base, const char *sql, struct error *err)
{
    struct sqlite_connection *self = (struct sqlite_connection *)base;
    self->deadline_us = INT64_MAX;
    if (sqlite3_exec(self->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        return fail(self, err);
    return OK;
}

const struct db_driver db_driver_sqlite = {
    .kind = DB_SQLITE,
    .connect = sqlite_connect,
    .disconnect = sqlite_disconnect,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .savepoint = sqlite_savepoint,
    .release = sqlite_release,
    .undo = sqlite_undo,
    .run = sqlite_run,
    .script = sqlite_script,
};

/* ---- The log and upkeep --------------------------------------------------------------------------------------------
 */

int db_sqlite_log_pages(struct db_connection *base)
{
    return ((struct sqlite_connection *)base)->log_pages;
}

void db_sqlite_checkpoint(struct db_connection *base, bool restart)
{
    struct sqlite_connection *self = (struct sqlite_connection *)base;
    self->deadline_us = INT64_MAX;
    sqlite3_busy_timeout(self->handle, restart ? 20 : 0);
    /* Failure is no loss: the log keeps everything and the next turn tries again. */
    sqlite3_wal_checkpoint_v2(self->handle, NULL, restart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, NULL,
                              NULL);
    sqlite3_busy_timeout(self->handle, base->db->options.lock_timeout_ms);
}

static enum status sync_path(const char *path, int flags, struct error *err)
{
    int fd = open(path, flags | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    int code = errno;
    if (fd >= 0)
        close(fd);
    if (synced)
        return OK;
    return error_set(err, ERROR_UNAVAILABLE, "file-error", "cannot sync %s: %s", path, strerror(code));
}

static enum status copy_pages(struct sqlite_connection *self, sqlite3 *copy, const char *path, struct error *err)
{
    sqlite3_backup *backup = sqlite3_backup_init(copy, "main", self->handle, "main");
    int code = SQLITE_ERROR;
    while (backup && (code = sqlite3_backup_step(backup, BACKUP_PAGES)) == SQLITE_OK) {
    }
    if (backup)
        sqlite3_backup_finish(backup);
    if (code != SQLITE_DONE) {
        const struct meaning *meaning = meaning_of(code);
        return error_set(err, meaning->kind, meaning->type, "cannot write the copy %s: %s", path, sqlite3_errstr(code));
    }
    char *problem = NULL;
    sqlite3_exec(copy, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    return sqlite3_exec(copy, "PRAGMA quick_check", NULL, NULL, &problem) == SQLITE_OK
               ? OK
               : error_set(err, ERROR_INTERNAL, "db-corrupt", "the copy %s is damaged", path);
}

/* A read transaction on the source keeps one snapshot while the pages are copied. */
static enum status copy_snapshot(struct sqlite_connection *self, const char *path, struct error *err)
{
    sqlite3 *copy = NULL;
    enum status status = OK;
    if (sqlite3_open_v2(path, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK)
        status = error_set(err, ERROR_UNAVAILABLE, "file-error", "cannot create %s", path);
    else if (sqlite3_exec(self->handle, "BEGIN; SELECT 1 FROM sqlite_schema", NULL, NULL, NULL) != SQLITE_OK)
        status = fail(self, err);
    else
        status = copy_pages(self, copy, path, err);
    sqlite_rollback(&self->base);
    sqlite3_close(copy);
    return status;
}

static enum status publish(const char *temporary, const char *path, struct error *err)
{
    if (sync_path(temporary, O_RDWR, err))
        return FAILED;
    if (link(temporary, path) != 0) /* unlike rename, it does not replace what came meanwhile */
        return error_set(err, ERROR_CONFLICT, "file-exists", "cannot create %s: %s", path, strerror(errno));
    struct arena arena;
    arena_init(&arena);
    enum status status = sync_path(dirname((char *)arena_cstr(&arena, str_of(path))), O_RDONLY | O_DIRECTORY, err);
    arena_release(&arena);
    return status;
}

enum status db_sqlite_backup(struct db_connection *base, const char *path, struct error *err)
{
    struct sqlite_connection *self = (struct sqlite_connection *)base;
    self->deadline_us = INT64_MAX;
    if (access(path, F_OK) == 0)
        return error_set(err, ERROR_CONFLICT, "file-exists", "%s exists already", path);
    struct buf temporary;
    buf_init(&temporary, 0);
    buf_printf(&temporary, "%s.new-%ld", path, (long)getpid());
    unlink(temporary.data);
    enum status status = copy_snapshot(self, temporary.data, err);
    if (status == OK)
        status = publish(temporary.data, path, err);
    unlink(temporary.data);
    buf_release(&temporary);
    return status;
}

static int first_problem(void *state, int columns, char **values, char **names)
{
    (void)names;
    struct error *err = state;
    if (columns && values[0] && strcmp(values[0], "ok") != 0 && !err->type[0])
        error_set(err, ERROR_INTERNAL, "db-corrupt", "The database is damaged: %s", values[0]);
    return 0;
}

static int first_orphan(void *state, int columns, char **values, char **names)
{
    (void)names;
    struct error *err = state;
    if (columns >= 3 && !err->type[0])
        error_set(err, ERROR_INTERNAL, "db-corrupt", "The database is damaged: %s row %s refers to a missing row of %s",
                  values[0], values[1] ? values[1] : "?", values[2]);
    return 0;
}

enum status db_sqlite_check(struct db_connection *base, struct error *err)
{
    struct sqlite_connection *self = (struct sqlite_connection *)base;
    self->deadline_us = INT64_MAX;
    struct error problem = ERROR_INIT;
    if (sqlite3_exec(self->handle, "PRAGMA integrity_check(1)", first_problem, &problem, NULL) != SQLITE_OK ||
        sqlite3_exec(self->handle, "PRAGMA foreign_key_check", first_orphan, &problem, NULL) != SQLITE_OK)
        return fail(self, err);
    if (!problem.type[0])
        return OK;
    if (err)
        *err = problem;
    return FAILED;
}
