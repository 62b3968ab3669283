#include "service/supervision.h"

#include "clock/instant.h"
#include "service/builtin.h"
#include "service/page.h"
#include "service/subject.h"
#include "service/supervision_row.h"

#define TEXT_MAX 4000
#define DUE_WORKING_DAYS "P3WD"

enum { STATE_OPEN, STATE_ANSWERED, STATE_CLOSED, STATE_COUNT };
static const char *const state_names[] = {"open", "answered", "closed"};

struct supervising {
    struct value input;
    struct str id, action;
    int64_t state; /* listing: -1 any, -2 active */
    struct page_wanted wanted;
    struct value view;
};

/* ---- Showing ---- */

struct str supervision_place(struct arena *arena, const struct store_supervision *row)
{
    return arena_numbers(arena, "supervision", (const int64_t[]){row->region, row->id, row->case_id, row->version}, 4);
}

/* of is NULL when the entry is about an institution. */
static struct value row_view(struct work *work, const struct store_supervision *row, const struct work_case *of,
                             struct value body)
{
    struct view view;
    view_init(&view, work->arena);
    view_text(&view, "id", key_text(work->arena, row->id));
    if (of) {
        view_text(&view, "case", of->no);
        view_text(&view, "item", of->item->code);
        view_text(&view, "item_title", of->item->title);
        view_text(&view, "case_state", str_of(case_state_names[of->row.state]));
    }
    view_text(&view, "region", division_text(work->arena, row->division));
    view_text(&view, "unit", row->unit);
    view_text(&view, "state", str_of(state_names[row->state]));
    view_text(&view, "owner", row->owner.len ? row->owner : STR_NONE);
    view_time(&view, "due", row->due);
    view_flag(&view, "overdue", row->closed == 0 && row->due < work->now);
    view_time(&view, "opened", row->opened);
    view_time(&view, "closed", row->closed);
    view_time(&view, "answered", value_int_or(value_get(body, STR("answered")), 0));
    view_int(&view, "version", row->version);
    return value_merge(work->arena, body, view_done(&view));
}

static enum status open_row(struct page *page, const struct page_line *line, struct value *out, struct error *err)
{
    struct work *work = page->work;
    const struct store_supervision *row = line->row;
    struct store_case stored;
    struct work_case *of = NULL;
    struct value body;
    bool found = false, about_case = row->case_id > 0;
    if (about_case && store_case_find(work->tx, work->arena, row->region, row->case_id, &stored, &found, err) != OK)
        return FAILED;
    if (about_case && !found)
        return error_set(err, ERROR_INTERNAL, "case-missing", "The supervised case is gone.");
    if ((about_case && work_case_look(work, &stored, &of, err) != OK) ||
        service_unseal(work->service, work->arena, supervision_place(work->arena, row), row->body, &body, err) != OK)
        return FAILED;
    *out = row_view(work, row, of, body);
    return OK;
}

/* ---- Listing ---- */

