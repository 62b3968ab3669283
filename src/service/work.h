/* One command on its way into the database:
 *
 *     read      a snapshot: load cases, run their processes, collect changes in memory      no lock held
 *     finish    encode, hash, seal, sign                                                     no transaction at all
 *     apply     write the changes, each guarded by the version that was read                 the writer's turn
 *
 * When a guard fails (somebody was faster) nothing is written and the command runs again from the start. So the
 * writer's turn holds only statements, and a command may be written as if it were alone. */
#pragma once

#include "service/internal.h"

struct work;

enum change_kind {
    CHANGE_TASK_INSERT,
    CHANGE_TASK_DELETE,   /* struct store_task: id */
    CHANGE_TASK_DONE,
    CHANGE_TASK_ASSIGN,   /* struct work_assign */
    CHANGE_TASK_DUE,      /* struct store_task: id, due */
    CHANGE_TIMER_INSERT,
    CHANGE_TIMER_DELETE,
    CHANGE_JOB_INSERT,
    CHANGE_JOB_UPDATE,
    CHANGE_JOB_DELETE,
    CHANGE_SUBSCRIPTION_INSERT,
    CHANGE_SUBSCRIPTION_DELETE,
    CHANGE_MESSAGE_INSERT,
    CHANGE_MESSAGE_DELETE, /* stale when it is gone */
    CHANGE_PARTY_INSERT,   /* stale when it is there */
    CHANGE_PARTY_UPDATE,   /* version_was */
    CHANGE_DOCUMENT_INSERT,
    CHANGE_DOCUMENT_UPDATE,
    CHANGE_CERTIFICATE_INSERT,
    CHANGE_CERTIFICATE_UPDATE,
    CHANGE_CERTIFICATE_USE,
    CHANGE_ACCOUNT_OPEN,
    CHANGE_ENTRY,          /* moves the account, then writes the entry; stale when the balance is not enough */
    CHANGE_NOTICE_INSERT,
    CHANGE_OUTBOX_INSERT,
    CHANGE_OUTBOX_DELETE,
    CHANGE_EXCHANGE_INSERT,
    CHANGE_ACCESS_INSERT,
    CHANGE_INSTANCE_INSERT, /* of processes without an item: store/deployment.h */
    CHANGE_INSTANCE_UPDATE,
    CHANGE_USER_TASK_INSERT,
    CHANGE_USER_TASK_UPDATE,
    CHANGE_USER_TASK_END,    /* struct store_user_task: id, state, ended */
    CHANGE_INCIDENT_INSERT,
    CHANGE_INCIDENT_RESOLVE, /* struct store_incident: id, resolved */
    CHANGE_ELEMENT_INSERT,
    CHANGE_ELEMENT_DELETE,
    CHANGE_START_MOVE,       /* struct store_start; version_was: fired */
    CHANGE_CASE_MOVE,        /* after a migration: store/operate.h */
    CHANGE_TASK_MOVE,
    CHANGE_USER_TASK_MOVE,
    CHANGE_INCIDENT_MOVE,
    CHANGE_COUNT,            /* of a change by two persons: struct store_change: id */
    CHANGE_SERIAL,         /* struct work_serial; stale when somebody else took the number */
    CHANGE_TICKET_INSERT,  /* store/ticket.h; stale when it is there */
    CHANGE_TICKET_USE,     /* version_was: tries; stale when somebody else used it */
    CHANGE_STATUS_INSERT,  /* struct store_status; stale when the place or the certificate has one */
    CHANGE_SUPERVISION_INSERT, /* stale when the case is supervised already */
    CHANGE_SUPERVISION_UPDATE, /* version_was */
    CHANGE_ALERT_PUT,          /* struct store_alert; stale when it stands there already */
    CHANGE_ALERT_DONE,         /* the same; stale when somebody else looked at it */
    CHANGE_BULK_INSERT,        /* store/bulk.h */
    CHANGE_BULK_ROW,           /* stale when the row is there, or its run has ended */
    CHANGE_HANDOVER_INSERT, /* store/handover.h; stale when the case has one that waits */
    CHANGE_HANDOVER_UPDATE, /* version_was */
    CHANGE_KIND_COUNT,
};
struct work_serial {
    struct str name;
    int64_t n;
};
struct work_assign {
    int64_t id;
    struct str was, assignee;
};
struct work_change {
    enum change_kind kind;
    int64_t version_was;
    const void *row;
};

/* A case that this command holds. */
struct work_case {
    struct work *work;
    struct store_case row;
    struct str no;
    bool is_new;
    bool touched;         /* there is something to write */
    int64_t version_was;
    int64_t state_was;
    const struct pack_set *packs;
    const struct pack_item *item;
    const struct deployed *deployed; /* what a case without an item runs; NULL otherwise. item then stands in */
    struct process_notes *notes;     /* process_rows.c */
    struct value body;    /* see work_case.c */
    struct value form_whole; /* of a case that is opened in this work: its form with the gaps filled; null otherwise */
    struct bpmn_instance *instance;
    struct bpmn_effects effects;
    size_t effects_done;
    uint32_t commands;    /* given to its process in this work */
    struct list_builder events;
};

