/* Decimal numbers bit by bit, for feel's own files: the short cuts that spare a call into the decimal library.
 *
 * struct decimal is BID128, the high word in bits[1]. Every number we hold is finite and canonical, so only this form
 * occurs:
 *
 *     bits[1]  63     62 ........ 49  48 .......... 0     bits[0]  63 ......... 0
 *              sign   exponent + 6176  coefficient, high           coefficient, low
 *
 * A number is narrow when its coefficient is below 2^62: then sums of two fit int64. Zero is never negative. */
#pragma once

#include "feel/value.h"

__extension__ typedef unsigned __int128 wide;
__extension__ typedef __int128 wide_signed;

#define DECIMAL_SIGN (UINT64_C(1) << 63)
#define DECIMAL_SHIFT 49
#define DECIMAL_BIAS 6176
#define DECIMAL_EXPONENT_MIN (-6176)
#define DECIMAL_EXPONENT_MAX 6111
#define DECIMAL_HIGH_MASK ((UINT64_C(1) << DECIMAL_SHIFT) - 1)
#define DECIMAL_DIGITS 34

static inline bool decimal_narrow(struct decimal d)
{
    return ((d.bits[1] & DECIMAL_HIGH_MASK) | (d.bits[0] >> 62)) == 0;
}

static inline bool decimal_same_exponent(struct decimal a, struct decimal b)
{
    return (((a.bits[1] ^ b.bits[1]) & ~DECIMAL_SIGN) >> DECIMAL_SHIFT) == 0;
}

/* Both narrow and of one exponent: coefficients can be compared, added and subtracted as they are. */
static inline bool decimal_twins(struct decimal a, struct decimal b)
{
    return decimal_narrow(a) && decimal_narrow(b) && decimal_same_exponent(a, b);
}

static inline int decimal_exponent(struct decimal d)
{
    return (int)((d.bits[1] & ~DECIMAL_SIGN) >> DECIMAL_SHIFT) - DECIMAL_BIAS;
}

/* The signed coefficient of a narrow number. */
static inline int64_t decimal_signed(struct decimal d)
{
    int64_t sign = -(int64_t)(d.bits[1] >> 63);
    return ((int64_t)d.bits[0] ^ sign) - sign;
}

static inline wide decimal_coefficient(struct decimal d)
{
    return (wide)(d.bits[1] & DECIMAL_HIGH_MASK) << 64 | d.bits[0];
}

static inline bool decimal_is_zero(struct decimal d)
{
    return ((d.bits[1] & DECIMAL_HIGH_MASK) | d.bits[0]) == 0;
}

static inline bool decimal_is_negative(struct decimal d)
{
    return d.bits[1] >> 63;
}

/* coefficient * 10^exponent; the exponent must be in range. */
static inline struct value number_from_int(int64_t coefficient, int exponent)
{
    uint64_t sign = coefficient < 0 ? DECIMAL_SIGN : 0;
    uint64_t low = coefficient < 0 ? 0 - (uint64_t)coefficient : (uint64_t)coefficient;
    uint64_t high = sign | (uint64_t)(exponent + DECIMAL_BIAS) << DECIMAL_SHIFT;
    return (struct value){.kind = VALUE_NUMBER, .number = {{low, high}}};
}

static inline bool number_is_zero(struct value v)
{
    return decimal_is_zero(v.number);
}

static inline int number_compare_quick(struct value a, struct value b)
{
    if (!decimal_twins(a.number, b.number))
        return number_compare(a, b);
    int64_t x = decimal_signed(a.number);
    int64_t y = decimal_signed(b.number);
    return (x > y) - (x < y);
}

MUST_USE static inline bool number_add_quick(struct value a, struct value b, struct value *out)
{
    if (!decimal_twins(a.number, b.number))
        return number_add(a, b, out);
    *out = number_from_int(decimal_signed(a.number) + decimal_signed(b.number), decimal_exponent(a.number));
    return true;
}

MUST_USE static inline bool number_subtract_quick(struct value a, struct value b, struct value *out)
{
    if (!decimal_twins(a.number, b.number))
        return number_subtract(a, b, out);
    *out = number_from_int(decimal_signed(a.number) - decimal_signed(b.number), decimal_exponent(a.number));
    return true;
}

/* Digits with an optional sign, point and exponent, already known to be well formed; false beyond decimal128. */
MUST_USE bool decimal_from_text(const char *text, size_t len, struct decimal *out);
