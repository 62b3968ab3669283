/* Evaluating boxed expressions over the slots of their node. */
#include "dmn/internal.h"

#include <string.h>

struct value dmn_convert_or_note(const struct feel_type *type, struct value v, struct feel_run *run, const char *what,
                                 struct str name)
{
    struct value converted = value_null;
    if (!type)
        return v;
    if (dmn_type_convert(type, v, run, &converted))
        return converted;
    feel_note(run, "%s %.*s: a %s where a %s%s is wanted", what, STR_ARGS(name),
              value_kind_name((enum value_kind)v.kind), dmn_type_name(type),
              type->allowed ? " with an allowed value" : "");
    return value_null;
}

static struct value evaluate_or_null(const struct expression *self, struct value *slots, struct feel_run *run)
{
    return self ? dmn_boxed_evaluate(self, slots, run) : value_null;
}

static struct value evaluate_literal(const struct expression *self, struct value *slots, struct feel_run *run)
{
    if (self->literal.slot >= 0)
        return slots[self->literal.slot];
    struct feel_input input = {.slots = slots, .context = dmn_open(run)};
    return feel_evaluate(self->literal.program, &input, run);
}

static struct value evaluate_list(const struct expression *self, struct value *slots, struct feel_run *run)
{
    struct list *list = list_new(run->arena, self->context.count);
    for (size_t i = 0; i < self->context.count; i++)
        list->items[i] = evaluate_or_null(self->context.entries[i].expression, slots, run);
    return value_of_list(list);
}

static struct value evaluate_relation(const struct expression *self, struct value *slots, struct feel_run *run)
{
    struct list *rows = list_new(run->arena, self->relation.row_count);
    const struct expression *const *cell = self->relation.cells;
    for (size_t row = 0; row < self->relation.row_count; row++) {
        struct context_builder builder;
        context_builder_init(&builder, run->arena);
        for (size_t column = 0; column < self->relation.column_count; column++, cell++)
            context_builder_put(&builder, self->relation.columns[column], evaluate_or_null(*cell, slots, run));
        rows->items[row] = context_builder_done(&builder);
    }
    return value_of_list(rows);
}

/* ---- Functions ---- */

struct closure {
    const struct expression *function;
    struct value *captured;
};

bool dmn_boxed_bind(const struct parameter *parameters, size_t count, const struct value *arguments,
                    struct value *slots, struct feel_run *run)
{
    for (size_t i = 0; i < count; i++) {
        if (dmn_type_convert(parameters[i].type, arguments[i], run, &slots[i]))
            continue;
        feel_note(run, "the argument %.*s is a %s, not a %s, so the function is not called",
                  STR_ARGS(parameters[i].name), value_kind_name((enum value_kind)arguments[i].kind),
                  dmn_type_name(parameters[i].type));
        return false;
    }
    return true;
}

static struct value call_boxed(void *host, const struct value *arguments, struct feel_run *run)
{
    const struct closure *closure = host;
    const struct expression *function = closure->function;
    struct value *slots = arena_array(run->arena, struct value, function->owner->slot_max);
    memcpy(slots, closure->captured, function->function.slot * sizeof(*slots));
    if (!dmn_boxed_bind(function->function.parameters, function->function.count, arguments,
                        slots + function->function.slot, run))
        return value_null;
    return evaluate_or_null(function->function.body, slots, run);
}

/* The function sees the slots as they are now; own is the slot under which it sees itself, or -1. */
static struct value make_closure(const struct expression *self, const struct value *slots, struct feel_run *run,
                                 ptrdiff_t own)
{
    struct closure *closure = arena_new(run->arena, struct closure);
    closure->function = self;
    closure->captured = arena_array(run->arena, struct value, self->function.slot);
    if (self->function.slot)
        memcpy(closure->captured, slots, self->function.slot * sizeof(*slots));
    struct value function =
        feel_host_function(run->arena, self->function.names, self->function.count, call_boxed, closure);
    function = feel_function_typed(function, self->function.type);
    if (own >= 0)
        closure->captured[own] = function;
    return function;
}

static struct value evaluate_function(const struct expression *self, struct value *slots, struct feel_run *run)
{
    if (self->kind == EXPRESSION_JAVA) {
        struct value mapping = evaluate_or_null(self->function.body, slots, run);
        struct value function = dmn_java_function(run->arena, mapping, self->function.names, self->function.count);
        if (value_is_null(function))
            feel_note(run, "%.*s names a Java method that is not known here; write the function in FEEL",
                      STR_ARGS(self->id));
        return function;
    }
    return make_closure(self, slots, run, -1);
}

