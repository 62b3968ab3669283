/* Items as one more kind of file laid over the packs: how one is judged, numbered and compared. */
#include "service/model_file.h"

#include "clock/instant.h"
#include "feel/json.h"
#include "service/indicator_query.h"

#include <string.h>

const struct pack_item *model_item_own(const struct call *call, const struct model_file *self)
{
    size_t count;
    const struct pack_item *const *items =
        pack_item_versions(call->service->own_packs, model_item_code(call, self), &count);
    for (size_t i = 0; self->own && i < count; i++)
        if (items[i]->file == self->own)
            return items[i];
    return NULL;
}

struct str model_item_code(const struct call *call, const struct model_file *self)
{
    return item_code_of(call->service, self->pack, self->path);
}

void model_item_judge(const struct call *call, const struct model_file *self, const struct pack_set *base,
                      struct str text, struct pack_problems *problems)
{
    struct str code = model_item_code(call, self);
    struct str file = arena_printf(call->arena, "%.*s/%.*s", STR_ARGS(self->pack), STR_ARGS(self->path));
    const struct pack_item *item = pack_item_judge(base, self->own_pack, self->path, text, problems);
    if (!item || str_equal(item->code, code))
        return;
    struct pack_problem wrong = {
        .file = file,
        .place = STR("code"),
        .message = arena_printf(call->arena, "the code of this item is '%.*s'", STR_ARGS(code))};
    VECTOR_PUSH(problems->arena, &problems->list, wrong);
}

/* ---- Numbering ---- */

static int64_t next_version(const struct call *call, const struct model_file *self)
{
    size_t count;
    const struct pack_item *const *items =
        pack_item_versions(call->service->own_packs, model_item_code(call, self), &count);
    int64_t highest = count ? items[count - 1]->version : 0;
    for (size_t i = 0; i < self->count; i++)
        highest = self->rows[i].item_version > highest ? self->rows[i].item_version : highest;
    return highest + 1;
}

enum status model_item_stamp(const struct call *call, const struct model_file *self, struct str *text, int64_t from,
                             int64_t *version, struct error *err)
{
    struct value json;
    struct buf out;
    if (json_parse(call->arena, *text, NULL, &json, err) != OK)
        return FAILED;
    *version = next_version(call, self);
    json = context_set(call->arena, json, "version", value_int(*version));
    json = context_set(call->arena, json, "effective",
                       value_string(indicator_date(call->arena, instant_day(from))));
    buf_init(&out, 0);
    json_write_pretty(&out, json);
    *text = arena_take(call->arena, &out);
    return OK;
}

/* ---- Comparing ---- */

/* What tells one entry of a list from the others: its id, else what it is called. */
static struct str entry_name(struct value entry)
{
    static const char *const names[] = {"id", "step", "name", "question", "law"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct str text = value_text(value_get(entry, str_of(names[i])));
        if (text.len)
            return text;
    }
    return STR_NONE;
}

static bool is_list_of_objects(struct value v)
{
    for (size_t i = 0; i < value_count(v); i++)
        if (value_at(v, i).kind != VALUE_CONTEXT || !entry_name(value_at(v, i)).len)
            return false;
    return v.kind == VALUE_LIST && value_count(v) > 0;
}

static bool is_taken(const struct context_builder *parts, struct str name)
{
    for (size_t i = 0; i < parts->members.count; i++)
        if (str_equal(parts->members.items[i].key, name))
            return true;
    return false;
}

static void put_part(struct arena *arena, struct context_builder *parts, struct str name, struct value v)
{
    struct value part = v.kind == VALUE_CONTEXT ? v : context_set(arena, value_null, "value", v);
    struct str unique = name;
    for (int n = 2; is_taken(parts, unique); n++)
        unique = arena_printf(arena, "%.*s (%d)", STR_ARGS(name), n);
    context_builder_put(parts, unique, part);
}

struct value model_item_parts(struct arena *arena, struct value item)
{
    struct context_builder parts;
    context_builder_init(&parts, arena);
    for (size_t i = 0; item.kind == VALUE_CONTEXT && i < item.context->count; i++) {
        const struct member *member = &item.context->members[i];
        if (!is_list_of_objects(member->value)) {
            put_part(arena, &parts, member->key, member->value);
            continue;
        }
        for (size_t k = 0; k < value_count(member->value); k++) {
            struct value entry = value_at(member->value, k);
            put_part(arena, &parts,
                     arena_printf(arena, "%.*s.%.*s", STR_ARGS(member->key), STR_ARGS(entry_name(entry))), entry);
        }
    }
    return context_builder_done(&parts);
}
