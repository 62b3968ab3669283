/* Is a certificate genuine and valid? What anybody may ask: by code, number, identifier, signed text, showing code, or
 * number and holder; one, or up to a thousand at once. */
#include "service/certificate.h"

#include "service/certificate_work.h"
#include "service/ticket.h"
#include "trust/certificate.h"

/* The number on the face may be the holder's ID number, and the identifier contains it: strangers see both masked then.
 */
static void mask_numbers(struct view *view, struct arena *arena, const struct work_certificate *held)
{
    struct str number = value_text(value_get(held->body, STR("number")));
    struct str identifier = value_text(value_get(held->body, STR("identifier")));
    if (!number.len || !str_equal(number, value_text(value_path(held->body, "holder.id"))))
        return;
    struct str masked = service_mask(arena, number);
    ptrdiff_t at = str_find(identifier, number, 0);
    view_text(view, "number", masked);
    if (at >= 0) {
        struct str parts[] = {str_part(identifier, 0, (size_t)at), masked,
                              str_part(identifier, (size_t)at + number.len, identifier.len)};
        view_text(view, "identifier", arena_join(arena, parts, COUNT_OF(parts)));
    }
}

/* ---- One ---- */

struct verifying {
    struct value given, view;
    struct list_builder checks;
    bool genuine;
    const char *refused; /* a showing code that cannot be looked at any more: "used", "expired" */
    struct ticket shown; /* row.kind and the rest only when it is good */
    bool is_shown;
};

static void check_add(struct verifying *self, struct arena *arena, const char *check, bool passed, const char *message)
{
    struct view view;
    view_init(&view, arena);
    view_text(&view, "check", str_of(check));
    view_flag(&view, "passed", passed);
    view_text(&view, "message", str_of(message));
    list_builder_push(&self->checks, view_done(&view));
    self->genuine = self->genuine && passed;
}

static enum status by_identifier(struct work *work, struct str identifier, struct work_certificate **out,
                                 struct error *err)
{
    int64_t *regions;
    struct str index = service_index(work->service, work->arena, "certificate", identifier);
    size_t count = region_list(work->service, (struct division_range){0, INT64_MAX}, work->arena, &regions);
    for (size_t r = 0; index.data && r < count; r++) {
        struct store_certificate row;
        bool found;
        if (store_certificate_by_identifier(work->tx, work->arena, regions[r], index, &row, &found, err) != OK)
            return FAILED;
        if (found)
            return certificate_hold(work, &row, out, err);
    }
    return OK;
}

static enum status load_quietly(struct work *work, struct case_id id, struct work_certificate **out, struct error *err)
{
    struct error problem = ERROR_INIT;
    if (certificate_load(work, id, out, &problem) == OK || problem.kind == ERROR_NOT_FOUND)
        return OK;
    *err = problem;
    return FAILED;
}

/* A signed text is judged by itself; the server's own row then tells the state. */
static enum status find_by_jws(struct work *work, struct verifying *self, struct str jws, struct work_certificate **out,
                               struct error *err)
{
    struct certificate_verdict verdict =
        certificate_verify(work->arena, jws, service_key_set(work->service), value_null, work->now);
    check_add(self, work->arena, "signature", verdict.genuine,
              verdict.genuine ? "" : "The signature is not ours, or the text was altered.");
    if (!verdict.genuine)
        return OK;
    return by_identifier(work, value_text(value_get(verdict.claims, STR("id"))), out, err);
}

static enum status find_shown(struct work *work, struct verifying *self, struct str code, struct work_certificate **out,
                              struct error *err)
{
    static const char *const messages[] = {
        [TICKET_GOOD] = "",
        [TICKET_FOREIGN] = "The code was not made by this server.",
        [TICKET_EXPIRED] = "The showing code has run out; ask its holder for a new one.",
        [TICKET_USED] = "The showing code was looked at already; ask its holder for a new one."};
    if (ticket_find(work, STORE_TICKET_SHOW, code, &self->shown, err) != OK)
        return FAILED;
    enum ticket_state state = self->shown.state;
    check_add(self, work->arena, "show-code", state == TICKET_GOOD, messages[state]);
    self->is_shown = state == TICKET_GOOD;
    self->refused = state == TICKET_USED ? "used" : state == TICKET_EXPIRED ? "expired" : NULL;
    if (!self->is_shown)
        return OK;
    ticket_spend(work, &self->shown);
    return load_quietly(work, (struct case_id){self->shown.row.region, self->shown.row.certificate}, out, err);
}

