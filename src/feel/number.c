/* Decimal arithmetic over Intel's BID library, with short cuts for the numbers that occur in practice. Every result is
 * finite and no zero is negative. Text and JSON forms of numbers are here too. */
#include "feel/value.h"

#include "feel/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DECIMAL_CALL_BY_REFERENCE 0
#define DECIMAL_GLOBAL_ROUNDING 0
#define DECIMAL_GLOBAL_EXCEPTION_FLAGS 0
#include <bid_conf.h>
#include <bid_functions.h>

#define INTEGER_HIGH ((uint64_t)DECIMAL_BIAS << DECIMAL_SHIFT)
#define NON_FINITE UINT64_C(0x7800000000000000)
#define PLAIN_DIGITS_MAX 64

static const uint64_t powers_of_ten[20] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
    UINT64_C(10000000000000000000),
};

/* 10^34: the first coefficient that does not fit. */
static wide coefficient_end(void)
{
    return (wide)powers_of_ten[17] * powers_of_ten[17];
}

static BID_UINT128 bid(struct decimal d)
{
    return (BID_UINT128){{d.bits[0], d.bits[1]}};
}

static struct decimal decimal_make(bool negative, wide coefficient, int exponent)
{
    uint64_t high = (uint64_t)(coefficient >> 64) | (uint64_t)(exponent + DECIMAL_BIAS) << DECIMAL_SHIFT;
    if (negative && coefficient)
        high |= DECIMAL_SIGN;
    return (struct decimal){{(uint64_t)coefficient, high}};
}

static struct value number_of(struct decimal d)
{
    return (struct value){.kind = VALUE_NUMBER, .number = d};
}

/* Takes over a result of the library: false unless it is finite. */
static bool take(BID_UINT128 result, struct value *out)
{
    if ((result.w[1] & NON_FINITE) == NON_FINITE)
        return false;
    struct decimal d = {{result.w[0], result.w[1]}};
    if (decimal_is_zero(d)) {
        d.bits[1] &= ~DECIMAL_SIGN;
        if (decimal_exponent(d) > 0)
            d.bits[1] = INTEGER_HIGH;
    }
    *out = number_of(d);
    return true;
}

/* ---- Text ---- */

struct digits {
    wide coefficient; /* the first 34 significant digits */
    int count;        /* of them */
    int round;        /* the digit behind them */
    bool sticky;      /* any digit behind that is not 0 */
    int64_t exponent; /* of the coefficient's last digit */
};

static void digits_push(struct digits *self, int digit, bool fraction)
{
    if (self->count < DECIMAL_DIGITS) {
        if (digit || self->count) {
            self->coefficient = self->coefficient * 10 + (unsigned)digit;
            self->count++;
        }
        self->exponent -= fraction;
        return;
    }
    if (self->count++ == DECIMAL_DIGITS)
        self->round = digit;
    else
        self->sticky |= digit != 0;
    self->exponent += !fraction;
}

static bool digits_finish(struct digits *self, bool negative, struct decimal *out)
{
    bool zero = self->coefficient == 0;
    for (; !zero && self->exponent < DECIMAL_EXPONENT_MIN; self->exponent++) {
        self->sticky |= self->round != 0;
        self->round = (int)(self->coefficient % 10);
        self->coefficient /= 10;
        if (self->coefficient == 0 && self->round == 0)
            return false;
    }
    if (self->round > 5 || (self->round == 5 && (self->sticky || (self->coefficient & 1))))
        self->coefficient++;
    if (self->coefficient == coefficient_end()) {
        self->coefficient /= 10;
        self->exponent++;
    }
    if (self->coefficient == 0 && !zero)
        return false;
    if (zero && self->exponent > 0)
        self->exponent = 0;
    if (zero && self->exponent < DECIMAL_EXPONENT_MIN)
        self->exponent = DECIMAL_EXPONENT_MIN;
    for (; self->exponent > DECIMAL_EXPONENT_MAX; self->exponent--) {
        self->coefficient *= 10;
        if (self->coefficient >= coefficient_end())
            return false;
    }
    *out = decimal_make(negative, self->coefficient, (int)self->exponent);
    return true;
}

