#include "service/process_view.h"

#include "clock/instant.h"
#include "feel/json.h"

/* ---- Members ---- */

void zeebe_put(struct view *view, const char *name, struct value v)
{
    context_builder_put(&view->members, str_of(name), v);
}

void zeebe_text(struct view *view, const char *name, struct str s)
{
    zeebe_put(view, name, s.len ? value_string(s) : value_null);
}

void zeebe_key(struct view *view, const char *name, int64_t key)
{
    zeebe_put(view, name, key ? value_string(key_text(view->members.arena, key)) : value_null);
}

void zeebe_time(struct view *view, const char *name, int64_t ms)
{
    int64_t seconds = ms / 1000;
    struct value v = {.kind = VALUE_DATE_TIME, .zone = ZONE_UTC};
    v.temporal = (struct temporal){.seconds = seconds, .nanos = (int32_t)(ms - seconds * 1000) * 1000000};
    zeebe_put(view, name, ms ? v : value_null);
}

void zeebe_tenant(struct view *view)
{
    zeebe_put(view, "tenantId", value_cstr("<default>"));
}

/* ---- Definitions ---- */

static struct value deployed_process(struct arena *arena, const struct store_definition *row)
{
    struct view view;
    view_init(&view, arena);
    zeebe_text(&view, "processDefinitionId", row->name);
    view_int(&view, "processDefinitionVersion", row->version);
    zeebe_key(&view, "processDefinitionKey", row->id);
    zeebe_text(&view, "resourceName", row->resource);
    zeebe_tenant(&view);
    return view_done(&view);
}

static struct value decision_value(struct arena *arena, const struct store_definition *row,
                                   const struct store_definition *parent)
{
    struct view view;
    view_init(&view, arena);
    zeebe_text(&view, "decisionDefinitionId", row->name);
    view_int(&view, "version", row->version);
    zeebe_put(&view, "name", value_string(row->title));
    zeebe_key(&view, "decisionDefinitionKey", row->id);
    zeebe_text(&view, "decisionRequirementsId", parent ? parent->name : STR_NONE);
    zeebe_key(&view, "decisionRequirementsKey", row->model);
    zeebe_tenant(&view);
    return view_done(&view);
}

static struct value requirements_value(struct arena *arena, const struct store_definition *row)
{
    struct view view;
    view_init(&view, arena);
    zeebe_text(&view, "decisionRequirementsId", row->name);
    zeebe_put(&view, "decisionRequirementsName", value_string(row->title));
    view_int(&view, "version", row->version);
    zeebe_text(&view, "resourceName", row->resource);
    zeebe_key(&view, "decisionRequirementsKey", row->id);
    zeebe_tenant(&view);
    return view_done(&view);
}

static struct value form_value(struct arena *arena, const struct store_definition *row)
{
    struct view view;
    view_init(&view, arena);
    zeebe_text(&view, "formId", row->name);
    view_int(&view, "version", row->version);
    zeebe_text(&view, "resourceName", row->resource);
    zeebe_key(&view, "formKey", row->id);
    zeebe_tenant(&view);
    return view_done(&view);
}

struct value deployment_view(struct arena *arena, const struct store_definition *row,
                             const struct store_definition *parent)
{
    bool is[] = {[STORE_PROCESS] = false, [STORE_DECISION] = false, [STORE_REQUIREMENTS] = false, [STORE_FORM] = false};
    is[row->kind] = true;
    struct view view;
    view_init(&view, arena);
    zeebe_put(&view, "processDefinition", is[STORE_PROCESS] ? deployed_process(arena, row) : value_null);
    zeebe_put(&view, "decisionDefinition", is[STORE_DECISION] ? decision_value(arena, row, parent) : value_null);
    zeebe_put(&view, "decisionRequirements", is[STORE_REQUIREMENTS] ? requirements_value(arena, row) : value_null);
    zeebe_put(&view, "form", is[STORE_FORM] ? form_value(arena, row) : value_null);
    zeebe_put(&view, "resource", value_null);
    return view_done(&view);
}

static struct str start_form(const struct deployed *what)
{
    const struct bpmn_process_info *info = bpmn_process_info(what->process);
    for (size_t i = 0; i < info->start_count; i++)
        if (info->starts[i].event == BPMN_EVENT_NONE && info->starts[i].form_id.len)
            return info->starts[i].form_id;
    return STR_NONE;
}

