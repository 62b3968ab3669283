/* Text to tree: operators by precedence climbing, everything else by descent. Nothing is read twice, so that the time
 * stays proportional to the text. Names are in names.c. */
#include "feel/parse.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Rows of operands longer than this become one node, so that depth does not grow with the length of a sum. */
#define ROW_MAX 8
#define PARSE_WORK_MAX 50000000
#define TOO_DEEP "is nested deeper than 400 levels"
static_assert(FEEL_DEPTH_MAX == 400, "TOO_DEEP names the limit");

/* ---- Helpers ---- */

static void set_place(struct parser *self, size_t at)
{
    uint32_t line = 0;
    uint32_t column = 0;
    text_position(self->text, at, &line, &column);
    error_field(self->err, "line %u, column %u", line, column);
}

void *parse_fail(struct parser *self, size_t at, const char *format, ...)
{
    char message[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    error_set(self->err, ERROR_INVALID, "feel-syntax", "%s.", message);
    set_place(self, at);
    return NULL;
}

void *parse_limit(struct parser *self, size_t at, const char *what)
{
    error_set(self->err, ERROR_LIMIT, "feel-limit", "The expression %s.", what);
    set_place(self, at);
    return NULL;
}

bool parse_work(struct parser *self, uint64_t names)
{
    self->work += names;
    return self->work <= PARSE_WORK_MAX || parse_limit(self, self->at, "uses too many names") != NULL;
}

void parse_skip(struct parser *self)
{
    self->at = skip_blank(self->text, self->at);
}

char parse_peek(const struct parser *self, size_t ahead)
{
    return self->at + ahead < self->text.len ? self->text.data[self->at + ahead] : 0;
}

bool at_word(struct parser *self, const char *word)
{
    parse_skip(self);
    return match_name(self->text, self->at, str_of(word)) != 0;
}

bool take_word(struct parser *self, const char *word)
{
    if (!at_word(self, word))
        return false;
    self->at += strlen(word);
    return true;
}

bool take_char(struct parser *self, char c)
{
    parse_skip(self);
    if (parse_peek(self, 0) != c)
        return false;
    self->at++;
    return true;
}

bool expect_char(struct parser *self, char c, const char *where)
{
    if (take_char(self, c))
        return true;
    return parse_fail(self, self->at, "'%c' is expected %s", c, where) != NULL;
}

bool expect_word(struct parser *self, const char *word)
{
    return take_word(self, word) || parse_fail(self, self->at, "'%s' is expected here", word) != NULL;
}

struct node *node_new(struct parser *self, enum node_kind kind, size_t at)
{
    struct node *node = arena_new(self->arena, struct node);
    node->kind = (uint8_t)kind;
    node->at = (uint32_t)at;
    node->depth = 1;
    node->weight = 1;
    return node;
}

void node_absorb(struct node *parent, const struct node *child)
{
    if (child->depth >= parent->depth)
        parent->depth = (uint16_t)(child->depth + 1);
    parent->weight += child->weight;
    parent->tests_input |= child->tests_input;
}

const struct node *node_done(struct parser *self, struct node *node)
{
    if (node->depth > FEEL_DEPTH_MAX)
        return parse_limit(self, node->at, TOO_DEEP);
    return node_finish(self->arena, node, self->program);
}

void push_node(struct parser *self, node_vector *nodes, const struct node *node)
{
    VECTOR_PUSH(self->arena, nodes, node); /* NOLINT(bugprone-sizeof-expression): the items are pointers */
}

void take_items(struct node *node, const node_vector *items)
{
    node->items = items->items;
    node->count = (uint32_t)items->count;
    for (size_t i = 0; i < items->count; i++)
        node_absorb(node, items->items[i]);
}

void scope_push(struct parser *self, struct scope *scope, bool filter)
{
    *scope = (struct scope){.up = self->scope, .filter = filter};
    self->scope = scope;
}

void scope_pop(struct parser *self)
{
    self->scope = self->scope->up;
}

void scope_add(struct parser *self, struct str name)
{
    VECTOR_PUSH(self->arena, &self->scope->names, name);
}

/* ---- What may follow a value ---- */

static const struct node *parse_path(struct parser *self, const struct node *left)
{
    struct node *node = node_new(self, NODE_PATH, self->at++);
    if (!parse_member_name(self, &node->name))
        return NULL;
    node->left = left;
    node_absorb(node, left);
    return node_done(self, node);
}

static const struct node *parse_filter(struct parser *self, const struct node *left)
{
    struct node *node = node_new(self, NODE_FILTER, self->at++);
    struct scope scope;
    scope_push(self, &scope, true);
    node->left = left;
    node->right = parse_expression(self);
    if (!node->right || !expect_char(self, ']', "to close the filter"))
        return NULL;
    scope_pop(self);
    node->captured = scope.captured;
    node->keys_used = scope.used;
    node_absorb(node, left);
    node_absorb(node, node->right);
    return node_done(self, node);
}

static bool parse_named_arguments(struct parser *self, struct node *node, struct str first)
{
    VECTOR(struct entry) entries = {0};
    struct entry entry = {.key = first};
    do {
        if (entries.count > 0 && !parse_argument_name(self, &entry.key))
            return parse_fail(self, self->at, "Either all arguments are named or none") != NULL;
        entry.value = parse_expression(self);
        if (!entry.value)
            return false;
        node_absorb(node, entry.value);
        VECTOR_PUSH(self->arena, &entries, entry);
    } while (take_char(self, ','));
    node->op = 1;
    node->entries = entries.items;
    node->count = (uint32_t)entries.count;
    return entries.count <= FEEL_ARGUMENTS_MAX ||
           parse_fail(self, node->at, "A call has at most %d named arguments", FEEL_ARGUMENTS_MAX) != NULL;
}

static bool parse_arguments(struct parser *self, struct node *node)
{
    if (take_char(self, ')'))
        return true;
    struct str key;
    if (parse_argument_name(self, &key)) {
        if (!parse_named_arguments(self, node, key))
            return false;
    } else {
        node_vector items = {0};
        do {
            const struct node *item = parse_expression(self);
            if (!item)
                return false;
            push_node(self, &items, item);
        } while (take_char(self, ','));
        take_items(node, &items);
    }
    return expect_char(self, ')', "to close the arguments");
}

static const struct node *parse_call(struct parser *self, const struct node *left)
{
    struct node *node = node_new(self, NODE_CALL, left->at);
    self->at++;
    node->left = left;
    node->builtin = left->kind == NODE_CONSTANT ? left->builtin : NULL;
    node_absorb(node, left);
    return parse_arguments(self, node) ? node_done(self, node) : NULL;
}

/* In `[1..10[` the last bracket closes the range: it follows a literal, or nothing that a filter could hold comes after
 * it. */
static bool bracket_filters(struct parser *self, const struct node *left)
{
    if (!self->range_end)
        return true;
    if (left->kind == NODE_CONSTANT)
        return false;
    size_t here = self->at++;
    parse_skip(self);
    size_t next = self->at;
    char c = parse_peek(self, 0);
    bool filters = c != 0 && (strchr("\"@([{?-0123456789", c) || is_name_start(utf8_next(self->text, &next)));
    if (at_word(self, "and") || at_word(self, "or") || at_word(self, "then") || at_word(self, "else"))
        filters = false;
    self->at = here;
    return filters;
}

static const struct node *parse_postfix(struct parser *self)
{
    if (++self->depth > FEEL_DEPTH_MAX)
        return parse_limit(self, self->at, TOO_DEEP);
    const struct node *node = parse_primary(self);
    while (node) {
        parse_skip(self);
        char c = parse_peek(self, 0);
        if (c == '.' && parse_peek(self, 1) != '.')
            node = parse_path(self, node);
        else if (c == '[' && bracket_filters(self, node))
            node = parse_filter(self, node);
        else if (c == '(')
            node = parse_call(self, node);
        else
            break;
    }
    self->depth--;
    return node;
}

static const struct node *parse_instance_of(struct parser *self, const struct node *left)
{
    struct node *node = node_new(self, NODE_INSTANCE_OF, left->at);
    node->left = left;
    node->type = parse_type(self);
    node_absorb(node, left);
    return node->type ? node_done(self, node) : NULL;
}

static const struct node *negated(struct parser *self, const struct node *value, size_t at, size_t times)
{
    for (size_t i = 0; value && i < times; i++) {
        struct node *node = node_new(self, NODE_NEGATE, at);
        node->left = value;
        node_absorb(node, value);
        value = node_done(self, node);
    }
    return value;
}

/* `instance of` binds closer than arithmetic, negation included; but the minus of a number belongs to the number. */
static const struct node *parse_unary(struct parser *self)
{
    parse_skip(self);
    size_t at = self->at;
    size_t minuses = 0;
    while (take_char(self, '-'))
        minuses++;
    if (minuses > 0)
        self->tests_allowed = false;
    const struct node *value = parse_postfix(self);
    if (value && value->kind == NODE_CONSTANT && value->constant.kind == VALUE_NUMBER) {
        value = negated(self, value, at, minuses);
        minuses = 0;
    }
    while (value && at_word(self, "instance of")) {
        take_word(self, "instance");
        take_word(self, "of");
        value = parse_instance_of(self, value);
    }
    return negated(self, value, at, minuses);
}

/* ---- Operators ---- */

struct operator
{
    enum node_kind kind;
    enum level level;
    size_t len;
};

static bool peek_symbol(const struct parser *self, struct operator* out)
{
    char c = parse_peek(self, 0);
    bool equals = parse_peek(self, 1) == '=';
    switch (c) {
    case '+': *out = (struct operator){NODE_ADD, LEVEL_ADD, 1}; return true;
    case '-': *out = (struct operator){NODE_SUBTRACT, LEVEL_ADD, 1}; return true;
    case '*':
        if (parse_peek(self, 1) == '*')
            *out = (struct operator){NODE_POWER, LEVEL_POWER, 2};
        else
            *out = (struct operator){NODE_MULTIPLY, LEVEL_MULTIPLY, 1};
        return true;
    case '/': *out = (struct operator){NODE_DIVIDE, LEVEL_MULTIPLY, 1}; return true;
    case '=': *out = (struct operator){NODE_EQUAL, LEVEL_COMPARE, 1}; return true;
    case '!': *out = (struct operator){NODE_NOT_EQUAL, LEVEL_COMPARE, 2}; return equals;
    case '<':
        *out = (struct operator){equals ? NODE_LESS_EQUAL : NODE_LESS, LEVEL_COMPARE, equals ? 2 : 1};
        return true;
    case '>':
        *out = (struct operator){equals ? NODE_GREATER_EQUAL : NODE_GREATER, LEVEL_COMPARE, equals ? 2 : 1};
        return true;
    default: return false;
    }
}

static bool peek_operator(struct parser *self, struct operator* out)
{
    parse_skip(self);
    if (peek_symbol(self, out))
        return true;
    static const struct {
        const char *word;
        struct operator op;
    } words[] = {{"and", {NODE_AND, LEVEL_AND, 3}},
                 {"or", {NODE_OR, LEVEL_OR, 2}},
                 {"in", {NODE_IN, LEVEL_COMPARE, 2}},
                 {"between", {NODE_BETWEEN, LEVEL_COMPARE, 7}}};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (!at_word(self, words[i].word))
            continue;
        *out = words[i].op;
        return true;
    }
    return false;
}

