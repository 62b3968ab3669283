/* The smaller declarations: certificates, exchanges, records, notices, codes, roles, texts, scenarios. */
#include "pack/internal.h"

/* ---- Certificates ---- */

static void read_faces(const struct pack_reading *r, struct pack_certificate *out)
{
    static const char *const members[] = {"key", "label", "public", "required", "codes"};
    static const char *const visibilities[] = {
        [PACK_PUBLIC_NO] = "no", [PACK_PUBLIC_MASKED] = "masked", [PACK_PUBLIC_YES] = "yes"};
    struct pack_reading *objects = pack_read_objects(r, "face", &out->face_count);
    struct pack_face *faces = arena_array(r->loader->arena, struct pack_face, out->face_count);
    for (size_t i = 0; i < out->face_count; i++) {
        pack_read_members(&objects[i], members, COUNT_OF(members));
        pack_read_text(&objects[i], "key", PACK_REQUIRED, &faces[i].key);
        pack_read_text(&objects[i], "label", PACK_REQUIRED, &faces[i].label);
        int visible = pack_read_choice(&objects[i], "public", PACK_OPTIONAL, visibilities, COUNT_OF(visibilities));
        faces[i].visible = visible < 0 ? PACK_PUBLIC_NO : (enum pack_public)visible;
        pack_read_flag(&objects[i], "required", &faces[i].required);
        pack_read_text(&objects[i], "codes", PACK_OPTIONAL, &faces[i].codes);
    }
    out->face = faces;
}

/* {{> name.svg}} names a file beside the template. */
static bool find_partial(void *state, struct str name, struct str *out)
{
    const struct pack_loader *loader = state;
    const struct pack_file *file =
        pack_file_find(loader->pack, arena_printf(loader->arena, "certificates/%.*s", STR_ARGS(name)));
    if (file)
        *out = file->text;
    return file != NULL;
}

static const struct template *compile(struct pack_loader *loader, struct str source, enum template_kind kind,
                                      struct str place)
{
    const struct template *out = NULL;
    struct template_options options = {.kind = kind, .raw_allowed = kind == TEMPLATE_XML};
    if (kind == TEMPLATE_XML) {
        options.partial = find_partial;
        options.partial_state = loader;
    }
    struct error err = ERROR_INIT;
    if (template_compile(loader->arena, source, &options, &out, &err) != OK)
        pack_wrong(loader, place, "%s (%s)", err.message, err.field);
    return out;
}

static void read_pages(const struct pack_reading *r, struct pack_certificate *out)
{
    static const char *const members[] = {"id", "title", "template"};
    struct pack_loader *loader = r->loader;
    struct pack_reading *objects = pack_read_objects(r, "pages", &out->page_count);
    struct pack_page *pages = arena_array(loader->arena, struct pack_page, out->page_count);
    for (size_t i = 0; i < out->page_count; i++) {
        struct str name = STR_NONE;
        pack_read_members(&objects[i], members, COUNT_OF(members));
        pack_read_id(&objects[i], "id", &pages[i].id);
        pack_read_text(&objects[i], "title", PACK_REQUIRED, &pages[i].title);
        pack_read_text(&objects[i], "template", PACK_REQUIRED, &name);
        struct str path = arena_printf(loader->arena, "certificates/%.*s", STR_ARGS(name));
        pages[i].file = pack_file_find(loader->pack, path);
        if (!pages[i].file) {
            pack_wrong(loader, pack_place(&objects[i], "template"), "%.*s is not there", STR_ARGS(path));
            continue;
        }
        pages[i].template = compile(loader, pages[i].file->text, TEMPLATE_XML, path);
    }
    if (out->page_count == 0)
        pack_wrong(loader, STR("pages"), "a certificate needs at least one page");
    out->pages = pages;
}

#define RENEWAL_DAYS 30 /* Administrative Licensing Law 50 */
#define RENEWAL_DAYS_MOST 365

