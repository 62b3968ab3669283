/* Checks a pattern against the grammar of XPath and rewrites it for ICU. They differ in what ^ $ . mean, in class
 * subtraction, block names, \i and \c, in which escapes exist, and in what ICU allows beyond. Every character that is
 * not a letter or digit is written as \x{…}, so that nothing of the text can be read as syntax by mistake.
 *
 * A negated class or one with a subtraction becomes look-ahead and base, (?:(?![sub])[base]): ICU applies ignoring of
 * case to a class last, which would let [^Q] match q and Q. */
#include "feel/regex.h"

#include <string.h>
#include <unicode/uchar.h>

#define GROUPS_MAX 200
#define CLASS_DEPTH_MAX 16
#define COUNT_MAX 10000

struct translator {
    struct str text;
    size_t at;
    const struct regex_flags *flags;
    struct buf *out;
    int open[GROUPS_MAX]; /* numbers of the groups around, 0 for (?: */
    int depth;
    int groups;
    bool closed[GROUPS_MAX + 1];
    bool quantifiable;
    const char *why;
};

bool regex_flags_parse(struct str text, struct regex_flags *out)
{
    *out = (struct regex_flags){0};
    for (size_t i = 0; i < text.len; i++) {
        switch (text.data[i]) {
        case 's': out->dot_all = true; break;
        case 'm': out->multi_line = true; break;
        case 'i': out->ignore_case = true; break;
        case 'x': out->free_blanks = true; break;
        case 'q': out->literal = true; break;
        default: return false;
        }
    }
    return true;
}

static bool wrong(struct translator *self, const char *why)
{
    if (!self->why)
        self->why = why;
    return false;
}

static int peek(const struct translator *self)
{
    return self->at < self->text.len ? (unsigned char)self->text.data[self->at] : -1;
}

static bool take(struct translator *self, char c)
{
    if (peek(self) != (unsigned char)c)
        return false;
    self->at++;
    return true;
}

static void put(struct translator *self, const char *text)
{
    buf_put(self->out, str_of(text));
}

static void put_char(struct translator *self, uint32_t c)
{
    bool plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    if (plain)
        buf_put_char(self->out, (char)c);
    else
        buf_printf(self->out, "\\x{%X}", c);
}

/* ---- Escapes ---- */

/* Inside brackets: the members of \s \i \c \d \w. */
static const char *multi_escape(int c)
{
    switch (c) {
    case 's': return " \\t\\n\\r";
    case 'd': return "\\p{Nd}";
    case 'w': return "[^\\p{P}\\p{Z}\\p{C}]";
    case 'i':
        return ":_A-Za-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-"
               "\\u1FFF\\u200C\\u200D\\u2070-\\u218F"
               "\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\U00010000-\\U000EFFFF";
    case 'c':
        return "\\-.:_0-9A-Za-z\\u00B7\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u037D\\u037F-"
               "\\u1FFF\\u200C\\u200D\\u203F\\u2040"
               "\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\U00010000-\\U000EFFFF";
    default: return NULL;
    }
}

/* \n, \. and the like: the character, or -1. */
static int single_escape(int c)
{
    switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c > 0 && strchr("\\|.?*+(){}-[]^$", c) ? c : -1;
    }
}

static bool is_category(struct str name)
{
    static const char *const known =
        " L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po Z Zs Zl Zp S Sm Sc Sk So C Cc "
        "Cf Co Cn ";
    char wanted[5];
    if (name.len < 1 || name.len > 2)
        return false;
    wanted[0] = ' ';
    memcpy(wanted + 1, name.data, name.len);
    wanted[name.len + 1] = ' ';
    wanted[name.len + 2] = 0;
    return strstr(known, wanted) != NULL;
}

/* Behind \p or \P: {Lu} or {IsBasicLatin}. */
static bool property(struct translator *self, bool negated)
{
    char block[64];
    ptrdiff_t end = str_find(self->text, STR("}"), self->at);
    if (!take(self, '{') || end < 0)
        return wrong(self, "\\p is not followed by a name in braces");
    struct str name = str_part(self->text, self->at, (size_t)end);
    self->at = (size_t)end + 1;
    if (is_category(name)) {
        buf_printf(self->out, "\\%c{%.*s}", negated ? 'P' : 'p', STR_ARGS(name));
        return true;
    }
    if (!str_starts(name, STR("Is")) || name.len - 2 >= sizeof block)
        return wrong(self, "The character category is not known");
    memcpy(block, name.data + 2, name.len - 2);
    block[name.len - 2] = 0;
    bool plain = block[0] && !strpbrk(block, " _");
    if (!plain || u_getPropertyValueEnum(UCHAR_BLOCK, block) == UCHAR_INVALID_CODE)
        return wrong(self, "The character block is not known");
    buf_printf(self->out, "\\%c{blk=%s}", negated ? 'P' : 'p', block);
    return true;
}

