/* tongban serve: opens the store, answers HTTP, runs what is due in the background, stops gracefully.
 *
 *     packs -> service -> (demo province) -> HTTP server + background thread -> SIGTERM/SIGINT -> finish, close */
#include "api/api.h"
#include "camunda/camunda.h"
#include "cli/cli.h"
#include "cli/demo.h"
#include "cli/options.h"
#include "cli/store.h"
#include "db/db.h"
#include "gate/gate.h"
#include "http/http.h"
#include "portal/portal.h"
#include "service/alert.h"
#include "service/audit.h"
#include "service/bulk.h"
#include "service/certificate.h"
#include "service/exchange.h"
#include "service/indicator.h"
#include "service/message.h"
#include "service/model.h"
#include "service/operate.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BATCH 200
#define BATCH_WANTED 20    /* while others want to write */
#define CHANGES_BATCH 1000 /* they give way by themselves */
#define STEP_MS 200
#define UPKEEP_MS 60000
#define MODELS_MS 5000
#define CERTIFICATES_MS 5000
#define UNIT_ALERTS_MS 2000
#define GRACE_MS 20000
#define OUTGOING_NICE 5
#define COUNTING_NICE 10

/* ---- The background threads: timers, exchanges, upkeep; counting. Everything they take is due and idempotent. ---- */

struct background {
    struct service *service;
    pthread_t thread;
    pthread_mutex_t lock; /* guards stop */
    pthread_cond_t wake;
    bool stop;
};

/* Sleeps for a step; true when it is time to stop. */
static bool background_rest(struct background *self)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += (long)STEP_MS * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&self->lock);
    if (!self->stop)
        pthread_cond_timedwait(&self->wake, &self->lock, &until);
    bool stop = self->stop;
    pthread_mutex_unlock(&self->lock);
    return stop;
}

typedef enum status background_step(struct service *self, int64_t now_ms, size_t batch, size_t *done,
                                    struct error *err);

static bool background_stopping(struct background *self)
{
    pthread_mutex_lock(&self->lock);
    bool stop = self->stop;
    pthread_mutex_unlock(&self->lock);
    return stop;
}

/* Runs a step until nothing is due, at most a hundred batches at a time so that the others get their turn. most: items
 * in a batch; 0: as many as others leave room for. */
static void background_drain_by(struct background *self, const char *what, background_step *step, size_t most)
{
    for (int i = 0; i < 100 && !background_stopping(self); i++) {
        size_t done = 0;
        struct error err = ERROR_INIT;
        size_t batch = most ? most : db_wanted(service_db(self->service)) ? BATCH_WANTED : BATCH;
        if (step(self->service, service_now(self->service), batch, &done, &err) != OK) {
            log_event(LOG_ERROR, "background.failed", "step=%s problem=%s", what, err.type);
            return;
        }
        if (done == 0)
            return;
    }
}

static void background_drain(struct background *self, const char *what, background_step *step)
{
    background_drain_by(self, what, step, 0);
}

static void *background_run(void *argument)
{
    struct background *self = argument;
    int64_t upkeep_at = 0, models_at = 0, certificates_at = 0;
    do {
        background_drain(self, "timers", service_timers_run);
        background_drain(self, "starts", service_starts_run);
        background_drain_by(self, "changes", service_changes_run, CHANGES_BATCH);
        int64_t now = service_now(self->service);
        if (now >= certificates_at) {
            background_drain(self, "certificates", service_certificates_run);
            certificates_at = now + CERTIFICATES_MS;
        }
        camunda_tick(now);
        if (now >= models_at) {
            struct error err = ERROR_INIT;
            if (service_models_look(self->service, &err) != OK)
                log_event(LOG_ERROR, "background.failed", "step=models problem=%s", err.type);
            models_at = now + MODELS_MS;
        }
        if (now >= upkeep_at) {
            struct error err = ERROR_INIT;
            if (service_upkeep_run(self->service, now, &err) != OK)
                log_event(LOG_ERROR, "background.failed", "step=upkeep problem=%s", err.type);
            upkeep_at = now + UPKEEP_MS;
        }
    } while (!background_rest(self));
    return NULL;
}

/* The thread that calls it comes behind people, in computing and in writing. */
static void give_way(int nice)
{
    setpriority(PRIO_PROCESS, (id_t)gettid(), nice);
    db_give_way();
}

/* What leaves the house. An agency that hangs holds up nothing of ours, and people here come first. */
static void *outgoing_run(void *argument)
{
    struct background *self = argument;
    give_way(OUTGOING_NICE);
    do {
        background_drain(self, "outbox", service_outbox_run);
        background_drain(self, "messages", service_messages_run);
    } while (!background_rest(self));
    return NULL;
}

