/* The items of a set made ready for searching: which may answer a text is found without looking into each. Immutable.
 */
#pragma once

#include "service/internal.h"

struct catalogue_word {
    struct str word;
    uint32_t entry;
};
/* Days from and before which a version is in force; beside each other, since every search looks at all. */
struct catalogue_days {
    int32_t from, until;
};
struct catalogue_index {
    const struct pack_set *packs;
    const struct catalogue_days *days;
    const struct pack_item *const *items; /* every version, by code, then version */
    size_t count;
    const struct str *texts;              /* of each: all that is searched, one a line */
    const struct catalogue_word *words;   /* keywords and synonyms, sorted */
    size_t word_count;
};

void catalogue_index_make(struct arena *arena, const struct pack_set *packs, struct catalogue_index *out);
/* Whether this version is the one in force on a day. */
static inline bool catalogue_in_force(const struct catalogue_index *self, size_t entry, int32_t day)
{
    return self->days[entry].from <= day && day < self->days[entry].until;
}
/* Marks the entries in whose texts something is found, or of which a word is found in the text; out has `count` places.
 */
void catalogue_candidates(const struct catalogue_index *self, struct str text, bool *out);
