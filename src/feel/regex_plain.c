#include "feel/regex_plain.h"

#include <string.h>

#define ATOMS_MAX 64
#define WAYS_MAX 16

/* The characters that one place of the pattern takes. */
struct atom {
    uint64_t set[2];
};

struct regex_plain {
    bool from_start, to_end;
    uint8_t ways;
    uint8_t ends[WAYS_MAX]; /* of the alternatives in atoms */
    struct atom atoms[ATOMS_MAX];
};

struct reading {
    struct str text;
    size_t at;
    struct regex_plain *out;
    size_t atoms;
};

static bool is_plain(char c)
{
    return c >= ' ' && c < 0x7f && !strchr("\\^$.|?*+(){}[]", c);
}

static void atom_add(struct atom *self, char from, char to)
{
    for (int c = from; c <= to; c++)
        self->set[c / 64] |= UINT64_C(1) << (c % 64);
}

static bool atom_takes(const struct atom *self, char c)
{
    unsigned char byte = (unsigned char)c;
    return byte < 128 && self->set[byte / 64] >> (byte % 64) & 1;
}

static char peek(const struct reading *self)
{
    return self->at < self->text.len ? self->text.data[self->at] : 0;
}

/* After the opening bracket: characters and ranges, nothing negated, subtracted or escaped. */
static bool read_class(struct reading *self, struct atom *atom)
{
    bool any = false;
    while (peek(self) != ']') {
        char from = peek(self);
        if (!is_plain(from) || from == '-')
            return false;
        self->at++;
        char to = from;
        if (peek(self) == '-') {
            self->at++;
            to = peek(self);
            if (!is_plain(to) || to == '-' || to < from)
                return false;
            self->at++;
        }
        atom_add(atom, from, to);
        any = true;
    }
    self->at++;
    return any;
}

static bool read_atom(struct reading *self)
{
    char c = peek(self);
    struct atom *atom = &self->out->atoms[self->atoms];
    if (self->atoms == ATOMS_MAX)
        return false;
    self->at++;
    self->atoms++;
    if (c == '[')
        return read_class(self, atom);
    if (!is_plain(c))
        return false;
    atom_add(atom, c, c);
    return true;
}

/* Alternatives up to the closing bracket, or up to the end of the pattern. None may be empty. */
static bool read_ways(struct reading *self, bool bracketed)
{
    for (;;) {
        size_t begin = self->atoms;
        while (self->at < self->text.len && !strchr("|)$", peek(self)))
            if (!read_atom(self))
                return false;
        if (self->atoms == begin || self->out->ways == WAYS_MAX)
            return false;
        self->out->ends[self->out->ways++] = (uint8_t)self->atoms;
        if (peek(self) != '|')
            return true;
        if (!bracketed) /* anchors would belong to the first and the last alternative only */
            return false;
        self->at++;
    }
}

static bool read_pattern(struct reading *self)
{
    if (peek(self) == '^') {
        self->out->from_start = true;
        self->at++;
    }
    bool bracketed = peek(self) == '(';
    self->at += bracketed;
    if (!read_ways(self, bracketed))
        return false;
    if (bracketed && peek(self) != ')')
        return false;
    self->at += bracketed;
    if (peek(self) == '$') {
        self->out->to_end = true;
        self->at++;
    }
    return self->at == self->text.len;
}

struct regex_plain *regex_plain_new(struct str pattern)
{
    struct regex_plain *self = heap_alloc(sizeof *self);
    *self = (struct regex_plain){0};
    struct reading reading = {.text = pattern, .out = self};
    if (pattern.len && read_pattern(&reading))
        return self;
    heap_free(self);
    return NULL;
}

static bool way_matches(const struct regex_plain *self, size_t begin, size_t end, struct str text)
{
    size_t count = end - begin;
    if (text.len < count || (self->to_end && text.len > count))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!atom_takes(&self->atoms[begin + i], text.data[i]))
            return false;
    return true;
}

bool regex_plain_matches(const struct regex_plain *self, struct str text)
{
    size_t starts = self->from_start ? 1 : text.len;
    for (size_t at = 0; at < starts; at++)
        for (size_t way = 0, begin = 0; way < self->ways; begin = self->ends[way++])
            if (way_matches(self, begin, self->ends[way], str_part(text, at, text.len)))
                return true;
    return false;
}
