/* Alerts: when electronic supervision puts a case, or an institution, on its list. Conditions are FEEL over one case,
 * or the bound of an indicator over an institution. */
#include "pack/check.h"

static const char *const ofs[] = {[PACK_ALERT_CASE] = "case", [PACK_ALERT_UNIT] = "unit"};

static void read_duration(const struct pack_reading *r, const char *member, enum pack_need need, struct str *out)
{
    struct value length;
    int64_t days;
    pack_read_text(r, member, need, out);
    if (!out->len)
        return;
    bool working = str_starts(*out, STR("P")) && str_ends(*out, STR("WD")) &&
                   str_to_int64(str_part(*out, 1, out->len - 2), &days) && days >= 0 && days <= 366;
    if (!working && !duration_parse(*out, &length))
        pack_wrong(r->loader, pack_place(r, member), "must be a duration such as PT8H, P1D or P2WD (working days)");
}

static void read_bound(const struct pack_reading *r, const char *member, struct value *out)
{
    *out = value_get(r->object, str_of(member));
    if (out->kind != VALUE_NUMBER && !value_is_null(*out))
        pack_wrong(r->loader, pack_place(r, member), "must be a number");
}

void pack_read_alert(struct pack_loader *loader)
{
    static const char *const members[] = {"id",    "title", "summary",  "of",     "since",
                                          "after", "where", "due",      "owner",  "indicator",
                                          "above", "below", "at_least", "reason", "sources"};
    struct pack_alert *out = arena_new(loader->arena, struct pack_alert);
    out->pack = loader->pack;
    out->file = loader->file;
    struct pack_reading r;
    if (!pack_read_head(loader, members, COUNT_OF(members), &out->id, &out->title, &r))
        return;
    out->json = r.object;
    pack_read_text(&r, "reason", PACK_REQUIRED, &out->reason);
    int of = pack_read_choice(&r, "of", PACK_REQUIRED, ofs, COUNT_OF(ofs));
    out->of = of < 0 ? PACK_ALERT_CASE : (enum pack_alert_of)of;
    out->after = STR("PT0S");
    out->due = STR("P3WD");
    read_duration(&r, "after", PACK_OPTIONAL, &out->after);
    read_duration(&r, "due", PACK_OPTIONAL, &out->due);
    pack_read_expression(&r, "since", &out->since);
    pack_read_expression(&r, "where", &out->where);
    pack_read_expression(&r, "owner", &out->owner);
    pack_read_text(&r, "indicator", PACK_OPTIONAL, &out->indicator);
    read_bound(&r, "above", &out->above);
    read_bound(&r, "below", &out->below);
    pack_read_int(&r, "at_least", 1, &out->at_least);
    VECTOR_PUSH(loader->arena, &loader->pack->alerts, out);
}

/* ---- The static check ---- */

static void check_expression(const struct pack_checking *c, const struct pack_alert *self, const char *place,
                             const struct pack_expression *expression)
{
    static const char *const names[] = {"case", "item", "events", "certificates"};
    if (expression->source.len && !expression->program)
        pack_check_tell(c, self->pack, self->file->path, str_of(place), "must be a FEEL expression, beginning with =");
    pack_check_names(c, self->pack, self->file->path, str_of(place), expression->program, names, COUNT_OF(names));
}

static void check_case(const struct pack_checking *c, const struct pack_alert *self)
{
    check_expression(c, self, "since", &self->since);
    check_expression(c, self, "where", &self->where);
    check_expression(c, self, "owner", &self->owner);
    if (!self->since.source.len)
        pack_check_tell(c, self->pack, self->file->path, STR("since"), "say from which instant on the alert counts");
    if (self->indicator.len)
        pack_check_tell(c, self->pack, self->file->path, STR("indicator"), "goes with institutions (of: unit)");
}

static void check_unit(const struct pack_checking *c, const struct pack_alert *self)
{
    const struct pack_indicator *indicator = pack_indicator_find(c->set, self->indicator);
    struct str path = self->file->path;
    if (self->since.source.len || self->where.source.len || self->owner.source.len)
        pack_check_tell(c, self->pack, path, STR("since"), "goes with cases (of: case)");
    if (!indicator || indicator->of != PACK_OF_CASES || indicator->unit == PACK_UNIT_COUNT ||
        !(indicator->dimensions & PACK_BY_UNIT))
        pack_check_tell(c, self->pack, path, STR("indicator"),
                        "must name an indicator over cases that is a ratio and has the dimension unit");
    if (value_is_null(self->above) == value_is_null(self->below))
        pack_check_tell(c, self->pack, path, STR("above"), "say one bound: above or below");
    if (self->at_least < 1)
        pack_check_tell(c, self->pack, path, STR("at_least"), "say from how many cases on an institution is judged");
}

void pack_check_alert(const struct pack_checking *c, const struct pack_alert *self)
{
    if (self->of == PACK_ALERT_CASE)
        check_case(c, self);
    else
        check_unit(c, self);
    if (value_count(value_get(self->json, STR("sources"))) == 0)
        pack_check_tell(c, self->pack, self->file->path, STR("sources"), "say which rule or document asks for it");
}
