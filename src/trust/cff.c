/* Compact fonts (CFF: Adobe Technical Notes 5176 and 5177) made small: subroutines are written out where they are
 * called and then left out. cairo keeps a place for each of the tens of thousands a Chinese font has, and all of them
 * whole when it cannot follow one call, so that a few characters took half a megabyte. Only CID-keyed fonts, as Chinese
 * ones are. */
#include "trust/internal.h"

#include <string.h>

#define DEPTH_MAX 10
#define CALLS_MAX 10000
#define STACK_MAX 192
#define GLYPH_MAX ((size_t)64 * 1024)
#define FONT_MAX ((size_t)16 * 1024 * 1024)
#define CHANGES_MAX 4
#define OFFSET_SIZE 4

/* Operators of dictionaries; those of two bytes as 12 << 8 | second. */
enum {
    DICT_CHARSET = 15,
    DICT_CHARSTRINGS = 17,
    DICT_PRIVATE = 18,
    DICT_SUBRS = 19,
    DICT_FD_ARRAY = 12 << 8 | 36,
    DICT_FD_SELECT = 12 << 8 | 37,
};

/* Operators of charstrings. */
enum {
    OP_HSTEM = 1,
    OP_VSTEM = 3,
    OP_CALL_LOCAL = 10,
    OP_RETURN = 11,
    OP_ESCAPE = 12,
    OP_END = 14,
    OP_HSTEM_MASKED = 18,
    OP_HINT_MASK = 19,
    OP_COUNTER_MASK = 20,
    OP_VSTEM_MASKED = 23,
    OP_CALL_GLOBAL = 29,
};

/* Big-endian; 0 where the bytes are missing. */
static uint32_t number_at(struct str bytes, size_t at, size_t size)
{
    uint32_t n = 0;
    for (size_t i = 0; i < size; i++)
        n = n << 8 | (at + i < bytes.len ? (unsigned char)bytes.data[at + i] : 0U);
    return n;
}

static void number_put(struct buf *out, uint32_t n, size_t size)
{
    for (size_t i = size; i-- > 0;)
        buf_put_char(out, (char)(n >> (8 * i) & 0xff));
}

/* ---- Lists of byte strings: INDEX ---- */

struct cff_index {
    struct str font;
    size_t count;
    size_t offsets;     /* where its offsets begin */
    size_t offset_size; /* 1 to 4 */
    size_t base;        /* offsets count from here */
    size_t end;         /* behind it */
};

static bool index_read(struct str font, size_t at, struct cff_index *out)
{
    struct cff_index read = {.font = font, .count = number_at(font, at, 2), .end = at + 2};
    if (at + 2 > font.len)
        return false;
    if (read.count) {
        read.offset_size = number_at(font, at + 2, 1);
        read.offsets = at + 3;
        if (read.offset_size < 1 || read.offset_size > 4)
            return false;
        read.base = read.offsets + (read.count + 1) * read.offset_size - 1;
        read.end = read.base + number_at(font, read.base + 1 - read.offset_size, read.offset_size);
        if (read.base >= font.len || read.end > font.len)
            return false;
    }
    *out = read;
    return true;
}

/* Absent when there is none. */
static struct str index_item(const struct cff_index *self, size_t i)
{
    if (i >= self->count)
        return STR_NONE;
    size_t from = self->base + number_at(self->font, self->offsets + i * self->offset_size, self->offset_size);
    size_t to = self->base + number_at(self->font, self->offsets + (i + 1) * self->offset_size, self->offset_size);
    return from <= to && to <= self->font.len ? (struct str){self->font.data + from, to - from} : STR_NONE;
}

static void index_put(struct buf *out, const struct str *items, size_t count)
{
    number_put(out, (uint32_t)count, 2);
    if (!count)
        return;
    number_put(out, OFFSET_SIZE, 1);
    uint32_t offset = 1;
    number_put(out, offset, OFFSET_SIZE);
    for (size_t i = 0; i < count; i++)
        number_put(out, offset += (uint32_t)items[i].len, OFFSET_SIZE);
    for (size_t i = 0; i < count; i++)
        buf_put(out, items[i]);
}

