/* Cases that members of staff keep an eye on, each for themselves. */
#pragma once

#include "store/operate.h"

#define STORE_WATCHES_MOST 200 /* of one member of staff */

struct store_watch {
    struct str staff;
    int64_t region, case_id, since;
};
/* Also when it is there already. *added is false when there are as many as may be. */
MUST_USE enum status store_watch_put(struct db_tx *tx, const struct store_watch *row, bool *added, struct error *err);
MUST_USE enum status store_watch_remove(struct db_tx *tx, const struct store_watch *row, struct error *err);
MUST_USE enum status store_watch_has(struct db_tx *tx, const struct store_watch *row, bool *out, struct error *err);
/* Newest first. */
MUST_USE enum status store_watch_list(struct db_tx *tx, struct arena *arena, struct str staff, struct store_watch **out,
                                      size_t *count, struct error *err);
