/* Function values and calls: lambdas with their closures, host functions, and the fitting of arguments to built-ins. */
#include "feel/evaluate.h"

#include <string.h>
#include <threads.h>

/* ---- The index of built-ins ---- */

#define NAMES_MAX 256
static struct {
    once_flag once;
    size_t count;
    const struct builtin *first[NAMES_MAX]; /* the first row of each name, in order of the tables */
    struct function values[NAMES_MAX];
    uint8_t bucket[256][32]; /* 1 + index of names that begin with this byte */
} names = {.once = ONCE_FLAG_INIT};

static bool same_name(const struct builtin *a, const struct builtin *b)
{
    return b->name && strcmp(a->name, b->name) == 0;
}

static void add_name(const struct builtin *row)
{
    CHECK(names.count < NAMES_MAX - 1);
    size_t i = names.count++;
    names.first[i] = row;
    names.values[i] = (struct function){.kind = FUNCTION_BUILTIN, .builtin = row};
    uint8_t *bucket = names.bucket[(unsigned char)row->name[0]];
    while (*bucket)
        bucket++;
    *bucket = (uint8_t)(i + 1);
}

static void index_build(void)
{
    for (size_t table = 0; feel_builtin_tables[table]; table++)
        for (const struct builtin *row = feel_builtin_tables[table]; row->name; row++)
            if (row == feel_builtin_tables[table] || !same_name(row, row - 1))
                add_name(row);
}

static size_t name_index(const struct builtin *builtin)
{
    const uint8_t *bucket = names.bucket[(unsigned char)builtin->name[0]];
    while (strcmp(names.first[*bucket - 1]->name, builtin->name) != 0)
        bucket++;
    return *bucket - 1u;
}

size_t builtin_match(struct str text, size_t at, const struct builtin **out)
{
    call_once(&names.once, index_build);
    size_t best = 0;
    if (at >= text.len)
        return 0;
    for (const uint8_t *bucket = names.bucket[(unsigned char)text.data[at]]; *bucket; bucket++) {
        size_t end = match_name(text, at, str_of(names.first[*bucket - 1]->name));
        if (end <= best)
            continue;
        best = end;
        *out = names.first[*bucket - 1];
    }
    return best;
}

const struct builtin *builtin_find(struct str name)
{
    const struct builtin *found = NULL;
    return builtin_match(name, 0, &found) == name.len && name.len > 0 ? found : NULL;
}

struct value builtin_value(const struct builtin *builtin)
{
    call_once(&names.once, index_build);
    return (struct value){.kind = VALUE_FUNCTION, .function = &names.values[name_index(builtin)]};
}

/* ---- Fitting arguments to parameters ---- */

static size_t parameter_count(const struct builtin *row)
{
    size_t count = 0;
    while (count < BUILTIN_PARAMETERS_MAX && row->parameters[count].name)
        count++;
    return count;
}

static size_t needed_count(const struct builtin *row)
{
    size_t count = 0;
    while (count < BUILTIN_PARAMETERS_MAX && row->parameters[count].name &&
           !(row->parameters[count].take & TAKE_OPTIONAL))
        count++;
    return count;
}

static bool has_order(enum value_kind kind)
{
    return kind == VALUE_NUMBER || kind == VALUE_STRING || (kind >= VALUE_DATE && kind <= VALUE_DAYS_TIME);
}

static bool kind_fits(enum take take, struct value *v)
{
    enum value_kind kind = (enum value_kind)v->kind;
    switch (take) {
    case TAKE_ANY: return true;
    case TAKE_BOOLEAN: return kind == VALUE_BOOLEAN;
    case TAKE_NUMBER: return kind == VALUE_NUMBER;
    case TAKE_STRING: return kind == VALUE_STRING;
    case TAKE_LIST: return kind == VALUE_LIST;
    case TAKE_CONTEXT: return kind == VALUE_CONTEXT;
    case TAKE_DATE: return kind == VALUE_DATE || (kind == VALUE_DATE_TIME && date_of(*v, v));
    case TAKE_TIME: return kind == VALUE_TIME;
    case TAKE_DATE_TIME: return kind == VALUE_DATE_TIME || (kind == VALUE_DATE && feel_type_midnight(*v, v));
    case TAKE_DURATION: return kind == VALUE_DAYS_TIME;
    case TAKE_RANGE: return kind == VALUE_RANGE;
    case TAKE_POINT: return has_order(kind);
    case TAKE_FUNCTION: return kind == VALUE_FUNCTION;
    case TAKE_MOMENT: return kind == VALUE_DATE || kind == VALUE_TIME || kind == VALUE_DATE_TIME;
    case TAKE_KIND:
    case TAKE_OPTIONAL:
    case TAKE_NULL:
    default: return false;
    }
}

