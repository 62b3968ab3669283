/* Files on their way: what has come so far, in parts. */
#pragma once

#include "store/schema.h"

struct store_upload {
    int64_t id, size;
    int64_t place;   /* bytes that have come */
    int64_t changed; /* instant */
    struct str owner, body; /* body sealed */
};
MUST_USE enum status store_upload_insert(struct db_tx *tx, const struct store_upload *row, struct error *err);
/* Only the owner's. */
MUST_USE enum status store_upload_find(struct db_tx *tx, struct arena *arena, const struct store_upload *key,
                                       struct store_upload *out, bool *found, struct error *err);
/* The owner's ids, the latest changed first. */
MUST_USE enum status store_upload_list(struct db_tx *tx, struct arena *arena, struct str owner, int64_t **out,
                                       size_t *count, struct error *err);
/* A part that begins where the last one ended; *added false when place is no longer where the upload stands. */
struct store_upload_part {
    int64_t place, length; /* bytes of the file */
    struct str content;    /* sealed */
};
MUST_USE enum status store_upload_add(struct db_tx *tx, const struct store_upload *key,
                                      const struct store_upload_part *part, bool *added, struct error *err);
MUST_USE enum status store_upload_parts(struct db_tx *tx, struct arena *arena, int64_t id,
                                        struct store_upload_part **out, size_t *count, struct error *err);
MUST_USE enum status store_upload_delete(struct db_tx *tx, int64_t id, struct error *err);
/* Those that nothing has come for since then. */
MUST_USE enum status store_upload_expire(struct db_tx *tx, int64_t before, struct error *err);
