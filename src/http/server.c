/* Starting and stopping: options, the listening socket, libmicrohttpd's daemon, the clock thread. */
#include "http/internal.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 50

/* ---- Options ------------------------------------------------------------------------------------------------------
 */

static void fill_options(struct http_options *options)
{
    const struct {
        int *value;
        int otherwise;
    } numbers[] = {
        {&options->event_threads, 2},       {&options->workers, 64},        {&options->queue_max, 4096},
        {&options->connections_max, 10000}, {&options->idle_timeout_s, 30}, {&options->read_timeout_s, 20},
        {&options->write_timeout_s, 20},
    };
    const struct {
        size_t *value;
        size_t otherwise;
    } sizes[] = {
        {&options->header_max, 16 * 1024},
        {&options->body_max, (size_t)1024 * 1024},
        {&options->bodies_max, (size_t)256 * 1024 * 1024},
        {&options->suspended_max, 10000},
    };
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        if (*numbers[i].value <= 0)
            *numbers[i].value = numbers[i].otherwise;
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        if (!*sizes[i].value)
            *sizes[i].value = sizes[i].otherwise;
    if (options->suspend_max_ms <= 0)
        options->suspend_max_ms = 60000;
    if (!options->session_cookie)
        options->session_cookie = "session";
    if (!options->listen)
        options->listen = "127.0.0.1:8080";
}

/* ---- Mounts ---------------------------------------------------------------------------------------------------------
 */

static enum status serve_mount(struct http_request *request, struct error *err)
{
    const struct http_files *const *files = request->route->data;
    return http_files_reply(*files, request, http_param(request, "path"), err);
}

static enum status redirect_to_mount(struct http_request *request, struct error *err)
{
    (void)err;
    return http_reply_redirect(request, 308, str_of(request->route->data));
}

static enum status add_mount(struct http_server *self, const struct http_mount *mount, struct http_files **files,
                             struct error *err)
{
    struct str prefix = str_of(mount->prefix);
    CHECK(str_starts(prefix, STR("/")) && str_ends(prefix, STR("/")));
    if (http_files_load(mount->folder, mount->fallback, files, err))
        return FAILED;
    const unsigned flags = HTTP_INLINE | HTTP_QUIET;
    struct http_route route = {
        HTTP_GET, arena_printf(&self->arena, "%s{path...}", mount->prefix).data, serve_mount, flags, 0, 0, files};
    http_tree_add(&self->tree, &route);
    if (prefix.len > 1) {
        const char *bare = arena_cstr(&self->arena, str_part(prefix, 0, prefix.len - 1));
        struct http_route bare_route = {HTTP_GET, bare, redirect_to_mount, flags, 0, 0, mount->prefix};
        http_tree_add(&self->tree, &bare_route);
    }
    return OK;
}

static enum status build_routes(struct http_server *self, struct error *err)
{
    const struct http_options *options = &self->options;
    for (size_t i = 0; i < options->tables_count; i++)
        for (size_t j = 0; j < options->tables[i].count; j++)
            http_tree_add(&self->tree, &options->tables[i].items[j]);
    self->files = arena_array(&self->arena, struct http_files *, options->mounts_count);
    for (size_t i = 0; i < options->mounts_count; i++)
        if (add_mount(self, &options->mounts[i], &self->files[i], err))
            return FAILED;
    return OK;
}

/* ---- Listening -------------------------------------------------------------------------------------------------- */

/* "host:port", "[v6]:port", ":port". */
static enum status split_listen(struct arena *arena, const char *listen_at, const char **host, const char **port,
                                struct error *err)
{
    struct str text = str_of(listen_at);
    const char *colon = strrchr(listen_at, ':');
    int64_t number;
    if (!colon || !str_to_int64(str_of(colon + 1), &number) || number < 0 || number > 65535)
        return error_set(err, ERROR_INVALID, "bad-listen", "\"%s\" is no address to listen on; write ADDRESS:PORT.",
                         listen_at);
    struct str name = str_part(text, 0, (size_t)(colon - listen_at));
    if (name.len >= 2 && name.data[0] == '[' && name.data[name.len - 1] == ']')
        name = str_part(name, 1, name.len - 1);
    *host = name.len ? arena_cstr(arena, name) : NULL;
    *port = colon + 1;
    return OK;
}

