/* Runs test/golden/dmn/cases.txt, and looks at what a model tells about itself and its evaluations. */
#include "fixture.h"

static const struct dmn_model *load_files(struct arena *arena, struct str files)
{
    struct dmn_source sources[4];
    size_t count = 0;
    while (files.data && files.len) {
        struct str name = str_trim(str_cut(&files, ','));
        sources[count++] = (struct dmn_source){name, fixture_file(arena, arena_cstr(arena, name))};
    }
    struct dmn_options options = {.strictness = DMN_TOLERANT};
    const struct dmn_model *model = NULL;
    struct error err = ERROR_INIT;
    if (dmn_load(arena, sources, count, &options, &model, &err) != OK)
        fail_msg("%s", err.message);
    return model;
}

static bool run_case(struct str line)
{
    struct arena arena;
    arena_init(&arena);
    struct str rest = line;
    struct str files = str_trim(str_cut(&rest, '|'));
    struct str decision = str_trim(str_cut(&rest, '|'));
    ptrdiff_t arrow = str_find(rest, STR("=>"), 0);
    assert_true(arrow >= 0);
    struct value input = fixture_json(&arena, str_part(rest, 0, (size_t)arrow));
    rest = str_part(rest, (size_t)arrow + 2, rest.len);
    struct str expected = str_trim(str_cut(&rest, '~'));
    struct str wanted = str_trim(rest);
    struct str reason = STR_NONE;
    struct value v = fixture_evaluate(&arena, load_files(&arena, files), decision, input, &reason);
    bool right =
        fixture_same(&arena, v, fixture_json(&arena, expected)) && (!wanted.len || str_find(reason, wanted, 0) >= 0);
    if (!right)
        print_error("%.*s: got %.*s (%.*s)\n", STR_ARGS(line), STR_ARGS(json_text(&arena, v)), STR_ARGS(reason));
    arena_release(&arena);
    return right;
}

static void models_answer_as_the_golden_file_says(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct str text = fixture_file(&arena, "cases.txt");
    size_t done = 0;
    size_t wrong = 0;
    while (text.data && text.len) {
        struct str line = str_trim(str_cut(&text, '\n'));
        if (!line.len || line.data[0] == '#')
            continue;
        wrong += !run_case(line);
        done++;
    }
    arena_release(&arena);
    assert_int_equal(wrong, 0);
    assert_true(done > 70);
}

static void a_compiled_plan_gives_the_answers_computed_by_another_program(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const struct dmn_model *model =
        fixture_load(&arena, STR("fever.dmn"), fixture_file(&arena, "fever.dmn"), DMN_STRICT);
    struct value cases = fixture_json(&arena, fixture_file(&arena, "fever.json"));
    const struct dmn_plan *plan = NULL;
    const struct str *names = NULL;
    struct error err = ERROR_INIT;
    assert_int_equal(dmn_plan_new(&arena, model, STR("visit"), &plan, &err), OK);
    assert_int_equal(dmn_plan_inputs(plan, &names), 4);
    assert_int_equal(value_count(cases), 500);
    for (size_t i = 0; i < value_count(cases); i++) {
        struct value one = value_at(cases, i);
        struct value inputs[4];
        struct dmn_run run = {.feel = {.arena = &arena}};
        for (size_t n = 0; n < 4; n++)
            inputs[n] = value_get(one, names[n]);
        struct value v = dmn_plan_evaluate(plan, inputs, &run);
        assert_true(value_identical(value_get(v, STR("when")), value_get(one, STR("when"))));
        assert_true(value_identical(value_get(v, STR("withinDays")), value_get(one, STR("withinDays"))));
    }
    arena_release(&arena);
}

static void a_plan_leaves_no_memory_behind_in_the_heap(void **state)
{
    (void)state;
    struct arena arena;
    struct arena scratch;
    arena_init(&arena);
    arena_init(&scratch);
    const struct dmn_model *model =
        fixture_load(&arena, STR("fever.dmn"), fixture_file(&arena, "fever.dmn"), DMN_STRICT);
    const struct dmn_plan *plan = NULL;
    struct error err = ERROR_INIT;
    assert_int_equal(dmn_plan_new(&arena, model, STR("visit"), &plan, &err), OK);
    struct value inputs[4] = {value_int(30), value_int(39), value_int(4), value_cstr("none")};
    struct dmn_run run = {.feel = {.arena = &scratch}};
    dmn_plan_evaluate(plan, inputs, &run);
    size_t once = scratch.used;
    for (int i = 0; i < 1000; i++) {
        arena_reset(&scratch);
        dmn_plan_evaluate(plan, inputs, &run);
        assert_int_equal(scratch.used, once);
    }
    assert_true(once < 2048);
    arena_release(&scratch);
    arena_release(&arena);
}

