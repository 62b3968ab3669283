/* Golden files: a line is "field | field | …"; empty lines and lines that begin with # are passed over. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/base.h"

#define GOLDEN_FIELDS 8

struct golden_line {
    const char *file;
    int number;
    size_t count;
    struct str fields[GOLDEN_FIELDS]; /* without blanks at their ends */
    struct arena *arena;              /* given back after the line */
};

static int golden_failures;

typedef void golden_check(const struct golden_line *line);

static inline struct golden_line golden_cut(struct str text)
{
    struct golden_line line = {0};
    size_t from = 0;
    while (line.count < GOLDEN_FIELDS) {
        ptrdiff_t bar = str_find(text, STR(" | "), from);
        size_t end = bar < 0 ? text.len : (size_t)bar;
        line.fields[line.count++] = str_trim(str_part(text, from, end));
        if (bar < 0)
            break;
        from = end + 3;
    }
    return line;
}

/* Calls check for every line of test/golden/feel/name; fails when the file has none. */
static inline void golden_run(const char *name, golden_check *check)
{
    struct arena file_arena;
    struct arena arena;
    arena_init(&file_arena);
    arena_init(&arena);
    struct error err = ERROR_INIT;
    struct str text;
    char path[512];
    snprintf(path, sizeof(path), "%s/test/golden/feel/%s", SOURCE_ROOT, name);
    if (file_read(&file_arena, path, (size_t)16 << 20, &text, &err) != OK)
        fail_msg("%s", err.message);
    golden_failures = 0;
    int number = 0;
    int checked = 0;
    for (struct str rest = text; rest.data;) {
        struct str row = str_trim(str_cut(&rest, '\n'));
        number++;
        if (row.len == 0 || row.data[0] == '#')
            continue;
        struct golden_line line = golden_cut(row);
        line.file = name;
        line.number = number;
        line.arena = &arena;
        check(&line);
        checked++;
        arena_reset(&arena);
    }
    assert_true(checked > 0);
    assert_int_equal(golden_failures, 0);
    arena_release(&arena);
    arena_release(&file_arena);
}

static inline void golden_expect(const struct golden_line *line, struct str wanted, struct str found)
{
    if (str_equal(wanted, found))
        return;
    golden_failures++;
    print_error("%s:%d: expected '%.*s', found '%.*s'\n", line->file, line->number, STR_ARGS(wanted), STR_ARGS(found));
}
