/* Reads members out of a party's JSON without building the rest. The JSON is our own (json_write) and its seal was
 * checked, so the way through it is short; whatever looks otherwise goes through json_parse. */
#include "service/resident.h"

#include "feel/json.h"

#include <string.h>

/* ---- Where a party's body belongs ---- */

struct str party_place(const struct store_party *row, char out[PARTY_PLACE_MAX])
{
    static const char hex[] = "0123456789abcdef";
    size_t len = 6;
    memcpy(out, "party:", len);
    len += number_digits(row->region, out + len);
    out[len++] = ':';
    for (size_t i = 0; i < row->id.len && i < 64; i++) {
        out[len++] = hex[(unsigned char)row->id.data[i] >> 4];
        out[len++] = hex[(unsigned char)row->id.data[i] & 15];
    }
    out[len++] = ':';
    len += number_digits(row->kind, out + len);
    out[len++] = ':';
    len += number_digits(row->version, out + len);
    return (struct str){out, len};
}

/* ---- Members ---- */

void resident_reader_init(struct resident_reader *self, const struct service *service, const struct str *names,
                          size_t count)
{
    *self = (struct resident_reader){seal_opener_new(service->ring), names, count};
}

void resident_reader_release(struct resident_reader *self)
{
    seal_opener_free(self->opener);
}

/* Moves over bytes that are neither quote nor backslash, eight at a time; a zero byte stands behind the text. */
static const char *skip_plain(const char *at, const char *end)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
    while (end - at >= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        uint64_t quote = word ^ (ones * '"'), slash = word ^ (ones * '\\');
        /* Bytes beyond ASCII may stop it too early, never too late. */
        if ((((quote - ones) & ~quote) | ((slash - ones) & ~slash)) & highs)
            break;
        at += 8;
    }
    while (at < end && *at != '"' && *at != '\\')
        at++;
    return at;
}

/* Behind the closing quote of a string whose content begins at at; *plain is false when it has escapes. NULL: none. */
static const char *string_end(const char *at, const char *end, bool *plain)
{
    *plain = true;
    for (;;) {
        at = skip_plain(at, end);
        if (at >= end)
            return NULL;
        if (*at == '"')
            return at + 1;
        *plain = false;
        at += 2;
    }
}

/* Behind the value at at; NULL when it does not end. */
static const char *value_end(const char *at, const char *end)
{
    int depth = 0;
    bool plain;
    do {
        if (*at == '"') {
            at = string_end(at + 1, end, &plain);
            if (!at)
                return NULL;
        } else if (*at == '{' || *at == '[') {
            depth++;
            at++;
        } else if (*at == '}' || *at == ']') {
            depth--;
            at++;
        } else if (*at && depth) {
            at++;
        } else {
            const char *from = at;
            while (*at && *at != ',' && *at != '}' && *at != ']')
                at++;
            return at > from ? at : NULL;
        }
    } while (depth > 0);
    return depth == 0 ? at : NULL;
}

static bool read_whole(const char *at, const char *end, struct value *out)
{
    bool negative = *at == '-';
    const char *digits = at + negative;
    int64_t n = 0;
    if (digits == end || end - digits > 18 || (*digits == '0' && (negative || end > digits + 1)))
        return false;
    for (const char *p = digits; p < end; p++) {
        if (*p < '0' || *p > '9')
            return false;
        n = n * 10 + (*p - '0');
    }
    *out = value_int(negative ? -n : n);
    return true;
}

static const struct json_limits limits = {.max_bytes = (size_t)256 * 1024 * 1024, .max_depth = VALUE_DEPTH_MAX};

/* The value that begins at *at, which moves behind it. False when this is not as json_write writes. */
static bool read_member(const char **at, const char *text_end, struct arena *arena, struct value *out)
{
    const char *from = *at;
    bool plain;
    const char *end = *from == '"' ? string_end(from + 1, text_end, &plain) : value_end(from, text_end);
    if (!end)
        return false;
    *at = end;
    if (*from == '"' && plain) {
        *out = value_string((struct str){from + 1, (size_t)(end - from) - 2});
        return true;
    }
    struct error ignored = ERROR_INIT;
    return read_whole(from, end, out) ||
           json_parse(arena, (struct str){from, (size_t)(end - from)}, &limits, out, &ignored) == OK;
}

static size_t find_name(const struct resident_reader *self, struct str key)
{
    size_t i = 0;
    while (i < self->count && !(self->names[i].len == key.len && memcmp(self->names[i].data, key.data, key.len) == 0))
        i++;
    return i;
}

/* False when the text is not as json_write writes a context. */
static bool read_members(const struct resident_reader *self, struct str text, struct arena *arena, struct value *values)
{
    const char *at = text.data, *end = text.data + text.len;
    size_t left = self->count;
    if (*at++ != '{')
        return false;
    /* A context has each member once, so the rest need not be looked at when all are found. */
    for (bool more = *at != '}'; more && left;) {
        bool plain;
        if (*at != '"')
            return false;
        struct str key = {at + 1, 0};
        at = string_end(at + 1, end, &plain);
        if (!at || !plain || *at != ':')
            return false;
        key.len = (size_t)(at - key.data) - 1;
        at++;
        size_t i = find_name(self, key);
        if (i < self->count ? !read_member(&at, end, arena, &values[i]) : !(at = value_end(at, end)))
            return false;
        left -= i < self->count;
        more = *at == ',';
        if (!more && !(*at == '}' && at + 1 == end))
            return false;
        at += more;
    }
    return true;
}

enum status resident_read(const struct resident_reader *self, const struct store_party *row, struct arena *arena,
                          struct value *values, struct error *err)
{
    char place[PARTY_PLACE_MAX];
    struct str text;
    char *plain = arena_alloc_raw(arena, row->body.len + 1);
    if (seal_opener_open(self->opener, party_place(row, place), row->body, plain, &text, err) != OK)
        return FAILED;
    for (size_t i = 0; i < self->count; i++)
        values[i] = value_null;
    if (!read_members(self, text, arena, values)) {
        struct value body;
        if (json_parse(arena, text, &limits, &body, err) != OK)
            return FAILED;
        for (size_t i = 0; i < self->count; i++)
            values[i] = value_get(body, self->names[i]);
    }
    for (size_t i = 0; i < self->count; i++)
        if (str_equal(self->names[i], STR("version")))
            values[i] = value_int(row->version);
    return OK;
}
