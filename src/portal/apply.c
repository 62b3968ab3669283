/* Applying: a draft is filled in step by step, checked as a whole, confirmed and sent.
 *     start -> step 1 … step n -> check -> (case) receipt
 * Each post keeps what was typed, also when it is refused. */
#include "portal/internal.h"

#include "form/form.h"
#include "pack/pack.h"
#include "service/case.h"
#include "service/catalogue.h"
#include "service/certificate.h"
#include "service/party.h"

#include <string.h>

/* What the pages of one application need. */
struct application {
    struct call call;
    struct str code;
    struct str draft;
    struct value item;
    const struct form *form;
    struct value data;
    struct value materials, sources, carried_over; /* of the draft */
    struct pack_texts texts;
    struct feel_run run;
    struct form_env env;
};

static enum status load_item(struct http_request *request, struct application *app, struct error *err)
{
    app->code = http_param(request, "code");
    if (gate_call(request, &app->call, err) != OK || service_item_get(&app->call, app->code, &app->item, err) != OK)
        return FAILED;
    const struct pack_set *packs = portal_packs(request);
    const struct pack_form *form = pack_form_find(packs, value_text(value_get(app->item, STR("form_id"))));
    if (!form)
        return error_set(err, ERROR_NOT_FOUND, "item-not-online", "this item has no form to fill in online");
    app->form = form->form;
    app->texts = (struct pack_texts){packs, portal_language(request)};
    app->run = (struct feel_run){.arena = request->arena, .now_ms = service_now(request->context),
                                 .calendar = pack_calendar(packs)};
    app->env = (struct form_env){&app->run, pack_form_codes(packs), pack_form_texts(&app->texts)};
    return OK;
}

static enum status load_draft(struct http_request *request, struct application *app, struct error *err)
{
    struct value draft;
    if (load_item(request, app, err) != OK)
        return FAILED;
    app->draft = http_param(request, "draft");
    if (service_draft_get(&app->call, app->draft, &draft, err) != OK)
        return FAILED;
    if (!str_equal(value_text(value_get(draft, STR("item"))), app->code))
        return error_set(err, ERROR_NOT_FOUND, "draft-not-found", "this draft belongs to another item");
    app->data = value_get(draft, STR("form"));
    app->materials = value_get(draft, STR("materials"));
    app->sources = value_get(draft, STR("sources"));
    app->carried_over = value_get(draft, STR("carried_over"));
    return OK;
}

static enum status keep_draft(struct http_request *request, struct application *app, int64_t step, struct value *out,
                              struct error *err)
{
    struct context_builder draft;
    context_builder_init(&draft, request->arena);
    context_builder_put(&draft, STR("item"), value_string(app->code));
    context_builder_put(&draft, STR("form"), app->data);
    context_builder_put(&draft, STR("step"), value_int(step));
    context_builder_put(&draft, STR("materials"), app->materials);
    context_builder_put(&draft, STR("sources"), app->sources);
    struct call call = app->call;
    call.idempotency = STR_NONE;
    return service_draft_put(&call, app->draft, context_builder_done(&draft), out, err);
}

static enum status to_step(struct http_request *request, const struct application *app, const char *step)
{
    return http_reply_redirect(request, 303, arena_printf(request->arena, "/apply/%.*s/%.*s/%s", STR_ARGS(app->code),
                                                          STR_ARGS(app->draft), step));
}

struct value portal_drafts(struct http_request *request, struct value drafts)
{
    struct list *rows = list_new(request->arena, value_count(drafts));
    const struct pack_set *packs = portal_packs(request);
    int32_t today = (int32_t)((service_now(request->context) + 8 * 3600000LL) / 86400000LL);
    for (size_t i = 0; i < value_count(drafts); i++) {
        struct value draft = value_at(drafts, i);
        const struct pack_item *item = pack_item_find(packs, value_text(value_get(draft, STR("item"))), today);
        struct context_builder more;
        context_builder_init(&more, request->arena);
        context_builder_put(&more, STR("item_title"),
                            value_string(item ? portal_translate(request, item->title) : STR("")));
        context_builder_put(&more, STR("saved_text"), portal_time(request, value_get(draft, STR("saved"))));
        rows->items[i] = value_merge(request->arena, draft, context_builder_done(&more));
    }
    return value_of_list(rows);
}

