/* Jobs for outside workers, and messages. */
#include "service/job.h"

#include "clock/instant.h"
#include "feel/json.h"
#include "service/process_rows.h"

/* ---- Taking jobs ---- */

struct activating {
    const struct call *call;
    const struct service_job_query *query;
    int64_t now, lock_ms;
    struct store_job *jobs;
    size_t count;
    int64_t next; /* when another may be taken, if there was none */
    struct value view;
};

static enum status take_jobs(struct db_tx *tx, void *arg, struct error *err)
{
    struct activating *a = arg;
    int64_t *regions;
    struct arena *arena = a->call->arena;
    size_t region_count = region_list(a->call->service, (struct division_range){0, INT64_MAX}, arena, &regions);
    a->count = 0;
    for (size_t r = 0; r < region_count && (int64_t)a->count < a->query->limit; r++) {
        struct store_job *rows;
        size_t count;
        if (store_job_free(tx, arena, regions[r], a->query->type, a->now, a->query->limit - (int64_t)a->count, &rows,
                           &count, err) != OK)
            return FAILED;
        for (size_t i = 0; i < count; i++) {
            rows[i].due = a->now + a->lock_ms;
            rows[i].worker = a->query->worker.len ? a->query->worker : STR("worker");
            if (store_job_update(tx, &rows[i], err) != OK)
                return FAILED;
            a->jobs[a->count++] = rows[i];
        }
    }
    a->next = INT64_MAX;
    for (size_t r = 0; r < region_count && a->count == 0; r++) {
        int64_t due;
        if (store_job_next(tx, regions[r], a->query->type, &due, err) != OK)
            return FAILED;
        a->next = due < a->next ? due : a->next;
    }
    return OK;
}

static struct value headers_of(struct arena *arena, const struct bpmn_instance *instance, int64_t job)
{
    struct view view;
    struct bpmn_pairs headers = bpmn_instance_job_headers(arena, instance, job);
    view_init(&view, arena);
    for (size_t i = 0; i < headers.count; i++)
        context_builder_put(&view.members, headers.items[i].name, value_string(headers.items[i].value));
    return view_done(&view);
}

static enum status describe_jobs(struct work *work, void *arg, struct error *err)
{
    struct activating *a = arg;
    struct list_builder items;
    list_builder_init(&items, work->arena);
    for (size_t i = 0; i < a->count; i++) {
        const struct store_job *job = &a->jobs[i];
        struct work_case *of;
        if (work_case_load(work, (struct case_id){store_key_region(job->id), job->case_id}, &of, err) != OK)
            return FAILED;
        struct value token = token_awaiting(of, job->id);
        struct str element = value_text(value_get(token, STR("element")));
        const struct bpmn_process *process = bpmn_instance_process_at(of->instance, job->id);
        const struct store_definition *definition;
        if (!process)
            process = bpmn_instance_process(of->instance);
        if (process_definition(of, process, &definition, err) != OK)
            return FAILED;
        struct view view;
        view_init(&view, work->arena);
        view_text(&view, "id", key_text(work->arena, job->id));
        view_text(&view, "type", job->type);
        view_text(&view, "case", of->no);
        view_text(&view, "item", of->item->code);
        view_text(&view, "element", element);
        view_put(&view, "element_key", value_get(token, STR("key")));
        view_text(&view, "process", bpmn_process_info(process)->id);
        view_int(&view, "process_version", definition->id ? definition->version : 1);
        view_text(&view, "definition", definition->id ? key_text(work->arena, definition->id) : STR_NONE);
        view_text(&view, "instance", key_text(work->arena, bpmn_instance_key(of->instance)));
        view_put(&view, "tags", work_case_get(of, "tags"));
        if (str_equal(value_text(value_get(token, STR("state"))), STR("listening")))
            view_flag(&view, "listener", true);
        else if (str_equal(value_text(value_get(token, STR("type"))), STR("adHocSubProcess")))
            view_flag(&view, "ad_hoc", true);
        view_put(&view, "listening", value_get(token, STR("listening")));
        view_int(&view, "retries", job->retries);
        view_time(&view, "deadline", job->due);
        view_text(&view, "worker", job->worker);
        view_put(&view, "headers", headers_of(work->arena, of->instance, job->id));
        view_put(
            &view, "variables",
            context_only(work->arena, bpmn_instance_variables(work->arena, of->instance, job->id), a->query->fetch));
        list_builder_push(&items, view_done(&view));
    }
    a->view = list_builder_done(&items);
    return OK;
}

