/* Staff accounts and who may do what about them. */
#include "service/user.h"

#include "clock/instant.h"
#include "service/session.h"
#include "service/work.h"
#include "trust/totp.h"

#define CODE_LENGTH 10
#define CODE_BYTES 7
#define CODE_MS CLOCK_DAY_MS
#define CODE_TRIES 5
#define ROWS_AT_ONCE 500
#define REASON_MAX 500

/* ---- Rights ---- */

static bool is_administrator(const struct pack_role *role)
{
    return pack_role_may(role, STR("*")) || pack_role_may(role, STR("user.manage"));
}

static bool role_is_mine(const struct call *call, const struct pack_role *role)
{
    const struct pack_role *mine = actor_role(call);
    if (call->actor->kind == ACTOR_SYSTEM)
        return true;
    if (!mine || role->scope > mine->scope)
        return false;
    for (size_t i = 0; i < role->may_count; i++)
        if (!pack_role_may(mine, STR("*")) && !pack_role_may(mine, role->may[i]))
            return false;
    return true;
}

static bool region_is_mine(const struct call *call, const struct store_staff *row)
{
    struct actor_scope scope = actor_scope(call);
    struct division_range theirs = division_range(row->region);
    if (scope.own || theirs.from < scope.divisions.from || theirs.to > scope.divisions.to)
        return false;
    return !scope.unit.data || str_equal(scope.unit, row->unit);
}

static bool user_is_mine(const struct call *call, const struct store_staff *row)
{
    const struct pack_role *role = pack_role_find(call->service->packs, row->role);
    return region_is_mine(call, row) && (!role || role_is_mine(call, role));
}

/* What a row would be after a change. */
static enum status may_give(const struct call *call, const struct store_staff *row, struct error *err)
{
    const struct pack_role *role = pack_role_find(call->service->packs, row->role);
    if (!role) {
        error_set(err, ERROR_INVALID, "role-unknown", "There is no role %.*s.", STR_ARGS(row->role));
        return error_field(err, "role");
    }
    if (!division_of(row->region)) {
        error_set(err, ERROR_INVALID, "region-unknown", "%.*s is no division code.", STR_ARGS(row->region));
        return error_field(err, "region");
    }
    if (!role_is_mine(call, role)) {
        error_set(err, ERROR_FORBIDDEN, "role-beyond-yours", "The role %.*s may do more than you may.",
                  STR_ARGS(row->role));
        return error_field(err, "role");
    }
    if (!region_is_mine(call, row)) {
        error_set(err, ERROR_FORBIDDEN, "region-beyond-yours", "%.*s is not within your region or unit.",
                  STR_ARGS(row->region));
        return error_field(err, "region");
    }
    return OK;
}

static enum status not_yourself(struct error *err)
{
    error_set(err, ERROR_FORBIDDEN, "not-yourself", "Nobody changes his own rights or locks himself.");
    return error_hint(err, "Ask another administrator.");
}

/* ---- Changes ---- */

struct change {
    const struct call *call;
    struct store_staff row, was;
    bool found, is_new, forget_factor;
    struct store_staff_code code; /* name present: a new one */
    struct str what, reason;
};

static enum status read_user(struct db_tx *tx, void *arg, struct error *err)
{
    struct change *self = arg;
    return store_staff_find(tx, self->call->arena, self->row.name, &self->row, &self->found, err);
}

static enum status user_not_found(struct str name, struct error *err)
{
    return error_set(err, ERROR_NOT_FOUND, "user-not-found", "There is no user %.*s in your region.", STR_ARGS(name));
}

/* One that the actor may see. */
static enum status load(const struct call *call, struct str name, struct change *out, struct error *err)
{
    *out = (struct change){.call = call, .row = {.name = name}};
    if (service_may(call, "user.manage", err) != OK || db_read(call->service->db, read_user, out, err) != OK)
        return FAILED;
    out->was = out->row;
    return out->found && region_is_mine(call, &out->row) ? OK : user_not_found(name, err);
}

