/* Signatures over bytes, r || s of 32 bytes each. Verifying and ES256 are OpenSSL's; SM2 signs in sm2.c. */
#include "trust/internal.h"
#include "trust/jws.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>

/* What is signed: SHA-256 of the data, or SM3(Z || data). */
static void digest(const struct key *key, struct str data, unsigned char out[HASH_SIZE])
{
    if (key->algorithm == KEY_SM2)
        hash_chain(key->identity, data, out);
    else
        hash_sha256(data, out);
}

static void sign_es256(const struct key *key, const unsigned char hash[HASH_SIZE], unsigned char out[64])
{
    unsigned char der[80];
    size_t der_len = sizeof(der);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key->pair, NULL);
    CHECK(context && EVP_PKEY_sign_init(context) == 1);
    CHECK(EVP_PKEY_sign(context, der, &der_len, hash, HASH_SIZE) == 1);
    EVP_PKEY_CTX_free(context);

    const unsigned char *at = der;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)der_len);
    CHECK(pair);
    CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, 32) == 32);
    CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + 32, 32) == 32);
    ECDSA_SIG_free(pair);
}

void key_sign(const struct key *key, struct str data, unsigned char out[64])
{
    CHECK(key->secret);
    unsigned char hash[HASH_SIZE];
    digest(key, data, hash);
    if (key->algorithm == KEY_SM2)
        sm2_sign(key->factor, hash, out);
    else
        sign_es256(key, hash, out);
}

bool key_verify(const struct key *key, struct str data, const unsigned char signature[64])
{
    unsigned char hash[HASH_SIZE];
    digest(key, data, hash);
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, 32, NULL);
    BIGNUM *s = BN_bin2bn(signature + 32, 32, NULL);
    CHECK(pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1);
    unsigned char *der = NULL;
    int der_len = i2d_ECDSA_SIG(pair, &der);
    CHECK(der_len > 0);
    ECDSA_SIG_free(pair);

    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key->pair, NULL);
    CHECK(context && EVP_PKEY_verify_init(context) == 1);
    bool good = EVP_PKEY_verify(context, der, (size_t)der_len, hash, sizeof(hash)) == 1;
    EVP_PKEY_CTX_free(context);
    OPENSSL_free(der);
    return good;
}
