/* tongban dmn sweep --data DIR --decision ID [--cohort FEEL] [--compare FILE] [--list N]: asks a decision of every
 * resident of a store, which may be served meanwhile. Progress goes to stderr, the result as JSON to stdout. */
#include "cli/dmn.h"
#include "cli/options.h"
#include "cli/store.h"
#include "feel/json.h"
#include "service/sweep.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define FILE_BYTES_MAX ((size_t)16 * 1024 * 1024)
#define PAGE 200
#define LOOK_MS 100

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

static int64_t number_of(struct value view, const char *name)
{
    int64_t n;
    return value_to_int64(value_get(view, str_of(name)), &n) ? n : 0;
}

static bool is_running(struct value view)
{
    return str_equal(value_text(value_get(view, STR("state"))), STR("running"));
}

static void show_progress(struct value view)
{
    int64_t done = number_of(view, "done"), total = number_of(view, "total"), ms = number_of(view, "took_ms");
    fprintf(stderr, "%s%" PRId64 " of %" PRId64 " looked at, %" PRId64 " asked, %.1f s%s",
            isatty(STDERR_FILENO) ? "\r" : "", done, total, number_of(view, "residents"), (double)ms / 1000,
            isatty(STDERR_FILENO) ? "  " : "\n");
}

/* Until it ends, or the user has enough. Progress is told every second, on a terminal every time. */
static enum status wait_for(const struct call *call, struct str id, struct value *view, struct error *err)
{
    int64_t told = 0;
    bool stopped = false;
    struct arena *kept = call->arena;
    struct arena scratch;
    struct call look = *call;
    enum status status = OK;
    arena_init(&scratch);
    look.arena = &scratch;
    for (;;) {
        arena_reset(&scratch);
        struct value now;
        status = service_sweep_get(&look, id, STR_NONE, 0, &now, err);
        if (status != OK || !is_running(now)) {
            if (status == OK)
                *view = value_copy(kept, now);
            break;
        }
        if (isatty(STDERR_FILENO) || number_of(now, "took_ms") - told >= 1000) {
            told = number_of(now, "took_ms");
            show_progress(now);
        }
        if (interrupted && !stopped) {
            stopped = true;
            status = service_sweep_stop(&look, id, err);
            if (status != OK)
                break;
        }
        nanosleep(&(struct timespec){0, LOOK_MS * 1000000L}, NULL);
    }
    arena_release(&scratch);
    return status;
}

/* All pages of the residents listed. */
static enum status list_all(const struct call *call, struct str id, struct value *view, struct error *err)
{
    struct list_builder items;
    struct str cursor = STR_NONE;
    list_builder_init(&items, call->arena);
    do {
        if (service_sweep_get(call, id, cursor, PAGE, view, err) != OK)
            return FAILED;
        struct value page = value_get(*view, STR("items"));
        for (size_t i = 0; i < value_count(page); i++)
            list_builder_push(&items, value_at(page, i));
        cursor = value_text(value_get(*view, STR("next")));
    } while (cursor.len);
    struct context_builder all;
    context_builder_init(&all, call->arena);
    for (size_t i = 0; i < value_count(*view); i++) {
        const struct member *member = &view->context->members[i];
        if (!str_equal(member->key, STR("next")) && !str_equal(member->key, STR("items")))
            context_builder_put(&all, member->key, member->value);
    }
    context_builder_put(&all, STR("items"), list_builder_done(&items));
    *view = context_builder_done(&all);
    return OK;
}

static int run(const struct call *call, const struct service_sweep_input *input)
{
    struct value view;
    struct error err = ERROR_INIT;
    struct sigaction quit = {.sa_handler = interrupt};
    log_set_level(LOG_WARNING);
    sigaction(SIGINT, &quit, NULL);
    if (service_sweep_start(call, input, &view, &err) != OK)
        return cli_failed("dmn sweep", &err);
    struct str id = value_text(value_get(view, STR("id")));
    if (wait_for(call, id, &view, &err) != OK || (input->list_max > 0 && list_all(call, id, &view, &err) != OK))
        return cli_failed("dmn sweep", &err);
    show_progress(view);
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\n");
    struct buf out;
    buf_init(&out, 0);
    json_write_pretty(&out, view);
    printf("%s\n", out.data);
    buf_release(&out);
    return str_equal(value_text(value_get(view, STR("state"))), STR("done")) ? 0 : 1;
}

int cli_dmn_sweep(struct arena *arena, int argc, char **argv)
{
    struct cli_option options[] = {CLI_STORE_OPTIONS,
                                   {"--decision", false, NULL}, {"--cohort", false, NULL}, {"--inputs", false, NULL},
                                   {"--compare", false, NULL},  {"--list", false, "0"},    {"--purpose", false, NULL}};
    size_t count;
    struct service_sweep_input input = {.inputs = value_null};
    if (!cli_options_read(argc, argv, options, COUNT_OF(options), NULL, 0, &count) || !options[3].value ||
        !str_to_int64(str_of(options[7].value), &input.list_max) || input.list_max < 0)
        return 2;
    struct error err = ERROR_INIT;
    input.decision = str_of(options[3].value);
    if (options[4].value)
        input.cohort = str_of(options[4].value);
    if ((options[5].value && json_parse(arena, str_of(options[5].value), NULL, &input.inputs, &err) != OK) ||
        (options[6].value && file_read(arena, options[6].value, FILE_BYTES_MAX, &input.compare, &err) != OK))
        return cli_failed("dmn sweep", &err);
    struct cli_store store;
    if (!cli_store_existing("dmn sweep", options, &store))
        return 1;
    struct call call = cli_call(&store);
    if (options[8].value)
        call.purpose = str_of(options[8].value);
    int code = run(&call, &input);
    cli_store_close(&store);
    return code;
}