/* ---- Dictionaries: operands, then their operator ---- */

struct entry {
    struct str bytes; /* operands and operator */
    unsigned op;
    int64_t operands[2]; /* the first two, as far as they are whole numbers */
    size_t count;
};

/* The length of the operand that begins here; 0 where none does. */
static size_t operand_length(struct str dict, size_t at)
{
    unsigned first = number_at(dict, at, 1);
    if (first == 28)
        return 3;
    if (first == 29)
        return 5;
    if (first == 30) {
        size_t end = at + 1;
        while (end < dict.len && (dict.data[end] & 15) != 15)
            end++;
        return end + 1 - at;
    }
    return first >= 247 && first < 255 ? 2 : first >= 32 && first < 247 ? 1 : 0;
}

static int64_t operand_value(struct str dict, size_t at)
{
    int64_t first = number_at(dict, at, 1), second = number_at(dict, at + 1, 1);
    if (first == 28)
        return (int16_t)number_at(dict, at + 1, 2);
    if (first == 29)
        return (int32_t)number_at(dict, at + 1, 4);
    if (first >= 251)
        return -(first - 251) * 256 - second - 108;
    return first >= 247 ? (first - 247) * 256 + second + 108 : first - 139;
}

/* The entry at *at, which moves behind it. False at the end and where the dictionary is broken. */
static bool dict_next(struct str dict, size_t *at, struct entry *out)
{
    struct entry entry = {.count = 0};
    size_t from = *at, len;
    while (*at < dict.len && (len = operand_length(dict, *at)) > 0) {
        if (entry.count < COUNT_OF(entry.operands))
            entry.operands[entry.count] = operand_value(dict, *at);
        entry.count++;
        *at += len;
    }
    if (*at >= dict.len)
        return false;
    entry.op = number_at(dict, (*at)++, 1);
    if (entry.op == OP_ESCAPE)
        entry.op = entry.op << 8 | number_at(dict, (*at)++, 1);
    entry.bytes = str_part(dict, from, *at);
    *out = entry;
    return true;
}

static bool dict_find(struct str dict, unsigned op, struct entry *out)
{
    struct entry entry;
    for (size_t at = 0; dict_next(dict, &at, &entry);)
        if (entry.op == op) {
            *out = entry;
            return true;
        }
    return false;
}

/* A place in the font that an operator names, or -1. */
static int64_t dict_place(struct str dict, unsigned op, size_t operand)
{
    struct entry entry;
    return dict_find(dict, op, &entry) && entry.count > operand ? entry.operands[operand] : -1;
}

/* New operands of an operator; none: it is left out. */
struct change {
    unsigned op;
    size_t count;
    size_t values[2];
};

/* Changed operands always take five bytes, so that the length does not depend on them. */
static void dict_put(struct buf *out, struct str dict, const struct change *changes, size_t count)
{
    struct entry entry;
    for (size_t at = 0; dict_next(dict, &at, &entry);) {
        const struct change *change = NULL;
        for (size_t i = 0; i < count; i++)
            if (changes[i].op == entry.op)
                change = &changes[i];
        if (!change)
            buf_put(out, entry.bytes);
        if (!change || !change->count)
            continue;
        for (size_t i = 0; i < change->count; i++) {
            buf_put_char(out, 29);
            number_put(out, (uint32_t)change->values[i], 4);
        }
        number_put(out, entry.op, entry.op > 255 ? 2 : 1);
    }
}

/* ---- Charstrings ---- */

/* One glyph being written out. Its numbers stand last in out, so that a subroutine's number can be taken back. */
struct glyph {
    const struct cff_index *global, *local;
    struct buf *out;
    int32_t stack[STACK_MAX];
    size_t starts[STACK_MAX]; /* where each number begins in out */
    size_t count;
    size_t stems, calls;
    bool ended;
};