static const struct node *binary(struct parser *self, enum node_kind kind, const struct node *left,
                                 const struct node *right)
{
    struct node *node = node_new(self, kind, left->at);
    node->left = left;
    node->right = right;
    node_absorb(node, left);
    node_absorb(node, right);
    return node_done(self, node);
}

/* What follows `in`: tests on the value before it, which is ? there. */
static const struct node *parse_in(struct parser *self, const struct node *left)
{
    parse_skip(self);
    size_t at = self->at;
    char op = take_comparison(self);
    self->tests_allowed = parse_peek(self, 0) == '(' && !op;
    const struct node *right = op ? range_by_operator(self, op, at) : parse_operators(self, LEVEL_ADD);
    self->tests_allowed = false;
    if (right && right->kind != NODE_TESTS) {
        node_vector tests = {0};
        push_node(self, &tests, right);
        right = tests_node(self, &tests, at, 0);
    }
    if (!right)
        return NULL;
    struct node *node = node_new(self, NODE_IN, left->at);
    node->left = left;
    node->right = right;
    node_absorb(node, right);
    node->tests_input = false;
    node_absorb(node, left);
    return node_done(self, node);
}

static const struct node *parse_between(struct parser *self, const struct node *left)
{
    const struct node *low = parse_operators(self, LEVEL_ADD);
    if (!low || !expect_word(self, "and"))
        return NULL;
    const struct node *high = parse_operators(self, LEVEL_ADD);
    if (!high)
        return NULL;
    struct node *node = node_new(self, NODE_BETWEEN, left->at);
    node->left = left;
    node->right = low;
    node->third = high;
    node_absorb(node, left);
    node_absorb(node, low);
    node_absorb(node, high);
    return node_done(self, node);
}

