#include "service/indicator_query.h"

#include "clock/instant.h"
#include "service/item_state.h"

#define SOON_WORKING_DAYS 3
#define YEARS_MOST 10

struct str indicator_text(const struct call *call, struct str text)
{
    return pack_text(call->service->packs, actor_language(call), text);
}

struct str indicator_date(struct arena *arena, int32_t day)
{
    struct clock_date date = day_date(day);
    return arena_printf(arena, "%04d-%02d-%02d", (int)date.year, date.month, date.day);
}

static enum status filter_invalid(const char *field, const char *message, struct error *err)
{
    error_set(err, ERROR_INVALID, "filter-invalid", "%s", message);
    return error_field(err, "%s", field);
}

static enum status read_day(struct str text, const char *field, int32_t otherwise, int32_t *out, struct error *err)
{
    struct value date;
    *out = otherwise;
    if (text.len == 0)
        return OK;
    if (!date_parse(text, &date))
        return filter_invalid(field, "A day is written as 2026-07-06.", err);
    struct civil day = temporal_civil(date);
    if (day.year < 2000 || day.year > 2099)
        return filter_invalid(field, "The day is outside 2000 to 2099.", err);
    *out = (int32_t)day_of_date(day.year, day.month, day.day);
    return OK;
}

static enum status read_period(struct indicator_question *self, int64_t now, struct error *err)
{
    int32_t today = instant_day(now);
    struct clock_date date = day_date(today);
    if (read_day(self->query->from, "from", (int32_t)day_of_date(date.year, date.month, 1), &self->from, err) != OK ||
        read_day(self->query->to, "to", today > self->from ? today : self->from, &self->to, err) != OK)
        return FAILED;
    if (self->to < self->from || self->to - self->from > 366 * YEARS_MOST)
        return filter_invalid("to", "The period ends on or after its first day and lasts at most ten years.", err);
    if (!self->whole_months)
        return OK;
    struct clock_date first = day_date(self->from), last = day_date(self->to);
    self->from = (int32_t)day_of_date(first.year, first.month, 1);
    self->to = (int32_t)day_of_date(last.year, last.month, days_in_month(last.year, last.month));
    return OK;
}

static enum status read_items(const struct call *call, struct indicator_question *self, struct error *err)
{
    const struct item_states *known = call->service->item_states;
    VECTOR(int64_t) found = {0};
    self->by_item = self->query->item.len > 0;
    if (!self->by_item)
        return OK;
    for (size_t i = 0; i < known->count; i++)
        if (str_equal(known->items[i].code, self->query->item))
            VECTOR_PUSH(call->arena, &found, known->items[i].id);
    if (found.count == 0)
        return filter_invalid("item", "There is no such item.", err);
    self->items = found.items;
    self->item_count = found.count;
    return OK;
}

static enum status read_by(struct indicator_question *self, struct error *err)
{
    static const char *const words[] = {"", "region", "item", "month", "unit"};
    static const enum pack_dimension dimensions[] = {PACK_BY_REGION, PACK_BY_REGION, PACK_BY_ITEM, PACK_BY_MONTH,
                                                     PACK_BY_UNIT};
    int64_t by = self->query->by.len ? name_index(words, COUNT_OF(words), self->query->by) : STORE_COUNT_REGION;
    if (by <= 0 || (self->query->by.len && self->indicator && !(self->indicator->dimensions & dimensions[by])))
        return filter_invalid("by", "Group by one of the indicator's dimensions: region, unit, item or month.", err);
    self->by = (enum store_count_by)by;
    return OK;
}

static void read_scope(const struct call *call, struct indicator_question *self)
{
    struct actor_scope scope = actor_scope(call);
    struct division_range wanted = division_range(self->query->region);
    self->range.from = wanted.from > scope.divisions.from ? wanted.from : scope.divisions.from;
    self->range.to = wanted.to < scope.divisions.to ? wanted.to : scope.divisions.to;
    self->unit = self->query->unit.len ? self->query->unit : scope.unit;
    bool other_unit = scope.unit.data && self->query->unit.len && !str_equal(scope.unit, self->query->unit);
    if (scope.own || other_unit)
        self->range = (struct division_range){0, 0};
}

