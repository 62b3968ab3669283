/* What the host does for a node: jobs, user tasks, decisions; and the processes that it calls. */
#include "bpmn/internal.h"

#include <string.h>

/* Call activities inside called processes. */
#define CALL_DEPTH_MAX 50
#define RETRIES_DEFAULT 3

/* ---- Jobs ---- */

static const char *listener_event(const struct node *node)
{
    if (node->transition)
        return bpmn_listen_event_name(node->transition->event);
    return node->phase == PHASE_START_LISTENERS ? "start" : node->phase == PHASE_END_LISTENERS ? "end" : NULL;
}

static bool has_header(const struct bpmn_pairs *headers, struct str name)
{
    for (size_t i = 0; i < headers->count; i++)
        if (str_equal(headers->items[i].name, name))
            return true;
    return false;
}

/* The element's; while an execution listener works, those of its own go before them. */
static struct bpmn_pairs job_headers(struct arena *arena, const struct node *node)
{
    const struct element *element = node->element;
    bool starting = node->phase == PHASE_START_LISTENERS;
    if (node->transition || (!starting && node->phase != PHASE_END_LISTENERS))
        return element->headers;
    const struct listeners *listeners = starting ? &element->start_listeners : &element->end_listeners;
    const struct bpmn_pairs *own = &listeners->items[node->listener].headers;
    if (own->count == 0)
        return element->headers;
    struct bpmn_pair *items = arena_array(arena, struct bpmn_pair, own->count + element->headers.count);
    size_t count = own->count;
    memcpy(items, own->items, count * sizeof *items);
    for (size_t i = 0; i < element->headers.count; i++)
        if (!has_header(own, element->headers.items[i].name))
            items[count++] = element->headers.items[i];
    return (struct bpmn_pairs){count, items};
}

struct bpmn_pairs bpmn_instance_job_headers(struct arena *arena, const struct bpmn_instance *self, int64_t key)
{
    for (const struct node *node = bpmn_node_after(self, NULL); node; node = bpmn_node_after(self, node))
        if (node->work == WORK_JOB && node->work_key == key)
            return job_headers(arena, node);
    return (struct bpmn_pairs){0};
}

void bpmn_task_create_job(struct step *step, struct node *node, const struct expression *type,
                          const struct expression *retries)
{
    struct str name;
    struct str reason = STR_NONE;
    if (!bpmn_evaluate_text(step, node, type, &name, &reason) || name.len == 0) {
        bpmn_step_incident(step, node, INCIDENT_EXPRESSION, RESUME_ACTIVATE,
                           "The type of the job cannot be computed: %.*s.",
                           STR_ARGS(reason.data ? reason : STR("it is empty")));
        return;
    }
    int64_t count = RETRIES_DEFAULT;
    struct value value = bpmn_evaluate(step, node, retries, NULL, &reason);
    if (expression_present(retries) && (!value_to_int64(value, &count) || count < 1 || count > INT32_MAX)) {
        bpmn_step_incident(step, node, INCIDENT_EXPRESSION, RESUME_ACTIVATE,
                           "The number of retries, '%.*s', is no whole number above zero.", STR_ARGS(retries->text));
        return;
    }
    node->work = WORK_JOB;
    node->work_key = bpmn_step_key(step);
    node->retries = (int32_t)count;
    node->job_type = name;
    struct bpmn_effect *effect = bpmn_step_effect(step, BPMN_JOB_CREATED, node);
    effect->key = node->work_key;
    effect->job = (struct bpmn_job){
        .type = name,
        .retries = node->retries,
        .headers = job_headers(step->arena, node),
        .variables = bpmn_listen_visible(step->arena, node),
        .listener = listener_event(node),
        .message = STR(""),
    };
}

void bpmn_task_update_job(struct step *step, struct node *node, int64_t due_ms, struct str message)
{
    struct bpmn_effect *effect = bpmn_step_effect(step, BPMN_JOB_UPDATED, node);
    effect->key = node->work_key;
    effect->due_ms = due_ms;
    effect->job = (struct bpmn_job){
        .type = node->job_type,
        .retries = node->retries,
        .headers = job_headers(step->arena, node),
        .variables = bpmn_listen_visible(step->arena, node),
        .listener = listener_event(node),
        .due_ms = due_ms,
        .message = message,
    };
}

/* ---- User tasks ---- */

/* A list of texts, or one text with commas. */
static bool text_list(struct step *step, struct value value, struct value *out)
{
    struct list_builder list;
    list_builder_init(&list, step->arena);
    if (value.kind == VALUE_STRING) {
        struct str rest = value.string;
        while (rest.data) {
            struct str part = str_trim(str_cut(&rest, ','));
            if (part.len > 0)
                list_builder_push(&list, value_string(part));
        }
    } else if (value.kind == VALUE_LIST) {
        for (size_t i = 0; i < value.list->count; i++) {
            if (value.list->items[i].kind != VALUE_STRING)
                return false;
            list_builder_push(&list, value.list->items[i]);
        }
    } else if (!value_is_null(value)) {
        return false;
    }
    *out = list_builder_done(&list);
    return true;
}

