/* Tokens that identity providers sign (OpenID Connect Core 2): compact JWS by RS256 or ES256, checked with the
 * provider's JWKS. Pure: the instant is an argument. */
#pragma once

#include "feel/value.h"

struct id_token_expected {
    struct str issuer, client, nonce;
    int64_t now_ms;
};
/* The claims of a token that is genuine, meant for this client, made for this sign-in and not run out (a minute of
 * leeway). Type "id-token-invalid"; the message says what is wrong with it. */
MUST_USE enum status id_token_verify(struct arena *arena, struct value jwks, struct str token,
                                     const struct id_token_expected *expected, struct value *out, struct error *err);
