/* Settings, counters, rates, packs and items. */
#include "store/system.h"

#include "store/internal.h"

DB_SQL(setting_get, "SELECT value FROM setting WHERE name = ?1");
DB_SQL(setting_put,
       "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value");
DB_SQL(setting_delete, "DELETE FROM setting WHERE name = ?1");
DB_SQL(counter_take, "INSERT INTO counter (name, next, touched) VALUES (?1, ?2 + 1, ?3) ON CONFLICT (name) DO UPDATE"
                     " SET next = counter.next + ?2, touched = ?3 RETURNING next");
DB_SQL(counter_expire, "DELETE FROM counter WHERE substr(name, 1, length(?1)) = ?1 AND touched < ?2");
DB_SQL(rate_add, "INSERT INTO rate (name, since, n) VALUES (?1, ?2, 1) ON CONFLICT (name) DO UPDATE"
                 " SET n = CASE WHEN rate.since + ?3 > ?2 THEN rate.n + 1 ELSE 1 END,"
                 " since = CASE WHEN rate.since + ?3 > ?2 THEN rate.since ELSE ?2 END RETURNING n");
DB_SQL(rate_get, "SELECT n FROM rate WHERE name = ?1 AND since > ?2");
DB_SQL(rate_expire, "DELETE FROM rate WHERE since < ?1");

enum status store_setting_get(struct db_tx *tx, struct arena *arena, struct str name, struct str *out,
                              struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &setting_get, P(P_TEXT(name)), &rows, err) != OK)
        return FAILED;
    *out = db_next(&rows) ? db_text(&rows, 0) : STR_NONE;
    return OK;
}

enum status store_setting_put(struct db_tx *tx, struct str name, struct str value, struct error *err)
{
    if (!value.len)
        return db_exec(tx, &setting_delete, P(P_TEXT(name)), err);
    return db_exec(tx, &setting_put, P(P_TEXT(name), P_TEXT(value)), err);
}

enum status store_counter_take(struct db_tx *tx, struct str name, int64_t n, int64_t now, int64_t *first,
                               struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &counter_take, P(P_TEXT(name), P_INT(n), P_INT(now)), &rows, err) != OK)
        return FAILED;
    if (!db_next(&rows))
        return error_set(err, ERROR_INTERNAL, "counter", "A counter gave no number.");
    *first = db_int64(&rows, 0) - n;
    return OK;
}

DB_SQL(counter_peek, "SELECT next FROM counter WHERE name = ?1");
DB_SQL(counter_advance, "INSERT INTO counter (name, next, touched) VALUES (?1, ?2 + 1, 0) ON CONFLICT (name) DO UPDATE"
                        " SET next = counter.next + 1 WHERE counter.next = ?2");

enum status store_counter_peek(struct db_tx *tx, struct str name, int64_t *next, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &counter_peek, P(P_TEXT(name)), &rows, err) != OK)
        return FAILED;
    *next = db_next(&rows) ? db_int64(&rows, 0) : 1;
    return OK;
}

enum status store_counter_advance(struct db_tx *tx, struct str name, int64_t n, bool *taken, struct error *err)
{
    int64_t changed = 0;
    if (db_exec_count(tx, &counter_advance, P(P_TEXT(name), P_INT(n)), &changed, err) != OK)
        return FAILED;
    *taken = changed == 1;
    return OK;
}

enum status store_counter_expire(struct db_tx *tx, struct str prefix, int64_t before, struct error *err)
{
    return db_exec(tx, &counter_expire, P(P_TEXT(prefix), P_INT(before)), err);
}

enum status store_rate_add(struct db_tx *tx, struct str name, int64_t now, int64_t window_ms, int64_t *n,
                           struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &rate_add, P(P_BLOB(name), P_INT(now), P_INT(window_ms)), &rows, err) != OK)
        return FAILED;
    *n = db_next(&rows) ? db_int64(&rows, 0) : 0;
    return OK;
}

enum status store_rate_get(struct db_tx *tx, struct str name, int64_t since, int64_t *n, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &rate_get, P(P_BLOB(name), P_INT(since)), &rows, err) != OK)
        return FAILED;
    *n = db_next(&rows) ? db_int64(&rows, 0) : 0;
    return OK;
}

enum status store_rate_expire(struct db_tx *tx, int64_t before, struct error *err)
{
    return db_exec(tx, &rate_expire, P(P_INT(before)), err);
}

/* ---- packs and items ---- */

DB_SQL(pack_file_put, "INSERT INTO pack_file (hash, content) VALUES (?1, ?2) ON CONFLICT DO NOTHING");
DB_SQL(pack_set_find, "SELECT id FROM pack_set WHERE hash = ?1");
DB_SQL(pack_set_add, "INSERT INTO pack_set (hash, stored) VALUES (?1, ?2) RETURNING id");
DB_SQL(pack_set_file_add, "INSERT INTO pack_set_file (pack_set, pack, path, hash) VALUES (?1, ?2, ?3, ?4)");
DB_SQL(pack_set_files,
       "SELECT s.pack, s.path, s.hash, f.content FROM pack_set_file s JOIN pack_file f ON f.hash = s.hash"
       " WHERE s.pack_set = ?1 ORDER BY s.pack, s.path");
DB_SQL(item_add, "INSERT INTO item (code, version) VALUES (?1, ?2) ON CONFLICT DO NOTHING");
DB_SQL(item_list, "SELECT id, version, code FROM item ORDER BY id");

enum status store_pack_file_put(struct db_tx *tx, const struct store_pack_file *row, struct error *err)
{
    return db_exec(tx, &pack_file_put, P(P_TEXT(row->hash), P_BLOB(row->content)), err);
}

enum status store_pack_set_find(struct db_tx *tx, struct str hash, int64_t *id, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &pack_set_find, P(P_TEXT(hash)), &rows, err) != OK)
        return FAILED;
    *id = db_next(&rows) ? db_int64(&rows, 0) : 0;
    return OK;
}

enum status store_pack_set_add(struct db_tx *tx, struct str hash, int64_t now, int64_t *id, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &pack_set_add, P(P_TEXT(hash), P_INT(now)), &rows, err) != OK)
        return FAILED;
    *id = db_next(&rows) ? db_int64(&rows, 0) : 0;
    return OK;
}

enum status store_pack_set_file_add(struct db_tx *tx, int64_t id, const struct store_pack_file *row, struct error *err)
{
    return db_exec(tx, &pack_set_file_add, P(P_INT(id), P_TEXT(row->pack), P_TEXT(row->path), P_TEXT(row->hash)), err);
}

static void read_pack_file(struct db_rows *rows, struct store_pack_file *out)
{
    *out = (struct store_pack_file){db_text(rows, 0), db_text(rows, 1), db_text(rows, 2), db_blob(rows, 3)};
}

enum status store_pack_set_files(struct db_tx *tx, struct arena *arena, int64_t id, struct store_pack_file **out,
                                 size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &pack_set_files, P(P_INT(id)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_pack_file, read_pack_file, out, count);
    return OK;
}

enum status store_item_add(struct db_tx *tx, struct str code, int64_t version, struct error *err)
{
    return db_exec(tx, &item_add, P(P_TEXT(code), P_INT(version)), err);
}

static void read_item(struct db_rows *rows, struct store_item *out)
{
    *out = (struct store_item){db_int64(rows, 0), db_int64(rows, 1), db_text(rows, 2)};
}

enum status store_item_list(struct db_tx *tx, struct arena *arena, struct store_item **out, size_t *count,
                            struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &item_list, P_NONE, &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_item, read_item, out, count);
    return OK;
}