enum status service_job_activate(const struct call *call, const struct service_job_query *query, struct value *out,
                                 struct error *err)
{
    if (service_may(call, "job.work", err) != OK)
        return FAILED;
    if (query->type.len == 0 || query->limit < 1 || query->limit > 1000)
        return error_set(err, ERROR_INVALID, "job-query-invalid", "Name a job type and take 1 to 1,000 jobs.");
    struct activating arg = {.call = call,
                             .query = query,
                             .now = service_now(call->service),
                             .lock_ms = limit_between(query->lock_ms, CLOCK_MINUTE_MS, CLOCK_DAY_MS)};
    arg.jobs = arena_array(call->arena, struct store_job, (size_t)query->limit);
    if (db_write(call->service->db, take_jobs, &arg, err) != OK || work_read(call, describe_jobs, &arg, err) != OK)
        return FAILED;
    const struct service_listener *listener = &call->service->listener;
    if (arg.count == 0 && arg.next < INT64_MAX && listener->heard)
        listener->heard(listener->state, SERVICE_JOB_FREE, query->type, arg.next);
    *out = arg.view;
    return OK;
}

/* ---- Answering ---- */

struct answering {
    struct str id;
    struct bpmn_command command;
    bool gone; /* the row goes with it */
    const struct service_job_failure *failure;
    int64_t retries, lock_ms;
};

static enum status no_job(struct str id, struct error *err)
{
    error_set(err, ERROR_NOT_FOUND, "job-not-found", "There is no open job %.*s.", STR_ARGS(id));
    return error_hint(err, "It may be done, or its case may have moved on.");
}

static enum status load_job(struct work *work, struct str id, struct store_job *row, struct error *err)
{
    int64_t key;
    bool found = false;
    if (key_parse(id, &key) && store_job_find(work->tx, work->arena, key, row, &found, err) != OK)
        return FAILED;
    return found ? OK : no_job(id, err);
}

static enum status answer_command(struct work *work, void *arg, struct error *err)
{
    struct answering *a = arg;
    struct store_job row;
    struct work_case *of;
    if (load_job(work, a->id, &row, err) != OK ||
        work_case_load(work, (struct case_id){store_key_region(row.id), row.case_id}, &of, err) != OK)
        return FAILED;
    struct bpmn_command command = a->command;
    command.key = row.id;
    if (a->gone)
        work_change(work, CHANGE_JOB_DELETE, work_row(work, &row, sizeof row));
    struct value data = context_set(work->arena, value_null, "job", value_string(a->id));
    data = context_set(work->arena, data, "job_type", value_string(row.type));
    if (command.message.len)
        data = context_set(work->arena, data, "message", value_string(command.message));
    work_case_event(of,
                    command.kind == BPMN_COMPLETE_JOB ? "job.completed"
                    : command.kind == BPMN_FAIL_JOB   ? "job.failed"
                                                      : "job.error",
                    data);
    return engine_command(of, &command, err);
}

static enum status answer(const struct call *call, struct answering *a, struct error *err)
{
    if (service_may(call, "job.work", err) != OK || work_run(call, answer_command, a, err) != OK)
        return FAILED;
    service_count(call->service, METRIC_JOBS_COMPLETED, a->gone);
    return OK;
}

enum status service_job_complete(const struct call *call, struct str id, struct value variables, struct error *err)
{
    return service_job_answer(call, id, variables, value_null, err);
}

enum status service_job_answer(const struct call *call, struct str id, struct value variables, struct value result,
                               struct error *err)
{
    struct answering a = {
        .id = id, .command = {.kind = BPMN_COMPLETE_JOB, .variables = variables, .value = result}, .gone = true};
    return answer(call, &a, err);
}

