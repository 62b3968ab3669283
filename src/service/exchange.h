/* What moves by itself: exchanges with other agencies and timers. Plain functions that a loop calls; they may run in
 * several threads and processes at once and may be cut off at any instant: everything happens at least once, with the
 * same idempotency key, and shows once. */
#pragma once

#include "service/service.h"

/* One request to an agency, and what came of it. */
struct service_delivery {
    struct str exchange;        /* id, for scripted agencies */
    struct str agency;
    struct str method, url;
    struct str path;            /* url without the agency's address */
    struct str idempotency_key;
    struct str token;           /* bearer token, or absent */
    struct str authorization;   /* whole header in place of a bearer token; absent: none */
    struct str content_type;    /* of body; absent: JSON */
    struct value request;       /* the mapped body */
    struct str body;            /* the same as JSON */
    int64_t timeout_ms;
    /* filled by the transport */
    int status;                 /* HTTP status; 0: no answer */
    struct str reply;           /* body */
    struct str problem;         /* one sentence when status is 0 */
    int64_t took_ms;
};

/* How requests travel. Delivers all of them, as concurrently as it likes, and fills in the answers (in arena). */
struct service_transport {
    void *state;
    void (*deliver)(void *state, struct arena *arena, struct service_delivery *items, size_t count);
    bool needs_address; /* exchanges with an agency that has none wait until it has */
};
extern const struct service_transport service_transport_http;

/* Sends what is due, at most batch exchanges; *done is how many rows were handled (0: nothing due). */
MUST_USE enum status service_outbox_run(struct service *self, int64_t now_ms, size_t batch, size_t *done,
                                        struct error *err);
/* Fires due timers, region by region. */
MUST_USE enum status service_timers_run(struct service *self, int64_t now_ms, size_t batch, size_t *done,
                                        struct error *err);
/* Starts deployed processes whose timer start events are due. */
MUST_USE enum status service_starts_run(struct service *self, int64_t now_ms, size_t batch, size_t *done,
                                        struct error *err);
/* Throws away what has run out: sessions, idempotency keys, drafts, buffered messages, rates; signs the tally once a
 * day. */
MUST_USE enum status service_upkeep_run(struct service *self, int64_t now_ms, struct error *err);
/* When the next timer or exchange is due; INT64_MAX when none is. */
MUST_USE enum status service_next_due(struct service *self, int64_t *out, struct error *err);

/* {waiting, failing, no_address, items [{id, exchange, agency, title, case, state (waiting, failing, no-address), due,
 * attempts}], next}; failing: only those that were tried in vain. Those of an agency without an address have no due
 * date. Needs exchange.manage. */
MUST_USE enum status service_outbox_list(const struct call *call, bool failing, int64_t limit, struct str cursor,
                                         struct value *out, struct error *err);
/* Makes a waiting exchange due now. exchange-not-found, agency-not-configured. */
MUST_USE enum status service_outbox_retry(const struct call *call, struct str id, struct error *err);
