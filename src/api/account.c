/* /api/v1/session: signing in and out, and who is signed in. */
#include "api/internal.h"

#include "pack/pack.h"
#include "service/acting.h"

static struct value permissions(struct http_request *request, const struct actor *actor)
{
    struct list_builder may;
    list_builder_init(&may, request->arena);
    const struct pack_role *role = pack_role_find(packs_of(request), actor->role);
    for (size_t i = 0; role && i < role->may_count; i++)
        list_builder_push(&may, value_string(role->may[i]));
    return list_builder_done(&may);
}

static struct value user_view(struct http_request *request, const struct actor *actor)
{
    static const char *const kinds[] = {
        [ACTOR_NOBODY] = "nobody", [ACTOR_PERSON] = "person", [ACTOR_ORGANISATION] = "org",
        [ACTOR_STAFF] = "staff",   [ACTOR_SYSTEM] = "system"};
    const struct pack_set *packs = packs_of(request);
    const struct pack_role *role = pack_role_find(packs, actor->role);
    struct context_builder user;
    context_builder_init(&user, request->arena);
    context_builder_put(&user, STR("name"), value_string(actor->kind == ACTOR_STAFF ? actor->id : actor->name));
    context_builder_put(&user, STR("display"), value_string(actor->name));
    context_builder_put(&user, STR("kind"), value_cstr(kinds[actor->kind]));
    context_builder_put(&user, STR("role"), value_string(actor->role));
    if (role)
        context_builder_put(&user, STR("role_title"),
                            value_string(pack_text(packs, api_language(request), role->title)));
    context_builder_put(&user, STR("region"), value_string(actor->region));
    context_builder_put(&user, STR("region_name"),
                        value_string(pack_division_full_name(packs, request->arena, actor->region)));
    context_builder_put(&user, STR("unit"), value_string(actor->unit));
    context_builder_put(&user, STR("unit_name"), value_string(actor->unit_name));
    context_builder_put(&user, STR("level"), value_int(actor->level));
    context_builder_put(&user, STR("may"), permissions(request, actor));
    return context_builder_done(&user);
}

/* Who acts for the actor; null when nobody does. */
static struct value acting_view(struct http_request *request, const struct actor *actor)
{
    if (!actor->acting)
        return value_null;
    struct context_builder acting;
    context_builder_init(&acting, request->arena);
    context_builder_put(&acting, STR("mandate"), value_string(actor->acting->mandate));
    context_builder_put(&acting, STR("agent"), value_string(actor->acting->agent.name));
    context_builder_put(&acting, STR("window"), value_boolean(actor->acting->agent.kind == ACTOR_STAFF));
    return context_builder_done(&acting);
}

enum status api_reply_session(struct http_request *request, int status)
{
    const struct gate_caller *caller = gate_caller_of(request);
    const struct actor *actor = gate_enrolling(request);
    struct context_builder session;
    context_builder_init(&session, request->arena);
    context_builder_put(&session, STR("user"), user_view(request, actor));
    context_builder_put(&session, STR("must_enrol"), value_boolean(actor != &caller->actor));
    context_builder_put(&session, STR("acting"), acting_view(request, actor));
    context_builder_put(&session, STR("kiosk"), value_boolean(caller->kiosk));
    context_builder_put(&session, STR("csrf"), value_string(caller->csrf.data ? caller->csrf : STR("")));
    context_builder_put(&session, STR("demo"), value_boolean(service_demo(request->context)));
    return api_reply(request, status, context_builder_done(&session));
}

enum status api_sign_in(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"username", "password", "code", NULL};
    struct value body;
    struct call call;
    struct str name;
    struct str password;
    struct str code;
    struct service_session session;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "username", &name, err) != OK ||
        api_text(body, "password", &password, err) != OK || api_text(body, "code", &code, err) != OK)
        return FAILED;
    if (!name.len || !password.len) {
        error_set(err, ERROR_INVALID, "required", "username and password are needed");
        return error_field(err, "%s", name.len ? "password" : "username");
    }
    struct service_credentials by = {name, password, code, http_header(request, "User-Agent")};
    if (service_sign_in_by(&call, &by, &session, err) != OK)
        return FAILED;
    gate_sign_in(request, &session);
    return api_reply_session(request, 201);
}

enum status api_set_kiosk(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"kiosk", NULL};
    struct call call;
    struct value body;
    struct service_session session;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK || api_only(body, names, err) != OK)
        return FAILED;
    struct value kiosk = value_get(body, STR("kiosk"));
    if (kiosk.kind != VALUE_BOOLEAN) {
        error_set(err, ERROR_INVALID, "invalid-type", "kiosk is true or false");
        return error_field(err, "kiosk");
    }
    if (service_session_kiosk(&call, gate_caller_of(request)->secret, kiosk.boolean, &session, err) != OK)
        return FAILED;
    gate_sign_in(request, &session);
    return api_reply_session(request, 200);
}

enum status api_who_am_i(struct http_request *request, struct error *err)
{
    if (gate_enrolling(request)->kind == ACTOR_NOBODY)
        return error_set(err, ERROR_UNAUTHENTICATED, "unauthenticated", "nobody is signed in");
    return api_reply_session(request, 200);
}

enum status api_sign_out(struct http_request *request, struct error *err)
{
    return gate_sign_out(request, err) == OK ? http_reply_empty(request) : FAILED;
}
