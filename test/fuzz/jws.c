/* Signed texts, key files and numbers as strangers hand them in: nothing but a genuine text is ever called genuine. */
#include "trust/jws.h"
#include "feel/json.h"
#include "trust/certificate.h"
#include "trust/ids.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct key_set *keys;
static struct arena own;
static struct str genuine; /* the one text that was signed */

static void set_up(void)
{
    unsigned char seed[KEY_SEED_SIZE] = {1};
    arena_init(&own);
    keys = key_set_new();
    const struct key *key = key_set_create(keys, KEY_ES256, seed, 0);
    struct context_builder nothing;
    context_builder_init(&nothing, &own);
    genuine = jws_sign(&own, key, STR_NONE, context_builder_done(&nothing));
}

static void check_verdict(struct arena *arena, struct str text)
{
    struct certificate_verdict verdict = certificate_verify(arena, text, keys, value_null, 0);
    CHECK(!verdict.genuine || str_equal(str_trim(text), genuine));
    CHECK(verdict.genuine || verdict.state == CERTIFICATE_UNKNOWN);
    CHECK(verdict.reason_count > 0);
    struct str found;
    if (certificate_find_jws(text, &found))
        CHECK(found.data >= text.data && found.data + found.len <= text.data + text.len);
    struct jws_parts parts;
    struct error err = ERROR_INIT;
    if (jws_parse(arena, text, &parts, &err) != OK)
        CHECK(err.kind != ERROR_NONE && err.message[0]);
}

static void check_keys(struct arena *arena, struct str text)
{
    struct key_set *set = key_set_new();
    struct error err = ERROR_INIT;
    struct value jwks = value_null;
    if (key_set_load(set, text, &err) != OK)
        CHECK(err.kind != ERROR_NONE);
    if (json_parse(arena, text, NULL, &jwks, &err) == OK && key_set_add_jwks(set, jwks, &err) == OK)
        CHECK(key_set_count(set) > 0);
    key_set_free(set);
}

static void check_numbers(struct arena *arena, struct str text)
{
    struct error err = ERROR_INIT;
    struct citizen citizen;
    struct certificate_id id;
    struct str built;
    bool check_ok = false;
    if (citizen_id_check(text, &citizen, &err) == OK)
        CHECK(citizen.month >= 1 && citizen.month <= 12 && citizen.day >= 1 && citizen.day <= 31);
    if (uscc_check(text, &err) == OK)
        CHECK(text.len == 18);
    if (certificate_id_parse(text, &id, &check_ok, &err) == OK && check_ok)
        CHECK(certificate_id_build(arena, &id, &built, &err) == OK && str_equal(built, text));
    if (item_handling_code_check(text, &err) == OK)
        CHECK(text.len == 33);
    if (organisation_code_check(text, &err) == OK)
        CHECK(text.len == 9 || text.len == 10);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!keys)
        set_up();
    struct str text = {(const char *)data, size};
    struct arena arena;
    arena_init(&arena);
    check_verdict(&arena, text);
    check_keys(&arena, text);
    check_numbers(&arena, text);
    arena_release(&arena);
    return 0;
}
