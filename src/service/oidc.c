#include "service/oidc.h"

#include "clock/instant.h"
#include "feel/json.h"
#include "service/exchange.h"
#include "service/session.h"
#include "trust/id_token.h"
#include "trust/ids.h"

#define TICKET_MS (10 * CLOCK_MINUTE_MS)
#define REPLY_MAX ((size_t)256 * 1024)
#define TIMEOUT_MS 10000

struct provider {
    const struct call *call;
    struct str issuer, client, secret;
};

/* ---- Settings ---- */

static enum status setting(const struct call *call, const char *name, struct str otherwise, struct str *out,
                           struct error *err)
{
    if (service_setting_get(call, str_of(name), out, err) != OK)
        return FAILED;
    if (!out->len)
        *out = otherwise;
    return OK;
}

static bool on_this_machine(struct str url)
{
    static const char *const hosts[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        struct str host = str_of(hosts[i]);
        if (str_starts(url, host) && (url.len == host.len || url.data[host.len] == ':' || url.data[host.len] == '/'))
            return true;
    }
    return false;
}

static bool is_safe(struct str url)
{
    return str_starts(url, STR("https://")) || on_this_machine(url);
}

static enum status load_provider(const struct call *call, struct provider *out, struct error *err)
{
    *out = (struct provider){.call = call};
    if (setting(call, "oidc.issuer", STR_NONE, &out->issuer, err) != OK ||
        setting(call, "oidc.client", STR_NONE, &out->client, err) != OK ||
        setting(call, "oidc.secret", STR_NONE, &out->secret, err) != OK)
        return FAILED;
    if (out->issuer.len && out->client.len && is_safe(out->issuer))
        return OK;
    error_set(err, ERROR_NOT_FOUND, "oidc-not-set-up", "No identity provider is set up here.");
    return error_hint(err, "An administrator sets oidc.issuer (https) and oidc.client.");
}

enum status service_oidc_title(const struct call *call, struct str *out, struct error *err)
{
    struct provider provider;
    struct error inner = ERROR_INIT;
    *out = STR_NONE;
    if (load_provider(call, &provider, &inner) != OK) {
        if (inner.kind == ERROR_NOT_FOUND)
            return OK;
        *err = inner;
        return FAILED;
    }
    struct str rest = provider.issuer;
    ptrdiff_t slashes = str_find(rest, STR("//"), 0);
    rest = str_part(rest, slashes < 0 ? 0 : (size_t)slashes + 2, rest.len);
    return setting(call, "oidc.title", str_cut(&rest, '/'), out, err);
}

/* ---- Asking the provider ---- */

static enum status unreachable(struct error *err, struct str what, struct str why)
{
    error_set(err, ERROR_UNAVAILABLE, "oidc-unreachable", "The identity provider's %.*s could not be used: %.*s",
              STR_ARGS(what), STR_ARGS(why));
    return error_hint(err, "Try again in a moment.");
}

static enum status ask(const struct call *call, struct service_delivery *delivery, struct str what, struct value *out,
                       struct error *err)
{
    static const struct json_limits limits = {.max_bytes = REPLY_MAX, .max_depth = 32};
    const struct service_transport *transport = call->service->transport;
    struct error inner = ERROR_INIT;
    delivery->timeout_ms = TIMEOUT_MS;
    if (!is_safe(delivery->url))
        return unreachable(err, what, STR("its address is neither https nor on this machine."));
    transport->deliver(transport->state, call->arena, delivery, 1);
    if (delivery->status == 0)
        return unreachable(err, what, delivery->problem);
    if (delivery->status != 200)
        return unreachable(err, what, arena_printf(call->arena, "it answered %d.", delivery->status));
    if (json_parse(call->arena, delivery->reply, &limits, out, &inner) != OK || out->kind != VALUE_CONTEXT)
        return unreachable(err, what, STR("its answer is no JSON object."));
    return OK;
}

