/* The cases that stand beside a case: what it came from and led to, those that issued the certificates it rests on,
 * others about the same party and by the same applicant. */
#pragma once

#include "service/service.h"

/* {items [a line of service_case_list with relation (parent, child, certificate, party, applicant) and for a
 * certificate its number], more: there are others about them}: of those the actor may see, newest first within a
 * relation. case-not-found. */
MUST_USE enum status service_case_related(const struct call *call, struct str no, struct value *out, struct error *err);
