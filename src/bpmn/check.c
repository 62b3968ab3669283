/* Static checks that look at one element, flow or name at a time. Whether tokens get stuck or meet without being
 * synchronised is in soundness.c. */
#include "bpmn/check.h"

#include "bpmn/internal.h"
#include "bpmn/soundness.h"

#include <stdio.h>

void bpmn_check_report(struct bpmn_checker *self, enum bpmn_severity severity, const char *code,
                       const struct element *element, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct bpmn_problem problem = {
        .severity = severity,
        .code = code,
        .element_id = element->id,
        .line = element->line,
        .message = arena_str(self->arena, str_of(text)),
    };
    VECTOR_PUSH(self->arena, &self->out->list, problem);
}

/* ---- What can be reached ---- */

struct reach {
    struct bpmn_checker *checker;
    VECTOR(const struct element *) queue;
};

static void mark(struct reach *self, const struct element *element)
{
    if (!element || self->checker->reachable[element->index])
        return;
    self->checker->reachable[element->index] = true;
    VECTOR_PUSH(self->checker->arena, &self->queue, element);
}

static void mark_inside(struct reach *self, const struct element *container)
{
    for (size_t i = 0; i < container->child_count; i++) {
        const struct element *child = container->children[i];
        if (child->type == BPMN_START_EVENT || child->type == BPMN_EVENT_SUB_PROCESS || bpmn_ad_hoc_can_start(child))
            mark(self, child);
    }
}

static bool constant_false(const struct expression *condition)
{
    struct value value;
    return condition->program && feel_constant(condition->program, &value) && !value_is_true(value);
}

static void mark_next(struct reach *self, const struct element *element)
{
    for (size_t i = 0; i < element->out_count; i++)
        if (element->out[i] == element->default_flow || !constant_false(&element->out[i]->condition))
            mark(self, element->out[i]->to);
    for (size_t i = 0; i < element->boundary_count; i++) {
        mark(self, element->boundaries[i]);
        if (element->boundaries[i]->event == BPMN_EVENT_COMPENSATION && element->boundaries[i]->definition)
            mark(self, element->boundaries[i]->definition->handler);
    }
    if (element->type == BPMN_THROW_EVENT && element->event == BPMN_EVENT_LINK)
        mark(self, element->definition->link_target);
    if (bpmn_element_is_container(element))
        mark_inside(self, element);
}

static void find_reachable(struct bpmn_checker *self)
{
    struct reach reach = {.checker = self};
    self->reachable = arena_array(self->arena, bool, self->process->element_count);
    mark(&reach, self->process->elements[0]);
    for (size_t i = 0; i < reach.queue.count; i++)
        mark_next(&reach, reach.queue.items[i]);
    for (size_t i = 1; i < self->process->element_count; i++) {
        const struct element *element = self->process->elements[i];
        if (!self->reachable[i] && self->reachable[element->parent->index])
            bpmn_check_report(self, BPMN_ERROR, "unreachable-element", element, "No token can ever come here.");
    }
}

/* ---- Gateways and ends ---- */

static void check_choice(struct bpmn_checker *self, const struct element *gateway)
{
    size_t possible = gateway->default_flow != NULL;
    bool open = false;
    for (size_t i = 0; i < gateway->out_count; i++) {
        const struct flow *flow = gateway->out[i];
        bool conditional = expression_present(&flow->condition);
        if (flow == gateway->default_flow) {
            if (conditional)
                bpmn_check_report(self, BPMN_WARNING, "condition-on-default", gateway,
                                  "The default flow '%.*s' has a condition, which is never looked at.",
                                  STR_ARGS(flow->id));
            continue;
        }
        if (!conditional && gateway->out_count > 1)
            bpmn_check_report(self, BPMN_ERROR, "condition-missing", gateway,
                              "The flow '%.*s' has no condition and is not the default.", STR_ARGS(flow->id));
        open = open || !conditional;
        possible += !constant_false(&flow->condition);
    }
    if (gateway->out_count > 0 && possible == 0)
        bpmn_check_report(self, BPMN_ERROR, "gateway-blocked", gateway, "No condition of the gateway can ever hold.");
    else if (gateway->out_count > 0 && !gateway->default_flow && !open)
        bpmn_check_report(self, BPMN_WARNING, "default-missing", gateway,
                          "Every flow has a condition and none is the default: if none holds, the case stops here.");
}

