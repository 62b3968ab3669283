/* A set with some files of its packs replaced or added: what is in force when models have been released, and what a
 * draft is tried in. */
#include "pack/internal.h"

static bool changes_pack(const struct pack_change *changes, size_t count, struct str pack)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(changes[i].pack, pack))
            return true;
    return false;
}

/* Later changes of one file win. */
static enum status change_pack(struct arena *arena, const struct pack *pack, const struct pack_change *changes,
                               size_t count, struct pack_problems *problems, const struct pack **out, struct error *err)
{
    VECTOR(struct pack_file) files = {0};
    for (size_t i = 0; i < pack->file_count; i++)
        VECTOR_PUSH(arena, &files, pack->files[i]);
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        if (!str_equal(changes[i].pack, pack->id))
            continue;
        while (at < files.count && !str_equal(files.items[at].path, changes[i].path))
            at++;
        struct pack_file file = {.path = changes[i].path, .text = changes[i].text};
        if (at < files.count)
            files.items[at] = file;
        else
            VECTOR_PUSH(arena, &files, file);
    }
    return pack_load_files(arena, files.items, files.count, problems, out, err);
}

enum status pack_set_change(struct arena *arena, const struct pack_set *self, const struct pack_changes *changes,
                            struct pack_problems *problems, const struct pack_set **out, struct error *err)
{
    const struct pack **packs = arena_array(arena, const struct pack *, self->pack_count);
    for (size_t i = 0; i < self->pack_count; i++) {
        packs[i] = self->packs[i];
        if (changes_pack(changes->items, changes->count, packs[i]->id) &&
            change_pack(arena, self->packs[i], changes->items, changes->count, problems, &packs[i], err) != OK)
            return FAILED;
    }
    return pack_set_new(arena, packs, self->pack_count, problems, out, err);
}

const struct pack *pack_set_find(const struct pack_set *self, struct str id)
{
    for (size_t i = 0; i < self->pack_count; i++)
        if (str_equal(self->packs[i]->id, id))
            return self->packs[i];
    return NULL;
}
