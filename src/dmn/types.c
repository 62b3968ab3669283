/* Types of the model: whether a value fits, and the conversions at the places where values are bound. */
#include "dmn/internal.h"

#include <string.h>

const struct feel_type *dmn_type_builtin(struct str name)
{
    static const struct {
        const char *old;
        const char *name;
    } others[] = {
        {"dateTime", "date and time"},
        {"dayTimeDuration", "days and time duration"},
        {"yearMonthDuration", "years and months duration"},
        {"any", "Any"},
    };
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (str_equal(name, str_of(others[i].old)))
            return feel_type_named(str_of(others[i].name));
    return feel_type_named(name);
}

const struct feel_type *dmn_type_result(const struct feel_type *type)
{
    return type && type->kind == FEEL_TYPE_FUNCTION ? type->item : type;
}

const char *dmn_type_name(const struct feel_type *type)
{
    static const char *const names[] = {
        [FEEL_TYPE_ANY] = "Any",
        [FEEL_TYPE_NULL] = "Null",
        [FEEL_TYPE_BOOLEAN] = "boolean",
        [FEEL_TYPE_NUMBER] = "number",
        [FEEL_TYPE_STRING] = "string",
        [FEEL_TYPE_DATE] = "date",
        [FEEL_TYPE_TIME] = "time",
        [FEEL_TYPE_DATE_TIME] = "date and time",
        [FEEL_TYPE_YEARS_MONTHS] = "years and months duration",
        [FEEL_TYPE_DAYS_TIME] = "days and time duration",
        [FEEL_TYPE_LIST] = "list of the right items",
        [FEEL_TYPE_CONTEXT] = "context with the right members",
        [FEEL_TYPE_RANGE] = "range",
        [FEEL_TYPE_FUNCTION] = "function",
    };
    return type ? names[type->kind] : "Any";
}

/* The kind that values of a type have; VALUE_NULL for Any and Null. */
static const uint8_t kinds[] = {
    [FEEL_TYPE_ANY] = VALUE_NULL,
    [FEEL_TYPE_NULL] = VALUE_NULL,
    [FEEL_TYPE_BOOLEAN] = VALUE_BOOLEAN,
    [FEEL_TYPE_NUMBER] = VALUE_NUMBER,
    [FEEL_TYPE_STRING] = VALUE_STRING,
    [FEEL_TYPE_DATE] = VALUE_DATE,
    [FEEL_TYPE_TIME] = VALUE_TIME,
    [FEEL_TYPE_DATE_TIME] = VALUE_DATE_TIME,
    [FEEL_TYPE_YEARS_MONTHS] = VALUE_YEARS_MONTHS,
    [FEEL_TYPE_DAYS_TIME] = VALUE_DAYS_TIME,
    [FEEL_TYPE_LIST] = VALUE_LIST,
    [FEEL_TYPE_CONTEXT] = VALUE_CONTEXT,
    [FEEL_TYPE_RANGE] = VALUE_RANGE,
    [FEEL_TYPE_FUNCTION] = VALUE_FUNCTION,
};

/* Whether v fits a type that is no more than a kind: true is certain, false only means to look closer. */
static inline bool fits_at_once(const struct feel_type *type, struct value v)
{
    bool plain = !type->base && !type->allowed && type->kind != FEEL_TYPE_LIST && type->kind != FEEL_TYPE_CONTEXT;
    return plain && v.kind == kinds[type->kind] && v.kind != VALUE_NULL;
}

static bool fits(const struct feel_type *type, struct value v, struct feel_run *run);

static bool fits_items(const struct feel_type *type, struct value v, struct feel_run *run)
{
    for (size_t i = 0; i < v.list->count; i++)
        if (!fits(type->item, v.list->items[i], run))
            return false;
    return true;
}

static bool fits_members(const struct feel_type *type, struct value v, struct feel_run *run)
{
    for (size_t i = 0; i < type->member_count; i++) {
        struct value member = value_null;
        if (!value_find(v, type->members[i].name, &member) || !fits(type->members[i].type, member, run))
            return false;
    }
    return true;
}

