/* Runs test/golden/dmn/tables.txt: the answers of tables, and what the check finds in them. */
#include "fixture.h"

struct table_text {
    struct str title;
    struct buf xml;
    size_t rules;
    struct str names[8];
    struct str types[8];
    size_t name_count;
};

static void put_escaped(struct buf *xml, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '<')
            buf_put(xml, STR("&lt;"));
        else if (text.data[i] == '&')
            buf_put(xml, STR("&amp;"));
        else if (text.data[i] == '"')
            buf_put(xml, STR("&quot;"));
        else
            buf_put_char(xml, text.data[i]);
    }
}

static void put_element(struct buf *xml, const char *element, struct str text)
{
    buf_printf(xml, "<%s><text>", element);
    put_escaped(xml, text);
    buf_printf(xml, "</text></%s>", element);
}

/* "body mass index number ~ a ~ b" is a name, a type and what follows. */
static void cut_clause(struct str line, struct str *name, struct str *type, struct str *values, struct str *otherwise)
{
    struct str head = str_trim(str_cut(&line, '~'));
    *values = str_trim(str_cut(&line, '~'));
    *otherwise = str_trim(line);
    size_t at = head.len;
    while (at > 0 && head.data[at - 1] != ' ')
        at--;
    *type = str_part(head, at, head.len);
    *name = str_trim(str_part(head, 0, at));
}

static void put_input(struct table_text *table, struct str line)
{
    struct str name, type, values, otherwise;
    cut_clause(line, &name, &type, &values, &otherwise);
    buf_printf(&table->xml, "<input><inputExpression typeRef=\"%.*s\"><text>%.*s</text></inputExpression>",
               STR_ARGS(type), STR_ARGS(name));
    if (values.len)
        put_element(&table->xml, "inputValues", values);
    buf_printf(&table->xml, "</input>");
    for (size_t i = 0; i < table->name_count; i++)
        if (str_equal(table->names[i], name))
            return;
    table->types[table->name_count] = type;
    table->names[table->name_count++] = name;
}

static void put_output(struct table_text *table, struct str line)
{
    struct str name, type, values, otherwise;
    cut_clause(line, &name, &type, &values, &otherwise);
    buf_printf(&table->xml, "<output name=\"%.*s\" typeRef=\"%.*s\">", STR_ARGS(name), STR_ARGS(type));
    if (values.len)
        put_element(&table->xml, "outputValues", values);
    if (otherwise.len)
        put_element(&table->xml, "defaultOutputEntry", otherwise);
    buf_printf(&table->xml, "</output>");
}

static void put_entries(struct buf *xml, struct str cells, const char *element)
{
    while (cells.data && cells.len)
        put_element(xml, element, str_trim(str_cut(&cells, ';')));
}

static void put_rule(struct table_text *table, struct str line)
{
    ptrdiff_t arrow = str_find(line, STR("=>"), 0);
    assert_true(arrow >= 0);
    buf_printf(&table->xml, "<rule id=\"rule%zu\">", ++table->rules);
    put_entries(&table->xml, str_trim(str_part(line, 0, (size_t)arrow)), "inputEntry");
    put_entries(&table->xml, str_trim(str_part(line, (size_t)arrow + 2, line.len)), "outputEntry");
    buf_printf(&table->xml, "</rule>");
}

static void put_hit(struct table_text *table, struct str policy)
{
    bool aggregated = str_starts(policy, STR("COLLECT "));
    struct str aggregation = aggregated ? str_part(policy, 8, policy.len) : STR("");
    buf_printf(&table->xml, " hitPolicy=\"%.*s\"", aggregated ? 7 : (int)policy.len, policy.data);
    if (aggregated)
        buf_printf(&table->xml, " aggregation=\"%.*s\"", STR_ARGS(aggregation));
}

/* Dates and durations are read from JSON by the type of the input data; the other types are left to the input clause.
 */
static const char *data_type(struct str type)
{
    return str_equal(type, STR("date")) ? "date" : str_equal(type, STR("dayTimeDuration")) ? "dayTimeDuration" : "Any";
}

/* The model around the table: its inputs as input data, each once. */
static struct str whole_model(struct arena *arena, const struct table_text *table)
{
    struct buf xml;
    buf_init(&xml, 0);
    buf_printf(&xml,
               "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" name=\"t\" namespace=\"urn:t\">");
    buf_printf(&xml, "<decision id=\"answer\" name=\"answer\"><variable name=\"answer\"/>");
    for (size_t i = 0; i < table->name_count; i++)
        buf_printf(&xml, "<informationRequirement><requiredInput href=\"#in%zu\"/></informationRequirement>", i);
    buf_printf(&xml, "<decisionTable id=\"t\"");
    buf_put(&xml, buf_str(&table->xml));
    buf_printf(&xml, "</decisionTable></decision>");
    for (size_t i = 0; i < table->name_count; i++)
        buf_printf(&xml, "<inputData id=\"in%zu\" name=\"%.*s\"><variable name=\"%.*s\" typeRef=\"%s\"/></inputData>",
                   i, STR_ARGS(table->names[i]), STR_ARGS(table->names[i]), data_type(table->types[i]));
    buf_printf(&xml, "</definitions>");
    struct str copy = arena_str(arena, buf_str(&xml));
    buf_release(&xml);
    return copy;
}

