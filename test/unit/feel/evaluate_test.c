/* Operators, names, lists, functions and unary tests against golden lines; limits of an evaluation. */
#include "expressions.h"

static void operators_give_the_values_of_the_specification(void **state)
{
    (void)state;
    golden_run("operators.txt", check_expression);
}

static void names_are_found_by_longest_match(void **state)
{
    (void)state;
    golden_run("names.txt", check_expression);
}

static void lists_loops_and_functions_give_the_values_of_the_specification(void **state)
{
    (void)state;
    golden_run("lists.txt", check_expression);
}

static void unary_tests_are_true_false_or_null(void **state)
{
    (void)state;
    golden_run("tests.txt", check_tests);
}

static struct value evaluate_limited(struct arena *arena, const char *text, struct feel_run *run)
{
    const struct feel_program *program = NULL;
    struct error err = ERROR_INIT;
    assert_int_equal(feel_compile(arena, str_of(text), NULL, &program, &err), OK);
    return feel_evaluate_in(program, value_null, run);
}

static void limits_stop_the_run_with_a_note(void **state)
{
    (void)state;
    static const struct {
        const char *text, *note;
        uint64_t steps, list;
        uint32_t depth;
    } rows[] = {
        {"count(for i in 1..1000000000 return i)", "steps", 100000, 0, 0},
        {"count(for i in 1..1000000000 return i)", "items", 0, 5000, 0},
        {"count(for i in 1..99999, j in 1..99999 return 1)", "steps", 1000000, 0, 0},
        {"some x in 1..100000000 satisfies x < 0", "steps", 100000, 0, 0},
        {"{f: function(n) f(n + 1), r: f(0)}.r", "nested deeper", 0, 0, 50},
        {"{f: function(n) f(n + 1), r: f(0)}.r", "nested deeper", 0, 0, 1000000},
        {"count(for i in 1..20000 return count(partial))", "steps", 1000000, 0, 0},
        {"concatenate(for i in 1..600 return i, for i in 1..600 return i)", "items", 0, 1000, 0},
        {"sort(for i in 1..100000 return -i)", "steps", 300000, 0, 0},
        {"[1,2,3][some x in 1..10000000 satisfies x < 0]", "steps", 100000, 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena arena;
        arena_init(&arena);
        struct feel_run run = run_in(&arena);
        run.steps_max = rows[i].steps;
        run.list_max = rows[i].list;
        run.depth_max = rows[i].depth;
        assert_true(value_is_null(evaluate_limited(&arena, rows[i].text, &run)));
        assert_true(run.stopped);
        assert_true(str_find(run.notes[run.note_count - 1].text, str_of(rows[i].note), 0) >= 0);
        arena_release(&arena);
    }
}

static void a_catastrophic_pattern_is_stopped(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct feel_run run = run_in(&arena);
    run.regex_ms = 5;
    struct value v = evaluate_limited(
        &arena, "matches(string join(for i in 1..60 return \"a\") + \"b\", \"^(([a-z])+.)+[A-Z]([a-z])+$\")", &run);
    assert_true(value_is_null(v));
    assert_true(run.stopped);
    assert_true(str_find(run.notes[run.note_count - 1].text, STR("regular expression"), 0) >= 0);
    arena_release(&arena);
}

static void notes_tell_line_and_column_and_are_limited_in_number(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct feel_run run = run_in(&arena);
    assert_true(value_is_null(evaluate_limited(&arena, "1 +\n  (2 + \"a\")", &run)));
    assert_int_equal(run.notes[0].line, 2);
    assert_int_equal(run.notes[0].column, 4);
    struct feel_run many = run_in(&arena);
    struct value v = evaluate_limited(&arena, "for i in 1..100 return i + \"a\"", &many);
    assert_int_equal(value_count(v), 100);
    assert_int_equal(many.note_count, FEEL_NOTES_MAX);
    arena_release(&arena);
}

static void a_closure_outlives_the_arrays_it_was_made_from(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct error err = ERROR_INIT;
    struct str names[] = {STR("k")};
    struct value slots[] = {value_int(5)};
    struct feel_options options = {.scope = {names, 1}};
    const struct feel_program *program = NULL;
    assert_int_equal(feel_compile(&arena, STR("function(x) x * k"), &options, &program, &err), OK);
    struct feel_input input = {.slots = slots};
    struct feel_run run = run_in(&arena);
    struct value function = feel_evaluate(program, &input, &run);
    slots[0] = value_null;
    struct value argument = value_int(3);
    assert_true(value_identical(feel_call(function, &argument, 1, &run), value_int(15)));
    assert_true(value_is_null(feel_call(function, &argument, 0, &run)));
    assert_true(value_is_null(feel_call(value_int(1), &argument, 1, &run)));
    struct member named = {STR("x"), value_int(4)};
    assert_true(value_identical(feel_call_named(function, &named, 1, &run), value_int(20)));
    arena_release(&arena);
}

static struct value host_add(void *host, const struct value *arguments, struct feel_run *run)
{
    (void)run;
    struct value sum;
    return number_add(arguments[0], *(struct value *)host, &sum) ? sum : value_null;
}

static void library_functions_are_called_by_their_names(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct error err = ERROR_INIT;
    struct value seven = value_int(7);
    struct str parameters[] = {STR("the number")};
    struct member members[] = {{STR("add seven to"), feel_host_function(&arena, parameters, 1, host_add, &seven)}};
    struct feel_library library = {1, members};
    struct feel_options options = {.library = &library};
    const char *const texts[] = {"add seven to(1)", "add seven to(the number: 1)"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const struct feel_program *program = NULL;
        struct feel_run run = run_in(&arena);
        assert_int_equal(feel_compile(&arena, str_of(texts[i]), &options, &program, &err), OK);
        assert_true(value_identical(feel_evaluate_in(program, value_null, &run), value_int(8)));
    }
    arena_release(&arena);
}

static void undeclared_names_are_looked_up_in_the_context(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct error err = ERROR_INIT;
    struct value context;
    const struct feel_program *program = NULL;
    assert_int_equal(json_parse(&arena, STR("{\"order total\": 5, \"count\": 2}"), NULL, &context, &err), OK);
    assert_int_equal(feel_compile(&arena, STR("order total * count + count([1])"), NULL, &program, &err), OK);
    struct feel_run run = run_in(&arena);
    assert_true(value_identical(feel_evaluate_in(program, context, &run), value_int(11)));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_give_the_values_of_the_specification),
        cmocka_unit_test(names_are_found_by_longest_match),
        cmocka_unit_test(lists_loops_and_functions_give_the_values_of_the_specification),
        cmocka_unit_test(unary_tests_are_true_false_or_null),
        cmocka_unit_test(limits_stop_the_run_with_a_note),
        cmocka_unit_test(a_catastrophic_pattern_is_stopped),
        cmocka_unit_test(notes_tell_line_and_column_and_are_limited_in_number),
        cmocka_unit_test(a_closure_outlives_the_arrays_it_was_made_from),
        cmocka_unit_test(library_functions_are_called_by_their_names),
        cmocka_unit_test(undeclared_names_are_looked_up_in_the_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
