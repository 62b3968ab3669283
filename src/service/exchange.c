/* The outbox: taking due rows, delivering them, keeping what came of it. */
#include "service/exchange.h"

#include "feel/json.h"
#include "service/exchange_ask.h"
#include "service/outbox_wait.h"
#include "service/work.h"

#define AT_ONCE 25     /* cases settled in one commit: others wait for it */
#define LEASE_MS 60000 /* added to an exchange's own time-out: how long a taken row is its taker's */

/* A due row with what is needed to send it. */
struct sending {
    struct store_outbox row;
    const struct pack_set *packs;
    const struct pack_exchange *exchange;
    struct value body;
    struct service_delivery delivery;
};

struct batch {
    struct call call;
    struct service *service;
    int64_t now;
    size_t limit;
    struct sending *items;
    size_t count;
    struct outbox_agencies agencies;
    size_t aside; /* put aside: they wait for an address */
};

static struct call system_call(struct service *service, struct arena *arena)
{
    return (struct call){.service = service, .actor = &actor_system, .arena = arena};
}

/* ---- Taking ---- */

static enum status take_region(struct db_tx *tx, struct batch *batch, int64_t region, struct error *err)
{
    struct store_outbox *rows;
    size_t count;
    int64_t room = (int64_t)(batch->limit - batch->count);
    if (room <= 0)
        return OK;
    if (store_outbox_due(tx, batch->call.arena, region, batch->now, room, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++) {
        struct sending *sending = &batch->items[batch->count];
        bool moved, go;
        if (outbox_can_go(tx, &batch->agencies, rows[i].exchange, &go, err) != OK)
            return FAILED;
        if (!go) {
            if (store_outbox_move(tx, &rows[i], STORE_OUTBOX_ASIDE, rows[i].attempts, &moved, err) != OK)
                return FAILED;
            batch->aside++;
            continue;
        }
        /* Whoever moves the row has it; if its taker dies it comes due again. */
        if (store_outbox_move(tx, &rows[i], batch->now + LEASE_MS, rows[i].attempts + 1, &moved, err) != OK)
            return FAILED;
        if (!moved)
            continue;
        *sending = (struct sending){.row = rows[i]};
        sending->row.due = batch->now + LEASE_MS;
        sending->row.attempts++;
        batch->count++;
    }
    return OK;
}

static enum status take_due(struct db_tx *tx, void *arg, struct error *err)
{
    struct batch *batch = arg;
    int64_t *regions;
    size_t count = region_list(batch->service, (struct division_range){0, INT64_MAX}, batch->call.arena, &regions);
    batch->count = batch->aside = 0;
    batch->agencies = (struct outbox_agencies){.service = batch->service, .arena = batch->call.arena};
    for (size_t r = 0; r < count; r++)
        if (take_region(tx, batch, regions[r], err) != OK)
            return FAILED;
    return OK;
}

static enum status load_packs(struct db_tx *tx, void *arg, struct error *err)
{
    struct batch *batch = arg;
    for (size_t i = 0; i < batch->count; i++) {
        batch->items[i].packs = service_packs_of(batch->service, tx, batch->items[i].row.packs, err);
        if (!batch->items[i].packs)
            return FAILED;
    }
    return OK;
}

/* ---- Preparing ---- */

static enum status setting_text(struct batch *batch, struct str agency, const char *suffix, struct str *out,
                                struct error *err)
{
    struct str name = arena_printf(batch->call.arena, "agency.%.*s%s", STR_ARGS(agency), suffix);
    return service_setting_get(&batch->call, name, out, err);
}

/* From exchange and body to what the transport needs. */
static enum status address(struct batch *batch, struct sending *sending, struct error *err)
{
    struct arena *arena = batch->call.arena;
    const struct pack_exchange *exchange = sending->exchange;
    struct str base = STR_NONE, token = STR_NONE;
    if (setting_text(batch, exchange->agency, "", &base, err) != OK ||
        setting_text(batch, exchange->agency, ".token", &token, err) != OK)
        return FAILED;
    if (!base.len)
        base = batch->service->agencies;
    struct value request = value_get(sending->body, STR("request"));
    sending->delivery = (struct service_delivery){
        .exchange = exchange->id,
        .agency = exchange->agency,
        .method = exchange->method.len ? exchange->method : STR("POST"),
        .path = exchange->path,
        .url = base.len ? arena_printf(arena, "%.*s%.*s", STR_ARGS(base), STR_ARGS(exchange->path)) : STR_NONE,
        .idempotency_key = key_text(arena, sending->row.id),
        .token = token,
        .request = request,
        .body = json_text(arena, request),
        .timeout_ms = exchange->timeout_ms > 0 ? exchange->timeout_ms : 5000};
    return OK;
}

static enum status prepare(struct batch *batch, struct sending *sending, struct error *err)
{
    struct arena *arena = batch->call.arena;
    sending->exchange = pack_exchange_find(sending->packs, sending->row.exchange);
    if (!sending->exchange)
        return error_set(err, ERROR_INTERNAL, "exchange-missing", "The exchange %.*s is in no pack.",
                         STR_ARGS(sending->row.exchange));
    if (service_unseal(batch->service, arena, key_text(arena, sending->row.id), sending->row.body, &sending->body,
                       err) != OK)
        return FAILED;
    return address(batch, sending, err);
}

/* ---- Afterwards ---- */

struct answer {
    struct sending *sending;
    struct value reply; /* mapped */
    bool done, given_up;
    struct str problem;
    int64_t due;
};

static bool accepted(int status)
{
    return status >= 200 && status < 300;
}

/* A refusal that no repetition will change, in contrast to a busy or broken agency. */
static bool refused_for_good(int status)
{
    return status >= 400 && status < 500 && status != 408 && status != 425 && status != 429;
}

static int64_t back_off(const struct pack_exchange *exchange, int64_t attempts)
{
    double wait = (double)(exchange->retry_first_ms > 0 ? exchange->retry_first_ms : 1000);
    double most = (double)(exchange->retry_most_ms > 0 ? exchange->retry_most_ms : 3600000);
    double factor = exchange->retry_factor >= 1 ? exchange->retry_factor : 2;
    for (int64_t i = 1; i < attempts && wait < most; i++)
        wait *= factor;
    return (int64_t)(wait < most ? wait : most);
}

static struct value map_reply(struct batch *batch, const struct sending *sending, struct value reply)
{
    const struct pack_expression *mapping = &sending->exchange->reply;
    if (!mapping->source.data)
        return reply;
    struct feel_run run = service_feel(batch->service, batch->call.arena, sending->packs, batch->now);
    struct value names = context_set(batch->call.arena, value_null, "reply", reply);
    names = context_set(batch->call.arena, names, "status", value_int(sending->delivery.status));
    names = context_set(batch->call.arena, names, "request", value_get(sending->body, STR("given")));
    return pack_evaluate(mapping, names, &run);
}

static struct answer judge(struct batch *batch, struct sending *sending)
{
    struct arena *arena = batch->call.arena;
    const struct service_delivery *delivery = &sending->delivery;
    struct answer answer = {.sending = sending, .problem = delivery->problem};
    if (!sending->exchange) {
        answer.given_up = true;
        return answer;
    }
    struct value reply = value_null;
    struct error err = ERROR_INIT;
    static const struct json_limits limits = {.max_bytes = (size_t)4 * 1024 * 1024, .max_depth = 64};
    bool readable =
        str_trim(delivery->reply).len == 0 || json_parse(arena, delivery->reply, &limits, &reply, &err) == OK;
    if (accepted(delivery->status) && readable) {
        answer.done = true;
        answer.reply = map_reply(batch, sending, reply);
        return answer;
    }
    if (delivery->status && !accepted(delivery->status))
        answer.problem = arena_printf(arena, "The agency answered %d.", delivery->status);
    else if (delivery->status)
        answer.problem = STR("The agency's answer is no JSON.");
    int64_t most = sending->exchange->retry_max > 0 ? sending->exchange->retry_max : 20;
    answer.given_up = refused_for_good(delivery->status) || sending->row.attempts >= most;
    answer.due = batch->now + back_off(sending->exchange, sending->row.attempts);
    return answer;
}

static struct store_exchange log_row(const struct sending *sending, struct str problem, int64_t now)
{
    return (struct store_exchange){.region = sending->row.region,
                                   .at = now,
                                   .id = sending->row.id,
                                   .case_id = sending->row.case_id,
                                   .attempt = sending->row.attempts,
                                   .status = sending->delivery.status,
                                   .took_ms = sending->delivery.took_ms,
                                   .exchange = sending->row.exchange,
                                   .problem = problem.len ? problem : STR_NONE};
}

static void log_exchange(struct work *work, const struct sending *sending, struct str problem)
{
    struct store_exchange row = log_row(sending, problem, work->now);
    work_change(work, CHANGE_EXCHANGE_INSERT, work_row(work, &row, sizeof row));
}

/* Tells the process that waits, if it still does. */
static enum status resume_case(struct work *work, const struct answer *answer, struct work_case *of, struct error *err)
{
    const struct sending *sending = answer->sending;
    if (!sending->row.job)
        return OK;
    struct bpmn_command command = {.kind = BPMN_COMPLETE_JOB,
                                   .key = sending->row.job,
                                   .variables = context_set(work->arena, value_null, "reply", answer->reply)};
    if (answer->given_up)
        command = (struct bpmn_command){.kind = BPMN_THROW_ERROR,
                                        .key = sending->row.job,
                                        .code = STR("exchange-failed"),
                                        .message = answer->problem};
    struct error problem = ERROR_INIT;
    if (engine_command(of, &command, &problem) == OK || str_equal(str_of(problem.type), STR("job-not-active")) ||
        str_equal(str_of(problem.type), STR("instance-ended")))
        return OK;
    *err = problem;
    return FAILED;
}

/* The answers to one case's exchanges: they change it together. */
struct settling {
    struct case_id id;
    VECTOR(const struct answer *) answers;
};

static enum status settle_answer(struct work *work, const struct answer *answer, struct work_case *of,
                                 struct error *err)
{
    const struct sending *sending = answer->sending;
    struct view view;
    view_init(&view, work->arena);
    view_text(&view, "exchange", sending->row.exchange);
    view_text(&view, "id", key_text(work->arena, sending->row.id));
    view_int(&view, "status", sending->delivery.status);
    view_text(&view, "problem", answer->problem);
    work_case_event(of, answer->done ? "exchange.delivered" : "exchange.failed", view_done(&view));
    work_change(work, CHANGE_OUTBOX_DELETE, work_row(work, &sending->row, sizeof sending->row));
    log_exchange(work, sending, answer->problem);
    return resume_case(work, answer, of, err);
}

/* Somebody may have made the row due again, or settled it, since it was taken. */
static enum status still_ours(struct work *work, const struct store_outbox *row, bool *ours, struct error *err)
{
    struct store_outbox now;
    if (store_outbox_find(work->tx, work->arena, row->id, &now, ours, err) != OK)
        return FAILED;
    *ours = *ours && now.due == row->due;
    return OK;
}

static enum status settle_command(struct work *work, void *arg, struct error *err)
{
    const struct settling *settling = arg;
    struct work_case *of;
    if (work_case_load(work, settling->id, &of, err) != OK)
        return FAILED;
    for (size_t i = 0; i < settling->answers.count; i++) {
        bool ours = true;
        const struct answer *answer = settling->answers.items[i];
        if (work->attempt > 0 && still_ours(work, &answer->sending->row, &ours, err) != OK)
            return FAILED;
        if (ours && settle_answer(work, answer, of, err) != OK)
            return FAILED;
    }
    return OK;
}

/* What came of a batch. */
struct outcomes {
    VECTOR(const struct answer *) later;
    VECTOR(struct settling *) settled; /* one a case */
    int64_t now;
};

static enum status postpone(struct db_tx *tx, void *arg, struct error *err)
{
    const struct outcomes *outcomes = arg;
    for (size_t i = 0; i < outcomes->later.count; i++) {
        const struct answer *answer = outcomes->later.items[i];
        bool moved;
        struct store_exchange row = log_row(answer->sending, answer->problem, outcomes->now);
        if (store_outbox_move(tx, &answer->sending->row, answer->due, row.attempt, &moved, err) != OK ||
            (moved && store_exchange_insert(tx, &row, err) != OK))
            return FAILED;
    }
    return OK;
}

static struct settling *settling_of(struct arena *arena, struct outcomes *outcomes, const struct sending *sending)
{
    for (size_t i = 0; i < outcomes->settled.count; i++) {
        struct settling *settling = outcomes->settled.items[i];
        if (settling->id.region == sending->row.region && settling->id.id == sending->row.case_id)
            return settling;
    }
    struct settling *settling = arena_new(arena, struct settling);
    *settling = (struct settling){.id = {sending->row.region, sending->row.case_id}};
    VECTOR_PUSH(arena, &outcomes->settled, settling);
    return settling;
}

static void sort_out(struct batch *batch, struct sending *sending, struct outcomes *outcomes)
{
    struct arena *arena = batch->call.arena;
    struct answer *answer = arena_new(arena, struct answer);
    *answer = judge(batch, sending);
    service_count(batch->service, answer->done ? METRIC_EXCHANGES_DELIVERED : METRIC_EXCHANGES_FAILED, 1);
    if (!answer->done && !answer->given_up) {
        VECTOR_PUSH(arena, &outcomes->later, answer);
        return;
    }
    if (!answer->done)
        log_event(LOG_WARNING, "exchange.given_up", "exchange=%.*s id=%" PRId64 " status=%d attempts=%" PRId64,
                  STR_ARGS(sending->row.exchange), sending->row.id, sending->delivery.status, sending->row.attempts);
    VECTOR_PUSH(arena, &settling_of(arena, outcomes, sending)->answers, answer);
}

/* Some in one commit. When one of them is refused each goes alone, so that it does not take the others' answers with
 * it. */
static enum status settle(struct batch *batch, struct settling **items, size_t count, struct error *err)
{
    struct error problem = ERROR_INIT;
    if (work_run_many(&batch->call, settle_command, (void **)items, count, &problem) == OK)
        return OK;
    enum status status = OK;
    for (size_t i = 0; i < count; i++)
        if (work_run(&batch->call, settle_command, items[i], err) != OK)
            status = FAILED;
    return status;
}

/* One that cannot be prepared is not sent and does not hold up the others: it comes again like one that was not
 * answered. */
static void deliver_batch(struct batch *batch)
{
    struct service_delivery *deliveries = arena_array(batch->call.arena, struct service_delivery, batch->count);
    struct sending **sent = arena_array(batch->call.arena, struct sending *, batch->count);
    const struct service_transport *transport = batch->service->transport;
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        struct sending *sending = &batch->items[i];
        struct error err = ERROR_INIT;
        if (prepare(batch, sending, &err) != OK) {
            sending->delivery = (struct service_delivery){.problem = arena_str(batch->call.arena, str_of(err.message))};
            log_event(LOG_WARNING, "exchange.not_prepared", "exchange=%.*s id=%" PRId64 " problem=%s",
                      STR_ARGS(sending->row.exchange), sending->row.id, err.type);
            continue;
        }
        sent[count] = sending;
        deliveries[count++] = sending->delivery;
    }
    if (count)
        transport->deliver(transport->state, batch->call.arena, deliveries, count);
    for (size_t i = 0; i < count; i++)
        sent[i]->delivery = deliveries[i];
}

