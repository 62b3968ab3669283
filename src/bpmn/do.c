/* What each kind of element does when a token is in it: it waits, makes work for the host, chooses its flows, throws,
 * or is done at once. */
#include "bpmn/internal.h"

static void do_nothing(struct step *step, struct node *node)
{
    bpmn_run_complete(step, node);
}

bool bpmn_run_open_scope(struct step *step, struct node *node)
{
    for (size_t i = 0; i < node->element->event_sub_count; i++) {
        const struct element *start = node->element->event_subs[i]->start;
        struct str reason;
        if (bpmn_event_open(step, node, start, &reason))
            continue;
        bpmn_step_incident(step, node, start->event == BPMN_EVENT_TIMER ? INCIDENT_TIMER : INCIDENT_MESSAGE,
                           RESUME_ACTIVATE, "The event '%.*s' cannot be waited for: %.*s.", STR_ARGS(start->id),
                           STR_ARGS(reason));
        return false;
    }
    return true;
}

static void do_container(struct step *step, struct node *node)
{
    if (!bpmn_run_open_scope(step, node))
        return;
    if (node->element->type == BPMN_AD_HOC_SUB_PROCESS) {
        bpmn_ad_hoc_start(step, node);
        return;
    }
    const struct element *start = node->start ? node->start : node->element->start;
    struct value trigger = node->trigger;
    node->start = NULL;
    node->trigger = value_null;
    if (start->event != BPMN_EVENT_NONE) {
        bpmn_run_enter_triggered(step, node, start, trigger);
        return;
    }
    struct token token = {node, start, NULL};
    VECTOR_PUSH(step->arena, &step->queue, token);
    node->pending++;
}

static void do_job(struct step *step, struct node *node)
{
    bpmn_task_create_job(step, node, &node->element->job->type, &node->element->job->retries);
}

static void do_script(struct step *step, struct node *node)
{
    const struct element *element = node->element;
    if (element->job) {
        do_job(step, node);
        return;
    }
    struct str reason = STR_NONE;
    struct value value = bpmn_evaluate(step, node, &element->script, NULL, &reason);
    struct context_builder result;
    context_builder_init(&result, step->arena);
    context_builder_put(&result, element->script_result, value);
    bpmn_apply_result(step, node, context_builder_done(&result));
    bpmn_run_complete(step, node);
}

static void do_business_rule(struct step *step, struct node *node)
{
    if (node->element->job)
        do_job(step, node);
    else
        bpmn_task_want_decision(step, node);
}

/* False: an incident was raised. */
static bool decide_flow(struct step *step, struct node *node, const struct flow *flow, bool *holds)
{
    struct str reason = STR_NONE;
    *holds = !expression_present(&flow->condition);
    if (*holds || bpmn_evaluate_condition(step, node, &flow->condition, NULL, holds, &reason))
        return true;
    bpmn_step_incident(step, node, INCIDENT_CONDITION, RESUME_ACTIVATE,
                       "The condition '%.*s' of flow '%.*s' cannot be decided: %.*s.", STR_ARGS(flow->condition.text),
                       STR_ARGS(flow->id), STR_ARGS(reason));
    return false;
}

static void do_exclusive(struct step *step, struct node *node)
{
    const struct element *gateway = node->element;
    struct flow *taken = gateway->default_flow;
    for (size_t i = 0; i < gateway->out_count; i++) {
        struct flow *flow = gateway->out[i];
        bool holds;
        if (flow == gateway->default_flow)
            continue;
        if (!decide_flow(step, node, flow, &holds))
            return;
        if (holds) {
            taken = flow;
            break;
        }
    }
    if (taken || gateway->out_count == 0)
        bpmn_run_leave_by(step, node, &taken, gateway->out_count > 0);
    else
        bpmn_step_incident(step, node, INCIDENT_NO_FLOW, RESUME_ACTIVATE,
                           "No condition of the gateway's flows holds and there is no default flow.");
}

static void do_inclusive(struct step *step, struct node *node)
{
    const struct element *gateway = node->element;
    struct flow **taken = arena_array(step->arena, struct flow *, gateway->out_count);
    size_t count = 0;
    for (size_t i = 0; i < gateway->out_count; i++) {
        struct flow *flow = gateway->out[i];
        bool holds;
        if (flow == gateway->default_flow)
            continue;
        if (!decide_flow(step, node, flow, &holds))
            return;
        if (holds)
            taken[count++] = flow;
    }
    if (count == 0 && gateway->default_flow)
        taken[count++] = gateway->default_flow;
    if (count > 0 || gateway->out_count == 0)
        bpmn_run_leave_by(step, node, taken, count);
    else
        bpmn_step_incident(step, node, INCIDENT_NO_FLOW, RESUME_ACTIVATE,
                           "No condition of the gateway's flows holds and there is no default flow.");
}

static void do_wait(struct step *step, struct node *node)
{
    if (node->triggered) {
        bpmn_run_complete(step, node);
        return;
    }
    struct str reason;
    if (!bpmn_event_open(step, node, node->element, &reason))
        bpmn_step_incident(step, node, node->element->event == BPMN_EVENT_TIMER ? INCIDENT_TIMER : INCIDENT_MESSAGE,
                           RESUME_ACTIVATE, "The event cannot be waited for: %.*s.", STR_ARGS(reason));
}

static void do_catch(struct step *step, struct node *node)
{
    if (node->element->event == BPMN_EVENT_LINK)
        bpmn_run_complete(step, node);
    else
        do_wait(step, node);
}

