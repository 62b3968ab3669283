#include "service/acting.h"

#include "clock/instant.h"
#include "service/builtin.h"
#include "service/once.h"
#include "service/session.h"
#include "store/mandate.h"
#include "trust/ids.h"

#define ASSIST_MS (120 * CLOCK_MINUTE_MS)
#define MANDATE_DAYS_MOST (3 * 366)
#define ITEMS_MOST 100
#define TEXT_MOST 500

/* The sealed body: {principal {kind, id, name, region}, agent {kind, id, name}, items, certificates, relation,
 * evidence, by {kind, id, name, unit}, reason}. */

static struct str place(struct arena *arena, int64_t id)
{
    return arena_printf(arena, "mandate:%" PRId64, id);
}

static enum status refuse(struct error *err, const char *field, const char *message)
{
    error_set(err, ERROR_INVALID, "mandate-invalid", "%s", message);
    return error_field(err, "%s", field);
}

static enum status not_found(struct error *err)
{
    error_set(err, ERROR_NOT_FOUND, "mandate-not-found", "There is no such mandate of yours.");
    return error_hint(err, "Whoever is represented grants one, or a clerk at a service window.");
}

static enum status has_ended(struct error *err)
{
    error_set(err, ERROR_CONFLICT, "mandate-ended", "The mandate has ended.");
    return error_hint(err, "Ask for a new one.");
}

static bool stands(const struct store_mandate *row, int64_t now)
{
    return row->ended == 0 && now < row->until;
}

/* ---- In sessions ---- */

struct value acting_body(struct arena *arena, const struct acting *acting)
{
    struct view view;
    view_init(&view, arena);
    view_text(&view, "mandate", acting->mandate);
    view_text(&view, "kind", str_of(actor_kind_name(acting->agent.kind)));
    view_text(&view, "id", acting->agent.id);
    view_text(&view, "name", acting->agent.name);
    view_text(&view, "region", acting->agent.region);
    view_int(&view, "level", acting->agent.level);
    return view_done(&view);
}

struct value acting_agent(struct arena *arena, const struct actor *actor)
{
    if (!actor->acting)
        return value_null;
    const struct actor *agent = &actor->acting->agent;
    struct view view;
    view_init(&view, arena);
    view_text(&view, "kind", str_of(actor_kind_name(agent->kind)));
    view_text(&view, "id", agent->id);
    view_text(&view, "name", agent->name);
    view_text(&view, "unit_name", agent->unit_name);
    view_text(&view, "mandate", actor->acting->mandate);
    return view_done(&view);
}

bool acting_covers(const struct actor *actor, struct str item)
{
    if (!actor->acting)
        return true;
    struct value items = actor->acting->items;
    for (size_t i = 0; i < value_count(items); i++)
        if (str_equal(value_text(value_at(items, i)), item))
            return true;
    return value_count(items) == 0;
}

struct mandate_arg {
    struct arena *arena;
    struct store_mandate row, *rows, *held;
    size_t count, held_count;
    bool found, ended;
};

static enum status find_mandate(struct db_tx *tx, void *arg, struct error *err)
{
    struct mandate_arg *a = arg;
    return store_mandate_find(tx, a->arena, store_key_region(a->row.id), a->row.id, &a->row, &a->found, err);
}

static enum status load(const struct call *call, struct str id, struct mandate_arg *arg, struct value *body,
                        struct error *err)
{
    *arg = (struct mandate_arg){.arena = call->arena};
    if (key_parse(id, &arg->row.id) && db_read(call->service->db, find_mandate, arg, err) != OK)
        return FAILED;
    if (!arg->found)
        return not_found(err);
    return service_unseal(call->service, call->arena, place(call->arena, arg->row.id), arg->row.body, body, err);
}

static const struct acting *acting_new(struct arena *arena, const struct actor *agent, int64_t id, struct value body)
{
    struct acting *acting = arena_new(arena, struct acting);
    struct value items = value_get(body, STR("items"));
    *acting = (struct acting){.agent = *agent,
                              .mandate = key_text(arena, id),
                              .items = value_is_null(items) ? value_list(arena, NULL, 0) : items,
                              .certificates = value_is_true(value_get(body, STR("certificates")))};
    acting->agent.acting = NULL;
    return acting;
}

