/* tongban pack test DIR… [--filter TEXT]: plays the scenarios of packs on the real engine. Prints a line per scenario
 * that fails and what was expected and found, then 'N passed, N failed'. */
#include "cli/cli.h"

#include "base/base.h"
#include "pack/pack.h"
#include "service/scenario.h"

#include <stdio.h>
#include <string.h>

struct wanted {
    const char **folders;
    size_t count;
    const char *filter; /* NULL: all */
};

static int failed(const char *what, const struct error *err)
{
    fprintf(stderr, "tongban pack test: %s%s%s%s%s\n", what, what[0] ? ": " : "", err->message,
            err->field[0] ? " at " : "", err->field);
    return 1;
}

static void print_problems(const struct pack_problems *problems)
{
    for (size_t i = 0; i < problems->list.count; i++) {
        const struct pack_problem *p = &problems->list.items[i];
        if (!p->warning)
            fprintf(stderr, "%.*s: %.*s%s%.*s\n", STR_ARGS(p->file), STR_ARGS(p->place), p->place.len ? ": " : "",
                    STR_ARGS(p->message));
    }
}

/* The folders named, and base beside the first when it is not among them. */
static enum status load(struct arena *arena, const struct wanted *wanted, const struct pack_set **out,
                        struct error *err)
{
    VECTOR(const struct pack *) packs = {0};
    struct pack_problems problems = {.arena = arena};
    bool base = false;
    for (size_t i = 0; i < wanted->count; i++) {
        const struct pack *pack;
        if (pack_load(arena, wanted->folders[i], &problems, &pack, err) != OK) {
            print_problems(&problems);
            return error_prefix(err, "%s", wanted->folders[i]);
        }
        base = base || str_equal(pack_id(pack), STR("base"));
        VECTOR_PUSH(arena, &packs, pack);
    }
    struct str beside = arena_printf(arena, "%s/../base", wanted->folders[0]);
    const struct pack *pack = NULL;
    struct error ignored = ERROR_INIT;
    if (!base && pack_load(arena, beside.data, NULL, &pack, &ignored) == OK)
        VECTOR_PUSH(arena, &packs, pack);
    if (pack_set_new(arena, packs.items, packs.count, &problems, out, err) == OK)
        return OK;
    print_problems(&problems);
    return FAILED;
}

static bool is_wanted(const struct wanted *wanted, const struct pack_scenario *scenario)
{
    if (!wanted->filter)
        return true;
    return str_find(scenario->title, str_of(wanted->filter), 0) >= 0 ||
           str_find(scenario->file->path, str_of(wanted->filter), 0) >= 0;
}

static int run(struct arena *arena, const struct wanted *wanted)
{
    const struct pack_set *packs;
    struct error err = ERROR_INIT;
    if (load(arena, wanted, &packs, &err) != OK)
        return failed("", &err);
    size_t count, passed = 0, bad = 0;
    const struct pack_scenario *const *scenarios = pack_scenarios(packs, &count);
    for (size_t i = 0; i < count; i++) {
        if (!is_wanted(wanted, scenarios[i]))
            continue;
        struct arena scratch;
        struct scenario_result result;
        arena_init(&scratch);
        scenario_run(&scratch, packs, scenarios[i], &result);
        if (result.passed) {
            passed++;
        } else {
            bad++;
            printf("FAILED %.*s/%.*s: %.*s\n%.*s", STR_ARGS(pack_id(scenarios[i]->pack)),
                   STR_ARGS(scenarios[i]->file->path), STR_ARGS(scenarios[i]->title), STR_ARGS(result.report));
        }
        arena_release(&scratch);
    }
    printf("%zu passed, %zu failed\n", passed, bad);
    return bad ? 1 : 0;
}

int cli_pack_test(int argc, char **argv)
{
    struct wanted wanted = {0};
    struct arena arena;
    arena_init(&arena);
    wanted.folders = arena_array(&arena, const char *, (size_t)argc);
    bool usage = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--filter") == 0 && i + 1 < argc)
            wanted.filter = argv[++i];
        else if (argv[i][0] == '-')
            usage = true;
        else
            wanted.folders[wanted.count++] = argv[i];
    }
    int code = 2;
    if (usage || wanted.count == 0)
        fprintf(stderr, "usage: tongban pack test DIR… [--filter TEXT]\n");
    else
        code = run(&arena, &wanted);
    arena_release(&arena);
    return code;
}