struct work {
    const struct call *call;
    struct service *service;
    struct arena *arena;
    struct db_tx *tx; /* the snapshot, while reading */
    int64_t now;
    VECTOR(struct work_case *) cases;
    VECTOR(struct work_change) changes;
    VECTOR(struct work_certificate *) certificates;
    VECTOR(struct store_event) event_rows;
    VECTOR(struct store_tally) tally_rows;
    struct store_idempotency idempotency;         /* name present: to be written */
    struct value answer;                          /* what it keeps */
    char number_wanted[48];                       /* a counter ran dry: fill it and run again */
    int64_t key_next, key_end;                    /* counters of keys taken for this work */
    int64_t spare_key;                            /* for an attempt that is thrown away */
    const struct actor *away; /* whom the actor stands in for now: delegation_work.h */
    size_t away_count;
    bool away_known;
    const struct actor *behalf; /* the one of them in whose place this is done; NULL: in the actor's own */
    bool stale;
    bool lost; /* something could not be read while a process was stepped; see failure */
    struct error failure;
    int attempt;
};

typedef enum status work_command(struct work *work, void *arg, struct error *err);
/* Runs a command to its end. What it leaves in arg lives in the call's arena. command is run again from the start after
 * a collision, so it sets everything afresh. */
MUST_USE enum status work_run(const struct call *call, work_command *command, void *arg, struct error *err);
/* The same command for many arguments, committed together; those that collide run again alone. Stops at the first
 * refusal, which leaves those of the batch undone. */
MUST_USE enum status work_run_many(const struct call *call, work_command *command, void **args, size_t count,
                                   struct error *err);
/* The same for commands that create: with call->idempotency a second call with the same request gets the first one's
 * answer and changes nothing; with another request it is refused (idempotency-key-reused). command leaves its answer in
 * work->answer. */
struct work_request {
    const char *operation;
    struct value request;
};
MUST_USE enum status work_run_once(const struct call *call, const struct work_request *request, work_command *command,
                                   void *arg, struct value *out, struct error *err);
/* Reads only: one snapshot, nothing written. */
MUST_USE enum status work_read(const struct call *call, work_command *command, void *arg, struct error *err);

void work_change(struct work *self, enum change_kind kind, const void *row);
void work_change_from(struct work *self, enum change_kind kind, const void *row, int64_t version_was);
#define WORK_ROW(work, type, ...) work_row((work), &(struct type){__VA_ARGS__}, sizeof(struct type))
/* A copy of a row in the work's arena. */
const void *work_row(struct work *self, const void *row, size_t size);

/* A number of a counter; FAILED makes work_run fill it and run again. */
MUST_USE enum status work_number(struct work *self, const char *counter, int64_t *out, struct error *err);
/* A key in a region; likewise. */
MUST_USE enum status work_key(struct work *self, int64_t region, int64_t *out, struct error *err);

/* True, with err filled, when something could not be read where no error could be told. */
bool work_lost(const struct work *self, struct error *err);

/* Notes in the access log that the actor saw this. subject and case may be absent / NULL. */
MUST_USE enum status work_access(struct work *self, const char *what, struct str subject_id, const struct work_case *of,
                                 struct error *err);
/* The same whoever the actor is, also the system. */
struct work_note {
    const char *what;
    struct str subject_id, purpose;
    const struct work_case *of;
    int64_t region; /* 0: the case's, else the actor's */
};
MUST_USE enum status work_access_note(struct work *self, const struct work_note *note, struct error *err);

/* ---- Cases: work_case.c ---- */

/* Loads a case once per work. case-not-found. */
MUST_USE enum status work_case_load(struct work *self, struct case_id id, struct work_case **out, struct error *err);
/* The same without its process, for looks. */
MUST_USE enum status work_case_look(struct work *self, const struct store_case *row, struct work_case **out,
                                    struct error *err);
/* Adds the process to one that was looked at. */
MUST_USE enum status work_case_process(struct work_case *self, struct error *err);
/* A new one with number, not yet started. */
MUST_USE enum status work_case_new(struct work *self, const struct store_case *row, struct work_case **out,
                                   struct error *err);
/* Adds an event; data (a context or null) is overlaid on {type}. */
void work_case_event(struct work_case *self, const char *type, struct value data);
/* What was told of a case so far, oldest first: {seq, step, at, by {kind, name, role, unit; of staff id, unit_id},
 * type, …}. case.c */
MUST_USE enum status work_case_events(struct work *work, const struct store_case *row, struct value *out,
                                      struct error *err);
/* A case that the actor may see; what it may not see does not exist for it: case-not-found. case.c */
MUST_USE enum status work_case_seen(struct work *work, struct str no, struct work_case **out, struct error *err);
/* The same of a case that the actor may see, without sign-in names; the look is logged. case-not-found. case.c */
MUST_USE enum status work_case_events_seen(struct work *work, struct str no, struct work_case **of, struct value *out,
                                           struct error *err);