static void do_event_gateway(struct step *step, struct node *node)
{
    for (size_t i = 0; i < node->element->out_count; i++) {
        const struct element *event = node->element->out[i]->to;
        struct str reason;
        if (bpmn_event_open(step, node, event, &reason))
            continue;
        bpmn_event_close_all(step, node);
        bpmn_step_incident(step, node, event->event == BPMN_EVENT_TIMER ? INCIDENT_TIMER : INCIDENT_MESSAGE,
                           RESUME_ACTIVATE, "The event '%.*s' cannot be waited for: %.*s.", STR_ARGS(event->id),
                           STR_ARGS(reason));
        return;
    }
}

/* Errors and escalations that are thrown. */
static void do_throw_code(struct step *step, struct node *node)
{
    struct str code;
    struct str reason = STR_NONE;
    if (!bpmn_evaluate_text(step, node, &node->element->definition->name, &code, &reason)) {
        bpmn_step_incident(step, node, INCIDENT_EXPRESSION, RESUME_ACTIVATE,
                           "The code that is thrown cannot be computed: %.*s.", STR_ARGS(reason));
        return;
    }
    if (node->element->event == BPMN_EVENT_ESCALATION) {
        (void)bpmn_event_throw_escalation(step, node, code, value_null);
        if (!node->dead)
            bpmn_run_complete(step, node);
    } else if (!bpmn_event_throw_error(step, node, code, value_null)) {
        bpmn_step_incident(step, node, INCIDENT_UNHANDLED_ERROR, RESUME_ACTIVATE, "Nothing catches the error '%.*s'.",
                           STR_ARGS(code));
    }
}

static void do_throw_signal(struct step *step, struct node *node)
{
    struct str name;
    struct str reason = STR_NONE;
    if (!bpmn_evaluate_text(step, node, &node->element->definition->name, &name, &reason)) {
        bpmn_step_incident(step, node, INCIDENT_EXPRESSION, RESUME_ACTIVATE,
                           "The name of the signal cannot be computed: %.*s.", STR_ARGS(reason));
        return;
    }
    struct bpmn_effect *effect = bpmn_step_effect(step, BPMN_SIGNAL_THROWN, node);
    effect->name = name;
    effect->variables = bpmn_variables_snapshot(step->arena, &node->variables);
    bpmn_run_complete(step, node);
}

static void do_terminate(struct step *step, struct node *node)
{
    struct node *scope = node->parent;
    bpmn_run_drop_tokens(step, scope);
    for (struct node *child = scope->last; child;) {
        struct node *previous = child->previous;
        if (child != node)
            (void)bpmn_run_terminate(step, child);
        child = previous;
    }
    bpmn_run_complete(step, node);
}

static void do_throw(struct step *step, struct node *node)
{
    switch ((enum bpmn_event)node->element->event) {
    case BPMN_EVENT_MESSAGE: do_job(step, node); break;
    case BPMN_EVENT_SIGNAL: do_throw_signal(step, node); break;
    case BPMN_EVENT_ERROR:
    case BPMN_EVENT_ESCALATION: do_throw_code(step, node); break;
    case BPMN_EVENT_COMPENSATION: bpmn_event_compensate(step, node); break;
    case BPMN_EVENT_TERMINATE: do_terminate(step, node); break;
    case BPMN_EVENT_NONE:
    case BPMN_EVENT_LINK:
    case BPMN_EVENT_TIMER:
    case BPMN_EVENT_CONDITIONAL: bpmn_run_complete(step, node); break;
    }
}

typedef void element_doer(struct step *step, struct node *node);
static element_doer *const doers[] = {
    [BPMN_PROCESS] = do_container,
    [BPMN_SUB_PROCESS] = do_container,
    [BPMN_EVENT_SUB_PROCESS] = do_container,
    [BPMN_AD_HOC_SUB_PROCESS] = do_container,
    [BPMN_CALL_ACTIVITY] = bpmn_task_call,
    [BPMN_TASK] = do_nothing,
    [BPMN_MANUAL_TASK] = do_nothing,
    [BPMN_USER_TASK] = bpmn_task_create_user_task,
    [BPMN_SERVICE_TASK] = do_job,
    [BPMN_SEND_TASK] = do_job,
    [BPMN_RECEIVE_TASK] = do_wait,
    [BPMN_SCRIPT_TASK] = do_script,
    [BPMN_BUSINESS_RULE_TASK] = do_business_rule,
    [BPMN_EXCLUSIVE_GATEWAY] = do_exclusive,
    [BPMN_PARALLEL_GATEWAY] = bpmn_run_leave,
    [BPMN_INCLUSIVE_GATEWAY] = do_inclusive,
    [BPMN_EVENT_GATEWAY] = do_event_gateway,
    [BPMN_START_EVENT] = do_nothing,
    [BPMN_CATCH_EVENT] = do_catch,
    [BPMN_THROW_EVENT] = do_throw,
    [BPMN_END_EVENT] = do_throw,
    [BPMN_BOUNDARY_EVENT] = do_nothing,
};

void bpmn_run_activate(struct step *step, struct node *node)
{
    node->phase = PHASE_ACTIVE;
    if (!node->opened && node->element->boundary_count > 0 && !bpmn_node_is_inner(node) &&
        !bpmn_event_open_boundaries(step, node))
        return;
    node->opened = true;
    doers[node->element->type](step, node);
}
