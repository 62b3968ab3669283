/* One SQL seam over two drivers: SQLite (a file, or memory for tests) and PostgreSQL. Knows no tables but `migration`.
 *
 * The SQL that both take, so that one text serves:
 *   parameters  ?1 ?2 … (numbered, in any order, repeatable; translated to $1 $2 for PostgreSQL once per connection)
 *   types       BIGINT (or INTEGER: 64 bits on both), TEXT (bytewise order on both), BLOB, REAL. Truth is BIGINT 0
 * or 1. allowed     INSERT … ON CONFLICT (…) DO NOTHING | DO UPDATE SET x = excluded.x; RETURNING; LIMIT ?n OFFSET ?m;
 * CTEs; window functions; partial and expression indexes; CASE; coalesce; row values (a, b) > (?1, ?2); UPDATE … FROM;
 * CAST(… AS BIGINT | TEXT); || on texts; length, lower, upper, substr, replace, abs write       CAST(sum(x) AS BIGINT);
 * NULLS FIRST or LAST with ORDER BY on columns that may be NULL; 'text' in single quotes avoid       INSERT OR …,
 * AUTOINCREMENT, typeof, glob, ilike, ::casts, booleans, arrays, jsonb, upsert without target otherwise   give the
 * statement a second text for PostgreSQL (struct db_statement.postgres) with the same parameters.
 *
 * A transaction behaves the same on both: as if functions ran one after the other (single writer; SERIALIZABLE), and
 * after a failed statement nothing more can be done in it but to return FAILED - except inside db_try, which undoes its
 * part. */
#pragma once

#include "base/base.h"

struct db;    /* a database with its connections and threads; shared by all threads */
struct db_tx; /* a running transaction; belongs to the function it was given to, in the thread that runs it */

/* ---- Opening ---------------------------------------------------------------------------------------------------- */

/* 0 takes the default. */
struct db_options {
    int readers;              /* read connections at most (SQLite 8, PostgreSQL 16) */
    int writers;              /* PostgreSQL: write connections at most (16); SQLite has one writer */
    int batch;                /* SQLite: functions in one commit at most (512) */
    int statement_timeout_ms; /* 30,000; a longer statement fails with db-timeout */
    int lock_timeout_ms;      /* 5,000; waiting for a lock or a free connection longer fails with db-busy */
};

/* where: "sqlite:PATH", a bare PATH, ":memory:" (private to this handle; no threads: functions run one at a time in
 * their callers' threads) or "postgres://…" / "postgresql://…" (libpq's URI). options may be NULL. */
MUST_USE enum status db_open(const char *where, const struct db_options *options, struct db **out, struct error *err);
/* No call may be running or begin. NULL is allowed. */
void db_close(struct db *self);

enum db_kind { DB_SQLITE, DB_POSTGRES };
enum db_kind db_kind(const struct db *self);

/* ---- Transactions ----------------------------------------------------------------------------------------------- */

/* The body of a transaction. Must be re-runnable: it may run again from the start (serialization failure, lost
 * connection, a neighbour in the batch broke the transaction), so it sets what arg points to afresh each time and does
 * nothing outside the database but through db_after_commit. Keep it short: no parsing, network or waiting. */
typedef enum status (*db_function)(struct db_tx *tx, void *arg, struct error *err);

/* Runs fn in a transaction and returns when it is durable; the only way to change anything. If fn fails nothing of it
 * remains and err is fn's own. Must not be called from inside a db_function.
 * SQLite: the writer thread runs many callers' functions in one transaction, each in its savepoint, and commits once.
 * PostgreSQL: a pooled connection, SERIALIZABLE (the same guarantee as the single writer, so what is proved on one
 * holds on the other), repeated on serialization failure and deadlock up to 20 times. Errors of its own: db-busy,
 * db-full, db-unavailable, db-in-doubt (PostgreSQL: connection lost during COMMIT; ask again with the same idempotency
 * key). */
