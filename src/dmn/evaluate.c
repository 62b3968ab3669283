/* Running a model: each decision at most once, on demand, down the requirements; functions for what is called by name.
 */
#include "dmn/internal.h"

#include <stdio.h>

#define DEPTH_MAX 256 /* calls of knowledge models and services within each other, unless the run says otherwise */

/* ---- Frames ---- */

static struct frame new_frame(const struct definitions *entry, struct feel_run *run)
{
    size_t node_count = entry->model->node_count;
    return (struct frame){
        .entry = entry,
        .inputs = value_null,
        .values = arena_alloc_raw(run->arena, node_count * sizeof(struct value)),
        .known = arena_alloc(run->arena, node_count),
        .feel = run,
    };
}

static struct frame *import_frame(struct frame *frame, size_t import)
{
    struct arena *arena = frame->feel->arena;
    if (!frame->children)
        frame->children = arena_array(arena, struct frame *, frame->entry->import_count);
    if (!frame->children[import]) {
        struct frame *child = arena_new(arena, struct frame);
        *child = new_frame(frame->entry->imports[import].definitions, frame->feel);
        child->up = frame;
        child->closed = frame->closed;
        child->inputs = value_get(frame->inputs, frame->entry->imports[import].name);
        frame->children[import] = child;
    }
    return frame->children[import];
}

static struct frame *frame_below(struct frame *frame, const struct node *node, int levels)
{
    for (size_t i = 0; i < frame->entry->import_count; i++) {
        const struct definitions *imported = frame->entry->imports[i].definitions;
        struct frame *found = NULL;
        if (imported && levels == 1)
            found = imported == node->definitions ? import_frame(frame, i) : NULL;
        else if (imported)
            found = frame_below(import_frame(frame, i), node, levels - 1);
        if (found)
            return found;
    }
    return NULL;
}

/* The frame that the node is evaluated in, seen from one whose file requires it: its own, or that of the nearest
 * import. */
static struct frame *frame_of(struct frame *frame, const struct node *node)
{
    struct frame *found = node->definitions == frame->entry ? frame : NULL;
    for (int levels = 1; levels <= IMPORT_LEVELS_MAX && !found; levels++)
        found = frame_below(frame, node, levels);
    return found ? found : frame;
}

/* ---- Input data ---- */

/* What is given for a node: by the import's name and its own, else by its own name further out. */
static bool find_given(const struct frame *frame, const struct node *node, struct value *out)
{
    for (const struct frame *at = frame; at && !frame->closed; at = at->up)
        if (value_find(at->inputs, node->element.name, out))
            return true;
    return false;
}

static struct value read_given(const struct frame *frame, const struct node *node, struct value v)
{
    struct dmn_run *run = frame->feel->host;
    if (run && run->input_form == DMN_INPUTS_JSON)
        v = dmn_type_read(node->type, v, frame->feel->arena);
    return node->type ? dmn_convert_or_note(node->type, v, frame->feel, "input", node->element.name) : v;
}

static struct value input_value(const struct frame *frame, const struct node *node)
{
    struct value v = value_null;
    return find_given(frame, node, &v) ? read_given(frame, node, v) : value_null;
}

/* ---- Decisions ---- */

static struct value binding_value(struct frame *frame, const struct binding *binding)
{
    if (binding->node)
        return dmn_node_value(frame, binding->node);
    struct context_builder builder;
    context_builder_init(&builder, frame->feel->arena);
    for (size_t i = 0; i < binding->members->items.count; i++) {
        const struct binding *member = &binding->members->items.items[i];
        context_builder_put(&builder, member->name, binding_value(frame, member));
    }
    return context_builder_done(&builder);
}

static void trace_requirements(struct feel_run *run, const struct node *node, const struct value *slots)
{
    for (size_t i = 0; i < node->binding_count; i++)
        if (slots[i].kind != VALUE_FUNCTION)
            dmn_trace_given(run, node->bindings[i].name, slots[i]);
}

