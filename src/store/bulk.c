#include "store/bulk.h"

#include "store/internal.h"

#define REGION(id) P_INT(store_key_region(id))
#define COLUMNS                                                                                                        \
    "id, division_from, division_to, unit, state, item, owner, file, created, ended, total, line, granted, waiting,"   \
    " refused, invalid, repeated, body"

DB_SQL(bulk_insert,
       "INSERT INTO bulk_run (region, " COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
       " 0, 0, 0, 0, 0, 0, ?13)");
DB_SQL(bulk_find, "SELECT " COLUMNS " FROM bulk_run WHERE region = ?1 AND id = ?2");
DB_SQL(bulk_running, "SELECT " COLUMNS " FROM bulk_run WHERE state = 1 ORDER BY id LIMIT 1");
DB_SQL(bulk_busy, "SELECT CAST(count(*) AS BIGINT) FROM bulk_run WHERE state = 1 AND owner = ?1");
DB_SQL(bulk_page, "SELECT " COLUMNS " FROM bulk_run WHERE region = ?1 AND division_from >= ?2 AND division_to <= ?3"
                  " AND (?4 IS NULL OR unit = ?4) AND id < ?5 ORDER BY id DESC LIMIT ?6");
DB_SQL(bulk_move, "UPDATE bulk_run SET state = ?3, ended = ?4, line = ?5, body = ?6 WHERE region = ?1 AND id = ?2"
                  " AND state = 1");
DB_SQL(
    bulk_count,
    "UPDATE bulk_run SET granted = granted + CASE WHEN ?3 = 1 THEN 1 ELSE 0 END,"
    " waiting = waiting + CASE WHEN ?3 = 2 THEN 1 ELSE 0 END, refused = refused + CASE WHEN ?3 = 3 THEN 1 ELSE 0 END,"
    " invalid = invalid + CASE WHEN ?3 = 4 THEN 1 ELSE 0 END,"
    " repeated = repeated + CASE WHEN ?3 = 5 THEN 1 ELSE 0 END WHERE region = ?1 AND id = ?2 AND state = 1");
DB_SQL(row_insert, "INSERT INTO bulk_row (region, run, line, result, subject, case_region, case_id, at, body)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING");
DB_SQL(row_state, "SELECT r.state, b.line FROM bulk_run r LEFT JOIN bulk_row b ON b.region = r.region AND b.run = r.id"
                  " AND b.line = ?3 WHERE r.region = ?1 AND r.id = ?2");
DB_SQL(row_lines, "SELECT line FROM bulk_row WHERE region = ?1 AND run = ?2 AND line > ?3 ORDER BY line");
#define ROW_COLUMNS "b.run, b.line, b.result, b.subject, b.case_region, b.case_id, b.at, b.body"
DB_SQL(row_before,
       "SELECT " ROW_COLUMNS " FROM bulk_row b JOIN cases c ON c.region = b.case_region AND c.id = b.case_id"
       " WHERE b.subject = ?1 AND b.result < 4 AND (c.closed = 0 OR (c.outcome = 1 AND c.closed > ?2))"
       " ORDER BY b.at DESC LIMIT 1");
#define ROWS(where)                                                                                                    \
    "SELECT " ROW_COLUMNS ", c.state, c.outcome FROM bulk_row b LEFT JOIN cases c ON c.region = b.case_region"         \
    " AND c.id = b.case_id WHERE b.region = ?1 AND b.run = ?2 AND b.line > ?3" where " ORDER BY b.line LIMIT ?4"
DB_SQL(rows_all, ROWS(""));
DB_SQL(rows_but_granted, ROWS(" AND b.result > 1"));
DB_SQL(rows_of, ROWS(" AND b.result = ?5"));

enum status store_bulk_insert(struct db_tx *tx, const struct store_bulk *row, struct error *err)
{
    return db_exec(tx, &bulk_insert,
                   P(REGION(row->id), P_INT(row->id), P_INT(row->division_from), P_INT(row->division_to),
                     P_TEXT(row->unit), P_INT(row->state), P_TEXT(row->item), P_TEXT(row->owner), P_TEXT(row->file),
                     P_INT(row->created), P_INT(row->ended), P_INT(row->total), P_BLOB(row->body)),
                   err);
}

static void read_run(struct db_rows *rows, struct store_bulk *out)
{
    *out = (struct store_bulk){.id = db_int64(rows, 0),
                               .division_from = db_int64(rows, 1),
                               .division_to = db_int64(rows, 2),
                               .unit = db_text(rows, 3),
                               .state = db_int64(rows, 4),
                               .item = db_text(rows, 5),
                               .owner = db_text(rows, 6),
                               .file = db_text(rows, 7),
                               .created = db_int64(rows, 8),
                               .ended = db_int64(rows, 9),
                               .total = db_int64(rows, 10),
                               .line = db_int64(rows, 11),
                               .body = db_blob(rows, 17)};
    for (int i = STORE_ROW_GRANTED; i < STORE_ROW_COUNT; i++)
        out->counts[i] = db_int64(rows, 11 + i);
}

