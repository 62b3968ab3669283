/* Keys: making, keeping, rotating, and refusing what is no key. */
#include "trust/keys.h"

#include "feel/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include "../scratch.h"

static const struct key *create(struct key_set *set, enum key_algorithm algorithm, unsigned char fill, int64_t now_ms)
{
    unsigned char seed[KEY_SEED_SIZE];
    memset(seed, fill, sizeof(seed));
    return key_set_create(set, algorithm, seed, now_ms);
}

static struct value parse(const char *text)
{
    struct value out = value_null;
    struct error err = ERROR_INIT;
    assert_int_equal(json_parse(&arena, str_of(text), NULL, &out, &err), OK);
    return out;
}

static void a_seed_makes_one_key_and_another_seed_another(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct key_set *a = key_set_new();
        struct key_set *b = key_set_new();
        const struct key *first = create(a, (enum key_algorithm)i, 3, 77);
        const struct key *same = create(b, (enum key_algorithm)i, 3, 77);
        assert_true(str_equal(key_id(first), key_id(same)));
        assert_int_equal(key_id(first).len, 43);
        assert_true(key_has_private(first));
        assert_int_equal(key_created_ms(first), 77);
        const struct key *other = create(b, (enum key_algorithm)i, 4, 78);
        assert_false(str_equal(key_id(first), key_id(other)));
        key_set_free(a);
        key_set_free(b);
    }
}

/* RFC 7517 A.1's P-256 key; its thumbprint was computed with another implementation of RFC 7638 (node's crypto). */
static void a_thumbprint_is_that_of_rfc_7638(void **state)
{
    (void)state;
    struct key_set *set = key_set_new();
    struct error err = ERROR_INIT;
    struct value jwks = parse("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"1\",\"use\":\"enc\","
                              "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
                              "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}]}");
    assert_int_equal(key_set_add_jwks(set, jwks, &err), OK);
    assert_string_equal(key_id(key_set_at(set, 0)).data, "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s");
    assert_false(key_has_private(key_set_at(set, 0)));
    key_set_free(set);
}

static void rotation_leaves_one_active_key_per_algorithm(void **state)
{
    (void)state;
    struct key_set *set = key_set_new();
    const struct key *sm_old = create(set, KEY_SM2, 1, 1);
    const struct key *es = create(set, KEY_ES256, 2, 2);
    const struct key *sm_new = create(set, KEY_SM2, 3, 3);
    assert_int_equal(key_set_count(set), 3);
    assert_int_equal(key_state(sm_old), KEY_RETIRED);
    assert_int_equal(key_state(es), KEY_ACTIVE);
    assert_ptr_equal(key_set_active(set, KEY_SM2), sm_new);
    assert_ptr_equal(key_set_find(set, key_id(sm_old)), sm_old);
    assert_null(key_set_find(set, STR("nobody")));
    struct value list = value_get(key_set_jwks(&arena, set), STR("keys"));
    assert_int_equal(value_count(list), 3);
    assert_true(str_equal(value_text(value_get(value_at(list, 2), STR("kid"))), key_id(sm_old)));
    assert_true(value_is_null(value_get(value_at(list, 0), STR("d"))));
    key_set_free(set);
}

static void a_key_file_keeps_everything(void **state)
{
    (void)state;
    struct key_set *set = key_set_new();
    create(set, KEY_SM2, 1, 100);
    create(set, KEY_SM2, 2, 200);
    create(set, KEY_ES256, 3, 300);
    struct error err = ERROR_INIT;
    struct key_set *foreign = key_set_new();
    create(foreign, KEY_ES256, 9, 400);
    struct str public_pem = key_public_pem(&arena, key_set_at(foreign, 0));
    assert_int_equal(key_set_add_pem(set, public_pem, KEY_RETIRED, 400, &err), OK);

    struct str text = key_set_save(&arena, set);
    struct key_set *loaded = key_set_new();
    assert_int_equal(key_set_load(loaded, text, &err), OK);
    assert_int_equal(key_set_count(loaded), 4);
    for (size_t i = 0; i < 4; i++) {
        const struct key *a = key_set_at(set, i);
        const struct key *b = key_set_at(loaded, i);
        assert_true(str_equal(key_id(a), key_id(b)));
        assert_int_equal(key_state(a), key_state(b));
        assert_int_equal(key_algorithm(a), key_algorithm(b));
        assert_int_equal(key_created_ms(a), key_created_ms(b));
        assert_int_equal(key_has_private(a), key_has_private(b));
    }
    assert_true(str_equal(key_set_save(&arena, loaded), text));
    key_set_free(loaded);
    key_set_free(foreign);
    key_set_free(set);
}

