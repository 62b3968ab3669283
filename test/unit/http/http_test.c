/* The server over real sockets: what it answers, what it refuses, how it ends. */
#include "client.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* ---- A small site ----------------------------------------------------------------------------------------------- */

static atomic_int slow_running;
static atomic_int slow_release;

static enum status hello(struct http_request *request, struct error *err)
{
    (void)err;
    return http_reply(request, 200, "text/plain", STR("hello"));
}
static enum status echo(struct http_request *request, struct error *err)
{
    (void)err;
    return http_reply(request, 200, "application/octet-stream", request->body);
}
static enum status describe(struct http_request *request, struct error *err)
{
    (void)err;
    struct buf out;
    buf_init(&out, 0);
    buf_printf(&out, "no=%.*s", STR_ARGS(http_param(request, "no")));
    const struct http_pairs *query = http_query_all(request);
    for (size_t i = 0; i < query->count; i++)
        buf_printf(&out, " %.*s=%.*s", STR_ARGS(query->items[i].name), STR_ARGS(query->items[i].value));
    buf_printf(&out, " cookie=%.*s agent=%.*s", STR_ARGS(http_cookie(request, "session")),
               STR_ARGS(http_header(request, "user-AGENT")));
    return http_reply_buf(request, 200, "text/plain", &out);
}
static enum status refuse(struct http_request *request, struct error *err)
{
    (void)request;
    error_set(err, ERROR_CONFLICT, "case-closed", "The case \"%s\" is closed.", "健\n1");
    error_field(err, "form.id");
    return error_hint(err, "Open a new one.");
}
static enum status say_nothing(struct http_request *request, struct error *err)
{
    (void)request;
    (void)err;
    return OK;
}
static enum status who(struct http_request *request, struct error *err)
{
    (void)err;
    struct str text = arena_printf(request->arena, "%.*s %s %s", STR_ARGS(request->address),
                                   request->secure ? "secure" : "plain", http_cross_site(request) ? "cross" : "same");
    return http_reply(request, 200, "text/plain", text);
}
static enum status read_tagged(struct http_request *request, struct error *err)
{
    (void)err;
    return http_etag(request, STR("v1")) ? OK : http_reply(request, 200, "text/plain", STR("content"));
}
static enum status write_tagged(struct http_request *request, struct error *err)
{
    return http_if_match(request, STR("v1"), err) ? FAILED : http_reply_empty(request);
}
static enum status set_cookies(struct http_request *request, struct error *err)
{
    (void)err;
    http_set_cookie(request, "session", STR("abc"), 3600, HTTP_COOKIE_STRICT);
    http_set_cookie(request, "theme", STR("large"), 0, HTTP_COOKIE_SCRIPT);
    http_set_cookie(request, "old", STR(""), -1, 0);
    http_set_download(request, STR("死亡 \"证\".pdf"));
    return http_reply_redirect(request, 303, STR("/next\r\nInjected: yes"));
}
static enum status read_form(struct http_request *request, struct error *err)
{
    const struct http_pairs *form;
    if (http_form(request, &form, err))
        return FAILED;
    return http_reply(request, 200, "text/plain", http_pairs_find(form, STR("name")));
}
static enum status read_parts(struct http_request *request, struct error *err)
{
    const struct http_multipart *parts;
    if (http_parts(request, &parts, err))
        return FAILED;
    const struct http_part *part = http_multipart_find(parts, STR("file"));
    return http_reply(request, 200, "application/octet-stream", part ? part->content : STR("none"));
}
static enum status slow(struct http_request *request, struct error *err)
{
    (void)err;
    atomic_fetch_add(&slow_running, 1);
    while (!atomic_load(&slow_release))
        usleep(500);
    atomic_fetch_sub(&slow_running, 1);
    return http_reply(request, 200, "text/plain", STR("done"));
}
static enum status send_file(struct http_request *request, struct error *err)
{
    (void)err;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    return http_reply_file(request, 200, "application/octet-stream", fd, 100000);
}
static char big_body[20 * 1024 * 1024];
static enum status send_big(struct http_request *request, struct error *err)
{
    (void)err;
    return http_reply(request, 200, "application/octet-stream", (struct str){big_body, sizeof(big_body)});
}

