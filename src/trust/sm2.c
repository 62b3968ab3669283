/* SM2 signatures (GB/T 32918.2), several times faster than OpenSSL 3.0's own: it has no fast code for this curve and
 * multiplies the base point bit by bit. Here multiples of the base point stand in a table:
 *
 *   k G = sum over i < 52 of (d_i + 1) 32^i G,   where k - C mod n = sum of d_i 32^i, 0 <= d_i < 32, C = sum of 32^i
 *
 * Every digit adds one point, so that the sequence of operations does not depend on k, and an entry is read by looking
 * at its whole row. All arithmetic is OpenSSL's. Verification is left to OpenSSL altogether (sign.c). */
#include "trust/internal.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <string.h>

#define DIGIT_BITS 5
#define DIGITS 32
#define ROWS 52

struct affine {
    unsigned char bytes[64]; /* x, y */
};

/* Shared by all threads, filled once. */
static struct affine table[ROWS][DIGITS];
static BIGNUM *offset;          /* C */
static BN_MONT_CTX *montgomery; /* modulo n */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void put_affine(const EC_GROUP *group, const EC_POINT *point, struct affine *out, BN_CTX *context)
{
    BN_CTX_start(context);
    BIGNUM *x = BN_CTX_get(context);
    BIGNUM *y = BN_CTX_get(context);
    CHECK(y && EC_POINT_get_affine_coordinates(group, point, x, y, context) == 1);
    CHECK(BN_bn2binpad(x, out->bytes, 32) == 32 && BN_bn2binpad(y, out->bytes + 32, 32) == 32);
    BN_CTX_end(context);
}

static void fill_table(void)
{
    const EC_GROUP *group = key_curve(KEY_SM2);
    BN_CTX *context = BN_CTX_new();
    EC_POINT *unit = EC_POINT_dup(EC_GROUP_get0_generator(group), group); /* 32^i G */
    EC_POINT *sum = EC_POINT_new(group);
    offset = BN_new();
    montgomery = BN_MONT_CTX_new();
    CHECK(context && unit && sum && offset && montgomery);
    for (int row = 0; row < ROWS; row++) {
        CHECK(EC_POINT_copy(sum, unit) == 1);
        for (int digit = 0; digit < DIGITS; digit++) {
            put_affine(group, sum, &table[row][digit], context);
            CHECK(EC_POINT_add(group, sum, sum, unit, context) == 1);
        }
        for (int i = 0; i < DIGIT_BITS; i++)
            CHECK(EC_POINT_dbl(group, unit, unit, context) == 1);
        CHECK(BN_set_bit(offset, row * DIGIT_BITS) == 1);
    }
    CHECK(BN_MONT_CTX_set(montgomery, EC_GROUP_get0_order(group), context) == 1);
    EC_POINT_free(sum);
    EC_POINT_free(unit);
    BN_CTX_free(context);
}

/* Copies entry digit of a row, reading all of it. */
static void select_entry(const struct affine row[DIGITS], unsigned digit, struct affine *out)
{
    uint64_t words[8] = {0};
    for (unsigned i = 0; i < DIGITS; i++) {
        uint64_t difference = i ^ digit;
        uint64_t mask = (difference - 1) >> 63; /* 1 for the wanted entry, else 0 */
        mask = 0 - mask;
        uint64_t entry[8];
        memcpy(entry, row[i].bytes, sizeof(entry));
        for (size_t w = 0; w < COUNT_OF(words); w++)
            words[w] |= entry[w] & mask;
    }
    memcpy(out->bytes, words, sizeof(words));
}

/* Digit i of a number of 260 bits, big endian. */
static unsigned digit_of(const unsigned char number[33], int i)
{
    int bit = i * DIGIT_BITS;
    int byte = 32 - bit / 8;
    unsigned pair = number[byte] | (byte > 0 ? (unsigned)number[byte - 1] << 8 : 0);
    return pair >> (bit % 8) & (DIGITS - 1);
}

