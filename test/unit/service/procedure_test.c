/* What a process that is switched by its item leans on: materials, one notice of corrections, one extension, numbered
 * documents, separate persons, child cases that are waited for, bad ratings. Packs: base, trial and procedure. */
#include "fixture.h"

static int procedure_open(void **state)
{
    static const char *const folders[] = {SOURCE_ROOT "/test/golden/service/base",
                                          SOURCE_ROOT "/test/golden/service/trial",
                                          SOURCE_ROOT "/test/golden/service/procedure"};
    const struct pack *packs[COUNT_OF(folders)];
    struct error err = ERROR_INIT;
    if (!fixture_packs) {
        arena_init(&fixture_packs_arena);
        for (size_t i = 0; i < COUNT_OF(folders); i++)
            if (pack_load(&fixture_packs_arena, folders[i], NULL, &packs[i], &err) != OK)
                fail_msg("%s %s", err.message, err.field);
        if (pack_set_new(&fixture_packs_arena, packs, COUNT_OF(folders), NULL, &fixture_packs, &err) != OK)
            fail_msg("%s", err.message);
    }
    return fixture_open(state);
}

static enum status try_open(struct fixture *f, const char *materials, struct value *out, struct error *err)
{
    struct call call = call_as(f, &clerk);
    struct service_case_input input = input_of(f, "filed", FORM_A);
    input.materials = json_of(f, materials);
    return service_case_open(&call, &input, out, err);
}

