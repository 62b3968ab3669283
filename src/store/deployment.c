#include "store/deployment.h"

#include "store/internal.h"
#include "store/operate.h"

#define REGION(id) P_INT(store_key_region(id))

/* ---- definitions ---- */

#define DEFINITION_COLUMNS "id, kind, version, deployment, model, deployed, deleted, name, title, tag, resource, hash"
#define DEFINITION_OF "SELECT " DEFINITION_COLUMNS " FROM definition WHERE kind = ?1 AND name = ?2"

DB_SQL(definition_insert, "INSERT INTO definition (" DEFINITION_COLUMNS ")"
                          " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");
DB_SQL(definition_delete, "UPDATE definition SET deleted = 1 WHERE id = ?1");
DB_SQL(definition_find, "SELECT " DEFINITION_COLUMNS " FROM definition WHERE id = ?1");
DB_SQL(definition_newest, DEFINITION_OF " AND deleted = 0 ORDER BY version DESC LIMIT 1");
DB_SQL(definition_last, DEFINITION_OF " ORDER BY version DESC LIMIT 1");
DB_SQL(definition_version, DEFINITION_OF " AND deleted = 0 AND version = ?3");
DB_SQL(definition_model, DEFINITION_OF " AND model = ?3");
DB_SQL(definition_deployment, DEFINITION_OF " AND deployment = ?3");
DB_SQL(definition_tag, DEFINITION_OF " AND deleted = 0 AND tag = ?3 ORDER BY version DESC LIMIT 1");
DB_SQL(definition_list, "SELECT " DEFINITION_COLUMNS " FROM definition WHERE kind = ?1 AND deleted = 0 AND id > ?2"
                        " ORDER BY id LIMIT ?3");
DB_SQL(content_find, "SELECT content FROM pack_file WHERE hash = ?1");

enum status store_definition_insert(struct db_tx *tx, const struct store_definition *row, struct error *err)
{
    return db_exec(tx, &definition_insert,
                   P(P_INT(row->id), P_INT(row->kind), P_INT(row->version), P_INT(row->deployment), P_INT(row->model),
                     P_INT(row->deployed), P_BOOL(row->deleted), P_TEXT(row->name), P_TEXT(row->title),
                     P_TEXT(row->tag), P_TEXT(row->resource), P_TEXT(row->hash)),
                   err);
}

enum status store_definition_delete(struct db_tx *tx, int64_t id, struct error *err)
{
    return db_exec(tx, &definition_delete, P(P_INT(id)), err);
}

static void read_definition(struct db_rows *rows, struct store_definition *out)
{
    *out = (struct store_definition){.id = db_int64(rows, 0),
                                     .kind = db_int64(rows, 1),
                                     .version = db_int64(rows, 2),
                                     .deployment = db_int64(rows, 3),
                                     .model = db_int64(rows, 4),
                                     .deployed = db_int64(rows, 5),
                                     .deleted = db_bool(rows, 6),
                                     .name = db_text(rows, 7),
                                     .title = db_text(rows, 8),
                                     .tag = db_text(rows, 9),
                                     .resource = db_text(rows, 10),
                                     .hash = db_text(rows, 11)};
}

static enum status one_definition(struct db_rows *rows, struct store_definition *out, bool *found)
{
    *found = db_next(rows);
    if (*found)
        read_definition(rows, out);
    return OK;
}

enum status store_definition_find(struct db_tx *tx, struct arena *arena, int64_t id, struct store_definition *out,
                                  bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &definition_find, P(P_INT(id)), &rows, err) != OK)
        return FAILED;
    return one_definition(&rows, out, found);
}