static int64_t exponent_read(const char *text, size_t len)
{
    bool negative = text[0] == '-';
    int64_t value = 0;
    for (size_t i = text[0] == '-' || text[0] == '+'; i < len; i++)
        value = value > 1000000000 ? value : value * 10 + (text[i] - '0');
    return negative ? -value : value;
}

bool decimal_from_text(const char *text, size_t len, struct decimal *out)
{
    bool negative = text[0] == '-';
    size_t at = negative;
    uint64_t small = 0;
    size_t end = len < at + 18 ? len : at + 18;
    while (at < end && text[at] >= '0' && text[at] <= '9')
        small = small * 10 + (uint64_t)(text[at++] - '0');
    if (at == len) {
        *out = decimal_make(negative, small, 0);
        return true;
    }
    struct digits digits = {0};
    bool fraction = false;
    for (at = negative; at < len; at++) {
        char c = text[at];
        if (c == '.') {
            fraction = true;
        } else if (c == 'e' || c == 'E') {
            digits.exponent += exponent_read(text + at + 1, len - at - 1);
            break;
        } else {
            digits_push(&digits, c - '0', fraction);
        }
    }
    return digits_finish(&digits, negative, out);
}

static size_t skip_digits(struct str text, size_t at)
{
    while (at < text.len && text.data[at] >= '0' && text.data[at] <= '9')
        at++;
    return at;
}

/* -?(digits(.digits)?|.digits)([eE][+-]?digits)? */
static bool number_well_formed(struct str text)
{
    size_t at = text.len && text.data[0] == '-';
    size_t whole = skip_digits(text, at);
    bool any = whole > at;
    at = whole;
    if (at < text.len && text.data[at] == '.') {
        size_t fraction = skip_digits(text, at + 1);
        if (fraction == at + 1)
            return false;
        any = true;
        at = fraction;
    }
    if (!any)
        return false;
    if (at < text.len && (text.data[at] == 'e' || text.data[at] == 'E')) {
        at++;
        if (at < text.len && (text.data[at] == '+' || text.data[at] == '-'))
            at++;
        size_t end = skip_digits(text, at);
        if (end == at)
            return false;
        at = end;
    }
    return at == text.len;
}

enum status value_number_parse(struct str text, struct value *out, struct error *err)
{
    if (!number_well_formed(text))
        return error_set(err, ERROR_INVALID, "number-syntax", "'%.*s' is not a number.",
                         STR_ARGS(str_part(text, 0, 60)));
    struct decimal d;
    if (!decimal_from_text(text.data, text.len, &d))
        return error_set(err, ERROR_INVALID, "number-range",
                         "The number is beyond the range of decimal128 (34 digits, exponents to 6144).");
    *out = number_of(d);
    return OK;
}

