/* Cases: opening, looking, acting. */
#include "service/case.h"

#include "clock/limit.h"
#include "feel/json.h"
#include "service/builtin.h"
#include "service/case_open.h"
#include "service/deployed.h"
#include "service/material.h"
#include "service/handover_work.h"
#include "service/limits.h"
#include "service/signature.h"
#include "service/task_store.h"

/* ---- Opening ---- */

static enum status open_command(struct work *work, void *arg, struct error *err)
{
    struct case_opening opening = *(struct case_opening *)arg;
    struct work_case *of;
    if (case_open_in(work, &opening, &of, err) != OK)
        return FAILED;
    work->answer = case_answer(of);
    if (opening.warnings)
        work->answer = context_set(work->arena, work->answer, "warnings", opening.problems);
    return OK;
}

static struct value request_value(const struct call *call, const struct service_case_input *input)
{
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "item", input->item);
    view_put(&view, "form", input->form);
    view_put(&view, "party", input->party);
    view_put(&view, "materials", input->materials);
    view_put(&view, "applicant", input->applicant);
    view_put(&view, "signature", input->signature);
    view_flag(&view, "confirmed", input->confirmed);
    return view_done(&view);
}

enum status service_case_open(const struct call *call, const struct service_case_input *input, struct value *out,
                              struct error *err)
{
    /* Judged once, before the database is asked anything: most refusals cost it nothing. */
    struct case_opening opening = {.input = input};
    if (case_judge(call, &opening, err) != OK)
        return FAILED;
    if (opening.errors == 0 && signature_take(call, &opening, &opening.signature, err) != OK)
        return FAILED;
    struct work_request request = {"case.open", value_null};
    if (call->idempotency.len)
        request.request = request_value(call, input);
    return work_run_once(call, &request, open_command, &opening, out, err);
}

enum status service_case_check(const struct call *call, const struct service_case_input *input, struct value *out,
                               struct error *err)
{
    struct case_opening opening = {.input = input};
    if (case_judge(call, &opening, err) != OK)
        return FAILED;
    *out = opening.problems;
    return OK;
}

/* ---- Looking ---- */

struct look {
    struct str no;
    struct value view;
};

static enum status not_seen(struct str no, struct error *err)
{
    error_set(err, ERROR_NOT_FOUND, "case-not-found", "There is no case %.*s that you may see.", STR_ARGS(no));
    return error_hint(err, "Check the number; its last character guards against slips.");
}

enum status work_case_seen(struct work *work, struct str no, struct work_case **out, struct error *err)
{
    struct case_id id;
    struct work_case *of;
    if (work->call->actor->kind == ACTOR_NOBODY)
        return service_may(work->call, "case.read", err);
    if (!case_no_parse(no, &id) || work_case_load(work, id, &of, err) != OK)
        return err->kind == ERROR_NONE || err->kind == ERROR_NOT_FOUND ? not_seen(no, err) : FAILED;
    bool task_of_mine = false;
    if (!actor_sees_case(work->call, &of->row)) {
        if (task_visible_in_case(work, of, &task_of_mine, err) != OK)
            return FAILED;
        if (!task_of_mine)
            return not_seen(no, err);
    }
    *out = of;
    return OK;
}

static enum status certificates_now(struct work *work, const struct work_case *of, struct value *out, struct error *err)
{
    struct value list = work_case_get(of, "certificates");
    struct list_builder items;
    list_builder_init(&items, work->arena);
    for (size_t i = 0; i < value_count(list); i++) {
        struct work_certificate *held;
        struct str no = value_text(value_get(value_at(list, i), STR("no")));
        if (certificate_load_no(work, no, &held, err) != OK)
            return FAILED;
        list_builder_push(&items, certificate_line(work, held));
    }
    *out = list_builder_done(&items);
    return OK;
}

