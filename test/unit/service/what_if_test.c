#include "fixture.h"

#include "clock/instant.h"
#include "service/indicator.h"
#include "service/what_if.h"
#include "service/what_if_run.h"

static void at(struct fixture *f, const char *text)
{
    struct value time;
    assert_true(date_time_parse(str_of(text), &time) && date_time_to_ms(time, &f->now));
}

static void count_due(struct fixture *f)
{
    struct error err = ERROR_INIT;
    for (size_t done = 1; done;)
        assert_int_equal(service_indicators_run(f->service, f->now, 20, &done, &err), OK);
}

/* A permit accepted and decided at these instants. */
static struct str permit(struct fixture *f, const char *form, const char *accepted, const char *decided)
{
    struct call call = call_as(f, &clerk);
    struct value answer;
    struct error err = ERROR_INIT;
    at(f, accepted);
    struct str no = text_of(open_case(f, &clerk, "permit", form), "no");
    struct value tasks = value_get(get_case(f, &actor_system, no), STR("tasks"));
    at(f, decided);
    if (service_task_complete(&call, text_of(value_at(tasks, 0), "id"), json_of(f, "{\"decision\": \"approve\"}"), &answer,
                              &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
    return no;
}

static struct value ask(struct fixture *f, struct service_what_if_query query)
{
    struct call call = call_as(f, &chief);
    struct value view = value_null;
    struct error err = ERROR_INIT;
    query.item = STR("permit");
    query.from = STR("2026-07-01");
    query.to = STR("2026-08-31");
    if (service_what_if(&call, &query, &view, &err) != OK)
        fail_msg("%s: %s %s", err.type, err.message, err.field);
    return view;
}

/* Two working days, and seven of a limit of five. */
static void two_permits(struct fixture *f)
{
    permit(f, FORM_A, "2026-07-06T09:00:00+08:00", "2026-07-08T10:00:00+08:00");
    permit(f, FORM_B, "2026-07-06T09:30:00+08:00", "2026-07-15T10:00:00+08:00");
    count_due(f);
}

static void closed_cases_are_seen_again_under_a_new_limit(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *amount, *counted;
        int64_t late, newly, no_longer;
    } wanted[] = {{"1", "working-days", 2, 1, 0},   {"2", "working-days", 1, 0, 0},  {"5", "working-days", 1, 0, 0},
                  {"7", "working-days", 0, 0, 1},   {"8", "natural-days", 1, 0, 0},  {"9", "natural-days", 0, 0, 1},
                  {"48", "hours", 2, 1, 0},         {"50", "hours", 1, 0, 0}};
    two_permits(f);
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        struct value view = ask(f, (struct service_what_if_query){.amount = str_of(wanted[i].amount),
                                                                 .counted = str_of(wanted[i].counted)});
        assert_int_equal(number_of(view, "clocked"), 2);
        assert_int_equal(number_of(view, "was.late"), 1);
        assert_int_equal(number_of(view, "then.late"), wanted[i].late);
        assert_int_equal(number_of(view, "then.newly_late"), wanted[i].newly);
        assert_int_equal(number_of(view, "then.no_longer_late"), wanted[i].no_longer);
    }
}

static void without_a_new_limit_the_answer_is_the_past(void **state)
{
    struct fixture *f = *state;
    two_permits(f);
    struct value view = ask(f, (struct service_what_if_query){0});
    assert_int_equal(number_of(view, "then.late"), number_of(view, "was.late"));
    assert_int_equal(number_of(view, "then.limit.amount"), 5);
    assert_text(view, "then.limit.counted", "working-days");
    assert_true(value_to_double(value_path(view, "then.rate")) == 0.5);
    assert_int_equal(number_of(view, "used.p50"), 2);
    assert_int_equal(number_of(view, "used.most"), 7);
    assert_int_equal(value_count(value_get(view, STR("months"))), 2);
    assert_int_equal(number_of(value_at(value_get(view, STR("months")), 0), "late"), 1);
}

static void the_late_ones_are_listed_page_by_page(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &chief);
    struct error err = ERROR_INIT;
    struct service_what_if_query query = {
        .item = STR("permit"), .from = STR("2026-07-01"), .to = STR("2026-08-31"), .amount = STR("1"), .limit = 1};
    struct str numbers[2];
    two_permits(f);
    for (size_t i = 0; i < 2; i++) {
        struct value page;
        assert_int_equal(service_what_if_cases(&call, &query, &page, &err), OK);
        assert_int_equal(value_count(value_get(page, STR("items"))), 1);
        struct value line = value_at(value_get(page, STR("items")), 0);
        numbers[i] = text_of(line, "no");
        assert_true(value_is_true(value_get(line, STR("late_was"))) == (i == 1));
        query.cursor = text_of(page, "next");
        assert_true((query.cursor.len > 0) == (i == 0));
    }
    assert_false(str_equal(numbers[0], numbers[1]));
    query.cursor = STR("1.x.3");
    assert_refused(service_what_if_cases(&call, &query, &(struct value){0}, &err), err, "bad-cursor");
}

