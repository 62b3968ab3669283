/* A model's file with its versions: which of them is in force, what state each is in, how they are shown. */
#include "service/model_file.h"


#include "dmn/dmn.h"
#include "feel/json.h"

#include <string.h>

const char *const model_kind_names[] = {"process", "decision", "form", "item"};

static const struct {
    const char *folder, *suffix;
} kinds[MODEL_KIND_COUNT] = {{"processes/", ".bpmn"}, {"decisions/", ".dmn"}, {"forms/", ".form"}, {"items/", ".json"}};

bool model_kind_of(struct str path, enum model_kind *out)
{
    for (size_t i = 0; i < MODEL_KIND_COUNT; i++)
        if (str_starts(path, str_of(kinds[i].folder)) && str_ends(path, str_of(kinds[i].suffix))) {
            *out = (enum model_kind)i;
            return true;
        }
    return false;
}

static enum status not_found(struct str id, struct error *err)
{
    return error_set(err, ERROR_NOT_FOUND, "model-not-found", "There is no model %.*s.",
                     STR_ARGS(str_part(id, 0, 200)));
}

static bool is_stem(struct str stem)
{
    bool good = stem.len > 0 && stem.len <= 80;
    for (size_t i = 0; good && i < stem.len; i++) {
        char c = stem.data[i];
        good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               (c == '.' && i > 0);
    }
    return good;
}

/* The longest pack id that the model's begins with. */
static const struct pack *pack_of(const struct pack_set *packs, struct str id)
{
    const struct pack *found = NULL;
    size_t count;
    const struct pack *const *all = pack_set_packs(packs, &count);
    for (size_t i = 0; i < count; i++) {
        struct str name = pack_id(all[i]);
        if (str_starts(id, name) && id.len > name.len && id.data[name.len] == '.' &&
            (!found || name.len > pack_id(found).len))
            found = all[i];
    }
    return found;
}

enum status model_file_find(const struct call *call, struct str id, struct model_file *out, struct error *err)
{
    const struct pack *pack = pack_of(call->service->own_packs, id);
    if (!pack)
        return not_found(id, err);
    struct str name = str_part(id, pack_id(pack).len + 1, id.len);
    for (size_t i = 0; i < MODEL_KIND_COUNT; i++) {
        struct str suffix = str_of(kinds[i].suffix);
        if (!str_ends(name, suffix) || !is_stem(str_part(name, 0, name.len - suffix.len)))
            continue;
        struct str path = arena_printf(call->arena, "%s%.*s", kinds[i].folder, STR_ARGS(name));
        *out = (struct model_file){.id = id,
                                   .pack = pack_id(pack),
                                   .path = path,
                                   .kind = (enum model_kind)i,
                                   .own_pack = pack,
                                   .own = pack_file_find(pack, path)};
        return OK;
    }
    return not_found(id, err);
}

static bool counts(const struct model_file *self, const struct store_model *row)
{
    return row->state == STORE_MODEL_APPROVED && !row->step.len &&
           str_equal(self->own ? self->own->hash : STR(""), row->base);
}

/* The order in which releases come into force. */
static bool later(const struct store_model *a, const struct store_model *b)
{
    if (a->in_force != b->in_force)
        return a->in_force > b->in_force;
    return a->decided != b->decided ? a->decided > b->decided : a->number > b->number;
}

void model_file_settle(const struct call *call, struct model_file *self)
{
    const struct store_model *newest = NULL, *second = NULL;
    self->now = service_now(call->service);
    for (size_t i = 0; i < self->count; i++) {
        const struct store_model *row = &self->rows[i];
        if (!counts(self, row) || row->in_force > self->now)
            continue;
        if (!newest || later(row, newest))
            second = newest, newest = row;
        else if (!second || later(row, second))
            second = row;
    }
    int64_t own = self->own ? 0 : -1;
    self->in_force = newest ? newest->number : own;
    self->before = !newest ? -1 : second ? second->number : own;
}

enum status model_file_read(struct db_tx *tx, const struct call *call, struct model_file *self, struct error *err)
{
    if (store_model_list(tx, call->arena, self->pack, self->path, &self->rows, &self->count, err) != OK)
        return FAILED;
    if (self->count == 0 && !self->own)
        return not_found(self->id, err);
    model_file_settle(call, self);
    return OK;
}

