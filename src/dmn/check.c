/* Finding faults before use: what loading found, then every table's overlaps, gaps, dead rules, types and outputs, then
 * elements that nothing uses. The table checks are exact, see cover.h; where a test cannot be decided they say so. */
#include "dmn/cover.h"

#include "feel/json.h"

#include <stdio.h>

#define SHOWN_MAX 10         /* problems of one sort in one table */
#define PAIRS_RULES_MAX 3000 /* more rules are not compared pair by pair */

struct check {
    struct arena *arena;
    const struct dmn_model *model;
    VECTOR(struct dmn_problem) problems;
};

const char *dmn_severity_name(enum dmn_severity severity)
{
    static const char *const names[] = {[DMN_ERROR] = "error", [DMN_WARNING] = "warning", [DMN_NOTE] = "note"};
    return names[severity];
}

/* Where a problem is. */
struct place {
    const struct node *node;
    struct str id;
    uint32_t line;
};

PRINTF_LIKE(6, 7)
static void report(struct check *self, enum dmn_severity severity, const char *code, struct place at,
                   struct value example, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    struct dmn_problem problem = {
        .severity = severity,
        .code = code,
        .file = at.node->element.file,
        .element = at.id.len                 ? at.id
                   : at.node->element.id.len ? at.node->element.id
                                             : at.node->element.name,
        .line = at.line ? at.line : at.node->element.line,
        .message = arena_printf(self->arena, "%s.", text),
        .example = example,
    };
    VECTOR_PUSH(self->arena, &self->problems, problem);
}

static struct place table_place(const struct table *table)
{
    return (struct place){table->owner, table->id, table->line};
}

static struct place rule_place(const struct table *table, size_t rule)
{
    return (struct place){table->owner, table->rules[rule].id, table->rules[rule].line};
}

/* ---- Types of tests ---- */

/* A test over values that all have another kind than the input can never hold. */
static bool shape_misfits(struct feel_tests_shape shape, enum value_kind kind)
{
    if (shape.kind != FEEL_TEST_VALUES && shape.kind != FEEL_TEST_NOT)
        return false;
    for (size_t i = 0; i < shape.count; i++) {
        struct value end = value_is_null(shape.ranges[i].start) ? shape.ranges[i].end : shape.ranges[i].start;
        if (value_is_null(end) || end.kind == kind || (kind == VALUE_DATE && end.kind == VALUE_DATE_TIME))
            return false;
    }
    return shape.count > 0;
}

static void check_test_types(struct check *self, const struct table *table)
{
    size_t shown = 0;
    for (size_t i = 0; i < table->input_count; i++) {
        const struct input_clause *clause = &table->inputs[i];
        enum value_kind kind = dmn_input_kind(table, clause);
        for (size_t r = 0; r < table->rule_count && kind != VALUE_NULL && shown < SHOWN_MAX; r++) {
            const struct test *test = &clause->tests[table->rules[r].tests[i]];
            if (!shape_misfits(test->shape, kind))
                continue;
            report(self, DMN_ERROR, "table-type", rule_place(table, r), value_null,
                   "Rule %zu tests %.*s with %.*s, but it is a %s", r + 1, STR_ARGS(clause->name), STR_ARGS(test->text),
                   value_kind_name(kind));
            shown++;
        }
    }
}

/* ---- Outputs ---- */

static bool is_single_hit(enum hit_policy policy)
{
    return policy == HIT_UNIQUE || policy == HIT_ANY || policy == HIT_PRIORITY || policy == HIT_FIRST;
}

static bool gives_list(enum hit_policy policy)
{
    return policy == HIT_COLLECT || policy == HIT_RULE_ORDER || policy == HIT_OUTPUT_ORDER;
}

