/* Values: contexts small and large, merging, paths, copies, equality, texts. */
#include "golden.h"

#include "feel/json.h"
#include "feel/value.h"

#include <string.h>
#include "../scratch.h"

static struct value json(const char *text)
{
    struct value v = value_null;
    struct error err = ERROR_INIT;
    if (json_parse(&arena, str_of(text), NULL, &v, &err) != OK)
        fail_msg("%s: %s", text, err.message);
    return v;
}

static void expect_json(const char *wanted, struct value v)
{
    assert_string_equal(json_text(&arena, v).data, wanted);
}

static void a_key_keeps_its_first_place_and_its_last_value(void **state)
{
    (void)state;
    const size_t sizes[] = {1, 2, 16, 17, 18, 1000};
    for (size_t s = 0; s < COUNT_OF(sizes); s++) {
        struct context_builder builder;
        context_builder_init(&builder, &arena);
        for (size_t round = 0; round < 2; round++)
            for (size_t i = 0; i < sizes[s]; i++)
                context_builder_put(&builder, arena_printf(&arena, "k%zu", i * 7919 % 10007),
                                    value_int((int64_t)(i + round * 10000)));
        struct value v = context_builder_done(&builder);
        assert_int_equal(value_count(v), sizes[s]);
        for (size_t i = 0; i < sizes[s]; i++) {
            int64_t n = 0;
            struct str key = arena_printf(&arena, "k%zu", i * 7919 % 10007);
            assert_true(str_equal(v.context->members[i].key, key));
            assert_true(value_to_int64(value_get(v, key), &n));
            assert_int_equal(n, i + 10000);
        }
        assert_true(value_is_null(value_get(v, STR("missing"))));
    }
}

static void absent_and_null_members_can_be_told_apart(void **state)
{
    (void)state;
    struct value v = json("{\"a\":null}");
    struct value found = value_true;
    assert_true(value_find(v, STR("a"), &found));
    assert_true(value_is_null(found));
    assert_false(value_find(v, STR("b"), &found));
    assert_false(value_find(value_int(1), STR("a"), &found));
}

static void paths_lead_through_contexts(void **state)
{
    (void)state;
    struct value v = json("{\"deceased\":{\"id\":\"23\",\"names\":[1]}}");
    assert_true(str_equal(value_text(value_path(v, "deceased.id")), STR("23")));
    assert_true(value_is_null(value_path(v, "deceased.id.x")));
    assert_true(value_is_null(value_path(v, "nobody.id")));
    expect_json("{\"a\":{\"b\":1}}", value_put_path(&arena, value_null, STR("a.b"), value_int(1)));
    expect_json("{\"deceased\":{\"id\":\"24\",\"names\":[1]}}",
                value_put_path(&arena, v, STR("deceased.id"), value_cstr("24")));
    expect_json("{\"a\":{\"b\":{\"c\":1}}}", value_put_path(&arena, json("{\"a\":5}"), STR("a.b.c"), value_int(1)));
    expect_json("{\"deceased\":{\"id\":\"23\",\"names\":[1]}}", v);
}

static void merging_lays_one_context_over_another(void **state)
{
    (void)state;
    expect_json("{\"a\":1,\"b\":3,\"c\":4}", value_merge(&arena, json("{\"a\":1,\"b\":2}"), json("{\"b\":3,\"c\":4}")));
    expect_json("{\"b\":3}", value_merge(&arena, value_null, json("{\"b\":3}")));
    expect_json("{\"b\":3}", value_merge(&arena, json("{\"b\":3}"), value_int(5)));
    expect_json("{}", value_merge(&arena, value_int(1), value_int(5)));
}

static void a_copy_outlives_the_arena_of_its_original(void **state)
{
    (void)state;
    struct arena other;
    arena_init(&other);
    struct value v;
    struct error err = ERROR_INIT;
    const char *text = "{\"a\":[1.10,\"text\",{\"b\":null}],\"n\":12345678901234567890123456789012345678901234567890}";
    assert_int_equal(json_parse(&other, str_of(text), NULL, &v, &err), OK);
    struct value copy = value_copy(&arena, v);
    assert_true(value_identical(copy, v));
    arena_release(&other);
    expect_json(text, copy);
}

static void lists_give_null_beyond_their_ends(void **state)
{
    (void)state;
    struct value v = json("[1,2]");
    assert_int_equal(value_count(v), 2);
    assert_true(value_is_null(value_at(v, 2)));
    assert_true(value_is_null(value_at(value_int(1), 0)));
    assert_int_equal(value_count(value_int(1)), 0);
    struct list_builder builder;
    list_builder_init(&builder, &arena);
    for (int i = 0; i < 20; i++)
        list_builder_push(&builder, value_int(i));
    assert_int_equal(value_count(list_builder_done(&builder)), 20);
}

