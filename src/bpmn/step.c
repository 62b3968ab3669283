/* Commands: each is looked at first and refused as a whole, or applied and then everything runs until nothing moves. */
#include "bpmn/internal.h"

#define STEPS_MAX 100000

/* Larger instances are not looked through after every step: that would make each step as slow as the instance is large.
 */
#define CHECKED_NODES_MAX 200

void bpmn_effects_init(struct bpmn_effects *self, struct arena *arena)
{
    *self = (struct bpmn_effects){.arena = arena};
}

const char *bpmn_effect_name(enum bpmn_effect_kind kind)
{
    static const char *const names[] = {
        [BPMN_JOB_CREATED] = "job-created",
        [BPMN_JOB_UPDATED] = "job-updated",
        [BPMN_JOB_CANCELLED] = "job-cancelled",
        [BPMN_DECISION_WANTED] = "decision-wanted",
        [BPMN_DECISION_CANCELLED] = "decision-cancelled",
        [BPMN_TASK_CREATED] = "task-created",
        [BPMN_TASK_UPDATED] = "task-updated",
        [BPMN_TASK_DENIED] = "task-denied",
        [BPMN_TASK_COMPLETED] = "task-completed",
        [BPMN_TASK_CANCELLED] = "task-cancelled",
        [BPMN_TIMER_SET] = "timer-set",
        [BPMN_TIMER_CANCELLED] = "timer-cancelled",
        [BPMN_MESSAGE_OPENED] = "message-opened",
        [BPMN_MESSAGE_CLOSED] = "message-closed",
        [BPMN_SIGNAL_OPENED] = "signal-opened",
        [BPMN_SIGNAL_CLOSED] = "signal-closed",
        [BPMN_SIGNAL_THROWN] = "signal-thrown",
        [BPMN_ESCALATED] = "escalated",
        [BPMN_INCIDENT_RAISED] = "incident-raised",
        [BPMN_INCIDENT_RESOLVED] = "incident-resolved",
        [BPMN_ELEMENT_ENTERED] = "element-entered",
        [BPMN_ELEMENT_LEFT] = "element-left",
        [BPMN_ELEMENT_CANCELLED] = "element-cancelled",
        [BPMN_FLOW_TAKEN] = "flow-taken",
        [BPMN_VARIABLES_SET] = "variables-set",
        [BPMN_INSTANCE_COMPLETED] = "instance-completed",
        [BPMN_INSTANCE_TERMINATED] = "instance-terminated",
        [BPMN_INSTANCE_MIGRATED] = "instance-migrated",
    };
    return names[kind];
}

/* ---- Finding what a command is about ---- */

static struct node *find_work(const struct bpmn_instance *instance, int64_t key)
{
    for (struct node *node = bpmn_node_after(instance, NULL); node; node = bpmn_node_after(instance, node))
        if (node->work_key == key)
            return node;
    return NULL;
}

static bool is_job(const struct node *node)
{
    return node && (node->work == WORK_JOB || (node->work == WORK_TASK && !node->element->user->native));
}

static struct node *missing(struct error *err, enum error_kind kind, const char *type, const char *what, int64_t key)
{
    error_set(err, kind, type, "The %s %" PRId64 " is not active any more.", what, key);
    return NULL;
}

static struct node *get_job(const struct step *step, int64_t key, struct error *err)
{
    struct node *node = key > 0 ? find_work(step->instance, key) : NULL;
    return node && node->work == WORK_JOB ? node : missing(err, ERROR_CONFLICT, "job-not-active", "job", key);
}

/* A user task without the zeebe:userTask marker may be completed as if it were a job. */
static struct node *get_job_or_task(const struct step *step, int64_t key, struct error *err)
{
    struct node *node = key > 0 ? find_work(step->instance, key) : NULL;
    return is_job(node) ? node : missing(err, ERROR_CONFLICT, "job-not-active", "job", key);
}

static struct node *get_task(const struct step *step, int64_t key, struct error *err)
{
    struct node *node = key > 0 ? find_work(step->instance, key) : NULL;
    const char *changing = bpmn_instance_task_changing(step->instance, key);
    if (node && node->work == WORK_TASK)
        return node;
    if (!changing)
        return missing(err, ERROR_CONFLICT, "task-not-active", "task", key);
    error_set(err, ERROR_CONFLICT, "task-busy", "A listener has still to answer for the %s of the task %" PRId64 ".",
              changing, key);
    return NULL;
}