MUST_USE enum status db_write(struct db *self, db_function fn, void *arg, struct error *err);

/* Runs fn on a read-only snapshot (one point in time for all its statements). Never waits for the writer (":memory:"
 * does). Must not be called from inside a db_function. */
MUST_USE enum status db_read(struct db *self, db_function fn, void *arg, struct error *err);

/* From now on this thread's writes let those of other threads go first, though none waits for ever: for work that
 * nobody waits for. Such a thread writes in small pieces while others want to write (db_wanted: within the last half
 * second). */
void db_give_way(void);
bool db_wanted(const struct db *self);

/* Inside a db_write function: runs fn in a savepoint. When it fails its changes are undone, its after-commit calls are
 * forgotten, and the transaction goes on. */
MUST_USE enum status db_try(struct db_tx *tx, db_function fn, void *arg, struct error *err);

/* Inside a db_write function: callback(arg) runs once after the commit, in the thread that called db_write, before it
 * returns; never if the transaction fails. In order of registration. arg must live until then (db_tx_arena does). */
void db_after_commit(struct db_tx *tx, void (*callback)(void *arg), void *arg);

/* Memory that lives until db_write or db_read returns; emptied when the function runs again. */
struct arena *db_tx_arena(struct db_tx *tx);
struct db *db_tx_db(struct db_tx *tx);

/* ---- Statements ------------------------------------------------------------------------------------------------- */

/* Must have static storage: its address is the key under which each connection keeps the prepared form. */
struct db_statement {
    const char *sql;
    const char *postgres; /* NULL: sql serves both */
};
/* DB_SQL(party_find, "SELECT name FROM party WHERE region = ?1 AND id = ?2"); at file level. A second text is
 * PostgreSQL's. */
#define DB_SQL(name, ...) static const struct db_statement name = DB_SQL_TEXTS(__VA_ARGS__, NULL, NULL)
#define DB_SQL_TEXTS(sql_text, postgres_text, ...)                                                                     \
    {                                                                                                                  \
        sql_text, postgres_text                                                                                        \
    }

enum db_type { DB_NULL, DB_INT, DB_DOUBLE, DB_TEXT, DB_BLOB };

struct db_param {
    enum db_type type;
    bool is_null; /* a NULL that still has a type */
    union {
        int64_t integer;
        double real;
        struct str bytes;
    };
};

struct db_params {
    const struct db_param *items;
    size_t count;
};

/* db_exec(tx, &party_add, P(P_TEXT(region), P_INT(id)), err). An absent struct str binds NULL. */
#define P(...)                                                                                                         \
    ((struct db_params){(const struct db_param[]){__VA_ARGS__},                                                        \
                        sizeof((const struct db_param[]){__VA_ARGS__}) / sizeof(struct db_param)})
#define P_NONE ((struct db_params){NULL, 0})
#define P_INT(x) ((struct db_param){.type = DB_INT, .integer = (x)})
#define P_INT_OR_NULL(present, x) ((struct db_param){.type = DB_INT, .is_null = !(present), .integer = (x)})
#define P_BOOL(x) ((struct db_param){.type = DB_INT, .integer = (x) ? 1 : 0})
#define P_DOUBLE(x) ((struct db_param){.type = DB_DOUBLE, .real = (x)})
#define P_TEXT(s) db_param_bytes(DB_TEXT, (s))
#define P_BLOB(s) db_param_bytes(DB_BLOB, (s))
/* A literal. */
#define P_LIT(literal) P_TEXT(STR(literal))
#define P_NULL ((struct db_param){.type = DB_NULL, .is_null = true})
struct db_param db_param_bytes(enum db_type type, struct str s);

/* Runs a statement that returns no rows that matter. */
MUST_USE enum status db_exec(struct db_tx *tx, const struct db_statement *statement, struct db_params params,
                             struct error *err);
