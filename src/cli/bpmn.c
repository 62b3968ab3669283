/* tongban bpmn check [--variables A,B] [--jobs …] [--forms …] [--decisions …] FILE…: problems of process models, one a
 * line. With an option, names that are not in its list are problems. Exit code 1 when there are errors. */
#include "cli/cli.h"

#include "base/base.h"
#include "bpmn/check.h"

#include <stdio.h>
#include <string.h>

#define FILE_MAX ((size_t)16 * 1024 * 1024)

static const char *severity_name(enum bpmn_severity severity)
{
    return severity == BPMN_ERROR ? "error" : severity == BPMN_WARNING ? "warning" : "hint";
}

/* Returns how many are errors. */
static size_t print_problems(const char *path, const struct bpmn_problems *problems)
{
    size_t errors = 0;
    for (size_t i = 0; i < problems->list.count; i++) {
        const struct bpmn_problem *problem = &problems->list.items[i];
        printf("%s:%d: %s: %.*s: %s: %.*s\n", path, problem->line, severity_name(problem->severity),
               STR_ARGS(problem->element_id), problem->code, STR_ARGS(problem->message));
        errors += problem->severity == BPMN_ERROR;
    }
    return errors;
}

/* False when the file cannot be read or has errors. */
static bool check_file(const char *path, const struct bpmn_check_options *options)
{
    struct arena arena;
    arena_init(&arena);
    struct error err = ERROR_INIT;
    struct bpmn_problems problems = {0};
    struct str text;
    const struct bpmn_model *model;
    size_t errors = 1;
    if (file_read(&arena, path, FILE_MAX, &text, &err) != OK) {
        fprintf(stderr, "tongban bpmn: %s\n", err.message);
    } else if (bpmn_model_load(&arena, text, NULL, &problems, &model, &err) != OK) {
        if (print_problems(path, &problems) == 0)
            printf("%s: error: %s: %s (%s)\n", path, err.type, err.message, err.field);
    } else {
        for (size_t i = 0; i < bpmn_model_count(model); i++)
            bpmn_check(&arena, bpmn_model_at(model, i), options, &problems);
        errors = print_problems(path, &problems);
        if (problems.list.count == 0)
            printf("%s: no problems\n", path);
    }
    arena_release(&arena);
    return errors == 0;
}

static struct bpmn_names split_names(struct arena *arena, const char *text)
{
    VECTOR(struct str) names = {0};
    struct str rest = str_of(text);
    while (rest.data) {
        struct str name = str_trim(str_cut(&rest, ','));
        if (name.len > 0)
            VECTOR_PUSH(arena, &names, name);
    }
    return (struct bpmn_names){true, names.count, names.items};
}

static int check(struct arena *arena, int argc, char **argv)
{
    struct bpmn_check_options options = {.limits_wanted = true};
    const struct {
        const char *name;
        struct bpmn_names *names;
    } lists[] = {
        {"--variables", &options.variables}, {"--jobs", &options.job_types},      {"--forms", &options.forms},
        {"--decisions", &options.decisions}, {"--processes", &options.processes},
    };
    int files = 0;
    bool good = true;
    for (int i = 2; i < argc; i++) {
        size_t list = 0;
        while (list < COUNT_OF(lists) && strcmp(argv[i], lists[list].name) != 0)
            list++;
        if (list < COUNT_OF(lists)) {
            if (++i == argc)
                return 2;
            *lists[list].names = split_names(arena, argv[i]);
            continue;
        }
        files++;
        good = check_file(argv[i], &options) && good;
    }
    return files == 0 ? 2 : good ? 0 : 1;
}

int cli_bpmn(int argc, char **argv)
{
    struct arena arena;
    arena_init(&arena);
    int code = argc >= 3 && strcmp(argv[1], "check") == 0 ? check(&arena, argc, argv) : 2;
    if (code == 2)
        fprintf(stderr, "usage: tongban bpmn check [--variables A,B…] [--jobs …] [--forms …] [--decisions …] "
                        "[--processes …] FILE…\n");
    arena_release(&arena);
    return code;
}
