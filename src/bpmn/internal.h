/* What the files of this module share: the compiled model, the instance's tree, and the parts of the stepper.
 *
 *   load*.c, xml.c     XML -> struct bpmn_model            step.c     commands: refuse or apply
 *   instance.c         the tree of nodes, variables        run.c      entering and leaving elements
 *   encode.c decode.c  instance <-> bytes                  event.c    waits, triggers, errors, compensation
 *   view.c             instance -> value for people        evaluate.c expressions and mappings
 *   timer.c            when timers are due                 task.c     jobs, user tasks, decisions, calls
 *   modify.c           tokens moved by people              loop.c     multi-instance
 *   listen.c           task listeners                      ad_hoc.c   ad-hoc sub-processes
 *   migrate.c          to another version of the model     start.c    processes that events start
 *   check*.c           static analysis                     model.c    look-ups in a model
 *   soundness.c        deadlocks, lack of synchronisation  do.c       what each kind of element does */
#pragma once

#include "bpmn/bpmn.h"

/* ---- Model ---- */

/* An attribute that may be FEEL ("=…") or static text. */
struct expression {
    struct str text;                    /* as written; absent: STR_NONE */
    const struct feel_program *program; /* NULL: static */
    const struct str *names;            /* free names of the program, for the analysis */
    size_t name_count;
};
static inline bool expression_present(const struct expression *self)
{
    return self->text.data != NULL;
}

struct mapping {
    struct expression source;
    struct str target;
};
struct mappings {
    size_t count;
    const struct mapping *items;
};

struct flow {
    uint32_t index;
    int line;
    struct str id, name;
    struct element *from, *to;
    struct expression condition;
};

enum timer_kind { TIMER_DATE, TIMER_DURATION, TIMER_CYCLE };

/* What an event catches or throws; the fields that its kind of event has. */
struct event_definition {
    enum timer_kind timer_kind;
    struct expression timer;
    struct expression name;        /* message, signal; error and escalation code */
    struct expression correlation; /* message */
    struct expression condition;
    struct str *filter_names; /* conditional: variables that matter; none: all */
    size_t filter_count;
    bool on_create, on_update; /* conditional: which changes matter */
    struct str link;
    struct element *link_target;
    struct str activity_ref;     /* compensation thrown for one activity */
    struct element *compensated; /* the same, resolved; NULL: the whole scope */
    struct element *handler;     /* compensation boundary: the activity that compensates */
};

struct job_definition {
    struct expression type, retries;
};
struct listener {
    struct expression type, retries;
    struct bpmn_pairs headers; /* execution listeners: beside those of the element, and before them */
};
struct listeners {
    size_t count;
    const struct listener *items;
};

struct loop_definition {
    bool sequential;
    struct expression collection, output_element, completion;
    struct str input_element, output_collection;
    struct str output_variable; /* set when output_element is a variable or a path into one: its name */
};

struct ad_hoc_definition {
    struct expression active, completion, output_element;
    struct str output_collection;
    bool cancel_remaining;
};

/* Changes of a user task that listeners have a say in. */
enum task_event { TASK_CREATING, TASK_ASSIGNING, TASK_UPDATING, TASK_COMPLETING, TASK_CANCELING, TASK_EVENTS };

struct user_definition {
    bool native;
    struct listeners listeners[TASK_EVENTS];
    struct expression assignee, groups, users, due, follow_up, priority, form_id;
    struct str form_binding, form_version_tag;
};

struct called {
    struct expression id;
    struct str binding, version_tag, result_variable;
    bool all_child_variables, all_parent_variables;
};

struct element {
    uint32_t index; /* in the process; 0 is the process itself */
    uint8_t type;   /* enum bpmn_type */
    uint8_t event;  /* enum bpmn_event */
    bool interrupting;
    bool for_compensation;
    bool has_compensation; /* a boundary event compensates it, or something inside it */
    int line;
    int depth;
    struct str id, name, documentation;
    const struct bpmn_process *process;
    struct element *parent; /* NULL for the process */

    size_t in_count, out_count, child_count, event_sub_count, boundary_count;
    struct flow **in, **out;
    struct flow *default_flow;
    struct element **children; /* containers: direct flow nodes, boundary events and event sub-processes included */
    struct element *start; /* containers: the none start event, or an event sub-process's start event; may be NULL */
    struct element **event_subs; /* containers */
    struct element **boundaries; /* activities */
    struct element *host;        /* boundary events */