static void read_validity(struct pack_loader *loader, struct pack_certificate *out)
{
    static const char *const members[] = {"months", "renewal_days"};
    struct value validity = value_get(out->json, STR("validity"));
    struct pack_reading r = pack_reading(loader, validity, STR("validity"));
    int64_t months = 0, days = RENEWAL_DAYS;
    if (value_is_null(validity))
        return;
    pack_read_members(&r, members, COUNT_OF(members));
    pack_read_int(&r, "months", 1, &months);
    pack_read_int(&r, "renewal_days", 1, &days);
    out->validity_months = months > 1200 ? 1200 : (int)months;
    out->renewal_days = days > RENEWAL_DAYS_MOST ? RENEWAL_DAYS_MOST : (int)days;
}

void pack_read_certificate(struct pack_loader *loader)
{
    static const char *const members[] = {"id",       "title",    "type_code",       "issuer",  "serial",
                                          "face",     "pages",    "validity",        "sources", "note",
                                          "document", "series",   "holder_may_open", "number",  "issuer_name"};
    struct pack_certificate *out = arena_new(loader->arena, struct pack_certificate);
    out->pack = loader->pack;
    out->file = loader->file;
    struct pack_reading r;
    if (!pack_read_head(loader, members, COUNT_OF(members), &out->id, &out->title, &r))
        return;
    out->json = r.object;
    pack_read_text(&r, "type_code", PACK_REQUIRED, &out->type_code);
    pack_read_expression(&r, "issuer", &out->issuer);
    pack_read_expression(&r, "serial", &out->serial);
    pack_read_expression(&r, "issuer_name", &out->issuer_name);
    pack_read_expression(&r, "series", &out->series);
    pack_read_expression(&r, "number", &out->series_number);
    pack_read_flag(&r, "document", &out->document);
    pack_read_flag(&r, "holder_may_open", &out->holder_may_open);
    bool series = out->series.source.len > 0;
    if (series != (out->series_number.source.len > 0) || (out->document && !series))
        pack_wrong(loader, STR("series"), "goes with number, and a document needs both");
    read_faces(&r, out);
    read_pages(&r, out);
    read_validity(loader, out);
    VECTOR_PUSH(loader->arena, &loader->pack->certificates, out);
}

struct value pack_certificate_face(struct arena *arena, const struct pack_set *set, const struct pack_certificate *self,
                                   struct value face)
{
    for (size_t i = 0; i < self->face_count; i++) {
        struct str value = value_text(value_get(face, self->face[i].key));
        struct str label = STR_NONE;
        if (self->face[i].codes.len > 0 && value.len > 0)
            label = pack_code_label(set, self->face[i].codes, value);
        if (label.len > 0)
            face = value_put_path(arena, face, self->face[i].key, value_string(label));
    }
    return face;
}

/* ---- Exchanges ---- */

void pack_read_exchange(struct pack_loader *loader)
{
    static const char *const members[] = {"id",         "title", "agency",  "method", "path",  "request", "reply",
                                          "timeout_ms", "retry", "purpose", "fields", "basis", "sources"};
    static const char *const retry_members[] = {"max", "first_ms", "factor", "most_ms"};
    static const char *const methods[] = {"GET", "POST", "PUT", "DELETE"};
    struct pack_exchange *out = arena_new(loader->arena, struct pack_exchange);
    *out = (struct pack_exchange){.pack = loader->pack,
                                  .timeout_ms = 5000,
                                  .retry_max = 20,
                                  .retry_first_ms = 1000,
                                  .retry_most_ms = 3600000,
                                  .retry_factor = 2};
    struct pack_reading r;
    if (!pack_read_head(loader, members, COUNT_OF(members), &out->id, &out->title, &r))
        return;
    out->json = r.object;
    pack_read_id(&r, "agency", &out->agency);
    out->method = pack_read_choice(&r, "method", PACK_OPTIONAL, methods, COUNT_OF(methods)) < 0
                      ? STR("POST")
                      : value_text(value_get(out->json, STR("method")));
    pack_read_text(&r, "path", PACK_REQUIRED, &out->path);
    if (out->path.len > 0 && out->path.data[0] != '/')
        pack_wrong(loader, STR("path"), "must begin with /");
    pack_read_text(&r, "purpose", PACK_REQUIRED, &out->purpose);
    pack_read_expression(&r, "request", &out->request);
    pack_read_expression(&r, "reply", &out->reply);
    pack_read_int(&r, "timeout_ms", 1, &out->timeout_ms);
    struct value retry = value_get(out->json, STR("retry"));
    if (!value_is_null(retry)) {
        struct pack_reading inner = pack_reading(loader, retry, STR("retry"));
        int64_t max = out->retry_max;
        pack_read_members(&inner, retry_members, COUNT_OF(retry_members));
        pack_read_int(&inner, "max", 0, &max);
        out->retry_max = max > 1000 ? 1000 : (int)max;
        pack_read_int(&inner, "first_ms", 1, &out->retry_first_ms);
        pack_read_int(&inner, "most_ms", 1, &out->retry_most_ms);
        struct value factor = value_get(retry, STR("factor"));
        if (factor.kind == VALUE_NUMBER && value_to_double(factor) >= 1)
            out->retry_factor = value_to_double(factor);
        else if (!value_is_null(factor))
            pack_wrong(loader, STR("retry.factor"), "must be a number from 1");
    }
    VECTOR_PUSH(loader->arena, &loader->pack->exchanges, out);
}