static int open_socket(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int yes = 1;
    int no = 0;
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (address->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, 1024) == 0)
        return fd;
    int code = errno;
    close(fd);
    errno = code;
    return -1;
}

static enum status listen_on(struct http_server *self, int *out, struct error *err)
{
    const char *host = NULL;
    const char *port = NULL;
    if (split_listen(&self->arena, self->options.listen, &host, &port, err))
        return FAILED;
    struct addrinfo wanted = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses = NULL;
    int failure = getaddrinfo(host, port, &wanted, &addresses);
    if (failure)
        return error_set(err, ERROR_INVALID, "bad-listen", "cannot listen on %s: %s", self->options.listen,
                         gai_strerror(failure));
    int fd = -1;
    for (const struct addrinfo *address = addresses; address && fd < 0; address = address->ai_next)
        fd = open_socket(address);
    int code = errno;
    freeaddrinfo(addresses);
    if (fd < 0)
        return error_set(err, ERROR_UNAVAILABLE, "cannot-listen", "cannot listen on %s: %s", self->options.listen,
                         strerror(code));
    struct sockaddr_in6 name = {0};
    socklen_t size = sizeof(name);
    CHECK(getsockname(fd, (struct sockaddr *)&name, &size) == 0);
    self->port = ntohs(name.sin6_port); /* at the same place in both families */
    *out = fd;
    return OK;
}

/* ---- The daemon ------------------------------------------------------------------------------------------------- */

/* Targets and parameters stay as they were sent; http/route.c and http/parse.c decode them. */
static size_t keep_escapes(void *arg, struct MHD_Connection *connection, char *text)
{
    (void)arg;
    (void)connection;
    return strlen(text);
}

static enum status read_tls(struct http_server *self, struct str *cert, struct str *key, struct error *err)
{
    *cert = *key = STR_NONE;
    if (!self->options.tls_cert && !self->options.tls_key)
        return OK;
    if (!self->options.tls_cert || !self->options.tls_key)
        return error_set(err, ERROR_INVALID, "bad-tls", "TLS needs both a certificate file and a key file.");
    if (file_read(&self->arena, self->options.tls_cert, 1 << 20, cert, err) ||
        file_read(&self->arena, self->options.tls_key, 1 << 20, key, err))
        return FAILED;
    return OK;
}

static enum status start_daemon(struct http_server *self, int fd, struct error *err)
{
    const struct http_options *options = &self->options;
    struct str cert;
    struct str key;
    if (read_tls(self, &cert, &key, err))
        return FAILED;
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)cert.data},
                                   {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)key.data},
                                   {MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem pool[] = {{MHD_OPTION_THREAD_POOL_SIZE, options->event_threads, NULL},
                                    {MHD_OPTION_END, 0, NULL}};
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_TURBO;
    self->daemon = MHD_start_daemon(
        flags | (cert.data ? MHD_USE_TLS : 0), 0, NULL, NULL, http_on_data, self, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_NOTIFY_CONNECTION, http_on_connection, self, MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, self,
        MHD_OPTION_URI_LOG_CALLBACK, http_on_target, self, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)options->connections_max, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)options->connections_per_address, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)options->idle_timeout_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, options->header_max + 16 * 1024, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_ARRAY, options->event_threads > 1 ? pool : &pool[1], MHD_OPTION_ARRAY, cert.data ? tls : &tls[2],
        MHD_OPTION_END);
    if (self->daemon)
        return OK;
    return error_set(err, ERROR_UNAVAILABLE, "cannot-listen", "The HTTP server cannot start%s.",
                     cert.data ? "; check the TLS certificate and key" : "");
}