    struct event_definition *definition;
    struct job_definition *job;
    struct loop_definition *loop;
    struct ad_hoc_definition *ad_hoc;
    struct user_definition *user;
    struct called *decision, *call;
    struct expression script;
    struct str script_result;
    struct mappings inputs, outputs;
    struct listeners start_listeners, end_listeners;
    struct bpmn_pairs headers, properties;
    struct str form_id; /* start events */
};

struct bpmn_process {
    struct bpmn_process_info info;
    const struct bpmn_model *model;
    size_t element_count, flow_count;
    struct element **elements; /* [0] is the process */
    struct flow **flows;
    const struct name_table *ids; /* id -> element */
    uint64_t fingerprint;         /* over ids in order: tells a decoder that indexes still mean the same */
};

struct bpmn_model {
    size_t process_count;
    struct bpmn_process **processes;
};

/* Text -> pointer, built once. */
struct name_table;
struct name_table *bpmn_name_table_new(struct arena *arena, size_t expected);
/* False when the name is there already. */
bool bpmn_name_table_put(struct name_table *self, struct str name, void *value);
void *bpmn_name_table_find(const struct name_table *self, struct str name);

struct element *bpmn_element_find(const struct bpmn_process *self, struct str id);
bool bpmn_element_is_container(const struct element *self);
bool bpmn_element_is_activity(const struct element *self);
/* True when a token can come from from to to along flows, boundary events included, without passing through around. */
bool bpmn_element_reaches(struct arena *scratch, const struct element *from, const struct element *to,
                          const struct element *around);

/* ---- Instance ---- */

/* Variables of one scope. Snapshots given away alias items: entries are overwritten only after a copy. */
struct variables {
    struct member *items;
    uint32_t count, capacity;
    bool shared;
};

enum wait_kind { WAIT_TIMER, WAIT_MESSAGE, WAIT_SIGNAL, WAIT_CONDITION };
struct wait {
    struct wait *next;
    uint8_t kind;
    bool fresh; /* condition not yet looked at */
    const struct element
        *element; /* the event that catches: the node's own, a boundary, an event sub-process's start */
    int64_t key;
    int64_t due_ms;
    int64_t repeats;  /* further times a cycle fires: -1 endless */
    struct str cycle; /* interval or cron text of a cycle */
    struct str name, correlation;
};

enum incident_type {
    INCIDENT_CONDITION,
    INCIDENT_NO_FLOW,
    INCIDENT_EXPRESSION,
    INCIDENT_JOB_NO_RETRIES,
    INCIDENT_UNHANDLED_ERROR,
    INCIDENT_DECISION,
    INCIDENT_CALLED_PROCESS,
    INCIDENT_NO_ASSIGNEE,
    INCIDENT_STEP_LIMIT,
    INCIDENT_JOIN_BLOCKED,
    INCIDENT_TIMER,
    INCIDENT_MESSAGE,
    INCIDENT_LOOP,
    INCIDENT_AD_HOC,
    INCIDENT_TYPES,
};
/* Where a node goes on when its incident is resolved. */
enum resume { RESUME_ENTER, RESUME_ACTIVATE, RESUME_LEAVE, RESUME_JOB, RESUME_JOIN, RESUME_LOOP, RESUME_INNER_LEAVE };
struct incident {
    int64_t key;
    uint8_t type;   /* enum incident_type */
    uint8_t resume; /* enum resume */
    struct str message;
    int64_t since_ms;
};

/* The life of a node:
 *
 *   JOINING ----> ENTERING --> START_LISTENERS --> ACTIVE --> LEAVING --> END_LISTENERS --> gone
 *   (gateways      inputs                          waiting    outputs                       ^
 *    that wait for                                   |                                      |
 *    more tokens)                                    +-- ended from outside --> TERMINATING +
 *
 * Only what has listeners to be asked, or holds such a task, is ever seen TERMINATING. */
enum phase {
    PHASE_JOINING,
    PHASE_ENTERING,
    PHASE_START_LISTENERS,
    PHASE_ACTIVE,
    PHASE_LEAVING,
    PHASE_END_LISTENERS,
    PHASE_TERMINATING,
};

/* What a node waits for from the host, besides waits. */
enum work { WORK_NONE, WORK_JOB, WORK_TASK, WORK_DECISION, WORK_COMPENSATION };

