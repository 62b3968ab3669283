#include "service/search_match.h"

/* ---- Comparing ---- */

static bool as_number(struct value v, struct value *out)
{
    struct error ignored = ERROR_INIT;
    if (v.kind == VALUE_NUMBER)
        *out = v;
    else if (v.kind != VALUE_STRING || value_number_parse(v.string, out, &ignored) != OK)
        return false;
    return true;
}

/* Keys travel as text, and clients send whole numbers either way. */
static bool whole(struct value v, int64_t *out)
{
    return v.kind == VALUE_STRING ? str_to_int64(v.string, out) : v.kind == VALUE_NUMBER && value_to_int64(v, out);
}

static bool as_instant(struct value v, int64_t *out)
{
    struct value parsed;
    if (v.kind == VALUE_STRING && date_time_parse(v.string, &parsed))
        v = parsed;
    return v.kind == VALUE_DATE_TIME && date_time_to_ms(v, out);
}

static int by_size(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

int search_compare(struct value a, struct value b)
{
    int64_t x, y;
    struct value m, n;
    if (value_is_null(a) || value_is_null(b))
        return value_is_null(a) - value_is_null(b);
    if ((a.kind == VALUE_DATE_TIME || b.kind == VALUE_DATE_TIME) && as_instant(a, &x) && as_instant(b, &y))
        return by_size(x, y);
    if (whole(a, &x) && whole(b, &y))
        return by_size(x, y);
    if ((a.kind == VALUE_NUMBER || b.kind == VALUE_NUMBER) && as_number(a, &m) && as_number(b, &n))
        return number_compare(m, n);
    if (a.kind == VALUE_BOOLEAN && b.kind == VALUE_BOOLEAN)
        return a.boolean - b.boolean;
    if (a.kind == VALUE_STRING && b.kind == VALUE_STRING)
        return str_compare(a.string, b.string);
    return a.kind < b.kind ? -1 : 1;
}

/* ---- Conditions ---- */

static size_t after_character(struct str text, size_t at)
{
    do
        at++;
    while (at < text.len && ((unsigned char)text.data[at] & 0xC0) == 0x80);
    return at;
}

/* Wildcards * and ?, with a backslash before them themselves. Goes back to the last * only, so it takes no more than
 * pattern times text steps. */
static bool like(struct str text, struct str pattern)
{
    size_t t = 0, p = 0, star = SIZE_MAX, from = 0;
    while (t < text.len) {
        bool escaped = p + 1 < pattern.len && pattern.data[p] == '\\';
        char ch = p < pattern.len ? pattern.data[p + escaped] : 0;
        if (p < pattern.len && !escaped && ch == '*') {
            star = ++p;
            from = t;
        } else if (p < pattern.len && !escaped && ch == '?') {
            p++;
            t = after_character(text, t);
        } else if (p < pattern.len && ch == text.data[t]) {
            p += 1 + escaped;
            t++;
        } else if (star != SIZE_MAX) {
            p = star;
            t = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.data[p] == '*')
        p++;
    return p == pattern.len;
}

static bool in_list(struct value v, struct value list)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (search_compare(v, value_at(list, i)) == 0)
            return true;
    return false;
}

static bool op_eq(struct value v, struct value with)
{
    return search_compare(v, with) == 0;
}
static bool op_neq(struct value v, struct value with)
{
    return search_compare(v, with) != 0;
}
static bool op_exists(struct value v, struct value with)
{
    return value_is_null(v) != value_is_true(with);
}
static bool op_gt(struct value v, struct value with)
{
    return !value_is_null(v) && search_compare(v, with) > 0;
}
static bool op_gte(struct value v, struct value with)
{
    return !value_is_null(v) && search_compare(v, with) >= 0;
}
static bool op_lt(struct value v, struct value with)
{
    return !value_is_null(v) && search_compare(v, with) < 0;
}
static bool op_lte(struct value v, struct value with)
{
    return !value_is_null(v) && search_compare(v, with) <= 0;
}
static bool op_in(struct value v, struct value with)
{
    return in_list(v, with);
}
static bool op_not_in(struct value v, struct value with)
{
    return !in_list(v, with);
}
static bool op_like(struct value v, struct value with)
{
    return v.kind == VALUE_STRING && with.kind == VALUE_STRING && like(v.string, with.string);
}

static const struct {
    const char *name;
    bool (*holds)(struct value v, struct value with);
    enum value_kind takes; /* VALUE_NULL: any single value */
} operators[] = {{"$eq", op_eq, VALUE_NULL},      {"$neq", op_neq, VALUE_NULL}, {"$exists", op_exists, VALUE_BOOLEAN},
                 {"$gt", op_gt, VALUE_NULL},      {"$gte", op_gte, VALUE_NULL}, {"$lt", op_lt, VALUE_NULL},
                 {"$lte", op_lte, VALUE_NULL},    {"$in", op_in, VALUE_LIST},   {"$notIn", op_not_in, VALUE_LIST},
                 {"$like", op_like, VALUE_STRING}};

static enum status invalid(struct str field, const char *what, struct error *err)
{
    error_set(err, ERROR_INVALID, "filter-invalid", "The filter %.*s %s.", STR_ARGS(field), what);
    return error_field(err, "filter.%.*s", STR_ARGS(field));
}

static const char *wrong_operand(struct str name, struct value with)
{
    for (size_t i = 0; i < COUNT_OF(operators); i++) {
        if (!str_equal(name, str_of(operators[i].name)))
            continue;
        bool single = with.kind != VALUE_LIST && with.kind != VALUE_CONTEXT;
        return operators[i].takes == VALUE_NULL  ? (single ? NULL : "compares with a single value")
               : with.kind == operators[i].takes ? NULL
                                                 : "has an operator with a value of the wrong type";
    }
    return "has an operator that is not known";
}

enum status search_condition_check(struct str field, struct value condition, struct error *err)
{
    if (condition.kind == VALUE_LIST)
        return invalid(field, "is a list", err);
    for (size_t i = 0; condition.kind == VALUE_CONTEXT && i < condition.context->count; i++) {
        const struct member *member = &condition.context->members[i];
        const char *wrong = wrong_operand(member->key, member->value);
        if (wrong)
            return invalid(field, wrong, err);
    }
    return OK;
}

static bool holds(struct value v, struct str name, struct value with)
{
    for (size_t i = 0; i < COUNT_OF(operators); i++)
        if (str_equal(name, str_of(operators[i].name)))
            return operators[i].holds(v, with);
    return false;
}

static bool single_matches(struct value v, struct value condition)
{
    if (condition.kind != VALUE_CONTEXT)
        return op_eq(v, condition);
    for (size_t i = 0; i < condition.context->count; i++)
        if (!holds(v, condition.context->members[i].key, condition.context->members[i].value))
            return false;
    return true;
}

bool search_matches(struct value v, struct value condition)
{
    if (v.kind != VALUE_LIST)
        return single_matches(v, condition);
    for (size_t i = 0; i < value_count(v); i++)
        if (single_matches(value_at(v, i), condition))
            return true;
    return value_count(v) == 0 && single_matches(value_null, condition);
}

struct str search_wanted(struct value filter, const char *field)
{
    struct value condition = value_get(filter, str_of(field));
    if (condition.kind == VALUE_CONTEXT)
        condition = value_get(condition, STR("$eq"));
    return value_text(condition);
}

/* ---- Orders ---- */

enum status search_orders(struct arena *arena, struct value sort, const char *const *allowed, struct search_order **out,
                          size_t *count, struct error *err)
{
    size_t n = sort.kind == VALUE_LIST ? value_count(sort) : 0;
    struct search_order *orders = arena_array(arena, struct search_order, n);
    for (size_t i = 0; i < n; i++) {
        struct value one = value_at(sort, i);
        struct str order = value_text(value_get(one, STR("order")));
        orders[i].field = value_text(value_get(one, STR("field")));
        orders[i].falling = str_equal_nocase_ascii(order, STR("desc"));
        size_t known = 0;
        while (allowed[known] && !str_equal(str_of(allowed[known]), orders[i].field))
            known++;
        if (allowed[known] && (!order.len || orders[i].falling || str_equal_nocase_ascii(order, STR("asc"))))
            continue;
        error_set(err, ERROR_INVALID, "sort-invalid", "One cannot sort by %.*s %.*s here.", STR_ARGS(orders[i].field),
                  STR_ARGS(order));
        return error_field(err, "sort[%zu]", i);
    }
    *out = orders;
    *count = n;
    return OK;
}
