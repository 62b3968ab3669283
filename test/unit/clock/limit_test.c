/* The legal clock against test/golden/clock/limits.txt, and its checks, lights, counts and sentences. */
#include "golden.h"

#include "clock/limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

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

/* ---- The golden lines ---- */

struct row {
    struct limit limit;
    struct limit_rules rules;
    struct limit_suspension suspensions[4];
    int64_t due_ms, amber_ms, orange_ms; /* 0: not named */
    int64_t suspended, rolled;
    bool provisional;
};

static int64_t instant(struct str text)
{
    if (str_equal(text, STR("never")))
        return LIMIT_NEVER;
    const char *terminated = arena_cstr(&arena, text);
    return golden_instant(terminated) - (str_ends(text, STR("24:00")) ? 1 : 0);
}

static int64_t number(struct str text)
{
    int64_t n = 0;
    CHECK(str_to_int64(text, &n));
    return n;
}

static void read_suspension(struct row *row, struct str name, struct str value)
{
    struct limit_suspension *s = &row->suspensions[row->limit.suspension_count++];
    *s = (struct limit_suspension){
        .to_ms = LIMIT_NEVER, .planned_ms = LIMIT_NEVER, .ground = LIMIT_GROUND_EXPERT_REVIEW};
    s->from_ms = instant(str_cut(&value, '/'));
    if (str_equal(name, STR("suspend")))
        s->to_ms = instant(value);
    else if (str_equal(name, STR("planned")))
        s->planned_ms = instant(value);
    else
        CHECK(str_equal(name, STR("open")));
}

static void read_word(struct row *row, struct str word)
{
    if (str_equal(word, STR("=>")))
        return;
    struct error err = ERROR_INIT;
    struct str value = word;
    struct str name = str_cut(&value, '=');
    const struct {
        const char *name;
        int64_t *number, *instant;
        bool *flag;
    } fields[] = {
        {"start", NULL, &row->limit.start_ms, NULL},
        {"amount", &row->limit.amount, NULL, NULL},
        {"extend", &row->limit.extension.amount, NULL, NULL},
        {"at-most", &row->limit.extension_max, NULL, NULL},
        {"intake", NULL, NULL, &row->limit.start_is_intake},
        {"close", NULL, NULL, &row->rules.ends_at_close},
        {"rest", NULL, NULL, &row->rules.rest_day_counts},
        {"due", NULL, &row->due_ms, NULL},
        {"amber", NULL, &row->amber_ms, NULL},
        {"orange", NULL, &row->orange_ms, NULL},
        {"suspended", &row->suspended, NULL, NULL},
        {"rolled", &row->rolled, NULL, NULL},
        {"provisional", NULL, NULL, &row->provisional},
    };
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        if (!str_equal(name, str_of(fields[i].name)))
            continue;
        if (fields[i].number)
            *fields[i].number = number(value);
        else if (fields[i].instant)
            *fields[i].instant = instant(value);
        else
            *fields[i].flag = true;
        return;
    }
    if (str_equal(name, STR("as-sent")))
        row->rules.intake = LIMIT_INTAKE_AS_SENT;
    else if (str_equal(name, STR("unit")))
        CHECK(limit_unit_parse(value, &row->limit.unit, &err) == OK);
    else
        read_suspension(row, name, value);
}

static struct row *read_row(struct str line)
{
    struct row *row = arena_new(&arena, struct row);
    row->rules = limit_rules_default;
    row->limit = (struct limit){.rules = &row->rules,
                                .calendar = calendar,
                                .suspensions = row->suspensions,
                                .extension_max = 10,
                                .event_zh = STR("受理"),
                                .event_en = STR("acceptance")};
    while (line.data && line.len)
        read_word(row, str_cut(&line, ' '));
    return row;
}

