/* Opening of a data folder by the commands that work on one. */
#pragma once

#include "base/base.h"
#include "cli/options.h"
#include "pack/pack.h"
#include "service/service.h"

struct cli_store {
    struct arena arena; /* packs and results; as long as the store is open */
    const struct pack_set *packs;
    struct service *service;
};

/* Loads the packs of a folder ("packs" beside the working folder, or where the program was built, if NULL) and prints
 * what is wrong with them. */
MUST_USE enum status cli_packs_load(struct arena *arena, const char *folder, const struct pack_set **out,
                                    struct error *err);
/* packs are those of options->packs, which this fills in. */
MUST_USE enum status cli_store_open(struct service_options *options, const char *packs, struct cli_store *out,
                                    struct error *err);
/* What every command on a store takes, first among its options. */
#define CLI_STORE_OPTIONS {"--data", false, "data"}, {"--db", false, NULL}, {"--packs", false, NULL}
enum { CLI_STORE_DATA, CLI_STORE_DB, CLI_STORE_PACKS, CLI_STORE_OPTION_COUNT };
/* Opens the store that the options name; on failure says why, as cli_failed does, and returns false. */
bool cli_store_begin(const char *command, const struct cli_option *options, struct cli_store *out);
/* The same for commands that look only: a folder without a store is refused, none is made in it. */
bool cli_store_existing(const char *command, const struct cli_option *options, struct cli_store *out);
void cli_store_close(struct cli_store *self);
/* A call as the system, in the store's arena. */
struct call cli_call(struct cli_store *self);
