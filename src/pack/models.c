/* Forms, processes and decisions: files whose content another module understands. */
#include "pack/internal.h"

void pack_read_form(struct pack_loader *loader)
{
    struct pack_form *out = arena_new(loader->arena, struct pack_form);
    struct error err = ERROR_INIT;
    if (form_load(loader->arena, loader->file->text, &out->form, &err) != OK) {
        pack_wrong(loader, str_of(err.field), "%s", err.message);
        return;
    }
    out->id = form_id(out->form);
    out->pack = loader->pack;
    out->file = loader->file;
    VECTOR_PUSH(loader->arena, &loader->pack->forms, out);
}

/* 52 bits of the hash, so that the number survives JSON readers that only have doubles. */
int64_t pack_process_version(struct str hash)
{
    int64_t n = 0;
    for (size_t i = 0; i < 13 && i < hash.len; i++) {
        char ch = hash.data[i];
        int digit = ch >= '0' && ch <= '9' ? ch - '0' : ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : 0;
        n = n * 16 + digit;
    }
    return n > 0 ? n : 1;
}

void pack_read_process(struct pack_loader *loader)
{
    struct bpmn_load_options options = {.version = pack_process_version(loader->file->hash)};
    struct bpmn_problems problems = {0};
    struct error err = ERROR_INIT;
    const struct bpmn_model *model = NULL;
    if (bpmn_model_load(loader->arena, loader->file->text, &options, &problems, &model, &err) != OK) {
        size_t errors = 0;
        for (size_t i = 0; i < problems.list.count; i++)
            if (problems.list.items[i].severity == BPMN_ERROR) {
                const struct bpmn_problem *p = &problems.list.items[i];
                pack_wrong(loader, p->element_id, "line %d: %.*s", p->line, STR_ARGS(p->message));
                errors++;
            }
        if (errors == 0)
            pack_wrong(loader, str_of(err.field), "%s", err.message);
        return;
    }
    for (size_t i = 0; i < bpmn_model_count(model); i++) {
        struct pack_process *out = arena_new(loader->arena, struct pack_process);
        out->process = bpmn_model_at(model, i);
        out->id = bpmn_process_info(out->process)->id;
        out->version = options.version;
        out->model = model;
        out->pack = loader->pack;
        out->file = loader->file;
        VECTOR_PUSH(loader->arena, &loader->pack->processes, out);
    }
}

/* A file that imports others is loaded with all decision files of the pack behind it. */
static const struct dmn_source *sources_of(struct pack_loader *loader, size_t *count)
{
    VECTOR(struct dmn_source) sources = {0};
    struct dmn_source own = {loader->file->path, loader->file->text};
    VECTOR_PUSH(loader->arena, &sources, own);
    bool imports = str_find(own.text, STR("<import"), 0) >= 0 || str_find(own.text, STR(":import"), 0) >= 0;
    for (size_t i = 0; imports && i < loader->pack->file_count; i++) {
        const struct pack_file *file = &loader->pack->files[i];
        struct dmn_source other = {file->path, file->text};
        if (file != loader->file && str_ends(file->path, STR(".dmn")))
            VECTOR_PUSH(loader->arena, &sources, other);
    }
    *count = sources.count;
    return sources.items;
}

void pack_read_decisions(struct pack_loader *loader)
{
    size_t count = 0;
    const struct dmn_source *sources = sources_of(loader, &count);
    const struct dmn_model *model = NULL;
    struct error err = ERROR_INIT;
    if (dmn_load(loader->arena, sources, count, NULL, &model, &err) != OK) {
        pack_wrong(loader, str_of(err.field), "%s", err.message);
        return;
    }
    const struct dmn_element *const *elements = NULL;
    size_t element_count = dmn_elements(model, &elements);
    for (size_t i = 0; i < element_count; i++) {
        const struct dmn_element *e = elements[i];
        if ((e->kind != DMN_DECISION && e->kind != DMN_SERVICE) || !str_equal(e->file, loader->file->path))
            continue;
        struct pack_decision *out = arena_new(loader->arena, struct pack_decision);
        *out = (struct pack_decision){e->id.len > 0 ? e->id : e->name, e->name, model, loader->pack, loader->file};
        VECTOR_PUSH(loader->arena, &loader->pack->decisions, out);
    }
}
