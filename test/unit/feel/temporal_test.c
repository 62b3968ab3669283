/* Dates, times and durations against golden lines; zones against another reader of the zone database. */
#include "golden.h"

#include "feel/value.h"
#include "feel/zone.h"

#include <pthread.h>
#include <string.h>

typedef bool binary(struct value a, struct value b, struct value *out);
typedef bool reader(struct str text, struct value *out);

static bool compare(struct value a, struct value b, struct value *out)
{
    int order = 7;
    if (!value_compare(a, b, &order))
        return false;
    *out = value_int(order);
    return true;
}

static bool weekday(struct value a, struct value b, struct value *out)
{
    (void)b;
    *out = value_int(weekday_of(a.temporal.seconds / 86400 - (a.temporal.seconds % 86400 < 0)));
    return true;
}

static bool week(struct value a, struct value b, struct value *out)
{
    (void)b;
    *out = value_int(iso_week_of(a.temporal.seconds / 86400));
    return true;
}

static bool in_zone(struct value a, struct value b, struct value *out)
{
    return date_time_in_zone(a, b.string, out);
}

static bool take_date(struct value a, struct value b, struct value *out)
{
    (void)b;
    return date_of(a, out);
}

static bool take_time(struct value a, struct value b, struct value *out)
{
    (void)b;
    return time_of(a, out);
}

static const struct {
    const char *name;
    reader *call;
} readers[] = {
    {"date", date_parse},         {"time", time_parse},    {"date-time", date_time_parse},
    {"duration", duration_parse}, {"any", temporal_parse},
};

static const struct {
    const char *name;
    binary *call;
} binaries[] = {
    {"add", temporal_add},
    {"subtract", temporal_subtract},
    {"multiply", duration_multiply},
    {"divide", duration_divide},
    {"ratio", duration_ratio},
    {"between", years_months_between},
    {"compare", compare},
    {"weekday", weekday},
    {"week", week},
    {"in-zone", in_zone},
    {"join", date_time_make},
    {"date-of", take_date},
    {"time-of", take_time},
};

/* Whatever the text is: a temporal value, else a number, else a string. */
static struct value operand(struct str text)
{
    struct value v = value_null;
    struct error err = ERROR_INIT;
    if (temporal_parse(text, &v) || value_number_parse(text, &v, &err) == OK)
        return v;
    return value_string(text);
}

static struct str shown(const struct golden_line *line, bool done, struct value v)
{
    return done ? value_to_text(line->arena, v) : STR("null");
}

static void check_line(const struct golden_line *line)
{
    struct value result = value_null;
    struct str name = line->fields[0];
    for (size_t i = 0; i < COUNT_OF(readers); i++) {
        if (!str_equal(name, str_of(readers[i].name)))
            continue;
        bool done = readers[i].call(line->fields[1], &result);
        assert_true(done || value_is_null(result));
        golden_expect(line, line->fields[2], shown(line, done, result));
        return;
    }
    for (size_t i = 0; i < COUNT_OF(binaries); i++) {
        if (!str_equal(name, str_of(binaries[i].name)))
            continue;
        bool done = binaries[i].call(operand(line->fields[1]), operand(line->fields[2]), &result);
        assert_true(done || value_is_null(result));
        golden_expect(line, line->fields[3], shown(line, done, result));
        return;
    }
    fail_msg("%s:%d: unknown operation", line->file, line->number);
}

static void temporal_values_do_what_the_golden_lines_say(void **state)
{
    (void)state;
    golden_run("temporal.txt", check_line);
}

static void check_zone(const struct golden_line *line)
{
    if (str_equal(line->fields[0], STR("instant"))) {
        int64_t ms = 0;
        int64_t back = 0;
        assert_true(str_to_int64(line->fields[1], &ms));
        struct value v = date_time_from_ms(ms, arena_cstr(line->arena, line->fields[2]));
        golden_expect(line, line->fields[3], temporal_text(line->arena, v));
        assert_true(date_time_to_ms(v, &back));
        assert_true(back == ms);
        return;
    }
    struct value v = value_null;
    int64_t ms = 0;
    assert_true(date_time_parse(line->fields[1], &v));
    assert_true(date_time_to_ms(v, &ms));
    golden_expect(line, line->fields[3], arena_printf(line->arena, "%" PRId64, ms));
}

static void named_zones_agree_with_another_reader_of_the_database(void **state)
{
    (void)state;
    golden_run("zone.txt", check_zone);
}

static void days_and_civil_dates_are_inverse(void **state)
{
    (void)state;
    const int64_t years[] = {-999999999, -401, -400, -1, 0, 1, 3, 4, 100, 400, 1600, 1970, 2000, 2026, 999999999};
    for (size_t i = 0; i < COUNT_OF(years); i++) {
        for (int month = 1; month <= 12; month++) {
            struct value v = value_null;
            assert_true(date_make(years[i], month, 28, &v));
            struct civil civil = temporal_civil(v);
            assert_true(civil.year == years[i] && civil.month == month && civil.day == 28);
            assert_true(v.temporal.seconds == days_from_civil(years[i], month, 28) * 86400);
        }
    }
    assert_true(days_from_civil(1970, 1, 1) == 0);
    assert_true(days_from_civil(2000, 3, 1) == 11017);
}

