/* Status lists as they were last signed: making one means going through all its certificates. */
#pragma once

#include "service/internal.h"

struct status_place {
    int64_t region, list, version; /* of what is stored */
};
struct status_cache *status_cache_new(void);
void status_cache_free(struct status_cache *self);
/* The list as it was signed for this version, while it may still be given out. */
bool status_cache_find(struct status_cache *self, const struct status_place *place, int64_t now, struct arena *arena,
                       struct str *out);
/* To be given out before until, an instant. */
void status_cache_put(struct status_cache *self, const struct status_place *place, int64_t until, struct str jwt);
