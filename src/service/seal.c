/* Sealing of personal data, blind indexes, masks. */
#include "feel/json.h"
#include "service/internal.h"

#include <string.h>

struct str service_random(const struct service *self, struct arena *arena, size_t n)
{
    unsigned char *bytes = arena_alloc(arena, n);
    self->world->random(self->world->state, bytes, n);
    return (struct str){(const char *)bytes, n};
}

int64_t service_random_id(const struct service *self, struct arena *arena)
{
    struct str bytes = service_random(self, arena, 7);
    int64_t id = 0;
    for (size_t i = 0; i < bytes.len; i++)
        id = id << 8 | (unsigned char)bytes.data[i];
    return id | 1;
}

struct str service_seal_bytes(const struct service *self, struct arena *arena, struct str context, struct str plain)
{
    unsigned char nonce[SEAL_NONCE_SIZE];
    self->world->random(self->world->state, nonce, sizeof nonce);
    return seal(arena, self->ring, context, plain, nonce);
}

struct str service_seal(const struct service *self, struct arena *arena, struct str context, struct value v)
{
    struct buf text;
    buf_init(&text, 0);
    json_write(&text, v);
    struct str sealed = service_seal_bytes(self, arena, context, buf_str(&text));
    buf_release(&text);
    return sealed;
}

enum status service_unseal_bytes(const struct service *self, struct arena *arena, struct str context, struct str sealed,
                                 struct str *out, struct error *err)
{
    return seal_open(arena, self->ring, context, sealed, out, err);
}

enum status service_unseal(const struct service *self, struct arena *arena, struct str context, struct str sealed,
                           struct value *out, struct error *err)
{
    struct str text;
    if (seal_open(arena, self->ring, context, sealed, &text, err) != OK)
        return FAILED;
    static const struct json_limits limits = {.max_bytes = (size_t)256 * 1024 * 1024, .max_depth = 1000};
    return json_parse(arena, text, &limits, out, err);
}

struct str service_index(const struct service *self, struct arena *arena, const char *domain, struct str text)
{
    if (text.len == 0)
        return STR_NONE;
    unsigned char *bytes = arena_alloc(arena, SEAL_INDEX_SIZE);
    seal_index(self->ring, str_of(domain), text, bytes);
    return (struct str){(const char *)bytes, SEAL_INDEX_SIZE};
}

struct str service_mac(const struct service *self, struct arena *arena, struct str text, size_t n)
{
    unsigned char mac[HASH_SIZE];
    CHECK(n <= sizeof mac);
    hash_hmac(HASH_SM3, self->audit_key, text, mac);
    return hex_encode(arena, mac, n);
}

/* The first character stays, the rest are stars: 张*, 欧**. */
struct str service_mask_name(struct arena *arena, struct str name)
{
    if (name.len == 0 || !utf8_valid(name))
        return name;
    size_t at = 0;
    utf8_next(name, &at);
    struct str masked = str_part(name, 0, at);
    for (size_t n = utf8_length(name); n > 1; n--)
        masked = arena_printf(arena, "%.*s*", STR_ARGS(masked));
    return masked;
}

struct str service_mask(struct arena *arena, struct str text)
{
    size_t length = utf8_valid(text) ? utf8_length(text) : text.len;
    if (length == 18)
        return arena_printf(arena, "%.*s********%.*s", STR_ARGS(str_part(text, 0, 6)),
                            STR_ARGS(str_part(text, text.len - 4, text.len)));
    if (length == 11 && text.len == 11)
        return arena_printf(arena, "%.*s****%.*s", STR_ARGS(str_part(text, 0, 3)), STR_ARGS(str_part(text, 7, 11)));
    return service_mask_name(arena, text);
}