/* A date, or a duration from now; null is no date. */
static bool task_time(struct step *step, struct value value, int64_t *out, struct str *reason)
{
    struct timer_due due;
    *out = 0;
    if (value_is_null(value) || (value.kind == VALUE_STRING && value.string.len == 0))
        return true;
    if (!bpmn_timer_first(step->arena, TIMER_DURATION, value, step->env, &due, reason))
        return false;
    *out = due.due_ms;
    return true;
}

static bool task_text(struct value value, struct str *out)
{
    *out = value_is_null(value) ? STR("") : value_text(value);
    return out->data != NULL;
}

static bool task_priority(struct value value, int32_t *out)
{
    int64_t priority;
    if (!value_to_int64(value, &priority) || priority < 0 || priority > 100)
        return false;
    *out = (int32_t)priority;
    return true;
}

static bool task_field(struct step *step, struct bpmn_task *task, const char *name, struct value value,
                       struct str *reason)
{
    *reason = STR("it has the wrong type");
    if (strcmp(name, "assignee") == 0)
        return task_text(value, &task->assignee);
    if (strcmp(name, "candidateGroups") == 0)
        return text_list(step, value, &task->candidate_groups);
    if (strcmp(name, "candidateUsers") == 0)
        return text_list(step, value, &task->candidate_users);
    if (strcmp(name, "dueDate") == 0)
        return task_time(step, value, &task->due_ms, reason);
    if (strcmp(name, "followUpDate") == 0)
        return task_time(step, value, &task->follow_up_ms, reason);
    if (strcmp(name, "formId") == 0)
        return task_text(value, &task->form_id);
    *reason = STR("it is no whole number from 0 to 100");
    return task_priority(value, &task->priority);
}

static bool describe(struct step *step, struct node *node, struct bpmn_task *task)
{
    const struct user_definition *user = node->element->user;
    const struct {
        const char *name;
        const struct expression *expression;
    } fields[] = {
        {"assignee", &user->assignee}, {"candidateGroups", &user->groups}, {"candidateUsers", &user->users},
        {"dueDate", &user->due},       {"followUpDate", &user->follow_up}, {"formId", &user->form_id},
        {"priority", &user->priority},
    };
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        struct str reason = STR_NONE;
        struct value value = bpmn_evaluate(step, node, fields[i].expression, NULL, &reason);
        if (!expression_present(fields[i].expression) && strcmp(fields[i].name, "priority") == 0)
            continue;
        if (task_field(step, task, fields[i].name, value, &reason))
            continue;
        bpmn_step_incident(step, node, INCIDENT_EXPRESSION, RESUME_ACTIVATE,
                           "The task's %s, '%.*s', cannot be used: %.*s.", fields[i].name,
                           STR_ARGS(fields[i].expression->text), STR_ARGS(reason));
        return false;
    }
    bool nobody =
        task->assignee.len == 0 && value_count(task->candidate_groups) == 0 && value_count(task->candidate_users) == 0;
    if (nobody && (expression_present(&user->assignee) || expression_present(&user->groups) ||
                   expression_present(&user->users))) {
        bpmn_step_incident(step, node, INCIDENT_NO_ASSIGNEE, RESUME_ACTIVATE,
                           "Nobody can do the task: its assignee and candidates are all empty.");
        return false;
    }
    return true;
}

void bpmn_task_create_user_task(struct step *step, struct node *node)
{
    const struct user_definition *user = node->element->user;
    struct bpmn_task *task = arena_new(step->arena, struct bpmn_task);
    *task = (struct bpmn_task){
        .name = node->element->name,
        .assignee = STR(""),
        .priority = 50,
        .form_id = STR(""),
        .form_binding = user->form_binding,
        .form_version_tag = user->form_version_tag,
        .headers = node->element->headers,
        .native = user->native,
    };
    if (!describe(step, node, task))
        return;
    bpmn_listen_begin(step, node,
                      &(struct transition){.event = TASK_CREATING,
                                           .task_key = bpmn_step_key(step),
                                           .wanted = task,
                                           .action = STR(""),
                                           .variables = value_null,
                                           .changed = value_null});
}

enum status bpmn_task_with(struct step *step, const struct bpmn_task *from, struct value change, struct bpmn_task **out,
                           struct error *err)
{
    static const char *const names[] = {"assignee", "candidateGroups", "candidateUsers",
                                        "dueDate",  "followUpDate",    "priority"};
    struct bpmn_task *task = arena_new(step->arena, struct bpmn_task);
    *task = *from;
    for (size_t i = 0; i < value_count(change); i++) {
        const struct member *member = &change.context->members[i];
        const char *name = NULL;
        for (size_t j = 0; j < COUNT_OF(names) && !name; j++)
            if (str_equal(member->key, str_of(names[j])))
                name = names[j];
        if (!name) {
            error_set(err, ERROR_INVALID, "task-field-unknown", "A task has no '%.*s' that can be changed.",
                      STR_ARGS(member->key));
            return error_field(err, "%.*s", STR_ARGS(member->key));
        }
        struct str reason;
        if (!task_field(step, task, name, member->value, &reason)) {
            error_set(err, ERROR_INVALID, "task-field-invalid", "The task's %s cannot be set: %.*s.", name,
                      STR_ARGS(reason));
            return error_field(err, "%s", name);
        }
    }
    *out = task;
    return OK;
}