static struct value decision_value(struct frame *frame, const struct node *node)
{
    struct feel_run *run = frame->feel;
    struct value v = value_null;
    if (!node->logic) { /* made by people or elsewhere: its answer may be given */
        if (find_given(frame, node, &v))
            return read_given(frame, node, v);
        feel_note(run, "decision %.*s has no logic and no value was given for it", STR_ARGS(node->element.name));
        return value_null;
    }
    struct value *slots = arena_array(run->arena, struct value, node->slot_max);
    for (size_t i = 0; i < node->binding_count; i++)
        slots[i] = binding_value(frame, &node->bindings[i]);
    struct trace_step *step = dmn_trace_enter(run, node);
    if (step)
        trace_requirements(run, node, slots);
    v = dmn_boxed_evaluate(node->logic, slots, run);
    if (node->type)
        v = dmn_convert_or_note(node->type, v, run, "decision", node->element.name);
    if (step)
        dmn_trace_leave(run, step, v);
    return v;
}

/* What was given to the outermost frame for a node of an imported file. */
static bool find_handed_down(const struct frame *frame, const struct node *node, struct value *out)
{
    if (!frame->closed)
        return false;
    for (frame = frame->up; frame; frame = frame->up) {
        if (frame->known[node->index]) {
            *out = frame->values[node->index];
            return true;
        }
    }
    return false;
}

struct value dmn_node_value(struct frame *frame, const struct node *node)
{
    frame = frame_of(frame, node);
    if (frame->known[node->index])
        return frame->values[node->index];
    struct value v = value_null;
    if (find_handed_down(frame, node, &v))
        (void)0;
    else if (node->fault.len)
        feel_note(frame->feel, "%.*s", STR_ARGS(node->fault));
    else if (node->element.kind == DMN_DECISION)
        v = decision_value(frame, node);
    else if (node->element.kind == DMN_INPUT)
        v = input_value(frame, node);
    else
        v = node->function;
    frame->values[node->index] = v;
    frame->known[node->index] = 1;
    return v;
}

/* ---- Functions ---- */

static bool enter_call(struct feel_run *run, const struct node *node)
{
    uint32_t limit = run->depth_max ? run->depth_max : DEPTH_MAX;
    if (run->stopped)
        return false;
    if (run->depth < limit)
        return true;
    feel_note(run, "stopped in %.*s: calls are nested deeper than %u", STR_ARGS(node->element.name), limit);
    run->stopped = true;
    return false;
}

/* What a knowledge model sees: functions, under their imports' names. */
static struct value function_of(const struct binding *binding, struct feel_run *run)
{
    if (binding->node)
        return binding->node->function;
    struct context_builder builder;
    context_builder_init(&builder, run->arena);
    for (size_t i = 0; i < binding->members->items.count; i++) {
        const struct binding *member = &binding->members->items.items[i];
        context_builder_put(&builder, member->name, function_of(member, run));
    }
    return context_builder_done(&builder);
}

static struct value knowledge_body(const struct node *node, const struct value *arguments, struct feel_run *run)
{
    struct value *slots = arena_array(run->arena, struct value, node->slot_max);
    for (size_t i = 0; i < node->binding_count; i++)
        slots[i] = function_of(&node->bindings[i], run);
    const struct expression *logic = node->logic;
    if (logic->kind == EXPRESSION_JAVA) {
        struct value function = dmn_boxed_evaluate(logic, slots, run);
        return function.kind == VALUE_FUNCTION ? feel_call(function, arguments, node->parameter_count, run)
                                               : value_null;
    }
    struct trace_step *step = dmn_trace_enter(run, node);
    struct value v = value_null;
    if (dmn_boxed_bind(node->parameters, node->parameter_count, arguments, slots + logic->function.slot, run)) {
        for (size_t i = 0; step && i < node->parameter_count; i++)
            dmn_trace_given(run, node->parameters[i].name, slots[logic->function.slot + i]);
        if (logic->function.body)
            v = dmn_boxed_evaluate(logic->function.body, slots, run);
        v = dmn_convert_or_note(dmn_type_result(node->type), v, run, "the result of", node->element.name);
    }
    if (step)
        dmn_trace_leave(run, step, v);
    return v;
}

static struct value call_knowledge(void *host, const struct value *arguments, struct feel_run *run)
{
    const struct node *node = host;
    if (!node->logic || node->logic->kind == EXPRESSION_FAULTY || node->fault.len) {
        struct str why = node->fault.len ? node->fault : node->logic ? node->logic->fault : STR("it has no logic");
        feel_note(run, "%.*s cannot be called: %.*s", STR_ARGS(node->element.name), STR_ARGS(why));
        return value_null;
    }
    if (!enter_call(run, node))
        return value_null;
    run->depth++;
    struct value v = knowledge_body(node, arguments, run);
    run->depth--;
    return v;
}

