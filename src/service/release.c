/* What is in force: the packs as they were loaded, with the models that were released laid over them.
 *
 *     released rows, in the order of their instants  ->  files replaced or, for items, added  ->  a set, stored by
 * content  ->  packs
 *
 * A release counts as long as the pack's own file is the one that it was drawn from: a newer pack brings a newer file.
 * The sets are stored like those of packs, so that every case keeps the one it was opened under. */
#include "service/internal.h"

#include "service/item_state.h"
#include "service/model.h"
#include "store/model.h"

#include <string.h>

#define RETRY_MS 5000 /* after a release could not be put into force */

struct release {
    struct service *service;
    struct arena *arena;
    int64_t instant;
    VECTOR(struct pack_change) changes;
    int64_t next;         /* instant of the next release, or INT64_MAX */
    int64_t count, latest;
    const struct pack_set *packs;
    int64_t id;
};

bool model_counts(const struct service *service, const struct store_model *row)
{
    const struct pack *pack = pack_set_find(service->own_packs, row->pack);
    const struct pack_file *own = pack ? pack_file_find(pack, row->path) : NULL;
    return pack && str_equal(own ? own->hash : STR(""), row->base);
}

static enum status read_releases(struct db_tx *tx, void *arg, struct error *err)
{
    struct release *self = arg;
    struct store_model *rows;
    size_t count;
    self->changes.count = 0;
    self->next = INT64_MAX;
    self->latest = 0;
    if (store_model_released(tx, self->arena, &rows, &count, err) != OK)
        return FAILED;
    self->count = (int64_t)count;
    for (size_t i = 0; i < count; i++) {
        struct store_model_text text;
        self->latest = rows[i].decided > self->latest ? rows[i].decided : self->latest;
        if (rows[i].in_force > self->instant) {
            self->next = rows[i].in_force < self->next ? rows[i].in_force : self->next;
            continue;
        }
        if (rows[i].step.len || !model_counts(self->service, &rows[i]))
            continue;
        if (store_model_text_get(tx, self->arena, &rows[i], &text, err) != OK)
            return FAILED;
        /* Older versions of an item stay beside the new one, for cases that keep them. */
        struct str path =
            rows[i].item_version ? item_laid_path(self->arena, rows[i].path, rows[i].item_version) : rows[i].path;
        struct pack_change change = {rows[i].pack, path, text.content};
        VECTOR_PUSH(self->arena, &self->changes, change);
    }
    return OK;
}

static enum status change_packs(struct release *self, struct pack_problems *problems, struct error *err)
{
    struct pack_changes changes = {self->changes.items, self->changes.count};
    self->packs = self->service->own_packs;
    return changes.count == 0
               ? OK
               : pack_set_change(self->arena, self->service->own_packs, &changes, problems, &self->packs, err);
}

enum status service_packs_at(struct service *self, struct arena *arena, int64_t instant,
                             const struct pack_changes *more, struct pack_problems *problems,
                             const struct pack_set **out, struct error *err)
{
    struct release release = {.service = self, .arena = arena, .instant = instant};
    if (db_read(self->db, read_releases, &release, err) != OK)
        return FAILED;
    for (size_t i = 0; more && i < more->count; i++)
        VECTOR_PUSH(arena, &release.changes, more->items[i]);
    if (change_packs(&release, problems, err) != OK)
        return FAILED;
    *out = release.packs;
    return OK;
}

static enum status store_changed(struct db_tx *tx, void *arg, struct error *err)
{
    struct release *self = arg;
    return service_packs_store(self->service, tx, self->packs, &self->id, err);
}

static enum status load_stored(struct db_tx *tx, void *arg, struct error *err)
{
    struct release *self = arg;
    self->packs = service_packs_of(self->service, tx, self->id, err);
    return self->packs ? OK : FAILED;
}

static enum status turn(struct release *self, struct error *err)
{
    struct service *service = self->service;
    if (db_read(service->db, read_releases, self, err) != OK || change_packs(self, NULL, err) != OK)
        return FAILED;
    self->id = service->own_packs_id;
    if (self->packs != service->own_packs && (db_write(service->db, store_changed, self, err) != OK ||
                                              db_read(service->db, load_stored, self, err) != OK))
        return FAILED;
    if (item_states_turn(service, self->packs, self->instant, err) != OK)
        return FAILED;
    service->packs = self->packs;
    service->packs_id = self->id;
    service->packs_until = self->next;
    service->released_count = self->count;
    service->released_latest = self->latest;
    return OK;
}

enum status service_packs_turn(struct service *self, struct error *err)
{
    struct arena arena;
    arena_init(&arena);
    pthread_mutex_lock(&self->turning);
    struct release release = {.service = self, .arena = &arena, .instant = service_now(self)};
    enum status status = turn(&release, err);
    pthread_mutex_unlock(&self->turning);
    arena_release(&arena);
    return status;
}

const struct pack_set *service_packs_now(struct service *self)
{
    struct error err = ERROR_INIT;
    if (service_now(self) >= self->packs_until && service_packs_turn(self, &err) != OK) {
        log_event(LOG_ERROR, "packs.turn.failed", "problem=%s", err.type);
        self->packs_until = service_now(self) + RETRY_MS;
    }
    return self->packs;
}

struct look {
    struct arena *arena;
    int64_t latest, count;
};

static enum status read_latest(struct db_tx *tx, void *arg, struct error *err)
{
    struct look *self = arg;
    struct store_model *rows;
    size_t count;
    if (store_model_released(tx, self->arena, &rows, &count, err) != OK)
        return FAILED;
    self->latest = 0;
    self->count = (int64_t)count;
    for (size_t i = 0; i < count; i++)
        self->latest = rows[i].decided > self->latest ? rows[i].decided : self->latest;
    return OK;
}

enum status service_models_look(struct service *self, struct error *err)
{
    struct arena arena;
    arena_init(&arena);
    struct look look = {.arena = &arena};
    enum status status = db_read(self->db, read_latest, &look, err);
    arena_release(&arena);
    if (status != OK)
        return FAILED;
    bool same = look.latest == self->released_latest && look.count == self->released_count;
    return same && service_now(self) < self->packs_until ? OK : service_packs_turn(self, err);
}