/* JSON texts and whether they are equal: 1, 0, or -1 for null. */
static void equality_follows_the_specification(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int equal;
    } cases[] = {
        {"null", "null", 1},
        {"true", "null", 0},
        {"[]", "null", 0},
        {"true", "1", -1},
        {"false", "0", -1},
        {"100", "\"100\"", -1},
        {"[]", "0", -1},
        {"{}", "[]", -1},
        {"0", "0.00", 1},
        {"-0", "0", 1},
        {"12300", "1.23e4", 1},
        {"\"foo\"", "\"Foo\"", 0},
        {"[1,2,3]", "[1,2,3]", 1},
        {"[1,1,1]", "[1,1,1,1]", 0},
        {"[1,2,3]", "[3,2,1]", 0},
        {"[1]", "[\"1\"]", 0},
        {"[null]", "[null]", 1},
        {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", 1},
        {"{\"a\":1}", "{\"a\":2}", 0},
        {"{\"a\":1}", "{\"b\":1}", 0},
        {"{\"a\":1}", "{\"a\":1,\"b\":2}", 0},
        {"[{\"a\":[3,4]}]", "[{\"a\":[3,4.0]}]", 1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct value equal = value_equal(json(cases[i].a), json(cases[i].b));
        int found = value_is_null(equal) ? -1 : equal.boolean;
        if (found != cases[i].equal)
            fail_msg("%s = %s gives %d", cases[i].a, cases[i].b, found);
        struct value turned = value_equal(json(cases[i].b), json(cases[i].a));
        assert_int_equal(found, value_is_null(turned) ? -1 : turned.boolean);
    }
}

static struct value range_of(struct value start, struct value end, const char *brackets, uint8_t by_operator)
{
    struct range *range = arena_new(&arena, struct range);
    *range = (struct range){.start = start, .end = end, .by_operator = by_operator};
    range->start_included = brackets[0] == '[';
    range->end_included = brackets[1] == ']';
    return (struct value){.kind = VALUE_RANGE, .range = range};
}

static void ranges_are_equal_in_kind_ends_and_form(void **state)
{
    (void)state;
    struct value one = value_int(1);
    struct value ten = value_int(10);
    struct value closed = range_of(one, ten, "[]", 0);
    assert_true(value_is_true(value_equal(closed, range_of(one, ten, "[]", 0))));
    assert_false(value_is_true(value_equal(closed, range_of(one, ten, "[)", 0))));
    assert_false(value_is_true(value_equal(closed, range_of(one, value_int(9), "[]", 0))));
    struct value below = range_of(value_null, ten, "()", '<');
    assert_true(value_is_true(value_equal(below, range_of(value_null, ten, "()", '<'))));
    assert_false(value_is_true(value_equal(below, range_of(value_null, ten, "()", 0))));
    assert_string_equal(value_to_text(&arena, closed).data, "[1..10]");
    assert_string_equal(value_to_text(&arena, range_of(value_null, ten, "()", 0)).data, "(null..10)");
    assert_string_equal(value_to_text(&arena, below).data, "(< 10)");
    assert_string_equal(value_to_text(&arena, range_of(ten, value_null, "[)", 'g')).data, "(>= 10)");
}

static void texts_are_feel_notation(void **state)
{
    (void)state;
    static const struct {
        const char *value, *text;
    } cases[] = {
        {"\"foo\"", "foo"},
        {"123.45", "123.45"},
        {"1.10", "1.10"},
        {"1e3", "1000"},
        {"12345678901234567890123456789012345678901", "12345678901234567890123456789012345678901"},
        {"true", "true"},
        {"null", "null"},
        {"[1,2,3,\"foo\"]", "[1, 2, 3, \"foo\"]"},
        {"[1,2,3,[4,5,\"foo\"]]", "[1, 2, 3, [4, 5, \"foo\"]]"},
        {"[\"\\\"foo\\\"\"]", "[\"\\\"foo\\\"\"]"},
        {"{\"a\":\"foo\",\"b\":{\"bar\":\"baz\"}}", "{a: \"foo\", b: {bar: \"baz\"}}"},
        {"{\"{\":\"foo\"}", "{\"{\": \"foo\"}"},
        {"{\"\\\"\":\"foo\"}", "{\"\\\"\": \"foo\"}"},
        {"{\"\":1,\"2a\":2,\"姓 名\":3}", "{\"\": 1, \"2a\": 2, 姓 名: 3}"},
        {"[\"a\\\\b\\n\"]", "[\"a\\\\b\\n\"]"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(arena_cstr(&arena, value_to_text(&arena, json(cases[i].value))), cases[i].text);
    struct value date = value_null;
    assert_true(date_parse(STR("2018-12-10"), &date));
    assert_string_equal(value_to_text(&arena, value_list(&arena, &date, 1)).data, "[@\"2018-12-10\"]");
}

static void endless_nesting_cannot_exhaust_the_stack(void **state)
{
    (void)state;
    struct value v = value_int(1);
    for (int i = 0; i < 1000000; i++)
        v = value_list(&arena, &v, 1);
    struct value w = value_list(&arena, &v.list->items[0], 1);
    assert_false(value_is_true(value_equal(v, value_copy(&arena, v))));
    assert_true(value_is_true(value_equal(v, w)));
    assert_true(json_text(&arena, v).len > 2 * VALUE_DEPTH_MAX);
    assert_true(json_canonical(&arena, v).len > 2 * VALUE_DEPTH_MAX);
    assert_true(value_to_text(&arena, v).len > 2 * VALUE_DEPTH_MAX);
    struct buf dots;
    buf_init(&dots, 0);
    for (int i = 0; i < 1000000; i++)
        buf_put(&dots, STR("a."));
    assert_int_equal(value_put_path(&arena, value_null, buf_str(&dots), value_true).kind, VALUE_CONTEXT);
    buf_release(&dots);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_keeps_its_first_place_and_its_last_value),
        cmocka_unit_test(absent_and_null_members_can_be_told_apart),
        cmocka_unit_test(paths_lead_through_contexts),
        cmocka_unit_test(merging_lays_one_context_over_another),
        cmocka_unit_test(a_copy_outlives_the_arena_of_its_original),
        cmocka_unit_test(lists_give_null_beyond_their_ends),
        cmocka_unit_test(equality_follows_the_specification),
        cmocka_unit_test(ranges_are_equal_in_kind_ends_and_form),
        cmocka_unit_test(texts_are_feel_notation),
        cmocka_unit_test(endless_nesting_cannot_exhaust_the_stack),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
