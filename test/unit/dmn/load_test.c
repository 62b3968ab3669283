/* Models that must be refused, each with an error that names the element and the line; and large ones that must not be.
 */
#include "fixture.h"

#define HEAD "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' id='defs' name='m' namespace='urn:m'>\n"
#define TAIL "</definitions>"

static const struct {
    const char *title;
    const char *xml;
    const char *type;    /* of the error */
    const char *message; /* part of it */
    const char *field;   /* part of it */
} refused[] = {
    {"empty", "", "dmn-xml", "not well-formed", "line 1"},
    {"no XML", "PK\003\004", "dmn-xml", "not well-formed", "line 1"},
    {"cut off", HEAD "<decision id='d' name='d'>", "dmn-xml", "not well-formed", "line 2"},
    {"crossed tags", HEAD "<decision id='d' name='d'></inputData>" TAIL, "dmn-xml", "not well-formed", "line 2"},
    {"bad UTF-8", HEAD "<decision id='d' name='\xff'/>" TAIL, "dmn-xml", "not well-formed", "line 2"},
    {"a zero byte reference", HEAD "<decision id='d' name='&#0;'/>" TAIL, "dmn-xml", "not well-formed", "line 2"},
    {"an unknown entity", HEAD "<decision id='d' name='&x;'/>" TAIL, "dmn-xml", "", "line 2"},
    {"a document type", "<!DOCTYPE d [<!ENTITY a 'x'>]>\n" HEAD TAIL, "dmn-xml", "document type", "line 1"},
    {"an entity bomb",
     "<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c "
     "'&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>"
     "<!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>]>\n" HEAD "<description>&d;&d;&d;&d;</description>" TAIL,
     "dmn-xml", "document type", "line 1"},
    {"an outside entity",
     "<!DOCTYPE d [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>\n" HEAD "<description>&a;</description>" TAIL, "dmn-xml",
     "document type", "line 1"},
    {"another language", "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'/>", "dmn-model",
     "not a DMN model", "line 1"},
    {"another root", "<decision xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/'/>", "dmn-model", "not a DMN model",
     "line 1"},
    {"an unknown type",
     HEAD "<inputData id='i' name='i'>\n<variable id='v' name='i' typeRef='tNothing'/></inputData>" TAIL,
     "dmn-unknown-type", "tNothing", "i, line 2"},
    {"an unknown type in a table",
     HEAD "<decision id='d' name='d'><decisionTable id='t'>\n<input id='in'><inputExpression "
          "typeRef='integer'><text>1</text>"
          "</inputExpression></input><output id='o'/></decisionTable></decision>" TAIL,
     "dmn-unknown-type", "integer", "in, line 3"},
    {"an unknown type of a component",
     HEAD "<itemDefinition id='a' name='a'>\n<itemComponent id='b' "
          "name='b'><typeRef>c</typeRef></itemComponent></itemDefinition>" TAIL,
     "dmn-unknown-type", "'c'", "b, line 3"},
    {"a type of itself",
     HEAD "<itemDefinition id='a' name='a'><typeRef>b</typeRef></itemDefinition>\n"
          "<itemDefinition id='b' name='b'><typeRef>a</typeRef></itemDefinition>" TAIL,
     "dmn-circular", "defined by itself", "a, line 2"},
    {"a missing input",
     HEAD "<decision id='d' name='d'>\n<informationRequirement id='r'><requiredInput "
          "href='#gone'/></informationRequirement></decision>" TAIL,
     "dmn-unknown-reference", "#gone", "r, line 3"},
    {"a missing reference",
     HEAD "<decision id='d' name='d'>\n<informationRequirement "
          "id='r'><requiredDecision/></informationRequirement></decision>" TAIL,
     "dmn-unknown-reference", "does not exist", "r, line 3"},
    {"knowledge that is a decision",
     HEAD
     "<decision id='d' name='d'>\n<knowledgeRequirement id='r'><requiredKnowledge href='#d'/></knowledgeRequirement>"
     "<literalExpression><text>d</text></literalExpression></decision>" TAIL,
     "dmn-unknown-reference", "requiredKnowledge", "r, line 3"},
    {"a missing import",
     HEAD "<import id='im' name='x' namespace='urn:x' importType='https://www.omg.org/spec/DMN/20230324/MODEL/'/>" TAIL,
     "dmn-unknown-reference", "urn:x", "im, line 2"},
    {"an import of PMML",
     HEAD "<import id='im' name='x' namespace='urn:x' importType='http://www.dmg.org/PMML-4_3'/>" TAIL,
     "dmn-unsupported", "PMML", "im, line 2"},
    {"a decision that requires itself",
     HEAD "<decision id='d' name='d'><informationRequirement><requiredDecision "
          "href='#d'/></informationRequirement></decision>" TAIL,
     "dmn-circular", "requires", "d, line 2"},
    {"decisions that require each other",
     HEAD "<decision id='a' name='a'><informationRequirement><requiredDecision "
          "href='#b'/></informationRequirement></decision>\n"
          "<decision id='b' name='b'><informationRequirement><requiredDecision "
          "href='#c'/></informationRequirement></decision>\n"
          "<decision id='c' name='c'><informationRequirement><requiredDecision "
          "href='#a'/></informationRequirement></decision>" TAIL,
     "dmn-circular", "'c' requires 'a'", "c, line 4"},
    {"an id used twice", HEAD "<inputData id='i' name='a'/>\n<inputData id='i' name='b'/>" TAIL, "dmn-duplicate", "'i'",
     "i, line 3"},
    {"a type defined twice", HEAD "<itemDefinition id='a' name='t'/>\n<itemDefinition id='b' name='t'/>" TAIL,
     "dmn-duplicate", "'t'", "b, line 3"},
    {"a decision without a name", HEAD "<decision id='d'/>" TAIL, "dmn-missing", "no name", "d, line 2"},
    {"an expression that cannot be read",
     HEAD "<decision id='d' name='d'><literalExpression id='e'>\n<text>1 +</text></literalExpression></decision>" TAIL,
     "dmn-expression", "1 +", "e, line 2"},
    {"a test that cannot be read",
     HEAD "<decision id='d' name='d'><decisionTable "
          "id='t'><input><inputExpression><text>1</text></inputExpression></input><output/>\n"
          "<rule id='r'><inputEntry "
          "id='c'><text>[1..</text></inputEntry><outputEntry><text>1</text></outputEntry></rule></decisionTable>"
          "</decision>" TAIL,
     "dmn-expression", "[1..", "c, line 3"},
    {"allowed values that cannot be read",
     HEAD "<itemDefinition id='a' name='a'><typeRef>string</typeRef>\n<allowedValues "
          "id='w'><text>\"a</text></allowedValues></itemDefinition>" TAIL,
     "dmn-expression", "allowed values", "w, line 3"},
    {"an unknown hit policy",
     HEAD "<decision id='d' name='d'><decisionTable id='t' hitPolicy='BEST'><output/></decisionTable></decision>" TAIL,
     "table-hit-policy", "BEST", "t, line 2"},
    {"another expression language",
     HEAD "<decision id='d' name='d'><literalExpression id='e' "
          "expressionLanguage='http://www.ecma-international.org/javascript'>"
          "<text>1</text></literalExpression></decision>" TAIL,
     "dmn-unsupported", "FEEL", "e, line 2"},
    {"PMML",
     HEAD
     "<businessKnowledgeModel id='b' name='b'><encapsulatedLogic id='f' kind='PMML'/></businessKnowledgeModel>" TAIL,
     "dmn-unsupported", "PMML", "f, line 2"},
    {"a table without outputs", HEAD "<decision id='d' name='d'><decisionTable id='t'/></decision>" TAIL, "dmn-missing",
     "no output", "t, line 2"},
    {"outputs without names",
     HEAD "<decision id='d' name='d'><decisionTable id='t'><output/><output/></decisionTable></decision>" TAIL,
     "dmn-missing", "no name", "t, line 2"},
    {"a service without outputs", HEAD "<decisionService id='s' name='s'/>" TAIL, "dmn-missing", "no output decision",
     "s, line 2"},
    {"an invocation of nothing", HEAD "<decision id='d' name='d'><invocation id='i'/></decision>" TAIL, "dmn-missing",
     "no function", "i, line 2"},
};

