/* User tasks of processes that belong to no item. */
#include "service/process.h"

#include "feel/json.h"
#include "service/process_rows.h"
#include "service/process_view.h"
#include "service/task_store.h"

struct one_task {
    struct str key, assignee;
    bool override;
    struct value variables, change;
    struct value view;
};

static enum status no_task(struct str key, struct error *err)
{
    return error_set(err, ERROR_NOT_FOUND, "user-task-not-found", "There is no user task %.*s that you may see.",
                     STR_ARGS(key));
}

static bool named(struct value list, struct str name)
{
    for (size_t i = 0; name.len && i < value_count(list); i++)
        if (str_equal(value_text(value_at(list, i)), name))
            return true;
    return false;
}

bool user_task_seen(const struct call *call, const struct store_user_task *row)
{
    const struct actor *actor = call->actor;
    struct value candidates;
    struct error unread = ERROR_INIT;
    if (actor->kind == ACTOR_SYSTEM || (row->assignee.data && str_equal(row->assignee, actor->id)))
        return true;
    if (!actor_sees_division(call, row->division, row->unit))
        return false;
    if (service_can(call, "task.manage") || json_parse(call->arena, row->candidates, NULL, &candidates, &unread) != OK)
        return service_can(call, "task.manage");
    struct value groups = value_get(candidates, STR("groups")), users = value_get(candidates, STR("users"));
    bool free = !row->assignee.data && value_count(groups) == 0 && value_count(users) == 0;
    return free || named(groups, actor->role) || named(users, actor->id);
}

static enum status find_task(struct work *work, struct str text, struct store_user_task *row, struct error *err)
{
    bool found = false;
    int64_t key;
    if (key_parse(text, &key) && store_user_task_find(work->tx, work->arena, key, row, &found, err) != OK)
        return FAILED;
    return found && user_task_seen(work->call, row) ? OK : no_task(text, err);
}

static enum status load_task(struct work *work, struct str text, struct store_user_task *row, struct work_case **of,
                             struct error *err)
{
    if (find_task(work, text, row, err) != OK)
        return FAILED;
    if (row->state != STORE_ACTIVE)
        return error_set(err, ERROR_CONFLICT, "user-task-ended", "The user task %.*s has been %s.", STR_ARGS(text),
                         row->state == STORE_COMPLETED ? "completed" : "cancelled");
    return work_case_load(work, (struct case_id){store_key_region(row->id), row->case_id}, of, err);
}

static enum status run(const struct call *call, work_command *command, struct one_task *one, struct error *err)
{
    if (service_may(call, "task.work", err) != OK)
        return FAILED;
    return work_run(call, command, one, err);
}

/* ---- Looks ---- */

enum status user_task_form(struct work *work, const struct store_user_task *row, const struct deployed **out,
                           struct error *err)
{
    struct deployed_wanted wanted = {
        .kind = STORE_FORM, .name = row->form, .binding = row->form_binding, .version_tag = row->form_tag};
    *out = NULL;
    if (row->form.len == 0)
        return OK;
    if (row->definition && deployed_by_key(work->service, work->tx, row->definition, &wanted.from, err) != OK)
        return FAILED;
    return deployed_bound(work->service, work->tx, &wanted, out, err);
}

enum status user_task_whole(struct work *work, const struct store_user_task *row, struct value *out, struct error *err)
{
    const struct deployed *form, *what = NULL;
    if (user_task_form(work, row, &form, err) != OK ||
        (row->definition && deployed_by_key(work->service, work->tx, row->definition, &what, err) != OK))
        return FAILED;
    *out = user_task_view(work->arena, row, what, form ? form->row.id : 0);
    return OK;
}

static enum status get_command(struct work *work, void *arg, struct error *err)
{
    struct one_task *a = arg;
    struct store_user_task row;
    if (find_task(work, a->key, &row, err) != OK)
        return FAILED;
    return user_task_whole(work, &row, &a->view, err);
}

enum status service_user_task_get(const struct call *call, struct str key, struct value *out, struct error *err)
{
    struct one_task one = {.key = key};
    if (run(call, get_command, &one, err) != OK)
        return FAILED;
    *out = one.view;
    return OK;
}

static enum status form_command(struct work *work, void *arg, struct error *err)
{
    struct one_task *a = arg;
    struct store_user_task row;
    const struct deployed *form;
    if (find_task(work, a->key, &row, err) != OK || user_task_form(work, &row, &form, err) != OK)
        return FAILED;
    a->view = form ? form_view(work->arena, form) : value_null;
    return OK;
}

enum status service_user_task_form(const struct call *call, struct str key, struct value *out, struct error *err)
{
    struct one_task one = {.key = key};
    if (run(call, form_command, &one, err) != OK)
        return FAILED;
    *out = one.view;
    return OK;
}

