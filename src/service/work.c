/* Runs a command: read, finish, apply, and again from the start when somebody was faster. */
#include "service/work.h"

#include "feel/json.h"
#include "service/closings.h"
#include "service/delegation_work.h"
#include "service/deployed.h"
#include "service/once.h"
#include "service/session.h"
#include "store/bulk.h"
#include "store/delivery.h"
#include "store/handover.h"
#include "store/indicator.h"
#include "store/operate.h"
#include "store/supervision.h"
#include "store/ticket.h"

#include <string.h>
#include <time.h>

#define ATTEMPTS_MAX 50
#define KEYS_AT_ONCE 64

/* ---- Collecting ---- */

const void *work_row(struct work *self, const void *row, size_t size)
{
    return memcpy(arena_alloc_raw(self->arena, size), row, size);
}

void work_change_from(struct work *self, enum change_kind kind, const void *row, int64_t version_was)
{
    VECTOR_PUSH(self->arena, &self->changes, ((struct work_change){kind, version_was, row}));
}

void work_change(struct work *self, enum change_kind kind, const void *row)
{
    work_change_from(self, kind, row, 0);
}

static enum status number_wanted(struct work *self, const char *counter, struct error *err)
{
    CHECK(strlen(counter) < sizeof self->number_wanted);
    strcpy(self->number_wanted, counter);
    return error_set(err, ERROR_UNAVAILABLE, "number-wanted", "A block of numbers has run out.");
}

bool work_lost(const struct work *self, struct error *err)
{
    if (self->lost)
        *err = self->failure;
    return self->lost;
}

enum status work_number(struct work *self, const char *counter, int64_t *out, struct error *err)
{
    if (service_number_try(self->service, counter, 1, out))
        return OK;
    return number_wanted(self, counter, err);
}

enum status work_key(struct work *self, int64_t region, int64_t *out, struct error *err)
{
    if (self->key_next == self->key_end) {
        if (!service_number_try(self->service, "key", KEYS_AT_ONCE, &self->key_next))
            return number_wanted(self, "key", err);
        self->key_end = self->key_next + KEYS_AT_ONCE;
    }
    region_note(self->service, region);
    *out = region << STORE_KEY_BITS | self->key_next++;
    return OK;
}

enum status work_access(struct work *self, const char *what, struct str subject_id, const struct work_case *of,
                        struct error *err)
{
    if (self->call->actor->kind == ACTOR_SYSTEM)
        return OK;
    struct work_note note = {.what = what, .subject_id = subject_id, .of = of, .purpose = self->call->purpose};
    return work_access_note(self, &note, err);
}

