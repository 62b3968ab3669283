#include "fixture.h"

static void an_instant_case_is_closed_with_its_certificate_at_once(void **state)
{
    struct fixture *f = *state;
    struct value answer = open_case(f, &clerk, "stamp", FORM_A);
    assert_text(answer, "state", "closed");
    assert_text(answer, "outcome", "granted");
    assert_int_equal(value_count(value_get(answer, STR("certificates"))), 1);
    struct value view = get_case(f, &clerk, text_of(answer, "no"));
    assert_int_equal(value_count(value_get(view, STR("records"))), 1);
    assert_text(view, "party.id", PERSON_A);
    assert_int_equal(audit_problems(f), 0);
}

static void the_number_holds_region_day_and_check_character(void **state)
{
    struct fixture *f = *state;
    struct str no = text_of(open_case(f, &clerk, "stamp", FORM_A), "no");
    assert_true(str_starts(no, STR("230100-20260706-000001-")));
    struct call call = call_as(f, &clerk);
    struct value view;
    struct error err = ERROR_INIT;
    char wrong[64];
    snprintf(wrong, sizeof wrong, "%.*s", STR_ARGS(no));
    wrong[20] = wrong[20] == '9' ? '8' : '9';
    assert_refused(service_case_get(&call, str_of(wrong), &view, &err), err, "case-not-found");
}

static void dashes_and_capitals_do_not_matter_in_numbers(void **state)
{
    struct fixture *f = *state;
    struct str no = text_of(open_case(f, &clerk, "stamp", FORM_A), "no");
    char plain[64];
    size_t n = 0;
    for (size_t i = 0; i < no.len; i++)
        if (no.data[i] != '-')
            plain[n++] = no.data[i] >= 'A' ? (char)(no.data[i] + 32) : no.data[i];
    struct value view = get_case(f, &clerk, (struct str){plain, n});
    assert_true(str_equal(text_of(view, "no"), no));
}

static void a_wrong_form_names_its_field_and_writes_nothing(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &clerk);
    struct value answer, list;
    struct error err = ERROR_INIT;
    struct service_case_input input =
        input_of(f, "stamp", "{\"name\": \"王一\", \"id_number\": \"230103197001011239\"}");
    assert_refused(service_case_open(&call, &input, &answer, &err), err, "form-invalid");
    assert_string_equal(err.field, "id_number");
    struct service_case_query query = {.limit = 10};
    assert_int_equal(service_case_list(&call, &query, &list, &err), OK);
    assert_int_equal(value_count(value_get(list, STR("items"))), 0);
}

static void a_check_refuses_and_a_warning_wants_to_be_confirmed(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &clerk);
    struct value answer;
    struct error err = ERROR_INIT;
    struct service_case_input bad =
        input_of(f, "stamp", "{\"name\": \"王一\", \"id_number\": \"" PERSON_A "\", \"remark\": \"forbidden\"}");
    assert_refused(service_case_open(&call, &bad, &answer, &err), err, "form-invalid");
    assert_string_equal(err.field, "remark");
    struct service_case_input doubt =
        input_of(f, "stamp", "{\"name\": \"王一\", \"id_number\": \"" PERSON_A "\", \"remark\": \"doubtful\"}");
    assert_refused(service_case_open(&call, &doubt, &answer, &err), err, "warnings-unconfirmed");
    doubt.confirmed = true;
    assert_int_equal(service_case_open(&call, &doubt, &answer, &err), OK);
}

static void a_second_live_case_with_the_same_key_is_refused(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &clerk), far = call_as(f, &far_clerk);
    struct value answer = open_case(f, &clerk, "permit", FORM_A);
    struct error err = ERROR_INIT;
    struct service_case_input input = input_of(f, "permit", FORM_A);
    assert_refused(service_case_open(&call, &input, &answer, &err), err, "duplicate-case");
    /* In another region too. */
    assert_refused(service_case_open(&far, &input, &answer, &err), err, "duplicate-case");
}

static void a_closed_case_gives_its_key_free(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &clerk);
    struct value answer = open_case(f, &clerk, "permit", FORM_A);
    struct error err = ERROR_INIT;
    assert_int_equal(service_case_act(&call, text_of(answer, "no"), STR("withdraw"), value_null, &answer, &err), OK);
    assert_text(answer, "outcome", "withdrawn");
    open_case(f, &clerk, "permit", FORM_A);
}

static void what_another_region_does_is_not_there(void **state)
{
    struct fixture *f = *state;
    struct call far = call_as(f, &far_clerk), stranger = call_as(f, &person_b);
    struct str no = text_of(open_case(f, &clerk, "permit", FORM_A), "no");
    struct value view;
    struct error err = ERROR_INIT;
    assert_refused(service_case_get(&far, no, &view, &err), err, "case-not-found");
    assert_refused(service_case_get(&stranger, no, &view, &err), err, "case-not-found");
    assert_refused(service_case_act(&far, no, STR("withdraw"), value_null, &view, &err), err, "case-not-found");
    get_case(f, &chief, no);
    get_case(f, &person_a, no);
}

