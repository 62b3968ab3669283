/* Figures that everybody may see: those that packs open, level by level (province, city, county) and item by item, with
 * small numbers left out so that nobody is recognised. */
#pragma once

#include "service/service.h"

struct service_openness_query {
    struct str region;   /* division code of a province, prefecture or county; "": the first province */
    struct str from, to; /* days, both included; "": the last twelve months */
};
/* {region {code, title}, level (province, city, county), path [{code, title}] (from the province), parts [{code,
 * title}], from, to, as_of, items [{id, title, group, formula, source, unit, better, target, numerator, denominator,
 * value, suppressed, rows [{key, title, value, denominator, suppressed}]}]}. region-unknown, filter-invalid. */
MUST_USE enum status service_openness(const struct call *call, const struct service_openness_query *query,
                                      struct value *out, struct error *err);
/* The figures of the last twelve months that a guide shows of its item: [{id, title, unit, numerator, denominator,
 * value}]; those that are too small are not among them. */
MUST_USE enum status service_openness_item(const struct call *call, struct str item, struct value *out,
                                           struct error *err);
