/* Built-ins that compare points and ranges (Allen's relations) and range(): 10.3.4.8. Every relation is a formula over
 * the four ends; an end that cannot be compared makes it null. */
#include "feel/builtins.h"

#include <string.h>

/* The order of two ends, or "cannot be compared", which then settles the whole relation. */
struct relation {
    bool unclear;
};

static int order(struct relation *self, struct value a, struct value b)
{
    int result = 0;
    if (!value_compare(a, b, &result))
        self->unclear = true;
    return result;
}

static struct value settled(const struct relation *self, bool holds, struct frame *frame)
{
    return self->unclear ? note_null(frame, "The points and ends of the ranges cannot be compared")
                         : value_boolean(holds);
}

static bool before_ranges(struct relation *r, const struct range *a, const struct range *b)
{
    int gap = order(r, a->end, b->start);
    return gap < 0 || (gap == 0 && !(a->end_included && b->start_included));
}

static bool meets_ranges(struct relation *r, const struct range *a, const struct range *b)
{
    return order(r, a->end, b->start) == 0 && a->end_included && b->start_included;
}

static bool overlaps_ranges(struct relation *r, const struct range *a, const struct range *b)
{
    int left = order(r, a->end, b->start);
    int right = order(r, a->start, b->end);
    return (left > 0 || (left == 0 && a->end_included && b->start_included)) &&
           (right < 0 || (right == 0 && a->start_included && b->end_included));
}

/* a begins no later than b: at the same point it has the point that b may lack. */
static bool starts_first(struct relation *r, const struct range *a, const struct range *b, bool strictly)
{
    int begin = order(r, a->start, b->start);
    if (begin != 0)
        return begin < 0;
    return strictly ? a->start_included && !b->start_included : a->start_included || !b->start_included;
}

static bool ends_first(struct relation *r, const struct range *a, const struct range *b, bool strictly)
{
    int end = order(r, a->end, b->end);
    if (end != 0)
        return end < 0;
    return strictly ? !a->end_included && b->end_included : !a->end_included || b->end_included;
}

static bool overlaps_before_ranges(struct relation *r, const struct range *a, const struct range *b)
{
    int touch = order(r, a->end, b->start);
    bool common = touch > 0 || (touch == 0 && a->end_included && b->start_included);
    return starts_first(r, a, b, true) && common && ends_first(r, a, b, false);
}

static bool finishes_ranges(struct relation *r, const struct range *a, const struct range *b)
{
    return order(r, a->end, b->end) == 0 && a->end_included == b->end_included && starts_first(r, b, a, false);
}

static bool finishes_point(struct relation *r, struct value point, const struct range *range)
{
    return order(r, point, range->end) == 0 && range->end_included;
}

static bool starts_ranges(struct relation *r, const struct range *a, const struct range *b)
{
    return order(r, a->start, b->start) == 0 && a->start_included == b->start_included && ends_first(r, a, b, false);
}

static bool starts_point(struct relation *r, struct value point, const struct range *range)
{
    return order(r, point, range->start) == 0 && range->start_included;
}

static bool during_ranges(struct relation *r, const struct range *a, const struct range *b)
{
    return starts_first(r, b, a, false) && ends_first(r, a, b, false);
}

static bool during_point(struct relation *r, struct value point, const struct range *range)
{
    int low = order(r, point, range->start);
    int high = order(r, point, range->end);
    return (low > 0 || (low == 0 && range->start_included)) && (high < 0 || (high == 0 && range->end_included));
}

static bool coincides_ranges(struct relation *r, const struct range *a, const struct range *b)
{
    return order(r, a->start, b->start) == 0 && order(r, a->end, b->end) == 0 &&
           a->start_included == b->start_included && a->end_included == b->end_included;
}

static bool before_point(struct relation *r, struct value point, const struct range *range)
{
    int gap = order(r, point, range->start);
    return gap < 0 || (gap == 0 && !range->start_included);
}

static bool after_point(struct relation *r, struct value point, const struct range *range)
{
    int gap = order(r, point, range->end);
    return gap > 0 || (gap == 0 && !range->end_included);
}

/* Each relation is called as it stands or with its arguments exchanged: b met by a is a meets b. */
#define RANGES(name, formula, first, second)                                                                           \
    static struct value name(const struct value *a, size_t count, struct frame *frame)                                 \
    {                                                                                                                  \
        (void)count;                                                                                                   \
        struct relation r = {0};                                                                                       \
        bool holds = formula(&r, a[first].range, a[second].range);                                                     \
        return settled(&r, holds, frame);                                                                              \
    }
