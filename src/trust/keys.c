/* Key pairs and sets of them. Every pair, wherever it comes from, is rebuilt from its numbers by make_key, so that all
 * pairs have passed the same checks: right curve, point on the curve, private number in range and fitting the point. */
#include "trust/keys.h"

#include "feel/json.h"
#include "trust/internal.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <string.h>

#define KEYS_MAX 256

struct key_set {
    size_t count;
    struct key *keys[KEYS_MAX];
};

static const struct {
    const char *name;  /* JWS algorithm */
    const char *curve; /* JWK curve */
    const char *type;  /* OpenSSL key type */
    const char *group; /* OpenSSL curve */
    int nid;
} algorithms[] = {
    [KEY_ES256] = {"ES256", "P-256", "EC", "prime256v1", NID_X9_62_prime256v1},
    [KEY_SM2] = {"SM2SM3", "SM2", "SM2", "SM2", NID_sm2},
};

static EC_GROUP *curves[COUNT_OF(algorithms)];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_curves(void)
{
    for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
        curves[i] = EC_GROUP_new_by_curve_name(algorithms[i].nid);
        CHECK(curves[i]);
    }
}

const EC_GROUP *key_curve(enum key_algorithm algorithm)
{
    pthread_once(&once, make_curves);
    return curves[algorithm];
}

const char *key_algorithm_name(enum key_algorithm algorithm)
{
    return algorithms[algorithm].name;
}

enum status key_algorithm_parse(struct str name, enum key_algorithm *out, struct error *err)
{
    for (size_t i = 0; i < COUNT_OF(algorithms); i++)
        if (str_equal(name, str_of(algorithms[i].name))) {
            *out = (enum key_algorithm)i;
            return OK;
        }
    error_set(err, ERROR_INVALID, "key-invalid", "There is no signature algorithm called '%.*s'.",
              (int)(name.len > 40 ? 40 : name.len), name.data ? name.data : "");
    return error_hint(err, "Use ES256 or SM2SM3.");
}

enum key_algorithm key_algorithm(const struct key *self)
{
    return self->algorithm;
}

enum key_state key_state(const struct key *self)
{
    return self->state;
}

struct str key_id(const struct key *self)
{
    return str_of(self->id);
}

bool key_has_private(const struct key *self)
{
    return self->secret != NULL;
}

int64_t key_created_ms(const struct key *self)
{
    return self->created_ms;
}

/* ---- Making one ---- */

/* RFC 7638: the hash of the required members in order, without blanks. */
static void set_id(struct key *self)
{
    struct arena arena;
    arena_init(&arena);
    struct str x = base64url_encode(&arena, self->x, 32);
    struct str y = base64url_encode(&arena, self->y, 32);
    struct str text = arena_printf(&arena, "{\"crv\":\"%s\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}",
                                   algorithms[self->algorithm].curve, x.data, y.data);
    unsigned char hash[HASH_SIZE];
    hash_of(self->algorithm == KEY_SM2 ? HASH_SM3 : HASH_SHA256, text, hash);
    struct str id = base64url_encode(&arena, hash, sizeof(hash));
    CHECK(id.len == sizeof(self->id) - 1);
    memcpy(self->id, id.data, sizeof(self->id)); /* base64url_encode terminates */
    arena_release(&arena);
}

/* GB/T 32918.2: Z = SM3(bits of ID, 2 bytes || ID || a || b || xG || yG || xA || yA), ID = 1234567812345678. */
static void set_identity(struct key *self)
{
    const EC_GROUP *group = key_curve(KEY_SM2);
    BIGNUM *numbers[4];
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        numbers[i] = BN_new();
    CHECK(EC_GROUP_get_curve(group, NULL, numbers[0], numbers[1], NULL) == 1);
    CHECK(EC_POINT_get_affine_coordinates(group, EC_GROUP_get0_generator(group), numbers[2], numbers[3], NULL) == 1);
    unsigned char text[2 + 16 + 6 * 32] = {0x00, 0x80};
    unsigned char *at = text + 2;
    memcpy(at, "1234567812345678", 16);
    at += 16;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        CHECK(BN_bn2binpad(numbers[i], at, 32) == 32);
        BN_free(numbers[i]);
        at += 32;
    }
    memcpy(at, self->x, 32);
    memcpy(at + 32, self->y, 32);
    hash_sm3((struct str){(const char *)text, sizeof(text)}, self->identity);
}