enum status acting_load(const struct call *call, struct value kept, const struct actor *staff, struct actor *actor,
                        struct error *err)
{
    struct mandate_arg arg;
    struct value body;
    struct error problem = ERROR_INIT;
    struct actor agent = *staff;
    if (load(call, value_text(value_get(kept, STR("mandate"))), &arg, &body, &problem) != OK) {
        if (problem.kind != ERROR_NOT_FOUND) {
            *err = problem;
            return FAILED;
        }
        arg.row.ended = 1;
    }
    if (!stands(&arg.row, service_now(call->service))) {
        error_set(err, ERROR_UNAUTHENTICATED, "unauthenticated", "The mandate that this session was under has ended.");
        return error_hint(err, "Sign in again.");
    }
    if (agent.kind == ACTOR_NOBODY)
        agent = (struct actor){.kind = ACTOR_PERSON,
                               .id = value_text(value_get(kept, STR("id"))),
                               .name = value_text(value_get(kept, STR("name"))),
                               .region = value_text(value_get(kept, STR("region"))),
                               .level = (int)value_int_or(value_get(kept, STR("level")), 1)};
    actor->acting = acting_new(call->arena, &agent, arg.row.id, body);
    return OK;
}

/* ---- Granting ---- */

struct granting {
    struct str principal_id, principal_name;
    struct value body;
    struct store_mandate row;
    struct party_held party;
    const struct call *call;
    struct value view;
    struct once once;
};

/* Who is not in the register: a clerk has their papers before them. */
static enum status new_principal(struct work *work, const struct granting *g, struct value *out, struct error *err)
{
    struct citizen citizen;
    struct error inner = ERROR_INIT;
    bool person = citizen_id_check(g->principal_id, &citizen, &inner) == OK;
    if (!person && uscc_check(g->principal_id, &inner) != OK)
        return refuse(err, "principal.id", "This is neither an ID number nor a credit code.");
    if (!g->principal_name.len || g->principal_name.len > 200) {
        error_set(err, ERROR_NOT_FOUND, "party-not-found", "Nobody is registered under this number.");
        error_field(err, "principal.name");
        return error_hint(err, "Give the name too, as it stands on the paper.");
    }
    struct view view;
    view_init(&view, work->arena);
    view_text(&view, "kind", person ? STR("person") : STR("organisation"));
    view_text(&view, "id", g->principal_id);
    view_text(&view, "name", g->principal_name);
    *out = view_done(&view);
    return OK;
}

static enum status grant_command(struct work *work, void *arg, struct error *err)
{
    struct granting *g = arg;
    if (party_find(work, g->principal_id, &g->party, err) != OK)
        return FAILED;
    const struct actor *actor = work->call->actor;
    struct value party = g->party.body;
    if (!g->party.found && actor->kind == ACTOR_STAFF && new_principal(work, g, &party, err) != OK)
        return FAILED;
    if (!g->party.found && actor->kind != ACTOR_STAFF)
        party = actor_value(work->call);
    struct value principal = value_null;
    static const char *const kept[] = {"kind", "id", "name", "region"};
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        principal = context_set(work->arena, principal, kept[i], value_get(party, str_of(kept[i])));
    if (value_is_null(value_get(principal, STR("kind"))))
        principal =
            context_set(work->arena, principal, "kind", value_cstr(g->party.row.kind ? "organisation" : "person"));
    g->body = context_set(work->arena, g->body, "principal", principal);
    g->row.region = g->party.found ? g->party.row.region : actor_region(work->call);
    g->row.principal = party_index(work->service, work->arena, g->principal_id);
    return work_key(work, g->row.region, &g->row.id, err);
}

static enum status insert_mandate(struct db_tx *tx, void *arg, struct error *err)
{
    struct granting *g = arg;
    if (store_mandate_insert(tx, &g->row, err) != OK)
        return FAILED;
    return once_keep(tx, g->call, &g->once, g->view, err);
}

/* Makes the row; who is represented is looked up in the register. */
static enum status make_row(const struct call *call, struct granting *g, struct error *err)
{
    struct service *service = call->service;
    struct view by;
    view_init(&by, call->arena);
    view_text(&by, "kind", str_of(actor_kind_name(call->actor->kind)));
    view_text(&by, "id", call->actor->id);
    view_text(&by, "name", call->actor->name);
    view_text(&by, "unit_name", call->actor->unit_name);
    g->body = context_set(call->arena, g->body, "by", view_done(&by));
    if (work_run(call, grant_command, g, err) != OK)
        return FAILED;
    g->row.granted = service_now(service);
    g->row.body = service_seal(service, call->arena, place(call->arena, g->row.id), g->body);
    return OK;
}

