/* Runs test/golden/bpmn, every .story file: commands to a process instance and what must come of them.
 *
 *     # a comment                          model FILE.bpmn      loads a file; its first process is told about
 *     also FILE.bpmn      loads another    process ID           clock 2026-07-06T09:00:00+08:00
 *
 * Commands stand at the beginning of a line; ELEMENT may be ELEMENT#2 for the second token there:
 *     start [ELEMENT] [JSON]   job ELEMENT [JSON]   fail ELEMENT RETRIES [MESSAGE]   error|escalation ELEMENT CODE
 * [JSON] task ELEMENT [JSON]      update ELEMENT JSON  decide ELEMENT JSON              timer EVENT (moves the clock
 * there) message EVENT [JSON]     signal NAME [JSON]   resolve ELEMENT [RETRIES]        skip ELEMENT [flow=ID] [JSON]
 *     set ELEMENT|- JSON       local ELEMENT JSON   move FROM|- TO|- [JSON]          migrate FILE [OLD>NEW ...]
 *     answer ELEMENT JSON (what a task listener says)
 *     ad-hoc [cancel] ELEMENT ID... [JSON, of the last]
 *     cancel [REASON]      limit STEPS                      pass DURATION (clock only)
 *
 * What must hold follows, indented:
 *     + EFFECT ELEMENT [KEY=VALUE ...]   every effect that is not mere history, in order, and no other
 *     at ELEMENT...                      the tokens, outer ones first; 'at' alone: none
 *     = EXPRESSION                       FEEL over the instance's view
 *     refused TYPE                       the command was refused; nothing changed
 *     with EXPRESSION                    FEEL over the context of the last effect listed with +
 * After every command the instance is encoded, decoded and encoded again, and goes on as decoded. */
#include "bpmn/bpmn.h"
#include "clock/calendar.h"
#include "feel/json.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER SOURCE_ROOT "/test/golden/bpmn"
#define MODELS_MAX 8

struct story {
    struct arena arena;
    const char *file;
    int line;
    int64_t now_ms;
    int64_t last_key;
    uint32_t steps_max;
    const struct bpmn_model *models[MODELS_MAX];
    size_t model_count;
    const struct bpmn_process *process;
    struct bpmn_instance *instance;
    struct bpmn_effects effects;
    size_t effect_at;
    struct error refused;
    const struct calendar *calendar;
};

static void story_fail(const struct story *self, const char *format, ...) PRINTF_LIKE(2, 3);
static void story_fail(const struct story *self, const char *format, ...)
{
    char text[4000];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fail_msg("%s:%d: %s", self->file, self->line, text);
}

/* ---- Environment ---- */

static int64_t next_key(void *host)
{
    struct story *self = host;
    return ++self->last_key;
}

static const struct bpmn_process *find_process(void *host, const struct bpmn_process_wanted *wanted)
{
    struct story *self = host;
    for (size_t i = self->model_count; i > 0; i--) {
        const struct bpmn_process *process = bpmn_model_find(self->models[i - 1], wanted->process_id);
        if (!process || (wanted->version != 0 && bpmn_process_info(process)->version != wanted->version))
            continue;
        if (str_equal(wanted->binding, STR("versionTag")) &&
            !str_equal(bpmn_process_info(process)->version_tag, wanted->version_tag))
            continue;
        return process;
    }
    return NULL;
}

static struct bpmn_env environment(struct story *self)
{
    return (struct bpmn_env){
        .now_ms = self->now_ms,
        .feel = {.calendar = self->calendar},
        .host = self,
        .next_key = next_key,
        .find_process = find_process,
        .steps_max = self->steps_max,
    };
}

static struct value parse_json(struct story *self, struct str text)
{
    struct value value = value_null;
    struct error err = ERROR_INIT;
    if (text.len > 0 && json_parse(&self->arena, text, NULL, &value, &err) != OK)
        story_fail(self, "JSON '%.*s': %s", STR_ARGS(text), err.message);
    return value;
}

