/* Items and decisions. */
#include "service/catalogue.h"

#include "clock/instant.h"
#include "feel/json.h"
#include "service/case_open.h"
#include "service/eligibility.h"
#include "service/indicator_query.h"
#include "service/item_state.h"
#include "service/page.h"

/* ---- Items ---- */

/* "" when the actor may open it, else the problem type of the refusal. */
static struct str why_not(const struct call *call, const struct pack_item *item)
{
    const struct actor *actor = call->actor;
    if (item_suspended(call->service, item->code))
        return STR("item-suspended");
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

/* One of the words holds what was searched, or, when either way will do, is held by it. */
static int words_score(struct value words, struct str wanted, bool either_way)
{
    int points = 0;
    for (size_t i = 0; i < value_count(words); i++) {
        struct str word = value_text(value_at(words, i));
        if (word.len && (contains(word, wanted) || (either_way && contains(wanted, word))))
            points += 4;
    }
    return points;
}

/* How well an item answers a search: 0 not at all. */
static int score(const struct call *call, const struct pack_item *item, struct str wanted)
{
    struct str language = call->actor->language;
    int points = 0;
    if (wanted.len == 0)
        return 1;
    if (contains(item->title, wanted) || str_equal(item->code, wanted))
        points += 8;
    if (language.len && contains(pack_text(call->service->packs, language, item->title), wanted))
        points += 8;
    points += words_score(value_get(item->json, STR("keywords")), wanted, true);
    points += words_score(value_get(item->json, STR("synonyms")), wanted, true);
    points += words_score(value_get(item->json, STR("pinyin")), wanted, false);
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

static void put_suspension(const struct call *call, struct str code, struct view *out)
{
    const struct item_suspension *suspension = item_suspended(call->service, code);
    struct view view;
    if (!suspension)
        return;
    view_init(&view, call->arena);
    view_text(&view, "reason", suspension->reason);
    view_text(&view, "since", indicator_date(call->arena, instant_day(suspension->since)));
    view_put(out, "suspended", view_done(&view));
}

static struct str handling_of(const struct pack_item *item)
{
    return item->handling == PACK_INSTANT ? STR("instant") : STR("commitment");
}

static struct value item_line(const struct call *call, const struct pack_item *item)
{
    static const char *const kept[] = {"subjects", "keywords", "online_depth", "visits"};
    struct str language = actor_language(call);
    const struct pack_set *packs = call->service->packs;
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "code", item->code);
    view_int(&view, "version", item->version);
    view_text(&view, "title", pack_text(packs, language, item->title));
    view_text(&view, "summary", pack_text(packs, language, item->summary));
    view_text(&view, "topic", item->topic);
    view_text(&view, "type", item->type);
    view_text(&view, "handling", handling_of(item));
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        view_put(&view, kept[i], value_get(item->json, str_of(kept[i])));
    view_put(&view, "promised", limit_value(call->arena, &item->promised));
    view_put(&view, "statutory", limit_value(call->arena, &item->statutory));
    int64_t needed = 0;
    for (size_t i = 0; i < item->material_count; i++)
        needed += str_equal(item->materials[i].need, STR("1"));
    view_int(&view, "material_count", needed);
    view_flag(&view, "eligible", eligibility_offered(item));
    put_suspension(call, item->code, &view);
    view_flag(&view, "startable", why_not(call, item).len == 0);
    return view_done(&view);
}

#define FOUND_USUAL 100
#define FOUND_MOST 200
#define POINTS_BEST 4 /* found by its name or its words, not in its summary only */

static bool is_asked(const struct call *call, const struct pack_item *item, const struct service_item_query *query)
{
    return (!query->topic.len || str_equal(query->topic, item->topic)) &&
           (!query->subject.len || list_has(value_get(item->json, STR("subjects")), query->subject)) &&
           (!query->type.len || str_equal(query->type, item->type)) &&
           (!query->handling.len || str_equal(query->handling, handling_of(item))) &&
           (!query->no_visit || value_int_or(value_get(item->json, STR("visits")), 0) == 0) &&
           (!query->across || list_has(value_get(item->json, STR("scope")), STR("1")) ||
            list_has(value_get(item->json, STR("scope")), STR("2"))) &&
           (!query->parties || pack_item_for(item, PACK_BY_PERSON) || pack_item_for(item, PACK_BY_ORGANISATION)) &&
           (!query->startable || why_not(call, item).len == 0);
}

/* The places of what is found: the best first, each in the order of codes. */
static size_t find_items(const struct call *call, const struct catalogue_index *index,
                         const struct service_item_query *query, const struct pack_item **out)
{
    int32_t today = instant_day(service_now(call->service));
    bool *candidates = arena_array(call->arena, bool, index->count);
    const struct pack_item **rest = arena_array(call->arena, const struct pack_item *, index->count);
    size_t found = 0, others = 0;
    if (query->text.len)
        catalogue_candidates(index, query->text, candidates);
    for (size_t i = 0; i < index->count; i++) {
        const struct pack_item *item = index->items[i];
        if ((query->text.len && !candidates[i]) || !catalogue_in_force(index, i, today) || !is_asked(call, item, query))
            continue;
        int points = score(call, item, query->text);
        if (points >= POINTS_BEST)
            out[found++] = item;
        else if (points > 0)
            rest[others++] = item;
    }
    for (size_t i = 0; i < others; i++)
        out[found++] = rest[i];
    return found;
}

enum status service_item_list(const struct call *call, const struct service_item_query *query, struct value *out,
                              struct error *err)
{
    (void)service_packs_now(call->service); /* what comes into force today is found today */
    const struct item_states *states = call->service->item_states;
    const struct catalogue_index *index = &states->catalogue;
    const struct pack_item **found = arena_array(call->arena, const struct pack_item *, index->count);
    struct list_builder items;
    struct view view;
    int64_t from, limit = query->limit > 0 ? query->limit : FOUND_USUAL;
    if (service_cursor(query->cursor, &from, err) != OK)
        return FAILED;
    limit = limit > FOUND_MOST ? FOUND_MOST : limit;
    int64_t count = (int64_t)find_items(call, index, query, found);
    list_builder_init(&items, call->arena);
    for (int64_t i = from; i < count && i < from + limit; i++)
        list_builder_push(&items, item_line(call, found[i]));
    view_init(&view, call->arena);
    view_put(&view, "items", list_builder_done(&items));
    view_int(&view, "count", count);
    if (from + limit < count)
        view_text(&view, "next", arena_printf(call->arena, "%" PRId64, from + limit));
    *out = view_done(&view);
    return OK;
}

static void push_news(const struct call *call, struct str code, const char *what, int64_t at, struct str reason,
                      struct list_builder *out)
{
    const struct pack_item *item = pack_item_find(call->service->packs, code, instant_day(service_now(call->service)));
    struct view view;
    if (!item || (!pack_item_for(item, PACK_BY_PERSON) && !pack_item_for(item, PACK_BY_ORGANISATION)))
        return;
    view_init(&view, call->arena);
    view_text(&view, "code", code);
    view_text(&view, "title", indicator_text(call, item->title));
    view_text(&view, "what", str_of(what));
    view_text(&view, "on", indicator_date(call->arena, instant_day(at)));
    view_text(&view, "reason", reason);
    list_builder_push(out, view_done(&view));
}

enum status service_item_news(const struct call *call, struct value *out, struct error *err)
{
    (void)err;
    const struct item_states *states = call->service->item_states;
    struct list_builder list;
    list_builder_init(&list, call->arena);
    for (size_t i = 0; i < states->suspended_count; i++)
        push_news(call, states->suspended[i].code, "suspended", states->suspended[i].since, states->suspended[i].reason,
                  &list);
    for (size_t i = 0; i < states->announced_count; i++)
        push_news(call, states->announced[i].code, "announced", states->announced[i].from, STR_NONE, &list);
    *out = list_builder_done(&list);
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

/* A version that is to come, as it is told beside the one in force. */
static struct value version_line(const struct call *call, int64_t version, int64_t from)
{
    struct view view;
    view_init(&view, call->arena);
    view_int(&view, "version", version);
    view_text(&view, "effective", indicator_date(call->arena, instant_day(from)));
    return view_done(&view);
}

enum status service_item_versions(const struct call *call, struct str code, struct value *out, struct error *err)
{
    const struct item_states *states = call->service->item_states;
    const struct pack_item *current =
        pack_item_find(states->catalogue.packs, code, instant_day(service_now(call->service)));
    struct list_builder items;
    size_t count;
    const struct pack_item *const *versions = pack_item_versions(states->catalogue.packs, code, &count);
    list_builder_init(&items, call->arena);
    for (size_t i = states->announced_count; i-- > 0;)
        if (str_equal(states->announced[i].code, code)) {
            struct value line = version_line(call, states->announced[i].version, states->announced[i].from);
            list_builder_push(&items, context_set(call->arena, line, "state", value_cstr("announced")));
        }
    if (count + items.items.count == 0)
        return error_set(err, ERROR_NOT_FOUND, "item-not-found", "There is no item %.*s.",
                         STR_ARGS(str_part(code, 0, 100)));
    for (size_t i = count; i-- > 0;) {
        struct value line = version_line(call, versions[i]->version, day_start(versions[i]->effective));
        const char *state = versions[i] == current                               ? "current"
                            : current && versions[i]->version < current->version ? "past"
                                                                                 : "announced";
        line = context_set(call->arena, line, "title", value_string(indicator_text(call, versions[i]->title)));
        list_builder_push(&items, context_set(call->arena, line, "state", value_cstr(state)));
    }
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "code", code);
    put_suspension(call, code, &view);
    view_put(&view, "items", list_builder_done(&items));
    *out = view_done(&view);
    return OK;
}

enum status service_item_get(const struct call *call, struct str code, struct value *out, struct error *err)
{
    const struct pack_item *item;
    if (find_item(call, code, &item, err) != OK)
        return FAILED;
    struct str reason = why_not(call, item);
    struct value view = value_merge(call->arena, item->json, item_line(call, item));
    const struct item_announced *next = item_announced(call->service, code);
    if (next)
        view = context_set(call->arena, view, "announced", version_line(call, next->version, next->from));
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
    struct pack_texts texts = {packs, actor_language(call)};
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
