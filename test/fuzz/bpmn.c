/* BPMN: any bytes are refused with an error or give a model that can be checked and run, within limits. */
#include "bpmn/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct host {
    int64_t last_key;
    const struct bpmn_model *model;
};

static int64_t next_key(void *host)
{
    return ++((struct host *)host)->last_key;
}

static const struct bpmn_process *find_process(void *host, const struct bpmn_process_wanted *wanted)
{
    return bpmn_model_find(((struct host *)host)->model, wanted->process_id);
}

/* What a host would answer to an effect; false if nothing. */
static bool answer(const struct bpmn_effect *effect, struct bpmn_command *out)
{
    *out = (struct bpmn_command){.key = effect->key, .code = STR("BAD"), .message = STR("why")};
    switch ((int)effect->kind) {
    case BPMN_JOB_CREATED: out->kind = effect->key % 5 ? BPMN_COMPLETE_JOB : BPMN_THROW_ERROR; return true;
    case BPMN_TASK_CREATED: out->kind = BPMN_COMPLETE_TASK; return true;
    case BPMN_DECISION_WANTED: out->kind = BPMN_COMPLETE_DECISION; return true;
    case BPMN_TIMER_SET: out->kind = BPMN_FIRE_TIMER; return true;
    case BPMN_MESSAGE_OPENED: out->kind = BPMN_CORRELATE; return true;
    case BPMN_INCIDENT_RAISED: out->kind = BPMN_SKIP; return true;
    default: return false;
    }
}

static void run(struct arena *arena, const struct bpmn_model *model, const struct bpmn_process *process)
{
    struct host host = {.model = model};
    struct bpmn_env env = {.now_ms = 1767225600000,
                           .host = &host,
                           .next_key = next_key,
                           .find_process = find_process,
                           .steps_max = 100,
                           .feel = {.steps_max = 10000, .list_max = 500, .regex_ms = 5}};
    struct bpmn_effects effects;
    struct error err = ERROR_INIT;
    bpmn_effects_init(&effects, arena);
    struct bpmn_instance *instance = bpmn_instance_new(arena, process);
    struct bpmn_command command = {.kind = BPMN_START};
    if (bpmn_step(instance, &command, &env, &effects, &err) != OK)
        return;
    for (size_t i = 0; i < effects.list.count && i < 300; i++) {
        struct bpmn_effect effect = effects.list.items[i];
        if (!answer(&effect, &command) || bpmn_step(instance, &command, &env, &effects, &err) != OK)
            continue;
        struct str bytes = bpmn_instance_encode(arena, instance);
        CHECK(bpmn_instance_decode(arena, bytes, &env, &instance, &err) == OK);
        CHECK(str_equal(bytes, bpmn_instance_encode(arena, instance)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct error err = ERROR_INIT;
    struct bpmn_load_options options = {.max_bytes = 64 * 1024, .max_elements = 500};
    struct bpmn_problems problems = {0};
    const struct bpmn_model *model = NULL;
    arena_init(&arena);
    if (bpmn_model_load(&arena, (struct str){(const char *)data, size}, &options, &problems, &model, &err) == OK) {
        struct bpmn_check_options check = {.limits_wanted = true, .variables = {.known = true}};
        for (size_t i = 0; i < bpmn_model_count(model); i++) {
            bpmn_check(&arena, bpmn_model_at(model, i), &check, &problems);
            run(&arena, model, bpmn_model_at(model, i));
        }
        for (size_t i = 0; i < problems.list.count; i++)
            CHECK(problems.list.items[i].message.len > 0 && problems.list.items[i].code);
    } else {
        CHECK(err.kind != ERROR_NONE && err.message[0]);
    }
    arena_release(&arena);
    return 0;
}
