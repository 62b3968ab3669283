/* What operators look at and do: pages of timers, jobs, waiting exchanges and open incidents in a scope; how many cases
 * run which process in which version, and samples of them; changes to running cases that two persons make. */
#pragma once

#include "store/case.h"
#include "store/deployment.h"
#include "store/system.h"
#include "store/wait.h"

/* Rows of one region whose case is in a scope, after the last one seen. */
struct store_page {
    int64_t region;
    int64_t division_from, division_to; /* [from, to) */
    struct str unit;                    /* absent: any */
    int64_t after_due, after_id;        /* those by due date: (due, id); the others: id alone */
    int64_t limit;
};
/* By due date; before: only those that are due earlier. */
MUST_USE enum status store_timer_page(struct db_tx *tx, struct arena *arena, const struct store_page *page,
                                      int64_t before, struct store_timer **out, size_t *count, struct error *err);

enum store_job_state { STORE_JOB_ANY, STORE_JOB_SPENT, STORE_JOB_FREE, STORE_JOB_TAKEN, STORE_JOB_LATER };
struct store_job_wanted {
    enum store_job_state state;
    struct str type; /* absent: any */
    int64_t now;
};
/* By key. */
MUST_USE enum status store_job_page(struct db_tx *tx, struct arena *arena, const struct store_page *page,
                                    const struct store_job_wanted *wanted, struct store_job **out, size_t *count,
                                    struct error *err);
/* By key, without bodies: the due date of a row moves with each attempt. */
MUST_USE enum status store_outbox_page(struct db_tx *tx, struct arena *arena, const struct store_page *page,
                                       bool failing, struct store_outbox **out, size_t *count, struct error *err);

struct store_incident_wanted {
    struct str process, kind; /* absent: any */
    int64_t case_id;          /* 0: any */
};
/* Open ones, by key. */
MUST_USE enum status store_incident_page(struct db_tx *tx, struct arena *arena, const struct store_page *page,
                                         const struct store_incident_wanted *wanted, struct store_incident **out,
                                         size_t *count, struct error *err);

/* ---- Which cases run what ---- */

/* Cases of one item (or, negative, one definition) that were opened under one set of packs run the same version. */
struct store_case_group {
    int64_t item, packs, n;
};
enum store_group_of {
    STORE_CASES_ALL,
    STORE_CASES_RUNNING,
    STORE_CASES_STUCK,
    STORE_CASES_NAMES,
    STORE_CASES_DEFINED,        /* all of definitions, none of items */
    STORE_CASES_DEFINED_RUNNING
};
/* Counted in indexes alone, unless the page names a unit; stuck: cases with open incidents, of which at most 20,000 are
 * looked at; names: not counted, all that the region has; defined: not for a page that names a unit. Of page only
 * region and scope count. */
MUST_USE enum status store_case_groups(struct db_tx *tx, struct arena *arena, const struct store_page *page,
                                       enum store_group_of of, struct store_case_group **out, size_t *count,
                                       struct error *err);

struct store_case_wanted {
    int64_t item, packs;
    bool running;
    int64_t id_to;          /* cases with ids after page.after_id and below this one; 0: without end */
    int64_t stride, offset; /* only ids that leave this remainder; stride 1: all */
};
MUST_USE enum status store_case_number(struct db_tx *tx, const struct store_page *page,
                                       const struct store_case_wanted *wanted, int64_t *out, struct error *err);
#define STORE_CASES_A_DAY INT64_C(100000000) /* ids of cases: days, and numbers of the day below this one */
/* The last case of the region with an id below this one; 0: none. */
MUST_USE enum status store_case_before(struct db_tx *tx, int64_t region, int64_t before, int64_t *out,
                                       struct error *err);
/* Rising. */
MUST_USE enum status store_case_ids(struct db_tx *tx, struct arena *arena, const struct store_page *page,
                                    const struct store_case_wanted *wanted, int64_t **out, size_t *count,
                                    struct error *err);

/* Files of every set of packs that was ever in force, by pack, path and set, whose paths are in [from, to). */
struct store_set_file {
    int64_t set, stored;
    struct str pack, path, hash;
};
MUST_USE enum status store_set_files(struct db_tx *tx, struct arena *arena, struct str from, struct str to,
                                     struct store_set_file **out, size_t *count, struct error *err);

/* ---- After a migration ---- */

/* item and packs of a case; definition, version, process and element of a user task or incident. */
MUST_USE enum status store_case_move(struct db_tx *tx, const struct store_case *row, struct error *err);
MUST_USE enum status store_user_task_move(struct db_tx *tx, const struct store_user_task *row, struct error *err);
MUST_USE enum status store_incident_move(struct db_tx *tx, const struct store_incident *row, struct error *err);

/* ---- Changes by two persons ---- */

enum store_change_state { STORE_CHANGE_PROPOSED = 1, STORE_CHANGE_RUNNING, STORE_CHANGE_DONE, STORE_CHANGE_REJECTED };
struct store_change {
    int64_t id; /* key */
    int64_t division_from, division_to;
    int64_t state, kind, proposed, decided;
    int64_t total, done, failed, skipped;
    int64_t at_region, at_id; /* how far it has come */
    int64_t version;          /* counts what was written */
    struct str unit, process, proposer, decider; /* unit, decider absent: none; the others user names */
    struct str body;          /* sealed: see service/change.c */
};
MUST_USE enum status store_change_insert(struct db_tx *tx, const struct store_change *row, struct error *err);
/* Counts a case as done, in the transaction that changes the case. */
MUST_USE enum status store_change_count(struct db_tx *tx, const struct store_change *row, struct error *err);
/* Everything but what it is about and how many are done; *changed is false when the stored version is another. */
MUST_USE enum status store_change_update(struct db_tx *tx, const struct store_change *row, bool *changed,
                                         struct error *err);
MUST_USE enum status store_change_find(struct db_tx *tx, struct arena *arena, int64_t id, struct store_change *out,
                                       bool *found, struct error *err);
/* Newest first, those before a key (0: all) whose scope lies in the page's; state 0: any. */
MUST_USE enum status store_change_page(struct db_tx *tx, struct arena *arena, const struct store_page *page,
                                       int64_t state, struct store_change **out, size_t *count, struct error *err);
/* The oldest that is being carried out. */
MUST_USE enum status store_change_running(struct db_tx *tx, struct arena *arena, struct store_change *out, bool *found,
                                          struct error *err);
