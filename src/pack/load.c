/* Reading one pack: its files, their hashes, and the table that says which reader takes which file. */
#include "pack/internal.h"

#include "feel/json.h"
#include "trust/hash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* In this order; a file that fits no row is kept with the pack but means nothing (README, pictures). */
static const struct {
    const char *folder; /* "" for the top */
    const char *name;   /* the file's name or, in a folder, how it ends */
    pack_reader *read;  /* NULL: read through another file */
} kinds[] = {
    {"", "pack.json", NULL},
    {"", "roles.json", pack_read_roles},
    {"", "divisions.json", pack_read_divisions},
    {"", "calendar.json", pack_read_calendar},
    {"", "staff.json", pack_read_staff},
    {"divisions", ".json", pack_read_divisions},
    {"texts", ".json", pack_read_texts_table},
    {"codes", ".json", pack_read_codes},
    {"forms", ".form", pack_read_form},
    {"decisions", ".dmn", pack_read_decisions},
    {"processes", ".bpmn", pack_read_process},
    {"certificates", ".svg", NULL},
    {"certificates", ".json", pack_read_certificate},
    {"exchanges", ".json", pack_read_exchange},
    {"records", ".json", pack_read_record},
    {"indicators", ".json", pack_read_indicator},
    {"alerts", ".json", pack_read_alert},
    {"notices", ".json", pack_read_notice},
    {"prefills", ".json", pack_read_prefill},
    {"items", ".json", pack_read_item},
    {"scenarios", ".json", pack_read_scenario},
};

static bool file_is(size_t kind, struct str path)
{
    struct str folder = str_of(kinds[kind].folder);
    struct str name = str_of(kinds[kind].name);
    if (folder.len == 0)
        return str_equal(path, name);
    return str_starts(path, folder) && path.len > folder.len + 1 + name.len && path.data[folder.len] == '/' &&
           str_find(path, STR("/"), folder.len + 1) < 0 && str_ends(path, name);
}

static int by_path(const void *a, const void *b)
{
    return str_compare(((const struct pack_file *)a)->path, ((const struct pack_file *)b)->path);
}

const struct pack_file *pack_file_find(const struct pack *self, struct str path)
{
    struct pack_file wanted = {.path = path};
    return bsearch(&wanted, self->files, self->file_count, sizeof wanted, by_path);
}

bool pack_read_json(struct pack_loader *loader, struct value *out)
{
    struct error err = ERROR_INIT;
    struct json_limits limits = {.max_bytes = PACK_FILE_MAX};
    if (json_parse(loader->arena, loader->file->text, &limits, out, &err) == OK)
        return true;
    pack_wrong(loader, str_of(err.field), "%s", err.message);
    return false;
}

static void hash_files(struct arena *arena, struct pack *pack)
{
    unsigned char digest[HASH_SIZE];
    struct hash *all = hash_new(HASH_SM3);
    for (size_t i = 0; i < pack->file_count; i++) {
        struct pack_file *file = &pack->files[i];
        hash_sm3(file->text, digest);
        file->hash = hex_encode(arena, digest, sizeof digest);
        hash_put(all, file->path);
        hash_put(all, STR("\n"));
        hash_put(all, file->hash);
        hash_put(all, STR("\n"));
    }
    hash_done(all, digest);
    hash_free(all);
    pack->hash = hex_encode(arena, digest, sizeof digest);
}

static bool read_manifest(struct pack_loader *loader)
{
    static const char *const members[] = {"id", "version", "title", "summary", "needs", "sources", "effective"};
    struct pack *pack = loader->pack;
    pack->id = STR("?");
    loader->file = pack_file_find(pack, STR("pack.json"));
    if (!loader->file) {
        pack_wrong(loader, STR(""), "pack.json is missing");
        return false;
    }
    struct pack_reading r;
    size_t before = loader->errors;
    if (!pack_read_object(loader, members, COUNT_OF(members), &r))
        return false;
    pack->manifest = r.object;
    struct str id = STR_NONE;
    pack_read_id(&r, "id", &id);
    pack_read_text(&r, "version", PACK_REQUIRED, &pack->version);
    pack_read_text(&r, "title", PACK_REQUIRED, &pack->title);
    pack_read_texts(&r, "needs", &pack->needs, &pack->need_count);
    if (id.len > 0)
        pack->id = id;
    return loader->errors == before;
}