/* Figures may be some seconds late; people may not. */
static void *counting_run(void *argument)
{
    struct background *self = argument;
    int64_t units_at = 0;
    give_way(COUNTING_NICE);
    do {
        background_drain(self, "indicators", service_indicators_run);
        background_drain(self, "alerts", service_alerts_run);
        if (service_now(self->service) >= units_at) {
            background_drain(self, "unit-alerts", service_unit_alerts_run);
            units_at = service_now(self->service) + UNIT_ALERTS_MS;
        }
    } while (!background_rest(self));
    return NULL;
}

/* Tables of thousands of applications wait behind people who apply for themselves. */
static void *bulk_run(void *argument)
{
    struct background *self = argument;
    give_way(COUNTING_NICE);
    do {
        background_drain(self, "bulk", service_bulks_run);
    } while (!background_rest(self));
    return NULL;
}

/* A full audit may take long: it holds up nothing else. */
static void *audit_run(void *argument)
{
    struct background *self = argument;
    give_way(COUNTING_NICE);
    do {
        background_drain(self, "audit", service_audits_run);
    } while (!background_rest(self));
    return NULL;
}

static void background_start(struct background *self, struct service *service, const char *name, void *run(void *))
{
    *self = (struct background){.service = service};
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->wake, NULL);
    CHECK(pthread_create(&self->thread, NULL, run, self) == 0);
    pthread_setname_np(self->thread, name);
}

static void background_stop(struct background *self)
{
    pthread_mutex_lock(&self->lock);
    self->stop = true;
    pthread_cond_signal(&self->wake);
    pthread_mutex_unlock(&self->lock);
    pthread_join(self->thread, NULL);
    pthread_cond_destroy(&self->wake);
    pthread_mutex_destroy(&self->lock);
}

/* ---- The server ---- */

static bool error_page(struct http_request *request, const struct error *err)
{
    gate_stranger(request);
    return api_error_page(request, err) || camunda_error_page(request, err) || portal_error_page(request, err);
}

enum { DATA, DB, LISTEN, PACKS, WEB, DEMO, AGENCIES, URL, RATE, ALGORITHM, LOG, TLS_CERT, TLS_KEY, ATTACHED };

static enum status start_http(struct cli_store *store, const struct cli_option *given, const char *web,
                              struct http_server **out, struct error *err)
{
    static struct http_routes tables[3];
    static struct http_mount mounts[3];
    camunda_listen(store->service);
    if (portal_load(&store->arena, web, err) != OK)
        return FAILED;
    tables[0] = api_routes();
    tables[1] = camunda_routes();
    tables[2] = portal_routes();
    mounts[0] = (struct http_mount){"/assets/portal/", arena_printf(&store->arena, "%s/dist/portal", web).data, NULL};
    mounts[1] = (struct http_mount){"/assets/desk/", arena_printf(&store->arena, "%s/dist/desk", web).data, NULL};
    mounts[2] = (struct http_mount){"/desk/", arena_printf(&store->arena, "%s/dist/desk", web).data, "index.html"};
    int64_t per_second = 0;
    if (!str_to_int64(str_of(given[RATE].value), &per_second) || per_second < 0)
        return error_set(err, ERROR_INVALID, "bad-option",
                         "--rate is the number of requests a second from one address");
    struct http_options options = {.listen = given[LISTEN].value,
                                   .tls_cert = given[TLS_CERT].value,
                                   .tls_key = given[TLS_KEY].value,
                                   .tables = tables,
                                   .tables_count = 3,
                                   .mounts = mounts,
                                   .mounts_count = 3,
                                   .context = store->service,
                                   .before = gate_before,
                                   .error_page = error_page,
                                   .session_cookie = GATE_COOKIE,
                                   .address_rate = {(double)per_second, (double)per_second * 4},
                                   .access_log = true};
    return http_server_start(&options, out, err);
}

