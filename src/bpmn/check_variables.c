/* Variables that are read although nothing ever writes them. The analysis does not follow the order of the flow: a name
 * counts as written when anything in its scopes writes it, or when the caller says that it is supplied. */
#include "bpmn/soundness.h"

struct written {
    struct bpmn_checker *checker;
    struct name_table *everywhere; /* names that may go up to the process */
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
    if (!element->loop)
        return false;
    return str_equal(element->loop->input_element, name) || str_equal(element->loop->output_variable, name) ||
           str_equal(name, STR("loopCounter")) || str_starts(name, STR("numberOf"));
}

static void check(struct written *self, const struct element *element, const struct expression *expression)
{
    for (size_t i = 0; expression->program && i < expression->name_count; i++) {
        struct str name = expression->names[i];
        bool found = bpmn_name_table_find(self->everywhere, name) != NULL;
        for (const struct element *scope = element; scope && !found; scope = scope->parent)
            found = local(scope, name);
        if (!found)
            bpmn_check_report(self->checker, BPMN_WARNING, "unknown-variable", element,
                              "The expression '%.*s' reads '%.*s', which nothing writes.", STR_ARGS(expression->text),
                              STR_ARGS(name));
    }
}

static void check_user(struct written *self, const struct element *element)
{
    const struct user_definition *user = element->user;
    const struct expression *all[] = {&user->assignee,  &user->groups,   &user->users,  &user->due,
                                      &user->follow_up, &user->priority, &user->form_id};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        check(self, element, all[i]);
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

static void check_element(struct written *self, const struct element *element)
{
    for (size_t i = 0; i < element->inputs.count; i++)
        check(self, element, &element->inputs.items[i].source);
    for (size_t i = 0; i < element->outputs.count && !brings_results(element); i++)
        check(self, element, &element->outputs.items[i].source);
    for (size_t i = 0; i < element->out_count; i++)
        check(self, element, &element->out[i]->condition);
    check(self, element, &element->script);
    if (element->job)
        check(self, element, &element->job->type);
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
    struct written self = {checker, bpmn_name_table_new(checker->arena, 64)};
    for (size_t i = 0; i < supplied->count; i++)
        add(&self, supplied->items[i]);
    for (size_t i = 0; i < checker->process->element_count; i++)
        collect(&self, checker->process->elements[i]);
    for (size_t i = 1; i < checker->process->element_count; i++)
        if (checker->reachable[i])
            check_element(&self, checker->process->elements[i]);
}
