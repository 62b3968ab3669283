/* Events: waiting for them, what happens when they come, errors and escalations that climb, compensation. */
#include "bpmn/internal.h"

/* ---- Waiting ---- */

static const enum bpmn_effect_kind closing[] = {
    [WAIT_TIMER] = BPMN_TIMER_CANCELLED,
    [WAIT_MESSAGE] = BPMN_MESSAGE_CLOSED,
    [WAIT_SIGNAL] = BPMN_SIGNAL_CLOSED,
};

static struct wait *add_wait(struct step *step, struct node *node, const struct element *element, enum wait_kind kind)
{
    struct wait *wait = arena_new(step->arena, struct wait);
    wait->kind = (uint8_t)kind;
    wait->element = element;
    wait->key = bpmn_step_key(step);
    wait->cycle = wait->name = wait->correlation = STR("");
    struct wait **end = &node->waits;
    while (*end)
        end = &(*end)->next;
    *end = wait;
    return wait;
}

static struct bpmn_effect *wait_effect(struct step *step, enum bpmn_effect_kind kind, const struct node *node,
                                       const struct wait *wait)
{
    struct bpmn_effect *effect = bpmn_step_effect(step, kind, node);
    effect->key = wait->key;
    effect->element_id = wait->element->id;
    effect->due_ms = wait->due_ms;
    effect->name = wait->name;
    effect->correlation_key = wait->correlation;
    return effect;
}

static bool open_timer(struct step *step, struct node *node, const struct element *element, struct str *reason)
{
    struct value value = bpmn_evaluate(step, node, &element->definition->timer, NULL, reason);
    struct timer_due due;
    if (value_is_null(value) ||
        !bpmn_timer_first(step->arena, element->definition->timer_kind, value, step->env, &due, reason))
        return false;
    struct wait *wait = add_wait(step, node, element, WAIT_TIMER);
    wait->due_ms = due.due_ms;
    wait->repeats = due.repeats;
    wait->cycle = due.cycle;
    wait_effect(step, BPMN_TIMER_SET, node, wait);
    return true;
}

static bool open_named(struct step *step, struct node *node, const struct element *element, struct str *reason)
{
    bool message = element->event == BPMN_EVENT_MESSAGE || element->type == BPMN_RECEIVE_TASK;
    struct str name;
    struct str correlation;
    if (!bpmn_evaluate_text(step, node, &element->definition->name, &name, reason) ||
        !bpmn_evaluate_text(step, node, &element->definition->correlation, &correlation, reason))
        return false;
    if (name.len == 0 || (message && correlation.len == 0)) {
        *reason = STR("its name or correlation key is empty");
        return false;
    }
    struct wait *wait = add_wait(step, node, element, message ? WAIT_MESSAGE : WAIT_SIGNAL);
    wait->name = name;
    wait->correlation = correlation;
    wait_effect(step, message ? BPMN_MESSAGE_OPENED : BPMN_SIGNAL_OPENED, node, wait);
    return true;
}

bool bpmn_event_open(struct step *step, struct node *node, const struct element *element, struct str *reason)
{
    *reason = STR_NONE;
    for (const struct wait *wait = node->waits; wait; wait = wait->next)
        if (wait->element == element)
            return true;
    if (element->type == BPMN_RECEIVE_TASK)
        return open_named(step, node, element, reason);
    switch ((enum bpmn_event)element->event) {
    case BPMN_EVENT_TIMER: return open_timer(step, node, element, reason);
    case BPMN_EVENT_MESSAGE:
    case BPMN_EVENT_SIGNAL: return open_named(step, node, element, reason);
    case BPMN_EVENT_CONDITIONAL:
        add_wait(step, node, element, WAIT_CONDITION)->fresh = true;
        step->instance->conditions++;
        return true;
    case BPMN_EVENT_NONE:
    case BPMN_EVENT_ERROR:
    case BPMN_EVENT_ESCALATION:
    case BPMN_EVENT_LINK:
    case BPMN_EVENT_COMPENSATION:
    case BPMN_EVENT_TERMINATE: return true;
    }
    return true;
}

bool bpmn_event_open_boundaries(struct step *step, struct node *node)
{
    for (size_t i = 0; i < node->element->boundary_count; i++) {
        const struct element *boundary = node->element->boundaries[i];
        struct str reason;
        if (bpmn_event_open(step, node, boundary, &reason))
            continue;
        bpmn_step_incident(step, node, boundary->event == BPMN_EVENT_TIMER ? INCIDENT_TIMER : INCIDENT_MESSAGE,
                           RESUME_ACTIVATE, "The event '%.*s' cannot be waited for: %.*s.", STR_ARGS(boundary->id),
                           STR_ARGS(reason));
        return false;
    }
    return true;
}

