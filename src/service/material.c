#include "service/material.h"

#include "service/case_open.h"
#include "service/certificate_work.h"
#include "service/file.h"
#include "service/prefill.h"

#define MATERIALS_MAX 200

static bool in_situation(const struct pack_material *material, struct value names)
{
    struct str situation = value_text(value_path(names, "form.situation"));
    for (size_t i = 0; i < material->situation_count; i++)
        if (str_equal(material->situations[i], situation))
            return true;
    return material->situation_count == 0;
}

static bool asked_for(const struct work *work, const struct pack_set *packs, const struct pack_material *material,
                      struct value names)
{
    struct feel_run run = service_feel(work->service, work->arena, packs, work->now);
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

static enum status check_certificate(struct work_case *of, const struct pack_material *material, struct str no,
                                     size_t at, struct value names, struct error *err)
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
    return work_access(work, "material.certificate", value_text(value_path(held->body, "holder.id")), of, err) == OK
               ? note_use(of, held, err)
               : FAILED;
}

static enum status check_given(struct work_case *of, struct value given, struct value names, struct error *err)
{
    for (size_t i = 0; i < value_count(given); i++) {
        struct value one = value_at(given, i);
        const struct pack_material *material = find(of->item, value_text(value_get(one, STR("id"))));
        struct str certificate = value_text(value_get(one, STR("certificate")));
        bool promise = value_is_true(value_get(one, STR("promise")));
        CHECK(material); /* materials_settle saw to it */
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
    view_put(&view, "from", value_get(one, STR("from")));
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
        if (!asked_for(of->work, of->packs, &of->item->materials[i], names))
            continue;
        if (judge_one(of, &of->item->materials[i], given, names, &line, err) != OK)
            return FAILED;
        list_builder_push(&items, line);
    }
    *out = list_builder_done(&items);
    return OK;
}

/* ---- Files, and what was given for an earlier case ---- */

static enum status refuse_file(struct error *err, const char *member, size_t at, struct str name)
{
    error_set(err, ERROR_INVALID, "material-file",
              "What was given for the material %.*s is not there, or is not yours to use.", STR_ARGS(name));
    error_field(err, "materials[%zu].%s", at, member);
    return error_hint(err, "Upload the file and give the number that it gets.");
}

static bool among(struct value list, struct str file)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (str_equal(value_text(value_get(value_at(list, i), STR("file"))), file))
            return true;
    return false;
}

/* The applicant's, the actor's, or one that the case has already. */
static enum status check_file(struct work_case *of, struct str file, struct value before, bool *good, struct error *err)
{
    struct work *work = of->work;
    struct store_blob row;
    bool found;
    if (file_find(work->tx, work->arena, file, &row, &found, err) != OK)
        return FAILED;
    struct str me = actor_index(work->call);
    bool mine = found && ((me.data && str_equal(row.owner, me)) ||
                          (of->row.applicant.data && str_equal(row.owner, of->row.applicant)));
    *good = mine || (found && (work->call->actor->kind == ACTOR_SYSTEM || among(before, file)));
    return OK;
}

static const struct pack_material *same_kind(const struct pack_item *item, struct str id, struct str reuse)
{
    const struct pack_material *material = find(item, id);
    return material && reuse.len && str_equal(material->reuse, reuse) ? material : NULL;
}

static bool recent(int64_t given, int64_t months, int64_t now, struct value *until)
{
    struct value length = value_years_months(months), then;
    int64_t ms;
    if (!temporal_add(value_time(given), length, &then) || !date_time_to_ms(then, &ms))
        return false;
    *until = value_time(ms);
    return ms >= now;
}

/* The file given for a material of the same kind in an earlier case of the applicant, with where it is from. */
static enum status from_earlier(struct work_case *of, const struct pack_material *material, struct value earlier,
                                struct value *out, struct error *err)
{
    struct work *work = of->work;
    struct case_id id;
    struct store_case row;
    struct work_case *then;
    struct value until;
    bool found = false;
    struct str no = value_text(value_get(earlier, STR("case"))),
               which = value_text(value_get(earlier, STR("material")));
    *out = value_null;
    if (!case_no_parse(no, &id))
        return OK;
    if (store_case_find(work->tx, work->arena, id.region, id.id, &row, &found, err) != OK)
        return FAILED;
    if (!found || !of->row.applicant.data || !str_equal(row.applicant, of->row.applicant))
        return OK;
    if (work_case_look(work, &row, &then, err) != OK)
        return FAILED;
    struct value given = given_for(work_case_get(then, "materials"), which);
    if (!same_kind(then->item, which, material->reuse) || !value_text(value_get(given, STR("file"))).len ||
        !recent(row.opened, material->reuse_months, work->now, &until))
        return OK;
    struct view from, view;
    view_init(&from, work->arena);
    view_text(&from, "case", then->no);
    view_text(&from, "material", which);
    view_init(&view, work->arena);
    view_text(&view, "id", material->id);
    view_put(&view, "file", value_get(given, STR("file")));
    view_put(&view, "name", value_get(given, STR("name")));
    view_put(&view, "from", view_done(&from));
    *out = view_done(&view);
    return work_access(work, "material.earlier", value_text(value_path(work_case_get(of, "applicant"), "id")), of, err);
}

