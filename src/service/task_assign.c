/* Tasks given to somebody, many at once. */
#include "service/task.h"

#include "service/builtin.h"
#include "service/many.h"
#include "service/session.h"
#include "service/task_store.h"

#define TASKS_MOST 200
#define NOTE_MAX 500

struct assigning {
    const struct service_assignment *wanted;
    struct str id;
};

static enum status refuse(struct error *err, const char *field, const char *message)
{
    error_set(err, ERROR_INVALID, "assign-invalid", "%s", message);
    return error_field(err, "%s", field);
}

static enum status find_taker(struct work *work, struct str name, struct actor *out, struct error *err)
{
    struct store_staff row;
    bool found;
    *out = *work->call->actor;
    if (!name.len || str_equal(name, out->id))
        return OK;
    if (service_may(work->call, "task.manage", err) != OK ||
        store_staff_find(work->tx, work->arena, name, &row, &found, err) != OK)
        return FAILED;
    if (!found || row.disabled)
        return refuse(err, "to", "There is no such colleague.");
    actor_of_staff(&row, out);
    return OK;
}

/* The packs say what the message looks like; without it the assignment stands all the same. */
static enum status tell(struct work_case *of, const struct store_task *row, const struct actor *to, struct str note,
                        struct error *err)
{
    struct arena *arena = of->work->arena;
    struct notice_order order = {.notice = pack_notice_find(of->work->service->packs, STR("task-assigned"))};
    if (!order.notice || str_equal(to->id, of->work->call->actor->id))
        return OK;
    order.to = context_set(arena, value_null, "kind", value_cstr("staff"));
    order.to = context_set(arena, order.to, "id", value_string(to->id));
    order.data = context_set(arena, value_null, "task", value_string(row->name));
    order.data = context_set(arena, order.data, "by", value_string(of->work->call->actor->name));
    order.data = context_set(arena, order.data, "note", value_string(note));
    return notice_post(of, &order, err);
}

static enum status assign_command(struct work *work, void *arg, struct error *err)
{
    const struct assigning *a = arg;
    struct store_task row;
    struct work_case *of;
    struct actor to;
    if (find_taker(work, a->wanted->to, &to, err) != OK || task_load(work, a->id, &row, &of, err) != OK)
        return FAILED;
    bool own = str_equal(to.id, work->call->actor->id);
    if (row.assignee.data && str_equal(row.assignee, to.id))
        return OK;
    if (row.assignee.data && !service_can(work->call, "task.manage")) {
        error_set(err, ERROR_CONFLICT, "task-claimed-by-other", "The task has been claimed by %.*s.",
                  STR_ARGS(row.assignee));
        return error_hint(err, "Ask them to release it.");
    }
    if (!own && !task_for_staff(work, &to, &row)) {
        error_set(err, ERROR_CONFLICT, "assignee-unfit", "%.*s may not work on this task.", STR_ARGS(to.name));
        return error_hint(err, "Choose somebody with the task's role and region.");
    }
    if (task_give(of, &row, to.id, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, work->arena);
    view_text(&view, "element", row.element);
    view_text(&view, "name", row.name);
    view_text(&view, "to", to.name);
    view_text(&view, "note", a->wanted->note.len ? a->wanted->note : STR_NONE);
    work_case_event(of, "task.assigned", view_done(&view));
    return tell(of, &row, &to, a->wanted->note, err);
}

struct value many_refused(struct arena *arena, struct str id, const struct error *err)
{
    struct view view;
    view_init(&view, arena);
    view_text(&view, "id", id);
    view_text(&view, "type", arena_str(arena, str_of(err->type)));
    view_text(&view, "detail", arena_str(arena, str_of(err->message)));
    return view_done(&view);
}

enum status service_task_assign(const struct call *call, const struct service_assignment *wanted, struct value *out,
                                struct error *err)
{
    struct list_builder done, refused;
    list_builder_init(&done, call->arena);
    list_builder_init(&refused, call->arena);
    bool own = !wanted->to.len || str_equal(wanted->to, call->actor->id);
    if (service_may(call, own ? "task.work" : "task.manage", err) != OK)
        return FAILED;
    size_t count = value_count(wanted->tasks);
    if (wanted->tasks.kind != VALUE_LIST || count == 0 || count > TASKS_MOST)
        return refuse(err, "tasks", "Name the tasks in a list of 1 to 200 ids.");
    if (wanted->note.len > NOTE_MAX)
        return refuse(err, "note", "The note has at most 500 bytes.");
    for (size_t i = 0; i < count; i++) {
        struct assigning one = {wanted, value_text(value_at(wanted->tasks, i))};
        struct error problem = ERROR_INIT;
        if (work_run(call, assign_command, &one, &problem) == OK)
            list_builder_push(&done, value_string(one.id));
        else if (problem.kind == ERROR_NOT_FOUND || problem.kind == ERROR_CONFLICT)
            list_builder_push(&refused, many_refused(call->arena, one.id, &problem));
        else {
            *err = problem;
            return FAILED;
        }
    }
    *out = context_set(call->arena, value_null, "done", list_builder_done(&done));
    *out = context_set(call->arena, *out, "refused", list_builder_done(&refused));
    return OK;
}
