/* Indicators, who is late, how staff do, supervision, bulletins. */
#include "service/indicator.h"

#include "api/internal.h"
#include "service/assessment.h"
#include "service/bulletin.h"
#include "service/supervision.h"

static struct service_indicator_query read_query(struct http_request *request, struct str id)
{
    return (struct service_indicator_query){.id = id,
                                            .region = http_query(request, "region"),
                                            .unit = http_query(request, "unit"),
                                            .item = http_query(request, "item"),
                                            .from = http_query(request, "from"),
                                            .to = http_query(request, "to"),
                                            .by = http_query(request, "by"),
                                            .open = api_query_true(request, "open")};
}

enum status api_list_indicators(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct service_indicator_query query = read_query(request, STR(""));
    if (gate_call(request, &call, err) != OK || service_indicator_list(&call, &query, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

enum status api_get_indicator(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct service_indicator_query query = read_query(request, http_param(request, "id"));
    if (gate_call(request, &call, err) != OK || service_indicator_get(&call, &query, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

enum status api_list_indicator_cases(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct service_indicator_cases_query query = {
        .figure = read_query(request, http_param(request, "id")),
        .part = http_query(request, "part"),
        .cursor = http_query(request, "cursor")};
    if (gate_call(request, &call, err) != OK || api_limit(request, &query.limit, err) != OK ||
        service_indicator_cases(&call, &query, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, api_named(request, view));
}

enum status api_list_deadlines(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK ||
        service_indicator_deadlines(&call, http_query(request, "region"), &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

enum status api_get_assessment(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct service_assessment_query query = {.region = http_query(request, "region"),
                                             .unit = http_query(request, "unit"),
                                             .from = http_query(request, "from"),
                                             .to = http_query(request, "to"),
                                             .by = http_query(request, "by")};
    if (gate_call(request, &call, err) != OK || service_assessment_get(&call, &query, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

/* ---- Supervision ---- */

enum status api_list_supervisions(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    int64_t limit;
    if (gate_call(request, &call, err) != OK || api_limit(request, &limit, err) != OK ||
        service_supervision_list(&call, http_query(request, "state"), limit, http_query(request, "cursor"), &view,
                                 err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, api_named(request, view));
}

enum status api_open_supervision(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"case", "subject", "owner", "due", "reason", NULL};
    struct call call;
    struct value body, view;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || service_supervision_open(&call, body, &view, err) != OK)
        return FAILED;
    return api_reply(request, 201, api_named(request, view));
}

enum status api_act_on_supervision(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"text", "proof", NULL};
    struct call call;
    struct value body, view;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK ||
        service_supervision_act(&call, http_param(request, "id"), http_param(request, "action"), body, &view, err) !=
            OK)
        return FAILED;
    return api_reply(request, 200, api_named(request, view));
}

/* ---- Bulletins ---- */

enum status api_list_bulletins(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    int64_t limit;
    if (gate_call(request, &call, err) != OK || api_limit(request, &limit, err) != OK ||
        service_bulletin_list(&call, limit, http_query(request, "cursor"), &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

enum status api_make_bulletin(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"kind", "date", "region", "title", NULL};
    struct call call;
    struct value body, view;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || service_bulletin_make(&call, body, &view, err) != OK)
        return FAILED;
    return api_reply(request, 201, view);
}

enum status api_get_bulletin(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK ||
        service_bulletin_get(&call, http_param(request, "id"), &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, view);
}

static enum status change(struct http_request *request, bool publish, struct error *err)
{
    static const char *const names[] = {"title", "sections", NULL};
    struct call call;
    struct value body, view;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK ||
        service_bulletin_change(&call, http_param(request, "id"), body, publish, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, view);
}

enum status api_change_bulletin(struct http_request *request, struct error *err)
{
    return change(request, false, err);
}

enum status api_publish_bulletin(struct http_request *request, struct error *err)
{
    return change(request, true, err);
}
