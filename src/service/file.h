/* What the files about attachments share; the use cases are in party.h. */
#pragma once

#include "service/internal.h"

#define FILE_MAX ((size_t)20 * 1024 * 1024)

/* The row of a kept file by its public id; *found false when there is none or it is no such id. */
MUST_USE enum status file_find(struct db_tx *tx, struct arena *arena, struct str id, struct store_blob *out,
                               bool *found, struct error *err);
