/* The PostgreSQL driver. A transaction runs in libpq's pipeline mode: what needs no answer (BEGIN, savepoints,
 * statements run later, PREPARE) travels with the next statement that does, so that most statements cost one round trip
 * and BEGIN none.
 *
 *   sent but unanswered commands wait in `pending`, oldest first; after an error the server skips all until a sync
 * point */
#include "db/postgres.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define PENDING_MAX 64

struct pending {
    struct db_prepared *prepared; /* it is a PREPARE of this one; otherwise NULL */
};

struct postgres_connection {
    struct db_connection base;
    PGconn *handle;
    struct db_cache cache;
    struct pending pending[PENDING_MAX];
    size_t pending_count;
    bool skipping; /* the server skips until a sync point */
    bool active;   /* in pipeline mode, in a transaction */
};

/* ---- Errors and waiting ----------------------------------------------------------------------------------------- */

static enum status fail_lost(struct postgres_connection *self, struct error *err)
{
    self->base.broken = true;
    self->base.repeat = true;
    const char *message = PQerrorMessage(self->handle);
    size_t len = strcspn(message, "\n");
    return error_set(err, ERROR_UNAVAILABLE, "db-unavailable", "The connection to the database was lost: %.*s.",
                     (int)len, message);
}

/* The next result, NULL at the end of a command's results. Gives the connection up when the server says nothing for
 * longer than any statement may take. */
static PGresult *next_result(struct postgres_connection *self)
{
    int patience_ms = self->base.db->options.statement_timeout_ms + 5000;
    while (!self->base.broken && PQisBusy(self->handle)) {
        struct pollfd socket = {.fd = PQsocket(self->handle), .events = POLLIN};
        int ready = poll(&socket, 1, patience_ms);
        if ((ready < 0 && errno == EINTR))
            continue;
        if (ready <= 0 || !PQconsumeInput(self->handle))
            self->base.broken = true;
    }
    return self->base.broken ? NULL : PQgetResult(self->handle);
}

/* ---- Results of pending commands -------------------------------------------------------------------------------- */

static enum status give_rows(const PGresult *result, struct db_run *run, struct error *err)
{
    struct db_cell cells[DB_COLUMNS_MAX];
    int columns = PQnfields(result);
    CHECK(columns <= DB_COLUMNS_MAX);
    for (int row = 0; row < PQntuples(result); row++) {
        for (int i = 0; i < columns; i++)
            cells[i] = postgres_cell(result, row, i);
        if (run->sink.row(run->sink.state, cells, (size_t)columns, err)) {
            run->sink_failed = true;
            return FAILED;
        }
    }
    return OK;
}

static void note_failure(struct postgres_connection *self, const PGresult *result, struct error *err)
{
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (!severity || strcmp(severity, "ERROR") != 0) /* FATAL, PANIC, or libpq's own: the connection is gone */
        self->base.broken = true;
    if (postgres_error(result, err) || self->base.broken)
        self->base.repeat = true;
}

static enum status take_result(struct postgres_connection *self, const PGresult *result, struct db_run *run,
                               struct error *err)
{
    switch ((int)PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
        if (run && run->changed && PQresultStatus(result) != PGRES_SINGLE_TUPLE) {
            int64_t changed = 0;
            if (str_to_int64(str_of(PQcmdTuples((PGresult *)result)), &changed))
                *run->changed = changed;
        }
        return run && run->sink.row ? give_rows(result, run, err) : OK;
    case PGRES_PIPELINE_ABORTED:
        self->skipping = true;
        return error_set(err, ERROR_INTERNAL, "db-aborted", "An earlier statement of the transaction failed.");
    default:
        self->skipping = true;
        note_failure(self, result, err);
        return FAILED;
    }
}

/* Reads the whole answer to the oldest pending command. run is NULL when nobody wants its rows. */
static enum status collect_oldest(struct postgres_connection *self, struct db_run *run, struct error *err)
{
    struct pending oldest = self->pending[0];
    memmove(self->pending, self->pending + 1, --self->pending_count * sizeof(*self->pending));
    enum status status = OK;
    bool any = false;
    PGresult *result;
    if (run && run->stream)
        PQsetSingleRowMode(self->handle);
    while ((result = next_result(self))) {
        any = true;
        struct error *into = status == OK ? err : NULL;
        struct db_run *wanted = status == OK ? run : NULL;
        if (take_result(self, result, wanted, into))
            status = FAILED;
        PQclear(result);
    }
    if (self->base.broken || PQstatus(self->handle) == CONNECTION_BAD || !any)
        status = fail_lost(self, status == OK ? err : NULL);
    if (oldest.prepared)
        oldest.prepared->ready = status == OK;
    return status;
}

/* Answers to all but the newest `keep` pending commands. The first error counts; the rest is read all the same. */
static enum status collect(struct postgres_connection *self, size_t keep, struct error *err)
{
    enum status status = OK;
    while (self->pending_count > keep && !self->base.broken)
        if (collect_oldest(self, NULL, status == OK ? err : NULL))
            status = FAILED;
    return status;
}

