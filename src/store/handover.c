#include "store/handover.h"

#include "store/internal.h"

#define COLUMNS "region, id, case_id, division, unit, way, state, due, opened, closed, version, body"

DB_SQL(handover_insert, "INSERT INTO handover (" COLUMNS ")"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING");
DB_SQL(handover_update, "UPDATE handover SET way = ?3, state = ?4, closed = ?5, version = ?6, body = ?7"
                        " WHERE region = ?1 AND id = ?2 AND version = ?8");
DB_SQL(handover_find, "SELECT " COLUMNS " FROM handover WHERE region = ?1 AND id = ?2");
DB_SQL(handover_page,
       "SELECT " COLUMNS " FROM handover WHERE region = ?1 AND id > ?2 AND division >= ?3 AND division < ?4"
       " AND (?5 IS NULL OR unit = ?5) AND (?6 < 0 OR way = ?6) AND (?7 < 0 OR state = ?7)"
       " AND (?8 = 0 OR case_id = ?8) ORDER BY id LIMIT ?9");

enum status store_handover_insert(struct db_tx *tx, const struct store_handover *row, bool *added, struct error *err)
{
    int64_t n = 0;
    struct db_params params = P(P_INT(row->region), P_INT(row->id), P_INT(row->case_id), P_INT(row->division),
                                P_TEXT(row->unit), P_INT(row->way), P_INT(row->state), P_INT(row->due),
                                P_INT(row->opened), P_INT(row->closed), P_INT(row->version), P_BLOB(row->body));
    if (db_exec_count(tx, &handover_insert, params, &n, err) != OK)
        return FAILED;
    *added = n == 1;
    return OK;
}

enum status store_handover_update(struct db_tx *tx, const struct store_handover *row, int64_t version_was,
                                  bool *changed, struct error *err)
{
    int64_t n = 0;
    struct db_params params = P(P_INT(row->region), P_INT(row->id), P_INT(row->way), P_INT(row->state),
                                P_INT(row->closed), P_INT(row->version), P_BLOB(row->body), P_INT(version_was));
    if (db_exec_count(tx, &handover_update, params, &n, err) != OK)
        return FAILED;
    *changed = n == 1;
    return OK;
}

static void read_handover(struct db_rows *rows, struct store_handover *out)
{
    *out = (struct store_handover){.region = db_int64(rows, 0),
                                   .id = db_int64(rows, 1),
                                   .case_id = db_int64(rows, 2),
                                   .division = db_int64(rows, 3),
                                   .unit = db_text(rows, 4),
                                   .way = db_int64(rows, 5),
                                   .state = db_int64(rows, 6),
                                   .due = db_int64(rows, 7),
                                   .opened = db_int64(rows, 8),
                                   .closed = db_int64(rows, 9),
                                   .version = db_int64(rows, 10),
                                   .body = db_blob(rows, 11)};
}

enum status store_handover_find(struct db_tx *tx, struct arena *arena, int64_t id, struct store_handover *out,
                                bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &handover_find, P(P_INT(store_key_region(id)), P_INT(id)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        read_handover(&rows, out);
    return OK;
}

enum status store_handover_page(struct db_tx *tx, struct arena *arena, const struct store_page *page,
                                const struct store_handover_wanted *wanted, struct store_handover **out, size_t *count,
                                struct error *err)
{
    struct db_rows rows;
    struct db_params params =
        P(P_INT(page->region), P_INT(page->after_id), P_INT(page->division_from), P_INT(page->division_to),
          P_TEXT(page->unit), P_INT(wanted->way), P_INT(wanted->state), P_INT(wanted->case_id), P_INT(page->limit));
    if (db_query(tx, arena, &handover_page, params, &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_handover, read_handover, out, count);
    return OK;
}
