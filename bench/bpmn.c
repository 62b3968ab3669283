/* Speed of the pure process engine, in memory, one thread: start -> gateway on a FEEL condition -> service task -> end.
 * Measured in processor time, so that a busy machine does not make the engine look slow. */
#include "bpmn/bpmn.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char model_text[] =
    "<bpmn:definitions xmlns:bpmn='http://www.omg.org/spec/BPMN/20100524/MODEL' "
    "xmlns:zeebe='http://camunda.org/schema/zeebe/1.0'>"
    "<bpmn:process id='bench' isExecutable='true'>"
    "<bpmn:startEvent id='start'/><bpmn:sequenceFlow id='f1' sourceRef='start' targetRef='choose'/>"
    "<bpmn:exclusiveGateway id='choose' default='f3'/>"
    "<bpmn:sequenceFlow id='f2' sourceRef='choose' targetRef='work'>"
    "<bpmn:conditionExpression>=amount &gt; 100</bpmn:conditionExpression></bpmn:sequenceFlow>"
    "<bpmn:sequenceFlow id='f3' sourceRef='choose' targetRef='end'/>"
    "<bpmn:serviceTask id='work'><bpmn:extensionElements><zeebe:taskDefinition type='work'/></bpmn:extensionElements>"
    "</bpmn:serviceTask><bpmn:sequenceFlow id='f4' sourceRef='work' targetRef='end'/>"
    "<bpmn:endEvent id='end'/></bpmn:process></bpmn:definitions>";

static int64_t next_key(void *host)
{
    int64_t *last = host;
    return ++*last;
}

static int64_t find_job(const struct bpmn_effects *effects)
{
    for (size_t i = 0; i < effects->list.count; i++)
        if (effects->list.items[i].kind == BPMN_JOB_CREATED)
            return effects->list.items[i].key;
    return 0;
}

struct bench {
    struct arena arena;
    const struct bpmn_process *process;
    struct value variables;
    struct bpmn_env env;
    int64_t last_key;
    bool stored; /* encode and decode between the two steps, as a host that keeps instances as bytes does */
    size_t bytes;
};

static bool run_one(struct bench *self)
{
    struct error err = ERROR_INIT;
    struct bpmn_effects effects;
    bpmn_effects_init(&effects, &self->arena);
    struct bpmn_instance *instance = bpmn_instance_new(&self->arena, self->process);
    struct bpmn_command start = {.kind = BPMN_START, .variables = self->variables};
    if (bpmn_step(instance, &start, &self->env, &effects, &err) != OK)
        return false;
    if (self->stored) {
        struct str bytes = bpmn_instance_encode(&self->arena, instance);
        self->bytes = bytes.len;
        if (bpmn_instance_decode(&self->arena, bytes, &self->env, &instance, &err) != OK)
            return false;
    }
    struct bpmn_command complete = {.kind = BPMN_COMPLETE_JOB, .key = find_job(&effects)};
    if (bpmn_step(instance, &complete, &self->env, &effects, &err) != OK)
        return false;
    return bpmn_instance_state(instance) == BPMN_COMPLETED;
}

static const struct bpmn_process *find_process(void *host, const struct bpmn_process_wanted *wanted)
{
    (void)wanted;
    return ((struct bench *)((char *)host - offsetof(struct bench, last_key)))->process;
}

static double measure(struct bench *self, size_t count)
{
    clock_t begin = clock();
    for (size_t i = 0; i < count; i++) {
        struct arena_mark mark = arena_mark(&self->arena);
        if (!run_one(self)) {
            fprintf(stderr, "bench-bpmn: an instance did not complete\n");
            exit(1);
        }
        arena_rewind(&self->arena, mark);
    }
    return (double)count * CLOCKS_PER_SEC / (double)(clock() - begin);
}

int main(void)
{
    struct arena models;
    arena_init(&models);
    const struct bpmn_model *model;
    struct error err = ERROR_INIT;
    struct bpmn_load_options options = {.version = 1};
    if (bpmn_model_load(&models, str_of(model_text), &options, NULL, &model, &err) != OK) {
        fprintf(stderr, "bench-bpmn: %s\n", err.message);
        return 1;
    }
    struct bench bench = {.process = bpmn_model_at(model, 0)};
    arena_init(&bench.arena);
    struct context_builder variables;
    context_builder_init(&variables, &models);
    context_builder_put(&variables, STR("amount"), value_int(250));
    context_builder_put(&variables, STR("applicant"), value_string(STR("P-1")));
    bench.variables = context_builder_done(&variables);
    bench.env = (struct bpmn_env){
        .now_ms = 1767225600000, .host = &bench.last_key, .next_key = next_key, .find_process = find_process};
    (void)measure(&bench, 20000);
    double memory = measure(&bench, 500000);
    bench.stored = true;
    double stored = measure(&bench, 200000);
    printf("bpmn: start, FEEL gateway, service task, end, in memory | %.0f | instances/s | >= 200000\n", memory);
    printf("bpmn: the same, encoded and decoded between (%zu bytes) | %.0f | instances/s | -\n", bench.bytes, stored);
    arena_release(&bench.arena);
    arena_release(&models);
    return 0;
}
