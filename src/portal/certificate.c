/* One certificate, public verification, and opening a certificate by two facts. */
#include "service/certificate.h"

#include "pack/pack.h"
#include "portal/internal.h"

struct value portal_certificate_row(struct http_request *request, struct value certificate)
{
    struct str state = value_text(value_get(certificate, STR("state")));
    struct context_builder more;
    context_builder_init(&more, request->arena);
    context_builder_put(&more, STR("state_text"), value_string(portal_state(request, "certificate", state)));
    context_builder_put(&more, STR("is_valid"), value_boolean(str_equal(state, STR("valid"))));
    context_builder_put(&more, STR("title"),
                        value_string(portal_translate(request, value_text(value_get(certificate, STR("title"))))));
    context_builder_put(&more, STR("issued_text"), portal_time(request, value_get(certificate, STR("issued"))));
    struct value to = value_get(certificate, STR("valid_to"));
    context_builder_put(&more, STR("valid_to_text"),
                        value_is_null(to) ? value_string(portal_text(request, "no_end")) : portal_time(request, to));
    context_builder_put(&more, STR("renewal_asked"),
                        value_boolean(!value_is_null(value_path(certificate, "renewal.asked"))));
    struct value labels = value_get(certificate, STR("labels"));
    if (labels.kind == VALUE_LIST)
        context_builder_put(&more, STR("labels"), portal_translate_all(request, labels));
    return value_merge(request->arena, certificate, context_builder_done(&more));
}

/* [{at, what, by, reason}] in words. */
static struct value life_rows(struct http_request *request, struct value log)
{
    struct list *rows = list_new(request->arena, value_count(log));
    for (size_t i = 0; i < value_count(log); i++) {
        struct value one = value_at(log, i);
        struct context_builder more;
        context_builder_init(&more, request->arena);
        context_builder_put(&more, STR("at_text"), portal_time(request, value_get(one, STR("at"))));
        context_builder_put(&more, STR("what_text"),
                            value_string(portal_state(request, "life", value_text(value_get(one, STR("what"))))));
        rows->items[i] = value_merge(request->arena, one, context_builder_done(&more));
    }
    return value_of_list(rows);
}

static struct value grant_rows(struct http_request *request, struct value grants)
{
    struct list *rows = list_new(request->arena, value_count(grants));
    for (size_t i = 0; i < value_count(grants); i++) {
        struct context_builder more;
        context_builder_init(&more, request->arena);
        context_builder_put(&more, STR("until_text"),
                            portal_time(request, value_get(value_at(grants, i), STR("until"))));
        rows->items[i] = value_merge(request->arena, value_at(grants, i), context_builder_done(&more));
    }
    return value_count(grants) ? value_of_list(rows) : value_null;
}

enum status portal_certificate_with(struct http_request *request, const struct error *refused, struct error *err)
{
    struct call call;
    struct value one, uses;
    struct str no = http_param(request, "no");
    if (gate_call(request, &call, err) != OK || service_certificate_get(&call, no, &one, err) != OK ||
        service_certificate_uses(&call, no, http_query(request, "uses"), 20, &uses, err) != OK)
        return FAILED;
    struct value log = value_get(one, STR("log"));
    struct value grants = grant_rows(request, value_get(one, STR("grants")));
    one = value_put_path(request->arena, portal_certificate_row(request, one), STR("grants"), grants);
    struct context_builder data;
    context_builder_init(&data, request->arena);
    context_builder_put(&data, STR("certificate"), one);
    context_builder_put(&data, STR("own"), value_boolean(call.actor->kind != ACTOR_STAFF));
    context_builder_put(&data, STR("life"), life_rows(request, log));
    context_builder_put(&data, STR("log_count"), value_int((int64_t)value_count(log)));
    context_builder_put(&data, STR("renewal_until_text"), portal_time(request, value_path(one, "renewal.until")));
    context_builder_put(&data, STR("uses"), portal_uses(request, uses));
    context_builder_put(&data, STR("uses_next"), value_get(uses, STR("next")));
    context_builder_put(&data, STR("refused"), value_string(refused ? portal_problem(request, refused) : STR("")));
    context_builder_put(&data, STR("refused_hint"), portal_sentence(request, refused ? refused->hint : ""));
    return portal_page(request, refused ? http_status_of(refused) : 200, "certificate", context_builder_done(&data),
                       err);
}

