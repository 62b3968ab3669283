/* The life of a node: entered, done, left. Tokens on the way between elements wait in a queue, first in, first out, so
 * that no chain of elements, however long, deepens the C stack. */
#include "bpmn/internal.h"

#include <stdio.h>
#include <string.h>

/* ---- Effects and incidents ---- */

int64_t bpmn_step_key(struct step *step)
{
    int64_t key = step->env->next_key(step->env->host);
    CHECK(key > 0);
    return key;
}

struct bpmn_effect *bpmn_step_effect(struct step *step, enum bpmn_effect_kind kind, const struct node *node)
{
    struct bpmn_effects *effects = step->effects;
    if (effects->list.count == effects->list.capacity)
        effects->list.items = vector_grow(effects->arena, effects->list.items, effects->list.count,
                                          &effects->list.capacity, sizeof *effects->list.items);
    struct bpmn_effect *effect = &effects->list.items[effects->list.count++];
    memset(effect, 0, sizeof *effect);
    effect->kind = kind;
    effect->key = effect->element_key = node->key;
    effect->element_id = node->element->id;
    effect->process = node->element->process;
    return effect;
}

void bpmn_step_clear_incident(struct step *step, struct node *node)
{
    if (!node->incident)
        return;
    bpmn_step_effect(step, BPMN_INCIDENT_RESOLVED, node)->key = node->incident->key;
    node->incident = NULL;
    step->instance->incidents--;
}

void bpmn_step_incident(struct step *step, struct node *node, enum incident_type type, enum resume resume,
                        const char *format, ...)
{
    char text[1000];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    bpmn_step_clear_incident(step, node);
    size_t length = str_of(text).len;
    while (length > 0 && !utf8_valid((struct str){text, length}))
        length--;
    struct incident *incident = arena_new(step->arena, struct incident);
    *incident = (struct incident){
        .key = bpmn_step_key(step),
        .type = (uint8_t)type,
        .resume = (uint8_t)resume,
        .message = arena_str(step->arena, (struct str){text, length}),
        .since_ms = step->env->now_ms,
    };
    node->incident = incident;
    step->instance->incidents++;
    struct bpmn_effect *effect = bpmn_step_effect(step, BPMN_INCIDENT_RAISED, node);
    effect->key = incident->key;
    effect->incident = (struct bpmn_incident){
        .type = bpmn_incident_names[type],
        .message = incident->message,
        .job_key = node->work == WORK_JOB ? node->work_key : 0,
    };
}

/* ---- Entering ---- */

static void announce(struct step *step, struct node *node)
{
    struct bpmn_effect *effect = bpmn_step_effect(step, BPMN_ELEMENT_ENTERED, node);
    node->since_ms = step->env->now_ms;
    if (bpmn_node_is_part(node)) {
        effect->name = STR("instance");
        return;
    }
    struct history *history = bpmn_instance_history(step->instance, node->element->process);
    struct element_history *passed = &history->elements[node->element->index];
    if (passed->entered++ == 0)
        passed->first_ms = step->env->now_ms;
}

struct node *bpmn_run_new_node(struct step *step, struct node *scope, const struct element *element)
{
    struct node *node = bpmn_node_new(step->instance, scope, element);
    node->key = bpmn_step_key(step);
    node->phase = PHASE_ENTERING;
    if (!scope)
        step->instance->root = node;
    announce(step, node);
    return node;
}

static bool within_limit(struct step *step, struct node *node)
{
    if (++step->entered <= step->entered_max)
        return true;
    bpmn_step_incident(step, node, INCIDENT_STEP_LIMIT, RESUME_ENTER,
                       "More than %u elements were entered without waiting; the process probably runs in a circle.",
                       step->entered_max);
    return false;
}

void bpmn_run_begin(struct step *step, struct node *node)
{
    if (node->element->loop && !bpmn_node_is_inner(node)) {
        node->body = true;
        bpmn_loop_start(step, node);
    } else {
        bpmn_run_start(step, node);
    }
}

static bool joins(const struct element *element)
{
    return element->in_count > 1 && (element->type == BPMN_PARALLEL_GATEWAY || element->type == BPMN_INCLUSIVE_GATEWAY);
}

