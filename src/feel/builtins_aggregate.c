/* Built-ins that make one value of a list: count, min, max, sums, statistics, all, any: 10.3.4.4. */
#include "feel/builtins.h"
#include "feel/number.h"

#include <stdlib.h>
#include <string.h>

static struct value call_count(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    (void)frame;
    return value_int((int64_t)a[0].list->count);
}

static struct value extreme(const struct list *list, int sign, struct frame *frame)
{
    if (list->count == 0)
        return note_null(frame, "An empty list has neither least nor greatest item");
    struct value best = list->items[0];
    for (size_t i = 0; i < list->count; i++) {
        int order = 0;
        if (!value_compare(list->items[i], best, &order))
            return note_null(frame, "min() and max() need items of one kind that have an order");
        if (order * sign > 0)
            best = list->items[i];
    }
    return best;
}

static struct value call_min(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    return extreme(a[0].list, -1, frame);
}

static struct value call_max(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    return extreme(a[0].list, 1, frame);
}

/* ---- Numbers only ---- */

static bool all_numbers(const struct list *list, const char *function, struct frame *frame)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].kind == VALUE_NUMBER)
            continue;
        note_null(frame, "%s() needs a list of numbers, not of %s", function,
                  value_kind_name((enum value_kind)list->items[i].kind));
        return false;
    }
    return run_spend(frame->run, list->count / 4);
}

static bool some_numbers(const struct list *list, const char *function, struct frame *frame)
{
    if (list->count > 0)
        return all_numbers(list, function, frame);
    note_null(frame, "%s() of an empty list has no result", function);
    return false;
}

static struct value too_large(struct frame *frame)
{
    return note_null(frame, "The result is no number that can be held");
}

static bool total_of(const struct list *list, struct value *out)
{
    struct value total = value_int(0);
    for (size_t i = 0; i < list->count; i++)
        if (!number_add_quick(total, list->items[i], &total))
            return false;
    *out = total;
    return true;
}

static struct value call_sum(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct value total;
    if (!some_numbers(a[0].list, "sum", frame))
        return value_null;
    return total_of(a[0].list, &total) ? total : too_large(frame);
}

static struct value call_product(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    const struct list *list = a[0].list;
    struct value product = value_int(1);
    if (!some_numbers(list, "product", frame))
        return value_null;
    for (size_t i = 0; i < list->count; i++)
        if (!number_multiply(product, list->items[i], &product))
            return too_large(frame);
    return product;
}

static bool mean_of(const struct list *list, struct value *out)
{
    struct value total;
    return total_of(list, &total) && number_divide(total, value_int((int64_t)list->count), out);
}

static struct value call_mean(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct value mean;
    if (!some_numbers(a[0].list, "mean", frame))
        return value_null;
    return mean_of(a[0].list, &mean) ? mean : too_large(frame);
}

static int by_number(const void *a, const void *b)
{
    return number_compare_quick(*(const struct value *)a, *(const struct value *)b);
}

static const struct list *sorted(const struct list *list, struct frame *frame)
{
    struct list *out = list_new(frame->run->arena, list->count);
    memcpy(out->items, list->items, list->count * sizeof out->items[0]);
    qsort(out->items, out->count, sizeof out->items[0], by_number);
    return out;
}

static struct value call_median(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    if (!some_numbers(a[0].list, "median", frame))
        return value_null;
    const struct list *list = sorted(a[0].list, frame);
    size_t middle = list->count / 2;
    if (list->count % 2 == 1)
        return list->items[middle];
    struct value sum;
    struct value half;
    bool ok = number_add(list->items[middle - 1], list->items[middle], &sum) && number_divide(sum, value_int(2), &half);
    return ok ? half : too_large(frame);
}

/* Of a sample: the squares are divided by n - 1. */
static bool deviation_of(const struct list *list, struct value *out)
{
    struct value mean;
    struct value squares = value_int(0);
    if (!mean_of(list, &mean))
        return false;
    for (size_t i = 0; i < list->count; i++) {
        struct value apart;
        if (!number_subtract(list->items[i], mean, &apart) || !number_multiply(apart, apart, &apart) ||
            !number_add(squares, apart, &squares))
            return false;
    }
    return number_divide(squares, value_int((int64_t)list->count - 1), &squares) && number_sqrt(squares, out);
}

static struct value call_stddev(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    struct value deviation;
    if (!all_numbers(a[0].list, "stddev", frame))
        return value_null;
    if (a[0].list->count < 2)
        return note_null(frame, "stddev() needs at least two numbers");
    return deviation_of(a[0].list, &deviation) ? deviation : too_large(frame);
}

/* The most frequent numbers, in ascending order. */
static struct value call_mode(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    if (!all_numbers(a[0].list, "mode", frame))
        return value_null;
    const struct list *list = sorted(a[0].list, frame);
    struct list_builder out;
    list_builder_init(&out, frame->run->arena);
    size_t most = 0;
    for (size_t i = 0; i < list->count;) {
        size_t end = i + 1;
        while (end < list->count && number_compare_quick(list->items[i], list->items[end]) == 0)
            end++;
        if (end - i > most)
            out.items.count = 0;
        if (end - i >= most) {
            most = end - i;
            list_builder_push(&out, list->items[i]);
        }
        i = end;
    }
    return list_builder_done(&out);
}

/* ---- Booleans ---- */

/* deciding: the item that settles the matter. Otherwise its opposite when every item is that, else null. */
static struct value verdict(const struct list *list, bool deciding, struct frame *frame)
{
    bool unclear = false;
    for (size_t i = 0; i < list->count; i++) {
        struct value item = list->items[i];
        if (item.kind == VALUE_BOOLEAN && item.boolean == deciding)
            return item;
        unclear |= item.kind != VALUE_BOOLEAN;
    }
    return unclear ? note_null(frame, "The list holds something else than true and false") : value_boolean(!deciding);
}

static struct value call_all(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    return verdict(a[0].list, false, frame);
}

static struct value call_any(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    return verdict(a[0].list, true, frame);
}

static struct value call_not(const struct value *a, size_t count, struct frame *frame)
{
    (void)count;
    if (a[0].kind == VALUE_BOOLEAN)
        return value_boolean(!a[0].boolean);
    return note_null(frame, "not() needs a boolean, not %s", value_kind_name((enum value_kind)a[0].kind));
}

#define GATHER(text, call, result)                                                                                     \
    {                                                                                                                  \
        text, call, BUILTIN_GATHERS, result, ONE("list", TAKE_LIST)                                                    \
    }

const struct builtin builtins_aggregate[] = {
    {"count", call_count, 0, FEEL_TYPE_NUMBER, ONE("list", TAKE_LIST)},
    GATHER("min", call_min, FEEL_TYPE_ANY),
    GATHER("max", call_max, FEEL_TYPE_ANY),
    GATHER("sum", call_sum, FEEL_TYPE_NUMBER),
    GATHER("product", call_product, FEEL_TYPE_NUMBER),
    GATHER("mean", call_mean, FEEL_TYPE_NUMBER),
    GATHER("median", call_median, FEEL_TYPE_NUMBER),
    GATHER("stddev", call_stddev, FEEL_TYPE_NUMBER),
    GATHER("mode", call_mode, FEEL_TYPE_LIST),
    GATHER("all", call_all, FEEL_TYPE_BOOLEAN),
    GATHER("any", call_any, FEEL_TYPE_BOOLEAN),
    {"not", call_not, 0, FEEL_TYPE_BOOLEAN, ONE("negand", TAKE_ANY)},
    {0},
};
