/* Items: what can be applied for. */
#include "pack/internal.h"

#include "clock/instant.h"

static const char *const item_members[] = {
    "code",           "version",       "effective",      "catalog_code", "title",         "summary",
    "keywords",       "topic",         "type",           "handling",     "subjects",      "applicants",
    "identity_level", "form",          "process",        "party",        "region",        "title_of_case",
    "unique",         "checks",        "limits",         "visits",       "visits_reason", "online_depth",
    "fees",           "scope",         "basis",          "conditions",   "materials",     "flow",
    "result",         "faq",           "contact",        "sources",      "channels",      "pay_online",
    "level",          "unique_record", "implementation", "procedure",    "synonyms",      "pinyin",
    "situations",     "rating",        "eligibility",    "signature",     "bulk",
};
static const char *const handlings[] = {[PACK_INSTANT] = "instant", [PACK_COMMITMENT] = "commitment"};
static const char *const units[] = {
    [PACK_WORKING_DAY] = "working-day", [PACK_DAY] = "day", [PACK_HOUR] = "hour", [PACK_MONTH] = "month"};

static void read_applicants(const struct pack_reading *r, struct pack_item *item)
{
    const struct str *texts = NULL;
    pack_read_texts(r, "applicants", &texts, &item->applicant_count);
    struct pack_applicant *out = arena_array(r->loader->arena, struct pack_applicant, item->applicant_count);
    for (size_t i = 0; i < item->applicant_count; i++) {
        if (str_equal(texts[i], STR("person")))
            out[i].kind = PACK_BY_PERSON;
        else if (str_equal(texts[i], STR("organisation")))
            out[i].kind = PACK_BY_ORGANISATION;
        else if (str_starts(texts[i], STR("role:")) && texts[i].len > 5)
            out[i] = (struct pack_applicant){PACK_BY_ROLE, str_part(texts[i], 5, texts[i].len)};
        else
            pack_wrong(r->loader, pack_place(r, "applicants"), "'%.*s' is not person, organisation or role:ID",
                       STR_ARGS(texts[i]));
    }
    if (item->applicant_count == 0)
        pack_wrong(r->loader, pack_place(r, "applicants"), "nobody could open this item");
    item->applicants = out;
}

static void read_limit(const struct pack_reading *limits, const char *member, struct pack_limit *out)
{
    static const char *const members[] = {"n", "unit", "basis", "note"};
    struct value v = value_get(limits->object, str_of(member));
    if (value_is_null(v))
        return;
    struct pack_reading r = pack_reading(limits->loader, v, pack_place(limits, member));
    pack_read_members(&r, members, COUNT_OF(members));
    out->n = -1;
    pack_read_int(&r, "n", 0, &out->n);
    if (out->n < 0)
        pack_wrong(r.loader, pack_place(&r, "n"), "is missing");
    int unit = pack_read_choice(&r, "unit", PACK_REQUIRED, units, COUNT_OF(units));
    out->unit = unit < 0 ? PACK_WORKING_DAY : (enum pack_unit)unit;
    pack_read_text(&r, "basis", PACK_OPTIONAL, &out->basis);
    out->present = out->n >= 0;
}

static void read_reuse(const struct pack_reading *r, struct pack_material *out)
{
    static const char *const members[] = {"kind", "months"};
    struct value reuse = value_get(r->object, STR("reuse"));
    if (value_is_null(reuse))
        return;
    struct pack_reading inner = pack_reading(r->loader, reuse, pack_place(r, "reuse"));
    pack_read_members(&inner, members, COUNT_OF(members));
    pack_read_id(&inner, "kind", &out->reuse);
    pack_read_int(&inner, "months", 1, &out->reuse_months);
    if (out->reuse_months < 1)
        pack_wrong(r->loader, pack_place(&inner, "months"), "is missing: how old the file may be");
}