enum status case_tasks(struct work *work, const struct work_case *of, struct value *out, struct error *err)
{
    struct store_task *rows;
    size_t count;
    struct list_builder items;
    list_builder_init(&items, work->arena);
    if (value_int_or(work_case_get(of, "tasks"), 0) > 0) {
        if (store_task_of_case(work->tx, work->arena, of->row.region, of->row.id, &rows, &count, err) != OK)
            return FAILED;
        for (size_t i = 0; i < count; i++)
            list_builder_push(&items, task_line(work, &rows[i]));
    }
    *out = list_builder_done(&items);
    return OK;
}

static bool may_act(const struct work_case *of)
{
    const struct call *call = of->work->call;
    struct str mine = actor_index(call);
    return call->actor->kind == ACTOR_SYSTEM || (mine.data && str_equal(mine, of->row.applicant)) ||
           (mine.data && call->actor->kind != ACTOR_STAFF && of->row.party.data && str_equal(mine, of->row.party)) ||
           (service_can(call, "case.act") && call->actor->kind == ACTOR_STAFF);
}

/* What the actor may do now. */
static struct value actions_of(const struct work_case *of)
{
    struct list_builder list;
    list_builder_init(&list, of->work->arena);
    bool closed = of->row.state == CASE_CLOSED;
    if (may_act(of) && !closed && !of->row.outcome)
        list_builder_push(&list, value_cstr("withdraw"));
    if (may_act(of) && of->row.state == CASE_CORRECTING)
        list_builder_push(&list, value_cstr("supplement"));
    if (may_act(of) && closed && value_is_null(work_case_get(of, "rating")))
        list_builder_push(&list, value_cstr("rate"));
    if (of->work->call->actor->kind == ACTOR_STAFF && service_can(of->work->call, "certificate.deliver")) {
        if (handover_waits(of))
            list_builder_push(&list, value_cstr("hand-over"));
        else if (value_count(work_case_get(of, "certificates")))
            list_builder_push(&list, value_cstr("prepare-handover"));
    }
    if (!closed && of->work->call->actor->kind == ACTOR_STAFF && service_can(of->work->call, "case.manage"))
        list_builder_push(&list, value_cstr("cancel"));
    return list_builder_done(&list);
}

static struct value signature_view(const struct work_case *of)
{
    struct value at, signature = work_case_get(of, "signature");
    if (value_is_null(signature))
        return value_null;
    if (date_time_parse(value_text(value_get(signature, STR("at"))), &at))
        signature = context_set(of->work->arena, signature, "at", at);
    return context_set(of->work->arena, signature, "unchanged", value_boolean(signature_covers(of, signature)));
}

static struct value correction_view(const struct work_case *of)
{
    struct value correction = work_case_get(of, "correction");
    if (value_is_null(correction))
        return value_null;
    struct view view;
    view_init(&view, of->work->arena);
    view_put(&view, "items", value_get(correction, STR("items")));
    view_time(&view, "until", value_int_or(value_get(correction, STR("until")), 0));
    return view_done(&view);
}

static struct value suspension_view(const struct work_case *of)
{
    struct value suspended = work_case_get(of, "suspended");
    if (value_is_null(suspended))
        return value_null;
    struct view view;
    view_init(&view, of->work->arena);
    view_put(&view, "ground", value_get(suspended, STR("ground")));
    view_put(&view, "notice", value_get(suspended, STR("notice")));
    view_time(&view, "from", value_int_or(value_get(suspended, STR("from")), 0));
    view_time(&view, "until", value_int_or(value_get(suspended, STR("planned")), 0));
    return view_done(&view);
}

/* With the key as a text too: JSON readers that only have doubles would change the number. */
static struct value incidents_of(const struct work_case *of)
{
    struct arena *arena = of->work->arena;
    struct list_builder list;
    list_builder_init(&list, arena);
    struct value all = value_get(bpmn_instance_view(arena, of->instance), STR("incidents"));
    for (size_t i = 0; i < value_count(all); i++) {
        struct value one = value_at(all, i);
        struct str id = key_text(arena, value_int_or(value_get(one, STR("key")), 0));
        list_builder_push(&list, context_set(arena, one, "id", value_string(id)));
    }
    return list_builder_done(&list);
}

