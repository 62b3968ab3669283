/* Bytes -> instance. Every number is held against what it indexes, so that damaged bytes are refused. */
#include "bpmn/internal.h"

#include <string.h>

struct reader {
    struct arena *arena;
    struct str bytes;
    size_t at;
    uint64_t version; /* enum encoding_version */
    bool damaged;
    int64_t base_key;
    struct bpmn_instance *instance;
    size_t process_count;
    const struct bpmn_process **processes;
    struct node **nodes;
    uint64_t *compensating; /* per node: ordinal + 1 of the throwing event */
    size_t node_count;
};

static const void *get_bytes(struct reader *self, size_t count)
{
    if (self->damaged || count > self->bytes.len - self->at) {
        self->damaged = true;
        return NULL;
    }
    const void *bytes = self->bytes.data + self->at;
    self->at += count;
    return bytes;
}

static uint64_t get_number(struct reader *self)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const unsigned char *byte = get_bytes(self, 1);
        if (!byte)
            return 0;
        number |= (uint64_t)(*byte & 0x7f) << shift;
        if (!(*byte & 0x80))
            return number;
    }
    self->damaged = true;
    return 0;
}

/* A number below limit. */
static uint64_t get_below(struct reader *self, uint64_t limit)
{
    uint64_t number = get_number(self);
    if (number < limit)
        return number;
    self->damaged = true;
    return 0;
}

/* How many things follow: each takes at least one byte. */
static size_t get_count(struct reader *self)
{
    uint64_t count = get_number(self);
    if (count <= self->bytes.len - self->at)
        return (size_t)count;
    self->damaged = true;
    return 0;
}

static int64_t get_signed(struct reader *self)
{
    uint64_t number = get_number(self);
    return (int64_t)(number >> 1) ^ -(int64_t)(number & 1);
}

/* Times are sums of what was written: kept within what can be added without overflow. */
static int64_t get_time(struct reader *self, int64_t base)
{
    return (int64_t)((uint64_t)base + (uint64_t)get_signed(self));
}

static struct str get_text(struct reader *self)
{
    size_t length = get_count(self);
    const char *data = get_bytes(self, length);
    if (!data)
        return STR("");
    struct str text = {data, length};
    if (!utf8_valid(text)) {
        self->damaged = true;
        return STR("");
    }
    return arena_str(self->arena, text);
}

static int64_t get_key(struct reader *self)
{
    if (!get_below(self, 2))
        return 0;
    int64_t key = get_time(self, self->base_key);
    if (key <= 0)
        self->damaged = true;
    return key;
}

/* ---- Values ---- */

static struct value get_value(struct reader *self, int levels);

static struct value get_number_text(struct reader *self)
{
    struct str text = get_text(self);
    struct value value;
    struct error err = ERROR_INIT;
    if (self->damaged || value_number_parse(text, &value, &err) != OK) {
        self->damaged = true;
        return value_null;
    }
    value.number_text = text.data;
    value.text_len = (uint32_t)text.len;
    return value;
}

static struct value get_decimal(struct reader *self)
{
    struct value value = {.kind = VALUE_NUMBER};
    const void *bytes = get_bytes(self, sizeof value.number);
    if (!bytes)
        return value_null;
    memcpy(&value.number, bytes, sizeof value.number);
    return value;
}

static struct value get_temporal(struct reader *self)
{
    uint64_t kind = get_number(self);
    struct str text = get_text(self);
    struct value value = value_null;
    bool read = !self->damaged && (kind == VALUE_DATE        ? date_parse(text, &value)
                                   : kind == VALUE_TIME      ? time_parse(text, &value)
                                   : kind == VALUE_DATE_TIME ? date_time_parse(text, &value)
                                                             : duration_parse(text, &value));
    if (!read || value.kind != kind) {
        self->damaged = true;
        return value_null;
    }
    return value;
}

static struct value get_list(struct reader *self, int levels)
{
    size_t count = get_count(self);
    struct list *list = list_new(self->arena, count);
    for (size_t i = 0; i < count; i++)
        list->items[i] = self->damaged ? value_null : get_value(self, levels);
    return value_of_list(list);
}

