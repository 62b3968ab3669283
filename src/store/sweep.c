/* All parties, read in pieces by many threads. */
#include "store/result.h"

#include "store/internal.h"

DB_SQL(party_count, "SELECT CAST(count(*) AS BIGINT) FROM party");
DB_SQL(party_next_region, "SELECT region FROM party WHERE region > ?1 ORDER BY region LIMIT 1");
DB_SQL(party_range,
       "SELECT region, id, kind, version, division, body FROM party WHERE region = ?1 AND id > ?2 AND id < ?3"
       " ORDER BY id LIMIT ?4");

enum status store_party_count(struct db_tx *tx, int64_t *out, struct error *err)
{
    struct db_rows rows;
    if (db_query(tx, db_tx_arena(tx), &party_count, P_NONE, &rows, err) != OK)
        return FAILED;
    *out = db_next(&rows) ? db_int64(&rows, 0) : 0;
    return OK;
}

/* From one to the next by the primary key, without a look at the parties between. */
enum status store_party_regions(struct db_tx *tx, struct arena *arena, int64_t **out, size_t *count, struct error *err)
{
    VECTOR(int64_t) regions = {0};
    int64_t region = INT64_MIN;
    for (;;) {
        struct db_rows rows;
        if (db_query(tx, db_tx_arena(tx), &party_next_region, P(P_INT(region)), &rows, err) != OK)
            return FAILED;
        if (!db_next(&rows))
            break;
        region = db_int64(&rows, 0);
        VECTOR_PUSH(arena, &regions, region);
    }
    *out = regions.items;
    *count = regions.count;
    return OK;
}

static void read_party(struct db_rows *rows, struct store_party *out)
{
    *out = (struct store_party){.region = db_int64(rows, 0),
                                .id = db_blob(rows, 1),
                                .kind = db_int64(rows, 2),
                                .version = db_int64(rows, 3),
                                .division = db_int64(rows, 4),
                                .body = db_blob(rows, 5)};
}

enum status store_party_range(struct db_tx *tx, struct arena *arena, const struct store_party_range *range,
                              struct store_party **out, size_t *count, struct error *err)
{
    struct db_rows rows;
    struct str after = range->after.data ? range->after : STR("");
    if (db_query(tx, arena, &party_range,
                 P(P_INT(range->region), P_BLOB(after), P_BLOB(range->before), P_INT(range->limit)), &rows, err) != OK)
        return FAILED;
    STORE_READ_ALL(arena, &rows, struct store_party, read_party, out, count);
    return OK;
}
