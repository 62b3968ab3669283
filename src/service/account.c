/* Signing in: staff by password, parties by a vouched identity; sessions and bearer tokens, both kept as hashes only.
 */
#include "service/account.h"

#include "clock/instant.h"
#include "service/builtin.h"
#include "service/session.h"
#include "store/session.h"

#include <sodium.h>
#include <string.h>

#define SESSION_IDLE_MS (30 * CLOCK_MINUTE_MS)
#define KIOSK_TOUCH_MS ((int64_t)5000)
#define SESSION_MOST_MS (CLOCK_DAY_MS / 2)
#define TOUCH_MS CLOCK_MINUTE_MS /* the sliding end is moved at most this often, so that reading stays reading */
#define FAILURES_FREE 5
#define YEAR_MS (365 * CLOCK_DAY_MS)
#define PASSWORD_MIN 8
#define PASSWORD_MAX 200
#define DEVICE_MAX 400

/* ---- Users ---- */

enum status user_name_check(struct str name, struct error *err)
{
    bool good = name.len >= 2 && name.len <= 40;
    for (size_t i = 0; i < name.len && good; i++) {
        char c = name.data[i];
        good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    }
    if (good)
        return OK;
    error_set(err, ERROR_INVALID, "user-invalid", "A user name has 2 to 40 characters of a-z, 0-9, '.', '_' and '-'.");
    return error_field(err, "name");
}

