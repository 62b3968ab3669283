/* Random tables: the compiled table must agree with FEEL asked cell by cell, and the check with trying every value. */
#include "fixture.h"

#define TABLES 300
#define RULES_MAX 90
#define COLUMNS 3

static uint64_t seed = 20260701;

static uint32_t chance(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % n;
}

struct random_table {
    size_t rules;
    const char *type[COLUMNS];
    struct str cells[RULES_MAX][COLUMNS];
};

static struct str literal(struct arena *arena, const char *type)
{
    if (type[0] == 'n')
        return arena_printf(arena, "%d%s", (int)chance(8) - 2, chance(6) ? "" : ".0");
    if (type[0] == 's')
        return arena_printf(arena, "\"%c\"", 'a' + (char)chance(5));
    if (type[0] == 'b')
        return chance(2) ? STR("true") : STR("false");
    return arena_printf(arena, "date(\"2026-07-%02d\")", 1 + (int)chance(6));
}

static struct str interval(struct arena *arena, const char *type)
{
    static const char *const operators[] = {"<", "<=", ">", ">="};
    struct str a = literal(arena, type);
    struct str b = literal(arena, type);
    if (type[0] == 'b' || chance(3) == 0)
        return a;
    if (chance(2))
        return arena_printf(arena, "%s%.*s", operators[chance(4)], STR_ARGS(a));
    return arena_printf(arena, "%c%.*s..%.*s%c", "[("[chance(2)], STR_ARGS(a), STR_ARGS(b), "])"[chance(2)]);
}

static struct str cell(struct arena *arena, const char *type)
{
    struct str one = interval(arena, type);
    struct str other = interval(arena, type);
    switch (chance(8)) {
    case 0: return STR("-");
    case 1: return arena_printf(arena, "%.*s, %.*s", STR_ARGS(one), STR_ARGS(other));
    case 2: return arena_printf(arena, "not(%.*s)", STR_ARGS(one));
    case 3: return arena_printf(arena, "not(%.*s, %.*s)", STR_ARGS(one), STR_ARGS(other));
    default: return one;
    }
}

static void put_text(struct buf *xml, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '<')
            buf_put(xml, STR("&lt;"));
        else
            buf_put_char(xml, text.data[i]);
    }
}

static struct str table_xml(struct arena *arena, const struct random_table *table, const char *policy)
{
    struct buf xml;
    buf_init(&xml, 0);
    buf_put(&xml, STR("<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' name='m' namespace='urn:m'>"));
    for (int i = 0; i < COLUMNS; i++)
        buf_printf(&xml, "<inputData id='i%d' name='x%d'><variable name='x%d'/></inputData>", i, i, i);
    buf_put(&xml, STR("<decision id='d' name='d'>"));
    for (int i = 0; i < COLUMNS; i++)
        buf_printf(&xml, "<informationRequirement><requiredInput href='#i%d'/></informationRequirement>", i);
    buf_printf(&xml, "<decisionTable id='t' hitPolicy='%s'>", policy);
    for (int i = 0; i < COLUMNS; i++)
        buf_printf(&xml, "<input><inputExpression typeRef='%s'><text>x%d</text></inputExpression></input>",
                   policy[0] == 'C' ? "Any" : table->type[i], i);
    buf_put(&xml, STR("<output/>"));
    for (size_t r = 0; r < table->rules; r++) {
        buf_printf(&xml, "<rule id='r%zu'>", r);
        for (int i = 0; i < COLUMNS; i++) {
            buf_put(&xml, STR("<inputEntry><text>"));
            put_text(&xml, table->cells[r][i]);
            buf_put(&xml, STR("</text></inputEntry>"));
        }
        buf_printf(&xml, "<outputEntry><text>%zu</text></outputEntry></rule>", r);
    }
    buf_put(&xml, STR("</decisionTable></decision></definitions>"));
    struct str copy = arena_str(arena, buf_str(&xml));
    buf_release(&xml);
    return copy;
}

