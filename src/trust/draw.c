/* The drawing threads. Pango keeps fonts per thread, some 28 MB for Chinese ones, and needs a tenth of a second to find
 * them; so all drawing is done by two threads of its own, however many threads ask for it. The callers wait. */
#include "base/base.h"
#include "trust/internal.h"

#include <pthread.h>

#define THREADS_MAX 2

struct job {
    void (*run)(void *argument);
    void *argument;
    bool done;
    struct job *next;
};

/* Shared, under lock: the jobs that wait, oldest first, and how many threads there are and have nothing to do. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wanted = PTHREAD_COND_INITIALIZER;
static pthread_cond_t finished = PTHREAD_COND_INITIALIZER;
static struct job *first;
static struct job **last = &first;
static int threads;
static int idle;

_Noreturn static void *draw_forever(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&lock);
    for (;;) {
        idle++;
        while (!first)
            pthread_cond_wait(&wanted, &lock);
        idle--;
        struct job *job = first;
        first = job->next;
        if (!first)
            last = &first;
        pthread_mutex_unlock(&lock);
        job->run(job->argument);
        pthread_mutex_lock(&lock);
        job->done = true;
        pthread_cond_broadcast(&finished);
    }
}

/* Under lock. Without any thread the caller draws itself. */
static void start_thread(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0);
    if (pthread_create(&thread, &attributes, draw_forever, NULL) == 0) {
        threads++;
        pthread_setname_np(thread, "draw");
    }
    pthread_attr_destroy(&attributes);
}

void draw_run(void (*run)(void *argument), void *argument)
{
    struct job job = {.run = run, .argument = argument};
    pthread_mutex_lock(&lock);
    if (idle == 0 && threads < THREADS_MAX)
        start_thread();
    if (threads == 0) {
        pthread_mutex_unlock(&lock);
        run(argument);
        return;
    }
    *last = &job;
    last = &job.next;
    pthread_cond_signal(&wanted);
    while (!job.done)
        pthread_cond_wait(&finished, &lock);
    pthread_mutex_unlock(&lock);
}
