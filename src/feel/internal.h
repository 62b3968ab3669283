/* What the files of the FEEL language share: the tree that a program is, functions, and the frame of one evaluation.
 *
 *     text --parse.c--> nodes --compile.c--> nodes with an eval function each, constants folded --evaluate*.c--> value
 *
 * A local variable is reached by (hops, index): every binder (for, some, every, filter, function, context literal)
 * makes one env that points to the one around it. Input names are reached by slot. */
#pragma once

#include "feel/feel.h"

#define FEEL_DEPTH_MAX 400
#define FEEL_TEXT_MAX ((size_t)1024 * 1024)
#define FEEL_ARGUMENTS_MAX 16
#define FEEL_STACK_MAX ((ptrdiff_t)3 * 1024 * 1024)

struct node;
struct frame;
typedef struct value node_eval(const struct node *node, struct frame *frame);

enum node_kind {
    NODE_CONSTANT,
    NODE_SLOT,    /* a declared input name */
    NODE_LOCAL,   /* a name bound inside the program */
    NODE_DYNAMIC, /* a name looked up in the input's context */
    NODE_ITEM,    /* a name inside filters: a member of an item, else what `left` says */
    NODE_TESTED,  /* ? */
    NODE_ADD,
    NODE_SUBTRACT,
    NODE_MULTIPLY,
    NODE_DIVIDE,
    NODE_POWER,
    NODE_NEGATE,
    NODE_CHAIN, /* a long row of + - or * / over items; ops says which */
    NODE_AND,
    NODE_OR,
    NODE_EQUAL,
    NODE_NOT_EQUAL,
    NODE_LESS,
    NODE_LESS_EQUAL,
    NODE_GREATER,
    NODE_GREATER_EQUAL,
    NODE_BETWEEN,
    NODE_IN,
    NODE_INSTANCE_OF,
    NODE_IF,
    NODE_FOR,
    NODE_SOME,
    NODE_EVERY,
    NODE_FILTER,
    NODE_PATH,
    NODE_CALL,
    NODE_FUNCTION,
    NODE_LIST,
    NODE_CONTEXT,
    NODE_RANGE,
    NODE_TESTS, /* unary tests over ?; items are the tests */
    NODE_ANY,   /* - */
};

/* One variable of for, some and every. last is the end of `first..last`, NULL for an ordinary list. */
struct iterator {
    struct str name;
    const struct node *first, *last;
};

/* One entry of a context literal or one named argument. */
struct entry {
    struct str key;
    const struct node *value;
};

struct parameter {
    struct str name;
    const struct feel_type *type; /* NULL: any */
};

struct node {
    node_eval *eval;
    uint8_t kind;                      /* enum node_kind */
    uint8_t op;                        /* ranges: by_operator; tests: 1 negated; calls: 1 named arguments */
    bool captured;                     /* a function inside may outlive the binder, so its env lives in the arena */
    bool tests_input;                  /* ? occurs inside */
    bool start_included, end_included; /* ranges */
    uint16_t depth;                    /* levels below and including this node */
    uint32_t weight;                   /* nodes below and including this one: what evaluating it costs in steps */
    uint32_t at;                       /* byte offset in the text, for notes */
    uint32_t count;                    /* of items, entries, iterators, parameters */
    uint16_t hops, index;              /* locals */
    bool keys_used;                    /* contexts: an entry reads another; for: `partial` occurs */
    const struct node *left, *right, *third;
    union {
        const struct node *const *items; /* lists, tests, chains, positional arguments */
        const struct entry *entries;     /* contexts, named arguments */
        const struct iterator *iterators;
        const struct parameter *parameters;
        const uint16_t *filters;      /* NODE_ITEM: hops to each enclosing filter, innermost first */
        const struct feel_type *type; /* instance of */
    };
    const struct builtin *builtin; /* calls of a built-in: its first row; otherwise left is what is called */
    const uint8_t *ops;            /* chains: the operator before items[i] as node kind */
    struct str name;               /* paths, dynamic names, slots */
    struct value constant;
};

struct env {
    const struct env *up;
    const struct value *values;
};

/* One evaluation of one program. */
struct frame {
    struct feel_run *run;
    const struct feel_program *program;
    const struct env *env;
    const struct value *slots;
    const struct value *tested;
    struct value context;
    const struct feel_input *captured; /* a copy of slots and tested that closures share, made when first needed */
};

