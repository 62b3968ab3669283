/* JSON (RFC 8259) into values and back. Reading copies the text once into the arena and lets strings point there:
 * escapes are resolved in place, so that a string costs no allocation of its own. Canonical form (RFC 8785) is in
 * json_canonical.c. */
#include "feel/json.h"

#include "feel/number.h"

#include <string.h>

#define BYTES_MAX ((size_t)16 * 1024 * 1024)
#define DEPTH_MAX 128

/* Values of the arrays and objects that are still open; closed ones move to the arena. Begins in a caller's array. */
#define STACK_FIRST 32
struct stack {
    struct member *items;
    size_t count, capacity;
    struct member *first; /* where it began */
};

struct reader {
    struct str text; /* as given: strings in the copy are overwritten by what they mean */
    char *at;
    char *start;
    const char *end; /* where a zero byte stands */
    struct arena *arena;
    struct stack stack;
    int depth, max_depth;
    bool refuse_duplicates;
    struct error *err;
};

static enum status read_value(struct reader *self, struct value *out);

static enum status refuse(struct reader *self, const char *at, const char *message)
{
    size_t line = 1;
    size_t column = 1;
    const char *end = self->text.data + (at - self->start);
    for (const char *p = self->text.data; p < end; p++) {
        if (*p == '\n') {
            line++;
            column = 1;
        } else {
            column += ((unsigned char)*p & 0xC0) != 0x80;
        }
    }
    error_set(self->err, ERROR_INVALID, "json-syntax", "The JSON text cannot be read: %s.", message);
    return error_field(self->err, "line %zu, column %zu", line, column);
}

static inline void skip_blanks(struct reader *self)
{
    while (*self->at == ' ' || *self->at == '\n' || *self->at == '\r' || *self->at == '\t')
        self->at++;
}

static void stack_push(struct stack *self, struct member member)
{
    if (self->count == self->capacity) {
        self->capacity *= 2;
        bool begun = self->items != self->first;
        self->items = heap_grow(begun ? self->items : NULL, self->capacity * sizeof(*self->items));
        if (!begun)
            memcpy(self->items, self->first, self->count * sizeof(*self->items));
    }
    self->items[self->count++] = member;
}

