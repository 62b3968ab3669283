#include "fixture.h"

#include "service/decision.h"

#include <ftw.h>
#include <sqlite3.h>

static struct value decision_of(struct fixture *f, const char *id)
{
    struct call call = call_as(f, &chief);
    struct value view = value_null;
    struct error err = ERROR_INIT;
    if (service_decision_get(&call, str_of(id), STR_NONE, &view, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
    return view;
}

static void a_table_is_shown_as_it_was_drawn(void **state)
{
    struct fixture *f = *state;
    struct value view = decision_of(f, "plain-checks");
    assert_text(view, "hit_policy", "COLLECT");
    assert_text(view, "name", "plain-checks");
    assert_text(value_at(value_get(view, STR("inputs")), 0), "label", "remark");
    assert_text(value_at(value_get(view, STR("inputs")), 0), "expression", "form.remark");
    assert_int_equal(value_count(value_get(view, STR("outputs"))), 3);
    struct value rules = value_get(view, STR("rules"));
    assert_int_equal(value_count(rules), 2);
    assert_string_equal(json_text(&f->arena, value_get(value_at(rules, 1), STR("inputs"))).data,
                        "[\"\\\"doubtful\\\"\"]");
    assert_string_equal(json_text(&f->arena, value_get(value_at(rules, 1), STR("index"))).data, "2");
    assert_text(value_at(rules, 1), "id", "u2");
    assert_int_equal(text_of(view, "model").len, 64);
}

static void an_output_without_a_name_has_its_decisions(void **state)
{
    struct fixture *f = *state;
    assert_text(value_at(value_get(decision_of(f, "plain-class"), STR("outputs")), 0), "name", "plain-class");
}

static void an_unknown_decision_is_not_found_and_a_stranger_is_refused(void **state)
{
    struct fixture *f = *state;
    struct call call = call_as(f, &chief);
    struct value view;
    struct error err = ERROR_INIT;
    assert_refused(service_decision_get(&call, STR("none"), STR_NONE, &view, &err), err, "decision-not-found");
    struct str hash = STR("0000000000000000000000000000000000000000000000000000000000000000");
    assert_refused(service_decision_get(&call, STR("plain-class"), hash, &view, &err), err, "decision-not-found");
    call.actor = &clerk;
    assert_refused(service_decision_get(&call, STR("plain-class"), STR_NONE, &view, &err), err, "forbidden");
    assert_refused(service_decision_check(&call, STR("<x/>"), &view, &err), err, "forbidden");
}

/* ---- Checks ---- */

#define TABLE(rules)                                                                                                   \
    "<definitions xmlns=\"https://www.omg.org/spec/DMN/20191111/MODEL/\" id=\"m\" name=\"m\" namespace=\"urn:m\">"     \
    "<inputData id=\"d\" name=\"age\"><variable name=\"age\" typeRef=\"number\"/></inputData>"                         \
    "<decision id=\"who\" name=\"who\"><variable name=\"who\"/>"                                                       \
    "<informationRequirement><requiredInput href=\"#d\"/></informationRequirement>"                                    \
    "<decisionTable id=\"t\" hitPolicy=\"UNIQUE\"><input id=\"i\"><inputExpression "                                   \
    "typeRef=\"number\"><text>age</text>"                                                                              \
    "</inputExpression></input><output id=\"o\" typeRef=\"string\"/>" rules                                            \
    "</decisionTable></decision></definitions>"
#define ROW(id, test, answer)                                                                                          \
    "<rule id=\"" id "\"><inputEntry><text>" test "</text></inputEntry><outputEntry><text>\"" answer                   \
    "\"</text></outputEntry></rule>"

static struct value check(struct fixture *f, const char *xml)
{
    struct call call = call_as(f, &chief);
    struct value view = value_null;
    struct error err = ERROR_INIT;
    if (service_decision_check(&call, str_of(xml), &view, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
    return view;
}

static struct value problem_of(struct value view, const char *code)
{
    struct value problems = value_get(view, STR("problems"));
    for (size_t i = 0; i < value_count(problems); i++)
        if (str_equal(text_of(value_at(problems, i), "code"), str_of(code)))
            return value_at(problems, i);
    return value_null;
}

static void a_gap_and_an_overlap_are_found_with_examples(void **state)
{
    struct fixture *f = *state;
    struct value view = check(f, TABLE(ROW("r1", "&lt; 18", "young") ROW("r2", "[17..60)", "grown")));
    struct value overlap = problem_of(view, "table-overlap"), gap = problem_of(view, "table-gap");
    assert_int_equal(value_get(overlap, STR("example")).kind, VALUE_CONTEXT);
    assert_true(text_of(overlap, "message").len > 0 && text_of(overlap, "element").len > 0);
    double uncovered = value_to_double(value_path(gap, "example.age"));
    assert_true(uncovered >= 60);
    assert_text(value_at(value_get(view, STR("decisions")), 0), "id", "who");
}

static void a_sound_table_has_no_errors(void **state)
{
    struct fixture *f = *state;
    struct value view = check(f, TABLE(ROW("r1", "&lt; 18", "young") ROW("r2", "&gt;= 18", "grown")));
    struct value problems = value_get(view, STR("problems"));
    for (size_t i = 0; i < value_count(problems); i++)
        assert_false(str_equal(text_of(value_at(problems, i), "severity"), STR("error")));
    assert_true(value_is_null(problem_of(view, "table-gap")));
}

static void what_is_no_model_is_refused_with_its_place(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *xml, *type;
    } rows[] = {
        {"<definitions>", "dmn-xml"},
        {"<html/>", "dmn-model"},
        {"<!DOCTYPE x [<!ENTITY a \"b\">]><x>&a;</x>", "dmn-xml"},
        {"no xml", "dmn-xml"},
    };
    struct call call = call_as(f, &chief);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct value view;
        struct error err = ERROR_INIT;
        assert_refused(service_decision_check(&call, str_of(rows[i].xml), &view, &err), err, rows[i].type);
        assert_true(str_starts(str_of(err.field), STR("xml")));
    }
}

/* ---- Replay ---- */

static struct value replay(struct fixture *f, struct str no)
{
    struct call call = call_as(f, &clerk);
    struct value view = value_null;
    struct error err = ERROR_INIT;
    if (service_case_replay(&call, no, &view, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
    return view;
}

#define FORM_LARGE "{\"name\": \"王一\", \"id_number\": \"" PERSON_A "\", \"amount\": 250.5}"

static void a_decision_made_again_is_the_same(void **state)
{
    struct fixture *f = *state;
    struct str no = text_of(open_case(f, &clerk, "stamp", FORM_LARGE), "no");
    f->now += 86400000;
    struct value view = replay(f, no);
    assert_int_equal(number_of(view, "same"), 1);
    assert_int_equal(number_of(view, "different"), 0);
    struct value one = value_at(value_get(view, STR("items")), 0);
    assert_text(one, "decision", "plain-class");
    assert_text(one, "kept", "large");
    assert_text(one, "now", "large");
}

static void another_regions_case_is_not_replayed(void **state)
{
    struct fixture *f = *state;
    struct str no = text_of(open_case(f, &clerk, "stamp", FORM_A), "no");
    struct call call = call_as(f, &far_clerk);
    struct value view;
    struct error err = ERROR_INIT;
    assert_refused(service_case_replay(&call, no, &view, &err), err, "case-not-found");
    assert_refused(service_case_replay(&call, STR("no number"), &view, &err), err, "case-not-found");
}

/* The trial packs with another text in the class table. */
static const struct pack_set *changed_packs(struct fixture *f)
{
    size_t pack_count, file_count;
    const struct pack *const *old = pack_set_packs(fixture_packs, &pack_count);
    const struct pack **packs = arena_array(&f->arena, const struct pack *, pack_count);
    const struct pack_set *set = NULL;
    struct error err = ERROR_INIT;
    for (size_t p = 0; p < pack_count; p++) {
        const struct pack_file *files = pack_files(old[p], &file_count);
        struct pack_file *copies = arena_array(&f->arena, struct pack_file, file_count);
        for (size_t i = 0; i < file_count; i++) {
            copies[i] = files[i];
            ptrdiff_t at = str_find(files[i].text, STR("\"large\""), 0);
            if (str_ends(files[i].path, STR(".dmn")) && at >= 0)
                copies[i].text = arena_printf(&f->arena, "%.*s\"huge!\"%s", (int)at, files[i].text.data,
                                              files[i].text.data + at + strlen("\"large\""));
        }
        if (pack_load_files(&f->arena, copies, file_count, NULL, &packs[p], &err) != OK)
            fail_msg("%s", err.message);
    }
    if (pack_set_new(&f->arena, packs, pack_count, NULL, &set, &err) != OK)
        fail_msg("%s", err.message);
    return set;
}

static int remove_one(const char *path, const struct stat *stat, int flag, struct FTW *place)
{
    (void)stat, (void)flag, (void)place;
    return remove(path);
}

static void begin_on_disk(struct fixture *f)
{
    const char *temporary = getenv("TMPDIR");
    service_close(f->service);
    snprintf(f->folder, sizeof f->folder, "%.40s/replay-XXXXXX", temporary ? temporary : "/tmp");
    assert_non_null(mkdtemp(f->folder));
    fixture_start(f);
}

/* Puts other content behind the hash of the class table's file. */
static void change_stored_models(struct fixture *f)
{
    char path[128];
    sqlite3 *database;
    snprintf(path, sizeof path, "%s/tongban.db", f->folder);
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(database,
                     "UPDATE pack_file SET content = CAST(replace(CAST(content AS TEXT), '\"large\"', '\"LARGE\"')"
                     " AS BLOB) WHERE instr(CAST(content AS TEXT), 'plain-class')",
                     NULL, NULL, NULL),
        SQLITE_OK);
    assert_true(sqlite3_changes(database) > 0);
    sqlite3_close(database);
}

/* What the first rule of the class table answers in a version. */
static void assert_output(struct fixture *f, struct str model, const char *wanted)
{
    struct call call = call_as(f, &chief);
    struct value view;
    struct error err = ERROR_INIT;
    assert_int_equal(service_decision_get(&call, STR("plain-class"), model, &view, &err), OK);
    struct value rule = value_at(value_get(view, STR("rules")), 0);
    struct str output = value_text(value_at(value_get(rule, STR("outputs")), 0));
    assert_string_equal(arena_cstr(&f->arena, output), wanted);
}

static void a_replay_uses_the_model_of_that_day_and_tells_when_it_was_changed(void **state)
{
    struct fixture *f = *state;
    const struct pack_set *first = fixture_packs;
    begin_on_disk(f);
    struct str no = text_of(open_case(f, &clerk, "stamp", FORM_LARGE), "no");
    service_close(f->service);
    fixture_packs = changed_packs(f);
    fixture_start(f);
    struct value view = replay(f, no);
    assert_int_equal(number_of(view, "same"), 1);
    assert_int_equal(number_of(view, "different"), 0);
    assert_output(f, STR_NONE, "\"huge!\"");
    assert_output(f, text_of(value_at(value_get(view, STR("items")), 0), "model"), "\"large\"");
    service_close(f->service);
    change_stored_models(f);
    fixture_start(f);
    view = replay(f, no);
    assert_int_equal(number_of(view, "different"), 1);
    struct value one = value_at(value_get(view, STR("items")), 0);
    assert_text(one, "kept", "large");
    assert_text(one, "now", "LARGE");
    fixture_packs = first;
    nftw(f->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
    const struct CMUnitTest tests[] = {
        T(a_table_is_shown_as_it_was_drawn),
        T(an_output_without_a_name_has_its_decisions),
        T(an_unknown_decision_is_not_found_and_a_stranger_is_refused),
        T(a_gap_and_an_overlap_are_found_with_examples),
        T(a_sound_table_has_no_errors),
        T(what_is_no_model_is_refused_with_its_place),
        T(a_decision_made_again_is_the_same),
        T(another_regions_case_is_not_replayed),
        T(a_replay_uses_the_model_of_that_day_and_tells_when_it_was_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
