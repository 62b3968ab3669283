/* Every version of every process: those of packs, told apart by their file's content over all sets of packs that were
 * ever in force, and deployed ones. Which cases run which is known by (item, packs): see store_case_group. */
#pragma once

#include "service/page.h"

struct version {
    struct str process, title, tag;
    bool deployed;
    int64_t number;     /* 1, 2, … of this process and source, in the order in which they came */
    int64_t definition; /* key; 0 for those of packs */
    struct str hash;    /* of the file */
    int64_t packs;      /* the newest set of packs that has it */
    int64_t since;      /* when it came */
    bool in_force;
    int64_t running, ended, stuck; /* versions_count */
};
struct versions {
    VECTOR(struct version) list;
    const struct store_set_file *files; /* of processes, by pack, path and set */
    size_t file_count;
};
MUST_USE enum status versions_read(struct work *work, struct versions *out, struct error *err);
/* The one that cases of this group run; it is added when only old packs have it. NULL in *out when it cannot be told.
 */
MUST_USE enum status versions_of(struct work *work, struct versions *self, const struct store_case_group *group,
                                 struct version **out, struct error *err);
MUST_USE enum status versions_runs(struct work *work, struct versions *self, const struct version *wanted,
                                   const struct store_case_group *group, bool *out, struct error *err);
/* By process, source ("": pack, else deployed) and number (0: the one in force, else the newest). version-not-found. */
struct version_name {
    struct str process, source;
    int64_t number;
};
MUST_USE enum status versions_find(struct versions *self, const struct version_name *name, struct version **out,
                                   struct error *err);
/* Groups of the scope's region that run this version; of is the caller's. */
struct version_groups {
    enum store_group_of of;
    struct store_case_group *items;
    size_t count;
};
MUST_USE enum status versions_groups(struct work *work, struct versions *self, const struct version *version,
                                     const struct store_page *scope, struct version_groups *out, struct error *err);
/* Its compiled process and text. */
struct version_model {
    const struct bpmn_process *process;
    const struct pack_set *packs;    /* of packs */
    const struct deployed *deployed; /* or deployed */
    struct str xml;
};
MUST_USE enum status versions_model(struct work *work, const struct version *version, struct version_model *out,
                                    struct error *err);
static inline const char *version_source(const struct version *version)
{
    return version->deployed ? "deployed" : "pack";
}
