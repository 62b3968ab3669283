/* The life of a certificate after it was issued: suspended, resumed, revoked, changed, renewed, ended, lent.
 *
 *     valid <--suspend / resume--> suspended ----revoke----> revoked
 *       |  \--revoke------------------------------------------^
 *       |--change, grant-renewal, renewal owed at its end--> replaced by its next version (valid)
 *       '--its end, also when suspended--> expired
 *
 * Administrative Licensing Law, article 50: who wants it renewed asks for it 30 days before its end at the latest; when
 * nothing was decided by its end, it counts as renewed. */
#include "service/certificate.h"

#include "clock/instant.h"
#include "clock/limit.h"
#include "service/certificate_work.h"
#include "trust/ids.h"

#define REASON_MAX 1000

/* ---- Telling ---- */

enum status certificate_event(struct work *work, const struct work_certificate *held, const char *type,
                              struct value more, struct error *err)
{
    struct work_case *of;
    struct case_id id = {held->row.case_region, held->row.case_id};
    if (work_case_load(work, id, &of, err) != OK)
        return FAILED;
    struct value data =
        context_set(work->arena, value_null, "no", value_string(certificate_no(work->arena, certificate_id(held))));
    work_case_event(of, type, value_merge(work->arena, data, more));
    return OK;
}

static struct value reason_of(struct arena *arena, struct str reason)
{
    return reason.len ? context_set(arena, value_null, "reason", value_string(reason)) : value_null;
}

/* ---- A new version ---- */

static enum status next_identifier(struct work *work, const struct work_certificate *old, struct case_id id,
                                   struct str *identifier, struct str *index, struct error *err)
{
    struct certificate_id parts;
    struct store_certificate row;
    bool check_ok, found = true;
    if (certificate_id_parse(value_text(value_get(old->body, STR("identifier"))), &parts, &check_ok, err) != OK)
        return FAILED;
    while (found) {
        parts.version++;
        if (certificate_id_build(work->arena, &parts, identifier, err) != OK)
            return FAILED;
        *index = service_index(work->service, work->arena, "certificate", *identifier);
        if (store_certificate_by_identifier(work->tx, work->arena, id.region, *index, &row, &found, err) != OK)
            return FAILED;
    }
    return OK;
}

static enum status bad_face(struct error *err, struct str key, const char *message)
{
    error_set(err, ERROR_INVALID, "face-invalid", "%.*s: %s", STR_ARGS(key), message);
    return error_field(err, "face.%.*s", STR_ARGS(key));
}

static const struct pack_face *face_part(const struct pack_certificate *kind, struct str key)
{
    for (size_t i = 0; i < kind->face_count; i++)
        if (str_equal(kind->face[i].key, key))
            return &kind->face[i];
    return NULL;
}

/* Members must be declared, and what is required stays. */
static enum status new_face(struct work *work, const struct pack_certificate *kind, struct value old,
                            struct value changes, struct value *out, struct error *err)
{
    for (size_t i = 0; changes.kind == VALUE_CONTEXT && i < changes.context->count; i++) {
        struct str key = changes.context->members[i].key;
        struct value v = changes.context->members[i].value;
        const struct pack_face *part = face_part(kind, key);
        if (!part)
            return bad_face(err, key, "this certificate has no such field.");
        if (value_is_null(v) ? part->required : v.kind != VALUE_STRING && v.kind != VALUE_NUMBER)
            return bad_face(err, key,
                            part->required ? "it must be filled, with a text or number."
                                           : "it must be a text or a number.");
        if (v.kind == VALUE_STRING && (v.string.len > 4000 || (part->required && v.string.len == 0)))
            return bad_face(err, key, "it must have 1 to 4,000 bytes.");
    }
    struct value face = value_merge(work->arena, old, changes);
    *out = pack_certificate_face(work->arena, work->service->packs, kind, face);
    return OK;
}

