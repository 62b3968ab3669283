/* Reading of command lines: --name VALUE, --flag, and words. */
#pragma once

#include "base/base.h"

struct cli_option {
    const char *name;  /* "--data" */
    bool flag;         /* takes no value; *value is then the name itself */
    const char *value; /* what was given; keeps its default otherwise */
};

/* Fills options and at most word_max words; false, with a sentence on stderr, for an unknown option, a missing value or
 * too many words; false without one for --help. */
MUST_USE bool cli_options_read(int argc, char **argv, struct cli_option *options, size_t option_count,
                               const char **words, size_t word_max, size_t *word_count);

/* Prints "tongban <command>: message at field (hint)" on stderr; returns 1. */
int cli_failed(const char *command, const struct error *err);
