/* Tables as text: RFC 4180, in UTF-8 (with or without its mark) or GB18030. */
#pragma once

#include "base/base.h"

struct csv_row {
    struct str *cells;
    size_t count;
    size_t line; /* of its first character, from 1 */
};
struct csv {
    struct csv_row *rows; /* empty lines left out */
    size_t count;
};
/* csv-encoding, csv-quote, csv-too-long (more than rows_max rows). */
MUST_USE enum status csv_parse(struct arena *arena, struct str text, size_t rows_max, struct csv *out,
                               struct error *err);
/* Writes one cell, and what comes behind it: a comma, or the end of the row. */
void csv_put(struct buf *out, struct str cell, bool last);

enum csv_encoding { CSV_UTF8, CSV_GB18030 };
/* The table for a file: in UTF-8 with its mark, or in GB18030. */
MUST_USE enum status csv_encode(struct arena *arena, struct str text, enum csv_encoding encoding, struct str *out,
                                struct error *err);
