#include "service/deployment.h"

#include "feel/json.h"
#include "service/process_rows.h"
#include "service/process_view.h"

#include <string.h>

#define DEPLOY_FILES_MAX 200

/* ---- Reading the files ---- */

/* A definition that a file brings. */
struct planned {
    struct store_definition row; /* key, version, model and deployment are given while writing */
    size_t file, first;          /* first: the definition whose key names the file */
    const struct bpmn_process *process;
    const struct store_start *starts;
    size_t start_count;
    bool same; /* as the newest version */
};

struct deploying {
    const struct call *call;
    const struct service_resource *files;
    size_t file_count;
    struct str *hashes;
    VECTOR(struct planned) plan;
    struct list_builder problems;
    int64_t first_key;
    struct value view;
};

static void problem(struct deploying *self, size_t file, struct str element, int line, const char *code,
                    struct str message)
{
    struct view view;
    view_init(&view, self->call->arena);
    view_text(&view, "resource", self->files[file].name);
    view_text(&view, "element", element);
    if (line)
        view_int(&view, "line", line);
    view_text(&view, "code", str_of(code));
    view_text(&view, "message", message);
    list_builder_push(&self->problems, view_done(&view));
}

static void problem_of(struct deploying *self, size_t file, const struct error *err)
{
    struct arena *arena = self->call->arena;
    problem(self, file, arena_str(arena, str_of(err->field)), 0, arena_cstr(arena, str_of(err->type)),
            arena_str(arena, str_of(err->message)));
}

static struct planned *add(struct deploying *self, size_t file, int64_t kind, struct str name, struct str title)
{
    struct planned one = {.file = file, .first = self->plan.count};
    one.row = (struct store_definition){.kind = kind,
                                        .name = name,
                                        .title = title.data ? title : STR(""),
                                        .tag = STR(""),
                                        .resource = self->files[file].name,
                                        .hash = self->hashes[file]};
    for (size_t i = 0; i < self->plan.count; i++)
        if (self->plan.items[i].row.kind == kind && str_equal(self->plan.items[i].row.name, name))
            problem(self, file, name, 0, "duplicate-id",
                    arena_printf(self->call->arena, "The id %.*s is in this deployment twice.", STR_ARGS(name)));
    VECTOR_PUSH(self->call->arena, &self->plan, one);
    return &self->plan.items[self->plan.count - 1];
}

/* Its message, signal and timer starts. */
static void plan_starts(struct deploying *self, struct planned *plan)
{
    const struct bpmn_process_info *info = bpmn_process_info(plan->process);
    const struct call *call = self->call;
    struct deployed as_deployed = {.process = plan->process};
    struct store_start *starts = arena_array(call->arena, struct store_start, info->start_count);
    for (size_t i = 0; i < info->start_count; i++) {
        const struct bpmn_start *from = &info->starts[i];
        struct store_start start = {.event = from->event,
                                    .region = actor_region(call),
                                    .division = division_of(call->actor->region),
                                    .element = from->element_id,
                                    .name = STR("")};
        struct error err = ERROR_INIT;
        if (from->event == BPMN_EVENT_MESSAGE)
            start.name = from->message_name;
        else if (from->event == BPMN_EVENT_SIGNAL)
            start.name = from->signal_name;
        else if (from->event != BPMN_EVENT_TIMER)
            continue;
        else if (process_start_due(call->service, call->arena, &as_deployed, &start, &start.due, &err) != OK)
            problem_of(self, plan->file, &err);
        starts[plan->start_count++] = start;
    }
    plan->starts = starts;
}

static void read_process(struct deploying *self, size_t file)
{
    struct arena *arena = self->call->arena;
    struct bpmn_problems problems = {0};
    struct error err = ERROR_INIT;
    const struct bpmn_model *model;
    if (bpmn_model_load(arena, self->files[file].content, NULL, &problems, &model, &err) != OK) {
        size_t errors = 0;
        for (size_t i = 0; i < problems.list.count; i++) {
            const struct bpmn_problem *p = &problems.list.items[i];
            if (p->severity == BPMN_ERROR) {
                problem(self, file, p->element_id, p->line, p->code, p->message);
                errors++;
            }
        }
        if (errors == 0)
            problem_of(self, file, &err);
        return;
    }
    size_t first = self->plan.count;
    for (size_t i = 0; i < bpmn_model_count(model); i++) {
        const struct bpmn_process_info *info = bpmn_process_info(bpmn_model_at(model, i));
        struct planned *plan = add(self, file, STORE_PROCESS, info->id, info->name);
        plan->first = first;
        plan->process = bpmn_model_at(model, i);
        plan->row.tag = info->version_tag.data ? info->version_tag : STR("");
        plan_starts(self, plan);
    }
}

