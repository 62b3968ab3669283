/* What must be true at every quiet moment.
 *
 *   rows      tasks, timers, jobs, subscriptions and outbox rows are exactly what the processes wait for
 *   scopes    every token lives in a scope that lives; a closed case holds nothing
 *   tokens    what entered an element has left it, was cancelled, or is there; flows carry what was left, no more and
 * no less bytes     a process written and read again is the same bytes messages  nothing is kept that somebody waits
 * for audit     chains, seals, ledgers log       what was acknowledged happened once: events, fired timers and the log
 * tell the same */
#include "sim.h"

#include "bpmn/internal.h"
#include "service/audit.h"
#include "service/case.h"
#include "service/internal.h"

#include <string.h>

/* ---- Rows ---- */

DB_SQL(rows_task, "SELECT id, case_id, created FROM task WHERE region = ?1 AND case_id = ?2 ORDER BY id");
DB_SQL(rows_timer, "SELECT id, case_id, due FROM timer WHERE region = ?1 AND case_id = ?2 ORDER BY id");
DB_SQL(rows_job, "SELECT id, case_id, retries FROM job WHERE region = ?1 AND case_id = ?2 ORDER BY id");
DB_SQL(rows_subscription, "SELECT id, case_id, 0 FROM subscription WHERE region = ?1 AND case_id = ?2 ORDER BY id");
DB_SQL(rows_outbox,
       "SELECT job, case_id, attempts FROM outbox WHERE region = ?1 AND case_id = ?2 AND job > 0 ORDER BY job");
DB_SQL(rows_strays, "SELECT count(*) FROM task_role r WHERE NOT EXISTS (SELECT 1 FROM task t WHERE t.region = r.region "
                    "AND t.id = r.id)");

struct row_query {
    const struct db_statement *statement;
    const struct sight *sight;
    struct arena *arena;
    struct db_rows rows;
};

static enum status read_rows(struct db_tx *tx, void *arg, struct error *err)
{
    struct row_query *query = arg;
    return db_query(tx, query->arena, query->statement, P(P_INT(query->sight->region), P_INT(query->sight->id)),
                    &query->rows, err);
}

static enum status read_strays(struct db_tx *tx, void *arg, struct error *err)
{
    struct row_query *query = arg;
    return db_query(tx, query->arena, &rows_strays, P_NONE, &query->rows, err);
}

enum table { TABLE_TASK, TABLE_TIMER, TABLE_JOB, TABLE_SUBSCRIPTION, TABLE_OUTBOX };

static bool belongs(const struct handle *handle, enum table table)
{
    switch (table) {
    case TABLE_TASK: return handle->kind == HANDLE_TASK;
    case TABLE_TIMER: return handle->kind == HANDLE_TIMER;
    case TABLE_JOB: return handle->kind == HANDLE_JOB && !handle->builtin && !handle->thrown;
    case TABLE_SUBSCRIPTION: return handle->kind == HANDLE_MESSAGE || handle->kind == HANDLE_SIGNAL;
    case TABLE_OUTBOX:
        return handle->kind == HANDLE_JOB && !handle->thrown && str_equal(handle->name, STR("exchange.call"));
    }
    return false;
}

static enum status compare_table(struct sim *self, struct arena *arena, const struct sight *sight, enum table table)
{
    static const struct {
        const char *name;
        const struct db_statement *statement;
    } tables[] = {{"task", &rows_task},
                  {"timer", &rows_timer},
                  {"job", &rows_job},
                  {"subscription", &rows_subscription},
                  {"outbox", &rows_outbox}};
    struct row_query query = {tables[table].statement, sight, arena, {0}};
    if (sim_read(self, read_rows, &query) != OK)
        return FAILED;
    size_t wanted = 0, rows = 0;
    for (size_t i = 0; i < sight->handles.count; i++)
        wanted += belongs(&sight->handles.items[i], table);
    while (db_next(&query.rows)) {
        const struct handle *found = NULL;
        int64_t key = db_int64(&query.rows, 0), third = db_int64(&query.rows, 2);
        for (size_t i = 0; i < sight->handles.count && !found; i++)
            if (belongs(&sight->handles.items[i], table) && sight->handles.items[i].key == key)
                found = &sight->handles.items[i];
        /* An exchange goes on although nobody waits for its answer any more. */
        if (!found && table == TABLE_OUTBOX)
            continue;
        if (!found)
            return sim_wrong(self, "case %.*s: there is a %s row %" PRId64 " that its process does not wait for",
                             STR_ARGS(sight->ref), tables[table].name, key);
        if ((table == TABLE_TIMER && third != found->due) || (table == TABLE_JOB && third != found->retries))
            return sim_wrong(self, "case %.*s: the %s row of %.*s says %" PRId64 ", its process %" PRId64,
                             STR_ARGS(sight->ref), tables[table].name, STR_ARGS(found->path), third,
                             table == TABLE_TIMER ? found->due : found->retries);
        rows++;
    }
    if (rows != wanted)
        return sim_wrong(self, "case %.*s: its process waits for %zu of %s, but there are %zu rows",
                         STR_ARGS(sight->ref), wanted, tables[table].name, rows);
    return OK;
}

