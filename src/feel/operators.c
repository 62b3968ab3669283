/* Arithmetic, comparison, ranges and tests on values: the operators of DMN 1.5, 10.3.2.12 to 10.3.2.15. */
#include "feel/internal.h"
#include "feel/number.h"

#include <string.h>

/* ---- Arithmetic ---- */

static bool is_duration(struct value v)
{
    return v.kind == VALUE_DAYS_TIME || v.kind == VALUE_YEARS_MONTHS;
}

static const char *op_sign(enum node_kind op)
{
    switch ((int)op) {
    case NODE_ADD: return "+";
    case NODE_SUBTRACT: return "-";
    case NODE_MULTIPLY: return "*";
    case NODE_DIVIDE: return "/";
    case NODE_POWER: return "**";
    case NODE_EQUAL: return "=";
    case NODE_NOT_EQUAL: return "!=";
    case NODE_LESS: return "<";
    case NODE_LESS_EQUAL: return "<=";
    case NODE_GREATER: return ">";
    case NODE_GREATER_EQUAL: return ">=";
    default: return "?";
    }
}

static struct value no_result(enum node_kind op, struct value a, struct value b, struct frame *frame)
{
    return note_null(frame, "%s %s %s has no result", value_kind_name((enum value_kind)a.kind), op_sign(op),
                     value_kind_name((enum value_kind)b.kind));
}

static struct value operate_numbers(enum node_kind op, struct value a, struct value b, struct frame *frame)
{
    struct value out;
    bool ok = false;
    switch ((int)op) {
    case NODE_ADD: ok = number_add_quick(a, b, &out); break;
    case NODE_SUBTRACT: ok = number_subtract_quick(a, b, &out); break;
    case NODE_MULTIPLY: ok = number_multiply(a, b, &out); break;
    case NODE_DIVIDE: ok = number_divide(a, b, &out); break;
    case NODE_POWER: ok = number_power(a, b, &out); break;
    default: break;
    }
    if (ok)
        return out;
    if (op == NODE_DIVIDE && number_is_zero(b))
        return note_null(frame, "A division by zero has no result");
    return note_null(frame, "The result of %s is no number that can be held", op_sign(op));
}

static struct value concatenate(struct value a, struct value b, struct frame *frame)
{
    const struct str parts[] = {a.string, b.string};
    if (!run_spend(frame->run, (a.string.len + b.string.len) / 16))
        return value_null;
    return value_string(arena_join(frame->run->arena, parts, 2));
}

struct value values_operate(enum node_kind op, struct value a, struct value b, struct frame *frame)
{
    if (a.kind == VALUE_NUMBER && b.kind == VALUE_NUMBER)
        return operate_numbers(op, a, b, frame);
    struct value out;
    bool ok = false;
    switch ((int)op) {
    case NODE_ADD:
        if (a.kind == VALUE_STRING && b.kind == VALUE_STRING)
            return concatenate(a, b, frame);
        ok = temporal_add(a, b, &out);
        break;
    case NODE_SUBTRACT: ok = temporal_subtract(a, b, &out); break;
    case NODE_MULTIPLY:
        if (is_duration(a) && b.kind == VALUE_NUMBER)
            ok = duration_multiply(a, b, &out);
        else if (a.kind == VALUE_NUMBER && is_duration(b))
            ok = duration_multiply(b, a, &out);
        break;
    case NODE_DIVIDE:
        if (is_duration(a) && b.kind == VALUE_NUMBER)
            ok = duration_divide(a, b, &out);
        else if (is_duration(a) && a.kind == b.kind)
            ok = duration_ratio(a, b, &out);
        break;
    default: break;
    }
    return ok ? out : no_result(op, a, b, frame);
}

struct value value_negate(struct value v, struct frame *frame)
{
    if (v.kind == VALUE_NUMBER)
        return number_negate(v);
    if (is_duration(v))
        return duration_negate(v);
    return note_null(frame, "A %s cannot be negated", value_kind_name((enum value_kind)v.kind));
}

