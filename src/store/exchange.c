/* The outbox, the logs of exchanges and of looks at personal data, the signed anchors. */
#include "store/system.h"

#include "store/internal.h"

#define OUTBOX_COLUMNS "region, due, id, case_id, job, attempts, packs, exchange, body"

DB_SQL(outbox_insert, "INSERT INTO outbox (" OUTBOX_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
DB_SQL(outbox_due, "SELECT " OUTBOX_COLUMNS " FROM outbox WHERE region = ?1 AND due <= ?2 ORDER BY due, id LIMIT ?3");
DB_SQL(outbox_move, "UPDATE outbox SET due = ?4, attempts = ?5 WHERE region = ?1 AND due = ?2 AND id = ?3");
DB_SQL(outbox_delete, "DELETE FROM outbox WHERE region = ?1 AND due = ?2 AND id = ?3");
DB_SQL(outbox_next, "SELECT due FROM outbox WHERE region = ?1 ORDER BY due LIMIT 1");
DB_SQL(outbox_find, "SELECT " OUTBOX_COLUMNS " FROM outbox WHERE region = ?1 AND id = ?2");
/* Counted in outbox_key, outbox_tried and outbox_aside. */
DB_SQL(outbox_total, "SELECT (SELECT CAST(count(*) AS BIGINT) FROM outbox),"
                     " (SELECT CAST(count(*) AS BIGINT) FROM outbox WHERE attempts > 0),"
                     " (SELECT CAST(count(*) AS BIGINT) FROM outbox WHERE due = 9223372036854775807)");
DB_SQL(outbox_aside, "SELECT DISTINCT exchange FROM outbox WHERE region = ?1 AND due = 9223372036854775807");
DB_SQL(outbox_wake,
       "UPDATE outbox SET due = ?3 WHERE region = ?1 AND due = 9223372036854775807 AND id IN (SELECT id FROM outbox"
       " WHERE region = ?1 AND exchange = ?2 AND due = 9223372036854775807 ORDER BY id LIMIT ?4)");
DB_SQL(exchange_insert,
       "INSERT INTO exchange_log (region, at, id, case_id, exchange, attempt, status, took_ms, problem)"
       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
DB_SQL(exchange_good, "SELECT at, took_ms FROM exchange_log WHERE exchange = ?1 AND problem IS NULL"
                      " ORDER BY at DESC LIMIT 1");
DB_SQL(exchange_bad, "SELECT at, status, problem FROM exchange_log WHERE exchange = ?1 AND problem IS NOT NULL"
                     " ORDER BY at DESC LIMIT 1");
DB_SQL(exchange_bad_count,
       "SELECT CAST(count(*) AS BIGINT) FROM exchange_log WHERE exchange = ?1 AND problem IS NOT NULL"
       " AND at >= ?2");
DB_SQL(exchange_waiting,
       "SELECT exchange, CAST(count(*) AS BIGINT),"
       " CAST(sum(CASE WHEN attempts > 0 THEN 1 ELSE 0 END) AS BIGINT) FROM outbox GROUP BY exchange");
DB_SQL(access_insert, "INSERT INTO access_log (region, at, id, who, what, subject, case_id, body, unit, division)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
/* The condition that is named once more chooses the index. */
#define ACCESS_LIST(where)                                                                                             \
    "SELECT region, at, id, case_id, division, who, subject, unit, what, body FROM access_log WHERE region = ?1"       \
    " AND (at, id) < (?2, ?3) AND at >= ?4 AND (?5 IS NULL OR who = ?5) AND (?6 IS NULL OR subject = ?6)"              \
    " AND (?7 IS NULL OR unit = ?7) AND (?8 = 0 OR case_id = ?8) AND division >= ?9 AND division < ?10"                \
    " AND (?12 IS NULL OR who <> ?12)" where                                                                           \
    " ORDER BY at DESC, id DESC LIMIT ?11"
DB_SQL(access_list_all, ACCESS_LIST(""));
DB_SQL(access_list_subject, ACCESS_LIST(" AND subject = ?6"));
DB_SQL(access_list_case, ACCESS_LIST(" AND case_id = ?8 AND case_id > 0"));
DB_SQL(access_list_who, ACCESS_LIST(" AND who = ?5"));
DB_SQL(access_list_unit, ACCESS_LIST(" AND unit = ?7"));
DB_SQL(anchor_insert, "INSERT INTO anchor (at, jws) VALUES (?1, ?2) ON CONFLICT DO NOTHING");
DB_SQL(anchor_list, "SELECT at, jws FROM anchor ORDER BY at");

enum status store_outbox_insert(struct db_tx *tx, const struct store_outbox *row, struct error *err)
{
    return db_exec_later(tx, &outbox_insert,
                         P(P_INT(row->region), P_INT(row->due), P_INT(row->id), P_INT(row->case_id), P_INT(row->job),
                           P_INT(row->attempts), P_INT(row->packs), P_TEXT(row->exchange), P_BLOB(row->body)),
                         err);
}

void store_outbox_head(struct db_rows *rows, struct store_outbox *out)
{
    *out = (struct store_outbox){.region = db_int64(rows, 0),
                                 .due = db_int64(rows, 1),
                                 .id = db_int64(rows, 2),
                                 .case_id = db_int64(rows, 3),
                                 .job = db_int64(rows, 4),
                                 .attempts = db_int64(rows, 5),
                                 .packs = db_int64(rows, 6),
                                 .exchange = db_text(rows, 7)};
}

static void read_outbox(struct db_rows *rows, struct store_outbox *out)
{
    store_outbox_head(rows, out);
    out->body = db_blob(rows, 8);
}

enum status store_outbox_due(struct db_tx *tx, struct arena *arena, int64_t region, int64_t now, int64_t limit,
                             struct store_outbox **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &outbox_due, P(P_INT(region), P_INT(now), P_INT(limit)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_outbox, read_outbox, out, count);
    return OK;
}

enum status store_outbox_move(struct db_tx *tx, const struct store_outbox *row, int64_t due, int64_t attempts,
                              bool *moved, struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &outbox_move,
                      P(P_INT(row->region), P_INT(row->due), P_INT(row->id), P_INT(due), P_INT(attempts)), &n,
                      err) != OK)
        return FAILED;
    *moved = n == 1;
    return OK;
}

enum status store_outbox_delete(struct db_tx *tx, const struct store_outbox *row, bool *deleted, struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &outbox_delete, P(P_INT(row->region), P_INT(row->due), P_INT(row->id)), &n, err) != OK)
        return FAILED;
    *deleted = n == 1;
    return OK;
}