static void limits_give_their_golden_answers(void **state)
{
    (void)state;
    struct str rest = golden_read(&arena, "limits.txt");
    struct str line;
    int rows = 0;
    int wrong = 0;
    while (golden_line(&rest, &line)) {
        struct row *row = read_row(line);
        struct limit_due due;
        struct error err = ERROR_INIT;
        assert_int_equal(limit_compute(&row->limit, &due, &err), OK);
        bool good = due.due_ms == row->due_ms && due.suspended == row->suspended && due.rolled == row->rolled &&
                    due.provisional == row->provisional && (!row->amber_ms || due.amber_ms == row->amber_ms) &&
                    (!row->orange_ms || due.orange_ms == row->orange_ms);
        if (due.due_ms != LIMIT_NEVER)
            good = good && instant_day(due.due_ms) == due.due_day && due.red_ms == due.due_ms + 1;
        if (!good) {
            wrong++;
            print_error("%.*s\n  found due %.*s %d:%02d, suspended %d, rolled %d%s\n", STR_ARGS(line),
                        STR_ARGS(day_text_en(&arena, due.due_day)), (int)(instant_time_of_day(due.due_ms) / 3600000),
                        (int)(instant_time_of_day(due.due_ms) / 60000 % 60), (int)due.suspended, (int)due.rolled,
                        due.provisional ? ", provisional" : "");
        }
        rows++;
    }
    assert_true(rows >= 45);
    assert_int_equal(wrong, 0);
}

/* ---- The rest ---- */

static struct limit limit_of(enum limit_unit unit, int64_t amount, const char *start)
{
    return (struct limit){.unit = unit,
                          .amount = amount,
                          .start_ms = golden_instant(start),
                          .event_zh = STR("受理"),
                          .event_en = STR("acceptance"),
                          .extension_max = 10,
                          .calendar = calendar};
}

static struct limit_due due_of(const struct limit *limit)
{
    struct limit_due due;
    struct error err = ERROR_INIT;
    assert_int_equal(limit_compute(limit, &due, &err), OK);
    return due;
}

static void lights_follow_the_days(void **state)
{
    (void)state;
    struct limit limit = limit_of(LIMIT_WORKING_DAYS, 4, "2025-08-14T10:00");
    struct limit_due due = due_of(&limit);
    static const struct {
        const char *now;
        enum limit_light light;
        int64_t remaining;
    } rows[] = {
        {"2025-08-14T10:00", LIMIT_GREEN, 4},  {"2025-08-15T23:59", LIMIT_GREEN, 3},
        {"2025-08-17T12:00", LIMIT_GREEN, 3},  {"2025-08-18T00:00", LIMIT_AMBER, 2},
        {"2025-08-19T12:00", LIMIT_AMBER, 1},  {"2025-08-20T00:00", LIMIT_ORANGE, 0},
        {"2025-08-20T23:59", LIMIT_ORANGE, 0}, {"2025-08-21T00:00", LIMIT_RED, -1},
        {"2025-08-25T00:00", LIMIT_RED, -3},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(limit_light(&limit, &due, golden_instant(rows[i].now)), rows[i].light);
        assert_int_equal(limit_remaining(&limit, &due, golden_instant(rows[i].now)), rows[i].remaining);
    }
    assert_string_equal(limit_light_name(LIMIT_ORANGE), "orange");
}

static void a_suspended_limit_stands_still(void **state)
{
    (void)state;
    struct limit_suspension suspension = {.from_ms = golden_instant("2025-08-18T09:00"),
                                          .to_ms = LIMIT_NEVER,
                                          .planned_ms = golden_instant("2025-08-20T09:00"),
                                          .notice = STR("1")};
    struct limit limit = limit_of(LIMIT_WORKING_DAYS, 3, "2025-08-14T10:00");
    limit.suspensions = &suspension;
    limit.suspension_count = 1;
    struct limit_due due = due_of(&limit);
    assert_true(due.open);
    assert_int_equal(due.due_day, day_of_date(2025, 8, 22));
    assert_int_equal(limit_remaining(&limit, &due, golden_instant("2025-08-19T09:00")), 2);
    assert_int_equal(limit_remaining(&limit, &due, golden_instant("2025-11-19T09:00")), 2);
    assert_int_equal(limit_light(&limit, &due, golden_instant("2025-11-19T09:00")), LIMIT_GREEN);
    suspension.to_ms = golden_instant("2025-08-26T09:00");
    due = due_of(&limit);
    assert_false(due.open);
    assert_int_equal(due.due_day, day_of_date(2025, 8, 28));
    assert_int_equal(limit_used(&limit, golden_instant("2025-08-27T09:00")), 2);
    assert_int_equal(limit_light(&limit, &due, golden_instant("2025-08-28T09:00")), LIMIT_ORANGE);
}

/* Used time and due day must agree for every limit and suspension: on the due day nothing is left, the day before
 * something. */