static void make_table(struct arena *arena, struct random_table *table, size_t rules_max)
{
    static const char *const types[] = {"number", "string", "boolean", "date"};
    table->rules = 1 + chance((uint32_t)rules_max);
    for (int i = 0; i < COLUMNS; i++)
        table->type[i] = types[chance(4)];
    for (size_t r = 0; r < table->rules; r++)
        for (int i = 0; i < COLUMNS; i++)
            table->cells[r][i] = cell(arena, table->type[i]);
}

static struct value random_input(const char *type)
{
    struct value v = value_null;
    struct error err = ERROR_INIT;
    static const char *const numbers[] = {
        "-3", "-2", "0.5", "1", "1.00", "2.75", "5", "5.0000000000000000000000000000000001", "99"};
    static const char *const texts[] = {"", "a", "aa", "b", "c", "e", "f"};
    if (chance(12) == 0)
        return value_null;
    if (chance(15) == 0)
        type = "number";
    if (type[0] == 'n')
        assert_int_equal(value_number_parse(str_of(numbers[chance(COUNT_OF(numbers))]), &v, &err), OK);
    else if (type[0] == 's')
        v = value_cstr(texts[chance(COUNT_OF(texts))]);
    else if (type[0] == 'b')
        v = value_boolean(chance(2) == 1);
    else
        assert_true(date_make(2026, 7, 1 + chance(8), &v));
    return v;
}

static void show(const struct random_table *table)
{
    for (int i = 0; i < COLUMNS; i++)
        print_error("%s; ", table->type[i]);
    for (size_t r = 0; r < table->rules; r++)
        print_error("\n  %.*s; %.*s; %.*s", STR_ARGS(table->cells[r][0]), STR_ARGS(table->cells[r][1]),
                    STR_ARGS(table->cells[r][2]));
    print_error("\n");
}

static bool holds(struct arena *arena, struct str text, struct value v)
{
    struct feel_options options = {.syntax = FEEL_UNARY_TESTS};
    const struct feel_program *program = NULL;
    struct error err = ERROR_INIT;
    if (feel_compile(arena, text, &options, &program, &err) != OK)
        fail_msg("%.*s: %s", STR_ARGS(text), err.message);
    struct feel_run run = {.arena = arena};
    struct feel_input input = {.context = value_null, .tested = &v};
    return value_is_true(feel_evaluate(program, &input, &run));
}

static void compiled_tables_agree_with_feel_cell_by_cell(void **state)
{
    (void)state;
    size_t hits = 0;
    for (int t = 0; t < TABLES; t++) {
        struct arena arena;
        arena_init(&arena);
        struct random_table table;
        make_table(&arena, &table, RULES_MAX);
        struct str xml = table_xml(&arena, &table, "COLLECT");
        const struct dmn_plan *plan = NULL;
        struct error err = ERROR_INIT;
        const struct dmn_model *model = fixture_load(&arena, STR("m"), xml, DMN_STRICT);
        assert_int_equal(dmn_plan_new(&arena, model, STR("d"), &plan, &err), OK);
        for (int k = 0; k < 8; k++) {
            struct value inputs[COLUMNS];
            for (int i = 0; i < COLUMNS; i++)
                inputs[i] = random_input(table.type[i]);
            struct list_builder expected;
            list_builder_init(&expected, &arena);
            for (size_t r = 0; r < table.rules; r++) {
                bool all = true;
                for (int i = 0; i < COLUMNS && all; i++)
                    all = holds(&arena, table.cells[r][i], inputs[i]);
                if (all)
                    list_builder_push(&expected, value_int((int64_t)r));
            }
            struct value wanted = list_builder_done(&expected);
            struct dmn_run run = {.feel = {.arena = &arena}};
            struct value v = dmn_plan_evaluate(plan, inputs, &run);
            hits += value_count(wanted);
            if (value_identical(v, value_count(wanted) ? wanted : value_null))
                continue;
            show(&table);
            fail_msg("%.*s: got %.*s, wanted %.*s", STR_ARGS(json_text(&arena, value_list(&arena, inputs, COLUMNS))),
                     STR_ARGS(json_text(&arena, v)), STR_ARGS(json_text(&arena, wanted)));
        }
        arena_release(&arena);
    }
    assert_true(hits > 1000);
}