static struct value process_value(struct arena *arena, const struct deployed *what)
{
    const struct store_definition *row = &what->row;
    struct view view;
    view_init(&view, arena);
    zeebe_text(&view, "processDefinitionId", row->name);
    zeebe_key(&view, "processDefinitionKey", row->id);
    zeebe_text(&view, "name", row->title);
    view_int(&view, "version", row->version);
    zeebe_text(&view, "versionTag", row->tag);
    zeebe_text(&view, "resourceName", row->resource);
    view_flag(&view, "hasStartForm", start_form(what).len > 0);
    zeebe_put(&view, "state", value_cstr("ACTIVE"));
    zeebe_tenant(&view);
    return view_done(&view);
}

struct value definition_view(struct arena *arena, const struct deployed *what, const struct store_definition *parent)
{
    if (what->row.kind == STORE_PROCESS)
        return process_value(arena, what);
    if (what->row.kind == STORE_FORM)
        return form_value(arena, &what->row);
    if (what->row.kind == STORE_REQUIREMENTS)
        return requirements_value(arena, &what->row);
    struct value view = decision_value(arena, &what->row, parent);
    view = context_set(arena, view, "decisionRequirementsName", parent ? value_string(parent->title) : value_null);
    return context_set(arena, view, "decisionRequirementsVersion", parent ? value_int(parent->version) : value_null);
}

struct value form_view(struct arena *arena, const struct deployed *form)
{
    struct view view;
    view_init(&view, arena);
    zeebe_text(&view, "formId", form->row.name);
    zeebe_key(&view, "formKey", form->row.id);
    zeebe_put(&view, "schema", value_string(form->model->file.text));
    view_int(&view, "version", form->row.version);
    zeebe_tenant(&view);
    return view_done(&view);
}

/* ---- Instances ---- */

static const char *const states[] = {
    [STORE_ACTIVE] = "ACTIVE", [STORE_COMPLETED] = "COMPLETED", [STORE_TERMINATED] = "TERMINATED"};

static struct value texts_of(struct arena *arena, struct str joined)
{
    struct list_builder list;
    list_builder_init(&list, arena);
    for (struct str rest = joined, one; rest.data;) {
        one = str_cut(&rest, ',');
        if (one.len)
            list_builder_push(&list, value_string(one));
    }
    return list_builder_done(&list);
}

struct value instance_view(struct arena *arena, const struct store_instance *row, const struct deployed *what)
{
    struct view view;
    view_init(&view, arena);
    zeebe_key(&view, "processInstanceKey", row->id);
    zeebe_text(&view, "processDefinitionId", row->process);
    zeebe_text(&view, "processDefinitionName", what && what->row.title.len ? what->row.title : row->process);
    view_int(&view, "processDefinitionVersion", row->version);
    zeebe_text(&view, "processDefinitionVersionTag", what ? what->row.tag : STR_NONE);
    zeebe_key(&view, "processDefinitionKey", row->definition);
    zeebe_time(&view, "startDate", row->started);
    zeebe_time(&view, "endDate", row->ended);
    zeebe_put(&view, "state", value_cstr(states[row->state]));
    view_flag(&view, "hasIncident", row->incidents > 0);
    zeebe_put(&view, "parentProcessInstanceKey", value_null);
    zeebe_put(&view, "parentElementInstanceKey", value_null);
    zeebe_put(&view, "rootProcessInstanceKey", value_null);
    zeebe_put(&view, "tags", texts_of(arena, row->tags));
    zeebe_text(&view, "businessId", row->business);
    zeebe_tenant(&view);
    return view_done(&view);
}

/* ---- User tasks ---- */

static const char *const task_states[] = {
    [STORE_ACTIVE] = "CREATED", [STORE_COMPLETED] = "COMPLETED", [STORE_TERMINATED] = "CANCELED"};

/* While listeners are asked, the state is the name of the change. */
static struct value task_state(const struct store_user_task *row, struct str changing)
{
    static const char *const names[][2] = {
        {"assigning", "ASSIGNING"}, {"updating", "UPDATING"}, {"completing", "COMPLETING"}, {"canceling", "CANCELING"}};
    for (size_t i = 0; row->state == STORE_ACTIVE && i < COUNT_OF(names); i++)
        if (str_equal(changing, str_of(names[i][0])))
            return value_cstr(names[i][1]);
    return value_cstr(task_states[row->state]);
}

