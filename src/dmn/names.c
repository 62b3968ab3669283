/* A hash table from names to things, in an arena: open addressing, never more than half full. */
#include "dmn/internal.h"

struct names_entry {
    struct str name;
    void *thing;
};

static struct names_entry *slot_of(const struct names *self, struct str name)
{
    size_t at = (size_t)str_hash(name) & (self->capacity - 1);
    while (self->entries[at].thing && !str_equal(self->entries[at].name, name))
        at = (at + 1) & (self->capacity - 1);
    return &self->entries[at];
}

void *dmn_names_get(const struct names *self, struct str name)
{
    return self->capacity ? slot_of(self, name)->thing : NULL;
}

static void grow(struct names *self, struct arena *arena)
{
    struct names old = *self;
    self->capacity = old.capacity ? old.capacity * 2 : 16;
    self->entries = arena_array(arena, struct names_entry, self->capacity);
    for (size_t i = 0; i < old.capacity; i++)
        if (old.entries[i].thing)
            *slot_of(self, old.entries[i].name) = old.entries[i];
}

bool dmn_names_put(struct names *self, struct arena *arena, struct str name, void *thing)
{
    CHECK(thing);
    if (self->count * 2 >= self->capacity)
        grow(self, arena);
    struct names_entry *slot = slot_of(self, name);
    if (slot->thing)
        return false;
    *slot = (struct names_entry){name, thing};
    self->count++;
    return true;
}
