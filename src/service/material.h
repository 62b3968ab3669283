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
/* What is given becomes what the case keeps: files must be there and be the applicant's, the actor's or among before
 * (what the case had); {earlier: {case, material}} becomes that file, with from. material-file with the field. */
MUST_USE enum status materials_settle(struct work_case *of, struct value given, struct value before, struct value *out,
                                      struct error *err);
/* For the page that asks for them: the item's materials that this form asks for, as declared, each with given (what
 * given has for it), certificates (lines of valid ones that stand in for it) and earlier [{case, item_title, material,
 * material_name, name, at, until}] (files of the same kind). Refuses as opening does, but not for the form. */
MUST_USE enum status service_materials_asked(const struct call *call, struct str item, struct value form,
                                             struct value given, struct value *out, struct error *err);
