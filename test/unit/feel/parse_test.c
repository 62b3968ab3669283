/* What compiling finds out: errors and their places, limits, free names, constants, the shape of unary tests, types. */
#include "expressions.h"

static const struct feel_program *compiled(struct arena *arena, enum feel_syntax syntax, const char *text)
{
    struct error err = ERROR_INIT;
    struct feel_options options = {.syntax = syntax};
    const struct feel_program *program = NULL;
    if (feel_compile(arena, str_of(text), &options, &program, &err) != OK)
        fail_msg("%s: %s", text, err.message);
    return program;
}

static void errors_tell_line_and_column(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct error err = ERROR_INIT;
    const struct feel_program *program = NULL;
    assert_int_equal(feel_compile(&arena, STR("1 +\n  )"), NULL, &program, &err), FAILED);
    assert_string_equal(err.type, "feel-syntax");
    assert_string_equal(err.field, "line 2, column 3");
    assert_int_equal(feel_compile(&arena, STR("中 + \"文"), NULL, &program, &err), FAILED);
    assert_string_equal(err.field, "line 1, column 5");
    assert_int_equal(feel_compile(&arena, STR("  "), NULL, &program, &err), FAILED);
    assert_int_equal(feel_compile(&arena, STR("\xff"), NULL, &program, &err), FAILED);
    assert_null(program);
    arena_release(&arena);
}

/* open, n times, then middle, then close, n times. */
static struct str nested(struct arena *arena, const char *open, const char *middle, const char *close, size_t n)
{
    struct str *parts = arena_array(arena, struct str, 2 * n + 1);
    for (size_t i = 0; i < n; i++) {
        parts[i] = str_of(open);
        parts[n + 1 + i] = str_of(close);
    }
    parts[n] = str_of(middle);
    return arena_join(arena, parts, 2 * n + 1);
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"(", "1", ")"},
        {"[", "1", "]"},
        {"{a: ", "1", "}"},
        {"-", "x", ""},
        {"abs(", "1", ")"},
        {"a[", "1", "]"},
        {"(<", "1", ")"},
        {"]", "1", "..2["},
        {"[1..", "1", "]"},
        {"if true then ", "1", " else 2"},
        {"if true then 1 else ", "1", ""},
        {"for x in ", "[1]", " return x"},
        {"function(x) ", "1", ""},
        {"1 in (", "1", ")"},
        {"x.", "y", ""},
        {"not(", "true", ")"},
        {"f(a: ", "1", ")"},
        {"some x in [1] satisfies ", "true", ""},
        {"1 = ", "1", ""},
        {"a(", "1", ", 2)"},
        {"1 in ", "1", ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (int syntax = FEEL_EXPRESSION; syntax <= FEEL_UNARY_TESTS; syntax++) {
            struct arena arena;
            arena_init(&arena);
            struct error err = ERROR_INIT;
            struct feel_options options = {.syntax = (enum feel_syntax)syntax};
            const struct feel_program *program = NULL;
            struct str text = nested(&arena, rows[i][0], rows[i][1], rows[i][2], 10000);
            enum status status = feel_compile(&arena, text, &options, &program, &err);
            if (status == OK || strcmp(err.type, "feel-limit") != 0)
                fail_msg("%s: %s", rows[i][0], status == OK ? "was not refused" : err.message);
            arena_release(&arena);
        }
    }
}

static void long_rows_of_operands_are_no_nesting(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct error err = ERROR_INIT;
    const struct feel_program *program = NULL;
    struct feel_run run = run_in(&arena);
    struct str text = nested(&arena, "x + ", "1", "", 20000);
    assert_int_equal(feel_compile(&arena, text, NULL, &program, &err), OK);
    struct member one = {STR("x"), value_int(1)};
    struct context context = {.count = 1, .members = &one};
    struct value variables = {.kind = VALUE_CONTEXT, .context = &context};
    assert_true(value_identical(feel_evaluate_in(program, variables, &run), value_int(20001)));
    text = nested(&arena, "x = 2 or ", "true", "", 20000);
    assert_int_equal(feel_compile(&arena, text, NULL, &program, &err), OK);
    assert_true(value_is_true(feel_evaluate_in(program, variables, &run)));
    arena_release(&arena);
}