static void times_are_made_of_valid_parts_only(void **state)
{
    (void)state;
    struct value v = value_null;
    struct value zone = value_null;
    assert_true(time_make(12, 59, 1, 300000000, value_days_time(-3600, 0), &v));
    assert_int_equal(v.zone, ZONE_OFFSET);
    assert_int_equal(v.temporal.offset, -3600);
    assert_true(time_make(11, 59, 45, 0, value_days_time(0, 0), &v));
    assert_int_equal(v.zone, ZONE_UTC);
    assert_true(time_parse(STR("10:00:00@Asia/Shanghai"), &zone));
    assert_true(time_make(11, 59, 45, 0, zone, &v));
    assert_string_equal(v.temporal.zone, "Asia/Shanghai");
    const int64_t wrong[][3] = {{24, 0, 0}, {-1, 0, 0}, {23, 60, 0}, {23, 59, 60}, {0, -1, 0}, {0, 0, -1}};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_false(time_make(wrong[i][0], wrong[i][1], wrong[i][2], 0, value_null, &v));
    assert_false(time_make(1, 1, 1, 1000000000, value_null, &v));
    assert_false(time_make(1, 1, 1, 0, value_days_time(19 * 3600, 0), &v));
    assert_false(time_make(1, 1, 1, 0, value_int(1), &v));
    assert_false(date_make(2021, 2, 29, &v));
    assert_false(date_make(1000000000, 1, 1, &v));
}

static void zoneless_values_are_read_as_shanghai_time(void **state)
{
    (void)state;
    struct value v = value_null;
    int64_t ms = 0;
    assert_true(date_time_parse(STR("2026-07-06T09:00:00"), &v));
    assert_true(date_time_to_ms(v, &ms));
    assert_true(ms == INT64_C(1783299600000));
    assert_true(date_parse(STR("2026-07-06"), &v));
    assert_true(date_time_to_ms(v, &ms));
    assert_true(ms == INT64_C(1783299600000) - 9 * 3600000);
    assert_true(date_time_parse(STR("999999999-07-06T09:00:00Z"), &v));
    assert_false(date_time_to_ms(v, &ms));
    assert_false(date_time_to_ms(value_int(3), &ms));
    assert_true(value_is_null(date_time_from_ms(0, "Nowhere/Land")));
    assert_true(date_time_to_ms(date_time_from_ms(INT64_C(-8640000000000001), "Asia/Shanghai"), &ms));
    assert_true(ms == INT64_C(-8640000000000001));
}

static void identity_is_stricter_than_equality(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int equal; /* -1: null */
        bool identical;
    } cases[] = {
        {"23:00:50Z", "23:00:50+00:00", 1, true},
        {"23:00:50@Etc/GMT", "23:00:50Z", 1, false},
        {"20:00:50+00:00", "21:00:50+01:00", 1, false},
        {"23:00:50", "23:00:50Z", -1, false},
        {"10:30:00.0001", "10:30:00.0002", 1, false},
        {"2012-12-25", "2012-12-25T00:00:00Z", -1, false},
        {"2021-10-02T23:00:00@Australia/Melbourne", "2021-10-02T23:00:00+10:00", 1, false},
        {"2002-04-02T12:00:00-01:00", "2002-04-02T17:00:00+04:00", 1, false},
        {"P1D", "PT24H", 1, true},
        {"P1Y", "P12M", 1, true},
        {"P0Y", "P0D", -1, false},
        {"P0D", "-P0D", 1, true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct value a = operand(str_of(cases[i].a));
        struct value b = operand(str_of(cases[i].b));
        struct value equal = value_equal(a, b);
        int found = value_is_null(equal) ? -1 : equal.boolean;
        if (found != cases[i].equal || value_identical(a, b) != cases[i].identical)
            fail_msg("%s and %s: equal %d", cases[i].a, cases[i].b, found);
    }
}

static const char *const zones[] = {
    "Asia/Tokyo",     "Asia/Seoul",      "Asia/Vladivostok", "Europe/Moscow", "Europe/London",
    "Africa/Nairobi", "America/Chicago", "America/Denver",   "Pacific/Guam",  "Asia/Harbin",
};

static void *find_zones(void *found)
{
    const struct zone **all = found;
    for (size_t i = 0; i < COUNT_OF(zones); i++)
        all[i] = zone_find(str_of(zones[i]));
    return NULL;
}

static void a_zone_is_one_object_for_all_threads(void **state)
{
    (void)state;
    pthread_t threads[4];
    const struct zone *found[4][COUNT_OF(zones)];
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, find_zones, found[i]), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < COUNT_OF(zones); i++) {
        assert_non_null(found[0][i]);
        assert_string_equal(zone_name(found[0][i]), zones[i]);
        for (size_t k = 1; k < COUNT_OF(threads); k++)
            assert_ptr_equal(found[k][i], found[0][i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(temporal_values_do_what_the_golden_lines_say),
        cmocka_unit_test(named_zones_agree_with_another_reader_of_the_database),
        cmocka_unit_test(days_and_civil_dates_are_inverse),
        cmocka_unit_test(times_are_made_of_valid_parts_only),
        cmocka_unit_test(zoneless_values_are_read_as_shanghai_time),
        cmocka_unit_test(identity_is_stricter_than_equality),
        cmocka_unit_test(a_zone_is_one_object_for_all_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
