/* What the service knows about items besides the packs: their numbers in the database, which are suspended, which have
 * a version on its way. Made anew at every turn of the packs; readers take the one that is there. */
#pragma once

#include "service/catalogue_index.h"

struct item_suspension {
    struct str code, reason;
    int64_t since;
};
struct item_announced {
    struct str code;
    int64_t version, from; /* from: an instant */
};
struct item_states {
    struct arena arena;
    struct item_states *before; /* kept for readers until the service is closed */
    const struct store_item *items; /* by id */
    const struct store_item **by_code; /* by code, then version */
    size_t count;
    struct catalogue_index catalogue;
    const struct item_suspension *suspended;
    size_t suspended_count;
    const struct item_announced *announced; /* the earliest first */
    size_t announced_count;
};

/* Reads what holds at an instant, with these packs in force, and makes it known. Under `turning`, or while the service
 * is opened. */
MUST_USE enum status item_states_turn(struct service *self, const struct pack_set *packs, int64_t instant,
                                      struct error *err);
void item_states_release(struct service *self);

/* Whether cases may have been opened under more than one version. */
bool item_has_versions(const struct service *self, struct str code);
/* NULL: it is not suspended; none of its versions is to come. */
const struct item_suspension *item_suspended(const struct service *self, struct str code);
const struct item_announced *item_announced(const struct service *self, struct str code);
/* The code of the item in a file of a pack: what is declared there, else the file's name. */
struct str item_code_of(const struct service *self, struct str pack, struct str path);
/* Where a released version lies beside the pack's own: "items/clinic.json" in version 3 is "items/clinic@3.json". */
struct str item_laid_path(struct arena *arena, struct str path, int64_t version);
/* The model (model.h) that a version of an item in force was drawn from. */
struct str item_model_id(const struct call *call, const struct pack_item *item);
/* item-suspended. */
MUST_USE enum status item_refuse_suspended(const struct call *call, struct str code, struct error *err);
