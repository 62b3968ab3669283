/* Processes that belong to no item: start, cancel, look at, set variables; their user tasks; incidents; signals. Views
 * use the words of the Zeebe REST API (deployment.h). Jobs and messages are in job.h, searches in search.h.
 *
 * Such a process is a case of its own: it has a case number, events in a hash chain, a region (that of who started it),
 * and is seen by those whose scope covers it. */
#pragma once

#include "service/service.h"

struct service_process_start {
    struct str key; /* of the definition; absent: the newest, or this version, of */
    struct str id;
    int64_t version;        /* 0 or less: the newest */
    struct value variables; /* a context or null */
    struct value fetch;     /* list of the variables to answer with; null: all */
    struct value tags;      /* list of texts, or null */
    struct str business;    /* business id, or absent */
};
/* Starts an instance and runs it until it waits or ends. Needs process.start. {processDefinitionId,
 * processDefinitionVersion, processDefinitionKey, processInstanceKey, tenantId, variables, tags, businessId}; *ended
 * tells whether it is over. definition-not-found, start-not-found, region-unknown. */
MUST_USE enum status service_process_start(const struct call *call, const struct service_process_start *start,
                                           struct value *out, bool *ended, struct error *err);
/* The same view of a running or ended one, for who waited for it. process-not-found. */
MUST_USE enum status service_process_result(const struct call *call, struct str key, struct value fetch,
                                            struct value *out, bool *ended, struct error *err);
/* Needs process.start. process-not-found, process-ended. */
MUST_USE enum status service_process_cancel(const struct call *call, struct str key, struct error *err);
/* Needs process.read. */
MUST_USE enum status service_process_get(const struct call *call, struct str key, struct value *out, struct error *err);

/* key: of a process instance or of an active element instance. Without local a variable goes to the outermost scope
 * that has it, else to the process. Needs process.start. element-not-found. */
MUST_USE enum status service_variables_set(const struct call *call, struct str key, struct value variables, bool local,
                                           struct error *err);
/* Activates elements of an active ad-hoc sub-process, the element instance of that key; elements: list of {elementId,
 * variables: a context or null}. cancels: what is active in it ends first. Needs process.start. element-not-found,
 * element-not-ad-hoc, element-not-active. */
MUST_USE enum status service_ad_hoc_activate(const struct call *call, struct str key, struct value elements,
                                             bool cancels, struct error *err);
/* One active element instance. */
MUST_USE enum status service_element_get(const struct call *call, struct str key, struct value *out, struct error *err);

/* User tasks of such processes. All need task.work, and the task's region in the actor's scope (or its assignment).
 * user-task-not-found; user-task-ended when it is completed or cancelled; task-busy while a listener works. Where the
 * task has listeners for a change, it is only asked for: service_user_task_outcome tells more. */
MUST_USE enum status service_user_task_get(const struct call *call, struct str key, struct value *out,
                                           struct error *err);
/* assignee absent: takes it away from whoever has it. Without override a task that somebody else has is refused:
 * user-task-assigned. */
MUST_USE enum status service_user_task_assign(const struct call *call, struct str key, struct str assignee,
                                              bool override, struct error *err);
MUST_USE enum status service_user_task_complete(const struct call *call, struct str key, struct value variables,
                                                struct error *err);
/* change: {candidateGroups, candidateUsers, dueDate, followUpDate, priority}, those that change. */
MUST_USE enum status service_user_task_update(const struct call *call, struct str key, struct value change,
                                              struct error *err);
/* What became of a change that listeners were asked about: {changing: the event they are asked about, denied: the event
 * that they refused last, reason}; {cancelled: true} for a task that was; empty for one that is completed or cannot be
 * seen any more. */
MUST_USE enum status service_user_task_outcome(const struct call *call, struct str key, struct value *out,
                                               struct error *err);
/* As service_definition_form; null when it has none. */
MUST_USE enum status service_user_task_form(const struct call *call, struct str key, struct value *out,
                                            struct error *err);

/* Needs incident.manage; also of cases with an item. incident-not-found, incident-resolved. */
MUST_USE enum status service_incident_get(const struct call *call, struct str key, struct value *out,
                                          struct error *err);
/* Tries again what failed; a job without retries gets one. */
MUST_USE enum status service_incident_resolve(const struct call *call, struct str key, struct error *err);

/* Gives the signal to all that wait for it and starts what it starts. Needs message.publish. {signalKey, tenantId}. */
MUST_USE enum status service_signal_broadcast(const struct call *call, struct str name, struct value variables,
                                              struct value *out, struct error *err);