static EVP_PKEY *pair_from_numbers(const struct key *self)
{
    unsigned char point[65] = {POINT_CONVERSION_UNCOMPRESSED};
    memcpy(point + 1, self->x, 32);
    memcpy(point + 33, self->y, 32);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    CHECK(builder);
    CHECK(OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, algorithms[self->algorithm].group, 0) ==
          1);
    CHECK(OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)) == 1);
    if (self->secret)
        CHECK(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, self->secret) == 1);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, algorithms[self->algorithm].type, NULL);
    CHECK(params && context && EVP_PKEY_fromdata_init(context) == 1);
    EVP_PKEY *pair = NULL;
    int selection = self->secret ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
    if (EVP_PKEY_fromdata(context, &pair, selection, params) != 1)
        pair = NULL;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    return pair;
}

/* The public point of a private number, into x and y. */
static void derive_point(struct key *self)
{
    const EC_GROUP *group = key_curve(self->algorithm);
    EC_POINT *point = EC_POINT_new(group);
    BIGNUM *x = BN_new();
    BIGNUM *y = BN_new();
    CHECK(point && x && y);
    CHECK(EC_POINT_mul(group, point, self->secret, NULL, NULL, NULL) == 1);
    CHECK(EC_POINT_get_affine_coordinates(group, point, x, y, NULL) == 1);
    CHECK(BN_bn2binpad(x, self->x, 32) == 32 && BN_bn2binpad(y, self->y, 32) == 32);
    BN_free(x);
    BN_free(y);
    EC_POINT_free(point);
}

static bool is_on_curve(const struct key *self)
{
    const EC_GROUP *group = key_curve(self->algorithm);
    EC_POINT *point = EC_POINT_new(group);
    BIGNUM *x = BN_bin2bn(self->x, 32, NULL);
    BIGNUM *y = BN_bin2bn(self->y, 32, NULL);
    CHECK(point && x && y);
    bool on_curve = EC_POINT_set_affine_coordinates(group, point, x, y, NULL) == 1;
    BN_free(x);
    BN_free(y);
    EC_POINT_free(point);
    return on_curve;
}

/* Both halves need 0 < d < n - 1, as SM2 asks. */
static bool is_in_range(enum key_algorithm algorithm, const BIGNUM *secret)
{
    BIGNUM *limit = BN_dup(EC_GROUP_get0_order(key_curve(algorithm)));
    CHECK(limit && BN_sub_word(limit, 1) == 1);
    bool good = !BN_is_zero(secret) && !BN_is_negative(secret) && BN_cmp(secret, limit) < 0;
    BN_free(limit);
    return good;
}

static void free_key(struct key *key)
{
    EVP_PKEY_free(key->pair);
    BN_clear_free(key->secret);
    BN_clear_free(key->factor);
    heap_free(key);
}

/* Takes secret over. Without one, x and y must hold the public point. NULL if the numbers are no key of that curve. */
static struct key *make_key(enum key_algorithm algorithm, BIGNUM *secret, const unsigned char x[32],
                            const unsigned char y[32])
{
    struct key *self = heap_alloc(sizeof(*self));
    self->algorithm = algorithm;
    self->secret = secret;
    if (secret && is_in_range(algorithm, secret))
        derive_point(self);
    else if (!secret) {
        memcpy(self->x, x, 32);
        memcpy(self->y, y, 32);
    }
    bool fits = !x || (memcmp(x, self->x, 32) == 0 && memcmp(y, self->y, 32) == 0);
    if (fits && is_on_curve(self))
        self->pair = pair_from_numbers(self);
    if (!self->pair) {
        free_key(self);
        return NULL;
    }
    set_id(self);
    if (algorithm == KEY_SM2)
        set_identity(self);
    if (algorithm == KEY_SM2 && secret)
        self->factor = sm2_factor(secret);
    return self;
}

/* ---- Sets ---- */

struct key_set *key_set_new(void)
{
    return heap_alloc(sizeof(struct key_set));
}

void key_set_free(struct key_set *self)
{
    if (!self)
        return;
    for (size_t i = 0; i < self->count; i++)
        free_key(self->keys[i]);
    heap_free(self);
}

size_t key_set_count(const struct key_set *self)
{
    return self->count;
}

const struct key *key_set_at(const struct key_set *self, size_t i)
{
    CHECK(i < self->count);
    return self->keys[i];
}

const struct key *key_set_find(const struct key_set *self, struct str kid)
{
    for (size_t i = 0; i < self->count; i++)
        if (str_equal(key_id(self->keys[i]), kid))
            return self->keys[i];
    return NULL;
}