static void view_head(struct view *view, const struct work_case *of)
{
    struct arena *arena = of->work->arena;
    view_text(view, "no", of->no);
    view_text(view, "item", of->item->code);
    view_int(view, "item_version", of->item->version);
    view_text(view, "item_title", of->item->title);
    view_int(view, "packs", of->row.packs);
    view_text(view, "state", str_of(case_state_names[of->row.state]));
    if (of->row.outcome)
        view_text(view, "outcome", str_of(case_outcome_names[of->row.outcome]));
    view_text(view, "region", division_text(arena, of->row.division));
    view_time(view, "opened", of->row.opened);
    view_time(view, "deadline", of->row.deadline);
    view_time(view, "closed", of->row.closed);
    view_text(view, "light", limits_light(of));
    view_put(view, "left", limits_left(of));
    view_int(view, "version", of->row.version);
}

/* Who acted in somebody's place, without their ID number. */
static struct value agent_view(struct arena *arena, struct value agent)
{
    struct view view;
    view_init(&view, arena);
    view_put(&view, "kind", value_get(agent, STR("kind")));
    view_put(&view, "name", value_get(agent, STR("name")));
    view_put(&view, "unit", value_get(agent, STR("unit_name")));
    return view_done(&view);
}

static bool by_staff(const struct work *work)
{
    return work->call->actor->kind == ACTOR_STAFF;
}

/* Who rated without a name is not told to staff: not the rating with the case, not the applicant with what it led to.
 */
static struct value shown_member(const struct work_case *of, const char *name)
{
    struct value v = work_case_get(of, name);
    bool rating = str_equal(str_of(name), STR("rating"));
    if (!by_staff(of->work) || !rating || !value_is_true(value_get(v, STR("anonymous"))))
        return v;
    return context_set(of->work->arena, value_null, "anonymous", value_boolean(true));
}

