/* Opening and closing, settings, counters. */
#include "service/closings.h"
#include "service/status_cache.h"
#include "service/deployed.h"
#include "service/service.h"

#include "service/exchange.h"
#include "service/internal.h"
#include "service/item_state.h"
#include "service/outbox_wait.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* ---- Opening ---- */

static enum status make_folder(const char *path, struct error *err)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return OK;
    return error_set(err, ERROR_UNAVAILABLE, "folder", "The folder %s cannot be made: %s.", path, strerror(errno));
}

static enum status open_database(struct service *self, const struct service_options *options, struct error *err)
{
    const char *where = options->db;
    if (!where && options->data)
        where = arena_cstr(&self->arena, arena_printf(&self->arena, "sqlite:%s/tongban.db", options->data));
    /* Commands compute while they read, so there are more readers than processors. */
    static const struct db_options readers = {.readers = 32};
    if (db_open(where ? where : ":memory:", &readers, &self->db, err) != OK)
        return FAILED;
    return store_migrate(self->db, err);
}

struct packs_arg {
    struct service *self;
    int64_t id;
};

static enum status store_pack_files(const struct pack_set *set, struct db_tx *tx, int64_t id, struct error *err)
{
    size_t pack_count;
    const struct pack *const *packs = pack_set_packs(set, &pack_count);
    for (size_t p = 0; p < pack_count; p++) {
        size_t file_count;
        const struct pack_file *files = pack_files(packs[p], &file_count);
        for (size_t f = 0; f < file_count; f++) {
            struct store_pack_file row = {pack_id(packs[p]), files[f].path, files[f].hash, files[f].text};
            if (store_pack_file_put(tx, &row, err) != OK || store_pack_set_file_add(tx, id, &row, err) != OK)
                return FAILED;
        }
    }
    return OK;
}

enum status service_packs_store(struct service *self, struct db_tx *tx, const struct pack_set *packs, int64_t *id,
                                struct error *err)
{
    struct str hash = pack_set_hash(packs);
    if (store_pack_set_find(tx, hash, id, err) != OK)
        return FAILED;
    if (*id)
        return OK;
    size_t count;
    const struct pack_item *const *items = pack_items(packs, &count);
    for (size_t i = 0; i < count; i++)
        if (store_item_add(tx, items[i]->code, items[i]->version, err) != OK)
            return FAILED;
    return store_pack_set_add(tx, hash, service_now(self), id, err) == OK ? store_pack_files(packs, tx, *id, err)
                                                                          : FAILED;
}

static enum status store_packs(struct db_tx *tx, void *arg, struct error *err)
{
    struct packs_arg *a = arg;
    struct service *self = a->self;
    return service_packs_store(self, tx, self->own_packs, &a->id, err);
}

struct lists_arg {
    struct service *self;
    int64_t *regions;
    size_t region_count;
};

static enum status read_lists(struct db_tx *tx, void *arg, struct error *err)
{
    struct lists_arg *a = arg;
    return store_case_regions(tx, &a->self->arena, &a->regions, &a->region_count, err);
}

static enum status open_packs(struct service *self, struct error *err)
{
    struct packs_arg packs = {.self = self};
    if (db_write(self->db, store_packs, &packs, err) != OK)
        return FAILED;
    self->packs_id = self->own_packs_id = packs.id;
    struct lists_arg lists = {.self = self};
    if (db_read(self->db, read_lists, &lists, err) != OK ||
        item_states_turn(self, self->own_packs, service_now(self), err) != OK)
        return FAILED;
    size_t count;
    const struct pack_division *divisions = pack_divisions(self->own_packs, &count);
    for (size_t i = 0; i < count; i++)
        if (divisions[i].level <= PACK_COUNTY)
            region_note(self, region_of(self->own_packs, divisions[i].code));
    for (size_t i = 0; i < lists.region_count; i++)
        region_note(self, lists.regions[i]);
    return OK;
}

static struct service *service_new(const struct service_options *options)
{
    struct service *self = heap_alloc(sizeof *self);
    memset(self, 0, sizeof *self);
    arena_init(&self->arena);
    pthread_mutex_init(&self->lock, NULL);
    pthread_mutex_init(&self->turning, NULL);
    self->packs = self->own_packs = options->packs;
    self->packs_until = INT64_MAX;
    self->world = options->world ? options->world : &world_real;
    self->transport = options->transport ? options->transport : &service_transport_http;
    self->data = options->data ? arena_str(&self->arena, str_of(options->data)) : STR_NONE;
    self->agencies = options->agencies ? arena_str(&self->arena, str_of(options->agencies)) : STR_NONE;
    const char *url = options->public_url ? options->public_url : "http://127.0.0.1:8080";
    self->public_url = arena_str(&self->arena, str_of(url));
    self->demo = options->demo;
    self->algorithm = self->algorithm_default = options->algorithm;
    self->closings = closings_new();
    self->status_cache = status_cache_new();
    return self;
}

static void set_algorithm(struct service *self, struct str value)
{
    self->algorithm = !value.len                       ? self->algorithm_default
                      : str_equal(value, STR("SM2")) ? SERVICE_SM2
                                                       : SERVICE_ES256;
}

