/* Files of persons and institutions. */
#include "service/subject.h"

#include "clock/instant.h"
#include "feel/number.h"
#include "service/builtin.h"
#include "service/case.h"
#include "service/certificate.h"
#include "service/party.h"
#include "service/resident.h"
#include "service/supervision_row.h"

#define HITS_MAX 20
#define LINES_MAX 50
#define PURPOSE_MAX 500
#define ENDING_MS (90 * CLOCK_DAY_MS)

struct looking {
    struct str query, key;
    struct party_held held;
    struct value view;
};

/* ---- Whom the actor may see ---- */

static enum status has_case_in_scope(struct work *work, const struct store_party *row, const struct actor_scope *scope,
                                     bool *out, struct error *err)
{
    struct store_case_filter filter = {.division_from = scope->divisions.from,
                                       .division_to = scope->divisions.to,
                                       .unit = scope->unit,
                                       .party = row->id,
                                       .applicant = row->id,
                                       .state = -1,
                                       .limit = 1};
    int64_t *regions;
    size_t count = region_list(work->service, scope->divisions, work->arena, &regions);
    *out = false;
    for (size_t r = 0; r < count && !*out; r++) {
        struct store_case *rows;
        size_t found;
        filter.region = regions[r];
        if (store_case_list(work->tx, work->arena, &filter, &rows, &found, err) != OK)
            return FAILED;
        *out = found > 0;
    }
    return OK;
}

static enum status is_seen(struct work *work, const struct party_held *held, bool *out, struct error *err)
{
    const struct actor *actor = work->call->actor;
    struct actor_scope scope = actor_scope(work->call);
    struct str id = value_text(value_get(held->body, STR("id")));
    *out = !scope.own && ((!scope.unit.data && held->row.division >= scope.divisions.from &&
                           held->row.division < scope.divisions.to) ||
                          (actor->uscc.len && str_equal_nocase_ascii(actor->uscc, id)));
    return *out || scope.own ? OK : has_case_in_scope(work, &held->row, &scope, out, err);
}

static enum status open_row(struct work *work, const struct store_party *row, struct party_held *out, struct error *err)
{
    char place[PARTY_PLACE_MAX];
    *out = (struct party_held){.row = *row, .found = true};
    return service_unseal(work->service, work->arena, party_place(row, place), row->body, &out->body, err);
}

/* ---- Finding ---- */

static struct value hit_line(struct work *work, const struct party_held *held)
{
    bool person = !held->row.kind;
    struct str id = value_text(value_get(held->body, STR("id"))), name = value_text(value_get(held->body, STR("name")));
    struct view view;
    view_init(&view, work->arena);
    view_text(&view, "key", hex_encode(work->arena, held->row.id.data, held->row.id.len));
    view_text(&view, "kind", person ? STR("person") : STR("organisation"));
    view_text(&view, "name", person ? service_mask_name(work->arena, name) : name);
    view_text(&view, "id", person ? service_mask(work->arena, id) : id);
    view_text(&view, "region", division_text(work->arena, held->row.division));
    return view_done(&view);
}

static enum status push_hit(struct work *work, const struct store_party *row, struct list_builder *items,
                            struct error *err)
{
    struct party_held held;
    bool seen;
    if (open_row(work, row, &held, err) != OK || is_seen(work, &held, &seen, err) != OK)
        return FAILED;
    if (!seen)
        return OK;
    list_builder_push(items, hit_line(work, &held));
    return work_access(work, "party.list", value_text(value_get(held.body, STR("id"))), NULL, err);
}