static void read_decisions(struct deploying *self, size_t file)
{
    struct arena *arena = self->call->arena;
    struct dmn_source source = {self->files[file].name, self->files[file].content};
    const struct dmn_model *model;
    struct error err = ERROR_INIT;
    if (dmn_load(arena, &source, 1, NULL, &model, &err) != OK) {
        problem_of(self, file, &err);
        return;
    }
    size_t first = self->plan.count;
    struct str id = dmn_model_id(model);
    add(self, file, STORE_REQUIREMENTS, id.len ? id : self->files[file].name, dmn_model_name(model));
    const struct dmn_element *const *elements;
    size_t count = dmn_elements(model, &elements);
    for (size_t i = 0; i < count; i++) {
        if (elements[i]->kind != DMN_DECISION)
            continue;
        struct str name = elements[i]->id.len ? elements[i]->id : elements[i]->name;
        add(self, file, STORE_DECISION, name, elements[i]->name)->first = first;
    }
}

static void read_form(struct deploying *self, size_t file)
{
    struct value form;
    struct error err = ERROR_INIT;
    if (json_parse(self->call->arena, self->files[file].content, NULL, &form, &err) != OK) {
        problem_of(self, file, &err);
        return;
    }
    struct str id = value_text(value_get(form, STR("id")));
    if (!id.len) {
        problem(self, file, STR_NONE, 0, "form-id-missing", STR("A form needs an id."));
        return;
    }
    struct planned *plan = add(self, file, STORE_FORM, id, STR_NONE);
    struct str tag = value_text(value_get(form, STR("versionTag")));
    plan->row.tag = tag.data ? tag : STR("");
}

static void read_file(struct deploying *self, size_t file)
{
    static const struct {
        const char *suffix;
        void (*read)(struct deploying *self, size_t file);
    } readers[] = {{".bpmn", read_process}, {".dmn", read_decisions}, {".form", read_form}};
    const struct service_resource *resource = &self->files[file];
    unsigned char hash[HASH_SIZE];
    hash_sm3(resource->content, hash);
    self->hashes[file] = hex_encode(self->call->arena, hash, sizeof hash);
    if (!utf8_valid(resource->content)) {
        problem(self, file, STR_NONE, 0, "resource-encoding", STR("The file is not UTF-8."));
        return;
    }
    for (size_t i = 0; i < COUNT_OF(readers); i++)
        if (str_ends(resource->name, str_of(readers[i].suffix))) {
            readers[i].read(self, file);
            return;
        }
    problem(self, file, STR_NONE, 0, "resource-kind", STR("Only .bpmn, .dmn and .form files can be deployed."));
}

/* ---- Writing ---- */

static enum status find_versions(struct deploying *self, struct db_tx *tx, bool *all_same, struct error *err)
{
    *all_same = true;
    for (size_t i = 0; i < self->plan.count; i++) {
        struct planned *plan = &self->plan.items[i];
        struct store_definition last;
        bool found;
        if (store_definition_last(tx, db_tx_arena(tx), plan->row.kind, plan->row.name, &last, &found, err) != OK)
            return FAILED;
        plan->row.version = found ? last.version : 0;
        plan->same = found && !last.deleted && str_equal(last.hash, plan->row.hash) &&
                     str_equal(last.resource, plan->row.resource);
        if (plan->same) {
            plan->row.id = last.id;
            plan->row.model = last.model;
        }
        *all_same = *all_same && plan->same;
    }
    return OK;
}

static enum status write_starts(struct db_tx *tx, const struct planned *plan, struct error *err)
{
    if (store_start_clear(tx, plan->row.name, err) != OK)
        return FAILED;
    for (size_t i = 0; i < plan->start_count; i++) {
        struct store_start start = plan->starts[i];
        start.definition = plan->row.id;
        if (store_start_insert(tx, &start, err) != OK)
            return FAILED;
    }
    return OK;
}

