#include "service/upload.h"

#include "service/file.h"
#include "service/party.h"
#include "store/upload.h"

#define UPLOADS_MOST 4 /* unfinished ones of one owner */

struct upload_arg {
    const struct call *call;
    struct store_upload row;
    struct store_upload_part part;
    struct store_upload_part *parts;
    size_t part_count;
    bool found, added;
};

static struct str upload_place(struct arena *arena, int64_t id)
{
    return arena_numbers(arena, "upload", &id, 1);
}

static struct str part_place(struct arena *arena, int64_t id, int64_t place)
{
    return arena_numbers(arena, "upload-part", (const int64_t[]){id, place}, 2);
}

static struct value upload_view(const struct call *call, const struct store_upload *row, struct value body)
{
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "id", key_text(call->arena, row->id));
    view_int(&view, "offset", row->place);
    view_int(&view, "size", row->size);
    view_put(&view, "name", value_get(body, STR("name")));
    view_int(&view, "part_least", (int64_t)SERVICE_UPLOAD_PART_LEAST);
    view_int(&view, "part_most", (int64_t)SERVICE_UPLOAD_PART_MOST);
    return view_done(&view);
}

static enum status no_upload(struct str id, struct error *err)
{
    error_set(err, ERROR_NOT_FOUND, "upload-not-found", "You have no upload %.*s.", STR_ARGS(id));
    return error_hint(err, "It is finished, was given up, or nothing came for a day: begin again.");
}

/* ---- Beginning ---- */

static enum status insert(struct db_tx *tx, void *arg, struct error *err)
{
    const struct upload_arg *a = arg;
    int64_t *ids;
    size_t count;
    if (store_upload_list(tx, db_tx_arena(tx), a->row.owner, &ids, &count, err) != OK)
        return FAILED;
    for (size_t i = UPLOADS_MOST - 1; i < count; i++)
        if (store_upload_delete(tx, ids[i], err) != OK)
            return FAILED;
    return store_upload_insert(tx, &a->row, err);
}

enum status service_upload_begin(const struct call *call, const struct service_upload *wanted, struct value *out,
                                 struct error *err)
{
    struct service *service = call->service;
    struct upload_arg arg = {.call = call};
    if (call->actor->kind == ACTOR_NOBODY)
        return service_may(call, "case.open", err);
    if (wanted->size < 1 || wanted->size > (int64_t)FILE_MAX || wanted->name.len > 200 || wanted->type.len > 100) {
        error_set(err, ERROR_TOO_LARGE, "file-invalid",
                  "A file has 1 byte to 20 MiB, and a name of at most 200 bytes.");
        return error_field(err, "size");
    }
    struct str owner = actor_index(call);
    struct view body;
    view_init(&body, call->arena);
    view_text(&body, "name", wanted->name);
    view_text(&body, "type", wanted->type);
    arg.row = (struct store_upload){.id = service_random_id(service, call->arena),
                                    .size = wanted->size,
                                    .changed = service_now(service),
                                    .owner = owner.data ? owner : STR("system")};
    arg.row.body = service_seal(service, call->arena, upload_place(call->arena, arg.row.id), view_done(&body));
    if (db_write(service->db, insert, &arg, err) != OK)
        return FAILED;
    *out = upload_view(call, &arg.row, view_done(&body));
    return OK;
}

/* ---- Looking ---- */

static enum status find(struct db_tx *tx, void *arg, struct error *err)
{
    struct upload_arg *a = arg;
    struct store_upload key = a->row;
    return store_upload_find(tx, a->call->arena, &key, &a->row, &a->found, err);
}

static enum status load(const struct call *call, struct str id, struct upload_arg *arg, struct value *body,
                        struct error *err)
{
    struct str owner = actor_index(call);
    *arg = (struct upload_arg){.call = call, .row.owner = owner.data ? owner : STR("system")};
    if (call->actor->kind == ACTOR_NOBODY)
        return service_may(call, "case.open", err);
    if (key_parse(id, &arg->row.id) && db_read(call->service->db, find, arg, err) != OK)
        return FAILED;
    if (!arg->found)
        return no_upload(id, err);
    return service_unseal(call->service, call->arena, upload_place(call->arena, arg->row.id), arg->row.body, body, err);
}

enum status service_upload_get(const struct call *call, struct str id, struct value *out, struct error *err)
{
    struct upload_arg arg;
    struct value body;
    if (load(call, id, &arg, &body, err) != OK)
        return FAILED;
    *out = upload_view(call, &arg.row, body);
    return OK;
}

