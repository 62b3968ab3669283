#include "store/operate.h"

#include "store/internal.h"

#define REGION(id) P_INT(store_key_region(id))

/* ---- Pages ---- */

#define PAGE(p)                                                                                                        \
    P_INT((p)->region), P_INT((p)->division_from), P_INT((p)->division_to), P_TEXT((p)->unit), P_INT((p)->after_id),   \
        P_INT((p)->limit)
#define OF_CASE(row) " JOIN cases c ON c.region = " row ".region AND c.id = " row ".case_id"
#define CASE_SCOPE " AND c.division >= ?2 AND c.division < ?3 AND (?4 IS NULL OR c.unit = ?4)"

DB_SQL(timer_page, "SELECT t.id, t.case_id, t.due FROM timer t" OF_CASE("t")
                   " WHERE t.region = ?1" CASE_SCOPE " AND (t.due, t.id) > (?7, ?5) AND t.due < ?8"
                   " ORDER BY t.due, t.id LIMIT ?6");

#define JOB_PAGE(where)                                                                                                \
    "SELECT j.id, j.case_id, j.due, j.retries, j.type, j.worker FROM job j" OF_CASE(                                   \
        "j") " WHERE j.region = ?1" CASE_SCOPE " AND j.id > ?5 AND (?7 IS NULL OR j.type = ?7)" where                  \
             " ORDER BY j.id LIMIT ?6"
DB_SQL(job_page_any, JOB_PAGE(""));
DB_SQL(job_page_spent, JOB_PAGE(" AND j.retries <= 0"));
DB_SQL(job_page_state, JOB_PAGE(" AND j.retries > 0 AND ?8 = CASE WHEN j.due <= ?9 THEN 2 WHEN j.worker IS NOT NULL"
                                " THEN 3 ELSE 4 END"));

#define OUTBOX_PAGE(where)                                                                                             \
    "SELECT o.region, o.due, o.id, o.case_id, o.job, o.attempts, o.packs, o.exchange FROM outbox o" OF_CASE(           \
        "o") " WHERE o.region = ?1" CASE_SCOPE " AND o.id > ?5" where " ORDER BY o.id LIMIT ?6"
DB_SQL(outbox_page, OUTBOX_PAGE(""));
DB_SQL(outbox_page_failing, OUTBOX_PAGE(" AND o.attempts > 0"));

static void read_timer(struct db_rows *rows, struct store_timer *out)
{
    *out = (struct store_timer){db_int64(rows, 0), db_int64(rows, 1), db_int64(rows, 2)};
}

enum status store_timer_page(struct db_tx *tx, struct arena *arena, const struct store_page *page, int64_t before,
                             struct store_timer **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &timer_page, P(PAGE(page), P_INT(page->after_due), P_INT(before)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_timer, read_timer, out, count);
    return OK;
}

