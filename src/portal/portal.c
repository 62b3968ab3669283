/* Loading of templates and texts, the route table, and what every page shares. */
#include "portal/internal.h"

#include "feel/json.h"
#include "feel/template.h"
#include "pack/pack.h"
#include "pack/sentence.h"
#include "service/acting.h"

#include <stdio.h>
#include <string.h>

#define FORM HTTP_FORM | HTTP_MULTIPART

static const struct http_route routes[] = {
    {HTTP_GET, "/", portal_home, 0, 0, 0, NULL},
    {HTTP_GET, "/items", portal_catalogue, 0, 0, 0, NULL},
    {HTTP_GET, "/items/{code}", portal_guide, 0, 0, 0, NULL},
    {HTTP_GET, "/items/{code}/eligible", portal_eligible, 0, 0, 0, NULL},
    {HTTP_GET, "/items/{code}/sample", portal_sample, 0, 0, 0, NULL},
    {HTTP_GET, "/figures", portal_openness, 0, 0, 0, NULL},
    {HTTP_GET, "/me", portal_mine, 0, 0, 0, NULL},
    {HTTP_GET, "/me/data", portal_mine_data, 0, 0, 10, NULL},
    {HTTP_POST, "/me/sessions/{id}/end", portal_end_session, FORM, 0, 0, NULL},
    {HTTP_GET, "/lookup", portal_lookup, 0, 0, 0, NULL},
    {HTTP_POST, "/lookup", portal_lookup_post, FORM, 0, 10, NULL},
    {HTTP_GET, "/kiosk/end", portal_kiosk_end, 0, 0, 0, NULL},
    {HTTP_POST, "/kiosk/end", portal_kiosk_end, FORM, 0, 0, NULL},
    {HTTP_POST, "/kiosk", portal_kiosk, FORM, 0, 0, NULL},
    {HTTP_GET, "/apply/{code}", portal_start, 0, 0, 0, NULL},
    {HTTP_POST, "/apply/{code}", portal_start_post, FORM, 0, 0, NULL},
    {HTTP_GET, "/apply/{code}/{draft}", portal_tasks, 0, 0, 0, NULL},
    {HTTP_GET, "/apply/{code}/{draft}/check", portal_check, 0, 0, 0, NULL},
    {HTTP_POST, "/apply/{code}/{draft}/check", portal_check_post, FORM, 0, 0, NULL},
    {HTTP_GET, "/apply/{code}/{draft}/materials", portal_materials, 0, 0, 0, NULL},
    {HTTP_POST, "/apply/{code}/{draft}/materials/{material}", portal_material_post, FORM, 20 * 1024 * 1024 + 64 * 1024,
     5, NULL},
    {HTTP_POST, "/apply/{code}/{draft}/delete", portal_drop_draft, FORM, 0, 0, NULL},
    {HTTP_GET, "/inbox", portal_inbox, 0, 0, 0, NULL},
    {HTTP_POST, "/inbox/{id}/read", portal_read_notice, FORM, 0, 0, NULL},
    {HTTP_POST, "/inbox/preferences", portal_set_preferences, FORM, 0, 0, NULL},
    {HTTP_GET, "/apply/{code}/{draft}/{step}", portal_step, 0, 0, 0, NULL},
    {HTTP_POST, "/apply/{code}/{draft}/{step}", portal_step_post, FORM, 0, 0, NULL},
    {HTTP_GET, "/cases", portal_my_cases, 0, 0, 0, NULL},
    {HTTP_GET, "/cases/{no}", portal_progress, 0, 0, 0, NULL},
    {HTTP_GET, "/cases/{no}/supplement", portal_supplement, 0, 0, 0, NULL},
    {HTTP_POST, "/cases/{no}/supplement", portal_supplement_post, FORM, 20 * 1024 * 1024 + 64 * 1024, 5, NULL},
    {HTTP_GET, "/cases/{no}/receipt", portal_receipt, 0, 0, 5, NULL},
    {HTTP_GET, "/cases/{no}/application", portal_application, 0, 0, 0, NULL},
    {HTTP_POST, "/cases/{no}/{action}", portal_act, FORM, 0, 0, NULL},
    {HTTP_GET, "/wallet", portal_wallet, 0, 0, 0, NULL},
    {HTTP_GET, "/wallet/{no}/show", portal_show_certificate, 0, 0, 2, NULL},
    {HTTP_POST, "/wallet/{no}/offer", portal_offer_credential, FORM, 0, 2, NULL},
    {HTTP_POST, "/wallet/{no}/{action}", portal_wallet_act, FORM, 0, 0, NULL},
    {HTTP_GET, "/certificates", portal_wallet, 0, 0, 0, NULL},
    {HTTP_GET, "/certificates/{no}", portal_certificate, 0, 0, 0, NULL},
    {HTTP_GET, "/certificates/{no}/{file}", portal_certificate_file, 0, 0, 2, NULL},
    {HTTP_GET, "/v/{code}", portal_verify_code, 0, 0, 2, NULL},
    {HTTP_GET, "/verify", portal_verify, 0, 0, 0, NULL},
    {HTTP_POST, "/verify", portal_verify_post, FORM, 0, 2, NULL},
    {HTTP_GET, "/open", portal_open, 0, 0, 0, NULL},
    {HTTP_POST, "/open", portal_open_post, FORM, 0, 10, NULL},
    {HTTP_GET, "/sign-in", portal_sign_in, 0, 0, 0, NULL},
    {HTTP_POST, "/sign-in", portal_sign_in_post, FORM, 0, 10, NULL},
    {HTTP_GET, "/sign-in/oidc", portal_oidc, 0, 0, 10, NULL},
    {HTTP_GET, "/sign-in/oidc/callback", portal_oidc_callback, 0, 0, 10, NULL},
    {HTTP_GET, "/sign-in/factor", portal_factor, 0, 0, 0, NULL},
    {HTTP_POST, "/sign-in/factor/{what}", portal_factor_post, FORM, 0, 10, NULL},
    {HTTP_GET, "/acting", portal_acting, 0, 0, 0, NULL},
    {HTTP_POST, "/acting", portal_act_for, FORM, 0, 5, NULL},
    {HTTP_POST, "/acting/assist", portal_assist, FORM, 0, 10, NULL},
    {HTTP_POST, "/acting/mandates", portal_grant, FORM, 0, 5, NULL},
    {HTTP_POST, "/acting/mandates/{id}/end", portal_end_mandate, FORM, 0, 0, NULL},
    {HTTP_POST, "/sign-out", portal_sign_out, FORM, 0, 0, NULL},
    {HTTP_GET, "/prefer", portal_prefer, 0, 0, 0, NULL},
    {HTTP_GET, "/about", portal_about, 0, 0, 0, NULL},
};

