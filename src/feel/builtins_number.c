/* Built-ins over numbers: 10.3.4.5. */
#include "feel/builtins.h"
#include "feel/number.h"

bool take_whole(struct value number, int64_t *out)
{
    struct value whole;
    return number_round(number, 0, ROUND_DOWN, &whole) && value_to_int64(whole, out);
}

static struct value round_to(const struct value *a, size_t count, enum rounding mode, struct frame *frame)
{
    int64_t scale = 0;
    struct value out;
    if (count > 1 && !take_whole(a[1], &scale))
        return note_null(frame, "The scale must be a whole number");
    if (!number_round(a[0], scale, mode, &out))
        return note_null(frame, "The scale must lie between -6111 and 6176");
    return out;
}

#define ROUNDING(name, mode)                                                                                           \
    static struct value name(const struct value *a, size_t count, struct frame *frame)                                 \
    {                                                                                                                  \
        return round_to(a, count, mode, frame);                                                                        \
    }
ROUNDING(call_decimal, ROUND_HALF_EVEN)
ROUNDING(call_floor, ROUND_FLOOR)
ROUNDING(call_ceiling, ROUND_CEILING)
ROUNDING(call_round_up, ROUND_UP)
ROUNDING(call_round_down, ROUND_DOWN)
ROUNDING(call_round_half_up, ROUND_HALF_UP)
ROUNDING(call_round_half_down, ROUND_HALF_DOWN)

static struct value call_abs(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    if (a[0].kind == VALUE_NUMBER)
        return decimal_is_negative(a[0].number) ? number_negate(a[0]) : a[0];
    if (a[0].kind == VALUE_YEARS_MONTHS)
        return a[0].months < 0 ? duration_negate(a[0]) : a[0];
    if (a[0].kind == VALUE_DAYS_TIME)
        return a[0].span.seconds < 0 || a[0].span.nanos < 0 ? duration_negate(a[0]) : a[0];
    return note_null(frame, "abs(): 'n' must be a number or a duration, not %s",
                     value_kind_name((enum value_kind)a[0].kind));
}

static struct value call_modulo(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct value out;
    return number_modulo(a[0], a[1], &out) ? out : note_null(frame, "modulo() by zero has no result");
}

static struct value call_sqrt(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct value out;
    return number_sqrt(a[0], &out) ? out : note_null(frame, "A negative number has no square root");
}

static struct value call_log(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct value out;
    return number_log(a[0], &out) ? out : note_null(frame, "Only positive numbers have a logarithm");
}

static struct value call_exp(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct value out;
    return number_exp(a[0], &out) ? out : note_null(frame, "The result of exp() is no number that can be held");
}

static struct value parity(struct value n, int64_t wanted)
{
    struct value rest;
    if (!number_modulo(n, value_int(2), &rest))
        return value_null;
    return value_boolean(number_compare(rest, value_int(wanted)) == 0);
}

static struct value call_even(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    (void)frame;
    return parity(a[0], 0);
}

static struct value call_odd(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    (void)frame;
    return parity(a[0], 1);
}

#define NUMBER_ROW(text, call, ...)                                                                                    \
    {                                                                                                                  \
        text, call, 0, FEEL_TYPE_NUMBER, __VA_ARGS__                                                                   \
    }
#define SCALED                                                                                                         \
    {                                                                                                                  \
        P("n", TAKE_NUMBER), P("scale", TAKE_NUMBER)                                                                   \
    }

const struct builtin builtins_number[] = {
    NUMBER_ROW("decimal", call_decimal, SCALED),
    NUMBER_ROW("floor", call_floor, ONE("n", TAKE_NUMBER)),
    NUMBER_ROW("floor", call_floor, SCALED),
    NUMBER_ROW("ceiling", call_ceiling, ONE("n", TAKE_NUMBER)),
    NUMBER_ROW("ceiling", call_ceiling, SCALED),
    NUMBER_ROW("round up", call_round_up, SCALED),
    NUMBER_ROW("round down", call_round_down, SCALED),
    NUMBER_ROW("round half up", call_round_half_up, SCALED),
    NUMBER_ROW("round half down", call_round_half_down, SCALED),
    {"abs", call_abs, 0, FEEL_TYPE_ANY, ONE("n", TAKE_POINT)},
    {"abs", call_abs, 0, FEEL_TYPE_ANY, ONE("number", TAKE_POINT)},
    NUMBER_ROW("modulo", call_modulo, {P("dividend", TAKE_NUMBER), P("divisor", TAKE_NUMBER)}),
    NUMBER_ROW("sqrt", call_sqrt, ONE("number", TAKE_NUMBER)),
    NUMBER_ROW("log", call_log, ONE("number", TAKE_NUMBER)),
    NUMBER_ROW("exp", call_exp, ONE("number", TAKE_NUMBER)),
    {"even", call_even, 0, FEEL_TYPE_BOOLEAN, ONE("number", TAKE_NUMBER)},
    {"odd", call_odd, 0, FEEL_TYPE_BOOLEAN, ONE("number", TAKE_NUMBER)},
    {0},
};