static int run(struct cli_store *store, struct http_server *server)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    int got = 0;
    static const struct {
        const char *name;
        void *(*run)(void *);
    } works[] = {{"background", background_run},
                 {"outgoing", outgoing_run},
                 {"counting", counting_run},
                 {"bulk", bulk_run},
                 {"audit", audit_run}};
    struct background threads[COUNT_OF(works)];
    for (size_t i = 0; i < COUNT_OF(works); i++)
        background_start(&threads[i], store->service, works[i].name, works[i].run);
    sigwait(&signals, &got);
    log_event(LOG_INFO, "serve.stopping", "signal=%d", got);
    struct error err = ERROR_INIT;
    api_set_server(NULL);
    camunda_set_server(NULL);
    enum status stopped = http_server_stop(server, GRACE_MS, &err);
    for (size_t i = COUNT_OF(works); i > 0; i--)
        background_stop(&threads[i - 1]);
    if (stopped != OK) {
        log_event(LOG_ERROR, "serve.stopped", "problem=%s", err.type);
        _exit(1); /* a handler still runs: what it uses must not be freed under it */
    }
    log_event(LOG_INFO, "serve.stopped", "clean=yes");
    return 0;
}

static int usage(void)
{
    fprintf(stderr, "usage: tongban serve [--data DIR] [--db postgres://…] [--listen ADDR:PORT] [--packs DIR] "
                    "[--web DIR] [--demo]\n"
                    "       [--agencies URL] [--public-url URL] [--rate N] [--algorithm SM2|ES256] [--log "
                    "debug|info|warning|error]\n"
                    "       [--tls-cert FILE.pem --tls-key FILE.pem] [--attached]\n");
    return 2;
}

int cli_serve(int argc, char **argv)
{
    struct cli_option options[] = {[DATA] = {"--data", false, "data"},
                                   [DB] = {"--db", false, NULL},
                                   [LISTEN] = {"--listen", false, "127.0.0.1:8080"},
                                   [PACKS] = {"--packs", false, NULL},
                                   [WEB] = {"--web", false, NULL},
                                   [DEMO] = {"--demo", true, NULL},
                                   [AGENCIES] = {"--agencies", false, NULL},
                                   [URL] = {"--public-url", false, NULL},
                                   [RATE] = {"--rate", false, "200"},
                                   [ALGORITHM] = {"--algorithm", false, "SM2"},
                                   [LOG] = {"--log", false, "info"},
                                   [TLS_CERT] = {"--tls-cert", false, NULL},
                                   [TLS_KEY] = {"--tls-key", false, NULL},
                                   [ATTACHED] = {"--attached", true, NULL}};
    static const char *const levels[] = {"debug", "info", "warning", "error"};
    size_t count = 0, level = 0;
    bool good = cli_options_read(argc, argv, options, COUNT_OF(options), NULL, 0, &count);
    bool es256 = strcmp(options[ALGORITHM].value, "ES256") == 0;
    while (level < COUNT_OF(levels) && strcmp(options[LOG].value, levels[level]) != 0)
        level++;
    if (!good || level == COUNT_OF(levels) || (!es256 && strcmp(options[ALGORITHM].value, "SM2") != 0))
        return usage();
    log_set_level((enum log_level)level);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* threads inherit it; only run() waits for them */
    mallopt(M_ARENA_MAX, 4); /* one for each of many threads would keep what all of them once needed */
    mallopt(M_TRIM_THRESHOLD, 4 * 1024 * 1024);
    if (options[ATTACHED].value)
        prctl(PR_SET_PDEATHSIG, SIGTERM); /* who started this one is gone: stop as if asked to */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of the write */

    struct error err = ERROR_INIT;
    struct cli_store store;
    char public_url[256];
    snprintf(public_url, sizeof(public_url), "%s://%s", options[TLS_CERT].value ? "https" : "http",
             options[LISTEN].value);
    struct service_options service = {.data = options[DATA].value,
                                      .db = options[DB].value,
                                      .agencies = options[AGENCIES].value,
                                      .public_url = options[URL].value ? options[URL].value : public_url,
                                      .demo = options[DEMO].value != NULL,
                                      .algorithm = es256 ? SERVICE_ES256 : SERVICE_SM2};
    if (cli_store_open(&service, options[PACKS].value, &store, &err) != OK)
        return cli_failed(argv[0], &err);
    int code = 1;
    struct http_server *server = NULL;
    const char *web = options[WEB].value ? options[WEB].value : access("web", R_OK) == 0 ? "web" : SOURCE_ROOT "/web";
    if ((options[DEMO].value && demo_load(&store, web, &err) != OK) ||
        start_http(&store, options, web, &server, &err) != OK) {
        code = cli_failed(argv[0], &err);
    } else {
        api_set_server(server);
        camunda_set_server(server);
        printf("Tongban %s serves on port %d: %s/ (portal), %s/desk/ (staff)\n", TONGBAN_VERSION,
               http_server_port(server), service.public_url, service.public_url);
        if (options[DEMO].value)
            demo_print_accounts(&store, stdout);
        fflush(stdout);
        code = run(&store, server);
    }
    cli_store_close(&store);
    return code;
}
