/* Tables of applications: understanding the first row, judging the others. */
#include "service/bulk_work.h"

#include "clock/instant.h"
#include "service/case_open.h"

#include <string.h>

#define CELL_MAX 10000
#define SHOWN_MAX 20 /* problems of one row */

const char *const bulk_extra_titles[BULK_EXTRA_COUNT] = {[BULK_ROW] = "行号",
                                                         [BULK_REASON] = "原因",
                                                         [BULK_CHECKED] = "已核对",
                                                         [BULK_RESULT] = "结果",
                                                         [BULK_CASE] = "办件编号"};

enum status bulk_item(const struct call *call, struct str code, struct bulk_table *out, struct error *err)
{
    const struct pack_set *packs = service_packs_now(call->service);
    const struct pack_item *item = pack_item_find(packs, code, instant_day(service_now(call->service)));
    if (!item)
        return error_set(err, ERROR_NOT_FOUND, "item-not-found", "There is no item %.*s in force.", STR_ARGS(code));
    if (!item->bulk) {
        error_set(err, ERROR_INVALID, "item-not-bulk", "%.*s cannot be applied for by a table.", STR_ARGS(code));
        return error_hint(err, "GET /api/v1/bulk/items names those that can.");
    }
    const struct form_component **fields =
        (const struct form_component **)arena_array(call->arena, void *, item->bulk->column_count);
    for (size_t i = 0; i < item->bulk->column_count; i++)
        fields[i] = pack_bulk_field(packs, item, item->bulk->columns[i].path, call->arena);
    *out = (struct bulk_table){.packs = packs, .item = item, .fields = fields};
    return OK;
}

/* ---- The first row ---- */

static bool is_extra(struct str title, enum bulk_extra *out)
{
    for (size_t i = 0; i < BULK_EXTRA_COUNT; i++)
        if (str_equal(title, str_of(bulk_extra_titles[i]))) {
            *out = (enum bulk_extra)i;
            return true;
        }
    return false;
}

static enum status wrong_column(struct error *err, const char *type, struct str title, const char *what)
{
    error_set(err, ERROR_INVALID, type, "A column %s.", what);
    error_field(err, "%.*s", STR_ARGS(str_part(title, 0, 100)));
    return error_hint(err,
                      "The first row names the columns as the template does: download it and put the rows in there.");
}

static enum status place_column(struct bulk_table *self, struct str title, size_t at, struct error *err)
{
    const struct pack_bulk *bulk = self->item->bulk;
    enum bulk_extra extra;
    for (size_t i = 0; i < bulk->column_count; i++) {
        if (!str_equal(bulk->columns[i].title, title) && !str_equal(bulk->columns[i].path, title))
            continue;
        if (self->places[i])
            return wrong_column(err, "csv-column-twice", title, "stands there twice");
        self->places[i] = at + 1;
        return OK;
    }
    if (!is_extra(title, &extra))
        return wrong_column(err, "csv-column-unknown", title, "is not one of this table");
    if (extra == BULK_CHECKED)
        self->checked = at + 1;
    return OK;
}

enum status bulk_table_read(const struct call *call, struct str text, struct bulk_table *out, struct error *err)
{
    const struct pack_bulk *bulk = out->item->bulk;
    if (csv_parse(call->arena, text, (size_t)bulk->rows_max + 1, &out->csv, err) != OK)
        return FAILED;
    out->places = arena_array(call->arena, size_t, bulk->column_count);
    out->checked = 0;
    for (size_t i = 0; out->csv.count && i < out->csv.rows[0].count; i++) {
        struct str title = out->csv.rows[0].cells[i];
        /* Spreadsheets leave empty columns behind. */
        if (title.len && place_column(out, title, i, err) != OK)
            return FAILED;
    }
    for (size_t i = 0; out->csv.count && i < bulk->column_count; i++)
        if (!out->places[i] && out->fields[i] && out->fields[i]->required)
            return wrong_column(err, "csv-column", bulk->columns[i].title, "is missing");
    if (out->csv.count > 1)
        return OK;
    error_set(err, ERROR_INVALID, "csv-empty", "The table has no rows.");
    return error_hint(err, "Put one application into each row below the first.");
}

