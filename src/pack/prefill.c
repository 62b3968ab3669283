/* Reading prefills. */
#include "pack/prefill.h"

#include "pack/internal.h"

static const struct {
    const char *name, *member; /* in views; in the file */
} kinds[PACK_FROM_COUNT] = {
    [PACK_FROM_PARTY] = {"party", "party"},       [PACK_FROM_CERTIFICATE] = {"certificate", "certificate"},
    [PACK_FROM_RECORD] = {"record", "record"},    [PACK_FROM_CASES] = {"case", "cases"},
    [PACK_FROM_EXCHANGE] = {"exchange", "exchange"},
};

const char *pack_prefill_kind_name(enum pack_prefill_kind kind)
{
    return kinds[kind].name;
}

/* Exactly one member says what kind of source it is. */
static void read_kind(const struct pack_reading *r, struct pack_prefill_source *out)
{
    size_t said = 0;
    for (size_t kind = 0; kind < PACK_FROM_COUNT; kind++)
        if (!value_is_null(value_get(r->object, str_of(kinds[kind].member)))) {
            out->kind = (enum pack_prefill_kind)kind;
            said++;
        }
    if (said != 1) {
        pack_wrong(r->loader, r->place, "is exactly one of party, certificate, record, cases, exchange");
        return;
    }
    const char *member = kinds[out->kind].member;
    bool flag = false;
    if (out->kind == PACK_FROM_CASES) {
        pack_read_texts(r, member, &out->items, &out->item_count);
    } else if (out->kind == PACK_FROM_PARTY) {
        pack_read_flag(r, member, &flag);
        if (!flag)
            pack_wrong(r->loader, pack_place(r, member), "is true or absent");
    } else {
        pack_read_text(r, member, PACK_REQUIRED, &out->of);
    }
    bool asks = !value_is_null(value_get(r->object, STR("request"))) || out->consent;
    if (asks && out->kind != PACK_FROM_EXCHANGE)
        pack_wrong(r->loader, r->place, "only an exchange has a request and asks for consent");
}

static void read_fields(const struct pack_reading *r, struct pack_prefill_source *out)
{
    struct value fields = value_get(r->object, STR("fields"));
    if (fields.kind != VALUE_CONTEXT || fields.context->count == 0) {
        pack_wrong(r->loader, pack_place(r, "fields"), "names the form's fields, each with its expression");
        return;
    }
    struct pack_prefill_field *list = arena_array(r->loader->arena, struct pack_prefill_field, fields.context->count);
    struct pack_reading inner = pack_reading(r->loader, fields, pack_place(r, "fields"));
    for (size_t i = 0; i < fields.context->count; i++) {
        list[i].path = fields.context->members[i].key;
        pack_compile(&inner, arena_cstr(r->loader->arena, list[i].path), fields.context->members[i].value,
                     &list[i].value);
    }
    out->fields = list;
    out->field_count = fields.context->count;
}

static void read_sources(const struct pack_reading *r, struct pack_prefill *out)
{
    static const char *const members[] = {"name",     "title",   "party",   "certificate", "record", "cases",
                                          "exchange", "request", "consent", "fields",      "note"};
    struct pack_reading *objects = pack_read_objects(r, "sources", &out->source_count);
    struct pack_prefill_source *list = arena_array(r->loader->arena, struct pack_prefill_source, out->source_count);
    for (size_t i = 0; i < out->source_count; i++) {
        pack_read_members(&objects[i], members, COUNT_OF(members));
        pack_read_id(&objects[i], "name", &list[i].name);
        pack_read_text(&objects[i], "title", PACK_REQUIRED, &list[i].title);
        pack_read_flag(&objects[i], "consent", &list[i].consent);
        pack_read_expression(&objects[i], "request", &list[i].request);
        read_kind(&objects[i], &list[i]);
        read_fields(&objects[i], &list[i]);
        for (size_t k = 0; k < i; k++)
            if (str_equal(list[k].name, list[i].name))
                pack_wrong(r->loader, objects[i].place, "another source has this name");
    }
    if (out->source_count == 0)
        pack_wrong(r->loader, STR("sources"), "is empty");
    out->sources = list;
}

void pack_read_prefill(struct pack_loader *loader)
{
    static const char *const members[] = {"id", "title", "items", "applicants", "sources", "note"};
    static const char *const applicants[] = {[PACK_BY_PERSON] = "person", [PACK_BY_ORGANISATION] = "organisation"};
    struct pack_prefill *out = arena_new(loader->arena, struct pack_prefill);
    out->pack = loader->pack;
    out->file = loader->file;
    struct pack_reading r;
    if (!pack_read_head(loader, members, COUNT_OF(members), &out->id, &out->title, &r))
        return;
    out->json = r.object;
    pack_read_texts(&r, "items", &out->items, &out->item_count);
    out->applicants = pack_read_choice(&r, "applicants", PACK_OPTIONAL, applicants, COUNT_OF(applicants));
    read_sources(&r, out);
    VECTOR_PUSH(loader->arena, &loader->pack->prefills, out);
}

bool pack_prefill_names(const struct pack_prefill *self, struct str item)
{
    for (size_t i = 0; i < self->item_count; i++)
        if (str_equal(self->items[i], item))
            return true;
    return false;
}

const struct pack_prefill **pack_prefills_for(struct arena *arena, const struct pack_set *self,
                                              const struct pack_item *item, enum pack_applicant_kind applicant,
                                              size_t *count)
{
    size_t total;
    const struct pack_prefill *const *all = pack_prefills(self, &total);
    const struct pack_prefill **out = arena_array(arena, const struct pack_prefill *, total);
    *count = 0;
    for (int shared = 0; shared < 2; shared++)
        for (size_t i = 0; i < total; i++) {
            bool fits = shared ? all[i]->item_count == 0 && str_equal(pack_id(all[i]->pack), pack_id(item->pack))
                               : pack_prefill_names(all[i], item->code);
            if (fits && (all[i]->applicants < 0 || all[i]->applicants == (int)applicant))
                out[(*count)++] = all[i];
        }
    return out;
}
