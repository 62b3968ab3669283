/* Ad-hoc sub-processes: which of their elements run is decided while they run, by an expression, by a person, or by a
 * job that is made anew each time one of them is done. */
#include "bpmn/internal.h"

bool bpmn_ad_hoc_can_start(const struct element *element)
{
    return element->parent->type == BPMN_AD_HOC_SUB_PROCESS && element->in_count == 0 &&
           element->type != BPMN_BOUNDARY_EVENT && element->type != BPMN_EVENT_SUB_PROCESS &&
           !element->for_compensation;
}

/* NULL when there is none that can be activated. */
static const struct element *find_element(const struct node *node, struct value id)
{
    const struct element *element = bpmn_element_find(node->element->process, value_text(id));
    return element && element->parent == node->element && bpmn_ad_hoc_can_start(element) ? element : NULL;
}

/* ---- Beginning ---- */

/* What can be activated, for the worker that chooses. */
static struct value describe_elements(struct arena *arena, const struct element *ad_hoc)
{
    struct list_builder all;
    list_builder_init(&all, arena);
    for (size_t i = 0; i < ad_hoc->child_count; i++) {
        const struct element *element = ad_hoc->children[i];
        struct context_builder one, properties;
        if (!bpmn_ad_hoc_can_start(element))
            continue;
        context_builder_init(&one, arena);
        context_builder_init(&properties, arena);
        for (size_t p = 0; p < element->properties.count; p++)
            context_builder_put(&properties, element->properties.items[p].name,
                                value_string(element->properties.items[p].value));
        context_builder_put(&one, STR("elementId"), value_string(element->id));
        context_builder_put(&one, STR("elementName"), value_string(element->name));
        context_builder_put(&one, STR("documentation"), value_string(element->documentation));
        context_builder_put(&one, STR("properties"), context_builder_done(&properties));
        list_builder_push(&all, context_builder_done(&one));
    }
    return list_builder_done(&all);
}

static void prepare(struct step *step, struct node *node)
{
    const struct ad_hoc_definition *definition = node->element->ad_hoc;
    if (node->loop)
        return;
    node->loop = arena_new(step->arena, struct loop_state);
    node->loop->items = value_null;
    if (definition->output_collection.len > 0)
        bpmn_set_local(step, node, definition->output_collection, value_list(step->arena, NULL, 0));
    if (node->element->job)
        bpmn_set_local(step, node, STR("adHocSubProcessElements"), describe_elements(step->arena, node->element));
}

struct node *bpmn_ad_hoc_open(struct step *step, struct node *node)
{
    prepare(step, node);
    struct node *activation = bpmn_run_new_node(step, node, node->element);
    activation->loop_counter = ++node->loop->count;
    activation->phase = PHASE_ACTIVE;
    return activation;
}

static void enter(struct step *step, struct node *node, const struct element *element, struct value variables)
{
    struct node *activation = bpmn_ad_hoc_open(step, node);
    bpmn_set_all_local(step, activation, variables);
    struct token token = {activation, element, NULL};
    VECTOR_PUSH(step->arena, &step->queue, token);
    activation->pending++;
}

static void create_job(struct step *step, struct node *node)
{
    const struct job_definition *job = node->element->job;
    bpmn_step_clear_incident(step, node);
    bpmn_task_cancel_work(step, node);
    bpmn_task_create_job(step, node, &job->type, &job->retries);
}

static void activate_computed(struct step *step, struct node *node, const struct expression *active)
{
    struct str reason = STR("it gives no list of element ids");
    struct value ids = bpmn_evaluate(step, node, active, NULL, &reason);
    if (ids.kind != VALUE_LIST) {
        bpmn_step_incident(step, node, INCIDENT_AD_HOC, RESUME_ACTIVATE,
                           "The elements to activate cannot be computed: %.*s.", STR_ARGS(reason));
        return;
    }
    for (size_t i = 0; i < ids.list->count; i++)
        if (!find_element(node, ids.list->items[i])) {
            bpmn_step_incident(step, node, INCIDENT_AD_HOC, RESUME_ACTIVATE,
                               "The ad-hoc sub-process has no such element to activate: %.*s.",
                               STR_ARGS(value_text(ids.list->items[i])));
            return;
        }
    for (size_t i = 0; i < ids.list->count; i++)
        enter(step, node, find_element(node, ids.list->items[i]), value_null);
}

