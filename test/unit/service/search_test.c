/* Filters as rows of (value, condition, met or not); orders and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "feel/json.h"
#include "service/search_match.h"

static struct value json_in(struct arena *arena, const char *text)
{
    struct value v;
    struct error err = ERROR_INIT;
    assert_int_equal(json_parse(arena, str_of(text), NULL, &v, &err), OK);
    return v;
}

static const struct {
    const char *value, *condition;
    bool met;
} rows[] = {
    {"\"ACTIVE\"", "\"ACTIVE\"", true},
    {"\"ACTIVE\"", "\"COMPLETED\"", false},
    {"\"ACTIVE\"", "{\"$in\": [\"COMPLETED\", \"ACTIVE\"]}", true},
    {"\"ACTIVE\"", "{\"$notIn\": [\"COMPLETED\", \"ACTIVE\"]}", false},
    {"\"ACTIVE\"", "{\"$neq\": \"ACTIVE\"}", false},
    {"\"9007199254740993\"", "9007199254740993", true},
    {"\"9007199254740993\"", "9007199254740992", false},
    {"\"10\"", "{\"$gt\": \"9\"}", true},
    {"7", "{\"$gte\": 7, \"$lt\": 8}", true},
    {"7", "{\"$gte\": 7, \"$lt\": 7}", false},
    {"7", "{}", true},
    {"null", "{\"$exists\": false}", true},
    {"null", "{\"$exists\": true}", false},
    {"\"x\"", "{\"$exists\": true}", true},
    {"null", "\"x\"", false},
    {"null", "{\"$lt\": 5}", false},
    {"true", "true", true},
    {"true", "{\"$eq\": false}", false},
    {"\"2026-07-06T01:00:00Z\"", "{\"$lte\": \"2026-07-06T01:00:00Z\"}", true},
    {"[\"a\", \"b\"]", "\"b\"", true},
    {"[\"a\", \"b\"]", "{\"$like\": \"c*\"}", false},
    {"[]", "\"b\"", false},
    {"\"order-17\"", "{\"$like\": \"order-*\"}", true},
    {"\"order-17\"", "{\"$like\": \"*7\"}", true},
    {"\"order-17\"", "{\"$like\": \"order\"}", false},
    {"\"order-17\"", "{\"$like\": \"order-??\"}", true},
    {"\"order-17\"", "{\"$like\": \"order-?\"}", false},
    {"\"死亡报告\"", "{\"$like\": \"死?报告\"}", true},
    {"\"a*b\"", "{\"$like\": \"a\\\\*b\"}", true},
    {"\"axb\"", "{\"$like\": \"a\\\\*b\"}", false},
    {"\"\"", "{\"$like\": \"*\"}", true},
    {"\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"", "{\"$like\": \"*a*a*a*a*a*a*a*a*a*c\"}", false},
    {"7", "{\"$like\": \"7\"}", false},
};

static void a_value_meets_a_condition_or_not(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct error err = ERROR_INIT;
        struct value condition = json_in(&arena, rows[i].condition);
        assert_int_equal(search_condition_check(STR("f"), condition, &err), OK);
        if (search_matches(json_in(&arena, rows[i].value), condition) != rows[i].met)
            fail_msg("row %zu: %s %s", i, rows[i].value, rows[i].condition);
    }
    arena_release(&arena);
}

static void what_is_no_condition_is_refused(void **state)
{
    (void)state;
    static const char *const conditions[] = {"[1]",           "{\"$is\": 1}",          "{\"$in\": 1}",
                                             "{\"$eq\": []}", "{\"$exists\": \"yes\"}", "{\"$like\": 7}"};
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < COUNT_OF(conditions); i++) {
        struct error err = ERROR_INIT;
        assert_int_equal(search_condition_check(STR("colour"), json_in(&arena, conditions[i]), &err), FAILED);
        assert_string_equal(err.type, "filter-invalid");
        assert_string_equal(err.field, "filter.colour");
    }
    arena_release(&arena);
}

static void instants_are_compared_as_such_and_nulls_come_last(void **state)
{
    (void)state;
    struct value day = date_time_from_ms(1783299600000, "Asia/Shanghai"); /* 2026-07-06T01:00:00Z */
    assert_int_equal(search_compare(day, value_cstr("2026-07-06T01:00:00Z")), 0);
    assert_int_equal(search_compare(day, value_cstr("2026-07-06T09:00:00+08:00")), 0);
    assert_true(search_compare(day, value_cstr("2026-07-06T02:00:00Z")) < 0);
    assert_true(search_compare(value_null, day) > 0);
    assert_int_equal(search_compare(value_null, value_null), 0);
}

static void orders_name_known_fields(void **state)
{
    (void)state;
    static const char *const fields[] = {"name", "state", NULL};
    struct arena arena;
    struct search_order *orders;
    size_t count;
    struct error err = ERROR_INIT;
    arena_init(&arena);
    struct value sort = json_in(&arena, "[{\"field\": \"state\", \"order\": \"DESC\"}, {\"field\": \"name\"}]");
    assert_int_equal(search_orders(&arena, sort, fields, &orders, &count, &err), OK);
    assert_int_equal(count, 2);
    assert_true(orders[0].falling);
    assert_false(orders[1].falling);
    sort = json_in(&arena, "[{\"field\": \"colour\"}]");
    assert_int_equal(search_orders(&arena, sort, fields, &orders, &count, &err), FAILED);
    assert_string_equal(err.type, "sort-invalid");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_meets_a_condition_or_not),
        cmocka_unit_test(what_is_no_condition_is_refused),
        cmocka_unit_test(instants_are_compared_as_such_and_nulls_come_last),
        cmocka_unit_test(orders_name_known_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
