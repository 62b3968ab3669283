/* Decision tables: from XML to columns of tests, and from inputs to the rules that match. */
#include "dmn/internal.h"

#include <string.h>

#define WORD_BITS 64
#define HITS_ON_STACK 64

static const struct {
    const char *policy;
    const char *aggregation;
    enum hit_policy is;
    const char *name;
} policies[] = {
    {"UNIQUE", "", HIT_UNIQUE, "UNIQUE"},
    {"ANY", "", HIT_ANY, "ANY"},
    {"PRIORITY", "", HIT_PRIORITY, "PRIORITY"},
    {"FIRST", "", HIT_FIRST, "FIRST"},
    {"RULE ORDER", "", HIT_RULE_ORDER, "RULE ORDER"},
    {"OUTPUT ORDER", "", HIT_OUTPUT_ORDER, "OUTPUT ORDER"},
    {"COLLECT", "", HIT_COLLECT, "COLLECT"},
    {"COLLECT", "SUM", HIT_SUM, "COLLECT SUM"},
    {"COLLECT", "MIN", HIT_MIN, "COLLECT MIN"},
    {"COLLECT", "MAX", HIT_MAX, "COLLECT MAX"},
    {"COLLECT", "COUNT", HIT_COUNT, "COLLECT COUNT"},
};

const char *dmn_hit_policy_name(enum hit_policy policy)
{
    for (size_t i = 0; i < COUNT_OF(policies); i++)
        if (policies[i].is == policy)
            return policies[i].name;
    return "";
}

/* ---- Compiling ---- */

static enum hit_policy read_policy(struct compiler *self, const xmlNode *at)
{
    struct str policy = dmn_xml_name(self->load->arena, at, "hitPolicy");
    struct str aggregation = dmn_xml_name(self->load->arena, at, "aggregation");
    if (!policy.len)
        policy = STR("UNIQUE");
    if (!str_equal(policy, STR("COLLECT")))
        aggregation = STR("");
    for (size_t i = 0; i < COUNT_OF(policies); i++)
        if (str_equal(str_of(policies[i].policy), policy) && str_equal(str_of(policies[i].aggregation), aggregation))
            return policies[i].is;
    dmn_load_problem(self->load, DMN_ERROR, "table-hit-policy", self->definitions, at,
                     "Hit policy '%.*s %.*s' is unknown", STR_ARGS(policy), STR_ARGS(aggregation));
    return HIT_UNIQUE;
}

static const struct feel_program *compile_values(struct compiler *self, const xmlNode *at, const char *child,
                                                 struct str *text)
{
    const xmlNode *values = dmn_xml_child(at, child);
    *text = values ? str_trim(dmn_xml_child_text(self->load->arena, values, "text")) : STR_NONE;
    struct str fault = STR_NONE;
    return text->len ? dmn_compile_feel(self, FEEL_UNARY_TESTS, *text, values, &fault) : NULL;
}

static void read_input(struct compiler *self, const xmlNode *at, struct input_clause *clause)
{
    struct arena *arena = self->load->arena;
    const xmlNode *expression = dmn_xml_child(at, "inputExpression");
    struct str label = dmn_xml_name(arena, at, "label");
    clause->id = dmn_xml_attribute(arena, at, "id");
    clause->line = dmn_xml_line(at);
    clause->text = expression ? str_trim(dmn_xml_child_text(arena, expression, "text")) : STR_NONE;
    clause->name = label.len ? label : clause->text;
    clause->allowed = compile_values(self, at, "inputValues", &clause->allowed_text);
    if (!clause->text.len) {
        dmn_load_problem(self->load, DMN_ERROR, "dmn-missing", self->definitions, at,
                         "An input of the table in '%.*s' has no expression", STR_ARGS(self->node->element.name));
        return;
    }
    struct expression *compiled = arena_new(arena, struct expression);
    clause->type =
        dmn_types_resolve(self->load, self->definitions, dmn_xml_name(arena, expression, "typeRef"), expression);
    *compiled =
        (struct expression){.kind = EXPRESSION_LITERAL, .id = clause->id, .line = clause->line, .owner = self->node};
    compiled->literal.slot = dmn_compiler_slot(self, clause->text);
    if (compiled->literal.slot < 0)
        compiled->literal.program = dmn_compile_feel(self, FEEL_EXPRESSION, clause->text, expression, &compiled->fault);
    if (compiled->literal.slot < 0 && !compiled->literal.program)
        compiled->kind = EXPRESSION_FAULTY;
    clause->expression = compiled;
}

