#include "service/delegation.h"

#include "clock/instant.h"
#include "service/delegation_work.h"
#include "service/once.h"
#include "service/session.h"
#include "store/delegation.h"

#define DAYS_MOST 92
#define REASON_MAX 500
#define STAFF_MOST 10000

static enum status refuse(struct error *err, const char *field, const char *message)
{
    error_set(err, ERROR_INVALID, "delegation-invalid", "%s", message);
    return error_field(err, "%s", field);
}

static enum status find_staff(struct db_tx *tx, struct arena *arena, struct str name, struct actor *out, bool *works,
                              struct error *err)
{
    struct store_staff row;
    bool found;
    *out = (struct actor){.kind = ACTOR_STAFF, .id = name, .name = name};
    *works = false;
    if (store_staff_find(tx, arena, name, &row, &found, err) != OK)
        return FAILED;
    if (found)
        actor_of_staff(&row, out);
    *works = found && !row.disabled;
    return OK;
}

/* ---- In a work ---- */

enum status delegation_load(struct work *work, struct error *err)
{
    struct store_delegation *rows;
    size_t count;
    const struct actor *actor = work->call->actor;
    if (work->away_known || actor->kind != ACTOR_STAFF)
        return OK;
    if (store_delegation_standing(work->tx, work->arena, actor->id, work->now, &rows, &count, err) != OK)
        return FAILED;
    struct actor *away = arena_array(work->arena, struct actor, count);
    work->away_count = 0;
    for (size_t i = 0; i < count; i++) {
        bool works;
        if (find_staff(work->tx, work->arena, rows[i].giver, &away[work->away_count], &works, err) != OK)
            return FAILED;
        work->away_count += works;
    }
    work->away = away;
    work->away_known = true;
    return OK;
}

const struct actor *delegation_of(const struct work *work, struct str name)
{
    for (size_t i = 0; i < work->away_count; i++)
        if (str_equal(work->away[i].id, name))
            return &work->away[i];
    return NULL;
}

static struct value person(struct arena *arena, struct str name, struct str title)
{
    struct value who = context_set(arena, value_null, "name", value_string(name));
    return context_set(arena, who, "title", value_string(title.len ? title : name));
}

struct value delegation_behalf(const struct work *work)
{
    return work->behalf ? person(work->arena, work->behalf->id, work->behalf->name) : value_null;
}

/* ---- Showing ---- */

static const char *state_of(const struct store_delegation *row, int64_t now)
{
    if (row->ended)
        return "ended";
    return now < row->starts ? "coming" : now < row->ends ? "standing" : "over";
}

static enum status row_view(struct work *work, const struct store_delegation *row, struct value *out, struct error *err)
{
    struct actor giver, taker;
    bool works;
    struct view view;
    if (find_staff(work->tx, work->arena, row->giver, &giver, &works, err) != OK ||
        find_staff(work->tx, work->arena, row->taker, &taker, &works, err) != OK)
        return FAILED;
    view_init(&view, work->arena);
    view_text(&view, "id", key_text(work->arena, row->id));
    view_put(&view, "from", person(work->arena, giver.id, giver.name));
    view_put(&view, "to", person(work->arena, taker.id, taker.name));
    view_text(&view, "unit_name", giver.unit_name);
    view_text(&view, "state", str_of(state_of(row, work->now)));
    view_time(&view, "starts", row->starts);
    view_time(&view, "ends", row->ends - 1);
    view_time(&view, "made", row->made);
    view_time(&view, "ended", row->ended);
    view_text(&view, "ended_by", row->ended_by.len ? row->ended_by : STR_NONE);
    view_text(&view, "reason", row->reason.len ? row->reason : STR_NONE);
    if (str_equal(row->giver, work->call->actor->id))
        view_text(&view, "mine", STR("given"));
    else if (str_equal(row->taker, work->call->actor->id))
        view_text(&view, "mine", STR("taken"));
    *out = view_done(&view);
    return OK;
}

struct listing {
    bool all;
    struct value view;
};

static enum status list_command(struct work *work, void *arg, struct error *err)
{
    struct listing *a = arg;
    struct store_delegation *rows;
    size_t count;
    struct actor_scope scope = actor_scope(work->call);
    struct store_delegation_scope within = {scope.divisions.from, scope.divisions.to, work->now, scope.unit};
    enum status status =
        a->all ? store_delegation_within(work->tx, work->arena, &within, &rows, &count, err)
               : store_delegation_of(work->tx, work->arena, work->call->actor->id, &rows, &count, err);
    if (status != OK)
        return FAILED;
    struct list_builder items;
    list_builder_init(&items, work->arena);
    for (size_t i = 0; i < count; i++) {
        struct value line;
        if (row_view(work, &rows[i], &line, err) != OK)
            return FAILED;
        list_builder_push(&items, line);
    }
    a->view = context_set(work->arena, value_null, "items", list_builder_done(&items));
    return OK;
}