enum status case_view(struct work_case *of, struct value *out, struct error *err)
{
    static const char *const kept[] = {"title", "reasons", "party",  "applicant", "form",    "materials",
                                       "staff", "rating",  "parent", "children",  "records", "extension", "documents",
                                       "handover",
                                       "prefilled"};
    struct work *work = of->work;
    struct value certificates, tasks;
    if (certificates_now(work, of, &certificates, err) != OK || case_tasks(work, of, &tasks, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, work->arena);
    view_head(&view, of);
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        view_put(&view, kept[i], shown_member(of, kept[i]));
    if (!value_is_null(work_case_get(of, "agent")))
        view_put(&view, "agent", agent_view(work->arena, work_case_get(of, "agent")));
    view_text(&view, "unit", of->row.unit);
    view_time(&view, "accepted", value_int_or(work_case_get(of, "accepted"), 0));
    view_time(&view, "decided", value_int_or(work_case_get(of, "decided"), 0));
    view_put(&view, "deadline_explanation", limits_explain(of));
    view_put(&view, "certificates", certificates);
    view_put(&view, "tasks", tasks);
    view_put(&view, "correction", correction_view(of));
    view_put(&view, "signature", signature_view(of));
    view_put(&view, "suspension", suspension_view(of));
    if (bpmn_instance_incident_count(of->instance))
        view_put(&view, "incidents", incidents_of(of));
    view_text(&view, "process", of->item->process);
    view_put(&view, "actions", actions_of(of));
    *out = view_done(&view);
    return OK;
}

static enum status get_command(struct work *work, void *arg, struct error *err)
{
    struct look *look = arg;
    struct work_case *of;
    if (work_case_seen(work, look->no, &of, err) != OK || case_view(of, &look->view, err) != OK)
        return FAILED;
    return work_access(work, "case.read", value_text(value_path(of->body, "party.id")), of, err);
}

enum status service_case_get(const struct call *call, struct str no, struct value *out, struct error *err)
{
    struct look look = {.no = no};
    if (work_run(call, get_command, &look, err) != OK)
        return FAILED;
    *out = look.view;
    return OK;
}

/* One row holds what one command did: its events share seq's whole number, time and author. */
static enum status push_events(struct work *work, const struct store_event *row, struct list_builder *items,
                               struct error *err)
{
    struct value body;
    if (service_unseal(work->service, work->arena, event_context(work->arena, row), row->body, &body, err) != OK)
        return FAILED;
    struct value events = value_get(body, STR("events"));
    struct value by = value_get(body, STR("by")), agent = value_get(body, STR("agent"));
    struct value behalf = value_get(body, STR("behalf"));
    for (size_t i = 0; i < value_count(events); i++) {
        struct view view;
        view_init(&view, work->arena);
        view_int(&view, "seq", (int64_t)value_count(list_builder_done(items)) + 1);
        view_int(&view, "step", row->seq);
        view_time(&view, "at", row->at);
        struct view who;
        view_init(&who, work->arena);
        view_put(&who, "kind", value_get(by, STR("kind")));
        if (str_equal(value_text(value_get(by, STR("kind"))), STR("staff"))) {
            view_put(&who, "id", value_get(by, STR("id")));
            view_put(&who, "unit_id", value_get(body, STR("unit_id")));
        }
        view_put(&who, "name", value_get(by, STR("name")));
        view_put(&who, "role", value_get(body, STR("role")));
        view_put(&who, "unit", value_get(body, STR("unit")));
        view_put(&view, "by", view_done(&who));
        if (!value_is_null(agent))
            view_put(&view, "agent", agent_view(work->arena, agent));
        view_put(&view, "on_behalf", behalf);
        list_builder_push(items, value_merge(work->arena, view_done(&view), value_at(events, i)));
    }
    return OK;
}

enum status work_case_events(struct work *work, const struct store_case *row, struct value *out, struct error *err)
{
    struct store_event *rows;
    size_t count;
    struct list_builder items;
    list_builder_init(&items, work->arena);
    if (store_event_list(work->tx, work->arena, row->region, row->id, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++)
        if (push_events(work, &rows[i], &items, err) != OK)
            return FAILED;
    *out = list_builder_done(&items);
    return OK;
}

/* Sign-in names are for counting, not for those who look at a case; staff do not learn who rated without a name. */
static struct value as_told(const struct work_case *of, struct value event)
{
    static const char *const shown[] = {"kind", "name", "role", "unit"};
    struct arena *arena = of->work->arena;
    struct value by = value_get(event, STR("by"));
    bool party = !str_equal(value_text(value_get(by, STR("kind"))), STR("staff"));
    bool hidden = by_staff(of->work) && party && value_is_true(work_case_get(of, "apart"));
    struct view who;
    view_init(&who, arena);
    for (size_t k = hidden ? COUNT_OF(shown) : 0; k < COUNT_OF(shown); k++)
        view_put(&who, shown[k], value_get(by, str_of(shown[k])));
    event = context_set(arena, event, "by", view_done(&who));
    if (!by_staff(of->work) || !value_is_true(value_get(event, STR("anonymous"))))
        return event;
    struct view told;
    view_init(&told, arena);
    for (size_t i = 0; i < event.context->count; i++)
        if (!str_equal(event.context->members[i].key, STR("grade")))
            context_builder_put(&told.members, event.context->members[i].key, event.context->members[i].value);
    return view_done(&told);
}

static struct value all_as_told(const struct work_case *of, struct value events)
{
    struct list *out = list_new(of->work->arena, value_count(events));
    for (size_t i = 0; i < out->count; i++)
        out->items[i] = as_told(of, value_at(events, i));
    return value_of_list(out);
}

enum status work_case_events_seen(struct work *work, struct str no, struct work_case **of, struct value *out,
                                  struct error *err)
{
    if (work_case_seen(work, no, of, err) != OK || work_case_events(work, &(*of)->row, out, err) != OK)
        return FAILED;
    *out = all_as_told(*of, *out);
    return work_access(work, "case.events", value_text(value_path((*of)->body, "party.id")), *of, err);
}

static enum status events_command(struct work *work, void *arg, struct error *err)
{
    struct look *look = arg;
    struct work_case *of;
    return work_case_events_seen(work, look->no, &of, &look->view, err);
}

enum status service_case_events(const struct call *call, struct str no, struct value *out, struct error *err)
{
    struct look look = {.no = no};
    if (work_run(call, events_command, &look, err) != OK)
        return FAILED;
    *out = look.view;
    return OK;
}

static enum status process_command(struct work *work, void *arg, struct error *err)
{
    struct look *look = arg;
    struct work_case *of;
    if (work_case_seen(work, look->no, &of, err) != OK)
        return FAILED;
    struct value view = bpmn_instance_view(work->arena, of->instance);
    const struct pack_process *process = pack_process_find(of->packs, of->item->process);
    struct view about;
    view_init(&about, work->arena);
    view_text(&about, "id", of->item->process);
    if (of->deployed) {
        view_int(&about, "version", of->item->version);
        view_text(&about, "xml", of->deployed->model->file.text);
    } else if (process) {
        view_int(&about, "version", process->version);
        view_text(&about, "xml", process->file->text);
    }
    view = context_set(work->arena, view, "incidents", incidents_of(of));
    look->view = context_set(work->arena, view, "process", view_done(&about));
    return work_access(work, "case.process", value_text(value_path(of->body, "party.id")), of, err);
}

enum status service_case_process(const struct call *call, struct str no, struct value *out, struct error *err)
{
    struct look look = {.no = no};
    if (call->actor->kind != ACTOR_STAFF && call->actor->kind != ACTOR_SYSTEM)
        return error_set(err, ERROR_FORBIDDEN, "forbidden", "The process is shown to staff.");
    if (service_may(call, "case.read", err) != OK || work_run(call, process_command, &look, err) != OK)
        return FAILED;
    *out = look.view;
    return OK;
}

/* ---- Acting ---- */

struct acting {
    struct str no, action;
    struct value input;
};

typedef enum status act_function(struct work_case *of, struct value input, struct error *err);

static enum status closed(const struct work_case *of, struct error *err)
{
    return error_set(err, ERROR_CONFLICT, "case-closed", "Case %.*s is closed.", STR_ARGS(of->no));
}

static enum status forbidden(struct error *err)
{
    return error_set(err, ERROR_FORBIDDEN, "forbidden", "This action is not yours to take.");
}

static struct value reason_of(struct work_case *of, struct value input)
{
    struct value reason = value_get(input, STR("reason"));
    return reason.kind == VALUE_STRING && reason.string.len <= 4000
               ? context_set(of->work->arena, value_null, "reason", reason)
               : value_null;
}

/* The subscription of the process to the message case.withdrawn, 0 if it has none. */
static int64_t withdraw_wait(struct value waits)
{
    for (size_t w = 0; w < value_count(waits); w++) {
        struct value one = value_at(waits, w);
        if (str_equal(value_text(value_get(one, STR("kind"))), STR("message")) &&
            str_equal(value_text(value_get(one, STR("name"))), STR("case.withdrawn")))
            return value_int_or(value_get(one, STR("key")), 0);
    }
    return 0;
}

static int64_t withdraw_subscription(struct work_case *of)
{
    struct value view = bpmn_instance_view(of->work->arena, of->instance);
    struct value tokens = value_get(view, STR("tokens"));
    int64_t key = withdraw_wait(value_get(view, STR("waits")));
    for (size_t i = 0; i < value_count(tokens) && key == 0; i++)
        key = withdraw_wait(value_get(value_at(tokens, i), STR("waits")));
    return key;
}

static enum status act_withdraw(struct work_case *of, struct value input, struct error *err)
{
    if (!may_act(of))
        return forbidden(err);
    if (of->row.state == CASE_CLOSED)
        return closed(of, err);
    if (of->row.outcome)
        return error_set(err, ERROR_CONFLICT, "case-decided", "Case %.*s is decided and cannot be withdrawn.",
                         STR_ARGS(of->no));
    struct value reason = reason_of(of, input);
    work_case_event(of, "case.withdrawn", reason);
    int64_t key = withdraw_subscription(of);
    if (key) {
        struct bpmn_command command = {.kind = BPMN_CORRELATE, .key = key, .variables = reason};
        return engine_command(of, &command, err);
    }
    of->row.outcome = OUTCOME_WITHDRAWN;
    struct bpmn_command cancel = {.kind = BPMN_CANCEL, .message = STR("withdrawn")};
    return engine_command(of, &cancel, err);
}

static enum status act_cancel(struct work_case *of, struct value input, struct error *err)
{
    if (of->work->call->actor->kind == ACTOR_PERSON || of->work->call->actor->kind == ACTOR_ORGANISATION)
        return forbidden(err);
    if (service_may(of->work->call, "case.manage", err) != OK)
        return FAILED;
    if (of->row.state == CASE_CLOSED)
        return closed(of, err);
    struct str reason = value_text(value_get(input, STR("reason")));
    if (reason.len == 0) {
        error_set(err, ERROR_INVALID, "reason-missing", "Cancelling needs a reason.");
        return error_field(err, "reason");
    }
    of->row.outcome = OUTCOME_LAPSED;
    work_case_event(of, "case.cancelled", reason_of(of, input));
    struct bpmn_command cancel = {.kind = BPMN_CANCEL, .message = reason};
    return engine_command(of, &cancel, err);
}

/* The whole form again, judged as at opening; the process goes on with it. */
static enum status act_supplement(struct work_case *of, struct value input, struct error *err)
{
    struct work *work = of->work;
    if (!may_act(of))
        return forbidden(err);
    if (of->row.state == CASE_CLOSED)
        return closed(of, err);
    struct value correction = work_case_get(of, "correction");
    int64_t job = value_int_or(value_get(correction, STR("job")), 0);
    if (job == 0)
        return error_set(err, ERROR_CONFLICT, "case-not-correcting", "Case %.*s does not wait for anything from you.",
                         STR_ARGS(of->no));
    struct value form = value_get(input, STR("form"));
    struct case_opening judged = {.form = work_case_get(of, "form")};
    const struct pack_form *schema = pack_form_find(of->packs, of->item->form);
    judged.problems = value_list(work->arena, NULL, 0);
    if (schema && !value_is_null(form))
        case_form_judge(work->call, of->packs, schema->form, form, &judged);
    if (judged.errors) {
        *err = judged.first;
        return FAILED;
    }
    struct value before = context_set(work->arena, value_null, "before", work_case_get(of, "form"));
    work_case_set(of, "form", judged.form);
    struct value materials = value_get(input, STR("materials"));
    if (!value_is_null(materials)) {
        if (materials_settle(of, materials, work_case_get(of, "materials"), &materials, err) != OK)
            return FAILED;
        work_case_set(of, "materials", materials);
    }
    work_case_set(of, "correction", value_null);
    work_case_event(of, "case.supplemented", before);
    struct value filled = schema ? form_null_fill(schema->form, work->arena, judged.form) : judged.form;
    struct value variables = context_set(work->arena, value_null, "form", filled);
    struct value names = variables;
    static const char *const known[] = {"applicant", "staff", "party"};
    for (size_t i = 0; i < COUNT_OF(known); i++)
        names = context_set(work->arena, names, known[i], work_case_get(of, known[i]));
    if (case_item_variables(of, names, &variables, err) != OK)
        return FAILED;
    struct bpmn_command command = {.kind = BPMN_COMPLETE_JOB, .key = job, .variables = variables};
    return engine_command(of, &command, err);
}

struct rating {
    int64_t grade;
    struct str text, tags_text; /* the tags' words, with commas between them */
    struct value tags;
    bool anonymous; /* staff see the figure, not whose it is */
};

static enum status rating_invalid(const char *field, const char *message, struct error *err)
{
    error_set(err, ERROR_INVALID, "rating-invalid", "%s", message);
    return error_field(err, "%s", field);
}

/* Each grade has its own words, in the code table rating-1 to rating-5. */
static enum status read_tags(const struct work_case *of, struct value given, struct rating *out, struct error *err)
{
    struct arena *arena = of->work->arena;
    const struct pack_codes *words =
        pack_codes_find(of->work->service->packs, arena_printf(arena, "rating-%d", (int)out->grade));
    struct buf text;
    buf_init(&text, 4096);
    size_t fit = 0, count = value_count(given);
    for (size_t i = 0; words && count <= words->count && i < words->count; i++)
        for (size_t k = 0; k < count; k++)
            if (str_equal(words->options[i].value, value_text(value_at(given, k)))) {
                buf_printf(&text, "%s%.*s", fit++ ? ", " : "", STR_ARGS(words->options[i].label));
                break;
            }
    out->tags = given;
    out->tags_text = arena_take(arena, &text);
    return fit == count ? OK
                        : rating_invalid("tags", "What is named as good or bad is one of this grade's own words.", err);
}

static enum status read_rating(const struct work_case *of, struct value input, struct rating *out, struct error *err)
{
    struct value tags = value_get(input, STR("tags")), anonymous = value_get(input, STR("anonymous"));
    *out = (struct rating){.text = value_text(value_get(input, STR("text"))), .anonymous = value_is_true(anonymous)};
    if (!value_to_int64(value_get(input, STR("grade")), &out->grade) || out->grade < 1 || out->grade > 5 ||
        out->text.len > 4000)
        return rating_invalid(
            "grade", "A rating is a grade from 1 (very satisfied) to 5 and a text of at most 4,000 bytes.", err);
    if (!value_is_null(anonymous) && anonymous.kind != VALUE_BOOLEAN)
        return rating_invalid("anonymous", "anonymous is true or false.", err);
    if (!value_is_null(tags) && tags.kind != VALUE_LIST)
        return rating_invalid("tags", "tags is a list of the grade's words.", err);
    return read_tags(of, tags, out, err);
}

/* A bad rating opens the case of another item, about this one. */
static enum status open_remedy(struct work_case *of, const struct rating *rating, struct error *err)
{
    struct arena *arena = of->work->arena;
    struct view form;
    view_init(&form, arena);
    if (!rating->anonymous)
        view_text(&form, "case", of->no);
    view_text(&form, "item", of->item->code);
    view_text(&form, "item_title", of->item->title);
    view_text(&form, "region", division_text(arena, of->row.division));
    view_int(&form, "grade", rating->grade);
    view_text(&form, "tags", rating->tags_text);
    view_text(&form, "text", rating->text);
    struct service_case_input input = {.item = of->item->rating_item,
                                       .form = view_done(&form),
                                       .confirmed = true};
    struct work_case *child;
    return rating->anonymous ? case_open_apart(of, &input, &child, err) : case_open_child(of, &input, &child, err);
}

static enum status act_rate(struct work_case *of, struct value input, struct error *err)
{
    struct work *work = of->work;
    if (!may_act(of))
        return forbidden(err);
    if (of->row.state != CASE_CLOSED)
        return error_set(err, ERROR_CONFLICT, "case-not-closed", "Case %.*s can be rated when it is closed.",
                         STR_ARGS(of->no));
    if (!value_is_null(work_case_get(of, "rating")))
        return error_set(err, ERROR_CONFLICT, "case-already-rated", "Case %.*s has been rated.", STR_ARGS(of->no));
    struct rating rating;
    if (read_rating(of, input, &rating, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, work->arena);
    view_int(&view, "grade", rating.grade);
    view_put(&view, "tags", rating.tags);
    view_text(&view, "text", rating.text);
    if (rating.anonymous)
        view_flag(&view, "anonymous", true);
    view_put(&view, "at", value_string(temporal_text(work->arena, value_time(work->now))));
    work_case_set(of, "rating", view_done(&view));
    struct value told = context_set(work->arena, value_null, "grade", value_int(rating.grade));
    if (rating.anonymous)
        told = context_set(work->arena, told, "anonymous", value_boolean(true));
    work_case_event(of, "case.rated", told);
    return of->item->rating_item.len && rating.grade >= of->item->rating_bad_from ? open_remedy(of, &rating, err) : OK;
}

static enum status mend(struct work_case *of, struct value input, bool skip, struct error *err)
{
    int64_t key;
    struct str text = value_text(value_get(input, STR("incident")));
    if (of->work->call->actor->kind != ACTOR_STAFF && of->work->call->actor->kind != ACTOR_SYSTEM)
        return forbidden(err);
    if (service_may(of->work->call, "incident.manage", err) != OK)
        return FAILED;
    if (!key_parse(text, &key) && !value_to_int64(value_get(input, STR("incident")), &key)) {
        error_set(err, ERROR_INVALID, "incident-missing", "Say which incident, by its key.");
        return error_field(err, "incident");
    }
    struct value variables = value_get(input, STR("variables"));
    struct incident_mending mending = {.key = key,
                                       .skip = skip,
                                       .reason = value_text(value_get(input, STR("reason"))),
                                       .flow = value_text(value_get(input, STR("flow"))),
                                       .variables = variables.kind == VALUE_CONTEXT ? variables : value_null};
    return incident_mend(of, &mending, err);
}

static enum status act_retry(struct work_case *of, struct value input, struct error *err)
{
    return mend(of, input, false, err);
}

static enum status act_skip(struct work_case *of, struct value input, struct error *err)
{
    return mend(of, input, true, err);
}

static const struct {
    const char *name;
    act_function *run;
} actions[] = {
    {"withdraw", act_withdraw}, {"supplement", act_supplement}, {"rate", act_rate},
    {"cancel", act_cancel},     {"retry", act_retry},           {"skip", act_skip},
    {"hand-over", handover_done}, {"prepare-handover", handover_prepare},
};

static enum status act_command(struct work *work, void *arg, struct error *err)
{
    struct acting *acting = arg;
    struct work_case *of;
    act_function *run = NULL;
    for (size_t i = 0; i < COUNT_OF(actions); i++)
        if (str_equal(str_of(actions[i].name), acting->action))
            run = actions[i].run;
    if (!run) {
        error_set(err, ERROR_NOT_FOUND, "action-not-found", "There is no action %.*s.", STR_ARGS(acting->action));
        return error_hint(
            err, "Actions are withdraw, supplement, rate, cancel, retry, skip, prepare-handover and hand-over.");
    }
    if (work_case_seen(work, acting->no, &of, err) != OK)
        return FAILED;
    if (work->call->if_version && work->call->if_version != of->row.version) {
        error_set(err, ERROR_CONFLICT, "version-conflict", "The case has changed since you looked at it.");
        return error_hint(err, "Look at it again and repeat the action if it still makes sense.");
    }
    if (run(of, acting->input, err) != OK)
        return FAILED;
    work->answer = case_answer(of);
    return OK;
}

enum status service_case_act(const struct call *call, struct str no, struct str action, struct value input,
                             struct value *out, struct error *err)
{
    struct acting acting = {no, action, input};
    struct work_request request = {"case.act", value_null};
    if (call->idempotency.len) {
        request.request = context_set(call->arena, value_null, "no", value_string(no));
        request.request = context_set(call->arena, request.request, "action", value_string(action));
        request.request = context_set(call->arena, request.request, "input", input);
    }
    return work_run_once(call, &request, act_command, &acting, out, err);
}
