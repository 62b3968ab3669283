/* The level of characters: white space, names, numbers, strings. Names are matched against known names by the parser.
 */
#include "feel/internal.h"

#include <string.h>

static bool in_span(uint32_t c, uint32_t from, uint32_t to)
{
    return c >= from && c <= to;
}

/* Rule 28 of the grammar in DMN 1.5, 10.3.1.2. */
bool is_name_start(uint32_t c)
{
    if (c < 0x80)
        return in_span(c | 0x20, 'a', 'z') || c == '_' || c == '?';
    return in_span(c, 0xC0, 0xD6) || in_span(c, 0xD8, 0xF6) || in_span(c, 0xF8, 0x2FF) || in_span(c, 0x370, 0x37D) ||
           in_span(c, 0x37F, 0x167F) || in_span(c, 0x1681, 0x180D) || in_span(c, 0x180F, 0x1FFF) ||
           in_span(c, 0x200C, 0x200D) || in_span(c, 0x2070, 0x218F) || in_span(c, 0x2C00, 0x2FEF) ||
           in_span(c, 0x3001, 0xD7FF) || in_span(c, 0xF900, 0xFDCF) || in_span(c, 0xFDF0, 0xFEFE) ||
           in_span(c, 0xFF00, 0xFFFD) || in_span(c, 0x10000, 0xEFFFF);
}

bool is_name_part(uint32_t c)
{
    return is_name_start(c) || in_span(c, '0', '9') || c == 0xB7 || in_span(c, 0x300, 0x36F) ||
           in_span(c, 0x203F, 0x2040);
}

static bool is_blank(uint32_t c)
{
    return c == ' ' || in_span(c, 0x09, 0x0D) || c == 0x85 || c == 0xA0 || c == 0x1680 || c == 0x180E ||
           in_span(c, 0x2000, 0x200B) || in_span(c, 0x2028, 0x2029) || c == 0x202F || c == 0x205F || c == 0x3000 ||
           c == 0xFEFF;
}

/* One blank at `at`, as its end; at itself if there is none. */
static size_t skip_one(struct str text, size_t at)
{
    if (at >= text.len)
        return at;
    unsigned char byte = (unsigned char)text.data[at];
    if (byte < 0x80)
        return is_blank(byte) ? at + 1 : at;
    size_t next = at;
    return is_blank(utf8_next(text, &next)) ? next : at;
}

static size_t skip_comment(struct str text, size_t at)
{
    if (at + 1 >= text.len || text.data[at] != '/')
        return at;
    if (text.data[at + 1] == '/') {
        const char *end = memchr(text.data + at, '\n', text.len - at);
        return end ? (size_t)(end - text.data) : text.len;
    }
    if (text.data[at + 1] != '*')
        return at;
    ptrdiff_t end = str_find(text, STR("*/"), at + 2);
    return end < 0 ? at : (size_t)end + 2;
}

size_t skip_blank(struct str text, size_t at)
{
    for (;;) {
        size_t next = skip_one(text, at);
        if (next == at)
            next = skip_comment(text, at);
        if (next == at)
            return at;
        at = next;
    }
}

static size_t skip_space(struct str text, size_t at)
{
    for (size_t next = skip_one(text, at); next != at; next = skip_one(text, at))
        at = next;
    return at;
}

static bool part_at(struct str text, size_t at)
{
    return at < text.len && is_name_part(utf8_next(text, &at));
}

/* The end of the word or symbol at `at`. */
static size_t token_end(struct str text, size_t at)
{
    size_t end = at;
    if (!is_name_part(utf8_next(text, &end)))
        return end;
    for (size_t next = end; next < text.len && is_name_part(utf8_next(text, &next));)
        end = next;
    return end;
}

static bool is_plain(char c)
{
    return in_span((unsigned char)c | 0x20u, 'a', 'z') || in_span((unsigned char)c, '0', '9');
}

/* Most names differ from the text in a letter, which is seen without looking at tokens. */
static bool differs_in_a_letter(struct str text, size_t at, struct str name)
{
    size_t i = 0;
    while (i < name.len && at + i < text.len && text.data[at + i] == name.data[i])
        i++;
    return i == 0 || (i < name.len && (at + i >= text.len || is_plain(text.data[at + i])) && is_plain(name.data[i]));
}

