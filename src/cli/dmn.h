/* What the files of `tongban dmn` share. */
#pragma once

#include "dmn/dmn.h"

#define CLI_DMN_BYTES_MAX ((size_t)16 * 1024 * 1024)

/* Loads a model and the models beside it that it imports. */
MUST_USE enum status cli_dmn_load(struct arena *arena, const char *path, enum dmn_strictness strictness,
                                  const struct dmn_model **out, struct error *err);
void cli_dmn_report(const char *what, const struct error *err);
/* tongban dmn tck DIR… */
int cli_dmn_tck(struct arena *arena, int argc, char **argv);
/* The subcommands that need a store. In tongban it hands over to tongban-server. */
int cli_dmn_stored(struct arena *arena, int argc, char **argv);
/* tongban dmn sweep --data DIR --decision ID …: dmn_sweep.c */
int cli_dmn_sweep(struct arena *arena, int argc, char **argv);
/* tongban dmn replay CASE --data DIR: dmn_replay.c */
int cli_dmn_replay(struct arena *arena, int argc, char **argv);
