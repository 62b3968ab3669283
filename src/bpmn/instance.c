/* The instance: its tree of nodes and the variables of each scope. */
#include "bpmn/internal.h"

#include <string.h>

const char *const bpmn_incident_names[INCIDENT_TYPES] = {
    [INCIDENT_CONDITION] = "condition-error",
    [INCIDENT_NO_FLOW] = "no-flow-matches",
    [INCIDENT_EXPRESSION] = "expression-error",
    [INCIDENT_JOB_NO_RETRIES] = "job-no-retries",
    [INCIDENT_UNHANDLED_ERROR] = "unhandled-error",
    [INCIDENT_DECISION] = "decision-error",
    [INCIDENT_CALLED_PROCESS] = "called-process",
    [INCIDENT_NO_ASSIGNEE] = "no-assignee",
    [INCIDENT_STEP_LIMIT] = "step-limit",
    [INCIDENT_JOIN_BLOCKED] = "join-blocked",
    [INCIDENT_TIMER] = "timer-error",
    [INCIDENT_MESSAGE] = "message-error",
    [INCIDENT_LOOP] = "loop-error",
    [INCIDENT_AD_HOC] = "ad-hoc-error",
};

struct bpmn_instance *bpmn_instance_new(struct arena *arena, const struct bpmn_process *process)
{
    CHECK(process);
    struct bpmn_instance *self = arena_new(arena, struct bpmn_instance);
    self->arena = arena;
    self->process = process;
    self->state = BPMN_NEW;
    return self;
}

enum bpmn_state bpmn_instance_state(const struct bpmn_instance *self)
{
    return self->state;
}

int64_t bpmn_instance_key(const struct bpmn_instance *self)
{
    return self->root ? self->root->key : 0;
}

const struct bpmn_process *bpmn_instance_process(const struct bpmn_instance *self)
{
    return self->process;
}

const struct bpmn_process *bpmn_instance_process_at(const struct bpmn_instance *self, int64_t key)
{
    for (const struct node *node = bpmn_node_after(self, NULL); node; node = bpmn_node_after(self, node))
        if (node->key == key || bpmn_node_works_on(node, key))
            return node->element->process;
    return NULL;
}

size_t bpmn_instance_incident_count(const struct bpmn_instance *self)
{
    return self->incidents;
}

/* ---- Nodes ---- */

struct node *bpmn_node_new(struct bpmn_instance *instance, struct node *parent, const struct element *element)
{
    struct node *node = instance->free_nodes;
    if (node) {
        instance->free_nodes = node->next;
        memset(node, 0, sizeof *node);
    } else {
        node = arena_new(instance->arena, struct node);
    }
    instance->nodes++;
    node->element = element;
    node->parent = parent;
    if (parent) {
        node->previous = parent->last;
        if (parent->last)
            parent->last->next = node;
        else
            parent->first = node;
        parent->last = node;
        parent->children++;
    }
    return node;
}

void bpmn_node_remove(struct bpmn_instance *instance, struct node *node)
{
    CHECK(!node->dead && node != instance->root);
    struct node *parent = node->parent;
    if (node->previous)
        node->previous->next = node->next;
    else
        parent->first = node->next;
    if (node->next)
        node->next->previous = node->previous;
    else
        parent->last = node->previous;
    parent->children--;
    instance->nodes--;
    node->dead = true;
    node->next = node->previous = NULL;
}

struct node *bpmn_node_after(const struct bpmn_instance *instance, const struct node *node)
{
    if (!node)
        return instance->root;
    if (node->first)
        return node->first;
    while (node->parent && !node->next)
        node = node->parent;
    return node->parent ? node->next : NULL;
}

struct node *bpmn_node_by_key(const struct bpmn_instance *instance, int64_t key)
{
    for (struct node *node = bpmn_node_after(instance, NULL); node; node = bpmn_node_after(instance, node))
        if (node->key == key)
            return node;
    return NULL;
}

bool bpmn_node_is_called_process(const struct node *node)
{
    return node->element->type == BPMN_PROCESS && node->parent;
}

bool bpmn_node_is_inner(const struct node *node)
{
    return node->parent && node->parent->body;
}

bool bpmn_node_is_activation(const struct node *node)
{
    return node->parent && node->parent->element == node->element && !node->parent->body;
}

