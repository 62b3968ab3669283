/* Event definitions: what start, catch, throw, end and boundary events wait for or cause. */
#include "bpmn/load.h"

#include <string.h>

static const struct {
    const char *name;
    enum bpmn_event event;
} definitions[] = {
    {"timerEventDefinition", BPMN_EVENT_TIMER},
    {"messageEventDefinition", BPMN_EVENT_MESSAGE},
    {"signalEventDefinition", BPMN_EVENT_SIGNAL},
    {"errorEventDefinition", BPMN_EVENT_ERROR},
    {"escalationEventDefinition", BPMN_EVENT_ESCALATION},
    {"conditionalEventDefinition", BPMN_EVENT_CONDITIONAL},
    {"linkEventDefinition", BPMN_EVENT_LINK},
    {"compensateEventDefinition", BPMN_EVENT_COMPENSATION},
    {"terminateEventDefinition", BPMN_EVENT_TERMINATE},
};

/* Which events each kind of element may have; conditions on interrupting are in load_rules.c. */
#define ON(event) (1U << (event))
static const unsigned allowed[] = {
    [BPMN_START_EVENT] = ON(BPMN_EVENT_NONE) | ON(BPMN_EVENT_TIMER) | ON(BPMN_EVENT_MESSAGE) | ON(BPMN_EVENT_SIGNAL) |
                         ON(BPMN_EVENT_ERROR) | ON(BPMN_EVENT_ESCALATION) | ON(BPMN_EVENT_CONDITIONAL),
    [BPMN_CATCH_EVENT] = ON(BPMN_EVENT_TIMER) | ON(BPMN_EVENT_MESSAGE) | ON(BPMN_EVENT_SIGNAL) |
                         ON(BPMN_EVENT_CONDITIONAL) | ON(BPMN_EVENT_LINK),
    [BPMN_THROW_EVENT] = ON(BPMN_EVENT_NONE) | ON(BPMN_EVENT_MESSAGE) | ON(BPMN_EVENT_SIGNAL) |
                         ON(BPMN_EVENT_ESCALATION) | ON(BPMN_EVENT_LINK) | ON(BPMN_EVENT_COMPENSATION),
    [BPMN_END_EVENT] = ON(BPMN_EVENT_NONE) | ON(BPMN_EVENT_MESSAGE) | ON(BPMN_EVENT_SIGNAL) | ON(BPMN_EVENT_ERROR) |
                       ON(BPMN_EVENT_ESCALATION) | ON(BPMN_EVENT_COMPENSATION) | ON(BPMN_EVENT_TERMINATE),
    [BPMN_BOUNDARY_EVENT] = ON(BPMN_EVENT_TIMER) | ON(BPMN_EVENT_MESSAGE) | ON(BPMN_EVENT_SIGNAL) |
                            ON(BPMN_EVENT_ERROR) | ON(BPMN_EVENT_ESCALATION) | ON(BPMN_EVENT_CONDITIONAL) |
                            ON(BPMN_EVENT_COMPENSATION),
};

static bool has_suffix(const xmlNode *node, const char *suffix)
{
    return str_ends(str_of((const char *)node->name), str_of(suffix));
}

/* The one event definition of an element; NULL for none. */
static xmlNode *find_definition(struct loader *self, const struct element *element, xmlNode *xml,
                                enum bpmn_event *event)
{
    xmlNode *found = NULL;
    *event = BPMN_EVENT_NONE;
    for (xmlNode *child = xml->children; child; child = child->next) {
        if (child->type != XML_ELEMENT_NODE || !has_suffix(child, "EventDefinition"))
            continue;
        if (found) {
            bpmn_load_problem(self, child, element->id, "unsupported-event",
                              "Events with several definitions cannot be executed.");
            *event = BPMN_EVENT_NONE;
            return NULL;
        }
        found = child;
        for (size_t i = 0; i < COUNT_OF(definitions); i++)
            if (strcmp((const char *)child->name, definitions[i].name) == 0)
                *event = definitions[i].event;
        if (*event == BPMN_EVENT_NONE)
            bpmn_load_problem(self, child, element->id, "unsupported-event", "A %s cannot be executed.",
                              (const char *)child->name);
    }
    if (bpmn_xml_child(xml, BPMN_NAMESPACE, "eventDefinitionRef"))
        bpmn_load_problem(self, xml, element->id, "unsupported-event", "An eventDefinitionRef cannot be executed.");
    return found;
}

