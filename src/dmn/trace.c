/* What happened in an evaluation, step by step, and its form as a value that can be kept. */
#include "dmn/internal.h"

#define TABLES_MAX 1000

struct trace_step {
    struct trace_step *outer;
    const struct node *node;
    size_t note_from;
    VECTOR(struct member) given;
    VECTOR(struct dmn_table_step) tables;
};

struct dmn_trace {
    struct trace_step *current;
    VECTOR(struct dmn_step) steps;
    size_t table_count;
};

static struct dmn_trace *trace_of(const struct feel_run *run)
{
    const struct dmn_run *dmn = run->host;
    return dmn ? dmn->trace : NULL;
}

bool dmn_trace_on(const struct feel_run *run)
{
    return trace_of(run) != NULL;
}

void dmn_trace_begin(struct dmn_run *run)
{
    run->steps = NULL;
    run->step_count = 0;
    run->trace = run->detail == DMN_EXPLAINED ? arena_new(run->feel.arena, struct dmn_trace) : NULL;
}

void dmn_trace_end(struct dmn_run *run)
{
    if (!run->trace)
        return;
    run->steps = run->trace->steps.items;
    run->step_count = run->trace->steps.count;
    run->trace = NULL;
}

struct trace_step *dmn_trace_enter(struct feel_run *run, const struct node *node)
{
    struct dmn_trace *trace = trace_of(run);
    if (!trace || trace->steps.count >= DMN_STEPS_MAX)
        return NULL;
    struct trace_step *step = arena_new(run->arena, struct trace_step);
    *step = (struct trace_step){.outer = trace->current, .node = node, .note_from = run->note_count};
    trace->current = step;
    return step;
}

void dmn_trace_given(struct feel_run *run, struct str name, struct value v)
{
    struct dmn_trace *trace = trace_of(run);
    VECTOR_PUSH(run->arena, &trace->current->given, ((struct member){name, v}));
}

void dmn_trace_leave(struct feel_run *run, struct trace_step *step, struct value v)
{
    struct dmn_trace *trace = trace_of(run);
    trace->current = step->outer;
    struct dmn_step done = {
        .element = &step->node->element,
        .value = v,
        .requirements = step->given.items,
        .requirement_count = step->given.count,
        .tables = step->tables.items,
        .table_count = step->tables.count,
        .note_from = step->note_from,
        .note_to = run->note_count,
    };
    if (trace->steps.count < DMN_STEPS_MAX)
        VECTOR_PUSH(run->arena, &trace->steps, done);
}

void dmn_trace_table(struct feel_run *run, const struct table *table, const struct hits *hits,
                     const struct value *const *outputs)
{
    struct dmn_trace *trace = trace_of(run);
    if (!trace->current || trace->table_count++ >= TABLES_MAX)
        return;
    struct dmn_tested *inputs = arena_array(run->arena, struct dmn_tested, table->input_count);
    for (size_t i = 0; i < table->input_count; i++)
        inputs[i] = (struct dmn_tested){table->inputs[i].id, table->inputs[i].name, hits->inputs[i]};
    struct dmn_hit *rules = arena_array(run->arena, struct dmn_hit, hits->count);
    for (size_t i = 0; i < hits->count; i++) {
        struct dmn_output *values = arena_array(run->arena, struct dmn_output, table->output_count);
        for (size_t o = 0; o < table->output_count; o++)
            values[o] = (struct dmn_output){table->outputs[o].id, table->outputs[o].name, outputs[i][o]};
        rules[i] =
            (struct dmn_hit){table->rules[hits->rules[i]].id, (size_t)hits->rules[i] + 1, values, table->output_count};
    }
    struct dmn_table_step step = {table->id,  dmn_hit_policy_name(table->policy), inputs, table->input_count, rules,
                                  hits->count};
    VECTOR_PUSH(run->arena, &trace->current->tables, step);
}

bool dmn_table_shape(const struct dmn_model *model, struct arena *arena, struct str id, struct dmn_table_step *out)
{
    const struct table *table = NULL;
    for (size_t i = 0; i < model->table_count && !table; i++)
        if (str_equal(model->tables[i]->id, id))
            table = model->tables[i];
    if (!table)
        return false;
    struct dmn_tested *inputs = arena_array(arena, struct dmn_tested, table->input_count);
    struct dmn_hit *rules = arena_array(arena, struct dmn_hit, table->rule_count);
    for (size_t i = 0; i < table->input_count; i++)
        inputs[i] = (struct dmn_tested){.id = table->inputs[i].id, .name = table->inputs[i].name};
    for (size_t i = 0; i < table->rule_count; i++)
        rules[i] = (struct dmn_hit){.rule = table->rules[i].id, .index = i + 1};
    *out = (struct dmn_table_step){
        table->id, dmn_hit_policy_name(table->policy), inputs, table->input_count, rules, table->rule_count};
    return true;
}