/* What an output must be: the clause's own type, else the decision's when its logic is this table. */
static const struct feel_type *output_type(const struct table *table, const struct output_clause *clause)
{
    const struct node *owner = table->owner;
    bool whole = owner->logic && owner->logic->kind == EXPRESSION_TABLE && owner->logic->table == table;
    if (clause->type || table->output_count != 1 || !whole || !owner->type)
        return clause->type;
    if (gives_list(table->policy))
        return owner->type->kind == FEEL_TYPE_LIST ? owner->type->item : NULL;
    return is_single_hit(table->policy) ? owner->type : NULL;
}

static void check_output(struct check *self, const struct table *table, const struct output_clause *clause,
                         const struct expression *output, struct place at)
{
    struct feel_run run = {.arena = self->arena};
    struct value v = value_null;
    struct value converted = value_null;
    if (!output || output->kind != EXPRESSION_LITERAL || !output->literal.program ||
        !feel_constant(output->literal.program, &v))
        return;
    struct str text = json_text(self->arena, v);
    if (!dmn_type_convert(output_type(table, clause), v, &run, &converted))
        report(self, DMN_ERROR, "table-output", at, value_null, "The output %.*s is not of the type that is wanted",
               STR_ARGS(text));
    else if (!dmn_table_output_allowed(clause, converted, &run))
        report(self, DMN_ERROR, "table-output", at, value_null, "The output %.*s is not one of the output values %.*s",
               STR_ARGS(text), STR_ARGS(clause->allowed_text));
}

static void check_outputs(struct check *self, const struct table *table)
{
    bool ordered = false;
    for (size_t i = 0; i < table->output_count; i++) {
        const struct output_clause *clause = &table->outputs[i];
        ordered |= clause->order_count > 0;
        check_output(self, table, clause, clause->otherwise, (struct place){table->owner, clause->id, clause->line});
        for (size_t r = 0; r < table->rule_count; r++)
            check_output(self, table, clause, table->rules[r].outputs[i], rule_place(table, r));
    }
    if ((table->policy == HIT_PRIORITY || table->policy == HIT_OUTPUT_ORDER) && !ordered)
        report(self, DMN_ERROR, "table-hit-policy", table_place(table), value_null,
               "Hit policy %s needs output values that give the order", dmn_hit_policy_name(table->policy));
    if (!is_single_hit(table->policy) && !gives_list(table->policy) && table->output_count > 1)
        report(self, DMN_ERROR, "table-hit-policy", table_place(table), value_null, "%s is defined for one output only",
               dmn_hit_policy_name(table->policy));
}

/* ---- Rules against each other ---- */

static bool same_outputs(const struct rule *a, const struct rule *b)
{
    return a->constant && b->constant && value_identical(a->value, b->value);
}

static bool both_know_outputs(const struct rule *a, const struct rule *b)
{
    return a->constant && b->constant;
}

static void note_undecided(struct check *self, const struct table *table, const struct space *space, const char *what)
{
    for (size_t r = 0; r < table->rule_count; r++) {
        if (!space->boxes[r].open)
            continue;
        report(self, DMN_NOTE, "table-undecided", rule_place(table, r), value_null,
               "Rule %zu has a test that depends on more than its input, so %s cannot be told for certain", r + 1,
               what);
        return;
    }
}

static void check_overlaps(struct check *self, const struct table *table, const struct space *space)
{
    size_t shown = 0;
    size_t *classes = arena_array(self->arena, size_t, space->axis_count);
    if (table->policy != HIT_UNIQUE && table->policy != HIT_ANY)
        return;
    if (table->rule_count > PAIRS_RULES_MAX) {
        report(self, DMN_NOTE, "table-undecided", table_place(table), value_null,
               "The table is too large to compare its rules");
        return;
    }
    for (size_t a = 0; a < table->rule_count && shown < SHOWN_MAX; a++) {
        for (size_t b = a + 1; b < table->rule_count && shown < SHOWN_MAX; b++) {
            const struct box *one = &space->boxes[a];
            const struct box *other = &space->boxes[b];
            bool differ = table->policy == HIT_UNIQUE || (both_know_outputs(&table->rules[a], &table->rules[b]) &&
                                                          !same_outputs(&table->rules[a], &table->rules[b]));
            if (one->open || other->open || !differ || !dmn_space_meet(space, one, other, classes))
                continue;
            report(self, DMN_ERROR, "table-overlap", rule_place(table, b),
                   dmn_space_example(self->arena, space, classes),
                   "Rules %zu and %zu can both match, but the hit policy is %s", a + 1, b + 1,
                   dmn_hit_policy_name(table->policy));
            shown++;
        }
    }
    note_undecided(self, table, space, "whether it overlaps others");
}