static const struct node *parse_comparison(struct parser *self, struct operator op, const struct node *left)
{
    self->at += op.len;
    if (op.kind == NODE_IN)
        return parse_in(self, left);
    if (op.kind == NODE_BETWEEN)
        return parse_between(self, left);
    const struct node *right = parse_operators(self, LEVEL_ADD);
    return right ? binary(self, op.kind, left, right) : NULL;
}

/* Operands of one level in a row: a - b + c. */
struct row {
    enum level level;
    node_vector items;
    VECTOR(uint8_t) ops;
};

static const struct node *extend_row(struct parser *self, struct row *row, struct operator op, const struct node *left,
                                     const struct node *right)
{
    if (row->level != op.level || left->kind == NODE_CONSTANT) {
        *row = (struct row){.level = op.level};
        push_node(self, &row->items, left);
        VECTOR_PUSH(self->arena, &row->ops, (uint8_t)op.kind);
    }
    push_node(self, &row->items, right);
    VECTOR_PUSH(self->arena, &row->ops, (uint8_t)op.kind);
    if (row->items.count <= ROW_MAX)
        return binary(self, op.kind, left, right);
    struct node *node = node_new(self, NODE_CHAIN, row->items.items[0]->at);
    node->items = row->items.items;
    node->ops = row->ops.items;
    node->count = (uint32_t)row->items.count;
    node->depth = left->depth;
    node->weight = left->weight;
    node->tests_input = left->tests_input || right->tests_input;
    node->weight += right->weight;
    if (right->depth >= node->depth)
        node->depth = (uint16_t)(right->depth + 1);
    return node_done(self, node);
}

