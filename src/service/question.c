/* From what was asked for to programs over slots: the members that any expression or input reads are found first, then
 * everything is compiled with them as slots, so that only they are decoded from a resident's row. */
#include "service/question.h"

#include "service/decision.h"

#include <stdio.h>

#define INPUTS_MAX 1000
#define TEXT_MAX_BYTES 100000

struct compiling {
    struct arena *arena;
    const struct service_sweep_input *input;
    struct feel_scope_names spoken; /* names that expressions may use although they have blanks in them */
    VECTOR(struct str) names;
    struct error *err;
};

static size_t add_name(struct compiling *self, struct str name)
{
    for (size_t i = 0; i < self->names.count; i++)
        if (str_equal(self->names.items[i], name))
            return i;
    VECTOR_PUSH(self->arena, &self->names, name);
    return self->names.count - 1;
}

static enum status compile(struct compiling *self, struct str text, struct feel_scope_names scope, const char *field,
                           struct str of, const struct feel_program **out)
{
    struct feel_options options = {.syntax = FEEL_EXPRESSION, .scope = scope};
    struct error problem = ERROR_INIT;
    if (text.len > TEXT_MAX_BYTES)
        error_set(&problem, ERROR_INVALID, "feel-limit", "An expression has at most %d bytes.", TEXT_MAX_BYTES);
    else if (feel_compile(self->arena, text, &options, out, &problem) == OK)
        return OK;
    char place[sizeof problem.field];
    snprintf(place, sizeof place, "%s", problem.field);
    *self->err = problem;
    return error_field(self->err, "%s%.*s%s%.60s", field, STR_ARGS(of), place[0] ? ", " : "", place);
}

static enum status read_names(struct compiling *self, struct str text, const char *field, struct str of)
{
    const struct feel_program *program = NULL;
    const struct str *names;
    if (compile(self, text, self->spoken, field, of, &program) != OK)
        return FAILED;
    size_t count = feel_free_names(program, &names);
    for (size_t i = 0; i < count; i++)
        add_name(self, names[i]);
    return OK;
}

/* ---- Inputs ---- */

static enum status input_text(struct compiling *self, struct str name, struct str *out)
{
    struct value text = value_get(self->input->inputs, name);
    if (!value_is_null(text) && text.kind != VALUE_STRING) {
        error_set(self->err, ERROR_INVALID, "invalid-type", "An input is given as the text of a FEEL expression.");
        return error_field(self->err, "inputs.%.*s", STR_ARGS(name));
    }
    *out = value_text(text);
    return OK;
}

static enum status collect_inputs(struct compiling *self, const struct dmn_plan *plan)
{
    const struct str *names;
    size_t count = dmn_plan_inputs(plan, &names);
    if (count > INPUTS_MAX)
        return error_set(self->err, ERROR_LIMIT, "sweep-input", "The decision has more than %d inputs.", INPUTS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct str text = STR_NONE;
        if (input_text(self, names[i], &text) != OK)
            return FAILED;
        if (!text.data)
            add_name(self, names[i]);
        else if (read_names(self, text, "inputs.", names[i]) != OK)
            return FAILED;
    }
    return OK;
}

static enum status compile_inputs(struct compiling *self, struct question_version *version)
{
    const struct str *names;
    size_t count = dmn_plan_inputs(version->plan, &names);
    struct question_input *inputs = arena_array(self->arena, struct question_input, count);
    struct feel_scope_names scope = {self->names.items, self->names.count};
    for (size_t i = 0; i < count; i++) {
        struct str text = STR_NONE;
        if (input_text(self, names[i], &text) != OK)
            return FAILED;
        if (!text.data)
            inputs[i].slot = add_name(self, names[i]);
        else if (compile(self, text, scope, "inputs.", names[i], &inputs[i].program) != OK)
            return FAILED;
    }
    version->inputs = inputs;
    version->input_count = count;
    return OK;
}

static bool plan_has(const struct dmn_plan *plan, struct str name)
{
    const struct str *names;
    size_t count = plan ? dmn_plan_inputs(plan, &names) : 0;
    for (size_t i = 0; i < count; i++)
        if (str_equal(names[i], name))
            return true;
    return false;
}

/* Every expression given must be for an input of one of the versions. */
static enum status check_inputs(const struct compiling *self, const struct question *question)
{
    struct value inputs = self->input->inputs;
    if (!value_is_null(inputs) && inputs.kind != VALUE_CONTEXT) {
        error_set(self->err, ERROR_INVALID, "invalid-type", "inputs is an object of FEEL texts by input name.");
        return error_field(self->err, "inputs");
    }
    for (size_t i = 0; i < value_count(inputs); i++) {
        struct str name = inputs.context->members[i].key;
        if (plan_has(question->in_force.plan, name) || plan_has(question->proposed.plan, name))
            continue;
        error_set(self->err, ERROR_INVALID, "sweep-input", "The decision has no input '%.*s'.", STR_ARGS(name));
        return error_field(self->err, "inputs.%.*s", STR_ARGS(name));
    }
    return OK;
}

