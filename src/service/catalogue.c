/* Items and decisions. */
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
