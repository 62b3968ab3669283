/* Messages of a case to parties: rows of their inboxes, told further by message.c. */
#include "service/builtin.h"

#include "feel/template.h"

enum status notice_render(struct feel_run *run, const struct template *template, struct value names, struct str *out,
                          struct error *err)
{
    struct buf text;
    buf_init(&text, 100000);
    enum status status = OK;
    *out = STR("");
    if (template)
        status = template_render(template, names, run, &text, err);
    if (status == OK)
        *out = arena_str(run->arena, buf_str(&text));
    buf_release(&text);
    return status;
}

enum status notice_post(struct work_case *of, const struct notice_order *order, struct error *err)
{
    struct work *work = of->work;
    struct value to = order->to;
    struct str title, text;
    if (value_is_null(to))
        to = work_case_get(of, "applicant");
    struct str who = to.kind == VALUE_STRING ? to.string : value_text(value_get(to, STR("id")));
    bool staff = str_equal(value_text(value_get(to, STR("kind"))), STR("staff"));
    struct value names = context_set(work->arena, value_null, "case", work_case_names(of));
    names = context_set(work->arena, names, "party", work_case_get(of, "party"));
    names = context_set(work->arena, names, "applicant", work_case_get(of, "applicant"));
    names = context_set(work->arena, names, "data", order->data);
    struct feel_run run = service_feel(work->service, work->arena, of->packs, work->now);
    if (notice_render(&run, order->notice->title, names, &title, err) != OK ||
        notice_render(&run, order->notice->text, names, &text, err) != OK)
        return FAILED;
    struct store_notice *row = arena_new(work->arena, struct store_notice);
    row->region = of->row.region;
    row->sent = work->now;
    row->party = staff ? applicant_index(work->service, work->arena, STR("staff"), who)
                       : party_index(work->service, work->arena, who);
    if (!row->party.data)
        return error_set(err, ERROR_INVALID, "input-missing", "notice.send has nobody to send to.");
    if (work_key(work, row->region, &row->id, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, work->arena);
    view_text(&view, "notice", order->notice->id);
    view_text(&view, "title", title);
    view_text(&view, "text", text);
    view_text(&view, "case", of->no);
    row->body = service_seal(work->service, work->arena, key_text(work->arena, row->id), view_done(&view));
    work_change(work, CHANGE_NOTICE_INSERT, row);
    work_case_event(of, "notice.sent", context_set(work->arena, value_null, "notice", value_string(order->notice->id)));
    return OK;
}

enum status notice_tell(struct work_case *of, const char *id, struct value data, struct error *err)
{
    struct str kind = value_text(value_get(work_case_get(of, "applicant"), STR("kind")));
    struct notice_order order = {.notice = pack_notice_find(of->packs, str_of(id)), .data = data};
    if (!order.notice || (!str_equal(kind, STR("person")) && !str_equal(kind, STR("organisation"))))
        return OK;
    return notice_post(of, &order, err);
}

/* to: an ID number, or {id, …}; the applicant when absent. */
enum status builtin_notice_send(struct builtin_call *call, struct error *err)
{
    struct str id;
    if (builtin_need(call, "notice", &id, err) != OK)
        return FAILED;
    struct notice_order order = {.notice = pack_notice_find(call->of->packs, id),
                                 .to = builtin_in(call, "to"),
                                 .data = builtin_in(call, "data")};
    if (!order.notice)
        return error_set(err, ERROR_NOT_FOUND, "notice-unknown", "There is no notice %.*s.", STR_ARGS(id));
    return notice_post(call->of, &order, err);
}
