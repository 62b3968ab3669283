/* Templates: golden lines, limits, positions. */
#include "golden.h"

#include "feel/json.h"
#include "feel/template.h"

#include <string.h>

static bool partial(void *state, struct str name, struct str *out)
{
    (void)state;
    if (str_equal(name, STR("greeting")))
        *out = STR("Hello {{name}}!");
    else if (str_equal(name, STR("endless")))
        *out = STR("{{> endless}}");
    else if (str_equal(name, STR("broken")))
        *out = STR("abc{{#if x}}");
    else
        return false;
    return true;
}

static enum status compile(struct arena *arena, struct str source, enum template_kind kind, const struct template **out,
                           struct error *err)
{
    struct template_options options = {.kind = kind, .raw_allowed = true, .partial = partial};
    return template_compile(arena, source, &options, out, err);
}

static void check_line(const struct golden_line *line)
{
    struct error err = ERROR_INIT;
    const struct template *template = NULL;
    struct str kind = line->fields[0];
    if (str_equal(kind, STR("refused"))) {
        assert_int_equal(compile(line->arena, line->fields[1], TEMPLATE_HTML, &template, &err), FAILED);
        assert_string_equal(err.type, "template-syntax");
        assert_true(err.message[0]);
        golden_expect(line, line->fields[2], str_of(err.field));
        return;
    }
    enum template_kind as = str_equal(kind, STR("html"))  ? TEMPLATE_HTML
                            : str_equal(kind, STR("xml")) ? TEMPLATE_XML
                                                          : TEMPLATE_TEXT;
    struct value context = value_null;
    struct buf out;
    struct feel_run run = {.arena = line->arena};
    buf_init(&out, 0);
    if (compile(line->arena, line->fields[1], as, &template, &err) != OK ||
        json_parse(line->arena, line->fields[2], NULL, &context, &err) != OK ||
        template_render(template, context, &run, &out, &err) != OK)
        fail_msg("%s:%d: %s (%s)", line->file, line->number, err.message, err.field);
    golden_expect(line, line->fields[3], str_trim(buf_str(&out)));
    buf_release(&out);
}

static void templates_do_what_the_golden_lines_say(void **state)
{
    (void)state;
    golden_run("template.txt", check_line);
}

static void expect_limit(const char *source, struct feel_run *run, size_t max)
{
    struct error err = ERROR_INIT;
    const struct template *template = NULL;
    struct buf out;
    buf_init(&out, max);
    assert_int_equal(compile(run->arena, str_of(source), TEMPLATE_HTML, &template, &err), OK);
    assert_int_equal(template_render(template, value_null, run, &out, &err), FAILED);
    assert_int_equal(err.kind, ERROR_LIMIT);
    assert_string_equal(err.type, "template-limit");
    buf_release(&out);
}

static void loops_lists_and_output_are_limited(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct feel_run turns = {.arena = &arena, .steps_max = 5000};
    expect_limit("{{#loop for i in 1..100 return i}}{{#loop [1,2,3]}}{{#loop for i in 1..100 return "
                 "i}}x{{/loop}}{{/loop}}{{/loop}}",
                 &turns, 0);
    struct feel_run items = {.arena = &arena, .list_max = 10};
    expect_limit("{{#loop for i in 1..11 return i}}x{{/loop}}", &items, 0);
    struct feel_run output = {.arena = &arena};
    expect_limit("{{#loop for i in 1..1000 return i}}0123456789{{/loop}}", &output, 500);
    arena_release(&arena);
}

static void raw_values_need_a_trusted_template(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct error err = ERROR_INIT;
    const struct template *template = NULL;
    assert_int_equal(template_compile(&arena, STR("a\n  {{{x}}}"), NULL, &template, &err), FAILED);
    assert_string_equal(err.field, "line 2, column 3");
    arena_release(&arena);
}

static void an_expression_error_has_its_place_in_the_template(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct error err = ERROR_INIT;
    const struct template *template = NULL;
    assert_int_equal(compile(&arena, STR("中文\n{{ a +\n  * b }}"), TEMPLATE_TEXT, &template, &err), FAILED);
    assert_string_equal(err.field, "line 3, column 3");
    arena_release(&arena);
}

static void deep_blocks_are_refused(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct error err = ERROR_INIT;
    const struct template *template = NULL;
    struct buf source;
    buf_init(&source, 0);
    for (int i = 0; i < 100000; i++)
        buf_put(&source, STR("{{#if a}}"));
    assert_int_equal(compile(&arena, buf_str(&source), TEMPLATE_TEXT, &template, &err), FAILED);
    buf_release(&source);
    arena_release(&arena);
}

static void a_template_renders_the_same_every_time(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct error err = ERROR_INIT;
    const struct template *template = NULL;
    struct value context = value_null;
    struct buf out;
    buf_init(&out, 0);
    assert_int_equal(compile(&arena, STR("{{#loop rows}}{{a}}{{/loop}}"), TEMPLATE_HTML, &template, &err), OK);
    assert_int_equal(json_parse(&arena, STR("{\"rows\":[{\"a\":1},{\"a\":2}]}"), NULL, &context, &err), OK);
    for (int i = 0; i < 3; i++) {
        struct feel_run run = {.arena = &arena};
        buf_reset(&out);
        assert_int_equal(template_render(template, context, &run, &out, &err), OK);
        assert_string_equal(out.data, "12");
    }
    buf_release(&out);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_do_what_the_golden_lines_say),
        cmocka_unit_test(loops_lists_and_output_are_limited),
        cmocka_unit_test(raw_values_need_a_trusted_template),
        cmocka_unit_test(an_expression_error_has_its_place_in_the_template),
        cmocka_unit_test(deep_blocks_are_refused),
        cmocka_unit_test(a_template_renders_the_same_every_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
