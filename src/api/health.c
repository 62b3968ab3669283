/* What operators and machines ask: alive, ready, metrics, the API's description, the public keys. */
#include "api/internal.h"

#include "service/certificate.h"

static const unsigned char description[] = {
#include "api/openapi.inc"
};

static _Atomic(struct http_server *) counted_server; /* set once after start-up, read by /metrics */

void api_set_server(struct http_server *server)
{
    counted_server = server;
}

enum status api_is_alive(struct http_request *request, struct error *err)
{
    (void)err;
    return http_reply(request, 200, "text/plain; charset=utf-8", STR("alive\n"));
}

enum status api_is_ready(struct http_request *request, struct error *err)
{
    if (service_ready(request->context, err) != OK)
        return FAILED;
    return http_reply(request, 200, "text/plain; charset=utf-8", STR("ready\n"));
}

enum status api_get_metrics(struct http_request *request, struct error *err)
{
    (void)err;
    struct buf body;
    buf_init(&body, 0);
    service_metrics_write(request->context, &body);
    struct http_server *server = counted_server;
    if (server)
        http_metrics_write(server, &body);
    return http_reply_buf(request, 200, "text/plain; version=0.0.4; charset=utf-8", &body);
}

enum status api_get_description(struct http_request *request, struct error *err)
{
    (void)err;
    http_set_header(request, "Cache-Control", STR("no-cache"));
    return http_reply(request, 200, "application/json", (struct str){(const char *)description, sizeof(description)});
}

enum status api_get_keys(struct http_request *request, struct error *err)
{
    struct call call = {.service = request->context, .actor = &actor_nobody, .arena = request->arena};
    struct value keys;
    if (service_jwks(&call, &keys, err) != OK)
        return FAILED;
    http_set_header(request, "Access-Control-Allow-Origin", STR("*"));
    return api_reply(request, 200, keys);
}
