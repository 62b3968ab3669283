/* The working calendar against the published lists and the vectors computed from them day by day. */
#include "golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct arena arena;
static const struct calendar *calendar;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    calendar = golden_calendar(&arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void adding_working_days_gives_the_published_vectors(void **state)
{
    (void)state;
    struct str rest = golden_read(&arena, "add.txt");
    struct str line;
    int rows = 0;
    while (golden_line(&rest, &line)) {
        int32_t from = golden_day(str_cut(&line, ' '));
        int64_t n = 0;
        assert_true(str_to_int64(str_cut(&line, ' '), &n));
        int32_t wanted = golden_day(str_cut(&line, ' '));
        bool provisional = true;
        assert_int_equal(calendar_add_working_days(calendar, from, n, &provisional), wanted);
        assert_int_equal(provisional, line.len > 0);
        rows++;
    }
    assert_true(rows > 60);
}

static void months_have_the_published_number_of_working_days(void **state)
{
    (void)state;
    static const int months[3][12] = {
        {22, 18, 21, 22, 21, 19, 23, 22, 21, 19, 21, 22},
        {19, 19, 21, 22, 19, 20, 23, 21, 23, 18, 20, 23},
        {21, 16, 22, 21, 19, 21, 23, 21, 22, 18, 21, 23},
    };
    static const int totals[3] = {251, 248, 248};
    for (int year = 2024; year <= 2026; year++) {
        int64_t total = 0;
        for (int month = 1; month <= 12; month++) {
            int32_t first = (int32_t)day_of_date(year, month, 1);
            int32_t last = first + days_in_month(year, month) - 1;
            bool provisional = true;
            int64_t days = calendar_working_days_between(calendar, first - 1, last, &provisional);
            assert_int_equal(days, months[year - 2024][month - 1]);
            assert_false(provisional);
            total += days;
        }
        assert_int_equal(total, totals[year - 2024]);
    }
}

static void between_counts_the_end_but_not_the_start_and_turns_its_sign(void **state)
{
    (void)state;
    int32_t monday = (int32_t)day_of_date(2025, 8, 11);
    assert_int_equal(calendar_working_days_between(calendar, monday, monday, NULL), 0);
    assert_int_equal(calendar_working_days_between(calendar, monday, monday + 7, NULL), 5);
    assert_int_equal(calendar_working_days_between(calendar, monday + 7, monday, NULL), -5);
    assert_int_equal(calendar_working_days_between(calendar, monday - 2, monday, NULL), 1);
}

/* The searches must agree with walking day by day, also far outside the lists. */
static void adding_agrees_with_walking_day_by_day(void **state)
{
    (void)state;
    for (int32_t from = (int32_t)day_of_date(1968, 1, 1); from < (int32_t)day_of_date(2031, 1, 1); from += 13) {
        int32_t day = from;
        for (int n = 1; n <= 40; n++) {
            do
                day++;
            while (!calendar_is_working_day(calendar, day));
            assert_int_equal(calendar_add_working_days(calendar, from, n, NULL), day);
            assert_int_equal(calendar_working_days_between(calendar, from, day, NULL), n);
        }
        day = from;
        for (int n = 1; n <= 40; n++) {
            do
                day--;
            while (!calendar_is_working_day(calendar, day));
            assert_int_equal(calendar_add_working_days(calendar, from, -n, NULL), day);
        }
    }
}

static void years_without_a_list_are_weekdays_and_provisional(void **state)
{
    (void)state;
    assert_true(calendar_announced(calendar, 2024));
    assert_true(calendar_announced(calendar, 2026));
    assert_false(calendar_announced(calendar, 2023));
    assert_false(calendar_announced(calendar, 2027));
    assert_true(calendar_is_working_day(calendar, (int32_t)day_of_date(2027, 1, 1)));
    bool provisional = false;
    calendar_working_days_between(calendar, (int32_t)day_of_date(2026, 12, 31), (int32_t)day_of_date(2027, 1, 1),
                                  &provisional);
    assert_true(provisional);
    const struct calendar *empty = calendar_new(&arena, NULL, 0);
    assert_int_equal(calendar_add_working_days(empty, (int32_t)day_of_date(2025, 1, 24), 5, &provisional),
                     day_of_date(2025, 1, 31));
    assert_true(provisional);
}

static void a_day_listed_twice_counts_once(void **state)
{
    (void)state;
    int32_t wednesday = (int32_t)day_of_date(2025, 8, 13);
    int32_t saturday = wednesday + 3;
    const int32_t off[] = {wednesday, wednesday, saturday};
    const int32_t makeup[] = {saturday, saturday};
    const struct calendar_year years[] = {{2025, off, 3, makeup, 2}, {2025, off, 3, makeup, 2}};
    const struct calendar *twice = calendar_new(&arena, years, 2);
    assert_false(calendar_is_working_day(twice, wednesday));
    assert_true(calendar_is_working_day(twice, saturday));
    bool provisional = true;
    assert_int_equal(calendar_working_days_between(twice, wednesday - 1, saturday, &provisional), 3);
    assert_false(provisional);
}

static void absurd_counts_stop_at_the_last_day(void **state)
{
    (void)state;
    bool provisional = false;
    assert_int_equal(calendar_add_working_days(calendar, 0, INT64_MAX, &provisional), INT32_MAX);
    assert_true(provisional);
    assert_int_equal(calendar_add_working_days(calendar, 0, INT64_MIN, &provisional), INT32_MIN);
    assert_int_equal(calendar_add_working_days(calendar, INT32_MAX, 1, &provisional), INT32_MAX);
    assert_true(calendar_working_days_between(calendar, INT32_MIN, INT32_MAX, &provisional) > 3000000000);
}

static void days_and_dates_agree_over_many_centuries(void **state)
{
    (void)state;
    assert_int_equal(day_of_date(1970, 1, 1), 0);
    assert_int_equal(day_weekday(0), 4);
    assert_int_equal(day_of_date(2000, 3, 1), 11017);
    for (int64_t day = -1000000; day <= 1000000; day += 17) {
        struct clock_date date = day_date(day);
        assert_int_equal(day_of_date(date.year, date.month, date.day), day);
        assert_true(date.day <= days_in_month(date.year, date.month));
    }
}

static void an_instant_belongs_to_the_day_of_the_wall_clock(void **state)
{
    (void)state;
    int32_t day = (int32_t)day_of_date(2025, 8, 14);
    int64_t midnight = day_start(day);
    assert_int_equal(instant_day(midnight), day);
    assert_int_equal(instant_day(midnight - 1), day - 1);
    assert_int_equal(midnight, INT64_C(1755100800000)); /* 2025-08-13T16:00:00Z */
    assert_int_equal(instant_time_of_day(midnight - 1), CLOCK_DAY_MS - 1);
    assert_int_equal(instant_time_of_day(-1), 8 * 60 * CLOCK_MINUTE_MS - 1);
    assert_int_equal(instant_day(INT64_MAX), INT32_MAX);
    assert_int_equal(instant_day(INT64_MIN), INT32_MIN);
    assert_in_range(instant_time_of_day(INT64_MIN), 0, CLOCK_DAY_MS - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adding_working_days_gives_the_published_vectors),
        cmocka_unit_test(months_have_the_published_number_of_working_days),
        cmocka_unit_test(between_counts_the_end_but_not_the_start_and_turns_its_sign),
        cmocka_unit_test(adding_agrees_with_walking_day_by_day),
        cmocka_unit_test(years_without_a_list_are_weekdays_and_provisional),
        cmocka_unit_test(a_day_listed_twice_counts_once),
        cmocka_unit_test(absurd_counts_stop_at_the_last_day),
        cmocka_unit_test(days_and_dates_agree_over_many_centuries),
        cmocka_unit_test(an_instant_belongs_to_the_day_of_the_wall_clock),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