static struct value evaluate_context(const struct expression *self, struct value *slots, struct feel_run *run)
{
    struct context_builder builder;
    context_builder_init(&builder, run->arena);
    for (size_t i = 0; i < self->context.count && !run->stopped; i++) {
        const struct entry *entry = &self->context.entries[i];
        bool may_recurse = entry->name.len && entry->expression && entry->expression->kind == EXPRESSION_FUNCTION;
        struct value v = may_recurse ? make_closure(entry->expression, slots, run, (ptrdiff_t)entry->slot)
                                     : evaluate_or_null(entry->expression, slots, run);
        if (!entry->name.len)
            return v;
        v = dmn_convert_or_note(entry->type, v, run, "entry", entry->name);
        slots[entry->slot] = v;
        context_builder_put(&builder, entry->name, v);
    }
    return context_builder_done(&builder);
}

static struct value evaluate_invocation(const struct expression *self, struct value *slots, struct feel_run *run)
{
    struct value function = evaluate_or_null(self->invocation.function, slots, run);
    if (function.kind != VALUE_FUNCTION) {
        feel_note(run, "invocation %.*s: there is no function to call", STR_ARGS(self->id));
        return value_null;
    }
    struct member *arguments = arena_array(run->arena, struct member, self->invocation.count);
    for (size_t i = 0; i < self->invocation.count; i++) {
        const struct entry *argument = &self->invocation.arguments[i];
        struct value v = evaluate_or_null(argument->expression, slots, run);
        arguments[i] =
            (struct member){argument->name, dmn_convert_or_note(argument->type, v, run, "argument", argument->name)};
    }
    return feel_call_named(function, arguments, self->invocation.count, run);
}

/* ---- Choosing and repeating ---- */

static struct value evaluate_conditional(const struct expression *self, struct value *slots, struct feel_run *run)
{
    struct value condition = evaluate_or_null(self->conditional.condition, slots, run);
    if (condition.kind == VALUE_BOOLEAN || value_is_null(condition))
        return evaluate_or_null(value_is_true(condition) ? self->conditional.yes : self->conditional.no, slots, run);
    feel_note(run, "%.*s: the condition is a %s, not a boolean", STR_ARGS(self->id),
              value_kind_name((enum value_kind)condition.kind));
    return value_null;
}

/* The whole numbers or days of a closed range, up or down. */
static struct value range_items(const struct range *range, struct feel_run *run)
{
    int64_t from = 0;
    int64_t to = 0;
    bool dates = range->start.kind == VALUE_DATE && range->end.kind == VALUE_DATE;
    bool numbers = value_to_int64(range->start, &from) && value_to_int64(range->end, &to);
    const int64_t day = 86400;
    if (dates) {
        from = range->start.temporal.seconds / day;
        to = range->end.temporal.seconds / day;
    }
    if ((!dates && !numbers) || !range->start_included || !range->end_included) {
        feel_note(run, "only closed ranges of whole numbers or dates can be gone through");
        return value_null;
    }
    uint64_t steps = from <= to ? (uint64_t)to - (uint64_t)from : (uint64_t)from - (uint64_t)to;
    uint64_t limit = run->list_max ? run->list_max : 1000000;
    if (steps >= limit) {
        feel_note(run, "a range of %" PRIu64 " items is longer than %" PRIu64, steps, limit);
        run->stopped = true;
        return value_null;
    }
    struct list *list = list_new(run->arena, (size_t)steps + 1);
    for (uint64_t i = 0; i <= steps; i++) {
        int64_t n = from <= to ? from + (int64_t)i : from - (int64_t)i;
        list->items[i] = dates ? range->start : value_int(n);
        if (dates)
            list->items[i].temporal.seconds = n * day;
    }
    return value_of_list(list);
}

/* What is gone through: a list, the items of a range, one value as a list of itself; null when there is nothing. */
static struct value items_of(const struct expression *in, struct value *slots, struct feel_run *run)
{
    struct value v = evaluate_or_null(in, slots, run);
    if (v.kind == VALUE_RANGE)
        return range_items(v.range, run);
    if (v.kind == VALUE_LIST || value_is_null(v))
        return v;
    return value_list(run->arena, &v, 1);
}

