/* Benchmarking: other provinces' lists, gaps and plans. */
#include "service/benchmark.h"

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
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK || api_only(body, names, err) != OK ||
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