static enum status write_plan(struct db_tx *tx, void *arg, struct error *err)
{
    struct deploying *self = arg;
    bool all_same;
    if (find_versions(self, tx, &all_same, err) != OK)
        return FAILED;
    if (all_same)
        return OK;
    for (size_t i = 0; i < self->file_count; i++) {
        struct store_pack_file file = {.hash = self->hashes[i], .content = self->files[i].content};
        if (store_pack_file_put(tx, &file, err) != OK)
            return FAILED;
    }
    for (size_t i = 0; i < self->plan.count; i++) {
        struct planned *plan = &self->plan.items[i];
        plan->row.id = self->first_key + 1 + (int64_t)i;
        plan->row.model = self->first_key + 1 + (int64_t)plan->first;
        plan->row.deployment = self->first_key;
        plan->row.version++;
        plan->row.deployed = service_now(self->call->service);
        if (store_definition_insert(tx, &plan->row, err) != OK || (plan->process && write_starts(tx, plan, err) != OK))
            return FAILED;
    }
    return OK;
}

static enum status take_keys(struct service *service, int64_t n, int64_t *first, struct error *err)
{
    while (!service_number_try(service, "key", n, first))
        if (service_number_fill(service, "key", SERVICE_KEY_BLOCK, err) != OK)
            return FAILED;
    return OK;
}

static struct value answer(const struct deploying *self)
{
    struct arena *arena = self->call->arena;
    struct list_builder items;
    list_builder_init(&items, arena);
    for (size_t i = 0; i < self->plan.count; i++) {
        const struct planned *plan = &self->plan.items[i];
        list_builder_push(&items, deployment_view(arena, &plan->row, &self->plan.items[plan->first].row));
    }
    struct view view;
    view_init(&view, arena);
    zeebe_key(&view, "deploymentKey", self->first_key);
    zeebe_tenant(&view);
    zeebe_put(&view, "deployments", list_builder_done(&items));
    return view_done(&view);
}

static enum status refused(struct deploying *self, struct value *problems, struct error *err)
{
    *problems = list_builder_done(&self->problems);
    struct value first = value_at(*problems, 0);
    struct str element = value_text(value_get(first, STR("element")));
    error_set(err, ERROR_INVALID, "deployment-refused", "%.*s: %.*s%s%.*s",
              STR_ARGS(value_text(value_get(first, STR("resource")))), STR_ARGS(element), element.len ? ": " : "",
              STR_ARGS(value_text(value_get(first, STR("message")))));
    return error_field(err, "%.*s", STR_ARGS(element));
}

enum status service_deploy(const struct call *call, const struct service_resource *resources, size_t count,
                           struct value *out, struct value *problems, struct error *err)
{
    struct deploying self = {.call = call, .files = resources, .file_count = count};
    if (service_may(call, "process.deploy", err) != OK)
        return FAILED;
    if (count == 0 || count > DEPLOY_FILES_MAX)
        return error_set(err, ERROR_INVALID, "resources-missing", "A deployment has 1 to %d files.", DEPLOY_FILES_MAX);
    list_builder_init(&self.problems, call->arena);
    self.hashes = arena_array(call->arena, struct str, count);
    for (size_t i = 0; i < count; i++)
        read_file(&self, i);
    if (self.problems.items.count)
        return refused(&self, problems, err);
    if (take_keys(call->service, (int64_t)self.plan.count + 1, &self.first_key, err) != OK ||
        db_write(call->service->db, write_plan, &self, err) != OK)
        return FAILED;
    log_event(LOG_INFO, "deployment", "key=%" PRId64 " files=%zu definitions=%zu", self.first_key, count,
              self.plan.count);
    *out = answer(&self);
    return OK;
}

/* ---- One definition ---- */

struct one_definition {
    const struct call *call;
    int64_t kind;
    struct str key;
    int64_t id;
    const struct deployed *what, *parent;
    const struct deployed *form;
};

static enum status no_definition(struct str key, struct error *err)
{
    return error_set(err, ERROR_NOT_FOUND, "definition-not-found", "There is no definition with the key %.*s.",
                     STR_ARGS(key));
}

