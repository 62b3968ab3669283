/* Random histories: every process of the golden models is started and driven by random commands, right and wrong ones.
 * After each step the keys that the effects have left open must be exactly those that the instance waits for: no job,
 * task, timer, subscription or incident is lost, doubled or left behind by a dead scope. WALKS=n runs more of them. */
#include "bpmn/bpmn.h"
#include "feel/json.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER SOURCE_ROOT "/test/golden/bpmn"
#define STEPS 60

struct open_key {
    char kind; /* j job, t task, d decision, T timer, m message, s signal, i incident */
    int64_t key;
};

struct walk {
    struct arena arena;
    const struct bpmn_model *model;
    const struct bpmn_process *process;
    struct bpmn_instance *instance;
    uint64_t seed, random;
    int64_t now_ms, last_key;
    size_t step;
    VECTOR(struct open_key) open;
};

static uint64_t draw(struct walk *self, uint64_t below)
{
    self->random ^= self->random << 13;
    self->random ^= self->random >> 7;
    self->random ^= self->random << 17;
    return self->random % below;
}

static int64_t next_key(void *host)
{
    struct walk *self = host;
    return ++self->last_key;
}

static const struct bpmn_process *find_process(void *host, const struct bpmn_process_wanted *wanted)
{
    struct walk *self = host;
    return bpmn_model_find(self->model, wanted->process_id);
}

static void fail_walk(const struct walk *self, const char *what, char kind, int64_t key)
{
    fail_msg("process %.*s, seed %" PRIu64 ", step %zu: %s: %c %" PRId64,
             STR_ARGS(bpmn_process_info(self->process)->id), self->seed, self->step, what, kind, key);
}

/* ---- What the effects say ---- */

static void add_key(struct walk *self, char kind, int64_t key)
{
    for (size_t i = 0; i < self->open.count; i++)
        if (self->open.items[i].key == key)
            fail_walk(self, "opened twice", kind, key);
    struct open_key open = {kind, key};
    VECTOR_PUSH(&self->arena, &self->open, open);
}

static bool drop_key(struct walk *self, char kind, int64_t key)
{
    for (size_t i = 0; i < self->open.count; i++)
        if (self->open.items[i].key == key && self->open.items[i].kind == kind) {
            self->open.items[i] = self->open.items[--self->open.count];
            return true;
        }
    return false;
}

static void close_key(struct walk *self, char kind, int64_t key)
{
    if (!drop_key(self, kind, key))
        fail_walk(self, "closed but not open", kind, key);
}

static void apply_effect(struct walk *self, const struct bpmn_effect *effect)
{
    static const struct {
        enum bpmn_effect_kind kind;
        char what;
        bool opens;
    } rows[] = {
        {BPMN_JOB_CREATED, 'j', true},      {BPMN_JOB_CANCELLED, 'j', false},      {BPMN_DECISION_WANTED, 'd', true},
        {BPMN_DECISION_CANCELLED, 'd', false}, {BPMN_TASK_CREATED, 't', true},     {BPMN_TASK_COMPLETED, 't', false},
        {BPMN_TASK_CANCELLED, 't', false},  {BPMN_TIMER_SET, 'T', true},           {BPMN_TIMER_CANCELLED, 'T', false},
        {BPMN_MESSAGE_OPENED, 'm', true},   {BPMN_MESSAGE_CLOSED, 'm', false},     {BPMN_SIGNAL_OPENED, 's', true},
        {BPMN_SIGNAL_CLOSED, 's', false},   {BPMN_INCIDENT_RAISED, 'i', true},     {BPMN_INCIDENT_RESOLVED, 'i', false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].kind != effect->kind)
            continue;
        if (rows[i].opens)
            add_key(self, rows[i].what, effect->key);
        else
            close_key(self, rows[i].what, effect->key);
    }
    if (effect->kind == BPMN_JOB_UPDATED) {
        bool open = drop_key(self, 'j', effect->key);
        if (!open)
            fail_walk(self, "updated but not open", 'j', effect->key);
        add_key(self, 'j', effect->key);
    }
}

