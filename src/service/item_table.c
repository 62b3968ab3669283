/* The catalogue as the national exchange table (GB/T 39554.1): one row an item, one column a field of the
 * implementation list. Lists of codes are joined with ^; lists of objects are JSON; what the table has no column for
 * stands in `platform`. */
#include "service/item_desk.h"

#include "clock/instant.h"
#include "feel/json.h"
#include "pack/sentence.h"
#include "service/csv.h"
#include "service/model_file.h"

#include <string.h>

#define ROWS_MAX 20000
#define FORMULAS "=+-@"

enum how { TEXT, WHOLE, FLAG, CODES, LINES, UNIT, HANDLING, JSON, MATERIALS };

static const struct column {
    const char *name, *path;
    enum how how;
} columns[] = {
    {"local_task_code", "code", TEXT},
    {"task_name", "title", TEXT},
    {"catalog_code", "catalog_code", TEXT},
    {"task_code", "implementation.task_code", TEXT},
    {"task_handle_item", "implementation.handle_code", TEXT},
    {"task_type", "type", TEXT},
    {"use_level", "implementation.use_level", TEXT},
    {"by_law", "basis", JSON},
    {"power_source", "implementation.power_source", TEXT},
    {"权限划分", "implementation.scope_of_power", TEXT},
    {"行使内容", "implementation.content", TEXT},
    {"依法享有的权利", "implementation.rights", TEXT},
    {"依法履行的义务", "implementation.duties", TEXT},
    {"行政复议", "implementation.reconsideration", TEXT},
    {"行政诉讼", "implementation.litigation", TEXT},
    {"dept_name", "implementation.body", TEXT},
    {"dept_code", "implementation.body_code", TEXT},
    {"dept_type", "implementation.body_kind", TEXT},
    {"entrust_name", "implementation.entrusted", TEXT},
    {"other_dept", "implementation.joint", TEXT},
    {"承办机构", "implementation.undertaking", TEXT},
    {"受理机构", "implementation.accepting", TEXT},
    {"决定机构", "implementation.deciding", TEXT},
    {"anticipate_day", "limits.statutory.n", WHOLE},
    {"anticipate_type", "limits.statutory.unit", UNIT},
    {"anticipate_explain", "limits.statutory.basis", TEXT},
    {"promise_day", "limits.promised.n", WHOLE},
    {"promise_type", "limits.promised.unit", UNIT},
    {"promise_explain", "limits.promised.note", TEXT},
    {"special_procedure", "implementation.special", TEXT},
    {"accept_condition", "conditions", LINES},
    {"project_type", "handling", HANDLING},
    {"事项审查类型", "implementation.review", TEXT},
    {"handle_flow", "flow", JSON},
    {"limit_scene_num", "visits", WHOLE},
    {"limit_scene_explain", "visits_reason", TEXT},
    {"handle_type", "channels", CODES},
    {"handle_area", "scope", CODES},
    {"online_handle_depth", "online_depth", WHOLE},
    {"online_handle_url", "implementation.online_url", TEXT},
    {"mobile_terminal_url", "implementation.mobile_url", TEXT},
    {"transact_addr", "implementation.address", TEXT},
    {"transact_time", "implementation.hours", TEXT},
    {"is_entry_center", "implementation.centre", TEXT},
    {"is_schedule", "implementation.reservation", TEXT},
    {"is_express", "implementation.express", TEXT},
    {"is_service_terminals", "implementation.terminal", TEXT},
    {"limit_explain", "implementation.quantity", TEXT},
    {"service_type", "implementation.intermediary", TEXT},
    {"is_pay_online", "pay_online", FLAG},
    {"fee", "fees", JSON},
    {"result_type", "result.type", TEXT},
    {"result_name", "result.name", TEXT},
    {"result_guid", "result.sample", TEXT},
    {"server_type", "subjects", CODES},
    {"user_topic_type", "implementation.user_topics", CODES},
    {"corp_topic_type", "implementation.corp_topics", CODES},
    {"link_way", "contact.consult", TEXT},
    {"supervise_way", "contact.complain", TEXT},
    {"plan_effective_date", "implementation.planned_from", TEXT},
    {"plan_cancel_date", "implementation.planned_to", TEXT},
    {"material", "materials", MATERIALS},
    {"faq", "faq", JSON},
};
/* Columns that are no members: the pack and the rest of the file are read back, the others only told. */
enum { COLUMN_PACK = COUNT_OF(columns), COLUMN_PLATFORM, COLUMN_VERSION, COLUMN_STATE, COLUMN_FEE, COLUMN_COUNT };
static const char *const more_columns[] = {"pack", "platform", "task_version", "task_state", "is_fee"};