/* Also tells how many rows were inserted, changed or deleted: 0 after ON CONFLICT DO NOTHING or a failed condition. */
MUST_USE enum status db_exec_count(struct db_tx *tx, const struct db_statement *statement, struct db_params params,
                                   int64_t *changed, struct error *err);
/* As db_exec, but on PostgreSQL it does not wait for the answer: a failure may be told by a later statement or by the
 * commit. For inserts that cannot meet a constraint; saves a round trip each. Parameters are copied. */
MUST_USE enum status db_exec_later(struct db_tx *tx, const struct db_statement *statement, struct db_params params,
                                   struct error *err);

struct db_cell {
    enum db_type type;
    union {
        int64_t integer;
        double real;
        struct str bytes; /* terminated by a zero byte that len does not count */
    };
};

/* All rows of a result, held by the arena given to db_query. Starts before the first row. */
struct db_rows {
    size_t count; /* rows */
    size_t columns;
    size_t next; /* rows given so far; the current row is next - 1 */
    const struct db_cell *cells;
};

/* Fetches all rows into the arena (so bound the result with LIMIT). INSERT … RETURNING works too.
 *     struct db_rows rows;
 *     if (db_query(tx, arena, &party_find, P(P_TEXT(region), P_INT(id)), &rows, err))
 *         return FAILED;
 *     while (db_next(&rows)) … db_int64(&rows, 0) … db_text(&rows, 1) … */
MUST_USE enum status db_query(struct db_tx *tx, struct arena *arena, const struct db_statement *statement,
                              struct db_params params, struct db_rows *out, struct error *err);
/* Moves to the next row; false at the end. */
bool db_next(struct db_rows *rows);

/* Columns of the current row, from 0. NULL reads as 0, 0.0 or the absent text. Reading a text as a number is a bug, as
 * is reading without a row; numbers convert among themselves. */
int64_t db_int64(const struct db_rows *rows, size_t column);
double db_double(const struct db_rows *rows, size_t column);
bool db_bool(const struct db_rows *rows, size_t column);
struct str db_text(const struct db_rows *rows, size_t column);
struct str db_blob(const struct db_rows *rows, size_t column);
bool db_is_null(const struct db_rows *rows, size_t column);

/* Calls fn with each row as it comes, for results too large to hold (audit, exports). The row, its texts too, is valid
 * during the call only; it is current already (do not call db_next). Stops when fn fails and returns its error. fn must
 * run no statement in the same transaction. */
typedef enum status (*db_row_function)(const struct db_rows *row, void *arg, struct error *err);
struct db_row_sink {
    db_row_function fn;
    void *arg;
};
MUST_USE enum status db_scan(struct db_tx *tx, const struct db_statement *statement, struct db_params params,
                             struct db_row_sink sink, struct error *err);

/* What statements and transactions fail with (error.type); kind decides the HTTP status:
 *   db-unique       CONFLICT     a unique index has these values already; field: "table.column, table.column" (SQLite)
 * or the constraint's name (PostgreSQL) db-constraint   CONFLICT     a CHECK, NOT NULL or foreign key; field likewise
 *   db-busy         UNAVAILABLE  lock time-out, no free connection, or too many serialization failures
 *   db-timeout      UNAVAILABLE  statement time-out
 *   db-full         UNAVAILABLE  the disk is full
 *   db-unavailable  UNAVAILABLE  connection lost, server stopping, file unreadable
 *   db-in-doubt     UNAVAILABLE  see db_write
 *   db-fault        UNAVAILABLE  injected by db_fault
 *   db-aborted      INTERNAL     a statement after a failed one
 *   db-read-only    INTERNAL     a change inside db_read
 *   db-corrupt      INTERNAL     the file is damaged
 *   db-statement    INTERNAL     anything else: the SQL is wrong */
bool db_error_is_unique(const struct error *err);

/* ---- Migrations ------------------------------------------------------------------------------------------------- */