/* The x coordinate of k G. */
static void multiply_base(const EC_GROUP *group, const BIGNUM *k, BIGNUM *out, BN_CTX *context)
{
    BN_CTX_start(context);
    BIGNUM *shifted = BN_CTX_get(context);
    BIGNUM *x = BN_CTX_get(context);
    BIGNUM *y = BN_CTX_get(context);
    EC_POINT *sum = EC_POINT_new(group);
    EC_POINT *entry = EC_POINT_new(group);
    CHECK(y && sum && entry);
    CHECK(BN_mod_sub(shifted, k, offset, EC_GROUP_get0_order(group), context) == 1);
    unsigned char number[33];
    CHECK(BN_bn2binpad(shifted, number, sizeof(number)) == sizeof(number));
    struct affine chosen;
    for (int row = 0; row < ROWS; row++) {
        select_entry(table[row], digit_of(number, row), &chosen);
        CHECK(BN_bin2bn(chosen.bytes, 32, x) && BN_bin2bn(chosen.bytes + 32, 32, y));
        CHECK(EC_POINT_set_affine_coordinates(group, entry, x, y, context) == 1);
        CHECK(row ? EC_POINT_add(group, sum, sum, entry, context) == 1 : EC_POINT_copy(sum, entry) == 1);
    }
    CHECK(EC_POINT_get_affine_coordinates(group, sum, out, NULL, context) == 1);
    OPENSSL_cleanse(number, sizeof(number));
    OPENSSL_cleanse(&chosen, sizeof(chosen));
    BN_clear(shifted);
    EC_POINT_clear_free(entry);
    EC_POINT_clear_free(sum);
    BN_CTX_end(context);
}

BIGNUM *sm2_factor(const BIGNUM *secret)
{
    pthread_once(&once, fill_table);
    const BIGNUM *order = EC_GROUP_get0_order(key_curve(KEY_SM2));
    BN_CTX *context = BN_CTX_secure_new();
    BIGNUM *factor = BN_secure_new();
    BIGNUM *plus_one = BN_dup(secret);
    CHECK(context && factor && plus_one && BN_add_word(plus_one, 1) == 1);
    BN_set_flags(plus_one, BN_FLG_CONSTTIME);
    CHECK(BN_mod_inverse(factor, plus_one, order, context) != NULL);
    CHECK(BN_to_montgomery(factor, factor, montgomery, context) == 1);
    BN_clear_free(plus_one);
    BN_CTX_free(context);
    return factor;
}

/* r = e + x1, s = (1 + d)^-1 (k - r d) = (1 + d)^-1 (k + r) - r, all modulo n. False for the rare k that must not be
 * used. */
static bool try_sign(const BIGNUM *factor, const BIGNUM *e, BIGNUM *r, BIGNUM *s, BN_CTX *context)
{
    const EC_GROUP *group = key_curve(KEY_SM2);
    const BIGNUM *order = EC_GROUP_get0_order(group);
    BN_CTX_start(context);
    BIGNUM *k = BN_CTX_get(context);
    BIGNUM *x = BN_CTX_get(context);
    BIGNUM *sum = BN_CTX_get(context);
    CHECK(sum && BN_priv_rand_range(k, order) == 1);
    bool good = !BN_is_zero(k);
    if (good) {
        multiply_base(group, k, x, context);
        CHECK(BN_mod_add(r, e, x, order, context) == 1);
        CHECK(BN_mod_add(sum, k, r, order, context) == 1);
        CHECK(BN_mod_mul_montgomery(s, sum, factor, montgomery, context) == 1);
        CHECK(BN_mod_sub(s, s, r, order, context) == 1);
        good = !BN_is_zero(r) && !BN_is_zero(sum) && !BN_is_zero(s);
    }
    BN_clear(k);
    BN_clear(sum);
    BN_CTX_end(context);
    return good;
}

void sm2_sign(const BIGNUM *factor, const unsigned char digest[HASH_SIZE], unsigned char out[64])
{
    BN_CTX *context = BN_CTX_new();
    BIGNUM *e = BN_bin2bn(digest, HASH_SIZE, NULL);
    BIGNUM *r = BN_new();
    BIGNUM *s = BN_new();
    CHECK(context && e && r && s);
    while (!try_sign(factor, e, r, s, context))
        continue;
    CHECK(BN_bn2binpad(r, out, 32) == 32 && BN_bn2binpad(s, out + 32, 32) == 32);
    BN_free(s);
    BN_free(r);
    BN_free(e);
    BN_CTX_free(context);
}
