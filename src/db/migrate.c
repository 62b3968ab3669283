/* Numbered migrations, each applied once. */
#include "db/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char table_sql[] =
    "CREATE TABLE IF NOT EXISTS migration (number BIGINT PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL)";

DB_SQL(applied_list, "SELECT number, hash FROM migration ORDER BY number LIMIT 100000");
DB_SQL(applied_add, "INSERT INTO migration (number, name, hash) VALUES (?1, ?2, ?3)");
DB_SQL(table_exists, "SELECT 1 FROM sqlite_schema WHERE name = 'migration'",
       "SELECT 1 FROM information_schema.tables WHERE table_name = 'migration' AND table_schema = current_schema()");
/* A migration may take as long as it takes. */
DB_SQL(patience, "SELECT 1",
       "SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true)");
/* Two servers that start together take turns; held until the transaction ends. SQLite's writer is alone anyway. */
DB_SQL(turn_take, "SELECT 1", "SELECT 1 FROM (SELECT pg_advisory_xact_lock(7310045)) AS turn");

static struct str migration_hash(struct arena *arena, const struct db_migration *migration)
{
    const char *const texts[] = {migration->sql, migration->sqlite, migration->postgres};
    uint64_t hash = 0;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        hash = hash * 0x9E3779B97F4A7C15u + (texts[i] ? str_hash(str_of(texts[i])) : i);
    return arena_printf(arena, "%016" PRIx64, hash);
}

static enum status run_texts(struct db_tx *tx, const struct db_migration *migration, struct error *err)
{
    const struct db_driver *driver = tx->db->driver;
    bool postgres = driver->kind == DB_POSTGRES;
    struct buf common;
    buf_init(&common, 0);
    if (migration->sql && postgres)
        db_translate_migration(migration->sql, &common);
    else if (migration->sql)
        buf_put(&common, str_of(migration->sql));
    const char *own = postgres ? migration->postgres : migration->sqlite;
    enum status status = OK;
    if (common.len)
        status = driver->script(tx->connection, common.data, err);
    if (status == OK && own)
        status = driver->script(tx->connection, own, err);
    buf_release(&common);
    return status;
}

struct step {
    const struct db_migration *list;
    size_t count;
    bool applied; /* out: one was applied; ask again */
};

/* Checks what is recorded and applies the first one that is missing. */
static enum status apply_next(struct db_tx *tx, void *arg, struct error *err)
{
    struct step *step = arg;
    step->applied = false;
    struct arena *arena = db_tx_arena(tx);
    if (db_exec(tx, &patience, P_NONE, err) || db_exec(tx, &turn_take, P_NONE, err) ||
        tx->db->driver->script(tx->connection, table_sql, err))
        return FAILED;
    struct db_rows rows;
    if (db_query(tx, arena, &applied_list, P_NONE, &rows, err))
        return FAILED;
    size_t done = 0;
    for (; db_next(&rows); done++) {
        if (done >= step->count)
            return error_set(err, ERROR_CONFLICT, "db-too-new",
                             "The database has migration %" PRId64
                             ", this program knows only %zu: it is older than the data.",
                             db_int64(&rows, 0), step->count);
        if (db_int64(&rows, 0) != (int64_t)done + 1 ||
            !str_equal(db_text(&rows, 1), migration_hash(arena, &step->list[done])))
            return error_set(err, ERROR_CONFLICT, "db-migration-changed",
                             "Migration %zu was applied with another text than this program has.", done + 1);
    }
    if (done == step->count)
        return OK;
    const struct db_migration *next = &step->list[done];
    if (run_texts(tx, next, err))
        return error_prefix(err, "migration %d (%s)", next->number, next->name);
    step->applied = true;
    return db_exec(tx, &applied_add,
                   P(P_INT(next->number), P_TEXT(str_of(next->name)), P_TEXT(migration_hash(arena, next))), err);
}

enum status db_migrate(struct db *self, const struct db_migration *list, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        CHECK(list[i].number == (int)i + 1);
    struct step step = {.list = list, .count = count};
    do {
        if (db_write(self, apply_next, &step, err))
            return FAILED;
    } while (step.applied);
    return OK;
}

static enum status read_version(struct db_tx *tx, void *arg, struct error *err)
{
    int *version = arg;
    *version = 0;
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &table_exists, P_NONE, &rows, err))
        return FAILED;
    if (!rows.count)
        return OK;
    if (db_query(tx, db_tx_arena(tx), &applied_list, P_NONE, &rows, err))
        return FAILED;
    while (db_next(&rows))
        *version = (int)db_int64(&rows, 0);
    return OK;
}

enum status db_version(struct db *self, int *out, struct error *err)
{
    int version = 0;
    if (db_read(self, read_version, &version, err))
        return FAILED;
    *out = version;
    return OK;
}
