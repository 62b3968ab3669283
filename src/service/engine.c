/* Drives a case's process: gives commands to bpmn_step and carries out what it asks for, until nothing moves. Decisions
 * are evaluated and built-in jobs done at once, so that a case without waiting ends in the same transaction. */
#include "service/builtin.h"

#include "service/case_open.h"
#include "service/decision.h"
#include "service/deployed.h"

#include <string.h>

#define COMMANDS_MAX 10000 /* given to one process in one work: a loop through built-in jobs ends here */

/* ---- Environment ---- */

static int64_t next_key(void *host)
{
    struct work_case *of = host;
    struct error err = ERROR_INIT;
    int64_t key;
    if (work_key(of->work, of->row.region, &key, &err) == OK)
        return key;
    /* The block has run dry: this attempt is thrown away, so any key that is not used twice in it will do. */
    return (of->row.region << STORE_KEY_BITS) + --of->work->spare_key;
}

/* A deployed process, by the version it is stored under or by binding. What cannot be read is told at the end of the
 * step. */
static const struct bpmn_process *deployed_process(struct work_case *of, const struct bpmn_process_wanted *wanted)
{
    struct work *work = of->work;
    const struct deployed *found = NULL;
    enum status status;
    if (of->deployed && of->deployed->row.model == wanted->version) {
        const struct bpmn_process *own = bpmn_model_find(of->deployed->model->bpmn, wanted->process_id);
        if (own)
            return own;
    }
    if (!work->tx)
        return NULL;
    if (wanted->version) {
        struct store_definition_wanted exact = {
            .kind = STORE_PROCESS, .name = wanted->process_id, .model = wanted->version};
        status = deployed_find(work->service, work->tx, &exact, &found, &work->failure);
    } else {
        struct deployed_wanted bound = {.kind = STORE_PROCESS,
                                        .name = wanted->process_id,
                                        .binding = wanted->binding,
                                        .version_tag = wanted->version_tag,
                                        .from = of->deployed};
        status = deployed_bound(work->service, work->tx, &bound, &found, &work->failure);
    }
    work->lost = work->lost || status != OK;
    return found ? found->process : NULL;
}

static const struct bpmn_process *find_process(void *host, const struct bpmn_process_wanted *wanted)
{
    struct work_case *of = host;
    const struct bpmn_process *deployed = of->deployed ? deployed_process(of, wanted) : NULL;
    if (deployed)
        return deployed;
    const struct pack_process *found = pack_process_find(of->packs, wanted->process_id);
    return found ? found->process : of->deployed ? NULL : deployed_process(of, wanted);
}

void engine_env(struct work_case *self, struct bpmn_env *out)
{
    *out = (struct bpmn_env){.now_ms = self->work->now,
                             .feel = service_feel(self->work->service, self->work->arena, self->packs, self->work->now),
                             .host = self,
                             .next_key = next_key,
                             .find_process = find_process};
}

/* ---- Effects ---- */

typedef enum status effect_function(struct work_case *of, const struct bpmn_effect *effect, struct error *err);

static enum status step(struct work_case *of, const struct bpmn_command *command, struct error *err)
{
    struct bpmn_env env;
    engine_env(of, &env);
    if (++of->commands > COMMANDS_MAX)
        return error_set(err, ERROR_LIMIT, "process-loop", "The process of case %.*s goes round without waiting.",
                         STR_ARGS(of->no));
    of->touched = true;
    if (bpmn_step(of->instance, command, &env, &of->effects, err) != OK)
        return FAILED;
    return work_lost(of->work, err) ? FAILED : OK;
}

static struct value element_value(struct work_case *of, const struct bpmn_effect *effect)
{
    return context_set(of->work->arena, value_null, "element", value_string(effect->element_id));
}

/* A built-in that refuses leaves nothing behind. */
struct mark {
    size_t changes, cases, certificates, events;
    struct value body;
    struct store_case row;
};

static struct mark mark_set(const struct work_case *of)
{
    return (struct mark){.changes = of->work->changes.count,
                         .cases = of->work->cases.count,
                         .certificates = of->work->certificates.count,
                         .events = of->events.items.count,
                         .body = of->body,
                         .row = of->row};
}