/* Commands that take their key away without an effect: the host knows that it has done so. */
static void apply_command(struct walk *self, const struct bpmn_command *command)
{
    if (command->kind == BPMN_COMPLETE_JOB && !drop_key(self, 'j', command->key))
        close_key(self, 't', command->key);
    if (command->kind == BPMN_COMPLETE_DECISION)
        close_key(self, 'd', command->key);
    if (command->kind == BPMN_FIRE_TIMER)
        close_key(self, 'T', command->key);
    if (command->kind == BPMN_FAIL_JOB)
        (void)drop_key(self, 'd', command->key);
}

/* ---- What the instance says ---- */

static void expect_key(struct walk *self, char kind, struct value key, size_t *count)
{
    int64_t number;
    if (!value_to_int64(key, &number))
        return;
    ++*count;
    for (size_t i = 0; i < self->open.count; i++)
        if (self->open.items[i].key == number && self->open.items[i].kind == kind)
            return;
    fail_walk(self, "the instance waits for what no effect has opened", kind, number);
}

static void expect_waits(struct walk *self, struct value waits, size_t *count)
{
    for (size_t i = 0; i < value_count(waits); i++) {
        char first = value_text(value_get(value_at(waits, i), STR("kind"))).data[0];
        if (first != 'c')
            expect_key(self, first == 't' ? 'T' : first, value_get(value_at(waits, i), STR("key")), count);
    }
}

static void compare(struct walk *self)
{
    struct value view = bpmn_instance_view(&self->arena, self->instance);
    struct value tokens = value_get(view, STR("tokens"));
    struct value incidents = value_get(view, STR("incidents"));
    size_t count = 0;
    for (size_t i = 0; i < value_count(tokens); i++) {
        struct value token = value_at(tokens, i);
        expect_key(self, 'j', value_get(token, STR("job")), &count);
        expect_key(self, 't', value_path(token, "task.key"), &count);
        expect_key(self, 'd', value_get(token, STR("decision")), &count);
        expect_waits(self, value_get(token, STR("waits")), &count);
    }
    expect_waits(self, value_get(view, STR("waits")), &count);
    expect_key(self, 'j', value_get(view, STR("job")), &count);
    for (size_t i = 0; i < value_count(incidents); i++)
        expect_key(self, 'i', value_get(value_at(incidents, i), STR("key")), &count);
    for (size_t i = 0; i < self->open.count; i++)
        if (!bpmn_instance_awaits(self->instance, self->open.items[i].key))
            fail_walk(self, "open but not awaited", self->open.items[i].kind, self->open.items[i].key);
    if (count != self->open.count)
        fail_walk(self, "an effect has opened what the instance does not wait for", '?', (int64_t)self->open.count);
}

/* ---- Driving ---- */

static struct value random_variables(struct walk *self)
{
    static const char *const pool[] = {
        "{}",
        "{\"amount\": 20, \"currency\": \"CNY\", \"no\": 1, \"kind\": \"k\", \"deadline\": \"2026-08-01\", \"level\": "
        "1, \"heat\": 1}",
        "{\"amount\": 2000, \"currency\": \"CNY\", \"reviewer\": \"ann\", \"no\": 2, \"kind\": \"k\", \"deadline\": "
        "\"2026-08-01\"}",
        "{\"target\": \"callee\", \"n\": 0, \"most\": 9, \"a\": true, \"b\": true, \"span\": \"PT5M\", \"only\": "
        "false}",
        "{\"target\": \"caller\", \"n\": 0, \"most\": 1000000, \"a\": true, \"b\": false, \"span\": \"P2WD\", "
        "\"only\": true}",
        "{\"items\": [{\"id\": 1}, {\"id\": 2}, {\"id\": 3}], \"enough\": 2, \"people\": [\"x\", \"y\", null], "
        "\"many\": 5}",
        "{\"wanted\": [\"h-a\", \"h-c\"], \"stop\": false, \"heat\": 20, \"level\": 9, \"no\": 3}",
        "{\"stop\": true, \"answer\": \"bad\", \"heat\": 11, \"level\": 7, \"rate\": 2, \"n\": 3}",
        "{\"answer\": \"late\", \"result\": 4, \"outcome\": 1, \"sum\": 2, \"target\": \"split\", \"level\": 2}",
        "{\"answer\": \"stop\", \"enough\": 1, \"receipt\": {\"no\": \"R\"}, \"a\": false}",
    };
    struct value first = value_null;
    struct value second = value_null;
    struct error err = ERROR_INIT;
    if (json_parse(&self->arena, str_of(pool[draw(self, COUNT_OF(pool))]), NULL, &first, &err) != OK ||
        json_parse(&self->arena, str_of(pool[draw(self, COUNT_OF(pool))]), NULL, &second, &err) != OK)
        fail_msg("%s", err.message);
    return value_merge(&self->arena, first, second);
}