static struct node *joining_node(struct step *step, struct node *scope, const struct element *gateway)
{
    for (struct node *child = scope->first; child; child = child->next)
        if (child->element == gateway && child->phase == PHASE_JOINING)
            return child;
    struct node *node = bpmn_node_new(step->instance, scope, gateway);
    node->key = bpmn_step_key(step);
    node->since_ms = step->env->now_ms;
    node->phase = PHASE_JOINING;
    node->arrived = arena_array(step->arena, uint32_t, gateway->in_count);
    step->instance->joining++;
    return node;
}

static void arrive(struct step *step, struct node *scope, const struct element *gateway, const struct flow *flow)
{
    struct node *node = joining_node(step, scope, gateway);
    bool all = true;
    for (size_t i = 0; i < gateway->in_count; i++) {
        node->arrived[i] += gateway->in[i] == flow;
        all = all && node->arrived[i] > 0;
    }
    if (all)
        bpmn_run_join(step, node);
    else
        bpmn_step_clear_incident(step, node);
}

void bpmn_run_join(struct step *step, struct node *node)
{
    CHECK(node->phase == PHASE_JOINING);
    bpmn_step_clear_incident(step, node);
    uint32_t *arrived = node->arrived;
    node->arrived = NULL;
    node->phase = PHASE_ENTERING;
    step->instance->joining--;
    struct node *rest = NULL;
    for (size_t i = 0; i < node->element->in_count; i++) {
        if (arrived[i] < 2)
            continue;
        if (!rest)
            rest = joining_node(step, node->parent, node->element);
        rest->arrived[i] = arrived[i] - 1;
    }
    announce(step, node);
    if (within_limit(step, node))
        bpmn_run_begin(step, node);
}

void bpmn_run_enter(struct step *step, struct node *scope, const struct element *element, const struct flow *flow)
{
    if (flow && joins(element)) {
        arrive(step, scope, element, flow);
        return;
    }
    struct node *node = bpmn_run_new_node(step, scope, element);
    if (within_limit(step, node))
        bpmn_run_begin(step, node);
}

void bpmn_run_enter_triggered(struct step *step, struct node *scope, const struct element *element,
                              struct value variables)
{
    struct node *node = bpmn_run_new_node(step, scope, element);
    node->triggered = true;
    bpmn_apply_result(step, node, variables);
    if (within_limit(step, node))
        bpmn_run_start(step, node);
}

static void start_listener(struct step *step, struct node *node)
{
    const struct listeners *listeners =
        node->phase == PHASE_START_LISTENERS ? &node->element->start_listeners : &node->element->end_listeners;
    const struct listener *listener = &listeners->items[node->listener];
    bpmn_task_create_job(step, node, &listener->type, &listener->retries);
}

void bpmn_run_start(struct step *step, struct node *node)
{
    node->phase = PHASE_ENTERING;
    bpmn_apply_inputs(step, node);
    if (node->element->start_listeners.count == 0) {
        bpmn_run_activate(step, node);
        return;
    }
    node->phase = PHASE_START_LISTENERS;
    node->listener = 0;
    start_listener(step, node);
}

void bpmn_run_next_listener(struct step *step, struct node *node)
{
    bool starting = node->phase == PHASE_START_LISTENERS;
    size_t count = starting ? node->element->start_listeners.count : node->element->end_listeners.count;
    if (++node->listener < count)
        start_listener(step, node);
    else if (starting)
        bpmn_run_activate(step, node);
    else
        bpmn_run_leave(step, node);
}

/* ---- Leaving ---- */

void bpmn_run_complete(struct step *step, struct node *node)
{
    node->phase = PHASE_LEAVING;
    if (node->element->type == BPMN_AD_HOC_SUB_PROCESS)
        bpmn_ad_hoc_outputs(step, node);
    bpmn_apply_outputs(step, node);
    if (node->element->end_listeners.count == 0) {
        bpmn_run_leave(step, node);
        return;
    }
    node->phase = PHASE_END_LISTENERS;
    node->listener = 0;
    start_listener(step, node);
}

