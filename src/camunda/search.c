/* Searches: one handler each, all the same but for what is searched. */
#include "service/search.h"

#include "camunda/internal.h"

static enum status search_of(struct http_request *request, enum service_search_kind kind, struct str of,
                             struct error *err)
{
    struct call call;
    struct value body, view;
    struct service_search search = {.kind = kind, .of = of};
    if (camunda_begin(request, &call, &body, err) != OK || camunda_object(body, "filter", &search.filter, err) != OK ||
        camunda_object(body, "page", &search.page, err) != OK || camunda_list(body, "sort", &search.sort, err) != OK)
        return FAILED;
    if (kind == SERVICE_SEARCH_INCIDENTS && of.len) {
        struct value filter =
            value_is_null(search.filter) ? context_of_members(request->arena, NULL, 0) : search.filter;
        search.filter = value_put_path(request->arena, filter, STR("processInstanceKey"), value_string(of));
    }
    if (service_search(&call, &search, &view, err) != OK)
        return FAILED;
    return camunda_reply(request, 200, view);
}

#define SEARCH(name, kind, of)                                                                                         \
    enum status camunda_search_##name(struct http_request *request, struct error *err)                                 \
    {                                                                                                                  \
        return search_of(request, kind, of, err);                                                                      \
    }

SEARCH(processes, SERVICE_SEARCH_PROCESSES, STR_NONE)
SEARCH(decisions, SERVICE_SEARCH_DECISIONS, STR_NONE)
SEARCH(requirements, SERVICE_SEARCH_REQUIREMENTS, STR_NONE)
SEARCH(instances, SERVICE_SEARCH_INSTANCES, STR_NONE)
SEARCH(elements, SERVICE_SEARCH_ELEMENTS, STR_NONE)
SEARCH(variables, SERVICE_SEARCH_VARIABLES, STR_NONE)
SEARCH(tasks, SERVICE_SEARCH_USER_TASKS, STR_NONE)
SEARCH(incidents, SERVICE_SEARCH_INCIDENTS, STR_NONE)
SEARCH(instance_incidents, SERVICE_SEARCH_INCIDENTS, http_param(request, "key"))
SEARCH(task_variables, SERVICE_SEARCH_TASK_VARIABLES, http_param(request, "key"))
SEARCH(effective_variables, SERVICE_SEARCH_EFFECTIVE_VARIABLES, http_param(request, "key"))