static void nobody_is_asked_to_sign_in(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &actor_nobody);
    struct value answer;
    struct error err = ERROR_INIT;
    struct service_case_input input = input_of(f, "stamp", FORM_A);
    assert_refused(service_case_open(&call, &input, &answer, &err), err, "unauthenticated");
    struct service_case_query query = {.limit = 10};
    assert_refused(service_case_list(&call, &query, &answer, &err), err, "unauthenticated");
}

static void a_low_identity_level_is_refused(void **state)
{
    struct fixture *f = *state;
    struct actor low = person_a;
    low.level = 1;
    struct call call = call_as(f, &low);
    struct value answer;
    struct error err = ERROR_INIT;
    struct service_case_input input = input_of(f, "stamp", FORM_A);
    assert_refused(service_case_open(&call, &input, &answer, &err), err, "identity-level");
}

static void a_repeated_key_gives_the_first_answer_and_another_body_is_refused(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &clerk);
    struct value first, second, list;
    struct error err = ERROR_INIT;
    call.idempotency = STR("key-1");
    struct service_case_input input = input_of(f, "stamp", FORM_A), another = input_of(f, "stamp", FORM_B);
    assert_int_equal(service_case_open(&call, &input, &first, &err), OK);
    assert_int_equal(service_case_open(&call, &input, &second, &err), OK);
    assert_true(str_equal(text_of(first, "no"), text_of(second, "no")));
    assert_refused(service_case_open(&call, &another, &second, &err), err, "idempotency-key-reused");
    struct service_case_query query = {.limit = 10};
    assert_int_equal(service_case_list(&call, &query, &list, &err), OK);
    assert_int_equal(value_count(value_get(list, STR("items"))), 1);
}

static void a_case_that_was_changed_meanwhile_refuses_an_old_version(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &clerk);
    struct value answer = open_case(f, &clerk, "permit", FORM_A);
    struct error err = ERROR_INIT;
    call.if_version = 77;
    assert_refused(service_case_act(&call, text_of(answer, "no"), STR("withdraw"), value_null, &answer, &err), err,
                   "version-conflict");
}

static void a_correction_waits_for_the_applicant_and_goes_on_when_it_comes(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &person_a);
    struct value answer = open_case(f, &person_a, "mend", FORM_A);
    struct error err = ERROR_INIT;
    assert_text(answer, "state", "correcting");
    struct str no = text_of(answer, "no");
    struct value bad = json_of(f, "{\"form\": {\"name\": \"\"}}");
    assert_refused(service_case_act(&call, no, STR("supplement"), bad, &answer, &err), err, "form-invalid");
    struct value good =
        json_of(f, "{\"form\": {\"name\": \"王一\", \"id_number\": \"" PERSON_A "\", \"remark\": \"mended\"}}");
    assert_int_equal(service_case_act(&call, no, STR("supplement"), good, &answer, &err), OK);
    assert_text(answer, "state", "closed");
    assert_text(get_case(f, &person_a, no), "form.remark", "mended");
    assert_refused(service_case_act(&call, no, STR("supplement"), good, &answer, &err), err, "case-closed");
}

static void a_closed_case_is_rated_once(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &person_a);
    struct str no = text_of(open_case(f, &person_a, "stamp", FORM_A), "no");
    struct value answer, rating = json_of(f, "{\"grade\": 1, \"text\": \"快\"}"), wrong = json_of(f, "{\"grade\": 9}");
    struct error err = ERROR_INIT;
    assert_refused(service_case_act(&call, no, STR("rate"), wrong, &answer, &err), err, "rating-invalid");
    assert_int_equal(service_case_act(&call, no, STR("rate"), rating, &answer, &err), OK);
    assert_refused(service_case_act(&call, no, STR("rate"), rating, &answer, &err), err, "case-already-rated");
    assert_int_equal(audit_problems(f), 0);
}

static void a_posting_never_takes_an_account_below_zero(void **state)
{
    struct fixture *f = *state;
    struct value plus =
        open_case(f, &clerk, "points", "{\"name\": \"王一\", \"id_number\": \"" PERSON_A "\", \"amount\": 30}");
    assert_text(plus, "outcome", "granted");
    struct value minus =
        open_case(f, &clerk, "points", "{\"name\": \"王一\", \"id_number\": \"" PERSON_A "\", \"amount\": -31}");
    assert_text(minus, "outcome", "declined");
    struct call call = call_as(f, &chief);
    struct value ledger;
    struct error err = ERROR_INIT;
    assert_int_equal(service_ledger_get(&call, STR("points/" PERSON_A), 10, &ledger, &err), OK);
    int64_t balance;
    assert_true(value_to_int64(value_get(ledger, STR("balance")), &balance));
    assert_int_equal(balance, 30);
    assert_int_equal(value_count(value_get(ledger, STR("entries"))), 1);
    assert_int_equal(audit_problems(f), 0);
}

