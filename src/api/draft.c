/* Drafts: forms on their way, kept by the server so that a lost phone loses nothing. */
#include "api/internal.h"

#include "service/case.h"
#include "service/material.h"
#include "service/prefill.h"

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
    static const char *const names[] = {"item", "form", "step", "materials", "disputes", "prefill", "consent",
                                        "declined", NULL};
    struct call call;
    struct value body, form, disputes, view;
    struct str item;
    int64_t step;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "item", &item, err) != OK ||
        api_object(body, "form", &form, err) != OK || api_object(body, "disputes", &disputes, err) != OK ||
        api_int(body, "step", 1, &step, err) != OK)
        return FAILED;
    bool begins = !id.len && value_is_true(value_get(body, STR("prefill")));
    if (begins && service_draft_start(&call, item, value_get(body, STR("consent")),
                                      value_get(body, STR("declined")), &view, err) == OK)
        return api_reply(request, status, view);
    if (begins || service_draft_put(&call, id, body, &view, err) != OK)
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

enum status api_list_prefill(struct http_request *request, struct error *err)
{
    struct call call;
    struct value items;
    if (gate_call(request, &call, err) != OK ||
        service_prefill_questions(&call, http_param(request, "code"), &items, err) != OK)
        return FAILED;
    return api_reply(request, 200, api_with(request, value_null, "items", items));
}

enum status api_list_draft_materials(struct http_request *request, struct error *err)
{
    struct call call;
    struct value draft, items;
    if (gate_call(request, &call, err) != OK ||
        service_draft_get(&call, http_param(request, "id"), &draft, err) != OK ||
        service_materials_asked(&call, value_text(value_get(draft, STR("item"))), value_get(draft, STR("form")),
                                value_get(draft, STR("materials")), &items, err) != OK)
        return FAILED;
    return api_reply(request, 200, api_with(request, value_null, "items", items));
}
