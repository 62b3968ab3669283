/* Certificates and the log of their use; records. */
#include "store/result.h"

#include "store/internal.h"
#include "store/ticket.h"

#define CERTIFICATE_COLUMNS                                                                                            \
    "region, id, kind, case_region, case_id, holder, identifier, state, issued, valid_to, version, body"

DB_SQL(certificate_insert, "INSERT INTO certificate (" CERTIFICATE_COLUMNS ")"
                           " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING");
DB_SQL(certificate_update, "UPDATE certificate SET state = ?4, version = ?5, body = ?6"
                           " WHERE region = ?1 AND id = ?2 AND version = ?3");
DB_SQL(certificate_find, "SELECT " CERTIFICATE_COLUMNS " FROM certificate WHERE region = ?1 AND id = ?2");
DB_SQL(certificate_by_identifier,
       "SELECT " CERTIFICATE_COLUMNS " FROM certificate WHERE region = ?1 AND identifier = ?2");
DB_SQL(certificate_list, "SELECT " CERTIFICATE_COLUMNS " FROM certificate WHERE region = ?1 AND id < ?2"
                         " AND (?3 IS NULL OR kind = ?3) AND (?4 < 0 OR state = ?4) ORDER BY id DESC LIMIT ?5");
DB_SQL(certificate_of_holder,
       "SELECT " CERTIFICATE_COLUMNS " FROM certificate WHERE holder = ?1 AND (?2 IS NULL OR kind = ?2)"
       " AND (id, region) < (?3, ?4) ORDER BY id DESC, region DESC LIMIT ?5");
DB_SQL(certificate_due, "SELECT " CERTIFICATE_COLUMNS " FROM certificate WHERE region = ?1 AND state < 2"
                        " AND valid_to > 0 AND valid_to < ?2 AND (valid_to, id) > (?3, ?4)"
                        " ORDER BY valid_to, id LIMIT ?5");
DB_SQL(certificate_walk, "SELECT " CERTIFICATE_COLUMNS " FROM certificate WHERE (region, id) > (?1, ?2)"
                         " ORDER BY region, id LIMIT ?3");

enum status store_certificate_insert(struct db_tx *tx, const struct store_certificate *row, bool *added,
                                     struct error *err)
{
    int64_t n = 0;
    struct db_params params = P(P_INT(row->region), P_INT(row->id), P_TEXT(row->kind), P_INT(row->case_region),
                                P_INT(row->case_id), P_BLOB(row->holder), P_BLOB(row->identifier), P_INT(row->state),
                                P_INT(row->issued), P_INT(row->valid_to), P_INT(row->version), P_BLOB(row->body));
    if (db_exec_count(tx, &certificate_insert, params, &n, err) != OK)
        return FAILED;
    *added = n == 1;
    return OK;
}

enum status store_certificate_update(struct db_tx *tx, const struct store_certificate *row, int64_t version_was,
                                     bool *changed, struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &certificate_update,
                      P(P_INT(row->region), P_INT(row->id), P_INT(version_was), P_INT(row->state), P_INT(row->version),
                        P_BLOB(row->body)),
                      &n, err) != OK)
        return FAILED;
    *changed = n == 1;
    return *changed ? store_status_changed(tx, row->region, row->id, err) : OK;
}

static void read_certificate(struct db_rows *rows, struct store_certificate *out)
{
    *out = (struct store_certificate){.region = db_int64(rows, 0),
                                      .id = db_int64(rows, 1),
                                      .kind = db_text(rows, 2),
                                      .case_region = db_int64(rows, 3),
                                      .case_id = db_int64(rows, 4),
                                      .holder = db_blob(rows, 5),
                                      .identifier = db_blob(rows, 6),
                                      .state = db_int64(rows, 7),
                                      .issued = db_int64(rows, 8),
                                      .valid_to = db_int64(rows, 9),
                                      .version = db_int64(rows, 10),
                                      .body = db_blob(rows, 11)};
}

enum status store_certificate_find(struct db_tx *tx, struct arena *arena, int64_t region, int64_t id,
                                   struct store_certificate *out, bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &certificate_find, P(P_INT(region), P_INT(id)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        read_certificate(&rows, out);
    return OK;
}

enum status store_certificate_by_identifier(struct db_tx *tx, struct arena *arena, int64_t region,
                                            struct str identifier, struct store_certificate *out, bool *found,
                                            struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &certificate_by_identifier, P(P_INT(region), P_BLOB(identifier)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        read_certificate(&rows, out);
    return OK;
}

enum status store_certificate_list(struct db_tx *tx, struct arena *arena, const struct store_certificate_filter *filter,
                                   struct store_certificate **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &certificate_list,
                 P(P_INT(filter->region), P_INT(filter->before_id ? filter->before_id : INT64_MAX),
                   P_TEXT(filter->kind), P_INT(filter->state), P_INT(filter->limit)),
                 &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_certificate, read_certificate, out, count);
    return OK;
}

enum status store_certificate_of_holder(struct db_tx *tx, struct arena *arena,
                                        const struct store_certificate_filter *filter, struct store_certificate **out,
                                        size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &certificate_of_holder,
                 P(P_BLOB(filter->holder), P_TEXT(filter->kind),
                   P_INT(filter->before_id ? filter->before_id : INT64_MAX), P_INT(filter->before_region),
                   P_INT(filter->limit)),
                 &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_certificate, read_certificate, out, count);
    return OK;
}