enum status portal_start(struct http_request *request, struct error *err)
{
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    struct application app = {0};
    struct value drafts;
    if (load_item(request, &app, err) != OK || service_draft_list(&app.call, &drafts, err) != OK)
        return FAILED;
    struct list_builder same;
    list_builder_init(&same, request->arena);
    for (size_t i = 0; i < value_count(drafts); i++)
        if (str_equal(value_text(value_get(value_at(drafts, i), STR("item"))), app.code))
            list_builder_push(&same, value_at(drafts, i));
    struct str why_not = value_text(value_get(app.item, STR("why_not")));
    struct str key = arena_printf(request->arena, "problem.%.*s", STR_ARGS(why_not));
    struct context_builder data;
    context_builder_init(&data, request->arena);
    context_builder_put(&data, STR("item"), portal_translate_all(request, app.item));
    context_builder_put(&data, STR("drafts"), portal_drafts(request, list_builder_done(&same)));
    context_builder_put(&data, STR("why_not_text"), value_string(why_not.len ? portal_translate(request, key) : STR("")));
    return portal_page(request, 200, "start", context_builder_done(&data), err);
}

/* What was filled in beforehand, and from where: {path: {value, from}}. */
struct filled {
    struct http_request *request;
    struct value data;
    struct context_builder sources;
};

static bool note_source(void *state, const struct form_component *component, struct str path)
{
    struct filled *filled = state;
    static const char *const roots[] = {"applicant", "staff", "party", "case"};
    struct value found = path.len && component->prefill.len ? value_path(filled->data, arena_cstr(filled->request->arena, path)) : value_null;
    const char *from = "other";
    for (size_t i = 0; i < COUNT_OF(roots); i++)
        if (str_starts(component->prefill, str_of(roots[i])))
            from = roots[i];
    if (value_is_null(found))
        return true;
    struct context_builder source;
    context_builder_init(&source, filled->request->arena);
    context_builder_put(&source, STR("value"), found);
    context_builder_put(&source, STR("from"), value_cstr(from));
    context_builder_put(&filled->sources, arena_str(filled->request->arena, path), context_builder_done(&source));
    return true;
}

static struct value sources_of(struct http_request *request, const struct application *app)
{
    struct filled filled = {request, app->data, {0}};
    context_builder_init(&filled.sources, request->arena);
    form_walk(app->form, request->arena, note_source, &filled);
    return context_builder_done(&filled.sources);
}

/* Fields whose value is still the one that was filled in say where it came from. */
static struct value with_sources(struct http_request *request, struct value fields, struct value sources)
{
    struct list *copy = list_new(request->arena, value_count(fields));
    for (size_t i = 0; i < value_count(fields); i++) {
        struct value field = value_at(fields, i), inner = value_get(field, STR("fields"));
        struct value source = value_get(sources, value_text(value_get(field, STR("path"))));
        struct context_builder more;
        context_builder_init(&more, request->arena);
        if (!value_is_null(source) && value_is_true(value_equal(value_get(source, STR("value")), value_get(field, STR("value")))))
            context_builder_put(&more, STR("source_text"),
                                value_string(portal_state(request, "source", value_text(value_get(source, STR("from"))))));
        if (inner.kind == VALUE_LIST)
            context_builder_put(&more, STR("fields"), with_sources(request, inner, sources));
        copy->items[i] = value_merge(request->arena, field, context_builder_done(&more));
    }
    return value_of_list(copy);
}

enum status portal_start_post(struct http_request *request, struct error *err)
{
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    struct application app = {0};
    struct value draft;
    if (load_item(request, &app, err) != OK || service_item_prefill(&app.call, app.code, &app.data, err) != OK)
        return FAILED;
    app.sources = sources_of(request, &app);
    if (keep_draft(request, &app, 1, &draft, err) != OK)
        return FAILED;
    app.draft = value_text(value_get(draft, STR("id")));
    return to_step(request, &app, "1");
}

/* Steps that are to be seen, in order, each with its number among them. */
static struct value visible_steps(struct http_request *request, struct value description)
{
    struct value steps = value_get(description, STR("steps"));
    struct list_builder visible;
    list_builder_init(&visible, request->arena);
    for (size_t i = 0; i < value_count(steps); i++)
        if (!value_is_true(value_get(value_at(steps, i), STR("hidden"))))
            list_builder_push(&visible, value_at(steps, i));
    return list_builder_done(&visible);
}

