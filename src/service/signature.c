/* A drawn signature is a file of its own, found under its content; the record is in the case and, as an event, in its
 * chain. */
#include "service/signature.h"

#include "feel/json.h"
#include "service/acting.h"
#include "service/party.h"
#include "service/scan.h"
#include "trust/hash.h"

#include <string.h>

struct str signature_name(const struct actor *actor)
{
    return actor->acting ? actor->acting->agent.name : actor->name;
}

static struct str content_hash(struct arena *arena, struct value v)
{
    unsigned char hash[HASH_SIZE];
    hash_sm3(json_canonical(arena, v), hash);
    return hex_encode(arena, hash, HASH_SIZE);
}

struct signed_parts {
    struct str item, text;
    int64_t version;
    struct value form, materials;
};

/* What is signed, as one text that anybody can make again from the case. */
static struct str signed_content(struct arena *arena, const struct signed_parts *parts)
{
    struct view view;
    view_init(&view, arena);
    view_text(&view, "item", parts->item);
    view_int(&view, "item_version", parts->version);
    view_put(&view, "form", parts->form);
    view_put(&view, "materials", parts->materials);
    view_text(&view, "text", parts->text);
    return content_hash(arena, view_done(&view));
}

bool signature_covers(const struct work_case *of, struct value signature)
{
    struct signed_parts parts = {of->item->code, value_text(value_get(signature, STR("text"))), of->item->version,
                                 work_case_get(of, "form"), work_case_get(of, "materials")};
    return str_equal(signed_content(of->work->arena, &parts), value_text(value_get(signature, STR("content"))));
}

static uint32_t big_endian(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* A PNG begins with its mark and the chunk IHDR: length (4), "IHDR", width (4), height (4). */
static bool fair_picture(struct str png)
{
    if (file_kind_of(png) != FILE_PNG || png.len < 33 || memcmp(png.data + 12, "IHDR", 4) != 0)
        return false;
    uint32_t width = big_endian(png.data + 16), height = big_endian(png.data + 20);
    return width > 0 && height > 0 && width <= SIGNATURE_PIXELS_MAX && height <= SIGNATURE_PIXELS_MAX;
}

static enum status refuse(const char *type, const char *field, const char *message, struct error *err)
{
    error_set(err, ERROR_INVALID, type, "%s", message);
    error_field(err, "%s", field);
    return error_hint(err, "Type your full name, or draw your signature.");
}

static enum status take_drawing(const struct call *call, struct str drawing, struct view *view, struct error *err)
{
    struct str png;
    struct value kept;
    if (drawing.len > SIGNATURE_BYTES_MAX * 4 / 3 + 4 || !base64_decode(call->arena, drawing, &png) ||
        !fair_picture(png))
        return refuse("signature-drawing", "signature.drawing",
                      "A drawn signature is a PNG of at most 64 KiB and 2,000 pixels a side.", err);
    if (service_file_put(call, STR("signature.png"), STR("image/png"), png, &kept, err) != OK)
        return FAILED;
    view_text(view, "kind", STR("drawn"));
    view_put(view, "file", value_get(kept, STR("id")));
    return OK;
}

enum status signature_take(const struct call *call, const struct case_opening *opening, struct value *out,
                           struct error *err)
{
    const struct actor *actor = call->actor;
    struct value given = opening->input->signature;
    struct str name = str_trim(value_text(value_get(given, STR("name"))));
    struct str drawing = value_text(value_get(given, STR("drawing")));
    bool party = actor->kind == ACTOR_PERSON || actor->kind == ACTOR_ORGANISATION;
    if (!opening->item->signature.len || !party || opening->parent)
        return OK;
    struct view view;
    view_init(&view, call->arena);
    if (drawing.len) {
        if (take_drawing(call, drawing, &view, err) != OK)
            return FAILED;
    } else if (!name.len) {
        return refuse("signature-missing", "signature.name", "This application has to be signed.", err);
    } else if (!str_equal(name, signature_name(actor))) {
        return refuse("signature-name", "signature.name",
                      "The name under the application is not that of who has signed in.", err);
    } else {
        view_text(&view, "kind", STR("typed"));
    }
    struct signed_parts parts = {opening->item->code, opening->item->signature, opening->item->version, opening->form,
                                 opening->input->materials};
    view_text(&view, "name", signature_name(actor));
    view_text(&view, "text", parts.text);
    view_text(&view, "content", signed_content(call->arena, &parts));
    view_text(&view, "at", temporal_text(call->arena, value_time(service_now(call->service))));
    struct value record = view_done(&view);
    *out = context_set(call->arena, record, "id", value_string(content_hash(call->arena, record)));
    return OK;
}
