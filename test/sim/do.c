/* Doing one command through the service, and nothing else. */
#include "sim.h"

#include "clock/instant.h"
#include "feel/json.h"
#include "service/case.h"
#include "service/job.h"
#include "service/task.h"
#include "service/work.h"

const char *const command_names[COMMAND_KINDS] = {
    [OPEN_CASE] = "open",   [CLAIM_TASK] = "claim", [RELEASE_TASK] = "release", [COMPLETE_TASK] = "complete",
    [COMPLETE_JOB] = "job", [FAIL_JOB] = "fail",    [THROW_ERROR] = "error",    [PUBLISH] = "publish",
    [ACT] = "act",          [FIRE_TIMER] = "timer", [SEND_EXCHANGE] = "send",   [UPKEEP] = "upkeep",
    [TAKE_JOBS] = "take",
};

typedef enum status doer(struct sim *self, struct command *command, struct call *call, struct error *err);

static enum status do_open(struct sim *self, struct command *command, struct call *call, struct error *err)
{
    struct service_case_input input = {.item = command->name, .form = command->data};
    struct value out;
    (void)self;
    return service_case_open(call, &input, &out, err);
}

static enum status do_claim(struct sim *self, struct command *command, struct call *call, struct error *err)
{
    struct value out;
    (void)self;
    return service_task_claim(call, command->id, &out, err);
}

static enum status do_release(struct sim *self, struct command *command, struct call *call, struct error *err)
{
    struct value out;
    (void)self;
    return service_task_release(call, command->id, &out, err);
}

static enum status do_complete(struct sim *self, struct command *command, struct call *call, struct error *err)
{
    struct value out;
    (void)self;
    return service_task_complete(call, command->id, command->data, &out, err);
}

static enum status do_job(struct sim *self, struct command *command, struct call *call, struct error *err)
{
    (void)self;
    return service_job_answer(call, command->id, command->data, command->result, err);
}

static enum status do_fail(struct sim *self, struct command *command, struct call *call, struct error *err)
{
    (void)self;
    struct service_job_failure failure = {
        .retries = command->n, .back_off_ms = 60000, .message = STR("no luck"), .variables = value_null};
    return service_job_fail(call, command->id, &failure, err);
}

static enum status do_error(struct sim *self, struct command *command, struct call *call, struct error *err)
{
    (void)self;
    return service_job_error(call, command->id, command->text, STR("thrown"), value_null, err);
}

static enum status do_publish(struct sim *self, struct command *command, struct call *call, struct error *err)
{
    struct service_message message = {.name = command->name,
                                      .correlation_key = command->ref,
                                      .id = command->text,
                                      .ttl_ms = command->n,
                                      .variables = command->data};
    struct value out;
    (void)self;
    command->delivered = -1;
    if (service_message_publish(call, &message, &out, err) != OK)
        return FAILED;
    command->delivered = value_int_or(value_get(out, STR("delivered")), 0);
    return OK;
}

static enum status do_act(struct sim *self, struct command *command, struct call *call, struct error *err)
{
    struct value out, input = command->data;
    const struct known_case *of = sim_case(self, command->ref);
    if (!of)
        return error_set(err, ERROR_NOT_FOUND, "case-not-found", "There is no case %.*s.", STR_ARGS(command->ref));
    if (command->id.len)
        input = context_set(call->arena, input, "incident", value_string(command->id));
    return service_case_act(call, of->no, command->name, input, &out, err);
}

static enum status do_timer(struct sim *self, struct command *command, struct call *call, struct error *err)
{
    size_t done;
    (void)call;
    return service_timers_run(self->service, self->now, command->batch, &done, err);
}

static enum status do_send(struct sim *self, struct command *command, struct call *call, struct error *err)
{
    size_t done;
    struct command *outer = self->sending;
    (void)call;
    self->sending = command;
    enum status status = service_outbox_run(self->service, self->now, 1, &done, err);
    self->sending = outer;
    return status;
}

static enum status do_upkeep(struct sim *self, struct command *command, struct call *call, struct error *err)
{
    (void)command;
    (void)call;
    return service_upkeep_run(self->service, self->now, err);
}

static enum status do_take(struct sim *self, struct command *command, struct call *call, struct error *err)
{
    struct service_job_query query = {
        .type = command->name, .worker = STR("w"), .limit = 2, .lock_ms = 30000, .fetch = value_null};
    struct value out;
    (void)self;
    return service_job_activate(call, &query, &out, err);
}

static doer *const doers[COMMAND_KINDS] = {
    [OPEN_CASE] = do_open,   [CLAIM_TASK] = do_claim, [RELEASE_TASK] = do_release, [COMPLETE_TASK] = do_complete,
    [COMPLETE_JOB] = do_job, [FAIL_JOB] = do_fail,    [THROW_ERROR] = do_error,    [PUBLISH] = do_publish,
    [ACT] = do_act,          [FIRE_TIMER] = do_timer, [SEND_EXCHANGE] = do_send,   [UPKEEP] = do_upkeep,
    [TAKE_JOBS] = do_take,
};

enum status sim_do(struct sim *self, struct command *command, struct arena *arena, struct error *err)
{
    struct call call = sim_call(self, &sim_actors[command->actor], arena);
    call.idempotency = command->idempotency;
    return doers[command->kind](self, command, &call, err);
}
