/* An HTTP/1.1 server over libmicrohttpd: routes, limits, bodies, answers, files, metrics. Knows no domain and no
 * database.
 *
 * The way of a request: an event thread reads it whole within the limits -> the route is found by method and path ->
 * rate limits -> options.before -> the handler, in a worker thread that may block (HTTP_INLINE: in the event thread) ->
 * the answer goes out with the security headers. A handler that returns FAILED is answered from its struct error as
 * problem+json (RFC 9457). Bodies are whole in memory; parameters, queries, cookies and forms arrive decoded and are
 * valid UTF-8. */
#pragma once

#include "base/base.h"
#include "http/parse.h"

struct http_server;
struct http_state;

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_METHODS };
const char *http_method_name(enum http_method method);

/* ---- Requests --------------------------------------------------------------------------------------------------- */

/* Valid until its answer is sent. All texts live as long as the request. */
struct http_request {
    enum http_method method; /* HEAD arrives as HTTP_GET; the server leaves the body out */
    struct str path;         /* as sent, not decoded, without the query; personal data may be in it: do not log */
    struct str body;         /* whole; empty if none */
    struct str id;           /* X-Request-Id: the client's if it is 8 to 64 of [A-Za-z0-9._-], otherwise ours */
    struct str address;      /* the client's, "192.0.2.1" or "2001:db8::1"; behind trusted proxies the forwarded one */
    bool secure;             /* came by TLS, here or at a trusted proxy (X-Forwarded-Proto) */
    const struct http_route *route;
    struct arena *arena; /* for whatever lives as long as the request */
    void *context;       /* options.context */
    void *user;          /* for options.before and handlers: the session, the caller */
    void *kept;          /* the handler's own, for when it is run again after http_suspend; NULL at first */
    struct http_state *state;
};

/* Answers the request by http_reply… or http_suspend and returns OK; or returns FAILED with err and has not answered.
 */
typedef enum status (*http_handler)(struct http_request *request, struct error *err);

/* What {name} or {name...} in the pattern stood for, decoded. Naming one that the pattern has not is a bug. */
struct str http_param(const struct http_request *request, const char *name);
/* The first query parameter of that name, decoded; absent if there is none ("a=" is present and empty). */
struct str http_query(const struct http_request *request, const char *name);
/* All query parameters in order. */
const struct http_pairs *http_query_all(const struct http_request *request);
/* Name without regard to case; absent if there is none. */
struct str http_header(const struct http_request *request, const char *name);
struct str http_cookie(const struct http_request *request, const char *name);
/* The body's media type in lower case without parameters ("application/json"); absent if none. */
struct str http_content_type(const struct http_request *request);
/* The body as a form: application/x-www-form-urlencoded, or multipart/form-data (parts). The error names the field. */
MUST_USE enum status http_form(struct http_request *request, const struct http_pairs **out, struct error *err);
MUST_USE enum status http_parts(struct http_request *request, const struct http_multipart **out, struct error *err);
/* True when the browser says that another site's page sent this (Sec-Fetch-Site, else Origin against Host): refuse
 * changes. */
bool http_cross_site(const struct http_request *request);
/* True when the client would rather have HTML than JSON (a browser's navigation). */
bool http_wants_html(const struct http_request *request);

/* ---- Answers ---------------------------------------------------------------------------------------------------- */

/* Bodies and header values given here must live as long as the request (arena, literals). Once per request. */
enum status http_reply(struct http_request *request, int status, const char *content_type, struct str body);
/* Takes the buffer over and releases it (no copy). */
enum status http_reply_buf(struct http_request *request, int status, const char *content_type, struct buf *body);
/* 204. */
enum status http_reply_empty(struct http_request *request);
/* 303 (after POST) or another 3xx to a path or URL. */
enum status http_reply_redirect(struct http_request *request, int status, struct str location);
/* Sends size bytes from an open file and closes it; nothing is held in memory. */
enum status http_reply_file(struct http_request *request, int status, const char *content_type, int fd, uint64_t size);
/* problem+json from err; the status follows err->kind, and err->type "if-match-failed" gives 412, "bad-body" 400.
 * Handlers just return FAILED; this is for options.error_page and pages. */
