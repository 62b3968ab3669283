/* What each member of staff did in a case, and what that adds to the figures over staff. */
#pragma once

#include "service/indicator_facts.h"
#include "store/past.h"

struct staff_deeds {
    struct str id, unit; /* unit "" when none */
    int64_t tasks, corrections, decisions, returned;
};
typedef VECTOR(struct staff_deeds) staff_deeds_list;

/* From the case's events, in their order. Returned: tasks that had to be done again by whoever. */
void staff_deeds_read(struct arena *arena, struct value events, staff_deeds_list *out);
/* What they add, as the text of store_fact.staff. names: case, item, events, certificates. */
struct str staff_marks_text(struct arena *arena, const staff_deeds_list *all, const struct indicator_slots *slots,
                            const struct store_fact *fact, struct value names, struct feel_run *run);

typedef VECTOR(struct store_staff_count) staff_sums;
/* Adds sign times what a fact's text says. */
MUST_USE enum status staff_sums_add(struct arena *arena, staff_sums *sums, const struct store_fact *fact, int64_t sign,
                                    struct error *err);
/* One row for each key, in their order; what is nothing goes. */
void staff_sums_merge(staff_sums *sums);
/* Writes those that are not nothing, in the order of their keys. */
MUST_USE enum status staff_sums_write(struct db_tx *tx, staff_sums *sums, struct error *err);
