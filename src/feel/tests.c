/* Unary tests: evaluation over ?, and the shape that static analysis looks at. DMN 1.5, 7.3.3 and 10.3.2.8. */
#include "feel/evaluate.h"
#include "feel/number.h"

#define TESTS_NEGATED 1
#define TESTS_ROOT 2

struct value eval_any(const struct node *node, struct frame *frame)
{
    (void)node;
    (void)frame;
    return value_true;
}

static struct value outcome(const struct node *node, struct value matched)
{
    return node->op & TESTS_NEGATED ? ternary_not(matched) : matched;
}

struct value eval_tests_strings(const struct node *node, struct frame *frame)
{
    struct value v = frame->tested ? *frame->tested : value_null;
    if (v.kind != VALUE_STRING)
        return eval_tests(node, frame);
    for (uint32_t i = 0; i < node->count; i++)
        if (str_equal(v.string, node->items[i]->constant.string))
            return value_boolean(!(node->op & TESTS_NEGATED));
    return value_boolean(node->op & TESTS_NEGATED);
}

struct value eval_test_number(const struct node *node, struct frame *frame)
{
    if (!frame->tested || frame->tested->kind != VALUE_NUMBER)
        return eval_tests(node, frame);
    return value_boolean(number_compare_quick(*frame->tested, node->items[0]->constant) == 0);
}

struct value eval_test_number_range(const struct node *node, struct frame *frame)
{
    if (!frame->tested || frame->tested->kind != VALUE_NUMBER)
        return eval_tests(node, frame);
    const struct range *range = node->items[0]->constant.range;
    if (range->start.kind == VALUE_NUMBER) {
        int order = number_compare_quick(*frame->tested, range->start);
        if (order < 0 || (order == 0 && !range->start_included))
            return value_false;
    }
    if (range->end.kind != VALUE_NUMBER)
        return value_true;
    int order = number_compare_quick(*frame->tested, range->end);
    return value_boolean(order < 0 || (order == 0 && range->end_included));
}

/* A test that speaks of ? is a condition. Any other gives a value to be equal to, a range or list to be in; in a
 * table's cell it may also be a condition over other names. */
static struct value one_test(const struct node *node, const struct node *test, struct value tested, struct frame *frame)
{
    struct value v = EVAL(test, frame);
    if (test->tests_input)
        return v.kind == VALUE_BOOLEAN ? v : test_matches(tested, v);
    if (v.kind == VALUE_BOOLEAN && tested.kind != VALUE_BOOLEAN && (node->op & TESTS_ROOT) &&
        test->kind != NODE_CONSTANT)
        return v;
    return test_matches(tested, v);
}

struct value eval_tests(const struct node *node, struct frame *frame)
{
    struct value tested = frame->tested ? *frame->tested : value_null;
    struct value matched = value_false;
    for (uint32_t i = 0; i < node->count; i++) {
        struct value one = one_test(node, node->items[i], tested, frame);
        if (value_is_true(one))
            return outcome(node, one);
        if (one.kind != VALUE_BOOLEAN)
            matched = value_null;
    }
    return outcome(node, matched);
}

/* ---- Shape ---- */

static bool is_scalar(struct value v)
{
    return v.kind != VALUE_NULL && v.kind < VALUE_LIST;
}

/* A null end where a value belongs makes every answer null; that is no open end. */
static bool ends_given(const struct range *range)
{
    bool upper = range->by_operator == '<' || range->by_operator == 'l';
    bool lower = range->by_operator == '>' || range->by_operator == 'g';
    return (upper || is_scalar(range->start)) && (lower || is_scalar(range->end));
}

static bool shape_of_test(const struct node *test, struct range *out)
{
    if (test->kind != NODE_CONSTANT)
        return false;
    struct value v = test->constant;
    switch ((enum value_kind)v.kind) {
    case VALUE_RANGE:
        *out = *v.range;
        if (v.range->by_operator == '!' || !ends_given(v.range))
            return false;
        out->by_operator = 0;
        return true;
    case VALUE_LIST:
    case VALUE_CONTEXT:
    case VALUE_FUNCTION:
    case VALUE_NULL: return false;
    case VALUE_BOOLEAN:
    case VALUE_NUMBER:
    case VALUE_STRING:
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATE_TIME:
    case VALUE_YEARS_MONTHS:
    case VALUE_DAYS_TIME:
    default: *out = (struct range){.start = v, .end = v, .start_included = true, .end_included = true}; return true;
    }
}

/* != x alone is not(x). */
static bool shape_of_unequal(const struct node *root, struct range *out)
{
    const struct node *test = root->items[0];
    if (root->count != 1 || test->kind != NODE_CONSTANT || test->constant.kind != VALUE_RANGE ||
        test->constant.range->by_operator != '!' || !ends_given(test->constant.range))
        return false;
    *out = *test->constant.range;
    out->by_operator = 0;
    return true;
}

void tests_shape(struct arena *arena, struct feel_program *program)
{
    const struct node *root = program->root;
    program->shape = (struct feel_tests_shape){.kind = FEEL_TEST_OTHER};
    if (root->kind == NODE_ANY)
        program->shape.kind = FEEL_TEST_ANY;
    if (root->kind != NODE_TESTS)
        return;
    struct range *ranges = arena_array(arena, struct range, root->count);
    bool negated = root->op & TESTS_NEGATED;
    if (shape_of_unequal(root, ranges)) {
        program->shape = (struct feel_tests_shape){negated ? FEEL_TEST_VALUES : FEEL_TEST_NOT, 1, ranges};
        return;
    }
    for (uint32_t i = 0; i < root->count; i++)
        if (!shape_of_test(root->items[i], &ranges[i]))
            return;
    program->shape = (struct feel_tests_shape){negated ? FEEL_TEST_NOT : FEEL_TEST_VALUES, root->count, ranges};
}
