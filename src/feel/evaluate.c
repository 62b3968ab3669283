/* The eval functions of nodes that bind no names: names, operators, lists, paths, if. Binders are in iterate.c, tests
 * in tests.c, calls in functions.c. */
#include "feel/evaluate.h"
#include "feel/number.h"

#include <stdio.h>

/* ---- Notes and limits ---- */

static struct feel_note *note_new(struct feel_run *run)
{
    /* After a limit was met everything is null: that note stays the last. */
    if (run->note_count >= FEEL_NOTES_MAX || run->stopped)
        return NULL;
    if (!run->notes)
        run->notes = arena_array(run->arena, struct feel_note, FEEL_NOTES_MAX);
    return &run->notes[run->note_count++];
}

static void note_write(struct feel_run *run, const char *format, va_list arguments)
{
    struct feel_note *slot = note_new(run);
    if (!slot)
        return;
    char text[320];
    vsnprintf(text, sizeof text, format, arguments);
    *slot = (struct feel_note){.text = arena_str(run->arena, str_of(text))};
}

void feel_note(struct feel_run *run, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    note_write(run, format, arguments);
    va_end(arguments);
}

struct value note_null(struct frame *frame, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    note_write(frame->run, format, arguments);
    va_end(arguments);
    return value_null;
}

struct value note_at(const struct node *node, struct frame *frame, const char *format, ...)
{
    size_t before = frame->run->note_count;
    va_list arguments;
    va_start(arguments, format);
    note_write(frame->run, format, arguments);
    va_end(arguments);
    notes_place(node, frame, before);
    return value_null;
}

void notes_place(const struct node *node, struct frame *frame, size_t from)
{
    struct feel_run *run = frame->run;
    if (run->note_count == from)
        return;
    uint32_t line = 0;
    uint32_t column = 0;
    text_position(frame->program->text, node->at, &line, &column);
    for (size_t i = from; i < run->note_count; i++) {
        if (run->notes[i].line)
            continue;
        run->notes[i].line = line;
        run->notes[i].column = column;
    }
}

struct value run_stop(struct feel_run *run, const char *format, ...)
{
    if (run->stopped)
        return value_null;
    if (run->note_count == FEEL_NOTES_MAX)
        run->note_count--;
    va_list arguments;
    va_start(arguments, format);
    note_write(run, format, arguments);
    va_end(arguments);
    run->stopped = true;
    return value_null;
}

bool run_spend(struct feel_run *run, uint64_t steps)
{
    run->steps += steps;
    if (run->steps <= run->steps_max && !run->stopped)
        return true;
    run_stop(run, "The evaluation took more than %" PRIu64 " steps", run->steps_max);
    return false;
}

bool run_list_allowed(struct feel_run *run, uint64_t count)
{
    if (count > run->list_max) {
        run_stop(run, "A list would have more than %" PRIu64 " items", run->list_max);
        return false;
    }
    return run_spend(run, count);
}

/* ---- Names ---- */

struct value eval_constant(const struct node *node, struct frame *frame)
{
    (void)frame;
    return node->constant;
}

/* A program whose names are declared may still be given one context: then slots are looked up there by name. */
struct value eval_slot(const struct node *node, struct frame *frame)
{
    if (frame->slots)
        return frame->slots[node->index];
    struct value found;
    if (value_find(frame->context, node->name, &found))
        return found;
    return note_at(node, frame, "There is no value named '%.*s'", STR_ARGS(node->name));
}

const struct env *env_at(const struct frame *frame, unsigned hops)
{
    const struct env *env = frame->env;
    while (hops-- > 0)
        env = env->up;
    return env;
}

struct value eval_local(const struct node *node, struct frame *frame)
{
    return env_at(frame, node->hops)->values[node->index];
}

struct value eval_local_near(const struct node *node, struct frame *frame)
{
    return frame->env->values[node->index];
}

struct value eval_dynamic(const struct node *node, struct frame *frame)
{
    struct value found;
    if (value_find(frame->context, node->name, &found))
        return found;
    if (node->left)
        return node->left->constant;
    return note_at(node, frame, "There is no value named '%.*s'", STR_ARGS(node->name));
}

struct value eval_item(const struct node *node, struct frame *frame)
{
    struct value found;
    for (uint32_t i = 0; i < node->count; i++) {
        struct value item = env_at(frame, node->filters[i])->values[0];
        if (item.kind == VALUE_CONTEXT && value_find(item, node->name, &found))
            return found;
    }
    return EVAL(node->left, frame);
}

struct value eval_tested(const struct node *node, struct frame *frame)
{
    if (frame->tested)
        return *frame->tested;
    return note_at(node, frame, "'?' has a value in tests only");
}

/* ---- Arithmetic ---- */

static struct value operate_at(const struct node *node, enum node_kind op, struct value a, struct value b,
                               struct frame *frame)
{
    size_t notes = frame->run->note_count;
    struct value result = values_operate(op, a, b, frame);
    notes_place(node, frame, notes);
    return result;
}