enum status http_reply_problem(struct http_request *request, const struct error *err);
int http_status_of(const struct error *err);
/* The JSON object of a problem, as http_reply_problem sends it. */
struct str http_problem_json(struct arena *arena, const struct error *err, struct str request_id);

/* Before the reply. Replaces one of the same name that was set before. */
void http_set_header(struct http_request *request, const char *name, struct str value);
/* A file name for Content-Disposition, any UTF-8. */
void http_set_download(struct http_request *request, struct str file_name);

enum http_cookie_flags {
    HTTP_COOKIE_SCRIPT = 1, /* readable by scripts; otherwise HttpOnly */
    HTTP_COOKIE_STRICT = 2, /* SameSite=Strict; otherwise Lax */
};
/* value: letters, digits and !#$%&'()*+-./:<=>?@[]^_`{|}~ only. max_age_s: seconds; 0 for this browser session; -1
 * removes it. Path=/, SameSite and HttpOnly by flags, Secure when the request was (or options.secure_cookies). */
void http_set_cookie(struct http_request *request, const char *name, struct str value, int64_t max_age_s,
                     unsigned flags);

/* Sets ETag ("<tag>", quotes added). True when If-None-Match has it: then 304 is the answer and has been given. */
bool http_etag(struct http_request *request, struct str tag);
/* OK when If-Match is absent, "*" or has the tag; otherwise if-match-failed (412). The absence is told by http_header.
 */
MUST_USE enum status http_if_match(const struct http_request *request, struct str tag, struct error *err);

/* ---- Waiting without a thread (long polling) -------------------------------------------------------------------- */

/* A handler that has nothing to tell yet lets the request wait for a topic, and is run again when the topic is woken or
 * the time is over. To lose no wake-up: http_watch first, then look, then http_suspend. http_watch(request, topic); …
 * look for jobs; if there are some or http_waited_out(request): reply … return http_suspend(request, 30000); Waking
 * runs the route's handler again (not options.before; request->user stays) in a worker; http_waited_out is then true if
 * the time was over or the server stops. wait_ms counts from the first suspension and is cut to options.suspend_max_ms.
 */
void http_watch(struct http_request *request, struct str topic);
enum status http_suspend(struct http_request *request, int64_t wait_ms);
bool http_waited_out(const struct http_request *request);
/* True when the client has closed its connection: what it asked for must not be given to it. */
bool http_gone(const struct http_request *request);
/* From any thread, also from db_after_commit: wakes at most max requests that watch the topic, longest waiting first;
 * those whose client has gone are let go as if their time were over, and do not count. */
void http_wake(struct http_server *self, struct str topic, size_t max);

/* ---- Routes ----------------------------------------------------------------------------------------------------- */

enum http_route_flags {
    HTTP_INLINE = 1,          /* never blocks: runs in the event thread, without options.before */
    HTTP_QUIET = 2,           /* no access log line */
    HTTP_UNLIMITED = 4,       /* no rate limit */
    HTTP_OPEN = 8,            /* options.before is not called */
    HTTP_JSON = 16,           /* the body must be application/json (or …+json), otherwise 415 */
    HTTP_FORM = 32,           /* or application/x-www-form-urlencoded */
    HTTP_MULTIPART = 64,      /* or multipart/form-data */
    HTTP_TEXT = 128,          /* or any other type. A route without these four takes no body: 413 beyond 0 bytes */
    HTTP_FLAG_USER = 1 << 16, /* this and higher bits are the caller's */
};

/* pattern: "/api/v1/cases/{no}/actions/{action}"; a segment is a literal, {name}, {name} with a literal tail
 * ("{no}.svg"), or, last, {name...} for the rest of the path (which may be empty). Literals win over tails, tails over
 * {name}, that over {name...}. GET answers HEAD too; OPTIONS and 405 with Allow are made by the server. Two routes for
 * one method and shape are a bug. */
