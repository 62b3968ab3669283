/* JSON: the public JSONTestSuite, golden lines, limits, positions of errors. */
#include "golden.h"

#include "feel/json.h"

#include <string.h>

/* What the suite leaves open ("i_…") and we accept; all others of them are refused. */
static const char *const accepted[] = {
    "i_number_double_huge_neg_exp.json",   "i_number_too_big_neg_int.json",           "i_number_too_big_pos_int.json",
    "i_number_very_big_negative_int.json", "i_structure_UTF-8_BOM_empty_object.json",
};

static bool is_accepted(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(accepted); i++)
        if (strcmp(name, accepted[i]) == 0)
            return true;
    return name[0] == 'y';
}

static void check_file(const char *folder, struct str name)
{
    struct arena arena;
    arena_init(&arena);
    struct error err = ERROR_INIT;
    struct str text;
    struct value v = value_null;
    const char *path = arena_printf(&arena, "%s/%.*s", folder, STR_ARGS(name)).data;
    assert_int_equal(file_read(&arena, path, (size_t)1 << 20, &text, &err), OK);
    enum status found = json_parse(&arena, text, NULL, &v, &err);
    enum status wanted = is_accepted(arena_cstr(&arena, name)) ? OK : FAILED;
    if (found != wanted)
        fail_msg("%.*s: %s", STR_ARGS(name), found == OK ? "was accepted" : err.message);
    if (found == FAILED)
        assert_true(err.field[0] && err.message[0]);
    arena_release(&arena);
}

static void the_public_test_suite_is_passed(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    const char *shared = getenv("SHARED");
    struct str folder = shared ? arena_printf(&arena, "%s/jsontestsuite/test_parsing", shared)
                               : arena_printf(&arena, "%s/../shared/jsontestsuite/test_parsing", SOURCE_ROOT);
    struct str *names = NULL;
    size_t count = 0;
    struct error err = ERROR_INIT;
    if (folder_list(&arena, folder.data, ".json", &names, &count, &err) != OK || count == 0) {
        print_message("skipped: no JSONTestSuite in %s\n", folder.data);
        arena_release(&arena);
        skip();
    }
    for (size_t i = 0; i < count; i++)
        check_file(folder.data, names[i]);
    arena_release(&arena);
}

static struct value parse(struct arena *arena, struct str text)
{
    struct value v = value_null;
    struct error err = ERROR_INIT;
    if (json_parse(arena, text, NULL, &v, &err) != OK)
        fail_msg("%.*s: %s (%s)", STR_ARGS(text), err.message, err.field);
    return v;
}

static void check_line(const struct golden_line *line)
{
    if (str_equal(line->fields[0], STR("refused"))) {
        struct error err = ERROR_INIT;
        struct value v = value_true;
        assert_int_equal(json_parse(line->arena, line->fields[1], NULL, &v, &err), FAILED);
        assert_true(value_is_true(v));
        golden_expect(line, line->fields[2], str_of(err.field));
        return;
    }
    struct value v = parse(line->arena, line->fields[1]);
    if (str_equal(line->fields[0], STR("canonical")))
        golden_expect(line, line->fields[2], json_canonical(line->arena, v));
    else
        golden_expect(line, line->fields[2], json_text(line->arena, v));
}

static void reading_and_writing_do_what_the_golden_lines_say(void **state)
{
    (void)state;
    golden_run("json.txt", check_line);
}

static void positions_count_lines_and_characters(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct error err = ERROR_INIT;
    struct value v;
    assert_int_equal(json_parse(&arena, STR("{\n  \"姓名\": \"王\",\n  \"年\": 八\n}"), NULL, &v, &err), FAILED);
    assert_string_equal(err.field, "line 3, column 8");
    assert_string_equal(err.type, "json-syntax");
    arena_release(&arena);
}

static void depth_is_limited(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct error err = ERROR_INIT;
    struct value v;
    struct buf text;
    buf_init(&text, 0);
    for (int i = 0; i < 100000; i++)
        buf_put_char(&text, '[');
    assert_int_equal(json_parse(&arena, buf_str(&text), NULL, &v, &err), FAILED);
    assert_int_equal(err.kind, ERROR_LIMIT);
    struct json_limits wide = {.max_depth = 1000000};
    assert_int_equal(json_parse(&arena, buf_str(&text), &wide, &v, &err), FAILED);
    struct json_limits two = {.max_depth = 2};
    assert_int_equal(json_parse(&arena, STR("[[1],{\"a\":1}]"), &two, &v, &err), OK);
    assert_int_equal(json_parse(&arena, STR("[[{}]]"), &two, &v, &err), FAILED);
    buf_release(&text);
    arena_release(&arena);
}

static void size_is_limited(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct error err = ERROR_INIT;
    struct value v;
    struct json_limits four = {.max_bytes = 4};
    assert_int_equal(json_parse(&arena, STR("1234"), &four, &v, &err), OK);
    assert_int_equal(json_parse(&arena, STR("12345"), &four, &v, &err), FAILED);
    assert_int_equal(err.kind, ERROR_TOO_LARGE);
    arena_release(&arena);
}

static void duplicate_names_can_be_refused(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct error err = ERROR_INIT;
    struct value v;
    struct json_limits strict = {.refuse_duplicates = true};
    assert_int_equal(json_parse(&arena, STR("{\"a\":1,\"b\":2}"), &strict, &v, &err), OK);
    assert_int_equal(json_parse(&arena, STR("{\"a\":1,\"\\u0061\":2}"), &strict, &v, &err), FAILED);
    arena_release(&arena);
}

static void values_do_not_point_into_the_text_read(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    char text[] = "{\"key\":[\"text\",1.10]}";
    struct value v = parse(&arena, str_of(text));
    memset(text, 'x', sizeof(text) - 1);
    assert_string_equal(json_text(&arena, v).data, "{\"key\":[\"text\",1.10]}");
    arena_release(&arena);
}

static void pretty_text_has_two_blanks_a_level(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct buf out;
    buf_init(&out, 0);
    json_write_pretty(&out, parse(&arena, STR("{\"a\":[1,{}],\"b\":[]}")));
    assert_string_equal(out.data, "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}");
    buf_release(&out);
    arena_release(&arena);
}

static void values_without_a_json_form_are_written_as_text(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct value items[4] = {value_null};
    assert_true(date_time_parse(STR("2026-07-06T09:00:00@Asia/Shanghai"), &items[0]));
    assert_true(duration_parse(STR("P1Y2M"), &items[1]));
    struct range range = {.start = value_int(1), .end = value_int(3), .start_included = true};
    items[2] = (struct value){.kind = VALUE_RANGE, .range = &range};
    items[3] = (struct value){.kind = VALUE_FUNCTION};
    assert_string_equal(json_text(&arena, value_list(&arena, items, 4)).data,
                        "[\"2026-07-06T09:00:00@Asia/Shanghai\",\"P1Y2M\",\"[1..3)\",null]");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_public_test_suite_is_passed),
        cmocka_unit_test(reading_and_writing_do_what_the_golden_lines_say),
        cmocka_unit_test(positions_count_lines_and_characters),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(size_is_limited),
        cmocka_unit_test(duplicate_names_can_be_refused),
        cmocka_unit_test(values_do_not_point_into_the_text_read),
        cmocka_unit_test(pretty_text_has_two_blanks_a_level),
        cmocka_unit_test(values_without_a_json_form_are_written_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
