/* COMMAND --help: what a command says when it is used wrongly, on standard output and as a success. */
#include "cli/cli.h"

#include <string.h>
#include <unistd.h>

int cli_run(cli_command *run, int argc, char **argv)
{
    static char help[] = "--help";
    bool asked = (argc > 1 && strcmp(argv[1], help) == 0) || (argc > 2 && strcmp(argv[2], help) == 0);
    if (!asked)
        return run(argc, argv);
    char *words[] = {argv[0], help, NULL};
    if (dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
        return 1;
    return run(2, words) == 2 ? 0 : 1;
}
