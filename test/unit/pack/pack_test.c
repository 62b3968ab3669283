/* Loading packs from files in memory: what is refused, and what a set answers. */
#include "feel/json.h"
#include "pack/pack.h"

#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int begin(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

#define MANIFEST "{\"id\": \"t\", \"version\": \"1\", \"title\": \"T\", \"needs\": []}"
#define PROCESS                                                                                                        \
    "<bpmn:definitions xmlns:bpmn=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" id=\"d\" targetNamespace=\"x\">"     \
    "<bpmn:process id=\"p\" isExecutable=\"true\"><bpmn:startEvent id=\"s\"/><bpmn:endEvent id=\"e\"/>"                \
    "<bpmn:sequenceFlow id=\"f\" sourceRef=\"s\" targetRef=\"e\"/></bpmn:process></bpmn:definitions>"
#define ITEM                                                                                                           \
    "{\"code\": \"i\", \"version\": 1, \"effective\": \"2026-01-01\", \"title\": \"I\", \"type\": \"20\","             \
    "\"handling\": \"instant\", \"applicants\": [\"person\"], \"process\": \"p\","                                     \
    "\"limits\": {\"promised\": {\"n\": 0, \"unit\": \"day\"}}}"

static struct pack_file file_of(const char *path, const char *text)
{
    return (struct pack_file){str_of(path), str_of(text), STR_NONE};
}

static const struct pack *loaded(const struct pack_file *files, size_t count)
{
    const struct pack *pack = NULL;
    struct error err = ERROR_INIT;
    if (pack_load_files(&arena, files, count, NULL, &pack, &err) != OK)
        fail_msg("%s (%s)", err.message, err.field);
    return pack;
}

static const struct pack_set *set_of(const struct pack *const *packs, size_t count)
{
    const struct pack_set *set = NULL;
    struct error err = ERROR_INIT;
    if (pack_set_new(&arena, packs, count, NULL, &set, &err) != OK)
        fail_msg("%s", err.message);
    return set;
}

/* One bad file beside a good manifest; the problem names the file and says this. */
static const struct {
    const char *path, *text, *message;
} refused[] = {
    {"items/i.json", "{", "JSON"},
    {"items/i.json", "[]", "must be an object"},
    {"items/i.json", "{\"code\": \"Ü\"}", "lower-case letters"},
    {"items/i.json", "{\"code\": \"i\", \"colour\": 1}", "not a known member"},
    {"items/i.json", "{\"code\": \"i\", \"handling\": \"soon\"}", "instant, commitment"},
    {"items/i.json", "{\"code\": \"i\", \"applicants\": [\"staff:x\"]}", "is not person, organisation or role:ID"},
    {"items/i.json", "{\"code\": \"i\", \"effective\": \"2026-02-30\"}", "must be a date"},
    {"items/i.json", "{\"code\": \"i\", \"unique\": \"=1 +\"}", ""},
    {"items/i.json", "{\"code\": \"i\", \"limits\": {\"promised\": {\"n\": -1, \"unit\": \"day\"}}}",
     "whole number from 0"},
    {"items/i.json", "{\"code\": \"i\", \"limits\": {\"promised\": {\"n\": 1, \"unit\": \"week\"}}}", "working-day"},
    {"forms/f.form", "{\"id\": \"f\"}", "type 'default'"},
    {"processes/p.bpmn", "<x/>", ""},
    {"decisions/d.dmn", "<x/>", ""},
    {"certificates/c.json", "{\"id\": \"c\", \"title\": \"C\", \"type_code\": \"x\", \"pages\": []}",
     "at least one page"},
    {"certificates/c.json",
     "{\"id\": \"c\", \"title\": \"C\", \"type_code\": \"x\", \"pages\": [{\"id\": \"a\", \"title\": \"A\", "
     "\"template\": \"a.svg\"}]}",
     "certificates/a.svg is not there"},
    {"exchanges/x.json", "{\"id\": \"x\", \"title\": \"X\", \"agency\": \"a\", \"path\": \"x\", \"purpose\": \"p\"}",
     "must begin with /"},
    {"exchanges/x.json", "{\"id\": \"x\", \"retry\": {\"factor\": 0.5}}", "number from 1"},
    {"notices/n.json", "{\"id\": \"n\", \"title\": \"N\", \"channel\": \"inbox\", \"text\": \"{{#if x}}\"}", ""},
    {"codes/c.json",
     "{\"id\": \"c\", \"title\": \"C\", \"source\": \"s\", \"values\": [{\"value\": 1, \"label\": \"x\"}]}",
     "must be text"},
    {"roles.json", "[{\"id\": \"r\", \"title\": \"R\", \"scope\": \"town\"}]", "own, unit"},
    {"texts/en.json", "{\"a\": 1}", "must be text"},
    {"calendar.json", "{\"2026\": {\"off\": {\"2025-01-01\": \"x\"}}}", "is not a date of that year"},
    {"divisions.json", "[{\"code\": \"230000\", \"name\": \"x\", \"level\": \"village green\"}]", "province"},
    {"scenarios/s.json", "{\"title\": \"S\", \"steps\": []}", "needs steps"},
    {"items/i.json", "\xff\xfe", "UTF-8"},
};

