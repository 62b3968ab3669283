/* Worklists of cases. */
#include "service/case.h"

#include "clock/instant.h"
#include "service/item_state.h"
#include "service/limits.h"
#include "service/page.h"
#include "service/task_store.h"

#include <stdlib.h>

struct listing {
    const struct service_case_query *query;
    struct value view;
};

static int newest_first(const void *a, const void *b)
{
    const struct case_id *x = a, *y = b;
    if (x->id != y->id)
        return x->id > y->id ? -1 : 1;
    return x->region > y->region ? -1 : x->region < y->region;
}

/* Of all the regions. */
static enum status read_keys(struct work *work, const struct store_case_filter *wanted, struct case_id **out,
                             size_t *count, struct error *err)
{
    VECTOR(struct case_id) all = {0};
    int64_t *regions;
    struct store_case_filter filter = *wanted;
    struct division_range range = {filter.division_from, filter.division_to};
    size_t region_count = region_list(work->service, range, work->arena, &regions);
    for (size_t r = 0; r < region_count; r++) {
        int64_t *ids;
        size_t found;
        filter.region = regions[r];
        if (store_case_keys(work->tx, work->arena, &filter, &ids, &found, err) != OK)
            return FAILED;
        for (size_t i = 0; i < found; i++)
            VECTOR_PUSH(work->arena, &all, ((struct case_id){regions[r], ids[i]}));
    }
    if (all.count)
        qsort(all.items, all.count, sizeof *all.items, newest_first);
    *out = all.items;
    *count = all.count;
    return OK;
}

enum status case_rows(struct work *work, const struct store_case_filter *wanted, struct store_case **out, size_t *count,
                      struct error *err)
{
    struct case_id *keys;
    size_t key_count;
    if (read_keys(work, wanted, &keys, &key_count, err) != OK)
        return FAILED;
    size_t n = key_count < (size_t)wanted->limit ? key_count : (size_t)wanted->limit;
    /* Cases of one day in two regions may have one id: a page never ends between them. */
    while (n > 0 && n < key_count && keys[n].id == keys[n - 1].id)
        n++;
    struct store_case *rows = arena_array(work->arena, struct store_case, n);
    for (size_t i = 0; i < n; i++) {
        bool found;
        if (store_case_find(work->tx, work->arena, keys[i].region, keys[i].id, &rows[i], &found, err) != OK)
            return FAILED;
        CHECK(found); /* one snapshot has the key and the row */
    }
    *out = rows;
    *count = n;
    return OK;
}

struct value case_line(struct work *work, const struct work_case *of)
{
    struct arena *arena = work->arena;
    struct view view;
    view_init(&view, arena);
    view_text(&view, "no", of->no);
    view_text(&view, "item", of->item->code);
    view_text(&view, "item_title", of->item->title);
    view_text(&view, "title", service_mask(arena, value_text(value_get(of->body, STR("title")))));
    view_text(&view, "state", str_of(case_state_names[of->row.state]));
    if (of->row.outcome)
        view_text(&view, "outcome", str_of(case_outcome_names[of->row.outcome]));
    view_text(&view, "region", division_text(arena, of->row.division));
    view_time(&view, "opened", of->row.opened);
    view_time(&view, "deadline", of->row.deadline);
    view_time(&view, "closed", of->row.closed);
    view_text(&view, "light", limits_light(of));
    view_put(&view, "left", limits_left(of));
    return view_done(&view);
}

static enum status unknown_word(const char *field, struct str word, struct error *err)
{
    error_set(err, ERROR_INVALID, "filter-invalid", "%.*s is no %s.", STR_ARGS(word), field);
    return error_field(err, "%s", field);
}

static enum status read_states(const struct service_case_query *query, struct store_case_filter *filter,
                               struct error *err)
{
    filter->state = -1;
    filter->open_only = str_equal(query->state, STR("open"));
    if (query->state.len == 0 || filter->open_only)
        return OK;
    filter->state = name_index(case_state_names, CASE_STATE_COUNT, query->state);
    if (filter->state < 0)
        return unknown_word("state", query->state, err);
    filter->open_only = filter->state != CASE_CLOSED;
    return OK;
}

