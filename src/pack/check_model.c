/* Forms, processes and decisions: references, names, and what their own modules find. */
#include "pack/check.h"

#include "bpmn/check.h"

#include <libxml/xmlreader.h>
#include <limits.h>
#include <string.h>

/* ---- Forms ---- */

struct form_checking {
    const struct pack_checking *c;
    const struct pack_form *form;
    VECTOR(const char *) names; /* top-level names of the data, of rows, and this, parent */
};

static bool gather_name(void *state, const struct form_component *component, struct str path)
{
    struct form_checking *f = state;
    (void)component;
    if (path.len == 0)
        return true;
    struct str rest = path;
    ptrdiff_t row = str_find(path, STR("[]."), 0);
    if (row >= 0)
        rest = str_part(path, (size_t)row + 3, path.len);
    struct str first = str_cut(&rest, '.');
    VECTOR_PUSH(f->c->arena, &f->names, arena_cstr(f->c->arena, first));
    return true;
}

static void check_source(struct form_checking *f, const struct form_component *component, struct str source,
                         const char *place, const char *const *names, size_t count)
{
    const struct feel_program *program = NULL;
    struct feel_options options = {.syntax = FEEL_EXPRESSION};
    struct error err = ERROR_INIT;
    if (source.len == 0 || feel_compile(f->c->arena, source, &options, &program, &err) != OK)
        return;
    struct str where = arena_printf(f->c->arena, "%.*s.%s", STR_ARGS(component->id), place);
    pack_check_names(f->c, f->form->pack, f->form->file->path, where, program, names, count);
}

static bool check_component(void *state, const struct form_component *component, struct str path)
{
    static const char *const prefill_names[] = {"applicant", "staff", "party", "case"};
    struct form_checking *f = state;
    (void)path;
    if (component->codes.len > 0 && !pack_codes_find(f->c->set, component->codes))
        pack_check_tell(f->c, f->form->pack, f->form->file->path, component->id, "there is no code table '%.*s'",
                        STR_ARGS(component->codes));
    if (component->label.len == 0 && component->type != FORM_TEXT && component->type != FORM_SEPARATOR)
        pack_check_tell(f->c, f->form->pack, f->form->file->path, component->id, "has no label");
    check_source(f, component, component->hide, "conditional.hide", f->names.items, f->names.count);
    check_source(f, component, component->prefill, "properties.prefill", prefill_names, COUNT_OF(prefill_names));
    return true;
}

void pack_check_form(const struct pack_checking *c, const struct pack_form *form)
{
    struct form_checking f = {.c = c, .form = form};
    VECTOR_PUSH(c->arena, &f.names, "this");
    VECTOR_PUSH(c->arena, &f.names, "parent");
    form_walk(form->form, c->arena, gather_name, &f);
    form_walk(form->form, c->arena, check_component, &f);
}

/* ---- Processes ---- */

static struct bpmn_names names_of(struct arena *arena, const struct pack_index *index)
{
    struct str *names = arena_array(arena, struct str, index->count);
    for (size_t i = 0; i < index->count; i++)
        names[i] = *(const struct str *)index->items[i];
    return (struct bpmn_names){true, index->count, names};
}

static bool is_of_item(const struct pack_set *set, struct str process)
{
    for (size_t i = 0; i < set->items.count; i++)
        if (str_equal(((const struct pack_item *)set->items.items[i])->process, process))
            return true;
    return false;
}

/* What an input of a built-in job names, when it is static text. */
static const struct {
    const char *target;
    size_t index_at; /* offset of the index in struct pack_set */
} named_inputs[] = {
    {"certificate", offsetof(struct pack_set, certificates)},
    {"exchange", offsetof(struct pack_set, exchanges)},
    {"record", offsetof(struct pack_set, records)},
    {"notice", offsetof(struct pack_set, notices)},
    {"item", offsetof(struct pack_set, items)},
};