static enum status find_start_form(struct one_definition *self, struct db_tx *tx, struct error *err)
{
    const struct bpmn_process_info *info = bpmn_process_info(self->what->process);
    for (size_t i = 0; i < info->start_count; i++) {
        if (info->starts[i].event != BPMN_EVENT_NONE || !info->starts[i].form_id.len)
            continue;
        const struct bpmn_element_info *element = bpmn_process_element(self->what->process, info->starts[i].element_id);
        struct deployed_wanted wanted = {.kind = STORE_FORM,
                                         .name = info->starts[i].form_id,
                                         .binding = element ? element->binding : STR_NONE,
                                         .version_tag = element ? element->version_tag : STR_NONE,
                                         .from = self->what};
        return deployed_bound(self->call->service, tx, &wanted, &self->form, err);
    }
    return OK;
}

static enum status read_definition(struct db_tx *tx, void *arg, struct error *err)
{
    struct one_definition *self = arg;
    struct service *service = self->call->service;
    self->form = self->parent = NULL;
    if (deployed_by_key(service, tx, self->id, &self->what, err) != OK)
        return FAILED;
    if (!self->what || self->what->row.kind != self->kind)
        return no_definition(self->key, err);
    if (self->kind == STORE_PROCESS)
        return find_start_form(self, tx, err);
    return deployed_by_key(service, tx, self->what->row.model, &self->parent, err);
}

static enum status find_definition(const struct call *call, enum service_definition kind, struct str key,
                                   struct one_definition *out, struct error *err)
{
    *out = (struct one_definition){.call = call, .kind = kind, .key = key};
    if (service_may(call, "process.read", err) != OK)
        return FAILED;
    if (!key_parse(key, &out->id))
        return no_definition(key, err);
    return db_read(call->service->db, read_definition, out, err);
}

enum status service_definition_get(const struct call *call, enum service_definition kind, struct str key,
                                   struct value *out, struct error *err)
{
    struct one_definition one;
    if (find_definition(call, kind, key, &one, err) != OK)
        return FAILED;
    *out = kind == SERVICE_FORM ? form_view(call->arena, one.what)
                                : definition_view(call->arena, one.what, one.parent ? &one.parent->row : NULL);
    return OK;
}

enum status service_definition_text(const struct call *call, enum service_definition kind, struct str key,
                                    struct str *out, struct error *err)
{
    struct one_definition one;
    if (find_definition(call, kind, key, &one, err) != OK)
        return FAILED;
    *out = one.what->model->file.text;
    return OK;
}

enum status service_definition_form(const struct call *call, struct str key, struct value *out, struct error *err)
{
    struct one_definition one;
    if (find_definition(call, SERVICE_PROCESS, key, &one, err) != OK)
        return FAILED;
    *out = one.form ? form_view(call->arena, one.form) : value_null;
    return OK;
}

/* ---- Taking one back ---- */

/* Makes the newest version that is left the one that events start. */
static enum status restore_starts(struct one_definition *self, struct db_tx *tx, struct error *err)
{
    struct store_definition_wanted newest = {.kind = STORE_PROCESS, .name = self->what->row.name};
    const struct deployed *left;
    if (store_start_clear(tx, self->what->row.name, err) != OK ||
        deployed_find(self->call->service, tx, &newest, &left, err) != OK)
        return FAILED;
    if (!left)
        return OK;
    struct deploying again = {.call = self->call};
    struct planned plan = {.row = left->row, .process = left->process};
    list_builder_init(&again.problems, self->call->arena);
    plan_starts(&again, &plan);
    return write_starts(tx, &plan, err);
}

static enum status delete_decisions(struct db_tx *tx, int64_t requirements, struct error *err)
{
    struct store_definition *rows;
    size_t count = 1;
    for (int64_t after = 0; count;) {
        if (store_definition_list(tx, db_tx_arena(tx), STORE_DECISION, after, 1000, &rows, &count, err) != OK)
            return FAILED;
        for (size_t i = 0; i < count; i++) {
            after = rows[i].id;
            if (rows[i].model == requirements && store_definition_delete(tx, rows[i].id, err) != OK)
                return FAILED;
        }
    }
    return OK;
}

static enum status delete_definition(struct db_tx *tx, void *arg, struct error *err)
{
    struct one_definition *self = arg;
    struct store_definition row;
    bool found;
    if (store_definition_find(tx, db_tx_arena(tx), self->id, &row, &found, err) != OK)
        return FAILED;
    if (!found || row.deleted)
        return no_definition(self->key, err);
    if (deployed_by_key(self->call->service, tx, self->id, &self->what, err) != OK ||
        store_definition_delete(tx, self->id, err) != OK)
        return FAILED;
    if (row.kind == STORE_PROCESS)
        return restore_starts(self, tx, err);
    return row.kind == STORE_REQUIREMENTS ? delete_decisions(tx, self->id, err) : OK;
}

