#include "service/message.h"

#include "feel/json.h"
#include "feel/template.h"
#include "service/builtin.h"
#include "service/exchange.h"
#include "service/mail.h"
#include "service/resident.h"
#include "store/delivery.h"

#define LEASE_MS 120000
#define TRIES_MOST 20
#define WAIT_FIRST_MS 1000
#define WAIT_MOST_MS 3600000

/* ---- Wishes ---- */

static const char preference_place[] = "preference";

struct preference_arg {
    struct arena *arena;
    struct store_preference row;
    int64_t was;
    bool found, changed;
};

static enum status find_preference(struct db_tx *tx, void *arg, struct error *err)
{
    struct preference_arg *a = arg;
    return store_preference_find(tx, a->arena, a->row.owner, &a->row, &a->found, err);
}

static enum status put_preference(struct db_tx *tx, void *arg, struct error *err)
{
    struct preference_arg *a = arg;
    return store_preference_put(tx, &a->row, a->was, &a->changed, err);
}

static enum status open_preference(struct service *self, struct arena *arena, const struct preference_arg *arg,
                                   struct value *out, struct error *err)
{
    *out = empty_context(arena);
    return arg->found ? service_unseal(self, arena, str_of(preference_place), arg->row.body, out, err) : OK;
}

static enum status own(const struct call *call, struct preference_arg *arg, struct value *body, struct error *err)
{
    *arg = (struct preference_arg){.arena = call->arena, .row.owner = actor_index(call)};
    if (call->actor->kind == ACTOR_NOBODY || !arg->row.owner.data)
        return service_may(call, "case.read", err) == OK
                   ? error_set(err, ERROR_FORBIDDEN, "forbidden", "Nobody has these settings.")
                   : FAILED;
    if (call->actor->acting) {
        error_set(err, ERROR_FORBIDDEN, "forbidden",
                  "How somebody is told is for them to say, not for who acts for them.");
        return error_hint(err, "Stop acting for them first.");
    }
    if (db_read(call->service->db, find_preference, arg, err) != OK)
        return FAILED;
    return open_preference(call->service, call->arena, arg, body, err);
}

static bool wants(struct value body, const char *name)
{
    struct value said = value_get(body, str_of(name));
    return said.kind != VALUE_BOOLEAN || said.boolean;
}

static struct value preference_view(const struct call *call, struct value body, int64_t version)
{
    static const char *const texts[] = {"phone", "address", "language"};
    struct view view;
    view_init(&view, call->arena);
    view_put(&view, "sms", value_boolean(wants(body, "sms")));
    view_put(&view, "email", value_boolean(wants(body, "email")));
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        view_put(&view, texts[i], value_get(body, str_of(texts[i])));
    view_int(&view, "version", version);
    return view_done(&view);
}

enum status service_preference_get(const struct call *call, struct value *out, struct error *err)
{
    struct preference_arg arg;
    struct value body;
    if (own(call, &arg, &body, err) != OK)
        return FAILED;
    *out = preference_view(call, body, arg.row.version);
    return OK;
}

static bool is_phone(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return text.len == 11 && text.data[0] == '1' && text.data[1] >= '3';
}

/* Enough to be a mailbox and to break out of no header. */
static bool is_address(struct str text)
{
    ptrdiff_t at = str_find(text, STR("@"), 0);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                     c == '_' || c == '-' || c == '+' || c == '@';
        if (!plain)
            return false;
    }
    return text.len <= 254 && at > 0 && (size_t)at + 3 < text.len && str_find(text, STR("@"), (size_t)at + 1) < 0;
}

static enum status invalid(struct error *err, const char *field, const char *message)
{
    error_set(err, ERROR_INVALID, "preference-invalid", "%s", message);
    return error_field(err, "%s", field);
}

static enum status check_set(struct value set, struct error *err)
{
    struct value phone = value_get(set, STR("phone")), address = value_get(set, STR("address"));
    struct str language = value_text(value_get(set, STR("language")));
    if (value_text(phone).len ? !is_phone(value_text(phone)) : !value_is_null(phone) && phone.kind != VALUE_STRING)
        return invalid(err, "phone", "A mobile number has 11 digits and begins with 13 to 19.");
    if (value_text(address).len ? !is_address(value_text(address))
                                : !value_is_null(address) && address.kind != VALUE_STRING)
        return invalid(err, "address", "This is no e-mail address.");
    if (language.len && !str_equal(language, STR("zh-CN")) && !str_equal(language, STR("en")))
        return invalid(err, "language", "The language is zh-CN or en.");
    static const char *const flags[] = {"sms", "email"};
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        struct value flag = value_get(set, str_of(flags[i]));
        if (!value_is_null(flag) && flag.kind != VALUE_BOOLEAN)
            return invalid(err, flags[i], "This is true or false.");
    }
    return OK;
}

