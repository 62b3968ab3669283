/* The wallet of a person or organisation, and showing codes. */
#include "service/certificate.h"

#include "service/certificate_work.h"
#include "service/ticket.h"

/* ---- The list ---- */

#define PAGE_READ 200 /* rows read at once */

struct wallet {
    const struct service_wallet_query *query;
    struct value view;
    struct list_builder items;
    int64_t counts[CERT_STATE_COUNT];
    int64_t taken, limit;
    struct store_certificate_filter filter;
    bool more;
};

static struct value wallet_line(struct work *work, const struct work_certificate *held)
{
    struct view view;
    view_init(&view, work->arena);
    certificate_head(&view, work, held);
    view_text(&view, "holder_name", value_text(value_path(held->body, "holder.name")));
    view_text(&view, "case", case_no(work->arena, (struct case_id){held->row.case_region, held->row.case_id}));
    view_put(&view, "renewal", certificate_renewal(work, held));
    return view_done(&view);
}

static enum status take_rows(struct work *work, struct wallet *a, struct store_certificate *rows, size_t count,
                             struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct work_certificate *held;
        struct str state = certificate_state_at(&rows[i], work->now);
        bool wanted = a->query->state.len == 0 || str_equal(a->query->state, state);
        if (wanted && a->taken == a->limit) {
            a->more = true;
            return OK;
        }
        a->filter.before_id = rows[i].id;
        a->filter.before_region = rows[i].region;
        if (!wanted)
            continue;
        if (certificate_hold(work, &rows[i], &held, err) != OK)
            return FAILED;
        list_builder_push(&a->items, wallet_line(work, held));
        a->counts[name_index(certificate_row_states, CERT_STATE_COUNT, state)]++;
        a->taken++;
    }
    return OK;
}

static enum status wallet_begin(struct work *work, struct wallet *a, struct error *err)
{
    struct str rest = a->query->cursor;
    a->filter = (struct store_certificate_filter){
        .holder = party_index(work->service, work->arena, work->call->actor->id), .limit = PAGE_READ};
    a->taken = 0;
    a->more = false;
    a->limit = limit_between(a->query->limit, 20, 100);
    for (size_t i = 0; i < CERT_STATE_COUNT; i++)
        a->counts[i] = 0;
    list_builder_init(&a->items, work->arena);
    if (rest.len && (!str_to_int64(str_cut(&rest, '-'), &a->filter.before_id) ||
                     !str_to_int64(rest, &a->filter.before_region) || a->filter.before_id <= 0)) {
        error_set(err, ERROR_INVALID, "bad-cursor", "The cursor was not given by this list.");
        return error_field(err, "cursor");
    }
    return OK;
}

static enum status wallet_command(struct work *work, void *arg, struct error *err)
{
    struct wallet *a = arg;
    struct store_certificate *rows;
    size_t count = PAGE_READ;
    if (wallet_begin(work, a, err) != OK)
        return FAILED;
    while (count == PAGE_READ && !a->more && a->filter.holder.data) {
        if (store_certificate_of_holder(work->tx, work->arena, &a->filter, &rows, &count, err) != OK ||
            take_rows(work, a, rows, count, err) != OK)
            return FAILED;
    }
    struct view view, states;
    view_init(&view, work->arena);
    view_init(&states, work->arena);
    for (size_t i = 0; i < CERT_STATE_COUNT; i++)
        view_int(&states, certificate_row_states[i], a->counts[i]);
    view_put(&view, "items", list_builder_done(&a->items));
    view_put(&view, "states", view_done(&states));
    if (a->more)
        view_text(&view, "next",
                  arena_printf(work->arena, "%" PRId64 "-%" PRId64, a->filter.before_id, a->filter.before_region));
    a->view = view_done(&view);
    return OK;
}

enum status service_wallet(const struct call *call, const struct service_wallet_query *query, struct value *out,
                           struct error *err)
{
    struct wallet arg = {.query = query};
    if (service_may(call, "certificate.read", err) != OK)
        return FAILED;
    if (call->actor->kind != ACTOR_PERSON && call->actor->kind != ACTOR_ORGANISATION) {
        error_set(err, ERROR_FORBIDDEN, "wallet-none", "Only persons and organisations have a wallet.");
        return error_hint(err, "Sign in as the holder; staff find certificates by search.");
    }
    if (query->state.len && name_index(certificate_row_states, CERT_STATE_COUNT, query->state) < 0) {
        error_set(err, ERROR_INVALID, "bad-query", "There is no state %.*s.", STR_ARGS(query->state));
        return error_field(err, "state");
    }
    if (work_read(call, wallet_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}

/* ---- Showing codes ---- */

struct showing {
    struct str no;
    struct value view;
};

static enum status show_command(struct work *work, void *arg, struct error *err)
{
    struct showing *a = arg;
    struct work_certificate *held;
    struct str code, qr;
    if (certificate_open(work, a->no, &held, err) != OK)
        return FAILED;
    if (!certificate_is_own(work, held))
        return error_set(err, ERROR_FORBIDDEN, "forbidden", "Only its holder shows a certificate.");
    struct str state = certificate_state_at(&held->row, work->now);
    if (!str_equal(state, STR("valid")))
        return error_set(err, ERROR_CONFLICT, "certificate-state", "The certificate is %.*s and cannot be shown.",
                         STR_ARGS(state));
    struct ticket_terms terms = {
        .kind = STORE_TICKET_SHOW, .certificate = certificate_id(held), .life_ms = SERVICE_SHOW_MS};
    if (ticket_make(work, &terms, &code, err) != OK)
        return FAILED;
    struct str url = arena_printf(work->arena, "%.*s/v/%.*s", STR_ARGS(work->service->public_url), STR_ARGS(code));
    if (certificate_qr(work->arena, url, &qr, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, work->arena);
    view_text(&view, "no", certificate_no(work->arena, certificate_id(held)));
    view_put(&view, "title", value_get(held->body, STR("title")));
    view_text(&view, "code", code);
    view_text(&view, "url", url);
    view_text(&view, "svg", certificate_qr_svg(work->arena, qr));
    view_time(&view, "made", work->now);
    view_time(&view, "expires", work->now + SERVICE_SHOW_MS);
    view_int(&view, "seconds", SERVICE_SHOW_MS / 1000);
    a->view = view_done(&view);
    return certificate_used(work, held, &(struct certificate_use){.what = "code-made"}, err);
}

enum status service_certificate_show(const struct call *call, struct str no, struct value *out, struct error *err)
{
    struct showing arg = {.no = no};
    if (work_run(call, show_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}
