/* Processes: BPMN 2.0 with the zeebe: extension elements. Load a model, step an instance of it.
 *
 *     model + instance + command + environment  ->  changed instance + effects
 *
 * The stepper is pure: no database, clock or socket. Everything an instance is waiting for is inside the instance, and
 * every change that others must know is an effect. The host (src/service) stores the encoded instance and applies the
 * effects in one transaction. The static analysis is in bpmn/check.h.
 *
 * What happens in one step: a command is either refused (FAILED, the instance is untouched) or applied until nothing
 * moves any more. What goes wrong inside the process (no flow matches, an expression gives null, no decision) is not a
 * refusal but an incident: the token stays where it is until BPMN_RESOLVE_INCIDENT. */
#pragma once

#include "feel/feel.h"

/* ---- Models ---- */

struct bpmn_model;   /* one file, compiled; immutable, shared by threads */
struct bpmn_process; /* one executable process of it */

enum bpmn_severity { BPMN_ERROR, BPMN_WARNING, BPMN_HINT };

/* One thing wrong with a model. Texts live in the arena given to the function that reports them. */
struct bpmn_problem {
    enum bpmn_severity severity;
    const char *code;      /* kebab-case, constant: "unsupported-element", "deadlock" */
    struct str element_id; /* "" when the file as a whole is wrong */
    int line;              /* in the XML; 0 if unknown */
    struct str message;    /* one sentence */
};
struct bpmn_problems {
    VECTOR(struct bpmn_problem) list;
};

struct bpmn_load_options {
    int64_t version;     /* the host's key of this version of the file; instances refer to (process id, version) */
    size_t max_bytes;    /* 0: 16 MiB */
    size_t max_elements; /* 0: 50,000 flow nodes and flows */
};

/* Reads a file: no network, no entities. The model lives in arena. FAILED with the first error (field: element id and
 * line); with problems not NULL all of them are listed there. Everything that cannot be executed is an error;
 * data objects, groups, annotations, pools, lanes and message flows are drawings and are passed over.
 * Processes with isExecutable="false" are not loaded; a file without any executable one is refused. */
MUST_USE enum status bpmn_model_load(struct arena *arena, struct str xml, const struct bpmn_load_options *options,
                                     struct bpmn_problems *problems, const struct bpmn_model **out, struct error *err);
size_t bpmn_model_count(const struct bpmn_model *self);
const struct bpmn_process *bpmn_model_at(const struct bpmn_model *self, size_t i);
/* NULL when the file has no such process. */
const struct bpmn_process *bpmn_model_find(const struct bpmn_model *self, struct str process_id);

enum bpmn_type {
    BPMN_PROCESS,
    BPMN_SUB_PROCESS,
    BPMN_EVENT_SUB_PROCESS,
    BPMN_AD_HOC_SUB_PROCESS,
    BPMN_CALL_ACTIVITY,
    BPMN_TASK, /* undefined */
    BPMN_MANUAL_TASK,
    BPMN_USER_TASK,
    BPMN_SERVICE_TASK,
    BPMN_SEND_TASK,
    BPMN_RECEIVE_TASK,
    BPMN_SCRIPT_TASK,
    BPMN_BUSINESS_RULE_TASK,
    BPMN_EXCLUSIVE_GATEWAY,
    BPMN_PARALLEL_GATEWAY,
    BPMN_INCLUSIVE_GATEWAY,
    BPMN_EVENT_GATEWAY,
    BPMN_START_EVENT,
    BPMN_CATCH_EVENT,
    BPMN_THROW_EVENT,
    BPMN_END_EVENT,
    BPMN_BOUNDARY_EVENT,
};
/* "userTask", "intermediateCatchEvent", … as the element is called in BPMN. */
const char *bpmn_type_name(enum bpmn_type type);

enum bpmn_event {
    BPMN_EVENT_NONE,
    BPMN_EVENT_TIMER,
    BPMN_EVENT_MESSAGE,
    BPMN_EVENT_SIGNAL,
    BPMN_EVENT_ERROR,
    BPMN_EVENT_ESCALATION,
    BPMN_EVENT_CONDITIONAL,
    BPMN_EVENT_LINK,
    BPMN_EVENT_COMPENSATION,
    BPMN_EVENT_TERMINATE,
};

