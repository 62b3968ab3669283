/* XML -> struct bpmn_model: the tree of elements and the flows between them. Details are in load_detail.c and
 * load_event.c, rules in load_rules.c. */
#include "bpmn/load.h"

#include <stdio.h>
#include <string.h>

#define MAX_BYTES ((size_t)16 * 1024 * 1024)
#define MAX_ELEMENTS 50000
#define MAX_PROBLEMS 200

static const struct {
    const char *name;
    enum bpmn_type type;
} flow_nodes[] = {
    {"subProcess", BPMN_SUB_PROCESS},
    {"adHocSubProcess", BPMN_AD_HOC_SUB_PROCESS},
    {"callActivity", BPMN_CALL_ACTIVITY},
    {"task", BPMN_TASK},
    {"manualTask", BPMN_MANUAL_TASK},
    {"userTask", BPMN_USER_TASK},
    {"serviceTask", BPMN_SERVICE_TASK},
    {"sendTask", BPMN_SEND_TASK},
    {"receiveTask", BPMN_RECEIVE_TASK},
    {"scriptTask", BPMN_SCRIPT_TASK},
    {"businessRuleTask", BPMN_BUSINESS_RULE_TASK},
    {"exclusiveGateway", BPMN_EXCLUSIVE_GATEWAY},
    {"parallelGateway", BPMN_PARALLEL_GATEWAY},
    {"inclusiveGateway", BPMN_INCLUSIVE_GATEWAY},
    {"eventBasedGateway", BPMN_EVENT_GATEWAY},
    {"startEvent", BPMN_START_EVENT},
    {"intermediateCatchEvent", BPMN_CATCH_EVENT},
    {"intermediateThrowEvent", BPMN_THROW_EVENT},
    {"endEvent", BPMN_END_EVENT},
    {"boundaryEvent", BPMN_BOUNDARY_EVENT},
};

/* Parts of a container that say nothing about its execution, or are read elsewhere. */
static const char *const passed_over[] = {
    "extensionElements",
    "documentation",
    "incoming",
    "outgoing",
    "laneSet",
    "dataObject",
    "dataObjectReference",
    "dataStoreReference",
    "textAnnotation",
    "group",
    "ioSpecification",
    "property",
    "auditing",
    "monitoring",
    "multiInstanceLoopCharacteristics",
    "standardLoopCharacteristics",
    "completionCondition",
    "dataInputAssociation",
    "dataOutputAssociation",
    "correlationSubscription",
    "supportedInterfaceRef",
};

void bpmn_load_problem(struct loader *self, const xmlNode *xml, struct str id, const char *code, const char *format,
                       ...)
{
    self->error_count++;
    if (self->problems.list.count >= MAX_PROBLEMS)
        return;
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct bpmn_problem problem = {
        .severity = BPMN_ERROR,
        .code = code,
        .element_id = id.data ? id : STR(""),
        .line = bpmn_xml_line(xml),
        .message = arena_str(self->arena, str_of(text)),
    };
    VECTOR_PUSH(self->arena, &self->problems.list, problem);
}

static bool is_one_of(const xmlNode *node, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp((const char *)node->name, names[i]) == 0)
            return true;
    return false;
}

static bool flow_node_type(const xmlNode *node, enum bpmn_type *out)
{
    for (size_t i = 0; i < COUNT_OF(flow_nodes); i++)
        if (strcmp((const char *)node->name, flow_nodes[i].name) == 0) {
            *out = flow_nodes[i].type;
            return true;
        }
    return false;
}

static struct element *add_element(struct loader *self, xmlNode *xml, enum bpmn_type type, struct element *parent)
{
    struct element *element = arena_new(self->arena, struct element);
    element->type = (uint8_t)type;
    element->index = (uint32_t)self->sources.count;
    element->process = self->process;
    element->parent = parent;
    element->depth = parent ? parent->depth + 1 : 0;
    element->line = bpmn_xml_line(xml);
    element->id = bpmn_xml_attribute(self, xml, "id");
    element->name = bpmn_xml_attribute(self, xml, "name");
    if (!element->name.data)
        element->name = STR("");
    const xmlNode *documentation = bpmn_xml_child(xml, BPMN_NAMESPACE, "documentation");
    element->documentation = documentation ? bpmn_xml_content(self, documentation) : STR("");
    if (type == BPMN_SUB_PROCESS && bpmn_xml_flag(self, xml, "triggeredByEvent", false))
        element->type = BPMN_EVENT_SUB_PROCESS;
    if (!element->id.data || element->id.len == 0) {
        element->id = STR("");
        bpmn_load_problem(self, xml, element->id, "id-missing", "A %s has no id.", (const char *)xml->name);
    } else if (!bpmn_name_table_put(self->ids, element->id, element)) {
        bpmn_load_problem(self, xml, element->id, "id-duplicate", "The id '%.*s' is used twice.",
                          STR_ARGS(element->id));
    }
    struct source source = {element, xml};
    VECTOR_PUSH(self->arena, &self->sources, source);
    return element;
}

