/* Messages on their way out, and how a party wants to be told. */
#pragma once

#include "store/schema.h"

enum store_channel { STORE_CHANNEL_ROUTE, STORE_CHANNEL_SMS, STORE_CHANNEL_MAIL };

/* A notice that is to be told on a channel; STORE_CHANNEL_ROUTE: on which ones is not decided yet. */
struct store_delivery {
    int64_t region, due, id; /* id: of the notice */
    int64_t channel, attempts;
    struct str party; /* blind index */
};
MUST_USE enum status store_delivery_insert(struct db_tx *tx, const struct store_delivery *row, struct error *err);
MUST_USE enum status store_delivery_due(struct db_tx *tx, struct arena *arena, int64_t region, int64_t now,
                                        int64_t limit, struct store_delivery **out, size_t *count, struct error *err);
/* *moved is false when somebody else has taken it. */
MUST_USE enum status store_delivery_move(struct db_tx *tx, const struct store_delivery *row, int64_t due,
                                         int64_t attempts, bool *moved, struct error *err);
/* *deleted is false when it is not there any more. */
MUST_USE enum status store_delivery_delete(struct db_tx *tx, const struct store_delivery *row, bool *deleted,
                                           struct error *err);

struct store_preference {
    struct str owner; /* blind index */
    int64_t version;
    struct str body; /* sealed */
};
MUST_USE enum status store_preference_find(struct db_tx *tx, struct arena *arena, struct str owner,
                                           struct store_preference *out, bool *found, struct error *err);
/* version_was 0: a new one. *changed is false when somebody was faster. */
MUST_USE enum status store_preference_put(struct db_tx *tx, const struct store_preference *row, int64_t version_was,
                                          bool *changed, struct error *err);
