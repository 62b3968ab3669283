/* Routes as a tree of path segments. */
#include "http/internal.h"

#include <string.h>

enum node_kind { NODE_LITERAL, NODE_TAIL, NODE_PARAM, NODE_REST }; /* in order of preference */

struct http_node {
    struct http_node *next; /* sibling; sorted by kind */
    struct http_node *children;
    enum node_kind kind;
    struct str text; /* the literal, or the literal tail */
    struct http_compiled *routes[HTTP_METHODS];
};

/* ---- Building --------------------------------------------------------------------------------------------------- */

static struct http_node *child_for(struct http_tree *tree, struct http_node *parent, enum node_kind kind,
                                   struct str text)
{
    struct http_node **at = &parent->children;
    while (*at && (*at)->kind < kind)
        at = &(*at)->next;
    for (; *at && (*at)->kind == kind; at = &(*at)->next)
        if (str_equal((*at)->text, text))
            return *at;
    struct http_node *node = arena_new(&tree->arena, struct http_node);
    *node = (struct http_node){.next = *at, .kind = kind, .text = text};
    *at = node;
    return node;
}

static void add_name(struct http_tree *tree, struct http_compiled *route, struct str name)
{
    CHECK(name.len && route->names_count < HTTP_PARAMS_MAX);
    route->names[route->names_count++] = arena_cstr(&tree->arena, name);
}

/* One segment of a pattern: literal, {name}, {name}tail or {name...}. */
static struct http_node *add_segment(struct http_tree *tree, struct http_node *parent, struct str segment,
                                     struct http_compiled *route)
{
    if (!segment.len || segment.data[0] != '{')
        return child_for(tree, parent, NODE_LITERAL, segment);
    ptrdiff_t end = str_find(segment, STR("}"), 0);
    CHECK(end > 1);
    struct str name = str_part(segment, 1, (size_t)end);
    struct str tail = str_part(segment, (size_t)end + 1, segment.len);
    bool rest = str_ends(name, STR("..."));
    CHECK(!rest || !tail.len);
    add_name(tree, route, rest ? str_part(name, 0, name.len - 3) : name);
    return child_for(tree, parent, rest ? NODE_REST : tail.len ? NODE_TAIL : NODE_PARAM, tail);
}

void http_tree_add(struct http_tree *self, const struct http_route *route)
{
    CHECK(route->method < HTTP_METHODS && route->pattern && route->pattern[0] == '/' && route->handler);
    if (!self->root)
        self->root = arena_new(&self->arena, struct http_node);
    struct http_compiled *compiled = arena_new(&self->arena, struct http_compiled);
    compiled->route = *route;
    compiled->index = self->routes.count;
    struct http_node *node = self->root;
    struct str rest = str_of(route->pattern + 1);
    while (rest.data) {
        CHECK(node->kind != NODE_REST || node == self->root);
        node = add_segment(self, node, str_cut(&rest, '/'), compiled);
    }
    CHECK(!node->routes[route->method]); /* two routes for the same */
    node->routes[route->method] = compiled;
    VECTOR_PUSH(&self->arena, &self->routes, compiled);
}

/* ---- Matching --------------------------------------------------------------------------------------------------- */

struct search {
    enum http_method method;
    struct str segments[HTTP_SEGMENTS_MAX]; /* decoded */
    struct str rests[HTTP_SEGMENTS_MAX];    /* from this segment to the end, as sent */
    size_t count;
    struct http_match *match;
};

static bool accept_node(struct search *search, const struct http_node *node)
{
    bool any = false;
    for (int method = 0; method < HTTP_METHODS; method++) {
        if (!node->routes[method])
            continue;
        any = true;
        search->match->allowed |= 1u << method;
    }
    if (!any || search->method == HTTP_METHODS || !node->routes[search->method])
        return false;
    search->match->route = node->routes[search->method];
    return true;
}

/* What the node takes of the segment as a parameter; false if it does not fit. */
static bool fits(const struct http_node *node, struct str segment, struct str *param)
{
    switch (node->kind) {
    case NODE_LITERAL: return str_equal(node->text, segment);
    case NODE_TAIL:
        *param = str_part(segment, 0, segment.len - node->text.len);
        return segment.len > node->text.len && str_ends(segment, node->text);
    case NODE_PARAM: *param = segment; return segment.len > 0;
    case NODE_REST: return true;
    }
    return false;
}

/* Depth first, so that a literal that leads nowhere does not hide a parameter that does. Depth is bound by the pattern.
 */
static bool descend(struct search *search, const struct http_node *node, size_t at, size_t params)
{
    if (at == search->count)
        return accept_node(search, node);
    for (const struct http_node *child = node->children; child; child = child->next) {
        struct str param = STR_NONE;
        if (!fits(child, search->segments[at], &param))
            continue;
        if (child->kind == NODE_REST) {
            search->match->params[params] = search->rests[at];
            if (accept_node(search, child))
                return true;
            continue;
        }
        bool named = child->kind != NODE_LITERAL;
        if (named)
            search->match->params[params] = param;
        if (descend(search, child, at + 1, params + named))
            return true;
    }
    return false;
}

/* Of paths with very many segments the last element holds all the rest; only {name...} can match them. */
static enum status split(struct search *search, struct arena *arena, struct str path, struct error *err)
{
    struct str rest = str_part(path, 1, path.len);
    if (!rest.data)
        rest = STR("");
    while (rest.data && search->count < HTTP_SEGMENTS_MAX) {
        struct str decoded;
        search->rests[search->count] = rest;
        struct str segment = str_cut(&rest, '/');
        if (http_percent_decode(arena, segment, false, &decoded, err))
            return FAILED;
        if (str_equal(decoded, STR(".")) || str_equal(decoded, STR("..")))
            return error_set(err, ERROR_INVALID, "bad-path", "The path may not contain \".\" or \"..\".");
        search->segments[search->count++] = decoded;
    }
    return rest.data ? error_set(err, ERROR_NOT_FOUND, "not-found", "There is nothing at this address.") : OK;
}

enum status http_tree_match(const struct http_tree *self, struct arena *arena, struct str path, enum http_method method,
                            struct http_match *out, struct error *err)
{
    struct search search = {.method = method, .match = out};
    *out = (struct http_match){0};
    if (!path.len || path.data[0] != '/')
        return error_set(err, ERROR_INVALID, "bad-path", "The path does not begin with \"/\".");
    if (split(&search, arena, path, err))
        return FAILED;
    if (!self->root || !descend(&search, self->root, 0, 0))
        return OK;
    size_t last = out->route->names_count;
    if (last && str_ends(str_of(out->route->route.pattern), STR("...}")))
        return http_percent_decode(arena, out->params[last - 1], false, &out->params[last - 1], err);
    return OK;
}
