/* The details of each element: expressions, mappings, jobs, tasks, calls, loops, listeners. */
#include "bpmn/load.h"

#include <string.h>

/* Extension elements that change nothing for the engine, or are read elsewhere. */
static const char *const without_effect[] = {
    "properties",   "taskHeaders",     "versionTag",    "userTaskForm", "modelerTemplateIcon",
    "retryCounter", "agentDefinition", "exampleOutput", "template",
};
static const char *const understood[] = {
    "taskDefinition",     "ioMapping",          "loopCharacteristics",
    "calledDecision",     "calledElement",      "script",
    "subscription",       "userTask",           "assignmentDefinition",
    "taskSchedule",       "priorityDefinition", "formDefinition",
    "executionListeners", "taskListeners",      "adHoc",
    "conditionalFilter",
};

static void compile(struct loader *self, const xmlNode *xml, struct str id, struct str text, struct expression *out)
{
    struct error err = ERROR_INIT;
    struct feel_options options = {.syntax = FEEL_EXPRESSION};
    if (feel_compile(self->arena, text, &options, &out->program, &err) != OK) {
        bpmn_load_problem(self, xml, id, "feel-syntax", "The expression '%.*s' cannot be read: %s (%s)",
                          (int)(text.len < 100 ? text.len : 100), text.data, err.message, err.field);
        return;
    }
    out->name_count = feel_free_names(out->program, &out->names);
}

void bpmn_load_expression(struct loader *self, const xmlNode *xml, struct str id, struct str text,
                          struct expression *out)
{
    if (!text.data)
        return;
    out->text = text;
    if (str_starts(str_trim(text), STR("=")))
        compile(self, xml, id, str_part(str_trim(text), 1, text.len), out);
}

void bpmn_load_feel(struct loader *self, const xmlNode *xml, struct str id, struct str text, struct expression *out)
{
    if (!text.data)
        return;
    out->text = text;
    struct str trimmed = str_trim(text);
    compile(self, xml, id, str_starts(trimmed, STR("=")) ? str_part(trimmed, 1, trimmed.len) : trimmed, out);
}

static void attribute(struct loader *self, const xmlNode *xml, struct str id, const char *name, struct expression *out)
{
    bpmn_load_expression(self, xml, id, bpmn_xml_attribute(self, xml, name), out);
}

static struct str or_empty(struct str s)
{
    return s.data ? s : STR("");
}

struct bpmn_pairs bpmn_load_pairs(struct loader *self, const xmlNode *parent, const char *name, const char *key)
{
    size_t count = parent ? bpmn_xml_count(parent, ZEEBE_NAMESPACE, name) : 0;
    struct bpmn_pair *pairs = arena_array(self->arena, struct bpmn_pair, count);
    size_t i = 0;
    for (xmlNode *child = bpmn_xml_child(parent, ZEEBE_NAMESPACE, name); child;
         child = bpmn_xml_next(child, ZEEBE_NAMESPACE, name))
        pairs[i++] = (struct bpmn_pair){or_empty(bpmn_xml_attribute(self, child, key)),
                                        or_empty(bpmn_xml_attribute(self, child, "value"))};
    return (struct bpmn_pairs){count, pairs};
}

static bool target_valid(struct str target)
{
    if (target.len == 0 || target.data[0] == '.' || target.data[target.len - 1] == '.')
        return false;
    return str_find(target, STR(".."), 0) < 0 && str_find(target, STR(" "), 0) < 0;
}

static struct mappings load_mappings(struct loader *self, const struct element *element, const xmlNode *io,
                                     const char *name)
{
    size_t count = io ? bpmn_xml_count(io, ZEEBE_NAMESPACE, name) : 0;
    struct mapping *items = arena_array(self->arena, struct mapping, count);
    size_t i = 0;
    for (xmlNode *child = bpmn_xml_child(io, ZEEBE_NAMESPACE, name); child;
         child = bpmn_xml_next(child, ZEEBE_NAMESPACE, name)) {
        attribute(self, child, element->id, "source", &items[i].source);
        items[i].target = or_empty(bpmn_xml_attribute(self, child, "target"));
        if (!target_valid(items[i].target))
            bpmn_load_problem(self, child, element->id, "mapping-target",
                              "The %s mapping's target '%.*s' is no variable name or dotted path.", name,
                              STR_ARGS(items[i].target));
        i++;
    }
    return (struct mappings){count, items};
}

