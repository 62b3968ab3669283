/* Hashes. All are 32 bytes long. Safe in any thread: algorithms are fetched once, contexts kept per thread. */
#pragma once

#include "base/base.h"

#define HASH_SIZE 32

enum hash_kind { HASH_SM3, HASH_SHA256 };

void hash_of(enum hash_kind kind, struct str data, unsigned char out[HASH_SIZE]);
void hash_sm3(struct str data, unsigned char out[HASH_SIZE]);
void hash_sha256(struct str data, unsigned char out[HASH_SIZE]);
/* Keyed: HMAC, RFC 2104. */
void hash_hmac(enum hash_kind kind, struct str key, struct str data, unsigned char out[HASH_SIZE]);

/* The next link of a chain of events: SM3(previous || canonical). The first link's previous is 32 zero bytes. */
void hash_chain(const unsigned char previous[HASH_SIZE], struct str canonical, unsigned char out[HASH_SIZE]);

/* In pieces, for files. hash_done may be called once; free it in any case. */
struct hash;
struct hash *hash_new(enum hash_kind kind);
void hash_put(struct hash *self, struct str data);
void hash_done(struct hash *self, unsigned char out[HASH_SIZE]);
void hash_free(struct hash *self);

/* Equal bytes, in a time that does not depend on where they differ. */
bool hash_equal(const void *a, const void *b, size_t n);
