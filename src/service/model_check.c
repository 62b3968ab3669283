/* What is wrong with a model before it is used: what its own kind's check finds, that it still declares what others ask
 * for, and what it breaks elsewhere in the packs. And what differs between two versions. */
#include "service/model_file.h"

#include "bpmn/check.h"
#include "bpmn/diff.h"
#include "dmn/dmn.h"
#include "feel/json.h"
#include "service/decision.h"

struct checking {
    const struct call *call;
    const struct model_file *file;
    struct str text;
    const struct pack_set *base; /* in force, without the text */
    struct list_builder problems;
    int64_t errors, warnings;
    struct value form_view; /* of a form that can be loaded */
};

struct finding {
    const char *severity, *code;
    struct str element, message, file;
    int64_t line;
    struct value example;
};

static void add(struct checking *self, const struct finding *found)
{
    struct view view;
    view_init(&view, self->call->arena);
    view_text(&view, "element", found->element);
    view_text(&view, "severity", str_of(found->severity));
    view_text(&view, "code", str_of(found->code));
    view_text(&view, "message", found->message);
    view_text(&view, "file", found->file);
    if (found->line > 0)
        view_int(&view, "line", found->line);
    view_put(&view, "example", found->example);
    list_builder_push(&self->problems, view_done(&view));
    self->errors += found->severity[0] == 'e';
    self->warnings += found->severity[0] == 'w';
}

static void add_error(struct checking *self, const struct error *err)
{
    add(self, &(struct finding){"error", arena_printf(self->call->arena, "%s", err->type).data,
                                arena_str(self->call->arena, str_of(err->field)),
                                arena_str(self->call->arena, str_of(err->message)), STR_NONE, 0, value_null});
}

/* ---- By kind ---- */

static void add_process_problems(struct checking *self, const struct bpmn_problems *problems)
{
    static const char *const severities[] = {
        [BPMN_ERROR] = "error", [BPMN_WARNING] = "warning", [BPMN_HINT] = "note"};
    for (size_t i = 0; i < problems->list.count; i++) {
        const struct bpmn_problem *one = &problems->list.items[i];
        add(self, &(struct finding){severities[one->severity], one->code, one->element_id, one->message, STR_NONE,
                                    one->line, value_null});
    }
}

static bool load_process(struct checking *self)
{
    struct bpmn_problems problems = {0};
    const struct bpmn_model *model;
    struct error err = ERROR_INIT;
    enum status status = bpmn_model_load(self->call->arena, self->text, NULL, &problems, &model, &err);
    add_process_problems(self, &problems);
    if (status != OK && self->errors == 0)
        add_error(self, &err);
    return status == OK;
}

static bool load_decisions(struct checking *self)
{
    static const struct dmn_options options = {.strictness = DMN_TOLERANT};
    struct arena *arena = self->call->arena;
    struct dmn_source own = {self->file->path, self->text};
    const struct dmn_source *sources;
    const struct dmn_model *model;
    const struct dmn_problem *problems;
    struct error err = ERROR_INIT;
    size_t count;
    if (decision_sources(arena, self->base, &own, &sources, &count, &err) != OK ||
        dmn_load(arena, sources, count, &options, &model, &err) != OK) {
        add_error(self, &err);
        return false;
    }
    size_t found = dmn_check(arena, model, &problems);
    for (size_t i = 0; i < found; i++)
        if (str_equal(problems[i].file, self->file->path))
            add(self, &(struct finding){dmn_severity_name(problems[i].severity), problems[i].code, problems[i].element,
                                        problems[i].message, STR_NONE, problems[i].line, problems[i].example});
    return self->errors == 0;
}

static bool load_form(struct checking *self)
{
    struct arena *arena = self->call->arena;
    const struct form *form;
    struct error err = ERROR_INIT;
    if (form_load(arena, self->text, &form, &err) != OK) {
        add_error(self, &err);
        return false;
    }
    struct feel_run run = service_feel(self->call->service, arena, self->base, self->file->now);
    struct pack_texts texts = {self->base, self->call->actor->language};
    struct form_env env = {&run, pack_form_codes(self->base), pack_form_texts(&texts)};
    self->form_view = form_describe(form, form_null_fill(form, arena, empty_context(arena)), NULL, 0, &env);
    return true;
}

