/* What was deployed while the server runs, compiled and kept as long as the service: definitions by key, their files by
 * model key. Shared by the engine, by cases whose process has no item, and by the use cases of deployment.h and
 * process.h. */
#pragma once

#include "service/internal.h"
#include "store/deployment.h"

/* One file. */
struct deployed_model {
    struct deployed_model *next;
    struct arena arena;
    int64_t key; /* store_definition.model: what bpmn instances refer to as their version */
    struct pack_file file;
    const struct bpmn_model *bpmn; /* one of the three */
    const struct dmn_model *dmn;
    struct value form;
};

/* One definition. */
struct deployed {
    struct deployed *next;
    struct store_definition row; /* deleted may be out of date */
    const struct deployed_model *model;
    const struct bpmn_process *process; /* STORE_PROCESS */
    struct pack_decision decision;      /* STORE_DECISION */
    struct pack_item item; /* STORE_PROCESS: stands in for the item that such a case has not; its code is "process" */
};

/* NULL in *out when there is none. */
MUST_USE enum status deployed_by_key(struct service *service, struct db_tx *tx, int64_t key,
                                     const struct deployed **out, struct error *err);
MUST_USE enum status deployed_find(struct service *service, struct db_tx *tx,
                                   const struct store_definition_wanted *wanted, const struct deployed **out,
                                   struct error *err);
void deployed_release(struct service *service);

/* Of a case without an item: the definition it runs, as its row says. */
static inline int64_t case_definition(const struct store_case *row)
{
    return row->item < 0 ? -row->item : 0;
}

/* What a process asks for by id and binding, from its point of view: `from` is the definition it runs in, or NULL. */
struct deployed_wanted {
    int64_t kind;
    struct str name, binding, version_tag;
    const struct deployed *from;
};
MUST_USE enum status deployed_bound(struct service *service, struct db_tx *tx, const struct deployed_wanted *wanted,
                                    const struct deployed **out, struct error *err);
