/* Field encryption and blind indexes. Keys are derived once, when a master key is added. */
#include "trust/seal.h"

#include "trust/hash.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <pthread.h>
#include <string.h>

#define KEYS_MAX 64
#define HEADER_SIZE 3
#define TAG_SIZE 16

struct seal_key {
    unsigned number;
    unsigned char bytes[32];
};

struct seal_ring {
    size_t count;
    struct seal_key keys[KEYS_MAX];
    unsigned char index_key[32];
};

/* Fetched once per process, never freed. */
static EVP_CIPHER *cipher;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void set_up(void)
{
    cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    CHECK(cipher);
}

static void derive(const unsigned char master[SEAL_MASTER_SIZE], const char *purpose, unsigned char out[32])
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)master, SEAL_MASTER_SIZE),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)purpose, strlen(purpose)),
        OSSL_PARAM_construct_end(),
    };
    CHECK(context && EVP_KDF_derive(context, out, 32, params) == 1);
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
}

struct seal_ring *seal_ring_new(void)
{
    pthread_once(&once, set_up);
    return heap_alloc(sizeof(struct seal_ring));
}

void seal_ring_free(struct seal_ring *self)
{
    if (!self)
        return;
    OPENSSL_cleanse(self, sizeof(*self));
    heap_free(self);
}

static const struct seal_key *find(const struct seal_ring *self, unsigned number)
{
    for (size_t i = 0; i < self->count; i++)
        if (self->keys[i].number == number)
            return &self->keys[i];
    return NULL;
}

bool seal_ring_holds(const struct seal_ring *self, unsigned number)
{
    return find(self, number) != NULL;
}

void seal_ring_add(struct seal_ring *self, unsigned number, const unsigned char master[SEAL_MASTER_SIZE])
{
    CHECK(number >= 1 && number <= 65535);
    CHECK(!find(self, number));
    CHECK(self->count < KEYS_MAX);
    if (self->count == 0)
        derive(master, "tongban blind index 1", self->index_key);
    struct seal_key *key = &self->keys[self->count++];
    key->number = number;
    derive(master, "tongban field encryption 1", key->bytes);
}

/* ---- Sealing ---- */

/* What is authenticated besides the text: the header and the place. */
static void put_context(EVP_CIPHER_CTX *context, const unsigned char *header, struct str place)
{
    int len = 0;
    CHECK(EVP_CipherUpdate(context, NULL, &len, header, HEADER_SIZE) == 1);
    if (place.len)
        CHECK(EVP_CipherUpdate(context, NULL, &len, (const unsigned char *)place.data, (int)place.len) == 1);
}

struct str seal(struct arena *arena, const struct seal_ring *ring, struct str context, struct str plain,
                const unsigned char nonce[SEAL_NONCE_SIZE])
{
    CHECK(ring->count > 0);
    CHECK(plain.len <= (size_t)1 << 30);
    const struct seal_key *key = &ring->keys[ring->count - 1];
    unsigned char *out = arena_alloc_raw(arena, plain.len + SEAL_OVERHEAD);
    out[0] = 1;
    out[1] = (unsigned char)(key->number >> 8);
    out[2] = (unsigned char)key->number;
    memcpy(out + HEADER_SIZE, nonce, SEAL_NONCE_SIZE);
    unsigned char *text = out + HEADER_SIZE + SEAL_NONCE_SIZE;

    EVP_CIPHER_CTX *gcm = EVP_CIPHER_CTX_new();
    CHECK(gcm && EVP_CipherInit_ex2(gcm, cipher, key->bytes, nonce, 1, NULL) == 1);
    put_context(gcm, out, context);
    int len = 0;
    if (plain.len)
        CHECK(EVP_CipherUpdate(gcm, text, &len, (const unsigned char *)plain.data, (int)plain.len) == 1);
    int rest = 0;
    CHECK(EVP_CipherFinal_ex(gcm, text + len, &rest) == 1);
    CHECK(EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, text + plain.len) == 1);
    EVP_CIPHER_CTX_free(gcm);
    return (struct str){(const char *)out, plain.len + SEAL_OVERHEAD};
}

static enum status refuse_broken(struct error *err)
{
    return error_set(err, ERROR_INTERNAL, "seal-broken",
                     "A sealed field was altered, cut off, or belongs to another place.");
}

/* gcm holds the key already. */
static bool decrypt(EVP_CIPHER_CTX *gcm, struct str context, const unsigned char *sealed, size_t plain_len,
                    unsigned char *out)
{
    const unsigned char *text = sealed + HEADER_SIZE + SEAL_NONCE_SIZE;
    CHECK(EVP_CipherInit_ex2(gcm, NULL, NULL, sealed + HEADER_SIZE, 0, NULL) == 1);
    put_context(gcm, sealed, context);
    int len = 0;
    if (plain_len)
        CHECK(EVP_CipherUpdate(gcm, out, &len, text, (int)plain_len) == 1);
    CHECK(EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, (void *)(text + plain_len)) == 1);
    int rest = 0;
    return EVP_CipherFinal_ex(gcm, out + len, &rest) == 1;
}

