#include "service/scenario.h"

#include "clock/instant.h"
#include "feel/json.h"
#include "service/account.h"
#include "service/alert.h"
#include "service/case.h"
#include "service/exchange.h"
#include "service/indicator.h"
#include "service/internal.h"
#include "service/job.h"
#include "service/party.h"
#include "service/supervision.h"
#include "service/task.h"

#include <stdio.h>
#include <string.h>

/* ---- The story's world ---- */

struct story {
    struct arena *arena;
    const struct pack_set *packs;
    const struct pack_scenario *scenario;
    struct service *service;
    int64_t now;
    uint64_t random;
    struct value agencies;  /* {exchange: [{when, reply, status}]} */
    struct value delivered; /* {exchange: [request]} */
    struct value saved;     /* {name: case number} */
    struct value held;      /* {type and case: job} */
    struct value staff;     /* [{name, role, region, …}] */
    size_t step;
    struct buf *report;
    const struct scenario_watch *watch; /* or NULL */
    int rounds;                         /* gone through while somebody looks on */
};

static int64_t story_now(void *state)
{
    return ((const struct story *)state)->now;
}

/* The same in every run, so that a story that fails fails again. */
static void story_random(void *state, unsigned char *out, size_t n)
{
    struct story *story = state;
    for (size_t i = 0; i < n; i++) {
        story->random = story->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[i] = (unsigned char)(story->random >> 56);
    }
}

static struct value evaluate(struct story *story, struct str text, struct value names, struct str *why)
{
    struct feel_run run = service_feel(story->service, story->arena, story->packs, story->now);
    const struct feel_program *program;
    struct error err = ERROR_INIT;
    struct str source = str_starts(text, STR("=")) ? str_part(text, 1, text.len) : text;
    struct feel_options options = {.syntax = FEEL_EXPRESSION};
    size_t count = names.kind == VALUE_CONTEXT ? names.context->count : 0;
    struct str *declared = arena_array(story->arena, struct str, count);
    struct value *slots = arena_array(story->arena, struct value, count);
    for (size_t i = 0; i < count; i++) {
        declared[i] = names.context->members[i].key;
        slots[i] = names.context->members[i].value;
    }
    options.scope = (struct feel_scope_names){declared, count};
    if (feel_compile(story->arena, source, &options, &program, &err) != OK) {
        *why = arena_str(story->arena, str_of(err.message));
        return value_null;
    }
    struct feel_input input = {.slots = slots, .context = names};
    struct value result = feel_evaluate(program, &input, &run);
    if (run.note_count)
        *why = run.notes[0].text;
    return result;
}

/* ---- Scripted agencies ---- */

static struct value script_of(struct story *story, struct str exchange, struct value request)
{
    struct value scripts = value_get(story->agencies, exchange);
    struct value names = context_set(story->arena, value_null, "request", request);
    names = context_set(story->arena, names, "now", value_time(story->now));
    for (size_t i = 0; i < value_count(scripts); i++) {
        struct value script = value_at(scripts, i);
        struct str when = value_text(value_get(script, STR("when"))), why = STR_NONE;
        if (when.len == 0 || value_is_true(evaluate(story, when, names, &why)))
            return script;
    }
    return value_null;
}

/* An exchange without a script answers 200 and {}, so that stories need only tell what matters to them. */
static void story_deliver(void *state, struct arena *arena, struct service_delivery *items, size_t count)
{
    struct story *story = state;
    for (size_t i = 0; i < count; i++) {
        struct service_delivery *item = &items[i];
        struct value request = value_copy(story->arena, item->request);
        struct value script = script_of(story, item->exchange, request);
        const char *name = arena_cstr(story->arena, item->exchange);
        story->delivered = context_set(story->arena, story->delivered, name,
                                       list_add(story->arena, value_get(story->delivered, item->exchange), request));
        if (value_is_true(value_get(script, STR("hangs")))) {
            item->status = 0;
            item->problem = STR("Timeout was reached");
            continue;
        }
        item->status = (int)value_int_or(value_get(script, STR("status")), 200);
        struct value reply;
        if (!value_find(script, STR("reply"), &reply))
            reply = empty_context(arena);
        struct str text = value_text(reply);
        if (text.len && str_starts(text, STR("="))) {
            struct str why = STR_NONE;
            reply = evaluate(story, text, context_set(story->arena, value_null, "request", request), &why);
        }
        item->reply = json_text(arena, reply);
    }
}

/* ---- Telling what went wrong ---- */

