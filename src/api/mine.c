/* What persons and organisations take along and end of their own; figures that are open to everybody. */
#include "service/mine.h"

#include "api/internal.h"
#include "service/openness.h"

enum status api_export_mine(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK ||
        service_mine_export(&call, gate_caller_of(request)->secret, &view, err) != OK)
        return FAILED;
    http_set_header(request, "Cache-Control", STR("no-store"));
    return api_reply_plain(request, 200, view);
}

enum status api_list_my_sessions(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK ||
        service_mine_sessions(&call, gate_caller_of(request)->secret, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

enum status api_end_my_session(struct http_request *request, struct error *err)
{
    struct call call;
    if (gate_call(request, &call, err) != OK ||
        service_mine_session_end(&call, gate_caller_of(request)->secret, http_param(request, "id"), err) != OK)
        return FAILED;
    return http_reply_empty(request);
}

enum status api_get_figures(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct service_openness_query query = {
        .region = http_query(request, "region"), .from = http_query(request, "from"), .to = http_query(request, "to")};
    if (gate_call(request, &call, err) != OK || service_openness(&call, &query, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}