static enum status put(const struct call *call, struct granting *g, struct error *err)
{
    return make_row(call, g, err) == OK ? db_write(call->service->db, insert_mandate, g, err) : FAILED;
}

static enum status check_items(const struct call *call, struct value items, struct error *err)
{
    if (value_is_null(items))
        return OK;
    if (items.kind != VALUE_LIST || value_count(items) > ITEMS_MOST)
        return refuse(err, "items", "The items are a list of at most 100 item codes.");
    for (size_t i = 0; i < value_count(items); i++) {
        struct str code = value_text(value_at(items, i));
        if (code.len && pack_item_find(call->service->packs, code, instant_day(service_now(call->service))))
            continue;
        error_set(err, ERROR_NOT_FOUND, "item-not-found", "There is no item %.*s in force.", STR_ARGS(code));
        return error_field(err, "items[%zu]", i);
    }
    return OK;
}

static enum status check_agent(const struct call *call, const struct service_mandate *wanted, struct str principal,
                               struct error *err)
{
    struct citizen citizen;
    struct error inner = ERROR_INIT;
    struct str id = value_text(value_get(wanted->agent, STR("id"))),
               name = value_text(value_get(wanted->agent, STR("name")));
    (void)call;
    if (citizen_id_check(id, &citizen, &inner) != OK)
        return refuse(err, "agent.id", inner.message);
    if (!name.len || name.len > 100)
        return refuse(err, "agent.name", "Who is to act has a name.");
    if (str_equal(id, principal))
        return refuse(err, "agent.id", "Nobody needs a mandate to act for themself.");
    return OK;
}

static enum status read_until(const struct call *call, struct str text, int64_t *out, struct error *err)
{
    struct value date;
    int64_t now = service_now(call->service), start;
    if (!text.len || !date_parse(text, &date) || !date_time_to_ms(date, &start))
        return refuse(err, "until", "A mandate has a last day, such as 2027-06-30.");
    *out = start + CLOCK_DAY_MS;
    if (*out <= now)
        return refuse(err, "until", "The last day is past.");
    if (*out > now + MANDATE_DAYS_MOST * CLOCK_DAY_MS)
        return refuse(err, "until", "A mandate lasts three years at most.");
    return OK;
}

static enum status check_wanted(const struct call *call, const struct service_mandate *wanted, struct str *principal,
                                struct error *err)
{
    static const char *const relations[] = {"enterprise", "child", "elder", "other"};
    const struct actor *actor = call->actor;
    bool party = (actor->kind == ACTOR_PERSON || actor->kind == ACTOR_ORGANISATION) && !actor->acting;
    if (!party && service_may(call, "mandate.grant", err) != OK)
        return FAILED;
    *principal = party ? actor->id : value_text(value_get(wanted->principal, STR("id")));
    if (!principal->len || principal->len > 64)
        return refuse(err, "principal.id", "It must be said who is represented.");
    if (!party && (!wanted->evidence.len || wanted->evidence.len > TEXT_MOST))
        return refuse(err, "evidence", "A clerk says which evidence there is for the mandate, in at most 500 bytes.");
    if (wanted->relation.len && name_index(relations, COUNT_OF(relations), wanted->relation) < 0)
        return refuse(err, "relation", "The relation is enterprise, child, elder or other.");
    if (check_agent(call, wanted, *principal, err) != OK)
        return FAILED;
    return check_items(call, wanted->items, err);
}

/* ---- Views ---- */

/* An ID number as somebody else may see it. */
static struct value masked(const struct call *call, struct value who)
{
    struct str id = value_text(value_get(who, STR("id")));
    if (!id.len || str_equal(id, call->actor->id) || str_equal(value_text(value_get(who, STR("kind"))), STR("staff")))
        return who;
    return context_set(call->arena, who, "id", value_string(citizen_id_mask(call->arena, id)));
}

static struct value mandate_view(const struct call *call, const struct store_mandate *row, struct value body)
{
    static const char *const kept[] = {"items", "certificates", "relation", "evidence", "reason"};
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "id", key_text(call->arena, row->id));
    view_text(&view, "state", row->ended                                     ? STR("ended")
                              : service_now(call->service) >= row->until ? STR("over")
                                                                         : STR("valid"));
    view_put(&view, "principal", masked(call, value_get(body, STR("principal"))));
    view_put(&view, "agent", masked(call, value_get(body, STR("agent"))));
    view_put(&view, "by", masked(call, value_get(body, STR("by"))));
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        view_put(&view, kept[i], value_get(body, str_of(kept[i])));
    view_time(&view, "granted", row->granted);
    view_time(&view, "until", row->until);
    view_time(&view, "ended", row->ended);
    return view_done(&view);
}

