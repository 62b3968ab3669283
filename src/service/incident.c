/* Incidents for people who mend them. */
#include "service/operate.h"

#include "service/page.h"

/* ---- Mending ---- */

enum status incident_mend(struct work_case *of, const struct incident_mending *mending, struct error *err)
{
    struct arena *arena = of->work->arena;
    if (mending->skip && mending->reason.len == 0) {
        error_set(err, ERROR_INVALID, "reason-missing", "Skipping needs a reason.");
        return error_field(err, "reason");
    }
    if (mending->reason.len > 4000) {
        error_set(err, ERROR_INVALID, "reason-missing", "A reason has at most 4,000 bytes.");
        return error_field(err, "reason");
    }
    struct view data;
    view_init(&data, arena);
    view_text(&data, "incident", key_text(arena, mending->key));
    view_text(&data, "reason", mending->reason);
    if (mending->variables.kind == VALUE_CONTEXT && value_count(mending->variables)) {
        struct list_builder names;
        list_builder_init(&names, arena);
        for (size_t i = 0; i < value_count(mending->variables); i++)
            list_builder_push(&names, value_string(mending->variables.context->members[i].key));
        view_put(&data, "variables", list_builder_done(&names));
        struct bpmn_command set = {
            .kind = BPMN_SET_VARIABLES, .key = mending->key, .variables = mending->variables};
        if (!mending->skip && engine_command(of, &set, err) != OK)
            return FAILED;
    }
    work_case_event(of, mending->skip ? "incident.skipped" : "incident.retried", view_done(&data));
    struct bpmn_command command = {.kind = mending->skip ? BPMN_SKIP : BPMN_RESOLVE_INCIDENT,
                                   .key = mending->key,
                                   .element_id = mending->flow.data ? mending->flow : STR(""),
                                   .message = mending->reason,
                                   .retries = 1,
                                   .variables = mending->skip ? mending->variables : value_null};
    return engine_command(of, &command, err);
}

struct mending {
    struct str key;
    const struct service_incident_mending *wanted;
    struct value view;
};

static enum status find_incident(struct work *work, struct str text, struct store_incident *row, struct error *err)
{
    bool found = false;
    int64_t key;
    if (key_parse(text, &key) && store_incident_find(work->tx, work->arena, key, row, &found, err) != OK)
        return FAILED;
    if (!found || !actor_sees_division(work->call, row->division, row->unit))
        return error_set(err, ERROR_NOT_FOUND, "incident-not-found", "There is no incident %.*s that you may see.",
                         STR_ARGS(text));
    if (row->resolved)
        return error_set(err, ERROR_CONFLICT, "incident-resolved", "The incident %.*s is resolved.", STR_ARGS(text));
    return OK;
}

/* The incident that the element has now, or null. */
static struct value incident_at(const struct work_case *of, int64_t element_key)
{
    struct value all = value_get(bpmn_instance_view(of->work->arena, of->instance), STR("incidents"));
    for (size_t i = 0; i < value_count(all); i++)
        if (value_int_or(value_get(value_at(all, i), STR("elementKey")), 0) == element_key)
            return value_get(value_at(all, i), STR("key"));
    return value_null;
}

static enum status mend_command(struct work *work, void *arg, struct error *err)
{
    struct mending *a = arg;
    struct store_incident row;
    struct work_case *of;
    if (find_incident(work, a->key, &row, err) != OK ||
        work_case_load(work, (struct case_id){store_key_region(row.id), row.case_id}, &of, err) != OK)
        return FAILED;
    struct incident_mending mending = {.key = row.id,
                                       .skip = a->wanted->skip,
                                       .reason = a->wanted->reason,
                                       .flow = a->wanted->flow,
                                       .variables = a->wanted->variables};
    if (incident_mend(of, &mending, err) != OK)
        return FAILED;
    struct value again = incident_at(of, row.element_key);
    struct view view;
    view_init(&view, work->arena);
    view_text(&view, "case", of->no);
    view_text(&view, "state", str_of(case_state_names[of->row.state]));
    view_flag(&view, "solved", value_is_null(again));
    view_text(&view, "incident",
              value_is_null(again) ? STR_NONE : key_text(work->arena, value_int_or(again, 0)));
    a->view = view_done(&view);
    return OK;
}

enum status service_incident_mend(const struct call *call, struct str key,
                                  const struct service_incident_mending *mending, struct value *out, struct error *err)
{
    struct mending arg = {.key = key, .wanted = mending};
    if (service_may(call, "incident.manage", err) != OK || work_run(call, mend_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}

/* ---- The list ---- */

struct listing {
    const struct service_incident_query *query;
    struct value view;
};

static enum status read_incidents(struct page *page, struct error *err)
{
    struct store_incident *rows;
    size_t count;
    if (store_incident_page(page->work->tx, page->work->arena, &page->scope, page->wanted, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++)
        page_push(page, (struct page_line){.id = rows[i].id, .case_id = rows[i].case_id, .row = &rows[i]});
    return OK;
}

static enum status incident_line(struct work *work, const struct store_incident *row, struct value *out,
                                 struct error *err)
{
    struct work_case *of;
    struct value body;
    struct view view;
    if (work_case_load(work, (struct case_id){store_key_region(row->id), row->case_id}, &of, err) != OK ||
        service_unseal(work->service, work->arena, key_text(work->arena, row->id), row->body, &body, err) != OK)
        return FAILED;
    view_init(&view, work->arena);
    view_text(&view, "id", key_text(work->arena, row->id));
    view_text(&view, "type", row->kind);
    view_put(&view, "message", value_get(body, STR("message")));
    view_time(&view, "since", row->created);
    page_put_case(&view, of);
    page_put_element(&view, of, row->element, row->element_key);
    if (row->job) {
        struct store_job job;
        bool found;
        if (store_job_find(work->tx, work->arena, row->job, &job, &found, err) != OK)
            return FAILED;
        view_text(&view, "job", key_text(work->arena, row->job));
        if (found)
            view_int(&view, "retries", job.retries);
    }
    *out = view_done(&view);
    return OK;
}

static enum status list_command(struct work *work, void *arg, struct error *err)
{
    struct listing *a = arg;
    struct store_incident_wanted wanted = {.process = a->query->process.len ? a->query->process : STR_NONE,
                                           .kind = a->query->kind.len ? a->query->kind : STR_NONE};
    struct page page = {.work = work, .wanted = &wanted};
    struct page_wanted place = {.limit = a->query->limit, .cursor = a->query->cursor};
    struct list_builder items;
    struct case_id id = {0};
    list_builder_init(&items, work->arena);
    if (a->query->no.len)
        wanted.case_id = case_no_parse(a->query->no, &id) ? id.id : -1;
    if (page_read(&page, &place, read_incidents, err) != OK)
        return FAILED;
    for (size_t i = 0; i < page.lines.count; i++) {
        struct value line;
        if (id.region && store_key_region(page.lines.items[i].id) != id.region)
            continue;
        if (incident_line(work, page.lines.items[i].row, &line, err) != OK)
            return FAILED;
        list_builder_push(&items, line);
    }
    a->view = page_view(&page, list_builder_done(&items));
    return OK;
}

enum status service_incident_list(const struct call *call, const struct service_incident_query *query,
                                  struct value *out, struct error *err)
{
    struct listing arg = {.query = query};
    if (service_may(call, "incident.manage", err) != OK || work_read(call, list_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}