struct str bulk_cell(const struct csv_row *row, size_t place)
{
    struct str cell = place && place <= row->count ? row->cells[place - 1] : STR_NONE;
    return place && !cell.data ? STR("") : cell;
}

/* ---- Judging ---- */

static struct value problem_value(struct arena *arena, struct str column, struct str field, struct str code,
                                  struct str zh, struct str en)
{
    struct view view;
    view_init(&view, arena);
    view_text(&view, "column", column);
    view_text(&view, "field", field);
    view_text(&view, "code", code);
    view_text(&view, "zh", zh);
    view_text(&view, "en", en);
    return view_done(&view);
}

struct value bulk_problem(const struct call *call, const struct error *problem)
{
    struct str code = arena_str(call->arena, str_of(problem->type));
    struct str key = arena_printf(call->arena, "problem.%s", problem->type);
    struct str en = arena_str(call->arena, str_of(problem->message));
    const struct pack_set *packs = call->service->packs;
    struct str zh = pack_text_known(packs, STR("zh-CN"), key) ? pack_text(packs, STR("zh-CN"), key) : en;
    return problem_value(call->arena, STR_NONE, arena_str(call->arena, str_of(problem->field)), code, zh, en);
}

static void add_problem(const struct call *call, struct bulk_row *row, const char *type, const char *message)
{
    struct error problem = ERROR_INIT;
    error_set(&problem, ERROR_INVALID, type, "%s", message);
    row->problems = list_add(call->arena, row->problems, bulk_problem(call, &problem));
    row->wrong = true;
}

static struct str column_of(const struct bulk_table *table, struct str path)
{
    const struct pack_bulk *bulk = table->item->bulk;
    for (size_t i = 0; i < bulk->column_count; i++)
        if (str_equal(bulk->columns[i].path, path))
            return bulk->columns[i].title;
    return STR_NONE;
}

struct service_case_input bulk_row_input(const struct bulk_table *table, const struct bulk_row *row)
{
    return (struct service_case_input){.item = table->item->code,
                                       .form = row->form,
                                       .materials = table->item->bulk->materials,
                                       .applicant = row->applicant,
                                       .confirmed = row->confirmed};
}

static enum status judge_in(const struct call *call, const struct bulk_table *table, const struct bulk_row *row,
                            const char *language, struct case_opening *out, struct error *err)
{
    struct actor actor = *call->actor;
    struct call of = *call;
    actor.language = str_of(language);
    of.actor = &actor;
    struct service_case_input input = bulk_row_input(table, row);
    *out = (struct case_opening){.input = &input};
    enum status status = case_judge(&of, out, err);
    out->input = NULL;
    return status;
}

/* The form's problems, in both languages. */
static enum status take_problems(const struct call *call, const struct bulk_table *table, struct bulk_row *row,
                                 const struct case_opening *opening, struct error *err)
{
    struct case_opening english;
    if (opening->errors + (row->confirmed ? 0 : opening->warnings) == 0)
        return OK;
    if (judge_in(call, table, row, "en", &english, err) != OK)
        return FAILED;
    row->wrong = true;
    for (size_t i = 0; i < value_count(opening->problems) && i < SHOWN_MAX; i++) {
        struct value zh = value_at(opening->problems, i), en = value_at(english.problems, i);
        struct str field = value_text(value_get(zh, STR("field")));
        struct str code = value_text(value_get(zh, STR("code")));
        bool warning = str_equal(value_text(value_get(zh, STR("severity"))), STR("warning"));
        row->problems = list_add(
            call->arena, row->problems,
            problem_value(call->arena, column_of(table, field), field, warning ? STR("warnings-unconfirmed") : code,
                          value_text(value_get(zh, STR("message"))), value_text(value_get(en, STR("message")))));
    }
    return OK;
}

