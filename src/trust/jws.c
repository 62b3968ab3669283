/* Compact JWS: taking apart, signing, verifying. The signature primitives are in sign.c. */
#include "trust/jws.h"

#include "feel/json.h"

#include <string.h>

/* ---- Signing ---- */

struct str jws_sign_bytes(struct arena *arena, const struct key *key, struct str type, struct str payload)
{
    struct context_builder header;
    context_builder_init(&header, arena);
    context_builder_put(&header, STR("alg"), value_cstr(key_algorithm_name(key_algorithm(key))));
    context_builder_put(&header, STR("kid"), value_string(key_id(key)));
    if (type.len)
        context_builder_put(&header, STR("typ"), value_string(type));
    struct str head = json_canonical(arena, context_builder_done(&header));
    struct str parts[5] = {base64url_encode(arena, head.data, head.len), STR("."),
                           base64url_encode(arena, payload.data, payload.len)};
    struct str signed_part = arena_join(arena, parts, 3);
    unsigned char signature[64];
    key_sign(key, signed_part, signature);
    parts[0] = signed_part;
    parts[2] = base64url_encode(arena, signature, sizeof(signature));
    return arena_join(arena, parts, 3);
}

struct str jws_sign(struct arena *arena, const struct key *key, struct str type, struct value payload)
{
    return jws_sign_bytes(arena, key, type, json_canonical(arena, payload));
}

/* ---- Taking apart ---- */

static enum status refuse(struct error *err, const char *field, const char *message)
{
    error_set(err, ERROR_INVALID, "jws-form", "%s", message);
    return error_field(err, "%s", field);
}

static enum status read_header(struct arena *arena, struct str part, struct jws_parts *out, struct error *err)
{
    struct str bytes = STR_NONE;
    struct error inner = ERROR_INIT;
    struct json_limits limits = {.max_bytes = 65536, .max_depth = 16, .refuse_duplicates = true};
    if (!base64url_decode(arena, part, &bytes) || json_parse(arena, bytes, &limits, &out->header, &inner) != OK ||
        out->header.kind != VALUE_CONTEXT)
        return refuse(err, "header", "The header of this signed text cannot be read.");
    struct value extensions;
    if (value_find(out->header, STR("crit"), &extensions))
        return refuse(err, "header", "This signed text demands extensions that are not known here.");
    out->algorithm = value_text(value_get(out->header, STR("alg")));
    out->kid = value_text(value_get(out->header, STR("kid")));
    return OK;
}

enum status jws_parse(struct arena *arena, struct str jws, struct jws_parts *out, struct error *err)
{
    if (jws.len > JWS_TEXT_MAX)
        return error_set(err, ERROR_TOO_LARGE, "jws-too-long", "The signed text is longer than %zu bytes.",
                         JWS_TEXT_MAX);
    struct jws_parts parts = {0};
    struct str rest = str_trim(jws);
    ptrdiff_t first = str_find(rest, STR("."), 0);
    ptrdiff_t second = first < 0 ? -1 : str_find(rest, STR("."), (size_t)first + 1);
    if (second < 0 || str_find(rest, STR("."), (size_t)second + 1) >= 0)
        return refuse(err, "", "A signed text has three parts with a dot between them.");
    parts.signed_part = str_part(rest, 0, (size_t)second);
    if (read_header(arena, str_part(rest, 0, (size_t)first), &parts, err) != OK)
        return FAILED;
    if (!base64url_decode(arena, str_part(rest, (size_t)first + 1, (size_t)second), &parts.payload))
        return refuse(err, "payload", "The content of this signed text is not base64url.");
    struct str signature = STR_NONE;
    if (!base64url_decode(arena, str_part(rest, (size_t)second + 1, rest.len), &signature) || signature.len != 64)
        return refuse(err, "signature", "The signature of this signed text is not 64 bytes in base64url.");
    memcpy(parts.signature, signature.data, 64);
    *out = parts;
    return OK;
}

/* ---- Verifying ---- */

static enum status refuse_signature(struct error *err)
{
    return error_set(err, ERROR_INVALID, "jws-signature",
                     "The signature does not fit: the text was altered or signed with another key.");
}

/* The named key, or the first of the algorithm whose signature fits when none is named. */
static enum status find_signer(const struct key_set *keys, const struct jws_parts *parts, const struct key **out,
                               struct error *err)
{
    enum key_algorithm algorithm;
    struct error inner = ERROR_INIT;
    if (key_algorithm_parse(parts->algorithm, &algorithm, &inner) != OK) {
        error_set(err, ERROR_INVALID, "jws-algorithm", "The text is signed with an algorithm that is not accepted.");
        return error_hint(err, "ES256 and SM2SM3 are.");
    }
    if (parts->kid.data) {
        const struct key *key = key_set_find(keys, parts->kid);
        if (!key)
            return error_set(err, ERROR_INVALID, "jws-key-unknown",
                             "The key that signed this is not among the issuer's keys.");
        if (key_algorithm(key) != algorithm)
            return error_set(err, ERROR_INVALID, "jws-algorithm", "The text names an algorithm that is not its key's.");
        if (!key_verify(key, parts->signed_part, parts->signature))
            return refuse_signature(err);
        *out = key;
        return OK;
    }
    for (size_t i = 0; i < key_set_count(keys); i++) {
        const struct key *key = key_set_at(keys, i);
        if (key_algorithm(key) == algorithm && key_verify(key, parts->signed_part, parts->signature)) {
            *out = key;
            return OK;
        }
    }
    return refuse_signature(err);
}

enum status jws_verify(struct arena *arena, const struct key_set *keys, struct str jws, struct value *payload,
                       const struct key **signer, struct error *err)
{
    struct jws_parts parts = {0};
    const struct key *key = NULL;
    if (jws_parse(arena, jws, &parts, err) != OK || find_signer(keys, &parts, &key, err) != OK)
        return FAILED;
    struct value content = value_null;
    struct error inner = ERROR_INIT;
    struct json_limits limits = {.refuse_duplicates = true};
    if (json_parse(arena, parts.payload, &limits, &content, &inner) != OK || content.kind != VALUE_CONTEXT)
        return error_set(err, ERROR_INVALID, "jws-payload",
                         "The signature fits, but what is signed is not a JSON object.");
    *payload = content;
    if (signer)
        *signer = key;
    return OK;
}
