/* Tasks: lists, claiming, completing. */
#include "service/task.h"

#include "clock/instant.h"
#include "service/case_open.h"
#include "service/delegation_work.h"
#include "service/item_state.h"
#include "service/limits.h"
#include "service/page.h"
#include "service/task_store.h"

#include <stdlib.h>

/* ---- Whose it is ---- */

bool task_has_role(struct str roles, struct str role)
{
    for (struct str rest = roles, one; rest.data;) {
        one = str_cut(&rest, ',');
        if (role.len && str_equal(str_trim(one), role))
            return true;
    }
    return false;
}

bool task_for_staff(const struct work *work, const struct actor *staff, const struct store_task *row)
{
    struct call theirs = *work->call;
    theirs.actor = staff;
    bool works = (task_has_role(row->roles, staff->role) && service_can(&theirs, "task.work")) ||
                 service_can(&theirs, "task.manage");
    return works && actor_sees_division(&theirs, row->division, row->unit);
}

/* Whose place the actor takes with this task; NULL: their own, or nobody's. */
static const struct actor *behalf_of(const struct work *work, const struct store_task *row)
{
    const struct actor *actor = work->call->actor;
    if (actor->kind != ACTOR_STAFF || (row->assignee.data && str_equal(row->assignee, actor->id)))
        return NULL;
    if (row->assignee.data && delegation_of(work, row->assignee))
        return delegation_of(work, row->assignee);
    if (task_for_staff(work, actor, row))
        return NULL;
    for (size_t i = 0; i < work->away_count; i++)
        if (task_for_staff(work, &work->away[i], row))
            return &work->away[i];
    return NULL;
}

bool task_for_actor(struct work *work, const struct store_task *row, const struct work_case *of)
{
    const struct actor *actor = work->call->actor;
    if (actor->kind == ACTOR_SYSTEM)
        return true;
    if (row->assignee.data && str_equal(row->assignee, actor->id))
        return true;
    if (actor->kind == ACTOR_STAFF && (task_for_staff(work, actor, row) || behalf_of(work, row)))
        return true;
    struct str mine = actor_index(work->call);
    if (task_has_role(row->roles, STR("applicant")) && mine.data && str_equal(mine, of->row.applicant))
        return true;
    return task_has_role(row->roles, STR("party")) && mine.data && of->row.party.data && str_equal(mine, of->row.party);
}