static void forget(struct step *step, struct node *node, const struct wait *wait)
{
    struct wait **at = &node->waits;
    while (*at != wait)
        at = &(*at)->next;
    *at = wait->next;
    step->instance->conditions -= wait->kind == WAIT_CONDITION;
}

void bpmn_event_close(struct step *step, struct node *node, const struct wait *wait)
{
    forget(step, node, wait);
    if (wait->kind != WAIT_CONDITION)
        wait_effect(step, closing[wait->kind], node, wait);
}

void bpmn_event_close_all(struct step *step, struct node *node)
{
    while (node->waits)
        bpmn_event_close(step, node, node->waits);
}

struct wait *bpmn_event_find(const struct bpmn_instance *instance, int64_t key, struct node **node)
{
    for (*node = bpmn_node_after(instance, NULL); *node; *node = bpmn_node_after(instance, *node))
        for (struct wait *wait = (*node)->waits; wait; wait = wait->next)
            if (wait->key == key)
                return wait;
    return NULL;
}

/* ---- Triggering ---- */

static void close_event_subs(struct step *step, struct node *scope)
{
    struct wait *next;
    for (struct wait *wait = scope->waits; wait; wait = next) {
        next = wait->next;
        if (wait->element->type == BPMN_START_EVENT)
            bpmn_event_close(step, scope, wait);
    }
}

static void open_event_sub(struct step *step, struct node *scope, const struct element *start, struct value variables)
{
    struct node *node = bpmn_run_new_node(step, scope, start->parent);
    node->start = start;
    node->trigger = variables;
    bpmn_run_start(step, node);
}

void bpmn_event_start_sub(struct step *step, struct node *scope, const struct element *start, struct value variables)
{
    if (start->interrupting) {
        bpmn_run_terminate_children(step, scope);
        close_event_subs(step, scope);
        bpmn_step_clear_incident(step, scope);
    }
    if (start->interrupting && scope->children > 0)
        bpmn_run_set_ending(step, scope,
                            &(struct ending){.kind = ENDING_EVENT_SUB, .event = start, .variables = variables});
    else
        open_event_sub(step, scope, start, variables);
}

/* Interrupting: the activity ends, and its scope must not think itself empty before the event has been entered. */
static void fire_boundary(struct step *step, struct node *host, const struct element *boundary, struct value variables)
{
    struct node *scope = host->parent;
    scope->pending++;
    if (boundary->interrupting && !bpmn_run_terminate(step, host))
        bpmn_run_set_ending(step, host,
                            &(struct ending){.kind = ENDING_GONE, .event = boundary, .variables = variables});
    else
        bpmn_run_enter_triggered(step, scope, boundary, variables);
    scope->pending--;
    bpmn_run_scope_check(step, scope);
}

static void fire_event_gateway(struct step *step, struct node *gateway, const struct element *event,
                               struct value variables)
{
    struct node *scope = gateway->parent;
    struct flow *flow = event->in[0];
    scope->pending++;
    bpmn_run_leave_by(step, gateway, &flow, 1);
    scope->pending--;
    struct token *token = &step->queue.items[step->queue.count - 1];
    CHECK(token->scope == scope && token->flow == flow);
    token->scope = NULL;
    bpmn_run_enter_triggered(step, scope, event, variables);
    scope->pending--;
    bpmn_run_scope_check(step, scope);
}

/* A repeating timer waits again before what it starts runs. */
static void repeat(struct step *step, struct node *node, const struct wait *fired)
{
    int64_t next;
    if (fired->repeats == 0 || fired->cycle.len == 0 || !bpmn_timer_next(fired->cycle, fired->due_ms, step->env, &next))
        return;
    struct wait *wait = add_wait(step, node, fired->element, WAIT_TIMER);
    wait->due_ms = next;
    wait->repeats = fired->repeats > 0 ? fired->repeats - 1 : -1;
    wait->cycle = fired->cycle;
    wait_effect(step, BPMN_TIMER_SET, node, wait);
}