enum status portal_certificate(struct http_request *request, struct error *err)
{
    return portal_signed_in(request) ? portal_certificate_with(request, NULL, err) : portal_ask_sign_in(request);
}

static const struct {
    const char *name, *type;
    enum service_format format;
} files[] = {
    {"svg", "image/svg+xml", SERVICE_SVG},
    {"pdf", "application/pdf", SERVICE_PDF},
    {"png", "image/png", SERVICE_PNG},
    {"jws", "application/jose", SERVICE_JWS},
};

enum status portal_certificate_file(struct http_request *request, struct error *err)
{
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    struct call call;
    struct str document;
    struct str no = http_param(request, "no");
    struct str wanted = http_param(request, "file");
    size_t kind = 0;
    while (kind < COUNT_OF(files) && !str_equal(wanted, str_of(files[kind].name)))
        kind++;
    if (kind == COUNT_OF(files))
        return error_set(err, ERROR_NOT_FOUND, "not-found", "a certificate has svg, pdf, png and jws files only");
    if (gate_call(request, &call, err) != OK ||
        service_certificate_render(&call, no, http_query(request, "page"), files[kind].format, &document, err) != OK)
        return FAILED;
    if (files[kind].format == SERVICE_PDF || files[kind].format == SERVICE_JWS)
        http_set_download(request, arena_printf(request->arena, "%.*s.%s", STR_ARGS(no), files[kind].name));
    http_set_header(request, "Cache-Control", STR("private, no-store"));
    return http_reply(request, 200, files[kind].type, document);
}

/* ---- Verification: anybody ---- */

static enum status show_verdict(struct http_request *request, const char *member, struct str given, struct error *err)
{
    struct call call;
    struct value verdict;
    struct context_builder asked;
    context_builder_init(&asked, request->arena);
    context_builder_put(&asked, str_of(member), value_string(given));
    struct error refused = ERROR_INIT;
    struct context_builder data;
    context_builder_init(&data, request->arena);
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    int status = 200;
    if (service_certificate_verify(&call, context_builder_done(&asked), &verdict, &refused) == OK) {
        struct str result = value_text(value_get(verdict, STR("result")));
        bool valid = value_is_true(value_get(verdict, STR("valid")));
        context_builder_put(&data, STR("verdict"), portal_certificate_row(request, verdict));
        context_builder_put(&data, STR("genuine"), value_boolean(str_equal(result, STR("genuine"))));
        context_builder_put(&data, STR("known"), value_boolean(!str_equal(result, STR("unknown"))));
        context_builder_put(&data, STR("spent"), value_boolean(str_equal(result, STR("used"))));
        context_builder_put(&data, STR("late"), value_boolean(str_equal(result, STR("expired"))));
        context_builder_put(&data, STR("shown_text"), portal_time(request, value_get(verdict, STR("shown"))));
        context_builder_put(&data, STR("valid"), value_boolean(valid && str_equal(result, STR("genuine"))));
    } else if (refused.kind == ERROR_INVALID || refused.kind == ERROR_NOT_FOUND) {
        status = refused.kind == ERROR_NOT_FOUND ? 404 : 422;
        context_builder_put(&data, STR("refused"), value_string(portal_problem(request, &refused)));
        context_builder_put(&data, STR("known"), value_false);
        context_builder_put(&data, STR("genuine"), value_false);
        context_builder_put(&data, STR("valid"), value_false);
    } else {
        *err = refused;
        return FAILED;
    }
    return portal_page(request, status, "verdict", context_builder_done(&data), err);
}

enum status portal_verify_code(struct http_request *request, struct error *err)
{
    return show_verdict(request, "code", http_param(request, "code"), err);
}

enum status portal_verify(struct http_request *request, struct error *err)
{
    return portal_page(request, 200, "verify", value_null, err);
}

