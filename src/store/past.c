#include "store/past.h"

#include "store/internal.h"

DB_SQL(past_delete, "DELETE FROM case_past WHERE region = ?1 AND item = ?2 AND closed = ?3 AND id = ?4");
DB_SQL(
    past_put,
    "INSERT INTO case_past (region, item, closed, id, division, unit, accepted, ended, deadline, extension, materials, "
    "pauses)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT (region, item, closed, id) DO UPDATE SET"
    " division = excluded.division, unit = excluded.unit, accepted = excluded.accepted, ended = excluded.ended,"
    " deadline = excluded.deadline, extension = excluded.extension, materials = excluded.materials,"
    " pauses = excluded.pauses");
#define PAST_COLUMNS "closed, id, accepted, ended, deadline, extension, materials, pauses, division, unit"
DB_SQL(past_find, "SELECT " PAST_COLUMNS " FROM case_past WHERE region = ?1 AND item = ?2 AND closed = ?3 AND id = ?4");
DB_SQL(past_strays,
       "SELECT p.item, p.closed, p.id FROM case_past p LEFT JOIN case_fact f ON f.region = p.region"
       " AND f.id = p.id AND f.item = p.item AND f.closed = p.closed WHERE p.region = ?1 AND f.id IS NULL");
DB_SQL(past_scan,
       "SELECT " PAST_COLUMNS " FROM case_past WHERE region = ?1"
       " AND item = ?2 AND (closed, id) > (?3, ?4) AND closed < ?5 AND division >= ?6 AND division < ?7"
       " AND (?8 IS NULL OR unit = ?8) ORDER BY closed, id LIMIT ?9");

enum status store_past_delete(struct db_tx *tx, const struct store_past *key, struct error *err)
{
    return db_exec(tx, &past_delete, P(P_INT(key->region), P_INT(key->item), P_INT(key->closed), P_INT(key->id)), err);
}

enum status store_past_put(struct db_tx *tx, const struct store_past *row, int64_t was_item, int64_t was_closed,
                           struct error *err)
{
    bool moved = was_closed && (was_closed != row->closed || was_item != row->item);
    struct store_past was = {.region = row->region, .item = was_item, .closed = was_closed, .id = row->id};
    if (moved && store_past_delete(tx, &was, err) != OK)
        return FAILED;
    if (!row->closed)
        return OK;
    return db_exec(tx, &past_put,
                   P(P_INT(row->region), P_INT(row->item), P_INT(row->closed), P_INT(row->id), P_INT(row->division),
                     P_TEXT(row->unit), P_INT(row->accepted), P_INT(row->ended), P_INT(row->deadline),
                     P_INT(row->extension), P_INT(row->materials), P_TEXT(row->pauses)),
                   err);
}

static struct store_past read_past(const struct db_rows *rows, int64_t region, int64_t item)
{
    return (struct store_past){.region = region,
                               .item = item,
                               .closed = db_int64(rows, 0),
                               .id = db_int64(rows, 1),
                               .accepted = db_int64(rows, 2),
                               .ended = db_int64(rows, 3),
                               .deadline = db_int64(rows, 4),
                               .extension = db_int64(rows, 5),
                               .materials = db_int64(rows, 6),
                               .pauses = db_text(rows, 7),
                               .division = db_int64(rows, 8),
                               .unit = db_text(rows, 9)};
}

enum status store_past_find(struct db_tx *tx, struct arena *arena, const struct store_past *key, struct store_past *out,
                            bool *found, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &past_find, P(P_INT(key->region), P_INT(key->item), P_INT(key->closed), P_INT(key->id)),
                 &rows, err) != OK)
        return FAILED;
    *found = db_next(&rows);
    if (*found)
        *out = read_past(&rows, key->region, key->item);
    return OK;
}

static void read_stray(struct db_rows *rows, struct store_past *out)
{
    *out = (struct store_past){.item = db_int64(rows, 0), .closed = db_int64(rows, 1), .id = db_int64(rows, 2)};
}

enum status store_past_strays(struct db_tx *tx, struct arena *arena, int64_t region, struct store_past **out,
                              size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &past_strays, P(P_INT(region)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_past, read_stray, out, count);
    for (size_t i = 0; i < *count; i++)
        (*out)[i].region = region;
    return OK;
}

struct scanning {
    const struct store_past_range *range;
    store_past_function *fn;
    void *arg;
};

static enum status scan_one(const struct db_rows *rows, void *arg, struct error *err)
{
    const struct scanning *scanning = arg;
    struct store_past row = read_past(rows, scanning->range->region, scanning->range->item);
    return scanning->fn(&row, scanning->arg, err);
}

enum status store_past_scan(struct db_tx *tx, const struct store_past_range *range, store_past_function *fn, void *arg,
                            struct error *err)
{
    struct scanning scanning = {range, fn, arg};
    return db_scan(tx, &past_scan,
                   P(P_INT(range->region), P_INT(range->item), P_INT(range->after), P_INT(range->after_id),
                     P_INT(range->before), P_INT(range->division_from), P_INT(range->division_to), P_TEXT(range->unit),
                     P_INT(range->limit)),
                   (struct db_row_sink){scan_one, &scanning}, err);
}

/* ---- What staff did ---- */

DB_SQL(staff_count_add,
       "INSERT INTO staff_count (region, unit, staff, period, division, slot, numerator, denominator)"
       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (region, unit, staff, period, division, slot) DO UPDATE"
       " SET numerator = staff_count.numerator + excluded.numerator,"
       " denominator = staff_count.denominator + excluded.denominator");