static void long_texts_are_refused(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct error err = ERROR_INIT;
    const struct feel_program *program = NULL;
    struct str text = nested(&arena, "1234567+", "1", "", 1024 * 128);
    assert_int_equal(feel_compile(&arena, text, NULL, &program, &err), FAILED);
    assert_string_equal(err.type, "feel-limit");
    arena_release(&arena);
}

static void free_names_are_told_once_in_order(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const struct str *names = NULL;
    const struct feel_program *program = compiled(&arena, FEEL_EXPRESSION,
                                                  "order.total + tax + {a: 1, b: a}.b + (for i in order return i + "
                                                  "rate)[1] + sum(list[price > limit]) + count([1])");
    size_t count = feel_free_names(program, &names);
    const char *const wanted[] = {"order", "tax", "rate", "list"};
    assert_int_equal(count, COUNT_OF(wanted));
    for (size_t i = 0; i < count; i++)
        assert_true(str_equal(names[i], str_of(wanted[i])));
    arena_release(&arena);
}

static void unknown_names_are_errors_where_names_are_strict(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct error err = ERROR_INIT;
    struct str names[] = {STR("x")};
    struct feel_options options = {.scope = {names, 1}, .strict_names = true};
    const struct feel_program *program = NULL;
    assert_int_equal(feel_compile(&arena, STR("x + 1"), &options, &program, &err), OK);
    assert_int_equal(feel_compile(&arena, STR("x + y"), &options, &program, &err), FAILED);
    assert_string_equal(err.field, "line 1, column 5");
    assert_int_equal(feel_compile(&arena, STR("x[y > 1]"), &options, &program, &err), OK);
    arena_release(&arena);
}

static void constants_are_folded(void **state)
{
    (void)state;
    static const char *const constants[] = {"1 + 2 * 3",
                                            "date(\"2020-01-01\") + duration(\"P1D\")",
                                            "[1, 2, 3]",
                                            "[1..5]",
                                            "upper case(\"a\")",
                                            "1 < 2 and 2 < 3",
                                            "-(1)",
                                            "{a: 1}.a"};
    static const char *const others[] = {"x", "now()", "1 / 0", "[x]", "matches(\"a\", \"a\")", "function(a) a"};
    struct arena arena;
    arena_init(&arena);
    struct value ignored;
    for (size_t i = 0; i < COUNT_OF(constants) - 1; i++)
        assert_true(feel_constant(compiled(&arena, FEEL_EXPRESSION, constants[i]), &ignored));
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_false(feel_constant(compiled(&arena, FEEL_EXPRESSION, others[i]), &ignored));
    arena_release(&arena);
}

static void the_shape_of_tests_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum feel_test_kind kind;
        size_t count;
    } rows[] = {
        {"-", FEEL_TEST_ANY, 0},
        {"5", FEEL_TEST_VALUES, 1},
        {"\"a\", \"b\"", FEEL_TEST_VALUES, 2},
        {"[1..5)", FEEL_TEST_VALUES, 1},
        {">= 5", FEEL_TEST_VALUES, 1},
        {"not(5, 6)", FEEL_TEST_NOT, 2},
        {"not(< 5)", FEEL_TEST_NOT, 1},
        {"true", FEEL_TEST_VALUES, 1},
        {"!= 5", FEEL_TEST_NOT, 1},
        {"not(!= 5)", FEEL_TEST_VALUES, 1},
        {"x", FEEL_TEST_OTHER, 0},
        {"? > 5", FEEL_TEST_OTHER, 0},
        {"null", FEEL_TEST_OTHER, 0},
        {"[null..5]", FEEL_TEST_OTHER, 0},
        {"5, x", FEEL_TEST_OTHER, 0},
        {"= null", FEEL_TEST_OTHER, 0},
        {"!= null", FEEL_TEST_OTHER, 0},
        {"< null", FEEL_TEST_OTHER, 0},
        {"= [1]", FEEL_TEST_OTHER, 0},
        {"@\"2020-01-01\"", FEEL_TEST_VALUES, 1},
        {"< date(\"2020-01-01\")", FEEL_TEST_VALUES, 1},
    };
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct feel_tests_shape shape = feel_tests_shape(compiled(&arena, FEEL_UNARY_TESTS, rows[i].text));
        if (shape.kind != rows[i].kind || shape.count != rows[i].count)
            fail_msg("%s has kind %d and %zu ranges", rows[i].text, (int)shape.kind, shape.count);
    }
    struct feel_tests_shape shape = feel_tests_shape(compiled(&arena, FEEL_UNARY_TESTS, ">= 5"));
    assert_true(value_identical(shape.ranges[0].start, value_int(5)));
    assert_true(shape.ranges[0].start_included);
    assert_true(value_is_null(shape.ranges[0].end));
    arena_release(&arena);
}