/* ---- Sending ---------------------------------------------------------------------------------------------------- */

static void note_pending(struct postgres_connection *self, struct db_prepared *prepared)
{
    CHECK(self->pending_count < PENDING_MAX);
    self->pending[self->pending_count++] = (struct pending){prepared};
}

/* Makes room for a PREPARE and a statement, so that neither side blocks on answers nobody reads. */
static enum status make_room(struct postgres_connection *self, struct error *err)
{
    if (self->pending_count + 2 <= PENDING_MAX)
        return OK;
    if (!PQsendFlushRequest(self->handle) || PQflush(self->handle) < 0)
        return fail_lost(self, err);
    return collect(self, 0, err);
}

static enum status send_command(struct postgres_connection *self, const char *sql, struct error *err)
{
    if (make_room(self, err))
        return FAILED;
    if (!PQsendQueryParams(self->handle, sql, 0, NULL, NULL, NULL, NULL, 1))
        return fail_lost(self, err);
    note_pending(self, NULL);
    return OK;
}

static enum status send_prepare(struct postgres_connection *self, struct db_prepared *prepared, const char *name,
                                const struct db_run *run, const struct postgres_params *params, struct error *err)
{
    struct buf sql;
    buf_init(&sql, 0);
    size_t highest;
    const struct db_statement *statement = run->statement;
    db_translate_statement(statement->postgres ? statement->postgres : statement->sql, &sql, &highest);
    CHECK(highest == run->params.count || statement->postgres);
    int sent = PQsendPrepare(self->handle, name, sql.data, (int)run->params.count, params->types);
    buf_release(&sql);
    if (!sent)
        return fail_lost(self, err);
    prepared->ready = true; /* until its answer says otherwise */
    note_pending(self, prepared);
    return OK;
}

static enum status send_statement(struct postgres_connection *self, const struct db_run *run, struct error *err)
{
    struct postgres_params params;
    postgres_params_set(&params, run->params);
    struct db_prepared *prepared = db_cache_get(&self->cache, run->statement, postgres_signature(run->params));
    char name[24];
    snprintf(name, sizeof(name), "s%u", prepared->number);
    if (make_room(self, err) || (!prepared->ready && send_prepare(self, prepared, name, run, &params, err)))
        return FAILED;
    if (!PQsendQueryPrepared(self->handle, name, (int)run->params.count, params.values, params.lengths, params.formats,
                             1))
        return fail_lost(self, err);
    note_pending(self, NULL);
    return OK;
}

static enum status postgres_run(struct db_connection *base, struct db_run *run, struct error *err)
{
    struct postgres_connection *self = (struct postgres_connection *)base;
    if (send_statement(self, run, err))
        return FAILED;
    if (run->later)
        return OK;
    if (!PQsendFlushRequest(self->handle) || PQflush(self->handle) < 0)
        return fail_lost(self, err);
    if (collect(self, 1, err)) {
        (void)!collect(self, 0, NULL); /* skipped by the server */
        return FAILED;
    }
    return collect_oldest(self, run, err);
}

/* ---- Transactions ----------------------------------------------------------------------------------------------- */

/* A sync point: after it the server takes commands again. Reads all answers up to it; the first error counts. */
static enum status synchronize(struct postgres_connection *self, struct error *err)
{
    if (!PQpipelineSync(self->handle) || PQflush(self->handle) < 0)
        return fail_lost(self, err);
    enum status status = collect(self, 0, err);
    PGresult *result = self->base.broken ? NULL : next_result(self);
    bool synced = result && PQresultStatus(result) == PGRES_PIPELINE_SYNC;
    PQclear(result);
    if (!synced)
        return fail_lost(self, status == OK ? err : NULL);
    self->skipping = false;
    return status;
}

static void leave(struct postgres_connection *self)
{
    self->active = false;
    self->pending_count = 0;
    if (!self->base.broken && !PQexitPipelineMode(self->handle))
        self->base.broken = true;
}

static enum status postgres_begin(struct db_connection *base, struct error *err)
{
    struct postgres_connection *self = (struct postgres_connection *)base;
    if (!PQenterPipelineMode(self->handle))
        return fail_lost(self, err);
    self->active = true;
    self->skipping = false;
    return send_command(
        self, base->reading ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" : "BEGIN ISOLATION LEVEL SERIALIZABLE",
        err);
}

static enum status postgres_commit(struct db_connection *base, struct error *err)
{
    struct postgres_connection *self = (struct postgres_connection *)base;
    if (send_command(self, "COMMIT", err))
        return FAILED;
    enum status status = synchronize(self, err);
    if (status == OK) {
        leave(self);
        return OK;
    }
    if (base->broken && !base->reading) {
        base->repeat = false; /* it may have happened: running it again could do it twice */
        return error_set(err, ERROR_UNAVAILABLE, "db-in-doubt",
                         "The connection to the database was lost during COMMIT: it may or may not have happened.");
    }
    return FAILED;
}