const struct key *key_set_active(const struct key_set *self, enum key_algorithm algorithm)
{
    for (size_t i = 0; i < self->count; i++) {
        const struct key *key = self->keys[i];
        if (key->algorithm == algorithm && key->state == KEY_ACTIVE && key->secret)
            return key;
    }
    return NULL;
}

/* Takes the key over. A new active key with a private half retires the former one. */
static enum status add_key(struct key_set *self, struct key *key, struct error *err)
{
    if (key_set_find(self, key_id(key)) || self->count == KEYS_MAX) {
        bool full = self->count == KEYS_MAX;
        free_key(key);
        if (full)
            return error_set(err, ERROR_LIMIT, "key-invalid", "A key set holds at most %d keys.", KEYS_MAX);
        return error_set(err, ERROR_CONFLICT, "key-invalid", "This key is in the set already.");
    }
    if (key->state == KEY_ACTIVE && key->secret)
        for (size_t i = 0; i < self->count; i++)
            if (self->keys[i]->algorithm == key->algorithm && self->keys[i]->secret)
                self->keys[i]->state = KEY_RETIRED;
    self->keys[self->count++] = key;
    return OK;
}

const struct key *key_set_create(struct key_set *self, enum key_algorithm algorithm,
                                 const unsigned char seed[KEY_SEED_SIZE], int64_t now_ms)
{
    /* d = 1 + seed mod (n - 2): 128 bits more than n needs, so that the remainder is even to all measure (FIPS 186-4
     * B.4.1). */
    BIGNUM *secret = BN_secure_new();
    BIGNUM *wide = BN_bin2bn(seed, KEY_SEED_SIZE, NULL);
    BIGNUM *modulus = BN_dup(EC_GROUP_get0_order(key_curve(algorithm)));
    BN_CTX *context = BN_CTX_new();
    CHECK(secret && wide && modulus && context && BN_sub_word(modulus, 2) == 1);
    BN_set_flags(wide, BN_FLG_CONSTTIME);
    CHECK(BN_nnmod(secret, wide, modulus, context) == 1 && BN_add_word(secret, 1) == 1);
    BN_CTX_free(context);
    BN_free(modulus);
    BN_clear_free(wide);

    struct key *key = make_key(algorithm, secret, NULL, NULL);
    CHECK(key);
    key->state = KEY_ACTIVE;
    key->created_ms = now_ms;
    struct error err = ERROR_INIT;
    CHECK(add_key(self, key, &err) == OK);
    return key;
}

/* ---- PEM ---- */

/* OpenSSL would ask on the terminal. */
static int no_password(char *out, int size, int writing, void *state)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)state;
    return -1;
}

static EVP_PKEY *read_pem(struct str pem)
{
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    CHECK(bio);
    EVP_PKEY *pair = NULL;
    if (str_find(pem, STR("PRIVATE KEY-----"), 0) >= 0)
        pair = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    else
        pair = PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL);
    BIO_free(bio);
    return pair;
}

/* The curve of a pair that OpenSSL has read. */
static bool algorithm_of(EVP_PKEY *pair, enum key_algorithm *out)
{
    char group[64] = "";
    size_t len = 0;
    if (EVP_PKEY_get_utf8_string_param(pair, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group), &len) != 1)
        return false;
    for (size_t i = 0; i < COUNT_OF(algorithms); i++)
        if (OBJ_txt2nid(group) == algorithms[i].nid) {
            *out = (enum key_algorithm)i;
            return true;
        }
    return false;
}