static bool glyph_run(struct glyph *self, struct str code, int depth);

static bool glyph_number(struct glyph *self, struct str code, size_t *at)
{
    unsigned first = number_at(code, *at, 1);
    size_t len = first == 255 ? 5 : operand_length(code, *at);
    if (self->count == STACK_MAX || *at + len > code.len)
        return false;
    self->starts[self->count] = self->out->len;
    self->stack[self->count++] = first == 255 ? INT32_MAX : (int32_t)operand_value(code, *at);
    buf_put(self->out, str_part(code, *at, *at + len));
    *at += len;
    return true;
}

static bool glyph_call(struct glyph *self, const struct cff_index *subroutines, int depth)
{
    if (self->count == 0 || depth == DEPTH_MAX || self->calls++ == CALLS_MAX)
        return false;
    self->count--;
    self->out->len = self->starts[self->count];
    int64_t bias = subroutines->count < 1240 ? 107 : subroutines->count < 33900 ? 1131 : 32768;
    int64_t n = self->stack[self->count] + bias;
    return n >= 0 && (size_t)n < subroutines->count && glyph_run(self, index_item(subroutines, (size_t)n), depth + 1);
}

/* Any other operator: it empties the stack. Stems are counted for the length of the masks. */
static bool glyph_operator(struct glyph *self, struct str code, size_t *at)
{
    unsigned op = number_at(code, *at, 1);
    size_t len = 1;
    bool mask = op == OP_HINT_MASK || op == OP_COUNTER_MASK;
    if (mask || op == OP_HSTEM || op == OP_VSTEM || op == OP_HSTEM_MASKED || op == OP_VSTEM_MASKED)
        self->stems += self->count / 2;
    if (mask)
        len += (self->stems + 7) / 8;
    if (op == OP_ESCAPE) {
        unsigned second = number_at(code, *at + 1, 1);
        if (second < 34 || second > 37) /* arithmetic: nobody could tell what a call's number is */
            return false;
        len = 2;
    }
    if (*at + len > code.len || op == 0 || op == 2 || op == 9 || op == 13 || (op >= 15 && op <= 17))
        return false;
    buf_put(self->out, str_part(code, *at, *at + len));
    *at += len;
    self->count = 0;
    self->ended = op == OP_END;
    return true;
}

static bool glyph_run(struct glyph *self, struct str code, int depth)
{
    for (size_t at = 0; at < code.len && !self->ended;) {
        unsigned op = number_at(code, at, 1);
        bool going = true;
        if (op == OP_RETURN)
            return depth > 0;
        if (op == 28 || op >= 32) {
            going = glyph_number(self, code, &at);
        } else if (op == OP_CALL_LOCAL || op == OP_CALL_GLOBAL) {
            at++;
            going = glyph_call(self, op == OP_CALL_LOCAL ? self->local : self->global, depth);
        } else {
            going = glyph_operator(self, code, &at);
        }
        if (!going || self->out->overflowed)
            return false;
    }
    return true;
}

/* ---- The font ---- */

#define PRIVATE_MAX 64

struct font {
    struct str bytes, top;
    struct cff_index names, tops, strings, global, charstrings, fonts;
    size_t charset, charset_len, select, select_len;
    struct cff_index local[PRIVATE_MAX]; /* subroutines of each font of the array */
    struct str private[PRIVATE_MAX];
};

/* The part [at, at + len), absent if the font ends before. */
static struct str font_part(const struct font *self, int64_t at, int64_t len)
{
    bool inside =
        at >= 0 && len >= 0 && (uint64_t)at <= self->bytes.len && (uint64_t)len <= self->bytes.len - (uint64_t)at;
    return inside ? (struct str){self->bytes.data + at, (size_t)len} : STR_NONE;
}

