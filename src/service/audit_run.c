/* An audit that somebody on the desk has asked for. How far it is stands in a setting, so that every server can show
 * it:
 *
 *     waiting -> running (beat: when it was last heard of) -> done | failed
 *
 * A server that dies leaves it running without a beat; another then begins again. */
#include "service/audit.h"

#include "feel/json.h"
#include "service/internal.h"

#define BEAT_MS 2000
#define LOST_MS 60000

static enum status read_run(const struct call *call, struct value *out, struct error *err)
{
    struct str text;
    *out = value_null;
    if (service_setting_get(call, STR(AUDIT_RUN), &text, err) != OK)
        return FAILED;
    return text.len == 0 ? OK : json_parse(call->arena, text, NULL, out, err);
}

static enum status write_run(const struct call *call, struct value run, struct error *err)
{
    return service_setting_put(call, STR(AUDIT_RUN), json_text(call->arena, run), err);
}

static bool is_state(struct value run, const char *state)
{
    return str_equal(value_text(value_get(run, STR("state"))), str_of(state));
}

static struct value with_text(struct arena *arena, struct value run, const char *name, struct str text)
{
    return context_set(arena, run, name, value_string(text));
}

static struct value with_instant(struct arena *arena, struct value run, const char *name, int64_t at)
{
    return context_set(arena, run, name, value_int(at));
}

enum status service_audit_ask(const struct call *call, struct value *out, struct error *err)
{
    struct call system = *call;
    struct value run;
    system.actor = &actor_system;
    if (service_may(call, "audit.run", err) != OK || read_run(&system, &run, err) != OK)
        return FAILED;
    if (is_state(run, "waiting") || is_state(run, "running")) {
        error_set(err, ERROR_CONFLICT, "audit-runs", "An audit has been asked for already.");
        return error_hint(err, "Wait for its result.");
    }
    run = with_text(call->arena, value_null, "state", STR("waiting"));
    run = with_text(call->arena, run, "by", call->actor->name);
    run = with_instant(call->arena, run, "asked", service_now(call->service));
    return write_run(&system, run, err) == OK ? service_audit_state(&system, out, err) : FAILED;
}

struct running {
    struct call call;
    struct value run;
    int64_t beat;
};

static struct value with_counts(const struct running *self, const struct service_audit *so_far)
{
    struct arena *arena = self->call.arena;
    struct value run = context_set(arena, self->run, "cases", value_int(so_far->cases));
    run = context_set(arena, run, "events", value_int(so_far->events));
    run = context_set(arena, run, "certificates", value_int(so_far->certificates));
    return context_set(arena, run, "records", value_int(so_far->records));
}

/* A beat that cannot be written is tried again with the next page. */
static void seen(void *state, const struct service_audit *so_far)
{
    struct running *self = state;
    int64_t now = service_now(self->call.service);
    struct error problem = ERROR_INIT;
    if (now - self->beat < BEAT_MS)
        return;
    self->run = with_instant(self->call.arena, with_counts(self, so_far), "beat", now);
    if (write_run(&self->call, self->run, &problem) == OK)
        self->beat = now;
}

static enum status carry_out(struct running *self, struct error *err)
{
    struct arena *arena = self->call.arena;
    struct service_audit found;
    struct error problem = ERROR_INIT;
    struct service_audit_watch watch = {self, seen};
    self->beat = service_now(self->call.service);
    self->run = with_text(arena, self->run, "state", STR("running"));
    self->run = with_instant(arena, self->run, "began", self->beat);
    self->run = with_instant(arena, self->run, "beat", self->beat);
    if (write_run(&self->call, self->run, err) != OK)
        return FAILED;
    bool good = service_audit_watched(&self->call, &watch, &found, &problem) == OK;
    self->run =
        with_text(arena, good ? with_counts(self, &found) : self->run, "state", good ? STR("done") : STR("failed"));
    if (!good)
        self->run = with_text(arena, self->run, "message", arena_str(arena, str_of(problem.message)));
    self->run = with_instant(arena, self->run, "ended", service_now(self->call.service));
    log_event(good ? LOG_INFO : LOG_ERROR, "audit.ended", "problems=%zu", good ? found.problem_count : 0);
    return write_run(&self->call, self->run, err);
}

enum status service_audits_run(struct service *self, int64_t now_ms, size_t batch, size_t *done, struct error *err)
{
    (void)batch;
    struct arena arena;
    arena_init(&arena);
    struct running running = {.call = {.service = self, .actor = &actor_system, .arena = &arena}};
    enum status status = read_run(&running.call, &running.run, err);
    bool lost = is_state(running.run, "running") &&
                now_ms - value_int_or(value_get(running.run, STR("beat")), 0) > LOST_MS;
    bool due = status == OK && (lost || is_state(running.run, "waiting"));
    if (due)
        status = carry_out(&running, err);
    *done = 0; /* one is asked for at a time */
    arena_release(&arena);
    return status;
}
