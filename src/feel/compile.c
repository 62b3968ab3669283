/* Chooses how each node is evaluated as soon as it is parsed, and folds what is constant. Folding keeps nulls out, so
 * that their reasons are told each time. */
#include "feel/evaluate.h"

#include <stdlib.h>

static node_eval *const evals[] = {
    [NODE_CONSTANT] = eval_constant,
    [NODE_SLOT] = eval_slot,
    [NODE_LOCAL] = eval_local,
    [NODE_DYNAMIC] = eval_dynamic,
    [NODE_ITEM] = eval_item,
    [NODE_TESTED] = eval_tested,
    [NODE_ADD] = eval_add,
    [NODE_SUBTRACT] = eval_subtract,
    [NODE_MULTIPLY] = eval_multiply,
    [NODE_DIVIDE] = eval_operate,
    [NODE_POWER] = eval_operate,
    [NODE_NEGATE] = eval_negate,
    [NODE_CHAIN] = eval_chain,
    [NODE_AND] = eval_and,
    [NODE_OR] = eval_or,
    [NODE_EQUAL] = eval_compare,
    [NODE_NOT_EQUAL] = eval_compare,
    [NODE_LESS] = eval_compare,
    [NODE_LESS_EQUAL] = eval_compare,
    [NODE_GREATER] = eval_compare,
    [NODE_GREATER_EQUAL] = eval_compare,
    [NODE_BETWEEN] = eval_between,
    [NODE_IN] = eval_in,
    [NODE_INSTANCE_OF] = eval_instance_of,
    [NODE_IF] = eval_if,
    [NODE_FOR] = eval_for,
    [NODE_SOME] = eval_some,
    [NODE_EVERY] = eval_every,
    [NODE_FILTER] = eval_filter,
    [NODE_PATH] = eval_path,
    [NODE_CALL] = eval_call,
    [NODE_FUNCTION] = eval_function,
    [NODE_LIST] = eval_list,
    [NODE_CONTEXT] = eval_context,
    [NODE_RANGE] = eval_range,
    [NODE_TESTS] = eval_tests,
    [NODE_ANY] = eval_any,
};

static bool is_constant(const struct node *node)
{
    return node->kind == NODE_CONSTANT;
}

static bool is_constant_of(const struct node *node, enum value_kind kind)
{
    return is_constant(node) && node->constant.kind == kind;
}

/* ---- Special cases ---- */

static node_eval *comparison_eval(const struct node *node)
{
    if (is_constant_of(node->right, VALUE_STRING) && (node->kind == NODE_EQUAL || node->kind == NODE_NOT_EQUAL))
        return eval_equal_string;
    if (!is_constant_of(node->right, VALUE_NUMBER))
        return eval_compare;
    switch ((int)node->kind) {
    case NODE_LESS: return eval_less_number;
    case NODE_LESS_EQUAL: return eval_less_equal_number;
    case NODE_GREATER: return eval_greater_number;
    case NODE_GREATER_EQUAL: return eval_greater_equal_number;
    case NODE_EQUAL: return eval_equal_number;
    default: return eval_not_equal_number;
    }
}

static node_eval *tests_eval(const struct node *node)
{
    bool strings = node->count > 0;
    for (uint32_t i = 0; i < node->count; i++)
        strings &= is_constant_of(node->items[i], VALUE_STRING);
    if (strings)
        return eval_tests_strings;
    if (node->count != 1 || (node->op & 1) || !is_constant(node->items[0]))
        return eval_tests;
    struct value test = node->items[0]->constant;
    if (test.kind == VALUE_NUMBER)
        return eval_test_number;
    if (test.kind != VALUE_RANGE || test.range->by_operator == '=' || test.range->by_operator == '!')
        return eval_tests;
    bool low =
        test.range->start.kind == VALUE_NUMBER || test.range->by_operator == '<' || test.range->by_operator == 'l';
    bool high =
        test.range->end.kind == VALUE_NUMBER || test.range->by_operator == '>' || test.range->by_operator == 'g';
    return low && high ? eval_test_number_range : eval_tests;
}

