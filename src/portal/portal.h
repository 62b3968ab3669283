/* The citizens' pages: HTML made from the templates in web/portal over the same service as the API. Works with scripts
 * off. */
#pragma once

#include "http/http.h"

struct pack_set;

/* Reads web/portal/templates and texts and web/dist/portal/manifest.json below the folder web; all of it lives in
 * arena, as long as the process. Errors name the template and the line. Call once before the server starts. */
MUST_USE enum status portal_load(struct arena *arena, const char *web, struct error *err);

/* Routes for http_options.tables; http_options.context must be the struct service and http_options.before gate_before.
 */
struct http_routes portal_routes(void);

/* For http_options.error_page: a page that says what happened and what to do. True when the client wants HTML. */
bool portal_error_page(struct http_request *request, const struct error *err);
