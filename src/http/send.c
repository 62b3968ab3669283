/* Answers: what handlers say, and how it goes out. */
#include "http/internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char strict_policy[] =
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/* ---- What handlers say ------------------------------------------------------------------------------------------ */

static enum status answer(struct http_request *request, int status, const char *content_type)
{
    struct http_state *state = request->state;
    CHECK(state->phase != PHASE_ANSWERED); /* one answer only */
    CHECK(status >= 200 && status < 600);
    state->status = status;
    state->content_type = content_type;
    state->phase = PHASE_ANSWERED;
    return OK;
}

enum status http_reply(struct http_request *request, int status, const char *content_type, struct str body)
{
    request->state->reply = body;
    return answer(request, status, content_type);
}

enum status http_reply_buf(struct http_request *request, int status, const char *content_type, struct buf *body)
{
    struct http_state *state = request->state;
    state->reply_buf = *body;
    *body = (struct buf){0};
    state->reply = buf_str(&state->reply_buf);
    return answer(request, status, content_type);
}

enum status http_reply_empty(struct http_request *request)
{
    return http_reply(request, 204, NULL, STR_NONE);
}

enum status http_reply_redirect(struct http_request *request, int status, struct str location)
{
    CHECK(status >= 300 && status < 400);
    http_set_header(request, "Location", location);
    return http_reply(request, status, NULL, STR_NONE);
}

enum status http_reply_file(struct http_request *request, int status, const char *content_type, int fd, uint64_t size)
{
    request->state->reply_fd = fd;
    request->state->reply_size = size;
    return answer(request, status, content_type);
}

void http_release_reply(struct http_state *state)
{
    buf_release(&state->reply_buf);
    if (state->reply_fd >= 0)
        close(state->reply_fd);
}

/* ---- Headers -------------------------------------------------------------------------------------------------------
 */

/* A value cannot end its line: CR and LF become blanks. */
static struct str header_value(struct arena *arena, struct str value)
{
    char *copy = (char *)arena_cstr(arena, value);
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)copy[i] < 0x20 && copy[i] != '\t')
            copy[i] = ' ';
    return (struct str){copy, value.len};
}

static void add_header(struct http_state *state, const char *name, struct str value)
{
    VECTOR_PUSH(&state->arena, &state->headers,
                ((struct http_pair){arena_str(&state->arena, str_of(name)), header_value(&state->arena, value)}));
}

static struct http_pair *find_header(struct http_state *state, struct str name)
{
    for (size_t i = 0; i < state->headers.count; i++)
        if (str_equal_nocase_ascii(state->headers.items[i].name, name))
            return &state->headers.items[i];
    return NULL;
}

void http_set_header(struct http_request *request, const char *name, struct str value)
{
    struct http_pair *found = find_header(request->state, str_of(name));
    if (found)
        found->value = header_value(request->arena, value);
    else
        add_header(request->state, name, value);
}

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c));
}

/* RFC 6266: a plain name for old readers, the true one percent-encoded. */
void http_set_download(struct http_request *request, struct str file_name)
{
    struct buf value;
    buf_init(&value, 4096);
    buf_put(&value, STR("attachment; filename=\""));
    for (size_t i = 0; i < file_name.len; i++) {
        unsigned char c = (unsigned char)file_name.data[i];
        buf_put_char(&value, is_unreserved(c) || c == ' ' ? (char)c : '_');
    }
    buf_put(&value, STR("\"; filename*=UTF-8''"));
    for (size_t i = 0; i < file_name.len; i++) {
        unsigned char c = (unsigned char)file_name.data[i];
        if (is_unreserved(c))
            buf_put_char(&value, (char)c);
        else
            buf_printf(&value, "%%%02X", c);
    }
    http_set_header(request, "Content-Disposition", buf_str(&value));
    buf_release(&value);
}

static bool is_cookie_text(struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if (c <= 0x20 || c >= 0x7F || strchr("\",;\\", c))
            return false;
    }
    return true;
}