/* What the worker of a listener or an ad-hoc sub-process may say; mostly nothing, as all others. */
static struct value random_answer(struct walk *self)
{
    static const char *const pool[] = {
        "null",
        "null",
        "null",
        "{\"denied\": true, \"deniedReason\": \"no\"}",
        "{\"corrections\": {\"assignee\": \"li\"}}",
        "{\"activateElements\": [{\"elementId\": \"ask\", \"variables\": {\"what\": \"x\"}}, {\"elementId\": "
        "\"look\"}]}",
        "{\"activateElements\": [{\"elementId\": \"note\", \"variables\": {\"what\": \"y\"}}]}",
        "{\"isCompletionConditionFulfilled\": true}",
        "{\"isCompletionConditionFulfilled\": true, \"isCancelRemainingInstances\": true}",
    };
    struct value answer = value_null;
    struct error err = ERROR_INIT;
    if (json_parse(&self->arena, str_of(pool[draw(self, COUNT_OF(pool))]), NULL, &answer, &err) != OK)
        fail_msg("%s", err.message);
    return answer;
}

static struct value random_change(struct walk *self)
{
    struct context_builder change;
    context_builder_init(&change, &self->arena);
    context_builder_put(&change, draw(self, 2) ? STR("assignee") : STR("candidateUsers"), value_cstr("li"));
    return context_builder_done(&change);
}

static struct str random_element(struct walk *self)
{
    const struct bpmn_process_info *info = bpmn_process_info(self->process);
    return info->elements[draw(self, info->element_count)].id;
}

/* A token's key, or now and then one that is wrong. */
static int64_t random_token(struct walk *self)
{
    struct value tokens = value_get(bpmn_instance_view(&self->arena, self->instance), STR("tokens"));
    int64_t key = 0;
    if (value_count(tokens) == 0 || draw(self, 10) == 0)
        return (int64_t)draw(self, 100);
    (void)!value_to_int64(value_get(value_at(tokens, draw(self, value_count(tokens))), STR("key")), &key);
    return key;
}

static void choose_open(struct walk *self, struct bpmn_command *command)
{
    if (self->open.count == 0)
        return;
    struct open_key open = self->open.items[draw(self, self->open.count)];
    command->key = open.key;
    uint64_t dice = draw(self, 12);
    switch (open.kind) {
    case 'j':
        command->kind = dice < 8    ? BPMN_COMPLETE_JOB
                        : dice < 9  ? BPMN_FAIL_JOB
                        : dice < 11 ? BPMN_THROW_ERROR
                                    : BPMN_THROW_ESCALATION;
        command->retries = (int32_t)draw(self, 2);
        command->value = random_answer(self);
        if (!value_is_null(command->value) && draw(self, 2))
            command->variables = value_null;
        break;
    case 't':
        command->kind = dice < 8 ? BPMN_COMPLETE_TASK : dice < 10 ? BPMN_UPDATE_TASK : BPMN_THROW_ERROR;
        command->task_change = random_change(self);
        break;
    case 'd': command->kind = dice < 9 ? BPMN_COMPLETE_DECISION : BPMN_FAIL_JOB; break;
    case 'T': command->kind = BPMN_FIRE_TIMER; break;
    case 'm': command->kind = BPMN_CORRELATE; break;
    case 's':
        command->kind = BPMN_SIGNAL;
        command->name = STR("alarm");
        break;
    default: command->kind = BPMN_RESOLVE_INCIDENT; break;
    }
}