static enum status get(const struct call *call, struct str url, struct str token, struct str what, struct value *out,
                       struct error *err)
{
    struct service_delivery delivery = {.method = STR("GET"), .url = url, .token = token};
    return ask(call, &delivery, what, out, err);
}

static enum status discover(const struct provider *provider, struct value *out, struct error *err)
{
    static const char *const needed[] = {"authorization_endpoint", "token_endpoint", "jwks_uri"};
    struct str base = provider->issuer;
    while (str_ends(base, STR("/")))
        base.len--;
    struct str url = arena_printf(provider->call->arena, "%.*s/.well-known/openid-configuration", STR_ARGS(base));
    if (get(provider->call, url, STR_NONE, STR("discovery document"), out, err) != OK)
        return FAILED;
    if (!str_equal(value_text(value_get(*out, STR("issuer"))), provider->issuer))
        return unreachable(err, STR("discovery document"), STR("it names another issuer."));
    for (size_t i = 0; i < COUNT_OF(needed); i++)
        if (!is_safe(value_text(value_get(*out, str_of(needed[i])))))
            return unreachable(err, STR("discovery document"),
                               arena_printf(provider->call->arena, "it has no %s.", needed[i]));
    return OK;
}

/* ---- Going there ---- */

static void put_encoded(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '.' || c == '_' || c == '~';
        if (plain)
            buf_put_char(out, c);
        else
            buf_printf(out, "%%%02X", (unsigned char)c);
    }
}

struct pair {
    const char *name;
    struct str value;
};

static struct str encode_pairs(struct arena *arena, const struct pair *pairs, size_t count)
{
    struct buf out;
    buf_init(&out, 64 * 1024);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&out, "%s%s=", i ? "&" : "", pairs[i].name);
        put_encoded(&out, pairs[i].value);
    }
    return arena_take(arena, &out);
}

static struct str random_text(const struct call *call, size_t bytes)
{
    struct str random = service_random(call->service, call->arena, bytes);
    return base64url_encode(call->arena, random.data, random.len);
}

enum status service_oidc_begin(const struct call *call, struct str callback, struct str next,
                               struct service_oidc_start *out, struct error *err)
{
    struct arena *arena = call->arena;
    struct provider provider;
    struct value found;
    struct str scope;
    if (load_provider(call, &provider, err) != OK || discover(&provider, &found, err) != OK ||
        setting(call, "oidc.scope", STR("openid profile"), &scope, err) != OK)
        return FAILED;
    struct str state = random_text(call, 24), nonce = random_text(call, 24), verifier = random_text(call, 48);
    unsigned char hash[HASH_SIZE];
    hash_sha256(verifier, hash);
    const struct pair pairs[] = {{"response_type", STR("code")},
                                 {"client_id", provider.client},
                                 {"redirect_uri", callback},
                                 {"scope", scope},
                                 {"state", state},
                                 {"nonce", nonce},
                                 {"code_challenge", base64url_encode(arena, hash, sizeof hash)},
                                 {"code_challenge_method", STR("S256")}};
    struct str endpoint = value_text(value_get(found, STR("authorization_endpoint")));
    out->url = arena_printf(arena, "%.*s%s%.*s", STR_ARGS(endpoint), str_find(endpoint, STR("?"), 0) < 0 ? "?" : "&",
                            STR_ARGS(encode_pairs(arena, pairs, COUNT_OF(pairs))));
    struct view ticket;
    view_init(&ticket, arena);
    view_text(&ticket, "state", state);
    view_text(&ticket, "nonce", nonce);
    view_text(&ticket, "verifier", verifier);
    view_text(&ticket, "callback", callback);
    view_text(&ticket, "next", next);
    view_int(&ticket, "until", service_now(call->service) + TICKET_MS);
    struct str sealed = service_seal(call->service, arena, STR("oidc-ticket"), view_done(&ticket));
    out->ticket = base64url_encode(arena, sealed.data, sealed.len);
    return OK;
}

