/* The inbox, and how its owner wants to be told. */
#include "api/internal.h"

#include "service/message.h"
#include "service/party.h"

enum status api_list_notices(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    int64_t limit;
    if (gate_call(request, &call, err) != OK || api_limit(request, &limit, err) != OK ||
        service_notice_list(&call, limit, http_query(request, "cursor"), &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, view);
}

enum status api_read_notice(struct http_request *request, struct error *err)
{
    struct call call;
    if (gate_call(request, &call, err) != OK || service_notice_read(&call, http_param(request, "id"), err) != OK)
        return FAILED;
    return http_reply_empty(request);
}

enum status api_get_preferences(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_preference_get(&call, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, view);
}

enum status api_set_preferences(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"sms", "email", "phone", "address", "language", NULL};
    struct call call;
    struct value body, view;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || service_preference_put(&call, body, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, view);
}
