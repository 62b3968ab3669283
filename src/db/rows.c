/* Reading the cells of a result. */
#include "db/db.h"

bool db_next(struct db_rows *rows)
{
    if (rows->next >= rows->count)
        return false;
    rows->next++;
    return true;
}

static const struct db_cell *cell_at(const struct db_rows *rows, size_t column)
{
    CHECK(rows->next >= 1);
    CHECK(column < rows->columns);
    return &rows->cells[(rows->next - 1) * rows->columns + column];
}

int64_t db_int64(const struct db_rows *rows, size_t column)
{
    const struct db_cell *cell = cell_at(rows, column);
    CHECK(cell->type != DB_TEXT && cell->type != DB_BLOB);
    if (cell->type == DB_NULL)
        return 0;
    if (cell->type == DB_INT)
        return cell->integer;
    /* The bounds are exact in binary; NaN compares false with both. */
    return cell->real >= -9223372036854775808.0 && cell->real < 9223372036854775808.0 ? (int64_t)cell->real : 0;
}

double db_double(const struct db_rows *rows, size_t column)
{
    const struct db_cell *cell = cell_at(rows, column);
    CHECK(cell->type != DB_TEXT && cell->type != DB_BLOB);
    if (cell->type == DB_NULL)
        return 0;
    return cell->type == DB_INT ? (double)cell->integer : cell->real;
}

bool db_bool(const struct db_rows *rows, size_t column)
{
    return db_int64(rows, column) != 0;
}

struct str db_text(const struct db_rows *rows, size_t column)
{
    const struct db_cell *cell = cell_at(rows, column);
    if (cell->type == DB_NULL)
        return STR_NONE;
    CHECK(cell->type == DB_TEXT || cell->type == DB_BLOB);
    return cell->bytes;
}

struct str db_blob(const struct db_rows *rows, size_t column)
{
    return db_text(rows, column);
}

bool db_is_null(const struct db_rows *rows, size_t column)
{
    return cell_at(rows, column)->type == DB_NULL;
}
