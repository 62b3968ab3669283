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
MUST_USE enum status csv_parse(struct arena *arena, struct str text, size_t rows_max, struct csv *out, struct error *err);