/* The visible step with the wanted index (counted over all steps, from 1), or -1; *next is the one after it, 0 at the end. */
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
                context_builder_put(&option, STR("label"), value_string(portal_translate(request, codes->options[k].label)));
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
    struct value description = form_describe(app->form, form_null_fill(app->form, request->arena, app->data),
                                             judged ? judged->errors : NULL, judged ? judged->error_count : 0, &app->env);
    struct value steps = visible_steps(request, description);
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
    context_builder_put(&sourced, STR("fields"), with_sources(request, value_get(step, STR("fields")), app->sources));
    context_builder_put(&data, STR("step"), value_merge(request->arena, step, context_builder_done(&sourced)));
    context_builder_put(&data, STR("carried_over"), app->carried_over);
    context_builder_put(&data, STR("number"), value_int(at + 1));
    context_builder_put(&data, STR("count"), value_int((int64_t)value_count(steps)));
    context_builder_put(&data, STR("previous"), value_int(previous));
    struct list_builder lists;
    list_builder_init(&lists, request->arena);
    collect_lists(request, value_get(value_at(steps, (size_t)at), STR("fields")), &lists);
    context_builder_put(&data, STR("lists"), list_builder_done(&lists));
    context_builder_put(&data, STR("errors"), judged ? portal_step_errors(request, value_at(steps, (size_t)at)) : value_null);
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
    if (load_draft(request, &app, err) != OK)
        return FAILED;
    return show_step(request, &app, wanted, NULL, err);
}

/* Parties bring materials; staff who apply for their own work write them into the form. */
static bool has_materials(const struct application *app)
{
    return app->call.actor->kind != ACTOR_STAFF && value_count(value_get(app->item, STR("materials"))) > 0;
}

static enum status take_post(struct http_request *request, struct application *app, int64_t step, struct error *err)
{
    const struct http_pairs *posted;
    if (http_form(request, &posted, err) != OK)
        return FAILED;
    struct form_pair *pairs = arena_array(request->arena, struct form_pair, posted->count);
    for (size_t i = 0; i < posted->count; i++)
        pairs[i] = (struct form_pair){posted->items[i].name, posted->items[i].value};
    app->data = form_from_post(app->form, request->arena, pairs, posted->count, app->data, (int)step - 1);
    return OK;
}

/* After a step: the next visible one, the check page, the same with errors, or home when the draft was only to be kept. */
enum status portal_step_post(struct http_request *request, struct error *err)
{
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    struct application app = {0};
    struct value kept;
    int64_t step;
    if (!str_to_int64(http_param(request, "step"), &step) || step < 1 || step > 1000)
        return error_set(err, ERROR_NOT_FOUND, "step-not-found", "this form has no such step");
    if (load_draft(request, &app, err) != OK || take_post(request, &app, step, err) != OK ||
        keep_draft(request, &app, step, &kept, err) != OK)
        return FAILED;
    if (portal_field(request, "later").data)
        return http_reply_redirect(request, 303, STR("/?kept=1"));
    if (portal_field(request, "refresh").data)
        return to_step(request, &app, arena_printf(request->arena, "%" PRId64, step).data);

    struct form_result judged = form_validate(app.form, app.data, &app.env);
    struct value description = form_describe(app.form, form_null_fill(app.form, request->arena, app.data), judged.errors,
                                             judged.error_count, &app.env);
    struct value steps = visible_steps(request, description);
    int64_t next;
    int64_t previous;
    int64_t at = find_step(steps, step, &next, &previous);
    int64_t errors = 0;
    if (at >= 0 && value_to_int64(value_get(value_at(steps, (size_t)at), STR("error_count")), &errors) && errors > 0)
        return show_step(request, &app, step, &judged, err);
    const char *last = has_materials(&app) ? "materials" : "check";
    return to_step(request, &app, next ? arena_printf(request->arena, "%" PRId64, next).data : last);
}

