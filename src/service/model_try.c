/* Models tried before anybody depends on them: decisions and forms on test cases, processes on a story that is played
 * on the real engine in memory, step by step, with the way the token went. */
#include "service/model_file.h"

#include "feel/json.h"
#include "service/case.h"
#include "service/scenario.h"

#define STEPS_MAX 200
#define TESTS_MAX 200
#define ROUNDS_MAX 2000
#define WALK_MAX 5000

static enum status wrong_input(const char *field, const char *message, struct error *err)
{
    error_set(err, ERROR_INVALID, "invalid-type", "%s", message);
    return error_field(err, "%s", field);
}

/* ---- Decisions and forms ---- */

struct test_run {
    const struct call *call;
    const struct pack_set *packs;
    const struct model_file *file;
    int64_t now;
    int64_t passed, failed;
    struct list_builder items;
};

static bool same_json(struct arena *arena, struct value a, struct value b)
{
    return str_equal(json_canonical(arena, a), json_canonical(arena, b));
}

/* good is left out where nothing was expected. */
static void judge_test(struct test_run *self, struct value test, struct value found, struct view *view)
{
    struct value expected;
    if (!value_find(test, STR("expect"), &expected))
        return;
    bool good = same_json(self->call->arena, found, expected);
    context_builder_put(&view->members, STR("expect"), expected);
    view_flag(view, "good", good);
    self->passed += good;
    self->failed += !good;
}

static void fail_test(struct test_run *self, struct str problem, struct view *view)
{
    view_text(view, "problem", problem);
    view_flag(view, "good", false);
    self->failed++;
}

/* The decision a test asks for; without one the first of the file. */
static const struct pack_decision *decision_of(const struct test_run *self, struct str wanted)
{
    size_t count;
    const struct pack_decision *const *all = pack_decisions(self->packs, &count);
    for (size_t i = 0; i < count; i++)
        if (str_equal(pack_id(all[i]->pack), self->file->pack) && str_equal(all[i]->file->path, self->file->path) &&
            (!wanted.len || str_equal(all[i]->id, wanted) || str_equal(all[i]->name, wanted)))
            return all[i];
    return NULL;
}

static void try_decision(struct test_run *self, struct value test, struct view *view)
{
    struct arena *arena = self->call->arena;
    const struct pack_decision *decision = decision_of(self, value_text(value_get(test, STR("decision"))));
    struct dmn_run run = {.feel = service_feel(self->call->service, arena, self->packs, self->now),
                          .input_form = DMN_INPUTS_JSON,
                          .detail = DMN_EXPLAINED};
    struct error problem = ERROR_INIT;
    struct value inputs = value_get(test, STR("inputs")), output;
    if (inputs.kind != VALUE_CONTEXT)
        inputs = empty_context(arena);
    if (!decision) {
        fail_test(self, STR("The model has no such decision."), view);
        return;
    }
    view_text(view, "decision", decision->id);
    if (dmn_evaluate(decision->model, decision->id, inputs, &run, &output, &problem) != OK) {
        fail_test(self, arena_str(arena, str_of(problem.message)), view);
        return;
    }
    context_builder_put(&view->members, STR("output"), output);
    view_put(view, "steps", value_get(dmn_explanation(arena, &run), STR("decisions")));
    judge_test(self, test, output, view);
}

static void try_form(struct test_run *self, struct value test, struct view *view)
{
    struct arena *arena = self->call->arena;
    const struct pack_form *form = NULL;
    size_t count;
    const struct pack_form *const *all = pack_forms(self->packs, &count);
    for (size_t i = 0; i < count && !form; i++)
        if (str_equal(pack_id(all[i]->pack), self->file->pack) && str_equal(all[i]->file->path, self->file->path))
            form = all[i];
    CHECK(form);
    struct feel_run run = service_feel(self->call->service, arena, self->packs, self->now);
    struct pack_texts texts = {self->packs, self->call->actor->language};
    struct form_env env = {&run, pack_form_codes(self->packs), pack_form_texts(&texts)};
    struct form_result result = form_validate(form->form, value_get(test, STR("inputs")), &env);
    struct list *fields = list_new(arena, result.error_count);
    for (size_t i = 0; i < result.error_count; i++)
        fields->items[i] = value_string(result.errors[i].field);
    view_put(view, "output", value_of_list(fields));
    view_put(view, "errors", form_errors_value(arena, result.errors, result.error_count));
    judge_test(self, test, value_of_list(fields), view);
}

