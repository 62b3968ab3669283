/* Certificates with their templates, exchanges, roles. */
#include "pack/check.h"

/* ---- Templates ---- */

static const char *const template_names[] = {"number", "identifier", "issued",     "issuer_name", "title",
                                             "qr",     "verify_url", "demo",       "state",       "page",
                                             "holder", "issuer",     "valid_from", "valid_to",    "no"};

struct template_checking {
    const struct pack_checking *c;
    const struct pack_certificate *certificate;
    const struct pack_file *file;
    VECTOR(const char *) names;
    int loops; /* inside a loop the item's members are names: nothing is known */
};

/* The expression of one {{…}}; empty for {{else}}, {{/if}} and the like. */
static struct str tag_expression(struct template_checking *t, struct str tag)
{
    tag = str_trim(tag);
    if (str_starts(tag, STR("{")))
        tag = str_trim(str_part(tag, 1, tag.len));
    if (str_starts(tag, STR("#if ")))
        return str_part(tag, 4, tag.len);
    if (str_starts(tag, STR("#loop "))) {
        t->loops++;
        return str_part(tag, 6, tag.len);
    }
    if (str_starts(tag, STR("/loop")))
        t->loops--;
    if (str_starts(tag, STR("/")) || str_equal(tag, STR("else")) || str_starts(tag, STR(">")))
        return STR_NONE;
    return tag;
}

static void check_template(struct template_checking *t)
{
    struct str text = t->file->text;
    for (size_t at = 0;;) {
        ptrdiff_t open = str_find(text, STR("{{"), at);
        ptrdiff_t close = open < 0 ? -1 : str_find(text, STR("}}"), (size_t)open);
        if (close < 0)
            return;
        at = (size_t)close + 2;
        bool outside = t->loops == 0;
        struct str source = tag_expression(t, str_part(text, (size_t)open + 2, (size_t)close));
        const struct feel_program *program = NULL;
        struct feel_options options = {.syntax = FEEL_EXPRESSION};
        struct error err = ERROR_INIT;
        if (!outside || source.len == 0 || feel_compile(t->c->arena, source, &options, &program, &err) != OK)
            continue;
        pack_check_names(t->c, t->certificate->pack, t->file->path, source, program, t->names.items, t->names.count);
    }
}

void pack_check_certificate(const struct pack_checking *c, const struct pack_certificate *certificate)
{
    struct str path = certificate->file->path;
    if (certificate->type_code.len != 21)
        pack_check_tell(c, certificate->pack, path, STR("type_code"),
                        "must have 21 characters: 18 of the defining body and 3 digits");
    for (size_t i = 0; i < certificate->face_count; i++) {
        const struct pack_face *face = &certificate->face[i];
        if (face->codes.len > 0 && !pack_codes_find(c->set, face->codes))
            pack_check_tell(c, certificate->pack, path, face->key, "there is no code table '%.*s'",
                            STR_ARGS(face->codes));
    }
    for (size_t i = 0; i < certificate->page_count; i++) {
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++)
            seen = certificate->pages[k].file == certificate->pages[i].file;
        struct template_checking t = {.c = c, .certificate = certificate, .file = certificate->pages[i].file};
        if (seen)
            continue;
        for (size_t k = 0; k < COUNT_OF(template_names); k++)
            VECTOR_PUSH(c->arena, &t.names, template_names[k]);
        for (size_t k = 0; k < certificate->face_count; k++)
            VECTOR_PUSH(c->arena, &t.names, arena_cstr(c->arena, certificate->face[k].key));
        check_template(&t);
        if (str_find(t.file->text, STR("演示"), 0) < 0)
            pack_check_tell(c, certificate->pack, t.file->path, STR("demo"),
                            "the template must print 演示 on a demo server");
    }
}

/* ---- Exchanges ---- */

void pack_check_exchange(const struct pack_checking *c, const struct pack_exchange *exchange)
{
    static const char *const request_names[] = {"request", "case"};
    static const char *const reply_names[] = {"reply", "status", "request"};
    struct str path = pack_check_path(c, "exchanges", exchange->id);
    pack_check_names(c, exchange->pack, path, STR("request"), exchange->request.program, request_names,
                     COUNT_OF(request_names));
    pack_check_names(c, exchange->pack, path, STR("reply"), exchange->reply.program, reply_names,
                     COUNT_OF(reply_names));
    if (value_count(value_get(exchange->json, STR("fields"))) == 0)
        pack_check_tell(c, exchange->pack, path, STR("fields"), "say which personal fields are handed over");
}

/* ---- Roles ---- */

static const char *const permissions[] = {
    "*",
    "case.open",
    "case.bulk",
    "case.read",
    "case.act",
    "case.manage",
    "task.work",
    "task.manage",
    "certificate.read",
    "certificate.manage", "certificate.deliver",
    "party.read",
    "party.write",
    "record.read",
    "decision.evaluate",
    "indicator.read",
    "supervision.manage",
    "staff.assess",
    "job.work",
    "message.publish",   "process.deploy",     "process.read",    "process.start",     "process.operate",
    "model.read",         "model.draft",        "model.approve",
    "incident.manage",
    "exchange.manage",
    "user.manage",        "mandate.grant",
    "audit.read",         "audit.run",
    "setting.write",
};

void pack_check_roles(const struct pack_checking *c, const struct pack *pack)
{
    for (size_t i = 0; i < pack->roles.count; i++)
        for (size_t k = 0; k < pack->roles.items[i]->may_count; k++) {
            struct str word = pack->roles.items[i]->may[k];
            bool known = false;
            for (size_t n = 0; n < COUNT_OF(permissions) && !known; n++)
                known = str_equal(word, str_of(permissions[n]));
            if (!known)
                pack_check_tell(c, pack, STR("roles.json"), pack->roles.items[i]->id, "'%.*s' is no permission",
                                STR_ARGS(word));
        }
}