enum status service_preference_put(const struct call *call, struct value set, struct value *out, struct error *err)
{
    struct preference_arg arg;
    struct value body;
    if (own(call, &arg, &body, err) != OK || check_set(set, err) != OK)
        return FAILED;
    body = value_merge(call->arena, body, set);
    arg.was = arg.found ? arg.row.version : 0;
    arg.changed = !call->if_version || call->if_version == arg.was;
    arg.row.version = arg.was + 1;
    arg.row.body = service_seal(call->service, call->arena, str_of(preference_place), body);
    if (arg.changed && db_write(call->service->db, put_preference, &arg, err) != OK)
        return FAILED;
    if (!arg.changed)
        return error_set(err, ERROR_CONFLICT, "if-match-failed", "The settings were changed in another window.");
    *out = preference_view(call, body, arg.row.version);
    return OK;
}

/* ---- Sending ---- */

struct sending {
    struct store_delivery row;
    struct value notice, wishes, party;
    bool known; /* the notice is there */
    struct str problem;
    bool sent, given_up;
    int status;
};

struct round {
    struct call call;
    struct service *service;
    struct arena *arena;
    int64_t now;
    size_t limit;
    struct sending *items;
    size_t count;
    const struct sending *settled; /* for settle */
    bool sms, mail;                /* for settle of a route: which channels follow */
};

static enum status take_due(struct db_tx *tx, void *arg, struct error *err)
{
    struct round *round = arg;
    int64_t *regions;
    size_t count = region_list(round->service, (struct division_range){0, INT64_MAX}, round->arena, &regions);
    round->count = 0;
    for (size_t r = 0; r < count && round->count < round->limit; r++) {
        struct store_delivery *rows;
        size_t n;
        if (store_delivery_due(tx, round->arena, regions[r], round->now, (int64_t)(round->limit - round->count), &rows,
                               &n, err) != OK)
            return FAILED;
        for (size_t i = 0; i < n; i++) {
            bool moved;
            /* Whoever moves the row has it; if its taker dies it comes due again. */
            if (store_delivery_move(tx, &rows[i], round->now + LEASE_MS, rows[i].attempts + 1, &moved, err) != OK)
                return FAILED;
            if (!moved)
                continue;
            rows[i].due = round->now + LEASE_MS;
            rows[i].attempts++;
            round->items[round->count++] = (struct sending){.row = rows[i]};
        }
    }
    return OK;
}

static enum status load_one(struct round *round, struct db_tx *tx, struct sending *one, struct error *err)
{
    struct service *service = round->service;
    struct store_notice notice;
    struct store_party party;
    struct preference_arg wishes = {.arena = round->arena, .row.owner = one->row.party};
    bool found;
    char place[PARTY_PLACE_MAX];
    if (store_notice_find(tx, round->arena,
                          &(struct store_notice){.region = one->row.region, .id = one->row.id, .party = one->row.party},
                          &notice, &one->known, err) != OK ||
        find_preference(tx, &wishes, err) != OK ||
        store_party_find(tx, round->arena, one->row.party, &party, &found, err) != OK)
        return FAILED;
    if (one->known &&
        service_unseal(service, round->arena, key_text(round->arena, notice.id), notice.body, &one->notice, err) != OK)
        return FAILED;
    if (found && service_unseal(service, round->arena, party_place(&party, place), party.body, &one->party, err) != OK)
        return FAILED;
    return open_preference(service, round->arena, &wishes, &one->wishes, err);
}

static enum status load_all(struct db_tx *tx, void *arg, struct error *err)
{
    struct round *round = arg;
    for (size_t i = 0; i < round->count; i++)
        if (load_one(round, tx, &round->items[i], err) != OK)
            return FAILED;
    return OK;
}

static struct str phone_of(const struct sending *one)
{
    struct str said = value_text(value_get(one->wishes, STR("phone")));
    struct str known = value_text(value_get(one->party, STR("phone")));
    return said.len ? said : is_phone(known) ? known : STR_NONE;
}

static struct str address_of(const struct sending *one)
{
    return value_text(value_get(one->wishes, STR("address")));
}