static struct value get_context(struct reader *self, int levels)
{
    size_t count = get_count(self);
    struct member *members = arena_array(self->arena, struct member, count);
    for (size_t i = 0; i < count && !self->damaged; i++) {
        members[i].key = get_text(self);
        members[i].value = get_value(self, levels);
    }
    struct context *context = arena_new(self->arena, struct context);
    context->count = self->damaged ? 0 : count;
    context->members = members;
    return (struct value){.kind = VALUE_CONTEXT, .context = context};
}

static struct value get_range(struct reader *self, int levels)
{
    struct range *range = arena_new(self->arena, struct range);
    range->start = get_value(self, levels);
    range->end = get_value(self, levels);
    uint64_t ends = get_below(self, 4);
    range->start_included = ends & 1;
    range->end_included = (ends & 2) != 0;
    range->by_operator = (uint8_t)get_below(self, 128);
    return (struct value){.kind = VALUE_RANGE, .range = range};
}

static struct value get_value(struct reader *self, int levels)
{
    if (levels == 0)
        self->damaged = true;
    if (self->damaged)
        return value_null;
    switch (get_number(self)) {
    case TAG_NULL: return value_null;
    case TAG_FALSE: return value_false;
    case TAG_TRUE: return value_true;
    case TAG_INTEGER: return value_int(get_signed(self));
    case TAG_NUMBER_TEXT: return get_number_text(self);
    case TAG_DECIMAL: return get_decimal(self);
    case TAG_STRING: return value_string(get_text(self));
    case TAG_TEMPORAL: return get_temporal(self);
    case TAG_LIST: return get_list(self, levels - 1);
    case TAG_CONTEXT: return get_context(self, levels - 1);
    case TAG_RANGE: return get_range(self, levels - 1);
    default: self->damaged = true; return value_null;
    }
}

#define LEVELS (VARIABLE_DEPTH_MAX * 2)

static struct variables get_variables(struct reader *self)
{
    struct value context = get_context(self, LEVELS);
    struct variables variables = bpmn_variables_of(context);
    variables.shared = false;
    return variables;
}

/* ---- Nodes ---- */

static const struct element *get_element(struct reader *self, const struct bpmn_process *process)
{
    return process->elements[get_below(self, process->element_count)];
}

static bool wait_fits(const struct node *node, const struct wait *wait)
{
    static const enum bpmn_event events[] = {[WAIT_TIMER] = BPMN_EVENT_TIMER,
                                             [WAIT_MESSAGE] = BPMN_EVENT_MESSAGE,
                                             [WAIT_SIGNAL] = BPMN_EVENT_SIGNAL,
                                             [WAIT_CONDITION] = BPMN_EVENT_CONDITIONAL};
    const struct element *element = wait->element;
    bool receives = element->type == BPMN_RECEIVE_TASK && wait->kind == WAIT_MESSAGE;
    if (!receives && (element->event != events[wait->kind] || !element->definition))
        return false;
    bool own = element == node->element;
    bool boundary = element->host == node->element && !bpmn_node_is_part(node);
    bool event_sub = element->type == BPMN_START_EVENT && element->parent->type == BPMN_EVENT_SUB_PROCESS &&
                     element->parent->parent == node->element;
    bool behind =
        node->element->type == BPMN_EVENT_GATEWAY && element->in_count == 1 && element->in[0]->from == node->element;
    return own || (element->host && boundary) || event_sub || behind;
}

static void get_waits(struct reader *self, struct node *node)
{
    struct wait **end = &node->waits;
    size_t count = get_count(self);
    for (size_t i = 0; i < count && !self->damaged; i++) {
        struct wait *wait = arena_new(self->arena, struct wait);
        uint64_t kind = get_below(self, (uint64_t)(WAIT_CONDITION + 1) * 2);
        wait->kind = (uint8_t)(kind >> 1);
        wait->fresh = kind & 1;
        wait->element = get_element(self, node->element->process);
        wait->key = get_key(self);
        wait->cycle = wait->name = wait->correlation = STR("");
        if (wait->kind == WAIT_TIMER) {
            wait->due_ms = get_signed(self);
            wait->repeats = get_signed(self);
            wait->cycle = get_text(self);
        } else {
            wait->name = get_text(self);
            wait->correlation = get_text(self);
        }
        self->damaged = self->damaged || !wait_fits(node, wait);
        self->instance->conditions += wait->kind == WAIT_CONDITION;
        *end = wait;
        end = &wait->next;
    }
}