static void a_case_that_is_counted_again_is_there_once(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &person_a);
    struct value view;
    struct error err = ERROR_INIT;
    struct str no = permit(f, FORM_A, "2026-07-06T09:00:00+08:00", "2026-07-08T10:00:00+08:00");
    count_due(f);
    assert_int_equal(service_case_act(&call, no, STR("rate"), json_of(f, "{\"grade\": 1}"), &view, &err), OK);
    count_due(f);
    assert_int_equal(number_of(ask(f, (struct service_what_if_query){0}), "cases"), 1);
}

static void a_wrong_question_names_its_field(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &chief), other = call_as(f, &clerk);
    struct value view;
    static const struct {
        struct service_what_if_query query;
        const char *type, *field;
    } wrong[] = {{{.item = {"none", 4}}, "item-not-found", ""},
                 {{.item = {"permit", 6}, .amount = {"-1", 2}}, "filter-invalid", "amount"},
                 {{.item = {"permit", 6}, .amount = {"3x", 2}}, "filter-invalid", "amount"},
                 {{.item = {"permit", 6}, .counted = {"moons", 5}}, "filter-invalid", "counted"},
                 {{.item = {"permit", 6}, .extension = {"40000", 5}}, "filter-invalid", "extension"},
                 {{.item = {"permit", 6}, .without = {"photo", 5}}, "filter-invalid", "without"},
                 {{.item = {"permit", 6}, .from = {"x", 1}}, "filter-invalid", "from"}};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct error err = ERROR_INIT;
        assert_refused(service_what_if(&call, &wrong[i].query, &view, &err), err, wrong[i].type);
        assert_string_equal(err.field, wrong[i].field);
    }
    struct error err = ERROR_INIT;
    assert_refused(service_what_if(&other, &wrong[1].query, &view, &err), err, "forbidden");
}

/* ---- One case ---- */

#define DAY(n) ((n) * CLOCK_DAY_MS)

static void pauses_and_extensions_count_as_they_were(void **state)
{
    struct fixture *f = *state;
    static const struct {
        int64_t days, pause_from, pause_days, extension, most; /* after Monday 6 July, 09:00; days of handling */
        bool late, kept;
    } wanted[] = {{4, 0, 0, 0, -1, false, false}, {8, 0, 0, 0, -1, true, false}, {8, 1, 1, 0, -1, false, false},
                  {9, 1, 1, 0, -1, true, false},  {9, 0, 0, 2, -1, false, true}, {9, 0, 0, 2, 1, true, false},
                  {8, 0, 0, 2, 1, false, true},   {8, 0, 0, 2, 0, true, false},  {4, 0, 0, 2, -1, false, false}};
    at(f, "2026-07-06T09:00:00+08:00");
    struct what_if_rule rule = {
        .limit = {.amount = 5, .extension_max = LIMIT_AMOUNT_MAX, .calendar = pack_calendar(fixture_packs)}};
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        struct store_past row = {.accepted = f->now, .ended = f->now + DAY(wanted[i].days), .extension = wanted[i].extension};
        struct what_if_judged judged;
        struct error err = ERROR_INIT;
        row.pauses = wanted[i].pause_days
                         ? arena_printf(&f->arena, "[%" PRId64 ",%" PRId64 "]", f->now + DAY(wanted[i].pause_from),
                                        f->now + DAY(wanted[i].pause_from + wanted[i].pause_days - 1))
                         : STR("");
        rule.extension_most = wanted[i].most;
        assert_int_equal(what_if_judge(&rule, &row, &f->arena, &judged, &err), OK);
        if (judged.late != wanted[i].late || judged.kept != wanted[i].kept)
            fail_msg("row %zu: late %d, kept %d", i, judged.late, judged.kept);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(closed_cases_are_seen_again_under_a_new_limit, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(without_a_new_limit_the_answer_is_the_past, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(the_late_ones_are_listed_page_by_page, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(a_case_that_is_counted_again_is_there_once, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(a_wrong_question_names_its_field, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(pauses_and_extensions_count_as_they_were, fixture_open, fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
