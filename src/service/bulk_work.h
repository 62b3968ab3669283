/* What the files of applying for many at once share.
 *
 * Sealed body of a run: {name, size, by, problem {type, message}}. Of a row: {title, id, same, problems [{column,
 * field, code, zh, en}]}; rows that were granted have none. */
#pragma once

#include "pack/bulk.h"
#include "service/bulk.h"
#include "service/csv.h"
#include "service/page.h"
#include "store/bulk.h"

extern const char *const bulk_result_names[STORE_ROW_COUNT];

/* Columns that are no fields: what downloads add and uploads may carry. */
enum bulk_extra { BULK_ROW, BULK_REASON, BULK_CHECKED, BULK_RESULT, BULK_CASE, BULK_EXTRA_COUNT };
extern const char *const bulk_extra_titles[BULK_EXTRA_COUNT];

/* A table whose first row has been understood. */
struct bulk_table {
    const struct pack_set *packs;
    const struct pack_item *item;
    struct csv csv;                             /* rows[0] names the columns */
    size_t *places;                             /* of each column of the item, + 1; 0: the table has it not */
    size_t checked;                             /* likewise, of the column that confirms warnings */
    const struct form_component *const *fields; /* of each column */
};
/* The item in force with its columns. item-not-found, item-not-bulk. */
MUST_USE enum status bulk_item(const struct call *call, struct str code, struct bulk_table *out, struct error *err);
/* out as bulk_item left it. */
MUST_USE enum status bulk_table_read(const struct call *call, struct str text, struct bulk_table *out,
                                     struct error *err);
struct str bulk_cell(const struct csv_row *row, size_t place);

/* A row on its way. */
struct bulk_row {
    int64_t line;
    struct value form, applicant, problems;
    struct str subject, id, title;
    bool confirmed, wrong;
};
/* Everything about a row that needs no database. FAILED: nothing can be said about any row (who asks may not apply, the
 * item is closed). */
MUST_USE enum status bulk_row_judge(const struct call *call, const struct bulk_table *table, const struct csv_row *csv,
                                    struct bulk_row *out, struct error *err);
struct service_case_input;
struct service_case_input bulk_row_input(const struct bulk_table *table, const struct bulk_row *row);
/* One problem that is not of a field, with the text of its type. */
struct value bulk_problem(const struct call *call, const struct error *problem);

struct str bulk_row_context(struct arena *arena, int64_t run, int64_t line);
MUST_USE enum status bulk_find(const struct call *call, struct db_tx *tx, struct str id, struct store_bulk *out,
                               struct error *err);