/* How long the list of names of n glyphs is: format 0 has one each, 1 and 2 have ranges. 0 if it is none. */
static size_t charset_length(struct str bytes, size_t at, size_t n)
{
    unsigned format = number_at(bytes, at, 1);
    if (format == 0)
        return 1 + 2 * (n - 1);
    size_t len = 1;
    for (size_t covered = 1; format <= 2 && covered < n && at + len < bytes.len; len += 2 + format)
        covered += number_at(bytes, at + len + 2, format) + 1;
    return format <= 2 ? len : 0;
}

static size_t select_length(struct str bytes, size_t at, size_t n)
{
    unsigned format = number_at(bytes, at, 1);
    return format == 0 ? 1 + n : format == 3 ? 5 + 3 * (size_t)number_at(bytes, at + 1, 2) : 0;
}

/* Which font of the array a glyph belongs to. */
static size_t font_of(const struct font *self, size_t glyph)
{
    if (number_at(self->bytes, self->select, 1) == 0)
        return number_at(self->bytes, self->select + 1 + glyph, 1);
    size_t ranges = number_at(self->bytes, self->select + 1, 2), found = 0;
    for (size_t i = 0; i < ranges; i++)
        if (number_at(self->bytes, self->select + 3 + 3 * i, 2) <= glyph)
            found = number_at(self->bytes, self->select + 5 + 3 * i, 1);
    return found;
}

static bool font_privates(struct font *self)
{
    if (self->fonts.count > PRIVATE_MAX)
        return false;
    for (size_t i = 0; i < self->fonts.count; i++) {
        struct str dict = index_item(&self->fonts, i);
        int64_t at = dict_place(dict, DICT_PRIVATE, 1);
        self->private[i] = font_part(self, at, dict_place(dict, DICT_PRIVATE, 0));
        int64_t subroutines = dict_place(self->private[i], DICT_SUBRS, 0);
        if (!self->private[i].data ||
            (subroutines >= 0 && !index_read(self->bytes, (size_t)(at + subroutines), &self->local[i])))
            return false;
    }
    return true;
}

static bool font_read(struct str bytes, struct font *self)
{
    *self = (struct font){.bytes = bytes};
    if (!index_read(bytes, number_at(bytes, 2, 1), &self->names) || !index_read(bytes, self->names.end, &self->tops) ||
        !index_read(bytes, self->tops.end, &self->strings) || !index_read(bytes, self->strings.end, &self->global))
        return false;
    self->top = index_item(&self->tops, 0);
    int64_t charset = dict_place(self->top, DICT_CHARSET, 0), select = dict_place(self->top, DICT_FD_SELECT, 0);
    int64_t glyphs = dict_place(self->top, DICT_CHARSTRINGS, 0), fonts = dict_place(self->top, DICT_FD_ARRAY, 0);
    if (self->tops.count != 1 || charset <= 2 || select <= 0 || glyphs <= 0 || fonts <= 0 ||
        !index_read(bytes, (size_t)glyphs, &self->charstrings) || !index_read(bytes, (size_t)fonts, &self->fonts) ||
        self->charstrings.count == 0)
        return false;
    self->charset = (size_t)charset;
    self->select = (size_t)select;
    self->charset_len = charset_length(bytes, self->charset, self->charstrings.count);
    self->select_len = select_length(bytes, self->select, self->charstrings.count);
    return self->charset_len && self->select_len && font_part(self, charset, (int64_t)self->charset_len).data &&
           font_part(self, select, (int64_t)self->select_len).data && font_privates(self);
}

static bool write_glyphs(struct arena *arena, const struct font *self, struct str *out)
{
    struct buf code;
    buf_init(&code, GLYPH_MAX);
    bool good = true;
    for (size_t i = 0; i < self->charstrings.count && good; i++) {
        size_t of = font_of(self, i);
        buf_reset(&code);
        struct glyph glyph = {
            .global = &self->global, .local = of < self->fonts.count ? &self->local[of] : NULL, .out = &code};
        good = glyph.local && glyph_run(&glyph, index_item(&self->charstrings, i), 0);
        if (good)
            out[i] = arena_str(arena, buf_str(&code));
    }
    buf_release(&code);
    return good;
}