static enum status drop(struct db_tx *tx, void *arg, struct error *err)
{
    const struct upload_arg *a = arg;
    return store_upload_delete(tx, a->row.id, err);
}

enum status service_upload_drop(const struct call *call, struct str id, struct error *err)
{
    struct upload_arg arg;
    struct value body;
    return load(call, id, &arg, &body, err) == OK ? db_write(call->service->db, drop, &arg, err) : FAILED;
}

/* ---- Parts ---- */

static enum status add(struct db_tx *tx, void *arg, struct error *err)
{
    struct upload_arg *a = arg;
    return store_upload_add(tx, &a->row, &a->part, &a->added, err);
}

static enum status read_parts(struct db_tx *tx, void *arg, struct error *err)
{
    struct upload_arg *a = arg;
    return store_upload_parts(tx, a->call->arena, a->row.id, &a->parts, &a->part_count, err);
}

static enum status wrong_offset(const struct store_upload *row, struct error *err)
{
    error_set(err, ERROR_CONFLICT, "upload-offset", "The upload stands at %" PRId64 ".", row->place);
    error_field(err, "Upload-Offset");
    return error_hint(err, "Ask where it stands and go on from there.");
}

static enum status check_part(const struct store_upload *row, int64_t offset, struct str content, struct error *err)
{
    int64_t left = row->size - row->place, length = (int64_t)content.len;
    if (offset != row->place)
        return wrong_offset(row, err);
    bool last = length == left;
    if (content.len <= SERVICE_UPLOAD_PART_MOST && length <= left && length > 0 &&
        (last || content.len >= SERVICE_UPLOAD_PART_LEAST))
        return OK;
    error_set(err, ERROR_INVALID, "upload-part", "A part has %zu to %zu bytes; only the last one may have less.",
              SERVICE_UPLOAD_PART_LEAST, SERVICE_UPLOAD_PART_MOST);
    return error_hint(err, "%" PRId64 " bytes are left.", left);
}

/* All parts are there: together they are judged like any other file, and kept. */
static enum status finish(struct upload_arg *arg, struct value body, struct value *file, struct error *err)
{
    const struct call *call = arg->call;
    struct error refused = ERROR_INIT;
    if (db_read(call->service->db, read_parts, arg, err) != OK)
        return FAILED;
    struct str *contents = arena_array(call->arena, struct str, arg->part_count);
    for (size_t i = 0; i < arg->part_count; i++) {
        struct str place = part_place(call->arena, arg->row.id, arg->parts[i].place);
        if (service_unseal_bytes(call->service, call->arena, place, arg->parts[i].content, &contents[i], err) != OK)
            return FAILED;
    }
    enum status kept = service_file_put(call, value_text(value_get(body, STR("name"))),
                                        value_text(value_get(body, STR("type"))),
                                        arena_join(call->arena, contents, arg->part_count), file, &refused);
    if (kept != OK && (refused.kind == ERROR_UNAVAILABLE || refused.kind == ERROR_INTERNAL)) {
        *err = refused;
        return FAILED;
    }
    if (db_write(call->service->db, drop, arg, err) != OK)
        return FAILED;
    if (kept != OK)
        *err = refused;
    return kept;
}

enum status service_upload_part(const struct call *call, struct str id, int64_t offset, struct str content,
                                struct value *out, struct error *err)
{
    struct upload_arg arg;
    struct value body, file = value_null;
    if (load(call, id, &arg, &body, err) != OK)
        return FAILED;
    /* A last part that came but could not be kept, because the scanner was away, is finished by sending nothing more.
     */
    bool again = arg.row.place == arg.row.size && content.len == 0 && offset == arg.row.size;
    if (!again && check_part(&arg.row, offset, content, err) != OK)
        return FAILED;
    if (!again) {
        arg.row.changed = service_now(call->service);
        arg.part = (struct store_upload_part){
            offset, (int64_t)content.len,
            service_seal_bytes(call->service, call->arena, part_place(call->arena, arg.row.id, offset), content)};
        if (db_write(call->service->db, add, &arg, err) != OK)
            return FAILED;
        if (!arg.added)
            return load(call, id, &arg, &body, err) == OK ? wrong_offset(&arg.row, err) : FAILED;
        arg.row.place += (int64_t)content.len;
    }
    if (arg.row.place == arg.row.size && finish(&arg, body, &file, err) != OK)
        return FAILED;
    struct value view = upload_view(call, &arg.row, body);
    *out = value_is_null(file) ? view : context_set(call->arena, view, "file", file);
    return OK;
}