static void bad_models_are_refused_with_element_and_line(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct arena arena;
        arena_init(&arena);
        struct dmn_source source = {STR("bad.dmn"), str_of(refused[i].xml)};
        const struct dmn_model *model = NULL;
        struct error err = ERROR_INIT;
        enum status status = dmn_load(&arena, &source, 1, NULL, &model, &err);
        bool right = status == FAILED && !model && strcmp(err.type, refused[i].type) == 0 &&
                     strstr(err.message, refused[i].message) && strstr(err.message, "bad.dmn") &&
                     strstr(err.field, refused[i].field);
        if (!right)
            print_error("%s: %s, %s (%s)\n", refused[i].title, err.type, err.message, err.field);
        wrong += !right;
        arena_release(&arena);
    }
    assert_int_equal(wrong, 0);
}

static void a_tolerated_fault_gives_null_with_its_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct arena arena;
        arena_init(&arena);
        struct dmn_source source = {STR("bad.dmn"), str_of(refused[i].xml)};
        struct dmn_options options = {.strictness = DMN_TOLERANT};
        const struct dmn_model *model = NULL;
        const struct dmn_problem *problems = NULL;
        struct error err = ERROR_INIT;
        if (dmn_load(&arena, &source, 1, &options, &model, &err) == OK) {
            assert_true(dmn_check(&arena, model, &problems) > 0);
            assert_int_equal(problems[0].severity, DMN_ERROR);
            struct str reason = STR_NONE;
            fixture_evaluate(&arena, model, STR("a"), value_null, &reason);
            fixture_evaluate(&arena, model, STR("d"), value_null, &reason);
        }
        arena_release(&arena);
    }
    struct arena arena;
    arena_init(&arena);
    struct str xml = STR(HEAD "<decision id='d' name='d'><informationRequirement><requiredDecision "
                              "href='#d'/></informationRequirement></decision>" TAIL);
    struct str reason = STR_NONE;
    struct value v =
        fixture_evaluate(&arena, fixture_load(&arena, STR("x"), xml, DMN_TOLERANT), STR("d"), value_null, &reason);
    assert_true(value_is_null(v));
    assert_true(str_find(reason, STR("d (d, line 2): requires itself"), 0) >= 0);
    arena_release(&arena);
}

