/* Borrowed text, UTF-8, and the text encodings of bytes. */
#include "base/base.h"

#include <string.h>

struct str str_of(const char *terminated)
{
    return terminated ? (struct str){terminated, strlen(terminated)} : STR_NONE;
}

bool str_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static unsigned char lower_ascii(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool str_equal_nocase_ascii(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower_ascii(a.data[i]) != lower_ascii(b.data[i]))
            return false;
    return true;
}

int str_compare(struct str a, struct str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.data, b.data, shorter) : 0;
    if (order)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.data, prefix.data, prefix.len) == 0);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.len >= suffix.len &&
           (suffix.len == 0 || memcmp(s.data + s.len - suffix.len, suffix.data, suffix.len) == 0);
}

ptrdiff_t str_find(struct str s, struct str wanted, size_t from)
{
    if (from > s.len || wanted.len > s.len - from)
        return -1;
    if (wanted.len == 0)
        return (ptrdiff_t)from;
    const char *hit = memmem(s.data + from, s.len - from, wanted.data, wanted.len);
    return hit ? hit - s.data : -1;
}

struct str str_part(struct str s, size_t from, size_t to)
{
    if (to > s.len)
        to = s.len;
    if (from > to)
        from = to;
    return (struct str){s.data ? s.data + from : NULL, to - from};
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct str str_trim(struct str s)
{
    while (s.len && is_space(s.data[0])) {
        s.data++;
        s.len--;
    }
    while (s.len && is_space(s.data[s.len - 1]))
        s.len--;
    return s;
}

struct str str_cut(struct str *rest, char separator)
{
    const char *hit = rest->len ? memchr(rest->data, separator, rest->len) : NULL;
    struct str first = *rest;
    if (!hit) {
        *rest = STR_NONE;
        return first;
    }
    first.len = (size_t)(hit - first.data);
    rest->data += first.len + 1;
    rest->len -= first.len + 1;
    return first;
}

size_t number_digits(int64_t number, char out[NUMBER_DIGITS_MAX])
{
    char digits[NUMBER_DIGITS_MAX];
    size_t from = sizeof digits;
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do {
        digits[--from] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (number < 0)
        digits[--from] = '-';
    memcpy(out, digits + from, sizeof digits - from);
    return sizeof digits - from;
}

void digits_put(char *out, size_t width, int64_t n)
{
    for (size_t i = width; i-- > 0; n /= 10)
        out[i] = (char)('0' + n % 10);
}

struct str arena_numbers(struct arena *self, const char *name, const int64_t *numbers, size_t count)
{
    size_t name_len = strlen(name);
    char *out = arena_alloc_raw(self, name_len + count * (NUMBER_DIGITS_MAX + 1) + 1);
    memcpy(out, name, name_len);
    size_t len = name_len;
    for (size_t i = 0; i < count; i++) {
        if (len)
            out[len++] = ':';
        len += number_digits(numbers[i], out + len);
    }
    out[len] = 0;
    return (struct str){out, len};
}

bool str_to_int64(struct str s, int64_t *out)
{
    bool negative = s.len && s.data[0] == '-';
    size_t i = s.len && (s.data[0] == '-' || s.data[0] == '+');
    if (i == s.len)
        return false;
    int64_t n = 0;
    for (; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9')
            return false;
        int digit = s.data[i] - '0';
        if (__builtin_mul_overflow(n, 10, &n) ||
            (negative ? __builtin_sub_overflow(n, digit, &n) : __builtin_add_overflow(n, digit, &n)))
            return false;
    }
    *out = n;
    return true;
}

/* FNV-1a with a final mix: good enough for our own tables, which hold no hostile keys unbounded in number. */
uint64_t str_hash(struct str s)
{
    uint64_t h = 1469598103934665603ULL;
    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (unsigned char)s.data[i]) * 1099511628211ULL;
    h ^= h >> 32;
    return h * 0x9E3779B97F4A7C15ULL;
}

/* Length of the well-formed sequence at s[at] (Unicode 15, table 3-7), or 0. */
static size_t utf8_sequence(struct str s, size_t at)
{
    const unsigned char *p = (const unsigned char *)s.data + at;
    size_t left = s.len - at;
    unsigned char lead = p[0];
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    size_t n = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (left < n)
        return 0;
    unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return n;
}

bool utf8_valid(struct str s)
{
    for (size_t at = 0; at < s.len;) {
        size_t n = utf8_sequence(s, at);
        if (!n)
            return false;
        at += n;
    }
    return true;
}

size_t utf8_length(struct str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += ((unsigned char)s.data[i] & 0xC0) != 0x80;
    return count;
}

uint32_t utf8_next(struct str s, size_t *at)
{
    CHECK(*at < s.len);
    const unsigned char *p = (const unsigned char *)s.data + *at;
    size_t n = utf8_sequence(s, *at);
    if (n <= 1) {
        *at += 1;
        return n ? p[0] : 0xFFFD;
    }
    uint32_t c = n == 2 ? p[0] & 0x1FU : n == 3 ? p[0] & 0x0FU : p[0] & 0x07U;
    for (size_t i = 1; i < n; i++)
        c = (c << 6) | (p[i] & 0x3FU);
    *at += n;
    return c;
}

size_t utf8_put(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

struct str hex_encode(struct arena *arena, const void *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *p = bytes;
    char *text = arena_alloc_raw(arena, n * 2 + 1);
    for (size_t i = 0; i < n; i++) {
        text[i * 2] = digits[p[i] >> 4];
        text[i * 2 + 1] = digits[p[i] & 15];
    }
    text[n * 2] = 0;
    return (struct str){text, n * 2};
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    unsigned char l = lower_ascii(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

bool hex_decode(struct arena *arena, struct str text, struct str *out)
{
    if (text.len % 2)
        return false;
    char *bytes = arena_alloc_raw(arena, text.len / 2 + 1);
    for (size_t i = 0; i < text.len / 2; i++) {
        int high = hex_digit(text.data[i * 2]);
        int low = hex_digit(text.data[i * 2 + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (char)(high << 4 | low);
    }
    bytes[text.len / 2] = 0;
    *out = (struct str){bytes, text.len / 2};
    return true;
}

static const char alphabet64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char alphabet64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static struct str encode64(struct arena *arena, const unsigned char *p, size_t n, const char *alphabet, char padding)
{
    char *text = arena_alloc_raw(arena, (n + 2) / 3 * 4 + 1);
    size_t at = 0;
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t word = (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) | (left > 2 ? p[i + 2] : 0);
        size_t digits = left > 2 ? 4 : left + 1;
        for (size_t k = 0; k < digits; k++)
            text[at++] = alphabet[word >> (18 - 6 * k) & 63];
        for (size_t k = digits; padding && k < 4; k++)
            text[at++] = padding;
    }
    text[at] = 0;
    return (struct str){text, at};
}

static bool decode64(struct arena *arena, struct str text, const char *alphabet, struct str *out)
{
    if (text.len % 4 == 1)
        return false;
    char *bytes = arena_alloc_raw(arena, text.len / 4 * 3 + 3);
    size_t at = 0;
    uint32_t word = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *hit = text.data[i] ? strchr(alphabet, text.data[i]) : NULL;
        if (!hit)
            return false;
        word = word << 6 | (uint32_t)(hit - alphabet);
        if (i % 4 == 3) {
            bytes[at++] = (char)(word >> 16);
            bytes[at++] = (char)(word >> 8);
            bytes[at++] = (char)word;
            word = 0;
        }
    }
    /* The bits behind the last byte must be zero, so that every text has one decoding and every byte string one text.
     */
    if (text.len % 4 == 2) {
        if (word & 15)
            return false;
        bytes[at++] = (char)(word >> 4);
    } else if (text.len % 4 == 3) {
        if (word & 3)
            return false;
        bytes[at++] = (char)(word >> 10);
        bytes[at++] = (char)(word >> 2);
    }
    bytes[at] = 0;
    *out = (struct str){bytes, at};
    return true;
}

struct str base64_encode(struct arena *arena, const void *bytes, size_t n)
{
    return encode64(arena, bytes, n, alphabet64, '=');
}

bool base64_decode(struct arena *arena, struct str text, struct str *out)
{
    if (text.len % 4)
        return false;
    if (text.len && text.data[text.len - 1] == '=')
        text.len--;
    if (text.len && text.data[text.len - 1] == '=')
        text.len--;
    return decode64(arena, text, alphabet64, out);
}

struct str base64url_encode(struct arena *arena, const void *bytes, size_t n)
{
    return encode64(arena, bytes, n, alphabet64url, 0);
}

bool base64url_decode(struct arena *arena, struct str text, struct str *out)
{
    return decode64(arena, text, alphabet64url, out);
}
