/* What an expression is made of: literals, lists, ranges, contexts, and the forms that begin with a keyword. */
#include "feel/parse.h"

#include <string.h>

/* ---- Ranges and tests ---- */

/* The comparison operator here as by_operator writes it, or 0; moves behind it. */
char take_comparison(struct parser *self)
{
    parse_skip(self);
    char c = parse_peek(self, 0);
    bool equals = parse_peek(self, 1) == '=';
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

const struct node *range_by_operator(struct parser *self, char op, size_t at)
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
    parse_skip(self);
    char close = parse_peek(self, 0);
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
    parse_skip(self);
    return parse_peek(self, 0) == '.' && parse_peek(self, 1) == '.';
}

/* One test or list element: `< 5`, or an expression. */
const struct node *parse_test(struct parser *self)
{
    parse_skip(self);
    size_t at = self->at;
    bool range_end = self->range_end;
    self->range_end = false;
    char op = take_comparison(self);
    const struct node *node = op ? range_by_operator(self, op, at) : parse_expression(self);
    self->range_end = range_end;
    return node;
}

const struct node *tests_node(struct parser *self, const node_vector *tests, size_t at, uint8_t op)
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
    if (!tests_allowed || parse_peek(self, 0) != ',')
        return expect_char(self, ')', "to close the parenthesis") ? first : NULL;
    node_vector tests = {0};
    push_node(self, &tests, first);
    while (take_char(self, ',')) {
        const struct node *test = parse_test(self);
        if (!test)
            return NULL;
        push_node(self, &tests, test);
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
            push_node(self, &items, item);
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
    parse_skip(self);
    if (parse_peek(self, 0) != '"')
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
    parse_skip(self);
    if (parse_peek(self, 0) != '"') {
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
    if (value && !function)
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
static const struct node *parse_iteration(struct parser *self, enum node_kind kind, const char *keyword,
                                          const char *word)
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
    if (external && (parse_skip(self), parse_peek(self, 0) != '{')) {
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
} keywords[] = {{"if", KEY_IF},       {"for", KEY_FOR},           {"some", KEY_SOME},
                {"every", KEY_EVERY}, {"function", KEY_FUNCTION}, {"null", KEY_NULL},
                {"true", KEY_TRUE},   {"false", KEY_FALSE}};

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

const struct node *parse_primary(struct parser *self)
{
    parse_skip(self);
    if (self->at >= self->text.len)
        return parse_fail(self, self->at, "The expression ends where a value is expected");
    char c = parse_peek(self, 0);
    if (c == '(')
        return parse_parenthesis(self);
    self->tests_allowed = false;
    if ((c >= '0' && c <= '9') || (c == '.' && parse_peek(self, 1) >= '0' && parse_peek(self, 1) <= '9'))
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
    return parse_fail(self, self->at, "'%.*s' is not expected here", (int)(next - self->at),
                      self->text.data + self->at);
}
