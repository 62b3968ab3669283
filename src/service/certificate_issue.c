/* Built-in jobs about certificates and documents: issuing, and changes of state from within a process. */
#include "clock/instant.h"
#include "service/certificate_work.h"
#include "trust/ids.h"

/* A certificate being made. */
struct issuing {
    struct builtin_call *call;
    const struct pack_certificate *kind;
    struct case_id id;
    struct str no, number, serial, issuer, issuer_name, identifier;
    struct value names, face, holder, valid_from, valid_to;
    int64_t valid_to_ms;
    int version;
    struct work_certificate *replaced;
};

/* Digits and upper-case letters of a text. */
static struct str plain(struct arena *arena, struct str text)
{
    struct buf out;
    buf_init(&out, 64);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'))
            buf_put_char(&out, c);
    }
    return arena_take(arena, &out);
}

static struct str expression_text(struct issuing *self, const struct pack_expression *expression)
{
    struct work *work = self->call->of->work;
    struct feel_run run = service_feel(work->service, work->arena, self->call->of->packs, work->now);
    struct value v = pack_evaluate(expression, self->names, &run);
    return v.kind == VALUE_NUMBER ? value_to_text(work->arena, v) : value_text(v);
}

/* The next number of the kind's series: names are the process's variables, case and n. */
static enum status series_number(struct issuing *self, struct error *err)
{
    struct work_case *of = self->call->of;
    struct arena *arena = of->work->arena;
    int64_t n;
    self->names = context_set(arena, self->call->in, "case", work_case_names(of));
    struct str series = expression_text(self, &self->kind->series);
    if (!series.len)
        return error_set(err, ERROR_INVALID, "certificate-series", "The series has no name.");
    if (serial_take(of->work, series, &n, err) != OK)
        return FAILED;
    self->names = context_set(arena, self->names, "n", value_int(n));
    self->number = expression_text(self, &self->kind->series_number);
    if (!self->number.len || self->number.len > 100)
        return error_set(err, ERROR_INVALID, "certificate-number", "A number of a series has 1 to 100 bytes.");
    return OK;
}

static enum status find_number(struct issuing *self, struct error *err)
{
    struct work_case *of = self->call->of;
    struct work *work = of->work;
    char counter[48];
    int64_t n;
    case_counter_name(counter, of->row.region, work->now);
    if (work_number(work, counter, &n, err) != OK)
        return FAILED;
    self->id = case_id_make(of->row.region, work->now, n);
    self->no = certificate_no(work->arena, self->id);
    struct value number = builtin_in(self->call, "number");
    self->number = number.kind == VALUE_NUMBER ? value_to_text(work->arena, number) : value_text(number);
    if (self->kind->series.source.len && (self->kind->document || self->number.len == 0))
        return series_number(self, err);
    if (self->number.len == 0)
        self->number = str_part(plain(work->arena, self->no), 1, 64);
    if (self->number.len > 64)
        return error_set(err, ERROR_INVALID, "certificate-number", "A certificate's number has at most 64 bytes.");
    return OK;
}

/* The process's variables, and what this certificate adds to them. */
static void gather_names(struct issuing *self)
{
    struct work_case *of = self->call->of;
    struct arena *arena = of->work->arena;
    struct value names = self->call->in;
    if (value_is_null(value_get(names, STR("staff"))))
        names = context_set(arena, names, "staff", actor_staff_value(of->work->call));
    names = context_set(arena, names, "case", work_case_names(of));
    names = context_set(arena, names, "number", value_string(self->number));
    names =
        context_set(arena, names, "region_name",
                    value_string(pack_division_full_name(of->packs, arena, division_text(arena, of->row.division))));
    names = context_set(arena, names, "holder", self->holder);
    self->names = context_set(arena, names, "face", self->face);
}

/* Only what is declared stands on it. */
static struct value declared_face(struct arena *arena, const struct pack_certificate *kind, struct value face)
{
    struct view view;
    view_init(&view, arena);
    for (size_t i = 0; i < kind->face_count; i++) {
        struct value one = value_get(face, kind->face[i].key);
        if (!value_is_null(one))
            context_builder_put(&view.members, kind->face[i].key, one);
    }
    return view_done(&view);
}

