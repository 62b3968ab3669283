/* Hashes by OpenSSL. What is shared: the two fetched algorithms, set once per process and never freed. What is per
 * thread: one context per algorithm, freed when the thread ends. */
#include "trust/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

static EVP_MD *digests[2];
static pthread_key_t contexts_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

struct contexts {
    EVP_MD_CTX *of[2];
};

static void free_contexts(void *memory)
{
    struct contexts *contexts = memory;
    for (size_t i = 0; i < COUNT_OF(contexts->of); i++)
        EVP_MD_CTX_free(contexts->of[i]);
    heap_free(contexts);
}

static void set_up(void)
{
    digests[HASH_SM3] = EVP_MD_fetch(NULL, "SM3", NULL);
    digests[HASH_SHA256] = EVP_MD_fetch(NULL, "SHA256", NULL);
    CHECK(digests[HASH_SM3] && digests[HASH_SHA256]);
    CHECK(pthread_key_create(&contexts_key, free_contexts) == 0);
}

static const EVP_MD *digest_of(enum hash_kind kind)
{
    pthread_once(&once, set_up);
    return digests[kind];
}

/* This thread's context, ready for a new text. */
static EVP_MD_CTX *begin(enum hash_kind kind)
{
    const EVP_MD *digest = digest_of(kind);
    struct contexts *contexts = pthread_getspecific(contexts_key);
    if (!contexts) {
        contexts = heap_alloc(sizeof(*contexts));
        for (size_t i = 0; i < COUNT_OF(contexts->of); i++)
            contexts->of[i] = EVP_MD_CTX_new();
        CHECK(pthread_setspecific(contexts_key, contexts) == 0);
    }
    EVP_MD_CTX *context = contexts->of[kind];
    CHECK(context && EVP_DigestInit_ex2(context, digest, NULL) == 1);
    return context;
}

void hash_of(enum hash_kind kind, struct str data, unsigned char out[HASH_SIZE])
{
    EVP_MD_CTX *context = begin(kind);
    CHECK(EVP_DigestUpdate(context, data.data, data.len) == 1);
    CHECK(EVP_DigestFinal_ex(context, out, NULL) == 1);
}

void hash_sm3(struct str data, unsigned char out[HASH_SIZE])
{
    hash_of(HASH_SM3, data, out);
}

void hash_sha256(struct str data, unsigned char out[HASH_SIZE])
{
    hash_of(HASH_SHA256, data, out);
}

void hash_chain(const unsigned char previous[HASH_SIZE], struct str canonical, unsigned char out[HASH_SIZE])
{
    EVP_MD_CTX *context = begin(HASH_SM3);
    CHECK(EVP_DigestUpdate(context, previous, HASH_SIZE) == 1);
    CHECK(EVP_DigestUpdate(context, canonical.data, canonical.len) == 1);
    CHECK(EVP_DigestFinal_ex(context, out, NULL) == 1);
}

/* One half of HMAC: the padded key, then the text. */
static void keyed(enum hash_kind kind, const unsigned char block[64], unsigned char pad, struct str data,
                  unsigned char out[HASH_SIZE])
{
    unsigned char padded[64];
    for (size_t i = 0; i < sizeof(padded); i++)
        padded[i] = block[i] ^ pad;
    EVP_MD_CTX *context = begin(kind);
    CHECK(EVP_DigestUpdate(context, padded, sizeof(padded)) == 1);
    CHECK(EVP_DigestUpdate(context, data.data, data.len) == 1);
    CHECK(EVP_DigestFinal_ex(context, out, NULL) == 1);
    OPENSSL_cleanse(padded, sizeof(padded));
}

void hash_hmac(enum hash_kind kind, struct str key, struct str data, unsigned char out[HASH_SIZE])
{
    unsigned char block[64] = {0};
    if (key.len > sizeof(block))
        hash_of(kind, key, block);
    else if (key.len)
        memcpy(block, key.data, key.len);
    unsigned char inner[HASH_SIZE];
    keyed(kind, block, 0x36, data, inner);
    keyed(kind, block, 0x5c, (struct str){(const char *)inner, sizeof(inner)}, out);
    OPENSSL_cleanse(block, sizeof(block));
}

struct hash {
    EVP_MD_CTX *context;
};

struct hash *hash_new(enum hash_kind kind)
{
    struct hash *self = heap_alloc(sizeof(*self));
    self->context = EVP_MD_CTX_new();
    CHECK(self->context && EVP_DigestInit_ex2(self->context, digest_of(kind), NULL) == 1);
    return self;
}

void hash_put(struct hash *self, struct str data)
{
    CHECK(EVP_DigestUpdate(self->context, data.data, data.len) == 1);
}

void hash_done(struct hash *self, unsigned char out[HASH_SIZE])
{
    CHECK(EVP_DigestFinal_ex(self->context, out, NULL) == 1);
}

void hash_free(struct hash *self)
{
    if (!self)
        return;
    EVP_MD_CTX_free(self->context);
    heap_free(self);
}

bool hash_equal(const void *a, const void *b, size_t n)
{
    return CRYPTO_memcmp(a, b, n) == 0;
}