static enum status read_algorithm(struct db_tx *tx, void *arg, struct error *err)
{
    struct str value;
    if (store_setting_get(tx, db_tx_arena(tx), STR("signature.algorithm"), &value, err) != OK)
        return FAILED;
    set_algorithm(arg, value);
    return OK;
}

enum status service_open(const struct service_options *options, struct service **out, struct error *err)
{
    CHECK(options->packs);
    if (options->data && make_folder(options->data, err) != OK)
        return FAILED;
    struct service *self = service_new(options);
    enum status status = open_database(self, options, err);
    if (status == OK)
        status = db_read(self->db, read_algorithm, self, err);
    if (status == OK)
        status = service_keys_open(self, err);
    if (status == OK)
        status = open_packs(self, err);
    if (status == OK)
        status = service_number_fill(self, "key", SERVICE_KEY_BLOCK, err);
    if (status == OK)
        status = service_packs_turn(self, err);
    if (status != OK) {
        service_close(self);
        return FAILED;
    }
    *out = self;
    return OK;
}

void service_close(struct service *self)
{
    if (!self)
        return;
    sweeps_close(self);
    db_close(self->db);
    for (struct old_packs *old = self->old_packs, *next; old; old = next) {
        next = old->next;
        arena_release(&old->arena);
        heap_free(old);
    }
    for (struct number_block *block = self->numbers, *next; block; block = next) {
        next = block->next_block;
        heap_free(block);
    }
    deployed_release(self);
    closings_free(self->closings);
    status_cache_free(self->status_cache);
    item_states_release(self);
    for (size_t i = 0; i < self->retired_count; i++)
        key_set_free(self->retired[i]);
    if (self->keys)
        key_set_free(self->keys);
    if (self->ring)
        seal_ring_free(self->ring);
    pthread_mutex_destroy(&self->lock);
    pthread_mutex_destroy(&self->turning);
    arena_release(&self->arena);
    heap_free(self);
}

void service_listen(struct service *self, struct service_listener listener)
{
    self->listener = listener;
}

const struct pack_set *service_packs(const struct service *self)
{
    return self->packs;
}

struct db *service_db(const struct service *self)
{
    return self->db;
}

int64_t service_now(const struct service *self)
{
    return self->world->now_ms(self->world->state);
}

bool service_demo(const struct service *self)
{
    return self->demo;
}

struct str service_public_url(const struct service *self)
{
    return self->public_url;
}

/* ---- Packs of running cases ---- */

static enum status load_old_packs(struct db_tx *tx, struct old_packs *old, struct error *err)
{
    struct store_pack_file *rows;
    size_t count;
    if (store_pack_set_files(tx, &old->arena, old->id, &rows, &count, err) != OK)
        return FAILED;
    VECTOR(const struct pack *) packs = {0};
    for (size_t i = 0; i < count;) {
        size_t n = i;
        while (n < count && str_equal(rows[n].pack, rows[i].pack))
            n++;
        struct pack_file *files = arena_array(&old->arena, struct pack_file, n - i);
        for (size_t f = i; f < n; f++)
            files[f - i] = (struct pack_file){.path = rows[f].path, .text = rows[f].content};
        struct pack_problems problems = {.arena = &old->arena};
        const struct pack *pack;
        if (pack_load_files(&old->arena, files, n - i, &problems, &pack, err) != OK)
            return FAILED;
        VECTOR_PUSH(&old->arena, &packs, pack);
        i = n;
    }
    if (packs.count == 0)
        return error_set(err, ERROR_INTERNAL, "packs-missing", "The packs of this case are not in the database.");
    return pack_set_new(&old->arena, packs.items, packs.count, NULL, &old->packs, err);
}

static const struct pack_set *old_packs_find(struct service *self, int64_t id)
{
    const struct pack_set *found = NULL;
    pthread_mutex_lock(&self->lock);
    for (struct old_packs *old = self->old_packs; old && !found; old = old->next)
        found = old->id == id ? old->packs : NULL;
    pthread_mutex_unlock(&self->lock);
    return found;
}

const struct pack_set *service_packs_of(struct service *self, struct db_tx *tx, int64_t id, struct error *err)
{
    if (id == self->own_packs_id)
        return self->own_packs;
    const struct pack_set *found = old_packs_find(self, id);
    if (found)
        return found;
    struct old_packs *old = heap_alloc(sizeof *old);
    *old = (struct old_packs){.id = id};
    arena_init(&old->arena);
    if (load_old_packs(tx, old, err) != OK) {
        arena_release(&old->arena);
        heap_free(old);
        return NULL;
    }
    pthread_mutex_lock(&self->lock);
    old->next = self->old_packs;
    self->old_packs = old;
    pthread_mutex_unlock(&self->lock);
    return old->packs;
}

const struct pack_set *service_packs_numbered(struct service *self, int64_t number)
{
    const struct pack_set *found = number == self->own_packs_id ? self->own_packs : old_packs_find(self, number);
    return found ? found : service_packs(self);
}

