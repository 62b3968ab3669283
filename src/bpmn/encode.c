/* Instance -> bytes; the format is drawn in internal.h. */
#include "bpmn/internal.h"

#include <stdio.h>
#include <string.h>

struct writer {
    struct arena *arena;
    const struct bpmn_instance *instance;
    enum encoding_version version;
    unsigned char *data;
    size_t len, capacity;
    int64_t base_key;
    VECTOR(const struct bpmn_process *) processes;
};

static void put_bytes(struct writer *self, const void *bytes, size_t count)
{
    if (self->len + count > self->capacity) {
        size_t capacity = (self->len + count) * 2 + 256;
        unsigned char *grown = arena_alloc_raw(self->arena, capacity);
        if (self->len > 0)
            memcpy(grown, self->data, self->len);
        self->data = grown;
        self->capacity = capacity;
    }
    if (count > 0)
        memcpy(self->data + self->len, bytes, count);
    self->len += count;
}

static void put_number(struct writer *self, uint64_t number)
{
    unsigned char bytes[10];
    size_t count = 0;
    do {
        bytes[count] = (unsigned char)(number & 0x7f);
        number >>= 7;
        if (number)
            bytes[count] |= 0x80;
        count++;
    } while (number);
    put_bytes(self, bytes, count);
}

static void put_signed(struct writer *self, int64_t number)
{
    put_number(self, ((uint64_t)number << 1) ^ (uint64_t)(number >> 63));
}

/* Absent texts become empty ones. */
static void put_text(struct writer *self, struct str text)
{
    put_number(self, text.len);
    put_bytes(self, text.data, text.len);
}

/* 0 stays 0, so that "none" is not relative. */
static void put_key(struct writer *self, int64_t key)
{
    put_number(self, key != 0);
    if (key != 0)
        put_signed(self, (int64_t)((uint64_t)key - (uint64_t)self->base_key));
}

/* ---- Values ---- */

static void put_value(struct writer *self, struct value value);

static bool plain_integer(struct value value, int64_t *out)
{
    if (!value_to_int64(value, out))
        return false;
    struct value same = value_int(*out);
    if (memcmp(&same.number, &value.number, sizeof same.number) != 0)
        return false;
    if (value.text_len == 0)
        return true;
    char text[24];
    int length = snprintf(text, sizeof text, "%" PRId64, *out);
    return (uint32_t)length == value.text_len && memcmp(text, value.number_text, value.text_len) == 0;
}

static void put_number_value(struct writer *self, struct value value)
{
    int64_t integer;
    if (plain_integer(value, &integer)) {
        put_number(self, TAG_INTEGER);
        put_signed(self, integer);
    } else if (value.text_len > 0) {
        put_number(self, TAG_NUMBER_TEXT);
        put_text(self, (struct str){value.number_text, value.text_len});
    } else {
        put_number(self, TAG_DECIMAL);
        put_bytes(self, &value.number, sizeof value.number);
    }
}

static void put_temporal(struct writer *self, struct value value)
{
    put_number(self, TAG_TEMPORAL);
    put_number(self, value.kind);
    put_text(self, temporal_text(self->arena, value));
}

static void put_range(struct writer *self, const struct range *range)
{
    put_number(self, TAG_RANGE);
    put_value(self, range->start);
    put_value(self, range->end);
    put_number(self, (uint64_t)range->start_included | (uint64_t)range->end_included << 1);
    put_number(self, range->by_operator);
}

static void put_value(struct writer *self, struct value value)
{
    switch ((enum value_kind)value.kind) {
    case VALUE_NULL:
    case VALUE_FUNCTION: put_number(self, TAG_NULL); break;
    case VALUE_BOOLEAN: put_number(self, value.boolean ? TAG_TRUE : TAG_FALSE); break;
    case VALUE_NUMBER: put_number_value(self, value); break;
    case VALUE_STRING:
        put_number(self, TAG_STRING);
        put_text(self, value.string);
        break;
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATE_TIME:
    case VALUE_YEARS_MONTHS:
    case VALUE_DAYS_TIME: put_temporal(self, value); break;
    case VALUE_LIST:
        put_number(self, TAG_LIST);
        put_number(self, value.list->count);
        for (size_t i = 0; i < value.list->count; i++)
            put_value(self, value.list->items[i]);
        break;
    case VALUE_CONTEXT:
        put_number(self, TAG_CONTEXT);
        put_number(self, value.context->count);
        for (size_t i = 0; i < value.context->count; i++) {
            put_text(self, value.context->members[i].key);
            put_value(self, value.context->members[i].value);
        }
        break;
    case VALUE_RANGE: put_range(self, value.range); break;
    }
}