struct bpmn_pair {
    struct str name, value;
};
struct bpmn_pairs {
    size_t count;
    const struct bpmn_pair *items;
};

/* What a host may want to know about one element. Texts as written: a value starting with "=" is FEEL. */
struct bpmn_element_info {
    struct str id, name, documentation;
    enum bpmn_type type;
    enum bpmn_event event;
    struct str parent_id;   /* the sub-process or process around it */
    struct str attached_to; /* boundary events: the activity's id */
    int line;
    struct bpmn_pairs properties; /* zeebe:properties */
    struct bpmn_pairs headers;    /* zeebe:taskHeaders */
    struct str job_type;          /* "" if it makes no job */
    struct str decision_id;       /* called decision */
    struct str process_id;        /* called process */
    struct str form_id;           /* form of a user task or start event: formId, formKey or externalReference */
    struct str binding;           /* "latest", "deployment" or "versionTag" for decision, process or form; "" if none */
    struct str version_tag;       /* with binding versionTag */
    struct str message_name, signal_name;
};

/* How a process can be started: BPMN_EVENT_NONE, _MESSAGE, _SIGNAL, _TIMER or _CONDITIONAL. */
struct bpmn_start {
    struct str element_id;
    enum bpmn_event event;
    struct str message_name, signal_name; /* evaluated: names of start events are constants or constant expressions */
    struct str form_id;
};

struct bpmn_process_info {
    struct str id, name, documentation, version_tag;
    int64_t version; /* from the load options */
    int line;
    struct bpmn_pairs properties;
    size_t element_count; /* all flow nodes at every depth, in the order of the file */
    const struct bpmn_element_info *elements;
    size_t start_count;
    const struct bpmn_start *starts;
};
const struct bpmn_process_info *bpmn_process_info(const struct bpmn_process *self);
/* NULL when there is none. */
const struct bpmn_element_info *bpmn_process_element(const struct bpmn_process *self, struct str element_id);

/* ---- Environment ---- */

/* A process that a call activity wants, or that a stored instance is in. */
struct bpmn_process_wanted {
    struct str process_id;
    int64_t version;    /* not 0: exactly this version (decoding, and the caller's own file for binding "deployment") */
    struct str binding; /* "latest" (also for decoding), "deployment", "versionTag" */
    struct str version_tag;
    const struct bpmn_process *caller; /* NULL when decoding */
};

struct bpmn_env {
    int64_t now_ms;
    struct feel_run feel; /* a template: calendar, limits, random. Arena and instant are set by the engine. */
    void *host;
    int64_t (*next_key)(void *host); /* > 0, never the same twice */
    /* NULL when there is none. The result must live as long as the instance. */
    const struct bpmn_process *(*find_process)(void *host, const struct bpmn_process_wanted *wanted);
    uint32_t steps_max; /* element entries in one step before an incident "step-limit" stops the loop; 0: 100,000 */
};

/* ---- Commands ---- */

enum bpmn_command_kind {
    BPMN_START,        /* instance is new: element_id "" or the start event that fired; variables */
    BPMN_COMPLETE_JOB, /* key; variables. For send tasks, listeners and message throws too. Task listeners: no
                          variables, but value {denied, deniedReason, corrections: as task_change} or null. Ad-hoc
                          sub-processes: value {activateElements: [{elementId, variables}],
                          isCompletionConditionFulfilled, isCancelRemainingInstances} or null */
    BPMN_FAIL_JOB,    /* key (also of a decision); retries left, message, back_off_ms, variables; 0 retries: incident */
    BPMN_UPDATE_JOB,  /* key; retries */
    BPMN_THROW_ERROR, /* key of a job or task; code, message, variables */
    BPMN_THROW_ESCALATION,  /* key of a job or task; code, variables */
    BPMN_COMPLETE_DECISION, /* key; value: what the decision gave */
    BPMN_COMPLETE_TASK,     /* key; variables; name = what the caller calls it, for listeners */
    BPMN_UPDATE_TASK, /* key; task_change: members of assignee, candidateGroups, candidateUsers, dueDate, followUpDate,
                         priority that are to change (null clears); name as above. Both wait for the task's listeners */
    BPMN_FIRE_TIMER,  /* key */
    BPMN_CORRELATE,   /* key of the message subscription; variables */
    BPMN_SIGNAL,      /* name; variables: every open subscription of the instance to that signal */
    BPMN_RESOLVE_INCIDENT, /* key of the incident; retries (0: 1) when a job had none left. Tries again what failed */
    BPMN_SKIP,             /* key of an element instance or incident; variables, message = reason: completes the element
                              without doing it (a gateway: element_id names the outgoing flow) */
    BPMN_SET_VARIABLES, /* key of an element instance, 0 for the process; variables; local: do not go up the scopes */
    BPMN_CANCEL,  /* message = reason. Tasks with canceling listeners end when those have answered, and the instance
                     with them; cancelled again, it asks nobody */
    BPMN_MODIFY,  /* moves: all in one step; the instance is terminated when no token is left */
    BPMN_MIGRATE, /* target, mapping */
    BPMN_ACTIVATE_AD_HOC, /* key of an ad-hoc sub-process's element instance; value: list of {elementId, variables: a
                             context or null}; cancels */
};