struct value eval_add(const struct node *node, struct frame *frame)
{
    struct value a = EVAL(node->left, frame);
    struct value b = EVAL(node->right, frame);
    struct value out;
    if (a.kind == VALUE_NUMBER && b.kind == VALUE_NUMBER && number_add_quick(a, b, &out))
        return out;
    return operate_at(node, NODE_ADD, a, b, frame);
}

struct value eval_subtract(const struct node *node, struct frame *frame)
{
    struct value a = EVAL(node->left, frame);
    struct value b = EVAL(node->right, frame);
    struct value out;
    if (a.kind == VALUE_NUMBER && b.kind == VALUE_NUMBER && number_subtract_quick(a, b, &out))
        return out;
    return operate_at(node, NODE_SUBTRACT, a, b, frame);
}

struct value eval_multiply(const struct node *node, struct frame *frame)
{
    struct value a = EVAL(node->left, frame);
    struct value b = EVAL(node->right, frame);
    struct value out;
    if (a.kind == VALUE_NUMBER && b.kind == VALUE_NUMBER && number_multiply(a, b, &out))
        return out;
    return operate_at(node, NODE_MULTIPLY, a, b, frame);
}

struct value eval_operate(const struct node *node, struct frame *frame)
{
    struct value a = EVAL(node->left, frame);
    struct value b = EVAL(node->right, frame);
    return operate_at(node, (enum node_kind)node->kind, a, b, frame);
}

struct value eval_negate(const struct node *node, struct frame *frame)
{
    size_t notes = frame->run->note_count;
    struct value result = value_negate(EVAL(node->left, frame), frame);
    notes_place(node, frame, notes);
    return result;
}

/* Long sums of texts are joined at once, not pair by pair. */
static struct value join_texts(const struct node *node, struct frame *frame, struct value *values)
{
    struct str *parts = arena_array(frame->run->arena, struct str, node->count);
    size_t len = 0;
    for (uint32_t i = 0; i < node->count; i++) {
        parts[i] = values[i].string;
        len += parts[i].len;
    }
    if (!run_spend(frame->run, len / 16))
        return value_null;
    return value_string(arena_join(frame->run->arena, parts, node->count));
}

struct value eval_chain(const struct node *node, struct frame *frame)
{
    struct value *values = arena_array(frame->run->arena, struct value, node->count);
    bool texts = true;
    for (uint32_t i = 0; i < node->count; i++) {
        values[i] = EVAL(node->items[i], frame);
        texts &= values[i].kind == VALUE_STRING && (i == 0 || node->ops[i] == NODE_ADD);
    }
    if (texts)
        return join_texts(node, frame, values);
    struct value total = values[0];
    for (uint32_t i = 1; i < node->count; i++)
        total = operate_at(node->items[i], (enum node_kind)node->ops[i], total, values[i], frame);
    return total;
}

/* ---- Logic ---- */

static struct value logic_value(const struct node *node, struct value v, struct frame *frame)
{
    if (v.kind == VALUE_BOOLEAN)
        return v;
    if (v.kind != VALUE_NULL)
        note_at(node, frame, "A boolean is needed here, not a %s", value_kind_name((enum value_kind)v.kind));
    return value_null;
}

/* and stops at false, or at true; deciding is that value. */
static struct value logic(const struct node *node, struct frame *frame, bool deciding)
{
    struct value a = EVAL(node->left, frame);
    if (a.kind == VALUE_BOOLEAN && a.boolean == deciding)
        return a;
    struct value b = EVAL(node->right, frame);
    if (b.kind == VALUE_BOOLEAN && (b.boolean == deciding || a.kind == VALUE_BOOLEAN))
        return b;
    logic_value(node->left, a, frame);
    logic_value(node->right, b, frame);
    return value_null;
}

struct value eval_and(const struct node *node, struct frame *frame)
{
    return logic(node, frame, false);
}

struct value eval_or(const struct node *node, struct frame *frame)
{
    return logic(node, frame, true);
}

struct value eval_logic_chain(const struct node *node, struct frame *frame)
{
    bool deciding = node->ops[0] == NODE_OR;
    struct value result = value_boolean(!deciding);
    for (uint32_t i = 0; i < node->count; i++) {
        struct value v = logic_value(node->items[i], EVAL(node->items[i], frame), frame);
        if (v.kind == VALUE_BOOLEAN && v.boolean == deciding)
            return v;
        if (value_is_null(v))
            result = value_null;
    }
    return result;
}

/* ---- Comparison ---- */

static struct value compare_at(const struct node *node, enum node_kind op, struct value a, struct value b,
                               struct frame *frame)
{
    size_t notes = frame->run->note_count;
    struct value result = values_compare(op, a, b, frame);
    notes_place(node, frame, notes);
    return result;
}

struct value eval_compare(const struct node *node, struct frame *frame)
{
    struct value a = EVAL(node->left, frame);
    struct value b = EVAL(node->right, frame);
    return compare_at(node, (enum node_kind)node->kind, a, b, frame);
}