void http_set_cookie(struct http_request *request, const char *name, struct str value, int64_t max_age_s,
                     unsigned flags)
{
    struct http_state *state = request->state;
    CHECK(is_cookie_text(value));
    struct str age =
        max_age_s ? arena_printf(&state->arena, "; Max-Age=%" PRId64, max_age_s > 0 ? max_age_s : 0) : STR("");
    bool secure = request->secure || state->server->options.secure_cookies;
    add_header(state, "Set-Cookie",
               arena_printf(&state->arena, "%s=%.*s; Path=/%.*s; SameSite=%s%s%s", name, STR_ARGS(value), STR_ARGS(age),
                            flags & HTTP_COOKIE_STRICT ? "Strict" : "Lax",
                            flags & HTTP_COOKIE_SCRIPT ? "" : "; HttpOnly", secure ? "; Secure" : ""));
}

bool http_etag(struct http_request *request, struct str tag)
{
    http_set_header(request, "ETag", arena_printf(request->arena, "\"%.*s\"", STR_ARGS(tag)));
    struct str header = http_header(request, "If-None-Match");
    if (!header.data || request->method != HTTP_GET || !http_tag_listed(header, tag, true))
        return false;
    (void)http_reply(request, 304, NULL, STR_NONE); /* always OK */
    return true;
}

enum status http_if_match(const struct http_request *request, struct str tag, struct error *err)
{
    struct str header = http_header(request, "If-Match");
    if (!header.data || http_tag_listed(header, tag, false))
        return OK;
    error_set(err, ERROR_CONFLICT, "if-match-failed", "It was changed by somebody else meanwhile.");
    return error_hint(err, "Read it again and repeat the change.");
}

struct str http_allow_header(struct http_state *state)
{
    struct buf value;
    buf_init(&value, 200);
    buf_put(&value, STR("OPTIONS"));
    for (unsigned method = 0; method < HTTP_METHODS; method++)
        if (state->match.allowed & 1u << method)
            buf_printf(&value, method == HTTP_GET ? ", %s, HEAD" : ", %s", http_method_name((enum http_method)method));
    struct str allow = arena_str(&state->arena, buf_str(&value));
    buf_release(&value);
    return allow;
}

/* ---- The way out ---------------------------------------------------------------------------------------------------
 */

static struct MHD_Response *make_response(struct http_state *state)
{
    if (state->reply_fd >= 0) {
        struct MHD_Response *response = MHD_create_response_from_fd64(state->reply_size, state->reply_fd);
        state->reply_fd = -1; /* the response closes it */
        return response;
    }
    state->reply_size = state->reply.len;
    /* Persistent: it lives in the request's arena or buffer, which outlive the response's body. */
    return MHD_create_response_from_buffer(state->reply.len, (void *)(state->reply.data ? state->reply.data : ""),
                                           MHD_RESPMEM_PERSISTENT);
}

static void put(struct MHD_Response *response, const char *name, const char *value)
{
    (void)MHD_add_response_header(response, name,
                                  value); /* refused only when there is no memory or the value is malformed */
}

static void put_default(struct http_state *state, struct MHD_Response *response, const char *name, const char *value)
{
    if (!find_header(state, str_of(name)))
        put(response, name, value);
}

static void put_headers(struct http_state *state, struct MHD_Response *response)
{
    const struct http_options *options = &state->server->options;
    for (size_t i = 0; i < state->headers.count; i++)
        put(response, state->headers.items[i].name.data, state->headers.items[i].value.data);
    if (state->content_type)
        put_default(state, response, "Content-Type", state->content_type);
    if (state->request.id.data)
        put(response, "X-Request-Id", arena_cstr(&state->arena, state->request.id));
    put_default(state, response, "Cache-Control", find_header(state, STR("ETag")) ? "private, no-cache" : "no-store");
    put_default(state, response, "Content-Security-Policy",
                options->content_security_policy ? options->content_security_policy : strict_policy);
    put(response, "X-Content-Type-Options", "nosniff");
    put_default(state, response, "Referrer-Policy", "same-origin");
    if (state->request.secure)
        put(response, "Strict-Transport-Security", "max-age=31536000");
    if (atomic_load(&state->server->stopping))
        put(response, "Connection", "close");
}

enum MHD_Result http_send(struct http_state *state)
{
    struct MHD_Response *response = make_response(state);
    if (!response)
        return MHD_NO;
    put_headers(state, response);
    int64_t seconds = state->server->options.write_timeout_s + (int64_t)(state->reply_size / HTTP_BYTES_PER_SECOND);
    atomic_store(&state->guard->deadline_us, monotonic_us() + seconds * 1000000);
    enum MHD_Result result = MHD_queue_response(state->connection, (unsigned)state->status, response);
    MHD_destroy_response(response);
    return result;
}