static enum status run_tests(struct test_run *self, struct value tests, struct error *err)
{
    struct arena *arena = self->call->arena;
    if (tests.kind != VALUE_LIST || value_count(tests) == 0 || value_count(tests) > TESTS_MAX)
        return wrong_input("tests", "tests must be a list of 1 to 200 tests {name, inputs, expect}.", err);
    list_builder_init(&self->items, arena);
    for (size_t i = 0; i < value_count(tests); i++) {
        struct value test = value_at(tests, i);
        struct view view;
        view_init(&view, arena);
        view_text(&view, "name", value_text(value_get(test, STR("name"))));
        if (self->file->kind == MODEL_DECISION)
            try_decision(self, test, &view);
        else
            try_form(self, test, &view);
        list_builder_push(&self->items, view_done(&view));
    }
    return OK;
}

static enum status read_now(const struct call *call, struct value input, int64_t *out, struct error *err)
{
    struct value now;
    struct str text = value_text(value_get(input, STR("now")));
    *out = service_now(call->service);
    if (!text.len || (date_time_parse(text, &now) && date_time_to_ms(now, out)))
        return OK;
    return wrong_input("now", "now must be a date-time, as 2026-12-01T09:00:00+08:00.", err);
}

static enum status try_tests(const struct call *call, const struct model_file *file, const struct pack_set *packs,
                             struct value input, struct value *out, struct error *err)
{
    struct test_run run = {.call = call, .packs = packs, .file = file};
    if (read_now(call, input, &run.now, err) != OK || run_tests(&run, value_get(input, STR("tests")), err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, call->arena);
    view_int(&view, "passed", run.passed);
    view_int(&view, "failed", run.failed);
    view_flag(&view, "good", run.failed == 0 && run.passed > 0);
    view_put(&view, "items", list_builder_done(&run.items));
    *out = view_done(&view);
    return OK;
}

/* ---- Processes ---- */

struct stay {
    struct str element, process;
    int64_t key, entered, left, due;
};
struct seen_case {
    struct str no;
    int64_t decisions; /* told so far */
};

struct trial {
    struct arena *arena;
    const struct pack_set *packs;
    const struct model_file *file;
    struct list_builder steps, walk;
    size_t walked;
    VECTOR(struct stay) stays;
    VECTOR(struct seen_case) cases;
    bool touched;   /* a process of the file was entered */
    bool incidents; /* at the end of the last step */
    int64_t first_ms, last_ms;
};

static bool of_file(const struct trial *self, struct str process)
{
    const struct pack_process *found = pack_process_find(self->packs, process);
    return found && str_equal(pack_id(found->pack), self->file->pack) && str_equal(found->file->path, self->file->path);
}

static void note_case(struct trial *self, struct str no)
{
    for (size_t i = 0; i < self->cases.count; i++)
        if (str_equal(self->cases.items[i].no, no))
            return;
    struct seen_case seen = {.no = arena_str(self->arena, no)};
    VECTOR_PUSH(self->arena, &self->cases, seen);
}

static void note_stay(struct trial *self, const struct service_move *move)
{
    if (str_equal(str_of(move->what), STR("entered"))) {
        struct stay stay = {arena_str(self->arena, move->element), arena_str(self->arena, move->process), move->key,
                            move->at_ms, 0, 0};
        VECTOR_PUSH(self->arena, &self->stays, stay);
        return;
    }
    for (size_t i = 0; i < self->stays.count; i++)
        if (self->stays.items[i].key == move->key && !self->stays.items[i].left)
            self->stays.items[i].left = move->at_ms;
}

static void moved(void *state, const struct service_move *move)
{
    struct trial *self = state;
    struct view view;
    note_case(self, move->case_no);
    self->touched = self->touched || of_file(self, move->process);
    self->first_ms = self->first_ms ? self->first_ms : move->at_ms;
    self->last_ms = move->at_ms;
    note_stay(self, move);
    if (self->walked++ >= WALK_MAX)
        return;
    view_init(&view, self->arena);
    view_time(&view, "at", move->at_ms);
    view_text(&view, "what", str_of(move->what));
    view_put(&view, "element", value_string_copy(self->arena, move->element));
    view_put(&view, "process", value_string_copy(self->arena, move->process));
    view_put(&view, "case", value_string_copy(self->arena, move->case_no));
    list_builder_push(&self->walk, view_done(&view));
}

static void note_dues(struct trial *self, struct value tasks)
{
    for (size_t i = 0; i < value_count(tasks); i++)
        for (size_t k = 0; k < self->stays.count; k++)
            if (!self->stays.items[k].left &&
                str_equal(self->stays.items[k].element, value_text(value_get(value_at(tasks, i), STR("element")))))
                self->stays.items[k].due = value_instant(value_get(value_at(tasks, i), STR("due")));
}

static struct value waits_of(struct trial *self, struct value process)
{
    struct list_builder waits;
    struct value tokens = value_get(process, STR("tokens"));
    list_builder_init(&waits, self->arena);
    for (size_t i = 0; i < value_count(tokens); i++) {
        struct value of = value_get(value_at(tokens, i), STR("waits"));
        for (size_t k = 0; k < value_count(of); k++)
            list_builder_push(&waits, value_at(of, k));
    }
    return list_builder_done(&waits);
}

static struct value case_now(struct trial *self, struct service *service, struct seen_case *seen,
                             struct list_builder *decisions)
{
    static const char *const kept[] = {"no",       "item",     "title",  "state", "outcome",  "reasons",
                                       "accepted", "deadline", "closed", "tasks", "incidents"};
    struct call call = {.service = service, .actor = &actor_system, .arena = self->arena};
    struct error ignored = ERROR_INIT;
    struct value view, process, all;
    struct view out;
    view_init(&out, self->arena);
    if (service_case_get(&call, seen->no, &view, &ignored) != OK)
        return value_null;
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        view_put(&out, kept[i], value_get(view, str_of(kept[i])));
    note_dues(self, value_get(view, STR("tasks")));
    self->incidents = self->incidents || value_count(value_get(view, STR("incidents"))) > 0;
    if (service_case_process(&call, seen->no, &process, &ignored) == OK)
        view_put(&out, "waits", waits_of(self, process));
    if (service_case_decisions(&call, seen->no, &all, &ignored) == OK) {
        for (size_t i = (size_t)seen->decisions; i < value_count(all); i++)
            list_builder_push(decisions, value_at(all, i));
        seen->decisions = (int64_t)value_count(all);
    }
    return view_done(&out);
}

static struct value does_of(struct arena *arena, struct value step)
{
    static const char *const words[] = {"open", "complete", "action", "advance", "until", "expect", "delivered"};
    struct view view;
    view_init(&view, arena);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        struct value target;
        if (!value_find(step, str_of(words[i]), &target))
            continue;
        view_text(&view, "word", str_of(words[i]));
        view_put(&view, "target", target);
        break;
    }
    view_put(&view, "as", value_get(step, STR("as")));
    return view_done(&view);
}