static void mark_back(struct work_case *of, const struct mark *mark)
{
    of->work->changes.count = mark->changes;
    of->work->cases.count = mark->cases;
    of->work->certificates.count = mark->certificates;
    of->events.items.count = mark->events;
    of->body = mark->body;
    of->row = mark->row;
}

static enum status job_created(struct work_case *of, const struct bpmn_effect *effect, struct error *err)
{
    struct work *work = of->work;
    const struct builtin *builtin = builtin_job(effect->job.type);
    if (!builtin) {
        work_change(work, CHANGE_JOB_INSERT,
                    WORK_ROW(work, store_job, .id = effect->key, .case_id = of->row.id,
                             .due = effect->job.due_ms ? effect->job.due_ms : work->now, .retries = effect->job.retries,
                             .type = effect->job.type));
        return OK;
    }
    struct builtin_call call = {
        .of = of, .key = effect->key, .element_id = effect->element_id, .in = effect->job.variables, .out = value_null};
    struct error problem = ERROR_INIT;
    struct mark before = mark_set(of);
    if (builtin->run(&call, &problem) != OK) {
        if (work->number_wanted[0] || problem.kind == ERROR_INTERNAL || problem.kind == ERROR_UNAVAILABLE) {
            *err = problem;
            return FAILED;
        }
        mark_back(of, &before);
        struct bpmn_command command = {.kind = BPMN_THROW_ERROR,
                                       .key = effect->key,
                                       .code = arena_str(work->arena, str_of(problem.type)),
                                       .message = arena_str(work->arena, str_of(problem.message))};
        return step(of, &command, err);
    }
    if (call.waits)
        return OK;
    /* Task listeners bring no variables. */
    bool answers = bpmn_instance_task_changing(of->instance, effect->key) != NULL;
    struct bpmn_command command = {
        .kind = BPMN_COMPLETE_JOB, .key = effect->key, .variables = answers ? value_null : call.out};
    return step(of, &command, err);
}

static enum status job_updated(struct work_case *of, const struct bpmn_effect *effect, struct error *err)
{
    (void)err;
    if (builtin_job(effect->job.type)) {
        /* A built-in job that failed and was set going again by a person. */
        return effect->job.retries > 0 ? job_created(of, effect, err) : OK;
    }
    /* Its row may have gone with an error that nothing caught. */
    struct bpmn_effect again = *effect;
    work_change(of->work, CHANGE_JOB_DELETE, WORK_ROW(of->work, store_job, .id = effect->key));
    return job_created(of, &again, err);
}

static enum status job_cancelled(struct work_case *of, const struct bpmn_effect *effect, struct error *err)
{
    (void)err;
    work_change(of->work, CHANGE_JOB_DELETE, WORK_ROW(of->work, store_job, .id = effect->key));
    if (value_int_or(value_path(of->body, "correction.job"), 0) == effect->key)
        work_case_set(of, "correction", value_null);
    return OK;
}

static enum status decision_failed(struct work_case *of, const struct bpmn_effect *effect, struct str message,
                                   struct error *err)
{
    struct bpmn_command command = {.kind = BPMN_FAIL_JOB, .key = effect->key, .retries = 0, .message = message};
    return step(of, &command, err);
}

static bool is_scalar(struct value v)
{
    return v.kind != VALUE_LIST && v.kind != VALUE_CONTEXT && v.kind != VALUE_FUNCTION && v.kind != VALUE_RANGE;
}

/* A result that a person reads at a glance: not a long list, not the whole form. */
static bool is_short(struct value v)
{
    bool shallow = value_count(v) <= 8;
    for (size_t i = 0; v.kind == VALUE_LIST && shallow && i < value_count(v); i++)
        shallow = is_scalar(value_at(v, i));
    for (size_t i = 0; v.kind == VALUE_CONTEXT && shallow && i < value_count(v); i++)
        shallow = is_scalar(v.context->members[i].value);
    return shallow && v.kind != VALUE_FUNCTION;
}

/* A table by its id, the values that were tested (an empty context for one too long to keep) and the numbers of the
 * rules that hit. Their labels are read from the model when somebody looks: see case_decisions.c. */