/* ---- Tokens ---- */

struct counted {
    uint32_t active, arrived;
};

static struct counted count_nodes(const struct bpmn_instance *instance, const struct element *element)
{
    struct counted counted = {0};
    for (const struct node *node = bpmn_node_after(instance, NULL); node; node = bpmn_node_after(instance, node)) {
        if (node->element != element || bpmn_node_is_part(node))
            continue;
        if (node->phase == PHASE_JOINING)
            for (size_t i = 0; i < element->in_count; i++)
                counted.arrived += node->arrived[i];
        else
            counted.active++;
    }
    return counted;
}

static enum status wrong_token(struct sim *self, const struct sight *sight, const struct element *element,
                               const char *what)
{
    return sim_wrong(self, "case %.*s, element %.*s: %s", STR_ARGS(sight->ref), STR_ARGS(element->id), what);
}

/* True when tokens on their way inside this scope may have been thrown away. */
static bool was_cut_short(const struct sight *sight, const struct history *history, const struct element *scope)
{
    if (bpmn_instance_state(sight->instance) == BPMN_TERMINATED)
        return true;
    for (const struct element *at = scope; at; at = at->parent) {
        if (history->elements[at->index].cancelled)
            return true;
        for (size_t i = 0; i < at->child_count; i++) {
            const struct element *child = at->children[i];
            if ((child->event == BPMN_EVENT_TERMINATE && history->elements[child->index].entered) ||
                (child->type == BPMN_EVENT_SUB_PROCESS && child->start->interrupting &&
                 history->elements[child->index].entered))
                return true;
        }
    }
    return false;
}

static bool is_join(const struct element *element)
{
    return element->in_count > 1 && (element->type == BPMN_PARALLEL_GATEWAY || element->type == BPMN_INCLUSIVE_GATEWAY);
}

static enum status check_arrivals(struct sim *self, const struct sight *sight, const struct history *history,
                                  const struct element *element, struct counted counted)
{
    uint32_t entered = history->elements[element->index].entered, sum = 0;
    bool cut_short = was_cut_short(sight, history, element->parent);
    for (size_t i = 0; i < element->in_count; i++) {
        uint32_t flowed = history->flows[element->in[i]->index].count;
        sum += flowed;
        if (is_join(element) && element->type == BPMN_PARALLEL_GATEWAY && flowed < entered)
            return wrong_token(self, sight, element, "it was passed more often than a token came by each flow");
    }
    if (element->in_count == 0 || is_join(element)) {
        uint32_t used = element->type == BPMN_PARALLEL_GATEWAY ? entered * (uint32_t)element->in_count : entered;
        if (is_join(element) && element->type == BPMN_PARALLEL_GATEWAY && !cut_short && sum != used + counted.arrived)
            return wrong_token(self, sight, element, "tokens that came are neither there nor joined");
        return OK;
    }
    if (element->type == BPMN_CATCH_EVENT && element->event == BPMN_EVENT_LINK)
        return OK;
    if (sum < entered || (!cut_short && sum != entered))
        return wrong_token(self, sight, element, "it was entered a different number of times than tokens came");
    return OK;
}

