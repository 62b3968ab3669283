/* Supervision of late cases, and bulletins. */
#include "store/supervision.h"

#include "store/internal.h"

#define SUPERVISION_COLUMNS                                                                                            \
    "region, id, case_id, division, unit, state, owner, due, opened, closed, version, body, subject"

DB_SQL(supervision_insert, "INSERT INTO supervision (" SUPERVISION_COLUMNS ")"
                           " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT DO NOTHING");
DB_SQL(supervision_update,
       "UPDATE supervision SET state = ?3, owner = ?4, due = ?5, closed = ?6, version = ?7, body = ?8"
       " WHERE region = ?1 AND id = ?2 AND version = ?9");
DB_SQL(supervision_find, "SELECT " SUPERVISION_COLUMNS " FROM supervision WHERE region = ?1 AND id = ?2");
DB_SQL(supervision_of_case, "SELECT id FROM supervision WHERE region = ?1 AND case_id = ?2 AND closed = 0");
DB_SQL(supervision_page, "SELECT " SUPERVISION_COLUMNS " FROM supervision WHERE region = ?1 AND id > ?2"
                         " AND division >= ?3 AND division < ?4 AND (?5 IS NULL OR unit = ?5)"
                         " AND (?6 = -1 OR state = ?6 OR (?6 = -2 AND closed = 0)) ORDER BY id LIMIT ?7");

DB_SQL(supervision_history, "SELECT " SUPERVISION_COLUMNS " FROM supervision WHERE region = ?1 AND case_id = ?2"
                            " ORDER BY id DESC LIMIT 50");

DB_SQL(supervision_of_subject, "SELECT " SUPERVISION_COLUMNS " FROM supervision WHERE subject = ?1"
                               " ORDER BY opened DESC, id DESC LIMIT 50");

enum status store_supervision_insert(struct db_tx *tx, const struct store_supervision *row, bool *added,
                                     struct error *err)
{
    int64_t changed = 0;
    if (db_exec_count(tx, &supervision_insert,
                      P(P_INT(row->region), P_INT(row->id), P_INT(row->case_id), P_INT(row->division),
                        P_TEXT(row->unit), P_INT(row->state), P_TEXT(row->owner), P_INT(row->due), P_INT(row->opened),
                        P_INT(row->closed), P_INT(row->version), P_BLOB(row->body), P_BLOB(row->subject)),
                      &changed, err) != OK)
        return FAILED;
    *added = changed == 1;
    return OK;
}

enum status store_supervision_update(struct db_tx *tx, const struct store_supervision *row, int64_t version_was,
                                     bool *changed, struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &supervision_update,
                      P(P_INT(row->region), P_INT(row->id), P_INT(row->state), P_TEXT(row->owner), P_INT(row->due),
                        P_INT(row->closed), P_INT(row->version), P_BLOB(row->body), P_INT(version_was)),
                      &n, err) != OK)
        return FAILED;
    *changed = n == 1;
    return OK;
}

static void read_supervision(struct db_rows *rows, struct store_supervision *out)
{
    *out = (struct store_supervision){.region = db_int64(rows, 0),
                                      .id = db_int64(rows, 1),
                                      .case_id = db_int64(rows, 2),
                                      .division = db_int64(rows, 3),
                                      .unit = db_text(rows, 4),
                                      .state = db_int64(rows, 5),
                                      .owner = db_text(rows, 6),
                                      .due = db_int64(rows, 7),
                                      .opened = db_int64(rows, 8),
                                      .closed = db_int64(rows, 9),
                                      .version = db_int64(rows, 10),
                                      .body = db_blob(rows, 11),
                                      .subject = db_blob(rows, 12)};
}