static struct value evaluate(struct story *self, struct str text, struct value context)
{
    const struct feel_program *program;
    struct error err = ERROR_INIT;
    struct feel_options options = {0};
    if (feel_compile(&self->arena, text, &options, &program, &err) != OK)
        story_fail(self, "FEEL '%.*s': %s (%s)", STR_ARGS(text), err.message, err.field);
    struct feel_run run = {.arena = &self->arena, .now_ms = self->now_ms};
    return feel_evaluate_in(program, context, &run);
}

/* ---- Finding keys, through the view as a desk would ---- */

/* The process itself is found under its id. */
static struct value find_token(struct story *self, struct str element)
{
    int64_t nth = 1;
    ptrdiff_t hash = str_find(element, STR("#"), 0);
    struct str id = hash < 0 ? element : str_part(element, 0, (size_t)hash);
    if (hash >= 0 && !str_to_int64(str_part(element, (size_t)hash + 1, element.len), &nth))
        story_fail(self, "'%.*s' has a wrong number", STR_ARGS(element));
    struct value view = bpmn_instance_view(&self->arena, self->instance);
    struct value tokens = value_get(view, STR("tokens"));
    if (str_equal(value_text(value_get(view, STR("process"))), id))
        return view;
    for (size_t i = 0; i < value_count(tokens); i++) {
        struct value token = value_at(tokens, i);
        if (str_equal(value_text(value_get(token, STR("element"))), id) && --nth == 0)
            return token;
    }
    return value_null;
}

static int64_t key_of(struct value value, const char *path)
{
    int64_t key = 0;
    return value_to_int64(value_path(value, path), &key) ? key : -1;
}

static int64_t find_wait(struct story *self, struct str event)
{
    struct value view = bpmn_instance_view(&self->arena, self->instance);
    struct value waits = evaluate(self, STR("concatenate(waits, flatten(tokens.waits))"), view);
    for (size_t i = 0; i < value_count(waits); i++)
        if (str_equal(value_text(value_get(value_at(waits, i), STR("element"))), event)) {
            int64_t due;
            if (date_time_to_ms(value_get(value_at(waits, i), STR("due")), &due) && due > self->now_ms)
                self->now_ms = due;
            return key_of(value_at(waits, i), "key");
        }
    return -1;
}

static int64_t job_of(struct story *self, struct str element)
{
    struct value token = find_token(self, element);
    int64_t job = key_of(token, "job");
    return job > 0 ? job : key_of(token, "task.key");
}

/* ---- Commands ---- */

static struct str word(struct str *rest)
{
    *rest = str_trim(*rest);
    struct str taken = str_cut(rest, ' ');
    *rest = rest->data ? str_trim(*rest) : STR("");
    return taken;
}

static void through_bytes(struct story *self)
{
    struct str bytes = bpmn_instance_encode(&self->arena, self->instance);
    struct bpmn_env env = environment(self);
    struct bpmn_instance *again;
    struct error err = ERROR_INIT;
    if (bpmn_instance_decode(&self->arena, bytes, &env, &again, &err) != OK)
        story_fail(self, "decode: %s", err.message);
    struct str second = bpmn_instance_encode(&self->arena, again);
    if (!str_equal(bytes, second))
        story_fail(self, "the decoded instance differs from the encoded one");
    struct str view = json_text(&self->arena, bpmn_instance_view(&self->arena, self->instance));
    struct str view_again = json_text(&self->arena, bpmn_instance_view(&self->arena, again));
    if (!str_equal(view, view_again))
        story_fail(self, "views differ: %.*s and %.*s", STR_ARGS(view), STR_ARGS(view_again));
    self->instance = again;
}

static void run(struct story *self, const struct bpmn_command *command)
{
    struct bpmn_env env = environment(self);
    bpmn_effects_init(&self->effects, &self->arena);
    self->effect_at = 0;
    self->refused = ERROR_INIT;
    struct str before = bpmn_instance_encode(&self->arena, self->instance);
    struct error err = ERROR_INIT;
    if (bpmn_step(self->instance, command, &env, &self->effects, &err) != OK) {
        self->refused = err;
        if (!str_equal(before, bpmn_instance_encode(&self->arena, self->instance)))
            story_fail(self, "the refused command (%s) has changed the instance", err.type);
    }
    if (bpmn_instance_state(self->instance) != BPMN_NEW)
        through_bytes(self);
}