static enum status check_departures(struct sim *self, const struct sight *sight, const struct history *history,
                                    const struct element *element)
{
    uint32_t left = history->elements[element->index].left, sum = 0;
    bool one =
        element->type == BPMN_EXCLUSIVE_GATEWAY || element->type == BPMN_EVENT_GATEWAY || element->out_count == 1;
    if (element->type == BPMN_INCLUSIVE_GATEWAY || element->for_compensation)
        return OK;
    for (size_t i = 0; i < element->out_count; i++) {
        uint32_t flowed = history->flows[element->out[i]->index].count;
        sum += flowed;
        if (!one && flowed != left)
            return wrong_token(self, sight, element, "a flow carries another number of tokens than left it");
    }
    if (one && element->out_count && sum != left)
        return wrong_token(self, sight, element, "its flows together carry another number of tokens than left it");
    return OK;
}

static enum status check_tokens(struct sim *self, const struct sight *sight)
{
    for (size_t h = 0; h < sight->instance->histories.count; h++) {
        const struct history *history = &sight->instance->histories.items[h];
        for (size_t i = 1; i < history->process->element_count; i++) {
            const struct element *element = history->process->elements[i];
            const struct element_history *passed = &history->elements[i];
            struct counted counted = count_nodes(sight->instance, element);
            if (passed->entered != passed->left + passed->cancelled + counted.active)
                return wrong_token(self, sight, element,
                                   "what entered has not left, was not cancelled and is not there");
            if (check_arrivals(self, sight, history, element, counted) != OK ||
                check_departures(self, sight, history, element) != OK)
                return FAILED;
        }
    }
    return OK;
}

/* ---- Scopes ---- */

static enum status check_scopes(struct sim *self, const struct sight *sight)
{
    if (sight->closed != (sight->state == CASE_CLOSED))
        return sim_wrong(self, "case %.*s: case and process do not agree on whether it is closed",
                         STR_ARGS(sight->ref));
    if (sight->closed && sight->handles.count)
        return sim_wrong(self, "case %.*s is closed but waits at %.*s", STR_ARGS(sight->ref),
                         STR_ARGS(sight->handles.items[0].path));
    for (const struct node *node = bpmn_node_after(sight->instance, NULL); node;
         node = bpmn_node_after(sight->instance, node)) {
        const struct node *parent = node->parent;
        bool open = !parent || parent->phase == PHASE_ACTIVE ||
                    (parent->phase == PHASE_TERMINATING && node->phase == PHASE_TERMINATING);
        if (node->dead || !open || (parent && parent->dead))
            return wrong_token(self, sight, node->element, "its token is in a scope that is not alive");
        if (!sight->closed && node->children == 0 && !node->work && !node->waits && !node->incident &&
            node->phase != PHASE_JOINING && node->element->boundary_count == 0)
            return wrong_token(self, sight, node->element, "its token waits for nothing");
    }
    return OK;
}

static enum status check_correction(struct sim *self, const struct sight *sight)
{
    bool waits = false;
    for (size_t i = 0; i < sight->handles.count; i++)
        waits =
            waits || (sight->handles.items[i].kind == HANDLE_JOB && sight->handles.items[i].key == sight->correction);
    if (sight->correction && !waits)
        return sim_wrong(self, "case %.*s waits for a correction that its process does not want", STR_ARGS(sight->ref));
    return OK;
}

/* ---- Messages ---- */

DB_SQL(missed, "SELECT count(*) FROM message m JOIN subscription s ON s.name = m.name WHERE m.expires > ?1");

static enum status read_missed(struct db_tx *tx, void *arg, struct error *err)
{
    struct row_query *query = arg;
    return db_query(tx, query->arena, &missed, P(P_INT(query->sight->state)), &query->rows, err);
}

static enum status check_messages(struct sim *self, struct arena *arena)
{
    struct sight at = {.state = self->now};
    struct row_query query = {NULL, &at, arena, {0}};
    if (sim_read(self, read_missed, &query) != OK)
        return FAILED;
    if (db_next(&query.rows) && db_int64(&query.rows, 0) > 0)
        return sim_wrong(self, "a message is kept although somebody waits for it");
    if (sim_read(self, read_strays, &query) != OK)
        return FAILED;
    if (db_next(&query.rows) && db_int64(&query.rows, 0) > 0)
        return sim_wrong(self, "a worklist shows a task that is not there");
    return OK;
}