static void narrow(struct store_case_filter *filter, struct division_range range)
{
    filter->division_from = range.from > filter->division_from ? range.from : filter->division_from;
    filter->division_to = range.to < filter->division_to ? range.to : filter->division_to;
}

/* The actor's scope and the wishes of the query as one filter. */
static enum status make_filter(struct work *work, const struct service_case_query *query,
                               struct store_case_filter *filter, struct error *err)
{
    const struct call *call = work->call;
    struct actor_scope scope = actor_scope(call);
    struct str mine = actor_index(call);
    *filter = (struct store_case_filter){.division_from = scope.divisions.from,
                                         .division_to = scope.divisions.to,
                                         .unit = scope.unit,
                                         .limit = limit_between(query->limit, 50, 200)};
    if (read_states(query, filter, err) != OK)
        return FAILED;
    if (query->region.len)
        narrow(filter, division_range(query->region));
    if (query->item.len) {
        const struct pack_item *item = pack_item_find(work->service->packs, query->item, instant_day(work->now));
        filter->item = item ? service_item_id(work->service, item->code, item->version) : -1;
        filter->item_versions = item_has_versions(work->service, query->item);
    }
    struct str id = query->party.len ? query->party : query->text;
    if (id.len)
        filter->party = filter->applicant = party_index(work->service, work->arena, id);
    if (scope.own || query->mine) {
        filter->applicant = mine.data ? mine : STR("nobody");
        filter->party = call->actor->kind == ACTOR_STAFF ? STR_NONE : filter->applicant;
        filter->division_from = 0;
        filter->division_to = INT64_MAX;
        filter->unit = STR_NONE;
    }
    return service_cursor(query->cursor, &filter->before_id, err);
}

static enum status one_by_number(struct work *work, struct case_id id, struct value *out, struct error *err)
{
    struct store_case row;
    bool found;
    struct list_builder items;
    struct work_case *of;
    list_builder_init(&items, work->arena);
    if (store_case_find(work->tx, work->arena, id.region, id.id, &row, &found, err) != OK)
        return FAILED;
    if (found && actor_sees_case(work->call, &row)) {
        if (work_case_look(work, &row, &of, err) != OK)
            return FAILED;
        list_builder_push(&items, case_line(work, of));
    }
    *out = context_set(work->arena, value_null, "items", list_builder_done(&items));
    return OK;
}

static enum status list_command(struct work *work, void *arg, struct error *err)
{
    struct listing *a = arg;
    struct store_case_filter filter;
    struct case_id id;
    if (a->query->text.len && case_no_parse(a->query->text, &id))
        return one_by_number(work, id, &a->view, err);
    if (make_filter(work, a->query, &filter, err) != OK)
        return FAILED;
    struct store_case *rows;
    size_t count;
    if (case_rows(work, &filter, &rows, &count, err) != OK)
        return FAILED;
    struct list_builder items;
    list_builder_init(&items, work->arena);
    for (size_t i = 0; i < count; i++) {
        struct work_case *of;
        if (work->call->actor->acting && !actor_sees_case(work->call, &rows[i]))
            continue;
        if (work_case_look(work, &rows[i], &of, err) != OK)
            return FAILED;
        list_builder_push(&items, case_line(work, of));
    }
    struct view view;
    view_init(&view, work->arena);
    view_put(&view, "items", list_builder_done(&items));
    if (count >= (size_t)filter.limit)
        view_text(&view, "next", key_text(work->arena, rows[count - 1].id));
    a->view = view_done(&view);
    return OK;
}

enum status service_case_list(const struct call *call, const struct service_case_query *query, struct value *out,
                              struct error *err)
{
    struct listing arg = {.query = query};
    if (service_may(call, "case.read", err) != OK || work_read(call, list_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}