static bool fits_kind(const struct feel_type *type, struct value v, struct feel_run *run)
{
    if (type->kind == FEEL_TYPE_ANY)
        return true;
    if (v.kind != kinds[type->kind])
        return false;
    if (type->kind == FEEL_TYPE_LIST)
        return fits_items(type, v, run);
    return type->kind != FEEL_TYPE_CONTEXT || fits_members(type, v, run);
}

/* As feel_type_conforms, but what is missing fits: a member may be null. */
static bool fits(const struct feel_type *type, struct value v, struct feel_run *run)
{
    if (!type || value_is_null(v))
        return true;
    if (type->base ? !fits(type->base, v, run) : !fits_kind(type, v, run))
        return false;
    if (!type->allowed)
        return true;
    struct feel_input input = {.context = value_null, .tested = &v};
    return value_is_true(feel_evaluate(type->allowed, &input, run));
}

/* A date where a date and time is wanted is its midnight in UTC. */
static struct value midnight(struct value date)
{
    struct value v = date;
    v.kind = VALUE_DATE_TIME;
    v.zone = ZONE_UTC;
    v.temporal.offset = 0;
    v.temporal.zone = NULL;
    return v;
}

bool dmn_type_convert(const struct feel_type *type, struct value v, struct feel_run *run, struct value *out)
{
    if (!type || fits_at_once(type, v)) {
        *out = v;
        return true;
    }
    if (value_is_null(v) || type->kind == FEEL_TYPE_ANY) {
        *out = v;
        return fits(type, v, run);
    }
    struct value converted = v;
    if (v.kind == VALUE_LIST && v.list->count == 1 && type->kind != FEEL_TYPE_LIST)
        converted = v.list->items[0];
    if (converted.kind == VALUE_DATE && type->kind == FEEL_TYPE_DATE_TIME)
        converted = midnight(converted);
    if (v.kind != VALUE_LIST && type->kind == FEEL_TYPE_LIST)
        converted = value_list(run->arena, &v, 1);
    if (!fits(type, converted, run))
        return false;
    *out = converted;
    return true;
}

static struct value read_scalar(enum value_kind kind, struct str text, struct value otherwise)
{
    struct value v = otherwise;
    bool done = false;
    switch (kind) {
    case VALUE_DATE: done = date_parse(text, &v); break;
    case VALUE_TIME: done = time_parse(text, &v); break;
    case VALUE_DATE_TIME: done = date_time_parse(text, &v); break;
    case VALUE_YEARS_MONTHS:
    case VALUE_DAYS_TIME: done = duration_parse(text, &v) && v.kind == kind; break;
    case VALUE_NULL:
    case VALUE_BOOLEAN:
    case VALUE_NUMBER:
    case VALUE_STRING:
    case VALUE_LIST:
    case VALUE_CONTEXT:
    case VALUE_RANGE:
    case VALUE_FUNCTION: break;
    }
    return done ? v : otherwise;
}

static struct value read_list(const struct feel_type *item, struct value v, struct arena *arena)
{
    struct list *list = list_new(arena, v.list->count);
    for (size_t i = 0; i < v.list->count; i++)
        list->items[i] = dmn_type_read(item, v.list->items[i], arena);
    return value_of_list(list);
}

static struct value read_context(const struct feel_type *type, struct value v, struct arena *arena)
{
    struct context_builder builder;
    context_builder_init(&builder, arena);
    for (size_t i = 0; i < v.context->count; i++)
        context_builder_put(&builder, v.context->members[i].key, v.context->members[i].value);
    for (size_t i = 0; i < type->member_count; i++) {
        struct value member = value_null;
        if (value_find(v, type->members[i].name, &member))
            context_builder_put(&builder, type->members[i].name, dmn_type_read(type->members[i].type, member, arena));
    }
    return context_builder_done(&builder);
}

struct value dmn_type_read(const struct feel_type *type, struct value v, struct arena *arena)
{
    if (!type)
        return v;
    if (v.kind == VALUE_STRING)
        return read_scalar((enum value_kind)kinds[type->kind], v.string, v);
    if (type->kind == FEEL_TYPE_LIST && v.kind == VALUE_LIST)
        return read_list(type->item, v, arena);
    if (type->kind == FEEL_TYPE_CONTEXT && v.kind == VALUE_CONTEXT)
        return read_context(type, v, arena);
    return v;
}