/* ---- Everything ---- */

static enum status check_bytes(struct sim *self, struct arena *arena, const struct sight *sight)
{
    struct sight again;
    if (sim_look(self, arena, sight->region, sight->id, &again) != OK)
        return FAILED;
    if (!str_equal(again.bytes, sight->bytes))
        return sim_wrong(self, "case %.*s: its process reads differently each time", STR_ARGS(sight->ref));
    return OK;
}

static enum status check_case(struct sim *self, struct arena *arena, const struct known_case *of)
{
    struct sight sight;
    if (sim_look(self, arena, of->region, of->id, &sight) != OK)
        return FAILED;
    for (enum table table = TABLE_TASK; table <= TABLE_OUTBOX; table++)
        if (compare_table(self, arena, &sight, table) != OK)
            return FAILED;
    if (check_scopes(self, &sight) != OK || check_tokens(self, &sight) != OK)
        return FAILED;
    return check_correction(self, &sight) == OK ? check_bytes(self, arena, &sight) : FAILED;
}

static enum status check_audit(struct sim *self, struct arena *arena)
{
    struct call call = sim_call(self, &actor_system, arena);
    struct service_audit audit;
    struct error err = ERROR_INIT;
    if (service_audit(&call, &audit, &err) != OK)
        return sim_wrong(self, "the audit fails: %s: %s", err.type, err.message);
    if (audit.problem_count)
        return sim_wrong(self, "the audit finds %zu problems: %.*s %.*s: %.*s", audit.problem_count,
                         STR_ARGS(audit.problems[0].table), STR_ARGS(audit.problems[0].key),
                         STR_ARGS(audit.problems[0].message));
    return OK;
}

enum status sim_check(struct sim *self)
{
    struct arena arena;
    struct known_case *cases;
    size_t count;
    arena_init(&arena);
    enum status status = sim_list(self, &arena, &cases, &count);
    for (size_t i = 0; status == OK && i < count; i++)
        status = check_case(self, &arena, &cases[i]);
    if (status == OK)
        status = check_messages(self, &arena);
    if (status == OK)
        status = check_audit(self, &arena);
    arena_release(&arena);
    return status;
}

/* ---- The log ---- */

static const struct {
    const char *event;
    enum command_kind kind;
    const char *name; /* of an ACT */
} told_by[] = {
    {"case.opened", OPEN_CASE, NULL},
    {"task.claimed", CLAIM_TASK, NULL},
    {"task.released", RELEASE_TASK, NULL},
    {"task.completed", COMPLETE_TASK, NULL},
    {"job.completed", COMPLETE_JOB, NULL},
    {"job.failed", FAIL_JOB, NULL},
    {"job.error", THROW_ERROR, NULL},
    {"case.withdrawn", ACT, "withdraw"},
    {"case.cancelled", ACT, "cancel"},
    {"case.supplemented", ACT, "supplement"},
    {"case.rated", ACT, "rate"},
    {"incident.retried", ACT, "retry"},
    {"incident.skipped", ACT, "skip"},
    {"exchange.delivered", SEND_EXCHANGE, "200"},
    {"exchange.failed", SEND_EXCHANGE, "404"},
};

static bool is_event(struct value event, const char *type)
{
    return str_equal(value_text(value_get(event, STR("type"))), str_of(type));
}

static size_t count_events(struct value events, const char *type)
{
    size_t n = 0;
    for (size_t i = 0; i < value_count(events); i++)
        n += is_event(value_at(events, i), type);
    return n;
}

static bool asks_to_complete(struct value event)
{
    return is_event(event, "task.asked") && str_equal(value_text(value_get(event, STR("action"))), STR("completing"));
}

/* Where a listener has a say, a person's completing is a question, and the answer completes. */
static size_t count_completing(struct value events)
{
    size_t n = 0;
    for (size_t i = 0; i < value_count(events); i++) {
        bool asked = asks_to_complete(value_at(events, i)), answer = false;
        struct str element = value_text(value_get(value_at(events, i), STR("element")));
        for (size_t k = 0; k < i && !answer; k++)
            answer = asks_to_complete(value_at(events, k)) &&
                     str_equal(value_text(value_get(value_at(events, k), STR("element"))), element);
        n += asked || (is_event(value_at(events, i), "task.completed") && !answer);
    }
    return n;
}