/* ---- The whole ---- */

static enum status load_proposed(struct compiling *self, const struct pack_set *packs, struct str decision,
                                 const struct dmn_plan **out)
{
    struct dmn_source own = {STR("the proposed version"), self->input->compare};
    const struct dmn_source *sources;
    const struct dmn_model *model;
    size_t count;
    struct error problem = ERROR_INIT;
    if (decision_sources(self->arena, packs, &own, &sources, &count, &problem) == OK &&
        dmn_load(self->arena, sources, count, NULL, &model, &problem) == OK &&
        dmn_plan_new(self->arena, model, decision, out, &problem) == OK)
        return OK;
    char place[sizeof problem.field];
    snprintf(place, sizeof place, "%s", problem.field);
    if (problem.kind == ERROR_NOT_FOUND)
        problem.kind = ERROR_INVALID;
    *self->err = problem;
    return error_field(self->err, "compare%s%.100s", place[0] ? ", " : "", place);
}

static void speak(struct compiling *self, const struct question *question)
{
    VECTOR(struct str) all = {0};
    const struct dmn_plan *const plans[] = {question->in_force.plan, question->proposed.plan};
    for (size_t p = 0; p < COUNT_OF(plans); p++) {
        const struct str *names;
        size_t count = plans[p] ? dmn_plan_inputs(plans[p], &names) : 0;
        for (size_t i = 0; i < count; i++)
            if (p == 0 || !plan_has(plans[0], names[i]))
                VECTOR_PUSH(self->arena, &all, names[i]);
    }
    self->spoken = (struct feel_scope_names){all.items, all.count};
}

enum status question_compile(struct arena *arena, const struct pack_set *packs, const struct service_sweep_input *input,
                             struct question *out, struct error *err)
{
    struct compiling self = {.arena = arena, .input = input, .err = err};
    struct question question = {.decision = pack_decision_find(packs, input->decision),
                                .compared = input->compare.len > 0};
    if (!question.decision)
        return error_set(err, ERROR_NOT_FOUND, "decision-not-found", "There is no decision %.*s.",
                         STR_ARGS(input->decision));
    if (dmn_plan_new(arena, question.decision->model, question.decision->id, &question.in_force.plan, err) != OK ||
        (question.compared && load_proposed(&self, packs, question.decision->id, &question.proposed.plan) != OK) ||
        check_inputs(&self, &question) != OK)
        return FAILED;
    speak(&self, &question);
    if ((input->cohort.len && read_names(&self, input->cohort, "cohort", STR_NONE) != OK) ||
        collect_inputs(&self, question.in_force.plan) != OK ||
        (question.compared && collect_inputs(&self, question.proposed.plan) != OK))
        return FAILED;
    struct feel_scope_names scope = {self.names.items, self.names.count};
    if ((input->cohort.len && compile(&self, input->cohort, scope, "cohort", STR_NONE, &question.cohort) != OK) ||
        compile_inputs(&self, &question.in_force) != OK ||
        (question.compared && compile_inputs(&self, &question.proposed) != OK))
        return FAILED;
    CHECK(self.names.count == scope.count);
    question.names = scope.names;
    question.name_count = scope.count;
    question.calendar = pack_calendar(packs);
    *out = question;
    return OK;
}

/* ---- Asking ---- */

static struct feel_run new_run(const struct question *self, struct arena *arena)
{
    return (struct feel_run){.arena = arena, .now_ms = self->now_ms, .calendar = self->calendar};
}

bool question_includes(const struct question *self, const struct value *members, struct arena *arena, bool *stopped)
{
    if (!self->cohort)
        return true;
    struct feel_run run = new_run(self, arena);
    struct feel_input input = {.slots = members, .context = value_null};
    bool included = value_is_true(feel_evaluate(self->cohort, &input, &run));
    *stopped |= run.stopped;
    return included;
}

struct value question_ask(const struct question *self, const struct question_version *version,
                          const struct value *members, struct arena *arena, bool *stopped, struct str *reason)
{
    struct value *inputs = arena_alloc_raw(arena, version->input_count * sizeof *inputs);
    for (size_t i = 0; i < version->input_count; i++) {
        const struct question_input *from = &version->inputs[i];
        if (!from->program) {
            inputs[i] = members[from->slot];
            continue;
        }
        struct feel_run own = new_run(self, arena);
        struct feel_input input = {.slots = members, .context = value_null};
        inputs[i] = feel_evaluate(from->program, &input, &own);
        *stopped |= own.stopped;
    }
    struct dmn_run run = {.feel = new_run(self, arena), .input_form = DMN_INPUTS_JSON};
    struct value v = dmn_plan_evaluate(version->plan, inputs, &run);
    *stopped |= run.feel.stopped;
    *reason = value_is_null(v) && run.feel.note_count ? run.feel.notes[0].text : STR_NONE;
    return v;
}