struct http_routes portal_routes(void)
{
    return (struct http_routes){routes, COUNT_OF(routes)};
}

/* Set by portal_load before the server starts, immutable afterwards. */
static struct {
    size_t count;
    const struct page {
        struct str name;
        const struct template *template;
    } *pages;
    struct value texts[2]; /* zh-CN, en */
    struct value assets;   /* {style, enhance}: addresses of the built files */
} portal;

struct sources {
    struct str *names;
    struct str *texts;
    size_t count;
};

static bool find_partial(void *state, struct str name, struct str *out)
{
    const struct sources *sources = state;
    for (size_t i = 0; i < sources->count; i++)
        if (str_equal(sources->names[i], name)) {
            *out = sources->texts[i];
            return true;
        }
    return false;
}

static enum status load_templates(struct arena *arena, const char *web, struct error *err)
{
    const char *folder = arena_printf(arena, "%s/portal/templates", web).data;
    struct sources sources = {0};
    if (folder_list(arena, folder, ".html", &sources.names, &sources.count, err) != OK)
        return FAILED;
    sources.texts = arena_array(arena, struct str, sources.count);
    struct page *pages = arena_array(arena, struct page, sources.count);
    for (size_t i = 0; i < sources.count; i++) {
        const char *path = arena_printf(arena, "%s/%.*s", folder, STR_ARGS(sources.names[i])).data;
        if (file_read(arena, path, 1024 * 1024, &sources.texts[i], err) != OK)
            return FAILED;
        sources.names[i].len -= strlen(".html");
    }
    struct template_options options = {.kind = TEMPLATE_HTML, .raw_allowed = true, .partial = find_partial,
                                       .partial_state = &sources};
    size_t count = 0;
    for (size_t i = 0; i < sources.count; i++) {
        if (sources.names[i].data[0] == '_') /* only a part of others */
            continue;
        pages[count].name = sources.names[i];
        if (template_compile(arena, sources.texts[i], &options, &pages[count].template, err) != OK)
            return error_prefix(err, "%.*s.html", STR_ARGS(sources.names[i]));
        count++;
    }
    portal.pages = pages;
    portal.count = count;
    return OK;
}

static enum status load_json(struct arena *arena, const char *path, struct value *out, struct error *err)
{
    struct str text;
    if (file_read(arena, path, 4 * 1024 * 1024, &text, err) != OK)
        return FAILED;
    return json_parse(arena, text, NULL, out, err) == OK ? OK : error_prefix(err, "%s", path);
}

