/* tongban-server: what tongban becomes for the subcommands that need a store, the network or drawing. */
#include "cli/cli.h"
#include "cli/dmn.h"
#include "cli/store.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    cli_command *run;
} commands[] = {
    {"serve", cli_serve},     {"cert", cli_cert},     {"pack", cli_pack},       {"audit", cli_audit},
    {"recount", cli_recount}, {"backup", cli_backup}, {"restore", cli_restore}, {"user", cli_user},
    {"setting", cli_setting}, {"token", cli_token},   {"feel", cli_feel},       {"dmn", cli_dmn},
};

int cli_dmn_stored(struct arena *arena, int argc, char **argv)
{
    bool sweep = strcmp(argv[0], "sweep") == 0;
    return sweep ? cli_dmn_sweep(arena, argc, argv) : cli_dmn_replay(arena, argc, argv);
}

const struct calendar *cli_calendar(struct arena *arena, struct str text)
{
    const struct pack_set *packs;
    struct error err = ERROR_INIT;
    if (str_find(text, STR("working day"), 0) < 0)
        return NULL;
    if (cli_packs_load(arena, NULL, &packs, &err) == OK)
        return pack_calendar(packs);
    fprintf(stderr, "tongban: the calendar cannot be read: %s\n", err.message);
    return NULL;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < COUNT_OF(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return cli_run(commands[i].run, argc - 1, argv + 1);
    fprintf(stderr, "tongban-server: use tongban\n");
    return 2;
}
