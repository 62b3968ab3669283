#include "store/watch.h"

#include "store/internal.h"

DB_SQL(watch_put, "INSERT INTO case_watch (staff, region, case_id, since) SELECT ?1, ?2, ?3, ?4"
                  " WHERE (SELECT COUNT(*) FROM case_watch WHERE staff = ?1) < ?5 ON CONFLICT DO NOTHING");
DB_SQL(watch_remove, "DELETE FROM case_watch WHERE staff = ?1 AND region = ?2 AND case_id = ?3");
DB_SQL(watch_has, "SELECT 1 FROM case_watch WHERE staff = ?1 AND region = ?2 AND case_id = ?3");
DB_SQL(watch_list, "SELECT staff, region, case_id, since FROM case_watch WHERE staff = ?1"
                   " ORDER BY since DESC, case_id DESC LIMIT ?2");

enum status store_watch_has(struct db_tx *tx, const struct store_watch *row, bool *out, struct error *err)
{
    struct arena arena;
    struct db_rows rows;
    arena_init(&arena);
    enum status status =
        db_query(tx, &arena, &watch_has, P(P_TEXT(row->staff), P_INT(row->region), P_INT(row->case_id)), &rows, err);
    if (status == OK)
        *out = db_next(&rows);
    arena_release(&arena);
    return status;
}

enum status store_watch_put(struct db_tx *tx, const struct store_watch *row, bool *added, struct error *err)
{
    int64_t n = 0;
    struct db_params params =
        P(P_TEXT(row->staff), P_INT(row->region), P_INT(row->case_id), P_INT(row->since), P_INT(STORE_WATCHES_MOST));
    if (db_exec_count(tx, &watch_put, params, &n, err) != OK)
        return FAILED;
    if (n == 1) {
        *added = true;
        return OK;
    }
    return store_watch_has(tx, row, added, err);
}

enum status store_watch_remove(struct db_tx *tx, const struct store_watch *row, struct error *err)
{
    return db_exec(tx, &watch_remove, P(P_TEXT(row->staff), P_INT(row->region), P_INT(row->case_id)), err);
}

static void read_watch(struct db_rows *rows, struct store_watch *out)
{
    *out = (struct store_watch){.staff = db_text(rows, 0),
                                .region = db_int64(rows, 1),
                                .case_id = db_int64(rows, 2),
                                .since = db_int64(rows, 3)};
}

enum status store_watch_list(struct db_tx *tx, struct arena *arena, struct str staff, struct store_watch **out,
                             size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &watch_list, P(P_TEXT(staff), P_INT(STORE_WATCHES_MOST)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_watch, read_watch, out, count);
    return OK;
}
