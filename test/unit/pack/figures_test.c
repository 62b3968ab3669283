/* The figures of the licensing catalogue, computed from its items and its table of other provinces. */
#include "feel/value.h"
#include "pack/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define BEST_COUNT 43
#define GAP_COUNT 24

static struct arena arena;
static const struct pack_set *set;

static int begin(void **state)
{
    static const char *const folders[] = {SOURCE_ROOT "/packs/base", SOURCE_ROOT "/packs/licensing"};
    const struct pack *packs[COUNT_OF(folders)];
    struct error err = ERROR_INIT;
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < COUNT_OF(folders); i++)
        if (pack_load(&arena, folders[i], NULL, &packs[i], &err) != OK)
            fail_msg("%s %s", err.message, err.field);
    if (pack_set_new(&arena, packs, COUNT_OF(folders), NULL, &set, &err) != OK)
        fail_msg("%s", err.message);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

/* The items of the published catalogue: those with a basic code. */
static size_t listed(const struct pack_item **out)
{
    size_t count, n = 0;
    const struct pack_item *const *items = pack_items(set, &count);
    for (size_t i = 0; i < count; i++)
        if (items[i]->catalog_code.len > 0)
            out[n++] = items[i];
    return n;
}

static int64_t member(const struct pack_item *item, const char *name)
{
    int64_t n;
    return value_to_int64(value_get(item->json, str_of(name)), &n) ? n : -1;
}

static void forty_seven_of_sixty_seven_items_are_instant(void **state)
{
    const struct pack_item *items[200];
    size_t count = listed(items), instant = 0;
    (void)state;
    for (size_t i = 0; i < count; i++)
        instant += items[i]->handling == PACK_INSTANT;
    assert_int_equal(count, 67);
    assert_int_equal(instant, 47);
    /* 70.15 %, rounded half up to two places. */
    assert_int_equal((instant * 1000000 / count + 50) / 100, 7015);
}

static void the_sum_of_limits_is_compressed_by_exactly_91_5_per_cent(void **state)
{
    const struct pack_item *items[200];
    size_t count = listed(items);
    int64_t statutory = 0, promised = 0;
    (void)state;
    for (size_t i = 0; i < count; i++) {
        if (!items[i]->statutory.present)
            continue;
        assert_int_equal(items[i]->statutory.unit, PACK_WORKING_DAY);
        assert_int_equal(items[i]->promised.unit, PACK_WORKING_DAY);
        statutory += items[i]->statutory.n;
        promised += items[i]->promised.n;
    }
    assert_int_equal((statutory - promised) * 1000, statutory * 915);
}

static void nobody_has_to_come_and_commitments_went_from_five_days_to_three(void **state)
{
    const struct pack_item *items[200];
    size_t count = listed(items);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(member(items[i], "visits"), 0);
        assert_true(member(items[i], "online_depth") >= 5);
        if (items[i]->handling == PACK_COMMITMENT)
            assert_int_equal(items[i]->promised.n, 3);
        if (items[i]->handling == PACK_COMMITMENT && items[i]->statutory.n != 3)
            assert_int_equal(items[i]->previous.n, 5);
    }
}

static void two_filings_want_one_material(void **state)
{
    static const char *const codes[] = {"blood-station-registration", "occupational-exam-filing"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        const struct pack_item *item = pack_item_version(set, str_of(codes[i]), 1);
        assert_non_null(item);
        assert_int_equal(item->material_count, 1);
    }
}

/* ---- Compared with other provinces ---- */

/* What an item asks of people: materials to hand in, days, steps, visits, fee. */
struct measures {
    int64_t materials, days, steps, visits, fee;
};

static struct measures measure(const struct pack_item *item)
{
    struct measures m = {.days = item->promised.n,
                         .steps = (int64_t)value_count(value_get(item->json, STR("flow"))),
                         .visits = member(item, "visits"),
                         .fee = (int64_t)value_count(value_get(item->json, STR("fees")))};
    for (size_t i = 0; i < item->material_count; i++)
        m.materials += str_equal(item->materials[i].need, STR("1")) && item->materials[i].certificate.len == 0;
    return m;
}

/* A line: item, title, province, materials, promised_days, steps, visits, fee_fen, as_of, source. */
static bool worse_than(const struct measures *ours, struct str line, struct str *item)
{
    int64_t theirs[5];
    *item = str_cut(&line, ',');
    (void)str_cut(&line, ',');
    (void)str_cut(&line, ',');
    for (size_t i = 0; i < COUNT_OF(theirs); i++)
        assert_true(str_to_int64(str_cut(&line, ','), &theirs[i]));
    return ours && (ours->materials > theirs[0] || ours->days > theirs[1] || ours->steps > theirs[2] ||
                    ours->visits > theirs[3] || ours->fee > theirs[4]);
}

static struct str read_table(const char *name)
{
    struct str text;
    struct error err = ERROR_INIT;
    const char *path = arena_cstr(&arena, arena_printf(&arena, SOURCE_ROOT "/packs/licensing/benchmarks/%s", name));
    if (file_read(&arena, path, 1000000, &text, &err) != OK)
        fail_msg("%s", err.message);
    (void)str_cut(&text, '\n');
    return text;
}

/* How many provinces the table compares an item with, and whether one of them asks less. */
static size_t compare(struct str table, const struct pack_item *item, bool *behind)
{
    struct measures ours = measure(item);
    size_t found = 0;
    *behind = false;
    while (table.len > 0) {
        struct str code, line = str_cut(&table, '\n');
        bool worse = worse_than(&ours, line, &code);
        if (!str_equal(code, item->code))
            continue;
        found++;
        *behind = *behind || worse;
    }
    return found;
}

static bool has_gap(struct str gaps, struct str item)
{
    while (gaps.len > 0) {
        struct str line = str_cut(&gaps, '\n');
        if (str_equal(str_cut(&line, ','), item))
            return true;
    }
    return false;
}

static void forty_three_items_equal_the_best_and_the_others_have_a_plan(void **state)
{
    const struct pack_item *items[200];
    size_t count = listed(items), best = 0, behind_count = 0;
    struct str provinces = read_table("provinces.csv"), gaps = read_table("gaps.csv");
    (void)state;
    for (size_t i = 0; i < count; i++) {
        bool behind;
        assert_true(compare(provinces, items[i], &behind) >= 3);
        assert_int_equal(behind, has_gap(gaps, items[i]->code));
        best += !behind;
        behind_count += behind;
    }
    assert_int_equal(best, BEST_COUNT);
    assert_int_equal(behind_count, GAP_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forty_seven_of_sixty_seven_items_are_instant),
        cmocka_unit_test(the_sum_of_limits_is_compressed_by_exactly_91_5_per_cent),
        cmocka_unit_test(nobody_has_to_come_and_commitments_went_from_five_days_to_three),
        cmocka_unit_test(two_filings_want_one_material),
        cmocka_unit_test(forty_three_items_equal_the_best_and_the_others_have_a_plan),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
