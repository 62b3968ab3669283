/* What the server itself keeps: settings, counters, rates, packs, items, staff, sessions, tokens, the outbox and the
 * logs. */
#pragma once

#include "store/schema.h"

MUST_USE enum status store_setting_get(struct db_tx *tx, struct arena *arena, struct str name, struct str *out,
                                       struct error *err);
/* An empty value takes the setting away. */
MUST_USE enum status store_setting_put(struct db_tx *tx, struct str name, struct str value, struct error *err);
/* Takes n numbers of a counter that begins at 1; *first is the first of them. */
MUST_USE enum status store_counter_take(struct db_tx *tx, struct str name, int64_t n, int64_t now, int64_t *first,
                                        struct error *err);
/* The number that comes next, and taking exactly it; *taken is false when it has been taken meanwhile. */
MUST_USE enum status store_counter_peek(struct db_tx *tx, struct str name, int64_t *next, struct error *err);
MUST_USE enum status store_counter_advance(struct db_tx *tx, struct str name, int64_t n, bool *taken,
                                           struct error *err);
/* Forgets counters with this prefix that were last used before. */
MUST_USE enum status store_counter_expire(struct db_tx *tx, struct str prefix, int64_t before, struct error *err);
/* Counts one more in the window that began at most window_ms ago; *n is the count with it. */
MUST_USE enum status store_rate_add(struct db_tx *tx, struct str name, int64_t now, int64_t window_ms, int64_t *n,
                                    struct error *err);
MUST_USE enum status store_rate_get(struct db_tx *tx, struct str name, int64_t since, int64_t *n, struct error *err);
MUST_USE enum status store_rate_expire(struct db_tx *tx, int64_t before, struct error *err);

struct store_pack_file {
    struct str pack, path, hash, content;
};
MUST_USE enum status store_pack_file_put(struct db_tx *tx, const struct store_pack_file *row, struct error *err);
/* The set's number; 0 when it is not there. */
MUST_USE enum status store_pack_set_find(struct db_tx *tx, struct str hash, int64_t *id, struct error *err);
MUST_USE enum status store_pack_set_add(struct db_tx *tx, struct str hash, int64_t now, int64_t *id, struct error *err);
MUST_USE enum status store_pack_set_file_add(struct db_tx *tx, int64_t id, const struct store_pack_file *row,
                                             struct error *err);
MUST_USE enum status store_pack_set_files(struct db_tx *tx, struct arena *arena, int64_t id,
                                          struct store_pack_file **out, size_t *count, struct error *err);

struct store_item {
    int64_t id, version;
    struct str code;
};
MUST_USE enum status store_item_add(struct db_tx *tx, struct str code, int64_t version, struct error *err);
MUST_USE enum status store_item_list(struct db_tx *tx, struct arena *arena, struct store_item **out, size_t *count,
                                     struct error *err);

struct store_staff {
    int64_t id;
    struct str name, title, role, region, unit, unit_name, uscc;
    struct str password; /* argon2id string; absent: no sign-in by password */
    int64_t failures, locked;
    bool disabled;
};
/* *added is false when the name is taken. */
MUST_USE enum status store_staff_insert(struct db_tx *tx, const struct store_staff *row, bool *added,
                                        struct error *err);
MUST_USE enum status store_staff_update(struct db_tx *tx, const struct store_staff *row, struct error *err);
MUST_USE enum status store_staff_find(struct db_tx *tx, struct arena *arena, struct str name, struct store_staff *out,
                                      bool *found, struct error *err);
/* By name, those behind one; "": from the first. */
MUST_USE enum status store_staff_page(struct db_tx *tx, struct arena *arena, struct str after, int64_t limit,
                                      struct store_staff **out, size_t *count, struct error *err);
/* How many others with this role are not locked. */
MUST_USE enum status store_staff_others(struct db_tx *tx, struct str role, struct str but, int64_t *out,
                                        struct error *err);

struct store_session {
    struct str hash;
    struct str staff; /* absent: a person or organisation */
    struct str csrf, body;
    int64_t created, seen;
};
MUST_USE enum status store_session_insert(struct db_tx *tx, const struct store_session *row, struct error *err);
MUST_USE enum status store_session_find(struct db_tx *tx, struct arena *arena, struct str hash,
                                        struct store_session *out, bool *found, struct error *err);
/* The newest 100 of one member of staff. */
MUST_USE enum status store_session_of_staff(struct db_tx *tx, struct arena *arena, struct str staff,
                                            struct store_session **out, size_t *count, struct error *err);
MUST_USE enum status store_session_touch(struct db_tx *tx, struct str hash, int64_t seen, struct error *err);
MUST_USE enum status store_session_delete(struct db_tx *tx, struct str hash, struct error *err);
MUST_USE enum status store_session_delete_staff(struct db_tx *tx, struct str staff, struct error *err);
MUST_USE enum status store_session_expire(struct db_tx *tx, int64_t seen_before, int64_t created_before,
                                          struct error *err);
MUST_USE enum status store_token_insert(struct db_tx *tx, struct str hash, struct str staff, int64_t now,
                                        int64_t expires, struct error *err);
/* The staff name, absent when there is no such token at that time. */
MUST_USE enum status store_token_find(struct db_tx *tx, struct arena *arena, struct str hash, int64_t now,
                                      struct str *staff, struct error *err);

struct store_token {
    struct str hash;
    int64_t created, expires;
};
MUST_USE enum status store_token_of_staff(struct db_tx *tx, struct arena *arena, struct str staff,
                                          struct store_token **out, size_t *count, struct error *err);
MUST_USE enum status store_token_delete(struct db_tx *tx, struct str hash, struct error *err);

