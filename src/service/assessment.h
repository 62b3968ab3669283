/* How staff and windows do: the indicators of packs over staff (of: staff), by institution or by person, month by
 * month. */
#pragma once

#include "service/service.h"

struct service_assessment_query {
    struct str region, unit; /* "": all of the scope */
    struct str from, to;     /* dates; whole months are counted. "": this month */
    struct str by;           /* unit, staff; "": unit */
};
/* {from, to, as_of, by, indicators [the definitions], rows [{unit, unit_title, staff, staff_title, figures [{id,
 * numerator, denominator, value} or {id, suppressed}]}]}. Ratings given by fewer than five citizens are left out. For
 * those who supervise the institutions: staff.assess, within the scope of the role. By person the look is noted.
 * filter-invalid. */
MUST_USE enum status service_assessment_get(const struct call *call, const struct service_assessment_query *query,
                                            struct value *out, struct error *err);