/* ---- Records, notices ---- */

void pack_read_record(struct pack_loader *loader)
{
    static const char *const members[] = {"id",   "title",   "subject", "retention", "read_roles",
                                          "note", "sources", "fields",  "hold"};
    struct pack_record *out = arena_new(loader->arena, struct pack_record);
    out->pack = loader->pack;
    struct pack_reading r;
    if (!pack_read_head(loader, members, COUNT_OF(members), &out->id, &out->title, &r))
        return;
    out->json = r.object;
    pack_read_text(&r, "subject", PACK_REQUIRED, &out->subject);
    pack_read_text(&r, "retention", PACK_REQUIRED, &out->retention);
    pack_read_texts(&r, "read_roles", &out->read_roles, &out->read_role_count);
    VECTOR_PUSH(loader->arena, &loader->pack->records, out);
}

void pack_read_notice(struct pack_loader *loader)
{
    static const char *const members[] = {"id", "title", "channel", "text", "sources"};
    struct pack_notice *out = arena_new(loader->arena, struct pack_notice);
    out->pack = loader->pack;
    struct pack_reading r;
    if (!pack_read_object(loader, members, COUNT_OF(members), &r))
        return;
    struct str title = STR_NONE;
    struct str text = STR_NONE;
    out->json = r.object;
    pack_read_id(&r, "id", &out->id);
    pack_read_text(&r, "channel", PACK_REQUIRED, &out->channel);
    pack_read_text(&r, "title", PACK_REQUIRED, &title);
    pack_read_text(&r, "text", PACK_REQUIRED, &text);
    out->title = compile(loader, title, TEMPLATE_TEXT, STR("title"));
    out->text = compile(loader, text, TEMPLATE_TEXT, STR("text"));
    VECTOR_PUSH(loader->arena, &loader->pack->notices, out);
}

/* ---- Codes, roles, texts, scenarios ---- */

void pack_read_codes(struct pack_loader *loader)
{
    static const char *const members[] = {"id", "title", "source", "values", "note"};
    static const char *const value_members[] = {"value", "label", "note", "group", "until"};
    struct pack_codes *out = arena_new(loader->arena, struct pack_codes);
    out->pack = loader->pack;
    struct pack_reading r;
    if (!pack_read_head(loader, members, COUNT_OF(members), &out->id, &out->title, &r))
        return;
    pack_read_text(&r, "source", PACK_REQUIRED, &out->source);
    struct pack_reading *objects = pack_read_objects(&r, "values", &out->count);
    struct form_option *options = arena_array(loader->arena, struct form_option, out->count);
    for (size_t i = 0; i < out->count; i++) {
        pack_read_members(&objects[i], value_members, COUNT_OF(value_members));
        pack_read_text(&objects[i], "value", PACK_REQUIRED, &options[i].value);
        pack_read_text(&objects[i], "label", PACK_REQUIRED, &options[i].label);
    }
    out->options = options;
    VECTOR_PUSH(loader->arena, &loader->pack->codes, out);
}

