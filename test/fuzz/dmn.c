/* DMN: any bytes are refused with an error or give a model that can be checked and asked, within limits. */
#include "dmn/dmn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(struct arena *arena, const struct dmn_model *model, const struct dmn_element *element)
{
    struct arena_mark mark = arena_mark(arena);
    struct dmn_run run = {
        .feel = {.arena = arena, .steps_max = 20000, .list_max = 1000, .depth_max = 64, .regex_ms = 5},
        .detail = DMN_EXPLAINED,
        .input_form = DMN_INPUTS_JSON,
    };
    struct context_builder inputs;
    struct value v = value_null;
    struct error err = ERROR_INIT;
    const struct dmn_element *const *needed = NULL;
    context_builder_init(&inputs, arena);
    size_t count = dmn_inputs_of(arena, model, element, &needed);
    for (size_t i = 0; i < count; i++)
        context_builder_put(&inputs, needed[i]->name, i % 2 ? value_int((int64_t)i) : value_cstr("2026-07-01"));
    if (dmn_evaluate(model, element->name, context_builder_done(&inputs), &run, &v, &err) == OK)
        CHECK(dmn_explanation(arena, &run).kind == VALUE_CONTEXT);
    else
        CHECK(err.message[0]);
    arena_rewind(arena, mark);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct error err = ERROR_INIT;
    struct dmn_source source = {STR("fuzz.dmn"), {(const char *)data, size}};
    struct dmn_options options = {.strictness = DMN_TOLERANT, .bytes_max = 64 * 1024};
    const struct dmn_model *model = NULL;
    arena_init(&arena);
    if (dmn_load(&arena, &source, 1, &options, &model, &err) == OK) {
        const struct dmn_problem *problems = NULL;
        const struct dmn_element *const *elements = NULL;
        size_t problem_count = dmn_check(&arena, model, &problems);
        for (size_t i = 0; i < problem_count; i++)
            CHECK(problems[i].message.len && problems[i].code);
        size_t count = dmn_elements(model, &elements);
        for (size_t i = 0; i < count && i < 50; i++)
            if (elements[i]->kind != DMN_INPUT)
                ask(&arena, model, elements[i]);
    } else {
        CHECK(err.kind != ERROR_NONE && err.message[0]);
    }
    arena_release(&arena);
    return 0;
}