enum status service_definition_delete(const struct call *call, struct str key, struct error *err)
{
    struct one_definition one = {.call = call, .key = key};
    if (service_may(call, "process.deploy", err) != OK)
        return FAILED;
    if (!key_parse(key, &one.id))
        return no_definition(key, err);
    return db_write(call->service->db, delete_definition, &one, err);
}

/* ---- Decisions ---- */

struct evaluating {
    struct str id, key;
    struct value variables;
    struct value view;
};

static struct value json_of(struct arena *arena, struct value v)
{
    return value_string(json_text(arena, v));
}

static struct value hit_view(struct arena *arena, const struct dmn_hit *hit)
{
    struct list_builder outputs;
    struct view view;
    list_builder_init(&outputs, arena);
    for (size_t i = 0; i < hit->output_count; i++) {
        const struct dmn_output *output = &hit->outputs[i];
        view_init(&view, arena);
        zeebe_put(&view, "outputId", value_string(output->id.data ? output->id : STR("")));
        zeebe_put(&view, "outputName", value_string(output->name.data ? output->name : STR("")));
        zeebe_put(&view, "outputValue", json_of(arena, output->value));
        zeebe_text(&view, "ruleId", hit->rule);
        view_int(&view, "ruleIndex", (int64_t)hit->index);
        list_builder_push(&outputs, view_done(&view));
    }
    view_init(&view, arena);
    zeebe_put(&view, "ruleId", value_string(hit->rule.data ? hit->rule : STR("")));
    view_int(&view, "ruleIndex", (int64_t)hit->index);
    zeebe_put(&view, "evaluatedOutputs", list_builder_done(&outputs));
    return view_done(&view);
}

static void put_table(struct view *view, struct arena *arena, const struct dmn_step *step)
{
    struct list_builder hits, inputs;
    list_builder_init(&hits, arena);
    list_builder_init(&inputs, arena);
    const struct dmn_table_step *table = step->table_count ? &step->tables[0] : NULL;
    for (size_t i = 0; table && i < table->hit_count; i++)
        list_builder_push(&hits, hit_view(arena, &table->hits[i]));
    for (size_t i = 0; table && i < table->input_count; i++) {
        struct view input;
        view_init(&input, arena);
        zeebe_put(&input, "inputId", value_string(table->inputs[i].id.data ? table->inputs[i].id : STR("")));
        zeebe_put(&input, "inputName", value_string(table->inputs[i].name.data ? table->inputs[i].name : STR("")));
        zeebe_put(&input, "inputValue", json_of(arena, table->inputs[i].value));
        list_builder_push(&inputs, view_done(&input));
    }
    zeebe_put(view, "matchedRules", list_builder_done(&hits));
    zeebe_put(view, "evaluatedInputs", list_builder_done(&inputs));
}

/* A required decision of the same file, for its key and version. */
static enum status step_definition(struct work *work, const struct deployed *asked, const struct dmn_step *step,
                                   struct store_definition *out, struct error *err)
{
    struct str id = step->element->id.len ? step->element->id : step->element->name;
    struct store_definition_wanted wanted = {.kind = STORE_DECISION, .name = id};
    const struct deployed *found = NULL;
    *out = (struct store_definition){.name = id, .title = step->element->name, .version = 1};
    if (!asked)
        return OK;
    wanted.model = asked->row.model;
    if (deployed_find(work->service, work->tx, &wanted, &found, err) != OK)
        return FAILED;
    if (found)
        *out = found->row;
    return OK;
}

