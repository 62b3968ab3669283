/* The telephone is looked for in the form, in the fields that are telephone numbers. */
#include "service/lookup.h"

#include "form/form.h"
#include "service/attempts.h"
#include "service/limits.h"
#include "service/work.h"

#define NO_MAX 40

struct lookup {
    struct str no, tail;
    struct value view;
};

/* ---- Does the telephone belong to the case? ---- */

struct comparing {
    struct arena *arena;
    struct value form;
    struct str tail;
    bool found;
};

static struct str digits_of(struct arena *arena, struct str text)
{
    char *digits = arena_alloc(arena, text.len + 1);
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] >= '0' && text.data[i] <= '9')
            digits[count++] = text.data[i];
    return (struct str){digits, count};
}

static bool compare_field(void *state, const struct form_component *component, struct str path)
{
    struct comparing *self = state;
    if (!str_equal(component->format, STR("mobile")) && !str_equal(component->format, STR("phone")))
        return true;
    struct str digits = digits_of(self->arena, value_text(value_path(self->form, arena_cstr(self->arena, path))));
    if (digits.len >= LOOKUP_DIGITS && str_ends(digits, self->tail))
        self->found = true;
    return true;
}

static bool phone_fits(const struct work_case *of, struct str tail)
{
    const struct pack_form *form = pack_form_find(of->packs, of->item->form);
    struct comparing comparing = {of->work->arena, work_case_get(of, "form"), tail, false};
    if (form)
        form_walk(form->form, of->work->arena, compare_field, &comparing);
    return comparing.found;
}

/* ---- What is told ---- */

static enum status steps_of(struct work *work, const struct work_case *of, struct value *out, struct error *err)
{
    struct value events;
    struct list_builder steps;
    list_builder_init(&steps, work->arena);
    if (work_case_events(work, &of->row, &events, err) != OK)
        return FAILED;
    for (size_t i = 0; i < value_count(events); i++) {
        struct view view;
        view_init(&view, work->arena);
        view_put(&view, "type", value_get(value_at(events, i), STR("type")));
        view_put(&view, "at", value_get(value_at(events, i), STR("at")));
        list_builder_push(&steps, view_done(&view));
    }
    *out = list_builder_done(&steps);
    return OK;
}

static void view_pauses(struct view *view, const struct work_case *of)
{
    struct value suspended = work_case_get(of, "suspended"), correction = work_case_get(of, "correction");
    struct view inner;
    view_init(&inner, of->work->arena);
    if (!value_is_null(suspended)) {
        view_put(&inner, "ground", value_get(suspended, STR("ground")));
        view_time(&inner, "until", value_int_or(value_get(suspended, STR("planned")), 0));
        view_put(view, "suspension", view_done(&inner));
    } else if (!value_is_null(correction)) {
        view_time(&inner, "until", value_int_or(value_get(correction, STR("until")), 0));
        view_put(view, "correction", view_done(&inner));
    }
}

static enum status lookup_view(struct work *work, const struct work_case *of, struct value *out, struct error *err)
{
    struct value steps;
    struct view view;
    if (steps_of(work, of, &steps, err) != OK)
        return FAILED;
    view_init(&view, work->arena);
    view_text(&view, "no", of->no);
    view_text(&view, "item", of->item->code);
    view_text(&view, "item_title", of->item->title);
    view_text(&view, "state", str_of(case_state_names[of->row.state]));
    if (of->row.outcome)
        view_text(&view, "outcome", str_of(case_outcome_names[of->row.outcome]));
    view_time(&view, "opened", of->row.opened);
    view_time(&view, "accepted", value_int_or(work_case_get(of, "accepted"), 0));
    view_time(&view, "deadline", of->row.deadline);
    view_put(&view, "deadline_explanation", limits_explain(of));
    view_time(&view, "closed", of->row.closed);
    view_text(&view, "light", limits_light(of));
    view_put(&view, "left", limits_left(of));
    view_pauses(&view, of);
    view_put(&view, "steps", steps);
    *out = view_done(&view);
    return OK;
}

static enum status not_found(struct error *err)
{
    error_set(err, ERROR_NOT_FOUND, "case-not-found", "This number and this telephone belong to no case.");
    return error_hint(
        err, "Check both; the number stands on the receipt, the telephone is the one given in the application.");
}

static enum status lookup_command(struct work *work, void *arg, struct error *err)
{
    struct lookup *lookup = arg;
    struct case_id id;
    struct work_case *of;
    struct error problem = ERROR_INIT;
    if (!case_no_parse(lookup->no, &id))
        return not_found(err);
    if (work_case_load(work, id, &of, &problem) != OK) {
        if (problem.kind == ERROR_NOT_FOUND)
            return not_found(err);
        *err = problem;
        return FAILED;
    }
    if (!phone_fits(of, lookup->tail))
        return not_found(err);
    if (lookup_view(work, of, &lookup->view, err) != OK)
        return FAILED;
    return work_access(work, "case.lookup", value_text(value_path(of->body, "party.id")), of, err);
}

static enum status missing(const char *field, const char *message, struct error *err)
{
    error_set(err, ERROR_INVALID, "facts-missing", "%s", message);
    return error_field(err, "%s", field);
}

enum status service_case_lookup(const struct call *call, struct str no, struct str phone, struct value *out,
                                struct error *err)
{
    struct str digits = digits_of(call->arena, phone);
    struct error problem = ERROR_INIT;
    no = str_trim(no);
    if (no.len == 0 || no.len > NO_MAX)
        return missing("no", "Enter the number of the case, as it stands on the receipt.", err);
    if (digits.len < LOOKUP_DIGITS || digits.len > 15)
        return missing("phone", "Enter the last four digits of the telephone number given in the application.", err);
    struct lookup lookup = {no, str_part(digits, digits.len - LOOKUP_DIGITS, digits.len), value_null};
    struct str name = attempts_name(call, "lookup", digits_of(call->arena, no));
    if (attempts_check(call, name, "There were too many wrong attempts for this number.", err) != OK)
        return FAILED;
    if (work_run(call, lookup_command, &lookup, &problem) == OK) {
        *out = lookup.view;
        return OK;
    }
    if (problem.kind == ERROR_NOT_FOUND && attempts_count(call, name, err) != OK)
        return FAILED;
    *err = problem;
    return FAILED;
}
