/* What the files of this module share: the compiled form of a model.
 *
 *   sources --xml.c--> XML trees --load.c--> definitions, nodes, types(types.c) --compile.c--> expressions,
 * tables(table.c) evaluate.c runs nodes, boxed.c expressions, hit.c the rules that matched; trace.c keeps what
 * happened; check.c looks for faults.
 */
#pragma once

#include "dmn/dmn.h"

#include <libxml/tree.h>

struct definitions;
struct expression;
struct node;
struct table;

/* ---- Names to things: names.c ---- */

struct names {
    struct names_entry *entries;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
};
void *dmn_names_get(const struct names *self, struct str name);
/* False (and nothing changed) when the name is taken. */
bool dmn_names_put(struct names *self, struct arena *arena, struct str name, void *thing);

/* ---- XML: xml.c ---- */

MUST_USE enum status dmn_xml_open(const struct dmn_source *source, const struct dmn_options *options, xmlDoc **out,
                                  struct error *err);
/* The first element child called name, or any when name is NULL, in the namespace of the parent; next: among siblings.
 */
xmlNode *dmn_xml_child(const xmlNode *parent, const char *name);
xmlNode *dmn_xml_next(const xmlNode *node, const char *name);
bool dmn_xml_is(const xmlNode *node, const char *name);
/* STR_NONE when absent; white space at the ends is gone. */
struct str dmn_xml_attribute(struct arena *arena, const xmlNode *node, const char *name);
/* An attribute that is a name: inner white space is one blank. */
struct str dmn_xml_name(struct arena *arena, const xmlNode *node, const char *name);
/* The text of the first child called name ("" when absent: STR_NONE). */
struct str dmn_xml_child_text(struct arena *arena, const xmlNode *parent, const char *name);
struct str dmn_xml_content(struct arena *arena, const xmlNode *node);
uint32_t dmn_xml_line(const xmlNode *node);
/* The id of the node or of its nearest ancestor that has one. */
struct str dmn_xml_id(struct arena *arena, const xmlNode *node);

/* ---- Types: types.c ---- */

/* Whether v may stand where type is wanted, after the specification's conversions (10.3.2.9.4): singleton lists, date
 * to date and time. null fits everywhere. type NULL: any. */
MUST_USE bool dmn_type_convert(const struct feel_type *type, struct value v, struct feel_run *run, struct value *out);
/* Texts become dates, times and durations where the type says so. */
struct value dmn_type_read(const struct feel_type *type, struct value v, struct arena *arena);
/* Built-in types by the names that typeRef has had since DMN 1.1. */
const struct feel_type *dmn_type_builtin(struct str name);
/* The result of a function type; of another type, itself. */
const struct feel_type *dmn_type_result(const struct feel_type *type);
/* For messages: "number", "list". */
const char *dmn_type_name(const struct feel_type *type);

/* ---- Loading: load.c, types_load.c ---- */

struct load {
    struct arena *arena;
    struct dmn_model *model;
    VECTOR(struct dmn_problem) problems;
    int type_depth; /* types being defined within each other */
    VECTOR(struct feel_type *) types;
    VECTOR(const struct table *) tables;
};

PRINTF_LIKE(6, 7)
void dmn_load_problem(struct load *load, enum dmn_severity severity, const char *code,
                      const struct definitions *definitions, const xmlNode *at, const char *format, ...);
void dmn_types_declare(struct load *load, struct definitions *definitions);
void dmn_types_define(struct load *load, struct definitions *definitions);
/* NULL for an absent reference; an unknown one is a problem and gives NULL too. */
const struct feel_type *dmn_types_resolve(struct load *load, const struct definitions *definitions,
                                          struct str reference, const xmlNode *at);
/* After every file's types are defined. */
void dmn_types_settle(struct load *load);
/* Fills definitions->named and ->members, from the item definitions of this file and of what it imports. */
void dmn_types_publish(struct load *load, struct definitions *definitions);

#define IMPORT_LEVELS_MAX 3 /* imports of imports whose elements a node may require */

struct import {
    struct str name;
    struct str namespace_;
    struct definitions *definitions;
};

struct item {
    struct feel_type *type;
    struct str name;
    const xmlNode *xml; /* only while loading */
    bool started;
};

