#include "service/once.h"

#include "feel/json.h"
#include "service/work.h"
#include "trust/hash.h"

struct store_idempotency once_row(const struct call *call, const char *operation, struct value request)
{
    struct arena *arena = call->arena;
    if (call->idempotency.len == 0)
        return (struct store_idempotency){0};
    struct str who = actor_index(call);
    struct str name = arena_printf(arena, "idempotency:%s:%.*s:%.*s", operation,
                                   STR_ARGS(hex_encode(arena, who.data, who.len)), STR_ARGS(call->idempotency));
    unsigned char hash[HASH_SIZE];
    hash_sm3(json_canonical(arena, request), hash);
    return (struct store_idempotency){.region = actor_region(call),
                                      .at = service_now(call->service),
                                      .name = service_mac(call->service, arena, name, 16),
                                      .request = hex_encode(arena, hash, 16)};
}

enum status once_look(struct db_tx *tx, const struct call *call, const struct store_idempotency *row, struct value *out,
                      struct error *err)
{
    struct store_idempotency stored;
    bool found = false;
    *out = value_null;
    if (row->name.data &&
        store_idempotency_find(tx, call->arena, row->region, row->name, &stored, &found, err) != OK)
        return FAILED;
    if (!found)
        return OK;
    if (!str_equal(stored.request, row->request)) {
        error_set(err, ERROR_CONFLICT, "idempotency-key-reused", "This Idempotency-Key was used for another request.");
        return error_hint(err, "Send a fresh key with a new request; repeat a request only unchanged.");
    }
    return service_unseal(call->service, call->arena, stored.name, stored.answer, out, err);
}

struct looking {
    const struct call *call;
    struct once *once;
};

static enum status look(struct db_tx *tx, void *arg, struct error *err)
{
    struct looking *self = arg;
    return once_look(tx, self->call, &self->once->row, &self->once->answer, err);
}

enum status once_begin(const struct call *call, const char *operation, struct value request, struct once *out,
                       struct error *err)
{
    struct looking arg = {call, out};
    if (call->idempotency.len > 200)
        return error_set(err, ERROR_INVALID, "idempotency-key-invalid", "An Idempotency-Key has at most 200 bytes.");
    *out = (struct once){once_row(call, operation, request), value_null};
    return out->row.name.data ? db_read(call->service->db, look, &arg, err) : OK;
}

enum status once_keep(struct db_tx *tx, const struct call *call, struct once *self, struct value answer,
                      struct error *err)
{
    bool added = true;
    if (!self->row.name.data)
        return OK;
    struct value said = value_with_offsets(call->arena, answer); /* as it is said the first time */
    self->row.answer = service_seal(call->service, call->arena, self->row.name, said);
    if (store_idempotency_insert(tx, &self->row, &added, err) != OK)
        return FAILED;
    if (added)
        return OK;
    error_set(err, ERROR_CONFLICT, "idempotency-key-busy", "The same request has just been done by another call.");
    return error_hint(err, "Send it once more with the same key: the answer is there then.");
}