/* Converts between a list of one and its item where that helps. */
static bool take_fits(uint8_t take, struct value *v, struct arena *arena)
{
    enum take kind = (enum take)(take & TAKE_KIND);
    if (v->kind == VALUE_NULL)
        return kind == TAKE_ANY || (take & (TAKE_OPTIONAL | TAKE_NULL));
    if (kind_fits(kind, v))
        return true;
    if (kind == TAKE_LIST) {
        *v = value_list(arena, v, 1);
        return true;
    }
    if (v->kind != VALUE_LIST || v->list->count != 1)
        return false;
    struct value item = v->list->items[0];
    if (!kind_fits(kind, &item))
        return false;
    *v = item;
    return true;
}

static const char *take_name(uint8_t take)
{
    static const char *const texts[] = {"anything",        "a boolean",
                                        "a number",        "a string",
                                        "a list",          "a context",
                                        "a date",          "a time",
                                        "a date and time", "a days and time duration",
                                        "a range",         "a value that has an order",
                                        "a function",      "a date or time"};
    size_t kind = take & TAKE_KIND;
    return kind < COUNT_OF(texts) ? texts[kind] : "something else";
}

/* What stood in the way of the first row whose number of parameters fits, for the note. */
struct misfit {
    const struct builtin_parameter *parameter; /* NULL: the number of arguments */
    enum value_kind kind;
};

static bool row_fits(const struct builtin *row, struct value *arguments, size_t count, struct arena *arena,
                     struct misfit *why)
{
    for (size_t i = 0; i < count; i++) {
        if (take_fits(row->parameters[i].take, &arguments[i], arena))
            continue;
        if (!why->parameter)
            *why = (struct misfit){&row->parameters[i], (enum value_kind)arguments[i].kind};
        return false;
    }
    return true;
}

static struct value refuse(const struct builtin *first, const struct misfit *why, size_t count, struct frame *frame)
{
    if (!why->parameter)
        return note_null(frame, "%s() cannot be called with %zu argument%s", first->name, count, count == 1 ? "" : "s");
    return note_null(frame, "%s(): '%s' must be %s, not %s", first->name, why->parameter->name,
                     take_name(why->parameter->take), value_kind_name(why->kind));
}

/* Brings arguments into one slot per parameter; false when their number does not fit. fitted has room for all
 * parameters. */
static bool arrange(const struct builtin *row, const struct value *arguments, size_t count, struct value *fitted,
                    struct arena *arena)
{
    size_t parameters = parameter_count(row);
    if (row->flags & BUILTIN_GATHERS) {
        if (count == 0)
            return false;
        fitted[0] = count == 1 ? arguments[0] : value_list(arena, arguments, count);
        return true;
    }
    if (row->flags & BUILTIN_TAIL) {
        if (count < parameters)
            return false;
        memcpy(fitted, arguments, (parameters - 1) * sizeof *fitted);
        fitted[parameters - 1] = value_list(arena, arguments + parameters - 1, count - parameters + 1);
        return true;
    }
    if (count < needed_count(row) || count > parameters)
        return false;
    for (size_t i = 0; i < parameters; i++)
        fitted[i] = i < count ? arguments[i] : value_null;
    return true;
}

struct value builtin_invoke(const struct builtin *builtin, const struct value *arguments, size_t count,
                            struct frame *frame)
{
    struct misfit why = {0};
    for (const struct builtin *row = builtin; row == builtin || same_name(builtin, row); row++) {
        struct value fitted[BUILTIN_PARAMETERS_MAX] = {0};
        if (!arrange(row, arguments, count, fitted, frame->run->arena))
            continue;
        size_t parameters = parameter_count(row);
        if (row_fits(row, fitted, parameters, frame->run->arena, &why))
            return row->call(fitted, count < parameters ? count : parameters, frame);
    }
    return refuse(builtin, &why, count, frame);
}