void bpmn_ad_hoc_start(struct step *step, struct node *node)
{
    const struct ad_hoc_definition *definition = node->element->ad_hoc;
    prepare(step, node);
    if (node->element->job)
        create_job(step, node);
    else if (expression_present(&definition->active))
        activate_computed(step, node, &definition->active);
}

/* ---- While it runs ---- */

static void collect_output(struct step *step, struct node *child)
{
    struct node *scope = child->parent;
    const struct ad_hoc_definition *definition = scope->element->ad_hoc;
    if (definition->output_collection.len == 0)
        return;
    struct value output = bpmn_evaluate(step, child, &definition->output_element, NULL, NULL);
    const struct value *collected = bpmn_variables_find(&scope->variables, definition->output_collection);
    struct list_builder list;
    list_builder_init(&list, step->arena);
    for (size_t i = 0; collected && i < value_count(*collected); i++)
        list_builder_push(&list, value_at(*collected, i));
    list_builder_push(&list, output);
    bpmn_set_local(step, scope, definition->output_collection, list_builder_done(&list));
}

/* What is left in it ends first, or is waited for. */
static void finish(struct step *step, struct node *scope, bool cancels)
{
    if (cancels)
        bpmn_run_terminate_children(step, scope);
    if (scope->children > 0 || scope->pending > 0)
        bpmn_run_set_ending(step, scope, &(struct ending){.kind = ENDING_COMPLETE});
    else
        bpmn_run_complete(step, scope);
}

/* False: an incident was raised, and nothing is collected. */
static bool decide(struct step *step, struct node *child, bool *done)
{
    struct node *scope = child->parent;
    const struct ad_hoc_definition *definition = scope->element->ad_hoc;
    const struct value *collected = bpmn_variables_find(&scope->variables, definition->output_collection);
    struct value before = collected ? *collected : value_null;
    *done = false;
    collect_output(step, child);
    struct str reason = STR_NONE;
    if (!expression_present(&definition->completion) || scope->ending ||
        bpmn_evaluate_condition(step, child, &definition->completion, NULL, done, &reason))
        return true;
    if (collected)
        bpmn_set_local(step, scope, definition->output_collection, before);
    bpmn_step_incident(step, child, INCIDENT_CONDITION, RESUME_INNER_LEAVE,
                       "The completion condition '%.*s' cannot be decided: %.*s.",
                       STR_ARGS(definition->completion.text), STR_ARGS(reason));
    return false;
}

bool bpmn_ad_hoc_ends_with(const struct node *child)
{
    const struct node *scope = child->parent;
    bool direct = scope->element->type == BPMN_AD_HOC_SUB_PROCESS && !scope->body && !bpmn_node_is_activation(scope);
    return bpmn_node_is_activation(child) ||
           (direct && child->element->out_count == 0 && !child->element->for_compensation);
}

void bpmn_ad_hoc_leave(struct step *step, struct node *child)
{
    struct node *scope = child->parent;
    bool done = false;
    if (!decide(step, child, &done))
        return;
    if (scope->element->job && !scope->ending)
        create_job(step, scope);
    bpmn_event_remember(step, child);
    bpmn_run_end(step, child);
    if (done && (scope->element->ad_hoc->cancel_remaining || (scope->children == 0 && scope->pending == 0)))
        finish(step, scope, true);
    else
        bpmn_run_scope_check(step, scope);
}

void bpmn_ad_hoc_outputs(struct step *step, struct node *node)
{
    const struct str name = node->element->ad_hoc->output_collection;
    const struct value *collected = name.len > 0 ? bpmn_variables_find(&node->variables, name) : NULL;
    if (collected)
        bpmn_set_upwards(step, node->parent, name, *collected);
}

/* ---- What people and workers decide ---- */

static enum status invalid(struct error *err, const char *field, const char *message)
{
    error_set(err, ERROR_INVALID, "ad-hoc-result-invalid", "%s", message);
    return error_field(err, "%s", field);
}

