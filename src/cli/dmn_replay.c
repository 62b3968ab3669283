/* tongban dmn replay CASE --data DIR: makes every decision of a case again under the model of that day. A line each;
 * exit code 1 when one comes out otherwise than it was kept. */
#include "cli/dmn.h"
#include "cli/options.h"
#include "cli/store.h"
#include "feel/json.h"
#include "service/decision.h"

#include <stdio.h>

static void print_one(struct arena *arena, struct value one)
{
    bool same = value_is_true(value_get(one, STR("same")));
    struct value now;
    struct str name = value_text(value_get(one, STR("name")));
    printf("%s  %.*s  %.*s", same ? "same     " : "different",
           STR_ARGS(value_to_text(arena, value_get(one, STR("at")))),
           STR_ARGS(value_text(value_get(one, STR("decision")))));
    if (name.len)
        printf(" (%.*s)", STR_ARGS(name));
    printf("  model %.*s\n", STR_ARGS(str_part(value_text(value_get(one, STR("model"))), 0, 12)));
    if (same)
        return;
    printf("           kept: %.*s\n", STR_ARGS(json_canonical(arena, value_get(one, STR("kept")))));
    if (value_find(one, STR("now"), &now))
        printf("           now:  %.*s\n", STR_ARGS(json_canonical(arena, now)));
    else
        printf("           now:  %.*s\n", STR_ARGS(value_text(value_get(one, STR("problem")))));
}

static int run(const struct call *call, const char *no)
{
    struct value view;
    struct error err = ERROR_INIT;
    if (service_case_replay(call, str_of(no), &view, &err) != OK)
        return cli_failed("dmn replay", &err);
    struct value items = value_get(view, STR("items"));
    for (size_t i = 0; i < value_count(items); i++)
        print_one(call->arena, value_at(items, i));
    int64_t same = 0, different = 0;
    bool told = value_to_int64(value_get(view, STR("same")), &same) &&
                value_to_int64(value_get(view, STR("different")), &different);
    printf("%" PRId64 " same, %" PRId64 " different\n", same, different);
    return !told || different > 0;
}

int cli_dmn_replay(struct arena *arena, int argc, char **argv)
{
    struct cli_option options[] = {CLI_STORE_OPTIONS};
    const char *no = NULL;
    size_t count;
    (void)arena;
    if (!cli_options_read(argc, argv, options, COUNT_OF(options), &no, 1, &count) || count != 1)
        return 2;
    struct cli_store store;
    if (!cli_store_existing("dmn replay", options, &store))
        return 1;
    struct call call = cli_call(&store);
    int code = run(&call, no);
    cli_store_close(&store);
    return code;
}