static int by_text(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static bool keys_repeat(const struct node *node)
{
    struct arena arena;
    arena_init(&arena);
    struct str *keys = arena_array(&arena, struct str, node->count);
    for (uint32_t i = 0; i < node->count; i++)
        keys[i] = node->entries[i].key;
    qsort(keys, node->count, sizeof keys[0], by_text);
    bool repeat = false;
    for (uint32_t i = 1; i < node->count && !repeat; i++)
        repeat = str_equal(keys[i - 1], keys[i]);
    arena_release(&arena);
    return repeat;
}

static node_eval *special_eval(struct node *node)
{
    switch ((int)node->kind) {
    case NODE_LOCAL: return node->hops == 0 ? eval_local_near : eval_local;
    case NODE_EQUAL:
    case NODE_NOT_EQUAL:
    case NODE_LESS:
    case NODE_LESS_EQUAL:
    case NODE_GREATER:
    case NODE_GREATER_EQUAL: return comparison_eval(node);
    case NODE_CHAIN: return node->ops[0] == NODE_AND || node->ops[0] == NODE_OR ? eval_logic_chain : eval_chain;
    case NODE_FILTER: return is_constant_of(node->right, VALUE_NUMBER) ? eval_filter_index : eval_filter;
    case NODE_TESTS: return tests_eval(node);
    case NODE_CALL:
        if (!node->builtin)
            return eval_call;
        return node->builtin->flags & BUILTIN_LAZY ? eval_is_defined : eval_call_builtin;
    case NODE_CONTEXT: node->op = keys_repeat(node); return eval_context;
    default: return evals[node->kind];
    }
}

/* ---- Folding ---- */

static bool items_constant(const struct node *node)
{
    for (uint32_t i = 0; i < node->count; i++)
        if (!is_constant(node->op == 1 && node->kind == NODE_CALL ? node->entries[i].value : node->items[i]))
            return false;
    return true;
}

static bool is_foldable(const struct node *node)
{
    switch ((int)node->kind) {
    case NODE_ADD:
    case NODE_SUBTRACT:
    case NODE_MULTIPLY:
    case NODE_DIVIDE:
    case NODE_POWER:
    case NODE_AND:
    case NODE_OR:
    case NODE_EQUAL:
    case NODE_NOT_EQUAL:
    case NODE_LESS:
    case NODE_LESS_EQUAL:
    case NODE_GREATER:
    case NODE_GREATER_EQUAL: return is_constant(node->left) && is_constant(node->right);
    case NODE_NEGATE:
    case NODE_PATH: return is_constant(node->left);
    case NODE_RANGE: return (!node->left || is_constant(node->left)) && (!node->right || is_constant(node->right));
    case NODE_LIST: return items_constant(node);
    case NODE_CALL:
        return node->builtin && !(node->builtin->flags & (BUILTIN_IMPURE | BUILTIN_LAZY)) && items_constant(node);
    default: return false;
    }
}

const struct node *node_finish(struct arena *arena, struct node *node, const struct feel_program *program)
{
    node->eval = special_eval(node);
    if (!is_foldable(node))
        return node;
    struct feel_run run = {.arena = arena, .steps_max = 100000, .depth_max = 1, .list_max = 100000, .regex_ms = 10};
    struct frame frame = {.run = &run, .program = program};
    struct arena_mark mark = arena_mark(arena);
    struct value result = EVAL(node, &frame);
    if (value_is_null(result) || run.stopped || run.note_count > 0) {
        arena_rewind(arena, mark);
        return node;
    }
    node->kind = NODE_CONSTANT;
    node->eval = eval_constant;
    node->constant = result;
    node->builtin = NULL;
    node->depth = 1;
    node->weight = 1;
    return node;
}