static struct service_case_input case_input(struct http_request *request, const struct application *app, bool confirmed)
{
    (void)request;
    return (struct service_case_input){
        .item = app->code, .form = app->data, .materials = app->materials, .confirmed = confirmed};
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
    struct value steps = visible_steps(request, description);
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
    context_builder_put(&data, STR("has_materials"), value_boolean(has_materials(app)));
    context_builder_put(&data, STR("errors"), list_builder_done(&errors));
    context_builder_put(&data, STR("warnings"), list_builder_done(&warnings));
    context_builder_put(&data, STR("error_total"), value_int((int64_t)errors.items.count));
    context_builder_put(&data, STR("warning_total"), value_int((int64_t)warnings.items.count));
    context_builder_put(&data, STR("refused"), value_string(refused ? portal_problem(request, refused) : STR("")));
    context_builder_put(&data, STR("refused_hint"), value_cstr(refused ? refused->hint : ""));
    return portal_page(request, refused ? 422 : 200, "check", context_builder_done(&data), err);
}

enum status portal_check(struct http_request *request, struct error *err)
{
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    struct application app = {0};
    if (load_draft(request, &app, err) != OK)
        return FAILED;
    return show_check(request, &app, NULL, err);
}

/* Sends the application. The draft's id is the idempotency key, so that sending twice opens one case. */
enum status portal_check_post(struct http_request *request, struct error *err)
{
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    struct application app = {0};
    if (load_draft(request, &app, err) != OK)
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

/* ---- Materials: from a file or the camera, from the wallet, by promise, on paper, or later ---- */

static struct value given_for(struct value materials, struct str id)
{
    for (size_t i = 0; i < value_count(materials); i++)
        if (str_equal(value_text(value_get(value_at(materials, i), STR("id"))), id))
            return value_at(materials, i);
    return value_null;
}

static struct value valid_of_kind(struct http_request *request, struct value certificates, struct str kind)
{
    struct list_builder fit;
    list_builder_init(&fit, request->arena);
    for (size_t i = 0; kind.len && i < value_count(certificates); i++) {
        struct value one = value_at(certificates, i);
        if (str_equal(value_text(value_get(one, STR("certificate"))), kind) &&
            str_equal(value_text(value_get(one, STR("state"))), STR("valid")))
            list_builder_push(&fit, portal_certificate_row(request, one));
    }
    return list_builder_done(&fit);
}

static struct value material_row(struct http_request *request, const struct application *app, struct value declared,
                                 struct value certificates)
{
    static const char *const ways[] = {"file", "certificate", "promise", "paper"};
    struct value given = given_for(app->materials, value_text(value_get(declared, STR("id"))));
    const char *by = "";
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        struct value way = value_get(given, str_of(ways[i]));
        if (value_is_true(way) || value_text(way).len)
            by = ways[i];
    }
    struct value fit = valid_of_kind(request, certificates, value_text(value_get(declared, STR("certificate"))));
    struct context_builder more;
    context_builder_init(&more, request->arena);
    context_builder_put(&more, STR("by"), value_cstr(by));
    context_builder_put(&more, STR("by_text"), value_string(portal_state(request, "by", str_of(by))));
    context_builder_put(&more, STR("file_name"), value_get(given, STR("name")));
    context_builder_put(&more, STR("wallet"), fit);
    context_builder_put(&more, STR("wallet_count"), value_int((int64_t)value_count(fit)));
    context_builder_put(&more, STR("must"), value_boolean(str_equal(value_text(value_get(declared, STR("need"))), STR("1"))));
    context_builder_put(&more, STR("later"), value_boolean(str_equal(value_text(value_get(declared, STR("need"))), STR("3"))));
    return value_merge(request->arena, portal_translate_all(request, declared), context_builder_done(&more));
}

static enum status show_materials(struct http_request *request, struct application *app, const struct error *refused,
                                  struct error *err)
{
    struct value held = value_null, declared = value_get(app->item, STR("materials"));
    struct service_certificate_query query = {.state = STR("valid"), .limit = 100};
    if (service_can(&app->call, "certificate.read") && service_certificate_list(&app->call, &query, &held, err) != OK)
        return FAILED;
    struct list *rows = list_new(request->arena, value_count(declared));
    for (size_t i = 0; i < value_count(declared); i++)
        rows->items[i] = material_row(request, app, value_at(declared, i), value_get(held, STR("items")));
    struct context_builder data;
    context_builder_init(&data, request->arena);
    context_builder_put(&data, STR("item"), portal_translate_all(request, app->item));
    context_builder_put(&data, STR("draft"), value_string(app->draft));
    context_builder_put(&data, STR("materials"), value_of_list(rows));
    context_builder_put(&data, STR("refused"), value_string(refused ? portal_problem(request, refused) : STR("")));
    context_builder_put(&data, STR("refused_hint"), value_cstr(refused ? refused->hint : ""));
    return portal_page(request, refused ? http_status_of(refused) : 200, "materials", context_builder_done(&data), err);
}