static enum status check_elements(const struct node *node, struct value elements, struct error *err)
{
    for (size_t i = 0; i < value_count(elements); i++) {
        struct value id = value_get(value_at(elements, i), STR("elementId"));
        struct value variables = value_get(value_at(elements, i), STR("variables"));
        if (!find_element(node, id)) {
            error_set(err, ERROR_NOT_FOUND, "element-not-found", "'%.*s' cannot be activated in '%.*s'.",
                      STR_ARGS(value_text(id)), STR_ARGS(node->element->id));
            return error_hint(err, "Name elements inside it that no flow leads to.");
        }
        if (variables.kind != VALUE_CONTEXT && !value_is_null(variables))
            return invalid(err, "variables", "The variables of an element must be a context.");
    }
    return OK;
}

static void enter_all(struct step *step, struct node *node, struct value elements)
{
    for (size_t i = 0; i < value_count(elements); i++) {
        struct value one = value_at(elements, i);
        enter(step, node, find_element(node, value_get(one, STR("elementId"))), value_get(one, STR("variables")));
    }
}

enum status bpmn_ad_hoc_activate(struct step *step, const struct bpmn_command *command, struct node *node,
                                 struct error *err)
{
    if (node->element->type != BPMN_AD_HOC_SUB_PROCESS || node->body || bpmn_node_is_activation(node))
        return error_set(err, ERROR_NOT_FOUND, "element-not-ad-hoc", "'%.*s' is no ad-hoc sub-process.",
                         STR_ARGS(node->element->id));
    if (node->phase != PHASE_ACTIVE || node->ending)
        return error_set(err, ERROR_CONFLICT, "element-not-active", "'%.*s' is no active ad-hoc sub-process.",
                         STR_ARGS(node->element->id));
    if (value_count(command->value) == 0 || command->value.kind != VALUE_LIST)
        return error_set(err, ERROR_INVALID, "element-not-found", "Name at least one element to activate.");
    if (check_elements(node, command->value, err) != OK)
        return FAILED;
    if (node->incident && node->incident->type == INCIDENT_AD_HOC)
        bpmn_step_clear_incident(step, node);
    if (command->cancels)
        bpmn_run_terminate_children(step, node);
    enter_all(step, node, command->value);
    return OK;
}

static enum status check_answer(const struct node *node, struct value result, struct error *err)
{
    static const char *const flags[] = {"isCompletionConditionFulfilled", "isCancelRemainingInstances"};
    struct value elements = value_get(result, STR("activateElements"));
    if (result.kind != VALUE_CONTEXT && !value_is_null(result))
        return invalid(err, "result", "What the job of an ad-hoc sub-process answers must be a context.");
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        struct value flag = value_get(result, str_of(flags[i]));
        if (flag.kind != VALUE_BOOLEAN && !value_is_null(flag))
            return invalid(err, flags[i], "It must be true or false.");
    }
    if (elements.kind != VALUE_LIST && !value_is_null(elements))
        return invalid(err, "activateElements", "The elements to activate must be a list.");
    if (value_count(elements) > 0 && value_is_true(value_get(result, STR("isCompletionConditionFulfilled"))))
        return invalid(err, "activateElements", "Nothing can be activated when the completion condition is fulfilled.");
    return check_elements(node, elements, err);
}

enum status bpmn_ad_hoc_answer(struct step *step, struct node *node, const struct bpmn_command *command,
                               struct error *err)
{
    struct value elements = value_get(command->value, STR("activateElements"));
    if (check_answer(node, command->value, err) != OK)
        return FAILED;
    bpmn_step_clear_incident(step, node);
    bpmn_task_work_done(node);
    bpmn_apply_result(step, node, command->variables);
    if (value_is_true(value_get(command->value, STR("isCompletionConditionFulfilled")))) {
        finish(step, node, value_is_true(value_get(command->value, STR("isCancelRemainingInstances"))));
        return OK;
    }
    enter_all(step, node, elements);
    if (node->children == 0 && node->pending == 0)
        bpmn_step_incident(
            step, node, INCIDENT_AD_HOC, RESUME_ACTIVATE,
            "The job has activated nothing, nothing is active, and it has not said that this is the end.");
    return OK;
}
