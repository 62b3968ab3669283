/* The working calendar as a rank: the working days since 1970-01-01 are the weekdays since then plus the exceptions up
 * to that day, which are few and sorted. Every question is then one or two binary searches, however far apart the days
 * are. */
#include "clock/calendar.h"

#include "clock/instant.h"

#include <stdlib.h>

/* A day that differs from Monday-to-Friday; sum is +1 per worked weekend day and -1 per free weekday, up to this day.
 */
struct exception {
    int32_t day;
    int32_t sum;
};

struct calendar {
    const int32_t *years; /* announced, ascending, each once */
    size_t year_count;
    const struct exception *exceptions; /* by day, each day once */
    size_t exception_count;
};

/* Beyond these no int32 day can be reached, so larger counts are cut to them. */
#define COUNT_LIMIT ((int64_t)INT32_MAX * 4)

static bool is_weekday(int64_t day)
{
    return day_weekday(day) <= 5;
}

static int compare_int32(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a;
    int32_t y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static int compare_exceptions(const void *a, const void *b)
{
    return compare_int32(&((const struct exception *)a)->day, &((const struct exception *)b)->day);
}

/* Turns signs into running sums and drops repeated days. A weekend day that is listed both off and worked is worked. */
static size_t sum_up(struct exception *exceptions, size_t count)
{
    qsort(exceptions, count, sizeof(*exceptions), compare_exceptions);
    size_t kept = 0;
    int32_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept && exceptions[kept - 1].day == exceptions[i].day)
            continue;
        sum += exceptions[i].sum;
        exceptions[kept++] = (struct exception){exceptions[i].day, sum};
    }
    return kept;
}

const struct calendar *calendar_new(struct arena *arena, const struct calendar_year *years, size_t count)
{
    size_t listed = 0;
    for (size_t i = 0; i < count; i++)
        listed += years[i].off_count + years[i].makeup_count;

    int32_t *announced = arena_array(arena, int32_t, count);
    struct exception *exceptions = arena_array(arena, struct exception, listed);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        announced[i] = years[i].year;
        for (size_t k = 0; k < years[i].off_count; k++)
            if (is_weekday(years[i].off[k]))
                exceptions[used++] = (struct exception){years[i].off[k], -1};
        for (size_t k = 0; k < years[i].makeup_count; k++)
            if (!is_weekday(years[i].makeup[k]))
                exceptions[used++] = (struct exception){years[i].makeup[k], +1};
    }
    if (count)
        qsort(announced, count, sizeof(*announced), compare_int32);
    size_t distinct = 0;
    for (size_t i = 0; i < count; i++)
        if (distinct == 0 || announced[distinct - 1] != announced[i])
            announced[distinct++] = announced[i];

    struct calendar *self = arena_new(arena, struct calendar);
    *self = (struct calendar){announced, distinct, exceptions, used ? sum_up(exceptions, used) : 0};
    return self;
}

/* How many announced years are at most year. */
static size_t years_up_to(const struct calendar *self, int64_t year)
{
    size_t low = 0;
    size_t high = self->year_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (self->years[middle] <= year)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool calendar_announced(const struct calendar *self, int year)
{
    size_t n = years_up_to(self, year);
    return n > 0 && self->years[n - 1] == year;
}

/* True when some day in [first, last] belongs to a year without a list. */
static bool is_provisional(const struct calendar *self, int64_t first, int64_t last)
{
    if (first > last)
        return false;
    int64_t first_year = day_date(first).year;
    int64_t last_year = day_date(last).year;
    size_t announced = years_up_to(self, last_year) - years_up_to(self, first_year - 1);
    return (int64_t)announced < last_year - first_year + 1;
}

/* How many exceptions lie at or before day. */
static size_t exceptions_up_to(const struct calendar *self, int64_t day)
{
    size_t low = 0;
    size_t high = self->exception_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (self->exceptions[middle].day <= day)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Working days in (1970-01-01, day], up to a constant; never falls as day grows. */
static int64_t rank(const struct calendar *self, int64_t day)
{
    int64_t since_monday = day + 3; /* 1970-01-01 was a Thursday */
    int64_t week = since_monday / 7 - (since_monday % 7 < 0);
    int64_t in_week = since_monday - week * 7; /* 0 Monday … 6 Sunday */
    size_t n = exceptions_up_to(self, day);
    return week * 5 + (in_week < 5 ? in_week + 1 : 5) + (n ? self->exceptions[n - 1].sum : 0);
}

bool calendar_is_working_day(const struct calendar *self, int32_t day)
{
    return rank(self, day) > rank(self, (int64_t)day - 1);
}

/* The first day whose rank is at least wanted: a working day. */
static int64_t day_of_rank(const struct calendar *self, int64_t near, int64_t wanted)
{
    int64_t guess = near + (wanted - rank(self, near)) * 7 / 5;
    int64_t slack = 16 + 2 * (int64_t)self->exception_count;
    int64_t low = guess - slack;
    int64_t high = guess + slack;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (rank(self, middle) >= wanted)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static int32_t clamp_day(int64_t day)
{
    if (day > INT32_MAX)
        return INT32_MAX;
    return day < INT32_MIN ? INT32_MIN : (int32_t)day;
}

int32_t calendar_add_working_days(const struct calendar *self, int32_t day, int64_t n, bool *provisional)
{
    if (n > COUNT_LIMIT)
        n = COUNT_LIMIT;
    if (n < -COUNT_LIMIT)
        n = -COUNT_LIMIT;
    int64_t found = day;
    if (n > 0)
        found = day_of_rank(self, day, rank(self, day) + n);
    else if (n < 0)
        found = day_of_rank(self, day, rank(self, (int64_t)day - 1) + n + 1);
    int32_t result = clamp_day(found);
    if (provisional)
        *provisional =
            n > 0 ? is_provisional(self, (int64_t)day + 1, result) : is_provisional(self, result, (int64_t)day - 1);
    return result;
}

int64_t calendar_working_days_between(const struct calendar *self, int32_t from, int32_t to, bool *provisional)
{
    if (provisional)
        *provisional =
            from <= to ? is_provisional(self, (int64_t)from + 1, to) : is_provisional(self, (int64_t)to + 1, from);
    return rank(self, to) - rank(self, from);
}
