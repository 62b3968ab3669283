/* Who stands in for whom while they are away. Staff names only. */
#pragma once

#include "store/schema.h"

struct store_delegation {
    int64_t id;
    struct str giver, taker; /* staff names */
    struct str unit;         /* of both */
    int64_t division;
    int64_t starts, ends;    /* [starts, ends) */
    int64_t made, ended;     /* ended 0: not before its time */
    struct str ended_by, reason;
};
/* *added is false when the giver has one that overlaps it, or the taker is away then. */
MUST_USE enum status store_delegation_insert(struct db_tx *tx, const struct store_delegation *row, bool *added,
                                             struct error *err);
MUST_USE enum status store_delegation_find(struct db_tx *tx, struct arena *arena, int64_t id,
                                           struct store_delegation *out, bool *found, struct error *err);
/* Sets ended and ended_by; *done is false when it had ended already. */
MUST_USE enum status store_delegation_end(struct db_tx *tx, const struct store_delegation *row, bool *done,
                                          struct error *err);
/* Those that give tasks to a member of staff at an instant. */
MUST_USE enum status store_delegation_standing(struct db_tx *tx, struct arena *arena, struct str taker, int64_t now,
                                               struct store_delegation **out, size_t *count, struct error *err);
/* Given or taken by a member of staff, newest first, at most 100. */
MUST_USE enum status store_delegation_of(struct db_tx *tx, struct arena *arena, struct str staff,
                                         struct store_delegation **out, size_t *count, struct error *err);
/* Not over at an instant, of the divisions in [from, to) and the unit (absent: any), at most 1,000. */
struct store_delegation_scope {
    int64_t from, to, now;
    struct str unit;
};
MUST_USE enum status store_delegation_within(struct db_tx *tx, struct arena *arena,
                                             const struct store_delegation_scope *scope, struct store_delegation **out,
                                             size_t *count, struct error *err);
