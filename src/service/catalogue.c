/* Items, decisions and indicators. */
#include "service/catalogue.h"

#include "clock/instant.h"
#include "feel/json.h"
#include "service/case_open.h"

/* ---- Items ---- */

/* "" when the actor may open it, else the problem type of the refusal. */
static struct str why_not(const struct call *call, const struct pack_item *item)
{
    const struct actor *actor = call->actor;
    switch (actor->kind) {
    case ACTOR_NOBODY: return STR("unauthenticated");
    case ACTOR_SYSTEM: return STR("");
    case ACTOR_STAFF: {
        bool window = str_equal(actor->role, STR("window")) &&
                      (pack_item_for(item, PACK_BY_PERSON) || pack_item_for(item, PACK_BY_ORGANISATION));
        return (pack_item_for_role(item, actor->role) || window) && service_can(call, "case.open") ? STR("")
                                                                                                   : STR("forbidden");
    }
    case ACTOR_PERSON:
    case ACTOR_ORGANISATION:
        if (!pack_item_for(item, actor->kind == ACTOR_PERSON ? PACK_BY_PERSON : PACK_BY_ORGANISATION))
            return STR("forbidden");
        return actor->kind == ACTOR_PERSON && actor->level < item->identity_level ? STR("identity-level") : STR("");
    }
    return STR("forbidden");
}

static bool list_has(struct value list, struct str text)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (str_equal(value_text(value_at(list, i)), text))
            return true;
    return false;
}

static bool contains(struct str text, struct str wanted)
{
    return text.len >= wanted.len && str_find(text, wanted, 0) >= 0;
}

/* How well an item answers a search: 0 not at all. */
static int score(const struct call *call, const struct pack_item *item, struct str wanted)
{
    struct value keywords = value_get(item->json, STR("keywords"));
    struct str language = call->actor->language;
    int points = 0;
    if (wanted.len == 0)
        return 1;
    if (contains(item->title, wanted) || str_equal(item->code, wanted))
        points += 8;
    if (language.len && contains(pack_text(call->service->packs, language, item->title), wanted))
        points += 8;
    for (size_t i = 0; i < value_count(keywords); i++) {
        struct str word = value_text(value_at(keywords, i));
        if (word.len && (contains(word, wanted) || contains(wanted, word)))
            points += 4;
    }
    return contains(item->summary, wanted) ? points + 1 : points;
}

static struct value limit_value(struct arena *arena, const struct pack_limit *limit)
{
    static const char *const units[] = {
        [PACK_WORKING_DAY] = "working-day", [PACK_DAY] = "day", [PACK_HOUR] = "hour", [PACK_MONTH] = "month"};
    if (!limit->present)
        return value_null;
    struct view view;
    view_init(&view, arena);
    view_int(&view, "n", limit->n);
    view_text(&view, "unit", str_of(units[limit->unit]));
    return view_done(&view);
}

static struct value item_line(const struct call *call, const struct pack_item *item)
{
    static const char *const kept[] = {"subjects", "keywords", "online_depth", "visits"};
    struct str language = call->actor->language.len ? call->actor->language : STR("zh-CN");
    const struct pack_set *packs = call->service->packs;
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "code", item->code);
    view_int(&view, "version", item->version);
    view_text(&view, "title", pack_text(packs, language, item->title));
    view_text(&view, "summary", pack_text(packs, language, item->summary));
    view_text(&view, "topic", item->topic);
    view_text(&view, "type", item->type);
    view_text(&view, "handling", item->handling == PACK_INSTANT ? STR("instant") : STR("commitment"));
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        view_put(&view, kept[i], value_get(item->json, str_of(kept[i])));
    view_put(&view, "promised", limit_value(call->arena, &item->promised));
    view_flag(&view, "startable", why_not(call, item).len == 0);
    return view_done(&view);
}