/* A group that exists and is closed; of several digits as many as make one. */
static bool back_reference(struct translator *self)
{
    int number = peek(self) - '0';
    self->at++;
    while (peek(self) >= '0' && peek(self) <= '9' && number * 10 + peek(self) - '0' <= self->groups) {
        number = number * 10 + peek(self) - '0';
        self->at++;
    }
    if (number < 1 || number > self->groups || !self->closed[number])
        return wrong(self, "The back-reference names no group that is closed before it");
    buf_printf(self->out, "(?:\\%d)", number);
    return true;
}

/* Behind a backslash, outside classes. */
static bool escape(struct translator *self)
{
    int c = peek(self);
    if (c >= '0' && c <= '9')
        return back_reference(self);
    self->at++;
    if (c == 'p' || c == 'P')
        return property(self, c == 'P');
    int single = single_escape(c);
    if (single >= 0) {
        put_char(self, (uint32_t)single);
        return true;
    }
    const char *members = c > 0 ? multi_escape(c | 0x20) : NULL;
    if (!members)
        return wrong(self, "The escape is not known");
    buf_printf(self->out, "[%s%s]", c & 0x20 ? "" : "^", members);
    return true;
}

/* ---- Classes ---- */

static bool class(struct translator *self, int depth);

/* One end of a range, or a single member: its code point. *multi is set when it was a whole set, which is written. */
static bool class_atom(struct translator *self, uint32_t *code, bool *multi)
{
    *multi = false;
    if (peek(self) != '\\') {
        *code = utf8_next(self->text, &self->at);
        return true;
    }
    self->at++;
    int c = peek(self);
    self->at++;
    int single = single_escape(c);
    if (single >= 0) {
        *code = (uint32_t)single;
        return true;
    }
    *multi = true;
    if (c == 'p' || c == 'P')
        return property(self, c == 'P');
    const char *members = c > 0 ? multi_escape(c | 0x20) : NULL;
    if (!members)
        return wrong(self, "The escape is not known in a class");
    if (c & 0x20)
        put(self, members);
    else
        buf_printf(self->out, "[^%s]", members);
    return true;
}

/* Is a '-' here the sign of a range, not a member? */
static bool range_sign(const struct translator *self)
{
    if (peek(self) != '-' || self->at + 1 >= self->text.len)
        return false;
    char next = self->text.data[self->at + 1];
    return next != ']' && next != '[';
}

static bool class_member(struct translator *self)
{
    uint32_t from = 0;
    uint32_t to = 0;
    bool multi = false;
    if (!class_atom(self, &from, &multi))
        return false;
    if (multi)
        return true;
    put_char(self, from);
    if (!range_sign(self) || from == '-')
        return true;
    self->at++;
    if (!class_atom(self, &to, &multi))
        return false;
    if (multi || to < from)
        return wrong(self, "The range in the class is wrong");
    buf_put_char(self->out, '-');
    put_char(self, to);
    return true;
}

/* The members up to ']' or up to a subtraction, which is left to be read. */
static bool class_members(struct translator *self)
{
    bool first = true;
    for (;; first = false) {
        int c = peek(self);
        bool subtraction = c == '-' && self->at + 1 < self->text.len && self->text.data[self->at + 1] == '[';
        if ((c == ']' || subtraction) && !first)
            return true;
        if (c < 0 || c == ']' || c == '[' || subtraction)
            return wrong(self, c < 0 ? "The class is not closed" : "The class is wrong");
        if (!class_member(self))
            return false;
    }
}

/* Text written from `from` on is taken away again and given back. */
static struct str cut_back(struct translator *self, size_t from)
{
    struct str part = {self->out->data + from, self->out->len - from};
    self->out->len = from;
    return part;
}

/* Behind '['. */
static bool class(struct translator *self, int depth)
{
    if (depth > CLASS_DEPTH_MAX)
        return wrong(self, "Classes are nested too deep");
    bool negated = take(self, '^');
    size_t start = self->out->len;
    if (!class_members(self))
        return false;
    struct buf base;
    buf_init(&base, 0);
    buf_put(&base, cut_back(self, start));
    put(self, "(?:");
    bool ok = true;
    if (take(self, '-')) {
        self->at++;
        put(self, "(?!");
        ok = class(self, depth + 1);
        put(self, ")");
    }
    ok = ok && (take(self, ']') || wrong(self, "The class is not closed"));
    if (negated)
        buf_printf(self->out, "(?![%.*s])(?s:.))", STR_ARGS(buf_str(&base)));
    else
        buf_printf(self->out, "[%.*s])", STR_ARGS(buf_str(&base)));
    buf_release(&base);
    return ok;
}

