/* Runs test/golden/bpmn/check.txt (what bpmn_check finds) and refused.txt (what bpmn_model_load refuses). */
#include "bpmn/check.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER SOURCE_ROOT "/test/golden/bpmn/"
#define HEAD                                                                                                           \
    "<bpmn:definitions xmlns:bpmn=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" "                                    \
    "xmlns:zeebe=\"http://camunda.org/schema/zeebe/1.0\"><bpmn:process id=\"test\" isExecutable=\"true\">\n"
/* Any case may refer to the signal g, the error bad and the messages m and bare. */
#define TAIL                                                                                                           \
    "</bpmn:process><bpmn:signal id=\"g\" name=\"go\"/><bpmn:error id=\"bad\" errorCode=\"BAD\"/>"                     \
    "<bpmn:message id=\"m\" name=\"tell\"><bpmn:extensionElements><zeebe:subscription correlationKey=\"=no\"/>"        \
    "</bpmn:extensionElements></bpmn:message><bpmn:message id=\"bare\" name=\"bare\"/></bpmn:definitions>"

struct golden_case {
    struct str title, xml;
    VECTOR(struct str) expected;
    struct bpmn_check_options options;
};

static struct str word(struct str *rest)
{
    struct str taken = str_cut(rest, ' ');
    *rest = rest->data ? str_trim(*rest) : STR("");
    return taken;
}

static struct bpmn_names names(struct arena *arena, struct str list)
{
    struct str *items = arena_array(arena, struct str, 1);
    items[0] = list;
    return (struct bpmn_names){true, 1, items};
}

static void read_options(struct arena *arena, struct str rest, struct bpmn_check_options *out)
{
    while (rest.len > 0) {
        struct str value = word(&rest);
        struct str name = str_cut(&value, '=');
        if (str_equal(name, STR("no-limits")))
            out->limits_wanted = false;
        else if (str_equal(name, STR("mapped")))
            out->results_mapped = true;
        else if (str_equal(name, STR("variables")))
            out->variables = names(arena, value);
        else if (str_equal(name, STR("jobs")))
            out->job_types = names(arena, value);
        else if (str_equal(name, STR("forms")))
            out->forms = names(arena, value);
        else if (str_equal(name, STR("decisions")))
            out->decisions = names(arena, value);
        else if (str_equal(name, STR("processes")))
            out->processes = names(arena, value);
    }
}

/* '-> a b c': flows between neighbours. */
static void put_chain(struct buf *xml, struct str rest)
{
    struct str from = word(&rest);
    while (rest.len > 0) {
        struct str to = word(&rest);
        buf_printf(xml, "<bpmn:sequenceFlow id=\"%.*s-%.*s\" sourceRef=\"%.*s\" targetRef=\"%.*s\" />", STR_ARGS(from),
                   STR_ARGS(to), STR_ARGS(from), STR_ARGS(to));
        from = to;
    }
}

/* '? gateway default-flow to-by-default to-by-condition' */
static void put_choice(struct buf *xml, struct str rest)
{
    struct str gateway = word(&rest);
    struct str flow = word(&rest);
    struct str to = word(&rest);
    buf_printf(xml, "<bpmn:sequenceFlow id=\"%.*s\" sourceRef=\"%.*s\" targetRef=\"%.*s\" />", STR_ARGS(flow),
               STR_ARGS(gateway), STR_ARGS(to));
    buf_printf(xml,
               "<bpmn:sequenceFlow id=\"%.*s-if\" sourceRef=\"%.*s\" targetRef=\"%.*s\">"
               "<bpmn:conditionExpression>=q</bpmn:conditionExpression></bpmn:sequenceFlow>",
               STR_ARGS(flow), STR_ARGS(gateway), STR_ARGS(rest));
}

static bool is_xml(struct str line)
{
    return str_starts(line, STR("<")) || str_starts(line, STR("->")) || str_starts(line, STR("?"));
}

/* Cuts the next case off; false at the end. */
static bool next_case(struct arena *arena, struct str *rest, struct golden_case *out)
{
    *out = (struct golden_case){.options = {.limits_wanted = true}};
    struct buf xml;
    buf_init(&xml, 0);
    buf_put(&xml, STR(HEAD));
    struct str raw = STR_NONE;
    bool any = false;
    while (rest->data) {
        struct str line = str_cut(rest, '\n');
        if (str_trim(line).len == 0) {
            if (any)
                break;
            out->title = STR_NONE;
            continue;
        }
        if (line.data[0] == '#') {
            out->title = line;
            continue;
        }
        any = true;
        if (str_starts(line, STR("->")))
            put_chain(&xml, str_trim(str_part(line, 2, line.len)));
        else if (str_starts(line, STR("?")))
            put_choice(&xml, str_trim(str_part(line, 1, line.len)));
        else if (str_starts(line, STR("options ")))
            read_options(arena, str_trim(str_part(line, 8, line.len)), &out->options);
        else if (str_starts(line, STR("raw:")))
            raw = str_part(line, 4, line.len);
        else if (is_xml(line))
            buf_put(&xml, line);
        else
            VECTOR_PUSH(arena, &out->expected, line);
    }
    buf_put(&xml, STR(TAIL));
    out->xml = raw.data ? raw : arena_str(arena, buf_str(&xml));
    buf_release(&xml);
    return any;
}

static struct str read_golden(struct arena *arena, const char *name)
{
    struct str text;
    struct error err = ERROR_INIT;
    char path[600];
    snprintf(path, sizeof path, FOLDER "%s", name);
    if (file_read(arena, path, 1 << 20, &text, &err) != OK)
        fail_msg("%s: %s", path, err.message);
    return text;
}

