/* Integrations and their health, settings with their groups, notices with example data. */
#include "service/administer.h"

#include "clock/instant.h"
#include "feel/template.h"
#include "service/builtin.h"
#include "service/exchange.h"

#define VALUE_MAX 2000
#define TEST_MS 5000

/* ---- Integrations ---- */

struct integrations {
    const struct call *call;
    const struct pack_exchange *const *exchanges;
    size_t count;
    struct store_exchange_health *health; /* of each exchange */
    struct store_exchange_waiting *waiting;
    size_t waiting_count;
};

static enum status read_health(struct db_tx *tx, void *arg, struct error *err)
{
    struct integrations *self = arg;
    struct arena *arena = self->call->arena;
    int64_t since = service_now(self->call->service) - CLOCK_DAY_MS;
    for (size_t i = 0; i < self->count; i++)
        if (store_exchange_health(tx, arena, self->exchanges[i]->id, since, &self->health[i], err) != OK)
            return FAILED;
    return store_exchange_waiting(tx, arena, &self->waiting, &self->waiting_count, err);
}

static enum status agency_setting(const struct call *call, struct str agency, const char *suffix, struct str *out,
                                  struct error *err)
{
    return service_setting_get(call, arena_printf(call->arena, "agency.%.*s%s", STR_ARGS(agency), suffix), out, err);
}

/* The agency's own address, else that of all. */
static enum status address_of(const struct call *call, const struct pack_exchange *exchange, struct str *out,
                              struct error *err)
{
    if (agency_setting(call, exchange->agency, "", out, err) != OK)
        return FAILED;
    if (!out->len)
        *out = call->service->agencies;
    return OK;
}

static const char *state_of(struct str address, const struct store_exchange_health *health, int64_t failing)
{
    if (!address.len)
        return "no-address";
    if (failing || health->bad_at > health->good_at)
        return "failing";
    return health->good_at ? "good" : "idle";
}

static enum status integration_view(const struct integrations *self, size_t at, struct value *out, struct error *err)
{
    const struct pack_exchange *exchange = self->exchanges[at];
    const struct store_exchange_health *health = &self->health[at];
    struct store_exchange_waiting waiting = {0};
    struct str address, token;
    if (address_of(self->call, exchange, &address, err) != OK ||
        agency_setting(self->call, exchange->agency, ".token", &token, err) != OK)
        return FAILED;
    for (size_t i = 0; i < self->waiting_count; i++)
        if (str_equal(self->waiting[i].exchange, exchange->id))
            waiting = self->waiting[i];
    struct view view;
    view_init(&view, self->call->arena);
    view_text(&view, "id", exchange->id);
    view_text(&view, "title", exchange->title);
    view_text(&view, "agency", exchange->agency);
    view_text(&view, "method", exchange->method.len ? exchange->method : STR("POST"));
    view_text(&view, "path", exchange->path);
    view_text(&view, "pack", pack_id(exchange->pack));
    view_text(&view, "address", address);
    view_flag(&view, "token", token.len > 0);
    view_time(&view, "last_good", health->good_at);
    if (health->good_at)
        view_int(&view, "took_ms", health->good_ms);
    view_time(&view, "last_bad", health->bad_at);
    if (health->bad_status)
        view_int(&view, "status", health->bad_status);
    view_text(&view, "problem", health->problem);
    view_int(&view, "bad_today", health->bad_since);
    view_int(&view, "waiting", waiting.waiting);
    view_int(&view, "failing", waiting.failing);
    view_text(&view, "state", str_of(state_of(address, health, waiting.failing)));
    *out = view_done(&view);
    return OK;
}

enum status service_integration_list(const struct call *call, struct value *out, struct error *err)
{
    struct integrations self = {.call = call};
    struct list_builder items;
    list_builder_init(&items, call->arena);
    if (service_may(call, "exchange.manage", err) != OK)
        return FAILED;
    self.exchanges = pack_exchanges(call->service->packs, &self.count);
    self.health = arena_array(call->arena, struct store_exchange_health, self.count);
    if (db_read(call->service->db, read_health, &self, err) != OK)
        return FAILED;
    for (size_t i = 0; i < self.count; i++) {
        struct value line;
        if (integration_view(&self, i, &line, err) != OK)
            return FAILED;
        list_builder_push(&items, line);
    }
    *out = context_set(call->arena, value_null, "items", list_builder_done(&items));
    return OK;
}

