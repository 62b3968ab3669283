/* What the files of form share: the compiled form. */
#pragma once

#include "form/form.h"

#define FORM_DEPTH_MAX 6
#define FORM_COMPONENTS_MAX 1000
#define FORM_ERRORS_MAX 200
#define FORM_ROWS_MAX 200
#define FORM_TEXT_MAX 1000      /* code points of a textfield without maxLength */
#define FORM_TEXTAREA_MAX 20000 /* of a textarea */
#define FORM_ROUNDS_MAX 32      /* of the fixed point of conditions */

struct form_rules {
    size_t index; /* in the order of the file, over all components: place in arrays of flags */
    const struct form_component *parent;
    const struct feel_program *hide, *prefill, *pattern; /* pattern reads the name `value` */
};

/* The shape of the data: a name is a value (component set), a place for further names, or a list of rows (both). */
struct form_shape {
    struct str name;
    struct str path;                        /* from the root; "[]" stands for a row */
    const struct form_component *component; /* leaf or dynamiclist; NULL for a place */
    VECTOR(struct form_shape *) children;   /* of a place, or of a row */
};

struct form {
    struct str id, title;
    struct value schema;
    const struct form_component *components;
    size_t count;
    size_t total; /* components at every depth */
    struct form_shape shape;
};

/* True for components that carry a value of their own. */
bool form_has_value(enum form_type type);
const char *form_type_name(enum form_type type);
/* Checks a named format; *out is the normalised text (upper case, no blanks). */
bool form_format_known(struct str name);
bool form_format_valid(struct str name, struct str text);
struct str form_format_normal(struct arena *arena, struct str text);
/* The sentence for a broken format, with {label}. */
const char *form_format_message(struct str name);

bool form_empty(struct value v);
/* Label of an option value from the form's own list or its code table; false when it is not one. */
bool form_option_find(const struct form_component *component, const struct form_codes *codes, struct str value,
                      struct str *label);
size_t form_option_list(const struct form_component *component, const struct form_codes *codes,
                        const struct form_option **out);
struct str form_translate(const struct form_texts *texts, struct str text);

/* Evaluates the conditions of components and what is in them over names; flags of hidden ones become true. */
void form_hidden(const struct form_component *components, size_t count, struct value names, const struct form_env *env,
                 bool hidden_around, bool *hidden);
/* Names that conditions in a row see: the root's, overlaid by the row's, and `this`, `parent`. */
struct value form_row_names(struct arena *arena, struct value root, struct value row);
/* The data after the conditions' fixed point; null-filled. */
struct value form_settle(const struct form *self, struct value data, const struct form_env *env);