static struct key *key_of_pair(EVP_PKEY *pair)
{
    enum key_algorithm algorithm;
    BIGNUM *x = NULL;
    BIGNUM *y = NULL;
    BIGNUM *secret = NULL;
    struct key *key = NULL;
    unsigned char bytes[2][32];
    if (algorithm_of(pair, &algorithm) && EVP_PKEY_get_bn_param(pair, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
        EVP_PKEY_get_bn_param(pair, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1 && BN_bn2binpad(x, bytes[0], 32) == 32 &&
        BN_bn2binpad(y, bytes[1], 32) == 32) {
        if (EVP_PKEY_get_bn_param(pair, OSSL_PKEY_PARAM_PRIV_KEY, &secret) != 1)
            secret = NULL;
        key = make_key(algorithm, secret, bytes[0], bytes[1]);
    }
    BN_free(x);
    BN_free(y);
    return key;
}

enum status key_set_add_pem(struct key_set *self, struct str pem, enum key_state state, int64_t created_ms,
                            struct error *err)
{
    EVP_PKEY *pair = pem.data && pem.len < 65536 ? read_pem(pem) : NULL;
    if (!pair) {
        error_set(err, ERROR_INVALID, "key-invalid", "This is no PEM key that can be read.");
        return error_hint(err, "Use an unencrypted PKCS#8 private key or a public key (BEGIN PUBLIC KEY).");
    }
    struct key *key = key_of_pair(pair);
    EVP_PKEY_free(pair);
    if (!key)
        return error_set(err, ERROR_INVALID, "key-invalid",
                         "The key is not on one of the curves P-256 and SM2, or is broken.");
    key->state = state;
    key->created_ms = created_ms;
    return add_key(self, key, err);
}

static struct str take_bio(struct arena *arena, BIO *bio)
{
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);
    struct str text = arena_str(arena, (struct str){data, (size_t)len});
    BIO_free(bio);
    return text;
}

struct str key_private_pem(struct arena *arena, const struct key *self)
{
    CHECK(self->secret);
    BIO *bio = BIO_new(BIO_s_secmem());
    CHECK(bio && PEM_write_bio_PKCS8PrivateKey(bio, self->pair, NULL, NULL, 0, NULL, NULL) == 1);
    return take_bio(arena, bio);
}

struct str key_public_pem(struct arena *arena, const struct key *self)
{
    BIO *bio = BIO_new(BIO_s_mem());
    CHECK(bio && PEM_write_bio_PUBKEY(bio, self->pair) == 1);
    return take_bio(arena, bio);
}

/* ---- JWK ---- */

struct value key_jwk(struct arena *arena, const struct key *self)
{
    struct context_builder out;
    context_builder_init(&out, arena);
    context_builder_put(&out, STR("kty"), value_cstr("EC"));
    context_builder_put(&out, STR("crv"), value_cstr(algorithms[self->algorithm].curve));
    context_builder_put(&out, STR("x"), value_string(base64url_encode(arena, self->x, 32)));
    context_builder_put(&out, STR("y"), value_string(base64url_encode(arena, self->y, 32)));
    context_builder_put(&out, STR("kid"), value_string_copy(arena, key_id(self)));
    context_builder_put(&out, STR("alg"), value_cstr(algorithms[self->algorithm].name));
    context_builder_put(&out, STR("use"), value_cstr("sig"));
    return context_builder_done(&out);
}

struct value key_set_jwks(struct arena *arena, const struct key_set *self)
{
    struct list_builder keys;
    list_builder_init(&keys, arena);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < self->count; i++)
            if ((self->keys[i]->state == KEY_ACTIVE) == (pass == 0))
                list_builder_push(&keys, key_jwk(arena, self->keys[i]));
    struct context_builder out;
    context_builder_init(&out, arena);
    context_builder_put(&out, STR("keys"), list_builder_done(&keys));
    return context_builder_done(&out);
}

static enum status refuse_jwk(struct error *err, size_t i, const char *member, const char *message)
{
    error_set(err, ERROR_INVALID, "key-invalid", "%s", message);
    return error_field(err, "keys[%zu].%s", i, member);
}

static bool coordinate(struct arena *arena, struct value jwk, struct str name, unsigned char out[32])
{
    struct str bytes;
    struct str text = value_text(value_get(jwk, name));
    if (!text.data || text.len != 43 || !base64url_decode(arena, text, &bytes) || bytes.len != 32)
        return false;
    memcpy(out, bytes.data, 32);
    return true;
}

/* One entry of a JWKS. Passes over keys that are not for us; *added counts those that are. */
static enum status add_jwk(struct key_set *self, struct value jwk, size_t i, size_t *added, struct error *err)
{
    size_t algorithm = 0;
    struct str curve = value_text(value_get(jwk, STR("crv")));
    while (algorithm < COUNT_OF(algorithms) && !str_equal(curve, str_of(algorithms[algorithm].curve)))
        algorithm++;
    if (!str_equal(value_text(value_get(jwk, STR("kty"))), STR("EC")) || algorithm == COUNT_OF(algorithms))
        return OK;
    struct arena arena;
    arena_init(&arena);
    unsigned char x[32], y[32];
    enum status status = OK;
    if (!coordinate(&arena, jwk, STR("x"), x))
        status = refuse_jwk(err, i, "x", "A coordinate of a JWK is 32 bytes in base64url.");
    else if (!coordinate(&arena, jwk, STR("y"), y))
        status = refuse_jwk(err, i, "y", "A coordinate of a JWK is 32 bytes in base64url.");
    arena_release(&arena);
    if (status != OK)
        return FAILED;
    struct key *key = make_key((enum key_algorithm)algorithm, NULL, x, y);
    if (!key)
        return refuse_jwk(err, i, "x", "The point of this JWK is not on its curve.");
    (*added)++;
    if (key_set_find(self, key_id(key))) {
        free_key(key);
        return OK;
    }
    return add_key(self, key, err);
}