static enum status fail(struct story *story, const char *format, ...) PRINTF_LIKE(2, 3);

static enum status fail(struct story *story, const char *format, ...)
{
    char text[4000];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    buf_printf(story->report, "%s\n", text);
    return FAILED;
}

static enum status unexpected(struct story *story, const struct error *err)
{
    return fail(story, "    found:    %s: %s%s%s%s%s", err->type, err->message, err->field[0] ? " field " : "",
                err->field, err->hint[0] ? " hint: " : "", err->hint);
}

/* ---- Who ---- */

static struct str text_in(struct value v, const char *name)
{
    return value_text(value_get(v, str_of(name)));
}

static bool staff_actor(struct story *story, struct str name, struct actor *out)
{
    for (size_t i = 0; i < value_count(story->staff); i++) {
        struct value one = value_at(story->staff, i);
        if (!str_equal(text_in(one, "name"), name))
            continue;
        struct str title = text_in(one, "title");
        *out = (struct actor){.kind = ACTOR_STAFF,
                              .id = name,
                              .name = title.len ? title : name,
                              .role = text_in(one, "role"),
                              .region = text_in(one, "region"),
                              .unit = text_in(one, "unit"),
                              .unit_name = text_in(one, "unit_name"),
                              .uscc = text_in(one, "uscc"),
                              .level = 3};
        return true;
    }
    return false;
}

static struct value party_of(struct story *story, struct str id)
{
    struct value parties = value_get(story->scenario->json, STR("parties"));
    for (size_t i = 0; i < value_count(parties); i++)
        if (str_equal(text_in(value_at(parties, i), "id"), id))
            return value_at(parties, i);
    return value_null;
}

static enum status read_actor(struct story *story, struct str as, struct actor *out)
{
    struct str rest = as;
    struct str kind = str_cut(&rest, ':');
    *out = actor_nobody;
    if (str_equal(kind, STR("system"))) {
        *out = actor_system;
        return OK;
    }
    if (str_equal(kind, STR("nobody")) || as.len == 0)
        return OK;
    if (str_equal(kind, STR("staff")))
        return staff_actor(story, rest, out) ? OK : fail(story, "    there is no staff %.*s", STR_ARGS(rest));
    bool organisation = str_equal(kind, STR("org"));
    if (!organisation && !str_equal(kind, STR("person")))
        return fail(story, "    \"as\" is person:ID, org:USCC, staff:NAME or system, not %.*s", STR_ARGS(as));
    struct str level = rest;
    struct str id = str_cut(&level, '@');
    int64_t n;
    struct value party = party_of(story, id);
    struct str name = text_in(party, "name");
    *out = (struct actor){.kind = organisation ? ACTOR_ORGANISATION : ACTOR_PERSON,
                          .id = id,
                          .name = name.len ? name : id,
                          .region = text_in(party, "region"),
                          .level = str_to_int64(level, &n) ? (int)n : 3};
    return OK;
}

/* ---- Waiting ---- */

#define ROUNDS_MAX 100000

/* Lets happen what happens by itself until an instant: timers and exchanges in the order of their times. */
static enum status pass_time(struct story *story, int64_t until)
{
    struct error err = ERROR_INIT;
    for (int round = 0; round < ROUNDS_MAX; round++) {
        int64_t due;
        if (story->watch && ++story->rounds > story->watch->rounds_max)
            return fail(story, "    more than %d timers and exchanges became due", story->watch->rounds_max);
        size_t sent, fired;
        if (service_next_due(story->service, &due, &err) != OK)
            return unexpected(story, &err);
        if (due > until) {
            story->now = until > story->now ? until : story->now;
            return OK;
        }
        story->now = due > story->now ? due : story->now;
        if (service_timers_run(story->service, story->now, 100, &fired, &err) != OK ||
            service_outbox_run(story->service, story->now, 100, &sent, &err) != OK)
            return unexpected(story, &err);
    }
    return fail(story, "    something stays due for ever at %" PRId64, story->now);
}

/* ---- Steps ---- */

static struct call call_of(struct story *story, const struct actor *actor)
{
    return (struct call){.service = story->service, .actor = actor, .arena = story->arena};
}

static enum status saved_no(struct story *story, struct str name, struct str *out)
{
    *out = value_text(value_get(story->saved, name));
    return out->len ? OK : fail(story, "    no step saved a case as %.*s", STR_ARGS(name));
}