/* ---- In the packs ---- */

static bool is_own(const struct checking *self, const struct pack *pack, const struct pack_file *file)
{
    return str_equal(pack_id(pack), self->file->pack) && str_equal(file->path, self->file->path);
}

/* Others may ask for everything that the version in force declares. */
static void check_declared(struct checking *self, const struct pack_set *changed)
{
    size_t count;
    VECTOR(struct str) gone = {0};
    const struct pack_process *const *processes = pack_processes(self->base, &count);
    for (size_t i = 0; i < count; i++)
        if (is_own(self, processes[i]->pack, processes[i]->file) && !pack_process_find(changed, processes[i]->id))
            VECTOR_PUSH(self->call->arena, &gone, processes[i]->id);
    const struct pack_decision *const *decisions = pack_decisions(self->base, &count);
    for (size_t i = 0; i < count; i++)
        if (is_own(self, decisions[i]->pack, decisions[i]->file) && !pack_decision_find(changed, decisions[i]->id))
            VECTOR_PUSH(self->call->arena, &gone, decisions[i]->id);
    const struct pack_form *const *forms = pack_forms(self->base, &count);
    for (size_t i = 0; i < count; i++)
        if (is_own(self, forms[i]->pack, forms[i]->file) && !pack_form_find(changed, forms[i]->id))
            VECTOR_PUSH(self->call->arena, &gone, forms[i]->id);
    for (size_t i = 0; i < gone.count; i++)
        add(self, &(struct finding){"error", "model-id-gone", gone.items[i],
                                    arena_printf(self->call->arena,
                                                 "%.*s is in force, and this version does not declare it any more.",
                                                 STR_ARGS(gone.items[i])),
                                    STR_NONE, 0, value_null});
}

static bool told_before(const struct pack_problems *before, const struct pack_problem *one)
{
    for (size_t i = 0; i < before->list.count; i++)
        if (str_equal(before->list.items[i].file, one->file) && str_equal(before->list.items[i].place, one->place) &&
            str_equal(before->list.items[i].message, one->message))
            return true;
    return false;
}

/* The kind's own check has told it already, with more to it. */
static bool told_here(const struct checking *self, const struct pack_problem *one)
{
    for (size_t i = 0; i < self->problems.items.count; i++)
        if (str_equal(value_text(value_get(self->problems.items.items[i], STR("message"))), one->message))
            return true;
    return false;
}

static void add_pack_problem(struct checking *self, const struct pack_problem *one)
{
    struct str own =
        arena_printf(self->call->arena, "%.*s/%.*s", STR_ARGS(self->file->pack), STR_ARGS(self->file->path));
    bool here = str_equal(own, one->file);
    /* Translations are files of the pack, which models do not change. */
    bool warning = one->warning || one->untranslated;
    add(self, &(struct finding){warning ? "warning" : "error", one->untranslated ? "untranslated" : "pack", one->place,
                                one->message, here ? STR_NONE : one->file, 0, value_null});
}

static void check_packs(struct checking *self)
{
    struct arena *arena = self->call->arena;
    struct pack_problems now = {.arena = arena}, before = {.arena = arena};
    const struct pack_set *changed = NULL;
    struct error err = ERROR_INIT;
    if (model_packs(self->call, self->file, self->text, self->file->now, &now, &changed, &err) != OK) {
        for (size_t i = 0; i < now.list.count; i++)
            add_pack_problem(self, &now.list.items[i]);
        if (now.list.count == 0)
            add_error(self, &err);
        return;
    }
    check_declared(self, changed);
    size_t count;
    const struct pack_process *const *processes = pack_processes(changed, &count);
    for (size_t i = 0; i < count; i++)
        if (is_own(self, processes[i]->pack, processes[i]->file)) {
            struct bpmn_problems problems = {0};
            pack_process_problems(arena, changed, processes[i], &problems);
            add_process_problems(self, &problems);
        }
    pack_check(changed, pack_set_find(changed, self->file->pack), &now, NULL);
    pack_check(self->base, pack_set_find(self->base, self->file->pack), &before, NULL);
    for (size_t i = 0; i < now.list.count; i++)
        if (!told_before(&before, &now.list.items[i]) && !told_here(self, &now.list.items[i]))
            add_pack_problem(self, &now.list.items[i]);
}