enum status store_definition_get(struct db_tx *tx, struct arena *arena, const struct store_definition_wanted *wanted,
                                 struct store_definition *out, bool *found, struct error *err)
{
    const struct db_statement *statement = &definition_newest;
    struct db_param p[3] = {P_INT(wanted->kind), P_TEXT(wanted->name), P_INT(0)};
    size_t n = 3;
    if (wanted->version)
        statement = &definition_version, p[2] = P_INT(wanted->version);
    else if (wanted->model)
        statement = &definition_model, p[2] = P_INT(wanted->model);
    else if (wanted->deployment)
        statement = &definition_deployment, p[2] = P_INT(wanted->deployment);
    else if (wanted->tag.len)
        statement = &definition_tag, p[2] = P_TEXT(wanted->tag);
    else
        n = 2;
    struct db_rows rows;
    if (db_query(tx, arena, statement, (struct db_params){p, n}, &rows, err) != OK)
        return FAILED;
    return one_definition(&rows, out, found);
}

enum status store_definition_last(struct db_tx *tx, struct arena *arena, int64_t kind, struct str name,
                                  struct store_definition *out, bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &definition_last, P(P_INT(kind), P_TEXT(name)), &rows, err) != OK)
        return FAILED;
    return one_definition(&rows, out, found);
}

enum status store_definition_list(struct db_tx *tx, struct arena *arena, int64_t kind, int64_t after, int64_t limit,
                                  struct store_definition **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &definition_list, P(P_INT(kind), P_INT(after), P_INT(limit)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_definition, read_definition, out, count);
    return OK;
}

enum status store_content_find(struct db_tx *tx, struct arena *arena, struct str hash, struct str *out,
                               struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &content_find, P(P_TEXT(hash)), &rows, err) != OK)
        return FAILED;
    *out = db_next(&rows) ? db_blob(&rows, 0) : STR_NONE;
    return OK;
}

/* ---- start events ---- */

#define START_COLUMNS "definition, event, due, last, fired, region, division, element, name"

DB_SQL(start_insert, "INSERT INTO start_event (" START_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
DB_SQL(start_clear,
       "DELETE FROM start_event WHERE definition IN (SELECT id FROM definition WHERE kind = 1 AND name = ?1)");
DB_SQL(start_named,
       "SELECT " START_COLUMNS " FROM start_event WHERE event = ?1 AND name = ?2 ORDER BY definition, element");
DB_SQL(start_due, "SELECT " START_COLUMNS " FROM start_event WHERE due > 0 AND due <= ?1 ORDER BY due LIMIT ?2");
DB_SQL(start_move,
       "UPDATE start_event SET due = ?3, last = ?4, fired = ?5 WHERE definition = ?1 AND element = ?2 AND fired = ?6");

enum status store_start_insert(struct db_tx *tx, const struct store_start *row, struct error *err)
{
    return db_exec(tx, &start_insert,
                   P(P_INT(row->definition), P_INT(row->event), P_INT(row->due), P_INT(row->last), P_INT(row->fired),
                     P_INT(row->region), P_INT(row->division), P_TEXT(row->element), P_TEXT(row->name)),
                   err);
}

enum status store_start_clear(struct db_tx *tx, struct str process, struct error *err)
{
    return db_exec(tx, &start_clear, P(P_TEXT(process)), err);
}

static void read_start(struct db_rows *rows, struct store_start *out)
{
    *out = (struct store_start){.definition = db_int64(rows, 0),
                                .event = db_int64(rows, 1),
                                .due = db_int64(rows, 2),
                                .last = db_int64(rows, 3),
                                .fired = db_int64(rows, 4),
                                .region = db_int64(rows, 5),
                                .division = db_int64(rows, 6),
                                .element = db_text(rows, 7),
                                .name = db_text(rows, 8)};
}

enum status store_start_named(struct db_tx *tx, struct arena *arena, int64_t event, struct str name,
                              struct store_start **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &start_named, P(P_INT(event), P_TEXT(name)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_start, read_start, out, count);
    return OK;
}

enum status store_start_due(struct db_tx *tx, struct arena *arena, int64_t now, int64_t limit, struct store_start **out,
                            size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &start_due, P(P_INT(now), P_INT(limit)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_start, read_start, out, count);
    return OK;
}

enum status store_start_move(struct db_tx *tx, const struct store_start *row, int64_t fired_was, bool *moved,
                             struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &start_move,
                      P(P_INT(row->definition), P_TEXT(row->element), P_INT(row->due), P_INT(row->last),
                        P_INT(row->fired), P_INT(fired_was)),
                      &n, err) != OK)
        return FAILED;
    *moved = n == 1;
    return OK;
}

