/* Benchmarking: what other provinces ask for the same items, the gaps, and what is planned about them. */
#pragma once

#include "service/service.h"

/* A table with the columns item, title, province, materials, promised_days, steps, visits, and if wanted fee_fen,
 * as_of, source; an item is found by its code, else by its title. {imported, refused [{row, field, reason}]}: good rows
 * are taken, the others listed. reason: item-unknown, number-invalid, province-missing, cells-missing, cell-unreadable,
 * row-repeated. Needs supervision.manage. */
MUST_USE enum status service_benchmark_import(const struct call *call, struct str text, struct value *out,
                                              struct error *err);
/* {compared, best, items [{item, title, ours {materials, promised_days, steps, visits, fee_fen}, provinces [{province,
 * …}], gaps
 * [{measure, ours, best, province}], national_best, plan}]}: items that another province is known for. ours.materials
 * are those that must be handed in and no certificate stands in for. Needs indicator.read. */
MUST_USE enum status service_benchmark_list(const struct call *call, struct value *out, struct error *err);
/* {measure, owner, due}. Needs supervision.manage. item-not-found. */
MUST_USE enum status service_benchmark_plan(const struct call *call, struct str item, struct value input,
                                            struct value *out, struct error *err);
/* Materials of one name that several items ask for, those asked most first: {items [{name, n, certificate (items where
 * one stands in for it), asked_by [{item, title}]}]}. Needs indicator.read. */
MUST_USE enum status service_benchmark_materials(const struct call *call, struct value *out, struct error *err);