static enum status need_staff(const struct call *call, struct error *err)
{
    if (call->actor->kind == ACTOR_STAFF)
        return OK;
    return call->actor->kind == ACTOR_NOBODY ? service_may(call, "task.work", err)
                                             : error_set(err, ERROR_FORBIDDEN, "forbidden", "This is for staff.");
}

enum status service_delegation_list(const struct call *call, bool all, struct value *out, struct error *err)
{
    struct listing arg = {.all = all};
    if (need_staff(call, err) != OK)
        return FAILED;
    bool oversees = service_can(call, "supervision.manage") || service_can(call, "audit.read");
    if (all && !oversees && service_may(call, "task.manage", err) != OK)
        return FAILED;
    if (work_read(call, list_command, &arg, err) != OK)
        return FAILED;
    *out = arg.view;
    return OK;
}

/* ---- Making ---- */

static enum status read_day(struct str text, const char *field, int64_t *out, struct error *err)
{
    struct value date;
    if (text.len && date_parse(text, &date) && date_time_to_ms(date, out))
        return OK;
    return refuse(err, field, "A day is written as 2026-12-01.");
}

static enum status read_days(const struct call *call, const struct service_delegation_wanted *wanted,
                             struct store_delegation *row, struct error *err)
{
    int64_t today = day_start(instant_day(service_now(call->service)));
    if (read_day(wanted->from, "from", &row->starts, err) != OK ||
        read_day(wanted->until, "until", &row->ends, err) != OK)
        return FAILED;
    row->ends += CLOCK_DAY_MS;
    if (row->starts < today)
        return refuse(err, "from", "The first day is past.");
    if (row->ends <= row->starts)
        return refuse(err, "until", "The last day lies before the first.");
    if (row->ends - row->starts > DAYS_MOST * CLOCK_DAY_MS)
        return refuse(err, "until", "Somebody stands in for 92 days at most.");
    return OK;
}

/* May do all that the other may, so that standing in lends nobody a right they do not have. */
static bool covers(const struct call *call, struct str role, struct str other)
{
    const struct pack_role *mine = pack_role_find(call->service->packs, role);
    const struct pack_role *theirs = pack_role_find(call->service->packs, other);
    if (!mine || !theirs || str_equal(role, other))
        return mine && theirs;
    if (pack_role_may(mine, STR("*")))
        return true;
    for (size_t i = 0; i < theirs->may_count; i++)
        if (!pack_role_may(mine, theirs->may[i]))
            return false;
    return mine->scope >= theirs->scope;
}

static bool stands_in(const struct call *call, const struct actor *who)
{
    const struct actor *me = call->actor;
    return !str_equal(who->id, me->id) && me->unit.len && str_equal(who->unit, me->unit) &&
           covers(call, who->role, me->role);
}

struct making {
    const struct call *call;
    struct store_delegation row;
    struct value view;
    bool added;
    struct once once;
};

static enum status make_command(struct work *work, void *arg, struct error *err)
{
    struct making *a = arg;
    struct actor taker;
    bool works;
    if (find_staff(work->tx, work->arena, a->row.taker, &taker, &works, err) != OK)
        return FAILED;
    if (!works || !stands_in(work->call, &taker)) {
        refuse(err, "to", "Only a colleague of the same unit whose role may do the same can stand in.");
        return error_hint(err, "The list of colleagues shows who can.");
    }
    if (work_key(work, actor_region(work->call), &a->row.id, err) != OK)
        return FAILED;
    return row_view(work, &a->row, &a->view, err);
}

static enum status insert_delegation(struct db_tx *tx, void *arg, struct error *err)
{
    struct making *a = arg;
    if (store_delegation_insert(tx, &a->row, &a->added, err) != OK)
        return FAILED;
    return a->added ? once_keep(tx, a->call, &a->once, a->view, err) : OK;
}