static void load_job(struct loader *self, struct element *element, const xmlNode *xml)
{
    const xmlNode *task = bpmn_xml_extension(xml, "taskDefinition");
    if (!task)
        return;
    element->job = arena_new(self->arena, struct job_definition);
    attribute(self, task, element->id, "type", &element->job->type);
    attribute(self, task, element->id, "retries", &element->job->retries);
    if (element->job->type.text.len == 0)
        bpmn_load_problem(self, task, element->id, "job-type-missing", "The task definition has no type.");
}

/* The listeners of that name for one event. */
static struct listeners load_listeners(struct loader *self, const struct element *element, const xmlNode *parent,
                                       const char *name, const char *event)
{
    struct listener *items = arena_array(self->arena, struct listener, bpmn_xml_count(parent, ZEEBE_NAMESPACE, name));
    size_t count = 0;
    for (xmlNode *child = bpmn_xml_child(parent, ZEEBE_NAMESPACE, name); child;
         child = bpmn_xml_next(child, ZEEBE_NAMESPACE, name)) {
        if (!str_equal(bpmn_xml_attribute(self, child, "eventType"), str_of(event)))
            continue;
        struct listener *listener = &items[count++];
        attribute(self, child, element->id, "type", &listener->type);
        attribute(self, child, element->id, "retries", &listener->retries);
        listener->headers =
            bpmn_load_pairs(self, bpmn_xml_child(child, ZEEBE_NAMESPACE, "taskHeaders"), "header", "key");
        if (listener->type.text.len == 0)
            bpmn_load_problem(self, child, element->id, "job-type-missing", "A listener has no type.");
    }
    return (struct listeners){count, items};
}

static void load_all_listeners(struct loader *self, struct element *element, const xmlNode *xml)
{
    const xmlNode *execution = bpmn_xml_extension(xml, "executionListeners");
    if (execution) {
        element->start_listeners = load_listeners(self, element, execution, "executionListener", "start");
        element->end_listeners = load_listeners(self, element, execution, "executionListener", "end");
        size_t all = bpmn_xml_count(execution, ZEEBE_NAMESPACE, "executionListener");
        if (all != element->start_listeners.count + element->end_listeners.count)
            bpmn_load_problem(self, execution, element->id, "unsupported-listener",
                              "Execution listeners other than start and end cannot be executed.");
    }
    const xmlNode *tasks = bpmn_xml_extension(xml, "taskListeners");
    bool native = element->type == BPMN_USER_TASK && bpmn_xml_extension(xml, "userTask");
    if (tasks && !native && bpmn_xml_count(tasks, ZEEBE_NAMESPACE, "taskListener") > 0)
        bpmn_load_problem(self, tasks, element->id, "listener-misplaced",
                          "Only user tasks with the marker zeebe:userTask have task listeners.");
}

static void load_task_listeners(struct loader *self, const struct element *element, const xmlNode *xml)
{
    const xmlNode *tasks = bpmn_xml_extension(xml, "taskListeners");
    size_t known = 0;
    for (size_t i = 0; tasks && i < TASK_EVENTS; i++) {
        struct listeners *listeners = &element->user->listeners[i];
        *listeners = load_listeners(self, element, tasks, "taskListener", bpmn_listen_event_name((enum task_event)i));
        known += listeners->count;
    }
    if (tasks && known != bpmn_xml_count(tasks, ZEEBE_NAMESPACE, "taskListener"))
        bpmn_load_problem(
            self, tasks, element->id, "unsupported-listener",
            "Task listeners other than creating, assigning, updating, completing and canceling cannot be executed.");
}

static void load_form(struct loader *self, const xmlNode *form, struct str id, struct expression *out)
{
    static const char *const names[] = {"formId", "formKey", "externalReference"};
    for (size_t i = 0; i < COUNT_OF(names) && !expression_present(out); i++)
        attribute(self, form, id, names[i], out);
    if (str_starts(out->text, STR("camunda-forms:bpmn:")))
        bpmn_load_problem(self, form, id, "unsupported-form",
                          "A form inside the process cannot be shown: deploy it as a .form file and name its formId.");
}

