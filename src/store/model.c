/* Models on their way into force. */
#include "store/model.h"

#include "store/internal.h"
#include "store/system.h"

#define MODEL_COLUMNS                                                                                                  \
    "pack, path, number, state, version, created, changed, decided, in_force, rollback, base, hash, tested, author,"   \
    " proposer, approver, reason, step, item_version"

DB_SQL(model_insert,
       "INSERT INTO model (" MODEL_COLUMNS ", content)"
       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)");
DB_SQL(model_update,
       "UPDATE model SET state = ?4, version = ?5, changed = ?6, decided = ?7, in_force = ?8, hash = ?9, tested = ?10,"
       " proposer = ?11, approver = ?12, reason = ?13, item_version = ?15 WHERE pack = ?1 AND path = ?2 AND number = "
       "?3 AND version = ?14");
DB_SQL(model_text_put, "UPDATE model SET content = coalesce(?4, content), tests = coalesce(?5, tests)"
                       " WHERE pack = ?1 AND path = ?2 AND number = ?3");
DB_SQL(model_text_get, "SELECT content, tests FROM model WHERE pack = ?1 AND path = ?2 AND number = ?3");
DB_SQL(model_list, "SELECT " MODEL_COLUMNS " FROM model WHERE ?1 = '' OR (pack = ?1 AND path = ?2)"
                   " ORDER BY pack, path, number");
DB_SQL(model_released, "SELECT " MODEL_COLUMNS " FROM model WHERE state = ?1 AND in_force > 0"
                       " ORDER BY in_force, decided, pack, path, number");
DB_SQL(model_event_insert, "INSERT INTO model_event (pack, path, seq, number, at, who, what, body, hash)"
                           " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
DB_SQL(model_event_list, "SELECT pack, path, seq, number, at, who, what, body, hash FROM model_event"
                         " WHERE ?1 = '' OR (pack = ?1 AND path = ?2) ORDER BY pack, path, seq");
DB_SQL(packs_counts, "SELECT packs, item, COUNT(*) FROM cases WHERE closed = 0 GROUP BY packs, item");
DB_SQL(pack_set_hashes, "SELECT pack, path, hash FROM pack_set_file WHERE pack_set = ?1 ORDER BY pack, path");

enum status store_model_insert(struct db_tx *tx, const struct store_model *row, struct str content, struct error *err)
{
    return db_exec(tx, &model_insert,
                   P(P_TEXT(row->pack), P_TEXT(row->path), P_INT(row->number), P_INT(row->state), P_INT(row->version),
                     P_INT(row->created), P_INT(row->changed), P_INT(row->decided), P_INT(row->in_force),
                     P_INT(row->rollback), P_TEXT(row->base), P_TEXT(row->hash), P_TEXT(row->tested),
                     P_TEXT(row->author), P_TEXT(row->proposer), P_TEXT(row->approver), P_TEXT(row->reason),
                     P_TEXT(row->step.data ? row->step : STR("")), P_INT(row->item_version), P_BLOB(content)),
                   err);
}

enum status store_model_update(struct db_tx *tx, const struct store_model *row, int64_t version_was, bool *changed,
                               struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &model_update,
                      P(P_TEXT(row->pack), P_TEXT(row->path), P_INT(row->number), P_INT(row->state),
                        P_INT(row->version), P_INT(row->changed), P_INT(row->decided), P_INT(row->in_force),
                        P_TEXT(row->hash), P_TEXT(row->tested), P_TEXT(row->proposer), P_TEXT(row->approver),
                        P_TEXT(row->reason), P_INT(version_was),
                        P_INT(row->item_version)),
                      &n, err) != OK)
        return FAILED;
    *changed = n == 1;
    return OK;
}

enum status store_model_text_put(struct db_tx *tx, const struct store_model *row, const struct store_model_text *text,
                                 struct error *err)
{
    return db_exec(tx, &model_text_put,
                   P(P_TEXT(row->pack), P_TEXT(row->path), P_INT(row->number), P_BLOB(text->content),
                     P_BLOB(text->tests)),
                   err);
}

