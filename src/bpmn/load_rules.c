/* What cannot be executed although every part of it can: rules between elements. Also ties boundary events, start
 * events, links and compensation together. */
#include "bpmn/load.h"

struct rules {
    struct loader *loader;
    const struct bpmn_process *process;
    const struct source *sources;
};

static void refuse(struct rules *self, const struct element *element, const char *code, const char *message)
{
    bpmn_load_problem(self->loader, self->sources[element->index].xml, element->id, code, "%s", message);
}

/* ---- Tying ---- */

static void tie_boundaries(struct rules *self)
{
    for (size_t i = 1; i < self->process->element_count; i++)
        if (self->process->elements[i]->host)
            self->process->elements[i]->host->boundary_count++;
    for (size_t i = 1; i < self->process->element_count; i++) {
        struct element *element = self->process->elements[i];
        element->boundaries = arena_array(self->loader->arena, struct element *, element->boundary_count);
        element->boundary_count = 0;
    }
    for (size_t i = 1; i < self->process->element_count; i++) {
        struct element *element = self->process->elements[i];
        if (element->host)
            element->host->boundaries[element->host->boundary_count++] = element;
    }
}

static void tie_start(struct rules *self, struct element *container)
{
    size_t plain = 0;
    size_t all = 0;
    size_t activities = 0;
    for (size_t i = 0; i < container->child_count; i++) {
        struct element *child = container->children[i];
        activities += bpmn_element_is_activity(child);
        if (child->type != BPMN_START_EVENT)
            continue;
        all++;
        plain += child->event == BPMN_EVENT_NONE;
        if (container->type == BPMN_EVENT_SUB_PROCESS || child->event == BPMN_EVENT_NONE)
            container->start = child;
    }
    if (container->type == BPMN_AD_HOC_SUB_PROCESS) {
        if (all > 0)
            refuse(self, container, "ad-hoc-start", "An ad-hoc sub-process has no start event.");
        if (activities == 0)
            refuse(self, container, "ad-hoc-empty", "An ad-hoc sub-process needs at least one activity in it.");
        return;
    }
    if (all == 0)
        refuse(self, container, "start-missing", "There is no start event.");
    if (plain > 1)
        refuse(self, container, "start-twice", "There is more than one start event without a trigger.");
    if (container->type == BPMN_SUB_PROCESS && (all != 1 || plain != 1))
        refuse(self, container, "start-plain", "A sub-process begins with exactly one start event without a trigger.");
    if (container->type == BPMN_EVENT_SUB_PROCESS && (all != 1 || plain != 0))
        refuse(self, container, "start-trigger",
               "An event sub-process begins with exactly one start event with a trigger.");
}

static struct element *link_catch(const struct element *scope, struct str name, size_t *count)
{
    struct element *found = NULL;
    *count = 0;
    for (size_t i = 0; i < scope->child_count; i++) {
        struct element *child = scope->children[i];
        if (child->type == BPMN_CATCH_EVENT && child->event == BPMN_EVENT_LINK && child->definition &&
            str_equal(child->definition->link, name)) {
            found = child;
            ++*count;
        }
    }
    return found;
}

static void tie_links(struct rules *self, struct element *element)
{
    if (element->event != BPMN_EVENT_LINK || !element->definition)
        return;
    size_t count;
    element->definition->link_target = link_catch(element->parent, element->definition->link, &count);
    if (count == 0)
        refuse(self, element, "link-target", "No link event catches this name in the same scope.");
    if (count > 1)
        refuse(self, element, "link-target", "Several link events catch this name in the same scope.");
}

static void tie_compensation(struct rules *self, struct element *element)
{
    if (element->event != BPMN_EVENT_COMPENSATION || !element->definition)
        return;
    struct event_definition *definition = element->definition;
    if (element->type == BPMN_BOUNDARY_EVENT) {
        for (struct element *around = element->host; around; around = around->parent)
            around->has_compensation = true;
        if (definition->handler &&
            (!definition->handler->for_compensation || definition->handler->parent != element->parent ||
             !bpmn_element_is_activity(definition->handler)))
            refuse(self, element, "handler-kind",
                   "The association must lead to an activity here that is marked isForCompensation.");
        return;
    }
    if (!definition->activity_ref.data || definition->activity_ref.len == 0)
        return;
    definition->compensated = bpmn_element_find(self->process, definition->activity_ref);
    if (!definition->compensated)
        refuse(self, element, "reference-unknown", "The activity to be compensated does not exist.");
}

