#include "fixture.h"

#include "service/resident.h"
#include "service/sweep.h"
#include "service/tally.h"
#include "store/result.h"

#include <time.h>

/* A pack beside the trial pack: a table over residents, a proposed version of it, and roles that may ask. */
#define MODEL_HEAD                                                                                                     \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"                                                                       \
    "<definitions xmlns=\"https://www.omg.org/spec/DMN/20191111/MODEL/\" id=\"m\" name=\"m\" namespace=\"urn:care\">"  \
    "<inputData id=\"d1\" name=\"age\"><variable name=\"age\" typeRef=\"number\"/></inputData>"                        \
    "<inputData id=\"d2\" name=\"blood pressure\"><variable name=\"blood pressure\" typeRef=\"number\"/></inputData>"  \
    "<inputData id=\"d3\" name=\"due\"><variable name=\"due\" typeRef=\"date\"/></inputData>"                          \
    "<inputData id=\"d4\" name=\"condition\"><variable name=\"condition\"/></inputData>"                               \
    "<decision id=\"care\" name=\"care\"><variable name=\"care\"/>"                                                    \
    "<informationRequirement><requiredInput href=\"#d1\"/></informationRequirement>"                                   \
    "<informationRequirement><requiredInput href=\"#d2\"/></informationRequirement>"                                   \
    "<informationRequirement><requiredInput href=\"#d3\"/></informationRequirement>"                                   \
    "<informationRequirement><requiredInput href=\"#d4\"/></informationRequirement>"                                   \
    "<decisionTable id=\"t\" hitPolicy=\"FIRST\">"                                                                     \
    "<input id=\"i1\"><inputExpression typeRef=\"number\"><text>age</text></inputExpression></input>"                  \
    "<input id=\"i2\"><inputExpression typeRef=\"number\"><text>blood pressure</text></inputExpression></input>"       \
    "<input id=\"i3\"><inputExpression typeRef=\"date\"><text>due</text></inputExpression></input>"                    \
    "<input id=\"i4\"><inputExpression><text>condition</text></inputExpression></input>"                               \
    "<output id=\"o1\" name=\"colour\" typeRef=\"string\"/><output id=\"o2\" name=\"score\"/>"
#define RULE(age, pressure, due, condition, colour, score)                                                             \
    "<rule><inputEntry><text>" age "</text></inputEntry><inputEntry><text>" pressure "</text></inputEntry>"            \
    "<inputEntry><text>" due "</text></inputEntry><inputEntry><text>" condition "</text></inputEntry>"                 \
    "<outputEntry><text>" colour "</text></outputEntry><outputEntry><text>" score "</text></outputEntry></rule>"
#define MODEL_FOOT "</decisionTable></decision></definitions>"
#define REST                                                                                                           \
    RULE("-", "&gt;= 160.5", "-", "-", "\"red\"", "age * 2")                                                           \
    RULE("-", "-", "&lt; date(\"2026-08-01\")", "-", "\"soon\"", "1.50")                                               \
    RULE("-", "-", "-", "\"a \\\"quoted\\\" thing\", \"慢性病\"", "\"yellow\"", "[age, condition]")                    \
    RULE("&lt; 18", "-", "-", "-", "\"young\"", "1")
#define MODEL MODEL_HEAD RULE("&gt;= 40", "-", "-", "-", "\"orange\"", "3") REST MODEL_FOOT
#define PROPOSED MODEL_HEAD RULE("&gt;= 35", "-", "-", "-", "\"orange\"", "3") REST MODEL_FOOT

static const struct actor asker = {
    .kind = ACTOR_STAFF, .id = {"asker", 5}, .role = {"asker", 5}, .region = {"230103", 6}, .level = 3};
static const struct actor unit_asker = {.kind = ACTOR_STAFF,
                                        .id = {"doctor", 6},
                                        .role = {"unit-asker", 10},
                                        .region = {"230103", 6},
                                        .unit = {"u1", 2},
                                        .level = 3};

static struct arena packs_arena;

