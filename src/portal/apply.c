/* Applying: a draft is filled in step by step, checked as a whole, confirmed and sent.
 *     start -> step 1 … step n -> check -> (case) receipt
 * Each post keeps what was typed, also when it is refused. */
#include "portal/apply.h"

#include <string.h>

/* Steps that are to be seen, in order, each with its number among them. */
struct value application_steps(struct http_request *request, struct value description)
{
    struct value steps = value_get(description, STR("steps"));
    struct list_builder visible;
    list_builder_init(&visible, request->arena);
    for (size_t i = 0; i < value_count(steps); i++)
        if (!value_is_true(value_get(value_at(steps, i), STR("hidden"))))
            list_builder_push(&visible, value_at(steps, i));
    return list_builder_done(&visible);
}

/* The visible step with the wanted index (counted over all steps, from 1), or -1; *next is the one after it, 0 at the
 * end. */
static int64_t find_step(struct value steps, int64_t wanted, int64_t *next, int64_t *previous)
{
    *next = *previous = 0;
    int64_t found = -1;
    for (size_t i = 0; i < value_count(steps); i++) {
        int64_t index = 0;
        if (!value_to_int64(value_get(value_at(steps, i), STR("index")), &index))
            continue;
        if (index < wanted)
            *previous = index;
        else if (index == wanted)
            found = (int64_t)i;
        else if (*next == 0)
            *next = index;
    }
    return found;
}

/* The code tables that the text fields of a step suggest from, each once: [{id, options [{value, label}]}]. */
static void collect_lists(struct http_request *request, struct value fields, struct list_builder *out)
{
    for (size_t i = 0; i < value_count(fields); i++) {
        struct value field = value_at(fields, i);
        struct str table = value_text(value_get(field, STR("codes")));
        bool known = !str_equal(value_text(value_get(field, STR("type"))), STR("textfield")) || !table.len;
        for (size_t k = 0; k < out->items.count && !known; k++)
            known = str_equal(value_text(value_get(out->items.items[k], STR("id"))), table);
        const struct pack_codes *codes = known ? NULL : pack_codes_find(portal_packs(request), table);
        if (codes) {
            struct list *options = list_new(request->arena, codes->count);
            for (size_t k = 0; k < codes->count; k++) {
                struct context_builder option;
                context_builder_init(&option, request->arena);
                context_builder_put(&option, STR("value"), value_string(codes->options[k].value));
                context_builder_put(&option, STR("label"),
                                    value_string(portal_translate(request, codes->options[k].label)));
                options->items[k] = context_builder_done(&option);
            }
            struct context_builder list;
            context_builder_init(&list, request->arena);
            context_builder_put(&list, STR("id"), value_string(table));
            context_builder_put(&list, STR("options"), value_of_list(options));
            list_builder_push(out, context_builder_done(&list));
        }
        collect_lists(request, value_get(field, STR("fields")), out);
        struct value rows = value_get(field, STR("rows"));
        for (size_t k = 0; k < value_count(rows); k++)
            collect_lists(request, value_get(value_at(rows, k), STR("fields")), out);
    }
}

static enum status show_step(struct http_request *request, struct application *app, int64_t wanted,
                             const struct form_result *judged, struct error *err)
{
    struct value description =
        form_describe(app->form, form_null_fill(app->form, request->arena, app->data), judged ? judged->errors : NULL,
                      judged ? judged->error_count : 0, &app->env);
    struct value steps = portal_step_rows(request, application_steps(request, description));
    int64_t next;
    int64_t previous;
    int64_t at = find_step(steps, wanted, &next, &previous);
    if (at < 0)
        return error_set(err, ERROR_NOT_FOUND, "step-not-found", "this form has no step %" PRId64, wanted);
    struct context_builder data;
    context_builder_init(&data, request->arena);
    context_builder_put(&data, STR("item"), portal_translate_all(request, app->item));
    context_builder_put(&data, STR("draft"), value_string(app->draft));
    struct value step = value_at(steps, (size_t)at);
    struct context_builder sourced;
    context_builder_init(&sourced, request->arena);
    context_builder_put(
        &sourced, STR("fields"),
        application_sourced(request, app, value_get(step, STR("fields")), http_query(request, "wrong")));
    context_builder_put(&data, STR("step"), value_merge(request->arena, step, context_builder_done(&sourced)));
    context_builder_put(&data, STR("carried_over"), app->carried_over);
    context_builder_put(&data, STR("number"), value_int(at + 1));
    context_builder_put(&data, STR("count"), value_int((int64_t)value_count(steps)));
    context_builder_put(&data, STR("previous"), value_int(previous));
    struct list_builder lists;
    list_builder_init(&lists, request->arena);
    collect_lists(request, value_get(value_at(steps, (size_t)at), STR("fields")), &lists);
    context_builder_put(&data, STR("lists"), list_builder_done(&lists));
    context_builder_put(&data, STR("errors"),
                        judged ? portal_step_errors(request, value_at(steps, (size_t)at)) : value_null);
    return portal_page(request, judged ? 422 : 200, "step", context_builder_done(&data), err);
}