static void declared_types_are_known_to_instance_of(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct error err = ERROR_INIT;
    const struct feel_type *number = feel_type_named(STR("number"));
    struct feel_type positive = {
        .kind = FEEL_TYPE_NUMBER, .base = number, .allowed = compiled(&arena, FEEL_UNARY_TESTS, "> 0")};
    struct feel_type_member members[] = {{STR("age"), &positive}};
    struct feel_type person = {.kind = FEEL_TYPE_CONTEXT, .members = members, .member_count = 1};
    struct feel_named_type types[] = {{STR("t Person"), &person}};
    struct feel_options options = {.types = types, .type_count = 1};
    static const struct {
        const char *text;
        bool wanted;
    } rows[] = {{"{age: 5} instance of t Person", true},
                {"{age: -5} instance of t Person", false},
                {"{age: \"x\"} instance of t Person", false},
                {"[{age: 5}] instance of list<t Person>", true},
                {"(function(p: t Person) p.age)({age: -1}) = null", true}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct feel_program *program = NULL;
        struct feel_run run = run_in(&arena);
        assert_int_equal(feel_compile(&arena, str_of(rows[i].text), &options, &program, &err), OK);
        assert_true(value_identical(feel_evaluate_in(program, value_null, &run), value_boolean(rows[i].wanted)));
    }
    arena_release(&arena);
}

static struct value give_nothing(void *host, const struct value *arguments, struct feel_run *run)
{
    (void)host;
    (void)arguments;
    (void)run;
    return value_null;
}

static void host_functions_may_tell_their_types(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool typed, untyped;
    } rows[] = {{"f instance of function<number> -> string", true, true},
                {"f instance of function<string> -> string", false, true},
                {"f instance of function<number> -> number", false, true},
                {"f instance of function<number, number> -> string", false, false}};
    struct arena arena;
    arena_init(&arena);
    struct str names[] = {STR("n")};
    struct feel_type_member members[] = {{STR_NONE, feel_type_named(STR("number"))}};
    struct feel_type type = {
        .kind = FEEL_TYPE_FUNCTION, .members = members, .member_count = 1, .item = feel_type_named(STR("string"))};
    struct value untyped = feel_host_function(&arena, names, 1, give_nothing, NULL);
    struct value typed = feel_function_typed(feel_host_function(&arena, names, 1, give_nothing, NULL), &type);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (int with = 0; with < 2; with++) {
            struct member member = {STR("f"), with ? typed : untyped};
            struct value context = context_of_members(&arena, &member, 1);
            struct outcome out = evaluate(&arena, FEEL_EXPRESSION, context, str_of(rows[i].text));
            assert_true(out.compiled);
            assert_int_equal(value_is_true(out.value), with ? rows[i].typed : rows[i].untyped);
        }
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_tell_line_and_column),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(long_rows_of_operands_are_no_nesting),
        cmocka_unit_test(long_texts_are_refused),
        cmocka_unit_test(free_names_are_told_once_in_order),
        cmocka_unit_test(unknown_names_are_errors_where_names_are_strict),
        cmocka_unit_test(constants_are_folded),
        cmocka_unit_test(the_shape_of_tests_is_told),
        cmocka_unit_test(declared_types_are_known_to_instance_of),
        cmocka_unit_test(host_functions_may_tell_their_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