/* One completed activity that can be compensated. */
struct compensation {
    struct compensation *next;
    const struct element *element;
    const struct element *handler; /* NULL: only what was inside it */
    struct variables variables;    /* of the sub-process it was */
    struct compensation *inside;
};

/* A change of a user task that its listeners have still to let pass. */
struct transition {
    uint8_t event; /* enum task_event */
    int64_t task_key;
    struct bpmn_task *wanted; /* the task as it will be */
    struct str action;        /* what the caller calls the change; "" nothing */
    struct value variables;   /* COMPLETING: those of the completion; else null */
    struct value changed;     /* list of the names that change */
};

/* What comes when nothing is left in a node. */
enum ending_kind {
    ENDING_GONE,      /* TERMINATING: it goes too; then event, a boundary event of it, is entered if there is one */
    ENDING_EVENT_SUB, /* a scope: the event sub-process of event, its start, runs */
    ENDING_COMPLETE,  /* an ad-hoc sub-process: it completes */
};
struct ending {
    uint8_t kind; /* enum ending_kind */
    bool moved;   /* GONE: a person has moved its token: scopes that are empty then go as well */
    const struct element *event;
    struct value variables; /* what the event has brought */
    struct str reason;      /* of the whole instance's end */
};

/* Of a multi-instance body. An ad-hoc sub-process counts its activations in count. */
struct loop_state {
    struct value items;   /* the input collection */
    struct list *outputs; /* one for each item, filled as they complete; NULL without output collection */
    uint32_t count, started, completed;
    bool starting; /* instances are being started: not the moment to end */
};

struct node {
    int64_t key;
    const struct element *element;
    struct node *parent, *first, *last, *next, *previous;
    uint32_t children;
    uint32_t pending; /* tokens on the way inside this scope */
    uint8_t phase, work;
    bool body; /* the multi-instance body, whose children are the instances */
    bool dead;
    bool opened;           /* boundary events are waiting */
    bool triggered;        /* an event that has happened before the node was entered */
    uint32_t loop_counter; /* instances of a multi-instance, activations of an ad-hoc sub-process: 1… */
    uint32_t listener;     /* the listener whose job is out */
    int32_t retries;
    int64_t work_key;
    struct str job_type; /* WORK_JOB: as announced */
    int64_t since_ms;
    struct variables variables;
    struct wait *waits;
    uint32_t *arrived; /* JOINING: tokens per incoming flow */
    struct incident *incident;
    struct compensation *compensations; /* newest first */
    struct node *compensating;          /* a handler: the throw event that waits for it */
    struct loop_state *loop;
    struct bpmn_task *task; /* WORK_TASK: as last announced, without variables */
    /* User tasks: work is then the job of a task listener, or nothing and there is an incident. */
    struct transition *transition;
    struct ending *ending;
    const struct element *start; /* containers not yet open: where they will begin */
    struct value trigger;        /* what the event brought that starts it */
    struct str skip_reason;
    uint32_t ordinal; /* scratch of the encoder */
};

struct element_history {
    uint32_t entered, left, cancelled;
    int64_t first_ms, last_ms;
};
struct flow_history {
    uint32_t count;
    int64_t last_ms;
};
/* The path passed in one process of the instance. */
struct history {
    const struct bpmn_process *process;
    struct element_history *elements;
    struct flow_history *flows;
};

struct bpmn_instance {
    struct arena *arena;
    const struct bpmn_process *process;
    enum bpmn_state state;
    struct node *root;
    int64_t started_ms, ended_ms;
    struct node *free_nodes; /* by next */
    uint32_t nodes, joining, conditions, incidents;
    VECTOR(struct history) histories;
};

struct node *bpmn_node_new(struct bpmn_instance *instance, struct node *parent, const struct element *element);
/* Takes it out of the tree; its memory may be used again after the current queue entry. */
void bpmn_node_remove(struct bpmn_instance *instance, struct node *node);
/* Depth first, parents before children: pass NULL for the first; NULL after the last. */
struct node *bpmn_node_after(const struct bpmn_instance *instance, const struct node *node);
struct node *bpmn_node_by_key(const struct bpmn_instance *instance, int64_t key);
struct history *bpmn_instance_history(struct bpmn_instance *instance, const struct bpmn_process *process);
/* The scope in which flows around the node run: its parent, or for an instance of a loop the body's parent. */
bool bpmn_node_is_called_process(const struct node *node);
/* True for an instance inside a multi-instance body. */
bool bpmn_node_is_inner(const struct node *node);
/* True for an activation: the scope, in an ad-hoc sub-process, of an element that was chosen and what comes behind. */
bool bpmn_node_is_activation(const struct node *node);
/* True for both: one of several of the same element, whose events and history are those of the node around them. */
bool bpmn_node_is_part(const struct node *node);

