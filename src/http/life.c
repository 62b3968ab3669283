/* libmicrohttpd's callbacks: they walk a request through the phases drawn in internal.h. */
#include "http/internal.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define SWALLOW_MAX ((size_t)8 * 1024 * 1024) /* bytes of a refused body that are read so that the answer arrives */

void *http_on_target(void *arg, const char *target, struct MHD_Connection *connection)
{
    struct http_server *server = arg;
    struct http_state *state = heap_alloc(sizeof(*state));
    state->server = server;
    state->connection = connection;
    state->guard = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    state->start_us = monotonic_us();
    state->reply_fd = -1;
    state->target = arena_str(&state->arena, str_of(target));
    state->request.arena = &state->arena;
    state->request.state = state;
    state->request.context = server->options.context;
    atomic_store(&state->guard->deadline_us, state->start_us + (int64_t)server->options.read_timeout_s * 1000000);
    return state;
}

/* ---- Bodies ----------------------------------------------------------------------------------------------------- */

static void refuse_body(struct http_state *state)
{
    struct error err;
    error_set(&err, ERROR_TOO_LARGE, "body-too-large", "The body has more than %zu bytes, the most that is taken here.",
              state->body_limit);
    http_refuse(state, &err);
}

static bool take_budget(struct http_state *state, size_t size)
{
    struct http_server *server = state->server;
    struct error err;
    state->body_budget += size;
    if (atomic_fetch_add(&server->bodies, size) + size <= server->options.bodies_max)
        return true;
    atomic_fetch_add(&server->overloaded, 1);
    error_set(&err, ERROR_UNAVAILABLE, "overloaded", "The server is taking too many large bodies at this moment.");
    http_refuse(state, &err);
    return false;
}

/* False when the connection should be closed: somebody keeps sending what was refused. */
static bool take_data(struct http_state *state, const char *data, size_t size)
{
    if (!state->refused && size > state->body_limit - state->body.len)
        refuse_body(state);
    if (!state->refused && take_budget(state, size)) {
        buf_put(&state->body, (struct str){data, size});
        return true;
    }
    state->body_dropped += size;
    return state->body_dropped <= SWALLOW_MAX;
}

static void check_text_body(struct http_state *state)
{
    struct error err;
    const struct http_route *route = &state->match.route->route;
    state->request.body = buf_str(&state->body);
    struct str type =
        state->body.len && route->flags & (HTTP_JSON | HTTP_FORM) ? http_content_type(&state->request) : STR_NONE;
    bool text = str_ends(type, STR("json")) || str_equal(type, STR("application/x-www-form-urlencoded"));
    if (text && !utf8_valid(state->request.body)) {
        error_set(&err, ERROR_INVALID, "bad-body", "The body is not UTF-8.");
        http_refuse(state, &err);
    }
}

/* ---- Phases ----------------------------------------------------------------------------------------------------- */

/* Answers 204 and the methods for OPTIONS, otherwise the refusal. */
static void answer_refusal(struct http_state *state)
{
    if (state->refusal.kind != ERROR_NONE) {
        http_answer_error(state, &state->refusal);
        return;
    }
    http_set_header(&state->request, "Allow", http_allow_header(state));
    (void)http_reply_empty(&state->request); /* always OK */
}

static enum MHD_Result run_whole(struct http_state *state)
{
    struct http_server *server = state->server;
    if (!state->refused && state->match.route)
        check_text_body(state);
    atomic_store(&state->guard->deadline_us, INT64_MAX);
    if (!state->counted)
        atomic_fetch_add(&server->running, 1);
    state->counted = true;
    if (atomic_load(&server->stopping) &&
        !state->refused) { /* after counting: http_server_stop sees one or the other */
        struct error stopping;
        error_set(&stopping, ERROR_UNAVAILABLE, "stopping", "The server is stopping.");
        http_refuse(state, &stopping);
    }
    if (state->refused) {
        answer_refusal(state);
        return http_send(state);
    }
    CHECK(state->match.route); /* otherwise it was refused */
    if (state->match.route->route.flags & HTTP_INLINE) {
        http_run(state);
        CHECK(state->phase == PHASE_ANSWERED);
        return http_send(state);
    }
    state->phase = PHASE_QUEUED;
    MHD_suspend_connection(state->connection);
    if (http_queue_push(state, false))
        return MHD_YES;
    struct error err;
    atomic_fetch_add(&server->overloaded, 1);
    error_set(&err, ERROR_UNAVAILABLE, "overloaded", "The server has too much to do at this moment.");
    http_answer_error(state, &err);
    MHD_resume_connection(state->connection);
    return MHD_YES;
}

