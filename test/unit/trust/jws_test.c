/* Signed texts: ours verify, altered ones do not, and openssl and node agree. */
#include "outside.h"
#include "trust/jws.h"

#include "feel/json.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static struct key_set *keys;
static const struct key *pairs[2]; /* by algorithm */
static struct value payload;

static const struct key *create(struct key_set *set, enum key_algorithm algorithm, unsigned char fill)
{
    unsigned char seed[KEY_SEED_SIZE];
    memset(seed, fill, sizeof(seed));
    return key_set_create(set, algorithm, seed, 1000);
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    keys = key_set_new();
    pairs[KEY_ES256] = create(keys, KEY_ES256, 1);
    pairs[KEY_SM2] = create(keys, KEY_SM2, 2);
    struct error err = ERROR_INIT;
    return json_parse(&arena, STR("{\"name\":\"王小明\",\"amount\":1.50,\"list\":[1,2,3],\"a\":null}"), NULL, &payload,
                      &err);
}

static int tear_down(void **state)
{
    (void)state;
    key_set_free(keys);
    arena_release(&arena);
    return 0;
}

static struct str refusal(const struct key_set *set, struct str jws)
{
    struct error err = ERROR_INIT;
    struct value out = value_true;
    const struct key *signer = NULL;
    if (jws_verify(&arena, set, jws, &out, &signer, &err) == OK)
        return STR("");
    assert_true(value_is_true(out));
    assert_null(signer);
    return arena_str(&arena, str_of(err.type));
}

static void what_is_signed_verifies_and_is_canonical(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct str jws = jws_sign(&arena, pairs[i], STR("JWT"), payload);
        struct value out = value_null;
        const struct key *signer = NULL;
        struct error err = ERROR_INIT;
        assert_int_equal(jws_verify(&arena, keys, jws, &out, &signer, &err), OK);
        assert_ptr_equal(signer, pairs[i]);
        assert_true(value_identical(out, payload));
        struct jws_parts parts;
        assert_int_equal(jws_parse(&arena, jws, &parts, &err), OK);
        assert_string_equal(parts.payload.data, "{\"a\":null,\"amount\":1.5,\"list\":[1,2,3],\"name\":\"王小明\"}");
        assert_true(str_equal(parts.kid, key_id(pairs[i])));
        assert_true(str_equal(parts.algorithm, str_of(i == KEY_SM2 ? "SM2SM3" : "ES256")));
        assert_true(str_equal(value_text(value_get(parts.header, STR("typ"))), STR("JWT")));
    }
}

/* Every character of every part counts. */
static void any_altered_character_is_found(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct str jws = jws_sign(&arena, pairs[i], STR_NONE, payload);
        char *copy = arena_alloc(&arena, jws.len);
        for (size_t at = 0; at < jws.len; at++) {
            memcpy(copy, jws.data, jws.len);
            copy[at] = copy[at] == 'A' ? 'B' : 'A';
            struct str type = refusal(keys, (struct str){copy, jws.len});
            assert_true(str_starts(type, STR("jws-")));
        }
        for (size_t len = 0; len < jws.len; len++)
            assert_true(refusal(keys, str_part(jws, 0, len)).len > 0);
    }
}

/* Puts together a JWS from plain parts, with the signature of a key over them. */
static struct str forge(const char *header, const char *content, const struct key *key)
{
    struct str parts[] = {base64url_encode(&arena, header, strlen(header)), STR("."),
                          base64url_encode(&arena, content, strlen(content)), STR("."), STR_NONE};
    unsigned char signature[64];
    key_sign(key, arena_join(&arena, parts, 3), signature);
    parts[4] = base64url_encode(&arena, signature, sizeof(signature));
    return arena_join(&arena, parts, 5);
}

