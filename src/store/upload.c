#include "store/upload.h"

#include "store/internal.h"

DB_SQL(upload_insert,
       "INSERT INTO upload (id, owner, size, place, changed, body) VALUES (?1, ?2, ?3, 0, ?4, ?5)");
DB_SQL(upload_find, "SELECT id, size, place, changed, owner, body FROM upload WHERE id = ?1 AND owner = ?2");
DB_SQL(upload_list, "SELECT id FROM upload WHERE owner = ?1 ORDER BY changed DESC, id");
DB_SQL(upload_move, "UPDATE upload SET place = ?3, changed = ?4 WHERE id = ?1 AND place = ?2 AND ?3 <= size");
DB_SQL(part_insert, "INSERT INTO upload_part (id, place, length, content) VALUES (?1, ?2, ?3, ?4)");
DB_SQL(part_list, "SELECT place, length, content FROM upload_part WHERE id = ?1 ORDER BY place");
DB_SQL(part_delete, "DELETE FROM upload_part WHERE id = ?1");
DB_SQL(upload_delete, "DELETE FROM upload WHERE id = ?1");
DB_SQL(part_expire, "DELETE FROM upload_part WHERE id IN (SELECT id FROM upload WHERE changed < ?1)");
DB_SQL(upload_expire, "DELETE FROM upload WHERE changed < ?1");

enum status store_upload_insert(struct db_tx *tx, const struct store_upload *row, struct error *err)
{
    return db_exec(tx, &upload_insert,
                   P(P_INT(row->id), P_BLOB(row->owner), P_INT(row->size), P_INT(row->changed), P_BLOB(row->body)),
                   err);
}

enum status store_upload_find(struct db_tx *tx, struct arena *arena, const struct store_upload *key,
                              struct store_upload *out, bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &upload_find, P(P_INT(key->id), P_BLOB(key->owner)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        *out = (struct store_upload){db_int64(&rows, 0), db_int64(&rows, 1), db_int64(&rows, 2),
                                     db_int64(&rows, 3), db_blob(&rows, 4),  db_blob(&rows, 5)};
    return OK;
}

static void read_id(struct db_rows *rows, int64_t *out)
{
    *out = db_int64(rows, 0);
}

enum status store_upload_list(struct db_tx *tx, struct arena *arena, struct str owner, int64_t **out, size_t *count,
                              struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &upload_list, P(P_BLOB(owner)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, int64_t, read_id, out, count);
    return OK;
}

enum status store_upload_add(struct db_tx *tx, const struct store_upload *key, const struct store_upload_part *part,
                             bool *added, struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &upload_move,
                      P(P_INT(key->id), P_INT(part->place), P_INT(part->place + part->length), P_INT(key->changed)), &n,
                      err) != OK)
        return FAILED;
    *added = n == 1;
    if (!*added)
        return OK;
    return db_exec(tx, &part_insert,
                   P(P_INT(key->id), P_INT(part->place), P_INT(part->length), P_BLOB(part->content)), err);
}

static void read_part(struct db_rows *rows, struct store_upload_part *out)
{
    *out = (struct store_upload_part){db_int64(rows, 0), db_int64(rows, 1), db_blob(rows, 2)};
}

enum status store_upload_parts(struct db_tx *tx, struct arena *arena, int64_t id, struct store_upload_part **out,
                               size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &part_list, P(P_INT(id)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_upload_part, read_part, out, count);
    return OK;
}

enum status store_upload_delete(struct db_tx *tx, int64_t id, struct error *err)
{
    return db_exec(tx, &part_delete, P(P_INT(id)), err) == OK ? db_exec(tx, &upload_delete, P(P_INT(id)), err) : FAILED;
}

enum status store_upload_expire(struct db_tx *tx, int64_t before, struct error *err)
{
    return db_exec(tx, &part_expire, P(P_INT(before)), err) == OK ? db_exec(tx, &upload_expire, P(P_INT(before)), err)
                                                                  : FAILED;
}
