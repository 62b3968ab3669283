/* Certificates as rows and values.
 *
 * The sealed body is a context: number, identifier, title, holder {kind, id, name}, face {…}, issuer, issuer_name,
 * valid_from, valid_to (dates), jws, applicant (id of who may open it besides the holder), grants [{to, purpose,
 * case, until}], replaces, replaced_by, renewal {asked, by}, log [{at, what, by, reason}].
 *
 *     valid <--suspend/resume--> suspended        valid, suspended --revoke--> revoked        valid --reissue-->
 * replaced
 *     valid, suspended --its end--> expired   */
#include "clock/instant.h"
#include "service/certificate_work.h"
#include "trust/jws.h"

struct str certificate_context(struct arena *arena, const struct store_certificate *row)
{
    const int64_t key[] = {row->region, row->id}, of[] = {row->case_region, row->case_id};
    const int64_t rest[] = {row->state, row->issued, row->valid_to, row->version};
    const struct str parts[] = {arena_numbers(arena, "certificate", key, COUNT_OF(key)),
                                STR(":"),
                                row->kind,
                                STR(":"),
                                arena_numbers(arena, "", of, COUNT_OF(of)),
                                STR(":"),
                                hex_encode(arena, row->holder.data, row->holder.len),
                                STR(":"),
                                hex_encode(arena, row->identifier.data, row->identifier.len),
                                STR(":"),
                                arena_numbers(arena, "", rest, COUNT_OF(rest))};
    return arena_join(arena, parts, COUNT_OF(parts));
}

enum status certificate_hold(struct work *work, const struct store_certificate *row, struct work_certificate **out,
                             struct error *err)
{
    for (size_t i = 0; i < work->certificates.count; i++) {
        struct work_certificate *held = work->certificates.items[i];
        if (held->row.region == row->region && held->row.id == row->id) {
            *out = held;
            return OK;
        }
    }
    struct work_certificate *held = arena_new(work->arena, struct work_certificate);
    held->row = *row;
    held->version_was = row->version;
    if (service_unseal(work->service, work->arena, certificate_context(work->arena, row), row->body, &held->body,
                       err) != OK)
        return error_prefix(err, "certificate %.*s",
                            STR_ARGS(certificate_no(work->arena, (struct case_id){row->region, row->id})));
    VECTOR_PUSH(work->arena, &work->certificates, held);
    *out = held;
    return OK;
}

static enum status unknown(struct str no, struct error *err)
{
    error_set(err, ERROR_NOT_FOUND, "certificate-not-found", "There is no certificate %.*s.", STR_ARGS(no));
    return error_hint(err, "Numbers look like C230100-20260706-000002-8.");
}

enum status certificate_load(struct work *work, struct case_id id, struct work_certificate **out, struct error *err)
{
    for (size_t i = 0; i < work->certificates.count; i++) {
        struct work_certificate *held = work->certificates.items[i];
        if (held->row.region == id.region && held->row.id == id.id) {
            *out = held;
            return OK;
        }
    }
    struct store_certificate row;
    bool found;
    if (store_certificate_find(work->tx, work->arena, id.region, id.id, &row, &found, err) != OK)
        return FAILED;
    if (!found)
        return unknown(certificate_no(work->arena, id), err);
    return certificate_hold(work, &row, out, err);
}

enum status certificate_load_no(struct work *work, struct str no, struct work_certificate **out, struct error *err)
{
    struct case_id id;
    if (!certificate_no_parse(no, &id))
        return unknown(no, err);
    return certificate_load(work, id, out, err);
}

/* ---- Changing ---- */

void certificate_note(struct work *work, struct work_certificate *held, const char *what, struct str reason)
{
    struct view view;
    view_init(&view, work->arena);
    view_int(&view, "at", work->now);
    view_text(&view, "what", str_of(what));
    view_text(&view, "by", work->call->actor->name);
    view_text(&view, "reason", reason);
    struct value log = list_add(work->arena, value_get(held->body, STR("log")), view_done(&view));
    held->body = context_set(work->arena, held->body, "log", log);
    held->touched = true;
}

enum status certificate_move(struct work *work, struct work_certificate *held, enum certificate_move move,
                             struct str reason, struct error *err)
{
    static const struct {
        const char *word;
        enum certificate_row_state to;
        bool from[CERT_STATE_COUNT];
    } moves[] = {
        [CERTIFICATE_SUSPEND] = {"suspended", CERT_SUSPENDED, {[CERT_VALID] = true}},
        [CERTIFICATE_RESUME] = {"resumed", CERT_VALID, {[CERT_SUSPENDED] = true}},
        [CERTIFICATE_REVOKE] = {"revoked", CERT_REVOKED, {[CERT_VALID] = true, [CERT_SUSPENDED] = true}},
        [CERTIFICATE_REPLACE] = {"replaced", CERT_REPLACED, {[CERT_VALID] = true}},
        [CERTIFICATE_EXPIRE] = {"expired", CERT_EXPIRED, {[CERT_VALID] = true, [CERT_SUSPENDED] = true}},
    };
    if (!moves[move].from[held->row.state]) {
        error_set(err, ERROR_CONFLICT, "certificate-state", "The certificate is %s and cannot be %s.",
                  certificate_row_states[held->row.state], moves[move].word);
        return FAILED;
    }
    held->row.state = moves[move].to;
    certificate_note(work, held, moves[move].word, reason);
    return OK;
}

