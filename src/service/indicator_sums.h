/* Sums being built in memory, one for each key of store_count. */
#pragma once

#include "service/indicator_facts.h"

struct indicator_sums {
    struct arena *arena; /* for the table and the units' texts */
    struct store_count *rows;
    size_t *slots; /* row + 1, by hash; 0 is free */
    size_t count, row_capacity, slot_count;
};
void indicator_sums_init(struct indicator_sums *self, struct arena *arena);
/* Adds sign times what a case adds. */
void indicator_sums_add(struct indicator_sums *self, const struct store_fact *fact, const struct indicator_marks *marks,
                        int64_t sign);
/* Adds one row as it is. */
void indicator_sums_row(struct indicator_sums *self, const struct store_count *row, int64_t sign);
/* In the order of their keys, so that two processes that add to the same sums do not wait for each other in a circle.
 */
void indicator_sums_sort(struct indicator_sums *self);
