/* Beginning an application: the start page, what is filled in beforehand and from where, and the task list. */
#include "portal/apply.h"

#include "service/catalogue.h"
#include "service/material.h"
#include "service/prefill.h"

/* ---- Loading and keeping ---- */

enum status application_item(struct http_request *request, struct application *app, struct error *err)
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

enum status application_load(struct http_request *request, struct application *app, struct error *err)
{
    struct value draft;
    if (application_item(request, app, err) != OK)
        return FAILED;
    app->draft = http_param(request, "draft");
    if (service_draft_get(&app->call, app->draft, &draft, err) != OK)
        return FAILED;
    if (!str_equal(value_text(value_get(draft, STR("item"))), app->code))
        return error_set(err, ERROR_NOT_FOUND, "draft-not-found", "this draft belongs to another item");
    app->data = value_get(draft, STR("form"));
    app->materials = value_get(draft, STR("materials"));
    app->sources = value_get(draft, STR("sources"));
    app->asked = value_get(draft, STR("asked"));
    app->carried_over = value_get(draft, STR("carried_over"));
    return OK;
}

enum status application_keep(struct http_request *request, struct application *app, int64_t step, struct value *out,
                              struct error *err)
{
    struct context_builder draft;
    context_builder_init(&draft, request->arena);
    context_builder_put(&draft, STR("item"), value_string(app->code));
    context_builder_put(&draft, STR("form"), app->data);
    context_builder_put(&draft, STR("step"), value_int(step));
    context_builder_put(&draft, STR("materials"), app->materials);
    context_builder_put(&draft, STR("disputes"), app->disputes);
    struct call call = app->call;
    call.idempotency = STR_NONE;
    return service_draft_put(&call, app->draft, context_builder_done(&draft), out, err);
}

enum status application_to_step(struct http_request *request, const struct application *app, const char *step)
{
    return http_reply_redirect(request, 303, arena_printf(request->arena, "/apply/%.*s/%.*s%s%s", STR_ARGS(app->code),
                                                          STR_ARGS(app->draft), step[0] ? "/" : "", step));
}

/* ---- Values filled in beforehand ---- */

/* "Licence, 2024-05-01": where a value is from, in words. */
static struct str source_words(struct http_request *request, struct value source)
{
    struct str from = value_text(value_get(source, STR("from"))), title = value_text(value_get(source, STR("title")));
    struct str at = value_text(value_get(source, STR("at")));
    if (!title.len)
        return portal_state(request, "source", from);
    struct str words = arena_printf(request->arena, "%.*s%.*s", STR_ARGS(portal_text(request, "source_from")),
                                    STR_ARGS(portal_translate(request, title)));
    return at.len ? arena_printf(request->arena, "%.*s (%.*s)", STR_ARGS(words), STR_ARGS(at)) : words;
}

struct value application_summary(struct http_request *request, const struct application *app)
{
    struct value all = prefill_summary(request->arena, app->sources);
    struct list *rows = list_new(request->arena, value_count(all));
    for (size_t i = 0; i < value_count(all); i++) {
        struct context_builder row;
        context_builder_init(&row, request->arena);
        context_builder_put(&row, STR("text"), value_string(source_words(request, value_at(all, i))));
        context_builder_put(&row, STR("count"), value_get(value_at(all, i), STR("count")));
        rows->items[i] = context_builder_done(&row);
    }
    return value_of_list(rows);
}

static struct value compared_for(struct value compared, struct str path)
{
    for (size_t i = 0; path.len && i < value_count(compared); i++)
        if (str_equal(value_text(value_get(value_at(compared, i), STR("field"))), path))
            return value_at(compared, i);
    return value_null;
}

static struct value sourced(struct http_request *request, struct value fields, struct value compared, struct str wrong)
{
    struct list *copy = list_new(request->arena, value_count(fields));
    for (size_t i = 0; i < value_count(fields); i++) {
        struct value field = value_at(fields, i), inner = value_get(field, STR("fields"));
        struct str path = value_text(value_get(field, STR("path")));
        struct value source = compared_for(compared, path), why = value_get(source, STR("why"));
        bool asked = wrong.len && str_equal(path, wrong), differs = value_is_true(value_get(source, STR("differs")));
        struct context_builder more;
        context_builder_init(&more, request->arena);
        if (!value_is_null(source)) {
            context_builder_put(&more, STR("source_text"), value_string(source_words(request, source)));
            context_builder_put(
                &more, STR("held_text"),
                value_string(portal_translate(request, value_text(value_get(source, STR("held_text"))))));
            context_builder_put(&more, STR("disputed"), value_boolean(asked || differs || !value_is_null(why)));
            context_builder_put(&more, STR("signed_in"),
                                value_boolean(str_equal(value_text(value_get(source, STR("from"))), STR("applicant"))));
            context_builder_put(&more, STR("why"), value_is_null(why) ? value_cstr("") : why);
            if (asked)
                context_builder_put(&more, STR("readonly"), value_boolean(false));
        }
        if (inner.kind == VALUE_LIST)
            context_builder_put(&more, STR("fields"), sourced(request, inner, compared, wrong));
        copy->items[i] = value_merge(request->arena, field, context_builder_done(&more));
    }
    return value_of_list(copy);
}