/* A file of this actor. */
static struct str file_of(struct fixture *f, const struct actor *actor)
{
    struct call call = call_as(f, actor);
    struct value file = value_null;
    struct error err = ERROR_INIT;
    if (service_file_put(&call, STR("f1.pdf"), STR("application/pdf"), STR("%PDF-1.7"), &file, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
    return text_of(file, "id");
}

/* The material form, given as this file. */
static const char *form_as(struct fixture *f, struct str file)
{
    return arena_printf(&f->arena, "[{\"id\": \"form\", \"file\": \"%.*s\"}]", STR_ARGS(file)).data;
}

static struct str open_filed(struct fixture *f)
{
    struct value answer = value_null;
    struct error err = ERROR_INIT;
    if (try_open(f, form_as(f, file_of(f, &clerk)), &answer, &err) != OK)
        fail_msg("%s: %s %s", err.type, err.message, err.field);
    return text_of(answer, "no");
}

static struct str task_of(struct fixture *f, struct str no)
{
    return text_of(value_at(value_get(get_case(f, &clerk, no), STR("tasks")), 0), "id");
}

static enum status complete(struct fixture *f, const struct actor *actor, struct str no, struct error *err)
{
    struct call call = call_as(f, actor);
    struct value answer;
    return service_task_complete(&call, task_of(f, no), json_of(f, "{\"decision\": \"approve\"}"), &answer, err);
}

static enum status act(struct fixture *f, struct str no, const char *action, const char *input, struct error *err)
{
    struct call call = call_as(f, &clerk);
    struct value answer;
    return service_case_act(&call, no, str_of(action), json_of(f, input), &answer, err);
}

/* The variable materials of a case, as its waiting task sees it. */
static struct value materials_of(struct fixture *f, struct str no)
{
    struct call call = call_as(f, &clerk);
    struct value task;
    struct error err = ERROR_INIT;
    if (service_task_get(&call, task_of(f, no), &task, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
    return value_path(task, "data.materials");
}

static void the_process_sees_which_materials_were_given_and_how(void **state)
{
    struct fixture *f = *state;
    struct value list = materials_of(f, open_filed(f));
    assert_int_equal(value_count(list), 4); /* special is not asked for */
    assert_text(value_at(list, 0), "by", "file");
    assert_false(value_is_true(value_get(value_at(list, 1), STR("given"))));
    assert_false(value_is_true(value_get(value_at(list, 2), STR("given"))));
    assert_text(value_at(list, 3), "need", "3");
}

static void a_valid_certificate_in_the_wallet_stands_for_a_material(void **state)
{
    struct fixture *f = *state;
    open_case(f, &clerk, "stamp", FORM_A);
    struct value seal = value_at(materials_of(f, open_filed(f)), 1);
    assert_text(seal, "by", "wallet");
    assert_true(str_starts(text_of(seal, "certificate"), STR("C")));
}

static void materials_that_cannot_be_taken_are_named(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *given, *type, *field;
    } bad[] = {
        {"[{\"id\": \"other\", \"file\": \"f\"}]", "material-unknown", "materials[0].id"},
        {"[{\"id\": \"form\"}]", "material-empty", "materials[0].file"},
        {"[{\"id\": \"pledge\", \"promise\": true}, {\"id\": \"form\", \"promise\": true}]", "material-promise",
         "materials[1].promise"},
        {"[{\"id\": \"seal\", \"certificate\": \"C230100-20260706-000001-0\"}]", "material-certificate",
         "materials[0].certificate"},
        {"{\"id\": \"form\"}", "material-empty", "materials"},
        {"[3]", "material-unknown", "materials[0].id"},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct value answer;
        struct error err = ERROR_INIT;
        assert_refused(try_open(f, bad[i].given, &answer, &err), err, bad[i].type);
        assert_string_equal(err.field, bad[i].field);
    }
}

static void a_file_that_is_not_there_or_not_theirs_is_not_taken(void **state)
{
    struct fixture *f = *state;
    struct str files[] = {STR("f1"), STR("F230100-00000000000000000000000000000000"), file_of(f, &chief)};
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct value answer;
        struct error err = ERROR_INIT;
        assert_refused(try_open(f, form_as(f, files[i]), &answer, &err), err, "material-file");
        assert_string_equal(err.field, "materials[0].file");
        assert_non_null(strstr(err.message, "申请"));
    }
}

static void a_certificate_of_somebody_else_or_revoked_is_not_taken(void **state)
{
    struct fixture *f = *state;
    struct value theirs = open_case(f, &clerk, "stamp", FORM_B);
    struct value mine = open_case(f, &clerk, "stamp", FORM_A);
    struct value made[] = {theirs, mine};
    struct call call = call_as(f, &chief);
    struct value answer;
    struct error err = ERROR_INIT;
    struct str no = text_of(value_at(value_get(mine, STR("certificates")), 0), "no");
    assert_int_equal(
        service_certificate_act(&call, no, STR("revoke"), json_of(f, "{\"reason\": \"收回\"}"), &answer, &err), OK);
    for (size_t i = 0; i < COUNT_OF(made); i++) {
        struct str one = text_of(value_at(value_get(made[i], STR("certificates")), 0), "no");
        struct error refused = ERROR_INIT;
        const char *given = arena_cstr(
            &f->arena, arena_printf(&f->arena, "[{\"id\": \"seal\", \"certificate\": \"%.*s\"}]", STR_ARGS(one)));
        assert_refused(try_open(f, given, &answer, &refused), refused, "material-certificate");
    }
}

static void a_limit_is_extended_once(void **state)
{
    struct fixture *f = *state;
    struct value view = get_case(f, &clerk, open_filed(f));
    int64_t n, deadline;
    assert_text(view, "state", "reviewing"); /* the second extension was refused and caught */
    assert_true(value_to_int64(value_path(view, "extension.n"), &n));
    assert_int_equal(n, 10);
    assert_true(date_time_to_ms(value_get(view, STR("deadline")), &deadline));
    /* Monday 6 July and fifteen working days: the end of Monday 27 July. */
    assert_int_equal(deadline, INT64_C(1785168000000) - 1);
}

static void a_document_is_numbered_and_stays_out_of_the_wallet(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &person_a);
    struct value list;
    struct error err = ERROR_INIT;
    (void)open_filed(f);
    struct value documents = value_get(get_case(f, &clerk, open_filed(f)), STR("documents"));
    assert_int_equal(value_count(documents), 1);
    assert_text(value_at(documents, 0), "number", "通〔2〕号");
    struct service_certificate_query query = {.limit = 10};
    assert_int_equal(service_certificate_list(&call, &query, &list, &err), OK);
    assert_int_equal(value_count(value_get(list, STR("items"))), 0);
    assert_int_equal(audit_problems(f), 0);
}

static void who_did_the_first_step_may_not_do_the_second(void **state)
{
    struct fixture *f = *state;
    struct str no = open_filed(f);
    struct error err = ERROR_INIT;
    assert_int_equal(complete(f, &clerk, no, &err), OK);
    assert_refused(complete(f, &clerk, no, &err), err, "separate-persons");
    assert_int_equal(complete(f, &other_clerk, no, &err), OK);
    assert_text(get_case(f, &clerk, no), "state", "closed");
}

static void only_what_was_named_may_be_asked_for_again(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_INIT;
    struct str no = text_of(open_case(f, &clerk, "twice", FORM_A), "no");
    assert_int_equal(act(f, no, "supplement", "{\"form\": " FORM_A "}", &err), OK);
    assert_text(get_case(f, &clerk, no), "state", "correcting"); /* B was named */
    assert_int_equal(act(f, no, "supplement", "{\"form\": " FORM_A "}", &err), OK);
    assert_text(get_case(f, &clerk, no), "outcome", "granted"); /* C was not: caught */
}

static void a_case_goes_on_when_the_child_it_waits_for_is_closed(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_INIT;
    struct str no = text_of(open_case(f, &clerk, "parent", FORM_A), "no");
    struct value view = get_case(f, &clerk, no);
    struct str child = value_text(value_at(value_get(view, STR("children")), 0));
    assert_text(view, "state", "submitted");
    assert_int_equal(complete(f, &clerk, child, &err), OK);
    assert_text(get_case(f, &clerk, no), "state", "submitted");
    assert_int_equal(complete(f, &other_clerk, child, &err), OK);
    view = get_case(f, &clerk, no);
    assert_text(view, "state", "closed");
    assert_true(str_equal(value_text(value_at(value_get(view, STR("reasons")), 0)), STR("granted")));
    assert_int_equal(audit_problems(f), 0);
}

static void a_child_that_ends_after_its_parent_was_withdrawn_harms_nobody(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_INIT;
    struct str no = text_of(open_case(f, &clerk, "parent", FORM_A), "no");
    struct str child = value_text(value_at(value_get(get_case(f, &clerk, no), STR("children")), 0));
    assert_int_equal(act(f, no, "withdraw", "{}", &err), OK);
    assert_int_equal(complete(f, &clerk, child, &err), OK);
    assert_int_equal(complete(f, &other_clerk, child, &err), OK);
    assert_text(get_case(f, &clerk, no), "outcome", "withdrawn");
    assert_text(get_case(f, &clerk, child), "outcome", "granted");
}

static struct value rated(struct fixture *f, const char *rating)
{
    struct error err = ERROR_INIT;
    struct str no = open_filed(f);
    assert_int_equal(complete(f, &clerk, no, &err), OK);
    assert_int_equal(complete(f, &other_clerk, no, &err), OK);
    if (act(f, no, "rate", rating, &err) != OK)
        fail_msg("%s: %s %s", err.type, err.message, err.field);
    return get_case(f, &clerk, no);
}

static void a_bad_rating_opens_the_case_that_the_item_names(void **state)
{
    struct fixture *f = *state;
    struct value view = rated(f, "{\"grade\": 4, \"text\": \"慢\"}");
    struct str child = value_text(value_at(value_get(view, STR("children")), 0));
    struct value remedy = get_case(f, &clerk, child);
    assert_text(remedy, "item", "remedy");
    assert_text(remedy, "form.text", "慢");
    assert_true(str_equal(text_of(remedy, "form.case"), text_of(view, "no")));
    assert_int_equal(value_count(value_get(rated(f, "{\"grade\": 3}"), STR("children"))), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, procedure_open, fixture_close)
    const struct CMUnitTest tests[] = {
        T(the_process_sees_which_materials_were_given_and_how),
        T(a_valid_certificate_in_the_wallet_stands_for_a_material),
        T(materials_that_cannot_be_taken_are_named),
        T(a_file_that_is_not_there_or_not_theirs_is_not_taken),
        T(a_certificate_of_somebody_else_or_revoked_is_not_taken),
        T(a_limit_is_extended_once),
        T(a_document_is_numbered_and_stays_out_of_the_wallet),
        T(who_did_the_first_step_may_not_do_the_second),
        T(only_what_was_named_may_be_asked_for_again),
        T(a_case_goes_on_when_the_child_it_waits_for_is_closed),
        T(a_child_that_ends_after_its_parent_was_withdrawn_harms_nobody),
        T(a_bad_rating_opens_the_case_that_the_item_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
