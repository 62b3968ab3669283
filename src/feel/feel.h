/* FEEL: compile once, evaluate often. DMN 1.5 chapter 10, decimal128 throughout, null (with a reason) instead of
 * errors. Pure: the instant, the calendar and all limits are arguments. A program is immutable and may be shared by
 * threads. */
#pragma once

#include "feel/value.h"

struct calendar; /* clock/calendar.h */
struct feel_run;
struct feel_type;

/* ---- Compiling ---- */

/* Names that an expression may use, known before it is read: FEEL names may contain spaces and operators, so the parser
 * needs them ("Pre-bureau risk category"). Programs reach declared names by slot; undeclared ones by key at run time.
 */
struct feel_scope_names {
    const struct str *names;
    size_t count;
};

enum feel_syntax { FEEL_EXPRESSION, FEEL_UNARY_TESTS };

struct feel_options {
    enum feel_syntax syntax;
    struct feel_scope_names scope;       /* slot i of the input holds names[i]; see feel_input */
    const struct feel_library *library;  /* extra named functions and values, or NULL */
    bool strict_names;                   /* an unknown name is a compile error instead of null at run time */
    struct feel_scope_names members; /* names that may follow a dot or be used in a filter: component names of types.
                                        Needed only for those with operators or keywords inside ("pre-tax sum") */
    const struct feel_named_type *types; /* item definitions that `instance of` and typed parameters may name */
    size_t type_count;
    /* Makes a function value of `function(a, b) external {java: {class: …, method signature: …}}`, whose context is
     * mapping. NULL, or a null answer: calling such a function gives null with a note. */
    struct value (*external)(struct arena *arena, struct value mapping, const struct str *parameters,
                             size_t parameter_count);
};

/* Extra functions known by name to a program: BKMs, decision services, and what a host adds. */
struct feel_library {
    size_t count;
    const struct member *members; /* name -> any value, commonly VALUE_FUNCTION; names may contain spaces */
};

struct feel_program;

/* Compiles text; the program lives in arena. Errors: type "feel-syntax" (field "line L, column C") or "feel-limit"
 * (deeper than 400 levels, longer than 1 MiB). */
MUST_USE enum status feel_compile(struct arena *arena, struct str text, const struct feel_options *options,
                                  const struct feel_program **out, struct error *err);

/* The names the program reads from its scope that it does not itself define, first path segment only, in order of
 * appearance, each once: for `bpmn check` (undefined variables) and form dependencies. */
size_t feel_free_names(const struct feel_program *program, const struct str **out);

/* ---- Evaluating ---- */

/* Why a value became null (or a limit stopped the run). Kept in order, at most FEEL_NOTES_MAX. */
#define FEEL_NOTES_MAX 32
struct feel_note {
    struct str text; /* one sentence, in the run's arena */
    uint32_t line, column;
};

/* One evaluation's surroundings. Zero-initialise, set arena; everything else may stay zero. */
struct feel_run {
    struct arena *arena;              /* scratch: results live here */
    int64_t now_ms;                   /* what now() and today() give, Asia/Shanghai */
    const struct calendar *calendar;  /* for working-day functions; NULL: they give null with a note */
    uint64_t steps_max;               /* 0: 10,000,000 */
    uint32_t depth_max;               /* calls; 0: 256 */
    uint64_t list_max;                /* items of one list; 0: 1,000,000 */
    int64_t regex_ms;                 /* per match; 0: 50 */
    uint64_t (*random)(void *state);  /* for random number() and uuid(); NULL: they give null with a note */
    void *random_state;
    void *host; /* the host's own, for its functions: DMN keeps the explanation here; the engine leaves it */

    uint64_t steps;                   /* counted by the engine */
    struct feel_note *notes;          /* set by the engine */
    size_t note_count;
    bool stopped;                     /* a limit was met: the result is null and the last note says which */
    uint32_t depth;
    const char *stack;                /* where the outermost evaluation stood on the C stack */
};

/* What a program's free names mean in one evaluation. */
struct feel_input {
    const struct value *slots;     /* as many as options.scope.count, or NULL */
    struct value context;          /* looked up by key for names without a slot; VALUE_NULL if none */
    const struct value *tested;    /* for unary tests: the value of ?; NULL otherwise */
};

/* Evaluates. Always gives a value: null when it cannot, with the reasons in run->notes. */
struct value feel_evaluate(const struct feel_program *program, const struct feel_input *input, struct feel_run *run);