static struct value table_kept(struct arena *arena, const struct dmn_table_step *table)
{
    struct list *inputs = list_new(arena, table->input_count);
    struct list *rules = list_new(arena, table->hit_count);
    for (size_t i = 0; i < table->input_count; i++)
        inputs->items[i] = is_scalar(table->inputs[i].value) ? table->inputs[i].value : empty_context(arena);
    for (size_t i = 0; i < table->hit_count; i++)
        rules->items[i] = value_int((int64_t)table->hits[i].index);
    struct view view;
    view_init(&view, arena);
    view_text(&view, "id", table->id);
    view_put(&view, "inputs", value_of_list(inputs));
    view_put(&view, "rules", value_of_list(rules));
    return view_done(&view);
}

/* A function that is called often with the same values is told of once. */
static bool told_already(const struct list_builder *decisions, struct value one)
{
    for (size_t i = decisions->items.count; i-- > 0;)
        if (value_identical(decisions->items.items[i], one))
            return true;
    return false;
}

/* Which rules of which tables hit, on what, and why something was null; without the inputs themselves, which are long
 * and are kept once (see decision_inputs). */
static struct value explanation_kept(struct arena *arena, const struct dmn_run *run)
{
    struct list_builder decisions;
    list_builder_init(&decisions, arena);
    for (size_t i = 0; i < run->step_count; i++) {
        const struct dmn_step *step = &run->steps[i];
        struct list_builder tables, notes;
        struct view view;
        list_builder_init(&tables, arena);
        list_builder_init(&notes, arena);
        for (size_t t = 0; t < step->table_count; t++)
            list_builder_push(&tables, table_kept(arena, &step->tables[t]));
        for (size_t n = step->note_from; n < step->note_to; n++)
            list_builder_push(&notes, value_string(run->feel.notes[n].text));
        view_init(&view, arena);
        view_text(&view, "id", step->element->id);
        if (is_short(step->value))
            view_put(&view, "value", step->value);
        view_put(&view, "tables", step->table_count ? list_builder_done(&tables) : value_null);
        view_put(&view, "notes", step->note_to > step->note_from ? list_builder_done(&notes) : value_null);
        struct value kept = view_done(&view);
        if (!told_already(&decisions, kept))
            list_builder_push(&decisions, kept);
    }
    return context_set(arena, value_null, "decisions", list_builder_done(&decisions));
}

/* What a replay needs besides what the case itself keeps. */
static struct value decision_inputs(struct work_case *of, const struct pack_decision *decision, struct value variables)
{
    const struct dmn_element *const *inputs;
    struct arena *arena = of->work->arena;
    struct view view;
    const struct dmn_element *element = dmn_find(decision->model, DMN_DECISION, decision->id);
    if (!element)
        element = dmn_find(decision->model, DMN_SERVICE, decision->id);
    view_init(&view, arena);
    size_t count = element ? dmn_inputs_of(arena, decision->model, element, &inputs) : 0;
    for (size_t i = 0; i < count; i++) {
        struct value held, v = value_get(variables, inputs[i]->name);
        bool whole = str_equal(inputs[i]->name, STR("form")) && value_identical(v, of->form_whole);
        if (!whole && (!decision_case_variable(of, work_case_get(of, "form"), inputs[i]->name, &held) ||
                       !value_identical(v, held)))
            context_builder_put(&view.members, inputs[i]->name, v);
    }
    return view_done(&view);
}

/* Deployed processes find deployed decisions first, cases with an item those of their packs. NULL when there is none.
 */
static enum status find_decision(struct work_case *of, const struct bpmn_decision_wanted *wanted,
                                 const struct pack_decision **out, struct error *err)
{
    const struct pack_decision *packed = pack_decision_find(of->packs, wanted->decision_id);
    const struct deployed *found = NULL;
    struct deployed_wanted bound = {.kind = STORE_DECISION,
                                    .name = wanted->decision_id,
                                    .binding = wanted->binding,
                                    .version_tag = wanted->version_tag,
                                    .from = of->deployed};
    if ((of->deployed || !packed) && deployed_bound(of->work->service, of->work->tx, &bound, &found, err) != OK)
        return FAILED;
    *out = found ? &found->decision : packed;
    return OK;
}