static enum status check_face(struct issuing *self, struct error *err)
{
    for (size_t i = 0; i < self->kind->face_count; i++) {
        const struct pack_face *face = &self->kind->face[i];
        if (!face->required || !value_is_null(value_get(self->face, face->key)))
            continue;
        error_set(err, ERROR_INVALID, "certificate-face", "The certificate needs %.*s.", STR_ARGS(face->label));
        return error_field(err, "face.%.*s", STR_ARGS(face->key));
    }
    return OK;
}

static enum status find_replaced(struct issuing *self, struct error *err)
{
    struct work *work = self->call->of->work;
    struct str replaces = builtin_text(self->call, "replaces");
    self->version = 1;
    if (replaces.len == 0)
        return OK;
    struct certificate_id parts;
    bool check_ok;
    if (certificate_load_no(work, replaces, &self->replaced, err) != OK)
        return FAILED;
    struct str identifier = value_text(value_get(self->replaced->body, STR("identifier")));
    if (certificate_id_parse(identifier, &parts, &check_ok, err) != OK)
        return FAILED;
    /* The same serial number: a new version of it. */
    if (str_equal(parts.serial, self->serial))
        self->version = parts.version + 1;
    return OK;
}

static enum status find_issuer(struct issuing *self, struct error *err)
{
    struct work_case *of = self->call->of;
    struct arena *arena = of->work->arena;
    self->serial = expression_text(self, &self->kind->serial);
    if (self->serial.len == 0)
        self->serial = plain(arena, self->number);
    self->issuer = expression_text(self, &self->kind->issuer);
    struct value staff = value_get(self->names, STR("staff"));
    self->issuer_name = expression_text(self, &self->kind->issuer_name);
    if (self->issuer_name.len == 0)
        self->issuer_name = value_text(value_get(staff, STR("unit_name")));
    if (self->issuer.len == 0)
        self->issuer = str_part(division_text(arena, of->row.division), 0, 6);
    if (self->issuer_name.len == 0)
        self->issuer_name = pack_division_full_name(of->packs, arena, self->issuer);
    return find_replaced(self, err);
}

/* Is there a certificate with this identifier, and does it still stand? */
static enum status look_up(struct issuing *self, struct str index, bool *found, bool *stands, struct error *err)
{
    struct work *work = self->call->of->work;
    struct store_certificate row;
    if (store_certificate_by_identifier(work->tx, work->arena, self->id.region, index, &row, found, err) != OK)
        return FAILED;
    for (size_t i = 0; i < work->certificates.count; i++)
        if (str_equal(work->certificates.items[i]->row.identifier, index)) {
            row = work->certificates.items[i]->row;
            *found = true;
        }
    bool replaced =
        self->replaced && *found && row.id == self->replaced->row.id && row.region == self->replaced->row.region;
    *stands = *found && !replaced && (row.state == CERT_VALID || row.state == CERT_SUSPENDED);
    return OK;
}

/* Each new issue under one serial number is a new version (GB/T 36904); what still stands is in the way. */
static enum status number_version(struct issuing *self, struct str *index, struct error *err)
{
    struct work *work = self->call->of->work;
    for (bool found = true, stands; found; self->version++) {
        struct certificate_id parts = {
            .type = self->kind->type_code, .issuer = self->issuer, .serial = self->serial, .version = self->version};
        if (certificate_id_build(work->arena, &parts, &self->identifier, err) != OK)
            return FAILED;
        *index = service_index(work->service, work->arena, "certificate", self->identifier);
        if (look_up(self, *index, &found, &stands, err) != OK)
            return FAILED;
        if (!stands)
            continue;
        error_set(err, ERROR_CONFLICT, "certificate-exists", "There is a certificate with the identifier %.*s already.",
                  STR_ARGS(self->identifier));
        return error_field(err, "number");
    }
    return OK;
}

static struct value day_value(struct value v)
{
    struct value date;
    if (v.kind == VALUE_STRING && date_parse(v.string, &date))
        return date;
    if (v.kind == VALUE_STRING && date_time_parse(v.string, &date))
        v = date;
    if (v.kind != VALUE_DATE_TIME)
        return v.kind == VALUE_DATE ? v : value_null;
    struct civil civil = temporal_civil(v);
    return date_make(civil.year, civil.month, civil.day, &date) ? date : value_null;
}