void bpmn_variables_put(struct arena *arena, struct variables *self, struct str name, struct value value);
const struct value *bpmn_variables_find(const struct variables *self, struct str name);
/* A context that shares memory with the scope. */
struct value bpmn_variables_snapshot(struct arena *arena, struct variables *self);
struct variables bpmn_variables_of(struct value context);
/* Up to the process that the node is in. NULL if nowhere. */
const struct value *bpmn_node_find_variable(const struct node *node, struct str name);
struct value bpmn_node_visible(struct arena *arena, struct node *node);

/* ---- Stepper ---- */

struct token {
    struct node *scope;
    const struct element *element;
    const struct flow *flow; /* NULL: the start of a scope */
};
struct change {
    struct str name;
    int64_t scope_key;
    bool created;
};
struct step {
    struct bpmn_instance *instance;
    const struct bpmn_env *env;
    struct bpmn_effects *effects;
    struct arena *arena; /* the instance's */
    uint32_t entered, entered_max;
    bool unheard;      /* what is terminated now is not asked for its listeners */
    struct node *dead; /* by next: removed since the queue was last empty */
    size_t queue_at;
    VECTOR(struct token) queue;
    VECTOR(struct change) changes; /* only kept while conditions wait */
};

/* run.c */
void bpmn_step_settle(struct step *step); /* until nothing moves */
void bpmn_run_enter(struct step *step, struct node *scope, const struct element *element, const struct flow *flow);
void bpmn_run_start(struct step *step, struct node *node);
/* Completes what the element does: outputs, listeners, then leave. */
void bpmn_run_complete(struct step *step, struct node *node);
void bpmn_run_leave(struct step *step, struct node *node);
/* After the job of a listener is done. */
void bpmn_run_next_listener(struct step *step, struct node *node);
void bpmn_run_take(struct step *step, struct node *scope, const struct flow *flow);
/* Leaves along these flows only. */
void bpmn_run_leave_by(struct step *step, struct node *node, struct flow *const *flows, size_t count);
/* Enters an element whose event has happened. */
void bpmn_run_enter_triggered(struct step *step, struct node *scope, const struct element *element,
                              struct value variables);
/* Enters a new node: its loop if it has one, else itself. */
void bpmn_run_begin(struct step *step, struct node *node);
/* A gateway that waits for tokens goes on with those it has. */
void bpmn_run_join(struct step *step, struct node *node);
/* Tokens on the way inside the scope are lost. */
void bpmn_run_drop_tokens(struct step *step, struct node *scope);
/* Asks whether the scope has ended now that something left it. */
void bpmn_run_scope_check(struct step *step, struct node *scope);
/* Removes the node without taking a flow. */
void bpmn_run_end(struct step *step, struct node *node);
/* False: it stays TERMINATING, with an ending, until listeners have answered. */
bool bpmn_run_terminate(struct step *step, struct node *node);
void bpmn_run_terminate_children(struct step *step, struct node *scope);
/* A node that is TERMINATING, and has nothing in it any more, goes. */
void bpmn_run_gone(struct step *step, struct node *node);
void bpmn_run_resume(struct step *step, struct node *node, enum resume where);
void bpmn_run_end_instance(struct step *step, enum bpmn_state state, struct str reason);
/* What is left to be done when the scope is empty. Events that begin and end with it go on from there. */
void bpmn_run_set_ending(struct step *step, struct node *node, const struct ending *ending);
struct node *bpmn_run_new_node(struct step *step, struct node *scope, const struct element *element);

struct bpmn_effect *bpmn_step_effect(struct step *step, enum bpmn_effect_kind kind, const struct node *node);
void bpmn_step_incident(struct step *step, struct node *node, enum incident_type type, enum resume resume,
                        const char *format, ...) PRINTF_LIKE(5, 6);
void bpmn_step_clear_incident(struct step *step, struct node *node);
int64_t bpmn_step_key(struct step *step);

/* do.c */
void bpmn_run_activate(struct step *step, struct node *node);
/* Opens a container that is being entered: its event sub-processes. False: an incident was raised. */
bool bpmn_run_open_scope(struct step *step, struct node *node);

