/* The JSON API under /api/v1, described by openapi.json: reads requests into FEEL values, calls the service, writes its
 * views. */
#pragma once

#include "http/http.h"

/* Routes for http_options.tables; http_options.context must be the struct service and http_options.before gate_before.
 */
struct http_routes api_routes(void);

/* For http_options.error_page: problem+json with its title in the caller's language. True for paths of the API. */
bool api_error_page(struct http_request *request, const struct error *err);

/* /metrics adds what the HTTP server counts; NULL until it has started. */
void api_set_server(struct http_server *server);
/* Wakes workers that wait for jobs of a type. */
void api_wake_jobs(struct http_server *server, struct str type);