static struct compensation *get_compensations(struct reader *self, const struct bpmn_process *process, int levels)
{
    struct compensation *first = NULL;
    struct compensation **end = &first;
    size_t count = get_count(self);
    if (levels == 0)
        self->damaged = true;
    for (size_t i = 0; i < count && !self->damaged; i++) {
        struct compensation *record = arena_new(self->arena, struct compensation);
        record->element = get_element(self, process);
        const struct element *handler = get_element(self, process);
        record->handler = handler->index > 0 ? handler : NULL;
        self->damaged = self->damaged || (record->handler && !handler->for_compensation);
        record->variables = get_variables(self);
        record->variables.shared = true;
        record->inside = get_compensations(self, process, levels - 1);
        *end = record;
        end = &record->next;
    }
    return first;
}

static void get_incident(struct reader *self, struct node *node)
{
    struct incident *incident = node->incident = arena_new(self->arena, struct incident);
    incident->key = get_key(self);
    incident->type = (uint8_t)get_below(self, INCIDENT_TYPES);
    incident->resume = (uint8_t)get_below(self, RESUME_INNER_LEAVE + 1);
    incident->message = get_text(self);
    incident->since_ms = get_signed(self);
    self->instance->incidents++;
    if ((incident->resume == RESUME_LOOP && (!node->body || !node->element->loop)) ||
        (incident->resume == RESUME_JOB && node->work != WORK_JOB && node->work != WORK_TASK) ||
        (incident->resume == RESUME_JOIN) != (node->phase == PHASE_JOINING))
        self->damaged = true;
}

static void get_loop(struct reader *self, struct node *node)
{
    struct loop_state *loop = node->loop = arena_new(self->arena, struct loop_state);
    loop->items = get_value(self, LEVELS);
    loop->count = (uint32_t)get_below(self, (uint64_t)UINT32_MAX + 1);
    loop->started = (uint32_t)get_below(self, (uint64_t)loop->count + 1);
    loop->completed = (uint32_t)get_below(self, (uint64_t)loop->count + 1);
    struct value outputs = get_value(self, LEVELS);
    if (self->damaged)
        return;
    bool fits =
        node->element->ad_hoc && !node->body
            ? (loop->count == 0 || self->version >= ENCODING_ACTIVATIONS) && value_is_null(loop->items)
            : loop->items.kind == VALUE_LIST && loop->items.list->count == loop->count &&
                  (value_is_null(outputs) || (outputs.kind == VALUE_LIST && outputs.list->count == loop->count));
    self->damaged = !fits;
    if (outputs.kind == VALUE_LIST)
        loop->outputs = (struct list *)outputs.list;
}

static struct bpmn_task *get_task(struct reader *self, const struct node *node)
{
    const struct user_definition *user = node->element->user;
    struct bpmn_task *task = arena_new(self->arena, struct bpmn_task);
    if (!user) {
        self->damaged = true;
        return task;
    }
    *task = (struct bpmn_task){
        .name = node->element->name,
        .form_binding = user->form_binding,
        .form_version_tag = user->form_version_tag,
        .headers = node->element->headers,
        .native = user->native,
    };
    task->assignee = get_text(self);
    task->candidate_groups = get_value(self, LEVELS);
    task->candidate_users = get_value(self, LEVELS);
    task->due_ms = get_signed(self);
    task->follow_up_ms = get_signed(self);
    task->priority = (int32_t)get_below(self, 101);
    task->form_id = get_text(self);
    return task;
}

