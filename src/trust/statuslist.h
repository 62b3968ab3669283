/* Token Status List (IETF): the state of many credentials in one signed text, two bits each, so that who asks does not
 * tell which one is meant. lst = base64url(zlib(bytes)), the first entry in the low bits of the first byte. */
#pragma once

#include "base/base.h"

enum statuslist_state { STATUSLIST_VALID = 0, STATUSLIST_INVALID = 1, STATUSLIST_SUSPENDED = 2 };

#define STATUSLIST_BITS 2
#define STATUSLIST_SIZE 65536 /* entries of a list */

struct statuslist {
    unsigned char bytes[STATUSLIST_SIZE * STATUSLIST_BITS / 8]; /* zeros: all valid */
};
/* place < STATUSLIST_SIZE */
void statuslist_set(struct statuslist *self, size_t place, enum statuslist_state state);
enum statuslist_state statuslist_get(const struct statuslist *self, size_t place);

struct str statuslist_encode(struct arena *arena, const struct statuslist *self);
/* Type "statuslist-form": not base64url, not zlib, or not of this size. */
MUST_USE enum status statuslist_decode(struct arena *arena, struct str lst, struct statuslist *out, struct error *err);