static void read_materials(const struct pack_reading *r, struct pack_item *item)
{
    static const char *const members[] = {
        "id",          "name",          "need",       "format",  "source",    "when",    "type", "note",
        "certificate", "tolerate_days", "situations", "collect", "originals", "copies",  "size", "standard",
        "basis",       "fill",          "blank",      "sample",  "promise",   "exchange", "reuse"};
    struct pack_reading *objects = pack_read_objects(r, "materials", &item->material_count);
    struct pack_material *out = arena_array(r->loader->arena, struct pack_material, item->material_count);
    for (size_t i = 0; i < item->material_count; i++) {
        pack_read_members(&objects[i], members, COUNT_OF(members));
        pack_read_id(&objects[i], "id", &out[i].id);
        pack_read_text(&objects[i], "name", PACK_REQUIRED, &out[i].name);
        pack_read_text(&objects[i], "need", PACK_REQUIRED, &out[i].need);
        pack_read_text(&objects[i], "format", PACK_OPTIONAL, &out[i].format);
        pack_read_text(&objects[i], "source", PACK_OPTIONAL, &out[i].source);
        pack_read_text(&objects[i], "certificate", PACK_OPTIONAL, &out[i].certificate);
        pack_read_int(&objects[i], "tolerate_days", 1, &out[i].tolerate_days);
        pack_read_flag(&objects[i], "promise", &out[i].promise);
        pack_read_texts(&objects[i], "situations", &out[i].situations, &out[i].situation_count);
        pack_read_expression(&objects[i], "when", &out[i].when);
        read_reuse(&objects[i], &out[i]);
    }
    item->materials = out;
}

static void read_situations(const struct pack_reading *r)
{
    static const char *const members[] = {"id", "title", "note"};
    size_t count = 0;
    struct pack_reading *objects = pack_read_objects(r, "situations", &count);
    for (size_t i = 0; i < count; i++) {
        struct str text = STR_NONE;
        pack_read_members(&objects[i], members, COUNT_OF(members));
        pack_read_id(&objects[i], "id", &text);
        pack_read_text(&objects[i], "title", PACK_REQUIRED, &text);
    }
}

/* From which grade a rating opens a case of another item. */
static void read_rating(const struct pack_reading *r, struct pack_item *item)
{
    static const char *const members[] = {"bad_from", "item"};
    struct value rating = value_get(r->object, STR("rating"));
    if (value_is_null(rating))
        return;
    struct pack_reading inner = pack_reading(r->loader, rating, STR("rating"));
    pack_read_members(&inner, members, COUNT_OF(members));
    pack_read_text(&inner, "item", PACK_REQUIRED, &item->rating_item);
    pack_read_int(&inner, "bad_from", 1, &item->rating_bad_from);
    if (item->rating_bad_from < 1)
        pack_wrong(r->loader, STR("rating.bad_from"), "is missing");
}

/* The table behind the questions of "am I eligible", and which of its inputs are asked. */
static void read_eligibility(const struct pack_reading *r, struct pack_item *item)
{
    static const char *const members[] = {"decision", "ask", "instead"}, *const inner_members[] = {"input", "item"};
    struct value eligibility = value_get(r->object, STR("eligibility"));
    if (value_is_null(eligibility))
        return;
    struct pack_reading inner = pack_reading(r->loader, eligibility, STR("eligibility"));
    pack_read_members(&inner, members, COUNT_OF(members));
    pack_read_text(&inner, "decision", PACK_REQUIRED, &item->eligibility);
    pack_read_texts(&inner, "ask", &item->asks, &item->ask_count);
    size_t count;
    const struct pack_reading *instead = pack_read_objects(&inner, "instead", &count);
    for (size_t i = 0; i < count; i++) {
        struct str text = STR_NONE;
        pack_read_members(&instead[i], inner_members, COUNT_OF(inner_members));
        pack_read_text(&instead[i], "input", PACK_REQUIRED, &text);
        pack_read_text(&instead[i], "item", PACK_REQUIRED, &text);
    }
}

static void read_signature(const struct pack_reading *r, struct pack_item *item)
{
    static const char *const members[] = {"text"};
    struct value signature = value_get(r->object, STR("signature"));
    if (value_is_null(signature))
        return;
    struct pack_reading inner = pack_reading(r->loader, signature, STR("signature"));
    pack_read_members(&inner, members, COUNT_OF(members));
    pack_read_text(&inner, "text", PACK_REQUIRED, &item->signature);
}

