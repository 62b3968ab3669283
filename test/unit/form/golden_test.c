/* Runs test/golden/form: every NAME.form with the cases of NAME.cases. */
#include "feel/json.h"
#include "form/form.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define GOLDEN SOURCE_ROOT "/test/golden/form"

static const struct form_option nations[] = {{{"01", 2}, {"汉族", 6}}, {{"10", 2}, {"朝鲜族", 9}}};

static bool find_code(void *state, struct str table, struct str value, struct str *label)
{
    (void)state;
    for (size_t i = 0; str_equal(table, STR("nation")) && i < COUNT_OF(nations); i++)
        if (str_equal(nations[i].value, value)) {
            *label = nations[i].label;
            return true;
        }
    return false;
}

static struct value judged(struct arena *arena, const struct form_result *result)
{
    struct list_builder errors;
    list_builder_init(&errors, arena);
    for (size_t i = 0; i < result->error_count; i++)
        list_builder_push(&errors, value_string(arena_printf(arena, "%.*s %s", STR_ARGS(result->errors[i].field),
                                                             result->errors[i].code)));
    struct context_builder out;
    context_builder_init(&out, arena);
    context_builder_put(&out, STR("data"), result->data);
    context_builder_put(&out, STR("errors"), list_builder_done(&errors));
    return context_builder_done(&out);
}

static struct value read_json(struct arena *arena, struct str text)
{
    struct error err = ERROR_INIT;
    struct value v = value_null;
    if (json_parse(arena, text, NULL, &v, &err) != OK)
        fail_msg("%s %s: %.*s", err.message, err.field, STR_ARGS(text));
    return v;
}

static size_t run_cases(struct arena *arena, const struct form *form, struct str text)
{
    struct feel_run run = {.arena = arena, .now_ms = 1783299600000}; /* 2026-07-06T09:00+08:00 */
    struct form_env env = {.run = &run, .codes = {.find = find_code}};
    size_t count = 0;
    size_t wrong = 0;
    while (text.len > 0) {
        struct str title = str_trim(str_cut(&text, '\n'));
        if (title.len == 0 || title.data[0] == '#')
            continue;
        struct value data = read_json(arena, str_cut(&text, '\n'));
        struct value expected = read_json(arena, str_cut(&text, '\n'));
        struct form_result result = form_validate(form, data, &env);
        struct value found = judged(arena, &result);
        count++;
        if (value_identical(found, expected))
            continue;
        wrong++;
        printf("%.*s\n  expected %s\n  found    %s\n", STR_ARGS(title), json_text(arena, expected).data,
               json_text(arena, found).data);
    }
    assert_int_equal(wrong, 0);
    return count;
}

static void golden_cases_are_judged_as_written(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct str *names = NULL;
    size_t count = 0;
    size_t cases = 0;
    struct error err = ERROR_INIT;
    assert_int_equal(folder_list(&arena, GOLDEN, ".form", &names, &count, &err), OK);
    for (size_t i = 0; i < count; i++) {
        struct str json, text;
        const struct form *form = NULL;
        struct str path = arena_printf(&arena, GOLDEN "/%.*s", STR_ARGS(names[i]));
        assert_int_equal(file_read(&arena, path.data, 1 << 20, &json, &err), OK);
        if (form_load(&arena, json, &form, &err) != OK)
            fail_msg("%s %s", err.message, err.field);
        path = arena_printf(&arena, "%.*scases", (int)path.len - 4, path.data);
        assert_int_equal(file_read(&arena, path.data, 1 << 20, &text, &err), OK);
        cases += run_cases(&arena, form, text);
    }
    assert_true(cases >= 35);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(golden_cases_are_judged_as_written)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