static void stepped(void *state, struct service *service, const struct scenario_moment *moment)
{
    struct trial *self = state;
    struct list_builder cases, decisions;
    struct view view;
    list_builder_init(&cases, self->arena);
    list_builder_init(&decisions, self->arena);
    self->incidents = false;
    for (size_t i = 0; i < self->cases.count; i++)
        list_builder_push(&cases, case_now(self, service, &self->cases.items[i], &decisions));
    view_init(&view, self->arena);
    view_int(&view, "index", (int64_t)moment->step + 1);
    view_put(&view, "does", does_of(self->arena, moment->json));
    view_time(&view, "at", moment->at_ms);
    if (moment->problem.data)
        view_text(&view, "problem", str_trim(moment->problem));
    view_put(&view, "walk", list_builder_done(&self->walk));
    view_put(&view, "cases", list_builder_done(&cases));
    view_put(&view, "decisions", list_builder_done(&decisions));
    list_builder_push(&self->steps, view_done(&view));
    list_builder_init(&self->walk, self->arena);
}

static struct value stays_view(const struct trial *self)
{
    struct list_builder list;
    list_builder_init(&list, self->arena);
    for (size_t i = 0; i < self->stays.count && i < WALK_MAX; i++) {
        const struct stay *stay = &self->stays.items[i];
        struct view view;
        view_init(&view, self->arena);
        view_text(&view, "element", stay->element);
        view_text(&view, "process", stay->process);
        view_time(&view, "entered", stay->entered);
        view_time(&view, "left", stay->left);
        view_time(&view, "due", stay->due);
        if (stay->left)
            view_int(&view, "spent_ms", stay->left - stay->entered);
        list_builder_push(&list, view_done(&view));
    }
    return list_builder_done(&list);
}

