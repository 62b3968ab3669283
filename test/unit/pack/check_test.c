/* The packs of this tree pass the static check, and a pack that breaks one thing is told so. */
#include "clock/calendar.h"
#include "clock/instant.h"
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

/* Loaded once, and kept apart from what the tests make of it. */
static struct arena kept;

static const struct pack_set *tree(void)
{
    static const struct pack_set *set;
    struct error err = ERROR_INIT;
    if (!set)
        arena_init(&kept);
    if (!set && pack_set_load(&kept, SOURCE_ROOT "/packs", NULL, &set, &err) != OK)
        fail_msg("%s (%s)", err.message, err.field);
    return set;
}

static int forget(void **state)
{
    (void)state;
    arena_release(&kept);
    return 0;
}

static const struct pack *pack_named(const char *id)
{
    size_t count = 0;
    const struct pack *const *packs = pack_set_packs(tree(), &count);
    for (size_t i = 0; i < count; i++)
        if (str_equal(pack_id(packs[i]), str_of(id)))
            return packs[i];
    fail_msg("there is no pack %s", id);
    return NULL;
}

static void the_packs_of_this_tree_have_no_errors(void **state)
{
    (void)state;
    struct pack_problems problems = {.arena = &arena};
    size_t passed = 0;
    pack_check(tree(), NULL, &problems, &passed);
    for (size_t i = 0; i < problems.list.count; i++)
        if (!problems.list.items[i].warning)
            fail_msg("%.*s: %.*s: %.*s", STR_ARGS(problems.list.items[i].file), STR_ARGS(problems.list.items[i].place),
                     STR_ARGS(problems.list.items[i].message));
    assert_true(passed > 90);
}

/* In one file of a pack one text is replaced; the check then says this. */
struct breaking {
    const char *path, *old, *new, *message;
};
static const struct breaking broken[] = {
    {"items/death-report.json", "\"form\": \"death-report\"", "\"form\": \"nothing\"", "there is no form 'nothing'"},
    {"items/death-report.json", "\"process\": \"death-report\"", "\"process\": \"nothing\"",
     "there is no process 'nothing'"},
    {"items/death-report.json", "death-report-checks", "nothing", "there is no decision 'nothing'"},
    {"items/death-report.json", "role:doctor", "role:nobody", "there is no role 'nobody'"},
    {"items/death-report.json", "=staff.region", "=stuff.region", "reads 'stuff'"},
    {"items/death-report.json", "232023001W00", "232023001X0O", ""},
    {"items/death-report.json", "\"handling\": \"instant\"", "\"handling\": \"commitment\"", "(rule 1)"},
    {"items/death-correction.json", "\"n\": 3", "\"n\": 0", "(rule 1)"},
    {"items/death-report.json", "\"visits\": 0", "\"visits\": 1", "(rule 4)"},
    {"items/death-report.json", "\"fees\": []", "\"fees\": [{\"name\": \"x\"}]", "(rule 6)"},
    {"items/death-report.json", "0451-85971115", "0451-85971114", "(rule 7)"},
    {"items/death-certificate.json", "授权委托书", "其他材料", "(rule 10)"},
    {"items/death-report.json", "\"title\": \"死亡报告\"", "\"title\": \"死亡报告表\"", "no English text: 死亡报告表"},
    {"forms/death-report.form", "\"codes\": \"sex\"", "\"codes\": \"sax\"", "there is no code table 'sax'"},
    {"forms/death-report.form", "=family.none = true", "=familly.none = true", "reads 'familly'"},
    {"processes/death-report.bpmn", "formId=\"death-review\"", "formId=\"nothing\"", ""},
    {"processes/death-report.bpmn", "candidateGroups=\"county-cdc\"", "candidateGroups=\"nobody\"",
     "there is no role 'nobody'"},
    {"processes/death-report.bpmn", "source=\"police.referral\"", "source=\"police.nothing\"", "there is no exchange"},
    {"processes/death-report.bpmn", "source=\"death-record\"", "source=\"death-nothing\"", "there is no record"},
    {"processes/death-report.bpmn", "decisionId=\"death-assessment\"", "decisionId=\"nothing\"", ""},
    {"processes/death-report.bpmn", "=assessment.class = \"normal\"", "=assessmint.class = \"normal\"", ""},
    {"exchanges/police.death.json", "name: request.name", "name: reply.name", "reads 'reply'"},
    {"certificates/death-certificate.json", "\"type_code\": \"111", "\"type_code\": \"11", "21 characters"},
    {"certificates/death-certificate.svg", "{{sex}}", "{{sax}}", "reads 'sax'"},
    {"scenarios/report-normal.json", "\"open\": \"death-report\"", "\"open\": \"nothing\"",
     "there is no item 'nothing'"},
    {"scenarios/report-normal.json", "staff:dr-wang", "staff:nobody", "there is no staff 'nobody'"},
    {"scenarios/report-normal.json", "\"delivered\": \"police.death\"", "\"delivered\": \"nobody\"",
     "there is no exchange 'nobody'"},
};

