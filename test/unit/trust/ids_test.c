/* Numbers that check themselves, against test/golden/trust/ids.txt. */
#include "trust/ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include "../scratch.h"

/* "ok", "mismatch" or the refusal; for citizens with birth date and sex. */
static struct str citizen_answer(struct str number, struct error *err)
{
    struct citizen citizen;
    if (citizen_id_check(number, &citizen, err) != OK)
        return STR("refused");
    assert_memory_equal(citizen.region, number.data, 6);
    return arena_printf(&arena, "ok %04d-%02d-%02d %s", citizen.year, citizen.month, citizen.day,
                        citizen.sex == CITIZEN_MALE ? "male" : "female");
}

static struct str certificate_answer(struct str number, struct error *err)
{
    struct certificate_id id;
    bool check_ok = false;
    if (certificate_id_parse(number, &id, &check_ok, err) != OK)
        return STR("refused");
    struct str built;
    assert_int_equal(certificate_id_build(&arena, &id, &built, err), OK);
    assert_int_equal(str_equal(built, number), check_ok);
    return check_ok ? STR("ok") : STR("mismatch");
}

static struct str answer(struct str kind, struct str number, struct error *err)
{
    static const struct {
        const char *kind;
        enum status (*check)(struct str code, struct error *err);
    } checks[] = {
        {"uscc", uscc_check},
        {"organisation", organisation_code_check},
        {"item", item_code_check},
        {"implementing", item_implementing_code_check},
        {"handling", item_handling_code_check},
    };
    if (str_equal(kind, STR("citizen")))
        return citizen_answer(number, err);
    if (str_equal(kind, STR("certificate")))
        return certificate_answer(number, err);
    for (size_t i = 0; i < COUNT_OF(checks); i++)
        if (str_equal(kind, str_of(checks[i].kind)))
            return checks[i].check(number, err) == OK ? STR("ok") : STR("refused");
    return STR("no such kind");
}

static void numbers_give_their_golden_answers(void **state)
{
    (void)state;
    struct str rest;
    struct error err = ERROR_INIT;
    assert_int_equal(file_read(&arena, SOURCE_ROOT "/test/golden/trust/ids.txt", 1 << 20, &rest, &err), OK);
    int rows = 0;
    int wrong = 0;
    while (rest.data && rest.len) {
        struct str line = str_trim(str_cut(&rest, '\n'));
        if (line.len == 0 || line.data[0] == '#')
            continue;
        struct str wanted = line;
        struct str kind = str_cut(&wanted, ' ');
        struct str number = str_cut(&wanted, ' ');
        err = ERROR_INIT;
        struct str found = answer(kind, number, &err);
        bool good = str_equal(found, wanted);
        if (str_starts(wanted, STR("refused ")))
            good = str_equal(found, STR("refused")) && strcmp(err.type, "id-invalid") == 0 &&
                   str_find(str_of(err.message), str_part(wanted, 8, wanted.len), 0) >= 0;
        if (!good) {
            print_error("%.*s\n  found %.*s %s\n", STR_ARGS(line), STR_ARGS(found), err.message);
            wrong++;
        }
        rows++;
    }
    assert_true(rows > 60);
    assert_int_equal(wrong, 0);
}

/* GB 11643, GB 32100 and MOD 37,36 find every single wrong character and every exchange of neighbours. */
static void single_mistakes_are_always_found(void **state)
{
    (void)state;
    static const char id[] = "1.2.156.3005.2.11100000MB0DEM001A001.112300000000DEM18G.2025000001260.001.F";
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char text[sizeof(id)];
    int tried = 0;
    for (size_t at = 15; at < sizeof(id) - 1; at++)
        for (const char *c = alphabet; *c; c++) {
            if (id[at] == '.' || *c == id[at])
                continue;
            memcpy(text, id, sizeof(id));
            text[at] = *c;
            struct certificate_id parts;
            struct error err = ERROR_INIT;
            bool check_ok = true;
            if (certificate_id_parse(str_of(text), &parts, &check_ok, &err) == OK)
                assert_false(check_ok);
            tried++;
        }
    assert_true(tried > 1800);
    static const char citizen[] = "230103197001011238";
    for (size_t at = 0; at < 18; at++)
        for (char c = '0'; c <= '9'; c++) {
            memcpy(text, citizen, sizeof(citizen));
            text[at] = c;
            struct citizen out;
            struct error err = ERROR_INIT;
            assert_int_equal(citizen_id_check(str_of(text), &out, &err), c == citizen[at] ? OK : FAILED);
        }
}

static void check_characters_of_wrong_texts_are_none(void **state)
{
    (void)state;
    assert_int_equal(citizen_id_check_char(STR("23010319700101123")), '8');
    assert_int_equal(citizen_id_check_char(STR("2301031970010112")), 0);
    assert_int_equal(citizen_id_check_char(STR("2301031970010112X")), 0);
    assert_int_equal(uscc_check_char(STR("91330102MA28NBU47")), '7');
    assert_int_equal(uscc_check_char(STR("91330102MA28NBU4O")), 0);
    assert_int_equal(mod_37_36_check_char(STR("11100000000013338W01111430000006122244L20230000403001")), 'U');
    assert_int_equal(mod_37_36_check_char(STR("abc")), 0);
    assert_int_equal(organisation_code_check_char(STR("19672024")), '4');
}

static void building_refuses_parts_that_do_not_fit(void **state)
{
    (void)state;
    struct certificate_id id = {
        .type = STR("11100000MB0DEM001A001"), .issuer = STR("112300000000DEM18G"), .serial = STR(""), .version = 1};
    struct str out = STR("untouched");
    struct error err = ERROR_INIT;
    assert_int_equal(certificate_id_build(&arena, &id, &out, &err), FAILED);
    assert_string_equal(err.field, "serial");
    assert_true(str_equal(out, STR("untouched")));
    id.serial = STR("2025000001260");
    id.version = 1000;
    assert_int_equal(certificate_id_build(&arena, &id, &out, &err), FAILED);
    assert_string_equal(err.field, "version");
    id.version = 1;
    assert_int_equal(certificate_id_build(&arena, &id, &out, &err), OK);
    assert_int_equal(id.check, 'F');
}

static void masks_keep_region_and_end(void **state)
{
    (void)state;
    assert_string_equal(citizen_id_mask(&arena, STR("230103197001011238")).data, "230103********1238");
    assert_string_equal(citizen_id_mask(&arena, STR("12345")).data, "******************");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_give_their_golden_answers),
        cmocka_unit_test(single_mistakes_are_always_found),
        cmocka_unit_test(check_characters_of_wrong_texts_are_none),
        cmocka_unit_test(building_refuses_parts_that_do_not_fit),
        cmocka_unit_test(masks_keep_region_and_end),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