/* sql is written as for SQLite, several statements separated by ';'. For PostgreSQL these words are translated outside
 * quotes: INTEGER PRIMARY KEY -> BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, INTEGER -> BIGINT, BLOB -> BYTEA,
 * REAL -> DOUBLE PRECISION, a TEXT column -> TEXT COLLATE "C"; STRICT or WITHOUT ROWID (not both) is dropped. */
struct db_migration {
    int number; /* 1, 2, 3 … without gaps */
    const char *name;
    const char *sql;      /* both drivers; may be NULL */
    const char *sqlite;   /* run after sql on SQLite only (full-text tables, …); may be NULL */
    const char *postgres; /* run after sql on PostgreSQL only, not translated; may be NULL */
};

/* Applies the missing ones in order, each in its own transaction, recorded in table `migration` with the hash of its
 * text. Refuses a database that is newer than the list (db-too-new) or whose applied text differs
 * (db-migration-changed). Safe when several processes start at once. */
MUST_USE enum status db_migrate(struct db *self, const struct db_migration *list, size_t count, struct error *err);
/* Number of the last one applied, 0 if none. */
MUST_USE enum status db_version(struct db *self, int *out, struct error *err);

/* ---- Upkeep ----------------------------------------------------------------------------------------------------- */

/* SQLite: copies a consistent snapshot to a new file while others read and write; the copy is checked and synced before
 * it appears under path. Refuses an existing path. PostgreSQL: refuses and names pg_dump. */
MUST_USE enum status db_backup(struct db *self, const char *path, struct error *err);
/* SQLite: integrity and foreign keys; db-corrupt with the first problem. PostgreSQL: only that it answers. */
MUST_USE enum status db_check(struct db *self, struct error *err);
/* True when a trivial read answers; for /readyz. */
MUST_USE enum status db_ping(struct db *self, struct error *err);

/* ---- Statistics ------------------------------------------------------------------------------------------------- */

#define DB_HISTOGRAM_BUCKETS 16
struct db_histogram {
    uint64_t count;
    uint64_t sum;
    uint64_t
        buckets[DB_HISTOGRAM_BUCKETS]; /* bucket i counts values up to and including 2^i units; the last all others */
};
struct db_stats {
    int64_t queued;   /* db_write callers waiting now */
    uint64_t writes;  /* db_write calls that committed */
    uint64_t failed;  /* db_write calls that did not */
    uint64_t reads;   /* db_read calls */
    uint64_t retries; /* functions run again */
    uint64_t statements;
    struct db_histogram batch;     /* functions in one commit */
    struct db_histogram commit_us; /* time of COMMIT, in units of 16 microseconds */
    struct db_histogram write_us;  /* whole db_write as the caller saw it, in units of 16 microseconds */
};
void db_stats_get(struct db *self, struct db_stats *out);
/* The same as Prometheus text. */
void db_metrics_write(struct db *self, struct buf *out);

/* ---- Faults, for tests ------------------------------------------------------------------------------------------ */

/* Where the next fault strikes: the nth statement of the caller's functions from now (1: the next; BEGIN, COMMIT and
 * savepoints do not count), or the nth commit. 0 switches it off. It strikes once; the work it hits fails with db-fault
 * and leaves nothing behind. Affects all threads. */
enum db_fault_point { DB_FAULT_STATEMENT, DB_FAULT_COMMIT };
void db_fault(struct db *self, enum db_fault_point point, int64_t nth);
/* True when the last one set has struck. */
bool db_fault_struck(const struct db *self);
/* True while this thread runs a function of db_write or db_read. */
bool db_inside(void);
/* hook(arg) runs in the caller's thread before each db_write, where other callers' commits can come between what a
 * caller has read and what it writes. NULL: none. Set before other threads use the handle. */
void db_before_write(struct db *self, void (*hook)(void *arg), void *arg);
