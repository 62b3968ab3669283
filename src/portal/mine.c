/* My data and devices (P23): what is held about me, to look at and to take along; where I am signed in, and ending it.
 */
#include "portal/internal.h"

#include "feel/json.h"
#include "pack/pack.h"
#include "service/audit.h"
#include "service/mine.h"

#define LOOKS_SHOWN 20

/* Who looked at the caller's data, in words: by role and institution. */
static struct value looks_in_words(struct http_request *request, struct value looks)
{
    struct list *rows = list_new(request->arena, value_count(looks));
    for (size_t i = 0; i < value_count(looks); i++) {
        struct value look = value_at(looks, i);
        struct str role = value_text(value_get(look, STR("role")));
        const struct pack_role *known = pack_role_find(portal_packs(request), role);
        struct context_builder more;
        context_builder_init(&more, request->arena);
        context_builder_put(&more, STR("at_text"), portal_time(request, value_get(look, STR("at"))));
        context_builder_put(&more, STR("what_text"),
                            value_string(portal_state(request, "looked", value_text(value_get(look, STR("what"))))));
        context_builder_put(&more, STR("role_text"),
                            value_string(known ? portal_translate(request, known->title)
                                               : portal_text(request, "looked_person")));
        rows->items[i] = value_merge(request->arena, look, context_builder_done(&more));
    }
    return value_of_list(rows);
}

static enum status put_looks(struct http_request *request, const struct call *call, struct context_builder *data,
                             struct error *err)
{
    struct service_access_query query = {.limit = LOOKS_SHOWN, .cursor = http_query(request, "looks")};
    struct value looks;
    if (service_access_list(call, &query, &looks, err) != OK)
        return FAILED;
    struct value items = value_get(looks, STR("items"));
    context_builder_put(data, STR("looks"), looks_in_words(request, items));
    context_builder_put(data, STR("looks_count"), value_int((int64_t)value_count(items)));
    context_builder_put(data, STR("looks_next"), value_get(looks, STR("next")));
    return OK;
}

/* "Chrome, Android" of what a browser calls itself. */
static struct str device_words(struct http_request *request, struct str agent)
{
    static const struct {
        const char *sign, *name;
    } browsers[] = {{"MicroMessenger", "WeChat"},
                    {"Edg/", "Edge"},
                    {"Firefox/", "Firefox"},
                    {"Chrome/", "Chrome"},
                    {"Safari/", "Safari"}},
      systems[] = {{"HarmonyOS", "HarmonyOS"}, {"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"},
                   {"Windows", "Windows"},     {"Mac OS", "macOS"},    {"Linux", "Linux"}};
    const char *browser = NULL, *system = NULL;
    for (size_t i = 0; i < COUNT_OF(browsers) && !browser; i++)
        browser = str_find(agent, str_of(browsers[i].sign), 0) >= 0 ? browsers[i].name : NULL;
    for (size_t i = 0; i < COUNT_OF(systems) && !system; i++)
        system = str_find(agent, str_of(systems[i].sign), 0) >= 0 ? systems[i].name : NULL;
    if (!browser && !system)
        return portal_text(request, "device_unknown");
    return arena_printf(request->arena, "%s%s%s", browser ? browser : "", browser && system ? ", " : "",
                        system ? system : "");
}

static struct value sessions_in_words(struct http_request *request, struct value items)
{
    struct list *rows = list_new(request->arena, value_count(items));
    for (size_t i = 0; i < rows->count; i++) {
        struct value one = value_at(items, i);
        struct str agent = value_text(value_get(one, STR("device")));
        struct context_builder more;
        context_builder_init(&more, request->arena);
        context_builder_put(&more, STR("device_text"), value_string(device_words(request, agent)));
        context_builder_put(&more, STR("began_text"), portal_time(request, value_get(one, STR("began"))));
        context_builder_put(&more, STR("seen_text"), portal_time(request, value_get(one, STR("seen"))));
        rows->items[i] = value_merge(request->arena, one, context_builder_done(&more));
    }
    return value_of_list(rows);
}

enum status portal_mine(struct http_request *request, struct error *err)
{
    struct call call;
    struct value view = value_null;
    struct context_builder data;
    context_builder_init(&data, request->arena);
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    bool own = call.actor->kind != ACTOR_STAFF && !call.actor->acting;
    if (own && (service_mine_sessions(&call, gate_caller_of(request)->secret, &view, err) != OK ||
                put_looks(request, &call, &data, err) != OK))
        return FAILED;
    struct value sessions = sessions_in_words(request, value_get(view, STR("items")));
    context_builder_put(&data, STR("own"), value_boolean(own));
    context_builder_put(&data, STR("sessions"), sessions);
    context_builder_put(&data, STR("others"), value_boolean(value_count(sessions) > 1));
    context_builder_put(&data, STR("ended"), value_boolean(http_query(request, "ended").len > 0));
    return portal_page(request, 200, "mine", context_builder_done(&data), err);
}

enum status portal_end_session(struct http_request *request, struct error *err)
{
    struct call call;
    struct error refused = ERROR_INIT;
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    if (service_mine_session_end(&call, gate_caller_of(request)->secret, http_param(request, "id"), &refused) != OK &&
        refused.kind != ERROR_NOT_FOUND) { /* what has ended meanwhile is what was wanted */
        *err = refused;
        return FAILED;
    }
    return http_reply_redirect(request, 303, STR("/me?ended=1#devices"));
}

/* ---- All that is held ---- */

