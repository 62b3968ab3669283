/* Decisions of a case made again. What a decision was given is kept with it, but for what the case itself keeps: then
 * the form is the one of that day, found by going back from today's over the supplements. */
#include "service/decision.h"

#include "feel/json.h"
#include "form/form.h"
#include "service/case.h"
#include "service/work.h"
#include "store/deployment.h"

bool decision_case_variable(const struct work_case *of, struct value form, struct str name, struct value *out)
{
    static const char *const same[] = {"party", "applicant", "staff"};
    if (str_equal(name, STR("form"))) {
        const struct pack_form *schema = pack_form_find(of->packs, of->item->form);
        *out = schema ? form_null_fill(schema->form, of->work->arena, form) : form;
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(same); i++) {
        if (!str_equal(name, str_of(same[i])))
            continue;
        *out = work_case_get(of, same[i]);
        return true;
    }
    return false;
}

struct replay {
    struct case_id id;
    struct value events;
    int64_t same, different;
    struct value items;
};

/* One kept decision. */
struct kept {
    struct work *work;
    struct work_case *of;
    struct value event;
    struct value form; /* of that day, as it was sent */
    struct str decision, hash;
};

enum status decision_model_then(const struct work_case *of, struct str decision, struct str hash,
                                const struct dmn_model **out, struct error *err)
{
    struct arena *arena = of->work->arena;
    const struct pack_decision *packed = pack_decision_find(of->packs, decision);
    struct dmn_source own = {.name = decision};
    const struct dmn_source *sources;
    size_t count;
    *out = packed && str_equal(packed->file->hash, hash) ? packed->model : NULL;
    if (*out)
        return OK;
    if (store_content_find(of->work->tx, arena, hash, &own.text, err) != OK)
        return FAILED;
    if (!own.text.data)
        return OK;
    if (decision_sources(arena, of->packs, &own, &sources, &count, err) != OK)
        return FAILED;
    return dmn_load(arena, sources, count, NULL, out, err);
}

static struct value inputs_of(const struct kept *kept, const struct dmn_model *model)
{
    const struct dmn_element *const *inputs;
    const struct dmn_element *element = dmn_find(model, DMN_DECISION, kept->decision);
    if (!element)
        element = dmn_find(model, DMN_SERVICE, kept->decision);
    size_t count = element ? dmn_inputs_of(kept->work->arena, model, element, &inputs) : 0;
    struct value held, given = value_get(kept->event, STR("inputs"));
    struct context_builder all;
    context_builder_init(&all, kept->work->arena);
    for (size_t i = 0; i < count; i++)
        if (value_find(given, inputs[i]->name, &held) ||
            decision_case_variable(kept->of, kept->form, inputs[i]->name, &held))
            context_builder_put(&all, inputs[i]->name, held);
    return value_merge(kept->work->arena, given, context_builder_done(&all));
}

static enum status evaluate(const struct kept *kept, struct value *out, struct error *err)
{
    struct work *work = kept->work;
    const struct dmn_model *model;
    if (decision_model_then(kept->of, kept->decision, kept->hash, &model, err) != OK)
        return FAILED;
    if (!model)
        return error_set(err, ERROR_NOT_FOUND, "model-missing", "The model %.*s of that day is not in the database.",
                         STR_ARGS(kept->hash));
    int64_t at = value_instant(value_get(kept->event, STR("at")));
    struct dmn_run run = {.feel = service_feel(work->service, work->arena, kept->of->packs, at),
                          .input_form = DMN_INPUTS_JSON};
    return dmn_evaluate(model, kept->decision, inputs_of(kept, model), &run, out, err);
}

static struct value replay_one(const struct kept *kept, bool *same)
{
    static const char *const told[] = {"seq", "at", "decision", "name", "element", "model"};
    struct arena *arena = kept->work->arena;
    struct value result = value_get(kept->event, STR("result")), now = value_null;
    struct error problem = ERROR_INIT;
    struct view view;
    view_init(&view, arena);
    for (size_t i = 0; i < COUNT_OF(told); i++)
        view_put(&view, told[i], value_get(kept->event, str_of(told[i])));
    bool evaluated = evaluate(kept, &now, &problem) == OK;
    *same = evaluated && str_equal(json_canonical(arena, result), json_canonical(arena, now));
    view_flag(&view, "same", *same);
    context_builder_put(&view.members, STR("kept"), result);
    if (evaluated)
        context_builder_put(&view.members, STR("now"), now);
    else
        view_text(&view, "problem", arena_str(arena, str_of(problem.message)));
    return view_done(&view);
}

static bool is_type(struct value event, const char *type)
{
    return str_equal(value_text(value_get(event, STR("type"))), str_of(type));
}

static enum status replay_command(struct work *work, void *arg, struct error *err)
{
    struct replay *replay = arg;
    struct store_case row;
    struct work_case *of;
    bool found;
    if (store_case_find(work->tx, work->arena, replay->id.region, replay->id.id, &row, &found, err) != OK)
        return FAILED;
    CHECK(found); /* its events were read */
    if (work_case_look(work, &row, &of, err) != OK)
        return FAILED;
    size_t count = value_count(replay->events), n = 0;
    struct value *items = arena_array(work->arena, struct value, count);
    struct kept kept = {.work = work, .of = of, .form = work_case_get(of, "form")};
    replay->same = replay->different = 0;
    for (size_t i = count; i-- > 0;) {
        bool same;
        kept.event = value_at(replay->events, i);
        if (is_type(kept.event, "case.supplemented"))
            kept.form = value_get(kept.event, STR("before"));
        if (!is_type(kept.event, "decision.made"))
            continue;
        kept.decision = value_text(value_get(kept.event, STR("decision")));
        kept.hash = value_text(value_get(kept.event, STR("model")));
        items[count - ++n] = replay_one(&kept, &same);
        replay->same += same;
        replay->different += !same;
    }
    replay->items = value_list(work->arena, items + count - n, n);
    return OK;
}

enum status service_case_replay(const struct call *call, struct str no, struct value *out, struct error *err)
{
    struct replay replay = {0};
    if (service_case_events(call, no, &replay.events, err) != OK)
        return FAILED;
    if (!case_no_parse(no, &replay.id))
        return error_set(err, ERROR_NOT_FOUND, "case-not-found", "There is no case %.*s that you may see.",
                         STR_ARGS(no));
    if (work_read(call, replay_command, &replay, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, call->arena);
    view_text(&view, "no", case_no(call->arena, replay.id));
    view_int(&view, "same", replay.same);
    view_int(&view, "different", replay.different);
    view_put(&view, "items", replay.items);
    *out = view_done(&view);
    return OK;
}