static void get_transition(struct reader *self, struct node *node)
{
    struct transition *transition = node->transition = arena_new(self->arena, struct transition);
    transition->event = (uint8_t)get_below(self, TASK_EVENTS);
    transition->task_key = get_key(self);
    transition->wanted = get_task(self, node);
    transition->action = get_text(self);
    transition->variables = get_value(self, LEVELS);
    transition->changed = get_value(self, LEVELS);
    bool context = transition->variables.kind == VALUE_CONTEXT || value_is_null(transition->variables);
    bool list = transition->changed.kind == VALUE_LIST || value_is_null(transition->changed);
    self->damaged = self->damaged || !context || !list;
}

/* The boundary event that comes after the node, or the event that starts a sub-process in it. */
static bool event_fits(const struct node *node, const struct ending *ending)
{
    const struct element *event = ending->event;
    if (bpmn_node_is_activation(node))
        return ending->kind == ENDING_GONE && !event;
    if (ending->kind == ENDING_GONE)
        return !event || (event->type == BPMN_BOUNDARY_EVENT && event->host == node->element);
    if (ending->kind == ENDING_COMPLETE)
        return !event && node->element->ad_hoc && !node->body;
    return event && event->type == BPMN_START_EVENT && event->parent->type == BPMN_EVENT_SUB_PROCESS &&
           event->parent->parent == node->element;
}

static void get_ending(struct reader *self, struct node *node)
{
    struct ending *ending = node->ending = arena_new(self->arena, struct ending);
    ending->kind = (uint8_t)get_below(self, ENDING_COMPLETE + 1);
    ending->moved = get_below(self, 2) != 0;
    const struct element *event = get_element(self, node->element->process);
    ending->event = event->index > 0 ? event : NULL;
    ending->variables = get_value(self, LEVELS);
    ending->reason = get_text(self);
    bool context = ending->variables.kind == VALUE_CONTEXT || value_is_null(ending->variables);
    self->damaged = self->damaged || !context || !event_fits(node, ending);
}

static void get_optional(struct reader *self, struct node *node, uint64_t flags, size_t ordinal)
{
    if (flags & NODE_INCIDENT)
        get_incident(self, node);
    if (flags & NODE_LOOP)
        get_loop(self, node);
    if (flags & NODE_TASK)
        node->task = get_task(self, node);
    if (flags & NODE_ARRIVED) {
        node->arrived = arena_array(self->arena, uint32_t, node->element->in_count);
        for (size_t i = 0; i < node->element->in_count; i++)
            node->arrived[i] = (uint32_t)get_below(self, UINT32_MAX);
    }
    if (flags & NODE_UNDO) {
        node->compensations = get_compensations(self, node->element->process, 64);
        self->compensating[ordinal] = get_below(self, self->node_count + 1);
    }
    if (flags & NODE_STARTING) {
        const struct element *start = get_element(self, node->element->process);
        node->start = start->index > 0 ? start : NULL;
        node->trigger = get_value(self, LEVELS);
        if (node->start && (node->start->type != BPMN_START_EVENT || node->start->parent != node->element))
            self->damaged = true;
    }
    if (flags & NODE_TRANSITION)
        get_transition(self, node);
    if (flags & NODE_ENDING)
        get_ending(self, node);
}

/* A task listener's job is out, or could not be made. */
static bool transition_fits(const struct node *node)
{
    const struct transition *transition = node->transition;
    return node->element->user && node->listener < node->element->user->listeners[transition->event].count &&
           node->phase == (transition->event == TASK_CANCELING ? PHASE_TERMINATING : PHASE_ACTIVE) &&
           transition->task_key > 0 &&
           (node->work == WORK_JOB || (node->work == WORK_NONE && node->incident)) &&
           (node->task != NULL) == (transition->event != TASK_CREATING);
}

static bool work_fits(const struct node *node)
{
    const struct element *element = node->element;
    bool listening = node->phase == PHASE_START_LISTENERS || node->phase == PHASE_END_LISTENERS;
    const struct listeners *listeners =
        node->phase == PHASE_START_LISTENERS ? &element->start_listeners : &element->end_listeners;
    if (listening && node->listener >= listeners->count)
        return false;
    if (node->transition && !transition_fits(node))
        return false;
    switch ((enum work)node->work) {
    case WORK_NONE: return node->work_key == 0;
    case WORK_JOB: return node->work_key > 0;
    case WORK_TASK: return node->work_key > 0 && element->user && node->task;
    case WORK_DECISION: return node->work_key > 0 && element->decision;
    case WORK_COMPENSATION: return element->event == BPMN_EVENT_COMPENSATION && node->work_key == 0;
    }
    return false;
}

