/* Issuing certificates as verifiable credentials: offers, tokens, nonces, credentials. What is told about them
 * beforehand is in credential_metadata.c. */
#include "service/credential.h"

#include "clock/instant.h"
#include "feel/json.h"
#include "service/certificate_work.h"
#include "service/credential_work.h"
#include "service/status_cache.h"
#include "service/ticket.h"
#include "trust/jws.h"
#include "trust/sdjwt.h"
#include "trust/statuslist.h"

#include <stdio.h>

#define GRANT "urn:ietf:params:oauth:grant-type:pre-authorized_code"
#define OFFER_MS (10 * CLOCK_MINUTE_MS)
#define TOKEN_MS (10 * CLOCK_MINUTE_MS)
#define NONCE_MS (5 * CLOCK_MINUTE_MS)
#define PROOF_AGE_MS (10 * CLOCK_MINUTE_MS)
#define SKEW_MS CLOCK_MINUTE_MS
#define STATUS_SECONDS 60 /* how long a status list may be kept: revocation shows within a minute at the latest */
#define KEPT_MS (STATUS_SECONDS * 500) /* so long it is given out again: half of it is left to whoever gets it then */
#define TRIES_MAX 5

/* ---- Offers ---- */

struct offering {
    struct str no;
    struct value view;
};

/* RFC 3986: everything but unreserved characters. */
static struct str percent(struct arena *arena, struct str text)
{
    static const char hex[] = "0123456789ABCDEF";
    char *out = arena_alloc_raw(arena, 3 * text.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
            c == '_' || c == '~') {
            out[n++] = (char)c;
            continue;
        }
        out[n++] = '%';
        out[n++] = hex[c >> 4];
        out[n++] = hex[c & 15];
    }
    out[n] = 0;
    return (struct str){out, n};
}

static struct value offer_of(struct work *work, const struct work_certificate *held, struct str code)
{
    struct arena *arena = work->arena;
    struct value tx = context_set(arena, value_null, "input_mode", value_cstr("numeric"));
    tx = context_set(arena, tx, "length", value_int(6));
    struct value grant = context_set(arena, value_null, "pre-authorized_code", value_string(code));
    grant = context_set(arena, grant, "tx_code", tx);
    struct value offer = context_set(arena, value_null, "credential_issuer", value_string(work->service->public_url));
    offer = context_set(arena, offer, "credential_configuration_ids",
                        list_add(arena, value_null, value_string(held->row.kind)));
    return context_set(arena, offer, "grants", context_set(arena, value_null, GRANT, grant));
}

static struct str six_digits(struct work *work)
{
    struct str random = service_random(work->service, work->arena, 4);
    uint32_t n = 0;
    for (size_t i = 0; i < 4; i++)
        n = n << 8 | (unsigned char)random.data[i];
    return arena_printf(work->arena, "%06" PRIu32, n % 1000000U);
}

