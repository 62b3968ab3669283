/* Certificates for those who hold and look at them: who may open one, its views, its drawings, lists. */
#include "service/certificate.h"

#include "clock/instant.h"
#include "feel/json.h"
#include "service/attempts.h"
#include "service/certificate_work.h"
#include "trust/certificate.h"
#include "trust/ids.h"
#include "trust/jws.h"
#include "trust/qr.h"
#include "trust/render.h"

#include <stdlib.h>

/* ---- Who may open it ---- */

static bool granted(struct work *work, const struct work_certificate *held, struct str id)
{
    struct value grants = value_get(held->body, STR("grants"));
    for (size_t i = 0; id.len && i < value_count(grants); i++) {
        struct value grant = value_at(grants, i);
        int64_t until = value_int_or(value_get(grant, STR("until")), 0);
        if (value_text(value_get(grant, STR("case"))).len)
            continue; /* for use in that case only */
        if (str_equal_nocase_ascii(value_text(value_get(grant, STR("to"))), id) && (until == 0 || until > work->now))
            return true;
    }
    return false;
}

static bool is_holder(const struct work_certificate *held, struct str id)
{
    return id.len && str_equal_nocase_ascii(value_text(value_path(held->body, "holder.id")), id);
}

static bool holder_may_open(struct work *work, const struct work_certificate *held)
{
    const struct pack_certificate *kind = pack_certificate_find(work->service->packs, held->row.kind);
    return !kind || kind->holder_may_open;
}

/* Somebody with this ID number, by what the certificate itself says. */
static bool known_to_it(struct work *work, const struct work_certificate *held, struct str id)
{
    return (is_holder(held, id) && holder_may_open(work, held)) || granted(work, held, id) ||
           (id.len && str_equal_nocase_ascii(value_text(value_get(held->body, STR("applicant"))), id));
}

static enum status sees_case_of(struct work *work, const struct work_certificate *held, bool *out, struct error *err)
{
    struct store_case row;
    bool found;
    if (store_case_find(work->tx, work->arena, held->row.case_region, held->row.case_id, &row, &found, err) != OK)
        return FAILED;
    *out = found && actor_sees_case(work->call, &row);
    return OK;
}

static bool has_wallet(const struct call *call)
{
    return (call->actor->kind == ACTOR_PERSON || call->actor->kind == ACTOR_ORGANISATION) &&
           service_can(call, "certificate.read");
}

bool certificate_is_own(struct work *work, const struct work_certificate *held)
{
    return has_wallet(work->call) && known_to_it(work, held, work->call->actor->id);
}

bool certificate_is_holders(struct work *work, const struct work_certificate *held)
{
    struct str id = work->call->actor->id;
    return has_wallet(work->call) &&
           (is_holder(held, id) ||
            (id.len && str_equal_nocase_ascii(value_text(value_get(held->body, STR("applicant"))), id)));
}

enum status certificate_may_open(struct work *work, const struct work_certificate *held, struct str no,
                                 struct error *err)
{
    const struct actor *actor = work->call->actor;
    bool sees = actor->kind == ACTOR_SYSTEM;
    if (actor->kind == ACTOR_NOBODY)
        return service_may(work->call, "certificate.read", err);
    sees = sees || certificate_is_own(work, held);
    if (!sees && service_can(work->call, "certificate.read") && sees_case_of(work, held, &sees, err) != OK)
        return FAILED;
    if (sees)
        return OK;
    return error_set(err, ERROR_NOT_FOUND, "certificate-not-found", "There is no certificate %.*s that you may see.",
                     STR_ARGS(no));
}

enum status certificate_open(struct work *work, struct str no, struct work_certificate **out, struct error *err)
{
    struct work_certificate *held;
    if (certificate_load_no(work, no, &held, err) != OK || certificate_may_open(work, held, no, err) != OK)
        return FAILED;
    *out = held;
    return OK;
}

/* ---- Views ---- */

