/* DMN: decision models loaded from XML (DMN 1.1 to 1.5), checked, compiled once and evaluated often, with an
 * explanation where one is wanted. Pure: the instant, the calendar and all limits come in by feel_run. A model is
 * immutable once loaded and may be shared by threads. PMML functions are refused; of Java's only the methods in java.c
 * are known. */
#pragma once

#include "feel/feel.h"

struct dmn_model;

/* ---- Loading --------------------------------------------------------------------------------------------------- */

/* One file's text. name is what messages call it ("risk.dmn"). Files import each other by namespace, in any order. */
struct dmn_source {
    struct str name;
    struct str text;
};

enum dmn_strictness {
    DMN_STRICT,   /* the first error refuses the model */
    DMN_TOLERANT, /* a faulty element evaluates to null, and dmn_check lists what is wrong with it */
};

struct dmn_options {
    enum dmn_strictness strictness;
    size_t bytes_max;    /* of one file; 0: 10 MiB */
    size_t elements_max; /* XML elements of one file; 0: 500,000 */
};

/* The model lives in arena and borrows nothing from sources. options may be NULL. Errors: "dmn-xml" (unreadable, or a
 * document type), "dmn-limit", "dmn-model" (not DMN, two models with one namespace), and in strict mode the code of the
 * first problem that is an error (below). The message names the file and the element; the field is "ID, line L". */
MUST_USE enum status dmn_load(struct arena *arena, const struct dmn_source *sources, size_t count,
                              const struct dmn_options *options, const struct dmn_model **out, struct error *err);

/* A look at a file before it is loaded: its namespace, and the namespaces that it imports. */
struct dmn_peek {
    struct str namespace_;
    const struct str *imports;
    size_t import_count;
};
MUST_USE enum status dmn_peek(struct arena *arena, const struct dmn_source *source, const struct dmn_options *options,
                              struct dmn_peek *out, struct error *err);

/* ---- What is in a model ---------------------------------------------------------------------------------------- */

enum dmn_kind { DMN_DECISION, DMN_INPUT, DMN_KNOWLEDGE /* business knowledge model */, DMN_SERVICE };

struct dmn_element {
    enum dmn_kind kind;
    struct str id;
    struct str name;
    struct str type;       /* its typeRef as written, absent if none */
    struct str namespace_; /* of the file that defines it */
    struct str file;       /* the source's name */
    uint32_t line;
    bool has_table; /* its logic is a decision table */
};

/* All elements of all files, in the order of the files and of their text. */
size_t dmn_elements(const struct dmn_model *model, const struct dmn_element *const **out);
/* By id, else by name; earlier files win. NULL when there is none of that kind. */
const struct dmn_element *dmn_find(const struct dmn_model *model, enum dmn_kind kind, struct str id_or_name);
/* The input data that a decision or service needs, directly or through other decisions, each once. */
size_t dmn_inputs_of(struct arena *arena, const struct dmn_model *model, const struct dmn_element *element,
                     const struct dmn_element *const **out);
/* The name attribute of the first file's definitions. */
struct str dmn_model_name(const struct dmn_model *model);
/* Its id attribute; absent if none. */
struct str dmn_model_id(const struct dmn_model *model);

/* A decision or knowledge model of this file as it was drawn, by id, else by name: {id, name, question} and, when its
 * logic is a table, hit_policy ("UNIQUE", "COLLECT SUM" …), inputs [{id, label, expression, type, values}], outputs
 * [{id, label, name, type, values}], rules [{index (from 1), id, inputs [text], outputs [text], annotation}]; when it
 * is a literal expression, expression. Errors as dmn_load's, and "dmn-unknown-decision". */
MUST_USE enum status dmn_describe(struct arena *arena, const struct dmn_source *source, struct str decision,
                                  struct value *out, struct error *err);

/* ---- Evaluating ------------------------------------------------------------------------------------------------ */

struct dmn_tested {
    struct str id;   /* of the input clause */
    struct str name; /* its label, else its expression */
    struct value value;
};
struct dmn_output {
    struct str id; /* of the output clause */
    struct str name;
    struct value value;
};
struct dmn_hit {
    struct str rule; /* id */
    size_t index;    /* 1 is the first rule */
    const struct dmn_output *outputs;
    size_t output_count;
};
/* One evaluation of one decision table. */
struct dmn_table_step {
    struct str id;
    const char *hit_policy; /* "UNIQUE", "COLLECT SUM" … */
    const struct dmn_tested *inputs;
    size_t input_count;
    const struct dmn_hit *hits; /* rules that matched, in the order of the table */
    size_t hit_count;
};
/* One decision (or business knowledge model called by one), in the order in which they finished. */
struct dmn_step {
    const struct dmn_element *element;
    struct value value;
    const struct member *requirements; /* what it was given: input data, decisions, parameters */
    size_t requirement_count;
    const struct dmn_table_step *tables; /* evaluated in its logic */
    size_t table_count;
    size_t note_from, note_to; /* its share of run.feel.notes: [from, to) */
};