static enum status decision_wanted(struct work_case *of, const struct bpmn_effect *effect, struct error *err)
{
    struct work *work = of->work;
    struct arena *arena = work->arena;
    const struct pack_decision *decision;
    if (find_decision(of, &effect->decision, &decision, err) != OK)
        return FAILED;
    if (!decision)
        return decision_failed(
            of, effect, arena_printf(arena, "There is no decision %.*s.", STR_ARGS(effect->decision.decision_id)), err);
    struct dmn_run run = {.feel = service_feel(work->service, arena, of->packs, work->now),
                          .detail = DMN_EXPLAINED,
                          .input_form = DMN_INPUTS_JSON,
                          .open = of->deployed ? effect->decision.variables : value_null};
    struct value result = value_null;
    struct error problem = ERROR_INIT;
    if (dmn_evaluate(decision->model, decision->id, effect->decision.variables, &run, &result, &problem) != OK)
        return decision_failed(of, effect, arena_str(arena, str_of(problem.message)), err);
    struct view view;
    view_init(&view, arena);
    view_text(&view, "decision", decision->id);
    view_text(&view, "name", decision->name);
    view_text(&view, "element", effect->element_id);
    view_text(&view, "model", decision->file->hash);
    view_put(&view, "inputs", decision_inputs(of, decision, effect->decision.variables));
    view_put(&view, "result", result);
    view_put(&view, "explanation", explanation_kept(arena, &run));
    work_case_event(of, "decision.made", view_done(&view));
    struct bpmn_command command = {.kind = BPMN_COMPLETE_DECISION, .key = effect->key, .value = result};
    return step(of, &command, err);
}

static struct str join_texts(struct arena *arena, struct value list)
{
    struct buf text;
    buf_init(&text, 10000);
    if (list.kind == VALUE_STRING)
        buf_put(&text, list.string);
    for (size_t i = 0; list.kind == VALUE_LIST && i < value_count(list); i++) {
        if (i)
            buf_put_char(&text, ',');
        buf_put(&text, value_text(value_at(list, i)));
    }
    return arena_take(arena, &text);
}

/* A task's own limit, from its zeebe property: P3WD, working days, or any ISO 8601 duration. */
static int64_t task_due(struct work_case *of, const struct bpmn_effect *effect)
{
    if (effect->task.due_ms)
        return effect->task.due_ms;
    const struct bpmn_element_info *element = bpmn_process_element(effect->process, effect->element_id);
    for (size_t i = 0; element && i < element->properties.count; i++)
        if (str_equal(element->properties.items[i].name, STR("limit")))
            return due_after(of, element->properties.items[i].value);
    return 0;
}

static enum status task_created(struct work_case *of, const struct bpmn_effect *effect, struct error *err)
{
    (void)err;
    struct work *work = of->work;
    struct store_task *row = arena_new(work->arena, struct store_task);
    *row = (struct store_task){.id = effect->key,
                               .case_id = of->row.id,
                               .item = of->row.item,
                               .division = of->row.division,
                               .unit = of->row.unit,
                               .element = effect->element_id,
                               .name = effect->task.name.data ? effect->task.name : STR(""),
                               .form = effect->task.form_id.data ? effect->task.form_id : STR(""),
                               .roles = join_texts(work->arena, effect->task.candidate_groups),
                               .assignee = effect->task.assignee.len ? effect->task.assignee : STR_NONE,
                               .created = work->now,
                               .due = task_due(of, effect),
                               .priority = effect->task.priority};
    if (row->roles.len == 0 && !row->assignee.data)
        row->roles = STR("applicant");
    work_change(work, CHANGE_TASK_INSERT, row);
    work_case_set(of, "tasks", value_int(value_int_or(work_case_get(of, "tasks"), 0) + 1));
    struct value data =
        context_set(work->arena, element_value(of, effect), "task", value_string(key_text(work->arena, row->id)));
    data = context_set(work->arena, data, "name", value_string(row->name));
    work_case_event(of, "task.created", context_set(work->arena, data, "due", value_time(row->due)));
    return OK;
}

static struct value task_value(struct work_case *of, const struct bpmn_effect *effect)
{
    return context_set(of->work->arena, element_value(of, effect), "task",
                       value_string(key_text(of->work->arena, effect->key)));
}