static bool place_fits(const struct node *node)
{
    const struct element *element = node->element;
    const struct node *parent = node->parent;
    bool joining = node->phase == PHASE_JOINING;
    bool is_join = element->type == BPMN_PARALLEL_GATEWAY || element->type == BPMN_INCLUSIVE_GATEWAY;
    if (joining != (node->arrived != NULL) || (joining && !is_join) || (node->body && !element->loop))
        return false;
    if (node->body && node->phase == PHASE_ACTIVE && !node->loop && !node->incident)
        return false;
    if (!parent)
        return element->type == BPMN_PROCESS;
    if (parent->body)
        return element == parent->element && !node->body && parent->loop && node->loop_counter >= 1 &&
               node->loop_counter <= parent->loop->count;
    if (bpmn_node_is_activation(node))
        return element->ad_hoc && !node->body && !node->loop && !bpmn_node_is_activation(parent) && parent->loop &&
               node->loop_counter >= 1 && node->loop_counter <= parent->loop->count;
    if (element->type == BPMN_PROCESS)
        return parent->element->type == BPMN_CALL_ACTIVITY;
    return (element->parent == parent->element || element->for_compensation) &&
           (node->body || !element->loop || node->incident);
}

static void get_node(struct reader *self, size_t ordinal)
{
    struct node *parent = NULL;
    uint64_t parent_at = get_below(self, ordinal > 0 ? ordinal : 1);
    if (ordinal > 0)
        parent = self->nodes[parent_at];
    const struct bpmn_process *process = self->processes[get_below(self, self->process_count)];
    const struct element *element = get_element(self, process);
    if (self->damaged)
        return;
    struct node *node = bpmn_node_new(self->instance, parent, element);
    self->nodes[ordinal] = node;
    if (!parent)
        self->instance->root = node;
    node->key = get_key(self);
    node->phase = (uint8_t)get_below(self, PHASE_TERMINATING + 1);
    node->work = (uint8_t)get_below(self, WORK_COMPENSATION + 1);
    static const uint64_t last_flags[] = {
        [ENCODING_PLAIN] = NODE_STARTING, [ENCODING_LISTENING] = NODE_TRANSITION, [ENCODING_ENDING] = NODE_ENDING,
        [ENCODING_ACTIVATIONS] = NODE_ENDING};
    uint64_t flags = get_below(self, last_flags[self->version] * 2);
    node->body = flags & NODE_BODY;
    node->triggered = (flags & NODE_TRIGGERED) != 0;
    node->opened = (flags & NODE_OPENED) != 0;
    node->loop_counter = (uint32_t)get_below(self, UINT32_MAX);
    node->listener = (uint32_t)get_below(self, UINT32_MAX);
    node->retries = (int32_t)get_signed(self);
    node->work_key = get_key(self);
    if (node->work == WORK_JOB)
        node->job_type = get_text(self);
    node->since_ms = get_time(self, self->instance->started_ms);
    node->variables = get_variables(self);
    get_waits(self, node);
    get_optional(self, node, flags, ordinal);
    self->instance->joining += node->phase == PHASE_JOINING;
    if (!self->damaged && (node->key <= 0 || !place_fits(node) || !work_fits(node)))
        self->damaged = true;
}

static void get_nodes(struct reader *self)
{
    self->node_count = get_count(self);
    self->nodes = arena_array(self->arena, struct node *, self->node_count);
    self->compensating = arena_array(self->arena, uint64_t, self->node_count);
    for (size_t i = 0; i < self->node_count && !self->damaged; i++)
        get_node(self, i);
    for (size_t i = 0; i < self->node_count && !self->damaged; i++)
        if (self->compensating[i] > 0)
            self->nodes[i]->compensating = self->nodes[self->compensating[i] - 1];
}

/* ---- The whole ---- */

