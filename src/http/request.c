/* What handlers ask of a request. */
#include "http/internal.h"

#include <string.h>

const char *http_method_name(enum http_method method)
{
    static const char *const names[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    CHECK((size_t)method < COUNT_OF(names));
    return names[method];
}

struct str http_param(const struct http_request *request, const char *name)
{
    const struct http_match *match = &request->state->match;
    CHECK(match->route);
    for (size_t i = 0; i < match->route->names_count; i++)
        if (strcmp(match->route->names[i], name) == 0)
            return match->params[i];
    CHECK(false); /* the pattern has no such parameter */
    return STR_NONE;
}

struct str http_query(const struct http_request *request, const char *name)
{
    return http_pairs_find(&request->state->query, str_of(name));
}

const struct http_pairs *http_query_all(const struct http_request *request)
{
    return &request->state->query;
}

struct str http_header(const struct http_request *request, const char *name)
{
    return str_of(MHD_lookup_connection_value(request->state->connection, MHD_HEADER_KIND, name));
}

struct str http_cookie(const struct http_request *request, const char *name)
{
    struct http_state *state = request->state;
    if (!state->cookies_read) {
        http_parse_cookies(&state->arena, http_header(request, "Cookie"), &state->cookies);
        state->cookies_read = true;
    }
    return http_pairs_find(&state->cookies, str_of(name));
}

struct str http_content_type(const struct http_request *request)
{
    struct str type;
    struct str parameter;
    struct str header = http_header(request, "Content-Type");
    return header.data && http_parse_media_type(request->arena, header, "", &type, &parameter) ? type : STR_NONE;
}

enum status http_form(struct http_request *request, const struct http_pairs **out, struct error *err)
{
    struct http_state *state = request->state;
    if (request->body.len && !str_equal(http_content_type(request), STR("application/x-www-form-urlencoded")))
        return error_set(err, ERROR_INVALID, "unsupported-media-type", "The body is not a form.");
    if (!state->form.items && http_parse_query(&state->arena, request->body, &state->form, err))
        return FAILED;
    *out = &state->form;
    return OK;
}

enum status http_parts(struct http_request *request, const struct http_multipart **out, struct error *err)
{
    struct http_state *state = request->state;
    struct str type;
    struct str boundary;
    struct str header = http_header(request, "Content-Type");
    if (!http_parse_media_type(&state->arena, header, "boundary", &type, &boundary) ||
        !str_equal(type, STR("multipart/form-data")) || !boundary.data)
        return error_set(err, ERROR_INVALID, "unsupported-media-type", "The body is not multipart/form-data.");
    if (!state->parts.items && http_parse_multipart(&state->arena, request->body, boundary, &state->parts, err))
        return FAILED;
    *out = &state->parts;
    return OK;
}

/* "https://host:8443" names the same host as "host:8443". */
static bool origin_is_host(struct str origin, struct str host)
{
    ptrdiff_t scheme = str_find(origin, STR("://"), 0);
    return scheme > 0 && str_equal_nocase_ascii(str_part(origin, (size_t)scheme + 3, origin.len), host);
}

bool http_cross_site(const struct http_request *request)
{
    struct str site = http_header(request, "Sec-Fetch-Site");
    if (site.data)
        return !str_equal(site, STR("same-origin")) && !str_equal(site, STR("none"));
    struct str origin = http_header(request, "Origin");
    return origin.data && !origin_is_host(origin, http_header(request, "Host"));
}

bool http_wants_html(const struct http_request *request)
{
    struct str accept = http_header(request, "Accept");
    return str_find(accept, STR("text/html"), 0) >= 0 && http_accept_quality(accept, STR("text/html")) > 0 &&
           http_accept_quality(accept, STR("text/html")) >= http_accept_quality(accept, STR("application/json"));
}
