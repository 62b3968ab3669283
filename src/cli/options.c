#include "cli/options.h"

#include <stdio.h>
#include <string.h>

bool cli_options_read(int argc, char **argv, struct cli_option *options, size_t option_count, const char **words,
                      size_t word_max, size_t *word_count)
{
    size_t count = 0;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0) {
            if (count == word_max) {
                fprintf(stderr, "tongban %s: one word too many: %s\n", argv[0], argv[i]);
                return false;
            }
            words[count++] = argv[i];
            continue;
        }
        size_t k = 0;
        while (k < option_count && strcmp(options[k].name, argv[i]) != 0)
            k++;
        if (strcmp(argv[i], "--help") == 0)
            return false;
        if (k == option_count) {
            fprintf(stderr, "tongban %s: there is no option %s\n", argv[0], argv[i]);
            return false;
        }
        if (options[k].flag) {
            options[k].value = options[k].name;
        } else if (i + 1 < argc) {
            options[k].value = argv[++i];
        } else {
            fprintf(stderr, "tongban %s: %s needs a value\n", argv[0], argv[i]);
            return false;
        }
    }
    *word_count = count;
    return true;
}

int cli_failed(const char *command, const struct error *err)
{
    fprintf(stderr, "tongban %s: %s%s%s%s%s%s\n", command, err->message, err->field[0] ? " at " : "", err->field,
            err->hint[0] ? " (" : "", err->hint, err->hint[0] ? ")" : "");
    return 1;
}
