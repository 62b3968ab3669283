/* Numbers against golden lines, written by hand and computed by another implementation of decimal128. */
#include "golden.h"

#include "feel/number.h"
#include "feel/value.h"

#include <string.h>

typedef bool binary(struct value a, struct value b, struct value *out);
typedef bool unary(struct value a, struct value *out);

static bool add_quick(struct value a, struct value b, struct value *out)
{
    struct value plain = value_null;
    bool done = number_add(a, b, &plain);
    assert_int_equal(done, number_add_quick(a, b, out));
    if (done)
        assert_memory_equal(&plain.number, &out->number, sizeof(plain.number));
    return done;
}

static bool subtract_quick(struct value a, struct value b, struct value *out)
{
    struct value plain = value_null;
    bool done = number_subtract(a, b, &plain);
    assert_int_equal(done, number_subtract_quick(a, b, out));
    if (done)
        assert_memory_equal(&plain.number, &out->number, sizeof(plain.number));
    return done;
}

static bool compare(struct value a, struct value b, struct value *out)
{
    assert_int_equal(number_compare(a, b), number_compare_quick(a, b));
    assert_int_equal(number_compare(a, b), -number_compare(b, a));
    *out = value_int(number_compare(a, b));
    return true;
}

static bool integer(struct value a, struct value *out)
{
    *out = value_int(number_is_integer(a));
    return true;
}

static bool int64(struct value a, struct value *out)
{
    int64_t n = 0;
    if (!value_to_int64(a, &n))
        return false;
    *out = value_int(n);
    return true;
}

static bool through_double(struct value a, struct value *out)
{
    *out = value_double(value_to_double(a));
    return !value_is_null(*out);
}

static bool negate(struct value a, struct value *out)
{
    *out = number_negate(a);
    return true;
}

static const struct {
    const char *name;
    binary *call;
} binaries[] = {
    {"add", add_quick},        {"subtract", subtract_quick}, {"multiply", number_multiply}, {"divide", number_divide},
    {"modulo", number_modulo}, {"power", number_power},      {"compare", compare},
};

static const struct {
    const char *name;
    unary *call;
} unaries[] = {
    {"sqrt", number_sqrt}, {"log", number_log}, {"exp", number_exp},        {"integer", integer},
    {"int64", int64},      {"negate", negate},  {"double", through_double},
};

static const char *const modes[] = {
    [ROUND_HALF_EVEN] = "half_even", [ROUND_HALF_UP] = "half_up", [ROUND_HALF_DOWN] = "half_down", [ROUND_UP] = "up",
    [ROUND_DOWN] = "down",           [ROUND_FLOOR] = "floor",     [ROUND_CEILING] = "ceiling",
};

static struct value parse(const struct golden_line *line, struct str text)
{
    struct value v = value_null;
    struct error err = ERROR_INIT;
    if (value_number_parse(text, &v, &err) != OK)
        fail_msg("%s:%d: %s", line->file, line->number, err.message);
    return v;
}

static bool compute(const struct golden_line *line, struct value a, struct value *out)
{
    struct str name = line->fields[0];
    for (size_t i = 0; i < COUNT_OF(unaries); i++)
        if (str_equal(name, str_of(unaries[i].name)))
            return unaries[i].call(a, out);
    struct value b = parse(line, line->fields[2]);
    for (size_t i = 0; i < COUNT_OF(binaries); i++)
        if (str_equal(name, str_of(binaries[i].name)))
            return binaries[i].call(a, b, out);
    int64_t scale = 0;
    assert_true(value_to_int64(b, &scale));
    for (size_t i = 0; i < COUNT_OF(modes); i++)
        if (str_equal(name, str_of(modes[i])))
            return number_round(a, scale, (enum rounding)i, out);
    fail_msg("%s:%d: unknown operation", line->file, line->number);
    return false;
}

static void check_text(const struct golden_line *line)
{
    struct value v = value_null;
    struct error err = ERROR_INIT;
    char text[NUMBER_TEXT_MAX];
    struct str found = STR("null");
    if (value_number_parse(line->fields[1], &v, &err) != OK)
        assert_true(err.kind == ERROR_INVALID && err.message[0]);
    else if (str_equal(line->fields[0], STR("text")))
        found = (struct str){text, number_write(v, text)};
    else
        found = (struct str){text, number_write_shortest(v, text)};
    golden_expect(line, line->fields[2], found);
}

static void check_line(const struct golden_line *line)
{
    if (str_equal(line->fields[0], STR("text")) || str_equal(line->fields[0], STR("shortest"))) {
        check_text(line);
        return;
    }
    struct value result = value_null;
    struct str wanted = line->fields[3];
    char text[NUMBER_TEXT_MAX];
    if (!compute(line, parse(line, line->fields[1]), &result)) {
        golden_expect(line, wanted, STR("null"));
        return;
    }
    assert_null(result.number_text);
    struct str found = {text, number_write(result, text)};
    if (!str_starts(wanted, STR("="))) {
        golden_expect(line, wanted, found);
        return;
    }
    wanted = str_part(wanted, 1, wanted.len);
    if (str_equal(wanted, STR("null")) || number_compare(parse(line, wanted), result) != 0)
        golden_expect(line, wanted, found);
}

static void numbers_do_what_the_golden_lines_say(void **state)
{
    (void)state;
    golden_run("number.txt", check_line);
}

static void numbers_agree_with_another_decimal128(void **state)
{
    (void)state;
    golden_run("number_random.txt", check_line);
}

static void machine_integers_become_numbers(void **state)
{
    (void)state;
    const int64_t ints[] = {0, 1, -1, INT64_MAX, INT64_MIN, INT64_C(1) << 62, -(INT64_C(1) << 62)};
    for (size_t i = 0; i < COUNT_OF(ints); i++) {
        int64_t back = 7;
        char text[NUMBER_TEXT_MAX];
        char wanted[32];
        snprintf(wanted, sizeof(wanted), "%" PRId64, ints[i]);
        struct value v = value_int(ints[i]);
        text[number_write(v, text)] = 0;
        assert_string_equal(wanted, text);
        assert_true(value_to_int64(v, &back));
        assert_true(back == ints[i]);
    }
    assert_true(value_is_null(value_double(1.0 / 0.0 * 0.0)));
    assert_true(value_is_null(value_double(1.0 / 0.0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_do_what_the_golden_lines_say),
        cmocka_unit_test(numbers_agree_with_another_decimal128),
        cmocka_unit_test(machine_integers_become_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