#define POINT(name, formula, point_at, range_at)                                                                       \
    static struct value name(const struct value *a, size_t count, struct frame *frame)                                 \
    {                                                                                                                  \
        (void)count;                                                                                                   \
        struct relation r = {0};                                                                                       \
        bool holds = formula(&r, a[point_at], a[range_at].range);                                                      \
        return settled(&r, holds, frame);                                                                              \
    }
static struct value compare_points(const struct value *a, enum node_kind op, struct frame *frame)
{
    struct relation r = {0};
    struct value holds = order_result(op, order(&r, a[0], a[1]));
    return settled(&r, holds.boolean, frame);
}

static struct value call_before_points(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    return compare_points(a, NODE_LESS, frame);
}

static struct value call_after_points(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    return compare_points(a, NODE_GREATER, frame);
}

static struct value call_coincides_points(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    return compare_points(a, NODE_EQUAL, frame);
}

POINT(call_point_before, before_point, 0, 1)
POINT(call_range_before_point, after_point, 1, 0)
POINT(call_point_after, after_point, 0, 1)
POINT(call_range_after_point, before_point, 1, 0)
POINT(call_point_finishes, finishes_point, 0, 1)
POINT(call_finished_by_point, finishes_point, 1, 0)
POINT(call_includes_point, during_point, 1, 0)
POINT(call_point_during, during_point, 0, 1)
POINT(call_point_starts, starts_point, 0, 1)
POINT(call_started_by_point, starts_point, 1, 0)
RANGES(call_before, before_ranges, 0, 1)
RANGES(call_after, before_ranges, 1, 0)
RANGES(call_meets, meets_ranges, 0, 1)
RANGES(call_met_by, meets_ranges, 1, 0)
RANGES(call_overlaps, overlaps_ranges, 0, 1)
RANGES(call_overlaps_before, overlaps_before_ranges, 0, 1)
RANGES(call_overlaps_after, overlaps_before_ranges, 1, 0)
RANGES(call_finishes, finishes_ranges, 0, 1)
RANGES(call_finished_by, finishes_ranges, 1, 0)
RANGES(call_includes, during_ranges, 1, 0)
RANGES(call_during, during_ranges, 0, 1)
RANGES(call_starts, starts_ranges, 0, 1)
RANGES(call_started_by, starts_ranges, 1, 0)
RANGES(call_coincides, coincides_ranges, 0, 1)

/* ---- range("[1..10)") ---- */

/* Where `..` stands outside quotation marks; the text's length if nowhere. */
static size_t dots_at(struct str text)
{
    bool quoted = false;
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.data[i] == '\\' && quoted)
            i++;
        else if (text.data[i] == '"')
            quoted = !quoted;
        else if (!quoted && text.data[i] == '.' && text.data[i + 1] == '.')
            return i;
    }
    return text.len;
}

/* Is this an operator, a bracket or a letter that no number, string or @-literal has here? */
static bool breaks_literal(struct str text, size_t i)
{
    char c = text.data[i];
    if (c == '-')
        return i > 0 && (text.data[i - 1] | 0x20) != 'e';
    return strchr("+*/<>=[{", c) || ((c | 0x20) != 'e' && is_name_start((unsigned char)c));
}

/* Only literals may stand in a range string (grammar rule 67): no names, and calls of four functions with literals
 * alone. */
static bool is_literal_text(struct str text)
{
    static const char *const calls[] = {"date and time", "date", "time", "duration"};
    size_t inner = 0;
    for (size_t i = 0; i < COUNT_OF(calls) && !inner; i++)
        inner = match_name(text, 0, str_of(calls[i]));
    bool quoted = false;
    int opened = 0;
    for (size_t i = inner; i < text.len; i++) {
        char c = text.data[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (breaks_literal(text, i) || (c == '(' && ++opened > (inner ? 1 : 0))))
            return false;
    }
    return true;
}

/* A literal, or nothing where the bracket is open. */
static bool range_end(struct str text, bool included, struct frame *frame, struct value *out)
{
    text = str_trim(text);
    *out = value_null;
    if (text.len == 0)
        return !included;
    const struct feel_program *program = NULL;
    struct error ignored = ERROR_INIT;
    if (!is_literal_text(text) || feel_compile(frame->run->arena, text, NULL, &program, &ignored) != OK ||
        !feel_constant(program, out))
        return false;
    return out->kind == VALUE_NUMBER || out->kind == VALUE_STRING ||
           (out->kind >= VALUE_DATE && out->kind <= VALUE_DAYS_TIME);
}

