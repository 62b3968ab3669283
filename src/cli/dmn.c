/* tongban dmn eval FILE --decision NAME [--input JSON] [--explain]: evaluates a decision and prints its JSON value.
 * tongban dmn check FILE…: prints what is wrong with models. tongban dmn tck DIR…: runs conformance tests, see
 * dmn_tck.c. tongban dmn sweep and tongban dmn replay work on a store: dmn_sweep.c, dmn_replay.c. */
#include "cli/dmn.h"

#include "cli/cli.h"
#include "feel/json.h"

#include <libgen.h>
#include <stdio.h>
#include <string.h>

#define FILE_BYTES_MAX ((size_t)16 * 1024 * 1024)
#define FILES_MAX 64

void cli_dmn_report(const char *what, const struct error *err)
{
    fprintf(stderr, "tongban dmn%s%s: %s%s%s%s\n", what[0] ? " " : "", what, err->message, err->field[0] ? " (" : "",
            err->field, err->field[0] ? ")" : "");
    if (err->hint[0])
        fprintf(stderr, "  %s\n", err->hint);
}

/* ---- Files that a model imports stand beside it ---- */

struct beside {
    struct dmn_source source;
    struct dmn_peek peek;
    bool wanted;
};

static size_t read_beside(struct arena *arena, struct str folder, struct str main_name, struct beside *out)
{
    struct str *names = NULL;
    size_t count = 0;
    size_t kept = 0;
    struct error ignored = ERROR_INIT;
    if (folder_list(arena, folder.data, ".dmn", &names, &count, &ignored) != OK)
        return 0;
    for (size_t i = 0; i < count && kept < FILES_MAX; i++) {
        struct str path = arena_printf(arena, "%.*s/%.*s", STR_ARGS(folder), STR_ARGS(names[i]));
        struct beside *file = &out[kept];
        *file = (struct beside){.source = {.name = names[i]}};
        if (!str_equal(names[i], main_name) &&
            file_read(arena, path.data, FILE_BYTES_MAX, &file->source.text, &ignored) == OK &&
            dmn_peek(arena, &file->source, NULL, &file->peek, &ignored) == OK)
            kept++;
    }
    return kept;
}

/* Marks the files that peek imports, and what those import. */
static void want(struct beside *files, size_t count, const struct dmn_peek *peek)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t n = 0; n < peek->import_count; n++) {
            if (files[i].wanted || !str_equal(files[i].peek.namespace_, peek->imports[n]))
                continue;
            files[i].wanted = true;
            want(files, count, &files[i].peek);
        }
    }
}

enum status cli_dmn_load(struct arena *arena, const char *path, enum dmn_strictness strictness,
                         const struct dmn_model **out, struct error *err)
{
    struct str copy = arena_str(arena, str_of(path));
    struct str copy_too = arena_str(arena, str_of(path));
    struct str folder = str_of(dirname((char *)(uintptr_t)copy.data));
    struct str name = str_of(basename((char *)(uintptr_t)copy_too.data));
    struct dmn_source *sources = arena_array(arena, struct dmn_source, FILES_MAX + 1);
    size_t count = 1;
    sources[0].name = name;
    struct dmn_peek peek;
    if (file_read(arena, path, FILE_BYTES_MAX, &sources[0].text, err) != OK ||
        dmn_peek(arena, &sources[0], NULL, &peek, err) != OK)
        return FAILED;
    if (peek.import_count) {
        struct beside *files = arena_array(arena, struct beside, FILES_MAX);
        size_t file_count = read_beside(arena, folder, name, files);
        want(files, file_count, &peek);
        for (size_t i = 0; i < file_count; i++)
            if (files[i].wanted)
                sources[count++] = files[i].source;
    }
    struct dmn_options options = {.strictness = strictness};
    return dmn_load(arena, sources, count, &options, out, err);
}

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
    struct dmn_run run = {
        .feel = {.arena = arena, .now_ms = world_real.now_ms(NULL)},
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
    {"sweep", cli_dmn_sweep},
    {"replay", cli_dmn_replay},
};

int cli_dmn(int argc, char **argv)
{
    int code = 2;
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; argc > 1 && i < COUNT_OF(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            code = commands[i].run(&arena, argc - 1, argv + 1);
    arena_release(&arena);
    if (code == 2)
        fprintf(stderr, "usage: tongban dmn eval FILE --decision NAME [--input JSON] [--explain]\n"
                        "       tongban dmn check FILE...\n"
                        "       tongban dmn tck DIR...\n"
                        "       tongban dmn sweep --data DIR --decision ID [--cohort FEEL] [--inputs JSON] [--compare FILE]\n"
                        "                         [--list N] [--purpose TEXT] [--packs DIR] [--db postgres://...]\n"
                        "       tongban dmn replay CASE --data DIR [--packs DIR] [--db postgres://...]\n");
    return code;
}
