/* tongban: the one program. Finds the subcommand's row and runs it. */
#include "cli/cli.h"

#include "base/base.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    cli_command *run;
    const char *usage;
} commands[] = {
    {"serve", cli_serve, "serve --data DIR | --db postgres://...   serve the portal, the desk and the API"},
    {"feel", cli_feel, "feel EXPR [--context JSON]              evaluate an expression, print the JSON value"},
    {"dmn", cli_dmn, "dmn eval|check|tck|sweep|replay ...     evaluate or check decision models, ask everybody, decide again"},
    {"bpmn", cli_bpmn, "bpmn check FILE...                      problems of process models, with element ids"},
    {"cert", cli_cert, "cert verify FILE|- [--keys FILE]        is a certificate genuine and valid? Works offline"},
    {"pack", cli_pack, "pack check|test DIR...                  static checks; play the scenarios"},
    {"audit", cli_audit, "audit --data DIR                        recompute every hash chain and signature"},
    {"backup", cli_backup, "backup OUT --data DIR                   copy a data folder while it is served"},
    {"restore", cli_restore, "restore OUT --data DIR                  the way back"},
    {"user", cli_user, "user add NAME --role ROLE --region CODE a staff account; the password comes from standard input"},
    {"setting", cli_setting, "setting NAME [VALUE]                    show or change a setting"},
    {"token", cli_token, "token create --user NAME                a bearer token, shown once"},
};

static int usage(FILE *to)
{
    fprintf(to, "tongban %s: public services of a provincial health commission\n\n", TONGBAN_VERSION);
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        fprintf(to, "  tongban %s\n", commands[i].usage);
    return to == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return usage(stderr);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return usage(stdout);
    if (strcmp(argv[1], "--version") == 0)
        return printf("tongban %s\n", TONGBAN_VERSION) < 0;
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "tongban: no command '%s'; see tongban --help\n", argv[1]);
    return 2;
}
