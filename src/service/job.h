/* Jobs for outside workers, messages between processes, incidents. */
#pragma once

#include "service/service.h"

struct service_job_query {
    struct str type;
    struct str worker;
    int64_t limit;      /* at most 1,000 */
    int64_t lock_ms;    /* how long a job is the worker's; 0: 60,000; at most a day */
    struct value fetch; /* list of variable names; null: all */
};
/* Takes jobs and locks them: list of {id, type, case, item, element, element_key, process, process_version, definition
 * (key, of a deployed process), instance (key), tags, listener (true: it is for a listener), listening (of a listener's
 * job, as in bpmn_instance_view), retries, deadline, worker, headers, variables}. May be empty: waiting is the caller's
 * business. Needs job.work. */
MUST_USE enum status service_job_activate(const struct call *call, const struct service_job_query *query,
                                          struct value *out, struct error *err);
/* variables: a context or null. job-not-found also when it is done already. */
MUST_USE enum status service_job_complete(const struct call *call, struct str id, struct value variables,
                                          struct error *err);
/* The same for the job of a task listener: result {denied, deniedReason, corrections {assignee, candidateGroups,
 * candidateUsers, dueDate, followUpDate, priority; null clears}}, or null. */
MUST_USE enum status service_job_answer(const struct call *call, struct str id, struct value variables,
                                        struct value result, struct error *err);
struct service_job_failure {
    int64_t retries;
    int64_t back_off_ms;
    struct str message;
    struct value variables;
};
MUST_USE enum status service_job_fail(const struct call *call, struct str id, const struct service_job_failure *failure,
                                      struct error *err);
/* A BPMN error that the process may catch. */
MUST_USE enum status service_job_error(const struct call *call, struct str id, struct str code, struct str message,
                                       struct value variables, struct error *err);
/* -1 leaves retries as they are; lock_ms 0 leaves the lock. */
MUST_USE enum status service_job_update(const struct call *call, struct str id, int64_t retries, int64_t lock_ms,
                                        struct error *err);

struct service_message {
    struct str name;
    struct str correlation_key;
    struct str id;       /* a second message with the same id is dropped while the first is kept; "" none */
    int64_t ttl_ms;      /* how long it waits for somebody to wait for it; 0: only now */
    bool at_once;        /* refused (message-not-correlated) when nobody waits for it */
    struct value variables;
};
/* Delivers to every waiting case (at most one per process), else keeps it for ttl_ms. Starts the
 * deployed processes that it starts. {delivered: n, buffered: true|false, known (its id was used already), key,
 * instance: key of the first that took it}. */
MUST_USE enum status service_message_publish(const struct call *call, const struct service_message *message,
                                             struct value *out, struct error *err);