static enum status run_batch(struct batch *batch, struct error *err)
{
    if (outbox_wake(batch->service, batch->now, err) != OK || db_write(batch->service->db, take_due, batch, err) != OK)
        return FAILED;
    if (batch->count == 0)
        return OK;
    if (db_read(batch->service->db, load_packs, batch, err) != OK)
        return FAILED;
    deliver_batch(batch);
    struct outcomes outcomes = {.now = service_now(batch->service)};
    for (size_t i = 0; i < batch->count; i++)
        sort_out(batch, &batch->items[i], &outcomes);
    if (outcomes.later.count && db_write(batch->service->db, postpone, &outcomes, err) != OK)
        return FAILED;
    enum status status = OK;
    for (size_t i = 0; i < outcomes.settled.count; i += AT_ONCE) {
        size_t n = outcomes.settled.count - i < AT_ONCE ? outcomes.settled.count - i : AT_ONCE;
        if (settle(batch, outcomes.settled.items + i, n, err) != OK)
            status = FAILED;
    }
    return status;
}

enum status service_outbox_run(struct service *self, int64_t now_ms, size_t batch_size, size_t *done, struct error *err)
{
    struct arena arena;
    arena_init(&arena);
    struct batch batch = {.call = system_call(self, &arena), .service = self, .now = now_ms, .limit = batch_size};
    batch.items = arena_array(&arena, struct sending, batch_size);
    enum status status = run_batch(&batch, err);
    *done = status == OK ? batch.count + batch.aside : 0;
    arena_release(&arena);
    return status;
}