enum status store_model_text_get(struct db_tx *tx, struct arena *arena, const struct store_model *row,
                                 struct store_model_text *out, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &model_text_get, P(P_TEXT(row->pack), P_TEXT(row->path), P_INT(row->number)), &rows, err) !=
        OK)
        return FAILED;
    bool found = db_next(&rows);
    out->content = found ? db_blob(&rows, 0) : STR_NONE;
    out->tests = found ? db_blob(&rows, 1) : STR_NONE;
    return OK;
}

static void read_model(struct db_rows *rows, struct store_model *out)
{
    *out = (struct store_model){.pack = db_text(rows, 0),
                                .path = db_text(rows, 1),
                                .number = db_int64(rows, 2),
                                .state = db_int64(rows, 3),
                                .version = db_int64(rows, 4),
                                .created = db_int64(rows, 5),
                                .changed = db_int64(rows, 6),
                                .decided = db_int64(rows, 7),
                                .in_force = db_int64(rows, 8),
                                .rollback = db_int64(rows, 9),
                                .base = db_text(rows, 10),
                                .hash = db_text(rows, 11),
                                .tested = db_text(rows, 12),
                                .author = db_text(rows, 13),
                                .proposer = db_text(rows, 14),
                                .approver = db_text(rows, 15),
                                .reason = db_text(rows, 16),
                                .step = db_text(rows, 17),
                                .item_version = db_int64(rows, 18)};
}

enum status store_model_list(struct db_tx *tx, struct arena *arena, struct str pack, struct str path,
                             struct store_model **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &model_list, P(P_TEXT(pack), P_TEXT(path)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_model, read_model, out, count);
    return OK;
}

enum status store_model_released(struct db_tx *tx, struct arena *arena, struct store_model **out, size_t *count,
                                 struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &model_released, P(P_INT(STORE_MODEL_APPROVED)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_model, read_model, out, count);
    return OK;
}

enum status store_model_event_insert(struct db_tx *tx, const struct store_model_event *row, struct error *err)
{
    return db_exec(tx, &model_event_insert,
                   P(P_TEXT(row->pack), P_TEXT(row->path), P_INT(row->seq), P_INT(row->number), P_INT(row->at),
                     P_TEXT(row->who), P_TEXT(row->what), P_TEXT(row->body), P_BLOB(row->hash)),
                   err);
}

static void read_event(struct db_rows *rows, struct store_model_event *out)
{
    *out = (struct store_model_event){.pack = db_text(rows, 0),
                                      .path = db_text(rows, 1),
                                      .seq = db_int64(rows, 2),
                                      .number = db_int64(rows, 3),
                                      .at = db_int64(rows, 4),
                                      .who = db_text(rows, 5),
                                      .what = db_text(rows, 6),
                                      .body = db_text(rows, 7),
                                      .hash = db_blob(rows, 8)};
}

enum status store_model_event_list(struct db_tx *tx, struct arena *arena, struct str pack, struct str path,
                                   struct store_model_event **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &model_event_list, P(P_TEXT(pack), P_TEXT(path)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_model_event, read_event, out, count);
    return OK;
}

static void read_packs_count(struct db_rows *rows, struct store_packs_count *out)
{
    *out = (struct store_packs_count){db_int64(rows, 0), db_int64(rows, 1), db_int64(rows, 2)};
}

enum status store_packs_counts(struct db_tx *tx, struct arena *arena, struct store_packs_count **out, size_t *count,
                               struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &packs_counts, P_NONE, &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_packs_count, read_packs_count, out, count);
    return OK;
}

static void read_hash(struct db_rows *rows, struct store_pack_file *out)
{
    *out = (struct store_pack_file){.pack = db_text(rows, 0), .path = db_text(rows, 1), .hash = db_text(rows, 2)};
}

enum status store_pack_set_hashes(struct db_tx *tx, struct arena *arena, int64_t id, struct store_pack_file **out,
                                  size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &pack_set_hashes, P(P_INT(id)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_pack_file, read_hash, out, count);
    return OK;
}