static void put_variables(struct writer *self, const struct variables *variables)
{
    put_number(self, variables->count);
    for (uint32_t i = 0; i < variables->count; i++) {
        put_text(self, variables->items[i].key);
        put_value(self, variables->items[i].value);
    }
}

/* ---- Nodes ---- */

static size_t process_index(struct writer *self, const struct bpmn_process *process)
{
    for (size_t i = 0; i < self->processes.count; i++)
        if (self->processes.items[i] == process)
            return i;
    VECTOR_PUSH(self->arena, &self->processes, process);
    return self->processes.count - 1;
}

static void put_waits(struct writer *self, const struct node *node)
{
    size_t count = 0;
    for (const struct wait *wait = node->waits; wait; wait = wait->next)
        count++;
    put_number(self, count);
    for (const struct wait *wait = node->waits; wait; wait = wait->next) {
        put_number(self, (uint64_t)wait->kind << 1 | (uint64_t)wait->fresh);
        put_number(self, wait->element->index);
        put_key(self, wait->key);
        if (wait->kind == WAIT_TIMER) {
            put_signed(self, wait->due_ms);
            put_signed(self, wait->repeats);
            put_text(self, wait->cycle);
        } else {
            put_text(self, wait->name);
            put_text(self, wait->correlation);
        }
    }
}

static void put_compensations(struct writer *self, const struct compensation *list)
{
    size_t count = 0;
    for (const struct compensation *record = list; record; record = record->next)
        count++;
    put_number(self, count);
    for (const struct compensation *record = list; record; record = record->next) {
        put_number(self, record->element->index);
        put_number(self, record->handler ? record->handler->index : 0);
        put_variables(self, &record->variables);
        put_compensations(self, record->inside);
    }
}

static void put_loop(struct writer *self, const struct loop_state *loop)
{
    put_value(self, loop->items);
    put_number(self, loop->count);
    put_number(self, loop->started);
    put_number(self, loop->completed);
    put_value(self, loop->outputs ? value_of_list(loop->outputs) : value_null);
}

static void put_task(struct writer *self, const struct bpmn_task *task)
{
    put_text(self, task->assignee);
    put_value(self, task->candidate_groups);
    put_value(self, task->candidate_users);
    put_signed(self, task->due_ms);
    put_signed(self, task->follow_up_ms);
    put_number(self, (uint64_t)task->priority);
    put_text(self, task->form_id);
}

static void put_transition(struct writer *self, const struct transition *transition)
{
    put_number(self, transition->event);
    put_key(self, transition->task_key);
    put_task(self, transition->wanted);
    put_text(self, transition->action);
    put_value(self, transition->variables);
    put_value(self, transition->changed);
}

static void put_ending(struct writer *self, const struct ending *ending)
{
    put_number(self, ending->kind);
    put_number(self, ending->moved);
    put_number(self, ending->event ? ending->event->index : 0);
    put_value(self, ending->variables);
    put_text(self, ending->reason.data ? ending->reason : STR(""));
}

static uint64_t flags_of(const struct node *node)
{
    uint64_t flags = 0;
    flags |= node->body ? NODE_BODY : 0;
    flags |= node->triggered ? NODE_TRIGGERED : 0;
    flags |= node->opened ? NODE_OPENED : 0;
    flags |= node->incident ? NODE_INCIDENT : 0;
    flags |= node->loop ? NODE_LOOP : 0;
    flags |= node->task ? NODE_TASK : 0;
    flags |= node->arrived ? NODE_ARRIVED : 0;
    flags |= node->compensations || node->compensating ? NODE_UNDO : 0;
    flags |= node->start || !value_is_null(node->trigger) ? NODE_STARTING : 0;
    flags |= node->transition ? NODE_TRANSITION : 0;
    flags |= node->ending ? NODE_ENDING : 0;
    return flags;
}

static void put_optional(struct writer *self, const struct node *node, uint64_t flags)
{
    if (flags & NODE_INCIDENT) {
        put_key(self, node->incident->key);
        put_number(self, node->incident->type);
        put_number(self, node->incident->resume);
        put_text(self, node->incident->message);
        put_signed(self, node->incident->since_ms);
    }
    if (flags & NODE_LOOP)
        put_loop(self, node->loop);
    if (flags & NODE_TASK)
        put_task(self, node->task);
    for (size_t i = 0; (flags & NODE_ARRIVED) && i < node->element->in_count; i++)
        put_number(self, node->arrived[i]);
    if (flags & NODE_UNDO) {
        put_compensations(self, node->compensations);
        put_number(self, node->compensating ? node->compensating->ordinal + 1 : 0);
    }
    if (flags & NODE_STARTING) {
        put_number(self, node->start ? node->start->index : 0);
        put_value(self, node->trigger);
    }
    if (flags & NODE_TRANSITION)
        put_transition(self, node->transition);
    if (flags & NODE_ENDING)
        put_ending(self, node->ending);
}

