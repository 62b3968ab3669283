#include "cli/store.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

enum status cli_packs_load(struct arena *arena, const char *folder, const struct pack_set **out, struct error *err)
{
    struct pack_problems problems = {.arena = arena};
    const char *from = folder ? folder : "packs";
    if (!folder && access(from, R_OK) != 0)
        from = SOURCE_ROOT "/packs";
    enum status loaded = pack_set_load(arena, from, &problems, out, err);
    for (size_t i = 0; i < problems.list.count; i++) {
        const struct pack_problem *problem = &problems.list.items[i];
        fprintf(stderr, "%s%.*s: %.*s: %.*s\n", problem->warning ? "warning: " : "", STR_ARGS(problem->file),
                STR_ARGS(problem->place), STR_ARGS(problem->message));
    }
    return loaded;
}

enum status cli_store_open(struct service_options *options, const char *packs, struct cli_store *out, struct error *err)
{
    struct cli_store store = {0};
    arena_init(&store.arena);
    if (cli_packs_load(&store.arena, packs, &store.packs, err) != OK) {
        arena_release(&store.arena);
        return FAILED;
    }
    options->packs = store.packs;
    if (service_open(options, &store.service, err) != OK) {
        arena_release(&store.arena);
        return FAILED;
    }
    *out = store;
    return OK;
}

bool cli_store_begin(const char *command, const struct cli_option *options, struct cli_store *out)
{
    struct error err = ERROR_INIT;
    struct service_options service = {.data = options[CLI_STORE_DATA].value, .db = options[CLI_STORE_DB].value};
    if (cli_store_open(&service, options[CLI_STORE_PACKS].value, out, &err) == OK)
        return true;
    cli_failed(command, &err);
    return false;
}

bool cli_store_existing(const char *command, const struct cli_option *options, struct cli_store *out)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/tongban.db", options[CLI_STORE_DATA].value);
    if (options[CLI_STORE_DB].value || access(path, F_OK) == 0)
        return cli_store_begin(command, options, out);
    struct error err = ERROR_INIT;
    error_set(&err, ERROR_NOT_FOUND, "store-not-found", "There is no store in the folder %s.",
              options[CLI_STORE_DATA].value);
    error_hint(&err, "Name the data folder of the server with --data.");
    cli_failed(command, &err);
    return false;
}

void cli_store_close(struct cli_store *self)
{
    service_close(self->service);
    arena_release(&self->arena);
}

struct call cli_call(struct cli_store *self)
{
    return (struct call){.service = self->service, .actor = &actor_system, .arena = &self->arena};
}