static void read_effective(const struct pack_reading *r, struct pack_item *item)
{
    struct str text = STR_NONE;
    struct value date;
    pack_read_text(r, "effective", PACK_REQUIRED, &text);
    if (text.len == 0)
        return;
    if (!date_parse(text, &date)) {
        pack_wrong(r->loader, pack_place(r, "effective"), "must be a date, like 2026-07-01");
        return;
    }
    struct civil civil = temporal_civil(date);
    item->effective = (int32_t)day_of_date(civil.year, civil.month, civil.day);
}

static void read_party(const struct pack_reading *r, struct pack_item *item)
{
    static const char *const members[] = {"kind", "id", "name"};
    static const char *const kinds[] = {"person", "organisation"};
    struct value party = value_get(r->object, STR("party"));
    if (value_is_null(party))
        return;
    struct pack_reading inner = pack_reading(r->loader, party, STR("party"));
    pack_read_members(&inner, members, COUNT_OF(members));
    if (pack_read_choice(&inner, "kind", PACK_REQUIRED, kinds, COUNT_OF(kinds)) >= 0)
        item->party_kind = value_text(value_get(party, STR("kind")));
    pack_read_expression(&inner, "id", &item->party_id);
    pack_read_expression(&inner, "name", &item->party_name);
}

void pack_read_item(struct pack_loader *loader)
{
    struct pack_item *item = arena_new(loader->arena, struct pack_item);
    item->pack = loader->pack;
    item->file = loader->file;
    struct pack_reading r;
    if (!pack_read_object(loader, item_members, COUNT_OF(item_members), &r))
        return;
    item->json = r.object;
    pack_read_id(&r, "code", &item->code);
    item->version = 1;
    pack_read_int(&r, "version", 1, &item->version);
    read_effective(&r, item);
    pack_read_text(&r, "title", PACK_REQUIRED, &item->title);
    pack_read_text(&r, "summary", PACK_OPTIONAL, &item->summary);
    pack_read_text(&r, "catalog_code", PACK_OPTIONAL, &item->catalog_code);
    pack_read_text(&r, "type", PACK_REQUIRED, &item->type);
    pack_read_text(&r, "topic", PACK_OPTIONAL, &item->topic);
    int handling = pack_read_choice(&r, "handling", PACK_REQUIRED, handlings, COUNT_OF(handlings));
    item->handling = handling < 0 ? PACK_COMMITMENT : (enum pack_handling)handling;
    read_applicants(&r, item);
    int64_t level = 1;
    pack_read_int(&r, "identity_level", 0, &level);
    item->identity_level = (int)level;
    pack_read_text(&r, "form", PACK_OPTIONAL, &item->form);
    pack_read_text(&r, "process", PACK_REQUIRED, &item->process);
    read_party(&r, item);
    pack_read_expression(&r, "region", &item->region);
    pack_read_expression(&r, "title_of_case", &item->title_of_case);
    pack_read_expression(&r, "unique", &item->unique);
    pack_read_text(&r, "unique_record", PACK_OPTIONAL, &item->unique_record);
    pack_read_texts(&r, "checks", &item->checks, &item->check_count);
    struct value limits = value_get(item->json, STR("limits"));
    if (!value_is_null(limits)) {
        static const char *const members[] = {"statutory", "previous", "promised"};
        struct pack_reading inner = pack_reading(loader, limits, STR("limits"));
        pack_read_members(&inner, members, COUNT_OF(members));
        read_limit(&inner, "statutory", &item->statutory);
        read_limit(&inner, "previous", &item->previous);
        read_limit(&inner, "promised", &item->promised);
    }
    read_situations(&r);
    read_materials(&r, item);
    read_rating(&r, item);
    pack_read_bulk(&r, item);
    read_eligibility(&r, item);
    read_signature(&r, item);
    VECTOR_PUSH(loader->arena, &loader->pack->items, item);
}

bool pack_item_for_role(const struct pack_item *self, struct str role)
{
    for (size_t i = 0; i < self->applicant_count; i++)
        if (self->applicants[i].kind == PACK_BY_ROLE && str_equal(self->applicants[i].role, role))
            return true;
    return false;
}

bool pack_item_for(const struct pack_item *self, enum pack_applicant_kind kind)
{
    for (size_t i = 0; i < self->applicant_count; i++)
        if (self->applicants[i].kind == kind)
            return true;
    return false;
}