/* ---- Outside classes ---- */

static bool group(struct translator *self)
{
    if (self->depth >= GROUPS_MAX || self->groups >= GROUPS_MAX)
        return wrong(self, "There are too many groups");
    if (take(self, '?')) {
        if (!take(self, ':'))
            return wrong(self, "Groups begin with ( or (?: only");
        put(self, "(?:");
        self->open[self->depth++] = 0;
    } else {
        put(self, "(");
        self->open[self->depth++] = ++self->groups;
    }
    self->quantifiable = false;
    return true;
}

static bool group_end(struct translator *self)
{
    if (self->depth == 0)
        return wrong(self, "A parenthesis is closed that was not opened");
    int number = self->open[--self->depth];
    self->closed[number] = true;
    put(self, ")");
    return true;
}

static int number(struct translator *self)
{
    int n = -1;
    while (peek(self) >= '0' && peek(self) <= '9' && n <= COUNT_MAX)
        n = (n < 0 ? 0 : n) * 10 + (self->text.data[self->at++] - '0');
    return n;
}

/* Behind '{': n}, n,} or n,m}. */
static bool count(struct translator *self)
{
    int least = number(self);
    bool comma = take(self, ',');
    int most = comma ? number(self) : least;
    if (least < 0 || least > COUNT_MAX || most > COUNT_MAX || (most >= 0 && most < least) || !take(self, '}'))
        return wrong(self, "The count in braces is wrong");
    if (!comma)
        buf_printf(self->out, "{%d}", least);
    else if (most < 0)
        buf_printf(self->out, "{%d,}", least);
    else
        buf_printf(self->out, "{%d,%d}", least, most);
    return true;
}

static bool quantifier(struct translator *self, int c)
{
    if (!self->quantifiable)
        return wrong(self, "There is nothing to repeat");
    if (c != '{')
        buf_put_char(self->out, (char)c);
    else if (!count(self))
        return false;
    if (take(self, '?'))
        put(self, "?");
    self->quantifiable = false;
    return true;
}

static void anchor(struct translator *self, int c)
{
    if (c == '^')
        put(self, self->flags->multi_line ? "(?:\\A|(?<=\\n)(?!\\z))" : "(?:\\A)");
    else
        put(self, self->flags->multi_line ? "(?:(?=\\n)|\\z)" : "(?:\\z)");
}

static bool item(struct translator *self)
{
    int c = peek(self);
    if (c == '?' || c == '*' || c == '+' || c == '{') {
        self->at++;
        return quantifier(self, c);
    }
    self->quantifiable = true;
    if (c == 0 || !strchr("|()[]}\\.^$", c)) {
        put_char(self, utf8_next(self->text, &self->at));
        return true;
    }
    self->at++;
    switch (c) {
    case '|':
        put(self, "|");
        self->quantifiable = false;
        return true;
    case '(': return group(self);
    case ')': return group_end(self);
    case '[': return class(self, 0);
    case '\\': return escape(self);
    case '.': put(self, self->flags->dot_all ? "(?s:.)" : "[^\\n\\r]"); return true;
    case '^':
    case '$': anchor(self, c); return true;
    default: return wrong(self, "A bracket or brace is closed that was not opened");
    }
}

/* Flag x: blanks go, except inside classes. */
static void without_blanks(struct str pattern, struct buf *out)
{
    int depth = 0;
    bool escaped = false;
    for (size_t i = 0; i < pattern.len; i++) {
        char c = pattern.data[i];
        bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (blank && depth == 0)
            continue;
        if (!escaped && c == '[')
            depth++;
        if (!escaped && c == ']' && depth > 0)
            depth--;
        escaped = !escaped && c == '\\';
        buf_put_char(out, c);
    }
}

bool regex_translate(struct str pattern, const struct regex_flags *flags, struct buf *out, int *groups,
                     const char **why)
{
    struct translator self = {.text = pattern, .flags = flags, .out = out};
    struct buf stripped;
    buf_init(&stripped, 0);
    if (flags->free_blanks && !flags->literal) {
        without_blanks(pattern, &stripped);
        self.text = buf_str(&stripped);
    }
    bool ok = true;
    while (ok && self.at < self.text.len) {
        if (flags->literal)
            put_char(&self, utf8_next(self.text, &self.at));
        else
            ok = item(&self);
    }
    if (ok && self.depth > 0)
        ok = wrong(&self, "A parenthesis is not closed");
    if (out->len == 0)
        put(&self, "(?:)");
    buf_release(&stripped);
    *groups = self.groups;
    *why = self.why;
    return ok;
}