/* ---- Asking at once: exchange_ask.h ---- */

struct asking {
    struct batch batch;
    struct exchange_question *questions;
    struct str *problems;
};

static enum status note_questions(struct work *work, void *arg, struct error *err)
{
    struct asking *a = arg;
    for (size_t i = 0; i < a->batch.count; i++) {
        struct sending *sending = &a->batch.items[i];
        const struct exchange_question *question = &a->questions[i];
        struct work_note note = {
            .what = "exchange.ask", .subject_id = question->subject, .purpose = question->purpose};
        sending->row.region = actor_region(work->call);
        if (work_key(work, sending->row.region, &sending->row.id, err) != OK ||
            work_access_note(work, &note, err) != OK)
            return FAILED;
    }
    return OK;
}

static enum status note_answers(struct work *work, void *arg, struct error *err)
{
    struct asking *a = arg;
    (void)err;
    for (size_t i = 0; i < a->batch.count; i++)
        log_exchange(work, &a->batch.items[i], a->problems[i]);
    return OK;
}

static enum status make_request(struct asking *a, size_t i, struct error *err)
{
    struct arena *arena = a->batch.call.arena;
    struct sending *sending = &a->batch.items[i];
    const struct exchange_question *question = &a->questions[i];
    struct feel_run run = service_feel(a->batch.service, arena, sending->packs, a->batch.now);
    struct value names = context_set(arena, value_null, "request", question->given);
    struct value request = question->exchange->request.source.data
                               ? pack_evaluate(&question->exchange->request, names, &run)
                               : question->given;
    sending->body = context_set(arena, context_set(arena, value_null, "request", request), "given", question->given);
    return address(&a->batch, sending, err);
}

