/* What can be applied for by a table, its template, and the tables that come back: exceptions and results. */
#include "service/bulk_work.h"

#include "clock/instant.h"
#include "service/party.h"

#include <string.h>

#define MARK "\xef\xbb\xbf"
#define PAGE 2000
#define TEXT_MAX ((size_t)128 * 1024 * 1024)

/* ---- What there is ---- */

static struct value options_view(const struct call *call, const struct bulk_table *table, size_t at)
{
    const struct form_component *field = table->fields[at];
    struct list_builder labels;
    list_builder_init(&labels, call->arena);
    for (size_t i = 0; field && i < field->option_count; i++)
        list_builder_push(&labels, value_string(field->options[i].label));
    const struct pack_codes *codes = field && field->codes.len ? pack_codes_find(table->packs, field->codes) : NULL;
    for (size_t i = 0; codes && codes->count <= 20 && i < codes->count; i++)
        list_builder_push(&labels, value_string(codes->options[i].label));
    return list_builder_done(&labels);
}

static struct value item_view(const struct call *call, const struct bulk_table *table)
{
    const struct pack_bulk *bulk = table->item->bulk;
    struct list_builder columns;
    list_builder_init(&columns, call->arena);
    for (size_t i = 0; i < bulk->column_count; i++) {
        struct view view;
        view_init(&view, call->arena);
        view_text(&view, "title", bulk->columns[i].title);
        view_text(&view, "label", pack_text(table->packs, call->actor->language, bulk->columns[i].title));
        view_flag(&view, "required", table->fields[i] && table->fields[i]->required);
        view_text(&view, "example", bulk->columns[i].example);
        view_put(&view, "options", options_view(call, table, i));
        list_builder_push(&columns, view_done(&view));
    }
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "item", table->item->code);
    view_text(&view, "item_title", table->item->title);
    view_int(&view, "rows_max", bulk->rows_max);
    view_put(&view, "columns", list_builder_done(&columns));
    return view_done(&view);
}

enum status service_bulk_items(const struct call *call, struct value *out, struct error *err)
{
    const struct pack_set *packs = service_packs_now(call->service);
    int32_t today = instant_day(service_now(call->service));
    struct list_builder items;
    size_t count;
    if (service_may(call, "case.bulk", err) != OK)
        return FAILED;
    list_builder_init(&items, call->arena);
    const struct pack_item *const *all = pack_items(packs, &count);
    for (size_t i = 0; i < count; i++) {
        struct bulk_table table;
        if (!all[i]->bulk || pack_item_find(packs, all[i]->code, today) != all[i])
            continue;
        if (bulk_item(call, all[i]->code, &table, err) != OK)
            return FAILED;
        list_builder_push(&items, item_view(call, &table));
    }
    *out = context_set(call->arena, value_null, "items", list_builder_done(&items));
    return OK;
}

/* ---- Writing tables ---- */

static struct str finished(struct arena *arena, struct buf *text)
{
    return arena_take(arena, text);
}

enum status service_bulk_template(const struct call *call, struct str item, struct str *out, struct error *err)
{
    struct bulk_table table;
    struct buf text;
    if (service_may(call, "case.bulk", err) != OK || bulk_item(call, item, &table, err) != OK)
        return FAILED;
    const struct pack_bulk *bulk = table.item->bulk;
    buf_init(&text, TEXT_MAX);
    buf_put(&text, STR(MARK));
    for (size_t i = 0; i < bulk->column_count; i++)
        csv_put(&text, bulk->columns[i].title, i + 1 == bulk->column_count);
    for (size_t i = 0; i < bulk->column_count; i++)
        csv_put(&text, bulk->columns[i].example, i + 1 == bulk->column_count);
    *out = finished(call->arena, &text);
    return OK;
}

struct downloading {
    const struct call *call;
    struct str id;
    enum service_bulk_file which;
    struct store_bulk row;
    struct store_bulk_seen *seen;
    size_t count;
    int64_t after;
};

static enum status find_command(struct work *work, void *arg, struct error *err)
{
    struct downloading *self = arg;
    if (bulk_find(work->call, work->tx, self->id, &self->row, err) != OK)
        return FAILED;
    struct work_note note = {.what = "bulk.download",
                             .purpose =
                                 arena_printf(work->arena, "%.*s %.*s", STR_ARGS(self->id), STR_ARGS(self->row.item))};
    return work_access_note(work, &note, err);
}

static enum status rows_command(struct db_tx *tx, void *arg, struct error *err)
{
    struct downloading *self = arg;
    struct store_bulk_wanted wanted = {.run = self->row.id,
                                       .after = self->after,
                                       .result = self->which == SERVICE_BULK_EXCEPTIONS ? STORE_ROW_INVALID : -1,
                                       .limit = PAGE};
    return store_bulk_rows(tx, self->call->arena, &wanted, &self->seen, &self->count, err);
}

