#include "service/outbox_wait.h"

#include "service/exchange.h"

#define LOOK_AGAIN_MS 60000
#define WOKEN_AT_ONCE 500

static enum status agency_reached(struct db_tx *tx, struct outbox_agencies *self, struct str agency, bool *out,
                                  struct error *err)
{
    struct str address = STR_NONE;
    for (size_t i = 0; i < self->list.count; i++)
        if (str_equal(self->list.items[i].id, agency)) {
            *out = self->list.items[i].has_address;
            return OK;
        }
    struct str name = arena_printf(self->arena, "agency.%.*s", STR_ARGS(agency));
    if (store_setting_get(tx, self->arena, name, &address, err) != OK)
        return FAILED;
    *out = address.len > 0;
    VECTOR_PUSH(self->arena, &self->list, ((struct outbox_agency){agency, *out}));
    return OK;
}

enum status outbox_can_go(struct db_tx *tx, struct outbox_agencies *agencies, struct str exchange, bool *out,
                          struct error *err)
{
    const struct service *service = agencies->service;
    const struct pack_exchange *found = pack_exchange_find(service->packs, exchange);
    *out = true;
    if (!service->transport->needs_address || service->agencies.len || !found)
        return OK;
    return agency_reached(tx, agencies, found->agency, out, err);
}

struct waking {
    struct outbox_agencies agencies;
    int64_t now, region;
    struct str *waiting; /* exchanges */
    size_t count;
    struct str exchange;
    int64_t woken;
};

static enum status read_waiting(struct db_tx *tx, void *arg, struct error *err)
{
    struct waking *self = arg;
    self->agencies.list.count = 0;
    return store_outbox_aside(tx, self->agencies.arena, self->region, &self->waiting, &self->count, err);
}

static enum status wake_some(struct db_tx *tx, void *arg, struct error *err)
{
    struct waking *self = arg;
    bool go;
    self->woken = 0;
    self->agencies.list.count = 0;
    if (outbox_can_go(tx, &self->agencies, self->exchange, &go, err) != OK)
        return FAILED;
    return go ? store_outbox_wake(tx, self->region, self->exchange, self->now, WOKEN_AT_ONCE, &self->woken, err) : OK;
}

static enum status wake_region(struct db *db, struct waking *self, struct error *err)
{
    if (db_read(db, read_waiting, self, err) != OK)
        return FAILED;
    for (size_t i = 0; i < self->count; i++) {
        self->exchange = self->waiting[i];
        do {
            if (db_write(db, wake_some, self, err) != OK)
                return FAILED;
        } while (self->woken == WOKEN_AT_ONCE);
    }
    return OK;
}

enum status outbox_wake(struct service *service, int64_t now, struct error *err)
{
    struct arena arena;
    enum status status = OK;
    int64_t *regions;
    /* Set first: a setting that changes meanwhile is looked at again. */
    if (atomic_load(&service->outbox_look_at) > now)
        return OK;
    atomic_store(&service->outbox_look_at, now + LOOK_AGAIN_MS);
    arena_init(&arena);
    size_t count = region_list(service, (struct division_range){0, INT64_MAX}, &arena, &regions);
    for (size_t i = 0; i < count && status == OK; i++) {
        struct waking waking = {.agencies = {.service = service, .arena = &arena}, .now = now, .region = regions[i]};
        status = wake_region(service->db, &waking, err);
    }
    if (status != OK)
        atomic_store(&service->outbox_look_at, 0);
    arena_release(&arena);
    return status;
}

void outbox_note_setting(struct service *service, struct str name)
{
    if (str_starts(name, STR("agency.")))
        atomic_store(&service->outbox_look_at, 0);
}