enum status service_item_list(const struct call *call, const struct service_item_query *query, struct value *out,
                              struct error *err)
{
    struct list_builder best, rest;
    const struct pack_set *packs = call->service->packs;
    int32_t today = instant_day(service_now(call->service));
    size_t count;
    const struct pack_item *const *items = pack_items(packs, &count);
    (void)err;
    list_builder_init(&best, call->arena);
    list_builder_init(&rest, call->arena);
    for (size_t i = 0; i < count; i++) {
        if (pack_item_find(packs, items[i]->code, today) != items[i])
            continue;
        int points = score(call, items[i], query->text);
        if (points == 0 || (query->topic.len && !str_equal(query->topic, items[i]->topic)) ||
            (query->subject.len && !list_has(value_get(items[i]->json, STR("subjects")), query->subject)) ||
            (query->startable && why_not(call, items[i]).len))
            continue;
        list_builder_push(points >= 4 ? &best : &rest, item_line(call, items[i]));
    }
    struct value others = list_builder_done(&rest);
    for (size_t i = 0; i < value_count(others); i++)
        list_builder_push(&best, value_at(others, i));
    *out = context_set(call->arena, value_null, "items", list_builder_done(&best));
    return OK;
}

static enum status find_item(const struct call *call, struct str code, const struct pack_item **out, struct error *err)
{
    const struct pack_item *item = pack_item_find(call->service->packs, code, instant_day(service_now(call->service)));
    if (!item) {
        error_set(err, ERROR_NOT_FOUND, "item-not-found", "There is no item %.*s in force.", STR_ARGS(code));
        return error_field(err, "item");
    }
    *out = item;
    return OK;
}

enum status service_item_get(const struct call *call, struct str code, struct value *out, struct error *err)
{
    const struct pack_item *item;
    if (find_item(call, code, &item, err) != OK)
        return FAILED;
    struct str reason = why_not(call, item);
    struct value view = value_merge(call->arena, item->json, item_line(call, item));
    if (item->form.len)
        view = context_set(call->arena, view, "form_id", value_string(item->form));
    if (reason.len)
        view = context_set(call->arena, view, "why_not", value_string(reason));
    *out = view;
    return OK;
}

enum status service_item_prefill(const struct call *call, struct str code, struct value *out, struct error *err)
{
    const struct pack_item *item;
    if (find_item(call, code, &item, err) != OK)
        return FAILED;
    const struct pack_set *packs = call->service->packs;
    const struct pack_form *form = pack_form_find(packs, item->form);
    struct feel_run run = service_feel(call->service, call->arena, packs, service_now(call->service));
    struct pack_texts texts = {packs, call->actor->language.len ? call->actor->language : STR("zh-CN")};
    struct form_env env = {.run = &run, .codes = pack_form_codes(packs), .texts = pack_form_texts(&texts)};
    struct value names = context_set(call->arena, value_null, "applicant", actor_value(call));
    names = context_set(call->arena, names, "staff", actor_staff_value(call));
    *out = form ? form_prefill(form->form, names, &env) : empty_context(call->arena);
    return OK;
}

/* ---- Decisions ---- */