/* Members of a material, as the table of materials calls them (up_task_general_material). */
static const char *const material_names[][2] = {
    {"name", "material_name"},    {"need", "is_need"},         {"type", "material_type"}, {"format", "material_format"},
    {"source", "source_type"},    {"standard", "accept_stand"}, {"basis", "by_law"},       {"fill", "fill_explain"},
    {"blank", "form_guid"},       {"sample", "example_guid"},  {"note", "remark"}};
/* Code tables of the national implementation list. */
static const char *const unit_words[] = {"working-day", "day", "hour", "month"};

static const char *column_name(size_t i)
{
    return i < COUNT_OF(columns) ? columns[i].name : more_columns[i - COUNT_OF(columns)];
}

/* ---- Members by path ---- */

static struct value set_path(struct arena *arena, struct value v, const char *path, struct value member)
{
    const char *dot = strchr(path, '.');
    struct str head = dot ? (struct str){path, (size_t)(dot - path)} : str_of(path);
    struct value inner = dot ? set_path(arena, value_get(v, head), dot + 1, member) : member;
    bool gone = value_is_null(inner) || (inner.kind == VALUE_CONTEXT && inner.context->count == 0);
    if (!gone)
        return context_set(arena, v, arena_cstr(arena, head), inner);
    struct context_builder rest;
    context_builder_init(&rest, arena);
    for (size_t i = 0; v.kind == VALUE_CONTEXT && i < v.context->count; i++)
        if (!str_equal(v.context->members[i].key, head))
            context_builder_put(&rest, v.context->members[i].key, v.context->members[i].value);
    return context_builder_done(&rest);
}

static struct value merge_deep(struct arena *arena, struct value under, struct value over)
{
    if (under.kind != VALUE_CONTEXT || over.kind != VALUE_CONTEXT)
        return over;
    for (size_t i = 0; i < over.context->count; i++) {
        struct str key = over.context->members[i].key;
        struct value merged = merge_deep(arena, value_get(under, key), over.context->members[i].value);
        under = context_set(arena, under, arena_cstr(arena, key), merged);
    }
    return under;
}

static struct value renamed(struct arena *arena, struct value materials, int from)
{
    struct list_builder list;
    list_builder_init(&list, arena);
    for (size_t i = 0; i < value_count(materials); i++) {
        struct value one = value_at(materials, i);
        struct context_builder out;
        context_builder_init(&out, arena);
        for (size_t k = 0; one.kind == VALUE_CONTEXT && k < one.context->count; k++) {
            struct str key = one.context->members[k].key;
            for (size_t n = 0; n < COUNT_OF(material_names); n++)
                if (str_equal(one.context->members[k].key, str_of(material_names[n][from])))
                    key = str_of(material_names[n][1 - from]);
            context_builder_put(&out, key, one.context->members[k].value);
        }
        list_builder_push(&list, one.kind == VALUE_CONTEXT ? context_builder_done(&out) : one);
    }
    return materials.kind == VALUE_LIST ? list_builder_done(&list) : materials;
}

/* ---- Writing ---- */

static struct str joined(struct arena *arena, struct value list, char with)
{
    struct buf out;
    buf_init(&out, 0);
    for (size_t i = 0; i < value_count(list); i++) {
        if (i)
            buf_put_char(&out, with);
        buf_put(&out, value_text(value_at(list, i)));
    }
    struct str text = out.len ? arena_str(arena, buf_str(&out)) : STR("");
    buf_release(&out);
    return text;
}

static struct str cell_of(struct arena *arena, const struct column *column, struct value item)
{
    struct value v = value_path(item, column->path);
    if (value_is_null(v))
        return STR("");
    switch (column->how) {
    case TEXT:
    case WHOLE: return value_to_text(arena, v);
    case FLAG: return value_is_true(v) ? STR("1") : STR("0");
    case CODES: return joined(arena, v, '^');
    case LINES: return joined(arena, v, '\n');
    case UNIT: return arena_printf(arena, "%" PRId64, name_index(unit_words, COUNT_OF(unit_words), value_text(v)) + 1);
    case HANDLING: return str_equal(value_text(v), STR("instant")) ? STR("1") : STR("2");
    case JSON: return json_text(arena, v);
    case MATERIALS: return json_text(arena, renamed(arena, v, 0));
    }
    return STR("");
}

/* No cell is taken for a formula by a spreadsheet. */
static void put_cell(struct buf *out, struct arena *arena, struct str cell)
{
    bool formula = cell.len && strchr(FORMULAS, cell.data[0]);
    csv_put(out, formula ? arena_printf(arena, "'%.*s", STR_ARGS(cell)) : cell, false);
}