struct feel_program {
    struct str text;
    const struct node *root;
    enum feel_syntax syntax;
    size_t slot_count;
    const struct str *free_names;
    size_t free_count;
    struct value (*external)(struct arena *arena, struct value mapping, const struct str *parameters,
                             size_t parameter_count);
    struct feel_tests_shape shape;
};

/* ---- Functions ---- */

/* What a parameter of a built-in takes; OPTIONAL and NULLABLE are added to it. */
enum take {
    TAKE_ANY,
    TAKE_BOOLEAN,
    TAKE_NUMBER,
    TAKE_STRING,
    TAKE_LIST,
    TAKE_CONTEXT,
    TAKE_DATE, /* a date; a date and time counts by its date */
    TAKE_TIME,
    TAKE_DATE_TIME, /* a date and time; a date becomes midnight UTC */
    TAKE_DURATION,  /* days and time */
    TAKE_RANGE,
    TAKE_POINT, /* anything that has an order, not a range */
    TAKE_FUNCTION,
    TAKE_MOMENT, /* date, time or date and time */
    TAKE_KIND = 0x1f,
    TAKE_OPTIONAL = 0x20, /* may be left out */
    TAKE_NULL = 0x40,     /* may be null */
};

typedef struct value builtin_call(const struct value *arguments, size_t count, struct frame *frame);

struct builtin_parameter {
    const char *name;
    uint8_t take;
};

#define BUILTIN_PARAMETERS_MAX 5
/* One overload. Rows of one name stand together; the first that fits the arguments is called. */
struct builtin {
    const char *name;
    builtin_call *call;
    uint8_t flags;
    uint8_t result; /* enum feel_type_kind */
    struct builtin_parameter parameters[BUILTIN_PARAMETERS_MAX];
};
#define BUILTIN_GATHERS 1 /* f(a, b, c) means f([a, b, c]) where the only parameter is a list */
#define BUILTIN_TAIL 2    /* the last parameter takes every argument that is left, as a list */
#define BUILTIN_IMPURE 4  /* not to be folded: time, chance, calendar, time limits */
#define BUILTIN_LAZY 8    /* gets null for arguments of any kind */

extern const struct builtin *const feel_builtin_tables[];
/* The first row with this name, or NULL. */
const struct builtin *builtin_find(struct str name);
/* The function value for it, the same one each time. */
struct value builtin_value(const struct builtin *builtin);
struct value builtin_invoke(const struct builtin *builtin, const struct value *arguments, size_t count,
                            struct frame *frame);
/* keys[i] names arguments[i]. */
struct value builtin_invoke_named(const struct builtin *builtin, const struct entry *keys,
                                  const struct value *arguments, size_t count, struct frame *frame);
/* Longest built-in name that the text at `at` begins with, as its end; 0 if none. */
size_t builtin_match(struct str text, size_t at, const struct builtin **out);
const struct feel_builtin_info *builtin_signatures(size_t *count);
bool builtin_has_type(const struct builtin *builtin, const struct feel_type *type);

enum function_kind { FUNCTION_BUILTIN, FUNCTION_LAMBDA, FUNCTION_HOST };

struct function {
    uint8_t kind; /* enum function_kind */
    size_t parameter_count;
    union {
        const struct builtin *builtin;
        struct {
            const struct node *node;
            const struct env *env;
            const struct feel_program *program;
            const struct feel_input *input;
        };
        struct {
            const struct str *names;
            feel_host_call *call;
            void *host;
            const struct feel_type *type; /* NULL: not known */
        };
    };
};

struct value function_call(const struct function *function, struct value *arguments, size_t count, struct frame *frame);
struct value function_call_named(const struct function *function, const struct entry *keys, struct value *arguments,
                                 size_t count, struct frame *frame);

/* ---- Evaluating ---- */

#define EVAL(node, frame) ((node)->eval((node), (frame)))

