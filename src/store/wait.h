/* What cases wait for: tasks (people), timers, jobs (outside workers), subscriptions and messages. */
#pragma once

#include "store/schema.h"

struct store_task {
    int64_t id; /* key: holds the region */
    int64_t case_id, item, division;
    struct str unit, element, name, form;
    struct str roles;               /* "doctor,county-cdc" */
    struct str assignee;            /* absent: nobody */
    int64_t created, due, priority; /* due 0: none */
};
MUST_USE enum status store_task_insert(struct db_tx *tx, const struct store_task *row, struct error *err);
MUST_USE enum status store_task_delete(struct db_tx *tx, int64_t id, struct error *err);
MUST_USE enum status store_task_find(struct db_tx *tx, struct arena *arena, int64_t id, struct store_task *out,
                                     bool *found, struct error *err);
/* Sets the assignee if it is still `was` (absent: nobody); *changed tells. */
MUST_USE enum status store_task_assign(struct db_tx *tx, int64_t id, struct str was, struct str assignee, bool *changed,
                                       struct error *err);
MUST_USE enum status store_task_set_due(struct db_tx *tx, int64_t id, int64_t due, struct error *err);
/* To another version of its item: item and element. */
MUST_USE enum status store_task_move(struct db_tx *tx, const struct store_task *to, struct error *err);
struct store_task_filter {
    int64_t region;
    struct str role;     /* absent: by assignee */
    struct str assignee; /* absent: any */
    bool unassigned;
    int64_t division_from, division_to;
    struct str unit;
    int64_t item;                /* in any version; 0: any */
    bool item_versions;          /* it has several */
    int64_t after_due, after_id; /* of the last one seen; those without a due date come last, as INT64_MAX */
    int64_t limit;
};
MUST_USE enum status store_task_list(struct db_tx *tx, struct arena *arena, const struct store_task_filter *filter,
                                     struct store_task **out, size_t *count, struct error *err);
MUST_USE enum status store_task_of_case(struct db_tx *tx, struct arena *arena, int64_t region, int64_t case_id,
                                        struct store_task **out, size_t *count, struct error *err);

/* Completed ones are remembered, so that the second of two who complete a task is told so. */
struct store_task_done {
    int64_t id, at;
};
MUST_USE enum status store_task_done_insert(struct db_tx *tx, const struct store_task_done *row, struct error *err);
MUST_USE enum status store_task_done_find(struct db_tx *tx, struct arena *arena, int64_t id,
                                          struct store_task_done *out, bool *found, struct error *err);
MUST_USE enum status store_task_done_expire(struct db_tx *tx, int64_t before, struct error *err);

struct store_timer {
    int64_t id, case_id, due;
};
MUST_USE enum status store_timer_insert(struct db_tx *tx, const struct store_timer *row, struct error *err);
MUST_USE enum status store_timer_delete(struct db_tx *tx, int64_t id, struct error *err);
MUST_USE enum status store_timer_move(struct db_tx *tx, int64_t id, int64_t due, struct error *err);
MUST_USE enum status store_timer_due(struct db_tx *tx, struct arena *arena, int64_t region, int64_t now, int64_t limit,
                                     struct store_timer **out, size_t *count, struct error *err);
/* Earliest due in a region; *due INT64_MAX when there is none. */
MUST_USE enum status store_timer_next(struct db_tx *tx, int64_t region, int64_t *due, struct error *err);

struct store_job {
    int64_t id, case_id, due, retries; /* due: free, or its lock ends, then */
    struct str type, worker;           /* worker absent: not taken */
};
MUST_USE enum status store_job_insert(struct db_tx *tx, const struct store_job *row, struct error *err);
MUST_USE enum status store_job_update(struct db_tx *tx, const struct store_job *row, struct error *err);
MUST_USE enum status store_job_delete(struct db_tx *tx, int64_t id, struct error *err);
MUST_USE enum status store_job_find(struct db_tx *tx, struct arena *arena, int64_t id, struct store_job *out,
                                    bool *found, struct error *err);
MUST_USE enum status store_job_free(struct db_tx *tx, struct arena *arena, int64_t region, struct str type, int64_t now,
                                    int64_t limit, struct store_job **out, size_t *count, struct error *err);

/* When the next job of a type is free; *due INT64_MAX when there is none. */
MUST_USE enum status store_job_next(struct db_tx *tx, int64_t region, struct str type, int64_t *due, struct error *err);

struct store_subscription {
    int64_t id, case_id;
    struct str name;    /* hash of message name and correlation key */
    struct str process; /* process id: a message goes to one instance of each */
    bool takes_messages; /* not stored: no signals */
};
MUST_USE enum status store_subscription_insert(struct db_tx *tx, const struct store_subscription *row,
                                               struct error *err);
MUST_USE enum status store_subscription_delete(struct db_tx *tx, int64_t id, struct error *err);
MUST_USE enum status store_subscription_list(struct db_tx *tx, struct arena *arena, struct str name,
                                             struct store_subscription **out, size_t *count, struct error *err);

struct store_message {
    int64_t id, expires;
    struct str name, message_id, body; /* message_id absent: none; body sealed */
    int64_t at;                        /* not stored: when it is being kept */
};
struct store_message_filter {
    struct str name;
    int64_t now, after;
};
/* True when a message is kept that this subscription, which must be there, has missed. */
MUST_USE enum status store_subscription_missed(struct db_tx *tx, const struct store_subscription *row, int64_t now,
                                               bool *missed, struct error *err);
/* *added is false when the message id is there already and has not run out, or when somebody waits for the message. */
MUST_USE enum status store_message_insert(struct db_tx *tx, const struct store_message *row, bool *added,
                                          struct error *err);
/* The oldest of a name behind the one with the id after. */
MUST_USE enum status store_message_first(struct db_tx *tx, struct arena *arena,
                                         const struct store_message_filter *filter, struct store_message *out,
                                         bool *found, struct error *err);
/* A kept one with this message id, in a region. */
MUST_USE enum status store_message_known(struct db_tx *tx, int64_t region, struct str message_id, int64_t now,
                                         bool *known, struct error *err);
MUST_USE enum status store_message_delete(struct db_tx *tx, int64_t id, bool *deleted, struct error *err);
MUST_USE enum status store_message_expire(struct db_tx *tx, int64_t before, struct error *err);
