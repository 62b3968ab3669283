/* Weekly and monthly bulletins: the figures of a period as they stood, with sections that people write. Figures are
 * taken once and stay; small numbers are left out of them. A published bulletin is not changed any more. */
#pragma once

#include "service/service.h"

/* {items [{id, title, state, author, made, version}], next}. Needs indicator.read. */
MUST_USE enum status service_bulletin_list(const struct call *call, int64_t limit, struct str cursor, struct value *out,
                                           struct error *err);
/* {…, kind, region, from, to, as_of, figures [indicator], by_region [{id, rows}], deadlines,
 * sections [{heading, text}]}. bulletin-not-found. */
MUST_USE enum status service_bulletin_get(const struct call *call, struct str id, struct value *out, struct error *err);
/* {kind: week | month, date? (a day in the period; else the last whole one), region?, title}. Needs supervision.manage.
 */
MUST_USE enum status service_bulletin_make(const struct call *call, struct value input, struct value *out,
                                           struct error *err);
/* {title, sections}; publish: the last change. Needs supervision.manage and the version seen. bulletin-published,
 * if-match-failed. */
MUST_USE enum status service_bulletin_change(const struct call *call, struct str id, struct value input, bool publish,
                                             struct value *out, struct error *err);
