/* The library of models: what there is, one version looked at, drafts made and changed, and who released what. */
#include "service/model_file.h"

#include "clock/instant.h"
#include "dmn/dmn.h"
#include "feel/json.h"
#include "service/once.h"

#include <string.h>

#define TESTS_MAX 200

/* ---- Counting running cases ---- */

struct running {
    struct store_packs_count *counts;
    size_t count;
    struct {
        int64_t packs;
        struct store_pack_file *files;
        size_t count;
    } sets[64]; /* of the packs that cases were opened under; beyond that cases are not counted */
    size_t set_count;
};

static enum status read_running(struct db_tx *tx, const struct call *call, struct running *out, struct error *err)
{
    *out = (struct running){0};
    if (store_packs_counts(tx, call->arena, &out->counts, &out->count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < out->count; i++) {
        size_t s = 0;
        while (s < out->set_count && out->sets[s].packs != out->counts[i].packs)
            s++;
        if (s < out->set_count || s == COUNT_OF(out->sets))
            continue;
        out->set_count++;
        out->sets[s].packs = out->counts[i].packs;
        if (store_pack_set_hashes(tx, call->arena, out->counts[i].packs, &out->sets[s].files, &out->sets[s].count,
                                  err) != OK)
            return FAILED;
    }
    return OK;
}

static struct str hash_in_set(const struct running *self, int64_t packs, const struct model_file *file)
{
    for (size_t s = 0; s < self->set_count; s++)
        for (size_t i = 0; self->sets[s].packs == packs && i < self->sets[s].count; i++)
            if (str_equal(self->sets[s].files[i].pack, file->pack) &&
                str_equal(self->sets[s].files[i].path, file->path))
                return self->sets[s].files[i].hash;
    return STR_NONE;
}

/* Whether a case of this item uses the file: by its process, and for decisions and forms by its pack. */
static bool uses(const struct call *call, const struct model_file *file, const struct pack_item *item)
{
    if (file->kind != MODEL_PROCESS)
        return str_equal(pack_id(item->pack), file->pack);
    const struct pack_process *process = pack_process_find(call->service->packs, item->process);
    return process && str_equal(pack_id(process->pack), file->pack) && str_equal(process->file->path, file->path);
}

/* Open cases that keep this content; NULL: any of the file. */
struct content {
    struct str hash;
    int64_t item; /* version of the item */
};
static int64_t count_running(const struct call *call, const struct running *self, const struct model_file *file,
                             const struct content *wanted)
{
    int64_t n = 0;
    for (size_t i = 0; i < self->count; i++) {
        const struct store_item *row = service_item_of(call->service, self->counts[i].item);
        const struct pack_item *item = row ? pack_item_version(call->service->packs, row->code, row->version) : NULL;
        if (file->kind == MODEL_ITEM) {
            bool same = row && str_equal(row->code, model_item_code(call, file));
            n += same && (!wanted || wanted->item == row->version) ? self->counts[i].n : 0;
            continue;
        }
        if (!item || !uses(call, file, item))
            continue;
        if (!wanted || str_equal(hash_in_set(self, self->counts[i].packs, file), wanted->hash))
            n += self->counts[i].n;
    }
    return n;
}

/* ---- Names of people ---- */

static enum status add_person(struct db_tx *tx, const struct call *call, struct str name, struct value *people,
                              struct error *err)
{
    struct store_staff row;
    struct value known;
    bool found;
    if (!name.len || value_find(*people, name, &known))
        return OK;
    if (store_staff_find(tx, call->arena, name, &row, &found, err) != OK)
        return FAILED;
    *people = context_set(call->arena, *people, arena_cstr(call->arena, name), value_string(found ? row.title : name));
    return OK;
}

static enum status add_people(struct db_tx *tx, const struct call *call, const struct model_file *file,
                              struct value *people, struct error *err)
{
    for (size_t i = 0; i < file->count; i++)
        if (add_person(tx, call, file->rows[i].author, people, err) != OK ||
            add_person(tx, call, file->rows[i].proposer, people, err) != OK ||
            add_person(tx, call, file->rows[i].approver, people, err) != OK)
            return FAILED;
    return OK;
}

/* ---- The list ---- */

static struct value versions_view(const struct call *call, const struct model_file *file, const struct running *running)
{
    struct list_builder list;
    list_builder_init(&list, call->arena);
    for (size_t i = file->count + 1; i-- > 0;) {
        if (i == 0 && !file->own)
            continue;
        int64_t number = i ? file->rows[i - 1].number : 0;
        struct value view = model_version_view(call, file, number);
        struct content content = {value_text(value_get(view, STR("hash"))),
                                  value_int_or(value_get(view, STR("item_version")), 0)};
        list_builder_push(&list, context_set(call->arena, view, "running",
                                             value_int(count_running(call, running, file, &content))));
    }
    return list_builder_done(&list);
}

static int64_t drafts_of(const struct model_file *file)
{
    int64_t n = 0;
    for (size_t i = 0; i < file->count; i++)
        n += file->rows[i].state == STORE_MODEL_DRAFT || file->rows[i].state == STORE_MODEL_PROPOSED;
    return n;
}

/* What the file in force declares, as the set knows it; false when no set holds it. */
static bool describe_in_force(const struct call *call, const struct model_file *file, struct view *out)
{
    const struct pack_set *packs = call->service->packs;
    const struct pack *pack = pack_set_find(packs, file->pack);
    const struct pack_file *found = pack ? pack_file_find(pack, file->path) : NULL;
    struct list_builder names;
    struct str title = STR("");
    size_t count;
    list_builder_init(&names, call->arena);
    if (!found)
        return false;
    const struct pack_process *const *processes = pack_processes(packs, &count);
    for (size_t i = 0; i < count; i++)
        if (processes[i]->file == found) {
            title = bpmn_process_info(processes[i]->process)->name;
            list_builder_push(&names, model_named(call->arena, processes[i]->id, title));
        }
    const struct pack_decision *const *decisions = pack_decisions(packs, &count);
    for (size_t i = 0; i < count; i++)
        if (decisions[i]->file == found) {
            title = dmn_model_name(decisions[i]->model);
            list_builder_push(&names, model_named(call->arena, decisions[i]->id, decisions[i]->name));
        }
    const struct pack_form *const *forms = pack_forms(packs, &count);
    for (size_t i = 0; i < count; i++)
        if (forms[i]->file == found) {
            title = value_text(value_get(form_schema(forms[i]->form), STR("title")));
            list_builder_push(&names, model_named(call->arena, forms[i]->id, title));
        }
    view_text(out, "title", title.len ? title : file->path);
    view_put(out, "names", list_builder_done(&names));
    return true;
}

struct library {
    const struct call *call;
    VECTOR(struct model_file) files;
    struct value people;
    struct running running;
};

static void put_head(const struct call *call, const struct model_file *file, struct view *view)
{
    view_text(view, "id", file->id);
    view_text(view, "kind", str_of(model_kind_names[file->kind]));
    view_text(view, "pack", file->pack);
    view_text(view, "pack_title", pack_title(file->own_pack));
    view_text(view, "file", file->path);
    if (file->in_force >= 0)
        view_int(view, "in_force", file->in_force);
    (void)call;
}

static struct value listed(const struct library *self, const struct model_file *file)
{
    const struct call *call = self->call;
    struct view view;
    view_init(&view, call->arena);
    put_head(call, file, &view);
    if (!describe_in_force(call, file, &view))
        view_text(&view, "title", file->path);
    view_int(&view, "running", count_running(call, &self->running, file, NULL));
    view_int(&view, "drafts", drafts_of(file));
    view_put(&view, "versions", versions_view(call, file, &self->running));
    return view_done(&view);
}

static struct model_file *add_file(struct library *self, struct str pack, struct str path)
{
    enum model_kind kind;
    struct error ignored = ERROR_INIT;
    if (!model_kind_of(path, &kind) || kind == MODEL_ITEM)
        return NULL;
    struct str name = path;
    (void)str_cut(&name, '/');
    struct model_file file;
    struct str id = arena_printf(self->call->arena, "%.*s.%.*s", STR_ARGS(pack), STR_ARGS(name));
    if (model_file_find(self->call, id, &file, &ignored) != OK)
        return NULL;
    VECTOR_PUSH(self->call->arena, &self->files, file);
    return &self->files.items[self->files.count - 1];
}

static void add_own(struct library *self)
{
    size_t pack_count, file_count;
    const struct pack *const *packs = pack_set_packs(self->call->service->own_packs, &pack_count);
    for (size_t p = 0; p < pack_count; p++) {
        const struct pack_file *files = pack_files(packs[p], &file_count);
        for (size_t f = 0; f < file_count; f++)
            (void)add_file(self, pack_id(packs[p]), files[f].path);
    }
}

/* Rows come by pack and path, so that each file's stand together. */
static void give_rows(struct library *self, struct store_model *rows, size_t count)
{
    for (size_t i = 0, n; i < count; i = n) {
        struct model_file *file = NULL;
        for (n = i; n < count && str_equal(rows[n].pack, rows[i].pack) && str_equal(rows[n].path, rows[i].path);)
            n++;
        for (size_t f = 0; f < self->files.count && !file; f++)
            if (str_equal(self->files.items[f].pack, rows[i].pack) &&
                str_equal(self->files.items[f].path, rows[i].path))
                file = &self->files.items[f];
        file = file ? file : add_file(self, rows[i].pack, rows[i].path);
        if (file)
            file->rows = &rows[i], file->count = n - i;
    }
}

static enum status read_library(struct db_tx *tx, void *arg, struct error *err)
{
    struct library *self = arg;
    struct store_model *rows;
    size_t count;
    self->files.count = 0;
    self->people = empty_context(self->call->arena);
    if (store_model_list(tx, self->call->arena, STR(""), STR(""), &rows, &count, err) != OK ||
        read_running(tx, self->call, &self->running, err) != OK)
        return FAILED;
    add_own(self);
    give_rows(self, rows, count);
    for (size_t i = 0; i < self->files.count; i++) {
        model_file_settle(self->call, &self->files.items[i]);
        if (add_people(tx, self->call, &self->files.items[i], &self->people, err) != OK)
            return FAILED;
    }
    return OK;
}

enum status service_model_list(const struct call *call, struct value *out, struct error *err)
{
    struct library library = {.call = call};
    if (service_may(call, "model.read", err) != OK || db_read(call->service->db, read_library, &library, err) != OK)
        return FAILED;
    struct list_builder items;
    list_builder_init(&items, call->arena);
    for (size_t i = 0; i < library.files.count; i++)
        list_builder_push(&items, listed(&library, &library.files.items[i]));
    struct view view;
    view_init(&view, call->arena);
    view_put(&view, "items", list_builder_done(&items));
    view_put(&view, "people", library.people);
    *out = view_done(&view);
    return OK;
}

/* ---- One version ---- */

static struct str tests_context(struct arena *arena, const struct model_file *file, int64_t number)
{
    return arena_printf(arena, "model-tests:%.*s/%.*s/%" PRId64, STR_ARGS(file->pack), STR_ARGS(file->path), number);
}

static enum status read_tests(struct db_tx *tx, const struct call *call, const struct model_file *file, int64_t number,
                              struct value *out, struct error *err)
{
    struct store_model_text text = {0};
    const struct store_model *row = model_row(file, number);
    *out = value_list(call->arena, NULL, 0);
    if (row && store_model_text_get(tx, call->arena, row, &text, err) != OK)
        return FAILED;
    return text.tests.len ? service_unseal(call->service, call->arena, tests_context(call->arena, file, number),
                                           text.tests, out, err)
                          : OK;
}

struct looking {
    const struct call *call;
    struct model_file file;
    int64_t number;
    struct str source;
    struct value tests, people, events;
    struct running running;
};

static enum status read_events(struct db_tx *tx, struct looking *self, struct error *err)
{
    const struct call *call = self->call;
    struct store_model_event *rows;
    size_t count;
    struct list_builder list;
    list_builder_init(&list, call->arena);
    if (store_model_event_list(tx, call->arena, self->file.pack, self->file.path, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = count; i-- > 0;) {
        struct value body;
        struct view view;
        if (add_person(tx, call, rows[i].who, &self->people, err) != OK ||
            json_parse(call->arena, rows[i].body, NULL, &body, err) != OK)
            return FAILED;
        view_init(&view, call->arena);
        view_int(&view, "seq", rows[i].seq);
        view_time(&view, "at", rows[i].at);
        view_int(&view, "number", rows[i].number);
        view_text(&view, "what", rows[i].what);
        view_text(&view, "who", rows[i].who);
        list_builder_push(&list, value_merge(call->arena, body, view_done(&view)));
    }
    self->events = list_builder_done(&list);
    return OK;
}

static enum status read_version(struct db_tx *tx, void *arg, struct error *err)
{
    struct looking *self = arg;
    int64_t number;
    self->people = empty_context(self->call->arena);
    if (model_file_read(tx, self->call, &self->file, err) != OK ||
        model_number(&self->file, self->number, &number, err) != OK)
        return FAILED;
    self->number = number;
    if (model_source(tx, self->call, &self->file, number, &self->source, err) != OK ||
        read_tests(tx, self->call, &self->file, number, &self->tests, err) != OK || read_events(tx, self, err) != OK ||
        read_running(tx, self->call, &self->running, err) != OK)
        return FAILED;
    return add_people(tx, self->call, &self->file, &self->people, err);
}

bool model_takes_part(struct str what)
{
    static const char *const parts[] = {"drafted",           "saved",
                                        "proposed",          "rollback-proposed",
                                        "suspend-proposed",  "resume-proposed"};
    return name_index(parts, COUNT_OF(parts), what) >= 0;
}

/* Who drew, changed or proposed a version does not decide on it. */
static bool took_part(const struct call *call, struct value events, int64_t number)
{
    for (size_t i = 0; i < value_count(events); i++) {
        struct value event = value_at(events, i);
        int64_t of = value_int_or(value_get(event, STR("number")), 0);
        if (of == number && str_equal(value_text(value_get(event, STR("who"))), call->actor->id) &&
            model_takes_part(value_text(value_get(event, STR("what")))))
            return true;
    }
    return false;
}

static struct value may_view(const struct looking *self)
{
    const struct call *call = self->call;
    const struct store_model *row = model_row(&self->file, self->number);
    bool draft = row && row->state == STORE_MODEL_DRAFT, proposed = row && row->state == STORE_MODEL_PROPOSED;
    bool drafts = service_can(call, "model.draft"), decides = service_can(call, "model.approve");
    bool item = self->file.kind == MODEL_ITEM && self->file.in_force >= 0;
    bool suspended = item && item_suspended(call->service, model_item_code(call, &self->file));
    const struct {
        const char *word;
        bool may;
    } all[] = {{"draft", drafts},
               {"suspend", drafts && item && !suspended},
               {"resume", drafts && suspended},
               {"save", drafts && draft},
               {"propose", drafts && draft},
               {"withdraw", drafts && (draft || proposed)},
               {"rollback", drafts && self->number == self->file.in_force && self->file.before >= 0},
               {"approve", decides && proposed && !took_part(call, self->events, self->number)},
               {"reject", decides && proposed && !took_part(call, self->events, self->number)}};
    struct list_builder list;
    list_builder_init(&list, call->arena);
    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (all[i].may)
            list_builder_push(&list, value_cstr(all[i].word));
    return list_builder_done(&list);
}

enum status service_model_get(const struct call *call, struct str id, int64_t number, struct value *out,
                              struct error *err)
{
    struct looking looking = {.call = call, .number = number};
    if (service_may(call, "model.read", err) != OK || model_file_find(call, id, &looking.file, err) != OK ||
        db_read(call->service->db, read_version, &looking, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, call->arena);
    put_head(call, &looking.file, &view);
    model_describe(call, &looking.file, looking.source, &view);
    view_text(&view, "source", looking.source);
    view_put(&view, "tests", looking.tests);
    view_put(&view, "versions", versions_view(call, &looking.file, &looking.running));
    view_put(&view, "events", looking.events);
    view_put(&view, "people", looking.people);
    view_put(&view, "may", may_view(&looking));
    *out = value_merge(call->arena, view_done(&view), model_version_view(call, &looking.file, looking.number));
    return OK;
}

/* ---- Events ---- */

void model_event_hash(struct arena *arena, const struct store_model_event *row, struct str previous,
                      unsigned char out[HASH_SIZE])
{
    struct view view;
    view_init(&view, arena);
    view_text(&view, "previous", hex_encode(arena, previous.data, previous.len));
    view_text(&view, "pack", row->pack);
    view_text(&view, "path", row->path);
    view_int(&view, "seq", row->seq);
    view_int(&view, "number", row->number);
    view_int(&view, "at", row->at);
    view_text(&view, "who", row->who);
    view_text(&view, "what", row->what);
    view_text(&view, "body", row->body);
    hash_sm3(json_canonical(arena, view_done(&view)), out);
}

enum status model_event_add(struct db_tx *tx, const struct call *call, const struct model_file *self,
                            const struct model_event *event, struct error *err)
{
    struct store_model_event *rows;
    size_t count;
    unsigned char hash[HASH_SIZE];
    if (store_model_event_list(tx, call->arena, self->pack, self->path, &rows, &count, err) != OK)
        return FAILED;
    struct store_model_event row = {.pack = self->pack,
                                    .path = self->path,
                                    .seq = count ? rows[count - 1].seq + 1 : 1,
                                    .number = event->number,
                                    .at = service_now(call->service),
                                    .who = call->actor->id,
                                    .what = str_of(event->what),
                                    .body = json_text(call->arena, event->body)};
    model_event_hash(call->arena, &row, count ? rows[count - 1].hash : STR(""), hash);
    row.hash = (struct str){(const char *)hash, HASH_SIZE};
    return store_model_event_insert(tx, &row, err);
}

/* ---- Drafting ---- */

static enum status readable(const struct call *call, enum model_kind kind, struct str text, struct error *err)
{
    struct dmn_source source = {STR("model"), text};
    struct dmn_peek peek;
    struct value json;
    const struct bpmn_model *model;
    struct error problem = ERROR_INIT;
    bool good = true;
    switch (kind) {
    case MODEL_PROCESS:
        good = bpmn_model_load(call->arena, text, NULL, NULL, &model, &problem) == OK ||
               strcmp(problem.type, "bpmn-xml") != 0;
        break;
    case MODEL_DECISION: good = dmn_peek(call->arena, &source, NULL, &peek, &problem) == OK; break;
    case MODEL_FORM: good = json_parse(call->arena, text, NULL, &json, &problem) == OK; break;
    case MODEL_ITEM:
        good = json_parse(call->arena, text, NULL, &json, &problem) == OK;
        if (good && json.kind != VALUE_CONTEXT)
            good = error_set(&problem, ERROR_INVALID, "not-an-object", "an item is a JSON object") == OK;
        break;
    case MODEL_KIND_COUNT: break;
    }
    if (good)
        return OK;
    error_set(err, ERROR_INVALID, "model-unreadable", "This is no %s model: %s", model_kind_names[kind],
              problem.message);
    return error_field(err, "source");
}

static enum status check_input(const struct call *call, const struct model_file *file,
                               const struct service_model_input *input, struct error *err)
{
    if (input->source.len > MODEL_SOURCE_MAX) {
        error_set(err, ERROR_TOO_LARGE, "model-too-large", "A model has at most %zu bytes.", MODEL_SOURCE_MAX);
        return error_field(err, "source");
    }
    if (input->tests.kind != VALUE_NULL && (input->tests.kind != VALUE_LIST || value_count(input->tests) > TESTS_MAX)) {
        error_set(err, ERROR_INVALID, "invalid-type", "tests must be a list of at most %d.", TESTS_MAX);
        return error_field(err, "tests");
    }
    return input->source.len ? readable(call, file->kind, input->source, err) : OK;
}

struct drafting {
    const struct call *call;
    const struct service_model_input *input;
    struct model_file file;
    int64_t number;
    struct once once;
};

struct str model_text_hash(struct arena *arena, struct str text)
{
    unsigned char digest[HASH_SIZE];
    hash_sm3(text, digest);
    return hex_encode(arena, digest, sizeof digest);
}

static struct store_model_text sealed_text(const struct drafting *self, int64_t number, struct str content,
                                           struct value tests)
{
    const struct call *call = self->call;
    return (struct store_model_text){
        content, value_is_null(tests) ? STR_NONE
                                      : service_seal(call->service, call->arena,
                                                     tests_context(call->arena, &self->file, number), tests)};
}

/* What a new draft begins with: the text given, else an earlier version's. */
static enum status begin_with(struct db_tx *tx, struct drafting *self, struct str *source, struct value *tests,
                              int64_t *from, struct error *err)
{
    const struct call *call = self->call;
    struct model_file *file = &self->file;
    bool is_new = file->count == 0 && !file->own;
    *source = self->input->source;
    *tests = self->input->tests;
    *from = -1;
    if (is_new && source->len)
        return OK;
    if (is_new || model_number(file, self->input->from, from, err) != OK)
        return is_new ? model_file_read(tx, call, file, err) : FAILED;
    if (!source->len && model_source(tx, call, file, *from, source, err) != OK)
        return FAILED;
    return value_is_null(*tests) ? read_tests(tx, call, file, *from, tests, err) : OK;
}

static enum status insert_draft(struct db_tx *tx, void *arg, struct error *err)
{
    struct drafting *self = arg;
    const struct call *call = self->call;
    struct model_file *file = &self->file;
    struct str source;
    struct value tests;
    int64_t from;
    if (store_model_list(tx, call->arena, file->pack, file->path, &file->rows, &file->count, err) != OK)
        return FAILED;
    model_file_settle(call, file);
    if (begin_with(tx, self, &source, &tests, &from, err) != OK)
        return FAILED;
    int64_t now = service_now(call->service);
    struct store_model row = {.pack = file->pack,
                              .path = file->path,
                              .number = file->count ? file->rows[file->count - 1].number + 1 : 1,
                              .state = STORE_MODEL_DRAFT,
                              .version = 1,
                              .created = now,
                              .changed = now,
                              .rollback = -1,
                              .base = file->own ? file->own->hash : STR(""),
                              .hash = model_text_hash(call->arena, source),
                              .tested = STR(""),
                              .author = call->actor->id,
                              .proposer = STR(""),
                              .approver = STR(""),
                              .reason = STR("")};
    struct store_model_text text = sealed_text(self, row.number, source, tests);
    struct view body;
    view_init(&body, call->arena);
    if (from >= 0)
        view_int(&body, "from_number", from);
    view_text(&body, "hash", row.hash);
    struct model_event event = {"drafted", row.number, view_done(&body)};
    self->number = row.number;
    if (store_model_insert(tx, &row, source, err) != OK || store_model_text_put(tx, &row, &text, err) != OK ||
        once_keep(tx, call, &self->once, value_int(row.number), err) != OK)
        return FAILED;
    return model_event_add(tx, call, file, &event, err);
}

struct drafting_all {
    const struct call *call;
    struct model_drafted *items;
    size_t count;
};

static enum status insert_all(struct db_tx *tx, void *arg, struct error *err)
{
    struct drafting_all *self = arg;
    for (size_t i = 0; i < self->count; i++) {
        struct service_model_input input = {
            .id = self->items[i].id, .from = MODEL_IN_FORCE, .source = self->items[i].text};
        struct drafting one = {.call = self->call, .input = &input};
        if (model_file_find(self->call, input.id, &one.file, err) != OK || insert_draft(tx, &one, err) != OK)
            return FAILED;
        self->items[i].number = one.number;
    }
    return OK;
}

enum status model_draft_all(const struct call *call, struct model_drafted *items, size_t count, struct error *err)
{
    struct drafting_all arg = {call, items, count};
    return db_write(call->service->db, insert_all, &arg, err);
}

static struct value create_request(struct arena *arena, const struct service_model_input *input)
{
    struct view view;
    view_init(&view, arena);
    view_text(&view, "model", input->id);
    view_int(&view, "from", input->from);
    view_text(&view, "source", input->source);
    view_put(&view, "tests", input->tests);
    return view_done(&view);
}

enum status service_model_create(const struct call *call, const struct service_model_input *input, struct value *out,
                                 struct error *err)
{
    struct drafting drafting = {.call = call, .input = input};
    struct once *once = &drafting.once;
    if (service_may(call, "model.draft", err) != OK || model_file_find(call, input->id, &drafting.file, err) != OK ||
        once_begin(call, "model", create_request(call->arena, input), once, err) != OK)
        return FAILED;
    if (value_to_int64(once->answer, &drafting.number))
        return service_model_get(call, input->id, drafting.number, out, err);
    if (check_input(call, &drafting.file, input, err) != OK ||
        db_write(call->service->db, insert_draft, &drafting, err) != OK)
        return FAILED;
    return service_model_get(call, input->id, drafting.number, out, err);
}

static enum status not_a_draft(const struct model_file *file, const struct store_model *row, struct error *err)
{
    error_set(err, ERROR_CONFLICT, "model-state", "Version %" PRId64 " is %s: it cannot be changed any more.",
              row->number, model_state(file, row));
    return error_hint(err, "Make a new draft from it.");
}

static enum status write_draft(struct db_tx *tx, void *arg, struct error *err)
{
    struct drafting *self = arg;
    const struct call *call = self->call;
    bool changed;
    int64_t number;
    if (model_file_read(tx, call, &self->file, err) != OK ||
        model_number(&self->file, self->number, &number, err) != OK)
        return FAILED;
    const struct store_model *was = model_row(&self->file, number);
    if (!was || was->state != STORE_MODEL_DRAFT)
        return was ? not_a_draft(&self->file, was, err)
                   : error_set(err, ERROR_CONFLICT, "model-state",
                               "The pack's own file cannot be changed; make a draft from it.");
    if (was->version != call->if_version) {
        error_set(err, ERROR_CONFLICT, "if-match-failed", "Somebody changed this draft meanwhile.");
        return error_hint(err, "Load it again, and repeat your change.");
    }
    struct store_model row = *was;
    struct store_model_text text =
        sealed_text(self, number, self->input->source.len ? self->input->source : STR_NONE, self->input->tests);
    row.version++;
    row.changed = service_now(call->service);
    row.hash = self->input->source.len ? model_text_hash(call->arena, self->input->source) : row.hash;
    struct view body;
    view_init(&body, call->arena);
    view_text(&body, "hash", row.hash);
    struct model_event event = {"saved", number, view_done(&body)};
    self->number = number;
    if (store_model_update(tx, &row, was->version, &changed, err) != OK ||
        store_model_text_put(tx, &row, &text, err) != OK)
        return FAILED;
    CHECK(changed);
    return model_event_add(tx, call, &self->file, &event, err);
}

enum status service_model_save(const struct call *call, struct str id, int64_t number,
                               const struct service_model_input *input, struct value *out, struct error *err)
{
    struct drafting drafting = {.call = call, .input = input, .number = number};
    if (service_may(call, "model.draft", err) != OK || model_file_find(call, id, &drafting.file, err) != OK)
        return FAILED;
    if (!call->if_version) {
        error_set(err, ERROR_INVALID, "if-match-required", "A draft is changed only with If-Match.");
        return error_hint(err, "Send the ETag that the draft was read with.");
    }
    if (check_input(call, &drafting.file, input, err) != OK ||
        db_write(call->service->db, write_draft, &drafting, err) != OK)
        return FAILED;
    return service_model_get(call, id, drafting.number, out, err);
}

struct tested {
    const struct call *call;
    struct model_file file;
    int64_t number;
    struct str hash;
};

static enum status write_tested(struct db_tx *tx, void *arg, struct error *err)
{
    struct tested *self = arg;
    bool changed;
    if (model_file_read(tx, self->call, &self->file, err) != OK)
        return FAILED;
    const struct store_model *was = model_row(&self->file, self->number);
    if (!was || was->state != STORE_MODEL_DRAFT || !str_equal(was->hash, self->hash) ||
        str_equal(was->tested, self->hash))
        return OK;
    struct store_model row = *was;
    struct model_event event = {"tested", self->number,
                                context_set(self->call->arena, value_null, "hash", value_string(self->hash))};
    row.tested = self->hash;
    if (store_model_update(tx, &row, was->version, &changed, err) != OK)
        return FAILED;
    return model_event_add(tx, self->call, &self->file, &event, err);
}

enum status model_tested(const struct call *call, const struct model_file *self, int64_t number, struct str text,
                         struct error *err)
{
    struct tested arg = {call, *self, number, model_text_hash(call->arena, text)};
    return service_can(call, "model.draft") ? db_write(call->service->db, write_tested, &arg, err) : OK;
}
