/* Built-in jobs about the case itself. */
#include "service/builtin.h"
#include "service/case_open.h"

enum status builtin_case_accept(struct builtin_call *call, struct error *err)
{
    struct work_case *of = call->of;
    (void)err;
    if (value_is_null(work_case_get(of, "accepted"))) {
        limits_accept(of);
        work_case_event(of, "case.accepted",
                        context_set(of->work->arena, value_null, "deadline", value_time(of->row.deadline)));
    }
    builtin_out(call, "deadline", value_time(of->row.deadline));
    return OK;
}

static bool list_holds(struct value list, struct value text)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (value_is_true(value_equal(value_at(list, i), text)))
            return true;
    return false;
}

/* Told once, in full: what was not named the first time may not be asked for later (Administrative Licensing Law 32).
 */
static enum status check_once(struct work_case *of, struct value items, struct error *err)
{
    struct value named = work_case_get(of, "corrections");
    struct value all = items.kind == VALUE_LIST ? items : list_add(of->work->arena, value_null, items);
    if (value_is_null(named)) {
        work_case_set(of, "corrections", all);
        return OK;
    }
    for (size_t i = 0; i < value_count(all); i++)
        if (!list_holds(named, value_at(all, i))) {
            error_set(err, ERROR_CONFLICT, "correction-not-named",
                      "Only what the first notice named may be asked for again.");
            return error_field(err, "items[%zu]", i);
        }
    return OK;
}

/* Stays open until the applicant supplements. */
enum status builtin_case_correct(struct builtin_call *call, struct error *err)
{
    struct work_case *of = call->of;
    struct arena *arena = of->work->arena;
    struct value items = builtin_in(call, "items");
    if (value_count(items) == 0 && value_text(items).len == 0) {
        error_set(err, ERROR_INVALID, "input-missing",
                  "case.correct must say what is to be corrected, all of it at once.");
        return error_field(err, "items");
    }
    if (check_once(of, items, err) != OK)
        return FAILED;
    int64_t days = value_int_or(builtin_in(call, "days"), 0);
    int64_t until = days > 0 ? due_after(of, arena_printf(arena, "P%" PRId64 "WD", days)) : 0;
    struct view view;
    view_init(&view, arena);
    view_put(&view, "items", items);
    view_int(&view, "until", until);
    work_case_event(of, "case.correction", view_done(&view));
    view_int(&view, "job", call->key);
    work_case_set(of, "correction", view_done(&view));
    call->waits = true;
    return notice_tell(of, "case-correction", context_set(arena, value_null, "items", items), err);
}

enum status builtin_case_suspend(struct builtin_call *call, struct error *err)
{
    struct work_case *of = call->of;
    struct arena *arena = of->work->arena;
    struct str ground;
    if (builtin_need(call, "ground", &ground, err) != OK)
        return FAILED;
    if (!value_is_null(work_case_get(of, "suspended")))
        return error_set(err, ERROR_CONFLICT, "case-suspended", "The case is suspended already.");
    int64_t days = value_int_or(builtin_in(call, "days"), 0);
    struct view view;
    view_init(&view, arena);
    view_text(&view, "ground", ground);
    view_text(&view, "notice", builtin_text(call, "notice"));
    view_text(&view, "basis", builtin_text(call, "basis"));
    view_int(&view, "from", of->work->now);
    if (days > 0)
        view_int(&view, "planned", due_after(of, arena_printf(arena, "P%" PRId64 "WD", days)));
    struct value suspension = view_done(&view);
    work_case_set(of, "suspended", suspension);
    work_case_set(of, "suspensions", list_add(arena, work_case_get(of, "suspensions"), suspension));
    work_case_event(of, "case.suspended", suspension);
    limits_update(of);
    return OK;
}

enum status builtin_case_resume(struct builtin_call *call, struct error *err)
{
    struct work_case *of = call->of;
    struct arena *arena = of->work->arena;
    struct value list = work_case_get(of, "suspensions");
    size_t count = value_count(list);
    if (value_is_null(work_case_get(of, "suspended")) || count == 0)
        return error_set(err, ERROR_CONFLICT, "case-not-suspended", "The case is not suspended.");
    struct list *changed = list_new(arena, count);
    for (size_t i = 0; i < count; i++)
        changed->items[i] = value_at(list, i);
    changed->items[count - 1] = context_set(arena, changed->items[count - 1], "to", value_int(of->work->now));
    work_case_set(of, "suspensions", value_of_list(changed));
    work_case_set(of, "suspended", value_null);
    work_case_event(of, "case.resumed", value_null);
    limits_update(of);
    return OK;
}