/* The story of the input: a scenario of the pack by its file name, or one that came along. */
static enum status find_story(const struct trial *self, struct value input, struct value *out, struct error *err)
{
    struct str name = value_text(value_get(input, STR("scenario")));
    size_t count;
    const struct pack_scenario *const *all = pack_scenarios(self->packs, &count);
    *out = value_get(input, STR("story"));
    for (size_t i = 0; name.len && i < count; i++)
        if (str_equal(pack_id(all[i]->pack), self->file->pack) && str_ends(all[i]->file->path, name))
            *out = all[i]->json;
    if (out->kind != VALUE_CONTEXT)
        return name.len ? wrong_input("scenario", "The pack has no such story.", err)
                        : wrong_input("story", "story must be an object {clock, steps}.", err);
    size_t steps = value_count(value_get(*out, STR("steps")));
    if (value_get(*out, STR("steps")).kind != VALUE_LIST || steps == 0 || steps > STEPS_MAX)
        return wrong_input("story.steps", "A story has 1 to 200 steps.", err);
    return OK;
}

static enum status try_process(const struct call *call, const struct model_file *file, const struct pack_set *packs,
                               struct value input, struct value *out, struct error *err)
{
    struct trial trial = {.arena = call->arena, .packs = packs, .file = file};
    struct pack_scenario story = {.title = STR("trial"), .pack = file->own_pack};
    struct scenario_watch watch = {&trial, ROUNDS_MAX, moved, stepped};
    struct scenario_result result;
    if (find_story(&trial, input, &story.json, err) != OK)
        return FAILED;
    list_builder_init(&trial.steps, call->arena);
    list_builder_init(&trial.walk, call->arena);
    scenario_watch_run(call->arena, packs, &story, &watch, &result);
    struct view view;
    view_init(&view, call->arena);
    view_flag(&view, "good", result.passed && trial.touched && !trial.incidents);
    if (!result.passed)
        view_text(&view, "problem", str_trim(result.report));
    else if (!trial.touched)
        view_text(&view, "problem", STR("The story never enters a process of this model."));
    else if (trial.incidents)
        view_text(&view, "problem", STR("The story ends with an incident."));
    view_put(&view, "steps", list_builder_done(&trial.steps));
    view_put(&view, "elements", stays_view(&trial));
    view_int(&view, "spent_ms", trial.last_ms - trial.first_ms);
    *out = view_done(&view);
    return OK;
}

enum status service_model_try(const struct call *call, struct str id, int64_t number, struct value input,
                              struct value *out, struct error *err)
{
    struct model_wanted wanted = {.id = id, .number = number, .source = value_text(value_get(input, STR("source")))};
    struct pack_problems problems = {.arena = call->arena};
    const struct pack_set *packs;
    struct str text;
    struct error broken = ERROR_INIT;
    if (service_may(call, "model.read", err) != OK || model_text(call, &wanted, &text, err) != OK)
        return FAILED;
    if (wanted.file.kind == MODEL_ITEM)
        return error_set(err, ERROR_INVALID, "model-invalid", "An item is checked, not tried.");
    if (model_packs(call, &wanted.file, text, service_now(call->service), &problems, &packs, &broken) != OK) {
        error_set(err, ERROR_INVALID, "model-invalid", "It cannot be tried: %.400s", broken.message);
        error_field(err, "%s", broken.field);
        return error_hint(err, "Check the model and mend what the list names.");
    }
    struct value found;
    enum status status = wanted.file.kind == MODEL_PROCESS ? try_process(call, &wanted.file, packs, input, &found, err)
                                                           : try_tests(call, &wanted.file, packs, input, &found, err);
    if (status != OK)
        return FAILED;
    const struct store_model *row = model_row(&wanted.file, wanted.number);
    bool good = value_is_true(value_get(found, STR("good"))), saved = !wanted.source.len && row;
    if (good && saved && model_tested(call, &wanted.file, wanted.number, text, err) != OK)
        return FAILED;
    *out = context_set(call->arena, found, "tested", value_boolean(good && saved && row->state == STORE_MODEL_DRAFT));
    return OK;
}

enum status service_model_stories(const struct call *call, struct str id, struct value *out, struct error *err)
{
    struct model_file file;
    size_t count;
    struct list_builder items;
    if (service_may(call, "model.read", err) != OK || model_file_find(call, id, &file, err) != OK)
        return FAILED;
    const struct pack_scenario *const *all = pack_scenarios(call->service->packs, &count);
    list_builder_init(&items, call->arena);
    for (size_t i = 0; i < count; i++) {
        struct view view;
        struct str name = all[i]->file->path;
        if (!str_equal(pack_id(all[i]->pack), file.pack))
            continue;
        (void)str_cut(&name, '/');
        view_init(&view, call->arena);
        view_text(&view, "file", name);
        view_text(&view, "title", all[i]->title);
        view_put(&view, "story", all[i]->json);
        list_builder_push(&items, view_done(&view));
    }
    *out = context_set(call->arena, value_null, "items", list_builder_done(&items));
    return OK;
}