static void put_node(struct writer *self, const struct node *node)
{
    put_number(self, node->parent ? node->parent->ordinal : 0);
    put_number(self, process_index(self, node->element->process));
    put_number(self, node->element->index);
    put_key(self, node->key);
    put_number(self, node->phase);
    put_number(self, node->work);
    uint64_t flags = flags_of(node);
    put_number(self, flags);
    put_number(self, node->loop_counter);
    put_number(self, node->listener);
    put_signed(self, node->retries);
    put_key(self, node->work_key);
    if (node->work == WORK_JOB)
        put_text(self, node->job_type);
    put_signed(self, node->since_ms - self->instance->started_ms);
    put_variables(self, &node->variables);
    put_waits(self, node);
    put_optional(self, node, flags);
}

/* ---- The whole ---- */

static void put_history(struct writer *self, const struct history *history)
{
    const struct bpmn_process *process = history->process;
    int64_t start = self->instance->started_ms;
    put_number(self, process_index(self, process));
    size_t count = 0;
    for (size_t i = 0; i < process->element_count; i++)
        count += history->elements[i].entered > 0;
    put_number(self, count);
    for (size_t i = 0; i < process->element_count; i++) {
        const struct element_history *passed = &history->elements[i];
        if (passed->entered == 0)
            continue;
        put_number(self, i);
        put_number(self, passed->entered);
        put_number(self, passed->left);
        put_number(self, passed->cancelled);
        put_signed(self, passed->first_ms - start);
        put_signed(self, passed->last_ms - start);
    }
    count = 0;
    for (size_t i = 0; i < process->flow_count; i++)
        count += history->flows[i].count > 0;
    put_number(self, count);
    for (size_t i = 0; i < process->flow_count; i++) {
        if (history->flows[i].count == 0)
            continue;
        put_number(self, i);
        put_number(self, history->flows[i].count);
        put_signed(self, history->flows[i].last_ms - start);
    }
}

static void collect_processes(struct writer *self)
{
    (void)process_index(self, self->instance->process);
    for (size_t i = 0; i < self->instance->histories.count; i++)
        (void)process_index(self, self->instance->histories.items[i].process);
    uint32_t ordinal = 0;
    for (struct node *node = bpmn_node_after(self->instance, NULL); node;
         node = bpmn_node_after(self->instance, node)) {
        node->ordinal = ordinal++;
        if (node->element->ad_hoc && !node->body && node->loop && node->loop->count > 0)
            self->version = ENCODING_ACTIVATIONS;
        else if (node->ending && self->version < ENCODING_ENDING)
            self->version = ENCODING_ENDING;
        else if (node->transition && self->version == ENCODING_PLAIN)
            self->version = ENCODING_LISTENING;
        (void)process_index(self, node->element->process);
    }
}

struct str bpmn_instance_encode(struct arena *arena, const struct bpmn_instance *self)
{
    struct writer writer = {
        .arena = arena, .instance = self, .version = ENCODING_PLAIN, .base_key = bpmn_instance_key(self)};
    collect_processes(&writer);
    put_bytes(&writer, "TB", 2);
    put_number(&writer, writer.version);
    put_number(&writer, writer.processes.count);
    for (size_t i = 0; i < writer.processes.count; i++) {
        const struct bpmn_process *process = writer.processes.items[i];
        put_text(&writer, process->info.id);
        put_signed(&writer, process->info.version);
        put_bytes(&writer, &process->fingerprint, sizeof process->fingerprint);
    }
    put_number(&writer, self->state);
    put_signed(&writer, self->started_ms);
    put_signed(&writer, self->ended_ms);
    put_signed(&writer, writer.base_key);
    put_number(&writer, self->histories.count);
    for (size_t i = 0; i < self->histories.count; i++)
        put_history(&writer, &self->histories.items[i]);
    size_t count = 0;
    for (struct node *node = bpmn_node_after(self, NULL); node; node = bpmn_node_after(self, node))
        count++;
    put_number(&writer, count);
    for (struct node *node = bpmn_node_after(self, NULL); node; node = bpmn_node_after(self, node))
        put_node(&writer, node);
    return (struct str){(const char *)writer.data, writer.len};
}
