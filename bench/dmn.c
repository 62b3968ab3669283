/* How many times a second one core evaluates a compiled decision table, values in memory. Each answer is compared with
 * the expected one. Prints a line per table: name, rules, evaluations a second. Usage: bench-dmn [SECONDS] */
#include "dmn/dmn.h"
#include "feel/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FILE_MAX ((size_t)32 * 1024 * 1024)

struct cases {
    size_t count, width;
    struct value *inputs;   /* width values a case */
    struct value *contexts; /* the same by name */
    struct value *expected;
};

static enum status read_json(struct arena *arena, const char *path, struct value *out, struct error *err)
{
    struct str text = STR_NONE;
    if (file_read(arena, path, FILE_MAX, &text, err) != OK)
        return FAILED;
    return json_parse(arena, text, NULL, out, err);
}

/* Expected answers come as [a, b], the outputs in order, or stand in the input itself by name. */
static bool is_expected(struct value answer, struct value expected)
{
    for (size_t i = 0; i < value_count(answer); i++) {
        const struct member *member = &answer.context->members[i];
        struct value wanted = expected.kind == VALUE_LIST ? value_at(expected, i) : value_get(expected, member->key);
        if (!value_is_true(value_equal(member->value, wanted)))
            return false;
    }
    return answer.kind == VALUE_CONTEXT;
}

static void fill_cases(struct arena *arena, const struct dmn_plan *plan, struct value inputs, struct value expected,
                       struct cases *out)
{
    const struct str *names = NULL;
    out->width = dmn_plan_inputs(plan, &names);
    out->count = value_count(inputs);
    out->inputs = arena_array(arena, struct value, out->count * out->width);
    out->contexts = arena_array(arena, struct value, out->count);
    out->expected = arena_array(arena, struct value, out->count);
    for (size_t i = 0; i < out->count; i++) {
        struct value input = value_at(inputs, i);
        out->contexts[i] = input;
        for (size_t n = 0; n < out->width; n++)
            out->inputs[i * out->width + n] = value_get(input, names[n]);
        out->expected[i] = value_is_null(expected) ? input : value_at(expected, i);
    }
}

struct subject {
    const char *name, *model, *decision, *inputs, *expected;
};

enum way { BY_POSITION /* dmn_plan_evaluate */, BY_NAME /* dmn_evaluate */ };

struct asked {
    const struct dmn_model *model;
    const struct dmn_plan *plan;
    struct str decision;
    enum way way;
};

static struct value ask(const struct asked *asked, const struct cases *cases, size_t i, struct dmn_run *run)
{
    struct value v = value_null;
    struct error err = ERROR_INIT;
    if (asked->way == BY_POSITION)
        return dmn_plan_evaluate(asked->plan, &cases->inputs[i * cases->width], run);
    return dmn_evaluate(asked->model, asked->decision, cases->contexts[i], run, &v, &err) == OK ? v : value_null;
}

/* Evaluates all cases again and again for about the time given; -1 when an answer is wrong. */
static double measure(const struct asked *asked, const struct cases *cases, double seconds)
{
    struct arena scratch;
    arena_init(&scratch);
    struct dmn_run run = {.feel = {.arena = &scratch}};
    clock_t start = clock();
    clock_t end = start + (clock_t)(seconds * CLOCKS_PER_SEC);
    uint64_t done = 0;
    while (clock() < end) {
        for (size_t i = 0; i < cases->count; i++) {
            arena_reset(&scratch);
            struct value v = ask(asked, cases, i, &run);
            if (done == 0 && !is_expected(v, cases->expected[i])) {
                fprintf(stderr, "case %zu: %.*s\n", i, STR_ARGS(json_text(&scratch, v)));
                arena_release(&scratch);
                return -1;
            }
        }
        done += cases->count;
    }
    double rate = (double)done / ((double)(clock() - start) / CLOCKS_PER_SEC);
    arena_release(&scratch);
    return rate;
}

static int compare(struct arena *arena, const struct subject *subject, double seconds, struct error *err)
{
    struct asked asked = {.decision = str_of(subject->decision)};
    struct dmn_source source = {.name = str_of(subject->model)};
    struct value inputs = value_null;
    struct value expected = value_null;
    struct cases cases;
    if (file_read(arena, subject->model, FILE_MAX, &source.text, err) != OK ||
        read_json(arena, subject->inputs, &inputs, err) != OK ||
        (subject->expected && read_json(arena, subject->expected, &expected, err) != OK) ||
        dmn_load(arena, &source, 1, NULL, &asked.model, err) != OK ||
        dmn_plan_new(arena, asked.model, asked.decision, &asked.plan, err) != OK)
        return 1;
    fill_cases(arena, asked.plan, inputs, expected, &cases);
    for (asked.way = BY_POSITION; asked.way <= BY_NAME; asked.way++) {
        double rate = measure(&asked, &cases, seconds);
        if (rate < 0)
            return error_set(err, ERROR_INTERNAL, "wrong-answer", "An answer differs from the expected one.") != OK;
        printf("%-30s %-12s %12.0f evaluations/s\n", subject->name,
               asked.way == BY_POSITION ? "by position" : "by name", rate);
    }
    return 0;
}

static int run(const struct subject *subject, double seconds, bool may_be_absent)
{
    struct arena arena;
    struct error err = ERROR_INIT;
    FILE *file = fopen(subject->model, "r");
    if (file)
        fclose(file);
    if (!file && may_be_absent)
        return printf("%-30s skipped: there is no %s\n", subject->name, subject->model) < 0;
    arena_init(&arena);
    int code = compare(&arena, subject, seconds, &err);
    if (code)
        fprintf(stderr, "%s: %s\n", subject->name, err.message);
    arena_release(&arena);
    return code;
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 2;
    const char *folder = getenv("SHARED");
    struct arena arena;
    arena_init(&arena);
    struct str shared = arena_printf(&arena, "%s/bench", folder ? folder : "../shared");
    struct subject own = {"12 rules, 4 inputs", "test/golden/dmn/fever.dmn", "visit", "test/golden/dmn/fever.json",
                          NULL};
    struct subject other = {
        .name = "12 rules, 4 inputs (shared)",
        .model = arena_printf(&arena, "%.*s/risk.dmn", STR_ARGS(shared)).data,
        .decision = "risk",
        .inputs = arena_printf(&arena, "%.*s/inputs.json", STR_ARGS(shared)).data,
        .expected = arena_printf(&arena, "%.*s/expected.json", STR_ARGS(shared)).data,
    };
    int code = run(&own, seconds, false) | run(&other, seconds, true);
    arena_release(&arena);
    return code;
}