bool bpmn_node_is_part(const struct node *node)
{
    return bpmn_node_is_inner(node) || bpmn_node_is_activation(node);
}

struct history *bpmn_instance_history(struct bpmn_instance *instance, const struct bpmn_process *process)
{
    for (size_t i = 0; i < instance->histories.count; i++)
        if (instance->histories.items[i].process == process)
            return &instance->histories.items[i];
    struct history history = {
        .process = process,
        .elements = arena_array(instance->arena, struct element_history, process->element_count),
        .flows = arena_array(instance->arena, struct flow_history, process->flow_count),
    };
    VECTOR_PUSH(instance->arena, &instance->histories, history);
    return &instance->histories.items[instance->histories.count - 1];
}

/* ---- Variables ---- */

struct variables bpmn_variables_of(struct value context)
{
    if (context.kind != VALUE_CONTEXT)
        return (struct variables){0};
    uint32_t count = (uint32_t)context.context->count;
    return (struct variables){(struct member *)context.context->members, count, count, true};
}

static struct member *find_member(const struct variables *self, struct str name)
{
    for (uint32_t i = 0; i < self->count; i++)
        if (str_equal(self->items[i].key, name))
            return &self->items[i];
    return NULL;
}

const struct value *bpmn_variables_find(const struct variables *self, struct str name)
{
    const struct member *member = find_member(self, name);
    return member ? &member->value : NULL;
}

static void reallocate(struct arena *arena, struct variables *self, uint32_t capacity)
{
    struct member *items = arena_array(arena, struct member, capacity);
    if (self->count > 0)
        memcpy(items, self->items, self->count * sizeof *items);
    self->items = items;
    self->capacity = capacity;
    self->shared = false;
}

void bpmn_variables_put(struct arena *arena, struct variables *self, struct str name, struct value value)
{
    struct member *member = find_member(self, name);
    if (member) {
        size_t at = (size_t)(member - self->items);
        if (self->shared)
            reallocate(arena, self, self->capacity);
        self->items[at].value = value;
        return;
    }
    if (self->count == self->capacity)
        reallocate(arena, self, self->capacity < 4 ? 8 : self->capacity * 2);
    self->items[self->count++] = (struct member){name, value};
}

static struct value as_context(struct arena *arena, const struct member *members, size_t count)
{
    struct context *context = arena_new(arena, struct context);
    context->count = count;
    context->members = members;
    return (struct value){.kind = VALUE_CONTEXT, .context = context};
}

struct value bpmn_variables_snapshot(struct arena *arena, struct variables *self)
{
    self->shared = true;
    return as_context(arena, self->items, self->count);
}

const struct value *bpmn_node_find_variable(const struct node *node, struct str name)
{
    for (; node; node = node->parent) {
        const struct value *value = bpmn_variables_find(&node->variables, name);
        if (value)
            return value;
        if (node->element->type == BPMN_PROCESS)
            return NULL;
    }
    return NULL;
}

/* The snapshot shares memory with the scope where only one scope has variables, which is the common case. */
struct value bpmn_node_visible(struct arena *arena, struct node *node)
{
    struct node *only = NULL;
    size_t filled = 0;
    size_t depth = 0;
    for (struct node *at = node; at; at = at->parent) {
        depth++;
        if (at->variables.count > 0) {
            filled++;
            only = at;
        }
        if (at->element->type == BPMN_PROCESS)
            break;
    }
    if (filled == 0)
        return as_context(arena, NULL, 0);
    if (filled == 1)
        return bpmn_variables_snapshot(arena, &only->variables);
    struct node **path = arena_array(arena, struct node *, depth);
    size_t at = depth;
    for (struct node *step = node; at > 0; step = step->parent)
        path[--at] = step;
    struct variables all = {0};
    for (size_t i = 0; i < depth; i++)
        for (uint32_t j = 0; j < path[i]->variables.count; j++)
            bpmn_variables_put(arena, &all, path[i]->variables.items[j].key, path[i]->variables.items[j].value);
    return as_context(arena, all.items, all.count);
}

bool bpmn_instance_awaits(const struct bpmn_instance *self, int64_t key)
{
    for (const struct node *node = bpmn_node_after(self, NULL); node && key > 0; node = bpmn_node_after(self, node)) {
        if (bpmn_node_works_on(node, key) || (node->incident && node->incident->key == key))
            return true;
        for (const struct wait *wait = node->waits; wait; wait = wait->next)
            if (wait->key == key)
                return true;
    }
    return false;
}

