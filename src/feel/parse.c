/* Text to tree: operators by precedence climbing, everything else by descent. Nothing is read twice, so that the time stays
 * proportional to the text. Names are in names.c. */
#include "feel/parse.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum level { LEVEL_OR = 1, LEVEL_AND, LEVEL_COMPARE, LEVEL_ADD, LEVEL_MULTIPLY, LEVEL_POWER };
/* Rows of operands longer than this become one node, so that depth does not grow with the length of a sum. */
#define ROW_MAX 8
#define PARSE_WORK_MAX 100000000
#define TOO_DEEP "is nested deeper than 400 levels"
static_assert(FEEL_DEPTH_MAX == 400, "TOO_DEEP names the limit");

static const struct node *parse_operators(struct parser *self, enum level lowest);

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

void skip(struct parser *self)
{
    self->at = skip_blank(self->text, self->at);
}

static char peek(const struct parser *self, size_t ahead)
{
    return self->at + ahead < self->text.len ? self->text.data[self->at + ahead] : 0;
}

bool at_word(struct parser *self, const char *word)
{
    skip(self);
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
    skip(self);
    if (peek(self, 0) != c)
        return false;
    self->at++;
    return true;
}

static bool expect_char(struct parser *self, char c, const char *where)
{
    if (take_char(self, c))
        return true;
    return parse_fail(self, self->at, "'%c' is expected %s", c, where) != NULL;
}

static bool expect_word(struct parser *self, const char *word)
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

typedef VECTOR(const struct node *) node_vector;

static void take_items(struct node *node, const node_vector *items)
{
    node->items = items->items;
    node->count = (uint32_t)items->count;
    for (size_t i = 0; i < items->count; i++)
        node_absorb(node, items->items[i]);
}

static void scope_push(struct parser *self, struct scope *scope, bool filter)
{
    *scope = (struct scope){.up = self->scope, .filter = filter};
    self->scope = scope;
}

static void scope_pop(struct parser *self)
{
    self->scope = self->scope->up;
}

static void scope_add(struct parser *self, struct str name)
{
    VECTOR_PUSH(self->arena, &self->scope->names, name);
}

/* ---- Ranges and tests ---- */

/* The comparison operator here as by_operator writes it, or 0; moves behind it. */
static char take_comparison(struct parser *self)
{
    skip(self);
    char c = peek(self, 0);
    bool equals = peek(self, 1) == '=';
    if (c == '<' || c == '>') {
        self->at += equals ? 2 : 1;
        if (!equals)
            return c;
        return c == '<' ? 'l' : 'g';
    }
    if (c == '=' || (c == '!' && equals)) {
        self->at += c == '=' ? 1 : 2;
        return c;
    }
    return 0;
}

static const struct node *range_by_operator(struct parser *self, char op, size_t at)
{
    const struct node *end = parse_operators(self, LEVEL_ADD);
    if (!end)
        return NULL;
    struct node *node = node_new(self, NODE_RANGE, at);
    node->op = (uint8_t)op;
    bool lower = op == '>' || op == 'g';
    bool upper = op == '<' || op == 'l';
    node->left = upper ? NULL : end;
    node->right = lower ? NULL : end;
    node->start_included = op == 'g' || op == '=' || op == '!';
    node->end_included = op == 'l' || op == '=' || op == '!';
    node_absorb(node, end);
    return node_done(self, node);
}

/* After the start and `..`. open is the bracket that began the range. */
static const struct node *range_rest(struct parser *self, char open, const struct node *start, size_t at)
{
    self->at += 2;
    self->range_end = true;
    const struct node *end = parse_operators(self, LEVEL_ADD);
    self->range_end = false;
    if (!end)
        return NULL;
    skip(self);
    char close = peek(self, 0);
    if (close != ']' && close != ')' && close != '[')
        return parse_fail(self, self->at, "The range is not closed by ']', ')' or '['");
    self->at++;
    struct node *node = node_new(self, NODE_RANGE, at);
    node->start_included = open == '[';
    node->end_included = close == ']';
    node->left = start;
    node->right = end;
    node_absorb(node, start);
    node_absorb(node, end);
    return node_done(self, node);
}

static bool at_dots(struct parser *self)
{
    skip(self);
    return peek(self, 0) == '.' && peek(self, 1) == '.';
}

/* One test or list element: `< 5`, or an expression. */
static const struct node *parse_test(struct parser *self)
{
    skip(self);
    size_t at = self->at;
    bool range_end = self->range_end;
    self->range_end = false;
    char op = take_comparison(self);
    const struct node *node = op ? range_by_operator(self, op, at) : parse_expression(self);
    self->range_end = range_end;
    return node;
}