static void collect(struct loader *self, struct element *scope, xmlNode *xml);

static void collect_child(struct loader *self, struct element *scope, xmlNode *child)
{
    enum bpmn_type type;
    if (flow_node_type(child, &type)) {
        struct element *element = add_element(self, child, type, scope);
        if (bpmn_element_is_container(element))
            collect(self, element, child);
    } else if (strcmp((const char *)child->name, "sequenceFlow") == 0) {
        struct flow_source source = {scope, child};
        VECTOR_PUSH(self->arena, &self->flows, source);
    } else if (strcmp((const char *)child->name, "association") == 0) {
        VECTOR_PUSH(self->arena, &self->associations, child);
    } else if (!is_one_of(child, passed_over, COUNT_OF(passed_over))) {
        bpmn_load_problem(self, child, bpmn_xml_attribute(self, child, "id"), "unsupported-element",
                          "A %s cannot be executed.", (const char *)child->name);
    }
}

static void collect(struct loader *self, struct element *scope, xmlNode *xml)
{
    if (scope->depth >= LOAD_DEPTH_MAX) {
        bpmn_load_problem(self, xml, scope->id, "too-deep", "Sub-processes are nested more than %d deep.",
                          LOAD_DEPTH_MAX);
        return;
    }
    for (xmlNode *child = xml->children; child; child = child->next) {
        if (self->sources.count + self->flows.count > self->options.max_elements)
            return;
        if (child->type == XML_ELEMENT_NODE && child->ns && strcmp((const char *)child->ns->href, BPMN_NAMESPACE) == 0)
            collect_child(self, scope, child);
    }
}

/* Fills children, event sub-processes and start events, in the order of the file. */
static void link_children(struct loader *self)
{
    for (size_t i = 1; i < self->sources.count; i++) {
        struct element *parent = self->sources.items[i].element->parent;
        parent->child_count++;
        parent->event_sub_count += self->sources.items[i].element->type == BPMN_EVENT_SUB_PROCESS;
    }
    for (size_t i = 0; i < self->sources.count; i++) {
        struct element *element = self->sources.items[i].element;
        element->children = arena_array(self->arena, struct element *, element->child_count);
        element->event_subs = arena_array(self->arena, struct element *, element->event_sub_count);
        element->child_count = element->event_sub_count = 0;
        if (!element->parent)
            continue;
        element->parent->children[element->parent->child_count++] = element;
        if (element->type == BPMN_EVENT_SUB_PROCESS)
            element->parent->event_subs[element->parent->event_sub_count++] = element;
    }
}

static struct element *flow_end(struct loader *self, const struct flow_source *source, const char *attribute,
                                struct str id)
{
    struct str name = bpmn_xml_attribute(self, source->xml, attribute);
    struct element *element = bpmn_name_table_find(self->ids, name);
    if (!element || element->index == 0)
        bpmn_load_problem(self, source->xml, id, "flow-end", "The flow's %s '%.*s' is no element of this process.",
                          attribute, STR_ARGS(name));
    else if (element->parent != source->scope)
        bpmn_load_problem(self, source->xml, id, "flow-crosses", "The flow's %s '%.*s' lies in another sub-process.",
                          attribute, STR_ARGS(name));
    else
        return element;
    return NULL;
}

static void read_flow(struct loader *self, const struct flow_source *source, struct flow *flow)
{
    flow->id = bpmn_xml_attribute(self, source->xml, "id");
    flow->name = bpmn_xml_attribute(self, source->xml, "name");
    flow->line = bpmn_xml_line(source->xml);
    if (!flow->id.data || flow->id.len == 0) {
        flow->id = STR("");
        bpmn_load_problem(self, source->xml, flow->id, "id-missing", "A sequenceFlow has no id.");
    }
    flow->from = flow_end(self, source, "sourceRef", flow->id);
    flow->to = flow_end(self, source, "targetRef", flow->id);
    const xmlNode *condition = bpmn_xml_child(source->xml, BPMN_NAMESPACE, "conditionExpression");
    struct str text = condition ? bpmn_xml_content(self, condition) : STR_NONE;
    if (text.len > 0)
        bpmn_load_feel(self, condition, flow->id, text, &flow->condition);
}