void bpmn_run_take(struct step *step, struct node *scope, const struct flow *flow)
{
    struct flow_history *passed = &bpmn_instance_history(step->instance, flow->from->process)->flows[flow->index];
    passed->count++;
    passed->last_ms = step->env->now_ms;
    bpmn_step_effect(step, BPMN_FLOW_TAKEN, scope)->element_id = flow->id;
    struct token token = {scope, flow->to, flow};
    VECTOR_PUSH(step->arena, &step->queue, token);
    scope->pending++;
}

static void record_end(struct step *step, struct node *node, enum bpmn_effect_kind kind)
{
    struct bpmn_effect *effect = bpmn_step_effect(step, kind, node);
    effect->message = node->skip_reason;
    if (bpmn_node_is_part(node)) {
        effect->name = STR("instance");
        return;
    }
    struct history *history = bpmn_instance_history(step->instance, node->element->process);
    struct element_history *passed = &history->elements[node->element->index];
    passed->left += kind == BPMN_ELEMENT_LEFT;
    passed->cancelled += kind == BPMN_ELEMENT_CANCELLED;
    passed->last_ms = step->env->now_ms;
}

static void bury(struct step *step, struct node *node)
{
    bpmn_node_remove(step->instance, node);
    node->next = step->dead;
    step->dead = node;
}

/* The node ends: nothing of it is left behind but what it has written. */
static void end_node(struct step *step, struct node *node, enum bpmn_effect_kind kind)
{
    bpmn_step_clear_incident(step, node);
    bpmn_task_cancel_work(step, node);
    bpmn_event_close_all(step, node);
    if (node->phase == PHASE_JOINING) {
        step->instance->joining--;
        node->arrived = NULL;
    } else {
        record_end(step, node, kind);
    }
    bury(step, node);
}

void bpmn_run_leave_by(struct step *step, struct node *node, struct flow *const *flows, size_t count)
{
    struct node *scope = node->parent;
    bpmn_event_remember(step, node);
    end_node(step, node, BPMN_ELEMENT_LEFT);
    for (size_t i = 0; i < count; i++)
        bpmn_run_take(step, scope, flows[i]);
    if (node->element->type == BPMN_THROW_EVENT && node->element->event == BPMN_EVENT_LINK) {
        struct token token = {scope, node->element->definition->link_target, NULL};
        VECTOR_PUSH(step->arena, &step->queue, token);
        scope->pending++;
    }
    bpmn_run_scope_check(step, scope);
}

void bpmn_run_leave(struct step *step, struct node *node)
{
    if (!node->parent) {
        bpmn_run_end_instance(step, BPMN_COMPLETED, STR_NONE);
    } else if (bpmn_node_is_inner(node)) {
        bpmn_loop_inner_leave(step, node);
    } else if (bpmn_node_is_called_process(node)) {
        bpmn_task_called_done(step, node);
    } else if (bpmn_ad_hoc_ends_with(node)) {
        bpmn_ad_hoc_leave(step, node);
    } else if (node->element->for_compensation) {
        struct node *thrower = node->compensating;
        struct node *scope = node->parent;
        end_node(step, node, BPMN_ELEMENT_LEFT);
        if (thrower)
            bpmn_event_compensated(step, thrower);
        bpmn_run_scope_check(step, scope);
    } else {
        bpmn_run_leave_by(step, node, node->element->out, node->element->out_count);
    }
}

void bpmn_run_end(struct step *step, struct node *node)
{
    end_node(step, node, BPMN_ELEMENT_LEFT);
}

void bpmn_run_set_ending(struct step *step, struct node *node, const struct ending *ending)
{
    node->ending = arena_new(step->arena, struct ending);
    *node->ending = *ending;
    if (ending->kind == ENDING_GONE)
        node->phase = PHASE_TERMINATING;
}

/* A scope that was waited for is empty. */
static void end_scope(struct step *step, struct node *scope)
{
    const struct ending *ending = scope->ending;
    scope->ending = NULL;
    if (ending->kind == ENDING_EVENT_SUB)
        bpmn_event_start_sub(step, scope, ending->event, ending->variables);
    else
        bpmn_run_complete(step, scope);
}

