/* Multi-instance activities.
 *
 * A multi-instance activity is one node, the body, with one child for each item: the instances. Boundary events belong
 * to the body, mappings and the work itself to the instances. */
#include "bpmn/internal.h"

#define INSTANCES_MAX 50000

static void start_instance(struct step *step, struct node *body)
{
    const struct loop_definition *definition = body->element->loop;
    struct loop_state *loop = body->loop;
    struct value item = value_at(loop->items, loop->started++);
    struct node *inner = bpmn_run_new_node(step, body, body->element);
    inner->loop_counter = loop->started;
    if (definition->output_variable.len > 0 && !str_equal(definition->output_variable, definition->input_element))
        bpmn_set_local(step, inner, definition->output_variable, value_null);
    if (definition->input_element.len > 0)
        bpmn_set_local(step, inner, definition->input_element, item);
    bpmn_set_local(step, inner, STR("loopCounter"), value_int(loop->started));
    if (++step->entered > step->entered_max)
        bpmn_step_incident(step, inner, INCIDENT_STEP_LIMIT, RESUME_ENTER,
                           "More than %u elements were entered without waiting.", step->entered_max);
    else
        bpmn_run_start(step, inner);
}

static void finish_body(struct step *step, struct node *body)
{
    if (body->loop->outputs)
        bpmn_set_upwards(step, body->parent, body->element->loop->output_collection,
                         value_of_list(body->loop->outputs));
    if (bpmn_ad_hoc_ends_with(body))
        bpmn_ad_hoc_leave(step, body);
    else
        bpmn_run_leave_by(step, body, body->element->out, body->element->out_count);
}

static bool read_collection(struct step *step, struct node *body, struct value *out)
{
    struct str reason = STR("it gives no list");
    *out = bpmn_evaluate(step, body, &body->element->loop->collection, NULL, &reason);
    if (out->kind != VALUE_LIST)
        bpmn_step_incident(step, body, INCIDENT_LOOP, RESUME_LOOP, "The collection '%.*s' cannot be used: %.*s.",
                           STR_ARGS(body->element->loop->collection.text), STR_ARGS(reason));
    else if (out->list->count > INSTANCES_MAX)
        bpmn_step_incident(step, body, INCIDENT_LOOP, RESUME_LOOP,
                           "The collection has %zu items; at most %d are accepted.", out->list->count, INSTANCES_MAX);
    else
        return true;
    return false;
}

void bpmn_loop_start(struct step *step, struct node *body)
{
    struct value items;
    body->phase = PHASE_ENTERING;
    if (!read_collection(step, body, &items))
        return;
    body->phase = PHASE_ACTIVE;
    if (!body->opened && !bpmn_event_open_boundaries(step, body)) {
        body->incident->resume = RESUME_LOOP;
        return;
    }
    body->opened = true;
    struct loop_state *loop = body->loop = arena_new(step->arena, struct loop_state);
    loop->items = items;
    loop->count = (uint32_t)items.list->count;
    if (body->element->loop->output_collection.len > 0)
        loop->outputs = list_new(step->arena, loop->count);
    for (uint32_t i = 0; loop->outputs && i < loop->count; i++)
        loop->outputs->items[i] = value_null;
    uint32_t first = body->element->loop->sequential || loop->count == 0 ? 0 : loop->count;
    loop->starting = true;
    while (loop->started < first)
        start_instance(step, body);
    loop->starting = false;
    bpmn_loop_next(step, body);
}

/* Goes on after instances have left: the next one, or the end. */
void bpmn_loop_next(struct step *step, struct node *body)
{
    struct loop_state *loop = body->loop;
    if (loop->starting || body->children > 0)
        return;
    loop->starting = true;
    while (loop->started < loop->count && body->children == 0)
        start_instance(step, body);
    loop->starting = false;
    if (body->children == 0)
        finish_body(step, body);
}

/* What a completion condition may ask about besides the variables. */
static struct variables counters(struct step *step, const struct node *body)
{
    const struct loop_state *loop = body->loop;
    struct variables all = {0};
    bpmn_variables_put(step->arena, &all, STR("numberOfInstances"), value_int(loop->count));
    bpmn_variables_put(step->arena, &all, STR("numberOfActiveInstances"), value_int((int64_t)body->children - 1));
    bpmn_variables_put(step->arena, &all, STR("numberOfCompletedInstances"), value_int(loop->completed));
    bpmn_variables_put(step->arena, &all, STR("numberOfTerminatedInstances"), value_int(0));
    if (loop->outputs)
        bpmn_variables_put(step->arena, &all, body->element->loop->output_collection, value_of_list(loop->outputs));
    return all;
}

static bool loop_done(struct step *step, struct node *inner, bool *done)
{
    const struct expression *completion = &inner->element->loop->completion;
    *done = false;
    if (!expression_present(completion))
        return true;
    struct arena_mark mark = arena_mark(step->arena);
    struct variables overlay = counters(step, inner->parent);
    struct str reason = STR_NONE;
    if (bpmn_evaluate_condition(step, inner, completion, &overlay, done, &reason)) {
        arena_rewind(step->arena, mark);
        return true;
    }
    bpmn_step_incident(step, inner, INCIDENT_CONDITION, RESUME_INNER_LEAVE,
                       "The completion condition '%.*s' cannot be decided: %.*s.", STR_ARGS(completion->text),
                       STR_ARGS(reason));
    return false;
}

void bpmn_loop_inner_leave(struct step *step, struct node *inner)
{
    struct node *body = inner->parent;
    struct loop_state *loop = body->loop;
    if (loop->outputs)
        loop->outputs->items[inner->loop_counter - 1] =
            bpmn_evaluate(step, inner, &body->element->loop->output_element, NULL, NULL);
    loop->completed++;
    bool done;
    if (!loop_done(step, inner, &done)) {
        loop->completed--;
        return;
    }
    bpmn_event_remember(step, inner);
    bpmn_run_end(step, inner);
    if (done) {
        loop->started = loop->count;
        bpmn_run_terminate_children(step, body);
    }
    bpmn_loop_next(step, body);
}