static bool arrange_named(const struct builtin *row, const struct entry *keys, const struct value *arguments,
                          size_t count, struct value *fitted, struct arena *arena)
{
    size_t parameters = parameter_count(row);
    for (size_t i = 0; i < parameters; i++)
        fitted[i] = value_null;
    for (size_t k = 0; k < count; k++) {
        size_t i = 0;
        while (i < parameters && !str_equal(keys[k].key, str_of(row->parameters[i].name)))
            i++;
        if (i == parameters)
            return false;
        bool tail = (row->flags & BUILTIN_TAIL) && i + 1 == parameters;
        fitted[i] = tail ? value_list(arena, &arguments[k], 1) : arguments[k];
    }
    return true;
}

struct value builtin_invoke_named(const struct builtin *builtin, const struct entry *keys,
                                  const struct value *arguments, size_t count, struct frame *frame)
{
    struct misfit why = {0};
    bool named = false;
    for (const struct builtin *row = builtin; row == builtin || same_name(builtin, row); row++) {
        struct value fitted[BUILTIN_PARAMETERS_MAX] = {0};
        if (!arrange_named(row, keys, arguments, count, fitted, frame->run->arena))
            continue;
        named = true;
        size_t parameters = parameter_count(row);
        if (row_fits(row, fitted, parameters, frame->run->arena, &why))
            return row->call(fitted, parameters, frame);
    }
    if (!named)
        return note_null(frame, "%s() has no parameters of these names", builtin->name);
    return refuse(builtin, &why, count, frame);
}

/* ---- Calling function values ---- */

static bool call_enter(struct frame *frame, uint64_t steps)
{
    struct feel_run *run = frame->run;
    const char *here = __builtin_frame_address(0);
    ptrdiff_t used = run->stack ? run->stack - here : 0;
    if (run->depth >= run->depth_max || used > FEEL_STACK_MAX || -used > FEEL_STACK_MAX) {
        run_stop(run, "Calls are nested deeper than %u levels", run->depth);
        return false;
    }
    if (!run_spend(run, steps))
        return false;
    run->depth++;
    return true;
}

static struct value lambda_call(const struct function *self, struct value *arguments, size_t count, struct frame *frame)
{
    const struct node *node = self->node;
    for (size_t i = 0; i < count; i++) {
        struct value v = feel_type_coerce(node->parameters[i].type, arguments[i], frame->run);
        if (value_is_null(v) && !value_is_null(arguments[i]))
            return value_null;
        arguments[i] = v;
    }
    if (!call_enter(frame, node->weight))
        return value_null;
    struct env near = {.up = self->env, .values = arguments};
    struct env *env = &near;
    if (node->captured) {
        env = arena_new(frame->run->arena, struct env);
        env->up = self->env;
        env->values = value_list(frame->run->arena, arguments, count).list->items;
    }
    struct frame inner = {.run = frame->run,
                          .program = self->program,
                          .env = env,
                          .slots = self->input->slots,
                          .tested = self->input->tested,
                          .context = self->input->context,
                          .captured = self->input};
    struct value result = EVAL(node->left, &inner);
    frame->run->depth--;
    return result;
}

static struct value host_call(const struct function *self, const struct value *arguments, struct frame *frame)
{
    if (!call_enter(frame, 1))
        return value_null;
    struct value result = self->call(self->host, arguments, frame->run);
    frame->run->depth--;
    return result;
}

struct value function_call(const struct function *function, struct value *arguments, size_t count, struct frame *frame)
{
    if (function->kind == FUNCTION_BUILTIN)
        return builtin_invoke(function->builtin, arguments, count, frame);
    if (count != function->parameter_count)
        return note_null(frame, "A function of %zu parameter%s is called with %zu", function->parameter_count,
                         function->parameter_count == 1 ? "" : "s", count);
    if (function->kind == FUNCTION_LAMBDA)
        return lambda_call(function, arguments, count, frame);
    return host_call(function, arguments, frame);
}

