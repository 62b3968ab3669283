#include "store/case.h"

#include "store/internal.h"

/* ---- cases ---- */

#define CASE_COLUMNS                                                                                                   \
    "region, id, item, packs, division, unit, state, outcome, party, applicant, unique_key, opened, deadline, closed," \
    " version, events, head, body"

DB_SQL(case_insert,
       "INSERT INTO cases (" CASE_COLUMNS ", instance) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
       " ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19) ON CONFLICT DO NOTHING");
DB_SQL(case_update, "UPDATE cases SET state = ?4, outcome = ?5, deadline = ?6, closed = ?7, version = ?8, events = ?9,"
                    " head = ?10, body = ?11, instance = ?12, unique_key = ?13, unit = ?14"
                    " WHERE region = ?1 AND id = ?2 AND version = ?3");
/* SQLite writes each index anew that has a column of the SET list, whether its value is another or not. */
DB_SQL(case_go_on, "UPDATE cases SET outcome = ?4, deadline = ?5, version = ?6, events = ?7, head = ?8, body = ?9,"
                   " instance = ?10 WHERE region = ?1 AND id = ?2 AND version = ?3");
DB_SQL(case_find, "SELECT " CASE_COLUMNS ", instance FROM cases WHERE region = ?1 AND id = ?2");
DB_SQL(case_unique, "SELECT region, id FROM cases WHERE unique_key = ?1");
DB_SQL(case_walk,
       "SELECT " CASE_COLUMNS ", instance FROM cases WHERE (region, id) > (?1, ?2) ORDER BY region, id LIMIT ?3");
DB_SQL(case_regions, "SELECT DISTINCT region FROM tally ORDER BY region");

enum status store_case_insert(struct db_tx *tx, const struct store_case *row, bool *added, struct error *err)
{
    int64_t changed = 0;
    struct db_params params =
        P(P_INT(row->region), P_INT(row->id), P_INT(row->item), P_INT(row->packs), P_INT(row->division),
          P_TEXT(row->unit), P_INT(row->state), P_INT(row->outcome), P_BLOB(row->party), P_BLOB(row->applicant),
          P_BLOB(row->unique_key), P_INT(row->opened), P_INT(row->deadline), P_INT(row->closed), P_INT(row->version),
          P_INT(row->events), P_BLOB(row->head), P_BLOB(row->body), P_BLOB(row->instance));
    if (db_exec_count(tx, &case_insert, params, &changed, err) != OK)
        return FAILED;
    *added = changed == 1;
    return OK;
}

static enum status guarded(struct db_tx *tx, const struct db_statement *statement, struct db_params params,
                           bool *changed, struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, statement, params, &n, err) != OK)
        return FAILED;
    *changed = n == 1;
    return OK;
}

enum status store_case_update(struct db_tx *tx, const struct store_case *row, int64_t version_was, bool *changed,
                              struct error *err)
{
    struct db_params params =
        P(P_INT(row->region), P_INT(row->id), P_INT(version_was), P_INT(row->state), P_INT(row->outcome),
          P_INT(row->deadline), P_INT(row->closed), P_INT(row->version), P_INT(row->events), P_BLOB(row->head),
          P_BLOB(row->body), P_BLOB(row->instance), P_BLOB(row->unique_key), P_TEXT(row->unit));
    return guarded(tx, &case_update, params, changed, err);
}

enum status store_case_go_on(struct db_tx *tx, const struct store_case *row, int64_t version_was, bool *changed,
                             struct error *err)
{
    struct db_params params =
        P(P_INT(row->region), P_INT(row->id), P_INT(version_was), P_INT(row->outcome), P_INT(row->deadline),
          P_INT(row->version), P_INT(row->events), P_BLOB(row->head), P_BLOB(row->body), P_BLOB(row->instance));
    return guarded(tx, &case_go_on, params, changed, err);
}