static enum status outcome_command(struct work *work, void *arg, struct error *err)
{
    struct one_task *a = arg;
    struct store_user_task row;
    struct value known;
    int64_t key;
    bool found = false;
    a->view = empty_context(work->arena);
    if (key_parse(a->key, &key) && store_user_task_find(work->tx, work->arena, key, &row, &found, err) != OK)
        return FAILED;
    if (!found || row.state == STORE_COMPLETED || !user_task_seen(work->call, &row))
        return OK;
    if (row.state == STORE_TERMINATED) {
        a->view = context_set(work->arena, a->view, "cancelled", value_boolean(true));
        return OK;
    }
    if (json_parse(work->arena, row.candidates, NULL, &known, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, work->arena);
    view_put(&view, "changing", value_get(known, STR("changing")));
    view_put(&view, "denied", value_get(known, STR("denied")));
    view_put(&view, "reason", value_get(known, STR("reason")));
    a->view = view_done(&view);
    return OK;
}

enum status service_user_task_outcome(const struct call *call, struct str key, struct value *out, struct error *err)
{
    struct one_task one = {.key = key};
    if (run(call, outcome_command, &one, err) != OK)
        return FAILED;
    *out = one.view;
    return OK;
}

/* ---- Changes ---- */

/* event: what the change is called when no listener of asked is there to be asked first. */
static enum status change(struct work_case *of, const struct store_user_task *row, struct value set, const char *event,
                          const char *asked, struct error *err)
{
    struct arena *arena = of->work->arena;
    struct value data = context_set(arena, value_null, "element", value_string(row->element));
    data = context_set(arena, data, "task", value_string(key_text(arena, row->id)));
    if (!task_asks(of, row->id, asked, data))
        work_case_event(of, event, data);
    struct bpmn_command update = {.kind = BPMN_UPDATE_TASK, .key = row->id, .task_change = set};
    return engine_command(of, &update, err);
}

static enum status assign_command(struct work *work, void *arg, struct error *err)
{
    const struct one_task *a = arg;
    struct store_user_task row;
    struct work_case *of;
    if (load_task(work, a->key, &row, &of, err) != OK)
        return FAILED;
    bool same = row.assignee.len == a->assignee.len && str_equal(row.assignee, a->assignee);
    if (same && a->assignee.len && !bpmn_instance_task_hears(of->instance, row.id, "assigning"))
        return OK;
    if (row.assignee.len && a->assignee.len && !a->override) {
        error_set(err, ERROR_CONFLICT, "user-task-assigned", "The user task %.*s is assigned to somebody.",
                  STR_ARGS(a->key));
        return error_hint(err, "Set allowOverride, or unassign it first.");
    }
    struct value who = a->assignee.len ? value_string(a->assignee) : value_null;
    if (!bpmn_instance_task_hears(of->instance, row.id, "assigning"))
        work_change(work, CHANGE_TASK_ASSIGN,
                    WORK_ROW(work, work_assign, .id = row.id, .was = row.assignee,
                             .assignee = a->assignee.len ? a->assignee : STR_NONE));
    return change(of, &row, context_set(work->arena, value_null, "assignee", who),
                  a->assignee.len ? "task.claimed" : "task.released", "assigning", err);
}

enum status service_user_task_assign(const struct call *call, struct str key, struct str assignee, bool override,
                                     struct error *err)
{
    struct one_task one = {.key = key, .assignee = assignee, .override = override};
    return run(call, assign_command, &one, err);
}

static enum status update_command(struct work *work, void *arg, struct error *err)
{
    const struct one_task *a = arg;
    struct store_user_task row;
    struct work_case *of;
    if (load_task(work, a->key, &row, &of, err) != OK)
        return FAILED;
    bool changes = value_count(a->change) > 0 || bpmn_instance_task_hears(of->instance, row.id, "updating");
    return changes ? change(of, &row, a->change, "task.updated", "updating", err) : OK;
}

enum status service_user_task_update(const struct call *call, struct str key, struct value set, struct error *err)
{
    struct one_task one = {.key = key, .change = set};
    return run(call, update_command, &one, err);
}

static enum status complete_command(struct work *work, void *arg, struct error *err)
{
    const struct one_task *a = arg;
    struct store_user_task row;
    struct work_case *of;
    if (load_task(work, a->key, &row, &of, err) != OK)
        return FAILED;
    struct value event = context_set(work->arena, value_null, "element", value_string(row.element));
    event = context_set(work->arena, event, "task", value_string(key_text(work->arena, row.id)));
    event = context_set(work->arena, event, "data", a->variables);
    if (!task_asks(of, row.id, "completing", event)) {
        work_case_event(of, "task.completed", event);
        work_change(work, CHANGE_TASK_DONE, WORK_ROW(work, store_task_done, .id = row.id, .at = work->now));
    }
    struct bpmn_command command = {.kind = BPMN_COMPLETE_TASK, .key = row.id, .variables = a->variables};
    return engine_command(of, &command, err);
}

enum status service_user_task_complete(const struct call *call, struct str key, struct value variables,
                                       struct error *err)
{
    struct one_task one = {.key = key, .variables = variables};
    if (run(call, complete_command, &one, err) != OK)
        return FAILED;
    service_count(call->service, METRIC_TASKS_COMPLETED, 1);
    return OK;
}
