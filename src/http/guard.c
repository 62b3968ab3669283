/* Open connections and the times by which their phases must end. */
#include "http/internal.h"

#include <string.h>
#include <sys/socket.h>

void http_guards_init(struct http_guards *self)
{
    *self = (struct http_guards){0};
    CHECK(pthread_mutex_init(&self->lock, NULL) == 0);
}

void http_guards_release(struct http_guards *self)
{
    CHECK(!self->first);
    pthread_mutex_destroy(&self->lock);
}

struct http_guard *http_guard_new(struct http_guards *guards, int fd, const unsigned char peer[16], int64_t deadline_us)
{
    struct http_guard *self = heap_alloc(sizeof(*self));
    self->fd = fd;
    memcpy(self->peer, peer, sizeof(self->peer));
    atomic_init(&self->deadline_us, deadline_us);
    pthread_mutex_lock(&guards->lock);
    self->next = guards->first;
    if (self->next)
        self->next->previous = self;
    guards->first = self;
    pthread_mutex_unlock(&guards->lock);
    atomic_fetch_add(&guards->count, 1);
    return self;
}

/* Called before the descriptor is closed, so that no late shutdown can hit another connection's. */
void http_guard_free(struct http_guards *guards, struct http_guard *guard)
{
    pthread_mutex_lock(&guards->lock);
    if (guard->previous)
        guard->previous->next = guard->next;
    else
        guards->first = guard->next;
    if (guard->next)
        guard->next->previous = guard->previous;
    pthread_mutex_unlock(&guards->lock);
    atomic_fetch_sub(&guards->count, 1);
    heap_free(guard);
}

void http_guards_enforce(struct http_guards *self, int64_t now_us)
{
    pthread_mutex_lock(&self->lock);
    for (struct http_guard *guard = self->first; guard; guard = guard->next)
        if (atomic_load(&guard->deadline_us) < now_us)
            shutdown(guard->fd, SHUT_RDWR);
    pthread_mutex_unlock(&self->lock);
}