/* The same in the licensing pack: the implementation list, materials, ratings, documents. */
static const struct breaking broken_list[] = {
    {"items/doctor-first.json", "\"task_code\": \"1", "\"task_code\": \"2", "implement"},
    {"items/doctor-first.json", "\"use_level\": \"2\"", "\"use_level\": \"3\"", "is not the level"},
    {"items/doctor-first.json", "\"review\": \"即审即办\"", "\"review\": \"前审后批\"", "(rule 1)"},
    {"items/doctor-first.json", "\"type\": \"01\"", "\"type\": \"10\"", "does not hold the item's type"},
    {"items/doctor-first.json", "\"address\"", "\"adress\"", "there is no member adress"},
    {"items/doctor-first.json", "\"sample\"", "\"note\"", "(rule 3)"},
    {"items/doctor-first.json", "\"law\": \"中华人民共和国医师法\"", "\"law\": \"\"", "each basis names its law"},
    {"items/doctor-first.json", "\"result\": \"电子送达\"", "\"result\": \"窗口领取\"",
     "fetched at a counter (rule 4)"},
    {"items/doctor-first.json", "\"collect\": \"2\"", "\"collect\": \"1\"", "needs the post as a channel: 4"},
    {"items/doctor-first.json", "\"step\": \"审核\", \"days\": 0", "\"step\": \"审核\", \"days\": 1",
     "longer than what is promised"},
    {"items/doctor-first.json", "\"planned_from\": \"2025-01-01\"",
     "\"planned_from\": \"2025-01-01\", \"planned_to\": \"2024-12-31\"", "is before planned_from"},
    {"items/doctor-first.json", "\"user_topics\"", "\"corp_topics\"", "(rule 8)"},
    {"items/doctor-first.json", "\"situations\": [\"late\"]", "\"situations\": [\"early\"]", "no situation 'early'"},
    {"items/doctor-first.json", "\"certificate\": \"doctor-qualification\"", "\"certificate\": \"nothing\"",
     "there is no certificate 'nothing'"},
    {"items/doctor-first.json", "\"item\": \"service-remedy\"", "\"item\": \"nothing\"", "there is no item 'nothing'"},
    {"items/doctor-first.json", "\"bad_from\": 4", "\"bad_from\": 0", ""},
    {"prefills/transport.json", "\"agents\": \"=", "\"agents.agent\": \"=", "no form of these items has this field"},
    {"items/institution-setup.json", "\"tolerate_days\": 10,", "\"tolerate_days\": 21,", "20 working days at most"},
    {"items/institution-setup.json", "\"need\": \"3\"", "\"need\": \"1\"", "only a material of need 3"},
    {"items/institution-setup.json", "\"previous\": {\"n\": 5", "\"previous\": {\"n\": 2",
     "longer than the one before"},
    {"certificates/doc-permit.json", "\"series\"", "\"note\"", "goes with number"},
    {"processes/promised.bpmn", "type=\"document.issue\"", "type=\"document.isue\"", ""},
    {"items/village-doctor-registration.json", "\"path\": \"clinic\"", "\"path\": \"clinick\"",
     "no single field 'clinick'"},
    {"items/village-doctor-registration.json", "\"path\": \"clinic\"", "\"path\": \"phone\"", "stands there twice"},
    {"items/village-doctor-registration.json", "230110197906151028", "230110197906151029", "does not take the example"},
    {"items/village-doctor-registration.json", "{\"id\": \"health\", \"paper\"", "{\"id\": \"helth\", \"paper\"",
     "asks for no material 'helth'"},
    {"items/village-doctor-registration.json", "\"rows_max\": 20000", "\"rows_max\": 200000", "is at most 50000"},
    {"items/village-doctor-registration.json", "\"id\": \"=form.id_number\"", "\"id\": \"=applicant.id\"",
     "reads 'applicant'"},
};

static struct str replaced(struct str text, const char *old, const char *new)
{
    ptrdiff_t at = str_find(text, str_of(old), 0);
    if (at < 0)
        fail_msg("'%s' does not stand there", old);
    struct str parts[] = {str_part(text, 0, (size_t)at), str_of(new),
                          str_part(text, (size_t)at + strlen(old), text.len)};
    return arena_join(&arena, parts, 3);
}

/* The problems of a pack with one file changed. */
static void check_changed(const char *pack, const struct breaking *change, struct pack_problems *problems)
{
    size_t count = 0;
    const struct pack_file *files = pack_files(pack_named(pack), &count);
    struct pack_file *changed = arena_array(&arena, struct pack_file, count);
    for (size_t i = 0; i < count; i++) {
        changed[i] = files[i];
        if (str_equal(files[i].path, str_of(change->path)))
            changed[i].text = replaced(files[i].text, change->old, change->new);
    }
    const struct pack *packs[] = {pack_named("base"), NULL};
    const struct pack_set *set = NULL;
    struct error err = ERROR_INIT;
    if (pack_load_files(&arena, changed, count, problems, &packs[1], &err) == OK &&
        pack_set_new(&arena, packs, 2, problems, &set, &err) == OK)
        pack_check(set, packs[1], problems, NULL);
}

