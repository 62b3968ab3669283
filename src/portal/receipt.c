/* What is taken home from a case: the receipt as a page and as a PDF, with the way to its progress as a QR code, and
 * the application as it was filled in and signed. */
#include "portal/forms.h"

#include "service/case.h"
#include "trust/qr.h"
#include "trust/render.h"

struct value portal_deadline_why(struct http_request *request, struct value explanation)
{
    bool english = str_equal(portal_language(request), STR("en"));
    return value_get(explanation, english ? STR("en") : STR("zh"));
}

struct str portal_lookup_url(const struct http_request *request, struct str no)
{
    struct str base = service_public_url(request->context);
    return arena_printf(request->arena, "%.*s/lookup?no=%.*s", STR_ARGS(base), STR_ARGS(no));
}

enum status portal_qr(struct http_request *request, struct str text, struct value *out, struct error *err)
{
    struct qr_path path;
    if (qr_svg_path(request->arena, text, QR_MEDIUM, &path, err) != OK)
        return FAILED;
    struct str svg = arena_printf(request->arena,
                                  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\"><path fill=\"#fff\" "
                                  "d=\"M0 0h%dv%dH0z\"/><path d=\"%.*s\"/></svg>",
                                  path.size, path.size, path.size, path.size, STR_ARGS(path.d));
    *out = value_string(base64_encode(request->arena, svg.data, svg.len));
    return OK;
}

struct value portal_signed(struct http_request *request)
{
    struct str name = portal_field(request, "signature"), drawing = portal_field(request, "drawing");
    struct str prefix = STR("data:image/png;base64,");
    struct context_builder given;
    context_builder_init(&given, request->arena);
    if (name.len)
        context_builder_put(&given, STR("name"), value_string(name));
    if (drawing.len)
        context_builder_put(
            &given, STR("drawing"),
            value_string(str_starts(drawing, prefix) ? str_part(drawing, prefix.len, drawing.len) : drawing));
    return context_builder_done(&given);
}

void portal_put_signing(struct http_request *request, struct value item, const struct error *refused,
                        struct context_builder *data)
{
    struct str text = value_text(value_path(item, "signature.text")), typed = portal_field(request, "signature");
    bool party = !gate_caller_of(request)->actor.role.len;
    context_builder_put(data, STR("sign_text"),
                        value_string(text.len && party ? portal_translate(request, text) : STR("")));
    context_builder_put(data, STR("sign_typed"), value_string(typed.data ? typed : STR("")));
    context_builder_put(data, STR("sign_wrong"),
                        value_boolean(refused && str_starts(str_of(refused->type), STR("signature-"))));
}

struct value portal_signature(struct http_request *request, struct value signature)
{
    if (value_is_null(signature))
        return value_null;
    struct context_builder more;
    context_builder_init(&more, request->arena);
    context_builder_put(&more, STR("at_text"), portal_time(request, value_get(signature, STR("at"))));
    context_builder_put(&more, STR("drawn"), value_boolean(value_get(signature, STR("file")).kind == VALUE_STRING));
    context_builder_put(&more, STR("words"),
                        value_string(portal_translate(request, value_text(value_get(signature, STR("text"))))));
    return value_merge(request->arena, signature, context_builder_done(&more));
}

/* ---- The receipt ---- */

static void push_row(struct http_request *request, struct list_builder *rows, const char *label, struct str text)
{
    struct context_builder row;
    if (!text.len)
        return;
    context_builder_init(&row, request->arena);
    context_builder_put(&row, STR("label"), value_string(portal_text(request, label)));
    context_builder_put(&row, STR("text"), value_string(text));
    list_builder_push(rows, context_builder_done(&row));
}

static struct value receipt_rows(struct http_request *request, struct value row)
{
    static const char *const members[][2] = {{"case_no", "no"},
                                             {"item", "item_title"},
                                             {"about_whom", "title"},
                                             {"opened", "opened_text"},
                                             {"receipt_state", "state_text"}};
    struct value agent = value_get(row, STR("agent"));
    struct str name = value_text(value_get(agent, STR("name"))), unit = value_text(value_get(agent, STR("unit")));
    struct str deadline = value_text(value_get(row, STR("deadline_text")));
    bool closed = value_is_true(value_get(row, STR("is_closed")));
    struct list_builder rows;
    list_builder_init(&rows, request->arena);
    for (size_t i = 0; i < COUNT_OF(members); i++)
        push_row(request, &rows, members[i][0], value_text(value_get(row, str_of(members[i][1]))));
    push_row(request, &rows, "acting_by",
             unit.len ? arena_printf(request->arena, "%.*s (%.*s)", STR_ARGS(name), STR_ARGS(unit)) : name);
    if (closed)
        push_row(request, &rows, "closed", value_text(value_get(row, STR("closed_text"))));
    else
        push_row(request, &rows, "deadline", deadline.len ? deadline : portal_text(request, "deadline_later"));
    return list_builder_done(&rows);
}

/* What is still to come, or what can be taken home. */
static struct value receipt_steps(struct http_request *request, bool closed)
{
    static const char *const open_steps[] = {"next_1", "next_2", "next_3"}, *const closed_steps[] = {"next_closed_1",
                                                                                                     "next_closed_2"};
    struct list_builder steps;
    list_builder_init(&steps, request->arena);
    for (size_t i = 0; i < (closed ? COUNT_OF(closed_steps) : COUNT_OF(open_steps)); i++)
        list_builder_push(&steps, value_string(portal_text(request, closed ? closed_steps[i] : open_steps[i])));
    return list_builder_done(&steps);
}

