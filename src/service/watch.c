#include "service/watch.h"

#include "service/task_store.h"
#include "store/watch.h"

struct watching {
    const struct call *call;
    struct str no;
    struct store_watch row;
    bool done;
    struct value view;
};

static enum status for_staff(const struct call *call, struct error *err)
{
    if (service_may(call, "case.read", err) != OK)
        return FAILED;
    if (call->actor->kind == ACTOR_STAFF)
        return OK;
    return error_set(err, ERROR_FORBIDDEN, "forbidden", "Watching is for staff.");
}

static enum status find_case(struct work *work, void *arg, struct error *err)
{
    struct watching *self = arg;
    struct case_id id;
    struct store_case row;
    bool found = false;
    if (case_no_parse(self->no, &id) &&
        store_case_find(work->tx, work->arena, id.region, id.id, &row, &found, err) != OK)
        return FAILED;
    if (!found || !actor_sees_case(work->call, &row))
        return error_set(err, ERROR_NOT_FOUND, "case-not-found", "There is no case %.*s that you may see.",
                         STR_ARGS(self->no));
    self->row = (struct store_watch){work->call->actor->id, id.region, id.id, work->now};
    return OK;
}

static enum status put(struct db_tx *tx, void *arg, struct error *err)
{
    struct watching *self = arg;
    return store_watch_put(tx, &self->row, &self->done, err);
}

static enum status remove_row(struct db_tx *tx, void *arg, struct error *err)
{
    const struct watching *self = arg;
    return store_watch_remove(tx, &self->row, err);
}

enum status service_watch(const struct call *call, struct str no, bool on, struct value *out, struct error *err)
{
    struct watching self = {.call = call, .no = no, .done = true};
    if (for_staff(call, err) != OK || work_read(call, find_case, &self, err) != OK ||
        db_write(call->service->db, on ? put : remove_row, &self, err) != OK)
        return FAILED;
    if (!self.done) {
        error_set(err, ERROR_CONFLICT, "watches-full", "You watch %d cases already.", STORE_WATCHES_MOST);
        return error_hint(err, "Stop watching one of them first.");
    }
    *out = context_set(call->arena, value_null, "no", value_string(no));
    *out = context_set(call->arena, *out, "watched", value_boolean(on));
    return OK;
}

static enum status line(struct work *work, const struct store_watch *watch, struct list_builder *items,
                        struct error *err)
{
    struct store_case row;
    struct work_case *of;
    struct value tasks;
    struct view more;
    bool found;
    if (store_case_find(work->tx, work->arena, watch->region, watch->case_id, &row, &found, err) != OK)
        return FAILED;
    if (!found || !actor_sees_case(work->call, &row))
        return OK;
    if (work_case_look(work, &row, &of, err) != OK || case_tasks(work, of, &tasks, err) != OK)
        return FAILED;
    view_init(&more, work->arena);
    view_time(&more, "since", watch->since);
    view_put(&more, "tasks", tasks);
    list_builder_push(items, value_merge(work->arena, case_line(work, of), view_done(&more)));
    return OK;
}

static enum status list_command(struct work *work, void *arg, struct error *err)
{
    struct watching *self = arg;
    struct store_watch *rows;
    size_t count;
    struct list_builder items;
    struct case_id only;
    bool one = case_no_parse(self->no, &only);
    list_builder_init(&items, work->arena);
    if (store_watch_list(work->tx, work->arena, work->call->actor->id, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++) {
        bool wanted = !one || (rows[i].region == only.region && rows[i].case_id == only.id);
        if (wanted && line(work, &rows[i], &items, err) != OK)
            return FAILED;
    }
    self->view = context_set(work->arena, value_null, "items", list_builder_done(&items));
    return OK;
}

enum status service_watch_list(const struct call *call, struct str no, struct value *out, struct error *err)
{
    struct watching self = {.call = call, .no = no};
    if (for_staff(call, err) != OK || work_read(call, list_command, &self, err) != OK)
        return FAILED;
    *out = self.view;
    return OK;
}
