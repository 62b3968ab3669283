/* Errors as HTTP statuses and problem+json (RFC 9457). */
#include "http/internal.h"

#include <string.h>

static const int status_by_kind[] = {
    [ERROR_NONE] = 500,      [ERROR_INVALID] = 422,     [ERROR_UNAUTHENTICATED] = 401, [ERROR_FORBIDDEN] = 403,
    [ERROR_NOT_FOUND] = 404, [ERROR_CONFLICT] = 409,    [ERROR_TOO_LARGE] = 413,       [ERROR_TOO_MANY] = 429,
    [ERROR_LIMIT] = 422,     [ERROR_UNAVAILABLE] = 503, [ERROR_INTERNAL] = 500,
};

/* What cannot be read at all, and HTTP's own matters. */
static const struct {
    const char *type;
    int status;
} status_by_type[] = {
    {"bad-body", 400},           {"bad-encoding", 400},           {"bad-path", 400},        {"bad-request", 400},
    {"json-syntax", 400},        {"headers-too-large", 431},      {"if-match-failed", 412}, {"if-match-required", 428},
    {"method-not-allowed", 405}, {"unsupported-media-type", 415},
};

int http_status_of(const struct error *err)
{
    for (size_t i = 0; i < COUNT_OF(status_by_type); i++)
        if (strcmp(err->type, status_by_type[i].type) == 0)
            return status_by_type[i].status;
    return (size_t)err->kind < COUNT_OF(status_by_kind) ? status_by_kind[err->kind] : 500;
}

static const struct {
    int status;
    const char *phrase;
} phrases[] = {
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
};

const char *http_status_phrase(int status)
{
    for (size_t i = 0; i < COUNT_OF(phrases); i++)
        if (phrases[i].status == status)
            return phrases[i].phrase;
    return "Error";
}

static void put_json_text(struct buf *out, struct str s)
{
    buf_put_char(out, '"');
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.data[i];
        if (c < 0x20 || c == 0x7F)
            buf_printf(out, "\\u%04x", c);
        else if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else
            buf_put_char(out, (char)c);
    }
    buf_put_char(out, '"');
}

static void put_member(struct buf *out, const char *name, const char *value)
{
    if (!value[0])
        return;
    buf_printf(out, ",\"%s\":", name);
    put_json_text(out, str_of(value));
}

struct str http_problem_json(struct arena *arena, const struct error *err, struct str request_id)
{
    int status = http_status_of(err);
    struct buf out;
    buf_init(&out, 8192);
    buf_put(&out, STR("{\"type\":"));
    put_json_text(&out, str_of(err->type[0] ? err->type : "about:blank"));
    put_member(&out, "title", http_status_phrase(status));
    buf_printf(&out, ",\"status\":%d", status);
    put_member(&out, "detail", err->message);
    put_member(&out, "field", err->field);
    put_member(&out, "hint", err->hint);
    if (request_id.len)
        put_member(&out, "instance", arena_cstr(arena, request_id));
    buf_put_char(&out, '}');
    return arena_take(arena, &out);
}

enum status http_reply_problem(struct http_request *request, const struct error *err)
{
    int status = http_status_of(err);
    if (status == 401)
        http_set_header(request, "WWW-Authenticate", STR("Bearer"));
    if (status >= 500)
        log_event(status == 500 ? LOG_ERROR : LOG_WARNING, "http.problem", "id=%.*s type=%s route=%s",
                  STR_ARGS(request->id), err->type, request->route ? request->route->pattern : "none");
    return http_reply(request, status, "application/problem+json", http_problem_json(request->arena, err, request->id));
}
