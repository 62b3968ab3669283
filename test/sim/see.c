/* Tokens and waits of a process, seen from inside. */
#include "sim.h"

#include "bpmn/internal.h"

static struct str node_path(struct arena *arena, const struct node *node)
{
    if (!node->parent)
        return STR("");
    struct str parent = node_path(arena, node->parent);
    struct str name = node->element->id;
    if (bpmn_node_is_part(node))
        name = arena_printf(arena, "%.*s#%u", STR_ARGS(name), node->loop_counter);
    return parent.len ? arena_printf(arena, "%.*s/%.*s", STR_ARGS(parent), STR_ARGS(name)) : arena_str(arena, name);
}

static void see_node(struct arena *arena, const struct node *node, struct sight *out)
{
    static const enum handle_kind kinds[] = {[WAIT_TIMER] = HANDLE_TIMER,
                                             [WAIT_MESSAGE] = HANDLE_MESSAGE,
                                             [WAIT_SIGNAL] = HANDLE_SIGNAL,
                                             [WAIT_CONDITION] = HANDLE_CONDITION};
    struct handle handle = {.path = node_path(arena, node), .element = node->element->id, .key = node->work_key};
    if (node->task) {
        struct handle task = handle;
        task.kind = HANDLE_TASK;
        task.key = node->transition ? node->transition->task_key : node->work_key;
        VECTOR_PUSH(arena, &out->handles, task);
    }
    if (node->work == WORK_JOB) {
        handle.kind = HANDLE_JOB;
        handle.name = arena_str(arena, node->job_type);
        handle.builtin = sim_is_builtin(handle.name);
        handle.retries = node->retries;
        handle.listens = node->transition != NULL;
        handle.drives = node->element->ad_hoc && node->phase == PHASE_ACTIVE;
        handle.thrown = node->incident && node->incident->type == INCIDENT_UNHANDLED_ERROR;
        VECTOR_PUSH(arena, &out->handles, handle);
    }
    if (node->incident) {
        struct handle incident = {
            .kind = HANDLE_INCIDENT, .path = handle.path, .element = handle.element, .key = node->incident->key};
        VECTOR_PUSH(arena, &out->handles, incident);
    }
    for (const struct wait *wait = node->waits; wait; wait = wait->next) {
        struct handle one = {.kind = kinds[wait->kind],
                             .key = wait->key,
                             .element = wait->element->id,
                             .path =
                                 arena_printf(arena, "%.*s@%.*s", STR_ARGS(handle.path), STR_ARGS(wait->element->id)),
                             .name = wait->name,
                             .correlation = wait->correlation,
                             .due = wait->due_ms};
        VECTOR_PUSH(arena, &out->handles, one);
    }
}

void sim_see(struct arena *arena, const struct bpmn_instance *instance, struct sight *out)
{
    for (const struct node *node = bpmn_node_after(instance, NULL); node; node = bpmn_node_after(instance, node))
        see_node(arena, node, out);
}

/* Nodes that an event has ended, and that is entered when their listeners have let them go. */
uint32_t sim_coming(const struct bpmn_instance *instance, struct str event)
{
    uint32_t coming = 0;
    for (const struct node *node = bpmn_node_after(instance, NULL); node; node = bpmn_node_after(instance, node))
        coming += node->ending && node->ending->event && str_equal(node->ending->event->id, event);
    return coming;
}

int64_t sim_passed(const struct sight *sight, struct str path)
{
    struct str element = path;
    (void)str_cut(&element, '@');
    int64_t passed = sim_coming(sight->instance, element);
    for (size_t h = 0; h < sight->instance->histories.count; h++) {
        const struct history *history = &sight->instance->histories.items[h];
        for (size_t i = 1; i < history->process->element_count; i++)
            if (str_equal(history->process->elements[i]->id, element))
                passed += history->elements[i].left;
    }
    return passed;
}