static void read_case(struct db_rows *rows, struct store_case *out)
{
    *out = (struct store_case){
        .region = db_int64(rows, 0),
        .id = db_int64(rows, 1),
        .item = db_int64(rows, 2),
        .packs = db_int64(rows, 3),
        .division = db_int64(rows, 4),
        .unit = db_text(rows, 5),
        .state = db_int64(rows, 6),
        .outcome = db_int64(rows, 7),
        .party = db_blob(rows, 8),
        .applicant = db_blob(rows, 9),
        .unique_key = db_blob(rows, 10),
        .opened = db_int64(rows, 11),
        .deadline = db_int64(rows, 12),
        .closed = db_int64(rows, 13),
        .version = db_int64(rows, 14),
        .events = db_int64(rows, 15),
        .head = db_blob(rows, 16),
        .body = db_blob(rows, 17),
    };
    if (rows->columns > 18)
        out->instance = db_blob(rows, 18);
}

enum status store_case_find(struct db_tx *tx, struct arena *arena, int64_t region, int64_t id, struct store_case *out,
                            bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &case_find, P(P_INT(region), P_INT(id)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        read_case(&rows, out);
    return OK;
}

enum status store_case_unique(struct db_tx *tx, struct str key, int64_t *region, int64_t *id, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &case_unique, P(P_BLOB(key)), &rows, err) != OK)
        return FAILED;
    bool found = db_next(&rows);
    *region = found ? db_int64(&rows, 0) : 0;
    *id = found ? db_int64(&rows, 1) : 0;
    return OK;
}

enum status store_case_walk(struct db_tx *tx, struct arena *arena, int64_t region, int64_t id, int64_t limit,
                            struct store_case **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &case_walk, P(P_INT(region), P_INT(id), P_INT(limit)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_case, read_case, out, count);
    return OK;
}

static void read_int(struct db_rows *rows, int64_t *out)
{
    *out = db_int64(rows, 0);
}

enum status store_case_regions(struct db_tx *tx, struct arena *arena, int64_t **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &case_regions, P_NONE, &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, int64_t, read_int, out, count);
    return OK;
}

/* ---- events ---- */

DB_SQL(event_insert, "INSERT INTO event (region, case_id, seq, at, hash, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
DB_SQL(event_list,
       "SELECT region, case_id, seq, at, hash, body FROM event WHERE region = ?1 AND case_id = ?2 ORDER BY seq");
DB_SQL(tally_add,
       "INSERT INTO tally (region, slot, n, sum) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (region, slot) DO UPDATE"
       " SET n = tally.n + excluded.n, sum = (tally.sum + excluded.sum) & 4611686018427387903");
DB_SQL(tally_list, "SELECT region, slot, n, sum FROM tally ORDER BY region, slot");

enum status store_event_insert(struct db_tx *tx, const struct store_event *row, struct error *err)
{
    return db_exec_later(tx, &event_insert,
                         P(P_INT(row->region), P_INT(row->case_id), P_INT(row->seq), P_INT(row->at), P_BLOB(row->hash),
                           P_BLOB(row->body)),
                         err);
}

static void read_event(struct db_rows *rows, struct store_event *out)
{
    *out = (struct store_event){.region = db_int64(rows, 0),
                                .case_id = db_int64(rows, 1),
                                .seq = db_int64(rows, 2),
                                .at = db_int64(rows, 3),
                                .hash = db_blob(rows, 4),
                                .body = db_blob(rows, 5)};
}

enum status store_event_list(struct db_tx *tx, struct arena *arena, int64_t region, int64_t case_id,
                             struct store_event **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &event_list, P(P_INT(region), P_INT(case_id)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_event, read_event, out, count);
    return OK;
}

enum status store_tally_add(struct db_tx *tx, const struct store_tally *row, struct error *err)
{
    return db_exec_later(tx, &tally_add, P(P_INT(row->region), P_INT(row->slot), P_INT(row->n), P_INT(row->sum)), err);
}

static void read_tally(struct db_rows *rows, struct store_tally *out)
{
    *out = (struct store_tally){db_int64(rows, 0), db_int64(rows, 1), db_int64(rows, 2), db_int64(rows, 3)};
}

enum status store_tally_list(struct db_tx *tx, struct arena *arena, struct store_tally **out, size_t *count,
                             struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &tally_list, P_NONE, &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_tally, read_tally, out, count);
    return OK;
}

/* ---- idempotency ---- */

DB_SQL(idempotency_insert, "INSERT INTO idempotency (region, name, request, at, answer) VALUES (?1, ?2, ?3, ?4, ?5)"
                           " ON CONFLICT DO NOTHING");
