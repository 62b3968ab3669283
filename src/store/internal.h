/* Shared by the store's files: reading many rows into an array. */
#pragma once

#include "store/schema.h"

/* A condition: of the item with this id, in whatever version; 0: of any. */
#define STORE_OF_ITEM(parameter, column)                                                                               \
    "(" parameter " = 0 OR " column                                                                                    \
    " IN (SELECT b.id FROM item a JOIN item b ON b.code = a.code WHERE a.id = " parameter "))"

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