static bool is_history(enum bpmn_effect_kind kind)
{
    return kind >= BPMN_ELEMENT_ENTERED && kind <= BPMN_VARIABLES_SET;
}

static void close_expectations(struct story *self)
{
    while (self->effect_at < self->effects.list.count && is_history(self->effects.list.items[self->effect_at].kind))
        self->effect_at++;
    if (self->effect_at < self->effects.list.count) {
        const struct bpmn_effect *effect = &self->effects.list.items[self->effect_at];
        story_fail(self, "not expected before this line: %s %.*s %.*s", bpmn_effect_name(effect->kind),
                   STR_ARGS(effect->element_id),
                   STR_ARGS(effect->kind == BPMN_INCIDENT_RAISED ? effect->incident.message : STR("")));
    }
    if (self->refused.kind != ERROR_NONE)
        story_fail(self, "refused before this line: %s: %s", self->refused.type, self->refused.message);
}

static void load_model(struct story *self, struct str name)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%.*s", FOLDER, STR_ARGS(name));
    struct str text;
    struct error err = ERROR_INIT;
    struct bpmn_load_options options = {.version = (int64_t)self->model_count + 1};
    if (self->model_count == MODELS_MAX)
        story_fail(self, "too many models");
    if (file_read(&self->arena, path, 1 << 20, &text, &err) != OK ||
        bpmn_model_load(&self->arena, text, &options, NULL, &self->models[self->model_count], &err) != OK)
        story_fail(self, "%s: %s (%s)", path, err.message, err.field);
    self->model_count++;
}

static void tell_migrate(struct story *self, struct str rest, struct bpmn_command *command)
{
    load_model(self, word(&rest));
    command->kind = BPMN_MIGRATE;
    command->target = bpmn_model_find(self->models[self->model_count - 1],
                                      bpmn_process_info(bpmn_instance_process(self->instance))->id);
    struct bpmn_pair *pairs = arena_array(&self->arena, struct bpmn_pair, 20);
    while (rest.len > 0 && command->mapping.count < 20) {
        struct str to = word(&rest);
        struct str from = str_cut(&to, '>');
        pairs[command->mapping.count++] = (struct bpmn_pair){from, to};
    }
    command->mapping.items = pairs;
}

static void tell_move(struct story *self, struct str rest, struct bpmn_command *command)
{
    struct bpmn_move *move = arena_new(&self->arena, struct bpmn_move);
    struct str from = word(&rest);
    struct str to = word(&rest);
    command->kind = BPMN_MODIFY;
    command->move_count = 1;
    command->moves = move;
    if (!str_equal(from, STR("-")))
        move->terminate_key = key_of(find_token(self, from), "key");
    move->activate = str_equal(to, STR("-")) ? STR("") : to;
    move->variables = parse_json(self, rest);
}

static void tell_start(struct story *self, struct str rest, struct bpmn_command *command)
{
    self->instance = bpmn_instance_new(&self->arena, self->process);
    command->kind = BPMN_START;
    if (rest.len > 0 && rest.data[0] != '{')
        command->element_id = word(&rest);
    command->variables = parse_json(self, rest);
}

static void tell_skip(struct story *self, struct str rest, struct bpmn_command *command)
{
    struct value token = find_token(self, word(&rest));
    command->kind = BPMN_SKIP;
    command->key = key_of(token, "key");
    command->message = STR("because");
    if (str_starts(rest, STR("flow=")))
        command->element_id = str_part(word(&rest), 5, 200);
    command->variables = parse_json(self, rest);
}

