/* What a store's rows cost without the service: SQLite alone. */
#pragma once

#include "base/base.h"

/* Writes the rows of the database file from into the new file to, durably, a batch of count's part in each commit. Returns count per
 * second. The process ends when it cannot. */
double run_bare(const char *from, const char *to, int64_t count, double batch);
