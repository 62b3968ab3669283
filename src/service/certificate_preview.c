/* Kinds of certificates as their designers see them: the list, and pages with example data. */
#include "service/certificate.h"

#include "service/certificate_work.h"

static struct value pages_of(struct arena *arena, const struct pack_certificate *kind)
{
    struct list_builder pages;
    list_builder_init(&pages, arena);
    for (size_t i = 0; i < kind->page_count; i++) {
        struct value page = context_set(arena, value_null, "id", value_string(kind->pages[i].id));
        list_builder_push(&pages, context_set(arena, page, "title", value_string(kind->pages[i].title)));
    }
    return list_builder_done(&pages);
}

static struct value faces_of(struct arena *arena, const struct pack_certificate *kind)
{
    struct list_builder faces;
    list_builder_init(&faces, arena);
    for (size_t i = 0; i < kind->face_count; i++) {
        struct view view;
        view_init(&view, arena);
        view_text(&view, "key", kind->face[i].key);
        view_text(&view, "label", kind->face[i].label);
        view_flag(&view, "required", kind->face[i].required);
        list_builder_push(&faces, view_done(&view));
    }
    return list_builder_done(&faces);
}

static enum status for_staff(const struct call *call, struct error *err)
{
    if (service_may(call, "certificate.read", err) != OK)
        return FAILED;
    if (call->actor->kind == ACTOR_STAFF || call->actor->kind == ACTOR_SYSTEM)
        return OK;
    return error_set(err, ERROR_FORBIDDEN, "forbidden", "Layouts of certificates are shown to staff.");
}

enum status service_certificate_kinds(const struct call *call, struct value *out, struct error *err)
{
    size_t count;
    const struct pack_certificate *const *kinds = pack_certificates(call->service->packs, &count);
    struct list_builder items;
    list_builder_init(&items, call->arena);
    if (for_staff(call, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++) {
        struct view view;
        view_init(&view, call->arena);
        view_text(&view, "id", kinds[i]->id);
        view_text(&view, "title", kinds[i]->title);
        view_text(&view, "type_code", kinds[i]->type_code);
        view_flag(&view, "document", kinds[i]->document);
        view_int(&view, "validity_months", kinds[i]->validity_months);
        view_put(&view, "pages", pages_of(call->arena, kinds[i]));
        view_put(&view, "face", faces_of(call->arena, kinds[i]));
        list_builder_push(&items, view_done(&view));
    }
    *out = context_set(call->arena, value_null, "items", list_builder_done(&items));
    return OK;
}

/* ---- Previews ---- */

struct preview {
    struct str kind;
    struct certificate_drawing drawing;
    struct value face;
    struct str bytes;
};

static enum status example_face(struct arena *arena, const struct pack_certificate *kind, struct value given,
                                struct value *out, struct error *err)
{
    struct view view;
    view_init(&view, arena);
    for (size_t i = 0; i < kind->face_count; i++) {
        struct str key = kind->face[i].key;
        struct value v = value_get(given, key);
        if (!value_is_null(v) && v.kind != VALUE_STRING && v.kind != VALUE_NUMBER) {
            error_set(err, ERROR_INVALID, "face-invalid", "%.*s must be a text or a number.", STR_ARGS(key));
            return error_field(err, "face.%.*s", STR_ARGS(key));
        }
        struct str example = arena_printf(arena, "示例%.*s", STR_ARGS(kind->face[i].label));
        context_builder_put(&view.members, key, value_is_null(v) ? value_string(example) : v);
    }
    *out = view_done(&view);
    return OK;
}

static struct value example_names(struct work *work, const struct pack_certificate *kind, struct value face,
                                  struct str qr)
{
    struct arena *arena = work->arena;
    struct value holder = context_set(arena, value_null, "kind", value_cstr("person"));
    holder = context_set(arena, holder, "name", value_cstr("示例持证人"));
    holder = context_set(arena, holder, "id", value_cstr("000000000000000000"));
    struct view view;
    view_init(&view, arena);
    view_text(&view, "number", STR("SPECIMEN0001"));
    view_text(&view, "identifier",
              arena_printf(arena, "1.2.156.3005.2.%.*s.000000.SPECIMEN0001.001.0", STR_ARGS(kind->type_code)));
    view_text(&view, "title", kind->title);
    view_text(&view, "issuer", STR("000000"));
    view_text(&view, "issuer_name", STR("示例发证机关"));
    view_text(&view, "no", STR("C000000-00000000-000000-0"));
    view_text(&view, "valid_from", STR("2026-01-01"));
    view_text(&view, "valid_to", STR("2030-12-31"));
    view_time(&view, "issued", work->now);
    view_text(&view, "qr", qr);
    view_text(&view, "verify_url", work->service->public_url);
    view_put(&view, "holder", holder);
    view_text(&view, "state", STR("valid"));
    view_flag(&view, "demo", true);
    return value_merge(arena, face, view_done(&view));
}

static enum status preview_command(struct work *work, void *arg, struct error *err)
{
    struct preview *a = arg;
    struct value face;
    struct str qr;
    const struct pack_certificate *kind = pack_certificate_find(work->service->packs, a->kind);
    if (!kind)
        return error_set(err, ERROR_NOT_FOUND, "certificate-unknown", "There is no kind of certificate %.*s.",
                         STR_ARGS(a->kind));
    if (example_face(work->arena, kind, a->face, &face, err) != OK ||
        certificate_qr(work->arena, work->service->public_url, &qr, err) != OK)
        return FAILED;
    a->drawing.names = example_names(work, kind, face, qr);
    a->drawing.created_ms = work->now;
    return certificate_draw(work, kind, &a->drawing, &a->bytes, err);
}

enum status service_certificate_preview(const struct call *call, struct str kind, struct str page, struct value face,
                                        enum service_format format, struct str *out, struct error *err)
{
    struct preview arg = {.kind = kind, .face = face, .drawing = {.page = page, .format = (int)format}};
    CHECK(format != SERVICE_JWS);
    if (for_staff(call, err) != OK || work_read(call, preview_command, &arg, err) != OK)
        return FAILED;
    *out = arg.bytes;
    return OK;
}
