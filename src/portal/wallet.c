/* The wallet: all certificates of the signed-in holder, showing one by a code that serves once, authorising its use,
 * asking for its renewal, taking it into another wallet as a credential. */
#include "service/certificate.h"
#include "service/credential.h"

#include "portal/internal.h"

static bool is_staff(const struct http_request *request)
{
    return gate_caller_of(request)->actor.kind == ACTOR_STAFF;
}

static enum status certificates_of_caller(struct http_request *request, struct value *out, struct error *err)
{
    struct call call;
    struct str cursor = http_query(request, "cursor");
    struct service_certificate_query listed = {.limit = 50, .cursor = cursor};
    struct service_wallet_query held = {.limit = 50, .cursor = cursor, .state = http_query(request, "state")};
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    return is_staff(request) ? service_certificate_list(&call, &listed, out, err)
                             : service_wallet(&call, &held, out, err);
}

enum status portal_wallet(struct http_request *request, struct error *err)
{
    struct value view;
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    if (certificates_of_caller(request, &view, err) != OK)
        return FAILED;
    struct value items = value_get(view, STR("items"));
    struct list *rows = list_new(request->arena, value_count(items));
    for (size_t i = 0; i < value_count(items); i++)
        rows->items[i] = portal_certificate_row(request, value_at(items, i));
    struct str state = http_query(request, "state");
    struct context_builder data;
    context_builder_init(&data, request->arena);
    context_builder_put(&data, STR("certificates"), value_of_list(rows));
    context_builder_put(&data, STR("count"), value_int((int64_t)rows->count));
    context_builder_put(&data, STR("mine"), value_boolean(!is_staff(request)));
    context_builder_put(&data, STR("state"), value_string(state.data ? state : STR("")));
    context_builder_put(&data, STR("next"), value_get(view, STR("next")));
    return portal_page(request, 200, "wallet", context_builder_done(&data), err);
}

struct value portal_uses(struct http_request *request, struct value uses)
{
    struct value items = value_get(uses, STR("items"));
    struct list *rows = list_new(request->arena, value_count(items));
    for (size_t i = 0; i < value_count(items); i++) {
        struct value one = value_at(items, i);
        struct context_builder more;
        context_builder_init(&more, request->arena);
        struct str kind = value_text(value_get(one, STR("kind")));
        struct str who = value_text(value_get(one, STR("by")));
        context_builder_put(&more, STR("at_text"), portal_time(request, value_get(one, STR("at"))));
        context_builder_put(&more, STR("what_text"),
                            value_string(portal_state(request, "use", value_text(value_get(one, STR("what"))))));
        context_builder_put(&more, STR("by_text"), value_string(who.len ? who : portal_state(request, "actor", kind)));
        rows->items[i] = value_merge(request->arena, one, context_builder_done(&more));
    }
    return value_of_list(rows);
}

/* ---- Showing ---- */

static struct value picture_of(struct http_request *request, struct value view)
{
    struct str svg = value_text(value_get(view, STR("svg")));
    return value_string(base64_encode(request->arena, svg.data, svg.len));
}

enum status portal_show_certificate(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    int64_t made = 0;
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    if (gate_call(request, &call, err) != OK ||
        service_certificate_show(&call, http_param(request, "no"), &view, err) != OK)
        return FAILED;
    struct context_builder data;
    context_builder_init(&data, request->arena);
    context_builder_put(&data, STR("show"), view);
    context_builder_put(&data, STR("title"),
                        value_string(portal_translate(request, value_text(value_get(view, STR("title"))))));
    context_builder_put(&data, STR("picture"), picture_of(request, view));
    context_builder_put(&data, STR("made_text"), portal_time(request, value_get(view, STR("made"))));
    if (date_time_to_ms(value_get(view, STR("made")), &made))
        context_builder_put(&data, STR("made_ms"), value_int(made));
    http_set_header(request, "Cache-Control", STR("no-store"));
    return portal_page(request, 200, "show", context_builder_done(&data), err);
}

/* ---- Into another wallet ---- */

enum status portal_offer_credential(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    if (gate_call(request, &call, err) != OK ||
        service_credential_offer(&call, http_param(request, "no"), &view, err) != OK)
        return FAILED;
    struct context_builder data;
    context_builder_init(&data, request->arena);
    context_builder_put(&data, STR("offer"), view);
    context_builder_put(&data, STR("no"), value_string(http_param(request, "no")));
    context_builder_put(&data, STR("picture"), picture_of(request, view));
    context_builder_put(&data, STR("expires_text"), portal_time(request, value_get(view, STR("expires"))));
    http_set_header(request, "Cache-Control", STR("no-store"));
    return portal_page(request, 200, "offer", context_builder_done(&data), err);
}

/* ---- Authorising, renewing ---- */

static struct value posted(struct http_request *request)
{
    static const char *const texts[] = {"to", "purpose", "case", "reason"};
    int64_t days = 0;
    struct context_builder input;
    context_builder_init(&input, request->arena);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct str text = str_trim(portal_field(request, texts[i]));
        if (text.len)
            context_builder_put(&input, str_of(texts[i]), value_string(text));
    }
    if (str_to_int64(str_trim(portal_field(request, "days")), &days))
        context_builder_put(&input, STR("days"), value_int(days));
    return context_builder_done(&input);
}

enum status portal_wallet_act(struct http_request *request, struct error *err)
{
    struct call call;
    struct value line;
    struct error refused = ERROR_INIT;
    struct str no = http_param(request, "no");
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    if (service_certificate_act(&call, no, http_param(request, "action"), posted(request), &line, &refused) == OK)
        return http_reply_redirect(request, 303, arena_printf(request->arena, "/certificates/%.*s", STR_ARGS(no)));
    if (refused.kind != ERROR_INVALID && refused.kind != ERROR_CONFLICT) {
        *err = refused;
        return FAILED;
    }
    return portal_certificate_with(request, &refused, err);
}
