/* BPMN_MIGRATE: a running instance goes on in another version of its process. Every active element needs an element of
 * the same kind, in the same scope, in the new version; processes called meanwhile stay as they are. */
#include "bpmn/internal.h"

struct migration {
    struct step *step;
    const struct bpmn_command *command;
    const struct bpmn_process *from, *to;
    const struct element **map; /* by index in the old process; NULL: gone */
    const struct flow **flows;
};

static struct str new_id(const struct migration *self, struct str id)
{
    for (size_t i = 0; i < self->command->mapping.count; i++)
        if (str_equal(self->command->mapping.items[i].name, id))
            return self->command->mapping.items[i].value;
    return id;
}

static const struct flow *flow_by_id(const struct bpmn_process *process, struct str id)
{
    for (size_t i = 0; i < process->flow_count; i++)
        if (str_equal(process->flows[i]->id, id))
            return process->flows[i];
    return NULL;
}

static enum status map_elements(struct migration *self, struct error *err)
{
    const struct bpmn_pairs *mapping = &self->command->mapping;
    for (size_t i = 0; i < mapping->count; i++) {
        bool known = bpmn_element_find(self->from, mapping->items[i].name) &&
                     bpmn_element_find(self->to, mapping->items[i].value);
        bool flow = flow_by_id(self->from, mapping->items[i].name) && flow_by_id(self->to, mapping->items[i].value);
        if (!known && !flow)
            return error_set(err, ERROR_INVALID, "migration-invalid",
                             "The mapping '%.*s' to '%.*s' names an unknown element.", STR_ARGS(mapping->items[i].name),
                             STR_ARGS(mapping->items[i].value));
    }
    struct arena *arena = self->step->arena;
    self->map = arena_array(arena, const struct element *, self->from->element_count);
    self->flows = arena_array(arena, const struct flow *, self->from->flow_count);
    self->map[0] = self->to->elements[0];
    for (size_t i = 1; i < self->from->element_count; i++)
        self->map[i] = bpmn_element_find(self->to, new_id(self, self->from->elements[i]->id));
    for (size_t i = 0; i < self->from->flow_count; i++)
        self->flows[i] = flow_by_id(self->to, new_id(self, self->from->flows[i]->id));
    return OK;
}

static enum status refuse(const struct node *node, const char *why, struct error *err)
{
    error_set(err, ERROR_INVALID, "migration-invalid", "The active element '%.*s' %s.", STR_ARGS(node->element->id),
              why);
    return error_field(err, "%.*s", STR_ARGS(node->element->id));
}

static bool listener_left(const struct node *node, const struct element *to)
{
    if (node->transition)
        return node->listener < to->user->listeners[node->transition->event].count;
    if (node->phase == PHASE_START_LISTENERS)
        return node->listener < to->start_listeners.count;
    return node->phase != PHASE_END_LISTENERS || node->listener < to->end_listeners.count;
}

static bool compensations_map(const struct migration *self, const struct compensation *record)
{
    for (; record; record = record->next) {
        const struct element *handler = record->handler ? self->map[record->handler->index] : NULL;
        if (!self->map[record->element->index] || (record->handler && (!handler || !handler->for_compensation)) ||
            !compensations_map(self, record->inside))
            return false;
    }
    return true;
}

static enum status check_node(const struct migration *self, const struct node *node, struct error *err)
{
    const struct element *from = node->element;
    const struct element *to = self->map[from->index];
    if (!to)
        return refuse(node, "has no counterpart in the new version", err);
    if (to->type != from->type || to->event != from->event || !to->loop != !from->loop)
        return refuse(node, "is of another kind in the new version", err);
    if (from->parent && to->parent != self->map[from->parent->index])
        return refuse(node, "is in another sub-process in the new version", err);
    if (node->work == WORK_DECISION && !to->decision)
        return refuse(node, "waits for a decision that the new version does not ask for", err);
    if (node->ending)
        return refuse(node, "is ending, and its listeners have not answered yet", err);
    if (!listener_left(node, to))
        return refuse(node, "waits for a listener that the new version does not have", err);
    if (node->start && !self->map[node->start->index])
        return refuse(node, "begins with an event that the new version does not have", err);
    if (!compensations_map(self, node->compensations))
        return refuse(node, "holds a completed activity that the new version cannot compensate", err);
    for (size_t i = 0; node->arrived && i < from->in_count; i++) {
        const struct flow *flow = self->flows[from->in[i]->index];
        if (node->arrived[i] > 0 && (!flow || flow->to != to))
            return refuse(node, "holds a token on a flow that the new version does not have", err);
    }
    return OK;
}

static uint32_t *map_arrived(const struct migration *self, const struct node *node, const struct element *to)
{
    uint32_t *arrived = arena_array(self->step->arena, uint32_t, to->in_count);
    for (size_t i = 0; i < node->element->in_count; i++)
        for (size_t j = 0; node->arrived[i] > 0 && j < to->in_count; j++)
            if (to->in[j] == self->flows[node->element->in[i]->index])
                arrived[j] = node->arrived[i];
    return arrived;
}

