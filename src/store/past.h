/* Closed cases as the legal clock saw them, one short row each without personal data, so that the past can be counted
 * again under other rules without opening cases. Written by counting (store/indicator.h), from the case's events. */
#pragma once

#include "store/schema.h"

#define STORE_PAST_PAUSES_MAX 64
#define STORE_PAST_MATERIALS_MAX 62

struct store_past {
    int64_t region, item; /* item.id */
    int64_t closed, id;
    int64_t division;
    struct str unit;         /* "" when none */
    int64_t accepted, ended; /* ended: decided, else closed. accepted 0: never */
    int64_t deadline;        /* as it was, 0: none */
    int64_t extension;       /* granted, in the unit of the limit it had */
    int64_t materials;       /* 1 << n: the item version's n-th material was handed in as a file or on paper */
    struct str pauses;       /* "" or [from, to, …] as JSON, instants */
};
/* Takes away the row that the case had under was_item and was_closed (0: none), and puts this one (closed 0: none). */
MUST_USE enum status store_past_put(struct db_tx *tx, const struct store_past *row, int64_t was_item,
                                    int64_t was_closed, struct error *err);

MUST_USE enum status store_past_find(struct db_tx *tx, struct arena *arena, const struct store_past *key,
                                     struct store_past *out, bool *found, struct error *err);
/* Rows (region, item, closed, id) that belong to no case as it was counted. */
MUST_USE enum status store_past_strays(struct db_tx *tx, struct arena *arena, int64_t region, struct store_past **out,
                                       size_t *count, struct error *err);
MUST_USE enum status store_past_delete(struct db_tx *tx, const struct store_past *key, struct error *err);

struct store_past_range {
    int64_t region, item;
    int64_t after, after_id;            /* behind this one, by closed and id … */
    int64_t before;                     /* … and closed before */
    int64_t division_from, division_to; /* [from, to) */
    struct str unit;                    /* absent: any */
    int64_t limit;
};
/* The row's texts live during the call only. */
typedef enum status store_past_function(const struct store_past *row, void *arg, struct error *err);
/* By closed and id. */
MUST_USE enum status store_past_scan(struct db_tx *tx, const struct store_past_range *range, store_past_function *fn,
                                     void *arg, struct error *err);

/* ---- What staff did ---- */

struct store_staff_count {
    int64_t region, division, period; /* yyyymm */
    struct str unit, staff;           /* unit "" when none; staff name */
    int64_t slot, numerator, denominator; /* thousandths */
};
MUST_USE enum status store_staff_count_add(struct db_tx *tx, const struct store_staff_count *row, struct error *err);
/* Every sum of a region. */
MUST_USE enum status store_staff_count_list(struct db_tx *tx, struct arena *arena, int64_t region,
                                            struct store_staff_count **out, size_t *count, struct error *err);
struct store_staff_query {
    int64_t region, from, to;           /* periods, both included */
    int64_t division_from, division_to; /* [from, to) */
    struct str unit;                    /* absent: any */
};
/* Sums by unit, staff and slot, in this order; division and period are 0. */
MUST_USE enum status store_staff_sums(struct db_tx *tx, struct arena *arena, const struct store_staff_query *query,
                                      struct store_staff_count **out, size_t *count, struct error *err);

/* ---- Alerts ---- */

/* A rule that will look at a case, or has looked at an institution. since says which occasion it is about: one is never
 * looked at twice. due 0: it has been. */
struct store_alert {
    int64_t region;
    struct str rule, subject; /* the case's id, or "unit:" and the institution */
    int64_t case_id;          /* 0: about an institution */
    int64_t since, due;
};
/* Nothing changes while since is the same; *changed tells. */
MUST_USE enum status store_alert_put(struct db_tx *tx, const struct store_alert *row, bool *changed, struct error *err);
/* The row is there with this since. */
MUST_USE enum status store_alert_has(struct db_tx *tx, const struct store_alert *row, bool *out, struct error *err);
/* Unless it has been looked at. */
MUST_USE enum status store_alert_drop(struct db_tx *tx, const struct store_alert *row, struct error *err);
MUST_USE enum status store_alert_due(struct db_tx *tx, struct arena *arena, int64_t now, int64_t limit,
                                     struct store_alert **out, size_t *count, struct error *err);
/* Looked at, as this row says; *changed is false when somebody else did, or it was put again. */
MUST_USE enum status store_alert_done(struct db_tx *tx, const struct store_alert *row, bool *changed,
                                      struct error *err);