/* {path, id, error} of every field of a step that has an error, groups and rows included, in order. */
static void collect_errors(struct value fields, struct list_builder *out)
{
    for (size_t i = 0; i < value_count(fields); i++) {
        struct value field = value_at(fields, i);
        if (value_get(field, STR("error")).kind == VALUE_STRING)
            list_builder_push(out, field);
        collect_errors(value_get(field, STR("fields")), out);
        struct value rows = value_get(field, STR("rows"));
        for (size_t k = 0; k < value_count(rows); k++)
            collect_errors(value_get(value_at(rows, k), STR("fields")), out);
    }
}

struct value portal_step_errors(struct http_request *request, struct value step)
{
    struct list_builder errors;
    list_builder_init(&errors, request->arena);
    collect_errors(value_get(step, STR("fields")), &errors);
    return list_builder_done(&errors);
}

enum status portal_step(struct http_request *request, struct error *err)
{
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    struct application app = {0};
    int64_t wanted;
    if (!str_to_int64(http_param(request, "step"), &wanted))
        return error_set(err, ERROR_NOT_FOUND, "step-not-found", "this form has no such step");
    if (application_load(request, &app, err) != OK)
        return FAILED;
    return show_step(request, &app, wanted, NULL, err);
}

/* Parties bring materials; staff who apply for their own work write them into the form. */
bool application_has_materials(const struct application *app)
{
    return app->call.actor->kind != ACTOR_STAFF && value_count(value_get(app->item, STR("materials"))) > 0;
}

/* Why something that was filled in is not right: "why.PATH". */
static struct value disputes_of(struct http_request *request, const struct application *app,
                                const struct http_pairs *posted)
{
    struct context_builder disputes;
    context_builder_init(&disputes, request->arena);
    for (size_t i = 0; i < posted->count; i++) {
        struct str name = posted->items[i].name, why = str_trim(posted->items[i].value);
        struct value source =
            str_starts(name, STR("why.")) ? value_get(app->sources, str_part(name, 4, name.len)) : value_null;
        if (!value_is_null(source) && (why.len || !value_is_null(value_get(source, STR("why")))))
            context_builder_put(&disputes, str_part(name, 4, name.len), value_string(why));
    }
    return context_builder_done(&disputes);
}

static enum status take_post(struct http_request *request, struct application *app, int64_t step, struct error *err)
{
    const struct http_pairs *posted;
    if (http_form(request, &posted, err) != OK)
        return FAILED;
    struct form_pair *pairs = arena_array(request->arena, struct form_pair, posted->count);
    for (size_t i = 0; i < posted->count; i++)
        pairs[i] = (struct form_pair){posted->items[i].name, posted->items[i].value};
    app->disputes = disputes_of(request, app, posted);
    app->data = form_from_post(app->form, request->arena, pairs, posted->count, app->data, (int)step - 1);
    return OK;
}

/* After a step: the next visible one, the check page, the same with errors, or home when the draft was only to be kept.
 */
enum status portal_step_post(struct http_request *request, struct error *err)
{
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    struct application app = {0};
    struct value kept;
    int64_t step;
    if (!str_to_int64(http_param(request, "step"), &step) || step < 1 || step > 1000)
        return error_set(err, ERROR_NOT_FOUND, "step-not-found", "this form has no such step");
    if (application_load(request, &app, err) != OK || take_post(request, &app, step, err) != OK ||
        application_keep(request, &app, step, &kept, err) != OK)
        return FAILED;
    if (portal_field(request, "later").data)
        return http_reply_redirect(request, 303, STR("/?kept=1"));
    if (portal_field(request, "refresh").data)
        return application_to_step(request, &app, arena_printf(request->arena, "%" PRId64, step).data);

    struct form_result judged = form_validate(app.form, app.data, &app.env);
    struct value description = form_describe(app.form, form_null_fill(app.form, request->arena, app.data),
                                             judged.errors, judged.error_count, &app.env);
    struct value steps = application_steps(request, description);
    int64_t next;
    int64_t previous;
    int64_t at = find_step(steps, step, &next, &previous);
    int64_t errors = 0;
    if (at >= 0 && value_to_int64(value_get(value_at(steps, (size_t)at), STR("error_count")), &errors) && errors > 0)
        return show_step(request, &app, step, &judged, err);
    const char *last = application_has_materials(&app) ? "materials" : "check";
    return application_to_step(request, &app, next ? arena_printf(request->arena, "%" PRId64, next).data : last);
}

static struct service_case_input case_input(struct http_request *request, const struct application *app, bool confirmed)
{
    return (struct service_case_input){.item = app->code,
                                       .form = app->data,
                                       .materials = app->materials,
                                       .sources = app->sources,
                                       .signature = portal_signed(request),
                                       .confirmed = confirmed};
}