static void refusals_say_which_check_failed(void **state)
{
    (void)state;
    const struct key *es = pairs[KEY_ES256];
    const struct key *sm = pairs[KEY_SM2];
    struct str with_sm_kid = arena_printf(&arena, "{\"alg\":\"ES256\",\"kid\":\"%s\"}", key_id(sm).data);
    const struct {
        struct str jws;
        const char *type;
    } rows[] = {
        {forge("{\"alg\":\"ES256\"}", "{}", es), ""},
        {forge("{\"alg\":\"SM2SM3\"}", "{}", sm), ""},
        {forge("{\"alg\":\"ES256\"}", "{}", sm), "jws-signature"},
        {forge("{\"alg\":\"none\"}", "{}", es), "jws-algorithm"},
        {forge("{\"alg\":\"HS256\"}", "{}", es), "jws-algorithm"},
        {forge("{}", "{}", es), "jws-algorithm"},
        {forge(with_sm_kid.data, "{}", es), "jws-algorithm"},
        {forge("{\"alg\":\"ES256\",\"kid\":\"unknown\"}", "{}", es), "jws-key-unknown"},
        {forge("{\"alg\":\"ES256\",\"crit\":[\"b64\"],\"b64\":false}", "{}", es), "jws-form"},
        {forge("[]", "{}", es), "jws-form"},
        {forge("{\"alg\":\"ES256\",\"alg\":\"ES256\"}", "{}", es), "jws-form"},
        {forge("{\"alg\":\"ES256\"}", "{\"a\":1,\"a\":2}", es), "jws-payload"},
        {forge("{\"alg\":\"ES256\"}", "not json", es), "jws-payload"},
        {forge("{\"alg\":\"ES256\"}", "[1]", es), "jws-payload"},
        {STR(""), "jws-form"},
        {STR(".."), "jws-form"},
        {STR("a.b"), "jws-form"},
        {STR("e30.e30.e30.e30"), "jws-form"},
        {STR("e30.e30."), "jws-form"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_string_equal(refusal(keys, rows[i].jws).data, rows[i].type);
    struct str huge = {arena_alloc(&arena, JWS_TEXT_MAX + 1), JWS_TEXT_MAX + 1};
    assert_string_equal(refusal(keys, huge).data, "jws-too-long");
}

static void signatures_of_zero_or_of_the_order_are_refused(void **state)
{
    (void)state;
    unsigned char signature[64] = {0};
    for (int i = 0; i < 2; i++) {
        assert_false(key_verify(pairs[i], STR("text"), signature));
        memset(signature, 0xff, sizeof(signature));
        assert_false(key_verify(pairs[i], STR("text"), signature));
        memset(signature, 0, sizeof(signature));
    }
}

static void other_keys_do_not_verify_but_retired_ones_do(void **state)
{
    (void)state;
    struct key_set *other = key_set_new();
    create(other, KEY_ES256, 7);
    create(other, KEY_SM2, 8);
    struct key_set *rotated = key_set_new();
    const struct key *old = create(rotated, KEY_SM2, 9);
    struct str old_jws = jws_sign(&arena, old, STR_NONE, payload);
    const struct key *fresh = create(rotated, KEY_SM2, 10);
    assert_int_equal(key_state(old), KEY_RETIRED);
    assert_ptr_equal(key_set_active(rotated, KEY_SM2), fresh);
    assert_int_equal(refusal(rotated, old_jws).len, 0);
    assert_int_equal(refusal(rotated, jws_sign(&arena, fresh, STR_NONE, payload)).len, 0);
    for (int i = 0; i < 2; i++)
        assert_string_equal(refusal(other, jws_sign(&arena, pairs[i], STR_NONE, payload)).data, "jws-key-unknown");
    key_set_free(rotated);
    key_set_free(other);
}

static void a_jwks_is_enough_to_verify(void **state)
{
    (void)state;
    struct key_set *public_keys = key_set_new();
    struct error err = ERROR_INIT;
    assert_int_equal(key_set_add_jwks(public_keys, key_set_jwks(&arena, keys), &err), OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(refusal(public_keys, jws_sign(&arena, pairs[i], STR_NONE, payload)).len, 0);
        assert_null(key_set_active(public_keys, (enum key_algorithm)i));
    }
    key_set_free(public_keys);
}

static void two_signatures_of_one_text_differ(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        unsigned char a[64], b[64];
        key_sign(pairs[i], STR("text"), a);
        key_sign(pairs[i], STR("text"), b);
        assert_memory_not_equal(a, b, 32);
        assert_true(key_verify(pairs[i], STR("text"), a));
        assert_true(key_verify(pairs[i], STR("text"), b));
        assert_false(key_verify(pairs[i], STR("Text"), a));
    }
}

/* Private numbers at both ends of their range, and many signatures each. */
static void signatures_hold_for_many_keys(void **state)
{
    (void)state;
    for (int fill = 0; fill < 256; fill += 15)
        for (int i = 0; i < 2; i++) {
            struct key_set *set = key_set_new();
            const struct key *key = create(set, (enum key_algorithm)i, (unsigned char)fill);
            for (int k = 0; k < 8; k++) {
                unsigned char signature[64];
                char text[2] = {(char)k, (char)fill};
                key_sign(key, (struct str){text, 2}, signature);
                assert_true(key_verify(key, (struct str){text, 2}, signature));
            }
            key_set_free(set);
        }
}

static void *sign_often(void *wrong)
{
    for (int i = 0; i < 40; i++) {
        unsigned char signature[64];
        const struct key *key = pairs[i % 2];
        key_sign(key, STR("text"), signature);
        if (!key_verify(key, STR("text"), signature))
            *(int *)wrong = 1;
    }
    return NULL;
}

static void threads_sign_with_one_key(void **state)
{
    (void)state;
    pthread_t threads[4];
    int wrong[4] = {0};
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sign_often, &wrong[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(wrong[i], 0);
    }
}

/* ---- Other people's verifiers ---- */

/* SEQUENCE of two INTEGERs, as openssl wants a signature. */
static struct str der_of(const unsigned char signature[64])
{
    unsigned char *out = arena_alloc(&arena, 80);
    size_t at = 2;
    for (int half = 0; half < 2; half++) {
        const unsigned char *number = signature + 32 * half;
        size_t skip = 0;
        while (skip < 31 && number[skip] == 0)
            skip++;
        size_t sign = number[skip] >> 7;
        out[at++] = 2;
        out[at++] = (unsigned char)(32 - skip + sign);
        at += sign;
        memcpy(out + at, number + skip, 32 - skip);
        at += 32 - skip;
    }
    out[0] = 0x30;
    out[1] = (unsigned char)(at - 2);
    return (struct str){(char *)out, at};
}

static void openssl_verifies_our_signatures(void **state)
{
    (void)state;
    const char *folder = outside_folder(&arena);
    int code = 0;
    struct str output = STR_NONE;
    for (int i = 0; i < 2 && code == 0; i++) {
        unsigned char signature[64];
        key_sign(pairs[i], STR("signed text"), signature);
        const char *key = outside_write(&arena, folder, "key.pem", key_public_pem(&arena, pairs[i]));
        const char *text = outside_write(&arena, folder, "text", STR("signed text"));
        const char *sig = outside_write(&arena, folder, "sig", der_of(signature));
        const char *es256[] = {"openssl", "dgst", "-sha256", "-verify", key, "-signature", sig, text, NULL};
        const char *sm2[] = {"openssl",
                             "pkeyutl",
                             "-verify",
                             "-pubin",
                             "-inkey",
                             key,
                             "-rawin",
                             "-digest",
                             "sm3",
                             "-pkeyopt",
                             "distid:1234567812345678",
                             "-sigfile",
                             sig,
                             "-in",
                             text,
                             NULL};
        code = outside_run(&arena, folder, i == KEY_SM2 ? sm2 : es256, &output);
        if (code == 0) {
            outside_write(&arena, folder, "text", STR("signed texT"));
            assert_int_not_equal(outside_run(&arena, folder, i == KEY_SM2 ? sm2 : es256, &output), 0);
        }
    }
    outside_remove(&arena, folder);
    if (code == 127) {
        print_message("skipped: openssl is not installed\n");
        skip();
    }
    if (code)
        print_error("%.*s\n", STR_ARGS(output));
    assert_int_equal(code, 0);
}

static void node_verifies_our_signatures(void **state)
{
    (void)state;
    static const char script[] =
        "const c=require('crypto');const [jws,jwk]=process.argv.slice(1);const p=jws.split('.');"
        "const "
        "ok=c.verify('sha256',Buffer.from(p[0]+'.'+p[1]),{key:c.createPublicKey({key:JSON.parse(jwk),format:'jwk'}),"
        "dsaEncoding:'ieee-p1363'},Buffer.from(p[2],'base64url'));"
        "const v=JSON.parse(Buffer.from(p[1],'base64url'));process.exit(ok&&v.name==='王小明'?0:1)";
    const char *folder = outside_folder(&arena);
    struct str jws = jws_sign(&arena, pairs[KEY_ES256], STR("JWT"), payload);
    struct str jwk = json_text(&arena, key_jwk(&arena, pairs[KEY_ES256]));
    const char *arguments[] = {"node", "-e", script, jws.data, jwk.data, NULL};
    struct str output;
    int code = outside_run(&arena, folder, arguments, &output);
    outside_remove(&arena, folder);
    if (code == 127) {
        print_message("skipped: node is not installed\n");
        skip();
    }
    if (code)
        print_error("%.*s\n", STR_ARGS(output));
    assert_int_equal(code, 0);
}

/* openssl signs, we verify: the other direction of the same agreement. */
static void we_verify_signatures_of_openssl(void **state)
{
    (void)state;
    const char *folder = outside_folder(&arena);
    const char *key = outside_write(&arena, folder, "key.pem", key_private_pem(&arena, pairs[KEY_SM2]));
    const char *text = outside_write(&arena, folder, "text", STR("signed text"));
    const char *sig = arena_printf(&arena, "%s/sig", folder).data;
    const char *arguments[] = {"openssl", "pkeyutl", "-sign", "-inkey",   key,
                               "-rawin",  "-digest", "sm3",   "-pkeyopt", "distid:1234567812345678",
                               "-out",    sig,       "-in",   text,       NULL};
    struct str output;
    struct str der = STR_NONE;
    struct error err = ERROR_INIT;
    int code = outside_run(&arena, folder, arguments, &output);
    if (code == 0)
        assert_int_equal(file_read(&arena, sig, 200, &der, &err), OK);
    outside_remove(&arena, folder);
    if (code == 127) {
        print_message("skipped: openssl is not installed\n");
        skip();
    }
    assert_int_equal(code, 0);
    unsigned char signature[64] = {0};
    const unsigned char *at = (const unsigned char *)der.data + 2;
    for (int half = 0; half < 2; half++) {
        size_t len = at[1];
        at += 2;
        for (; len > 32; len--)
            at++;
        memcpy(signature + 32 * half + 32 - len, at, len);
        at += len;
    }
    assert_true(key_verify(pairs[KEY_SM2], STR("signed text"), signature));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_signed_verifies_and_is_canonical),
        cmocka_unit_test(any_altered_character_is_found),
        cmocka_unit_test(refusals_say_which_check_failed),
        cmocka_unit_test(signatures_of_zero_or_of_the_order_are_refused),
        cmocka_unit_test(other_keys_do_not_verify_but_retired_ones_do),
        cmocka_unit_test(a_jwks_is_enough_to_verify),
        cmocka_unit_test(two_signatures_of_one_text_differ),
        cmocka_unit_test(signatures_hold_for_many_keys),
        cmocka_unit_test(threads_sign_with_one_key),
        cmocka_unit_test(openssl_verifies_our_signatures),
        cmocka_unit_test(node_verifies_our_signatures),
        cmocka_unit_test(we_verify_signatures_of_openssl),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