struct value user_task_view(struct arena *arena, const struct store_user_task *row, const struct deployed *what,
                            int64_t form_key)
{
    struct value candidates = value_null;
    struct error ignored = ERROR_INIT;
    if (json_parse(arena, row->candidates, NULL, &candidates, &ignored) != OK)
        candidates = value_null;
    struct view view;
    view_init(&view, arena);
    zeebe_key(&view, "userTaskKey", row->id);
    zeebe_put(&view, "name", row->title.len ? value_string(row->title) : value_string(row->element));
    zeebe_put(&view, "state", task_state(row, value_text(value_get(candidates, STR("changing")))));
    zeebe_text(&view, "assignee", row->assignee);
    zeebe_text(&view, "elementId", row->element);
    zeebe_key(&view, "elementInstanceKey", row->element_key);
    zeebe_put(&view, "candidateGroups", value_get(candidates, STR("groups")));
    zeebe_put(&view, "candidateUsers", value_get(candidates, STR("users")));
    zeebe_text(&view, "processDefinitionId", row->process);
    view_int(&view, "processDefinitionVersion", row->version);
    zeebe_put(&view, "processDefinitionKey", value_string(key_text(arena, row->definition)));
    zeebe_key(&view, "processInstanceKey", row->instance);
    zeebe_put(&view, "rootProcessInstanceKey", value_null);
    zeebe_text(&view, "processName", what && what->row.title.len ? what->row.title : row->process);
    zeebe_time(&view, "creationDate", row->created);
    zeebe_time(&view, "completionDate", row->ended);
    zeebe_time(&view, "dueDate", row->due);
    zeebe_time(&view, "followUpDate", row->follow_up);
    view_int(&view, "priority", row->priority);
    zeebe_put(&view, "customHeaders", value_get(candidates, STR("headers")));
    zeebe_key(&view, "formKey", form_key);
    zeebe_text(&view, "externalFormReference", form_key ? STR_NONE : row->form);
    zeebe_put(&view, "tags", value_list(arena, NULL, 0));
    zeebe_tenant(&view);
    return view_done(&view);
}

/* ---- Incidents ---- */

/* Ours to Zeebe's; what has no equal there is UNKNOWN. */
static const struct {
    const char *ours, *theirs;
} incident_types[] = {
    {"condition-error", "CONDITION_ERROR"},       {"no-flow-matches", "CONDITION_ERROR"},
    {"expression-error", "EXTRACT_VALUE_ERROR"},  {"job-no-retries", "JOB_NO_RETRIES"},
    {"unhandled-error", "UNHANDLED_ERROR_EVENT"}, {"decision-error", "DECISION_EVALUATION_ERROR"},
    {"called-process", "CALLED_ELEMENT_ERROR"},   {"no-assignee", "EXTRACT_VALUE_ERROR"},
    {"timer-error", "EXTRACT_VALUE_ERROR"},       {"message-error", "EXTRACT_VALUE_ERROR"},
    {"loop-error", "EXTRACT_VALUE_ERROR"},        {"ad-hoc-error", "EXTRACT_VALUE_ERROR"},
};

static const char *incident_type(struct str kind)
{
    for (size_t i = 0; i < COUNT_OF(incident_types); i++)
        if (str_equal(str_of(incident_types[i].ours), kind))
            return incident_types[i].theirs;
    return "UNKNOWN";
}

struct value incident_view(struct arena *arena, const struct store_incident *row, struct str message)
{
    struct view view;
    view_init(&view, arena);
    zeebe_key(&view, "incidentKey", row->id);
    zeebe_put(&view, "errorType", value_cstr(incident_type(row->kind)));
    zeebe_put(&view, "errorMessage", value_string(message));
    zeebe_text(&view, "elementId", row->element);
    zeebe_key(&view, "elementInstanceKey", row->element_key);
    zeebe_time(&view, "creationTime", row->created);
    zeebe_put(&view, "state", value_cstr(row->resolved ? "RESOLVED" : "ACTIVE"));
    zeebe_text(&view, "processDefinitionId", row->process);
    zeebe_put(&view, "processDefinitionKey", value_string(key_text(arena, row->definition)));
    zeebe_key(&view, "processInstanceKey", row->instance);
    zeebe_put(&view, "rootProcessInstanceKey", value_null);
    zeebe_key(&view, "jobKey", row->job);
    zeebe_tenant(&view);
    return view_done(&view);
}

/* ---- Variables and elements ---- */

struct scope {
    struct arena *arena;
    struct list_builder *out;
    struct value instance;
};

/* Stable for a name in a scope: 62 bits of a hash. */
static int64_t variable_key(struct arena *arena, struct str scope, struct str name)
{
    struct str both = arena_printf(arena, "%.*s/%.*s", STR_ARGS(scope), STR_ARGS(name));
    return (int64_t)(str_hash(both) & INT64_C(0x3fffffffffffffff)) | 1;
}