static bool tells(const struct command *command, size_t row, struct str ref)
{
    if (command->kind != told_by[row].kind || !str_equal(command->ref, ref))
        return false;
    if (command->kind == SEND_EXCHANGE)
        return (command->n == 200) == (strcmp(told_by[row].name, "200") == 0);
    return !told_by[row].name || str_equal(command->name, str_of(told_by[row].name));
}

static enum status check_events(struct sim *self, const struct known_case *of, struct value events)
{
    /* Children are opened by their parents, not by a command. */
    bool child = of->ref.len && of->ref.data[of->ref.len - 1] == 'c';
    for (size_t row = 0; row < COUNT_OF(told_by); row++) {
        size_t logged = child && told_by[row].kind == OPEN_CASE;
        for (size_t i = 0; i < self->log.count; i++)
            logged += tells(&self->log.items[i], row, of->ref);
        size_t happened =
            told_by[row].kind == COMPLETE_TASK ? count_completing(events) : count_events(events, told_by[row].event);
        if (logged != happened)
            return sim_wrong(self, "case %.*s: %s was acknowledged %zu times and happened %zu times", STR_ARGS(of->ref),
                             told_by[row].event, logged, happened);
    }
    int64_t delivered = 0;
    for (size_t i = 0; i < self->log.count; i++) {
        const struct command *command = &self->log.items[i];
        if (command->kind == PUBLISH && str_equal(command->ref, of->ref)) {
            if (command->delivered < 0)
                return OK;
            delivered += command->delivered;
        }
    }
    if (delivered != (int64_t)count_events(events, "message.received"))
        return sim_wrong(self, "case %.*s: %" PRId64 " messages were delivered and %zu received", STR_ARGS(of->ref),
                         delivered, count_events(events, "message.received"));
    return OK;
}

static bool ends_at(struct str path, struct str element)
{
    return path.len > element.len && path.data[path.len - element.len - 1] == '@' && str_ends(path, element);
}

static bool has_listeners(const struct bpmn_process *process)
{
    for (size_t i = 1; i < process->element_count; i++)
        if (process->elements[i]->user && process->elements[i]->user->listeners[TASK_CANCELING].count > 0)
            return true;
    return false;
}

static bool is_ending(const struct sight *sight, const struct element *element)
{
    for (const struct node *node = bpmn_node_after(sight->instance, NULL); node;
         node = bpmn_node_after(sight->instance, node))
        if (node->element == element && node->ending)
            return true;
    return false;
}

static bool has_ended(const struct sight *sight, const struct history *history, const struct element *scope)
{
    bool ended = bpmn_instance_state(sight->instance) != BPMN_ACTIVE;
    for (const struct element *at = scope; at && !ended; at = at->parent)
        ended =
            history->elements[at->index].left > 0 || history->elements[at->index].cancelled > 0 || is_ending(sight, at);
    return ended;
}

/* How often an event may have been lost: it had ended its activity, and the scope ended before the listeners let the
 * activity go. */
static uint32_t may_lose(const struct sight *sight, const struct history *history, const struct element *event)
{
    bool waits = event->host && event->interrupting && has_listeners(history->process);
    if (!waits || !has_ended(sight, history, event->parent))
        return 0;
    uint32_t lost = history->elements[event->host->index].cancelled;
    for (const struct node *node = bpmn_node_after(sight->instance, NULL); node;
         node = bpmn_node_after(sight->instance, node))
        lost += node->element == event->host && node->phase == PHASE_TERMINATING && node->ending->event != event;
    return lost;
}

static struct seen_event *seen_event(struct sim *self, struct str ref, struct str element)
{
    for (size_t i = 0; i < self->events.count; i++)
        if (str_equal(self->events.items[i].ref, ref) && str_equal(self->events.items[i].element, element))
            return &self->events.items[i];
    struct seen_event fresh = {arena_str(&self->arena, ref), arena_str(&self->arena, element), 0};
    VECTOR_PUSH(&self->arena, &self->events, fresh);
    return &self->events.items[self->events.count - 1];
}

