/* Counting: the queue of changed cases, facts and sums. */
#include "store/indicator.h"

#include "store/internal.h"

/* ---- The queue ---- */

DB_SQL(due_add, "INSERT INTO indicator_due (region, id, version, at) VALUES (?1, ?2, ?3, ?4)"
                " ON CONFLICT (region, id) DO UPDATE SET version = excluded.version");
DB_SQL(due_add_all, "INSERT INTO indicator_due (region, id, version, at)"
                    " SELECT region, id, version, ?2 FROM cases WHERE region = ?1 AND id > ?3 AND id <= ?4 AND item > 0"
                    " ON CONFLICT (region, id) DO UPDATE SET version = excluded.version");
DB_SQL(due_last,
       "SELECT coalesce(max(id), 0) FROM (SELECT id FROM cases WHERE region = ?1 AND id > ?2 ORDER BY id LIMIT ?3)"
       " AS next");
DB_SQL(due_list, "SELECT region, id, version FROM indicator_due ORDER BY region, id LIMIT ?1");
DB_SQL(due_take, "DELETE FROM indicator_due WHERE region = ?1 AND id = ?2 AND version = ?3");
DB_SQL(due_since, "SELECT COALESCE(MIN(at), 0) FROM indicator_due");
DB_SQL(due_has, "SELECT 1 FROM indicator_due WHERE region = ?1 AND id = ?2");

enum status store_due_add(struct db_tx *tx, const struct store_due *row, int64_t at, struct error *err)
{
    return db_exec_later(tx, &due_add, P(P_INT(row->region), P_INT(row->id), P_INT(row->version), P_INT(at)), err);
}

enum status store_due_add_some(struct db_tx *tx, int64_t region, int64_t at, int64_t limit, int64_t *after,
                               struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &due_last, P(P_INT(region), P_INT(*after), P_INT(limit)), &rows, err) != OK)
        return FAILED;
    int64_t last = db_next(&rows) ? db_int64(&rows, 0) : 0;
    if (last && db_exec(tx, &due_add_all, P(P_INT(region), P_INT(at), P_INT(*after), P_INT(last)), err) != OK)
        return FAILED;
    *after = last;
    return OK;
}

static void read_due(struct db_rows *rows, struct store_due *out)
{
    *out = (struct store_due){db_int64(rows, 0), db_int64(rows, 1), db_int64(rows, 2)};
}

enum status store_due_list(struct db_tx *tx, struct arena *arena, int64_t limit, struct store_due **out, size_t *count,
                           struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &due_list, P(P_INT(limit)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_due, read_due, out, count);
    return OK;
}

enum status store_due_take(struct db_tx *tx, const struct store_due *row, bool *taken, struct error *err)
{
    int64_t changed = 0;
    if (db_exec_count(tx, &due_take, P(P_INT(row->region), P_INT(row->id), P_INT(row->version)), &changed, err) != OK)
        return FAILED;
    *taken = changed == 1;
    return OK;
}

static enum status first_number(struct db_tx *tx, const struct db_statement *statement, struct db_params params,
                                int64_t *out, struct error *err)
{
    struct arena arena;
    struct db_rows rows;
    arena_init(&arena);
    enum status status = db_query(tx, &arena, statement, params, &rows, err);
    if (status == OK)
        *out = db_next(&rows) ? db_int64(&rows, 0) : 0;
    arena_release(&arena);
    return status;
}

enum status store_due_since(struct db_tx *tx, int64_t *out, struct error *err)
{
    return first_number(tx, &due_since, P_NONE, out, err);
}

enum status store_due_has(struct db_tx *tx, int64_t region, int64_t id, bool *out, struct error *err)
{
    int64_t found = 0;
    if (first_number(tx, &due_has, P(P_INT(region), P_INT(id)), &found, err) != OK)
        return FAILED;
    *out = found != 0;
    return OK;
}

/* ---- Slots ---- */

DB_SQL(slot_list, "SELECT slot, id, hash FROM indicator_slot ORDER BY slot");
DB_SQL(slot_put, "INSERT INTO indicator_slot (id, slot, hash) VALUES (?1, ?2, ?3)"
                 " ON CONFLICT (id) DO UPDATE SET hash = excluded.hash");

static void read_slot(struct db_rows *rows, struct store_slot *out)
{
    *out = (struct store_slot){db_int64(rows, 0), db_text(rows, 1), db_text(rows, 2)};
}