struct value bpmn_instance_variables(struct arena *arena, const struct bpmn_instance *self, int64_t key)
{
    struct node *found = key == 0 ? self->root : NULL;
    for (struct node *node = bpmn_node_after(self, NULL); node && !found; node = bpmn_node_after(self, node))
        if (node->key == key || bpmn_node_works_on(node, key))
            found = node;
    if (!found)
        return as_context(arena, NULL, 0);
    return found->work_key == key ? bpmn_listen_visible(arena, found) : bpmn_node_visible(arena, found);
}

/* ---- Facts ---- */

static bool belongs(const struct node *node, const struct node *child)
{
    if (node->body)
        return child->element == node->element;
    if (child->element == node->element)
        return node->element->type == BPMN_AD_HOC_SUB_PROCESS && !bpmn_node_is_activation(node);
    if (child->element->type == BPMN_PROCESS)
        return node->element->type == BPMN_CALL_ACTIVITY;
    return child->element->parent == node->element || child->element->for_compensation;
}

/* Between steps every node rests for a reason that something from outside can take away. */
static bool rests(const struct node *node)
{
    if (node->incident)
        return true;
    switch ((enum phase)node->phase) {
    case PHASE_JOINING: return true;
    case PHASE_START_LISTENERS:
    case PHASE_END_LISTENERS: return node->work == WORK_JOB && node->children == 0;
    case PHASE_ACTIVE:
        return node->work != WORK_NONE || node->waits || node->children > 0 ||
               (node->element->type == BPMN_AD_HOC_SUB_PROCESS && !node->body && !bpmn_node_is_activation(node));
    case PHASE_TERMINATING: return node->work == WORK_JOB || node->children > 0;
    case PHASE_ENTERING:
    case PHASE_LEAVING: return false;
    }
    return false;
}

static const char *node_flaw(const struct bpmn_instance *instance, const struct node *node)
{
    if (instance->state == BPMN_ACTIVE && !rests(node))
        return "an element instance waits for nothing";
    if (node->children > 0 && node->phase != PHASE_ACTIVE && node->phase != PHASE_TERMINATING)
        return "tokens are in a scope that is not open";
    if ((node->phase == PHASE_TERMINATING) != (node->ending && node->ending->kind == ENDING_GONE))
        return "what is ending does not know how";
    if (node->dead)
        return "a removed element instance is in the tree";
    if (node->key <= 0)
        return "an element instance has no key";
    if (node->pending != 0)
        return "tokens are on the way between steps";
    if ((node->phase == PHASE_JOINING) != (node->arrived != NULL))
        return "only joining gateways count tokens";
    if (node->work != WORK_NONE && node->work != WORK_COMPENSATION && node->work_key <= 0)
        return "work has no key";
    uint32_t children = 0;
    for (const struct node *child = node->first; child; child = child->next) {
        if (child->parent != node || !belongs(node, child))
            return "a token is in a scope that it does not belong to";
        children++;
    }
    return children == node->children ? NULL : "children are miscounted";
}

const char *bpmn_instance_flaw(const struct bpmn_instance *instance)
{
    uint32_t incidents = 0;
    uint32_t joining = 0;
    uint32_t conditions = 0;
    for (const struct node *node = bpmn_node_after(instance, NULL); node; node = bpmn_node_after(instance, node)) {
        const char *flaw = node_flaw(instance, node);
        if (flaw)
            return flaw;
        incidents += node->incident != NULL;
        joining += node->phase == PHASE_JOINING;
        for (const struct wait *wait = node->waits; wait; wait = wait->next)
            conditions += wait->kind == WAIT_CONDITION;
    }
    if (incidents != instance->incidents || joining != instance->joining || conditions != instance->conditions)
        return "incidents, joins or conditions are miscounted";
    if (!instance->root)
        return instance->state == BPMN_NEW ? NULL : "a started instance has no process";
    if (instance->state == BPMN_ACTIVE && instance->root->children == 0 && instance->root->phase == PHASE_ACTIVE &&
        !instance->root->incident)
        return "an active instance has no token";
    if (instance->state != BPMN_ACTIVE && (instance->root->children > 0 || instance->root->waits))
        return "an ended instance has tokens or waits";
    return NULL;
}
