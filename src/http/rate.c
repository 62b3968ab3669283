/* Token buckets for any number of clients in fixed memory: a set-associative table that forgets whoever was away
 * longest. A forgotten client starts with a full bucket, so forgetting can only be generous. */
#include "http/internal.h"

#include <math.h>

#define SETS 8192
#define WAYS 8
#define LOCKS 64

struct bucket {
    uint64_t key; /* 0: free */
    double tokens;
    int64_t at_us;
};
struct http_limiter {
    struct http_rate rate;
    pthread_mutex_t locks[LOCKS]; /* lock i guards the sets i, i + LOCKS, … */
    struct bucket sets[SETS][WAYS];
};

struct http_limiter *http_limiter_new(struct http_rate rate)
{
    struct http_limiter *self = heap_alloc(sizeof(*self));
    self->rate = rate;
    if (self->rate.burst < 1)
        self->rate.burst = rate.per_second > 1 ? rate.per_second : 1;
    for (size_t i = 0; i < LOCKS; i++)
        CHECK(pthread_mutex_init(&self->locks[i], NULL) == 0);
    return self;
}

void http_limiter_free(struct http_limiter *self)
{
    if (!self)
        return;
    for (size_t i = 0; i < LOCKS; i++)
        pthread_mutex_destroy(&self->locks[i]);
    heap_free(self);
}

static struct bucket *bucket_for(struct http_limiter *self, struct bucket *set, uint64_t key, int64_t now_us)
{
    struct bucket *oldest = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (set[i].at_us < oldest->at_us)
            oldest = &set[i];
    }
    *oldest = (struct bucket){key, self->rate.burst, now_us};
    return oldest;
}

bool http_limiter_take(struct http_limiter *self, uint64_t key, double tokens, int64_t now_us, int64_t *wait_s)
{
    key = key ? key : 1;
    size_t set = (size_t)(key % SETS);
    pthread_mutex_t *lock = &self->locks[set % LOCKS];
    pthread_mutex_lock(lock);
    struct bucket *bucket = bucket_for(self, self->sets[set], key, now_us);
    double gained = (double)(now_us - bucket->at_us) / 1e6 * self->rate.per_second;
    if (gained > 0) {
        bucket->tokens = fmin(self->rate.burst, bucket->tokens + gained);
        bucket->at_us = now_us;
    }
    /* What costs more than a full bucket holds is let through by a full bucket. */
    double needed = fmin(tokens, self->rate.burst);
    bool enough = bucket->tokens >= needed;
    if (enough)
        bucket->tokens -= needed;
    else
        *wait_s = (int64_t)ceil((needed - bucket->tokens) / self->rate.per_second);
    pthread_mutex_unlock(lock);
    return enough;
}
