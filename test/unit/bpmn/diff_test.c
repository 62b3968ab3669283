/* What bpmn_diff tells about two versions, as JSON. */
#include "bpmn/diff.h"

#include "feel/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define BPMN(inside)                                                                                                   \
    "<b:definitions xmlns:b=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" "                                          \
    "xmlns:z=\"http://camunda.org/schema/zeebe/1.0\" id=\"d\"><b:process id=\"p\" name=\"P\">" inside                  \
    "</b:process></b:definitions>"
#define TABLE(rules) "<definitions id=\"d\"><decision id=\"x\" name=\"X\"><decisionTable id=\"t\">" rules "</decisionTable></decision></definitions>"
#define RULE(id, text) "<rule id=\"" id "\"><inputEntry id=\"" id "i\"><text>" text "</text></inputEntry></rule>"

static void check(const char *from, const char *to, const char *wanted)
{
    struct arena arena;
    struct error err = ERROR_INIT;
    struct value found;
    arena_init(&arena);
    if (bpmn_diff(&arena, str_of(from), str_of(to), &found, NULL, &err) != OK)
        fail_msg("%s: %s", err.type, err.message);
    assert_string_equal(arena_cstr(&arena, json_text(&arena, found)), wanted);
    arena_release(&arena);
}

static void same_versions_do_not_differ(void **state)
{
    (void)state;
    check(BPMN("<b:task id=\"a\" name=\"A\"/>"), BPMN("<b:task name=\"A\" id=\"a\"></b:task>"),
          "{\"changes\":[],\"moved\":0}");
    check("<d id=\"d\"><decisionTable id=\"t\" hitPolicy=\"UNIQUE\"/></d>", "<d id=\"d\"><decisionTable id=\"t\"/></d>",
          "{\"changes\":[],\"moved\":0}");
}

static void an_attribute_and_what_stands_in_extensions_are_told(void **state)
{
    (void)state;
    check(BPMN("<b:task id=\"a\" name=\"A\"><b:extensionElements><z:taskDefinition type=\"x\"/><z:ioMapping><z:input "
               "source=\"1\" target=\"n\"/></z:ioMapping></b:extensionElements><b:incoming>f</b:incoming></b:task>"),
          BPMN("<b:task id=\"a\" name=\"B\"><b:extensionElements><z:taskDefinition type=\"y\"/><z:ioMapping><z:input "
               "source=\"2\" target=\"n\"/><z:input source=\"3\" target=\"m\"/></z:ioMapping></b:extensionElements></b:task>"),
          "{\"changes\":[{\"what\":\"changed\",\"element\":\"a\",\"type\":\"task\",\"name\":\"B\",\"within\":\"P\",\"parent\":\"p\","
          "\"attributes\":[{\"name\":\"name\",\"from\":\"A\",\"to\":\"B\"},"
          "{\"name\":\"taskDefinition.type\",\"from\":\"x\",\"to\":\"y\"},"
          "{\"name\":\"ioMapping.input[n].source\",\"from\":\"1\",\"to\":\"2\"},"
          "{\"name\":\"ioMapping.input[m].source\",\"from\":null,\"to\":\"3\"},"
          "{\"name\":\"ioMapping.input[m].target\",\"from\":null,\"to\":\"m\"}]}],\"moved\":0}");
}

static void what_came_and_went_is_told_once_with_its_insides(void **state)
{
    (void)state;
    check(BPMN("<b:task id=\"a\"/>"), BPMN("<b:subProcess id=\"s\"><b:task id=\"t\"/><b:task id=\"u\"/></b:subProcess>"),
          "{\"changes\":[{\"what\":\"added\",\"element\":\"s\",\"type\":\"subProcess\",\"within\":\"P\",\"parent\":\"p\",\"more\":2},"
          "{\"what\":\"removed\",\"element\":\"a\",\"type\":\"task\",\"within\":\"P\",\"parent\":\"p\"}],\"moved\":0}");
}

static void a_cell_a_new_rule_and_a_new_order_are_told(void **state)
{
    (void)state;
    check(TABLE(RULE("r1", "1") RULE("r2", "2")), TABLE(RULE("r0", "0") RULE("r1", "9") RULE("r2", "2")),
          "{\"changes\":[{\"what\":\"added\",\"element\":\"r0\",\"type\":\"rule\",\"within\":\"X\",\"parent\":\"t\",\"more\":1},"
          "{\"what\":\"changed\",\"element\":\"r1i\",\"type\":\"inputEntry\",\"within\":\"X\",\"parent\":\"r1\","
          "\"attributes\":[{\"name\":\"text\",\"from\":\"1\",\"to\":\"9\"}]}],\"moved\":0}");
    check(TABLE(RULE("r1", "1") RULE("r2", "2")), TABLE(RULE("r2", "2") RULE("r1", "1")),
          "{\"changes\":[{\"what\":\"changed\",\"element\":\"r2\",\"type\":\"rule\",\"within\":\"X\",\"parent\":\"t\","
          "\"attributes\":[{\"name\":\"position\",\"from\":2,\"to\":1}]},"
          "{\"what\":\"changed\",\"element\":\"r1\",\"type\":\"rule\",\"within\":\"X\",\"parent\":\"t\","
          "\"attributes\":[{\"name\":\"position\",\"from\":1,\"to\":2}]}],\"moved\":0}");
}

static void shapes_that_were_moved_are_only_counted(void **state)
{
    (void)state;
    const char *from = "<d id=\"d\"><BPMNDiagram id=\"g\"><Shape id=\"s\"><Bounds x=\"1\"/></Shape></BPMNDiagram></d>";
    const char *to = "<d id=\"d\"><BPMNDiagram id=\"g\"><Shape id=\"s\"><Bounds x=\"2\"/></Shape></BPMNDiagram></d>";
    check(from, to, "{\"changes\":[],\"moved\":1}");
}

static void what_is_no_xml_is_refused_and_named(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "<a", "<a></b>", "<!DOCTYPE a [<!ENTITY e \"e\">]><a>&e;</a>"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        for (int wrong = 0; wrong < 2; wrong++) {
            struct arena arena;
            struct error err = ERROR_INIT;
            struct value found;
            int side = -1;
            arena_init(&arena);
            assert_int_equal(bpmn_diff(&arena, str_of(wrong ? "<a/>" : bad[i]), str_of(wrong ? bad[i] : "<a/>"), &found, &side, &err),
                             FAILED);
            assert_string_equal(err.type, "bpmn-xml");
            assert_int_equal(side, wrong);
            arena_release(&arena);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_versions_do_not_differ),
        cmocka_unit_test(an_attribute_and_what_stands_in_extensions_are_told),
        cmocka_unit_test(what_came_and_went_is_told_once_with_its_insides),
        cmocka_unit_test(a_cell_a_new_rule_and_a_new_order_are_told),
        cmocka_unit_test(shapes_that_were_moved_are_only_counted),
        cmocka_unit_test(what_is_no_xml_is_refused_and_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
