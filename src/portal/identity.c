/* Who I am and whom I act for: sign-in through an identity provider, acting as somebody else, mandates, second factors
 * (P5, P24). */
#include "portal/internal.h"

#include "pack/pack.h"
#include "service/acting.h"
#include "service/oidc.h"

#define TICKET_COOKIE "tongban_oidc"
#define CALLBACK "/sign-in/oidc/callback"

/* ---- The identity provider ---- */

enum status portal_oidc(struct http_request *request, struct error *err)
{
    struct call call;
    struct service_oidc_start start;
    struct str base = service_public_url(request->context);
    struct str callback = arena_printf(request->arena, "%.*s" CALLBACK, STR_ARGS(base));
    if (gate_call(request, &call, err) != OK ||
        service_oidc_begin(&call, callback, portal_safe_next(http_query(request, "next")), &start, err) != OK)
        return FAILED;
    http_set_cookie(request, TICKET_COOKIE, start.ticket, 600, 0);
    return http_reply_redirect(request, 303, start.url);
}

enum status portal_oidc_callback(struct http_request *request, struct error *err)
{
    struct call call;
    struct service_session session;
    struct str next;
    struct error refused = ERROR_INIT;
    struct service_oidc_answer answer = {.ticket = http_cookie(request, TICKET_COOKIE),
                                         .state = http_query(request, "state"),
                                         .code = http_query(request, "code"),
                                         .issuer = http_query(request, "iss"),
                                         .error = http_query(request, "error"),
                                         .device = http_header(request, "User-Agent")};
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    http_set_cookie(request, TICKET_COOKIE, STR(""), -1, 0);
    if (service_oidc_finish(&call, &answer, &session, &next, &refused) != OK)
        return portal_show_sign_in(request, STR("/"), &refused, err);
    if (portal_begin(request, &session, err) != OK)
        return FAILED;
    return http_reply_redirect(request, 303, portal_safe_next(next));
}

/* ---- Whom I act for ---- */

static struct value with_words(struct http_request *request, struct value mandates)
{
    struct list *rows = list_new(request->arena, value_count(mandates));
    const struct pack_set *packs = portal_packs(request);
    int32_t today = (int32_t)((service_now(request->context) + 8 * 3600000LL) / 86400000LL);
    for (size_t i = 0; i < value_count(mandates); i++) {
        struct value one = value_at(mandates, i), items = value_get(one, STR("items"));
        struct list_builder titles;
        list_builder_init(&titles, request->arena);
        for (size_t k = 0; k < value_count(items); k++) {
            const struct pack_item *item = pack_item_find(packs, value_text(value_at(items, k)), today);
            if (item)
                list_builder_push(&titles, value_string(portal_translate(request, item->title)));
        }
        struct str state = value_text(value_get(one, STR("state")));
        struct context_builder more;
        context_builder_init(&more, request->arena);
        context_builder_put(&more, STR("titles"), list_builder_done(&titles));
        context_builder_put(&more, STR("all_items"), value_boolean(value_count(items) == 0));
        context_builder_put(&more, STR("is_valid"), value_boolean(str_equal(state, STR("valid"))));
        context_builder_put(&more, STR("state_text"), value_string(portal_state(request, "mandate", state)));
        context_builder_put(
            &more, STR("relation_text"),
            value_string(portal_state(request, "relation", value_text(value_get(one, STR("relation"))))));
        context_builder_put(&more, STR("until_text"), portal_time(request, value_get(one, STR("until"))));
        rows->items[i] = value_merge(request->arena, one, context_builder_done(&more));
    }
    return value_of_list(rows);
}

static enum status show_acting(struct http_request *request, const struct error *refused, struct error *err)
{
    struct call call;
    struct value view;
    struct context_builder data;
    context_builder_init(&data, request->arena);
    if (gate_call(request, &call, err) != OK || service_mandate_list(&call, &view, err) != OK)
        return FAILED;
    struct value given = with_words(request, value_get(view, STR("given")));
    struct value held = with_words(request, value_get(view, STR("held")));
    bool clerk = call.actor->kind == ACTOR_STAFF && service_can(&call, "mandate.grant");
    context_builder_put(&data, STR("given"), given);
    context_builder_put(&data, STR("held"), held);
    context_builder_put(&data, STR("given_count"), value_int((int64_t)value_count(given)));
    context_builder_put(&data, STR("held_count"), value_int((int64_t)value_count(held)));
    context_builder_put(&data, STR("clerk"), value_boolean(clerk));
    context_builder_put(&data, STR("may_grant"),
                        value_boolean(clerk || (call.actor->kind != ACTOR_STAFF && !call.actor->acting)));
    context_builder_put(&data, STR("is_staff"), value_boolean(call.actor->kind == ACTOR_STAFF));
    static const char *const kept[] = {"id",    "evidence",     "agent_id",       "agent_name",
                                       "until", "principal_id", "principal_name", "name"};
    struct context_builder typed;
    context_builder_init(&typed, request->arena);
    for (size_t i = 0; i < COUNT_OF(kept); i++) {
        struct str text = refused ? portal_field(request, kept[i]) : STR_NONE;
        context_builder_put(&typed, str_of(kept[i]), value_string(text.data ? text : STR("")));
    }
    context_builder_put(&data, STR("typed"), context_builder_done(&typed));
    context_builder_put(&data, STR("refused"), value_string(refused ? portal_problem(request, refused) : STR("")));
    context_builder_put(&data, STR("refused_hint"), portal_sentence(request, refused ? refused->hint : ""));
    context_builder_put(&data, STR("refused_why"), value_cstr(refused ? refused->message : ""));
    return portal_page(request, refused ? http_status_of(refused) : 200, "acting", context_builder_done(&data), err);
}