static struct value next_body(struct work *work, const struct work_certificate *old,
                              const struct certificate_version *v, struct str identifier, struct value face)
{
    static const char *const kept[] = {"number",      "title",     "holder",        "issuer",
                                       "issuer_name", "applicant", "applicant_kind"};
    struct view view;
    view_init(&view, work->arena);
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        view_put(&view, kept[i], value_get(old->body, str_of(kept[i])));
    view_text(&view, "identifier", identifier);
    view_put(&view, "face", face);
    view_put(&view, "valid_from", v->valid_from);
    view_put(&view, "valid_to", v->valid_to);
    view_put(&view, "replaces", value_get(old->body, STR("identifier")));
    return view_done(&view);
}

static enum status next_row(struct work *work, const struct work_certificate *old, struct value valid_to,
                            struct store_certificate *out, struct error *err)
{
    char counter[48];
    int64_t n, until = 0;
    case_counter_name(counter, old->row.region, work->now);
    if (work_number(work, counter, &n, err) != OK)
        return FAILED;
    if (!value_is_null(valid_to) && date_time_to_ms(valid_to, &until))
        until += CLOCK_DAY_MS - 1;
    struct case_id id = case_id_make(old->row.region, work->now, n);
    *out = (struct store_certificate){.region = id.region,
                                      .id = id.id,
                                      .kind = old->row.kind,
                                      .case_region = old->row.case_region,
                                      .case_id = old->row.case_id,
                                      .holder = old->row.holder,
                                      .state = CERT_VALID,
                                      .issued = work->now,
                                      .valid_to = until};
    return OK;
}

enum status certificate_reissue(struct work *work, struct work_certificate *old,
                                const struct certificate_version *version, struct work_certificate **out,
                                struct error *err)
{
    const struct pack_certificate *kind = pack_certificate_find(work->service->packs, old->row.kind);
    struct work_certificate *held = arena_new(work->arena, struct work_certificate);
    struct value face;
    struct str identifier;
    struct work_case *of;
    if (!kind)
        return error_set(err, ERROR_CONFLICT, "certificate-unknown", "This kind of certificate is no longer issued.");
    if (new_face(work, kind, value_get(old->body, STR("face")), version->face, &face, err) != OK ||
        next_row(work, old, version->valid_to, &held->row, err) != OK ||
        next_identifier(work, old, certificate_id(held), &identifier, &held->row.identifier, err) != OK)
        return FAILED;
    struct str no = certificate_no(work->arena, certificate_id(held));
    if (certificate_move(work, old, CERTIFICATE_REPLACE, version->reason, err) != OK ||
        work_case_load(work, (struct case_id){old->row.case_region, old->row.case_id}, &of, err) != OK)
        return FAILED;
    old->body = context_set(work->arena, old->body, "replaced_by", value_string(no));
    held->is_new = held->touched = true;
    held->body = next_body(work, old, version, identifier, face);
    held->claims = certificate_claims(work, held, of->no);
    certificate_note(work, held, version->event + sizeof "certificate." - 1, version->reason);
    VECTOR_PUSH(work->arena, &work->certificates, held);
    struct value line = certificate_line(work, held);
    work_case_set(of, "certificates", list_add(work->arena, work_case_get(of, "certificates"), line));
    work_case_event(of, "certificate.issued", line);
    *out = held;
    struct value more = context_set(work->arena, reason_of(work->arena, version->reason), "replaces",
                                    value_string(certificate_no(work->arena, certificate_id(old))));
    return certificate_event(work, held, version->event, more, err);
}

/* ---- Renewal ---- */

static struct value day_of(struct value v)
{
    struct value date = value_null;
    if (v.kind == VALUE_DATE)
        return v;
    return v.kind == VALUE_STRING && date_parse(v.string, &date) ? date : value_null;
}

static int renewal_months(struct work *work, const struct work_certificate *held)
{
    const struct pack_certificate *kind = pack_certificate_find(work->service->packs, held->row.kind);
    return kind && held->row.valid_to ? kind->validity_months : 0;
}