/* One file. */
struct definitions {
    struct dmn_model *model;
    struct str file;
    struct str namespace_;
    struct str id, name;
    const xmlNode *xml; /* only while loading */
    struct import *imports;
    size_t import_count;
    struct names items;                  /* struct item */
    struct names ids;                    /* struct node */
    struct names nodes;                  /* struct node by name */
    const struct feel_named_type *named; /* types that expressions may name */
    size_t named_count;
    struct feel_scope_names members; /* names that may follow a dot and need declaring */
};

/* What names without a slot are looked up in. */
static inline struct value dmn_open(const struct feel_run *run)
{
    return run->host ? ((const struct dmn_run *)run->host)->open : value_null;
}

/* A slot that a node's logic reads: a node's value, or a context of what an import brings. */
struct binding {
    struct str name;
    const struct node *node;  /* NULL for an import */
    struct bindings *members; /* of an import */
};
struct bindings {
    VECTOR(struct binding) items;
};

struct parameter {
    struct str name;
    const struct feel_type *type;
};

/* Decisions, input data, knowledge models, services. */
struct node {
    struct dmn_element element;
    size_t index;
    const struct definitions *definitions;
    const xmlNode *xml; /* only while loading */
    struct str variable;
    const struct feel_type *type;
    struct node **requires; /* information requirements */
    size_t require_count;
    struct node **knows; /* knowledge requirements */
    size_t know_count;
    const struct binding *bindings;
    size_t binding_count;
    const struct parameter *parameters;
    size_t parameter_count;
    const struct expression *logic; /* NULL: none */
    size_t slot_max;
    struct value function; /* knowledge models and services */
    struct node **outputs; /* services */
    size_t output_count;
    struct node **given;  /* services: what its parameters bind */
    struct node **inside; /* services: encapsulated decisions */
    size_t inside_count;
    struct str fault; /* why it cannot be evaluated; absent if it can */
    uint8_t mark;     /* while loading */
    int depth;        /* longest way down the information requirements */
};

struct dmn_model {
    struct definitions **files;
    size_t file_count;
    struct node **nodes;
    const struct dmn_element **elements;
    size_t node_count;
    const struct dmn_problem *problems; /* found while loading */
    size_t problem_count;
    const struct table *const *tables;
    size_t table_count;
};

/* ---- Logic: compile.c ---- */

enum expression_kind {
    EXPRESSION_FAULTY,
    EXPRESSION_LITERAL,
    EXPRESSION_TABLE,
    EXPRESSION_CONTEXT,
    EXPRESSION_LIST,
    EXPRESSION_RELATION,
    EXPRESSION_FUNCTION,
    EXPRESSION_JAVA,
    EXPRESSION_INVOCATION,
    EXPRESSION_CONDITIONAL,
    EXPRESSION_FILTER,
    EXPRESSION_FOR,
    EXPRESSION_SOME,
    EXPRESSION_EVERY,
};

/* A context's entry; name absent: the context's result. Also a binding of an invocation. */
struct entry {
    struct str name;
    const struct feel_type *type;
    const struct expression *expression;
    size_t slot;
};

/* One boxed expression. Slots are numbered through the whole node: outer names first. */
struct expression {
    enum expression_kind kind;
    struct str id;
    uint32_t line;
    const struct feel_type *type; /* of the result; NULL: any */
    const struct node *owner;
    struct str fault; /* EXPRESSION_FAULTY */
    union {
        struct {
            const struct feel_program *program;
            ptrdiff_t slot; /* >= 0: the text is just this name */
        } literal;
        const struct table *table;
        struct {
            const struct entry *entries;
            size_t count;
        } context; /* CONTEXT, LIST */
        struct {
            const struct str *columns;
            size_t column_count;
            const struct expression *const *cells; /* row after row */
            size_t row_count;
        } relation;
        struct {
            const struct parameter *parameters;
            const struct str *names;
            const struct feel_type *type; /* of the function itself */
            size_t count;
            size_t slot; /* of the first parameter; slots below are captured */
            const struct expression *body;
        } function; /* FUNCTION, JAVA (body gives the mapping) */
        struct {
            const struct expression *function;
            const struct entry *arguments;
            size_t count;
        } invocation;
        struct {
            const struct expression *condition;
            const struct expression *yes;
            const struct expression *no;
        } conditional;
        struct {
            const struct expression *in;
            const struct feel_program *filter; /* over the slot below; NULL: body decides item by item */
            const struct expression *body;
            size_t slot; /* of the item or the list; FOR: the next one is `partial` */
            bool uses_partial;
        } iteration; /* FILTER, FOR, SOME, EVERY */
    };
};