/* The index of the step that holds a field path, 1 if none does. */
static int64_t step_of(struct value steps, struct str path)
{
    if (str_starts(path, STR("form.")))
        path = str_part(path, 5, path.len);
    for (size_t i = 0; i < value_count(steps); i++) {
        struct value fields = value_get(value_at(steps, i), STR("fields"));
        int64_t index = (int64_t)i + 1;
        if (!value_to_int64(value_get(value_at(steps, i), STR("index")), &index))
            continue;
        for (size_t k = 0; k < value_count(fields); k++) {
            struct str own = value_text(value_get(value_at(fields, k), STR("path")));
            if (own.len && str_starts(path, own) &&
                (path.len == own.len || path.data[own.len] == '.' || path.data[own.len] == '['))
                return index;
            struct value inner = value_get(value_at(fields, k), STR("fields"));
            for (size_t m = 0; m < value_count(inner); m++)
                if (str_equal(path, value_text(value_get(value_at(inner, m), STR("path")))))
                    return index;
        }
    }
    return 1;
}

static enum status show_check(struct http_request *request, struct application *app, const struct error *refused,
                              struct error *err)
{
    struct service_case_input input = case_input(request, app, false);
    struct value found;
    if (service_case_check(&app->call, &input, &found, err) != OK)
        return FAILED;
    struct value description =
        form_describe(app->form, form_null_fill(app->form, request->arena, app->data), NULL, 0, &app->env);
    struct value steps = application_steps(request, description);
    struct list_builder errors;
    struct list_builder warnings;
    list_builder_init(&errors, request->arena);
    list_builder_init(&warnings, request->arena);
    for (size_t i = 0; i < value_count(found); i++) {
        struct value one = value_at(found, i);
        struct context_builder more;
        context_builder_init(&more, request->arena);
        context_builder_put(&more, STR("step"), value_int(step_of(steps, value_text(value_get(one, STR("field"))))));
        bool warning = str_equal(value_text(value_get(one, STR("severity"))), STR("warning"));
        list_builder_push(warning ? &warnings : &errors, value_merge(request->arena, one, context_builder_done(&more)));
    }
    struct context_builder data;
    context_builder_init(&data, request->arena);
    context_builder_put(&data, STR("item"), portal_translate_all(request, app->item));
    context_builder_put(&data, STR("draft"), value_string(app->draft));
    context_builder_put(&data, STR("steps"), steps);
    context_builder_put(&data, STR("has_materials"), value_boolean(application_has_materials(app)));
    portal_put_signing(request, app->item, refused, &data);
    context_builder_put(&data, STR("errors"), list_builder_done(&errors));
    context_builder_put(&data, STR("warnings"), list_builder_done(&warnings));
    context_builder_put(&data, STR("error_total"), value_int((int64_t)errors.items.count));
    context_builder_put(&data, STR("warning_total"), value_int((int64_t)warnings.items.count));
    context_builder_put(&data, STR("refused"), value_string(refused ? portal_problem(request, refused) : STR("")));
    context_builder_put(&data, STR("refused_hint"), portal_sentence(request, refused ? refused->hint : ""));
    return portal_page(request, refused ? 422 : 200, "check", context_builder_done(&data), err);
}

enum status portal_check(struct http_request *request, struct error *err)
{
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    struct application app = {0};
    if (application_load(request, &app, err) != OK)
        return FAILED;
    return show_check(request, &app, NULL, err);
}

/* Sends the application. The draft's id is the idempotency key, so that sending twice opens one case. */
enum status portal_check_post(struct http_request *request, struct error *err)
{
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    struct application app = {0};
    if (application_load(request, &app, err) != OK)
        return FAILED;
    if (!portal_field(request, "promise").len) {
        struct error unpromised = ERROR_INIT;
        (void)error_set(&unpromised, ERROR_INVALID, "promise-needed", "the promise must be ticked before sending");
        return show_check(request, &app, &unpromised, err);
    }
    struct service_case_input input = case_input(request, &app, portal_field(request, "confirmed").len > 0);
    struct value view;
    struct error refused = ERROR_INIT;
    struct call call = app.call;
    call.idempotency = arena_printf(request->arena, "draft:%.*s", STR_ARGS(app.draft));
    if (service_case_open(&call, &input, &view, &refused) != OK) {
        if (refused.kind == ERROR_INTERNAL || refused.kind == ERROR_UNAVAILABLE) {
            *err = refused;
            return FAILED;
        }
        return show_check(request, &app, &refused, err);
    }
    struct error ignored = ERROR_INIT;
    if (service_draft_delete(&app.call, app.draft, &ignored) != OK)
        log_event(LOG_WARNING, "draft.kept", "problem=%s", ignored.type);
    struct str no = value_text(value_get(view, STR("no")));
    return http_reply_redirect(request, 303, arena_printf(request->arena, "/cases/%.*s?new=1", STR_ARGS(no)));
}