/* ---- Rules by element ---- */

static void rules_job(struct rules *self, const struct element *element)
{
    bool sends =
        (element->type == BPMN_THROW_EVENT || element->type == BPMN_END_EVENT) && element->event == BPMN_EVENT_MESSAGE;
    if ((element->type == BPMN_SERVICE_TASK || element->type == BPMN_SEND_TASK || sends) && !element->job)
        refuse(self, element, "job-type-missing", "The element has no zeebe:taskDefinition with a type.");
    if (!sends && (element->type == BPMN_THROW_EVENT || element->type == BPMN_END_EVENT) && element->job)
        refuse(self, element, "job-misplaced", "Only message events may have a zeebe:taskDefinition.");
    if (element->type == BPMN_SCRIPT_TASK && !element->job == !expression_present(&element->script))
        refuse(self, element, "script-missing", "A script task has either a zeebe:script or a zeebe:taskDefinition.");
    if (element->type == BPMN_BUSINESS_RULE_TASK && !element->job == !element->decision)
        refuse(self, element, "decision-missing",
               "A business rule task has either a zeebe:calledDecision or a zeebe:taskDefinition.");
    if (element->type == BPMN_CALL_ACTIVITY && !element->call)
        refuse(self, element, "called-missing", "The call activity has no zeebe:calledElement with a processId.");
}

static void rules_flows(struct rules *self, const struct element *element)
{
    bool starts = element->type == BPMN_START_EVENT || element->type == BPMN_BOUNDARY_EVENT ||
                  element->type == BPMN_EVENT_SUB_PROCESS || element->for_compensation;
    bool ends = element->type == BPMN_END_EVENT || element->type == BPMN_EVENT_SUB_PROCESS || element->for_compensation;
    bool catches_link = element->type == BPMN_CATCH_EVENT && element->event == BPMN_EVENT_LINK;
    bool throws_link = element->type == BPMN_THROW_EVENT && element->event == BPMN_EVENT_LINK;
    bool compensates = element->type == BPMN_BOUNDARY_EVENT && element->event == BPMN_EVENT_COMPENSATION;
    if ((starts || catches_link) && element->in_count > 0)
        refuse(self, element, "flow-in", "No sequence flow may lead to this element.");
    if ((ends || throws_link || compensates) && element->out_count > 0)
        refuse(self, element, "flow-out", "No sequence flow may leave this element.");
    bool chooses = element->type == BPMN_EXCLUSIVE_GATEWAY || element->type == BPMN_INCLUSIVE_GATEWAY;
    for (size_t i = 0; i < element->out_count; i++)
        if (expression_present(&element->out[i]->condition) && !chooses)
            bpmn_load_problem(self->loader, self->sources[element->index].xml, element->out[i]->id,
                              "condition-misplaced",
                              "Only flows that leave an exclusive or inclusive gateway may have a condition.");
    if (element->default_flow && !chooses)
        refuse(self, element, "default-misplaced", "Only exclusive and inclusive gateways may have a default flow.");
}

static void rules_event_gateway(struct rules *self, const struct element *gateway)
{
    if (gateway->out_count < 2)
        refuse(self, gateway, "event-gateway-flows", "An event-based gateway needs at least two outgoing flows.");
    for (size_t i = 0; i < gateway->out_count; i++) {
        const struct element *to = gateway->out[i]->to;
        bool fits = to->type == BPMN_CATCH_EVENT && to->event != BPMN_EVENT_LINK && to->in_count == 1;
        if (!fits)
            refuse(
                self, gateway, "event-gateway-target",
                "Behind an event-based gateway there are only catching timer, message, signal and conditional events, "
                "each with this one incoming flow.");
    }
}