enum status store_slot_list(struct db_tx *tx, struct arena *arena, struct store_slot **out, size_t *count,
                            struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &slot_list, P_NONE, &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_slot, read_slot, out, count);
    return OK;
}

enum status store_slot_put(struct db_tx *tx, const struct store_slot *row, struct error *err)
{
    return db_exec(tx, &slot_put, P(P_TEXT(row->id), P_INT(row->slot), P_TEXT(row->hash)), err);
}

/* ---- Facts ---- */

#define FACT_COLUMNS                                                                                                   \
    "region, id, item, division, unit, opened, closed, rated, deadline, numerators, denominators, marks, staff, stays"

DB_SQL(fact_put, "INSERT INTO case_fact (" FACT_COLUMNS ")"
                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
                 " ON CONFLICT (region, id) DO UPDATE SET item = excluded.item, division = excluded.division,"
                 " unit = excluded.unit, opened = excluded.opened, closed = excluded.closed, rated = excluded.rated,"
                 " deadline = excluded.deadline, numerators = excluded.numerators,"
                 " denominators = excluded.denominators, marks = excluded.marks, staff = excluded.staff,"
                 " stays = excluded.stays");
DB_SQL(fact_find, "SELECT " FACT_COLUMNS " FROM case_fact WHERE region = ?1 AND id = ?2");
/* One text for each column, so that those who never closed, or were never rated, are not stepped over. */
#define FACT_PAGE(column, where)                                                                                       \
    "SELECT " FACT_COLUMNS " FROM case_fact WHERE region = ?1 AND id < ?2 AND division >= ?3 AND division < ?4"        \
    " AND (?5 IS NULL OR unit = ?5) AND item >= ?6 AND item <= ?7 AND " column " >= ?8 AND " column " < ?9" where      \
    " AND (?10 = 0 OR (numerators & ?10) <> 0) AND (?11 = 0 OR (denominators & ?11) <> 0)"                             \
    " ORDER BY id DESC LIMIT ?12"
DB_SQL(fact_page_opened, FACT_PAGE("opened", ""));
DB_SQL(fact_page_closed, FACT_PAGE("closed", " AND closed > 0"));
DB_SQL(fact_page_rated, FACT_PAGE("rated", " AND rated > 0"));
DB_SQL(fact_deadlines, "SELECT " FACT_COLUMNS " FROM case_fact WHERE region = ?1 AND closed = 0 AND deadline > 0"
                       " AND deadline >= ?2 AND deadline < ?3 AND id < ?4 AND division >= ?5 AND division < ?6"
                       " AND (?7 IS NULL OR unit = ?7) AND item >= ?8 AND item <= ?9 ORDER BY id DESC LIMIT ?10");
DB_SQL(
    waiting_counts,
    "SELECT division, unit, bucket, COUNT(*) FROM (SELECT division, unit,"
    " CASE WHEN deadline < ?2 THEN 0 WHEN deadline < ?3 THEN 1 ELSE 2 END AS bucket"
    " FROM case_fact WHERE region = ?1 AND closed = 0 AND deadline > 0 AND deadline < ?4"
    " AND division >= ?5 AND division < ?6 AND item >= ?7 AND item <= ?8 AND (?9 IS NULL OR unit = ?9)) AS open_cases"
    " GROUP BY division, unit, bucket ORDER BY division, unit, bucket");

enum status store_fact_put(struct db_tx *tx, const struct store_fact *row, struct error *err)
{
    return db_exec(tx, &fact_put,
                   P(P_INT(row->region), P_INT(row->id), P_INT(row->item), P_INT(row->division), P_TEXT(row->unit),
                     P_INT(row->opened), P_INT(row->closed), P_INT(row->rated), P_INT(row->deadline),
                     P_INT(row->numerators), P_INT(row->denominators), P_TEXT(row->marks), P_TEXT(row->staff),
                     P_TEXT(row->stays)),
                   err);
}

static void read_fact(struct db_rows *rows, struct store_fact *out)
{
    *out = (struct store_fact){.region = db_int64(rows, 0),
                               .id = db_int64(rows, 1),
                               .item = db_int64(rows, 2),
                               .division = db_int64(rows, 3),
                               .unit = db_text(rows, 4),
                               .opened = db_int64(rows, 5),
                               .closed = db_int64(rows, 6),
                               .rated = db_int64(rows, 7),
                               .deadline = db_int64(rows, 8),
                               .numerators = db_int64(rows, 9),
                               .denominators = db_int64(rows, 10),
                               .marks = db_text(rows, 11),
                               .staff = db_text(rows, 12),
                               .stays = db_text(rows, 13)};
}

