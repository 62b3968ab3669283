/* Group commit for SQLite. Two threads: db-writer runs the functions, db-checkpoint moves the log into the file.
 *
 *   callers --push--> [queue] --take all--> BEGIN, for each: SAVEPOINT fn RELEASE (or ROLLBACK TO) --COMMIT--> wake all
 *                        ^                                                          |
 *                        '---- grows while the batch runs and commits ---------------'
 *
 * A batch takes in those who arrive while it runs, until it is large or old enough. Callers who give way (db_give_way)
 * queue apart: one of them runs when nobody else waits, or when it has waited long enough. */
#include "db/internal.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BATCH_US 4000  /* after this a batch takes in no more callers */
#define PATIENCE_US 50000 /* so long those who give way wait for the others */
#define RESTARTS_MAX 3 /* of one batch, each time without the function that broke the transaction */
#define LOG_PAGES_PASSIVE 2000
#define LOG_PAGES_RESTART 16000

struct queue {
    struct db_call *first;
    struct db_call *last;
};

struct db_writer {
    struct db *db;
    struct db_connection *connection; /* the writer thread's alone */
    pthread_t thread;
    pthread_t checkpoint_thread;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t arrived;
    pthread_cond_t log_grown;
    struct queue people;
    struct queue giving_way;
    bool stopping;
    bool checkpoint_wanted;
};

/* ---- Callers ---------------------------------------------------------------------------------------------------- */

