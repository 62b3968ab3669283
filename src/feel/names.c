/* Names while parsing. FEEL names may hold blanks, operators and keywords, so the longest known name that the text
 * spells here wins; words in a row that no known name covers make one unknown name, looked up when the program runs. */
#include "feel/parse.h"

#include <string.h>

/* ---- Unknown names ---- */

static const char *const enders[] = {"and", "or", "in", "between", "instance", "then", "else", "return", "satisfies"};

static bool at_ender(struct parser *self)
{
    for (size_t i = 0; i < COUNT_OF(enders); i++)
        if (at_word(self, enders[i]))
            return true;
    return false;
}

static bool at_name(const struct parser *self, bool (*kind)(uint32_t))
{
    size_t next = self->at;
    return self->at < self->text.len && kind(utf8_next(self->text, &next));
}

static void skip_name_parts(struct parser *self)
{
    for (;;) {
        size_t next = self->at;
        if (next >= self->text.len || !is_name_part(utf8_next(self->text, &next)))
            return;
        self->at = next;
    }
}

/* Blanks in a row become one; none at the ends. */
static struct str tidy(struct parser *self, size_t from, size_t to)
{
    char *data = arena_alloc_raw(self->arena, to - from + 1);
    size_t len = 0;
    for (size_t at = from; at < to;) {
        size_t next = skip_blank(self->text, at);
        if (next > to)
            next = to;
        if (next > at && len > 0 && next < to)
            data[len++] = ' ';
        at = next;
        if (at < to)
            data[len++] = self->text.data[at++];
    }
    data[len] = 0;
    return (struct str){data, len};
}

/* The words from here up to an operator or a keyword that ends an operand. */
static struct str take_words(struct parser *self)
{
    size_t from = self->at;
    size_t end;
    do {
        skip_name_parts(self);
        end = self->at;
        parse_skip(self);
    } while (self->at > end && at_name(self, is_name_part) && !at_ender(self));
    self->at = end;
    return tidy(self, from, end);
}

static bool word_follows(struct parser *self, size_t at)
{
    size_t here = self->at;
    self->at = at;
    parse_skip(self);
    bool follows = self->at > at && at_name(self, is_name_part) && !at_ender(self);
    self->at = here;
    return follows;
}

/* ---- Known names ---- */

struct found {
    size_t end; /* 0: nothing */
    enum { FOUND_LOCAL, FOUND_ITEM, FOUND_SLOT, FOUND_LIBRARY, FOUND_MEMBER, FOUND_BUILTIN } what;
    struct str name;
    struct scope *scope;
    size_t index;
    const struct builtin *builtin;
};

static bool found_better(struct parser *self, struct found *best, struct str name)
{
    size_t end = match_name(self->text, self->at, str_trim(name));
    if (end <= best->end)
        return false;
    best->end = end;
    best->name = name;
    return true;
}

static void find_in_scopes(struct parser *self, struct found *best)
{
    for (struct scope *scope = self->scope; scope; scope = scope->up) {
        self->work += scope->names.count;
        if (scope->filter && found_better(self, best, STR("item"))) {
            best->what = FOUND_ITEM;
            best->scope = scope;
        }
        for (size_t i = scope->names.count; i-- > 0;) {
            if (!found_better(self, best, scope->names.items[i]))
                continue;
            best->what = FOUND_LOCAL;
            best->scope = scope;
            best->index = i;
        }
    }
}

static bool in_filter(const struct parser *self)
{
    for (const struct scope *scope = self->scope; scope; scope = scope->up)
        if (scope->filter)
            return true;
    return false;
}

static void find_members(struct parser *self, struct found *best)
{
    for (size_t i = 0; i < self->members.count; i++)
        if (found_better(self, best, self->members.items[i]))
            best->what = FOUND_MEMBER;
    for (size_t i = 0; i < self->options->members.count; i++)
        if (found_better(self, best, self->options->members.names[i]))
            best->what = FOUND_MEMBER;
}