struct value application_sourced(struct http_request *request, const struct application *app, struct value fields,
                                 struct str wrong)
{
    struct value compared =
        prefill_compare(request->arena, portal_packs(request), app->form, app->sources, app->data);
    return sourced(request, fields, compared, wrong);
}

/* ---- Starting ---- */

/* What could be looked up, with from and fields in words. */
static struct value questions_in_words(struct http_request *request, struct value questions)
{
    struct list *rows = list_new(request->arena, value_count(questions));
    for (size_t i = 0; i < value_count(questions); i++) {
        struct value one = value_at(questions, i), fields = value_get(one, STR("fields"));
        struct buf names;
        buf_init(&names, 4096);
        for (size_t k = 0; k < value_count(fields); k++)
            buf_printf(&names, "%s%.*s", k ? ", " : "", STR_ARGS(value_text(value_at(fields, k))));
        struct context_builder more;
        context_builder_init(&more, request->arena);
        context_builder_put(&more, STR("fields_text"), value_string_copy(request->arena, buf_str(&names)));
        context_builder_put(&more, STR("from_text"),
                            value_string(portal_state(request, "ask", value_text(value_get(one, STR("from"))))));
        buf_release(&names);
        rows->items[i] = value_merge(request->arena, one, context_builder_done(&more));
    }
    return value_of_list(rows);
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
    struct value drafts, questions;
    if (application_item(request, &app, err) != OK || service_draft_list(&app.call, &drafts, err) != OK ||
        service_prefill_questions(&app.call, app.code, &questions, err) != OK)
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
    context_builder_put(&data, STR("questions"), questions_in_words(request, questions));
    context_builder_put(&data, STR("why_not_text"),
                        value_string(why_not.len ? portal_translate(request, key) : STR("")));
    return portal_page(request, 200, "start", context_builder_done(&data), err);
}

static bool ticked(const struct http_pairs *posted, struct str key)
{
    for (size_t i = 0; i < posted->count; i++)
        if (str_equal(posted->items[i].name, STR("use")) && str_equal(posted->items[i].value, key))
            return true;
    return false;
}

/* Which agencies may be asked, and what is not to be looked at: of the sources that the page showed those left without
 * a tick. */
static enum status read_consent(struct http_request *request, const struct application *app, struct value *consent,
                                struct value *declined, struct error *err)
{
    const struct http_pairs *posted;
    struct value questions;
    struct list_builder yes, no;
    list_builder_init(&yes, request->arena);
    list_builder_init(&no, request->arena);
    if (http_form(request, &posted, err) != OK ||
        service_prefill_questions(&app->call, app->code, &questions, err) != OK)
        return FAILED;
    for (size_t i = 0; i < value_count(questions) && portal_field(request, "asked").len; i++) {
        struct value one = value_at(questions, i), exchange = value_get(one, STR("exchange"));
        if (!ticked(posted, value_text(value_get(one, STR("key")))))
            list_builder_push(&no, value_get(one, STR("key")));
        else if (!value_is_null(exchange))
            list_builder_push(&yes, exchange);
    }
    *consent = list_builder_done(&yes);
    *declined = list_builder_done(&no);
    return OK;
}

/* Parties see first what was filled in for them; staff begin with the first step. */
enum status portal_start_post(struct http_request *request, struct error *err)
{
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    struct application app = {0};
    struct value draft, consent, declined;
    if (application_item(request, &app, err) != OK || read_consent(request, &app, &consent, &declined, err) != OK ||
        service_draft_start(&app.call, app.code, consent, declined, &draft, err) != OK)
        return FAILED;
    app.draft = value_text(value_get(draft, STR("id")));
    return application_to_step(request, &app, app.call.actor->kind == ACTOR_STAFF ? "1" : "");
}

/* ---- The task list ---- */

