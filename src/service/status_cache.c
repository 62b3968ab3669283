#include "service/status_cache.h"

#include <string.h>

#define PLACES 64

struct kept {
    struct status_place place;
    int64_t until;
    char *jwt; /* NULL: none */
    size_t len;
};

struct status_cache {
    pthread_mutex_t lock; /* guards all below */
    struct kept kept[PLACES];
};

struct status_cache *status_cache_new(void)
{
    struct status_cache *self = heap_alloc(sizeof *self);
    memset(self, 0, sizeof *self);
    pthread_mutex_init(&self->lock, NULL);
    return self;
}

void status_cache_free(struct status_cache *self)
{
    for (size_t i = 0; i < PLACES; i++)
        heap_free(self->kept[i].jwt);
    pthread_mutex_destroy(&self->lock);
    heap_free(self);
}

static struct kept *place_of(struct status_cache *self, const struct status_place *place)
{
    return &self->kept[((uint64_t)place->region * 31 + (uint64_t)place->list) % PLACES];
}

bool status_cache_find(struct status_cache *self, const struct status_place *place, int64_t now, struct arena *arena,
                       struct str *out)
{
    pthread_mutex_lock(&self->lock);
    const struct kept *kept = place_of(self, place);
    bool found = kept->jwt && kept->place.region == place->region && kept->place.list == place->list &&
                 kept->place.version == place->version && now < kept->until;
    if (found)
        *out = arena_str(arena, (struct str){kept->jwt, kept->len});
    pthread_mutex_unlock(&self->lock);
    return found;
}

void status_cache_put(struct status_cache *self, const struct status_place *place, int64_t until, struct str jwt)
{
    char *copy = heap_alloc(jwt.len);
    memcpy(copy, jwt.data, jwt.len);
    pthread_mutex_lock(&self->lock);
    struct kept *kept = place_of(self, place);
    char *old = kept->jwt;
    *kept = (struct kept){*place, until, copy, jwt.len};
    pthread_mutex_unlock(&self->lock);
    heap_free(old);
}
