#include "service/handover.h"

#include "clock/instant.h"
#include "service/builtin.h"
#include "service/handover_work.h"
#include "service/page.h"
#include "store/handover.h"

#define TEXT_MAX 200
#define LIMIT_USUAL "P10WD"

enum { WAY_ELECTRONIC, WAY_COUNTER, WAY_COURIER, WAY_COUNT };
static const char *const ways[] = {"electronic", "counter", "courier"};
enum { STATE_WAITING, STATE_DONE, STATE_COUNT };
static const char *const states[] = {"waiting", "done"};

static enum status refuse(struct error *err, const char *field, const char *message)
{
    error_set(err, ERROR_INVALID, "handover-invalid", "%s", message);
    return error_field(err, "%s", field);
}

static struct str place(struct arena *arena, const struct store_handover *row)
{
    return arena_numbers(arena, "handover", (const int64_t[]){row->region, row->id, row->case_id, row->version}, 4);
}

/* ---- Showing ---- */

/* Numbers on some faces are ID numbers. */
static struct value certificates_of_case(const struct work_case *of)
{
    static const char *const kept[] = {"no", "title"};
    struct value list = work_case_get(of, "certificates");
    struct list_builder items;
    list_builder_init(&items, of->work->arena);
    for (size_t i = 0; i < value_count(list); i++) {
        struct view view;
        view_init(&view, of->work->arena);
        for (size_t k = 0; k < COUNT_OF(kept); k++)
            view_put(&view, kept[k], value_get(value_at(list, i), str_of(kept[k])));
        struct str number = value_text(value_get(value_at(list, i), STR("number")));
        view_text(&view, "number", number.len == 18 ? service_mask(of->work->arena, number) : number);
        list_builder_push(&items, view_done(&view));
    }
    return list_builder_done(&items);
}

static struct value row_view(const struct store_handover *row, const struct work_case *of, struct value body)
{
    static const char *const kept[] = {"received_by", "relation", "checked", "signature", "courier",
                                       "company",     "note",     "by",      "reason"};
    struct work *work = of->work;
    struct view view;
    view_init(&view, work->arena);
    view_text(&view, "id", key_text(work->arena, row->id));
    page_put_case(&view, of);
    view_text(&view, "title", service_mask(work->arena, value_text(work_case_get(of, "title"))));
    view_text(&view, "way", str_of(ways[row->way]));
    view_text(&view, "state", str_of(states[row->state]));
    view_time(&view, "due", row->due);
    view_flag(&view, "overdue", !row->closed && row->due && row->due < work->now);
    view_time(&view, "opened", row->opened);
    view_time(&view, "closed", row->closed);
    view_put(&view, "certificates", certificates_of_case(of));
    view_text(&view, "case_state", str_of(case_state_names[of->row.state]));
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        view_put(&view, kept[i], value_get(body, str_of(kept[i])));
    return view_done(&view);
}

struct listing {
    struct store_handover_wanted wanted;
    struct page_wanted page;
    struct value view;
};