/* evaluate.c: overlay may be NULL; its variables hide the node's. */
struct value bpmn_evaluate(struct step *step, const struct node *node, const struct expression *expression,
                           const struct variables *overlay, struct str *reason);
/* The same for conditions: memory is given back. True or false in *out; otherwise false is returned and reason set. */
bool bpmn_evaluate_condition(struct step *step, const struct node *node, const struct expression *expression,
                             const struct variables *overlay, bool *out, struct str *reason);
/* A string (numbers are written out). Absent expression: "". False: reason set. */
bool bpmn_evaluate_text(struct step *step, const struct node *node, const struct expression *expression,
                        struct str *out, struct str *reason);
void bpmn_set_local(struct step *step, struct node *scope, struct str name, struct value value);
/* Sets a variable in the first scope from node upwards that has it, else at the root of the process. */
void bpmn_set_upwards(struct step *step, struct node *node, struct str name, struct value value);
void bpmn_set_all_local(struct step *step, struct node *scope, struct value context);
/* Each to the first scope from here that has the name, else to the process. */
void bpmn_set_all_upwards(struct step *step, struct node *node, struct value context);
/* What a job, message or called process gave: local if there are output mappings, else upwards. */
void bpmn_apply_result(struct step *step, struct node *node, struct value context);
void bpmn_apply_inputs(struct step *step, struct node *node);
void bpmn_apply_outputs(struct step *step, struct node *node);

/* event.c */
bool bpmn_event_open(struct step *step, struct node *node, const struct element *element, struct str *reason);
bool bpmn_event_open_boundaries(struct step *step, struct node *node);
void bpmn_event_close_all(struct step *step, struct node *node);
void bpmn_event_close(struct step *step, struct node *node, const struct wait *wait);
/* The wait of that key and its node; NULL if there is none. */
struct wait *bpmn_event_find(const struct bpmn_instance *instance, int64_t key, struct node **node);
/* The wait has happened. */
void bpmn_event_trigger(struct step *step, struct node *node, struct wait *wait, struct value variables);
/* False when nobody catches it. */
bool bpmn_event_throw_error(struct step *step, struct node *from, struct str code, struct value variables);
bool bpmn_event_throw_escalation(struct step *step, struct node *from, struct str code, struct value variables);
void bpmn_event_compensate(struct step *step, struct node *node);
/* One of the handlers that the throwing event waits for has ended. */
void bpmn_event_compensated(struct step *step, struct node *thrower);
/* The throwing event ends before its handlers. */
void bpmn_event_abandon_compensation(struct node *thrower);
void bpmn_event_remember(struct step *step, struct node *node);
/* Looks at waiting conditions after changes. True if one has triggered. */
bool bpmn_event_conditions(struct step *step);
/* An interrupting event ends the others before; it may have to wait for that. */
void bpmn_event_start_sub(struct step *step, struct node *scope, const struct element *start, struct value variables);

/* task.c */
void bpmn_task_create_job(struct step *step, struct node *node, const struct expression *type,
                          const struct expression *retries);
/* Says that a job's retries have changed, and when it may be taken. */
void bpmn_task_update_job(struct step *step, struct node *node, int64_t due_ms, struct str message);
void bpmn_task_create_user_task(struct step *step, struct node *node);
/* The task with some of its fields changed. */
enum status bpmn_task_with(struct step *step, const struct bpmn_task *from, struct value change, struct bpmn_task **out,
                           struct error *err);
void bpmn_task_want_decision(struct step *step, struct node *node);
void bpmn_task_call(struct step *step, struct node *node);
void bpmn_task_called_done(struct step *step, struct node *called);
void bpmn_task_cancel_work(struct step *step, struct node *node);
void bpmn_task_work_done(struct node *node);

/* listen.c */
/* A user task is to change: at once, or when the listeners of that event let it. */
void bpmn_listen_begin(struct step *step, struct node *node, const struct transition *wanted);
/* The user task is to be terminated. False: nobody listens to that. */
bool bpmn_listen_cancel(struct step *step, struct node *node);
/* Makes the job of the listener whose turn it is. */
void bpmn_listen_start(struct step *step, struct node *node);
enum status bpmn_listen_answer(struct step *step, struct node *node, const struct bpmn_command *command,
                               struct error *err);