enum status task_visible_in_case(struct work *work, const struct work_case *of, bool *out, struct error *err)
{
    struct store_task *rows;
    size_t count;
    *out = false;
    if (value_int_or(work_case_get(of, "tasks"), 0) == 0)
        return OK;
    if (delegation_load(work, err) != OK ||
        store_task_of_case(work->tx, work->arena, of->row.region, of->row.id, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count && !*out; i++)
        *out = task_for_actor(work, &rows[i], of);
    return OK;
}

/* ---- Views ---- */

static struct str task_light(const struct store_task *row, int64_t now)
{
    if (row->due == 0)
        return STR_NONE;
    if (now > row->due)
        return STR("red");
    if (instant_day(now) == instant_day(row->due))
        return STR("orange");
    return now - row->created > (row->due - row->created) / 2 ? STR("yellow") : STR("green");
}

struct value task_line(struct work *work, const struct store_task *row)
{
    struct arena *arena = work->arena;
    struct list_builder roles;
    struct view view;
    list_builder_init(&roles, arena);
    for (struct str rest = row->roles, one; rest.data;) {
        one = str_cut(&rest, ',');
        if (one.len)
            list_builder_push(&roles, value_string(one));
    }
    view_init(&view, arena);
    view_text(&view, "id", key_text(arena, row->id));
    view_text(&view, "element", row->element);
    view_text(&view, "name", row->name);
    view_text(&view, "state", row->assignee.data ? STR("claimed") : STR("waiting"));
    view_text(&view, "assignee", row->assignee);
    view_time(&view, "created", row->created);
    view_time(&view, "due", row->due);
    view_text(&view, "light", task_light(row, work->now));
    view_put(&view, "left", limits_left_until(work, row->due));
    view_put(&view, "roles", list_builder_done(&roles));
    view_text(&view, "form", row->form);
    view_int(&view, "priority", row->priority);
    return view_done(&view);
}

/* ---- One task ---- */

struct one_task {
    struct str id;
    struct value form;
    struct value view;
    bool release;
};

static enum status no_task(struct str id, struct error *err)
{
    error_set(err, ERROR_NOT_FOUND, "task-not-found", "There is no task %.*s for you.", STR_ARGS(id));
    return error_hint(err, "It may be done already, or belong to another role or region.");
}

/* A task that is gone but whose case remembers it was completed: the second of two who complete it is told so. */
static enum status gone(struct work *work, int64_t id, struct str text, struct error *err)
{
    struct store_task_done done;
    bool found;
    if (store_task_done_find(work->tx, work->arena, id, &done, &found, err) != OK)
        return FAILED;
    if (!found)
        return no_task(text, err);
    error_set(err, ERROR_CONFLICT, "task-already-completed", "The task %.*s has been completed.", STR_ARGS(text));
    return error_hint(err, "Look at the case again.");
}

enum status task_load(struct work *work, struct str text, struct store_task *row, struct work_case **of,
                      struct error *err)
{
    int64_t id;
    bool found = false;
    if (work->call->actor->kind == ACTOR_NOBODY)
        return service_may(work->call, "task.work", err);
    if (!key_parse(text, &id))
        return no_task(text, err);
    if (store_task_find(work->tx, work->arena, id, row, &found, err) != OK)
        return FAILED;
    if (!found)
        return gone(work, id, text, err);
    if (work_case_load(work, (struct case_id){store_key_region(id), row->case_id}, of, err) != OK)
        return FAILED;
    if (delegation_load(work, err) != OK)
        return FAILED;
    if (!task_for_actor(work, row, *of))
        return no_task(text, err);
    work->behalf = behalf_of(work, row);
    return OK;
}

/* Whose task it becomes, or is, when the actor works on it. */
static struct str worker(const struct work *work)
{
    return work->behalf ? work->behalf->id : work->call->actor->id;
}

static struct value task_context(struct work *work, const struct store_task *row, struct work_case *of)
{
    struct value line = task_line(work, row);
    const struct actor *behalf = behalf_of(work, row);
    if (behalf) {
        struct value who = context_set(work->arena, value_null, "name", value_string(behalf->id));
        who = context_set(work->arena, who, "title", value_string(behalf->name));
        line = context_set(work->arena, line, "on_behalf", who);
    }
    line = context_set(work->arena, line, "case", value_string(of->no));
    line = context_set(work->arena, line, "item", value_string(of->item->code));
    line = context_set(work->arena, line, "item_title", value_string(of->item->title));
    struct str title = value_text(work_case_get(of, "title"));
    return context_set(work->arena, line, "title", value_string(service_mask(work->arena, title)));
}

static enum status claimed_by_other(const struct store_task *row, struct error *err)
{
    error_set(err, ERROR_CONFLICT, "task-claimed-by-other", "The task has been claimed by %.*s.",
              STR_ARGS(row->assignee));
    return error_hint(err, "Ask them to release it.");
}

bool task_asks(struct work_case *of, int64_t key, const char *event, struct value data)
{
    if (!bpmn_instance_task_hears(of->instance, key, event))
        return false;
    work_case_event(of, "task.asked", context_set(of->work->arena, data, "action", value_cstr(event)));
    return true;
}

enum status task_give(struct work_case *of, const struct store_task *row, struct str to, struct error *err)
{
    struct work *work = of->work;
    struct value who = context_set(work->arena, value_null, "assignee", to.len ? value_string(to) : value_null);
    struct bpmn_command assign = {.kind = BPMN_UPDATE_TASK, .key = row->id, .task_change = who};
    if (!bpmn_instance_task_hears(of->instance, row->id, "assigning"))
        work_change(work, CHANGE_TASK_ASSIGN,
                    WORK_ROW(work, work_assign, .id = row->id, .was = row->assignee, .assignee = to));
    bool tells = of->deployed || bpmn_instance_task_hears(of->instance, row->id, NULL);
    return tells ? engine_command(of, &assign, err) : OK;
}

static enum status claim_command(struct work *work, void *arg, struct error *err)
{
    struct one_task *one = arg;
    struct store_task row;
    struct work_case *of;
    if (task_load(work, one->id, &row, &of, err) != OK)
        return FAILED;
    struct str me = worker(work);
    bool mine = row.assignee.data && str_equal(row.assignee, me);
    if (row.assignee.data && !mine && !(one->release && service_can(work->call, "task.manage")))
        return claimed_by_other(&row, err);
    struct str after = one->release ? STR_NONE : me;
    bool asks = false;
    if (mine != !one->release || (one->release && row.assignee.data)) {
        struct value data = context_set(work->arena, value_null, "element", value_string(row.element));
        asks = task_asks(of, row.id, "assigning", data);
        if (task_give(of, &row, after, err) != OK)
            return FAILED;
        if (!asks)
            work_case_event(of, one->release ? "task.released" : "task.claimed", data);
    }
    row.assignee = asks ? row.assignee : after;
    one->view = task_context(work, &row, of);
    return OK;
}

static enum status claim(const struct call *call, struct one_task *one, struct value *out, struct error *err)
{
    if (service_may(call, "task.work", err) != OK || work_run(call, claim_command, one, err) != OK)
        return FAILED;
    *out = one->view;
    return OK;
}

enum status service_task_claim(const struct call *call, struct str id, struct value *out, struct error *err)
{
    struct one_task one = {.id = id};
    return claim(call, &one, out, err);
}

enum status service_task_release(const struct call *call, struct str id, struct value *out, struct error *err)
{
    struct one_task one = {.id = id, .release = true};
    return claim(call, &one, out, err);
}

/* *data comes back cleaned; *problems is what is wrong with it. */
static enum status judge_task_form(struct work_case *of, const struct store_task *row, struct value *data,
                                   struct value *problems, struct error *err)
{
    struct work *work = of->work;
    const struct pack_form *schema = pack_form_find(of->packs, row->form);
    if (data->kind != VALUE_CONTEXT)
        *data = empty_context(work->arena);
    if (!schema)
        return OK;
    struct case_opening judged = {.problems = value_list(work->arena, NULL, 0)};
    case_form_judge(work->call, of->packs, schema->form, *data, &judged);
    *problems = judged.problems;
    if (judged.errors) {
        *err = judged.first;
        return judged.errors > 1 ? error_hint(err, "%zu more fields need attention.", judged.errors - 1) : FAILED;
    }
    *data = form_null_fill(schema->form, work->arena, judged.form);
    return OK;
}

/* The element's property "separate" lists elements: who completed one of them for this case may not complete it too. */
static enum status check_separate(struct work *work, struct work_case *of, const struct store_task *row,
                                  struct error *err)
{
    const struct bpmn_process *process = bpmn_instance_process_at(of->instance, row->id);
    const struct bpmn_element_info *element = process ? bpmn_process_element(process, row->element) : NULL;
    struct str others = STR_NONE;
    for (size_t i = 0; element && i < element->properties.count; i++)
        if (str_equal(element->properties.items[i].name, STR("separate")))
            others = element->properties.items[i].value;
    struct value done_by = work_case_get(of, "done_by");
    while (others.len && work->call->actor->kind == ACTOR_STAFF) {
        struct value ids = value_get(done_by, str_trim(str_cut(&others, ',')));
        for (size_t i = 0; i < value_count(ids); i++)
            if (str_equal(value_text(value_at(ids, i)), work->call->actor->id) ||
                str_equal(value_text(value_at(ids, i)), worker(work))) {
                error_set(err, ERROR_CONFLICT, "separate-persons",
                          "Another person must do this: you did an earlier step.");
                return error_hint(err, "Release the task and leave it to a colleague.");
            }
    }
    return OK;
}

static enum status get_command(struct work *work, void *arg, struct error *err)
{
    struct one_task *one = arg;
    struct store_task row;
    struct work_case *of;
    struct value whole;
    struct error conflict = ERROR_INIT;
    if (task_load(work, one->id, &row, &of, err) != OK || case_view(of, &whole, err) != OK)
        return FAILED;
    one->view = task_context(work, &row, of);
    one->view = context_set(work->arena, one->view, "data", bpmn_instance_variables(work->arena, of->instance, row.id));
    one->view = context_set(work->arena, one->view, "case", whole);
    if (check_separate(work, of, &row, &conflict) != OK)
        one->view = context_set(work->arena, one->view, "conflict", value_cstr(conflict.type));
    return work_access(work, "task.read", value_text(value_path(of->body, "party.id")), of, err);
}

enum status service_task_get(const struct call *call, struct str id, struct value *out, struct error *err)
{
    struct one_task one = {.id = id};
    if (work_run(call, get_command, &one, err) != OK)
        return FAILED;
    *out = one.view;
    return OK;
}

static void note_done_by(struct work *work, struct work_case *of, struct str element)
{
    struct value done_by = work_case_get(of, "done_by");
    const char *name = arena_cstr(work->arena, element);
    struct value ids = list_add(work->arena, value_get(done_by, element), value_string(work->call->actor->id));
    if (work->behalf)
        ids = list_add(work->arena, ids, value_string(work->behalf->id));
    if (work->call->actor->kind == ACTOR_STAFF)
        work_case_set(of, "done_by", context_set(work->arena, done_by, name, ids));
}

static enum status complete_command(struct work *work, void *arg, struct error *err)
{
    struct one_task *one = arg;
    struct store_task row;
    struct work_case *of;
    struct value data = one->form;
    if (task_load(work, one->id, &row, &of, err) != OK)
        return FAILED;
    if (row.assignee.data && !str_equal(row.assignee, worker(work)) && work->call->actor->kind != ACTOR_SYSTEM)
        return claimed_by_other(&row, err);
    if (work->call->if_version && work->call->if_version != of->row.version)
        return error_set(err, ERROR_CONFLICT, "version-conflict", "The case has changed since you looked at it.");
    if (check_separate(work, of, &row, err) != OK || judge_task_form(of, &row, &data, &one->view, err) != OK)
        return FAILED;
    note_done_by(work, of, row.element);
    struct value event = context_set(work->arena, value_null, "element", value_string(row.element));
    event = context_set(work->arena, event, "task", value_string(key_text(work->arena, row.id)));
    event = context_set(work->arena, event, "data", data);
    if (!task_asks(of, row.id, "completing", event)) {
        work_case_event(of, "task.completed", event);
        work_change(work, CHANGE_TASK_DONE, WORK_ROW(work, store_task_done, .id = row.id, .at = work->now));
    }
    struct bpmn_command command = {.kind = BPMN_COMPLETE_TASK, .key = row.id, .variables = data};
    if (engine_command(of, &command, err) != OK)
        return FAILED;
    work->answer = case_answer(of);
    return OK;
}

enum status service_task_complete(const struct call *call, struct str id, struct value form, struct value *out,
                                  struct error *err)
{
    struct one_task one = {.id = id, .form = form};
    struct work_request request = {"task.complete", value_null};
    if (call->idempotency.len) {
        request.request = context_set(call->arena, value_null, "id", value_string(id));
        request.request = context_set(call->arena, request.request, "form", form);
    }
    *out = value_null;
    if (work_run_once(call, &request, complete_command, &one, out, err) != OK) {
        *out = one.view;
        return FAILED;
    }
    service_count(call->service, METRIC_TASKS_COMPLETED, 1);
    return OK;
}

/* ---- Lists ---- */

struct list_arg {
    const struct service_task_query *query;
    struct value view;
};

static int64_t sort_key(const struct store_task *row)
{
    return row->due ? row->due : INT64_MAX;
}

static int compare_tasks(const void *a, const void *b)
{
    const struct store_task *x = a, *y = b;
    int64_t dx = sort_key(x), dy = sort_key(y);
    if (dx != dy)
        return dx < dy ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* The cursor is "due.id" of the last one shown. */
static enum status read_cursor(struct str cursor, struct store_task_filter *filter, struct error *err)
{
    struct str rest = cursor;
    struct str due = str_cut(&rest, '.');
    filter->after_due = INT64_MIN;
    if (!cursor.len)
        return OK;
    return service_cursor(due, &filter->after_due, err) == OK ? service_cursor(rest, &filter->after_id, err) : FAILED;
}

static enum status task_filter(const struct call *call, const struct service_task_query *query,
                               struct store_task_filter *filter, struct error *err)
{
    struct actor_scope scope = actor_scope(call);
    struct division_range range = scope.divisions;
    if (query->region.len) {
        range = division_range(query->region);
        range.from = range.from > scope.divisions.from ? range.from : scope.divisions.from;
        range.to = range.to < scope.divisions.to ? range.to : scope.divisions.to;
    }
    const struct pack_item *item =
        pack_item_find(call->service->packs, query->item, instant_day(service_now(call->service)));
    *filter = (struct store_task_filter){.role = call->actor->role,
                                         .unassigned = query->unclaimed,
                                         .division_from = range.from,
                                         .division_to = range.to,
                                         .unit = scope.unit,
                                         .item = item ? service_item_id(call->service, item->code, item->version) : 0,
                                         .limit = limit_between(query->limit, 50, 200)};
    if (query->item.len && !item)
        filter->item = -1;
    filter->item_versions = item_has_versions(call->service, query->item);
    if (read_cursor(query->cursor, filter, err) != OK)
        return FAILED;
    if (query->mine) {
        filter->assignee = call->actor->id;
        filter->role = STR_NONE;
        filter->unit = STR_NONE;
        filter->division_from = 0;
        filter->division_to = INT64_MAX;
    }
    if (query->role.len && !str_equal(query->role, call->actor->role)) {
        if (service_may(call, "task.manage", err) != OK)
            return FAILED;
        filter->role = query->role;
    }
    return OK;
}

typedef VECTOR(struct store_task) task_rows;

/* Staff: by role or assignee, region by region. */
static enum status gather_staff(struct work *work, struct store_task_filter *filter, task_rows *out, struct error *err)
{
    int64_t *regions;
    struct division_range range = {filter->division_from, filter->division_to};
    size_t region_count = region_list(work->service, range, work->arena, &regions);
    for (size_t r = 0; r < region_count; r++) {
        struct store_task *rows;
        size_t count;
        filter->region = regions[r];
        if (store_task_list(work->tx, work->arena, filter, &rows, &count, err) != OK)
            return FAILED;
        for (size_t i = 0; i < count; i++)
            VECTOR_PUSH(work->arena, out, rows[i]);
    }
    return OK;
}

/* Persons and organisations: through their own open cases. */
static enum status gather_own(struct work *work, task_rows *out, struct error *err)
{
    struct str mine = actor_index(work->call);
    struct store_case_filter filter = {
        .division_to = INT64_MAX, .party = mine, .applicant = mine, .state = CASE_REVIEWING, .limit = 100};
    struct store_case *cases;
    size_t count = 0;
    if (mine.data && case_rows(work, &filter, &cases, &count, err) != OK)
        return FAILED;
    for (size_t c = 0; c < count; c++) {
        struct store_task *rows;
        size_t n;
        struct work_case of = {.work = work, .row = cases[c]};
        if (store_task_of_case(work->tx, work->arena, cases[c].region, cases[c].id, &rows, &n, err) != OK)
            return FAILED;
        for (size_t i = 0; i < n; i++)
            if (task_for_actor(work, &rows[i], &of))
                VECTOR_PUSH(work->arena, out, rows[i]);
    }
    return OK;
}

static bool in_list(const struct store_task_filter *filter, const struct store_task *row)
{
    if (filter->role.data ? !task_has_role(row->roles, filter->role) : !row->assignee.data)
        return false;
    if ((filter->assignee.data && !str_equal(row->assignee, filter->assignee)) ||
        (filter->unassigned && row->assignee.data))
        return false;
    return row->division >= filter->division_from && row->division < filter->division_to &&
           (!filter->unit.data || str_equal(filter->unit, row->unit));
}

/* What would be in the list of one case's. */
static enum status gather_case(struct work *work, const struct store_task_filter *filter, struct str no, task_rows *out,
                               struct error *err)
{
    struct case_id id;
    struct store_case row;
    struct store_task *rows;
    size_t count;
    bool found, staff = work->call->actor->kind == ACTOR_STAFF;
    if (!case_no_parse(no, &id))
        return OK;
    if (store_case_find(work->tx, work->arena, id.region, id.id, &row, &found, err) != OK ||
        store_task_of_case(work->tx, work->arena, id.region, id.id, &rows, &count, err) != OK)
        return FAILED;
    struct work_case of = {.work = work, .row = row};
    for (size_t i = 0; found && i < count; i++)
        if (staff ? in_list(filter, &rows[i]) : task_for_actor(work, &rows[i], &of))
            VECTOR_PUSH(work->arena, out, rows[i]);
    return OK;
}

static enum status push_line(struct work *work, const struct store_task *task, struct list_builder *items,
                             struct error *err)
{
    struct work_case *of;
    struct store_case row;
    bool found;
    if (store_case_find(work->tx, work->arena, store_key_region(task->id), task->case_id, &row, &found, err) != OK)
        return FAILED;
    if (!found)
        return OK;
    if (work_case_look(work, &row, &of, err) != OK)
        return FAILED;
    list_builder_push(items, task_context(work, task, of));
    return OK;
}

/* The list as whoever is away would see it. */
static enum status look_as(struct work *work, struct str name, struct call *out, struct error *err)
{
    *out = *work->call;
    if (delegation_load(work, err) != OK)
        return FAILED;
    if (!name.len)
        return OK;
    out->actor = delegation_of(work, name);
    if (out->actor)
        return OK;
    error_set(err, ERROR_FORBIDDEN, "delegation-missing", "You do not stand in for %.*s now.", STR_ARGS(name));
    return error_field(err, "for");
}

static enum status list_command(struct work *work, void *arg, struct error *err)
{
    struct list_arg *a = arg;
    struct store_task_filter filter;
    struct call as;
    task_rows all = {0};
    if (look_as(work, a->query->stand_in_for, &as, err) != OK || task_filter(&as, a->query, &filter, err) != OK)
        return FAILED;
    bool staff = work->call->actor->kind == ACTOR_STAFF;
    enum status status = a->query->case_no.len ? gather_case(work, &filter, a->query->case_no, &all, err)
                         : staff               ? gather_staff(work, &filter, &all, err)
                                               : gather_own(work, &all, err);
    if (status != OK)
        return FAILED;
    if (all.count)
        qsort(all.items, all.count, sizeof *all.items, compare_tasks);
    struct list_builder items;
    list_builder_init(&items, work->arena);
    size_t n = all.count < (size_t)filter.limit ? all.count : (size_t)filter.limit;
    for (size_t i = 0; i < n; i++)
        if (push_line(work, &all.items[i], &items, err) != OK)
            return FAILED;
    struct view view;
    view_init(&view, work->arena);
    view_put(&view, "items", list_builder_done(&items));
    if (staff && n && (size_t)filter.limit <= all.count)
        view_text(&view, "next",
                  arena_printf(work->arena, "%" PRId64 ".%" PRId64, sort_key(&all.items[n - 1]), all.items[n - 1].id));
    a->view = view_done(&view);
    return OK;
}

enum status service_task_list(const struct call *call, const struct service_task_query *query, struct value *out,
                              struct error *err)
{
    struct list_arg arg = {.query = query};
    if (service_may(call, "task.work", err) != OK || work_read(call, list_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}