/* Of a certificate that has renewal_months. */
static int64_t renewal_until(struct work *work, const struct work_certificate *held)
{
    const struct pack_certificate *kind = pack_certificate_find(work->service->packs, held->row.kind);
    return held->row.valid_to - kind->renewal_days * CLOCK_DAY_MS;
}

struct value certificate_renewal(struct work *work, const struct work_certificate *held)
{
    struct value asked = value_get(held->body, STR("renewal"));
    bool valid = held->row.state == CERT_VALID && held->row.valid_to > work->now;
    struct view view;
    if (renewal_months(work, held) == 0 || !valid)
        return value_null;
    view_init(&view, work->arena);
    view_flag(&view, "possible", value_is_null(asked) && work->now <= renewal_until(work, held));
    view_time(&view, "until", renewal_until(work, held));
    view_time(&view, "asked", value_int_or(value_get(asked, STR("asked")), 0));
    if (!value_is_null(asked))
        view_time(&view, "decided_by", held->row.valid_to);
    return view_done(&view);
}

static enum status ask_renewal(struct work *work, struct work_certificate *held, struct str reason, struct error *err)
{
    if (renewal_months(work, held) == 0)
        return error_set(err, ERROR_CONFLICT, "renewal-not-possible", "This certificate has no end to renew.");
    struct str state = certificate_state_at(&held->row, work->now);
    if (!str_equal(state, STR("valid")))
        return error_set(err, ERROR_CONFLICT, "certificate-state", "The certificate is %.*s and cannot be renewed.",
                         STR_ARGS(state));
    if (!value_is_null(value_get(held->body, STR("renewal"))))
        return error_set(err, ERROR_CONFLICT, "renewal-asked", "Renewal has been asked for already.");
    if (work->now > renewal_until(work, held)) {
        struct str last = day_text_en(work->arena, instant_day(renewal_until(work, held)));
        error_set(err, ERROR_CONFLICT, "renewal-too-late", "The last day to ask for renewal was %.*s.", STR_ARGS(last));
        return error_hint(err, "Apply for a new certificate.");
    }
    struct view view;
    view_init(&view, work->arena);
    view_int(&view, "asked", work->now);
    view_text(&view, "by", work->call->actor->name);
    held->body = context_set(work->arena, held->body, "renewal", view_done(&view));
    certificate_note(work, held, "renewal-asked", reason);
    return certificate_event(work, held, "certificate.renewal-asked", reason_of(work->arena, reason), err);
}

static enum status renew(struct work *work, struct work_certificate *held, struct value from, struct str reason,
                         struct work_certificate **out, struct error *err)
{
    struct value to, old_to = day_of(value_get(held->body, STR("valid_to")));
    if (!temporal_add(old_to, value_years_months(renewal_months(work, held)), &to))
        return error_set(err, ERROR_CONFLICT, "renewal-not-possible", "The new end cannot be computed.");
    struct certificate_version version = {
        .valid_from = from, .valid_to = day_of(to), .reason = reason, .event = "certificate.renewed"};
    return certificate_reissue(work, held, &version, out, err);
}

static enum status decide_renewal(struct work *work, struct work_certificate *held, bool yes, struct str reason,
                                  struct work_certificate **out, struct error *err)
{
    if (value_is_null(value_get(held->body, STR("renewal"))) || held->row.state != CERT_VALID ||
        renewal_months(work, held) == 0)
        return error_set(err, ERROR_CONFLICT, "renewal-not-asked",
                         "No renewal of this certificate waits for a decision.");
    struct value today = value_time(work->now);
    struct civil civil = temporal_civil(today);
    struct value from = value_null;
    if (yes)
        return date_make(civil.year, civil.month, civil.day, &from) ? renew(work, held, from, reason, out, err)
                                                                    : FAILED;
    held->body = context_set(work->arena, held->body, "renewal", value_null);
    certificate_note(work, held, "renewal-refused", reason);
    *out = held;
    return certificate_event(work, held, "certificate.renewal-refused", reason_of(work->arena, reason), err);
}