/* The order of priority is the order of the output values, when all of them are constants. */
static void read_order(struct compiler *self, struct output_clause *clause)
{
    if (!clause->allowed)
        return;
    struct feel_tests_shape shape = feel_tests_shape(clause->allowed);
    if (shape.kind != FEEL_TEST_VALUES)
        return;
    struct value *order = arena_array(self->load->arena, struct value, shape.count);
    for (size_t i = 0; i < shape.count; i++) {
        if (!value_identical(shape.ranges[i].start, shape.ranges[i].end))
            return;
        order[i] = shape.ranges[i].start;
    }
    clause->order = order;
    clause->order_count = shape.count;
}

static void read_output(struct compiler *self, const xmlNode *at, struct output_clause *clause)
{
    struct arena *arena = self->load->arena;
    clause->id = dmn_xml_attribute(arena, at, "id");
    clause->line = dmn_xml_line(at);
    clause->name = dmn_xml_name(arena, at, "name");
    clause->type = dmn_types_resolve(self->load, self->definitions, dmn_xml_name(arena, at, "typeRef"), at);
    clause->allowed = compile_values(self, at, "outputValues", &clause->allowed_text);
    read_order(self, clause);
    const xmlNode *otherwise = dmn_xml_child(at, "defaultOutputEntry");
    if (!otherwise)
        return;
    struct expression *compiled = arena_new(arena, struct expression);
    struct str text = str_trim(dmn_xml_child_text(arena, otherwise, "text"));
    if (!text.len)
        return;
    *compiled = (struct expression){.kind = EXPRESSION_LITERAL, .owner = self->node, .type = clause->type};
    compiled->literal.slot = -1;
    compiled->literal.program = dmn_compile_feel(self, FEEL_EXPRESSION, text, otherwise, &compiled->fault);
    if (!compiled->literal.program)
        compiled->kind = EXPRESSION_FAULTY;
    clause->otherwise = compiled;
}

struct tests {
    struct names by_text; /* index + 1 as a pointer into list */
    VECTOR(struct test) list;
};

static uint32_t add_test(struct compiler *self, struct tests *tests, const xmlNode *at)
{
    struct str text = str_trim(at ? dmn_xml_child_text(self->load->arena, at, "text") : STR("-"));
    if (!text.len)
        text = STR("-");
    const size_t *known = dmn_names_get(&tests->by_text, text);
    if (known)
        return (uint32_t)*known;
    struct test test = {.text = text};
    test.program = dmn_compile_feel(self, FEEL_UNARY_TESTS, text, at, &test.fault);
    test.shape = test.program ? feel_tests_shape(test.program) : (struct feel_tests_shape){.kind = FEEL_TEST_OTHER};
    size_t *index = arena_new(self->load->arena, size_t);
    *index = tests->list.count;
    dmn_names_put(&tests->by_text, self->load->arena, text, index);
    VECTOR_PUSH(self->load->arena, &tests->list, test);
    return (uint32_t)*index;
}

