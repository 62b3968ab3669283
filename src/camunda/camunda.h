/* The Camunda 8 orchestration cluster REST API under /v2, as far as its npm client uses it for deployments, process
 * instances, jobs, user tasks, messages, signals, incidents, variables, decisions and the topology: existing workers
 * and task lists of other agencies take part unchanged. Reads see writes at once. Not there: user management, batch
 * operations, clusters. */
#pragma once

#include "http/http.h"

struct service;

/* Routes for http_options.tables; http_options.context must be the struct service and http_options.before gate_before.
 */
struct http_routes camunda_routes(void);

/* For http_options.error_page: problem+json as that API writes it. True for paths under /v2. */
bool camunda_error_page(struct http_request *request, const struct error *err);

/* Those who wait for jobs (also of /api/v1) and for the end of a process are woken when there is something for them:
 * listen before the server starts, then name the server; NULL before it stops. */
void camunda_listen(struct service *service);
void camunda_set_server(struct http_server *server);
/* Wakes those whose jobs have become free by time; call it often. */
void camunda_tick(int64_t now_ms);