/* A step that had to be refused, or had to go well. */
static enum status judge(struct story *story, struct value step, enum status status, const struct error *err)
{
    struct str refused = text_in(step, "refused");
    struct str field = text_in(step, "field");
    if (refused.len == 0)
        return status == OK ? OK : (fail(story, "    expected: it goes well"), unexpected(story, err));
    if (status == OK)
        return fail(story, "    expected: refused with %.*s\n    found:    it went well", STR_ARGS(refused));
    if (!str_equal(refused, str_of(err->type)))
        return fail(story, "    expected: refused with %.*s", STR_ARGS(refused)), unexpected(story, err);
    if (field.len && !str_equal(field, str_of(err->field)))
        return fail(story, "    expected: field %.*s", STR_ARGS(field)), unexpected(story, err);
    return OK;
}

/* Data as it stands in the step, or made by an expression over what the story gives. */
static struct value data_of(struct story *story, struct value data)
{
    struct str text = value_text(data), why = STR_NONE;
    if (!str_starts(text, STR("=")))
        return data;
    return evaluate(story, text, value_get(story->scenario->json, STR("given")), &why);
}

/* A material's file names a sample: it is uploaded first, as who acts. */
static enum status with_files(struct story *story, const struct actor *actor, struct value materials, struct value *out)
{
    struct call call = call_of(story, actor);
    struct error err = ERROR_INIT;
    struct list_builder items;
    list_builder_init(&items, story->arena);
    for (size_t i = 0; materials.kind == VALUE_LIST && i < value_count(materials); i++) {
        struct value one = value_at(materials, i), view;
        struct str file = text_in(one, "file");
        if (file.len) {
            struct str name = arena_printf(story->arena, "%.*s.pdf", STR_ARGS(file));
            struct str content = arena_printf(story->arena, "%%PDF-1.7\n%%%.*s\n", STR_ARGS(file));
            if (service_file_put(&call, name, STR("application/pdf"), content, &view, &err) != OK)
                return unexpected(story, &err);
            one = context_set(story->arena, one, "file", value_get(view, STR("id")));
        }
        list_builder_push(&items, one);
    }
    *out = materials.kind == VALUE_LIST ? list_builder_done(&items) : materials;
    return OK;
}

static enum status step_open(struct story *story, struct value step, const struct actor *actor)
{
    struct call call = call_of(story, actor);
    struct service_case_input input = {.item = text_in(step, "open"),
                                       .form = data_of(story, value_get(step, STR("form"))),
                                       .party = value_get(step, STR("party")),
                                       .materials = value_get(step, STR("materials")),
                                       .applicant = value_get(step, STR("applicant")),
                                       .signature = value_get(step, STR("signature")),
                                       .confirmed = value_is_true(value_get(step, STR("confirmed")))};
    struct error err = ERROR_INIT;
    struct value answer;
    if (with_files(story, actor, input.materials, &input.materials) != OK)
        return FAILED;
    enum status status = service_case_open(&call, &input, &answer, &err);
    if (judge(story, step, status, &err) != OK)
        return FAILED;
    struct str save = text_in(step, "save");
    if (status == OK && save.len)
        story->saved =
            context_set(story->arena, story->saved, arena_cstr(story->arena, save), value_get(answer, STR("no")));
    return OK;
}

/* Of several tasks of one element the actor's own, else the last. */
static enum status find_task(struct story *story, const struct actor *actor, struct str no, struct str element,
                             struct str *out)
{
    struct call call = call_of(story, &actor_system);
    struct error err = ERROR_INIT;
    struct value view;
    if (service_case_get(&call, no, &view, &err) != OK)
        return unexpected(story, &err);
    struct value tasks = value_get(view, STR("tasks"));
    *out = STR("0");
    bool own = false;
    for (size_t i = 0; i < value_count(tasks) && !own; i++)
        if (str_equal(text_in(value_at(tasks, i), "element"), element)) {
            *out = text_in(value_at(tasks, i), "id");
            own = str_equal(text_in(value_at(tasks, i), "assignee"), actor->id);
        }
    return OK;
}

static enum status step_complete(struct story *story, struct value step, const struct actor *actor)
{
    struct call call = call_of(story, actor);
    struct str no, id;
    struct error err = ERROR_INIT;
    struct value answer;
    if (saved_no(story, text_in(step, "of"), &no) != OK ||
        find_task(story, actor, no, text_in(step, "complete"), &id) != OK)
        return FAILED;
    enum status status = service_task_complete(&call, id, data_of(story, value_get(step, STR("with"))), &answer, &err);
    return judge(story, step, status, &err);
}