static enum status receipt_data(struct http_request *request, struct value one, struct value *out, struct error *err)
{
    struct qr_path path;
    struct str no = value_text(value_get(one, STR("no"))), url = portal_lookup_url(request, no);
    if (qr_svg_path(request->arena, url, QR_MEDIUM, &path, err) != OK)
        return FAILED;
    struct context_builder data;
    context_builder_init(&data, request->arena);
    struct value row = portal_case_row(request, portal_translate_all(request, one));
    context_builder_put(&data, STR("rows"), receipt_rows(request, row));
    context_builder_put(&data, STR("steps"), receipt_steps(request, value_is_true(value_get(row, STR("is_closed")))));
    context_builder_put(&data, STR("printed"),
                        portal_time(request, date_time_from_ms(service_now(request->context), "Asia/Shanghai")));
    context_builder_put(&data, STR("why"), portal_deadline_why(request, value_get(one, STR("deadline_explanation"))));
    context_builder_put(&data, STR("url"), value_string(url));
    bool english = str_equal(portal_language(request), STR("en"));
    context_builder_put(&data, STR("width"), value_int(english ? 90 : 48)); /* characters of a line of small print */
    context_builder_put(&data, STR("path"), value_string(path.d));
    context_builder_put(&data, STR("size"), value_int(path.size));
    *out = context_builder_done(&data);
    return OK;
}

enum status portal_receipt(struct http_request *request, struct error *err)
{
    struct call call;
    struct value one, data;
    struct buf sheet;
    struct str pdf, no = http_param(request, "no");
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    if (gate_call(request, &call, err) != OK || service_case_get(&call, no, &one, err) != OK ||
        receipt_data(request, one, &data, err) != OK || portal_render(request, "receipt", data, &sheet, err) != OK)
        return FAILED;
    struct str page = arena_take(request->arena, &sheet);
    struct render_options options = {.title = no, .created_ms = service_now(request->context)};
    if (render_pdf(request->arena, &page, 1, &options, &pdf, err) != OK)
        return FAILED;
    http_set_download(request, arena_printf(request->arena, "%.*s.pdf", STR_ARGS(no)));
    http_set_header(request, "Cache-Control", STR("private, no-store"));
    return http_reply(request, 200, "application/pdf", pdf);
}

/* ---- The application as it was sent ---- */

const struct pack_item *portal_case_item(const struct http_request *request, struct value one)
{
    int64_t version = 0;
    if (!value_to_int64(value_get(one, STR("item_version")), &version))
        return NULL;
    return pack_item_version(portal_packs(request), value_text(value_get(one, STR("item"))), version);
}

bool portal_case_form(struct http_request *request, const struct pack_item *item, struct portal_form *out)
{
    const struct pack_set *packs = portal_packs(request);
    const struct pack_form *form = item ? pack_form_find(packs, item->form) : NULL;
    if (!form)
        return false;
    out->form = form->form;
    out->texts = (struct pack_texts){packs, portal_language(request)};
    out->run = (struct feel_run){.arena = request->arena, .now_ms = service_now(request->context),
                                 .calendar = pack_calendar(packs)};
    out->env = (struct form_env){&out->run, pack_form_codes(packs), pack_form_texts(&out->texts)};
    return true;
}

static struct value described(struct http_request *request, struct value one)
{
    struct portal_form form;
    if (!portal_case_form(request, portal_case_item(request, one), &form))
        return value_null;
    struct value filled = form_null_fill(form.form, request->arena, value_get(one, STR("form")));
    return value_get(form_describe(form.form, filled, NULL, 0, &form.env), STR("steps"));
}

static struct value material_rows(struct http_request *request, struct value one)
{
    static const char *const ways[] = {"file", "certificate", "promise", "paper"};
    const struct pack_item *item = portal_case_item(request, one);
    struct value materials = value_get(one, STR("materials"));
    struct list *rows = list_new(request->arena, value_count(materials));
    for (size_t i = 0; i < value_count(materials); i++) {
        struct value given = value_at(materials, i);
        struct str id = value_text(value_get(given, STR("id"))), name = id;
        for (size_t k = 0; item && k < item->material_count; k++)
            if (str_equal(item->materials[k].id, id))
                name = portal_translate(request, item->materials[k].name);
        struct context_builder row;
        context_builder_init(&row, request->arena);
        context_builder_put(&row, STR("title"), value_string(name));
        for (size_t k = 0; k < COUNT_OF(ways); k++)
            if (!value_is_null(value_get(given, str_of(ways[k]))))
                context_builder_put(&row, STR("by_text"), value_string(portal_state(request, "by", str_of(ways[k]))));
        context_builder_put(&row, STR("file_name"), value_get(given, STR("name")));
        rows->items[i] = context_builder_done(&row);
    }
    return value_of_list(rows);
}

enum status portal_application(struct http_request *request, struct error *err)
{
    struct call call;
    struct value one;
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    if (gate_call(request, &call, err) != OK || service_case_get(&call, http_param(request, "no"), &one, err) != OK)
        return FAILED;
    struct context_builder data;
    context_builder_init(&data, request->arena);
    context_builder_put(&data, STR("case"), portal_case_row(request, one));
    context_builder_put(&data, STR("steps"), described(request, one));
    context_builder_put(&data, STR("materials"), material_rows(request, one));
    context_builder_put(&data, STR("signature"), portal_signature(request, value_get(one, STR("signature"))));
    return portal_page(request, 200, "application", context_builder_done(&data), err);
}