enum status store_job_page(struct db_tx *tx, struct arena *arena, const struct store_page *page,
                           const struct store_job_wanted *wanted, struct store_job **out, size_t *count,
                           struct error *err)
{
    const struct db_statement *statement = wanted->state == STORE_JOB_ANY     ? &job_page_any
                                           : wanted->state == STORE_JOB_SPENT ? &job_page_spent
                                                                              : &job_page_state;
    struct db_param p[9] = {PAGE(page), P_TEXT(wanted->type), P_INT(wanted->state), P_INT(wanted->now)};
    struct db_rows rows;
    if (db_query(tx, arena, statement, (struct db_params){p, statement == &job_page_state ? 9 : 7}, &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_job, store_job_read, out, count);
    return OK;
}

enum status store_outbox_page(struct db_tx *tx, struct arena *arena, const struct store_page *page, bool failing,
                              struct store_outbox **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, failing ? &outbox_page_failing : &outbox_page, P(PAGE(page)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_outbox, store_outbox_head, out, count);
    return OK;
}

/* ---- Which cases run what ---- */

#define GROUPS(where)                                                                                                  \
    "SELECT item, packs, CAST(count(*) AS BIGINT) FROM cases WHERE region = ?1 AND division >= ?2 AND division < ?3"   \
    where " GROUP BY item, packs ORDER BY item, packs"
/* Without a unit the indexes cases_process and cases_running hold all that is asked for. */
DB_SQL(groups_all, GROUPS(""));
DB_SQL(groups_running, GROUPS(" AND closed = 0"));
DB_SQL(groups_all_unit, GROUPS(" AND unit = ?4"));
DB_SQL(groups_running_unit, GROUPS(" AND closed = 0 AND unit = ?4"));
DB_SQL(groups_defined, GROUPS(" AND item < 0"));
DB_SQL(groups_defined_running, GROUPS(" AND item < 0 AND closed = 0"));
DB_SQL(groups_stuck,
       "SELECT c.item, c.packs, CAST(count(DISTINCT c.id) AS BIGINT) FROM (SELECT case_id FROM incident"
       " WHERE region = ?1 AND resolved = 0 AND division >= ?2 AND division < ?3 AND (?4 IS NULL OR unit = ?4)"
       " ORDER BY id LIMIT 20000) i JOIN cases c ON c.region = ?1 AND c.id = i.case_id GROUP BY c.item, c.packs"
       " ORDER BY c.item, c.packs");

static void read_group(struct db_rows *rows, struct store_case_group *out)
{
    *out = (struct store_case_group){db_int64(rows, 0), db_int64(rows, 1), db_int64(rows, 2)};
}

#define GROUPS_NEXT(after)                                                                                             \
    "SELECT item, packs, CAST(0 AS BIGINT) FROM cases WHERE region = ?1 AND " after " ORDER BY item, packs LIMIT 1"
DB_SQL(groups_next_packs, GROUPS_NEXT("item = ?2 AND packs > ?3"));
DB_SQL(groups_next_item, GROUPS_NEXT("item > ?2"));

/* From group to group: their cases are not looked at. (One statement with (item, packs) > (?2, ?3) would go through a
 * whole group in SQLite.) */
static enum status group_names(struct db_tx *tx, struct arena *arena, int64_t region, struct store_case_group **out,
                               size_t *count, struct error *err)
{
    VECTOR(struct store_case_group) all = {0};
    struct store_case_group last = {.item = INT64_MIN};
    struct db_rows rows;
    for (bool found = true, same_item = false; found || same_item;) {
        /* After the last packs of an item comes the next item. */
        same_item = found && all.count > 0;
        struct db_params p = same_item ? P(P_INT(region), P_INT(last.item), P_INT(last.packs))
                                       : P(P_INT(region), P_INT(last.item));
        if (db_query(tx, arena, same_item ? &groups_next_packs : &groups_next_item, p, &rows, err) != OK)
            return FAILED;
        found = db_next(&rows);
        if (!found)
            continue;
        read_group(&rows, &last);
        VECTOR_PUSH(arena, &all, last);
    }
    *out = all.items;
    *count = all.count;
    return OK;
}

bool store_page_whole(const struct store_page *page)
{
    int64_t from = page->region * 1000000;
    int64_t to = from + (page->region % 100 == 0 ? 100000000 : 1000000);
    return !page->unit.data && page->division_from <= from && page->division_to >= to;
}

DB_SQL(number_whole,
       "SELECT CAST(count(*) AS BIGINT) FROM cases WHERE region = ?1 AND item = ?2 AND packs = ?3 AND id > ?4"
       " AND id < ?5");

static enum status count_whole(struct db_tx *tx, int64_t region, const struct store_case_group *group, int64_t after,
                               int64_t before, int64_t *out, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &number_whole,
                 P(P_INT(region), P_INT(group->item), P_INT(group->packs), P_INT(after), P_INT(before)), &rows,
                 err) != OK)
        return FAILED;
    *out = db_next(&rows) ? db_int64(&rows, 0) : 0;
    return OK;
}