static void tell_ad_hoc(struct story *self, struct str rest, struct bpmn_command *command)
{
    command->kind = BPMN_ACTIVATE_AD_HOC;
    command->cancels = str_starts(rest, STR("cancel "));
    if (command->cancels)
        (void)word(&rest);
    command->key = key_of(find_token(self, word(&rest)), "key");
    struct list_builder elements;
    list_builder_init(&elements, &self->arena);
    while (rest.len > 0 && rest.data[0] != '{') {
        struct context_builder one;
        struct str id = word(&rest);
        context_builder_init(&one, &self->arena);
        context_builder_put(&one, STR("elementId"), value_string(id));
        context_builder_put(&one, STR("variables"),
                            rest.len > 0 && rest.data[0] == '{' ? parse_json(self, rest) : value_null);
        list_builder_push(&elements, context_builder_done(&one));
    }
    command->value = list_builder_done(&elements);
}

/* Commands about one job, task or decision. False: it is another command. */
static bool tell_work(struct story *self, struct str verb, struct str rest, struct bpmn_command *command)
{
    static const struct {
        const char *verb;
        enum bpmn_command_kind kind;
    } verbs[] = {
        {"answer", BPMN_COMPLETE_JOB},
        {"job", BPMN_COMPLETE_JOB},
        {"fail", BPMN_FAIL_JOB},
        {"error", BPMN_THROW_ERROR},
        {"escalation", BPMN_THROW_ESCALATION},
        {"task", BPMN_COMPLETE_TASK},
        {"update", BPMN_UPDATE_TASK},
        {"decide", BPMN_COMPLETE_DECISION},
        {"retries", BPMN_UPDATE_JOB},
    };
    size_t i = 0;
    while (i < COUNT_OF(verbs) && !str_equal(verb, str_of(verbs[i].verb)))
        i++;
    if (i == COUNT_OF(verbs))
        return false;
    command->kind = verbs[i].kind;
    struct str element = word(&rest);
    command->key = job_of(self, element);
    int64_t decision = key_of(find_token(self, element), "decision");
    if (decision > 0)
        command->key = decision;
    int64_t retries = 0;
    if (command->kind == BPMN_FAIL_JOB || command->kind == BPMN_UPDATE_JOB) {
        if (!str_to_int64(word(&rest), &retries))
            story_fail(self, "fail needs the retries that are left");
        command->retries = (int32_t)retries;
        command->message = rest;
    } else if (command->kind == BPMN_THROW_ERROR || command->kind == BPMN_THROW_ESCALATION) {
        command->code = word(&rest);
        command->message = STR("thrown");
        command->variables = parse_json(self, rest);
    } else if (command->kind == BPMN_UPDATE_TASK) {
        command->task_change = parse_json(self, rest);
    } else if (command->kind == BPMN_COMPLETE_DECISION || str_equal(verb, STR("answer"))) {
        command->value = parse_json(self, rest);
    } else {
        command->variables = parse_json(self, rest);
    }
    return true;
}

static bool tell_person(struct story *self, struct str verb, struct str rest, struct bpmn_command *command)
{
    if (str_equal(verb, STR("resolve"))) {
        int64_t retries = 0;
        command->kind = BPMN_RESOLVE_INCIDENT;
        command->key = key_of(find_token(self, word(&rest)), "incident.key");
        command->retries = rest.len > 0 && str_to_int64(rest, &retries) ? (int32_t)retries : 0;
    } else if (str_equal(verb, STR("set")) || str_equal(verb, STR("local"))) {
        struct str element = word(&rest);
        command->kind = BPMN_SET_VARIABLES;
        command->local = str_equal(verb, STR("local"));
        command->key = str_equal(element, STR("-")) ? 0 : key_of(find_token(self, element), "key");
        command->variables = parse_json(self, rest);
    } else if (str_equal(verb, STR("cancel"))) {
        command->kind = BPMN_CANCEL;
        command->message = rest;
    } else if (str_equal(verb, STR("skip"))) {
        tell_skip(self, rest, command);
    } else if (str_equal(verb, STR("move"))) {
        tell_move(self, rest, command);
    } else if (str_equal(verb, STR("migrate"))) {
        tell_migrate(self, rest, command);
    } else if (str_equal(verb, STR("ad-hoc"))) {
        tell_ad_hoc(self, rest, command);
    } else {
        return false;
    }
    return true;
}