struct value certificate_labels(struct work *work, const struct work_certificate *held, bool only_public)
{
    const struct pack_certificate *kind = pack_certificate_find(work->service->packs, held->row.kind);
    struct value face = value_get(held->body, STR("face"));
    struct list_builder list;
    list_builder_init(&list, work->arena);
    for (size_t i = 0; kind && i < kind->face_count; i++) {
        const struct pack_face *part = &kind->face[i];
        struct value v = value_get(face, part->key);
        if (value_is_null(v) || (only_public && part->visible == PACK_PUBLIC_NO))
            continue;
        if (only_public && part->visible == PACK_PUBLIC_MASKED)
            v = value_string(service_mask(work->arena, value_to_text(work->arena, v)));
        struct view view;
        view_init(&view, work->arena);
        view_text(&view, "key", part->key);
        view_text(&view, "label", part->label);
        view_put(&view, "value", v);
        list_builder_push(&list, view_done(&view));
    }
    return list_builder_done(&list);
}

static struct value log_of(struct work *work, const struct work_certificate *held)
{
    struct value log = value_get(held->body, STR("log"));
    struct list_builder list;
    list_builder_init(&list, work->arena);
    for (size_t i = 0; i < value_count(log); i++) {
        struct value one = value_at(log, i);
        list_builder_push(&list,
                          context_set(work->arena, one, "at", value_time(value_int_or(value_get(one, STR("at")), 0))));
    }
    return list_builder_done(&list);
}

/* Those that still count. */
static struct value grants_of(struct work *work, const struct work_certificate *held)
{
    struct value grants = value_get(held->body, STR("grants"));
    struct list_builder list;
    list_builder_init(&list, work->arena);
    for (size_t i = 0; i < value_count(grants); i++) {
        struct value one = value_at(grants, i);
        int64_t until = value_int_or(value_get(one, STR("until")), 0);
        if (until == 0 || until > work->now)
            list_builder_push(&list, context_set(work->arena, one, "until", value_time(until)));
    }
    return list_builder_done(&list);
}

struct case_id certificate_id(const struct work_certificate *held)
{
    return (struct case_id){held->row.region, held->row.id};
}

static struct str verify_url(struct work *work, const struct work_certificate *held)
{
    return arena_printf(work->arena, "%.*s/v/%.*s", STR_ARGS(work->service->public_url),
                        STR_ARGS(certificate_code(work->service, work->arena, certificate_id(held))));
}

static void put_signature(struct view *view, struct work *work, const struct work_certificate *held)
{
    struct jws_parts parts;
    struct error err = ERROR_INIT;
    if (jws_parse(work->arena, value_text(value_get(held->body, STR("jws"))), &parts, &err) != OK)
        return;
    view_text(view, "algorithm", parts.algorithm);
    view_text(view, "kid", parts.kid);
}

void certificate_head(struct view *view, struct work *work, const struct work_certificate *held)
{
    static const char *const kept[] = {"title",       "number",     "identifier", "issuer",
                                       "issuer_name", "valid_from", "valid_to",   "replaces"};
    view_text(view, "no", certificate_no(work->arena, certificate_id(held)));
    view_text(view, "certificate", held->row.kind);
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        view_put(view, kept[i], value_get(held->body, str_of(kept[i])));
    view_text(view, "state", certificate_state_at(&held->row, work->now));
    view_time(view, "issued", held->row.issued);
    put_signature(view, work, held);
    if (work->service->demo)
        view_flag(view, "demo", true);
}