static struct found find_name(struct parser *self)
{
    struct found best = {0};
    find_in_scopes(self, &best);
    for (size_t i = 0; i < self->options->scope.count; i++) {
        if (found_better(self, &best, self->options->scope.names[i])) {
            best.what = FOUND_SLOT;
            best.index = i;
        }
    }
    for (size_t i = 0; self->options->library && i < self->options->library->count; i++) {
        if (found_better(self, &best, self->options->library->members[i].key)) {
            best.what = FOUND_LIBRARY;
            best.index = i;
        }
    }
    if (in_filter(self))
        find_members(self, &best);
    const struct builtin *builtin = NULL;
    size_t end = builtin_match(self->text, self->at, &builtin);
    if (end > best.end)
        best = (struct found){.end = end, .what = FOUND_BUILTIN, .name = str_of(builtin->name), .builtin = builtin};
    return best;
}

/* ---- Nodes for names ---- */

static bool note_free(struct parser *self, struct str name)
{
    for (size_t i = 0; i < self->free_names.count; i++)
        if (str_equal(self->free_names.items[i], name))
            return true;
    VECTOR_PUSH(self->arena, &self->free_names, name);
    return parse_work(self, self->free_names.count);
}

static uint16_t hops_to(const struct parser *self, const struct scope *scope)
{
    uint16_t hops = 0;
    for (const struct scope *s = self->scope; s != scope; s = s->up)
        hops++;
    return hops;
}

/* Inside filters a name may be a member of an item before it is what `otherwise` says; bound is where it is bound, if
 * it is. */
static const struct node *through_filters(struct parser *self, const struct node *otherwise, struct str name,
                                          const struct scope *bound)
{
    size_t count = 0;
    for (struct scope *s = self->scope; s && s != bound; s = s->up)
        count += s->filter;
    if (count == 0)
        return otherwise;
    uint16_t *filters = arena_array(self->arena, uint16_t, count);
    size_t i = 0;
    for (struct scope *s = self->scope; s && s != bound; s = s->up) {
        if (!s->filter)
            continue;
        filters[i++] = hops_to(self, s);
        s->used = true;
    }
    struct node *node = node_new(self, NODE_ITEM, otherwise->at);
    node->name = name;
    node->filters = filters;
    node->count = (uint32_t)count;
    node->left = otherwise;
    node_absorb(node, otherwise);
    return node_done(self, node);
}

static const struct node *local_node(struct parser *self, const struct found *found, size_t at)
{
    struct node *node = node_new(self, NODE_LOCAL, at);
    node->name = found->name;
    node->hops = hops_to(self, found->scope);
    node->index = (uint16_t)found->index;
    found->scope->used = true;
    if (found->index + 1 == found->scope->names.count && str_equal(found->name, STR("partial")))
        found->scope->partial_used = true;
    const struct node *done = node_done(self, node);
    /* `item` itself may be a member of the item. */
    const struct scope *bound = found->what == FOUND_ITEM ? found->scope->up : found->scope;
    return done ? through_filters(self, done, found->name, bound) : NULL;
}

static const struct node *constant_node(struct parser *self, struct value value, size_t at)
{
    struct node *node = node_new(self, NODE_CONSTANT, at);
    node->constant = value;
    return node_done(self, node);
}

static const struct node *dynamic_node(struct parser *self, struct str name, size_t at)
{
    if (!in_filter(self)) {
        if (self->options->strict_names)
            return parse_fail(self, at, "The name '%.*s' is not known here", STR_ARGS(name));
        if (!note_free(self, name))
            return NULL;
    }
    struct node *node = node_new(self, NODE_DYNAMIC, at);
    node->name = name;
    const struct node *done = node_done(self, node);
    return done ? through_filters(self, done, name, NULL) : NULL;
}

static const struct node *slot_node(struct parser *self, const struct found *found, size_t at)
{
    if (!note_free(self, found->name))
        return NULL;
    struct node *node = node_new(self, NODE_SLOT, at);
    node->name = found->name;
    node->index = (uint16_t)found->index;
    const struct node *done = node_done(self, node);
    return done ? through_filters(self, done, found->name, NULL) : NULL;
}

