/* Materials: from a file or the camera, at once or in parts, from the wallet, from an earlier case, by promise, on
 * paper, or later. Only what the situation asks for is shown. */
#include "portal/apply.h"

#include "service/party.h"

static struct value given_for(struct value materials, struct str id)
{
    for (size_t i = 0; i < value_count(materials); i++)
        if (str_equal(value_text(value_get(value_at(materials, i), STR("id"))), id))
            return value_at(materials, i);
    return value_null;
}

static struct value in_words(struct http_request *request, struct value certificates)
{
    struct list *rows = list_new(request->arena, value_count(certificates));
    for (size_t i = 0; i < value_count(certificates); i++)
        rows->items[i] = portal_certificate_row(request, value_at(certificates, i));
    return value_of_list(rows);
}

/* {key: "CASE/MATERIAL", text} of each file that was given before. */
static struct value earlier_in_words(struct http_request *request, struct value earlier)
{
    struct list *rows = list_new(request->arena, value_count(earlier));
    for (size_t i = 0; i < value_count(earlier); i++) {
        struct value one = value_at(earlier, i);
        struct str no = value_text(value_get(one, STR("case"))), material = value_text(value_get(one, STR("material")));
        struct str title = portal_translate(request, value_text(value_get(one, STR("item_title"))));
        struct context_builder row;
        context_builder_init(&row, request->arena);
        context_builder_put(&row, STR("key"),
                            value_string(arena_printf(request->arena, "%.*s/%.*s", STR_ARGS(no), STR_ARGS(material))));
        context_builder_put(
            &row, STR("text"),
            value_string(arena_printf(request->arena, "%.*s %.*s", STR_ARGS(title),
                                      STR_ARGS(value_text(portal_time(request, value_get(one, STR("at"))))))));
        rows->items[i] = context_builder_done(&row);
    }
    return value_of_list(rows);
}

static struct value material_row(struct http_request *request, struct value asked)
{
    static const char *const ways[] = {"file", "certificate", "promise", "paper", "earlier"};
    struct value given = value_get(asked, STR("given")), certificates = value_get(asked, STR("certificates"));
    struct value earlier = value_get(asked, STR("earlier"));
    const char *by = "";
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        struct value way = value_get(given, str_of(ways[i]));
        if (value_is_true(way) || value_text(way).len || way.kind == VALUE_CONTEXT)
            by = ways[i];
    }
    struct str need = value_text(value_get(asked, STR("need")));
    struct context_builder more;
    context_builder_init(&more, request->arena);
    context_builder_put(&more, STR("by"), value_cstr(by));
    context_builder_put(&more, STR("by_text"), value_string(portal_state(request, "by", str_of(by))));
    context_builder_put(&more, STR("file_name"), value_get(given, STR("name")));
    context_builder_put(&more, STR("wallet"), in_words(request, certificates));
    context_builder_put(&more, STR("wallet_count"), value_int((int64_t)value_count(certificates)));
    context_builder_put(&more, STR("earlier"), earlier_in_words(request, earlier));
    context_builder_put(&more, STR("earlier_count"), value_int((int64_t)value_count(earlier)));
    context_builder_put(&more, STR("must"), value_boolean(str_equal(need, STR("1"))));
    context_builder_put(&more, STR("later"), value_boolean(str_equal(need, STR("3"))));
    return value_merge(request->arena, portal_translate_all(request, asked), context_builder_done(&more));
}

static enum status show_materials(struct http_request *request, struct application *app, const struct error *refused,
                                  struct error *err)
{
    struct value asked;
    if (application_materials(app, &asked, err) != OK)
        return FAILED;
    struct list *rows = list_new(request->arena, value_count(asked));
    for (size_t i = 0; i < value_count(asked); i++)
        rows->items[i] = material_row(request, value_at(asked, i));
    struct context_builder data;
    context_builder_init(&data, request->arena);
    context_builder_put(&data, STR("item"), portal_translate_all(request, app->item));
    context_builder_put(&data, STR("draft"), value_string(app->draft));
    context_builder_put(&data, STR("materials"), value_of_list(rows));
    context_builder_put(&data, STR("refused"), value_string(refused ? portal_problem(request, refused) : STR("")));
    context_builder_put(&data, STR("refused_hint"), portal_sentence(request, refused ? refused->hint : ""));
    return portal_page(request, refused ? http_status_of(refused) : 200, "materials", context_builder_done(&data), err);
}

enum status portal_materials(struct http_request *request, struct error *err)
{
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    struct application app = {0};
    if (application_load(request, &app, err) != OK)
        return FAILED;
    return show_materials(request, &app, NULL, err);
}

static struct str stored_in(struct http_request *request)
{
    const struct http_multipart *parts;
    struct error none = ERROR_INIT;
    if (!str_equal(http_content_type(request), STR("multipart/form-data")) || http_parts(request, &parts, &none) != OK)
        return STR_NONE;
    const struct http_part *part = http_multipart_find(parts, STR("stored"));
    return part ? part->content : STR_NONE;
}

/* A file that came in parts is there already: the post names it. */
static enum status take_stored(const struct application *app, struct str id, struct context_builder *given,
                               struct error *err)
{
    struct service_file file;
    if (service_file_head(&app->call, id, &file, err) != OK)
        return FAILED;
    context_builder_put(given, STR("file"), value_string(id));
    context_builder_put(given, STR("name"), value_string(file.name));
    return OK;
}

/* "CASE/MATERIAL" of an earlier case. */
static struct value take_earlier(struct http_request *request, struct str key)
{
    struct str material = key, no = str_cut(&material, '/');
    struct context_builder earlier;
    context_builder_init(&earlier, request->arena);
    context_builder_put(&earlier, STR("case"), value_string(no));
    context_builder_put(&earlier, STR("material"), value_string(material.data ? material : STR("")));
    return context_builder_done(&earlier);
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
    if (application_load(request, &app, err) != OK)
        return FAILED;
    if (value_is_null(given_for(value_get(app.item, STR("materials")), id)))
        return error_set(err, ERROR_NOT_FOUND, "material-unknown", "the item does not ask for this material");
    if (take_file(request, &app, &given, &taken, &refused) != OK)
        return show_materials(request, &app, &refused, err);
    struct str stored = stored_in(request), earlier = portal_field(request, "earlier");
    if (!taken && stored.len && take_stored(&app, stored, &given, &refused) != OK)
        return show_materials(request, &app, &refused, err);
    taken |= stored.len > 0;
    if (!taken && str_equal(way, STR("earlier")) && earlier.len) {
        context_builder_put(&given, STR("earlier"), take_earlier(request, earlier));
        taken = true;
    }
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
    if (application_keep(request, &app, 1, &kept, err) != OK)
        return FAILED;
    return application_to_step(request, &app, "materials");
}