enum status service_job_fail(const struct call *call, struct str id, const struct service_job_failure *failure,
                             struct error *err)
{
    if (failure->retries < 0 || failure->retries > INT32_MAX || failure->back_off_ms < 0)
        return error_set(err, ERROR_INVALID, "job-failure-invalid", "Retries and back-off are not negative.");
    struct answering a = {.id = id,
                          .command = {.kind = BPMN_FAIL_JOB,
                                      .retries = (int32_t)failure->retries,
                                      .back_off_ms = failure->back_off_ms,
                                      .message = failure->message,
                                      .variables = failure->variables}};
    return answer(call, &a, err);
}

enum status service_job_error(const struct call *call, struct str id, struct str code, struct str message,
                              struct value variables, struct error *err)
{
    struct answering a = {
        .id = id,
        .command = {.kind = BPMN_THROW_ERROR, .code = code, .message = message, .variables = variables},
        .gone = true};
    return answer(call, &a, err);
}

static enum status update_command(struct work *work, void *arg, struct error *err)
{
    struct answering *a = arg;
    struct store_job row;
    struct work_case *of;
    if (load_job(work, a->id, &row, err) != OK)
        return FAILED;
    struct bpmn_command command = {.kind = BPMN_UPDATE_JOB, .key = row.id, .retries = (int32_t)a->retries};
    if (a->retries >= 0 &&
        (work_case_load(work, (struct case_id){store_key_region(row.id), row.case_id}, &of, err) != OK ||
         engine_command(of, &command, err) != OK))
        return FAILED;
    /* The engine has set the job free: whoever holds it keeps it. */
    row.retries = a->retries >= 0 ? a->retries : row.retries;
    row.due = a->lock_ms > 0 ? work->now + a->lock_ms : row.due;
    work_change(work, CHANGE_JOB_UPDATE, work_row(work, &row, sizeof row));
    return OK;
}

enum status service_job_update(const struct call *call, struct str id, int64_t retries, int64_t lock_ms,
                               struct error *err)
{
    struct answering a = {.id = id, .retries = retries > INT32_MAX ? INT32_MAX : retries, .lock_ms = lock_ms};
    if (service_may(call, "job.work", err) != OK)
        return FAILED;
    return work_run(call, update_command, &a, err);
}

/* ---- Messages ---- */

struct publishing {
    const struct service_message *message;
    int64_t delivered;
    int64_t key;
    int64_t instance; /* the first that took it */
    bool buffered;
    bool known; /* a message with its id is kept already */
};

static enum status keep(struct work *work, struct publishing *a, struct str name, struct error *err)
{
    struct store_message *row = arena_new(work->arena, struct store_message);
    row->id = a->key;
    row->name = name;
    row->expires = work->now + a->message->ttl_ms;
    row->at = work->now;
    if (a->message->id.len)
        row->message_id = service_index(work->service, work->arena, "message-id", a->message->id);
    if (row->message_id.data && store_message_known(work->tx, store_key_region(row->id), row->message_id, work->now,
                                                    &a->known, err) != OK)
        return FAILED;
    if (a->known)
        return OK;
    row->body = service_seal(work->service, work->arena, key_text(work->arena, row->id),
                             value_is_null(a->message->variables) ? empty_context(work->arena) : a->message->variables);
    work_change(work, CHANGE_MESSAGE_INSERT, row);
    a->buffered = true;
    return OK;
}

static void took(struct publishing *a, const struct work_case *of)
{
    if (a->delivered++ == 0)
        a->instance = bpmn_instance_key(of->instance);
}

static enum status nobody_waits(const struct service_message *message, struct error *err)
{
    error_set(err, ERROR_NOT_FOUND, "message-not-correlated", "Nothing waits for the message %.*s with the key '%.*s'.",
              STR_ARGS(message->name), STR_ARGS(message->correlation_key));
    return error_hint(err, "Publish it with a time to live to have it wait.");
}