static int load_packs(void **state)
{
    (void)state;
    struct pack_file files[] = {{.path = STR("pack.json"),
                                 .text = STR("{\"id\": \"care\", \"version\": \"1.0.0\", \"title\": \"care\", "
                                             "\"needs\": [\"base\"], \"sources\": []}")},
                                {.path = STR("roles.json"),
                                 .text = STR("[{\"id\": \"asker\", \"title\": \"a\", \"scope\": \"region\", \"may\": "
                                             "[\"decision.evaluate\", \"party.read\"]},"
                                             " {\"id\": \"unit-asker\", \"title\": \"b\", \"scope\": \"unit\", "
                                             "\"may\": [\"decision.evaluate\", \"party.read\"]}]")},
                                {.path = STR("decisions/care.dmn"), .text = STR(MODEL)}};
    const struct pack *packs[2];
    struct error err = ERROR_INIT;
    arena_init(&packs_arena);
    if (pack_load(&packs_arena, SOURCE_ROOT "/test/golden/service/base", NULL, &packs[0], &err) != OK ||
        pack_load_files(&packs_arena, files, COUNT_OF(files), NULL, &packs[1], &err) != OK ||
        pack_set_new(&packs_arena, packs, 2, NULL, &fixture_packs, &err) != OK)
        fail_msg("%s %s", err.message, err.field);
    return 0;
}

static int release_packs(void **state)
{
    (void)state;
    arena_release(&packs_arena);
    return 0;
}

/* ---- Residents of all kinds: members missing, null, of wrong types, texts with escapes, numbers of all forms ---- */

#define MANY 3000
static const char *const regions[] = {"230103", "230110", "230202"};
static const char *const ages[] = {"12",  "17.99", "35",   "39",      "40",   "40.0",
                                   "1e2", "-3",    "null", "\"old\"", "[36]", "true"};
static const char *const pressures[] = {
    "120", "160.5", "160.49", "1605e-1", "null", "\"\"", "{\"a\": [1, {\"b\": \"}\"}]}"};
static const char *const dues[] = {"\"2026-07-31\"", "\"2026-08-01\"", "\"never\"", "null", "20260731"};
static const char *const conditions[] = {"\"none\"", "\"a \\\"quoted\\\" thing\"", "\"慢性病\"", "\"\\\\\"", "null",
                                         "7"};

static struct str resident_id(struct arena *arena, size_t i)
{
    static const int weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    struct str first = arena_printf(arena, "%s19%02zu%02zu%02zu%03zu", regions[i % 3], 40 + i % 60, 1 + i / 60 % 12,
                                    1 + i / 720 % 28, 100 + i / 20160);
    int sum = 0;
    for (size_t n = 0; n < 17; n++)
        sum += (first.data[n] - '0') * weights[n];
    return arena_printf(arena, "%.*s%c", STR_ARGS(first), "10X98765432"[sum % 11]);
}

static struct str resident_json(struct arena *arena, size_t i)
{
    struct str text = arena_printf(arena, "{\"kind\": \"person\", \"id\": \"%.*s\", \"name\": \"居民\\\"%zu\"",
                                   STR_ARGS(resident_id(arena, i)), i);
    struct {
        const char *name, *const *values;
        size_t count;
    } members[] = {{"age", ages, COUNT_OF(ages)},
                   {"blood pressure", pressures, COUNT_OF(pressures)},
                   {"due", dues, COUNT_OF(dues)},
                   {"condition", conditions, COUNT_OF(conditions)}};
    size_t random = i * 7919 + 13;
    for (size_t m = 0; m < COUNT_OF(members); m++) {
        random = random * 1103515245 + 12345;
        size_t pick = (random >> 16) % (members[m].count + 1);
        if (pick < members[m].count)
            text = arena_printf(arena, "%.*s, \"%s\": %s", STR_ARGS(text), members[m].name, members[m].values[pick]);
        if (random % 5 == 0)
            text = arena_printf(arena, "%.*s, \"odd \\\"%zu\": {\"age\": 99, \"due\": [\"}]\"]}", STR_ARGS(text), m);
    }
    return arena_printf(arena, "%.*s}", STR_ARGS(text));
}

