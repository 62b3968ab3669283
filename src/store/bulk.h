/* Runs that apply for many at once, and what became of each row of their tables. */
#pragma once

#include "store/operate.h"

enum store_bulk_state { STORE_BULK_RUNNING = 1, STORE_BULK_DONE, STORE_BULK_CANCELLED, STORE_BULK_FAILED };
/* What became of a row: a case that was granted at once, one that waits for people, one that was closed otherwise; no
 * case, because the row is wrong, or because it has been done before. */
enum store_bulk_result {
    STORE_ROW_GRANTED = 1,
    STORE_ROW_WAITING,
    STORE_ROW_REFUSED,
    STORE_ROW_INVALID,
    STORE_ROW_REPEATED,
    STORE_ROW_COUNT,
};

struct store_bulk {
    int64_t id; /* key */
    int64_t division_from, division_to;
    int64_t state, created, ended, total;
    int64_t line;                    /* all rows up to this line have been seen */
    int64_t counts[STORE_ROW_COUNT]; /* by result; counted with the rows */
    struct str unit, item, owner, file;
    struct str body; /* sealed: see service/bulk.c */
};
struct store_bulk_row {
    int64_t run, line, result, at;
    struct str subject;           /* blind index of whom it is about; absent: nobody */
    int64_t case_region, case_id; /* 0: none */
    struct str body;              /* sealed; absent: nothing to tell */
};
/* A row with what its case has become meanwhile. */
struct store_bulk_seen {
    struct store_bulk_row row;
    int64_t state, outcome;
};

MUST_USE enum status store_bulk_insert(struct db_tx *tx, const struct store_bulk *row, struct error *err);
MUST_USE enum status store_bulk_find(struct db_tx *tx, struct arena *arena, int64_t id, struct store_bulk *out,
                                     bool *found, struct error *err);
/* The oldest that runs. */
MUST_USE enum status store_bulk_running(struct db_tx *tx, struct arena *arena, struct store_bulk *out, bool *found,
                                        struct error *err);
/* How many of an owner's run. */
MUST_USE enum status store_bulk_busy(struct db_tx *tx, struct str owner, int64_t *out, struct error *err);
/* Newest first, those before page->after_id (0: all) whose scope lies in the page's. */
MUST_USE enum status store_bulk_page(struct db_tx *tx, struct arena *arena, const struct store_page *page,
                                     struct store_bulk **out, size_t *count, struct error *err);
/* Moves one that runs forward, or ends it: line, state, ended, body. *changed is false when it has ended already. */
MUST_USE enum status store_bulk_move(struct db_tx *tx, const struct store_bulk *row, bool *changed, struct error *err);

/* Writes a row and counts it. *done is false, and nothing written, when the row is there or its run has ended. */
MUST_USE enum status store_bulk_row_insert(struct db_tx *tx, const struct store_bulk_row *row, bool *done,
                                           struct error *err);
/* Whether the run still runs, and whether the row is there. */
MUST_USE enum status store_bulk_row_state(struct db_tx *tx, int64_t run, int64_t line, bool *running, bool *there,
                                          struct error *err);
/* Lines after one, rising, that are there. */
MUST_USE enum status store_bulk_lines(struct db_tx *tx, struct arena *arena, int64_t run, int64_t after, int64_t **out,
                                      size_t *count, struct error *err);
/* The latest row about a subject, of whatever run, that has a case of its own which is open or was granted after an
 * instant. */
MUST_USE enum status store_bulk_before(struct db_tx *tx, struct arena *arena, struct str subject, int64_t since,
                                       struct store_bulk_row *out, bool *found, struct error *err);
struct store_bulk_wanted {
    int64_t run, after; /* lines behind this one */
    int64_t result;     /* 0: all but those granted; -1: all */
    int64_t limit;
};
MUST_USE enum status store_bulk_rows(struct db_tx *tx, struct arena *arena, const struct store_bulk_wanted *wanted,
                                     struct store_bulk_seen **out, size_t *count, struct error *err);