static enum status find_command(struct work *work, void *arg, struct error *err)
{
    struct looking *self = arg;
    struct list_builder items;
    struct store_party one, *rows = &one;
    bool found = false;
    size_t count;
    struct str index = party_index(work->service, work->arena, self->query);
    list_builder_init(&items, work->arena);
    if (store_party_find(work->tx, work->arena, index, &one, &found, err) != OK)
        return FAILED;
    count = found;
    struct store_party_names named = {.name = service_index(work->service, work->arena, "name", self->query),
                                      .division_to = INT64_MAX,
                                      .limit = HITS_MAX};
    struct actor_scope scope = actor_scope(work->call);
    if (!scope.unit.data) {
        named.division_from = scope.divisions.from;
        named.division_to = scope.divisions.to;
    }
    if (!found && store_party_named(work->tx, work->arena, &named, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++)
        if (push_hit(work, &rows[i], &items, err) != OK)
            return FAILED;
    self->view = context_set(work->arena, value_null, "items", list_builder_done(&items));
    return OK;
}

enum status service_subject_find(const struct call *call, struct str query, struct value *out, struct error *err)
{
    struct looking self = {.query = str_trim(query)};
    if (service_may(call, "party.read", err) != OK)
        return FAILED;
    if (!self.query.len || self.query.len > 300) {
        error_set(err, ERROR_INVALID, "query-missing", "A subject is found by ID number, USCC or whole name.");
        return error_field(err, "q");
    }
    if (work_run(call, find_command, &self, err) != OK)
        return FAILED;
    *out = self.view;
    return OK;
}

/* ---- The file ---- */

static enum status subject_not_found(struct error *err)
{
    error_set(err, ERROR_NOT_FOUND, "subject-not-found", "There is nobody like this whom you may see.");
    return error_hint(err, "Search again: by ID number, USCC or whole name.");
}

enum status subject_open(struct work *work, struct str key, struct party_held *out, struct error *err)
{
    struct store_party row;
    struct str index;
    bool found = false, seen = false;
    if (hex_decode(work->arena, key, &index) && index.len &&
        store_party_find(work->tx, work->arena, index, &row, &found, err) != OK)
        return FAILED;
    if (!found)
        return subject_not_found(err);
    if (open_row(work, &row, out, err) != OK || is_seen(work, out, &seen, err) != OK)
        return FAILED;
    if (!seen)
        return subject_not_found(err);
    return work_access(work, "party.read", value_text(value_get(out->body, STR("id"))), NULL, err);
}

static enum status open_command(struct work *work, void *arg, struct error *err)
{
    struct looking *self = arg;
    return subject_open(work, self->key, &self->held, err);
}

/* What the lines of cases do not tell: ratings, and entries in supervision. */
struct telling {
    struct str id; /* of the party */
    struct value cases; /* lines */
    struct list_builder ratings, supervisions;
    int64_t rated, grades, supervised;
};

static enum status push_supervision(struct work *work, struct str no, const struct store_supervision *row,
                                    struct telling *out, struct error *err)
{
    static const char *const names[] = {"reason", "answer", "proof"};
    static const char *const states[] = {"open", "answered", "closed"};
    struct value body;
    struct view view;
    if (service_unseal(work->service, work->arena, supervision_place(work->arena, row), row->body, &body, err) != OK)
        return FAILED;
    view_init(&view, work->arena);
    view_text(&view, "case", no);
    view_text(&view, "id", key_text(work->arena, row->id));
    view_text(&view, "state", str_of(states[row->state]));
    view_text(&view, "owner", row->owner);
    view_time(&view, "due", row->due);
    view_time(&view, "opened", row->opened);
    view_time(&view, "closed", row->closed);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        view_put(&view, names[i], value_get(body, str_of(names[i])));
    list_builder_push(&out->supervisions, view_done(&view));
    out->supervised += row->closed == 0;
    return OK;
}

static void push_rating(struct work *work, const struct work_case *of, struct telling *out)
{
    struct value rating = work_case_get(of, "rating");
    int64_t grade = value_int_or(value_get(rating, STR("grade")), 0);
    if (!grade || value_is_true(value_get(rating, STR("anonymous"))))
        return;
    struct value line = context_set(work->arena, rating, "case", value_string(of->no));
    line = context_set(work->arena, line, "item_title", value_string(of->item->title));
    list_builder_push(&out->ratings, line);
    out->rated++;
    out->grades += grade;
}

static enum status tell_case(struct work *work, struct str no, struct telling *out, struct error *err)
{
    struct case_id id;
    struct store_case row;
    struct work_case *of;
    struct store_supervision *entries;
    size_t count;
    bool found = false;
    if (!case_no_parse(no, &id) ||
        store_case_find(work->tx, work->arena, id.region, id.id, &row, &found, err) != OK)
        return FAILED;
    if (!found)
        return OK;
    if (work_case_look(work, &row, &of, err) != OK ||
        store_supervision_history(work->tx, work->arena, id.region, id.id, &entries, &count, err) != OK)
        return FAILED;
    push_rating(work, of, out);
    for (size_t i = 0; i < count; i++)
        if (push_supervision(work, of->no, &entries[i], out, err) != OK)
            return FAILED;
    return OK;
}

static enum status tell_own(struct work *work, struct telling *self, struct error *err)
{
    struct store_supervision *rows;
    size_t count;
    struct str index = party_index(work->service, work->arena, self->id);
    if (store_supervision_of_subject(work->tx, work->arena, index, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++)
        if (actor_sees_division(work->call, rows[i].division, rows[i].unit) &&
            push_supervision(work, STR_NONE, &rows[i], self, err) != OK)
            return FAILED;
    return OK;
}

static enum status tell_command(struct work *work, void *arg, struct error *err)
{
    struct telling *self = arg;
    list_builder_init(&self->ratings, work->arena);
    list_builder_init(&self->supervisions, work->arena);
    self->rated = self->grades = self->supervised = 0;
    if (tell_own(work, self, err) != OK)
        return FAILED;
    for (size_t i = 0; i < value_count(self->cases); i++)
        if (tell_case(work, value_text(value_get(value_at(self->cases, i), STR("no"))), self, err) != OK)
            return FAILED;
    return OK;
}

static size_t count_where(struct value lines, const char *member, const char *word)
{
    size_t n = 0;
    for (size_t i = 0; i < value_count(lines); i++)
        n += str_equal(value_text(value_get(value_at(lines, i), str_of(member))), str_of(word));
    return n;
}

static size_t count_ending(const struct call *call, struct value certificates)
{
    size_t n = 0;
    int64_t now = service_now(call->service);
    for (size_t i = 0; i < value_count(certificates); i++) {
        struct value line = value_at(certificates, i), end = value_get(line, STR("valid_to"));
        int64_t ms = value_instant(end);
        if (end.kind == VALUE_DATE && !date_time_to_ms(end, &ms))
            ms = 0;
        n += str_equal(value_text(value_get(line, STR("state"))), STR("valid")) && ms > now && ms - now < ENDING_MS;
    }
    return n;
}

static struct value summary(const struct call *call, struct value certificates, const struct telling *told)
{
    size_t cases = value_count(told->cases);
    struct view view;
    view_init(&view, call->arena);
    view_int(&view, "certificates", (int64_t)value_count(certificates));
    view_int(&view, "valid", (int64_t)count_where(certificates, "state", "valid"));
    view_int(&view, "ending", (int64_t)count_ending(call, certificates));
    view_int(&view, "cases", (int64_t)cases);
    view_int(&view, "open", (int64_t)(cases - count_where(told->cases, "state", "closed")));
    view_int(&view, "supervised", told->supervised);
    view_int(&view, "rated", told->rated);
    if (told->rated)
        view_put(&view, "grade", number_from_int(10 * told->grades / told->rated, -1));
    return view_done(&view);
}

/* Lines of records without what they say. */
static enum status put_records(const struct call *call, struct str id, struct view *view, struct error *err)
{
    static const char *const names[] = {"id", "record", "title", "case", "state", "written"};
    struct service_record_query query = {.subject = id, .limit = LINES_MAX};
    struct list_builder lines;
    struct value records;
    list_builder_init(&lines, call->arena);
    if (service_record_list(call, &query, &records, err) != OK)
        return FAILED;
    records = value_get(records, STR("items"));
    for (size_t i = 0; i < value_count(records) && i < LINES_MAX; i++) {
        struct view line;
        view_init(&line, call->arena);
        for (size_t n = 0; n < COUNT_OF(names); n++)
            view_put(&line, names[n], value_get(value_at(records, i), str_of(names[n])));
        list_builder_push(&lines, view_done(&line));
    }
    view_put(view, "records", list_builder_done(&lines));
    return OK;
}

static enum status put_cases(const struct call *call, struct str id, struct telling *told, struct view *view,
                             struct error *err)
{
    struct service_case_query query = {.party = id, .limit = LINES_MAX};
    struct value cases;
    if (service_case_list(call, &query, &cases, err) != OK)
        return FAILED;
    told->id = id;
    told->cases = value_get(cases, STR("items"));
    if (work_read(call, tell_command, told, err) != OK)
        return FAILED;
    view_put(view, "cases", told->cases);
    view_put(view, "ratings", list_builder_done(&told->ratings));
    view_put(view, "supervisions", list_builder_done(&told->supervisions));
    return OK;
}

static enum status put_sections(const struct call *call, struct str id, struct view *view, struct error *err)
{
    static const char *const needs[][2] = {
        {"certificates", "certificate.read"}, {"cases", "case.read"}, {"records", "record.read"}};
    struct telling told = {.cases = value_null};
    struct value certificates = value_null;
    struct list_builder hidden;
    list_builder_init(&hidden, call->arena);
    for (size_t i = 0; i < COUNT_OF(needs); i++)
        if (!service_can(call, needs[i][1]))
            list_builder_push(&hidden, value_cstr(needs[i][0]));
    if (service_can(call, "certificate.read")) {
        struct service_certificate_query query = {.holder = id, .limit = LINES_MAX};
        if (service_certificate_list(call, &query, &certificates, err) != OK)
            return FAILED;
        certificates = value_get(certificates, STR("items"));
        view_put(view, "certificates", certificates);
    }
    if (service_can(call, "case.read") && put_cases(call, id, &told, view, err) != OK)
        return FAILED;
    if (service_can(call, "record.read") && put_records(call, id, view, err) != OK)
        return FAILED;
    view_put(view, "summary", summary(call, certificates, &told));
    view_put(view, "hidden", list_builder_done(&hidden));
    return OK;
}

enum status service_subject_get(const struct call *call, struct str key, struct value *out, struct error *err)
{
    static const char *const names[] = {"id", "name", "sex", "birth", "region", "address", "phone", "deceased"};
    struct looking self = {.key = key};
    struct str purpose = str_trim(call->purpose);
    if (service_may(call, "party.read", err) != OK)
        return FAILED;
    if (!purpose.len || purpose.len > PURPOSE_MAX) {
        error_set(err, ERROR_INVALID, "purpose-missing", "A file is opened for a purpose, in at most %d bytes.",
                  PURPOSE_MAX);
        return error_field(err, "purpose");
    }
    if (work_run(call, open_command, &self, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "key", key);
    view_text(&view, "kind", self.held.row.kind ? STR("organisation") : STR("person"));
    for (size_t i = 0; i < COUNT_OF(names); i++)
        view_put(&view, names[i], value_get(self.held.body, str_of(names[i])));
    if (put_sections(call, value_text(value_get(self.held.body, STR("id"))), &view, err) != OK)
        return FAILED;
    *out = view_done(&view);
    return OK;
}