static void choose(struct walk *self, struct bpmn_command *command, struct bpmn_move *move)
{
    static const char *const codes[] = {"BAD", "STOP", "LATE", "NO_MONEY", "OTHER"};
    uint64_t dice = draw(self, 100);
    *command = (struct bpmn_command){.kind = BPMN_SET_VARIABLES, .variables = random_variables(self)};
    command->code = str_of(codes[draw(self, COUNT_OF(codes))]);
    command->message = STR("why");
    command->value = value_int((int64_t)draw(self, 5));
    if (dice < 78) {
        choose_open(self, command);
    } else if (dice < 86) {
        command->key = draw(self, 2) ? 0 : random_token(self);
        command->local = draw(self, 2);
    } else if (dice < 91) {
        command->kind = BPMN_SKIP;
        command->key = random_token(self);
    } else if (dice < 98) {
        command->kind = BPMN_MODIFY;
        *move = (struct bpmn_move){.terminate_key = draw(self, 3) ? random_token(self) : 0,
                                   .activate = draw(self, 4) ? random_element(self) : STR("")};
        command->moves = move;
        command->move_count = 1;
    } else if (dice < 99) {
        command->kind = BPMN_CANCEL;
    } else {
        command->kind = (enum bpmn_command_kind)draw(self, BPMN_CANCEL);
        command->key = (int64_t)draw(self, 200);
    }
}

static void step(struct walk *self, const struct bpmn_command *command)
{
    struct bpmn_env env = {
        .now_ms = self->now_ms, .host = self, .next_key = next_key, .find_process = find_process, .steps_max = 500};
    struct bpmn_effects effects;
    bpmn_effects_init(&effects, &self->arena);
    struct error err = ERROR_INIT;
    bool started = bpmn_instance_state(self->instance) != BPMN_NEW;
    struct str before = started ? bpmn_instance_encode(&self->arena, self->instance) : STR("");
    if (bpmn_step(self->instance, command, &env, &effects, &err) != OK) {
        if (started && !str_equal(before, bpmn_instance_encode(&self->arena, self->instance)))
            fail_walk(self, err.type, 'R', command->key);
        return;
    }
    apply_command(self, command);
    for (size_t i = 0; i < effects.list.count; i++)
        apply_effect(self, &effects.list.items[i]);
    compare(self);
    struct str bytes = bpmn_instance_encode(&self->arena, self->instance);
    if (bpmn_instance_decode(&self->arena, bytes, &env, &self->instance, &err) != OK)
        fail_walk(self, err.message, '?', 0);
}

static void walk(const struct bpmn_model *model, const struct bpmn_process *process, uint64_t seed)
{
    struct walk self = {.model = model,
                        .process = process,
                        .seed = seed,
                        .random = seed * 2654435761U + 88172645463325252U,
                        .now_ms = 1767225600000};
    arena_init(&self.arena);
    self.instance = bpmn_instance_new(&self.arena, process);
    struct bpmn_command command = {.kind = BPMN_START, .variables = random_variables(&self)};
    step(&self, &command);
    for (self.step = 1; self.step < STEPS && bpmn_instance_state(self.instance) == BPMN_ACTIVE; self.step++) {
        struct bpmn_move move;
        choose(&self, &command, &move);
        self.now_ms += (int64_t)draw(&self, 3600000);
        step(&self, &command);
    }
    arena_release(&self.arena);
}

static void walk_model(const char *file, uint64_t walks)
{
    struct arena arena;
    arena_init(&arena);
    char path[600];
    snprintf(path, sizeof path, FOLDER "/%s", file);
    struct str text;
    struct error err = ERROR_INIT;
    const struct bpmn_model *model;
    if (file_read(&arena, path, 1 << 20, &text, &err) != OK ||
        bpmn_model_load(&arena, text, NULL, NULL, &model, &err) != OK)
        fail_msg("%s: %s", path, err.message);
    for (size_t i = 0; i < bpmn_model_count(model); i++)
        for (uint64_t seed = 1; seed <= walks; seed++)
            walk(model, bpmn_model_at(model, i), seed);
    arena_release(&arena);
}

static void nothing_is_lost_or_doubled(void **state)
{
    (void)state;
    const char *more = getenv("WALKS");
    int64_t walks = 150;
    if (more && !str_to_int64(str_of(more), &walks))
        fail_msg("WALKS is no number");
    struct arena arena;
    arena_init(&arena);
    struct str *files;
    size_t count;
    struct error err = ERROR_INIT;
    assert_int_equal(folder_list(&arena, FOLDER, ".bpmn", &files, &count, &err), OK);
    assert_true(count >= 4);
    for (size_t i = 0; i < count; i++)
        walk_model(arena_cstr(&arena, files[i]), (uint64_t)walks);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_lost_or_doubled)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
