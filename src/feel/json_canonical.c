/* The canonical form of JSON (RFC 8785, JCS): what is hashed and signed. Members in the order of their names' UTF-16
 * units, numbers as ECMAScript writes doubles. A number that such a text would not give back exactly is written in
 * plain digits. */
#include "feel/json.h"

#include "feel/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(struct buf *out, struct value v, int depth);

/* UTF-8 order is UTF-16 order, but that U+E000…U+FFFF come behind the surrogates of everything beyond U+FFFF. */
static int utf16_compare(const void *left, const void *right)
{
    struct str a = ((const struct member *)left)->key;
    struct str b = ((const struct member *)right)->key;
    size_t shared = a.len < b.len ? a.len : b.len;
    size_t i = 0;
    while (i < shared && a.data[i] == b.data[i])
        i++;
    if (i == shared)
        return (a.len > b.len) - (a.len < b.len);
    unsigned char x = (unsigned char)a.data[i];
    unsigned char y = (unsigned char)b.data[i];
    if (x >= 0xEE && y >= 0xEE && (x >= 0xF0) != (y >= 0xF0))
        return x >= 0xF0 ? -1 : 1;
    return x < y ? -1 : 1;
}

static void put_context(struct buf *out, const struct context *context, int depth)
{
    struct member *sorted = heap_alloc(context->count * sizeof(*sorted));
    if (context->count)
        memcpy(sorted, context->members, context->count * sizeof(*sorted));
    qsort(sorted, context->count, sizeof(*sorted), utf16_compare);
    buf_put_char(out, '{');
    for (size_t i = 0; i < context->count; i++) {
        if (i)
            buf_put_char(out, ',');
        json_write_string(out, sorted[i].key);
        buf_put_char(out, ':');
        put(out, sorted[i].value, depth + 1);
    }
    buf_put_char(out, '}');
    heap_free(sorted);
}

static void put_list(struct buf *out, const struct list *list, int depth)
{
    buf_put_char(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i)
            buf_put_char(out, ',');
        put(out, list->items[i], depth + 1);
    }
    buf_put_char(out, ']');
}

/* The digits of the shortest text that reads back as d > 0, and n such that d = 0.digits * 10^n. */
static size_t shortest_digits(double d, char *digits, int *n)
{
    char text[40] = "";
    for (int precision = isnormal(d) ? 14 : 0; precision <= 16; precision++) {
        snprintf(text, sizeof(text), "%.*e", precision, d);
        if (strtod(text, NULL) == d)
            break;
    }
    size_t count = 0;
    const char *p = text;
    for (; *p && *p != 'e'; p++)
        if (*p != '.')
            digits[count++] = *p;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    *n = (int)strtol(p + 1, NULL, 10) + 1;
    return count;
}

/* ECMA-262, Number::toString. */
static size_t write_double(double d, char out[NUMBER_TEXT_MAX])
{
    if (d == 0) {
        out[0] = '0';
        return 1;
    }
    char digits[24] = "";
    int n;
    char *at = out;
    if (d < 0)
        *at++ = '-';
    int k = (int)shortest_digits(fabs(d), digits, &n);
    if (k <= n && n <= 21) {
        memcpy(at, digits, (size_t)k);
        memset(at + k, '0', (size_t)(n - k));
        return (size_t)(at + n - out);
    }
    if (0 < n && n <= 21) {
        memcpy(at, digits, (size_t)n);
        at[n] = '.';
        memcpy(at + n + 1, digits + n, (size_t)(k - n));
        return (size_t)(at + k + 1 - out);
    }
    if (-6 < n && n <= 0) {
        memcpy(at, "0.00000000", 2 + (size_t)-n);
        memcpy(at + 2 - n, digits, (size_t)k);
        return (size_t)(at + 2 - n + k - out);
    }
    *at++ = digits[0];
    if (k > 1) {
        *at++ = '.';
        memcpy(at, digits + 1, (size_t)(k - 1));
        at += k - 1;
    }
    return (size_t)(at - out) + (size_t)snprintf(at, 8, "e%+d", n - 1);
}

static void put_number(struct buf *out, struct value v)
{
    char text[NUMBER_TEXT_MAX];
    double d = value_to_double(v);
    struct decimal back;
    size_t len = 0;
    if (isfinite(d))
        len = write_double(d, text);
    if (!len || !decimal_from_text(text, len, &back) ||
        number_compare(v, (struct value){.kind = VALUE_NUMBER, .number = back}) != 0)
        len = number_write_shortest(v, text);
    buf_put(out, (struct str){text, len});
}

static void put(struct buf *out, struct value v, int depth)
{
    if (depth > VALUE_DEPTH_MAX) {
        buf_put(out, STR("null"));
        return;
    }
    switch ((enum value_kind)v.kind) {
    case VALUE_NUMBER: put_number(out, v); break;
    case VALUE_LIST: put_list(out, v.list, depth); break;
    case VALUE_CONTEXT: put_context(out, v.context, depth); break;
    case VALUE_NULL:
    case VALUE_BOOLEAN:
    case VALUE_STRING:
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATE_TIME:
    case VALUE_YEARS_MONTHS:
    case VALUE_DAYS_TIME:
    case VALUE_RANGE:
    case VALUE_FUNCTION:
    default: json_write(out, v); break;
    }
}

struct str json_canonical(struct arena *arena, struct value v)
{
    struct buf out;
    buf_init(&out, 0);
    put(&out, v, 0);
    return arena_take(arena, &out);
}