static enum status read_page(struct page *page, struct error *err)
{
    const struct supervising *self = page->wanted;
    struct store_supervision *rows;
    size_t count;
    if (store_supervision_page(page->work->tx, page->work->arena, &page->scope, self->state, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++)
        page_push(page, (struct page_line){.id = rows[i].id, .case_id = rows[i].case_id, .row = &rows[i]});
    return OK;
}

static enum status list_command(struct work *work, void *arg, struct error *err)
{
    struct supervising *self = arg;
    struct page page = {.work = work, .wanted = self};
    return page_list(&page, &self->wanted, read_page, open_row, &self->view, err);
}

enum status service_supervision_list(const struct call *call, struct str state, int64_t limit, struct str cursor,
                                     struct value *out, struct error *err)
{
    struct supervising self = {.wanted = {.limit = limit, .cursor = cursor}, .state = -1};
    if (service_may(call, "case.read", err) != OK)
        return FAILED;
    if (state.len)
        self.state = str_equal(state, STR("active")) ? -2 : name_index(state_names, STATE_COUNT, state);
    if (state.len && self.state == -1) {
        error_set(err, ERROR_INVALID, "filter-invalid",
                  "A supervision is open, answered or closed; active: not closed.");
        return error_field(err, "state");
    }
    if (work_read(call, list_command, &self, err) != OK)
        return FAILED;
    *out = self.view;
    return OK;
}

/* ---- Opening ---- */

static enum status need_text(struct value input, const char *name, struct str *out, struct error *err)
{
    *out = str_trim(value_text(value_get(input, str_of(name))));
    if (out->len > 0 && out->len <= TEXT_MAX)
        return OK;
    error_set(err, ERROR_INVALID, "text-missing", "%s must say something, in at most %d bytes.", name, TEXT_MAX);
    return error_field(err, "%s", name);
}

static enum status read_due(struct work *work, struct value input, int64_t *out, struct error *err)
{
    struct str text = value_text(value_get(input, STR("due")));
    struct value date;
    int64_t day;
    *out = due_from(pack_calendar(work->service->packs), work->now, STR(DUE_WORKING_DAYS));
    if (text.len == 0)
        return OK;
    if (date_parse(text, &date) && date_time_to_ms(date, &day)) {
        *out = day + CLOCK_DAY_MS - 1;
        if (*out >= work->now && day < work->now + 366 * CLOCK_DAY_MS)
            return OK;
    }
    error_set(err, ERROR_INVALID, "due-invalid", "The date is a day such as 2026-07-06, today or within a year.");
    return error_field(err, "due");
}

static enum status check_owner(struct work *work, struct str owner, struct error *err)
{
    struct store_staff staff;
    bool found = true;
    if (owner.len && store_staff_find(work->tx, work->arena, owner, &staff, &found, err) != OK)
        return FAILED;
    if (found)
        return OK;
    error_set(err, ERROR_INVALID, "owner-unknown", "There is no staff account %.*s.", STR_ARGS(owner));
    return error_field(err, "owner");
}

struct value supervision_told(struct work *work, const struct store_supervision *row, const char *member,
                              struct str text)
{
    struct view view;
    view_init(&view, work->arena);
    view_text(&view, "supervision", key_text(work->arena, row->id));
    view_text(&view, "owner", row->owner.len ? row->owner : STR_NONE);
    view_time(&view, "due", row->due);
    view_text(&view, member, text);
    return view_done(&view);
}

static enum status seen_case(struct work *work, struct str no, struct work_case **out, struct error *err)
{
    struct case_id id;
    if (case_no_parse(no, &id) && work_case_load(work, id, out, err) == OK && actor_sees_case(work->call, &(*out)->row))
        return OK;
    if (work->number_wanted[0] || err->kind == ERROR_UNAVAILABLE || err->kind == ERROR_INTERNAL)
        return FAILED;
    error_set(err, ERROR_NOT_FOUND, "case-not-found", "There is no case %.*s that you may see.", STR_ARGS(no));
    return error_field(err, "case");
}

static enum status about_case(struct work *work, struct value input, struct store_supervision *row,
                              struct work_case **out, struct error *err)
{
    struct work_case *of;
    int64_t open;
    if (seen_case(work, value_text(value_get(input, STR("case"))), &of, err) != OK)
        return FAILED;
    if (of->row.closed)
        return error_set(err, ERROR_CONFLICT, "case-closed", "Case %.*s is closed.", STR_ARGS(of->no));
    if (store_supervision_of_case(work->tx, of->row.region, of->row.id, &open, err) != OK)
        return FAILED;
    if (open)
        return error_set(err, ERROR_CONFLICT, "supervision-exists", "Case %.*s is on the list already.",
                         STR_ARGS(of->no));
    row->region = of->row.region;
    row->case_id = of->row.id;
    row->division = of->row.division;
    row->unit = of->row.unit;
    *out = of;
    return OK;
}

/* Where the party lives or is registered, else where its owner works, else where the actor does. */
static enum status place_subject(struct work *work, struct str region, struct store_supervision *row, struct error *err)
{
    struct store_staff staff;
    bool found = false;
    if (!region_of(work->service->packs, region)) {
        if (row->owner.len && store_staff_find(work->tx, work->arena, row->owner, &staff, &found, err) != OK)
            return FAILED;
        region = found ? staff.region : work->call->actor->region;
    }
    row->region = region_of(work->service->packs, region);
    row->division = division_of(region);
    return OK;
}

static enum status about_subject(struct work *work, struct str key, struct store_supervision *row, struct view *body,
                                 struct error *err)
{
    struct party_held held;
    struct store_supervision *others;
    size_t count;
    if (subject_open(work, key, &held, err) != OK)
        return FAILED;
    struct str id = value_text(value_get(held.body, STR("id")));
    struct str name = value_text(value_get(held.body, STR("name")));
    row->subject = party_index(work->service, work->arena, id);
    if (store_supervision_of_subject(work->tx, work->arena, row->subject, &others, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++)
        if (!others[i].closed)
            return error_set(err, ERROR_CONFLICT, "supervision-exists", "The subject is on the list already.");
    if (place_subject(work, value_text(value_get(held.body, STR("region"))), row, err) != OK)
        return FAILED;
    view_text(body, "subject", held.row.kind ? name : service_mask_name(work->arena, name));
    view_text(body, "subject_key", key);
    return OK;
}

static enum status open_command(struct work *work, void *arg, struct error *err)
{
    struct supervising *self = arg;
    struct store_supervision *row = arena_new(work->arena, struct store_supervision);
    struct work_case *of = NULL;
    struct str reason, subject = value_text(value_get(self->input, STR("subject")));
    struct view body;
    if (need_text(self->input, "reason", &reason, err) != OK)
        return FAILED;
    *row = (struct store_supervision){
        .owner = value_text(value_get(self->input, STR("owner"))), .opened = work->now, .version = 1};
    row->owner = row->owner.data ? row->owner : STR("");
    view_init(&body, work->arena);
    view_text(&body, "reason", reason);
    view_text(&body, "opened_by", work->call->actor->name);
    if ((subject.len ? about_subject(work, subject, row, &body, err) : about_case(work, self->input, row, &of, err)) !=
        OK)
        return FAILED;
    if (check_owner(work, row->owner, err) != OK || read_due(work, self->input, &row->due, err) != OK ||
        work_key(work, row->region, &row->id, err) != OK)
        return FAILED;
    row->case_id = of ? row->case_id : -row->id;
    struct value text = view_done(&body);
    row->body = service_seal(work->service, work->arena, supervision_place(work->arena, row), text);
    work_change(work, CHANGE_SUPERVISION_INSERT, row);
    if (of)
        work_case_event(of, "case.supervised", supervision_told(work, row, "reason", reason));
    self->view = row_view(work, row, of, text);
    work->answer = self->view;
    return OK;
}

enum status service_supervision_open(const struct call *call, struct value input, struct value *out, struct error *err)
{
    struct supervising self = {.input = input};
    struct work_request request = {"supervision", input};
    if (service_may(call, "supervision.manage", err) != OK)
        return FAILED;
    return work_run_once(call, &request, open_command, &self, out, err);
}

/* ---- Answering and closing ---- */

static enum status find(struct work *work, struct str id, struct store_supervision *out, struct error *err)
{
    int64_t key;
    bool found = false;
    if (key_parse(id, &key) &&
        store_supervision_find(work->tx, work->arena, key >> STORE_KEY_BITS, key, out, &found, err) != OK)
        return FAILED;
    bool own = found && out->owner.len && str_equal(out->owner, work->call->actor->id);
    if (found && (own || actor_sees_division(work->call, out->division, out->unit)))
        return OK;
    return error_set(err, ERROR_NOT_FOUND, "supervision-not-found", "There is no supervision %.*s that you may see.",
                     STR_ARGS(id));
}

static enum status answer(struct work *work, struct store_supervision *row, struct value input, struct view *body,
                          struct str *text, struct error *err)
{
    bool owner = str_equal(row->owner, work->call->actor->id) && row->owner.len;
    if (!owner && service_may(work->call, "task.work", err) != OK)
        return FAILED;
    if (need_text(input, "text", text, err) != OK)
        return FAILED;
    row->state = STATE_ANSWERED;
    view_text(body, "answer", *text);
    view_text(body, "answered_by", work->call->actor->name);
    view_int(body, "answered", work->now);
    return OK;
}

static enum status close_row(struct work *work, struct store_supervision *row, struct value input, struct view *body,
                             struct str *text, struct error *err)
{
    if (service_may(work->call, "supervision.manage", err) != OK || need_text(input, "proof", text, err) != OK)
        return FAILED;
    row->state = STATE_CLOSED;
    row->closed = work->now;
    view_text(body, "proof", *text);
    view_text(body, "closed_by", work->call->actor->name);
    return OK;
}

static enum status act_command(struct work *work, void *arg, struct error *err)
{
    struct supervising *self = arg;
    struct store_supervision *row = arena_new(work->arena, struct store_supervision);
    struct work_case *of = NULL;
    struct value was;
    struct str text;
    struct view body;
    bool closes = str_equal(self->action, STR("close"));
    view_init(&body, work->arena);
    if (find(work, self->id, row, err) != OK ||
        service_unseal(work->service, work->arena, supervision_place(work->arena, row), row->body, &was, err) != OK)
        return FAILED;
    if (row->closed)
        return error_set(err, ERROR_CONFLICT, "supervision-closed", "The supervision is closed.");
    if ((closes ? close_row : answer)(work, row, self->input, &body, &text, err) != OK ||
        (row->case_id > 0 && work_case_load(work, (struct case_id){row->region, row->case_id}, &of, err) != OK))
        return FAILED;
    int64_t version_was = row->version++;
    struct value now = value_merge(work->arena, was, view_done(&body));
    row->body = service_seal(work->service, work->arena, supervision_place(work->arena, row), now);
    work_change_from(work, CHANGE_SUPERVISION_UPDATE, row, version_was);
    if (of)
        work_case_event(of, closes ? "case.supervision.closed" : "case.supervision.answered",
                        supervision_told(work, row, closes ? "proof" : "text", text));
    self->view = row_view(work, row, of, now);
    return OK;
}

enum status service_supervision_act(const struct call *call, struct str id, struct str action, struct value input,
                                    struct value *out, struct error *err)
{
    struct supervising self = {.id = id, .action = action, .input = input};
    if (service_may(call, "case.read", err) != OK)
        return FAILED;
    if (!str_equal(action, STR("close")) && !str_equal(action, STR("answer")))
        return error_set(err, ERROR_NOT_FOUND, "action-not-found", "A supervision is answered or closed.");
    if (work_run(call, act_command, &self, err) != OK)
        return FAILED;
    *out = self.view;
    return OK;
}