static enum status whole_groups(struct db_tx *tx, struct arena *arena, int64_t region, struct store_case_group **out,
                                size_t *count, struct error *err)
{
    if (group_names(tx, arena, region, out, count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < *count; i++)
        if (count_whole(tx, region, &(*out)[i], 0, INT64_MAX, &(*out)[i].n, err) != OK)
            return FAILED;
    return OK;
}

enum status store_case_groups(struct db_tx *tx, struct arena *arena, const struct store_page *page,
                              enum store_group_of of, struct store_case_group **out, size_t *count, struct error *err)
{
    static const struct db_statement *const statements[][2] = {
        [STORE_CASES_ALL] = {&groups_all, &groups_all_unit},
        [STORE_CASES_RUNNING] = {&groups_running, &groups_running_unit},
        [STORE_CASES_STUCK] = {&groups_stuck, &groups_stuck},
        [STORE_CASES_DEFINED] = {&groups_defined, NULL},
        [STORE_CASES_DEFINED_RUNNING] = {&groups_defined_running, NULL},
    };
    struct db_param p[4] = {P_INT(page->region), P_INT(page->division_from), P_INT(page->division_to),
                            P_TEXT(page->unit)};
    if (of == STORE_CASES_NAMES)
        return group_names(tx, arena, page->region, out, count, err);
    if (of == STORE_CASES_ALL && store_page_whole(page))
        return whole_groups(tx, arena, page->region, out, count, err);
    bool by_unit = page->unit.data != NULL;
    struct db_rows rows;
    CHECK(statements[of][by_unit] != NULL);
    if (db_query(tx, arena, statements[of][by_unit],
                 (struct db_params){p, by_unit || of == STORE_CASES_STUCK ? 4 : 3}, &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_case_group, read_group, out, count);
    return OK;
}

#define CASES_WHERE(where)                                                                                             \
    " FROM cases WHERE region = ?1 AND division >= ?2 AND division < ?3 AND id > ?4 AND id < ?5 AND item = ?6"         \
    " AND packs = ?7 AND id % ?8 = ?9" where
#define NUMBER "SELECT CAST(count(*) AS BIGINT)"
DB_SQL(number_all, NUMBER CASES_WHERE(""));
DB_SQL(number_running, NUMBER CASES_WHERE(" AND closed = 0"));
DB_SQL(number_all_unit, NUMBER CASES_WHERE(" AND unit = ?10"));
DB_SQL(number_running_unit, NUMBER CASES_WHERE(" AND closed = 0 AND unit = ?10"));
#define IDS(where, last) "SELECT id" CASES_WHERE(where) " ORDER BY id LIMIT " last
DB_SQL(ids_all, IDS("", "?10"));
DB_SQL(ids_running, IDS(" AND closed = 0", "?10"));
DB_SQL(ids_all_unit, IDS(" AND unit = ?10", "?11"));
DB_SQL(ids_running_unit, IDS(" AND closed = 0 AND unit = ?10", "?11"));

#define WANTED(p, w)                                                                                                   \
    P_INT((p)->region), P_INT((p)->division_from), P_INT((p)->division_to), P_INT((p)->after_id),                      \
        P_INT((w)->id_to ? (w)->id_to : INT64_MAX), P_INT((w)->item), P_INT((w)->packs), P_INT((w)->stride),           \
        P_INT((w)->offset)

enum status store_case_number(struct db_tx *tx, const struct store_page *page, const struct store_case_wanted *wanted,
                              int64_t *out, struct error *err)
{
    static const struct db_statement *const statements[2][2] = {{&number_all, &number_all_unit},
                                                                {&number_running, &number_running_unit}};
    bool by_unit = page->unit.data != NULL;
    if (!wanted->running && wanted->stride == 1 && store_page_whole(page))
        return count_whole(tx, page->region, &(struct store_case_group){.item = wanted->item, .packs = wanted->packs},
                           page->after_id, wanted->id_to ? wanted->id_to : INT64_MAX, out, err);
    struct db_param p[10] = {WANTED(page, wanted), P_TEXT(page->unit)};
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), statements[wanted->running][by_unit], (struct db_params){p, by_unit ? 10 : 9},
                 &rows, err) != OK)
        return FAILED;
    *out = db_next(&rows) ? db_int64(&rows, 0) : 0;
    return OK;
}

static void read_id(struct db_rows *rows, int64_t *out)
{
    *out = db_int64(rows, 0);
}

DB_SQL(case_before, "SELECT id FROM cases WHERE region = ?1 AND id < ?2 ORDER BY id DESC LIMIT 1");