/* ---- Grants ---- */

static enum status grant(struct work *work, struct work_certificate *held, struct value input, struct error *err)
{
    struct str to = str_trim(value_text(value_get(input, STR("to"))));
    struct str purpose = str_trim(value_text(value_get(input, STR("purpose"))));
    struct str of = str_trim(value_text(value_get(input, STR("case"))));
    int64_t days = value_int_or(value_get(input, STR("days")), 0);
    struct case_id id;
    if (to.len == 0 || to.len > 64 || days < 0 || days > 3650) {
        error_set(err, ERROR_INVALID, "grant-invalid",
                  "Say to whom (an ID number or USCC), and for how many days (at most 3,650).");
        return error_field(err, "to");
    }
    if (purpose.len > 500 || (of.len && !case_no_parse(of, &id))) {
        error_set(err, ERROR_INVALID, "grant-invalid",
                  "A purpose has at most 500 bytes; a case is named by its number.");
        return error_field(err, of.len ? "case" : "purpose");
    }
    certificate_grant_to(work, held, to, purpose, of, days ? work->now + days * CLOCK_DAY_MS : 0);
    return certificate_event(work, held, "certificate.granted", reason_of(work->arena, purpose), err);
}

static enum status withdraw(struct work *work, struct work_certificate *held, struct value input, struct error *err)
{
    struct str to = str_trim(value_text(value_get(input, STR("to"))));
    struct value grants = value_get(held->body, STR("grants"));
    struct list_builder kept;
    list_builder_init(&kept, work->arena);
    for (size_t i = 0; i < value_count(grants); i++)
        if (!str_equal_nocase_ascii(value_text(value_get(value_at(grants, i), STR("to"))), to))
            list_builder_push(&kept, value_at(grants, i));
    struct value left = list_builder_done(&kept);
    if (value_count(left) == value_count(grants)) {
        error_set(err, ERROR_NOT_FOUND, "grant-not-found", "Nothing was authorised to them.");
        return error_field(err, "to");
    }
    held->body = context_set(work->arena, held->body, "grants", left);
    certificate_note(work, held, "withdrawn", STR_NONE);
    return certificate_event(work, held, "certificate.grant-withdrawn", value_null, err);
}

/* ---- Actions ---- */

struct changing {
    struct str no, action;
    struct value input;
    struct str reason;
    struct work_certificate *held; /* the certificate, then what the answer is about */
};

typedef enum status action_function(struct work *work, struct changing *a, struct error *err);

static enum status act_move(struct work *work, struct changing *a, enum certificate_move move, const char *event,
                            struct error *err)
{
    return certificate_move(work, a->held, move, a->reason, err) == OK
               ? certificate_event(work, a->held, event, reason_of(work->arena, a->reason), err)
               : FAILED;
}

static enum status act_suspend(struct work *work, struct changing *a, struct error *err)
{
    return act_move(work, a, CERTIFICATE_SUSPEND, "certificate.suspended", err);
}

static enum status act_resume(struct work *work, struct changing *a, struct error *err)
{
    return act_move(work, a, CERTIFICATE_RESUME, "certificate.resumed", err);
}

static enum status act_revoke(struct work *work, struct changing *a, struct error *err)
{
    return act_move(work, a, CERTIFICATE_REVOKE, "certificate.revoked", err);
}

static enum status act_change(struct work *work, struct changing *a, struct error *err)
{
    struct value face = value_get(a->input, STR("face"));
    if (face.kind != VALUE_CONTEXT || face.context->count == 0)
        return bad_face(err, STR("face"), "say what changes, {field: value}.");
    struct certificate_version version = {.face = face,
                                          .valid_from = day_of(value_get(a->held->body, STR("valid_from"))),
                                          .valid_to = day_of(value_get(a->held->body, STR("valid_to"))),
                                          .reason = a->reason,
                                          .event = "certificate.changed"};
    return certificate_reissue(work, a->held, &version, &a->held, err);
}