void work_case_set(struct work_case *self, const char *name, struct value v);
struct value work_case_get(const struct work_case *self, const char *name);
/* {no, item, title, region, opened, state, outcome, …}: what processes and templates call case. */
struct value work_case_names(const struct work_case *self);

/* ---- The process: engine.c ---- */

/* Starts the instance, or gives it a command, and goes on until nothing moves. */
MUST_USE enum status engine_start(struct work_case *self, struct value variables, struct error *err);
MUST_USE enum status engine_command(struct work_case *self, const struct bpmn_command *command, struct error *err);
void engine_env(struct work_case *self, struct bpmn_env *out);
/* Under which subscriptions and messages meet. kind: "message" or "signal". */
struct str subscription_name(const struct service *service, struct arena *arena, const char *kind, struct str name,
                             struct str correlation);

/* What deployed processes leave in rows for searches: process_rows.c. effect is what the process just did; finish
 * queues what sums up the whole work. */
MUST_USE enum status process_effect(struct work_case *self, const struct bpmn_effect *effect, struct error *err);
void process_finish(struct work_case *self);
/* Starts the deployed processes that a message or signal of this name starts: process_start.c. *started is the first
 * one's case, or NULL. key: the correlation key of a message, under which only one instance of a process may live; or
 * empty. */
struct process_trigger {
    enum bpmn_event event;
    struct str name, key;
    struct value variables;
    struct str not_process; /* a process that has had the message already; absent: none */
};
MUST_USE enum status process_triggered(struct work *work, const struct process_trigger *trigger,
                                       struct work_case **started, struct error *err);

/* Gives a BPMN_SIGNAL to every waiting case but one (or NULL), and starts what it starts. */
MUST_USE enum status signal_broadcast(struct work *work, const struct work_case *but, const struct bpmn_command *signal,
                                      struct error *err);
/* Nobody in that instance waits for the signal. */
bool signal_unexpected(const struct error *err);

/* ---- Incidents: incident.c ---- */

struct incident_mending {
    int64_t key;
    bool skip;              /* else: again */
    struct str reason;      /* skip: needed */
    struct str flow;        /* skip of a gateway; or empty */
    struct value variables; /* set before; a context or null */
};
/* Leaves an event. reason-missing, and what the process refuses. */
MUST_USE enum status incident_mend(struct work_case *of, const struct incident_mending *mending, struct error *err);

/* ---- Time: limits.c ---- */

/* The instant this long after another, as due_after. */
int64_t due_from(const struct calendar *calendar, int64_t from, struct str duration);
/* The instant this long after now: "P3WD" (working days, end of the last one) or an ISO 8601 duration; 0 when it is
 * neither. */
int64_t due_after(const struct work_case *self, struct str duration);
/* Starts the item's promised (else statutory) limit and sets the deadline. */
void limits_accept(struct work_case *self);
/* Recomputes the deadline after a suspension or extension. */
void limits_update(struct work_case *self);
struct limit; /* clock/limit.h */
/* False when the case has no limit or is not accepted yet. */
bool limits_of(const struct work_case *self, struct limit *out);
/* Why this is the deadline: {zh, en, steps [{step, zh, en, days}]}; null without one. */
struct value limits_explain(const struct work_case *self);
/* green, amber, orange, red; absent without a deadline or when closed. */
struct str limits_light(const struct work_case *self);

/* ---- Built-in jobs: builtin.c ---- */

struct builtin_call {
    struct work_case *of;
    int64_t key;               /* of the job */
    struct str element_id;
    struct value in;           /* all that the element sees */
    struct value out;          /* result */
    bool waits;                /* set: the job stays open */
};
typedef enum status builtin_function(struct builtin_call *call, struct error *err);
struct builtin {
    const char *type;
    builtin_function *run;
};
/* NULL for jobs of outside workers. */
const struct builtin *builtin_job(struct str type);

/* ---- Certificates in this work: certificate_store.c ---- */
struct work_certificate {
    struct store_certificate row;
    struct value body;   /* see certificate_store.c */
    struct value claims; /* what is to be signed; null when it is signed already */
    bool is_new, touched;
    int64_t version_was;
};
/* Signs the claims, seals the body and queues the change. */
MUST_USE enum status work_certificate_finish(struct work *self, struct work_certificate *certificate,
                                             struct error *err);
struct str certificate_context(struct arena *arena, const struct store_certificate *row);
struct str case_context(struct arena *arena, const struct store_case *row);
struct str instance_context(struct arena *arena, const struct store_case *row, int64_t version);
/* What an event adds to its region's tally. Only who holds the audit key can compute it, so rows cannot be taken away
 * unseen. */
struct store_tally tally_of_event(const struct service *service, const struct store_event *row);
struct str event_context(struct arena *arena, const struct store_event *row);
void event_hash(struct arena *arena, const struct store_event *row, struct str previous, unsigned char out[HASH_SIZE]);
