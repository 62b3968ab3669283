#include "store/delegation.h"

#include "store/internal.h"

#define COLUMNS "id, giver, taker, unit, division, starts, ends, made, ended, ended_by, reason"

/* Nobody stands in for two absences of one person at once, and nobody who is away stands in. */
DB_SQL(delegation_insert,
       "INSERT INTO delegation (" COLUMNS ") SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, '', ?9"
       " WHERE NOT EXISTS (SELECT 1 FROM delegation d WHERE (d.giver = ?2 OR d.giver = ?3) AND d.ended = 0"
       " AND d.starts < ?7 AND d.ends > ?6)");
DB_SQL(delegation_find, "SELECT " COLUMNS " FROM delegation WHERE id = ?1");
DB_SQL(delegation_end, "UPDATE delegation SET ended = ?2, ended_by = ?3 WHERE id = ?1 AND ended = 0");
DB_SQL(delegation_standing, "SELECT " COLUMNS " FROM delegation WHERE taker = ?1 AND ends > ?2 AND starts <= ?2"
                            " AND ended = 0 ORDER BY giver");
DB_SQL(delegation_of, "SELECT " COLUMNS " FROM delegation WHERE giver = ?1 OR taker = ?1 ORDER BY id DESC LIMIT 100");
DB_SQL(delegation_within, "SELECT " COLUMNS " FROM delegation WHERE ended = 0 AND ends > ?4 AND division >= ?1"
                          " AND division < ?2 AND (?3 IS NULL OR unit = ?3) ORDER BY starts, id LIMIT 1000");

static void read_delegation(struct db_rows *rows, struct store_delegation *out)
{
    *out = (struct store_delegation){.id = db_int64(rows, 0),
                                     .giver = db_text(rows, 1),
                                     .taker = db_text(rows, 2),
                                     .unit = db_text(rows, 3),
                                     .division = db_int64(rows, 4),
                                     .starts = db_int64(rows, 5),
                                     .ends = db_int64(rows, 6),
                                     .made = db_int64(rows, 7),
                                     .ended = db_int64(rows, 8),
                                     .ended_by = db_text(rows, 9),
                                     .reason = db_text(rows, 10)};
}

enum status store_delegation_insert(struct db_tx *tx, const struct store_delegation *row, bool *added,
                                    struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &delegation_insert,
                      P(P_INT(row->id), P_TEXT(row->giver), P_TEXT(row->taker), P_TEXT(row->unit), P_INT(row->division),
                        P_INT(row->starts), P_INT(row->ends), P_INT(row->made), P_TEXT(row->reason)),
                      &n, err) != OK)
        return FAILED;
    *added = n == 1;
    return OK;
}

enum status store_delegation_find(struct db_tx *tx, struct arena *arena, int64_t id, struct store_delegation *out,
                                  bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &delegation_find, P(P_INT(id)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        read_delegation(&rows, out);
    return OK;
}

enum status store_delegation_end(struct db_tx *tx, const struct store_delegation *row, bool *done, struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &delegation_end, P(P_INT(row->id), P_INT(row->ended), P_TEXT(row->ended_by)), &n, err) != OK)
        return FAILED;
    *done = n == 1;
    return OK;
}

static void read_all(struct arena *arena, struct db_rows *rows, struct store_delegation **out, size_t *count)
{
    STORE_READ_ALL(arena, rows, struct store_delegation, read_delegation, out, count);
}

enum status store_delegation_standing(struct db_tx *tx, struct arena *arena, struct str taker, int64_t now,
                                      struct store_delegation **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &delegation_standing, P(P_TEXT(taker), P_INT(now)), &rows, err) != OK)
        return FAILED;
    read_all(arena, &rows, out, count);
    return OK;
}

enum status store_delegation_of(struct db_tx *tx, struct arena *arena, struct str staff, struct store_delegation **out,
                                size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &delegation_of, P(P_TEXT(staff)), &rows, err) != OK)
        return FAILED;
    read_all(arena, &rows, out, count);
    return OK;
}

enum status store_delegation_within(struct db_tx *tx, struct arena *arena, const struct store_delegation_scope *scope,
                                    struct store_delegation **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &delegation_within,
                 P(P_INT(scope->from), P_INT(scope->to), P_TEXT(scope->unit), P_INT(scope->now)), &rows, err) != OK)
        return FAILED;
    read_all(arena, &rows, out, count);
    return OK;
}
