#include "store/wait.h"

#include "store/internal.h"

#define REGION(id) P_INT(store_key_region(id))

/* ---- tasks ---- */

#define TASK_COLUMNS                                                                                                   \
    "t.id, t.case_id, t.item, t.division, t.unit, t.element, t.name, t.form, t.roles, t.assignee, t.created, t.due, "  \
    "t.priority"

DB_SQL(task_insert, "INSERT INTO task (region, id, case_id, item, division, unit, element, name, form, roles, assignee,"
                    " created, due, priority) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)");
DB_SQL(task_role_insert, "INSERT INTO task_role (region, role, due, id, division, unit, item)"
                         " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING");
DB_SQL(task_role_delete, "DELETE FROM task_role WHERE region = ?1 AND role = ?2 AND due = ?3 AND id = ?4");
DB_SQL(task_delete, "DELETE FROM task WHERE region = ?1 AND id = ?2");
DB_SQL(task_find, "SELECT " TASK_COLUMNS " FROM task t WHERE region = ?1 AND id = ?2");
DB_SQL(task_assign, "UPDATE task SET assignee = ?3 WHERE region = ?1 AND id = ?2 AND coalesce(assignee, '') = ?4");
DB_SQL(task_set_due, "UPDATE task SET due = ?3 WHERE region = ?1 AND id = ?2");
DB_SQL(task_move, "UPDATE task SET item = ?3, element = ?4 WHERE region = ?1 AND id = ?2");
DB_SQL(task_of_case, "SELECT " TASK_COLUMNS " FROM task t WHERE case_id = ?2 AND region + 0 = ?1"
                     " ORDER BY id"); /* with the region as a key SQLite goes through all of its tasks */

static int64_t sortable_due(int64_t due)
{
    return due ? due : INT64_MAX;
}

static enum status each_role(struct db_tx *tx, bool in, const struct store_task *row, struct error *err)
{
    struct db_param p[7] = {REGION(row->id),      P_NULL,           P_INT(sortable_due(row->due)), P_INT(row->id),
                            P_INT(row->division), P_TEXT(row->unit), P_INT(row->item)};
    for (struct str rest = row->roles, role; rest.data;) {
        role = str_cut(&rest, ',');
        if (role.len == 0)
            continue;
        p[1] = P_TEXT(role);
        if (db_exec(tx, in ? &task_role_insert : &task_role_delete, (struct db_params){p, in ? 7 : 4}, err) != OK)
            return FAILED;
    }
    return OK;
}

enum status store_task_insert(struct db_tx *tx, const struct store_task *row, struct error *err)
{
    struct db_params params =
        P(REGION(row->id), P_INT(row->id), P_INT(row->case_id), P_INT(row->item), P_INT(row->division),
          P_TEXT(row->unit), P_TEXT(row->element), P_TEXT(row->name), P_TEXT(row->form), P_TEXT(row->roles),
          P_TEXT(row->assignee), P_INT(row->created), P_INT(row->due), P_INT(row->priority));
    if (db_exec(tx, &task_insert, params, err) != OK)
        return FAILED;
    return each_role(tx, true, row, err);
}

static void read_task(struct db_rows *rows, struct store_task *out)
{
    *out = (struct store_task){.id = db_int64(rows, 0),
                               .case_id = db_int64(rows, 1),
                               .item = db_int64(rows, 2),
                               .division = db_int64(rows, 3),
                               .unit = db_text(rows, 4),
                               .element = db_text(rows, 5),
                               .name = db_text(rows, 6),
                               .form = db_text(rows, 7),
                               .roles = db_text(rows, 8),
                               .assignee = db_text(rows, 9),
                               .created = db_int64(rows, 10),
                               .due = db_int64(rows, 11),
                               .priority = db_int64(rows, 12)};
}