static struct str parameter_name(const struct function *self, size_t i)
{
    return self->kind == FUNCTION_LAMBDA ? self->node->parameters[i].name : self->names[i];
}

struct value function_call_named(const struct function *function, const struct entry *keys, struct value *arguments,
                                 size_t count, struct frame *frame)
{
    if (function->kind == FUNCTION_BUILTIN)
        return builtin_invoke_named(function->builtin, keys, arguments, count, frame);
    if (function->parameter_count > FEEL_ARGUMENTS_MAX)
        return note_null(frame, "A function of %zu parameters cannot be called by name", function->parameter_count);
    struct value ordered[FEEL_ARGUMENTS_MAX] = {0};
    for (size_t k = 0; k < count; k++) {
        size_t i = 0;
        while (i < function->parameter_count && !str_equal(keys[k].key, parameter_name(function, i)))
            i++;
        if (i == function->parameter_count)
            return note_null(frame, "The function has no parameter '%.*s'", STR_ARGS(keys[k].key));
        ordered[i] = arguments[k];
    }
    return function_call(function, ordered, function->parameter_count, frame);
}

/* ---- Nodes ---- */

/* The input as closures keep it: what they read must outlive the caller's arrays. */
static const struct feel_input *capture(struct frame *frame)
{
    if (frame->captured && (frame->captured->tested == frame->tested))
        return frame->captured;
    struct arena *arena = frame->run->arena;
    struct feel_input *input = arena_new(arena, struct feel_input);
    input->context = frame->context;
    if (frame->slots && frame->program->slot_count > 0)
        input->slots = value_list(arena, frame->slots, frame->program->slot_count).list->items;
    if (frame->tested)
        input->tested = value_list(arena, frame->tested, 1).list->items;
    if (!frame->tested)
        frame->captured = input;
    return input;
}

static struct value external_missing(void *host, const struct value *arguments, struct feel_run *run)
{
    (void)host;
    (void)arguments;
    feel_note(run, "The external function is not available here");
    return value_null;
}

static struct value external_function(const struct node *node, struct frame *frame)
{
    struct arena *arena = frame->run->arena;
    struct value mapping = EVAL(node->right, frame);
    struct str *parameters = arena_array(arena, struct str, node->count);
    for (uint32_t i = 0; i < node->count; i++)
        parameters[i] = node->parameters[i].name;
    if (frame->program->external) {
        struct value function = frame->program->external(arena, mapping, parameters, node->count);
        if (function.kind == VALUE_FUNCTION)
            return function;
    }
    return feel_host_function(arena, parameters, node->count, external_missing, NULL);
}

struct value eval_function(const struct node *node, struct frame *frame)
{
    if (node->right)
        return external_function(node, frame);
    struct function *function = arena_new(frame->run->arena, struct function);
    *function = (struct function){.kind = FUNCTION_LAMBDA,
                                  .parameter_count = node->count,
                                  .node = node,
                                  .env = frame->env,
                                  .program = frame->program,
                                  .input = capture(frame)};
    return (struct value){.kind = VALUE_FUNCTION, .function = function};
}

static const struct node *argument_node(const struct node *call, uint32_t i)
{
    return call->op ? call->entries[i].value : call->items[i];
}

/* Arguments in room when they fit there, else in the arena. */
static struct value *evaluate_arguments(const struct node *node, struct frame *frame,
                                        struct value room[FEEL_ARGUMENTS_MAX])
{
    struct value *arguments =
        node->count <= FEEL_ARGUMENTS_MAX ? room : arena_array(frame->run->arena, struct value, node->count);
    for (uint32_t i = 0; i < node->count; i++)
        arguments[i] = EVAL(argument_node(node, i), frame);
    return arguments;
}

struct value eval_call_builtin(const struct node *node, struct frame *frame)
{
    struct value room[FEEL_ARGUMENTS_MAX];
    struct value *arguments = evaluate_arguments(node, frame, room);
    size_t notes = frame->run->note_count;
    struct value result = node->op ? builtin_invoke_named(node->builtin, node->entries, arguments, node->count, frame)
                                   : builtin_invoke(node->builtin, arguments, node->count, frame);
    notes_place(node, frame, notes);
    return frame->run->stopped ? value_null : result;
}

