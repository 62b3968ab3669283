/* Supplement (P13): what one notice of corrections named, on one page; everything that was given before stays. */
#include "portal/forms.h"

#include "service/case.h"
#include "service/party.h"

/* A case that waits for its applicant, with the item and form it was opened under. */
struct supplement {
    struct call call;
    struct str no;
    struct value one; /* the case */
    const struct pack_item *item;
    struct portal_form as;
    bool has_form;
    struct value data, materials;
};

static enum status load(struct http_request *request, struct supplement *out, struct error *err)
{
    out->no = http_param(request, "no");
    if (gate_call(request, &out->call, err) != OK || service_case_get(&out->call, out->no, &out->one, err) != OK)
        return FAILED;
    out->item = portal_case_item(request, out->one);
    if (!out->item || value_is_null(value_get(out->one, STR("correction"))))
        return error_set(err, ERROR_CONFLICT, "case-not-correcting", "Case %.*s does not wait for anything from you.",
                         STR_ARGS(out->no));
    out->has_form = portal_case_form(request, out->item, &out->as);
    out->data = value_get(out->one, STR("form"));
    out->materials = value_get(out->one, STR("materials"));
    return OK;
}

/* What the notice says of it; null: it does not name it. */
static struct value told_of(const struct supplement *self, struct str name)
{
    struct value items = value_path(self->one, "correction.items");
    for (size_t i = 0; i < value_count(items); i++)
        if (str_find(value_text(value_at(items, i)), name, 0) >= 0)
            return value_at(items, i);
    return value_null;
}

static bool named(const struct supplement *self, struct str name)
{
    return !value_is_null(told_of(self, name));
}

/* The materials that the notice names. */
static struct value wanted(struct http_request *request, const struct supplement *self)
{
    struct list_builder rows;
    list_builder_init(&rows, request->arena);
    for (size_t i = 0; i < self->item->material_count; i++) {
        const struct pack_material *material = &self->item->materials[i];
        if (!named(self, material->name))
            continue;
        struct context_builder row;
        context_builder_init(&row, request->arena);
        context_builder_put(&row, STR("id"), value_string(material->id));
        context_builder_put(&row, STR("name"), value_string(portal_translate(request, material->name)));
        context_builder_put(&row, STR("told"), portal_translate_all(request, told_of(self, material->name)));
        context_builder_put(&row, STR("promise"), value_boolean(material->promise));
        list_builder_push(&rows, context_builder_done(&row));
    }
    return list_builder_done(&rows);
}

static enum status show(struct http_request *request, struct supplement *self, const struct error *refused,
                        struct error *err)
{
    struct value steps = value_null, rows = wanted(request, self);
    if (self->has_form) {
        struct value filled = form_null_fill(self->as.form, request->arena, self->data);
        struct form_result judged = {0};
        if (refused)
            judged = form_validate(self->as.form, self->data, &self->as.env);
        struct value described =
            form_describe(self->as.form, filled, judged.errors, judged.error_count, &self->as.env);
        steps = portal_step_rows(request, value_get(described, STR("steps")));
    }
    struct value correction = value_get(self->one, STR("correction"));
    struct context_builder data;
    context_builder_init(&data, request->arena);
    context_builder_put(&data, STR("case"), portal_case_row(request, self->one));
    context_builder_put(&data, STR("items"), portal_translate_all(request, value_get(correction, STR("items"))));
    context_builder_put(&data, STR("until_text"), portal_time(request, value_get(correction, STR("until"))));
    context_builder_put(&data, STR("materials"), rows);
    context_builder_put(&data, STR("steps"), steps);
    context_builder_put(&data, STR("answers_too"),
                        value_boolean(value_count(rows) < value_count(value_get(correction, STR("items")))));
    context_builder_put(&data, STR("refused"), value_string(refused ? portal_problem(request, refused) : STR("")));
    context_builder_put(&data, STR("refused_why"), value_cstr(refused ? refused->message : ""));
    return portal_page(request, refused ? 422 : 200, "supplement", context_builder_done(&data), err);
}