static enum status step_action(struct story *story, struct value step, const struct actor *actor)
{
    struct call call = call_of(story, actor);
    struct str no;
    struct error err = ERROR_INIT;
    struct value answer;
    if (saved_no(story, text_in(step, "of"), &no) != OK)
        return FAILED;
    struct value with = data_of(story, value_get(step, STR("with"))), materials = value_get(with, STR("materials"));
    if (with_files(story, actor, materials, &materials) != OK)
        return FAILED;
    if (!value_is_null(materials))
        with = context_set(story->arena, with, "materials", materials);
    enum status status = service_case_act(&call, no, text_in(step, "action"), with, &answer, &err);
    return judge(story, step, status, &err);
}

static struct str held_under(struct story *story, struct str type, struct str no)
{
    return arena_printf(story->arena, "%.*s in %.*s", STR_ARGS(type), STR_ARGS(no));
}

/* The job of that type that waits in the case; "0" for none. Jobs once taken are kept until they are answered. */
static enum status find_job(struct story *story, const struct call *call, struct str type, struct str no,
                            struct str *out, struct error *err)
{
    struct service_job_query query = {.type = type, .limit = 1000};
    struct value jobs, held;
    if (service_job_activate(call, &query, &jobs, err) != OK)
        return FAILED;
    for (size_t i = 0; i < value_count(jobs); i++) {
        struct value job = value_at(jobs, i);
        story->held = context_set(story->arena, story->held, held_under(story, type, text_in(job, "case")).data,
                                  value_get(job, STR("id")));
    }
    *out = value_find(story->held, held_under(story, type, no), &held) ? value_text(held) : STR("0");
    return OK;
}

static enum status step_work(struct story *story, struct value step, const struct actor *actor)
{
    struct call call = call_of(story, actor);
    struct str no, id;
    struct error err = ERROR_INIT;
    if (saved_no(story, text_in(step, "of"), &no) != OK)
        return FAILED;
    enum status status = find_job(story, &call, text_in(step, "work"), no, &id, &err);
    if (status == OK)
        status = service_job_answer(&call, id, data_of(story, value_get(step, STR("with"))),
                                    value_get(step, STR("result")), &err);
    return judge(story, step, status, &err);
}

static enum status check_all(struct story *story, struct value conditions, struct value names)
{
    for (size_t i = 0; i < value_count(conditions); i++) {
        struct str text = value_text(value_at(conditions, i)), why = STR_NONE;
        struct value result = evaluate(story, text, names, &why);
        if (value_is_true(result))
            continue;
        struct list_builder unused;
        list_builder_init(&unused, story->arena);
        return fail(story, "    expected: %.*s\n    found:    %.*s%s%.*s\n    names:    %.*s", STR_ARGS(text),
                    STR_ARGS(json_text(story->arena, result)), why.len ? " because " : "", STR_ARGS(why),
                    STR_ARGS(str_part(json_text(story->arena, names), 0, 3000)));
    }
    return OK;
}

static enum status party_named(struct story *story, struct value view, struct value *out)
{
    struct call call = call_of(story, &actor_system);
    struct str id = value_text(value_path(view, "party.id"));
    struct error err = ERROR_INIT;
    *out = value_get(view, STR("party"));
    if (id.len && service_party_get(&call, id, out, &err) != OK && err.kind != ERROR_NOT_FOUND)
        return unexpected(story, &err);
    return OK;
}

/* The newest case that this one opened. */
static enum status save_child(struct story *story, struct value step, struct value view)
{
    struct str save = text_in(step, "child");
    struct value children = value_get(view, STR("children"));
    size_t count = value_count(children);
    if (save.len == 0)
        return OK;
    if (count == 0)
        return fail(story, "    expected: a case that this one opened\n    found:    none");
    story->saved =
        context_set(story->arena, story->saved, arena_cstr(story->arena, save), value_at(children, count - 1));
    return OK;
}

#define LOOKED_AT_ONCE 200

/* What is counted and supervised in the background. */
static enum status supervise(struct story *story)
{
    struct error err = ERROR_INIT;
    for (size_t done = 1; done;)
        if (service_indicators_run(story->service, story->now, LOOKED_AT_ONCE, &done, &err) != OK)
            return unexpected(story, &err);
    for (size_t done = 1; done;)
        if (service_alerts_run(story->service, story->now, LOOKED_AT_ONCE, &done, &err) != OK)
            return unexpected(story, &err);
    return OK;
}