static void postgres_rollback(struct db_connection *base)
{
    struct postgres_connection *self = (struct postgres_connection *)base;
    if (!self->active)
        return;
    bool repeat = base->repeat;
    if (!base->broken && (self->pending_count || self->skipping))
        (void)!synchronize(self, NULL); /* errors of what is thrown away */
    if (!base->broken && send_command(self, "ROLLBACK", NULL) == OK)
        (void)!synchronize(self, NULL); /* then broken is set */
    leave(self);
    base->repeat = repeat;
}

static enum status postgres_savepoint(struct db_connection *base, struct error *err)
{
    return send_command((struct postgres_connection *)base, "SAVEPOINT f", err);
}

/* Waits for the answers, so that the errors of statements run later are told while they can still be undone. */
static enum status postgres_release(struct db_connection *base, struct error *err)
{
    struct postgres_connection *self = (struct postgres_connection *)base;
    if (send_command(self, "RELEASE f", err))
        return FAILED;
    return synchronize(self, err);
}

static enum status postgres_undo(struct db_connection *base, struct error *err)
{
    struct postgres_connection *self = (struct postgres_connection *)base;
    if (base->broken)
        return fail_lost(self, err);
    if (self->pending_count || self->skipping)
        (void)!synchronize(self, NULL); /* errors of what is being undone */
    if (base->broken || send_command(self, "ROLLBACK TO f", err) || send_command(self, "RELEASE f", err))
        return FAILED;
    return synchronize(self, err);
}

/* Several statements need the simple protocol, outside pipeline mode. */
static enum status postgres_script(struct db_connection *base, const char *sql, struct error *err)
{
    struct postgres_connection *self = (struct postgres_connection *)base;
    if (synchronize(self, err))
        return FAILED;
    if (!PQexitPipelineMode(self->handle))
        return fail_lost(self, err);
    PGresult *result = PQexec(self->handle, sql);
    enum status status = OK;
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK) {
        note_failure(self, result, err);
        status = FAILED;
    }
    PQclear(result);
    if (PQstatus(self->handle) == CONNECTION_BAD || !PQenterPipelineMode(self->handle))
        return fail_lost(self, err);
    return status;
}

/* ---- Connections ---------------------------------------------------------------------------------------------------
 */

static void drop_notice(void *state, const PGresult *result)
{
    (void)state;
    (void)result;
}

static void postgres_disconnect(struct db_connection *base)
{
    struct postgres_connection *self = (struct postgres_connection *)base;
    PQfinish(self->handle);
    db_cache_release(&self->cache);
    heap_free(self);
}

static enum status set_up(struct postgres_connection *self, struct error *err)
{
    const struct db_options *options = &self->base.db->options;
    char settings[400];
    snprintf(settings, sizeof(settings),
             "SET client_min_messages = warning; SET statement_timeout = %d; SET lock_timeout = %d;"
             "SET idle_in_transaction_session_timeout = %d; SET standard_conforming_strings = on; SET TimeZone = 'UTC'",
             options->statement_timeout_ms, options->lock_timeout_ms, options->statement_timeout_ms * 2);
    PGresult *result = PQexec(self->handle, settings);
    bool set = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!set)
        postgres_error(result, err);
    PQclear(result);
    return set ? OK : FAILED;
}

static enum status postgres_connect(struct db *db, bool writable, struct db_connection **out, struct error *err)
{
    struct postgres_connection *self = heap_alloc(sizeof(*self));
    self->base = (struct db_connection){.db = db, .writable = writable};
    static const char *const keys[] = {
        "dbname", "client_encoding", "application_name", "connect_timeout", "keepalives_idle", "tcp_user_timeout",
        NULL};
    const char *const values[] = {db->where, "UTF8", "tongban", "5", "30", "40000", NULL};
    self->handle = PQconnectdbParams(keys, values, 1);
    if (PQstatus(self->handle) != CONNECTION_OK) {
        const char *message = PQerrorMessage(self->handle);
        error_set(err, ERROR_UNAVAILABLE, "db-unavailable", "The database cannot be reached: %.*s.",
                  (int)strcspn(message, "\n"), message);
        error_hint(err, "Check the address, that PostgreSQL runs, and the role's rights.");
    } else {
        PQsetNoticeReceiver(self->handle, drop_notice, NULL);
        if (set_up(self, err) == OK) {
            *out = &self->base;
            return OK;
        }
    }
    postgres_disconnect(&self->base);
    return FAILED;
}

const struct db_driver db_driver_postgres = {
    .kind = DB_POSTGRES,
    .connect = postgres_connect,
    .disconnect = postgres_disconnect,
    .begin = postgres_begin,
    .commit = postgres_commit,
    .rollback = postgres_rollback,
    .savepoint = postgres_savepoint,
    .release = postgres_release,
    .undo = postgres_undo,
    .run = postgres_run,
    .script = postgres_script,
};
