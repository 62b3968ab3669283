/* The deterministic simulation: one history is a server on a simulated disk, with a clock, chance and agencies that the
 * seed decides, to which a row of commands is given.
 *
 *   draw a command -> do it -> log what was acknowledged -> … -> check -> do the log again without bad luck, compare
 *
 * Interleaving: commands read, then finish, then write. Before each writing, and while an agency is asked, the
 * simulation lets another command happen from start to end. So any two commands can collide, in one thread and in the
 * same way each time. Crashes: the disk dies before the nth changing operation, or between two commands.
 *
 * sim.c plays a history, draw.c draws commands, do.c does them, server.c is the server's world and disk.c its disk,
 * look.c and see.c see what a case waits for, check.c states what must be true, replay.c does a log again. */
#pragma once

#include "base/base.h"
#include "service/exchange.h"
#include "service/service.h"

struct sim;
struct db_tx;
struct bpmn_instance;

/* ---- Commands ---- */

enum command_kind {
    OPEN_CASE,
    CLAIM_TASK,
    RELEASE_TASK,
    COMPLETE_TASK,
    COMPLETE_JOB,
    FAIL_JOB,
    THROW_ERROR,
    PUBLISH,
    ACT, /* name: withdraw, cancel, supplement, rate, retry, skip */
    FIRE_TIMER,
    SEND_EXCHANGE,
    UPKEEP,
    TAKE_JOBS, /* leaves no trace that lasts */
    COMMAND_KINDS,
};
extern const char *const command_names[COMMAND_KINDS];

/* What is aimed at is named by ref and path, which mean the same in every run, and by id, which belongs to one run.
 *   ref    the case: form.ref
 *   path   the token: "rows/rows#1/row-look"; of timers with "@" and the element that waits
 *   id     task, job, timer or incident as the service calls it; of exchanges the idempotency key */
struct aimed {
    struct str ref, path, id;
    int64_t passed; /* how often the event had been passed */
};
struct command {
    enum command_kind kind;
    int64_t now;
    int actor; /* index into sim_actors */
    struct str ref, path, id;
    struct str name; /* item, job type, message, action, exchange */
    struct str text; /* job error code, message id */
    struct str idempotency;
    struct value data;   /* form, variables, input */
    struct value result; /* COMPLETE_JOB: what the worker says besides */
    int64_t n;         /* retries, time to live, HTTP status of the agency (0: none) */
    bool repeated;     /* with the key of one that was sent before */
    size_t batch;      /* FIRE_TIMER: how many the server may take at once */
    size_t timer_count;
    const struct aimed *timers; /* those that it will take */
    int64_t delivered;          /* PUBLISH, found out; -1: not known */
};

/* ---- A history ---- */

#define SIM_ACTORS 3 /* two clerks of two prefectures and a guest who may nothing */
extern const struct actor sim_actors[SIM_ACTORS];
#define SIM_GUEST 2

/* What an agency knows: one line for each idempotency key that it has heard. */
struct told {
    struct str key, exchange, ref;
    int times;
    bool done; /* answered well */
};

/* How often an interrupting event of a case had happened when it was last looked at. */
struct seen_event {
    struct str ref, element;
    int64_t passed;
};

struct known_case {
    struct str ref, no;
    int64_t region, id;
};

struct sim {
    uint64_t seed;
    uint64_t chance; /* of the commands */
    uint64_t noise;  /* of the service's random bytes */
    int64_t now;
    struct arena arena;
    const struct pack_set *packs;
    struct world world;
    struct service_transport transport;
    struct service *service;

    bool trace, calm;               /* calm: no faults, no interleaving */
    int depth;                      /* commands inside commands */
    int interleavings;              /* left for the command at hand */
    struct str focus;               /* the case of the command at hand: others meet it there */
    bool publishing;                /* which of two messages at once is the older one is nobody's business */
    int refs;                       /* given out */
    struct str print;               /* of the database after the last command that was acknowledged */
    const struct command *doubtful; /* was being done when the disk died */
    bool doubtful_acknowledged;
    const struct command *replaying; /* what the agency answers now */
    struct command *sending;         /* filled by the agency */

    VECTOR(struct command) log;
    VECTOR(struct told) told;
    VECTOR(struct known_case) cases;
    VECTOR(struct seen_event) events;
    VECTOR(struct command) finished; /* tasks and jobs that are done */
    struct buf report;           /* what is wrong; empty: nothing */
};

