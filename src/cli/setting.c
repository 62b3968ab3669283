/* tongban setting NAME [VALUE]: shows or changes a setting. */
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/store.h"

#include <stdio.h>

int cli_setting(int argc, char **argv)
{
    struct cli_option options[] = {CLI_STORE_OPTIONS};
    const char *words[2] = {0};
    size_t count = 0;
    if (!cli_options_read(argc, argv, options, COUNT_OF(options), words, 2, &count) || count < 1 || count > 2) {
        fprintf(stderr, "usage: tongban setting NAME [VALUE] [--data DIR | --db postgres://…] [--packs DIR]\n");
        return 2;
    }
    struct error err = ERROR_INIT;
    struct cli_store store;
    if (!cli_store_begin(argv[0], options, &store))
        return 1;
    struct call call = cli_call(&store);
    struct str value = STR_NONE;
    enum status status = count == 2 ? service_setting_put(&call, str_of(words[0]), str_of(words[1]), &err)
                                    : service_setting_get(&call, str_of(words[0]), &value, &err);
    int code = status == OK ? 0 : cli_failed(argv[0], &err);
    if (code == 0 && count == 1)
        printf("%.*s\n", STR_ARGS(value));
    cli_store_close(&store);
    return code;
}