/* With which a member of staff sets a password without knowing the old one; one for each name. */
struct store_staff_code {
    struct str name, hash;
    int64_t expires, tries;
};
MUST_USE enum status store_staff_code_put(struct db_tx *tx, const struct store_staff_code *row, struct error *err);
MUST_USE enum status store_staff_code_find(struct db_tx *tx, struct arena *arena, struct str name,
                                           struct store_staff_code *out, bool *found, struct error *err);
MUST_USE enum status store_staff_code_try(struct db_tx *tx, struct str name, struct error *err);
/* *taken is false when it has been replaced or used. */
MUST_USE enum status store_staff_code_take(struct db_tx *tx, const struct store_staff_code *row, bool *taken,
                                           struct error *err);

struct store_totp {
    struct str name, secret;  /* secret sealed */
    int64_t confirmed;        /* 0: shown, not yet confirmed */
    int64_t used;             /* the last step whose code was taken */
};
MUST_USE enum status store_totp_put(struct db_tx *tx, const struct store_totp *row, struct error *err);
MUST_USE enum status store_totp_find(struct db_tx *tx, struct arena *arena, struct str name, struct store_totp *out,
                                     bool *found, struct error *err);
/* Sets used and confirmed; *taken is false when this step or a later one was taken already. */
MUST_USE enum status store_totp_use(struct db_tx *tx, const struct store_totp *row, bool *taken, struct error *err);
MUST_USE enum status store_totp_delete(struct db_tx *tx, struct str name, struct error *err);

struct store_outbox {
    int64_t region, due, id; /* id: key */
    int64_t case_id, job, attempts, packs;
    struct str exchange, body;
};
MUST_USE enum status store_outbox_insert(struct db_tx *tx, const struct store_outbox *row, struct error *err);
MUST_USE enum status store_outbox_due(struct db_tx *tx, struct arena *arena, int64_t region, int64_t now, int64_t limit,
                                      struct store_outbox **out, size_t *count, struct error *err);
/* Moves it to another time, counting attempts; *moved is false when somebody else has taken it. */
MUST_USE enum status store_outbox_move(struct db_tx *tx, const struct store_outbox *row, int64_t due, int64_t attempts,
                                       bool *moved, struct error *err);
MUST_USE enum status store_outbox_delete(struct db_tx *tx, const struct store_outbox *row, bool *deleted,
                                         struct error *err);
MUST_USE enum status store_outbox_next(struct db_tx *tx, int64_t region, int64_t *due, struct error *err);
/* due of one whose agency has no address. */
#define STORE_OUTBOX_ASIDE INT64_MAX
/* The exchanges of which some wait aside. */
MUST_USE enum status store_outbox_aside(struct db_tx *tx, struct arena *arena, int64_t region, struct str **out,
                                        size_t *count, struct error *err);
/* Makes at most limit of an exchange due that wait aside; *n: how many. */
MUST_USE enum status store_outbox_wake(struct db_tx *tx, int64_t region, struct str exchange, int64_t due,
                                       int64_t limit, int64_t *n, struct error *err);
MUST_USE enum status store_outbox_find(struct db_tx *tx, struct arena *arena, int64_t id, struct store_outbox *out,
                                       bool *found, struct error *err);
struct store_outbox_totals {
    int64_t waiting, failing, aside; /* waiting: all */
};
MUST_USE enum status store_outbox_total(struct db_tx *tx, struct store_outbox_totals *out, struct error *err);

struct store_exchange {
    int64_t region, at, id, case_id, attempt, status, took_ms;
    struct str exchange, problem;
};
MUST_USE enum status store_exchange_insert(struct db_tx *tx, const struct store_exchange *row, struct error *err);
/* How an exchange has gone: the last attempt that was answered well and the last that was not (at 0: none). */
struct store_exchange_health {
    int64_t good_at, good_ms;
    int64_t bad_at, bad_status, bad_since; /* bad_since: how many failed since an instant */
    struct str problem;
};
MUST_USE enum status store_exchange_health(struct db_tx *tx, struct arena *arena, struct str exchange, int64_t since,
                                           struct store_exchange_health *out, struct error *err);
/* What waits in the outbox for each exchange. */
struct store_exchange_waiting {
    struct str exchange;
    int64_t waiting, failing;
};
MUST_USE enum status store_exchange_waiting(struct db_tx *tx, struct arena *arena, struct store_exchange_waiting **out,
                                            size_t *count, struct error *err);

struct store_access {
    int64_t region, at, id, case_id;
    int64_t division;        /* of the case, else of who looked */
    struct str who, subject; /* blind indexes */
    struct str unit;         /* of who looked; absent: none */
    struct str what, body;   /* body sealed: {who, role, subject, purpose} */
};
MUST_USE enum status store_access_insert(struct db_tx *tx, const struct store_access *row, struct error *err);
struct store_access_filter {
    int64_t region;
    struct str who, subject, unit; /* absent: any */
    struct str not_who;            /* absent: nobody */
    int64_t case_id;               /* 0: any */
    int64_t division_from, division_to;
    int64_t since, before_at, before_id;
    int64_t limit;
};
/* Newest first. */
MUST_USE enum status store_access_list(struct db_tx *tx, struct arena *arena, const struct store_access_filter *filter,
                                       struct store_access **out, size_t *count, struct error *err);

MUST_USE enum status store_anchor_insert(struct db_tx *tx, int64_t at, struct str jws, struct error *err);
struct store_anchor {
    int64_t at;
    struct str jws;
};
MUST_USE enum status store_anchor_list(struct db_tx *tx, struct arena *arena, struct store_anchor **out, size_t *count,
                                       struct error *err);