enum status service_integration_test(const struct call *call, struct str id, struct value *out, struct error *err)
{
    const struct pack_exchange *exchange = pack_exchange_find(call->service->packs, id);
    const struct service_transport *transport = call->service->transport;
    struct str address, token;
    if (service_may(call, "exchange.manage", err) != OK)
        return FAILED;
    if (!exchange)
        return error_set(err, ERROR_NOT_FOUND, "exchange-unknown", "There is no exchange %.*s.", STR_ARGS(id));
    if (address_of(call, exchange, &address, err) != OK ||
        agency_setting(call, exchange->agency, ".token", &token, err) != OK)
        return FAILED;
    struct service_delivery delivery = {
        .exchange = exchange->id,
        .agency = exchange->agency,
        .method = STR("OPTIONS"),
        .path = exchange->path,
        .url =
            address.len ? arena_printf(call->arena, "%.*s%.*s", STR_ARGS(address), STR_ARGS(exchange->path)) : STR_NONE,
        .token = token,
        .request = value_null,
        .body = STR(""),
        .timeout_ms = TEST_MS};
    transport->deliver(transport->state, call->arena, &delivery, 1);
    log_event(LOG_INFO, "exchange.tested", "exchange=%.*s status=%d", STR_ARGS(exchange->id), delivery.status);
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "id", exchange->id);
    view_flag(&view, "reachable", delivery.status > 0);
    view_int(&view, "status", delivery.status);
    view_int(&view, "took_ms", delivery.took_ms);
    view_text(&view, "problem", delivery.problem);
    *out = view_done(&view);
    return OK;
}

/* ---- Settings ---- */

struct known_setting {
    const char *name, *group;
};
static const struct known_setting known_settings[] = {
    {"totp.roles", "signing-in"},     {"oidc.issuer", "signing-in"},    {"oidc.client", "signing-in"},
    {"oidc.secret", "signing-in"},    {"oidc.title", "signing-in"},     {"oidc.scope", "signing-in"},
    {"oidc.claim.id", "signing-in"},  {"oidc.claim.uscc", "signing-in"}, {"oidc.claim.name", "signing-in"},
    {"oidc.claim.level", "signing-in"}, {"oidc.levels", "signing-in"},  {"signature.algorithm", "certificates"},
    {"scan.clamd", "files"},          {"mail.server", "messages"},      {"mail.from", "messages"},
    {"mail.user", "messages"},        {"mail.password", "messages"},    {"camunda.optional", "processes"},
    {"site.notice", "messages"},
};

static enum status setting_line(const struct call *call, struct str name, const char *group, struct value *out,
                                struct error *err)
{
    struct str value;
    if (service_setting_get(call, name, &value, err) != OK)
        return FAILED;
    bool secret = setting_is_secret(name);
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "name", name);
    view_text(&view, "group", str_of(group));
    view_flag(&view, "secret", secret);
    view_flag(&view, "set", value.len > 0);
    if (!secret)
        view_text(&view, "value", value);
    *out = view_done(&view);
    return OK;
}

/* Every agency of the packs once. */
static bool is_first_of_agency(const struct pack_exchange *const *exchanges, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (str_equal(exchanges[i]->agency, exchanges[at]->agency))
            return false;
    return true;
}

/* The setting's group; NULL when there is no such setting. */
static const char *group_of(const struct call *call, struct str name)
{
    size_t count;
    const struct pack_exchange *const *exchanges = pack_exchanges(call->service->packs, &count);
    for (size_t i = 0; i < COUNT_OF(known_settings); i++)
        if (str_equal(name, str_of(known_settings[i].name)))
            return known_settings[i].group;
    for (size_t i = 0; i < count; i++) {
        struct str own = arena_printf(call->arena, "agency.%.*s", STR_ARGS(exchanges[i]->agency));
        if (str_equal(name, own) || str_equal(name, arena_printf(call->arena, "%.*s.token", STR_ARGS(own))))
            return "agencies";
    }
    return NULL;
}

static enum status push_setting(const struct call *call, struct str name, const char *group, struct list_builder *items,
                                struct error *err)
{
    struct value line;
    if (setting_line(call, name, group, &line, err) != OK)
        return FAILED;
    list_builder_push(items, line);
    return OK;
}

enum status service_setting_list(const struct call *call, struct value *out, struct error *err)
{
    size_t count;
    struct list_builder items;
    const struct pack_exchange *const *exchanges = pack_exchanges(call->service->packs, &count);
    list_builder_init(&items, call->arena);
    if (service_may(call, "setting.write", err) != OK)
        return FAILED;
    for (size_t i = 0; i < COUNT_OF(known_settings); i++)
        if (push_setting(call, str_of(known_settings[i].name), known_settings[i].group, &items, err) != OK)
            return FAILED;
    for (size_t i = 0; i < count; i++) {
        struct str own = arena_printf(call->arena, "agency.%.*s", STR_ARGS(exchanges[i]->agency));
        struct str token = arena_printf(call->arena, "%.*s.token", STR_ARGS(own));
        if (is_first_of_agency(exchanges, i) && (push_setting(call, own, "agencies", &items, err) != OK ||
                                                 push_setting(call, token, "agencies", &items, err) != OK))
            return FAILED;
    }
    *out = context_set(call->arena, value_null, "items", list_builder_done(&items));
    return OK;
}

static enum status note_setting(struct work *work, void *arg, struct error *err)
{
    const struct str *name = arg;
    struct work_note note = {.what = "setting.change", .purpose = *name};
    return work_access_note(work, &note, err);
}

