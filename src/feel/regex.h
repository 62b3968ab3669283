/* From the regular expressions of XPath (XPath and XQuery Functions and Operators 3.1, 5.6.1) to ICU's. */
#pragma once

#include "base/base.h"

struct regex_flags {
    bool dot_all;     /* s */
    bool multi_line;  /* m */
    bool ignore_case; /* i */
    bool free_blanks; /* x */
    bool literal;     /* q */
};

/* False when a letter is no flag. */
bool regex_flags_parse(struct str text, struct regex_flags *out);
/* Writes ICU's pattern to out and counts the groups. On a wrong pattern false, with *why saying what is wrong. */
bool regex_translate(struct str pattern, const struct regex_flags *flags, struct buf *out, int *groups,
                     const char **why);
