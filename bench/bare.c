#include "bare.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLES_MAX 200

struct table {
    char name[64];
    int columns;
    sqlite3_value **cells;
    size_t rows, capacity;
    sqlite3_stmt *insert;
};

struct bare {
    sqlite3 *from, *to;
    struct table tables[TABLES_MAX];
    size_t count;
};

static void sql(sqlite3 *db, const char *text)
{
    char *message = NULL;
    if (sqlite3_exec(db, text, NULL, NULL, &message) == SQLITE_OK)
        return;
    fprintf(stderr, "bare SQLite: %s\n", message);
    exit(1);
}

static void read_table(struct bare *self, const char *name)
{
    CHECK(self->count < TABLES_MAX);
    struct table *table = &self->tables[self->count++];
    char text[256];
    sqlite3_stmt *select;
    snprintf(table->name, sizeof table->name, "%s", name);
    snprintf(text, sizeof text, "SELECT * FROM \"%s\"", name);
    sqlite3_prepare_v2(self->from, text, -1, &select, NULL);
    table->columns = sqlite3_column_count(select);
    while (sqlite3_step(select) == SQLITE_ROW) {
        if (table->rows == table->capacity) {
            table->capacity = table->capacity ? 2 * table->capacity : 1024;
            table->cells = heap_grow(table->cells, table->capacity * (size_t)table->columns * sizeof *table->cells);
        }
        for (int c = 0; c < table->columns; c++)
            table->cells[table->rows * (size_t)table->columns + (size_t)c] =
                sqlite3_value_dup(sqlite3_column_value(select, c));
        table->rows++;
    }
    sqlite3_finalize(select);
    struct buf insert;
    buf_init(&insert, 0);
    buf_printf(&insert, "INSERT INTO \"%s\" VALUES (?", name);
    for (int c = 1; c < table->columns; c++)
        buf_printf(&insert, ",?");
    buf_printf(&insert, ")");
    sqlite3_prepare_v2(self->to, insert.data, -1, &table->insert, NULL);
    buf_release(&insert);
}

static void insert_rows(struct table *table, size_t from, size_t to)
{
    for (size_t r = from; r < to; r++) {
        for (int c = 0; c < table->columns; c++)
            sqlite3_bind_value(table->insert, c + 1, table->cells[r * (size_t)table->columns + (size_t)c]);
        sqlite3_step(table->insert);
        sqlite3_reset(table->insert);
    }
}

/* Tables and indexes as they were made, rows read before the clock starts. */
static void open_bare(struct bare *self, const char *from, const char *to)
{
    sqlite3_stmt *schema;
    sqlite3_open(from, &self->from);
    sqlite3_open(to, &self->to);
    sql(self->to, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536");
    sqlite3_prepare_v2(self->from, "SELECT sql, type, name FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC",
                       -1, &schema, NULL);
    while (sqlite3_step(schema) == SQLITE_ROW)
        sql(self->to, (const char *)sqlite3_column_text(schema, 0));
    sqlite3_reset(schema);
    while (sqlite3_step(schema) == SQLITE_ROW)
        if (strcmp((const char *)sqlite3_column_text(schema, 1), "table") == 0)
            read_table(self, (const char *)sqlite3_column_text(schema, 2));
    sqlite3_finalize(schema);
}

double run_bare(const char *from, const char *to, int64_t count, double batch)
{
    struct bare self = {0};
    open_bare(&self, from, to);
    size_t commits = (size_t)((double)count / batch) + 1;
    int64_t started = monotonic_us();
    for (size_t b = 0; b < commits; b++) {
        sql(self.to, "BEGIN IMMEDIATE");
        for (size_t t = 0; t < self.count; t++)
            insert_rows(&self.tables[t], self.tables[t].rows * b / commits, self.tables[t].rows * (b + 1) / commits);
        sql(self.to, "COMMIT");
    }
    return (double)count / ((double)(monotonic_us() - started) / 1e6);
}