static struct value whole_view(struct work *work, const struct work_certificate *held)
{
    const struct pack_certificate *kind = pack_certificate_find(work->service->packs, held->row.kind);
    struct list_builder pages;
    list_builder_init(&pages, work->arena);
    for (size_t i = 0; kind && i < kind->page_count; i++) {
        struct value page = context_set(work->arena, value_null, "id", value_string(kind->pages[i].id));
        list_builder_push(&pages, context_set(work->arena, page, "title", value_string(kind->pages[i].title)));
    }
    struct view view;
    view_init(&view, work->arena);
    certificate_head(&view, work, held);
    view_put(&view, "holder", value_get(held->body, STR("holder")));
    view_put(&view, "face", value_get(held->body, STR("face")));
    view_put(&view, "labels", certificate_labels(work, held, false));
    view_put(&view, "pages", list_builder_done(&pages));
    view_text(&view, "case", case_no(work->arena, (struct case_id){held->row.case_region, held->row.case_id}));
    view_int(&view, "version", held->row.version);
    view_text(&view, "code", certificate_code(work->service, work->arena, certificate_id(held)));
    view_text(&view, "verify_url", verify_url(work, held));
    view_put(&view, "log", log_of(work, held));
    view_put(&view, "grants", grants_of(work, held));
    view_flag(&view, "mine", certificate_is_holders(work, held));
    view_put(&view, "renewal", certificate_renewal(work, held));
    view_put(&view, "replaced_by", value_get(held->body, STR("replaced_by")));
    return view_done(&view);
}

/* ---- Rendering ---- */

enum status certificate_qr(struct arena *arena, struct str text, struct str *out, struct error *err)
{
    struct qr_path qr;
    if (qr_svg_path(arena, text, QR_MEDIUM, &qr, err) != OK)
        return FAILED;
    *out = arena_printf(arena, "<path transform=\"scale(%.9f)\" d=\"%.*s\"/>", 1.0 / qr.size, STR_ARGS(qr.d));
    return OK;
}

struct str certificate_qr_svg(struct arena *arena, struct str path)
{
    return arena_printf(arena, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\" role=\"img\">%.*s</svg>",
                        STR_ARGS(path));
}

static enum status template_names(struct work *work, const struct work_certificate *held, struct value *out,
                                  struct error *err)
{
    struct str qr;
    struct arena *arena = work->arena;
    struct value names = value_get(held->body, STR("face"));
    static const char *const kept[] = {"number",      "identifier", "title",   "issuer",
                                       "issuer_name", "valid_from", "valid_to"};
    struct str url = verify_url(work, held);
    if (certificate_qr(arena, url, &qr, err) != OK)
        return FAILED;
    if (names.kind != VALUE_CONTEXT)
        names = empty_context(arena);
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        names = context_set(arena, names, kept[i], value_get(held->body, str_of(kept[i])));
    names = context_set(arena, names, "no", value_string(certificate_no(arena, certificate_id(held))));
    names = context_set(arena, names, "issued", value_time(held->row.issued));
    names = context_set(arena, names, "qr", value_string(qr));
    names = context_set(arena, names, "verify_url", value_string(url));
    names = context_set(arena, names, "holder", value_get(held->body, STR("holder")));
    names = context_set(arena, names, "demo", value_boolean(work->service->demo));
    *out = context_set(arena, names, "state", value_string(certificate_state_at(&held->row, work->now)));
    return OK;
}

static enum status render_page(struct work *work, const struct pack_page *page, struct value names, struct str *out,
                               struct error *err)
{
    struct value named = context_set(work->arena, value_null, "id", value_string(page->id));
    named = context_set(work->arena, named, "title", value_string(page->title));
    names = context_set(work->arena, names, "page", named);
    struct feel_run run = service_feel(work->service, work->arena, work->service->packs, work->now);
    struct buf svg;
    buf_init(&svg, RENDER_SVG_MAX);
    enum status status = template_render(page->template, names, &run, &svg, err);
    if (status == OK)
        *out = arena_str(work->arena, buf_str(&svg));
    buf_release(&svg);
    return status;
}

struct rendering {
    struct str page;
    enum service_format format;
};

static enum status no_page(struct str page, struct error *err)
{
    error_set(err, ERROR_NOT_FOUND, "page-not-found", "The certificate has no page %.*s.", STR_ARGS(page));
    return error_field(err, "page");
}

