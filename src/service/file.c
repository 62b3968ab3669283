/* Attachments, kept by content. */
#include "service/file.h"

#include "service/party.h"
#include "service/scan.h"

#include <string.h>
#include <sys/stat.h>

struct file_arg {
    const struct call *call;
    struct str id;
    struct store_blob row;
    bool found;
};

static const char *file_path(const struct service *self, struct arena *arena, struct str id)
{
    struct str name = hex_encode(arena, id.data, id.len);
    return arena_cstr(arena,
                      arena_printf(arena, "%.*s/files/%.2s/%.*s", STR_ARGS(self->data), name.data, STR_ARGS(name)));
}

static enum status store_file(struct service *self, struct arena *arena, struct str id, struct str sealed,
                              struct error *err)
{
    const char *path = file_path(self, arena, id);
    mkdir(arena_cstr(arena, arena_printf(arena, "%.*s/files", STR_ARGS(self->data))), 0700);
    mkdir(arena_cstr(arena, str_part(str_of(path), 0, strlen(path) - 2 * id.len - 1)), 0700);
    return file_write(path, sealed, 0600, err);
}

static enum status insert_blob(struct db_tx *tx, void *arg, struct error *err)
{
    const struct file_arg *a = arg;
    return store_blob_insert(tx, &a->row, err);
}

static struct str file_id(struct arena *arena, const struct store_blob *row)
{
    return arena_printf(arena, "F%06" PRId64 "-%.*s", row->region,
                        STR_ARGS(hex_encode(arena, row->id.data, row->id.len)));
}

enum status service_file_put(const struct call *call, struct str name, struct str type, struct str content,
                             struct value *out, struct error *err)
{
    struct service *service = call->service;
    struct arena *arena = call->arena;
    struct file_arg arg = {.call = call};
    if (call->actor->kind == ACTOR_NOBODY)
        return service_may(call, "case.open", err);
    if (content.len == 0 || content.len > FILE_MAX || name.len > 200 || type.len > 100)
        return error_set(err, ERROR_TOO_LARGE, "file-invalid",
                         "A file has 1 byte to 20 MiB, and a name of at most 200 bytes.");
    if (file_check(call, name, content, &type, err) != OK || file_scan(call, content, err) != OK)
        return FAILED;
    /* The owner is part of the address: equal files of two people are two files. */
    struct str owner = actor_index(call);
    struct str parts[] = {STR("file:"), owner, content};
    struct str mac = service_mac(service, arena, arena_join(arena, parts, 3), 16);
    struct str id;
    CHECK(hex_decode(arena, mac, &id));
    struct view view;
    view_init(&view, arena);
    view_text(&view, "name", name);
    view_text(&view, "type", type);
    arg.row = (struct store_blob){.region = actor_region(call),
                                  .stored = service_now(service),
                                  .size = (int64_t)content.len,
                                  .id = id,
                                  .owner = owner.data ? owner : STR("system")};
    region_note(service, arg.row.region);
    struct str public_id = file_id(arena, &arg.row);
    arg.row.body = service_seal(service, arena, public_id, view_done(&view));
    struct str sealed = service_seal_bytes(service, arena, public_id, content);
    if (!service->data.data)
        arg.row.content = sealed;
    else if (store_file(service, arena, id, sealed, err) != OK)
        return FAILED;
    if (db_write(service->db, insert_blob, &arg, err) != OK)
        return FAILED;
    view_text(&view, "id", public_id);
    view_int(&view, "size", (int64_t)content.len);
    *out = view_done(&view);
    return OK;
}

static bool parse_file_id(struct arena *arena, struct str id, struct store_blob *out)
{
    struct str rest = id;
    struct str region = str_cut(&rest, '-');
    return str_starts(region, STR("F")) && str_to_int64(str_part(region, 1, region.len), &out->region) &&
           rest.len == 32 && hex_decode(arena, rest, &out->id);
}

enum status file_find(struct db_tx *tx, struct arena *arena, struct str id, struct store_blob *out, bool *found,
                      struct error *err)
{
    struct store_blob key;
    *found = false;
    return parse_file_id(arena, id, &key) ? store_blob_find(tx, arena, key.region, key.id, out, found, err) : OK;
}

static enum status find_blob(struct db_tx *tx, void *arg, struct error *err)
{
    struct file_arg *a = arg;
    return file_find(tx, a->call->arena, a->id, &a->row, &a->found, err);
}

static enum status look(struct file_arg *arg, struct str id, struct value *body, struct error *err)
{
    const struct call *call = arg->call;
    arg->id = id;
    if (db_read(call->service->db, find_blob, arg, err) != OK)
        return FAILED;
    struct str me = actor_index(call);
    bool mine = arg->found && me.data && str_equal(me, arg->row.owner);
    bool staff =
        call->actor->kind == ACTOR_SYSTEM || (call->actor->kind == ACTOR_STAFF && service_can(call, "case.read"));
    if (!arg->found || (!mine && !staff))
        return error_set(err, ERROR_NOT_FOUND, "file-not-found", "There is no file %.*s that you may see.",
                         STR_ARGS(id));
    return service_unseal(call->service, call->arena, file_id(call->arena, &arg->row), arg->row.body, body, err);
}

enum status service_file_head(const struct call *call, struct str id, struct service_file *out, struct error *err)
{
    struct file_arg arg = {.call = call};
    struct value body;
    if (look(&arg, id, &body, err) != OK)
        return FAILED;
    *out = (struct service_file){.name = value_text(value_get(body, STR("name"))),
                                 .type = value_text(value_get(body, STR("type")))};
    return OK;
}

enum status service_file_get(const struct call *call, struct str id, struct service_file *out, struct error *err)
{
    struct service *service = call->service;
    struct arena *arena = call->arena;
    struct file_arg arg = {.call = call};
    struct value body;
    struct str content;
    if (look(&arg, id, &body, err) != OK)
        return FAILED;
    struct str sealed = arg.row.content;
    if (!sealed.data && file_read(arena, file_path(service, arena, arg.row.id), FILE_MAX + 1000, &sealed, err) != OK)
        return FAILED;
    if (service_unseal_bytes(service, arena, file_id(arena, &arg.row), sealed, &content, err) != OK)
        return FAILED;
    *out = (struct service_file){.name = value_text(value_get(body, STR("name"))),
                                 .type = value_text(value_get(body, STR("type"))),
                                 .content = content};
    return OK;
}