/* ---- Comparison ---- */

struct value ternary_not(struct value v)
{
    return v.kind == VALUE_BOOLEAN ? value_boolean(!v.boolean) : value_null;
}

static struct value singleton(struct value v)
{
    return v.kind == VALUE_LIST && v.list->count == 1 ? v.list->items[0] : v;
}

/* A date beside a date and time counts as its midnight UTC; a list of one beside a scalar as its item. */
static void align(struct value *a, struct value *b)
{
    if (a->kind == b->kind)
        return;
    if (b->kind != VALUE_NULL)
        *a = singleton(*a);
    if (a->kind != VALUE_NULL)
        *b = singleton(*b);
    struct value moment;
    if (a->kind == VALUE_DATE && b->kind == VALUE_DATE_TIME && feel_type_midnight(*a, &moment))
        *a = moment;
    else if (b->kind == VALUE_DATE && a->kind == VALUE_DATE_TIME && feel_type_midnight(*b, &moment))
        *b = moment;
}

/* Without a note: tests on values of another kind are no mistake. */
static struct value compare_quietly(enum node_kind op, struct value a, struct value b)
{
    if (a.kind == VALUE_NUMBER && b.kind == VALUE_NUMBER)
        return order_result(op, number_compare_quick(a, b));
    align(&a, &b);
    if (op == NODE_EQUAL)
        return value_equal(a, b);
    if (op == NODE_NOT_EQUAL)
        return ternary_not(value_equal(a, b));
    int order = 0;
    return value_compare(a, b, &order) ? order_result(op, order) : value_null;
}

struct value values_compare(enum node_kind op, struct value a, struct value b, struct frame *frame)
{
    struct value result = compare_quietly(op, a, b);
    return value_is_null(result) ? no_result(op, a, b, frame) : result;
}

struct value ternary_and(struct value a, struct value b)
{
    if ((a.kind == VALUE_BOOLEAN && !a.boolean) || (b.kind == VALUE_BOOLEAN && !b.boolean))
        return value_false;
    return value_is_true(a) && value_is_true(b) ? value_true : value_null;
}

/* ---- Ranges ---- */

bool range_ends_agree(const struct range *range)
{
    if (value_is_null(range->start) || value_is_null(range->end))
        return true;
    return range->start.kind == range->end.kind;
}

struct value range_value(struct arena *arena, struct range range)
{
    struct range *copy = arena_new(arena, struct range);
    *copy = range;
    return (struct value){.kind = VALUE_RANGE, .range = copy};
}

struct value range_includes(const struct range *range, struct value v)
{
    switch (range->by_operator) {
    case '=': return compare_quietly(NODE_EQUAL, v, range->start);
    case '!': return compare_quietly(NODE_NOT_EQUAL, v, range->start);
    case '<': return compare_quietly(NODE_LESS, v, range->end);
    case 'l': return compare_quietly(NODE_LESS_EQUAL, v, range->end);
    case '>': return compare_quietly(NODE_GREATER, v, range->start);
    case 'g': return compare_quietly(NODE_GREATER_EQUAL, v, range->start);
    default: break;
    }
    struct value low = compare_quietly(range->start_included ? NODE_GREATER_EQUAL : NODE_GREATER, v, range->start);
    struct value high = compare_quietly(range->end_included ? NODE_LESS_EQUAL : NODE_LESS, v, range->end);
    return ternary_and(low, high);
}

/* ---- Tests ---- */

static struct value list_matches(struct value v, const struct list *list)
{
    if (v.kind == VALUE_LIST && value_is_true(value_equal(v, value_of_list(list))))
        return value_true;
    for (size_t i = 0; i < list->count; i++) {
        struct value item = list->items[i];
        struct value found =
            item.kind == VALUE_RANGE && v.kind != VALUE_RANGE ? range_includes(item.range, v) : value_equal(v, item);
        if (value_is_true(found))
            return value_true;
    }
    return value_false;
}