static void bad_files_are_named_with_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct pack_file files[] = {file_of("pack.json", MANIFEST), file_of(refused[i].path, refused[i].text)};
        struct pack_problems problems = {.arena = &arena};
        const struct pack *pack = NULL;
        struct error err = ERROR_INIT;
        if (pack_load_files(&arena, files, 2, &problems, &pack, &err) == OK)
            fail_msg("accepted: %s", refused[i].text);
        bool told = false;
        for (size_t k = 0; k < problems.list.count; k++) {
            assert_true(str_equal(problems.list.items[k].file, arena_printf(&arena, "t/%s", refused[i].path)));
            told |= str_find(problems.list.items[k].message, str_of(refused[i].message), 0) >= 0;
        }
        if (!told)
            fail_msg("%s: %s: %s", refused[i].path, refused[i].message, err.message);
        assert_non_null(strstr(err.message, refused[i].path));
    }
}

static void a_pack_needs_a_readable_manifest(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "{}", "{\"id\": \"T T\", \"version\": \"1\", \"title\": \"x\"}", "[1]"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct pack_file files[] = {file_of("pack.json", bad[i]), file_of("items/i.json", ITEM)};
        const struct pack *pack = NULL;
        struct error err = ERROR_INIT;
        assert_int_equal(pack_load_files(&arena, files, 2, NULL, &pack, &err), FAILED);
        assert_int_equal(pack_load_files(&arena, files + 1, 1, NULL, &pack, &err), FAILED);
    }
}

static void the_hash_names_the_content_and_not_the_order(void **state)
{
    (void)state;
    struct pack_file one[] = {file_of("pack.json", MANIFEST), file_of("processes/p.bpmn", PROCESS),
                              file_of("items/i.json", ITEM)};
    struct pack_file two[] = {one[2], one[0], one[1]};
    struct pack_file other[] = {one[0], one[1], file_of("items/i.json", ITEM " ")};
    const struct pack *a = loaded(one, 3);
    const struct pack *b = loaded(two, 3);
    const struct pack *c = loaded(other, 3);
    assert_true(str_equal(pack_hash(a), pack_hash(b)));
    assert_false(str_equal(pack_hash(a), pack_hash(c)));
    const struct pack_set *set = set_of(&a, 1);
    const struct pack_process *process = pack_process_find(set, STR("p"));
    assert_true(process->version > 0);
    assert_true(process->version == pack_process_version(process->file->hash));
    assert_int_equal(process->file->hash.len, 64);
}

static void the_version_in_force_is_the_highest_that_is_effective(void **state)
{
    (void)state;
    static const char second[] =
        "{\"code\": \"i\", \"version\": 2, \"effective\": \"2026-07-01\", \"title\": \"I2\", \"type\": \"20\","
        "\"handling\": \"instant\", \"applicants\": [\"role:r\"], \"process\": \"p\"}";
    struct pack_file files[] = {file_of("pack.json", MANIFEST), file_of("processes/p.bpmn", PROCESS),
                                file_of("items/i-1.json", ITEM), file_of("items/i-2.json", second)};
    const struct pack *pack = loaded(files, 4);
    const struct pack_set *set = set_of(&pack, 1);
    int32_t july = 20635; /* 2026-07-01 */
    assert_null(pack_item_find(set, STR("i"), 20453));
    assert_int_equal(pack_item_find(set, STR("i"), july - 1)->version, 1);
    assert_int_equal(pack_item_find(set, STR("i"), july)->version, 2);
    assert_int_equal(pack_item_version(set, STR("i"), 1)->version, 1);
    assert_null(pack_item_version(set, STR("i"), 3));
    assert_null(pack_item_find(set, STR("j"), july));
    assert_true(pack_item_for(pack_item_version(set, STR("i"), 1), PACK_BY_PERSON));
    assert_true(pack_item_for_role(pack_item_version(set, STR("i"), 2), STR("r")));
    assert_false(pack_item_for_role(pack_item_version(set, STR("i"), 2), STR("q")));
}