static void get_history(struct reader *self)
{
    struct bpmn_instance *instance = self->instance;
    const struct bpmn_process *process = self->processes[get_below(self, self->process_count)];
    if (!process) {
        self->damaged = true;
        return;
    }
    struct history *history = bpmn_instance_history(instance, process);
    size_t count = get_count(self);
    for (size_t i = 0; i < count && !self->damaged; i++) {
        struct element_history *passed = &history->elements[get_below(self, process->element_count)];
        passed->entered = (uint32_t)get_below(self, (uint64_t)UINT32_MAX + 1);
        passed->left = (uint32_t)get_below(self, (uint64_t)UINT32_MAX + 1);
        passed->cancelled = (uint32_t)get_below(self, (uint64_t)UINT32_MAX + 1);
        passed->first_ms = get_time(self, instance->started_ms);
        passed->last_ms = get_time(self, instance->started_ms);
    }
    count = get_count(self);
    for (size_t i = 0; i < count && !self->damaged; i++) {
        uint64_t index = get_number(self);
        if (index >= process->flow_count) {
            self->damaged = true;
            return;
        }
        history->flows[index].count = (uint32_t)get_below(self, (uint64_t)UINT32_MAX + 1);
        history->flows[index].last_ms = get_time(self, instance->started_ms);
    }
}

static enum status get_processes(struct reader *self, const struct bpmn_env *env, struct error *err)
{
    self->process_count = get_count(self);
    self->processes = arena_array(self->arena, const struct bpmn_process *, self->process_count);
    for (size_t i = 0; i < self->process_count && !self->damaged; i++) {
        struct bpmn_process_wanted wanted = {.binding = STR("latest"), .version_tag = STR("")};
        wanted.process_id = get_text(self);
        wanted.version = get_signed(self);
        uint64_t fingerprint = 0;
        const void *bytes = get_bytes(self, sizeof fingerprint);
        if (!bytes)
            break;
        memcpy(&fingerprint, bytes, sizeof fingerprint);
        self->processes[i] = env->find_process ? env->find_process(env->host, &wanted) : NULL;
        if (!self->processes[i] || self->processes[i]->fingerprint != fingerprint)
            return error_set(err, ERROR_CONFLICT, "instance-model-missing",
                             "The process '%.*s', version %" PRId64 ", in which the instance is, is not loaded.",
                             STR_ARGS(wanted.process_id), wanted.version);
    }
    self->damaged = self->damaged || self->process_count == 0;
    return OK;
}

static void get_instance(struct reader *self)
{
    struct bpmn_instance *instance = self->instance = bpmn_instance_new(self->arena, self->processes[0]);
    instance->state = (enum bpmn_state)get_below(self, BPMN_TERMINATED + 1);
    instance->started_ms = get_signed(self);
    instance->ended_ms = get_signed(self);
    self->base_key = get_signed(self);
    size_t count = get_count(self);
    for (size_t i = 0; i < count && !self->damaged; i++)
        get_history(self);
    get_nodes(self);
    bool rooted = instance->root && instance->root->element->process == instance->process;
    if ((instance->state != BPMN_NEW) != rooted || self->at != self->bytes.len)
        self->damaged = true;
    if (!self->damaged && rooted && bpmn_instance_flaw(instance))
        self->damaged = true;
}

enum status bpmn_instance_decode(struct arena *arena, struct str bytes, const struct bpmn_env *env,
                                 struct bpmn_instance **out, struct error *err)
{
    struct reader self = {.arena = arena, .bytes = bytes};
    const char *mark = get_bytes(&self, 2);
    if (!mark || memcmp(mark, "TB", 2) != 0 || (self.version = get_number(&self)) < ENCODING_PLAIN ||
        self.version > ENCODING_ACTIVATIONS)
        return error_set(err, ERROR_INVALID, "instance-unreadable",
                         "The bytes are no process instance of this version.");
    if (get_processes(&self, env, err) != OK)
        return FAILED;
    if (!self.damaged)
        get_instance(&self);
    if (self.damaged)
        return error_set(err, ERROR_INVALID, "instance-unreadable", "The bytes of the process instance are damaged.");
    *out = self.instance;
    return OK;
}