enum status key_set_add_jwks(struct key_set *self, struct value jwks, struct error *err)
{
    struct value keys = value_get(jwks, STR("keys"));
    if (keys.kind != VALUE_LIST) {
        error_set(err, ERROR_INVALID, "key-invalid", "A JWKS is an object with a list called keys.");
        return error_field(err, "keys");
    }
    size_t added = 0;
    for (size_t i = 0; i < value_count(keys); i++)
        if (add_jwk(self, value_at(keys, i), i, &added, err) != OK)
            return FAILED;
    if (added == 0) {
        error_set(err, ERROR_INVALID, "key-invalid", "The JWKS holds no key on P-256 or SM2.");
        return error_field(err, "keys");
    }
    return OK;
}

/* ---- The key file ---- */

static const char *const state_names[] = {[KEY_ACTIVE] = "active", [KEY_RETIRED] = "retired"};

struct str key_set_save(struct arena *arena, const struct key_set *self)
{
    struct list_builder keys;
    list_builder_init(&keys, arena);
    for (size_t i = 0; i < self->count; i++) {
        const struct key *key = self->keys[i];
        struct context_builder one;
        context_builder_init(&one, arena);
        context_builder_put(&one, STR("kid"), value_string_copy(arena, key_id(key)));
        context_builder_put(&one, STR("alg"), value_cstr(key_algorithm_name(key->algorithm)));
        context_builder_put(&one, STR("state"), value_cstr(state_names[key->state]));
        context_builder_put(&one, STR("created_ms"), value_int(key->created_ms));
        if (key->secret)
            context_builder_put(&one, STR("private"), value_string(key_private_pem(arena, key)));
        else
            context_builder_put(&one, STR("public"), value_string(key_public_pem(arena, key)));
        list_builder_push(&keys, context_builder_done(&one));
    }
    struct context_builder out;
    context_builder_init(&out, arena);
    context_builder_put(&out, STR("format"), value_cstr("tongban-keys-1"));
    context_builder_put(&out, STR("keys"), list_builder_done(&keys));
    struct buf text;
    buf_init(&text, 0);
    json_write_pretty(&text, context_builder_done(&out));
    return arena_take(arena, &text);
}

static enum status load_one(struct key_set *self, struct value one, struct error *err)
{
    struct str pem = value_text(value_get(one, STR("private")));
    if (!pem.data)
        pem = value_text(value_get(one, STR("public")));
    struct str state = value_text(value_get(one, STR("state")));
    int64_t created_ms = 0;
    if (!str_equal(state, STR("active")) && !str_equal(state, STR("retired"))) {
        error_set(err, ERROR_INVALID, "key-invalid", "A key is active or retired.");
        return error_field(err, "state");
    }
    if (!value_to_int64(value_get(one, STR("created_ms")), &created_ms)) {
        error_set(err, ERROR_INVALID, "key-invalid", "A key has a time of creation in milliseconds.");
        return error_field(err, "created_ms");
    }
    enum key_state wanted = str_equal(state, STR("active")) ? KEY_ACTIVE : KEY_RETIRED;
    if (key_set_add_pem(self, pem, wanted, created_ms, err) != OK)
        return FAILED;
    struct value kid = value_get(one, STR("kid"));
    if (!value_is_null(kid) && !str_equal(value_text(kid), key_id(self->keys[self->count - 1]))) {
        error_set(err, ERROR_INVALID, "key-invalid", "The kid does not belong to this key.");
        return error_field(err, "kid");
    }
    return OK;
}

enum status key_set_load(struct key_set *self, struct str text, struct error *err)
{
    struct arena arena;
    arena_init(&arena);
    struct value file = value_null;
    enum status status = json_parse(&arena, text, NULL, &file, err);
    if (status == OK && !str_equal(value_text(value_get(file, STR("format"))), STR("tongban-keys-1")))
        status = error_set(err, ERROR_INVALID, "key-invalid", "This is no key file: its format is not tongban-keys-1.");
    struct value keys = value_get(file, STR("keys"));
    for (size_t i = 0; i < value_count(keys) && status == OK; i++) {
        status = load_one(self, value_at(keys, i), err);
        if (status != OK)
            error_prefix(err, "key %zu of the key file", i + 1);
    }
    arena_release(&arena);
    return status;
}