static bool tell_event(struct story *self, struct str verb, struct str rest, struct bpmn_command *command)
{
    if (str_equal(verb, STR("start"))) {
        tell_start(self, rest, command);
    } else if (str_equal(verb, STR("timer"))) {
        command->kind = BPMN_FIRE_TIMER;
        command->key = find_wait(self, word(&rest));
    } else if (str_equal(verb, STR("message"))) {
        command->kind = BPMN_CORRELATE;
        command->key = find_wait(self, word(&rest));
        command->variables = parse_json(self, rest);
    } else if (str_equal(verb, STR("signal"))) {
        command->kind = BPMN_SIGNAL;
        command->name = word(&rest);
        command->variables = parse_json(self, rest);
    } else {
        return false;
    }
    return true;
}

static bool tell_setting(struct story *self, struct str verb, struct str rest)
{
    struct value value;
    int64_t number;
    if (str_equal(verb, STR("model"))) {
        load_model(self, rest);
        self->process = bpmn_model_at(self->models[self->model_count - 1], 0);
    } else if (str_equal(verb, STR("also"))) {
        load_model(self, rest);
    } else if (str_equal(verb, STR("process"))) {
        struct bpmn_process_wanted wanted = {.process_id = rest, .binding = STR("latest")};
        self->process = find_process(self, &wanted);
        if (!self->process)
            story_fail(self, "no process '%.*s'", STR_ARGS(rest));
    } else if (str_equal(verb, STR("clock"))) {
        if (!date_time_parse(rest, &value) || !date_time_to_ms(value, &self->now_ms))
            story_fail(self, "no time: %.*s", STR_ARGS(rest));
    } else if (str_equal(verb, STR("pass"))) {
        if (!duration_parse(rest, &value))
            story_fail(self, "no duration: %.*s", STR_ARGS(rest));
        self->now_ms += value.span.seconds * 1000;
    } else if (str_equal(verb, STR("limit"))) {
        self->steps_max = str_to_int64(rest, &number) ? (uint32_t)number : 0;
    } else {
        return false;
    }
    return true;
}

static void tell(struct story *self, struct str line)
{
    struct str rest = line;
    struct str verb = word(&rest);
    struct bpmn_command command = {0};
    close_expectations(self);
    if (tell_setting(self, verb, rest))
        return;
    if (!tell_event(self, verb, rest, &command) && !tell_work(self, verb, rest, &command) &&
        !tell_person(self, verb, rest, &command))
        story_fail(self, "no command '%.*s'", STR_ARGS(verb));
    run(self, &command);
}

/* ---- Expectations ---- */