static bool check_answer(struct arena *arena, const struct dmn_model *model, struct str title, struct str line)
{
    ptrdiff_t arrow = str_find(line, STR("=>"), 0);
    struct value input = fixture_json(arena, str_part(line, 0, (size_t)arrow));
    struct str rest = str_part(line, (size_t)arrow + 2, line.len);
    struct str expected = str_trim(str_cut(&rest, '~'));
    struct str wanted = str_trim(rest);
    struct str reason = STR_NONE;
    struct value v = fixture_evaluate(arena, model, STR("answer"), input, &reason);
    bool right =
        fixture_same(arena, v, fixture_json(arena, expected)) && (!wanted.len || str_find(reason, wanted, 0) >= 0);
    if (!right)
        print_error("%.*s: %.*s: got %.*s (%.*s)\n", STR_ARGS(title), STR_ARGS(line), STR_ARGS(json_text(arena, v)),
                    STR_ARGS(reason));
    return right;
}

static bool check_problem(struct arena *arena, const struct dmn_problem *problems, size_t count, size_t at,
                          struct str title, struct str line)
{
    struct str rest = line;
    struct str code = str_cut(&rest, ' ');
    struct str found = at < count ? str_of(problems[at].code) : STR("nothing");
    bool right = str_equal(found, code);
    if (right && str_trim(rest).len)
        right = at < count && fixture_same(arena, problems[at].example, fixture_json(arena, rest));
    if (!right)
        print_error("%.*s: wanted problem %.*s, found %.*s: %.*s %.*s\n", STR_ARGS(title), STR_ARGS(line),
                    STR_ARGS(found), STR_ARGS(at < count ? problems[at].message : STR("")),
                    STR_ARGS(at < count ? json_text(arena, problems[at].example) : STR("")));
    return right;
}

/* Runs the questions of one table; cases are its lines that begin with ? and !. */
static bool run_table(const struct table_text *table, const struct str *cases, size_t count, size_t *done)
{
    struct arena arena;
    arena_init(&arena);
    const struct dmn_model *model = fixture_load(&arena, table->title, whole_model(&arena, table), DMN_TOLERANT);
    const struct dmn_problem *problems = NULL;
    size_t problem_count = dmn_check(&arena, model, &problems);
    size_t at = 0;
    bool checked = false;
    bool right = true;
    for (size_t i = 0; i < count; i++) {
        struct str rest = str_trim(str_part(cases[i], 1, cases[i].len));
        if (cases[i].data[0] == '?') {
            right &= check_answer(&arena, model, table->title, rest);
        } else {
            right &= check_problem(&arena, problems, problem_count, at++, table->title, rest);
            checked = true;
        }
        (*done)++;
    }
    if (checked && at < problem_count) {
        print_error("%.*s: also found %s: %.*s\n", STR_ARGS(table->title), problems[at].code,
                    STR_ARGS(problems[at].message));
        right = false;
    }
    arena_release(&arena);
    return right;
}

static bool run_block(struct str block, size_t *done)
{
    struct table_text table = {0};
    struct str cases[64];
    size_t count = 0;
    bool opened = false;
    buf_init(&table.xml, 0);
    while (block.data && block.len) {
        struct str line = str_trim(str_cut(&block, '\n'));
        bool hit = str_starts(line, STR("hit "));
        if (!line.len || line.data[0] == '#')
            continue;
        if (hit)
            put_hit(&table, str_part(line, 4, line.len));
        if (!hit && !opened && !str_starts(line, STR("== "))) {
            buf_put_char(&table.xml, '>');
            opened = true;
        }
        if (str_starts(line, STR("== ")))
            table.title = str_part(line, 3, line.len);
        else if (str_starts(line, STR("in ")))
            put_input(&table, str_part(line, 3, line.len));
        else if (str_starts(line, STR("out ")))
            put_output(&table, str_part(line, 4, line.len));
        else if (line.data[0] == '?' || line.data[0] == '!')
            cases[count++] = line;
        else if (!hit)
            put_rule(&table, line);
        assert_true(count < COUNT_OF(cases));
    }
    bool right = run_table(&table, cases, count, done);
    buf_release(&table.xml);
    return right;
}

static void tables_answer_and_check_as_the_golden_file_says(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct str text = fixture_file(&arena, "tables.txt");
    size_t done = 0;
    size_t wrong = 0;
    ptrdiff_t start = str_find(text, STR("\n== "), 0);
    while (start >= 0) {
        ptrdiff_t end = str_find(text, STR("\n== "), (size_t)start + 1);
        struct str block = str_part(text, (size_t)start + 1, end < 0 ? text.len : (size_t)end);
        wrong += !run_block(block, &done);
        start = end;
    }
    arena_release(&arena);
    assert_int_equal(wrong, 0);
    assert_true(done > 140);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tables_answer_and_check_as_the_golden_file_says)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
