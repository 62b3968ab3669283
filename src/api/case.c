/* Cases: open, list, look at, act on. */
#include "service/case.h"

#include "api/internal.h"
#include "pack/pack.h"
#include "service/lookup.h"
#include "service/related.h"

#include <string.h>

/* What the draft holds, with what was filled in beforehand. */
static enum status input_of_draft(struct http_request *request, struct str id, struct value body,
                                  struct service_case_input *out, struct error *err)
{
    struct call call;
    struct value draft;
    if (gate_call(request, &call, err) != OK || service_draft_get(&call, id, &draft, err) != OK)
        return FAILED;
    *out = (struct service_case_input){.item = value_text(value_get(draft, STR("item"))),
                                       .form = value_get(draft, STR("form")),
                                       .materials = value_get(draft, STR("materials")),
                                       .sources = value_get(draft, STR("sources")),
                                       .signature = value_get(body, STR("signature")),
                                       .confirmed = value_is_true(value_get(body, STR("confirmed")))};
    return OK;
}

static enum status read_input(struct http_request *request, struct service_case_input *out, struct error *err)
{
    static const char *const names[] = {"item",      "form",      "party", "materials", "applicant",
                                        "signature", "confirmed", "draft", NULL};
    struct value body;
    struct str draft = STR_NONE;
    struct service_case_input input = {0};
    if (api_body(request, &body, err) != OK || api_only(body, names, err) != OK ||
        api_text(body, "item", &input.item, err) != OK || api_object(body, "signature", &input.signature, err) != OK ||
        api_text(body, "draft", &draft, err) != OK)
        return FAILED;
    if (draft.len)
        return input_of_draft(request, draft, body, out, err);
    if (!input.item.len) {
        error_set(err, ERROR_INVALID, "required", "item is needed: the code of what is applied for");
        return error_field(err, "item");
    }
    input.form = value_get(body, STR("form"));
    input.party = value_get(body, STR("party"));
    input.materials = value_get(body, STR("materials"));
    input.applicant = value_get(body, STR("applicant"));
    input.confirmed = value_is_true(value_get(body, STR("confirmed")));
    if (input.form.kind != VALUE_CONTEXT && input.form.kind != VALUE_NULL) {
        error_set(err, ERROR_INVALID, "invalid-type", "form must be an object");
        return error_field(err, "form");
    }
    *out = input;
    return OK;
}

enum status api_open_case(struct http_request *request, struct error *err)
{
    struct call call;
    struct service_case_input input;
    struct value view;
    if (gate_call(request, &call, err) != OK || read_input(request, &input, err) != OK)
        return FAILED;
    if (service_case_open(&call, &input, &view, err) == OK) {
        struct str no = value_text(value_get(view, STR("no")));
        http_set_header(request, "Location", arena_printf(request->arena, "/api/v1/cases/%.*s", STR_ARGS(no)));
        return api_reply(request, 201, api_named(request, view));
    }
    struct value errors = value_null;
    struct error ignored = ERROR_INIT;
    if ((strcmp(err->type, "form-invalid") == 0 || strcmp(err->type, "warnings-unconfirmed") == 0) &&
        service_case_check(&call, &input, &errors, &ignored) == OK)
        return api_reply_errors(request, err, errors);
    return FAILED;
}

enum status api_check_case(struct http_request *request, struct error *err)
{
    struct call call;
    struct service_case_input input;
    struct value errors;
    if (gate_call(request, &call, err) != OK || read_input(request, &input, err) != OK ||
        service_case_check(&call, &input, &errors, err) != OK)
        return FAILED;
    return api_reply(request, 200, api_with(request, value_null, "errors", errors));
}

enum status api_look_up_case(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"no", "phone", NULL};
    struct call call;
    struct str no, phone;
    struct value body, view;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "no", &no, err) != OK ||
        api_text(body, "phone", &phone, err) != OK || service_case_lookup(&call, no, phone, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, api_named(request, view));
}

