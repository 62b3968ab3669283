/* Token status lists: two bits an entry, compressed. */
#include "trust/statuslist.h"

#include <string.h>
#include <zlib.h>

#define PER_BYTE (8 / STATUSLIST_BITS)
#define MASK ((1U << STATUSLIST_BITS) - 1U)

void statuslist_set(struct statuslist *self, size_t place, enum statuslist_state state)
{
    CHECK(place < STATUSLIST_SIZE);
    unsigned shift = (unsigned)(place % PER_BYTE) * STATUSLIST_BITS;
    unsigned byte = self->bytes[place / PER_BYTE] & ~(MASK << shift);
    self->bytes[place / PER_BYTE] = (unsigned char)(byte | (unsigned)state << shift);
}

enum statuslist_state statuslist_get(const struct statuslist *self, size_t place)
{
    CHECK(place < STATUSLIST_SIZE);
    unsigned shift = (unsigned)(place % PER_BYTE) * STATUSLIST_BITS;
    return (enum statuslist_state)((unsigned)self->bytes[place / PER_BYTE] >> shift & MASK);
}

struct str statuslist_encode(struct arena *arena, const struct statuslist *self)
{
    uLongf len = compressBound(sizeof self->bytes);
    unsigned char *packed = arena_alloc_raw(arena, len);
    CHECK(compress2(packed, &len, self->bytes, sizeof self->bytes, Z_BEST_SPEED) == Z_OK);
    return base64url_encode(arena, packed, len);
}

enum status statuslist_decode(struct arena *arena, struct str lst, struct statuslist *out, struct error *err)
{
    struct str packed = STR_NONE;
    struct statuslist read;
    uLongf len = sizeof read.bytes;
    if (!base64url_decode(arena, lst, &packed) ||
        uncompress(read.bytes, &len, (const unsigned char *)packed.data, packed.len) != Z_OK ||
        len != sizeof read.bytes)
        return error_set(err, ERROR_INVALID, "statuslist-form", "This is no status list of %d entries.",
                         STATUSLIST_SIZE);
    *out = read;
    return OK;
}