static struct str message_text(struct round *round, const struct sending *one, const char *key, struct str otherwise)
{
    const struct pack_set *packs = round->service->packs;
    struct str language = value_text(value_get(one->wishes, STR("language")));
    struct str source = pack_text(packs, language, str_of(key));
    struct template_options options = {.kind = TEMPLATE_TEXT};
    const struct template *template;
    struct error ignored = ERROR_INIT;
    struct buf out;
    struct str text = otherwise;
    struct feel_run run = service_feel(round->service, round->arena, packs, round->now);
    buf_init(&out, 64 * 1024);
    if (!str_equal(source, str_of(key)) &&
        template_compile(round->arena, source, &options, &template, &ignored) == OK &&
        template_render(template, one->notice, &run, &out, &ignored) == OK)
        text = arena_str(round->arena, buf_str(&out));
    buf_release(&out);
    return text;
}

static struct str key_of(struct round *round, const struct sending *one)
{
    return arena_printf(round->arena, "%.*s-%s", STR_ARGS(key_text(round->arena, one->row.id)),
                        one->row.channel == STORE_CHANNEL_SMS ? "sms" : "mail");
}

static struct str title_of(const struct sending *one)
{
    return value_text(value_get(one->notice, STR("title")));
}

static enum status sms_delivery(struct round *round, struct sending *one, struct service_delivery *out,
                                struct error *err)
{
    struct arena *arena = round->arena;
    const struct pack_exchange *exchange = pack_exchange_find(round->service->packs, STR(MESSAGE_SMS_EXCHANGE));
    struct str base, token, phone = phone_of(one);
    struct str name = arena_printf(arena, "agency.%.*s", STR_ARGS(exchange ? exchange->agency : STR("")));
    *out = (struct service_delivery){0};
    if (!exchange || !phone.len)
        return OK;
    if (service_setting_get(&round->call, name, &base, err) != OK ||
        service_setting_get(&round->call, arena_printf(arena, "%.*s.token", STR_ARGS(name)), &token, err) != OK)
        return FAILED;
    if (!base.len)
        base = round->service->agencies;
    struct feel_run run = service_feel(round->service, arena, round->service->packs, round->now);
    struct value given = context_set(arena, value_null, "to", value_string(phone));
    given = context_set(arena, given, "text", value_string(message_text(round, one, "message.sms", title_of(one))));
    struct value names = context_set(arena, value_null, "request", given);
    struct value request = pack_evaluate(&exchange->request, context_set(arena, names, "case", value_null), &run);
    *out = (struct service_delivery){
        .exchange = exchange->id,
        .agency = exchange->agency,
        .method = exchange->method.len ? exchange->method : STR("POST"),
        .path = exchange->path,
        .url = base.len ? arena_printf(arena, "%.*s%.*s", STR_ARGS(base), STR_ARGS(exchange->path)) : STR_NONE,
        .idempotency_key = key_of(round, one),
        .token = token,
        .request = request,
        .body = json_text(arena, request),
        .timeout_ms = exchange->timeout_ms > 0 ? exchange->timeout_ms : 5000};
    return OK;
}

static void judge_sms(struct sending *one, const struct service_delivery *delivery)
{
    int status = delivery->status;
    one->status = status;
    one->sent = status >= 200 && status < 300;
    one->given_up =
        !delivery->exchange.len || (status >= 400 && status < 500 && status != 408 && status != 425 && status != 429);
    one->problem = one->sent               ? STR_NONE
                   : delivery->problem.len ? delivery->problem
                                           : STR("The gateway did not take it.");
}

/* All SMS of the round at once. */
static enum status send_sms(struct round *round, struct error *err)
{
    struct service_delivery *items = arena_array(round->arena, struct service_delivery, round->count);
    struct sending **whose = arena_array(round->arena, struct sending *, round->count);
    const struct service_transport *transport = round->service->transport;
    size_t n = 0;
    for (size_t i = 0; i < round->count; i++) {
        struct sending *one = &round->items[i];
        if (one->row.channel != STORE_CHANNEL_SMS || !one->known)
            continue;
        if (sms_delivery(round, one, &items[n], err) != OK)
            return FAILED;
        if (!items[n].exchange.len) {
            judge_sms(one, &items[n]);
            continue;
        }
        whose[n++] = one;
    }
    if (n)
        transport->deliver(transport->state, round->arena, items, n);
    for (size_t i = 0; i < n; i++)
        judge_sms(whose[i], &items[i]);
    return OK;
}

