/* Everything that is decided when a request's headers are there: who asks, what for, whether it may, how large it may
 * be. */
#include "http/internal.h"

#include <string.h>

void http_refuse(struct http_state *state, const struct error *err)
{
    if (state->refused)
        return;
    state->refused = true;
    state->refusal = *err;
}

/* ---- Who -------------------------------------------------------------------------------------------------------- */

static bool is_good_id(struct str id)
{
    if (id.len < 8 || id.len > 64)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("._-", c))))
            return false;
    }
    return true;
}

/* Unpredictable enough to be unique; nothing is protected by it. */
static uint64_t next_id(void)
{
    static _Thread_local uint64_t state;
    if (!state)
        world_real.random(world_real.state, (unsigned char *)&state, sizeof(state));
    state += 0x9E3779B97F4A7C15u;
    uint64_t z = (state ^ state >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static void identify(struct http_state *state)
{
    struct http_request *request = &state->request;
    struct http_server *server = state->server;
    struct str id = http_header(request, "X-Request-Id");
    request->id = is_good_id(id) ? id : arena_printf(&state->arena, "%016" PRIx64, next_id());
    const unsigned char *peer = state->guard->peer;
    unsigned char client[16];
    http_client_address(peer, http_header(request, "X-Forwarded-For"), server->trusted, server->trusted_count, client);
    request->address = http_address_text(&state->arena, client);
    request->secure = server->options.tls_cert != NULL ||
                      (http_network_has(server->trusted, server->trusted_count, peer) &&
                       str_equal_nocase_ascii(http_header(request, "X-Forwarded-Proto"), STR("https")));
}

/* ---- How often -------------------------------------------------------------------------------------------------- */

static bool take_tokens(struct http_state *state, struct http_limiter *limiter, struct str key)
{
    int cost = state->match.route ? state->match.route->route.cost : 0;
    return !limiter || !key.len ||
           http_limiter_take(limiter, str_hash(key), cost > 0 ? cost : 1, state->start_us, &state->retry_after_s);
}

/* The network of an IPv6 client: one subscriber has 2^64 addresses. */
static struct str address_key(struct http_state *state)
{
    unsigned char address[16];
    CHECK(http_parse_address(state->request.address, address));
    bool four = str_find(state->request.address, STR(":"), 0) < 0;
    return arena_str(&state->arena, (struct str){(const char *)address, four ? 16 : 8});
}

static void limit_rate(struct http_state *state)
{
    struct http_server *server = state->server;
    struct error err;
    if (state->match.route && state->match.route->route.flags & HTTP_UNLIMITED)
        return;
    const char *cookie = server->options.session_cookie;
    struct str session = server->session_limiter ? http_header(&state->request, "Authorization") : STR_NONE;
    if (server->session_limiter && !session.len)
        session = http_cookie(&state->request, cookie);
    if ((!server->address_limiter || take_tokens(state, server->address_limiter, address_key(state))) &&
        take_tokens(state, server->session_limiter, session))
        return;
    atomic_fetch_add(&server->limited, 1);
    error_set(&err, ERROR_TOO_MANY, "too-many-requests",
              "Too many requests in a short time; try again in %" PRId64 " s.", state->retry_after_s);
    state->refused = true; /* whatever else is wrong with it */
    state->refusal = err;
}

/* ---- What ------------------------------------------------------------------------------------------------------- */

static enum http_method method_of(const char *name)
{
    for (int method = 0; method < HTTP_METHODS; method++)
        if (strcmp(name, http_method_name((enum http_method)method)) == 0)
            return (enum http_method)method;
    return HTTP_METHODS;
}

/* "http://host/path" (as proxies may send it) -> "/path". */
static struct str path_of(struct str target)
{
    struct str query = target;
    struct str path = str_cut(&query, '?');
    ptrdiff_t authority =
        str_starts(path, STR("http://")) || str_starts(path, STR("https://")) ? str_find(path, STR("://"), 0) : -1;
    if (authority < 0)
        return path;
    ptrdiff_t slash = str_find(path, STR("/"), (size_t)authority + 3);
    return slash < 0 ? STR("/") : str_part(path, (size_t)slash, path.len);
}

static enum status find_route(struct http_state *state, enum http_method method, struct error *err)
{
    struct http_server *server = state->server;
    struct str query = state->target;
    (void)str_cut(&query, '?');
    if (http_tree_match(&server->tree, &state->arena, state->request.path, method, &state->match, err))
        return FAILED;
    if (http_parse_query(&state->arena, query, &state->query, err))
        return FAILED;
    if (state->match.route)
        return OK;
    if (!state->match.allowed)
        return error_set(err, ERROR_NOT_FOUND, "not-found", "There is nothing at this address.");
    return error_set(err, ERROR_INVALID, "method-not-allowed", "This address does not take that method.");
}

/* ---- How large -------------------------------------------------------------------------------------------------- */

static bool type_allowed(unsigned flags, struct str type)
{
    if (flags & HTTP_TEXT)
        return true;
    if (flags & HTTP_JSON && (str_equal(type, STR("application/json")) || str_ends(type, STR("+json"))))
        return true;
    if (flags & HTTP_FORM && str_equal(type, STR("application/x-www-form-urlencoded")))
        return true;
    return flags & HTTP_MULTIPART && str_equal(type, STR("multipart/form-data"));
}

static const char *types_hint(unsigned flags)
{
    return flags & HTTP_MULTIPART ? "Send multipart/form-data."
           : flags & HTTP_FORM    ? "Send application/x-www-form-urlencoded."
                                  : "Send application/json.";
}

static enum status check_body(struct http_state *state, int64_t length, struct error *err)
{
    const struct http_route *route = &state->match.route->route;
    unsigned takes = route->flags & (HTTP_JSON | HTTP_FORM | HTTP_MULTIPART | HTTP_TEXT);
    state->body_limit = !takes ? 0 : route->body_max ? route->body_max : state->server->options.body_max;
    if (length == 0)
        return OK;
    if (length > 0 && (uint64_t)length > state->body_limit)
        return error_set(err, ERROR_TOO_LARGE, "body-too-large",
                         "The body has %" PRId64 " bytes; at most %zu are taken here.", length, state->body_limit);
    if (takes && !type_allowed(route->flags, http_content_type(&state->request))) {
        error_set(err, ERROR_INVALID, "unsupported-media-type", "This address does not take a body of that type.");
        return error_hint(err, "%s", types_hint(route->flags));
    }
    struct str coding = http_header(&state->request, "Content-Encoding");
    if (coding.len && !str_equal_nocase_ascii(coding, STR("identity"))) {
        error_set(err, ERROR_INVALID, "unsupported-media-type", "Compressed bodies are not taken.");
        return error_hint(err, "Send the body without Content-Encoding.");
    }
    return OK;
}

struct framing {
    int lengths;
    int codings;
    int64_t length;
    bool wrong;
};

static enum MHD_Result read_framing(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct framing *framing = arg;
    (void)kind;
    if (str_equal_nocase_ascii(str_of(name), STR("content-length"))) {
        framing->lengths++;
        struct str digits = str_of(value);
        framing->wrong |= !str_to_int64(digits, &framing->length) || framing->length < 0 || digits.data[0] == '+';
    } else if (str_equal_nocase_ascii(str_of(name), STR("transfer-encoding"))) {
        framing->codings++;
        framing->wrong |= !str_equal_nocase_ascii(str_trim(str_of(value)), STR("chunked"));
        framing->length = -1;
    }
    return MHD_YES;
}

/* The body's length, 0 for none, -1 for chunked. What two servers could read in two ways is refused: one of them may be
 * a proxy. */
static enum status find_length(struct http_state *state, int64_t *out, struct error *err)
{
    struct framing framing = {0};
    MHD_get_connection_values(state->connection, MHD_HEADER_KIND, read_framing, &framing);
    if (framing.wrong || framing.lengths + framing.codings > 1)
        return error_set(err, ERROR_INVALID, "bad-request", "The length of the body is not clear.");
    *out = framing.length;
    return OK;
}

static enum status decide(struct http_state *state, enum http_method method, int64_t length, struct error *err)
{
    size_t headers = MHD_get_connection_info(state->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
    if (headers > state->server->options.header_max)
        return error_set(err, ERROR_TOO_LARGE, "headers-too-large", "The headers have more than %zu bytes.",
                         state->server->options.header_max);
    if (atomic_load(&state->server->stopping))
        return error_set(err, ERROR_UNAVAILABLE, "stopping", "The server is stopping.");
    if (find_route(state, method, err))
        return FAILED;
    return check_body(state, length, err);
}

void http_begin(struct http_state *state, const char *method_name)
{
    struct http_request *request = &state->request;
    struct error err = ERROR_INIT;
    state->head = strcmp(method_name, "HEAD") == 0;
    enum http_method method = state->head ? HTTP_GET : method_of(method_name);
    request->method = method == HTTP_METHODS ? HTTP_GET : method;
    request->path = path_of(state->target);
    identify(state);
    int64_t length = 0;
    bool framed = find_length(state, &length, &err) == OK;
    if (!framed)
        length = -1;
    bool options = strcmp(method_name, "OPTIONS") == 0;
    if (!framed || decide(state, method, length, &err)) {
        bool describe = options && strcmp(err.type, "method-not-allowed") == 0;
        if (describe || (options && str_equal(request->path, STR("*"))))
            error_set(&err, ERROR_NONE, "options", "Options.");
        http_refuse(state, &err);
    }
    limit_rate(state);
    if (state->match.route)
        request->route = &state->match.route->route;
    int64_t seconds = state->server->options.read_timeout_s +
                      (length < 0 ? (int64_t)state->body_limit : length) / HTTP_BYTES_PER_SECOND;
    atomic_store(&state->guard->deadline_us, state->start_us + seconds * 1000000);
}