enum status certificate_draw(struct work *work, const struct pack_certificate *kind,
                             const struct certificate_drawing *drawing, struct str *out, struct error *err)
{
    struct str *pages = arena_array(work->arena, struct str, kind->page_count);
    size_t count = 0;
    bool all = drawing->format == SERVICE_PDF && drawing->page.len == 0;
    for (size_t i = 0; i < kind->page_count && (all || count == 0); i++) {
        if (drawing->page.len && !str_equal(drawing->page, kind->pages[i].id))
            continue;
        if (render_page(work, &kind->pages[i], drawing->names, &pages[count], err) != OK)
            return FAILED;
        if (drawing->format == SERVICE_PDF)
            pages[count] = certificate_put_line(work->arena, pages[count], drawing->line);
        count++;
    }
    if (count == 0)
        return no_page(drawing->page, err);
    struct render_options options = {.title = kind->title,
                                     .author = drawing->author,
                                     .keywords = drawing->keywords,
                                     .created_ms = drawing->created_ms};
    if (drawing->format == SERVICE_PDF)
        return render_pdf(work->arena, pages, count, &options, out, err);
    if (drawing->format == SERVICE_PNG)
        return render_png(work->arena, pages[0], 1200, out, err);
    *out = pages[0];
    return OK;
}

static enum status render(struct work *work, const struct work_certificate *held, const struct rendering *how,
                          struct str *out, struct error *err)
{
    struct str jws = value_text(value_get(held->body, STR("jws")));
    const struct pack_certificate *kind = pack_certificate_find(work->service->packs, held->row.kind);
    struct certificate_drawing drawing = {.page = how->page,
                                          .format = (int)how->format,
                                          .author = value_text(value_get(held->body, STR("issuer_name"))),
                                          .keywords = jws,
                                          .line = certificate_copy_line(work, held),
                                          .created_ms = held->row.issued};
    if (how->format == SERVICE_JWS) {
        *out = jws;
        return OK;
    }
    if (!kind || kind->page_count == 0)
        return error_set(err, ERROR_NOT_FOUND, "page-not-found", "This certificate has no layout.");
    if (template_names(work, held, &drawing.names, err) != OK)
        return FAILED;
    return certificate_draw(work, kind, &drawing, out, err);
}

/* ---- Looking ---- */

struct looking {
    struct str no;
    struct value facts;
    const struct rendering *rendering; /* NULL: the view */
    struct value view;
    struct str bytes;
};

static enum status show(struct work *work, const struct work_certificate *held, struct looking *looking,
                        struct error *err)
{
    if (looking->rendering) {
        if (render(work, held, looking->rendering, &looking->bytes, err) != OK)
            return FAILED;
    } else {
        looking->view = whole_view(work, held);
    }
    if (certificate_used(work, held, &(struct certificate_use){.what = looking->rendering ? "rendered" : "shown"},
                         err) != OK)
        return FAILED;
    return work_access(work, "certificate.read", value_text(value_path(held->body, "holder.id")), NULL, err);
}

static enum status look_command(struct work *work, void *arg, struct error *err)
{
    struct looking *looking = arg;
    struct work_certificate *held;
    if (certificate_open(work, looking->no, &held, err) != OK)
        return FAILED;
    return show(work, held, looking, err);
}

enum status service_certificate_get(const struct call *call, struct str no, struct value *out, struct error *err)
{
    struct looking looking = {.no = no};
    if (work_run(call, look_command, &looking, err) != OK)
        return FAILED;
    *out = looking.view;
    return OK;
}

enum status service_certificate_render(const struct call *call, struct str no, struct str page,
                                       enum service_format format, struct str *out, struct error *err)
{
    struct rendering rendering = {page, format};
    struct looking looking = {.no = no, .rendering = &rendering};
    if (work_run(call, look_command, &looking, err) != OK)
        return FAILED;
    *out = looking.bytes;
    return OK;
}

/* ---- Opening by facts ---- */

