/* Where a case stands, for who has its number and the telephone given in it but no sign-in. */
#pragma once

#include "service/service.h"

#define LOOKUP_DIGITS 4 /* last digits of the telephone number that are asked for */

/* {no, item, item_title, state, outcome, opened, accepted, deadline, deadline_explanation, suspension {ground, until},
 * correction {until}, closed, light, steps [{type, at}]}: nothing about persons. no: of the case; phone: a telephone
 * number of the application, or its last digits. A wrong number and a wrong telephone get the same refusal,
 * case-not-found; five of them in an hour for one number, there or not, too-many-attempts. facts-missing (with the
 * field). Every look that finds something is logged. */
MUST_USE enum status service_case_lookup(const struct call *call, struct str no, struct str phone, struct value *out,
                                         struct error *err);