static void find_each(const char *pack, const struct breaking *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct arena_mark before = arena_mark(&arena);
        struct pack_problems problems = {.arena = &arena};
        bool told = false;
        check_changed(pack, &changes[i], &problems);
        struct str file = arena_printf(&arena, "%s/%s", pack, changes[i].path);
        for (size_t k = 0; k < problems.list.count; k++)
            told |= str_equal(problems.list.items[k].file, file) &&
                    str_find(problems.list.items[k].message, str_of(changes[i].message), 0) >= 0;
        if (!told)
            fail_msg("%s with %s: not found (%zu problems)", changes[i].path, changes[i].new, problems.list.count);
        arena_rewind(&arena, before);
    }
}

static void each_broken_thing_is_found(void **state)
{
    (void)state;
    find_each("death", broken, COUNT_OF(broken));
    find_each("licensing", broken_list, COUNT_OF(broken_list));
}

static void an_item_without_stories_is_told(void **state)
{
    (void)state;
    size_t count = 0;
    const struct pack_file *files = pack_files(pack_named("death"), &count);
    struct pack_file *some = arena_array(&arena, struct pack_file, count);
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (!str_starts(files[i].path, STR("scenarios/")))
            some[n++] = files[i];
    const struct pack *packs[] = {pack_named("base"), NULL};
    const struct pack_set *set = NULL;
    struct error err = ERROR_INIT;
    assert_int_equal(pack_load_files(&arena, some, n, NULL, &packs[1], &err), OK);
    assert_int_equal(pack_set_new(&arena, packs, 2, NULL, &set, &err), OK);
    struct pack_problems problems = {.arena = &arena};
    pack_check(set, packs[1], &problems, NULL);
    size_t items = 0;
    (void)pack_items(set, &items);
    assert_int_equal(problems.list.count, 2 * items);
}

static void divisions_know_what_lies_in_what(void **state)
{
    (void)state;
    const struct pack_set *set = tree();
    assert_true(str_equal(pack_division_full_name(set, &arena, STR("230110")), STR("黑龙江省哈尔滨市香坊区")));
    assert_true(str_equal(pack_division_full_name(set, &arena, STR("230110007003")), STR("黑龙江省哈尔滨市香坊区")));
    assert_true(pack_division_within(set, STR("230110"), STR("230100")));
    assert_true(pack_division_within(set, STR("230110007"), STR("230110")));
    assert_true(pack_division_within(set, STR("230110007003"), STR("230110007")));
    assert_true(pack_division_within(set, STR("230110"), STR("230000")));
    assert_true(pack_division_within(set, STR("230110"), STR("")));
    assert_false(pack_division_within(set, STR("230100"), STR("230110")));
    assert_false(pack_division_within(set, STR("230110"), STR("230103")));
    assert_false(pack_division_within(set, STR("230110"), STR("420000")));
    assert_false(pack_division_within(set, STR("999999"), STR("230000")));
    assert_false(pack_division_within(set, STR("x"), STR("230000")));
    assert_true(str_equal(pack_division_prefecture(set, STR("230110007")), STR("230100")));
    assert_true(str_equal(pack_division_prefecture(set, STR("429004")), STR("429004")));
    assert_true(str_equal(pack_division_prefecture(set, STR("230000")), STR("230000")));
    assert_null(pack_division_prefecture(set, STR("110101")).data);
}

static void codes_calendar_and_staff_are_there(void **state)
{
    (void)state;
    const struct pack_set *set = tree();
    assert_true(str_equal(pack_code_label(set, STR("sex"), STR("2")), STR("女")));
    assert_null(pack_code_label(set, STR("sex"), STR("3")).data);
    assert_null(pack_code_label(set, STR("nothing"), STR("1")).data);
    assert_true(str_equal(pack_code_label(set, STR("county"), STR("230110")), STR("黑龙江省哈尔滨市香坊区")));
    assert_true(calendar_announced(pack_calendar(set), 2026));
    assert_false(calendar_is_working_day(pack_calendar(set), (int32_t)day_of_date(2026, 1, 1)));
    assert_true(value_count(pack_staff(set)) > 0);
    size_t count = 0;
    (void)pack_divisions(set, &count);
    assert_int_equal(count, 256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_packs_of_this_tree_have_no_errors, begin, end),
        cmocka_unit_test_setup_teardown(each_broken_thing_is_found, begin, end),
        cmocka_unit_test_setup_teardown(an_item_without_stories_is_told, begin, end),
        cmocka_unit_test_setup_teardown(divisions_know_what_lies_in_what, begin, end),
        cmocka_unit_test_setup_teardown(codes_calendar_and_staff_are_there, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, forget);
}
