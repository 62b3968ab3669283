/* What parse.c (expressions) and names.c (names, types) share. */
#pragma once

#include "feel/internal.h"

/* Names bound by one binder, innermost first. A filter binds its item, whose members are names too. */
struct scope {
    struct scope *up;
    bool filter;
    bool captured; /* a function is written inside */
    bool used;     /* a name of this scope has been read */
    bool partial_used;
    VECTOR(struct str) names;
};

struct parser {
    struct arena *arena;
    struct str text;
    size_t at;
    int depth;
    uint64_t work;      /* names compared so far */
    bool range_end;     /* in the end of a range, where '[' may close it */
    bool tests_allowed; /* the parenthesis that comes may hold several tests, as after `in` */
    const struct feel_options *options;
    struct feel_program *program;
    struct scope *scope;
    VECTOR(struct str) free_names;
    VECTOR(struct str) members; /* keys of context literals: they may follow a dot */
    struct error *err;
};

/* Fills err with the place; returns NULL for `return`. */
void *parse_fail(struct parser *self, size_t at, const char *format, ...) PRINTF_LIKE(3, 4);

void *parse_limit(struct parser *self, size_t at, const char *what);
/* Counts names compared; false with an error when it is too much. */
bool parse_work(struct parser *self, uint64_t names);

void parse_skip(struct parser *self);
/* Is the word here (after blanks)? take_word also moves behind it. */
bool at_word(struct parser *self, const char *word);
bool take_word(struct parser *self, const char *word);
bool take_char(struct parser *self, char c);
/* The byte so far ahead, 0 behind the end. */
char parse_peek(const struct parser *self, size_t ahead);
/* As take_…, with an error when it is not there. */
bool expect_char(struct parser *self, char c, const char *where);
bool expect_word(struct parser *self, const char *word);

struct node *node_new(struct parser *self, enum node_kind kind, size_t at);
/* Counts a child into the parent's depth and weight. */
void node_absorb(struct node *parent, const struct node *child);
/* Checks the depth, chooses the eval function, folds. NULL when a limit is met. */
const struct node *node_done(struct parser *self, struct node *node);

typedef VECTOR(const struct node *) node_vector;
void push_node(struct parser *self, node_vector *nodes, const struct node *node);
/* Gives the node its items and counts them in. */
void take_items(struct node *node, const node_vector *items);

void scope_push(struct parser *self, struct scope *scope, bool filter);
void scope_pop(struct parser *self);
void scope_add(struct parser *self, struct str name);

const struct node *parse_expression(struct parser *self);
enum level { LEVEL_OR = 1, LEVEL_AND, LEVEL_COMPARE, LEVEL_ADD, LEVEL_MULTIPLY, LEVEL_POWER };
/* Operators of this level and those that bind closer. */
const struct node *parse_operators(struct parser *self, enum level lowest);
/* A value before anything that may follow it: literal, name, list, context, parenthesis, keyword. */
const struct node *parse_primary(struct parser *self);
/* One test or list element: `< 5`, or an expression. */
const struct node *parse_test(struct parser *self);
const struct node *tests_node(struct parser *self, const node_vector *tests, size_t at, uint8_t op);
/* The comparison operator here as by_operator writes it, or 0; moves behind it. */
char take_comparison(struct parser *self);
const struct node *range_by_operator(struct parser *self, char op, size_t at);

/* A name in an expression; moves behind it. */
const struct node *parse_name(struct parser *self);
/* True when a known name is spelled here that is longer than the keyword of len bytes. */
bool known_name_longer(struct parser *self, size_t len);
/* The name after a dot. */
bool parse_member_name(struct parser *self, struct str *out);
/* A name that is being introduced, up to a character of `stops` or the word `in`; symbols are part of it. */
bool parse_new_name(struct parser *self, const char *stops, struct str *out);
/* `name :` of a named argument; nothing is moved when there is none. */
bool parse_argument_name(struct parser *self, struct str *out);
/* A type after `instance of` or a parameter's colon. */
const struct feel_type *parse_type(struct parser *self);