static struct str describe(struct arena *arena, const struct bpmn_problem *problem)
{
    static const char *const severities[] = {"error", "warning", "hint"};
    return arena_printf(arena, "%s %s %.*s", severities[problem->severity], problem->code,
                        STR_ARGS(problem->element_id));
}

static void compare(struct arena *arena, const struct golden_case *test, const struct bpmn_problems *problems)
{
    for (size_t i = 0; i < test->expected.count; i++) {
        bool found = false;
        for (size_t j = 0; j < problems->list.count && !found; j++)
            found = str_equal(describe(arena, &problems->list.items[j]), test->expected.items[i]);
        if (!found)
            fail_msg("%.*s: not found: %.*s", STR_ARGS(test->title), STR_ARGS(test->expected.items[i]));
    }
    for (size_t j = 0; j < problems->list.count; j++) {
        bool expected = false;
        struct str text = describe(arena, &problems->list.items[j]);
        for (size_t i = 0; i < test->expected.count && !expected; i++)
            expected = str_equal(text, test->expected.items[i]);
        if (!expected)
            fail_msg("%.*s: not expected: %.*s: %.*s", STR_ARGS(test->title), STR_ARGS(text),
                     STR_ARGS(problems->list.items[j].message));
    }
}

static void check_finds_what_is_listed(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct str rest = read_golden(&arena, "check.txt");
    struct golden_case test;
    size_t count = 0;
    for (; next_case(&arena, &rest, &test); count++) {
        const struct bpmn_model *model;
        struct error err = ERROR_INIT;
        struct bpmn_problems problems = {0};
        if (bpmn_model_load(&arena, test.xml, NULL, NULL, &model, &err) != OK)
            fail_msg("%.*s: %s (%s)", STR_ARGS(test.title), err.message, err.field);
        bpmn_check(&arena, bpmn_model_at(model, 0), &test.options, &problems);
        compare(&arena, &test, &problems);
    }
    assert_true(count > 15);
    arena_release(&arena);
}

static void loading_refuses_what_is_listed(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct str rest = read_golden(&arena, "refused.txt");
    struct golden_case test;
    size_t count = 0;
    for (; next_case(&arena, &rest, &test); count++) {
        const struct bpmn_model *model = NULL;
        struct error err = ERROR_INIT;
        struct bpmn_problems problems = {0};
        if (bpmn_model_load(&arena, test.xml, NULL, &problems, &model, &err) == OK)
            fail_msg("%.*s: was accepted", STR_ARGS(test.title));
        assert_null(model);
        struct str element = test.expected.items[0];
        struct str code = word(&element);
        if (!str_equal(str_of(err.type), code))
            fail_msg("%.*s: refused with %s: %s", STR_ARGS(test.title), err.type, err.message);
        assert_true(err.message[0] != '\0');
        if (problems.list.count > 0 && !str_equal(problems.list.items[0].element_id, element))
            fail_msg("%.*s: about '%.*s'", STR_ARGS(test.title), STR_ARGS(problems.list.items[0].element_id));
    }
    assert_true(count > 30);
    arena_release(&arena);
}

static void all_problems_of_a_file_are_listed(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const struct bpmn_model *model;
    struct error err = ERROR_INIT;
    struct bpmn_problems problems = {0};
    struct str xml = STR(HEAD "<bpmn:startEvent id='s'/><bpmn:serviceTask id='a'/><bpmn:serviceTask id='b'/>" TAIL);
    assert_int_equal(bpmn_model_load(&arena, xml, NULL, &problems, &model, &err), FAILED);
    assert_int_equal(problems.list.count, 2);
    assert_true(str_equal(problems.list.items[1].element_id, STR("b")));
    assert_int_equal(problems.list.items[1].line, 2);
    assert_string_equal(err.field, "a (line 2)");
    arena_release(&arena);
}

static void files_beyond_the_limits_are_refused(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const struct bpmn_model *model;
    struct error err = ERROR_INIT;
    struct bpmn_load_options small = {.max_bytes = 100};
    struct str xml = STR(HEAD "<bpmn:startEvent id='s'/><bpmn:manualTask id='a'/><bpmn:manualTask id='b'/>" TAIL);
    assert_int_equal(bpmn_model_load(&arena, xml, &small, NULL, &model, &err), FAILED);
    assert_int_equal(err.kind, ERROR_TOO_LARGE);
    struct bpmn_load_options few = {.max_elements = 3};
    assert_int_equal(bpmn_model_load(&arena, xml, &few, NULL, &model, &err), FAILED);
    assert_string_equal(err.type, "too-large");
    struct buf deep;
    buf_init(&deep, 0);
    buf_put(&deep, STR(HEAD));
    for (int i = 0; i < 100; i++)
        buf_printf(&deep, "<bpmn:startEvent id='s%d'/><bpmn:subProcess id='p%d'>", i, i);
    for (int i = 0; i < 100; i++)
        buf_put(&deep, STR("</bpmn:subProcess>"));
    buf_put(&deep, STR(TAIL));
    assert_int_equal(bpmn_model_load(&arena, buf_str(&deep), NULL, NULL, &model, &err), FAILED);
    buf_release(&deep);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_finds_what_is_listed),
        cmocka_unit_test(loading_refuses_what_is_listed),
        cmocka_unit_test(all_problems_of_a_file_are_listed),
        cmocka_unit_test(files_beyond_the_limits_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
