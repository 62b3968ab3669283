/* Proof that nothing was changed behind the server's back, and copies for bad days. */
#pragma once

#include "service/service.h"

struct service_audit_problem {
    struct str table;
    struct str key;     /* the row's key as shown to people, for example a case number */
    struct str message; /* one sentence */
};
struct service_audit {
    int64_t cases, events, certificates, records, entries, anchors; /* looked at */
    size_t problem_count;
    const struct service_audit_problem *problems; /* at most 1,000 */
};
/* Recomputes every event chain, opens every sealed row, verifies every certificate's signature, balances every ledger,
 * compares with the signed anchors. Needs audit.read. */
MUST_USE enum status service_audit(const struct call *call, struct service_audit *out, struct error *err);

/* ---- audit_run.c: an audit that somebody on the desk has asked for ---- */

/* Asks for one; the background carries it out. The view of service_audit_state. Needs audit.run. audit-runs. */
MUST_USE enum status service_audit_ask(const struct call *call, struct value *out, struct error *err);
/* Carries out what was asked for, also what a server that is gone had begun. */
MUST_USE enum status service_audits_run(struct service *self, int64_t now_ms, size_t batch, size_t *done,
                                        struct error *err);
#define AUDIT_RUN "audit.run" /* the setting that tells how far the one is that was asked for */
/* Told after every page while somebody waits for the result. */
struct service_audit_watch {
    void *state;
    void (*seen)(void *state, const struct service_audit *so_far);
};
MUST_USE enum status service_audit_watched(const struct call *call, const struct service_audit_watch *watch,
                                           struct service_audit *out, struct error *err);

/* Signs the tally of all regions: the number of events and their keyed sum. */
MUST_USE enum status service_anchor(struct service *self, struct error *err);
/* The same, once a day. */
MUST_USE enum status service_anchor_daily(struct service *self, int64_t now_ms, struct error *err);

/* Copies database, keys and files of a data folder while the server runs into a new folder; out must not exist. */
MUST_USE enum status service_backup(struct service *self, const char *out, struct error *err);
/* The way back; the data folder must be empty or missing. */
MUST_USE enum status service_restore(const char *from, const char *data, struct error *err);

/* ---- The access log: who looked at personal data. access.c ---- */

struct service_access_query {
    struct str who;      /* staff name, ID number or USCC; "": anybody */
    struct str subject;  /* ID number or USCC of the person looked at; "": anybody */
    struct str case_no;
    struct str from, to; /* days, both included; "": open */
    int64_t limit;
    struct str cursor;
};
/* {items [{at, who, name, kind, role, unit, unit_name, what, subject (masked), case, purpose}], next}, newest first.
 * Needs audit.read; a role whose scope is its unit sees looks from its unit only. Asking for one person is noted
 * itself. Persons see who else looked at them, without the staff member's name. bad-query, bad-cursor. */
MUST_USE enum status service_access_list(const struct call *call, const struct service_access_query *query,
                                         struct value *out, struct error *err);
/* All that the query finds as a table, noted with its reason. *out is CSV with its mark. reason-missing,
 * export-too-large. */
#define SERVICE_EXPORT_MAX 10000
MUST_USE enum status service_access_export(const struct call *call, const struct service_access_query *query,
                                           struct str reason, struct str *out, struct error *err);
/* {audit {began, ended, cases, events, certificates, records, entries, anchors, problems, found [{table, key, message}]
 * (the first 50)}, run {state waiting | running | done | failed, by, asked, began, ended, cases, events, certificates,
 * records, message}, anchor {at, regions, events}}; a member is left out when there has been none. Needs audit.read or
 * audit.run. */
MUST_USE enum status service_audit_state(const struct call *call, struct value *out, struct error *err);
#define AUDIT_LAST "audit.last" /* the setting that keeps what the last audit found */
