/* What a case of an item adds to the sums of store/heat.h. How long somebody stayed is kept in buckets that are an
 * eighth of a power of two wide, so that it is told to within 6.25 per cent. */
#pragma once

#include "service/work.h"
#include "store/heat.h"
#include "store/indicator.h"

#define HEAT_PRECISION 6.25 /* per cent */
int64_t heat_bucket_of(int64_t ms);
/* The middle of a bucket, which is 0 or more. */
int64_t heat_bucket_ms(int64_t bucket);

/* The text of store_fact.stays: [packs, running, [element, bucket, …] passed, [element, day, …] waiting] as JSON; ""
 * when the process cannot be read. Loads the case's process. */
MUST_USE enum status heat_stays_text(struct work *work, struct work_case *of, struct str *out, struct error *err);

typedef VECTOR(struct store_heat) heat_sums;
/* Adds sign times what a fact's text says. */
MUST_USE enum status heat_sums_add(struct arena *arena, heat_sums *sums, const struct store_fact *fact, int64_t sign,
                                   struct error *err);
/* One row for each key, in their order; what is nothing goes. */
void heat_sums_merge(heat_sums *sums);
/* Merges and writes them, sign times. */
MUST_USE enum status heat_sums_write(struct db_tx *tx, heat_sums *sums, int64_t sign, struct error *err);
