/* Loading, describing, posts and prefill. */
#include "feel/json.h"
#include "form/form.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int begin(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static const struct form *person(void)
{
    struct str json;
    const struct form *form = NULL;
    struct error err = ERROR_INIT;
    assert_int_equal(file_read(&arena, SOURCE_ROOT "/test/golden/form/person.form", 1 << 20, &json, &err), OK);
    assert_int_equal(form_load(&arena, json, &form, &err), OK);
    return form;
}

static struct value json_of(const char *text)
{
    struct error err = ERROR_INIT;
    struct value v = value_null;
    if (json_parse(&arena, str_of(text), NULL, &v, &err) != OK)
        fail_msg("%s %s", err.message, err.field);
    return v;
}

/* A component, and a part of the refusal's message. */
static const struct {
    const char *component;
    const char *message;
} refused[] = {
    {"{\"type\":\"html\",\"id\":\"a\"}", "no supported type"},
    {"{\"type\":\"textfield\",\"key\":\"a\",\"label\":\"x\"}", "is missing"},
    {"{\"type\":\"textfield\",\"id\":\"a\",\"label\":\"x\"}", "names of letters"},
    {"{\"type\":\"textfield\",\"id\":\"a\",\"key\":\"1a\"}", "names of letters"},
    {"{\"type\":\"textfield\",\"id\":\"a\",\"key\":\"a..b\"}", "names of letters"},
    {"{\"type\":\"textfield\",\"id\":\"a\",\"key\":\"a\",\"valuesExpression\":\"=x\"}", "'valuesExpression' is not"},
    {"{\"type\":\"textfield\",\"id\":\"a\",\"key\":\"a\",\"label\":\"=x\"}", "expressions are only"},
    {"{\"type\":\"textfield\",\"id\":\"a\",\"key\":\"a\",\"validate\":{\"validationType\":\"email\"}}",
     "'validationType'"},
    {"{\"type\":\"textfield\",\"id\":\"a\",\"key\":\"a\",\"validate\":{\"pattern\":\"[a\"}}", "begin with ^"},
    {"{\"type\":\"textfield\",\"id\":\"a\",\"key\":\"a\",\"validate\":{\"pattern\":\"^[a$\"}}",
     "not a regular expression"},
    {"{\"type\":\"textfield\",\"id\":\"a\",\"key\":\"a\",\"validate\":{\"minLength\":-1}}", "whole number"},
    {"{\"type\":\"textfield\",\"id\":\"a\",\"key\":\"a\",\"conditional\":{\"hide\":\"=1 +\"}}", "component 'a'"},
    {"{\"type\":\"textfield\",\"id\":\"a\",\"key\":\"a\",\"conditional\":{\"hide\":\"true\"}}", "begins with '='"},
    {"{\"type\":\"textfield\",\"id\":\"a\",\"key\":\"a\",\"properties\":{\"format\":\"iban\"}}", "no known format"},
    {"{\"type\":\"textfield\",\"id\":\"a\",\"key\":\"a\",\"properties\":{\"secret\":true}}", "'secret' is not"},
    {"{\"type\":\"number\",\"id\":\"a\",\"key\":\"a\",\"validate\":{\"minLength\":1}}", "only makes sense for text"},
    {"{\"type\":\"number\",\"id\":\"a\",\"key\":\"a\",\"validate\":{\"min\":\"1\"}}", "must be a number"},
    {"{\"type\":\"select\",\"id\":\"a\",\"key\":\"a\"}", "needs values"},
    {"{\"type\":\"select\",\"id\":\"a\",\"key\":\"a\",\"values\":[{\"value\":\"1\",\"label\":\"x\"},{\"value\":\"1\","
     "\"label\":\"y\"}]}",
     "twice"},
    {"{\"type\":\"datetime\",\"id\":\"a\",\"key\":\"a\",\"subtype\":\"week\"}", "date, time or datetime"},
    {"{\"type\":\"dynamiclist\",\"id\":\"a\",\"components\":[]}", "always"},
    {"{\"type\":\"group\",\"id\":\"g\",\"components\":[{\"type\":\"textfield\",\"id\":\"g\",\"key\":\"a\"}]}",
     "used twice"},
    {"{\"type\":\"text\",\"id\":\"a\",\"text\":\"=x\"}", "expressions are only"},
};

