/* The threads that run handlers, and the queue before them. */
#include "http/internal.h"

bool http_queue_push(struct http_state *state, bool even_if_full)
{
    struct http_server *server = state->server;
    pthread_mutex_lock(&server->queue_lock);
    bool room = even_if_full || server->queue_length < (size_t)server->options.queue_max;
    if (room) {
        state->next = NULL;
        if (server->queue_last)
            server->queue_last->next = state;
        else
            server->queue_first = state;
        server->queue_last = state;
        server->queue_length++;
        pthread_cond_signal(&server->queued);
    }
    pthread_mutex_unlock(&server->queue_lock);
    return room;
}

static struct http_state *pop(struct http_server *server)
{
    pthread_mutex_lock(&server->queue_lock);
    while (!server->queue_first && !server->queue_closed)
        pthread_cond_wait(&server->queued, &server->queue_lock);
    struct http_state *state = server->queue_first;
    if (state) {
        server->queue_first = state->next;
        if (!server->queue_first)
            server->queue_last = NULL;
        server->queue_length--;
    }
    pthread_mutex_unlock(&server->queue_lock);
    return state;
}

void http_answer_error(struct http_state *state, const struct error *err)
{
    struct http_request *request = &state->request;
    const struct http_options *options = &state->server->options;
    if (state->retry_after_s > 0)
        http_set_header(request, "Retry-After", arena_printf(&state->arena, "%" PRId64, state->retry_after_s));
    else if (err->kind == ERROR_UNAVAILABLE)
        http_set_header(request, "Retry-After", STR("1"));
    if (state->match.allowed && str_equal(str_of(err->type), STR("method-not-allowed")))
        http_set_header(request, "Allow", http_allow_header(state));
    if (options->error_page && options->error_page(request, err)) {
        CHECK(state->phase == PHASE_ANSWERED);
        return;
    }
    (void)http_reply_problem(request, err); /* always OK */
}

void http_run(struct http_state *state)
{
    struct http_request *request = &state->request;
    const struct http_route *route = &state->match.route->route;
    struct error err = ERROR_INIT;
    state->suspend_wanted = false;
    enum status status = OK;
    if (!state->before_done && state->server->options.before && !(route->flags & (HTTP_OPEN | HTTP_INLINE))) {
        state->before_done = true;
        status = state->server->options.before(request, &err);
    }
    if (status == OK && state->phase != PHASE_ANSWERED)
        status = route->handler(request, &err);
    if (state->phase == PHASE_ANSWERED || (status == OK && state->suspend_wanted))
        return;
    if (status == OK)
        error_set(&err, ERROR_INTERNAL, "no-answer", "The server has found nothing to say.");
    state->suspend_wanted = false;
    http_answer_error(state, &err);
}

static void *worker_main(void *arg)
{
    struct http_server *server = arg;
    pthread_setname_np(pthread_self(), "http-worker");
    struct http_state *state;
    while ((state = pop(server))) {
        state->phase = PHASE_RUNNING;
        http_run(state);
        if (state->phase != PHASE_ANSWERED) {
            http_wait_park(state); /* from here it may be another thread's */
            continue;
        }
        http_wait_forget(state);
        MHD_resume_connection(state->connection);
    }
    return NULL;
}

void http_workers_start(struct http_server *server)
{
    size_t count = (size_t)server->options.workers;
    server->workers = arena_array(&server->arena, pthread_t, count);
    for (size_t i = 0; i < count; i++)
        CHECK(pthread_create(&server->workers[i], NULL, worker_main, server) == 0);
}

void http_workers_stop(struct http_server *server)
{
    pthread_mutex_lock(&server->queue_lock);
    server->queue_closed = true;
    pthread_cond_broadcast(&server->queued);
    pthread_mutex_unlock(&server->queue_lock);
    for (int i = 0; i < server->options.workers; i++)
        pthread_join(server->workers[i], NULL);
}
