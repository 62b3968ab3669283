/* Expressions and mappings: what an element reads from the scopes around it, and what it writes back. */
#include "bpmn/internal.h"

#include <string.h>

/* Scopes around an element inside one process: sub-processes are at most LOAD_DEPTH_MAX deep, each with a loop body. */
#define BPMN_SCOPES_MAX 80

/* All that the node sees, inner scopes first: a name is looked up from the front, so inner variables hide outer ones.
 * Only for the time of one evaluation: it may share memory with a scope, and names may occur twice. */
static struct value visible(struct step *step, const struct node *node, const struct variables *overlay)
{
    const struct variables *scopes[BPMN_SCOPES_MAX];
    size_t count = 0;
    size_t members = 0;
    if (overlay && overlay->count > 0)
        scopes[count++] = overlay;
    for (; node && count < BPMN_SCOPES_MAX; node = node->parent) {
        if (node->variables.count > 0)
            scopes[count++] = &node->variables;
        if (node->element->type == BPMN_PROCESS)
            break;
    }
    for (size_t i = 0; i < count; i++)
        members += scopes[i]->count;
    struct context *context = arena_new(step->arena, struct context);
    context->count = members;
    if (count == 1)
        context->members = scopes[0]->items;
    if (count > 1) {
        struct member *all = arena_alloc_raw(step->arena, members * sizeof *all);
        context->members = all;
        for (size_t i = 0; i < count; all += scopes[i]->count, i++)
            memcpy(all, scopes[i]->items, scopes[i]->count * sizeof *all);
    }
    return (struct value){.kind = VALUE_CONTEXT, .context = context};
}

static struct value static_value(struct str text)
{
    struct error err = ERROR_INIT;
    struct value number;
    if (text.len > 0 && (text.data[0] == '-' || (text.data[0] >= '0' && text.data[0] <= '9')) &&
        value_number_parse(text, &number, &err) == OK)
        return number;
    return value_string(text);
}

static bool too_deep(struct value value, int levels)
{
    if (value.kind != VALUE_LIST && value.kind != VALUE_CONTEXT)
        return false;
    if (levels == 0)
        return true;
    size_t count = value_count(value);
    for (size_t i = 0; i < count; i++)
        if (too_deep(value.kind == VALUE_LIST ? value.list->items[i] : value.context->members[i].value, levels - 1))
            return true;
    return false;
}

struct value bpmn_evaluate(struct step *step, const struct node *node, const struct expression *expression,
                           const struct variables *overlay, struct str *reason)
{
    if (!expression_present(expression))
        return value_null;
    if (!expression->program)
        return static_value(expression->text);
    struct feel_run run = step->env->feel;
    run.arena = step->arena;
    run.now_ms = step->env->now_ms;
    run.notes = NULL;
    run.note_count = 0;
    run.steps = 0;
    run.depth = 0;
    run.stopped = false;
    struct feel_input input = {.context = visible(step, node, overlay)};
    struct value result = feel_evaluate(expression->program, &input, &run);
    if (too_deep(result, VARIABLE_DEPTH_MAX)) {
        if (reason)
            *reason = STR("it gives lists or contexts that are nested too deep");
        return value_null;
    }
    if (reason && value_is_null(result))
        *reason = run.note_count > 0 ? run.notes[0].text : STR("it gives null");
    return result;
}

bool bpmn_evaluate_condition(struct step *step, const struct node *node, const struct expression *expression,
                             const struct variables *overlay, bool *out, struct str *reason)
{
    struct arena_mark mark = arena_mark(step->arena);
    struct value result = bpmn_evaluate(step, node, expression, overlay, reason);
    if (result.kind == VALUE_BOOLEAN) {
        *out = result.boolean;
        arena_rewind(step->arena, mark);
        return true;
    }
    if (!value_is_null(result))
        *reason = arena_printf(step->arena, "it gives a %s instead of true or false", value_kind_name(result.kind));
    return false;
}