/* ---- As a value ---- */

static void put(struct context_builder *builder, const char *key, struct value v)
{
    context_builder_put(builder, str_of(key), v);
}

/* Text that may be absent. */
static struct value text(struct str s)
{
    return s.data ? value_string(s) : value_null;
}

static struct value named(struct arena *arena, struct str id, struct str name, struct value v)
{
    struct context_builder builder;
    context_builder_init(&builder, arena);
    put(&builder, "id", text(id));
    put(&builder, "name", text(name));
    put(&builder, "value", v);
    return context_builder_done(&builder);
}

static struct value explain_rules(struct arena *arena, const struct dmn_table_step *table)
{
    struct list *rules = list_new(arena, table->hit_count);
    for (size_t i = 0; i < table->hit_count; i++) {
        const struct dmn_hit *hit = &table->hits[i];
        struct list *outputs = list_new(arena, hit->output_count);
        for (size_t o = 0; o < hit->output_count; o++)
            outputs->items[o] = named(arena, hit->outputs[o].id, hit->outputs[o].name, hit->outputs[o].value);
        struct context_builder builder;
        context_builder_init(&builder, arena);
        put(&builder, "id", text(hit->rule));
        put(&builder, "index", value_int((int64_t)hit->index));
        put(&builder, "outputs", value_of_list(outputs));
        rules->items[i] = context_builder_done(&builder);
    }
    return value_of_list(rules);
}

static struct value explain_table(struct arena *arena, const struct dmn_table_step *table)
{
    struct list *inputs = list_new(arena, table->input_count);
    for (size_t i = 0; i < table->input_count; i++)
        inputs->items[i] = named(arena, table->inputs[i].id, table->inputs[i].name, table->inputs[i].value);
    struct context_builder builder;
    context_builder_init(&builder, arena);
    put(&builder, "id", text(table->id));
    put(&builder, "hitPolicy", value_cstr(table->hit_policy));
    put(&builder, "inputs", value_of_list(inputs));
    put(&builder, "rules", explain_rules(arena, table));
    return context_builder_done(&builder);
}

static struct value explain_notes(struct arena *arena, const struct dmn_run *run, size_t from, size_t to)
{
    struct list_builder notes;
    list_builder_init(&notes, arena);
    for (size_t i = from; i < to && i < run->feel.note_count; i++)
        list_builder_push(&notes, value_string(run->feel.notes[i].text));
    return list_builder_done(&notes);
}

static struct value explain_step(struct arena *arena, const struct dmn_run *run, const struct dmn_step *step)
{
    struct context_builder given;
    context_builder_init(&given, arena);
    for (size_t i = 0; i < step->requirement_count; i++)
        context_builder_put(&given, step->requirements[i].key, step->requirements[i].value);
    struct list *tables = list_new(arena, step->table_count);
    for (size_t i = 0; i < step->table_count; i++)
        tables->items[i] = explain_table(arena, &step->tables[i]);
    struct context_builder builder;
    context_builder_init(&builder, arena);
    put(&builder, "id", text(step->element->id));
    put(&builder, "name", text(step->element->name));
    put(&builder, "kind", value_cstr(step->element->kind == DMN_KNOWLEDGE ? "knowledge" : "decision"));
    put(&builder, "value", step->value);
    put(&builder, "given", context_builder_done(&given));
    put(&builder, "tables", value_of_list(tables));
    put(&builder, "notes", explain_notes(arena, run, step->note_from, step->note_to));
    return context_builder_done(&builder);
}

struct value dmn_explanation(struct arena *arena, const struct dmn_run *run)
{
    struct list *steps = list_new(arena, run->step_count);
    for (size_t i = 0; i < run->step_count; i++)
        steps->items[i] = explain_step(arena, run, &run->steps[i]);
    struct context_builder builder;
    context_builder_init(&builder, arena);
    put(&builder, "decisions", value_of_list(steps));
    put(&builder, "notes", explain_notes(arena, run, 0, run->feel.note_count));
    return context_builder_done(&builder);
}