static const struct node *tests_node(struct parser *self, const node_vector *tests, size_t at, uint8_t op)
{
    struct node *node = node_new(self, NODE_TESTS, at);
    node->op = op;
    take_items(node, tests);
    return node_done(self, node);
}

static const struct node *parse_parenthesis(struct parser *self)
{
    bool tests_allowed = self->tests_allowed;
    self->tests_allowed = false;
    size_t at = self->at++;
    const struct node *first = parse_test(self);
    if (!first)
        return NULL;
    if (at_dots(self))
        return range_rest(self, '(', first, at);
    if (!tests_allowed || peek(self, 0) != ',')
        return expect_char(self, ')', "to close the parenthesis") ? first : NULL;
    node_vector tests = {0};
    VECTOR_PUSH(self->arena, &tests, first);
    while (take_char(self, ',')) {
        const struct node *test = parse_test(self);
        if (!test)
            return NULL;
        VECTOR_PUSH(self->arena, &tests, test);
    }
    return expect_char(self, ')', "to close the tests") ? tests_node(self, &tests, at, 0) : NULL;
}

static const struct node *parse_bracket(struct parser *self)
{
    size_t at = self->at++;
    node_vector items = {0};
    if (!take_char(self, ']')) {
        do {
            const struct node *item = parse_test(self);
            if (!item)
                return NULL;
            if (items.count == 0 && at_dots(self))
                return range_rest(self, '[', item, at);
            VECTOR_PUSH(self->arena, &items, item);
        } while (take_char(self, ','));
        if (!expect_char(self, ']', "to close the list"))
            return NULL;
    }
    struct node *node = node_new(self, NODE_LIST, at);
    take_items(node, &items);
    return node_done(self, node);
}

static const struct node *parse_open_range(struct parser *self)
{
    size_t at = self->at++;
    const struct node *start = parse_operators(self, LEVEL_ADD);
    if (!start)
        return NULL;
    if (!at_dots(self))
        return parse_fail(self, self->at, "'..' is expected in the range");
    return range_rest(self, ']', start, at);
}

/* ---- Literals ---- */

static const struct node *constant(struct parser *self, struct value value, size_t at)
{
    struct node *node = node_new(self, NODE_CONSTANT, at);
    node->constant = value;
    return node_done(self, node);
}

static const struct node *parse_number(struct parser *self)
{
    size_t at = self->at;
    size_t end = match_number(self->text, at);
    if (end == 0)
        return parse_fail(self, at, "A number is expected");
    struct value value;
    if (value_number_parse(str_part(self->text, at, end), &value, self->err) != OK)
        return parse_fail(self, at, "The number cannot be held in 34 digits and an exponent up to 6144");
    value.number_text = NULL;
    value.text_len = 0;
    self->at = end;
    return constant(self, value, at);
}

static const struct node *parse_string(struct parser *self)
{
    size_t at = self->at;
    struct str text;
    const char *why = NULL;
    size_t end = read_string(self->arena, self->text, at, &text, &why);
    if (end == 0)
        return parse_fail(self, at, "%s", why);
    self->at = end;
    return constant(self, value_string(text), at);
}

static const struct node *parse_at_literal(struct parser *self)
{
    size_t at = self->at++;
    skip(self);
    if (peek(self, 0) != '"')
        return parse_fail(self, self->at, "A quotation mark is expected after '@'");
    struct str text;
    const char *why = NULL;
    size_t end = read_string(self->arena, self->text, self->at, &text, &why);
    if (end == 0)
        return parse_fail(self, at, "%s", why);
    self->at = end;
    struct value value;
    if (!temporal_parse(text, &value)) {
        /* Not an error of the grammar: @"…" that is no date, time or duration is null. */
        value = value_null;
    }
    return constant(self, value, at);
}

/* Keys that a name after a dot could not be read as otherwise are kept for parse_member_name. */
static void remember_member(struct parser *self, struct str key)
{
    for (size_t i = 0; i < key.len; i++) {
        if (!strchr("./-'+*", key.data[i]))
            continue;
        VECTOR_PUSH(self->arena, &self->members, key);
        return;
    }
}

static bool read_key(struct parser *self, struct str *out)
{
    skip(self);
    if (peek(self, 0) != '"') {
        if (!parse_new_name(self, ":", out))
            return false;
        remember_member(self, *out);
        return true;
    }
    const char *why = NULL;
    size_t end = read_string(self->arena, self->text, self->at, out, &why);
    if (end == 0)
        return parse_fail(self, self->at, "%s", why) != NULL;
    self->at = end;
    return true;
}