static void load_user_task(struct loader *self, struct element *element, const xmlNode *xml)
{
    struct user_definition *user = element->user = arena_new(self->arena, struct user_definition);
    user->native = bpmn_xml_extension(xml, "userTask") != NULL;
    user->form_binding = user->form_version_tag = STR("");
    load_task_listeners(self, element, xml);
    const xmlNode *assignment = bpmn_xml_extension(xml, "assignmentDefinition");
    if (assignment) {
        attribute(self, assignment, element->id, "assignee", &user->assignee);
        attribute(self, assignment, element->id, "candidateGroups", &user->groups);
        attribute(self, assignment, element->id, "candidateUsers", &user->users);
    }
    const xmlNode *schedule = bpmn_xml_extension(xml, "taskSchedule");
    if (schedule) {
        attribute(self, schedule, element->id, "dueDate", &user->due);
        attribute(self, schedule, element->id, "followUpDate", &user->follow_up);
    }
    const xmlNode *priority = bpmn_xml_extension(xml, "priorityDefinition");
    if (priority)
        attribute(self, priority, element->id, "priority", &user->priority);
    const xmlNode *form = bpmn_xml_extension(xml, "formDefinition");
    if (form) {
        load_form(self, form, element->id, &user->form_id);
        user->form_binding = or_empty(bpmn_xml_attribute(self, form, "bindingType"));
        user->form_version_tag = or_empty(bpmn_xml_attribute(self, form, "versionTag"));
    }
}

static struct called *load_called(struct loader *self, struct element *element, const xmlNode *xml, const char *name,
                                  const char *id_name)
{
    const xmlNode *extension = bpmn_xml_extension(xml, name);
    if (!extension)
        return NULL;
    struct called *called = arena_new(self->arena, struct called);
    attribute(self, extension, element->id, id_name, &called->id);
    called->binding = or_empty(bpmn_xml_attribute(self, extension, "bindingType"));
    if (called->binding.len == 0)
        called->binding = STR("latest");
    called->version_tag = or_empty(bpmn_xml_attribute(self, extension, "versionTag"));
    called->result_variable = or_empty(bpmn_xml_attribute(self, extension, "resultVariable"));
    called->all_child_variables = bpmn_xml_flag(self, extension, "propagateAllChildVariables", true);
    called->all_parent_variables = bpmn_xml_flag(self, extension, "propagateAllParentVariables", true);
    static const char *const beyond[] = {"businessId", "processIdExpression"};
    for (size_t i = 0; i < COUNT_OF(beyond); i++)
        if (bpmn_xml_attribute(self, extension, beyond[i]).len > 0)
            bpmn_load_problem(self, extension, element->id, "unsupported-extension", "zeebe:%s cannot be executed.",
                              beyond[i]);
    if (called->id.text.len == 0)
        bpmn_load_problem(self, extension, element->id, "called-missing", "The %s has no %s.", name, id_name);
    if (str_equal(called->binding, STR("versionTag")) && called->version_tag.len == 0)
        bpmn_load_problem(self, extension, element->id, "version-tag-missing",
                          "The binding 'versionTag' needs a versionTag.");
    return called;
}

/* The variable that an output element such as =result or =order.price reads. */
static struct str leading_variable(const struct expression *expression)
{
    if (!expression->program || expression->name_count != 1)
        return STR_NONE;
    struct str text = str_trim(expression->text);
    text = str_trim(str_part(text, str_starts(text, STR("=")) ? 1 : 0, text.len));
    struct str name = expression->names[0];
    if (!str_starts(text, name) || (text.len > name.len && text.data[name.len] != '.'))
        return STR_NONE;
    for (size_t i = name.len; i < text.len; i++)
        if (strchr(" ()[]{},+-*/<>=\"'", text.data[i]))
            return STR_NONE;
    return name;
}

