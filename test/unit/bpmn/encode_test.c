/* Instances as bytes: every value survives, damaged bytes are refused or give an instance that can be worked with. */
#include "bpmn/bpmn.h"
#include "feel/json.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER SOURCE_ROOT "/test/golden/bpmn/"

struct fixture {
    struct arena arena;
    const struct bpmn_model *model;
    int64_t last_key;
};

static int64_t next_key(void *host)
{
    struct fixture *self = host;
    return ++self->last_key;
}

static const struct bpmn_process *find_process(void *host, const struct bpmn_process_wanted *wanted)
{
    struct fixture *self = host;
    return bpmn_model_find(self->model, wanted->process_id);
}

static struct bpmn_env environment(struct fixture *self)
{
    return (struct bpmn_env){
        .now_ms = 1767225600000, .host = self, .next_key = next_key, .find_process = find_process, .steps_max = 1000};
}

static void load(struct fixture *self, const char *name)
{
    *self = (struct fixture){0};
    arena_init(&self->arena);
    char path[600];
    snprintf(path, sizeof path, FOLDER "%s", name);
    struct str text;
    struct error err = ERROR_INIT;
    if (file_read(&self->arena, path, 1 << 20, &text, &err) != OK ||
        bpmn_model_load(&self->arena, text, NULL, NULL, &self->model, &err) != OK)
        fail_msg("%s: %s", path, err.message);
}

static struct bpmn_instance *start(struct fixture *self, const char *process, const char *variables)
{
    struct error err = ERROR_INIT;
    struct bpmn_env env = environment(self);
    struct bpmn_effects effects;
    bpmn_effects_init(&effects, &self->arena);
    struct bpmn_command command = {.kind = BPMN_START};
    if (json_parse(&self->arena, str_of(variables), NULL, &command.variables, &err) != OK)
        fail_msg("%s", err.message);
    struct bpmn_instance *instance =
        bpmn_instance_new(&self->arena, bpmn_model_find(self->model, str_of(process)));
    if (bpmn_step(instance, &command, &env, &effects, &err) != OK)
        fail_msg("%s", err.message);
    return instance;
}

static void every_kind_of_value_survives(void **state)
{
    (void)state;
    struct fixture self;
    load(&self, "core.bpmn");
    struct bpmn_instance *instance =
        start(&self, "split",
              "{\"text\": \"你好\", \"long\": 1.10, \"big\": 123456789012345678901234567890,"
              "\"deep\": {\"a\": [1, null, true, {\"b\": \"\"}]}, \"zero\": -0}");
    static const char *const expressions[] = {
        "date(\"2026-07-01\")", "time(\"10:30:00+08:00\")", "date and time(\"2026-07-01T10:00:00@Asia/Shanghai\")",
        "duration(\"P3DT4H\")", "duration(\"P1Y2M\")", "[1..5)", "1/3", "function(x) x", "10 ** 20"};
    struct context_builder more;
    context_builder_init(&more, &self.arena);
    for (size_t i = 0; i < COUNT_OF(expressions); i++) {
        const struct feel_program *program;
        struct error err = ERROR_INIT;
        struct feel_options options = {0};
        assert_int_equal(feel_compile(&self.arena, str_of(expressions[i]), &options, &program, &err), OK);
        struct feel_run run = {.arena = &self.arena};
        context_builder_put(&more, arena_printf(&self.arena, "v%zu", i), feel_evaluate_in(program, value_null, &run));
    }
    struct bpmn_env env = environment(&self);
    struct bpmn_effects effects;
    struct error err = ERROR_INIT;
    bpmn_effects_init(&effects, &self.arena);
    struct bpmn_command set = {.kind = BPMN_SET_VARIABLES, .variables = context_builder_done(&more)};
    assert_int_equal(bpmn_step(instance, &set, &env, &effects, &err), OK);
    struct bpmn_instance *again;
    assert_int_equal(bpmn_instance_decode(&self.arena, bpmn_instance_encode(&self.arena, instance), &env, &again, &err),
                     OK);
    struct value before = bpmn_instance_variables(&self.arena, instance, 0);
    struct value after = bpmn_instance_variables(&self.arena, again, 0);
    assert_int_equal(value_count(before), 5 + COUNT_OF(expressions));
    for (size_t i = 0; i < value_count(before); i++) {
        const struct member *member = &before.context->members[i];
        struct value found = value_get(after, member->key);
        if (member->value.kind == VALUE_FUNCTION)
            assert_true(value_is_null(found));
        else if (!value_identical(member->value, found))
            fail_msg("%.*s became %.*s", STR_ARGS(member->key), STR_ARGS(json_text(&self.arena, found)));
    }
    assert_true(str_equal(json_text(&self.arena, value_get(after, STR("long"))), STR("1.10")));
    arena_release(&self.arena);
}

