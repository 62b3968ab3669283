/* Who may act for whom. */
#pragma once

#include "store/schema.h"

struct store_mandate {
    int64_t region, id; /* id: key */
    struct str principal, agent; /* blind indexes */
    int64_t granted, until, ended; /* ended 0: not before its time */
    struct str body; /* sealed */
};
MUST_USE enum status store_mandate_insert(struct db_tx *tx, const struct store_mandate *row, struct error *err);
MUST_USE enum status store_mandate_find(struct db_tx *tx, struct arena *arena, int64_t region, int64_t id,
                                        struct store_mandate *out, bool *found, struct error *err);
/* *ended is false when it had ended already. */
MUST_USE enum status store_mandate_end(struct db_tx *tx, const struct store_mandate *row, bool *ended,
                                       struct error *err);
/* Newest first, at most 200. */
MUST_USE enum status store_mandate_of_principal(struct db_tx *tx, struct arena *arena, struct str principal,
                                                struct store_mandate **out, size_t *count, struct error *err);
MUST_USE enum status store_mandate_of_agent(struct db_tx *tx, struct arena *arena, struct str agent,
                                            struct store_mandate **out, size_t *count, struct error *err);