static const struct expression *read_entry(struct compiler *self, const xmlNode *at, const struct output_clause *clause)
{
    struct str text = str_trim(dmn_xml_child_text(self->load->arena, at, "text"));
    if (!text.len)
        return NULL;
    struct expression *compiled = arena_new(self->load->arena, struct expression);
    *compiled = (struct expression){.kind = EXPRESSION_LITERAL,
                                    .id = dmn_xml_id(self->load->arena, at),
                                    .line = dmn_xml_line(at),
                                    .owner = self->node,
                                    .type = clause->type};
    compiled->literal.slot = dmn_compiler_slot(self, text);
    if (compiled->literal.slot >= 0)
        return compiled;
    compiled->literal.program = dmn_compile_feel(self, FEEL_EXPRESSION, text, at, &compiled->fault);
    if (!compiled->literal.program)
        compiled->kind = EXPRESSION_FAULTY;
    return compiled;
}

static void read_rule(struct compiler *self, const xmlNode *at, const struct table *table, struct tests *tests,
                      struct rule *rule)
{
    struct arena *arena = self->load->arena;
    uint32_t *cells = arena_array(arena, uint32_t, table->input_count);
    const struct expression **outputs = arena_array(arena, const struct expression *, table->output_count);
    const xmlNode *cell = dmn_xml_child(at, "inputEntry");
    for (size_t i = 0; i < table->input_count; i++, cell = cell ? dmn_xml_next(cell, "inputEntry") : NULL)
        cells[i] = add_test(self, &tests[i], cell);
    if (cell)
        dmn_load_problem(self->load, DMN_ERROR, "dmn-missing", self->definitions, at,
                         "A rule has more input entries than the table has inputs");
    const xmlNode *entry = dmn_xml_child(at, "outputEntry");
    for (size_t i = 0; i < table->output_count && entry; i++, entry = dmn_xml_next(entry, "outputEntry"))
        outputs[i] = read_entry(self, entry, &table->outputs[i]);
    rule->id = dmn_xml_attribute(arena, at, "id");
    rule->line = dmn_xml_line(at);
    rule->tests = cells;
    rule->outputs = outputs;
}

struct value dmn_table_output(const struct table *self, const struct value *values, struct arena *arena)
{
    if (self->output_count == 1)
        return values[0];
    struct context_builder builder;
    context_builder_init(&builder, arena);
    for (size_t i = 0; i < self->output_count; i++)
        context_builder_put(&builder, self->outputs[i].name, values[i]);
    return context_builder_done(&builder);
}

/* Whether v is one of the output values, where there are any. */
bool dmn_table_output_allowed(const struct output_clause *clause, struct value v, struct feel_run *run)
{
    if (!clause->allowed || value_is_null(v))
        return true;
    struct feel_input input = {.context = value_null, .tested = &v};
    return value_is_true(feel_evaluate(clause->allowed, &input, run));
}

/* A rule whose outputs are all constants that fit is answered without evaluating anything. */
static void fold_rule(struct compiler *self, const struct table *table, struct rule *rule)
{
    struct feel_run run = {.arena = self->load->arena};
    struct value *values = arena_array(self->load->arena, struct value, table->output_count);
    for (size_t i = 0; i < table->output_count; i++) {
        const struct expression *output = rule->outputs[i];
        struct value v = value_null;
        if (!output || output->kind != EXPRESSION_LITERAL || !output->literal.program ||
            !feel_constant(output->literal.program, &v))
            return;
        if (!dmn_type_convert(output->type, v, &run, &values[i]) ||
            !dmn_table_output_allowed(&table->outputs[i], values[i], &run))
            return;
    }
    rule->values = values;
    rule->value = dmn_table_output(table, values, self->load->arena);
    rule->constant = true;
}

static size_t count_children(const xmlNode *at, const char *name)
{
    size_t count = 0;
    for (const xmlNode *child = dmn_xml_child(at, name); child; child = dmn_xml_next(child, name))
        count++;
    return count;
}

