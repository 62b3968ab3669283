/* Items, code tables, decisions. */
#include "api/internal.h"

#include "form/form.h"
#include "pack/pack.h"
#include "service/catalogue.h"
#include "service/eligibility.h"
#include "service/item_desk.h"

#include <string.h>

static struct value translated_item(struct http_request *request, struct value item)
{
    static const char *const texts[] = {"title", "summary"};
    struct context_builder more;
    context_builder_init(&more, request->arena);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct str text = value_text(value_get(item, str_of(texts[i])));
        if (text.len)
            context_builder_put(&more, str_of(texts[i]),
                                value_string(pack_text(packs_of(request), api_language(request), text)));
    }
    return value_merge(request->arena, item, context_builder_done(&more));
}

/* ?limit=, 1…200; 0 without it: as many as the service takes for usual. */
static enum status page_limit(struct http_request *request, int64_t *out, struct error *err)
{
    struct str text = http_query(request, "limit");
    *out = 0;
    if (!text.len || (str_to_int64(text, out) && *out >= 1 && *out <= 200))
        return OK;
    error_set(err, ERROR_INVALID, "bad-query", "limit must be a number from 1 to 200");
    return error_field(err, "limit");
}

enum status api_list_items(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct service_item_query query = {.text = http_query(request, "q"),
                                       .topic = http_query(request, "topic"),
                                       .subject = http_query(request, "subject"),
                                       .type = http_query(request, "type"),
                                       .handling = http_query(request, "handling"),
                                       .no_visit = api_query_true(request, "no_visit"),
                                       .across = api_query_true(request, "across"),
                                       .startable = api_query_true(request, "startable"),
                                       .cursor = http_query(request, "cursor")};
    if (gate_call(request, &call, err) != OK || page_limit(request, &query.limit, err) != OK ||
        service_item_list(&call, &query, &view, err) != OK)
        return FAILED;
    struct value items = value_get(view, STR("items"));
    struct list *translated = list_new(request->arena, value_count(items));
    for (size_t i = 0; i < value_count(items); i++)
        translated->items[i] = translated_item(request, value_at(items, i));
    return api_reply(request, 200, api_with(request, view, "items", value_of_list(translated)));
}

enum status api_get_item(struct http_request *request, struct error *err)
{
    struct call call;
    struct value item;
    struct str code = http_param(request, "code");
    if (gate_call(request, &call, err) != OK || service_item_get(&call, code, &item, err) != OK)
        return FAILED;
    struct str form_id = value_text(value_get(item, STR("form_id")));
    struct value data = value_null;
    struct error none = ERROR_INIT;
    if (form_id.len && service_item_prefill(&call, code, &data, &none) != OK)
        data = value_null; /* nothing to start from: nobody is signed in */
    item = translated_item(request, item);
    return api_reply(request, 200,
                     api_with(request, item, "form_view", api_describe_form(request, value_null, form_id, data)));
}

enum status api_get_eligibility(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK ||
        service_eligibility_get(&call, http_param(request, "code"), &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, view);
}

enum status api_judge_eligibility(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"answers", NULL};
    struct call call;
    struct value body, answers, view;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_object(body, "answers", &answers, err) != OK ||
        service_eligibility_judge(&call, http_param(request, "code"), answers, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, view);
}

enum status api_list_item_versions(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK ||
        service_item_versions(&call, http_param(request, "code"), &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

enum status api_list_catalogue(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct service_catalogue_query query = {.text = http_query(request, "q"),
                                            .state = http_query(request, "state"),
                                            .handling = http_query(request, "handling"),
                                            .cursor = http_query(request, "cursor")};
    if (gate_call(request, &call, err) != OK || page_limit(request, &query.limit, err) != OK ||
        service_catalogue_list(&call, &query, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

enum status api_export_catalogue(struct http_request *request, struct error *err)
{
    struct call call;
    struct str table, encoding = http_query(request, "encoding");
    if (gate_call(request, &call, err) != OK || service_item_export(&call, encoding, &table, err) != OK)
        return FAILED;
    bool chinese = str_equal(encoding, STR("gb18030"));
    http_set_header(request, "Content-Disposition", STR("attachment; filename=\"catalogue.csv\""));
    return http_reply(request, 200, chinese ? "text/csv; charset=gb18030" : "text/csv; charset=utf-8", table);
}

enum status api_act_on_items(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"models", "from", "reason", NULL};
    struct call call;
    struct value body, view;
    struct service_item_steps steps = {.action = http_param(request, "action")};
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "from", &steps.from, err) != OK ||
        api_text(body, "reason", &steps.reason, err) != OK)
        return FAILED;
    steps.models = value_get(body, STR("models"));
    if (service_items_act(&call, &steps, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

enum status api_import_catalogue(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_item_import(&call, request->body, &view, err) != OK)
        return FAILED;
    return api_reply_plain(request, 200, view);
}

enum status api_get_codes(struct http_request *request, struct error *err)
{
    struct str id = http_param(request, "table");
    const struct pack_set *packs = packs_of(request);
    const struct pack_codes *table = pack_codes_find(packs, id);
    if (!table)
        return error_set(err, ERROR_NOT_FOUND, "codes-not-found", "there is no code table \"%.*s\"", STR_ARGS(id));
    struct str wanted = http_query(request, "q");
    struct list_builder values;
    list_builder_init(&values, request->arena);
    for (size_t i = 0; i < table->count; i++) {
        struct str label = pack_text(packs, api_language(request), table->options[i].label);
        if (wanted.len && str_find(label, wanted, 0) < 0 && !str_starts(table->options[i].value, wanted))
            continue;
        struct context_builder row;
        context_builder_init(&row, request->arena);
        context_builder_put(&row, STR("value"), value_string(table->options[i].value));
        context_builder_put(&row, STR("label"), value_string(label));
        list_builder_push(&values, context_builder_done(&row));
    }
    struct context_builder view;
    context_builder_init(&view, request->arena);
    context_builder_put(&view, STR("id"), value_string(table->id));
    context_builder_put(&view, STR("title"), value_string(pack_text(packs, api_language(request), table->title)));
    context_builder_put(&view, STR("source"), value_string(table->source));
    context_builder_put(&view, STR("values"), list_builder_done(&values));
    return api_reply(request, 200, context_builder_done(&view));
}

enum status api_evaluate_decision(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"inputs", NULL};
    struct call call;
    struct value body;
    struct value view;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK ||
        service_decision_evaluate(&call, http_param(request, "id"), value_get(body, STR("inputs")), &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, view);
}
