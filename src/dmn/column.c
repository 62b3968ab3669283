/* A column of a decision table cut into pieces, see struct column. The pieces are exact: within one, every decided test
 * is the same for all values. */
#include "dmn/internal.h"

#include <stdlib.h>
#include <string.h>

#define WORD_BITS 64
#define SET_WORDS_MAX ((size_t)4 * 1024 * 1024) /* 32 MiB for one column; beyond it every test is evaluated */

/* Kinds that are totally ordered by value_compare and equal exactly where it says 0. */
static bool is_cuttable(enum value_kind kind)
{
    return kind == VALUE_NUMBER || kind == VALUE_STRING || kind == VALUE_BOOLEAN || kind == VALUE_DATE ||
           kind == VALUE_YEARS_MONTHS || kind == VALUE_DAYS_TIME;
}

static int compare(struct value a, struct value b)
{
    if (a.kind == VALUE_NUMBER)
        return number_compare(a, b);
    if (a.kind == VALUE_BOOLEAN)
        return (int)a.boolean - (int)b.boolean;
    int order = 0;
    CHECK(value_compare(a, b, &order));
    return order;
}

static int compare_cuts(const void *a, const void *b)
{
    return compare(*(const struct value *)a, *(const struct value *)b);
}

bool dmn_column_shape_is(struct feel_tests_shape shape, enum value_kind kind)
{
    if (shape.kind != FEEL_TEST_VALUES && shape.kind != FEEL_TEST_NOT)
        return false;
    for (size_t i = 0; i < shape.count; i++) {
        const struct range *range = &shape.ranges[i];
        bool bounded = !value_is_null(range->start) || !value_is_null(range->end);
        if (!bounded || (!value_is_null(range->start) && range->start.kind != kind) ||
            (!value_is_null(range->end) && range->end.kind != kind))
            return false;
        bool is_value =
            !value_is_null(range->start) && !value_is_null(range->end) && compare(range->start, range->end) == 0;
        if (kind == VALUE_BOOLEAN && !is_value)
            return false;
    }
    return is_cuttable(kind) && shape.count > 0;
}

static enum value_kind shape_kind(struct feel_tests_shape shape)
{
    if ((shape.kind != FEEL_TEST_VALUES && shape.kind != FEEL_TEST_NOT) || shape.count == 0)
        return VALUE_NULL;
    struct value end = value_is_null(shape.ranges[0].start) ? shape.ranges[0].end : shape.ranges[0].start;
    return end.kind;
}

size_t dmn_column_cuts(struct arena *arena, const struct feel_tests_shape *shapes, size_t count, enum value_kind *kind,
                       struct value **out)
{
    VECTOR(struct value) cuts = {0};
    *kind = VALUE_NULL;
    for (size_t i = 0; i < count && *kind == VALUE_NULL; i++)
        if (dmn_column_shape_is(shapes[i], shape_kind(shapes[i])))
            *kind = shape_kind(shapes[i]);
    for (size_t i = 0; i < count && *kind != VALUE_NULL; i++) {
        if (!dmn_column_shape_is(shapes[i], *kind))
            continue;
        for (size_t r = 0; r < shapes[i].count; r++) {
            if (!value_is_null(shapes[i].ranges[r].start))
                VECTOR_PUSH(arena, &cuts, shapes[i].ranges[r].start);
            if (!value_is_null(shapes[i].ranges[r].end))
                VECTOR_PUSH(arena, &cuts, shapes[i].ranges[r].end);
        }
    }
    if (cuts.count)
        qsort(cuts.items, cuts.count, sizeof(*cuts.items), compare_cuts);
    size_t kept = 0;
    for (size_t i = 0; i < cuts.count; i++)
        if (kept == 0 || compare(cuts.items[kept - 1], cuts.items[i]) != 0)
            cuts.items[kept++] = cuts.items[i];
    *out = cuts.items;
    return kept;
}

size_t dmn_column_piece(const struct column *self, struct value v)
{
    size_t low = 0;
    size_t high = self->cut_count;
    int64_t n = 0;
    if (self->cut_ints && value_to_int64(v, &n)) {
        while (low < high) {
            size_t middle = (low + high) / 2;
            if (n == self->cut_ints[middle])
                return middle * 2 + 1;
            if (n < self->cut_ints[middle])
                high = middle;
            else
                low = middle + 1;
        }
        return low * 2;
    }
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = compare(v, self->cuts[middle]);
        if (order == 0)
            return middle * 2 + 1;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low * 2;
}

/* The pieces [*from, *to] inside the range, whose ends are cuts; none when *from > *to. */
static void range_pieces(const struct column *self, const struct range *range, size_t *from, size_t *to)
{
    *from = 0;
    *to = self->cut_count * 2;
    if (!value_is_null(range->start))
        *from = dmn_column_piece(self, range->start) + (range->start_included ? 0 : 1);
    if (!value_is_null(range->end))
        *to = dmn_column_piece(self, range->end) - (range->end_included ? 0 : 1);
}

