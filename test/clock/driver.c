/* clock-driver PACKS: answers questions about working days, one a line, for compare.mjs.
 *   is DATE                                   1 or 0
 *   add DATE N                                the N-th working day after (before) it
 *   between FROM TO                           working days in (FROM, TO]
 *   limit DATE MINUTE N [FROM TO]…            last day of a limit of N working days that begins with something arriving
 * at that minute of that day, with suspensions */
#include "clock/instant.h"
#include "clock/limit.h"
#include "pack/pack.h"

#include <stdio.h>
#include <string.h>

#define PARTS_MAX 16

struct question {
    struct str parts[PARTS_MAX];
    size_t count;
};

static bool read_date(struct str text, int32_t *out)
{
    int64_t year, month, day;
    if (text.len != 10 || !str_to_int64(str_part(text, 0, 4), &year) || !str_to_int64(str_part(text, 5, 7), &month) ||
        !str_to_int64(str_part(text, 8, 10), &day))
        return false;
    *out = (int32_t)day_of_date(year, (int)month, (int)day);
    return true;
}

static bool print_date(int32_t day)
{
    struct clock_date date = day_date(day);
    printf("%04" PRId64 "-%02d-%02d\n", date.year, date.month, date.day);
    return true;
}

static bool answer_limit(const struct calendar *calendar, const struct question *question)
{
    struct limit_suspension suspensions[PARTS_MAX];
    struct limit limit = {
        .unit = LIMIT_WORKING_DAYS, .start_is_intake = true, .calendar = calendar, .suspensions = suspensions};
    int32_t start, from, to;
    int64_t minute;
    if (!read_date(question->parts[1], &start) || !str_to_int64(question->parts[2], &minute) ||
        !str_to_int64(question->parts[3], &limit.amount))
        return false;
    limit.start_ms = day_start(start) + minute * CLOCK_MINUTE_MS;
    for (size_t i = 4; i + 1 < question->count; i += 2) {
        if (!read_date(question->parts[i], &from) || !read_date(question->parts[i + 1], &to))
            return false;
        suspensions[limit.suspension_count++] =
            (struct limit_suspension){.from_ms = day_start(from) + 10 * 60 * CLOCK_MINUTE_MS,
                                      .to_ms = day_start(to) + 15 * 60 * CLOCK_MINUTE_MS,
                                      .planned_ms = LIMIT_NEVER,
                                      .ground = LIMIT_GROUND_HEARING,
                                      .notice = STR("1")};
    }
    struct limit_due due;
    struct error err = ERROR_INIT;
    return limit_compute(&limit, &due, &err) == OK && print_date(due.due_day);
}

static bool answer(const struct calendar *calendar, const struct question *question)
{
    struct str verb = question->parts[0];
    int32_t day, other;
    int64_t n;
    if (question->count < 2 || !read_date(question->parts[1], &day))
        return false;
    if (str_equal(verb, STR("is")))
        return printf("%d\n", calendar_is_working_day(calendar, day)) > 0;
    if (question->count < 3)
        return false;
    if (str_equal(verb, STR("add")))
        return str_to_int64(question->parts[2], &n) && print_date(calendar_add_working_days(calendar, day, n, NULL));
    if (str_equal(verb, STR("between")))
        return read_date(question->parts[2], &other) &&
               printf("%" PRId64 "\n", calendar_working_days_between(calendar, day, other, NULL)) > 0;
    return str_equal(verb, STR("limit")) && question->count >= 4 && answer_limit(calendar, question);
}

static void read_question(char *line, struct question *out)
{
    struct str rest = str_trim(str_of(line));
    *out = (struct question){0};
    while (rest.data && out->count < PARTS_MAX)
        out->parts[out->count++] = str_cut(&rest, ' ');
}

int main(int argc, char **argv)
{
    struct arena arena;
    struct error err = ERROR_INIT;
    const struct pack_set *packs;
    char line[1000];
    arena_init(&arena);
    if (argc != 2 || pack_set_load(&arena, argv[1], NULL, &packs, &err) != OK) {
        fprintf(stderr, "usage: clock-driver PACKS  %s\n", err.message);
        return 2;
    }
    int wrong = 0;
    while (fgets(line, sizeof line, stdin)) {
        struct question question;
        read_question(line, &question);
        if (!answer(pack_calendar(packs), &question)) {
            printf("?\n");
            wrong = 1;
        }
    }
    arena_release(&arena);
    return wrong;
}