enum status store_task_find(struct db_tx *tx, struct arena *arena, int64_t id, struct store_task *out, bool *found,
                            struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &task_find, P(REGION(id), P_INT(id)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        read_task(&rows, out);
    return OK;
}

enum status store_task_delete(struct db_tx *tx, int64_t id, struct error *err)
{
    struct store_task row;
    bool found;
    if (store_task_find(tx, db_tx_arena(tx), id, &row, &found, err) != OK)
        return FAILED;
    if (!found)
        return OK;
    if (each_role(tx, false, &row, err) != OK)
        return FAILED;
    return db_exec(tx, &task_delete, P(REGION(id), P_INT(id)), err);
}

enum status store_task_assign(struct db_tx *tx, int64_t id, struct str was, struct str assignee, bool *changed,
                              struct error *err)
{
    int64_t n = 0;
    struct str none = STR("");
    if (db_exec_count(tx, &task_assign, P(REGION(id), P_INT(id), P_TEXT(assignee), P_TEXT(was.data ? was : none)), &n,
                      err) != OK)
        return FAILED;
    *changed = n == 1;
    return OK;
}

/* Moves it in the lists of its roles. */
static enum status relist(struct db_tx *tx, const struct store_task *was, const struct store_task *after,
                          struct error *err)
{
    return each_role(tx, false, was, err) == OK ? each_role(tx, true, after, err) : FAILED;
}

enum status store_task_set_due(struct db_tx *tx, int64_t id, int64_t due, struct error *err)
{
    struct store_task row;
    bool found;
    if (store_task_find(tx, db_tx_arena(tx), id, &row, &found, err) != OK)
        return FAILED;
    if (!found)
        return OK;
    struct store_task after = row;
    after.due = due;
    return relist(tx, &row, &after, err) == OK
               ? db_exec(tx, &task_set_due, P(REGION(id), P_INT(id), P_INT(due)), err)
               : FAILED;
}

enum status store_task_move(struct db_tx *tx, const struct store_task *to, struct error *err)
{
    struct store_task row;
    bool found;
    if (store_task_find(tx, db_tx_arena(tx), to->id, &row, &found, err) != OK)
        return FAILED;
    if (!found)
        return OK;
    struct store_task after = row;
    after.item = to->item;
    return relist(tx, &row, &after, err) == OK
               ? db_exec(tx, &task_move, P(REGION(to->id), P_INT(to->id), P_INT(to->item), P_TEXT(to->element)), err)
               : FAILED;
}

/* The condition that is named once more chooses the index. */
#define TASK_ASSIGNED " AND (?6 IS NULL OR t.assignee = ?6) AND (?7 = 0 OR t.assignee IS NULL)"
#define TASK_LIST_ROLE(where)                                                                                          \
    "SELECT " TASK_COLUMNS " FROM task_role r JOIN task t ON t.region = r.region AND t.id = r.id"                      \
    " WHERE r.region = ?1 AND r.role = ?11 AND (r.due, r.id) > (?8, ?9) AND r.division >= ?2 AND r.division < ?3"      \
    " AND (?4 IS NULL OR r.unit = ?4) AND " where TASK_ASSIGNED " ORDER BY r.due, r.id LIMIT ?10"
#define TASK_OF_ITEM STORE_OF_ITEM("?5", "r.item")
DB_SQL(task_list_role, TASK_LIST_ROLE(TASK_OF_ITEM));
DB_SQL(task_list_county, TASK_LIST_ROLE("(r.division / 1000000) = ?12 AND " TASK_OF_ITEM));
DB_SQL(task_list_unit, TASK_LIST_ROLE("r.unit = ?4 AND " TASK_OF_ITEM));
DB_SQL(task_list_item, TASK_LIST_ROLE("r.item = ?5"));
DB_SQL(task_list_item_county, TASK_LIST_ROLE("r.item = ?5 AND (r.division / 1000000) = ?12"));
DB_SQL(task_list_assignee,
       "SELECT " TASK_COLUMNS " FROM task t WHERE t.region = ?1"
       " AND (CASE WHEN t.due = 0 THEN 9223372036854775807 ELSE t.due END, t.id) > (?8, ?9)"
       " AND t.division >= ?2 AND t.division < ?3 AND (?4 IS NULL OR t.unit = ?4) AND " STORE_OF_ITEM("?5", "t.item")
       TASK_ASSIGNED " AND t.assignee IS NOT NULL"
       " ORDER BY CASE WHEN t.due = 0 THEN 9223372036854775807 ELSE t.due END, t.id LIMIT ?10");

enum status store_task_list(struct db_tx *tx, struct arena *arena, const struct store_task_filter *filter,
                            struct store_task **out, size_t *count, struct error *err)
{
    int64_t county;
    struct db_param p[12] = {P_INT(filter->region),      P_INT(filter->division_from), P_INT(filter->division_to),
                             P_TEXT(filter->unit),       P_INT(filter->item),          P_TEXT(filter->assignee),
                             P_BOOL(filter->unassigned), P_INT(filter->after_due),     P_INT(filter->after_id),
                             P_INT(filter->limit),       P_TEXT(filter->role)};
    struct db_rows rows;
    bool one_item = filter->item && !filter->item_versions;
    const struct db_statement *statement = &task_list_role;
    struct db_params params = {p, 11};
    if (!filter->role.data) {
        statement = &task_list_assignee, params.count = 10;
    } else if (filter->unit.data) {
        statement = &task_list_unit;
    } else if (store_one_county(filter->region, filter->division_from, filter->division_to, &county)) {
        p[11] = P_INT(county);
        statement = one_item ? &task_list_item_county : &task_list_county, params.count = 12;
    } else if (one_item) {
        statement = &task_list_item;
    }
    if (db_query(tx, arena, statement, params, &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_task, read_task, out, count);
    return OK;
}

enum status store_task_of_case(struct db_tx *tx, struct arena *arena, int64_t region, int64_t case_id,
                               struct store_task **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &task_of_case, P(P_INT(region), P_INT(case_id)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_task, read_task, out, count);
    return OK;
}

DB_SQL(task_done_insert, "INSERT INTO task_done (region, id, at) VALUES (?1, ?2, ?3)");
DB_SQL(task_done_find, "SELECT id, at FROM task_done WHERE region = ?1 AND id = ?2");
DB_SQL(task_done_expire, "DELETE FROM task_done WHERE at < ?1");

enum status store_task_done_insert(struct db_tx *tx, const struct store_task_done *row, struct error *err)
{
    return db_exec_later(tx, &task_done_insert, P(REGION(row->id), P_INT(row->id), P_INT(row->at)), err);
}

enum status store_task_done_find(struct db_tx *tx, struct arena *arena, int64_t id, struct store_task_done *out,
                                 bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &task_done_find, P(REGION(id), P_INT(id)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        *out = (struct store_task_done){db_int64(&rows, 0), db_int64(&rows, 1)};
    return OK;
}

enum status store_task_done_expire(struct db_tx *tx, int64_t before, struct error *err)
{
    return db_exec(tx, &task_done_expire, P(P_INT(before)), err);
}

/* ---- timers ---- */

DB_SQL(timer_insert, "INSERT INTO timer (region, id, case_id, due) VALUES (?1, ?2, ?3, ?4)");
DB_SQL(timer_delete, "DELETE FROM timer WHERE region = ?1 AND id = ?2");
DB_SQL(timer_due, "SELECT id, case_id, due FROM timer WHERE region = ?1 AND due <= ?2 ORDER BY due LIMIT ?3");
DB_SQL(timer_next, "SELECT due FROM timer WHERE region = ?1 ORDER BY due LIMIT 1");

enum status store_timer_insert(struct db_tx *tx, const struct store_timer *row, struct error *err)
{
    return db_exec_later(tx, &timer_insert, P(REGION(row->id), P_INT(row->id), P_INT(row->case_id), P_INT(row->due)),
                         err);
}

enum status store_timer_delete(struct db_tx *tx, int64_t id, struct error *err)
{
    return db_exec_later(tx, &timer_delete, P(REGION(id), P_INT(id)), err);
}

DB_SQL(timer_move, "UPDATE timer SET due = ?3 WHERE region = ?1 AND id = ?2");

enum status store_timer_move(struct db_tx *tx, int64_t id, int64_t due, struct error *err)
{
    return db_exec(tx, &timer_move, P(REGION(id), P_INT(id), P_INT(due)), err);
}

static void read_timer(struct db_rows *rows, struct store_timer *out)
{
    *out = (struct store_timer){db_int64(rows, 0), db_int64(rows, 1), db_int64(rows, 2)};
}

enum status store_timer_due(struct db_tx *tx, struct arena *arena, int64_t region, int64_t now, int64_t limit,
                            struct store_timer **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &timer_due, P(P_INT(region), P_INT(now), P_INT(limit)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_timer, read_timer, out, count);
    return OK;
}

enum status store_timer_next(struct db_tx *tx, int64_t region, int64_t *due, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &timer_next, P(P_INT(region)), &rows, err) != OK)
        return FAILED;
    *due = db_next(&rows) ? db_int64(&rows, 0) : INT64_MAX;
    return OK;
}

/* ---- jobs ---- */

DB_SQL(job_insert,
       "INSERT INTO job (region, id, case_id, type, due, retries, worker) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
DB_SQL(job_update, "UPDATE job SET due = ?3, retries = ?4, worker = ?5 WHERE region = ?1 AND id = ?2");
DB_SQL(job_delete, "DELETE FROM job WHERE region = ?1 AND id = ?2");
DB_SQL(job_find, "SELECT id, case_id, due, retries, type, worker FROM job WHERE region = ?1 AND id = ?2");
DB_SQL(job_free, "SELECT id, case_id, due, retries, type, worker FROM job WHERE region = ?1 AND type = ?2 AND due <= ?3"
                 " AND retries > 0 ORDER BY due LIMIT ?4");

enum status store_job_insert(struct db_tx *tx, const struct store_job *row, struct error *err)
{
    return db_exec(tx, &job_insert,
                   P(REGION(row->id), P_INT(row->id), P_INT(row->case_id), P_TEXT(row->type), P_INT(row->due),
                     P_INT(row->retries), P_TEXT(row->worker)),
                   err);
}

enum status store_job_update(struct db_tx *tx, const struct store_job *row, struct error *err)
{
    return db_exec(tx, &job_update,
                   P(REGION(row->id), P_INT(row->id), P_INT(row->due), P_INT(row->retries), P_TEXT(row->worker)), err);
}

enum status store_job_delete(struct db_tx *tx, int64_t id, struct error *err)
{
    return db_exec(tx, &job_delete, P(REGION(id), P_INT(id)), err);
}

void store_job_read(struct db_rows *rows, struct store_job *out)
{
    *out = (struct store_job){db_int64(rows, 0), db_int64(rows, 1), db_int64(rows, 2),
                              db_int64(rows, 3), db_text(rows, 4),  db_text(rows, 5)};
}

enum status store_job_find(struct db_tx *tx, struct arena *arena, int64_t id, struct store_job *out, bool *found,
                           struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &job_find, P(REGION(id), P_INT(id)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        store_job_read(&rows, out);
    return OK;
}

enum status store_job_free(struct db_tx *tx, struct arena *arena, int64_t region, struct str type, int64_t now,
                           int64_t limit, struct store_job **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &job_free, P(P_INT(region), P_TEXT(type), P_INT(now), P_INT(limit)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_job, store_job_read, out, count);
    return OK;
}

DB_SQL(job_next, "SELECT due FROM job WHERE region = ?1 AND type = ?2 AND retries > 0 ORDER BY due LIMIT 1");

enum status store_job_next(struct db_tx *tx, int64_t region, struct str type, int64_t *due, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &job_next, P(P_INT(region), P_TEXT(type)), &rows, err) != OK)
        return FAILED;
    *due = db_next(&rows) ? db_int64(&rows, 0) : INT64_MAX;
    return OK;
}

/* ---- subscriptions and messages ---- */

DB_SQL(subscription_insert,
       "INSERT INTO subscription (region, id, case_id, name, process) VALUES (?1, ?2, ?3, ?4, ?5)");
DB_SQL(subscription_delete, "DELETE FROM subscription WHERE region = ?1 AND id = ?2");
DB_SQL(subscription_list,
       "SELECT id, case_id, name, process FROM subscription WHERE name = ?1 ORDER BY process, id LIMIT 10000");

enum status store_subscription_insert(struct db_tx *tx, const struct store_subscription *row, struct error *err)
{
    return db_exec(tx, &subscription_insert,
                   P(REGION(row->id), P_INT(row->id), P_INT(row->case_id), P_BLOB(row->name), P_TEXT(row->process)),
                   err);
}

enum status store_subscription_delete(struct db_tx *tx, int64_t id, struct error *err)
{
    return db_exec(tx, &subscription_delete, P(REGION(id), P_INT(id)), err);
}

static void read_subscription(struct db_rows *rows, struct store_subscription *out)
{
    *out = (struct store_subscription){.id = db_int64(rows, 0),
                                       .case_id = db_int64(rows, 1),
                                       .name = db_blob(rows, 2),
                                       .process = db_text(rows, 3)};
}

enum status store_subscription_list(struct db_tx *tx, struct arena *arena, struct str name,
                                    struct store_subscription **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &subscription_list, P(P_BLOB(name)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_subscription, read_subscription, out, count);
    return OK;
}

DB_SQL(subscription_missed,
       "SELECT m.id FROM subscription s JOIN message m ON m.name = s.name WHERE s.region = ?1 AND s.id = ?2"
       " AND m.expires > ?3 LIMIT 1");

enum status store_subscription_missed(struct db_tx *tx, const struct store_subscription *row, int64_t now, bool *missed,
                                      struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &subscription_missed, P(REGION(row->id), P_INT(row->id), P_INT(now)), &rows,
                 err) != OK)
        return FAILED;
    *missed = rows.count > 0;
    return OK;
}