static void an_evaluation_explains_itself(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const struct dmn_model *model =
        fixture_load(&arena, STR("fever.dmn"), fixture_file(&arena, "fever.dmn"), DMN_STRICT);
    struct value input =
        fixture_json(&arena, STR("{\"age\": 0.5, \"temperature\": 38.2, \"days\": 2, \"sign\": \"none\"}"));
    struct dmn_run run = {.feel = {.arena = &arena}, .detail = DMN_EXPLAINED};
    struct value v = value_null;
    struct error err = ERROR_INIT;
    assert_int_equal(dmn_evaluate(model, STR("visit"), input, &run, &v, &err), OK);
    assert_int_equal(run.step_count, 1);
    assert_int_equal(run.steps[0].requirement_count, 4);
    assert_int_equal(run.steps[0].tables[0].hit_count, 1);
    assert_int_equal(run.steps[0].tables[0].hits[0].index, 4);
    struct value expected = fixture_json(
        &arena,
        STR("{\"decisions\": [{\"id\": \"visit\", \"name\": \"visit\", \"kind\": \"decision\","
            "\"value\": {\"when\": \"today\", \"withinDays\": 1},"
            "\"given\": {\"age\": 0.5, \"temperature\": 38.2, \"days\": 2, \"sign\": \"none\"},"
            "\"tables\": [{\"id\": \"visit_table\", \"hitPolicy\": \"FIRST\","
            "\"inputs\": [{\"id\": \"c_age\", \"name\": \"age\", \"value\": 0.5},"
            "{\"id\": \"c_temperature\", \"name\": \"temperature\", \"value\": 38.2},"
            "{\"id\": \"c_days\", \"name\": \"days\", \"value\": 2}, {\"id\": \"c_sign\", \"name\": \"sign\", "
            "\"value\": \"none\"}],"
            "\"rules\": [{\"id\": \"r4\", \"index\": 4, \"outputs\": [{\"id\": \"c_when\", \"name\": \"when\", "
            "\"value\": \"today\"},"
            "{\"id\": \"c_within\", \"name\": \"withinDays\", \"value\": 1}]}]}], \"notes\": []}], \"notes\": []}"));
    assert_true(value_identical(fixture_json(&arena, json_text(&arena, dmn_explanation(&arena, &run))), expected));
    arena_release(&arena);
}

static void reasons_of_nulls_stand_at_the_decision_that_had_them(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const struct dmn_model *model =
        fixture_load(&arena, STR("boxed.dmn"), fixture_file(&arena, "boxed.dmn"), DMN_TOLERANT);
    struct dmn_run run = {.feel = {.arena = &arena}, .detail = DMN_EXPLAINED};
    struct value v = value_null;
    struct error err = ERROR_INIT;
    struct value input = fixture_json(&arena, STR("{\"n\": 2}"));
    assert_int_equal(dmn_evaluate(model, STR("result"), input, &run, &v, &err), OK);
    assert_int_equal(run.step_count, 1);
    assert_int_equal(run.steps[0].note_to - run.steps[0].note_from, 1);
    arena_release(&arena);
}

static void a_model_tells_its_elements_and_what_a_decision_needs(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const struct dmn_model *model = load_files(&arena, STR("import-top.dmn,import-base.dmn"));
    const struct dmn_element *const *elements = NULL;
    assert_int_equal(dmn_elements(model, &elements), 7);
    assert_true(str_equal(dmn_model_name(model), STR("top")));
    assert_null(dmn_find(model, DMN_DECISION, STR("own age")));
    const struct dmn_element *vote = dmn_find(model, DMN_DECISION, STR("may vote"));
    assert_non_null(vote);
    const struct dmn_element *const *inputs = NULL;
    assert_int_equal(dmn_inputs_of(&arena, model, vote, &inputs), 1);
    assert_true(str_equal(inputs[0]->name, STR("the age")));
    assert_true(str_equal(inputs[0]->type, STR("tAge")));
    assert_true(str_equal(inputs[0]->file, STR("import-base.dmn")));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_answer_as_the_golden_file_says),
        cmocka_unit_test(a_compiled_plan_gives_the_answers_computed_by_another_program),
        cmocka_unit_test(a_plan_leaves_no_memory_behind_in_the_heap),
        cmocka_unit_test(an_evaluation_explains_itself),
        cmocka_unit_test(reasons_of_nulls_stand_at_the_decision_that_had_them),
        cmocka_unit_test(a_model_tells_its_elements_and_what_a_decision_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
