/* SD-JWT: making and reading, and the proofs that holders sign with their own key. */
#include "trust/sdjwt.h"

#include "feel/json.h"
#include "trust/hash.h"
#include "trust/jws.h"

#include <stdlib.h>

/* ---- Making ---- */

static struct str disclosure_of(struct arena *arena, const struct sdjwt_claim *claim, const unsigned char *salt)
{
    struct list *parts = list_new(arena, 3);
    parts->items[0] = value_string(base64url_encode(arena, salt, SDJWT_SALT_SIZE));
    parts->items[1] = value_string(claim->name);
    parts->items[2] = claim->value;
    struct str json = json_canonical(arena, value_of_list(parts));
    return base64url_encode(arena, json.data, json.len);
}

static struct str digest_of(struct arena *arena, struct str disclosure)
{
    unsigned char hash[HASH_SIZE];
    hash_sha256(disclosure, hash);
    return base64url_encode(arena, hash, sizeof hash);
}

static int by_text(const void *a, const void *b)
{
    const struct value *x = a, *y = b;
    return str_compare(x->string, y->string);
}

struct str sdjwt_sign(struct arena *arena, const struct key *key, const struct sdjwt_input *input)
{
    CHECK(key_algorithm(key) == KEY_ES256);
    CHECK(input->hidden_count <= SDJWT_DISCLOSURES_MAX);
    size_t count = input->hidden_count;
    struct list *digests = list_new(arena, count);
    struct str *parts = arena_array(arena, struct str, 2 * count + 2);
    for (size_t i = 0; i < count; i++) {
        struct str disclosure = disclosure_of(arena, &input->hidden[i], input->salts + i * SDJWT_SALT_SIZE);
        digests->items[i] = value_string(digest_of(arena, disclosure));
        parts[2 * i + 2] = disclosure;
        parts[2 * i + 3] = STR("~");
    }
    /* In order of the digests, so that their order tells nothing about the names. */
    qsort(digests->items, count, sizeof digests->items[0], by_text);
    struct context_builder hashes;
    context_builder_init(&hashes, arena);
    if (count) {
        context_builder_put(&hashes, STR("_sd"), value_of_list(digests));
        context_builder_put(&hashes, STR("_sd_alg"), value_string(STR("sha-256")));
    }
    parts[0] = jws_sign(arena, key, input->type, value_merge(arena, input->open, context_builder_done(&hashes)));
    parts[1] = STR("~");
    return arena_join(arena, parts, 2 * count + 2);
}

/* ---- Reading ---- */

static enum status bad_form(struct error *err, const char *message)
{
    return error_set(err, ERROR_INVALID, "sdjwt-form", "%s", message);
}

static bool among(struct value digests, struct str digest)
{
    for (size_t i = 0; i < value_count(digests); i++)
        if (str_equal(value_text(value_at(digests, i)), digest))
            return true;
    return false;
}

static enum status disclose(struct arena *arena, struct str part, struct value digests, struct value *payload,
                            struct error *err)
{
    static const struct json_limits limits = {.max_bytes = 65536, .max_depth = 32, .refuse_duplicates = true};
    struct str json = STR_NONE;
    struct value parts = value_null, there;
    struct error inner = ERROR_INIT;
    if (!among(digests, digest_of(arena, part)))
        return bad_form(err, "A disclosure belongs to no hash of this credential.");
    if (!base64url_decode(arena, part, &json) || json_parse(arena, json, &limits, &parts, &inner) != OK ||
        value_count(parts) != 3 || value_at(parts, 1).kind != VALUE_STRING)
        return bad_form(err, "A disclosure is not a list of salt, name and value.");
    struct str name = value_text(value_at(parts, 1));
    if (str_equal(name, STR("_sd")) || str_equal(name, STR("...")) || value_find(*payload, name, &there))
        return bad_form(err, "A disclosure's name is there already.");
    struct context_builder one;
    context_builder_init(&one, arena);
    context_builder_put(&one, name, value_at(parts, 2));
    *payload = value_merge(arena, *payload, context_builder_done(&one));
    return OK;
}