const struct node *parse_operators(struct parser *self, enum level lowest)
{
    const struct node *left = parse_unary(self);
    struct row row = {0};
    struct operator op;
    while (left && peek_operator(self, &op) && op.level >= lowest) {
        if (op.level == LEVEL_COMPARE) {
            left = parse_comparison(self, op, left);
            row.level = 0;
            continue;
        }
        self->at += op.len;
        const struct node *right = parse_operators(self, op.level + 1);
        left = right ? extend_row(self, &row, op, left, right) : NULL;
    }
    return left;
}

const struct node *parse_expression(struct parser *self)
{
    bool range_end = self->range_end;
    self->tests_allowed = false;
    self->range_end = false;
    const struct node *node = parse_operators(self, LEVEL_OR);
    self->range_end = range_end;
    return node;
}

/* ---- Whole texts ---- */

#define TESTS_NEGATED 1
#define TESTS_ROOT 2

static const struct node *parse_test_list(struct parser *self, uint8_t op)
{
    size_t at = self->at;
    node_vector tests = {0};
    do {
        const struct node *test = parse_test(self);
        if (!test)
            return NULL;
        push_node(self, &tests, test);
    } while (take_char(self, ','));
    return tests_node(self, &tests, at, op);
}

/* `not(…)` around all the tests; NULL without an error when the text is something else. */
static const struct node *parse_negated_tests(struct parser *self)
{
    size_t start = self->at;
    if (!take_word(self, "not") || !take_char(self, '('))
        return self->at = start, NULL;
    struct error ignored = ERROR_INIT;
    struct error *err = self->err;
    self->err = &ignored;
    const struct node *node = parse_test_list(self, TESTS_ROOT | TESTS_NEGATED);
    bool whole = node && take_char(self, ')') && (parse_skip(self), self->at == self->text.len);
    self->err = err;
    if (whole)
        return node;
    self->at = start;
    self->depth = 0;
    self->scope = NULL;
    return NULL;
}

static const struct node *parse_unary_tests(struct parser *self)
{
    parse_skip(self);
    size_t at = self->at;
    if (take_char(self, '-') && (parse_skip(self), self->at == self->text.len))
        return node_done(self, node_new(self, NODE_ANY, at));
    self->at = at;
    const struct node *negated = parse_negated_tests(self);
    return negated ? negated : parse_test_list(self, TESTS_ROOT);
}

enum status parse_program(struct arena *arena, struct feel_program *program, const struct feel_options *options,
                          struct error *err)
{
    struct parser self = {.arena = arena, .text = program->text, .options = options, .program = program, .err = err};
    bool tests = options->syntax == FEEL_UNARY_TESTS;
    const struct node *root = tests ? parse_unary_tests(&self) : parse_expression(&self);
    if (!root)
        return FAILED;
    parse_skip(&self);
    if (self.at < self.text.len) {
        parse_fail(&self, self.at, "The expression goes on with '%.*s' where it should end",
                   (int)(self.text.len - self.at < 20 ? self.text.len - self.at : 20), self.text.data + self.at);
        return FAILED;
    }
    program->root = root;
    program->free_names = self.free_names.items;
    program->free_count = self.free_names.count;
    return OK;
}