static enum status task_gone(struct work_case *of, const struct bpmn_effect *effect, struct error *err)
{
    (void)err;
    work_change(of->work, CHANGE_TASK_DELETE, WORK_ROW(of->work, store_task, .id = effect->key));
    if (effect->kind == BPMN_TASK_COMPLETED && effect->name.len) {
        work_change(of->work, CHANGE_TASK_DONE,
                    WORK_ROW(of->work, store_task_done, .id = effect->key, .at = of->work->now));
        work_case_event(of, "task.completed",
                        context_set(of->work->arena, task_value(of, effect), "data", effect->variables));
    }
    work_case_set(of, "tasks", value_int(value_int_or(work_case_get(of, "tasks"), 0) - 1));
    if (effect->kind == BPMN_TASK_CANCELLED)
        work_case_event(of, "task.cancelled", element_value(of, effect));
    return OK;
}

/* Listeners have let a change pass that may have given the task to somebody else. */
static enum status task_passed(struct work_case *of, const struct bpmn_effect *effect, struct error *err)
{
    struct work *work = of->work;
    struct store_task row = {0};
    struct str to = effect->task.assignee;
    bool found;
    if (work->tx && store_task_find(work->tx, work->arena, effect->key, &row, &found, err) != OK)
        return FAILED;
    if (row.assignee.len == to.len && (to.len == 0 || str_equal(row.assignee, to)))
        return OK;
    work_change(
        work, CHANGE_TASK_ASSIGN,
        WORK_ROW(work, work_assign, .id = effect->key, .was = row.assignee, .assignee = to.len ? to : STR_NONE));
    struct value data =
        context_set(work->arena, task_value(of, effect), "assignee", to.len ? value_string(to) : value_null);
    work_case_event(of, to.len ? "task.claimed" : "task.released", data);
    return OK;
}

static enum status task_denied(struct work_case *of, const struct bpmn_effect *effect, struct error *err)
{
    (void)err;
    struct value data = context_set(of->work->arena, task_value(of, effect), "action", value_string(effect->name));
    work_case_event(of, "task.denied", context_set(of->work->arena, data, "reason", value_string(effect->message)));
    return OK;
}

static enum status task_updated(struct work_case *of, const struct bpmn_effect *effect, struct error *err)
{
    if (effect->name.len && task_passed(of, effect, err) != OK)
        return FAILED;
    /* A due date that came from the task's own limit stays. */
    if (effect->task.due_ms == 0 && task_due(of, effect))
        return OK;
    work_change(of->work, CHANGE_TASK_DUE,
                WORK_ROW(of->work, store_task, .id = effect->key, .due = effect->task.due_ms));
    return OK;
}

static enum status timer_set(struct work_case *of, const struct bpmn_effect *effect, struct error *err)
{
    (void)err;
    work_change(of->work, CHANGE_TIMER_INSERT,
                WORK_ROW(of->work, store_timer, .id = effect->key, .case_id = of->row.id, .due = effect->due_ms));
    return OK;
}

static enum status timer_cancelled(struct work_case *of, const struct bpmn_effect *effect, struct error *err)
{
    (void)err;
    work_change(of->work, CHANGE_TIMER_DELETE, WORK_ROW(of->work, store_timer, .id = effect->key));
    return OK;
}

struct str subscription_name(const struct service *service, struct arena *arena, const char *kind, struct str name,
                             struct str correlation)
{
    return service_mac(service, arena,
                       arena_printf(arena, "%s:%zu:%.*s:%.*s", kind, name.len, STR_ARGS(name), STR_ARGS(correlation)),
                       16);
}

static enum status subscribe(struct work_case *of, const struct bpmn_effect *effect, struct str name,
                             bool takes_messages)
{
    work_change(of->work, CHANGE_SUBSCRIPTION_INSERT,
                WORK_ROW(of->work, store_subscription, .id = effect->key, .case_id = of->row.id, .name = name,
                         .process = bpmn_process_info(effect->process)->id, .takes_messages = takes_messages));
    return OK;
}

static bool taken_already(const struct work *work, int64_t message)
{
    for (size_t i = 0; i < work->changes.count; i++)
        if (work->changes.items[i].kind == CHANGE_MESSAGE_DELETE &&
            ((const struct store_message *)work->changes.items[i].row)->id == message)
            return true;
    return false;
}

/* The oldest message of that name that this work has not given to somebody else. */
static enum status find_message(struct work *work, struct str name, struct store_message *out, bool *found,
                                struct error *err)
{
    struct store_message_filter filter = {.name = name, .now = work->now};
    do {
        if (store_message_first(work->tx, work->arena, &filter, out, found, err) != OK)
            return FAILED;
        filter.after = out->id;
    } while (*found && taken_already(work, out->id));
    return OK;
}