static void read_rules(struct compiler *self, const xmlNode *at, struct table *table, struct input_clause *inputs)
{
    struct arena *arena = self->load->arena;
    struct tests *tests = arena_array(arena, struct tests, table->input_count);
    struct rule *rules = arena_array(arena, struct rule, table->rule_count);
    size_t i = 0;
    for (const xmlNode *rule = dmn_xml_child(at, "rule"); rule; rule = dmn_xml_next(rule, "rule"), i++) {
        read_rule(self, rule, table, tests, &rules[i]);
        fold_rule(self, table, &rules[i]);
    }
    table->rules = rules;
    for (size_t column = 0; column < table->input_count; column++) {
        inputs[column].tests = tests[column].list.items;
        inputs[column].test_count = tests[column].list.count;
        dmn_column_compile(arena, table, &inputs[column], column);
    }
}

static void check_outputs(struct compiler *self, const xmlNode *at, const struct table *table)
{
    for (size_t i = 0; i < table->output_count && table->output_count > 1; i++)
        if (!table->outputs[i].name.len)
            dmn_load_problem(self->load, DMN_ERROR, "dmn-missing", self->definitions, at,
                             "Output %zu of the table in '%.*s' has no name", i + 1,
                             STR_ARGS(self->node->element.name));
    if (table->output_count == 0)
        dmn_load_problem(self->load, DMN_ERROR, "dmn-missing", self->definitions, at,
                         "The table in '%.*s' has no output", STR_ARGS(self->node->element.name));
}

const struct table *dmn_compile_table(struct compiler *self, const xmlNode *at)
{
    struct arena *arena = self->load->arena;
    struct table *table = arena_new(arena, struct table);
    table->id = dmn_xml_id(arena, at);
    table->line = dmn_xml_line(at);
    table->owner = self->node;
    table->policy = read_policy(self, at);
    table->input_count = count_children(at, "input");
    table->output_count = count_children(at, "output");
    table->rule_count = count_children(at, "rule");
    table->words = (table->rule_count + WORD_BITS - 1) / WORD_BITS;
    struct input_clause *inputs = arena_array(arena, struct input_clause, table->input_count);
    struct output_clause *outputs = arena_array(arena, struct output_clause, table->output_count);
    size_t i = 0;
    for (const xmlNode *child = dmn_xml_child(at, "input"); child; child = dmn_xml_next(child, "input"))
        read_input(self, child, &inputs[i++]);
    i = 0;
    for (const xmlNode *child = dmn_xml_child(at, "output"); child; child = dmn_xml_next(child, "output"))
        read_output(self, child, &outputs[i++]);
    for (i = 0; i < table->output_count; i++)
        table->has_otherwise |= outputs[i].otherwise != NULL;
    table->inputs = inputs;
    table->outputs = outputs;
    check_outputs(self, at, table);
    read_rules(self, at, table, inputs);
    VECTOR_PUSH(arena, &self->load->tables, table);
    return table;
}

/* ---- Evaluating ---- */

static bool test_holds(const struct test *test, struct value v, struct value *slots, struct feel_run *run)
{
    if (!test->program) {
        feel_note(run, "a test cannot be read: %.*s", STR_ARGS(test->fault));
        return false;
    }
    struct feel_input input = {.slots = slots, .context = dmn_open(run), .tested = &v};
    return value_is_true(feel_evaluate(test->program, &input, run));
}

/* One evaluation's state: where each column stands. */
struct search {
    const struct table *table;
    struct value *values;
    const uint64_t **sets; /* per column: the rules that may match */
    bool *foreign;         /* per column: the value is of another kind than the cuts, so every test is evaluated */
    struct value *slots;
    struct feel_run *run;
};

static bool input_allowed(const struct input_clause *clause, struct value v, struct value *slots, struct feel_run *run)
{
    if (!clause->allowed || value_is_null(v))
        return true;
    struct feel_input input = {.slots = slots, .context = dmn_open(run), .tested = &v};
    if (value_is_true(feel_evaluate(clause->allowed, &input, run)))
        return true;
    feel_note(run, "the value of %.*s is not one of its allowed values %.*s", STR_ARGS(clause->name),
              STR_ARGS(clause->allowed_text));
    return false;
}

