/* Attachments, kept by content. */
#include "api/internal.h"

#include "service/party.h"

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

enum status api_get_file(struct http_request *request, struct error *err)
{
    struct call call;
    struct service_file file;
    if (gate_call(request, &call, err) != OK || service_file_get(&call, http_param(request, "id"), &file, err) != OK)
        return FAILED;
    http_set_download(request, file.name);
    http_set_header(request, "Cache-Control", STR("private, no-cache"));
    return http_reply(request, 200, arena_cstr(request->arena, file.type), file.content);
}