static enum status is_relative(struct work *work, const struct work_certificate *held, struct str opener, bool *out,
                               struct error *err)
{
    struct party_held party;
    *out = false;
    if (party_find(work, value_text(value_path(held->body, "holder.id")), &party, err) != OK)
        return FAILED;
    struct value relatives = value_get(party.body, STR("relatives"));
    for (size_t i = 0; i < value_count(relatives) && !*out; i++)
        *out = str_equal_nocase_ascii(value_text(value_get(value_at(relatives, i), STR("id"))), opener);
    return OK;
}

static enum status find_by_facts(struct work *work, struct value facts, struct work_certificate **out,
                                 struct error *err)
{
    struct str holder = value_text(value_get(facts, STR("holder_id")));
    struct str opener = value_text(value_get(facts, STR("opener_id")));
    struct str code = value_text(value_get(facts, STR("code")));
    struct str no = value_text(value_get(facts, STR("no")));
    struct str number = value_text(value_get(facts, STR("number")));
    struct value items;
    bool relative = false;
    if (certificates_of(work, STR(""), holder, &items, err) != OK)
        return FAILED;
    struct case_id wanted = {0};
    if ((code.len && !certificate_code_parse(work->service, work->arena, code, &wanted)) ||
        (no.len && !certificate_no_parse(no, &wanted)))
        return OK;
    for (size_t i = 0; i < work->certificates.count; i++) {
        struct work_certificate *held = work->certificates.items[i];
        if (wanted.id && (held->row.id != wanted.id || held->row.region != wanted.region))
            continue;
        if (number.len && !str_equal(number, value_text(value_get(held->body, STR("number")))))
            continue;
        if (!is_holder(held, holder))
            continue;
        if (is_relative(work, held, opener, &relative, err) != OK)
            return FAILED;
        if (relative || known_to_it(work, held, opener)) {
            *out = held;
            return OK;
        }
    }
    return OK;
}

static enum status open_command(struct work *work, void *arg, struct error *err)
{
    struct looking *looking = arg;
    struct work_certificate *held = NULL;
    if (find_by_facts(work, looking->facts, &held, err) != OK)
        return FAILED;
    if (!held) {
        error_set(err, ERROR_NOT_FOUND, "certificate-not-found",
                  "These facts belong to no certificate that you may open.");
        return error_hint(err, "Enter the holder's ID number and your own, exactly.");
    }
    return show(work, held, looking, err);
}

static enum status open_by_facts(const struct call *call, struct looking *looking, struct error *err)
{
    struct str name = attempts_name(call, "open", value_text(value_get(looking->facts, STR("holder_id"))));
    struct error problem = ERROR_INIT;
    if (value_text(value_get(looking->facts, STR("holder_id"))).len == 0 ||
        value_text(value_get(looking->facts, STR("opener_id"))).len == 0) {
        error_set(err, ERROR_INVALID, "facts-missing", "Enter the holder's ID number and your own.");
        return error_field(err, "holder_id");
    }
    if (attempts_check(call, name, "There were too many wrong attempts for this certificate.", err) != OK)
        return FAILED;
    if (work_run(call, open_command, looking, &problem) == OK)
        return OK;
    if (problem.kind == ERROR_NOT_FOUND && attempts_count(call, name, err) != OK)
        return FAILED;
    *err = problem;
    return FAILED;
}

enum status service_certificate_open(const struct call *call, struct value facts, struct value *out, struct error *err)
{
    struct looking looking = {.facts = facts};
    if (open_by_facts(call, &looking, err) != OK)
        return FAILED;
    *out = looking.view;
    return OK;
}

enum status service_certificate_open_render(const struct call *call, struct value facts, struct str page,
                                            enum service_format format, struct str *out, struct error *err)
{
    struct rendering rendering = {page, format};
    struct looking looking = {.facts = facts, .rendering = &rendering};
    if (open_by_facts(call, &looking, err) != OK)
        return FAILED;
    *out = looking.bytes;
    return OK;
}

/* ---- Lists ---- */

struct listing {
    const struct service_certificate_query *query;
    struct value view;
};