static void what_is_outside_the_subset_is_refused_with_the_component(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct str json =
            arena_printf(&arena, "{\"type\":\"default\",\"id\":\"f\",\"schemaVersion\":19,\"components\":[%s]}",
                         refused[i].component);
        const struct form *form = NULL;
        struct error err = ERROR_INIT;
        if (form_load(&arena, json, &form, &err) == OK)
            fail_msg("accepted: %s", refused[i].component);
        if (!strstr(err.message, refused[i].message))
            fail_msg("%s: %s", refused[i].component, err.message);
        assert_string_equal(err.type, "form-invalid");
        assert_true(strncmp(err.field, "components[0]", 13) == 0);
    }
}

static void one_place_cannot_hold_two_values(void **state)
{
    (void)state;
    static const char *const pairs[] = {
        "{\"type\":\"number\",\"id\":\"a\",\"key\":\"x\"},{\"type\":\"number\",\"id\":\"b\",\"key\":\"x\"}",
        "{\"type\":\"number\",\"id\":\"a\",\"key\":\"x\"},{\"type\":\"number\",\"id\":\"b\",\"key\":\"x.y\"}",
        "{\"type\":\"number\",\"id\":\"a\",\"key\":\"x.y\"},{\"type\":\"number\",\"id\":\"b\",\"key\":\"x\"}",
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct str json = arena_printf(
            &arena, "{\"type\":\"default\",\"id\":\"f\",\"schemaVersion\":19,\"components\":[%s]}", pairs[i]);
        const struct form *form = NULL;
        struct error err = ERROR_INIT;
        assert_int_equal(form_load(&arena, json, &form, &err), FAILED);
    }
}

static void assert_text(struct value v, const char *expected)
{
    if (!str_equal(value_text(v), str_of(expected)))
        fail_msg("expected %s, found %.*s", expected, STR_ARGS(value_to_text(&arena, v)));
}

static struct str english(void *state, struct str text)
{
    (void)state;
    return str_equal(text, STR("请填写{label}")) ? STR("Enter {label}")
           : str_equal(text, STR("姓名"))        ? STR("name")
                                                 : text;
}

static void messages_come_in_the_language_asked_for(void **state)
{
    (void)state;
    struct feel_run run = {.arena = &arena};
    struct form_env env = {.run = &run, .texts = {NULL, english}};
    struct form_result result = form_validate(person(), value_null, &env);
    assert_string_equal(result.errors[0].message.data, "Enter name");
    env.texts.find = NULL;
    result = form_validate(person(), value_null, &env);
    assert_string_equal(result.errors[0].message.data, "请填写姓名");
}

static void the_description_holds_steps_values_errors_and_what_is_hidden(void **state)
{
    (void)state;
    struct feel_run run = {.arena = &arena};
    struct form_env env = {.run = &run};
    struct value data = json_of("{\"person\": {\"sex\": \"1\", \"weight\": 70}, \"contacts\": [{\"phone\": \"1\"}]}");
    struct form_result result = form_validate(person(), data, &env);
    struct value described = form_describe(person(), result.data, result.errors, result.error_count, &env);
    struct value steps = value_get(described, STR("steps"));
    assert_int_equal(value_count(steps), 2);
    struct value first = value_get(value_at(steps, 0), STR("fields"));
    assert_text(value_path(value_at(first, 0), "error"), "请填写姓名");
    assert_text(value_path(value_at(first, 5), "text"), "男");
    assert_true(value_is_true(value_path(value_at(first, 6), "hidden")));
    struct value rows = value_get(value_at(value_get(value_at(steps, 1), STR("fields")), 4), STR("rows"));
    struct value phone = value_at(value_get(value_at(rows, 0), STR("fields")), 1);
    assert_text(value_get(phone, STR("name")), "contacts[0].phone");
    assert_false(value_is_null(value_get(phone, STR("error"))));
    struct value errors = value_get(described, STR("errors"));
    assert_int_equal(value_count(errors), result.error_count);
    assert_text(value_path(value_at(errors, 1), "id"), "cname");
}