enum status exchange_ask(const struct call *call, struct exchange_question *questions, size_t count, struct error *err)
{
    struct service *service = call->service;
    struct asking a = {.questions = questions, .problems = arena_array(call->arena, struct str, count)};
    a.batch = (struct batch){.call = system_call(service, call->arena), .service = service, .now = service_now(service),
                             .items = arena_array(call->arena, struct sending, count), .count = count};
    struct service_delivery *deliveries = arena_array(call->arena, struct service_delivery, count);
    for (size_t i = 0; i < count; i++)
        a.batch.items[i] = (struct sending){.row = {.attempts = 1, .exchange = questions[i].exchange->id},
                                            .packs = service->packs,
                                            .exchange = questions[i].exchange};
    if (count == 0)
        return OK;
    if (work_run(call, note_questions, &a, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++) {
        if (make_request(&a, i, err) != OK)
            return FAILED;
        deliveries[i] = a.batch.items[i].delivery;
    }
    service->transport->deliver(service->transport->state, call->arena, deliveries, count);
    for (size_t i = 0; i < count; i++) {
        a.batch.items[i].delivery = deliveries[i];
        struct answer answer = judge(&a.batch, &a.batch.items[i]);
        questions[i].answered = answer.done;
        questions[i].reply = answer.reply;
        questions[i].problem = a.problems[i] = answer.done ? STR_NONE : answer.problem;
        service_count(service, answer.done ? METRIC_EXCHANGES_DELIVERED : METRIC_EXCHANGES_FAILED, 1);
    }
    return work_run(call, note_answers, &a, err);
}

/* ---- Again, now ---- */

struct retrying {
    const struct call *call;
    int64_t id;
};

static enum status retry_now(struct db_tx *tx, void *arg, struct error *err)
{
    const struct retrying *a = arg;
    struct store_outbox row;
    bool found, moved;
    if (store_outbox_find(tx, db_tx_arena(tx), a->id, &row, &found, err) != OK)
        return FAILED;
    struct store_case of;
    if (found && store_case_find(tx, db_tx_arena(tx), row.region, row.case_id, &of, &found, err) != OK)
        return FAILED;
    if (!found || !actor_sees_division(a->call, of.division, of.unit))
        return error_set(err, ERROR_NOT_FOUND, "exchange-not-found", "There is no such waiting exchange.");
    if (row.due == STORE_OUTBOX_ASIDE) {
        error_set(err, ERROR_CONFLICT, "agency-not-configured", "The agency of this exchange has no address yet.");
        return error_hint(err, "Set the agency's address: what waits for it then goes out by itself.");
    }
    return store_outbox_move(tx, &row, service_now(a->call->service), row.attempts, &moved, err);
}

enum status service_outbox_retry(const struct call *call, struct str id, struct error *err)
{
    struct retrying arg = {.call = call};
    if (service_may(call, "exchange.manage", err) != OK)
        return FAILED;
    if (!key_parse(id, &arg.id))
        return error_set(err, ERROR_NOT_FOUND, "exchange-not-found", "There is no such waiting exchange.");
    return db_write(call->service->db, retry_now, &arg, err);
}