/* A job or a task: both can throw. */
static struct node *get_thrower(const struct step *step, int64_t key, struct error *err)
{
    struct node *node = key > 0 ? find_work(step->instance, key) : NULL;
    bool throws = is_job(node) || (node && node->work == WORK_TASK);
    return throws ? node : missing(err, ERROR_CONFLICT, "job-not-active", "job or task", key);
}

static struct node *get_incident(const struct step *step, int64_t key, struct error *err)
{
    for (struct node *node = bpmn_node_after(step->instance, NULL); node; node = bpmn_node_after(step->instance, node))
        if (node->incident && node->incident->key == key)
            return node;
    return missing(err, ERROR_NOT_FOUND, "incident-not-found", "incident", key);
}

/* By its own key or that of its incident; 0 is the process. */
static struct node *get_node(const struct step *step, int64_t key, struct error *err)
{
    struct node *node = key == 0 ? step->instance->root : bpmn_node_by_key(step->instance, key);
    if (!node)
        node = get_incident(step, key, err);
    return node ? node : missing(err, ERROR_NOT_FOUND, "element-not-active", "element instance", key);
}

/* ---- Start ---- */

static enum status apply_start(struct step *step, const struct bpmn_command *command, struct error *err)
{
    struct bpmn_instance *instance = step->instance;
    const struct element *process = instance->process->elements[0];
    const struct element *start = process->start;
    if (command->element_id.len > 0) {
        start = bpmn_element_find(instance->process, command->element_id);
        if (start && (start->type != BPMN_START_EVENT || start->parent != process))
            start = NULL;
    }
    if (!start)
        return error_set(err, ERROR_NOT_FOUND, "start-not-found", "The process '%.*s' has no start event '%.*s'.",
                         STR_ARGS(process->id), STR_ARGS(command->element_id));
    instance->state = BPMN_ACTIVE;
    instance->started_ms = step->env->now_ms;
    struct node *root = bpmn_run_new_node(step, NULL, process);
    root->start = start;
    if (start->outputs.count > 0)
        root->trigger = command->variables;
    else
        root->variables = bpmn_variables_of(command->variables);
    bpmn_run_start(step, root);
    return OK;
}

/* ---- Jobs, tasks, decisions ---- */

/* What a listener brings before the element is for the element, what one brings after it for all that follows. */
static void complete_listener(struct step *step, struct node *node, struct value variables)
{
    if (node->phase == PHASE_START_LISTENERS)
        bpmn_set_all_local(step, node, variables);
    else
        bpmn_set_all_upwards(step, node, variables);
    bpmn_run_next_listener(step, node);
}

static enum status apply_complete_job(struct step *step, const struct bpmn_command *command, struct error *err)
{
    struct node *node = get_job_or_task(step, command->key, err);
    if (!node)
        return FAILED;
    if (node->transition)
        return bpmn_listen_answer(step, node, command, err);
    bool listening = node->phase == PHASE_START_LISTENERS || node->phase == PHASE_END_LISTENERS;
    if (node->element->type == BPMN_AD_HOC_SUB_PROCESS && !listening)
        return bpmn_ad_hoc_answer(step, node, command, err);
    if (!value_is_null(command->value)) {
        error_set(err, ERROR_INVALID, "job-result-unexpected",
                  "The job %" PRId64 " is not that of a task listener or an ad-hoc sub-process.", command->key);
        return error_field(err, "result");
    }
    bpmn_step_clear_incident(step, node);
    bpmn_task_work_done(node);
    if (listening) {
        complete_listener(step, node, command->variables);
        return OK;
    }
    bpmn_apply_result(step, node, command->variables);
    bpmn_run_complete(step, node);
    return OK;
}

static enum status apply_fail_job(struct step *step, const struct bpmn_command *command, struct error *err)
{
    struct node *node = command->key > 0 ? find_work(step->instance, command->key) : NULL;
    if (node && node->work == WORK_DECISION) {
        bpmn_task_work_done(node);
        bpmn_step_incident(step, node, INCIDENT_DECISION, RESUME_ACTIVATE, "The decision cannot be made: %.*s",
                           STR_ARGS(command->message));
        return OK;
    }
    node = get_job(step, command->key, err);
    if (!node)
        return FAILED;
    if (command->retries < 0 || command->back_off_ms < 0)
        return error_set(err, ERROR_INVALID, "retries-invalid", "Retries and back-off must not be negative.");
    bpmn_step_clear_incident(step, node);
    bpmn_set_all_local(step, node, command->variables);
    node->retries = command->retries;
    int64_t due = command->back_off_ms > 0 ? step->env->now_ms + command->back_off_ms : 0;
    bpmn_task_update_job(step, node, due, command->message.data ? command->message : STR(""));
    if (command->retries == 0)
        bpmn_step_incident(step, node, INCIDENT_JOB_NO_RETRIES, RESUME_JOB,
                           "The job failed and has no retries left: %.*s", STR_ARGS(command->message));
    return OK;
}

