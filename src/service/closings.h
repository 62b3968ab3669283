/* How many cases of each item this process has closed, by outcome: for /metrics. Counting takes no lock. */
#pragma once

#include "service/internal.h"

#define CLOSINGS_MAX 2048 /* item versions; a power of two. Those beyond are not told apart */

struct closings {
    struct {
        _Atomic int64_t item; /* store_item.id; 0: free */
        _Atomic int64_t by_outcome[OUTCOME_COUNT];
    } of[CLOSINGS_MAX];
};

struct closings *closings_new(void);
void closings_free(struct closings *self);
void closings_count(struct closings *self, int64_t item, int64_t outcome);
/* Prometheus' text format: one line for each item version and outcome that was seen. */
void closings_write(const struct service *service, const struct closings *self, struct buf *out);
