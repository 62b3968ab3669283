/* Models on their way into force: versions of files of packs that analysts draft and others release, and the chain of
 * what was done to them. */
#pragma once

#include "store/schema.h"

enum store_model_state {
    STORE_MODEL_DRAFT = 1,
    STORE_MODEL_PROPOSED,
    STORE_MODEL_APPROVED,
    STORE_MODEL_REJECTED,
    STORE_MODEL_WITHDRAWN,
};

/* One version of one file. Texts that are not there yet are empty. */
struct store_model {
    struct str pack, path;
    int64_t number;     /* from 1, in the order of drafting */
    int64_t state;
    int64_t version;    /* of the row */
    int64_t created, changed, decided;
    int64_t in_force;   /* from this instant on; 0: not said yet */
    int64_t rollback;   /* of this number; -1: none, 0: to the pack's own file */
    struct str base;    /* hash of the pack's own file at the time; empty: the pack has none */
    struct str hash;    /* of the content */
    struct str tested;  /* hash of the content that was tried and went well */
    struct str author, proposer, approver, reason;
    struct str step;      /* of an item: suspend, resume; empty: the content is what is released */
    int64_t item_version; /* that an approved item's content has; 0: not yet */
};
MUST_USE enum status store_model_insert(struct db_tx *tx, const struct store_model *row, struct str content,
                                        struct error *err);
/* *changed is false when the row's version is not version_was any more. */
MUST_USE enum status store_model_update(struct db_tx *tx, const struct store_model *row, int64_t version_was,
                                        bool *changed, struct error *err);
/* tests: sealed; both absent: stay as they are. */
struct store_model_text {
    struct str content, tests;
};
MUST_USE enum status store_model_text_put(struct db_tx *tx, const struct store_model *row,
                                          const struct store_model_text *text, struct error *err);
MUST_USE enum status store_model_text_get(struct db_tx *tx, struct arena *arena, const struct store_model *row,
                                          struct store_model_text *out, struct error *err);
/* By pack, path and number. pack empty: of all files. */
MUST_USE enum status store_model_list(struct db_tx *tx, struct arena *arena, struct str pack, struct str path,
                                      struct store_model **out, size_t *count, struct error *err);
/* Approved ones whose instant is set, in the order of their instants. */
MUST_USE enum status store_model_released(struct db_tx *tx, struct arena *arena, struct store_model **out,
                                          size_t *count, struct error *err);

struct store_model_event {
    struct str pack, path;
    int64_t seq, number, at;
    struct str who, what, body; /* user name; "proposed" …; JSON */
    struct str hash;            /* over the one before and this one */
};
MUST_USE enum status store_model_event_insert(struct db_tx *tx, const struct store_model_event *row, struct error *err);
/* Oldest first; pack empty: of all files. */
MUST_USE enum status store_model_event_list(struct db_tx *tx, struct arena *arena, struct str pack, struct str path,
                                            struct store_model_event **out, size_t *count, struct error *err);

/* Open cases by the packs they were opened under and their item. */
struct store_packs_count {
    int64_t packs, item, n;
};
MUST_USE enum status store_packs_counts(struct db_tx *tx, struct arena *arena, struct store_packs_count **out,
                                        size_t *count, struct error *err);
struct store_pack_file;
/* Paths and hashes without contents. */
MUST_USE enum status store_pack_set_hashes(struct db_tx *tx, struct arena *arena, int64_t id,
                                           struct store_pack_file **out, size_t *count, struct error *err);