static struct value platform_of(struct arena *arena, struct value item)
{
    static const char *const told[] = {"version", "effective"};
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        item = set_path(arena, item, columns[i].path, value_null);
    for (size_t i = 0; i < COUNT_OF(told); i++)
        item = set_path(arena, item, told[i], value_null);
    return item;
}

static void put_row(const struct call *call, const struct pack_item *item, struct buf *out)
{
    struct arena *arena = call->arena;
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        put_cell(out, arena, cell_of(arena, &columns[i], item->json));
    put_cell(out, arena, pack_id(item->pack));
    put_cell(out, arena, json_text(arena, platform_of(arena, item->json)));
    put_cell(out, arena, arena_printf(arena, "%" PRId64, item->version));
    put_cell(out, arena, item_suspended(call->service, item->code) ? STR("2") : STR("1"));
    csv_put(out, value_count(value_get(item->json, STR("fees"))) ? STR("1") : STR("0"), true);
}

enum status service_item_export(const struct call *call, struct str encoding, struct str *out, struct error *err)
{
    static const char *const encodings[] = {[CSV_UTF8] = "utf-8", [CSV_GB18030] = "gb18030"};
    int64_t which = encoding.len ? name_index(encodings, COUNT_OF(encodings), encoding) : CSV_UTF8;
    if (service_may(call, "model.read", err) != OK)
        return FAILED;
    if (which < 0) {
        error_set(err, ERROR_INVALID, "bad-query", "encoding is utf-8 or gb18030.");
        return error_field(err, "encoding");
    }
    (void)service_packs_now(call->service);
    const struct item_states *states = call->service->item_states;
    int32_t today = instant_day(service_now(call->service));
    struct buf table;
    buf_init(&table, 0);
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        csv_put(&table, str_of(column_name(i)), i + 1 == COLUMN_COUNT);
    for (size_t i = 0; i < states->catalogue.count; i++)
        if (catalogue_in_force(&states->catalogue, i, today))
            put_row(call, states->catalogue.items[i], &table);
    enum status status = csv_encode(call->arena, buf_str(&table), (enum csv_encoding)which, out, err);
    buf_release(&table);
    return status;
}

/* ---- Reading ---- */

struct importing {
    const struct call *call;
    size_t place[COLUMN_COUNT]; /* of the column in the file, + 1; 0: it has none */
    const struct csv_row *row;
    size_t refusals; /* of the row */
    struct list_builder refused, drafted;
    VECTOR(struct model_drafted) drafts;
    VECTOR(struct str) seen;
    VECTOR(size_t) lines;
    int64_t unchanged;
};

static enum status read_head(struct importing *self, const struct csv *csv, struct error *err)
{
    for (size_t i = 0; csv->count && i < csv->rows[0].count; i++) {
        struct str name = csv->rows[0].cells[i];
        size_t c = 0;
        while (c < COLUMN_COUNT && !str_equal(name, str_of(column_name(c))))
            c++;
        if (c == COLUMN_COUNT || self->place[c]) {
            error_set(err, ERROR_INVALID, c == COLUMN_COUNT ? "csv-column-unknown" : "csv-column-twice",
                      "The column %.*s is %s.", STR_ARGS(str_part(name, 0, 100)),
                      c == COLUMN_COUNT ? "not known" : "there twice");
            error_field(err, "%.*s", STR_ARGS(str_part(name, 0, 60)));
            return error_hint(err, "Export the catalogue: its first row names the columns.");
        }
        self->place[c] = i + 1;
    }
    if (self->place[0])
        return OK;
    error_set(err, ERROR_INVALID, "csv-column", "The table has no column local_task_code.");
    error_field(err, "local_task_code");
    return error_hint(err, "Export the catalogue: its first row names the columns.");
}

static struct str given(const struct importing *self, size_t column)
{
    size_t place = self->place[column];
    struct str cell = place && place <= self->row->count ? self->row->cells[place - 1] : STR("");
    bool kept = cell.len > 1 && cell.data[0] == '\'' && strchr(FORMULAS, cell.data[1]);
    return kept ? str_part(cell, 1, cell.len) : cell.data ? cell : STR("");
}

static void refuse(struct importing *self, struct str field, struct str reason)
{
    const struct call *call = self->call;
    struct str language = actor_language(call);
    struct view view;
    view_init(&view, call->arena);
    view_int(&view, "row", (int64_t)self->row->line);
    view_put(&view, "field", value_string(field));
    view_text(&view, "reason", pack_sentence(call->service->packs, call->arena, language, reason));
    list_builder_push(&self->refused, view_done(&view));
    self->refusals++;
}