static const struct http_route routes[] = {
    {HTTP_GET, "/hello", hello, HTTP_INLINE, 0, 0, NULL},
    {HTTP_GET, "/worker", hello, 0, 0, 0, NULL},
    {HTTP_GET, "/cases/{no}", describe, 0, 0, 0, NULL},
    {HTTP_POST, "/echo", echo, HTTP_JSON | HTTP_TEXT, 100000, 0, NULL},
    {HTTP_POST, "/json", echo, HTTP_JSON, 1000, 0, NULL},
    {HTTP_POST, "/bare", echo, 0, 0, 0, NULL},
    {HTTP_POST, "/form", read_form, HTTP_FORM, 0, 0, NULL},
    {HTTP_POST, "/parts", read_parts, HTTP_MULTIPART, 0, 0, NULL},
    {HTTP_GET, "/refuse", refuse, 0, 0, 0, NULL},
    {HTTP_GET, "/nothing", say_nothing, 0, 0, 0, NULL},
    {HTTP_GET, "/who", who, 0, 0, 0, NULL},
    {HTTP_GET, "/tagged", read_tagged, 0, 0, 0, NULL},
    {HTTP_PUT, "/tagged", write_tagged, 0, 0, 0, NULL},
    {HTTP_GET, "/cookies", set_cookies, 0, 0, 0, NULL},
    {HTTP_GET, "/slow", slow, 0, 0, 0, NULL},
    {HTTP_GET, "/file", send_file, 0, 0, 0, NULL},
    {HTTP_GET, "/big", send_big, 0, 0, 0, NULL},
    {HTTP_GET, "/dear", hello, 0, 0, 5, NULL},
    {HTTP_GET, "/free", hello, HTTP_UNLIMITED, 0, 0, NULL},
};

static enum status check_caller(struct http_request *request, struct error *err)
{
    if (http_header(request, "X-Banned").data)
        return error_set(err, ERROR_UNAUTHENTICATED, "not-signed-in", "Sign in first.");
    return OK;
}

static bool page_for_browsers(struct http_request *request, const struct error *err)
{
    if (!http_wants_html(request))
        return false;
    (void)http_reply(request, http_status_of(err), "text/html", STR("<h1>sorry</h1>"));
    return true;
}

struct site {
    struct http_server *server;
    struct arena arena;
    char folder[64];
};

static struct site *site_new(struct http_options options)
{
    struct error err = ERROR_INIT;
    struct http_routes table = {routes, COUNT_OF(routes)};
    struct site *site = calloc(1, sizeof(*site));
    options.listen = "127.0.0.1:0";
    options.tables = &table;
    options.tables_count = 1;
    atomic_store(&slow_release, 0);
    assert_ok(http_server_start(&options, &site->server, &err));
    return site;
}

static void site_free(struct site *site)
{
    struct error err = ERROR_INIT;
    if (site->server)
        assert_ok(http_server_stop(site->server, 10000, &err));
    arena_release(&site->arena);
    free(site);
}

static int set_up(void **state)
{
    *state = site_new((struct http_options){
        .before = check_caller, .error_page = page_for_browsers, .header_max = 4096, .trusted_proxies = "127.0.0.1"});
    return 0;
}
static int tear_down(void **state)
{
    site_free(*state);
    return 0;
}

#define ask(site, text) request_once((site)->server, &(site)->arena, STR(text))
#define assert_header(answer, name, value)                                                                             \
    do {                                                                                                               \
        struct str found_ = answer_header(&(answer), name);                                                            \
        if (!str_equal(found_, str_of(value)))                                                                         \
            fail_msg("%s: %.*s", name, STR_ARGS(found_));                                                              \
    } while (0)
#define assert_body(answer, text) assert_true(str_equal((answer).body, STR(text)))
#define has(answer, text) (str_find((answer).body, STR(text), 0) >= 0)

/* ---- Plain requests --------------------------------------------------------------------------------------------- */

static void a_connection_carries_many_requests_also_pipelined(void **state)
{
    struct site *site = *state;
    struct client client = client_open(site->server);
    size_t consumed = 0;
    for (int round = 0; round < 3; round++) {
        client_send(
            &client,
            "GET /hello HTTP/1.1\r\nHost: x\r\n\r\nPOST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
            "Content-Length: 3\r\n\r\nabcGET /worker HTTP/1.1\r\nHost: x\r\n\r\nGET /cases/7?a=%20b HTTP/1.1\r\nHost: "
            "x\r\n\r\n");
        struct answer answer = client_read(&client, &consumed, true);
        assert_int_equal(answer.status, 200);
        assert_body(answer, "hello");
        answer = client_read(&client, &consumed, true);
        assert_body(answer, "abc");
        answer = client_read(&client, &consumed, true);
        assert_body(answer, "hello");
        answer = client_read(&client, &consumed, true);
        assert_true(has(answer, "no=7 a= b"));
    }
    client_close(&client);
}

static void an_http_1_0_client_is_answered_and_let_go(void **state)
{
    struct site *site = *state;
    struct client client = client_open(site->server);
    size_t consumed = 0;
    client_send(&client, "GET /worker HTTP/1.0\r\n\r\n");
    struct answer answer = client_read(&client, &consumed, true);
    assert_int_equal(answer.status, 200);
    assert_body(answer, "hello");
    assert_true(client_is_closed_within(&client, 5000));
    client_close(&client);
}