/* Every value that can matter to a table whose ends are -2…5, "a"…"e", the first six days of July 2026. */
static size_t grid(const char *type, struct value *out)
{
    size_t count = 0;
    struct error err = ERROR_INIT;
    static const char *const texts[] = {"", "a", "a!", "b", "b!", "c", "c!", "d", "d!", "e", "e!"};
    if (type[0] == 'b') {
        out[count++] = value_true;
        out[count++] = value_false;
    }
    for (int half = -6; type[0] == 'n' && half <= 12; half++) {
        char text[16];
        snprintf(text, sizeof(text), "%s%d.%d", half < 0 ? "-" : "", (half < 0 ? -half : half) / 2,
                 (half < 0 ? -half : half) % 2 * 5);
        assert_int_equal(value_number_parse(str_of(text), &out[count++], &err), OK);
    }
    for (size_t i = 0; type[0] == 's' && i < COUNT_OF(texts); i++)
        out[count++] = value_cstr(texts[i]);
    for (int day = 0; type[0] == 'd' && day <= 8; day++)
        assert_true(day ? date_make(2026, 7, day, &out[count++]) : date_make(2026, 6, 30, &out[count++]));
    return count;
}

struct seen {
    bool gap, overlap;
};

static struct seen try_everything(struct arena *arena, const struct random_table *table)
{
    struct seen seen = {false, false};
    struct value values[COLUMNS][32];
    size_t counts[COLUMNS];
    static bool truth[RULES_MAX][COLUMNS][32];
    for (int i = 0; i < COLUMNS; i++) {
        counts[i] = grid(table->type[i], values[i]);
        for (size_t r = 0; r < table->rules; r++)
            for (size_t v = 0; v < counts[i]; v++)
                truth[r][i][v] = holds(arena, table->cells[r][i], values[i][v]);
    }
    for (size_t a = 0; a < counts[0]; a++) {
        for (size_t b = 0; b < counts[1]; b++) {
            for (size_t c = 0; c < counts[2]; c++) {
                size_t hits = 0;
                for (size_t r = 0; r < table->rules; r++)
                    hits += truth[r][0][a] && truth[r][1][b] && truth[r][2][c];
                seen.gap |= hits == 0;
                seen.overlap |= hits > 1;
            }
        }
    }
    return seen;
}

static bool found(const struct dmn_problem *problems, size_t count, const char *code, const struct dmn_problem **out)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(problems[i].code, code) == 0) {
            *out = &problems[i];
            return true;
        }
    }
    return false;
}

static void the_check_finds_gaps_and_overlaps_exactly_where_there_are_some(void **state)
{
    (void)state;
    size_t gaps = 0;
    size_t overlaps = 0;
    for (int t = 0; t < TABLES; t++) {
        struct arena arena;
        arena_init(&arena);
        struct random_table table;
        make_table(&arena, &table, t % 3 ? 4 : 40);
        struct str xml = table_xml(&arena, &table, "UNIQUE");
        const struct dmn_model *model = fixture_load(&arena, STR("m"), xml, DMN_STRICT);
        const struct dmn_problem *problems = NULL;
        const struct dmn_problem *problem = NULL;
        size_t count = dmn_check(&arena, model, &problems);
        struct seen seen = try_everything(&arena, &table);
        bool gap = found(problems, count, "table-gap", &problem);
        if (gap != seen.gap)
            show(&table);
        assert_int_equal(gap, seen.gap);
        if (seen.gap) { /* its example must be one */
            struct str reason = STR_NONE;
            struct value v = fixture_evaluate(&arena, model, STR("d"), problem->example, &reason);
            assert_true(value_is_null(v) && str_find(reason, STR("no rule"), 0) >= 0);
        }
        bool overlap = found(problems, count, "table-overlap", &problem);
        if (overlap != seen.overlap)
            show(&table);
        assert_int_equal(overlap, seen.overlap);
        gaps += seen.gap;
        overlaps += seen.overlap;
        arena_release(&arena);
    }
    assert_true(gaps > 20 && gaps < TABLES);
    assert_true(overlaps > 20 && overlaps < TABLES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compiled_tables_agree_with_feel_cell_by_cell),
        cmocka_unit_test(the_check_finds_gaps_and_overlaps_exactly_where_there_are_some),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