static struct value effect_context(struct story *self, const struct bpmn_effect *effect)
{
    struct context_builder all;
    context_builder_init(&all, &self->arena);
    context_builder_put(&all, STR("element"), value_string(effect->element_id));
    context_builder_put(&all, STR("name"), value_string(effect->name.data ? effect->name : STR("")));
    context_builder_put(&all, STR("key"),
                        value_string(effect->correlation_key.data ? effect->correlation_key : STR("")));
    context_builder_put(&all, STR("due"),
                        effect->due_ms ? date_time_from_ms(effect->due_ms, "Asia/Shanghai") : value_null);
    context_builder_put(&all, STR("message"), value_string(effect->message.data ? effect->message : STR("")));
    context_builder_put(&all, STR("variables"), effect->variables);
    if (effect->kind == BPMN_JOB_CREATED || effect->kind == BPMN_JOB_UPDATED) {
        context_builder_put(&all, STR("type"), value_string(effect->job.type.data ? effect->job.type : STR("")));
        context_builder_put(&all, STR("retries"), value_int(effect->job.retries));
        context_builder_put(&all, STR("variables"), effect->job.variables);
        context_builder_put(&all, STR("listener"),
                            effect->job.listener ? value_cstr(effect->job.listener) : value_null);
        context_builder_put(&all, STR("headers"), value_int((int64_t)effect->job.headers.count));
        for (size_t i = 0; i < effect->job.headers.count; i++)
            context_builder_put(&all, effect->job.headers.items[i].name,
                                value_string(effect->job.headers.items[i].value));
    }
    if (effect->kind == BPMN_TASK_UPDATED || effect->kind == BPMN_TASK_DENIED || effect->kind == BPMN_TASK_COMPLETED)
        context_builder_put(&all, STR("passed"), value_string(effect->name.data ? effect->name : STR("")));
    if (effect->kind == BPMN_TASK_UPDATED)
        context_builder_put(&all, STR("changing"),
                            effect->task.changing ? value_cstr(effect->task.changing) : value_null);
    if (effect->kind == BPMN_TASK_CREATED || effect->kind == BPMN_TASK_UPDATED || effect->kind == BPMN_TASK_DENIED) {
        context_builder_put(&all, STR("name"), value_string(effect->task.name));
        context_builder_put(&all, STR("assignee"), value_string(effect->task.assignee));
        context_builder_put(&all, STR("groups"), effect->task.candidate_groups);
        context_builder_put(&all, STR("users"), effect->task.candidate_users);
        context_builder_put(&all, STR("due"),
                            effect->task.due_ms ? date_time_from_ms(effect->task.due_ms, "Asia/Shanghai") : value_null);
        context_builder_put(&all, STR("followUp"),
                            effect->task.follow_up_ms ? date_time_from_ms(effect->task.follow_up_ms, "Asia/Shanghai")
                                                      : value_null);
        context_builder_put(&all, STR("priority"), value_int(effect->task.priority));
        context_builder_put(&all, STR("form"), value_string(effect->task.form_id));
        context_builder_put(&all, STR("variables"), effect->task.variables);
    }
    if (effect->kind == BPMN_DECISION_WANTED) {
        context_builder_put(&all, STR("decision"), value_string(effect->decision.decision_id));
        context_builder_put(&all, STR("variables"), effect->decision.variables);
    }
    if (effect->kind == BPMN_INCIDENT_RAISED) {
        context_builder_put(&all, STR("type"), value_cstr(effect->incident.type));
        context_builder_put(&all, STR("message"), value_string(effect->incident.message));
    }
    return context_builder_done(&all);
}

static void expect_effect(struct story *self, struct str rest)
{
    while (self->effect_at < self->effects.list.count && is_history(self->effects.list.items[self->effect_at].kind))
        self->effect_at++;
    if (self->effect_at == self->effects.list.count)
        story_fail(self, "no such effect: %.*s (refused: %s)", STR_ARGS(rest), self->refused.message);
    const struct bpmn_effect *effect = &self->effects.list.items[self->effect_at++];
    struct str kind = word(&rest);
    struct str element = word(&rest);
    if (!str_equal(kind, str_of(bpmn_effect_name(effect->kind))) || !str_equal(element, effect->element_id))
        story_fail(self, "expected %.*s %.*s, found %s %.*s %.*s", STR_ARGS(kind), STR_ARGS(element),
                   bpmn_effect_name(effect->kind), STR_ARGS(effect->element_id),
                   STR_ARGS(effect->kind == BPMN_INCIDENT_RAISED ? effect->incident.message : STR("")));
    struct value context = effect_context(self, effect);
    while (rest.len > 0) {
        struct str wanted = word(&rest);
        struct str name = str_cut(&wanted, '=');
        struct str found = value_to_text(&self->arena, value_get(context, name));
        if (!str_equal(found, wanted))
            story_fail(self, "%.*s is '%.*s'", STR_ARGS(name), STR_ARGS(found));
    }
}

static void expect_with(struct story *self, struct str text)
{
    if (self->effect_at == 0)
        story_fail(self, "'with' follows an effect");
    struct value context = effect_context(self, &self->effects.list.items[self->effect_at - 1]);
    if (!value_is_true(evaluate(self, text, context)))
        story_fail(self, "does not hold: %.*s in %.*s", STR_ARGS(text), STR_ARGS(json_text(&self->arena, context)));
}

