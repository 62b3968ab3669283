/* Tickets: short-lived secrets that stand for a certificate (showing codes, credential offers, access tokens) and
 * nonces. letter | region (6 digits) | 32 random hex digits | 8 hex digits that only this server can make The database
 * keeps their hash. */
#pragma once

#include "service/work.h"
#include "store/ticket.h"

enum ticket_state { TICKET_GOOD, TICKET_FOREIGN, TICKET_EXPIRED, TICKET_USED };

struct ticket {
    enum ticket_state state;
    struct store_ticket row; /* unless foreign or long expired */
    struct value body;
};

struct ticket_terms {
    enum store_ticket_kind kind;
    struct case_id certificate;
    int64_t life_ms;
    struct value body; /* or null */
};
MUST_USE enum status ticket_make(struct work *work, const struct ticket_terms *terms, struct str *out,
                                 struct error *err);
/* Does the text look like one of this kind, whoever made it? */
bool ticket_alike(enum store_ticket_kind kind, struct str text);
/* Sees what this work itself is about to use. FAILED only when something could not be read. */
MUST_USE enum status ticket_find(struct work *work, enum store_ticket_kind kind, struct str text, struct ticket *out,
                                 struct error *err);
/* Both once per work and ticket. */
void ticket_spend(struct work *work, const struct ticket *ticket);
void ticket_missed(struct work *work, const struct ticket *ticket);

/* Nonces need no row until they are used. */
struct str nonce_make(const struct service *service, struct arena *arena, int64_t now_ms, int64_t life_ms);
/* False: not made here, run out, or used. It is used up otherwise. */
MUST_USE enum status nonce_spend(struct work *work, int64_t region, struct str nonce, bool *good, struct error *err);
