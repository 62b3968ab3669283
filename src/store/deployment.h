/* What is deployed while the server runs (definitions, their start events), and what processes without an item leave
 * for searches: instances, user tasks, incidents, elements that are active now. Definitions are a small table without
 * region; their content is in pack_file, by hash. */
#pragma once

#include "store/schema.h"

enum store_definition_kind { STORE_PROCESS = 1, STORE_DECISION, STORE_REQUIREMENTS, STORE_FORM };

struct store_definition {
    int64_t id; /* key */
    int64_t kind;
    int64_t version;    /* 1, 2, … of this name */
    int64_t deployment; /* key of the deployment that brought it */
    int64_t model;      /* key of the file: the first process of it, the requirements of a decision, the form itself */
    int64_t deployed;
    bool deleted;        /* no longer started or found by "latest" */
    struct str name;     /* id in the file, unique with kind and version */
    struct str title;    /* "" none */
    struct str tag;      /* version tag, "" none */
    struct str resource; /* file name */
    struct str hash;     /* of the content, in pack_file */
};
MUST_USE enum status store_definition_insert(struct db_tx *tx, const struct store_definition *row, struct error *err);
MUST_USE enum status store_definition_delete(struct db_tx *tx, int64_t id, struct error *err);
MUST_USE enum status store_definition_find(struct db_tx *tx, struct arena *arena, int64_t id,
                                           struct store_definition *out, bool *found, struct error *err);
/* One by kind and name, chosen by the first of these that is set; none set: the newest that is not deleted. */
struct store_definition_wanted {
    int64_t kind;
    struct str name;
    int64_t version, model, deployment;
    struct str tag;
};
MUST_USE enum status store_definition_get(struct db_tx *tx, struct arena *arena,
                                          const struct store_definition_wanted *wanted, struct store_definition *out,
                                          bool *found, struct error *err);
/* The highest version that this name ever had, deleted or not. */
MUST_USE enum status store_definition_last(struct db_tx *tx, struct arena *arena, int64_t kind, struct str name,
                                           struct store_definition *out, bool *found, struct error *err);
/* By key, rising. */
MUST_USE enum status store_definition_list(struct db_tx *tx, struct arena *arena, int64_t kind, int64_t after,
                                           int64_t limit, struct store_definition **out, size_t *count,
                                           struct error *err);
/* The text behind a hash; absent when it is not there. */
MUST_USE enum status store_content_find(struct db_tx *tx, struct arena *arena, struct str hash, struct str *out,
                                        struct error *err);

/* Message, signal and timer start events of the newest versions. */
struct store_start {
    int64_t definition;
    int64_t event;            /* enum bpmn_event */
    int64_t due, last, fired; /* timers: next (0: never again), last time, how often */
    int64_t region, division; /* timers: where what they start belongs */
    struct str element;
    struct str name; /* of message or signal; "" for timers */
};
MUST_USE enum status store_start_insert(struct db_tx *tx, const struct store_start *row, struct error *err);
/* All of a process's, whatever the version. */
MUST_USE enum status store_start_clear(struct db_tx *tx, struct str process, struct error *err);
MUST_USE enum status store_start_named(struct db_tx *tx, struct arena *arena, int64_t event, struct str name,
                                       struct store_start **out, size_t *count, struct error *err);
MUST_USE enum status store_start_due(struct db_tx *tx, struct arena *arena, int64_t now, int64_t limit,
                                     struct store_start **out, size_t *count, struct error *err);
/* Moves a timer on; *moved is false when somebody else has. */
MUST_USE enum status store_start_move(struct db_tx *tx, const struct store_start *row, int64_t fired_was, bool *moved,
                                      struct error *err);

enum store_process_state { STORE_ACTIVE = 1, STORE_COMPLETED, STORE_TERMINATED };

