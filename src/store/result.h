/* What cases leave: parties, records, certificates, ledger entries, notices, files. */
#pragma once

#include "store/schema.h"

struct store_party {
    int64_t region;
    struct str id; /* blind index of the ID number */
    int64_t kind;  /* 0 person, 1 organisation */
    int64_t version;
    int64_t division;
    struct str name; /* blind index of the name; absent: none */
    struct str body; /* sealed */
};
/* *added is false when it is there already. */
MUST_USE enum status store_party_insert(struct db_tx *tx, const struct store_party *row, bool *added,
                                        struct error *err);
MUST_USE enum status store_party_update(struct db_tx *tx, const struct store_party *row, int64_t version_was,
                                        bool *changed, struct error *err);
MUST_USE enum status store_party_find(struct db_tx *tx, struct arena *arena, struct str id, struct store_party *out,
                                      bool *found, struct error *err);
/* Those with a name (blind index) within [from, to). */
struct store_party_names {
    struct str name;
    int64_t division_from, division_to, limit;
};
MUST_USE enum status store_party_named(struct db_tx *tx, struct arena *arena, const struct store_party_names *wanted,
                                       struct store_party **out, size_t *count, struct error *err);
MUST_USE enum status store_party_walk(struct db_tx *tx, struct arena *arena, const struct store_party *after,
                                      int64_t limit, struct store_party **out, size_t *count, struct error *err);

/* ---- All parties in pieces: sweep.c ---- */
MUST_USE enum status store_party_count(struct db_tx *tx, int64_t *out, struct error *err);
/* The regions that hold parties, rising. */
MUST_USE enum status store_party_regions(struct db_tx *tx, struct arena *arena, int64_t **out, size_t *count,
                                         struct error *err);
/* The first limit parties of a region whose id lies between two (neither included), by id and without their names. */
struct store_party_range {
    int64_t region;
    struct str after; /* absent: from the first */
    struct str before;
    int64_t limit;
};
MUST_USE enum status store_party_range(struct db_tx *tx, struct arena *arena, const struct store_party_range *range,
                                       struct store_party **out, size_t *count, struct error *err);

enum store_document_state { STORE_DOCUMENT_CURRENT, STORE_DOCUMENT_REPLACED, STORE_DOCUMENT_VOID };
struct store_document {
    int64_t region, id; /* id: key */
    struct str subject; /* blind index */
    struct str kind;
    int64_t case_region, case_id;
    int64_t state, written, version;
    struct str body;
};
MUST_USE enum status store_document_insert(struct db_tx *tx, const struct store_document *row, struct error *err);
MUST_USE enum status store_document_update(struct db_tx *tx, const struct store_document *row, int64_t version_was,
                                           bool *changed, struct error *err);
MUST_USE enum status store_document_find(struct db_tx *tx, struct arena *arena, int64_t region, int64_t id,
                                         struct store_document *out, bool *found, struct error *err);
/* In all regions, newest first within each; kind absent: all; only current ones unless all_states. */
struct store_document_filter {
    struct str subject, kind;
    bool all_states;
    int64_t limit;
};
MUST_USE enum status store_document_list(struct db_tx *tx, struct arena *arena,
                                         const struct store_document_filter *filter, struct store_document **out,
                                         size_t *count, struct error *err);
MUST_USE enum status store_document_walk(struct db_tx *tx, struct arena *arena, int64_t region, int64_t id,
                                         int64_t limit, struct store_document **out, size_t *count, struct error *err);

struct store_certificate {
    int64_t region, id; /* id as of a case */
    struct str kind;
    int64_t case_region, case_id;
    struct str holder;     /* blind index */
    struct str identifier; /* hash, 16 bytes */
    int64_t state, issued, valid_to, version;
    struct str body;
};
/* *added is false when the identifier is taken. */
MUST_USE enum status store_certificate_insert(struct db_tx *tx, const struct store_certificate *row, bool *added,
                                              struct error *err);
MUST_USE enum status store_certificate_update(struct db_tx *tx, const struct store_certificate *row,
                                              int64_t version_was, bool *changed, struct error *err);
MUST_USE enum status store_certificate_find(struct db_tx *tx, struct arena *arena, int64_t region, int64_t id,
                                            struct store_certificate *out, bool *found, struct error *err);
MUST_USE enum status store_certificate_by_identifier(struct db_tx *tx, struct arena *arena, int64_t region,
                                                     struct str identifier, struct store_certificate *out, bool *found,
                                                     struct error *err);
