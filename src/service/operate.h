/* Operations: what is stuck, due or waiting in the actor's scope, which cases run which version of a process, where
 * they wait, and changes to running cases by two persons. Lists are {items, next}. */
#pragma once

#include "service/service.h"

/* ---- Incidents: need incident.manage ---- */

struct service_incident_query {
    struct str process, kind; /* "": any */
    struct str no;            /* of a case; "": any */
    int64_t limit;
    struct str cursor;
};
/* Open ones, oldest first: {id, type, message, since, case, item, item_title, region, process, element, name, kind,
 * job, retries}. kind is the element's, type the incident's. */
MUST_USE enum status service_incident_list(const struct call *call, const struct service_incident_query *query,
                                           struct value *out, struct error *err);
struct service_incident_mending {
    bool skip;              /* goes on without doing what failed; needs a reason */
    struct str reason;
    struct str flow;        /* skip of a gateway: the flow that is taken */
    struct value variables; /* set before; a context or null */
};
/* {case, state, solved (false: it failed again), incident: the new one's key}. incident-not-found, incident-resolved,
 * reason-missing, and what the process refuses. */
MUST_USE enum status service_incident_mend(const struct call *call, struct str key,
                                           const struct service_incident_mending *mending, struct value *out,
                                           struct error *err);

/* ---- Timers and jobs: need process.read ---- */

/* The next first: {id, due, overdue, case, item, item_title, region, process, element, name, kind}. */
MUST_USE enum status service_timer_list(const struct call *call, bool overdue, int64_t limit, struct str cursor,
                                        struct value *out, struct error *err);
struct service_job_list_query {
    struct str type;  /* "": any */
    struct str state; /* "" any; free, taken, later (after a back-off), spent (no retries left) */
    int64_t limit;
    struct str cursor;
};
/* {id, type, state, retries, worker, deadline (until when it is taken), due (when it is free again), case, item,
 * item_title, region, process, element, name, kind}. */
MUST_USE enum status service_job_list(const struct call *call, const struct service_job_list_query *query,
                                      struct value *out, struct error *err);
/* Gives tries back (1 to 1,000) and resolves its incident. Needs process.operate. job-not-found. */
MUST_USE enum status service_job_retries(const struct call *call, struct str id, int64_t retries, struct error *err);

/* ---- Versions and heat: need process.read ---- */

struct service_version_query {
    struct str process; /* only this one; "": all */
    struct str text;    /* in its id or title; "": any */
    bool running;       /* only versions that cases run */
    int64_t limit;
    struct str cursor;
};
/* By process, newest version first: {process, title, source (pack, deployed), version, tag, key (of a definition),
 * since, in_force, running, ended, incidents}. Counted in the actor's scope; those of packs, for a county or more, in
 * the background: some seconds late. */
MUST_USE enum status service_version_list(const struct call *call, const struct service_version_query *query,
                                          struct value *out, struct error *err);

struct service_heat_query {
    struct str process;
    struct str source;   /* pack or deployed; "": pack if there is such a one */
    int64_t version;     /* 0: the one in force */
    struct str from, to; /* days of opening, both included; "": the last 90 days. At most 366 days */
};
/* {process, title, source, version, from, to, cases (opened in these days), sampled, running (whenever opened),
 * running_sampled, exact (nothing was estimated), precision_percent (of median_ms and p90_ms), as_of (of sums),
 * xml, elements [{element, name, kind, waiting, passed, timed, median_ms, p90_ms, oldest}]}. timed: how many stays were
 * measured, of those who passed the element once. Of processes of packs, for a county or more, sums are read that
 * counting keeps: oldest is then a day. Else about 400 cases of the period and 400 running ones are opened at most,
 * spread evenly; waiting and passed are scaled up from them. */
MUST_USE enum status service_heat(const struct call *call, const struct service_heat_query *query, struct value *out,
                                  struct error *err);

/* ---- Changes to running cases: need process.operate ---- */

/* proposal: {kind: modify | migrate, process, source, version, cases [no] (else all that run it in scope), region,
 * element (only cases with a token there), to (migrate: version), mapping {old: new}, moves [{from, to, variables}]
 * (modify), reason}. Tried on up to 20 cases first; refused when none of them can be changed. {id, kind, state
 * (proposed, running, done, rejected), process, source, version, …, reason, proposed_by, proposed, decided_by, decided,
 * total, done, failed, skipped, tried, problems [{case, type, message}]}. */
MUST_USE enum status service_change_propose(const struct call *call, struct value proposal, struct value *out,
                                            struct error *err);
MUST_USE enum status service_change_list(const struct call *call, struct str state, int64_t limit, struct str cursor,
                                         struct value *out, struct error *err);
MUST_USE enum status service_change_get(const struct call *call, struct str id, struct value *out, struct error *err);
/* approve: by another person than proposed it (second-person-needed); it is then carried out by service_changes_run.
 * Otherwise rejected, also by who proposed it. change-not-found, change-decided. */
MUST_USE enum status service_change_decide(const struct call *call, struct str id, bool approve, struct str reason,
                                           struct value *out, struct error *err);
/* Goes on with the oldest approved change, at most batch cases; may be cut off at any instant and run in several
 * threads: each case is changed once. */
MUST_USE enum status service_changes_run(struct service *self, int64_t now_ms, size_t batch, size_t *done,
                                         struct error *err);