struct value eval_call(const struct node *node, struct frame *frame)
{
    struct value callee = EVAL(node->left, frame);
    if (callee.kind != VALUE_FUNCTION)
        return note_at(node, frame, "A %s cannot be called", value_kind_name((enum value_kind)callee.kind));
    struct value room[FEEL_ARGUMENTS_MAX];
    struct value *arguments = evaluate_arguments(node, frame, room);
    size_t notes = frame->run->note_count;
    struct value result = node->op ? function_call_named(callee.function, node->entries, arguments, node->count, frame)
                                   : function_call(callee.function, arguments, node->count, frame);
    notes_place(node, frame, notes);
    return frame->run->stopped ? value_null : result;
}

/* A name or member that is there, whatever its value; any other expression is defined when it is not null. */
static bool is_defined(const struct node *node, struct frame *frame)
{
    struct value ignored;
    if (node->kind == NODE_DYNAMIC)
        return node->left || value_find(frame->context, node->name, &ignored);
    if (node->kind == NODE_PATH)
        return is_defined(node->left, frame) && value_property(EVAL(node->left, frame), node->name, &ignored);
    if (node->kind == NODE_SLOT && value_find(frame->context, node->name, &ignored))
        return true;
    if (node->kind == NODE_CONSTANT || node->kind == NODE_LOCAL)
        return true;
    return !value_is_null(EVAL(node, frame));
}

struct value eval_is_defined(const struct node *node, struct frame *frame)
{
    if (node->count != 1)
        return note_at(node, frame, "is defined() takes one argument");
    size_t notes = frame->run->note_count;
    bool defined = is_defined(argument_node(node, 0), frame);
    if (!frame->run->stopped)
        frame->run->note_count = notes;
    return value_boolean(defined);
}

/* ---- For hosts ---- */

struct value feel_call(struct value function, const struct value *arguments, size_t count, struct feel_run *run)
{
    run_prepare(run);
    struct frame frame = {.run = run};
    if (function.kind != VALUE_FUNCTION)
        return note_null(&frame, "A %s cannot be called", value_kind_name((enum value_kind)function.kind));
    if (!run->stack)
        run->stack = __builtin_frame_address(0);
    struct value *copy = arena_array(run->arena, struct value, count);
    if (count > 0)
        memcpy(copy, arguments, count * sizeof *copy);
    return function_call(function.function, copy, count, &frame);
}

struct value feel_call_named(struct value function, const struct member *arguments, size_t count, struct feel_run *run)
{
    run_prepare(run);
    struct frame frame = {.run = run};
    if (function.kind != VALUE_FUNCTION)
        return note_null(&frame, "A %s cannot be called", value_kind_name((enum value_kind)function.kind));
    struct value *values = arena_array(run->arena, struct value, count);
    struct entry *keys = arena_array(run->arena, struct entry, count);
    for (size_t i = 0; i < count; i++) {
        values[i] = arguments[i].value;
        keys[i].key = arguments[i].key;
    }
    return function_call_named(function.function, keys, values, count, &frame);
}

struct value feel_host_function(struct arena *arena, const struct str *parameter_names, size_t count,
                                feel_host_call *call, void *host)
{
    struct function *function = arena_new(arena, struct function);
    struct str *copy = arena_array(arena, struct str, count);
    for (size_t i = 0; i < count; i++)
        copy[i] = arena_str(arena, parameter_names[i]);
    *function =
        (struct function){.kind = FUNCTION_HOST, .parameter_count = count, .names = copy, .call = call, .host = host};
    return (struct value){.kind = VALUE_FUNCTION, .function = function};
}

struct value feel_function_typed(struct value function, const struct feel_type *type)
{
    CHECK(function.kind == VALUE_FUNCTION && function.function->kind == FUNCTION_HOST);
    CHECK(type->member_count == function.function->parameter_count);
    /* Not yet seen by anyone but its maker. */
    ((struct function *)(uintptr_t)function.function)->type = type;
    return function;
}

const struct feel_builtin_info *feel_builtins(size_t *count)
{
    return builtin_signatures(count);
}
