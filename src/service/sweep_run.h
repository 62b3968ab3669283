/* One running sweep: what its threads share. */
#pragma once

#include "service/internal.h"
#include "service/question.h"
#include "service/tally.h"

#define SWEEP_THREADS_MAX 64
#define SWEEP_REASONS_MAX 5

enum sweep_state { SWEEP_RUNNING, SWEEP_DONE, SWEEP_CANCELLED, SWEEP_FAILED };

struct sweep {
    struct sweep *next; /* newest first; under the service's lock, as is users */
    int users;          /* calls that look at it now */
    struct arena arena; /* what is fixed at the start */
    struct service *service;
    struct str id, owner, idempotency, request, cohort;
    struct question question;
    struct division_range divisions;
    bool in_background;
    bool outcome_given;
    uint32_t outcome; /* of the list, when given */
    const int64_t *regions;
    size_t region_count;
    int64_t started_ms, started_us;
    pthread_t threads[SWEEP_THREADS_MAX];
    size_t thread_count;

    struct tally *tally;
    _Atomic size_t next_job; /* a region's part: regions * SWEEP_PARTS */
    _Atomic int64_t done, total, residents, stopped, unreadable, took_us;
    _Atomic bool cancel;
    _Atomic int state;
    _Atomic size_t running; /* threads; the last one sets the state */

    pthread_mutex_t lock; /* over what follows */
    struct error problem;
    char reasons[SWEEP_REASONS_MAX][200];
    _Atomic size_t reason_count; /* only ever grows */
};

/* Starts the threads. The sweep must not move. FAILED when there is none. */
MUST_USE enum status sweep_run(struct sweep *self, size_t threads, struct error *err);
/* Waits until all have ended. */
void sweep_join(struct sweep *self);
