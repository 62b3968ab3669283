/* Rows that deployed processes leave for searches, and incidents of every case. Written in the transaction of the step.
 */
#include "service/process_rows.h"

#include "feel/json.h"

static struct process_notes *notes_of(struct work_case *of)
{
    if (!of->notes)
        of->notes = arena_new(of->work->arena, struct process_notes);
    return of->notes;
}

void process_note_start(struct work_case *of, struct str business, struct str tags)
{
    struct process_notes *notes = notes_of(of);
    notes->business = business.len ? business : STR_NONE;
    notes->tags = tags.len ? tags : STR_NONE;
}

void process_note_moved(struct work_case *of)
{
    notes_of(of)->changed = true;
}

enum status process_definition(const struct work_case *of, const struct bpmn_process *process,
                               const struct store_definition **out, struct error *err)
{
    static const struct store_definition none = {0};
    const struct bpmn_process_info *info = bpmn_process_info(process);
    struct store_definition_wanted wanted = {.kind = STORE_PROCESS, .name = info->id, .model = info->version};
    const struct deployed *found = NULL;
    if (of->deployed && of->deployed->process == process)
        found = of->deployed;
    else if (of->deployed && deployed_find(of->work->service, of->work->tx, &wanted, &found, err) != OK)
        return FAILED;
    *out = found ? &found->row : &none;
    return OK;
}

/* ---- Tasks ---- */

static struct value pairs_value(struct arena *arena, const struct bpmn_pairs *pairs)
{
    struct context_builder all;
    context_builder_init(&all, arena);
    for (size_t i = 0; i < pairs->count; i++)
        context_builder_put(&all, pairs->items[i].name, value_string(pairs->items[i].value));
    return context_builder_done(&all);
}

static struct value list_or_empty(struct arena *arena, struct value list)
{
    return list.kind == VALUE_LIST ? list : value_list(arena, NULL, 0);
}

static struct str candidates_of(struct arena *arena, const struct bpmn_effect *effect)
{
    const struct bpmn_task *task = &effect->task;
    struct view view;
    view_init(&view, arena);
    view_put(&view, "groups", list_or_empty(arena, task->candidate_groups));
    view_put(&view, "users", list_or_empty(arena, task->candidate_users));
    view_put(&view, "headers", pairs_value(arena, &task->headers));
    view_text(&view, "changing", task->changing ? str_of(task->changing) : STR_NONE);
    if (effect->kind == BPMN_TASK_DENIED) {
        view_text(&view, "denied", effect->name);
        view_put(&view, "reason", value_string(effect->message));
    }
    return json_text(arena, view_done(&view));
}

static struct str some(struct str text)
{
    return text.data ? text : STR("");
}

static enum status task_row(struct work_case *of, const struct bpmn_effect *effect, enum change_kind change,
                            struct error *err)
{
    const struct bpmn_task *task = &effect->task;
    const struct store_definition *definition;
    struct arena *arena = of->work->arena;
    if (process_definition(of, effect->process, &definition, err) != OK)
        return FAILED;
    struct store_user_task *row = arena_new(arena, struct store_user_task);
    *row = (struct store_user_task){.id = effect->key,
                                    .case_id = of->row.id,
                                    .instance = bpmn_instance_key(of->instance),
                                    .definition = definition->id,
                                    .version = definition->version,
                                    .division = of->row.division,
                                    .element_key = effect->element_key,
                                    .state = STORE_ACTIVE,
                                    .created = of->work->now,
                                    .due = task->due_ms,
                                    .follow_up = task->follow_up_ms,
                                    .priority = task->priority,
                                    .process = bpmn_process_info(effect->process)->id,
                                    .unit = of->row.unit,
                                    .element = effect->element_id,
                                    .title = some(task->name),
                                    .assignee = task->assignee.len ? task->assignee : STR_NONE,
                                    .candidates = candidates_of(arena, effect),
                                    .form = some(task->form_id),
                                    .form_binding = some(task->form_binding),
                                    .form_tag = some(task->form_version_tag)};
    work_change(of->work, change, row);
    return OK;
}

static void task_ended(struct work_case *of, const struct bpmn_effect *effect)
{
    int64_t state = effect->kind == BPMN_TASK_COMPLETED ? STORE_COMPLETED : STORE_TERMINATED;
    work_change(of->work, CHANGE_USER_TASK_END,
                WORK_ROW(of->work, store_user_task, .id = effect->key, .state = state, .ended = of->work->now));
}

/* ---- Incidents ---- */

static enum status incident_row(struct work_case *of, const struct bpmn_effect *effect, struct error *err)
{
    const struct store_definition *definition;
    struct arena *arena = of->work->arena;
    if (process_definition(of, effect->process, &definition, err) != OK)
        return FAILED;
    struct store_incident *row = arena_new(arena, struct store_incident);
    struct value message = context_set(arena, value_null, "message", value_string(some(effect->incident.message)));
    *row =
        (struct store_incident){.id = effect->key,
                                .case_id = of->row.id,
                                .division = of->row.division,
                                .instance = bpmn_instance_key(of->instance),
                                .definition = definition->id,
                                .version = definition->version,
                                .element_key = effect->element_key,
                                .job = effect->incident.job_key,
                                .created = of->work->now,
                                .process = bpmn_process_info(effect->process)->id,
                                .unit = of->row.unit,
                                .element = effect->element_id,
                                .kind = str_of(effect->incident.type),
                                .body = service_seal(of->work->service, arena, key_text(arena, effect->key), message)};
    work_change(of->work, CHANGE_INCIDENT_INSERT, row);
    notes_of(of)->changed = true;
    return OK;
}