/* Against a constant number; one function for each operator, so that the operator is known when it is compiled. */
static inline struct value compare_number(const struct node *node, struct frame *frame, enum node_kind op)
{
    struct value a = EVAL(node->left, frame);
    if (a.kind != VALUE_NUMBER)
        return compare_at(node, op, a, node->right->constant, frame);
    return order_result(op, number_compare_quick(a, node->right->constant));
}

struct value eval_less_number(const struct node *node, struct frame *frame)
{
    return compare_number(node, frame, NODE_LESS);
}

struct value eval_less_equal_number(const struct node *node, struct frame *frame)
{
    return compare_number(node, frame, NODE_LESS_EQUAL);
}

struct value eval_greater_number(const struct node *node, struct frame *frame)
{
    return compare_number(node, frame, NODE_GREATER);
}

struct value eval_greater_equal_number(const struct node *node, struct frame *frame)
{
    return compare_number(node, frame, NODE_GREATER_EQUAL);
}

struct value eval_equal_number(const struct node *node, struct frame *frame)
{
    return compare_number(node, frame, NODE_EQUAL);
}

struct value eval_not_equal_number(const struct node *node, struct frame *frame)
{
    return compare_number(node, frame, NODE_NOT_EQUAL);
}

struct value eval_equal_string(const struct node *node, struct frame *frame)
{
    struct value a = EVAL(node->left, frame);
    if (a.kind != VALUE_STRING)
        return compare_at(node, (enum node_kind)node->kind, a, node->right->constant, frame);
    return value_boolean(str_equal(a.string, node->right->constant.string) == (node->kind == NODE_EQUAL));
}

struct value eval_between(const struct node *node, struct frame *frame)
{
    struct value v = EVAL(node->left, frame);
    struct value low = EVAL(node->right, frame);
    struct value high = EVAL(node->third, frame);
    struct value above = compare_at(node, NODE_GREATER_EQUAL, v, low, frame);
    struct value below = compare_at(node, NODE_LESS_EQUAL, v, high, frame);
    return ternary_and(above, below);
}

struct value eval_in(const struct node *node, struct frame *frame)
{
    struct value v = EVAL(node->left, frame);
    const struct value *outer = frame->tested;
    frame->tested = &v;
    struct value result = EVAL(node->right, frame);
    frame->tested = outer;
    return result;
}

struct value eval_instance_of(const struct node *node, struct frame *frame)
{
    struct value v = EVAL(node->left, frame);
    if (node->type == &feel_type_unknown)
        return note_at(node, frame, "The type after 'instance of' is not known");
    return value_boolean(feel_type_conforms(node->type, v, frame->run));
}

/* ---- If, lists, paths, ranges ---- */

struct value eval_if(const struct node *node, struct frame *frame)
{
    struct value condition = EVAL(node->left, frame);
    if (condition.kind == VALUE_BOOLEAN)
        return condition.boolean ? EVAL(node->right, frame) : EVAL(node->third, frame);
    if (condition.kind == VALUE_NULL)
        return EVAL(node->third, frame);
    return note_at(node, frame, "The condition of 'if' is a %s, not a boolean",
                   value_kind_name((enum value_kind)condition.kind));
}

struct value eval_list(const struct node *node, struct frame *frame)
{
    struct list *list = list_new(frame->run->arena, node->count);
    for (uint32_t i = 0; i < node->count; i++)
        list->items[i] = EVAL(node->items[i], frame);
    return value_of_list(list);
}

static struct value path_of_list(const struct node *node, const struct list *list, struct frame *frame)
{
    if (!run_list_allowed(frame->run, list->count))
        return value_null;
    struct list *out = list_new(frame->run->arena, list->count);
    for (size_t i = 0; i < list->count; i++)
        if (!value_property(list->items[i], node->name, &out->items[i]))
            out->items[i] = value_null;
    return value_of_list(out);
}

struct value eval_path(const struct node *node, struct frame *frame)
{
    struct value v = EVAL(node->left, frame);
    struct value out;
    if (value_property(v, node->name, &out))
        return out;
    if (v.kind == VALUE_LIST)
        return path_of_list(node, v.list, frame);
    return note_at(node, frame, "A %s has no '%.*s'", value_kind_name((enum value_kind)v.kind), STR_ARGS(node->name));
}

static bool has_order(struct value v)
{
    return v.kind != VALUE_BOOLEAN && v.kind != VALUE_LIST && v.kind != VALUE_CONTEXT && v.kind != VALUE_RANGE &&
           v.kind != VALUE_FUNCTION;
}

struct value eval_range(const struct node *node, struct frame *frame)
{
    struct range range = {
        .start_included = node->start_included, .end_included = node->end_included, .by_operator = node->op};
    range.start = node->left ? EVAL(node->left, frame) : value_null;
    range.end = node->right == node->left ? range.start : node->right ? EVAL(node->right, frame) : value_null;
    bool equality = node->op == '=' || node->op == '!';
    if (!equality && (!has_order(range.start) || !has_order(range.end)))
        return note_at(node, frame, "The ends of a range must be values that have an order");
    if (!range_ends_agree(&range))
        return note_at(node, frame, "The ends of a range must be of one kind");
    return range_value(frame->run->arena, range);
}
