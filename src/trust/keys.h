/* Signing keys: SM2 and P-256 pairs, one active per algorithm, retired ones kept so that old certificates stay
 * verifiable. A set is built by one thread and may then be read by many. Text in and out; reading and writing files is
 * the caller's. */
#pragma once

#include "feel/value.h"

enum key_algorithm { KEY_ES256, KEY_SM2 };
/* JWS names: "ES256" and "SM2SM3". */
const char *key_algorithm_name(enum key_algorithm algorithm);
MUST_USE enum status key_algorithm_parse(struct str name, enum key_algorithm *out, struct error *err);

enum key_state { KEY_ACTIVE, KEY_RETIRED };

/* One pair, or only its public half. Lives as long as its set. */
struct key;
enum key_algorithm key_algorithm(const struct key *self);
enum key_state key_state(const struct key *self);
struct str key_id(const struct key *self); /* RFC 7638 thumbprint, base64url of SHA-256 (ES256) or SM3 (SM2) */
bool key_has_private(const struct key *self);
int64_t key_created_ms(const struct key *self);

struct key_set;
struct key_set *key_set_new(void);
void key_set_free(struct key_set *self);
size_t key_set_count(const struct key_set *self);
const struct key *key_set_at(const struct key_set *self, size_t i);         /* in the order of addition */
const struct key *key_set_find(const struct key_set *self, struct str kid); /* or NULL */
const struct key *key_set_active(const struct key_set *self, enum key_algorithm algorithm); /* that can sign, or NULL */

/* Makes a new pair from unpredictable bytes and makes it the active one; the former active one retires (rotation). */
#define KEY_SEED_SIZE 48
const struct key *key_set_create(struct key_set *self, enum key_algorithm algorithm,
                                 const unsigned char seed[KEY_SEED_SIZE], int64_t now_ms);
/* Adds a PEM private key (PKCS#8, SEC1) or public key (SubjectPublicKeyInfo) on P-256 or SM2. Type "key-invalid". */
MUST_USE enum status key_set_add_pem(struct key_set *self, struct str pem, enum key_state state, int64_t created_ms,
                                     struct error *err);

/* PKCS#8 and SubjectPublicKeyInfo PEM. key_private_pem must not be called without a private half. */
struct str key_private_pem(struct arena *arena, const struct key *self);
struct str key_public_pem(struct arena *arena, const struct key *self);

/* {"kty":"EC","crv":"P-256"|"SM2","x":…,"y":…,"kid":…,"alg":…,"use":"sig"} */
struct value key_jwk(struct arena *arena, const struct key *self);
/* {"keys":[…]}: public halves only, active first. */
struct value key_set_jwks(struct arena *arena, const struct key_set *self);
/* Public keys from a JWKS value. Keys of other kinds are passed over; a bad EC key, or none that fits, is refused:
 * type "key-invalid", field "keys[2].x". */
MUST_USE enum status key_set_add_jwks(struct key_set *self, struct value jwks, struct error *err);

/* The key file: JSON with PEM texts. To be kept readable by its owner only. */
struct str key_set_save(struct arena *arena, const struct key_set *self);
MUST_USE enum status key_set_load(struct key_set *self, struct str text, struct error *err);
