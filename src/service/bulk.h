/* Applying for many at once: a table, one application a row, worked on in the background. Good rows become cases as if
 * each had been applied for alone; the others are listed with their row and what is wrong with it. */
#pragma once

#include "service/service.h"

/* {items [{item, title, rows_max, columns [{title, required, example, options [label]}]}]}: what the actor may apply
 * for so. Needs case.bulk, as all that follows does. */
MUST_USE enum status service_bulk_items(const struct call *call, struct value *out, struct error *err);
/* The table's first row and an example, as CSV with its mark. item-not-found, item-not-bulk. */
MUST_USE enum status service_bulk_template(const struct call *call, struct str item, struct str *out,
                                           struct error *err);

/* Keeps the table and begins. csv-empty, csv-encoding, csv-quote, csv-too-long, csv-column (one is missing),
 * csv-column-unknown, csv-column-twice with the column as field; bulk-busy (five of the actor's run); what refuses the
 * actor to apply at all. The view: {id, item, item_title, file {name, size}, state running | done | cancelled | failed,
 * problem {type, message}, by, mine, region, created, ended, total, done, granted, waiting, refused, invalid,
 * repeated}. */
MUST_USE enum status service_bulk_start(const struct call *call, struct str item, struct str name, struct str text,
                                        struct value *out, struct error *err);
/* Those of the actor's scope, newest first: {items, next}. */
MUST_USE enum status service_bulk_list(const struct call *call, int64_t limit, struct str cursor, struct value *out,
                                       struct error *err);
/* bulk-not-found. */
MUST_USE enum status service_bulk_get(const struct call *call, struct str id, struct value *out, struct error *err);
/* Rows by their line: {items [{row, result granted | waiting | refused | invalid | repeated, title (masked), case,
 * case_state, outcome, same (row of this table about the same subject), problems [{column, field, code, message}]}],
 * next}. result: one of these, "" all but granted, "all". Noted in the access log for each subject. */
struct service_bulk_query {
    struct str result, cursor;
    int64_t limit;
};
MUST_USE enum status service_bulk_rows(const struct call *call, struct str id, const struct service_bulk_query *query,
                                       struct value *out, struct error *err);
/* exceptions: the rows that are wrong, as they were, with their row and reason, to be mended and sent again; otherwise
 * every row with its result. CSV with its mark. Noted in the access log. */
enum service_bulk_file { SERVICE_BULK_EXCEPTIONS, SERVICE_BULK_RESULTS };
MUST_USE enum status service_bulk_download(const struct call *call, struct str id, enum service_bulk_file which,
                                           struct str *out, struct error *err);
/* What was done stays. bulk-ended. */
MUST_USE enum status service_bulk_cancel(const struct call *call, struct str id, struct value *out, struct error *err);

/* Works on the oldest run: at most batch rows, a few in one commit. Goes on where it stood after a crash. */
MUST_USE enum status service_bulks_run(struct service *self, int64_t now_ms, size_t batch, size_t *done,
                                       struct error *err);
