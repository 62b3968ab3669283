#include "service/process.h"

#include "feel/json.h"
#include "service/process_rows.h"
#include "service/process_view.h"

#include <string.h>

/* ---- Whose it is ---- */

static bool seen(const struct call *call, int64_t division, struct str unit)
{
    return call->actor->kind == ACTOR_SYSTEM || actor_sees_division(call, division, unit);
}

static bool seen_case(const struct work_case *of)
{
    struct str mine = actor_index(of->work->call);
    return seen(of->work->call, of->row.division, of->row.unit) || (mine.data && str_equal(mine, of->row.applicant));
}

static enum status no_process(struct str key, struct error *err)
{
    return error_set(err, ERROR_NOT_FOUND, "process-not-found", "There is no process instance %.*s that you may see.",
                     STR_ARGS(key));
}

static enum status load_process(struct work *work, struct str text, struct work_case **out, struct error *err)
{
    struct store_instance row;
    struct work_case *of;
    bool found = false;
    int64_t key;
    if (key_parse(text, &key) && store_instance_find(work->tx, work->arena, key, &row, &found, err) != OK)
        return FAILED;
    if (!found)
        return no_process(text, err);
    if (work_case_load(work, (struct case_id){store_key_region(row.id), row.case_id}, &of, err) != OK)
        return FAILED;
    if (!seen_case(of))
        return no_process(text, err);
    *out = of;
    return OK;
}

/* ---- Start ---- */

struct starting {
    const struct service_process_start *start;
    struct str key; /* instead: the result of this instance */
    struct value fetch;
    struct value view;
    bool ended;
};

static void fill_result(struct starting *a, struct work_case *of)
{
    const struct store_definition *definition = &of->deployed->row;
    struct arena *arena = of->work->arena;
    struct view view;
    view_init(&view, arena);
    zeebe_text(&view, "processDefinitionId", definition->name);
    view_int(&view, "processDefinitionVersion", definition->version);
    zeebe_key(&view, "processDefinitionKey", definition->id);
    zeebe_key(&view, "processInstanceKey", bpmn_instance_key(of->instance));
    struct value variables = bpmn_instance_variables(arena, of->instance, 0);
    zeebe_put(&view, "variables",
              context_only(arena, value_is_null(variables) ? empty_context(arena) : variables, a->fetch));
    zeebe_put(&view, "tags",
              work_case_get(of, "tags").kind == VALUE_LIST ? work_case_get(of, "tags") : value_list(arena, NULL, 0));
    zeebe_put(&view, "businessId", work_case_get(of, "business"));
    zeebe_tenant(&view);
    a->view = view_done(&view);
    a->ended = of->row.state == CASE_CLOSED;
}

static struct str tags_text(struct arena *arena, struct value tags)
{
    struct str *texts = arena_array(arena, struct str, value_count(tags) * 2);
    size_t n = 0;
    for (size_t i = 0; i < value_count(tags); i++) {
        if (i)
            texts[n++] = STR(",");
        texts[n++] = value_text(value_at(tags, i));
    }
    return n ? arena_join(arena, texts, n) : STR_NONE;
}

static enum status find_startable(struct work *work, const struct service_process_start *start,
                                  const struct deployed **out, struct error *err)
{
    struct store_definition_wanted wanted = {.kind = STORE_PROCESS, .name = start->id};
    struct store_definition row;
    bool found = false;
    int64_t key;
    *out = NULL;
    if (start->key.len) {
        /* The row, not the memory: it knows whether the definition is still in force. */
        if (key_parse(start->key, &key) && store_definition_find(work->tx, work->arena, key, &row, &found, err) != OK)
            return FAILED;
        if (found && row.kind == STORE_PROCESS && !row.deleted &&
            deployed_by_key(work->service, work->tx, key, out, err) != OK)
            return FAILED;
    } else {
        wanted.version = start->version > 0 ? start->version : 0;
        if (deployed_find(work->service, work->tx, &wanted, out, err) != OK)
            return FAILED;
    }
    if (*out)
        return OK;
    error_set(err, ERROR_NOT_FOUND, "definition-not-found", "There is no process definition %.*s%s to start.",
              STR_ARGS(start->key.len ? start->key : start->id), wanted.version ? " of that version" : "");
    return error_hint(err, "Deploy it first.");
}

static enum status start_command(struct work *work, void *arg, struct error *err)
{
    struct starting *a = arg;
    const struct service_process_start *start = a->start;
    struct process_opening opening = {.element = STR(""),
                                      .variables = start->variables,
                                      .business = start->business,
                                      .tags = tags_text(work->arena, start->tags)};
    struct work_case *of;
    if (find_startable(work, start, &opening.what, err) != OK || process_open(work, &opening, &of, err) != OK)
        return FAILED;
    work_case_set(of, "tags", start->tags);
    work_case_set(of, "business", start->business.len ? value_string(start->business) : value_null);
    fill_result(a, of);
    return OK;
}

