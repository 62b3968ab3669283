/* The access log: who looked at whose data, searched, exported, and what proves that nothing was changed. */
#include "service/audit.h"

#include "clock/instant.h"
#include "feel/json.h"
#include "service/csv.h"
#include "service/work.h"
#include "trust/jws.h"

#include <stdlib.h>

#define PURPOSE_MAX 500

struct listing {
    const struct service_access_query *query;
    struct str reason; /* of an export */
    bool own;
    int64_t limit;
    struct store_access_filter filter;
    struct case_id of;
    VECTOR(struct store_access) rows;
    struct value view;
    struct str csv;
};

/* ---- What is asked for ---- */

static enum status bad_query(const char *field, const char *message, struct error *err)
{
    error_set(err, ERROR_INVALID, "bad-query", "%s", message);
    return error_field(err, "%s", field);
}

static enum status read_period(const struct service_access_query *query, struct store_access_filter *out,
                               struct error *err)
{
    struct value day;
    out->since = 0;
    out->before_at = INT64_MAX;
    if (query->from.len && (!date_parse(query->from, &day) || !date_time_to_ms(day, &out->since)))
        return bad_query("from", "A day is written as 2026-07-06.", err);
    if (query->to.len && (!date_parse(query->to, &day) || !date_time_to_ms(day, &out->before_at)))
        return bad_query("to", "A day is written as 2026-07-06.", err);
    if (query->to.len)
        out->before_at += CLOCK_DAY_MS;
    return out->since < out->before_at ? OK : bad_query("to", "The last day lies before the first.", err);
}

/* "at.id" of the last line of the page before. */
static enum status read_cursor(struct str cursor, struct store_access_filter *out, struct error *err)
{
    int64_t at, id;
    struct str rest = cursor;
    out->before_id = INT64_MAX;
    if (!cursor.len)
        return OK;
    if (!str_to_int64(str_cut(&rest, '.'), &at) || !str_to_int64(rest, &id))
        return service_cursor(STR("?"), &id, err);
    if (at < out->before_at) {
        out->before_at = at;
        out->before_id = id;
    }
    return OK;
}

/* ID numbers and USCC are parties, all else is a member of staff. */
static struct str who_index(struct work *work, struct str who)
{
    return who.len == 18 ? party_index(work->service, work->arena, who)
                         : applicant_index(work->service, work->arena, STR("staff"), who);
}

static enum status make_filter(struct work *work, struct listing *self, struct error *err)
{
    const struct service_access_query *query = self->query;
    struct store_access_filter *filter = &self->filter;
    struct actor_scope scope = actor_scope(work->call);
    *filter = (struct store_access_filter){.division_to = INT64_MAX, .limit = self->limit + 1};
    self->of = (struct case_id){0};
    self->rows.count = 0;
    if (query->case_no.len && !case_no_parse(query->case_no, &self->of))
        return bad_query("case", "This is no case number.", err);
    if (read_period(query, filter, err) != OK || read_cursor(query->cursor, filter, err) != OK)
        return FAILED;
    filter->case_id = self->of.id;
    if (self->own) {
        filter->subject = filter->not_who = actor_index(work->call);
        return OK;
    }
    filter->subject = party_index(work->service, work->arena, query->subject);
    filter->who = who_index(work, query->who);
    filter->unit = scope.unit;
    if (!scope.unit.data) {
        filter->division_from = scope.divisions.from;
        filter->division_to = scope.divisions.to;
    }
    return OK;
}

/* ---- Reading ---- */

static int newest_first(const void *a, const void *b)
{
    const struct store_access *x = a, *y = b;
    if (x->at != y->at)
        return x->at > y->at ? -1 : 1;
    return x->id > y->id ? -1 : x->id < y->id;
}

/* At most limit + 1 rows: one more tells that there is another page. */
static enum status read_rows(struct work *work, struct listing *self, struct error *err)
{
    int64_t *regions;
    struct division_range range = {self->filter.division_from, self->filter.division_to};
    size_t region_count = region_list(work->service, range, work->arena, &regions);
    for (size_t r = 0; r < region_count; r++) {
        struct store_access *rows;
        size_t count;
        self->filter.region = regions[r];
        if (self->of.region && self->of.region != regions[r])
            continue;
        if (store_access_list(work->tx, work->arena, &self->filter, &rows, &count, err) != OK)
            return FAILED;
        for (size_t i = 0; i < count; i++)
            VECTOR_PUSH(work->arena, &self->rows, rows[i]);
    }
    if (self->rows.count)
        qsort(self->rows.items, self->rows.count, sizeof *self->rows.items, newest_first);
    return OK;
}

