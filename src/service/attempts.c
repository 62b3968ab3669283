/* Counted in the table of rates, by hash only. */
#include "service/attempts.h"

#include "clock/instant.h"
#include "service/internal.h"
#include "store/system.h"
#include "trust/seal.h"

#define ATTEMPTS_MAX 5
#define WINDOW_MS ((int64_t)60 * CLOCK_MINUTE_MS)

struct counting {
    const struct call *call;
    struct str name;
    int64_t n;
};

struct str attempts_name(const struct call *call, const char *kind, struct str fact)
{
    struct str normal = seal_normalise(call->arena, fact);
    return service_mac(call->service, call->arena, arena_printf(call->arena, "%s:%.*s", kind, STR_ARGS(normal)), 16);
}

static enum status read_rate(struct db_tx *tx, void *arg, struct error *err)
{
    struct counting *a = arg;
    return store_rate_get(tx, a->name, service_now(a->call->service) - WINDOW_MS, &a->n, err);
}

static enum status add_rate(struct db_tx *tx, void *arg, struct error *err)
{
    struct counting *a = arg;
    return store_rate_add(tx, a->name, service_now(a->call->service), WINDOW_MS, &a->n, err);
}

enum status attempts_check(const struct call *call, struct str name, const char *message, struct error *err)
{
    struct counting counting = {call, name, 0};
    if (db_read(call->service->db, read_rate, &counting, err) != OK)
        return FAILED;
    if (counting.n < ATTEMPTS_MAX)
        return OK;
    error_set(err, ERROR_TOO_MANY, "too-many-attempts", "%s", message);
    return error_hint(err, "Try again in an hour, or sign in.");
}

enum status attempts_count(const struct call *call, struct str name, struct error *err)
{
    struct counting counting = {call, name, 0};
    return db_write(call->service->db, add_rate, &counting, err);
}