enum status service_decision_evaluate(const struct call *call, struct str id, struct value input, struct value *out,
                                      struct error *err)
{
    const struct pack_set *packs = call->service->packs;
    const struct pack_decision *decision = pack_decision_find(packs, id);
    struct value result;
    if (service_may(call, "decision.evaluate", err) != OK)
        return FAILED;
    if (!decision)
        return error_set(err, ERROR_NOT_FOUND, "decision-not-found", "There is no decision %.*s.", STR_ARGS(id));
    if (input.kind != VALUE_CONTEXT && !value_is_null(input))
        return error_set(err, ERROR_INVALID, "input-invalid", "A decision's input is an object of input data by name.");
    struct dmn_run run = {.feel = service_feel(call->service, call->arena, packs, service_now(call->service)),
                          .detail = DMN_EXPLAINED,
                          .input_form = DMN_INPUTS_JSON};
    if (dmn_evaluate(decision->model, decision->id, input, &run, &result, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, call->arena);
    context_builder_put(&view.members, STR("value"), result);
    view_text(&view, "model", decision->file->hash);
    view_put(&view, "explanation", dmn_explanation(call->arena, &run));
    *out = view_done(&view);
    return OK;
}

/* ---- Indicators ----
 * {"id", "title", "unit", "item"?, "state"?, "outcome"?, "over"?: {the same}}: a count of cases opened in a period, or
 * the ratio of two such counts. */

struct counting {
    const struct service_indicator_query *query;
    const struct pack_indicator *indicator;
    struct division_range range;
    int64_t from, to;
    enum store_case_by by;
    struct value view;
};

static struct store_case_counting what_of(struct work *work, const struct counting *self, struct value declared)
{
    struct str item = value_text(value_get(declared, STR("item")));
    struct str state = value_text(value_get(declared, STR("state")));
    struct str outcome = value_text(value_get(declared, STR("outcome")));
    struct store_case_counting what = {.division_from = self->range.from,
                                       .division_to = self->range.to,
                                       .id_from = case_id_make(0, self->from, 0).id,
                                       .id_to = case_id_make(0, self->to, 0).id,
                                       .state = -1,
                                       .outcome = -1};
    const struct pack_item *found = pack_item_find(work->service->packs, item, instant_day(work->now));
    if (item.len)
        what.item = found ? service_item_id(work->service, found->code, found->version) : -1;
    if (state.len)
        what.state = name_index(case_state_names, CASE_STATE_COUNT, state);
    if (outcome.len)
        what.outcome = name_index(case_outcome_names, OUTCOME_COUNT, outcome);
    return what;
}

static struct value ratio_of(int64_t n, int64_t over)
{
    struct value result;
    return over && number_divide(value_int(n), value_int(over), &result) ? result : value_null;
}

static int64_t count_of(const struct store_case_count *rows, size_t count, int64_t key)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].key == key)
            return rows[i].n;
    return 0;
}

static struct value row_title(struct work *work, enum store_case_by by, int64_t key)
{
    struct str code = arena_printf(work->arena, "%06" PRId64, key);
    switch (by) {
    case STORE_BY_REGION: {
        const struct pack_division *division = pack_division_find(work->service->packs, code);
        return value_string(division ? division->name : code);
    }
    case STORE_BY_ITEM: {
        const struct store_item *item = service_item_of(work->service, key);
        return value_string(item ? item->code : code);
    }
    case STORE_BY_OUTCOME:
        return key > 0 && key < OUTCOME_COUNT ? value_cstr(case_outcome_names[key]) : value_cstr("none");
    }
    return value_string(code);
}

typedef VECTOR(struct store_case_count) count_rows;

static void add_count(struct arena *arena, count_rows *rows, const struct store_case_count *one)
{
    for (size_t i = 0; i < rows->count; i++)
        if (rows->items[i].key == one->key) {
            rows->items[i].n += one->n;
            return;
        }
    VECTOR_PUSH(arena, rows, *one);
}

/* Region by region, so that each shard counts its own days. */
static enum status count_all(struct work *work, const struct counting *self, struct value declared, count_rows *out,
                             struct error *err)
{
    int64_t *regions;
    struct store_case_counting what = what_of(work, self, declared);
    size_t region_count = region_list(work->service, self->range, work->arena, &regions);
    for (size_t r = 0; r < region_count; r++) {
        struct store_case_count *rows;
        size_t count;
        what.region = regions[r];
        if (store_case_counts(work->tx, work->arena, &what, self->by, &rows, &count, err) != OK)
            return FAILED;
        for (size_t i = 0; i < count; i++)
            add_count(work->arena, out, &rows[i]);
    }
    return OK;
}

