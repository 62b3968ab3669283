/* tongban feel EXPR [--context JSON]: evaluates one expression and prints its JSON value. */
#include "cli/cli.h"

#include "base/base.h"
#include "feel/feel.h"
#include "feel/json.h"

#include <stdio.h>
#include <string.h>

static int report(const struct error *err)
{
    fprintf(stderr, "tongban feel: %s%s%s\n", err->message, err->field[0] ? " at " : "", err->field);
    return 1;
}

static int evaluate(struct arena *arena, const char *text, const char *context_json)
{
    struct error err = ERROR_INIT;
    struct value context = value_null;
    if (context_json && json_parse(arena, str_of(context_json), NULL, &context, &err) != OK)
        return report(&err);

    size_t count = value_count(context);
    struct str *names = arena_array(arena, struct str, count);
    struct value *slots = arena_array(arena, struct value, count);
    for (size_t i = 0; context.kind == VALUE_CONTEXT && i < count; i++) {
        names[i] = context.context->members[i].key;
        slots[i] = context.context->members[i].value;
    }
    struct feel_options options = {.scope = {names, context.kind == VALUE_CONTEXT ? count : 0}};
    const struct feel_program *program = NULL;
    if (feel_compile(arena, str_of(text), &options, &program, &err) != OK)
        return report(&err);

    struct feel_run run = {
        .arena = arena, .now_ms = world_real.now_ms(NULL), .calendar = cli_calendar(arena, str_of(text))};
    struct feel_input input = {.slots = slots, .context = context};
    struct value result = feel_evaluate(program, &input, &run);
    struct buf out;
    buf_init(&out, 0);
    json_write(&out, result);
    printf("%s\n", out.data);
    buf_release(&out);
    if (!value_is_null(result) || run.note_count == 0)
        return 0;
    for (size_t i = 0; i < run.note_count; i++)
        fprintf(stderr, "tongban feel: %.*s\n", STR_ARGS(run.notes[i].text));
    return 1;
}

int cli_feel(int argc, char **argv)
{
    const char *text = NULL;
    const char *context = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--context") == 0 && i + 1 < argc)
            context = argv[++i];
        else if (!text && strcmp(argv[i], "--help") != 0)
            text = argv[i];
        else
            text = NULL, i = argc;
    }
    if (!text) {
        fprintf(stderr, "usage: tongban feel EXPR [--context JSON]\n");
        return 2;
    }
    struct arena arena;
    arena_init(&arena);
    int code = evaluate(&arena, text, context);
    arena_release(&arena);
    return code;
}