static struct value split(struct arena *arena, struct str cell, char at)
{
    struct list_builder list;
    struct str rest = cell;
    list_builder_init(&list, arena);
    while (rest.len) {
        struct str one = str_trim(str_cut(&rest, at));
        if (one.len)
            list_builder_push(&list, value_string(arena_str(arena, one)));
    }
    return list_builder_done(&list);
}

/* The value of a cell that is not empty; false when it cannot be read. */
static bool read_value(struct arena *arena, enum how how, struct str cell, struct value *out)
{
    struct error ignored = ERROR_INIT;
    int64_t n = 0;
    bool whole = str_to_int64(cell, &n);
    switch (how) {
    case TEXT: *out = value_string(arena_str(arena, cell)); return true;
    case WHOLE: *out = value_int(n); return whole;
    case FLAG: *out = value_boolean(n == 1); return whole && (n == 0 || n == 1);
    case CODES: *out = split(arena, cell, '^'); return true;
    case LINES: *out = split(arena, cell, '\n'); return true;
    case UNIT:
        if (!whole || n < 1 || n > (int64_t)COUNT_OF(unit_words))
            return false;
        *out = value_cstr(unit_words[n - 1]);
        return true;
    case HANDLING: *out = value_cstr(n == 1 ? "instant" : "commitment"); return whole && (n == 1 || n == 2);
    case JSON: return json_parse(arena, cell, NULL, out, &ignored) == OK && out->kind == VALUE_LIST;
    case MATERIALS:
        if (json_parse(arena, cell, NULL, out, &ignored) != OK || out->kind != VALUE_LIST)
            return false;
        *out = renamed(arena, *out, 1);
        return true;
    }
    return false;
}

static const char *wanted_of(enum how how)
{
    switch (how) {
    case WHOLE: return "must be a whole number";
    case FLAG: return "must be 1 or 0";
    case UNIT: return "must be 1 working day, 2 day, 3 hour or 4 month";
    case HANDLING: return "must be 1 on the spot or 2 by a deadline";
    case JSON:
    case MATERIALS: return "must be a JSON list";
    case TEXT:
    case CODES:
    case LINES: break;
    }
    return "cannot be read";
}

static struct value read_members(struct importing *self, struct value item)
{
    struct arena *arena = self->call->arena;
    for (size_t i = 0; i < COUNT_OF(columns); i++) {
        struct str cell = given(self, i);
        struct value v = value_null;
        if (!self->place[i])
            continue;
        if (cell.len && !read_value(arena, columns[i].how, cell, &v)) {
            refuse(self, str_of(columns[i].name), str_of(wanted_of(columns[i].how)));
            continue;
        }
        enum how how = columns[i].how;
        bool list = how == JSON || how == MATERIALS || how == LINES || how == CODES;
        bool kept = list && !cell.len && value_path(item, columns[i].path).kind == VALUE_LIST;
        bool no = columns[i].how == FLAG && !cell.len;
        if (!no)
            item = set_path(arena, item, columns[i].path, kept ? value_list(arena, NULL, 0) : v);
    }
    /* A limit without its number is none. */
    static const char *const limits[] = {"limits.statutory", "limits.promised"};
    for (size_t i = 0; i < COUNT_OF(limits); i++)
        if (value_is_null(value_get(value_path(item, limits[i]), STR("n"))))
            item = set_path(arena, item, limits[i], value_null);
    return item;
}

/* The column that a place of an item's file was read from; the place itself where there is none. */
static struct str column_of(struct str place)
{
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        if (str_equal(place, str_of(columns[i].path)))
            return str_of(columns[i].name);
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        if (str_starts(place, str_of(columns[i].path)) || (place.len && str_starts(str_of(columns[i].path), place)))
            return str_of(columns[i].name);
    return place;
}

static void judge(struct importing *self, struct model_file *file, struct str text)
{
    struct pack_problems problems = {.arena = self->call->arena};
    model_item_judge(self->call, file, self->call->service->packs, text, &problems);
    for (size_t i = 0; i < problems.list.count; i++)
        if (!problems.list.items[i].warning && !problems.list.items[i].untranslated)
            refuse(self, column_of(problems.list.items[i].place), problems.list.items[i].message);
}

