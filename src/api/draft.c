/* Drafts: forms on their way, kept by the server so that a lost phone loses nothing. */
#include "api/internal.h"

#include "service/case.h"

enum status api_list_drafts(struct http_request *request, struct error *err)
{
    struct call call;
    struct value list;
    if (gate_call(request, &call, err) != OK || service_draft_list(&call, &list, err) != OK)
        return FAILED;
    return api_reply(request, 200, api_with(request, value_null, "items", list));
}

static enum status put(struct http_request *request, struct str id, int status, struct error *err)
{
    static const char *const names[] = {"item", "form", "step", "materials", NULL};
    struct call call;
    struct value body, form, view;
    struct str item;
    int64_t step;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK || api_only(body, names, err) != OK ||
        api_text(body, "item", &item, err) != OK || api_object(body, "form", &form, err) != OK ||
        api_int(body, "step", 1, &step, err) != OK)
        return FAILED;
    if (service_draft_put(&call, id, body, &view, err) != OK)
        return FAILED;
    return api_reply(request, status, view);
}

enum status api_create_draft(struct http_request *request, struct error *err)
{
    return put(request, STR_NONE, 201, err);
}

enum status api_save_draft(struct http_request *request, struct error *err)
{
    return put(request, http_param(request, "id"), 200, err);
}

enum status api_get_draft(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_draft_get(&call, http_param(request, "id"), &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, view);
}

enum status api_delete_draft(struct http_request *request, struct error *err)
{
    struct call call;
    if (gate_call(request, &call, err) != OK || service_draft_delete(&call, http_param(request, "id"), err) != OK)
        return FAILED;
    return http_reply_empty(request);
}