/* Runs the history of a seed. False: something is wrong, and report tells what. */
bool sim_run(const struct pack_set *packs, uint64_t seed, bool trace, struct str *report, struct arena *arena);
/* Says that something is wrong; only the first is kept. Returns FAILED. */
enum status sim_wrong(struct sim *self, const char *format, ...) PRINTF_LIKE(2, 3);
bool sim_is_wrong(const struct sim *self);
void sim_trace(const struct sim *self, const char *format, ...) PRINTF_LIKE(2, 3);
uint64_t sim_random(struct sim *self);
/* 0 … n - 1. */
int64_t sim_below(struct sim *self, int64_t n);
/* One in n. */
bool sim_chance(struct sim *self, int64_t n);
/* A copy that lasts as long as the history. */
struct command sim_keep(struct sim *self, const struct command *command);

/* ---- server.c ---- */

/* Loads the pack and makes the empty database once; false prints why. */
bool server_prepare(const char *folder, const struct pack_set **packs);
void server_unprepare(void);
/* An empty server on a fresh disk. */
void sim_init(struct sim *self, const struct pack_set *packs, uint64_t seed);
void sim_release(struct sim *self);
/* Opens the service over what the disk holds; FAILED when it cannot. */
enum status server_open(struct sim *self);
/* A digest of everything that commands change. Absent when the database does not answer. */
struct str server_print(struct sim *self, struct arena *arena);
struct call sim_call(struct sim *self, const struct actor *actor, struct arena *arena);
/* Set by sim.c: lets another command happen. */
extern void (*sim_interleave)(struct sim *self);

/* ---- look.c, see.c ---- */

enum handle_kind {
    HANDLE_TASK,
    HANDLE_JOB,
    HANDLE_TIMER,
    HANDLE_MESSAGE,
    HANDLE_SIGNAL,
    HANDLE_CONDITION,
    HANDLE_INCIDENT
};

/* One thing that a case waits for. */
struct handle {
    enum handle_kind kind;
    int64_t key;
    struct str path;    /* "rows/rows#1/row-look", "weigh@late" */
    struct str element; /* that catches; else the token's */
    struct str name;    /* job type, message, signal */
    struct str correlation;
    bool builtin; /* a job that the server does itself */
    bool listens; /* a job of a task listener */
    bool drives;  /* a job that says what an ad-hoc sub-process does next */
    bool thrown;  /* a job that ended in an error that nothing caught: nobody can take it until a person mends that */
    int64_t due;
    int64_t retries;
};
struct sight {
    struct str ref, no, item;
    int64_t region, id, state;
    bool closed;        /* its process has ended */
    int64_t correction; /* key of the job that waits for the applicant; 0: none */
    struct value view;  /* service's view of the process */
    VECTOR(struct handle) handles;
    struct bpmn_instance *instance;
    struct str bytes;
};
enum status sim_look(struct sim *self, struct arena *arena, int64_t region, int64_t id, struct sight *out);
bool sim_is_builtin(struct str job_type);
/* see.c: fills the handles. */
void sim_see(struct arena *arena, const struct bpmn_instance *instance, struct sight *out);
/* Reads for the simulation itself, in spite of a fault that waits for the server. */
enum status sim_read(struct sim *self, enum status (*fn)(struct db_tx *tx, void *arg, struct error *err), void *arg);
/* How many wait for their listeners before that event is entered. */
uint32_t sim_coming(const struct bpmn_instance *instance, struct str event);
/* How often the event at the end of a timer's path has happened: its element was left, or will be. */
int64_t sim_passed(const struct sight *sight, struct str path);
/* Keys of all cases, oldest first, from the database. */
enum status sim_list(struct sim *self, struct arena *arena, struct known_case **out, size_t *count);
/* ref of a case, remembered. Absent when it cannot be read. */
struct str sim_ref(struct sim *self, int64_t region, int64_t id);
const struct known_case *sim_case(struct sim *self, struct str ref);

/* ---- check.c ---- */

/* Everything that must be true of the database as it is. */
enum status sim_check(struct sim *self);
/* What an event has ended may wait for its listeners; the event must not be forgotten meanwhile. */
enum status sim_check_events(struct sim *self, const struct sight *sight);
/* And that the log tells all of it. */
enum status sim_check_log(struct sim *self);

/* ---- commands: sim.c ---- */

/* Does a command as it stands. */
enum status sim_do(struct sim *self, struct command *command, struct arena *arena, struct error *err);

/* ---- replay.c ---- */

/* What everybody could see at the end, without keys and numbers that depend on luck. */
struct str sim_picture(struct sim *self, struct arena *arena);
/* Does the log of a history on an empty server and compares the pictures. */
enum status sim_replay(struct sim *self, struct str picture);