enum dmn_detail { DMN_ANSWER, DMN_EXPLAINED };
enum dmn_input_form {
    DMN_INPUTS_TYPED, /* values are what they are */
    DMN_INPUTS_JSON,  /* texts are read as dates, times and durations where the input's type says so */
};

/* One evaluation's surroundings and what it leaves. Zero-initialise, set feel.arena; everything else may stay zero.
 * Results, notes and steps live in feel.arena. */
struct dmn_run {
    struct feel_run feel;
    enum dmn_detail detail;
    enum dmn_input_form input_form;
    struct value open; /* a context in which names that no requirement declares are looked up, as Camunda does; null:
                          they are null */
    const struct dmn_step *steps; /* filled when detail is DMN_EXPLAINED; at most DMN_STEPS_MAX */
    size_t step_count;
    struct dmn_trace *trace; /* used while evaluating */
};
#define DMN_STEPS_MAX 1000

/* Evaluates a decision (or a decision service, or a knowledge model with its parameters as inputs) by id or name over a
 * context of input data by name; members of imported models are given as {import: {name: value}}. What cannot be
 * computed is null, with the reasons in run->feel.notes. FAILED: no such decision ("dmn-unknown-decision"), or a limit
 * was met ("dmn-limit"). */
MUST_USE enum status dmn_evaluate(const struct dmn_model *model, struct str decision, struct value inputs,
                                  struct dmn_run *run, struct value *out, struct error *err);

/* The same decision asked many times: names are looked up once, values come by position. */
struct dmn_plan;
MUST_USE enum status dmn_plan_new(struct arena *arena, const struct dmn_model *model, struct str decision,
                                  const struct dmn_plan **out, struct error *err);
/* The names of the input data, in the order in which dmn_plan_evaluate takes their values. */
size_t dmn_plan_inputs(const struct dmn_plan *plan, const struct str **out);
/* Uses run->feel.arena as scratch; the caller rewinds it between evaluations. A limit gives null and sets
 * run->feel.stopped. */
struct value dmn_plan_evaluate(const struct dmn_plan *plan, const struct value *inputs, struct dmn_run *run);

/* The explanation as a value, to be kept with a case and shown beside the table:
 * {decisions: [{id, name, kind, value, given: {…}, tables: [{id, hitPolicy, inputs: [{id, name, value}],
 *   rules: [{id, index, outputs: [{id, name, value}]}]}], notes: ["…"]}], notes: ["…"]} */
struct value dmn_explanation(struct arena *arena, const struct dmn_run *run);
/* A table of the model by id, as a step in which nothing was tested yet and every rule hit, without values and outputs:
 * what a kept step needs to be told with labels again. False: the model has no such table. */
bool dmn_table_shape(const struct dmn_model *model, struct arena *arena, struct str id, struct dmn_table_step *out);

/* ---- Checking -------------------------------------------------------------------------------------------------- */

enum dmn_severity { DMN_ERROR, DMN_WARNING, DMN_NOTE };

/* Codes: of loading "dmn-unknown-type", "dmn-unknown-reference", "dmn-circular", "dmn-duplicate", "dmn-expression",
 * "dmn-missing", "dmn-unsupported"; of tables "table-overlap", "table-gap", "table-dead-rule", "table-type",
 * "table-output", "table-hit-policy", "table-undecided" (a note: the check cannot tell); of models "dmn-unreachable".
 */
struct dmn_problem {
    enum dmn_severity severity;
    const char *code;
    struct str file;
    struct str element; /* id, or the name where there is none */
    uint32_t line;
    struct str message;   /* one complete sentence */
    struct value example; /* inputs that show it, by name: {age: 17, condition: "x"}; null if none */
};

/* What is wrong or doubtful, errors first. Exact for comparisons, intervals and lists of values over numbers, texts,
 * dates, durations and booleans; where it cannot tell it says so. */
size_t dmn_check(struct arena *arena, const struct dmn_model *model, const struct dmn_problem **out);
/* "error", "warning", "note" */
const char *dmn_severity_name(enum dmn_severity severity);