static size_t pick_rules(const struct space *space, bool with_open, uint32_t *out)
{
    size_t count = 0;
    for (size_t r = 0; r < space->table->rule_count; r++)
        if (!space->boxes[r].empty && (with_open || !space->boxes[r].open))
            out[count++] = (uint32_t)r;
    return count;
}

static void check_gaps(struct check *self, const struct table *table, const struct space *space)
{
    if (table->has_otherwise || !is_single_hit(table->policy) || table->rule_count == 0)
        return;
    uint32_t *rules = arena_array(self->arena, uint32_t, table->rule_count);
    size_t *classes = arena_array(self->arena, size_t, space->axis_count);
    size_t count = pick_rules(space, true, rules);
    enum cover cover = dmn_space_cover(self->arena, space, &space->whole, rules, count, classes);
    if (cover == UNCOVERED) {
        report(self, DMN_WARNING, "table-gap", table_place(table), dmn_space_example(self->arena, space, classes),
               "No rule of the table in '%.*s' matches some inputs", STR_ARGS(table->owner->element.name));
        return;
    }
    count = pick_rules(space, false, rules);
    if (cover == COVERED)
        cover = dmn_space_cover(self->arena, space, &space->whole, rules, count, classes);
    if (cover == COVER_UNKNOWN)
        report(self, DMN_NOTE, "table-undecided", table_place(table), value_null,
               "The table is too large to look for gaps");
    else if (cover == UNCOVERED)
        note_undecided(self, table, space, "whether there are gaps");
}

static bool before(const struct table *table, size_t a, size_t b)
{
    if (table->policy == HIT_FIRST)
        return a < b;
    if (!both_know_outputs(&table->rules[a], &table->rules[b]))
        return false;
    int order = dmn_hit_compare(table, table->rules[a].values, table->rules[b].values);
    return order < 0 || (order == 0 && a < b);
}

static void check_hidden(struct check *self, const struct table *table, const struct space *space, size_t rule,
                         uint32_t *earlier, size_t *classes)
{
    size_t count = 0;
    for (size_t r = 0; r < table->rule_count; r++)
        if (r != rule && !space->boxes[r].open && !space->boxes[r].empty && before(table, r, rule))
            earlier[count++] = (uint32_t)r;
    if (count && dmn_space_cover(self->arena, space, &space->boxes[rule], earlier, count, classes) == COVERED)
        report(self, DMN_WARNING, "table-dead-rule", rule_place(table, rule), value_null,
               "Rule %zu can never fire: whatever matches it is taken by %s", rule + 1,
               table->policy == HIT_FIRST ? "earlier rules" : "rules of higher priority");
}

static void check_dead_rules(struct check *self, const struct table *table, const struct space *space)
{
    uint32_t *earlier = arena_array(self->arena, uint32_t, table->rule_count);
    size_t *classes = arena_array(self->arena, size_t, space->axis_count);
    bool ordered =
        (table->policy == HIT_FIRST || table->policy == HIT_PRIORITY) && table->rule_count <= PAIRS_RULES_MAX;
    for (size_t r = 0; r < table->rule_count; r++) {
        struct arena_mark mark = arena_mark(self->arena);
        size_t known = self->problems.count;
        if (space->boxes[r].empty)
            report(self, DMN_WARNING, "table-dead-rule", rule_place(table, r), value_null,
                   "Rule %zu can never fire: no value passes its tests", r + 1);
        else if (ordered)
            check_hidden(self, table, space, r, earlier, classes);
        if (self->problems.count == known)
            arena_rewind(self->arena, mark);
    }
}

