#include "service/remedy.h"

#include "clock/instant.h"
#include "service/case.h"
#include "service/page.h"
#include "service/task_store.h"

struct remedying {
    struct value lines; /* of service_case_list */
    const struct pack_item *item;
    struct value items, counts;
};

static struct str first_remedy(const struct pack_set *packs)
{
    size_t count;
    const struct pack_item *const *items = pack_items(packs, &count);
    for (size_t i = 0; i < count; i++)
        if (items[i]->rating_item.len)
            return items[i]->rating_item;
    return STR_NONE;
}

/* ---- One remedy ---- */

static struct str element_name(const struct work_case *of, struct str id)
{
    const struct pack_process *process = pack_process_find(of->packs, of->item->process);
    const struct bpmn_element_info *info = process ? bpmn_process_element(process->process, id) : NULL;
    return info && info->name.len ? info->name : id;
}

/* What people did, in their order. */
static enum status steps_done(struct work *work, const struct work_case *of, struct value *out, struct error *err)
{
    struct value events;
    struct list_builder steps;
    list_builder_init(&steps, work->arena);
    if (work_case_events(work, &of->row, &events, err) != OK)
        return FAILED;
    for (size_t i = 0; i < value_count(events); i++) {
        struct value event = value_at(events, i);
        struct view view;
        if (!str_equal(value_text(value_get(event, STR("type"))), STR("task.completed")))
            continue;
        view_init(&view, work->arena);
        view_put(&view, "element", value_get(event, STR("element")));
        view_text(&view, "name", element_name(of, value_text(value_get(event, STR("element")))));
        view_put(&view, "at", value_get(event, STR("at")));
        view_put(&view, "by", value_path(event, "by.name"));
        view_put(&view, "data", value_get(event, STR("data")));
        list_builder_push(&steps, view_done(&view));
    }
    *out = list_builder_done(&steps);
    return OK;
}

static enum status look(struct work *work, struct value line, struct value *out, struct error *err)
{
    static const char *const rated[][2] = {
        {"of", "case"}, {"rated_item", "item"}, {"rated_title", "item_title"}, {"grade", "grade"}, {"text", "text"}};
    struct case_id id;
    struct store_case row;
    struct work_case *of;
    struct value done, tasks;
    bool found;
    *out = line;
    if (!case_no_parse(value_text(value_get(line, STR("no"))), &id))
        return OK;
    if (store_case_find(work->tx, work->arena, id.region, id.id, &row, &found, err) != OK)
        return FAILED;
    if (!found)
        return OK;
    if (work_case_look(work, &row, &of, err) != OK || steps_done(work, of, &done, err) != OK ||
        case_tasks(work, of, &tasks, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, work->arena);
    for (size_t i = 0; i < COUNT_OF(rated); i++)
        view_put(&view, rated[i][0], value_get(work_case_get(of, "form"), str_of(rated[i][1])));
    view_put(&view, "reasons", work_case_get(of, "reasons"));
    view_put(&view, "done", done);
    view_put(&view, "tasks", tasks);
    *out = value_merge(work->arena, line, view_done(&view));
    return OK;
}

/* ---- The list ---- */

static enum status count_cases(struct work *work, int64_t item, enum store_group_of of, int64_t *out, struct error *err)
{
    struct store_page page = page_scope(work->call);
    struct division_range range = {page.division_from, page.division_to};
    int64_t *regions;
    size_t region_count = region_list(work->service, range, work->arena, &regions);
    *out = 0;
    for (size_t r = 0; r < region_count; r++) {
        struct store_case_group *groups;
        size_t count;
        page.region = regions[r];
        if (store_case_groups(work->tx, work->arena, &page, of, &groups, &count, err) != OK)
            return FAILED;
        for (size_t i = 0; i < count; i++)
            *out += groups[i].item == item ? groups[i].n : 0;
    }
    return OK;
}

static enum status list_command(struct work *work, void *arg, struct error *err)
{
    struct remedying *a = arg;
    struct list_builder items;
    int64_t all, open, item = service_item_id(work->service, a->item->code, a->item->version);
    list_builder_init(&items, work->arena);
    for (size_t i = 0; i < value_count(a->lines); i++) {
        struct value line;
        if (look(work, value_at(a->lines, i), &line, err) != OK)
            return FAILED;
        list_builder_push(&items, line);
    }
    if (count_cases(work, item, STORE_CASES_ALL, &all, err) != OK ||
        count_cases(work, item, STORE_CASES_RUNNING, &open, err) != OK)
        return FAILED;
    a->items = list_builder_done(&items);
    a->counts = context_set(work->arena, value_null, "all", value_int(all));
    a->counts = context_set(work->arena, a->counts, "open", value_int(open));
    return OK;
}

enum status service_remedy_list(const struct call *call, const struct service_remedy_query *query, struct value *out,
                                struct error *err)
{
    struct str code = query->item.len ? query->item : first_remedy(call->service->packs);
    struct service_case_query cases = {
        .item = code, .state = query->state, .limit = query->limit, .cursor = query->cursor};
    struct remedying a = {.item = pack_item_find(call->service->packs, code, instant_day(service_now(call->service)))};
    struct value page;
    if (call->actor->kind != ACTOR_STAFF && call->actor->kind != ACTOR_NOBODY)
        return error_set(err, ERROR_FORBIDDEN, "forbidden", "Ratings and remedies are shown to staff.");
    if (service_may(call, "case.read", err) != OK)
        return FAILED;
    if (!a.item) {
        error_set(err, ERROR_NOT_FOUND, "item-not-found", "There is no item in force that remedies bad ratings.");
        return error_field(err, "item");
    }
    if (service_case_list(call, &cases, &page, err) != OK)
        return FAILED;
    a.lines = value_get(page, STR("items"));
    if (work_read(call, list_command, &a, err) != OK)
        return FAILED;
    *out = context_set(call->arena, page, "items", a.items);
    *out = context_set(call->arena, *out, "counts", a.counts);
    return OK;
}
