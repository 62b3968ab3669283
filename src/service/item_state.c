#include "service/item_state.h"

#include "store/model.h"

#include <stdlib.h>
#include <string.h>

#define ITEM_SUFFIX 5 /* ".json" */

struct str item_laid_path(struct arena *arena, struct str path, int64_t version)
{
    return arena_printf(arena, "%.*s@%" PRId64 ".json", STR_ARGS(str_part(path, 0, path.len - ITEM_SUFFIX)), version);
}

static bool declared_in(const struct pack_item *item, struct str pack, struct str path)
{
    return str_equal(pack_id(item->pack), pack) && str_equal(item->file->path, path);
}

struct str item_code_of(const struct service *self, struct str pack, struct str path)
{
    struct str name = path;
    size_t count;
    (void)str_cut(&name, '/');
    struct str stem = str_part(name, 0, name.len - ITEM_SUFFIX);
    const struct pack_item *const *items = pack_item_versions(self->own_packs, stem, &count);
    for (size_t i = 0; i < count; i++)
        if (declared_in(items[i], pack, path))
            return stem;
    items = pack_items(self->own_packs, &count);
    for (size_t i = 0; i < count; i++)
        if (declared_in(items[i], pack, path))
            return items[i]->code;
    return stem;
}

struct str item_model_id(const struct call *call, const struct pack_item *item)
{
    struct str name = item->file->path, pack = pack_id(item->pack);
    (void)str_cut(&name, '/');
    ptrdiff_t laid = str_find(name, STR("@"), 0);
    return laid < 0
               ? arena_printf(call->arena, "%.*s.%.*s", STR_ARGS(pack), STR_ARGS(name))
               : arena_printf(call->arena, "%.*s.%.*s.json", STR_ARGS(pack), STR_ARGS(str_part(name, 0, (size_t)laid)));
}

/* ---- Reading ---- */

struct reading_states {
    struct service *service;
    struct item_states *states;
    int64_t instant;
    VECTOR(struct item_suspension) suspended;
    VECTOR(struct item_announced) announced;
};

/* Rows come in the order of their instants: the last word counts. */
static void note_suspension(struct reading_states *self, const struct store_model *row, struct str code)
{
    size_t at = 0;
    while (at < self->suspended.count && !str_equal(self->suspended.items[at].code, code))
        at++;
    struct item_suspension one = {code, row->reason, row->in_force};
    bool suspends = str_equal(row->step, STR("suspend"));
    if (!suspends && at < self->suspended.count)
        self->suspended.items[at] = self->suspended.items[--self->suspended.count];
    else if (suspends && at < self->suspended.count)
        self->suspended.items[at] = one;
    else if (suspends)
        VECTOR_PUSH(&self->states->arena, &self->suspended, one);
}

static int by_code_and_version(const void *a, const void *b)
{
    const struct store_item *x = *(const struct store_item *const *)a, *y = *(const struct store_item *const *)b;
    int order = str_compare(x->code, y->code);
    return order ? order : x->version < y->version ? -1 : x->version > y->version;
}

static enum status read_items(struct db_tx *tx, struct item_states *states, struct error *err)
{
    struct store_item *items;
    if (store_item_list(tx, &states->arena, &items, &states->count, err) != OK)
        return FAILED;
    states->items = items;
    states->by_code = arena_array(&states->arena, const struct store_item *, states->count);
    for (size_t i = 0; i < states->count; i++)
        states->by_code[i] = &items[i];
    if (states->count)
        qsort(states->by_code, states->count, sizeof(*states->by_code), by_code_and_version);
    return OK;
}

static enum status read_states(struct db_tx *tx, void *arg, struct error *err)
{
    struct reading_states *self = arg;
    struct store_model *rows;
    size_t count;
    self->suspended.count = self->announced.count = 0;
    if (read_items(tx, self->states, err) != OK ||
        store_model_released(tx, &self->states->arena, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++) {
        if (!str_starts(rows[i].path, STR("items/")))
            continue;
        struct str code = item_code_of(self->service, rows[i].pack, rows[i].path);
        bool comes = rows[i].in_force > self->instant;
        if (rows[i].step.len && !comes)
            note_suspension(self, &rows[i], code);
        if (rows[i].step.len || !comes || !model_counts(self->service, &rows[i]))
            continue;
        struct item_announced one = {code, rows[i].item_version, rows[i].in_force};
        VECTOR_PUSH(&self->states->arena, &self->announced, one);
    }
    return OK;
}

enum status item_states_turn(struct service *self, const struct pack_set *packs, int64_t instant, struct error *err)
{
    struct item_states *states = heap_alloc(sizeof *states);
    memset(states, 0, sizeof *states);
    arena_init(&states->arena);
    struct reading_states reading = {.service = self, .states = states, .instant = instant};
    if (db_read(self->db, read_states, &reading, err) != OK) {
        arena_release(&states->arena);
        heap_free(states);
        return FAILED;
    }
    catalogue_index_make(&states->arena, packs, &states->catalogue);
    states->suspended = reading.suspended.items;
    states->suspended_count = reading.suspended.count;
    states->announced = reading.announced.items;
    states->announced_count = reading.announced.count;
    states->before = self->item_states;
    self->item_states = states;
    return OK;
}

void item_states_release(struct service *self)
{
    for (struct item_states *states = self->item_states, *before; states; states = before) {
        before = states->before;
        arena_release(&states->arena);
        heap_free(states);
    }
}

/* ---- Asking ---- */

const struct item_suspension *item_suspended(const struct service *self, struct str code)
{
    const struct item_states *states = self->item_states;
    for (size_t i = 0; i < states->suspended_count; i++)
        if (str_equal(states->suspended[i].code, code))
            return &states->suspended[i];
    return NULL;
}

const struct item_announced *item_announced(const struct service *self, struct str code)
{
    const struct item_states *states = self->item_states;
    for (size_t i = 0; i < states->announced_count; i++)
        if (str_equal(states->announced[i].code, code))
            return &states->announced[i];
    return NULL;
}

enum status item_refuse_suspended(const struct call *call, struct str code, struct error *err)
{
    const struct item_suspension *suspension = item_suspended(call->service, code);
    if (!suspension)
        return OK;
    error_set(err, ERROR_CONFLICT, "item-suspended", "This item is suspended: %.*s",
              STR_ARGS(str_part(suspension->reason, 0, 300)));
    error_field(err, "item");
    return error_hint(err, "Cases that are running go on; the item's guide says when it is open again.");
}

int64_t service_item_id(const struct service *self, struct str code, int64_t version)
{
    const struct item_states *states = self->item_states;
    struct store_item wanted = {.code = code, .version = version};
    const struct store_item *key = &wanted;
    const struct store_item *const *found =
        states->count ? bsearch(&key, states->by_code, states->count, sizeof(*states->by_code), by_code_and_version)
                      : NULL;
    return found ? (*found)->id : 0;
}

bool item_has_versions(const struct service *self, struct str code)
{
    const struct item_states *states = self->item_states;
    size_t count = 0;
    for (size_t i = 0; i < states->count && count < 2; i++)
        count += str_equal(states->items[i].code, code);
    return count > 1;
}

static int by_id(const void *a, const void *b)
{
    int64_t x = ((const struct store_item *)a)->id, y = ((const struct store_item *)b)->id;
    return x < y ? -1 : x > y;
}

const struct store_item *service_item_of(const struct service *self, int64_t id)
{
    const struct item_states *states = self->item_states;
    struct store_item wanted = {.id = id};
    return states->count ? bsearch(&wanted, states->items, states->count, sizeof wanted, by_id) : NULL;
}