static void check_join(struct bpmn_checker *self, const struct element *gateway)
{
    for (size_t i = 0; i < gateway->in_count; i++)
        if (!self->reachable[gateway->in[i]->from->index])
            bpmn_check_report(self, BPMN_ERROR, "gateway-blocked", gateway,
                              "The gateway waits for a token on '%.*s', which can never come.",
                              STR_ARGS(gateway->in[i]->id));
}

static void check_end(struct bpmn_checker *self, const struct element *element)
{
    bool may_end = element->type == BPMN_END_EVENT || element->type == BPMN_EVENT_SUB_PROCESS ||
                   element->for_compensation || element->parent->type == BPMN_AD_HOC_SUB_PROCESS ||
                   (element->type == BPMN_THROW_EVENT && element->event == BPMN_EVENT_LINK) ||
                   (element->type == BPMN_BOUNDARY_EVENT && element->event == BPMN_EVENT_COMPENSATION);
    if (element->out_count == 0 && !may_end)
        bpmn_check_report(self, BPMN_WARNING, "dead-end", element,
                          "No flow leads on from here, and it is no end event.");
}

/* ---- Loops in which nothing ever waits ---- */

static bool rests(const struct element *element);

/* Whether anything in a sub-process rests, or leaves it by an error. */
static bool rests_inside(const struct element *container)
{
    for (size_t i = 0; i < container->child_count; i++) {
        const struct element *child = container->children[i];
        bool throws = child->type == BPMN_END_EVENT && child->event == BPMN_EVENT_ERROR;
        if (throws || rests(child))
            return true;
    }
    return false;
}

static bool rests(const struct element *element)
{
    switch ((enum bpmn_type)element->type) {
    case BPMN_SUB_PROCESS: return rests_inside(element);
    case BPMN_EVENT_SUB_PROCESS:
    case BPMN_AD_HOC_SUB_PROCESS:
    case BPMN_CALL_ACTIVITY:
    case BPMN_USER_TASK:
    case BPMN_SERVICE_TASK:
    case BPMN_SEND_TASK:
    case BPMN_RECEIVE_TASK:
    case BPMN_EVENT_GATEWAY: return true;
    case BPMN_CATCH_EVENT: return element->event != BPMN_EVENT_LINK;
    case BPMN_THROW_EVENT:
    case BPMN_SCRIPT_TASK:
    case BPMN_BUSINESS_RULE_TASK: return element->job != NULL;
    case BPMN_PROCESS:
    case BPMN_TASK:
    case BPMN_MANUAL_TASK:
    case BPMN_EXCLUSIVE_GATEWAY:
    case BPMN_PARALLEL_GATEWAY:
    case BPMN_INCLUSIVE_GATEWAY:
    case BPMN_START_EVENT:
    case BPMN_END_EVENT:
    case BPMN_BOUNDARY_EVENT: return false;
    }
    return false;
}

/* Where the token of a throwing link event goes; NULL for all else. */
static const struct element *link_target(const struct element *element)
{
    bool throws = element->type == BPMN_THROW_EVENT && element->event == BPMN_EVENT_LINK;
    return throws ? element->definition->link_target : NULL;
}

/* Elements from which neither an end nor a place to wait can be reached run for ever. */
static void check_loops(struct bpmn_checker *self)
{
    const struct bpmn_process *process = self->process;
    bool *stops = arena_array(self->arena, bool, process->element_count);
    VECTOR(const struct element *) queue = {0};
    VECTOR(const struct element *) links = {0};
    for (size_t i = 1; i < process->element_count; i++) {
        const struct element *element = process->elements[i];
        stops[i] = rests(element) || (element->out_count == 0 && !link_target(element));
        if (stops[i])
            VECTOR_PUSH(self->arena, &queue, element);
        if (link_target(element))
            VECTOR_PUSH(self->arena, &links, element);
    }
    for (size_t i = 0; i < queue.count; i++) {
        const struct element *reached = queue.items[i];
        bool caught = reached->type == BPMN_CATCH_EVENT && reached->event == BPMN_EVENT_LINK;
        size_t before = caught ? links.count : reached->in_count;
        for (size_t j = 0; j < before; j++) {
            const struct element *from = caught ? links.items[j] : reached->in[j]->from;
            if (stops[from->index] || (caught && link_target(from) != reached))
                continue;
            stops[from->index] = true;
            VECTOR_PUSH(self->arena, &queue, from);
        }
    }
    for (size_t i = 1; i < process->element_count; i++)
        if (!stops[i] && self->reachable[i])
            bpmn_check_report(self, BPMN_ERROR, "loop-without-wait", process->elements[i],
                              "From here the process runs in a circle without end and without waiting.");
}