static bool anything_in(struct value fields)
{
    for (size_t i = 0; i < value_count(fields); i++)
        if (value_text(value_get(value_at(fields, i), STR("text"))).len ||
            anything_in(value_get(value_at(fields, i), STR("fields"))) ||
            value_count(value_get(value_at(fields, i), STR("rows"))))
            return true;
    return false;
}

static struct value section(struct http_request *request, struct value step, bool *all_done)
{
    int64_t errors = 0;
    if (!value_to_int64(value_get(step, STR("error_count")), &errors))
        errors = 0;
    const char *state = errors == 0 ? "done" : anything_in(value_get(step, STR("fields"))) ? "begun" : "empty";
    struct context_builder row;
    context_builder_init(&row, request->arena);
    context_builder_put(&row, STR("index"), value_get(step, STR("index")));
    context_builder_put(&row, STR("title"), value_get(step, STR("title")));
    context_builder_put(&row, STR("done"), value_boolean(errors == 0));
    context_builder_put(&row, STR("state_text"), value_string(portal_state(request, "section", str_of(state))));
    *all_done = *all_done && errors == 0;
    return context_builder_done(&row);
}

/* {asked, given, missing} */
static enum status count_materials(const struct application *app, int64_t *asked, int64_t *given, int64_t *missing,
                                   struct error *err)
{
    struct value materials;
    *asked = *given = *missing = 0;
    if (!application_has_materials(app))
        return OK;
    if (application_materials(app, &materials, err) != OK)
        return FAILED;
    for (size_t i = 0; i < value_count(materials); i++) {
        struct value one = value_at(materials, i);
        bool here =
            !value_is_null(value_get(one, STR("given"))) || value_count(value_get(one, STR("certificates"))) > 0;
        ++*asked;
        *given += here;
        *missing += !here && str_equal(value_text(value_get(one, STR("need"))), STR("1"));
    }
    return OK;
}

static void put_asked(struct http_request *request, const struct application *app, struct context_builder *data)
{
    struct list_builder silent;
    list_builder_init(&silent, request->arena);
    for (size_t i = 0; i < value_count(app->asked); i++)
        if (!value_is_true(value_get(value_at(app->asked, i), STR("answered"))))
            list_builder_push(&silent, value_string(portal_translate(
                                           request, value_text(value_get(value_at(app->asked, i), STR("title"))))));
    context_builder_put(data, STR("silent"), list_builder_done(&silent));
}

enum status portal_tasks(struct http_request *request, struct error *err)
{
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    struct application app = {0};
    int64_t asked, given, missing;
    if (application_load(request, &app, err) != OK || count_materials(&app, &asked, &given, &missing, err) != OK)
        return FAILED;
    struct form_result judged = form_validate(app.form, app.data, &app.env);
    struct value steps = application_steps(
        request, form_describe(app.form, form_null_fill(app.form, request->arena, app.data), judged.errors,
                               judged.error_count, &app.env));
    struct list *sections = list_new(request->arena, value_count(steps));
    bool ready = missing == 0;
    for (size_t i = 0; i < value_count(steps); i++)
        sections->items[i] = section(request, value_at(steps, i), &ready);
    struct context_builder data;
    context_builder_init(&data, request->arena);
    context_builder_put(&data, STR("item"), portal_translate_all(request, app.item));
    context_builder_put(&data, STR("draft"), value_string(app.draft));
    context_builder_put(&data, STR("sections"), value_of_list(sections));
    context_builder_put(&data, STR("materials_asked"), value_int(asked));
    context_builder_put(&data, STR("materials_given"), value_int(given));
    context_builder_put(&data, STR("materials_missing"), value_int(missing));
    context_builder_put(&data, STR("ready"), value_boolean(ready));
    context_builder_put(&data, STR("summary"), application_summary(request, &app));
    context_builder_put(&data, STR("prefilled"), value_int((int64_t)value_count(app.sources)));
    put_asked(request, &app, &data);
    return portal_page(request, 200, "tasks", context_builder_done(&data), err);
}

enum status application_materials(const struct application *app, struct value *out, struct error *err)
{
    return service_materials_asked(&app->call, app->code, app->data, app->materials, out, err);
}

/* Throws a draft away, from the list on the item's page. */
enum status portal_drop_draft(struct http_request *request, struct error *err)
{
    struct call call;
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    if (gate_call(request, &call, err) != OK || service_draft_delete(&call, http_param(request, "draft"), err) != OK)
        return FAILED;
    return http_reply_redirect(request, 303,
                               arena_printf(request->arena, "/apply/%.*s", STR_ARGS(http_param(request, "code"))));
}
