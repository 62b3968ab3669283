/* The key files under the data folder: master.key seals, audit.key keys the tally, signing.json signs. Made on first
 * start, readable by the owner only. Losing master.key loses the personal data; `tongban backup` copies all three. */
#include "service/certificate.h"
#include "service/internal.h"

#include <string.h>
#include <unistd.h>

static const char *key_path(const struct service *self, struct arena *arena, const char *name)
{
    return arena_cstr(arena, arena_printf(arena, "%.*s/%s", STR_ARGS(self->data), name));
}

/* 32 bytes from a file of hex digits, made if it is not there. */
static enum status secret_open(struct service *self, const char *name, struct str *out, struct error *err)
{
    struct arena *arena = &self->arena;
    struct str text = STR_NONE;
    if (!self->data.data) {
        *out = service_random(self, arena, 32);
        return OK;
    }
    const char *path = key_path(self, arena, name);
    if (access(path, F_OK) != 0) {
        struct str fresh = service_random(self, arena, 32);
        text = hex_encode(arena, fresh.data, fresh.len);
        if (file_write(path, text, 0600, err) != OK)
            return FAILED;
        *out = fresh;
        return OK;
    }
    if (file_read(arena, path, 1000, &text, err) != OK)
        return FAILED;
    if (!hex_decode(arena, str_trim(text), out) || out->len != 32)
        return error_set(err, ERROR_INTERNAL, "key-file", "The key file %s does not hold 64 hex digits.", path);
    return OK;
}

static enum status create_missing(struct service *self, struct key_set *keys, bool *made, struct error *err)
{
    static const enum key_algorithm algorithms[] = {KEY_SM2, KEY_ES256};
    (void)err;
    for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
        if (key_set_active(keys, algorithms[i]))
            continue;
        unsigned char seed[KEY_SEED_SIZE];
        self->world->random(self->world->state, seed, sizeof seed);
        key_set_create(keys, algorithms[i], seed, service_now(self));
        *made = true;
    }
    return OK;
}

enum status service_keys_save(struct service *self, const struct key_set *keys, struct error *err)
{
    if (!self->data.data)
        return OK;
    struct arena scratch;
    arena_init(&scratch);
    enum status status = file_write(key_path(self, &scratch, "signing.json"), key_set_save(&scratch, keys), 0600, err);
    arena_release(&scratch);
    return status;
}

enum status service_keys_open(struct service *self, struct error *err)
{
    struct str master;
    if (secret_open(self, "master.key", &master, err) != OK ||
        secret_open(self, "audit.key", &self->audit_key, err) != OK)
        return FAILED;
    self->ring = seal_ring_new();
    seal_ring_add(self->ring, 1, (const unsigned char *)master.data);
    self->keys = key_set_new();
    const char *path = self->data.data ? key_path(self, &self->arena, "signing.json") : NULL;
    if (path && access(path, F_OK) == 0) {
        struct str text;
        if (file_read(&self->arena, path, 1 << 20, &text, err) != OK || key_set_load(self->keys, text, err) != OK)
            return FAILED;
    }
    bool made = false;
    if (create_missing(self, self->keys, &made, err) != OK)
        return FAILED;
    return made ? service_keys_save(self, self->keys, err) : OK;
}

const struct key_set *service_key_set(struct service *self)
{
    pthread_mutex_lock(&self->lock);
    const struct key_set *keys = self->keys;
    pthread_mutex_unlock(&self->lock);
    return keys;
}

const struct key *service_signing_key(struct service *self)
{
    const struct key *key =
        key_set_active(service_key_set(self), self->algorithm == SERVICE_ES256 ? KEY_ES256 : KEY_SM2);
    CHECK(key);
    return key;
}

enum status service_jwks(const struct call *call, struct value *out, struct error *err)
{
    (void)err;
    *out = key_set_jwks(call->arena, service_key_set(call->service));
    return OK;
}

/* The new set is a copy with one key more; readers of the old one are left in peace until the service closes. */
enum status service_keys_rotate(const struct call *call, struct error *err)
{
    struct service *self = call->service;
    if (service_may(call, "setting.write", err) != OK)
        return FAILED;
    if (self->retired_count == COUNT_OF(self->retired))
        return error_set(err, ERROR_LIMIT, "keys-too-many", "Keys were changed too often; restart the server first.");
    struct key_set *fresh = key_set_new();
    unsigned char seed[KEY_SEED_SIZE];
    self->world->random(self->world->state, seed, sizeof seed);
    if (key_set_load(fresh, key_set_save(call->arena, service_key_set(self)), err) != OK) {
        key_set_free(fresh);
        return FAILED;
    }
    key_set_create(fresh, self->algorithm == SERVICE_ES256 ? KEY_ES256 : KEY_SM2, seed, service_now(self));
    if (service_keys_save(self, fresh, err) != OK) {
        key_set_free(fresh);
        return FAILED;
    }
    pthread_mutex_lock(&self->lock);
    self->retired[self->retired_count++] = self->keys;
    self->keys = fresh;
    pthread_mutex_unlock(&self->lock);
    return OK;
}
