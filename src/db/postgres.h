/* What postgres.c and postgres_types.c share: parameters to the wire, results from it, errors. */
#pragma once

#include "db/internal.h"

#include <libpq-fe.h>

/* Parameters in binary form. Numbers are written into store. */
struct postgres_params {
    Oid types[DB_PARAMS_MAX];
    const char *values[DB_PARAMS_MAX];
    int lengths[DB_PARAMS_MAX];
    int formats[DB_PARAMS_MAX];
    uint64_t store[DB_PARAMS_MAX];
};
void postgres_params_set(struct postgres_params *self, struct db_params params);
/* Which types the parameters have: a prepared statement serves one combination. */
uint64_t postgres_signature(struct db_params params);

/* One binary value of a result. The arena takes what does not lie in the result. */
struct db_cell postgres_cell(const PGresult *result, int row, int column);

/* Fills err from a failed result. True when the transaction may succeed if it is run again. */
bool postgres_error(const PGresult *result, struct error *err);
