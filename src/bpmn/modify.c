/* BPMN_MODIFY: tokens are moved by people. Everything is checked before anything is changed. */
#include "bpmn/internal.h"

static enum status invalid(struct error *err, struct str id, const char *why)
{
    return error_set(err, ERROR_INVALID, "modification-invalid", "'%.*s' %s.", STR_ARGS(id), why);
}

static bool ends(const struct node *node)
{
    for (; node; node = node->parent)
        if (node->ending && node->ending->kind != ENDING_COMPLETE)
            return true;
    return false;
}

/* The live scope of a container: around the node that is moved if it has one, else the only one there is. */
static struct node *live_scope(const struct bpmn_instance *instance, const struct element *container,
                               const struct node *near, size_t *count)
{
    *count = 1;
    for (const struct node *node = near; node; node = node->parent)
        if (node->element == container && !node->body)
            return (struct node *)node;
    struct node *found = NULL;
    *count = 0;
    for (struct node *node = bpmn_node_after(instance, NULL); node; node = bpmn_node_after(instance, node)) {
        if (node->element != container || node->body || node->phase != PHASE_ACTIVE || bpmn_node_is_activation(node))
            continue;
        found = node;
        ++*count;
    }
    return found;
}

static enum status check_scopes(const struct step *step, const struct element *element, const struct node *near,
                                struct error *err)
{
    for (const struct element *container = element->parent; container; container = container->parent) {
        size_t count;
        const struct node *scope = live_scope(step->instance, container, near, &count);
        if (count > 1)
            return invalid(err, container->id, "is active several times; move a token that is in the one you mean");
        if (count == 1)
            return ends(scope) ? invalid(err, container->id, "is ending already") : OK;
        if (container->loop || container->type == BPMN_PROCESS || container->type == BPMN_AD_HOC_SUB_PROCESS)
            return invalid(err, container->id, "is not active and cannot be entered from outside");
    }
    return OK;
}

static const struct element *find_target(const struct step *step, const struct bpmn_move *move,
                                         const struct node *moved)
{
    const struct bpmn_process *process = moved ? moved->element->process : step->instance->process;
    return bpmn_element_find(process, move->activate);
}

static enum status check_move(const struct step *step, const struct bpmn_move *move, struct error *err)
{
    struct node *moved = NULL;
    if (move->terminate_key != 0) {
        moved = bpmn_node_by_key(step->instance, move->terminate_key);
        if (!moved || moved->element->type == BPMN_PROCESS)
            return error_set(err, ERROR_NOT_FOUND, "element-not-active",
                             "No element instance %" PRId64 " can be ended.", move->terminate_key);
        if (ends(moved))
            return invalid(err, moved->element->id, "is ending already");
    }
    if (move->activate.len == 0)
        return moved ? OK : error_set(err, ERROR_INVALID, "modification-invalid", "A move ends or enters an element.");
    const struct element *element = find_target(step, move, moved);
    if (!element)
        return error_set(err, ERROR_NOT_FOUND, "element-not-found", "The process has no element '%.*s'.",
                         STR_ARGS(move->activate));
    if (element->type == BPMN_PROCESS || element->type == BPMN_BOUNDARY_EVENT || element->for_compensation ||
        element->type == BPMN_EVENT_SUB_PROCESS ||
        (element->type == BPMN_START_EVENT && element->event != BPMN_EVENT_NONE))
        return invalid(err, element->id, "cannot be entered by a person");
    if (!value_is_null(move->variables) && move->variables.kind != VALUE_CONTEXT)
        return error_set(err, ERROR_INVALID, "variables-invalid", "Variables must be a context.");
    return check_scopes(step, element, moved, err);
}

/* Opens the scopes around an element that are not active yet. NULL: an incident has stopped it. */
static struct node *open_scopes(struct step *step, const struct element *container, const struct node *near)
{
    size_t count;
    struct node *scope = live_scope(step->instance, container, near, &count);
    if (scope)
        return scope;
    struct node *around = open_scopes(step, container->parent, near);
    if (!around)
        return NULL;
    scope = bpmn_run_new_node(step, around, container);
    bpmn_apply_inputs(step, scope);
    scope->phase = PHASE_ACTIVE;
    scope->opened = bpmn_event_open_boundaries(step, scope);
    return scope->opened && bpmn_run_open_scope(step, scope) ? scope : NULL;
}

static void enter(struct step *step, const struct bpmn_move *move, const struct node *moved)
{
    const struct element *element = find_target(step, move, moved);
    struct node *scope = open_scopes(step, element->parent, moved);
    if (!scope)
        return;
    if (scope->element->ad_hoc && !bpmn_node_is_activation(scope))
        scope = bpmn_ad_hoc_open(step, scope);
    bpmn_set_all_local(step, scope, move->variables);
    struct token token = {scope, element, NULL};
    VECTOR_PUSH(step->arena, &step->queue, token);
    scope->pending++;
}

void bpmn_change_emptied(struct step *step, struct node *scope)
{
    while (scope->parent && scope->children == 0 && scope->pending == 0) {
        if (scope->body) {
            bpmn_loop_next(step, scope);
            return;
        }
        struct node *around = scope->parent;
        (void)bpmn_run_terminate(step, scope);
        scope = around;
    }
    if (!scope->parent && scope->children == 0 && scope->pending == 0 && !scope->incident)
        bpmn_run_end_instance(step, BPMN_TERMINATED, STR("the last token was removed"));
}

/* Scopes that are empty then end with what was in them. */
static void end_moved(struct step *step, struct node *node)
{
    struct node *scope = node->parent;
    if (bpmn_run_terminate(step, node))
        bpmn_change_emptied(step, scope);
    else
        node->ending->moved = true;
}

enum status bpmn_change_modify(struct step *step, const struct bpmn_command *command, struct error *err)
{
    if (command->move_count == 0)
        return error_set(err, ERROR_INVALID, "modification-invalid", "There is nothing to move.");
    for (size_t i = 0; i < command->move_count; i++) {
        if (check_move(step, &command->moves[i], err) != OK)
            return FAILED;
        for (size_t j = 0; j < i; j++)
            if (command->moves[i].terminate_key != 0 &&
                command->moves[i].terminate_key == command->moves[j].terminate_key)
                return error_set(err, ERROR_INVALID, "modification-invalid", "An element instance is ended twice.");
    }
    bpmn_step_clear_incident(step, step->instance->root);
    for (size_t i = 0; i < command->move_count; i++)
        if (command->moves[i].activate.len > 0)
            enter(step, &command->moves[i],
                  command->moves[i].terminate_key ? bpmn_node_by_key(step->instance, command->moves[i].terminate_key)
                                                  : NULL);
    for (size_t i = 0; i < command->move_count; i++) {
        struct node *node =
            command->moves[i].terminate_key ? bpmn_node_by_key(step->instance, command->moves[i].terminate_key) : NULL;
        if (node && step->instance->state == BPMN_ACTIVE)
            end_moved(step, node);
    }
    return OK;
}
