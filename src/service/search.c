#include "service/search.h"

#include "service/process_rows.h"
#include "service/process_view.h"
#include "service/search_match.h"

#include "feel/json.h"

#include <stdlib.h>
#include <string.h>

#define VARIABLE_INSTANCES_MOST 1000 /* instances opened by a search for variables that names none */
#define LIMIT_USUAL 100

struct candidate {
    struct value view;
    struct store_user_task *task; /* its form is looked up for what is shown only */
};

struct searching {
    const struct service_search *search;
    const struct kind *kind;
    struct work *work;
    VECTOR(struct candidate) found;
    size_t scanned;
    bool capped;      /* there may be more than was looked at */
    int64_t after_id; /* rows with larger keys only */
    struct search_order *orders;
    size_t order_count;
    struct value view;
};

typedef enum status gather(struct searching *self, struct error *err);
struct kind {
    gather *gather;
    const char *permission;
    const char *key;
    const char *const *fields; /* that can be filtered and sorted by */
    const char *logged;        /* what the access log calls a look at these; NULL: it takes no note */
};

/* ---- Filters ---- */

/* Conditions that are not about a member of the same name. */
static bool special(struct str field)
{
    static const char *const names[] = {"processInstanceVariables", "localVariables", "variables", "$or"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_equal(field, str_of(names[i])))
            return true;
    return false;
}

/* Filters that name a member otherwise than the member's own name. */
static struct str member_of(struct str field)
{
    static const char *const names[][2] = {{"candidateGroup", "candidateGroups"}, {"candidateUser", "candidateUsers"}};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_equal(field, str_of(names[i][0])))
            return str_of(names[i][1]);
    return field;
}

static bool has_field(const struct kind *kind, struct str field)
{
    for (size_t i = 0; kind->fields[i]; i++)
        if (str_equal(str_of(kind->fields[i]), field))
            return true;
    return false;
}

static enum status check_filter(const struct searching *self, struct value filter, struct error *err)
{
    for (size_t i = 0; filter.kind == VALUE_CONTEXT && i < filter.context->count; i++) {
        const struct member *member = &filter.context->members[i];
        bool list = member->value.kind == VALUE_LIST;
        if (str_equal(member->key, STR("$or")) && list) {
            for (size_t n = 0; n < value_count(member->value); n++)
                if (check_filter(self, value_at(member->value, n), err) != OK)
                    return FAILED;
            continue;
        }
        if ((special(member->key) || str_equal(member->key, STR("tags"))) && list)
            continue;
        if (!has_field(self->kind, member_of(member->key))) {
            error_set(err, ERROR_INVALID, "filter-invalid", "One cannot filter by %.*s here.", STR_ARGS(member->key));
            return error_field(err, "filter.%.*s", STR_ARGS(member->key));
        }
        if (search_condition_check(member->key, member->value, err) != OK)
            return FAILED;
    }
    return OK;
}

/* [{name, value}]: every one must be met by a variable; values are compared as JSON texts. */
static bool variables_match(struct value variables, struct value wanted)
{
    for (size_t i = 0; i < value_count(wanted); i++) {
        struct value one = value_at(wanted, i);
        bool met = false;
        for (size_t n = 0; n < value_count(variables) && !met; n++) {
            struct value variable = value_at(variables, n);
            met = value_identical(value_get(variable, STR("name")), value_get(one, STR("name"))) &&
                  search_matches(value_get(variable, STR("value")), value_get(one, STR("value")));
        }
        if (!met)
            return false;
    }
    return true;
}

static enum status open_instance(struct searching *self, int64_t key, int64_t case_id, struct work_case **out,
                                 struct error *err)
{
    return work_case_load(self->work, (struct case_id){store_key_region(key), case_id}, out, err);
}

/* Of an instance, or (local) of the element that a task is. */
static enum status variables_of(struct searching *self, struct value view, bool local, struct value *out,
                                struct error *err)
{
    struct store_instance row;
    struct work_case *of;
    bool found = false;
    int64_t key = 0;
    *out = value_list(self->work->arena, NULL, 0);
    if (key_parse(value_text(value_get(view, STR("processInstanceKey"))), &key) &&
        store_instance_find(self->work->tx, self->work->arena, key, &row, &found, err) != OK)
        return FAILED;
    if (!found)
        return OK;
    if (open_instance(self, key, row.case_id, &of, err) != OK)
        return FAILED;
    struct value scope = value_get(view, local ? STR("elementInstanceKey") : STR("processInstanceKey"));
    struct value all = variables_view(self->work->arena, of->instance);
    for (size_t i = 0; i < value_count(all); i++)
        if (value_identical(value_get(value_at(all, i), STR("scopeKey")), scope))
            *out = list_add(self->work->arena, *out, value_at(all, i));
    return OK;
}

