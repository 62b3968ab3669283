#include "service/material.h"

#include "service/certificate_work.h"

static bool in_situation(const struct pack_material *material, struct value names)
{
    struct str situation = value_text(value_path(names, "form.situation"));
    for (size_t i = 0; i < material->situation_count; i++)
        if (str_equal(material->situations[i], situation))
            return true;
    return material->situation_count == 0;
}

static bool asked_for(struct work_case *of, const struct pack_material *material, struct value names)
{
    struct work *work = of->work;
    struct feel_run run = service_feel(work->service, work->arena, of->packs, work->now);
    if (!in_situation(material, names))
        return false;
    return !material->when.source.data || value_is_true(pack_evaluate(&material->when, names, &run));
}

static enum status refuse(struct error *err, const char *type, size_t at, const char *member, const char *message)
{
    error_set(err, ERROR_INVALID, type, "%s", message);
    return error_field(err, "materials[%zu].%s", at, member);
}

static const struct pack_material *find(const struct pack_item *item, struct str id)
{
    for (size_t i = 0; i < item->material_count; i++)
        if (str_equal(item->materials[i].id, id))
            return &item->materials[i];
    return NULL;
}

/* Who may hold a certificate that stands in for a material. */
static bool holds(const struct work_certificate *held, struct value names)
{
    struct str holder = value_text(value_path(held->body, "holder.id"));
    struct str applicant = value_text(value_path(names, "applicant.id"));
    struct str party = value_text(value_path(names, "party.id"));
    return holder.len && (str_equal_nocase_ascii(holder, applicant) || str_equal_nocase_ascii(holder, party));
}

/* Its holder sees in the use log that this case used it. */
static enum status note_use(struct work_case *of, const struct work_certificate *held, struct error *err)
{
    struct certificate_use use = {"used", of->item->title, of->no};
    return certificate_used(of->work, held, &use, err);
}

static enum status check_certificate(struct work_case *of, const struct pack_material *material, struct str no, size_t at,
                                     struct value names, struct error *err)
{
    struct work *work = of->work;
    struct work_certificate *held;
    struct error problem = ERROR_INIT;
    if (certificate_load_no(work, no, &held, &problem) != OK) {
        if (problem.kind != ERROR_NOT_FOUND) {
            *err = problem;
            return FAILED;
        }
        return refuse(err, "material-certificate", at, "certificate", "There is no such certificate.");
    }
    if (!holds(held, names))
        return refuse(err, "material-certificate", at, "certificate", "There is no such certificate.");
    if (!str_equal(certificate_state_at(&held->row, work->now), STR("valid")))
        return refuse(err, "material-certificate", at, "certificate", "The certificate is not valid now.");
    if (!str_equal(held->row.kind, material->certificate))
        return refuse(err, "material-certificate", at, "certificate",
                      "This kind of certificate does not stand for it.");
    return note_use(of, held, err);
}

static enum status check_given(struct work_case *of, struct value given, struct value names, struct error *err)
{
    size_t count = value_count(given);
    if (!value_is_null(given) && (given.kind != VALUE_LIST || count > 200)) {
        error_set(err, ERROR_INVALID, "material-empty", "The materials are a list of at most 200 objects.");
        return error_field(err, "materials");
    }
    for (size_t i = 0; i < count; i++) {
        struct value one = value_at(given, i);
        const struct pack_material *material = find(of->item, value_text(value_get(one, STR("id"))));
        struct str certificate = value_text(value_get(one, STR("certificate")));
        bool promise = value_is_true(value_get(one, STR("promise")));
        if (!material)
            return refuse(err, "material-unknown", i, "id", "The item does not ask for this material.");
        if (certificate.len && check_certificate(of, material, certificate, i, names, err) != OK)
            return FAILED;
        if (promise && !material->promise)
            return refuse(err, "material-promise", i, "promise", "A promise cannot stand in for this material.");
        if (!certificate.len && !promise && value_text(value_get(one, STR("file"))).len == 0 &&
            !value_is_true(value_get(one, STR("paper"))))
            return refuse(err, "material-empty", i, "file",
                          "A material comes as a file, a certificate, a promise or paper.");
    }
    return OK;
}

/* A valid certificate of the kind that the applicant, else the party, holds. */
static enum status from_wallet(struct work_case *of, struct str kind, struct value names, struct str *out,
                               struct error *err)
{
    const struct str holders[] = {value_text(value_path(names, "applicant.id")),
                                  value_text(value_path(names, "party.id"))};
    *out = STR_NONE;
    for (size_t h = 0; h < COUNT_OF(holders) && !out->len; h++) {
        struct value items;
        if (!holders[h].len)
            continue;
        if (certificates_of(of->work, kind, holders[h], &items, err) != OK)
            return FAILED;
        for (size_t i = 0; i < value_count(items) && !out->len; i++)
            if (str_equal(value_text(value_get(value_at(items, i), STR("state"))), STR("valid")))
                *out = value_text(value_get(value_at(items, i), STR("no")));
        struct work_certificate *held;
        if (out->len && (work_access(of->work, "certificate.find", holders[h], of, err) != OK ||
                         certificate_load_no(of->work, *out, &held, err) != OK || note_use(of, held, err) != OK))
            return FAILED;
    }
    return OK;
}

static struct value given_for(struct value given, struct str id)
{
    for (size_t i = value_count(given); i-- > 0;)
        if (str_equal(value_text(value_get(value_at(given, i), STR("id"))), id))
            return value_at(given, i);
    return value_null;
}

static enum status judge_one(struct work_case *of, const struct pack_material *material, struct value given,
                             struct value names, struct value *out, struct error *err)
{
    static const char *const ways[] = {"certificate", "file", "promise", "paper"};
    struct value one = given_for(given, material->id);
    struct str certificate = value_text(value_get(one, STR("certificate")));
    struct str by = STR_NONE;
    for (size_t i = 0; i < COUNT_OF(ways) && !by.len; i++) {
        struct value way = value_get(one, str_of(ways[i]));
        if (value_is_true(way) || value_text(way).len)
            by = str_of(ways[i]);
    }
    if (!by.len && material->certificate.len) {
        if (from_wallet(of, material->certificate, names, &certificate, err) != OK)
            return FAILED;
        by = certificate.len ? STR("wallet") : STR_NONE;
    }
    struct view view;
    view_init(&view, of->work->arena);
    view_text(&view, "id", material->id);
    view_text(&view, "name", material->name);
    view_text(&view, "need", material->need);
    view_put(&view, "given", value_boolean(by.len > 0));
    view_text(&view, "by", by);
    view_put(&view, "file", value_get(one, STR("file")));
    view_text(&view, "certificate", certificate);
    view_int(&view, "tolerate_days", material->tolerate_days);
    *out = view_done(&view);
    return OK;
}

enum status materials_judge(struct work_case *of, struct value given, struct value names, struct value *out,
                            struct error *err)
{
    struct list_builder items;
    if (check_given(of, given, names, err) != OK)
        return FAILED;
    list_builder_init(&items, of->work->arena);
    for (size_t i = 0; i < of->item->material_count; i++) {
        struct value line;
        if (!asked_for(of, &of->item->materials[i], names))
            continue;
        if (judge_one(of, &of->item->materials[i], given, names, &line, err) != OK)
            return FAILED;
        list_builder_push(&items, line);
    }
    *out = list_builder_done(&items);
    return OK;
}