/* ---- Services ---- */

static struct value service_answer(struct frame *frame, const struct node *service)
{
    struct value v = value_null;
    if (service->output_count == 1) {
        v = dmn_node_value(frame, service->outputs[0]);
    } else {
        struct context_builder builder;
        context_builder_init(&builder, frame->feel->arena);
        for (size_t i = 0; i < service->output_count; i++)
            context_builder_put(&builder, service->outputs[i]->variable, dmn_node_value(frame, service->outputs[i]));
        v = context_builder_done(&builder);
    }
    return dmn_convert_or_note(dmn_type_result(service->type), v, frame->feel, "the result of", service->element.name);
}

static void give(struct frame *frame, const struct node *node, struct value v)
{
    frame->values[node->index] = v;
    frame->known[node->index] = 1;
}

static struct value call_service(void *host, const struct value *arguments, struct feel_run *run)
{
    const struct node *service = host;
    if (!enter_call(run, service))
        return value_null;
    struct frame frame = new_frame(service->definitions, run);
    frame.closed = true;
    for (size_t i = 0; i < service->parameter_count; i++) {
        const struct node *node = service->given[i];
        give(&frame, node, dmn_convert_or_note(node->type, arguments[i], run, "argument", node->element.name));
    }
    run->depth++;
    struct value v = service_answer(&frame, service);
    run->depth--;
    return v;
}

/* A service asked by its caller from outside: what it is given comes by name. */
static struct value evaluate_service(struct frame *frame, const struct node *service)
{
    for (size_t i = 0; i < service->parameter_count; i++) {
        struct value v = value_null;
        if (find_given(frame_of(frame, service->given[i]), service->given[i], &v))
            v = read_given(frame, service->given[i], v);
        give(frame, service->given[i], v);
    }
    frame->closed = true;
    frame->children = NULL; /* they were open */
    return service_answer(frame, service);
}

/* A knowledge model asked from outside: its parameters come by name. */
static struct value evaluate_knowledge(struct frame *frame, struct node *node)
{
    struct value *arguments = arena_array(frame->feel->arena, struct value, node->parameter_count);
    for (size_t i = 0; i < node->parameter_count; i++)
        arguments[i] = value_get(frame->inputs, node->parameters[i].name);
    return call_knowledge(node, arguments, frame->feel);
}

static struct value evaluate_node(struct frame *frame, const struct node *node)
{
    if (node->element.kind == DMN_SERVICE)
        return evaluate_service(frame, node);
    if (node->element.kind == DMN_KNOWLEDGE)
        return evaluate_knowledge(frame, (struct node *)(uintptr_t)node);
    return dmn_node_value(frame, node);
}

/* For `instance of`: the type that the variable declares, else what parameters and logic say. */
static const struct feel_type *function_type(struct arena *arena, const struct node *node)
{
    const struct feel_type *declared = node->type && node->type->kind == FEEL_TYPE_FUNCTION ? node->type : NULL;
    if (declared && declared->member_count == node->parameter_count)
        return declared;
    struct feel_type *type = arena_new(arena, struct feel_type);
    struct feel_type_member *members = arena_array(arena, struct feel_type_member, node->parameter_count);
    bool service = node->element.kind == DMN_SERVICE;
    for (size_t i = 0; i < node->parameter_count; i++)
        members[i] = service ? (struct feel_type_member){node->given[i]->variable, node->given[i]->type}
                             : (struct feel_type_member){node->parameters[i].name, node->parameters[i].type};
    *type = (struct feel_type){.kind = FEEL_TYPE_FUNCTION,
                               .item = dmn_type_result(node->type),
                               .members = members,
                               .member_count = node->parameter_count};
    if (!type->item && service && node->output_count == 1)
        type->item = node->outputs[0]->type;
    if (!type->item && !service && node->logic && node->logic->kind == EXPRESSION_FUNCTION &&
        node->logic->function.body)
        type->item = node->logic->function.body->type;
    return type;
}

