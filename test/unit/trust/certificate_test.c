/* Verdicts on certificates, and finding the signed text in what people hand in. */
#include "leaks.h"
#include "trust/certificate.h"

#include "feel/json.h"
#include "trust/jws.h"
#include "trust/render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define ID "1.2.156.3005.2.11100000MB0DEM001A001.112300000000DEM18G.2025000001260.001.F"

static struct arena arena;
static struct key_set *keys;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    keys = key_set_new();
    unsigned char seed[KEY_SEED_SIZE] = {5};
    key_set_create(keys, KEY_SM2, seed, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    key_set_free(keys);
    arena_release(&arena);
    return 0;
}

static struct value parse(const char *text)
{
    struct value out = value_null;
    struct error err = ERROR_INIT;
    if (text)
        assert_int_equal(json_parse(&arena, str_of(text), NULL, &out, &err), OK);
    return out;
}

static struct str certificate(const char *claims)
{
    return jws_sign(&arena, key_set_active(keys, KEY_SM2), STR("JWT"), parse(claims));
}

static int64_t instant(const char *text)
{
    struct value date = value_null;
    int64_t ms = 0;
    assert_true(date_time_parse(str_of(text), &date) && date_time_to_ms(date, &ms));
    return ms;
}

static void states_follow_dates_and_lists(void **state)
{
    (void)state;
    static const char dated[] =
        "{\"id\":\"" ID "\",\"no\":\"N1\",\"valid_from\":\"2026-07-01\",\"valid_to\":\"2026-07-31\"}";
    static const char lasting[] = "{\"no\":\"N1\",\"valid_from\":\"2026-07-01\",\"valid_to\":\"长期\"}";
    static const char jwt[] =
        "{\"no\":\"N1\",\"nbf\":1782835200,\"exp\":1785513600}"; /* 2026-07-01 and 2026-08-01 in China */
    static const struct {
        const char *claims, *status, *now, *state;
    } rows[] = {
        {dated, NULL, "2026-06-30T23:59:59+08:00", "not-yet"},
        {dated, NULL, "2026-07-01T00:00:00+08:00", "valid"},
        {dated, NULL, "2026-07-31T23:59:59+08:00", "valid"},
        {dated, NULL, "2026-08-01T00:00:00+08:00", "expired"},
        {jwt, NULL, "2026-06-30T23:59:59+08:00", "not-yet"},
        {jwt, NULL, "2026-07-31T23:59:59+08:00", "valid"},
        {jwt, NULL, "2026-08-01T00:00:00+08:00", "expired"},
        {lasting, NULL, "2126-07-01T00:00:00+08:00", "valid"},
        {"{}", NULL, "2026-07-01T00:00:00+08:00", "valid"},
        {"{\"valid_to\":\"soon\"}", NULL, "2026-07-01T00:00:00+08:00", "unknown"},
        {"{\"valid_to\":20260731}", NULL, "2026-07-01T00:00:00+08:00", "unknown"},
        {"{\"exp\":\"x\"}", NULL, "2026-07-01T00:00:00+08:00", "unknown"},
        {"{\"exp\":99999999999999999999}", NULL, "2026-07-01T00:00:00+08:00", "unknown"},
        {dated, "{\"statuses\":[]}", "2026-07-02T00:00:00+08:00", "valid"},
        {dated, "{\"statuses\":[{\"id\":\"" ID "\",\"state\":\"suspended\"}]}", "2026-07-02T00:00:00+08:00",
         "suspended"},
        {dated, "{\"statuses\":[{\"no\":\"N1\",\"state\":\"03\",\"reason\":\"fraud\",\"since\":\"2026-07-01\"}]}",
         "2026-07-02T00:00:00+08:00", "revoked"},
        {dated, "{\"statuses\":[{\"no\":\"N2\",\"state\":\"revoked\"},{}]}", "2026-07-02T00:00:00+08:00", "valid"},
        {dated, "{\"statuses\":[{\"no\":\"N1\",\"state\":\"suspended\"},{\"no\":\"N1\",\"state\":\"valid\"}]}",
         "2026-07-02T00:00:00+08:00", "valid"},
        {dated, "{\"statuses\":[{\"no\":\"N1\",\"state\":\"valid\"}]}", "2026-08-02T00:00:00+08:00", "expired"},
        {dated, "{\"statuses\":[{\"no\":\"N1\",\"state\":\"revoked\"}]}", "2026-08-02T00:00:00+08:00", "revoked"},
        {dated, "{\"statuses\":[{\"no\":\"N1\",\"state\":\"strange\"}]}", "2026-07-02T00:00:00+08:00", "unknown"},
        {dated, "{\"revoked\":[]}", "2026-07-02T00:00:00+08:00", "unknown"},
        {"{}", "{\"statuses\":[{\"no\":\"\",\"state\":\"revoked\"},{\"state\":\"revoked\"}]}",
         "2026-07-02T00:00:00+08:00", "valid"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct certificate_verdict verdict =
            certificate_verify(&arena, certificate(rows[i].claims), keys, parse(rows[i].status), instant(rows[i].now));
        assert_true(verdict.genuine);
        assert_string_equal(certificate_state_name(verdict.state), rows[i].state);
        assert_int_equal(verdict.problem.kind, ERROR_NONE);
        if (verdict.state != CERTIFICATE_VALID)
            assert_true(verdict.reason_count > 0 && verdict.reasons[0].zh.len > 0 && verdict.reasons[0].en.len > 0);
    }
}

static void reasons_are_whole_sentences(void **state)
{
    (void)state;
    struct value list =
        parse("{\"statuses\":[{\"no\":\"N1\",\"state\":\"03\",\"reason\":\"fraud\",\"since\":\"2026-07-01\"}]}");
    struct certificate_verdict verdict =
        certificate_verify(&arena, certificate("{\"no\":\"N1\",\"valid_to\":\"2026-06-30\"}"), keys, list,
                           instant("2026-07-02T00:00:00+08:00"));
    assert_true(verdict.status_checked);
    assert_int_equal(verdict.reason_count, 2);
    assert_string_equal(verdict.reasons[0].en.data, "It has expired: valid to 2026-06-30.");
    assert_string_equal(verdict.reasons[1].zh.data, "发证机关已登记为已失效,自2026-07-01,原因:fraud。");
    assert_string_equal(verdict.reasons[1].en.data, "The issuer has registered it as revoked since 2026-07-01: fraud.");
}

static void a_wrong_check_character_is_only_a_warning(void **state)
{
    (void)state;
    struct str jws =
        certificate("{\"id\":\"1.2.156.3005.2.11100000MB0DEM001A001.112300000000DEM18G.2025000001260.001.G\"}");
    struct certificate_verdict verdict = certificate_verify(&arena, jws, keys, value_null, 0);
    assert_true(verdict.genuine);
    assert_int_equal(verdict.state, CERTIFICATE_VALID);
    assert_int_equal(verdict.reason_count, 2);
    assert_true(str_starts(verdict.reasons[1].en, STR("Note:")));
    assert_false(verdict.status_checked);
}

static void what_is_not_genuine_is_never_valid(void **state)
{
    (void)state;
    struct str jws = certificate("{\"no\":\"N1\",\"name\":\"王\"}");
    char *altered = (char *)arena_str(&arena, jws).data;
    ptrdiff_t dot = str_find(jws, STR("."), 0);
    altered[dot + 8] = altered[dot + 8] == 'A' ? 'B' : 'A';
    struct key_set *nobody = key_set_new();
    const struct {
        struct str jws;
        const struct key_set *keys;
        const char *problem;
    } rows[] = {
        {{altered, jws.len}, keys, "jws-signature"},
        {jws, nobody, "jws-key-unknown"},
        {STR("hello"), keys, "jws-form"},
        {STR_NONE, keys, "jws-form"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct certificate_verdict verdict = certificate_verify(&arena, rows[i].jws, rows[i].keys, value_null, 0);
        assert_false(verdict.genuine);
        assert_int_equal(verdict.state, CERTIFICATE_UNKNOWN);
        assert_string_equal(verdict.problem.type, rows[i].problem);
        assert_int_equal(verdict.reason_count, 1);
    }
    struct certificate_verdict verdict = certificate_verify(&arena, jws, nobody, value_null, 0);
    assert_true(str_equal(value_text(value_get(verdict.claims, STR("no"))), STR("N1")));
    key_set_free(nobody);
}

static void the_signed_text_is_found_in_every_export(void **state)
{
    (void)state;
    struct str jws = certificate("{\"no\":\"N1\"}");
    struct str svg =
        arena_printf(&arena,
                     "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"90\" height=\"60\"><metadata>%s</metadata>"
                     "<text y=\"20\">eyJ.x.y</text></svg>",
                     jws.data);
    struct render_options options = {.title = STR("证"), .keywords = jws};
    struct str pdf;
    struct error err = ERROR_INIT;
    assert_int_equal(render_pdf(&arena, &svg, 1, &options, &pdf, &err), OK);
    const struct str files[] = {
        jws,
        arena_printf(&arena, "\n%s\n", jws.data),
        arena_printf(&arena, "{\"no\":\"N1\",\"jws\":\"%s\"}", jws.data),
        arena_printf(&arena, "eyJ.eyJhIjoxfQ.short eyJx %s", jws.data),
        svg,
        pdf,
    };
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct str found = STR_NONE;
        assert_true(certificate_find_jws(files[i], &found));
        assert_true(str_equal(found, jws));
    }
    struct str found;
    assert_false(certificate_find_jws(STR(""), &found));
    assert_false(certificate_find_jws(STR("eyJ"), &found));
    assert_false(certificate_find_jws(STR("eyJhbGciOiJub25lIn0.eyJhIjoxfQ."), &found));
    assert_false(certificate_find_jws(arena_printf(&arena, "x%s", jws.data), &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_follow_dates_and_lists),
        cmocka_unit_test(reasons_are_whole_sentences),
        cmocka_unit_test(a_wrong_check_character_is_only_a_warning),
        cmocka_unit_test(what_is_not_genuine_is_never_valid),
        cmocka_unit_test(the_signed_text_is_found_in_every_export),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
