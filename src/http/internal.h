/* What the files of http share: a request's life, the route tree, workers, waiting, limits, metrics. */
#pragma once

#include "http/http.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#define HTTP_PARAMS_MAX 8
#define HTTP_SEGMENTS_MAX 24
#define HTTP_BYTES_PER_SECOND 8192 /* slower bodies are cut off */

/* ---- Routes (route.c) ------------------------------------------------------------------------------------------- */

struct http_node;

struct http_compiled {
    struct http_route route;
    const char *names[HTTP_PARAMS_MAX]; /* of the parameters in order */
    size_t names_count;
    size_t index; /* of its counters */
};

struct http_tree {
    struct arena arena;
    struct http_node *root;
    VECTOR(struct http_compiled *) routes;
};

struct http_match {
    const struct http_compiled *route; /* NULL: none for this method */
    unsigned allowed;                  /* bits 1 << method of all routes with this path */
    struct str params[HTTP_PARAMS_MAX];
};

void http_tree_add(struct http_tree *self, const struct http_route *route);
/* FAILED only for a path that cannot be decoded or has "." or ".." segments. method may be HTTP_METHODS: any. */
enum status http_tree_match(const struct http_tree *self, struct arena *arena, struct str path, enum http_method method,
                            struct http_match *out, struct error *err);

/* ---- Connections (guard.c) ---------------------------------------------------------------------------------------
 * Each connection has a time by which its current phase must end; the clock thread shuts down those that are late. */
struct http_guard {
    struct http_guard *previous;
    struct http_guard *next;
    int fd;
    unsigned char peer[16];
    atomic_int_fast64_t deadline_us;
};
struct http_guards {
    pthread_mutex_t lock; /* guards the list */
    struct http_guard *first;
    atomic_int count;
};
void http_guards_init(struct http_guards *self);
void http_guards_release(struct http_guards *self);
struct http_guard *http_guard_new(struct http_guards *guards, int fd, const unsigned char peer[16],
                                  int64_t deadline_us);
void http_guard_free(struct http_guards *guards, struct http_guard *guard);
void http_guards_enforce(struct http_guards *self, int64_t now_us);

/* ---- Rate limits (rate.c) --------------------------------------------------------------------------------------- */

struct http_limiter;
struct http_limiter *http_limiter_new(struct http_rate rate);
void http_limiter_free(struct http_limiter *self);
/* Takes tokens; false if there are too few, and then *wait_s says in how many seconds there will be enough. */
bool http_limiter_take(struct http_limiter *self, uint64_t key, double tokens, int64_t now_us, int64_t *wait_s);

/* ---- Metrics (metrics.c) ---------------------------------------------------------------------------------------- */

struct http_counters;
struct http_counters *http_counters_new(size_t routes);
void http_counters_free(struct http_counters *self);
void http_counters_add(struct http_counters *self, size_t route, enum http_method method, int status, int64_t us);

/* ---- Files (files.c) -------------------------------------------------------------------------------------------- */

struct http_files;
enum status http_files_load(const char *folder, const char *fallback, struct http_files **out, struct error *err);
void http_files_free(struct http_files *self);
enum status http_files_reply(const struct http_files *self, struct http_request *request, struct str name,
                             struct error *err);

/* ---- A request's life -------------------------------------------------------------------------------------------
 *
 *   READING --whole--> (refused) ----------------------------------------> ANSWERED -> sent, freed
 *      |                                                                      ^
 *      '--> inline handler ---------------------------------------------------|
 *      '--> QUEUED -> RUNNING (worker) --------------------------------------'
 *              ^          |
 *              '- woken - WAITING (long polling)                                            */

enum http_phase { PHASE_READING, PHASE_QUEUED, PHASE_RUNNING, PHASE_WAITING, PHASE_ANSWERED };

struct http_state {
    struct http_request request;
    struct http_server *server;
    struct MHD_Connection *connection;
    struct http_guard *guard;
    struct arena arena;
    enum http_phase phase;
    int64_t start_us;
    struct str target; /* path and query as sent */
    struct http_match match;
    struct http_pairs query;
    struct http_pairs cookies;
    bool cookies_read;
    bool head;
    bool began;   /* the headers have been seen */
    bool counted; /* among the running ones */
    bool before_done;
    bool refused; /* refusal is the answer */
    struct error refusal;
    int64_t retry_after_s;