struct value test_matches(struct value v, struct value test)
{
    if (test.kind == VALUE_RANGE && v.kind != VALUE_RANGE)
        return range_includes(test.range, v);
    if (test.kind == VALUE_LIST)
        return list_matches(v, test.list);
    return compare_quietly(NODE_EQUAL, v, test);
}

/* ---- Properties of values that are no contexts: 10.3.2.3 ---- */

static bool range_property(const struct range *range, struct str name, struct value *out)
{
    if (str_equal(name, STR("start")))
        *out = range->start;
    else if (str_equal(name, STR("end")))
        *out = range->end;
    else if (str_equal(name, STR("start included")))
        *out = value_boolean(range->start_included);
    else if (str_equal(name, STR("end included")))
        *out = value_boolean(range->end_included);
    else
        return false;
    return true;
}

static int64_t time_offset_of(struct value v)
{
    return v.temporal.offset;
}

static bool date_property(struct value v, struct str name, struct value *out)
{
    struct civil civil = temporal_civil(v);
    if (str_equal(name, STR("year")))
        *out = value_int(civil.year);
    else if (str_equal(name, STR("month")))
        *out = value_int(civil.month);
    else if (str_equal(name, STR("day")))
        *out = value_int(civil.day);
    else if (str_equal(name, STR("weekday")))
        *out = value_int(weekday_of(days_from_civil(civil.year, civil.month, civil.day)));
    else
        return false;
    return true;
}

static bool clock_property(struct value v, struct str name, struct value *out)
{
    struct civil civil = temporal_civil(v);
    if (str_equal(name, STR("hour")))
        *out = value_int(civil.hour);
    else if (str_equal(name, STR("minute")))
        *out = value_int(civil.minute);
    else if (str_equal(name, STR("second")))
        *out = seconds_number(civil.second, v.temporal.nanos);
    else if (str_equal(name, STR("time offset")))
        *out = v.zone == ZONE_NONE ? value_null : value_days_time(time_offset_of(v), 0);
    else if (str_equal(name, STR("timezone")))
        *out = v.zone == ZONE_NAMED ? value_cstr(v.temporal.zone) : value_null;
    else
        return false;
    return true;
}

static bool duration_property(struct value v, struct str name, struct value *out)
{
    static const struct {
        const char *name;
        int64_t unit, modulo;
    } parts[] = {{"days", 86400, 0}, {"hours", 3600, 24}, {"minutes", 60, 60}, {"seconds", 1, 60}};
    if (v.kind == VALUE_YEARS_MONTHS) {
        if (str_equal(name, STR("years")))
            *out = value_int(v.months / 12);
        else if (str_equal(name, STR("months")))
            *out = value_int(v.months % 12);
        else
            return false;
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (!str_equal(name, str_of(parts[i].name)))
            continue;
        int64_t amount = v.span.seconds / parts[i].unit;
        if (parts[i].modulo)
            amount %= parts[i].modulo;
        *out = parts[i].unit == 1 ? seconds_number(amount, v.span.nanos) : value_int(amount);
        return true;
    }
    return false;
}

bool value_property(struct value v, struct str name, struct value *out)
{
    switch ((enum value_kind)v.kind) {
    case VALUE_CONTEXT: return value_find(v, name, out);
    case VALUE_RANGE: return range_property(v.range, name, out);
    case VALUE_DATE: return date_property(v, name, out);
    case VALUE_TIME: return clock_property(v, name, out);
    case VALUE_DATE_TIME: return date_property(v, name, out) || clock_property(v, name, out);
    case VALUE_YEARS_MONTHS:
    case VALUE_DAYS_TIME: return duration_property(v, name, out);
    case VALUE_NULL:
    case VALUE_BOOLEAN:
    case VALUE_NUMBER:
    case VALUE_STRING:
    case VALUE_LIST:
    case VALUE_FUNCTION:
    default: return false;
    }
}