/* ---- what the lists share ---- */

#define SCOPE "region = ?1 AND id > ?2 AND division >= ?3 AND division < ?4 AND (?5 IS NULL OR unit = ?5)"
#define SCOPE_END " ORDER BY id LIMIT ?6"
#define SCOPE_PARAMS(f)                                                                                                \
    P_INT((f)->region), P_INT((f)->after_id), P_INT((f)->division_from), P_INT((f)->division_to), P_TEXT((f)->unit),   \
        P_INT((f)->limit)

/* ---- instances ---- */

#define INSTANCE_COLUMNS                                                                                               \
    "id, case_id, definition, division, version, state, started, ended, incidents, process, unit, business, tags"
#define INSTANCE_LIST(where) "SELECT " INSTANCE_COLUMNS " FROM process_instance WHERE " SCOPE where SCOPE_END

DB_SQL(instance_insert, "INSERT INTO process_instance (region, " INSTANCE_COLUMNS ")"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)");
DB_SQL(instance_update,
       "UPDATE process_instance SET definition = ?3, version = ?4, state = ?5, ended = ?6, incidents = ?7"
       " WHERE region = ?1 AND id = ?2");
DB_SQL(instance_find, "SELECT " INSTANCE_COLUMNS " FROM process_instance WHERE region = ?1 AND id = ?2");
DB_SQL(instance_of_case, "SELECT " INSTANCE_COLUMNS " FROM process_instance WHERE region = ?1 AND case_id = ?2");
/* One text for each way into the table, so that each has its index. */
DB_SQL(instance_list_all, INSTANCE_LIST(" AND (?7 = 0 OR state = ?7)"));
DB_SQL(instance_list_active, INSTANCE_LIST(" AND state = 1"));
DB_SQL(instance_list_process, INSTANCE_LIST(" AND (?7 = 0 OR state = ?7) AND process = ?8"));

enum status store_instance_insert(struct db_tx *tx, const struct store_instance *row, struct error *err)
{
    return db_exec_later(tx, &instance_insert,
                         P(REGION(row->id), P_INT(row->id), P_INT(row->case_id), P_INT(row->definition),
                           P_INT(row->division), P_INT(row->version), P_INT(row->state), P_INT(row->started),
                           P_INT(row->ended), P_INT(row->incidents), P_TEXT(row->process), P_TEXT(row->unit),
                           P_TEXT(row->business), P_TEXT(row->tags)),
                         err);
}

enum status store_instance_update(struct db_tx *tx, const struct store_instance *row, struct error *err)
{
    return db_exec_later(tx, &instance_update,
                         P(REGION(row->id), P_INT(row->id), P_INT(row->definition), P_INT(row->version),
                           P_INT(row->state), P_INT(row->ended), P_INT(row->incidents)),
                         err);
}

static void read_instance(struct db_rows *rows, struct store_instance *out)
{
    *out = (struct store_instance){.id = db_int64(rows, 0),
                                   .case_id = db_int64(rows, 1),
                                   .definition = db_int64(rows, 2),
                                   .division = db_int64(rows, 3),
                                   .version = db_int64(rows, 4),
                                   .state = db_int64(rows, 5),
                                   .started = db_int64(rows, 6),
                                   .ended = db_int64(rows, 7),
                                   .incidents = db_int64(rows, 8),
                                   .process = db_text(rows, 9),
                                   .unit = db_text(rows, 10),
                                   .business = db_text(rows, 11),
                                   .tags = db_text(rows, 12)};
}