static void rules_boundary(struct rules *self, const struct element *boundary)
{
    if (boundary->event == BPMN_EVENT_NONE)
        refuse(self, boundary, "event-missing", "A boundary event needs an event definition.");
    if (boundary->event == BPMN_EVENT_ERROR && !boundary->interrupting)
        refuse(self, boundary, "error-interrupts", "An error boundary event always interrupts.");
    if (!boundary->host)
        return;
    for (size_t i = 0; i < boundary->host->boundary_count; i++) {
        const struct element *other = boundary->host->boundaries[i];
        if (other->index >= boundary->index || other->event != boundary->event || !other->definition ||
            !boundary->definition)
            continue;
        bool same = str_equal(other->definition->name.text, boundary->definition->name.text);
        if (same && (boundary->event == BPMN_EVENT_ERROR || boundary->event == BPMN_EVENT_ESCALATION))
            refuse(self, boundary, "boundary-twice", "Two boundary events of the activity catch the same code.");
    }
}

static void rules_timer(struct rules *self, const struct element *element)
{
    if (element->event != BPMN_EVENT_TIMER || !element->definition || element->definition->timer_kind != TIMER_CYCLE)
        return;
    if (element->type == BPMN_CATCH_EVENT)
        refuse(self, element, "timer-cycle", "An intermediate event cannot wait for a timeCycle.");
    bool interrupts = element->interrupting &&
                      (element->type == BPMN_BOUNDARY_EVENT ||
                       (element->type == BPMN_START_EVENT && element->parent->type == BPMN_EVENT_SUB_PROCESS));
    if (interrupts)
        refuse(self, element, "timer-cycle", "A timeCycle needs a non-interrupting event.");
}

static void rules_start(struct rules *self, const struct element *start)
{
    bool in_event_sub = start->parent->type == BPMN_EVENT_SUB_PROCESS;
    if (!in_event_sub && (start->event == BPMN_EVENT_ERROR || start->event == BPMN_EVENT_ESCALATION))
        refuse(self, start, "start-kind", "Error and escalation start events stand only in event sub-processes.");
    if (in_event_sub && start->event == BPMN_EVENT_ERROR && !start->interrupting)
        refuse(self, start, "error-interrupts", "An error start event always interrupts.");
}

static void rules_loop(struct rules *self, const struct element *element)
{
    if (element->loop && !bpmn_element_is_activity(element))
        refuse(self, element, "loop-misplaced", "Only activities may be multi-instance.");
    if (element->loop && element->for_compensation)
        refuse(self, element, "unsupported-loop", "A multi-instance compensation handler cannot be executed.");
    if (element->parent->type == BPMN_AD_HOC_SUB_PROCESS && element->type == BPMN_EVENT_SUB_PROCESS)
        refuse(self, element, "unsupported-element",
               "An event sub-process in an ad-hoc sub-process cannot be executed.");
    if (element->parent->type == BPMN_AD_HOC_SUB_PROCESS && element->type == BPMN_END_EVENT)
        refuse(self, element, "ad-hoc-end", "There is no end event in an ad-hoc sub-process.");
    bool gateway = element->type >= BPMN_EXCLUSIVE_GATEWAY && element->type <= BPMN_EVENT_GATEWAY;
    if (gateway && (element->inputs.count > 0 || element->outputs.count > 0 || element->end_listeners.count > 0))
        refuse(self, element, "mapping-misplaced", "Gateways have no mappings and no end listeners.");
}

static void rules_of(struct rules *self, const struct element *element)
{
    rules_job(self, element);
    rules_flows(self, element);
    rules_timer(self, element);
    rules_loop(self, element);
    if (element->type == BPMN_EVENT_GATEWAY)
        rules_event_gateway(self, element);
    if (element->type == BPMN_BOUNDARY_EVENT)
        rules_boundary(self, element);
    if (element->type == BPMN_START_EVENT)
        rules_start(self, element);
    if (element->type == BPMN_CATCH_EVENT && element->event == BPMN_EVENT_NONE)
        refuse(self, element, "event-missing", "An intermediate catch event needs an event definition.");
}

void bpmn_load_rules(struct loader *loader, struct bpmn_process *process, const struct source *sources)
{
    struct rules self = {loader, process, sources};
    tie_boundaries(&self);
    for (size_t i = 0; i < process->element_count; i++) {
        struct element *element = process->elements[i];
        if (bpmn_element_is_container(element))
            tie_start(&self, element);
        tie_links(&self, element);
        tie_compensation(&self, element);
    }
    for (size_t i = 1; i < process->element_count; i++)
        rules_of(&self, process->elements[i]);
}