static const xmlNode *resolve(struct loader *self, const struct element *element, const xmlNode *xml, struct str id,
                              const char *kind)
{
    const xmlNode *node = bpmn_name_table_find(self->roots, id);
    if (node && strcmp((const char *)node->name, kind) == 0)
        return node;
    bpmn_load_problem(self, xml, element->id, "reference-unknown",
                      "The %s '%.*s' that the element refers to does not exist.", kind, STR_ARGS(id));
    return NULL;
}

void bpmn_load_message(struct loader *self, struct element *element, xmlNode *xml, struct str reference)
{
    if (!element->definition)
        element->definition = arena_new(self->arena, struct event_definition);
    const xmlNode *message = resolve(self, element, xml, reference, "message");
    if (!message)
        return;
    bpmn_load_expression(self, message, element->id, bpmn_xml_attribute(self, message, "name"),
                         &element->definition->name);
    if (element->definition->name.text.len == 0)
        bpmn_load_problem(self, message, element->id, "message-name-missing", "The message has no name.");
    const xmlNode *subscription = bpmn_xml_extension(message, "subscription");
    bool starts_process = element->type == BPMN_START_EVENT && element->parent->type == BPMN_PROCESS;
    struct str key = subscription ? bpmn_xml_attribute(self, subscription, "correlationKey") : STR_NONE;
    if (key.len > 0)
        bpmn_load_expression(self, subscription, element->id, key, &element->definition->correlation);
    else if (!starts_process)
        bpmn_load_problem(self, message, element->id, "correlation-missing",
                          "The message that is waited for has no zeebe:subscription with a correlationKey.");
}

static void load_signal(struct loader *self, struct element *element, const xmlNode *xml)
{
    const xmlNode *signal = resolve(self, element, xml, bpmn_xml_attribute(self, xml, "signalRef"), "signal");
    if (!signal)
        return;
    bpmn_load_expression(self, signal, element->id, bpmn_xml_attribute(self, signal, "name"),
                         &element->definition->name);
    if (element->definition->name.text.len == 0)
        bpmn_load_problem(self, signal, element->id, "signal-name-missing", "The signal has no name.");
}

/* Errors and escalations. Without a reference, or with one that has no code, everything is caught. */
static void load_code(struct loader *self, struct element *element, const xmlNode *xml, const char *reference,
                      const char *kind, const char *code)
{
    struct str id = bpmn_xml_attribute(self, xml, reference);
    const xmlNode *thing = id.len > 0 ? resolve(self, element, xml, id, kind) : NULL;
    struct str text = thing ? bpmn_xml_attribute(self, thing, code) : STR_NONE;
    if (text.len > 0)
        bpmn_load_expression(self, thing, element->id, text, &element->definition->name);
    bool throws = element->type == BPMN_THROW_EVENT || element->type == BPMN_END_EVENT;
    if (throws && text.len == 0)
        bpmn_load_problem(self, xml, element->id, "code-missing", "The %s that is thrown has no %s.", kind, code);
    if (!throws && element->definition->name.program)
        bpmn_load_problem(self, xml, element->id, "code-not-constant",
                          "The %s of an event that catches must not be an expression.", code);
}

static void load_timer(struct loader *self, struct element *element, const xmlNode *xml)
{
    static const char *const names[] = {
        [TIMER_DATE] = "timeDate", [TIMER_DURATION] = "timeDuration", [TIMER_CYCLE] = "timeCycle"};
    size_t found = 0;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const xmlNode *child = bpmn_xml_child(xml, BPMN_NAMESPACE, names[i]);
        if (!child)
            continue;
        found++;
        element->definition->timer_kind = (enum timer_kind)i;
        bpmn_load_expression(self, child, element->id, bpmn_xml_content(self, child), &element->definition->timer);
    }
    if (found != 1 || element->definition->timer.text.len == 0)
        bpmn_load_problem(self, xml, element->id, "timer-missing",
                          "The timer needs exactly one of timeDate, timeDuration and timeCycle.");
}

static void load_filter(struct loader *self, struct event_definition *definition, const xmlNode *filter)
{
    struct str names = bpmn_xml_attribute(self, filter, "variableNames");
    VECTOR(struct str) list = {0};
    while (names.data && names.len > 0) {
        struct str name = str_trim(str_cut(&names, ','));
        if (name.len > 0)
            VECTOR_PUSH(self->arena, &list, name);
    }
    definition->filter_names = list.items;
    definition->filter_count = list.count;
    struct str events = bpmn_xml_attribute(self, filter, "variableEvents");
    if (events.len > 0) {
        definition->on_create = str_find(events, STR("create"), 0) >= 0;
        definition->on_update = str_find(events, STR("update"), 0) >= 0;
    }
}