static struct value grant_request(struct arena *arena, const struct service_mandate *wanted)
{
    struct view view;
    view_init(&view, arena);
    view_put(&view, "principal", wanted->principal);
    view_put(&view, "agent", wanted->agent);
    view_put(&view, "items", wanted->items);
    view_flag(&view, "certificates", wanted->certificates);
    view_text(&view, "relation", wanted->relation);
    view_text(&view, "evidence", wanted->evidence);
    view_text(&view, "until", wanted->until);
    return view_done(&view);
}

enum status service_mandate_grant(const struct call *call, const struct service_mandate *wanted, struct value *out,
                                  struct error *err)
{
    struct granting g = {.principal_name = value_text(value_get(wanted->principal, STR("name"))), .call = call};
    struct arena *arena = call->arena;
    if (once_begin(call, "mandate", grant_request(arena, wanted), &g.once, err) != OK)
        return FAILED;
    *out = g.once.answer;
    if (!value_is_null(*out))
        return OK;
    if (check_wanted(call, wanted, &g.principal_id, err) != OK ||
        read_until(call, wanted->until, &g.row.until, err) != OK)
        return FAILED;
    struct view agent, body;
    view_init(&agent, arena);
    view_text(&agent, "kind", STR("person"));
    view_text(&agent, "id", value_text(value_get(wanted->agent, STR("id"))));
    view_text(&agent, "name", value_text(value_get(wanted->agent, STR("name"))));
    view_init(&body, arena);
    view_put(&body, "agent", view_done(&agent));
    view_put(&body, "items", value_is_null(wanted->items) ? value_list(arena, NULL, 0) : wanted->items);
    view_put(&body, "certificates", value_boolean(wanted->certificates));
    view_text(&body, "relation", wanted->relation.len ? wanted->relation : STR("other"));
    view_text(&body, "evidence", wanted->evidence);
    g.body = view_done(&body);
    g.row.agent = party_index(call->service, arena, value_text(value_get(wanted->agent, STR("id"))));
    if (make_row(call, &g, err) != OK)
        return FAILED;
    g.view = mandate_view(call, &g.row, g.body);
    if (db_write(call->service->db, insert_mandate, &g, err) != OK)
        return FAILED;
    *out = g.view;
    return OK;
}

static enum status list_mandates(struct db_tx *tx, void *arg, struct error *err)
{
    struct mandate_arg *a = arg;
    return store_mandate_of_principal(tx, a->arena, a->row.principal, &a->rows, &a->count, err) == OK &&
                   store_mandate_of_agent(tx, a->arena, a->row.principal, &a->held, &a->held_count, err) == OK
               ? OK
               : FAILED;
}

static enum status views(const struct call *call, const struct store_mandate *rows, size_t count, struct value *out,
                         struct error *err)
{
    struct list_builder items;
    list_builder_init(&items, call->arena);
    for (size_t i = 0; i < count; i++) {
        struct value body;
        if (service_unseal(call->service, call->arena, place(call->arena, rows[i].id), rows[i].body, &body, err) != OK)
            return FAILED;
        list_builder_push(&items, mandate_view(call, &rows[i], body));
    }
    *out = list_builder_done(&items);
    return OK;
}

enum status service_mandate_list(const struct call *call, struct value *out, struct error *err)
{
    struct mandate_arg arg = {.arena = call->arena, .row.principal = actor_index(call)};
    struct value given, held;
    if (call->actor->kind == ACTOR_NOBODY || !arg.row.principal.data)
        return service_may(call, "mandate.grant", err) == OK ? not_found(err) : FAILED;
    if (db_read(call->service->db, list_mandates, &arg, err) != OK ||
        views(call, arg.rows, arg.count, &given, err) != OK || views(call, arg.held, arg.held_count, &held, err) != OK)
        return FAILED;
    *out = context_set(call->arena, value_null, "given", given);
    *out = context_set(call->arena, *out, "held", held);
    return OK;
}

static enum status end_mandate(struct db_tx *tx, void *arg, struct error *err)
{
    struct mandate_arg *a = arg;
    return store_mandate_end(tx, &a->row, &a->ended, err);
}

