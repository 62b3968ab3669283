/* The regular expressions that rules mostly consist of, matched byte by byte: one or more alternatives of ASCII
 * characters and classes of a fixed length, which may be tied to the beginning and the end of the text: "^I2[0-5]",
 * "^(A|B[12])$", "^R54". They mean the same here as in XPath; every other pattern is left to ICU. */
#pragma once

#include "base/base.h"

struct regex_plain;

/* NULL when the pattern is of no such kind. Free it with heap_free. */
struct regex_plain *regex_plain_new(struct str pattern);
bool regex_plain_matches(const struct regex_plain *self, struct str text);