int64_t service_packs_id(struct service *self, const struct pack_set *packs)
{
    int64_t found = packs == self->own_packs ? self->own_packs_id : 0;
    pthread_mutex_lock(&self->lock);
    for (const struct old_packs *old = self->old_packs; old && !found; old = old->next)
        found = old->packs == packs ? old->id : 0;
    pthread_mutex_unlock(&self->lock);
    CHECK(found);
    return found;
}

/* ---- Settings ---- */

struct setting_arg {
    const struct call *call;
    struct str name, value;
};

static enum status setting_read(struct db_tx *tx, void *arg, struct error *err)
{
    struct setting_arg *a = arg;
    return store_setting_get(tx, a->call->arena, a->name, &a->value, err);
}

static enum status setting_write(struct db_tx *tx, void *arg, struct error *err)
{
    const struct setting_arg *a = arg;
    return store_setting_put(tx, a->name, a->value, err);
}

bool setting_is_secret(struct str name)
{
    return str_ends(name, STR(".secret")) || str_ends(name, STR(".password")) || str_ends(name, STR(".token"));
}

static const char sealed_mark[] = "sealed:";

static enum status unseal_setting(const struct call *call, struct str name, struct str value, struct str *out,
                                  struct error *err)
{
    struct str bytes;
    if (!setting_is_secret(name) || !str_starts(value, str_of(sealed_mark))) {
        *out = value;
        return OK;
    }
    if (!base64_decode(call->arena, str_part(value, sizeof sealed_mark - 1, value.len), &bytes))
        return error_set(err, ERROR_INTERNAL, "setting-damaged", "The setting %.*s cannot be read.", STR_ARGS(name));
    return service_unseal_bytes(call->service, call->arena, name, bytes, out, err);
}

enum status service_setting_get(const struct call *call, struct str name, struct str *out, struct error *err)
{
    struct setting_arg arg = {.call = call, .name = name};
    if (db_read(call->service->db, setting_read, &arg, err) != OK)
        return FAILED;
    return unseal_setting(call, name, arg.value, out, err);
}

enum status service_setting_put(const struct call *call, struct str name, struct str value, struct error *err)
{
    if (service_may(call, "setting.write", err) != OK)
        return FAILED;
    if (name.len == 0 || name.len > 100 || value.len > 10000)
        return error_set(err, ERROR_INVALID, "setting-invalid",
                         "A setting has a name of 1 to 100 bytes and a value of at most 10,000.");
    bool algorithm = str_equal(name, STR("signature.algorithm"));
    if (algorithm && value.len && !str_equal(value, STR("SM2")) && !str_equal(value, STR("ES256"))) {
        error_set(err, ERROR_INVALID, "setting-invalid", "The signature algorithm is SM2 or ES256.");
        error_field(err, "value");
        return error_hint(err, "Leave it empty for the server's own default.");
    }
    if (setting_is_secret(name) && value.len) {
        struct str sealed = service_seal_bytes(call->service, call->arena, name, value);
        value = arena_printf(call->arena, "%s%.*s", sealed_mark,
                             STR_ARGS(base64_encode(call->arena, sealed.data, sealed.len)));
    }
    struct setting_arg arg = {.call = call, .name = name, .value = value};
    if (db_write(call->service->db, setting_write, &arg, err) != OK)
        return FAILED;
    outbox_note_setting(call->service, name);
    if (algorithm)
        set_algorithm(call->service, value);
    return OK;
}

/* ---- Counters ---- */

static const char *const metric_names[METRIC_COUNT] = {
    [METRIC_CASES_OPENED] = "cases_opened",
    [METRIC_CASES_CLOSED] = "cases_closed",
    [METRIC_CERTIFICATES_ISSUED] = "certificates_issued",
    [METRIC_CERTIFICATES_VERIFIED] = "certificates_verified",
    [METRIC_TASKS_COMPLETED] = "tasks_completed",
    [METRIC_TIMERS_FIRED] = "timers_fired",
    [METRIC_JOBS_COMPLETED] = "jobs_completed",
    [METRIC_MESSAGES] = "messages_published",
    [METRIC_EXCHANGES_DELIVERED] = "exchanges_delivered",
    [METRIC_EXCHANGES_FAILED] = "exchanges_failed",
    [METRIC_INCIDENTS] = "incidents_raised",
    [METRIC_SIGN_INS] = "sign_ins",
    [METRIC_SIGN_INS_FAILED] = "sign_ins_failed",
    [METRIC_RETRIES] = "command_retries",
};

void service_count(struct service *self, enum metric metric, int64_t n)
{
    atomic_fetch_add_explicit(&self->metrics[metric], n, memory_order_relaxed);
}

void service_metrics_write(struct service *self, struct buf *out)
{
    for (size_t i = 0; i < METRIC_COUNT; i++)
        buf_printf(out, "# TYPE tongban_%s_total counter\ntongban_%s_total %" PRId64 "\n", metric_names[i],
                   metric_names[i], atomic_load_explicit(&self->metrics[i], memory_order_relaxed));
    closings_write(self, self->closings, out);
    db_metrics_write(self->db, out);
}

enum status service_ready(struct service *self, struct error *err)
{
    return db_ping(self->db, err);
}
