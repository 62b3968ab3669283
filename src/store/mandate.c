#include "store/mandate.h"

#include "store/internal.h"

#define COLUMNS "region, id, principal, agent, granted, until, ended, body"

DB_SQL(mandate_insert, "INSERT INTO mandate (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
DB_SQL(mandate_find, "SELECT " COLUMNS " FROM mandate WHERE region = ?1 AND id = ?2");
DB_SQL(mandate_end, "UPDATE mandate SET ended = ?3, body = ?4 WHERE region = ?1 AND id = ?2 AND ended = 0");
DB_SQL(mandate_of_principal, "SELECT " COLUMNS " FROM mandate WHERE principal = ?1 ORDER BY id DESC LIMIT 200");
DB_SQL(mandate_of_agent, "SELECT " COLUMNS " FROM mandate WHERE agent = ?1 ORDER BY id DESC LIMIT 200");

enum status store_mandate_insert(struct db_tx *tx, const struct store_mandate *row, struct error *err)
{
    return db_exec(tx, &mandate_insert,
                   P(P_INT(row->region), P_INT(row->id), P_BLOB(row->principal), P_BLOB(row->agent),
                     P_INT(row->granted), P_INT(row->until), P_INT(row->ended), P_BLOB(row->body)),
                   err);
}

static void read_mandate(struct db_rows *rows, struct store_mandate *out)
{
    *out = (struct store_mandate){db_int64(rows, 0), db_int64(rows, 1), db_blob(rows, 2),  db_blob(rows, 3),
                                  db_int64(rows, 4), db_int64(rows, 5), db_int64(rows, 6), db_blob(rows, 7)};
}

enum status store_mandate_find(struct db_tx *tx, struct arena *arena, int64_t region, int64_t id,
                               struct store_mandate *out, bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &mandate_find, P(P_INT(region), P_INT(id)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        read_mandate(&rows, out);
    return OK;
}

enum status store_mandate_end(struct db_tx *tx, const struct store_mandate *row, bool *ended, struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &mandate_end, P(P_INT(row->region), P_INT(row->id), P_INT(row->ended), P_BLOB(row->body)), &n,
                      err) != OK)
        return FAILED;
    *ended = n == 1;
    return OK;
}

static enum status list(struct db_tx *tx, struct arena *arena, const struct db_statement *statement, struct str whose,
                        struct store_mandate **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, statement, P(P_BLOB(whose)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_mandate, read_mandate, out, count);
    return OK;
}

enum status store_mandate_of_principal(struct db_tx *tx, struct arena *arena, struct str principal,
                                       struct store_mandate **out, size_t *count, struct error *err)
{
    return list(tx, arena, &mandate_of_principal, principal, out, count, err);
}

enum status store_mandate_of_agent(struct db_tx *tx, struct arena *arena, struct str agent, struct store_mandate **out,
                                   size_t *count, struct error *err)
{
    return list(tx, arena, &mandate_of_agent, agent, out, count, err);
}
