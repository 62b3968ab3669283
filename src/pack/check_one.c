/* One item's file by itself, judged against a set that it may not be in yet: what the loader and pack_check say about
 * it. */
#include "pack/check.h"

/* The set's own versions of the item belong to one pack. */
static void check_home(struct pack_loader *loader, const struct pack_set *set, const struct pack_item *item,
                       const struct pack *home)
{
    size_t count;
    const struct pack_item *const *versions = pack_item_versions(set, item->code, &count);
    if (count && !str_equal(versions[0]->pack->id, home->id))
        pack_wrong(loader, STR("code"), "the item '%.*s' belongs to the pack %.*s", STR_ARGS(item->code),
                   STR_ARGS(versions[0]->pack->id));
}

const struct pack_item *pack_item_judge(const struct pack_set *set, const struct pack *home, struct str path,
                                        struct str text, struct pack_problems *problems)
{
    struct arena *arena = problems->arena;
    struct pack *pack = arena_new(arena, struct pack);
    struct pack_file *file = arena_new(arena, struct pack_file);
    *pack = (struct pack){.id = home->id, .version = home->version, .title = home->title, .hash = home->hash};
    *file = (struct pack_file){.path = path, .text = text, .hash = STR("")};
    struct pack_loader loader = {.arena = arena, .pack = pack, .problems = problems, .file = file};
    if (!utf8_valid(text)) {
        pack_wrong(&loader, STR(""), "is not UTF-8");
        return NULL;
    }
    pack_read_item(&loader);
    if (loader.errors || pack->items.count != 1)
        return NULL;
    struct pack_item *item = pack->items.items[0];
    struct pack_checking c = {arena, set, problems};
    check_home(&loader, set, item, home);
    pack_check_item(&c, item);
    pack_check_item_texts(&c, item);
    return item;
}
