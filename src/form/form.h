/* Forms: the documented subset of form-js JSON (docs/PACKS.md). A form is loaded once, immutable and shared by threads;
 * the server is the only judge of what was filled in. Pure: the instant, code tables and texts come in through struct
 * form_env. Data is a context with the nesting of group paths and dotted keys. Field paths are written
 * "deceased.id_number" and, in dynamic lists, "contacts[0].phone" with rows counted from 0. */
#pragma once

#include "feel/feel.h"

enum form_type {
    FORM_TEXTFIELD,
    FORM_TEXTAREA,
    FORM_NUMBER,
    FORM_DATETIME,
    FORM_SELECT,
    FORM_RADIO,
    FORM_CHECKBOX,
    FORM_CHECKLIST,
    FORM_GROUP,
    FORM_DYNAMICLIST,
    FORM_TEXT,
    FORM_SEPARATOR,
};

enum form_subtype { FORM_DATE, FORM_TIME, FORM_DATE_TIME };

struct form_option {
    struct str value;
    struct str label;
};

/* One component. Texts are as written in the file (Chinese). Numbers absent from the file are value_null. */
struct form_component {
    struct str id;
    enum form_type type;
    struct str key;  /* dotted path from the enclosing group or list row; absent for group, text, separator */
    struct str path; /* group, dynamiclist: where the children's data lie; absent: the enclosing place */
    struct str label, description;
    struct str text; /* FORM_TEXT: the plain text to show */
    enum form_subtype subtype;
    const struct form_option *options; /* values written in the form */
    size_t option_count;
    struct str codes; /* code table that gives the options instead */
    bool required, read_only, integer, past;
    int64_t min_length, max_length; /* code points (rows for dynamiclist); -1: none */
    struct value min, max;          /* numbers, or dates for FORM_DATETIME */
    struct str pattern;             /* the whole value must match; absent: none */
    struct str format;              /* cn-id, uscc, mobile, phone, org-code, icd10; absent: none */
    struct str unit, sensitivity, placeholder;
    struct value default_value;
    struct str hide;                       /* FEEL source of conditional.hide without "="; absent: never hidden */
    struct str prefill;                    /* FEEL source without "="; absent: none */
    const struct form_component *children; /* group, dynamiclist */
    size_t child_count;
    const struct form_rules *rules; /* the compiled conditions and patterns; private */
};

struct form;

/* Reads form-js JSON. Whatever lies outside the subset is refused: type "form-invalid", the message names the
 * component's id and the field its place ("components[2].validate"). The form lives in arena. */
MUST_USE enum status form_load(struct arena *arena, struct str json, const struct form **out, struct error *err);
struct str form_id(const struct form *self);
/* The form-js JSON as loaded, for renderers in the browser. */
struct value form_schema(const struct form *self);
/* Top-level components in order. */
const struct form_component *form_components(const struct form *self, size_t *count);
/* Calls visit for every component, parents first, until it returns false. path is the data path of the component (""
 * for those without data); within a dynamiclist it contains "[]" for the row. */
typedef bool form_visit(void *state, const struct form_component *component, struct str path);
void form_walk(const struct form *self, struct arena *scratch, form_visit *visit, void *state);

/* ---- Surroundings ---- */

/* Code tables; state is handed to each call. A table that does not exist has no codes. */
struct form_codes {
    void *state;
    bool (*find)(void *state, struct str table, struct str value, struct str *label);
    size_t (*list)(void *state, struct str table, const struct form_option **out);
};
/* Translates one Chinese text or key; returns it unchanged when there is no translation. find NULL: no translation. */
struct form_texts {
    void *state;
    struct str (*find)(void *state, struct str text);
};
struct form_env {
    struct feel_run *run; /* arena for results, the instant, limits */
    struct form_codes codes;
    struct form_texts texts; /* language of the messages */
};

/* ---- Judging ---- */

struct form_error {
    struct str field;    /* data path */
    const char *code;    /* required, type, too-short, too-long, too-small, too-large, pattern, format, not-in-list,
                            future,    unknown-field, check */
    struct str message;  /* one sentence in the language of env.texts, with the field's label */
    struct value params; /* {label, min, max, …}: what the message was made from */
};
struct form_result {
    struct value data; /* cleaned: hidden and empty values dropped, ready to be kept; meaningful even with errors */
    const struct form_error *errors;
    size_t error_count;
};

/* Null-fills, evaluates the conditions to a fixed point, drops what is hidden, refuses unknown fields, checks types and
 * rules. "" counts as not filled in. At most 200 errors are told. Data that is no context counts as empty with error
 * "type". */
struct form_result form_validate(const struct form *self, struct value data, const struct form_env *env);
/* The errors as [{field, code, message}], for the API. */
struct value form_errors_value(struct arena *arena, const struct form_error *errors, size_t count);

/* Every declared field present, null where data has none: what conditions, decisions and mappings see. */
struct value form_null_fill(const struct form *self, struct arena *arena, struct value data);

/* Starting data: default values, then prefill expressions over names (applicant, staff, party …); nulls are left out.
 */
struct value form_prefill(const struct form *self, struct value names, const struct form_env *env);

/* ---- HTML posts ---- */

/* Data from the name=value pairs of an HTML form whose input names are field paths: numbers are read, check boxes
 * become true, repeated names of a checklist a list, "contacts[0].phone" rows. A hidden twin input of each checkbox is
 * not needed. base supplies what the posted step does not carry: with step >= 0 the fields of other top-level
 * components are kept from it; those of the step itself come from the post alone. Unknown names are ignored. Numbers
 * that cannot be read stay text, so that validation names them. */
struct form_pair {
    struct str name, value;
};
struct value form_from_post(const struct form *self, struct arena *arena, const struct form_pair *pairs, size_t count,
                            struct value base, int step);

/* ---- Describing, for templates and renderers ---- */

/* Everything a page needs, in the language of env.texts:
 * {id, title, steps: [{id, index (from 1), title, description, hidden, error_count, fields: [FIELD]}],
 *  errors: [{field, id, code, message}]}
 * FIELD: {id, path, name (input name = path), type ("textfield" …), label, description, placeholder, required,
 * readonly, hidden, value, text (the value as a person reads it: option labels, dates, numbers with unit; "" when
 * empty), subtype, input ("text" "number" "date" "time" "datetime-local" "tel"), unit, format, sensitivity, min, max,
 * minLength, maxLength, pattern, integer, options: [{value, label, selected}], error (message or null), hide (FEEL
 * source or null), fields (group: [FIELD]), rows (dynamiclist: [{index, fields: [FIELD]}]), content (text)} A top-level
 * component that is no group stands in a step of its own together with its neighbours that are none. */
struct value form_describe(const struct form *self, struct value data, const struct form_error *errors,
                           size_t error_count, const struct form_env *env);

/* Chinese texts that this module itself shows (message patterns with {label}, {min} …), for pack check's translations.
 */
const char *const *form_texts_used(size_t *count);