static void load_loop(struct loader *self, struct element *element, const xmlNode *xml)
{
    if (bpmn_xml_child(xml, BPMN_NAMESPACE, "standardLoopCharacteristics"))
        bpmn_load_problem(self, xml, element->id, "unsupported-loop", "The standard loop marker cannot be executed.");
    const xmlNode *marker = bpmn_xml_child(xml, BPMN_NAMESPACE, "multiInstanceLoopCharacteristics");
    if (!marker)
        return;
    struct loop_definition *loop = element->loop = arena_new(self->arena, struct loop_definition);
    loop->sequential = bpmn_xml_flag(self, marker, "isSequential", false);
    loop->output_collection = loop->input_element = loop->output_variable = STR("");
    const xmlNode *zeebe = bpmn_xml_extension(marker, "loopCharacteristics");
    if (!zeebe) {
        bpmn_load_problem(self, marker, element->id, "loop-collection-missing",
                          "The multi-instance has no zeebe:loopCharacteristics with an inputCollection.");
        return;
    }
    bpmn_load_feel(self, zeebe, element->id, bpmn_xml_attribute(self, zeebe, "inputCollection"), &loop->collection);
    if (loop->collection.text.len == 0)
        bpmn_load_problem(self, zeebe, element->id, "loop-collection-missing",
                          "The multi-instance has no inputCollection.");
    loop->input_element = or_empty(bpmn_xml_attribute(self, zeebe, "inputElement"));
    loop->output_collection = or_empty(bpmn_xml_attribute(self, zeebe, "outputCollection"));
    struct str output = bpmn_xml_attribute(self, zeebe, "outputElement");
    if (output.len > 0)
        bpmn_load_feel(self, zeebe, element->id, output, &loop->output_element);
    if ((loop->output_collection.len > 0) != (output.len > 0))
        bpmn_load_problem(self, zeebe, element->id, "loop-output", "outputCollection and outputElement go together.");
    loop->output_variable = or_empty(leading_variable(&loop->output_element));
    const xmlNode *completion = bpmn_xml_child(marker, BPMN_NAMESPACE, "completionCondition");
    struct str condition = completion ? bpmn_xml_content(self, completion) : STR("");
    if (condition.len > 0)
        bpmn_load_feel(self, completion, element->id, condition, &loop->completion);
}

static void load_ad_hoc(struct loader *self, struct element *element, const xmlNode *xml)
{
    struct ad_hoc_definition *ad_hoc = element->ad_hoc = arena_new(self->arena, struct ad_hoc_definition);
    ad_hoc->output_collection = STR("");
    ad_hoc->cancel_remaining = bpmn_xml_flag(self, xml, "cancelRemainingInstances", true);
    const xmlNode *zeebe = bpmn_xml_extension(xml, "adHoc");
    if (zeebe) {
        bpmn_load_feel(self, zeebe, element->id, bpmn_xml_attribute(self, zeebe, "activeElementsCollection"),
                       &ad_hoc->active);
        ad_hoc->output_collection = or_empty(bpmn_xml_attribute(self, zeebe, "outputCollection"));
        bpmn_load_feel(self, zeebe, element->id, bpmn_xml_attribute(self, zeebe, "outputElement"),
                       &ad_hoc->output_element);
    }
    const xmlNode *completion = bpmn_xml_child(xml, BPMN_NAMESPACE, "completionCondition");
    struct str condition = completion ? bpmn_xml_content(self, completion) : STR("");
    if (condition.len > 0)
        bpmn_load_feel(self, completion, element->id, condition, &ad_hoc->completion);
    load_job(self, element, xml);
    if (element->job && (expression_present(&ad_hoc->active) || expression_present(&ad_hoc->completion)))
        bpmn_load_problem(self, xml, element->id, "ad-hoc-driven",
                          "A job decides what runs in this ad-hoc sub-process and when it ends: it has no "
                          "activeElementsCollection and no completionCondition.");
}

static bool listed(const xmlNode *node, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp((const char *)node->name, names[i]) == 0)
            return true;
    return false;
}

static void check_extensions(struct loader *self, const struct element *element, const xmlNode *xml)
{
    const xmlNode *extensions = bpmn_xml_child(xml, BPMN_NAMESPACE, "extensionElements");
    for (const xmlNode *child = extensions ? extensions->children : NULL; child; child = child->next) {
        if (child->type != XML_ELEMENT_NODE || !child->ns ||
            strcmp((const char *)child->ns->href, ZEEBE_NAMESPACE) != 0)
            continue;
        if (!listed(child, without_effect, COUNT_OF(without_effect)) &&
            !listed(child, understood, COUNT_OF(understood)))
            bpmn_load_problem(self, child, element->id, "unsupported-extension", "zeebe:%s cannot be executed.",
                              (const char *)child->name);
    }
}