static void check_input(const struct pack_checking *c, const struct pack_process *p, struct str source,
                        struct str target, int line)
{
    struct str place = arena_printf(c->arena, "line %d", line);
    for (size_t i = 0; i < COUNT_OF(named_inputs); i++) {
        const struct pack_index *index = (const void *)((const char *)c->set + named_inputs[i].index_at);
        if (str_equal(target, str_of(named_inputs[i].target)) && !str_starts(source, STR("=")) &&
            !pack_index_find(index, source))
            pack_check_tell(c, p->pack, p->file->path, place, "there is no %s '%.*s'", named_inputs[i].target,
                            STR_ARGS(source));
    }
}

static void check_groups(const struct pack_checking *c, const struct pack_process *p, struct str groups, int line)
{
    if (str_starts(groups, STR("=")))
        return;
    struct str place = arena_printf(c->arena, "line %d", line);
    while (groups.len > 0) {
        struct str role = str_trim(str_cut(&groups, ','));
        if (!pack_role_find(c->set, role))
            pack_check_tell(c, p->pack, p->file->path, place, "there is no role '%.*s'", STR_ARGS(role));
    }
}

static struct str attribute(struct arena *arena, xmlTextReaderPtr reader, const char *name)
{
    xmlChar *text = xmlTextReaderGetAttribute(reader, BAD_CAST name);
    struct str out = text ? arena_str(arena, str_of((const char *)text)) : STR_NONE;
    xmlFree(text);
    return out;
}

/* Mappings and assignments as they stand in the XML: the model's public face does not show them. */
static void check_extensions(const struct pack_checking *c, const struct pack_process *p)
{
    CHECK(p->file->text.len <= INT_MAX);
    xmlTextReaderPtr reader =
        xmlReaderForMemory(p->file->text.data, (int)p->file->text.len, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR);
    while (reader && xmlTextReaderRead(reader) == 1) {
        if (xmlTextReaderNodeType(reader) != XML_READER_TYPE_ELEMENT)
            continue;
        const char *name = (const char *)xmlTextReaderConstLocalName(reader);
        int line = xmlTextReaderGetParserLineNumber(reader);
        if (strcmp(name, "input") == 0)
            check_input(c, p, attribute(c->arena, reader, "source"), attribute(c->arena, reader, "target"), line);
        else if (strcmp(name, "assignmentDefinition") == 0)
            check_groups(c, p, attribute(c->arena, reader, "candidateGroups"), line);
    }
    xmlFreeTextReader(reader);
}

void pack_process_problems(struct arena *arena, const struct pack_set *self, const struct pack_process *process,
                           struct bpmn_problems *out)
{
    static const struct str started_with[] = {{"form", 4}, {"case", 4}, {"party", 5}, {"applicant", 9}, {"staff", 5},
                                                {"item", 4}, {"materials", 9}};
    struct bpmn_check_options options = {
        .forms = names_of(arena, &self->forms),
        .decisions = names_of(arena, &self->decisions),
        .processes = names_of(arena, &self->processes),
        .variables = {is_of_item(self, process->id), COUNT_OF(started_with), started_with},
        .results_mapped = true,
        .limits_wanted = true,
    };
    bpmn_check(arena, process->process, &options, out);
}

void pack_check_process(const struct pack_checking *c, const struct pack_process *p)
{
    struct bpmn_problems problems = {0};
    pack_process_problems(c->arena, c->set, p, &problems);
    for (size_t i = 0; i < problems.list.count; i++) {
        const struct bpmn_problem *one = &problems.list.items[i];
        if (one->severity == BPMN_ERROR)
            pack_check_tell(c, p->pack, p->file->path, one->element_id, "%.*s", STR_ARGS(one->message));
        else if (one->severity == BPMN_WARNING)
            pack_check_warn(c, p->pack, p->file->path, one->element_id, "%.*s", STR_ARGS(one->message));
    }
    check_extensions(c, p);
}