static enum status offer_command(struct work *work, void *arg, struct error *err)
{
    struct offering *a = arg;
    struct work_certificate *held;
    struct str code, qr;
    if (certificate_open(work, a->no, &held, err) != OK)
        return FAILED;
    if (!certificate_is_holders(work, held))
        return error_set(err, ERROR_FORBIDDEN, "forbidden", "Only its holder takes a certificate into a wallet.");
    struct str state = certificate_state_at(&held->row, work->now);
    if (!str_equal(state, STR("valid")))
        return error_set(err, ERROR_CONFLICT, "certificate-state", "The certificate is %.*s and cannot be taken.",
                         STR_ARGS(state));
    struct str tx_code = six_digits(work);
    struct ticket_terms terms = {.kind = STORE_TICKET_OFFER,
                                 .certificate = certificate_id(held),
                                 .life_ms = OFFER_MS,
                                 .body = context_set(work->arena, value_null, "tx_code", value_string(tx_code))};
    if (ticket_make(work, &terms, &code, err) != OK)
        return FAILED;
    struct value offer = offer_of(work, held, code);
    struct str uri = arena_printf(work->arena, "openid-credential-offer://?credential_offer=%.*s",
                                  STR_ARGS(percent(work->arena, json_canonical(work->arena, offer))));
    if (certificate_qr(work->arena, uri, &qr, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, work->arena);
    view_put(&view, "offer", offer);
    view_text(&view, "uri", uri);
    view_text(&view, "svg", certificate_qr_svg(work->arena, qr));
    view_text(&view, "tx_code", tx_code);
    view_time(&view, "expires", work->now + OFFER_MS);
    a->view = view_done(&view);
    return certificate_used(work, held, &(struct certificate_use){.what = "credential-offered"}, err);
}

enum status service_credential_offer(const struct call *call, struct str no, struct value *out, struct error *err)
{
    struct offering arg = {.no = no};
    if (work_run(call, offer_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}

/* ---- Tokens and nonces ---- */

struct exchanging {
    const struct service_token_request *request;
    bool refused;
    struct str token;
};

static enum status exchange_command(struct work *work, void *arg, struct error *err)
{
    struct exchanging *a = arg;
    struct ticket offer;
    a->refused = true;
    if (ticket_find(work, STORE_TICKET_OFFER, a->request->code, &offer, err) != OK)
        return FAILED;
    if (offer.state != TICKET_GOOD || offer.row.tries >= TRIES_MAX)
        return OK;
    struct str wanted = value_text(value_get(offer.body, STR("tx_code")));
    struct str given = str_trim(a->request->tx_code);
    if (given.len != wanted.len || !hash_equal(given.data, wanted.data, wanted.len)) {
        ticket_missed(work, &offer);
        return OK;
    }
    struct ticket_terms terms = {
        .kind = STORE_TICKET_TOKEN, .certificate = {offer.row.region, offer.row.certificate}, .life_ms = TOKEN_MS};
    a->refused = false;
    ticket_spend(work, &offer);
    return ticket_make(work, &terms, &a->token, err);
}

enum status service_credential_token(const struct call *call, const struct service_token_request *request,
                                     struct value *out, struct error *err)
{
    struct exchanging arg = {.request = request};
    if (!request->grant_type.len || !request->code.len)
        return error_set(err, ERROR_INVALID, "invalid_request", "grant_type and pre-authorized_code are needed.");
    if (!str_equal(request->grant_type, STR(GRANT)))
        return error_set(err, ERROR_INVALID, "unsupported_grant_type", "The only grant type is " GRANT ".");
    if (work_run(call, exchange_command, &arg, err) != OK)
        return FAILED;
    if (arg.refused)
        return error_set(err, ERROR_INVALID, "invalid_grant",
                         "The code is unknown, used or has run out, or the transaction code is wrong.");
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "access_token", arg.token);
    view_text(&view, "token_type", STR("Bearer"));
    view_int(&view, "expires_in", TOKEN_MS / 1000);
    *out = view_done(&view);
    return OK;
}

struct value service_credential_nonce(const struct call *call)
{
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "c_nonce", nonce_make(call->service, call->arena, service_now(call->service), NONCE_MS));
    view_int(&view, "c_nonce_expires_in", NONCE_MS / 1000);
    return view_done(&view);
}

/* ---- Credentials ---- */

struct issuing {
    struct str token;
    struct value request;
    struct str proof;
    struct value jwk;
    struct str credential;
};

static enum status bad_request(struct error *err, const char *message)
{
    return error_set(err, ERROR_INVALID, "invalid_credential_request", "%s", message);
}

/* proofs {jwt [one]}; proof {proof_type, jwt} is how drafts said it. */
static enum status read_proof(struct issuing *a, struct error *err)
{
    struct value many = value_path(a->request, "proofs.jwt");
    struct value one = value_count(many) ? value_at(many, 0) : value_path(a->request, "proof.jwt");
    if (value_count(many) > 1)
        return error_set(err, ERROR_INVALID, "invalid_proof", "One proof gives one credential; send one.");
    a->proof = value_text(one);
    if (a->proof.len == 0)
        return error_set(err, ERROR_INVALID, "invalid_proof", "A proof of the wallet's key (proofs.jwt) is needed.");
    return OK;
}

static bool is_audience(struct value audience, struct str issuer)
{
    for (size_t i = 0; audience.kind == VALUE_LIST && i < value_count(audience); i++)
        if (str_equal(value_text(value_at(audience, i)), issuer))
            return true;
    return str_equal(value_text(audience), issuer);
}

static enum status check_proof(struct work *work, struct issuing *a, int64_t region, struct error *err)
{
    struct value payload = value_null;
    struct error problem = ERROR_INIT;
    bool fresh = false;
    if (holder_proof_verify(work->arena, a->proof, STR("openid4vci-proof+jwt"), &payload, &a->jwk, &problem) != OK)
        return error_set(err, ERROR_INVALID, "invalid_proof", "%s", problem.message);
    int64_t made = value_int_or(value_get(payload, STR("iat")), 0);
    if (!is_audience(value_get(payload, STR("aud")), work->service->public_url))
        return error_set(err, ERROR_INVALID, "invalid_proof", "The proof is not addressed to this issuer (aud).");
    if (made < (work->now - PROOF_AGE_MS) / 1000 || made > (work->now + SKEW_MS) / 1000)
        return error_set(err, ERROR_INVALID, "invalid_proof", "The proof's time (iat) is not now.");
    if (nonce_spend(work, region, value_text(value_get(payload, STR("nonce"))), &fresh, err) != OK)
        return FAILED;
    if (fresh)
        return OK;
    return error_set(err, ERROR_INVALID, "invalid_nonce",
                     "The nonce is unknown, used or has run out; ask for a new one.");
}

static enum status check_configuration(const struct issuing *a, const struct work_certificate *held, struct error *err)
{
    struct str wanted = value_text(value_get(a->request, STR("credential_configuration_id")));
    if (wanted.len == 0)
        return bad_request(err, "credential_configuration_id is needed.");
    if (!str_equal(wanted, held->row.kind))
        return error_set(err, ERROR_INVALID, "unknown_credential_configuration",
                         "The token is not for this kind of credential.");
    return OK;
}

/* Each certificate has one place in a status list, given when it is first taken into a wallet. */
static enum status place_in_list(struct work *work, const struct work_certificate *held, struct store_status *out,
                                 struct error *err)
{
    char counter[48];
    int64_t n;
    bool found = false;
    if (store_status_find(work->tx, held->row.region, held->row.id, out, &found, err) != OK || found)
        return found ? OK : FAILED;
    snprintf(counter, sizeof counter, "status/%" PRId64, held->row.region);
    if (work_number(work, counter, &n, err) != OK)
        return FAILED;
    /* Neighbours in time are no neighbours in the list: 40,503 is odd, so every place is met once. */
    struct store_status row = {.region = held->row.region,
                               .list = (n - 1) / STATUSLIST_SIZE,
                               .place = (n - 1) % STATUSLIST_SIZE * 40503 % STATUSLIST_SIZE,
                               .id = held->row.id};
    work_change(work, CHANGE_STATUS_INSERT, work_row(work, &row, sizeof row));
    *out = row;
    return OK;
}

static struct str status_uri(const struct service *service, struct arena *arena, int64_t region, int64_t list)
{
    return arena_printf(arena, "%.*s/credentials/status/%" PRId64 "/%" PRId64, STR_ARGS(service->public_url), region,
                        list);
}

static struct value open_claims(struct work *work, const struct work_certificate *held, const struct issuing *a,
                                const struct store_status *status)
{
    struct arena *arena = work->arena;
    struct value place = context_set(arena, value_null, "idx", value_int(status->place));
    place =
        context_set(arena, place, "uri", value_string(status_uri(work->service, arena, status->region, status->list)));
    struct view view;
    view_init(&view, arena);
    view_text(&view, "iss", work->service->public_url);
    view_int(&view, "iat", work->now / 1000);
    if (held->row.valid_to)
        view_int(&view, "exp", held->row.valid_to / 1000);
    view_text(&view, "vct", credential_vct(work->service, arena, held->row.kind));
    view_put(&view, "cnf", context_set(arena, value_null, "jwk", a->jwk));
    view_put(&view, "status", context_set(arena, value_null, "status_list", place));
    view_put(&view, "issuing_authority", value_get(held->body, STR("issuer_name")));
    return view_done(&view);
}

static size_t hidden_claims(struct arena *arena, const struct work_certificate *held,
                            const struct pack_certificate *kind, struct sdjwt_claim *out)
{
    struct value face = value_get(held->body, STR("face"));
    size_t n = 0;
    for (size_t i = 0; i < CREDENTIAL_OWN_COUNT; i++) {
        struct value v = value_path(held->body, credential_own[i].path);
        if (!value_is_null(v))
            out[n++] = (struct sdjwt_claim){str_of(credential_own[i].name), v};
    }
    for (size_t i = 0; i < kind->face_count && n < SDJWT_DISCLOSURES_MAX; i++) {
        struct value v = value_get(face, kind->face[i].key);
        if (!value_is_null(v))
            out[n++] = (struct sdjwt_claim){credential_claim(arena, kind->face[i].key), v};
    }
    return n;
}

static enum status sign_credential(struct work *work, const struct work_certificate *held, struct issuing *a,
                                   struct error *err)
{
    const struct pack_certificate *kind = pack_certificate_find(work->service->packs, held->row.kind);
    const struct key *key = key_set_active(service_key_set(work->service), KEY_ES256);
    struct store_status status;
    if (!kind || !key)
        return error_set(err, ERROR_INVALID, "credential_request_denied", "This kind is no longer issued.");
    if (place_in_list(work, held, &status, err) != OK)
        return FAILED;
    struct sdjwt_claim *hidden = arena_array(work->arena, struct sdjwt_claim, SDJWT_DISCLOSURES_MAX);
    size_t count = hidden_claims(work->arena, held, kind, hidden);
    struct str salts = service_random(work->service, work->arena, count * SDJWT_SALT_SIZE);
    struct sdjwt_input input = {.type = STR("dc+sd-jwt"),
                                .open = open_claims(work, held, a, &status),
                                .hidden = hidden,
                                .hidden_count = count,
                                .salts = (const unsigned char *)salts.data};
    a->credential = sdjwt_sign(work->arena, key, &input);
    return certificate_used(work, held, &(struct certificate_use){.what = "credential-issued"}, err);
}

static enum status issue_command(struct work *work, void *arg, struct error *err)
{
    struct issuing *a = arg;
    struct ticket token;
    struct work_certificate *held;
    if (ticket_find(work, STORE_TICKET_TOKEN, a->token, &token, err) != OK)
        return FAILED;
    if (token.state != TICKET_GOOD)
        return error_set(err, ERROR_UNAUTHENTICATED, "invalid_token", "The access token is unknown or has run out.");
    if (certificate_load(work, (struct case_id){token.row.region, token.row.certificate}, &held, err) != OK ||
        check_configuration(a, held, err) != OK || read_proof(a, err) != OK ||
        check_proof(work, a, token.row.region, err) != OK)
        return FAILED;
    struct str state = certificate_state_at(&held->row, work->now);
    if (!str_equal(state, STR("valid")))
        return error_set(err, ERROR_INVALID, "credential_request_denied", "The certificate is %.*s.", STR_ARGS(state));
    return sign_credential(work, held, a, err);
}

enum status service_credential_issue(const struct call *call, struct str token, struct value request, struct value *out,
                                     struct error *err)
{
    struct issuing arg = {.token = token, .request = request};
    if (work_run(call, issue_command, &arg, err) != OK)
        return FAILED;
    struct value one = context_set(call->arena, value_null, "credential", value_string(arg.credential));
    *out = context_set(call->arena, value_null, "credentials", list_add(call->arena, value_null, one));
    return OK;
}

/* ---- Status lists ---- */

struct listing {
    struct status_place place;
    struct statuslist *states; /* NULL: it is kept, or there is none */
    int64_t until;             /* until then time alone changes nothing in it */
    struct str jwt;            /* as it is kept */
};

static enum status list_command(struct work *work, void *arg, struct error *err)
{
    struct listing *a = arg;
    struct store_status_entry *rows;
    size_t count;
    a->states = NULL;
    if (store_status_version(work->tx, a->place.region, a->place.list, &a->place.version, err) != OK)
        return FAILED;
    if (!a->place.version ||
        status_cache_find(work->service->status_cache, &a->place, work->now, work->arena, &a->jwt))
        return OK;
    if (store_status_list(work->tx, work->arena, a->place.region, a->place.list, &rows, &count, err) != OK)
        return FAILED;
    a->states = arena_new(work->arena, struct statuslist);
    a->until = work->now + KEPT_MS;
    for (size_t i = 0; i < count; i++) {
        struct store_certificate row = {.state = rows[i].state, .valid_to = rows[i].valid_to};
        struct str state = certificate_state_at(&row, work->now);
        enum statuslist_state shown = str_equal(state, STR("valid"))       ? STATUSLIST_VALID
                                      : str_equal(state, STR("suspended")) ? STATUSLIST_SUSPENDED
                                                                           : STATUSLIST_INVALID;
        statuslist_set(a->states, (size_t)rows[i].place, shown);
        if (row.valid_to >= work->now && row.valid_to < a->until)
            a->until = row.valid_to;
    }
    return OK;
}

static struct str sign_list(const struct call *call, const struct listing *list, const struct key *key)
{
    int64_t now = service_now(call->service) / 1000;
    struct value states = context_set(call->arena, value_null, "bits", value_int(STATUSLIST_BITS));
    states = context_set(call->arena, states, "lst", value_string(statuslist_encode(call->arena, list->states)));
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "sub", status_uri(call->service, call->arena, list->place.region, list->place.list));
    view_text(&view, "iss", call->service->public_url);
    view_int(&view, "iat", now);
    view_int(&view, "exp", now + STATUS_SECONDS);
    view_int(&view, "ttl", STATUS_SECONDS);
    view_put(&view, "status_list", states);
    return jws_sign(call->arena, key, STR("statuslist+jwt"), view_done(&view));
}

enum status service_credential_status(const struct call *call, int64_t region, int64_t list, struct str *out,
                                      struct error *err)
{
    struct listing arg = {.place = {.region = region, .list = list}};
    const struct key *key = key_set_active(service_key_set(call->service), KEY_ES256);
    struct call as = *call;
    as.actor = &actor_system;
    if (work_read(&as, list_command, &arg, err) != OK)
        return FAILED;
    if (!arg.place.version || !key)
        return error_set(err, ERROR_NOT_FOUND, "status-list-not-found", "There is no such status list.");
    if (arg.states) {
        arg.jwt = sign_list(call, &arg, key);
        status_cache_put(call->service->status_cache, &arg.place, arg.until, arg.jwt);
    }
    *out = arg.jwt;
    return OK;
}
