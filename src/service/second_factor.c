/* Codes of authenticator apps as the second factor of staff. */
#include "service/certificate_work.h"
#include "service/session.h"

#include "trust/totp.h"

struct factor_arg {
    struct store_totp row;
    bool found, taken;
    struct arena *arena;
};

static enum status find_factor(struct db_tx *tx, void *arg, struct error *err)
{
    struct factor_arg *a = arg;
    return store_totp_find(tx, a->arena, a->row.name, &a->row, &a->found, err);
}

static enum status load(const struct call *call, struct str name, struct factor_arg *out, struct error *err)
{
    *out = (struct factor_arg){.row = {.name = name}, .arena = call->arena};
    return db_read(call->service->db, find_factor, out, err);
}

static struct str place(struct arena *arena, struct str name)
{
    return arena_printf(arena, "totp:%.*s", STR_ARGS(name));
}

enum status second_factor_wrong(struct error *err)
{
    error_set(err, ERROR_UNAUTHENTICATED, "code-wrong", "The code is wrong, or was used already.");
    error_field(err, "code");
    return error_hint(err, "Type the six digits that the app shows now.");
}

/* On success row->used is the step of the code. */
static enum status check_code(const struct call *call, struct store_totp *row, struct str code, struct error *err)
{
    struct str secret;
    if (!code.len) {
        error_set(err, ERROR_UNAUTHENTICATED, "code-needed", "This account needs a code of its authenticator app.");
        error_field(err, "code");
        return error_hint(err, "Send the six digits along.");
    }
    if (service_unseal_bytes(call->service, call->arena, place(call->arena, row->name), row->secret, &secret, err) !=
        OK)
        return FAILED;
    return totp_check(secret, code, service_now(call->service), row->used, &row->used) ? OK : second_factor_wrong(err);
}

static enum status is_required(const struct call *call, struct str role, bool *out, struct error *err)
{
    struct str rest;
    if (service_setting_get(call, STR("totp.roles"), &rest, err) != OK)
        return FAILED;
    *out = false;
    while (rest.len && !*out) {
        struct str word = str_cut(&rest, ' ');
        *out = word.len && (str_equal(word, role) || str_equal(word, STR("*")));
    }
    return OK;
}

enum status second_factor_check(const struct call *call, const struct actor *staff, struct str code,
                                struct store_totp *out, bool *must_enrol, struct error *err)
{
    struct factor_arg arg;
    if (load(call, staff->id, &arg, err) != OK)
        return FAILED;
    if (!arg.found || !arg.row.confirmed)
        return is_required(call, staff->role, must_enrol, err);
    if (check_code(call, &arg.row, code, err) != OK)
        return FAILED;
    *must_enrol = false;
    *out = arg.row;
    return OK;
}

static enum status need_staff(const struct call *call, struct error *err)
{
    if (call->actor->kind == ACTOR_STAFF)
        return OK;
    if (call->actor->kind == ACTOR_NOBODY)
        return service_may(call, "case.read", err);
    error_set(err, ERROR_FORBIDDEN, "forbidden", "Only staff have a second factor here.");
    return error_hint(err, "Persons prove who they are to their identity provider.");
}

enum status service_totp_get(const struct call *call, struct value *out, struct error *err)
{
    struct factor_arg arg;
    bool required;
    if (need_staff(call, err) != OK || load(call, call->actor->id, &arg, err) != OK ||
        is_required(call, call->actor->role, &required, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, call->arena);
    view_put(&view, "enrolled", value_boolean(arg.found && arg.row.confirmed));
    view_put(&view, "required", value_boolean(required));
    *out = view_done(&view);
    return OK;
}

static enum status put_factor(struct db_tx *tx, void *arg, struct error *err)
{
    const struct factor_arg *a = arg;
    return store_totp_put(tx, &a->row, err);
}

enum status service_totp_begin(const struct call *call, struct str code, struct value *out, struct error *err)
{
    struct factor_arg arg;
    struct arena *arena = call->arena;
    if (need_staff(call, err) != OK || load(call, call->actor->id, &arg, err) != OK)
        return FAILED;
    if (arg.found && arg.row.confirmed && check_code(call, &arg.row, code, err) != OK)
        return FAILED;
    struct str secret = service_random(call->service, arena, TOTP_SECRET_SIZE);
    arg.row =
        (struct store_totp){.name = call->actor->id,
                            .secret = service_seal_bytes(call->service, arena, place(arena, call->actor->id), secret)};
    if (db_write(call->service->db, put_factor, &arg, err) != OK)
        return FAILED;
    struct str text = base32_encode(arena, secret);
    struct view view;
    view_init(&view, arena);
    view_text(&view, "secret", text);
    struct str qr, uri = arena_printf(arena, "otpauth://totp/Tongban:%.*s?secret=%.*s&issuer=Tongban",
                                      STR_ARGS(call->actor->id), STR_ARGS(text));
    if (certificate_qr(arena, uri, &qr, err) != OK)
        return FAILED;
    view_text(&view, "uri", uri);
    view_text(&view, "svg", certificate_qr_svg(arena, qr));
    *out = view_done(&view);
    return OK;
}

static enum status confirm_factor(struct db_tx *tx, void *arg, struct error *err)
{
    struct factor_arg *a = arg;
    if (store_totp_use(tx, &a->row, &a->taken, err) != OK)
        return FAILED;
    return a->taken ? store_session_delete_staff(tx, a->row.name, err) : OK;
}

enum status service_totp_confirm(const struct call *call, struct str code, struct service_session *out,
                                 struct error *err)
{
    struct factor_arg arg;
    if (need_staff(call, err) != OK || load(call, call->actor->id, &arg, err) != OK)
        return FAILED;
    if (!arg.found || arg.row.confirmed) {
        error_set(err, ERROR_CONFLICT, "totp-not-begun", "There is no new secret to confirm.");
        return error_hint(err, "Ask for a secret first, and put it into the app.");
    }
    if (check_code(call, &arg.row, code, err) != OK)
        return FAILED;
    arg.row.confirmed = service_now(call->service);
    if (db_write(call->service->db, confirm_factor, &arg, err) != OK)
        return FAILED;
    return arg.taken ? session_start(call, call->actor, STR_NONE, out, err) : second_factor_wrong(err);
}

static enum status remove_factor(struct db_tx *tx, void *arg, struct error *err)
{
    const struct factor_arg *a = arg;
    if (store_totp_delete(tx, a->row.name, err) != OK)
        return FAILED;
    return store_session_delete_staff(tx, a->row.name, err);
}

enum status service_totp_remove(const struct call *call, struct str code, struct error *err)
{
    struct factor_arg arg;
    if (need_staff(call, err) != OK || load(call, call->actor->id, &arg, err) != OK)
        return FAILED;
    if (!arg.found || !arg.row.confirmed)
        return error_set(err, ERROR_NOT_FOUND, "totp-not-enrolled", "This account has no second factor.");
    if (check_code(call, &arg.row, code, err) != OK)
        return FAILED;
    return db_write(call->service->db, remove_factor, &arg, err);
}
