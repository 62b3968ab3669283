/* The materials of a case: which of the item's are asked for, and what was given for each. */
#pragma once

#include "service/work.h"

/* Judges given (list of {id, and one of file, certificate, promise, paper}) against the item's materials. names are
 * those of the item's expressions (form, applicant, staff, party). *out: [{id, name, need, given, by, file,
 * certificate, tolerate_days}], one for each material that is asked for; by is file, certificate, wallet (a valid
 * certificate that the applicant or the party holds), promise, paper or null. Refuses material-unknown, material-empty,
 * material-certificate, material-promise with the field. */
MUST_USE enum status materials_judge(struct work_case *of, struct value given, struct value names, struct value *out,
                                     struct error *err);
