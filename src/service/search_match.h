/* Filters, orders and cursors over values; no database. */
#pragma once

#include "service/internal.h"

/* Refuses (filter-invalid, with the field) what is no condition. */
MUST_USE enum status search_condition_check(struct str field, struct value condition, struct error *err);
/* Whether a value meets a condition that was checked. A list meets it when one of its items does. */
bool search_matches(struct value v, struct value condition);
/* The text that a condition asks for by equality; absent when it asks otherwise. */
struct str search_wanted(struct value filter, const char *field);

/* Nulls last; keys and other whole numbers in text by size; a text against a date-time as that. <0, 0, >0. */
int search_compare(struct value a, struct value b);

struct search_order {
    struct str field;
    bool falling;
};
/* Reads sort; allowed is a zero-ended list of fields. */
MUST_USE enum status search_orders(struct arena *arena, struct value sort, const char *const *allowed,
                                   struct search_order **out, size_t *count, struct error *err);
