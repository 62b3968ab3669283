/* The type lattice: `instance of`, conformance of functions, and the implicit conversions of DMN 1.5, 10.3.2.9.4. */
#include "feel/internal.h"

const struct feel_type feel_type_unknown = {.kind = FEEL_TYPE_ANY};

static const struct {
    const char *name;
    struct feel_type type;
} named[] = {
    {"Any", {.kind = FEEL_TYPE_ANY}},
    {"any", {.kind = FEEL_TYPE_ANY}},
    {"Null", {.kind = FEEL_TYPE_NULL}},
    {"null", {.kind = FEEL_TYPE_NULL}},
    {"boolean", {.kind = FEEL_TYPE_BOOLEAN}},
    {"number", {.kind = FEEL_TYPE_NUMBER}},
    {"string", {.kind = FEEL_TYPE_STRING}},
    {"date", {.kind = FEEL_TYPE_DATE}},
    {"time", {.kind = FEEL_TYPE_TIME}},
    {"date and time", {.kind = FEEL_TYPE_DATE_TIME}},
    {"dateTime", {.kind = FEEL_TYPE_DATE_TIME}},
    {"years and months duration", {.kind = FEEL_TYPE_YEARS_MONTHS}},
    {"yearMonthDuration", {.kind = FEEL_TYPE_YEARS_MONTHS}},
    {"days and time duration", {.kind = FEEL_TYPE_DAYS_TIME}},
    {"dayTimeDuration", {.kind = FEEL_TYPE_DAYS_TIME}},
    {"list", {.kind = FEEL_TYPE_LIST}},
    {"context", {.kind = FEEL_TYPE_CONTEXT}},
    {"range", {.kind = FEEL_TYPE_RANGE}},
    {"function", {.kind = FEEL_TYPE_FUNCTION, .member_count = SIZE_MAX}},
};

const struct feel_type *feel_type_named(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(named); i++)
        if (str_equal(name, str_of(named[i].name)))
            return &named[i].type;
    return NULL;
}

static const struct feel_type *builtin_type(enum feel_type_kind kind)
{
    for (size_t i = 0; i < COUNT_OF(named); i++)
        if (named[i].type.kind == kind)
            return &named[i].type;
    return &named[0].type;
}

bool feel_type_midnight(struct value date, struct value *out)
{
    *out = date;
    out->kind = VALUE_DATE_TIME;
    out->zone = ZONE_UTC;
    out->temporal.offset = 0;
    return true;
}

/* ---- Types among themselves ---- */

static bool type_conforms(const struct feel_type *type, const struct feel_type *to, int depth);

static bool functions_conform(const struct feel_type *type, const struct feel_type *to, int depth)
{
    if (to->member_count == SIZE_MAX)
        return true;
    if (type->member_count != to->member_count)
        return false;
    for (size_t i = 0; i < to->member_count; i++)
        if (!type_conforms(to->members[i].type, type->members[i].type, depth))
            return false;
    return type_conforms(type->item, to->item, depth);
}

static const struct feel_type *member_type(const struct feel_type *type, struct str name)
{
    for (size_t i = 0; i < type->member_count; i++)
        if (str_equal(type->members[i].name, name))
            return type->members[i].type ? type->members[i].type : &named[0].type;
    return NULL;
}

/* NULL is Any. 10.3.2.9.2: lists and ranges by their items, contexts by the members asked for, functions contrariwise.
 */