static enum status find_validity(struct issuing *self, struct error *err)
{
    struct work *work = self->call->of->work;
    self->valid_from = day_value(builtin_in(self->call, "valid_from"));
    if (value_is_null(self->valid_from))
        self->valid_from = day_value(value_time(work->now));
    self->valid_to = day_value(builtin_in(self->call, "valid_to"));
    if (value_is_null(self->valid_to) && self->kind->validity_months > 0) {
        struct value until, day = value_days_time(-86400, 0);
        if (temporal_add(self->valid_from, value_years_months(self->kind->validity_months), &until) &&
            temporal_add(until, day, &until))
            self->valid_to = day_value(until);
    }
    int64_t from;
    if (value_is_null(self->valid_to) || !date_time_to_ms(self->valid_to, &self->valid_to_ms))
        return OK;
    self->valid_to_ms += CLOCK_DAY_MS - 1;
    if (date_time_to_ms(self->valid_from, &from) && from > self->valid_to_ms)
        return error_set(err, ERROR_INVALID, "certificate-validity", "The certificate would end before it begins.");
    return OK;
}

static struct value body_of(struct issuing *self)
{
    struct work_case *of = self->call->of;
    struct view view;
    view_init(&view, of->work->arena);
    view_text(&view, "number", self->number);
    view_text(&view, "identifier", self->identifier);
    view_text(&view, "title", self->kind->title);
    view_put(&view, "holder", self->holder);
    view_put(&view, "face", self->face);
    view_text(&view, "issuer", self->issuer);
    view_text(&view, "issuer_name", self->issuer_name);
    view_put(&view, "valid_from", self->valid_from);
    view_put(&view, "valid_to", self->valid_to);
    view_put(&view, "applicant", value_get(work_case_get(of, "applicant"), STR("id")));
    view_put(&view, "applicant_kind", value_get(work_case_get(of, "applicant"), STR("kind")));
    if (self->replaced)
        view_put(&view, "replaces", value_get(self->replaced->body, STR("identifier")));
    return view_done(&view);
}

/* A document is found by its case, not in its addressee's wallet. */
static struct str holder_index(const struct issuing *self)
{
    const struct work *work = self->call->of->work;
    if (self->kind->document)
        return service_index(work->service, work->arena, "document", self->no);
    return party_index(work->service, work->arena, value_text(value_get(self->holder, STR("id"))));
}

static enum status keep(struct issuing *self, struct str index, struct error *err)
{
    struct work_case *of = self->call->of;
    struct work *work = of->work;
    if (self->replaced && self->replaced->row.state == CERT_VALID &&
        certificate_move(work, self->replaced, CERTIFICATE_REPLACE, self->no, err) != OK)
        return FAILED;
    struct work_certificate *held = arena_new(work->arena, struct work_certificate);
    held->is_new = held->touched = true;
    held->row = (struct store_certificate){.region = self->id.region,
                                           .id = self->id.id,
                                           .kind = self->kind->id,
                                           .case_region = of->row.region,
                                           .case_id = of->row.id,
                                           .holder = holder_index(self),
                                           .identifier = index,
                                           .state = CERT_VALID,
                                           .issued = work->now,
                                           .valid_to = self->valid_to_ms};
    held->body = body_of(self);
    held->claims = certificate_claims(work, held, of->no);
    VECTOR_PUSH(work->arena, &work->certificates, held);
    struct value line = certificate_line(work, held);
    const char *list = self->kind->document ? "documents" : "certificates";
    work_case_set(of, list, list_add(work->arena, work_case_get(of, list), line));
    work_case_event(of, self->kind->document ? "document.issued" : "certificate.issued", line);
    return OK;
}