/* The rules that have put the case on the list of supervision, in order. */
static enum status check_alerts(struct story *story, struct value step, struct str no)
{
    struct call call = call_of(story, &actor_system);
    struct error err = ERROR_INIT;
    struct value wanted, listed, found = value_null;
    if (!value_find(step, STR("alerts"), &wanted))
        return OK;
    if (supervise(story) != OK)
        return FAILED;
    if (service_supervision_list(&call, STR(""), LOOKED_AT_ONCE, STR(""), &listed, &err) != OK)
        return unexpected(story, &err);
    struct value items = value_get(listed, STR("items"));
    for (size_t i = 0; i < value_count(items); i++) {
        struct value alerts = value_get(value_at(items, i), STR("alerts"));
        for (size_t k = 0; str_equal(text_in(value_at(items, i), "case"), no) && k < value_count(alerts); k++)
            found = list_add(story->arena, found, value_get(value_at(alerts, k), STR("rule")));
    }
    struct str told = value_is_null(found) ? STR("[]") : json_text(story->arena, found);
    if (str_equal(told, json_text(story->arena, wanted)))
        return OK;
    return fail(story, "    expected: alerts %.*s\n    found:    %.*s", STR_ARGS(json_text(story->arena, wanted)),
                STR_ARGS(told));
}

static enum status step_expect(struct story *story, struct value step)
{
    struct call call = call_of(story, &actor_system);
    struct error err = ERROR_INIT;
    struct str no, name = text_in(step, "expect"), state = text_in(step, "state");
    struct value names = empty_context(story->arena), view, party, events;
    if (name.len) {
        if (saved_no(story, name, &no) != OK)
            return FAILED;
        if (service_case_get(&call, no, &view, &err) != OK || service_case_events(&call, no, &events, &err) != OK)
            return unexpected(story, &err);
        if (state.len && !str_equal(state, text_in(view, "state")))
            return fail(story, "    expected: state %.*s\n    found:    %.*s", STR_ARGS(state),
                        STR_ARGS(str_part(json_text(story->arena, view), 0, 3000)));
        if (party_named(story, view, &party) != OK || save_child(story, step, view) != OK ||
            check_alerts(story, step, no) != OK)
            return FAILED;
        names = context_set(story->arena, names, "case", view);
        names = context_set(story->arena, names, "tasks", value_get(view, STR("tasks")));
        names = context_set(story->arena, names, "events", events);
        names = context_set(story->arena, names, "party", party);
    }
    names = context_set(story->arena, names, "clock", value_time(story->now));
    return check_all(story, value_get(step, STR("that")), names);
}

static enum status step_delivered(struct story *story, struct value step)
{
    struct str exchange = text_in(step, "delivered");
    struct value requests = value_get(story->delivered, exchange);
    size_t count = value_count(requests);
    int64_t wanted;
    if (value_to_int64(value_get(step, STR("times")), &wanted) && wanted != (int64_t)count)
        return fail(story, "    expected: %" PRId64 " deliveries to %.*s\n    found:    %zu", wanted,
                    STR_ARGS(exchange), count);
    if (count == 0 && !value_to_int64(value_get(step, STR("times")), &wanted))
        return fail(story, "    expected: a delivery to %.*s\n    found:    %.*s", STR_ARGS(exchange),
                    STR_ARGS(str_part(json_text(story->arena, story->delivered), 0, 2000)));
    struct value names =
        context_set(story->arena, value_null, "request", count ? value_at(requests, count - 1) : value_null);
    names = context_set(story->arena, names, "requests", requests);
    return check_all(story, value_get(step, STR("that")), names);
}

static enum status step_time(struct story *story, struct value step)
{
    struct str advance = text_in(step, "advance"), until = text_in(step, "until");
    struct value length, then;
    int64_t ms;
    if (until.len) {
        if (!date_time_parse(until, &then) || !date_time_to_ms(then, &ms) || ms < story->now)
            return fail(story, "    %.*s is no instant to come", STR_ARGS(until));
        return pass_time(story, ms);
    }
    if (!duration_parse(advance, &length) || !temporal_add(value_time(story->now), length, &then) ||
        !date_time_to_ms(then, &ms))
        return fail(story, "    %.*s is no duration", STR_ARGS(advance));
    return pass_time(story, ms);
}

