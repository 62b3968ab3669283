/* Prefills: what they name exists, expressions read only what is there, and every field is one of a form that is meant.
 */
#include "pack/check.h"
#include "pack/prefill.h"

struct looking {
    struct str wanted;
    bool found;
};

static bool look_at(void *state, const struct form_component *component, struct str path)
{
    struct looking *looking = state;
    looking->found |= component->type != FORM_GROUP && str_equal(path, looking->wanted);
    return !looking->found;
}

static bool meant(const struct pack_prefill *prefill, const struct pack_item *item)
{
    bool named = prefill->item_count ? pack_prefill_names(prefill, item->code) : item->pack == prefill->pack;
    return named && (prefill->applicants < 0 || pack_item_for(item, (enum pack_applicant_kind)prefill->applicants));
}

/* A declaration for one item must fit its form; one that is shared must fit the form of one of its items. */
static bool field_exists(const struct pack_checking *c, const struct pack_prefill *prefill, struct str path)
{
    for (size_t i = 0; i < c->set->items.count; i++) {
        const struct pack_item *item = c->set->items.items[i];
        const struct pack_form *form = meant(prefill, item) ? pack_form_find(c->set, item->form) : NULL;
        struct looking looking = {path, false};
        if (form)
            form_walk(form->form, c->arena, look_at, &looking);
        if (looking.found)
            return true;
    }
    return false;
}

static const struct pack_certificate *face_of(const struct pack_checking *c, const struct pack_prefill_source *source)
{
    return source->kind == PACK_FROM_CERTIFICATE ? pack_certificate_find(c->set, source->of) : NULL;
}

static bool source_exists(const struct pack_checking *c, const struct pack_prefill_source *source)
{
    switch (source->kind) {
    case PACK_FROM_CERTIFICATE: {
        const struct pack_certificate *kind = face_of(c, source);
        return kind && !kind->document;
    }
    case PACK_FROM_RECORD: return pack_record_find(c->set, source->of) != NULL;
    case PACK_FROM_EXCHANGE: return pack_exchange_find(c->set, source->of) != NULL;
    case PACK_FROM_PARTY:
    case PACK_FROM_CASES:
    case PACK_FROM_COUNT: return true;
    }
    return true;
}

static void check_items(const struct pack_checking *c, const struct pack_prefill *prefill, const struct str *items,
                        size_t count, struct str place)
{
    for (size_t i = 0; i < count; i++)
        if (!pack_item_find(c->set, items[i], INT32_MAX))
            pack_check_tell(c, prefill->pack, prefill->file->path, place, "there is no item '%.*s'",
                            STR_ARGS(items[i]));
}

static void check_source(const struct pack_checking *c, const struct pack_prefill *prefill,
                         const struct pack_prefill_source *source)
{
    static const char *const field_names[] = {"held", "applicant", "staff"};
    static const char *const request_names[] = {"applicant", "staff"};
    struct str path = prefill->file->path;
    if (!source_exists(c, source))
        pack_check_tell(c, prefill->pack, path, source->name, "there is no %s '%.*s' to take values from",
                        pack_prefill_kind_name(source->kind), STR_ARGS(source->of));
    check_items(c, prefill, source->items, source->item_count, source->name);
    pack_check_names(c, prefill->pack, path, source->name, source->request.program, request_names,
                     COUNT_OF(request_names));
    for (size_t i = 0; i < source->field_count; i++) {
        const struct pack_prefill_field *field = &source->fields[i];
        struct str place = arena_printf(c->arena, "%.*s.%.*s", STR_ARGS(source->name), STR_ARGS(field->path));
        pack_check_names(c, prefill->pack, path, place, field->value.program, field_names, COUNT_OF(field_names));
        if (!field_exists(c, prefill, field->path))
            pack_check_tell(c, prefill->pack, path, place, "no form of these items has this field");
    }
}

void pack_check_prefill(const struct pack_checking *c, const struct pack_prefill *prefill)
{
    check_items(c, prefill, prefill->items, prefill->item_count, STR("items"));
    for (size_t i = 0; i < prefill->source_count; i++)
        check_source(c, prefill, &prefill->sources[i]);
}