/* One that the actor may change. */
static enum status load_mine(const struct call *call, struct str name, struct change *out, struct error *err)
{
    if (load(call, name, out, err) != OK)
        return FAILED;
    if (user_is_mine(call, &out->row))
        return OK;
    error_set(err, ERROR_FORBIDDEN, "user-beyond-yours", "%.*s may do more than you may.", STR_ARGS(name));
    return error_hint(err, "Ask an administrator of a wider region.");
}

static enum status note_command(struct work *work, void *arg, struct error *err)
{
    const struct change *self = arg;
    struct work_note note = {.what = arena_cstr(work->arena, self->what), .purpose = self->row.name};
    if (self->reason.len)
        note.purpose = arena_printf(work->arena, "%.*s: %.*s", STR_ARGS(self->row.name), STR_ARGS(self->reason));
    return work_access_note(work, &note, err);
}

/* Somebody who is not locked may still manage users when this change is done. */
static enum status keep_an_administrator(struct db_tx *tx, const struct change *self, struct error *err)
{
    const struct pack_set *packs = self->call->service->packs;
    const struct pack_role *was = pack_role_find(packs, self->was.role), *now = pack_role_find(packs, self->row.role);
    bool stays = now && is_administrator(now) && !self->row.disabled;
    if (self->is_new || !was || !is_administrator(was) || self->was.disabled || stays)
        return OK;
    size_t count;
    const struct pack_role *const *roles = pack_roles(packs, &count);
    for (size_t i = 0; i < count; i++) {
        int64_t others = 0;
        if (is_administrator(roles[i]) && store_staff_others(tx, roles[i]->id, self->row.name, &others, err) != OK)
            return FAILED;
        if (others)
            return OK;
    }
    error_set(err, ERROR_CONFLICT, "last-administrator", "%.*s is the last one who may manage users.",
              STR_ARGS(self->row.name));
    return error_hint(err, "Make another administrator first.");
}

static enum status write_user(struct db_tx *tx, void *arg, struct error *err)
{
    const struct change *self = arg;
    bool added = true;
    if (keep_an_administrator(tx, self, err) != OK)
        return FAILED;
    if ((self->is_new ? store_staff_insert(tx, &self->row, &added, err) : store_staff_update(tx, &self->row, err)) !=
        OK)
        return FAILED;
    if (!added) {
        error_set(err, ERROR_CONFLICT, "user-exists", "There is a user %.*s already.", STR_ARGS(self->row.name));
        return error_field(err, "name");
    }
    if ((self->forget_factor && store_totp_delete(tx, self->row.name, err) != OK) ||
        (self->code.name.len && store_staff_code_put(tx, &self->code, err) != OK))
        return FAILED;
    return store_session_delete_staff(tx, self->row.name, err);
}

/* Noted first: what is tried is told even when the change then fails. */
static enum status carry_out(struct change *self, struct error *err)
{
    if (work_run(self->call, note_command, self, err) != OK)
        return FAILED;
    return db_write(self->call->service->db, write_user, self, err);
}

