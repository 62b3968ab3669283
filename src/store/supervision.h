/* Supervision of late cases, and bulletins. */
#pragma once

#include "store/operate.h"

struct store_supervision {
    int64_t region, id, case_id; /* the case's region too */
    int64_t division;
    struct str unit; /* absent: none */
    int64_t state;   /* service/supervision.h */
    struct str owner; /* staff name, or "": the institution */
    int64_t due, opened, closed;
    int64_t version;
    struct str body;    /* sealed */
    struct str subject; /* blind index of the party that it is about; absent: it is about a case or an institution */
};
/* *added is false when the case has an open one. */
MUST_USE enum status store_supervision_insert(struct db_tx *tx, const struct store_supervision *row, bool *added,
                                              struct error *err);
MUST_USE enum status store_supervision_update(struct db_tx *tx, const struct store_supervision *row,
                                              int64_t version_was, bool *changed, struct error *err);
MUST_USE enum status store_supervision_find(struct db_tx *tx, struct arena *arena, int64_t region, int64_t id,
                                            struct store_supervision *out, bool *found, struct error *err);
/* The open one of a case; *id 0 when there is none. */
MUST_USE enum status store_supervision_of_case(struct db_tx *tx, int64_t region, int64_t case_id, int64_t *id,
                                               struct error *err);
/* All that a case has had, newest first. */
MUST_USE enum status store_supervision_history(struct db_tx *tx, struct arena *arena, int64_t region, int64_t case_id,
                                               struct store_supervision **out, size_t *count, struct error *err);
/* All that were opened about a party, newest first. */
MUST_USE enum status store_supervision_of_subject(struct db_tx *tx, struct arena *arena, struct str subject,
                                                  struct store_supervision **out, size_t *count, struct error *err);
/* By key; state -1: any, -2: all that are not closed. */
MUST_USE enum status store_supervision_page(struct db_tx *tx, struct arena *arena, const struct store_page *page,
                                            int64_t state, struct store_supervision **out, size_t *count,
                                            struct error *err);

struct store_bulletin {
    int64_t region, id;
    int64_t division_from, division_to; /* [from, to) */
    int64_t state, made, version;
    struct str author, title, body; /* body sealed */
};
MUST_USE enum status store_bulletin_insert(struct db_tx *tx, const struct store_bulletin *row, struct error *err);
MUST_USE enum status store_bulletin_update(struct db_tx *tx, const struct store_bulletin *row, int64_t version_was,
                                           bool *changed, struct error *err);
MUST_USE enum status store_bulletin_find(struct db_tx *tx, struct arena *arena, int64_t region, int64_t id,
                                         struct store_bulletin *out, bool *found, struct error *err);
/* Those whose divisions lie in the page's, by key, without bodies. */
MUST_USE enum status store_bulletin_page(struct db_tx *tx, struct arena *arena, const struct store_page *page,
                                         struct store_bulletin **out, size_t *count, struct error *err);