/* ---- Decisions ---- */

void bpmn_task_want_decision(struct step *step, struct node *node)
{
    const struct called *decision = node->element->decision;
    struct str id;
    struct str reason = STR_NONE;
    if (!bpmn_evaluate_text(step, node, &decision->id, &id, &reason)) {
        bpmn_step_incident(step, node, INCIDENT_EXPRESSION, RESUME_ACTIVATE,
                           "The decision's id cannot be computed: %.*s.", STR_ARGS(reason));
        return;
    }
    node->work = WORK_DECISION;
    node->work_key = bpmn_step_key(step);
    struct bpmn_effect *effect = bpmn_step_effect(step, BPMN_DECISION_WANTED, node);
    effect->key = node->work_key;
    effect->decision = (struct bpmn_decision_wanted){
        .decision_id = id,
        .result_variable = decision->result_variable,
        .binding = decision->binding,
        .version_tag = decision->version_tag,
        .variables = bpmn_node_visible(step->arena, node),
    };
}

/* ---- Called processes ---- */

static const struct bpmn_process *find_called(struct step *step, const struct node *node, struct str id)
{
    const struct called *call = node->element->call;
    const struct bpmn_process *caller = node->element->process;
    const struct bpmn_process *sibling = bpmn_model_find(caller->model, id);
    if (sibling && str_equal(call->binding, STR("deployment")))
        return sibling;
    struct bpmn_process_wanted wanted = {
        .process_id = id, .binding = call->binding, .version_tag = call->version_tag, .caller = caller};
    const struct bpmn_process *found =
        step->env->find_process ? step->env->find_process(step->env->host, &wanted) : NULL;
    return found ? found : str_equal(call->binding, STR("versionTag")) ? NULL : sibling;
}

static size_t call_depth(const struct node *node)
{
    size_t depth = 0;
    for (; node; node = node->parent)
        depth += node->element->type == BPMN_CALL_ACTIVITY && !node->body;
    return depth;
}

void bpmn_task_call(struct step *step, struct node *node)
{
    const struct called *call = node->element->call;
    struct str id;
    struct str reason = STR_NONE;
    if (!bpmn_evaluate_text(step, node, &call->id, &id, &reason)) {
        bpmn_step_incident(step, node, INCIDENT_CALLED_PROCESS, RESUME_ACTIVATE,
                           "The id of the called process cannot be computed: %.*s.", STR_ARGS(reason));
        return;
    }
    const struct bpmn_process *process = find_called(step, node, id);
    if (!process || !process->elements[0]->start) {
        bpmn_step_incident(step, node, INCIDENT_CALLED_PROCESS, RESUME_ACTIVATE,
                           "There is no process '%.*s' (binding %.*s) with a start event that can be called.",
                           STR_ARGS(id), STR_ARGS(call->binding));
        return;
    }
    if (call_depth(node) > CALL_DEPTH_MAX) {
        bpmn_step_incident(step, node, INCIDENT_CALLED_PROCESS, RESUME_ACTIVATE,
                           "Processes call each other more than %d deep.", CALL_DEPTH_MAX);
        return;
    }
    struct value variables = call->all_parent_variables ? bpmn_node_visible(step->arena, node)
                                                        : bpmn_variables_snapshot(step->arena, &node->variables);
    struct node *child = bpmn_run_new_node(step, node, process->elements[0]);
    child->variables = bpmn_variables_of(variables);
    bpmn_run_start(step, child);
}

void bpmn_task_called_done(struct step *step, struct node *called)
{
    struct node *node = called->parent;
    struct value variables = bpmn_variables_snapshot(step->arena, &called->variables);
    bpmn_run_end(step, called);
    if (node->element->call->all_child_variables || node->element->outputs.count > 0)
        bpmn_apply_result(step, node, variables);
    bpmn_run_complete(step, node);
}

/* ---- Ending early ---- */

void bpmn_task_cancel_work(struct step *step, struct node *node)
{
    static const enum bpmn_effect_kind kinds[] = {
        [WORK_JOB] = BPMN_JOB_CANCELLED, [WORK_TASK] = BPMN_TASK_CANCELLED, [WORK_DECISION] = BPMN_DECISION_CANCELLED};
    if (node->work != WORK_NONE && node->work != WORK_COMPENSATION)
        bpmn_step_effect(step, kinds[node->work], node)->key = node->work_key;
    if (node->transition && node->task)
        bpmn_step_effect(step, BPMN_TASK_CANCELLED, node)->key = node->transition->task_key;
    bpmn_task_work_done(node);
}

void bpmn_task_work_done(struct node *node)
{
    node->work = WORK_NONE;
    node->work_key = 0;
    node->job_type = STR_NONE;
    node->task = NULL;
    node->transition = NULL;
}