enum status portal_acting(struct http_request *request, struct error *err)
{
    return portal_signed_in(request) ? show_acting(request, NULL, err) : portal_ask_sign_in(request);
}

static enum status changed_over(struct http_request *request, const struct service_session *session)
{
    gate_sign_in(request, session);
    return http_reply_redirect(request, 303, STR("/"));
}

/* By a mandate, or as oneself again when none is named. */
enum status portal_act_for(struct http_request *request, struct error *err)
{
    struct call call;
    struct service_session session;
    struct error refused = ERROR_INIT;
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    struct str secret = gate_caller_of(request)->secret, mandate = portal_field(request, "mandate");
    if (service_act_for(&call, secret, mandate, &session, &refused) != OK)
        return show_acting(request, &refused, err);
    return changed_over(request, &session);
}

enum status portal_assist(struct http_request *request, struct error *err)
{
    struct call call;
    struct service_session session;
    struct error refused = ERROR_INIT;
    struct service_assistance who = {str_trim(portal_field(request, "id")), str_trim(portal_field(request, "evidence")),
                                     str_trim(portal_field(request, "name"))};
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    if (service_assist(&call, gate_caller_of(request)->secret, &who, &session, &refused) != OK)
        return show_acting(request, &refused, err);
    return changed_over(request, &session);
}

static struct value one_member(struct http_request *request, const char *name, struct str text)
{
    struct context_builder one;
    context_builder_init(&one, request->arena);
    context_builder_put(&one, str_of(name), value_string(text.data ? text : STR("")));
    return context_builder_done(&one);
}

enum status portal_grant(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct error refused = ERROR_INIT;
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    struct value agent = one_member(request, "id", str_trim(portal_field(request, "agent_id")));
    struct value principal = one_member(request, "id", str_trim(portal_field(request, "principal_id")));
    struct service_mandate wanted = {
        .principal = value_merge(request->arena, principal,
                                 one_member(request, "name", str_trim(portal_field(request, "principal_name")))),
        .agent = value_merge(request->arena, agent,
                             one_member(request, "name", str_trim(portal_field(request, "agent_name")))),
        .certificates = portal_field(request, "certificates").len > 0,
        .until = portal_field(request, "until"),
        .relation = portal_field(request, "relation"),
        .evidence = str_trim(portal_field(request, "evidence"))};
    if (service_mandate_grant(&call, &wanted, &view, &refused) != OK)
        return show_acting(request, &refused, err);
    return http_reply_redirect(request, 303, STR("/acting"));
}

enum status portal_end_mandate(struct http_request *request, struct error *err)
{
    struct call call;
    struct error refused = ERROR_INIT;
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    if (service_mandate_end(&call, http_param(request, "id"), STR_NONE, &refused) != OK)
        return show_acting(request, &refused, err);
    return http_reply_redirect(request, 303, STR("/acting"));
}

/* ---- The second factor of staff ---- */

static enum status show_factor(struct http_request *request, struct value begun, const struct error *refused,
                               struct error *err)
{
    struct call call;
    struct value view;
    struct context_builder data;
    context_builder_init(&data, request->arena);
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    call.actor = gate_enrolling(request);
    if (service_totp_get(&call, &view, err) != OK)
        return FAILED;
    context_builder_put(&data, STR("factor"), view);
    struct str svg = value_text(value_get(begun, STR("svg")));
    context_builder_put(&data, STR("begun"), begun);
    context_builder_put(&data, STR("picture"),
                        value_string(svg.len ? base64_encode(request->arena, svg.data, svg.len) : STR("")));
    context_builder_put(&data, STR("must"), value_boolean(call.actor != &gate_caller_of(request)->actor));
    context_builder_put(&data, STR("refused"), value_string(refused ? portal_problem(request, refused) : STR("")));
    context_builder_put(&data, STR("refused_hint"), portal_sentence(request, refused ? refused->hint : ""));
    return portal_page(request, refused ? http_status_of(refused) : 200, "factor", context_builder_done(&data), err);
}

enum status portal_factor(struct http_request *request, struct error *err)
{
    if (gate_enrolling(request)->kind == ACTOR_NOBODY)
        return portal_ask_sign_in(request);
    return show_factor(request, value_null, NULL, err);
}

/* what: "begin" shows a new secret, "confirm" makes it count. */
enum status portal_factor_post(struct http_request *request, struct error *err)
{
    struct call call;
    struct value begun = value_null;
    struct service_session session;
    struct error refused = ERROR_INIT;
    struct str code = portal_field(request, "code"), secret = portal_field(request, "secret");
    if (gate_enrolling(request)->kind == ACTOR_NOBODY)
        return portal_ask_sign_in(request);
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    call.actor = gate_enrolling(request);
    if (str_equal(http_param(request, "what"), STR("begin"))) {
        bool done = service_totp_begin(&call, code, &begun, &refused) == OK;
        return show_factor(request, begun, done ? NULL : &refused, err);
    }
    if (service_totp_confirm(&call, code, &session, &refused) != OK)
        return show_factor(request, secret.len ? one_member(request, "secret", secret) : value_null, &refused, err);
    gate_sign_in(request, &session);
    return http_reply_redirect(request, 303, STR("/sign-in/factor"));
}
