/* Selective disclosure: SD-JWT (RFC 9901), the form of "SD-JWT-based Verifiable Credentials".
 *   JWS "~" disclosure "~" disclosure "~" … "~"
 * A disclosure is base64url(["salt", "name", value]); the JWS's payload holds the SHA-256 of each under _sd, so a
 * holder may leave any of them away. */
#pragma once

#include "trust/keys.h"

#define SDJWT_SALT_SIZE 16
#define SDJWT_DISCLOSURES_MAX 200

struct sdjwt_claim {
    struct str name; /* not one of _sd, "..." */
    struct value value;
};
struct sdjwt_input {
    struct str type;   /* "dc+sd-jwt" */
    struct value open; /* a context: what everybody sees */
    const struct sdjwt_claim *hidden;
    size_t hidden_count;        /* at most SDJWT_DISCLOSURES_MAX */
    const unsigned char *salts; /* SDJWT_SALT_SIZE unpredictable bytes for each hidden claim */
};
/* key must be an ES256 pair. */
struct str sdjwt_sign(struct arena *arena, const struct key *key, const struct sdjwt_input *input);

/* Verifies the signature and puts what is disclosed into the payload; _sd and _sd_alg are taken out. A part after the
 * last
 * "~" (a key binding) is not looked at. Types as jws_verify, and "sdjwt-form" (not in parts, no hash for a disclosure,
 * a disclosure twice, a name that is there already, or another hash than SHA-256). */
MUST_USE enum status sdjwt_verify(struct arena *arena, const struct key_set *keys, struct str text, struct value *out,
                                  struct error *err);

/* The holder's key out of the header of a proof that the holder signed (member jwk), as {kty, crv, x, y}, after the
 * signature was verified with it. *payload is what was signed. Types as jws_verify, and "proof-key" (no jwk, not on
 * P-256, or its secret half in it). */
MUST_USE enum status holder_proof_verify(struct arena *arena, struct str jws, struct str type, struct value *payload,
                                         struct value *jwk, struct error *err);