DB_SQL(idempotency_find, "SELECT region, at, name, request, answer FROM idempotency WHERE region = ?1 AND name = ?2");
DB_SQL(idempotency_expire, "DELETE FROM idempotency WHERE at < ?1");

enum status store_idempotency_insert(struct db_tx *tx, const struct store_idempotency *row, bool *added,
                                     struct error *err)
{
    int64_t changed = 0;
    if (db_exec_count(
            tx, &idempotency_insert,
            P(P_INT(row->region), P_BLOB(row->name), P_BLOB(row->request), P_INT(row->at), P_BLOB(row->answer)),
            &changed, err) != OK)
        return FAILED;
    *added = changed == 1;
    return OK;
}

enum status store_idempotency_find(struct db_tx *tx, struct arena *arena, int64_t region, struct str name,
                                   struct store_idempotency *out, bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &idempotency_find, P(P_INT(region), P_BLOB(name)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        *out = (struct store_idempotency){db_int64(&rows, 0), db_int64(&rows, 1), db_blob(&rows, 2), db_blob(&rows, 3),
                                          db_blob(&rows, 4)};
    return OK;
}

enum status store_idempotency_expire(struct db_tx *tx, int64_t before, struct error *err)
{
    return db_exec(tx, &idempotency_expire, P(P_INT(before)), err);
}

/* ---- drafts ---- */

DB_SQL(draft_put, "INSERT INTO draft (region, owner, id, item, saved, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
                  " ON CONFLICT (region, owner, id) DO UPDATE SET item = excluded.item, saved = excluded.saved,"
                  " body = excluded.body");
DB_SQL(draft_find,
       "SELECT region, id, saved, owner, item, body FROM draft WHERE region = ?1 AND owner = ?2 AND id = ?3");
DB_SQL(draft_list, "SELECT region, id, saved, owner, item, body FROM draft WHERE region = ?1 AND owner = ?2"
                   " ORDER BY saved DESC LIMIT 100");
DB_SQL(draft_delete, "DELETE FROM draft WHERE region = ?1 AND owner = ?2 AND id = ?3");
DB_SQL(draft_expire, "DELETE FROM draft WHERE saved < ?1");

enum status store_draft_put(struct db_tx *tx, const struct store_draft *row, struct error *err)
{
    return db_exec(tx, &draft_put,
                   P(P_INT(row->region), P_BLOB(row->owner), P_INT(row->id), P_TEXT(row->item), P_INT(row->saved),
                     P_BLOB(row->body)),
                   err);
}

DB_SQL(draft_change,
       "UPDATE draft SET saved = ?4, body = ?5 WHERE region = ?1 AND owner = ?2 AND id = ?3 AND saved = ?6");

enum status store_draft_change(struct db_tx *tx, const struct store_draft *row, int64_t saved_was, bool *changed,
                               struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &draft_change,
                      P(P_INT(row->region), P_BLOB(row->owner), P_INT(row->id), P_INT(row->saved), P_BLOB(row->body),
                        P_INT(saved_was)),
                      &n, err) != OK)
        return FAILED;
    *changed = n == 1;
    return OK;
}

static void read_draft(struct db_rows *rows, struct store_draft *out)
{
    *out = (struct store_draft){db_int64(rows, 0), db_int64(rows, 1), db_int64(rows, 2),
                                db_blob(rows, 3),  db_text(rows, 4),  db_blob(rows, 5)};
}

enum status store_draft_find(struct db_tx *tx, struct arena *arena, const struct store_draft *key,
                             struct store_draft *out, bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &draft_find, P(P_INT(key->region), P_BLOB(key->owner), P_INT(key->id)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        read_draft(&rows, out);
    return OK;
}

enum status store_draft_list(struct db_tx *tx, struct arena *arena, int64_t region, struct str owner,
                             struct store_draft **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &draft_list, P(P_INT(region), P_BLOB(owner)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_draft, read_draft, out, count);
    return OK;
}

enum status store_draft_delete(struct db_tx *tx, const struct store_draft *key, struct error *err)
{
    return db_exec(tx, &draft_delete, P(P_INT(key->region), P_BLOB(key->owner), P_INT(key->id)), err);
}

enum status store_draft_expire(struct db_tx *tx, int64_t before, struct error *err)
{
    return db_exec(tx, &draft_expire, P(P_INT(before)), err);
}
