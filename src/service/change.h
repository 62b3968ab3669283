/* A change to running cases that one person proposes and another lets be carried out: what the files about it share.
 *
 *     proposed --approve (another person)--> running --all cases seen--> done
 *         \--reject--> rejected
 *
 * The sealed body of its row: {kind, process, source, version, to, mapping, moves, cases, region, element, reason,
 * proposed_by, decided_by (names as shown), decision (why), tried, problems [{case, type, message}]}. */
#pragma once

#include "service/versions.h"

enum change_kind_of { PROCESS_MODIFY = 1, PROCESS_MIGRATE };
extern const char *const change_kind_names[];  /* by enum change_kind_of */
extern const char *const change_state_names[]; /* by enum store_change_state */

#define CHANGE_CASES_MOST 1000 /* named one by one */
#define CHANGE_PROBLEMS_MOST 100

/* A body made ready: versions found, lists read. */
struct change_plan {
    int64_t id; /* of the change; 0 while it is tried */
    enum change_kind_of kind;
    struct value body;
    struct versions versions;
    struct version from, to; /* to: of a migration */
    struct version_model model, target;
    struct bpmn_pairs mapping;
    struct str element; /* only cases with a token there; "": all */
    struct value cases; /* [no], or null: all that run it */
};
/* version-not-found, change-invalid with the field, element-not-found. */
MUST_USE enum status change_plan_make(struct work *work, struct value body, struct change_plan *out, struct error *err);
/* Changes one case in memory. *concerned is false, and nothing changed, when it has no token where the change looks for
 * one. case-closed, version-changed, item-missing, called-process-changed, and what bpmn_step refuses. */
MUST_USE enum status change_apply(struct work_case *of, const struct change_plan *plan, bool *concerned,
                                  struct error *err);

/* The cases of the plan in the row's scope behind (at_region, at_id), at most limit. Those named one by one have their
 * place in the list as at_id. */
struct change_place {
    int64_t region, at;
    struct case_id id; /* region 0: a number that is none */
    struct str no;
};
struct change_places {
    struct change_place *items;
    size_t count;
    int64_t total; /* of all cases, when asked for from the start with count_all */
    bool count_all;
};
MUST_USE enum status change_next(struct work *work, struct change_plan *plan, const struct store_change *row,
                                 size_t limit, struct change_places *out, struct error *err);
/* body with one more problem, unless it holds enough. */
struct value change_problem(struct arena *arena, struct value body, struct str no, const struct error *problem);
struct str change_seal(const struct service *service, struct arena *arena, const struct store_change *row,
                       struct value body);
MUST_USE enum status change_unseal(const struct service *service, struct arena *arena, const struct store_change *row,
                                   struct value *out, struct error *err);
