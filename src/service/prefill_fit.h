/* Private to prefilling: what is held, as a field or the rows of a form take it. */
#pragma once

#include "service/work.h"

/* The field or dynamic list at a data path; NULL when the form has none. */
const struct form_component *prefill_component(const struct form *form, struct arena *arena, struct str path);
/* Certificates carry labels where forms carry codes. Of rows each cell is fitted by itself, and rows of which nothing
 * fits are left out. Null when nothing fits. */
struct value prefill_fit(struct arena *arena, const struct pack_set *packs, const struct form_component *component,
                         struct value held);
/* As a person reads it: labels, rows with their cells. component may be NULL. */
struct str prefill_shown(struct arena *arena, const struct pack_set *packs, const struct form_component *component,
                         struct value v);
/* A cell that is absent is the same as an empty one. component may be NULL. */
bool prefill_same(const struct form_component *component, struct value held, struct value said);
/* rows without what a path within them names ("[1].name"); the whole row stays when the path is not of that form. */
struct value prefill_without_cell(struct arena *arena, struct value rows, struct str within);
