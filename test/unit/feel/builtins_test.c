/* Built-in functions and regular expressions against golden lines. */
#include "expressions.h"

static void builtins_give_the_values_of_the_specification(void **state)
{
    (void)state;
    golden_run("builtins.txt", check_expression);
}

static void patterns_mean_what_xpath_says(void **state)
{
    (void)state;
    golden_run("regex.txt", check_expression);
}

static void every_builtin_has_a_signature(void **state)
{
    (void)state;
    size_t count = 0;
    const struct feel_builtin_info *builtins = feel_builtins(&count);
    assert_true(count > 100);
    for (size_t i = 0; i < count; i++)
        assert_true(str_starts(str_of(builtins[i].signature), str_of(builtins[i].name)));
}

static void what_is_not_at_hand_gives_null(void **state)
{
    (void)state;
    static const char *const texts[] = {"is working day(@\"2026-10-01\")", "random number()", "uuid()"};
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct error err = ERROR_INIT;
        struct feel_run run = {.arena = &arena};
        const struct feel_program *program = NULL;
        assert_int_equal(feel_compile(&arena, str_of(texts[i]), NULL, &program, &err), OK);
        assert_true(value_is_null(feel_evaluate_in(program, value_null, &run)));
        assert_int_equal(run.note_count, 1);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builtins_give_the_values_of_the_specification),
        cmocka_unit_test(patterns_mean_what_xpath_says),
        cmocka_unit_test(every_builtin_has_a_signature),
        cmocka_unit_test(what_is_not_at_hand_gives_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