static void wait_done(struct db_call *call)
{
    while (!atomic_load_explicit(&call->done, memory_order_acquire))
        syscall(SYS_futex, &call->done, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

/* The call may be gone when the wake-up is sent: that wakes nobody and harms nothing. */
static void set_done(struct db_call *call)
{
    atomic_store_explicit(&call->done, 1, memory_order_release);
    syscall(SYS_futex, &call->done, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void db_writer_run(struct db_writer *self, struct db_call *call)
{
    struct queue *queue = call->gives_way ? &self->giving_way : &self->people;
    pthread_mutex_lock(&self->lock);
    CHECK(!self->stopping);
    bool idle = !self->people.first && !self->giving_way.first;
    if (queue->first)
        queue->last->next = call;
    else
        queue->first = call;
    queue->last = call;
    if (idle)
        pthread_cond_signal(&self->arrived);
    pthread_mutex_unlock(&self->lock);
    wait_done(call);
}

/* ---- Batches ---------------------------------------------------------------------------------------------------- */

struct batch {
    struct db_call *first;
    struct db_call **end; /* where the next one is linked */
    int count;
    bool has_giving_way;
};

static void move_first(struct queue *queue, struct batch *batch)
{
    struct db_call *call = queue->first;
    queue->first = call->next;
    call->next = NULL;
    *batch->end = call;
    batch->end = &call->next;
    batch->count++;
    batch->has_giving_way |= call->gives_way;
}

/* Takes callers off the queues into the batch. Returns the first one taken, NULL if there was none. */
static struct db_call *take(struct db_writer *self, struct batch *batch, bool wait)
{
    struct db_call **start = batch->end;
    pthread_mutex_lock(&self->lock);
    while (wait && !self->people.first && !self->giving_way.first && !self->stopping)
        pthread_cond_wait(&self->arrived, &self->lock);
    while (self->people.first && batch->count < self->db->options.batch)
        move_first(&self->people, batch);
    const struct db_call *patient = self->giving_way.first;
    if (patient && !batch->has_giving_way &&
        (batch->count == 0 || monotonic_us() - patient->since_us > PATIENCE_US))
        move_first(&self->giving_way, batch);
    pthread_mutex_unlock(&self->lock);
    return *start;
}

static void fail_call(struct db_call *call, const struct error *why)
{
    call->status = FAILED;
    call->err = *why;
}

/* Runs one function in its savepoint. FAILED when the whole transaction is gone. */
static enum status run_one(struct db_writer *self, struct db_call *call)
{
    const struct db_driver *driver = self->db->driver;
    struct db_connection *connection = self->connection;
    struct error failure;
    if (driver->savepoint(connection, &failure)) {
        fail_call(call, &failure);
        return connection->lost ? FAILED : OK;
    }
    db_call_run(self->db, connection, call);
    if (call->status == OK && driver->release(connection, &failure) == OK) {
        call->ran = true;
        return OK;
    }
    if (call->status == OK)
        fail_call(call, &failure);
    if (driver->undo(connection, &failure) == OK)
        return OK;
    connection->lost = true;
    return FAILED;
}

/* Runs those of the batch that have not failed from the start of a new transaction and takes in newcomers meanwhile.
 * FAILED: the transaction is gone; the one that broke it has failed, the others may run again. */
static enum status run_all(struct db_writer *self, struct batch *batch, struct error *err)
{
    self->connection->lost = false;
    if (self->db->driver->begin(self->connection, err)) {
        self->connection->lost = false; /* there was none: no reason to try again */
        return FAILED;
    }
    int64_t start = monotonic_us();
    struct db_call *call = batch->first;
    while (call) {
        call->ran = false;
        if (call->status == OK && run_one(self, call))
            return error_set(err, ERROR_UNAVAILABLE, "db-unavailable", "The transaction was given up: %s",
                             call->err.message);
        if (!call->next && monotonic_us() - start < BATCH_US)
            call = take(self, batch, false);
        else
            call = call->next;
    }
    return OK;
}

static void finish(struct batch *batch, const struct error *failure)
{
    for (struct db_call *call = batch->first, *next; call; call = next) {
        next = call->next;
        if (failure && call->status == OK)
            fail_call(call, failure);
        set_done(call);
    }
}

static void run_batch(struct db_writer *self, struct batch *batch)
{
    struct error failure = ERROR_INIT;
    enum status status = FAILED;
    for (int attempt = 0; attempt <= RESTARTS_MAX; attempt++) {
        status = run_all(self, batch, &failure);
        if (status == OK || !self->connection->lost)
            break;
        self->db->driver->rollback(self->connection);
        atomic_fetch_add(&self->db->counters.retries, 1);
    }
    if (status != OK)
        self->db->driver->rollback(self->connection);
    else
        status = db_commit(self->connection, &failure);
    db_histogram_add(&self->db->counters.batch, (uint64_t)batch->count);
    finish(batch, status == OK ? NULL : &failure);
}

/* ---- Threads ---------------------------------------------------------------------------------------------------- */

/* Lets the checkpoint thread work, or, when readers and writers have kept the log from starting anew, does it here. */
static void tend_log(struct db_writer *self, int *restart_at)
{
    int pages = db_sqlite_log_pages(self->connection);
    if (pages < LOG_PAGES_PASSIVE) {
        *restart_at = LOG_PAGES_RESTART;
        return;
    }
    if (pages >= *restart_at) {
        db_sqlite_checkpoint(self->connection, true);
        *restart_at = pages + LOG_PAGES_PASSIVE;
    }
    pthread_mutex_lock(&self->lock);
    self->checkpoint_wanted = true;
    pthread_cond_signal(&self->log_grown);
    pthread_mutex_unlock(&self->lock);
}

static void *writer_main(void *state)
{
    struct db_writer *self = state;
    pthread_setname_np(pthread_self(), "db-writer");
    int restart_at = LOG_PAGES_RESTART;
    int tended = 0;
    for (;;) {
        struct batch batch = {0};
        batch.end = &batch.first;
        if (!take(self, &batch, true))
            return NULL;
        run_batch(self, &batch);
        int pages = db_sqlite_log_pages(self->connection);
        if (pages < tended || pages - tended >= LOG_PAGES_PASSIVE) {
            tend_log(self, &restart_at);
            tended = pages;
        }
    }
}

static void *checkpoint_main(void *state)
{
    struct db_writer *self = state;
    pthread_setname_np(pthread_self(), "db-checkpoint");
    struct db_connection *connection = NULL;
    pthread_mutex_lock(&self->lock);
    while (!self->stopping) {
        if (!self->checkpoint_wanted) {
            pthread_cond_wait(&self->log_grown, &self->lock);
            continue;
        }
        self->checkpoint_wanted = false;
        pthread_mutex_unlock(&self->lock);
        if (!connection && self->db->driver->connect(self->db, true, &connection, NULL))
            connection = NULL;
        if (connection)
            db_sqlite_checkpoint(connection, false);
        pthread_mutex_lock(&self->lock);
    }
    pthread_mutex_unlock(&self->lock);
    if (connection)
        self->db->driver->disconnect(connection);
    return NULL;
}

enum status db_writer_start(struct db *db, struct db_writer **out, struct error *err)
{
    struct db_writer *self = heap_alloc(sizeof(*self));
    self->db = db;
    if (db->driver->connect(db, true, &self->connection, err)) {
        heap_free(self);
        return FAILED;
    }
    CHECK(pthread_mutex_init(&self->lock, NULL) == 0);
    CHECK(pthread_cond_init(&self->arrived, NULL) == 0);
    CHECK(pthread_cond_init(&self->log_grown, NULL) == 0);
    CHECK(pthread_create(&self->thread, NULL, writer_main, self) == 0);
    CHECK(pthread_create(&self->checkpoint_thread, NULL, checkpoint_main, self) == 0);
    *out = self;
    return OK;
}

void db_writer_stop(struct db_writer *self)
{
    pthread_mutex_lock(&self->lock);
    self->stopping = true;
    pthread_cond_broadcast(&self->arrived);
    pthread_cond_broadcast(&self->log_grown);
    pthread_mutex_unlock(&self->lock);
    pthread_join(self->thread, NULL);
    pthread_join(self->checkpoint_thread, NULL);
    self->db->driver->disconnect(self->connection);
    pthread_cond_destroy(&self->log_grown);
    pthread_cond_destroy(&self->arrived);
    pthread_mutex_destroy(&self->lock);
    heap_free(self);
}