static bool read_values(struct search *search)
{
    for (size_t i = 0; i < search->table->input_count; i++) {
        const struct input_clause *clause = &search->table->inputs[i];
        struct value v = value_null;
        if (clause->expression)
            v = dmn_boxed_evaluate(clause->expression, search->slots, search->run);
        if (clause->type)
            v = dmn_convert_or_note(clause->type, v, search->run, "input", clause->name);
        if (!input_allowed(clause, v, search->slots, search->run))
            return false;
        search->values[i] = v;
        search->foreign[i] = false;
        const struct column *column = &clause->column;
        if (value_is_null(v)) {
            search->sets[i] = column->null_set;
        } else if (v.kind == column->kind) {
            search->sets[i] = column->sets + dmn_column_piece(column, v) * search->table->words;
        } else {
            search->sets[i] = NULL;
            search->foreign[i] = true;
        }
    }
    return true;
}

/* The pieces have decided what they could; the rest of the rule's tests are evaluated. */
static bool rest_holds(const struct search *search, uint32_t rule)
{
    const struct table *table = search->table;
    for (size_t i = 0; i < table->input_count; i++) {
        const struct column *column = &table->inputs[i].column;
        uint64_t bit = UINT64_C(1) << (rule % WORD_BITS);
        bool evaluate = search->foreign[i] ? !(column->any_set[rule / WORD_BITS] & bit)
                                           : column->has_open && (column->open_set[rule / WORD_BITS] & bit);
        if (evaluate && !test_holds(&table->inputs[i].tests[table->rules[rule].tests[i]], search->values[i],
                                    search->slots, search->run))
            return false;
    }
    return true;
}

static uint64_t candidates(const struct search *search, size_t word)
{
    size_t rest = search->table->rule_count - word * WORD_BITS;
    uint64_t set = rest >= WORD_BITS ? ~UINT64_C(0) : (UINT64_C(1) << rest) - 1;
    for (size_t i = 0; i < search->table->input_count; i++)
        if (search->sets[i])
            set &= search->sets[i][word];
    return set;
}

/* The rules that match, in order; FIRST stops at one. */
static size_t find_hits(const struct search *search, uint32_t *hits)
{
    size_t count = 0;
    for (size_t word = 0; word < search->table->words; word++) {
        for (uint64_t set = candidates(search, word); set; set &= set - 1) {
            uint32_t rule = (uint32_t)(word * WORD_BITS) + (uint32_t)__builtin_ctzll(set);
            if (!rest_holds(search, rule))
                continue;
            hits[count++] = rule;
            if (search->table->policy == HIT_FIRST)
                return count;
        }
    }
    return count;
}

struct value dmn_table_evaluate(const struct table *self, struct value *slots, struct feel_run *run)
{
    uint32_t few[HITS_ON_STACK];
    struct value values[COLUMNS_MAX];
    const uint64_t *sets[COLUMNS_MAX];
    bool foreign[COLUMNS_MAX];
    struct search search = {self, values, sets, foreign, slots, run};
    uint32_t *hits = few;
    if (self->input_count > COLUMNS_MAX) {
        search.values = arena_array(run->arena, struct value, self->input_count);
        search.sets = arena_array(run->arena, const uint64_t *, self->input_count);
        search.foreign = arena_array(run->arena, bool, self->input_count);
    }
    if (self->rule_count > HITS_ON_STACK)
        hits = arena_array(run->arena, uint32_t, self->rule_count);
    bool read = read_values(&search);
    size_t count = read ? find_hits(&search, hits) : 0;
    struct hits found = {hits, count, search.values};
    return dmn_hit_answer(self, &found, read, slots, run);
}