enum status api_list_cases(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct service_case_query query = {.state = http_query(request, "state"),
                                       .item = http_query(request, "item"),
                                       .region = http_query(request, "region"),
                                       .party = http_query(request, "party"),
                                       .text = http_query(request, "q"),
                                       .mine = api_query_true(request, "mine"),
                                       .cursor = http_query(request, "cursor")};
    if (gate_call(request, &call, err) != OK || api_limit(request, &query.limit, err) != OK ||
        service_case_list(&call, &query, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, api_named(request, view));
}

/* What was handed in with its name in the caller's language and the way it came. */
static struct value materials_named(struct http_request *request, const struct pack_item *item, struct value given)
{
    static const char *const ways[] = {"file", "certificate", "promise", "paper"};
    struct list *out = list_new(request->arena, value_count(given));
    for (size_t i = 0; i < out->count; i++) {
        struct value one = api_with(request, value_at(given, i), "given", value_boolean(true));
        for (size_t k = COUNT_OF(ways); k-- > 0;)
            if (!value_is_null(value_get(one, str_of(ways[k]))))
                one = api_with(request, one, "by", value_cstr(ways[k]));
        for (size_t k = 0; item && k < item->material_count; k++)
            if (str_equal(item->materials[k].id, value_text(value_get(one, STR("id")))))
                one = api_with(
                    request, one, "name",
                    value_string(pack_text(packs_of(request), api_language(request), item->materials[k].name)));
        out->items[i] = one;
    }
    return value_of_list(out);
}

enum status api_get_case(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_case_get(&call, http_param(request, "no"), &view, err) != OK)
        return FAILED;
    int64_t version = 0;
    const struct pack_item *item = NULL;
    if (value_to_int64(value_get(view, STR("item_version")), &version))
        item = pack_item_version(api_packs_of(request, view), value_text(value_get(view, STR("item"))), version);
    struct value form = value_get(view, STR("form"));
    view = api_named(request, view);
    if (value_count(value_get(view, STR("materials"))))
        view = api_with(request, view, "materials", materials_named(request, item, value_get(view, STR("materials"))));
    struct value documents = api_with(request, value_null, "items", value_get(view, STR("documents")));
    if (value_count(value_get(documents, STR("items"))))
        view = api_with(request, view, "documents", value_get(api_named(request, documents), STR("items")));
    if (item && item->form.len)
        view = api_with(request, view, "form_view", api_describe_form(request, view, item->form, form));
    return api_reply(request, 200, view);
}

/* Lists that the service gives whole are one page. */
static enum status reply_list(struct http_request *request, struct value items)
{
    struct context_builder page;
    context_builder_init(&page, request->arena);
    context_builder_put(&page, STR("items"), items);
    context_builder_put(&page, STR("next"), value_null);
    return api_reply(request, 200, context_builder_done(&page));
}

/* What happened in the caller's language: the base pack's texts hold "event.<type>"; elements and decisions have names
 * of their own. */
static struct value told(struct http_request *request, struct value event)
{
    struct str type = value_text(value_get(event, STR("type")));
    struct str key = arena_printf(request->arena, "event.%.*s", STR_ARGS(type));
    struct str text = pack_text(packs_of(request), api_language(request), key);
    struct str name = value_text(value_get(event, STR("name")));
    if (!name.len)
        name = value_text(value_get(event, STR("title")));
    if (name.len)
        text = arena_printf(request->arena, "%.*s: %.*s", STR_ARGS(text),
                            STR_ARGS(pack_text(packs_of(request), api_language(request), name)));
    struct context_builder more;
    context_builder_init(&more, request->arena);
    context_builder_put(&more, STR("text"), value_string(text));
    context_builder_put(&more, STR("by_name"), value_get(value_get(event, STR("by")), STR("name")));
    context_builder_put(&more, STR("explanation"), value_null);
    return value_merge(request->arena, api_said(request, event), context_builder_done(&more));
}

enum status api_list_events(struct http_request *request, struct error *err)
{
    struct call call;
    struct value items;
    if (gate_call(request, &call, err) != OK ||
        service_case_events(&call, http_param(request, "no"), &items, err) != OK)
        return FAILED;
    struct list *all = list_new(request->arena, value_count(items));
    for (size_t i = 0; i < value_count(items); i++)
        all->items[i] = told(request, value_at(items, i));
    return reply_list(request, value_of_list(all));
}

enum status api_list_related(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK ||
        service_case_related(&call, http_param(request, "no"), &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, api_named(request, view));
}

enum status api_get_diagram(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK ||
        service_case_process(&call, http_param(request, "no"), &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, api_said(request, view));
}

enum status api_list_explanations(struct http_request *request, struct error *err)
{
    struct call call;
    struct value items;
    if (gate_call(request, &call, err) != OK ||
        service_case_decisions(&call, http_param(request, "no"), &items, err) != OK)
        return FAILED;
    return reply_list(request, items);
}

enum status api_act_on_case(struct http_request *request, struct error *err)
{
    struct call call;
    struct value body;
    struct value view;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        service_case_act(&call, http_param(request, "no"), http_param(request, "action"), body, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, api_named(request, view));
}