enum status portal_materials(struct http_request *request, struct error *err)
{
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    struct application app = {0};
    if (load_draft(request, &app, err) != OK)
        return FAILED;
    return show_materials(request, &app, NULL, err);
}

/* The file of a post, kept under its content; *taken is false when none was chosen. */
static enum status take_file(struct http_request *request, const struct application *app, struct context_builder *given,
                             bool *taken, struct error *err)
{
    const struct http_multipart *parts;
    struct value view;
    *taken = false;
    if (!str_equal(http_content_type(request), STR("multipart/form-data")))
        return OK;
    if (http_parts(request, &parts, err) != OK)
        return FAILED;
    /* The camera and the file chooser are two inputs of one name; what was not used is empty. */
    const struct http_part *part = NULL;
    for (size_t i = 0; i < parts->count && !part; i++)
        if (str_equal(parts->items[i].name, STR("file")) && parts->items[i].content.len)
            part = &parts->items[i];
    if (!part)
        return OK;
    if (service_file_put(&app->call, part->file_name, part->content_type, part->content, &view, err) != OK)
        return FAILED;
    context_builder_put(given, STR("file"), value_get(view, STR("id")));
    context_builder_put(given, STR("name"), value_get(view, STR("name")));
    *taken = true;
    return OK;
}

/* One material in the place of what was given for it before; nothing: taken back. */
static void replace_material(struct http_request *request, struct application *app, struct str id, struct value given)
{
    struct list_builder all;
    list_builder_init(&all, request->arena);
    for (size_t i = 0; i < value_count(app->materials); i++)
        if (!str_equal(value_text(value_get(value_at(app->materials, i), STR("id"))), id))
            list_builder_push(&all, value_at(app->materials, i));
    if (!value_is_null(given))
        list_builder_push(&all, given);
    app->materials = list_builder_done(&all);
}

enum status portal_material_post(struct http_request *request, struct error *err)
{
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    struct application app = {0};
    struct value kept;
    struct error refused = ERROR_INIT;
    struct str id = http_param(request, "material"), way = portal_field(request, "way");
    struct str certificate = portal_field(request, "certificate");
    struct context_builder given;
    context_builder_init(&given, request->arena);
    context_builder_put(&given, STR("id"), value_string(id));
    bool taken;
    if (load_draft(request, &app, err) != OK)
        return FAILED;
    if (value_is_null(given_for(value_get(app.item, STR("materials")), id)))
        return error_set(err, ERROR_NOT_FOUND, "material-unknown", "the item does not ask for this material");
    if (take_file(request, &app, &given, &taken, &refused) != OK)
        return show_materials(request, &app, &refused, err);
    if (!taken && str_equal(way, STR("certificate")) && certificate.len) {
        context_builder_put(&given, STR("certificate"), value_string(certificate));
        taken = true;
    }
    static const char *const words[] = {"promise", "paper"};
    for (size_t i = 0; i < COUNT_OF(words) && !taken; i++)
        if (str_equal(way, str_of(words[i]))) {
            context_builder_put(&given, str_of(words[i]), value_boolean(true));
            taken = true;
        }
    replace_material(request, &app, id, taken ? context_builder_done(&given) : value_null);
    if (keep_draft(request, &app, 1, &kept, err) != OK)
        return FAILED;
    return to_step(request, &app, "materials");
}

/* Throws a draft away, from the list on the item's page. */
enum status portal_drop_draft(struct http_request *request, struct error *err)
{
    struct call call;
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    if (gate_call(request, &call, err) != OK || service_draft_delete(&call, http_param(request, "draft"), err) != OK)
        return FAILED;
    return http_reply_redirect(request, 303, arena_printf(request->arena, "/apply/%.*s", STR_ARGS(http_param(request, "code"))));
}
