/* Opening a case inside a work: for the use case, for the check before it, and for child cases. */
#pragma once

#include "service/case.h"
#include "service/work.h"

struct case_opening {
    const struct service_case_input *input;
    struct work_case *parent; /* NULL: asked for by the actor */
    bool apart;               /* neither tells of the other, nor who led to it */

    /* Found on the way. */
    const struct pack_set *packs; /* in force when it was judged: the case keeps them */
    const struct pack_item *item;
    struct value form; /* cleaned */
    struct value applicant, party, staff, names;
    struct value signature; /* as kept; null: none */
    struct value problems; /* [{field, code, message, severity}] */
    size_t errors, warnings;
    struct error first; /* of the errors */
};

/* Finds the item and judges who asks and what they filled in. What is wrong with the form is in problems, not in err.
 * Needs no database, so that it can be done once before all attempts. */
MUST_USE enum status case_judge(const struct call *call, struct case_opening *opening, struct error *err);
/* Judges, makes the case and runs its process until nothing moves. */
MUST_USE enum status case_open_in(struct work *work, struct case_opening *opening, struct work_case **out,
                                  struct error *err);
/* The same for a case that another one opens, for the same applicant: the parent keeps its number and tells it as an
 * event. */
MUST_USE enum status case_open_child(struct work_case *parent, const struct service_case_input *input,
                                     struct work_case **out, struct error *err);
/* The same for nobody in particular, and neither case tells of the other. */
MUST_USE enum status case_open_apart(struct work_case *parent, const struct service_case_input *input,
                                     struct work_case **out, struct error *err);
/* Adds item and materials to a process's variables when the item declares a procedure. names: of the item's
 * expressions. */
MUST_USE enum status case_item_variables(struct work_case *of, struct value names, struct value *variables,
                                         struct error *err);
/* The answer of opening and of every later command: {no, item, title, state, outcome, deadline, certificates, version}.
 */
struct value case_answer(const struct work_case *of);
/* What the process that opened a case is told of it: {no, state, outcome, reasons, certificates}. */
struct value case_child_result(const struct work_case *of);
/* Validates data against a form of the packs: cleaned data and problems as above. */
void case_form_judge(const struct call *call, const struct pack_set *packs, const struct form *form, struct value data,
                     struct case_opening *out);