static void map_compensations(const struct migration *self, struct compensation *record)
{
    for (; record; record = record->next) {
        record->element = self->map[record->element->index];
        record->handler = record->handler ? self->map[record->handler->index] : NULL;
        map_compensations(self, record->inside);
    }
}

/* The event in the new version that a wait goes on for; NULL: it is closed. */
static const struct element *map_wait(const struct migration *self, const struct wait *wait, const struct node *node)
{
    const struct element *from = wait->element;
    const struct element *to = self->map[from->index];
    const struct element *host = self->map[node->element->index];
    if (!to || to->type != from->type || to->event != from->event || to->interrupting != from->interrupting)
        return NULL;
    bool own = from == node->element && to == host;
    bool boundary = from->host == node->element && to->host == host;
    bool event_sub =
        from->type == BPMN_START_EVENT && to->parent->type == BPMN_EVENT_SUB_PROCESS && to->parent->parent == host;
    bool behind = host->type == BPMN_EVENT_GATEWAY && to->in_count == 1 && to->in[0]->from == host;
    return own || (from->host && boundary) || event_sub || behind ? to : NULL;
}

static void move_waits(struct migration *self, struct node *node)
{
    struct wait *next;
    for (struct wait *wait = node->waits; wait; wait = next) {
        next = wait->next;
        const struct element *to = map_wait(self, wait, node);
        if (to)
            wait->element = to;
        else
            bpmn_event_close(self->step, node, wait);
    }
}

/* Events that the new version adds are waited for from now on. */
static void open_waits(struct migration *self, struct node *node)
{
    if (node->phase != PHASE_ACTIVE || node->incident)
        return;
    if (node->opened && !bpmn_node_is_part(node) && !bpmn_event_open_boundaries(self->step, node))
        return;
    if (bpmn_element_is_container(node->element) && !node->body)
        (void)bpmn_run_open_scope(self->step, node);
    struct str reason;
    for (size_t i = 0; node->element->type == BPMN_EVENT_GATEWAY && i < node->element->out_count; i++)
        (void)bpmn_event_open(self->step, node, node->element->out[i]->to, &reason);
}

static void move_histories(struct migration *self)
{
    struct bpmn_instance *instance = self->step->instance;
    struct history old = {0};
    for (size_t i = 0; i < instance->histories.count; i++)
        if (instance->histories.items[i].process == self->from) {
            old = instance->histories.items[i];
            instance->histories.items[i] = instance->histories.items[--instance->histories.count];
            break;
        }
    if (!old.process)
        return;
    struct history *history = bpmn_instance_history(instance, self->to);
    for (size_t i = 0; i < self->from->element_count; i++)
        if (self->map[i])
            history->elements[self->map[i]->index] = old.elements[i];
    for (size_t i = 0; i < self->from->flow_count; i++)
        if (self->flows[i])
            history->flows[self->flows[i]->index] = old.flows[i];
}

static void move_node(struct migration *self, struct node *node)
{
    const struct element *to = self->map[node->element->index];
    move_waits(self, node);
    if (node->arrived)
        node->arrived = map_arrived(self, node, to);
    if (node->start)
        node->start = self->map[node->start->index];
    map_compensations(self, node->compensations);
    node->element = to;
}

/* Only the tree of the instance's own process moves, not what call activities have started. */
static bool moves(const struct migration *self, const struct node *node)
{
    for (const struct node *at = node; at; at = at->parent)
        if (at->element->type == BPMN_PROCESS)
            return at == self->step->instance->root;
    return false;
}

enum status bpmn_change_migrate(struct step *step, const struct bpmn_command *command, struct error *err)
{
    struct bpmn_instance *instance = step->instance;
    if (!command->target)
        return error_set(err, ERROR_INVALID, "migration-invalid", "There is no new version to migrate to.");
    struct migration self = {.step = step, .command = command, .from = instance->process, .to = command->target};
    if (self.from == self.to)
        return error_set(err, ERROR_INVALID, "migration-invalid", "The instance is in that version already.");
    if (map_elements(&self, err) != OK)
        return FAILED;
    CHECK(self.map && self.flows);
    VECTOR(struct node *) moved = {0};
    for (struct node *node = bpmn_node_after(instance, NULL); node; node = bpmn_node_after(instance, node)) {
        if (!moves(&self, node))
            continue;
        if (check_node(&self, node, err) != OK)
            return FAILED;
        VECTOR_PUSH(step->arena, &moved, node);
    }
    for (size_t i = 0; i < moved.count; i++)
        move_node(&self, moved.items[i]);
    instance->process = self.to;
    move_histories(&self);
    bpmn_step_effect(step, BPMN_INSTANCE_MIGRATED, instance->root);
    for (size_t i = 0; i < moved.count; i++)
        open_waits(&self, moved.items[i]);
    return OK;
}
