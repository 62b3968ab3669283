/* Drawing the next command by chance. */
#include "draw.h"

#include "clock/instant.h"
#include "feel/json.h"
#include "service/work.h"

#define HOUR_MS (60 * CLOCK_MINUTE_MS)

/* ---- Parts ---- */

static int clerk(struct sim *self)
{
    return sim_chance(self, 30) ? SIM_GUEST : (int)sim_below(self, SIM_GUEST);
}

static struct str maybe_key(struct sim *self, struct arena *arena)
{
    return sim_chance(self, 2) ? arena_printf(arena, "k%" PRIx64, sim_random(self)) : STR_NONE;
}

static bool draw_open(struct sim *self, struct arena *arena, struct command *out)
{
    static const char *const items[] = {"review", "fork", "each", "call", "talk", "event", "mend", "small", "agent"};
    out->kind = OPEN_CASE;
    out->name = str_of(items[sim_below(self, (int64_t)COUNT_OF(items))]);
    out->ref = arena_printf(arena, "r%d", ++self->refs);
    out->idempotency = arena_printf(arena, "open-%d", self->refs);
    out->data = context_set(arena, value_null, "ref", value_string(out->ref));
    out->data = context_set(arena, out->data, "n", value_int(sim_below(self, 5)));
    return true;
}

static struct value task_data(struct sim *self, struct arena *arena, struct str element)
{
    static const char *const verdicts[] = {"good", "bad", "wrong"};
    struct value data = empty_context(arena);
    if (str_equal(element, STR("weigh")) && !sim_chance(self, 6))
        data = context_set(arena, data, "ok", value_boolean(sim_chance(self, 2)));
    if (str_equal(element, STR("judge")))
        data = context_set(arena, data, "verdict", value_cstr(verdicts[sim_below(self, 3)]));
    if (str_equal(element, STR("ask")))
        data = context_set(arena, data, "answer", value_int(sim_below(self, 100)));
    return data;
}

static void draw_task(struct sim *self, struct arena *arena, const struct handle *handle, struct command *out)
{
    int64_t what = sim_below(self, 8);
    out->kind = what == 0 ? CLAIM_TASK : what == 1 ? RELEASE_TASK : COMPLETE_TASK;
    out->actor = clerk(self);
    if (out->kind != COMPLETE_TASK)
        return;
    out->data = task_data(self, arena, handle->element);
    out->idempotency = maybe_key(self, arena);
}

/* What a task listener says: nothing, no, or something else. */
static struct value draw_verdict(struct sim *self, struct arena *arena)
{
    int64_t what = sim_below(self, 4);
    struct value change = context_set(arena, value_null, "priority", value_int(sim_below(self, 100)));
    return what == 0   ? context_set(arena, value_null, "denied", value_boolean(true))
           : what == 1 ? context_set(arena, value_null, "corrections", change)
                       : value_null;
}

/* Elements to run next, now and then one that nobody can begin with; or that this is all. */
static struct value draw_choice(struct sim *self, struct arena *arena)
{
    static const char *const elements[] = {"ask", "look", "note", "ask", "look", "read"};
    struct list_builder chosen;
    list_builder_init(&chosen, arena);
    if (sim_chance(self, 6)) {
        struct value all = context_set(arena, value_null, "isCompletionConditionFulfilled", value_boolean(true));
        return context_set(arena, all, "isCancelRemainingInstances", value_boolean(sim_chance(self, 2)));
    }
    int64_t count = sim_chance(self, 8) ? 0 : 1 + sim_below(self, 3);
    for (int64_t i = 0; i < count; i++) {
        int64_t which = sim_below(self, (int64_t)COUNT_OF(elements) - !sim_chance(self, 10));
        struct value one = context_set(arena, value_null, "elementId", value_cstr(elements[which]));
        struct value turn = context_set(arena, value_null, "turn", value_int(sim_below(self, 1000)));
        list_builder_push(&chosen, context_set(arena, one, "variables", turn));
    }
    return context_set(arena, value_null, "activateElements", list_builder_done(&chosen));
}

static bool draw_job(struct sim *self, struct arena *arena, const struct handle *handle, struct command *out)
{
    out->name = handle->name;
    out->data = empty_context(arena);
    if (handle->builtin) {
        if (!str_equal(handle->name, STR("case.correct")))
            return false;
        out->kind = ACT;
        out->name = STR("supplement");
        out->id = STR_NONE;
        out->idempotency = maybe_key(self, arena);
        return true;
    }
    int64_t what = sim_below(self, 10);
    out->kind = what == 0 ? TAKE_JOBS : what < 3 ? FAIL_JOB : what == 3 ? THROW_ERROR : COMPLETE_JOB;
    out->n = handle->retries > 0 ? handle->retries - 1 : 0;
    out->text = sim_chance(self, 2) ? STR("BAD") : STR("ODD");
    if (out->kind == COMPLETE_JOB && handle->listens)
        out->result = draw_verdict(self, arena);
    else if (out->kind == COMPLETE_JOB && handle->drives)
        out->result = draw_choice(self, arena);
    else if (out->kind == COMPLETE_JOB)
        out->data = context_set(arena, out->data, "done", value_int(sim_below(self, 16)));
    return true;
}