DB_SQL(staff_count_list, "SELECT unit, staff, slot, numerator, denominator, region, division, period FROM staff_count"
                         " WHERE region = ?1");
DB_SQL(staff_count_sums,
       "SELECT unit, staff, slot, CAST(SUM(numerator) AS BIGINT), CAST(SUM(denominator) AS BIGINT) FROM staff_count"
       " WHERE region = ?1 AND period >= ?2 AND period <= ?3 AND division >= ?4 AND division < ?5"
       " AND (?6 IS NULL OR unit = ?6) GROUP BY unit, staff, slot ORDER BY unit, staff, slot");

enum status store_staff_count_add(struct db_tx *tx, const struct store_staff_count *row, struct error *err)
{
    return db_exec_later(tx, &staff_count_add,
                         P(P_INT(row->region), P_TEXT(row->unit), P_TEXT(row->staff), P_INT(row->period),
                           P_INT(row->division), P_INT(row->slot), P_INT(row->numerator), P_INT(row->denominator)),
                         err);
}

static void read_staff_sum(struct db_rows *rows, struct store_staff_count *out)
{
    *out = (struct store_staff_count){.unit = db_text(rows, 0),
                                      .staff = db_text(rows, 1),
                                      .slot = db_int64(rows, 2),
                                      .numerator = db_int64(rows, 3),
                                      .denominator = db_int64(rows, 4)};
}

static void read_staff_count(struct db_rows *rows, struct store_staff_count *out)
{
    read_staff_sum(rows, out);
    out->region = db_int64(rows, 5);
    out->division = db_int64(rows, 6);
    out->period = db_int64(rows, 7);
}

enum status store_staff_count_list(struct db_tx *tx, struct arena *arena, int64_t region,
                                   struct store_staff_count **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &staff_count_list, P(P_INT(region)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_staff_count, read_staff_count, out, count);
    return OK;
}

enum status store_staff_sums(struct db_tx *tx, struct arena *arena, const struct store_staff_query *query,
                             struct store_staff_count **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &staff_count_sums,
                 P(P_INT(query->region), P_INT(query->from), P_INT(query->to), P_INT(query->division_from),
                   P_INT(query->division_to), P_TEXT(query->unit)),
                 &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_staff_count, read_staff_sum, out, count);
    return OK;
}

/* ---- Alerts ---- */

DB_SQL(alert_put, "INSERT INTO alert (region, rule, subject, case_id, since, due) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
                  " ON CONFLICT (region, rule, subject) DO UPDATE SET since = excluded.since, due = excluded.due"
                  " WHERE alert.since <> excluded.since");
DB_SQL(alert_has, "SELECT 1 FROM alert WHERE region = ?1 AND rule = ?2 AND subject = ?3 AND since = ?4");
DB_SQL(alert_drop, "DELETE FROM alert WHERE region = ?1 AND rule = ?2 AND subject = ?3 AND due > 0");
DB_SQL(alert_due, "SELECT region, rule, subject, case_id, since, due FROM alert WHERE due > 0 AND due <= ?1"
                  " ORDER BY due, region, rule, subject LIMIT ?2");
DB_SQL(alert_done,
       "UPDATE alert SET due = 0 WHERE region = ?1 AND rule = ?2 AND subject = ?3 AND since = ?4 AND due = ?5");

enum status store_alert_put(struct db_tx *tx, const struct store_alert *row, bool *changed, struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(tx, &alert_put,
                      P(P_INT(row->region), P_TEXT(row->rule), P_TEXT(row->subject), P_INT(row->case_id),
                        P_INT(row->since), P_INT(row->due)),
                      &n, err) != OK)
        return FAILED;
    *changed = n == 1;
    return OK;
}

enum status store_alert_has(struct db_tx *tx, const struct store_alert *row, bool *out, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &alert_has,
                 P(P_INT(row->region), P_TEXT(row->rule), P_TEXT(row->subject), P_INT(row->since)), &rows, err) != OK)
        return FAILED;
    *out = db_next(&rows);
    return OK;
}

enum status store_alert_drop(struct db_tx *tx, const struct store_alert *row, struct error *err)
{
    return db_exec(tx, &alert_drop, P(P_INT(row->region), P_TEXT(row->rule), P_TEXT(row->subject)), err);
}

static void read_alert(struct db_rows *rows, struct store_alert *out)
{
    *out = (struct store_alert){.region = db_int64(rows, 0),
                                .rule = db_text(rows, 1),
                                .subject = db_text(rows, 2),
                                .case_id = db_int64(rows, 3),
                                .since = db_int64(rows, 4),
                                .due = db_int64(rows, 5)};
}

enum status store_alert_due(struct db_tx *tx, struct arena *arena, int64_t now, int64_t limit, struct store_alert **out,
                            size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &alert_due, P(P_INT(now), P_INT(limit)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_alert, read_alert, out, count);
    return OK;
}

enum status store_alert_done(struct db_tx *tx, const struct store_alert *row, bool *changed, struct error *err)
{
    int64_t n = 0;
    if (db_exec_count(
            tx, &alert_done,
            P(P_INT(row->region), P_TEXT(row->rule), P_TEXT(row->subject), P_INT(row->since), P_INT(row->due)), &n,
            err) != OK)
        return FAILED;
    *changed = n == 1;
    return OK;
}