struct http_route {
    enum http_method method;
    const char *pattern;
    http_handler handler;
    unsigned flags;
    size_t body_max;  /* bytes; 0: options.body_max */
    int cost;         /* tokens of the rate limit; 0: 1. Sign-in and the like cost more */
    const void *data; /* the caller's: roles, documentation */
};

struct http_routes {
    const struct http_route *items;
    size_t count;
};

/* A folder of built files served at a prefix: "/desk/" -> web/dist/desk. Read into memory at start; .br and .gz
 * siblings are sent to those who accept them; names with a hash (assets/…, name-8charsormore.ext) are immutable, others
 * revalidate by ETag. */
struct http_mount {
    const char *prefix; /* begins and ends with '/' */
    const char *folder; /* missing: nothing is served there */
    const char
        *fallback; /* file for unknown names without a dot (single-page applications), "index.html"; or NULL: 404 */
};

/* ---- The server ------------------------------------------------------------------------------------------------- */

struct http_rate {
    double per_second; /* tokens that come back; 0: no limit */
    double burst;      /* tokens at most */
};

/* 0 or NULL takes the default. */
struct http_options {
    const char *listen; /* "127.0.0.1:8080", "[::]:80", ":8080"; port 0 picks a free one (http_server_port) */
    const struct http_routes *tables; /* api, portal, … */
    size_t tables_count;
    const struct http_mount *mounts;
    size_t mounts_count;
    void *context;

    /* Before the handler, in its thread: find the session, refuse. */
    http_handler before;
    /* Answers a failure (also 404, 405, 413 …) in its own way, with http_reply: HTML pages for browsers. False:
     * problem+json. May run in the event thread: must not block. request->route is NULL when there is none. */
    bool (*error_page)(struct http_request *request, const struct error *err);

    int event_threads;           /* 2 */
    int workers;                 /* 64: handlers that may block at one time */
    int queue_max;               /* 4,096 requests waiting for a worker; beyond: 503 */
    int connections_max;         /* 10,000 */
    int connections_per_address; /* 0: no limit */
    size_t header_max;           /* 16 KiB: request line and headers */
    size_t body_max;             /* 1 MiB */
    size_t bodies_max;           /* 256 MiB: bodies held at one time; beyond: 503 */
    int idle_timeout_s;          /* 30: kept-alive connections */
    int read_timeout_s;          /* 20: the whole request; bodies get a second more for each 8 KiB */
    int write_timeout_s;         /* 20: the whole answer, likewise */
    int64_t suspend_max_ms;      /* 60,000 */
    size_t suspended_max;        /* 10,000; beyond: http_suspend answers at once as if the time were over */

    struct http_rate address_rate; /* per client address (IPv6: /64) */
    struct http_rate session_rate; /* per session cookie or bearer token */
    const char *session_cookie;    /* "session" */

    const char *trusted_proxies; /* "127.0.0.1 10.0.0.0/8 ::1": whose X-Forwarded-For and -Proto are believed; none */
    bool secure_cookies;         /* Secure on every cookie even if the request seems plain */
    const char *content_security_policy; /* the strict one of the pages */
    bool access_log;                     /* one http.request line each: id, method, route pattern, status, ms, bytes */
    const char *tls_cert;                /* PEM files; both or neither */
    const char *tls_key;
};

MUST_USE enum status http_server_start(const struct http_options *options, struct http_server **out, struct error *err);
int http_server_port(const struct http_server *self);
/* Stops accepting; wakes waiting requests; new requests on open connections get 503 and Connection: close; running ones
 * have grace_ms to end. Then frees the server. FAILED if some handler still ran: then the server is not freed; call
 * again or let the process end. */
MUST_USE enum status http_server_stop(struct http_server *self, int64_t grace_ms, struct error *err);

/* Prometheus text: http_requests_total{method,route,status}, http_request_seconds histogram by route, in flight,
 * waiting, connections, refused by rate. Labels are patterns, never paths. */
void http_metrics_write(struct http_server *self, struct buf *out);