bool dmn_column_shape_holds(const struct column *self, struct feel_tests_shape shape, size_t piece)
{
    bool inside = false;
    for (size_t i = 0; i < shape.count && !inside; i++) {
        size_t from = 0;
        size_t to = 0;
        range_pieces(self, &shape.ranges[i], &from, &to);
        inside = from <= piece && piece <= to;
    }
    return shape.kind == FEEL_TEST_NOT ? !inside : inside;
}

static const int64_t *whole_cuts(struct arena *arena, const struct column *column)
{
    if (column->kind != VALUE_NUMBER)
        return NULL;
    int64_t *ints = arena_array(arena, int64_t, column->cut_count);
    for (size_t i = 0; i < column->cut_count; i++)
        if (!value_to_int64(column->cuts[i], &ints[i]))
            return NULL;
    return ints;
}

static void set_bit(uint64_t *set, size_t rule)
{
    set[rule / WORD_BITS] |= UINT64_C(1) << (rule % WORD_BITS);
}

/* Puts the rule into the set of every piece where its test holds; no test: everywhere. */
static void add_pieces(const struct column *column, const struct test *test, size_t rule, size_t words, uint64_t *sets)
{
    size_t last = column->cut_count * 2;
    if (!test || test->shape.kind == FEEL_TEST_NOT) {
        for (size_t piece = 0; piece <= last; piece++)
            if (!test || dmn_column_shape_holds(column, test->shape, piece))
                set_bit(sets + piece * words, rule);
        return;
    }
    for (size_t i = 0; i < test->shape.count; i++) {
        size_t from = 0;
        size_t to = 0;
        range_pieces(column, &test->shape.ranges[i], &from, &to);
        for (size_t piece = from; piece <= to && piece <= last; piece++)
            set_bit(sets + piece * words, rule);
    }
}

static bool holds_for_null(const struct test *test, struct arena *arena)
{
    struct value null = value_null;
    struct feel_run run = {.arena = arena};
    struct feel_input input = {.context = value_null, .tested = &null};
    return value_is_true(feel_evaluate(test->program, &input, &run));
}

/* Per test and piece whether it holds, then per rule by its test. */
static void fill_sets(struct arena *arena, const struct table *table, struct input_clause *clause, size_t at)
{
    struct column *column = &clause->column;
    size_t pieces = column->cut_count * 2 + 1;
    uint64_t *sets = arena_array(arena, uint64_t, pieces * table->words);
    uint64_t *null_set = arena_array(arena, uint64_t, table->words);
    uint64_t *any_set = arena_array(arena, uint64_t, table->words);
    uint64_t *open_set = arena_array(arena, uint64_t, table->words);
    for (size_t t = 0; t < clause->test_count; t++)
        clause->tests[t].null_holds = clause->tests[t].decided && holds_for_null(&clause->tests[t], arena);
    for (size_t rule = 0; rule < table->rule_count; rule++) {
        const struct test *test = &clause->tests[table->rules[rule].tests[at]];
        bool any = test->shape.kind == FEEL_TEST_ANY;
        bool open = !any && !test->decided;
        if (any)
            set_bit(any_set, rule);
        if (open)
            set_bit(open_set, rule);
        if (any || open || test->null_holds)
            set_bit(null_set, rule);
        add_pieces(column, any || open ? NULL : test, rule, table->words, sets);
        column->has_open |= open;
    }
    column->sets = sets;
    column->null_set = null_set;
    column->any_set = any_set;
    column->open_set = open_set;
}

void dmn_column_compile(struct arena *arena, const struct table *table, struct input_clause *clause, size_t at)
{
    struct column *column = &clause->column;
    struct feel_tests_shape *shapes = arena_array(arena, struct feel_tests_shape, clause->test_count);
    for (size_t i = 0; i < clause->test_count; i++)
        shapes[i] = clause->tests[i].shape;
    struct value *cuts = NULL;
    column->cut_count = dmn_column_cuts(arena, shapes, clause->test_count, &column->kind, &cuts);
    column->cuts = cuts;
    if ((column->cut_count * 2 + 1) * table->words > SET_WORDS_MAX) {
        column->cut_count = 0;
        column->kind = VALUE_NULL;
    }
    for (size_t i = 0; i < clause->test_count; i++)
        clause->tests[i].decided =
            column->kind != VALUE_NULL && dmn_column_shape_is(clause->tests[i].shape, column->kind);
    column->cut_ints = whole_cuts(arena, column);
    fill_sets(arena, table, clause, at);
}