enum status store_fact_find(struct db_tx *tx, struct arena *arena, int64_t region, int64_t id, struct store_fact *out,
                            bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &fact_find, P(P_INT(region), P_INT(id)), &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        read_fact(&rows, out);
    return OK;
}

enum status store_fact_page(struct db_tx *tx, struct arena *arena, const struct store_fact_filter *filter,
                            struct store_fact **out, size_t *count, struct error *err)
{
    static const struct db_statement *const statements[] = {&fact_page_opened, &fact_page_closed, &fact_page_rated};
    struct db_rows rows;
    CHECK(filter->column >= 0 && filter->column < (int64_t)COUNT_OF(statements));
    if (db_query(tx, arena, statements[filter->column],
                 P(P_INT(filter->region), P_INT(filter->before_id), P_INT(filter->division_from),
                   P_INT(filter->division_to), P_TEXT(filter->unit), P_INT(filter->item_from), P_INT(filter->item_to),
                   P_INT(filter->from), P_INT(filter->to), P_INT(filter->numerator), P_INT(filter->denominator),
                   P_INT(filter->limit)),
                 &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_fact, read_fact, out, count);
    return OK;
}

enum status store_fact_deadlines(struct db_tx *tx, struct arena *arena, const struct store_fact_filter *filter,
                                 struct store_fact **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &fact_deadlines,
                 P(P_INT(filter->region), P_INT(filter->from), P_INT(filter->to), P_INT(filter->before_id),
                   P_INT(filter->division_from), P_INT(filter->division_to), P_TEXT(filter->unit),
                   P_INT(filter->item_from), P_INT(filter->item_to), P_INT(filter->limit)),
                 &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_fact, read_fact, out, count);
    return OK;
}

static void read_waiting(struct db_rows *rows, struct store_waiting *out)
{
    *out = (struct store_waiting){db_int64(rows, 0), db_text(rows, 1), db_int64(rows, 2), db_int64(rows, 3)};
}

enum status store_waiting_counts(struct db_tx *tx, struct arena *arena, const struct store_waiting_query *query,
                                 struct store_waiting **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &waiting_counts,
                 P(P_INT(query->region), P_INT(query->now), P_INT(query->today_ends), P_INT(query->soon),
                   P_INT(query->division_from), P_INT(query->division_to), P_INT(query->item_from),
                   P_INT(query->item_to), P_TEXT(query->unit)),
                 &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_waiting, read_waiting, out, count);
    return OK;
}

/* ---- Sums ---- */

DB_SQL(count_add,
       "INSERT INTO indicator_count (region, item, period, unit, division, slot, numerator, denominator)"
       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (region, item, period, unit, division, slot) DO UPDATE"
       " SET numerator = indicator_count.numerator + excluded.numerator,"
       " denominator = indicator_count.denominator + excluded.denominator");
DB_SQL(count_scan, "SELECT region, item, period, unit, division, slot, numerator, denominator FROM indicator_count"
                   " WHERE region = ?1");
/* The sums of one item, or of all (0), are found by their periods; of several items each is gone through. */
#define OF_ONE "item = ?2 AND ?3 = ?2"
#define OF_SEVERAL "item >= ?2 AND item <= ?3"
#define COUNT_SUMS(items)                                                                                              \
    "SELECT slot, key, CAST(SUM(numerator) AS BIGINT), CAST(SUM(denominator) AS BIGINT) FROM"                          \
    " (SELECT slot, numerator, denominator,"                                                                           \
    " CASE ?9 WHEN 1 THEN division / 1000000 WHEN 2 THEN item WHEN 3 THEN period ELSE 0 END AS key"                    \
    " FROM indicator_count WHERE region = ?1 AND " items " AND period >= ?4 AND period <= ?5"                          \
    " AND division >= ?6 AND division < ?7 AND (?8 = -1 OR slot = ?8) AND (?10 IS NULL OR unit = ?10)) AS sums"        \
    " GROUP BY slot, key ORDER BY slot, key"