static enum status matches(struct searching *self, struct value view, struct value filter, bool *out,
                           struct error *err);

static enum status matches_special(struct searching *self, struct value view, const struct member *member, bool *out,
                                   struct error *err)
{
    struct value variables;
    if (str_equal(member->key, STR("$or"))) {
        *out = value_count(member->value) == 0;
        for (size_t i = 0; i < value_count(member->value) && !*out; i++)
            if (matches(self, view, value_at(member->value, i), out, err) != OK)
                return FAILED;
        return OK;
    }
    if (variables_of(self, view, str_equal(member->key, STR("localVariables")), &variables, err) != OK)
        return FAILED;
    *out = variables_match(variables, member->value);
    return OK;
}

static enum status matches(struct searching *self, struct value view, struct value filter, bool *out, struct error *err)
{
    *out = true;
    for (size_t i = 0; filter.kind == VALUE_CONTEXT && i < filter.context->count && *out; i++) {
        const struct member *member = &filter.context->members[i];
        struct value v = value_get(view, member_of(member->key));
        if (special(member->key)) {
            if (matches_special(self, view, member, out, err) != OK)
                return FAILED;
        } else if (member->value.kind == VALUE_LIST) {
            for (size_t n = 0; n < value_count(member->value) && *out; n++)
                *out = search_matches(v, value_at(member->value, n));
        } else {
            *out = search_matches(v, member->value);
        }
    }
    return OK;
}

/* ---- Gathering ---- */

/* Takes a row in if it matches; false in *more when enough has been looked at. */
static enum status offer(struct searching *self, struct candidate one, struct error *err)
{
    bool yes;
    if (matches(self, one.view, self->search->filter, &yes, err) != OK)
        return FAILED;
    if (yes)
        VECTOR_PUSH(self->work->arena, &self->found, one);
    return OK;
}

/* Goes through the regions of the actor's scope in the order of keys, a batch at a time. batch gives how many rows it
 * saw, and the last key. */
typedef enum status scan_batch(struct searching *self, const struct store_process_filter *filter, size_t *count,
                               int64_t *last, struct error *err);

static enum status scan_region(struct searching *self, struct store_process_filter *filter, scan_batch *batch,
                               struct error *err)
{
    for (size_t count = (size_t)filter->limit; count == (size_t)filter->limit;) {
        if (self->scanned >= SERVICE_SEARCH_MOST) {
            self->capped = true;
            return OK;
        }
        if (batch(self, filter, &count, &filter->after_id, err) != OK)
            return FAILED;
        self->scanned += count;
    }
    return OK;
}

static enum status scan(struct searching *self, struct store_process_filter filter, scan_batch *batch,
                        struct error *err)
{
    struct actor_scope scope = actor_scope(self->work->call);
    struct arena *arena = self->work->arena;
    int64_t *regions;
    size_t count = scope.own ? 0 : region_list(self->work->service, scope.divisions, arena, &regions);
    filter.division_from = scope.divisions.from;
    filter.division_to = scope.divisions.to;
    filter.unit = scope.unit;
    filter.limit = 500;
    for (size_t i = 0; i < count && !self->capped; i++) {
        filter.region = regions[i];
        filter.after_id = self->after_id;
        if (filter.instance && store_key_region(filter.instance) != filter.region)
            continue;
        if (scan_region(self, &filter, batch, err) != OK)
            return FAILED;
    }
    return OK;
}

static int64_t wanted_key(const struct searching *self, const char *field)
{
    int64_t key = 0;
    return key_parse(search_wanted(self->search->filter, field), &key) ? key : 0;
}

static int64_t wanted_state(const struct searching *self, const char *active)
{
    return str_equal(search_wanted(self->search->filter, "state"), str_of(active)) ? STORE_ACTIVE : 0;
}

static enum status offer_instance(struct searching *self, const struct store_instance *row, struct error *err)
{
    const struct deployed *what;
    if (deployed_by_key(self->work->service, self->work->tx, row->definition, &what, err) != OK)
        return FAILED;
    return offer(self, (struct candidate){.view = instance_view(self->work->arena, row, what)}, err);
}