struct compiler {
    struct load *load;
    const struct definitions *definitions;
    struct node *node;
    VECTOR(struct str) names; /* slot by slot */
    struct feel_scope_names
        visible; /* the same with "" for names that an inner one hides; names NULL: to be made anew */
    size_t slot_max;
    int depth;
    bool says_partial; /* an expression compiled since this was cleared has the word "partial" */
};

/* The expression that is the child of parent, or NULL when there is none. */
const struct expression *dmn_compile_child(struct compiler *self, const xmlNode *parent);
const struct expression *dmn_compile_expression(struct compiler *self, const xmlNode *at);
bool dmn_compile_is_expression(const xmlNode *at);
/* Gives the name the next slot, and returns it. */
size_t dmn_compiler_push(struct compiler *self, struct str name);
void dmn_compiler_pop(struct compiler *self, size_t count);
/* Compiles FEEL; on an error a problem is noted, fault says it, and NULL is returned. */
const struct feel_program *dmn_compile_feel(struct compiler *self, enum feel_syntax syntax, struct str text,
                                            const xmlNode *at, struct str *fault);
/* The slot whose name is exactly text, or -1. */
ptrdiff_t dmn_compiler_slot(const struct compiler *self, struct str text);
void dmn_compile_node(struct load *load, struct node *node);

/* ---- Decision tables: table.c, column.c, hit.c ---- */

#define COLUMNS_MAX 16 /* inputs and outputs of a table that are treated without an arena */

enum hit_policy {
    HIT_UNIQUE,
    HIT_ANY,
    HIT_PRIORITY,
    HIT_FIRST,
    HIT_RULE_ORDER,
    HIT_OUTPUT_ORDER,
    HIT_COLLECT,
    HIT_SUM,
    HIT_MIN,
    HIT_MAX,
    HIT_COUNT,
    HIT_POLICY_COUNT,
};
const char *dmn_hit_policy_name(enum hit_policy policy);

/* A test of a cell. Equal texts of one column share one. */
struct test {
    struct str text;
    const struct feel_program *program; /* NULL: faulty, never true */
    struct str fault;
    struct feel_tests_shape shape;
    bool decided;    /* the column's sets know it */
    bool null_holds; /* decided, and true of null */
};

/* A column cut into pieces at the ends of its intervals: (-∞,c0) [c0] (c0,c1) [c1] … (cn,∞), numbered 0…2n. For each
 * piece a set of rules whose test of this column holds there, so that a table is answered by one search a column and an
 * intersection. Rules whose test the pieces cannot decide are in every set, and in open. */
struct column {
    enum value_kind kind; /* of the cuts; VALUE_NULL: no cuts */
    const struct value *cuts;
    const int64_t *cut_ints; /* the same as whole numbers, when all are */
    size_t cut_count;
    const uint64_t *sets; /* (2 * cut_count + 1) * words */
    const uint64_t *null_set;
    const uint64_t *any_set;  /* rules with "-" */
    const uint64_t *open_set; /* rules whose test must be evaluated */
    bool has_open;
};

struct input_clause {
    struct str id;
    struct str name;
    struct str text;
    uint32_t line;
    const struct expression *expression;
    const struct feel_type *type;
    const struct feel_program *allowed;
    struct str allowed_text;
    struct test *tests;
    size_t test_count;
    struct column column;
};

struct output_clause {
    struct str id;
    struct str name;
    uint32_t line;
    const struct feel_type *type;
    const struct feel_program *allowed;
    struct str allowed_text;
    const struct value *order; /* output values in order of priority */
    size_t order_count;
    const struct expression *otherwise; /* default; NULL: none */
};

struct rule {
    struct str id;
    uint32_t line;
    const uint32_t *tests; /* per input: index into its tests */
    const struct expression *const *outputs;
    bool constant;
    struct value value;         /* when constant: the output, or the context of outputs, converted */
    const struct value *values; /* when constant: output by output */
};

struct table {
    struct str id;
    uint32_t line;
    const struct node *owner;
    enum hit_policy policy;
    const struct input_clause *inputs;
    size_t input_count;
    const struct output_clause *outputs;
    size_t output_count;
    const struct rule *rules;
    size_t rule_count;
    size_t words; /* of a set of rules */
    bool has_otherwise;
};