static bool is_example(const struct bulk_table *table, const struct str *cells)
{
    const struct pack_bulk *bulk = table->item->bulk;
    for (size_t i = 0; i < bulk->column_count; i++) {
        struct str example = bulk->columns[i].example.data ? bulk->columns[i].example : STR("");
        if (!str_equal(cells[i].data ? cells[i] : STR(""), example))
            return false;
    }
    return true;
}

static bool readable(const struct csv_row *csv)
{
    for (size_t i = 0; i < csv->count; i++)
        if (csv->cells[i].len > CELL_MAX || (csv->cells[i].len && memchr(csv->cells[i].data, 0, csv->cells[i].len)))
            return false;
    return true;
}

/* Whom the row is for: the party that the item finds in the form. */
static struct value applicant_of(const struct call *call, const struct bulk_table *table, struct value form)
{
    struct feel_run run = service_feel(call->service, call->arena, table->packs, service_now(call->service));
    struct value names = context_set(call->arena, value_null, "form", form);
    struct value id = pack_evaluate(&table->item->party_id, names, &run);
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "kind", table->item->party_kind);
    view_put(&view, "id", value_text(id).len ? id : value_cstr("?"));
    view_put(&view, "name", pack_evaluate(&table->item->party_name, names, &run));
    return view_done(&view);
}

static void read_subject(const struct call *call, const struct bulk_table *table, const struct case_opening *opening,
                         struct bulk_row *row)
{
    struct feel_run run = service_feel(call->service, call->arena, table->packs, service_now(call->service));
    struct value unique = pack_evaluate(&table->item->unique, opening->names, &run);
    row->id = value_text(value_get(opening->party, STR("id")));
    row->title = value_to_text(call->arena, pack_evaluate(&table->item->title_of_case, opening->names, &run));
    struct str who = value_is_null(unique) ? row->id : value_to_text(call->arena, unique);
    struct str text = arena_printf(call->arena, "%.*s:%.*s", STR_ARGS(table->item->code), STR_ARGS(who));
    row->subject = who.len ? service_index(call->service, call->arena, "bulk", text) : STR_NONE;
}

enum status bulk_row_judge(const struct call *call, const struct bulk_table *table, const struct csv_row *csv,
                           struct bulk_row *out, struct error *err)
{
    const struct pack_bulk *bulk = table->item->bulk;
    struct str *cells = arena_array(call->arena, struct str, bulk->column_count);
    struct case_opening opening;
    *out = (struct bulk_row){.line = (int64_t)csv->line, .problems = value_list(call->arena, NULL, 0)};
    if (!readable(csv)) {
        add_problem(call, out, "cell-unreadable", "A cell holds more than 10,000 bytes, or bytes that are no text.");
        return OK;
    }
    for (size_t i = 0; i < bulk->column_count; i++)
        cells[i] = bulk_cell(csv, table->places[i]);
    out->confirmed = str_equal(bulk_cell(csv, table->checked), STR("是"));
    out->form = pack_bulk_form(table->packs, table->item, table->fields, cells, call->arena);
    out->applicant = applicant_of(call, table, out->form);
    if (judge_in(call, table, out, "zh-CN", &opening, err) != OK)
        return FAILED;
    struct str id = value_text(value_get(opening.party, STR("id")));
    if (id.len && !str_equal(id, value_text(value_get(out->applicant, STR("id"))))) {
        out->applicant = opening.party; /* as the form writes it */
        if (judge_in(call, table, out, "zh-CN", &opening, err) != OK)
            return FAILED;
    }
    read_subject(call, table, &opening, out);
    if (csv->count > table->csv.rows[0].count)
        add_problem(call, out, "cells-extra", "The row has more cells than there are columns.");
    if (is_example(table, cells))
        add_problem(call, out, "example-row", "This is the template's example.");
    if (take_problems(call, table, out, &opening, err) != OK)
        return FAILED;
    if (!out->wrong && id.len == 0)
        add_problem(call, out, "subject-missing", "The row does not say whom it is for.");
    return OK;
}