/* ---- Decisions ---- */

/* Each model once, though it may hold many decisions. */
void pack_check_decisions(const struct pack_checking *c, const struct pack *pack)
{
    for (size_t i = 0; i < pack->decisions.count; i++) {
        const struct pack_decision *decision = pack->decisions.items[i];
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++)
            seen = pack->decisions.items[k]->file == decision->file;
        const struct dmn_problem *problems = NULL;
        size_t count = seen ? 0 : dmn_check(c->arena, decision->model, &problems);
        for (size_t k = 0; k < count; k++) {
            if (!str_equal(problems[k].file, decision->file->path) || problems[k].severity == DMN_NOTE)
                continue;
            if (problems[k].severity == DMN_ERROR)
                pack_check_tell(c, pack, decision->file->path, problems[k].element, "%.*s",
                                STR_ARGS(problems[k].message));
            else
                pack_check_warn(c, pack, decision->file->path, problems[k].element, "%.*s",
                                STR_ARGS(problems[k].message));
        }
    }
}

/* ---- What nothing leads to ---- */

struct reached {
    const struct pack_checking *c;
    VECTOR(struct str) processes, decisions, forms;
};

static bool listed(const struct str *items, size_t count, struct str id)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(items[i], id))
            return true;
    return false;
}

static void reach_process(struct reached *r, struct str id)
{
    const struct pack_process *process = pack_process_find(r->c->set, id);
    if (!process || listed(r->processes.items, r->processes.count, id))
        return;
    VECTOR_PUSH(r->c->arena, &r->processes, id);
    const struct bpmn_process_info *info = bpmn_process_info(process->process);
    for (size_t i = 0; i < info->element_count; i++) {
        const struct bpmn_element_info *e = &info->elements[i];
        if (e->decision_id.len > 0)
            VECTOR_PUSH(r->c->arena, &r->decisions, e->decision_id);
        if (e->form_id.len > 0)
            VECTOR_PUSH(r->c->arena, &r->forms, e->form_id);
        if (e->process_id.len > 0)
            reach_process(r, e->process_id);
    }
}

static bool computed(struct str text)
{
    return str_starts(text, STR("="));
}

/* A decision is led to when it, or another one of its file, is called. */
static bool decision_reached(const struct reached *r, const struct pack_decision *decision)
{
    for (size_t i = 0; i < r->decisions.count; i++) {
        const struct pack_decision *called = pack_decision_find(r->c->set, r->decisions.items[i]);
        if (computed(r->decisions.items[i]) || (called && called->file == decision->file))
            return true;
    }
    return false;
}

void pack_check_used(const struct pack_checking *c, const struct pack *pack)
{
    struct reached r = {.c = c};
    for (size_t i = 0; i < c->set->items.count; i++) {
        const struct pack_item *item = c->set->items.items[i];
        reach_process(&r, item->process);
        VECTOR_PUSH(c->arena, &r.forms, item->form);
        for (size_t k = 0; k < item->check_count; k++)
            VECTOR_PUSH(c->arena, &r.decisions, item->checks[k]);
    }
    for (size_t i = 0; i < pack->processes.count; i++)
        if (!listed(r.processes.items, r.processes.count, pack->processes.items[i]->id))
            pack_check_warn(c, pack, pack->processes.items[i]->file->path, STR(""), "no item leads to this process");
    for (size_t i = 0; i < pack->forms.count; i++)
        if (!listed(r.forms.items, r.forms.count, pack->forms.items[i]->id))
            pack_check_warn(c, pack, pack->forms.items[i]->file->path, STR(""), "nothing uses this form");
    for (size_t i = 0; i < pack->decisions.count; i++)
        if (!decision_reached(&r, pack->decisions.items[i]))
            pack_check_warn(c, pack, pack->decisions.items[i]->file->path, pack->decisions.items[i]->id,
                            "no item leads to this decision");
}
