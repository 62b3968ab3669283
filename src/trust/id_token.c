#include "trust/id_token.h"

#include "feel/json.h"
#include "trust/jws.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#define LEEWAY_S 60
#define RSA_BITS_MIN 2048

static enum status refuse(struct error *err, const char *why)
{
    return error_set(err, ERROR_UNAUTHENTICATED, "id-token-invalid", "The provider's token was refused: %s.", why);
}

struct token {
    struct str signed_part, signature;
    struct str algorithm, kid;
    struct value claims;
};

static enum status take_apart(struct arena *arena, struct str text, struct token *out, struct error *err)
{
    static const struct json_limits limits = {.max_depth = 16, .refuse_duplicates = true};
    struct str rest = str_trim(text);
    struct str header = str_cut(&rest, '.');
    struct str payload = str_cut(&rest, '.');
    struct str bytes[3];
    struct value head = value_null, claims = value_null;
    struct error inner = ERROR_INIT;
    if (text.len > JWS_TEXT_MAX || !rest.data || !base64url_decode(arena, header, &bytes[0]) ||
        !base64url_decode(arena, payload, &bytes[1]) || !base64url_decode(arena, rest, &bytes[2]) ||
        json_parse(arena, bytes[0], &limits, &head, &inner) != OK ||
        json_parse(arena, bytes[1], &limits, &claims, &inner) != OK || head.kind != VALUE_CONTEXT ||
        claims.kind != VALUE_CONTEXT)
        return refuse(err, "it is no signed token");
    if (!value_is_null(value_get(head, STR("crit"))))
        return refuse(err, "it asks for an extension that is not known here");
    *out = (struct token){.signed_part = {header.data, header.len + 1 + payload.len},
                          .signature = bytes[2],
                          .algorithm = value_text(value_get(head, STR("alg"))),
                          .kid = value_text(value_get(head, STR("kid"))),
                          .claims = claims};
    return OK;
}

static EVP_PKEY *rsa_key(struct arena *arena, struct value jwk)
{
    struct str n, e;
    EVP_PKEY *key = NULL;
    if (!base64url_decode(arena, value_text(value_get(jwk, STR("n"))), &n) ||
        !base64url_decode(arena, value_text(value_get(jwk, STR("e"))), &e) || n.len > 1024 || e.len > 8 || n.len == 0 ||
        e.len == 0)
        return NULL;
    BIGNUM *modulus = BN_bin2bn((const unsigned char *)n.data, (int)n.len, NULL);
    BIGNUM *exponent = BN_bin2bn((const unsigned char *)e.data, (int)e.len, NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    CHECK(modulus && exponent && build && context);
    OSSL_PARAM *params = NULL;
    if (OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) == 1 &&
        (params = OSSL_PARAM_BLD_to_param(build)) != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
        (EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1 || EVP_PKEY_get_bits(key) < RSA_BITS_MIN)) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(context);
    BN_free(modulus);
    BN_free(exponent);
    return key;
}

static bool rsa_fits(struct arena *arena, struct value jwk, const struct token *token)
{
    EVP_PKEY *key = rsa_key(arena, jwk);
    if (!key)
        return false;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    CHECK(context);
    bool fits = EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestVerify(context, (const unsigned char *)token->signature.data, token->signature.len,
                                 (const unsigned char *)token->signed_part.data, token->signed_part.len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return fits;
}

/* One key of the set at a time: a bad one beside the right one does no harm, and its id may be anything. */
static bool ec_fits(struct arena *arena, struct value jwk, const struct token *token)
{
    struct context_builder set;
    struct error ignored = ERROR_INIT;
    struct key_set *keys = key_set_new();
    context_builder_init(&set, arena);
    context_builder_put(&set, STR("keys"), value_list(arena, &jwk, 1));
    bool fits = token->signature.len == 64 && key_set_add_jwks(keys, context_builder_done(&set), &ignored) == OK &&
                key_set_count(keys) == 1 && key_algorithm(key_set_at(keys, 0)) == KEY_ES256 &&
                key_verify(key_set_at(keys, 0), token->signed_part, (const unsigned char *)token->signature.data);
    key_set_free(keys);
    return fits;
}

static bool signed_by_one_of(struct arena *arena, struct value jwks, const struct token *token)
{
    bool rsa = str_equal(token->algorithm, STR("RS256")), ec = str_equal(token->algorithm, STR("ES256"));
    struct value keys = value_get(jwks, STR("keys"));
    for (size_t i = 0; i < value_count(keys) && i < 100; i++) {
        struct value jwk = value_at(keys, i);
        struct str kid = value_text(value_get(jwk, STR("kid"))), type = value_text(value_get(jwk, STR("kty")));
        if ((token->kid.len && kid.len && !str_equal(kid, token->kid)) ||
            str_equal(value_text(value_get(jwk, STR("use"))), STR("enc")))
            continue;
        if ((rsa && str_equal(type, STR("RSA")) && rsa_fits(arena, jwk, token)) ||
            (ec && str_equal(type, STR("EC")) && ec_fits(arena, jwk, token)))
            return true;
    }
    return false;
}

static bool meant_for(struct value claims, struct str client)
{
    struct value audience = value_get(claims, STR("aud"));
    struct str party = value_text(value_get(claims, STR("azp")));
    if (audience.kind == VALUE_STRING)
        return str_equal(audience.string, client) && (!party.len || str_equal(party, client));
    bool named = false;
    for (size_t i = 0; audience.kind == VALUE_LIST && i < value_count(audience); i++)
        named = named || str_equal(value_text(value_at(audience, i)), client);
    return named && (value_count(audience) == 1 || party.len) && (!party.len || str_equal(party, client));
}

enum status id_token_verify(struct arena *arena, struct value jwks, struct str text,
                            const struct id_token_expected *expected, struct value *out, struct error *err)
{
    struct token token = {0};
    int64_t until, from = 0, now = expected->now_ms / 1000;
    if (take_apart(arena, text, &token, err) != OK)
        return FAILED;
    if (!signed_by_one_of(arena, jwks, &token))
        return refuse(err, "none of the provider's keys has signed it by RS256 or ES256");
    if (!str_equal(value_text(value_get(token.claims, STR("iss"))), expected->issuer))
        return refuse(err, "another provider has made it");
    if (!meant_for(token.claims, expected->client))
        return refuse(err, "it is meant for somebody else");
    if (!value_to_int64(value_get(token.claims, STR("exp")), &until) || until + LEEWAY_S < now)
        return refuse(err, "it has run out");
    if (!value_to_int64(value_get(token.claims, STR("iat")), &from) || from - LEEWAY_S > now)
        return refuse(err, "it was made in the future");
    if (!expected->nonce.len || !str_equal(value_text(value_get(token.claims, STR("nonce"))), expected->nonce))
        return refuse(err, "it was made for another sign-in");
    if (!value_text(value_get(token.claims, STR("sub"))).len)
        return refuse(err, "it does not say who signed in");
    *out = token.claims;
    return OK;
}