static enum status run_step(struct story *story, struct value step)
{
    struct actor actor;
    struct value unused;
    if (value_find(step, STR("advance"), &unused) || value_find(step, STR("until"), &unused))
        return step_time(story, step);
    if (value_find(step, STR("expect"), &unused))
        return step_expect(story, step);
    if (value_find(step, STR("delivered"), &unused))
        return step_delivered(story, step);
    if (read_actor(story, text_in(step, "as"), &actor) != OK)
        return FAILED;
    enum status status = FAILED;
    if (value_find(step, STR("open"), &unused))
        status = step_open(story, step, &actor);
    else if (value_find(step, STR("complete"), &unused))
        status = step_complete(story, step, &actor);
    else if (value_find(step, STR("action"), &unused))
        status = step_action(story, step, &actor);
    else if (value_find(step, STR("work"), &unused))
        status = step_work(story, step, &actor);
    else
        return fail(story, "    a step opens, completes, acts, works, advances, waits until, expects or looks at what "
                           "was delivered");
    /* What was queued for now goes out before the next step. */
    return status == OK ? pass_time(story, story->now) : FAILED;
}

/* ---- The whole story ---- */

/* A scenario's own staff, then the base pack's. */
static struct value all_staff(struct story *story)
{
    struct list_builder all;
    list_builder_init(&all, story->arena);
    struct value own = value_get(story->scenario->json, STR("staff"));
    for (size_t i = 0; i < value_count(own); i++)
        list_builder_push(&all, value_at(own, i));
    struct value base = pack_staff(story->packs);
    for (size_t i = 0; i < value_count(base); i++)
        list_builder_push(&all, value_at(base, i));
    return list_builder_done(&all);
}

static enum status add_parties(struct story *story)
{
    struct call call = call_of(story, &actor_system);
    struct value parties = value_get(story->scenario->json, STR("parties"));
    for (size_t i = 0; i < value_count(parties); i++) {
        struct error err = ERROR_INIT;
        struct value unused;
        if (service_party_put(&call, value_at(parties, i), &unused, &err) != OK)
            return fail(story, "  party %zu", i + 1), unexpected(story, &err);
    }
    return OK;
}

static enum status play(struct story *story)
{
    struct value clock, steps = value_get(story->scenario->json, STR("steps"));
    struct str text = text_in(story->scenario->json, "clock");
    if (!date_time_parse(text, &clock) || !date_time_to_ms(clock, &story->now))
        return fail(story, "  clock: %.*s is no instant", STR_ARGS(text));
    struct world world = {story, story_now, story_random};
    struct service_transport transport = {story, story_deliver};
    struct service_options options = {
        .packs = story->packs, .world = &world, .transport = &transport, .algorithm = SERVICE_ES256};
    struct error err = ERROR_INIT;
    if (service_open(&options, &story->service, &err) != OK)
        return unexpected(story, &err);
    if (story->watch)
        service_listen(story->service,
                       (struct service_listener){.state = story->watch->state, .moved = story->watch->moved});
    enum status status = add_parties(story);
    for (size_t i = 0; status == OK && i < value_count(steps); i++) {
        size_t before = story->report->len;
        status = run_step(story, value_at(steps, i));
        struct str detail = arena_str(story->arena, str_part(buf_str(story->report), before, story->report->len));
        struct scenario_moment moment = {i, value_at(steps, i), story->now, status == OK ? STR_NONE : detail};
        if (story->watch)
            story->watch->stepped(story->watch->state, story->service, &moment);
        if (status == OK)
            continue;
        story->report->len = before;
        buf_printf(story->report, "  step %zu: %.*s\n%.*s", i + 1,
                   STR_ARGS(str_part(json_text(story->arena, value_at(steps, i)), 0, 200)), STR_ARGS(detail));
    }
    service_close(story->service);
    return status;
}

void scenario_watch_run(struct arena *arena, const struct pack_set *packs, const struct pack_scenario *scenario,
                        const struct scenario_watch *watch, struct scenario_result *out)
{
    struct buf report;
    buf_init(&report, 0);
    struct story story = {.arena = arena,
                          .packs = packs,
                          .scenario = scenario,
                          .random = 20260706,
                          .agencies = value_get(scenario->json, STR("agencies")),
                          .delivered = value_null,
                          .saved = value_null,
                          .held = value_null,
                          .report = &report,
                          .watch = watch};
    story.staff = all_staff(&story);
    out->passed = play(&story) == OK;
    out->report = arena_take(arena, &report);
}

void scenario_run(struct arena *arena, const struct pack_set *packs, const struct pack_scenario *scenario,
                  struct scenario_result *out)
{
    scenario_watch_run(arena, packs, scenario, NULL, out);
}
