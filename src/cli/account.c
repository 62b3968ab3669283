/* tongban user add NAME --role ROLE --region CODE …  ·  tongban token create --user NAME */
#include "service/account.h"

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/store.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* A line from the terminal without echo, or from a pipe. */
static bool read_password(char *out, size_t size)
{
    struct termios old;
    bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &old) == 0;
    if (terminal) {
        struct termios quiet = old;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
        fputs("Password (at least 8 characters): ", stderr);
    }
    bool got = fgets(out, (int)size, stdin) != NULL;
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSANOW, &old);
        fputc('\n', stderr);
    }
    if (got)
        out[strcspn(out, "\r\n")] = 0;
    return got && out[0];
}

int cli_user(int argc, char **argv)
{
    struct cli_option options[] = {CLI_STORE_OPTIONS,
                                   {"--role", false, NULL},   {"--region", false, NULL},  {"--title", false, NULL},
                                   {"--unit", false, NULL},   {"--unit-name", false, NULL}, {"--uscc", false, NULL}};
    const char *words[2];
    size_t count = 0;
    if (!cli_options_read(argc, argv, options, COUNT_OF(options), words, 2, &count) || count != 2 ||
        strcmp(words[0], "add") != 0 || !options[3].value || !options[4].value) {
        fprintf(stderr,
                "usage: tongban user add NAME --role ROLE --region CODE [--title SHOWN] [--unit ID --unit-name TEXT "
                "--uscc CODE]\n"
                "       [--data DIR | --db postgres://…] [--packs DIR]; the password is read from standard input\n");
        return 2;
    }
    char password[256];
    if (!read_password(password, sizeof(password))) {
        fprintf(stderr, "tongban user: no password was given\n");
        return 1;
    }
    struct error err = ERROR_INIT;
    struct cli_store store;
    if (!cli_store_begin(argv[0], options, &store))
        return 1;
    struct call call = cli_call(&store);
    struct service_user user = {.name = str_of(words[1]),
                                .title = str_of(options[5].value ? options[5].value : words[1]),
                                .role = str_of(options[3].value),
                                .region = str_of(options[4].value),
                                .unit = str_of(options[6].value),
                                .unit_name = str_of(options[7].value),
                                .uscc = str_of(options[8].value),
                                .password = str_of(password)};
    int code = service_user_add(&call, &user, &err) == OK ? 0 : cli_failed(argv[0], &err);
    explicit_bzero(password, sizeof(password));
    cli_store_close(&store);
    return code;
}

int cli_token(int argc, char **argv)
{
    struct cli_option options[] = {CLI_STORE_OPTIONS,
                                   {"--user", false, NULL},   {"--days", false, "365"}};
    const char *words[1];
    size_t count = 0;
    int64_t days = 0;
    if (!cli_options_read(argc, argv, options, COUNT_OF(options), words, 1, &count) || count != 1 ||
        strcmp(words[0], "create") != 0 || !options[3].value || !str_to_int64(str_of(options[4].value), &days) ||
        days < 1 || days > 3650) {
        fprintf(
            stderr,
            "usage: tongban token create --user NAME [--days 1…3650] [--data DIR | --db postgres://…] [--packs DIR]\n");
        return 2;
    }
    struct error err = ERROR_INIT;
    struct cli_store store;
    if (!cli_store_begin(argv[0], options, &store))
        return 1;
    struct call call = cli_call(&store);
    struct str token;
    int code = 0;
    if (service_token_create(&call, str_of(options[3].value), days * 86400000, &token, &err) == OK)
        printf("%.*s\n", STR_ARGS(token));
    else
        code = cli_failed(argv[0], &err);
    cli_store_close(&store);
    return code;
}
