#include "store/benchmark.h"

#include "store/internal.h"

DB_SQL(benchmark_put,
       "INSERT INTO benchmark (item, province, title, materials, promised, steps, visits, fee, as_of, source, imported)"
       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (item, province) DO UPDATE SET"
       " title = excluded.title, materials = excluded.materials, promised = excluded.promised, steps = excluded.steps,"
       " visits = excluded.visits, fee = excluded.fee, as_of = excluded.as_of, source = excluded.source,"
       " imported = excluded.imported");
DB_SQL(benchmark_list, "SELECT item, province, title, materials, promised, steps, visits, fee, as_of, source, imported"
                       " FROM benchmark ORDER BY item, province");
DB_SQL(plan_put,
       "INSERT INTO benchmark_plan (item, measure, owner, due, author, changed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
       " ON CONFLICT (item) DO UPDATE SET measure = excluded.measure, owner = excluded.owner,"
       " due = excluded.due, author = excluded.author, changed = excluded.changed");
DB_SQL(plan_list, "SELECT item, measure, owner, due, author, changed FROM benchmark_plan ORDER BY item");

enum status store_benchmark_put(struct db_tx *tx, const struct store_benchmark *row, struct error *err)
{
    return db_exec(tx, &benchmark_put,
                   P(P_TEXT(row->item), P_TEXT(row->province), P_TEXT(row->title), P_INT(row->materials),
                     P_INT(row->promised), P_INT(row->steps), P_INT(row->visits), P_INT(row->fee), P_TEXT(row->as_of),
                     P_TEXT(row->source), P_INT(row->imported)),
                   err);
}

static void read_benchmark(struct db_rows *rows, struct store_benchmark *out)
{
    *out = (struct store_benchmark){.item = db_text(rows, 0),
                                    .province = db_text(rows, 1),
                                    .title = db_text(rows, 2),
                                    .materials = db_int64(rows, 3),
                                    .promised = db_int64(rows, 4),
                                    .steps = db_int64(rows, 5),
                                    .visits = db_int64(rows, 6),
                                    .fee = db_int64(rows, 7),
                                    .as_of = db_text(rows, 8),
                                    .source = db_text(rows, 9),
                                    .imported = db_int64(rows, 10)};
}

enum status store_benchmark_list(struct db_tx *tx, struct arena *arena, struct store_benchmark **out, size_t *count,
                                 struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &benchmark_list, P_NONE, &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_benchmark, read_benchmark, out, count);
    return OK;
}

enum status store_plan_put(struct db_tx *tx, const struct store_plan *row, struct error *err)
{
    return db_exec(tx, &plan_put,
                   P(P_TEXT(row->item), P_TEXT(row->measure), P_TEXT(row->owner), P_TEXT(row->due), P_TEXT(row->author),
                     P_INT(row->changed)),
                   err);
}

static void read_plan(struct db_rows *rows, struct store_plan *out)
{
    *out = (struct store_plan){db_text(rows, 0), db_text(rows, 1), db_text(rows, 2),
                               db_text(rows, 3), db_text(rows, 4), db_int64(rows, 5)};
}

enum status store_plan_list(struct db_tx *tx, struct arena *arena, struct store_plan **out, size_t *count,
                            struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, arena, &plan_list, P_NONE, &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_plan, read_plan, out, count);
    return OK;
}