void bpmn_event_trigger(struct step *step, struct node *node, struct wait *wait, struct value variables)
{
    const struct element *element = wait->element;
    bool stays = !element->interrupting && element != node->element && node->element->type != BPMN_EVENT_GATEWAY;
    if (wait->kind == WAIT_TIMER) {
        forget(step, node, wait);
        if (stays)
            repeat(step, node, wait);
    } else if (!stays) {
        bpmn_event_close(step, node, wait);
    }
    if (element == node->element) {
        bpmn_apply_result(step, node, variables);
        bpmn_run_complete(step, node);
    } else if (node->element->type == BPMN_EVENT_GATEWAY) {
        fire_event_gateway(step, node, element, variables);
    } else if (element->type == BPMN_BOUNDARY_EVENT) {
        fire_boundary(step, node, element, variables);
    } else {
        bpmn_event_start_sub(step, node, element, variables);
    }
}

/* ---- Errors and escalations ---- */

static bool catches(const struct element *element, enum bpmn_event event, struct str code, bool any)
{
    if (element->event != event)
        return false;
    const struct expression *caught = &element->definition->name;
    return any ? !expression_present(caught) : expression_present(caught) && str_equal(caught->text, code);
}

static const struct element *find_boundary(const struct node *node, enum bpmn_event event, struct str code)
{
    if (bpmn_node_is_part(node))
        return NULL;
    for (int any = 0; any < 2; any++)
        for (size_t i = 0; i < node->element->boundary_count; i++)
            if (catches(node->element->boundaries[i], event, code, any))
                return node->element->boundaries[i];
    return NULL;
}

static const struct element *find_event_sub(const struct node *scope, enum bpmn_event event, struct str code)
{
    for (int any = 0; any < 2; any++)
        for (size_t i = 0; i < scope->element->event_sub_count; i++)
            if (catches(scope->element->event_subs[i]->start, event, code, any))
                return scope->element->event_subs[i]->start;
    return NULL;
}

static bool climb(struct step *step, struct node *from, enum bpmn_event event, struct str code, struct value variables)
{
    for (struct node *node = from; node->parent; node = node->parent) {
        const struct element *boundary = find_boundary(node, event, code);
        if (boundary) {
            fire_boundary(step, node, boundary, variables);
            return true;
        }
        struct node *scope = node->parent;
        bool looks =
            !scope->body && node->element->type != BPMN_EVENT_SUB_PROCESS && !bpmn_node_is_called_process(node);
        const struct element *start = looks ? find_event_sub(scope, event, code) : NULL;
        if (start) {
            bpmn_event_start_sub(step, scope, start, variables);
            return true;
        }
    }
    return false;
}

bool bpmn_event_throw_error(struct step *step, struct node *from, struct str code, struct value variables)
{
    return climb(step, from, BPMN_EVENT_ERROR, code, variables);
}

bool bpmn_event_throw_escalation(struct step *step, struct node *from, struct str code, struct value variables)
{
    bpmn_step_effect(step, BPMN_ESCALATED, from)->name = code;
    return climb(step, from, BPMN_EVENT_ESCALATION, code, variables);
}

/* ---- Compensation ---- */

static const struct element *handler_of(const struct element *activity)
{
    for (size_t i = 0; i < activity->boundary_count; i++)
        if (activity->boundaries[i]->event == BPMN_EVENT_COMPENSATION)
            return activity->boundaries[i]->definition->handler;
    return NULL;
}

/* Called when a node leaves: what it did can be undone from its scope later. */
void bpmn_event_remember(struct step *step, struct node *node)
{
    if (!node->element->has_compensation || node->element->type == BPMN_PROCESS)
        return;
    struct node *scope = node->parent;
    if (bpmn_node_is_part(node)) {
        while (node->compensations) {
            struct compensation *moved = node->compensations;
            node->compensations = moved->next;
            moved->next = scope->compensations;
            scope->compensations = moved;
        }
        return;
    }
    const struct element *handler = handler_of(node->element);
    if (!handler && !node->compensations)
        return;
    struct compensation *record = arena_new(step->arena, struct compensation);
    record->element = node->element;
    record->handler = handler;
    record->inside = node->compensations;
    if (bpmn_element_is_container(node->element)) {
        record->variables = node->variables;
        record->variables.shared = true;
    }
    record->next = scope->compensations;
    scope->compensations = record;
}

struct undo {
    struct step *step;
    VECTOR(const struct element *) handlers;
    VECTOR(const struct variables *) variables; /* of the sub-process around the handler; NULL */
};

static void collect(struct undo *self, const struct compensation *record, const struct variables *around)
{
    for (; record; record = record->next) {
        if (record->handler) {
            VECTOR_PUSH(self->step->arena, &self->handlers, record->handler);
            VECTOR_PUSH(self->step->arena, &self->variables, around);
        }
        collect(self, record->inside, &record->variables);
    }
}