DB_SQL(message_awaited, "SELECT id FROM subscription WHERE name = ?1 LIMIT 1");
DB_SQL(message_insert,
       "INSERT INTO message (region, id, name, message_id, expires, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
       " ON CONFLICT (region, message_id) WHERE message_id IS NOT NULL DO UPDATE SET id = excluded.id,"
       " name = excluded.name, expires = excluded.expires, body = excluded.body WHERE message.expires <= ?7");
/* The part of a key without its region tells which message is older. */
#define AGE "(id & 1099511627775)"
DB_SQL(message_first, "SELECT id, expires, name, message_id, body FROM message WHERE name = ?1 AND expires > ?2"
                      " AND " AGE " > ?3 ORDER BY " AGE " LIMIT 1");
DB_SQL(message_delete, "DELETE FROM message WHERE region = ?1 AND id = ?2");
DB_SQL(message_expire, "DELETE FROM message WHERE expires <= ?1");

enum status store_message_insert(struct db_tx *tx, const struct store_message *row, bool *added, struct error *err)
{
    int64_t n = 0;
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &message_awaited, P(P_BLOB(row->name)), &rows, err) != OK)
        return FAILED;
    if (rows.count == 0 && db_exec_count(tx, &message_insert,
                                         P(REGION(row->id), P_INT(row->id), P_BLOB(row->name), P_BLOB(row->message_id),
                                           P_INT(row->expires), P_BLOB(row->body), P_INT(row->at)),
                                         &n, err) != OK)
        return FAILED;
    *added = n == 1;
    return OK;
}