static enum status apply_update_job(struct step *step, const struct bpmn_command *command, struct error *err)
{
    struct node *node = get_job(step, command->key, err);
    if (!node)
        return FAILED;
    if (command->retries < 1)
        return error_set(err, ERROR_INVALID, "retries-invalid", "A job needs at least one retry.");
    node->retries = command->retries;
    bpmn_task_update_job(step, node, 0, STR(""));
    return OK;
}

static enum status apply_throw_error(struct step *step, const struct bpmn_command *command, struct error *err)
{
    struct node *node = get_thrower(step, command->key, err);
    if (!node)
        return FAILED;
    bpmn_step_clear_incident(step, node);
    if (node->transition)
        bpmn_step_incident(step, node, INCIDENT_UNHANDLED_ERROR, RESUME_JOB,
                           "A task listener cannot throw the error '%.*s': %.*s", STR_ARGS(command->code),
                           STR_ARGS(command->message));
    else if (!bpmn_event_throw_error(step, node, command->code, command->variables))
        bpmn_step_incident(step, node, INCIDENT_UNHANDLED_ERROR, RESUME_JOB, "Nothing catches the error '%.*s': %.*s",
                           STR_ARGS(command->code), STR_ARGS(command->message));
    return OK;
}

/* The job or task that throws an escalation goes on unless it is interrupted. */
static enum status apply_throw_escalation(struct step *step, const struct bpmn_command *command, struct error *err)
{
    struct node *node = get_thrower(step, command->key, err);
    if (!node)
        return FAILED;
    (void)bpmn_event_throw_escalation(step, node, command->code, command->variables);
    return OK;
}

static enum status apply_complete_decision(struct step *step, const struct bpmn_command *command, struct error *err)
{
    struct node *node = command->key > 0 ? find_work(step->instance, command->key) : NULL;
    if (!node || node->work != WORK_DECISION)
        return error_set(err, ERROR_CONFLICT, "decision-not-wanted", "The decision %" PRId64 " is not wanted any more.",
                         command->key);
    bpmn_task_work_done(node);
    struct context_builder result;
    context_builder_init(&result, step->arena);
    context_builder_put(&result, node->element->decision->result_variable, command->value);
    bpmn_apply_result(step, node, context_builder_done(&result));
    bpmn_run_complete(step, node);
    return OK;
}

static struct str or_empty(struct str text)
{
    return text.data ? text : STR("");
}

static enum status apply_complete_task(struct step *step, const struct bpmn_command *command, struct error *err)
{
    struct node *node = get_task(step, command->key, err);
    if (!node)
        return FAILED;
    bpmn_listen_begin(step, node,
                      &(struct transition){.event = TASK_COMPLETING,
                                           .task_key = command->key,
                                           .wanted = node->task,
                                           .action = or_empty(command->name),
                                           .variables = command->variables,
                                           .changed = value_null});
    return OK;
}

static enum status apply_update_task(struct step *step, const struct bpmn_command *command, struct error *err)
{
    struct node *node = get_task(step, command->key, err);
    if (!node)
        return FAILED;
    if (command->task_change.kind != VALUE_CONTEXT)
        return error_set(err, ERROR_INVALID, "task-field-invalid", "The change of a task must be a context.");
    struct bpmn_task *wanted;
    if (bpmn_task_with(step, node->task, command->task_change, &wanted, err) != OK)
        return FAILED;
    const struct context *change = command->task_change.context;
    bool assigns = false;
    for (size_t i = 0; i < change->count; i++)
        assigns = assigns || str_equal(change->members[i].key, STR("assignee"));
    bpmn_listen_begin(step, node,
                      &(struct transition){
                          .event = assigns ? TASK_ASSIGNING : TASK_UPDATING,
                          .task_key = command->key,
                          .wanted = wanted,
                          .action = or_empty(command->name),
                          .variables = value_null,
                          .changed = bpmn_listen_changed(step->arena, value_null, command->task_change),
                      });
    return OK;
}