/* ---- Coming back ---- */

static enum status open_ticket(const struct call *call, const struct service_oidc_answer *answer, struct value *out,
                               struct error *err)
{
    struct str sealed, state;
    struct error inner = ERROR_INIT;
    bool ours = answer->ticket.len && base64url_decode(call->arena, answer->ticket, &sealed) &&
                service_unseal(call->service, call->arena, STR("oidc-ticket"), sealed, out, &inner) == OK;
    state = ours ? value_text(value_get(*out, STR("state"))) : STR_NONE;
    if (ours && state.len == answer->state.len && hash_equal(state.data, answer->state.data, state.len) &&
        service_now(call->service) < value_int_or(value_get(*out, STR("until")), 0))
        return OK;
    error_set(err, ERROR_UNAUTHENTICATED, "oidc-ticket",
              "This is not the answer to a sign-in that was begun in this browser in the last ten minutes.");
    return error_hint(err, "Begin again.");
}

/* RFC 6749 2.3.1: both halves are form-encoded first. */
static struct str basic(struct arena *arena, const struct provider *provider)
{
    struct buf text;
    buf_init(&text, 8192);
    put_encoded(&text, provider->client);
    buf_put_char(&text, ':');
    put_encoded(&text, provider->secret);
    struct str encoded = base64_encode(arena, text.data, text.len);
    buf_release(&text);
    return arena_printf(arena, "Basic %.*s", STR_ARGS(encoded));
}

static enum status redeem(const struct provider *provider, struct value found, struct value ticket, struct str code,
                          struct value *out, struct error *err)
{
    struct arena *arena = provider->call->arena;
    const struct pair pairs[] = {{"grant_type", STR("authorization_code")},
                                 {"code", code},
                                 {"redirect_uri", value_text(value_get(ticket, STR("callback")))},
                                 {"code_verifier", value_text(value_get(ticket, STR("verifier")))},
                                 {"client_id", provider->client}};
    bool secret = provider->secret.len > 0;
    struct service_delivery delivery = {.method = STR("POST"),
                                        .url = value_text(value_get(found, STR("token_endpoint"))),
                                        .content_type = STR("application/x-www-form-urlencoded"),
                                        .authorization = secret ? basic(arena, provider) : STR_NONE,
                                        .body = encode_pairs(arena, pairs, COUNT_OF(pairs) - (secret ? 1 : 0))};
    return ask(provider->call, &delivery, STR("token endpoint"), out, err);
}

/* Claims of the token, and of the user-info endpoint where the token alone does not say who it is. */
static enum status all_claims(const struct provider *provider, struct value found, struct value tokens,
                              struct value *claims, struct error *err)
{
    struct str url = value_text(value_get(found, STR("userinfo_endpoint")));
    struct str token = value_text(value_get(tokens, STR("access_token")));
    struct value info;
    if (!url.len || !token.len)
        return OK;
    if (get(provider->call, url, token, STR("user-info endpoint"), &info, err) != OK)
        return FAILED;
    if (!str_equal(value_text(value_get(info, STR("sub"))), value_text(value_get(*claims, STR("sub")))))
        return error_set(err, ERROR_UNAUTHENTICATED, "id-token-invalid", "The provider tells of somebody else.");
    *claims = value_merge(provider->call->arena, info, *claims);
    return OK;
}

static enum status claim(const struct call *call, struct value claims, const char *setting_name, const char *otherwise,
                         struct value *out, struct error *err)
{
    struct str name;
    if (setting(call, setting_name, str_of(otherwise), &name, err) != OK)
        return FAILED;
    *out = value_get(claims, name);
    return OK;
}

