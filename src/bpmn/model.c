/* The compiled model: look-ups and the description given to hosts. */
#include "bpmn/internal.h"

#include <string.h>

struct name_entry {
    struct str name;
    void *value;
};
struct name_table {
    struct arena *arena;
    struct name_entry *entries;
    size_t capacity, count;
};

struct name_table *bpmn_name_table_new(struct arena *arena, size_t expected)
{
    struct name_table *self = arena_new(arena, struct name_table);
    self->arena = arena;
    self->capacity = 16;
    while (self->capacity < expected * 2)
        self->capacity *= 2;
    self->entries = arena_array(arena, struct name_entry, self->capacity);
    return self;
}

static struct name_entry *slot(const struct name_table *self, struct str name)
{
    size_t at = str_hash(name) & (self->capacity - 1);
    while (self->entries[at].name.data && !str_equal(self->entries[at].name, name))
        at = (at + 1) & (self->capacity - 1);
    return &self->entries[at];
}

static void grow(struct name_table *self)
{
    struct name_entry *old = self->entries;
    size_t old_capacity = self->capacity;
    self->capacity *= 2;
    self->entries = arena_array(self->arena, struct name_entry, self->capacity);
    for (size_t i = 0; i < old_capacity; i++)
        if (old[i].name.data)
            *slot(self, old[i].name) = old[i];
}

bool bpmn_name_table_put(struct name_table *self, struct str name, void *value)
{
    CHECK(name.data);
    struct name_entry *entry = slot(self, name);
    if (entry->name.data)
        return false;
    *entry = (struct name_entry){name, value};
    if (++self->count * 4 > self->capacity * 3)
        grow(self);
    return true;
}

void *bpmn_name_table_find(const struct name_table *self, struct str name)
{
    return name.data ? slot(self, name)->value : NULL;
}

static const char *const type_names[] = {
    [BPMN_PROCESS] = "process",
    [BPMN_SUB_PROCESS] = "subProcess",
    [BPMN_EVENT_SUB_PROCESS] = "eventSubProcess",
    [BPMN_AD_HOC_SUB_PROCESS] = "adHocSubProcess",
    [BPMN_CALL_ACTIVITY] = "callActivity",
    [BPMN_TASK] = "task",
    [BPMN_MANUAL_TASK] = "manualTask",
    [BPMN_USER_TASK] = "userTask",
    [BPMN_SERVICE_TASK] = "serviceTask",
    [BPMN_SEND_TASK] = "sendTask",
    [BPMN_RECEIVE_TASK] = "receiveTask",
    [BPMN_SCRIPT_TASK] = "scriptTask",
    [BPMN_BUSINESS_RULE_TASK] = "businessRuleTask",
    [BPMN_EXCLUSIVE_GATEWAY] = "exclusiveGateway",
    [BPMN_PARALLEL_GATEWAY] = "parallelGateway",
    [BPMN_INCLUSIVE_GATEWAY] = "inclusiveGateway",
    [BPMN_EVENT_GATEWAY] = "eventBasedGateway",
    [BPMN_START_EVENT] = "startEvent",
    [BPMN_CATCH_EVENT] = "intermediateCatchEvent",
    [BPMN_THROW_EVENT] = "intermediateThrowEvent",
    [BPMN_END_EVENT] = "endEvent",
    [BPMN_BOUNDARY_EVENT] = "boundaryEvent",
};

const char *bpmn_type_name(enum bpmn_type type)
{
    return type_names[type];
}

bool bpmn_element_is_container(const struct element *self)
{
    return self->type <= BPMN_AD_HOC_SUB_PROCESS;
}

bool bpmn_element_is_activity(const struct element *self)
{
    return self->type >= BPMN_SUB_PROCESS && self->type <= BPMN_BUSINESS_RULE_TASK &&
           self->type != BPMN_EVENT_SUB_PROCESS;
}

struct element *bpmn_element_find(const struct bpmn_process *self, struct str id)
{
    return bpmn_name_table_find(self->ids, id);
}

size_t bpmn_model_count(const struct bpmn_model *self)
{
    return self->process_count;
}

const struct bpmn_process *bpmn_model_at(const struct bpmn_model *self, size_t i)
{
    CHECK(i < self->process_count);
    return self->processes[i];
}

const struct bpmn_process *bpmn_model_find(const struct bpmn_model *self, struct str process_id)
{
    for (size_t i = 0; i < self->process_count; i++)
        if (str_equal(self->processes[i]->info.id, process_id))
            return self->processes[i];
    return NULL;
}

const struct bpmn_process_info *bpmn_process_info(const struct bpmn_process *self)
{
    return &self->info;
}

const struct bpmn_element_info *bpmn_process_element(const struct bpmn_process *self, struct str element_id)
{
    const struct element *element = bpmn_element_find(self, element_id);
    return element && element->index > 0 ? &self->info.elements[element->index - 1] : NULL;
}

struct element_stack {
    VECTOR(const struct element *) list;
};

/* Elements that a token at element can be at next. */
static void push_next(struct arena *scratch, const struct element *element, const struct element *around, bool *seen,
                      struct element_stack *stack)
{
    for (size_t i = 0; i < element->out_count; i++) {
        const struct element *next = element->out[i]->to;
        if (next == around || seen[next->index])
            continue;
        seen[next->index] = true;
        VECTOR_PUSH(scratch, &stack->list, next);
    }
    for (size_t i = 0; i < element->boundary_count; i++) {
        const struct element *next = element->boundaries[i];
        if (seen[next->index])
            continue;
        seen[next->index] = true;
        VECTOR_PUSH(scratch, &stack->list, next);
    }
    const struct element *link = element->event == BPMN_EVENT_LINK && element->type == BPMN_THROW_EVENT
                                     ? element->definition->link_target
                                     : NULL;
    if (link && !seen[link->index]) {
        seen[link->index] = true;
        VECTOR_PUSH(scratch, &stack->list, link);
    }
}

bool bpmn_element_reaches(struct arena *scratch, const struct element *from, const struct element *to,
                          const struct element *around)
{
    struct arena_mark mark = arena_mark(scratch);
    bool *seen = arena_array(scratch, bool, from->process->element_count);
    struct element_stack stack = {0};
    VECTOR_PUSH(scratch, &stack.list, from);
    seen[from->index] = true;
    bool found = false;
    while (stack.list.count > 0 && !found) {
        const struct element *element = stack.list.items[--stack.list.count];
        found = element == to;
        if (!found)
            push_next(scratch, element, around, seen, &stack);
    }
    arena_rewind(scratch, mark);
    return found;
}