static bool type_conforms(const struct feel_type *type, const struct feel_type *to, int depth)
{
    if (!to || to->kind == FEEL_TYPE_ANY || type == to)
        return to != &feel_type_unknown;
    if (!type || depth > FEEL_DEPTH_MAX)
        return false;
    if (type->kind == FEEL_TYPE_NULL)
        return true;
    if (type->kind != to->kind)
        return false;
    switch (to->kind) {
    case FEEL_TYPE_LIST:
    case FEEL_TYPE_RANGE: return type_conforms(type->item, to->item, depth + 1);
    case FEEL_TYPE_FUNCTION: return functions_conform(type, to, depth + 1);
    case FEEL_TYPE_CONTEXT:
        for (size_t i = 0; i < to->member_count; i++) {
            const struct feel_type *own = member_type(type, to->members[i].name);
            if (!own || !type_conforms(own, to->members[i].type, depth + 1))
                return false;
        }
        return true;
    case FEEL_TYPE_ANY:
    case FEEL_TYPE_NULL:
    case FEEL_TYPE_BOOLEAN:
    case FEEL_TYPE_NUMBER:
    case FEEL_TYPE_STRING:
    case FEEL_TYPE_DATE:
    case FEEL_TYPE_TIME:
    case FEEL_TYPE_DATE_TIME:
    case FEEL_TYPE_YEARS_MONTHS:
    case FEEL_TYPE_DAYS_TIME:
    default: return true;
    }
}

/* ---- Functions ---- */

static const struct feel_type *take_type(uint8_t take)
{
    static const enum feel_type_kind kinds[] = {[TAKE_ANY] = FEEL_TYPE_ANY,
                                                [TAKE_BOOLEAN] = FEEL_TYPE_BOOLEAN,
                                                [TAKE_NUMBER] = FEEL_TYPE_NUMBER,
                                                [TAKE_STRING] = FEEL_TYPE_STRING,
                                                [TAKE_LIST] = FEEL_TYPE_LIST,
                                                [TAKE_CONTEXT] = FEEL_TYPE_CONTEXT,
                                                [TAKE_DATE] = FEEL_TYPE_DATE,
                                                [TAKE_TIME] = FEEL_TYPE_TIME,
                                                [TAKE_DATE_TIME] = FEEL_TYPE_DATE_TIME,
                                                [TAKE_DURATION] = FEEL_TYPE_DAYS_TIME,
                                                [TAKE_RANGE] = FEEL_TYPE_RANGE,
                                                [TAKE_POINT] = FEEL_TYPE_ANY,
                                                [TAKE_FUNCTION] = FEEL_TYPE_FUNCTION,
                                                [TAKE_MOMENT] = FEEL_TYPE_ANY};
    return builtin_type(kinds[take & TAKE_KIND]);
}

bool builtin_has_type(const struct builtin *builtin, const struct feel_type *type)
{
    size_t count = 0;
    bool gathers = builtin->flags & (BUILTIN_GATHERS | BUILTIN_TAIL);
    while (count < BUILTIN_PARAMETERS_MAX && builtin->parameters[count].name &&
           (count < type->member_count || !(builtin->parameters[count].take & TAKE_OPTIONAL)))
        count++;
    if (count != type->member_count && !gathers)
        return false;
    for (size_t i = 0; i < count && i < type->member_count; i++)
        if (!type_conforms(type->members[i].type, take_type(builtin->parameters[i].take), 0) &&
            !(gathers && i + 1 == count))
            return false;
    return builtin->result == FEEL_TYPE_ANY ||
           type_conforms(builtin_type((enum feel_type_kind)builtin->result), type->item, 0);
}

static const struct feel_type *body_type(const struct node *body, const struct node *lambda);

/* Numbers give numbers, texts texts; anything else could be dates and durations. */
static const struct feel_type *operands_type(const struct node *body, const struct node *lambda)
{
    const struct feel_type *left = body_type(body->left, lambda);
    const struct feel_type *right = body_type(body->right, lambda);
    bool plain = left && right && left->kind == right->kind &&
                 (left->kind == FEEL_TYPE_NUMBER || left->kind == FEEL_TYPE_STRING);
    return plain ? left : NULL;
}