enum status store_case_before(struct db_tx *tx, int64_t region, int64_t before, int64_t *out, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &case_before, P(P_INT(region), P_INT(before)), &rows, err) != OK)
        return FAILED;
    *out = db_next(&rows) ? db_int64(&rows, 0) : 0;
    return OK;
}

enum status store_case_ids(struct db_tx *tx, struct arena *arena, const struct store_page *page,
                           const struct store_case_wanted *wanted, int64_t **out, size_t *count, struct error *err)
{
    static const struct db_statement *const statements[2][2] = {{&ids_all, &ids_all_unit},
                                                                {&ids_running, &ids_running_unit}};
    bool by_unit = page->unit.data != NULL;
    struct db_param p[11] = {WANTED(page, wanted), by_unit ? P_TEXT(page->unit) : P_INT(page->limit),
                             P_INT(page->limit)};
    struct db_rows rows;
    if (db_query(tx, arena, statements[wanted->running][by_unit], (struct db_params){p, by_unit ? 11 : 10}, &rows,
                 err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, int64_t, read_id, out, count);
    return OK;
}

DB_SQL(set_files,
       "SELECT s.id, s.stored, f.pack, f.path, f.hash FROM pack_set_file f JOIN pack_set s ON s.id = f.pack_set"
       " WHERE f.path >= ?1 AND f.path < ?2 ORDER BY f.pack, f.path, s.id");

static void read_set_file(struct db_rows *rows, struct store_set_file *out)
{
    *out = (struct store_set_file){db_int64(rows, 0), db_int64(rows, 1), db_text(rows, 2), db_text(rows, 3),
                                   db_text(rows, 4)};
}

enum status store_set_files(struct db_tx *tx, struct arena *arena, struct str from, struct str to,
                            struct store_set_file **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &set_files, P(P_TEXT(from), P_TEXT(to)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_set_file, read_set_file, out, count);
    return OK;
}

/* ---- After a migration ---- */

DB_SQL(case_move, "UPDATE cases SET item = ?3, packs = ?4 WHERE region = ?1 AND id = ?2");
DB_SQL(user_task_move,
       "UPDATE user_task SET definition = ?3, version = ?4, process = ?5, element = ?6 WHERE region = ?1 AND id = ?2");
DB_SQL(incident_move,
       "UPDATE incident SET definition = ?3, version = ?4, process = ?5, element = ?6 WHERE region = ?1 AND id = ?2");

enum status store_case_move(struct db_tx *tx, const struct store_case *row, struct error *err)
{
    return db_exec(tx, &case_move, P(P_INT(row->region), P_INT(row->id), P_INT(row->item), P_INT(row->packs)), err);
}

enum status store_user_task_move(struct db_tx *tx, const struct store_user_task *row, struct error *err)
{
    return db_exec(tx, &user_task_move,
                   P(REGION(row->id), P_INT(row->id), P_INT(row->definition), P_INT(row->version),
                     P_TEXT(row->process), P_TEXT(row->element)),
                   err);
}

enum status store_incident_move(struct db_tx *tx, const struct store_incident *row, struct error *err)
{
    return db_exec(tx, &incident_move,
                   P(REGION(row->id), P_INT(row->id), P_INT(row->definition), P_INT(row->version),
                     P_TEXT(row->process), P_TEXT(row->element)),
                   err);
}

/* ---- Changes by two persons ---- */

#define CHANGE_COLUMNS                                                                                                 \
    "id, division_from, division_to, unit, state, kind, process, proposer, proposed, decider, decided, total, done,"   \
    " failed, skipped, at_region, at_id, version, body"

DB_SQL(change_insert, "INSERT INTO process_change (region, " CHANGE_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,"
                      " ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)");
DB_SQL(change_update, "UPDATE process_change SET state = ?4, decider = ?5, decided = ?6, failed = ?7,"
                      " skipped = ?8, at_region = ?9, at_id = ?10, body = ?11, version = version + 1"
                      " WHERE region = ?1 AND id = ?2 AND version = ?3");
DB_SQL(change_count, "UPDATE process_change SET done = done + 1 WHERE region = ?1 AND id = ?2");
DB_SQL(change_find, "SELECT " CHANGE_COLUMNS " FROM process_change WHERE region = ?1 AND id = ?2");
DB_SQL(change_page, "SELECT " CHANGE_COLUMNS " FROM process_change WHERE region = ?1 AND division_from >= ?2"
                    " AND division_to <= ?3 AND (?4 IS NULL OR unit = ?4) AND id < ?5 AND (?7 = 0 OR state = ?7)"
                    " ORDER BY id DESC LIMIT ?6");
DB_SQL(change_running, "SELECT " CHANGE_COLUMNS " FROM process_change WHERE state = 2 ORDER BY id LIMIT 1");

enum status store_change_insert(struct db_tx *tx, const struct store_change *row, struct error *err)
{
    return db_exec(tx, &change_insert,
                   P(REGION(row->id), P_INT(row->id), P_INT(row->division_from), P_INT(row->division_to),
                     P_TEXT(row->unit), P_INT(row->state), P_INT(row->kind), P_TEXT(row->process),
                     P_TEXT(row->proposer), P_INT(row->proposed), P_TEXT(row->decider), P_INT(row->decided),
                     P_INT(row->total), P_INT(row->done), P_INT(row->failed), P_INT(row->skipped),
                     P_INT(row->at_region), P_INT(row->at_id), P_INT(row->version), P_BLOB(row->body)),
                   err);
}

enum status store_change_count(struct db_tx *tx, const struct store_change *row, struct error *err)
{
    return db_exec(tx, &change_count, P(REGION(row->id), P_INT(row->id)), err);
}

enum status store_change_update(struct db_tx *tx, const struct store_change *row, bool *changed, struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &change_update,
                      P(REGION(row->id), P_INT(row->id), P_INT(row->version), P_INT(row->state), P_TEXT(row->decider),
                        P_INT(row->decided), P_INT(row->failed), P_INT(row->skipped), P_INT(row->at_region),
                        P_INT(row->at_id), P_BLOB(row->body)),
                      &n, err) != OK)
        return FAILED;
    *changed = n == 1;
    return OK;
}