/* A built-in that is not called may be the name of an input; that is seen when the program runs. */
static const struct node *builtin_node(struct parser *self, const struct found *found, size_t at)
{
    parse_skip(self);
    struct node *node = node_new(self, NODE_CONSTANT, at);
    node->constant = builtin_value(found->builtin);
    node->builtin = found->builtin;
    if (self->at < self->text.len && self->text.data[self->at] == '(')
        return node_done(self, node);
    struct node *dynamic = node_new(self, NODE_DYNAMIC, at);
    dynamic->name = found->name;
    dynamic->left = node_done(self, node);
    const struct node *done = node_done(self, dynamic);
    return done ? through_filters(self, done, found->name, NULL) : NULL;
}

bool known_name_longer(struct parser *self, size_t len)
{
    return find_name(self).end > self->at + len;
}

const struct node *parse_name(struct parser *self)
{
    size_t at = self->at;
    struct found found = find_name(self);
    if (!parse_work(self, self->options->scope.count))
        return NULL;
    if (found.end == 0 || word_follows(self, found.end)) {
        struct str name = take_words(self);
        return dynamic_node(self, name, at);
    }
    self->at = found.end;
    switch (found.what) {
    case FOUND_LOCAL:
    case FOUND_ITEM: return local_node(self, &found, at);
    case FOUND_SLOT: return slot_node(self, &found, at);
    case FOUND_LIBRARY: return constant_node(self, self->options->library->members[found.index].value, at);
    case FOUND_BUILTIN: return builtin_node(self, &found, at);
    case FOUND_MEMBER: break;
    }
    return dynamic_node(self, found.name, at);
}

bool parse_member_name(struct parser *self, struct str *out)
{
    parse_skip(self);
    if (!at_name(self, is_name_start))
        return parse_fail(self, self->at, "A name is expected after the dot") != NULL;
    struct found best = {0};
    find_members(self, &best);
    if (best.end && !word_follows(self, best.end)) {
        self->at = best.end;
        *out = best.name;
        return true;
    }
    *out = take_words(self);
    return true;
}

/* ---- New names ---- */

static bool is_name_symbol(char c)
{
    return c != 0 && strchr("./-'+*", c) != NULL;
}

/* Moves over name parts, symbols and blanks; stops before the word `in`. Returns where the name ends. */
static size_t scan_new_name(struct parser *self)
{
    size_t end = self->at;
    while (self->at < self->text.len) {
        if (at_name(self, is_name_part)) {
            if (self->at > end && at_word(self, "in"))
                break;
            skip_name_parts(self);
            end = self->at;
        } else if (is_name_symbol(self->text.data[self->at]) && skip_blank(self->text, self->at) == self->at) {
            end = ++self->at;
        } else {
            size_t before = self->at;
            parse_skip(self);
            if (self->at == before)
                break;
        }
    }
    return end;
}

bool parse_new_name(struct parser *self, const char *stops, struct str *out)
{
    parse_skip(self);
    size_t from = self->at;
    if (!at_name(self, is_name_start))
        return parse_fail(self, from, "A name is expected") != NULL;
    size_t end = scan_new_name(self);
    bool stopped = *stops ? self->at < self->text.len && strchr(stops, self->text.data[self->at]) : at_word(self, "in");
    if (!stopped)
        return parse_fail(self, self->at, "The name is not followed by %s",
                          *stops ? "what is expected here" : "'in'") != NULL;
    *out = tidy(self, from, end);
    return true;
}

bool parse_argument_name(struct parser *self, struct str *out)
{
    parse_skip(self);
    size_t from = self->at;
    if (!at_name(self, is_name_start))
        return false;
    size_t end = scan_new_name(self);
    if (self->at >= self->text.len || self->text.data[self->at] != ':') {
        self->at = from;
        return false;
    }
    *out = tidy(self, from, end);
    self->at++;
    return true;
}

/* ---- Types ---- */