static EVP_CIPHER_CTX *new_decryption(const struct seal_key *key)
{
    EVP_CIPHER_CTX *gcm = EVP_CIPHER_CTX_new();
    CHECK(gcm && EVP_CipherInit_ex2(gcm, cipher, key->bytes, NULL, 0, NULL) == 1);
    return gcm;
}

/* The key that a sealed field names. */
static enum status key_of(const struct seal_ring *ring, struct str sealed, const struct seal_key **out,
                          struct error *err)
{
    const unsigned char *bytes = (const unsigned char *)sealed.data;
    if (sealed.len < SEAL_OVERHEAD || sealed.len > (size_t)1 << 30 || bytes[0] != 1)
        return refuse_broken(err);
    unsigned number = (unsigned)bytes[1] << 8 | bytes[2];
    *out = find(ring, number);
    return *out ? OK
                : error_set(err, ERROR_INTERNAL, "seal-key",
                            "A field is sealed with key %u, which is not in the key file.", number);
}

enum status seal_open(struct arena *arena, const struct seal_ring *ring, struct str context, struct str sealed,
                      struct str *out, struct error *err)
{
    const struct seal_key *key = NULL;
    if (key_of(ring, sealed, &key, err) != OK)
        return FAILED;
    size_t plain_len = sealed.len - SEAL_OVERHEAD;
    unsigned char *plain = arena_alloc_raw(arena, plain_len + 1);
    EVP_CIPHER_CTX *gcm = new_decryption(key);
    bool good = decrypt(gcm, context, (const unsigned char *)sealed.data, plain_len, plain);
    EVP_CIPHER_CTX_free(gcm);
    if (!good) {
        OPENSSL_cleanse(plain, plain_len);
        return refuse_broken(err);
    }
    plain[plain_len] = 0;
    *out = (struct str){(const char *)plain, plain_len};
    return OK;
}

struct seal_opener {
    const struct seal_ring *ring;
    const struct seal_key *key; /* that gcm holds; NULL: none yet */
    EVP_CIPHER_CTX *gcm;
};

struct seal_opener *seal_opener_new(const struct seal_ring *ring)
{
    struct seal_opener *self = heap_alloc(sizeof(*self));
    self->ring = ring;
    return self;
}

void seal_opener_free(struct seal_opener *self)
{
    if (!self)
        return;
    EVP_CIPHER_CTX_free(self->gcm);
    heap_free(self);
}

enum status seal_opener_open(struct seal_opener *self, struct str context, struct str sealed, char *plain,
                             struct str *out, struct error *err)
{
    const struct seal_key *key = NULL;
    if (key_of(self->ring, sealed, &key, err) != OK)
        return FAILED;
    if (key != self->key) {
        EVP_CIPHER_CTX_free(self->gcm);
        self->gcm = new_decryption(key);
        self->key = key;
    }
    size_t plain_len = sealed.len - SEAL_OVERHEAD;
    if (!decrypt(self->gcm, context, (const unsigned char *)sealed.data, plain_len, (unsigned char *)plain)) {
        OPENSSL_cleanse(plain, plain_len);
        return refuse_broken(err);
    }
    plain[plain_len] = 0;
    *out = (struct str){plain, plain_len};
    return OK;
}

/* ---- Blind indexes ---- */

struct str seal_normalise(struct arena *arena, struct str text)
{
    if (!utf8_valid(text))
        return arena_str(arena, text);
    char *out = arena_alloc_raw(arena, text.len + 1);
    size_t len = 0;
    for (size_t at = 0; at < text.len;) {
        uint32_t c = utf8_next(text, &at);
        if (c >= 0xff01 && c <= 0xff5e)
            c -= 0xff01 - 0x21;
        bool blank = c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0 || c == 0x3000;
        if (blank)
            continue;
        if (c >= 'a' && c <= 'z')
            c -= 'a' - 'A';
        len += utf8_put(c, out + len);
    }
    out[len] = 0;
    return (struct str){out, len};
}

void seal_index(const struct seal_ring *ring, struct str domain, struct str text, unsigned char out[SEAL_INDEX_SIZE])
{
    CHECK(ring->count > 0);
    struct arena arena;
    arena_init(&arena);
    const struct str parts[] = {domain, (struct str){"\0", 1}, seal_normalise(&arena, text)};
    unsigned char hash[HASH_SIZE];
    hash_hmac(HASH_SHA256, (struct str){(const char *)ring->index_key, sizeof(ring->index_key)},
              arena_join(&arena, parts, COUNT_OF(parts)), hash);
    memcpy(out, hash, SEAL_INDEX_SIZE);
    arena_release(&arena);
}
