/* Searches over deployed things and over processes that belong to no item: filter, sort, page. Items use the words of
 * the Zeebe REST API (deployment.h), and so do filters. */
#pragma once

#include "service/service.h"

enum service_search_kind {
    SERVICE_SEARCH_PROCESSES, /* definitions */
    SERVICE_SEARCH_DECISIONS,
    SERVICE_SEARCH_REQUIREMENTS,
    SERVICE_SEARCH_INSTANCES,
    SERVICE_SEARCH_USER_TASKS, /* waiting, completed and cancelled */
    SERVICE_SEARCH_VARIABLES,
    SERVICE_SEARCH_TASK_VARIABLES,      /* those that the user task `of` sees, in every scope around it */
    SERVICE_SEARCH_EFFECTIVE_VARIABLES, /* the same, the innermost of each name */
    SERVICE_SEARCH_INCIDENTS,
    SERVICE_SEARCH_ELEMENTS, /* element instances that are active */
    SERVICE_SEARCH_KINDS,
};

struct service_search {
    enum service_search_kind kind;
    struct str of;       /* key that narrows it: a user task, or a process instance; absent: none */
    struct value filter; /* {field: value | {$eq, $neq, $exists, $gt, $gte, $lt, $lte, $in, $notIn, $like}}, for
                            instances also $or: [filter]; or null. $like knows * and ? */
    struct value sort;   /* [{field, order: ASC | DESC}], or null: by key, rising */
    struct value
        page; /* {from, limit} | {after, limit} | {before, limit}, or null; limit is at most 10,000, usually 100 */
};
/* Looks at SERVICE_SEARCH_MOST rows at most; further ones are reached in the order of keys by `after`. Reads see all
 * writes before them. {items, page {totalItems, hasMoreTotalItems, startCursor, endCursor}}. Refusals: filter-invalid,
 * sort-invalid, page-invalid, forbidden; task-not-found. */
#define SERVICE_SEARCH_MOST 10000
MUST_USE enum status service_search(const struct call *call, const struct service_search *search, struct value *out,
                                    struct error *err);