enum status materials_settle(struct work_case *of, struct value given, struct value before, struct value *out,
                             struct error *err)
{
    struct list_builder items;
    list_builder_init(&items, of->work->arena);
    if (!value_is_null(given) && (given.kind != VALUE_LIST || value_count(given) > MATERIALS_MAX)) {
        error_set(err, ERROR_INVALID, "material-empty", "The materials are a list of at most %d objects.",
                  MATERIALS_MAX);
        return error_field(err, "materials");
    }
    for (size_t i = 0; i < value_count(given); i++) {
        struct value one = value_at(given, i), earlier = value_get(one, STR("earlier"));
        struct str id = value_text(value_get(one, STR("id"))), file = value_text(value_get(one, STR("file")));
        const struct pack_material *material = find(of->item, id);
        bool good = true;
        /* Items without a procedure never look at materials: what they are handed is only kept. */
        if (!material && !value_is_null(value_get(of->item->json, STR("procedure"))))
            return refuse(err, "material-unknown", i, "id", "The item does not ask for this material.");
        if (material && !value_is_null(earlier)) {
            if (from_earlier(of, material, earlier, &one, err) != OK)
                return FAILED;
            if (value_is_null(one))
                return refuse_file(err, "earlier", i, material->name);
        } else if (file.len && check_file(of, file, before, &good, err) != OK) {
            return FAILED;
        }
        if (!good)
            return refuse_file(err, "file", i, material ? material->name : id);
        list_builder_push(&items, one);
    }
    *out = value_is_null(given) ? given : list_builder_done(&items);
    return OK;
}

/* ---- What is asked for, and what could be given ---- */

struct offering {
    struct case_opening *opening;
    struct value given;
    struct list_builder items;
};

static enum status offer_certificates(struct work *work, const struct pack_material *material, struct value *out,
                                      struct error *err)
{
    struct list_builder fit;
    struct value held;
    list_builder_init(&fit, work->arena);
    *out = value_null;
    if (!material->certificate.len || !service_can(work->call, "certificate.read"))
        return OK;
    if (certificates_of(work, material->certificate, work->call->actor->id, &held, err) != OK)
        return FAILED;
    for (size_t i = 0; i < value_count(held); i++)
        if (str_equal(value_text(value_get(value_at(held, i), STR("state"))), STR("valid")))
            list_builder_push(&fit, value_at(held, i));
    *out = list_builder_done(&fit);
    return OK;
}

/* One offer a material of the case, if it is of the kind and not too old. */
static enum status offer_case(struct work *work, const struct pack_material *material, const struct store_case *row,
                              struct list_builder *out, struct error *err)
{
    struct work_case *of;
    struct value until;
    if (work_case_look(work, row, &of, err) != OK)
        return FAILED;
    struct value given = work_case_get(of, "materials");
    for (size_t i = 0; i < value_count(given); i++) {
        struct value one = value_at(given, i);
        struct str id = value_text(value_get(one, STR("id")));
        const struct pack_material *same = same_kind(of->item, id, material->reuse);
        if (!same || !value_text(value_get(one, STR("file"))).len ||
            !recent(row->opened, material->reuse_months, work->now, &until))
            continue;
        struct view view;
        view_init(&view, work->arena);
        view_text(&view, "case", of->no);
        view_text(&view, "item_title", of->item->title);
        view_text(&view, "material", id);
        view_text(&view, "material_name", same->name);
        view_put(&view, "name", value_get(one, STR("name")));
        view_time(&view, "at", row->opened);
        view_put(&view, "until", until);
        list_builder_push(out, view_done(&view));
    }
    return OK;
}

#define OFFERS_MAX 5

static enum status offer_earlier(struct work *work, const struct pack_material *material, struct value *out,
                                 struct error *err)
{
    struct list_builder items;
    struct store_case *rows;
    size_t count;
    list_builder_init(&items, work->arena);
    *out = value_null;
    if (!material->reuse.len)
        return OK;
    if (earlier_cases(work, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count && items.items.count < OFFERS_MAX; i++)
        if (offer_case(work, material, &rows[i], &items, err) != OK)
            return FAILED;
    *out = list_builder_done(&items);
    return OK;
}

static enum status offer_command(struct work *work, void *arg, struct error *err)
{
    struct offering *a = arg;
    const struct pack_item *item = a->opening->item;
    struct value declared = value_get(item->json, STR("materials"));
    list_builder_init(&a->items, work->arena);
    for (size_t i = 0; i < item->material_count; i++) {
        const struct pack_material *material = &item->materials[i];
        struct value certificates, earlier;
        if (!asked_for(work, a->opening->packs, material, a->opening->names))
            continue;
        if (offer_certificates(work, material, &certificates, err) != OK ||
            offer_earlier(work, material, &earlier, err) != OK)
            return FAILED;
        struct view view;
        view_init(&view, work->arena);
        view_put(&view, "given", given_for(a->given, material->id));
        view_put(&view, "certificates", certificates);
        view_put(&view, "earlier", earlier);
        list_builder_push(&a->items, value_merge(work->arena, value_at(declared, i), view_done(&view)));
    }
    return OK;
}

enum status service_materials_asked(const struct call *call, struct str item, struct value form, struct value given,
                                    struct value *out, struct error *err)
{
    struct service_case_input input = {.item = item, .form = form};
    struct case_opening opening = {.input = &input};
    struct offering arg = {.opening = &opening, .given = given};
    if (case_judge(call, &opening, err) != OK || work_read(call, offer_command, &arg, err) != OK)
        return FAILED;
    *out = list_builder_done(&arg.items);
    return OK;
}
