/* Beginning runs that apply for many, looking at them, stopping them. */
#include "service/bulk_work.h"

#include "service/party.h"

#include <stdlib.h>

#define BUSY_MOST 5
#define ROWS_USUAL 20
#define ROWS_MOST 100

static const char *const state_names[] = {[0] = "",
                                          [STORE_BULK_RUNNING] = "running",
                                          [STORE_BULK_DONE] = "done",
                                          [STORE_BULK_CANCELLED] = "cancelled",
                                          [STORE_BULK_FAILED] = "failed"};
const char *const bulk_result_names[STORE_ROW_COUNT] = {[0] = "",
                                                        [STORE_ROW_GRANTED] = "granted",
                                                        [STORE_ROW_WAITING] = "waiting",
                                                        [STORE_ROW_REFUSED] = "refused",
                                                        [STORE_ROW_INVALID] = "invalid",
                                                        [STORE_ROW_REPEATED] = "repeated"};

struct str bulk_row_context(struct arena *arena, int64_t run, int64_t line)
{
    const int64_t numbers[] = {run, line};
    return arena_numbers(arena, "bulk", numbers, 2);
}

/* ---- Views ---- */

static struct value run_view(const struct call *call, const struct store_bulk *row, struct value body)
{
    struct view view, file;
    int64_t done = 0;
    const struct pack_item *item = pack_item_find(call->service->packs, row->item, INT32_MAX);
    view_init(&view, call->arena);
    view_init(&file, call->arena);
    view_text(&file, "name", value_text(value_get(body, STR("name"))));
    view_put(&file, "size", value_get(body, STR("size")));
    view_text(&view, "id", key_text(call->arena, row->id));
    view_text(&view, "item", row->item);
    view_text(&view, "item_title", item ? item->title : row->item);
    view_put(&view, "file", view_done(&file));
    view_text(&view, "state", str_of(state_names[row->state]));
    view_put(&view, "problem", value_get(body, STR("problem")));
    view_text(&view, "by", value_text(value_get(body, STR("by"))));
    view_flag(&view, "mine", str_equal(row->owner, call->actor->id));
    view_text(&view, "region", division_text(call->arena, row->division_from));
    view_time(&view, "created", row->created);
    view_time(&view, "ended", row->ended);
    view_int(&view, "total", row->total);
    for (size_t i = STORE_ROW_GRANTED; i < STORE_ROW_COUNT; i++) {
        view_int(&view, bulk_result_names[i], row->counts[i]);
        done += row->counts[i];
    }
    view_int(&view, "done", done);
    return view_done(&view);
}

/* Whoever acts for the whole scope of a run sees it. */
static bool sees_run(const struct call *call, const struct store_bulk *row)
{
    struct store_page scope = page_scope(call);
    return row->division_from >= scope.division_from && row->division_to <= scope.division_to &&
           (!scope.unit.data || str_equal(scope.unit, row->unit));
}

enum status bulk_find(const struct call *call, struct db_tx *tx, struct str id, struct store_bulk *out,
                      struct error *err)
{
    bool found = false;
    int64_t key;
    struct store_bulk row;
    if (key_parse(id, &key) && store_bulk_find(tx, call->arena, key, &row, &found, err) != OK)
        return FAILED;
    if (!found || !sees_run(call, &row))
        return error_set(err, ERROR_NOT_FOUND, "bulk-not-found", "There is no run %.*s that you may see.",
                         STR_ARGS(id));
    *out = row;
    return OK;
}

static enum status view_of(const struct call *call, const struct store_bulk *row, struct value *out, struct error *err)
{
    struct value body;
    if (service_unseal(call->service, call->arena, key_text(call->arena, row->id), row->body, &body, err) != OK)
        return FAILED;
    *out = run_view(call, row, body);
    return OK;
}

/* ---- Beginning ---- */

struct starting {
    const struct call *call;
    struct store_bulk row;
    struct value body;
};