static void check_table(struct check *self, const struct table *table)
{
    struct space space;
    check_test_types(self, table);
    check_outputs(self, table);
    dmn_space_build(self->arena, table, &space);
    check_overlaps(self, table, &space);
    check_gaps(self, table, &space);
    check_dead_rules(self, table, &space);
}

/* ---- What nothing uses ---- */

static void mark_used(const struct dmn_model *model, uint8_t *used)
{
    for (size_t i = 0; i < model->node_count; i++) {
        const struct node *node = model->nodes[i];
        for (size_t r = 0; r < node->require_count; r++)
            used[node->requires[r] -> index] = 1;
        for (size_t r = 0; r < node->know_count; r++)
            used[node->knows[r]->index] = 1;
        for (size_t r = 0; node->element.kind == DMN_SERVICE && r < node->parameter_count; r++)
            used[node->given[r]->index] = 1;
    }
}

static void mark_needed(const struct node *node, uint8_t *needed)
{
    if (needed[node->index] || node->fault.len)
        return;
    needed[node->index] = 1;
    for (size_t i = 0; i < node->require_count; i++)
        mark_needed(node->requires[i], needed);
}

static void check_service(struct check *self, const struct node *service)
{
    uint8_t *needed = arena_array(self->arena, uint8_t, self->model->node_count);
    for (size_t i = 0; i < service->output_count; i++)
        mark_needed(service->outputs[i], needed);
    for (size_t i = 0; i < service->inside_count; i++)
        if (!needed[service->inside[i]->index])
            report(self, DMN_WARNING, "dmn-unreachable", (struct place){.node = service->inside[i]}, value_null,
                   "Decision '%.*s' stands in service '%.*s', but none of its outputs needs it",
                   STR_ARGS(service->inside[i]->element.name), STR_ARGS(service->element.name));
}

static void check_use(struct check *self)
{
    const struct dmn_model *model = self->model;
    uint8_t *used = arena_array(self->arena, uint8_t, model->node_count);
    mark_used(model, used);
    for (size_t i = 0; i < model->node_count; i++) {
        const struct node *node = model->nodes[i];
        enum dmn_kind kind = node->element.kind;
        bool first_file = node->definitions == model->files[0];
        if ((kind == DMN_INPUT || kind == DMN_KNOWLEDGE) && first_file && !used[i])
            report(self, DMN_WARNING, "dmn-unreachable", (struct place){.node = node}, value_null,
                   "Nothing requires '%.*s'", STR_ARGS(node->element.name));
        if (kind == DMN_SERVICE)
            check_service(self, node);
        if (kind == DMN_DECISION && !node->logic)
            report(self, DMN_NOTE, "dmn-missing", (struct place){.node = node}, value_null,
                   "Decision '%.*s' has no logic; its value must be given", STR_ARGS(node->element.name));
    }
}

/* ---- All ---- */

size_t dmn_check(struct arena *arena, const struct dmn_model *model, const struct dmn_problem **out)
{
    struct check self = {.arena = arena, .model = model};
    for (size_t i = 0; i < model->problem_count; i++)
        VECTOR_PUSH(arena, &self.problems, model->problems[i]);
    for (size_t i = 0; i < model->table_count; i++)
        check_table(&self, model->tables[i]);
    check_use(&self);
    struct dmn_problem *sorted = arena_array(arena, struct dmn_problem, self.problems.count);
    size_t count = 0;
    for (int severity = DMN_ERROR; severity <= DMN_NOTE; severity++)
        for (size_t i = 0; i < self.problems.count; i++)
            if (self.problems.items[i].severity == (enum dmn_severity)severity)
                sorted[count++] = self.problems.items[i];
    *out = sorted;
    return count;
}
