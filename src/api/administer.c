/* Integrations, settings, templates of notices, code tables. */
#include "service/administer.h"

#include "api/internal.h"
#include "pack/pack.h"

enum status api_list_integrations(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_integration_list(&call, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, api_named(request, view));
}

enum status api_test_integration(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK ||
        service_integration_test(&call, http_param(request, "id"), &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

enum status api_list_settings(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_setting_list(&call, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

enum status api_change_setting(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"value", NULL};
    struct call call;
    struct value body, view;
    struct str value;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "value", &value, err) != OK ||
        service_setting_change(&call, http_param(request, "name"), value.data ? value : STR(""), &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

enum status api_list_notice_kinds(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_notice_kinds(&call, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

enum status api_preview_notice(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"data", NULL};
    struct call call;
    struct value body, data, view;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_object(body, "data", &data, err) != OK ||
        service_notice_preview(&call, http_param(request, "id"), data, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

enum status api_list_codes(struct http_request *request, struct error *err)
{
    (void)err;
    size_t count;
    const struct pack_set *packs = packs_of(request);
    const struct pack_codes *const *tables = pack_codes_all(packs, &count);
    struct list_builder items;
    list_builder_init(&items, request->arena);
    for (size_t i = 0; i < count; i++) {
        struct context_builder row;
        context_builder_init(&row, request->arena);
        context_builder_put(&row, STR("id"), value_string(tables[i]->id));
        struct str title = tables[i]->title.len ? tables[i]->title : tables[i]->id;
        context_builder_put(&row, STR("title"), value_string(pack_text(packs, api_language(request), title)));
        context_builder_put(&row, STR("source"), value_string(tables[i]->source.len ? tables[i]->source : STR("")));
        context_builder_put(&row, STR("count"), value_int((int64_t)tables[i]->count));
        if (tables[i]->pack) /* none: the divisions */
            context_builder_put(&row, STR("pack"), value_string(pack_id(tables[i]->pack)));
        list_builder_push(&items, context_builder_done(&row));
    }
    return api_reply_plain(request, 200, api_with(request, value_null, "items", list_builder_done(&items)));
}