static enum status one_run(struct db_rows *rows, struct store_bulk *out, bool *found)
{
    *found = db_next(rows);
    if (*found)
        read_run(rows, out);
    return OK;
}

enum status store_bulk_find(struct db_tx *tx, struct arena *arena, int64_t id, struct store_bulk *out, bool *found,
                            struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &bulk_find, P(REGION(id), P_INT(id)), &rows, err) != OK)
        return FAILED;
    return one_run(&rows, out, found);
}

enum status store_bulk_running(struct db_tx *tx, struct arena *arena, struct store_bulk *out, bool *found,
                               struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &bulk_running, P_NONE, &rows, err) != OK)
        return FAILED;
    return one_run(&rows, out, found);
}

enum status store_bulk_busy(struct db_tx *tx, struct str owner, int64_t *out, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &bulk_busy, P(P_TEXT(owner)), &rows, err) != OK)
        return FAILED;
    *out = db_next(&rows) ? db_int64(&rows, 0) : 0;
    return OK;
}

enum status store_bulk_page(struct db_tx *tx, struct arena *arena, const struct store_page *page,
                            struct store_bulk **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &bulk_page,
                 P(P_INT(page->region), P_INT(page->division_from), P_INT(page->division_to), P_TEXT(page->unit),
                   P_INT(page->after_id ? page->after_id : INT64_MAX), P_INT(page->limit)),
                 &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_bulk, read_run, out, count);
    return OK;
}

enum status store_bulk_move(struct db_tx *tx, const struct store_bulk *row, bool *changed, struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &bulk_move,
                      P(REGION(row->id), P_INT(row->id), P_INT(row->state), P_INT(row->ended), P_INT(row->line),
                        P_BLOB(row->body)),
                      &n, err) != OK)
        return FAILED;
    *changed = n == 1;
    return OK;
}

enum status store_bulk_row_insert(struct db_tx *tx, const struct store_bulk_row *row, bool *done, struct error *err)
{
    int64_t written = 0, counted = 0;
    if (db_exec_count(tx, &row_insert,
                      P(REGION(row->run), P_INT(row->run), P_INT(row->line), P_INT(row->result), P_BLOB(row->subject),
                        P_INT(row->case_region), P_INT(row->case_id), P_INT(row->at), P_BLOB(row->body)),
                      &written, err) != OK)
        return FAILED;
    if (written &&
        db_exec_count(tx, &bulk_count, P(REGION(row->run), P_INT(row->run), P_INT(row->result)), &counted, err) != OK)
        return FAILED;
    *done = counted == 1;
    return OK;
}

enum status store_bulk_row_state(struct db_tx *tx, int64_t run, int64_t line, bool *running, bool *there,
                                 struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &row_state, P(REGION(run), P_INT(run), P_INT(line)), &rows, err) != OK)
        return FAILED;
    bool found = db_next(&rows);
    *running = found && db_int64(&rows, 0) == STORE_BULK_RUNNING;
    *there = found && !db_is_null(&rows, 1);
    return OK;
}

static void read_line(struct db_rows *rows, int64_t *out)
{
    *out = db_int64(rows, 0);
}

enum status store_bulk_lines(struct db_tx *tx, struct arena *arena, int64_t run, int64_t after, int64_t **out,
                             size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &row_lines, P(REGION(run), P_INT(run), P_INT(after)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, int64_t, read_line, out, count);
    return OK;
}

static void read_row(struct db_rows *rows, struct store_bulk_row *out)
{
    *out = (struct store_bulk_row){.run = db_int64(rows, 0),
                                   .line = db_int64(rows, 1),
                                   .result = db_int64(rows, 2),
                                   .subject = db_blob(rows, 3),
                                   .case_region = db_int64(rows, 4),
                                   .case_id = db_int64(rows, 5),
                                   .at = db_int64(rows, 6),
                                   .body = db_blob(rows, 7)};
}

enum status store_bulk_before(struct db_tx *tx, struct arena *arena, struct str subject, int64_t since,
                              struct store_bulk_row *out, bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &row_before, P(P_BLOB(subject), P_INT(since)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        read_row(&rows, out);
    return OK;
}

static void read_seen(struct db_rows *rows, struct store_bulk_seen *out)
{
    read_row(rows, &out->row);
    out->state = db_int64(rows, 8);
    out->outcome = db_int64(rows, 9);
}

enum status store_bulk_rows(struct db_tx *tx, struct arena *arena, const struct store_bulk_wanted *wanted,
                            struct store_bulk_seen **out, size_t *count, struct error *err)
{
    const struct db_statement *statement = wanted->result < 0 ? &rows_all
                                           : wanted->result   ? &rows_of
                                                              : &rows_but_granted;
    struct db_param p[5] = {REGION(wanted->run), P_INT(wanted->run), P_INT(wanted->after), P_INT(wanted->limit),
                            P_INT(wanted->result)};
    struct db_rows rows;
    if (db_query(tx, arena, statement, (struct db_params){p, wanted->result > 0 ? 5 : 4}, &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_bulk_seen, read_seen, out, count);
    return OK;
}
