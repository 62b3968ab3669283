/* What stands for a certificate for a short time: showing codes, credential offers, access tokens, nonces; and the
 * places of certificates in status lists. */
#pragma once

#include "store/schema.h"

enum store_ticket_kind {
    STORE_TICKET_SHOW,  /* a showing code: one look */
    STORE_TICKET_OFFER, /* a pre-authorized code: one token */
    STORE_TICKET_TOKEN, /* an access token: until it expires */
    STORE_TICKET_NONCE, /* a nonce that was used */
};
struct store_ticket {
    int64_t region;
    struct str hash;
    int64_t kind;
    int64_t certificate; /* 0: none */
    int64_t made, expires;
    int64_t used;    /* instant; 0: not yet */
    int64_t tries;   /* wrong ones */
    struct str body; /* sealed; or absent */
};
/* *added is false when it is there already. */
MUST_USE enum status store_ticket_insert(struct db_tx *tx, const struct store_ticket *row, bool *added,
                                         struct error *err);
MUST_USE enum status store_ticket_find(struct db_tx *tx, struct arena *arena, int64_t region, struct str hash,
                                       struct store_ticket *out, bool *found, struct error *err);
/* Writes used and tries; *changed is false when it has been used, or tried, meanwhile. */
MUST_USE enum status store_ticket_use(struct db_tx *tx, const struct store_ticket *row, int64_t tries_was,
                                      bool *changed, struct error *err);
MUST_USE enum status store_ticket_expire(struct db_tx *tx, int64_t before, struct error *err);

struct store_status {
    int64_t region, list, place;
    int64_t id; /* of the certificate */
};
/* *added is false when the certificate, or the place, is taken. */
MUST_USE enum status store_status_insert(struct db_tx *tx, const struct store_status *row, bool *added,
                                         struct error *err);
MUST_USE enum status store_status_find(struct db_tx *tx, int64_t region, int64_t id, struct store_status *out,
                                       bool *found, struct error *err);
struct store_status_entry {
    int64_t place, state, valid_to;
};
/* Changes with every place given and every certificate changed in the list; 0: there is no such list. */
MUST_USE enum status store_status_version(struct db_tx *tx, int64_t region, int64_t list, int64_t *out,
                                          struct error *err);
/* The certificate has changed: so has its list, if it has a place in one. */
MUST_USE enum status store_status_changed(struct db_tx *tx, int64_t region, int64_t id, struct error *err);
/* All of one list. */
MUST_USE enum status store_status_list(struct db_tx *tx, struct arena *arena, int64_t region, int64_t list,
                                       struct store_status_entry **out, size_t *count, struct error *err);
