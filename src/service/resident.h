/* Stored parties opened fast: one cipher set up once, and of each party only the members that are asked for. For one
 * thread. */
#pragma once

#include "service/internal.h"

/* The place that a party's sealed body is bound to. */
#define PARTY_PLACE_MAX 256
struct str party_place(const struct store_party *row, char out[PARTY_PLACE_MAX]);

struct resident_reader {
    struct seal_opener *opener;
    const struct str *names; /* members wanted, each once */
    size_t count;
};
void resident_reader_init(struct resident_reader *self, const struct service *service, const struct str *names,
                          size_t count);
void resident_reader_release(struct resident_reader *self);
/* values[i] is member names[i] of the party as service_party_get shows it, null when it has none. They live in arena.
 */
MUST_USE enum status resident_read(const struct resident_reader *self, const struct store_party *row,
                                   struct arena *arena, struct value *values, struct error *err);