/* ---- Names that must exist ---- */

static bool has_name(const struct bpmn_names *names, struct str name)
{
    for (size_t i = 0; i < names->count; i++)
        if (str_equal(names->items[i], name))
            return true;
    return false;
}

/* The text of a static or constant expression; absent when it depends on variables. */
static struct str constant_text(const struct expression *expression)
{
    struct value value;
    if (!expression_present(expression))
        return STR_NONE;
    if (!expression->program)
        return expression->text;
    return feel_constant(expression->program, &value) ? value_text(value) : STR_NONE;
}

static void check_name(struct bpmn_checker *self, const struct element *element, const struct expression *expression,
                       const struct bpmn_names *names, const char *code)
{
    struct str name = constant_text(expression);
    if (names->known && name.data && name.len > 0 && !has_name(names, name))
        bpmn_check_report(self, BPMN_ERROR, code, element, "'%.*s' does not exist.", STR_ARGS(name));
}

static void check_listeners(struct bpmn_checker *self, const struct element *element, const struct listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++)
        check_name(self, element, &listeners->items[i].type, &self->options->job_types, "unknown-job-type");
}

static void check_references(struct bpmn_checker *self, const struct element *element)
{
    if (element->job)
        check_name(self, element, &element->job->type, &self->options->job_types, "unknown-job-type");
    check_listeners(self, element, &element->start_listeners);
    check_listeners(self, element, &element->end_listeners);
    for (size_t i = 0; element->user && i < TASK_EVENTS; i++)
        check_listeners(self, element, &element->user->listeners[i]);
    if (element->user)
        check_name(self, element, &element->user->form_id, &self->options->forms, "unknown-form");
    struct expression start_form = {.text = element->form_id};
    if (element->form_id.len > 0)
        check_name(self, element, &start_form, &self->options->forms, "unknown-form");
    if (element->decision)
        check_name(self, element, &element->decision->id, &self->options->decisions, "unknown-decision");
    struct str called = element->call ? constant_text(&element->call->id) : STR_NONE;
    if (called.data && !bpmn_model_find(self->process->model, called))
        check_name(self, element, &element->call->id, &self->options->processes, "unknown-process");
}

/* ---- Limits of user tasks ---- */

static bool has_timer(const struct element *element)
{
    for (size_t i = 0; i < element->boundary_count; i++)
        if (element->boundaries[i]->event == BPMN_EVENT_TIMER)
            return true;
    for (size_t i = 0; i < element->event_sub_count; i++)
        if (element->event_subs[i]->start && element->event_subs[i]->start->event == BPMN_EVENT_TIMER)
            return true;
    return false;
}

/* zeebe:property name="limit": a due date that the host computes. */
static bool has_limit_property(const struct element *task)
{
    for (size_t i = 0; i < task->properties.count; i++)
        if (str_equal(task->properties.items[i].name, STR("limit")))
            return true;
    return false;
}

static void check_limit(struct bpmn_checker *self, const struct element *task)
{
    if (!self->options->limits_wanted || expression_present(&task->user->due) || has_limit_property(task))
        return;
    for (const struct element *around = task; around; around = around->parent)
        if (has_timer(around))
            return;
    bpmn_check_report(self, BPMN_WARNING, "task-without-limit", task,
                      "The task has no due date, and no timer watches it or what is around it.");
}

/* ---- All ---- */

static void check_element(struct bpmn_checker *self, const struct element *element)
{
    if (element->type == BPMN_EXCLUSIVE_GATEWAY || element->type == BPMN_INCLUSIVE_GATEWAY)
        check_choice(self, element);
    if (element->type == BPMN_PARALLEL_GATEWAY)
        check_join(self, element);
    if (element->type == BPMN_USER_TASK)
        check_limit(self, element);
    check_end(self, element);
    check_references(self, element);
}

void bpmn_check(struct arena *arena, const struct bpmn_process *process, const struct bpmn_check_options *options,
                struct bpmn_problems *out)
{
    static const struct bpmn_check_options none = {0};
    struct bpmn_checker self = {arena, process, options ? options : &none, out, NULL};
    find_reachable(&self);
    for (size_t i = 1; i < process->element_count; i++)
        if (self.reachable[i])
            check_element(&self, process->elements[i]);
    check_loops(&self);
    bpmn_check_variables(&self);
    for (size_t i = 0; i < process->element_count; i++)
        if (self.reachable[i] && bpmn_element_is_container(process->elements[i]))
            bpmn_check_soundness(&self, process->elements[i]);
}