struct store_model *model_row(const struct model_file *self, int64_t number)
{
    for (size_t i = 0; i < self->count; i++)
        if (self->rows[i].number == number)
            return &self->rows[i];
    return NULL;
}

enum status model_number(const struct model_file *self, int64_t wanted, int64_t *out, struct error *err)
{
    int64_t number = wanted == MODEL_IN_FORCE ? self->in_force : wanted;
    /* A new file has no version in force: its newest draft stands for it. */
    if (wanted == MODEL_IN_FORCE && number < 0 && self->count)
        number = self->rows[self->count - 1].number;
    if (number < 0 || (number == 0 && !self->own) || (number > 0 && !model_row(self, number))) {
        error_set(err, ERROR_NOT_FOUND, "model-not-found", "Model %.*s has no version %" PRId64 ".", STR_ARGS(self->id),
                  wanted);
        return error_field(err, "version");
    }
    *out = number;
    return OK;
}

/* Whether the release that took its place puts an older version back. */
static bool rolled_back(const struct model_file *self, const struct store_model *row)
{
    const struct store_model *next = NULL;
    for (size_t i = 0; i < self->count; i++) {
        const struct store_model *other = &self->rows[i];
        if (counts(self, other) && other->in_force <= self->now && later(other, row) && (!next || later(next, other)))
            next = other;
    }
    return next && next->rollback >= 0;
}

/* Of suspensions and resumptions the latest holds. */
static const char *step_state(const struct model_file *self, const struct store_model *row)
{
    if (row->in_force > self->now)
        return "approved";
    for (size_t i = 0; i < self->count; i++) {
        const struct store_model *other = &self->rows[i];
        if (other->step.len && other->state == STORE_MODEL_APPROVED && other->in_force <= self->now &&
            later(other, row))
            return "replaced";
    }
    return "in-force";
}

const char *model_state(const struct model_file *self, const struct store_model *row)
{
    switch ((enum store_model_state)row->state) {
    case STORE_MODEL_DRAFT: return row->tested.len && str_equal(row->tested, row->hash) ? "tested" : "draft";
    case STORE_MODEL_PROPOSED: return "proposed";
    case STORE_MODEL_REJECTED: return "rejected";
    case STORE_MODEL_WITHDRAWN: return "withdrawn";
    case STORE_MODEL_APPROVED: break;
    }
    if (row->step.len)
        return step_state(self, row);
    if (!counts(self, row))
        return "superseded";
    if (row->in_force > self->now)
        return "approved";
    if (row->number == self->in_force)
        return "in-force";
    return rolled_back(self, row) ? "rolled-back" : "replaced";
}

enum status model_source(struct db_tx *tx, const struct call *call, const struct model_file *self, int64_t number,
                         struct str *out, struct error *err)
{
    struct store_model_text text;
    if (number == 0) {
        *out = self->own->text;
        return OK;
    }
    if (store_model_text_get(tx, call->arena, model_row(self, number), &text, err) != OK)
        return FAILED;
    *out = text.content;
    return OK;
}

struct text_arg {
    const struct call *call;
    struct model_wanted *wanted;
    struct str text;
};

static enum status read_text(struct db_tx *tx, void *arg, struct error *err)
{
    struct text_arg *a = arg;
    struct model_wanted *wanted = a->wanted;
    int64_t number;
    if (model_file_read(tx, a->call, &wanted->file, err) != OK ||
        model_number(&wanted->file, wanted->number, &number, err) != OK ||
        model_source(tx, a->call, &wanted->file, number, &a->text, err) != OK)
        return FAILED;
    wanted->number = number;
    return OK;
}

enum status model_text(const struct call *call, struct model_wanted *wanted, struct str *out, struct error *err)
{
    struct text_arg arg = {call, wanted, STR_NONE};
    if (wanted->source.len > MODEL_SOURCE_MAX) {
        error_set(err, ERROR_TOO_LARGE, "model-too-large", "A model has at most %zu bytes.", MODEL_SOURCE_MAX);
        return error_field(err, "source");
    }
    if (model_file_find(call, wanted->id, &wanted->file, err) != OK ||
        db_read(call->service->db, read_text, &arg, err) != OK)
        return FAILED;
    *out = wanted->source.len ? wanted->source : arg.text;
    return OK;
}

