/* FEEL: expressions and unary tests evaluated over and over with their inputs in slots, on one core. */
#include "feel/feel.h"

#include <stdio.h>

struct row {
    const char *name;
    enum feel_syntax syntax;
    const char *text;
};

static const struct row rows[] = {
    {"if and", FEEL_EXPRESSION, "if age >= 35 and systolic >= 140 then \"high\" else \"low\""},
    {"arithmetic", FEEL_EXPRESSION, "(age + systolic) / 2 - weeks * 1.5"},
    {"string equality", FEEL_EXPRESSION, "condition = \"none\""},
    {"in range", FEEL_EXPRESSION, "age in [35..40)"},
    {"concatenation", FEEL_EXPRESSION, "\"case \" + condition"},
    {"filter", FEEL_EXPRESSION, "count(list[item > 2])"},
    {"date", FEEL_EXPRESSION, "date(\"2026-07-01\") + duration(\"P3D\") > date(2026, 7, 2)"},
    {"test >=160", FEEL_UNARY_TESTS, ">=160"},
    {"test [35..40)", FEEL_UNARY_TESTS, "[35..40)"},
    {"test strings", FEEL_UNARY_TESTS, "\"a\",\"b\""},
    {"test not", FEEL_UNARY_TESTS, "not(\"none\")"},
    {"test -", FEEL_UNARY_TESTS, "-"},
};

#define ROUNDS 2000000

static void measure(const struct row *row, struct arena *programs, struct arena *scratch)
{
    static const char *const words[] = {"none", "twin complication", "a", "severe anaemia"};
    struct error err = ERROR_INIT;
    struct str names[] = {STR("age"), STR("systolic"), STR("weeks"), STR("condition"), STR("list")};
    struct feel_options options = {.syntax = row->syntax, .scope = {names, COUNT_OF(names)}};
    const struct feel_program *program = NULL;
    if (feel_compile(programs, str_of(row->text), &options, &program, &err) != OK) {
        fprintf(stderr, "%s: %s\n", row->text, err.message);
        return;
    }
    struct value items[] = {value_int(1), value_int(2), value_int(3), value_int(4)};
    struct value slots[5] = {[4] = value_list(programs, items, COUNT_OF(items))};
    size_t kinds = 0;
    int64_t start = monotonic_us();
    for (int i = 0; i < ROUNDS; i++) {
        slots[0] = value_int(20 + i % 30);
        slots[1] = value_int(90 + i % 90);
        slots[2] = value_int(i % 40);
        slots[3] = value_cstr(words[i % 4]);
        struct feel_run run = {.arena = scratch};
        struct feel_input input = {.slots = slots,
                                   .tested = row->text[0] == '"' || row->text[0] == 'n' ? &slots[3] : &slots[0]};
        kinds += feel_evaluate(program, &input, &run).kind;
        arena_reset(scratch);
    }
    int64_t taken = monotonic_us() - start;
    printf("feel %-16s %10.0f /s  %6.1f ns  (%zu)\n", row->name, ROUNDS * 1e6 / (double)taken,
           (double)taken * 1000 / ROUNDS, kinds / ROUNDS);
}

int main(void)
{
    struct arena programs;
    struct arena scratch;
    arena_init(&programs);
    arena_init(&scratch);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        measure(&rows[i], &programs, &scratch);
    arena_release(&scratch);
    arena_release(&programs);
    return 0;
}