/* A function may call itself by its key; any other entry does not see its own key. */
static const struct node *parse_entry_value(struct parser *self, struct str key)
{
    bool function = at_word(self, "function");
    if (function)
        scope_add(self, key);
    const struct node *value = parse_expression(self);
    if (!function)
        scope_add(self, key);
    return value;
}

static const struct node *parse_context(struct parser *self)
{
    size_t at = self->at++;
    VECTOR(struct entry) entries = {0};
    struct scope scope;
    scope_push(self, &scope, false);
    struct node *node = node_new(self, NODE_CONTEXT, at);
    bool more = !take_char(self, '}');
    while (more) {
        struct entry entry;
        if (!read_key(self, &entry.key) || !expect_char(self, ':', "after the key"))
            return NULL;
        entry.value = parse_entry_value(self, entry.key);
        if (!entry.value)
            return NULL;
        VECTOR_PUSH(self->arena, &entries, entry);
        node_absorb(node, entry.value);
        more = take_char(self, ',');
        if (!more && !expect_char(self, '}', "to close the context"))
            return NULL;
    }
    scope_pop(self);
    node->entries = entries.items;
    node->count = (uint32_t)entries.count;
    node->captured = scope.captured;
    node->keys_used = scope.used;
    return node_done(self, node);
}

/* ---- Keywords ---- */

static const struct node *parse_if(struct parser *self)
{
    struct node *node = node_new(self, NODE_IF, self->at);
    self->at += 2;
    node->left = parse_expression(self);
    if (!node->left || !expect_word(self, "then"))
        return NULL;
    node->right = parse_expression(self);
    if (!node->right || !expect_word(self, "else"))
        return NULL;
    node->third = parse_expression(self);
    if (!node->third)
        return NULL;
    node_absorb(node, node->left);
    node_absorb(node, node->right);
    node_absorb(node, node->third);
    return node_done(self, node);
}

static bool parse_iterator(struct parser *self, struct node *node, struct iterator *out)
{
    *out = (struct iterator){0};
    if (!parse_new_name(self, "", &out->name) || !expect_word(self, "in"))
        return false;
    out->first = parse_expression(self);
    if (!out->first)
        return false;
    node_absorb(node, out->first);
    if (!at_dots(self))
        return true;
    self->at += 2;
    out->last = parse_expression(self);
    if (!out->last)
        return false;
    node_absorb(node, out->last);
    return true;
}

/* for, some and every: iterators, then the word, then the body. */
static const struct node *parse_iteration(struct parser *self, enum node_kind kind, const char *keyword, const char *word)
{
    struct node *node = node_new(self, kind, self->at);
    self->at += strlen(keyword);
    VECTOR(struct iterator) iterators = {0};
    struct scope scope;
    scope_push(self, &scope, false);
    do {
        struct iterator iterator;
        if (!parse_iterator(self, node, &iterator))
            return NULL;
        VECTOR_PUSH(self->arena, &iterators, iterator);
        scope_add(self, iterator.name);
    } while (take_char(self, ','));
    if (!expect_word(self, word))
        return NULL;
    if (kind == NODE_FOR)
        scope_add(self, STR("partial"));
    node->left = parse_expression(self);
    if (!node->left)
        return NULL;
    scope_pop(self);
    node_absorb(node, node->left);
    node->iterators = iterators.items;
    node->count = (uint32_t)iterators.count;
    node->captured = scope.captured;
    node->keys_used = kind == NODE_FOR && scope.partial_used;
    if (iterators.count >= FEEL_ARGUMENTS_MAX)
        return parse_fail(self, node->at, "More than %d variables are bound here", FEEL_ARGUMENTS_MAX - 1);
    return node_done(self, node);
}

static bool parse_parameters(struct parser *self, struct node *node)
{
    VECTOR(struct parameter) parameters = {0};
    if (!expect_char(self, '(', "after 'function'"))
        return false;
    bool more = !take_char(self, ')');
    while (more) {
        struct parameter parameter = {0};
        if (!parse_new_name(self, ":,)", &parameter.name))
            return false;
        if (take_char(self, ':')) {
            parameter.type = parse_type(self);
            if (!parameter.type)
                return false;
        }
        VECTOR_PUSH(self->arena, &parameters, parameter);
        scope_add(self, parameter.name);
        more = take_char(self, ',');
        if (!more && !expect_char(self, ')', "to close the parameters"))
            return false;
    }
    node->parameters = parameters.items;
    node->count = (uint32_t)parameters.count;
    if (parameters.count > FEEL_ARGUMENTS_MAX)
        return parse_fail(self, node->at, "A function takes at most %d parameters", FEEL_ARGUMENTS_MAX) != NULL;
    return true;
}

