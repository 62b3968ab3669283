/* Programs as others see them: compiling, evaluating, looking at. */
#include "feel/evaluate.h"

#include <string.h>

enum status feel_compile(struct arena *arena, struct str text, const struct feel_options *options,
                         const struct feel_program **out, struct error *err)
{
    static const struct feel_options none;
    if (!options)
        options = &none;
    if (text.len > FEEL_TEXT_MAX)
        return error_set(err, ERROR_LIMIT, "feel-limit", "The expression is longer than 1 MiB.");
    if (!utf8_valid(text))
        return error_set(err, ERROR_INVALID, "feel-syntax", "The expression is not valid UTF-8.");
    struct feel_program *program = arena_new(arena, struct feel_program);
    program->text = arena_str(arena, text);
    program->syntax = options->syntax;
    program->slot_count = options->scope.count;
    program->external = options->external;
    struct error why = ERROR_INIT;
    if (skip_blank(program->text, 0) == text.len) {
        /* An empty cell of a table tests nothing; an empty expression is a mistake. */
        if (options->syntax == FEEL_EXPRESSION)
            return error_set(err, ERROR_INVALID, "feel-syntax", "The expression is empty.");
        program->text = STR("-");
    }
    if (parse_program(arena, program, options, &why) != OK) {
        *err = why;
        return FAILED;
    }
    if (options->syntax == FEEL_UNARY_TESTS)
        tests_shape(arena, program);
    *out = program;
    return OK;
}

size_t feel_free_names(const struct feel_program *program, const struct str **out)
{
    *out = program->free_names;
    return program->free_count;
}

void run_prepare(struct feel_run *run)
{
    if (run->steps_max == 0)
        run->steps_max = 10000000;
    if (run->depth_max == 0)
        run->depth_max = 256;
    if (run->list_max == 0)
        run->list_max = 1000000;
    if (run->regex_ms == 0)
        run->regex_ms = 50;
}

struct value feel_evaluate(const struct feel_program *program, const struct feel_input *input, struct feel_run *run)
{
    const struct node *root = program->root;
    if (root->kind == NODE_CONSTANT)
        return root->constant;
    run_prepare(run);
    const char *outer = run->stack;
    if (!outer)
        run->stack = __builtin_frame_address(0);
    struct frame frame = {.run = run, .program = program};
    if (input) {
        frame.slots = input->slots;
        frame.tested = input->tested;
        frame.context = input->context;
    }
    struct value result = root->eval(root, &frame);
    run->stack = outer;
    return run->stopped ? value_null : result;
}

struct value feel_evaluate_in(const struct feel_program *program, struct value context, struct feel_run *run)
{
    struct feel_input input = {.context = context};
    return feel_evaluate(program, &input, run);
}

struct feel_tests_shape feel_tests_shape(const struct feel_program *program)
{
    return program->shape;
}

bool feel_constant(const struct feel_program *program, struct value *out)
{
    if (program->root->kind != NODE_CONSTANT)
        return false;
    *out = program->root->constant;
    return true;
}
