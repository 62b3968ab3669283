/* Visible texts: each with a Chinese character in it needs its English. */
#include "pack/check.h"
#include "pack/prefill.h"

static bool has_han(struct str text)
{
    for (size_t at = 0; at < text.len;) {
        uint32_t point = utf8_next(text, &at);
        if (point >= 0x2E80 && point <= 0x9FFF)
            return true;
    }
    return false;
}

struct texting {
    const struct pack_checking *c;
    const struct pack *pack;
    struct str path;
};

static void want(const struct texting *t, struct str place, struct str text)
{
    struct pack_problems *problems = t->c->problems;
    size_t told = problems->list.count;
    if (!has_han(text) || pack_text_known(t->c->set, STR("en"), text))
        return;
    pack_check_tell(t->c, t->pack, t->path, place, "has no English text: %.*s", STR_ARGS(text));
    if (problems->list.count > told)
        problems->list.items[told].untranslated = true;
}

static void want_cstr(const struct texting *t, const char *place, struct str text)
{
    want(t, str_of(place), text);
}

/* Every text below v at member names that people see. */
static void want_members(const struct texting *t, struct value v, const char *const *members, size_t count,
                         struct str place)
{
    for (size_t i = 0; v.kind == VALUE_LIST && i < v.list->count; i++) {
        struct str at = arena_printf(t->c->arena, "%.*s[%zu]", STR_ARGS(place), i);
        struct value one = v.list->items[i];
        if (one.kind == VALUE_STRING)
            want(t, at, one.string);
        else
            want_members(t, one, members, count, at);
    }
    for (size_t i = 0; v.kind == VALUE_CONTEXT && i < count; i++) {
        struct value member = value_get(v, str_of(members[i]));
        if (member.kind == VALUE_STRING)
            want(t, arena_printf(t->c->arena, "%.*s.%s", STR_ARGS(place), members[i]), member.string);
    }
}

void pack_check_item_texts(const struct pack_checking *c, const struct pack_item *item)
{
    static const char *const lists[] = {"conditions", "materials", "flow", "faq", "basis", "fees", "situations"};
    static const char *const members[] = {"name", "step",    "result", "question", "answer",   "title", "fill",
                                          "law",  "article", "text",   "note",     "standard"};
    struct texting t = {c, item->pack, item->file->path};
    want_cstr(&t, "title", item->title);
    want_cstr(&t, "summary", item->summary);
    want_cstr(&t, "result.name", value_text(value_path(item->json, "result.name")));
    want_cstr(&t, "visits_reason", value_text(value_get(item->json, STR("visits_reason"))));
    want_cstr(&t, "limits.statutory.basis", item->statutory.basis);
    want_cstr(&t, "signature.text", item->signature);
    for (size_t i = 0; i < item->ask_count; i++)
        want_cstr(&t, "eligibility.ask", item->asks[i]);
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        want_members(&t, value_get(item->json, str_of(lists[i])), members, COUNT_OF(members), str_of(lists[i]));
    want_members(&t, value_path(item->json, "bulk.columns"), members, COUNT_OF(members), STR("bulk.columns"));
}

static bool check_component(void *state, const struct form_component *component, struct str path)
{
    const struct texting *t = state;
    (void)path;
    want(t, component->id, component->label);
    want(t, component->id, component->description);
    want(t, component->id, component->text);
    want(t, component->id, component->placeholder);
    want(t, component->id, component->unit);
    for (size_t i = 0; i < component->option_count; i++)
        want(t, component->id, component->options[i].label);
    return true;
}

static void check_form(const struct pack_checking *c, const struct pack_form *form)
{
    struct texting t = {c, form->pack, form->file->path};
    want_cstr(&t, "title", value_text(value_get(form_schema(form->form), STR("title"))));
    form_walk(form->form, c->arena, check_component, &t);
}

static void check_process(const struct pack_checking *c, const struct pack_process *process)
{
    struct texting t = {c, process->pack, process->file->path};
    const struct bpmn_process_info *info = bpmn_process_info(process->process);
    want_cstr(&t, "name", info->name);
    for (size_t i = 0; i < info->element_count; i++)
        want(&t, info->elements[i].id, info->elements[i].name);
}

