/* What is counted: which cases changed since they were last counted, what each adds, and the sums.
 *
 *   cases --(writer's turn)--> indicator_due --(background)--> case_fact (what a case adds) and indicator_count (the
 * sums)
 *
 * A writer's turn adds one row to the queue and touches no sum, so that writers never wait for each other's counters.
 */
#pragma once

#include "store/past.h"

struct store_due {
    int64_t region, id, version;
};
/* The case has changed to this version. at stays that of the first change not yet counted. */
MUST_USE enum status store_due_add(struct db_tx *tx, const struct store_due *row, int64_t at, struct error *err);
MUST_USE enum status store_due_list(struct db_tx *tx, struct arena *arena, int64_t limit, struct store_due **out,
                                    size_t *count, struct error *err);
/* Only this version; *taken is false when the case has changed again, or somebody else counted it. */
MUST_USE enum status store_due_take(struct db_tx *tx, const struct store_due *row, bool *taken, struct error *err);
/* Of a region's cases behind *after, as many as limit says: those that have an item. *after becomes the last of them, 0
 * when there was none. */
MUST_USE enum status store_due_add_some(struct db_tx *tx, int64_t region, int64_t at, int64_t limit, int64_t *after,
                                        struct error *err);
/* When the first change was made that is not counted yet; 0: all are counted. */
MUST_USE enum status store_due_since(struct db_tx *tx, int64_t *out, struct error *err);
MUST_USE enum status store_due_has(struct db_tx *tx, int64_t region, int64_t id, bool *out, struct error *err);

/* The number under which an indicator is counted, and the hash of the definition that it was counted by. */
#define STORE_SLOTS_MAX 62
struct store_slot {
    int64_t slot;
    struct str id, hash;
};
MUST_USE enum status store_slot_list(struct db_tx *tx, struct arena *arena, struct store_slot **out, size_t *count,
                                     struct error *err);
MUST_USE enum status store_slot_put(struct db_tx *tx, const struct store_slot *row, struct error *err);

/* What one case adds. numerators and denominators have bit 1 << slot set where it adds to them. */
struct store_fact {
    int64_t region, id, item, division;
    struct str unit;                          /* "" when none */
    int64_t opened, closed, rated, deadline;  /* instants, 0 for none */
    int64_t numerators, denominators;
    struct str marks;                         /* [slot, day, numerator, denominator, …] as JSON */
    struct str staff;                         /* [staff, unit, slot, month, numerator, denominator, …] as JSON */
    struct str stays;                         /* service/heat_count.h; absent: counted before there was any */
    struct store_past past;                   /* kept in its own table; not read back */
};
MUST_USE enum status store_fact_put(struct db_tx *tx, const struct store_fact *row, struct error *err);
MUST_USE enum status store_fact_find(struct db_tx *tx, struct arena *arena, int64_t region, int64_t id,
                                     struct store_fact *out, bool *found, struct error *err);

struct store_fact_filter {
    int64_t region;
    int64_t division_from, division_to; /* [from, to) */
    struct str unit;                    /* absent: any */
    int64_t item_from, item_to;         /* item.id: [from, to] */
    int64_t column;                     /* 0 opened, 1 closed, 2 rated */
    int64_t from, to;                   /* instants of that column: [from, to) */
    int64_t numerator, denominator;     /* bits, at least one of which must be set; 0: any */
    int64_t before_id, limit;
};
/* Newest first. */
MUST_USE enum status store_fact_page(struct db_tx *tx, struct arena *arena, const struct store_fact_filter *filter,
                                     struct store_fact **out, size_t *count, struct error *err);
/* Open cases with a deadline in [from, to), newest first; of filter: region, scope, item, before_id, limit. */
MUST_USE enum status store_fact_deadlines(struct db_tx *tx, struct arena *arena, const struct store_fact_filter *filter,
                                          struct store_fact **out, size_t *count, struct error *err);

struct store_waiting {
    int64_t division;
    struct str unit;
    int64_t bucket; /* 0 overdue, 1 due before today ends, 2 due before soon */
    int64_t n;
};
/* Open cases by division and unit, those due before soon. */
struct store_waiting_query {
    int64_t region, now, today_ends, soon;
    int64_t division_from, division_to, item_from, item_to;
    struct str unit;
};
MUST_USE enum status store_waiting_counts(struct db_tx *tx, struct arena *arena,
                                          const struct store_waiting_query *query, struct store_waiting **out,
                                          size_t *count, struct error *err);

/* A sum. period: yyyymmdd or yyyymm. item 0 (with unit "") holds the sum over all items and units; single items and
 * units are kept by month only. Amounts are in thousandths. */
struct store_count {
    int64_t region, item, period;
    struct str unit;
    int64_t division, slot;
    int64_t numerator, denominator;
};
MUST_USE enum status store_count_add(struct db_tx *tx, const struct store_count *row, struct error *err);
typedef enum status store_count_function(const struct store_count *row, void *arg, struct error *err);
/* Every sum of a region. */
MUST_USE enum status store_count_scan(struct db_tx *tx, int64_t region, store_count_function *fn, void *arg,
                                      struct error *err);

enum store_count_by { STORE_COUNT_ALL, STORE_COUNT_REGION, STORE_COUNT_ITEM, STORE_COUNT_MONTH, STORE_COUNT_UNIT };
struct store_count_query {
    int64_t region;
    int64_t from, to;                   /* periods of one kind, both included */
    int64_t division_from, division_to; /* [from, to) */
    int64_t item_from, item_to;         /* both included; 0 and 0: the sums over all */
    struct str unit;                    /* absent: any */
    int64_t slot;                       /* -1: every one */
    enum store_count_by by;
};
struct store_count_sum {
    int64_t slot, key; /* key: county (six digits), item.id, or period */
    struct str unit;
    int64_t numerator, denominator;
};
MUST_USE enum status store_count_sums(struct db_tx *tx, struct arena *arena, const struct store_count_query *query,
                                      struct store_count_sum **out, size_t *count, struct error *err);
/* {unit id, name} of all institutions that staff belong to. */
struct store_unit {
    struct str id, name;
};
MUST_USE enum status store_unit_list(struct db_tx *tx, struct arena *arena, struct store_unit **out, size_t *count,
                                     struct error *err);
