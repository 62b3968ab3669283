/* Copies of a data folder: the database as one snapshot, the keys, the files. */
#include "service/audit.h"

#include "service/internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const key_files[] = {"master.key", "audit.key", "signing.json"};

static const char *join(struct arena *arena, const char *folder, const char *name)
{
    return arena_cstr(arena, arena_printf(arena, "%s/%s", folder, name));
}

static enum status fresh_folder(const char *path, struct error *err)
{
    if (mkdir(path, 0700) == 0)
        return OK;
    if (errno == EEXIST)
        return error_set(err, ERROR_CONFLICT, "backup-exists", "%s is there already; name a new folder.", path);
    return error_set(err, ERROR_UNAVAILABLE, "folder", "The folder %s cannot be made: %s.", path, strerror(errno));
}

static enum status copy_file(struct arena *arena, const char *from, const char *to, struct error *err)
{
    struct str content;
    struct arena_mark mark = arena_mark(arena);
    if (file_read(arena, from, (size_t)4 * 1024 * 1024 * 1024, &content, err) != OK ||
        file_write(to, content, 0600, err) != OK)
        return FAILED;
    arena_rewind(arena, mark);
    return OK;
}

static enum status copy_keys(struct arena *arena, const char *from, const char *to, struct error *err)
{
    for (size_t i = 0; i < COUNT_OF(key_files); i++)
        if (copy_file(arena, join(arena, from, key_files[i]), join(arena, to, key_files[i]), err) != OK)
            return FAILED;
    return OK;
}

/* files/ab/abcdef…: two levels. */
static enum status copy_attachments(struct arena *arena, const char *from, const char *to, struct error *err)
{
    const char *source = join(arena, from, "files"), *target = join(arena, to, "files");
    struct str *folders, *names;
    size_t folder_count, count;
    if (access(source, F_OK) != 0)
        return OK;
    if (fresh_folder(target, err) != OK || folder_list(arena, source, "", &folders, &folder_count, err) != OK)
        return FAILED;
    for (size_t f = 0; f < folder_count; f++) {
        const char *in = join(arena, source, arena_cstr(arena, folders[f])),
                   *out = join(arena, target, arena_cstr(arena, folders[f]));
        if (fresh_folder(out, err) != OK || folder_list(arena, in, "", &names, &count, err) != OK)
            return FAILED;
        for (size_t i = 0; i < count; i++) {
            const char *name = arena_cstr(arena, names[i]);
            if (copy_file(arena, join(arena, in, name), join(arena, out, name), err) != OK)
                return FAILED;
        }
    }
    return OK;
}

enum status service_backup(struct service *self, const char *out, struct error *err)
{
    struct arena arena;
    if (!self->data.data)
        return error_set(err, ERROR_INVALID, "backup-memory", "A server in memory has nothing to back up.");
    arena_init(&arena);
    const char *data = arena_cstr(&arena, self->data);
    enum status status = fresh_folder(out, err);
    if (status == OK && db_kind(self->db) == DB_SQLITE)
        status = db_backup(self->db, join(&arena, out, "tongban.db"), err);
    if (status == OK)
        status = copy_keys(&arena, data, out, err);
    /* Files last: those that came after the snapshot do no harm, those it names are there. */
    if (status == OK)
        status = copy_attachments(&arena, data, out, err);
    arena_release(&arena);
    return status;
}

enum status service_restore(const char *from, const char *data, struct error *err)
{
    struct arena arena;
    struct str *names;
    size_t count = 0;
    arena_init(&arena);
    enum status status = OK;
    if (access(data, F_OK) == 0)
        status = folder_list(&arena, data, "", &names, &count, err);
    else
        status = fresh_folder(data, err);
    if (status == OK && count)
        status =
            error_set(err, ERROR_CONFLICT, "restore-not-empty", "%s is not empty; restore into a new folder.", data);
    if (status == OK)
        status = copy_keys(&arena, from, data, err);
    if (status == OK && access(join(&arena, from, "tongban.db"), F_OK) == 0)
        status = copy_file(&arena, join(&arena, from, "tongban.db"), join(&arena, data, "tongban.db"), err);
    if (status == OK)
        status = copy_attachments(&arena, from, data, err);
    arena_release(&arena);
    return status;
}