/* What a host may do with an instance that it has read. */
static void use(struct fixture *self, struct bpmn_instance *instance)
{
    struct bpmn_env env = environment(self);
    struct value view = bpmn_instance_view(&self->arena, instance);
    struct value tokens = value_get(view, STR("tokens"));
    for (size_t i = 0; i < value_count(tokens) && i < 6; i++) {
        static const enum bpmn_command_kind kinds[] = {BPMN_COMPLETE_JOB, BPMN_COMPLETE_TASK, BPMN_RESOLVE_INCIDENT,
                                                       BPMN_SKIP};
        static const char *const keys[] = {"job", "task.key", "incident.key", "key"};
        for (size_t j = 0; j < COUNT_OF(kinds); j++) {
            struct bpmn_command command = {.kind = kinds[j]};
            struct error err = ERROR_INIT;
            struct bpmn_effects effects;
            bpmn_effects_init(&effects, &self->arena);
            if (value_to_int64(value_path(value_at(tokens, i), keys[j]), &command.key))
                (void)!bpmn_step(instance, &command, &env, &effects, &err);
        }
    }
    (void)bpmn_instance_encode(&self->arena, instance);
}

static void damage(struct fixture *self, struct str bytes)
{
    struct bpmn_env env = environment(self);
    char *copy = heap_alloc(bytes.len);
    for (size_t i = 0; i < bytes.len; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            struct arena_mark mark = arena_mark(&self->arena);
            memcpy(copy, bytes.data, bytes.len);
            copy[i] = (char)(copy[i] ^ (char)(1U << bit));
            struct bpmn_instance *instance;
            struct error err = ERROR_INIT;
            if (bpmn_instance_decode(&self->arena, (struct str){copy, bytes.len}, &env, &instance, &err) == OK)
                use(self, instance);
            arena_rewind(&self->arena, mark);
        }
    for (size_t len = 0; len < bytes.len; len++) {
        struct bpmn_instance *instance;
        struct error err = ERROR_INIT;
        assert_int_equal(bpmn_instance_decode(&self->arena, (struct str){bytes.data, len}, &env, &instance, &err),
                         FAILED);
    }
    heap_free(copy);
}

