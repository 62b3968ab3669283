/* What wallets and verifiers are told before anything is issued: the issuer, its keys, its types. */
#include "service/credential_work.h"

#include "service/credential.h"

const struct credential_own credential_own[CREDENTIAL_OWN_COUNT] = {
    {"certificate_number", "number", "证照编号", "Certificate number"},
    {"certificate_identifier", "identifier", "电子证照标识", "Certificate identifier"},
    {"holder_name", "holder.name", "持证主体", "Holder"},
    {"holder_id", "holder.id", "持证主体代码", "Holder's number"},
};

struct str credential_claim(struct arena *arena, struct str key)
{
    static const char *const taken[] = {
        "iss", "iat", "nbf", "exp", "sub", "aud", "jti", "cnf", "vct", "status", "_sd_alg", "_sd", "issuing_authority"};
    bool reserved = false;
    for (size_t i = 0; i < COUNT_OF(taken); i++)
        reserved = reserved || str_equal(key, str_of(taken[i]));
    for (size_t i = 0; i < CREDENTIAL_OWN_COUNT; i++)
        reserved = reserved || str_equal(key, str_of(credential_own[i].name));
    return reserved ? arena_printf(arena, "face_%.*s", STR_ARGS(key)) : key;
}

struct str credential_vct(const struct service *service, struct arena *arena, struct str kind)
{
    return arena_printf(arena, "%.*s/credentials/types/%.*s", STR_ARGS(service->public_url), STR_ARGS(kind));
}

static struct value one_of(struct arena *arena, const char *text)
{
    return list_add(arena, value_null, value_cstr(text));
}

static struct value address(const struct call *call, const char *path)
{
    return value_string(arena_printf(call->arena, "%.*s%s", STR_ARGS(call->service->public_url), path));
}

/* [{locale, member: text}] in both languages. */
static struct value display(struct arena *arena, const char *member, struct str zh, struct str en)
{
    struct value first = context_set(arena, value_null, "locale", value_cstr("zh-CN"));
    struct value second = context_set(arena, value_null, "locale", value_cstr("en"));
    first = context_set(arena, first, member, value_string(zh));
    second = context_set(arena, second, member, value_string(en));
    return list_add(arena, list_add(arena, value_null, first), second);
}

static struct value claim(struct arena *arena, const char *member, struct str name, struct str zh, struct str en)
{
    struct value one = context_set(arena, value_null, "path", list_add(arena, value_null, value_string(name)));
    return context_set(arena, one, "display", display(arena, member, zh, en));
}

/* member: how the text of a claim is called ("name" for issuers, "label" for types). */
static struct value claims_of(const struct call *call, const struct pack_certificate *kind, const char *member)
{
    struct arena *arena = call->arena;
    struct list_builder list;
    list_builder_init(&list, arena);
    for (size_t i = 0; i < CREDENTIAL_OWN_COUNT; i++)
        list_builder_push(&list, claim(arena, member, str_of(credential_own[i].name), str_of(credential_own[i].zh),
                                       str_of(credential_own[i].en)));
    for (size_t i = 0; i < kind->face_count; i++)
        list_builder_push(&list, claim(arena, member, credential_claim(arena, kind->face[i].key), kind->face[i].label,
                                       pack_text(call->service->packs, STR("en"), kind->face[i].label)));
    return list_builder_done(&list);
}

static struct value configuration(const struct call *call, const struct pack_certificate *kind)
{
    struct arena *arena = call->arena;
    struct str en = pack_text(call->service->packs, STR("en"), kind->title);
    struct value proof = context_set(arena, value_null, "proof_signing_alg_values_supported", one_of(arena, "ES256"));
    struct value told = context_set(arena, value_null, "display", display(arena, "name", kind->title, en));
    told = context_set(arena, told, "claims", claims_of(call, kind, "name"));
    struct view view;
    view_init(&view, arena);
    view_text(&view, "format", STR("dc+sd-jwt"));
    view_text(&view, "vct", credential_vct(call->service, arena, kind->id));
    view_put(&view, "cryptographic_binding_methods_supported", one_of(arena, "jwk"));
    view_put(&view, "credential_signing_alg_values_supported", one_of(arena, "ES256"));
    view_put(&view, "proof_types_supported", context_set(arena, value_null, "jwt", proof));
    view_put(&view, "credential_metadata", told);
    return view_done(&view);
}

struct value service_credential_issuer(const struct call *call)
{
    struct arena *arena = call->arena;
    size_t count;
    const struct pack_certificate *const *kinds = pack_certificates(call->service->packs, &count);
    struct context_builder all;
    context_builder_init(&all, arena);
    for (size_t i = 0; i < count; i++)
        if (!kinds[i]->document)
            context_builder_put(&all, kinds[i]->id, configuration(call, kinds[i]));
    struct view view;
    view_init(&view, arena);
    view_text(&view, "credential_issuer", call->service->public_url);
    view_put(&view, "credential_endpoint", address(call, "/credentials/credential"));
    view_put(&view, "nonce_endpoint", address(call, "/credentials/nonce"));
    view_put(&view, "display", display(arena, "name", STR("通办"), STR("Tongban")));
    view_put(&view, "credential_configurations_supported", context_builder_done(&all));
    return view_done(&view);
}

struct value service_credential_server(const struct call *call)
{
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "issuer", call->service->public_url);
    view_put(&view, "token_endpoint", address(call, "/credentials/token"));
    view_put(&view, "token_endpoint_auth_methods_supported", one_of(call->arena, "none"));
    view_put(&view, "grant_types_supported",
             one_of(call->arena, "urn:ietf:params:oauth:grant-type:pre-authorized_code"));
    view_flag(&view, "pre-authorized_grant_anonymous_access_supported", true);
    return view_done(&view);
}

struct value service_credential_keys(const struct call *call)
{
    struct arena *arena = call->arena;
    struct value all = value_get(key_set_jwks(arena, service_key_set(call->service)), STR("keys"));
    struct list_builder kept;
    list_builder_init(&kept, arena);
    for (size_t i = 0; i < value_count(all); i++)
        if (str_equal(value_text(value_get(value_at(all, i), STR("alg"))), STR("ES256")))
            list_builder_push(&kept, value_at(all, i));
    struct view view;
    view_init(&view, arena);
    view_text(&view, "issuer", call->service->public_url);
    view_put(&view, "jwks", context_set(arena, value_null, "keys", list_builder_done(&kept)));
    return view_done(&view);
}

enum status service_credential_type(const struct call *call, struct str kind_id, struct value *out, struct error *err)
{
    const struct pack_certificate *kind = pack_certificate_find(call->service->packs, kind_id);
    if (!kind || kind->document)
        return error_set(err, ERROR_NOT_FOUND, "credential-type-not-found", "There is no type of credential %.*s.",
                         STR_ARGS(kind_id));
    struct str en = pack_text(call->service->packs, STR("en"), kind->title);
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "vct", credential_vct(call->service, call->arena, kind->id));
    view_text(&view, "name", kind->title);
    view_put(&view, "display", display(call->arena, "name", kind->title, en));
    view_put(&view, "claims", claims_of(call, kind, "label"));
    *out = view_done(&view);
    return OK;
}