/* One change by BPMN_MODIFY. Either or both. */
struct bpmn_move {
    int64_t terminate_key;  /* element instance that is ended; 0: none */
    struct str activate;    /* element id that is entered, its scopes with it; "": none */
    struct value variables; /* context set in the scope of the entered element before it is entered; or null */
};

struct bpmn_command {
    enum bpmn_command_kind kind;
    int64_t key;
    struct str element_id, name, code, message;
    struct value variables; /* a context, or null for none. Must live as long as the instance's arena */
    struct value value;
    struct value task_change;
    int32_t retries;
    int64_t back_off_ms;
    bool local;
    bool cancels; /* BPMN_ACTIVATE_AD_HOC: what is active in it ends first */
    size_t move_count;
    const struct bpmn_move *moves;
    const struct bpmn_process *target; /* BPMN_MIGRATE: the new version */
    struct bpmn_pairs mapping;         /* old element id -> new one; ids that stay the same need no pair */
};

/* ---- Effects ---- */

enum bpmn_effect_kind {
    BPMN_JOB_CREATED,     /* job */
    BPMN_JOB_UPDATED,     /* job: retries, due_ms when it may be taken again */
    BPMN_JOB_CANCELLED,   /* key */
    BPMN_DECISION_WANTED, /* decision: the host evaluates it and answers BPMN_COMPLETE_DECISION or BPMN_FAIL_JOB */
    BPMN_DECISION_CANCELLED,
    BPMN_TASK_CREATED,    /* task */
    BPMN_TASK_UPDATED,    /* task; name = the event, when listeners have let it pass */
    BPMN_TASK_DENIED,     /* key, task as it stays; name = the event that a listener refused, message = its reason */
    BPMN_TASK_COMPLETED,  /* key; variables; name = "completing" when listeners have let it pass */
    BPMN_TASK_CANCELLED,  /* key */
    BPMN_TIMER_SET,       /* due_ms. A repeating timer sets a new one, with a new key, when it has fired */
    BPMN_TIMER_CANCELLED, /* key */
    BPMN_MESSAGE_OPENED,  /* name, correlation_key: the host looks for buffered messages and keeps the subscription */
    BPMN_MESSAGE_CLOSED,  /* key, name */
    BPMN_SIGNAL_OPENED,   /* name */
    BPMN_SIGNAL_CLOSED,
    BPMN_SIGNAL_THROWN,       /* name, variables: the host broadcasts it, to this instance too */
    BPMN_ESCALATED,           /* name = code: history only */
    BPMN_INCIDENT_RAISED,     /* incident */
    BPMN_INCIDENT_RESOLVED,   /* key */
    BPMN_ELEMENT_ENTERED,     /* history */
    BPMN_ELEMENT_LEFT,        /* history: completed; message = reason if it was skipped */
    BPMN_ELEMENT_CANCELLED,   /* history: ended from outside */
    BPMN_FLOW_TAKEN,          /* history: element_id is the flow's */
    BPMN_VARIABLES_SET,       /* history: element_key is the scope, variables the new values */
    BPMN_INSTANCE_COMPLETED,  /* variables: the process's */
    BPMN_INSTANCE_TERMINATED, /* message = reason */
    BPMN_INSTANCE_MIGRATED,
};
const char *bpmn_effect_name(enum bpmn_effect_kind kind);