static void link_flows(struct loader *self)
{
    struct bpmn_process *process = self->process;
    process->flow_count = self->flows.count;
    process->flows = arena_array(self->arena, struct flow *, self->flows.count);
    for (size_t i = 0; i < self->flows.count; i++) {
        struct flow *flow = process->flows[i] = arena_new(self->arena, struct flow);
        flow->index = (uint32_t)i;
        read_flow(self, &self->flows.items[i], flow);
        if (flow->from && flow->to) {
            flow->from->out_count++;
            flow->to->in_count++;
        }
    }
    for (size_t i = 0; i < self->sources.count; i++) {
        struct element *element = self->sources.items[i].element;
        element->in = arena_array(self->arena, struct flow *, element->in_count);
        element->out = arena_array(self->arena, struct flow *, element->out_count);
        element->in_count = element->out_count = 0;
    }
    for (size_t i = 0; i < self->flows.count; i++) {
        struct flow *flow = process->flows[i];
        if (!flow->from || !flow->to)
            continue;
        flow->from->out[flow->from->out_count++] = flow;
        flow->to->in[flow->to->in_count++] = flow;
    }
}

static struct bpmn_element_info describe(const struct element *element)
{
    const struct called *called = element->decision ? element->decision : element->call;
    struct expression none = {.text = STR("")};
    const struct user_definition *user = element->user;
    return (struct bpmn_element_info){
        .id = element->id,
        .name = element->name,
        .documentation = element->documentation,
        .type = element->type,
        .event = element->event,
        .parent_id = element->parent->id,
        .attached_to = element->host ? element->host->id : STR(""),
        .line = element->line,
        .properties = element->properties,
        .headers = element->headers,
        .job_type = element->job ? element->job->type.text : STR(""),
        .decision_id = element->decision ? element->decision->id.text : STR(""),
        .process_id = element->call ? element->call->id.text : STR(""),
        .form_id = user && expression_present(&user->form_id) ? user->form_id.text
                   : element->form_id.data                    ? element->form_id
                                                              : STR(""),
        .binding = called ? called->binding
                   : user ? user->form_binding
                          : STR(""),
        .version_tag = called ? called->version_tag
                       : user ? user->form_version_tag
                              : STR(""),
        .message_name =
            element->event == BPMN_EVENT_MESSAGE && element->definition ? element->definition->name.text : none.text,
        .signal_name =
            element->event == BPMN_EVENT_SIGNAL && element->definition ? element->definition->name.text : none.text,
    };
}

/* The name of a message or signal that starts a process: it has no variables to depend on. */
static struct str start_name(struct loader *self, const struct element *start)
{
    const struct expression *name = &start->definition->name;
    if (!name->program)
        return name->text;
    struct feel_run run = {.arena = self->arena};
    struct str text = value_text(feel_evaluate_in(name->program, value_null, &run));
    if (!text.data)
        bpmn_load_problem(self, NULL, start->id, "name-not-constant",
                          "The name of the event that starts the process must not depend on variables.");
    return text;
}

static void describe_starts(struct loader *self, struct bpmn_process *process)
{
    struct element *root = process->elements[0];
    VECTOR(struct bpmn_start) starts = {0};
    for (size_t i = 0; i < root->child_count; i++) {
        const struct element *child = root->children[i];
        if (child->type != BPMN_START_EVENT)
            continue;
        struct bpmn_start start = {.element_id = child->id, .event = child->event, .form_id = child->form_id};
        if (child->event == BPMN_EVENT_MESSAGE && child->definition)
            start.message_name = start_name(self, child);
        if (child->event == BPMN_EVENT_SIGNAL && child->definition)
            start.signal_name = start_name(self, child);
        VECTOR_PUSH(self->arena, &starts, start);
    }
    process->info.starts = starts.items;
    process->info.start_count = starts.count;
}

static uint64_t fingerprint(const struct bpmn_process *process)
{
    uint64_t mixed = 1469598103934665603U;
    for (size_t i = 0; i < process->element_count; i++)
        mixed = (mixed ^ str_hash(process->elements[i]->id)) * 1099511628211U;
    for (size_t i = 0; i < process->flow_count; i++)
        mixed = (mixed ^ str_hash(process->flows[i]->id)) * 1099511628211U;
    return mixed;
}

static void describe_process(struct loader *self, struct bpmn_process *process, const xmlNode *xml)
{
    const xmlNode *tag = bpmn_xml_extension(xml, "versionTag");
    struct bpmn_element_info *infos = arena_array(self->arena, struct bpmn_element_info, process->element_count);
    for (size_t i = 1; i < process->element_count; i++)
        infos[i - 1] = describe(process->elements[i]);
    const struct element *root = process->elements[0];
    process->info = (struct bpmn_process_info){
        .id = root->id,
        .name = root->name,
        .documentation = root->documentation,
        .version_tag = tag ? bpmn_xml_attribute(self, tag, "value") : STR(""),
        .version = self->options.version,
        .line = root->line,
        .properties = root->properties,
        .element_count = process->element_count - 1,
        .elements = infos,
    };
    if (!process->info.version_tag.data)
        process->info.version_tag = STR("");
    describe_starts(self, process);
    process->fingerprint = fingerprint(process);
}