static bool range_ordered(struct range *range)
{
    int order = 0;
    if (value_is_null(range->start) && value_is_null(range->end))
        return false;
    if (value_is_null(range->start))
        range->by_operator = range->end_included ? 'l' : '<';
    else if (value_is_null(range->end))
        range->by_operator = range->start_included ? 'g' : '>';
    else
        return range_ends_agree(range) && value_compare(range->start, range->end, &order) && order <= 0;
    return true;
}

static struct value call_range(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct str text = str_trim(a[0].string);
    struct range range = {0};
    char first = text.len > 2 ? text.data[0] : 0;
    char last = text.len > 2 ? text.data[text.len - 1] : 0;
    bool brackets = (first == '[' || first == '(' || first == ']') && (last == ']' || last == ')' || last == '[');
    struct str inner = str_part(text, 1, text.len > 0 ? text.len - 1 : 0);
    size_t dots = dots_at(inner);
    range.start_included = first == '[';
    range.end_included = last == ']';
    if (!brackets || dots == inner.len ||
        !range_end(str_part(inner, 0, dots), range.start_included, frame, &range.start) ||
        !range_end(str_part(inner, dots + 2, inner.len), range.end_included, frame, &range.end))
        return note_null(frame, "range(): '%.*s' is not a range of literals", (int)(text.len < 40 ? text.len : 40),
                         text.data);
    if (!range_ordered(&range))
        return note_null(frame, "range(): the ends must be of one kind and in order, and one must be given");
    return range_value(frame->run->arena, range);
}

#define RELATION(text, call, ...)                                                                                      \
    {                                                                                                                  \
        text, call, 0, FEEL_TYPE_BOOLEAN, __VA_ARGS__                                                                  \
    }
#define TWO_POINTS                                                                                                     \
    {                                                                                                                  \
        P("point1", TAKE_POINT), P("point2", TAKE_POINT)                                                               \
    }
#define TWO_RANGES                                                                                                     \
    {                                                                                                                  \
        P("range1", TAKE_RANGE), P("range2", TAKE_RANGE)                                                               \
    }
#define POINT_RANGE                                                                                                    \
    {                                                                                                                  \
        P("point", TAKE_POINT), P("range", TAKE_RANGE)                                                                 \
    }
#define RANGE_POINT                                                                                                    \
    {                                                                                                                  \
        P("range", TAKE_RANGE), P("point", TAKE_POINT)                                                                 \
    }

const struct builtin builtins_range[] = {
    RELATION("before", call_before_points, TWO_POINTS),
    RELATION("before", call_point_before, POINT_RANGE),
    RELATION("before", call_range_before_point, RANGE_POINT),
    RELATION("before", call_before, TWO_RANGES),
    RELATION("after", call_after_points, TWO_POINTS),
    RELATION("after", call_point_after, POINT_RANGE),
    RELATION("after", call_range_after_point, RANGE_POINT),
    RELATION("after", call_after, TWO_RANGES),
    RELATION("meets", call_meets, TWO_RANGES),
    RELATION("met by", call_met_by, TWO_RANGES),
    RELATION("overlaps", call_overlaps, TWO_RANGES),
    RELATION("overlaps before", call_overlaps_before, TWO_RANGES),
    RELATION("overlaps after", call_overlaps_after, TWO_RANGES),
    RELATION("finishes", call_point_finishes, POINT_RANGE),
    RELATION("finishes", call_finishes, TWO_RANGES),
    RELATION("finished by", call_finished_by_point, RANGE_POINT),
    RELATION("finished by", call_finished_by, TWO_RANGES),
    RELATION("includes", call_includes_point, RANGE_POINT),
    RELATION("includes", call_includes, TWO_RANGES),
    RELATION("during", call_point_during, POINT_RANGE),
    RELATION("during", call_during, TWO_RANGES),
    RELATION("starts", call_point_starts, POINT_RANGE),
    RELATION("starts", call_starts, TWO_RANGES),
    RELATION("started by", call_started_by_point, RANGE_POINT),
    RELATION("started by", call_started_by, TWO_RANGES),
    RELATION("coincides", call_coincides_points, TWO_POINTS),
    RELATION("coincides", call_coincides, TWO_RANGES),
    {"range", call_range, 0, FEEL_TYPE_RANGE, ONE("from", TAKE_STRING)},
    {0},
};