static enum status load_assets(struct arena *arena, const char *web, struct error *err)
{
    struct value manifest;
    if (load_json(arena, arena_printf(arena, "%s/dist/portal/manifest.json", web).data, &manifest, err) != OK)
        return error_hint(err, "build the pages first: make web");
    static const struct {
        const char *name, *entry;
    } wanted[] = {{"style", "css/portal.css"}, {"enhance", "enhance/enhance.ts"}};
    struct context_builder assets;
    context_builder_init(&assets, arena);
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        struct str file = value_text(value_get(value_get(manifest, str_of(wanted[i].entry)), STR("file")));
        if (!file.len)
            return error_set(err, ERROR_INTERNAL, "pages-not-built", "manifest.json does not name %s", wanted[i].entry);
        context_builder_put(&assets, str_of(wanted[i].name),
                            value_string(arena_printf(arena, "/assets/portal/%.*s", STR_ARGS(file))));
    }
    portal.assets = context_builder_done(&assets);
    return OK;
}

enum status portal_load(struct arena *arena, const char *web, struct error *err)
{
    static const char *const languages[] = {"zh-CN", "en"};
    for (size_t i = 0; i < COUNT_OF(languages); i++)
        if (load_json(arena, arena_printf(arena, "%s/portal/texts/%s.json", web, languages[i]).data, &portal.texts[i],
                      err) != OK)
            return FAILED;
    if (load_templates(arena, web, err) != OK)
        return FAILED;
    return load_assets(arena, web, err);
}

struct str portal_language(const struct http_request *request)
{
    return gate_caller_of(request)->language;
}

static struct value texts_of(const struct http_request *request)
{
    return portal.texts[str_equal(portal_language(request), STR("en")) ? 1 : 0];
}

struct str portal_text(const struct http_request *request, const char *key)
{
    struct str text = value_text(value_get(texts_of(request), str_of(key)));
    return text.data ? text : str_of(key);
}

struct str portal_state(const struct http_request *request, const char *kind, struct str word)
{
    struct str key = arena_printf(request->arena, "%s_%.*s", kind, STR_ARGS(word));
    struct str text = value_text(value_get(texts_of(request), key));
    return text.data ? text : word;
}

struct value portal_sentence(const struct http_request *request, const char *said)
{
    struct str language = portal_language(request);
    struct str told = pack_sentence(portal_packs(request), request->arena, language, str_of(said));
    bool untold = str_equal(told, str_of(said)) && !str_equal(language, STR("en"));
    return value_string(untold ? STR("") : told);
}

const struct pack_set *portal_packs(const struct http_request *request)
{
    return service_packs(request->context);
}

struct str portal_translate(const struct http_request *request, struct str text)
{
    return pack_text(portal_packs(request), portal_language(request), text);
}

struct value portal_translate_all(struct http_request *request, struct value v)
{
    if (v.kind == VALUE_STRING)
        return value_string(portal_translate(request, v.string));
    if (v.kind == VALUE_LIST) {
        struct list *copy = list_new(request->arena, v.list->count);
        for (size_t i = 0; i < v.list->count; i++)
            copy->items[i] = portal_translate_all(request, v.list->items[i]);
        return value_of_list(copy);
    }
    if (v.kind != VALUE_CONTEXT)
        return v;
    struct context_builder copy;
    context_builder_init(&copy, request->arena);
    for (size_t i = 0; i < v.context->count; i++)
        context_builder_put(&copy, v.context->members[i].key,
                            portal_translate_all(request, v.context->members[i].value));
    return context_builder_done(&copy);
}

struct str portal_problem(const struct http_request *request, const struct error *err)
{
    struct str key = arena_printf(request->arena, "problem.%s", err->type);
    struct str title = portal_translate(request, key);
    return str_equal(title, key) ? str_of(err->message) : title;
}

struct value portal_time(struct http_request *request, struct value v)
{
    static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December"};
    if (v.kind != VALUE_DATE && v.kind != VALUE_DATE_TIME)
        return value_string(value_text(v).data ? value_text(v) : STR(""));
    struct civil c = temporal_civil(v);
    bool english = str_equal(portal_language(request), STR("en"));
    struct str day = english ? arena_printf(request->arena, "%d %s %" PRId64, c.day, months[c.month - 1], c.year)
                             : arena_printf(request->arena, "%" PRId64 "年%d月%d日", c.year, c.month, c.day);
    if (v.kind == VALUE_DATE)
        return value_string(day);
    return value_string(
        arena_printf(request->arena, "%.*s%s %02d:%02d", STR_ARGS(day), english ? "," : "", c.hour, c.minute));
}

bool portal_signed_in(const struct http_request *request)
{
    return gate_caller_of(request)->actor.kind != ACTOR_NOBODY;
}

enum status portal_ask_sign_in(struct http_request *request)
{
    struct buf to;
    buf_init(&to, 2048);
    buf_put(&to, STR("/sign-in?next="));
    for (size_t i = 0; i < request->path.len; i++) {
        char c = request->path.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
                     c == '-' || c == '.';
        if (plain)
            buf_put_char(&to, c);
        else
            buf_printf(&to, "%%%02X", (unsigned char)c);
    }
    return http_reply_redirect(request, 303, arena_take(request->arena, &to));
}

