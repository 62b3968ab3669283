/* Benchmarking: other provinces' lists, gaps and plans; what if our own item asked for less. */
#include "service/benchmark.h"
#include "service/what_if.h"

#include "api/internal.h"

enum status api_list_benchmarks(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_benchmark_list(&call, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, api_named(request, view));
}

enum status api_import_benchmarks(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_benchmark_import(&call, request->body, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

enum status api_plan_benchmark(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"measure", "owner", "due", NULL};
    struct call call;
    struct value body, view;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK ||
        service_benchmark_plan(&call, http_param(request, "item"), body, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

enum status api_list_same_materials(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_benchmark_materials(&call, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

/* ---- What if ---- */

typedef enum status what_if_function(const struct call *call, const struct service_what_if_query *query,
                                     struct value *out, struct error *err);

static enum status what_if(struct http_request *request, what_if_function *ask, struct error *err)
{
    struct call call;
    struct value view;
    struct service_what_if_query query = {.item = http_param(request, "item"),
                                          .region = http_query(request, "region"),
                                          .unit = http_query(request, "unit"),
                                          .from = http_query(request, "from"),
                                          .to = http_query(request, "to"),
                                          .amount = http_query(request, "amount"),
                                          .counted = http_query(request, "counted"),
                                          .extension = http_query(request, "extension"),
                                          .without = http_query(request, "without"),
                                          .cursor = http_query(request, "cursor")};
    if (gate_call(request, &call, err) != OK || api_limit(request, &query.limit, err) != OK ||
        ask(&call, &query, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, api_named(request, view));
}

enum status api_ask_what_if(struct http_request *request, struct error *err)
{
    return what_if(request, service_what_if, err);
}

enum status api_list_what_if_cases(struct http_request *request, struct error *err)
{
    return what_if(request, service_what_if_cases, err);
}