/* A message that came before anybody waited for it is taken at once. */
static enum status message_opened(struct work_case *of, const struct bpmn_effect *effect, struct error *err)
{
    struct work *work = of->work;
    struct str name = subscription_name(work->service, work->arena, "message", effect->name, effect->correlation_key);
    struct store_message message = {0};
    bool found;
    subscribe(of, effect, name, true);
    if (find_message(work, name, &message, &found, err) != OK)
        return FAILED;
    if (!found)
        return OK;
    struct value variables;
    if (service_unseal(work->service, work->arena, key_text(work->arena, message.id), message.body, &variables, err) !=
        OK)
        return FAILED;
    work_change(work, CHANGE_MESSAGE_DELETE, work_row(work, &message, sizeof message));
    struct bpmn_command command = {.kind = BPMN_CORRELATE, .key = effect->key, .variables = variables};
    return step(of, &command, err);
}

static enum status subscription_closed(struct work_case *of, const struct bpmn_effect *effect, struct error *err)
{
    (void)err;
    work_change(of->work, CHANGE_SUBSCRIPTION_DELETE, WORK_ROW(of->work, store_subscription, .id = effect->key));
    return OK;
}

static enum status signal_opened(struct work_case *of, const struct bpmn_effect *effect, struct error *err)
{
    (void)err;
    return subscribe(of, effect,
                     subscription_name(of->work->service, of->work->arena, "signal", effect->name, STR_NONE), false);
}

static enum status signal_thrown(struct work_case *of, const struct bpmn_effect *effect, struct error *err)
{
    struct bpmn_command command = {.kind = BPMN_SIGNAL, .name = effect->name, .variables = effect->variables};
    struct error nobody = ERROR_INIT;
    if (step(of, &command, &nobody) != OK && !signal_unexpected(&nobody)) {
        *err = nobody;
        return FAILED;
    }
    return signal_broadcast(of->work, of, &command, err);
}

static enum status incident_raised(struct work_case *of, const struct bpmn_effect *effect, struct error *err)
{
    (void)err;
    struct arena *arena = of->work->arena;
    struct value data =
        context_set(arena, element_value(of, effect), "incident", value_string(key_text(arena, effect->key)));
    data = context_set(arena, data, "kind", value_cstr(effect->incident.type));
    work_case_event(of, "incident.raised", context_set(arena, data, "message", value_string(effect->incident.message)));
    service_count(of->work->service, METRIC_INCIDENTS, 1);
    log_event(LOG_WARNING, "incident.raised", "case=%.*s element=%.*s type=%s", STR_ARGS(of->no),
              STR_ARGS(effect->element_id), effect->incident.type);
    return OK;
}

static enum status incident_resolved(struct work_case *of, const struct bpmn_effect *effect, struct error *err)
{
    (void)err;
    struct arena *arena = of->work->arena;
    work_case_event(of, "incident.resolved",
                    context_set(arena, value_null, "incident", value_string(key_text(arena, effect->key))));
    return OK;
}

static effect_function *const effect_functions[] = {
    [BPMN_JOB_CREATED] = job_created,
    [BPMN_JOB_UPDATED] = job_updated,
    [BPMN_JOB_CANCELLED] = job_cancelled,
    [BPMN_DECISION_WANTED] = decision_wanted,
    [BPMN_TASK_CREATED] = task_created,
    [BPMN_TASK_UPDATED] = task_updated,
    [BPMN_TASK_DENIED] = task_denied,
    [BPMN_TASK_COMPLETED] = task_gone,
    [BPMN_TASK_CANCELLED] = task_gone,
    [BPMN_TIMER_SET] = timer_set,
    [BPMN_TIMER_CANCELLED] = timer_cancelled,
    [BPMN_MESSAGE_OPENED] = message_opened,
    [BPMN_MESSAGE_CLOSED] = subscription_closed,
    [BPMN_SIGNAL_OPENED] = signal_opened,
    [BPMN_SIGNAL_CLOSED] = subscription_closed,
    [BPMN_SIGNAL_THROWN] = signal_thrown,
    [BPMN_INCIDENT_RAISED] = incident_raised,
    [BPMN_INCIDENT_RESOLVED] = incident_resolved,
    [BPMN_INSTANCE_MIGRATED] = NULL,
};