static enum status steps_view(struct work *work, const struct deployed *asked, const struct dmn_run *run, int64_t key,
                              struct value *out, struct error *err)
{
    size_t count = 0;
    struct arena *arena = work->arena;
    struct list_builder steps;
    list_builder_init(&steps, arena);
    for (size_t i = 0; i < run->step_count; i++) {
        const struct dmn_step *step = &run->steps[i];
        struct store_definition definition;
        struct view view;
        if (step->element->kind != DMN_DECISION)
            continue;
        if (step_definition(work, asked, step, &definition, err) != OK)
            return FAILED;
        view_init(&view, arena);
        zeebe_text(&view, "decisionDefinitionId", definition.name);
        zeebe_put(&view, "decisionDefinitionKey", value_string(key_text(arena, definition.id)));
        zeebe_put(&view, "decisionDefinitionName", value_string(definition.title));
        view_int(&view, "decisionDefinitionVersion", definition.version);
        zeebe_put(&view, "decisionDefinitionType",
                  value_cstr(step->element->has_table ? "DECISION_TABLE" : "LITERAL_EXPRESSION"));
        zeebe_put(&view, "decisionEvaluationInstanceKey",
                  value_string(arena_printf(arena, "%" PRId64 "-%zu", key, ++count)));
        zeebe_put(&view, "output", json_of(arena, step->value));
        zeebe_tenant(&view);
        put_table(&view, arena, step);
        list_builder_push(&steps, view_done(&view));
    }
    *out = list_builder_done(&steps);
    return OK;
}

static enum status find_asked(struct work *work, const struct evaluating *a, const struct deployed **found,
                              const struct pack_decision **decision, struct error *err)
{
    struct store_definition_wanted newest = {.kind = STORE_DECISION, .name = a->id};
    int64_t key = 0;
    *found = NULL;
    *decision = NULL;
    if (a->key.len) {
        if (key_parse(a->key, &key) && deployed_by_key(work->service, work->tx, key, found, err) != OK)
            return FAILED;
        if (*found && (*found)->row.kind != STORE_DECISION)
            *found = NULL;
    } else {
        if (deployed_find(work->service, work->tx, &newest, found, err) != OK)
            return FAILED;
        *decision = pack_decision_find(work->service->packs, a->id);
    }
    if (*found)
        *decision = &(*found)->decision;
    if (*decision)
        return OK;
    return error_set(err, ERROR_NOT_FOUND, "decision-not-found", "There is no decision %.*s.",
                     STR_ARGS(a->key.len ? a->key : a->id));
}

static enum status evaluate_command(struct work *work, void *arg, struct error *err)
{
    struct evaluating *a = arg;
    struct arena *arena = work->arena;
    const struct deployed *found, *parent = NULL;
    const struct pack_decision *decision;
    struct value result = value_null, steps;
    struct error problem = ERROR_INIT;
    int64_t key;
    if (find_asked(work, a, &found, &decision, err) != OK || work_key(work, 0, &key, err) != OK ||
        (found && deployed_by_key(work->service, work->tx, found->row.model, &parent, err) != OK))
        return FAILED;
    struct dmn_run run = {.feel = service_feel(work->service, arena, work->service->packs, work->now),
                          .detail = DMN_EXPLAINED,
                          .input_form = DMN_INPUTS_JSON,
                          .open = found ? a->variables : value_null};
    bool failed = dmn_evaluate(decision->model, decision->id, a->variables, &run, &result, &problem) != OK;
    if (steps_view(work, found, &run, key, &steps, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, arena);
    zeebe_text(&view, "decisionDefinitionId", decision->id);
    zeebe_put(&view, "decisionDefinitionKey", value_string(key_text(arena, found ? found->row.id : 0)));
    zeebe_put(&view, "decisionDefinitionName", value_string(decision->name));
    view_int(&view, "decisionDefinitionVersion", found ? found->row.version : 1);
    zeebe_put(&view, "decisionRequirementsId", value_string(parent ? parent->row.name : STR("packs")));
    zeebe_put(&view, "decisionRequirementsKey", value_string(key_text(arena, parent ? parent->row.id : 0)));
    zeebe_key(&view, "decisionEvaluationKey", key);
    zeebe_key(&view, "decisionInstanceKey", key);
    zeebe_put(&view, "output", json_of(arena, result));
    zeebe_text(&view, "failedDecisionDefinitionId", failed ? decision->id : STR_NONE);
    zeebe_text(&view, "failureMessage", failed ? arena_str(arena, str_of(problem.message)) : STR_NONE);
    zeebe_put(&view, "evaluatedDecisions", steps);
    zeebe_tenant(&view);
    a->view = view_done(&view);
    return OK;
}

enum status service_definition_evaluate(const struct call *call, struct str id, struct str key, struct value variables,
                                        struct value *out, struct error *err)
{
    struct evaluating arg = {.id = id, .key = key, .variables = variables};
    if (service_may(call, "decision.evaluate", err) != OK || work_run(call, evaluate_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}
