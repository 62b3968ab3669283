/* The instance as a value, for the desk; its shape is described at bpmn_instance_view in bpmn.h. */
#include "bpmn/internal.h"

#define ZONE "Asia/Shanghai"

static struct value instant_of(int64_t ms)
{
    return ms == 0 ? value_null : date_time_from_ms(ms, ZONE);
}

static void put(struct context_builder *to, const char *name, struct value value)
{
    context_builder_put(to, str_of(name), value);
}

static void put_text(struct context_builder *to, const char *name, struct str text)
{
    if (text.len > 0)
        put(to, name, value_string(text));
}

static const char *state_of(const struct node *node)
{
    if (node->transition)
        return "listening";
    switch ((enum phase)node->phase) {
    case PHASE_JOINING: return "joining";
    case PHASE_ENTERING: return "entering";
    case PHASE_START_LISTENERS:
    case PHASE_END_LISTENERS: return "listening";
    case PHASE_ACTIVE: return "active";
    case PHASE_LEAVING: return "leaving";
    case PHASE_TERMINATING: return "terminating";
    }
    return "";
}

static struct value view_waits(struct arena *arena, const struct node *node)
{
    static const char *const kinds[] = {"timer", "message", "signal", "condition"};
    struct list_builder list;
    list_builder_init(&list, arena);
    for (const struct wait *wait = node->waits; wait; wait = wait->next) {
        struct context_builder item;
        context_builder_init(&item, arena);
        put(&item, "kind", value_cstr(kinds[wait->kind]));
        put(&item, "key", value_int(wait->key));
        put(&item, "element", value_string(wait->element->id));
        if (wait->kind == WAIT_TIMER)
            put(&item, "due", instant_of(wait->due_ms));
        put_text(&item, "name", wait->name);
        put_text(&item, "correlationKey", wait->correlation);
        list_builder_push(&list, context_builder_done(&item));
    }
    return list_builder_done(&list);
}

static struct value view_incident(struct arena *arena, const struct node *node)
{
    struct context_builder item;
    context_builder_init(&item, arena);
    put(&item, "key", value_int(node->incident->key));
    put(&item, "element", value_string(node->element->id));
    put(&item, "elementKey", value_int(node->key));
    put(&item, "process", value_string(node->element->process->info.id));
    put(&item, "type", value_cstr(bpmn_incident_names[node->incident->type]));
    put(&item, "message", value_string(node->incident->message));
    put(&item, "since", instant_of(node->incident->since_ms));
    return context_builder_done(&item);
}

static struct value view_variables(struct arena *arena, const struct variables *variables)
{
    struct context_builder all;
    context_builder_init(&all, arena);
    for (uint32_t i = 0; i < variables->count; i++)
        context_builder_put(&all, variables->items[i].key, variables->items[i].value);
    return context_builder_done(&all);
}

static struct value view_task(struct arena *arena, int64_t key, const struct bpmn_task *it)
{
    struct context_builder task;
    context_builder_init(&task, arena);
    put(&task, "key", value_int(key));
    put_text(&task, "assignee", it->assignee);
    put(&task, "candidateGroups", it->candidate_groups);
    put(&task, "candidateUsers", it->candidate_users);
    put(&task, "due", instant_of(it->due_ms));
    put(&task, "followUp", instant_of(it->follow_up_ms));
    put(&task, "priority", value_int(it->priority));
    put_text(&task, "form", it->form_id);
    return context_builder_done(&task);
}

static struct value view_listening(struct arena *arena, const struct node *node)
{
    const struct transition *asked = node->transition;
    struct context_builder view;
    context_builder_init(&view, arena);
    put(&view, "event",
        value_cstr(asked                                  ? bpmn_listen_event_name(asked->event)
                   : node->phase == PHASE_START_LISTENERS ? "start"
                                                          : "end"));
    if (asked) {
        put_text(&view, "action", asked->action);
        put(&view, "changed", asked->changed.kind == VALUE_LIST ? asked->changed : value_list(arena, NULL, 0));
        put(&view, "task", view_task(arena, asked->task_key, asked->wanted));
    }
    return context_builder_done(&view);
}

/* What a worker does for the node. */
static void put_job(struct context_builder *view, const struct node *node)
{
    if (node->work == WORK_JOB) {
        put(view, "job", value_int(node->work_key));
        put_text(view, "jobType", node->job_type);
        put(view, "retries", value_int(node->retries));
    }
    if (node->transition || node->phase == PHASE_START_LISTENERS || node->phase == PHASE_END_LISTENERS)
        put(view, "listening", view_listening(view->arena, node));
}

