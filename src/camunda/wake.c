/* Waking requests that wait: for jobs of a type, for the end of a process instance. */
#include "camunda/internal.h"

#include <pthread.h>
#include <string.h>

#define LATER_MOST 10000 /* beyond: the worker asks again by itself */

struct later {
    int64_t due;
    char *topic; /* heap */
};

/* Shared by all threads; lock is held over everything, also over waking, so that the server does not go away meanwhile.
 */
static struct {
    pthread_mutex_t lock;
    struct http_server *server;
    struct service *service;
    struct later *later;
    size_t count, room;
} wake = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct str camunda_job_topic(struct arena *arena, struct str type)
{
    return arena_printf(arena, "job:%.*s", STR_ARGS(type));
}

struct str camunda_task_topic(struct arena *arena, struct str key)
{
    return arena_printf(arena, "task:%.*s", STR_ARGS(key));
}

struct str camunda_instance_topic(struct arena *arena, struct str key)
{
    return arena_printf(arena, "process:%.*s", STR_ARGS(key));
}

/* The lock is held. */
static void remember(struct str topic, int64_t due)
{
    for (size_t i = 0; i < wake.count; i++)
        if (wake.later[i].due == due && str_equal(str_of(wake.later[i].topic), topic))
            return;
    if (wake.count == LATER_MOST)
        return;
    if (wake.count == wake.room) {
        wake.room = wake.room ? wake.room * 2 : 64;
        wake.later = heap_grow(wake.later, wake.room * sizeof *wake.later);
    }
    char *copy = heap_alloc(topic.len + 1);
    memcpy(copy, topic.data, topic.len);
    copy[topic.len] = 0;
    wake.later[wake.count++] = (struct later){due, copy};
}

static void heard(void *state, enum service_news news, struct str name, int64_t due_ms)
{
    struct arena arena;
    (void)state;
    arena_init(&arena);
    pthread_mutex_lock(&wake.lock);
    if (wake.server && news == SERVICE_PROCESS_ENDED)
        http_wake(wake.server, camunda_instance_topic(&arena, name), SIZE_MAX);
    else if (wake.server && news == SERVICE_TASK_SETTLED)
        http_wake(wake.server, camunda_task_topic(&arena, name), SIZE_MAX);
    else if (wake.server && due_ms <= service_now(wake.service))
        http_wake(wake.server, camunda_job_topic(&arena, name), 1);
    else if (wake.server)
        remember(camunda_job_topic(&arena, name), due_ms);
    pthread_mutex_unlock(&wake.lock);
    arena_release(&arena);
}

static void forget(void)
{
    for (size_t i = 0; i < wake.count; i++)
        heap_free(wake.later[i].topic);
    heap_free(wake.later);
    wake.later = NULL;
    wake.count = wake.room = 0;
}

void camunda_listen(struct service *service)
{
    wake.service = service;
    service_listen(service, (struct service_listener){NULL, heard});
}

void camunda_set_server(struct http_server *server)
{
    pthread_mutex_lock(&wake.lock);
    wake.server = server;
    if (!server)
        forget();
    pthread_mutex_unlock(&wake.lock);
}

void camunda_tick(int64_t now_ms)
{
    pthread_mutex_lock(&wake.lock);
    for (size_t i = 0; wake.server && i < wake.count;) {
        if (wake.later[i].due > now_ms) {
            i++;
            continue;
        }
        http_wake(wake.server, str_of(wake.later[i].topic), 1);
        heap_free(wake.later[i].topic);
        wake.later[i] = wake.later[--wake.count];
    }
    pthread_mutex_unlock(&wake.lock);
}