enum status service_delegation_make(const struct call *call, const struct service_delegation_wanted *wanted,
                                    struct value *out, struct error *err)
{
    struct str reason = str_trim(wanted->reason);
    struct making a = {.call = call,
                       .row = {.giver = call->actor->id,
                               .taker = str_trim(wanted->to),
                               .unit = call->actor->unit,
                               .division = division_of(call->actor->region),
                               .made = service_now(call->service),
                               .ended_by = STR(""),
                               .reason = reason.len ? reason : STR("")}};
    struct view request;
    view_init(&request, call->arena);
    view_text(&request, "to", a.row.taker);
    view_text(&request, "from", wanted->from);
    view_text(&request, "until", wanted->until);
    view_text(&request, "reason", a.row.reason);
    if (need_staff(call, err) != OK || service_may(call, "task.work", err) != OK ||
        once_begin(call, "delegation", view_done(&request), &a.once, err) != OK)
        return FAILED;
    if (!value_is_null(a.once.answer)) {
        *out = a.once.answer;
        return OK;
    }
    if (a.row.taker.len == 0 || a.row.taker.len > 40)
        return refuse(err, "to", "Say which colleague stands in.");
    if (reason.len > REASON_MAX)
        return refuse(err, "reason", "The reason has at most 500 bytes.");
    if (read_days(call, wanted, &a.row, err) != OK || work_run(call, make_command, &a, err) != OK ||
        db_write(call->service->db, insert_delegation, &a, err) != OK)
        return FAILED;
    if (!a.added) {
        error_set(err, ERROR_CONFLICT, "delegation-overlaps",
                  "In these days somebody stands in already, or the colleague is away.");
        return error_hint(err, "End the other one first, or choose other days or another colleague.");
    }
    *out = a.view;
    return OK;
}

/* ---- Ending ---- */

struct ending {
    struct arena *arena;
    struct store_delegation row;
    bool found, done;
};

static enum status find_delegation(struct db_tx *tx, void *arg, struct error *err)
{
    struct ending *a = arg;
    return store_delegation_find(tx, a->arena, a->row.id, &a->row, &a->found, err);
}

static enum status end_delegation(struct db_tx *tx, void *arg, struct error *err)
{
    struct ending *a = arg;
    return store_delegation_end(tx, &a->row, &a->done, err);
}

enum status service_delegation_end(const struct call *call, struct str id, struct error *err)
{
    struct ending a = {.arena = call->arena};
    if (need_staff(call, err) != OK)
        return FAILED;
    if (key_parse(id, &a.row.id) && db_read(call->service->db, find_delegation, &a, err) != OK)
        return FAILED;
    bool given = a.found && str_equal(a.row.giver, call->actor->id);
    bool managed = a.found && service_can(call, "task.manage") && actor_sees_division(call, a.row.division, a.row.unit);
    if (!given && !managed)
        return error_set(err, ERROR_NOT_FOUND, "delegation-not-found", "There is no such absence of yours.");
    int64_t now = service_now(call->service);
    bool over = a.row.ended || now >= a.row.ends;
    a.row.ended = now;
    a.row.ended_by = call->actor->id;
    if (!over && db_write(call->service->db, end_delegation, &a, err) != OK)
        return FAILED;
    return a.done ? OK : error_set(err, ERROR_CONFLICT, "delegation-ended", "It has ended already.");
}

/* ---- Colleagues ---- */

struct colleagues {
    struct arena *arena;
    struct store_staff *rows;
    size_t count;
};

static enum status list_staff(struct db_tx *tx, void *arg, struct error *err)
{
    struct colleagues *a = arg;
    return store_staff_page(tx, a->arena, STR(""), STAFF_MOST, &a->rows, &a->count, err);
}

static struct value colleague_view(const struct call *call, const struct actor *who)
{
    const struct pack_role *role = pack_role_find(call->service->packs, who->role);
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "name", who->id);
    view_text(&view, "title", who->name);
    view_text(&view, "role", who->role);
    view_text(&view, "role_title", role ? role->title : STR_NONE);
    view_text(&view, "unit", who->unit);
    view_text(&view, "unit_name", who->unit_name);
    view_put(&view, "stands_in", value_boolean(stands_in(call, who)));
    return view_done(&view);
}

enum status service_colleague_list(const struct call *call, struct value *out, struct error *err)
{
    struct colleagues a = {.arena = call->arena};
    struct list_builder items;
    if (need_staff(call, err) != OK || service_may(call, "task.work", err) != OK ||
        db_read(call->service->db, list_staff, &a, err) != OK)
        return FAILED;
    bool manages = service_can(call, "task.manage");
    list_builder_init(&items, call->arena);
    for (size_t i = 0; i < a.count; i++) {
        struct actor who;
        actor_of_staff(&a.rows[i], &who);
        const struct pack_role *role = pack_role_find(call->service->packs, who.role);
        bool near = call->actor->unit.len && str_equal(who.unit, call->actor->unit);
        bool below = manages && actor_sees_division(call, division_of(who.region), who.unit);
        bool works = role && (pack_role_may(role, STR("task.work")) || pack_role_may(role, STR("*")));
        if (!a.rows[i].disabled && works && (near || below))
            list_builder_push(&items, colleague_view(call, &who));
    }
    *out = context_set(call->arena, value_null, "items", list_builder_done(&items));
    return OK;
}