static void what_is_used_and_what_is_left_agree(void **state)
{
    (void)state;
    uint32_t seed = 12345;
    for (int i = 0; i < 3000; i++) {
        struct limit_suspension suspensions[3];
        int64_t start = golden_instant("2024-03-01T10:00");
        for (int k = 0; k < 3; k++) {
            seed = seed * 1664525u + 1013904223u;
            int64_t from = start + (int64_t)(seed >> 8) % 60 * CLOCK_DAY_MS;
            int64_t to = from + (int64_t)(seed >> 20) % 9 * CLOCK_DAY_MS;
            suspensions[k] = (struct limit_suspension){.from_ms = from, .to_ms = to, .notice = STR("1")};
        }
        struct limit limit = limit_of((enum limit_unit)(seed >> 9) % 2 ? LIMIT_NATURAL_DAYS : LIMIT_WORKING_DAYS,
                                      1 + (seed >> 12) % 40, "2024-03-01T10:00");
        limit.suspensions = suspensions;
        limit.suspension_count = 3;
        struct limit_due due = due_of(&limit);
        assert_int_equal(limit_remaining(&limit, &due, day_start(due.due_day)), 0);
        assert_true(limit_remaining(&limit, &due, day_start(due.due_day) - 1) > 0);
        assert_int_equal(limit_used(&limit, day_start(due.due_day)), due.total + due.rolled);
    }
}

static void unknown_words_are_refused(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    enum limit_unit unit = LIMIT_HOURS;
    enum limit_ground ground = LIMIT_GROUND_AUCTION;
    assert_int_equal(limit_unit_parse(STR("weeks"), &unit, &err), FAILED);
    assert_int_equal(unit, LIMIT_HOURS);
    assert_string_equal(err.field, "unit");
    assert_int_equal(limit_ground_parse(STR("site-visit"), &ground, &err), FAILED);
    assert_string_equal(err.type, "suspension-ground");
    for (int i = 0; i <= LIMIT_GROUND_OTHER_LAW; i++) {
        assert_int_equal(limit_ground_parse(str_of(limit_ground_code((enum limit_ground)i)), &ground, &err), OK);
        assert_int_equal(ground, i);
    }
    for (int i = 0; i <= LIMIT_WORKING_HOURS; i++) {
        assert_int_equal(limit_unit_parse(str_of(limit_unit_code((enum limit_unit)i)), &unit, &err), OK);
        assert_int_equal(unit, i);
    }
}

static void absurd_limits_are_refused(void **state)
{
    (void)state;
    struct limit_due due;
    struct error err = ERROR_INIT;
    struct limit limit = limit_of(LIMIT_WORKING_DAYS, -1, "2025-08-14T10:00");
    assert_int_equal(limit_compute(&limit, &due, &err), FAILED);
    assert_string_equal(err.field, "amount");
    limit.amount = LIMIT_AMOUNT_MAX + 1;
    assert_int_equal(limit_compute(&limit, &due, &err), FAILED);
    limit.amount = 3;
    limit.extension.amount = 11;
    assert_int_equal(limit_compute(&limit, &due, &err), FAILED);
    assert_string_equal(err.field, "extension");
    limit.extension.amount = 0;
    limit.start_ms = INT64_MAX;
    assert_int_equal(limit_compute(&limit, &due, &err), FAILED);
    assert_string_equal(err.field, "start");
    limit.start_ms = 0;
    limit.suspension_count = 65;
    limit.suspensions = arena_array(&arena, struct limit_suspension, 65);
    assert_int_equal(limit_compute(&limit, &due, &err), FAILED);
    assert_string_equal(err.field, "suspensions");
}