size_t match_name(struct str text, size_t at, struct str name)
{
    size_t i = 0;
    bool word_before = false;
    if (name.len == 0 || at >= text.len || differs_in_a_letter(text, at, name))
        return 0;
    while (i < name.len) {
        size_t end = token_end(name, i);
        size_t start = i == 0 ? at : skip_space(text, at);
        bool word = part_at(name, i);
        if (word && word_before && start == at)
            return 0;
        if (text.len - start < end - i || memcmp(text.data + start, name.data + i, end - i) != 0)
            return 0;
        at = start + (end - i);
        if (word && part_at(text, at))
            return 0;
        word_before = word;
        i = skip_space(name, end);
    }
    return at;
}

static size_t skip_digits(struct str text, size_t at)
{
    while (at < text.len && text.data[at] >= '0' && text.data[at] <= '9')
        at++;
    return at;
}

size_t match_number(struct str text, size_t at)
{
    size_t whole = skip_digits(text, at);
    size_t end = whole;
    if (end < text.len && text.data[end] == '.') {
        size_t fraction = skip_digits(text, end + 1);
        if (fraction > end + 1)
            end = fraction;
    }
    if (end == at)
        return 0;
    if (end < text.len && (text.data[end] == 'e' || text.data[end] == 'E')) {
        size_t digits = end + 1;
        if (digits < text.len && (text.data[digits] == '+' || text.data[digits] == '-'))
            digits++;
        size_t exponent = skip_digits(text, digits);
        if (exponent > digits)
            end = exponent;
    }
    return end;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        return (c | 0x20) - 'a' + 10;
    return -1;
}

/* count hexadecimal digits at `at`. */
static bool read_hex(struct str text, size_t at, size_t count, uint32_t *out)
{
    uint32_t code = 0;
    for (size_t i = 0; i < count; i++) {
        int digit = at + i < text.len ? hex_digit(text.data[at + i]) : -1;
        if (digit < 0)
            return false;
        code = code << 4 | (uint32_t)digit;
    }
    *out = code;
    return true;
}

/* \uXXXX, a pair of them, or \UXXXXXX at `at` (on the backslash). Returns the end, 0 when it is no code point. */
static size_t read_code_point(struct str text, size_t at, uint32_t *out)
{
    uint32_t code = 0;
    if (text.data[at + 1] == 'U') {
        if (!read_hex(text, at + 2, 6, &code) || code > 0x10FFFF || in_span(code, 0xD800, 0xDFFF))
            return 0;
        *out = code;
        return at + 8;
    }
    if (!read_hex(text, at + 2, 4, &code) || in_span(code, 0xDC00, 0xDFFF))
        return 0;
    *out = code;
    if (!in_span(code, 0xD800, 0xDBFF))
        return at + 6;
    uint32_t low = 0;
    if (at + 7 >= text.len || text.data[at + 6] != '\\' || text.data[at + 7] != 'u' ||
        !read_hex(text, at + 8, 4, &low) || !in_span(low, 0xDC00, 0xDFFF))
        return 0;
    *out = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    return at + 12;
}

/* The one-character escapes; any other backslash stands for itself, as regular expressions in literals need it. */
static char simple_escape(char c)
{
    switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case '"': return '"';
    case '\'': return '\'';
    case '\\': return '\\';
    default: return 0;
    }
}

size_t read_string(struct arena *arena, struct str text, size_t at, struct str *out, const char **why)
{
    size_t end = at + 1;
    bool escaped = false;
    while (end < text.len && text.data[end] != '"') {
        escaped |= text.data[end] == '\\';
        end += text.data[end] == '\\' ? 2 : 1;
    }
    if (end >= text.len) {
        *why = "The text is not closed by a quotation mark";
        return 0;
    }
    struct str raw = str_part(text, at + 1, end);
    if (!escaped) {
        *out = arena_str(arena, raw);
        return end + 1;
    }
    char *data = arena_alloc_raw(arena, raw.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < raw.len;) {
        uint32_t code = 0;
        char next = raw.data[i] == '\\' ? raw.data[i + 1] : 0;
        if (next == 'u' || next == 'U') {
            i = read_code_point(raw, i, &code);
            if (i == 0) {
                *why = "The escape names no character";
                return 0;
            }
            len += utf8_put(code, data + len);
        } else if (next && simple_escape(next)) {
            data[len++] = simple_escape(next);
            i += 2;
        } else {
            data[len++] = raw.data[i++];
        }
    }
    data[len] = 0;
    *out = (struct str){data, len};
    return end + 1;
}

void text_position(struct str text, size_t at, uint32_t *line, uint32_t *column)
{
    *line = 1;
    *column = 1;
    for (size_t i = 0; i < at && i < text.len; i++) {
        if (text.data[i] == '\n') {
            ++*line;
            *column = 1;
        } else if (((unsigned char)text.data[i] & 0xC0) != 0x80) {
            ++*column;
        }
    }
}