/* Takes the records for one activity, or all, out of a list and collects their handlers. */
static void take_records(struct undo *self, struct compensation **list, const struct element *only)
{
    while (*list) {
        struct compensation *record = *list;
        if (only && record->element != only) {
            take_records(self, &record->inside, only);
            list = &record->next;
            continue;
        }
        *list = record->next;
        record->next = NULL;
        collect(self, record, NULL);
    }
}

/* Where the handlers of a throwing event run: an event sub-process compensates what is around it. */
static struct node *compensated_scope(const struct node *thrower)
{
    struct node *scope = thrower->parent;
    return scope->element->type == BPMN_EVENT_SUB_PROCESS ? scope->parent : scope;
}

static bool still_compensating(const struct node *thrower)
{
    for (const struct node *node = compensated_scope(thrower)->first; node; node = node->next)
        if (node->compensating == thrower)
            return true;
    return false;
}

void bpmn_event_compensate(struct step *step, struct node *node)
{
    struct node *scope = compensated_scope(node);
    struct undo undo = {.step = step};
    take_records(&undo, &scope->compensations, node->element->definition->compensated);
    if (undo.handlers.count == 0) {
        bpmn_run_complete(step, node);
        return;
    }
    node->work = WORK_COMPENSATION;
    scope->pending++;
    struct node **handlers = arena_array(step->arena, struct node *, undo.handlers.count);
    for (size_t i = 0; i < undo.handlers.count; i++) {
        handlers[i] = bpmn_run_new_node(step, scope, undo.handlers.items[i]);
        handlers[i]->compensating = node;
        const struct variables *around = undo.variables.items[i];
        for (uint32_t j = 0; around && j < around->count; j++)
            bpmn_set_local(step, handlers[i], around->items[j].key, around->items[j].value);
    }
    for (size_t i = 0; i < undo.handlers.count; i++)
        bpmn_run_begin(step, handlers[i]);
    scope->pending--;
    bpmn_run_scope_check(step, scope);
}

void bpmn_event_compensated(struct step *step, struct node *thrower)
{
    if (thrower->work != WORK_COMPENSATION || still_compensating(thrower))
        return;
    thrower->work = WORK_NONE;
    bpmn_run_complete(step, thrower);
}

void bpmn_event_abandon_compensation(struct node *thrower)
{
    for (struct node *node = compensated_scope(thrower)->first; node; node = node->next)
        if (node->compensating == thrower)
            node->compensating = NULL;
}

/* ---- Conditions ---- */

static bool concerns(const struct wait *wait, const struct node *node, const struct change *change)
{
    const struct event_definition *definition = wait->element->definition;
    if (!(change->created ? definition->on_create : definition->on_update))
        return false;
    bool named = definition->filter_count == 0;
    for (size_t i = 0; i < definition->filter_count && !named; i++)
        named = str_equal(definition->filter_names[i], change->name);
    if (!named)
        return false;
    for (const struct node *scope = node; scope; scope = scope->parent) {
        if (scope->key == change->scope_key)
            return true;
        if (scope->element->type == BPMN_PROCESS)
            return false;
    }
    return false;
}

static bool condition_due(struct step *step, const struct node *node, struct wait *wait)
{
    bool look = wait->fresh;
    wait->fresh = false;
    for (size_t i = 0; i < step->changes.count && !look; i++)
        look = concerns(wait, node, &step->changes.items[i]);
    bool holds = false;
    struct str reason;
    return look && bpmn_evaluate_condition(step, node, &wait->element->definition->condition, NULL, &holds, &reason) &&
           holds;
}

bool bpmn_event_conditions(struct step *step)
{
    if (step->instance->conditions == 0 || step->instance->state != BPMN_ACTIVE) {
        step->changes.count = 0;
        return false;
    }
    VECTOR(int64_t) due = {0};
    for (struct node *node = bpmn_node_after(step->instance, NULL); node; node = bpmn_node_after(step->instance, node))
        for (struct wait *wait = node->waits; wait; wait = wait->next)
            if (wait->kind == WAIT_CONDITION && condition_due(step, node, wait))
                VECTOR_PUSH(step->arena, &due, wait->key);
    step->changes.count = 0;
    for (size_t i = 0; i < due.count; i++) {
        struct node *node;
        struct wait *wait = bpmn_event_find(step->instance, due.items[i], &node);
        if (wait)
            bpmn_event_trigger(step, node, wait, value_null);
    }
    return due.count > 0;
}