enum status sim_check_events(struct sim *self, const struct sight *sight)
{
    for (size_t h = 0; h < sight->instance->histories.count; h++) {
        const struct history *history = &sight->instance->histories.items[h];
        for (size_t i = 1; i < history->process->element_count; i++) {
            const struct element *element = history->process->elements[i];
            if (!element->host || !element->interrupting)
                continue;
            int64_t passed = history->elements[i].left + sim_coming(sight->instance, element->id);
            struct seen_event *seen = seen_event(self, sight->ref, element->id);
            if (passed < seen->passed && !has_ended(sight, history, element->parent))
                return wrong_token(self, sight, element, "it has happened, and is forgotten");
            seen->passed = passed;
        }
    }
    return OK;
}

/* A timer that fired took its event's way once, and no event was passed without its timer. */
static enum status check_timers(struct sim *self, const struct sight *sight)
{
    for (size_t h = 0; h < sight->instance->histories.count; h++) {
        const struct history *history = &sight->instance->histories.items[h];
        for (size_t i = 1; i < history->process->element_count; i++) {
            const struct element *element = history->process->elements[i];
            uint32_t fired = 0;
            if (element->event != BPMN_EVENT_TIMER)
                continue;
            for (size_t c = 0; c < self->log.count; c++)
                fired += self->log.items[c].kind == FIRE_TIMER && str_equal(self->log.items[c].ref, sight->ref) &&
                         ends_at(self->log.items[c].path, element->id);
            uint32_t passed = history->elements[i].left + sim_coming(sight->instance, element->id);
            if (fired < passed || fired > passed + may_lose(sight, history, element))
                return sim_wrong(self, "case %.*s: the timer %.*s fired %u times and was passed %u times",
                                 STR_ARGS(sight->ref), STR_ARGS(element->id), fired, history->elements[i].left);
        }
    }
    return OK;
}

static enum status check_told(struct sim *self, const struct known_case *of)
{
    for (size_t i = 0; i < self->log.count; i++) {
        const struct command *command = &self->log.items[i];
        bool known = false;
        if (command->kind != SEND_EXCHANGE || !str_equal(command->ref, of->ref))
            continue;
        for (size_t t = 0; t < self->told.count && !known; t++)
            known = str_equal(self->told.items[t].key, command->id);
        if (!known)
            return sim_wrong(self, "case %.*s: an exchange is done that no agency has heard of", STR_ARGS(of->ref));
        for (size_t other = 0; other < i; other++)
            if (self->log.items[other].kind == SEND_EXCHANGE && str_equal(self->log.items[other].id, command->id))
                return sim_wrong(self, "case %.*s: the exchange %.*s was answered twice", STR_ARGS(of->ref),
                                 STR_ARGS(command->id));
    }
    return OK;
}

static enum status check_logged_case(struct sim *self, struct arena *arena, const struct known_case *of)
{
    struct call call = sim_call(self, &actor_system, arena);
    struct value events;
    struct error err = ERROR_INIT;
    struct sight sight;
    if (sim_look(self, arena, of->region, of->id, &sight) != OK)
        return FAILED;
    if (service_case_events(&call, sight.no, &events, &err) != OK)
        return sim_wrong(self, "the events of case %.*s cannot be read: %s", STR_ARGS(of->ref), err.message);
    if (check_events(self, of, events) != OK || check_timers(self, &sight) != OK)
        return FAILED;
    return check_told(self, of);
}

enum status sim_check_log(struct sim *self)
{
    struct arena arena;
    struct known_case *cases;
    size_t count;
    arena_init(&arena);
    enum status status = sim_list(self, &arena, &cases, &count);
    for (size_t i = 0; status == OK && i < count; i++) {
        for (size_t k = 0; k < i; k++)
            if (str_equal(cases[k].ref, cases[i].ref))
                status = sim_wrong(self, "there are two cases %.*s", STR_ARGS(cases[i].ref));
        if (status == OK)
            status = check_logged_case(self, &arena, &cases[i]);
    }
    arena_release(&arena);
    return status;
}