/* An item is judged by itself: nothing else in the packs depends on its text. */
static bool load_item(struct checking *self)
{
    struct pack_problems problems = {.arena = self->call->arena};
    model_item_judge(self->call, self->file, self->base, self->text, &problems);
    for (size_t i = 0; i < problems.list.count; i++)
        add_pack_problem(self, &problems.list.items[i]);
    return false;
}

enum status model_packs(const struct call *call, const struct model_file *self, struct str text, int64_t instant,
                        struct pack_problems *problems, const struct pack_set **out, struct error *err)
{
    struct pack_change change = {self->pack, self->path, text};
    struct value json;
    if (self->kind == MODEL_ITEM) {
        if (json_parse(call->arena, text, NULL, &json, err) != OK)
            return FAILED;
        change.path = item_laid_path(call->arena, self->path, value_int_or(value_get(json, STR("version")), 1));
    }
    struct pack_changes changes = {&change, 1};
    return service_packs_at(call->service, call->arena, instant, &changes, problems, out, err);
}

enum status model_check(const struct call *call, const struct model_file *self, struct str text, struct value *out,
                        int64_t *errors, struct error *err)
{
    static bool (*const loaders[MODEL_KIND_COUNT])(struct checking *) = {load_process, load_decisions, load_form,
                                                                     load_item};
    struct checking checking = {.call = call, .file = self, .text = text, .base = service_packs_now(call->service)};
    list_builder_init(&checking.problems, call->arena);
    (void)err;
    if (loaders[self->kind](&checking))
        check_packs(&checking);
    struct view view;
    view_init(&view, call->arena);
    view_int(&view, "errors", checking.errors);
    view_int(&view, "warnings", checking.warnings);
    view_put(&view, "problems", list_builder_done(&checking.problems));
    view_put(&view, "form_view", checking.form_view);
    *out = view_done(&view);
    *errors = checking.errors;
    return OK;
}

enum status service_model_check(const struct call *call, struct str id, int64_t number, struct str source,
                                struct value *out, struct error *err)
{
    struct model_wanted wanted = {.id = id, .number = number, .source = source};
    struct str text;
    int64_t errors;
    if (service_may(call, "model.read", err) != OK || model_text(call, &wanted, &text, err) != OK)
        return FAILED;
    return model_check(call, &wanted.file, text, out, &errors, err);
}

/* ---- Differences ---- */

/* Components of a form with an id, anywhere in it: {id: component without its own components}. */
static void flatten(struct arena *arena, struct value component, struct value *out)
{
    struct value inner = value_get(component, STR("components"));
    struct str id = value_text(value_get(component, STR("id")));
    struct context_builder own;
    context_builder_init(&own, arena);
    for (size_t i = 0; component.kind == VALUE_CONTEXT && i < component.context->count; i++)
        if (!str_equal(component.context->members[i].key, STR("components")))
            context_builder_put(&own, component.context->members[i].key, component.context->members[i].value);
    if (id.len)
        *out = context_set(arena, *out, arena_cstr(arena, id), context_builder_done(&own));
    for (size_t i = 0; i < value_count(inner); i++)
        flatten(arena, value_at(inner, i), out);
}

static struct value plain(struct arena *arena, struct value v)
{
    return v.kind == VALUE_NULL || v.kind == VALUE_STRING ? v : value_string(json_text(arena, v));
}