static void load_script(struct loader *self, struct element *element, const xmlNode *xml)
{
    const xmlNode *script = bpmn_xml_extension(xml, "script");
    if (!script)
        return;
    struct str text = bpmn_xml_attribute(self, script, "expression");
    if (text.len == 0)
        bpmn_load_problem(self, script, element->id, "script-missing", "The script has no expression.");
    else
        bpmn_load_feel(self, script, element->id, text, &element->script);
    element->script_result = or_empty(bpmn_xml_attribute(self, script, "resultVariable"));
    if (!target_valid(element->script_result))
        bpmn_load_problem(self, script, element->id, "script-result", "The script has no resultVariable.");
}

static void load_by_type(struct loader *self, struct element *element, xmlNode *xml)
{
    switch ((enum bpmn_type)element->type) {
    case BPMN_SERVICE_TASK:
    case BPMN_SEND_TASK:
    case BPMN_THROW_EVENT:
    case BPMN_END_EVENT: load_job(self, element, xml); break;
    case BPMN_SCRIPT_TASK:
        load_job(self, element, xml);
        load_script(self, element, xml);
        break;
    case BPMN_BUSINESS_RULE_TASK:
        load_job(self, element, xml);
        element->decision = load_called(self, element, xml, "calledDecision", "decisionId");
        if (element->decision && !target_valid(element->decision->result_variable))
            bpmn_load_problem(self, xml, element->id, "decision-result", "The called decision has no resultVariable.");
        break;
    case BPMN_CALL_ACTIVITY: element->call = load_called(self, element, xml, "calledElement", "processId"); break;
    case BPMN_USER_TASK: load_user_task(self, element, xml); break;
    case BPMN_RECEIVE_TASK: bpmn_load_message(self, element, xml, bpmn_xml_attribute(self, xml, "messageRef")); break;
    case BPMN_AD_HOC_SUB_PROCESS: load_ad_hoc(self, element, xml); break;
    case BPMN_START_EVENT: {
        const xmlNode *form = bpmn_xml_extension(xml, "formDefinition");
        struct expression id = {0};
        if (form)
            load_form(self, form, element->id, &id);
        element->form_id = or_empty(id.text);
        break;
    }
    case BPMN_PROCESS:
    case BPMN_SUB_PROCESS:
    case BPMN_EVENT_SUB_PROCESS:
    case BPMN_TASK:
    case BPMN_MANUAL_TASK:
    case BPMN_EXCLUSIVE_GATEWAY:
    case BPMN_PARALLEL_GATEWAY:
    case BPMN_INCLUSIVE_GATEWAY:
    case BPMN_EVENT_GATEWAY:
    case BPMN_CATCH_EVENT:
    case BPMN_BOUNDARY_EVENT: break;
    }
}

void bpmn_load_details(struct loader *self, struct element *element, xmlNode *xml)
{
    check_extensions(self, element, xml);
    element->properties = bpmn_load_pairs(self, bpmn_xml_extension(xml, "properties"), "property", "name");
    element->headers = bpmn_load_pairs(self, bpmn_xml_extension(xml, "taskHeaders"), "header", "key");
    const xmlNode *io = bpmn_xml_extension(xml, "ioMapping");
    element->inputs = load_mappings(self, element, io, "input");
    element->outputs = load_mappings(self, element, io, "output");
    element->for_compensation = bpmn_xml_flag(self, xml, "isForCompensation", false);
    load_loop(self, element, xml);
    load_all_listeners(self, element, xml);
    struct str fallback = bpmn_xml_attribute(self, xml, "default");
    for (size_t i = 0; i < element->out_count && fallback.len > 0; i++)
        if (str_equal(element->out[i]->id, fallback))
            element->default_flow = element->out[i];
    if (fallback.len > 0 && !element->default_flow)
        bpmn_load_problem(self, xml, element->id, "default-unknown",
                          "The default flow '%.*s' does not leave this element.", STR_ARGS(fallback));
    load_by_type(self, element, xml);
    bpmn_load_event(self, element, xml);
}