/* A note that points at a node; returns null, so that `return note_null(…)` is one statement. */
struct value note_at(const struct node *node, struct frame *frame, const char *format, ...) PRINTF_LIKE(3, 4);
struct value note_null(struct frame *frame, const char *format, ...) PRINTF_LIKE(2, 3);
/* Puts the default limits where none are set. */
void run_prepare(struct feel_run *run);
/* Counts steps; false when the run has to stop. */
bool run_spend(struct feel_run *run, uint64_t steps);
/* Stops the run with a note; returns null. */
struct value run_stop(struct feel_run *run, const char *format, ...) PRINTF_LIKE(2, 3);
/* True when a list of this many items may be made; otherwise the run is stopped. */
bool run_list_allowed(struct feel_run *run, uint64_t count);

/* ---- Operators, also used by built-ins ---- */

struct value values_operate(enum node_kind op, struct value a, struct value b, struct frame *frame);
struct value value_negate(struct value v, struct frame *frame);
/* = != < <= > >=, after the implicit conversions: a list of one to its item, a date to its midnight UTC. */
struct value values_compare(enum node_kind op, struct value a, struct value b, struct frame *frame);
struct value ternary_not(struct value v);
/* What a comparison says when its sides stand in this order. */
static inline struct value order_result(enum node_kind op, int order)
{
    switch ((int)op) {
    case NODE_LESS: return value_boolean(order < 0);
    case NODE_LESS_EQUAL: return value_boolean(order <= 0);
    case NODE_GREATER: return value_boolean(order > 0);
    case NODE_GREATER_EQUAL: return value_boolean(order >= 0);
    case NODE_EQUAL: return value_boolean(order == 0);
    default: return value_boolean(order != 0);
    }
}
/* The conjunction of ternary logic. */
struct value ternary_and(struct value a, struct value b);
/* Is v inside the range? true, false or null. */
struct value range_includes(const struct range *range, struct value v);
/* v against the value of one test: a range, a list, or a value to be equal to. */
struct value test_matches(struct value v, struct value test);
/* A context's member or what a date, time, duration or range has; false when it has no such thing. */
bool value_property(struct value v, struct str name, struct value *out);
/* A date as the date and time of its midnight UTC. */
bool feel_type_midnight(struct value date, struct value *out);
struct value range_value(struct arena *arena, struct range range);
/* True when the ends of a range may stand together: one kind, or one of them null. */
bool range_ends_agree(const struct range *range);

node_eval eval_constant;
/* Sets eval functions and folds constants, bottom up; called by the parser for every node it has finished. */
const struct node *node_finish(struct arena *arena, struct node *node, const struct feel_program *program);
void tests_shape(struct arena *arena, struct feel_program *program);

/* ---- Text level ---- */

bool is_name_start(uint32_t c);
bool is_name_part(uint32_t c);
/* Behind white space and comments; the offset of an unclosed comment is remembered as text.len. */
size_t skip_blank(struct str text, size_t at);
/* The end of name where text at `at` spells it, 0 when it does not. A name is a row of words and symbols; the white
 * space between them does not count: `a - b` spells the name a-b (DMN 1.5, 10.3.1.5). */
size_t match_name(struct str text, size_t at, struct str name);
/* Reads a number literal; returns its end, 0 if there is none. */
size_t match_number(struct str text, size_t at);
/* Decodes the string literal at `at` (on its quote). Returns its end; 0 with *why set if it is wrong. */
size_t read_string(struct arena *arena, struct str text, size_t at, struct str *out, const char **why);
void text_position(struct str text, size_t at, uint32_t *line, uint32_t *column);

/* Stands for a type name that nobody declared: nothing conforms, and `instance of` gives null. */
extern const struct feel_type feel_type_unknown;

enum status parse_program(struct arena *arena, struct feel_program *program, const struct feel_options *options,
                          struct error *err);

/* ---- Regular expressions: regex.c ---- */

struct regex;
/* NULL with a note when pattern or flags are wrong. Borrowed from a per-thread cache: use at once. */
struct regex *regex_get(struct str pattern, struct str flags, struct frame *frame);
bool regex_matches(struct regex *self, struct str input, struct frame *frame, bool *out);
bool regex_replace(struct regex *self, struct str input, struct str replacement, struct frame *frame, struct str *out);
/* Pieces between matches, or the matches themselves. */
bool regex_split(struct regex *self, struct str input, struct frame *frame, struct value *out);
bool regex_extract(struct regex *self, struct str input, struct frame *frame, struct value *out);
