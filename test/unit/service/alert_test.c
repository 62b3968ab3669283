#include "fixture.h"

#include "service/alert.h"
#include "service/assessment.h"
#include "service/indicator.h"
#include "service/supervision.h"

#define HOUR_MS INT64_C(3600000)

static void count_due(struct fixture *f)
{
    struct error err = ERROR_INIT;
    for (size_t done = 1; done;)
        assert_int_equal(service_indicators_run(f->service, f->now, 20, &done, &err), OK);
}

/* How many alerts were looked at. */
static size_t look(struct fixture *f)
{
    struct error err = ERROR_INIT;
    size_t done;
    count_due(f);
    if (service_alerts_run(f->service, f->now, 20, &done, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
    return done;
}

static struct value listed(struct fixture *f)
{
    struct call call = call_as(f, &chief);
    struct value view = value_null;
    struct error err = ERROR_INIT;
    if (service_supervision_list(&call, STR("active"), 20, STR(""), &view, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
    return value_get(view, STR("items"));
}

static void answer(struct fixture *f, struct str no, const char *form)
{
    struct call call = call_as(f, &clerk);
    struct value view, tasks = value_get(get_case(f, &actor_system, no), STR("tasks"));
    struct error err = ERROR_INIT;
    if (service_task_complete(&call, text_of(value_at(tasks, 0), "id"), json_of(f, form), &view, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
}

/* Monday 9:00, a limit of five working days: amber on Thursday at 8:30, red on the Tuesday after the next weekend. */
static void a_case_that_nobody_answers_comes_on_the_list_once(void **state)
{
    struct fixture *f = *state;
    struct str no = text_of(open_case(f, &clerk, "permit", FORM_A), "no");
    assert_int_equal(look(f), 0);
    int64_t monday = f->now;
    f->now = monday + 75 * HOUR_MS;
    assert_int_equal(look(f), 0);
    f->now = monday + 76 * HOUR_MS;
    assert_int_equal(look(f), 1);
    struct value items = listed(f), entry = value_at(items, 0);
    assert_int_equal(value_count(items), 1);
    assert_text(entry, "case", arena_cstr(&f->arena, no));
    assert_text(entry, "reason", "黄灯四小时未处理");
    assert_true(value_is_null(value_get(entry, STR("owner"))));
    assert_text(value_at(value_get(entry, STR("alerts")), 0), "rule", "slow");
    f->now += HOUR_MS;
    assert_int_equal(look(f), 0);
    assert_int_equal(value_count(listed(f)), 1);
    assert_int_equal(audit_problems(f), 0);
}

static void a_second_rule_adds_to_the_open_entry(void **state)
{
    struct fixture *f = *state;
    open_case(f, &clerk, "permit", FORM_A);
    assert_int_equal(look(f), 0);
    f->now += 76 * HOUR_MS;
    assert_int_equal(look(f), 1);
    f->now += 7 * 24 * HOUR_MS;
    assert_int_equal(look(f), 1);
    struct value items = listed(f);
    assert_int_equal(value_count(items), 1);
    assert_int_equal(value_count(value_get(value_at(items, 0), STR("alerts"))), 2);
    assert_int_equal(audit_problems(f), 0);
}

static void a_case_answered_in_time_stays_off_the_list(void **state)
{
    struct fixture *f = *state;
    struct str no = text_of(open_case(f, &clerk, "permit", FORM_A), "no");
    assert_int_equal(look(f), 0);
    f->now += 40 * HOUR_MS;
    answer(f, no, "{\"decision\": \"approve\"}");
    assert_int_equal(look(f), 0);
    f->now += 20 * 24 * HOUR_MS;
    assert_int_equal(look(f), 0);
    assert_int_equal(value_count(listed(f)), 0);
}

/* Answered after the alert was written, before counting has seen it. */
static void what_changed_since_is_seen_when_the_time_comes(void **state)
{
    struct fixture *f = *state;
    struct str no = text_of(open_case(f, &clerk, "permit", FORM_A), "no");
    struct error err = ERROR_INIT;
    size_t done;
    count_due(f);
    f->now += 76 * HOUR_MS;
    answer(f, no, "{\"decision\": \"approve\"}");
    assert_int_equal(service_alerts_run(f->service, f->now, 20, &done, &err), OK);
    assert_int_equal(done, 1);
    assert_int_equal(value_count(listed(f)), 0);
}

static size_t judge_units(struct fixture *f)
{
    struct error err = ERROR_INIT;
    size_t done;
    count_due(f);
    if (service_unit_alerts_run(f->service, f->now, 20, &done, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
    return done;
}

static void an_institution_beyond_its_bound_comes_on_the_list_once_a_month(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &chief);
    struct value view;
    struct error err = ERROR_INIT;
    open_case(f, &clerk, "permit", FORM_A);
    assert_int_equal(judge_units(f), 0);
    open_case(f, &clerk, "permit", FORM_B);
    assert_int_equal(judge_units(f), 1);
    assert_int_equal(judge_units(f), 0);
    struct value items = listed(f), entry = value_at(items, 0);
    assert_int_equal(value_count(items), 1);
    assert_text(entry, "unit", "u1");
    assert_true(value_is_null(value_get(entry, STR("case"))));
    assert_true(number_of(value_at(value_get(entry, STR("alerts")), 0), "value") == 0);
    assert_int_equal(service_supervision_act(&call, text_of(entry, "id"), STR("close"),
                                             json_of(f, "{\"proof\": \"已整改\"}"), &view, &err),
                     OK);
    assert_int_equal(judge_units(f), 0);
    assert_int_equal(audit_problems(f), 0);
}

/* ---- Assessment ---- */

static enum status assess(struct fixture *f, const struct actor *actor, const char *by, struct value *out, struct error *err)
{
    struct call call = call_as(f, actor);
    struct service_assessment_query query = {.by = str_of(by)};
    return service_assessment_get(&call, &query, out, err);
}

static void staff_are_assessed_by_what_they_did(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &person_a);
    struct value view, ignored;
    struct error err = ERROR_INIT;
    struct str no = text_of(open_case(f, &other_clerk, "permit", FORM_A), "no");
    answer(f, no, "{\"decision\": \"approve\"}");
    assert_int_equal(service_case_act(&call, no, STR("rate"), json_of(f, "{\"grade\": 5}"), &ignored, &err), OK);
    count_due(f);
    assert_int_equal(assess(f, &chief, "staff", &view, &err), OK);
    struct value rows = value_get(view, STR("rows")), figures = value_get(value_at(rows, 0), STR("figures"));
    assert_int_equal(value_count(rows), 1);
    assert_text(value_at(rows, 0), "staff", "clerk-1");
    assert_text(value_at(rows, 0), "unit", "u1");
    assert_int_equal(number_of(value_at(figures, 0), "numerator"), 1);
    assert_true(value_is_true(value_get(value_at(figures, 1), STR("suppressed"))));
    assert_true(value_is_null(value_get(value_at(figures, 1), STR("value"))));
    assert_int_equal(assess(f, &chief, "", &view, &err), OK);
    assert_true(value_is_null(value_get(value_at(value_get(view, STR("rows")), 0), STR("staff"))));
    assert_refused(assess(f, &chief, "moon", &view, &err), err, "filter-invalid");
    assert_refused(assess(f, &clerk, "staff", &view, &err), err, "forbidden");
}

static void counting_all_again_finds_nothing_wrong(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &actor_system);
    struct service_recount found;
    struct error err = ERROR_INIT;
    answer(f, text_of(open_case(f, &clerk, "permit", FORM_A), "no"), "{\"decision\": \"approve\"}");
    open_case(f, &clerk, "permit", FORM_B);
    count_due(f);
    assert_int_equal(service_recount(&call, false, &found, &err), OK);
    assert_int_equal(found.cases, 2);
    assert_int_equal(found.cases_wrong + found.sums_wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_case_that_nobody_answers_comes_on_the_list_once, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(a_second_rule_adds_to_the_open_entry, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(a_case_answered_in_time_stays_off_the_list, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(what_changed_since_is_seen_when_the_time_comes, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(an_institution_beyond_its_bound_comes_on_the_list_once_a_month, fixture_open,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(staff_are_assessed_by_what_they_did, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(counting_all_again_finds_nothing_wrong, fixture_open, fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