/* A refused body is read and dropped if it is short, so that the answer reaches a client that sends first and reads
 * then. Otherwise, and when the client asked first (Expect), the answer goes out now and the connection closes. */
static bool answer_early(struct http_state *state)
{
    int64_t length = 0;
    struct str text = http_header(&state->request, "Content-Length");
    if (!state->refused || (!text.data && !http_header(&state->request, "Transfer-Encoding").data))
        return false;
    if (http_header(&state->request, "Expect").data)
        return true;
    return !str_to_int64(text, &length) || length > (int64_t)SWALLOW_MAX;
}

enum MHD_Result http_on_data(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
                             const char *version, const char *data, size_t *size, void **request)
{
    (void)arg;
    (void)connection;
    (void)url;
    (void)version;
    struct http_state *state = *request;
    if (state->phase == PHASE_ANSWERED)
        return http_send(state);
    if (!state->began) {
        state->began = true;
        http_begin(state, method);
        return answer_early(state) ? run_whole(state) : MHD_YES;
    }
    if (*size) {
        bool go_on = take_data(state, data, *size);
        *size = 0;
        return go_on ? MHD_YES : MHD_NO;
    }
    return run_whole(state);
}

/* ---- Ends ------------------------------------------------------------------------------------------------------- */

static void write_access_log(const struct http_state *state, int64_t us, bool sent)
{
    const struct http_route *route = state->request.route;
    if (!state->server->options.access_log || (route && route->flags & HTTP_QUIET && state->status < 500))
        return;
    log_event(LOG_INFO, "http.request", "id=%.*s method=%s route=%s status=%d ms=%.1f in=%zu out=%" PRIu64 "%s",
              STR_ARGS(state->request.id), state->head ? "HEAD" : http_method_name(state->request.method),
              route ? route->pattern : "none", state->status, (double)us / 1000, state->body.len, state->reply_size,
              sent ? "" : " broken=yes");
}

void http_on_completed(void *arg, struct MHD_Connection *connection, void **request,
                       enum MHD_RequestTerminationCode why)
{
    struct http_server *server = arg;
    struct http_state *state = *request;
    (void)connection;
    if (!state)
        return;
    *request = NULL;
    CHECK(state->phase == PHASE_READING || state->phase == PHASE_ANSWERED);
    int64_t now = monotonic_us();
    int64_t patience_s = server->options.idle_timeout_s + server->options.read_timeout_s;
    atomic_store(&state->guard->deadline_us, now + patience_s * 1000000);
    if (state->phase == PHASE_ANSWERED) {
        http_counters_add(server->counters, state->match.route ? state->match.route->index : SIZE_MAX,
                          state->request.method, state->status, now - state->start_us);
        write_access_log(state, now - state->start_us, why == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    }
    if (state->counted)
        atomic_fetch_sub(&server->running, 1);
    atomic_fetch_sub(&server->bodies, state->body_budget);
    http_release_reply(state);
    buf_release(&state->body);
    arena_release(&state->arena);
    heap_free(state);
}

static void peer_of(const struct sockaddr *from, unsigned char out[16])
{
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    memset(out, 0, 16);
    if (from && from->sa_family == AF_INET6) {
        memcpy(out, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, 16);
    } else if (from && from->sa_family == AF_INET) {
        memcpy(out, mapped, sizeof(mapped));
        memcpy(out + 12, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
    }
}

void http_on_connection(void *arg, struct MHD_Connection *connection, void **context,
                        enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = arg;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        http_guard_free(&server->guards, *context);
        *context = NULL;
        return;
    }
    unsigned char peer[16];
    int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    peer_of(MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr, peer);
    *context =
        http_guard_new(&server->guards, fd, peer, monotonic_us() + (int64_t)server->options.read_timeout_s * 1000000);
}