static struct value published_view(struct arena *arena, const struct publishing *a)
{
    struct view view;
    view_init(&view, arena);
    view_int(&view, "delivered", a->delivered);
    view_flag(&view, "buffered", a->buffered);
    if (a->known)
        view_flag(&view, "known", true);
    view_text(&view, "key", key_text(arena, a->key));
    view_text(&view, "instance", a->instance ? key_text(arena, a->instance) : STR_NONE);
    return view_done(&view);
}

static enum status publish(struct work *work, struct publishing *a, struct error *err)
{
    struct store_subscription *rows;
    size_t count;
    struct str last = STR_NONE;
    struct str name =
        subscription_name(work->service, work->arena, "message", a->message->name, a->message->correlation_key);
    a->delivered = a->instance = 0;
    a->buffered = a->known = false;
    if (work_key(work, actor_region(work->call), &a->key, err) != OK ||
        store_subscription_list(work->tx, work->arena, name, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++) {
        struct work_case *of;
        if (last.data && str_equal(last, rows[i].process))
            continue;
        if (work_case_load(work, (struct case_id){store_key_region(rows[i].id), rows[i].case_id}, &of, err) != OK)
            return FAILED;
        struct bpmn_command command = {.kind = BPMN_CORRELATE, .key = rows[i].id, .variables = a->message->variables};
        work_case_event(of, "message.received",
                        context_set(work->arena, value_null, "name", value_string(a->message->name)));
        struct error problem = ERROR_INIT;
        if (engine_command(of, &command, &problem) != OK) {
            if (!str_equal(str_of(problem.type), STR("message-not-expected")) &&
                !str_equal(str_of(problem.type), STR("instance-ended"))) {
                *err = problem;
                return FAILED;
            }
            /* What the case did with this message just now has ended the wait. */
            of->events.items.count--;
            continue;
        }
        last = rows[i].process;
        took(a, of);
    }
    struct process_trigger start = {.event = BPMN_EVENT_MESSAGE,
                                    .name = a->message->name,
                                    .key = a->message->correlation_key,
                                    .variables = a->message->variables,
                                    .not_process = last};
    struct work_case *started;
    if (process_triggered(work, &start, &started, err) != OK)
        return FAILED;
    if (started)
        took(a, started);
    if (a->delivered == 0 && a->message->at_once)
        return nobody_waits(a->message, err);
    return a->delivered == 0 && a->message->ttl_ms > 0 ? keep(work, a, name, err) : OK;
}

static enum status publish_command(struct work *work, void *arg, struct error *err)
{
    struct publishing *a = arg;
    if (publish(work, a, err) != OK)
        return FAILED;
    work->answer = published_view(work->arena, a);
    return OK;
}

static struct value publish_request(const struct call *call, const struct service_message *message)
{
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "name", message->name);
    view_text(&view, "key", message->correlation_key);
    view_text(&view, "id", message->id);
    view_int(&view, "ttl_ms", message->ttl_ms);
    view_put(&view, "variables", message->variables);
    return view_done(&view);
}

enum status service_message_publish(const struct call *call, const struct service_message *message, struct value *out,
                                    struct error *err)
{
    struct publishing arg = {.message = message};
    if (service_may(call, "message.publish", err) != OK)
        return FAILED;
    if (message->name.len == 0 || message->name.len > 200 || message->correlation_key.len > 500 ||
        message->ttl_ms < 0 || message->ttl_ms > 400 * CLOCK_DAY_MS)
        return error_set(err, ERROR_INVALID, "message-invalid",
                         "A message has a name, a key of at most 500 bytes and a time to live of at most 400 days.");
    struct error problem = ERROR_INIT;
    struct work_request request = {"message", publish_request(call, message)};
    if (work_run_once(call, &request, publish_command, &arg, out, &problem) != OK) {
        /* A message id that is kept already: the second one is dropped. */
        if (!(message->id.len && str_equal(str_of(problem.type), STR("busy")))) {
            *err = problem;
            return FAILED;
        }
        arg.buffered = false;
        *out = published_view(call->arena, &arg);
    }
    service_count(call->service, METRIC_MESSAGES, 1);
    return OK;
}
