/* Personal data at rest: AES-256-GCM per field, and blind indexes for look-ups by equality.
 *   sealed = 0x01 | key number (2, big endian) | nonce (12) | ciphertext | tag (16)
 * Every key is derived from a master key by HKDF-SHA-256. A ring holds the current master key and former ones, so that
 * a change of key needs no re-encryption at once. Built once, then read by many threads. */
#pragma once

#include "base/base.h"

#define SEAL_MASTER_SIZE 32
#define SEAL_NONCE_SIZE 12
#define SEAL_OVERHEAD (1 + 2 + SEAL_NONCE_SIZE + 16)
#define SEAL_INDEX_SIZE 16

struct seal_ring;
struct seal_ring *seal_ring_new(void);
void seal_ring_free(struct seal_ring *self);
/* The key added last seals; all open. The one added first makes the blind indexes, which must not change with rotation.
 * number 1…65535, each once. */
void seal_ring_add(struct seal_ring *self, unsigned number, const unsigned char master[SEAL_MASTER_SIZE]);
bool seal_ring_holds(const struct seal_ring *self, unsigned number);

/* context binds the text to its place ("party.name:<id>"): opening it elsewhere fails. nonce: unpredictable bytes,
 * never the same twice. */
struct str seal(struct arena *arena, const struct seal_ring *ring, struct str context, struct str plain,
                const unsigned char nonce[SEAL_NONCE_SIZE]);
/* Types "seal-key" (unknown key number), "seal-broken" (altered, truncated, or of another place). */
MUST_USE enum status seal_open(struct arena *arena, const struct seal_ring *ring, struct str context, struct str sealed,
                               struct str *out, struct error *err);

/* Opens many fields one after the other in one thread, without setting the cipher up for each. The ring must outlive
 * it. */
struct seal_opener;
struct seal_opener *seal_opener_new(const struct seal_ring *ring);
void seal_opener_free(struct seal_opener *self);
/* As seal_open; out is written to plain, which has room for sealed.len bytes, and ends with a zero byte. */
MUST_USE enum status seal_opener_open(struct seal_opener *self, struct str context, struct str sealed, char *plain,
                                      struct str *out, struct error *err);

/* Equal texts of one domain ("party.id-number") have equal indexes; without the key nothing can be told from one.
 * The text is normalised first: white space out, full-width forms and ASCII letters to half-width upper case. */
void seal_index(const struct seal_ring *ring, struct str domain, struct str text, unsigned char out[SEAL_INDEX_SIZE]);
struct str seal_normalise(struct arena *arena, struct str text);
