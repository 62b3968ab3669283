/* Golden lines of FEEL: "context or - | expression | expected". Expected is an expression of its own, or "null ~ part
 * of a note", or "error ~ part of the message". The context's members are declared names; its member ? is what unary
 * tests test. */
#pragma once

#include "golden.h"

#include "clock/calendar.h"
#include "feel/feel.h"
#include "feel/json.h"

#include <string.h>

static uint64_t fixed_chance(void *state)
{
    (void)state;
    return UINT64_C(0x9E3779B97F4A7C15);
}

static int32_t day_of(int year, int month, int day)
{
    return (int32_t)days_from_civil(year, month, day);
}

/* 2026 with its week of national holidays. */
static const struct calendar *calendar_of_2026(struct arena *arena)
{
    int32_t *off = arena_array(arena, int32_t, 7);
    for (int i = 0; i < 7; i++)
        off[i] = day_of(2026, 10, 1) + i;
    struct calendar_year *year = arena_new(arena, struct calendar_year);
    *year = (struct calendar_year){.year = 2026, .off = off, .off_count = 7};
    return calendar_new(arena, year, 1);
}

static struct feel_run run_in(struct arena *arena)
{
    return (struct feel_run){
        .arena = arena, .now_ms = INT64_C(1790000000000), .calendar = calendar_of_2026(arena), .random = fixed_chance};
}

/* One evaluation of one text, with what it left behind. */
struct outcome {
    bool compiled;
    struct value value;
    struct feel_run run;
    struct error err;
};

static struct outcome evaluate(struct arena *arena, enum feel_syntax syntax, struct value context, struct str text)
{
    struct outcome out = {.run = run_in(arena)};
    size_t count = value_count(context);
    struct str *names = arena_array(arena, struct str, count);
    struct value *slots = arena_array(arena, struct value, count);
    const struct value *tested = NULL;
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        const struct member *member = &context.context->members[i];
        if (str_equal(member->key, STR("?"))) {
            tested = &member->value;
            continue;
        }
        names[n] = member->key;
        slots[n++] = member->value;
    }
    struct feel_options options = {.syntax = syntax, .scope = {names, n}};
    const struct feel_program *program = NULL;
    out.compiled = feel_compile(arena, text, &options, &program, &out.err) == OK;
    if (!out.compiled)
        return out;
    struct feel_input input = {.slots = slots, .context = context, .tested = tested};
    out.value = feel_evaluate(program, &input, &out.run);
    return out;
}

static void complain(const struct golden_line *line, const struct outcome *out)
{
    golden_failures++;
    struct str found = out->compiled ? value_to_text(line->arena, out->value) : str_of(out->err.message);
    if (out->compiled && value_is_null(out->value))
        found = STR("null");
    print_error("%s:%d: %.*s: expected %.*s, found %.*s\n", line->file, line->number, STR_ARGS(line->fields[1]),
                STR_ARGS(line->fields[2]), STR_ARGS(found));
    for (size_t i = 0; i < out->run.note_count; i++)
        print_error("    note: %.*s\n", STR_ARGS(out->run.notes[i].text));
}

static bool note_says(const struct outcome *out, struct str part)
{
    for (size_t i = 0; i < out->run.note_count; i++)
        if (str_find(out->run.notes[i].text, part, 0) >= 0)
            return true;
    return false;
}

static bool as_expected(const struct golden_line *line, const struct outcome *out)
{
    struct str expected = line->fields[2];
    if (str_starts(expected, STR("error ~")))
        return !out->compiled &&
               str_find(str_of(out->err.message), str_trim(str_part(expected, 7, expected.len)), 0) >= 0;
    if (!out->compiled)
        return false;
    if (str_starts(expected, STR("null ~")))
        return value_is_null(out->value) && note_says(out, str_trim(str_part(expected, 6, expected.len)));
    struct outcome wanted = evaluate(line->arena, FEEL_EXPRESSION, value_null, expected);
    return wanted.compiled && value_identical(wanted.value, out->value);
}

static void check_line(const struct golden_line *line, enum feel_syntax syntax)
{
    struct error err = ERROR_INIT;
    struct value context = value_null;
    if (line->count != 3)
        fail_msg("%s:%d: three fields are expected", line->file, line->number);
    if (!str_equal(line->fields[0], STR("-")) && json_parse(line->arena, line->fields[0], NULL, &context, &err) != OK)
        fail_msg("%s:%d: %s", line->file, line->number, err.message);
    struct outcome out = evaluate(line->arena, syntax, context, line->fields[1]);
    if (!as_expected(line, &out))
        complain(line, &out);
}

static inline void check_expression(const struct golden_line *line)
{
    check_line(line, FEEL_EXPRESSION);
}

static inline void check_tests(const struct golden_line *line)
{
    check_line(line, FEEL_UNARY_TESTS);
}