static enum status read_page(struct page *page, struct error *err)
{
    struct store_handover *rows;
    size_t count;
    if (store_handover_page(page->work->tx, page->work->arena, &page->scope, page->wanted, &rows, &count, err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++)
        page_push(page, (struct page_line){.id = rows[i].id, .case_id = rows[i].case_id, .row = &rows[i]});
    return OK;
}

static enum status open_row(struct page *page, const struct page_line *line, struct value *out, struct error *err)
{
    struct work *work = page->work;
    const struct store_handover *row = line->row;
    struct store_case stored;
    struct work_case *of;
    struct value body;
    bool found;
    if (store_case_find(work->tx, work->arena, row->region, row->case_id, &stored, &found, err) != OK)
        return FAILED;
    if (!found)
        return error_set(err, ERROR_INTERNAL, "case-missing", "The case to be handed over is gone.");
    if (work_case_look(work, &stored, &of, err) != OK ||
        service_unseal(work->service, work->arena, place(work->arena, row), row->body, &body, err) != OK)
        return FAILED;
    *out = row_view(row, of, body);
    return OK;
}

static enum status list_command(struct work *work, void *arg, struct error *err)
{
    struct listing *a = arg;
    struct page page = {.work = work, .wanted = &a->wanted};
    return page_list(&page, &a->page, read_page, open_row, &a->view, err);
}

static enum status read_word(struct str text, const char *const *names, size_t count, const char *field, int64_t *out,
                             struct error *err)
{
    *out = text.len ? name_index(names, count, text) : -1;
    if (!text.len || *out >= 0)
        return OK;
    error_set(err, ERROR_INVALID, "filter-invalid", "%.*s is no %s of handing over.", STR_ARGS(text), field);
    return error_field(err, "%s", field);
}

enum status service_handover_list(const struct call *call, const struct service_handover_query *query,
                                  struct value *out, struct error *err)
{
    struct listing a = {.page = {.limit = query->limit, .cursor = query->cursor}};
    if (service_may(call, "certificate.deliver", err) != OK ||
        read_word(query->way, ways, WAY_COUNT, "way", &a.wanted.way, err) != OK ||
        read_word(query->state, states, STATE_COUNT, "state", &a.wanted.state, err) != OK ||
        work_read(call, list_command, &a, err) != OK)
        return FAILED;
    *out = a.view;
    return OK;
}

/* ---- Opening ---- */

bool handover_waits(const struct work_case *of)
{
    return str_equal(value_text(value_path(of->body, "handover.state")), str_of(states[STATE_WAITING]));
}

/* What the case keeps, and shows to its applicant. */
static void keep(struct work_case *of, const struct store_handover *row, struct value body)
{
    static const char *const shown[] = {"received_by", "courier", "company"};
    struct view view;
    view_init(&view, of->work->arena);
    view_text(&view, "id", key_text(of->work->arena, row->id));
    view_text(&view, "way", str_of(ways[row->way]));
    view_text(&view, "state", str_of(states[row->state]));
    view_time(&view, "due", row->closed ? 0 : row->due);
    view_time(&view, "at", row->closed ? row->closed : row->opened);
    for (size_t i = 0; i < COUNT_OF(shown); i++)
        view_put(&view, shown[i], value_get(body, str_of(shown[i])));
    work_case_set(of, "handover", view_done(&view));
}

static enum status open_one(struct work_case *of, int64_t way, int64_t job, struct str limit, struct value body,
                            struct error *err)
{
    struct work *work = of->work;
    struct store_handover *row = arena_new(work->arena, struct store_handover);
    bool done = way == WAY_ELECTRONIC;
    *row = (struct store_handover){.region = of->row.region,
                                   .case_id = of->row.id,
                                   .division = of->row.division,
                                   .unit = of->row.unit,
                                   .way = way,
                                   .state = done ? STATE_DONE : STATE_WAITING,
                                   .due = done ? 0 : due_after(of, limit),
                                   .opened = work->now,
                                   .closed = done ? work->now : 0,
                                   .version = 1};
    if (work_key(work, row->region, &row->id, err) != OK)
        return FAILED;
    if (job)
        body = context_set(work->arena, body, "job", value_string(key_text(work->arena, job)));
    row->body = service_seal(work->service, work->arena, place(work->arena, row), body);
    work_change(work, CHANGE_HANDOVER_INSERT, row);
    keep(of, row, body);
    struct value told = context_set(work->arena, body, "way", value_cstr(ways[way]));
    work_case_event(of, done ? "certificate.delivered" : "certificate.delivery-waits", told);
    return OK;
}

enum status handover_prepare(struct work_case *of, struct value input, struct error *err)
{
    int64_t way = name_index(ways, WAY_COUNT, value_text(value_get(input, STR("way"))));
    struct str reason = str_trim(value_text(value_get(input, STR("reason"))));
    if (service_may(of->work->call, "certificate.deliver", err) != OK)
        return FAILED;
    if (way != WAY_COUNTER && way != WAY_COURIER)
        return refuse(err, "way", "A copy on paper goes over the counter or by courier.");
    if (!reason.len || reason.len > TEXT_MAX)
        return refuse(err, "reason", "Say why, in at most 200 bytes.");
    if (value_count(work_case_get(of, "certificates")) == 0)
        return error_set(err, ERROR_CONFLICT, "handover-missing", "Case %.*s has no certificate.", STR_ARGS(of->no));
    if (handover_waits(of))
        return error_set(err, ERROR_CONFLICT, "handover-waits", "Something of this case waits already.");
    struct value body = context_set(of->work->arena, value_null, "reason", value_string(reason));
    return open_one(of, way, 0, STR(LIMIT_USUAL), body, err);
}

/* ---- Done ---- */

static enum status read_text(struct value input, const char *name, bool needed, struct view *body, struct error *err)
{
    struct value given = value_get(input, str_of(name));
    struct str text = str_trim(value_text(given));
    if (text.len > TEXT_MAX || (needed && text.len == 0) || (!value_is_null(given) && given.kind != VALUE_STRING))
        return refuse(err, name,
                      needed ? "This is needed, in at most 200 bytes." : "This is a text of at most 200 bytes.");
    if (text.len)
        view_text(body, name, text);
    return OK;
}

static bool is_courier_number(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')))
            return false;
    }
    return text.len >= 6 && text.len <= 30;
}