struct value dmn_node_function(struct arena *arena, struct node *node)
{
    if (node->element.kind != DMN_KNOWLEDGE && node->element.kind != DMN_SERVICE)
        return value_null;
    bool service = node->element.kind == DMN_SERVICE;
    struct str *names = arena_array(arena, struct str, node->parameter_count);
    for (size_t i = 0; i < node->parameter_count; i++)
        names[i] = service ? node->given[i]->variable : node->parameters[i].name;
    struct value function =
        feel_host_function(arena, names, node->parameter_count, service ? call_service : call_knowledge, node);
    return feel_function_typed(function, function_type(arena, node));
}

/* ---- From outside ---- */

static const struct node *find_evaluable(const struct dmn_model *model, struct str name)
{
    const struct dmn_element *element = dmn_find(model, DMN_DECISION, name);
    if (!element)
        element = dmn_find(model, DMN_SERVICE, name);
    if (!element)
        element = dmn_find(model, DMN_KNOWLEDGE, name);
    return (const struct node *)element;
}

static enum status refuse_unknown(const struct dmn_model *model, struct str name, struct error *err)
{
    error_set(err, ERROR_NOT_FOUND, "dmn-unknown-decision", "%.*s has no decision '%.*s'.",
              STR_ARGS(model->files[0]->file), STR_ARGS(name));
    char list[160] = "";
    size_t used = 0;
    for (size_t i = 0; i < model->node_count && used < sizeof(list) - 1; i++)
        if (model->nodes[i]->element.kind == DMN_DECISION)
            used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%.*s", used ? ", " : "",
                                     STR_ARGS(model->nodes[i]->element.name));
    return list[0] ? error_hint(err, "It has: %s.", list) : FAILED;
}

enum status dmn_evaluate(const struct dmn_model *model, struct str decision, struct value inputs, struct dmn_run *run,
                         struct value *out, struct error *err)
{
    CHECK(run->feel.arena);
    const struct node *node = find_evaluable(model, decision);
    if (!node)
        return refuse_unknown(model, decision, err);
    run->feel.host = run;
    struct frame frame = new_frame(node->definitions, &run->feel);
    frame.inputs = inputs;
    dmn_trace_begin(run);
    struct value v = evaluate_node(&frame, node);
    dmn_trace_end(run);
    if (run->feel.stopped) {
        struct str why = run->feel.note_count ? run->feel.notes[run->feel.note_count - 1].text : STR("a limit was met");
        return error_set(err, ERROR_LIMIT, "dmn-limit", "'%.*s' was stopped: %.*s.", STR_ARGS(node->element.name),
                         STR_ARGS(why));
    }
    *out = v;
    return OK;
}

struct dmn_plan {
    const struct node *node;
    const struct node **inputs;
    struct str *names;
    size_t count;
};

enum status dmn_plan_new(struct arena *arena, const struct dmn_model *model, struct str decision,
                         const struct dmn_plan **out, struct error *err)
{
    const struct node *node = find_evaluable(model, decision);
    if (!node)
        return refuse_unknown(model, decision, err);
    struct dmn_plan *plan = arena_new(arena, struct dmn_plan);
    const struct dmn_element *const *inputs = NULL;
    plan->node = node;
    plan->count = dmn_inputs_of(arena, model, &node->element, &inputs);
    plan->inputs = arena_array(arena, const struct node *, plan->count);
    plan->names = arena_array(arena, struct str, plan->count);
    for (size_t i = 0; i < plan->count; i++) {
        plan->inputs[i] = (const struct node *)inputs[i];
        plan->names[i] = inputs[i]->name;
    }
    *out = plan;
    return OK;
}

size_t dmn_plan_inputs(const struct dmn_plan *plan, const struct str **out)
{
    *out = plan->names;
    return plan->count;
}

struct value dmn_plan_evaluate(const struct dmn_plan *plan, const struct value *inputs, struct dmn_run *run)
{
    run->feel.host = run;
    struct frame frame = new_frame(plan->node->definitions, &run->feel);
    frame.closed = true;
    for (size_t i = 0; i < plan->count; i++)
        give(&frame, plan->inputs[i], read_given(&frame, plan->inputs[i], inputs[i]));
    dmn_trace_begin(run);
    struct value v = plan->node->element.kind == DMN_SERVICE ? service_answer(&frame, plan->node)
                                                             : dmn_node_value(&frame, plan->node);
    dmn_trace_end(run);
    return run->feel.stopped ? value_null : v;
}