struct str portal_field(struct http_request *request, const char *name)
{
    const struct http_pairs *form = NULL;
    struct error ignored = ERROR_INIT;
    if (http_form(request, &form, &ignored) != OK)
        return STR_NONE;
    return http_pairs_find(form, str_of(name));
}

static struct value user_view(struct http_request *request)
{
    const struct actor *actor = &gate_caller_of(request)->actor;
    if (actor->kind == ACTOR_NOBODY)
        return value_null;
    struct context_builder user;
    context_builder_init(&user, request->arena);
    context_builder_put(&user, STR("name"), value_string(actor->name));
    context_builder_put(&user, STR("staff"), value_boolean(actor->kind == ACTOR_STAFF));
    context_builder_put(&user, STR("level"), value_int(actor->level));
    context_builder_put(&user, STR("agent"), value_string(actor->acting ? actor->acting->agent.name : STR("")));
    context_builder_put(&user, STR("window"),
                        value_boolean(actor->acting && actor->acting->agent.kind == ACTOR_STAFF));
    context_builder_put(&user, STR("unit"), value_string(actor->acting ? actor->acting->agent.unit_name : STR("")));
    return context_builder_done(&user);
}

bool portal_at_kiosk(const struct http_request *request)
{
    return gate_caller_of(request)->kiosk || http_cookie(request, PORTAL_KIOSK_COOKIE).len > 0;
}

enum status portal_render(struct http_request *request, const char *name, struct value data, struct buf *out,
                          struct error *err)
{
    const struct page *page = NULL;
    for (size_t i = 0; i < portal.count && !page; i++)
        if (str_equal(portal.pages[i].name, str_of(name)))
            page = &portal.pages[i];
    CHECK(page);
    const struct gate_caller *caller = gate_caller_of(request);
    bool kiosk = portal_at_kiosk(request);
    struct context_builder all;
    context_builder_init(&all, request->arena);
    context_builder_put(&all, STR("t"), texts_of(request));
    context_builder_put(&all, STR("lang"), value_string(portal_language(request)));
    context_builder_put(&all, STR("english"), value_boolean(str_equal(portal_language(request), STR("en"))));
    context_builder_put(&all, STR("user"), user_view(request));
    context_builder_put(&all, STR("csrf"), value_string(caller->csrf.data ? caller->csrf : STR("")));
    context_builder_put(&all, STR("demo"), value_boolean(service_demo(request->context)));
    context_builder_put(&all, STR("elder"), value_boolean(kiosk || http_cookie(request, PORTAL_ELDER_COOKIE).len > 0));
    context_builder_put(&all, STR("kiosk"), value_boolean(kiosk));
    context_builder_put(&all, STR("kiosk_seconds"), value_int(SERVICE_KIOSK_IDLE_MS / 1000));
    context_builder_put(&all, STR("path"), value_string(request->path));
    context_builder_put(&all, STR("assets"), portal.assets);
    struct value context = value_merge(request->arena, context_builder_done(&all), data);
    struct feel_run run = {.arena = request->arena, .now_ms = service_now(request->context)};
    struct buf body;
    buf_init(&body, 4 * 1024 * 1024);
    if (template_render(page->template, context, &run, &body, err) != OK) {
        buf_release(&body);
        return FAILED;
    }
    *out = body;
    return OK;
}

enum status portal_page(struct http_request *request, int status, const char *name, struct value data,
                        struct error *err)
{
    struct buf body;
    if (portal_render(request, name, data, &body, err) != OK)
        return FAILED;
    bool private = portal_signed_in(request) || portal_at_kiosk(request);
    http_set_header(request, "Cache-Control", private ? STR("no-store") : STR("no-cache"));
    http_set_header(request, "Content-Language", portal_language(request));
    return http_reply_buf(request, status, "text/html; charset=utf-8", &body);
}

bool portal_error_page(struct http_request *request, const struct error *err)
{
    if (!http_wants_html(request) || portal.count == 0)
        return false;
    if (err->kind == ERROR_UNAUTHENTICATED && request->method == HTTP_GET)
        return portal_ask_sign_in(request) == OK;
    struct context_builder data;
    context_builder_init(&data, request->arena);
    context_builder_put(&data, STR("title"), value_string(portal_problem(request, err)));
    context_builder_put(&data, STR("message"), portal_sentence(request, err->message));
    context_builder_put(&data, STR("hint"), portal_sentence(request, err->hint));
    context_builder_put(&data, STR("request_id"), value_string(request->id));
    context_builder_put(&data, STR("missing"), value_boolean(err->kind == ERROR_NOT_FOUND));
    struct error failed = ERROR_INIT;
    return portal_page(request, http_status_of(err), "error", context_builder_done(&data), &failed) == OK;
}