static enum status count_command(struct work *work, void *arg, struct error *err)
{
    struct counting *self = arg;
    struct value declared = self->indicator->json, over = value_get(declared, STR("over"));
    count_rows rows = {0}, bases = {0};
    bool ratio = over.kind == VALUE_CONTEXT;
    if (count_all(work, self, declared, &rows, err) != OK || (ratio && count_all(work, self, over, &bases, err) != OK))
        return FAILED;
    struct list_builder list;
    int64_t sum = 0, base_sum = 0;
    list_builder_init(&list, work->arena);
    const count_rows *all = ratio ? &bases : &rows;
    for (size_t i = 0; i < all->count; i++) {
        int64_t n = count_of(rows.items, rows.count, all->items[i].key);
        sum += n;
        base_sum += ratio ? all->items[i].n : 0;
        struct view view;
        view_init(&view, work->arena);
        view_int(&view, "key", all->items[i].key);
        view_put(&view, "title", row_title(work, self->by, all->items[i].key));
        view_put(&view, "value", ratio ? ratio_of(n, all->items[i].n) : value_int(n));
        view_int(&view, "count", n);
        list_builder_push(&list, view_done(&view));
    }
    struct view view;
    view_init(&view, work->arena);
    view_text(&view, "id", self->indicator->id);
    view_text(&view, "title", self->indicator->title);
    view_put(&view, "unit", value_get(declared, STR("unit")));
    view_put(&view, "value", ratio ? ratio_of(sum, base_sum) : value_int(sum));
    view_put(&view, "rows", list_builder_done(&list));
    self->view = view_done(&view);
    return OK;
}

static bool read_period(const struct service_indicator_query *query, int64_t now, int64_t *from, int64_t *to)
{
    struct clock_date today = day_date(instant_day(now));
    struct value date;
    *from = day_start((int32_t)day_of_date(today.year, today.month, 1));
    *to = day_start(instant_day(now) + 1);
    if (query->from.len && (!date_parse(query->from, &date) || !date_time_to_ms(date, from)))
        return false;
    if (query->to.len && (!date_parse(query->to, &date) || !date_time_to_ms(date, to)))
        return false;
    if (query->to.len)
        *to += CLOCK_DAY_MS;
    return *from <= *to;
}

enum status service_indicator_get(const struct call *call, const struct service_indicator_query *query,
                                  struct value *out, struct error *err)
{
    static const char *const words[] = {
        [STORE_BY_REGION] = "region", [STORE_BY_ITEM] = "item", [STORE_BY_OUTCOME] = "outcome"};
    struct counting self = {.query = query};
    size_t count;
    const struct pack_indicator *const *all = pack_indicators(call->service->packs, &count);
    if (service_may(call, "indicator.read", err) != OK)
        return FAILED;
    for (size_t i = 0; i < count; i++)
        if (str_equal(all[i]->id, query->id))
            self.indicator = all[i];
    if (!self.indicator)
        return error_set(err, ERROR_NOT_FOUND, "indicator-not-found", "There is no indicator %.*s.",
                         STR_ARGS(query->id));
    int64_t by = query->by.len ? name_index(words, COUNT_OF(words), query->by) : STORE_BY_REGION;
    if (by < 0 || !read_period(query, service_now(call->service), &self.from, &self.to))
        return error_set(err, ERROR_INVALID, "filter-invalid",
                         "Group by region, item or outcome, from one date to a later one.");
    self.by = (enum store_case_by)by;
    struct actor_scope scope = actor_scope(call);
    self.range = query->region.len ? division_range(query->region) : scope.divisions;
    self.range.from = self.range.from > scope.divisions.from ? self.range.from : scope.divisions.from;
    self.range.to = self.range.to < scope.divisions.to ? self.range.to : scope.divisions.to;
    if (work_read(call, count_command, &self, err) != OK)
        return FAILED;
    *out = self.view;
    return OK;
}