/* 1 unless the claim says more. */
static enum status level_of(const struct call *call, struct value claimed, int *out, struct error *err)
{
    int64_t n = 0;
    struct str words, word = value_text(claimed);
    if (setting(call, "oidc.levels", STR(""), &words, err) != OK)
        return FAILED;
    bool number = value_to_int64(claimed, &n) || str_to_int64(word, &n);
    while (!number && word.len && words.len) {
        struct str rest = str_cut(&words, ' ');
        struct str name = str_cut(&rest, '=');
        number = str_equal(name, word) && str_to_int64(rest, &n);
    }
    *out = number && n >= 1 && n <= 3 ? (int)n : 1;
    return OK;
}

static enum status no_id(struct error *err, const char *why)
{
    error_set(err, ERROR_FORBIDDEN, "oidc-claims", "The identity provider did not say who you are: %s", why);
    return error_hint(err, "Verify your identity with the provider, and allow it to pass on your ID number.");
}

static enum status party_of(const struct call *call, struct value claims, struct actor *out, struct error *err)
{
    struct value id, uscc, name, level;
    struct citizen citizen;
    struct error inner = ERROR_INIT;
    if (claim(call, claims, "oidc.claim.id", "id_number", &id, err) != OK ||
        claim(call, claims, "oidc.claim.uscc", "uscc", &uscc, err) != OK ||
        claim(call, claims, "oidc.claim.name", "name", &name, err) != OK ||
        claim(call, claims, "oidc.claim.level", "level", &level, err) != OK)
        return FAILED;
    bool organisation = value_text(uscc).len > 0;
    struct str number = organisation ? value_text(uscc) : value_text(id);
    if (!number.len)
        return no_id(err, "there is no ID number among the claims.");
    if ((organisation ? uscc_check(number, &inner) : citizen_id_check(number, &citizen, &inner)) != OK)
        return no_id(err, inner.message);
    if (!value_text(name).len || value_text(name).len > 200)
        return no_id(err, "there is no name among the claims.");
    *out = (struct actor){
        .kind = organisation ? ACTOR_ORGANISATION : ACTOR_PERSON, .id = number, .name = value_text(name)};
    return level_of(call, level, &out->level, err);
}

enum status service_oidc_finish(const struct call *call, const struct service_oidc_answer *answer,
                                struct service_session *out, struct str *next, struct error *err)
{
    struct provider provider;
    struct value ticket, found, tokens, jwks, claims;
    struct actor party;
    if (open_ticket(call, answer, &ticket, err) != OK || load_provider(call, &provider, err) != OK)
        return FAILED;
    if (answer->issuer.len && !str_equal(answer->issuer, provider.issuer))
        return error_set(err, ERROR_UNAUTHENTICATED, "id-token-invalid", "Another provider has answered.");
    if (answer->error.len || !answer->code.len || answer->code.len > 4000) {
        error_set(err, ERROR_UNAUTHENTICATED, "oidc-refused", "The identity provider did not sign you in (%.*s).",
                  (int)(answer->error.len > 60 ? 60 : answer->error.len),
                  answer->error.data ? answer->error.data : "no code");
        return error_hint(err, "Begin again, or sign in another way.");
    }
    if (discover(&provider, &found, err) != OK || redeem(&provider, found, ticket, answer->code, &tokens, err) != OK ||
        get(call, value_text(value_get(found, STR("jwks_uri"))), STR_NONE, STR("key set"), &jwks, err) != OK)
        return FAILED;
    struct id_token_expected expected = {.issuer = provider.issuer,
                                         .client = provider.client,
                                         .nonce = value_text(value_get(ticket, STR("nonce"))),
                                         .now_ms = service_now(call->service)};
    if (id_token_verify(call->arena, jwks, value_text(value_get(tokens, STR("id_token"))), &expected, &claims, err) !=
            OK ||
        all_claims(&provider, found, tokens, &claims, err) != OK || party_of(call, claims, &party, err) != OK)
        return FAILED;
    *next = value_text(value_get(ticket, STR("next")));
    return service_sign_in_party(call, &party, answer->device, out, err);
}
