#include "service/item_desk.h"

#include "clock/instant.h"
#include "feel/json.h"
#include "service/indicator_query.h"
#include "service/model_file.h"

#include <stdlib.h>
#include <string.h>

#define LINES_USUAL 50
#define LINES_MOST 200

/* The rows of one file, from one place on. */
struct file_rows {
    struct str pack, path;
    struct store_model *rows;
    size_t count;
    struct str title; /* of the newest version's text, when none was ever in force */
};

struct desk {
    const struct call *call;
    const struct service_catalogue_query *query;
    const struct item_states *states;
    VECTOR(struct file_rows) files; /* by pack and path */
    VECTOR(struct value) found;
};

static bool is_under_way(const struct store_model *row, int64_t now)
{
    return row->state == STORE_MODEL_DRAFT || row->state == STORE_MODEL_PROPOSED ||
           (row->state == STORE_MODEL_APPROVED && row->in_force > now);
}

static bool was_in_force(const struct desk *self, const struct file_rows *file)
{
    size_t versions;
    struct str code = item_code_of(self->call->service, file->pack, file->path);
    (void)pack_item_versions(self->states->catalogue.packs, code, &versions);
    return versions > 0;
}

static enum status read_title(const struct desk *self, struct db_tx *tx, struct file_rows *file, struct error *err)
{
    struct store_model_text text;
    struct value json;
    struct error unread = ERROR_INIT;
    if (store_model_text_get(tx, self->call->arena, &file->rows[file->count - 1], &text, err) != OK)
        return FAILED;
    if (json_parse(self->call->arena, text.content, NULL, &json, &unread) == OK)
        file->title = str_trim(value_text(value_get(json, STR("title"))));
    return OK;
}

static enum status read_rows(struct db_tx *tx, void *arg, struct error *err)
{
    struct desk *self = arg;
    struct store_model *rows;
    size_t count;
    self->files.count = 0;
    if (store_model_list(tx, self->call->arena, STR(""), STR(""), &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0, n; i < count; i = n) {
        for (n = i; n < count && str_equal(rows[n].pack, rows[i].pack) && str_equal(rows[n].path, rows[i].path);)
            n++;
        struct file_rows file = {.pack = rows[i].pack, .path = rows[i].path, .rows = &rows[i], .count = n - i};
        if (!str_starts(file.path, STR("items/")))
            continue;
        if (!was_in_force(self, &file) && read_title(self, tx, &file, err) != OK)
            return FAILED;
        VECTOR_PUSH(self->call->arena, &self->files, file);
    }
    return OK;
}

static int by_file(const void *a, const void *b)
{
    const struct file_rows *x = a, *y = b;
    int order = str_compare(x->pack, y->pack);
    return order ? order : str_compare(x->path, y->path);
}

static const struct file_rows *rows_of(const struct desk *self, struct str id, struct str pack)
{
    struct file_rows wanted = {
        .pack = pack,
        .path = arena_printf(self->call->arena, "items/%.*s", STR_ARGS(str_part(id, pack.len + 1, id.len)))};
    return self->files.count ? bsearch(&wanted, self->files.items, self->files.count, sizeof wanted, by_file) : NULL;
}

static struct value under_way(const struct desk *self, const struct file_rows *file)
{
    static const char *const words[] = {
        [STORE_MODEL_DRAFT] = "draft", [STORE_MODEL_PROPOSED] = "proposed", [STORE_MODEL_APPROVED] = "approved"};
    struct list_builder list;
    list_builder_init(&list, self->call->arena);
    for (size_t i = file ? file->count : 0; i-- > 0;) {
        const struct store_model *row = &file->rows[i];
        struct view view;
        if (!is_under_way(row, service_now(self->call->service)))
            continue;
        view_init(&view, self->call->arena);
        view_int(&view, "number", row->number);
        view_text(&view, "state", str_of(words[row->state]));
        view_text(&view, "step", row->step);
        view_text(&view, "author", row->author);
        view_time(&view, "changed", row->changed);
        view_time(&view, "from", row->in_force);
        list_builder_push(&list, view_done(&view));
    }
    return list_builder_done(&list);
}

static bool has_state(struct value list, const char *word)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (str_equal(value_text(value_get(value_at(list, i), STR("state"))), str_of(word)))
            return true;
    return false;
}

/* Whether the item stands as was asked; several may hold at once. */
static bool stands_so(const struct desk *self, struct str state, struct value way)
{
    struct str wanted = self->query->state;
    if (!wanted.len || str_equal(wanted, state))
        return true;
    return (str_equal(wanted, STR("drafted")) && has_state(way, "draft")) ||
           (str_equal(wanted, STR("proposed")) && has_state(way, "proposed")) ||
           (str_equal(wanted, STR("announced")) && has_state(way, "approved"));
}