static void load_residents(struct fixture *f, size_t count)
{
    struct call call = call_as(f, &actor_system);
    struct error err = ERROR_INIT;
    struct list *all = list_new(&f->arena, count);
    for (size_t i = 0; i < count; i++)
        all->items[i] = json_of(f, arena_cstr(&f->arena, resident_json(&f->arena, i)));
    if (service_party_load(&call, value_of_list(all), &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
}

/* ---- Asking ---- */

static struct value sweep_as(struct fixture *f, const struct actor *actor, const struct service_sweep_input *input)
{
    struct call call = call_as(f, actor);
    struct value view;
    struct error err = ERROR_INIT;
    if (service_sweep_start(&call, input, &view, &err) != OK)
        fail_msg("%s: %s %s", err.type, err.message, err.field);
    struct str id = text_of(view, "id");
    while (str_equal(text_of(view, "state"), STR("running"))) {
        nanosleep(&(struct timespec){0, 1000000}, NULL);
        if (service_sweep_get(&call, id, STR_NONE, 0, &view, &err) != OK)
            fail_msg("%s: %s", err.type, err.message);
    }
    assert_text(view, "state", "done");
    return view;
}

static int64_t int_of(struct value v, const char *path)
{
    int64_t n = -1;
    return value_to_int64(value_path(v, path), &n) ? n : -1;
}

/* The answer that the service gives about one resident, canonical. */
static struct str single_answer(struct fixture *f, size_t i, const char *model)
{
    struct call call = call_as(f, &chief);
    struct value party, answer;
    struct error err = ERROR_INIT;
    assert_int_equal(service_party_get(&call, resident_id(&f->arena, i), &party, &err), OK);
    if (!model) {
        assert_int_equal(service_decision_evaluate(&call, STR("care"), party, &answer, &err), OK);
        return json_canonical(&f->arena, value_get(answer, STR("value")));
    }
    struct dmn_source source = {STR("proposed"), str_of(model)};
    const struct dmn_model *proposed;
    struct dmn_run run = {.feel = {.arena = &f->arena, .now_ms = f->now}, .input_form = DMN_INPUTS_JSON};
    assert_int_equal(dmn_load(&f->arena, &source, 1, NULL, &proposed, &err), OK);
    assert_int_equal(dmn_evaluate(proposed, STR("care"), party, &run, &answer, &err), OK);
    return json_canonical(&f->arena, answer);
}

static int64_t count_of(struct fixture *f, struct value lines, const char *member, struct str wanted)
{
    for (size_t i = 0; i < value_count(lines); i++)
        if (str_equal(json_canonical(&f->arena, value_get(value_at(lines, i), str_of(member))), wanted))
            return int_of(value_at(lines, i), "count");
    return 0;
}

static void a_sweep_gives_the_same_answers_as_asking_one_by_one(void **state)
{
    struct fixture *f = *state;
    load_residents(f, MANY);
    struct service_sweep_input input = {.decision = STR("care"), .list_max = MANY};
    struct value view = sweep_as(f, &chief, &input);
    assert_int_equal(int_of(view, "residents"), MANY);
    assert_int_equal(int_of(view, "done"), MANY);
    assert_int_equal(int_of(view, "total"), MANY);
    struct value outcomes = value_get(view, STR("outcomes"));
    size_t count = value_count(outcomes);
    int64_t *expected = arena_array(&f->arena, int64_t, count);
    assert_true(count > 10);
    for (size_t i = 0; i < MANY; i++) {
        struct arena_mark mark = arena_mark(&f->arena);
        struct str answer = single_answer(f, i, NULL);
        size_t o = 0;
        while (o < count &&
               !str_equal(json_canonical(&f->arena, value_get(value_at(outcomes, o), STR("value"))), answer))
            o++;
        assert_true(o < count);
        expected[o]++;
        arena_rewind(&f->arena, mark);
    }
    for (size_t o = 0; o < count; o++)
        assert_int_equal(int_of(value_at(outcomes, o), "count"), expected[o]);
}

/* Pages of the list, each resident with its answer. */
static size_t check_list(struct fixture *f, const struct actor *actor, struct str id, const char *model)
{
    struct call call = call_as(f, actor);
    struct str cursor = STR_NONE;
    size_t seen = 0;
    do {
        struct value view;
        struct error err = ERROR_INIT;
        assert_int_equal(service_sweep_get(&call, id, cursor, 100, &view, &err), OK);
        struct value items = value_get(view, STR("items"));
        for (size_t n = 0; n < value_count(items); n++, seen++) {
            struct value item = value_at(items, n);
            size_t i = 0;
            while (!str_equal(resident_id(&f->arena, i), text_of(item, "id")))
                i++;
            struct str outcome = json_canonical(&f->arena, value_get(item, STR("outcome")));
            assert_true(str_equal(outcome, single_answer(f, i, model)));
            if (model)
                assert_true(
                    str_equal(json_canonical(&f->arena, value_get(item, STR("was"))), single_answer(f, i, NULL)));
        }
        cursor = text_of(view, "next");
    } while (cursor.len);
    return seen;
}

static void the_list_names_each_resident_once_with_its_answer(void **state)
{
    struct fixture *f = *state;
    load_residents(f, 700);
    struct service_sweep_input input = {.decision = STR("care"), .list_max = 700};
    struct value view = sweep_as(f, &chief, &input);
    assert_int_equal(check_list(f, &chief, text_of(view, "id"), NULL), 700);
}

static void a_proposed_version_is_told_by_who_it_changes(void **state)
{
    struct fixture *f = *state;
    load_residents(f, 700);
    struct service_sweep_input input = {.decision = STR("care"), .compare = STR(PROPOSED), .list_max = 700};
    struct value view = sweep_as(f, &chief, &input);
    size_t changed = 0;
    for (size_t i = 0; i < 700; i++)
        changed += !str_equal(single_answer(f, i, NULL), single_answer(f, i, PROPOSED));
    assert_true(changed > 20);
    assert_int_equal(int_of(view, "changed.count"), changed);
    assert_int_equal(check_list(f, &chief, text_of(view, "id"), PROPOSED), changed);
    int64_t sum = 0;
    struct value changes = value_path(view, "changed.items");
    for (size_t i = 0; i < value_count(changes); i++)
        sum += int_of(value_at(changes, i), "count");
    assert_int_equal(sum, changed);
    struct value outcomes = value_get(view, STR("outcomes"));
    int64_t proposed = 0;
    for (size_t i = 0; i < value_count(outcomes); i++)
        proposed += int_of(value_at(outcomes, i), "proposed");
    assert_int_equal(proposed, 700);
}

static void a_list_can_be_of_one_answer_and_is_cut_at_its_limit(void **state)
{
    struct fixture *f = *state;
    load_residents(f, 700);
    struct service_sweep_input input = {.decision = STR("care"),
                                        .outcome = json_of(f, "{\"score\": 3.0, \"colour\": \"orange\"}"),
                                        .outcome_given = true,
                                        .list_max = 20};
    struct value view = sweep_as(f, &chief, &input);
    int64_t count = count_of(f, value_get(view, STR("outcomes")), "value", STR("{\"colour\":\"orange\",\"score\":3}"));
    assert_true(count > 20);
    assert_int_equal(int_of(view, "listed"), count);
    assert_int_equal(check_list(f, &chief, text_of(view, "id"), NULL), 20);
}

/* ---- Cohorts and inputs ---- */

static void a_cohort_is_those_for_whom_the_filter_is_true(void **state)
{
    struct fixture *f = *state;
    load_residents(f, 700);
    struct service_sweep_input input = {.decision = STR("care"),
                                        .cohort =
                                            STR("blood pressure > 100 and starts with(id, \"230103\") and version = 1"),
                                        .list_max = 0};
    struct value view = sweep_as(f, &chief, &input);
    int64_t expected = 0;
    for (size_t i = 0; i < 700; i += 3) {
        struct value party = json_of(f, arena_cstr(&f->arena, resident_json(&f->arena, i)));
        struct value pressure = value_get(party, STR("blood pressure"));
        expected += pressure.kind == VALUE_NUMBER && value_to_double(pressure) > 100;
    }
    assert_true(expected > 30);
    assert_int_equal(int_of(view, "residents"), expected);
    assert_int_equal(int_of(view, "done"), 700);
}

static void inputs_can_be_expressions_over_the_resident(void **state)
{
    struct fixture *f = *state;
    load_residents(f, 300);
    struct service_sweep_input input = {
        .decision = STR("care"),
        .inputs = json_of(f, "{\"age\": \"if starts with(id, \\\"230103\\\") then 50 else 20\", \"due\": \"null\","
                             " \"blood pressure\": \"null\", \"condition\": \"null\"}"),
        .list_max = 0};
    struct value outcomes = value_get(sweep_as(f, &chief, &input), STR("outcomes"));
    assert_int_equal(count_of(f, outcomes, "value", STR("{\"colour\":\"orange\",\"score\":3}")), 100);
    assert_int_equal(count_of(f, outcomes, "value", STR("null")), 200);
}

static void a_limit_is_counted_not_taken_for_an_answer(void **state)
{
    struct fixture *f = *state;
    load_residents(f, 30);
    struct service_sweep_input input = {
        .decision = STR("care"),
        .inputs = json_of(
            f, "{\"age\": \"if starts with(id, \\\"230103\\\") then count(for i in 1..2000000 return 1) else 1\"}"),
        .list_max = 0};
    struct value view = sweep_as(f, &chief, &input);
    assert_int_equal(int_of(view, "stopped"), 10);
    assert_int_equal(int_of(view, "residents"), 20);
}

/* ---- Who may, and what is refused ---- */

static void a_sweep_stays_within_the_region_of_who_asks(void **state)
{
    struct fixture *f = *state;
    load_residents(f, 300);
    struct service_sweep_input input = {.decision = STR("care"), .list_max = 300};
    struct value view = sweep_as(f, &asker, &input);
    assert_int_equal(int_of(view, "residents"), 100);
    struct call call = call_as(f, &asker);
    struct error err = ERROR_INIT;
    struct value page;
    assert_int_equal(service_sweep_get(&call, text_of(view, "id"), STR_NONE, 200, &page, &err), OK);
    for (size_t i = 0; i < 100; i++)
        assert_true(str_starts(text_of(value_at(value_get(page, STR("items")), i), "id"), STR("230103")));
}

static void start_refused(struct fixture *f, const struct actor *actor, struct service_sweep_input input,
                          const char *type, const char *field)
{
    struct call call = call_as(f, actor);
    struct value view;
    struct error err = ERROR_INIT;
    assert_refused(service_sweep_start(&call, &input, &view, &err), err, type);
    assert_true(str_starts(str_of(err.field), str_of(field)));
}

static void wrong_questions_are_refused_with_their_place(void **state)
{
    struct fixture *f = *state;
    struct service_sweep_input care = {.decision = STR("care")}, input = care;
    start_refused(f, &chief, (struct service_sweep_input){.decision = STR("none")}, "decision-not-found", "");
    input.cohort = STR("age >");
    start_refused(f, &chief, input, "feel-syntax", "cohort, line 1");
    input = care;
    input.inputs = json_of(f, "{\"age\": \"1 +\"}");
    start_refused(f, &chief, input, "feel-syntax", "inputs.age");
    input.inputs = json_of(f, "{\"weight\": \"1\"}");
    start_refused(f, &chief, input, "sweep-input", "inputs.weight");
    input.inputs = json_of(f, "{\"age\": 1}");
    start_refused(f, &chief, input, "invalid-type", "inputs.age");
    input = care;
    input.compare = STR("<definitions");
    start_refused(f, &chief, input, "dmn-xml", "compare");
    input.compare = STR("<definitions xmlns=\"https://www.omg.org/spec/DMN/20191111/MODEL/\" namespace=\"urn:x\"/>");
    start_refused(f, &chief, input, "dmn-unknown-decision", "compare");
    input = care;
    input.list_max = SWEEP_LIST_MAX + 1;
    start_refused(f, &chief, input, "too-large", "list.limit");
}

static void asking_everybody_needs_both_rights_and_a_region(void **state)
{
    struct fixture *f = *state;
    struct service_sweep_input input = {.decision = STR("care")};
    start_refused(f, &actor_nobody, input, "unauthenticated", "");
    start_refused(f, &person_a, input, "forbidden", "");
    start_refused(f, &clerk, input, "forbidden", "");
    start_refused(f, &unit_asker, input, "forbidden", "");
}

static void a_sweep_is_seen_by_who_started_it(void **state)
{
    struct fixture *f = *state;
    load_residents(f, 30);
    struct service_sweep_input input = {.decision = STR("care")};
    struct str id = text_of(sweep_as(f, &chief, &input), "id");
    struct call call = call_as(f, &asker);
    struct value view;
    struct error err = ERROR_INIT;
    assert_refused(service_sweep_get(&call, id, STR_NONE, 10, &view, &err), err, "sweep-not-found");
    assert_refused(service_sweep_stop(&call, id, &err), err, "sweep-not-found");
    call.actor = &chief;
    assert_refused(service_sweep_get(&call, id, STR("x"), 10, &view, &err), err, "bad-query");
    assert_int_equal(service_sweep_get(&call, id, STR_NONE, 10, &view, &err), OK);
}

static void a_sweep_and_each_look_at_a_resident_are_logged(void **state)
{
    struct fixture *f = *state;
    load_residents(f, 30);
    struct service_sweep_input input = {.decision = STR("care"), .cohort = STR("age > 1"), .list_max = 5};
    struct call call = call_as(f, &chief);
    struct value view, log;
    struct error err = ERROR_INIT;
    call.purpose = STR("孕产妇筛查");
    assert_int_equal(service_sweep_start(&call, &input, &view, &err), OK);
    struct str id = text_of(view, "id");
    do
        assert_int_equal(service_sweep_get(&call, id, STR_NONE, 3, &view, &err), OK);
    while (str_equal(text_of(view, "state"), STR("running")));
    struct service_access_query query = {.limit = 50};
    assert_int_equal(service_access_list(&call, &query, &log, &err), OK);
    struct value items = value_get(log, STR("items"));
    size_t looks = 0, starts = 0;
    for (size_t i = 0; i < value_count(items); i++) {
        assert_text(value_at(items, i), "what", "decision.sweep");
        struct str purpose = text_of(value_at(items, i), "purpose");
        starts += str_equal(purpose, STR("孕产妇筛查: care | age > 1"));
        looks += str_equal(purpose, STR("孕产妇筛查"));
    }
    assert_int_equal(starts, 1);
    assert_int_equal(looks, 3);
}

/* ---- Running ---- */

static void a_sweep_can_be_cancelled_and_keeps_what_it_counted(void **state)
{
    struct fixture *f = *state;
    load_residents(f, 1500);
    struct service_sweep_input input = {.decision = STR("care"),
                                        .cohort = STR("count(for i in 1..50000 return i) > 0")};
    struct call call = call_as(f, &chief);
    struct value view;
    struct error err = ERROR_INIT;
    assert_int_equal(service_sweep_start(&call, &input, &view, &err), OK);
    struct str id = text_of(view, "id");
    assert_int_equal(service_sweep_stop(&call, id, &err), OK);
    do
        assert_int_equal(service_sweep_get(&call, id, STR_NONE, 0, &view, &err), OK);
    while (str_equal(text_of(view, "state"), STR("running")));
    assert_text(view, "state", "cancelled");
    assert_true(int_of(view, "done") < 1500);
    assert_int_equal(service_sweep_stop(&call, id, &err), OK);
}

static void closing_the_service_ends_what_runs(void **state)
{
    struct fixture *f = *state;
    load_residents(f, 1500);
    struct service_sweep_input input = {.decision = STR("care"),
                                        .cohort = STR("count(for i in 1..50000 return i) > 0")};
    struct call call = call_as(f, &chief);
    struct value view;
    struct error err = ERROR_INIT;
    assert_int_equal(service_sweep_start(&call, &input, &view, &err), OK);
    assert_int_equal(service_sweep_start(&call, &input, &view, &err), OK);
    assert_refused(service_sweep_start(&call, &input, &view, &err), err, "sweep-busy");
}

static void a_repeated_key_starts_nothing_new(void **state)
{
    struct fixture *f = *state;
    load_residents(f, 30);
    struct service_sweep_input input = {.decision = STR("care")};
    struct call call = call_as(f, &chief);
    struct value first, again;
    struct error err = ERROR_INIT;
    call.idempotency = STR("k1");
    assert_int_equal(service_sweep_start(&call, &input, &first, &err), OK);
    assert_int_equal(service_sweep_start(&call, &input, &again, &err), OK);
    assert_true(str_equal(text_of(first, "id"), text_of(again, "id")));
    input.cohort = STR("age > 1");
    assert_refused(service_sweep_start(&call, &input, &again, &err), err, "idempotency-key-reused");
}

static void the_oldest_ended_sweeps_are_forgotten(void **state)
{
    struct fixture *f = *state;
    load_residents(f, 3);
    struct service_sweep_input input = {.decision = STR("care")};
    struct str first = text_of(sweep_as(f, &chief, &input), "id");
    for (int i = 0; i < 9; i++)
        sweep_as(f, &chief, &input);
    struct call call = call_as(f, &chief);
    struct value view;
    struct error err = ERROR_INIT;
    assert_refused(service_sweep_get(&call, first, STR_NONE, 0, &view, &err), err, "sweep-not-found");
}

/* ---- Counting beyond the limits ---- */

static void answers_beyond_the_limit_are_counted_together(void **state)
{
    struct fixture *f = *state;
    struct tally *tally = tally_new(0);
    struct tally_local *local = tally_local_new(tally);
    for (int64_t i = 0; i < TALLY_ANSWERS_MAX + 500; i++) {
        uint32_t answer = tally_local_answer(local, value_int(i));
        tally_count(local, answer);
        tally_count_change(local, answer, tally_local_answer(local, value_int(0)));
    }
    tally_add_up(local);
    tally_finish(tally);
    struct value answers = tally_answers(tally, &f->arena, false);
    assert_int_equal(value_count(answers), TALLY_ANSWERS_MAX + 1);
    struct value rest = value_at(answers, TALLY_ANSWERS_MAX);
    assert_int_equal(int_of(rest, "count"), 500);
    assert_false(value_find(rest, STR("value"), &(struct value){0}));
    struct value changes = tally_changes(tally, &f->arena);
    assert_int_equal(int_of(changes, "count"), TALLY_ANSWERS_MAX + 500);
    tally_local_free(local);
    tally_free(tally);
}

static void the_list_keeps_the_first_whatever_comes_first(void **state)
{
    struct fixture *f = *state;
    struct tally *tally = tally_new(10);
    struct tally_local *local = tally_local_new(tally);
    for (uint32_t i = 0; i < 1000; i++) {
        struct tally_one one = {.region = 230100 + i % 2, .is = i};
        one.id[0] = (unsigned char)(i * 7 % 250);
        one.id[1] = (unsigned char)(i / 250);
        tally_list(local, &one);
        if (i % 64 == 0)
            tally_add_up(local);
    }
    tally_add_up(local);
    tally_finish(tally);
    struct tally_one *ones;
    int64_t listed;
    assert_int_equal(tally_page(tally, &f->arena, 0, 100, &ones, &listed), 10);
    assert_int_equal(listed, 1000);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(ones[i].region, 230100);
        assert_true(i == 0 || memcmp(ones[i - 1].id, ones[i].id, sizeof ones[i].id) < 0);
        assert_true(ones[i].id[0] <= 4);
    }
    assert_int_equal(tally_page(tally, &f->arena, 8, 100, &ones, &listed), 2);
    tally_local_free(local);
    tally_free(tally);
}

static enum status insert_row(struct db_tx *tx, void *arg, struct error *err)
{
    bool added;
    return store_party_insert(tx, arg, &added, err);
}

static void a_row_changed_behind_the_servers_back_is_counted_not_asked(void **state)
{
    struct fixture *f = *state;
    load_residents(f, 3);
    char place[PARTY_PLACE_MAX];
    struct store_party row = {
        .region = 230100, .id = STR("0123456789abcdef"), .version = 1, .division = INT64_C(230103000000)};
    row.body = service_seal(f->service, &f->arena, party_place(&row, place), json_of(f, "{\"age\": 41}"));
    row.version = 2;
    struct error err = ERROR_INIT;
    assert_int_equal(db_write(service_db(f->service), insert_row, &row, &err), OK);
    struct service_sweep_input input = {.decision = STR("care")};
    struct value view = sweep_as(f, &chief, &input);
    assert_int_equal(int_of(view, "unreadable"), 1);
    assert_int_equal(int_of(view, "residents"), 3);
    assert_int_equal(int_of(view, "done"), 4);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        T(a_sweep_gives_the_same_answers_as_asking_one_by_one),
        T(the_list_names_each_resident_once_with_its_answer),
        T(a_proposed_version_is_told_by_who_it_changes),
        T(a_list_can_be_of_one_answer_and_is_cut_at_its_limit),
        T(a_cohort_is_those_for_whom_the_filter_is_true),
        T(inputs_can_be_expressions_over_the_resident),
        T(a_limit_is_counted_not_taken_for_an_answer),
        T(a_sweep_stays_within_the_region_of_who_asks),
        T(wrong_questions_are_refused_with_their_place),
        T(asking_everybody_needs_both_rights_and_a_region),
        T(a_sweep_is_seen_by_who_started_it),
        T(a_sweep_and_each_look_at_a_resident_are_logged),
        T(a_sweep_can_be_cancelled_and_keeps_what_it_counted),
        T(closing_the_service_ends_what_runs),
        T(a_repeated_key_starts_nothing_new),
        T(the_oldest_ended_sweeps_are_forgotten),
        T(answers_beyond_the_limit_are_counted_together),
        T(the_list_keeps_the_first_whatever_comes_first),
        T(a_row_changed_behind_the_servers_back_is_counted_not_asked),
    };
    return cmocka_run_group_tests(tests, load_packs, release_packs);
}