int64_t certificate_copies(const struct work_certificate *held)
{
    struct value log = value_get(held->body, STR("log"));
    int64_t n = 0;
    for (size_t i = 0; i < value_count(log); i++)
        n += str_equal(value_text(value_get(value_at(log, i), STR("what"))), STR("reprinted"));
    return n;
}

static enum status act_reprint(struct work *work, struct changing *a, struct error *err)
{
    struct str state = certificate_state_at(&a->held->row, work->now);
    if (!str_equal(state, STR("valid")))
        return error_set(err, ERROR_CONFLICT, "certificate-state", "The certificate is %.*s and is not printed again.",
                         STR_ARGS(state));
    certificate_note(work, a->held, "reprinted", a->reason);
    struct value told = reason_of(work->arena, a->reason);
    told = context_set(work->arena, told, "copy", value_int(certificate_copies(a->held)));
    return certificate_event(work, a->held, "certificate.reprinted", told, err);
}

static enum status act_renew(struct work *work, struct changing *a, struct error *err)
{
    return ask_renewal(work, a->held, a->reason, err);
}

static enum status act_grant_renewal(struct work *work, struct changing *a, struct error *err)
{
    return decide_renewal(work, a->held, true, a->reason, &a->held, err);
}

static enum status act_refuse_renewal(struct work *work, struct changing *a, struct error *err)
{
    return decide_renewal(work, a->held, false, a->reason, &a->held, err);
}

static enum status act_grant(struct work *work, struct changing *a, struct error *err)
{
    return grant(work, a->held, a->input, err);
}

static enum status act_withdraw(struct work *work, struct changing *a, struct error *err)
{
    return withdraw(work, a->held, a->input, err);
}

static const struct action {
    const char *name;
    action_function *run;
    const char *right; /* who has it only, with a reason; NULL: the holder, or certificate.manage */
} actions[] = {
    {"suspend", act_suspend, "certificate.manage"},
    {"resume", act_resume, "certificate.manage"},
    {"revoke", act_revoke, "certificate.manage"},
    {"change", act_change, "certificate.manage"},
    {"reprint", act_reprint, "certificate.deliver"},
    {"grant-renewal", act_grant_renewal, "certificate.manage"},
    {"refuse-renewal", act_refuse_renewal, "certificate.manage"},
    {"renew", act_renew, NULL},
    {"grant", act_grant, NULL},
    {"withdraw", act_withdraw, NULL},
};

static const struct action *find_action(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(actions); i++)
        if (str_equal(name, str_of(actions[i].name)))
            return &actions[i];
    return NULL;
}

static enum status check_reason(const struct action *action, struct str reason, struct error *err)
{
    if ((!action->right || reason.len) && reason.len <= REASON_MAX)
        return OK;
    error_set(err, ERROR_INVALID, "reason-missing", "This needs a reason of at most 1,000 bytes.");
    return error_field(err, "reason");
}

static enum status change_command(struct work *work, void *arg, struct error *err)
{
    struct changing *a = arg;
    const struct action *action = find_action(a->action);
    if (certificate_open(work, a->no, &a->held, err) != OK)
        return FAILED;
    if (!action)
        return error_set(err, ERROR_NOT_FOUND, "action-not-found", "There is no action %.*s.", STR_ARGS(a->action));
    bool theirs = !action->right && certificate_is_holders(work, a->held);
    if ((!theirs && service_may(work->call, action->right ? action->right : "certificate.manage", err) != OK) ||
        check_reason(action, a->reason, err) != OK)
        return FAILED;
    if (work->call->if_version && work->call->if_version != a->held->row.version)
        return error_set(err, ERROR_CONFLICT, "version-conflict",
                         "The certificate has changed since you looked at it.");
    if (action->run(work, a, err) != OK)
        return FAILED;
    work->answer = certificate_line(work, a->held);
    return OK;
}

