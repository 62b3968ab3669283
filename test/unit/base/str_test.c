#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void numbers_are_read_whole_or_not_at_all(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        int64_t number;
    } rows[] = {
        {"0", true, 0},
        {"-17", true, -17},
        {"+5", true, 5},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"1 ", false, 0},
        {"1x", false, 0},
        {"0x10", false, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t out = 77;
        assert_int_equal(str_to_int64(str_of(rows[i].text), &out), rows[i].good);
        assert_int_equal(out, rows[i].good ? rows[i].number : 77);
    }
}

static void only_well_formed_utf8_is_valid(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool valid;
    } rows[] = {
        {"", true},
        {"plain", true},
        {"通办", true},
        {"\xF0\x9F\x90\x8E", true},          /* U+1F40E */
        {"\xC0\x80", false},                 /* overlong zero */
        {"\xE0\x9F\xBF", false},             /* overlong */
        {"\xED\xA0\x80", false},             /* surrogate */
        {"\xF4\x90\x80\x80", false},         /* beyond U+10FFFF */
        {"\xE9\x80", false},                 /* cut */
        {"\x80", false},                     /* continuation first */
        {"\xFF", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(utf8_valid(str_of(rows[i].text)), rows[i].valid);
}

static void code_points_come_back_as_they_went_in(void **state)
{
    (void)state;
    static const uint32_t points[] = {0x24, 0x7F, 0x80, 0x7FF, 0x800, 0xFFFD, 0xFFFF, 0x10000, 0x1F40E, 0x10FFFF};
    for (size_t i = 0; i < COUNT_OF(points); i++) {
        char bytes[4];
        size_t n = utf8_put(points[i], bytes);
        size_t at = 0;
        assert_int_equal(utf8_next((struct str){bytes, n}, &at), points[i]);
        assert_int_equal(at, n);
    }
    assert_int_equal(utf8_length(STR("通办 ok")), 5);
}

static void base64_has_one_text_for_each_byte_string(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    static const struct {
        const char *plain, *padded, *url;
    } rows[] = {
        {"", "", ""},           {"f", "Zg==", "Zg"},         {"fo", "Zm8=", "Zm8"},
        {"foo", "Zm9v", "Zm9v"}, {"\xfb\xff", "+/8=", "-_8"}, {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct str out;
        assert_string_equal(base64_encode(&arena, rows[i].plain, strlen(rows[i].plain)).data, rows[i].padded);
        assert_string_equal(base64url_encode(&arena, rows[i].plain, strlen(rows[i].plain)).data, rows[i].url);
        assert_true(base64_decode(&arena, str_of(rows[i].padded), &out));
        assert_true(str_equal(out, str_of(rows[i].plain)));
        assert_true(base64url_decode(&arena, str_of(rows[i].url), &out));
        assert_true(str_equal(out, str_of(rows[i].plain)));
    }
    struct str out;
    assert_false(base64url_decode(&arena, STR("Zh"), &out)); /* bits behind the end are not zero */
    assert_false(base64url_decode(&arena, STR("Z"), &out));
    assert_false(base64url_decode(&arena, STR("Zg=="), &out));
    assert_false(base64_decode(&arena, STR("Zg"), &out));
    assert_false(base64_decode(&arena, STR("Z=g="), &out));
    arena_release(&arena);
}

static void hexadecimal_is_refused_when_it_is_not(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct str out;
    assert_true(hex_decode(&arena, STR("00fFA0"), &out));
    assert_memory_equal(out.data, "\x00\xff\xa0", 3);
    assert_string_equal(hex_encode(&arena, "\x00\xff\xa0", 3).data, "00ffa0");
    assert_false(hex_decode(&arena, STR("0"), &out));
    assert_false(hex_decode(&arena, STR("0g"), &out));
    arena_release(&arena);
}

static void cutting_walks_through_a_list(void **state)
{
    (void)state;
    struct str rest = STR("a,,b");
    assert_true(str_equal(str_cut(&rest, ','), STR("a")));
    assert_true(str_equal(str_cut(&rest, ','), STR("")));
    assert_true(str_equal(str_cut(&rest, ','), STR("b")));
    assert_null(rest.data);
}

static void finding_and_trimming_respect_the_ends(void **state)
{
    (void)state;
    assert_int_equal(str_find(STR("hello"), STR("l"), 0), 2);
    assert_int_equal(str_find(STR("hello"), STR("l"), 4), -1);
    assert_int_equal(str_find(STR("hello"), STR(""), 5), 5);
    assert_int_equal(str_find(STR("hello"), STR("lo!"), 0), -1);
    assert_true(str_equal(str_trim(STR(" \t a b\n")), STR("a b")));
    assert_true(str_equal(str_part(STR("abc"), 2, 99), STR("c")));
    assert_true(str_starts(STR("abc"), STR("ab")) && str_ends(STR("abc"), STR("bc")));
    assert_false(str_starts(STR("a"), STR("ab")));
}

static void numbers_are_joined_as_printf_would(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const int64_t numbers[] = {0, -1, 10, INT64_MAX, INT64_MIN};
    struct str joined = arena_numbers(&arena, "n", numbers, COUNT_OF(numbers));
    struct str printed = arena_printf(&arena, "n:%d:%d:%d:%" PRId64 ":%" PRId64, 0, -1, 10, INT64_MAX, INT64_MIN);
    assert_string_equal(joined.data, printed.data);
    assert_int_equal(joined.len, printed.len);
    assert_string_equal(arena_numbers(&arena, "", numbers + 1, 2).data, "-1:10");
    assert_int_equal(arena_numbers(&arena, "", numbers, 0).len, 0);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_joined_as_printf_would),
        cmocka_unit_test(numbers_are_read_whole_or_not_at_all),
        cmocka_unit_test(only_well_formed_utf8_is_valid),
        cmocka_unit_test(code_points_come_back_as_they_went_in),
        cmocka_unit_test(base64_has_one_text_for_each_byte_string),
        cmocka_unit_test(hexadecimal_is_refused_when_it_is_not),
        cmocka_unit_test(cutting_walks_through_a_list),
        cmocka_unit_test(finding_and_trimming_respect_the_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