struct store_certificate_filter {
    struct str kind; /* absent: any */
    int64_t limit;
    struct str holder;                /* of_holder only */
    int64_t region, state, before_id; /* region and state: list only; state -1: any */
    int64_t before_region;            /* of_holder only: with before_id where the page before ended */
};
/* Of one holder in all regions. */
MUST_USE enum status store_certificate_of_holder(struct db_tx *tx, struct arena *arena,
                                                 const struct store_certificate_filter *filter,
                                                 struct store_certificate **out, size_t *count, struct error *err);
/* Of a region, still standing with an end before an instant, ending first; after: the last one of the page before
 * (valid_to and id). */
MUST_USE enum status store_certificate_due(struct db_tx *tx, struct arena *arena, const struct store_certificate *after,
                                           int64_t before, int64_t limit, struct store_certificate **out, size_t *count,
                                           struct error *err);
/* Of one region, newest first. */
MUST_USE enum status store_certificate_list(struct db_tx *tx, struct arena *arena,
                                            const struct store_certificate_filter *filter,
                                            struct store_certificate **out, size_t *count, struct error *err);
MUST_USE enum status store_certificate_walk(struct db_tx *tx, struct arena *arena, int64_t region, int64_t id,
                                            int64_t limit, struct store_certificate **out, size_t *count,
                                            struct error *err);
struct store_certificate_use {
    int64_t region, id, at, seq;
    struct str what;
    struct str body; /* sealed: who and what for; or absent */
};
MUST_USE enum status store_certificate_use_insert(struct db_tx *tx, const struct store_certificate_use *row,
                                                  struct error *err);
/* Newest first; before: at and seq of the last one of the page before, at 0: from the newest. */
MUST_USE enum status store_certificate_use_list(struct db_tx *tx, struct arena *arena,
                                                const struct store_certificate_use *before, int64_t limit,
                                                struct store_certificate_use **out, size_t *count, struct error *err);

struct store_account {
    int64_t region;
    struct str id; /* blind index of the name */
    int64_t balance, entries;
    bool may_be_negative;
    struct str name; /* sealed */
};
struct store_entry {
    int64_t region;
    struct str account;
    int64_t seq, posting, at, amount, balance, case_id;
    struct str memo; /* sealed */
};
MUST_USE enum status store_account_find(struct db_tx *tx, struct arena *arena, int64_t region, struct str id,
                                        struct store_account *out, bool *found, struct error *err);
/* Makes the account if it is not there. */
MUST_USE enum status store_account_open(struct db_tx *tx, const struct store_account *row, struct error *err);
/* Adds amount unless that takes the account below zero and it may not be; *moved tells. On success balance and entries
 * of *after are the new ones. */
MUST_USE enum status store_account_move(struct db_tx *tx, int64_t region, struct str id, int64_t amount,
                                        struct store_account *after, bool *moved, struct error *err);
MUST_USE enum status store_entry_insert(struct db_tx *tx, const struct store_entry *row, struct error *err);
MUST_USE enum status store_entry_list(struct db_tx *tx, struct arena *arena, int64_t region, struct str account,
                                      int64_t limit, struct store_entry **out, size_t *count, struct error *err);
/* Accounts whose balance or number of entries is not what their entries say, and postings that are not in balance. */
struct store_ledger_problem {
    struct str table; /* "account" or "entry" */
    int64_t region, key;
};
MUST_USE enum status store_ledger_check(struct db_tx *tx, struct arena *arena, int64_t *entries,
                                        struct store_ledger_problem **out, size_t *count, struct error *err);

struct store_notice {
    int64_t region, id, sent, read;
    struct str party, body;
};
MUST_USE enum status store_notice_insert(struct db_tx *tx, const struct store_notice *row, struct error *err);
MUST_USE enum status store_notice_find(struct db_tx *tx, struct arena *arena, const struct store_notice *key,
                                       struct store_notice *out, bool *found, struct error *err);
MUST_USE enum status store_notice_list(struct db_tx *tx, struct arena *arena, int64_t region, struct str party,
                                       int64_t before_id, int64_t limit, struct store_notice **out, size_t *count,
                                       struct error *err);
MUST_USE enum status store_notice_unread(struct db_tx *tx, int64_t region, struct str party, int64_t *out,
                                         struct error *err);
MUST_USE enum status store_notice_read(struct db_tx *tx, const struct store_notice *key, int64_t at, bool *changed,
                                       struct error *err);

struct store_blob {
    int64_t region, stored, size;
    struct str id, owner, body, content; /* content absent: in the file of that name */
};
MUST_USE enum status store_blob_insert(struct db_tx *tx, const struct store_blob *row, struct error *err);
MUST_USE enum status store_blob_find(struct db_tx *tx, struct arena *arena, int64_t region, struct str id,
                                     struct store_blob *out, bool *found, struct error *err);