static bool count_step(struct feel_run *run)
{
    uint64_t limit = run->steps_max ? run->steps_max : 10000000;
    if (++run->steps > limit && !run->stopped) {
        feel_note(run, "stopped after %" PRIu64 " steps", limit);
        run->stopped = true;
    }
    return !run->stopped;
}

static struct value evaluate_filter(const struct expression *self, struct value *slots, struct feel_run *run)
{
    struct value items = items_of(self->iteration.in, slots, run);
    if (self->iteration.filter) {
        slots[self->iteration.slot] = items;
        struct feel_input input = {.slots = slots, .context = dmn_open(run)};
        return feel_evaluate(self->iteration.filter, &input, run);
    }
    struct list_builder kept;
    list_builder_init(&kept, run->arena);
    for (size_t i = 0; i < value_count(items) && count_step(run); i++) {
        slots[self->iteration.slot] = value_at(items, i);
        if (value_is_true(evaluate_or_null(self->iteration.body, slots, run)))
            list_builder_push(&kept, value_at(items, i));
    }
    return value_is_null(items) ? value_null : list_builder_done(&kept);
}

static struct value evaluate_for(const struct expression *self, struct value *slots, struct feel_run *run)
{
    struct value items = items_of(self->iteration.in, slots, run);
    if (value_is_null(items)) {
        if (!run->stopped)
            feel_note(run, "%.*s: there is nothing to go through", STR_ARGS(self->id));
        return value_null;
    }
    size_t count = value_count(items);
    struct list *results = list_new(run->arena, count);
    for (size_t i = 0; i < count && count_step(run); i++) {
        slots[self->iteration.slot] = value_at(items, i);
        if (self->iteration.uses_partial)
            slots[self->iteration.slot + 1] = value_list(run->arena, results->items, i);
        results->items[i] = evaluate_or_null(self->iteration.body, slots, run);
    }
    return run->stopped ? value_null : value_of_list(results);
}

/* some: true as soon as one is; every: false as soon as one is. Otherwise null when one was; what is no truth value at
 * all makes the whole null. */
static struct value evaluate_quantifier(const struct expression *self, struct value *slots, struct feel_run *run)
{
    bool decisive = self->kind == EXPRESSION_SOME;
    struct value items = items_of(self->iteration.in, slots, run);
    bool unknown = value_is_null(items);
    for (size_t i = 0; i < value_count(items) && count_step(run); i++) {
        slots[self->iteration.slot] = value_at(items, i);
        struct value v = evaluate_or_null(self->iteration.body, slots, run);
        if (v.kind == VALUE_BOOLEAN && v.boolean == decisive)
            return v;
        unknown |= v.kind != VALUE_BOOLEAN;
        if (v.kind == VALUE_BOOLEAN || value_is_null(v))
            continue;
        feel_note(run, "%.*s: the condition is a %s, not a boolean", STR_ARGS(self->id),
                  value_kind_name((enum value_kind)v.kind));
        return value_null;
    }
    return unknown || run->stopped ? value_null : value_boolean(!decisive);
}

static struct value evaluate_kind(const struct expression *self, struct value *slots, struct feel_run *run)
{
    switch (self->kind) {
    case EXPRESSION_FAULTY: feel_note(run, "%.*s", STR_ARGS(self->fault)); return value_null;
    case EXPRESSION_LITERAL: return evaluate_literal(self, slots, run);
    case EXPRESSION_TABLE: return dmn_table_evaluate(self->table, slots, run);
    case EXPRESSION_CONTEXT: return evaluate_context(self, slots, run);
    case EXPRESSION_LIST: return evaluate_list(self, slots, run);
    case EXPRESSION_RELATION: return evaluate_relation(self, slots, run);
    case EXPRESSION_FUNCTION:
    case EXPRESSION_JAVA: return evaluate_function(self, slots, run);
    case EXPRESSION_INVOCATION: return evaluate_invocation(self, slots, run);
    case EXPRESSION_CONDITIONAL: return evaluate_conditional(self, slots, run);
    case EXPRESSION_FILTER: return evaluate_filter(self, slots, run);
    case EXPRESSION_FOR: return evaluate_for(self, slots, run);
    case EXPRESSION_SOME:
    case EXPRESSION_EVERY: return evaluate_quantifier(self, slots, run);
    }
    return value_null;
}

struct value dmn_boxed_evaluate(const struct expression *self, struct value *slots, struct feel_run *run)
{
    if (run->stopped)
        return value_null;
    struct value v = evaluate_kind(self, slots, run);
    return self->type ? dmn_convert_or_note(self->type, v, run, "the value of", self->id) : v;
}
