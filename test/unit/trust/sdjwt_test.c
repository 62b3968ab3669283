/* Selective disclosure: what is hidden stays hidden, what is disclosed is what was signed, and proofs of a holder's
 * key. */
#include "leaks.h"
#include "trust/jws.h"
#include "trust/sdjwt.h"
#include "trust/statuslist.h"

#include "feel/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static struct key_set *keys;
static const struct key *pair;
static struct sdjwt_claim claims[2];
static unsigned char salts[2 * SDJWT_SALT_SIZE];

static int set_up(void **state)
{
    (void)state;
    unsigned char seed[KEY_SEED_SIZE];
    memset(seed, 7, sizeof seed);
    for (size_t i = 0; i < sizeof salts; i++)
        salts[i] = (unsigned char)i;
    arena_init(&arena);
    keys = key_set_new();
    pair = key_set_create(keys, KEY_ES256, seed, 1000);
    claims[0] = (struct sdjwt_claim){STR("name"), value_string(STR("王小明"))};
    claims[1] = (struct sdjwt_claim){STR("age"), value_int(46)};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    key_set_free(keys);
    arena_release(&arena);
    return 0;
}

static struct value json_of(const char *text)
{
    struct value v;
    struct error err = ERROR_INIT;
    assert_int_equal(json_parse(&arena, str_of(text), NULL, &v, &err), OK);
    return v;
}

static struct str credential(void)
{
    struct sdjwt_input input = {.type = STR("dc+sd-jwt"),
                                .open = json_of("{\"iss\": \"https://issuer.example\"}"),
                                .hidden = claims,
                                .hidden_count = 2,
                                .salts = salts};
    return sdjwt_sign(&arena, pair, &input);
}

static struct str part(struct str text, size_t n)
{
    while (n--)
        str_cut(&text, '~');
    return str_cut(&text, '~');
}

static void assert_type(struct str text, const char *type)
{
    struct value out = value_true;
    struct error err = ERROR_INIT;
    assert_int_equal(sdjwt_verify(&arena, keys, text, &out, &err), FAILED);
    assert_string_equal(err.type, type);
    assert_true(value_is_true(out));
}