static struct value view_token(struct arena *arena, const struct node *node)
{
    struct context_builder token;
    context_builder_init(&token, arena);
    put(&token, "element", value_string(node->element->id));
    put_text(&token, "name", node->element->name);
    put(&token, "type", value_cstr(bpmn_type_name(node->element->type)));
    put(&token, "key", value_int(node->key));
    put(&token, "process", value_string(node->element->process->info.id));
    put(&token, "parent", node->parent ? value_int(node->parent->key) : value_null);
    put(&token, "since", instant_of(node->since_ms));
    put(&token, "state", value_cstr(state_of(node)));
    if (node->loop_counter > 0)
        put(&token, "loopCounter", value_int(node->loop_counter));
    if (bpmn_node_is_activation(node))
        put(&token, "activation", value_boolean(true));
    if (node->variables.count > 0)
        put(&token, "variables", view_variables(arena, &node->variables));
    put_job(&token, node);
    if (node->work == WORK_DECISION)
        put(&token, "decision", value_int(node->work_key));
    if (node->task)
        put(&token, "task",
            view_task(arena, node->transition ? node->transition->task_key : node->work_key, node->task));
    put(&token, "waits", view_waits(arena, node));
    if (node->incident)
        put(&token, "incident", view_incident(arena, node));
    return context_builder_done(&token);
}

static void view_passed(struct arena *arena, const struct history *history, struct list_builder *elements,
                        struct list_builder *flows)
{
    const struct bpmn_process *process = history->process;
    struct value process_id = value_string(process->info.id);
    for (size_t i = 1; i < process->element_count; i++) {
        const struct element_history *passed = &history->elements[i];
        if (passed->entered == 0)
            continue;
        struct context_builder item;
        context_builder_init(&item, arena);
        put(&item, "element", value_string(process->elements[i]->id));
        put(&item, "process", process_id);
        put(&item, "count", value_int(passed->entered));
        put(&item, "completed", value_int(passed->left));
        put(&item, "cancelled", value_int(passed->cancelled));
        put(&item, "first", instant_of(passed->first_ms));
        put(&item, "last", instant_of(passed->last_ms));
        list_builder_push(elements, context_builder_done(&item));
    }
    for (size_t i = 0; i < process->flow_count; i++) {
        if (history->flows[i].count == 0)
            continue;
        struct context_builder item;
        context_builder_init(&item, arena);
        put(&item, "flow", value_string(process->flows[i]->id));
        put(&item, "process", process_id);
        put(&item, "count", value_int(history->flows[i].count));
        put(&item, "last", instant_of(history->flows[i].last_ms));
        list_builder_push(flows, context_builder_done(&item));
    }
}

static void view_histories(struct arena *arena, const struct bpmn_instance *self, struct context_builder *view)
{
    struct list_builder elements;
    struct list_builder flows;
    list_builder_init(&elements, arena);
    list_builder_init(&flows, arena);
    for (size_t i = 0; i < self->histories.count; i++)
        view_passed(arena, &self->histories.items[i], &elements, &flows);
    put(view, "passed", list_builder_done(&elements));
    put(view, "flows", list_builder_done(&flows));
}

struct value bpmn_instance_view(struct arena *arena, const struct bpmn_instance *self)
{
    static const char *const states[] = {
        [BPMN_NEW] = "new", [BPMN_ACTIVE] = "active", [BPMN_COMPLETED] = "completed", [BPMN_TERMINATED] = "terminated"};
    struct context_builder view;
    context_builder_init(&view, arena);
    put(&view, "key", value_int(bpmn_instance_key(self)));
    put(&view, "process", value_string(self->process->info.id));
    put(&view, "version", value_int(self->process->info.version));
    put(&view, "state", value_cstr(states[self->state]));
    put(&view, "startedAt", instant_of(self->started_ms));
    put(&view, "endedAt", instant_of(self->ended_ms));
    put(&view, "variables", self->root ? view_variables(arena, &self->root->variables) : value_null);
    put(&view, "waits", self->root ? view_waits(arena, self->root) : value_list(arena, NULL, 0));
    if (self->root)
        put_job(&view, self->root);
    struct list_builder tokens;
    struct list_builder incidents;
    list_builder_init(&tokens, arena);
    list_builder_init(&incidents, arena);
    for (const struct node *node = bpmn_node_after(self, NULL); node; node = bpmn_node_after(self, node)) {
        if (node != self->root)
            list_builder_push(&tokens, view_token(arena, node));
        if (node->incident)
            list_builder_push(&incidents, view_incident(arena, node));
    }
    put(&view, "tokens", list_builder_done(&tokens));
    view_histories(arena, self, &view);
    put(&view, "incidents", list_builder_done(&incidents));
    return context_builder_done(&view);
}

static void trace_passed(const struct history *history, bpmn_trace_function *fn, void *arg)
{
    for (size_t i = 1; i < history->process->element_count; i++) {
        const struct element_history *passed = &history->elements[i];
        struct bpmn_trace trace = {.element = i - 1,
                                   .entered = passed->entered,
                                   .left = passed->left + passed->cancelled,
                                   .first_ms = passed->first_ms,
                                   .last_ms = passed->last_ms};
        if (passed->entered)
            fn(arg, &trace);
    }
}

void bpmn_instance_trace(const struct bpmn_instance *self, bpmn_trace_function *fn, void *arg)
{
    for (const struct node *node = bpmn_node_after(self, NULL); node; node = bpmn_node_after(self, node))
        if (node->element->process == self->process && node->element->index > 0)
            fn(arg, &(struct bpmn_trace){.element = node->element->index - 1, .since_ms = node->since_ms});
    for (size_t i = 0; i < self->histories.count; i++)
        if (self->histories.items[i].process == self->process)
            trace_passed(&self->histories.items[i], fn, arg);
}
