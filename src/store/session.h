/* Sessions of persons and organisations, who see their own: store/system.h has the others. */
#pragma once

#include "store/system.h"

/* Whose session it is: the blind index of their ID number. */
MUST_USE enum status store_session_own(struct db_tx *tx, struct str hash, struct str owner, struct error *err);
/* The newest 100 of one owner. */
MUST_USE enum status store_session_of_owner(struct db_tx *tx, struct arena *arena, struct str owner,
                                            struct store_session **out, size_t *count, struct error *err);