enum status indicator_question_read(const struct call *call, const struct service_indicator_query *query,
                                    struct indicator_question *out, struct error *err)
{
    *out = (struct indicator_question){.query = query};
    if (service_may(call, "indicator.read", err) != OK)
        return FAILED;
    if (query->id.len) {
        out->indicator = pack_indicator_find(call->service->packs, query->id);
        if (!out->indicator || out->indicator->of == PACK_OF_STAFF)
            return error_set(err, ERROR_NOT_FOUND, "indicator-not-found", "There is no indicator %.*s.",
                             STR_ARGS(query->id));
    }
    read_scope(call, out);
    if (read_by(out, err) != OK || read_items(call, out, err) != OK)
        return FAILED;
    out->whole_months = out->unit.data || out->by_item || out->by >= STORE_COUNT_ITEM;
    return read_period(out, service_now(call->service), err);
}

static int64_t day_number(int32_t day)
{
    return indicator_day(day_start(day));
}

static void add_span(struct indicator_spans *self, int64_t from, int64_t to)
{
    if (from <= to) {
        self->items[self->count].from = from;
        self->items[self->count++].to = to;
    }
}

struct indicator_spans indicator_spans_of(int32_t from, int32_t to)
{
    struct indicator_spans out = {.count = 0};
    struct clock_date first = day_date(from), behind = day_date(to + 1);
    int32_t month_from = first.day == 1 ? from : (int32_t)(day_of_date(first.year, first.month, 1) +
                                                           days_in_month(first.year, first.month));
    int32_t month_to = (int32_t)day_of_date(behind.year, behind.month, 1); /* behind the last whole month */
    if (month_from >= month_to) {
        add_span(&out, day_number(from), day_number(to));
        return out;
    }
    if (from < month_from)
        add_span(&out, day_number(from), day_number(month_from - 1));
    add_span(&out, day_number(month_from) / 100, day_number(month_to - 1) / 100);
    if (month_to <= to)
        add_span(&out, day_number(month_to), day_number(to));
    return out;
}

size_t indicator_item_runs(const struct indicator_question *self)
{
    return self->by_item ? self->item_count : 1;
}

void indicator_items_of(const struct indicator_question *self, size_t n, int64_t *from, int64_t *to)
{
    *from = self->by_item ? self->items[n] : 1;
    *to = self->by_item ? self->items[n] : INT64_MAX;
}

int64_t indicator_soon(const struct service *service, int64_t now)
{
    const struct calendar *calendar = pack_calendar(service->packs);
    int32_t today = instant_day(now);
    int32_t last =
        calendar ? calendar_add_working_days(calendar, today, SOON_WORKING_DAYS, NULL) : today + SOON_WORKING_DAYS;
    return day_start(last + 1);
}

struct store_waiting_query indicator_waiting(const struct work *work, const struct indicator_question *self)
{
    return (struct store_waiting_query){.now = work->now,
                                        .today_ends = day_start(instant_day(work->now) + 1),
                                        .soon = indicator_soon(work->service, work->now),
                                        .division_from = self->range.from,
                                        .division_to = self->range.to,
                                        .unit = self->unit};
}

void indicator_define(const struct call *call, const struct pack_indicator *indicator, struct view *view)
{
    view_text(view, "id", indicator->id);
    view_text(view, "title", indicator_text(call, indicator->title));
    view_text(view, "summary", indicator->summary.data ? indicator_text(call, indicator->summary) : STR_NONE);
    view_text(view, "formula", indicator_text(call, indicator->formula));
    view_text(view, "source", indicator_text(call, indicator->source));
    view_text(view, "group", indicator->group);
    view_text(view, "of", str_of(pack_indicator_of_name(indicator->of)));
    if (indicator->of == PACK_OF_CASES)
        view_text(view, "when", str_of(pack_indicator_when_name(indicator->when)));
    view_text(view, "unit", str_of(pack_indicator_unit_name(indicator->unit)));
    view_text(view, "better", str_of(pack_indicator_better_name(indicator->better)));
    view_put(view, "target", indicator->target);
    view_put(view, "sources", value_get(indicator->json, STR("sources")));
    struct value dimensions = value_get(indicator->json, STR("dimensions"));
    view_put(view, "dimensions", value_is_null(dimensions) ? value_list(call->arena, NULL, 0) : dimensions);
}

enum status indicator_as_of(struct work *work, int64_t *out, struct error *err)
{
    int64_t since;
    if (store_due_since(work->tx, &since, err) != OK)
        return FAILED;
    *out = since ? since : work->now;
    return OK;
}