static enum status issue(struct builtin_call *call, const char *input, bool document, struct error *err)
{
    struct str kind;
    struct issuing self = {.call = call, .face = builtin_in(call, "face"), .holder = builtin_in(call, "holder")};
    if (builtin_need(call, input, &kind, err) != OK)
        return FAILED;
    self.kind = pack_certificate_find(call->of->packs, kind);
    if (!self.kind || self.kind->document != document)
        return error_set(err, ERROR_NOT_FOUND, "certificate-unknown", "There is no kind of %s %.*s.", input,
                         STR_ARGS(kind));
    if (document && value_is_null(self.holder))
        self.holder = work_case_get(call->of, "applicant");
    self.face = declared_face(call->of->work->arena, self.kind, self.face);
    self.face = pack_certificate_face(call->of->work->arena, call->of->packs, self.kind, self.face);
    if (value_text(value_get(self.holder, STR("id"))).len == 0) {
        error_set(err, ERROR_INVALID, "input-missing", "certificate.issue needs a holder with an id.");
        return error_field(err, "holder");
    }
    if (check_face(&self, err) != OK || find_number(&self, err) != OK)
        return FAILED;
    gather_names(&self);
    if (find_issuer(&self, err) != OK || find_validity(&self, err) != OK)
        return FAILED;
    struct str index;
    if (number_version(&self, &index, err) != OK)
        return FAILED;
    if (keep(&self, index, err) != OK)
        return FAILED;
    builtin_out(call, "no", value_string(self.no));
    builtin_out(call, "identifier", value_string(self.identifier));
    builtin_out(call, "number", value_string(self.number));
    return OK;
}

enum status builtin_certificate_issue(struct builtin_call *call, struct error *err)
{
    return issue(call, "certificate", false, err);
}

enum status builtin_document_issue(struct builtin_call *call, struct error *err)
{
    return issue(call, "document", true, err);
}

/* ---- The others ---- */

enum status builtin_certificate_find(struct builtin_call *call, struct error *err)
{
    struct str holder;
    struct value items;
    if (builtin_need(call, "holder", &holder, err) != OK ||
        certificates_of(call->of->work, builtin_text(call, "certificate"), holder, &items, err) != OK)
        return FAILED;
    builtin_out(call, "items", items);
    return value_count(items) ? work_access(call->of->work, "certificate.find", holder, call->of, err) : OK;
}

static enum status move(struct builtin_call *call, enum certificate_move way, const char *event, struct error *err)
{
    struct str no;
    struct work_certificate *held;
    struct arena *arena = call->of->work->arena;
    struct str reason = builtin_text(call, "reason");
    if (builtin_need(call, "no", &no, err) != OK || certificate_load_no(call->of->work, no, &held, err) != OK ||
        certificate_move(call->of->work, held, way, reason, err) != OK)
        return FAILED;
    struct value data = context_set(arena, value_null, "no", value_string(no));
    if (reason.len)
        data = context_set(arena, data, "reason", value_string(reason));
    work_case_event(call->of, event, data);
    return OK;
}

enum status builtin_certificate_suspend(struct builtin_call *call, struct error *err)
{
    return move(call, CERTIFICATE_SUSPEND, "certificate.suspended", err);
}

enum status builtin_certificate_resume(struct builtin_call *call, struct error *err)
{
    return move(call, CERTIFICATE_RESUME, "certificate.resumed", err);
}

enum status builtin_certificate_revoke(struct builtin_call *call, struct error *err)
{
    return move(call, CERTIFICATE_REVOKE, "certificate.revoked", err);
}

static bool listed(struct value certificates, struct str no)
{
    for (size_t i = 0; i < value_count(certificates); i++)
        if (str_equal(value_text(value_get(value_at(certificates, i), STR("no"))), no))
            return true;
    return false;
}

/* Nobody to grant it to is no error: the person may not be known. */
enum status builtin_certificate_grant(struct builtin_call *call, struct error *err)
{
    struct work_case *of = call->of;
    struct str no;
    struct str to = builtin_text(call, "to");
    struct work_certificate *held;
    if (builtin_need(call, "no", &no, err) != OK || certificate_load_no(of->work, no, &held, err) != OK)
        return FAILED;
    if (!to.len)
        return OK;
    certificate_grant_to(of->work, held, to, builtin_text(call, "purpose"), STR_NONE, 0);
    struct value known = work_case_get(of, "certificates");
    if (!listed(known, no))
        work_case_set(of, "certificates", list_add(of->work->arena, known, certificate_line(of->work, held)));
    work_case_event(of, "certificate.granted", context_set(of->work->arena, value_null, "no", value_string(no)));
    return OK;
}
