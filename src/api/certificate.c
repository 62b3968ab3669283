/* Certificates: lists, one, its documents, verification, changes of state. */
#include "service/certificate.h"

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
    static const char *const names[] = {"code", "no", "identifier", "jws", NULL};
    struct call call;
    struct value body;
    struct value view;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK || api_only(body, names, err) != OK ||
        service_certificate_verify(&call, body, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, view);
}

enum status api_act_on_certificate(struct http_request *request, struct error *err)
{
    struct call call;
    struct value body;
    struct value view;
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        service_certificate_act(&call, http_param(request, "no"), http_param(request, "action"), body, &view, err) != OK)
        return FAILED;
    return api_reply(request, 200, api_named(request, view));
}
