/* tongban: finds the subcommand's row and runs it, or becomes tongban-server for it. */
#include "cli/cli.h"
#include "cli/dmn.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char **arguments; /* of main */

static const struct {
    const char *name;
    cli_command *run; /* NULL: tongban-server's */
    const char *usage;
} commands[] = {
    {"serve", NULL, "serve --data DIR | --db postgres://...   serve the portal, the desk and the API"},
    {"feel", cli_feel, "feel EXPR [--context JSON]              evaluate an expression, print the JSON value"},
    {"dmn", cli_dmn,
     "dmn eval|check|tck|sweep|replay ...     evaluate or check decision models, ask everybody, decide again"},
    {"bpmn", cli_bpmn, "bpmn check FILE...                      problems of process models, with element ids"},
    {"cert", NULL, "cert verify FILE|- [--keys FILE]        is a certificate genuine and valid? Works offline"},
    {"pack", NULL, "pack check|test DIR...                  static checks; play the scenarios"},
    {"audit", NULL, "audit --data DIR                        recompute every hash chain and signature"},
    {"recount", NULL, "recount [--mend] --data DIR             count every case again and compare the indicators"},
    {"backup", NULL, "backup OUT --data DIR                   copy a data folder while it is served"},
    {"restore", NULL, "restore OUT --data DIR                  the way back"},
    {"user", NULL, "user add NAME --role ROLE --region CODE a staff account; the password comes from standard input"},
    {"setting", NULL, "setting NAME [VALUE]                    show or change a setting"},
    {"token", NULL, "token create --user NAME                a bearer token, shown once"},
};

static int usage(FILE *to)
{
    fprintf(to, "tongban %s: public services of a provincial health commission\n\n", TONGBAN_VERSION);
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        fprintf(to, "  tongban %s\n", commands[i].usage);
    fprintf(to, "\n  tongban COMMAND --help                          the options of a command\n");
    return to == stdout ? 0 : 2;
}

/* The program beside this one takes over this process. Does not return. */
static void become_server(void)
{
    static const char name[] = "tongban-server";
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - sizeof name);
    char *slash = len > 0 ? memrchr(path, '/', (size_t)len) : NULL;
    if (slash) {
        memcpy(slash + 1, name, sizeof name);
        execv(path, arguments);
        fprintf(stderr, "tongban: %s cannot be run: %s\n", path, strerror(errno));
    }
    exit(1);
}

int cli_dmn_stored(struct arena *arena, int argc, char **argv)
{
    (void)arena;
    (void)argc;
    (void)argv;
    become_server();
    return 1;
}

const struct calendar *cli_calendar(struct arena *arena, struct str text)
{
    (void)arena;
    if (str_find(text, STR("working day"), 0) >= 0)
        become_server();
    return NULL;
}

int main(int argc, char **argv)
{
    arguments = argv;
    if (argc < 2)
        return usage(stderr);
    if (argc > 2 && strcmp(argv[1], "help") == 0) {
        static char help[] = "--help";
        argv[1] = argv[2];
        argv[2] = help;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return usage(stdout);
    if (strcmp(argv[1], "--version") == 0)
        return printf("tongban %s\n", TONGBAN_VERSION) < 0;
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0) {
            if (!commands[i].run)
                become_server();
            return cli_run(commands[i].run, argc - 1, argv + 1);
        }
    fprintf(stderr, "tongban: no command '%s'; see tongban --help\n", argv[1]);
    return 2;
}