/* A section of the readable list: the members that tell an entry, and the page that shows it. */
static const struct section {
    const char *name, *link;
    const char *members[5];
} sections[] = {
    {"certificates", "/certificates/", {"no", "title", "number", "state", "issuer_name"}},
    {"cases", "/cases/", {"no", "item_title", "title", "opened", "state"}},
    {"records", NULL, {"title", "written", "state", "case", NULL}},
    {"drafts", NULL, {"item", "saved", NULL, NULL, NULL}},
    {"notices", NULL, {"title", "text", "sent", NULL, NULL}},
    {"looks", NULL, {"at", "role", "unit_name", "what", "purpose"}},
    {"sessions", NULL, {"device", "began", "seen", NULL, NULL}},
};

static struct str member_words(struct http_request *request, const struct section *section, const char *member,
                               struct value v)
{
    static const char *const states[][2] = {{"certificates", "certificate"}, {"cases", "case"}};
    if (v.kind == VALUE_DATE || v.kind == VALUE_DATE_TIME)
        return value_text(portal_time(request, v));
    if (str_equal(str_of(member), STR("what")))
        return portal_state(request, "looked", value_text(v));
    if (str_equal(str_of(member), STR("device")))
        return device_words(request, value_text(v));
    for (size_t i = 0; i < COUNT_OF(states) && str_equal(str_of(member), STR("state")); i++)
        if (str_equal(str_of(section->name), str_of(states[i][0])))
            return portal_state(request, states[i][1], value_text(v));
    struct str text = value_text(v);
    return text.data ? portal_translate(request, text) : STR("");
}

static struct value entry(struct http_request *request, const struct section *section, struct value one)
{
    struct context_builder row;
    struct buf text;
    context_builder_init(&row, request->arena);
    buf_init(&text, 64 * 1024);
    for (size_t i = 0; i < COUNT_OF(section->members) && section->members[i]; i++) {
        struct str words =
            member_words(request, section, section->members[i], value_get(one, str_of(section->members[i])));
        if (words.len)
            buf_printf(&text, "%s%.*s", buf_str(&text).len ? " · " : "", STR_ARGS(words));
    }
    context_builder_put(&row, STR("text"), value_string_copy(request->arena, buf_str(&text)));
    buf_release(&text);
    struct str no = value_text(value_get(one, STR("no")));
    if (section->link && no.len)
        context_builder_put(&row, STR("link"),
                            value_string(arena_printf(request->arena, "%s%.*s", section->link, STR_ARGS(no))));
    return context_builder_done(&row);
}

static struct value readable(struct http_request *request, struct value all)
{
    struct list *shown = list_new(request->arena, COUNT_OF(sections));
    for (size_t i = 0; i < COUNT_OF(sections); i++) {
        struct value entries = value_get(all, str_of(sections[i].name));
        struct list *rows = list_new(request->arena, value_count(entries));
        for (size_t k = 0; k < rows->count; k++)
            rows->items[k] = entry(request, &sections[i], value_at(entries, k));
        struct context_builder section;
        context_builder_init(&section, request->arena);
        context_builder_put(&section, STR("title"),
                            value_string(portal_state(request, "held", str_of(sections[i].name))));
        context_builder_put(&section, STR("entries"), value_of_list(rows));
        context_builder_put(&section, STR("count"), value_int((int64_t)rows->count));
        shown->items[i] = context_builder_done(&section);
    }
    return value_of_list(shown);
}

/* What the register knows of me, in words. */
static struct value register_facts(struct http_request *request, struct value held)
{
    static const char *const members[] = {"name", "id", "birth", "address", "phone", "household"};
    struct list_builder rows;
    list_builder_init(&rows, request->arena);
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        struct value v = value_get(held, str_of(members[i]));
        struct str text = v.kind == VALUE_DATE ? value_text(portal_time(request, v)) : value_text(v);
        struct context_builder row;
        if (!text.len)
            continue;
        context_builder_init(&row, request->arena);
        context_builder_put(&row, STR("label"), value_string(portal_state(request, "register", str_of(members[i]))));
        context_builder_put(&row, STR("text"), value_string(text));
        list_builder_push(&rows, context_builder_done(&row));
    }
    return list_builder_done(&rows);
}

/* As a page to read and print, or as a file: ?format=json. */
enum status portal_mine_data(struct http_request *request, struct error *err)
{
    struct call call;
    struct value all;
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    if (gate_call(request, &call, err) != OK ||
        service_mine_export(&call, gate_caller_of(request)->secret, &all, err) != OK)
        return FAILED;
    if (str_equal(http_query(request, "format"), STR("json"))) {
        struct buf body;
        buf_init(&body, 0);
        json_write_pretty(&body, all);
        http_set_download(request, STR("my-data.json"));
        http_set_header(request, "Cache-Control", STR("private, no-store"));
        return http_reply_buf(request, 200, "application/json", &body);
    }
    struct value held = value_get(all, STR("register"));
    struct context_builder data;
    context_builder_init(&data, request->arena);
    context_builder_put(&data, STR("made_text"), portal_time(request, value_get(all, STR("made"))));
    context_builder_put(&data, STR("facts"),
                        register_facts(request, value_is_null(held) ? value_get(all, STR("about")) : held));
    context_builder_put(&data, STR("sections"), readable(request, all));
    context_builder_put(&data, STR("left_out"), value_int((int64_t)value_count(value_get(all, STR("left_out")))));
    return portal_page(request, 200, "mine-data", context_builder_done(&data), err);
}