static void parameters_queries_cookies_and_headers_arrive_decoded(void **state)
{
    struct site *site = *state;
    struct answer answer =
        ask(site, "GET /cases/%E5%81%A5%2F1?q=a+b&%E5%90%8D=%26 HTTP/1.1\r\nHost: x\r\nCookie: a=1; session=s-1\r\n"
                  "User-Agent: test\r\n\r\n");
    assert_int_equal(answer.status, 200);
    assert_body(answer, "no=健/1 q=a b 名=& cookie=s-1 agent=test");
    answer = ask(site, "GET http://example.org/cases/7?x=1 HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(has(answer, "no=7 x=1"));
}

static void head_has_the_headers_of_get_and_no_body(void **state)
{
    struct site *site = *state;
    struct client client = client_open(site->server);
    size_t consumed = 0;
    client_send(&client, "HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    struct answer answer = client_read(&client, &consumed, false);
    assert_int_equal(answer.status, 200);
    assert_header(answer, "Content-Length", "5");
    client_send(&client, "GET /worker HTTP/1.1\r\nHost: x\r\n\r\n");
    answer = client_read(&client, &consumed, true);
    assert_body(answer, "hello");
    client_close(&client);
}

static void wrong_methods_are_told_which_are_right(void **state)
{
    struct site *site = *state;
    struct answer answer = ask(site, "DELETE /tagged HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(answer.status, 405);
    assert_header(answer, "Allow", "OPTIONS, GET, HEAD, PUT");
    assert_true(has(answer, "\"type\":\"method-not-allowed\""));
    answer = ask(site, "BREW /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(answer.status, 405);
    answer = ask(site, "OPTIONS /tagged HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(answer.status, 204);
    assert_header(answer, "Allow", "OPTIONS, GET, HEAD, PUT");
    answer = ask(site, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(answer.status, 204);
    answer = ask(site, "GET /absent HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(answer.status, 404);
    answer = ask(site, "OPTIONS /absent HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(answer.status, 404);
}

static void every_answer_carries_the_security_headers(void **state)
{
    struct site *site = *state;
    static const char *const requests[] = {
        "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /absent HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /refuse HTTP/1.1\r\nHost: x\r\nX-Request-Id: my-id-12345\r\n\r\n",
    };
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        struct answer answer = request_once(site->server, &site->arena, str_of(requests[i]));
        assert_header(answer, "X-Content-Type-Options", "nosniff");
        assert_header(answer, "Referrer-Policy", "same-origin");
        assert_header(answer, "Cache-Control", "no-store");
        assert_true(str_starts(answer_header(&answer, "Content-Security-Policy"),
                               STR("default-src 'self'; script-src 'self'")));
        assert_true(answer_header(&answer, "X-Request-Id").len >= 8);
        if (i == 2)
            assert_header(answer, "X-Request-Id", "my-id-12345");
    }
    struct answer answer = ask(site, "GET /hello HTTP/1.1\r\nHost: x\r\nX-Request-Id: <script>\r\n\r\n");
    assert_int_equal(answer_header(&answer, "X-Request-Id").len, 16);
}

static void failures_become_problems_or_pages(void **state)
{
    struct site *site = *state;
    struct answer answer = ask(site, "GET /refuse HTTP/1.1\r\nHost: x\r\nX-Request-Id: my-id-12345\r\n\r\n");
    assert_int_equal(answer.status, 409);
    assert_header(answer, "Content-Type", "application/problem+json");
    assert_body(answer, "{\"type\":\"case-closed\",\"title\":\"Conflict\",\"status\":409,\"detail\":\"The case "
                        "\\\"健\\u000a1\\\" is closed.\","
                        "\"field\":\"form.id\",\"hint\":\"Open a new one.\",\"instance\":\"my-id-12345\"}");
    answer = ask(site, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(answer.status, 500);
    answer = ask(site, "GET /worker HTTP/1.1\r\nHost: x\r\nX-Banned: 1\r\n\r\n");
    assert_int_equal(answer.status, 401);
    assert_header(answer, "WWW-Authenticate", "Bearer");
    answer = ask(site, "GET /absent HTTP/1.1\r\nHost: x\r\nAccept: text/html,*/*;q=0.8\r\n\r\n");
    assert_int_equal(answer.status, 404);
    assert_body(answer, "<h1>sorry</h1>");
}

static void entity_tags_save_and_protect(void **state)
{
    struct site *site = *state;
    struct answer answer = ask(site, "GET /tagged HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_header(answer, "ETag", "\"v1\"");
    assert_header(answer, "Cache-Control", "private, no-cache");
    assert_body(answer, "content");
    answer = ask(site, "GET /tagged HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"v0\", W/\"v1\"\r\n\r\n");
    assert_int_equal(answer.status, 304);
    assert_int_equal(answer.body.len, 0);
    answer = ask(site, "GET /tagged HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"v2\"\r\n\r\n");
    assert_int_equal(answer.status, 200);
    answer = ask(site, "PUT /tagged HTTP/1.1\r\nHost: x\r\nIf-Match: \"v1\"\r\n\r\n");
    assert_int_equal(answer.status, 204);
    answer = ask(site, "PUT /tagged HTTP/1.1\r\nHost: x\r\nIf-Match: \"v0\"\r\n\r\n");
    assert_int_equal(answer.status, 412);
    assert_true(has(answer, "if-match-failed"));
}

static void cookies_and_other_headers_are_set_safely(void **state)
{
    struct site *site = *state;
    struct answer answer = ask(site, "GET /cookies HTTP/1.1\r\nHost: x\r\nX-Forwarded-Proto: https\r\n\r\n");
    assert_int_equal(answer.status, 303);
    struct str headers = answer.headers;
    assert_true(str_find(headers,
                         STR("Set-Cookie: session=abc; Path=/; Max-Age=3600; SameSite=Strict; HttpOnly; Secure\r\n"),
                         0) >= 0);
    assert_true(str_find(headers, STR("Set-Cookie: theme=large; Path=/; SameSite=Lax; Secure\r\n"), 0) >= 0);
    assert_true(str_find(headers, STR("Set-Cookie: old=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly; Secure\r\n"), 0) >=
                0);
    assert_header(answer, "Strict-Transport-Security", "max-age=31536000");
    assert_header(answer, "Location", "/next  Injected: yes");
    assert_header(answer, "Content-Disposition",
                  "attachment; filename=\"______ _____.pdf\"; "
                  "filename*=UTF-8''%E6%AD%BB%E4%BA%A1%20%22%E8%AF%81%22.pdf");
}

static void the_client_is_known_behind_a_trusted_proxy(void **state)
{
    struct site *site = *state;
    struct answer answer = ask(
        site,
        "GET /who HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 6.6.6.6, 198.51.100.7\r\nX-Forwarded-Proto: https\r\n\r\n");
    assert_body(answer, "198.51.100.7 secure same");
    struct site *direct = site_new((struct http_options){0});
    answer =
        ask(direct, "GET /who HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\n\r\n");
    assert_body(answer, "127.0.0.1 plain same");
    answer = ask(direct, "GET /who HTTP/1.1\r\nHost: a.org\r\nOrigin: https://evil.org\r\n\r\n");
    assert_true(has(answer, "cross"));
    answer = ask(direct, "GET /who HTTP/1.1\r\nHost: a.org\r\nOrigin: https://a.org\r\n\r\n");
    assert_true(has(answer, "same"));
    answer =
        ask(direct, "GET /who HTTP/1.1\r\nHost: a.org\r\nOrigin: https://a.org\r\nSec-Fetch-Site: same-site\r\n\r\n");
    assert_true(has(answer, "cross"));
    site_free(direct);
}

/* ---- Bodies ----------------------------------------------------------------------------------------------------- */

static void bodies_arrive_exactly_whole_or_in_chunks(void **state)
{
    struct site *site = *state;
    struct buf text;
    buf_init(&text, 0);
    buf_put(&text, STR("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: "
                       "100000\r\n\r\n"));
    size_t start = text.len;
    for (int i = 0; i < 100000; i++)
        buf_put_char(&text, (char)(i * 7 + i / 256));
    struct answer answer = request_once(site->server, &site->arena, buf_str(&text));
    assert_int_equal(answer.status, 200);
    assert_true(str_equal(answer.body, str_part(buf_str(&text), start, text.len)));
    buf_release(&text);
    answer =
        ask(site, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3\r\nabc\r\n10;x=y\r\n0123456789abcdef\r\n0\r\nTrailer: t\r\n\r\n");
    assert_body(answer, "abc0123456789abcdef");
    answer = ask(site, "POST /bare HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(answer.status, 200);
}

static void bodies_that_are_too_large_are_refused(void **state)
{
    struct site *site = *state;
    struct answer answer =
        ask(site,
            "POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n{");
    assert_int_equal(answer.status, 413);
    assert_true(has(answer, "body-too-large"));
    answer = ask(site, "POST /bare HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
    assert_int_equal(answer.status, 413);
    answer = ask(site, "GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
    assert_int_equal(answer.status, 413);
    struct buf text;
    buf_init(&text, 0);
    buf_put(
        &text,
        STR("POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"));
    for (int i = 0; i < 20; i++)
        buf_put(&text, STR("40\r\n0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n"));
    buf_put(&text, STR("0\r\n\r\n"));
    answer = request_once(site->server, &site->arena, buf_str(&text));
    assert_int_equal(answer.status, 413);
    buf_release(&text);
}

static void who_asks_before_sending_a_body_is_answered_before_it(void **state)
{
    struct site *site = *state;
    struct client client = client_open(site->server);
    size_t consumed = 0;
    client_send(&client, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nExpect: "
                         "100-continue\r\n\r\n");
    struct answer answer = client_read(&client, &consumed, true);
    assert_int_equal(answer.status, 100);
    client_send(&client, "abc");
    answer = client_read(&client, &consumed, true);
    assert_body(answer, "abc");
    client_send(&client, "POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nExpect: "
                         "100-continue\r\n\r\n");
    answer = client_read(&client, &consumed, true);
    assert_int_equal(answer.status, 415);
    assert_true(client_is_closed_within(&client, 5000));
    client_close(&client);
}

static void wrong_types_and_codings_are_refused(void **state)
{
    struct site *site = *state;
    struct answer answer =
        ask(site, "POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: 2\r\n\r\n{}");
    assert_int_equal(answer.status, 415);
    assert_true(has(answer, "Send application/json."));
    answer = ask(site, "POST /json HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
    assert_int_equal(answer.status, 415);
    answer = ask(site, "POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Encoding: "
                       "gzip\r\nContent-Length: 2\r\n\r\n{}");
    assert_int_equal(answer.status, 415);
    answer = ask(
        site,
        "POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n\"\xff\xfe\"");
    assert_int_equal(answer.status, 400);
    answer = ask(site, "POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: Application/Fhir+JSON; "
                       "charset=utf-8\r\nContent-Length: 2\r\n\r\n{}");
    assert_int_equal(answer.status, 200);
}

static struct answer post(struct site *site, const char *path, const char *type, struct str body)
{
    struct str head =
        arena_printf(&site->arena, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                     path, type, body.len);
    return request_once(site->server, &site->arena, arena_join(&site->arena, (struct str[]){head, body}, 2));
}

static void forms_and_multipart_bodies_are_read(void **state)
{
    struct site *site = *state;
    struct answer answer = post(site, "/form", "application/x-www-form-urlencoded", STR("a=1&name=%E7%8E%8B+%26"));
    assert_int_equal(answer.status, 200);
    assert_body(answer, "王 &");
    answer = post(site, "/form", "application/x-www-form-urlencoded", STR("name=%"));
    assert_int_equal(answer.status, 400);
    assert_true(has(answer, "\"field\":\"name\""));
    answer = post(
        site, "/parts", "multipart/form-data; boundary=\"b b\"",
        STR("--b b\r\nContent-Disposition: form-data; name=file; filename=\"a.bin\"\r\n\r\n\0\1\2\xff\r\n--b b--\r\n"));
    assert_int_equal(answer.status, 200);
    assert_true(str_equal(answer.body, STR("\0\1\2\xff")));
    answer = post(site, "/parts", "multipart/form-data; boundary=b", STR("--c--"));
    assert_int_equal(answer.status, 400);
    answer = post(site, "/parts", "multipart/form-data", STR("--"));
    assert_int_equal(answer.status, 415);
}

static void files_are_sent_from_disk(void **state)
{
    struct site *site = *state;
    struct answer answer = ask(site, "GET /file HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.body.len, 100000);
    assert_true(str_starts(answer.body, STR("\x7f"
                                            "ELF")));
}

/* ---- Bad requests ----------------------------------------------------------------------------------------------- */

static void bad_requests_are_refused_and_the_server_goes_on(void **state)
{
    struct site *site = *state;
    static const struct {
        const char *bytes;
        int status; /* 0: closed without an answer */
    } lines[] = {
        {"GET /cases/%FF HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET /cases/\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET /cases/%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET /cases/%2 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET /cases/1?a=%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET /cases/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET hello HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET /hello HTTP/1.1\r\n\r\n", 400},
        {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400},
        {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400},
        {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400},
        {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na", 400},
        {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
    };
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct answer answer = request_once(site->server, &site->arena, str_of(lines[i].bytes));
        if (answer.status != lines[i].status && !(answer.status == 413 && lines[i].status == 400))
            fail_msg("%s: %d", lines[i].bytes, answer.status);
    }
    struct answer answer = ask(site, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(answer.status, 200);
}

static void rubbish_is_closed_and_the_server_goes_on(void **state)
{
    (void)state;
    struct site *site = site_new((struct http_options){.read_timeout_s = 1});
    static const char *const rubbish[] = {
        "",
        "\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        "GET / HTTP/9.9\r\n\r\n",
        "GET /hello HTTP/1.1\r\nno colon\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    };
    for (size_t i = 0; i < COUNT_OF(rubbish); i++) {
        struct client client = client_open(site->server);
        client_send(&client, rubbish[i]);
        shutdown(client.fd, SHUT_WR);
        if (!client_is_closed_within(&client, 10000))
            fail_msg("still open after line %zu", i);
        client_close(&client);
    }
    struct answer answer = ask(site, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(answer.status, 200);
    site_free(site);
}

static void huge_headers_are_refused(void **state)
{
    struct site *site = *state;
    static const size_t sizes[] = {3000, 6000, 20000, 300000};
    static const int expected[] = {200, 431, 431, 431};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct buf text;
        buf_init(&text, 0);
        buf_put(&text, STR("GET /hello HTTP/1.1\r\nHost: x\r\nX-Large: "));
        for (size_t j = 0; j < sizes[i]; j++)
            buf_put_char(&text, 'x');
        buf_put(&text, STR("\r\n\r\n"));
        struct answer answer = request_once(site->server, &site->arena, buf_str(&text));
        if (answer.status != expected[i] &&
            !(sizes[i] > 16000 && (answer.status == 0 || answer.status == 413 || answer.status == 414)))
            fail_msg("%zu bytes: %d", sizes[i], answer.status);
        buf_release(&text);
    }
}

/* ---- Slow clients ----------------------------------------------------------------------------------------------- */

/* Sends text and then one byte of drip every 50 ms; returns after how many ms the server closed, -1 if it did not in 6
 * s. */
static int drip_until_closed(struct site *site, const char *text, char drip)
{
    struct client client = client_open(site->server);
    int64_t start = monotonic_us();
    client_send(&client, text);
    int closed_after = -1;
    while (closed_after < 0 && monotonic_us() - start < 6000000) {
        client_send_bytes(&client, (struct str){&drip, 1});
        if (client_is_closed_within(&client, 50))
            closed_after = (int)((monotonic_us() - start) / 1000);
    }
    client_close(&client);
    return closed_after;
}

static void clients_that_drip_are_cut_off(void **state)
{
    (void)state;
    struct site *site = site_new((struct http_options){.read_timeout_s = 1, .idle_timeout_s = 1, .write_timeout_s = 1});
    int ms = drip_until_closed(site, "GET /hello HTTP/1.1\r\nX: ", 'x');
    assert_in_range(ms, 900, 5000);
    ms = drip_until_closed(
        site, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\n", 'x');
    assert_in_range(ms, 900, 5000);
    ms = drip_until_closed(site, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nX: ", 'x');
    assert_in_range(ms, 900, 5000);
    struct answer answer = ask(site, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(answer.status, 200);
    site_free(site);
}

static void idle_connections_are_closed(void **state)
{
    (void)state;
    struct site *site = site_new((struct http_options){.idle_timeout_s = 1});
    struct client client = client_open(site->server);
    size_t consumed = 0;
    client_send(&client, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    struct answer answer = client_read(&client, &consumed, true);
    assert_int_equal(answer.status, 200);
    assert_true(client_is_closed_within(&client, 5000));
    client_close(&client);
    site_free(site);
}

/* ---- Limits ----------------------------------------------------------------------------------------------------- */

static void too_many_requests_are_told_when_to_come_back(void **state)
{
    (void)state;
    struct site *site = site_new(
        (struct http_options){.address_rate = {0.5, 8}, .session_rate = {0.5, 3}, .trusted_proxies = "127.0.0.1"});
    for (int i = 0; i < 3; i++) {
        struct answer answer = ask(site, "GET /worker HTTP/1.1\r\nHost: x\r\nCookie: session=one\r\n\r\n");
        assert_int_equal(answer.status, 200);
    }
    struct answer answer = ask(site, "GET /worker HTTP/1.1\r\nHost: x\r\nCookie: session=one\r\n\r\n");
    assert_int_equal(answer.status, 429);
    assert_true(has(answer, "too-many-requests"));
    assert_header(answer, "Retry-After", "2");
    for (int i = 0; i < 4; i++) {
        answer = ask(site, "GET /absent HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_int_equal(answer.status, 404);
    }
    answer = ask(site, "GET /absent HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(answer.status, 429);
    answer = ask(site, "GET /free HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(answer.status, 200);
    answer = ask(site, "GET /dear HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 198.51.100.1\r\n\r\n");
    assert_int_equal(answer.status, 200);
    answer = ask(site, "GET /dear HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 198.51.100.1\r\n\r\n");
    assert_int_equal(answer.status, 429);
    site_free(site);
}

static void wait_slow(int n)
{
    while (atomic_load(&slow_running) < n)
        usleep(500);
}

/* Until the server's own count says so. line: "http_queued 1\n". */
static void wait_metric(struct site *site, const char *line)
{
    struct buf metrics;
    buf_init(&metrics, 0);
    do {
        buf_reset(&metrics);
        http_metrics_write(site->server, &metrics);
    } while (!strstr(metrics.data, line));
    buf_release(&metrics);
}

static void a_full_queue_refuses_more(void **state)
{
    (void)state;
    struct site *site = site_new((struct http_options){.workers = 1, .queue_max = 1});
    struct client first = client_open(site->server);
    struct client second = client_open(site->server);
    size_t consumed = 0;
    client_send(&first, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_slow(1);
    client_send(&second, "GET /worker HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_metric(site, "http_queued 1\n");
    struct answer answer = request_once(site->server, &site->arena, STR("GET /refuse HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert_int_equal(answer.status, 503);
    assert_true(has(answer, "overloaded"));
    assert_header(answer, "Retry-After", "1");
    answer = ask(site, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(answer.status, 200); /* needs no worker */
    atomic_store(&slow_release, 1);
    answer = client_read(&second, &consumed, true);
    assert_int_equal(answer.status, 200);
    client_close(&first);
    client_close(&second);
    site_free(site);
}

static void bodies_have_a_common_budget(void **state)
{
    (void)state;
    struct site *site = site_new((struct http_options){.bodies_max = 500});
    struct client first = client_open(site->server);
    client_send(&first, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 401\r\n\r\n");
    for (int i = 0; i < 40; i++)
        client_send(&first, "0123456789");
    struct answer answer = {0};
    while (answer.status != 503) /* until the first one's bytes are there */
        answer = ask(
            site,
            "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 101\r\n\r\n"
            "01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890");
    client_close(&first);
    while (answer.status != 200)
        answer =
            ask(site, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc");
    site_free(site);
}

/* ---- The end ---------------------------------------------------------------------------------------------------- */

static void stopping_finishes_what_runs_and_refuses_what_comes(void **state)
{
    struct site *site = *state;
    struct error err = ERROR_INIT;
    struct client running = client_open(site->server);
    struct client kept = client_open(site->server);
    size_t running_consumed = 0;
    size_t kept_consumed = 0;
    client_send(&kept, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    struct answer answer = client_read(&kept, &kept_consumed, true);
    assert_int_equal(answer.status, 200);
    client_send(&running, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_slow(1);
    assert_int_equal(http_server_stop(site->server, 100, &err), FAILED);
    assert_string_equal(err.type, "still-running");
    client_send(&kept, "GET /worker HTTP/1.1\r\nHost: x\r\n\r\n");
    answer = client_read(&kept, &kept_consumed, true);
    assert_int_equal(answer.status, 503);
    assert_true(str_equal_nocase_ascii(answer_header(&answer, "Connection"), STR("close")));
    assert_true(client_is_closed_within(&kept, 5000));
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)http_server_port(site->server)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int late = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(late, (struct sockaddr *)&at, sizeof(at)), -1);
    close(late);
    atomic_store(&slow_release, 1);
    answer = client_read(&running, &running_consumed, true);
    assert_int_equal(answer.status, 200);
    assert_body(answer, "done");
    assert_ok(http_server_stop(site->server, 5000, &err));
    site->server = NULL;
    client_close(&running);
    client_close(&kept);
}

/* ---- Files ------------------------------------------------------------------------------------------------------ */

static void put_file(const char *folder, const char *name, struct str content)
{
    char path[200];
    struct error err = ERROR_INIT;
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_ok(file_write(path, content, 0644, &err));
}

static void built_files_are_served_compressed_and_cached(void **state)
{
    (void)state;
    char folder[] = "/tmp/tongban-web.XXXXXX";
    char path[100];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/assets", folder);
    assert_int_equal(mkdir(path, 0755), 0);
    put_file(folder, "index.html", STR("<p>index"));
    put_file(folder, "assets/app-5f2a91c3.js", STR("plain"));
    put_file(folder, "assets/app-5f2a91c3.js.gz", STR("gzip!"));
    put_file(folder, "assets/app-5f2a91c3.js.br", STR("brotli"));
    const struct http_mount mounts[] = {{"/desk/", folder, "index.html"}, {"/none/", "/no/such/folder", NULL}};
    struct site *site = site_new((struct http_options){.mounts = mounts, .mounts_count = COUNT_OF(mounts)});

    struct answer answer =
        ask(site, "GET /desk/assets/app-5f2a91c3.js HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip, deflate, br\r\n\r\n");
    assert_body(answer, "brotli");
    assert_header(answer, "Content-Encoding", "br");
    assert_header(answer, "Content-Type", "text/javascript; charset=utf-8");
    assert_header(answer, "Cache-Control", "public, max-age=31536000, immutable");
    assert_header(answer, "Vary", "Accept-Encoding");
    answer = ask(site, "GET /desk/assets/app-5f2a91c3.js HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip, br;q=0\r\n\r\n");
    assert_body(answer, "gzip!");
    answer = ask(site, "GET /desk/assets/app-5f2a91c3.js HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_body(answer, "plain");
    assert_false(answer_header(&answer, "Content-Encoding").data);
    answer = ask(site, "GET /desk/ HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_body(answer, "<p>index");
    assert_header(answer, "Cache-Control", "no-cache");
    struct str tag = answer_header(&answer, "ETag");
    answer = request_once(
        site->server, &site->arena,
        arena_printf(&site->arena, "GET /desk/ HTTP/1.1\r\nHost: x\r\nIf-None-Match: %.*s\r\n\r\n", STR_ARGS(tag)));
    assert_int_equal(answer.status, 304);
    answer = ask(site, "GET /desk/cases/7 HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_body(answer, "<p>index");
    answer = ask(site, "GET /desk/missing.js HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(answer.status, 404);
    answer = ask(site, "GET /desk HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(answer.status, 308);
    assert_header(answer, "Location", "/desk/");
    answer = ask(site, "GET /desk/..%2f..%2fetc/passwd HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(answer.status == 400 || answer.status == 404 || str_equal(answer.body, STR("<p>index")));
    answer = ask(site, "GET /none/x HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(answer.status, 404);
    site_free(site);
    if (fork() == 0)
        execlp("rm", "rm", "-rf", folder, (char *)NULL);
    wait(NULL);
}

/* ---- Many at once ----------------------------------------------------------------------------------------------- */

struct load {
    struct http_server *server;
    int number;
};

static void *echo_often(void *arg)
{
    struct load *load = arg;
    struct client client = client_open(load->server);
    size_t consumed = 0;
    for (int i = 0; i < 200; i++) {
        char body[64];
        char text[300];
        int length = snprintf(body, sizeof(body), "body %d of %d", i, load->number);
        snprintf(text, sizeof(text),
                 "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", length,
                 body);
        client_send(&client, text);
        struct answer answer = client_read(&client, &consumed, true);
        assert_int_equal(answer.status, 200);
        assert_true(str_equal(answer.body, str_of(body)));
    }
    client_close(&client);
    return NULL;
}

static void everyone_gets_its_own_answer(void **state)
{
    struct site *site = *state;
    struct load loads[16];
    pthread_t threads[COUNT_OF(loads)];
    for (size_t i = 0; i < COUNT_OF(loads); i++) {
        loads[i] = (struct load){site->server, (int)i};
        pthread_create(&threads[i], NULL, echo_often, &loads[i]);
    }
    for (size_t i = 0; i < COUNT_OF(loads); i++)
        pthread_join(threads[i], NULL);
    wait_metric(site, "http_running 0\n"); /* requests are counted when their answers have gone out */
    struct buf metrics;
    buf_init(&metrics, 0);
    http_metrics_write(site->server, &metrics);
    assert_non_null(strstr(metrics.data, "http_requests_total{method=\"POST\",route=\"/echo\",status=\"200\"} 3200\n"));
    assert_non_null(strstr(metrics.data, "http_request_seconds_count{route=\"/echo\"} 3200\n"));
    assert_non_null(strstr(metrics.data, "http_body_bytes 0\n"));
    buf_release(&metrics);
}

static size_t collect(char *data, size_t size, size_t count, void *arg)
{
    buf_put(arg, (struct str){data, size * count});
    return size * count;
}

static void a_client_library_gets_large_answers_exactly(void **state)
{
    struct site *site = *state;
    char url[100];
    struct buf body;
    long status = 0;
    for (size_t i = 0; i < sizeof(big_body); i++)
        big_body[i] = (char)(i * 31 + i / 1000);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/big", http_server_port(site->server));
    buf_init(&body, 0);
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    for (int i = 0; i < 3; i++) {
        buf_reset(&body);
        assert_int_equal(curl_easy_perform(curl), CURLE_OK);
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        assert_int_equal(status, 200);
        assert_int_equal(body.len, sizeof(big_body));
        assert_memory_equal(body.data, big_body, sizeof(big_body));
    }
    curl_easy_cleanup(curl);
    buf_release(&body);
}

static void wrong_options_are_clear_errors(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct http_server *server = NULL;
    static const char *const listens[] = {"nonsense", "127.0.0.1:99999", "127.0.0.1:x", "no.such.host.invalid:80"};
    for (size_t i = 0; i < COUNT_OF(listens); i++) {
        struct http_options options = {.listen = listens[i]};
        assert_int_equal(http_server_start(&options, &server, &err), FAILED);
        assert_string_equal(err.type, "bad-listen");
    }
    struct http_options options = {.listen = "127.0.0.1:0", .trusted_proxies = "x"};
    assert_int_equal(http_server_start(&options, &server, &err), FAILED);
    assert_string_equal(err.type, "bad-network");
    options = (struct http_options){.listen = "127.0.0.1:0", .tls_cert = "/no/such/file"};
    assert_int_equal(http_server_start(&options, &server, &err), FAILED);
    assert_string_equal(err.type, "bad-tls");
}

#define ON_SITE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    log_set_level(LOG_ERROR + 1);
    const struct CMUnitTest tests[] = {
        ON_SITE(a_connection_carries_many_requests_also_pipelined),
        ON_SITE(an_http_1_0_client_is_answered_and_let_go),
        ON_SITE(parameters_queries_cookies_and_headers_arrive_decoded),
        ON_SITE(head_has_the_headers_of_get_and_no_body),
        ON_SITE(wrong_methods_are_told_which_are_right),
        ON_SITE(every_answer_carries_the_security_headers),
        ON_SITE(failures_become_problems_or_pages),
        ON_SITE(entity_tags_save_and_protect),
        ON_SITE(cookies_and_other_headers_are_set_safely),
        ON_SITE(the_client_is_known_behind_a_trusted_proxy),
        ON_SITE(bodies_arrive_exactly_whole_or_in_chunks),
        ON_SITE(bodies_that_are_too_large_are_refused),
        ON_SITE(who_asks_before_sending_a_body_is_answered_before_it),
        ON_SITE(wrong_types_and_codings_are_refused),
        ON_SITE(forms_and_multipart_bodies_are_read),
        ON_SITE(files_are_sent_from_disk),
        ON_SITE(bad_requests_are_refused_and_the_server_goes_on),
        cmocka_unit_test(rubbish_is_closed_and_the_server_goes_on),
        ON_SITE(huge_headers_are_refused),
        cmocka_unit_test(clients_that_drip_are_cut_off),
        cmocka_unit_test(idle_connections_are_closed),
        cmocka_unit_test(too_many_requests_are_told_when_to_come_back),
        cmocka_unit_test(a_full_queue_refuses_more),
        cmocka_unit_test(bodies_have_a_common_budget),
        ON_SITE(stopping_finishes_what_runs_and_refuses_what_comes),
        cmocka_unit_test(built_files_are_served_compressed_and_cached),
        ON_SITE(everyone_gets_its_own_answer),
        ON_SITE(a_client_library_gets_large_answers_exactly),
        cmocka_unit_test(wrong_options_are_clear_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