DB_SQL(count_sums_one, COUNT_SUMS(OF_ONE));
DB_SQL(count_sums_several, COUNT_SUMS(OF_SEVERAL));
#define COUNT_UNITS(items)                                                                                             \
    "SELECT slot, unit, CAST(SUM(numerator) AS BIGINT), CAST(SUM(denominator) AS BIGINT) FROM indicator_count"         \
    " WHERE region = ?1 AND " items " AND period >= ?4 AND period <= ?5"                                               \
    " AND division >= ?6 AND division < ?7 AND (?8 = -1 OR slot = ?8) AND (?9 IS NULL OR unit = ?9)"                   \
    " GROUP BY slot, unit ORDER BY slot, unit"
DB_SQL(count_units_one, COUNT_UNITS(OF_ONE));
DB_SQL(count_units_several, COUNT_UNITS(OF_SEVERAL));

enum status store_count_add(struct db_tx *tx, const struct store_count *row, struct error *err)
{
    return db_exec_later(tx, &count_add,
                         P(P_INT(row->region), P_INT(row->item), P_INT(row->period), P_TEXT(row->unit),
                           P_INT(row->division), P_INT(row->slot), P_INT(row->numerator), P_INT(row->denominator)),
                         err);
}

struct scanning {
    store_count_function *fn;
    void *arg;
};

static enum status scan_one(const struct db_rows *rows, void *arg, struct error *err)
{
    const struct scanning *scanning = arg;
    struct store_count row = {.region = db_int64(rows, 0),
                              .item = db_int64(rows, 1),
                              .period = db_int64(rows, 2),
                              .unit = db_text(rows, 3),
                              .division = db_int64(rows, 4),
                              .slot = db_int64(rows, 5),
                              .numerator = db_int64(rows, 6),
                              .denominator = db_int64(rows, 7)};
    return scanning->fn(&row, scanning->arg, err);
}

enum status store_count_scan(struct db_tx *tx, int64_t region, store_count_function *fn, void *arg, struct error *err)
{
    struct scanning scanning = {fn, arg};
    return db_scan(tx, &count_scan, P(P_INT(region)), (struct db_row_sink){scan_one, &scanning}, err);
}

static void read_sum(struct db_rows *rows, struct store_count_sum *out)
{
    *out = (struct store_count_sum){.slot = db_int64(rows, 0),
                                    .key = db_int64(rows, 1),
                                    .numerator = db_int64(rows, 2),
                                    .denominator = db_int64(rows, 3)};
}

static void read_unit_sum(struct db_rows *rows, struct store_count_sum *out)
{
    *out = (struct store_count_sum){.slot = db_int64(rows, 0),
                                    .unit = db_text(rows, 1),
                                    .numerator = db_int64(rows, 2),
                                    .denominator = db_int64(rows, 3)};
}

enum status store_count_sums(struct db_tx *tx, struct arena *arena, const struct store_count_query *query,
                             struct store_count_sum **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    bool units = query->by == STORE_COUNT_UNIT, one = query->item_from == query->item_to;
    const struct db_param common[] = {P_INT(query->region),      P_INT(query->item_from), P_INT(query->item_to),
                                      P_INT(query->from),        P_INT(query->to),        P_INT(query->division_from),
                                      P_INT(query->division_to), P_INT(query->slot)};
    enum status status =
        units ? db_query(tx, arena, one ? &count_units_one : &count_units_several,
                         P(common[0], common[1], common[2], common[3], common[4], common[5], common[6], common[7],
                           P_TEXT(query->unit)),
                         &rows, err)
              : db_query(tx, arena, one ? &count_sums_one : &count_sums_several,
                         P(common[0], common[1], common[2], common[3], common[4], common[5], common[6], common[7],
                           P_INT(query->by), P_TEXT(query->unit)),
                         &rows, err);
    if (status != OK)
        return FAILED;
    if (units)
        STORE_READ_ALL(arena, &rows, struct store_count_sum, read_unit_sum, out, count);
    else
        STORE_READ_ALL(arena, &rows, struct store_count_sum, read_sum, out, count);
    return OK;
}

DB_SQL(unit_list, "SELECT unit, MIN(unit_name) FROM staff WHERE unit <> '' GROUP BY unit ORDER BY unit");

static void read_unit(struct db_rows *rows, struct store_unit *out)
{
    *out = (struct store_unit){db_text(rows, 0), db_text(rows, 1)};
}

enum status store_unit_list(struct db_tx *tx, struct arena *arena, struct store_unit **out, size_t *count,
                            struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &unit_list, P_NONE, &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_unit, read_unit, out, count);
    return OK;
}
