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

void skip(struct parser *self);
/* Is the word here (after blanks)? take_word also moves behind it. */
bool at_word(struct parser *self, const char *word);
bool take_word(struct parser *self, const char *word);
bool take_char(struct parser *self, char c);

struct node *node_new(struct parser *self, enum node_kind kind, size_t at);
/* Counts a child into the parent's depth and weight. */
void node_absorb(struct node *parent, const struct node *child);
/* Checks the depth, chooses the eval function, folds. NULL when a limit is met. */
const struct node *node_done(struct parser *self, struct node *node);

const struct node *parse_expression(struct parser *self);

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
