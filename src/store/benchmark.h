/* What other provinces ask for the same items, and what is planned about it. Small tables. */
#pragma once

#include "store/schema.h"

struct store_benchmark {
    struct str province, item, title;
    int64_t materials, promised, steps, visits, fee; /* promised: thousandths of a working day; fee: fen */
    struct str as_of, source;
    int64_t imported;
};
MUST_USE enum status store_benchmark_put(struct db_tx *tx, const struct store_benchmark *row, struct error *err);
/* By item and province. */
MUST_USE enum status store_benchmark_list(struct db_tx *tx, struct arena *arena, struct store_benchmark **out,
                                          size_t *count, struct error *err);

struct store_plan {
    struct str item, measure, owner, due, author;
    int64_t changed;
};
MUST_USE enum status store_plan_put(struct db_tx *tx, const struct store_plan *row, struct error *err);
MUST_USE enum status store_plan_list(struct db_tx *tx, struct arena *arena, struct store_plan **out, size_t *count,
                                     struct error *err);