static void what_is_no_pem_key_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "nonsense",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        /* an Ed25519 public key (RFC 8410) */
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC "
        "KEY-----\n",
        /* encrypted: must be refused, not asked for on the terminal */
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjdd5wH2rO6VQICCAAw\n"
        "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEKyHNWxlYwUYLVDhSyr5tm4EgZAk\n-----END ENCRYPTED PRIVATE KEY-----\n",
    };
    struct key_set *set = key_set_new();
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct error err = ERROR_INIT;
        assert_int_equal(key_set_add_pem(set, str_of(texts[i]), KEY_ACTIVE, 0, &err), FAILED);
        assert_string_equal(err.type, "key-invalid");
    }
    struct error err = ERROR_INIT;
    const struct key *key = create(set, KEY_SM2, 1, 1);
    assert_int_equal(key_set_add_pem(set, key_private_pem(&arena, key), KEY_ACTIVE, 0, &err), FAILED);
    assert_int_equal(err.kind, ERROR_CONFLICT);
    assert_int_equal(key_set_count(set), 1);
    key_set_free(set);
}

static void what_is_no_jwks_is_refused_with_its_place(void **state)
{
    (void)state;
    static const char x[] = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4";
    static const char y[] = "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM";
    static const struct {
        const char *format, *field;
    } rows[] = {
        {"{}", "keys"},
        {"[]", "keys"},
        {"{\"keys\":[]}", "keys"},
        {"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}", "keys"},
        {"{\"keys\":[7,null,{\"kty\":\"EC\",\"crv\":\"P-384\"}]}", "keys"},
        {"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"y\":\"%2$s\"}]}", "keys[0].x"},
        {"{\"keys\":[{\"kty\":\"RSA\"},{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%1$s\",\"y\":\"AAAA\"}]}",
         "keys[1].y"},
        {"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%2$s\",\"y\":\"%1$s\"}]}", "keys[0].x"},
        {"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"SM2\",\"x\":\"%1$s\",\"y\":\"%2$s\"}]}", "keys[0].x"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct key_set *set = key_set_new();
        struct error err = ERROR_INIT;
        struct buf text;
        buf_init(&text, 0);
        for (const char *c = rows[i].format; *c; c++)
            if (*c == '%') {
                buf_put(&text, str_of(c[1] == '1' ? x : y));
                c += 3;
            } else {
                buf_put_char(&text, *c);
            }
        assert_int_equal(key_set_add_jwks(set, parse(text.data), &err), FAILED);
        assert_string_equal(err.field, rows[i].field);
        buf_release(&text);
        key_set_free(set);
    }
}

static void broken_key_files_are_refused(void **state)
{
    (void)state;
    struct key_set *set = key_set_new();
    create(set, KEY_SM2, 1, 100);
    struct str good = key_set_save(&arena, set);
    static const struct {
        const char *from, *to;
    } changes[] = {
        {"tongban-keys-1", "tongban-keys-9"},
        {"\"active\"", "\"asleep\""},
        {"\"created_ms\": 100", "\"created_ms\": \"100\""},
        {"BEGIN PRIVATE", "BEGIN PRIVATF"},
        {"\"kid\": \"", "\"kid\": \"x"},
        {"{", "{{"},
    };
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        ptrdiff_t at = str_find(good, str_of(changes[i].from), 0);
        assert_true(at >= 0);
        struct str parts[] = {str_part(good, 0, (size_t)at), str_of(changes[i].to),
                              str_part(good, (size_t)at + strlen(changes[i].from), good.len)};
        struct key_set *loaded = key_set_new();
        struct error err = ERROR_INIT;
        assert_int_equal(key_set_load(loaded, arena_join(&arena, parts, 3), &err), FAILED);
        assert_true(err.message[0] != 0);
        key_set_free(loaded);
    }
    key_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_makes_one_key_and_another_seed_another),
        cmocka_unit_test(a_thumbprint_is_that_of_rfc_7638),
        cmocka_unit_test(rotation_leaves_one_active_key_per_algorithm),
        cmocka_unit_test(a_key_file_keeps_everything),
        cmocka_unit_test(what_is_no_pem_key_is_refused),
        cmocka_unit_test(what_is_no_jwks_is_refused_with_its_place),
        cmocka_unit_test(broken_key_files_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