enum status service_password_hash(struct arena *arena, struct str password, struct str *out, struct error *err)
{
    if (password.len < PASSWORD_MIN || password.len > PASSWORD_MAX) {
        error_set(err, ERROR_INVALID, "password-invalid", "A password has %d to %d bytes.", PASSWORD_MIN, PASSWORD_MAX);
        return error_field(err, "password");
    }
    char *text = arena_alloc(arena, crypto_pwhash_STRBYTES);
    if (sodium_init() < 0 || crypto_pwhash_str(text, password.data, password.len, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                               crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
        return error_set(err, ERROR_UNAVAILABLE, "busy", "There is not enough memory to hash a password just now.");
    *out = str_of(text);
    return OK;
}

struct user_arg {
    const struct call *call;
    struct store_staff row;
    bool found;
};

static enum status insert_user(struct db_tx *tx, void *arg, struct error *err)
{
    struct user_arg *a = arg;
    bool added;
    if (store_staff_insert(tx, &a->row, &added, err) != OK)
        return FAILED;
    if (added)
        return OK;
    error_set(err, ERROR_CONFLICT, "user-exists", "There is a user %.*s already.", STR_ARGS(a->row.name));
    return error_field(err, "name");
}

enum status service_user_add(const struct call *call, const struct service_user *user, struct error *err)
{
    if (service_may(call, "user.manage", err) != OK)
        return FAILED;
    if (user_name_check(user->name, err) != OK)
        return FAILED;
    if (!pack_role_find(call->service->packs, user->role)) {
        error_set(err, ERROR_INVALID, "role-unknown", "There is no role %.*s.", STR_ARGS(user->role));
        return error_field(err, "role");
    }
    if (!division_of(user->region)) {
        error_set(err, ERROR_INVALID, "region-unknown", "%.*s is no division code.", STR_ARGS(user->region));
        return error_field(err, "region");
    }
    struct user_arg arg = {.call = call,
                           .row = {.name = user->name,
                                   .title = user->title.len ? user->title : user->name,
                                   .role = user->role,
                                   .region = user->region,
                                   .unit = user->unit,
                                   .unit_name = user->unit_name,
                                   .uscc = user->uscc,
                                   .password = user->hash}};
    if (user->password.data && service_password_hash(call->arena, user->password, &arg.row.password, err) != OK)
        return FAILED;
    return db_write(call->service->db, insert_user, &arg, err);
}

static enum status read_user(struct db_tx *tx, void *arg, struct error *err)
{
    struct user_arg *a = arg;
    return store_staff_find(tx, a->call->arena, a->row.name, &a->row, &a->found, err);
}

void actor_of_staff(const struct store_staff *row, struct actor *out)
{
    *out = (struct actor){.kind = ACTOR_STAFF,
                          .id = row->name,
                          .name = row->title,
                          .role = row->role,
                          .region = row->region,
                          .unit = row->unit,
                          .unit_name = row->unit_name,
                          .uscc = row->uscc,
                          .level = 3};
}

static enum status load_user(const struct call *call, struct str name, struct user_arg *arg, struct error *err)
{
    *arg = (struct user_arg){.call = call, .row = {.name = name}};
    return db_read(call->service->db, read_user, arg, err);
}

enum status service_user_find(const struct call *call, struct str name, struct actor *out, struct error *err)
{
    struct user_arg arg;
    if (load_user(call, name, &arg, err) != OK)
        return FAILED;
    if (!arg.found || arg.row.disabled)
        return error_set(err, ERROR_NOT_FOUND, "user-not-found", "There is no user %.*s.", STR_ARGS(name));
    actor_of_staff(&arg.row, out);
    return OK;
}

/* ---- Sessions ---- */

struct str secret_hash(struct arena *arena, struct str secret)
{
    unsigned char *hash = arena_alloc(arena, HASH_SIZE);
    hash_sha256(secret, hash);
    return (struct str){(const char *)hash, HASH_SIZE};
}

struct str session_id(struct arena *arena, struct str hash)
{
    return str_part(hex_encode(arena, hash.data, hash.len), 0, SESSION_ID_LENGTH);
}

struct session_arg {
    const struct call *call;
    struct store_session row;
    struct store_staff staff;
    bool found, staff_found;
    struct store_totp factor; /* name present: a code was taken */
    struct str ends;          /* hash of the session that this one takes the place of; absent: none */
    struct str owner;         /* blind index of the person or organisation that signed in; absent: staff */
    struct str device;
};

static enum status insert_session(struct db_tx *tx, void *arg, struct error *err)
{
    struct session_arg *a = arg;
    bool taken = true;
    if (a->staff_found && store_staff_update(tx, &a->staff, err) != OK)
        return FAILED;
    if (a->factor.name.len && store_totp_use(tx, &a->factor, &taken, err) != OK)
        return FAILED;
    if (!taken)
        return second_factor_wrong(err);
    if (a->ends.len && store_session_delete(tx, a->ends, err) != OK)
        return FAILED;
    if (store_session_insert(tx, &a->row, err) != OK)
        return FAILED;
    return a->owner.data ? store_session_own(tx, a->row.hash, a->owner, err) : OK;
}

static struct value actor_body(struct arena *arena, const struct actor *actor)
{
    struct view view;
    view_init(&view, arena);
    view_text(&view, "kind", str_of(actor_kind_name(actor->kind)));
    view_text(&view, "id", actor->id);
    view_text(&view, "name", actor->name);
    view_text(&view, "region", actor->region);
    view_text(&view, "language", actor->language);
    view_int(&view, "level", actor->level);
    if (actor->acting)
        view_put(&view, "acting", acting_body(arena, actor->acting));
    return view_done(&view);
}

static int64_t idle_ms(bool kiosk)
{
    return kiosk ? SERVICE_KIOSK_IDLE_MS : SESSION_IDLE_MS;
}

/* Whose row in staff a session hangs on. */
static struct str staff_of(const struct actor *actor)
{
    if (actor->acting)
        actor = &actor->acting->agent;
    return actor->kind == ACTOR_STAFF ? actor->id : STR_NONE;
}

/* Whose hands it is in, whoever they act for. */
static struct str owner_of(const struct call *call, const struct actor *actor)
{
    if (actor->acting)
        actor = &actor->acting->agent;
    bool party = actor->kind == ACTOR_PERSON || actor->kind == ACTOR_ORGANISATION;
    return party ? party_index(call->service, call->arena, actor->id) : STR_NONE;
}

static enum status new_session(const struct call *call, struct session_arg *arg, const struct actor *actor,
                               struct service_session *out, struct error *err)
{
    struct service *service = call->service;
    struct str bytes = service_random(service, call->arena, 32);
    struct str csrf = service_random(service, call->arena, 16);
    int64_t now = service_now(service);
    struct service_session session = {.secret = base64url_encode(call->arena, bytes.data, bytes.len),
                                      .csrf = hex_encode(call->arena, csrf.data, csrf.len),
                                      .actor = *actor,
                                      .expires_ms = now + idle_ms(out->kiosk),
                                      .must_enrol = out->must_enrol,
                                      .kiosk = out->kiosk};
    arg->row = (struct store_session){.hash = secret_hash(call->arena, session.secret),
                                      .staff = staff_of(actor),
                                      .csrf = session.csrf,
                                      .created = now,
                                      .seen = now};
    arg->owner = owner_of(call, actor);
    struct value body = actor_body(call->arena, actor);
    if (session.must_enrol)
        body = context_set(call->arena, body, "must_enrol", value_boolean(true));
    if (session.kiosk)
        body = context_set(call->arena, body, "kiosk", value_boolean(true));
    if (arg->device.len && arg->device.len <= DEVICE_MAX && utf8_valid(arg->device))
        body = context_set(call->arena, body, "device", value_string(arg->device));
    arg->row.body = service_seal(service, call->arena, STR("session"), body);
    if (db_write(service->db, insert_session, arg, err) != OK)
        return FAILED;
    service_count(service, METRIC_SIGN_INS, 1);
    *out = session;
    return OK;
}

static enum status update_staff(struct db_tx *tx, void *arg, struct error *err)
{
    const struct session_arg *a = arg;
    return store_staff_update(tx, &a->staff, err);
}

/* A minute after the fifth failure, doubled with each one more, at most an hour. */
static int64_t lock_length(int64_t failures)
{
    int64_t over = failures - FAILURES_FREE;
    return over < 0 ? 0 : over > 5 ? 60 * CLOCK_MINUTE_MS : CLOCK_MINUTE_MS << over;
}

static enum status count_failure(const struct call *call, struct session_arg *arg, struct error *err)
{
    service_count(call->service, METRIC_SIGN_INS_FAILED, 1);
    if (arg->staff_found) {
        arg->staff.failures++;
        int64_t length = lock_length(arg->staff.failures);
        arg->staff.locked = length ? service_now(call->service) + length : 0;
        return db_write(call->service->db, update_staff, arg, err);
    }
    return OK;
}

static enum status sign_in_failed(const struct call *call, struct session_arg *arg, struct error *err)
{
    if (count_failure(call, arg, err) != OK)
        return FAILED;
    error_set(err, ERROR_UNAUTHENTICATED, "sign-in-failed", "The name or the password is wrong.");
    return error_hint(err, "After five failures in a row the account is closed for a while.");
}

/* Takes as long for a name that does not exist as for a wrong password. */
static bool password_right(const struct store_staff *staff, bool found, struct str password)
{
    static const char nobody[] =
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$3IVpiqDNTNaYlRhRJNdq0jJ7mHTfMZqSFTuQg2Zbq1M";
    char text[crypto_pwhash_STRBYTES] = {0};
    bool usable = found && staff->password.data && staff->password.len < sizeof text && !staff->disabled;
    memcpy(text, usable ? staff->password.data : nobody, usable ? staff->password.len : sizeof nobody - 1);
    bool right = sodium_init() >= 0 && password.len <= PASSWORD_MAX &&
                 crypto_pwhash_str_verify(text, password.data ? password.data : "", password.len) == 0;
    return right && usable;
}

enum status service_sign_in(const struct call *call, struct str name, struct str password, struct service_session *out,
                            struct error *err)
{
    struct service_credentials by = {.name = name, .password = password};
    return service_sign_in_by(call, &by, out, err);
}

enum status service_sign_in_by(const struct call *call, const struct service_credentials *by,
                               struct service_session *out, struct error *err)
{
    struct user_arg user;
    struct session_arg arg = {.call = call, .device = by->device};
    if (load_user(call, by->name, &user, err) != OK)
        return FAILED;
    arg.staff = user.row;
    arg.staff_found = user.found;
    if (user.found && user.row.locked > service_now(call->service)) {
        error_set(err, ERROR_TOO_MANY, "too-many-attempts", "There were too many wrong passwords for this account.");
        return error_hint(err, "Try again in %" PRId64 " seconds.",
                          (user.row.locked - service_now(call->service)) / 1000 + 1);
    }
    if (!password_right(&user.row, user.found, by->password))
        return sign_in_failed(call, &arg, err);
    struct actor actor;
    struct service_session session = {0};
    actor_of_staff(&user.row, &actor);
    if (second_factor_check(call, &actor, by->code, &arg.factor, &session.must_enrol, err) != OK) {
        struct error counting = ERROR_INIT;
        if (str_equal(str_of(err->type), STR("code-wrong")) && count_failure(call, &arg, &counting) != OK)
            *err = counting;
        return FAILED;
    }
    /* Only a sign-in after failures writes the account. */
    arg.staff_found = user.row.failures != 0;
    arg.staff.failures = arg.staff.locked = 0;
    if (new_session(call, &arg, &actor, &session, err) != OK)
        return FAILED;
    *out = session;
    return OK;
}

enum status service_sign_in_party(const struct call *call, const struct actor *party, struct str device,
                                  struct service_session *out, struct error *err)
{
    struct session_arg arg = {.call = call, .device = device};
    struct service_session session = {0};
    CHECK(party->kind == ACTOR_PERSON || party->kind == ACTOR_ORGANISATION);
    if (new_session(call, &arg, party, &session, err) != OK)
        return FAILED;
    *out = session;
    return OK;
}

static enum status find_session(struct db_tx *tx, void *arg, struct error *err)
{
    struct session_arg *a = arg;
    if (store_session_find(tx, a->call->arena, a->row.hash, &a->row, &a->found, err) != OK)
        return FAILED;
    if (!a->found || !a->row.staff.data)
        return OK;
    return store_staff_find(tx, a->call->arena, a->row.staff, &a->staff, &a->staff_found, err);
}

static enum status unauthenticated(struct error *err)
{
    error_set(err, ERROR_UNAUTHENTICATED, "unauthenticated", "The session has ended.");
    return error_hint(err, "Sign in again.");
}

/* A session that takes the place of one at a kiosk is at the kiosk too; the device stays the same. */
static enum status take_over(const struct call *call, struct str secret, struct str *device, bool *kiosk,
                             struct error *err)
{
    struct session_arg arg = {.call = call, .row = {.hash = secret_hash(call->arena, secret)}};
    struct value body;
    if (db_read(call->service->db, find_session, &arg, err) != OK)
        return FAILED;
    if (!arg.found)
        return OK;
    if (service_unseal(call->service, call->arena, STR("session"), arg.row.body, &body, err) != OK)
        return FAILED;
    *kiosk = value_is_true(value_get(body, STR("kiosk")));
    *device = value_text(value_get(body, STR("device")));
    return OK;
}

enum status session_start(const struct call *call, const struct actor *actor, struct str ends,
                          struct service_session *out, struct error *err)
{
    struct session_arg arg = {.call = call, .ends = ends.len ? secret_hash(call->arena, ends) : STR_NONE};
    struct service_session session = {0};
    if ((ends.len && take_over(call, ends, &arg.device, &session.kiosk, err) != OK) ||
        new_session(call, &arg, actor, &session, err) != OK)
        return FAILED;
    *out = session;
    return OK;
}

enum status service_session_kiosk(const struct call *call, struct str secret, bool kiosk, struct service_session *out,
                                  struct error *err)
{
    struct session_arg arg = {.call = call, .ends = secret_hash(call->arena, secret)};
    struct service_session session = {0};
    if (call->actor->kind == ACTOR_NOBODY || !secret.len)
        return unauthenticated(err);
    if (!kiosk && call->actor->kind != ACTOR_STAFF) {
        error_set(err, ERROR_FORBIDDEN, "forbidden", "Only staff take a session away from a kiosk.");
        return error_hint(err, "End the session instead.");
    }
    if (take_over(call, secret, &arg.device, &session.kiosk, err) != OK)
        return FAILED;
    session.kiosk = kiosk;
    if (new_session(call, &arg, call->actor, &session, err) != OK)
        return FAILED;
    *out = session;
    return OK;
}

struct demo_arg {
    struct str id;
    struct party_held party;
};

static enum status find_demo(struct work *work, void *arg, struct error *err)
{
    struct demo_arg *a = arg;
    return party_find(work, a->id, &a->party, err);
}

enum status service_sign_in_demo(const struct call *call, struct str id, int level, struct str device,
                                 struct service_session *out, struct error *err)
{
    struct demo_arg arg = {.id = id};
    if (!call->service->demo)
        return error_set(err, ERROR_FORBIDDEN, "forbidden", "This server is no demonstration.");
    if (level < 1 || level > 3)
        return error_set(err, ERROR_INVALID, "level-invalid", "Identity levels are 1, 2 and 3.");
    if (work_read(call, find_demo, &arg, err) != OK)
        return FAILED;
    if (!arg.party.found)
        return error_set(err, ERROR_UNAUTHENTICATED, "sign-in-failed", "Nobody is registered under this ID number.");
    struct value body = arg.party.body;
    struct actor actor = {.kind = arg.party.row.kind ? ACTOR_ORGANISATION : ACTOR_PERSON,
                          .id = value_text(value_get(body, STR("id"))),
                          .name = value_text(value_get(body, STR("name"))),
                          .region = value_text(value_get(body, STR("region"))),
                          .level = level};
    return service_sign_in_party(call, &actor, device, out, err);
}

static enum status touch_session(struct db_tx *tx, void *arg, struct error *err)
{
    const struct session_arg *a = arg;
    return store_session_touch(tx, a->row.hash, a->row.seen, err);
}

static enum status session_actor(const struct call *call, const struct session_arg *arg, struct value body,
                                 struct actor *out, struct error *err)
{
    struct value acting = value_get(body, STR("acting"));
    struct actor staff = actor_nobody;
    if (arg->row.staff.data) {
        if (!arg->staff_found || arg->staff.disabled)
            return unauthenticated(err);
        actor_of_staff(&arg->staff, &staff);
        *out = staff;
        if (value_is_null(acting))
            return OK;
    }
    bool organisation = str_equal(value_text(value_get(body, STR("kind"))), STR("organisation"));
    *out = (struct actor){.kind = organisation ? ACTOR_ORGANISATION : ACTOR_PERSON,
                          .id = value_text(value_get(body, STR("id"))),
                          .name = value_text(value_get(body, STR("name"))),
                          .region = value_text(value_get(body, STR("region"))),
                          .language = value_text(value_get(body, STR("language"))),
                          .level = (int)value_int_or(value_get(body, STR("level")), 1)};
    return value_is_null(acting) ? OK : acting_load(call, acting, &staff, out, err);
}

enum status service_session_find(const struct call *call, struct str secret, struct service_session *out,
                                 struct error *err)
{
    struct session_arg arg = {.call = call, .row = {.hash = secret_hash(call->arena, secret)}};
    int64_t now = service_now(call->service);
    struct actor actor;
    struct value body;
    if (db_read(call->service->db, find_session, &arg, err) != OK)
        return FAILED;
    if (!arg.found || now - arg.row.seen > SESSION_IDLE_MS || now - arg.row.created > SESSION_MOST_MS)
        return unauthenticated(err);
    if (service_unseal(call->service, call->arena, STR("session"), arg.row.body, &body, err) != OK ||
        session_actor(call, &arg, body, &actor, err) != OK)
        return FAILED;
    bool kiosk = value_is_true(value_get(body, STR("kiosk")));
    if (now - arg.row.seen > idle_ms(kiosk))
        return unauthenticated(err);
    if (now - arg.row.seen > (kiosk ? KIOSK_TOUCH_MS : TOUCH_MS)) {
        arg.row.seen = now;
        if (db_write(call->service->db, touch_session, &arg, err) != OK)
            return FAILED;
    }
    int64_t idle_end = arg.row.seen + idle_ms(kiosk), end = arg.row.created + SESSION_MOST_MS;
    *out = (struct service_session){
        .secret = secret, .csrf = arg.row.csrf, .actor = actor, .expires_ms = idle_end < end ? idle_end : end,
        .must_enrol = value_is_true(value_get(body, STR("must_enrol"))), .kiosk = kiosk};
    return OK;
}

static enum status delete_session(struct db_tx *tx, void *arg, struct error *err)
{
    const struct session_arg *a = arg;
    return store_session_delete(tx, a->row.hash, err);
}

enum status service_sign_out(const struct call *call, struct str secret, struct error *err)
{
    struct session_arg arg = {.call = call, .row = {.hash = secret_hash(call->arena, secret)}};
    return db_write(call->service->db, delete_session, &arg, err);
}

/* ---- Tokens ---- */

struct token_arg {
    const struct call *call;
    struct str hash, user;
    int64_t expires;
    struct store_staff staff;
    bool found;
};

static enum status insert_token(struct db_tx *tx, void *arg, struct error *err)
{
    struct token_arg *a = arg;
    if (store_staff_find(tx, db_tx_arena(tx), a->user, &a->staff, &a->found, err) != OK)
        return FAILED;
    if (!a->found)
        return error_set(err, ERROR_NOT_FOUND, "user-not-found", "There is no user %.*s.", STR_ARGS(a->user));
    return store_token_insert(tx, a->hash, a->user, service_now(a->call->service), a->expires, err);
}

enum status service_token_create(const struct call *call, struct str user, int64_t ttl_ms, struct str *out,
                                 struct error *err)
{
    if (service_may(call, "user.manage", err) != OK)
        return FAILED;
    struct str bytes = service_random(call->service, call->arena, 32);
    struct str token =
        arena_printf(call->arena, "tb_%.*s", STR_ARGS(base64url_encode(call->arena, bytes.data, bytes.len)));
    struct token_arg arg = {.call = call,
                            .hash = secret_hash(call->arena, token),
                            .user = user,
                            .expires = service_now(call->service) + limit_between(ttl_ms, YEAR_MS, 10 * YEAR_MS)};
    if (db_write(call->service->db, insert_token, &arg, err) != OK)
        return FAILED;
    *out = token;
    return OK;
}

static enum status find_token(struct db_tx *tx, void *arg, struct error *err)
{
    struct token_arg *a = arg;
    if (store_token_find(tx, a->call->arena, a->hash, service_now(a->call->service), &a->user, err) != OK)
        return FAILED;
    a->found = false;
    return a->user.data ? store_staff_find(tx, a->call->arena, a->user, &a->staff, &a->found, err) : OK;
}

enum status service_token_find(const struct call *call, struct str token, struct actor *out, struct error *err)
{
    struct token_arg arg = {.call = call, .hash = secret_hash(call->arena, token)};
    if (db_read(call->service->db, find_token, &arg, err) != OK)
        return FAILED;
    if (!arg.found || arg.staff.disabled) {
        error_set(err, ERROR_UNAUTHENTICATED, "unauthenticated", "The token is not valid.");
        return error_hint(err, "Make one with: tongban token create --user NAME");
    }
    actor_of_staff(&arg.staff, out);
    return OK;
}