#define EXTENSION_MAX 60 /* working days or days, whatever the item's limit counts in */

/* Once, with its reason (Administrative Licensing Law 42). */
enum status builtin_case_extend(struct builtin_call *call, struct error *err)
{
    struct work_case *of = call->of;
    struct arena *arena = of->work->arena;
    struct str reason;
    int64_t days = value_int_or(builtin_in(call, "days"), 0);
    if (builtin_need(call, "reason", &reason, err) != OK)
        return FAILED;
    if (days < 1 || days > EXTENSION_MAX) {
        error_set(err, ERROR_INVALID, "extension-invalid", "An extension is of 1 to %d days.", EXTENSION_MAX);
        return error_field(err, "days");
    }
    if (value_is_null(work_case_get(of, "accepted")))
        return error_set(err, ERROR_CONFLICT, "case-not-accepted",
                         "A case that is not accepted has no limit to extend.");
    if (!value_is_null(work_case_get(of, "extension")))
        return error_set(err, ERROR_CONFLICT, "case-extended", "The limit has been extended once already.");
    struct view view;
    view_init(&view, arena);
    view_int(&view, "n", days);
    view_int(&view, "at", of->work->now);
    view_text(&view, "reason", reason);
    view_text(&view, "basis", builtin_text(call, "basis"));
    struct value extension = view_done(&view);
    work_case_set(of, "extension", extension);
    limits_update(of);
    work_case_event(of, "case.extended", context_set(arena, extension, "deadline", value_time(of->row.deadline)));
    builtin_out(call, "deadline", value_time(of->row.deadline));
    return OK;
}

enum status builtin_case_decide(struct builtin_call *call, struct error *err)
{
    struct work_case *of = call->of;
    struct str word;
    if (builtin_need(call, "outcome", &word, err) != OK)
        return FAILED;
    int64_t outcome = name_index(case_outcome_names, OUTCOME_COUNT, word);
    if (outcome <= 0) {
        error_set(err, ERROR_INVALID, "outcome-unknown", "There is no outcome %.*s.", STR_ARGS(word));
        error_field(err, "outcome");
        return error_hint(err, "Outcomes are granted, refused, declined, withdrawn and lapsed.");
    }
    struct value reasons = builtin_in(call, "reasons");
    if (reasons.kind == VALUE_STRING)
        reasons = list_add(of->work->arena, value_null, reasons);
    if (outcome == OUTCOME_REFUSED && value_count(reasons) == 0)
        return error_set(err, ERROR_INVALID, "reasons-missing",
                         "A refusal states its reasons (Administrative Licensing Law 38).");
    of->row.outcome = outcome;
    work_case_set(of, "decided", value_int(of->work->now));
    work_case_set(of, "reasons", reasons);
    struct view view;
    view_init(&view, of->work->arena);
    view_text(&view, "outcome", word);
    view_put(&view, "reasons", reasons);
    work_case_event(of, "case.decided", view_done(&view));
    return OK;
}

/* A child case in the same transaction, opened in the name of this one's applicant. mode "wait": goes on when the child
 * is closed, which may be at once. */
enum status builtin_case_open(struct builtin_call *call, struct error *err)
{
    struct work_case *of = call->of;
    struct arena *arena = of->work->arena;
    struct str item;
    if (builtin_need(call, "item", &item, err) != OK)
        return FAILED;
    struct service_case_input input = {.item = item,
                                       .form = builtin_in(call, "form"),
                                       .party = builtin_in(call, "party"),
                                       .materials = builtin_in(call, "materials"),
                                       .confirmed = true};
    struct work_case *child;
    if (case_open_child(of, &input, &child, err) != OK)
        return FAILED;
    bool waits = str_equal(builtin_text(call, "mode"), STR("wait"));
    if (waits && child->row.state != CASE_CLOSED) {
        struct value waiter = context_set(arena, value_null, "no", value_string(of->no));
        work_case_set(child, "waiter", context_set(arena, waiter, "job", value_int(call->key)));
        call->waits = true;
        return OK;
    }
    call->out = case_child_result(child);
    return OK;
}