static bool expect(struct parser *self, char c)
{
    return take_char(self, c) || parse_fail(self, self->at, "'%c' is expected in the type", c);
}

static const struct feel_type *parse_item_type(struct parser *self, enum feel_type_kind kind)
{
    struct feel_type *type = arena_new(self->arena, struct feel_type);
    type->kind = kind;
    type->item = parse_type(self);
    return type->item && expect(self, '>') ? type : NULL;
}

static const struct feel_type *parse_context_type(struct parser *self)
{
    VECTOR(struct feel_type_member) members = {0};
    do {
        struct feel_type_member member;
        if (!parse_new_name(self, ":", &member.name))
            return NULL;
        self->at++;
        member.type = parse_type(self);
        if (!member.type)
            return NULL;
        VECTOR_PUSH(self->arena, &members, member);
    } while (take_char(self, ','));
    if (!expect(self, '>'))
        return NULL;
    struct feel_type *type = arena_new(self->arena, struct feel_type);
    *type = (struct feel_type){.kind = FEEL_TYPE_CONTEXT, .members = members.items, .member_count = members.count};
    return type;
}

static const struct feel_type *parse_function_type(struct parser *self)
{
    VECTOR(struct feel_type_member) members = {0};
    bool more = !take_char(self, '>');
    while (more) {
        struct feel_type_member member = {.name = STR_NONE, .type = parse_type(self)};
        if (!member.type)
            return NULL;
        VECTOR_PUSH(self->arena, &members, member);
        more = take_char(self, ',');
        if (!more && !expect(self, '>'))
            return NULL;
    }
    struct feel_type *type = arena_new(self->arena, struct feel_type);
    *type = (struct feel_type){.kind = FEEL_TYPE_FUNCTION, .members = members.items, .member_count = members.count};
    if (!expect(self, '-') || !expect(self, '>'))
        return NULL;
    type->item = parse_type(self);
    return type->item ? type : NULL;
}

static const char *const type_names[] = {"Any",
                                         "Null",
                                         "null",
                                         "any",
                                         "boolean",
                                         "number",
                                         "string",
                                         "date",
                                         "time",
                                         "date and time",
                                         "dateTime",
                                         "years and months duration",
                                         "days and time duration",
                                         "yearMonthDuration",
                                         "dayTimeDuration"};

static const struct feel_type *parse_named_type(struct parser *self)
{
    struct found best = {0};
    const struct feel_type *type = NULL;
    for (size_t i = 0; i < self->options->type_count; i++)
        if (found_better(self, &best, self->options->types[i].name))
            type = self->options->types[i].type;
    for (size_t i = 0; i < COUNT_OF(type_names); i++)
        if (found_better(self, &best, str_of(type_names[i])))
            type = feel_type_named(best.name);
    if (best.end) {
        self->at = best.end;
        return type;
    }
    take_words(self);
    while (self->at < self->text.len && self->text.data[self->at] == '.' && self->at + 1 < self->text.len &&
           self->text.data[self->at + 1] != '.') {
        self->at++;
        take_words(self);
    }
    return &feel_type_unknown;
}

const struct feel_type *parse_type(struct parser *self)
{
    parse_skip(self);
    if (!at_name(self, is_name_start))
        return parse_fail(self, self->at, "A type is expected");
    if (++self->depth > FEEL_DEPTH_MAX)
        return parse_limit(self, self->at, "has a type nested deeper than 400 levels");
    size_t from = self->at;
    const struct feel_type *type = NULL;
    if (take_word(self, "list") && take_char(self, '<'))
        type = parse_item_type(self, FEEL_TYPE_LIST);
    else if (self->at = from, take_word(self, "range") && take_char(self, '<'))
        type = parse_item_type(self, FEEL_TYPE_RANGE);
    else if (self->at = from, take_word(self, "context") && take_char(self, '<'))
        type = parse_context_type(self);
    else if (self->at = from, take_word(self, "function") && take_char(self, '<'))
        type = parse_function_type(self);
    else
        self->at = from, type = parse_named_type(self);
    self->depth--;
    return type;
}