static struct value without_hashes(struct arena *arena, struct value payload)
{
    struct context_builder kept;
    context_builder_init(&kept, arena);
    for (size_t i = 0; i < payload.context->count; i++) {
        struct str key = payload.context->members[i].key;
        if (!str_equal(key, STR("_sd")) && !str_equal(key, STR("_sd_alg")))
            context_builder_put(&kept, key, payload.context->members[i].value);
    }
    return context_builder_done(&kept);
}

enum status sdjwt_verify(struct arena *arena, const struct key_set *keys, struct str text, struct value *out,
                         struct error *err)
{
    struct value payload = value_null;
    struct str rest = str_trim(text);
    ptrdiff_t end = str_find(rest, STR("~"), 0);
    if (end < 0)
        return bad_form(err, "A credential ends in a tilde.");
    if (jws_verify(arena, keys, str_part(rest, 0, (size_t)end), &payload, NULL, err) != OK)
        return FAILED;
    struct value digests = value_get(payload, STR("_sd"));
    struct value algorithm = value_get(payload, STR("_sd_alg"));
    if (!value_is_null(algorithm) && !str_equal(value_text(algorithm), STR("sha-256")))
        return bad_form(err, "The hashes of this credential are not SHA-256.");
    payload = without_hashes(arena, payload);
    for (size_t n = 0;; n++) {
        size_t from = (size_t)end + 1;
        end = str_find(rest, STR("~"), from);
        if (end < 0)
            break;
        if (n == SDJWT_DISCLOSURES_MAX)
            return bad_form(err, "There are too many disclosures.");
        if (disclose(arena, str_part(rest, from, (size_t)end), digests, &payload, err) != OK)
            return FAILED;
    }
    *out = payload;
    return OK;
}

/* ---- Proofs of a holder's key ---- */

static enum status bad_key(struct error *err, const char *message)
{
    error_set(err, ERROR_INVALID, "proof-key", "%s", message);
    return error_field(err, "jwk");
}

/* Only the public members, so that nothing else travels into a credential. */
static enum status public_jwk(struct arena *arena, struct value jwk, struct value *out, struct error *err)
{
    static const char *const kept[] = {"crv", "kty", "x", "y"};
    struct value secret;
    struct context_builder view;
    context_builder_init(&view, arena);
    if (jwk.kind != VALUE_CONTEXT)
        return bad_key(err, "The proof's header has no jwk.");
    if (value_find(jwk, STR("d"), &secret))
        return bad_key(err, "The proof's header holds a secret key; make a new one and keep its secret half.");
    if (!str_equal(value_text(value_get(jwk, STR("kty"))), STR("EC")) ||
        !str_equal(value_text(value_get(jwk, STR("crv"))), STR("P-256")))
        return bad_key(err, "The holder's key must be on the curve P-256.");
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        context_builder_put(&view, str_of(kept[i]), value_get(jwk, str_of(kept[i])));
    *out = context_builder_done(&view);
    return OK;
}

enum status holder_proof_verify(struct arena *arena, struct str jws, struct str type, struct value *payload,
                                struct value *jwk, struct error *err)
{
    struct jws_parts parts = {0};
    struct value key = value_null, content = value_null;
    if (jws_parse(arena, jws, &parts, err) != OK)
        return FAILED;
    if (!str_equal(value_text(value_get(parts.header, STR("typ"))), type)) {
        error_set(err, ERROR_INVALID, "jws-form", "The proof's type must be %.*s.", STR_ARGS(type));
        return error_field(err, "header");
    }
    if (parts.kid.data)
        return bad_key(err, "The proof's header names a key; it must hold it (jwk).");
    if (public_jwk(arena, value_get(parts.header, STR("jwk")), &key, err) != OK)
        return FAILED;
    struct list *one = list_new(arena, 1);
    one->items[0] = key;
    struct context_builder set;
    context_builder_init(&set, arena);
    context_builder_put(&set, STR("keys"), value_of_list(one));
    struct key_set *keys = key_set_new();
    struct error inner = ERROR_INIT;
    enum status status = OK;
    if (key_set_add_jwks(keys, context_builder_done(&set), &inner) != OK)
        status = bad_key(err, "The proof's jwk is no point of its curve.");
    if (status == OK)
        status = jws_verify(arena, keys, jws, &content, NULL, err);
    key_set_free(keys);
    if (status != OK)
        return FAILED;
    *payload = content;
    *jwk = key;
    return OK;
}
