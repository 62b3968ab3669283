/* The access log: searched, exported; what proves that nothing was changed. */
#include "service/audit.h"

#include "api/internal.h"

enum status api_list_access(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct service_access_query query = {.who = http_query(request, "who"),
                                         .subject = http_query(request, "subject"),
                                         .case_no = http_query(request, "case"),
                                         .from = http_query(request, "from"),
                                         .to = http_query(request, "to"),
                                         .cursor = http_query(request, "cursor")};
    if (gate_call(request, &call, err) != OK || api_limit(request, &query.limit, err) != OK ||
        service_access_list(&call, &query, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

enum status api_export_access(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"who", "subject", "case", "from", "to", "reason", NULL};
    struct call call;
    struct value body;
    struct str reason, csv;
    struct service_access_query query = {0};
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "who", &query.who, err) != OK ||
        api_text(body, "subject", &query.subject, err) != OK || api_text(body, "case", &query.case_no, err) != OK ||
        api_text(body, "from", &query.from, err) != OK || api_text(body, "to", &query.to, err) != OK ||
        api_text(body, "reason", &reason, err) != OK || service_access_export(&call, &query, reason, &csv, err) != OK)
        return FAILED;
    http_set_header(request, "Cache-Control", STR("no-store"));
    http_set_header(request, "Content-Disposition", STR("attachment; filename=\"access-log.csv\""));
    return http_reply(request, 200, "text/csv; charset=utf-8", csv);
}

enum status api_ask_audit(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_audit_ask(&call, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 202, view);
}

enum status api_get_audit_state(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_audit_state(&call, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}