struct store_instance {
    int64_t id; /* key: holds the region */
    int64_t case_id, definition, division;
    int64_t version; /* of the definition */
    int64_t state, started, ended, incidents;
    struct str process;  /* id */
    struct str unit;     /* absent: none */
    struct str business; /* business id, absent: none */
    struct str tags;     /* "a,b"; absent: none */
};
MUST_USE enum status store_instance_insert(struct db_tx *tx, const struct store_instance *row, struct error *err);
/* definition, version, state, ended and incidents. */
MUST_USE enum status store_instance_update(struct db_tx *tx, const struct store_instance *row, struct error *err);
MUST_USE enum status store_instance_find(struct db_tx *tx, struct arena *arena, int64_t id, struct store_instance *out,
                                         bool *found, struct error *err);
MUST_USE enum status store_instance_of_case(struct db_tx *tx, struct arena *arena, int64_t region, int64_t case_id,
                                            struct store_instance *out, bool *found, struct error *err);

/* What the three lists have in common: rows of a region in a scope, by key, rising. */
struct store_process_filter {
    int64_t region;
    int64_t after_id;
    int64_t division_from, division_to; /* [from, to) */
    struct str unit;                    /* absent: any */
    int64_t state;                      /* 0: any */
    int64_t instance;                   /* tasks, incidents: of this one; 0: any */
    struct str name;                    /* instances: process id; tasks: assignee; absent: any */
    int64_t limit;
};
MUST_USE enum status store_instance_list(struct db_tx *tx, struct arena *arena,
                                         const struct store_process_filter *filter, struct store_instance **out,
                                         size_t *count, struct error *err);

struct store_user_task {
    int64_t id; /* key, as in task */
    int64_t case_id, instance, definition, version, division, element_key;
    int64_t state, created, ended, due, follow_up, priority;
    struct str process, unit, element, title; /* title: the element's name, "" none */
    struct str assignee;                      /* absent: nobody */
    struct str candidates;                    /* JSON {groups, users, headers, changing, denied, reason} */
    struct str form, form_binding, form_tag;  /* "" none */
};
MUST_USE enum status store_user_task_insert(struct db_tx *tx, const struct store_user_task *row, struct error *err);
/* assignee, candidates, due, follow_up, priority. */
MUST_USE enum status store_user_task_update(struct db_tx *tx, const struct store_user_task *row, struct error *err);
MUST_USE enum status store_user_task_end(struct db_tx *tx, int64_t id, int64_t state, int64_t now, struct error *err);
MUST_USE enum status store_user_task_find(struct db_tx *tx, struct arena *arena, int64_t id,
                                          struct store_user_task *out, bool *found, struct error *err);
MUST_USE enum status store_user_task_list(struct db_tx *tx, struct arena *arena,
                                          const struct store_process_filter *filter, struct store_user_task **out,
                                          size_t *count, struct error *err);

/* Of all cases, with and without an item. */
struct store_incident {
    int64_t id; /* key */
    int64_t case_id, division;
    int64_t instance;            /* key of the process instance */
    int64_t definition, version; /* 0 for cases with an item */
    int64_t element_key, job, created, resolved;
    struct str process, unit, element, kind;
    struct str body; /* sealed: {message} */
};
MUST_USE enum status store_incident_insert(struct db_tx *tx, const struct store_incident *row, struct error *err);
MUST_USE enum status store_incident_resolve(struct db_tx *tx, int64_t id, int64_t now, struct error *err);
MUST_USE enum status store_incident_find(struct db_tx *tx, struct arena *arena, int64_t id, struct store_incident *out,
                                         bool *found, struct error *err);
MUST_USE enum status store_incident_list(struct db_tx *tx, struct arena *arena,
                                         const struct store_process_filter *filter, struct store_incident **out,
                                         size_t *count, struct error *err);

/* Element instances that are active, so that a key alone leads to its case. */
struct store_element {
    int64_t id, case_id;
};
MUST_USE enum status store_element_insert(struct db_tx *tx, const struct store_element *row, struct error *err);
MUST_USE enum status store_element_delete(struct db_tx *tx, int64_t id, struct error *err);
/* *case_id is 0 when there is none. */
MUST_USE enum status store_element_find(struct db_tx *tx, int64_t id, int64_t *case_id, struct error *err);
