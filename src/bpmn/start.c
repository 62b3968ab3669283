/* Processes that events start: when timers are due, whether conditions hold. */
#include "bpmn/internal.h"

static const struct element *find_start(const struct bpmn_process *process, struct str element_id,
                                        enum bpmn_event event)
{
    const struct element *start = bpmn_element_find(process, element_id);
    bool fits = start && start->type == BPMN_START_EVENT && start->parent == process->elements[0] &&
                start->event == event && start->definition;
    return fits ? start : NULL;
}

static struct value evaluate_alone(struct arena *arena, const struct expression *expression, const struct bpmn_env *env,
                                   struct value variables)
{
    if (!expression->program)
        return value_string(expression->text);
    struct feel_run run = env->feel;
    run.arena = arena;
    run.now_ms = env->now_ms;
    run.notes = NULL;
    run.note_count = 0;
    return feel_evaluate_in(expression->program, variables, &run);
}

enum status bpmn_start_due(const struct bpmn_process *process, struct str element_id, const struct bpmn_env *env,
                           int64_t after_ms, int64_t count, int64_t *due_ms, struct error *err)
{
    const struct element *start = find_start(process, element_id, BPMN_EVENT_TIMER);
    if (!start)
        return error_set(err, ERROR_NOT_FOUND, "start-not-found", "The process '%.*s' has no timer start event '%.*s'.",
                         STR_ARGS(process->info.id), STR_ARGS(element_id));
    struct arena scratch;
    arena_init(&scratch);
    struct timer_due due;
    struct str reason = STR("it gives null");
    struct value value = evaluate_alone(&scratch, &start->definition->timer, env, value_null);
    bool read = bpmn_timer_first(&scratch, start->definition->timer_kind, value, env, &due, &reason);
    enum status status = OK;
    if (!read)
        status = error_set(err, ERROR_INVALID, "timer-error", "The timer of '%.*s' cannot be read: %.*s.",
                           STR_ARGS(element_id), STR_ARGS(reason));
    else if (count == 0)
        *due_ms = due.due_ms;
    else if (due.cycle.len == 0 || (due.repeats >= 0 && count > due.repeats) ||
             !bpmn_timer_next(due.cycle, after_ms, env, due_ms))
        *due_ms = 0;
    arena_release(&scratch);
    return status;
}

bool bpmn_start_holds(struct arena *arena, const struct bpmn_process *process, struct str element_id,
                      const struct bpmn_env *env, struct value variables)
{
    const struct element *start = find_start(process, element_id, BPMN_EVENT_CONDITIONAL);
    return start && value_is_true(evaluate_alone(arena, &start->definition->condition, env, variables));
}
