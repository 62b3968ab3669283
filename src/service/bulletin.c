#include "service/bulletin.h"

#include "clock/instant.h"
#include "service/indicator_query.h"
#include "service/once.h"
#include "service/page.h"
#include "service/supervision.h"
#include "store/supervision.h"

#define TITLE_MAX 300
#define SECTIONS_MAX 20
#define TEXT_MAX 20000

enum { DRAFT, PUBLISHED };
static const char *const state_names[] = {"draft", "published"};

/* ---- Showing ---- */

static struct str place_of(struct arena *arena, const struct store_bulletin *row)
{
    return arena_numbers(arena, "bulletin", (const int64_t[]){row->region, row->id, row->state, row->version}, 4);
}

static struct value head_view(const struct call *call, const struct store_bulletin *row)
{
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "id", key_text(call->arena, row->id));
    view_text(&view, "title", row->title);
    view_text(&view, "state", str_of(state_names[row->state]));
    view_text(&view, "author", row->author);
    view_time(&view, "made", row->made);
    view_int(&view, "version", row->version);
    return view_done(&view);
}

/* The body keeps instants as numbers. */
static struct value whole_view(const struct call *call, const struct store_bulletin *row, struct value body)
{
    struct value as_of = value_time(value_int_or(value_get(body, STR("as_of")), 0));
    return value_merge(call->arena, context_set(call->arena, body, "as_of", as_of), head_view(call, row));
}

/* ---- Listing and looking ---- */

struct looking {
    struct page_wanted wanted;
    struct str id;
    struct value view;
};