static struct value differing(struct arena *arena, struct value from, struct value to)
{
    struct list_builder list;
    list_builder_init(&list, arena);
    struct value both = value_merge(arena, from, to);
    for (size_t i = 0; i < both.context->count; i++) {
        struct str name = both.context->members[i].key;
        struct value was = value_get(from, name), is = value_get(to, name);
        if (value_identical(was, is))
            continue;
        struct context_builder one;
        context_builder_init(&one, arena);
        context_builder_put(&one, STR("name"), value_string(name));
        context_builder_put(&one, STR("from"), plain(arena, was));
        context_builder_put(&one, STR("to"), plain(arena, is));
        list_builder_push(&list, context_builder_done(&one));
    }
    return list_builder_done(&list);
}

static void put_component(struct arena *arena, struct list_builder *changes, const char *what, struct str id,
                          struct value component, struct value attributes)
{
    struct view view;
    view_init(&view, arena);
    view_text(&view, "what", str_of(what));
    view_text(&view, "element", id);
    view_put(&view, "type", value_get(component, STR("type")));
    struct value label = value_get(component, STR("label"));
    view_put(&view, "name", value_is_null(label) ? value_get(component, STR("name")) : label);
    view_put(&view, "attributes", attributes);
    list_builder_push(changes, view_done(&view));
}

/* By components, or by the members of an item and the entries of its lists. */
struct two_texts {
    struct str from, to;
    bool item;
};
static enum status json_diff(struct arena *arena, const struct two_texts *texts, struct value *out, int *side,
                             struct error *err)
{
    struct value old, new, was = empty_context(arena), is = empty_context(arena);
    struct list_builder changes;
    list_builder_init(&changes, arena);
    *side = 0;
    if (json_parse(arena, texts->from, NULL, &old, err) != OK)
        return FAILED;
    *side = 1;
    if (json_parse(arena, texts->to, NULL, &new, err) != OK)
        return FAILED;
    if (texts->item) {
        was = model_item_parts(arena, old);
        is = model_item_parts(arena, new);
    } else {
        flatten(arena, old, &was);
        flatten(arena, new, &is);
    }
    for (size_t i = 0; i < is.context->count; i++) {
        struct value before, now = is.context->members[i].value;
        struct str id = is.context->members[i].key;
        if (!value_find(was, id, &before))
            put_component(arena, &changes, "added", id, now, value_null);
        else if (!value_identical(before, now))
            put_component(arena, &changes, "changed", id, now, differing(arena, before, now));
    }
    for (size_t i = 0; i < was.context->count; i++) {
        struct value unused;
        if (!value_find(is, was.context->members[i].key, &unused))
            put_component(arena, &changes, "removed", was.context->members[i].key, was.context->members[i].value,
                          value_null);
    }
    struct view view;
    view_init(&view, arena);
    view_put(&view, "changes", list_builder_done(&changes));
    view_int(&view, "moved", 0);
    *out = view_done(&view);
    return OK;
}

enum status service_model_diff(const struct call *call, struct str id, const struct service_model_compared *what,
                               struct value *out, struct error *err)
{
    struct model_wanted to = {.id = id, .number = what->number, .source = what->source};
    struct model_wanted from = {.id = id, .number = what->against};
    struct str new, old;
    int side = 0;
    if (service_may(call, "model.read", err) != OK || model_text(call, &to, &new, err) != OK ||
        model_text(call, &from, &old, err) != OK)
        return FAILED;
    struct value found;
    struct two_texts texts = {old, new, to.file.kind == MODEL_ITEM};
    enum status status = texts.item || to.file.kind == MODEL_FORM
                             ? json_diff(call->arena, &texts, &found, &side, err)
                             : bpmn_diff(call->arena, old, new, &found, &side, err);
    if (status != OK)
        return side == 1 && what->source.len ? error_field(err, "source") : FAILED;
    struct view view;
    view_init(&view, call->arena);
    view_int(&view, "from", from.number);
    view_int(&view, "to", to.number);
    view_text(&view, "from_source", old);
    *out = value_merge(call->arena, found, view_done(&view));
    return OK;
}