struct bpmn_job {
    struct str type;
    int32_t retries;
    struct bpmn_pairs headers;
    struct value variables; /* all that the element can see */
    const char *listener;   /* NULL; "start" or "end" for an execution listener's job; "creating", "assigning",
                               "updating",   "completing" or "canceling" for a task listener's */
    int64_t due_ms;         /* not before; 0: at once */
    struct str message;     /* JOB_UPDATED after a failure: what was said */
};
struct bpmn_task {
    struct str name;
    struct str assignee;           /* "" if nobody */
    struct value candidate_groups; /* lists of strings */
    struct value candidate_users;
    int64_t due_ms, follow_up_ms; /* 0: none */
    int32_t priority;             /* 0…100 */
    struct str form_id;
    struct str form_binding, form_version_tag;
    struct bpmn_pairs headers;
    struct value variables; /* TASK_CREATED: all that the element can see */
    const char *changing;   /* TASK_UPDATED: the event whose listeners are now asked; NULL: none */
    bool native;            /* has the zeebe:userTask marker; without it Zeebe calls it a job of type
                               io.camunda.zeebe:userTask, and BPMN_COMPLETE_JOB is taken as well */
};
struct bpmn_decision_wanted {
    struct str decision_id, result_variable, binding, version_tag;
    struct value variables;
};
struct bpmn_incident {
    /* condition-error, no-flow-matches, expression-error, job-no-retries, unhandled-error, decision-error,
     * called-process, no-assignee, step-limit, join-blocked, timer-error, message-error, loop-error, ad-hoc-error */
    const char *type;
    struct str message;
    int64_t job_key; /* 0 if not about a job */
};

struct bpmn_effect {
    enum bpmn_effect_kind kind;
    int64_t key;         /* of the job, task, timer, subscription, incident; else the element instance */
    int64_t element_key; /* the element instance */
    struct str element_id;
    const struct bpmn_process
        *process; /* the process the element is in: a called one for elements behind call activities */
    int64_t due_ms;
    struct str name, correlation_key, message;
    struct value variables;
    union {
        struct bpmn_job job;
        struct bpmn_task task;
        struct bpmn_decision_wanted decision;
        struct bpmn_incident incident;
    };
};
/* In the order in which things happened. */
struct bpmn_effects {
    struct arena *arena; /* where the list grows; usually the instance's */
    VECTOR(struct bpmn_effect) list;
};
void bpmn_effects_init(struct bpmn_effects *self, struct arena *arena);

/* ---- Instances ---- */

struct bpmn_instance; /* the whole state of one process instance, called processes included */

enum bpmn_state { BPMN_NEW, BPMN_ACTIVE, BPMN_COMPLETED, BPMN_TERMINATED };

/* An instance that has not been started. It and all that it grows live in arena, which must outlive it. */
struct bpmn_instance *bpmn_instance_new(struct arena *arena, const struct bpmn_process *process);

/* Applies one command. FAILED: refused, nothing changed; types: "instance-ended", "job-not-active", "task-not-active",
 * "task-busy" (a task listener works), "timer-not-active", "message-not-expected", "incident-not-found",
 * "element-not-active", "element-not-found", "start-not-found", "variables-invalid", "migration-invalid",
 * "modification-invalid" … */
MUST_USE enum status bpmn_step(struct bpmn_instance *instance, const struct bpmn_command *command,
                               const struct bpmn_env *env, struct bpmn_effects *effects, struct error *err);

enum bpmn_state bpmn_instance_state(const struct bpmn_instance *self);
int64_t bpmn_instance_key(const struct bpmn_instance *self); /* of the process's element instance; 0 when new */
const struct bpmn_process *bpmn_instance_process(const struct bpmn_instance *self);
/* The process that an element instance, job or task is in: a called one behind call activities; NULL when it is not
 * active. */