static const struct node *parse_function(struct parser *self)
{
    struct node *node = node_new(self, NODE_FUNCTION, self->at);
    self->at += strlen("function");
    for (struct scope *outer = self->scope; outer; outer = outer->up)
        outer->captured = true;
    struct scope scope;
    scope_push(self, &scope, false);
    if (!parse_parameters(self, node))
        return NULL;
    size_t at = self->at;
    bool external = take_word(self, "external");
    if (external && (skip(self), peek(self, 0) != '{')) {
        self->at = at;
        external = false;
    }
    const struct node *body = parse_expression(self);
    if (!body)
        return NULL;
    scope_pop(self);
    node->left = external ? NULL : body;
    node->right = external ? body : NULL;
    node->captured = scope.captured;
    node_absorb(node, body);
    return node_done(self, node);
}

static const struct {
    const char *word;
    enum { KEY_IF, KEY_FOR, KEY_SOME, KEY_EVERY, KEY_FUNCTION, KEY_NULL, KEY_TRUE, KEY_FALSE } key;
} keywords[] = {{"if", KEY_IF},     {"for", KEY_FOR},   {"some", KEY_SOME}, {"every", KEY_EVERY}, {"function", KEY_FUNCTION},
                {"null", KEY_NULL}, {"true", KEY_TRUE}, {"false", KEY_FALSE}};

static const struct node *parse_word(struct parser *self)
{
    size_t i = 0;
    while (i < COUNT_OF(keywords) && !at_word(self, keywords[i].word))
        i++;
    if (i == COUNT_OF(keywords) || known_name_longer(self, strlen(keywords[i].word)))
        return parse_name(self);
    size_t at = self->at;
    switch (keywords[i].key) {
    case KEY_IF: return parse_if(self);
    case KEY_FOR: return parse_iteration(self, NODE_FOR, "for", "return");
    case KEY_SOME: return parse_iteration(self, NODE_SOME, "some", "satisfies");
    case KEY_EVERY: return parse_iteration(self, NODE_EVERY, "every", "satisfies");
    case KEY_FUNCTION: return parse_function(self);
    case KEY_NULL:
    case KEY_TRUE:
    case KEY_FALSE: break;
    }
    self->at += strlen(keywords[i].word);
    if (keywords[i].key == KEY_NULL)
        return constant(self, value_null, at);
    return constant(self, value_boolean(keywords[i].key == KEY_TRUE), at);
}

