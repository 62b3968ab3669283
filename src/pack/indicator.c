/* Indicators: what is counted, as declared. Conditions and amounts are FEEL over one case or one item. */
#include "pack/check.h"

static const char *const ofs[] = {[PACK_OF_CASES] = "cases", [PACK_OF_ITEMS] = "items", [PACK_OF_NOW] = "now",
                                  [PACK_OF_STAFF] = "staff"};
static const char *const whens[] = {
    [PACK_WHEN_OPENED] = "opened", [PACK_WHEN_CLOSED] = "closed", [PACK_WHEN_RATED] = "rated"};
static const char *const units[] = {[PACK_UNIT_COUNT] = "count",
                                    [PACK_UNIT_SHARE] = "share",
                                    [PACK_UNIT_DAYS] = "working-days",
                                    [PACK_UNIT_GRADE] = "grade"};
static const char *const betters[] = {
    [PACK_BETTER_NEITHER] = "neither", [PACK_BETTER_UP] = "up", [PACK_BETTER_DOWN] = "down"};
static const char *const states[] = {[PACK_STATE_OVERDUE] = "overdue", [PACK_STATE_DUE] = "due"};

const char *pack_indicator_unit_name(enum pack_indicator_unit unit)
{
    return units[unit];
}

const char *pack_indicator_of_name(enum pack_indicator_of of)
{
    return ofs[of];
}

const char *pack_indicator_when_name(enum pack_indicator_when when)
{
    return whens[when];
}

const char *pack_indicator_better_name(enum pack_indicator_better better)
{
    return betters[better];
}

static int choice(const struct pack_reading *r, const char *member, const char *const *words, size_t count)
{
    int found = pack_read_choice(r, member, PACK_OPTIONAL, words, count);
    return found < 0 ? 0 : found;
}

static void read_amount(const struct pack_reading *r, const char *member, struct pack_expression *out)
{
    pack_read_expression(r, member, out);
    if (out->source.len > 0 && !out->program)
        pack_wrong(r->loader, pack_place(r, member), "must be a FEEL expression, beginning with =");
}

static void read_dimensions(const struct pack_reading *r, struct pack_indicator *out)
{
    static const char *const known[] = {"region", "unit", "item", "month"};
    const struct str *words = NULL;
    size_t count = 0;
    pack_read_texts(r, "dimensions", &words, &count);
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        while (k < COUNT_OF(known) && !str_equal(words[i], str_of(known[k])))
            k++;
        if (k == COUNT_OF(known))
            pack_wrong(r->loader, pack_place(r, "dimensions"), "'%.*s' is none of region, unit, item, month",
                       STR_ARGS(words[i]));
        else
            out->dimensions |= 1u << k;
    }
}

/* Where everybody may see it. */
static void read_open(const struct pack_reading *r, const struct pack_indicator *self)
{
    static const char *const places[] = {"province", "city", "county", "item"};
    const struct str *words = NULL;
    size_t count = 0;
    pack_read_texts(r, "open", &words, &count);
    if (count && self->of == PACK_OF_STAFF)
        pack_wrong(r->loader, STR("open"), "what staff did is not open to everybody");
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        while (k < COUNT_OF(places) && !str_equal(words[i], str_of(places[k])))
            k++;
        if (k == COUNT_OF(places))
            pack_wrong(r->loader, STR("open"), "%.*s is none of province, city, county, item", STR_ARGS(words[i]));
    }
}

