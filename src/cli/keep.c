/* tongban audit · recount · backup OUT · restore OUT: what keeps the data trustworthy and safe. */
#include "service/audit.h"
#include "service/indicator.h"

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/store.h"

#include <stdio.h>

int cli_audit(int argc, char **argv)
{
    struct cli_option options[] = {CLI_STORE_OPTIONS};
    size_t count = 0;
    if (!cli_options_read(argc, argv, options, COUNT_OF(options), NULL, 0, &count)) {
        fprintf(stderr, "usage: tongban audit [--data DIR | --db postgres://…] [--packs DIR]\n");
        return 2;
    }
    struct error err = ERROR_INIT;
    struct cli_store store;
    if (!cli_store_existing(argv[0], options, &store))
        return 1;
    struct call call = cli_call(&store);
    struct service_audit audit;
    int code = 1;
    if (service_audit(&call, &audit, &err) != OK) {
        cli_failed(argv[0], &err);
    } else {
        for (size_t i = 0; i < audit.problem_count; i++)
            printf("%.*s %.*s: %.*s\n", STR_ARGS(audit.problems[i].table), STR_ARGS(audit.problems[i].key),
                   STR_ARGS(audit.problems[i].message));
        printf("%" PRId64 " cases, %" PRId64 " events, %" PRId64 " certificates, %" PRId64 " records, %" PRId64
               " ledger entries, %" PRId64 " anchors: %zu problems\n",
               audit.cases, audit.events, audit.certificates, audit.records, audit.entries, audit.anchors,
               audit.problem_count);
        code = audit.problem_count > 0;
    }
    cli_store_close(&store);
    return code;
}

int cli_recount(int argc, char **argv)
{
    struct cli_option options[] = {
        CLI_STORE_OPTIONS, {"--mend", true, NULL}};
    size_t count = 0;
    if (!cli_options_read(argc, argv, options, COUNT_OF(options), NULL, 0, &count)) {
        fprintf(stderr, "usage: tongban recount [--mend] [--data DIR | --db postgres://…] [--packs DIR]\n");
        return 2;
    }
    struct error err = ERROR_INIT;
    struct cli_store store;
    if (!cli_store_existing(argv[0], options, &store))
        return 1;
    struct call call = cli_call(&store);
    struct service_recount found;
    int code = 1;
    bool mend = options[3].value != NULL;
    if (service_recount(&call, mend, &found, &err) != OK) {
        cli_failed(argv[0], &err);
    } else {
        printf("%" PRId64 " cases, %" PRId64 " sums: %" PRId64 " cases counted wrongly, %" PRId64 " wrong sums%s\n",
               found.cases, found.sums, found.cases_wrong, found.sums_wrong, mend ? "; mended" : "");
        code = !mend && (found.cases_wrong || found.sums_wrong);
    }
    cli_store_close(&store);
    return code;
}

int cli_backup(int argc, char **argv)
{
    struct cli_option options[] = {CLI_STORE_OPTIONS};
    const char *out = NULL;
    size_t count = 0;
    if (!cli_options_read(argc, argv, options, COUNT_OF(options), &out, 1, &count) || count != 1) {
        fprintf(stderr, "usage: tongban backup --data DIR OUT\n");
        return 2;
    }
    struct error err = ERROR_INIT;
    struct cli_store store;
    if (!cli_store_existing(argv[0], options, &store))
        return 1;
    int code = service_backup(store.service, out, &err) == OK ? 0 : cli_failed(argv[0], &err);
    cli_store_close(&store);
    return code;
}

int cli_restore(int argc, char **argv)
{
    struct cli_option options[] = {{"--data", false, NULL}};
    const char *from = NULL;
    size_t count = 0;
    if (!cli_options_read(argc, argv, options, COUNT_OF(options), &from, 1, &count) || count != 1 ||
        !options[0].value) {
        fprintf(stderr, "usage: tongban restore OUT --data DIR\n");
        return 2;
    }
    struct error err = ERROR_INIT;
    return service_restore(from, options[0].value, &err) == OK ? 0 : cli_failed(argv[0], &err);
}