static void check_codes(const struct pack_checking *c, const struct pack_codes *codes)
{
    struct texting t = {c, codes->pack, pack_check_path(c, "codes", codes->id)};
    want_cstr(&t, "title", codes->title);
    for (size_t i = 0; i < codes->count; i++)
        want(&t, codes->options[i].value, codes->options[i].label);
}

static void check_certificate(const struct pack_checking *c, const struct pack_certificate *certificate)
{
    struct texting t = {c, certificate->pack, certificate->file->path};
    want_cstr(&t, "title", certificate->title);
    for (size_t i = 0; i < certificate->face_count; i++)
        want(&t, certificate->face[i].key, certificate->face[i].label);
    for (size_t i = 0; i < certificate->page_count; i++)
        want(&t, certificate->pages[i].id, certificate->pages[i].title);
}

/* A kind whose file holds its texts as plain members. */
static void check_members(const struct pack_checking *c, const struct pack *pack, struct str path, struct value json)
{
    static const char *const members[] = {"title", "purpose", "text", "summary", "formula", "source", "reason"};
    struct texting t = {c, pack, path};
    want_members(&t, json, members, COUNT_OF(members), STR(""));
}

static void check_prefill(const struct pack_checking *c, const struct pack_prefill *prefill)
{
    struct texting t = {c, prefill->pack, prefill->file->path};
    want_cstr(&t, "title", prefill->title);
    for (size_t i = 0; i < prefill->source_count; i++)
        want(&t, prefill->sources[i].name, prefill->sources[i].title);
}

void pack_check_texts(const struct pack_checking *c, const struct pack *pack)
{
    check_members(c, pack, STR("pack.json"), pack->manifest);
    for (size_t i = 0; i < pack->items.count; i++)
        pack_check_item_texts(c, pack->items.items[i]);
    for (size_t i = 0; i < pack->forms.count; i++)
        check_form(c, pack->forms.items[i]);
    for (size_t i = 0; i < pack->processes.count; i++)
        check_process(c, pack->processes.items[i]);
    for (size_t i = 0; i < pack->codes.count; i++)
        check_codes(c, pack->codes.items[i]);
    for (size_t i = 0; i < pack->certificates.count; i++)
        check_certificate(c, pack->certificates.items[i]);
    for (size_t i = 0; i < pack->exchanges.count; i++)
        check_members(c, pack, pack_check_path(c, "exchanges", pack->exchanges.items[i]->id),
                      pack->exchanges.items[i]->json);
    for (size_t i = 0; i < pack->records.count; i++)
        check_members(c, pack, pack_check_path(c, "records", pack->records.items[i]->id), pack->records.items[i]->json);
    for (size_t i = 0; i < pack->notices.count; i++)
        check_members(c, pack, pack_check_path(c, "notices", pack->notices.items[i]->id), pack->notices.items[i]->json);
    for (size_t i = 0; i < pack->indicators.count; i++)
        check_members(c, pack, pack_check_path(c, "indicators", pack->indicators.items[i]->id),
                      pack->indicators.items[i]->json);
    for (size_t i = 0; i < pack->alerts.count; i++)
        check_members(c, pack, pack_check_path(c, "alerts", pack->alerts.items[i]->id), pack->alerts.items[i]->json);
    for (size_t i = 0; i < pack->prefills.count; i++)
        check_prefill(c, pack->prefills.items[i]);
    struct texting roles = {c, pack, STR("roles.json")};
    for (size_t i = 0; i < pack->roles.count; i++)
        want(&roles, pack->roles.items[i]->id, pack->roles.items[i]->title);
    for (size_t i = 0; i < pack->decisions.count; i++) {
        struct texting t = {c, pack, pack->decisions.items[i]->file->path};
        want(&t, pack->decisions.items[i]->id, pack->decisions.items[i]->name);
    }
}