static enum status send_mail(struct round *round, struct sending *one, struct error *err)
{
    struct mail mail = {.to = address_of(one), .id = key_of(round, one), .now_ms = round->now};
    if (service_setting_get(&round->call, STR("mail.server"), &mail.server, err) != OK ||
        service_setting_get(&round->call, STR("mail.from"), &mail.from, err) != OK ||
        service_setting_get(&round->call, STR("mail.user"), &mail.user, err) != OK ||
        service_setting_get(&round->call, STR("mail.password"), &mail.password, err) != OK)
        return FAILED;
    if (!mail.server.len || !is_address(mail.from) || !is_address(mail.to)) {
        one->given_up = true;
        one->problem = STR("There is no server, sender or address.");
        return OK;
    }
    mail.subject = message_text(round, one, "message.mail.subject", title_of(one));
    mail.text = message_text(round, one, "message.mail.text", value_text(value_get(one->notice, STR("text"))));
    enum mail_outcome outcome = mail_send(round->arena, &mail, &one->problem);
    one->sent = outcome == MAIL_SENT;
    one->given_up = outcome == MAIL_REFUSED;
    return OK;
}

/* ---- Afterwards ---- */

static int64_t back_off(int64_t attempts)
{
    int64_t wait = WAIT_FIRST_MS;
    for (int64_t i = 1; i < attempts && wait < WAIT_MOST_MS; i++)
        wait *= 2;
    return wait < WAIT_MOST_MS ? wait : WAIT_MOST_MS;
}

static enum status log_try(struct db_tx *tx, const struct round *round, const struct sending *one, struct error *err)
{
    struct store_exchange row = {.region = one->row.region,
                                 .at = round->now,
                                 .id = one->row.id,
                                 .attempt = one->row.attempts,
                                 .status = one->status,
                                 .exchange = one->row.channel == STORE_CHANNEL_SMS ? STR(MESSAGE_SMS_EXCHANGE)
                                                                                   : STR("message.mail"),
                                 .problem = one->problem.len ? one->problem : STR_NONE};
    /* Two channels of one notice may be tried in one instant; the key is shared with exchanges. */
    row.at += one->row.channel - STORE_CHANNEL_SMS;
    return store_exchange_insert(tx, &row, err);
}

static enum status follow(struct db_tx *tx, const struct round *round, enum store_channel channel, struct error *err)
{
    struct store_delivery row = round->settled->row;
    row.channel = channel;
    row.due = round->now;
    row.attempts = 0;
    return store_delivery_insert(tx, &row, err);
}

static enum status settle(struct db_tx *tx, void *arg, struct error *err)
{
    const struct round *round = arg;
    const struct sending *one = round->settled;
    bool route = one->row.channel == STORE_CHANNEL_ROUTE, ours;
    if (route || one->sent || one->given_up || !one->known || one->row.attempts >= TRIES_MOST) {
        if (store_delivery_delete(tx, &one->row, &ours, err) != OK)
            return FAILED;
    } else if (store_delivery_move(tx, &one->row, round->now + back_off(one->row.attempts), one->row.attempts, &ours,
                                   err) != OK)
        return FAILED;
    if (!ours || !one->known)
        return OK;
    if (!route)
        return log_try(tx, round, one, err);
    if (round->sms && follow(tx, round, STORE_CHANNEL_SMS, err) != OK)
        return FAILED;
    return round->mail ? follow(tx, round, STORE_CHANNEL_MAIL, err) : OK;
}

static enum status settle_one(struct round *round, const struct sending *one, struct error *err)
{
    round->settled = one;
    round->sms = wants(one->wishes, "sms") && phone_of(one).len &&
                 pack_exchange_find(round->service->packs, STR(MESSAGE_SMS_EXCHANGE));
    round->mail = wants(one->wishes, "email") && address_of(one).len;
    if (one->given_up)
        log_event(LOG_WARNING, "message.given_up", "id=%" PRId64 " channel=%" PRId64, one->row.id, one->row.channel);
    return db_write(round->service->db, settle, round, err);
}

static enum status run_round(struct round *round, struct error *err)
{
    if (db_write(round->service->db, take_due, round, err) != OK)
        return FAILED;
    if (round->count == 0)
        return OK;
    if (db_read(round->service->db, load_all, round, err) != OK || send_sms(round, err) != OK)
        return FAILED;
    for (size_t i = 0; i < round->count; i++) {
        struct sending *one = &round->items[i];
        if (one->row.channel == STORE_CHANNEL_MAIL && one->known && send_mail(round, one, err) != OK)
            return FAILED;
        if (settle_one(round, one, err) != OK)
            return FAILED;
    }
    return OK;
}

enum status service_messages_run(struct service *self, int64_t now_ms, size_t batch, size_t *done, struct error *err)
{
    struct arena arena;
    arena_init(&arena);
    struct round round = {.call = {.service = self, .actor = &actor_system, .arena = &arena},
                          .service = self,
                          .arena = &arena,
                          .now = now_ms,
                          .limit = batch,
                          .items = arena_array(&arena, struct sending, batch)};
    enum status status = run_round(&round, err);
    *done = round.count;
    arena_release(&arena);
    return status;
}