/* What the body of a lambda certainly gives; NULL when that is not known. */
static const struct feel_type *body_type(const struct node *body, const struct node *lambda)
{
    switch ((int)body->kind) {
    case NODE_LOCAL: return body->hops == 0 ? lambda->parameters[body->index].type : NULL;
    case NODE_EQUAL:
    case NODE_NOT_EQUAL:
    case NODE_LESS:
    case NODE_LESS_EQUAL:
    case NODE_GREATER:
    case NODE_GREATER_EQUAL:
    case NODE_AND:
    case NODE_OR:
    case NODE_IN:
    case NODE_BETWEEN:
    case NODE_SOME:
    case NODE_EVERY:
    case NODE_INSTANCE_OF: return builtin_type(FEEL_TYPE_BOOLEAN);
    case NODE_POWER: return builtin_type(FEEL_TYPE_NUMBER);
    case NODE_ADD:
    case NODE_SUBTRACT:
    case NODE_MULTIPLY:
    case NODE_DIVIDE: return operands_type(body, lambda);
    case NODE_CONTEXT: return builtin_type(FEEL_TYPE_CONTEXT);
    case NODE_LIST:
    case NODE_FOR: return builtin_type(FEEL_TYPE_LIST);
    case NODE_CALL: return body->builtin ? builtin_type((enum feel_type_kind)body->builtin->result) : NULL;
    case NODE_CONSTANT:
        if (body->constant.kind == VALUE_NULL)
            return builtin_type(FEEL_TYPE_NULL);
        return feel_type_named(str_of(value_kind_name((enum value_kind)body->constant.kind)));
    default: return NULL;
    }
}

static bool lambda_has_type(const struct node *lambda, const struct feel_type *type)
{
    if (lambda->count != type->member_count)
        return false;
    for (uint32_t i = 0; i < lambda->count; i++)
        if (lambda->parameters[i].type && !type_conforms(type->members[i].type, lambda->parameters[i].type, 0))
            return false;
    const struct feel_type *result = lambda->left ? body_type(lambda->left, lambda) : NULL;
    return !result || result->kind == FEEL_TYPE_ANY || !type->item || type_conforms(result, type->item, 0);
}

static bool host_has_type(const struct function *host, const struct feel_type *type)
{
    if (host->parameter_count != type->member_count)
        return false;
    for (size_t i = 0; host->type && i < type->member_count; i++)
        if (host->type->members[i].type && !type_conforms(type->members[i].type, host->type->members[i].type, 0))
            return false;
    const struct feel_type *result = host->type ? host->type->item : NULL;
    return !result || type_conforms(result, type->item, 0);
}

static bool function_has_type(const struct function *function, const struct feel_type *type)
{
    if (type->member_count == SIZE_MAX)
        return true;
    switch ((enum function_kind)function->kind) {
    case FUNCTION_BUILTIN: return builtin_has_type(function->builtin, type);
    case FUNCTION_LAMBDA: return lambda_has_type(function->node, type);
    case FUNCTION_HOST:
    default: return host_has_type(function, type);
    }
}

/* ---- Values ---- */

static bool kinds_match(enum feel_type_kind type, enum value_kind kind)
{
    switch (kind) {
    case VALUE_NULL: return type == FEEL_TYPE_NULL;
    case VALUE_BOOLEAN: return type == FEEL_TYPE_BOOLEAN;
    case VALUE_NUMBER: return type == FEEL_TYPE_NUMBER;
    case VALUE_STRING: return type == FEEL_TYPE_STRING;
    case VALUE_DATE: return type == FEEL_TYPE_DATE;
    case VALUE_TIME: return type == FEEL_TYPE_TIME;
    case VALUE_DATE_TIME: return type == FEEL_TYPE_DATE_TIME;
    case VALUE_YEARS_MONTHS: return type == FEEL_TYPE_YEARS_MONTHS;
    case VALUE_DAYS_TIME: return type == FEEL_TYPE_DAYS_TIME;
    case VALUE_LIST: return type == FEEL_TYPE_LIST;
    case VALUE_CONTEXT: return type == FEEL_TYPE_CONTEXT;
    case VALUE_RANGE: return type == FEEL_TYPE_RANGE;
    case VALUE_FUNCTION: return type == FEEL_TYPE_FUNCTION;
    default: return false;
    }
}