enum status store_supervision_find(struct db_tx *tx, struct arena *arena, int64_t region, int64_t id,
                                   struct store_supervision *out, bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &supervision_find, P(P_INT(region), P_INT(id)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        read_supervision(&rows, out);
    return OK;
}

enum status store_supervision_of_case(struct db_tx *tx, int64_t region, int64_t case_id, int64_t *id, struct error *err)
{
    struct arena arena;
    struct db_rows rows;
    arena_init(&arena);
    enum status status = db_query(tx, &arena, &supervision_of_case, P(P_INT(region), P_INT(case_id)), &rows, err);
    if (status == OK)
        *id = db_next(&rows) ? db_int64(&rows, 0) : 0;
    arena_release(&arena);
    return status;
}

enum status store_supervision_history(struct db_tx *tx, struct arena *arena, int64_t region, int64_t case_id,
                                      struct store_supervision **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &supervision_history, P(P_INT(region), P_INT(case_id)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_supervision, read_supervision, out, count);
    return OK;
}

enum status store_supervision_of_subject(struct db_tx *tx, struct arena *arena, struct str subject,
                                         struct store_supervision **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &supervision_of_subject, P(P_BLOB(subject)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_supervision, read_supervision, out, count);
    return OK;
}

enum status store_supervision_page(struct db_tx *tx, struct arena *arena, const struct store_page *page, int64_t state,
                                   struct store_supervision **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &supervision_page,
                 P(P_INT(page->region), P_INT(page->after_id), P_INT(page->division_from), P_INT(page->division_to),
                   P_TEXT(page->unit), P_INT(state), P_INT(page->limit)),
                 &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_supervision, read_supervision, out, count);
    return OK;
}

/* ---- Bulletins ---- */

#define BULLETIN_HEAD "region, id, division_from, division_to, state, made, version, author, title"

DB_SQL(bulletin_insert,
       "INSERT INTO bulletin (" BULLETIN_HEAD ", body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
DB_SQL(bulletin_update, "UPDATE bulletin SET state = ?3, version = ?4, title = ?5, body = ?6"
                        " WHERE region = ?1 AND id = ?2 AND version = ?7");
DB_SQL(bulletin_find, "SELECT " BULLETIN_HEAD ", body FROM bulletin WHERE region = ?1 AND id = ?2");
DB_SQL(bulletin_page, "SELECT " BULLETIN_HEAD " FROM bulletin WHERE region = ?1 AND id > ?2"
                      " AND division_from >= ?3 AND division_to <= ?4 ORDER BY id LIMIT ?5");

enum status store_bulletin_insert(struct db_tx *tx, const struct store_bulletin *row, struct error *err)
{
    return db_exec(tx, &bulletin_insert,
                   P(P_INT(row->region), P_INT(row->id), P_INT(row->division_from), P_INT(row->division_to),
                     P_INT(row->state), P_INT(row->made), P_INT(row->version), P_TEXT(row->author), P_TEXT(row->title),
                     P_BLOB(row->body)),
                   err);
}

enum status store_bulletin_update(struct db_tx *tx, const struct store_bulletin *row, int64_t version_was,
                                  bool *changed, struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &bulletin_update,
                      P(P_INT(row->region), P_INT(row->id), P_INT(row->state), P_INT(row->version), P_TEXT(row->title),
                        P_BLOB(row->body), P_INT(version_was)),
                      &n, err) != OK)
        return FAILED;
    *changed = n == 1;
    return OK;
}

static void read_head(struct db_rows *rows, struct store_bulletin *out)
{
    *out = (struct store_bulletin){.region = db_int64(rows, 0),
                                   .id = db_int64(rows, 1),
                                   .division_from = db_int64(rows, 2),
                                   .division_to = db_int64(rows, 3),
                                   .state = db_int64(rows, 4),
                                   .made = db_int64(rows, 5),
                                   .version = db_int64(rows, 6),
                                   .author = db_text(rows, 7),
                                   .title = db_text(rows, 8)};
}

enum status store_bulletin_find(struct db_tx *tx, struct arena *arena, int64_t region, int64_t id,
                                struct store_bulletin *out, bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &bulletin_find, P(P_INT(region), P_INT(id)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found) {
        read_head(&rows, out);
        out->body = db_blob(&rows, 9);
    }
    return OK;
}

enum status store_bulletin_page(struct db_tx *tx, struct arena *arena, const struct store_page *page,
                                struct store_bulletin **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &bulletin_page,
                 P(P_INT(page->region), P_INT(page->after_id), P_INT(page->division_from), P_INT(page->division_to),
                   P_INT(page->limit)),
                 &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_bulletin, read_head, out, count);
    return OK;
}