static void put_item(const struct desk *self, const struct pack_item *item, struct view *view)
{
    static const char *const units[] = {"working-day", "day", "hour", "month"};
    view_text(view, "title", indicator_text(self->call, item->title));
    view_text(view, "type", item->type);
    view_text(view, "topic", item->topic);
    view_text(view, "handling", item->handling == PACK_INSTANT ? STR("instant") : STR("commitment"));
    if (item->promised.present) {
        view_int(view, "promised_n", item->promised.n);
        view_text(view, "promised_unit", str_of(units[item->promised.unit]));
    }
    view_int(view, "version", item->version);
    view_text(view, "effective", indicator_date(self->call->arena, item->effective));
}

static void add_item(struct desk *self, const struct pack_item *item)
{
    struct str id = item_model_id(self->call, item);
    const struct file_rows *file = rows_of(self, id, pack_id(item->pack));
    const struct item_suspension *suspension = item_suspended(self->call->service, item->code);
    struct str state = suspension ? STR("suspended") : STR("in-force");
    struct value way = under_way(self, file);
    struct str handling = item->handling == PACK_INSTANT ? STR("instant") : STR("commitment");
    if (!stands_so(self, state, way) || (self->query->handling.len && !str_equal(self->query->handling, handling)))
        return;
    struct view view;
    view_init(&view, self->call->arena);
    view_text(&view, "id", id);
    view_text(&view, "code", item->code);
    view_text(&view, "pack", pack_id(item->pack));
    put_item(self, item, &view);
    view_text(&view, "state", state);
    if (suspension)
        view_text(&view, "reason", suspension->reason);
    view_put(&view, "under_way", way);
    VECTOR_PUSH(self->call->arena, &self->found, view_done(&view));
}

static void add_in_force(struct desk *self)
{
    const struct catalogue_index *index = &self->states->catalogue;
    int32_t today = instant_day(service_now(self->call->service));
    bool *candidates = arena_array(self->call->arena, bool, index->count);
    if (self->query->text.len)
        catalogue_candidates(index, self->query->text, candidates);
    for (size_t i = 0; i < index->count; i++)
        if (catalogue_in_force(index, i, today) && (!self->query->text.len || candidates[i]))
            add_item(self, index->items[i]);
}

/* Items that were never in force: only what is on its way is known of them. */
static void add_new(struct desk *self)
{
    for (size_t i = 0; i < self->files.count; i++) {
        const struct file_rows *file = &self->files.items[i];
        struct value way = under_way(self, file);
        struct str code = item_code_of(self->call->service, file->pack, file->path);
        struct view view;
        if (was_in_force(self, file) || value_count(way) == 0 || !stands_so(self, STR("new"), way) ||
            self->query->handling.len ||
            (self->query->text.len && str_find(code, self->query->text, 0) < 0 &&
             str_find(file->title, self->query->text, 0) < 0))
            continue;
        view_init(&view, self->call->arena);
        view_text(&view, "id", arena_printf(self->call->arena, "%.*s.%.*s", STR_ARGS(file->pack),
                                            STR_ARGS(str_part(file->path, strlen("items/"), file->path.len))));
        view_text(&view, "code", code);
        view_text(&view, "pack", file->pack);
        view_text(&view, "title", file->title.len ? file->title : code);
        view_text(&view, "state", STR("new"));
        view_put(&view, "under_way", way);
        VECTOR_PUSH(self->call->arena, &self->found, view_done(&view));
    }
}

enum status service_catalogue_list(const struct call *call, const struct service_catalogue_query *query,
                                   struct value *out, struct error *err)
{
    struct desk desk = {.call = call, .query = query};
    struct list_builder items;
    struct view view;
    int64_t from, limit = query->limit > 0 ? query->limit : LINES_USUAL;
    if (service_may(call, "model.read", err) != OK || service_cursor(query->cursor, &from, err) != OK)
        return FAILED;
    (void)service_packs_now(call->service);
    desk.states = call->service->item_states;
    if (db_read(call->service->db, read_rows, &desk, err) != OK)
        return FAILED;
    limit = limit > LINES_MOST ? LINES_MOST : limit;
    add_new(&desk);
    add_in_force(&desk);
    list_builder_init(&items, call->arena);
    for (int64_t i = from; i < (int64_t)desk.found.count && i < from + limit; i++)
        list_builder_push(&items, desk.found.items[i]);
    view_init(&view, call->arena);
    view_put(&view, "items", list_builder_done(&items));
    view_int(&view, "count", (int64_t)desk.found.count);
    if (from + limit < (int64_t)desk.found.count)
        view_text(&view, "next", arena_printf(call->arena, "%" PRId64, from + limit));
    *out = view_done(&view);
    return OK;
}