static const struct node *parse_primary(struct parser *self)
{
    skip(self);
    if (self->at >= self->text.len)
        return parse_fail(self, self->at, "The expression ends where a value is expected");
    char c = peek(self, 0);
    if (c == '(')
        return parse_parenthesis(self);
    self->tests_allowed = false;
    if ((c >= '0' && c <= '9') || (c == '.' && peek(self, 1) >= '0' && peek(self, 1) <= '9'))
        return parse_number(self);
    switch (c) {
    case '"': return parse_string(self);
    case '@': return parse_at_literal(self);
    case '[': return parse_bracket(self);
    case ']': return parse_open_range(self);
    case '{': return parse_context(self);
    default: break;
    }
    size_t next = self->at;
    if (c == '?' && !known_name_longer(self, 1)) {
        struct node *node = node_new(self, NODE_TESTED, self->at++);
        node->tests_input = true;
        return node_done(self, node);
    }
    if (is_name_start(utf8_next(self->text, &next)))
        return parse_word(self);
    return parse_fail(self, self->at, "'%.*s' is not expected here", (int)(next - self->at), self->text.data + self->at);
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
            VECTOR_PUSH(self->arena, &items, item);
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

/* In `[1..10[` the last bracket closes the range: it follows a literal, or nothing that a filter could hold comes after it. */
static bool bracket_filters(struct parser *self, const struct node *left)
{
    if (!self->range_end)
        return true;
    if (left->kind == NODE_CONSTANT)
        return false;
    size_t here = self->at++;
    skip(self);
    size_t next = self->at;
    char c = peek(self, 0);
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
        skip(self);
        char c = peek(self, 0);
        if (c == '.' && peek(self, 1) != '.')
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

static const struct node *parse_unary(struct parser *self)
{
    skip(self);
    size_t at = self->at;
    size_t minuses = 0;
    while (take_char(self, '-'))
        minuses++;
    if (minuses > 0)
        self->tests_allowed = false;
    const struct node *value = parse_postfix(self);
    for (size_t i = 0; value && i < minuses; i++) {
        struct node *node = node_new(self, NODE_NEGATE, at);
        node->left = value;
        node_absorb(node, value);
        value = node_done(self, node);
    }
    return value;
}

/* ---- Operators ---- */

struct operator {
    enum node_kind kind;
    enum level level;
    size_t len;
};

static bool peek_symbol(const struct parser *self, struct operator *out)
{
    char c = peek(self, 0);
    bool equals = peek(self, 1) == '=';
    switch (c) {
    case '+': *out = (struct operator){NODE_ADD, LEVEL_ADD, 1}; return true;
    case '-': *out = (struct operator){NODE_SUBTRACT, LEVEL_ADD, 1}; return true;
    case '*':
        if (peek(self, 1) == '*')
            *out = (struct operator){NODE_POWER, LEVEL_POWER, 2};
        else
            *out = (struct operator){NODE_MULTIPLY, LEVEL_MULTIPLY, 1};
        return true;
    case '/': *out = (struct operator){NODE_DIVIDE, LEVEL_MULTIPLY, 1}; return true;
    case '=': *out = (struct operator){NODE_EQUAL, LEVEL_COMPARE, 1}; return true;
    case '!': *out = (struct operator){NODE_NOT_EQUAL, LEVEL_COMPARE, 2}; return equals;
    case '<': *out = (struct operator){equals ? NODE_LESS_EQUAL : NODE_LESS, LEVEL_COMPARE, equals ? 2 : 1}; return true;
    case '>': *out = (struct operator){equals ? NODE_GREATER_EQUAL : NODE_GREATER, LEVEL_COMPARE, equals ? 2 : 1}; return true;
    default: return false;
    }
}

static bool peek_operator(struct parser *self, struct operator *out)
{
    skip(self);
    if (peek_symbol(self, out))
        return true;
    static const struct {
        const char *word;
        struct operator op;
    } words[] = {{"and", {NODE_AND, LEVEL_AND, 3}},
                 {"or", {NODE_OR, LEVEL_OR, 2}},
                 {"in", {NODE_IN, LEVEL_COMPARE, 2}},
                 {"between", {NODE_BETWEEN, LEVEL_COMPARE, 7}},
                 {"instance of", {NODE_INSTANCE_OF, LEVEL_COMPARE, 0}}};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (!at_word(self, words[i].word))
            continue;
        *out = words[i].op;
        return true;
    }
    return false;
}

static const struct node *binary(struct parser *self, enum node_kind kind, const struct node *left, const struct node *right)
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
    skip(self);
    size_t at = self->at;
    char op = take_comparison(self);
    self->tests_allowed = peek(self, 0) == '(' && !op;
    const struct node *right = op ? range_by_operator(self, op, at) : parse_operators(self, LEVEL_ADD);
    self->tests_allowed = false;
    if (right && right->kind != NODE_TESTS) {
        node_vector tests = {0};
        VECTOR_PUSH(self->arena, &tests, right);
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

static const struct node *parse_instance_of(struct parser *self, const struct node *left)
{
    struct node *node = node_new(self, NODE_INSTANCE_OF, left->at);
    node->left = left;
    node->type = parse_type(self);
    node_absorb(node, left);
    return node->type ? node_done(self, node) : NULL;
}

static const struct node *parse_comparison(struct parser *self, struct operator op, const struct node *left)
{
    if (op.kind == NODE_INSTANCE_OF) {
        take_word(self, "instance");
        take_word(self, "of");
        return parse_instance_of(self, left);
    }
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
        VECTOR_PUSH(self->arena, &row->items, left);
        VECTOR_PUSH(self->arena, &row->ops, (uint8_t)op.kind);
    }
    VECTOR_PUSH(self->arena, &row->items, right);
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

static const struct node *parse_operators(struct parser *self, enum level lowest)
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
        VECTOR_PUSH(self->arena, &tests, test);
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
    bool whole = node && take_char(self, ')') && (skip(self), self->at == self->text.len);
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
    skip(self);
    size_t at = self->at;
    if (take_char(self, '-') && (skip(self), self->at == self->text.len))
        return node_done(self, node_new(self, NODE_ANY, at));
    self->at = at;
    const struct node *negated = parse_negated_tests(self);
    return negated ? negated : parse_test_list(self, TESTS_ROOT);
}

enum status parse_program(struct arena *arena, struct feel_program *program, const struct feel_options *options, struct error *err)
{
    struct parser self = {
        .arena = arena, .text = program->text, .options = options, .program = program, .err = err};
    bool tests = options->syntax == FEEL_UNARY_TESTS;
    const struct node *root = tests ? parse_unary_tests(&self) : parse_expression(&self);
    if (!root)
        return FAILED;
    skip(&self);
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