enum status service_mandate_end(const struct call *call, struct str id, struct str reason, struct error *err)
{
    struct mandate_arg arg;
    struct value body;
    struct str me = actor_index(call);
    if (call->actor->kind == ACTOR_NOBODY)
        return service_may(call, "mandate.grant", err);
    if (reason.len > TEXT_MOST)
        return refuse(err, "reason", "The reason has at most 500 bytes.");
    if (load(call, id, &arg, &body, err) != OK)
        return FAILED;
    bool mine = me.data && (str_equal(me, arg.row.principal) || str_equal(me, arg.row.agent));
    if (!mine && !(call->actor->kind == ACTOR_STAFF && service_can(call, "mandate.grant")))
        return not_found(err);
    if (!stands(&arg.row, service_now(call->service)))
        return has_ended(err);
    arg.row.ended = service_now(call->service);
    if (reason.len)
        body = context_set(call->arena, body, "reason", value_string(reason));
    arg.row.body = service_seal(call->service, call->arena, place(call->arena, arg.row.id), body);
    if (db_write(call->service->db, end_mandate, &arg, err) != OK)
        return FAILED;
    return arg.ended ? OK : has_ended(err);
}

/* ---- Changing over ---- */

static enum status act_by(const struct call *call, struct str secret, const struct store_mandate *row,
                          struct value body, struct service_session *out, struct error *err)
{
    const struct actor *agent = call->actor->acting ? &call->actor->acting->agent : call->actor;
    struct value principal = value_get(body, STR("principal"));
    bool organisation = str_equal(value_text(value_get(principal, STR("kind"))), STR("organisation"));
    struct actor actor = {.kind = organisation ? ACTOR_ORGANISATION : ACTOR_PERSON,
                          .id = value_text(value_get(principal, STR("id"))),
                          .name = value_text(value_get(principal, STR("name"))),
                          .region = value_text(value_get(principal, STR("region"))),
                          .language = agent->language,
                          .level = agent->level,
                          .acting = acting_new(call->arena, agent, row->id, body)};
    return session_start(call, &actor, secret, out, err);
}

enum status service_act_for(const struct call *call, struct str secret, struct str mandate, struct service_session *out,
                            struct error *err)
{
    struct mandate_arg arg;
    struct value body;
    const struct actor *agent = call->actor->acting ? &call->actor->acting->agent : call->actor;
    struct call self = *call;
    self.actor = agent;
    if (agent->kind == ACTOR_NOBODY || !secret.len) {
        error_set(err, ERROR_UNAUTHENTICATED, "unauthenticated", "This needs a session.");
        return error_hint(err, "Sign in first.");
    }
    if (!mandate.len)
        return session_start(call, agent, secret, out, err);
    if (load(call, mandate, &arg, &body, err) != OK)
        return FAILED;
    struct str me = actor_index(&self);
    if (!me.data || !str_equal(me, arg.row.agent))
        return not_found(err);
    if (!stands(&arg.row, service_now(call->service)))
        return has_ended(err);
    return act_by(call, secret, &arg.row, body, out, err);
}

enum status service_assist(const struct call *call, struct str secret, const struct service_assistance *who,
                           struct service_session *out, struct error *err)
{
    struct granting g = {.principal_id = who->id, .principal_name = who->name};
    if (service_may(call, "mandate.grant", err) != OK)
        return FAILED;
    if (call->actor->kind != ACTOR_STAFF || !secret.len)
        return error_set(err, ERROR_FORBIDDEN, "forbidden", "Only a clerk's own session can assist.");
    if (!who->id.len || who->id.len > 64)
        return refuse(err, "id", "It must be said for whom: an ID number or a credit code.");
    if (!who->evidence.len || who->evidence.len > TEXT_MOST)
        return refuse(err, "evidence", "Say which paper was seen at the window, in at most 500 bytes.");
    struct view agent, body;
    view_init(&agent, call->arena);
    view_text(&agent, "kind", STR("staff"));
    view_text(&agent, "id", call->actor->id);
    view_text(&agent, "name", call->actor->name);
    view_init(&body, call->arena);
    view_put(&body, "agent", view_done(&agent));
    view_put(&body, "items", value_list(call->arena, NULL, 0));
    view_put(&body, "certificates", value_boolean(true));
    view_text(&body, "relation", STR("window"));
    view_text(&body, "evidence", who->evidence);
    g.body = view_done(&body);
    g.row.agent = actor_index(call);
    g.row.until = service_now(call->service) + ASSIST_MS;
    if (put(call, &g, err) != OK)
        return FAILED;
    return act_by(call, secret, &g.row, g.body, out, err);
}
