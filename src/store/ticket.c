/* Tickets and places in status lists. */
#include "store/ticket.h"

#include "store/internal.h"

DB_SQL(ticket_insert, "INSERT INTO ticket (region, hash, kind, certificate, made, expires, used, tries, body)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING");
DB_SQL(ticket_find, "SELECT region, hash, kind, certificate, made, expires, used, tries, body FROM ticket"
                    " WHERE region = ?1 AND hash = ?2");
DB_SQL(ticket_use,
       "UPDATE ticket SET used = ?3, tries = ?4 WHERE region = ?1 AND hash = ?2 AND used = 0 AND tries = ?5");
DB_SQL(ticket_expire, "DELETE FROM ticket WHERE expires < ?1");
DB_SQL(status_insert, "INSERT INTO certificate_status (region, list, place, id) VALUES (?1, ?2, ?3, ?4)"
                      " ON CONFLICT DO NOTHING");
DB_SQL(status_version_add, "INSERT INTO status_list (region, list, version) VALUES (?1, ?2, 1)"
                           " ON CONFLICT (region, list) DO UPDATE SET version = status_list.version + 1");
DB_SQL(status_version, "SELECT version FROM status_list WHERE region = ?1 AND list = ?2");
DB_SQL(status_changed, "UPDATE status_list SET version = version + 1 WHERE region = ?1"
                       " AND list IN (SELECT list FROM certificate_status WHERE region = ?1 AND id = ?2)");
DB_SQL(status_find, "SELECT list, place FROM certificate_status WHERE region = ?1 AND id = ?2");
DB_SQL(status_list, "SELECT s.place, c.state, c.valid_to FROM certificate_status s"
                    " JOIN certificate c ON c.region = s.region AND c.id = s.id WHERE s.region = ?1 AND s.list = ?2");

enum status store_ticket_insert(struct db_tx *tx, const struct store_ticket *row, bool *added, struct error *err)
{
    int64_t n = 0;
    struct db_params params =
        P(P_INT(row->region), P_BLOB(row->hash), P_INT(row->kind), P_INT(row->certificate), P_INT(row->made),
          P_INT(row->expires), P_INT(row->used), P_INT(row->tries), P_BLOB(row->body));
    if (db_exec_count(tx, &ticket_insert, params, &n, err) != OK)
        return FAILED;
    *added = n == 1;
    return OK;
}

enum status store_ticket_find(struct db_tx *tx, struct arena *arena, int64_t region, struct str hash,
                              struct store_ticket *out, bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &ticket_find, P(P_INT(region), P_BLOB(hash)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        *out = (struct store_ticket){.region = db_int64(&rows, 0),
                                     .hash = db_blob(&rows, 1),
                                     .kind = db_int64(&rows, 2),
                                     .certificate = db_int64(&rows, 3),
                                     .made = db_int64(&rows, 4),
                                     .expires = db_int64(&rows, 5),
                                     .used = db_int64(&rows, 6),
                                     .tries = db_int64(&rows, 7),
                                     .body = db_blob(&rows, 8)};
    return OK;
}

enum status store_ticket_use(struct db_tx *tx, const struct store_ticket *row, int64_t tries_was, bool *changed,
                             struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &ticket_use,
                      P(P_INT(row->region), P_BLOB(row->hash), P_INT(row->used), P_INT(row->tries), P_INT(tries_was)),
                      &n, err) != OK)
        return FAILED;
    *changed = n == 1;
    return OK;
}

enum status store_ticket_expire(struct db_tx *tx, int64_t before, struct error *err)
{
    return db_exec(tx, &ticket_expire, P(P_INT(before)), err);
}

enum status store_status_insert(struct db_tx *tx, const struct store_status *row, bool *added, struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &status_insert, P(P_INT(row->region), P_INT(row->list), P_INT(row->place), P_INT(row->id)),
                      &n, err) != OK)
        return FAILED;
    *added = n == 1;
    return n ? db_exec(tx, &status_version_add, P(P_INT(row->region), P_INT(row->list)), err) : OK;
}

enum status store_status_find(struct db_tx *tx, int64_t region, int64_t id, struct store_status *out, bool *found,
                              struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &status_find, P(P_INT(region), P_INT(id)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        *out = (struct store_status){region, db_int64(&rows, 0), db_int64(&rows, 1), id};
    return OK;
}

static void read_entry(struct db_rows *rows, struct store_status_entry *out)
{
    *out = (struct store_status_entry){db_int64(rows, 0), db_int64(rows, 1), db_int64(rows, 2)};
}

enum status store_status_version(struct db_tx *tx, int64_t region, int64_t list, int64_t *out, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &status_version, P(P_INT(region), P_INT(list)), &rows, err) != OK)
        return FAILED;
    *out = db_next(&rows) ? db_int64(&rows, 0) : 0;
    return OK;
}

enum status store_status_changed(struct db_tx *tx, int64_t region, int64_t id, struct error *err)
{
    return db_exec(tx, &status_changed, P(P_INT(region), P_INT(id)), err);
}

enum status store_status_list(struct db_tx *tx, struct arena *arena, int64_t region, int64_t list,
                              struct store_status_entry **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &status_list, P(P_INT(region), P_INT(list)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_status_entry, read_entry, out, count);
    return OK;
}
