/* What the files of db share: the drivers' interface, connections, pools, the writer, counters. */
#pragma once

#include "db/db.h"

#include <pthread.h>
#include <stdatomic.h>

#define DB_PARAMS_MAX 100
#define DB_COLUMNS_MAX 100

/* ---- Drivers: the life of a connection ------------------------------------------------------------------------
 *
 *   connect -> begin -> run | savepoint -> release or undo … -> commit   (or rollback from anywhere)  -> disconnect
 *                ^------------------------------------------------'
 * broken: the connection is unusable and must be disconnected. repeat: what failed may succeed when the whole
 * transaction is run again. lost: the transaction is gone although nobody rolled it back. */
struct db_connection {
    struct db *db;
    struct db_connection *next; /* in its pool */
    bool writable;
    bool reading; /* used for db_read now: changes are refused */
    bool broken;
    bool repeat;
    bool lost;
};

/* Takes each row of a result. */
struct db_sink {
    enum status (*row)(void *state, const struct db_cell *cells, size_t columns, struct error *err);
    void *state;
};

struct db_run {
    const struct db_statement *statement;
    struct db_params params;
    struct db_sink sink; /* row NULL: rows are dropped */
    int64_t *changed;    /* NULL: not asked */
    bool later;          /* the answer need not be awaited */
    bool stream;         /* rows are given as they come, not after the last */
    bool sink_failed;    /* set by the driver: err is the sink's, the statement itself did not fail */
};

struct db_driver {
    enum db_kind kind;
    enum status (*connect)(struct db *db, bool writable, struct db_connection **out, struct error *err);
    void (*disconnect)(struct db_connection *self);
    enum status (*begin)(struct db_connection *self, struct error *err);
    enum status (*commit)(struct db_connection *self, struct error *err);
    void (*rollback)(struct db_connection *self);
    enum status (*savepoint)(struct db_connection *self, struct error *err);
    enum status (*release)(struct db_connection *self, struct error *err);
    enum status (*undo)(struct db_connection *self, struct error *err);
    enum status (*run)(struct db_connection *self, struct db_run *run, struct error *err);
    /* Several statements without parameters. */
    enum status (*script)(struct db_connection *self, const char *sql, struct error *err);
};
extern const struct db_driver db_driver_sqlite;
extern const struct db_driver db_driver_postgres;

/* ---- Pools ------------------------------------------------------------------------------------------------------ */

/* Connections are opened when first needed, up to max; the last one given back is the first one taken. */
struct db_pool {
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t freed;
    struct db_connection *idle;
    int open;
    int max;
    bool writable;
};
void db_pool_init(struct db_pool *self, int max, bool writable);
void db_pool_release(struct db *db, struct db_pool *self);
enum status db_pool_take(struct db *db, struct db_pool *self, struct db_connection **out, struct error *err);
void db_pool_give(struct db *db, struct db_pool *self, struct db_connection *connection);

/* ---- Transactions ----------------------------------------------------------------------------------------------- */

struct db_hook {
    struct db_hook *next;
    void (*callback)(void *arg);
    void *arg;
};

struct db_tx {
    struct db *db;
    struct db_connection *connection;
    struct arena *arena;
    struct db_hook *hooks; /* newest first */
    bool writable;
    bool failed;          /* a statement failed: nothing more can be done */
    struct error failure; /* its error */
};

/* One caller of db_write or db_read, on its stack. */
struct db_call {
    db_function fn;
    void *arg;
    bool reading;
    bool gives_way;
    int64_t since_us; /* when it began to wait */
    struct arena arena;
    struct db_hook *hooks;
    enum status status;
    struct error err;
    bool ran;             /* its changes are in the running transaction */
    atomic_int done;      /* futex of the waiting caller */
    struct db_call *next; /* in the writer's queue or batch */
};
/* Runs the function once on the connection, which is in a transaction. Fills status, err and hooks. */
void db_call_run(struct db *db, struct db_connection *connection, struct db_call *call);
enum status db_savepoint(struct db_connection *connection, struct error *err);

/* ---- The writer (SQLite on a file) --------------------------------------------------------------------------------
 */

struct db_writer;
enum status db_writer_start(struct db *db, struct db_writer **out, struct error *err);
void db_writer_stop(struct db_writer *self);
/* Queues the call and waits until it is committed or has failed. */
void db_writer_run(struct db_writer *self, struct db_call *call);

/* ---- Counters -----------------------------------------------------------------------------------------------------
 */

struct db_counted_histogram {
    atomic_uint_fast64_t sum;
    atomic_uint_fast64_t buckets[DB_HISTOGRAM_BUCKETS];
};
struct db_counters {
    atomic_int_fast64_t queued;
    atomic_uint_fast64_t writes;
    atomic_uint_fast64_t failed;
    atomic_uint_fast64_t reads;
    atomic_uint_fast64_t retries;
    atomic_uint_fast64_t statements;
    struct db_counted_histogram batch;
    struct db_counted_histogram commit_us;
    struct db_counted_histogram write_us;
};
void db_histogram_add(struct db_counted_histogram *self, uint64_t value);
#define DB_TIME_UNIT_US 16

/* ---- The handle -----------------------------------------------------------------------------------------------------
 */

struct db {
    const struct db_driver *driver;
    struct db_options options; /* defaults filled in */
    char *where;               /* file name or libpq URI; owned */
    bool memory;
    struct db_pool readers;   /* not used in memory */
    struct db_pool writers;   /* PostgreSQL; in memory its one connection serves readers too */
    struct db_writer *writer; /* SQLite on a file */
    struct db_counters counters;
    atomic_int_fast64_t wanted_us; /* when somebody who does not give way last came to write */
    atomic_int_fast64_t fault_statement; /* counts down to the strike at 1; 0: off */
    atomic_int_fast64_t fault_commit;
    atomic_bool fault_struck;
    void (*before_write)(void *arg); /* for tests */
    void *before_write_arg;
};

/* COMMIT with its fault and its clock. After a failure the connection has been rolled back. */
enum status db_commit(struct db_connection *connection, struct error *err);

/* ---- SQLite only (sqlite.c) ------------------------------------------------------------------------------------- */

/* Pages in the write-ahead log after the last commit. */
int db_sqlite_log_pages(struct db_connection *self);
/* Moves the log into the file. restart also makes the next commit begin the log anew, if no reader is in the way. */
void db_sqlite_checkpoint(struct db_connection *self, bool restart);
enum status db_sqlite_backup(struct db_connection *self, const char *path, struct error *err);
enum status db_sqlite_check(struct db_connection *self, struct error *err);

/* ---- Prepared statements ---------------------------------------------------------------------------------------- */

/* A map from (statement, signature) to what the driver prepared, one per connection. */
struct db_prepared {
    const struct db_statement *statement;
    uint64_t signature;
    void *handle;    /* SQLite's */
    unsigned number; /* PostgreSQL's name is s<number> */
    bool ready;      /* PostgreSQL: sent */
    bool busy;       /* SQLite: being stepped */
};
struct db_cache {
    struct db_prepared **slots; /* open addressing; a power of two */
    size_t capacity;
    size_t count;
};
struct db_prepared *db_cache_get(struct db_cache *self, const struct db_statement *statement, uint64_t signature);
/* Frees the map; handles must have been freed before. */
void db_cache_release(struct db_cache *self);

/* ---- Translation ------------------------------------------------------------------------------------------------ */

/* ?1 -> $1 outside quotes and comments. *highest: the largest number. */
void db_translate_statement(const char *sql, struct buf *out, size_t *highest);
/* Words of a migration, see struct db_migration. */
void db_translate_migration(const char *sql, struct buf *out);