enum status service_certificate_act(const struct call *call, struct str no, struct str action, struct value input,
                                    struct value *out, struct error *err)
{
    struct changing arg = {
        .no = no, .action = action, .input = input, .reason = str_trim(value_text(value_get(input, STR("reason"))))};
    struct work_request request = {"certificate.act", value_null};
    if (call->idempotency.len) {
        request.request = context_set(call->arena, value_null, "no", value_string(no));
        request.request = context_set(call->arena, request.request, "action", value_string(action));
        request.request = context_set(call->arena, request.request, "input", input);
    }
    return work_run_once(call, &request, change_command, &arg, out, err);
}

/* ---- The end ---- */

/* Somebody may have been faster: then there is nothing to do. */
static enum status end_command(struct work *work, void *arg, struct error *err)
{
    const struct store_certificate *due = arg;
    struct work_certificate *held;
    if (certificate_load(work, (struct case_id){due->region, due->id}, &held, err) != OK)
        return FAILED;
    bool stands = held->row.state == CERT_VALID || held->row.state == CERT_SUSPENDED;
    if (!stands || !held->row.valid_to || held->row.valid_to >= work->now)
        return OK;
    bool owed = held->row.state == CERT_VALID && !value_is_null(value_get(held->body, STR("renewal"))) &&
                renewal_months(work, held) > 0;
    struct value from;
    if (owed && temporal_add(day_of(value_get(held->body, STR("valid_to"))), value_days_time(86400, 0), &from))
        return renew(work, held, day_of(from), STR("期满前未作出决定,视为准予延续"), &held, err);
    if (certificate_move(work, held, CERTIFICATE_EXPIRE, STR("有效期届满"), err) != OK)
        return FAILED;
    return certificate_event(work, held, "certificate.expired", value_null, err);
}

struct ending {
    struct service *service;
    struct arena *arena;
    struct store_certificate after;
    int64_t now, limit;
    struct store_certificate *rows;
    size_t count;
};

static enum status read_ending(struct db_tx *tx, void *arg, struct error *err)
{
    struct ending *a = arg;
    return store_certificate_due(tx, a->arena, &a->after, a->now, a->limit, &a->rows, &a->count, err);
}

/* One region. What cannot be ended is told and passed over; it does not hold the others up. */
static enum status end_region(struct ending *a, size_t *done, struct error *err)
{
    do {
        if (db_read(a->service->db, read_ending, a, err) != OK)
            return FAILED;
        for (size_t i = 0; i < a->count; i++) {
            struct arena scratch;
            struct error problem = ERROR_INIT;
            arena_init(&scratch);
            struct call call = {.service = a->service, .actor = &actor_system, .arena = &scratch};
            enum status status = work_run(&call, end_command, &a->rows[i], &problem);
            arena_release(&scratch);
            a->after.valid_to = a->rows[i].valid_to;
            a->after.id = a->rows[i].id;
            *done += status == OK;
            if (status != OK)
                log_event(LOG_ERROR, "certificate.end-failed", "region=%" PRId64 " id=%" PRId64 " type=%s",
                          a->rows[i].region, a->rows[i].id, problem.type);
            if (problem.kind == ERROR_UNAVAILABLE) {
                *err = problem;
                return FAILED;
            }
        }
    } while (a->count == (size_t)a->limit && *done == 0);
    return OK;
}

enum status service_certificates_run(struct service *self, int64_t now_ms, size_t batch, size_t *done,
                                     struct error *err)
{
    struct arena arena;
    int64_t *regions;
    size_t ended = 0;
    enum status status = OK;
    arena_init(&arena);
    size_t count = region_list(self, (struct division_range){0, INT64_MAX}, &arena, &regions);
    for (size_t r = 0; status == OK && r < count; r++) {
        struct ending ending = {
            .service = self, .arena = &arena, .after = {.region = regions[r]}, .now = now_ms, .limit = (int64_t)batch};
        status = end_region(&ending, &ended, err);
    }
    arena_release(&arena);
    *done = ended;
    return status;
}