/* The text of a signed file that was sent, absent without one. */
static struct str signed_file(struct http_request *request)
{
    const struct http_multipart *parts;
    struct error none = ERROR_INIT;
    if (!str_equal(http_content_type(request), STR("multipart/form-data")) || http_parts(request, &parts, &none) != OK)
        return STR_NONE;
    const struct http_part *part = http_multipart_find(parts, STR("signed"));
    return part && utf8_valid(part->content) ? str_trim(part->content) : STR_NONE;
}

/* One field takes whatever the visitor has: the address in the QR code, a number, an identifier or the signed text. */
enum status portal_verify_post(struct http_request *request, struct error *err)
{
    struct str given = str_trim(portal_field(request, "given"));
    if (!given.len)
        given = signed_file(request);
    if (!given.len) {
        struct context_builder data;
        context_builder_init(&data, request->arena);
        context_builder_put(&data, STR("error"), value_string(portal_text(request, "verify_needed")));
        return portal_page(request, 422, "verify", context_builder_done(&data), err);
    }
    ptrdiff_t code = str_find(given, STR("/v/"), 0);
    if (code >= 0)
        return show_verdict(request, "code", str_part(given, (size_t)code + 3, given.len), err);
    if (str_starts(given, STR("1.2.156.")))
        return show_verdict(request, "identifier", given, err);
    if (str_starts(given, STR("eyJ")))
        return show_verdict(request, "jws", given, err);
    bool number = given.data[0] == 'C' || given.data[0] == 'c';
    return show_verdict(request, number && str_find(given, STR("-"), 0) > 0 ? "no" : "code", given, err);
}

/* ---- Opening by two facts: a relative on a phone ---- */

static enum status show_open(struct http_request *request, const struct error *refused, struct error *err)
{
    struct context_builder data;
    context_builder_init(&data, request->arena);
    static const char *const kept[] = {"code", "holder_id", "opener_id"};
    for (size_t i = 0; i < COUNT_OF(kept); i++) {
        struct str value = portal_field(request, kept[i]);
        if (!value.len)
            value = http_query(request, kept[i]);
        context_builder_put(&data, str_of(kept[i]), value_string(value.data ? value : STR("")));
    }
    context_builder_put(&data, STR("refused"), value_string(refused ? portal_problem(request, refused) : STR("")));
    context_builder_put(&data, STR("refused_hint"), portal_sentence(request, refused ? refused->hint : ""));
    return portal_page(request, refused ? http_status_of(refused) : 200, "open", context_builder_done(&data), err);
}

enum status portal_open(struct http_request *request, struct error *err)
{
    return show_open(request, NULL, err);
}

enum status portal_open_post(struct http_request *request, struct error *err)
{
    struct call call;
    struct context_builder facts;
    context_builder_init(&facts, request->arena);
    static const char *const asked[] = {"code", "holder_id", "opener_id"};
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        struct str value = str_trim(portal_field(request, asked[i]));
        if (value.len)
            context_builder_put(&facts, str_of(asked[i]), value_string(value));
    }
    struct value one;
    struct value given = context_builder_done(&facts);
    struct error refused = ERROR_INIT;
    if (gate_call(request, &call, err) != OK)
        return FAILED;
    struct str format = portal_field(request, "format");
    if (str_equal(format, STR("pdf"))) {
        struct str document;
        if (service_certificate_open_render(&call, given, STR(""), SERVICE_PDF, &document, &refused) != OK)
            return show_open(request, &refused, err);
        http_set_download(request, STR("certificate.pdf"));
        http_set_header(request, "Cache-Control", STR("private, no-store"));
        return http_reply(request, 200, "application/pdf", document);
    }
    if (service_certificate_open(&call, given, &one, &refused) != OK)
        return show_open(request, &refused, err);
    struct str picture;
    struct context_builder data;
    context_builder_init(&data, request->arena);
    if (service_certificate_open_render(&call, given, STR(""), SERVICE_PNG, &picture, &refused) == OK)
        context_builder_put(&data, STR("picture"),
                            value_string(base64_encode(request->arena, picture.data, picture.len)));
    context_builder_put(&data, STR("certificate"), portal_certificate_row(request, one));
    context_builder_put(&data, STR("facts"), given);
    return portal_page(request, 200, "opened", context_builder_done(&data), err);
}
