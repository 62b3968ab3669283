/* Binary values to and from PostgreSQL, and the meaning of its errors. */
#include "db/postgres.h"

#include <endian.h>
#include <string.h>

/* Numbers of the built-in types, fixed in PostgreSQL's catalogue. */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_FLOAT4 = 700,
    OID_FLOAT8 = 701,
    OID_NUMERIC = 1700
};

static Oid type_of(const struct db_param *param)
{
    switch (param->type) {
    case DB_INT: return OID_INT8;
    case DB_DOUBLE: return OID_FLOAT8;
    case DB_TEXT: return OID_TEXT;
    case DB_BLOB: return OID_BYTEA;
    case DB_NULL: break;
    }
    return 0; /* the server finds out */
}

void postgres_params_set(struct postgres_params *self, struct db_params params)
{
    for (size_t i = 0; i < params.count; i++) {
        const struct db_param *param = &params.items[i];
        self->types[i] = type_of(param);
        self->formats[i] = 1;
        self->values[i] = NULL;
        self->lengths[i] = 0;
        if (param->is_null)
            continue;
        if (param->type == DB_INT || param->type == DB_DOUBLE) {
            uint64_t bits;
            memcpy(&bits, param->type == DB_INT ? (const void *)&param->integer : &param->real, sizeof(bits));
            self->store[i] = htobe64(bits);
            self->values[i] = (const char *)&self->store[i];
            self->lengths[i] = sizeof(bits);
        } else {
            CHECK(param->bytes.len <= INT32_MAX);
            self->values[i] = param->bytes.data;
            self->lengths[i] = (int)param->bytes.len;
        }
    }
}

uint64_t postgres_signature(struct db_params params)
{
    uint64_t signature = 1469598103934665603u;
    for (size_t i = 0; i < params.count; i++)
        signature = (signature ^ params.items[i].type) * 1099511628211u;
    return signature;
}

/* ---- Results ---------------------------------------------------------------------------------------------------- */

static uint64_t read_big_endian(const char *data, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | (unsigned char)data[i];
    return value;
}

/* numeric: int16 digits, int16 weight, uint16 sign, int16 scale, then digits of base 10,000; the first counts
 * 10,000^weight. Whole numbers that fit become integers, all others doubles. */
static struct db_cell read_numeric(const char *data, size_t len)
{
    int digits = (int16_t)read_big_endian(data, 2);
    int weight = (int16_t)read_big_endian(data + 2, 2);
    bool negative = read_big_endian(data + 4, 2) == 0x4000;
    if (read_big_endian(data + 4, 2) > 0x4000 || len < 8 + (size_t)digits * 2) /* NaN, infinity */
        return (struct db_cell){.type = DB_NULL};
    double real = 0;
    int64_t whole = 0;
    bool fits = weight < 4 && digits <= weight + 1; /* below 10^16 */
    double scale = 1;
    for (int i = 0; i < weight; i++)
        scale *= 10000;
    for (int i = 0; i > weight; i--)
        scale /= 10000;
    for (int i = 0; i < digits; i++, scale /= 10000)
        real += (double)read_big_endian(data + 8 + i * 2, 2) * scale;
    for (int i = 0; fits && i <= weight; i++)
        whole = whole * 10000 + (i < digits ? (int64_t)read_big_endian(data + 8 + i * 2, 2) : 0);
    if (fits)
        return (struct db_cell){.type = DB_INT, .integer = negative ? -whole : whole};
    return (struct db_cell){.type = DB_DOUBLE, .real = negative ? -real : real};
}

static struct db_cell read_float(const char *data, size_t len)
{
    struct db_cell cell = {.type = DB_DOUBLE};
    uint64_t bits = read_big_endian(data, len);
    if (len == sizeof(float)) {
        uint32_t narrow = (uint32_t)bits;
        float value;
        memcpy(&value, &narrow, sizeof(value));
        cell.real = (double)value;
    } else {
        memcpy(&cell.real, &bits, sizeof(cell.real));
    }
    return cell;
}

struct db_cell postgres_cell(const PGresult *result, int row, int column)
{
    if (PQgetisnull(result, row, column))
        return (struct db_cell){.type = DB_NULL};
    const char *data = PQgetvalue(result, row, column);
    size_t len = (size_t)PQgetlength(result, row, column);
    switch (PQftype(result, column)) {
    case OID_BOOL: return (struct db_cell){.type = DB_INT, .integer = data[0] != 0};
    case OID_INT2: return (struct db_cell){.type = DB_INT, .integer = (int16_t)read_big_endian(data, 2)};
    case OID_INT4: return (struct db_cell){.type = DB_INT, .integer = (int32_t)read_big_endian(data, 4)};
    case OID_INT8: return (struct db_cell){.type = DB_INT, .integer = (int64_t)read_big_endian(data, 8)};
    case OID_FLOAT4:
    case OID_FLOAT8: return read_float(data, len);
    case OID_NUMERIC: return read_numeric(data, len);
    case OID_BYTEA: return (struct db_cell){.type = DB_BLOB, .bytes = {data, len}};
    default: return (struct db_cell){.type = DB_TEXT, .bytes = {data, len}};
    }
}

/* ---- Errors ----------------------------------------------------------------------------------------------------- */

struct meaning {
    const char *state; /* SQLSTATE or the beginning of it */
    enum error_kind kind;
    const char *type;
    const char *text;
};

/* The first row that matches counts. */
static const struct meaning meanings[] = {
    {"23505", ERROR_CONFLICT, "db-unique", "These values are there already"},
    {"23", ERROR_CONFLICT, "db-constraint", "A rule of the database forbids it"},
    {"40", ERROR_UNAVAILABLE, "db-busy", "Others changed the same data at the same time"},
    {"55P03", ERROR_UNAVAILABLE, "db-busy", "The data is locked by another"},
    {"57014", ERROR_UNAVAILABLE, "db-timeout", "A statement took too long"},
    {"53100", ERROR_UNAVAILABLE, "db-full", "The disk of the database is full"},
    {"53", ERROR_UNAVAILABLE, "db-unavailable", "The database server is short of something"},
    {"57", ERROR_UNAVAILABLE, "db-unavailable", "The database server stops or starts"},
    {"58", ERROR_UNAVAILABLE, "db-unavailable", "The database server cannot read or write"},
    {"08", ERROR_UNAVAILABLE, "db-unavailable", "The connection to the database was lost"},
    {"25006", ERROR_INTERNAL, "db-read-only", "Nothing can be changed here"},
    {"XX001", ERROR_INTERNAL, "db-corrupt", "The database is damaged"},
    {"XX002", ERROR_INTERNAL, "db-corrupt", "The database is damaged"},
    {"", ERROR_INTERNAL, "db-statement", "The database refused a statement"},
};

bool postgres_error(const PGresult *result, struct error *err)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    struct str code = state ? str_of(state) : STR("08000"); /* without one it is libpq that lost the connection */
    const struct meaning *meaning = meanings;
    while (!str_starts(code, str_of(meaning->state)))
        meaning++;
    error_set(err, meaning->kind, meaning->type, "%s: %s.", meaning->text,
              message ? message : PQresultErrorMessage(result));
    if (str_starts(code, STR("23"))) {
        const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
        const char *column = PQresultErrorField(result, PG_DIAG_COLUMN_NAME);
        error_field(err, "%s", constraint ? constraint : column ? column : "");
    }
    return str_starts(code, STR("40001")) || str_starts(code, STR("40P01"));
}