    struct buf body;
    size_t body_limit;
    size_t body_dropped; /* bytes read and thrown away after a refusal */
    size_t body_budget;  /* taken from the server's budget */
    struct http_pairs form;
    struct http_multipart parts;

    int status;
    const char *content_type;
    struct str reply;
    struct buf reply_buf;
    int reply_fd; /* -1: none */
    uint64_t reply_size;
    VECTOR(struct http_pair) headers;

    struct http_state *next; /* in the workers' queue */

    /* Guarded by the waiting room's lock. */
    struct http_state *watch_previous;
    struct http_state *watch_next;
    struct str topic; /* absent: not watching */
    uint64_t topic_hash;
    bool woken;
    bool parked;
    int64_t wait_until_us; /* 0: not waited yet */
    /* The handler's own. */
    bool suspend_wanted;
    int64_t wait_ms;
    bool waited_out;
};

/* ---- Waiting (wait.c) ------------------------------------------------------------------------------------------- */

#define HTTP_TOPIC_BUCKETS 1024
struct http_waiting {
    pthread_mutex_t lock; /* guards all below and the watch fields of states */
    struct {
        struct http_state *first;
        struct http_state *last;
    } buckets[HTTP_TOPIC_BUCKETS];
    size_t parked;
    bool stopping;
};
void http_waiting_init(struct http_waiting *self);
void http_waiting_release(struct http_waiting *self);
/* Parks a state whose handler asked for it, or queues it at once when it has been woken meanwhile. */
void http_wait_park(struct http_state *state);
void http_wait_forget(struct http_state *state);
/* Queues those whose time is over; all if the server stops. */
void http_waiting_expire(struct http_server *server, int64_t now_us, bool stopping);

/* ---- The server ------------------------------------------------------------------------------------------------- */

struct http_server {
    struct http_options options;
    struct arena arena;
    struct http_tree tree;
    struct http_network *trusted;
    size_t trusted_count;
    struct http_files **files; /* one for each mount */
    struct MHD_Daemon *daemon;
    int port;
    struct http_guards guards;
    struct http_waiting waiting;
    struct http_limiter *address_limiter; /* NULL: no limit */
    struct http_limiter *session_limiter;
    struct http_counters *counters;
    atomic_size_t bodies; /* bytes held */
    atomic_int running;   /* requests that were read whole and are not sent yet */
    atomic_bool stopping;
    atomic_uint_fast64_t limited;
    atomic_uint_fast64_t overloaded;

    pthread_mutex_t queue_lock; /* guards the queue */
    pthread_cond_t queued;
    struct http_state *queue_first;
    struct http_state *queue_last;
    size_t queue_length;
    bool queue_closed;
    pthread_t *workers;
    pthread_t clock;
    atomic_bool clock_stopping;
};

/* worker.c */
void http_workers_start(struct http_server *server);
void http_workers_stop(struct http_server *server);
/* False when the queue is full. */
bool http_queue_push(struct http_state *state, bool even_if_full);
/* Runs before, handler and error answer in this thread. After it the state is answered or wants to be suspended. */
void http_run(struct http_state *state);
/* Answers from an error, through options.error_page if it wants to. */
void http_answer_error(struct http_state *state, const struct error *err);

/* life.c: libmicrohttpd's callbacks */
void *http_on_target(void *server, const char *target, struct MHD_Connection *connection);
enum MHD_Result http_on_data(void *server, struct MHD_Connection *connection, const char *url, const char *method,
                             const char *version, const char *data, size_t *size, void **state);
void http_on_completed(void *server, struct MHD_Connection *connection, void **state,
                       enum MHD_RequestTerminationCode why);
void http_on_connection(void *server, struct MHD_Connection *connection, void **guard,
                        enum MHD_ConnectionNotificationCode code);

/* begin.c: everything that is decided when the headers are there */
void http_begin(struct http_state *state, const char *method);
/* Fills the refusal if there is none yet. */
void http_refuse(struct http_state *state, const struct error *err);

/* send.c: the answer on its way out */
enum MHD_Result http_send(struct http_state *state);
void http_release_reply(struct http_state *state);
struct str http_allow_header(struct http_state *state);

/* problem.c */
const char *http_status_phrase(int status);