/* Shorthand for the many callers that hold one context of variables. */
struct value feel_evaluate_in(const struct feel_program *program, struct value context, struct feel_run *run);

/* Adds a note; printf-like. For built-ins and hosts. */
void feel_note(struct feel_run *run, const char *format, ...) PRINTF_LIKE(2, 3);

/* ---- Functions as values ---- */

/* Calls a function value with positional arguments. Wrong number or kind: null with a note. */
struct value feel_call(struct value function, const struct value *arguments, size_t count, struct feel_run *run);

/* The same with named arguments, matched as FEEL matches them; an unknown or missing name: null with a note. */
struct value feel_call_named(struct value function, const struct member *arguments, size_t count, struct feel_run *run);

/* A function implemented by a host (DMN's BKM, decision service). call gets exactly parameter_count arguments. */
typedef struct value feel_host_call(void *host, const struct value *arguments, struct feel_run *run);
struct value feel_host_function(struct arena *arena, const struct str *parameter_names, size_t parameter_count,
                                feel_host_call *call, void *host);

/* Tells `instance of` the type of a host function: FEEL_TYPE_FUNCTION, where a NULL member or result is not known.
 * Returns the function. */
struct value feel_function_typed(struct value function, const struct feel_type *type);

/* The built-in functions, for editors and the openapi/help pages: name, parameter names, one line of meaning. */
struct feel_builtin_info {
    const char *name;
    const char *signature;
};
const struct feel_builtin_info *feel_builtins(size_t *count);

/* ---- Types ---- */

enum feel_type_kind {
    FEEL_TYPE_ANY,
    FEEL_TYPE_NULL,
    FEEL_TYPE_BOOLEAN,
    FEEL_TYPE_NUMBER,
    FEEL_TYPE_STRING,
    FEEL_TYPE_DATE,
    FEEL_TYPE_TIME,
    FEEL_TYPE_DATE_TIME,
    FEEL_TYPE_YEARS_MONTHS,
    FEEL_TYPE_DAYS_TIME,
    FEEL_TYPE_LIST,
    FEEL_TYPE_CONTEXT,
    FEEL_TYPE_RANGE,
    FEEL_TYPE_FUNCTION,
};
struct feel_type_member {
    struct str name; /* empty for a function's parameters when unknown */
    const struct feel_type *type;
};
/* A type of the FEEL lattice or an item definition made of them. */
struct feel_type {
    enum feel_type_kind kind;
    const struct feel_type *item;            /* of list and range, result of function; NULL: Any */
    const struct feel_type_member *members;  /* of context; parameters of function */
    size_t member_count;
    const struct feel_program *allowed;      /* unary tests that a value must also satisfy, or NULL */
    const struct feel_type *base;            /* allowed is tested after base conforms; NULL: kind says all */
};
/* name as written in typeRef, with its import's prefix if any ("Model B.tPerson"). */
struct feel_named_type {
    struct str name;
    const struct feel_type *type;
};
/* A built-in type by name ("number", "date and time", "Any"); NULL when there is none. */
const struct feel_type *feel_type_named(struct str name);
/* Conformance of a value as `instance of` sees it: null conforms to Null only. */
bool feel_type_conforms(const struct feel_type *type, struct value v, struct feel_run *run);
/* The implicit conversions of DMN 1.5, 10.3.2.9.4: singleton list <-> item, date -> date and time; null with a note
 * when the value does not conform even so. A NULL type lets everything pass, and null passes through every type. */
struct value feel_type_coerce(const struct feel_type *type, struct value v, struct feel_run *run);

/* ---- A static look, for pack check and table analysis ---- */

/* One unary test reduced to what static analysis can treat; FEEL_TEST_OTHER where it cannot tell. */
enum feel_test_kind {
    FEEL_TEST_ANY,      /* - */
    FEEL_TEST_VALUES,   /* a literal, or a list of alternatives: ranges below, each one value or interval */
    FEEL_TEST_NOT,      /* not(...) over the same */
    FEEL_TEST_OTHER,
};
struct feel_tests_shape {
    enum feel_test_kind kind;
    size_t count;
    const struct range *ranges; /* a literal v is [v..v]; null ends are open; booleans and strings are [v..v] */
};
/* Shape of a program compiled with FEEL_UNARY_TESTS; memory lives with the program. */
struct feel_tests_shape feel_tests_shape(const struct feel_program *program);
/* True when the program is a constant; *out is its value. */
bool feel_constant(const struct feel_program *program, struct value *out);
