/* Parties, notices to them and files of theirs. */
#include "store/result.h"

#include "store/internal.h"

DB_SQL(party_insert,
       "INSERT INTO party (region, id, kind, version, division, name, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
       " ON CONFLICT DO NOTHING");
DB_SQL(party_update, "UPDATE party SET version = ?4, division = ?5, name = ?6, body = ?7"
                     " WHERE region = ?1 AND id = ?2 AND version = ?3");
DB_SQL(party_find, "SELECT region, id, kind, version, division, name, body FROM party WHERE id = ?1 LIMIT 1");
DB_SQL(party_named, "SELECT region, id, kind, version, division, name, body FROM party WHERE name = ?1"
                    " AND division >= ?2 AND division < ?3 ORDER BY region, id LIMIT ?4");
DB_SQL(party_walk, "SELECT region, id, kind, version, division, name, body FROM party WHERE (region, id) > (?1, ?2)"
                   " ORDER BY region, id LIMIT ?3");

enum status store_party_insert(struct db_tx *tx, const struct store_party *row, bool *added, struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &party_insert,
                      P(P_INT(row->region), P_BLOB(row->id), P_INT(row->kind), P_INT(row->version),
                        P_INT(row->division), P_BLOB(row->name), P_BLOB(row->body)),
                      &n, err) != OK)
        return FAILED;
    *added = n == 1;
    return OK;
}

enum status store_party_update(struct db_tx *tx, const struct store_party *row, int64_t version_was, bool *changed,
                               struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &party_update,
                      P(P_INT(row->region), P_BLOB(row->id), P_INT(version_was), P_INT(row->version),
                        P_INT(row->division), P_BLOB(row->name), P_BLOB(row->body)),
                      &n, err) != OK)
        return FAILED;
    *changed = n == 1;
    return OK;
}

static void read_party(struct db_rows *rows, struct store_party *out)
{
    *out = (struct store_party){db_int64(rows, 0), db_blob(rows, 1), db_int64(rows, 2), db_int64(rows, 3),
                                db_int64(rows, 4), db_blob(rows, 5), db_blob(rows, 6)};
}

enum status store_party_find(struct db_tx *tx, struct arena *arena, struct str id, struct store_party *out, bool *found,
                             struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &party_find, P(P_BLOB(id)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        read_party(&rows, out);
    return OK;
}

enum status store_party_named(struct db_tx *tx, struct arena *arena, const struct store_party_names *wanted,
                              struct store_party **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(
            tx, arena, &party_named,
            P(P_BLOB(wanted->name), P_INT(wanted->division_from), P_INT(wanted->division_to), P_INT(wanted->limit)),
            &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_party, read_party, out, count);
    return OK;
}

enum status store_party_walk(struct db_tx *tx, struct arena *arena, const struct store_party *after, int64_t limit,
                             struct store_party **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    struct str id = after->id.data ? after->id : STR("");
    if (db_query(tx, arena, &party_walk, P(P_INT(after->region), P_BLOB(id), P_INT(limit)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_party, read_party, out, count);
    return OK;
}

/* ---- notices ---- */

DB_SQL(notice_insert, "INSERT INTO notice (region, party, id, sent, read, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
DB_SQL(notice_list,
       "SELECT region, id, sent, read, party, body FROM notice WHERE region = ?1 AND party = ?2 AND id < ?3"
       " ORDER BY id DESC LIMIT ?4");
DB_SQL(notice_unread, "SELECT CAST(count(*) AS BIGINT) FROM notice WHERE region = ?1 AND party = ?2 AND read = 0");
DB_SQL(notice_read, "UPDATE notice SET read = ?4 WHERE region = ?1 AND party = ?2 AND id = ?3");

enum status store_notice_insert(struct db_tx *tx, const struct store_notice *row, struct error *err)
{
    return db_exec_later(tx, &notice_insert,
                         P(P_INT(row->region), P_BLOB(row->party), P_INT(row->id), P_INT(row->sent), P_INT(row->read),
                           P_BLOB(row->body)),
                         err);
}

static void read_notice(struct db_rows *rows, struct store_notice *out)
{
    *out = (struct store_notice){db_int64(rows, 0), db_int64(rows, 1), db_int64(rows, 2),
                                 db_int64(rows, 3), db_blob(rows, 4),  db_blob(rows, 5)};
}

enum status store_notice_list(struct db_tx *tx, struct arena *arena, int64_t region, struct str party,
                              int64_t before_id, int64_t limit, struct store_notice **out, size_t *count,
                              struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &notice_list,
                 P(P_INT(region), P_BLOB(party), P_INT(before_id ? before_id : INT64_MAX), P_INT(limit)), &rows,
                 err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_notice, read_notice, out, count);
    return OK;
}

DB_SQL(notice_find,
       "SELECT region, id, sent, read, party, body FROM notice WHERE region = ?1 AND party = ?2 AND id = ?3");

enum status store_notice_find(struct db_tx *tx, struct arena *arena, const struct store_notice *key,
                              struct store_notice *out, bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &notice_find, P(P_INT(key->region), P_BLOB(key->party), P_INT(key->id)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        read_notice(&rows, out);
    return OK;
}

enum status store_notice_unread(struct db_tx *tx, int64_t region, struct str party, int64_t *out, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &notice_unread, P(P_INT(region), P_BLOB(party)), &rows, err) != OK)
        return FAILED;
    *out = db_next(&rows) ? db_int64(&rows, 0) : 0;
    return OK;
}

enum status store_notice_read(struct db_tx *tx, const struct store_notice *key, int64_t at, bool *changed,
                              struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &notice_read, P(P_INT(key->region), P_BLOB(key->party), P_INT(key->id), P_INT(at)), &n,
                      err) != OK)
        return FAILED;
    *changed = n == 1;
    return OK;
}

/* ---- files ---- */

DB_SQL(blob_insert,
       "INSERT INTO blob (region, id, owner, stored, size, body, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
       " ON CONFLICT DO NOTHING");
DB_SQL(blob_find, "SELECT region, stored, size, id, owner, body, content FROM blob WHERE region = ?1 AND id = ?2");

enum status store_blob_insert(struct db_tx *tx, const struct store_blob *row, struct error *err)
{
    return db_exec(tx, &blob_insert,
                   P(P_INT(row->region), P_BLOB(row->id), P_BLOB(row->owner), P_INT(row->stored), P_INT(row->size),
                     P_BLOB(row->body), P_BLOB(row->content)),
                   err);
}

enum status store_blob_find(struct db_tx *tx, struct arena *arena, int64_t region, struct str id,
                            struct store_blob *out, bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &blob_find, P(P_INT(region), P_BLOB(id)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        *out = (struct store_blob){db_int64(&rows, 0), db_int64(&rows, 1), db_int64(&rows, 2), db_blob(&rows, 3),
                                   db_blob(&rows, 4),  db_blob(&rows, 5),  db_blob(&rows, 6)};
    return OK;
}