static struct value verified(struct str text)
{
    struct value out;
    struct error err = ERROR_INIT;
    if (sdjwt_verify(&arena, keys, text, &out, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
    return out;
}

static void everything_disclosed_is_read_back(void **state)
{
    (void)state;
    assert_true(value_identical(verified(credential()),
                                json_of("{\"iss\": \"https://issuer.example\", \"name\": \"王小明\", \"age\": 46}")));
}

static void what_is_left_away_is_not_there(void **state)
{
    (void)state;
    struct str text = credential();
    struct str less = arena_printf(&arena, "%.*s~%.*s~", STR_ARGS(part(text, 0)), STR_ARGS(part(text, 2)));
    assert_true(value_identical(verified(less), json_of("{\"iss\": \"https://issuer.example\", \"age\": 46}")));
    struct jws_parts parts;
    struct error err = ERROR_INIT;
    assert_int_equal(jws_parse(&arena, part(text, 0), &parts, &err), OK);
    assert_true(str_find(parts.payload, STR("name"), 0) < 0);
}

static void a_disclosure_is_the_list_of_salt_name_and_value(void **state)
{
    (void)state;
    struct str json;
    assert_true(base64url_decode(&arena, part(credential(), 1), &json));
    assert_true(str_equal(json, STR("[\"AAECAwQFBgcICQoLDA0ODw\",\"name\",\"王小明\"]")));
}

static void foreign_twice_and_broken_disclosures_are_refused(void **state)
{
    (void)state;
    struct str text = credential();
    struct str jwt = part(text, 0), name = part(text, 1);
    assert_type(jwt, "sdjwt-form");
    assert_type(arena_printf(&arena, "%.*s~WzFd~", STR_ARGS(jwt)), "sdjwt-form");
    assert_type(arena_printf(&arena, "%.*s~%.*s~%.*s~", STR_ARGS(jwt), STR_ARGS(name), STR_ARGS(name)), "sdjwt-form");
    assert_type(arena_printf(&arena, "%.*s~~", STR_ARGS(jwt)), "sdjwt-form");
    assert_type(STR("a.b.c~"), "jws-form");
    assert_type(STR(""), "sdjwt-form");
}

static struct str proof(const char *type, const char *jwk_more, const struct key *signer)
{
    struct value jwk = value_merge(&arena, key_jwk(&arena, pair), json_of(jwk_more));
    struct context_builder header;
    context_builder_init(&header, &arena);
    context_builder_put(&header, STR("alg"), value_cstr("ES256"));
    context_builder_put(&header, STR("typ"), value_cstr(type));
    context_builder_put(&header, STR("jwk"), jwk);
    struct str head = json_canonical(&arena, context_builder_done(&header));
    struct str body = json_canonical(&arena, json_of("{\"nonce\": \"n\"}"));
    struct str text = arena_printf(&arena, "%.*s.%.*s", STR_ARGS(base64url_encode(&arena, head.data, head.len)),
                                   STR_ARGS(base64url_encode(&arena, body.data, body.len)));
    unsigned char signature[64];
    key_sign(signer, text, signature);
    return arena_printf(&arena, "%.*s.%.*s", STR_ARGS(text),
                        STR_ARGS(base64url_encode(&arena, signature, sizeof signature)));
}

static struct str proof_refusal(struct str jws)
{
    struct value payload, jwk;
    struct error err = ERROR_INIT;
    if (holder_proof_verify(&arena, jws, STR("pop"), &payload, &jwk, &err) == OK)
        return STR("");
    return arena_str(&arena, str_of(err.type));
}

static void a_proof_gives_the_key_it_was_signed_with(void **state)
{
    (void)state;
    struct value payload, jwk;
    struct error err = ERROR_INIT;
    assert_int_equal(holder_proof_verify(&arena, proof("pop", "{}", pair), STR("pop"), &payload, &jwk, &err), OK);
    assert_true(str_equal(value_text(value_get(payload, STR("nonce"))), STR("n")));
    assert_int_equal(value_count(jwk), 4);
    assert_true(value_identical(value_get(jwk, STR("x")), value_get(key_jwk(&arena, pair), STR("x"))));
}

static void proofs_of_other_keys_types_and_with_secrets_are_refused(void **state)
{
    (void)state;
    unsigned char seed[KEY_SEED_SIZE];
    memset(seed, 9, sizeof seed);
    const struct key *other = key_set_create(keys, KEY_ES256, seed, 2000);
    assert_true(str_equal(proof_refusal(proof("pop", "{}", other)), STR("jws-signature")));
    assert_true(str_equal(proof_refusal(proof("JWT", "{}", pair)), STR("jws-form")));
    assert_true(str_equal(proof_refusal(proof("pop", "{\"d\": \"AA\"}", pair)), STR("proof-key")));
    assert_true(str_equal(proof_refusal(proof("pop", "{\"crv\": \"SM2\"}", pair)), STR("proof-key")));
    assert_true(str_equal(proof_refusal(proof("pop", "{\"x\": \"AA\"}", pair)), STR("proof-key")));
    assert_true(str_equal(proof_refusal(jws_sign(&arena, pair, STR("pop"), value_true)), STR("proof-key")));
}

/* ---- Status lists ---- */

static void each_place_keeps_its_own_state(void **state)
{
    (void)state;
    struct statuslist *list = arena_new(&arena, struct statuslist);
    statuslist_set(list, 0, STATUSLIST_INVALID);
    statuslist_set(list, 3, STATUSLIST_SUSPENDED);
    statuslist_set(list, STATUSLIST_SIZE - 1, STATUSLIST_INVALID);
    statuslist_set(list, 1, STATUSLIST_INVALID);
    statuslist_set(list, 1, STATUSLIST_VALID);
    assert_int_equal(list->bytes[0], 0x81);
    assert_int_equal(statuslist_get(list, 0), STATUSLIST_INVALID);
    assert_int_equal(statuslist_get(list, 1), STATUSLIST_VALID);
    assert_int_equal(statuslist_get(list, 3), STATUSLIST_SUSPENDED);
    assert_int_equal(statuslist_get(list, STATUSLIST_SIZE - 1), STATUSLIST_INVALID);
}

static void a_list_survives_its_encoding_and_rubbish_is_refused(void **state)
{
    (void)state;
    struct statuslist *list = arena_new(&arena, struct statuslist);
    struct statuslist *read = arena_new(&arena, struct statuslist);
    struct error err = ERROR_INIT;
    statuslist_set(list, 40503, STATUSLIST_SUSPENDED);
    assert_int_equal(statuslist_decode(&arena, statuslist_encode(&arena, list), read, &err), OK);
    assert_memory_equal(list->bytes, read->bytes, sizeof read->bytes);
    const char *const rubbish[] = {"", "!", "AAAA", "eJwDAAAAAAE"};
    for (size_t i = 0; i < COUNT_OF(rubbish); i++) {
        assert_int_equal(statuslist_decode(&arena, str_of(rubbish[i]), read, &err), FAILED);
        assert_string_equal(err.type, "statuslist-form");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_disclosed_is_read_back),
        cmocka_unit_test(what_is_left_away_is_not_there),
        cmocka_unit_test(a_disclosure_is_the_list_of_salt_name_and_value),
        cmocka_unit_test(foreign_twice_and_broken_disclosures_are_refused),
        cmocka_unit_test(a_proof_gives_the_key_it_was_signed_with),
        cmocka_unit_test(proofs_of_other_keys_types_and_with_secrets_are_refused),
        cmocka_unit_test(each_place_keeps_its_own_state),
        cmocka_unit_test(a_list_survives_its_encoding_and_rubbish_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