enum status store_certificate_due(struct db_tx *tx, struct arena *arena, const struct store_certificate *after,
                                  int64_t before, int64_t limit, struct store_certificate **out, size_t *count,
                                  struct error *err)
{
    struct db_rows rows;
    struct db_params params =
        P(P_INT(after->region), P_INT(before), P_INT(after->valid_to), P_INT(after->id), P_INT(limit));
    if (db_query(tx, arena, &certificate_due, params, &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_certificate, read_certificate, out, count);
    return OK;
}

enum status store_certificate_walk(struct db_tx *tx, struct arena *arena, int64_t region, int64_t id, int64_t limit,
                                   struct store_certificate **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &certificate_walk, P(P_INT(region), P_INT(id), P_INT(limit)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_certificate, read_certificate, out, count);
    return OK;
}

DB_SQL(use_insert, "INSERT INTO certificate_use (region, id, at, seq, what, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
DB_SQL(use_list, "SELECT region, id, at, seq, what, body FROM certificate_use WHERE region = ?1 AND id = ?2"
                 " AND (at, seq) < (?3, ?4) ORDER BY at DESC, seq DESC LIMIT ?5");

enum status store_certificate_use_insert(struct db_tx *tx, const struct store_certificate_use *row, struct error *err)
{
    return db_exec_later(tx, &use_insert,
                         P(P_INT(row->region), P_INT(row->id), P_INT(row->at), P_INT(row->seq), P_TEXT(row->what),
                           P_BLOB(row->body)),
                         err);
}

static void read_use(struct db_rows *rows, struct store_certificate_use *out)
{
    *out = (struct store_certificate_use){db_int64(rows, 0), db_int64(rows, 1), db_int64(rows, 2),
                                          db_int64(rows, 3), db_text(rows, 4),  db_blob(rows, 5)};
}

enum status store_certificate_use_list(struct db_tx *tx, struct arena *arena,
                                       const struct store_certificate_use *before, int64_t limit,
                                       struct store_certificate_use **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    struct db_params params = P(P_INT(before->region), P_INT(before->id), P_INT(before->at ? before->at : INT64_MAX),
                                P_INT(before->seq), P_INT(limit));
    if (db_query(tx, arena, &use_list, params, &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_certificate_use, read_use, out, count);
    return OK;
}

/* ---- records ---- */

#define DOCUMENT_COLUMNS "region, subject, id, kind, case_region, case_id, state, written, version, body"

DB_SQL(document_insert, "INSERT INTO document (" DOCUMENT_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
DB_SQL(document_update, "UPDATE document SET state = ?5, version = ?6, body = ?7"
                        " WHERE region = ?1 AND subject = ?2 AND id = ?3 AND version = ?4");
DB_SQL(document_find, "SELECT " DOCUMENT_COLUMNS " FROM document WHERE region = ?1 AND id = ?2");
DB_SQL(document_list, "SELECT " DOCUMENT_COLUMNS " FROM document WHERE subject = ?1 AND (?2 IS NULL OR kind = ?2)"
                      " AND (?3 = 1 OR state = 0) ORDER BY id DESC LIMIT ?4");
DB_SQL(document_walk,
       "SELECT " DOCUMENT_COLUMNS " FROM document WHERE (region, id) > (?1, ?2) ORDER BY region, id LIMIT ?3");

enum status store_document_insert(struct db_tx *tx, const struct store_document *row, struct error *err)
{
    return db_exec_later(tx, &document_insert,
                         P(P_INT(row->region), P_BLOB(row->subject), P_INT(row->id), P_TEXT(row->kind),
                           P_INT(row->case_region), P_INT(row->case_id), P_INT(row->state), P_INT(row->written),
                           P_INT(row->version), P_BLOB(row->body)),
                         err);
}

enum status store_document_update(struct db_tx *tx, const struct store_document *row, int64_t version_was,
                                  bool *changed, struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &document_update,
                      P(P_INT(row->region), P_BLOB(row->subject), P_INT(row->id), P_INT(version_was), P_INT(row->state),
                        P_INT(row->version), P_BLOB(row->body)),
                      &n, err) != OK)
        return FAILED;
    *changed = n == 1;
    return OK;
}

static void read_document(struct db_rows *rows, struct store_document *out)
{
    *out = (struct store_document){.region = db_int64(rows, 0),
                                   .subject = db_blob(rows, 1),
                                   .id = db_int64(rows, 2),
                                   .kind = db_text(rows, 3),
                                   .case_region = db_int64(rows, 4),
                                   .case_id = db_int64(rows, 5),
                                   .state = db_int64(rows, 6),
                                   .written = db_int64(rows, 7),
                                   .version = db_int64(rows, 8),
                                   .body = db_blob(rows, 9)};
}

enum status store_document_find(struct db_tx *tx, struct arena *arena, int64_t region, int64_t id,
                                struct store_document *out, bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &document_find, P(P_INT(region), P_INT(id)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        read_document(&rows, out);
    return OK;
}

enum status store_document_list(struct db_tx *tx, struct arena *arena, const struct store_document_filter *filter,
                                struct store_document **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &document_list,
                 P(P_BLOB(filter->subject), P_TEXT(filter->kind), P_BOOL(filter->all_states), P_INT(filter->limit)),
                 &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_document, read_document, out, count);
    return OK;
}

enum status store_document_walk(struct db_tx *tx, struct arena *arena, int64_t region, int64_t id, int64_t limit,
                                struct store_document **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &document_walk, P(P_INT(region), P_INT(id), P_INT(limit)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_document, read_document, out, count);
    return OK;
}
