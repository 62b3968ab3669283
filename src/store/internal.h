/* Shared by the store's files: reading many rows into an array. */
#pragma once

#include "store/schema.h"

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