static void push_scope(struct scope *self, struct value key, struct value variables)
{
    struct str scope_key = key_text(self->arena, value_int_or(key, 0));
    for (size_t i = 0; variables.kind == VALUE_CONTEXT && i < variables.context->count; i++) {
        const struct member *member = &variables.context->members[i];
        struct view view;
        view_init(&view, self->arena);
        zeebe_text(&view, "name", member->key);
        zeebe_put(&view, "value", value_string(json_text(self->arena, member->value)));
        view_flag(&view, "isTruncated", false);
        zeebe_key(&view, "variableKey", variable_key(self->arena, scope_key, member->key));
        zeebe_put(&view, "scopeKey", value_string(scope_key));
        zeebe_put(&view, "processInstanceKey", self->instance);
        zeebe_put(&view, "rootProcessInstanceKey", value_null);
        zeebe_tenant(&view);
        list_builder_push(self->out, view_done(&view));
    }
}

struct value variables_view(struct arena *arena, const struct bpmn_instance *instance)
{
    struct list_builder list;
    list_builder_init(&list, arena);
    struct value whole = bpmn_instance_view(arena, instance);
    struct value key = value_get(whole, STR("key"));
    struct scope scope = {arena, &list, value_string(key_text(arena, value_int_or(key, 0)))};
    push_scope(&scope, key, value_get(whole, STR("variables")));
    struct value tokens = value_get(whole, STR("tokens"));
    for (size_t i = 0; i < value_count(tokens); i++) {
        struct value token = value_at(tokens, i);
        push_scope(&scope, value_get(token, STR("key")), value_get(token, STR("variables")));
    }
    return list_builder_done(&list);
}

/* "intermediateCatchEvent" -> INTERMEDIATE_CATCH_EVENT */
static struct value type_word(struct arena *arena, struct str type)
{
    struct buf word;
    buf_init(&word, 200);
    for (size_t i = 0; i < type.len; i++) {
        char ch = type.data[i];
        bool upper = ch >= 'A' && ch <= 'Z';
        if (upper && i)
            buf_put_char(&word, '_');
        buf_put_char(&word, upper ? ch : (char)(ch - 'a' + 'A'));
    }
    return value_string(arena_take(arena, &word));
}

static struct value element_value(struct arena *arena, struct value token, struct value instance,
                                  const struct deployed *what)
{
    struct value name = value_get(token, STR("name"));
    struct value incident = value_get(token, STR("incident"));
    int64_t since = value_instant(value_get(token, STR("since")));
    struct view view;
    view_init(&view, arena);
    zeebe_key(&view, "elementInstanceKey", value_int_or(value_get(token, STR("key")), 0));
    zeebe_put(&view, "elementId", value_get(token, STR("element")));
    zeebe_put(&view, "elementName", value_is_null(name) ? value_get(token, STR("element")) : name);
    zeebe_put(&view, "type",
              value_is_true(value_get(token, STR("activation")))
                  ? value_cstr("AD_HOC_SUB_PROCESS_INNER_INSTANCE")
                  : type_word(arena, value_text(value_get(token, STR("type")))));
    zeebe_put(&view, "state", value_cstr("ACTIVE"));
    zeebe_time(&view, "startDate", since);
    zeebe_put(&view, "endDate", value_null);
    view_flag(&view, "hasIncident", !value_is_null(incident));
    zeebe_key(&view, "incidentKey", value_int_or(value_get(incident, STR("key")), 0));
    zeebe_put(&view, "processDefinitionId", value_get(token, STR("process")));
    zeebe_key(&view, "processDefinitionKey", what->row.id);
    zeebe_put(&view, "processInstanceKey", instance);
    zeebe_put(&view, "rootProcessInstanceKey", value_null);
    zeebe_key(&view, "elementInstanceScopeKey", value_int_or(value_get(token, STR("parent")), 0));
    zeebe_tenant(&view);
    return view_done(&view);
}

struct value elements_view(struct arena *arena, const struct bpmn_instance *instance, const struct deployed *what)
{
    struct list_builder list;
    list_builder_init(&list, arena);
    struct value whole = bpmn_instance_view(arena, instance);
    struct value key = value_string(key_text(arena, value_int_or(value_get(whole, STR("key")), 0)));
    if (bpmn_instance_state(instance) == BPMN_ACTIVE) {
        struct view root;
        view_init(&root, arena);
        view_put(&root, "key", value_get(whole, STR("key")));
        view_put(&root, "element", value_get(whole, STR("process")));
        view_text(&root, "name", what->row.title);
        view_put(&root, "type", value_cstr("process"));
        view_put(&root, "since", value_get(whole, STR("startedAt")));
        view_put(&root, "process", value_get(whole, STR("process")));
        list_builder_push(&list, element_value(arena, view_done(&root), key, what));
    }
    struct value tokens = value_get(whole, STR("tokens"));
    for (size_t i = 0; i < value_count(tokens); i++)
        list_builder_push(&list, element_value(arena, value_at(tokens, i), key, what));
    return list_builder_done(&list);
}
