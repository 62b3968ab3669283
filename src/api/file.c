/* Attachments, kept by content, at once or in parts. */
#include "api/internal.h"

#include "service/party.h"
#include "service/upload.h"

enum status api_upload_file(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    struct str name = http_query(request, "name");
    struct str type = http_content_type(request);
    struct str content = request->body;
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    if (str_equal(type, STR("multipart/form-data"))) {
        const struct http_multipart *parts;
        if (http_parts(request, &parts, err) != OK)
            return FAILED;
        const struct http_part *part = http_multipart_find(parts, STR("file"));
        if (!part) {
            error_set(err, ERROR_INVALID, "required", "the part \"file\" is needed");
            return error_field(err, "file");
        }
        name = part->file_name;
        type = part->content_type;
        content = part->content;
    }
    if (service_file_put(&call, name, type, content, &view, err) != OK)
        return FAILED;
    return api_reply(request, 201, view);
}

/* What browsers show by themselves and without running anything of it. */
static bool can_be_shown(struct str type)
{
    return str_equal(type, STR("application/pdf")) || str_equal(type, STR("image/png")) ||
           str_equal(type, STR("image/jpeg"));
}

enum status api_get_file(struct http_request *request, struct error *err)
{
    struct call call;
    struct service_file file;
    if (gate_call(request, &call, err) != OK || service_file_get(&call, http_param(request, "id"), &file, err) != OK)
        return FAILED;
    if (api_query_true(request, "shown") && can_be_shown(file.type))
        http_set_header(request, "Content-Security-Policy",
                        STR("default-src 'self'; object-src 'self'; frame-ancestors 'self'"));
    else
        http_set_download(request, file.name);
    http_set_header(request, "Cache-Control", STR("private, no-cache"));
    return http_reply(request, 200, arena_cstr(request->arena, file.type), file.content);
}

/* ---- In parts: Upload-Offset says where the next one begins ---- */

static struct str offset_of(struct http_request *request, struct value view)
{
    return value_to_text(request->arena, value_get(view, STR("offset")));
}

static enum status reply_upload(struct http_request *request, int status, struct value view)
{
    http_set_header(request, "Upload-Offset", offset_of(request, view));
    http_set_header(request, "Upload-Length", value_to_text(request->arena, value_get(view, STR("size"))));
    http_set_header(request, "Cache-Control", STR("no-store"));
    return api_reply(request, status, view);
}

enum status api_begin_upload(struct http_request *request, struct error *err)
{
    static const char *const names[] = {"name", "type", "size", NULL};
    struct call call;
    struct value body, view;
    struct service_upload wanted = {0};
    if (gate_call(request, &call, err) != OK || api_body(request, &body, err) != OK ||
        api_only(body, names, err) != OK || api_text(body, "name", &wanted.name, err) != OK ||
        api_text(body, "type", &wanted.type, err) != OK || api_int(body, "size", 0, &wanted.size, err) != OK ||
        service_upload_begin(&call, &wanted, &view, err) != OK)
        return FAILED;
    struct str id = value_text(value_get(view, STR("id")));
    http_set_header(request, "Location", arena_printf(request->arena, "/api/v1/uploads/%.*s", STR_ARGS(id)));
    return reply_upload(request, 201, view);
}

enum status api_get_upload(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    if (gate_call(request, &call, err) != OK || service_upload_get(&call, http_param(request, "id"), &view, err) != OK)
        return FAILED;
    return reply_upload(request, 200, view);
}

enum status api_put_part(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view;
    int64_t offset;
    struct str id = http_param(request, "id");
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    if (!str_to_int64(http_header(request, "Upload-Offset"), &offset)) {
        error_set(err, ERROR_INVALID, "required", "the header Upload-Offset says where this part begins");
        return error_field(err, "Upload-Offset");
    }
    if (service_upload_part(&call, id, offset, request->body, &view, err) == OK)
        return reply_upload(request, 200, view);
    struct error ignored = ERROR_INIT;
    if (str_equal(str_of(err->type), STR("upload-offset")) && service_upload_get(&call, id, &view, &ignored) == OK)
        http_set_header(request, "Upload-Offset", offset_of(request, view));
    return FAILED;
}

enum status api_drop_upload(struct http_request *request, struct error *err)
{
    struct call call;
    if (gate_call(request, &call, err) != OK || service_upload_drop(&call, http_param(request, "id"), err) != OK)
        return FAILED;
    return http_reply_empty(request);
}