enum status store_instance_find(struct db_tx *tx, struct arena *arena, int64_t id, struct store_instance *out,
                                bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &instance_find, P(REGION(id), P_INT(id)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        read_instance(&rows, out);
    return OK;
}

enum status store_instance_of_case(struct db_tx *tx, struct arena *arena, int64_t region, int64_t case_id,
                                   struct store_instance *out, bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &instance_of_case, P(P_INT(region), P_INT(case_id)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        read_instance(&rows, out);
    return OK;
}

enum status store_instance_list(struct db_tx *tx, struct arena *arena, const struct store_process_filter *filter,
                                struct store_instance **out, size_t *count, struct error *err)
{
    const struct db_statement *statement = &instance_list_all;
    struct db_param p[8] = {SCOPE_PARAMS(filter), P_INT(filter->state), P_TEXT(filter->name)};
    size_t n = 7;
    if (filter->name.data)
        statement = &instance_list_process, n = 8;
    else if (filter->state == STORE_ACTIVE)
        statement = &instance_list_active, n = 6;
    struct db_rows rows;
    if (db_query(tx, arena, statement, (struct db_params){p, n}, &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_instance, read_instance, out, count);
    return OK;
}

/* ---- user tasks ---- */

#define USER_TASK_COLUMNS                                                                                              \
    "id, case_id, instance, definition, version, division, element_key, state, created, ended, due, follow_up, "       \
    "priority,"                                                                                                        \
    " process, unit, element, title, assignee, candidates, form, form_binding, form_tag"
#define USER_TASK_LIST(where) "SELECT " USER_TASK_COLUMNS " FROM user_task WHERE " SCOPE where SCOPE_END

DB_SQL(user_task_insert,
       "INSERT INTO user_task (region, " USER_TASK_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
       " ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)");
DB_SQL(user_task_update, "UPDATE user_task SET assignee = ?3, candidates = ?4, due = ?5, follow_up = ?6, priority = ?7"
                         " WHERE region = ?1 AND id = ?2");
DB_SQL(user_task_end, "UPDATE user_task SET state = ?3, ended = ?4 WHERE region = ?1 AND id = ?2");
DB_SQL(user_task_find, "SELECT " USER_TASK_COLUMNS " FROM user_task WHERE region = ?1 AND id = ?2");
DB_SQL(user_task_list_all, USER_TASK_LIST(" AND (?7 = 0 OR state = ?7)"));
DB_SQL(user_task_list_active, USER_TASK_LIST(" AND state = 1"));
DB_SQL(user_task_list_instance, USER_TASK_LIST(" AND (?7 = 0 OR state = ?7) AND instance = ?8"));
DB_SQL(user_task_list_assignee, USER_TASK_LIST(" AND (?7 = 0 OR state = ?7) AND assignee = ?8"));

enum status store_user_task_insert(struct db_tx *tx, const struct store_user_task *row, struct error *err)
{
    return db_exec_later(tx, &user_task_insert,
                         P(REGION(row->id), P_INT(row->id), P_INT(row->case_id), P_INT(row->instance),
                           P_INT(row->definition), P_INT(row->version), P_INT(row->division), P_INT(row->element_key),
                           P_INT(row->state), P_INT(row->created), P_INT(row->ended), P_INT(row->due),
                           P_INT(row->follow_up), P_INT(row->priority), P_TEXT(row->process), P_TEXT(row->unit),
                           P_TEXT(row->element), P_TEXT(row->title), P_TEXT(row->assignee), P_TEXT(row->candidates),
                           P_TEXT(row->form), P_TEXT(row->form_binding), P_TEXT(row->form_tag)),
                         err);
}

enum status store_user_task_update(struct db_tx *tx, const struct store_user_task *row, struct error *err)
{
    return db_exec(tx, &user_task_update,
                   P(REGION(row->id), P_INT(row->id), P_TEXT(row->assignee), P_TEXT(row->candidates), P_INT(row->due),
                     P_INT(row->follow_up), P_INT(row->priority)),
                   err);
}

enum status store_user_task_end(struct db_tx *tx, int64_t id, int64_t state, int64_t now, struct error *err)
{
    return db_exec(tx, &user_task_end, P(REGION(id), P_INT(id), P_INT(state), P_INT(now)), err);
}

static void read_user_task(struct db_rows *rows, struct store_user_task *out)
{
    *out = (struct store_user_task){.id = db_int64(rows, 0),
                                    .case_id = db_int64(rows, 1),
                                    .instance = db_int64(rows, 2),
                                    .definition = db_int64(rows, 3),
                                    .version = db_int64(rows, 4),
                                    .division = db_int64(rows, 5),
                                    .element_key = db_int64(rows, 6),
                                    .state = db_int64(rows, 7),
                                    .created = db_int64(rows, 8),
                                    .ended = db_int64(rows, 9),
                                    .due = db_int64(rows, 10),
                                    .follow_up = db_int64(rows, 11),
                                    .priority = db_int64(rows, 12),
                                    .process = db_text(rows, 13),
                                    .unit = db_text(rows, 14),
                                    .element = db_text(rows, 15),
                                    .title = db_text(rows, 16),
                                    .assignee = db_text(rows, 17),
                                    .candidates = db_text(rows, 18),
                                    .form = db_text(rows, 19),
                                    .form_binding = db_text(rows, 20),
                                    .form_tag = db_text(rows, 21)};
}

enum status store_user_task_find(struct db_tx *tx, struct arena *arena, int64_t id, struct store_user_task *out,
                                 bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &user_task_find, P(REGION(id), P_INT(id)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        read_user_task(&rows, out);
    return OK;
}

enum status store_user_task_list(struct db_tx *tx, struct arena *arena, const struct store_process_filter *filter,
                                 struct store_user_task **out, size_t *count, struct error *err)
{
    const struct db_statement *statement = &user_task_list_all;
    struct db_param p[8] = {SCOPE_PARAMS(filter), P_INT(filter->state), P_INT(filter->instance)};
    size_t n = 7;
    if (filter->instance)
        statement = &user_task_list_instance, n = 8;
    else if (filter->name.data)
        statement = &user_task_list_assignee, p[7] = P_TEXT(filter->name), n = 8;
    else if (filter->state == STORE_ACTIVE)
        statement = &user_task_list_active, n = 6;
    struct db_rows rows;
    if (db_query(tx, arena, statement, (struct db_params){p, n}, &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_user_task, read_user_task, out, count);
    return OK;
}

/* ---- incidents ---- */

#define INCIDENT_COLUMNS                                                                                               \
    "id, case_id, division, instance, definition, version, element_key, job, created, resolved, process, unit, "       \
    "element,"                                                                                                         \
    " kind, body"
#define INCIDENT_LIST(where) "SELECT " INCIDENT_COLUMNS " FROM incident WHERE " SCOPE where SCOPE_END

DB_SQL(incident_insert,
       "INSERT INTO incident (region, " INCIDENT_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
       " ?11, ?12, ?13, ?14, ?15, ?16)");
DB_SQL(incident_resolve, "UPDATE incident SET resolved = ?3 WHERE region = ?1 AND id = ?2");
DB_SQL(incident_find, "SELECT " INCIDENT_COLUMNS " FROM incident WHERE region = ?1 AND id = ?2");
DB_SQL(incident_list_all, INCIDENT_LIST(""));
DB_SQL(incident_list_open, INCIDENT_LIST(" AND resolved = 0"));
DB_SQL(incident_list_instance, INCIDENT_LIST(" AND instance = ?7"));
DB_SQL(incident_page, INCIDENT_LIST(" AND resolved = 0 AND (?7 IS NULL OR process = ?7) AND (?8 IS NULL OR kind = ?8)"
                                    " AND (?9 = 0 OR case_id = ?9)"));

enum status store_incident_insert(struct db_tx *tx, const struct store_incident *row, struct error *err)
{
    return db_exec(tx, &incident_insert,
                   P(REGION(row->id), P_INT(row->id), P_INT(row->case_id), P_INT(row->division), P_INT(row->instance),
                     P_INT(row->definition), P_INT(row->version), P_INT(row->element_key), P_INT(row->job),
                     P_INT(row->created), P_INT(row->resolved), P_TEXT(row->process), P_TEXT(row->unit),
                     P_TEXT(row->element), P_TEXT(row->kind), P_BLOB(row->body)),
                   err);
}

enum status store_incident_resolve(struct db_tx *tx, int64_t id, int64_t now, struct error *err)
{
    return db_exec(tx, &incident_resolve, P(REGION(id), P_INT(id), P_INT(now)), err);
}

static void read_incident(struct db_rows *rows, struct store_incident *out)
{
    *out = (struct store_incident){.id = db_int64(rows, 0),
                                   .case_id = db_int64(rows, 1),
                                   .division = db_int64(rows, 2),
                                   .instance = db_int64(rows, 3),
                                   .definition = db_int64(rows, 4),
                                   .version = db_int64(rows, 5),
                                   .element_key = db_int64(rows, 6),
                                   .job = db_int64(rows, 7),
                                   .created = db_int64(rows, 8),
                                   .resolved = db_int64(rows, 9),
                                   .process = db_text(rows, 10),
                                   .unit = db_text(rows, 11),
                                   .element = db_text(rows, 12),
                                   .kind = db_text(rows, 13),
                                   .body = db_blob(rows, 14)};
}

enum status store_incident_find(struct db_tx *tx, struct arena *arena, int64_t id, struct store_incident *out,
                                bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &incident_find, P(REGION(id), P_INT(id)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        read_incident(&rows, out);
    return OK;
}

enum status store_incident_list(struct db_tx *tx, struct arena *arena, const struct store_process_filter *filter,
                                struct store_incident **out, size_t *count, struct error *err)
{
    const struct db_statement *statement = filter->state == STORE_ACTIVE ? &incident_list_open : &incident_list_all;
    struct db_param p[7] = {SCOPE_PARAMS(filter), P_INT(filter->instance)};
    size_t n = 6;
    if (filter->instance)
        statement = &incident_list_instance, n = 7;
    struct db_rows rows;
    if (db_query(tx, arena, statement, (struct db_params){p, n}, &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_incident, read_incident, out, count);
    return OK;
}

enum status store_incident_page(struct db_tx *tx, struct arena *arena, const struct store_page *page,
                                const struct store_incident_wanted *wanted, struct store_incident **out, size_t *count,
                                struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &incident_page,
                 P(SCOPE_PARAMS(page), P_TEXT(wanted->process), P_TEXT(wanted->kind), P_INT(wanted->case_id)), &rows,
                 err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_incident, read_incident, out, count);
    return OK;
}

/* ---- active elements ---- */

DB_SQL(element_insert, "INSERT INTO element (region, id, case_id) VALUES (?1, ?2, ?3)");
DB_SQL(element_delete, "DELETE FROM element WHERE region = ?1 AND id = ?2");
DB_SQL(element_find, "SELECT case_id FROM element WHERE region = ?1 AND id = ?2");

enum status store_element_insert(struct db_tx *tx, const struct store_element *row, struct error *err)
{
    return db_exec_later(tx, &element_insert, P(REGION(row->id), P_INT(row->id), P_INT(row->case_id)), err);
}

enum status store_element_delete(struct db_tx *tx, int64_t id, struct error *err)
{
    return db_exec_later(tx, &element_delete, P(REGION(id), P_INT(id)), err);
}

enum status store_element_find(struct db_tx *tx, int64_t id, int64_t *case_id, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &element_find, P(REGION(id), P_INT(id)), &rows, err) != OK)
        return FAILED;
    *case_id = db_next(&rows) ? db_int64(&rows, 0) : 0;
    return OK;
}