enum status service_process_start(const struct call *call, const struct service_process_start *start, struct value *out,
                                  bool *ended, struct error *err)
{
    struct starting arg = {.start = start, .fetch = start->fetch};
    if (service_may(call, "process.start", err) != OK || work_run(call, start_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    *ended = arg.ended;
    return OK;
}

static enum status result_command(struct work *work, void *arg, struct error *err)
{
    struct starting *a = arg;
    struct work_case *of;
    if (load_process(work, a->key, &of, err) != OK)
        return FAILED;
    fill_result(a, of);
    return OK;
}

enum status service_process_result(const struct call *call, struct str key, struct value fetch, struct value *out,
                                   bool *ended, struct error *err)
{
    struct starting arg = {.key = key, .fetch = fetch};
    if (service_may(call, "process.start", err) != OK || work_read(call, result_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    *ended = arg.ended;
    return OK;
}

/* ---- Cancel, look ---- */

struct one_process {
    struct str key;
    struct value variables;
    struct value elements;
    bool local, cancels;
    struct value view;
};

static enum status cancel_command(struct work *work, void *arg, struct error *err)
{
    const struct one_process *a = arg;
    struct work_case *of;
    if (load_process(work, a->key, &of, err) != OK)
        return FAILED;
    if (of->row.state == CASE_CLOSED)
        return error_set(err, ERROR_CONFLICT, "process-ended", "The process instance %.*s is over.", STR_ARGS(a->key));
    work_case_event(of, "case.cancelled", value_null);
    struct bpmn_command cancel = {.kind = BPMN_CANCEL, .message = STR("cancelled by request")};
    return engine_command(of, &cancel, err);
}

enum status service_process_cancel(const struct call *call, struct str key, struct error *err)
{
    struct one_process arg = {.key = key};
    if (service_may(call, "process.start", err) != OK)
        return FAILED;
    return work_run(call, cancel_command, &arg, err);
}

static enum status get_command(struct work *work, void *arg, struct error *err)
{
    struct one_process *a = arg;
    struct store_instance row;
    struct work_case *of;
    bool found;
    if (load_process(work, a->key, &of, err) != OK ||
        store_instance_of_case(work->tx, work->arena, of->row.region, of->row.id, &row, &found, err) != OK)
        return FAILED;
    if (!found)
        return no_process(a->key, err);
    a->view = instance_view(work->arena, &row, of->deployed);
    return OK;
}

enum status service_process_get(const struct call *call, struct str key, struct value *out, struct error *err)
{
    struct one_process arg = {.key = key};
    if (service_may(call, "process.read", err) != OK || work_read(call, get_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}

/* ---- Variables ---- */

static enum status no_element(struct str key, struct error *err)
{
    return error_set(err, ERROR_NOT_FOUND, "element-not-found",
                     "There is no active element instance %.*s that you may see.", STR_ARGS(key));
}

/* A process instance or an active element instance. */
static enum status load_element(struct work *work, struct str text, int64_t *key, struct work_case **out,
                                struct error *err)
{
    int64_t case_id = 0;
    struct work_case *of;
    if (!key_parse(text, key))
        return no_element(text, err);
    if (store_element_find(work->tx, *key, &case_id, err) != OK)
        return FAILED;
    if (case_id == 0) {
        struct error missing = ERROR_INIT;
        if (load_process(work, text, out, &missing) == OK)
            return OK;
        return missing.kind == ERROR_NOT_FOUND ? no_element(text, err) : (*err = missing, FAILED);
    }
    if (work_case_load(work, (struct case_id){store_key_region(*key), case_id}, &of, err) != OK)
        return FAILED;
    if (!seen_case(of))
        return no_element(text, err);
    *out = of;
    return OK;
}

static enum status set_command(struct work *work, void *arg, struct error *err)
{
    const struct one_process *a = arg;
    struct work_case *of;
    int64_t key;
    if (load_element(work, a->key, &key, &of, err) != OK)
        return FAILED;
    if (of->row.state == CASE_CLOSED)
        return error_set(err, ERROR_CONFLICT, "process-ended", "The process instance of %.*s is over.",
                         STR_ARGS(a->key));
    struct list_builder names;
    list_builder_init(&names, work->arena);
    for (size_t i = 0; i < value_count(a->variables); i++)
        list_builder_push(&names, value_string(a->variables.context->members[i].key));
    work_case_event(of, "variables.set", context_set(work->arena, value_null, "names", list_builder_done(&names)));
    struct bpmn_command command = {.kind = BPMN_SET_VARIABLES,
                                   .key = key == bpmn_instance_key(of->instance) ? 0 : key,
                                   .variables = a->variables,
                                   .local = a->local};
    return engine_command(of, &command, err);
}

enum status service_variables_set(const struct call *call, struct str key, struct value variables, bool local,
                                  struct error *err)
{
    struct one_process arg = {.key = key, .variables = variables, .local = local};
    if (service_may(call, "process.start", err) != OK)
        return FAILED;
    if (variables.kind != VALUE_CONTEXT) {
        error_set(err, ERROR_INVALID, "variables-invalid", "Variables are an object.");
        return error_field(err, "variables");
    }
    return work_run(call, set_command, &arg, err);
}

static enum status activate_command(struct work *work, void *arg, struct error *err)
{
    const struct one_process *a = arg;
    struct work_case *of;
    int64_t key;
    if (load_element(work, a->key, &key, &of, err) != OK)
        return FAILED;
    struct list_builder ids;
    list_builder_init(&ids, work->arena);
    for (size_t i = 0; i < value_count(a->elements); i++)
        list_builder_push(&ids, value_get(value_at(a->elements, i), STR("elementId")));
    work_case_event(of, "elements.activated",
                    context_set(work->arena, value_null, "elements", list_builder_done(&ids)));
    struct bpmn_command command = {
        .kind = BPMN_ACTIVATE_AD_HOC, .key = key, .value = a->elements, .cancels = a->cancels};
    return engine_command(of, &command, err);
}

enum status service_ad_hoc_activate(const struct call *call, struct str key, struct value elements, bool cancels,
                                    struct error *err)
{
    struct one_process arg = {.key = key, .elements = elements, .cancels = cancels};
    if (service_may(call, "process.start", err) != OK)
        return FAILED;
    return work_run(call, activate_command, &arg, err);
}

static enum status element_command(struct work *work, void *arg, struct error *err)
{
    struct one_process *a = arg;
    struct work_case *of;
    int64_t key;
    if (load_element(work, a->key, &key, &of, err) != OK)
        return FAILED;
    struct value all = elements_view(work->arena, of->instance, of->deployed);
    for (size_t i = 0; i < value_count(all); i++)
        if (str_equal(value_text(value_get(value_at(all, i), STR("elementInstanceKey"))), a->key)) {
            a->view = value_at(all, i);
            return OK;
        }
    return no_element(a->key, err);
}

enum status service_element_get(const struct call *call, struct str key, struct value *out, struct error *err)
{
    struct one_process arg = {.key = key};
    if (service_may(call, "process.read", err) != OK || work_read(call, element_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}

/* ---- Signals ---- */

struct signalling {
    struct bpmn_command signal;
    int64_t key;
};

static enum status signal_command(struct work *work, void *arg, struct error *err)
{
    struct signalling *a = arg;
    if (work_key(work, actor_region(work->call), &a->key, err) != OK)
        return FAILED;
    return signal_broadcast(work, NULL, &a->signal, err);
}

enum status service_signal_broadcast(const struct call *call, struct str name, struct value variables,
                                     struct value *out, struct error *err)
{
    struct signalling arg = {.signal = {.kind = BPMN_SIGNAL, .name = name, .variables = variables}};
    if (service_may(call, "message.publish", err) != OK)
        return FAILED;
    if (name.len == 0 || name.len > 200)
        return error_set(err, ERROR_INVALID, "signal-invalid", "A signal has a name of at most 200 bytes.");
    if (work_run(call, signal_command, &arg, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, call->arena);
    zeebe_key(&view, "signalKey", arg.key);
    zeebe_tenant(&view);
    *out = view_done(&view);
    return OK;
}

/* ---- Incidents ---- */

static enum status no_incident(struct str key, struct error *err)
{
    return error_set(err, ERROR_NOT_FOUND, "incident-not-found", "There is no incident %.*s that you may see.",
                     STR_ARGS(key));
}

static enum status load_incident(struct work *work, struct str text, struct store_incident *row, struct error *err)
{
    bool found = false;
    int64_t key;
    if (key_parse(text, &key) && store_incident_find(work->tx, work->arena, key, row, &found, err) != OK)
        return FAILED;
    return found && seen(work->call, row->division, row->unit) ? OK : no_incident(text, err);
}

static enum status incident_command(struct work *work, void *arg, struct error *err)
{
    struct one_process *a = arg;
    struct store_incident row;
    struct value body;
    if (load_incident(work, a->key, &row, err) != OK ||
        service_unseal(work->service, work->arena, key_text(work->arena, row.id), row.body, &body, err) != OK)
        return FAILED;
    a->view = incident_view(work->arena, &row, value_text(value_get(body, STR("message"))));
    return OK;
}

enum status service_incident_get(const struct call *call, struct str key, struct value *out, struct error *err)
{
    struct one_process arg = {.key = key};
    if (service_may(call, "incident.manage", err) != OK || work_read(call, incident_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}

static enum status resolve_command(struct work *work, void *arg, struct error *err)
{
    const struct one_process *a = arg;
    struct store_incident row;
    struct work_case *of;
    if (load_incident(work, a->key, &row, err) != OK)
        return FAILED;
    if (row.resolved)
        return error_set(err, ERROR_CONFLICT, "incident-resolved", "The incident %.*s is resolved.", STR_ARGS(a->key));
    if (work_case_load(work, (struct case_id){store_key_region(row.id), row.case_id}, &of, err) != OK)
        return FAILED;
    struct bpmn_command resolve = {.kind = BPMN_RESOLVE_INCIDENT, .key = row.id};
    return engine_command(of, &resolve, err);
}

enum status service_incident_resolve(const struct call *call, struct str key, struct error *err)
{
    struct one_process arg = {.key = key};
    if (service_may(call, "incident.manage", err) != OK)
        return FAILED;
    return work_run(call, resolve_command, &arg, err);
}