static void load_condition(struct loader *self, struct element *element, const xmlNode *xml)
{
    const xmlNode *condition = bpmn_xml_child(xml, BPMN_NAMESPACE, "condition");
    struct str text = condition ? bpmn_xml_content(self, condition) : STR("");
    if (text.len == 0)
        bpmn_load_problem(self, xml, element->id, "condition-missing", "The conditional event has no condition.");
    else
        bpmn_load_feel(self, condition, element->id, text, &element->definition->condition);
    element->definition->on_create = element->definition->on_update = true;
    const xmlNode *filter = bpmn_xml_extension(xml, "conditionalFilter");
    if (filter)
        load_filter(self, element->definition, filter);
}

static void load_definition(struct loader *self, struct element *element, xmlNode *xml)
{
    element->definition = arena_new(self->arena, struct event_definition);
    switch ((enum bpmn_event)element->event) {
    case BPMN_EVENT_TIMER: load_timer(self, element, xml); break;
    case BPMN_EVENT_MESSAGE:
        if (element->type != BPMN_THROW_EVENT && element->type != BPMN_END_EVENT)
            bpmn_load_message(self, element, xml, bpmn_xml_attribute(self, xml, "messageRef"));
        else if (!element->job) {
            xmlNode *job = bpmn_xml_extension(xml, "taskDefinition");
            if (job)
                bpmn_load_problem(self, job, element->id, "job-misplaced",
                                  "The task definition belongs to the event, not to its message definition.");
        }
        break;
    case BPMN_EVENT_SIGNAL: load_signal(self, element, xml); break;
    case BPMN_EVENT_ERROR: load_code(self, element, xml, "errorRef", "error", "errorCode"); break;
    case BPMN_EVENT_ESCALATION: load_code(self, element, xml, "escalationRef", "escalation", "escalationCode"); break;
    case BPMN_EVENT_CONDITIONAL: load_condition(self, element, xml); break;
    case BPMN_EVENT_LINK:
        element->definition->link = bpmn_xml_attribute(self, xml, "name");
        if (element->definition->link.len == 0)
            bpmn_load_problem(self, xml, element->id, "link-name-missing", "The link event has no name.");
        break;
    case BPMN_EVENT_COMPENSATION:
        element->definition->activity_ref = bpmn_xml_attribute(self, xml, "activityRef");
        break;
    case BPMN_EVENT_TERMINATE:
    case BPMN_EVENT_NONE: break;
    }
}

/* The activity that an association leads to from a compensation boundary event. */
static void load_handler(struct loader *self, struct element *element)
{
    for (size_t i = 0; i < self->associations.count; i++) {
        if (!str_equal(bpmn_xml_attribute(self, self->associations.items[i], "sourceRef"), element->id))
            continue;
        struct element *handler =
            bpmn_name_table_find(self->ids, bpmn_xml_attribute(self, self->associations.items[i], "targetRef"));
        if (handler && handler->index > 0)
            element->definition->handler = handler;
    }
    if (!element->definition->handler)
        bpmn_load_problem(self, NULL, element->id, "handler-missing",
                          "The compensation event has no association to the activity that compensates.");
}

static void load_boundary(struct loader *self, struct element *element, xmlNode *xml)
{
    struct str host = bpmn_xml_attribute(self, xml, "attachedToRef");
    element->host = bpmn_name_table_find(self->ids, host);
    element->interrupting = bpmn_xml_flag(self, xml, "cancelActivity", true);
    if (!element->host || element->host->parent != element->parent || !bpmn_element_is_activity(element->host)) {
        bpmn_load_problem(self, xml, element->id, "host-unknown",
                          "The boundary event is attached to '%.*s', which is no activity here.", STR_ARGS(host));
        element->host = NULL;
    }
}

void bpmn_load_event(struct loader *self, struct element *element, xmlNode *xml)
{
    if (element->type < BPMN_START_EVENT)
        return;
    element->interrupting = true;
    if (element->type == BPMN_BOUNDARY_EVENT)
        load_boundary(self, element, xml);
    if (element->type == BPMN_START_EVENT)
        element->interrupting = bpmn_xml_flag(self, xml, "isInterrupting", true);
    enum bpmn_event event;
    xmlNode *definition = find_definition(self, element, xml, &event);
    element->event = (uint8_t)event;
    if (!(allowed[element->type] & ON(event))) {
        bpmn_load_problem(self, xml, element->id, "unsupported-event", "This kind of %s cannot be executed.",
                          bpmn_type_name(element->type));
        element->event = BPMN_EVENT_NONE;
        return;
    }
    if (definition)
        load_definition(self, element, definition);
    if (event == BPMN_EVENT_COMPENSATION && element->type == BPMN_BOUNDARY_EVENT)
        load_handler(self, element);
}