static size_t write_small(uint64_t n, char *out)
{
    char reversed[20];
    size_t len = 0;
    do {
        reversed[len++] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    for (size_t i = 0; i < len; i++)
        out[i] = reversed[len - 1 - i];
    return len;
}

/* The coefficient's digits, at most 34. */
static size_t write_coefficient(wide coefficient, char *out)
{
    if (coefficient >> 64 == 0)
        return write_small((uint64_t)coefficient, out);
    uint64_t low = (uint64_t)(coefficient % powers_of_ten[17]);
    size_t len = write_small((uint64_t)(coefficient / powers_of_ten[17]), out);
    for (size_t i = 17; i-- > 0; low /= 10)
        out[len + i] = (char)('0' + low % 10);
    return len + 17;
}

/* digits * 10^exponent in exponent form: d.ddde+90 */
static size_t write_scientific(const char *digits, size_t count, int exponent, char *out)
{
    size_t len = 0;
    out[len++] = digits[0];
    if (count > 1) {
        out[len++] = '.';
        memcpy(out + len, digits + 1, count - 1);
        len += count - 1;
    }
    return len + (size_t)snprintf(out + len, 16, "e%+d", exponent + (int)count - 1);
}

static size_t write_plain(const char *digits, size_t count, int exponent, char *out)
{
    if (exponent >= 0) {
        memcpy(out, digits, count);
        memset(out + count, '0', (size_t)exponent);
        return count + (size_t)exponent;
    }
    size_t fraction = (size_t)-exponent;
    size_t len = 0;
    if (count > fraction) {
        memcpy(out, digits, count - fraction);
        len = count - fraction;
        out[len++] = '.';
        memcpy(out + len, digits + count - fraction, fraction);
        return len + fraction;
    }
    out[len++] = '0';
    out[len++] = '.';
    memset(out + len, '0', fraction - count);
    len += fraction - count;
    memcpy(out + len, digits, count);
    return len + count;
}

enum zeros { ZEROS_KEPT, ZEROS_CUT };

static size_t write_number(struct decimal d, enum zeros zeros, char *out)
{
    size_t sign = 0;
    int exponent = decimal_exponent(d);
    if (decimal_is_negative(d))
        out[sign++] = '-';
    if (exponent == 0 && decimal_narrow(d))
        return sign + write_small(d.bits[0], out + sign);
    char digits[40];
    size_t count = write_coefficient(decimal_coefficient(d), digits);
    for (; zeros == ZEROS_CUT && exponent < 0 && count > 1 && digits[count - 1] == '0'; exponent++)
        count--;
    bool zero = decimal_is_zero(d);
    if (zero && (zeros == ZEROS_CUT || exponent > 0 || exponent < -PLAIN_DIGITS_MAX))
        exponent = 0;
    if (exponent > PLAIN_DIGITS_MAX - (int)count || exponent < -PLAIN_DIGITS_MAX)
        return sign + write_scientific(digits, count, exponent, out + sign);
    return sign + write_plain(digits, count, exponent, out + sign);
}

size_t number_write(struct value a, char out[NUMBER_TEXT_MAX])
{
    CHECK(a.kind == VALUE_NUMBER);
    return write_number(a.number, ZEROS_KEPT, out);
}

size_t number_write_shortest(struct value a, char out[NUMBER_TEXT_MAX])
{
    CHECK(a.kind == VALUE_NUMBER);
    return write_number(a.number, ZEROS_CUT, out);
}

/* ---- To and from machine numbers ---- */

struct value value_int(int64_t n)
{
    return number_from_int(n, 0);
}

bool number_is_integer(struct value a)
{
    CHECK(a.kind == VALUE_NUMBER);
    int exponent = decimal_exponent(a.number);
    if (exponent >= 0 || decimal_is_zero(a.number))
        return true;
    if (exponent < -DECIMAL_DIGITS)
        return false;
    wide coefficient = decimal_coefficient(a.number);
    for (; exponent < 0; exponent++) {
        if (coefficient % 10)
            return false;
        coefficient /= 10;
    }
    return true;
}

bool value_to_int64(struct value v, int64_t *out)
{
    if (v.kind != VALUE_NUMBER)
        return false;
    int exponent = decimal_exponent(v.number);
    if (exponent == 0 && decimal_narrow(v.number)) {
        *out = decimal_signed(v.number);
        return true;
    }
    if (decimal_is_zero(v.number)) {
        *out = 0;
        return true;
    }
    if (exponent > 18 || !number_is_integer(v))
        return false;
    wide coefficient = decimal_coefficient(v.number);
    for (; exponent < 0; exponent++)
        coefficient /= 10;
    for (; exponent > 0 && coefficient >> 64 == 0; exponent--)
        coefficient *= 10;
    bool negative = decimal_is_negative(v.number);
    if (coefficient > (wide)INT64_MAX + negative)
        return false;
    *out = negative ? (int64_t)(0 - (uint64_t)coefficient) : (int64_t)coefficient;
    return true;
}

double value_to_double(struct value v)
{
    if (v.kind != VALUE_NUMBER)
        return 0;
    if (decimal_exponent(v.number) == 0 && decimal_narrow(v.number))
        return (double)decimal_signed(v.number);
    _IDEC_flags flags = 0;
    return bid128_to_binary64(bid(v.number), BID_ROUNDING_TO_NEAREST, &flags);
}

struct value value_double(double d)
{
    if (!isfinite(d))
        return value_null;
    char text[40];
    for (int precision = isnormal(d) ? 15 : 1; precision <= 17; precision++) {
        snprintf(text, sizeof(text), "%.*g", precision, d);
        if (strtod(text, NULL) == d)
            break;
    }
    struct decimal exact;
    return decimal_from_text(text, strlen(text), &exact) ? number_of(exact) : value_null;
}

/* ---- Arithmetic ---- */

/* Gives both narrow numbers the smaller of their exponents; false when one does not stay narrow. */
static bool align(struct decimal a, struct decimal b, int64_t *x, int64_t *y, int *exponent)
{
    if (!decimal_narrow(a) || !decimal_narrow(b))
        return false;
    int ea = decimal_exponent(a);
    int eb = decimal_exponent(b);
    int apart = ea > eb ? ea - eb : eb - ea;
    if (apart > 18)
        return false;
    wide_signed wx = decimal_signed(a);
    wide_signed wy = decimal_signed(b);
    if (ea > eb)
        wx *= (int64_t)powers_of_ten[apart];
    else
        wy *= (int64_t)powers_of_ten[apart];
    const wide_signed end = (wide_signed)1 << 62;
    if (wx >= end || wx <= -end || wy >= end || wy <= -end)
        return false;
    *x = (int64_t)wx;
    *y = (int64_t)wy;
    *exponent = ea < eb ? ea : eb;
    return true;
}

bool number_add(struct value a, struct value b, struct value *out)
{
    CHECK(a.kind == VALUE_NUMBER && b.kind == VALUE_NUMBER);
    int64_t x;
    int64_t y;
    int exponent;
    if (align(a.number, b.number, &x, &y, &exponent)) {
        *out = number_from_int(x + y, exponent);
        return true;
    }
    _IDEC_flags flags = 0;
    return take(bid128_add(bid(a.number), bid(b.number), BID_ROUNDING_TO_NEAREST, &flags), out);
}

bool number_subtract(struct value a, struct value b, struct value *out)
{
    CHECK(a.kind == VALUE_NUMBER && b.kind == VALUE_NUMBER);
    int64_t x;
    int64_t y;
    int exponent;
    if (align(a.number, b.number, &x, &y, &exponent)) {
        *out = number_from_int(x - y, exponent);
        return true;
    }
    _IDEC_flags flags = 0;
    return take(bid128_sub(bid(a.number), bid(b.number), BID_ROUNDING_TO_NEAREST, &flags), out);
}

bool number_multiply(struct value a, struct value b, struct value *out)
{
    CHECK(a.kind == VALUE_NUMBER && b.kind == VALUE_NUMBER);
    if (decimal_narrow(a.number) && decimal_narrow(b.number)) {
        wide product = (wide)a.number.bits[0] * b.number.bits[0];
        int exponent = decimal_exponent(a.number) + decimal_exponent(b.number);
        if (product < coefficient_end() && exponent >= DECIMAL_EXPONENT_MIN && exponent <= DECIMAL_EXPONENT_MAX) {
            bool negative = decimal_is_negative(a.number) != decimal_is_negative(b.number);
            *out = number_of(decimal_make(negative, product, exponent));
            return true;
        }
    }
    _IDEC_flags flags = 0;
    return take(bid128_mul(bid(a.number), bid(b.number), BID_ROUNDING_TO_NEAREST, &flags), out);
}

/* x / y by hand when it ends after a few places, as most quotients of amounts do. The preferred exponent of the
 * quotient is 0, because both had the same. */
static bool divide_short(int64_t x, int64_t y, struct value *out)
{
    const int64_t limit = INT64_C(1) << 40;
    if (y == 0)
        return false;
    int64_t quotient = x / y;
    int64_t rest = x % y;
    int exponent = 0;
    if (rest && (x >= limit || x <= -limit || y >= limit || y <= -limit))
        return false;
    for (; rest && exponent > -6; exponent--) {
        quotient = quotient * 10 + rest * 10 / y;
        rest = rest * 10 % y;
    }
    if (rest)
        return false;
    *out = number_from_int(quotient, exponent);
    return true;
}

bool number_divide(struct value a, struct value b, struct value *out)
{
    CHECK(a.kind == VALUE_NUMBER && b.kind == VALUE_NUMBER);
    if (decimal_twins(a.number, b.number) && divide_short(decimal_signed(a.number), decimal_signed(b.number), out))
        return true;
    _IDEC_flags flags = 0;
    return take(bid128_div(bid(a.number), bid(b.number), BID_ROUNDING_TO_NEAREST, &flags), out);
}

bool number_modulo(struct value a, struct value b, struct value *out)
{
    CHECK(a.kind == VALUE_NUMBER && b.kind == VALUE_NUMBER);
    if (number_is_zero(b))
        return false;
    int64_t x;
    int64_t y;
    int exponent;
    if (align(a.number, b.number, &x, &y, &exponent)) {
        int64_t rest = x % y;
        *out = number_from_int(rest && (rest < 0) != (y < 0) ? rest + y : rest, exponent);
        return true;
    }
    _IDEC_flags flags = 0;
    struct value rest;
    if (!take(bid128_fmod(bid(a.number), bid(b.number), &flags), &rest))
        return false;
    if (!number_is_zero(rest) && decimal_is_negative(rest.number) != decimal_is_negative(b.number))
        return number_add(rest, b, out);
    *out = rest;
    return true;
}

int number_compare(struct value a, struct value b)
{
    CHECK(a.kind == VALUE_NUMBER && b.kind == VALUE_NUMBER);
    int64_t x;
    int64_t y;
    int exponent;
    if (align(a.number, b.number, &x, &y, &exponent))
        return (x > y) - (x < y);
    _IDEC_flags flags = 0;
    if (bid128_quiet_less(bid(a.number), bid(b.number), &flags))
        return -1;
    return bid128_quiet_greater(bid(a.number), bid(b.number), &flags) ? 1 : 0;
}

struct value number_negate(struct value a)
{
    CHECK(a.kind == VALUE_NUMBER);
    struct decimal d = a.number;
    if (!decimal_is_zero(d))
        d.bits[1] ^= DECIMAL_SIGN;
    return number_of(d);
}

/* ---- Rounding ---- */

static BID_UINT128 quantize(struct decimal d, int exponent, unsigned mode)
{
    _IDEC_flags flags = 0;
    return bid128_quantize(bid(d), bid(decimal_make(false, 1, exponent)), mode, &flags);
}

/* Halves go towards zero: away from zero only when more than half a unit was cut off. */
static BID_UINT128 quantize_half_down(struct decimal d, int exponent)
{
    BID_UINT128 near = quantize(d, exponent, BID_ROUNDING_TO_ZERO);
    BID_UINT128 away = quantize(d, exponent, BID_ROUNDING_TIES_AWAY);
    _IDEC_flags flags = 0;
    BID_UINT128 cut = bid128_sub(bid(d), near, BID_ROUNDING_TO_NEAREST, &flags);
    cut.w[1] &= ~DECIMAL_SIGN;
    if (exponent == DECIMAL_EXPONENT_MIN)
        return near;
    BID_UINT128 half = bid(decimal_make(false, 5, exponent - 1));
    return bid128_quiet_greater(cut, half, &flags) ? away : near;
}

bool number_round(struct value a, int64_t scale, enum rounding mode, struct value *out)
{
    CHECK(a.kind == VALUE_NUMBER);
    if (scale < -DECIMAL_EXPONENT_MAX || scale > -DECIMAL_EXPONENT_MIN)
        return false;
    int exponent = (int)-scale;
    BID_UINT128 result;
    bool negative = decimal_is_negative(a.number);
    switch (mode) {
    case ROUND_HALF_UP: result = quantize(a.number, exponent, BID_ROUNDING_TIES_AWAY); break;
    case ROUND_HALF_DOWN: result = quantize_half_down(a.number, exponent); break;
    case ROUND_UP: result = quantize(a.number, exponent, negative ? BID_ROUNDING_DOWN : BID_ROUNDING_UP); break;
    case ROUND_DOWN: result = quantize(a.number, exponent, BID_ROUNDING_TO_ZERO); break;
    case ROUND_FLOOR: result = quantize(a.number, exponent, BID_ROUNDING_DOWN); break;
    case ROUND_CEILING: result = quantize(a.number, exponent, BID_ROUNDING_UP); break;
    case ROUND_HALF_EVEN:
    default: result = quantize(a.number, exponent, BID_ROUNDING_TO_NEAREST); break;
    }
    /* More places than 34 digits hold: the number has no digit there to be rounded. */
    if (!take(result, out))
        *out = number_of(a.number);
    return true;
}

/* ---- Functions ---- */

/* A sum of two decimals, high + low, that carries about 68 digits through a chain of multiplications. */
struct pair {
    BID_UINT128 high, low;
};

static bool bid_is_zero(BID_UINT128 x)
{
    return ((x.w[1] & DECIMAL_HIGH_MASK) | x.w[0]) == 0;
}

static BID_UINT128 bid_negate(BID_UINT128 x)
{
    x.w[1] ^= DECIMAL_SIGN;
    return x;
}

static struct pair pair_multiply(struct pair a, struct pair b)
{
    _IDEC_flags flags = 0;
    BID_UINT128 product = bid128_mul(a.high, b.high, 0, &flags);
    BID_UINT128 lost = bid128_fma(a.high, b.high, bid_negate(product), 0, &flags);
    if (!bid_is_zero(a.low))
        lost = bid128_fma(a.low, b.high, lost, 0, &flags);
    if (!bid_is_zero(b.low))
        lost = bid128_fma(a.high, b.low, lost, 0, &flags);
    if (bid_is_zero(lost))
        return (struct pair){product, lost};
    BID_UINT128 sum = bid128_add(product, lost, 0, &flags);
    return (struct pair){sum, bid128_sub(lost, bid128_sub(sum, product, 0, &flags), 0, &flags)};
}

static struct pair pair_invert(struct pair a)
{
    _IDEC_flags flags = 0;
    BID_UINT128 one = bid(value_int(1).number);
    BID_UINT128 first = bid128_div(one, a.high, 0, &flags);
    BID_UINT128 rest = bid128_fma(bid_negate(first), a.high, one, 0, &flags);
    if (!bid_is_zero(a.low))
        rest = bid128_fma(bid_negate(first), a.low, rest, 0, &flags);
    if (bid_is_zero(rest))
        return (struct pair){first, rest};
    return (struct pair){first, bid128_div(rest, a.high, 0, &flags)};
}

static struct pair pair_power(struct pair square, uint64_t n)
{
    struct pair result = {bid(value_int(1).number), bid(value_int(0).number)};
    for (; n; n >>= 1) {
        if (n & 1)
            result = pair_multiply(result, square);
        if (n > 1)
            square = pair_multiply(square, square);
    }
    return result;
}

/* x^n by squaring, rounded once at the end. */
static bool power_integer(struct value x, int64_t n, struct value *out)
{
    struct pair base = {bid(x.number), bid(value_int(0).number)};
    uint64_t size = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    struct pair result = pair_power(base, size);
    bool overflow = (result.high.w[1] & NON_FINITE) == NON_FINITE;
    if (n < 0)
        result = overflow ? pair_power(pair_invert(base), size) : pair_invert(result);
    _IDEC_flags flags = 0;
    if (!bid_is_zero(result.low))
        result.high = bid128_add(result.high, result.low, 0, &flags);
    return take(result.high, out);
}

bool number_power(struct value a, struct value b, struct value *out)
{
    CHECK(a.kind == VALUE_NUMBER && b.kind == VALUE_NUMBER);
    int64_t n;
    if (value_to_int64(b, &n) && n > -1000000000 && n < 1000000000) {
        if (n < 0 && number_is_zero(a))
            return false;
        return power_integer(a, n, out);
    }
    if (number_compare(b, number_from_int(5, -1)) == 0)
        return number_sqrt(a, out);
    _IDEC_flags flags = 0;
    return take(bid128_pow(bid(a.number), bid(b.number), BID_ROUNDING_TO_NEAREST, &flags), out);
}

bool number_sqrt(struct value a, struct value *out)
{
    CHECK(a.kind == VALUE_NUMBER);
    _IDEC_flags flags = 0;
    return take(bid128_sqrt(bid(a.number), BID_ROUNDING_TO_NEAREST, &flags), out);
}

bool number_log(struct value a, struct value *out)
{
    CHECK(a.kind == VALUE_NUMBER);
    _IDEC_flags flags = 0;
    return take(bid128_log(bid(a.number), BID_ROUNDING_TO_NEAREST, &flags), out);
}

bool number_exp(struct value a, struct value *out)
{
    CHECK(a.kind == VALUE_NUMBER);
    _IDEC_flags flags = 0;
    return take(bid128_exp(bid(a.number), BID_ROUNDING_TO_NEAREST, &flags), out);
}