static void draw_incident(struct sim *self, struct arena *arena, struct command *out)
{
    out->kind = ACT;
    out->name = sim_chance(self, 2) ? STR("retry") : STR("skip");
    out->data = context_set(arena, value_null, "reason", value_cstr("so that it goes on"));
    if (sim_chance(self, 2))
        out->data = context_set(arena, out->data, "variables",
                                context_set(arena, value_null, "shaken", value_int(sim_below(self, 20))));
    out->idempotency = maybe_key(self, arena);
}

static void draw_message(struct sim *self, struct arena *arena, struct command *out)
{
    static const char *const names[] = {"go", "each", "note", "stop", "case.withdrawn", "unheard"};
    out->kind = PUBLISH;
    out->path = STR("");
    if (!out->name.len || sim_chance(self, 5))
        out->name = str_of(names[sim_below(self, (int64_t)COUNT_OF(names))]);
    out->n = sim_chance(self, 3) ? 0 : HOUR_MS * (1 + sim_below(self, 40));
    out->text = sim_chance(self, 2) ? STR("") : arena_printf(arena, "id-%" PRId64, sim_below(self, 4));
    out->data = context_set(arena, value_null, "mark", value_int(sim_below(self, 1000)));
}

/* ---- By what cases wait for ---- */

static bool draw_handle(struct sim *self, struct arena *arena, const struct handle *handle, struct command *out)
{
    out->path = handle->path;
    out->id = key_text(arena, handle->key);
    switch (handle->kind) {
    case HANDLE_TASK: draw_task(self, arena, handle, out); return true;
    case HANDLE_JOB: return draw_job(self, arena, handle, out);
    case HANDLE_INCIDENT: draw_incident(self, arena, out); return true;
    case HANDLE_MESSAGE:
        out->name = arena_str(arena, handle->name);
        draw_message(self, arena, out);
        return true;
    case HANDLE_TIMER:
        out->kind = FIRE_TIMER;
        out->batch = 1;
        return handle->due <= self->now;
    case HANDLE_SIGNAL:
    case HANDLE_CONDITION: return false;
    }
    return false;
}

static bool draw_act(struct sim *self, struct arena *arena, struct command *out)
{
    static const char *const actions[] = {"withdraw", "withdraw", "cancel", "rate", "supplement", "retry"};
    out->kind = ACT;
    out->name = str_of(actions[sim_below(self, (int64_t)COUNT_OF(actions))]);
    out->data = context_set(arena, value_null, "reason", value_cstr("by chance"));
    out->data = context_set(arena, out->data, "grade", value_int(1 + sim_below(self, 6)));
    out->idempotency = maybe_key(self, arena);
    return true;
}

static bool draw_case(struct sim *self, struct arena *arena, struct command *out)
{
    struct known_case *cases;
    size_t count;
    struct sight sight;
    if (sim_list(self, arena, &cases, &count) != OK || count == 0)
        return false;
    const struct known_case *of = &cases[sim_below(self, (int64_t)count)];
    for (size_t i = 0; i < count && self->focus.len && !sim_chance(self, 3); i++)
        if (str_equal(cases[i].ref, self->focus))
            of = &cases[i];
    if (sim_look(self, arena, of->region, of->id, &sight) != OK)
        return false;
    out->ref = sight.ref;
    if (sim_chance(self, 15))
        return draw_act(self, arena, out);
    if (sight.handles.count == 0)
        return false;
    return draw_handle(self, arena, &sight.handles.items[sim_below(self, (int64_t)sight.handles.count)], out);
}

/* Something that is done already, once more. */
static bool draw_again(struct sim *self, struct command *out)
{
    if (self->finished.count == 0)
        return false;
    out->kind = sim_chance(self, 2) ? COMPLETE_TASK : COMPLETE_JOB;
    out->id = self->finished.items[sim_below(self, (int64_t)self->finished.count)].id;
    out->path = STR("again");
    return true;
}

bool sim_draw(struct sim *self, struct arena *arena, struct command *out)
{
    *out = (struct command){.now = self->now, .actor = (int)sim_below(self, SIM_GUEST), .data = value_null};
    int64_t what = sim_below(self, 100);
    if (self->focus.len)
        what = 30 + what % 70;
    if (what < 14 || self->refs == 0)
        return draw_open(self, arena, out);
    if (what < 20) {
        out->kind = FIRE_TIMER;
        out->batch = self->depth == 0 && sim_chance(self, 2) ? 100 : 1;
        return true;
    }
    if (what < 30) {
        out->kind = SEND_EXCHANGE;
        return true;
    }
    if (what < 34) {
        bool here = self->focus.len && !sim_chance(self, 3);
        out->ref = here ? self->focus : arena_printf(arena, "r%d", 1 + (int)sim_below(self, self->refs + 1));
        draw_message(self, arena, out);
        return true;
    }
    if (what < 36) {
        out->kind = UPKEEP;
        return true;
    }
    if (what < 40)
        return draw_again(self, out);
    return draw_case(self, arena, out);
}

int64_t sim_draw_pause(struct sim *self)
{
    static const int64_t pauses[] = {1,       1000,        61000,        11 * CLOCK_MINUTE_MS,
                                     HOUR_MS, 3 * HOUR_MS, CLOCK_DAY_MS, 3 * CLOCK_DAY_MS};
    return pauses[sim_below(self, (int64_t)COUNT_OF(pauses))];
}
