/* Signed JSON: compact JWS (RFC 7515) whose payload is canonical JSON (RFC 8785).
 *   base64url(header) "." base64url(payload) "." base64url(r || s), 64 bytes of signature
 * ES256 is ECDSA P-256 with SHA-256; SM2SM3 is SM2 (GB/T 32918.2) with SM3 and the default user identity
 * 1234567812345678. */
#pragma once

#include "trust/keys.h"

#define JWS_TEXT_MAX ((size_t)1024 * 1024)

/* type becomes the header's "typ" ("JWT", "vc+sd-jwt"); absent: none. key must hold its private half. */
struct str jws_sign(struct arena *arena, const struct key *key, struct str type, struct value payload);
/* The same over bytes that are signed as they stand. */
struct str jws_sign_bytes(struct arena *arena, const struct key *key, struct str type, struct str payload);

struct jws_parts {
    struct value header;
    struct str kid, algorithm;
    struct str payload;     /* bytes */
    struct str signed_part; /* what is signed, points into the text */
    unsigned char signature[64];
};
/* Takes a JWS apart without verifying anything. Types "jws-form" (field "header", "payload", "signature"),
 * "jws-too-long". */
MUST_USE enum status jws_parse(struct arena *arena, struct str jws, struct jws_parts *out, struct error *err);

/* Verifies with the key that the header names (any key of that algorithm if it names none) and reads the payload.
 * Types: as jws_parse, then "jws-algorithm" (unknown, or not that of the key), "jws-key-unknown", "jws-signature"
 * (altered, or signed by another key), "jws-payload" (genuine but no JSON object). */
MUST_USE enum status jws_verify(struct arena *arena, const struct key_set *keys, struct str jws, struct value *payload,
                                const struct key **signer, struct error *err);

/* Signature over bytes alone, 64 bytes r || s. */
void key_sign(const struct key *key, struct str data, unsigned char out[64]);
bool key_verify(const struct key *key, struct str data, const unsigned char signature[64]);
