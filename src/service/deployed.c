#include "service/deployed.h"

#include "feel/json.h"

/* ---- Files ---- */

static struct deployed_model *model_held(struct service *service, int64_t key)
{
    for (struct deployed_model *model = service->deployed_models; model; model = model->next)
        if (model->key == key)
            return model;
    return NULL;
}

static enum status compile(struct deployed_model *model, int64_t kind, struct error *err)
{
    struct arena *arena = &model->arena;
    if (kind == STORE_PROCESS) {
        struct bpmn_load_options options = {.version = model->key};
        return bpmn_model_load(arena, model->file.text, &options, NULL, &model->bpmn, err);
    }
    if (kind == STORE_FORM)
        return json_parse(arena, model->file.text, NULL, &model->form, err);
    struct dmn_source source = {model->file.path, model->file.text};
    return dmn_load(arena, &source, 1, NULL, &model->dmn, err);
}

static enum status read_model(struct db_tx *tx, const struct store_definition *row, struct deployed_model *model,
                              struct error *err)
{
    model->key = row->model;
    model->file.path = arena_str(&model->arena, row->resource);
    model->file.hash = arena_str(&model->arena, row->hash);
    if (store_content_find(tx, &model->arena, row->hash, &model->file.text, err) != OK)
        return FAILED;
    if (!model->file.text.data)
        return error_set(err, ERROR_INTERNAL, "content-missing", "The content of %.*s is not in the database.",
                         STR_ARGS(row->resource));
    return compile(model, row->kind, err);
}

static enum status model_of(struct service *service, struct db_tx *tx, const struct store_definition *row,
                            const struct deployed_model **out, struct error *err)
{
    pthread_mutex_lock(&service->lock);
    struct deployed_model *model = model_held(service, row->model);
    pthread_mutex_unlock(&service->lock);
    if (!model) {
        model = heap_alloc(sizeof *model);
        *model = (struct deployed_model){0};
        arena_init(&model->arena);
        if (read_model(tx, row, model, err) != OK) {
            arena_release(&model->arena);
            heap_free(model);
            return FAILED;
        }
        /* Two threads may have read it: both stay, the newer is found first. */
        pthread_mutex_lock(&service->lock);
        model->next = service->deployed_models;
        service->deployed_models = model;
        pthread_mutex_unlock(&service->lock);
    }
    *out = model;
    return OK;
}

/* ---- Definitions ---- */

static struct deployed **bucket_of(struct service *service, int64_t key)
{
    return &service->deployed[(uint64_t)key % COUNT_OF(service->deployed)];
}

static const struct deployed *held(struct service *service, int64_t key)
{
    pthread_mutex_lock(&service->lock);
    const struct deployed *found = *bucket_of(service, key);
    while (found && found->row.id != key)
        found = found->next;
    pthread_mutex_unlock(&service->lock);
    return found;
}

static void copy_row(struct deployed *self, const struct store_definition *row, struct arena *arena)
{
    self->row = *row;
    self->row.name = arena_str(arena, row->name);
    self->row.title = arena_str(arena, row->title);
    self->row.tag = arena_str(arena, row->tag);
    self->row.resource = arena_str(arena, row->resource);
    self->row.hash = arena_str(arena, row->hash);
}

static bool fill(struct deployed *self)
{
    const struct store_definition *row = &self->row;
    switch ((enum store_definition_kind)row->kind) {
    case STORE_PROCESS:
        self->process = bpmn_model_find(self->model->bpmn, row->name);
        self->item = (struct pack_item){.code = STR("process"),
                                        .title = row->title.len ? row->title : row->name,
                                        .version = row->version,
                                        .process = row->name};
        return self->process;
    case STORE_DECISION:
        self->decision = (struct pack_decision){
            .id = row->name, .name = row->title, .model = self->model->dmn, .file = &self->model->file};
        return true;
    case STORE_REQUIREMENTS:
    case STORE_FORM: return true;
    }
    return false;
}

static enum status by_row(struct service *service, struct db_tx *tx, const struct store_definition *row,
                          const struct deployed **out, struct error *err)
{
    const struct deployed *found = held(service, row->id);
    const struct deployed_model *model;
    if (found) {
        *out = found;
        return OK;
    }
    if (model_of(service, tx, row, &model, err) != OK)
        return FAILED;
    struct deployed *self = heap_alloc(sizeof *self);
    *self = (struct deployed){.model = model};
    pthread_mutex_lock(&service->lock);
    copy_row(self, row, &((struct deployed_model *)model)->arena);
    bool whole = fill(self);
    if (whole) {
        struct deployed **bucket = bucket_of(service, row->id);
        self->next = *bucket;
        *bucket = self;
    }
    pthread_mutex_unlock(&service->lock);
    if (!whole) {
        heap_free(self);
        return error_set(err, ERROR_INTERNAL, "definition-damaged", "%.*s is not in its file any more.",
                         STR_ARGS(row->name));
    }
    *out = self;
    return OK;
}

enum status deployed_by_key(struct service *service, struct db_tx *tx, int64_t key, const struct deployed **out,
                            struct error *err)
{
    struct store_definition row;
    bool found;
    *out = held(service, key);
    if (*out)
        return OK;
    if (store_definition_find(tx, db_tx_arena(tx), key, &row, &found, err) != OK)
        return FAILED;
    return found ? by_row(service, tx, &row, out, err) : OK;
}

enum status deployed_find(struct service *service, struct db_tx *tx, const struct store_definition_wanted *wanted,
                          const struct deployed **out, struct error *err)
{
    struct store_definition row;
    bool found;
    *out = NULL;
    if (store_definition_get(tx, db_tx_arena(tx), wanted, &row, &found, err) != OK)
        return FAILED;
    return found ? by_row(service, tx, &row, out, err) : OK;
}

enum status deployed_bound(struct service *service, struct db_tx *tx, const struct deployed_wanted *wanted,
                           const struct deployed **out, struct error *err)
{
    struct store_definition_wanted row = {.kind = wanted->kind, .name = wanted->name};
    *out = NULL;
    if (str_equal(wanted->binding, STR("versionTag"))) {
        if (wanted->version_tag.len == 0)
            return OK;
        row.tag = wanted->version_tag;
    } else if (str_equal(wanted->binding, STR("deployment"))) {
        if (!wanted->from)
            return OK;
        row.deployment = wanted->from->row.deployment;
    }
    return deployed_find(service, tx, &row, out, err);
}

void deployed_release(struct service *service)
{
    for (size_t i = 0; i < COUNT_OF(service->deployed); i++)
        for (struct deployed *at = service->deployed[i], *next; at; at = next) {
            next = at->next;
            heap_free(at);
        }
    for (struct deployed_model *at = service->deployed_models, *next; at; at = next) {
        next = at->next;
        arena_release(&at->arena);
        heap_free(at);
    }
}
