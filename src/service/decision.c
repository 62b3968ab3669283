/* Decisions as they were drawn, checks of models not yet in use, and the replay of what was decided. */
#include "service/decision.h"

#include "feel/json.h"
#include "service/case.h"
#include "service/work.h"
#include "store/deployment.h"

#include <stdio.h>

#define MODEL_NAME "model"

/* ---- A model with what it imports ---- */

struct gathering {
    struct arena *arena;
    const struct pack_set *packs;
    VECTOR(struct dmn_source) sources;
};

static bool gathered(const struct gathering *self, struct str text)
{
    for (size_t i = 0; i < self->sources.count; i++)
        if (self->sources.items[i].text.data == text.data)
            return true;
    return false;
}

static enum status gather(struct gathering *self, const struct dmn_peek *peek, struct error *err);

static enum status gather_file(struct gathering *self, const struct dmn_peek *wanted, const struct pack_file *file,
                               struct error *err)
{
    struct dmn_source source = {file->path, file->text};
    struct dmn_peek peek;
    if (!str_ends(file->path, STR(".dmn")) || gathered(self, file->text))
        return OK;
    if (dmn_peek(self->arena, &source, NULL, &peek, err) != OK)
        return FAILED;
    for (size_t i = 0; i < wanted->import_count; i++) {
        if (!str_equal(wanted->imports[i], peek.namespace_))
            continue;
        VECTOR_PUSH(self->arena, &self->sources, source);
        return gather(self, &peek, err);
    }
    return OK;
}

static enum status gather(struct gathering *self, const struct dmn_peek *peek, struct error *err)
{
    size_t pack_count, file_count;
    const struct pack *const *packs = pack_set_packs(self->packs, &pack_count);
    for (size_t p = 0; peek->import_count && p < pack_count; p++) {
        const struct pack_file *files = pack_files(packs[p], &file_count);
        for (size_t f = 0; f < file_count; f++)
            if (gather_file(self, peek, &files[f], err) != OK)
                return FAILED;
    }
    return OK;
}

enum status decision_sources(struct arena *arena, const struct pack_set *packs, const struct dmn_source *own,
                             const struct dmn_source **out, size_t *count, struct error *err)
{
    struct gathering self = {.arena = arena, .packs = packs};
    struct dmn_peek peek;
    VECTOR_PUSH(arena, &self.sources, *own);
    if (dmn_peek(arena, own, NULL, &peek, err) != OK || gather(&self, &peek, err) != OK)
        return FAILED;
    *out = self.sources.items;
    *count = self.sources.count;
    return OK;
}

/* ---- Looking ---- */

struct content_arg {
    const struct call *call;
    struct str hash, text;
};

static enum status find_content(struct db_tx *tx, void *arg, struct error *err)
{
    struct content_arg *a = arg;
    return store_content_find(tx, a->call->arena, a->hash, &a->text, err);
}

static enum status not_found(struct str id, struct error *err)
{
    return error_set(err, ERROR_NOT_FOUND, "decision-not-found", "There is no decision %.*s.", STR_ARGS(id));
}

/* Of a file that is in force no longer. */
static enum status get_earlier(const struct call *call, struct str id, struct str model, struct value *out,
                               struct error *err)
{
    struct content_arg content = {.call = call, .hash = model};
    struct error ignored = ERROR_INIT;
    struct value drawn;
    if (db_read(call->service->db, find_content, &content, err) != OK)
        return FAILED;
    struct dmn_source source = {id, content.text};
    if (!content.text.data || dmn_describe(call->arena, &source, id, &drawn, &ignored) != OK)
        return not_found(id, err);
    *out = context_set(call->arena, drawn, "model", value_string(model));
    return OK;
}

enum status service_decision_get(const struct call *call, struct str id, struct str model, struct value *out,
                                 struct error *err)
{
    const struct pack_decision *decision = pack_decision_find(call->service->packs, id);
    struct value drawn;
    if (service_may(call, "decision.evaluate", err) != OK)
        return FAILED;
    if (model.len && !(decision && str_equal(decision->file->hash, model)))
        return get_earlier(call, id, model, out, err);
    if (!decision)
        return not_found(id, err);
    struct dmn_source source = {decision->file->path, decision->file->text};
    if (dmn_describe(call->arena, &source, decision->id, &drawn, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "model", decision->file->hash);
    view_text(&view, "pack", pack_id(decision->pack));
    view_text(&view, "file", decision->file->path);
    *out = value_merge(call->arena, drawn, view_done(&view));
    return OK;
}

/* ---- Checking ---- */

static struct value problem_view(struct arena *arena, const struct dmn_problem *problem)
{
    struct view view;
    view_init(&view, arena);
    view_text(&view, "element", problem->element);
    view_text(&view, "severity", str_of(dmn_severity_name(problem->severity)));
    view_text(&view, "code", str_of(problem->code));
    view_text(&view, "message", problem->message);
    view_put(&view, "example", problem->example);
    view_int(&view, "line", problem->line);
    return view_done(&view);
}

static struct value decisions_view(struct arena *arena, const struct dmn_model *model)
{
    struct list_builder list;
    const struct dmn_element *const *elements;
    size_t count = dmn_elements(model, &elements);
    list_builder_init(&list, arena);
    for (size_t i = 0; i < count; i++) {
        if (elements[i]->kind != DMN_DECISION || !str_equal(elements[i]->file, STR(MODEL_NAME)))
            continue;
        struct view view;
        view_init(&view, arena);
        view_text(&view, "id", elements[i]->id);
        view_text(&view, "name", elements[i]->name);
        list_builder_push(&list, view_done(&view));
    }
    return list_builder_done(&list);
}

enum status service_decision_check(const struct call *call, struct str xml, struct value *out, struct error *err)
{
    static const struct dmn_options options = {.strictness = DMN_TOLERANT};
    struct arena *arena = call->arena;
    struct dmn_source own = {STR(MODEL_NAME), xml};
    const struct dmn_source *sources;
    const struct dmn_model *model;
    const struct dmn_problem *problems;
    struct error problem = ERROR_INIT;
    size_t count;
    if (service_may(call, "decision.evaluate", err) != OK)
        return FAILED;
    if (decision_sources(arena, call->service->packs, &own, &sources, &count, &problem) != OK ||
        dmn_load(arena, sources, count, &options, &model, &problem) != OK) {
        char place[sizeof problem.field];
        snprintf(place, sizeof place, "%s", problem.field);
        *err = problem;
        return error_field(err, "xml%s%.100s", place[0] ? ", " : "", place);
    }
    size_t problem_count = dmn_check(arena, model, &problems);
    struct list_builder list;
    list_builder_init(&list, arena);
    for (size_t i = 0; i < problem_count; i++)
        if (str_equal(problems[i].file, STR(MODEL_NAME)))
            list_builder_push(&list, problem_view(arena, &problems[i]));
    struct view view;
    view_init(&view, arena);
    view_put(&view, "problems", list_builder_done(&list));
    view_put(&view, "decisions", decisions_view(arena, model));
    *out = view_done(&view);
    return OK;
}