void pack_read_indicator(struct pack_loader *loader)
{
    static const char *const members[] = {"id",         "title",  "summary", "formula", "group",     "of",
                                          "when",       "state",  "unit",    "where",   "numerator", "denominator",
                                          "dimensions", "better", "target",  "source",  "sources",   "open"};
    struct pack_indicator *out = arena_new(loader->arena, struct pack_indicator);
    out->pack = loader->pack;
    out->file = loader->file;
    struct pack_reading r;
    if (!pack_read_head(loader, members, COUNT_OF(members), &out->id, &out->title, &r))
        return;
    out->json = r.object;
    pack_read_text(&r, "formula", PACK_REQUIRED, &out->formula);
    pack_read_text(&r, "source", PACK_REQUIRED, &out->source);
    pack_read_text(&r, "summary", PACK_OPTIONAL, &out->summary);
    pack_read_text(&r, "group", PACK_OPTIONAL, &out->group);
    out->of = (enum pack_indicator_of)choice(&r, "of", ofs, COUNT_OF(ofs));
    out->when = (enum pack_indicator_when)choice(&r, "when", whens, COUNT_OF(whens));
    out->unit = (enum pack_indicator_unit)choice(&r, "unit", units, COUNT_OF(units));
    out->better = (enum pack_indicator_better)choice(&r, "better", betters, COUNT_OF(betters));
    out->state = (enum pack_indicator_state)choice(&r, "state", states, COUNT_OF(states));
    out->target = value_get(out->json, STR("target"));
    if (out->target.kind != VALUE_NUMBER && !value_is_null(out->target))
        pack_wrong(loader, STR("target"), "must be a number");
    read_amount(&r, "where", &out->where);
    read_amount(&r, "numerator", &out->numerator);
    read_amount(&r, "denominator", &out->denominator);
    read_dimensions(&r, out);
    read_open(&r, out);
    VECTOR_PUSH(loader->arena, &loader->pack->indicators, out);
}

/* ---- The static check ---- */

static void check_expression(const struct pack_checking *c, const struct pack_indicator *self, const char *place,
                             const struct pack_expression *expression)
{
    static const char *const of_case[] = {"case", "item", "events", "certificates", "staff"};
    static const char *const of_item[] = {"item"};
    bool items = self->of == PACK_OF_ITEMS;
    size_t names = items ? COUNT_OF(of_item) : COUNT_OF(of_case) - (self->of != PACK_OF_STAFF);
    pack_check_names(c, self->pack, self->file->path, str_of(place), expression->program, items ? of_item : of_case,
                     names);
}

void pack_check_indicator(const struct pack_checking *c, const struct pack_indicator *self)
{
    struct str path = self->file->path;
    bool counted = self->of != PACK_OF_NOW;
    check_expression(c, self, "where", &self->where);
    check_expression(c, self, "numerator", &self->numerator);
    check_expression(c, self, "denominator", &self->denominator);
    if (counted && self->numerator.source.len == 0)
        pack_check_tell(c, self->pack, path, STR("numerator"), "say what is counted");
    if (!counted && (self->numerator.source.len || self->denominator.source.len || self->where.source.len))
        pack_check_tell(c, self->pack, path, STR("numerator"), "what stands now is counted by its state alone");
    if (!counted && self->unit != PACK_UNIT_COUNT)
        pack_check_tell(c, self->pack, path, STR("unit"), "what stands now is a count");
    if (self->unit == PACK_UNIT_COUNT && self->denominator.source.len)
        pack_check_tell(c, self->pack, path, STR("denominator"), "a count has none");
    bool has_day = self->of == PACK_OF_CASES || self->of == PACK_OF_STAFF;
    if (counted && value_is_null(value_get(self->json, STR("when"))) == has_day)
        pack_check_tell(c, self->pack, path, STR("when"), "goes with counting cases: opened, closed or rated");
    if (value_is_null(value_get(self->json, STR("state"))) == (self->of == PACK_OF_NOW))
        pack_check_tell(c, self->pack, path, STR("state"), "goes with what stands now: overdue or due");
    if ((self->of == PACK_OF_ITEMS || self->of == PACK_OF_STAFF) && self->dimensions)
        pack_check_tell(c, self->pack, path, STR("dimensions"), "a figure over items, or over staff, has none");
    if (value_count(value_get(self->json, STR("sources"))) == 0)
        pack_check_tell(c, self->pack, path, STR("sources"), "say which rule or document defines it");
}