enum status store_message_first(struct db_tx *tx, struct arena *arena, const struct store_message_filter *filter,
                                struct store_message *out, bool *found, struct error *err)
{
    struct db_rows rows;
    int64_t after = filter->after & ((INT64_C(1) << STORE_KEY_BITS) - 1);
    struct db_params params = P(P_BLOB(filter->name), P_INT(filter->now), P_INT(after));
    if (db_query(tx, arena, &message_first, params, &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        *out = (struct store_message){.id = db_int64(&rows, 0),
                                      .expires = db_int64(&rows, 1),
                                      .name = db_blob(&rows, 2),
                                      .message_id = db_blob(&rows, 3),
                                      .body = db_blob(&rows, 4)};
    return OK;
}

DB_SQL(message_known, "SELECT id FROM message WHERE region = ?1 AND message_id = ?2 AND expires > ?3");

enum status store_message_known(struct db_tx *tx, int64_t region, struct str message_id, int64_t now, bool *known,
                                struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &message_known, P(P_INT(region), P_BLOB(message_id), P_INT(now)), &rows, err) !=
        OK)
        return FAILED;
    *known = rows.count > 0;
    return OK;
}

enum status store_message_delete(struct db_tx *tx, int64_t id, bool *deleted, struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &message_delete, P(REGION(id), P_INT(id)), &n, err) != OK)
        return FAILED;
    *deleted = n == 1;
    return OK;
}

enum status store_message_expire(struct db_tx *tx, int64_t before, struct error *err)
{
    return db_exec(tx, &message_expire, P(P_INT(before)), err);
}
