#include "store/heat.h"

#include "store/internal.h"

DB_SQL(heat_add,
       "INSERT INTO heat_count (region, area, item, packs, period, element, bucket, n)"
       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (region, area, item, packs, period, element, bucket)"
       " DO UPDATE SET n = heat_count.n + excluded.n");
DB_SQL(heat_scan, "SELECT region, area, item, packs, period, element, bucket, n FROM heat_count WHERE region = ?1");
DB_SQL(heat_groups,
       "SELECT item, packs, CAST(SUM(CASE element WHEN 0 THEN n ELSE 0 END) AS BIGINT),"
       " CAST(SUM(CASE element WHEN 1 THEN n ELSE 0 END) AS BIGINT) FROM heat_count"
       " WHERE region = ?1 AND area = ?2 AND period = 0 AND n <> 0 GROUP BY item, packs ORDER BY item, packs");
DB_SQL(heat_sums, "SELECT element, bucket, CAST(SUM(n) AS BIGINT) FROM heat_count WHERE region = ?1 AND area = ?2"
                  " AND item = ?3 AND packs = ?4 AND period >= ?5 AND period <= ?6 AND n <> 0"
                  " GROUP BY element, bucket ORDER BY element, bucket");

enum status store_heat_add(struct db_tx *tx, const struct store_heat *row, struct error *err)
{
    return db_exec_later(tx, &heat_add,
                         P(P_INT(row->region), P_INT(row->area), P_INT(row->item), P_INT(row->packs),
                           P_INT(row->period), P_INT(row->element), P_INT(row->bucket), P_INT(row->n)),
                         err);
}

struct scanning {
    store_heat_function *fn;
    void *arg;
};

static enum status scan_one(const struct db_rows *rows, void *arg, struct error *err)
{
    const struct scanning *scanning = arg;
    struct store_heat row = {db_int64(rows, 0), db_int64(rows, 1), db_int64(rows, 2), db_int64(rows, 3),
                             db_int64(rows, 4), db_int64(rows, 5), db_int64(rows, 6), db_int64(rows, 7)};
    return scanning->fn(&row, scanning->arg, err);
}

enum status store_heat_scan(struct db_tx *tx, int64_t region, store_heat_function *fn, void *arg, struct error *err)
{
    struct scanning scanning = {fn, arg};
    return db_scan(tx, &heat_scan, P(P_INT(region)), (struct db_row_sink){scan_one, &scanning}, err);
}

bool store_heat_area(const struct store_page *page, int64_t *area)
{
    if (page->unit.data)
        return false;
    *area = 0;
    if (store_page_whole(page))
        return true;
    *area = page->division_from / 1000000;
    return page->division_from % 1000000 == 0 && page->division_to - page->division_from == 1000000;
}

static void read_group(struct db_rows *rows, struct store_heat_group *out)
{
    *out = (struct store_heat_group){db_int64(rows, 0), db_int64(rows, 1), db_int64(rows, 2), db_int64(rows, 3)};
}

enum status store_heat_groups(struct db_tx *tx, struct arena *arena, int64_t region, int64_t area,
                              struct store_heat_group **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &heat_groups, P(P_INT(region), P_INT(area)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_heat_group, read_group, out, count);
    return OK;
}

static void read_sum(struct db_rows *rows, struct store_heat *out)
{
    *out = (struct store_heat){.element = db_int64(rows, 0), .bucket = db_int64(rows, 1), .n = db_int64(rows, 2)};
}

enum status store_heat_sums(struct db_tx *tx, struct arena *arena, const struct store_heat_query *query,
                            struct store_heat **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &heat_sums,
                 P(P_INT(query->region), P_INT(query->area), P_INT(query->item), P_INT(query->packs),
                   P_INT(query->from), P_INT(query->to)),
                 &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_heat, read_sum, out, count);
    return OK;
}