static void read_process(struct loader *self, xmlNode *xml)
{
    struct bpmn_process *process = arena_new(self->arena, struct bpmn_process);
    process->model = self->model;
    self->process = process;
    self->ids = bpmn_name_table_new(self->arena, 64);
    memset(&self->sources, 0, sizeof self->sources);
    memset(&self->flows, 0, sizeof self->flows);
    memset(&self->associations, 0, sizeof self->associations);

    struct element *root = add_element(self, xml, BPMN_PROCESS, NULL);
    collect(self, root, xml);
    if (self->sources.count + self->flows.count > self->options.max_elements) {
        bpmn_load_problem(self, xml, root->id, "too-large", "The process has more than %zu elements.",
                          self->options.max_elements);
        return;
    }
    link_children(self);
    link_flows(self);
    process->ids = self->ids;
    process->element_count = self->sources.count;
    process->elements = arena_array(self->arena, struct element *, process->element_count);
    for (size_t i = 0; i < process->element_count; i++)
        process->elements[i] = self->sources.items[i].element;
    for (size_t i = 0; i < process->element_count; i++)
        bpmn_load_details(self, self->sources.items[i].element, self->sources.items[i].xml);
    bpmn_load_rules(self, process, self->sources.items);
    describe_process(self, process, xml);
    if (bpmn_model_find(self->model, process->info.id))
        bpmn_load_problem(self, xml, root->id, "id-duplicate", "The file has two processes '%.*s'.",
                          STR_ARGS(root->id));
    self->model->processes[self->model->process_count++] = process;
}

static void read_definitions(struct loader *self, xmlNode *root)
{
    size_t processes = 0;
    for (xmlNode *child = root->children; child; child = child->next) {
        if (child->type != XML_ELEMENT_NODE)
            continue;
        struct str id = bpmn_xml_attribute(self, child, "id");
        if (id.data && id.len > 0)
            (void)bpmn_name_table_put(self->roots, id, child);
        processes += bpmn_xml_is(child, BPMN_NAMESPACE, "process");
    }
    self->model->processes = arena_array(self->arena, struct bpmn_process *, processes);
    for (xmlNode *child = bpmn_xml_child(root, BPMN_NAMESPACE, "process"); child;
         child = bpmn_xml_next(child, BPMN_NAMESPACE, "process"))
        if (bpmn_xml_flag(self, child, "isExecutable", false))
            read_process(self, child);
    if (processes == 0)
        bpmn_load_problem(self, root, STR_NONE, "no-process", "The file has no process.");
    else if (self->model->process_count == 0 && self->error_count == 0)
        bpmn_load_problem(self, root, STR_NONE, "no-process",
                          "No process of the file is marked isExecutable=\"true\".");
}

static enum status refuse(const struct loader *self, struct error *err)
{
    const struct bpmn_problem *first = &self->problems.list.items[0];
    error_set(err, ERROR_INVALID, first->code, "%.*s", STR_ARGS(first->message));
    if (first->element_id.len > 0)
        return error_field(err, "%.*s (line %d)", STR_ARGS(first->element_id), first->line);
    return error_field(err, "line %d", first->line);
}

enum status bpmn_model_load(struct arena *arena, struct str xml, const struct bpmn_load_options *options,
                            struct bpmn_problems *problems, const struct bpmn_model **out, struct error *err)
{
    struct loader self = {.arena = arena};
    if (options)
        self.options = *options;
    if (self.options.max_bytes == 0)
        self.options.max_bytes = MAX_BYTES;
    if (self.options.max_elements == 0)
        self.options.max_elements = MAX_ELEMENTS;
    if (xml.len > self.options.max_bytes)
        return error_set(err, ERROR_TOO_LARGE, "bpmn-too-large", "The file has %zu bytes; %zu are accepted.", xml.len,
                         self.options.max_bytes);
    xmlDoc *doc = bpmn_xml_read(xml, err);
    if (!doc)
        return FAILED;

    enum status status = OK;
    xmlNode *root = xmlDocGetRootElement(doc);
    if (!root || !bpmn_xml_is(root, BPMN_NAMESPACE, "definitions")) {
        status = error_set(err, ERROR_INVALID, "bpmn-xml",
                           "The file is no BPMN 2.0 file: its root is not bpmn:definitions.");
    } else {
        self.model = arena_new(arena, struct bpmn_model);
        self.roots = bpmn_name_table_new(arena, 16);
        read_definitions(&self, root);
        if (problems)
            *problems = self.problems;
        if (self.error_count > 0)
            status = refuse(&self, err);
        else
            *out = self.model;
    }
    xmlFreeDoc(doc);
    return status;
}