static void a_post_becomes_typed_data_and_keeps_the_other_steps(void **state)
{
    (void)state;
    const struct form_pair pairs[] = {
        {STR("ways"), STR("phone")},
        {STR("ways"), STR("post")},
        {STR("agree"), STR("on")},
        {STR("contacts[0].name"), STR("王五")},
        {STR("contacts[1].name"), STR("")},
        {STR("contacts[2].name"), STR("赵六")},
        {STR("contacts[999].name"), STR("x")},
        {STR("csrf"), STR("y")},
        {STR("car.plate"), STR("A12345")},
    };
    struct value base = json_of("{\"person\": {\"name\": \"张三\", \"sex\": \"1\"}, \"memo\": \"旧\"}");
    struct value data = form_from_post(person(), &arena, pairs, COUNT_OF(pairs), base, 1);
    struct value expected =
        json_of("{\"person\": {\"name\": \"张三\", \"sex\": \"1\"}, \"memo\": null, \"ways\": [\"phone\", \"post\"],"
                "\"at\": null, \"clock\": null, \"contacts\": [{\"name\": \"王五\", \"phone\": null, \"silent\": null},"
                "{\"name\": \"赵六\", \"phone\": null, \"silent\": null}], \"car\": {\"plate\": \"A12345\"},"
                "\"unit\": null, \"nation\": null, \"agree\": true}");
    if (!value_identical(data, expected))
        fail_msg("%s", json_text(&arena, data).data);
    const struct form_pair numbers[] = {{STR("person.age"), STR("41")}, {STR("person.weight"), STR("schwer")}};
    data = form_from_post(person(), &arena, numbers, COUNT_OF(numbers), value_null, 0);
    assert_int_equal(value_path(data, "person.age").kind, VALUE_NUMBER);
    assert_int_equal(value_path(data, "person.weight").kind, VALUE_STRING);
}

static void prefill_takes_names_and_defaults(void **state)
{
    (void)state;
    struct str json =
        STR("{\"type\":\"default\",\"id\":\"f\",\"schemaVersion\":19,\"components\":[{\"type\":\"group\",\"id\":\"g\","
            "\"path\":\"p\",\"components\":["
            "{\"type\":\"textfield\",\"id\":\"a\",\"key\":\"a\",\"properties\":{\"prefill\":\"=applicant.name\"}},"
            "{\"type\":\"textfield\",\"id\":\"b\",\"key\":\"b\",\"defaultValue\":\"x\",\"properties\":{\"prefill\":\"="
            "nobody.name\"}},"
            "{\"type\":\"datetime\",\"id\":\"c\",\"key\":\"c\",\"subtype\":\"date\",\"properties\":{\"prefill\":\"="
            "today()\"}},"
            "{\"type\":\"number\",\"id\":\"d\",\"key\":\"d\"}]}]}");
    const struct form *form = NULL;
    struct error err = ERROR_INIT;
    assert_int_equal(form_load(&arena, json, &form, &err), OK);
    struct feel_run run = {.arena = &arena, .now_ms = 1783299600000};
    struct form_env env = {.run = &run};
    struct value data = form_prefill(form, json_of("{\"applicant\": {\"name\": \"张三\"}}"), &env);
    assert_true(value_identical(data, json_of("{\"p\": {\"a\": \"张三\", \"b\": \"x\", \"c\": \"2026-07-06\"}}")));
}

static void conditions_that_never_settle_end_all_the_same(void **state)
{
    (void)state;
    struct str json =
        STR("{\"type\":\"default\",\"id\":\"f\",\"schemaVersion\":19,\"components\":["
            "{\"type\":\"number\",\"id\":\"a\",\"key\":\"a\",\"conditional\":{\"hide\":\"=b != null\"}},"
            "{\"type\":\"number\",\"id\":\"b\",\"key\":\"b\",\"conditional\":{\"hide\":\"=a = null\"}}]}");
    const struct form *form = NULL;
    struct error err = ERROR_INIT;
    assert_int_equal(form_load(&arena, json, &form, &err), OK);
    struct feel_run run = {.arena = &arena};
    struct form_env env = {.run = &run};
    struct form_result result = form_validate(form, json_of("{\"a\": 1, \"b\": 2}"), &env);
    assert_int_equal(result.error_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_outside_the_subset_is_refused_with_the_component, begin, end),
        cmocka_unit_test_setup_teardown(one_place_cannot_hold_two_values, begin, end),
        cmocka_unit_test_setup_teardown(messages_come_in_the_language_asked_for, begin, end),
        cmocka_unit_test_setup_teardown(the_description_holds_steps_values_errors_and_what_is_hidden, begin, end),
        cmocka_unit_test_setup_teardown(a_post_becomes_typed_data_and_keeps_the_other_steps, begin, end),
        cmocka_unit_test_setup_teardown(prefill_takes_names_and_defaults, begin, end),
        cmocka_unit_test_setup_teardown(conditions_that_never_settle_end_all_the_same, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