const struct table *dmn_compile_table(struct compiler *self, const xmlNode *at);
/* Fills clause->column for column at of the table, whose rules and the clause's tests are known. */
void dmn_column_compile(struct arena *arena, const struct table *table, struct input_clause *clause, size_t at);
/* Outputs as one value: the only one, or a context of them. */
struct value dmn_table_output(const struct table *self, const struct value *values, struct arena *arena);
bool dmn_table_output_allowed(const struct output_clause *clause, struct value v, struct feel_run *run);
/* The piece that v (of the column's kind) lies in. */
size_t dmn_column_piece(const struct column *self, struct value v);
/* Whether the shape's values contain all of piece (a piece never straddles an end). */
bool dmn_column_shape_holds(const struct column *self, struct feel_tests_shape shape, size_t piece);
/* The cuts of many shapes of one kind, sorted, each once; *kind is VALUE_NULL when there are none. */
size_t dmn_column_cuts(struct arena *arena, const struct feel_tests_shape *shapes, size_t count, enum value_kind *kind,
                       struct value **out);
/* Whether static analysis may treat the shape as values of this kind. */
bool dmn_column_shape_is(struct feel_tests_shape shape, enum value_kind kind);

/* The kind of value that the input is declared to have; VALUE_NULL when unknown or not treated by the checks. */
enum value_kind dmn_input_kind(const struct table *table, const struct input_clause *clause);

/* ---- Evaluating: evaluate.c, boxed.c, hit.c ---- */

/* One run through one file's requirements graph: each node at most once. What it imports has frames of its own, one for
 * each import, because a file that is imported under two names is asked with two sets of inputs. */
struct frame {
    const struct definitions *entry;
    struct frame *up;        /* the frame that imports this one's file; NULL: the outermost */
    struct frame **children; /* by import, made when needed; NULL: none yet */
    struct value inputs;     /* by name; those of imports under the import's name */
    struct value *values;    /* by node index */
    uint8_t *known;
    bool closed; /* a service's: only what it is given is known */
    struct feel_run *feel;
};

struct value dmn_node_value(struct frame *frame, const struct node *node);
/* Calls knowledge models, services, boxed functions; as feel_host_call. */
struct value dmn_node_function(struct arena *arena, struct node *node);
struct value dmn_boxed_evaluate(const struct expression *self, struct value *slots, struct feel_run *run);
/* Converts arguments into parameters' slots; false, with a note, when one does not fit. */
bool dmn_boxed_bind(const struct parameter *parameters, size_t count, const struct value *arguments,
                    struct value *slots, struct feel_run *run);
struct value dmn_table_evaluate(const struct table *self, struct value *slots, struct feel_run *run);
/* The rules that matched, in the order of the table, and the inputs that they matched. */
struct hits {
    const uint32_t *rules;
    size_t count;
    const struct value *inputs;
};
/* Which of two rules' outputs has priority: <0 the first. */
int dmn_hit_compare(const struct table *self, const struct value *a, const struct value *b);
/* The table's answer. readable is false when an input was refused: the answer is null. */
struct value dmn_hit_answer(const struct table *self, const struct hits *hits, bool readable, struct value *slots,
                            struct feel_run *run);
/* Converts v for a place; a misfit is null with a note. */
struct value dmn_convert_or_note(const struct feel_type *type, struct value v, struct feel_run *run, const char *what,
                                 struct str name);

/* ---- Java's few functions: java.c ---- */

/* As feel_options.external: null when the mapping names nothing known. */
struct value dmn_java_function(struct arena *arena, struct value mapping, const struct str *parameters, size_t count);

/* ---- Explaining: trace.c ---- */

void dmn_trace_begin(struct dmn_run *run);
void dmn_trace_end(struct dmn_run *run);
/* Opens and closes the step of one node. */
struct trace_step *dmn_trace_enter(struct feel_run *run, const struct node *node);
void dmn_trace_given(struct feel_run *run, struct str name, struct value v);
void dmn_trace_leave(struct feel_run *run, struct trace_step *step, struct value v);
void dmn_trace_table(struct feel_run *run, const struct table *table, const struct hits *hits,
                     const struct value *const *outputs);
bool dmn_trace_on(const struct feel_run *run);
