/* Applying for many at once: how the columns of a table fill an item's form. Each row of the table is one application.
 */
#pragma once

#include "pack/pack.h"

struct pack_bulk_column {
    struct str title;   /* as the table's first row names it */
    struct str path;    /* of the form's field that it fills; no field of a dynamiclist */
    struct str example; /* what the template shows */
};
struct pack_bulk {
    const struct pack_bulk_column *columns;
    size_t column_count;
    struct value set;       /* what the form of every row starts with; a context or null */
    struct value materials; /* of every row, as a submission gives them; a list or null */
    int64_t rows_max;
    int64_t repeat_days; /* so long a row that has been done is known as done */
};

/* The field that a column fills; NULL when the form has none of this path, or it lies in a dynamiclist. */
const struct form_component *pack_bulk_field(const struct pack_set *set, const struct pack_item *item, struct str path,
                                             struct arena *scratch);
/* The data of one row, as cells of bulk->columns (absent: the table has no such column): labels of options and code
 * tables become their values, dates ISO dates, 是 and 否 true and false. What cannot be read so stays as it is, for
 * form_validate to name. fields: pack_bulk_field of each column. */
struct value pack_bulk_form(const struct pack_set *set, const struct pack_item *item,
                            const struct form_component *const *fields, const struct str *cells, struct arena *arena);