/* ---- Events ---- */

static enum status apply_wait(struct step *step, const struct bpmn_command *command, struct error *err)
{
    bool timer = command->kind == BPMN_FIRE_TIMER;
    struct node *node = NULL;
    struct wait *wait = bpmn_event_find(step->instance, command->key, &node);
    if (timer && (!wait || wait->kind != WAIT_TIMER))
        return error_set(err, ERROR_CONFLICT, "timer-not-active", "The timer %" PRId64 " is not set any more.",
                         command->key);
    if (!timer && (!wait || wait->kind != WAIT_MESSAGE))
        return error_set(err, ERROR_CONFLICT, "message-not-expected",
                         "The subscription %" PRId64 " is not open any more.", command->key);
    bpmn_event_trigger(step, node, wait, command->variables);
    return OK;
}

static enum status apply_signal(struct step *step, const struct bpmn_command *command, struct error *err)
{
    VECTOR(int64_t) keys = {0};
    for (struct node *node = bpmn_node_after(step->instance, NULL); node; node = bpmn_node_after(step->instance, node))
        for (const struct wait *wait = node->waits; wait; wait = wait->next)
            if (wait->kind == WAIT_SIGNAL && str_equal(wait->name, command->name))
                VECTOR_PUSH(step->arena, &keys, wait->key);
    if (keys.count == 0)
        return error_set(err, ERROR_CONFLICT, "signal-not-expected", "Nothing waits for the signal '%.*s'.",
                         STR_ARGS(command->name));
    for (size_t i = 0; i < keys.count; i++) {
        struct node *node;
        struct wait *wait = bpmn_event_find(step->instance, keys.items[i], &node);
        if (wait)
            bpmn_event_trigger(step, node, wait, command->variables);
    }
    return OK;
}

/* ---- People's commands ---- */

static enum status apply_resolve(struct step *step, const struct bpmn_command *command, struct error *err)
{
    struct node *node = get_incident(step, command->key, err);
    if (!node)
        return FAILED;
    enum resume resume = node->incident->resume;
    if (command->retries > 0)
        node->retries = command->retries;
    bpmn_step_clear_incident(step, node);
    bpmn_run_resume(step, node, resume);
    return OK;
}

static struct flow *flow_of(const struct element *element, struct str id)
{
    for (size_t i = 0; i < element->out_count; i++)
        if (str_equal(element->out[i]->id, id))
            return element->out[i];
    return NULL;
}

static enum status apply_skip(struct step *step, const struct bpmn_command *command, struct error *err)
{
    struct node *node = get_node(step, command->key, err);
    if (!node)
        return FAILED;
    const struct element *element = node->element;
    if (element->type == BPMN_PROCESS)
        return error_set(err, ERROR_INVALID, "skip-invalid", "A process cannot be skipped; cancel it instead.");
    struct flow *flow = NULL;
    if (command->element_id.len > 0 && !(flow = flow_of(element, command->element_id)))
        return error_set(err, ERROR_NOT_FOUND, "element-not-found", "No flow '%.*s' leaves '%.*s'.",
                         STR_ARGS(command->element_id), STR_ARGS(element->id));
    bool chooses = element->type == BPMN_EXCLUSIVE_GATEWAY || element->type == BPMN_EVENT_GATEWAY;
    if (chooses && !flow && element->out_count > 1)
        return error_set(err, ERROR_INVALID, "skip-flow-missing",
                         "Say which flow of the gateway '%.*s' is to be taken.", STR_ARGS(element->id));
    if (node->phase == PHASE_JOINING) {
        bpmn_run_join(step, node);
        return OK;
    }
    step->unheard = true;
    bpmn_run_terminate_children(step, node);
    step->unheard = false;
    if (node->phase == PHASE_TERMINATING) {
        bpmn_run_gone(step, node);
        return OK;
    }
    node->ending = NULL;
    bpmn_step_clear_incident(step, node);
    bpmn_event_close_all(step, node);
    if (node->work == WORK_COMPENSATION)
        bpmn_event_abandon_compensation(node);
    bpmn_task_cancel_work(step, node);
    node->skip_reason = command->message.data ? command->message : STR("");
    bpmn_apply_result(step, node, command->variables);
    if (!chooses && !node->body && !bpmn_node_is_activation(node))
        bpmn_apply_outputs(step, node);
    if (flow)
        bpmn_run_leave_by(step, node, &flow, 1);
    else
        bpmn_run_leave(step, node);
    return OK;
}