enum status store_outbox_next(struct db_tx *tx, int64_t region, int64_t *due, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &outbox_next, P(P_INT(region)), &rows, err) != OK)
        return FAILED;
    *due = db_next(&rows) ? db_int64(&rows, 0) : INT64_MAX;
    return OK;
}

enum status store_outbox_find(struct db_tx *tx, struct arena *arena, int64_t id, struct store_outbox *out, bool *found,
                              struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &outbox_find, P(P_INT(store_key_region(id)), P_INT(id)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        read_outbox(&rows, out);
    return OK;
}

enum status store_outbox_total(struct db_tx *tx, struct store_outbox_totals *out, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &outbox_total, P_NONE, &rows, err) != OK)
        return FAILED;
    if (db_next(&rows))
        *out = (struct store_outbox_totals){db_int64(&rows, 0), db_int64(&rows, 1), db_int64(&rows, 2)};
    return OK;
}

static void read_name(struct db_rows *rows, struct str *out)
{
    *out = db_text(rows, 0);
}

enum status store_outbox_aside(struct db_tx *tx, struct arena *arena, int64_t region, struct str **out, size_t *count,
                               struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &outbox_aside, P(P_INT(region)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct str, read_name, out, count);
    return OK;
}

enum status store_outbox_wake(struct db_tx *tx, int64_t region, struct str exchange, int64_t due, int64_t limit,
                              int64_t *n, struct error *err)
{
    return db_exec_count(tx, &outbox_wake, P(P_INT(region), P_TEXT(exchange), P_INT(due), P_INT(limit)), n, err);
}

enum status store_exchange_insert(struct db_tx *tx, const struct store_exchange *row, struct error *err)
{
    return db_exec_later(tx, &exchange_insert,
                         P(P_INT(row->region), P_INT(row->at), P_INT(row->id), P_INT(row->case_id),
                           P_TEXT(row->exchange), P_INT(row->attempt), P_INT(row->status), P_INT(row->took_ms),
                           P_TEXT(row->problem)),
                         err);
}