static enum status start_command(struct work *work, void *arg, struct error *err)
{
    struct starting *self = arg;
    int64_t busy;
    if (store_bulk_busy(work->tx, work->call->actor->id, &busy, err) != OK)
        return FAILED;
    if (busy >= BUSY_MOST) {
        error_set(err, ERROR_TOO_MANY, "bulk-busy", "%d tables of yours are being worked on.", BUSY_MOST);
        return error_hint(err, "Wait for one to end, or cancel it.");
    }
    struct store_bulk *row = arena_new(work->arena, struct store_bulk);
    *row = self->row;
    struct work_note note = {.what = "bulk.start", .purpose = row->item};
    if (work_key(work, actor_region(work->call), &row->id, err) != OK || work_access_note(work, &note, err) != OK)
        return FAILED;
    row->body = service_seal(work->service, work->arena, key_text(work->arena, row->id), self->body);
    work_change(work, CHANGE_BULK_INSERT, row);
    work->answer = run_view(work->call, row, self->body);
    return OK;
}

/* Whether the actor may apply at all shows in the first row. */
static enum status try_first(const struct call *call, const struct bulk_table *table, struct error *err)
{
    struct bulk_row row;
    return bulk_row_judge(call, table, &table->csv.rows[1], &row, err);
}

static enum status check_start(const struct call *call, struct str item, struct str text, struct bulk_table *table,
                               struct error *err)
{
    if (service_may(call, "case.bulk", err) != OK || bulk_item(call, item, table, err) != OK)
        return FAILED;
    if (text.len == 0) {
        error_set(err, ERROR_INVALID, "csv-empty", "The file is empty.");
        return error_hint(err, "Download the template, put one application into each row, and send it.");
    }
    if (bulk_table_read(call, text, table, err) != OK)
        return FAILED;
    return try_first(call, table, err);
}

enum status service_bulk_start(const struct call *call, struct str item, struct str name, struct str text,
                               struct value *out, struct error *err)
{
    struct bulk_table table;
    struct value file;
    struct starting self = {.call = call};
    struct store_page scope = page_scope(call);
    name = name.len ? name : STR("bulk.csv");
    if (check_start(call, item, text, &table, err) != OK ||
        service_file_put(call, name, STR("text/csv"), text, &file, err) != OK)
        return FAILED;
    self.row = (struct store_bulk){.division_from = scope.division_from,
                                   .division_to = scope.division_to,
                                   .unit = scope.unit,
                                   .state = STORE_BULK_RUNNING,
                                   .item = table.item->code,
                                   .owner = call->actor->id,
                                   .file = value_text(value_get(file, STR("id"))),
                                   .created = service_now(call->service),
                                   .total = (int64_t)table.csv.count - 1};
    struct view body, request;
    view_init(&body, call->arena);
    view_text(&body, "name", name);
    view_put(&body, "size", value_get(file, STR("size")));
    view_text(&body, "by", call->actor->name);
    self.body = view_done(&body);
    view_init(&request, call->arena);
    view_text(&request, "item", item);
    view_text(&request, "file", self.row.file);
    struct work_request once = {"bulk.start", view_done(&request)};
    if (work_run_once(call, &once, start_command, &self, out, err) != OK)
        return FAILED;
    log_event(LOG_INFO, "bulk.started", "item=%.*s rows=%" PRId64, STR_ARGS(item), self.row.total);
    return OK;
}

/* ---- Looking ---- */

struct looking {
    const struct call *call;
    struct str id;
    const struct service_bulk_query *query;
    int64_t limit;
    struct str cursor;
    struct store_bulk row;
    struct value view;
};

static enum status get_command(struct db_tx *tx, void *arg, struct error *err)
{
    struct looking *self = arg;
    return bulk_find(self->call, tx, self->id, &self->row, err) == OK
               ? view_of(self->call, &self->row, &self->view, err)
               : FAILED;
}

