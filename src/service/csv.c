#include "service/csv.h"

#include <iconv.h>

#define BYTES_A_BYTE 3 /* UTF-8 for one byte of GB18030, at most */
#define UTF8_MARK "\xef\xbb\xbf"

struct reading {
    struct arena *arena;
    struct str text;
    size_t at, line;
};

/* false when the text is not in the first encoding, or has characters that the second lacks. */
static bool convert(struct arena *arena, const char *to_name, const char *from_name, struct str text, struct str *out)
{
    iconv_t converter = iconv_open(to_name, from_name);
    size_t left = text.len, room = text.len * BYTES_A_BYTE;
    char *from = (char *)(uintptr_t)text.data, *to = arena_alloc_raw(arena, room + 1), *end = to;
    bool good = converter != (iconv_t)-1 && iconv(converter, &from, &left, &end, &room) != (size_t)-1;
    if (converter != (iconv_t)-1)
        iconv_close(converter);
    if (good)
        *out = (struct str){to, (size_t)(end - to)};
    return good;
}

static enum status to_utf8(struct arena *arena, struct str text, struct str *out, struct error *err)
{
    if (utf8_valid(text)) {
        *out = str_starts(text, STR(UTF8_MARK)) ? str_part(text, 3, text.len) : text;
        return OK;
    }
    if (convert(arena, "UTF-8", "GB18030", text, out))
        return OK;
    error_set(err, ERROR_INVALID, "csv-encoding", "The file is neither UTF-8 nor GB18030.");
    return error_hint(err, "Save it as CSV UTF-8 and send it again.");
}

static bool at_end(const struct reading *self)
{
    return self->at >= self->text.len;
}

static enum status read_quoted(struct reading *self, struct str *out, struct error *err)
{
    size_t line = self->line;
    struct buf cell;
    buf_init(&cell, 0);
    for (self->at++; !at_end(self); self->at++) {
        char c = self->text.data[self->at];
        if (c == '"') {
            self->at++;
            if (at_end(self) || self->text.data[self->at] != '"') {
                *out = arena_str(self->arena, cell.len ? buf_str(&cell) : STR(""));
                buf_release(&cell);
                return OK;
            }
        }
        self->line += c == '\n';
        buf_put_char(&cell, c);
    }
    buf_release(&cell);
    error_set(err, ERROR_INVALID, "csv-quote", "A quotation mark on line %zu is not closed.", line);
    return error_field(err, "line %zu", line);
}

static enum status read_cell(struct reading *self, struct str *out, struct error *err)
{
    if (!at_end(self) && self->text.data[self->at] == '"')
        return read_quoted(self, out, err);
    size_t from = self->at;
    while (!at_end(self) && self->text.data[self->at] != ',' && self->text.data[self->at] != '\n')
        self->at++;
    *out = str_trim(str_part(self->text, from, self->at));
    return OK;
}

static enum status read_row(struct reading *self, struct csv_row *out, struct error *err)
{
    VECTOR(struct str) cells = {0};
    size_t line = self->line;
    bool more = true;
    while (more) {
        struct str cell = STR("");
        if (read_cell(self, &cell, err) != OK)
            return FAILED;
        VECTOR_PUSH(self->arena, &cells, cell);
        while (!at_end(self) && self->text.data[self->at] != ',' && self->text.data[self->at] != '\n')
            self->at++;
        more = !at_end(self) && self->text.data[self->at] == ',';
        self->at += more;
    }
    if (!at_end(self)) {
        self->at++;
        self->line++;
    }
    *out = (struct csv_row){cells.items, cells.count, line};
    return OK;
}

enum status csv_parse(struct arena *arena, struct str text, size_t rows_max, struct csv *out, struct error *err)
{
    struct reading self = {.arena = arena, .line = 1};
    VECTOR(struct csv_row) rows = {0};
    if (to_utf8(arena, text, &self.text, err) != OK)
        return FAILED;
    while (!at_end(&self)) {
        struct csv_row row;
        if (read_row(&self, &row, err) != OK)
            return FAILED;
        if (row.count == 1 && row.cells[0].len == 0)
            continue;
        if (rows.count == rows_max)
            return error_set(err, ERROR_LIMIT, "csv-too-long", "At most %zu rows are read at once.", rows_max);
        VECTOR_PUSH(arena, &rows, row);
    }
    *out = (struct csv){rows.items, rows.count};
    return OK;
}

void csv_put(struct buf *out, struct str cell, bool last)
{
    bool quoted = false;
    for (size_t i = 0; i < cell.len && !quoted; i++)
        quoted = cell.data[i] == ',' || cell.data[i] == '"' || cell.data[i] == '\n' || cell.data[i] == '\r';
    if (quoted)
        buf_put_char(out, '"');
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.data[i] == '"')
            buf_put_char(out, '"');
        buf_put_char(out, cell.data[i]);
    }
    buf_put(out, quoted ? STR("\"") : STR(""));
    buf_put(out, last ? STR("\r\n") : STR(","));
}

enum status csv_encode(struct arena *arena, struct str text, enum csv_encoding encoding, struct str *out,
                       struct error *err)
{
    if (encoding == CSV_GB18030 && convert(arena, "GB18030", "UTF-8", text, out))
        return OK;
    if (encoding == CSV_GB18030)
        return error_set(err, ERROR_INTERNAL, "csv-encoding", "The table cannot be written in GB18030.");
    *out = arena_printf(arena, UTF8_MARK "%.*s", STR_ARGS(text));
    return OK;
}