static enum status check_setting(struct str name, struct str value, struct error *err)
{
    bool address =
        str_equal(name, STR("oidc.issuer")) || (str_starts(name, STR("agency.")) && !setting_is_secret(name));
    bool bad = value.len > VALUE_MAX || (address && value.len && !str_starts(value, STR("http://")) &&
                                         !str_starts(value, STR("https://")));
    if (!bad)
        return OK;
    error_set(err, ERROR_INVALID, "setting-invalid",
              address ? "%.*s is an address that begins with http:// or https://." : "%.*s is too long.",
              STR_ARGS(name));
    return error_field(err, "value");
}

enum status service_setting_change(const struct call *call, struct str name, struct str value, struct value *out,
                                   struct error *err)
{
    value = str_trim(value);
    if (service_may(call, "setting.write", err) != OK)
        return FAILED;
    const char *group = group_of(call, name);
    if (!group)
        return error_set(err, ERROR_NOT_FOUND, "setting-unknown", "There is no setting %.*s.", STR_ARGS(name));
    if (check_setting(name, value, err) != OK || work_run(call, note_setting, &name, err) != OK ||
        service_setting_put(call, name, value, err) != OK)
        return FAILED;
    return setting_line(call, name, group, out, err);
}

/* ---- Notices ---- */

static enum status may_see_templates(const struct call *call, struct error *err)
{
    return service_can(call, "user.manage") ? OK : service_may(call, "setting.write", err);
}

enum status service_notice_kinds(const struct call *call, struct value *out, struct error *err)
{
    size_t count;
    struct list_builder items;
    const struct pack_notice *const *notices = pack_notices(call->service->packs, &count);
    if (may_see_templates(call, err) != OK)
        return FAILED;
    list_builder_init(&items, call->arena);
    for (size_t i = 0; i < count; i++) {
        struct view view;
        view_init(&view, call->arena);
        view_text(&view, "id", notices[i]->id);
        view_put(&view, "title", value_get(notices[i]->json, STR("title")));
        view_put(&view, "text", value_get(notices[i]->json, STR("text")));
        view_text(&view, "channel", notices[i]->channel);
        view_text(&view, "pack", pack_id(notices[i]->pack));
        list_builder_push(&items, view_done(&view));
    }
    *out = context_set(call->arena, value_null, "items", list_builder_done(&items));
    return OK;
}

static struct value person(struct arena *arena, const char *name)
{
    struct view view;
    view_init(&view, arena);
    view_text(&view, "kind", STR("person"));
    view_text(&view, "id", STR("000000000000000000"));
    view_text(&view, "name", str_of(name));
    return view_done(&view);
}

/* Names that templates of notices use, filled with what cannot be taken for real. */
static struct value example_names(const struct call *call, struct value data)
{
    struct arena *arena = call->arena;
    struct view of, all, more;
    view_init(&of, arena);
    view_text(&of, "no", STR("000000-00000000-000000-0"));
    view_text(&of, "item_title", STR("示例事项"));
    view_text(&of, "title", STR("示例办件"));
    view_text(&of, "region", STR("000000"));
    view_time(&of, "opened", service_now(call->service));
    view_init(&more, arena);
    view_text(&more, "outcome", STR("granted"));
    view_text(&more, "task", STR("示例任务"));
    view_text(&more, "by", STR("示例工作人员"));
    view_text(&more, "note", STR("示例说明"));
    view_text(&more, "until", STR("2030-12-31"));
    view_text(&more, "title", STR("示例证照"));
    view_text(&more, "number", STR("SPECIMEN0001"));
    view_text(&more, "reason", STR("示例理由"));
    view_put(&more, "items", list_add(arena, value_null, value_cstr("示例材料")));
    view_init(&all, arena);
    view_put(&all, "case", view_done(&of));
    view_put(&all, "party", person(arena, "示例当事人"));
    view_put(&all, "applicant", person(arena, "示例申请人"));
    view_put(&all, "data", data.kind == VALUE_CONTEXT ? value_merge(arena, view_done(&more), data) : view_done(&more));
    return view_done(&all);
}

enum status service_notice_preview(const struct call *call, struct str id, struct value data, struct value *out,
                                   struct error *err)
{
    const struct pack_set *packs = call->service->packs;
    const struct pack_notice *notice = pack_notice_find(packs, id);
    struct feel_run run = service_feel(call->service, call->arena, packs, service_now(call->service));
    struct value names = example_names(call, data);
    struct str title, text;
    if (may_see_templates(call, err) != OK)
        return FAILED;
    if (!notice)
        return error_set(err, ERROR_NOT_FOUND, "notice-unknown", "There is no notice %.*s.", STR_ARGS(id));
    if (notice_render(&run, notice->title, names, &title, err) != OK ||
        notice_render(&run, notice->text, names, &text, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "title", title);
    view_text(&view, "text", text);
    *out = view_done(&view);
    return OK;
}