enum status service_bulk_get(const struct call *call, struct str id, struct value *out, struct error *err)
{
    struct looking self = {.call = call, .id = id};
    if (service_may(call, "case.bulk", err) != OK || db_read(call->service->db, get_command, &self, err) != OK)
        return FAILED;
    *out = self.view;
    return OK;
}

static enum status read_page(struct page *page, struct error *err)
{
    struct store_bulk *rows;
    size_t count;
    if (store_bulk_page(page->work->tx, page->work->arena, &page->scope, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++)
        page_push(page, (struct page_line){.due = -rows[i].created, .id = rows[i].id, .row = &rows[i]});
    return OK;
}

static int newest_first(const void *a, const void *b)
{
    const struct page_line *x = a, *y = b;
    return x->due != y->due ? (x->due < y->due ? -1 : 1) : (x->id > y->id ? -1 : x->id < y->id);
}

/* Every region's newest, put together; the cursor counts. Runs are few. */
static enum status list_command(struct work *work, void *arg, struct error *err)
{
    struct looking *self = arg;
    struct page page = {.work = work, .scope = page_scope(work->call), .next = value_null};
    struct division_range range = {page.scope.division_from, page.scope.division_to};
    struct list_builder items;
    int64_t *regions, skip;
    size_t limit = (size_t)limit_between(self->limit, ROWS_USUAL, ROWS_MOST);
    if (service_cursor(self->cursor, &skip, err) != OK)
        return FAILED;
    size_t count = region_list(work->service, range, work->arena, &regions);
    size_t first = skip > 0 ? (size_t)skip : 0;
    for (size_t i = 0; i < count; i++) {
        page.scope.region = regions[i];
        page.scope.limit = (int64_t)(first + limit + 1);
        if (read_page(&page, err) != OK)
            return FAILED;
    }
    if (page.lines.count)
        qsort(page.lines.items, page.lines.count, sizeof *page.lines.items, newest_first);
    list_builder_init(&items, work->arena);
    for (size_t i = first; i < page.lines.count && i < first + limit; i++) {
        struct value view;
        if (view_of(work->call, page.lines.items[i].row, &view, err) != OK)
            return FAILED;
        list_builder_push(&items, view);
    }
    if (page.lines.count > first + limit)
        page.next = value_string(arena_printf(work->arena, "%zu", first + limit));
    self->view = page_view(&page, list_builder_done(&items));
    return OK;
}

enum status service_bulk_list(const struct call *call, int64_t limit, struct str cursor, struct value *out,
                              struct error *err)
{
    struct looking self = {.call = call, .limit = limit, .cursor = cursor};
    if (service_may(call, "case.bulk", err) != OK || work_read(call, list_command, &self, err) != OK)
        return FAILED;
    *out = self.view;
    return OK;
}

/* ---- Rows ---- */

static struct value problems_view(const struct call *call, struct value problems)
{
    bool english = str_equal(call->actor->language, STR("en"));
    struct list_builder items;
    list_builder_init(&items, call->arena);
    for (size_t i = 0; i < value_count(problems); i++) {
        struct value one = value_at(problems, i);
        struct str column = value_text(value_get(one, STR("column")));
        struct view view;
        view_init(&view, call->arena);
        view_text(&view, "column", pack_text(call->service->packs, call->actor->language, column));
        view_put(&view, "field", value_get(one, STR("field")));
        view_put(&view, "code", value_get(one, STR("code")));
        view_put(&view, "message", value_get(one, english ? STR("en") : STR("zh")));
        list_builder_push(&items, view_done(&view));
    }
    return list_builder_done(&items);
}

static enum status row_view(struct work *work, const struct store_bulk_seen *seen, struct value *out, struct error *err)
{
    const struct store_bulk_row *row = &seen->row;
    struct value body = value_null;
    struct view view;
    if (row->body.data && service_unseal(work->service, work->arena, bulk_row_context(work->arena, row->run, row->line),
                                         row->body, &body, err) != OK)
        return FAILED;
    view_init(&view, work->arena);
    view_int(&view, "row", row->line);
    view_text(&view, "result", str_of(bulk_result_names[row->result]));
    struct str title = value_text(value_get(body, STR("title")));
    if (title.len)
        view_text(&view, "title", service_mask(work->arena, title));
    if (row->case_id) {
        view_text(&view, "case", case_no(work->arena, (struct case_id){row->case_region, row->case_id}));
        view_text(&view, "case_state", str_of(case_state_names[seen->state]));
        if (seen->outcome)
            view_text(&view, "outcome", str_of(case_outcome_names[seen->outcome]));
    }
    view_put(&view, "same", value_get(body, STR("same")));
    view_put(&view, "problems", problems_view(work->call, value_get(body, STR("problems"))));
    *out = view_done(&view);
    struct str id = value_text(value_get(body, STR("id")));
    return id.len ? work_access(work, "bulk.rows", id, NULL, err) : OK;
}

static enum status rows_command(struct work *work, void *arg, struct error *err)
{
    struct looking *self = arg;
    struct store_bulk_seen *rows;
    struct page page = {.work = work, .next = value_null};
    struct list_builder items;
    size_t count, limit = (size_t)limit_between(self->query->limit, ROWS_USUAL, ROWS_MOST);
    bool all = str_equal(self->query->result, STR("all"));
    struct str result = self->query->result.data ? self->query->result : STR("");
    struct store_bulk_wanted wanted = {.result = all ? -1 : name_index(bulk_result_names, STORE_ROW_COUNT, result),
                                       .limit = (int64_t)limit + 1};
    list_builder_init(&items, work->arena);
    if (wanted.result < 0 && !all) {
        error_set(err, ERROR_INVALID, "filter-invalid", "%.*s is no result of a row.", STR_ARGS(result));
        error_field(err, "result");
        return error_hint(err, "Results are granted, waiting, refused, invalid, repeated and all.");
    }
    if (bulk_find(work->call, work->tx, self->id, &self->row, err) != OK ||
        service_cursor(self->query->cursor, &wanted.after, err) != OK)
        return FAILED;
    wanted.run = self->row.id;
    if (store_bulk_rows(work->tx, work->arena, &wanted, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count && i < limit; i++) {
        struct value view;
        if (row_view(work, &rows[i], &view, err) != OK)
            return FAILED;
        list_builder_push(&items, view);
    }
    if (count > limit)
        page.next = value_string(key_text(work->arena, rows[limit - 1].row.line));
    self->view = page_view(&page, list_builder_done(&items));
    return OK;
}

enum status service_bulk_rows(const struct call *call, struct str id, const struct service_bulk_query *query,
                              struct value *out, struct error *err)
{
    struct looking self = {.call = call, .id = id, .query = query};
    if (service_may(call, "case.bulk", err) != OK || work_run(call, rows_command, &self, err) != OK)
        return FAILED;
    *out = self.view;
    return OK;
}

/* ---- Stopping ---- */

static enum status cancel_command(struct db_tx *tx, void *arg, struct error *err)
{
    struct looking *self = arg;
    bool changed;
    if (bulk_find(self->call, tx, self->id, &self->row, err) != OK)
        return FAILED;
    self->row.state = STORE_BULK_CANCELLED;
    self->row.ended = service_now(self->call->service);
    if (store_bulk_move(tx, &self->row, &changed, err) != OK)
        return FAILED;
    if (!changed)
        return error_set(err, ERROR_CONFLICT, "bulk-ended", "The run has ended already.");
    return view_of(self->call, &self->row, &self->view, err);
}

enum status service_bulk_cancel(const struct call *call, struct str id, struct value *out, struct error *err)
{
    struct looking self = {.call = call, .id = id};
    if (service_may(call, "case.bulk", err) != OK || db_write(call->service->db, cancel_command, &self, err) != OK)
        return FAILED;
    log_event(LOG_INFO, "bulk.cancelled", "run=%" PRId64, self.row.id);
    *out = self.view;
    return OK;
}