void pack_read_roles(struct pack_loader *loader)
{
    static const char *const members[] = {"id", "title", "scope", "may"};
    static const char *const scopes[] = {[PACK_SCOPE_OWN] = "own",
                                         [PACK_SCOPE_UNIT] = "unit",
                                         [PACK_SCOPE_REGION] = "region",
                                         [PACK_SCOPE_PROVINCE] = "province"};
    struct value json;
    if (!pack_read_list(loader, &json))
        return;
    for (size_t i = 0; i < value_count(json); i++) {
        struct pack_role *out = arena_new(loader->arena, struct pack_role);
        struct pack_reading r = pack_reading(loader, value_at(json, i), arena_printf(loader->arena, "[%zu]", i));
        out->pack = loader->pack;
        pack_read_members(&r, members, COUNT_OF(members));
        pack_read_id(&r, "id", &out->id);
        pack_read_text(&r, "title", PACK_OPTIONAL, &out->title);
        int scope =
            pack_read_choice(&r, "scope", out->title.len > 0 ? PACK_REQUIRED : PACK_OPTIONAL, scopes, COUNT_OF(scopes));
        out->scope = scope < 0 ? PACK_SCOPE_OWN : (enum pack_scope)scope;
        pack_read_texts(&r, "may", &out->may, &out->may_count);
        VECTOR_PUSH(loader->arena, &loader->pack->roles, out);
    }
}

bool pack_role_may(const struct pack_role *self, struct str action)
{
    for (size_t i = 0; i < self->may_count; i++)
        if (str_equal(self->may[i], STR("*")) || str_equal(self->may[i], action))
            return true;
    return false;
}

void pack_read_texts_table(struct pack_loader *loader)
{
    struct pack_texts_table table = {.file = loader->file};
    struct str name = str_part(loader->file->path, 6, loader->file->path.len - 5); /* texts/LANGUAGE.json */
    if (!pack_read_json(loader, &table.texts))
        return;
    if (table.texts.kind != VALUE_CONTEXT) {
        pack_wrong(loader, STR(""), "must be an object {text: translation}");
        return;
    }
    for (size_t i = 0; i < table.texts.context->count; i++)
        if (table.texts.context->members[i].value.kind != VALUE_STRING)
            pack_wrong(loader, table.texts.context->members[i].key, "must be text");
    table.language = name;
    VECTOR_PUSH(loader->arena, &loader->pack->texts, table);
}

void pack_read_scenario(struct pack_loader *loader)
{
    struct pack_scenario *out = arena_new(loader->arena, struct pack_scenario);
    out->pack = loader->pack;
    out->file = loader->file;
    if (!pack_read_json(loader, &out->json))
        return;
    struct pack_reading r = pack_reading(loader, out->json, STR(""));
    pack_read_text(&r, "title", PACK_REQUIRED, &out->title);
    size_t steps = 0;
    (void)pack_read_objects(&r, "steps", &steps);
    if (steps == 0)
        pack_wrong(loader, STR("steps"), "a scenario needs steps");
    VECTOR_PUSH(loader->arena, &loader->pack->scenarios, out);
}

void pack_read_staff(struct pack_loader *loader)
{
    static const char *const members[] = {"name", "title", "role", "region", "unit", "unit_name", "uscc"};
    struct value json;
    if (!pack_read_list(loader, &json))
        return;
    for (size_t i = 0; i < value_count(json); i++) {
        struct str text = STR_NONE;
        struct pack_reading r = pack_reading(loader, value_at(json, i), arena_printf(loader->arena, "[%zu]", i));
        pack_read_members(&r, members, COUNT_OF(members));
        pack_read_text(&r, "name", PACK_REQUIRED, &text);
        pack_read_text(&r, "role", PACK_REQUIRED, &text);
        pack_read_text(&r, "region", PACK_REQUIRED, &text);
    }
    loader->pack->staff = json;
}