static void sets_refuse_twins_and_missing_needs(void **state)
{
    (void)state;
    struct pack_file one[] = {file_of("pack.json", MANIFEST), file_of("processes/p.bpmn", PROCESS)};
    struct pack_file two[] = {
        file_of("pack.json", "{\"id\": \"u\", \"version\": \"1\", \"title\": \"U\", \"needs\": [\"v\"]}"),
        file_of("processes/p.bpmn", PROCESS)};
    const struct pack *packs[] = {loaded(one, 2), loaded(two, 2)};
    struct pack_problems problems = {.arena = &arena};
    const struct pack_set *set = NULL;
    struct error err = ERROR_INIT;
    assert_int_equal(pack_set_new(&arena, packs, 2, &problems, &set, &err), FAILED);
    assert_int_equal(problems.list.count, 2);
    assert_true(str_equal(problems.list.items[0].place, STR("v")));
    assert_true(str_equal(problems.list.items[1].place, STR("p")));
}

static void another_pack_may_add_rights_to_a_role(void **state)
{
    (void)state;
    struct pack_file one[] = {
        file_of("pack.json", MANIFEST),
        file_of("roles.json", "[{\"id\": \"r\", \"title\": \"R\", \"scope\": \"region\", \"may\": [\"case.read\"]}]")};
    struct pack_file two[] = {file_of("pack.json", "{\"id\": \"u\", \"version\": \"1\", \"title\": \"U\"}"),
                              file_of("roles.json", "[{\"id\": \"r\", \"may\": [\"task.work\"]}]")};
    const struct pack *packs[] = {loaded(one, 2), loaded(two, 2)};
    const struct pack_role *role = pack_role_find(set_of(packs, 2), STR("r"));
    assert_true(role->scope == PACK_SCOPE_REGION);
    assert_true(pack_role_may(role, STR("case.read")) && pack_role_may(role, STR("task.work")));
    assert_false(pack_role_may(role, STR("case.open")));
}

static void texts_fall_back_from_language_to_chinese_to_themselves(void **state)
{
    (void)state;
    struct pack_file files[] = {file_of("pack.json", MANIFEST),
                                file_of("texts/zh-CN.json", "{\"k\": \"键\", \"only\": \"只有\"}"),
                                file_of("texts/en.json", "{\"k\": \"key\", \"姓名\": \"Name\"}")};
    const struct pack *pack = loaded(files, 3);
    const struct pack_set *set = set_of(&pack, 1);
    assert_true(str_equal(pack_text(set, STR("en"), STR("k")), STR("key")));
    assert_true(str_equal(pack_text(set, STR("en"), STR("only")), STR("只有")));
    assert_true(str_equal(pack_text(set, STR("zh-CN"), STR("k")), STR("键")));
    assert_true(str_equal(pack_text(set, STR("ru"), STR("k")), STR("键")));
    assert_true(str_equal(pack_text(set, STR("en"), STR("姓名")), STR("Name")));
    assert_true(str_equal(pack_text(set, STR("en"), STR("无")), STR("无")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bad_files_are_named_with_what_is_wrong, begin, end),
        cmocka_unit_test_setup_teardown(a_pack_needs_a_readable_manifest, begin, end),
        cmocka_unit_test_setup_teardown(the_hash_names_the_content_and_not_the_order, begin, end),
        cmocka_unit_test_setup_teardown(the_version_in_force_is_the_highest_that_is_effective, begin, end),
        cmocka_unit_test_setup_teardown(sets_refuse_twins_and_missing_needs, begin, end),
        cmocka_unit_test_setup_teardown(another_pack_may_add_rights_to_a_role, begin, end),
        cmocka_unit_test_setup_teardown(texts_fall_back_from_language_to_chinese_to_themselves, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
