#include "service/openness.h"

#include "clock/instant.h"
#include "service/indicator.h"
#include "service/indicator_query.h"

#define FEW 3 /* over fewer cases people could be recognised */

static const char *const levels[] = {
    [PACK_PROVINCE] = "province", [PACK_PREFECTURE] = "city", [PACK_COUNTY] = "county"};

struct asking {
    struct call call; /* in nobody's scope: only what is open is asked for */
    struct actor actor;
    const struct pack_division *division;
    struct service_indicator_query query;
};

static void begin(const struct call *call, struct asking *out)
{
    *out = (struct asking){.call = *call, .actor = actor_system};
    out->actor.language = call->actor->language;
    out->call.actor = &out->actor;
    out->query.open = true;
}

static struct str year_ago(const struct call *call)
{
    struct clock_date today = day_date(instant_day(service_now(call->service)));
    return arena_printf(call->arena, "%04d-%02d-01", (int)today.year - 1, today.month);
}

static bool is_open(const struct pack_indicator *indicator, const char *where)
{
    struct value open = value_get(indicator->json, STR("open"));
    for (size_t i = 0; i < value_count(open); i++)
        if (str_equal(value_text(value_at(open, i)), str_of(where)))
            return true;
    return false;
}

/* ---- Places ---- */

static struct value place(const struct asking *self, const struct pack_division *division)
{
    struct view view;
    view_init(&view, self->call.arena);
    view_text(&view, "code", division->code);
    view_text(&view, "title", indicator_text(&self->call, division->name));
    return view_done(&view);
}

static enum status find_place(struct asking *self, struct str code, struct error *err)
{
    size_t count;
    const struct pack_set *packs = self->call.service->packs;
    const struct pack_division *all = pack_divisions(packs, &count), *found = NULL;
    if (code.len)
        found = pack_division_find(packs, code);
    for (size_t i = 0; !code.len && !found && i < count; i++)
        found = all[i].parent ? NULL : &all[i];
    if (found && found->level < COUNT_OF(levels)) {
        self->division = found;
        return OK;
    }
    error_set(err, ERROR_NOT_FOUND, "region-unknown",
              "There are figures for provinces, prefectures and counties only.");
    error_hint(err, "Choose one from the list.");
    return error_field(err, "region");
}

static void put_places(const struct asking *self, struct view *view)
{
    size_t count;
    const struct pack_division *all = pack_divisions(self->call.service->packs, &count), *path[COUNT_OF(levels)] = {0};
    struct list_builder above, parts;
    list_builder_init(&above, self->call.arena);
    list_builder_init(&parts, self->call.arena);
    size_t depth = 0;
    for (const struct pack_division *at = self->division; at; at = at->parent)
        path[depth++] = at;
    while (depth > 0)
        list_builder_push(&above, place(self, path[--depth]));
    for (size_t i = 0; self->division->level + 1 < COUNT_OF(levels) && i < count; i++)
        if (all[i].parent == self->division)
            list_builder_push(&parts, place(self, &all[i]));
    view_put(view, "region", place(self, self->division));
    view_text(view, "level", str_of(levels[self->division->level]));
    view_put(view, "path", list_builder_done(&above));
    view_put(view, "parts", list_builder_done(&parts));
}

/* ---- Figures ---- */

/* Over how many cases, items or ratings; -1 when there is nothing to count. */
static int64_t cases_of(struct value figure)
{
    struct value n = value_get(figure, STR("denominator"));
    if (value_is_null(n))
        n = value_get(figure, STR("numerator"));
    struct value whole;
    return number_round(n, 0, ROUND_HALF_UP, &whole) ? value_int_or(whole, 0) : 0;
}

static struct value without_amounts(struct arena *arena, struct value figure)
{
    static const char *const kept[] = {"id", "title", "summary", "group", "formula", "source", "unit", "of",
                                       "better", "target", "region", "from", "to", "as_of"};
    struct view view;
    view_init(&view, arena);
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        view_put(&view, kept[i], value_get(figure, str_of(kept[i])));
    view_flag(&view, "suppressed", true);
    return view_done(&view);
}

/* A total that is small enough to recognise people is left out with its rows. */
static struct value guarded(struct arena *arena, const struct pack_indicator *indicator, struct value figure)
{
    int64_t n = cases_of(figure);
    if (indicator->of == PACK_OF_ITEMS || n == 0 || n >= FEW)
        return figure;
    return context_set(arena, without_amounts(arena, figure), "rows", value_list(arena, NULL, 0));
}

static enum status figure_of(struct asking *self, const struct pack_indicator *indicator, struct value *out,
                             struct error *err)
{
    struct value view;
    self->query.id = indicator->id;
    if (service_indicator_get(&self->call, &self->query, &view, err) != OK)
        return FAILED;
    *out = guarded(self->call.arena, indicator, view);
    return OK;
}

enum status service_openness(const struct call *call, const struct service_openness_query *query, struct value *out,
                             struct error *err)
{
    struct asking self;
    struct view view;
    struct list_builder items;
    struct value first = value_null;
    size_t count;
    begin(call, &self);
    if (find_place(&self, query->region, err) != OK)
        return FAILED;
    self.query.region = self.division->code;
    self.query.from = query->from.len ? query->from : year_ago(call);
    self.query.to = query->to;
    list_builder_init(&items, call->arena);
    const struct pack_indicator *const *all = pack_indicators(call->service->packs, &count);
    for (size_t i = 0; i < count; i++) {
        struct value figure;
        if (!is_open(all[i], levels[self.division->level]))
            continue;
        if (figure_of(&self, all[i], &figure, err) != OK)
            return FAILED;
        first = value_is_null(first) ? figure : first;
        list_builder_push(&items, figure);
    }
    view_init(&view, call->arena);
    put_places(&self, &view);
    view_put(&view, "from", value_get(first, STR("from")));
    view_put(&view, "to", value_get(first, STR("to")));
    view_put(&view, "as_of", value_get(first, STR("as_of")));
    view_put(&view, "items", list_builder_done(&items));
    *out = view_done(&view);
    return OK;
}

enum status service_openness_item(const struct call *call, struct str item, struct value *out, struct error *err)
{
    struct asking self;
    struct list_builder items;
    size_t count;
    begin(call, &self);
    self.query.item = item;
    self.query.from = year_ago(call);
    list_builder_init(&items, call->arena);
    const struct pack_indicator *const *all = pack_indicators(call->service->packs, &count);
    for (size_t i = 0; i < count; i++) {
        struct value figure;
        if (all[i]->of != PACK_OF_CASES || !is_open(all[i], "item"))
            continue;
        if (figure_of(&self, all[i], &figure, err) != OK)
            return FAILED;
        if (!value_is_true(value_get(figure, STR("suppressed"))) && cases_of(figure) > 0)
            list_builder_push(&items, figure);
    }
    *out = list_builder_done(&items);
    return OK;
}
