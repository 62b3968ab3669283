/* tongban pack check DIR…: static checks of packs. Prints "file: place: message" a problem, then 'N passed, N failed'
 * over files; warnings are marked and do not fail. */
#include "cli/cli.h"

#include "base/base.h"
#include "pack/pack.h"

#include <stdio.h>
#include <string.h>

static bool already_told(const struct pack_problems *problems, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (!problems->list.items[k].warning && str_equal(problems->list.items[k].file, problems->list.items[i].file))
            return true;
    return false;
}

/* Files with an error; all problems are printed. */
static size_t print(const struct pack_problems *problems)
{
    size_t failed = 0;
    for (size_t i = 0; i < problems->list.count; i++) {
        const struct pack_problem *p = &problems->list.items[i];
        printf("%.*s: %.*s%s%s%.*s\n", STR_ARGS(p->file), STR_ARGS(p->place), p->place.len > 0 ? ": " : "",
               p->warning ? "warning: " : "", STR_ARGS(p->message));
        failed += p->warning || already_told(problems, i) ? 0 : 1;
    }
    return failed;
}

/* The folders named, and base beside the first of them when it is not named: nearly every pack needs it. */
static size_t load_all(struct arena *arena, char **folders, int count, struct pack_problems *problems,
                       const struct pack ***out)
{
    VECTOR(const struct pack *) packs = {0};
    bool base = false;
    for (int i = 0; i < count; i++) {
        const struct pack *pack = NULL;
        struct error err = ERROR_INIT;
        size_t told = problems->list.count;
        if (pack_load(arena, folders[i], problems, &pack, &err) == OK) {
            VECTOR_PUSH(arena, &packs, pack);
            base |= str_equal(pack_id(pack), STR("base"));
        } else if (problems->list.count == told) {
            struct pack_problem one = {str_of(folders[i]), str_of(""), arena_printf(arena, "%s", err.message), false};
            VECTOR_PUSH(arena, &problems->list, one);
        }
    }
    struct str beside = arena_printf(arena, "%s/../base", count > 0 ? folders[0] : ".");
    const struct pack *pack = NULL;
    struct error ignored = ERROR_INIT;
    if (!base && pack_load(arena, beside.data, NULL, &pack, &ignored) == OK)
        VECTOR_PUSH(arena, &packs, pack);
    *out = packs.items;
    return packs.count;
}

static bool asked_for(const struct pack *pack, const struct pack *const *packs, size_t count, int folders)
{
    for (size_t i = 0; i < count && i < (size_t)folders; i++)
        if (packs[i] == pack)
            return true;
    return false;
}

static int check(struct arena *arena, char **folders, int count)
{
    struct pack_problems problems = {.arena = arena};
    const struct pack **packs = NULL;
    size_t loaded = load_all(arena, folders, count, &problems, &packs);
    const struct pack_set *set = NULL;
    struct error err = ERROR_INIT;
    size_t passed = 0;
    if (problems.list.count == 0 && pack_set_new(arena, packs, loaded, &problems, &set, &err) == OK) {
        for (size_t i = 0; i < loaded; i++) {
            size_t good = 0;
            if (!asked_for(packs[i], packs, loaded, count))
                continue;
            pack_check(set, packs[i], &problems, &good);
            passed += good;
        }
    }
    size_t failed = print(&problems);
    printf("%zu passed, %zu failed\n", passed, failed);
    return failed > 0 ? 1 : 0;
}

int cli_pack_check(int argc, char **argv)
{
    if (argc < 2 || argv[1][0] == '-') {
        fprintf(stderr, "usage: tongban pack check DIR…\n");
        return 2;
    }
    struct arena arena;
    arena_init(&arena);
    int code = check(&arena, argv + 1, argc - 1);
    arena_release(&arena);
    return code;
}
