/* Handing over what a case leaves: at the counter, by courier, electronically. */
#pragma once

#include "store/operate.h"

struct store_handover {
    int64_t region, id, case_id; /* the case's region too; id: key */
    int64_t division;
    struct str unit;             /* absent: none */
    int64_t way, state;          /* service/handover.h */
    int64_t due, opened, closed; /* closed 0: waiting */
    int64_t version;
    struct str body; /* sealed */
};
/* *added is false when the case has one that waits. */
MUST_USE enum status store_handover_insert(struct db_tx *tx, const struct store_handover *row, bool *added,
                                           struct error *err);
MUST_USE enum status store_handover_update(struct db_tx *tx, const struct store_handover *row, int64_t version_was,
                                           bool *changed, struct error *err);
MUST_USE enum status store_handover_find(struct db_tx *tx, struct arena *arena, int64_t id, struct store_handover *out,
                                         bool *found, struct error *err);
struct store_handover_wanted {
    int64_t way, state;         /* -1: any */
    int64_t case_id;            /* 0: any */
};
/* By key. */
MUST_USE enum status store_handover_page(struct db_tx *tx, struct arena *arena, const struct store_page *page,
                                         const struct store_handover_wanted *wanted, struct store_handover **out,
                                         size_t *count, struct error *err);
