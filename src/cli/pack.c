/* tongban pack check|test: finds the half that was asked for. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

int cli_pack(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "check") == 0)
        return cli_pack_check(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "test") == 0)
        return cli_pack_test(argc - 1, argv + 1);
    fprintf(stderr, "usage: tongban pack check DIR… | pack test DIR… [--filter TEXT]\n");
    return 2;
}
