/* Pools of connections, and each connection's map of prepared statements. */
#include "db/internal.h"

#include <errno.h>
#include <time.h>

void db_pool_init(struct db_pool *self, int max, bool writable)
{
    *self = (struct db_pool){.max = max, .writable = writable};
    CHECK(pthread_mutex_init(&self->lock, NULL) == 0);
    pthread_condattr_t attributes;
    CHECK(pthread_condattr_init(&attributes) == 0);
    CHECK(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(&self->freed, &attributes) == 0);
    pthread_condattr_destroy(&attributes);
}

void db_pool_release(struct db *db, struct db_pool *self)
{
    while (self->idle) {
        struct db_connection *connection = self->idle;
        self->idle = connection->next;
        db->driver->disconnect(connection);
        self->open--;
    }
    CHECK(self->open == 0);
    pthread_cond_destroy(&self->freed);
    pthread_mutex_destroy(&self->lock);
}

static struct timespec deadline_after(int ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += (long)(ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* An idle connection, or a place to open one (*out NULL). */
static enum status take_place(struct db *db, struct db_pool *self, struct db_connection **out, struct error *err)
{
    struct timespec deadline = deadline_after(db->options.lock_timeout_ms);
    pthread_mutex_lock(&self->lock);
    while (!self->idle && self->open == self->max) {
        if (pthread_cond_timedwait(&self->freed, &self->lock, &deadline) == ETIMEDOUT && !self->idle &&
            self->open == self->max) {
            pthread_mutex_unlock(&self->lock);
            return error_set(err, ERROR_UNAVAILABLE, "db-busy", "All %d database connections are in use.", self->max);
        }
    }
    *out = self->idle;
    if (self->idle)
        self->idle = self->idle->next;
    else
        self->open++;
    pthread_mutex_unlock(&self->lock);
    return OK;
}

static void give_place(struct db_pool *self)
{
    pthread_mutex_lock(&self->lock);
    self->open--;
    pthread_cond_signal(&self->freed);
    pthread_mutex_unlock(&self->lock);
}

enum status db_pool_take(struct db *db, struct db_pool *self, struct db_connection **out, struct error *err)
{
    struct db_connection *connection = NULL;
    if (take_place(db, self, &connection, err))
        return FAILED;
    if (!connection && db->driver->connect(db, self->writable, &connection, err)) {
        give_place(self);
        return FAILED;
    }
    *out = connection;
    return OK;
}

void db_pool_give(struct db *db, struct db_pool *self, struct db_connection *connection)
{
    if (connection->broken) {
        db->driver->disconnect(connection);
        give_place(self);
        return;
    }
    pthread_mutex_lock(&self->lock);
    connection->next = self->idle;
    self->idle = connection;
    pthread_cond_signal(&self->freed);
    pthread_mutex_unlock(&self->lock);
}

/* ---- Prepared statements ---------------------------------------------------------------------------------------- */

static size_t slot_of(const struct db_cache *self, const struct db_statement *statement, uint64_t signature)
{
    uint64_t hash = ((uint64_t)(uintptr_t)statement >> 4) * 0x9E3779B97F4A7C15u ^ signature * 0xC2B2AE3D27D4EB4Fu;
    size_t at = (size_t)(hash ^ hash >> 32) & (self->capacity - 1);
    while (self->slots[at] && (self->slots[at]->statement != statement || self->slots[at]->signature != signature))
        at = (at + 1) & (self->capacity - 1);
    return at;
}

static void grow(struct db_cache *self)
{
    struct db_cache larger = {.capacity = self->capacity ? self->capacity * 2 : 64, .count = self->count};
    larger.slots = heap_alloc(larger.capacity * sizeof(*larger.slots));
    for (size_t i = 0; i < self->capacity; i++)
        if (self->slots[i])
            larger.slots[slot_of(&larger, self->slots[i]->statement, self->slots[i]->signature)] = self->slots[i];
    heap_free(self->slots);
    *self = larger;
}

struct db_prepared *db_cache_get(struct db_cache *self, const struct db_statement *statement, uint64_t signature)
{
    if (self->count * 2 >= self->capacity)
        grow(self);
    size_t at = slot_of(self, statement, signature);
    if (!self->slots[at]) {
        self->slots[at] = heap_alloc(sizeof(*self->slots[at]));
        *self->slots[at] =
            (struct db_prepared){.statement = statement, .signature = signature, .number = (unsigned)self->count++};
    }
    return self->slots[at];
}

void db_cache_release(struct db_cache *self)
{
    for (size_t i = 0; i < self->capacity; i++)
        heap_free(self->slots[i]);
    heap_free(self->slots);
    *self = (struct db_cache){0};
}