enum status work_access_note(struct work *self, const struct work_note *note, struct error *err)
{
    const struct actor *actor = self->call->actor;
    const struct work_case *of = note->of;
    struct store_access *row = arena_new(self->arena, struct store_access);
    row->region = of ? of->row.region : note->region ? note->region : actor_region(self->call);
    row->at = self->now;
    row->what = str_of(note->what);
    row->case_id = of ? of->row.id : 0;
    row->subject = party_index(self->service, self->arena, note->subject_id);
    row->who = actor_index(self->call);
    row->unit = actor->unit.len ? actor->unit : STR_NONE;
    row->division = of ? of->row.division : division_of(actor->region);
    if (!row->division)
        row->division = row->region * 1000000;
    if (!row->who.data)
        row->who = STR("nobody");
    if (work_key(self, row->region, &row->id, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, self->arena);
    view_text(&view, "who", actor->id);
    view_text(&view, "name", actor->name);
    view_text(&view, "kind", str_of(actor_kind_name(actor->kind)));
    view_text(&view, "role", actor->role);
    view_text(&view, "unit", actor->unit);
    view_text(&view, "unit_name", actor->unit_name);
    view_text(&view, "subject", note->subject_id);
    view_text(&view, "case", of ? of->no : STR_NONE);
    view_text(&view, "purpose", note->purpose);
    view_put(&view, "agent", acting_agent(self->arena, actor));
    view_put(&view, "behalf", delegation_behalf(self));
    row->body = service_seal(self->service, self->arena, key_text(self->arena, row->id), view_done(&view));
    work_change(self, CHANGE_ACCESS_INSERT, row);
    return OK;
}

/* ---- Finishing: nothing here needs the database ---- */

static void finish_event(struct work *self, struct work_case *of)
{
    struct value list = list_builder_done(&of->events);
    if (value_count(list) == 0)
        return;
    struct view view;
    view_init(&view, self->arena);
    view_put(&view, "by", actor_value(self->call));
    view_put(&view, "agent", acting_agent(self->arena, self->call->actor));
    view_put(&view, "behalf", delegation_behalf(self));
    view_text(&view, "role", self->call->actor->role);
    view_text(&view, "unit", self->call->actor->unit_name);
    view_text(&view, "unit_id", self->call->actor->unit);
    view_put(&view, "events", list);
    struct store_event event = {
        .region = of->row.region, .case_id = of->row.id, .seq = of->row.events + 1, .at = self->now};
    event.body = service_seal(self->service, self->arena, event_context(self->arena, &event), view_done(&view));
    unsigned char *hash = arena_alloc(self->arena, HASH_SIZE);
    event_hash(self->arena, &event, of->row.head, hash);
    event.hash = (struct str){(const char *)hash, HASH_SIZE};
    of->row.events = event.seq;
    of->row.head = event.hash;
    VECTOR_PUSH(self->arena, &self->event_rows, event);
    VECTOR_PUSH(self->arena, &self->tally_rows, tally_of_event(self->service, &event));
}

static enum status finish_case(struct work *self, struct work_case *of, struct error *err)
{
    (void)err;
    if (!of->touched)
        return OK;
    process_finish(of);
    finish_event(self, of);
    of->row.version = of->version_was + 1;
    if (of->instance) {
        work_case_set(of, "instance_version", value_int(of->row.version));
        struct str bytes = bpmn_instance_encode(self->arena, of->instance);
        of->row.instance = service_seal_bytes(self->service, self->arena,
                                              instance_context(self->arena, &of->row, of->row.version), bytes);
    }
    of->row.body = service_seal(self->service, self->arena, case_context(self->arena, &of->row), of->body);
    return OK;
}

static enum status finish(struct work *self, struct error *err)
{
    for (size_t i = 0; i < self->certificates.count; i++)
        if (work_certificate_finish(self, self->certificates.items[i], err) != OK)
            return FAILED;
    for (size_t i = 0; i < self->cases.count; i++)
        if (finish_case(self, self->cases.items[i], err) != OK)
            return FAILED;
    if (self->idempotency.name.data)
        self->idempotency.answer = service_seal(self->service, self->arena, self->idempotency.name,
                                                 value_with_offsets(self->arena, self->answer));
    return OK;
}

/* ---- Applying: the writer's turn ---- */

/* Each gives the number of rows that a guard lets through: 1, or 0 when somebody was faster. */
typedef enum status apply_function(struct db_tx *tx, const struct work_change *change, int64_t *done,
                                   struct error *err);

#define APPLY(name, type, call)                                                                                        \
    static enum status name(struct db_tx *tx, const struct work_change *change, int64_t *done, struct error *err)      \
    {                                                                                                                  \
        const type *row = change->row;                                                                                 \
        *done = 1;                                                                                                     \
        return call;                                                                                                   \
    }
#define APPLY_GUARDED(name, type, call)                                                                                \
    static enum status name(struct db_tx *tx, const struct work_change *change, int64_t *done, struct error *err)      \
    {                                                                                                                  \
        const type *row = change->row;                                                                                 \
        bool yes = false;                                                                                              \
        enum status status = call;                                                                                     \
        *done = yes;                                                                                                   \
        return status;                                                                                                 \
    }

APPLY(apply_task_insert, struct store_task, store_task_insert(tx, row, err))
APPLY(apply_task_delete, struct store_task, store_task_delete(tx, row->id, err))
APPLY(apply_task_done, struct store_task_done, store_task_done_insert(tx, row, err))
APPLY_GUARDED(apply_task_assign, struct work_assign, store_task_assign(tx, row->id, row->was, row->assignee, &yes, err))
APPLY(apply_task_due, struct store_task, store_task_set_due(tx, row->id, row->due, err))
APPLY(apply_timer_insert, struct store_timer, store_timer_insert(tx, row, err))
APPLY(apply_timer_delete, struct store_timer, store_timer_delete(tx, row->id, err))
APPLY(apply_job_insert, struct store_job, store_job_insert(tx, row, err))
APPLY(apply_job_update, struct store_job, store_job_update(tx, row, err))
APPLY(apply_job_delete, struct store_job, store_job_delete(tx, row->id, err))
APPLY(apply_subscription_insert, struct store_subscription, store_subscription_insert(tx, row, err))
APPLY(apply_subscription_delete, struct store_subscription, store_subscription_delete(tx, row->id, err))
APPLY_GUARDED(apply_message_insert, struct store_message, store_message_insert(tx, row, &yes, err))
APPLY_GUARDED(apply_message_delete, struct store_message, store_message_delete(tx, row->id, &yes, err))
APPLY_GUARDED(apply_party_insert, struct store_party, store_party_insert(tx, row, &yes, err))
APPLY_GUARDED(apply_party_update, struct store_party, store_party_update(tx, row, change->version_was, &yes, err))
APPLY(apply_document_insert, struct store_document, store_document_insert(tx, row, err))
APPLY_GUARDED(apply_document_update, struct store_document,
              store_document_update(tx, row, change->version_was, &yes, err))
APPLY_GUARDED(apply_certificate_insert, struct store_certificate, store_certificate_insert(tx, row, &yes, err))
APPLY_GUARDED(apply_certificate_update, struct store_certificate,
              store_certificate_update(tx, row, change->version_was, &yes, err))
APPLY(apply_certificate_use, struct store_certificate_use, store_certificate_use_insert(tx, row, err))
APPLY(apply_account_open, struct store_account, store_account_open(tx, row, err))
/* With it goes the order to tell its party of it. */
static enum status notice_with_delivery(struct db_tx *tx, const struct store_notice *row, struct error *err)
{
    struct store_delivery delivery = {.region = row->region, .due = row->sent, .id = row->id, .party = row->party};
    return store_notice_insert(tx, row, err) == OK ? store_delivery_insert(tx, &delivery, err) : FAILED;
}
APPLY(apply_notice_insert, struct store_notice, notice_with_delivery(tx, row, err))
APPLY(apply_outbox_insert, struct store_outbox, store_outbox_insert(tx, row, err))
APPLY_GUARDED(apply_outbox_delete, struct store_outbox, store_outbox_delete(tx, row, &yes, err))
APPLY(apply_exchange_insert, struct store_exchange, store_exchange_insert(tx, row, err))
APPLY(apply_access_insert, struct store_access, store_access_insert(tx, row, err))
APPLY_GUARDED(apply_serial, struct work_serial, store_counter_advance(tx, row->name, row->n, &yes, err))

APPLY(apply_instance_insert, struct store_instance, store_instance_insert(tx, row, err))
APPLY(apply_instance_update, struct store_instance, store_instance_update(tx, row, err))
APPLY(apply_user_task_insert, struct store_user_task, store_user_task_insert(tx, row, err))
APPLY(apply_user_task_update, struct store_user_task, store_user_task_update(tx, row, err))
APPLY(apply_user_task_end, struct store_user_task, store_user_task_end(tx, row->id, row->state, row->ended, err))
APPLY(apply_incident_insert, struct store_incident, store_incident_insert(tx, row, err))
APPLY(apply_incident_resolve, struct store_incident, store_incident_resolve(tx, row->id, row->resolved, err))
APPLY(apply_element_insert, struct store_element, store_element_insert(tx, row, err))
APPLY(apply_element_delete, struct store_element, store_element_delete(tx, row->id, err))
APPLY(apply_case_move, struct store_case, store_case_move(tx, row, err))
APPLY(apply_task_move, struct store_task, store_task_move(tx, row, err))
APPLY(apply_user_task_move, struct store_user_task, store_user_task_move(tx, row, err))
APPLY(apply_count, struct store_change, store_change_count(tx, row, err))
APPLY(apply_incident_move, struct store_incident, store_incident_move(tx, row, err))
APPLY_GUARDED(apply_supervision_insert, struct store_supervision, store_supervision_insert(tx, row, &yes, err))
APPLY_GUARDED(apply_supervision_update, struct store_supervision,
              store_supervision_update(tx, row, change->version_was, &yes, err))
APPLY_GUARDED(apply_alert_put, struct store_alert, store_alert_put(tx, row, &yes, err))
APPLY_GUARDED(apply_alert_done, struct store_alert, store_alert_done(tx, row, &yes, err))
APPLY_GUARDED(apply_handover_insert, struct store_handover, store_handover_insert(tx, row, &yes, err))
APPLY_GUARDED(apply_handover_update, struct store_handover,
              store_handover_update(tx, row, change->version_was, &yes, err))
APPLY(apply_bulk_insert, struct store_bulk, store_bulk_insert(tx, row, err))
APPLY_GUARDED(apply_bulk_row, struct store_bulk_row, store_bulk_row_insert(tx, row, &yes, err))
APPLY_GUARDED(apply_start_move, struct store_start, store_start_move(tx, row, change->version_was, &yes, err))

APPLY_GUARDED(apply_ticket_insert, struct store_ticket, store_ticket_insert(tx, row, &yes, err))
APPLY_GUARDED(apply_ticket_use, struct store_ticket, store_ticket_use(tx, row, change->version_was, &yes, err))
APPLY_GUARDED(apply_status_insert, struct store_status, store_status_insert(tx, row, &yes, err))

static enum status apply_entry(struct db_tx *tx, const struct work_change *change, int64_t *done, struct error *err)
{
    struct store_entry row = *(const struct store_entry *)change->row;
    struct store_account after = {0};
    bool moved = false;
    if (store_account_move(tx, row.region, row.account, row.amount, &after, &moved, err) != OK)
        return FAILED;
    *done = moved;
    if (!moved)
        return OK;
    row.seq = after.entries;
    row.balance = after.balance;
    return store_entry_insert(tx, &row, err);
}

static apply_function *const appliers[CHANGE_KIND_COUNT] = {
    [CHANGE_TASK_INSERT] = apply_task_insert,
    [CHANGE_TASK_DELETE] = apply_task_delete,
    [CHANGE_TASK_DONE] = apply_task_done,
    [CHANGE_TASK_ASSIGN] = apply_task_assign,
    [CHANGE_TASK_DUE] = apply_task_due,
    [CHANGE_TIMER_INSERT] = apply_timer_insert,
    [CHANGE_TIMER_DELETE] = apply_timer_delete,
    [CHANGE_JOB_INSERT] = apply_job_insert,
    [CHANGE_JOB_UPDATE] = apply_job_update,
    [CHANGE_JOB_DELETE] = apply_job_delete,
    [CHANGE_SUBSCRIPTION_INSERT] = apply_subscription_insert,
    [CHANGE_SUBSCRIPTION_DELETE] = apply_subscription_delete,
    [CHANGE_MESSAGE_INSERT] = apply_message_insert,
    [CHANGE_MESSAGE_DELETE] = apply_message_delete,
    [CHANGE_PARTY_INSERT] = apply_party_insert,
    [CHANGE_PARTY_UPDATE] = apply_party_update,
    [CHANGE_DOCUMENT_INSERT] = apply_document_insert,
    [CHANGE_DOCUMENT_UPDATE] = apply_document_update,
    [CHANGE_CERTIFICATE_INSERT] = apply_certificate_insert,
    [CHANGE_CERTIFICATE_UPDATE] = apply_certificate_update,
    [CHANGE_CERTIFICATE_USE] = apply_certificate_use,
    [CHANGE_ACCOUNT_OPEN] = apply_account_open,
    [CHANGE_ENTRY] = apply_entry,
    [CHANGE_NOTICE_INSERT] = apply_notice_insert,
    [CHANGE_OUTBOX_INSERT] = apply_outbox_insert,
    [CHANGE_OUTBOX_DELETE] = apply_outbox_delete,
    [CHANGE_EXCHANGE_INSERT] = apply_exchange_insert,
    [CHANGE_ACCESS_INSERT] = apply_access_insert,
    [CHANGE_INSTANCE_INSERT] = apply_instance_insert,
    [CHANGE_INSTANCE_UPDATE] = apply_instance_update,
    [CHANGE_USER_TASK_INSERT] = apply_user_task_insert,
    [CHANGE_USER_TASK_UPDATE] = apply_user_task_update,
    [CHANGE_USER_TASK_END] = apply_user_task_end,
    [CHANGE_INCIDENT_INSERT] = apply_incident_insert,
    [CHANGE_INCIDENT_RESOLVE] = apply_incident_resolve,
    [CHANGE_ELEMENT_INSERT] = apply_element_insert,
    [CHANGE_ELEMENT_DELETE] = apply_element_delete,
    [CHANGE_START_MOVE] = apply_start_move,
    [CHANGE_CASE_MOVE] = apply_case_move,
    [CHANGE_TASK_MOVE] = apply_task_move,
    [CHANGE_USER_TASK_MOVE] = apply_user_task_move,
    [CHANGE_INCIDENT_MOVE] = apply_incident_move,
    [CHANGE_COUNT] = apply_count,
    [CHANGE_SERIAL] = apply_serial,
    [CHANGE_SUPERVISION_INSERT] = apply_supervision_insert,
    [CHANGE_SUPERVISION_UPDATE] = apply_supervision_update,
    [CHANGE_ALERT_PUT] = apply_alert_put,
    [CHANGE_ALERT_DONE] = apply_alert_done,
    [CHANGE_BULK_INSERT] = apply_bulk_insert,
    [CHANGE_BULK_ROW] = apply_bulk_row,
    [CHANGE_HANDOVER_INSERT] = apply_handover_insert,
    [CHANGE_HANDOVER_UPDATE] = apply_handover_update,
    [CHANGE_TICKET_INSERT] = apply_ticket_insert,
    [CHANGE_TICKET_USE] = apply_ticket_use,
    [CHANGE_STATUS_INSERT] = apply_status_insert,
};

static enum status stale(struct work *self, struct error *err)
{
    self->stale = true;
    return error_set(err, ERROR_CONFLICT, "stale", "Somebody else changed this at the same moment.");
}

static enum status apply_cases(struct work *self, struct db_tx *tx, struct error *err)
{
    for (size_t i = 0; i < self->cases.count; i++) {
        struct work_case *of = self->cases.items[i];
        bool done = true;
        if (!of->touched)
            continue;
        /* What else has an index only ever changes together with the state: see settle in engine.c. */
        enum status status = of->is_new ? store_case_insert(tx, &of->row, &done, err)
                             : of->row.state == of->state_was
                                 ? store_case_go_on(tx, &of->row, of->version_was, &done, err)
                                 : store_case_update(tx, &of->row, of->version_was, &done, err);
        if (status != OK)
            return FAILED;
        if (!done)
            return stale(self, err);
        struct store_due due = {of->row.region, of->row.id, of->row.version};
        if (of->row.item > 0 && store_due_add(tx, &due, self->now, err) != OK)
            return FAILED;
    }
    return OK;
}

/* A message may have been kept after the snapshot in which nobody waited for it. */
static enum status check_missed(struct work *self, struct db_tx *tx, struct error *err)
{
    for (size_t i = 0; i < self->changes.count; i++) {
        const struct store_subscription *row = self->changes.items[i].row;
        bool missed = false;
        if (self->changes.items[i].kind != CHANGE_SUBSCRIPTION_INSERT || !row->takes_messages)
            continue;
        if (store_subscription_missed(tx, row, self->now, &missed, err) != OK)
            return FAILED;
        if (missed)
            return stale(self, err);
    }
    return OK;
}

static enum status apply(struct db_tx *tx, void *arg, struct error *err)
{
    struct work *self = arg;
    bool done = true;
    self->stale = false;
    if (self->idempotency.name.data && store_idempotency_insert(tx, &self->idempotency, &done, err) != OK)
        return FAILED;
    if (!done)
        return stale(self, err);
    if (apply_cases(self, tx, err) != OK)
        return FAILED;
    for (size_t i = 0; i < self->changes.count; i++) {
        int64_t n = 0;
        const struct work_change *change = &self->changes.items[i];
        if (appliers[change->kind](tx, change, &n, err) != OK)
            return FAILED;
        if (n == 0)
            return stale(self, err);
    }
    if (check_missed(self, tx, err) != OK)
        return FAILED;
    for (size_t i = 0; i < self->event_rows.count; i++)
        if (store_event_insert(tx, &self->event_rows.items[i], err) != OK ||
            store_tally_add(tx, &self->tally_rows.items[i], err) != OK)
            return FAILED;
    return OK;
}

/* ---- Running ---- */

struct run {
    const struct call *call;
    work_command *command;
    void *arg;
    struct work *work;
    int attempt;
    const struct work_request *request;
    struct value *out;
    bool replayed;
};

static void reset(struct run *run, struct db_tx *tx)
{
    struct work *work = run->work;
    *work = (struct work){.call = run->call,
                          .service = run->call->service,
                          .arena = run->call->arena,
                          .tx = tx,
                          .now = service_now(run->call->service),
                          .attempt = run->attempt};
}

/* Finds the stored answer of an earlier call with this key. */
static enum status replay(struct run *run, struct error *err)
{
    struct work *work = run->work;
    const struct call *call = run->call;
    if (!run->request || call->idempotency.len == 0)
        return OK;
    work->idempotency = once_row(call, run->request->operation, run->request->request);
    struct value answer;
    if (once_look(work->tx, call, &work->idempotency, &answer, err) != OK)
        return FAILED;
    run->replayed = !value_is_null(answer);
    if (run->replayed)
        *run->out = answer;
    return OK;
}

static enum status read_phase(struct db_tx *tx, void *arg, struct error *err)
{
    struct run *run = arg;
    reset(run, tx);
    if (replay(run, err) != OK || run->replayed)
        return run->replayed ? OK : FAILED;
    return run->command(run->work, run->arg, err);
}

static bool has_changes(const struct work *work)
{
    bool touched = work->changes.count || work->idempotency.name.data;
    for (size_t i = 0; i < work->cases.count && !touched; i++)
        touched = work->cases.items[i]->touched;
    for (size_t i = 0; i < work->certificates.count && !touched; i++)
        touched = work->certificates.items[i]->touched;
    return touched;
}

static void tell_moves(const struct work *work, const struct work_case *of)
{
    const struct service_listener *listener = &work->service->listener;
    for (size_t i = 0; i < of->effects_done; i++) {
        const struct bpmn_effect *effect = &of->effects.list.items[i];
        const char *what = effect->kind == BPMN_ELEMENT_ENTERED     ? "entered"
                           : effect->kind == BPMN_ELEMENT_LEFT      ? "left"
                           : effect->kind == BPMN_ELEMENT_CANCELLED ? "cancelled"
                           : effect->kind == BPMN_FLOW_TAKEN        ? "flow"
                                                                    : NULL;
        if (!what)
            continue;
        struct service_move move = {.what = what,
                                    .case_no = of->no,
                                    .process = bpmn_process_info(effect->process)->id,
                                    .element = effect->element_id,
                                    .key = effect->element_key,
                                    .at_ms = work->now};
        listener->moved(listener->state, &move);
    }
}

static void tell_tasks(const struct work *work, const struct work_case *of)
{
    const struct service_listener *listener = &work->service->listener;
    for (size_t i = 0; i < of->effects_done; i++) {
        const struct bpmn_effect *effect = &of->effects.list.items[i];
        bool passed =
            (effect->kind == BPMN_TASK_UPDATED || effect->kind == BPMN_TASK_COMPLETED) && effect->name.len > 0;
        if (passed || effect->kind == BPMN_TASK_DENIED || effect->kind == BPMN_TASK_CANCELLED)
            listener->heard(listener->state, SERVICE_TASK_SETTLED, key_text(work->arena, effect->key), 0);
    }
}

/* Tells the listener of jobs that may be taken, of processes that ended, of tasks whose listeners have answered, and of
 * the way tokens went. */
static void tell(const struct work *work)
{
    const struct service_listener *listener = &work->service->listener;
    for (size_t i = 0; listener->moved && i < work->cases.count; i++)
        tell_moves(work, work->cases.items[i]);
    if (!listener->heard)
        return;
    for (size_t i = 0; i < work->changes.count; i++) {
        const struct work_change *change = &work->changes.items[i];
        const struct store_job *job = change->row;
        if (change->kind == CHANGE_JOB_INSERT && job->retries > 0)
            listener->heard(listener->state, SERVICE_JOB_FREE, job->type, job->due);
    }
    for (size_t i = 0; i < work->cases.count; i++) {
        const struct work_case *of = work->cases.items[i];
        if (of->deployed)
            tell_tasks(work, of);
        if (of->deployed && of->row.state == CASE_CLOSED && of->state_was != CASE_CLOSED)
            listener->heard(listener->state, SERVICE_PROCESS_ENDED,
                            key_text(work->arena, bpmn_instance_key(of->instance)), 0);
    }
}

static void count_cases(const struct work *work)
{
    for (size_t i = 0; i < work->cases.count; i++) {
        const struct work_case *of = work->cases.items[i];
        service_count(work->service, METRIC_CASES_OPENED, of->is_new);
        if (of->row.state == CASE_CLOSED && of->state_was != CASE_CLOSED) {
            service_count(work->service, METRIC_CASES_CLOSED, 1);
            closings_count(work->service->closings, of->row.item, of->row.outcome);
        }
    }
    for (size_t i = 0; i < work->certificates.count; i++)
        service_count(work->service, METRIC_CERTIFICATES_ISSUED, work->certificates.items[i]->is_new);
}

enum outcome { DONE, AGAIN, REFUSED, READY };

/* Everything up to the writer's turn. READY: there is something to write. */
static enum outcome prepare(struct run *run, struct error *err)
{
    struct work *work = run->work;
    struct service *service = run->call->service;
    run->replayed = false;
    struct error problem = ERROR_INIT;
    enum status status = db_read(service->db, read_phase, run, &problem);
    if (status != OK && work->number_wanted[0] == 0) {
        *err = problem;
        return REFUSED;
    }
    if (work->number_wanted[0]) {
        bool keys = strcmp(work->number_wanted, "key") == 0;
        return service_number_fill(service, work->number_wanted, keys ? SERVICE_KEY_BLOCK : 1, err) == OK ? AGAIN
                                                                                                          : REFUSED;
    }
    work->tx = NULL;
    if (run->replayed || !has_changes(work))
        return DONE;
    return finish(work, err) == OK ? READY : REFUSED;
}

static enum outcome attempt(struct run *run, struct error *err)
{
    struct work *work = run->work;
    struct service *service = run->call->service;
    struct error problem = ERROR_INIT;
    enum outcome outcome = prepare(run, err);
    if (outcome != READY)
        return outcome;
    if (db_write(service->db, apply, work, &problem) == OK) {
        count_cases(work);
        tell(work);
        return DONE;
    }
    if (work->stale) {
        service_count(service, METRIC_RETRIES, 1);
        return AGAIN;
    }
    *err = problem;
    return REFUSED;
}

static enum status run_all(struct run *run, struct error *err)
{
    struct work work;
    run->work = &work;
    memset(&work, 0, sizeof work);
    for (run->attempt = 0; run->attempt < ATTEMPTS_MAX; run->attempt++) {
        switch (attempt(run, err)) {
        case DONE:
            if (run->out && !run->replayed)
                *run->out = work.answer;
            return OK;
        case REFUSED:
            return FAILED;
        case AGAIN:
        case READY:
            break;
        }
        /* Collisions on one row thin out when the losers wait for different times. */
        if (run->attempt > 2) {
            unsigned char byte;
            run->call->service->world->random(run->call->service->world->state, &byte, 1);
            struct timespec pause = {0, (long)(byte + 1) * 2000L * (long)run->attempt};
            nanosleep(&pause, NULL);
        }
    }
    error_set(err, ERROR_UNAVAILABLE, "busy", "Too many others are changing this at the same time.");
    return error_hint(err, "Try again in a moment.");
}

enum status work_run(const struct call *call, work_command *command, void *arg, struct error *err)
{
    struct run run = {.call = call, .command = command, .arg = arg};
    return run_all(&run, err);
}

enum status work_run_once(const struct call *call, const struct work_request *request, work_command *command, void *arg,
                          struct value *out, struct error *err)
{
    if (call->idempotency.len > 200)
        return error_set(err, ERROR_INVALID, "idempotency-key-invalid", "An Idempotency-Key has at most 200 bytes.");
    struct run run = {.call = call, .command = command, .arg = arg, .request = request, .out = out};
    return run_all(&run, err);
}

/* ---- Many at once ---- */

struct many {
    struct run *runs;
    bool *ready;
    size_t count;
};

/* Each in its own savepoint: one that collides does not hold the others up. */
static enum status apply_many(struct db_tx *tx, void *arg, struct error *err)
{
    const struct many *many = arg;
    for (size_t i = 0; i < many->count; i++) {
        struct error problem = ERROR_INIT;
        struct work *work = many->runs[i].work;
        if (!many->ready[i] || db_try(tx, apply, work, &problem) == OK || work->stale)
            continue;
        *err = problem;
        return FAILED;
    }
    return OK;
}

enum status work_run_many(const struct call *call, work_command *command, void **args, size_t count, struct error *err)
{
    struct many many = {.runs = arena_array(call->arena, struct run, count),
                        .ready = arena_array(call->arena, bool, count),
                        .count = count};
    for (size_t i = 0; i < count; i++) {
        struct run *run = &many.runs[i];
        *run =
            (struct run){.call = call, .command = command, .arg = args[i], .work = arena_new(call->arena, struct work)};
        enum outcome outcome = prepare(run, err);
        if (outcome == REFUSED)
            return FAILED;
        many.ready[i] = outcome == READY;
        run->replayed = outcome == DONE;
    }
    if (db_write(call->service->db, apply_many, &many, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++) {
        struct run *run = &many.runs[i];
        if (many.ready[i] && !run->work->stale) {
            count_cases(run->work);
            tell(run->work);
        } else if (!run->replayed && work_run(call, command, run->arg, err) != OK) {
            return FAILED;
        }
    }
    return OK;
}

enum status work_read(const struct call *call, work_command *command, void *arg, struct error *err)
{
    struct work work;
    struct run run = {.call = call, .command = command, .arg = arg, .work = &work};
    memset(&work, 0, sizeof work);
    return db_read(call->service->db, read_phase, &run, err);
}