enum status pack_load_files(struct arena *arena, const struct pack_file *files, size_t count,
                            struct pack_problems *problems, const struct pack **out, struct error *err)
{
    struct pack *pack = arena_new(arena, struct pack);
    struct pack_problems own = {.arena = arena};
    problems = problems ? problems : &own;
    size_t told = problems->list.count;
    pack->files = arena_array(arena, struct pack_file, count);
    pack->file_count = count;
    for (size_t i = 0; i < count; i++)
        pack->files[i] = (struct pack_file){arena_str(arena, files[i].path), arena_str(arena, files[i].text), STR_NONE};
    qsort(pack->files, count, sizeof *pack->files, by_path);
    hash_files(arena, pack);

    struct pack_loader loader = {.arena = arena, .pack = pack, .problems = problems};
    bool readable = read_manifest(&loader);
    for (size_t kind = 0; readable && kind < COUNT_OF(kinds); kind++)
        for (size_t i = 0; i < count; i++)
            if (kinds[kind].read && file_is(kind, pack->files[i].path)) {
                loader.file = &pack->files[i];
                if (utf8_valid(loader.file->text))
                    kinds[kind].read(&loader);
                else
                    pack_wrong(&loader, STR(""), "is not UTF-8");
            }
    if (loader.errors == 0) {
        *out = pack;
        return OK;
    }
    struct pack_problem first =
        told < problems->list.count ? problems->list.items[told] : (struct pack_problem){.file = pack->id};
    (void)error_set(err, ERROR_INVALID, "pack-invalid", "%.*s: %.*s", STR_ARGS(first.file), STR_ARGS(first.message));
    return error_field(err, "%.*s", STR_ARGS(first.place));
}

/* ---- Folders ---- */

struct reading_folder {
    struct arena *arena;
    const char *root;
    VECTOR(struct pack_file) files;
    struct error *err;
};

static enum status read_folder(struct reading_folder *r, const char *folder, const char *suffix)
{
    struct str path = arena_printf(r->arena, "%s/%s", r->root, folder);
    struct stat info;
    if (stat(path.data, &info) != 0 || !S_ISDIR(info.st_mode))
        return OK;
    struct str *names = NULL;
    size_t count = 0;
    if (folder_list(r->arena, path.data, suffix, &names, &count, r->err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++) {
        struct pack_file file = {
            .path = arena_printf(r->arena, "%s%s%.*s", folder, folder[0] ? "/" : "", STR_ARGS(names[i]))};
        struct str full = arena_printf(r->arena, "%s/%.*s", r->root, STR_ARGS(file.path));
        if (file_read(r->arena, full.data, PACK_FILE_MAX, &file.text, r->err) != OK)
            return FAILED;
        VECTOR_PUSH(r->arena, &r->files, file);
    }
    return OK;
}

enum status pack_load(struct arena *arena, const char *folder, struct pack_problems *problems, const struct pack **out,
                      struct error *err)
{
    struct reading_folder r = {.arena = arena, .root = folder, .err = err};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (kinds[i].folder[0]) {
            if (read_folder(&r, kinds[i].folder, kinds[i].name) != OK)
                return FAILED;
            continue;
        }
        struct pack_file file = {.path = str_of(kinds[i].name)};
        struct str full = arena_printf(arena, "%s/%s", folder, kinds[i].name);
        struct stat info;
        if (stat(full.data, &info) != 0 && kinds[i].read)
            continue;
        if (file_read(arena, full.data, PACK_FILE_MAX, &file.text, err) != OK)
            return FAILED;
        VECTOR_PUSH(arena, &r.files, file);
    }
    return pack_load_files(arena, r.files.items, r.files.count, problems, out, err);
}

/* ---- Asking ---- */

struct str pack_id(const struct pack *self)
{
    return self->id;
}

struct str pack_version(const struct pack *self)
{
    return self->version;
}

struct str pack_title(const struct pack *self)
{
    return self->title;
}

struct str pack_hash(const struct pack *self)
{
    return self->hash;
}

const struct pack_file *pack_files(const struct pack *self, size_t *count)
{
    *count = self->file_count;
    return self->files;
}

struct value pack_manifest(const struct pack *self)
{
    return self->manifest;
}
