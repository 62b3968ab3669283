/* Using certificates: the use log that their holders see, and use by authorisation per case and purpose. */
#include "service/certificate.h"

#include "service/certificate_work.h"

/* ---- The log ---- */

static struct str place_of(struct arena *arena, const struct store_certificate_use *row)
{
    return arena_printf(arena, "use:%" PRId64 ":%" PRId64 ":%" PRId64, row->region, row->id, row->seq);
}

/* The name as the holder may see it: of staff in full, of other persons masked. */
static struct str shown_name(struct work *work, const struct work_certificate *held)
{
    const struct actor *actor = work->call->actor;
    if (actor->kind != ACTOR_PERSON || str_equal(actor->id, value_text(value_path(held->body, "holder.id"))))
        return actor->name;
    return service_mask_name(work->arena, actor->name);
}

enum status certificate_used(struct work *work, const struct work_certificate *held, const struct certificate_use *use,
                             struct error *err)
{
    const struct actor *actor = work->call->actor;
    struct store_certificate_use row = {
        .region = held->row.region, .id = held->row.id, .at = work->now, .what = str_of(use->what)};
    if (work_key(work, row.region, &row.seq, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, work->arena);
    view_text(&view, "kind", str_of(actor_kind_name(actor->kind)));
    view_text(&view, "by", shown_name(work, held));
    view_text(&view, "unit", actor->unit_name);
    view_text(&view, "purpose", use->purpose.len ? use->purpose : work->call->purpose);
    view_text(&view, "case", use->case_no);
    row.body = service_seal(work->service, work->arena, place_of(work->arena, &row), view_done(&view));
    work_change(work, CHANGE_CERTIFICATE_USE, work_row(work, &row, sizeof row));
    return OK;
}

struct uses {
    struct str no, cursor;
    int64_t limit;
    struct value view;
};

static enum status bad_cursor(struct error *err)
{
    error_set(err, ERROR_INVALID, "bad-cursor", "The cursor was not given by this list.");
    return error_field(err, "cursor");
}

static enum status use_line(struct work *work, const struct store_certificate_use *row, struct value *out,
                            struct error *err)
{
    struct value body = value_null;
    struct view view;
    view_init(&view, work->arena);
    view_time(&view, "at", row->at);
    view_text(&view, "what", row->what);
    if (row->body.data &&
        service_unseal(work->service, work->arena, place_of(work->arena, row), row->body, &body, err) != OK)
        return FAILED;
    *out = value_merge(work->arena, view_done(&view), body);
    return OK;
}

static enum status uses_command(struct work *work, void *arg, struct error *err)
{
    struct uses *a = arg;
    struct work_certificate *held;
    struct store_certificate_use *rows;
    size_t count;
    struct list_builder items;
    list_builder_init(&items, work->arena);
    if (certificate_open(work, a->no, &held, err) != OK)
        return FAILED;
    struct store_certificate_use before = {.region = held->row.region, .id = held->row.id};
    struct str rest = a->cursor;
    if (rest.len && (!str_to_int64(str_cut(&rest, '-'), &before.at) || !str_to_int64(rest, &before.seq)))
        return bad_cursor(err);
    int64_t limit = limit_between(a->limit, 20, 100);
    if (store_certificate_use_list(work->tx, work->arena, &before, limit, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++) {
        struct value line;
        if (use_line(work, &rows[i], &line, err) != OK)
            return FAILED;
        list_builder_push(&items, line);
    }
    struct view view;
    view_init(&view, work->arena);
    view_put(&view, "items", list_builder_done(&items));
    if (count == (size_t)limit)
        view_text(&view, "next",
                  arena_printf(work->arena, "%" PRId64 "-%" PRId64, rows[count - 1].at, rows[count - 1].seq));
    a->view = view_done(&view);
    return OK;
}

enum status service_certificate_uses(const struct call *call, struct str no, struct str cursor, int64_t limit,
                                     struct value *out, struct error *err)
{
    struct uses arg = {.no = no, .cursor = cursor, .limit = limit};
    if (work_read(call, uses_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}

/* ---- Use by authorisation ---- */

struct using
{
    struct str no, purpose, case_no;
};

static bool same_or_any(struct str wanted, struct str given)
{
    return wanted.len == 0 || str_equal_nocase_ascii(wanted, given);
}

/* The holder said so: to this body or person, for this purpose and case. */
static bool authorised_by_holder(struct work *work, const struct work_certificate *held, const struct using *a)
{
    const struct actor *actor = work->call->actor;
    struct str who = actor->kind == ACTOR_STAFF ? actor->uscc : actor->id;
    struct value grants = value_get(held->body, STR("grants"));
    for (size_t i = 0; who.len && i < value_count(grants); i++) {
        struct value grant = value_at(grants, i);
        int64_t until = value_int_or(value_get(grant, STR("until")), 0);
        if (str_equal_nocase_ascii(value_text(value_get(grant, STR("to"))), who) && (until == 0 || until > work->now) &&
            same_or_any(value_text(value_get(grant, STR("case"))), a->case_no) &&
            same_or_any(value_text(value_get(grant, STR("purpose"))), a->purpose))
            return true;
    }
    return false;
}

static bool holds_for(const struct work_certificate *held, struct value party)
{
    struct str id = value_text(value_get(party, STR("id")));
    return id.len && str_equal_nocase_ascii(id, value_text(value_path(held->body, "holder.id")));
}

/* The case's item asks for this kind, and the case is the holder's. */
static enum status authorised_by_item(struct work *work, const struct work_certificate *held, const struct using *a,
                                      bool *out, struct error *err)
{
    struct case_id id;
    struct store_case row;
    struct work_case *of;
    bool found = false;
    *out = false;
    if (work->call->actor->kind != ACTOR_STAFF || !case_no_parse(a->case_no, &id))
        return OK;
    if (store_case_find(work->tx, work->arena, id.region, id.id, &row, &found, err) != OK)
        return FAILED;
    if (!found || row.state == CASE_CLOSED || !actor_sees_case(work->call, &row))
        return OK;
    if (work_case_look(work, &row, &of, err) != OK)
        return FAILED;
    bool theirs = holds_for(held, work_case_get(of, "party")) || holds_for(held, work_case_get(of, "applicant"));
    for (size_t i = 0; theirs && i < of->item->material_count && !*out; i++)
        *out = str_equal(of->item->materials[i].certificate, held->row.kind);
    return OK;
}

static enum status not_authorised(struct error *err)
{
    error_set(err, ERROR_FORBIDDEN, "use-not-authorised",
              "This certificate may not be used by you for this purpose and case.");
    return error_hint(err, "Its holder can authorise it; or name an open case of the holder whose item asks for it.");
}

static enum status may_use(struct work *work, const struct work_certificate *held, const struct using *a,
                           const char **by, struct error *err)
{
    bool declared = false;
    if (authorised_by_holder(work, held, a)) {
        *by = "holder";
        return OK;
    }
    if (authorised_by_item(work, held, a, &declared, err) != OK)
        return FAILED;
    *by = "item";
    return declared ? OK : not_authorised(err);
}

static enum status use_command(struct work *work, void *arg, struct error *err)
{
    struct using *a = arg;
    struct work_certificate *held;
    const char *by = "";
    struct error problem = ERROR_INIT;
    if (certificate_load_no(work, a->no, &held, &problem) != OK) {
        if (problem.kind == ERROR_NOT_FOUND)
            return not_authorised(err); /* whether it exists is not told */
        *err = problem;
        return FAILED;
    }
    if (may_use(work, held, a, &by, err) != OK)
        return FAILED;
    struct str state = certificate_state_at(&held->row, work->now);
    if (!str_equal(state, STR("valid")))
        return error_set(err, ERROR_CONFLICT, "certificate-state", "The certificate is %.*s and cannot be used.",
                         STR_ARGS(state));
    struct view view;
    view_init(&view, work->arena);
    certificate_head(&view, work, held);
    view_put(&view, "holder", value_get(held->body, STR("holder")));
    view_put(&view, "labels", certificate_labels(work, held, false));
    view_text(&view, "authorised_by", str_of(by));
    view_text(&view, "purpose", a->purpose);
    view_text(&view, "case", a->case_no);
    view_time(&view, "used", work->now);
    work->answer = view_done(&view);
    struct certificate_use use = {"used", a->purpose, a->case_no};
    return certificate_used(work, held, &use, err) == OK
               ? work_access(work, "certificate.use", value_text(value_path(held->body, "holder.id")), NULL, err)
               : FAILED;
}

enum status service_certificate_use(const struct call *call, struct str no, struct value input, struct value *out,
                                    struct error *err)
{
    struct using arg = {.no = no,
                        .purpose = str_trim(value_text(value_get(input, STR("purpose")))),
                        .case_no = str_trim(value_text(value_get(input, STR("case"))))};
    if (service_may(call, "certificate.read", err) != OK)
        return FAILED;
    if (arg.purpose.len == 0 || arg.purpose.len > 500) {
        error_set(err, ERROR_INVALID, "purpose-missing", "Say what it is used for, in at most 500 bytes.");
        return error_field(err, "purpose");
    }
    struct work_request request = {"certificate.use", value_null};
    if (call->idempotency.len) {
        request.request = context_set(call->arena, value_null, "no", value_string(no));
        request.request = context_set(call->arena, request.request, "input", input);
    }
    return work_run_once(call, &request, use_command, &arg, out, err);
}