/* Over the counter: who took it, that their ID was checked, and how it was signed for. By courier: whose, and the
 * number. */
static enum status read_done(struct value input, int64_t way, struct view *body, struct error *err)
{
    bool counter = way == WAY_COUNTER, courier = way == WAY_COURIER;
    if (courier && !is_courier_number(str_trim(value_text(value_get(input, STR("courier"))))))
        return refuse(err, "courier", "A courier's number has 6 to 30 letters and digits.");
    if (read_text(input, "received_by", counter, body, err) != OK ||
        read_text(input, "relation", false, body, err) != OK ||
        read_text(input, "signature", counter, body, err) != OK ||
        read_text(input, "company", courier, body, err) != OK || read_text(input, "note", false, body, err) != OK ||
        read_text(input, "courier", courier, body, err) != OK)
        return FAILED;
    if (counter && !value_is_true(value_get(input, STR("checked"))))
        return refuse(err, "checked", "The ID of who takes it must have been checked.");
    view_flag(body, "checked", counter);
    return OK;
}

static enum status waiting_row(struct work_case *of, struct store_handover *out, struct value *body, struct error *err)
{
    struct work *work = of->work;
    bool found = false;
    int64_t id;
    if (handover_waits(of) && key_parse(value_text(value_path(of->body, "handover.id")), &id) &&
        store_handover_find(work->tx, work->arena, id, out, &found, err) != OK)
        return FAILED;
    if (!found || out->closed)
        return error_set(err, ERROR_CONFLICT, "handover-missing", "Nothing of case %.*s waits to be handed over.",
                         STR_ARGS(of->no));
    return service_unseal(work->service, work->arena, place(work->arena, out), out->body, body, err);
}

/* The process that waited goes on. */
static enum status go_on(struct work_case *of, int64_t job, struct value body, int64_t way, struct error *err)
{
    static const char *const given[] = {"received_by", "courier", "company"};
    struct view view;
    if (!job || !bpmn_instance_awaits(of->instance, job))
        return OK;
    view_init(&view, of->work->arena);
    view_text(&view, "way", str_of(ways[way]));
    for (size_t i = 0; i < COUNT_OF(given); i++)
        context_builder_put(&view.members, str_of(given[i]), value_get(body, str_of(given[i])));
    struct bpmn_command command = {.kind = BPMN_COMPLETE_JOB, .key = job, .variables = view_done(&view)};
    return engine_command(of, &command, err);
}

enum status handover_done(struct work_case *of, struct value input, struct error *err)
{
    struct work *work = of->work;
    struct store_handover *row = arena_new(work->arena, struct store_handover);
    struct value was;
    struct view given;
    int64_t job = 0;
    if (service_may(work->call, "certificate.deliver", err) != OK || waiting_row(of, row, &was, err) != OK)
        return FAILED;
    struct str way = value_text(value_get(input, STR("way")));
    row->way = way.len ? name_index(ways, WAY_COUNT, way) : row->way;
    if (row->way < 0)
        return refuse(err, "way", "The way is electronic, counter or courier.");
    view_init(&given, work->arena);
    if (read_done(input, row->way, &given, err) != OK)
        return FAILED;
    view_text(&given, "by", work->call->actor->name);
    struct value told = view_done(&given), body = value_merge(work->arena, was, told);
    int64_t version_was = row->version++;
    row->state = STATE_DONE;
    row->closed = work->now;
    row->body = service_seal(work->service, work->arena, place(work->arena, row), body);
    work_change_from(work, CHANGE_HANDOVER_UPDATE, row, version_was);
    keep(of, row, body);
    work_case_event(of, "certificate.delivered", context_set(work->arena, told, "way", value_cstr(ways[row->way])));
    if (!key_parse(value_text(value_get(was, STR("job"))), &job))
        job = 0;
    return go_on(of, job, body, row->way, err);
}

/* way, limit ("P10WD"). Electronically it is done at once; else the job waits. */
enum status builtin_certificate_deliver(struct builtin_call *call, struct error *err)
{
    struct str word, limit = builtin_text(call, "limit");
    if (builtin_need(call, "way", &word, err) != OK)
        return FAILED;
    int64_t way = name_index(ways, WAY_COUNT, word);
    if (way < 0)
        return refuse(err, "way", "The way is electronic, counter or courier.");
    call->waits = way != WAY_ELECTRONIC;
    builtin_out(call, "way", value_string(word));
    return open_one(call->of, way, call->waits ? call->key : 0, limit.len ? limit : STR(LIMIT_USUAL),
                    empty_context(call->of->work->arena), err);
}
