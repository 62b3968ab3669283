#include "fixture.h"

static struct str task_of(struct fixture *f, struct str no)
{
    struct value view = get_case(f, &actor_system, no);
    return text_of(value_at(value_get(view, STR("tasks")), 0), "id");
}

static void a_task_waits_in_the_list_of_its_role_and_region(void **state)
{
    struct fixture *f = *state;
    struct call here = call_as(f, &clerk), far = call_as(f, &far_clerk);
    struct value list;
    struct error err = ERROR_INIT;
    assert_text(open_case(f, &clerk, "permit", FORM_A), "state", "reviewing");
    struct service_task_query query = {.limit = 10};
    assert_int_equal(service_task_list(&here, &query, &list, &err), OK);
    assert_int_equal(value_count(value_get(list, STR("items"))), 1);
    assert_text(value_at(value_get(list, STR("items")), 0), "title", "王*");
    assert_int_equal(service_task_list(&far, &query, &list, &err), OK);
    assert_int_equal(value_count(value_get(list, STR("items"))), 0);
}

static void completing_goes_on_with_the_case(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &clerk);
    struct value answer = open_case(f, &clerk, "permit", FORM_A);
    struct error err = ERROR_INIT;
    struct str no = text_of(answer, "no");
    assert_int_equal(
        service_task_complete(&call, task_of(f, no), json_of(f, "{\"decision\": \"approve\"}"), &answer, &err), OK);
    assert_text(answer, "state", "closed");
    assert_int_equal(value_count(value_get(answer, STR("certificates"))), 1);
    assert_int_equal(audit_problems(f), 0);
}

static void a_refusal_keeps_its_reason(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &clerk);
    struct value answer = open_case(f, &clerk, "permit", FORM_A);
    struct error err = ERROR_INIT;
    struct str id = task_of(f, text_of(answer, "no"));
    assert_int_equal(service_task_complete(
                         &call, id, json_of(f, "{\"decision\": \"refuse\", \"opinion\": \"材料不实\"}"), &answer, &err),
                     OK);
    assert_text(answer, "outcome", "refused");
    assert_string_equal(arena_cstr(&f->arena, value_text(value_at(value_get(answer, STR("reasons")), 0))), "材料不实");
}

static void the_second_of_two_who_complete_is_told_so(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &clerk), other = call_as(f, &other_clerk);
    struct value answer = open_case(f, &clerk, "permit", FORM_A), form = json_of(f, "{\"decision\": \"approve\"}");
    struct error err = ERROR_INIT;
    struct str id = task_of(f, text_of(answer, "no"));
    assert_int_equal(service_task_complete(&call, id, form, &answer, &err), OK);
    assert_refused(service_task_complete(&other, id, form, &answer, &err), err, "task-already-completed");
}

static void a_claimed_task_is_not_for_others(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &clerk), other = call_as(f, &other_clerk);
    struct value view, form = json_of(f, "{\"decision\": \"approve\"}");
    struct error err = ERROR_INIT;
    struct str id = task_of(f, text_of(open_case(f, &clerk, "permit", FORM_A), "no"));
    assert_int_equal(service_task_claim(&call, id, &view, &err), OK);
    assert_text(view, "assignee", "clerk-1");
    assert_int_equal(service_task_claim(&call, id, &view, &err), OK);
    assert_refused(service_task_claim(&other, id, &view, &err), err, "task-claimed-by-other");
    assert_refused(service_task_complete(&other, id, form, &view, &err), err, "task-claimed-by-other");
    assert_int_equal(service_task_release(&call, id, &view, &err), OK);
    assert_int_equal(service_task_complete(&other, id, form, &view, &err), OK);
}

static void another_region_and_strangers_do_not_see_a_task(void **state)
{
    struct fixture *f = *state;
    struct call far = call_as(f, &far_clerk), stranger = call_as(f, &person_b), nobody = call_as(f, &actor_nobody);
    struct value view, form = json_of(f, "{\"decision\": \"approve\"}");
    struct error err = ERROR_INIT;
    struct str id = task_of(f, text_of(open_case(f, &clerk, "permit", FORM_A), "no"));
    assert_refused(service_task_complete(&far, id, form, &view, &err), err, "task-not-found");
    assert_refused(service_task_get(&stranger, id, &view, &err), err, "task-not-found");
    assert_refused(service_task_complete(&nobody, id, form, &view, &err), err, "unauthenticated");
    assert_refused(service_task_get(&far, STR("rubbish"), &view, &err), err, "task-not-found");
}

static void a_form_that_is_not_filled_in_is_refused(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &clerk);
    struct value view;
    struct error err = ERROR_INIT;
    struct str id = task_of(f, text_of(open_case(f, &clerk, "permit", FORM_A), "no"));
    assert_refused(service_task_complete(&call, id, json_of(f, "{}"), &view, &err), err, "form-invalid");
    assert_string_equal(err.field, "decision");
    assert_refused(service_task_complete(&call, id, json_of(f, "{\"decision\": \"perhaps\"}"), &view, &err), err,
                   "form-invalid");
    assert_refused(
        service_task_complete(&call, id, json_of(f, "{\"decision\": \"approve\", \"extra\": 1}"), &view, &err), err,
        "form-invalid");
}

static void a_due_timer_ends_what_nobody_did(void **state)
{
    struct fixture *f = *state;
    struct value answer = open_case(f, &clerk, "permit", FORM_A);
    struct error err = ERROR_INIT;
    size_t fired;
    int64_t due;
    assert_int_equal(service_next_due(f->service, &due, &err), OK);
    assert_int_equal(due, f->now + INT64_C(10) * 86400000);
    assert_int_equal(service_timers_run(f->service, f->now, 10, &fired, &err), OK);
    assert_int_equal(fired, 0);
    f->now = due;
    assert_int_equal(service_timers_run(f->service, f->now, 10, &fired, &err), OK);
    assert_int_equal(fired, 1);
    assert_text(get_case(f, &clerk, text_of(answer, "no")), "outcome", "lapsed");
    assert_int_equal(service_next_due(f->service, &due, &err), OK);
    assert_true(due == INT64_MAX);
    assert_int_equal(audit_problems(f), 0);
}

static void a_task_is_due_by_the_working_calendar(void **state)
{
    struct fixture *f = *state;
    struct str no = text_of(open_case(f, &clerk, "permit", FORM_A), "no");
    struct value task = value_at(value_get(get_case(f, &clerk, no), STR("tasks")), 0);
    int64_t due;
    assert_true(date_time_to_ms(value_get(task, STR("due")), &due));
    /* Monday 6 July and three working days: the end of Thursday 9 July. */
    assert_int_equal(due, INT64_C(1783612800000) - 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        T(a_task_waits_in_the_list_of_its_role_and_region),
        T(completing_goes_on_with_the_case),
        T(a_refusal_keeps_its_reason),
        T(the_second_of_two_who_complete_is_told_so),
        T(a_claimed_task_is_not_for_others),
        T(another_region_and_strangers_do_not_see_a_task),
        T(a_form_that_is_not_filled_in_is_refused),
        T(a_due_timer_ends_what_nobody_did),
        T(a_task_is_due_by_the_working_calendar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