/* Columns of the file that are no extras: those are written anew. */
static bool is_kept(struct str title)
{
    for (size_t i = 0; i < BULK_EXTRA_COUNT; i++)
        if (str_equal(title, str_of(bulk_extra_titles[i])))
            return false;
    return true;
}

static struct str reason_of(const struct call *call, struct value body)
{
    bool english = str_equal(call->actor->language, STR("en"));
    struct value problems = value_get(body, STR("problems"));
    struct str out = STR("");
    for (size_t i = 0; i < value_count(problems); i++) {
        struct str text = value_text(value_get(value_at(problems, i), english ? STR("en") : STR("zh")));
        out = arena_printf(call->arena, "%.*s%s%.*s", STR_ARGS(out), out.len ? "; " : "", STR_ARGS(text));
    }
    int64_t same = value_int_or(value_get(body, STR("same")), 0);
    return same ? arena_printf(call->arena, "%.*s (%s %" PRId64 ")", STR_ARGS(out), english ? "row" : "行号", same)
                : out;
}

static void put_kept(struct buf *text, const struct csv_row *head, const struct csv_row *row)
{
    for (size_t i = 0; i < head->count; i++)
        if (is_kept(head->cells[i]))
            csv_put(text, i < row->count ? row->cells[i] : STR(""), false);
}

static void put_head(struct buf *text, const struct downloading *self, const struct csv_row *head)
{
    static const enum bulk_extra exceptions[] = {BULK_ROW, BULK_REASON, BULK_CHECKED};
    static const enum bulk_extra results[] = {BULK_ROW, BULK_RESULT, BULK_CASE, BULK_REASON};
    bool short_one = self->which == SERVICE_BULK_EXCEPTIONS;
    size_t count = short_one ? COUNT_OF(exceptions) : COUNT_OF(results);
    buf_put(text, STR(MARK));
    put_kept(text, head, head);
    for (size_t i = 0; i < count; i++)
        csv_put(text, str_of(bulk_extra_titles[short_one ? exceptions[i] : results[i]]), i + 1 == count);
}

static enum status put_line(const struct downloading *self, struct buf *text, const struct csv *csv, size_t at,
                            const struct store_bulk_row *row, struct error *err)
{
    const struct call *call = self->call;
    struct value body = value_null;
    if (row->body.data && service_unseal(call->service, call->arena, bulk_row_context(call->arena, row->run, row->line),
                                         row->body, &body, err) != OK)
        return FAILED;
    struct str no = row->case_id ? case_no(call->arena, (struct case_id){row->case_region, row->case_id}) : STR("");
    struct str key = arena_printf(call->arena, "bulk.%s", bulk_result_names[row->result]);
    struct str result = pack_text(call->service->packs, call->actor->language, key);
    put_kept(text, &csv->rows[0], &csv->rows[at]);
    csv_put(text, key_text(call->arena, row->line), false);
    if (self->which == SERVICE_BULK_EXCEPTIONS) {
        csv_put(text, reason_of(call, body), false);
        csv_put(text, STR(""), true);
        return OK;
    }
    csv_put(text, result, false);
    csv_put(text, no, false);
    csv_put(text, reason_of(call, body), true);
    return OK;
}

static enum status put_rows(struct downloading *self, struct buf *text, const struct csv *csv, struct error *err)
{
    size_t at = 1;
    do {
        if (db_read(self->call->service->db, rows_command, self, err) != OK)
            return FAILED;
        for (size_t i = 0; i < self->count; i++) {
            const struct store_bulk_row *row = &self->seen[i].row;
            while (at < csv->count && (int64_t)csv->rows[at].line < row->line)
                at++;
            if (at < csv->count && put_line(self, text, csv, at, row, err) != OK)
                return FAILED;
            self->after = row->line;
        }
    } while (self->count == PAGE);
    return OK;
}

enum status service_bulk_download(const struct call *call, struct str id, enum service_bulk_file which, struct str *out,
                                  struct error *err)
{
    struct downloading self = {.call = call, .id = id, .which = which};
    struct service_file file;
    struct csv csv;
    struct buf text;
    /* The run's file is its owner's; whoever sees the run sees its rows. */
    struct call as_owner = *call;
    as_owner.actor = &actor_system;
    if (service_may(call, "case.bulk", err) != OK || work_run(call, find_command, &self, err) != OK ||
        service_file_get(&as_owner, self.row.file, &file, err) != OK ||
        csv_parse(call->arena, file.content, (size_t)self.row.total + 1, &csv, err) != OK)
        return FAILED;
    buf_init(&text, TEXT_MAX);
    put_head(&text, &self, &csv.rows[0]);
    enum status status = put_rows(&self, &text, &csv, err);
    struct str written = finished(call->arena, &text);
    if (status == OK)
        *out = written;
    return status;
}
