/* Applying for many at once by a table. */
#include "service/bulk.h"

#include "api/internal.h"

enum status api_list_bulk_items(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_bulk_items(&call, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, api_named(request, view));
}

static enum status reply_table(struct http_request *request, struct str name, struct str text)
{
    http_set_download(request, name);
    http_set_header(request, "Cache-Control", STR("private, no-cache"));
    return http_reply(request, 200, "text/csv; charset=utf-8", text);
}

enum status api_get_bulk_template(struct http_request *request, struct error *err)
{
    struct call call;
    struct str text, code = http_param(request, "code");
    if (gate_call(request, &call, err) != OK || service_bulk_template(&call, code, &text, err) != OK)
        return FAILED;
    return reply_table(request, arena_printf(request->arena, "%.*s.csv", STR_ARGS(code)), text);
}

enum status api_start_bulk(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK ||
        service_bulk_start(&call, http_param(request, "code"), http_query(request, "name"), request->body, &view,
                           err) != OK)
        return FAILED;
    return api_reply_plain(request, 202, api_named(request, view));
}

enum status api_list_bulks(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    int64_t limit;
    if (gate_call(request, &call, err) != OK || api_limit(request, &limit, err) != OK ||
        service_bulk_list(&call, limit, http_query(request, "cursor"), &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, api_named(request, view));
}

enum status api_get_bulk(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_bulk_get(&call, http_param(request, "id"), &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, api_named(request, view));
}

enum status api_list_bulk_rows(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct service_bulk_query query = {.result = http_query(request, "result"),
                                       .cursor = http_query(request, "cursor")};
    if (gate_call(request, &call, err) != OK || api_limit(request, &query.limit, err) != OK ||
        service_bulk_rows(&call, http_param(request, "id"), &query, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

static enum status reply_download(struct http_request *request, enum service_bulk_file which, const char *name,
                                  struct error *err)
{
    struct call call;
    struct str text, id = http_param(request, "id");
    if (gate_call(request, &call, err) != OK || service_bulk_download(&call, id, which, &text, err) != OK)
        return FAILED;
    return reply_table(request, arena_printf(request->arena, "%s-%.*s.csv", name, STR_ARGS(id)), text);
}

enum status api_get_bulk_exceptions(struct http_request *request, struct error *err)
{
    return reply_download(request, SERVICE_BULK_EXCEPTIONS, "exceptions", err);
}

enum status api_get_bulk_results(struct http_request *request, struct error *err)
{
    return reply_download(request, SERVICE_BULK_RESULTS, "results", err);
}

enum status api_cancel_bulk(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_bulk_cancel(&call, http_param(request, "id"), &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, api_named(request, view));
}