/* ---- The clock thread ------------------------------------------------------------------------------------------- */

static void sleep_ms(long ms)
{
    struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static void *clock_main(void *arg)
{
    struct http_server *self = arg;
    pthread_setname_np(pthread_self(), "http-clock");
    for (unsigned tick = 0; !atomic_load(&self->clock_stopping); tick++) {
        sleep_ms(TICK_MS);
        int64_t now = monotonic_us();
        http_waiting_expire(self, now, false);
        if (tick % 5 == 0)
            http_guards_enforce(&self->guards, now);
    }
    return NULL;
}

/* ---- Starting and stopping -------------------------------------------------------------------------------------- */

static void free_server(struct http_server *self)
{
    for (size_t i = 0; self->files && i < self->options.mounts_count; i++)
        http_files_free(self->files[i]);
    http_limiter_free(self->address_limiter);
    http_limiter_free(self->session_limiter);
    http_counters_free(self->counters);
    http_waiting_release(&self->waiting);
    http_guards_release(&self->guards);
    pthread_cond_destroy(&self->queued);
    pthread_mutex_destroy(&self->queue_lock);
    arena_release(&self->tree.arena);
    arena_release(&self->arena);
    heap_free(self);
}

static enum status prepare(struct http_server *self, struct error *err)
{
    const struct http_options *options = &self->options;
    if (http_parse_networks(&self->arena, str_of(options->trusted_proxies), &self->trusted, &self->trusted_count, err))
        return error_prefix(err, "trusted proxies");
    if (build_routes(self, err))
        return FAILED;
    self->counters = http_counters_new(self->tree.routes.count);
    if (options->address_rate.per_second > 0)
        self->address_limiter = http_limiter_new(options->address_rate);
    if (options->session_rate.per_second > 0)
        self->session_limiter = http_limiter_new(options->session_rate);
    return OK;
}

enum status http_server_start(const struct http_options *options, struct http_server **out, struct error *err)
{
    struct http_server *self = heap_alloc(sizeof(*self));
    int fd = -1;
    self->options = *options;
    fill_options(&self->options);
    http_guards_init(&self->guards);
    http_waiting_init(&self->waiting);
    CHECK(pthread_mutex_init(&self->queue_lock, NULL) == 0);
    CHECK(pthread_cond_init(&self->queued, NULL) == 0);
    if (prepare(self, err) || listen_on(self, &fd, err)) {
        free_server(self);
        return FAILED;
    }
    if (start_daemon(self, fd, err)) {
        close(fd);
        free_server(self);
        return FAILED;
    }
    http_workers_start(self);
    CHECK(pthread_create(&self->clock, NULL, clock_main, self) == 0);
    *out = self;
    return OK;
}

int http_server_port(const struct http_server *self)
{
    return self->port;
}

enum status http_server_stop(struct http_server *self, int64_t grace_ms, struct error *err)
{
    int64_t deadline = monotonic_us() + grace_ms * 1000;
    bool first = !atomic_exchange(&self->stopping, true);
    int fd = first ? MHD_quiesce_daemon(self->daemon) : -1;
    if (fd >= 0)
        close(fd);
    http_waiting_expire(self, monotonic_us(), true);
    while (atomic_load(&self->running) > 0 && monotonic_us() < deadline)
        sleep_ms(5);
    int running = atomic_load(&self->running);
    if (running > 0)
        return error_set(err, ERROR_UNAVAILABLE, "still-running", "%d requests did not end within %" PRId64 " ms.",
                         running, grace_ms);
    atomic_store(&self->clock_stopping, true);
    pthread_join(self->clock, NULL);
    http_workers_stop(self);
    MHD_stop_daemon(self->daemon);
    free_server(self);
    return OK;
}