static void put_viewer(struct work *work, struct view *view, struct value body, bool own)
{
    bool staff = str_equal(value_text(value_get(body, STR("kind"))), STR("staff"));
    struct str who = value_text(value_get(body, STR("who"))), name = value_text(value_get(body, STR("name")));
    view_put(view, "kind", value_get(body, STR("kind")));
    view_put(view, "role", value_get(body, STR("role")));
    view_put(view, "unit", value_get(body, STR("unit")));
    view_put(view, "unit_name", value_get(body, STR("unit_name")));
    if (own)
        return;
    view_text(view, "who", staff ? who : service_mask(work->arena, who));
    view_text(view, "name", staff ? name : service_mask_name(work->arena, name));
}

static enum status line_of(struct work *work, const struct store_access *row, bool own, struct value *out,
                           struct error *err)
{
    struct value body;
    if (service_unseal(work->service, work->arena, key_text(work->arena, row->id), row->body, &body, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, work->arena);
    view_time(&view, "at", row->at);
    put_viewer(work, &view, body, own);
    view_text(&view, "what", row->what);
    if (!own)
        view_text(&view, "subject", service_mask(work->arena, value_text(value_get(body, STR("subject")))));
    view_put(&view, "case", value_get(body, STR("case")));
    view_put(&view, "purpose", value_get(body, STR("purpose")));
    *out = view_done(&view);
    return OK;
}

static enum status lines(struct work *work, struct listing *self, struct list_builder *items, struct error *err)
{
    size_t n = self->rows.count < (size_t)self->limit ? self->rows.count : (size_t)self->limit;
    list_builder_init(items, work->arena);
    for (size_t i = 0; i < n; i++) {
        struct value line;
        if (line_of(work, &self->rows.items[i], self->own, &line, err) != OK)
            return FAILED;
        list_builder_push(items, line);
    }
    return OK;
}

static enum status note(struct work *work, const struct listing *self, const char *what, struct error *err)
{
    struct work_note note = {.what = what, .subject_id = self->query->subject, .purpose = self->reason};
    return work_access_note(work, &note, err);
}

static enum status list_command(struct work *work, void *arg, struct error *err)
{
    struct listing *self = arg;
    struct list_builder items;
    if (make_filter(work, self, err) != OK || read_rows(work, self, err) != OK || lines(work, self, &items, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, work->arena);
    view_put(&view, "items", list_builder_done(&items));
    if (self->rows.count > (size_t)self->limit) {
        const struct store_access *last = &self->rows.items[self->limit - 1];
        view_text(&view, "next", arena_printf(work->arena, "%" PRId64 ".%" PRId64, last->at, last->id));
    }
    self->view = view_done(&view);
    return !self->own && self->query->subject.len ? note(work, self, "access.list", err) : OK;
}

enum status service_access_list(const struct call *call, const struct service_access_query *query, struct value *out,
                                struct error *err)
{
    struct listing self = {.query = query, .limit = limit_between(query->limit, 50, 200)};
    bool noted = query->subject.len > 0;
    self.own = call->actor->kind == ACTOR_PERSON || call->actor->kind == ACTOR_ORGANISATION;
    if (!self.own && service_may(call, "audit.read", err) != OK)
        return FAILED;
    if (self.own && call->actor->acting)
        return error_set(err, ERROR_FORBIDDEN, "forbidden", "Who looked is shown to the person only.");
    enum status status = noted && !self.own ? work_run(call, list_command, &self, err)
                                            : work_read(call, list_command, &self, err);
    if (status == OK)
        *out = self.view;
    return status;
}

/* ---- Exporting ---- */

static const char *const columns[] = {"at",        "who",  "name",    "kind", "role",   "unit",
                                      "unit_name", "what", "subject", "case", "purpose"};

static struct str cell_text(struct arena *arena, struct value v)
{
    struct str text = value_text(v);
    /* No cell is taken for a formula. */
    if (text.len && str_find(STR("=+-@"), str_part(text, 0, 1), 0) >= 0)
        return arena_printf(arena, "'%.*s", STR_ARGS(text));
    if (v.kind != VALUE_DATE_TIME)
        return text;
    int64_t ms = value_instant(v), seconds = instant_time_of_day(ms) / 1000;
    struct clock_date day = day_date(instant_day(ms));
    return arena_printf(arena, "%04" PRId64 "-%02d-%02d %02" PRId64 ":%02" PRId64 ":%02" PRId64, day.year, day.month,
                        day.day, seconds / 3600, seconds / 60 % 60, seconds % 60);
}

static struct str write_csv(struct work *work, struct value items)
{
    struct buf text;
    buf_init(&text, (size_t)64 * 1024 * 1024);
    buf_put(&text, STR("\xef\xbb\xbf"));
    for (size_t c = 0; c < COUNT_OF(columns); c++)
        csv_put(&text, str_of(columns[c]), c + 1 == COUNT_OF(columns));
    for (size_t i = 0; i < value_count(items); i++)
        for (size_t c = 0; c < COUNT_OF(columns); c++)
            csv_put(&text, cell_text(work->arena, value_get(value_at(items, i), str_of(columns[c]))),
                    c + 1 == COUNT_OF(columns));
    return arena_take(work->arena, &text);
}

static enum status export_command(struct work *work, void *arg, struct error *err)
{
    struct listing *self = arg;
    struct list_builder items;
    if (make_filter(work, self, err) != OK || read_rows(work, self, err) != OK)
        return FAILED;
    if (self->rows.count > (size_t)self->limit) {
        error_set(err, ERROR_TOO_LARGE, "export-too-large", "There are more than %d lines.", SERVICE_EXPORT_MAX);
        return error_hint(err, "Choose fewer days, one person or one case.");
    }
    if (lines(work, self, &items, err) != OK)
        return FAILED;
    self->csv = write_csv(work, list_builder_done(&items));
    return note(work, self, "access.export", err);
}

enum status service_access_export(const struct call *call, const struct service_access_query *query, struct str reason,
                                  struct str *out, struct error *err)
{
    struct service_access_query all = *query;
    struct listing self = {.query = &all, .reason = str_trim(reason), .limit = SERVICE_EXPORT_MAX};
    all.cursor = STR_NONE;
    if (service_may(call, "audit.read", err) != OK)
        return FAILED;
    if (!self.reason.len || self.reason.len > PURPOSE_MAX) {
        error_set(err, ERROR_INVALID, "reason-missing", "An export needs a reason of at most %d bytes.", PURPOSE_MAX);
        return error_field(err, "reason");
    }
    if (work_run(call, export_command, &self, err) != OK)
        return FAILED;
    *out = self.csv;
    return OK;
}

/* ---- The state of the proofs ---- */

struct proofs {
    const struct call *call;
    struct store_anchor *anchors;
    size_t count;
};

static enum status read_anchors(struct db_tx *tx, void *arg, struct error *err)
{
    struct proofs *self = arg;
    return store_anchor_list(tx, self->call->arena, &self->anchors, &self->count, err);
}

/* The newest one: when, over how many regions and events, and whether its signature holds. */
static struct value anchor_view(const struct proofs *self)
{
    struct view view;
    struct value claims = value_null;
    const struct key *signer;
    struct error broken = ERROR_INIT;
    if (!self->count)
        return value_null;
    const struct store_anchor *newest = &self->anchors[self->count - 1];
    bool good = jws_verify(self->call->arena, service_key_set(self->call->service), newest->jws, &claims, &signer,
                           &broken) == OK;
    struct value regions = good ? value_get(claims, STR("regions")) : value_null;
    int64_t events = 0;
    for (size_t i = 0; i < value_count(regions); i++)
        events += value_int_or(value_get(value_at(regions, i), STR("events")), 0);
    view_init(&view, self->call->arena);
    view_time(&view, "at", newest->at);
    view_int(&view, "count", (int64_t)self->count);
    view_int(&view, "events", events);
    view_flag(&view, "genuine", good);
    return view_done(&view);
}

/* What a setting keeps, its numbers of milliseconds as instants. */
static enum status put_kept(const struct call *call, struct view *view, const char *name, struct str text,
                            struct error *err)
{
    static const char *const instants[] = {"asked", "began", "beat", "ended"};
    struct value kept;
    if (text.len == 0)
        return OK;
    if (json_parse(call->arena, text, NULL, &kept, err) != OK)
        return FAILED;
    for (size_t i = 0; i < COUNT_OF(instants); i++) {
        int64_t at = value_int_or(value_get(kept, str_of(instants[i])), 0);
        if (at)
            kept = context_set(call->arena, kept, instants[i], value_time(at));
    }
    view_put(view, name, kept);
    return OK;
}

enum status service_audit_state(const struct call *call, struct value *out, struct error *err)
{
    struct proofs self = {.call = call};
    struct str last, run;
    struct view view;
    if ((!service_can(call, "audit.run") && service_may(call, "audit.read", err) != OK) ||
        db_read(call->service->db, read_anchors, &self, err) != OK ||
        service_setting_get(call, STR(AUDIT_LAST), &last, err) != OK ||
        service_setting_get(call, STR(AUDIT_RUN), &run, err) != OK)
        return FAILED;
    view_init(&view, call->arena);
    if (put_kept(call, &view, "audit", last, err) != OK || put_kept(call, &view, "run", run, err) != OK)
        return FAILED;
    view_put(&view, "anchor", anchor_view(&self));
    *out = view_done(&view);
    return OK;
}