const struct bpmn_process *bpmn_instance_process_at(const struct bpmn_instance *self, int64_t key);
/* The headers of the open job of that key; none when it is not open. */
struct bpmn_pairs bpmn_instance_job_headers(struct arena *arena, const struct bpmn_instance *self, int64_t key);
size_t bpmn_instance_incident_count(const struct bpmn_instance *self);
/* Whether the job, task, decision, timer, subscription or incident of that key is still open. What a step has opened it
 * may have closed again further down its list of effects: a host that acts on effects while it reads them asks this
 * first. */
bool bpmn_instance_awaits(const struct bpmn_instance *self, int64_t key);
/* Whether the active user task of that key has task listeners for that event ("completing", …; NULL: any). */
bool bpmn_instance_task_hears(const struct bpmn_instance *self, int64_t key, const char *event);
/* The event ("assigning", …) whose listeners the user task waits for, or whose listener's job has that key; NULL: none.
 */
const char *bpmn_instance_task_changing(const struct bpmn_instance *self, int64_t key);
/* A context. key 0: the process's own variables; otherwise all that the element instance (or job, task) can see. */
struct value bpmn_instance_variables(struct arena *arena, const struct bpmn_instance *self, int64_t key);

/* The instance as bytes: compact, versioned, the same for equal states. */
struct str bpmn_instance_encode(struct arena *arena, const struct bpmn_instance *self);
/* Needs env for find_process only. Damaged or foreign bytes: "instance-unreadable". */
MUST_USE enum status bpmn_instance_decode(struct arena *arena, struct str bytes, const struct bpmn_env *env,
                                          struct bpmn_instance **out, struct error *err);

/* The state for people, as a context:
 *   { key, process, version, state, startedAt, endedAt, variables,
 *     waits:     [wait]            what the process itself waits for: the starts of its event sub-processes
 *     job?, jobType?, retries?, listening?    the job of one of the process's own execution listeners
 *     tokens:    [{ element, name?, type, key, process, parent, since, state, loopCounter?, variables?,
 *                   activation?: true for the scope of what was activated in the ad-hoc sub-process of that element,
 *                   job?, jobType?, retries?, decision?,
 *                   task?: { key, assignee?, candidateGroups, candidateUsers, due, followUp, priority, form? },
 *                   listening?: { event, action?, changed?, task? },   a listener's job is out; task: as it will be
 *                   waits: [wait], incident? }],
 *     passed:    [{ element, process, count, completed, cancelled, first, last }],   last: when last left
 *     flows:     [{ flow, process, count, last }],
 *     incidents: [{ key, element, elementKey, process, type, message, since }] }
 *   wait:         { kind: "timer" | "message" | "signal" | "condition", key, element, due?, name?, correlationKey? }
 *   state:        "active" (waits or runs), "joining" (a gateway that waits for more tokens), "listening", "entering",
 *                 "leaving", "terminating" (ended from outside, while listeners of tasks in it are asked)
 * Keys are numbers, times are date-times in Asia/Shanghai. */
struct value bpmn_instance_view(struct arena *arena, const struct bpmn_instance *self);

/* What an instance tells of one element of its own process, not of those it calls: a token that is there, or how often
 * it was passed. */
struct bpmn_trace {
    size_t element;         /* place in bpmn_process_info's elements */
    int64_t since_ms;       /* of a token; 0: how it was passed, and then */
    uint32_t entered, left; /* left: completed or cancelled */
    int64_t first_ms, last_ms; /* first entered, last left */
};
typedef void bpmn_trace_function(void *arg, const struct bpmn_trace *trace);
/* One call for each token, and one for each element that was entered. */
void bpmn_instance_trace(const struct bpmn_instance *self, bpmn_trace_function *fn, void *arg);

/* ---- Starting by events ---- */

/* When a timer start event fires next. after_ms: when it last fired (0: never), count: how often it has. *due_ms is 0
 * when it will not fire again. */
MUST_USE enum status bpmn_start_due(const struct bpmn_process *process, struct str element_id,
                                    const struct bpmn_env *env, int64_t after_ms, int64_t count, int64_t *due_ms,
                                    struct error *err);
/* True when the condition of a conditional start event holds for these variables. */
bool bpmn_start_holds(struct arena *arena, const struct bpmn_process *process, struct str element_id,
                      const struct bpmn_env *env, struct value variables);
