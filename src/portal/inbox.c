/* Messages and settings (P23). */
#include "portal/internal.h"

#include "service/message.h"
#include "service/party.h"

static enum status show_inbox(struct http_request *request, const struct error *refused, struct error *err)
{
    struct call call;
    struct value view, wishes;
    if (gate_call(request, &call, err) != OK ||
        service_notice_list(&call, 50, http_query(request, "cursor"), &view, err) != OK)
        return FAILED;
    bool own = !call.actor->acting;
    wishes = value_null;
    if (own && service_preference_get(&call, &wishes, err) != OK)
        return FAILED;
    struct value items = value_get(view, STR("items"));
    struct list *rows = list_new(request->arena, value_count(items));
    for (size_t i = 0; i < value_count(items); i++) {
        struct context_builder more;
        context_builder_init(&more, request->arena);
        context_builder_put(&more, STR("sent_text"), portal_time(request, value_get(value_at(items, i), STR("sent"))));
        rows->items[i] = value_merge(request->arena, value_at(items, i), context_builder_done(&more));
    }
    struct context_builder data;
    context_builder_init(&data, request->arena);
    context_builder_put(&data, STR("notices"), value_of_list(rows));
    context_builder_put(&data, STR("count"), value_int((int64_t)value_count(items)));
    context_builder_put(&data, STR("next"), value_get(view, STR("next")));
    context_builder_put(&data, STR("own"), value_boolean(own));
    context_builder_put(&data, STR("wishes"), wishes);
    context_builder_put(&data, STR("saved"), value_boolean(http_query(request, "saved").len > 0));
    context_builder_put(&data, STR("refused"), value_string(refused ? portal_problem(request, refused) : STR("")));
    context_builder_put(&data, STR("wrong"), value_cstr(refused ? refused->field : ""));
    return portal_page(request, refused ? http_status_of(refused) : 200, "inbox", context_builder_done(&data), err);
}

enum status portal_inbox(struct http_request *request, struct error *err)
{
    return portal_signed_in(request) ? show_inbox(request, NULL, err) : portal_ask_sign_in(request);
}

enum status portal_read_notice(struct http_request *request, struct error *err)
{
    struct call call;
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    if (gate_call(request, &call, err) != OK || service_notice_read(&call, http_param(request, "id"), err) != OK)
        return FAILED;
    return http_reply_redirect(request, 303, STR("/inbox"));
}

enum status portal_set_preferences(struct http_request *request, struct error *err)
{
    static const char *const flags[] = {"sms", "email"}, *const texts[] = {"phone", "address", "language"};
    struct call call;
    struct value view;
    struct error refused = ERROR_INIT;
    struct context_builder set;
    context_builder_init(&set, request->arena);
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    for (size_t i = 0; i < COUNT_OF(flags); i++)
        context_builder_put(&set, str_of(flags[i]), value_boolean(portal_field(request, flags[i]).len > 0));
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (portal_field(request, texts[i]).data)
            context_builder_put(&set, str_of(texts[i]), value_string(str_trim(portal_field(request, texts[i]))));
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    if (service_preference_put(&call, context_builder_done(&set), &view, &refused) != OK)
        return show_inbox(request, &refused, err);
    return http_reply_redirect(request, 303, STR("/inbox?saved=1"));
}