static enum status read_page(struct page *page, struct error *err)
{
    struct store_bulletin *rows;
    size_t count;
    if (store_bulletin_page(page->work->tx, page->work->arena, &page->scope, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++)
        page_push(page, (struct page_line){.id = rows[i].id, .row = &rows[i]});
    return OK;
}

static enum status show_line(struct page *page, const struct page_line *line, struct value *out, struct error *err)
{
    (void)err;
    *out = head_view(page->work->call, line->row);
    return OK;
}

static enum status list_command(struct work *work, void *arg, struct error *err)
{
    struct looking *self = arg;
    struct page page = {.work = work};
    return page_list(&page, &self->wanted, read_page, show_line, &self->view, err);
}

enum status service_bulletin_list(const struct call *call, int64_t limit, struct str cursor, struct value *out,
                                  struct error *err)
{
    struct looking self = {.wanted = {.limit = limit, .cursor = cursor}};
    if (service_may(call, "indicator.read", err) != OK || work_read(call, list_command, &self, err) != OK)
        return FAILED;
    *out = self.view;
    return OK;
}

static enum status find(struct work *work, struct str id, struct store_bulletin *row, struct value *body,
                        struct error *err)
{
    struct store_page scope = page_scope(work->call);
    int64_t key;
    bool found = false;
    if (key_parse(id, &key) &&
        store_bulletin_find(work->tx, work->arena, key >> STORE_KEY_BITS, key, row, &found, err) != OK)
        return FAILED;
    if (!found || row->division_from < scope.division_from || row->division_to > scope.division_to)
        return error_set(err, ERROR_NOT_FOUND, "bulletin-not-found", "There is no bulletin %.*s that you may see.",
                         STR_ARGS(id));
    return service_unseal(work->service, work->arena, place_of(work->arena, row), row->body, body, err);
}

static enum status get_command(struct work *work, void *arg, struct error *err)
{
    struct looking *self = arg;
    struct store_bulletin row;
    struct value body;
    if (find(work, self->id, &row, &body, err) != OK)
        return FAILED;
    self->view = whole_view(work->call, &row, body);
    return OK;
}

enum status service_bulletin_get(const struct call *call, struct str id, struct value *out, struct error *err)
{
    struct looking self = {.id = id};
    if (service_may(call, "indicator.read", err) != OK || work_read(call, get_command, &self, err) != OK)
        return FAILED;
    *out = self.view;
    return OK;
}

/* ---- Making ---- */

struct making {
    struct store_bulletin row;
    struct value body;
    int32_t from, to;
    bool week;
    const struct call *call;
    struct once once;
};

static enum status invalid(const char *field, const char *message, struct error *err)
{
    error_set(err, ERROR_INVALID, "bulletin-invalid", "%s", message);
    return error_field(err, "%s", field);
}

static void period_of(struct making *self, int32_t day)
{
    if (self->week) {
        self->from = day - day_weekday(day) + 1;
        self->to = self->from + 6;
        return;
    }
    struct clock_date date = day_date(day);
    self->from = (int32_t)day_of_date(date.year, date.month, 1);
    self->to = self->from + days_in_month(date.year, date.month) - 1;
}

static enum status read_wish(const struct call *call, struct value input, struct making *out, struct error *err)
{
    struct str kind = value_text(value_get(input, STR("kind"))), date = value_text(value_get(input, STR("date")));
    struct value day;
    int64_t ms;
    out->week = str_equal(kind, STR("week"));
    if (!out->week && !str_equal(kind, STR("month")))
        return invalid("kind", "A bulletin is of a week or of a month.", err);
    period_of(out, instant_day(service_now(call->service)));
    if (date.len == 0) {
        period_of(out, out->from - 1);
    } else {
        if (!date_parse(date, &day) || !date_time_to_ms(day, &ms) || temporal_civil(day).year < 2000 ||
            temporal_civil(day).year > 2099)
            return invalid("date", "A day is written as 2026-07-06.", err);
        period_of(out, instant_day(ms));
    }
    out->row.title = str_trim(value_text(value_get(input, STR("title"))));
    if (out->row.title.len == 0 || out->row.title.len > TITLE_MAX)
        return invalid("title", "A bulletin needs a title of at most 300 bytes.", err);
    return OK;
}

/* Every indicator in all, and those over cases by region. */
static enum status take_figures(const struct call *call, const struct making *self, struct str region,
                                struct view *body, struct error *err)
{
    struct value all, deadlines;
    struct list_builder by_region;
    struct service_indicator_query query = {.region = region,
                                            .from = indicator_date(call->arena, self->from),
                                            .to = indicator_date(call->arena, self->to),
                                            .open = true};
    list_builder_init(&by_region, call->arena);
    if (service_indicator_list(call, &query, &all, err) != OK ||
        service_indicator_deadlines(call, region, &deadlines, err) != OK)
        return FAILED;
    struct value figures = value_get(all, STR("items"));
    for (size_t i = 0; i < value_count(figures); i++) {
        struct value one;
        query.id = value_text(value_get(value_at(figures, i), STR("id")));
        if (!(pack_indicator_find(call->service->packs, query.id)->dimensions & PACK_BY_REGION))
            continue;
        if (service_indicator_get(call, &query, &one, err) != OK)
            return FAILED;
        struct value line = context_set(call->arena, value_null, "id", value_string(query.id));
        list_builder_push(&by_region, context_set(call->arena, line, "rows", value_get(one, STR("rows"))));
    }
    view_text(body, "kind", self->week ? STR("week") : STR("month"));
    view_text(body, "region", region);
    view_text(body, "from", query.from);
    view_text(body, "to", query.to);
    view_int(body, "as_of", value_instant(value_get(all, STR("as_of"))));
    view_put(body, "figures", figures);
    view_put(body, "by_region", list_builder_done(&by_region));
    view_put(body, "deadlines", value_get(deadlines, STR("items")));
    view_put(body, "sections", value_list(call->arena, NULL, 0));
    return OK;
}

static enum status insert_command(struct db_tx *tx, void *arg, struct error *err)
{
    struct making *self = arg;
    const struct call *call = self->call;
    if (store_bulletin_insert(tx, &self->row, err) != OK)
        return FAILED;
    return once_keep(tx, call, &self->once, value_string(key_text(call->arena, self->row.id)), err);
}

/* A number for a row of the asker's region. */
static enum status new_key(struct work *work, void *arg, struct error *err)
{
    struct making *self = arg;
    self->row.region = actor_region(work->call);
    if (self->row.region == 0)
        return error_set(err, ERROR_INVALID, "region-unknown", "It is not known which region you act for.");
    return work_key(work, self->row.region, &self->row.id, err);
}

enum status service_bulletin_make(const struct call *call, struct value input, struct value *out, struct error *err)
{
    struct making self = {.row = {.version = 1, .made = service_now(call->service), .author = call->actor->name},
                          .call = call};
    struct str region = value_text(value_get(input, STR("region")));
    struct actor_scope scope = actor_scope(call);
    struct division_range range = division_range(region);
    struct view body;
    view_init(&body, call->arena);
    if (service_may(call, "supervision.manage", err) != OK ||
        once_begin(call, "bulletin", input, &self.once, err) != OK)
        return FAILED;
    if (!value_is_null(self.once.answer))
        return service_bulletin_get(call, value_text(self.once.answer), out, err);
    if (read_wish(call, input, &self, err) != OK)
        return FAILED;
    self.row.division_from = range.from > scope.divisions.from ? range.from : scope.divisions.from;
    self.row.division_to = range.to < scope.divisions.to ? range.to : scope.divisions.to;
    if (self.row.division_from >= self.row.division_to)
        return invalid("region", "The region is not in your scope.", err);
    if (take_figures(call, &self, region, &body, err) != OK || work_run(call, new_key, &self, err) != OK)
        return FAILED;
    self.body = view_done(&body);
    self.row.body = service_seal(call->service, call->arena, place_of(call->arena, &self.row), self.body);
    if (db_write(call->service->db, insert_command, &self, err) != OK)
        return FAILED;
    *out = whole_view(call, &self.row, self.body);
    return OK;
}

/* ---- Changing ---- */

struct changing {
    const struct call *call;
    struct str id, title;
    struct value sections;
    bool publish, changed;
    struct store_bulletin row;
    struct value body;
    int64_t version_was;
};

static enum status check_sections(struct value sections, struct error *err)
{
    if (value_is_null(sections))
        return OK;
    if (sections.kind != VALUE_LIST || value_count(sections) > SECTIONS_MAX)
        return invalid("sections", "Sections are a list of at most 20.", err);
    for (size_t i = 0; i < value_count(sections); i++) {
        struct value one = value_at(sections, i);
        if (one.kind != VALUE_CONTEXT || value_get(one, STR("heading")).kind != VALUE_STRING ||
            value_get(one, STR("text")).kind != VALUE_STRING ||
            value_text(value_get(one, STR("heading"))).len > TITLE_MAX ||
            value_text(value_get(one, STR("text"))).len > TEXT_MAX)
            return invalid("sections", "A section has a heading and a text of at most 20,000 bytes.", err);
    }
    return OK;
}

static enum status change_read(struct work *work, void *arg, struct error *err)
{
    struct changing *self = arg;
    if (find(work, self->id, &self->row, &self->body, err) != OK)
        return FAILED;
    if (self->row.state == PUBLISHED)
        return error_set(err, ERROR_CONFLICT, "bulletin-published", "The bulletin is published and stays as it is.");
    self->version_was = self->row.version;
    return OK;
}

static enum status change_write(struct db_tx *tx, void *arg, struct error *err)
{
    struct changing *self = arg;
    return store_bulletin_update(tx, &self->row, self->version_was, &self->changed, err);
}

enum status service_bulletin_change(const struct call *call, struct str id, struct value input, bool publish,
                                    struct value *out, struct error *err)
{
    struct changing self = {.call = call,
                            .id = id,
                            .title = str_trim(value_text(value_get(input, STR("title")))),
                            .sections = value_get(input, STR("sections")),
                            .publish = publish};
    if (service_may(call, "supervision.manage", err) != OK || check_sections(self.sections, err) != OK)
        return FAILED;
    if (self.title.len > TITLE_MAX)
        return invalid("title", "A bulletin needs a title of at most 300 bytes.", err);
    if (work_read(call, change_read, &self, err) != OK)
        return FAILED;
    self.row.version++;
    self.row.state = publish ? PUBLISHED : DRAFT;
    self.row.title = self.title.len ? self.title : self.row.title;
    if (!value_is_null(self.sections))
        self.body = context_set(call->arena, self.body, "sections", self.sections);
    self.row.body = service_seal(call->service, call->arena, place_of(call->arena, &self.row), self.body);
    bool other = call->if_version && call->if_version != self.version_was;
    if (!other && db_write(call->service->db, change_write, &self, err) != OK)
        return FAILED;
    if (other || !self.changed) {
        error_set(err, ERROR_CONFLICT, "if-match-failed", "Somebody else changed the bulletin meanwhile.");
        return error_hint(err, "Open it again and make your change once more.");
    }
    *out = whole_view(call, &self.row, self.body);
    return OK;
}
