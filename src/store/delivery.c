#include "store/delivery.h"

#include "store/internal.h"

#define COLUMNS "region, due, id, channel, attempts, party"

DB_SQL(delivery_insert, "INSERT INTO delivery (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
DB_SQL(delivery_due,
       "SELECT " COLUMNS " FROM delivery WHERE region = ?1 AND due <= ?2 ORDER BY due, id, channel LIMIT ?3");
DB_SQL(delivery_move, "UPDATE delivery SET due = ?5, attempts = ?6"
                      " WHERE region = ?1 AND due = ?2 AND id = ?3 AND channel = ?4");
DB_SQL(delivery_delete, "DELETE FROM delivery WHERE region = ?1 AND due = ?2 AND id = ?3 AND channel = ?4");
DB_SQL(preference_find, "SELECT version, body FROM preference WHERE owner = ?1");
DB_SQL(preference_insert, "INSERT INTO preference (owner, version, body) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING");
DB_SQL(preference_update, "UPDATE preference SET version = ?2, body = ?3 WHERE owner = ?1 AND version = ?4");

enum status store_delivery_insert(struct db_tx *tx, const struct store_delivery *row, struct error *err)
{
    return db_exec_later(tx, &delivery_insert,
                         P(P_INT(row->region), P_INT(row->due), P_INT(row->id), P_INT(row->channel),
                           P_INT(row->attempts), P_BLOB(row->party)),
                         err);
}

static void read_delivery(struct db_rows *rows, struct store_delivery *out)
{
    *out = (struct store_delivery){db_int64(rows, 0), db_int64(rows, 1), db_int64(rows, 2),
                                   db_int64(rows, 3), db_int64(rows, 4), db_blob(rows, 5)};
}

enum status store_delivery_due(struct db_tx *tx, struct arena *arena, int64_t region, int64_t now, int64_t limit,
                               struct store_delivery **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &delivery_due, P(P_INT(region), P_INT(now), P_INT(limit)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_delivery, read_delivery, out, count);
    return OK;
}

enum status store_delivery_move(struct db_tx *tx, const struct store_delivery *row, int64_t due, int64_t attempts,
                                bool *moved, struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &delivery_move,
                      P(P_INT(row->region), P_INT(row->due), P_INT(row->id), P_INT(row->channel), P_INT(due),
                        P_INT(attempts)),
                      &n, err) != OK)
        return FAILED;
    *moved = n == 1;
    return OK;
}

enum status store_delivery_delete(struct db_tx *tx, const struct store_delivery *row, bool *deleted, struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &delivery_delete,
                      P(P_INT(row->region), P_INT(row->due), P_INT(row->id), P_INT(row->channel)), &n, err) != OK)
        return FAILED;
    *deleted = n == 1;
    return OK;
}

enum status store_preference_find(struct db_tx *tx, struct arena *arena, struct str owner, struct store_preference *out,
                                  bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &preference_find, P(P_BLOB(owner)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        *out = (struct store_preference){owner, db_int64(&rows, 0), db_blob(&rows, 1)};
    return OK;
}

enum status store_preference_put(struct db_tx *tx, const struct store_preference *row, int64_t version_was,
                                 bool *changed, struct error *err)
{
    int64_t n = 0;
    enum status done =
        version_was
            ? db_exec_count(tx, &preference_update,
                            P(P_BLOB(row->owner), P_INT(row->version), P_BLOB(row->body), P_INT(version_was)), &n, err)
            : db_exec_count(tx, &preference_insert, P(P_BLOB(row->owner), P_INT(row->version), P_BLOB(row->body)), &n,
                            err);
    if (done != OK)
        return FAILED;
    *changed = n == 1;
    return OK;
}
