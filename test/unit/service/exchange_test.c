#include "fixture.h"

static void what_was_queued_is_delivered_once(void **state)
{
    struct fixture *f = *state;
    open_case(f, &clerk, "stamp", FORM_A);
    run_outbox(f, 1);
    run_outbox(f, 0);
    assert_int_equal(f->delivered, 1);
    assert_int_equal(audit_problems(f), 0);
}

static void a_busy_agency_is_asked_again_later_with_the_same_key(void **state)
{
    struct fixture *f = *state;
    char first[64];
    open_case(f, &clerk, "stamp", FORM_A);
    f->status = 503;
    run_outbox(f, 1);
    snprintf(first, sizeof first, "%s", f->last_key);
    run_outbox(f, 0);
    f->now += 1000;
    f->status = 200;
    run_outbox(f, 1);
    assert_string_equal(first, f->last_key);
    assert_int_equal(f->delivered, 2);
}

static void rubbish_counts_as_no_answer(void **state)
{
    struct fixture *f = *state;
    open_case(f, &clerk, "stamp", FORM_A);
    f->reply = "<html>";
    run_outbox(f, 1);
    f->now += 1000;
    f->reply = "{}";
    run_outbox(f, 1);
    run_outbox(f, 0);
}

static void a_waiting_process_goes_on_with_the_reply(void **state)
{
    struct fixture *f = *state;
    struct call chief_call = call_as(f, &chief), call = call_as(f, &worker_actor);
    struct value jobs, out;
    struct error err = ERROR_INIT;
    struct str no = text_of(open_case(f, &clerk, "outside", FORM_A), "no");
    struct service_job_query query = {.type = STR("outside.work"), .worker = STR("w"), .limit = 5, .lock_ms = 1000};
    assert_int_equal(service_job_activate(&call, &query, &jobs, &err), OK);
    assert_int_equal(value_count(jobs), 0);
    run_outbox(f, 1);
    assert_int_equal(service_job_activate(&call, &query, &jobs, &err), OK);
    assert_int_equal(value_count(jobs), 1);
    assert_text(value_at(jobs, 0), "variables.who", "王一");
    assert_text(value_at(jobs, 0), "case", arena_cstr(&f->arena, no));
    /* Locked for others until the time is over. */
    struct value none;
    assert_int_equal(service_job_activate(&call, &query, &none, &err), OK);
    assert_int_equal(value_count(none), 0);
    f->now += 1001;
    assert_int_equal(service_job_activate(&call, &query, &jobs, &err), OK);
    assert_int_equal(value_count(jobs), 1);
    struct str id = text_of(value_at(jobs, 0), "id");
    assert_int_equal(service_job_complete(&call, id, json_of(f, "{\"done\": true}"), &err), OK);
    assert_refused(service_job_complete(&call, id, value_null, &err), err, "job-not-found");
    struct service_message message = {.name = STR("go-on"), .correlation_key = STR(PERSON_A)};
    assert_int_equal(service_message_publish(&chief_call, &message, &out, &err), OK);
    assert_int_equal(value_to_double(value_get(out, STR("delivered"))), 1);
    assert_text(get_case(f, &clerk, no), "outcome", "granted");
    assert_int_equal(audit_problems(f), 0);
}

static void a_message_that_comes_early_is_kept(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &worker_actor);
    struct value out, jobs;
    struct error err = ERROR_INIT;
    struct service_message message = {.name = STR("go-on"), .correlation_key = STR(PERSON_A), .ttl_ms = 100000};
    assert_int_equal(service_message_publish(&call, &message, &out, &err), OK);
    assert_true(value_is_true(value_get(out, STR("buffered"))));
    struct str no = text_of(open_case(f, &clerk, "outside", FORM_A), "no");
    run_outbox(f, 1);
    struct service_job_query query = {.type = STR("outside.work"), .limit = 1};
    assert_int_equal(service_job_activate(&call, &query, &jobs, &err), OK);
    assert_int_equal(service_job_complete(&call, text_of(value_at(jobs, 0), "id"), value_null, &err), OK);
    assert_text(get_case(f, &clerk, no), "state", "closed");
}

static void an_agency_that_never_answers_becomes_an_incident_that_a_person_can_retry(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &chief);
    struct value answer, view;
    struct error err = ERROR_INIT;
    struct str no = text_of(open_case(f, &clerk, "outside", FORM_A), "no");
    f->status = 0;
    for (int i = 0; i < 3; i++) {
        run_outbox(f, 1);
        f->now += 60000;
    }
    view = get_case(f, &chief, no);
    assert_int_equal(value_count(value_get(view, STR("incidents"))), 1);
    f->status = 200;
    struct value incident = value_at(value_get(view, STR("incidents")), 0);
    struct value input = json_of(f, "{}");
    struct context_builder builder;
    context_builder_init(&builder, &f->arena);
    context_builder_put(&builder, STR("incident"), value_get(incident, STR("key")));
    input = context_builder_done(&builder);
    assert_int_equal(service_case_act(&call, no, STR("retry"), input, &answer, &err), OK);
    run_outbox(f, 1);
    assert_int_equal(value_count(value_get(get_case(f, &chief, no), STR("incidents"))), 0);
    assert_int_equal(audit_problems(f), 0);
}

static void a_failed_job_comes_back_after_its_back_off(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &worker_actor);
    struct value jobs;
    struct error err = ERROR_INIT;
    open_case(f, &clerk, "outside", FORM_A);
    run_outbox(f, 1);
    struct service_job_query query = {.type = STR("outside.work"), .limit = 1, .lock_ms = 1000};
    assert_int_equal(service_job_activate(&call, &query, &jobs, &err), OK);
    struct service_job_failure failure = {.retries = 2, .back_off_ms = 5000, .message = STR("not now")};
    assert_int_equal(service_job_fail(&call, text_of(value_at(jobs, 0), "id"), &failure, &err), OK);
    f->now += 2000;
    assert_int_equal(service_job_activate(&call, &query, &jobs, &err), OK);
    assert_int_equal(value_count(jobs), 0);
    f->now += 4000;
    assert_int_equal(service_job_activate(&call, &query, &jobs, &err), OK);
    assert_int_equal(value_count(jobs), 1);
}

static void a_notice_reaches_its_reader_only(void **state)
{
    struct fixture *f = *state;
    struct call mine = call_as(f, &person_a), theirs = call_as(f, &person_b);
    struct value list;
    struct error err = ERROR_INIT;
    open_case(f, &clerk, "stamp", FORM_A);
    assert_int_equal(service_notice_list(&mine, 10, STR_NONE, &list, &err), OK);
    assert_int_equal(value_count(value_get(list, STR("items"))), 1);
    struct str id = text_of(value_at(value_get(list, STR("items")), 0), "id");
    assert_refused(service_notice_read(&theirs, id, &err), err, "notice-not-found");
    assert_int_equal(service_notice_read(&mine, id, &err), OK);
    assert_int_equal(service_notice_list(&mine, 10, STR_NONE, &list, &err), OK);
    assert_int_equal(value_to_double(value_get(list, STR("unread"))), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        T(what_was_queued_is_delivered_once),
        T(a_busy_agency_is_asked_again_later_with_the_same_key),
        T(rubbish_counts_as_no_answer),
        T(a_waiting_process_goes_on_with_the_reply),
        T(a_message_that_comes_early_is_kept),
        T(an_agency_that_never_answers_becomes_an_incident_that_a_person_can_retry),
        T(a_failed_job_comes_back_after_its_back_off),
        T(a_notice_reaches_its_reader_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