/* Does this holder have a certificate of that kind with that number? */
static enum status find_of_holder(struct work *work, struct verifying *self, struct str number,
                                  struct work_certificate **out, struct error *err)
{
    struct store_certificate *rows;
    size_t count = 0;
    struct str kind = value_text(value_get(self->given, STR("certificate")));
    struct str holder = value_text(value_get(self->given, STR("holder")));
    struct store_certificate_filter filter = {
        .holder = party_index(work->service, work->arena, holder), .kind = kind.len ? kind : STR_NONE, .limit = 1000};
    if (filter.holder.data && store_certificate_of_holder(work->tx, work->arena, &filter, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count && !*out; i++) {
        struct work_certificate *held;
        if (certificate_hold(work, &rows[i], &held, err) != OK)
            return FAILED;
        if (str_equal(value_text(value_get(held->body, STR("number"))), number))
            *out = held;
    }
    check_add(self, work->arena, "holder", *out != NULL,
              *out ? "" : "Nobody with this ID number holds a certificate with this number.");
    return OK;
}

static enum status find_given(struct work *work, struct verifying *self, struct work_certificate **out,
                              struct error *err)
{
    struct value given = self->given;
    struct str code = value_text(value_get(given, STR("code")));
    struct str no = value_text(value_get(given, STR("no")));
    struct str identifier = value_text(value_get(given, STR("identifier")));
    struct str jws = value_text(value_get(given, STR("jws")));
    struct str number = value_text(value_get(given, STR("number")));
    struct case_id id;
    if (jws.len)
        return find_by_jws(work, self, jws, out, err);
    if (ticket_alike(STORE_TICKET_SHOW, code))
        return find_shown(work, self, code, out, err);
    if (code.len) {
        bool ours = certificate_code_parse(work->service, work->arena, code, &id);
        check_add(self, work->arena, "code", ours, ours ? "" : "The code was not made by this server.");
        return ours ? load_quietly(work, id, out, err) : OK;
    }
    if (no.len) {
        bool well_formed = certificate_no_parse(no, &id);
        check_add(self, work->arena, "number", well_formed,
                  well_formed ? "" : "The number's check character is wrong.");
        return well_formed ? load_quietly(work, id, out, err) : OK;
    }
    if (identifier.len)
        return by_identifier(work, identifier, out, err);
    if (number.len && value_text(value_get(given, STR("holder"))).len)
        return find_of_holder(work, self, number, out, err);
    error_set(err, ERROR_INVALID, "input-missing",
              "Give a code, no, identifier, jws, or a number with its holder's ID number.");
    return error_field(err, "code");
}

static void judge_row(struct work *work, struct verifying *self, const struct work_certificate *held)
{
    struct str jws = value_text(value_get(held->body, STR("jws")));
    struct certificate_verdict verdict =
        certificate_verify(work->arena, jws, service_key_set(work->service), value_null, work->now);
    check_add(self, work->arena, "stored-signature", verdict.genuine,
              verdict.genuine ? "" : "The stored signature does not hold.");
    bool same = verdict.genuine &&
                value_identical(value_get(verdict.claims, STR("id")), value_get(held->body, STR("identifier")));
    check_add(self, work->arena, "identifier", same, same ? "" : "The identifier is not the signed one.");
}

static const char *result_of(const struct verifying *self, const struct work_certificate *held)
{
    if (self->refused)
        return self->refused;
    return !self->genuine ? "not-genuine" : held ? "genuine" : "unknown";
}

static enum status verify_one(struct work *work, struct verifying *self, struct error *err)
{
    struct work_certificate *held = NULL;
    struct view view;
    self->genuine = true;
    list_builder_init(&self->checks, work->arena);
    if (find_given(work, self, &held, err) != OK)
        return FAILED;
    if (held)
        judge_row(work, self, held);
    struct str state = held ? certificate_state_at(&held->row, work->now) : STR_NONE;
    view_init(&view, work->arena);
    view_text(&view, "result", str_of(result_of(self, held)));
    view_flag(&view, "valid", held && self->genuine && str_equal(state, STR("valid")));
    if (held && self->genuine) {
        certificate_head(&view, work, held);
        mask_numbers(&view, work->arena, held);
        view_put(&view, "labels", certificate_labels(work, held, true));
        if (self->is_shown) {
            view_text(&view, "holder_name",
                      service_mask_name(work->arena, value_text(value_path(held->body, "holder.name"))));
            view_time(&view, "shown", self->shown.row.made);
        }
    }
    view_put(&view, "checks", list_builder_done(&self->checks));
    view_time(&view, "verified", work->now);
    self->view = view_done(&view);
    struct certificate_use use = {.what = self->is_shown ? "shown-verified" : "verified",
                                  .purpose = value_text(value_get(self->given, STR("purpose")))};
    return held ? certificate_used(work, held, &use, err) : OK;
}

static enum status verify_command(struct work *work, void *arg, struct error *err)
{
    struct verifying *self = arg;
    self->is_shown = false;
    self->refused = NULL;
    return verify_one(work, self, err);
}

enum status service_certificate_verify(const struct call *call, struct value given, struct value *out,
                                       struct error *err)
{
    struct verifying self = {.given = given};
    if (work_run(call, verify_command, &self, err) != OK)
        return FAILED;
    service_count(call->service, METRIC_CERTIFICATES_VERIFIED, 1);
    *out = self.view;
    return OK;
}

/* ---- Many ---- */

struct batch {
    struct value items, view;
};

static struct value refusal_view(struct arena *arena, const struct error *problem)
{
    struct view view;
    view_init(&view, arena);
    view_text(&view, "result", STR("refused"));
    view_flag(&view, "valid", false);
    view_text(&view, "problem", arena_str(arena, str_of(problem->type)));
    view_text(&view, "message", arena_str(arena, str_of(problem->message)));
    return view_done(&view);
}

/* One broken line is that line's own answer. */
static enum status batch_command(struct work *work, void *arg, struct error *err)
{
    struct batch *batch = arg;
    struct list *answers = list_new(work->arena, value_count(batch->items));
    for (size_t i = 0; i < answers->count; i++) {
        struct verifying one = {.given = value_at(batch->items, i)};
        struct error problem = ERROR_INIT;
        if (verify_one(work, &one, &problem) == OK) {
            answers->items[i] = one.view;
        } else if (problem.kind == ERROR_INVALID) {
            answers->items[i] = refusal_view(work->arena, &problem);
        } else {
            *err = problem;
            return FAILED;
        }
    }
    batch->view = context_set(work->arena, value_null, "items", value_of_list(answers));
    return OK;
}

enum status service_certificate_verify_batch(const struct call *call, struct value items, struct value *out,
                                             struct error *err)
{
    struct batch batch = {.items = items};
    size_t count = value_count(items);
    if (service_may(call, "certificate.read", err) != OK)
        return FAILED;
    if (items.kind != VALUE_LIST || count == 0 || count > SERVICE_BATCH_MAX) {
        error_set(err, ERROR_INVALID, "batch-size", "items must be a list of 1 to %d certificates.", SERVICE_BATCH_MAX);
        return error_field(err, "items");
    }
    if (work_run(call, batch_command, &batch, err) != OK)
        return FAILED;
    service_count(call->service, METRIC_CERTIFICATES_VERIFIED, (int64_t)count);
    *out = batch.view;
    return OK;
}