static enum status instance_batch(struct searching *self, const struct store_process_filter *filter, size_t *count,
                                  int64_t *last, struct error *err)
{
    struct store_instance *rows;
    if (store_instance_list(self->work->tx, self->work->arena, filter, &rows, count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < *count; i++) {
        *last = rows[i].id;
        if (offer_instance(self, &rows[i], err) != OK)
            return FAILED;
    }
    return OK;
}

static bool sees(const struct searching *self, int64_t division, struct str unit)
{
    return self->work->call->actor->kind == ACTOR_SYSTEM || actor_sees_division(self->work->call, division, unit);
}

static enum status gather_instances(struct searching *self, struct error *err)
{
    int64_t key = wanted_key(self, "processInstanceKey");
    struct str process = search_wanted(self->search->filter, "processDefinitionId");
    struct store_process_filter filter = {.state = wanted_state(self, "ACTIVE"),
                                          .name = process.len ? process : STR_NONE};
    struct store_instance row;
    bool found;
    if (!key)
        return scan(self, filter, instance_batch, err);
    if (store_instance_find(self->work->tx, self->work->arena, key, &row, &found, err) != OK)
        return FAILED;
    return found && sees(self, row.division, row.unit) ? offer_instance(self, &row, err) : OK;
}

static enum status task_batch(struct searching *self, const struct store_process_filter *filter, size_t *count,
                              int64_t *last, struct error *err)
{
    struct store_user_task *rows;
    if (store_user_task_list(self->work->tx, self->work->arena, filter, &rows, count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < *count; i++) {
        const struct deployed *what = NULL;
        *last = rows[i].id;
        if (!user_task_seen(self->work->call, &rows[i]))
            continue;
        if (rows[i].definition &&
            deployed_by_key(self->work->service, self->work->tx, rows[i].definition, &what, err) != OK)
            return FAILED;
        struct value view = user_task_view(self->work->arena, &rows[i], what, 0);
        if (offer(self, (struct candidate){view, &rows[i]}, err) != OK)
            return FAILED;
    }
    return OK;
}

static enum status gather_tasks(struct searching *self, struct error *err)
{
    struct str assignee = search_wanted(self->search->filter, "assignee");
    struct store_process_filter filter = {.state = wanted_state(self, "CREATED"),
                                          .instance = wanted_key(self, "processInstanceKey"),
                                          .name = assignee.len ? assignee : STR_NONE};
    return scan(self, filter, task_batch, err);
}

static enum status incident_batch(struct searching *self, const struct store_process_filter *filter, size_t *count,
                                  int64_t *last, struct error *err)
{
    struct store_incident *rows;
    struct work *work = self->work;
    if (store_incident_list(work->tx, work->arena, filter, &rows, count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < *count; i++) {
        struct value body;
        *last = rows[i].id;
        if (service_unseal(work->service, work->arena, key_text(work->arena, rows[i].id), rows[i].body, &body, err) !=
            OK)
            return FAILED;
        struct value view = incident_view(work->arena, &rows[i], value_text(value_get(body, STR("message"))));
        if (offer(self, (struct candidate){.view = view}, err) != OK)
            return FAILED;
    }
    return OK;
}

static enum status gather_incidents(struct searching *self, struct error *err)
{
    struct store_process_filter filter = {.state = wanted_state(self, "ACTIVE"),
                                          .instance = wanted_key(self, "processInstanceKey")};
    return scan(self, filter, incident_batch, err);
}

/* What one instance holds, as a list. */
static enum status offer_inside(struct searching *self, const struct store_instance *row, struct error *err)
{
    struct work_case *of;
    if (open_instance(self, row->id, row->case_id, &of, err) != OK)
        return FAILED;
    struct value all = self->search->kind == SERVICE_SEARCH_ELEMENTS
                           ? elements_view(self->work->arena, of->instance, of->deployed)
                           : variables_view(self->work->arena, of->instance);
    for (size_t i = 0; i < value_count(all); i++)
        if (offer(self, (struct candidate){.view = value_at(all, i)}, err) != OK)
            return FAILED;
    return OK;
}

static enum status inside_batch(struct searching *self, const struct store_process_filter *filter, size_t *count,
                                int64_t *last, struct error *err)
{
    struct store_instance *rows;
    if (store_instance_list(self->work->tx, self->work->arena, filter, &rows, count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < *count; i++) {
        *last = rows[i].id;
        if (offer_inside(self, &rows[i], err) != OK)
            return FAILED;
    }
    self->scanned += *count * (SERVICE_SEARCH_MOST / VARIABLE_INSTANCES_MOST - 1);
    return OK;
}

static enum status offer_named(struct searching *self, struct value keys, struct error *err)
{
    for (size_t i = 0; i < value_count(keys); i++) {
        struct store_instance row;
        bool found = false;
        int64_t key;
        if (key_parse(value_text(value_at(keys, i)), &key) &&
            store_instance_find(self->work->tx, self->work->arena, key, &row, &found, err) != OK)
            return FAILED;
        if (found && sees(self, row.division, row.unit) && offer_inside(self, &row, err) != OK)
            return FAILED;
    }
    return OK;
}

/* Variables and elements: of the instances that the filter names, else of the first active ones. */
static enum status gather_inside(struct searching *self, struct error *err)
{
    struct value condition = value_get(self->search->filter, STR("processInstanceKey"));
    struct value keys = value_get(condition, STR("$in"));
    struct str one = search_wanted(self->search->filter, "processInstanceKey");
    if (keys.kind == VALUE_LIST)
        return offer_named(self, keys, err);
    struct value single = value_string(one);
    if (one.len)
        return offer_named(self, value_list(self->work->arena, &single, 1), err);
    struct store_process_filter filter = {.state = self->search->kind == SERVICE_SEARCH_ELEMENTS ? STORE_ACTIVE : 0};
    return scan(self, filter, inside_batch, err);
}

/* The scopes around an element, from the inside: its key, its parents' keys, the process's. */
static struct value scopes_of(struct arena *arena, const struct bpmn_instance *instance, int64_t key)
{
    struct value tokens = value_get(bpmn_instance_view(arena, instance), STR("tokens"));
    struct list_builder scopes;
    list_builder_init(&scopes, arena);
    for (int64_t at = key; at;) {
        int64_t up = 0;
        for (size_t i = 0; i < value_count(tokens); i++)
            if (value_int_or(value_get(value_at(tokens, i), STR("key")), 0) == at)
                up = value_int_or(value_get(value_at(tokens, i), STR("parent")), 0);
        if (up)
            list_builder_push(&scopes, value_string(key_text(arena, at)));
        at = up;
    }
    list_builder_push(&scopes, value_string(key_text(arena, bpmn_instance_key(instance))));
    return list_builder_done(&scopes);
}

static bool offered(const struct searching *self, struct value name)
{
    for (size_t i = 0; i < self->found.count; i++)
        if (value_identical(value_get(self->found.items[i].view, STR("name")), name))
            return true;
    return false;
}

static enum status gather_task_variables(struct searching *self, struct error *err)
{
    struct work *work = self->work;
    struct store_user_task row;
    struct work_case *of;
    bool found = false;
    int64_t key;
    if (key_parse(self->search->of, &key) && store_user_task_find(work->tx, work->arena, key, &row, &found, err) != OK)
        return FAILED;
    if (!found || !user_task_seen(work->call, &row))
        return error_set(err, ERROR_NOT_FOUND, "user-task-not-found", "There is no user task %.*s that you may see.",
                         STR_ARGS(self->search->of));
    if (open_instance(self, row.id, row.case_id, &of, err) != OK)
        return FAILED;
    bool innermost = self->search->kind == SERVICE_SEARCH_EFFECTIVE_VARIABLES;
    struct value all = variables_view(work->arena, of->instance);
    struct value scopes = scopes_of(work->arena, of->instance, row.element_key);
    for (size_t s = 0; s < value_count(scopes); s++)
        for (size_t i = 0; i < value_count(all); i++) {
            struct value variable = value_at(all, i);
            if (!value_identical(value_get(variable, STR("scopeKey")), value_at(scopes, s)) ||
                (innermost && offered(self, value_get(variable, STR("name")))))
                continue;
            if (offer(self, (struct candidate){.view = variable}, err) != OK)
                return FAILED;
        }
    return OK;
}

/* Definitions: few enough to look at all. isLatestVersion is a member of processes while they are matched. */
static enum status offer_definition(struct searching *self, const struct store_definition *row, struct error *err)
{
    struct work *work = self->work;
    const struct deployed *what, *parent;
    struct store_definition_wanted newest = {.kind = row->kind, .name = row->name};
    struct store_definition last;
    bool found;
    if (deployed_by_key(work->service, work->tx, row->id, &what, err) != OK ||
        deployed_by_key(work->service, work->tx, row->model, &parent, err) != OK ||
        store_definition_get(work->tx, work->arena, &newest, &last, &found, err) != OK)
        return FAILED;
    if (!what)
        return OK;
    struct value view = definition_view(work->arena, what, parent ? &parent->row : NULL);
    bool latest = found && last.id == row->id;
    struct value seen = context_set(work->arena, view, "isLatestVersion", value_boolean(latest));
    bool yes;
    if (matches(self, seen, self->search->filter, &yes, err) != OK)
        return FAILED;
    if (yes)
        VECTOR_PUSH(work->arena, &self->found, ((struct candidate){.view = view}));
    return OK;
}

static enum status gather_definitions(struct searching *self, struct error *err)
{
    static const int64_t kinds[] = {[SERVICE_SEARCH_PROCESSES] = STORE_PROCESS,
                                    [SERVICE_SEARCH_DECISIONS] = STORE_DECISION,
                                    [SERVICE_SEARCH_REQUIREMENTS] = STORE_REQUIREMENTS};
    struct store_definition *rows;
    int64_t after = self->after_id;
    for (size_t count = 500; count == 500;) {
        if (store_definition_list(self->work->tx, self->work->arena, kinds[self->search->kind], after, 500, &rows,
                                  &count, err) != OK)
            return FAILED;
        for (size_t i = 0; i < count; i++) {
            after = rows[i].id;
            if (offer_definition(self, &rows[i], err) != OK)
                return FAILED;
        }
    }
    return OK;
}

/* ---- The kinds ---- */

#define FIELDS(...)                                                                                                    \
    (const char *const[])                                                                                              \
    {                                                                                                                  \
        __VA_ARGS__, "tenantId", NULL                                                                                  \
    }

static const struct kind kinds[SERVICE_SEARCH_KINDS] = {
    [SERVICE_SEARCH_PROCESSES] = {gather_definitions, "process.read", "processDefinitionKey",
                                  FIELDS("processDefinitionKey", "processDefinitionId", "name", "resourceName",
                                         "version", "versionTag", "hasStartForm", "state", "isLatestVersion")},
    [SERVICE_SEARCH_DECISIONS] = {gather_definitions, "process.read", "decisionDefinitionKey",
                                  FIELDS("decisionDefinitionKey", "decisionDefinitionId", "name", "version",
                                         "decisionRequirementsId", "decisionRequirementsKey",
                                         "decisionRequirementsName", "decisionRequirementsVersion", "isLatestVersion")},
    [SERVICE_SEARCH_REQUIREMENTS] = {gather_definitions, "process.read", "decisionRequirementsKey",
                                     FIELDS("decisionRequirementsKey", "decisionRequirementsId",
                                            "decisionRequirementsName", "version", "resourceName")},
    [SERVICE_SEARCH_INSTANCES] = {gather_instances, "process.read", "processInstanceKey",
                                  FIELDS("processInstanceKey", "processDefinitionId", "processDefinitionName",
                                         "processDefinitionVersion", "processDefinitionVersionTag",
                                         "processDefinitionKey", "parentProcessInstanceKey", "parentElementInstanceKey",
                                         "startDate", "endDate", "state", "hasIncident", "tags", "businessId")},
    [SERVICE_SEARCH_USER_TASKS] = {gather_tasks, "task.work", "userTaskKey",
                                   FIELDS("userTaskKey", "name", "state", "assignee", "priority", "elementId",
                                          "elementInstanceKey", "candidateGroups", "candidateUsers",
                                          "processDefinitionId", "processDefinitionKey", "processInstanceKey",
                                          "creationDate", "completionDate", "followUpDate", "dueDate", "tags")},
    [SERVICE_SEARCH_VARIABLES] = {gather_inside, "process.read", "variableKey",
                                  FIELDS("variableKey", "name", "value", "isTruncated", "scopeKey",
                                         "processInstanceKey"),
                                  "variables.read"},
    [SERVICE_SEARCH_TASK_VARIABLES] = {gather_task_variables, "task.work", "variableKey",
                                       FIELDS("variableKey", "name", "value", "scopeKey", "processInstanceKey"),
                                       "variables.read"},
    [SERVICE_SEARCH_EFFECTIVE_VARIABLES] = {gather_task_variables, "task.work", "variableKey",
                                            FIELDS("variableKey", "name", "value", "scopeKey", "processInstanceKey"),
                                            "variables.read"},
    [SERVICE_SEARCH_INCIDENTS] = {gather_incidents, "incident.manage", "incidentKey",
                                  FIELDS("incidentKey", "errorType", "errorMessage", "elementId", "elementInstanceKey",
                                         "creationTime", "state", "processDefinitionId", "processDefinitionKey",
                                         "processInstanceKey", "jobKey")},
    [SERVICE_SEARCH_ELEMENTS] = {gather_inside, "process.read", "elementInstanceKey",
                                 FIELDS("elementInstanceKey", "elementId", "elementName", "type", "state", "startDate",
                                        "endDate", "hasIncident", "incidentKey", "processDefinitionId",
                                        "processDefinitionKey", "processInstanceKey", "elementInstanceScopeKey")},
};

/* ---- Order and pages ---- */

/* The values that place an item: those it is sorted by, then its key. */
static struct value place_of(const struct searching *self, struct value view)
{
    struct list_builder place;
    list_builder_init(&place, self->work->arena);
    for (size_t i = 0; i < self->order_count; i++)
        list_builder_push(&place, value_get(view, self->orders[i].field));
    list_builder_push(&place, value_get(view, str_of(self->kind->key)));
    return list_builder_done(&place);
}

static int compare_places(const struct searching *self, struct value a, struct value b)
{
    for (size_t i = 0; i <= self->order_count; i++) {
        int order = search_compare(value_at(a, i), value_at(b, i));
        if (order)
            return i < self->order_count && self->orders[i].falling ? -order : order;
    }
    return 0;
}

static int compare_candidates(const void *a, const void *b, void *arg)
{
    const struct searching *self = arg;
    const struct candidate *x = a, *y = b;
    for (size_t i = 0; i < self->order_count; i++) {
        int order =
            search_compare(value_get(x->view, self->orders[i].field), value_get(y->view, self->orders[i].field));
        if (order)
            return self->orders[i].falling ? -order : order;
    }
    struct str key = str_of(self->kind->key);
    return search_compare(value_get(x->view, key), value_get(y->view, key));
}

static struct value cursor_of(const struct searching *self, size_t at)
{
    struct arena *arena = self->work->arena;
    struct str json = json_text(arena, place_of(self, self->found.items[at].view));
    return value_string(base64_encode(arena, json.data, json.len));
}

static enum status page_invalid(const char *field, const char *what, struct error *err)
{
    error_set(err, ERROR_INVALID, "page-invalid", "page.%s %s.", field, what);
    return error_field(err, "page.%s", field);
}

static enum status read_cursor(const struct searching *self, const char *field, struct value *out, struct error *err)
{
    struct value text = value_get(self->search->page, str_of(field));
    struct str json;
    struct error unread = ERROR_INIT;
    *out = value_null;
    if (value_is_null(text) || (text.kind == VALUE_STRING && text.string.len == 0))
        return OK;
    if (text.kind != VALUE_STRING || !base64_decode(self->work->arena, text.string, &json) ||
        json_parse(self->work->arena, json, NULL, out, &unread) != OK || value_count(*out) != self->order_count + 1)
        return page_invalid(field, "is no cursor of this search", err);
    return OK;
}

static enum status read_count(const struct searching *self, const char *field, int64_t least, int64_t most,
                              int64_t *out, struct error *err)
{
    struct value v = value_get(self->search->page, str_of(field));
    int64_t n;
    if (value_is_null(v))
        return OK;
    if (v.kind == VALUE_STRING ? !str_to_int64(v.string, &n) : !value_to_int64(v, &n))
        return page_invalid(field, "is no whole number", err);
    if (n < least || n > most)
        return page_invalid(field, "is too small or too large", err);
    *out = n;
    return OK;
}

/* Where the page lies: [from, to) of what was found. */
static enum status cut(const struct searching *self, size_t *from, size_t *to, struct error *err)
{
    int64_t skip = 0, limit = LIMIT_USUAL;
    struct value after, before;
    if (read_count(self, "from", 0, INT32_MAX, &skip, err) != OK ||
        read_count(self, "limit", 1, 10000, &limit, err) != OK || read_cursor(self, "after", &after, err) != OK ||
        read_cursor(self, "before", &before, err) != OK)
        return FAILED;
    size_t first = 0, end = self->found.count;
    while (after.kind == VALUE_LIST && first < end &&
           compare_places(self, place_of(self, self->found.items[first].view), after) <= 0)
        first++;
    while (before.kind == VALUE_LIST && end > first &&
           compare_places(self, place_of(self, self->found.items[end - 1].view), before) >= 0)
        end--;
    size_t room = end - first;
    if (before.kind == VALUE_LIST) {
        first = room > (size_t)limit ? end - (size_t)limit : first;
    } else {
        first = (size_t)skip < room ? first + (size_t)skip : end;
        end = end - first > (size_t)limit ? first + (size_t)limit : end;
    }
    *from = first;
    *to = end;
    return OK;
}

/* Beyond what one search looks at, a cursor in the order of keys says where to go on. */
static enum status look_further(struct searching *self, struct error *err)
{
    struct value after;
    if (!self->capped || self->order_count || read_cursor(self, "after", &after, err) != OK)
        return self->capped && !self->order_count ? FAILED : OK;
    if (after.kind != VALUE_LIST || !key_parse(value_text(value_at(after, 0)), &self->after_id))
        return OK;
    self->found.count = 0;
    self->scanned = 0;
    self->capped = false;
    enum status status = self->kind->gather(self, err);
    self->capped = true;
    return status;
}

static enum status show(struct searching *self, size_t from, size_t to, struct error *err)
{
    struct arena *arena = self->work->arena;
    struct list_builder items;
    struct view page, view;
    list_builder_init(&items, arena);
    for (size_t i = from; i < to; i++) {
        struct candidate *one = &self->found.items[i];
        if (one->task && user_task_whole(self->work, one->task, &one->view, err) != OK)
            return FAILED;
        list_builder_push(&items, one->view);
    }
    bool many = self->capped || self->found.count > SERVICE_SEARCH_MOST;
    view_init(&page, arena);
    view_int(&page, "totalItems", many ? SERVICE_SEARCH_MOST : (int64_t)self->found.count);
    view_flag(&page, "hasMoreTotalItems", many);
    zeebe_put(&page, "startCursor", from < to ? cursor_of(self, from) : value_null);
    zeebe_put(&page, "endCursor", from < to ? cursor_of(self, to - 1) : value_null);
    view_init(&view, arena);
    zeebe_put(&view, "items", list_builder_done(&items));
    zeebe_put(&view, "page", view_done(&page));
    self->view = view_done(&view);
    return OK;
}

/* Variables may be about persons: a look at an instance's is noted. */
static enum status note_looks(struct searching *self, size_t from, size_t to, struct error *err)
{
    struct work *work = self->work;
    for (size_t c = 0; self->kind->logged && c < work->cases.count; c++) {
        struct value key = value_string(key_text(work->arena, bpmn_instance_key(work->cases.items[c]->instance)));
        bool shown = false;
        for (size_t i = from; i < to && !shown; i++)
            shown = value_identical(value_get(self->found.items[i].view, STR("processInstanceKey")), key);
        if (shown && work_access(work, self->kind->logged, STR_NONE, work->cases.items[c], err) != OK)
            return FAILED;
    }
    return OK;
}

static enum status search_command(struct work *work, void *arg, struct error *err)
{
    struct searching *self = arg;
    size_t from, to;
    *self = (struct searching){.search = self->search, .kind = self->kind, .work = work};
    if (search_orders(work->arena, self->search->sort, self->kind->fields, &self->orders, &self->order_count, err) !=
            OK ||
        check_filter(self, self->search->filter, err) != OK || self->kind->gather(self, err) != OK ||
        look_further(self, err) != OK)
        return FAILED;
    if (self->found.count)
        qsort_r(self->found.items, self->found.count, sizeof *self->found.items, compare_candidates, self);
    if (cut(self, &from, &to, err) != OK || note_looks(self, from, to, err) != OK)
        return FAILED;
    return show(self, from, to, err);
}

enum status service_search(const struct call *call, const struct service_search *search, struct value *out,
                           struct error *err)
{
    CHECK((size_t)search->kind < COUNT_OF(kinds));
    struct searching self = {.search = search, .kind = &kinds[search->kind]};
    if (service_may(call, self.kind->permission, err) != OK)
        return FAILED;
    enum status status =
        self.kind->logged ? work_run(call, search_command, &self, err) : work_read(call, search_command, &self, err);
    if (status != OK)
        return FAILED;
    *out = self.view;
    return OK;
}