void certificate_grant_to(struct work *work, struct work_certificate *held, struct str to, struct str purpose,
                          struct str of_case, int64_t until)
{
    struct view view;
    view_init(&view, work->arena);
    view_text(&view, "to", to);
    view_text(&view, "purpose", purpose);
    view_text(&view, "case", of_case);
    view_int(&view, "until", until);
    struct value grants = list_add(work->arena, value_get(held->body, STR("grants")), view_done(&view));
    held->body = context_set(work->arena, held->body, "grants", grants);
    certificate_note(work, held, "granted", purpose);
}

struct value certificate_claims(struct work *work, const struct work_certificate *held, struct str case_no)
{
    static const char *const kept[] = {"title",      "issuer_name", "valid_from", "valid_to",
                                       "holder",     "face",        "replaces"};
    struct view view;
    view_init(&view, work->arena);
    view_put(&view, "id", value_get(held->body, STR("identifier")));
    view_put(&view, "no", value_get(held->body, STR("number")));
    view_put(&view, "iss", value_get(held->body, STR("issuer")));
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        view_put(&view, kept[i], value_get(held->body, str_of(kept[i])));
    view_text(&view, "certificate_no", certificate_no(work->arena, (struct case_id){held->row.region, held->row.id}));
    view_text(&view, "certificate", held->row.kind);
    view_int(&view, "iat", work->now / 1000);
    view_text(&view, "case", case_no);
    if (work->service->demo)
        view_flag(&view, "demo", true);
    return view_done(&view);
}

enum status work_certificate_finish(struct work *self, struct work_certificate *certificate, struct error *err)
{
    (void)err;
    if (!certificate->touched)
        return OK;
    if (!value_is_null(certificate->claims)) {
        struct str jws = jws_sign(self->arena, service_signing_key(self->service), STR("JWT"), certificate->claims);
        certificate->body = context_set(self->arena, certificate->body, "jws", value_string(jws));
    }
    struct store_certificate *row = &certificate->row;
    row->version = certificate->version_was + 1;
    row->body = service_seal(self->service, self->arena, certificate_context(self->arena, row), certificate->body);
    work_change_from(self, certificate->is_new ? CHANGE_CERTIFICATE_INSERT : CHANGE_CERTIFICATE_UPDATE, row,
                     certificate->version_was);
    return OK;
}

/* ---- Looking ---- */

struct str certificate_state_at(const struct store_certificate *row, int64_t now)
{
    if (row->state == CERT_VALID && row->valid_to && now > row->valid_to)
        return STR("expired");
    return str_of(certificate_row_states[row->state]);
}

static void line_members(struct view *view, struct work *work, const struct work_certificate *held)
{
    view_init(view, work->arena);
    view_text(view, "no", certificate_no(work->arena, (struct case_id){held->row.region, held->row.id}));
    view_text(view, "certificate", held->row.kind);
    view_put(view, "title", value_get(held->body, STR("title")));
    view_put(view, "number", value_get(held->body, STR("number")));
    view_put(view, "identifier", value_get(held->body, STR("identifier")));
    view_text(view, "state", certificate_state_at(&held->row, work->now));
}

struct value certificate_line(struct work *work, const struct work_certificate *held)
{
    struct view view;
    line_members(&view, work, held);
    return view_done(&view);
}

enum status certificates_of(struct work *work, struct str kind, struct str holder, struct value *out, struct error *err)
{
    struct list_builder items;
    list_builder_init(&items, work->arena);
    struct store_certificate_filter filter = {
        .holder = party_index(work->service, work->arena, holder), .kind = kind.len ? kind : STR_NONE, .limit = 100};
    struct store_certificate *rows;
    size_t count = 0;
    if (filter.holder.data && store_certificate_of_holder(work->tx, work->arena, &filter, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++) {
        struct work_certificate *held;
        if (certificate_hold(work, &rows[i], &held, err) != OK)
            return FAILED;
    }
    for (size_t i = 0; i < work->certificates.count; i++) {
        const struct work_certificate *held = work->certificates.items[i];
        if (!str_equal(held->row.holder, filter.holder) || (kind.len && !str_equal(held->row.kind, kind)))
            continue;
        struct view view;
        line_members(&view, work, held);
        view_time(&view, "issued", held->row.issued);
        view_put(&view, "valid_from", value_get(held->body, STR("valid_from")));
        view_put(&view, "valid_to", value_get(held->body, STR("valid_to")));
        view_put(&view, "face", value_get(held->body, STR("face")));
        list_builder_push(&items, view_done(&view));
    }
    *out = list_builder_done(&items);
    return OK;
}
