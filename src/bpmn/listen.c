/* Task listeners: jobs that a change of a user task waits for. While one is out, the node's work is the listener's job
 * and what was asked for is kept in its transition; then it is done, or refused with what the listener said. */
#include "bpmn/internal.h"

#include <string.h>

static const char *const event_names[TASK_EVENTS] = {"creating", "assigning", "updating", "completing", "canceling"};

const char *bpmn_listen_event_name(enum task_event event)
{
    return event_names[event];
}

static const struct listeners *listeners_of(const struct node *node)
{
    return &node->element->user->listeners[node->transition->event];
}

void bpmn_listen_start(struct step *step, struct node *node)
{
    const struct listener *listener = &listeners_of(node)->items[node->listener];
    bpmn_task_create_job(step, node, &listener->type, &listener->retries);
}

static struct bpmn_effect *tell(struct step *step, struct node *node, enum bpmn_effect_kind kind, int64_t key)
{
    struct bpmn_effect *effect = bpmn_step_effect(step, kind, node);
    effect->key = key;
    effect->task = *node->task;
    return effect;
}

/* ---- The end of a transition ---- */

static void created(struct step *step, struct node *node, const struct transition *done)
{
    const struct bpmn_task *task = done->wanted;
    bool asks = task->assignee.len > 0 && node->element->user->listeners[TASK_ASSIGNING].count > 0;
    if (asks) {
        struct bpmn_task *unassigned = arena_new(step->arena, struct bpmn_task);
        *unassigned = *task;
        unassigned->assignee = STR("");
        node->task = unassigned;
    }
    tell(step, node, BPMN_TASK_CREATED, done->task_key)->task.variables = bpmn_node_visible(step->arena, node);
    if (!asks)
        return;
    struct value assignee = value_cstr("assignee");
    bpmn_listen_begin(step, node,
                      &(struct transition){.event = TASK_ASSIGNING,
                                           .task_key = done->task_key,
                                           .wanted = done->wanted,
                                           .action = STR(""),
                                           .variables = value_null,
                                           .changed = value_list(step->arena, &assignee, 1)});
}

static void completed(struct step *step, struct node *node, const struct transition *done, struct str event)
{
    if (value_count(done->changed) > 0)
        tell(step, node, BPMN_TASK_UPDATED, done->task_key)->name = event;
    struct bpmn_effect *effect = bpmn_step_effect(step, BPMN_TASK_COMPLETED, node);
    effect->key = done->task_key;
    effect->name = event;
    effect->variables = done->variables;
    bpmn_step_clear_incident(step, node);
    bpmn_task_work_done(node);
    bpmn_apply_result(step, node, done->variables);
    bpmn_run_complete(step, node);
}

static void settle(struct step *step, struct node *node, const struct transition *done, bool listened)
{
    struct str event = listened ? str_of(event_names[done->event]) : STR_NONE;
    node->transition = NULL;
    node->work = WORK_TASK;
    node->work_key = done->task_key;
    node->task = done->wanted;
    switch ((enum task_event)done->event) {
    case TASK_CREATING: created(step, node, done); break;
    case TASK_ASSIGNING:
    case TASK_UPDATING: tell(step, node, BPMN_TASK_UPDATED, done->task_key)->name = event; break;
    case TASK_COMPLETING: completed(step, node, done, event); break;
    case TASK_CANCELING: bpmn_run_gone(step, node); break;
    case TASK_EVENTS: break;
    }
}

static void deny(struct step *step, struct node *node, const struct transition *denied, struct str reason)
{
    node->transition = NULL;
    node->work = WORK_TASK;
    node->work_key = denied->task_key;
    struct bpmn_effect *effect = tell(step, node, BPMN_TASK_DENIED, denied->task_key);
    effect->name = str_of(event_names[denied->event]);
    effect->message = reason.data ? reason : STR("");
}

/* ---- Its beginning ---- */

void bpmn_listen_begin(struct step *step, struct node *node, const struct transition *wanted)
{
    if (node->element->user->listeners[wanted->event].count == 0) {
        settle(step, node, wanted, false);
        return;
    }
    bpmn_step_clear_incident(step, node);
    node->transition = arena_new(step->arena, struct transition);
    *node->transition = *wanted;
    node->listener = 0;
    node->work = WORK_NONE;
    node->work_key = 0;
    if (wanted->event != TASK_CREATING)
        tell(step, node, BPMN_TASK_UPDATED, wanted->task_key)->task.changing = event_names[wanted->event];
    bpmn_listen_start(step, node);
}

bool bpmn_listen_cancel(struct step *step, struct node *node)
{
    const struct user_definition *user = node->element->user;
    bool there = user && node->task && (node->work == WORK_TASK || node->transition);
    if (!there || step->unheard || user->listeners[TASK_CANCELING].count == 0)
        return false;
    int64_t key = node->transition ? node->transition->task_key : node->work_key;
    if (node->work == WORK_JOB)
        bpmn_step_effect(step, BPMN_JOB_CANCELLED, node)->key = node->work_key;
    node->job_type = STR_NONE;
    bpmn_step_clear_incident(step, node);
    bpmn_event_close_all(step, node);
    bpmn_run_set_ending(step, node, &(struct ending){.kind = ENDING_GONE});
    bpmn_listen_begin(step, node,
                      &(struct transition){.event = TASK_CANCELING,
                                           .task_key = key,
                                           .wanted = node->task,
                                           .action = STR(""),
                                           .variables = value_null,
                                           .changed = value_null});
    return true;
}