static void expect_tokens(struct story *self, struct str wanted)
{
    struct value tokens = value_get(bpmn_instance_view(&self->arena, self->instance), STR("tokens"));
    struct buf found;
    buf_init(&found, 0);
    for (size_t i = 0; i < value_count(tokens); i++)
        buf_printf(&found, "%s%.*s", i > 0 ? " " : "",
                   STR_ARGS(value_text(value_get(value_at(tokens, i), STR("element")))));
    struct str text = arena_str(&self->arena, buf_str(&found));
    buf_release(&found);
    if (!str_equal(text, str_trim(wanted)))
        story_fail(self, "tokens are at '%.*s'", STR_ARGS(text));
}

static void expect(struct story *self, struct str line)
{
    struct str rest = line;
    struct str verb = word(&rest);
    if (str_equal(verb, STR("+"))) {
        expect_effect(self, rest);
    } else if (str_equal(verb, STR("with"))) {
        expect_with(self, rest);
    } else if (str_equal(verb, STR("at"))) {
        expect_tokens(self, rest);
    } else if (str_equal(verb, STR("refused"))) {
        if (!str_equal(rest, str_of(self->refused.type)))
            story_fail(self, "refused with '%s': %s", self->refused.type, self->refused.message);
        self->refused = ERROR_INIT;
    } else if (str_equal(verb, STR("="))) {
        struct value view = bpmn_instance_view(&self->arena, self->instance);
        if (!value_is_true(evaluate(self, rest, view)))
            story_fail(self, "does not hold: %.*s in %.*s", STR_ARGS(rest), STR_ARGS(json_text(&self->arena, view)));
    } else {
        story_fail(self, "no expectation '%.*s'", STR_ARGS(verb));
    }
}

/* 2026: Spring Festival week, a make-up Saturday. */
static const struct calendar *make_calendar(struct arena *arena)
{
    static int32_t off[8];
    static int32_t makeup[1];
    for (int i = 0; i < 8; i++)
        off[i] = (int32_t)days_from_civil(2026, 2, 15) + i;
    makeup[0] = (int32_t)days_from_civil(2026, 2, 14);
    static const struct calendar_year years[] = {{2026, off, 8, makeup, 1}};
    return calendar_new(arena, years, 1);
}

static void play(void **state)
{
    struct story self = {.file = *state};
    arena_init(&self.arena);
    self.calendar = make_calendar(&self.arena);
    char path[600];
    snprintf(path, sizeof path, "%s/%s", FOLDER, self.file);
    struct str rest;
    struct error err = ERROR_INIT;
    if (file_read(&self.arena, path, 1 << 20, &rest, &err) != OK)
        fail_msg("%s: %s", path, err.message);
    while (rest.data) {
        struct str line = str_cut(&rest, '\n');
        self.line++;
        if (str_trim(line).len == 0 || line.data[0] == '#')
            continue;
        if (line.data[0] == ' ')
            expect(&self, str_trim(line));
        else
            tell(&self, line);
    }
    close_expectations(&self);
    arena_release(&self.arena);
}

int main(void)
{
    struct arena arena;
    arena_init(&arena);
    struct str *files;
    size_t count;
    struct error err = ERROR_INIT;
    if (folder_list(&arena, FOLDER, ".story", &files, &count, &err) != OK || count == 0) {
        fprintf(stderr, "no stories in %s: %s\n", FOLDER, err.message);
        return 1;
    }
    struct CMUnitTest *tests = arena_array(&arena, struct CMUnitTest, count);
    for (size_t i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){.name = arena_cstr(&arena, files[i]),
                                       .test_func = play,
                                       .initial_state = (void *)arena_cstr(&arena, files[i])};
    int failed = _cmocka_run_group_tests("bpmn stories", tests, count, NULL, NULL);
    arena_release(&arena);
    return failed;
}
