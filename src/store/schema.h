/* The tables. All SQL of the product is in this folder, one file per aggregate; rows go in and out as plain structs.
 * Sealed columns are opaque bytes here: service seals and opens them.
 *
 * Every table that grows has region first in its key: the six-digit code of the prefecture, as a number. Keys of things
 * that move by themselves (task, timer, job, subscription, outbox) are region << 40 | counter, so that a key alone
 * names its shard. Instants are milliseconds since 1970; 0 means none. */
#pragma once

#include "db/db.h"

MUST_USE enum status store_migrate(struct db *db, struct error *err);

#define STORE_KEY_BITS 40
static inline int64_t store_key_region(int64_t key)
{
    return key >> STORE_KEY_BITS;
}