/* ---- What a listener answers ---- */

static enum status refuse(struct error *err, const char *type, const char *field, const char *message)
{
    error_set(err, ERROR_INVALID, type, "%s", message);
    return error_field(err, "%s", field);
}

static bool is_flag(struct value value)
{
    return value_is_null(value) || value.kind == VALUE_BOOLEAN;
}

static enum status check_answer(const struct transition *asked, const struct bpmn_command *command, struct error *err)
{
    bool denied = value_is_true(value_get(command->value, STR("denied")));
    struct value corrections = value_get(command->value, STR("corrections"));
    struct value reason = value_get(command->value, STR("deniedReason"));
    if (value_count(command->variables) > 0)
        return refuse(err, "listener-variables", "variables", "A task listener sets no variables.");
    if (command->value.kind != VALUE_CONTEXT && !value_is_null(command->value))
        return refuse(err, "listener-answer-invalid", "result", "What a task listener answers must be a context.");
    if (!is_flag(value_get(command->value, STR("denied"))))
        return refuse(err, "listener-answer-invalid", "denied", "denied must be true or false.");
    if (!value_is_null(reason) && reason.kind != VALUE_STRING)
        return refuse(err, "listener-answer-invalid", "deniedReason", "deniedReason must be a text.");
    if (corrections.kind != VALUE_CONTEXT && !value_is_null(corrections))
        return refuse(err, "listener-answer-invalid", "corrections", "Corrections must be a context.");
    if (denied && asked->event == TASK_CREATING)
        return refuse(err, "listener-cannot-deny", "denied", "The creation of a task cannot be denied.");
    if (denied && asked->event == TASK_CANCELING)
        return refuse(err, "listener-cannot-deny", "denied", "The cancellation of a task cannot be denied.");
    if (value_count(corrections) > 0 && asked->event == TASK_CANCELING)
        return refuse(err, "listener-cannot-correct", "corrections",
                      "A task that is being cancelled cannot be corrected.");
    if (denied && value_count(corrections) > 0)
        return refuse(err, "listener-answer-invalid", "corrections", "What is denied cannot be corrected as well.");
    return OK;
}

struct value bpmn_listen_changed(struct arena *arena, struct value names, struct value change)
{
    struct list_builder all;
    list_builder_init(&all, arena);
    for (size_t i = 0; i < value_count(names); i++)
        list_builder_push(&all, value_at(names, i));
    for (size_t i = 0; i < value_count(change); i++) {
        struct value name = value_string(change.context->members[i].key);
        bool known = false;
        for (size_t j = 0; j < value_count(names) && !known; j++)
            known = str_equal(value_text(value_at(names, j)), name.string);
        if (!known)
            list_builder_push(&all, name);
    }
    return list_builder_done(&all);
}

enum status bpmn_listen_answer(struct step *step, struct node *node, const struct bpmn_command *command,
                               struct error *err)
{
    struct transition *asked = node->transition;
    struct value corrections = value_get(command->value, STR("corrections"));
    struct bpmn_task *corrected = asked->wanted;
    if (check_answer(asked, command, err) != OK ||
        (value_count(corrections) > 0 && bpmn_task_with(step, asked->wanted, corrections, &corrected, err) != OK))
        return FAILED;
    bpmn_step_clear_incident(step, node);
    node->work = WORK_NONE;
    node->work_key = 0;
    node->job_type = STR_NONE;
    if (value_is_true(value_get(command->value, STR("denied")))) {
        deny(step, node, asked, value_text(value_get(command->value, STR("deniedReason"))));
        return OK;
    }
    asked->wanted = corrected;
    asked->changed = bpmn_listen_changed(step->arena, asked->changed, corrections);
    if (++node->listener < listeners_of(node)->count)
        bpmn_listen_start(step, node);
    else
        settle(step, node, asked, true);
    return OK;
}

/* ---- Looks ---- */

bool bpmn_node_works_on(const struct node *node, int64_t key)
{
    return key > 0 && (node->work_key == key || (node->transition && node->transition->task_key == key));
}

struct value bpmn_listen_visible(struct arena *arena, struct node *node)
{
    struct value visible = bpmn_node_visible(arena, node);
    struct value given = node->transition ? node->transition->variables : value_null;
    if (value_count(given) == 0)
        return visible;
    struct variables all = bpmn_variables_of(visible);
    for (size_t i = 0; i < value_count(given); i++)
        bpmn_variables_put(arena, &all, given.context->members[i].key, given.context->members[i].value);
    return bpmn_variables_snapshot(arena, &all);
}

bool bpmn_instance_task_hears(const struct bpmn_instance *self, int64_t key, const char *event)
{
    for (const struct node *node = bpmn_node_after(self, NULL); node; node = bpmn_node_after(self, node)) {
        const struct user_definition *user = node->element->user;
        if (!user || !bpmn_node_works_on(node, key))
            continue;
        for (size_t i = 0; i < TASK_EVENTS; i++)
            if (user->listeners[i].count > 0 && (!event || strcmp(event, event_names[i]) == 0))
                return true;
    }
    return false;
}

const char *bpmn_instance_task_changing(const struct bpmn_instance *self, int64_t key)
{
    for (const struct node *node = bpmn_node_after(self, NULL); node; node = bpmn_node_after(self, node))
        if (node->transition && bpmn_node_works_on(node, key))
            return event_names[node->transition->event];
    return NULL;
}