/* ---- Showing ---- */

struct value model_version_view(const struct call *call, const struct model_file *self, int64_t number)
{
    const struct store_model *row = model_row(self, number);
    struct view view;
    view_init(&view, call->arena);
    view_int(&view, "number", number);
    if (!row) {
        view_text(&view, "state", number == self->in_force ? STR("in-force") : STR("replaced"));
        view_text(&view, "hash", self->own->hash);
        view_text(&view, "pack_version", pack_version(self->own_pack));
        const struct pack_item *item = self->kind == MODEL_ITEM ? model_item_own(call, self) : NULL;
        if (item)
            view_int(&view, "item_version", item->version);
        return view_done(&view);
    }
    view_text(&view, "state", str_of(model_state(self, row)));
    view_text(&view, "step", row->step);
    if (row->item_version)
        view_int(&view, "item_version", row->item_version);
    view_text(&view, "author", row->author);
    view_text(&view, "proposer", row->proposer);
    view_text(&view, "approver", row->approver);
    view_text(&view, "reason", row->reason);
    view_time(&view, "created", row->created);
    view_time(&view, "changed", row->changed);
    view_time(&view, "decided", row->decided);
    view_time(&view, "from", row->in_force);
    if (row->rollback >= 0)
        view_int(&view, "rollback_of", row->rollback);
    view_text(&view, "hash", row->hash);
    view_flag(&view, "tested", row->tested.len && str_equal(row->tested, row->hash));
    view_int(&view, "revision", row->version);
    return view_done(&view);
}

struct value model_named(struct arena *arena, struct str id, struct str name)
{
    struct view view;
    view_init(&view, arena);
    view_text(&view, "id", id);
    view_text(&view, "name", name.len ? name : id);
    return view_done(&view);
}

static void describe_process(struct arena *arena, struct str text, struct list_builder *names, struct str *title)
{
    const struct bpmn_model *model;
    struct error ignored = ERROR_INIT;
    if (bpmn_model_load(arena, text, NULL, NULL, &model, &ignored) != OK)
        return;
    for (size_t i = 0; i < bpmn_model_count(model); i++) {
        const struct bpmn_process_info *info = bpmn_process_info(bpmn_model_at(model, i));
        list_builder_push(names, model_named(arena, info->id, info->name));
        if (!title->len)
            *title = info->name;
    }
}

static void describe_decisions(struct arena *arena, struct str text, struct list_builder *names, struct str *title)
{
    static const struct dmn_options options = {.strictness = DMN_TOLERANT};
    struct dmn_source source = {STR("model"), text};
    const struct dmn_model *model;
    const struct dmn_element *const *elements;
    struct error ignored = ERROR_INIT;
    if (dmn_load(arena, &source, 1, &options, &model, &ignored) != OK)
        return;
    size_t count = dmn_elements(model, &elements);
    for (size_t i = 0; i < count; i++)
        if (elements[i]->kind == DMN_DECISION)
            list_builder_push(names, model_named(arena, elements[i]->id, elements[i]->name));
    *title = dmn_model_name(model);
}

void model_describe(const struct call *call, const struct model_file *self, struct str text, struct view *out)
{
    struct list_builder names;
    struct str title = STR("");
    struct value json;
    struct error ignored = ERROR_INIT;
    list_builder_init(&names, call->arena);
    switch (self->kind) {
    case MODEL_PROCESS: describe_process(call->arena, text, &names, &title); break;
    case MODEL_DECISION: describe_decisions(call->arena, text, &names, &title); break;
    case MODEL_FORM:
        if (json_parse(call->arena, text, NULL, &json, &ignored) == OK)
            list_builder_push(&names, model_named(call->arena, value_text(value_get(json, STR("id"))), STR_NONE));
        title = value_text(value_get(json, STR("title")));
        break;
    case MODEL_ITEM:
        if (json_parse(call->arena, text, NULL, &json, &ignored) == OK)
            title = value_text(value_get(json, STR("title")));
        list_builder_push(&names, model_named(call->arena, model_item_code(call, self), title));
        break;
    case MODEL_KIND_COUNT: break;
    }
    if (!title.len)
        title = str_part(self->path, strlen(kinds[self->kind].folder), self->path.len);
    view_text(out, "title", title);
    view_put(out, "names", list_builder_done(&names));
}