static void two_models_with_one_namespace_are_refused(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct dmn_source sources[] = {{STR("a.dmn"), STR(HEAD TAIL)}, {STR("b.dmn"), STR("\n" HEAD TAIL)}};
    const struct dmn_model *model = NULL;
    struct error err = ERROR_INIT;
    assert_int_equal(dmn_load(&arena, sources, 2, NULL, &model, &err), FAILED);
    assert_string_equal(err.type, "dmn-model");
    assert_non_null(strstr(err.message, "a.dmn and b.dmn"));
    assert_string_equal(err.field, "defs, line 2");
    arena_release(&arena);
}

static void every_version_of_dmn_is_read(void **state)
{
    (void)state;
    static const char *const namespaces[] = {
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd", "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/", "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/"};
    for (size_t i = 0; i < COUNT_OF(namespaces); i++) {
        struct arena arena;
        arena_init(&arena);
        struct str xml = arena_printf(
            &arena,
            "<dmn:definitions xmlns:dmn='%s' xmlns:feel='urn:feel' name='m' namespace='urn:m'>"
            "<dmn:decision id='d' name='d'><dmn:variable name='d' typeRef='feel:number'/><dmn:literalExpression>"
            "<dmn:text>40 + 2</dmn:text></dmn:literalExpression></dmn:decision></dmn:definitions>",
            namespaces[i]);
        struct str reason = STR_NONE;
        struct value v =
            fixture_evaluate(&arena, fixture_load(&arena, STR("m"), xml, DMN_STRICT), STR("d"), value_null, &reason);
        assert_true(value_identical(v, value_int(42)));
        arena_release(&arena);
    }
}

/* Repeats "%zu" patterns: a model of many decisions, each requiring the one before it. */
static struct str long_chain(struct buf *xml, size_t count)
{
    buf_put(xml, STR(HEAD));
    buf_printf(xml, "<decision id='d0' name='d0'><literalExpression><text>1</text></literalExpression></decision>\n");
    for (size_t i = 1; i < count; i++)
        buf_printf(xml,
                   "<decision id='d%zu' name='d%zu'><informationRequirement><requiredDecision "
                   "href='#d%zu'/></informationRequirement>"
                   "<literalExpression><text>d%zu + 1</text></literalExpression></decision>\n",
                   i, i, i - 1, i - 1);
    buf_put(xml, STR(TAIL));
    return buf_str(xml);
}

static void a_long_chain_of_decisions_is_followed_and_an_endless_one_refused(void **state)
{
    (void)state;
    struct arena arena;
    struct buf xml;
    arena_init(&arena);
    buf_init(&xml, 0);
    struct str reason = STR_NONE;
    const struct dmn_model *model = fixture_load(&arena, STR("m"), long_chain(&xml, 300), DMN_STRICT);
    struct value v = fixture_evaluate(&arena, model, STR("d299"), value_null, &reason);
    assert_true(value_identical(v, value_int(300)));

    buf_reset(&xml);
    model = fixture_load(&arena, STR("m"), long_chain(&xml, 30000), DMN_TOLERANT);
    v = fixture_evaluate(&arena, model, STR("d29999"), value_null, &reason);
    assert_true(value_is_null(v));
    assert_true(str_find(reason, STR("too long"), 0) >= 0);
    const struct dmn_element *const *inputs = NULL;
    assert_int_equal(dmn_inputs_of(&arena, model, dmn_find(model, DMN_DECISION, STR("d29999")), &inputs), 0);
    buf_release(&xml);
    arena_release(&arena);
}

static void limits_on_size_are_kept(void **state)
{
    (void)state;
    struct arena arena;
    struct buf xml;
    arena_init(&arena);
    buf_init(&xml, 0);
    struct dmn_source source = {STR("m"), long_chain(&xml, 2000)};
    struct dmn_options options = {.bytes_max = 1000};
    const struct dmn_model *model = NULL;
    struct error err = ERROR_INIT;
    assert_int_equal(dmn_load(&arena, &source, 1, &options, &model, &err), FAILED);
    assert_string_equal(err.type, "dmn-limit");
    options = (struct dmn_options){.elements_max = 1000};
    assert_int_equal(dmn_load(&arena, &source, 1, &options, &model, &err), FAILED);
    assert_string_equal(err.type, "dmn-limit");
    buf_reset(&xml);
    buf_put(&xml, STR(HEAD));
    for (size_t i = 0; i < 11 * 1024; i++)
        buf_printf(&xml, "%-1024s", "<description>x</description>");
    buf_put(&xml, STR(TAIL));
    source.text = buf_str(&xml);
    assert_int_equal(dmn_load(&arena, &source, 1, NULL, &model, &err), FAILED);
    assert_int_equal(err.kind, ERROR_TOO_LARGE);
    buf_release(&xml);
    arena_release(&arena);
}

static void put_big_table(struct buf *xml, size_t rules)
{
    buf_put(
        xml,
        STR(HEAD
            "<inputData id='x' name='x'><variable name='x' typeRef='number'/></inputData><decision id='d' name='d'>"
            "<informationRequirement><requiredInput href='#x'/></informationRequirement><decisionTable id='t'><input>"
            "<inputExpression typeRef='number'><text>x</text></inputExpression></input><output/>\n"));
    for (size_t i = 0; i < rules; i++)
        buf_printf(xml,
                   "<rule "
                   "id='r%zu'><inputEntry><text>[%zu..%zu)</text></inputEntry><outputEntry><text>%zu</text></"
                   "outputEntry></rule>\n",
                   i, i, i + 1, i);
    buf_put(xml, STR("</decisionTable></decision>" TAIL));
}

static void a_table_of_thousands_of_rules_is_compiled_and_asked(void **state)
{
    (void)state;
    struct arena arena;
    struct buf xml;
    arena_init(&arena);
    buf_init(&xml, 0);
    put_big_table(&xml, 40000);
    const struct dmn_model *model = fixture_load(&arena, STR("m"), buf_str(&xml), DMN_STRICT);
    struct str reason = STR_NONE;
    for (int64_t x = 0; x < 40000; x += 3999) {
        struct context_builder input;
        context_builder_init(&input, &arena);
        context_builder_put(&input, STR("x"), value_int(x));
        struct value v = fixture_evaluate(&arena, model, STR("d"), context_builder_done(&input), &reason);
        assert_true(value_identical(v, value_int(x)));
    }
    const struct dmn_problem *problems = NULL;
    dmn_check(&arena, model, &problems);
    buf_release(&xml);
    arena_release(&arena);
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    struct arena arena;
    struct buf xml;
    arena_init(&arena);
    buf_init(&xml, 0);
    buf_put(&xml, STR(HEAD "<decision id='d' name='d'>"));
    for (int i = 0; i < 200; i++)
        buf_put(&xml, STR("<list>"));
    for (int i = 0; i < 200; i++)
        buf_put(&xml, STR("</list>"));
    buf_put(&xml, STR("</decision>" TAIL));
    struct dmn_source source = {STR("m"), buf_str(&xml)};
    const struct dmn_model *model = NULL;
    struct error err = ERROR_INIT;
    assert_int_equal(dmn_load(&arena, &source, 1, NULL, &model, &err), FAILED);
    assert_non_null(strstr(err.message, "nested"));
    buf_reset(&xml);
    for (int i = 0; i < 100000; i++)
        buf_put(&xml, STR("<a>"));
    source.text = buf_str(&xml);
    assert_int_equal(dmn_load(&arena, &source, 1, NULL, &model, &err), FAILED);
    assert_string_equal(err.type, "dmn-xml");
    buf_release(&xml);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_models_are_refused_with_element_and_line),
        cmocka_unit_test(a_tolerated_fault_gives_null_with_its_reason),
        cmocka_unit_test(two_models_with_one_namespace_are_refused),
        cmocka_unit_test(every_version_of_dmn_is_read),
        cmocka_unit_test(a_long_chain_of_decisions_is_followed_and_an_endless_one_refused),
        cmocka_unit_test(limits_on_size_are_kept),
        cmocka_unit_test(a_table_of_thousands_of_rules_is_compiled_and_asked),
        cmocka_unit_test(deep_nesting_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
