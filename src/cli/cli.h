/* The subcommands of `tongban`: one row of the table in main.c and one file each. What needs no store, no network and
 * no drawing is in the program tongban itself, so that it starts in a few milliseconds; for the rest tongban becomes
 * tongban-server, which stands beside it (server.c). */
#pragma once

#include "clock/calendar.h"

/* argv[0] is the subcommand's name. Returns the process's exit code: 0 done, 1 refused or failed, 2 wrong usage. */
typedef int cli_command(int argc, char **argv);

/* Runs a command; with --help as its first or second word it only tells how it is used, on stdout, and succeeds. */
int cli_run(cli_command *run, int argc, char **argv);

cli_command cli_feel;
cli_command cli_dmn;
cli_command cli_bpmn;
cli_command cli_cert;
cli_command cli_pack_check; /* pack check DIR…: pack_check.c */
cli_command cli_pack_test;  /* pack test DIR… [--filter TEXT]: pack_test.c */
cli_command cli_serve;
cli_command cli_pack;
cli_command cli_audit;
cli_command cli_recount;
cli_command cli_backup;
cli_command cli_restore;
cli_command cli_user;
cli_command cli_setting, cli_token;

/* The working calendar of the packs, when text asks for working days; otherwise NULL. In tongban it hands over. */
const struct calendar *cli_calendar(struct arena *arena, struct str text);