/* The names in a list, and those of a change that are not among them. */
struct value bpmn_listen_changed(struct arena *arena, struct value names, struct value change);
const char *bpmn_listen_event_name(enum task_event event);
/* What the job of a node may see: all that the node sees, and what a completion brings. */
struct value bpmn_listen_visible(struct arena *arena, struct node *node);
/* By the key of its work, or of its user task while a listener works. */
bool bpmn_node_works_on(const struct node *node, int64_t key);

/* loop.c */
void bpmn_loop_start(struct step *step, struct node *body);
void bpmn_loop_inner_leave(struct step *step, struct node *inner);
void bpmn_loop_next(struct step *step, struct node *body);

/* ad_hoc.c */
void bpmn_ad_hoc_start(struct step *step, struct node *node);
/* A new, empty activation in it. */
struct node *bpmn_ad_hoc_open(struct step *step, struct node *node);
/* The end of an activation or, in instances that were stored without them, of the last element of a path. */
void bpmn_ad_hoc_leave(struct step *step, struct node *child);
/* True when bpmn_ad_hoc_leave is how it ends. */
bool bpmn_ad_hoc_ends_with(const struct node *child);
/* The collection goes up when the sub-process ends. */
void bpmn_ad_hoc_outputs(struct step *step, struct node *node);
bool bpmn_ad_hoc_can_start(const struct element *element);
/* What the job that drives it has decided. */
enum status bpmn_ad_hoc_answer(struct step *step, struct node *node, const struct bpmn_command *command,
                               struct error *err);
enum status bpmn_ad_hoc_activate(struct step *step, const struct bpmn_command *command, struct node *node,
                                 struct error *err);

/* timer.c */
struct timer_due {
    int64_t due_ms;
    int64_t repeats; /* further times; -1 endless */
    struct str cycle;
};
/* Reads the value of a timer expression. False: reason set (static text or in arena). */
bool bpmn_timer_first(struct arena *arena, enum timer_kind kind, struct value value, const struct bpmn_env *env,
                      struct timer_due *out, struct str *reason);
/* The time after one at which a cycle fires. False when there is none. */
bool bpmn_timer_next(struct str cycle, int64_t after_ms, const struct bpmn_env *env, int64_t *out);
/* A date-time, date or text as an instant. */
bool bpmn_timer_instant(struct value value, int64_t *out);

/* modify.c, migrate.c */
/* Scopes that a move has emptied end, and so does the instance without a token. */
void bpmn_change_emptied(struct step *step, struct node *scope);
enum status bpmn_change_modify(struct step *step, const struct bpmn_command *command, struct error *err);
enum status bpmn_change_migrate(struct step *step, const struct bpmn_command *command, struct error *err);

extern const char *const bpmn_incident_names[INCIDENT_TYPES];
/* Lists and contexts nested deeper than this do not become variables. */
#define VARIABLE_DEPTH_MAX 200

/* The bytes of an instance:
 *   "TB" version
 *   processes   [id, version, fingerprint]      the first is the instance's own
 *   state, started, ended
 *   histories   [process, passed elements, passed flows]
 *   nodes       [parent, process, element, …]   parents before children; keys are relative to the root's key
 * Numbers are LEB128, signed ones zigzag; texts are length and bytes. The second version is written only where a task
 * listener works, the third only where something is ending, the fourth only where an ad-hoc sub-process has activated
 * something: others stay readable for servers that do not know it. */
enum encoding_version { ENCODING_PLAIN = 1, ENCODING_LISTENING, ENCODING_ENDING, ENCODING_ACTIVATIONS };
enum node_flag {
    NODE_BODY = 1,
    NODE_TRIGGERED = 2,
    NODE_OPENED = 4,
    NODE_INCIDENT = 8,
    NODE_LOOP = 16,
    NODE_TASK = 32,
    NODE_ARRIVED = 64,
    NODE_UNDO = 128,
    NODE_STARTING = 256,   /* has start or trigger */
    NODE_TRANSITION = 512, /* ENCODING_LISTENING */
    NODE_ENDING = 1024,    /* ENCODING_ENDING */
};
enum value_tag {
    TAG_NULL,
    TAG_FALSE,
    TAG_TRUE,
    TAG_INTEGER,
    TAG_NUMBER_TEXT,
    TAG_DECIMAL,
    TAG_STRING,
    TAG_TEMPORAL,
    TAG_LIST,
    TAG_CONTEXT,
    TAG_RANGE,
};

/* The first of the facts that hold between steps which does not hold; NULL when all do. */
const char *bpmn_instance_flaw(const struct bpmn_instance *instance);