enum status portal_supplement(struct http_request *request, struct error *err)
{
    struct supplement self = {0};
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    return load(request, &self, err) == OK ? show(request, &self, NULL, err) : FAILED;
}

/* What was given for one material: a file, a promise, or on paper; null: nothing. */
static enum status take_material(struct http_request *request, const struct supplement *self,
                                 const struct pack_material *material, struct value *out, struct error *err)
{
    const struct http_multipart *parts;
    struct str field = arena_printf(request->arena, "file-%.*s", STR_ARGS(material->id));
    struct str way = portal_field(request, arena_printf(request->arena, "way-%.*s", STR_ARGS(material->id)).data);
    struct context_builder given;
    context_builder_init(&given, request->arena);
    context_builder_put(&given, STR("id"), value_string(material->id));
    *out = value_null;
    if (str_equal(way, STR("promise")) || str_equal(way, STR("paper"))) {
        context_builder_put(&given, way, value_boolean(true));
        *out = context_builder_done(&given);
        return OK;
    }
    if (!str_equal(http_content_type(request), STR("multipart/form-data")))
        return OK;
    if (http_parts(request, &parts, err) != OK)
        return FAILED;
    const struct http_part *part = http_multipart_find(parts, field);
    struct value kept;
    if (!part || !part->content.len)
        return OK;
    if (service_file_put(&self->call, part->file_name, part->content_type, part->content, &kept, err) != OK)
        return FAILED;
    context_builder_put(&given, STR("file"), value_get(kept, STR("id")));
    context_builder_put(&given, STR("name"), value_get(kept, STR("name")));
    *out = context_builder_done(&given);
    return OK;
}

/* The materials given before with the named ones replaced by what came now. */
static enum status take_materials(struct http_request *request, struct supplement *self, struct error *err)
{
    struct list_builder all;
    list_builder_init(&all, request->arena);
    for (size_t i = 0; i < self->item->material_count; i++) {
        const struct pack_material *material = &self->item->materials[i];
        struct value now = value_null;
        if (named(self, material->name) && take_material(request, self, material, &now, err) != OK)
            return FAILED;
        for (size_t k = 0; value_is_null(now) && k < value_count(self->materials); k++)
            if (str_equal(value_text(value_get(value_at(self->materials, k), STR("id"))), material->id))
                now = value_at(self->materials, k);
        if (!value_is_null(now))
            list_builder_push(&all, now);
    }
    self->materials = list_builder_done(&all);
    return OK;
}

static enum status take_answers(struct http_request *request, struct supplement *self, struct error *err)
{
    const struct http_pairs *posted;
    if (!self->has_form || !portal_field(request, "answers").len)
        return OK;
    if (http_form(request, &posted, err) != OK)
        return FAILED;
    struct form_pair *pairs = arena_array(request->arena, struct form_pair, posted->count);
    for (size_t i = 0; i < posted->count; i++)
        pairs[i] = (struct form_pair){posted->items[i].name, posted->items[i].value};
    self->data = form_from_post(self->as.form, request->arena, pairs, posted->count, self->data, -1);
    return OK;
}

enum status portal_supplement_post(struct http_request *request, struct error *err)
{
    struct supplement self = {0};
    struct error refused = ERROR_INIT;
    struct value view;
    struct context_builder input;
    context_builder_init(&input, request->arena);
    if (!portal_signed_in(request))
        return portal_ask_sign_in(request);
    if (load(request, &self, err) != OK)
        return FAILED;
    if (take_answers(request, &self, &refused) != OK || take_materials(request, &self, &refused) != OK)
        return show(request, &self, &refused, err);
    context_builder_put(&input, STR("form"), self.data);
    context_builder_put(&input, STR("materials"), self.materials);
    if (service_case_act(&self.call, self.no, STR("supplement"), context_builder_done(&input), &view, &refused) != OK) {
        if (refused.kind == ERROR_INTERNAL || refused.kind == ERROR_UNAVAILABLE) {
            *err = refused;
            return FAILED;
        }
        return show(request, &self, &refused, err);
    }
    return http_reply_redirect(request, 303, arena_printf(request->arena, "/cases/%.*s", STR_ARGS(self.no)));
}
