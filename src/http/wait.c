/* Requests that wait for a topic without a thread. A state is in its topic's bucket from http_watch on; it is queued
 * for a worker only after its handler has returned (http_wait_park), so that it never runs twice at a time. */
#include "http/internal.h"

#include <sys/socket.h>

void http_waiting_init(struct http_waiting *self)
{
    *self = (struct http_waiting){0};
    CHECK(pthread_mutex_init(&self->lock, NULL) == 0);
}

void http_waiting_release(struct http_waiting *self)
{
    CHECK(!self->parked);
    pthread_mutex_destroy(&self->lock);
}

/* The lock is held. */
static void unlink_watch(struct http_waiting *self, struct http_state *state)
{
    size_t bucket = state->topic_hash % HTTP_TOPIC_BUCKETS;
    if (!state->topic.data)
        return;
    if (state->watch_previous)
        state->watch_previous->watch_next = state->watch_next;
    else
        self->buckets[bucket].first = state->watch_next;
    if (state->watch_next)
        state->watch_next->watch_previous = state->watch_previous;
    else
        self->buckets[bucket].last = state->watch_previous;
    state->topic = STR_NONE;
    state->watch_previous = state->watch_next = NULL;
    if (state->parked)
        self->parked--;
    state->parked = false;
}

void http_watch(struct http_request *request, struct str topic)
{
    struct http_state *state = request->state;
    struct http_waiting *self = &state->server->waiting;
    CHECK(!(state->match.route->route.flags & HTTP_INLINE));
    struct str kept = arena_str(&state->arena, topic);
    pthread_mutex_lock(&self->lock);
    unlink_watch(self, state);
    state->topic = kept;
    state->topic_hash = str_hash(kept);
    state->woken = false;
    size_t bucket = state->topic_hash % HTTP_TOPIC_BUCKETS;
    state->watch_previous = self->buckets[bucket].last;
    if (state->watch_previous)
        state->watch_previous->watch_next = state;
    else
        self->buckets[bucket].first = state;
    self->buckets[bucket].last = state;
    pthread_mutex_unlock(&self->lock);
}

enum status http_suspend(struct http_request *request, int64_t wait_ms)
{
    struct http_state *state = request->state;
    CHECK(state->topic.data || state->woken);
    state->suspend_wanted = true;
    state->wait_ms = wait_ms;
    return OK;
}

bool http_waited_out(const struct http_request *request)
{
    return request->state->waited_out;
}

bool http_gone(const struct http_request *request)
{
    char byte;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->state->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info && recv(info->connect_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void http_wait_forget(struct http_state *state)
{
    struct http_waiting *self = &state->server->waiting;
    pthread_mutex_lock(&self->lock);
    unlink_watch(self, state);
    pthread_mutex_unlock(&self->lock);
}

void http_wait_park(struct http_state *state)
{
    struct http_server *server = state->server;
    struct http_waiting *self = &server->waiting;
    int64_t now = monotonic_us();
    pthread_mutex_lock(&self->lock);
    if (!state->wait_until_us) {
        int64_t longest_ms = server->options.suspend_max_ms;
        int64_t ms = state->wait_ms < 0 ? 0 : state->wait_ms > longest_ms ? longest_ms : state->wait_ms;
        state->wait_until_us = now + ms * 1000;
    }
    bool full = self->parked >= server->options.suspended_max;
    state->waited_out = self->stopping || full || now >= state->wait_until_us;
    bool park = !state->woken && !state->waited_out;
    state->phase = park ? PHASE_WAITING : PHASE_QUEUED;
    if (park) {
        state->parked = true;
        self->parked++;
    } else {
        unlink_watch(self, state);
    }
    pthread_mutex_unlock(&self->lock);
    if (!park)
        http_queue_push(state, true);
}

/* Takes the state out of its bucket and queues it. The lock is held. */
static void release(struct http_waiting *self, struct http_state *state, bool waited_out)
{
    unlink_watch(self, state);
    state->waited_out = waited_out;
    state->phase = PHASE_QUEUED;
    http_queue_push(state, true);
}

void http_wake(struct http_server *server, struct str topic, size_t max)
{
    struct http_waiting *self = &server->waiting;
    uint64_t hash = str_hash(topic);
    pthread_mutex_lock(&self->lock);
    struct http_state *next;
    for (struct http_state *state = self->buckets[hash % HTTP_TOPIC_BUCKETS].first; state && max; state = next) {
        next = state->watch_next;
        if (state->topic_hash != hash || !str_equal(state->topic, topic) || state->woken)
            continue;
        if (!state->parked) {
            state->woken = true; /* its handler is still looking and may not want more: it does not count */
            continue;
        }
        bool gone = http_gone(&state->request);
        max -= !gone;
        release(self, state, gone);
    }
    pthread_mutex_unlock(&self->lock);
}

void http_waiting_expire(struct http_server *server, int64_t now_us, bool stopping)
{
    struct http_waiting *self = &server->waiting;
    pthread_mutex_lock(&self->lock);
    self->stopping = self->stopping || stopping;
    for (size_t i = 0; self->parked && i < HTTP_TOPIC_BUCKETS; i++) {
        struct http_state *next;
        for (struct http_state *state = self->buckets[i].first; state; state = next) {
            next = state->watch_next;
            if (state->parked && (self->stopping || now_us >= state->wait_until_us))
                release(self, state, true);
        }
    }
    pthread_mutex_unlock(&self->lock);
}
