/* Where cases of items wait and how long they stay at each element, as sums that counting keeps (store/indicator.h): of
 * a region (area 0) and of each of its counties. */
#pragma once

#include "store/operate.h"

/* period         element              bucket                                  n
 * 0              0 running, 1 closed  0                                       cases
 * 1              its number           day since which they wait, yyyymmdd     tokens that wait
 * yyyymmdd,      -1                   0                                       cases opened then
 * yyyymm         its number           of how long they stayed, -1: not told   cases, of these, that passed it
 * The number of an element is its place in the process that cases of the item run under this set of packs. */
#define STORE_HEAT_CASES 0
#define STORE_HEAT_WAITING 1
struct store_heat {
    int64_t region, area; /* 0, or a county's six digits */
    int64_t item, packs;
    int64_t period, element, bucket, n;
};
MUST_USE enum status store_heat_add(struct db_tx *tx, const struct store_heat *row, struct error *err);
typedef enum status store_heat_function(const struct store_heat *row, void *arg, struct error *err);
/* Every sum of a region. */
MUST_USE enum status store_heat_scan(struct db_tx *tx, int64_t region, store_heat_function *fn, void *arg,
                                     struct error *err);

/* The area that is the page's scope within its region; false: sums do not tell it. */
bool store_heat_area(const struct store_page *page, int64_t *area);

struct store_heat_group {
    int64_t item, packs, running, closed;
};
MUST_USE enum status store_heat_groups(struct db_tx *tx, struct arena *arena, int64_t region, int64_t area,
                                       struct store_heat_group **out, size_t *count, struct error *err);
struct store_heat_query {
    int64_t region, area, item, packs;
    int64_t from, to; /* periods of one kind, both included */
};
/* By element and bucket; period is 0. */
MUST_USE enum status store_heat_sums(struct db_tx *tx, struct arena *arena, const struct store_heat_query *query,
                                     struct store_heat **out, size_t *count, struct error *err);