void bpmn_run_scope_check(struct step *step, struct node *scope)
{
    if (scope->dead || scope->children > 0 || scope->pending > 0 || scope->body || scope->phase != PHASE_ACTIVE ||
        !bpmn_element_is_container(scope->element) || scope->incident)
        return;
    const struct ad_hoc_definition *ad_hoc = scope->element->ad_hoc;
    if (bpmn_node_is_activation(scope))
        bpmn_run_leave(step, scope);
    else if (scope->ending)
        end_scope(step, scope);
    else if (ad_hoc && scope->element->job)
        return;
    else if (ad_hoc && expression_present(&ad_hoc->completion))
        bpmn_step_incident(step, scope, INCIDENT_AD_HOC, RESUME_LEAVE,
                           "Nothing is active any more, but the completion condition does not hold.");
    else
        bpmn_run_complete(step, scope);
}

void bpmn_run_drop_tokens(struct step *step, struct node *scope)
{
    for (size_t i = step->queue_at; i < step->queue.count && scope->pending > 0; i++)
        if (step->queue.items[i].scope == scope) {
            step->queue.items[i].scope = NULL;
            scope->pending--;
        }
    CHECK(scope->pending == 0);
}

void bpmn_run_terminate_children(struct step *step, struct node *scope)
{
    if (scope->pending > 0)
        bpmn_run_drop_tokens(step, scope);
    for (struct node *child = scope->last; child;) {
        struct node *previous = child->previous;
        (void)bpmn_run_terminate(step, child);
        child = previous;
    }
}

/* Nothing outside can reach it any more; it is only waited for. */
static void linger(struct step *step, struct node *node)
{
    bpmn_step_clear_incident(step, node);
    bpmn_task_cancel_work(step, node);
    bpmn_event_close_all(step, node);
    bpmn_run_set_ending(step, node, &(struct ending){.kind = ENDING_GONE});
}

bool bpmn_run_terminate(struct step *step, struct node *node)
{
    bool heard = node->phase == PHASE_TERMINATING && node->transition && !step->unheard;
    if (heard) {
        *node->ending = (struct ending){.kind = ENDING_GONE};
        return false;
    }
    bpmn_run_terminate_children(step, node);
    if (node->work == WORK_COMPENSATION)
        bpmn_event_abandon_compensation(node);
    if (bpmn_listen_cancel(step, node))
        return false;
    if (node->children > 0) {
        linger(step, node);
        return false;
    }
    end_node(step, node, BPMN_ELEMENT_CANCELLED);
    return true;
}

void bpmn_run_gone(struct step *step, struct node *node)
{
    CHECK(node->phase == PHASE_TERMINATING && node->children == 0);
    struct ending ending = *node->ending;
    struct node *scope = node->parent;
    if (!scope) {
        bpmn_run_end_instance(step, BPMN_TERMINATED, ending.reason);
        return;
    }
    end_node(step, node, BPMN_ELEMENT_CANCELLED);
    if (ending.event) {
        scope->pending++;
        bpmn_run_enter_triggered(step, scope, ending.event, ending.variables);
        scope->pending--;
    }
    if (scope->phase == PHASE_TERMINATING && scope->children == 0)
        bpmn_run_gone(step, scope);
    else if (ending.moved)
        bpmn_change_emptied(step, scope);
    else if (scope->body)
        bpmn_loop_next(step, scope);
    else
        bpmn_run_scope_check(step, scope);
}

void bpmn_run_end_instance(struct step *step, enum bpmn_state state, struct str reason)
{
    struct bpmn_instance *instance = step->instance;
    struct node *root = instance->root;
    bpmn_run_terminate_children(step, root);
    bpmn_step_clear_incident(step, root);
    bpmn_task_cancel_work(step, root);
    bpmn_event_close_all(step, root);
    if (root->children > 0) {
        bpmn_run_set_ending(step, root, &(struct ending){.kind = ENDING_GONE, .reason = reason});
        return;
    }
    root->ending = NULL;
    root->phase = PHASE_LEAVING;
    record_end(step, root, state == BPMN_COMPLETED ? BPMN_ELEMENT_LEFT : BPMN_ELEMENT_CANCELLED);
    instance->state = state;
    instance->ended_ms = step->env->now_ms;
    struct bpmn_effect *effect =
        bpmn_step_effect(step, state == BPMN_COMPLETED ? BPMN_INSTANCE_COMPLETED : BPMN_INSTANCE_TERMINATED, root);
    effect->message = reason;
    effect->variables = bpmn_variables_snapshot(step->arena, &root->variables);
}

