/* Tasks: the worklist, and one task claimed, given back, completed. */
#include "service/task.h"

#include "api/internal.h"

enum status api_list_tasks(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct service_task_query query = {.role = http_query(request, "role"),
                                       .region = http_query(request, "region"),
                                       .item = http_query(request, "item"),
                                       .case_no = http_query(request, "case"),
                                       .stand_in_for = http_query(request, "for"),
                                       .mine = api_query_true(request, "mine"),
                                       .unclaimed = api_query_true(request, "unclaimed"),
                                       .cursor = http_query(request, "cursor")};
    if (gate_call(request, &call, err) != OK || api_limit(request, &query.limit, err) != OK ||
        service_task_list(&call, &query, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, api_named(request, view));
}

static struct value described(struct http_request *request, struct value view)
{
    struct str form = value_text(value_get(view, STR("form")));
    struct value data = value_get(view, STR("data"));
    struct value one = value_get(view, STR("case"));
    view = api_named(request, view);
    if (one.kind == VALUE_CONTEXT) /* the case itself is asked for at its own address */
        view = api_with(request, view, "case", value_get(one, STR("no")));
    return form.len ? api_with(request, view, "form_view", api_describe_form(request, one, form, data)) : view;
}

enum status api_get_task(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_task_get(&call, http_param(request, "id"), &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, described(request, view));
}

typedef enum status task_step(const struct call *call, struct str id, struct value *out, struct error *err);

static enum status step_task(struct http_request *request, task_step *step, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || step(&call, http_param(request, "id"), &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, api_named(request, view));
}

enum status api_claim_task(struct http_request *request, struct error *err)
{
    return step_task(request, service_task_claim, err);
}

enum status api_release_task(struct http_request *request, struct error *err)
{
    return step_task(request, service_task_release, err);
}

enum status api_complete_task(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"form", "confirmed", NULL};
    struct call call;
    struct value body;
    struct value view;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK || api_only(body, names, err) != OK)
        return FAILED;
    if (service_task_complete(&call, http_param(request, "id"), value_get(body, STR("form")), &view, err) == OK)
        return api_reply(request, 200, api_named(request, view));
    return view.kind == VALUE_LIST ? api_reply_errors(request, err, view) : FAILED;
}
