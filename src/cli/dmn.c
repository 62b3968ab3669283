/* tongban dmn eval FILE --decision NAME [--input JSON] [--explain]: evaluates a decision and prints its JSON value.
 * tongban dmn check FILE…: prints what is wrong with models. tongban dmn tck DIR…: runs conformance tests, see
 * dmn_tck.c. tongban dmn sweep and tongban dmn replay work on a store, in tongban-server: dmn_sweep.c, dmn_replay.c. */
#include "cli/dmn.h"

#include "cli/cli.h"
#include "feel/json.h"

#include <stdio.h>
#include <string.h>

/* ---- eval ---- */

struct eval_arguments {
    const char *file;
    const char *decision;
    const char *input;
    bool explain;
};

static int print_answer(struct arena *arena, const struct dmn_run *run, struct value v,
                        const struct eval_arguments *arguments)
{
    struct buf out;
    buf_init(&out, 0);
    if (arguments->explain) {
        struct context_builder builder;
        context_builder_init(&builder, arena);
        context_builder_put(&builder, STR("value"), v);
        context_builder_put(&builder, STR("explanation"), dmn_explanation(arena, run));
        json_write_pretty(&out, context_builder_done(&builder));
    } else {
        json_write(&out, v);
    }
    printf("%s\n", out.data);
    buf_release(&out);
    if (!value_is_null(v) || run->feel.note_count == 0)
        return 0;
    for (size_t i = 0; i < run->feel.note_count; i++)
        fprintf(stderr, "tongban dmn eval: %.*s\n", STR_ARGS(run->feel.notes[i].text));
    return 1;
}

static int evaluate(struct arena *arena, const struct eval_arguments *arguments)
{
    struct error err = ERROR_INIT;
    struct value input = value_null;
    const struct dmn_model *model = NULL;
    struct value v = value_null;
    struct str text = STR_NONE;
    if (file_read(arena, arguments->file, CLI_DMN_BYTES_MAX, &text, &err) != OK) {
        cli_dmn_report("eval", &err);
        return 1;
    }
    struct dmn_run run = {
        .feel = {.arena = arena, .now_ms = world_real.now_ms(NULL), .calendar = cli_calendar(arena, text)},
        .detail = arguments->explain ? DMN_EXPLAINED : DMN_ANSWER,
        .input_form = DMN_INPUTS_JSON,
    };
    if ((arguments->input && json_parse(arena, str_of(arguments->input), NULL, &input, &err) != OK) ||
        cli_dmn_load(arena, arguments->file, DMN_STRICT, &model, &err) != OK ||
        dmn_evaluate(model, str_of(arguments->decision), input, &run, &v, &err) != OK) {
        cli_dmn_report("eval", &err);
        return 1;
    }
    return print_answer(arena, &run, v, arguments);
}

static bool read_eval_arguments(int argc, char **argv, struct eval_arguments *out)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--decision") == 0 && i + 1 < argc)
            out->decision = argv[++i];
        else if (strcmp(argv[i], "--input") == 0 && i + 1 < argc)
            out->input = argv[++i];
        else if (strcmp(argv[i], "--explain") == 0)
            out->explain = true;
        else if (!out->file && argv[i][0] != '-')
            out->file = argv[i];
        else
            return false;
    }
    return out->file && out->decision;
}

static int command_eval(struct arena *arena, int argc, char **argv)
{
    struct eval_arguments arguments = {0};
    return read_eval_arguments(argc, argv, &arguments) ? evaluate(arena, &arguments) : 2;
}

/* ---- check ---- */

static bool print_problem(struct arena *arena, const struct dmn_problem *problem)
{
    printf("%.*s:%u: %s: [%s] %.*s: %.*s", STR_ARGS(problem->file), problem->line, dmn_severity_name(problem->severity),
           problem->code, STR_ARGS(problem->element), STR_ARGS(problem->message));
    if (!value_is_null(problem->example))
        printf(" Example: %.*s", STR_ARGS(json_text(arena, problem->example)));
    printf("\n");
    return problem->severity == DMN_ERROR;
}

static int command_check(struct arena *arena, int argc, char **argv)
{
    bool bad = false;
    for (int i = 1; i < argc; i++) {
        struct error err = ERROR_INIT;
        const struct dmn_model *model = NULL;
        if (cli_dmn_load(arena, argv[i], DMN_TOLERANT, &model, &err) != OK) {
            cli_dmn_report("check", &err);
            bad = true;
            continue;
        }
        const struct dmn_problem *problems = NULL;
        size_t count = dmn_check(arena, model, &problems);
        for (size_t p = 0; p < count; p++)
            bad |= print_problem(arena, &problems[p]);
        if (count == 0)
            printf("%s: no problems\n", argv[i]);
    }
    return argc < 2 ? 2 : bad;
}

/* ---- All ---- */

static const struct {
    const char *name;
    int (*run)(struct arena *arena, int argc, char **argv);
} commands[] = {
    {"eval", command_eval},
    {"check", command_check},
    {"tck", cli_dmn_tck},
    {"sweep", NULL}, /* tongban-server's */
    {"replay", NULL},
};

int cli_dmn(int argc, char **argv)
{
    int code = 2;
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; argc > 1 && i < COUNT_OF(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            code = commands[i].run ? commands[i].run(&arena, argc - 1, argv + 1)
                                   : cli_dmn_stored(&arena, argc - 1, argv + 1);
    arena_release(&arena);
    if (code == 2)
        fprintf(stderr,
                "usage: tongban dmn eval FILE --decision NAME [--input JSON] [--explain]\n"
                "       tongban dmn check FILE...\n"
                "       tongban dmn tck DIR...\n"
                "       tongban dmn sweep --data DIR --decision ID [--cohort FEEL] [--inputs JSON] [--compare FILE]\n"
                "                         [--list N] [--purpose TEXT] [--packs DIR] [--db postgres://...]\n"
                "       tongban dmn replay CASE --data DIR [--packs DIR] [--db postgres://...]\n");
    return code;
}