static int newest_first(const void *a, const void *b)
{
    const struct store_certificate *x = a, *y = b;
    return x->id > y->id ? -1 : x->id < y->id;
}

static enum status certificate_page(struct work *work, struct store_certificate *rows, size_t count, int64_t limit,
                                    struct value *out, struct error *err)
{
    struct list_builder items;
    list_builder_init(&items, work->arena);
    if (count)
        qsort(rows, count, sizeof *rows, newest_first);
    size_t n = count < (size_t)limit ? count : (size_t)limit;
    for (size_t i = 0; i < n; i++) {
        struct work_certificate *held;
        if (certificate_hold(work, &rows[i], &held, err) != OK)
            return FAILED;
        struct value line = certificate_line(work, held);
        line = context_set(work->arena, line, "issued", value_time(held->row.issued));
        line = context_set(work->arena, line, "valid_to", value_get(held->body, STR("valid_to")));
        struct str name = value_text(value_path(held->body, "holder.name"));
        line = context_set(work->arena, line, "holder_name", value_string(service_mask_name(work->arena, name)));
        list_builder_push(&items, line);
    }
    struct view view;
    view_init(&view, work->arena);
    view_put(&view, "items", list_builder_done(&items));
    if (n && (size_t)limit <= count)
        view_text(&view, "next", arena_printf(work->arena, "%" PRId64, rows[n - 1].id));
    *out = view_done(&view);
    return OK;
}

static bool in_view(const struct store_certificate *row, const struct store_certificate_filter *filter,
                    struct division_range range)
{
    int64_t division = row->region * 1000000;
    return (filter->state < 0 || row->state == filter->state) &&
           (filter->before_id == 0 || row->id < filter->before_id) && division < range.to &&
           division + 100000000 > range.from;
}

static enum status list_command(struct work *work, void *arg, struct error *err)
{
    struct listing *a = arg;
    const struct service_certificate_query *query = a->query;
    const struct actor *actor = work->call->actor;
    bool staff = actor->kind == ACTOR_STAFF || actor->kind == ACTOR_SYSTEM;
    struct division_range range = staff ? actor_scope(work->call).divisions : (struct division_range){0, INT64_MAX};
    struct str holder = staff ? query->holder : actor->id;
    int64_t *regions;
    struct store_certificate_filter filter = {.holder = holder.len ? party_index(work->service, work->arena, holder)
                                                                   : STR_NONE,
                                              .kind = query->certificate.len ? query->certificate : STR_NONE,
                                              .state = -1,
                                              .limit = limit_between(query->limit, 50, 200)};
    if (query->state.len)
        filter.state = name_index(certificate_row_states, CERT_STATE_COUNT, query->state);
    if (service_cursor(query->cursor, &filter.before_id, err) != OK)
        return FAILED;
    if (query->region.len && staff)
        range = division_range(query->region);
    VECTOR(struct store_certificate) all = {0};
    size_t region_count = holder.len ? 1 : region_list(work->service, range, work->arena, &regions);
    for (size_t r = 0; r < region_count; r++) {
        struct store_certificate *rows;
        size_t count;
        filter.region = holder.len ? 0 : regions[r];
        enum status status = holder.len
                                 ? store_certificate_of_holder(work->tx, work->arena, &filter, &rows, &count, err)
                                 : store_certificate_list(work->tx, work->arena, &filter, &rows, &count, err);
        if (status != OK)
            return FAILED;
        for (size_t i = 0; i < count; i++)
            if (in_view(&rows[i], &filter, range))
                VECTOR_PUSH(work->arena, &all, rows[i]);
    }
    return certificate_page(work, all.items, all.count, filter.limit, &a->view, err);
}

enum status service_certificate_list(const struct call *call, const struct service_certificate_query *query,
                                     struct value *out, struct error *err)
{
    struct listing arg = {.query = query};
    if (service_may(call, "certificate.read", err) != OK || work_run(call, list_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}
