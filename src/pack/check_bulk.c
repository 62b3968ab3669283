/* What an item says about applying for many at once: columns that fill fields, an example that the form takes. */
#include "pack/bulk.h"
#include "pack/check.h"

#define DAY_MS INT64_C(86400000)

static void check_columns(const struct pack_checking *c, const struct pack_item *item,
                          const struct form_component **fields)
{
    const struct pack_bulk *bulk = item->bulk;
    for (size_t i = 0; i < bulk->column_count; i++) {
        struct str place = arena_printf(c->arena, "bulk.columns[%zu]", i);
        fields[i] = pack_bulk_field(c->set, item, bulk->columns[i].path, c->arena);
        if (!fields[i])
            pack_check_tell(c, item->pack, item->file->path, place, "the form has no single field '%.*s'",
                            STR_ARGS(bulk->columns[i].path));
        for (size_t k = 0; k < i; k++)
            if (str_equal(bulk->columns[k].title, bulk->columns[i].title) ||
                str_equal(bulk->columns[k].path, bulk->columns[i].path))
                pack_check_tell(c, item->pack, item->file->path, place, "stands there twice");
    }
}

/* The form must take what the template shows. */
static void check_example(const struct pack_checking *c, const struct pack_item *item,
                          const struct form_component *const *fields)
{
    const struct pack_bulk *bulk = item->bulk;
    const struct pack_form *form = pack_form_find(c->set, item->form);
    struct str *cells = arena_array(c->arena, struct str, bulk->column_count);
    struct feel_run run = {.arena = c->arena, .now_ms = item->effective * DAY_MS, .calendar = pack_calendar(c->set)};
    struct pack_texts texts = {c->set, STR("en")};
    struct form_env env = {.run = &run, .codes = pack_form_codes(c->set), .texts = pack_form_texts(&texts)};
    if (!form)
        return;
    for (size_t i = 0; i < bulk->column_count; i++)
        cells[i] = bulk->columns[i].example.data ? bulk->columns[i].example : STR("");
    struct form_result result = form_validate(form->form, pack_bulk_form(c->set, item, fields, cells, c->arena), &env);
    for (size_t i = 0; i < result.error_count; i++)
        pack_check_tell(c, item->pack, item->file->path, STR("bulk"), "the form does not take the example: %.*s: %.*s",
                        STR_ARGS(result.errors[i].field), STR_ARGS(result.errors[i].message));
}

static void check_materials(const struct pack_checking *c, const struct pack_item *item)
{
    for (size_t i = 0; i < value_count(item->bulk->materials); i++) {
        struct str id = value_text(value_get(value_at(item->bulk->materials, i), STR("id")));
        bool known = false;
        for (size_t k = 0; k < item->material_count && !known; k++)
            known = str_equal(item->materials[k].id, id);
        if (!known)
            pack_check_tell(c, item->pack, item->file->path, STR("bulk.materials"),
                            "the item asks for no material '%.*s'", STR_ARGS(id));
    }
}

void pack_check_bulk(const struct pack_checking *c, const struct pack_item *item)
{
    static const char *const names[] = {"form"};
    if (!item->bulk)
        return;
    const struct form_component **fields =
        (const struct form_component **)arena_array(c->arena, void *, item->bulk->column_count);
    if (!pack_form_find(c->set, item->form))
        pack_check_tell(c, item->pack, item->file->path, STR("bulk"),
                        "an item without a form cannot be applied for in bulk");
    if (!item->party_id.source.data)
        pack_check_tell(c, item->pack, item->file->path, STR("bulk"),
                        "an item without a party cannot be applied for in bulk");
    /* Whom a row is for is known from the row alone. */
    pack_check_names(c, item->pack, item->file->path, STR("party.id"), item->party_id.program, names, COUNT_OF(names));
    pack_check_names(c, item->pack, item->file->path, STR("party.name"), item->party_name.program, names,
                     COUNT_OF(names));
    check_columns(c, item, fields);
    check_example(c, item, fields);
    check_materials(c, item);
}
