#include "trust/totp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECRET STR("12345678901234567890")

static void codes_are_those_of_rfc_6238(void **state)
{
    static const struct {
        int64_t seconds;
        int code;
    } known[] = {{59, 287082}, {1111111109, 81804}, {1111111111, 50471}, {1234567890, 5924}, {2000000000, 279037}, {20000000000, 353130}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        assert_int_equal(totp_code(SECRET, totp_step(known[i].seconds * 1000)), known[i].code);
}

static void a_code_counts_one_step_around_and_only_once(void **state)
{
    int64_t step = -1, now = INT64_C(59000);
    (void)state;
    assert_true(totp_check(SECRET, STR("287 082"), now, 0, &step));
    assert_int_equal(step, 1);
    assert_false(totp_check(SECRET, STR("287082"), now, 1, &step));
    assert_true(totp_check(SECRET, STR("287082"), now + 30000, 0, &step));
    assert_false(totp_check(SECRET, STR("287082"), now + 60000, 0, &step));
    static const char *const bad[] = {"", "28708", "2870823", "28708a", "-87082", "000000"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(totp_check(SECRET, str_of(bad[i]), now, 0, &step));
}

static void secrets_are_written_in_base_32(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena);
    assert_true(str_equal(base32_encode(&arena, SECRET), STR("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")));
    assert_true(str_equal(base32_encode(&arena, STR("foob")), STR("MZXW6YQ")));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(codes_are_those_of_rfc_6238),
                                       cmocka_unit_test(a_code_counts_one_step_around_and_only_once),
                                       cmocka_unit_test(secrets_are_written_in_base_32)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