static void a_suspension_needs_ground_notice_and_time(void **state)
{
    (void)state;
    struct limit_suspension past = {.from_ms = golden_instant("2025-08-18T09:00"),
                                    .to_ms = golden_instant("2025-08-18T17:00"),
                                    .planned_ms = LIMIT_NEVER,
                                    .notice = STR("1")};
    struct limit limit = limit_of(LIMIT_WORKING_DAYS, 20, "2025-08-14T10:00");
    limit.suspensions = &past;
    limit.suspension_count = 1;
    static const struct {
        const char *from, *to, *notice, *basis;
        enum limit_ground ground;
        const char *type; /* NULL: allowed */
    } rows[] = {
        {"2025-08-20T09:00", NULL, "N1", "", LIMIT_GROUND_HEARING, NULL},
        {"2025-08-20T09:00", "2025-08-21T09:00", "N1", "", LIMIT_GROUND_TESTING, NULL},
        {"2025-08-20T09:00", NULL, " ", "", LIMIT_GROUND_HEARING, "suspension-notice"},
        {"2025-08-20T09:00", NULL, "N1", "", LIMIT_GROUND_OTHER_LAW, "suspension-ground"},
        {"2025-08-20T09:00", NULL, "N1", "第45条", LIMIT_GROUND_OTHER_LAW, NULL},
        {"2025-08-14T09:00", NULL, "N1", "", LIMIT_GROUND_HEARING, "suspension-time"},
        {"2025-08-18T12:00", "2025-08-19T12:00", "N1", "", LIMIT_GROUND_HEARING, "suspension-time"},
        {"2025-08-21T12:00", "2025-08-20T12:00", "N1", "", LIMIT_GROUND_HEARING, "suspension-time"},
        {"2025-12-21T12:00", NULL, "N1", "", LIMIT_GROUND_HEARING, "suspension-time"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct error err = ERROR_INIT;
        struct limit_suspension wanted = {
            .from_ms = golden_instant(rows[i].from),
            .to_ms = rows[i].to ? golden_instant(rows[i].to) : LIMIT_NEVER,
            .planned_ms = LIMIT_NEVER,
            .ground = rows[i].ground,
            .basis = str_of(rows[i].basis),
            .notice = str_of(rows[i].notice),
        };
        assert_int_equal(limit_suspend_check(&limit, &wanted, &err), rows[i].type ? FAILED : OK);
        assert_string_equal(err.type, rows[i].type ? rows[i].type : "");
    }
}

static void a_limit_is_extended_once_in_time_and_within_the_law(void **state)
{
    (void)state;
    struct limit limit = limit_of(LIMIT_WORKING_DAYS, 20, "2025-08-14T10:00");
    struct limit_extension wanted = {.amount = 10, .granted_ms = golden_instant("2025-09-11T16:00")};
    struct error err = ERROR_INIT;
    assert_int_equal(limit_extend_check(&limit, &wanted, &err), OK);
    wanted.amount = 11;
    assert_int_equal(limit_extend_check(&limit, &wanted, &err), FAILED);
    assert_string_equal(err.type, "extension-too-long");
    wanted.amount = 10;
    wanted.granted_ms = golden_instant("2025-09-12T00:00");
    assert_int_equal(limit_extend_check(&limit, &wanted, &err), FAILED);
    assert_string_equal(err.type, "extension-late");
    limit.extension = (struct limit_extension){.amount = 5};
    assert_int_equal(limit_extend_check(&limit, &wanted, &err), FAILED);
    assert_string_equal(err.type, "extension-repeated");
}

static void acceptance_is_deemed_five_working_days_after_receipt(void **state)
{
    (void)state;
    struct limit_deemed deemed = limit_deemed(calendar, NULL, golden_instant("2025-09-30T18:00"), 5);
    assert_int_equal(deemed.received_day, day_of_date(2025, 10, 9));
    assert_int_equal(deemed.last_day, day_of_date(2025, 10, 15)); /* 10, 11 (worked Saturday), 13, 14, 15 October */
    assert_int_equal(deemed.due_ms, golden_instant("2025-10-16T00:00") - 1);
    assert_false(deemed.provisional);
}

static void office_hours_must_be_in_order(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    assert_int_equal(limit_rules_check(&limit_rules_default, &err), OK);
    struct limit_rules rules = limit_rules_default;
    rules.close_minute = rules.open_minute;
    assert_int_equal(limit_rules_check(&rules, &err), FAILED);
    rules = limit_rules_default;
    rules.close_minute = 24 * 60;
    assert_int_equal(limit_rules_check(&rules, &err), FAILED);
    rules = limit_rules_default;
    rules.amber_percent = 101;
    assert_int_equal(limit_rules_check(&rules, &err), FAILED);
    assert_string_equal(err.field, "amber_percent");
}

static struct limit_explanation explain(const struct limit *limit)
{
    struct limit_explanation out;
    struct error err = ERROR_INIT;
    assert_int_equal(limit_explain(&arena, limit, &out, &err), OK);
    return out;
}

static void sentences_say_why(void **state)
{
    (void)state;
    struct limit limit = limit_of(LIMIT_WORKING_DAYS, 20, "2025-09-26T10:00");
    struct limit_explanation told = explain(&limit);
    assert_string_equal(told.zh.data, "2025年9月26日(星期五)受理,次日起算20个工作日,其间休息日和节假日14天不计,"
                                      "最迟2025年10月30日(星期四)24时前办结。");
    assert_string_equal(told.en.data,
                        "20 working days from acceptance on 26 September 2025 (Friday), without 14 rest days and "
                        "holidays: due by 30 October 2025 (Thursday) at 24:00.");
    struct limit_suspension open = {
        .from_ms = golden_instant("2025-09-29T09:00"), .to_ms = LIMIT_NEVER, .planned_ms = LIMIT_NEVER};
    limit.suspensions = &open;
    limit.suspension_count = 1;
    told = explain(&limit);
    assert_string_equal(told.zh.data,
                        "2025年9月26日(星期五)受理,次日起算20个工作日,现暂停计时,恢复后另行确定截止日期。");
    limit = limit_of(LIMIT_WORKING_HOURS, 4, "2025-08-15T16:00");
    told = explain(&limit);
    assert_string_equal(told.en.data,
                        "4 office hours from acceptance on 15 August 2025 (Friday) at 16:00, without 2 rest days: "
                        "due by 18 August 2025 (Monday) at 11:00.");
    limit = limit_of(LIMIT_MONTHS, 1, "2025-09-03T10:00");
    told = explain(&limit);
    assert_string_equal(told.zh.data, "2025年9月3日(星期三)受理,次日起算1个月,最后一日是休息日而顺延,"
                                      "最迟2025年10月9日(星期四)24时前办结。");
    limit = limit_of(LIMIT_WORKING_DAYS, 0, "2025-08-15T16:00");
    told = explain(&limit);
    assert_string_equal(told.en.data,
                        "Done on the spot from acceptance on 15 August 2025 (Friday): due by 15 August 2025 (Friday) "
                        "at 24:00.");
}

static void steps_name_every_reason_in_order(void **state)
{
    (void)state;
    struct limit_suspension done = {.from_ms = golden_instant("2026-12-21T09:00"),
                                    .to_ms = golden_instant("2026-12-22T09:00"),
                                    .ground = LIMIT_GROUND_EXPERT_REVIEW};
    struct limit limit = limit_of(LIMIT_WORKING_DAYS, 80, "2026-09-19T19:00");
    limit.start_is_intake = true;
    limit.suspensions = &done;
    limit.suspension_count = 1;
    limit.extension = (struct limit_extension){.amount = 10, .granted_ms = golden_instant("2026-11-02T09:00")};
    struct limit_explanation told = explain(&limit);
    static const char *const wanted[] = {"received", "start",      "count",     "holiday",     "holiday", "makeup",
                                         "rest",     "suspension", "extension", "provisional", "end"};
    assert_int_equal(told.step_count, COUNT_OF(wanted));
    for (size_t i = 0; i < told.step_count; i++) {
        assert_string_equal(limit_step_name(told.steps[i].kind), wanted[i]);
        assert_true(told.steps[i].zh.len > 0 && told.steps[i].en.len > 0);
    }
    assert_string_equal(told.steps[3].zh.data, "2026年9月25日(星期五)至2026年9月27日(星期日)放假3天,不计入。");
    assert_string_equal(told.steps[5].en.data, "10 October 2026 (Saturday) is a make-up working day and counts.");
    assert_int_equal(told.steps[7].days, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_give_their_golden_answers),
        cmocka_unit_test(lights_follow_the_days),
        cmocka_unit_test(a_suspended_limit_stands_still),
        cmocka_unit_test(what_is_used_and_what_is_left_agree),
        cmocka_unit_test(unknown_words_are_refused),
        cmocka_unit_test(absurd_limits_are_refused),
        cmocka_unit_test(a_suspension_needs_ground_notice_and_time),
        cmocka_unit_test(a_limit_is_extended_once_in_time_and_within_the_law),
        cmocka_unit_test(acceptance_is_deemed_five_working_days_after_receipt),
        cmocka_unit_test(office_hours_must_be_in_order),
        cmocka_unit_test(sentences_say_why),
        cmocka_unit_test(steps_name_every_reason_in_order),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