/* ---- Strings ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hexadecimal digits at p, or -1. */
static int32_t hex_unit(const char *p)
{
    int32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

/* \uXXXX, or two of them for a code point beyond U+FFFF; at stands behind the 'u'. */
static enum status read_unicode(struct reader *self, char **write)
{
    int32_t unit = hex_unit(self->at);
    if (unit < 0)
        return refuse(self, self->at, "\\u must be followed by four hexadecimal digits");
    self->at += 4;
    uint32_t code_point = (uint32_t)unit;
    if (unit >= 0xD800 && unit < 0xE000) {
        int32_t low = unit < 0xDC00 && self->at[0] == '\\' && self->at[1] == 'u' ? hex_unit(self->at + 2) : -1;
        if (low < 0xDC00 || low > 0xDFFF)
            return refuse(self, self->at - 6, "half of a surrogate pair stands alone");
        self->at += 6;
        code_point = 0x10000 + (((uint32_t)unit & 0x3FF) << 10) + ((uint32_t)low & 0x3FF);
    }
    *write += utf8_put(code_point, *write);
    return OK;
}

static enum status read_escape(struct reader *self, char **write)
{
    static const char plain[] = "\"\\/bfnrt";
    static const char meant[] = "\"\\/\b\f\n\r\t";
    char c = *self->at;
    const char *found = c ? strchr(plain, c) : NULL;
    self->at++;
    if (found) {
        *(*write)++ = meant[found - plain];
        return OK;
    }
    if (c == 'u')
        return read_unicode(self, write);
    return refuse(self, self->at - 2, "no such escape in a string");
}

/* Moves at over ordinary ASCII, eight bytes at a time: stops at a quote, a backslash, a control or a non-ASCII byte. */
static inline char *skip_ordinary(char *at, const char *end)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t highs = ones << 7;
    while (end - at >= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        uint64_t quote = word ^ (ones * '"');
        uint64_t slash = word ^ (ones * '\\');
        uint64_t stop = (word - ones * 0x20) | (quote - ones) | (slash - ones) | word;
        if (stop & highs)
            break;
        at += 8;
    }
    while ((unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80 && *at != '"' && *at != '\\')
        at++;
    return at;
}

static inline bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* Moves at over UTF-8 beyond ASCII; NULL when it is not valid. A zero byte stands at the end, so that nothing is read
 * beyond. */
static inline char *skip_multibyte(char *at)
{
    for (;;) {
        unsigned char first = (unsigned char)at[0];
        unsigned char second = (unsigned char)at[1];
        if (first < 0x80)
            return at;
        if (first < 0xC2 || first > 0xF4 || !is_continuation(at[1]))
            return NULL;
        if (first < 0xE0) {
            at += 2;
            continue;
        }
        if (!is_continuation(at[2]) || (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F))
            return NULL;
        if (first < 0xF0) {
            at += 3;
            continue;
        }
        if (!is_continuation(at[3]) || (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F))
            return NULL;
        at += 4;
    }
}

/* Moves at over everything that stands for itself; FAILED when it is not valid UTF-8. */
static inline enum status skip_run(struct reader *self)
{
    for (;;) {
        self->at = skip_ordinary(self->at, self->end);
        if ((unsigned char)*self->at < 0x80)
            return OK;
        char *behind = skip_multibyte(self->at);
        if (!behind)
            return refuse(self, self->at, "the text is not valid UTF-8");
        self->at = behind;
    }
}

/* at stands behind the opening quote. */
static enum status read_string(struct reader *self, struct str *out)
{
    char *start = self->at;
    char *write = start;
    for (;;) {
        char *run = self->at;
        if (skip_run(self) != OK)
            return FAILED;
        if (write != run)
            memmove(write, run, (size_t)(self->at - run));
        write += self->at - run;
        if (*self->at != '\\')
            break;
        self->at++;
        if (read_escape(self, &write) != OK)
            return FAILED;
    }
    if (self->at == self->end)
        return refuse(self, self->at, "a string is not closed");
    if (*self->at != '"')
        return refuse(self, self->at, "a control character in a string must be escaped");
    *out = (struct str){start, (size_t)(write - start)};
    self->at++;
    return OK;
}

/* ---- Numbers ---- */

static inline char *skip_digits(char *at)
{
    while (*at >= '0' && *at <= '9')
        at++;
    return at;
}

/* Where a number ends; NULL when it is none. *simple: writing the value gives the same text again. */
static char *number_end(char *at, bool *simple)
{
    bool negative = *at == '-';
    at += negative;
    char *whole = at;
    at = skip_digits(at);
    if (at == whole || (*whole == '0' && at > whole + 1))
        return NULL;
    *simple = at - whole <= 18 && !(negative && *whole == '0');
    if (*at == '.') {
        char *fraction = at + 1;
        at = skip_digits(fraction);
        if (at == fraction)
            return NULL;
        *simple = *simple && at - whole <= 18 && at[-1] != '0';
    }
    if (*at == 'e' || *at == 'E') {
        *simple = false;
        at++;
        at += *at == '+' || *at == '-';
        char *exponent = at;
        at = skip_digits(at);
        if (at == exponent)
            return NULL;
    }
    return at;
}

/* Whole numbers of at most 18 digits, by far the most: false leaves the rest to read_number. */
static inline bool read_whole(struct reader *self, struct value *out)
{
    char *at = self->at;
    bool negative = *at == '-';
    at += negative;
    char *digits = at;
    int64_t n = 0;
    while (*at >= '0' && *at <= '9' && at - digits < 18)
        n = n * 10 + (*at++ - '0');
    if (at == digits || (*digits == '0' && (negative || at > digits + 1)) || (*at >= '0' && *at <= '9') || *at == '.' ||
        (*at | 0x20) == 'e')
        return false;
    self->at = at;
    *out = number_from_int(negative ? -n : n, 0);
    return true;
}

static enum status read_number(struct reader *self, struct value *out)
{
    if (read_whole(self, out))
        return OK;
    char *start = self->at;
    bool simple = false;
    char *end = number_end(start, &simple);
    if (!end)
        return refuse(self, start, "this is not a number as JSON writes it");
    size_t len = (size_t)(end - start);
    struct value v = {.kind = VALUE_NUMBER};
    if (len > UINT32_MAX || !decimal_from_text(start, len, &v.number))
        return refuse(self, start, "the number is beyond the range of decimal128 (34 digits, exponents to 6144)");
    if (!simple) {
        v.number_text = start;
        v.text_len = (uint32_t)len;
    }
    self->at = end;
    *out = v;
    return OK;
}

/* ---- Arrays and objects ---- */

static enum status deeper(struct reader *self)
{
    if (++self->depth <= self->max_depth)
        return OK;
    refuse(self, self->at, "it is nested too deeply");
    self->err->kind = ERROR_LIMIT;
    return error_hint(self->err, "At most %d levels are allowed.", self->max_depth);
}

static enum status read_array(struct reader *self, struct value *out)
{
    size_t base = self->stack.count;
    if (deeper(self) != OK)
        return FAILED;
    self->at++;
    skip_blanks(self);
    while (*self->at != ']' || self->stack.count > base) {
        struct member item = {.key = STR_NONE};
        if (read_value(self, &item.value) != OK)
            return FAILED;
        stack_push(&self->stack, item);
        skip_blanks(self);
        if (*self->at == ']')
            break;
        if (*self->at != ',')
            return refuse(self, self->at, "',' or ']' is expected in an array");
        self->at++;
        skip_blanks(self);
    }
    self->at++;
    self->depth--;
    struct list *list = list_new(self->arena, self->stack.count - base);
    for (size_t i = 0; i < list->count; i++)
        list->items[i] = self->stack.items[base + i].value;
    self->stack.count = base;
    *out = value_of_list(list);
    return OK;
}

static enum status read_member(struct reader *self)
{
    struct member member;
    if (*self->at != '"')
        return refuse(self, self->at, "a member's name in quotes is expected");
    self->at++;
    if (read_string(self, &member.key) != OK)
        return FAILED;
    skip_blanks(self);
    if (*self->at != ':')
        return refuse(self, self->at, "':' is expected after a member's name");
    self->at++;
    skip_blanks(self);
    if (read_value(self, &member.value) != OK)
        return FAILED;
    stack_push(&self->stack, member);
    return OK;
}

static enum status close_object(struct reader *self, size_t base, struct value *out)
{
    size_t count = self->stack.count - base;
    struct member *members = arena_alloc_raw(self->arena, count * sizeof(*members));
    if (count)
        memcpy(members, self->stack.items + base, count * sizeof(*members));
    self->stack.count = base;
    struct value made = context_of_members(self->arena, members, count);
    if (self->refuse_duplicates && value_count(made) != count)
        return refuse(self, self->at - 1, "a name occurs twice in this object");
    *out = made;
    return OK;
}

static enum status read_object(struct reader *self, struct value *out)
{
    size_t base = self->stack.count;
    if (deeper(self) != OK)
        return FAILED;
    self->at++;
    skip_blanks(self);
    while (*self->at != '}' || self->stack.count > base) {
        if (read_member(self) != OK)
            return FAILED;
        skip_blanks(self);
        if (*self->at == '}')
            break;
        if (*self->at != ',')
            return refuse(self, self->at, "',' or '}' is expected in an object");
        self->at++;
        skip_blanks(self);
    }
    self->at++;
    self->depth--;
    return close_object(self, base, out);
}

static enum status read_word(struct reader *self, struct str word, struct value value, struct value *out)
{
    if ((size_t)(self->end - self->at) < word.len || memcmp(self->at, word.data, word.len) != 0)
        return refuse(self, self->at, "a value is expected");
    self->at += word.len;
    *out = value;
    return OK;
}

static enum status read_value(struct reader *self, struct value *out)
{
    switch (*self->at) {
    case '"': {
        struct str text = STR_NONE;
        self->at++;
        if (read_string(self, &text) != OK)
            return FAILED;
        *out = value_string(text);
        return OK;
    }
    case '{': return read_object(self, out);
    case '[': return read_array(self, out);
    case 't': return read_word(self, STR("true"), value_true, out);
    case 'f': return read_word(self, STR("false"), value_false, out);
    case 'n': return read_word(self, STR("null"), value_null, out);
    default: break;
    }
    if (*self->at == '-' || (*self->at >= '0' && *self->at <= '9'))
        return read_number(self, out);
    return refuse(self, self->at, self->at == self->end ? "it ends too early" : "a value is expected");
}

enum status json_parse(struct arena *arena, struct str text, const struct json_limits *limits, struct value *out,
                       struct error *err)
{
    struct error unwanted;
    err = err ? err : &unwanted;
    size_t max_bytes = limits && limits->max_bytes ? limits->max_bytes : BYTES_MAX;
    int max_depth = limits && limits->max_depth ? limits->max_depth : DEPTH_MAX;
    if (text.len > max_bytes)
        return error_set(err, ERROR_TOO_LARGE, "json-too-large", "The JSON text has %zu bytes; at most %zu are read.",
                         text.len, max_bytes);
    char *copy = arena_alloc_raw(arena, text.len + 8);
    if (text.len)
        memcpy(copy, text.data, text.len);
    memset(copy + text.len, 0, 8);
    struct member first[STACK_FIRST];
    struct reader reader = {
        .text = text, .at = copy, .start = copy, .end = copy + text.len, .arena = arena, .err = err};
    reader.max_depth = max_depth < VALUE_DEPTH_MAX ? max_depth : VALUE_DEPTH_MAX;
    reader.stack = (struct stack){.items = first, .first = first, .capacity = STACK_FIRST};
    reader.refuse_duplicates = limits && limits->refuse_duplicates;
    if (str_starts(text, STR("\xEF\xBB\xBF"))) /* Windows programs put a byte order mark in front */
        reader.at += 3;
    skip_blanks(&reader);
    struct value v = value_null;
    enum status status = read_value(&reader, &v);
    if (status == OK) {
        skip_blanks(&reader);
        if (reader.at != reader.end)
            status = refuse(&reader, reader.at, "something follows the value");
    }
    if (reader.stack.items != first)
        heap_free(reader.stack.items);
    if (status == OK)
        *out = v;
    return status;
}

/* ---- Writing ---- */

/* 0: as it is; otherwise the letter of its escape, or 'u'. */
static const char escapes[256] = {
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'b', 't', 'n', 'u', 'f', 'r', 'u', 'u',         'u',
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', ['"'] = '"', ['\\'] = '\\',
};

/* buf_put for the many short pieces: inline while there is room. */
static inline void emit(struct buf *out, struct str s)
{
    if (out->capacity - out->len <= s.len || out->max - out->len < s.len) {
        buf_put(out, s);
        return;
    }
    memcpy(out->data + out->len, s.data, s.len);
    out->len += s.len;
    out->data[out->len] = 0;
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Does one of eight bytes need an escape? A byte below n leaves its highest bit set in (x - n) & ~x. */
static bool eight_need_escape(const char *bytes)
{
    uint64_t x;
    memcpy(&x, bytes, sizeof x);
    uint64_t quote = x ^ EACH('"'), slash = x ^ EACH('\\');
    uint64_t found = ((x - EACH(0x20)) & ~x) | ((quote - EACH(1)) & ~quote) | ((slash - EACH(1)) & ~slash);
    return (found & EACH(0x80)) != 0;
}

/* Overlapping words reach the end of a text whose length is no multiple of theirs. */
static bool needs_escape(struct str s)
{
    char padded[8] = "        ";
    if (s.len < sizeof padded) {
        for (size_t i = 0; i < s.len; i++)
            padded[i] = s.data[i];
        return eight_need_escape(padded);
    }
    for (size_t i = 0; i + 8 < s.len; i += 8)
        if (eight_need_escape(s.data + i))
            return true;
    return eight_need_escape(s.data + s.len - 8);
}

void json_write_string(struct buf *out, struct str s)
{
    if (out->capacity - out->len > s.len + 2 && out->max - out->len >= s.len + 2 && !needs_escape(s)) {
        char *at = out->data + out->len;
        *at++ = '"';
        if (s.len)
            memcpy(at, s.data, s.len);
        at[s.len] = '"';
        at[s.len + 1] = 0;
        out->len += s.len + 2;
        return;
    }
    emit(out, STR("\""));
    size_t from = 0;
    for (size_t i = 0; i < s.len; i++) {
        while (i + 8 <= s.len && !eight_need_escape(s.data + i))
            i += 8;
        if (i == s.len)
            break;
        unsigned char c = (unsigned char)s.data[i];
        if (!escapes[c])
            continue;
        emit(out, (struct str){s.data + from, i - from});
        from = i + 1;
        if (escapes[c] == 'u')
            buf_printf(out, "\\u%04x", c);
        else
            emit(out, (struct str){(char[]){'\\', escapes[c]}, 2});
    }
    emit(out, (struct str){s.data ? s.data + from : "", s.len - from});
    emit(out, STR("\""));
}

struct writer {
    struct buf *out;
    bool pretty;
};

static void write_value(const struct writer *self, struct value v, int depth);

static void new_line(const struct writer *self, int depth)
{
    if (!self->pretty)
        return;
    buf_put_char(self->out, '\n');
    for (int i = 0; i < depth; i++)
        emit(self->out, STR("  "));
}

static void write_list(const struct writer *self, const struct list *list, int depth)
{
    emit(self->out, STR("["));
    for (size_t i = 0; i < list->count; i++) {
        if (i)
            emit(self->out, STR(","));
        new_line(self, depth + 1);
        write_value(self, list->items[i], depth + 1);
    }
    if (list->count)
        new_line(self, depth);
    emit(self->out, STR("]"));
}

static void write_context(const struct writer *self, const struct context *context, int depth)
{
    emit(self->out, STR("{"));
    for (size_t i = 0; i < context->count; i++) {
        if (i)
            emit(self->out, STR(","));
        new_line(self, depth + 1);
        json_write_string(self->out, context->members[i].key);
        emit(self->out, self->pretty ? STR(": ") : STR(":"));
        write_value(self, context->members[i].value, depth + 1);
    }
    if (context->count)
        new_line(self, depth);
    emit(self->out, STR("}"));
}

static void write_number(struct buf *out, struct value v)
{
    char text[NUMBER_TEXT_MAX];
    if (v.number_text)
        emit(out, (struct str){v.number_text, v.text_len});
    else
        emit(out, (struct str){text, number_write_shortest(v, text)});
}

static void write_temporal(struct buf *out, struct value v)
{
    char text[TEMPORAL_TEXT_MAX + 2];
    size_t len = temporal_write(v, text + 1);
    text[0] = text[len + 1] = '"';
    emit(out, (struct str){text, len + 2});
}

static void write_range(struct buf *out, struct value v)
{
    struct arena arena;
    arena_init(&arena);
    json_write_string(out, value_to_text(&arena, v));
    arena_release(&arena);
}

static void write_value(const struct writer *self, struct value v, int depth)
{
    if (depth > VALUE_DEPTH_MAX) {
        emit(self->out, STR("null"));
        return;
    }
    switch ((enum value_kind)v.kind) {
    case VALUE_BOOLEAN: emit(self->out, v.boolean ? STR("true") : STR("false")); break;
    case VALUE_NUMBER: write_number(self->out, v); break;
    case VALUE_STRING: json_write_string(self->out, v.string); break;
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATE_TIME:
    case VALUE_YEARS_MONTHS:
    case VALUE_DAYS_TIME: write_temporal(self->out, v); break;
    case VALUE_RANGE: write_range(self->out, v); break;
    case VALUE_LIST: write_list(self, v.list, depth); break;
    case VALUE_CONTEXT: write_context(self, v.context, depth); break;
    case VALUE_NULL:
    case VALUE_FUNCTION:
    default: emit(self->out, STR("null")); break;
    }
}

void json_write(struct buf *out, struct value v)
{
    write_value(&(struct writer){.out = out}, v, 0);
}

void json_write_pretty(struct buf *out, struct value v)
{
    write_value(&(struct writer){.out = out, .pretty = true}, v, 0);
}

struct str json_text(struct arena *arena, struct value v)
{
    struct buf out;
    buf_init(&out, 0);
    json_write(&out, v);
    return arena_take(arena, &out);
}
