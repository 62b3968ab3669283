/* Shared by the store's files: reading many rows into an array. */
#pragma once

#include "store/schema.h"

/* A condition: of the item with this id, in whatever version; 0: of any. */
#define STORE_OF_ITEM(parameter, column)                                                                               \
    "(" parameter " = 0 OR " column                                                                                    \
    " IN (SELECT b.id FROM item a JOIN item b ON b.code = a.code WHERE a.id = " parameter "))"

/* system.h: all of a waiting exchange but its body, from the first eight columns. */
struct store_outbox;
void store_outbox_head(struct db_rows *rows, struct store_outbox *out);
/* wait.h: id, case_id, due, retries, type, worker. */
struct store_job;
void store_job_read(struct db_rows *rows, struct store_job *out);

/* operate.h: whether the page's divisions are all of its region: then none has to be looked at. A region is a
 * prefecture, or a county under the province. */
struct store_page;
bool store_page_whole(const struct store_page *page);

/* Lists of one county, by its divisions (first six of twelve digits), have their own indexes. A shard that is one
 * county needs none. */
static inline bool store_one_county(int64_t region, int64_t division_from, int64_t division_to, int64_t *out)
{
    *out = division_from / 1000000;
    return *out == (division_to - 1) / 1000000 && *out != region;
}

/* Reads every row of a result with read into a new array of structs. */
#define STORE_READ_ALL(arena, rows, type, read, out, count)                                                            \
    do {                                                                                                               \
        type *store_items = arena_array((arena), type, (rows)->count);                                                 \
        size_t store_n = 0;                                                                                            \
        while (db_next(rows))                                                                                          \
            (read)((rows), &store_items[store_n++]);                                                                   \
        *(out) = store_items;                                                                                          \
        *(count) = store_n;                                                                                            \
    } while (0)
