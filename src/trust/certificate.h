/* Is this certificate genuine, and is it valid? Offline: the answer follows from the signed text, the issuer's public
 * keys and, where there is one, a list of what was suspended or revoked.
 *
 * A certificate is a JWS whose payload has these members, besides what it certifies:
 *   id           identifier, GB/T 36904 (checked if it begins with its root)
 *   no           number on its face
 *   valid_from, valid_to   dates "2026-07-01", both included; valid_to absent, null or "长期": without end
 *   nbf, exp     the same as seconds since 1970, for verifiers of plain JWT
 * A status list: {"as_of": "2026-07-06T09:00:00+08:00", "statuses": [{"id"|"no": …, "state": "suspended"|"revoked"|…,
 * "reason": …, "since": …}]}. States: the words of certificate_state_name, or the national codes 01 to 07, 99. */
#pragma once

#include "trust/keys.h"

enum certificate_state {
    CERTIFICATE_VALID,
    CERTIFICATE_NOT_YET,
    CERTIFICATE_EXPIRED,
    CERTIFICATE_SUSPENDED,
    CERTIFICATE_REVOKED,
    CERTIFICATE_UNKNOWN, /* not genuine, or its dates or its status cannot be read */
};
const char *certificate_state_name(enum certificate_state state); /* "valid", "not-yet", "expired", … */
const char *certificate_state_zh(enum certificate_state state);

#define CERTIFICATE_REASONS_MAX 8
struct certificate_reason {
    struct str zh, en;
};
struct certificate_verdict {
    bool genuine;        /* signed by one of the keys, unaltered */
    bool status_checked; /* a status list was given */
    enum certificate_state state;
    struct value claims; /* the payload, null if it cannot be read; not to be trusted unless genuine */
    struct str kid, algorithm;
    struct error problem;                                       /* why it is not genuine; kind ERROR_NONE if it is */
    struct certificate_reason reasons[CERTIFICATE_REASONS_MAX]; /* warnings last */
    size_t reason_count;
};
/* status_list: VALUE_NULL if there is none. Always gives a verdict. */
struct certificate_verdict certificate_verify(struct arena *arena, struct str jws, const struct key_set *keys,
                                              struct value status_list, int64_t now_ms);

/* Finds the JWS in a file: the bare text, a JSON export, an SVG (in <metadata>) or a PDF (in its Keywords). */
MUST_USE bool certificate_find_jws(struct str file, struct str *out);
