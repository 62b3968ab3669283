/* Percent-encoding, queries, forms, cookies and multipart bodies. */
#include "http/parse.h"

#include <string.h>

struct str http_pairs_find(const struct http_pairs *pairs, struct str name)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (str_equal(pairs->items[i].name, name))
            return pairs->items[i].value;
    return STR_NONE;
}

/* ---- Percent-encoding ------------------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.data[i];
        if ((c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7F)
            return true;
    }
    return false;
}

static enum status check_text(struct str s, struct error *err)
{
    if (!utf8_valid(s))
        return error_set(err, ERROR_INVALID, "bad-encoding", "A text in the request is not UTF-8.");
    if (has_control(s))
        return error_set(err, ERROR_INVALID, "bad-encoding", "A text in the request contains control characters.");
    return OK;
}

enum status http_percent_decode(struct arena *arena, struct str text, bool plus, struct str *out, struct error *err)
{
    char *decoded = arena_alloc_raw(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '%') {
            bool enough = text.len - i >= 3;
            int high = enough ? hex_digit(text.data[i + 1]) : -1;
            int low = enough ? hex_digit(text.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return error_set(err, ERROR_INVALID, "bad-encoding",
                                 "A %% in the request is not followed by two hexadecimal digits.");
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        decoded[len++] = c;
    }
    decoded[len] = 0;
    if (check_text((struct str){decoded, len}, err))
        return FAILED;
    *out = (struct str){decoded, len};
    return OK;
}

/* ---- Queries and cookies ---------------------------------------------------------------------------------------- */

typedef VECTOR(struct http_pair) pair_vector;

static enum status add_field(struct arena *arena, pair_vector *pairs, struct str piece, struct error *err)
{
    struct http_pair pair = {0};
    struct str name = str_cut(&piece, '=');
    if (pairs->count == HTTP_PAIRS_MAX)
        return error_set(err, ERROR_TOO_LARGE, "too-many-fields", "There are more than %d fields.", HTTP_PAIRS_MAX);
    if (name.len > HTTP_NAME_MAX)
        return error_set(err, ERROR_INVALID, "field-name-too-long", "A field's name has more than %d bytes.",
                         HTTP_NAME_MAX);
    if (http_percent_decode(arena, name, true, &pair.name, err))
        return FAILED;
    if (http_percent_decode(arena, piece, true, &pair.value, err))
        return error_field(err, "%.*s", STR_ARGS(pair.name));
    VECTOR_PUSH(arena, pairs, pair);
    return OK;
}

enum status http_parse_query(struct arena *arena, struct str text, struct http_pairs *out, struct error *err)
{
    pair_vector pairs = {0};
    while (text.len) {
        struct str piece = str_cut(&text, '&');
        if (piece.len && add_field(arena, &pairs, piece, err))
            return FAILED;
    }
    *out = (struct http_pairs){pairs.count, pairs.items};
    return OK;
}

static struct str without_quotes(struct str s)
{
    return s.len >= 2 && s.data[0] == '"' && s.data[s.len - 1] == '"' ? str_part(s, 1, s.len - 1) : s;
}

void http_parse_cookies(struct arena *arena, struct str header, struct http_pairs *out)
{
    pair_vector pairs = {0};
    while (header.len && pairs.count < HTTP_COOKIES_MAX) {
        struct str value = str_cut(&header, ';');
        bool complete = value.len && memchr(value.data, '=', value.len);
        struct str name = str_trim(str_cut(&value, '='));
        value = without_quotes(str_trim(value));
        if (complete && name.len && check_text(name, NULL) == OK && check_text(value, NULL) == OK)
            VECTOR_PUSH(arena, &pairs, ((struct http_pair){name, value}));
    }
    *out = (struct http_pairs){pairs.count, pairs.items};
}

/* ---- Multipart ----------------------------------------------------------------------------------------------------
 *
 *   preamble CRLF --boundary CRLF headers CRLF CRLF content CRLF --boundary CRLF … CRLF --boundary-- rest */

static enum status bad_multipart(struct error *err, const char *what)
{
    return error_set(err, ERROR_INVALID, "bad-body", "The multipart body is broken: %s.", what);
}

static struct str last_path_part(struct str name)
{
    for (size_t i = name.len; i > 0; i--)
        if (name.data[i - 1] == '/' || name.data[i - 1] == '\\')
            return str_part(name, i, name.len);
    return name;
}

/* Browsers write the characters that a quoted name cannot hold as %22 %0D %0A; other percent signs stand for
 * themselves. */
static struct str unescape_name(struct arena *arena, struct str name)
{
    if (!name.len)
        return name;
    char *text = arena_alloc_raw(arena, name.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < name.len; i++) {
        struct str ahead = str_part(name, i, i + 3);
        bool quote = str_equal(ahead, STR("%22"));
        bool blank = str_equal_nocase_ascii(ahead, STR("%0D")) || str_equal_nocase_ascii(ahead, STR("%0A"));
        text[len++] = quote ? '"' : blank ? ' ' : name.data[i];
        if (quote || blank)
            i += 2;
    }
    text[len] = 0;
    return (struct str){text, len};
}