static void events_tell_what_happened_and_which_rule_hit(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &clerk);
    struct str no = text_of(
        open_case(f, &clerk, "stamp", "{\"name\": \"王一\", \"id_number\": \"" PERSON_A "\", \"amount\": 150}"), "no");
    struct value events;
    struct error err = ERROR_INIT;
    bool decided = false;
    assert_int_equal(service_case_events(&call, no, &events, &err), OK);
    assert_text(value_at(events, 0), "type", "case.opened");
    for (size_t i = 0; i < value_count(events); i++)
        if (str_equal(text_of(value_at(events, i), "type"), STR("decision.made"))) {
            decided = true;
            assert_text(value_at(events, i), "result", "large");
        }
    assert_true(decided);
}

static void lists_are_paged_without_loss_or_repetition(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &chief);
    size_t seen = 0;
    struct error err = ERROR_INIT;
    for (int i = 0; i < 7; i++)
        open_case(f, i % 2 ? &clerk : &far_clerk, "stamp", FORM_A);
    struct service_case_query query = {.limit = 3};
    for (int page = 0; page < 10; page++) {
        struct value list;
        assert_int_equal(service_case_list(&call, &query, &list, &err), OK);
        seen += value_count(value_get(list, STR("items")));
        query.cursor = text_of(list, "next");
        if (query.cursor.len == 0)
            break;
    }
    assert_int_equal(seen, 7);
}

static void lists_show_masked_titles_and_find_by_id_number(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &clerk);
    struct value list;
    struct error err = ERROR_INIT;
    open_case(f, &clerk, "stamp", FORM_A);
    open_case(f, &clerk, "stamp", FORM_B);
    struct service_case_query query = {.text = STR(PERSON_B), .limit = 10};
    assert_int_equal(service_case_list(&call, &query, &list, &err), OK);
    assert_int_equal(value_count(value_get(list, STR("items"))), 1);
    assert_text(value_at(value_get(list, STR("items")), 0), "title", "李*");
}

static void drafts_belong_to_their_owner(void **state)
{
    struct fixture *f = *state;
    struct call mine = call_as(f, &person_a), theirs = call_as(f, &person_b);
    struct value draft, found;
    struct error err = ERROR_INIT;
    assert_int_equal(service_draft_put(&mine, STR_NONE,
                                       json_of(f, "{\"item\": \"stamp\", \"form\": {\"name\": \"王\"}, \"step\": 1}"),
                                       &draft, &err),
                     OK);
    assert_int_equal(service_draft_get(&mine, text_of(draft, "id"), &found, &err), OK);
    assert_text(found, "form.name", "王");
    assert_refused(service_draft_get(&theirs, text_of(draft, "id"), &found, &err), err, "draft-not-found");
    assert_int_equal(service_draft_delete(&mine, text_of(draft, "id"), &err), OK);
    assert_refused(service_draft_get(&mine, text_of(draft, "id"), &found, &err), err, "draft-not-found");
}

static void every_look_at_a_case_is_logged_for_the_person(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &person_a);
    struct str no = text_of(open_case(f, &clerk, "permit", FORM_A), "no");
    struct value log;
    struct error err = ERROR_INIT;
    get_case(f, &clerk, no);
    struct service_access_query query = {.limit = 10};
    assert_int_equal(service_access_list(&call, &query, &log, &err), OK);
    assert_int_equal(value_count(value_get(log, STR("items"))), 1);
    assert_text(value_at(value_get(log, STR("items")), 0), "what", "case.read");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        T(an_instant_case_is_closed_with_its_certificate_at_once),
        T(the_number_holds_region_day_and_check_character),
        T(dashes_and_capitals_do_not_matter_in_numbers),
        T(a_wrong_form_names_its_field_and_writes_nothing),
        T(a_check_refuses_and_a_warning_wants_to_be_confirmed),
        T(a_second_live_case_with_the_same_key_is_refused),
        T(a_closed_case_gives_its_key_free),
        T(what_another_region_does_is_not_there),
        T(nobody_is_asked_to_sign_in),
        T(a_low_identity_level_is_refused),
        T(a_repeated_key_gives_the_first_answer_and_another_body_is_refused),
        T(a_case_that_was_changed_meanwhile_refuses_an_old_version),
        T(a_correction_waits_for_the_applicant_and_goes_on_when_it_comes),
        T(a_closed_case_is_rated_once),
        T(a_posting_never_takes_an_account_below_zero),
        T(events_tell_what_happened_and_which_rule_hit),
        T(lists_are_paged_without_loss_or_repetition),
        T(lists_show_masked_titles_and_find_by_id_number),
        T(drafts_belong_to_their_owner),
        T(every_look_at_a_case_is_logged_for_the_person),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
