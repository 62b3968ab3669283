/* OpenID4VCI: what wallets ask over HTTP. Refusals are in the protocol's own form, {error, error_description}. */
#include "service/credential.h"

#include "api/internal.h"

static struct call call_of(struct http_request *request)
{
    return (struct call){.service = request->context, .actor = &actor_nobody, .arena = request->arena};
}

static enum status reply_public(struct http_request *request, struct value view)
{
    http_set_header(request, "Access-Control-Allow-Origin", STR("*"));
    return api_reply_plain(request, 200, view);
}

static enum status reply_secret(struct http_request *request, int status, struct value view)
{
    struct buf body;
    buf_init(&body, 0);
    json_write(&body, view);
    http_set_header(request, "Cache-Control", STR("no-store"));
    http_set_header(request, "Access-Control-Allow-Origin", STR("*"));
    return http_reply_buf(request, status, "application/json", &body);
}

/* Only the protocol's own words have an underscore; the rest are problems like everywhere else. */
static enum status refuse(struct http_request *request, const struct error *refused, struct error *err)
{
    if (str_find(str_of(refused->type), STR("_"), 0) < 0) {
        *err = *refused;
        return FAILED;
    }
    struct context_builder view;
    context_builder_init(&view, request->arena);
    context_builder_put(&view, STR("error"), value_cstr(refused->type));
    context_builder_put(&view, STR("error_description"), value_cstr(refused->message));
    bool token = refused->kind == ERROR_UNAUTHENTICATED;
    if (token)
        http_set_header(request, "WWW-Authenticate", STR("Bearer error=\"invalid_token\""));
    return reply_secret(request, token ? 401 : 400, context_builder_done(&view));
}

enum status api_get_credential_issuer(struct http_request *request, struct error *err)
{
    (void)err;
    struct call call = call_of(request);
    return reply_public(request, service_credential_issuer(&call));
}

enum status api_get_authorization_server(struct http_request *request, struct error *err)
{
    (void)err;
    struct call call = call_of(request);
    return reply_public(request, service_credential_server(&call));
}

enum status api_get_credential_keys(struct http_request *request, struct error *err)
{
    (void)err;
    struct call call = call_of(request);
    return reply_public(request, service_credential_keys(&call));
}

enum status api_get_credential_type(struct http_request *request, struct error *err)
{
    struct call call = call_of(request);
    struct value view;
    if (service_credential_type(&call, http_param(request, "kind"), &view, err) != OK)
        return FAILED;
    return reply_public(request, view);
}

enum status api_get_status_list(struct http_request *request, struct error *err)
{
    struct call call = call_of(request);
    struct str jwt;
    int64_t region, list;
    if (!str_to_int64(http_param(request, "region"), &region) || !str_to_int64(http_param(request, "list"), &list))
        return error_set(err, ERROR_NOT_FOUND, "status-list-not-found", "There is no such status list.");
    if (service_credential_status(&call, region, list, &jwt, err) != OK)
        return FAILED;
    http_set_header(request, "Cache-Control", STR("no-cache"));
    http_set_header(request, "Access-Control-Allow-Origin", STR("*"));
    return http_reply(request, 200, "application/statuslist+jwt", jwt);
}

enum status api_make_token(struct http_request *request, struct error *err)
{
    struct call call = call_of(request);
    const struct http_pairs *form = NULL;
    struct value view;
    struct error refused = ERROR_INIT;
    if (http_form(request, &form, err) != OK)
        return FAILED;
    struct service_token_request asked = {.grant_type = http_pairs_find(form, STR("grant_type")),
                                          .code = http_pairs_find(form, STR("pre-authorized_code")),
                                          .tx_code = http_pairs_find(form, STR("tx_code"))};
    if (service_credential_token(&call, &asked, &view, &refused) != OK)
        return refuse(request, &refused, err);
    return reply_secret(request, 200, view);
}

enum status api_make_nonce(struct http_request *request, struct error *err)
{
    (void)err;
    struct call call = call_of(request);
    return reply_secret(request, 200, service_credential_nonce(&call));
}

enum status api_issue_credential(struct http_request *request, struct error *err)
{
    struct call call = call_of(request);
    struct value body, view;
    struct error refused = ERROR_INIT;
    struct str header = http_header(request, "Authorization");
    struct str token = str_starts(header, STR("Bearer ")) ? str_trim(str_part(header, 7, header.len)) : STR("");
    if (api_body(request, &body, &refused) != OK) {
        error_set(&refused, ERROR_INVALID, "invalid_credential_request", "The body is no JSON object.");
        return refuse(request, &refused, err);
    }
    if (service_credential_issue(&call, token, body, &view, &refused) != OK)
        return refuse(request, &refused, err);
    return reply_secret(request, 200, view);
}