static void incident_resolved(struct work_case *of, const struct bpmn_effect *effect)
{
    work_change(of->work, CHANGE_INCIDENT_RESOLVE,
                WORK_ROW(of->work, store_incident, .id = effect->key, .resolved = of->work->now));
    notes_of(of)->changed = true;
}

/* ---- Elements ---- */

static void element_left(struct work_case *of, int64_t key)
{
    struct process_notes *notes = notes_of(of);
    for (size_t i = notes->entered.count; i-- > 0;)
        if (notes->entered.items[i] == key) {
            notes->entered.items[i] = notes->entered.items[--notes->entered.count];
            return;
        }
    work_change(of->work, CHANGE_ELEMENT_DELETE, WORK_ROW(of->work, store_element, .id = key));
}

/* ---- All together ---- */

static enum status deployed_effect(struct work_case *of, const struct bpmn_effect *effect, struct error *err)
{
    switch ((int)effect->kind) {
    case BPMN_TASK_CREATED: return task_row(of, effect, CHANGE_USER_TASK_INSERT, err);
    case BPMN_TASK_DENIED:
    case BPMN_TASK_UPDATED: return task_row(of, effect, CHANGE_USER_TASK_UPDATE, err);
    case BPMN_TASK_COMPLETED:
    case BPMN_TASK_CANCELLED: task_ended(of, effect); return OK;
    case BPMN_ELEMENT_ENTERED: VECTOR_PUSH(of->work->arena, &notes_of(of)->entered, effect->element_key); return OK;
    case BPMN_ELEMENT_LEFT:
    case BPMN_ELEMENT_CANCELLED: element_left(of, effect->element_key); return OK;
    case BPMN_INSTANCE_COMPLETED:
    case BPMN_INSTANCE_TERMINATED: notes_of(of)->changed = true; return OK;
    default: return OK;
    }
}

enum status process_effect(struct work_case *self, const struct bpmn_effect *effect, struct error *err)
{
    if (effect->kind == BPMN_INCIDENT_RAISED)
        return incident_row(self, effect, err);
    if (effect->kind == BPMN_INCIDENT_RESOLVED)
        incident_resolved(self, effect);
    return self->deployed ? deployed_effect(self, effect, err) : OK;
}

/* The process as a token, while one of its own listeners works. */
static struct value listening_process(struct arena *arena, struct value view)
{
    struct value token = context_set(arena, view, "element", value_get(view, STR("process")));
    token = context_set(arena, token, "type", value_cstr("process"));
    return context_set(arena, token, "state", value_cstr("listening"));
}

struct value token_awaiting(const struct work_case *of, int64_t key)
{
    struct value view = bpmn_instance_view(of->work->arena, of->instance);
    struct value tokens = value_get(view, STR("tokens"));
    if (value_int_or(value_get(view, STR("job")), 0) == key)
        return listening_process(of->work->arena, view);
    for (size_t i = 0; i < value_count(tokens); i++) {
        struct value token = value_at(tokens, i);
        if (value_int_or(value_get(token, STR("job")), 0) == key)
            return token;
        struct value waits = value_get(token, STR("waits"));
        for (size_t w = 0; w < value_count(waits); w++)
            if (value_int_or(value_get(value_at(waits, w), STR("key")), 0) == key)
                return token;
    }
    return value_null;
}

void process_finish(struct work_case *self)
{
    struct process_notes *notes = self->notes;
    if (!self->deployed || !notes)
        return;
    static const int64_t states[] = {[BPMN_NEW] = STORE_ACTIVE,
                                     [BPMN_ACTIVE] = STORE_ACTIVE,
                                     [BPMN_COMPLETED] = STORE_COMPLETED,
                                     [BPMN_TERMINATED] = STORE_TERMINATED};
    struct store_instance *row = arena_new(self->work->arena, struct store_instance);
    *row = (struct store_instance){.id = bpmn_instance_key(self->instance),
                                   .case_id = self->row.id,
                                   .definition = self->deployed->row.id,
                                   .division = self->row.division,
                                   .version = self->deployed->row.version,
                                   .state = states[bpmn_instance_state(self->instance)],
                                   .started = self->row.opened,
                                   .ended = self->row.closed,
                                   .incidents = (int64_t)bpmn_instance_incident_count(self->instance),
                                   .process = self->deployed->row.name,
                                   .unit = self->row.unit,
                                   .business = notes->business,
                                   .tags = notes->tags};
    if (self->is_new)
        work_change(self->work, CHANGE_INSTANCE_INSERT, row);
    else if (notes->changed)
        work_change(self->work, CHANGE_INSTANCE_UPDATE, row);
    for (size_t i = 0; i < notes->entered.count; i++)
        work_change(self->work, CHANGE_ELEMENT_INSERT,
                    WORK_ROW(self->work, store_element, .id = notes->entered.items[i], .case_id = self->row.id));
}