/* The item's file: where its version in force was drawn from, or a new one of the pack that the row names. */
static bool find_file(struct importing *self, const struct pack_item *item, struct str code, struct model_file *out)
{
    struct error ignored = ERROR_INIT;
    struct str pack = given(self, COLUMN_PACK);
    struct str id = item ? item_model_id(self->call, item)
                         : arena_printf(self->call->arena, "%.*s.%.*s.json", STR_ARGS(pack), STR_ARGS(code));
    if (model_file_find(self->call, id, out, &ignored) == OK)
        return true;
    refuse(self, STR("pack"), STR("a new item names the pack that its process is in"));
    return false;
}

static bool is_repeated(struct importing *self, struct str code)
{
    for (size_t i = 0; i < self->seen.count; i++)
        if (str_equal(self->seen.items[i], code))
            return true;
    VECTOR_PUSH(self->call->arena, &self->seen, code);
    return false;
}

static struct value platform_given(struct importing *self, struct value item)
{
    struct arena *arena = self->call->arena;
    struct str cell = given(self, COLUMN_PLATFORM);
    struct value rest;
    struct error ignored = ERROR_INIT;
    if (!cell.len)
        return item;
    if (json_parse(arena, cell, NULL, &rest, &ignored) != OK || rest.kind != VALUE_CONTEXT) {
        refuse(self, STR("platform"), STR("must be a JSON object"));
        return item;
    }
    return merge_deep(arena, item, rest);
}

/* A member that is null and one that is not there are the same cell. */
static struct value without_nulls(struct arena *arena, struct value item)
{
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        if (value_is_null(value_path(item, columns[i].path)))
            item = set_path(arena, item, columns[i].path, value_null);
    return item;
}

static void read_row(struct importing *self)
{
    struct arena *arena = self->call->arena;
    struct service *service = self->call->service;
    struct str code = given(self, 0);
    struct model_file file;
    self->refusals = 0;
    if (!code.len || is_repeated(self, code)) {
        refuse(self, STR("local_task_code"), code.len ? STR("stands in another row too") : STR("is missing"));
        return;
    }
    const struct pack_item *item = pack_item_find(service->packs, code, instant_day(service_now(service)));
    if (!find_file(self, item, code, &file))
        return;
    struct value was = item ? item->json : empty_context(arena);
    struct value next = read_members(self, platform_given(self, was));
    if (self->refusals)
        return;
    if (item && str_equal(json_canonical(arena, next), json_canonical(arena, without_nulls(arena, was)))) {
        self->unchanged++;
        return;
    }
    struct str text = json_text(arena, next);
    int64_t version;
    struct error err = ERROR_INIT;
    if (model_item_stamp(self->call, &file, &text, service_now(service), &version, &err) != OK)
        refuse(self, STR("platform"), arena_str(arena, str_of(err.message)));
    judge(self, &file, text);
    struct model_drafted draft = {file.id, text, 0};
    if (self->refusals)
        return;
    VECTOR_PUSH(arena, &self->drafts, draft);
    VECTOR_PUSH(arena, &self->lines, self->row->line);
}

static struct value drafts_view(const struct importing *self)
{
    struct list_builder list;
    list_builder_init(&list, self->call->arena);
    for (size_t i = 0; i < self->drafts.count; i++) {
        struct value item = value_null;
        struct error unread = ERROR_INIT;
        struct view view;
        view_init(&view, self->call->arena);
        if (json_parse(self->call->arena, self->drafts.items[i].text, NULL, &item, &unread) == OK)
            view_put(&view, "title", value_get(item, STR("title")));
        view_int(&view, "row", (int64_t)self->lines.items[i]);
        view_text(&view, "id", self->drafts.items[i].id);
        view_int(&view, "number", self->drafts.items[i].number);
        list_builder_push(&list, view_done(&view));
    }
    return list_builder_done(&list);
}

enum status service_item_import(const struct call *call, struct str text, struct value *out, struct error *err)
{
    struct importing self = {.call = call};
    struct csv csv;
    list_builder_init(&self.refused, call->arena);
    if (service_may(call, "model.draft", err) != OK || csv_parse(call->arena, text, ROWS_MAX, &csv, err) != OK ||
        read_head(&self, &csv, err) != OK)
        return FAILED;
    (void)service_packs_now(call->service);
    for (size_t i = 1; i < csv.count; i++) {
        self.row = &csv.rows[i];
        read_row(&self);
    }
    if (self.drafts.count && model_draft_all(call, self.drafts.items, self.drafts.count, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, call->arena);
    view_int(&view, "rows", csv.count ? (int64_t)csv.count - 1 : 0);
    view_int(&view, "unchanged", self.unchanged);
    view_put(&view, "drafted", drafts_view(&self));
    view_put(&view, "refused", list_builder_done(&self.refused));
    *out = view_done(&view);
    return OK;
}
