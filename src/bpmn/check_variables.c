/* Variables that are read although nothing ever writes them. The analysis does not follow the order of the flow: a name
 * counts as written when anything in its scopes writes it, or when the caller says that it is supplied. */
#include "bpmn/soundness.h"

struct written {
    struct bpmn_checker *checker;
    struct name_table *everywhere; /* names that may go up to the process */
    const struct element *open;    /* brings names that are not known into the process; NULL: nothing does */
};

static struct str first_segment(struct str path)
{
    struct str rest = path;
    return str_cut(&rest, '.');
}

static void add(struct written *self, struct str name)
{
    if (name.len > 0)
        (void)bpmn_name_table_put(self->everywhere, first_segment(name), self);
}

static void collect(struct written *self, const struct element *element)
{
    for (size_t i = 0; i < element->outputs.count; i++)
        add(self, element->outputs.items[i].target);
    add(self, element->script_result);
    if (element->decision)
        add(self, element->decision->result_variable);
    if (element->loop)
        add(self, element->loop->output_collection);
    if (element->ad_hoc)
        add(self, element->ad_hoc->output_collection);
}

/* Written in this element's own scope, for itself and what is inside. */
static bool local(const struct element *element, struct str name)
{
    for (size_t i = 0; i < element->inputs.count; i++)
        if (str_equal(first_segment(element->inputs.items[i].target), name))
            return true;
    if (element->ad_hoc && str_equal(name, STR("adHocSubProcessElements")))
        return true;
    if (!element->loop)
        return false;
    return str_equal(element->loop->input_element, name) || str_equal(element->loop->output_variable, name) ||
           str_equal(name, STR("loopCounter")) || str_starts(name, STR("numberOf"));
}

/* What may bring a name that nothing is seen to write: NULL if nothing can. */
static const struct element *opened(const struct written *self, const struct element *element)
{
    for (const struct element *scope = element->parent; scope; scope = scope->parent)
        if (scope->ad_hoc && scope->job)
            return scope;
    return self->open;
}

static void report(struct written *self, const struct element *element, struct str text, struct str name)
{
    const struct element *open = opened(self, element);
    if (open)
        bpmn_check_report(self->checker, BPMN_HINT, "unknown-variable", element,
                          "The expression '%.*s' reads '%.*s', which nothing writes but what '%.*s' may bring.",
                          STR_ARGS(text), STR_ARGS(name), STR_ARGS(open->id));
    else
        bpmn_check_report(self->checker, BPMN_WARNING, "unknown-variable", element,
                          "The expression '%.*s' reads '%.*s', which nothing writes.", STR_ARGS(text), STR_ARGS(name));
}

static void check(struct written *self, const struct element *element, const struct expression *expression)
{
    for (size_t i = 0; expression->program && i < expression->name_count; i++) {
        struct str name = expression->names[i];
        bool found = bpmn_name_table_find(self->everywhere, name) != NULL;
        for (const struct element *scope = element; scope && !found; scope = scope->parent)
            found = local(scope, name);
        if (!found)
            report(self, element, expression->text, name);
    }
}

static void check_listeners(struct written *self, const struct element *element, const struct listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++) {
        check(self, element, &listeners->items[i].type);
        check(self, element, &listeners->items[i].retries);
    }
}

static void check_user(struct written *self, const struct element *element)
{
    const struct user_definition *user = element->user;
    const struct expression *all[] = {&user->assignee,  &user->groups,   &user->users,  &user->due,
                                      &user->follow_up, &user->priority, &user->form_id};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        check(self, element, all[i]);
    for (size_t i = 0; i < TASK_EVENTS; i++)
        check_listeners(self, element, &user->listeners[i]);
}

static void check_definition(struct written *self, const struct element *element)
{
    const struct element *scope = element->host ? element->host : element;
    check(self, scope, &element->definition->timer);
    check(self, scope, &element->definition->name);
    check(self, scope, &element->definition->correlation);
    check(self, scope, &element->definition->condition);
}

/* What a job, person, message or called process brings along is not known here. */
static bool brings_results(const struct element *element)
{
    return element->job || element->user || element->call || element->event == BPMN_EVENT_MESSAGE ||
           element->event == BPMN_EVENT_SIGNAL || element->event == BPMN_EVENT_ERROR ||
           element->event == BPMN_EVENT_ESCALATION || element->type == BPMN_RECEIVE_TASK ||
           bpmn_element_is_container(element);
}

/* Results without output mappings go up to the process; so does what listeners bring. */
static bool opens(const struct element *element)
{
    bool throws = element->type == BPMN_THROW_EVENT || element->type == BPMN_END_EVENT;
    bool keeps = element->call && !element->call->all_child_variables;
    if (element->start_listeners.count > 0 || element->end_listeners.count > 0)
        return true;
    return brings_results(element) && !throws && !keeps && element->outputs.count == 0 &&
           !bpmn_element_is_container(element);
}

static void check_element(struct written *self, const struct element *element)
{
    for (size_t i = 0; i < element->inputs.count; i++)
        check(self, element, &element->inputs.items[i].source);
    for (size_t i = 0; i < element->outputs.count && !brings_results(element); i++)
        check(self, element, &element->outputs.items[i].source);
    for (size_t i = 0; i < element->out_count; i++)
        check(self, element, &element->out[i]->condition);
    check(self, element, &element->script);
    check_listeners(self, element, &element->start_listeners);
    check_listeners(self, element, &element->end_listeners);
    if (element->job) {
        check(self, element, &element->job->type);
        check(self, element, &element->job->retries);
    }
    if (element->decision)
        check(self, element, &element->decision->id);
    if (element->call)
        check(self, element, &element->call->id);
    if (element->user)
        check_user(self, element);
    if (element->loop) {
        check(self, element, &element->loop->collection);
        check(self, element, &element->loop->completion);
    }
    if (element->ad_hoc)
        check(self, element, &element->ad_hoc->active);
    if (element->definition)
        check_definition(self, element);
}

void bpmn_check_variables(struct bpmn_checker *checker)
{
    const struct bpmn_names *supplied = &checker->options->variables;
    if (!supplied->known)
        return;
    struct written self = {checker, bpmn_name_table_new(checker->arena, 64), NULL};
    for (size_t i = 0; i < supplied->count; i++)
        add(&self, supplied->items[i]);
    for (size_t i = 0; i < checker->process->element_count; i++) {
        const struct element *element = checker->process->elements[i];
        collect(&self, element);
        if (!self.open && !checker->options->results_mapped && checker->reachable[i] && opens(element))
            self.open = element;
    }
    for (size_t i = 1; i < checker->process->element_count; i++)
        if (checker->reachable[i])
            check_element(&self, checker->process->elements[i]);
}