static bool conforms(const struct feel_type *type, struct value v, struct feel_run *run, int depth);

/* Null inside a list, context or range is a value of every type. */
static bool part_conforms(const struct feel_type *type, struct value v, struct feel_run *run, int depth)
{
    return value_is_null(v) || conforms(type, v, run, depth);
}

static bool context_conforms(const struct feel_type *type, struct value v, struct feel_run *run, int depth)
{
    for (size_t i = 0; i < type->member_count; i++) {
        struct value member;
        if (!value_find(v, type->members[i].name, &member) || !part_conforms(type->members[i].type, member, run, depth))
            return false;
    }
    return true;
}

static bool structure_conforms(const struct feel_type *type, struct value v, struct feel_run *run, int depth)
{
    switch ((enum value_kind)v.kind) {
    case VALUE_LIST:
        if (!run_spend(run, v.list->count))
            return false;
        for (size_t i = 0; i < v.list->count; i++)
            if (!part_conforms(type->item, v.list->items[i], run, depth))
                return false;
        return true;
    case VALUE_CONTEXT: return context_conforms(type, v, run, depth);
    case VALUE_RANGE:
        return part_conforms(type->item, v.range->start, run, depth) &&
               part_conforms(type->item, v.range->end, run, depth);
    case VALUE_FUNCTION: return function_has_type(v.function, type);
    case VALUE_NULL:
    case VALUE_BOOLEAN:
    case VALUE_NUMBER:
    case VALUE_STRING:
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATE_TIME:
    case VALUE_YEARS_MONTHS:
    case VALUE_DAYS_TIME:
    default: return true;
    }
}

static bool allowed(const struct feel_type *type, struct value v, struct feel_run *run)
{
    if (!type->allowed)
        return true;
    struct feel_input input = {.tested = &v};
    return value_is_true(feel_evaluate(type->allowed, &input, run));
}

static bool conforms(const struct feel_type *type, struct value v, struct feel_run *run, int depth)
{
    if (!type)
        return true;
    if (type == &feel_type_unknown || depth > FEEL_DEPTH_MAX)
        return false;
    if (type->base)
        return conforms(type->base, v, run, depth + 1) && allowed(type, v, run);
    if (type->kind == FEEL_TYPE_ANY)
        return !value_is_null(v) && allowed(type, v, run);
    return kinds_match(type->kind, (enum value_kind)v.kind) && structure_conforms(type, v, run, depth + 1) &&
           allowed(type, v, run);
}

bool feel_type_conforms(const struct feel_type *type, struct value v, struct feel_run *run)
{
    run_prepare(run);
    return conforms(type, v, run, 0);
}

static const struct feel_type *plain(const struct feel_type *type)
{
    while (type->base)
        type = type->base;
    return type;
}

struct value feel_type_coerce(const struct feel_type *type, struct value v, struct feel_run *run)
{
    if (!type || value_is_null(v) || feel_type_conforms(type, v, run))
        return v;
    const struct feel_type *base = plain(type);
    struct value converted = value_null;
    if (base->kind == FEEL_TYPE_LIST && v.kind != VALUE_LIST)
        converted = value_list(run->arena, &v, 1);
    else if (base->kind != FEEL_TYPE_LIST && v.kind == VALUE_LIST && v.list->count == 1)
        converted = v.list->items[0];
    else if (base->kind == FEEL_TYPE_DATE_TIME && v.kind == VALUE_DATE)
        feel_type_midnight(v, &converted);
    if (!value_is_null(converted) && feel_type_conforms(type, converted, run))
        return converted;
    feel_note(run, "A %s does not conform to the type that is asked for", value_kind_name((enum value_kind)v.kind));
    return value_null;
}