/* Five letters and digits twice. Case and dashes do not matter when it is typed. */
static struct str code_hash(struct arena *arena, struct str name, struct str typed)
{
    char plain[CODE_LENGTH + 1];
    size_t n = 0;
    for (size_t i = 0; i < typed.len && n < sizeof plain; i++) {
        char c = typed.data[i];
        if (c != '-' && c != ' ')
            plain[n++] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    struct str parts[] = {name, STR(":"), {plain, n}};
    return secret_hash(arena, arena_join(arena, parts, COUNT_OF(parts)));
}

static struct str make_code(struct change *self)
{
    struct arena *arena = self->call->arena;
    struct str text = base32_encode(arena, service_random(self->call->service, arena, CODE_BYTES));
    struct str shown = arena_printf(arena, "%.5s-%.5s", text.data, text.data + CODE_LENGTH / 2);
    self->code = (struct store_staff_code){.name = self->row.name,
                                           .hash = code_hash(arena, self->row.name, shown),
                                           .expires = service_now(self->call->service) + CODE_MS};
    return shown;
}

/* ---- Views ---- */

static const char *state_of(const struct store_staff *row)
{
    return row->disabled ? "locked" : row->password.data ? "active" : "new";
}

static void put_user(const struct call *call, struct view *view, const struct store_staff *row)
{
    view_text(view, "name", row->name);
    view_text(view, "title", row->title);
    view_text(view, "role", row->role);
    view_text(view, "region", row->region);
    view_text(view, "unit", row->unit);
    view_text(view, "unit_name", row->unit_name);
    view_text(view, "uscc", row->uscc);
    view_text(view, "state", str_of(state_of(row)));
    view_flag(view, "yours", user_is_mine(call, row) && !str_equal(row->name, call->actor->id));
}

static struct value changed_view(const struct change *self, struct str code)
{
    struct view view;
    view_init(&view, self->call->arena);
    put_user(self->call, &view, &self->row);
    view_text(&view, "code", code);
    if (code.len)
        view_time(&view, "expires", self->code.expires);
    return view_done(&view);
}

/* ---- Lists ---- */

struct listing {
    const struct call *call;
    const struct service_user_query *query;
    struct list_builder items;
    size_t count, limit;
    struct str after;
    bool more;
};

static bool contains(struct str text, struct str part)
{
    return !part.len || str_find(text, part, 0) >= 0;
}

static bool is_wanted(const struct listing *self, const struct store_staff *row)
{
    const struct service_user_query *query = self->query;
    struct division_range area = division_range(query->region);
    int64_t division = division_of(row->region);
    return region_is_mine(self->call, row) && (contains(row->name, query->text) || contains(row->title, query->text)) &&
           (!query->role.len || str_equal(query->role, row->role)) && division >= area.from && division < area.to &&
           (!query->unit.len || str_equal(query->unit, row->unit)) &&
           (!query->state.len || str_equal(query->state, str_of(state_of(row))));
}

static void take(struct listing *self, const struct store_staff *row)
{
    struct view view;
    if (!is_wanted(self, row))
        return;
    if (self->count == self->limit) {
        self->more = true;
        return;
    }
    view_init(&view, self->call->arena);
    put_user(self->call, &view, row);
    list_builder_push(&self->items, view_done(&view));
    self->after = row->name;
    self->count++;
}

static enum status list_users(struct db_tx *tx, void *arg, struct error *err)
{
    struct listing *self = arg;
    struct str from = self->query->cursor;
    list_builder_init(&self->items, self->call->arena);
    self->count = 0;
    self->more = false;
    for (size_t count = ROWS_AT_ONCE; count == ROWS_AT_ONCE && !self->more;) {
        struct store_staff *rows;
        if (store_staff_page(tx, self->call->arena, from, ROWS_AT_ONCE, &rows, &count, err) != OK)
            return FAILED;
        for (size_t i = 0; i < count && !self->more; i++)
            take(self, &rows[i]);
        from = count ? rows[count - 1].name : from;
    }
    return OK;
}

enum status service_user_list(const struct call *call, const struct service_user_query *query, struct value *out,
                              struct error *err)
{
    struct listing self = {.call = call, .query = query, .limit = (size_t)limit_between(query->limit, 50, 200)};
    static const char *const states[] = {"active", "locked", "new"};
    if (service_may(call, "user.manage", err) != OK)
        return FAILED;
    if (query->state.len && name_index(states, COUNT_OF(states), query->state) < 0) {
        error_set(err, ERROR_INVALID, "filter-invalid", "A user is active, locked or new.");
        return error_field(err, "state");
    }
    if (db_read(call->service->db, list_users, &self, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, call->arena);
    view_put(&view, "items", list_builder_done(&self.items));
    if (self.more)
        view_text(&view, "next", self.after);
    *out = view_done(&view);
    return OK;
}

/* ---- One ---- */

struct holdings {
    const struct call *call;
    struct str name;
    struct store_session *sessions;
    struct store_token *tokens;
    size_t session_count, token_count;
    struct store_totp factor;
    struct store_staff_code code;
    bool has_factor, has_code;
};

static enum status read_holdings(struct db_tx *tx, void *arg, struct error *err)
{
    struct holdings *self = arg;
    struct arena *arena = self->call->arena;
    if (store_session_of_staff(tx, arena, self->name, &self->sessions, &self->session_count, err) != OK ||
        store_token_of_staff(tx, arena, self->name, &self->tokens, &self->token_count, err) != OK ||
        store_totp_find(tx, arena, self->name, &self->factor, &self->has_factor, err) != OK)
        return FAILED;
    return store_staff_code_find(tx, arena, self->name, &self->code, &self->has_code, err);
}

static struct value sessions_view(const struct holdings *self)
{
    struct arena *arena = self->call->arena;
    struct list_builder items;
    list_builder_init(&items, arena);
    for (size_t i = 0; i < self->session_count; i++) {
        const struct store_session *row = &self->sessions[i];
        struct value body = value_null;
        struct error broken = ERROR_INIT;
        struct view view;
        view_init(&view, arena);
        view_text(&view, "id", session_id(arena, row->hash));
        if (service_unseal(self->call->service, arena, STR("session"), row->body, &body, &broken) == OK)
            view_put(&view, "device", value_get(body, STR("device")));
        view_time(&view, "began", row->created);
        view_time(&view, "seen", row->seen);
        list_builder_push(&items, view_done(&view));
    }
    return list_builder_done(&items);
}

static struct value tokens_view(const struct holdings *self)
{
    struct arena *arena = self->call->arena;
    struct list_builder items;
    list_builder_init(&items, arena);
    for (size_t i = 0; i < self->token_count; i++) {
        struct view view;
        view_init(&view, arena);
        view_text(&view, "id", session_id(arena, self->tokens[i].hash));
        view_time(&view, "made", self->tokens[i].created);
        view_time(&view, "expires", self->tokens[i].expires);
        list_builder_push(&items, view_done(&view));
    }
    return list_builder_done(&items);
}

enum status service_user_get(const struct call *call, struct str name, struct value *out, struct error *err)
{
    struct change user;
    struct holdings held = {.call = call, .name = name};
    int64_t now = service_now(call->service);
    if (load(call, name, &user, err) != OK || db_read(call->service->db, read_holdings, &held, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, call->arena);
    put_user(call, &view, &user.row);
    view_flag(&view, "second_factor", held.has_factor && held.factor.confirmed);
    view_int(&view, "failures", user.row.failures);
    if (user.row.locked > now)
        view_time(&view, "closed_until", user.row.locked);
    if (held.has_code && held.code.expires > now && held.code.tries < CODE_TRIES)
        view_time(&view, "code_until", held.code.expires);
    view_put(&view, "sessions", sessions_view(&held));
    view_put(&view, "tokens", tokens_view(&held));
    *out = view_done(&view);
    return OK;
}

/* ---- Making and changing ---- */

enum status service_user_create(const struct call *call, const struct service_user *user, struct value *out,
                                struct error *err)
{
    struct change self = {.call = call, .is_new = true, .what = STR("user.create")};
    self.row = (struct store_staff){.name = user->name,
                                    .title = user->title.len ? user->title : user->name,
                                    .role = user->role,
                                    .region = user->region,
                                    .unit = user->unit,
                                    .unit_name = user->unit_name,
                                    .uscc = user->uscc};
    if (service_may(call, "user.manage", err) != OK || user_name_check(user->name, err) != OK ||
        may_give(call, &self.row, err) != OK)
        return FAILED;
    struct str code = make_code(&self);
    if (carry_out(&self, err) != OK)
        return FAILED;
    *out = changed_view(&self, code);
    return OK;
}

static void overlay(struct value set, const char *name, struct str *out)
{
    struct value v = value_get(set, str_of(name));
    if (v.kind == VALUE_STRING)
        *out = str_trim(v.string);
}

enum status service_user_change(const struct call *call, struct str name, struct value set, struct value *out,
                                struct error *err)
{
    struct change self;
    if (load_mine(call, name, &self, err) != OK)
        return FAILED;
    overlay(set, "title", &self.row.title);
    overlay(set, "role", &self.row.role);
    overlay(set, "region", &self.row.region);
    overlay(set, "unit", &self.row.unit);
    overlay(set, "unit_name", &self.row.unit_name);
    overlay(set, "uscc", &self.row.uscc);
    if (!self.row.title.len) {
        error_set(err, ERROR_INVALID, "user-invalid", "A user has a title: the name that is shown.");
        return error_field(err, "title");
    }
    bool rights = !str_equal(self.row.role, self.was.role) || !str_equal(self.row.region, self.was.region) ||
                  !str_equal(self.row.unit, self.was.unit);
    if (rights && str_equal(name, call->actor->id) && call->actor->kind == ACTOR_STAFF)
        return not_yourself(err);
    self.what = STR("user.change");
    self.reason = arena_printf(call->arena, "%.*s %.*s %.*s", STR_ARGS(self.row.role), STR_ARGS(self.row.region),
                               STR_ARGS(self.row.unit));
    if (may_give(call, &self.row, err) != OK || carry_out(&self, err) != OK)
        return FAILED;
    *out = changed_view(&self, STR_NONE);
    return OK;
}

enum status service_user_act(const struct call *call, struct str name, struct str action, struct str reason,
                             struct value *out, struct error *err)
{
    enum { LOCK, UNLOCK, RESET, FORGET_FACTOR, ACTIONS };
    static const char *const actions[ACTIONS] = {"lock", "unlock", "reset", "forget-factor"};
    struct change self;
    struct str code = STR_NONE;
    int64_t what = name_index(actions, ACTIONS, action);
    if (load_mine(call, name, &self, err) != OK)
        return FAILED;
    if (what < 0)
        return error_set(err, ERROR_NOT_FOUND, "action-not-found",
                         "A user is locked, unlocked, reset, or rid of a factor.");
    self.reason = str_trim(reason);
    if ((what == LOCK && !self.reason.len) || self.reason.len > REASON_MAX) {
        error_set(err, ERROR_INVALID, "reason-missing", "Locking needs a reason, of at most %d bytes.", REASON_MAX);
        return error_field(err, "reason");
    }
    if (what != RESET && str_equal(name, call->actor->id) && call->actor->kind == ACTOR_STAFF)
        return not_yourself(err);
    self.what = arena_printf(call->arena, "user.%s", actions[what]);
    if (what == LOCK || what == UNLOCK)
        self.row.disabled = what == LOCK;
    self.row.failures = self.row.locked = 0;
    self.forget_factor = what == FORGET_FACTOR;
    if (what == RESET) {
        self.row.password = STR_NONE;
        code = make_code(&self);
    }
    if (carry_out(&self, err) != OK)
        return FAILED;
    *out = changed_view(&self, code);
    return OK;
}

struct ending {
    struct holdings held;
    enum service_user_thing thing;
    struct str id;
    bool ended;
};

static enum status end_thing(struct db_tx *tx, void *arg, struct error *err)
{
    struct ending *self = arg;
    struct arena *arena = self->held.call->arena;
    bool session = self->thing == SERVICE_USER_SESSION;
    self->ended = false;
    if (read_holdings(tx, &self->held, err) != OK)
        return FAILED;
    size_t count = session ? self->held.session_count : self->held.token_count;
    for (size_t i = 0; i < count && !self->ended; i++) {
        struct str hash = session ? self->held.sessions[i].hash : self->held.tokens[i].hash;
        self->ended = str_equal(session_id(arena, hash), self->id);
        if (self->ended && (session ? store_session_delete(tx, hash, err) : store_token_delete(tx, hash, err)) != OK)
            return FAILED;
    }
    return OK;
}

enum status service_user_end(const struct call *call, struct str name, enum service_user_thing thing, struct str id,
                             struct error *err)
{
    struct change user;
    struct ending self = {.held = {.call = call, .name = name}, .thing = thing, .id = id};
    if (load_mine(call, name, &user, err) != OK)
        return FAILED;
    user.what = thing == SERVICE_USER_SESSION ? STR("user.end-session") : STR("user.revoke-token");
    user.reason = str_part(id, 0, SESSION_ID_LENGTH);
    if (work_run(call, note_command, &user, err) != OK || db_write(call->service->db, end_thing, &self, err) != OK)
        return FAILED;
    if (self.ended)
        return OK;
    return thing == SERVICE_USER_SESSION
               ? error_set(err, ERROR_NOT_FOUND, "session-not-found", "This session has ended already.")
               : error_set(err, ERROR_NOT_FOUND, "token-not-found", "There is no such token.");
}

/* ---- A password by a code ---- */

struct setting {
    struct change user;
    struct store_staff_code code;
    struct str given;
    bool right;
};

/* A wrong try is counted, so nothing fails here but the database. */
static enum status take_code(struct db_tx *tx, void *arg, struct error *err)
{
    struct setting *self = arg;
    struct str password = self->user.row.password;
    bool known;
    self->right = false;
    if (store_staff_find(tx, self->user.call->arena, self->user.row.name, &self->user.row, &self->user.found, err) !=
            OK ||
        store_staff_code_find(tx, self->user.call->arena, self->user.row.name, &self->code, &known, err) != OK)
        return FAILED;
    self->user.row.password = password;
    if (!known || !self->user.found || self->user.row.disabled || self->code.tries >= CODE_TRIES ||
        self->code.expires <= service_now(self->user.call->service))
        return OK;
    if (!hash_equal(self->given.data, self->code.hash.data, HASH_SIZE))
        return store_staff_code_try(tx, self->user.row.name, err);
    self->user.row.failures = self->user.row.locked = 0;
    if (store_staff_code_take(tx, &self->code, &self->right, err) != OK || !self->right)
        return self->right ? FAILED : OK;
    if (store_staff_update(tx, &self->user.row, err) != OK)
        return FAILED;
    return store_session_delete_staff(tx, self->user.row.name, err);
}

enum status service_password_set(const struct call *call, struct str name, struct str code, struct str password,
                                 struct error *err)
{
    struct setting self = {.user = {.call = call, .row = {.name = name}}};
    if (service_password_hash(call->arena, password, &self.user.row.password, err) != OK)
        return FAILED;
    self.given = code_hash(call->arena, name, code);
    if (db_write(call->service->db, take_code, &self, err) != OK)
        return FAILED;
    if (self.right)
        return OK;
    error_set(err, ERROR_UNAUTHENTICATED, "code-wrong", "The code is wrong, was used, or has run out.");
    error_field(err, "code");
    return error_hint(err, "Ask an administrator for a new code.");
}

/* ---- Roles ---- */

static const char *const scope_names[] = {[PACK_SCOPE_OWN] = "own",
                                          [PACK_SCOPE_UNIT] = "unit",
                                          [PACK_SCOPE_REGION] = "region",
                                          [PACK_SCOPE_PROVINCE] = "province"};

enum status service_role_list(const struct call *call, struct value *out, struct error *err)
{
    size_t count;
    struct list_builder items;
    const struct pack_role *const *roles = pack_roles(call->service->packs, &count);
    if (service_may(call, "user.manage", err) != OK)
        return FAILED;
    list_builder_init(&items, call->arena);
    for (size_t i = 0; i < count; i++) {
        struct view view;
        struct list_builder may;
        list_builder_init(&may, call->arena);
        for (size_t m = 0; m < roles[i]->may_count; m++)
            list_builder_push(&may, value_string(roles[i]->may[m]));
        view_init(&view, call->arena);
        view_text(&view, "id", roles[i]->id);
        view_text(&view, "title", roles[i]->title);
        view_text(&view, "scope", str_of(scope_names[roles[i]->scope]));
        view_put(&view, "may", list_builder_done(&may));
        view_text(&view, "pack", pack_id(roles[i]->pack));
        view_flag(&view, "yours", role_is_mine(call, roles[i]));
        list_builder_push(&items, view_done(&view));
    }
    *out = context_set(call->arena, value_null, "items", list_builder_done(&items));
    return OK;
}