enum status store_exchange_health(struct db_tx *tx, struct arena *arena, struct str exchange, int64_t since,
                                  struct store_exchange_health *out, struct error *err)
{
    struct db_rows good, bad, n;
    if (db_query(tx, arena, &exchange_good, P(P_TEXT(exchange)), &good, err) != OK ||
        db_query(tx, arena, &exchange_bad, P(P_TEXT(exchange)), &bad, err) != OK ||
        db_query(tx, arena, &exchange_bad_count, P(P_TEXT(exchange), P_INT(since)), &n, err) != OK)
        return FAILED;
    *out = (struct store_exchange_health){.bad_since = db_next(&n) ? db_int64(&n, 0) : 0};
    if (db_next(&good)) {
        out->good_at = db_int64(&good, 0);
        out->good_ms = db_int64(&good, 1);
    }
    if (db_next(&bad)) {
        out->bad_at = db_int64(&bad, 0);
        out->bad_status = db_int64(&bad, 1);
        out->problem = db_text(&bad, 2);
    }
    return OK;
}

static void read_waiting(struct db_rows *rows, struct store_exchange_waiting *out)
{
    *out = (struct store_exchange_waiting){db_text(rows, 0), db_int64(rows, 1), db_int64(rows, 2)};
}

enum status store_exchange_waiting(struct db_tx *tx, struct arena *arena, struct store_exchange_waiting **out,
                                   size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &exchange_waiting, P_NONE, &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_exchange_waiting, read_waiting, out, count);
    return OK;
}

enum status store_access_insert(struct db_tx *tx, const struct store_access *row, struct error *err)
{
    return db_exec_later(tx, &access_insert,
                         P(P_INT(row->region), P_INT(row->at), P_INT(row->id), P_BLOB(row->who), P_TEXT(row->what),
                           P_BLOB(row->subject), P_INT(row->case_id), P_BLOB(row->body), P_TEXT(row->unit),
                           P_INT(row->division)),
                         err);
}

static void read_access(struct db_rows *rows, struct store_access *out)
{
    *out = (struct store_access){.region = db_int64(rows, 0),
                                 .at = db_int64(rows, 1),
                                 .id = db_int64(rows, 2),
                                 .case_id = db_int64(rows, 3),
                                 .division = db_int64(rows, 4),
                                 .who = db_blob(rows, 5),
                                 .subject = db_blob(rows, 6),
                                 .unit = db_text(rows, 7),
                                 .what = db_text(rows, 8),
                                 .body = db_blob(rows, 9)};
}

enum status store_access_list(struct db_tx *tx, struct arena *arena, const struct store_access_filter *filter,
                              struct store_access **out, size_t *count, struct error *err)
{
    const struct db_statement *by = filter->subject.data ? &access_list_subject
                              : filter->case_id    ? &access_list_case
                              : filter->who.data   ? &access_list_who
                              : filter->unit.data  ? &access_list_unit
                                                   : &access_list_all;
    struct db_rows rows;
    if (db_query(tx, arena, by,
                 P(P_INT(filter->region), P_INT(filter->before_at), P_INT(filter->before_id), P_INT(filter->since),
                   P_BLOB(filter->who), P_BLOB(filter->subject), P_TEXT(filter->unit), P_INT(filter->case_id),
                   P_INT(filter->division_from), P_INT(filter->division_to), P_INT(filter->limit),
                   P_BLOB(filter->not_who)),
                 &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_access, read_access, out, count);
    return OK;
}

enum status store_anchor_insert(struct db_tx *tx, int64_t at, struct str jws, struct error *err)
{
    return db_exec(tx, &anchor_insert, P(P_INT(at), P_TEXT(jws)), err);
}

static void read_anchor(struct db_rows *rows, struct store_anchor *out)
{
    *out = (struct store_anchor){db_int64(rows, 0), db_text(rows, 1)};
}

enum status store_anchor_list(struct db_tx *tx, struct arena *arena, struct store_anchor **out, size_t *count,
                              struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &anchor_list, P_NONE, &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_anchor, read_anchor, out, count);
    return OK;
}
