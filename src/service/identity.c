/* Who asks, and what they may: the only place where permissions and scopes are decided. */
#include "service/session.h"
#include "trust/ids.h"

const struct actor actor_system = {.kind = ACTOR_SYSTEM, .id = {"system", 6}, .name = {"系统", 6}, .level = 3};
const struct actor actor_nobody = {.kind = ACTOR_NOBODY};

const char *actor_kind_name(enum actor_kind kind)
{
    static const char *const names[] = {[ACTOR_NOBODY] = "nobody",
                                        [ACTOR_PERSON] = "person",
                                        [ACTOR_ORGANISATION] = "organisation",
                                        [ACTOR_STAFF] = "staff",
                                        [ACTOR_SYSTEM] = "system"};
    return names[kind];
}

const struct pack_role *actor_role(const struct call *call)
{
    return call->actor->kind == ACTOR_STAFF ? pack_role_find(call->service->packs, call->actor->role) : NULL;
}

static bool role_may(const struct pack_role *role, const char *permission)
{
    return role && (pack_role_may(role, str_of(permission)) || pack_role_may(role, STR("*")));
}

bool service_can(const struct call *call, const char *permission)
{
    switch (call->actor->kind) {
    case ACTOR_SYSTEM: return true;
    case ACTOR_STAFF: return role_may(actor_role(call), permission);
    case ACTOR_PERSON:
    case ACTOR_ORGANISATION:
        /* What is their own; the use cases compare owners. */
        if (str_equal(str_of(permission), STR("certificate.read")))
            return !call->actor->acting || call->actor->acting->certificates;
        return str_equal(str_of(permission), STR("case.open")) || str_equal(str_of(permission), STR("case.read")) ||
               str_equal(str_of(permission), STR("case.act")) || str_equal(str_of(permission), STR("task.work"));
    case ACTOR_NOBODY: return false;
    }
    return false;
}

enum status service_may(const struct call *call, const char *permission, struct error *err)
{
    if (service_can(call, permission))
        return OK;
    if (call->actor->kind == ACTOR_NOBODY) {
        error_set(err, ERROR_UNAUTHENTICATED, "unauthenticated", "This needs signing in.");
        return error_hint(err, "Sign in, or send a bearer token.");
    }
    error_set(err, ERROR_FORBIDDEN, "forbidden", "This is not among what you may do (%s).", permission);
    return error_hint(err, "Ask an administrator for a role with this right.");
}

struct actor_scope actor_scope(const struct call *call)
{
    struct actor_scope all = {.divisions = {0, INT64_MAX}};
    const struct actor *actor = call->actor;
    if (actor->kind == ACTOR_SYSTEM)
        return all;
    const struct pack_role *role = actor_role(call);
    if (!role) {
        all.own = true;
        return all;
    }
    all.divisions = division_range(actor->region.len ? actor->region : STR("x"));
    switch (role->scope) {
    case PACK_SCOPE_OWN: all.own = true; break;
    case PACK_SCOPE_UNIT: all.unit = actor->unit; break;
    case PACK_SCOPE_REGION: break;
    case PACK_SCOPE_PROVINCE: all.divisions = division_range(str_part(actor->region, 0, 2)); break;
    }
    return all;
}

struct str party_index(const struct service *self, struct arena *arena, struct str id)
{
    return service_index(self, arena, "party", id);
}

struct str applicant_index(const struct service *self, struct arena *arena, struct str kind, struct str id)
{
    /* Persons and organisations are found as applicant and as party by one index. */
    bool staff = str_equal(kind, STR("staff")) || str_equal(kind, STR("system"));
    return service_index(self, arena, staff ? "staff" : "party", id);
}

struct str actor_index(const struct call *call)
{
    return applicant_index(call->service, call->arena, str_of(actor_kind_name(call->actor->kind)), call->actor->id);
}

struct value actor_value(const struct call *call)
{
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "kind", str_of(actor_kind_name(call->actor->kind)));
    view_text(&view, "id", call->actor->id);
    view_text(&view, "name", call->actor->name);
    view_int(&view, "level", call->actor->level);
    view_text(&view, "region", call->actor->region);
    return view_done(&view);
}

struct value actor_staff_value(const struct call *call)
{
    const struct actor *actor = call->actor;
    if (actor->kind != ACTOR_STAFF)
        return value_null;
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "id", actor->id);
    view_text(&view, "name", actor->name);
    view_text(&view, "role", actor->role);
    view_text(&view, "region", actor->region);
    view_text(&view, "unit", actor->unit);
    view_text(&view, "unit_name", actor->unit_name);
    view_text(&view, "uscc", actor->uscc);
    return view_done(&view);
}

/* Persons live where their session says, else where their ID number was issued. */
int64_t actor_region(const struct call *call)
{
    const struct actor *actor = call->actor;
    struct str code = actor->region;
    if (code.len == 0 && actor->kind == ACTOR_PERSON)
        code = str_part(actor->id, 0, 6);
    if (code.len == 0 && actor->kind == ACTOR_ORGANISATION)
        code = str_part(actor->id, 2, 8);
    return region_of(call->service->packs, code);
}

struct str actor_language(const struct call *call)
{
    return call->actor->language.len ? call->actor->language : STR("zh-CN");
}

bool actor_sees_division(const struct call *call, int64_t division, struct str unit)
{
    struct actor_scope scope = actor_scope(call);
    if (scope.own)
        return false;
    if (division < scope.divisions.from || division >= scope.divisions.to)
        return false;
    return !scope.unit.data || str_equal(scope.unit, unit);
}

bool actor_sees_case(const struct call *call, const struct store_case *row)
{
    struct str mine = actor_index(call);
    const struct store_item *item = call->actor->acting ? service_item_of(call->service, row->item) : NULL;
    if (call->actor->acting && !acting_covers(call->actor, item ? item->code : STR_NONE))
        return false;
    if (call->actor->kind == ACTOR_SYSTEM || (mine.data && str_equal(row->applicant, mine)))
        return true;
    if (call->actor->kind == ACTOR_STAFF)
        return service_can(call, "case.read") && actor_sees_division(call, row->division, row->unit);
    return mine.data && row->party.data && str_equal(row->party, mine);
}
