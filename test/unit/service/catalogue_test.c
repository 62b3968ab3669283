#include "fixture.h"

static size_t items_found(struct fixture *f, const struct actor *actor, struct service_item_query query)
{
    struct call call = call_as(f, actor);
    struct value list;
    struct error err = ERROR_INIT;
    assert_int_equal(service_item_list(&call, &query, &list, &err), OK);
    return value_count(value_get(list, STR("items")));
}

static void items_are_found_by_words_and_for_whom_they_are(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(items_found(f, &actor_nobody, (struct service_item_query){0}), 5);
    assert_int_equal(items_found(f, &actor_nobody, (struct service_item_query){.text = STR("盖章")}), 1);
    assert_int_equal(items_found(f, &actor_nobody, (struct service_item_query){.text = STR("没有")}), 0);
    assert_int_equal(items_found(f, &clerk, (struct service_item_query){.startable = true}), 5);
    assert_int_equal(items_found(f, &worker_actor, (struct service_item_query){.startable = true}), 0);
}

static void a_guide_says_why_somebody_may_not_start(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &actor_nobody);
    struct value view;
    struct error err = ERROR_INIT;
    assert_int_equal(service_item_get(&call, STR("permit"), &view, &err), OK);
    assert_text(view, "why_not", "unauthenticated");
    assert_text(view, "form_id", "plain");
    assert_refused(service_item_get(&call, STR("no-such"), &view, &err), err, "item-not-found");
}

static void a_decision_is_evaluated_and_explained(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &chief), clerk_call = call_as(f, &clerk);
    struct value view, input = json_of(f, "{\"form\": {\"amount\": 100}}");
    struct error err = ERROR_INIT;
    assert_int_equal(service_decision_evaluate(&call, STR("plain-class"), input, &view, &err), OK);
    assert_text(view, "value", "large");
    assert_true(value_count(value_path(view, "explanation.decisions")) > 0);
    assert_refused(service_decision_evaluate(&call, STR("no-such"), input, &view, &err), err, "decision-not-found");
    assert_refused(service_decision_evaluate(&clerk_call, STR("plain-class"), input, &view, &err), err, "forbidden");
}

static void parties_files_and_records_are_for_those_who_may(void **state)
{
    struct fixture *f = *state;
    struct call system = call_as(f, &actor_system), mine = call_as(f, &person_a), theirs = call_as(f, &person_b);
    struct value view;
    struct service_file file;
    struct error err = ERROR_INIT;
    assert_int_equal(
        service_party_put(&system, json_of(f, "{\"id\": \"" PERSON_A "\", \"name\": \"王一\"}"), &view, &err), OK);
    assert_int_equal(service_party_get(&mine, STR(PERSON_A), &view, &err), OK);
    assert_refused(service_party_get(&theirs, STR(PERSON_A), &view, &err), err, "forbidden");
    assert_refused(service_party_put(&system, json_of(f, "{\"id\": \"230103197001011239\"}"), &view, &err), err,
                   "id-invalid");
    assert_int_equal(service_file_put(&mine, STR("a.pdf"), STR("application/pdf"), STR("%PDF-1.7 hello"), &view, &err), OK);
    struct str id = text_of(view, "id");
    assert_int_equal(service_file_get(&mine, id, &file, &err), OK);
    assert_true(str_equal(file.content, STR("%PDF-1.7 hello")));
    assert_refused(service_file_get(&theirs, id, &file, &err), err, "file-not-found");
    open_case(f, &clerk, "stamp", FORM_A);
    struct service_record_query query = {.subject = STR(PERSON_A), .limit = 10};
    assert_int_equal(service_record_list(&mine, &query, &view, &err), OK);
    assert_int_equal(value_count(value_get(view, STR("items"))), 1);
    assert_refused(service_record_list(&theirs, &query, &view, &err), err, "forbidden");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        T(items_are_found_by_words_and_for_whom_they_are),  T(a_guide_says_why_somebody_may_not_start),
        T(a_decision_is_evaluated_and_explained),           T(parties_files_and_records_are_for_those_who_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
