/* Reads test/golden/clock for the clock's tests. */
#pragma once

#include "base/base.h"
#include "clock/calendar.h"
#include "clock/instant.h"

#include <stdlib.h>

static inline struct str golden_read(struct arena *arena, const char *name)
{
    struct str path = arena_printf(arena, "%s/test/golden/clock/%s", SOURCE_ROOT, name);
    struct str text = STR_NONE;
    struct error err = ERROR_INIT;
    CHECK(file_read(arena, path.data, 1 << 20, &text, &err) == OK);
    return text;
}

/* Gives the next line that is neither empty nor a comment. */
static inline bool golden_line(struct str *rest, struct str *line)
{
    while (rest->data && rest->len) {
        *line = str_trim(str_cut(rest, '\n'));
        if (line->len && line->data[0] != '#')
            return true;
    }
    return false;
}

/* "2025-08-14" */
static inline int32_t golden_day(struct str text)
{
    int64_t year = 0, month = 0, day = 0;
    CHECK(text.len >= 10 && str_to_int64(str_part(text, 0, 4), &year) && str_to_int64(str_part(text, 5, 7), &month) &&
          str_to_int64(str_part(text, 8, 10), &day));
    return (int32_t)day_of_date(year, (int)month, (int)day);
}

/* "2025-08-14T17:30" on the wall clock */
static inline int64_t golden_instant(const char *text)
{
    struct str s = str_of(text);
    int64_t hour = 0, minute = 0;
    CHECK(s.len == 16 && str_to_int64(str_part(s, 11, 13), &hour) && str_to_int64(str_part(s, 14, 16), &minute));
    return day_start(golden_day(s)) + (hour * 60 + minute) * CLOCK_MINUTE_MS;
}

static inline const struct calendar *golden_calendar(struct arena *arena)
{
    struct calendar_year years[3] = {{.year = 2024}, {.year = 2025}, {.year = 2026}};
    int32_t *off[3], *makeup[3];
    for (int i = 0; i < 3; i++) {
        years[i].off = off[i] = arena_array(arena, int32_t, 64);
        years[i].makeup = makeup[i] = arena_array(arena, int32_t, 64);
    }
    struct str rest = golden_read(arena, "calendar.txt");
    struct str line;
    while (golden_line(&rest, &line)) {
        int64_t year = 0;
        CHECK(str_to_int64(str_cut(&line, ' '), &year) && year >= 2024 && year <= 2026);
        struct str kind = str_cut(&line, ' ');
        int i = (int)(year - 2024);
        if (str_equal(kind, STR("off")))
            off[i][years[i].off_count++] = golden_day(line);
        else
            makeup[i][years[i].makeup_count++] = golden_day(line);
    }
    return calendar_new(arena, years, 3);
}