static void read_change(struct db_rows *rows, struct store_change *out)
{
    *out = (struct store_change){.id = db_int64(rows, 0),
                                 .division_from = db_int64(rows, 1),
                                 .division_to = db_int64(rows, 2),
                                 .unit = db_text(rows, 3),
                                 .state = db_int64(rows, 4),
                                 .kind = db_int64(rows, 5),
                                 .process = db_text(rows, 6),
                                 .proposer = db_text(rows, 7),
                                 .proposed = db_int64(rows, 8),
                                 .decider = db_text(rows, 9),
                                 .decided = db_int64(rows, 10),
                                 .total = db_int64(rows, 11),
                                 .done = db_int64(rows, 12),
                                 .failed = db_int64(rows, 13),
                                 .skipped = db_int64(rows, 14),
                                 .at_region = db_int64(rows, 15),
                                 .at_id = db_int64(rows, 16),
                                 .version = db_int64(rows, 17),
                                 .body = db_blob(rows, 18)};
}

static enum status one_change(struct db_rows *rows, struct store_change *out, bool *found)
{
    *found = db_next(rows);
    if (*found)
        read_change(rows, out);
    return OK;
}

enum status store_change_find(struct db_tx *tx, struct arena *arena, int64_t id, struct store_change *out, bool *found,
                              struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &change_find, P(REGION(id), P_INT(id)), &rows, err) != OK)
        return FAILED;
    return one_change(&rows, out, found);
}

enum status store_change_page(struct db_tx *tx, struct arena *arena, const struct store_page *page, int64_t state,
                              struct store_change **out, size_t *count, struct error *err)
{
    struct store_page before = *page;
    before.after_id = page->after_id ? page->after_id : INT64_MAX;
    struct db_rows rows;
    if (db_query(tx, arena, &change_page, P(PAGE(&before), P_INT(state)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_change, read_change, out, count);
    return OK;
}

enum status store_change_running(struct db_tx *tx, struct arena *arena, struct store_change *out, bool *found,
                                 struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &change_running, P_NONE, &rows, err) != OK)
        return FAILED;
    return one_change(&rows, out, found);
}
