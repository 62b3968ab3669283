/* Timers, jobs and waiting exchanges as operators see them. */
#include "service/operate.h"

#include "service/exchange.h"
#include "service/page.h"
#include "service/process_rows.h"

struct asking {
    const struct service_job_list_query *jobs;
    bool narrow; /* only overdue timers, only failing exchanges */
    struct page_wanted place;
    struct value view;
};

static enum status load_line(struct work *work, const struct page_line *line, struct work_case **out, struct error *err)
{
    return work_case_load(work, (struct case_id){store_key_region(line->id), line->case_id}, out, err);
}

/* ---- Timers ---- */

static enum status read_timers(struct page *page, struct error *err)
{
    struct store_timer *rows;
    size_t count;
    if (store_timer_page(page->work->tx, page->work->arena, &page->scope, *(const int64_t *)page->wanted, &rows, &count,
                         err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++)
        page_push(page, (struct page_line){.due = rows[i].due, .id = rows[i].id, .case_id = rows[i].case_id});
    return OK;
}

/* The wait of that key among a list of waits, or null. */
static struct value wait_of(struct value waits, int64_t key)
{
    for (size_t i = 0; i < value_count(waits); i++)
        if (value_int_or(value_get(value_at(waits, i), STR("key")), 0) == key)
            return value_at(waits, i);
    return value_null;
}

static void put_timer_element(struct view *view, const struct work_case *of, int64_t key)
{
    struct value token = token_awaiting(of, key);
    struct value wait = wait_of(value_get(token, STR("waits")), key);
    if (value_is_null(token))
        wait = wait_of(value_get(bpmn_instance_view(of->work->arena, of->instance), STR("waits")), key);
    if (!value_is_null(wait))
        page_put_element(view, of, value_text(value_get(wait, STR("element"))),
                         value_int_or(value_get(token, STR("key")), 0));
}

static enum status show_timer(struct page *page, const struct page_line *line, struct value *out, struct error *err)
{
    struct work *work = page->work;
    struct work_case *of;
    struct view view;
    if (load_line(work, line, &of, err) != OK)
        return FAILED;
    view_init(&view, work->arena);
    view_text(&view, "id", key_text(work->arena, line->id));
    view_time(&view, "due", line->due);
    view_flag(&view, "overdue", line->due < work->now);
    page_put_case(&view, of);
    put_timer_element(&view, of, line->id);
    *out = view_done(&view);
    return OK;
}

static enum status timers_command(struct work *work, void *arg, struct error *err)
{
    struct asking *a = arg;
    int64_t before = a->narrow ? work->now : INT64_MAX;
    struct page page = {.work = work, .wanted = &before};
    return page_list(&page, &a->place, read_timers, show_timer, &a->view, err);
}

enum status service_timer_list(const struct call *call, bool overdue, int64_t limit, struct str cursor,
                               struct value *out, struct error *err)
{
    struct asking arg = {.narrow = overdue, .place = {.limit = limit, .cursor = cursor, .by_due = true}};
    if (service_may(call, "process.read", err) != OK || work_read(call, timers_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}

/* ---- Jobs ---- */

static const char *const job_states[] = {[STORE_JOB_ANY] = "",
                                         [STORE_JOB_SPENT] = "spent",
                                         [STORE_JOB_FREE] = "free",
                                         [STORE_JOB_TAKEN] = "taken",
                                         [STORE_JOB_LATER] = "later"};

static enum store_job_state job_state(const struct store_job *job, int64_t now)
{
    if (job->retries <= 0)
        return STORE_JOB_SPENT;
    if (job->due <= now)
        return STORE_JOB_FREE;
    return job->worker.data ? STORE_JOB_TAKEN : STORE_JOB_LATER;
}

static enum status read_jobs(struct page *page, struct error *err)
{
    struct store_job *rows;
    size_t count;
    if (store_job_page(page->work->tx, page->work->arena, &page->scope, page->wanted, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++)
        page_push(page, (struct page_line){.id = rows[i].id, .case_id = rows[i].case_id, .row = &rows[i]});
    return OK;
}

static enum status show_job(struct page *page, const struct page_line *line, struct value *out, struct error *err)
{
    struct work *work = page->work;
    const struct store_job *job = line->row;
    enum store_job_state state = job_state(job, work->now);
    struct work_case *of;
    struct view view;
    if (load_line(work, line, &of, err) != OK)
        return FAILED;
    struct value token = token_awaiting(of, job->id);
    view_init(&view, work->arena);
    view_text(&view, "id", key_text(work->arena, job->id));
    view_text(&view, "type", job->type);
    view_text(&view, "state", str_of(job_states[state]));
    view_int(&view, "retries", job->retries);
    if (state == STORE_JOB_TAKEN) {
        view_text(&view, "worker", job->worker);
        view_time(&view, "deadline", job->due);
    }
    if (state == STORE_JOB_LATER)
        view_time(&view, "due", job->due);
    page_put_case(&view, of);
    if (!value_is_null(token))
        page_put_element(&view, of, value_text(value_get(token, STR("element"))),
                         value_int_or(value_get(token, STR("key")), 0));
    *out = view_done(&view);
    return OK;
}

static enum status jobs_command(struct work *work, void *arg, struct error *err)
{
    struct asking *a = arg;
    int64_t state = name_index(job_states, COUNT_OF(job_states), a->jobs->state);
    if (state < 0) {
        error_set(err, ERROR_INVALID, "filter-invalid", "%.*s is no state of a job.", STR_ARGS(a->jobs->state));
        error_field(err, "state");
        return error_hint(err, "States are free, taken, later and spent.");
    }
    struct store_job_wanted wanted = {.state = (enum store_job_state)state,
                                      .type = a->jobs->type.len ? a->jobs->type : STR_NONE,
                                      .now = work->now};
    struct page page = {.work = work, .wanted = &wanted};
    return page_list(&page, &a->place, read_jobs, show_job, &a->view, err);
}

enum status service_job_list(const struct call *call, const struct service_job_list_query *query, struct value *out,
                             struct error *err)
{
    struct asking arg = {.jobs = query, .place = {.limit = query->limit, .cursor = query->cursor}};
    if (service_may(call, "process.read", err) != OK || work_read(call, jobs_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}

struct giving {
    struct str id;
    int64_t retries;
};

static enum status retries_command(struct work *work, void *arg, struct error *err)
{
    const struct giving *a = arg;
    struct store_job row = {0};
    struct work_case *of = NULL;
    bool found = false;
    int64_t key;
    if (key_parse(a->id, &key) && store_job_find(work->tx, work->arena, key, &row, &found, err) != OK)
        return FAILED;
    if (found && work_case_load(work, (struct case_id){store_key_region(row.id), row.case_id}, &of, err) != OK)
        return FAILED;
    if (!found || !actor_sees_division(work->call, of->row.division, of->row.unit))
        return error_set(err, ERROR_NOT_FOUND, "job-not-found", "There is no open job %.*s that you may see.",
                         STR_ARGS(a->id));
    struct value data = context_set(work->arena, value_null, "job", value_string(a->id));
    data = context_set(work->arena, data, "job_type", value_string(row.type));
    work_case_event(of, "job.retries", context_set(work->arena, data, "retries", value_int(a->retries)));
    struct value incident = value_get(token_awaiting(of, row.id), STR("incident"));
    struct bpmn_command command = {.kind = BPMN_UPDATE_JOB, .key = row.id, .retries = (int32_t)a->retries};
    if (!value_is_null(incident)) {
        command.kind = BPMN_RESOLVE_INCIDENT;
        command.key = value_int_or(value_get(incident, STR("key")), 0);
    }
    if (engine_command(of, &command, err) != OK)
        return FAILED;
    if (command.kind == BPMN_UPDATE_JOB) {
        /* The engine has set it free: whoever holds it keeps it. */
        row.retries = a->retries;
        work_change(work, CHANGE_JOB_UPDATE, work_row(work, &row, sizeof row));
    }
    return OK;
}

enum status service_job_retries(const struct call *call, struct str id, int64_t retries, struct error *err)
{
    struct giving arg = {.id = id, .retries = retries};
    if (service_may(call, "process.operate", err) != OK)
        return FAILED;
    if (retries < 1 || retries > 1000) {
        error_set(err, ERROR_INVALID, "retries-invalid", "A job gets 1 to 1,000 tries.");
        return error_field(err, "retries");
    }
    return work_run(call, retries_command, &arg, err);
}

/* ---- Exchanges that wait ---- */

static enum status read_exchanges(struct page *page, struct error *err)
{
    struct store_outbox *rows;
    size_t count;
    if (store_outbox_page(page->work->tx, page->work->arena, &page->scope, *(const bool *)page->wanted, &rows, &count,
                          err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++)
        page_push(page, (struct page_line){.id = rows[i].id, .case_id = rows[i].case_id, .row = &rows[i]});
    return OK;
}

static enum status show_exchange(struct page *page, const struct page_line *line, struct value *out, struct error *err)
{
    struct work *work = page->work;
    const struct store_outbox *row = line->row;
    const struct pack_exchange *exchange = pack_exchange_find(service_packs(work->service), row->exchange);
    struct view view;
    view_init(&view, work->arena);
    view_text(&view, "id", key_text(work->arena, row->id));
    view_text(&view, "exchange", row->exchange);
    view_text(&view, "agency", exchange ? exchange->agency : STR_NONE);
    view_text(&view, "title", exchange ? exchange->title : STR_NONE);
    view_text(&view, "case", case_no(work->arena, (struct case_id){row->region, row->case_id}));
    bool aside = row->due == STORE_OUTBOX_ASIDE;
    view_text(&view, "state", aside ? STR("no-address") : row->attempts ? STR("failing") : STR("waiting"));
    view_time(&view, "due", aside ? 0 : row->due);
    view_int(&view, "attempts", row->attempts);
    (void)err;
    *out = view_done(&view);
    return OK;
}

static enum status outbox_command(struct work *work, void *arg, struct error *err)
{
    struct asking *a = arg;
    struct store_outbox_totals totals = {0};
    struct page page = {.work = work, .wanted = &a->narrow};
    if (store_outbox_total(work->tx, &totals, err) != OK ||
        page_list(&page, &a->place, read_exchanges, show_exchange, &a->view, err) != OK)
        return FAILED;
    a->view = context_set(work->arena, a->view, "waiting", value_int(totals.waiting));
    a->view = context_set(work->arena, a->view, "failing", value_int(totals.failing));
    a->view = context_set(work->arena, a->view, "no_address", value_int(totals.aside));
    return OK;
}

enum status service_outbox_list(const struct call *call, bool failing, int64_t limit, struct str cursor,
                                struct value *out, struct error *err)
{
    struct asking arg = {.narrow = failing, .place = {.limit = limit, .cursor = cursor}};
    if (service_may(call, "exchange.manage", err) != OK || work_read(call, outbox_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}