void bpmn_run_resume(struct step *step, struct node *node, enum resume where)
{
    bool listening = node->phase == PHASE_START_LISTENERS || node->phase == PHASE_END_LISTENERS;
    switch (where) {
    case RESUME_ENTER: bpmn_run_begin(step, node); break;
    case RESUME_ACTIVATE:
        if (listening)
            start_listener(step, node);
        else if (node->transition)
            bpmn_listen_start(step, node);
        else
            bpmn_run_activate(step, node);
        break;
    case RESUME_LEAVE: bpmn_run_scope_check(step, node); break;
    case RESUME_JOB:
        if (node->work != WORK_JOB)
            break;
        node->retries = node->retries > 0 ? node->retries : 1;
        bpmn_task_update_job(step, node, 0, STR_NONE);
        break;
    case RESUME_JOIN: break;
    case RESUME_LOOP: bpmn_loop_start(step, node); break;
    case RESUME_INNER_LEAVE: bpmn_run_leave(step, node); break;
    }
}

/* ---- Settling ---- */

static void recycle(struct step *step)
{
    while (step->dead) {
        struct node *node = step->dead;
        step->dead = node->next;
        node->next = step->instance->free_nodes;
        step->instance->free_nodes = node;
    }
}

static void drain(struct step *step)
{
    while (step->queue_at < step->queue.count) {
        struct token token = step->queue.items[step->queue_at++];
        if (step->queue_at == step->queue.count) {
            step->queue_at = step->queue.count = 0;
            recycle(step);
        }
        if (!token.scope)
            continue;
        token.scope->pending--;
        bpmn_run_enter(step, token.scope, token.element, token.flow);
    }
}

/* Whether a sibling other than the joining node can still send a token to target without passing the gateway. */
static bool awaited(struct step *step, const struct node *joining, const struct element *target, bool from_joining)
{
    for (const struct node *child = joining->parent->first; child; child = child->next) {
        if (child == joining || child->element->type == BPMN_EVENT_SUB_PROCESS ||
            (child->phase == PHASE_JOINING && !from_joining))
            continue;
        if (bpmn_element_reaches(step->arena, child->element, target, joining->element))
            return true;
    }
    return false;
}

static bool inclusive_ready(struct step *step, const struct node *node, bool from_joining)
{
    for (size_t i = 0; i < node->element->in_count; i++)
        if (node->arrived[i] == 0 && awaited(step, node, node->element->in[i]->from, from_joining))
            return false;
    return true;
}

static bool join_inclusive(struct step *step, bool from_joining)
{
    for (struct node *node = bpmn_node_after(step->instance, NULL); node;
         node = bpmn_node_after(step->instance, node)) {
        if (node->phase != PHASE_JOINING || node->element->type != BPMN_INCLUSIVE_GATEWAY || node->incident)
            continue;
        if (inclusive_ready(step, node, from_joining)) {
            bpmn_run_join(step, node);
            return true;
        }
    }
    return false;
}

/* A parallel join that no token can reach any more would wait for ever without a word. */
static void find_blocked_joins(struct step *step)
{
    for (struct node *node = bpmn_node_after(step->instance, NULL); node;
         node = bpmn_node_after(step->instance, node)) {
        if (node->phase != PHASE_JOINING || node->element->type != BPMN_PARALLEL_GATEWAY || node->incident)
            continue;
        bool hope = true;
        for (size_t i = 0; i < node->element->in_count && hope; i++)
            hope = node->arrived[i] > 0 || awaited(step, node, node->element->in[i]->from, true);
        if (!hope)
            bpmn_step_incident(step, node, INCIDENT_JOIN_BLOCKED, RESUME_JOIN,
                               "The gateway waits for a token that cannot come any more.");
    }
}

static bool join(struct step *step)
{
    if (step->instance->joining == 0)
        return false;
    if (join_inclusive(step, true) || join_inclusive(step, false))
        return true;
    find_blocked_joins(step);
    return false;
}

void bpmn_step_settle(struct step *step)
{
    do
        drain(step);
    while (join(step) || bpmn_event_conditions(step));
    recycle(step);
}