bool bpmn_evaluate_text(struct step *step, const struct node *node, const struct expression *expression,
                        struct str *out, struct str *reason)
{
    if (!expression_present(expression)) {
        *out = STR("");
        return true;
    }
    if (!expression->program) {
        *out = expression->text;
        return true;
    }
    struct value result = bpmn_evaluate(step, node, expression, NULL, reason);
    if (result.kind == VALUE_STRING)
        *out = result.string;
    else if (result.kind == VALUE_NUMBER)
        *out = value_to_text(step->arena, result);
    else if (value_is_null(result))
        return false;
    else {
        *reason = arena_printf(step->arena, "it gives a %s instead of a text", value_kind_name(result.kind));
        return false;
    }
    return true;
}

/* ---- Writing variables ---- */

static void note_change(struct step *step, const struct node *scope, struct str name, bool created)
{
    if (step->instance->conditions == 0)
        return;
    struct change change = {name, scope->key, created};
    VECTOR_PUSH(step->arena, &step->changes, change);
}

void bpmn_set_local(struct step *step, struct node *scope, struct str name, struct value value)
{
    note_change(step, scope, name, bpmn_variables_find(&scope->variables, name) == NULL);
    bpmn_variables_put(step->arena, &scope->variables, name, value);
}

void bpmn_set_upwards(struct step *step, struct node *node, struct str name, struct value value)
{
    while (node->element->type != BPMN_PROCESS && !bpmn_variables_find(&node->variables, name))
        node = node->parent;
    bpmn_set_local(step, node, name, value);
}

void bpmn_set_all_local(struct step *step, struct node *scope, struct value context)
{
    if (context.kind != VALUE_CONTEXT)
        return;
    for (size_t i = 0; i < context.context->count; i++)
        bpmn_set_local(step, scope, context.context->members[i].key, context.context->members[i].value);
}

static void report(struct step *step, const struct node *node, struct value context)
{
    bpmn_step_effect(step, BPMN_VARIABLES_SET, node)->variables = context;
}

void bpmn_set_all_upwards(struct step *step, struct node *node, struct value context)
{
    if (context.kind != VALUE_CONTEXT || context.context->count == 0)
        return;
    for (size_t i = 0; i < context.context->count; i++)
        bpmn_set_upwards(step, node, context.context->members[i].key, context.context->members[i].value);
    report(step, node, context);
}

void bpmn_apply_result(struct step *step, struct node *node, struct value context)
{
    if (node->element->outputs.count > 0)
        bpmn_set_all_local(step, node, context);
    else
        bpmn_set_all_upwards(step, node, context);
}

/* ---- Mappings ---- */

/* Splits "order.price" into the variable's name and the rest, which is absent for a plain name. */
static struct str split_target(struct str target, struct str *rest)
{
    *rest = target;
    return str_cut(rest, '.');
}

void bpmn_apply_inputs(struct step *step, struct node *node)
{
    const struct mappings *inputs = &node->element->inputs;
    for (size_t i = 0; i < inputs->count; i++) {
        struct value value = bpmn_evaluate(step, node, &inputs->items[i].source, NULL, NULL);
        struct str rest;
        struct str name = split_target(inputs->items[i].target, &rest);
        if (rest.data) {
            const struct value *base = bpmn_variables_find(&node->variables, name);
            value = value_put_path(step->arena, base ? *base : value_null, rest, value);
        }
        bpmn_set_local(step, node, name, value);
    }
}

void bpmn_apply_outputs(struct step *step, struct node *node)
{
    const struct mappings *outputs = &node->element->outputs;
    if (outputs->count == 0 || !node->parent)
        return;
    struct node *into = bpmn_node_is_inner(node) ? node : node->parent;
    struct variables results = {0};
    for (size_t i = 0; i < outputs->count; i++) {
        struct value value = bpmn_evaluate(step, node, &outputs->items[i].source, &results, NULL);
        struct str rest;
        struct str name = split_target(outputs->items[i].target, &rest);
        if (rest.data) {
            const struct value *base = bpmn_variables_find(&results, name);
            if (!base)
                base = bpmn_node_find_variable(into, name);
            value = value_put_path(step->arena, base ? *base : value_null, rest, value);
        }
        bpmn_variables_put(step->arena, &results, name, value);
    }
    for (uint32_t i = 0; i < results.count; i++)
        bpmn_set_upwards(step, into, results.items[i].key, results.items[i].value);
    struct context *context = arena_new(step->arena, struct context);
    context->count = results.count;
    context->members = results.items;
    report(step, into, (struct value){.kind = VALUE_CONTEXT, .context = context});
}