static enum status read_disposition(struct arena *arena, struct str header, struct http_part *part, struct error *err)
{
    struct str kind;
    struct str name;
    struct str file;
    if (!http_parse_media_type(arena, header, "name", &kind, &name) || !str_equal(kind, STR("form-data")) || !name.data)
        return bad_multipart(err, "a part is not form-data with a name");
    if (!http_parse_media_type(arena, header, "filename", &kind, &file))
        return bad_multipart(err, "a part's Content-Disposition cannot be read");
    part->name = unescape_name(arena, name);
    if (part->name.len > HTTP_NAME_MAX)
        return error_set(err, ERROR_INVALID, "field-name-too-long", "A field's name has more than %d bytes.",
                         HTTP_NAME_MAX);
    if (file.data)
        part->file_name = last_path_part(unescape_name(arena, file));
    if (check_text(part->name, err) || check_text(part->file_name, err))
        return FAILED;
    return OK;
}

static enum status read_part_headers(struct arena *arena, struct str headers, struct http_part *part, struct error *err)
{
    bool disposed = false;
    while (headers.len) {
        struct str value = str_cut(&headers, '\n');
        struct str name = str_trim(str_cut(&value, ':'));
        value = str_trim(value);
        if (str_equal_nocase_ascii(name, STR("content-disposition"))) {
            if (disposed || read_disposition(arena, value, part, err))
                return disposed ? bad_multipart(err, "a part has two Content-Dispositions") : FAILED;
            disposed = true;
        } else if (str_equal_nocase_ascii(name, STR("content-type"))) {
            struct str none;
            if (!http_parse_media_type(arena, value, "", &part->content_type, &none))
                return bad_multipart(err, "a part's Content-Type cannot be read");
        } else if (str_equal_nocase_ascii(name, STR("content-transfer-encoding"))) {
            if (!str_equal_nocase_ascii(value, STR("binary")) && !str_equal_nocase_ascii(value, STR("8bit")) &&
                !str_equal_nocase_ascii(value, STR("7bit")))
                return bad_multipart(err, "a part is encoded for mail");
        }
    }
    return disposed ? OK : bad_multipart(err, "a part has no Content-Disposition");
}

#define PART_HEADERS_MAX 8192

/* *rest begins behind "--boundary". Reads one part and leaves *rest behind its closing "--boundary". */
static enum status read_part(struct arena *arena, struct str *rest, struct str delimiter, struct http_part *part,
                             struct error *err)
{
    if (!str_starts(*rest, STR("\r\n")))
        return bad_multipart(err, "a boundary is not at the end of its line");
    *rest = str_part(*rest, 2, rest->len);
    ptrdiff_t headers_end = str_find(str_part(*rest, 0, PART_HEADERS_MAX), STR("\r\n\r\n"), 0);
    if (headers_end < 0)
        return bad_multipart(err, "a part's headers have no end or are too long");
    if (read_part_headers(arena, str_part(*rest, 0, (size_t)headers_end), part, err))
        return FAILED;
    *rest = str_part(*rest, (size_t)headers_end + 4, rest->len);
    const char *end = rest->len ? memmem(rest->data, rest->len, delimiter.data, delimiter.len) : NULL;
    if (!end)
        return bad_multipart(err, "the last boundary is missing");
    part->content = str_part(*rest, 0, (size_t)(end - rest->data));
    *rest = str_part(*rest, part->content.len + delimiter.len, rest->len);
    if (!part->file_name.data && check_text(part->content, err))
        return error_field(err, "%.*s", STR_ARGS(part->name));
    return OK;
}

enum status http_parse_multipart(struct arena *arena, struct str body, struct str boundary, struct http_multipart *out,
                                 struct error *err)
{
    if (!boundary.len || boundary.len > 70)
        return bad_multipart(err, "its boundary must have 1 to 70 characters");
    struct str delimiter = arena_printf(arena, "\r\n--%.*s", STR_ARGS(boundary));
    struct str first = str_part(delimiter, 2, delimiter.len);
    if (!str_starts(body, first)) {
        const char *start = body.len ? memmem(body.data, body.len, delimiter.data, delimiter.len) : NULL;
        if (!start)
            return bad_multipart(err, "its boundary is missing");
        body = str_part(body, (size_t)(start - body.data) + 2, body.len);
    }
    struct str rest = str_part(body, first.len, body.len);
    VECTOR(struct http_part) parts = {0};
    while (!str_starts(rest, STR("--"))) {
        struct http_part part = {0};
        if (parts.count == HTTP_PARTS_MAX)
            return error_set(err, ERROR_TOO_LARGE, "too-many-fields", "There are more than %d parts.", HTTP_PARTS_MAX);
        if (read_part(arena, &rest, delimiter, &part, err))
            return FAILED;
        VECTOR_PUSH(arena, &parts, part);
    }
    *out = (struct http_multipart){parts.count, parts.items};
    return OK;
}

const struct http_part *http_multipart_find(const struct http_multipart *parts, struct str name)
{
    for (size_t i = 0; i < parts->count; i++)
        if (str_equal(parts->items[i].name, name))
            return &parts->items[i];
    return NULL;
}