/* ---- State ---- */

/* The state follows from what the process waits for and what has been said. */
static enum case_state state_of(const struct work_case *of)
{
    enum bpmn_state process = bpmn_instance_state(of->instance);
    if (process == BPMN_COMPLETED || process == BPMN_TERMINATED)
        return CASE_CLOSED;
    if (!value_is_null(work_case_get(of, "correction")))
        return CASE_CORRECTING;
    if (!value_is_null(work_case_get(of, "suspended")))
        return CASE_SUSPENDED;
    if (of->row.outcome)
        return CASE_DELIVERING;
    if (value_int_or(work_case_get(of, "tasks"), 0) > 0)
        return CASE_REVIEWING;
    return value_is_null(work_case_get(of, "accepted")) ? CASE_SUBMITTED : CASE_ACCEPTED;
}

static void settle(struct work_case *of)
{
    enum case_state state = state_of(of);
    struct arena *arena = of->work->arena;
    if (state == CASE_CLOSED && of->row.state != CASE_CLOSED) {
        of->row.closed = of->work->now;
        of->row.unique_key = STR_NONE;
        work_case_event(of, "case.closed",
                        context_set(arena, value_null, "outcome",
                                    of->row.outcome ? value_cstr(case_outcome_names[of->row.outcome]) : value_null));
    } else if (state != (enum case_state)of->row.state && state != CASE_CLOSED) {
        work_case_event(of, "case.state", context_set(arena, value_null, "state", value_cstr(case_state_names[state])));
    }
    of->row.state = state;
}

/* ---- Running ---- */

/* The case that opened this one and waits for its end goes on. One that waits no more is left alone. */
static enum status tell_waiter(struct work_case *of, struct error *err)
{
    struct value waiter = work_case_get(of, "waiter");
    struct case_id id;
    struct work_case *other;
    if (!case_no_parse(value_text(value_get(waiter, STR("no"))), &id))
        return OK;
    work_case_set(of, "waiter", value_null);
    if (work_case_load(of->work, id, &other, err) != OK)
        return FAILED;
    struct bpmn_command command = {.kind = BPMN_COMPLETE_JOB,
                                   .key = value_int_or(value_get(waiter, STR("job")), 0),
                                   .variables = case_child_result(of)};
    if (!bpmn_instance_awaits(other->instance, command.key))
        return OK;
    return engine_command(other, &command, err);
}

static enum status drain(struct work_case *of, struct error *err)
{
    while (of->effects_done < of->effects.list.count) {
        /* A copy: the list grows while its effects are carried out. */
        struct bpmn_effect effect = of->effects.list.items[of->effects_done++];
        effect_function *function =
            (size_t)effect.kind < COUNT_OF(effect_functions) ? effect_functions[effect.kind] : NULL;
        if (function && function(of, &effect, err) != OK)
            return FAILED;
        if (process_effect(of, &effect, err) != OK)
            return FAILED;
    }
    bool was_closed = of->row.state == CASE_CLOSED;
    settle(of);
    if (was_closed || of->row.state != CASE_CLOSED)
        return OK;
    struct value outcome = of->row.outcome ? value_cstr(case_outcome_names[of->row.outcome]) : value_null;
    if (notice_tell(of, "case-closed", context_set(of->work->arena, value_null, "outcome", outcome), err) != OK)
        return FAILED;
    return tell_waiter(of, err);
}

enum status engine_command(struct work_case *self, const struct bpmn_command *command, struct error *err)
{
    if (step(self, command, err) != OK)
        return FAILED;
    return drain(self, err);
}

enum status engine_start(struct work_case *self, struct value variables, struct error *err)
{
    const struct pack_process *process = pack_process_find(self->packs, self->item->process);
    if (!process)
        return error_set(err, ERROR_INTERNAL, "process-missing", "The item's process %.*s is in no pack.",
                         STR_ARGS(self->item->process));
    self->instance = bpmn_instance_new(self->work->arena, process->process);
    struct bpmn_command start = {.kind = BPMN_START, .element_id = STR(""), .variables = variables};
    return engine_command(self, &start, err);
}
