/* Certificates: lists, one, its documents, verification, changes of state, the wallet, kinds. */
#include "service/certificate.h"
#include "service/credential.h"

#include "api/internal.h"

enum status api_list_certificates(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct service_certificate_query query = {.holder = http_query(request, "q"),
                                              .certificate = http_query(request, "kind"),
                                              .state = http_query(request, "state"),
                                              .region = http_query(request, "region"),
                                              .cursor = http_query(request, "cursor")};
    if (gate_call(request, &call, err) != OK || api_limit(request, &query.limit, err) != OK ||
        service_certificate_list(&call, &query, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, api_named(request, view));
}

enum status api_get_certificate(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK ||
        service_certificate_get(&call, http_param(request, "no"), &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, api_named(request, view));
}

static enum status reply_document(struct http_request *request, enum service_format format, struct error *err)
{
    static const struct {
        const char *type, *extension;
    } kinds[] = {[SERVICE_SVG] = {"image/svg+xml", "svg"},
                 [SERVICE_PDF] = {"application/pdf", "pdf"},
                 [SERVICE_PNG] = {"image/png", "png"},
                 [SERVICE_JWS] = {"application/jose", "jws"}};
    struct call call;
    struct str document;
    struct str no = http_param(request, "no");
    if (gate_call(request, &call, err) != OK ||
        service_certificate_render(&call, no, http_query(request, "page"), format, &document, err) != OK)
        return FAILED;
    if (format == SERVICE_JWS)
        http_set_download(request, arena_printf(request->arena, "%.*s.%s", STR_ARGS(no), kinds[format].extension));
    http_set_header(request, "Cache-Control", STR("private, no-cache"));
    return http_reply(request, 200, kinds[format].type, document);
}

enum status api_get_certificate_svg(struct http_request *request, struct error *err)
{
    return reply_document(request, SERVICE_SVG, err);
}

enum status api_get_certificate_pdf(struct http_request *request, struct error *err)
{
    return reply_document(request, SERVICE_PDF, err);
}

enum status api_get_certificate_png(struct http_request *request, struct error *err)
{
    return reply_document(request, SERVICE_PNG, err);
}

enum status api_get_certificate_jws(struct http_request *request, struct error *err)
{
    return reply_document(request, SERVICE_JWS, err);
}

enum status api_verify_certificate(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"code",   "no",     "identifier",  "jws",
                                        "number", "holder", "certificate", "purpose", NULL};
    struct call call;
    struct value body;
    struct value view;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || service_certificate_verify(&call, body, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, view);
}

enum status api_act_on_certificate(struct http_request *request, struct error *err)
{
    struct call call;
    struct value body;
    struct value view;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        service_certificate_act(&call, http_param(request, "no"), http_param(request, "action"), body, &view, err) !=
            OK)
        return FAILED;
    return api_reply(request, 200, api_named(request, view));
}

enum status api_verify_certificates(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"items", NULL};
    struct call call;
    struct value body;
    struct value view;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK ||
        service_certificate_verify_batch(&call, value_get(body, STR("items")), &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, view);
}

/* ---- The holder's ---- */

enum status api_get_wallet(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct service_wallet_query query = {.state = http_query(request, "state"),
                                         .cursor = http_query(request, "cursor")};
    if (gate_call(request, &call, err) != OK || api_limit(request, &query.limit, err) != OK ||
        service_wallet(&call, &query, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, api_named(request, view));
}

enum status api_list_certificate_uses(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    int64_t limit;
    if (gate_call(request, &call, err) != OK || api_limit(request, &limit, err) != OK ||
        service_certificate_uses(&call, http_param(request, "no"), http_query(request, "cursor"), limit, &view, err) !=
            OK)
        return FAILED;
    return api_reply(request, 200, view);
}

static enum status reply_fresh(struct http_request *request, int status, struct value view)
{
    struct buf body;
    buf_init(&body, 0);
    json_write(&body, value_with_offsets(request->arena, view));
    http_set_header(request, "Cache-Control", STR("no-store"));
    return http_reply_buf(request, status, "application/json", &body);
}

enum status api_show_certificate(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK ||
        service_certificate_show(&call, http_param(request, "no"), &view, err) != OK)
        return FAILED;
    return reply_fresh(request, 201, view);
}

enum status api_offer_credential(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK ||
        service_credential_offer(&call, http_param(request, "no"), &view, err) != OK)
        return FAILED;
    return reply_fresh(request, 201, view);
}

enum status api_use_certificate(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"purpose", "case", NULL};
    struct call call;
    struct value body;
    struct value view;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK ||
        service_certificate_use(&call, http_param(request, "no"), body, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, api_named(request, view));
}

/* ---- Kinds ---- */

enum status api_list_certificate_kinds(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_certificate_kinds(&call, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, api_named(request, view));
}

static enum status reply_preview(struct http_request *request, struct value face, struct error *err)
{
    struct call call;
    struct str svg;
    if (gate_call(request, &call, err) != OK ||
        service_certificate_preview(&call, http_param(request, "kind"), http_query(request, "page"), face, SERVICE_SVG,
                                    &svg, err) != OK)
        return FAILED;
    http_set_header(request, "Cache-Control", STR("private, no-cache"));
    return http_reply(request, 200, "image/svg+xml", svg);
}

enum status api_preview_certificate(struct http_request *request, struct error *err)
{
    return reply_preview(request, value_null, err);
}

enum status api_preview_certificate_with(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"face", NULL};
    struct value body;
    struct value face;
    if (api_body(request, &body, err) != OK || api_only(body, names, err) != OK ||
        api_object(body, "face", &face, err) != OK)
        return FAILED;
    return reply_preview(request, face, err);
}
