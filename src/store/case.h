/* Cases, their events, the tally over all events, idempotency keys and drafts. */
#pragma once

#include "store/schema.h"

struct store_case {
    int64_t region, id; /* id: yymmdd * 10^8 + number of the day */
    int64_t item;            /* item.id; of a deployed process without an item: minus its definition.id */
    int64_t packs;      /* pack_set.id it was opened under */
    int64_t division;   /* 12 digits */
    struct str unit;    /* absent: none */
    int64_t state, outcome;
    struct str party;      /* blind index; absent: about nobody */
    struct str applicant;  /* blind index */
    struct str unique_key; /* blind index; absent: none */
    int64_t opened, deadline, closed;
    int64_t version;
    int64_t events;            /* length of its chain … */
    struct str head;           /* … and last hash */
    struct str body, instance; /* sealed */
};

/* *added is false when the unique key is taken. */
MUST_USE enum status store_case_insert(struct db_tx *tx, const struct store_case *row, bool *added, struct error *err);
/* Only if the stored version is version_was; *changed tells. unique_key is only ever cleared: by absence. */
MUST_USE enum status store_case_update(struct db_tx *tx, const struct store_case *row, int64_t version_was,
                                       bool *changed, struct error *err);
/* The same for one whose state, closing, unique_key and unit are as they are stored: it leaves the indexes alone. */
MUST_USE enum status store_case_go_on(struct db_tx *tx, const struct store_case *row, int64_t version_was,
                                      bool *changed, struct error *err);
MUST_USE enum status store_case_find(struct db_tx *tx, struct arena *arena, int64_t region, int64_t id,
                                     struct store_case *out, bool *found, struct error *err);
/* A case that holds the key, in any region; *id 0 when none does. */
MUST_USE enum status store_case_unique(struct db_tx *tx, struct str key, int64_t *region, int64_t *id,
                                       struct error *err);

#define STORE_CASE_STATES 9 /* 0 to 8 … */
#define STORE_CASE_CLOSED 8 /* … of which this is the last */
struct store_case_filter {
    int64_t region;
    int64_t before_id;                  /* 0: from the newest */
    int64_t division_from, division_to; /* [from, to) */
    struct str unit;                    /* absent: any */
    struct str party, applicant;        /* absent: any; both: either of them */
    bool open_only; /* any state but closed */
    int64_t state;  /* -1: any */
    int64_t item;  /* in any version; 0: any */
    bool item_versions; /* it has several */
    int64_t limit;
};
/* Newest first; ids without their rows. */
MUST_USE enum status store_case_keys(struct db_tx *tx, struct arena *arena, const struct store_case_filter *filter,
                                     int64_t **out, size_t *count, struct error *err);
/* The same with their rows. */
MUST_USE enum status store_case_list(struct db_tx *tx, struct arena *arena, const struct store_case_filter *filter,
                                     struct store_case **out, size_t *count, struct error *err);
/* The same in a fixed order for audits: after (region, id), with instance. */
MUST_USE enum status store_case_walk(struct db_tx *tx, struct arena *arena, int64_t region, int64_t id, int64_t limit,
                                     struct store_case **out, size_t *count, struct error *err);
/* Regions that have cases. */
MUST_USE enum status store_case_regions(struct db_tx *tx, struct arena *arena, int64_t **out, size_t *count,
                                        struct error *err);

struct store_event {
    int64_t region, case_id, seq, at;
    struct str hash, body; /* body sealed */
};
MUST_USE enum status store_event_insert(struct db_tx *tx, const struct store_event *row, struct error *err);
MUST_USE enum status store_event_list(struct db_tx *tx, struct arena *arena, int64_t region, int64_t case_id,
                                      struct store_event **out, size_t *count, struct error *err);

/* Adds n events with a keyed sum (62 bits, wrapping) to a slot of the region's tally. */
#define STORE_TALLY_MASK INT64_C(0x3fffffffffffffff)
#define STORE_TALLY_SLOTS 16
struct store_tally {
    int64_t region, slot, n, sum;
};
MUST_USE enum status store_tally_add(struct db_tx *tx, const struct store_tally *row, struct error *err);
MUST_USE enum status store_tally_list(struct db_tx *tx, struct arena *arena, struct store_tally **out, size_t *count,
                                      struct error *err);

struct store_idempotency {
    int64_t region, at;
    struct str name, request, answer; /* hash of actor and key; hash of the request; sealed */
};
/* *added is false when the name is there already. */
MUST_USE enum status store_idempotency_insert(struct db_tx *tx, const struct store_idempotency *row, bool *added,
                                              struct error *err);
MUST_USE enum status store_idempotency_find(struct db_tx *tx, struct arena *arena, int64_t region, struct str name,
                                            struct store_idempotency *out, bool *found, struct error *err);
MUST_USE enum status store_idempotency_expire(struct db_tx *tx, int64_t before, struct error *err);

struct store_draft {
    int64_t region, id, saved;
    struct str owner, item, body;
};
MUST_USE enum status store_draft_put(struct db_tx *tx, const struct store_draft *row, struct error *err);
/* *changed is false when it was saved since, or is gone. */
MUST_USE enum status store_draft_change(struct db_tx *tx, const struct store_draft *row, int64_t saved_was,
                                        bool *changed, struct error *err);
MUST_USE enum status store_draft_find(struct db_tx *tx, struct arena *arena, const struct store_draft *key,
                                      struct store_draft *out, bool *found, struct error *err);
MUST_USE enum status store_draft_list(struct db_tx *tx, struct arena *arena, int64_t region, struct str owner,
                                      struct store_draft **out, size_t *count, struct error *err);
MUST_USE enum status store_draft_delete(struct db_tx *tx, const struct store_draft *key, struct error *err);
MUST_USE enum status store_draft_expire(struct db_tx *tx, int64_t before, struct error *err);
