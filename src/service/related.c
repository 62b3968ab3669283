#include "service/related.h"

#include "service/builtin.h"
#include "service/page.h"
#include "service/task_store.h"

#define RELATED_MAX 50

struct relating {
    struct str no;
    struct work *work;
    struct work_case *of;
    struct list_builder items;
    struct case_id told[RELATED_MAX];
    size_t count;
    bool more;
};

/* Whether the row is another case that the actor sees and that was not told yet; from then on it is. */
static bool is_new(struct relating *self, const struct store_case *row)
{
    if ((row->region == self->of->row.region && row->id == self->of->row.id) ||
        !actor_sees_case(self->work->call, row))
        return false;
    for (size_t i = 0; i < self->count; i++)
        if (self->told[i].region == row->region && self->told[i].id == row->id)
            return false;
    if (self->count == RELATED_MAX) {
        self->more = true;
        return false;
    }
    self->told[self->count++] = (struct case_id){row->region, row->id};
    return true;
}

static enum status tell(struct relating *self, const struct store_case *row, const char *relation,
                        struct str certificate, struct error *err)
{
    struct work_case *other;
    if (!is_new(self, row))
        return OK;
    if (work_case_look(self->work, row, &other, err) != OK)
        return FAILED;
    struct value line = context_set(self->work->arena, case_line(self->work, other), "relation", value_cstr(relation));
    if (certificate.len)
        line = context_set(self->work->arena, line, "certificate", value_string(certificate));
    list_builder_push(&self->items, line);
    return OK;
}

static enum status tell_one(struct relating *self, struct case_id id, const char *relation, struct str certificate,
                            struct error *err)
{
    struct store_case row;
    bool found;
    if (store_case_find(self->work->tx, self->work->arena, id.region, id.id, &row, &found, err) != OK)
        return FAILED;
    return found ? tell(self, &row, relation, certificate, err) : OK;
}

static enum status tell_family(struct relating *self, struct error *err)
{
    struct value children = work_case_get(self->of, "children");
    struct case_id id;
    if (case_no_parse(value_text(work_case_get(self->of, "parent")), &id) &&
        tell_one(self, id, "parent", STR_NONE, err) != OK)
        return FAILED;
    for (size_t i = 0; i < value_count(children); i++)
        if (case_no_parse(value_text(value_at(children, i)), &id) && tell_one(self, id, "child", STR_NONE, err) != OK)
            return FAILED;
    return OK;
}

/* The cases that issued what was handed in as certificates. */
static enum status tell_certificates(struct relating *self, struct error *err)
{
    struct value materials = work_case_get(self->of, "materials");
    for (size_t i = 0; i < value_count(materials); i++) {
        struct str no = value_text(value_get(value_at(materials, i), STR("certificate")));
        struct work_certificate *held;
        if (!no.len)
            continue;
        if (certificate_load_no(self->work, no, &held, err) != OK ||
            tell_one(self, (struct case_id){held->row.case_region, held->row.case_id}, "certificate", no, err) != OK)
            return FAILED;
    }
    return OK;
}

/* Others about or by the same; what came of a rating stays apart from who rated. */
static enum status tell_same(struct relating *self, const char *relation, struct str party, struct str applicant,
                             struct error *err)
{
    struct actor_scope scope = actor_scope(self->work->call);
    struct store_case_filter filter = {.division_from = scope.own ? 0 : scope.divisions.from,
                                       .division_to = scope.own ? INT64_MAX : scope.divisions.to,
                                       .unit = scope.unit,
                                       .party = party,
                                       .applicant = applicant,
                                       .state = -1,
                                       .limit = RELATED_MAX};
    struct store_case *rows;
    size_t count;
    if (!party.data && !applicant.data)
        return OK;
    if (case_rows(self->work, &filter, &rows, &count, err) != OK)
        return FAILED;
    self->more = self->more || count >= RELATED_MAX;
    for (size_t i = 0; i < count; i++) {
        struct work_case *other;
        if (work_case_look(self->work, &rows[i], &other, err) != OK)
            return FAILED;
        if (!value_is_true(work_case_get(other, "apart")) && tell(self, &rows[i], relation, STR_NONE, err) != OK)
            return FAILED;
    }
    return OK;
}

static enum status related_command(struct work *work, void *arg, struct error *err)
{
    struct relating *self = arg;
    self->work = work;
    self->count = 0;
    self->more = false;
    list_builder_init(&self->items, work->arena);
    if (work_case_seen(work, self->no, &self->of, err) != OK || tell_family(self, err) != OK ||
        tell_certificates(self, err) != OK)
        return FAILED;
    bool by_staff = str_equal(value_text(value_path(self->of->body, "applicant.kind")), STR("staff"));
    if (!value_is_true(work_case_get(self->of, "apart")) &&
        (tell_same(self, "party", self->of->row.party, STR_NONE, err) != OK ||
         tell_same(self, "applicant", STR_NONE, by_staff ? STR_NONE : self->of->row.applicant, err) != OK))
        return FAILED;
    return work_access(work, "case.related", value_text(value_path(self->of->body, "party.id")), self->of, err);
}

enum status service_case_related(const struct call *call, struct str no, struct value *out, struct error *err)
{
    struct relating self = {.no = no};
    if (work_run(call, related_command, &self, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, call->arena);
    view_put(&view, "items", list_builder_done(&self.items));
    view_put(&view, "more", value_boolean(self.more));
    *out = view_done(&view);
    return OK;
}
