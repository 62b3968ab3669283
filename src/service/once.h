/* Idempotency-Key for what one db_write creates; commands that run as work have work_run_once. */
#pragma once

#include "service/internal.h"
#include "store/case.h"

struct once {
    struct store_idempotency row; /* name absent: the call has no key, or its answer is known */
    struct value answer;          /* what an earlier call with this key and request kept, else null */
};

/* The row that keeps the answer; its name is absent without a key. */
struct store_idempotency once_row(const struct call *call, const char *operation, struct value request);
/* The answer kept under the row's name, else null. Refused (idempotency-key-reused) when it was another request's. */
MUST_USE enum status once_look(struct db_tx *tx, const struct call *call, const struct store_idempotency *row,
                               struct value *out, struct error *err);

/* Before the command: fills answer when it has run. */
MUST_USE enum status once_begin(const struct call *call, const char *operation, struct value request, struct once *out,
                                struct error *err);
/* In the command's transaction. Refused (idempotency-key-busy) when another call with the key has just been faster. */
MUST_USE enum status once_keep(struct db_tx *tx, const struct call *call, struct once *self, struct value answer,
                               struct error *err);