static enum status apply_set_variables(struct step *step, const struct bpmn_command *command, struct error *err)
{
    struct node *node = get_node(step, command->key, err);
    if (!node)
        return FAILED;
    if (command->variables.kind != VALUE_CONTEXT)
        return error_set(err, ERROR_INVALID, "variables-invalid", "Variables must be a context.");
    const struct context *context = command->variables.context;
    if (command->local)
        bpmn_set_all_local(step, node, command->variables);
    else
        for (size_t i = 0; i < context->count; i++)
            bpmn_set_upwards(step, node, context->members[i].key, context->members[i].value);
    bpmn_step_effect(step, BPMN_VARIABLES_SET, node)->variables = command->variables;
    return OK;
}

static enum status apply_cancel(struct step *step, const struct bpmn_command *command, struct error *err)
{
    (void)err;
    step->unheard = step->instance->root->phase == PHASE_TERMINATING;
    bpmn_run_end_instance(step, BPMN_TERMINATED, command->message.data ? command->message : STR(""));
    return OK;
}

static enum status apply_ad_hoc(struct step *step, const struct bpmn_command *command, struct error *err)
{
    struct node *node = get_node(step, command->key, err);
    if (!node)
        return FAILED;
    return bpmn_ad_hoc_activate(step, command, node, err);
}

typedef enum status command_apply(struct step *step, const struct bpmn_command *command, struct error *err);
static command_apply *const appliers[] = {
    [BPMN_START] = apply_start,
    [BPMN_COMPLETE_JOB] = apply_complete_job,
    [BPMN_FAIL_JOB] = apply_fail_job,
    [BPMN_UPDATE_JOB] = apply_update_job,
    [BPMN_THROW_ERROR] = apply_throw_error,
    [BPMN_THROW_ESCALATION] = apply_throw_escalation,
    [BPMN_COMPLETE_DECISION] = apply_complete_decision,
    [BPMN_COMPLETE_TASK] = apply_complete_task,
    [BPMN_UPDATE_TASK] = apply_update_task,
    [BPMN_FIRE_TIMER] = apply_wait,
    [BPMN_CORRELATE] = apply_wait,
    [BPMN_SIGNAL] = apply_signal,
    [BPMN_RESOLVE_INCIDENT] = apply_resolve,
    [BPMN_SKIP] = apply_skip,
    [BPMN_SET_VARIABLES] = apply_set_variables,
    [BPMN_CANCEL] = apply_cancel,
    [BPMN_MODIFY] = bpmn_change_modify,
    [BPMN_MIGRATE] = bpmn_change_migrate,
    [BPMN_ACTIVATE_AD_HOC] = apply_ad_hoc,
};

enum status bpmn_step(struct bpmn_instance *instance, const struct bpmn_command *command, const struct bpmn_env *env,
                      struct bpmn_effects *effects, struct error *err)
{
    CHECK(env->next_key);
    CHECK((size_t)command->kind < COUNT_OF(appliers));
    if (command->variables.kind != VALUE_CONTEXT && !value_is_null(command->variables))
        return error_set(err, ERROR_INVALID, "variables-invalid", "Variables must be a context.");
    if (command->kind == BPMN_START && instance->state != BPMN_NEW)
        return error_set(err, ERROR_CONFLICT, "instance-started", "The process instance has been started already.");
    if (command->kind != BPMN_START && instance->state == BPMN_NEW)
        return error_set(err, ERROR_CONFLICT, "instance-not-started", "The process instance has not been started.");
    if (instance->state == BPMN_COMPLETED || instance->state == BPMN_TERMINATED)
        return error_set(err, ERROR_CONFLICT, "instance-ended", "The process instance has ended.");
    struct step step = {
        .instance = instance,
        .env = env,
        .effects = effects,
        .arena = instance->arena,
        .entered_max = env->steps_max ? env->steps_max : STEPS_MAX,
    };
    if (appliers[command->kind](&step, command, err) != OK)
        return FAILED;
    bpmn_step_settle(&step);
    const char *flaw = instance->nodes <= CHECKED_NODES_MAX ? bpmn_instance_flaw(instance) : NULL;
    if (flaw)
        check_failed(flaw, __FILE__, __LINE__);
    return OK;
}
