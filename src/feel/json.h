/* JSON (RFC 8259) to and from values. Numbers are exact decimals that keep their text; strings are checked UTF-8;
 * lone surrogates, trailing text and control characters are refused with line and column. A byte order mark in front is
 * passed over. */
#pragma once

#include "feel/value.h"

struct json_limits {
    size_t max_bytes; /* 0: 16 MiB */
    int max_depth;    /* 0: 128; at most VALUE_DEPTH_MAX */
    bool refuse_duplicates; /* a key twice in one object is an error; otherwise the last value wins */
};

/* Values point into arena, never into text. Error field is "line L, column C". */
MUST_USE enum status json_parse(struct arena *arena, struct str text, const struct json_limits *limits,
                                struct value *out, struct error *err);

/* Dates, times, durations and ranges are written as their FEEL text, functions as null. */
void json_write(struct buf *out, struct value v);
/* The same with indentation of two blanks. */
void json_write_pretty(struct buf *out, struct value v);
struct str json_text(struct arena *arena, struct value v);
/* RFC 8785 canonical form: keys in UTF-16 order, numbers as ECMAScript writes them, shortest escapes. What is signed
 * and hashed. Numbers that a double cannot hold exactly are written in plain decimal digits. */
struct str json_canonical(struct arena *arena, struct value v);
/* Quotes and escapes one string. */
void json_write_string(struct buf *out, struct str s);