/* What is written anew, and where it will stand. */
struct layout {
    size_t charset, select, charstrings, fonts, privates;
    struct str *glyphs;
};

static void put_head(struct buf *out, const struct font *self, const struct layout *at)
{
    struct buf top;
    buf_init(&top, 0);
    const struct change changes[CHANGES_MAX] = {{DICT_CHARSET, 1, {at->charset, 0}},
                                                {DICT_FD_SELECT, 1, {at->select, 0}},
                                                {DICT_CHARSTRINGS, 1, {at->charstrings, 0}},
                                                {DICT_FD_ARRAY, 1, {at->fonts, 0}}};
    dict_put(&top, self->top, changes, COUNT_OF(changes));
    struct str dict = buf_str(&top);
    buf_put(out, str_part(self->bytes, 0, self->names.end));
    index_put(out, &dict, 1);
    buf_put(out, str_part(self->bytes, self->tops.end, self->strings.end));
    index_put(out, NULL, 0);
    buf_release(&top);
}

/* The array of fonts, then their private dictionaries, which no longer name subroutines. */
static void put_fonts(struct arena *arena, struct buf *out, const struct font *self, size_t privates)
{
    const struct change without = {.op = DICT_SUBRS};
    struct str *dicts = arena_array(arena, struct str, self->fonts.count);
    struct str *inner = arena_array(arena, struct str, self->fonts.count);
    for (size_t i = 0; i < self->fonts.count; i++) {
        struct buf dict;
        buf_init(&dict, 0);
        dict_put(&dict, self->private[i], &without, 1);
        inner[i] = arena_take(arena, &dict);
        buf_init(&dict, 0);
        dict_put(&dict, index_item(&self->fonts, i), &(struct change){DICT_PRIVATE, 2, {inner[i].len, privates}}, 1);
        dicts[i] = arena_take(arena, &dict);
        privates += inner[i].len;
    }
    index_put(out, dicts, self->fonts.count);
    for (size_t i = 0; i < self->fonts.count; i++)
        buf_put(out, inner[i]);
}

/* Writes everything at the places of *at, and notes where it came to stand. */
static void put_font(struct arena *arena, struct buf *out, const struct font *self, struct layout *at)
{
    buf_reset(out);
    put_head(out, self, at);
    at->charset = out->len;
    buf_put(out, str_part(self->bytes, self->charset, self->charset + self->charset_len));
    at->select = out->len;
    buf_put(out, str_part(self->bytes, self->select, self->select + self->select_len));
    at->charstrings = out->len;
    index_put(out, at->glyphs, self->charstrings.count);
    at->fonts = out->len;
    put_fonts(arena, out, self, at->privates);
    size_t inner = 0;
    for (size_t i = 0; i < self->fonts.count; i++) {
        struct entry subroutines;
        bool named = dict_find(self->private[i], DICT_SUBRS, &subroutines);
        inner += self->private[i].len - (named ? subroutines.bytes.len : 0);
    }
    at->privates = out->len - inner;
}

bool cff_flatten(struct arena *arena, struct str bytes, struct str *out)
{
    struct font *font = arena_new(arena, struct font);
    if (!font_read(bytes, font))
        return false;
    struct layout layout = {.glyphs = arena_array(arena, struct str, font->charstrings.count)};
    if (!write_glyphs(arena, font, layout.glyphs))
        return false;
    struct buf written;
    buf_init(&written, FONT_MAX);
    put_font(arena, &written, font, &layout);
    put_font(arena, &written, font, &layout);
    bool good = !written.overflowed;
    if (good)
        *out = arena_str(arena, buf_str(&written));
    buf_release(&written);
    return good;
}