static void damaged_bytes_do_no_harm(void **state)
{
    (void)state;
    static const struct {
        const char *file, *process, *variables;
    } cases[] = {
        {"core.bpmn", "core", "{\"amount\": 2000, \"currency\": \"CNY\", \"reviewer\": \"ann\"}"},
        {"core.bpmn", "core", "{\"currency\": \"CNY\"}"},
        {"core.bpmn", "caller", "{\"target\": \"callee\"}"},
        {"events.bpmn", "waiting", "{\"no\": 1, \"kind\": \"x\", \"deadline\": \"2026-08-01\"}"},
        {"events.bpmn", "boundaries", "{\"no\": 1, \"level\": 1}"},
        {"events.bpmn", "errors", "{}"},
        {"loops.bpmn", "parallel", "{\"items\": [{\"id\": 1}, {\"id\": 2}], \"enough\": 1}"},
        {"loops.bpmn", "sequential", "{\"people\": [\"a\", \"b\"]}"},
        {"loops.bpmn", "adhoc", "{\"wanted\": [\"h-a\"], \"stop\": false}"},
        {"scopes.bpmn", "undo", "{\"only\": false}"},
        {"scopes.bpmn", "deadlock", "{}"},
        {"scopes.bpmn", "guarded", "{\"no\": 5, \"heat\": 1}"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture self;
        load(&self, cases[i].file);
        struct bpmn_instance *instance = start(&self, cases[i].process, cases[i].variables);
        damage(&self, bpmn_instance_encode(&self.arena, instance));
        arena_release(&self.arena);
    }
}

static void bytes_of_another_model_are_refused(void **state)
{
    (void)state;
    struct fixture self;
    load(&self, "core.bpmn");
    struct str bytes = bpmn_instance_encode(
        &self.arena, start(&self, "core", "{\"amount\": 1, \"currency\": \"CNY\", \"reviewer\": \"ann\"}"));
    struct fixture other;
    load(&other, "core-v2.bpmn");
    struct bpmn_env env = environment(&other);
    struct bpmn_instance *instance;
    struct error err = ERROR_INIT;
    assert_int_equal(bpmn_instance_decode(&other.arena, bytes, &env, &instance, &err), FAILED);
    assert_string_equal(err.type, "instance-model-missing");
    arena_release(&other.arena);
    arena_release(&self.arena);
}

static void complete_task(struct fixture *self, struct bpmn_instance *instance, int64_t key, struct value variables)
{
    struct bpmn_env env = environment(self);
    struct bpmn_effects effects;
    struct error err = ERROR_INIT;
    struct bpmn_command command = {.kind = BPMN_COMPLETE_TASK, .key = key, .variables = variables};
    bpmn_effects_init(&effects, &self->arena);
    if (bpmn_step(instance, &command, &env, &effects, &err) != OK)
        fail_msg("%s", err.message);
}

/* The process "patient" with both its tasks (keys 5 and 7) right inside the ad-hoc sub-process. */
static void an_ad_hoc_sub_process_without_activations_goes_on(void **state)
{
    static const char stored[] =
        "544201010770617469656e7400ad2eec45d8e068410180a0d5edee6600020100050001000000ff9fd5edee6601010100"
        "00000201000000ff9fd5edee660301000000ff9fd5edee660401000000ff9fd5edee6601000100040000000100030004"
        "00000000000106656e6f7567680100000002010403001400000000000000000000000001000301060302240000000108"
        "000000000800080000003200010004010a030224000000010c000000000800080000003200";
    char bytes[sizeof stored / 2];
    struct fixture self;
    struct bpmn_instance *instance;
    struct error err = ERROR_INIT;
    (void)state;
    load(&self, "ad-hoc.bpmn");
    self.last_key = 7;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)strtoul((char[]){stored[2 * i], stored[2 * i + 1], '\0'}, NULL, 16);
    struct bpmn_env env = environment(&self);
    assert_int_equal(bpmn_instance_decode(&self.arena, (struct str){bytes, sizeof bytes}, &env, &instance, &err), OK);
    complete_task(&self, instance, 5, value_null);
    assert_int_equal(bpmn_instance_state(instance), BPMN_ACTIVE);
    struct value enough;
    assert_int_equal(json_parse(&self.arena, STR("{\"enough\": true}"), NULL, &enough, &err), OK);
    complete_task(&self, instance, 7, enough);
    assert_int_equal(bpmn_instance_state(instance), BPMN_COMPLETED);
    arena_release(&self.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_value_survives),
        cmocka_unit_test(damaged_bytes_do_no_harm),
        cmocka_unit_test(bytes_of_another_model_are_refused),
        cmocka_unit_test(an_ad_hoc_sub_process_without_activations_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
