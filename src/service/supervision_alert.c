/* Entries of the supervision list that a rule opens. */
#include "service/supervision_row.h"

#define AUTHOR "电子监察"
#define DIVISIONS_OF_REGION 1000000 /* a prefecture's own division is its code and six zeros */

static struct value alert_value(struct work *work, const struct supervision_alert *alert)
{
    struct view view;
    view_init(&view, work->arena);
    view_text(&view, "rule", alert->rule->id);
    view_text(&view, "title", alert->rule->title);
    view_put(&view, "value", alert->value);
    view_put(&view, "at", value_string(temporal_text(work->arena, value_time(work->now))));
    return view_done(&view);
}

static struct value body_of(struct work *work, const struct supervision_alert *alert)
{
    struct view view;
    view_init(&view, work->arena);
    view_text(&view, "reason", alert->rule->reason);
    view_text(&view, "opened_by", STR(AUTHOR));
    view_put(&view, "alerts", list_add(work->arena, value_null, alert_value(work, alert)));
    return view_done(&view);
}

static enum status known_owner(struct work *work, struct str owner, struct str *out, struct error *err)
{
    struct store_staff staff;
    bool found = false;
    if (owner.len && store_staff_find(work->tx, work->arena, owner, &staff, &found, err) != OK)
        return FAILED;
    *out = found ? owner : STR("");
    return OK;
}

static enum status open_row(struct work *work, struct store_supervision *row, const struct supervision_alert *alert,
                            struct error *err)
{
    row->due = alert->due;
    row->opened = work->now;
    row->version = 1;
    if (known_owner(work, alert->owner, &row->owner, err) != OK || work_key(work, row->region, &row->id, err) != OK)
        return FAILED;
    row->case_id = row->case_id ? row->case_id : -row->id;
    row->body = service_seal(work->service, work->arena, supervision_place(work->arena, row), body_of(work, alert));
    work_change(work, CHANGE_SUPERVISION_INSERT, row);
    return OK;
}

static enum status add_to_row(struct work *work, struct store_supervision *row, const struct supervision_alert *alert,
                              struct error *err)
{
    struct value was;
    if (service_unseal(work->service, work->arena, supervision_place(work->arena, row), row->body, &was, err) != OK)
        return FAILED;
    struct value alerts = list_add(work->arena, value_get(was, STR("alerts")), alert_value(work, alert));
    int64_t version_was = row->version++;
    row->body = service_seal(work->service, work->arena, supervision_place(work->arena, row),
                             context_set(work->arena, was, "alerts", alerts));
    work_change_from(work, CHANGE_SUPERVISION_UPDATE, row, version_was);
    return OK;
}

enum status supervision_of_case(struct work_case *of, const struct supervision_alert *alert, struct error *err)
{
    struct work *work = of->work;
    struct store_supervision *row = arena_new(work->arena, struct store_supervision);
    int64_t open;
    bool found = false;
    if (store_supervision_of_case(work->tx, of->row.region, of->row.id, &open, err) != OK ||
        (open && store_supervision_find(work->tx, work->arena, of->row.region, open, row, &found, err) != OK))
        return FAILED;
    if (!found)
        *row = (struct store_supervision){.region = of->row.region,
                                          .case_id = of->row.id,
                                          .division = of->row.division,
                                          .unit = of->row.unit};
    if ((found ? add_to_row : open_row)(work, row, alert, err) != OK)
        return FAILED;
    work_case_event(of, "case.supervised", supervision_told(work, row, "reason", alert->rule->reason));
    return OK;
}

enum status supervision_of_unit(struct work *work, const struct supervision_alert *alert, struct error *err)
{
    struct store_supervision *row = arena_new(work->arena, struct store_supervision);
    *row = (struct store_supervision){
        .region = alert->region, .division = alert->region * DIVISIONS_OF_REGION, .unit = alert->unit};
    struct work_note note = {.what = "supervision.alert", .purpose = alert->rule->id, .region = alert->region};
    return open_row(work, row, alert, err) == OK ? work_access_note(work, &note, err) : FAILED;
}
