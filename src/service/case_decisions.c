/* The decisions of a case, as they were explained when they were made. Kept is what the model does not say: which
 * values were tested and which rules hit; the labels come from the model of that day. */
#include "service/internal.h"

#include "service/case.h"
#include "service/decision.h"
#include "service/work.h"

struct telling {
    struct arena *arena;
    struct value event;
    const struct dmn_model *model; /* NULL: it is gone, only ids and numbers are told */
    struct list_builder items;
};

static struct value input_told(const struct telling *self, const struct dmn_table_step *shape, size_t at,
                               struct value kept)
{
    if (value_count(kept)) /* of the days when labels were kept */
        return kept;
    struct view view;
    view_init(&view, self->arena);
    if (at < shape->input_count) {
        view_text(&view, "id", shape->inputs[at].id);
        view_text(&view, "name", shape->inputs[at].name);
    }
    if (kept.kind != VALUE_CONTEXT) /* an empty context stands for a value that was too long to keep */
        context_builder_put(&view.members, STR("value"), kept);
    return view_done(&view);
}

static struct value rule_told(const struct telling *self, const struct dmn_table_step *shape, struct value kept)
{
    if (kept.kind == VALUE_CONTEXT) /* of the days when ids were kept */
        return kept;
    int64_t index = value_int_or(kept, 0);
    struct view view;
    view_init(&view, self->arena);
    if (index >= 1 && (size_t)index <= shape->hit_count)
        view_text(&view, "id", shape->hits[index - 1].rule);
    view_put(&view, "index", kept);
    return view_done(&view);
}

/* One table that was evaluated in a decision: its inputs and the rules that hit. */
static void put_table(const struct telling *self, struct view *view, struct value table)
{
    struct dmn_table_step shape = {0};
    struct str id = value_text(value_get(table, STR("id")));
    struct value inputs = value_get(table, STR("inputs")), rules = value_get(table, STR("rules"));
    struct list *tested = list_new(self->arena, value_count(inputs)), *hits = list_new(self->arena, value_count(rules));
    if (self->model && dmn_table_shape(self->model, self->arena, id, &shape))
        view_text(view, "hit_policy", str_of(shape.hit_policy));
    for (size_t i = 0; i < tested->count; i++)
        tested->items[i] = input_told(self, &shape, i, value_at(inputs, i));
    for (size_t i = 0; i < hits->count; i++)
        hits->items[i] = rule_told(self, &shape, value_at(rules, i));
    view_text(view, "table_id", id);
    view_put(view, "inputs", value_of_list(tested));
    view_put(view, "rules", value_of_list(hits));
}

static struct str name_of(const struct telling *self, struct str id)
{
    const struct dmn_element *element = self->model ? dmn_find(self->model, DMN_DECISION, id) : NULL;
    if (!element && self->model)
        element = dmn_find(self->model, DMN_KNOWLEDGE, id);
    return element ? element->name : id;
}

static void push_decision(struct telling *self, struct value decision)
{
    static const char *const of_event[] = {"seq", "at", "element", "model"};
    struct str id = value_text(value_get(decision, STR("id")));
    struct view view;
    view_init(&view, self->arena);
    for (size_t i = 0; i < COUNT_OF(of_event); i++)
        view_put(&view, of_event[i], value_get(self->event, str_of(of_event[i])));
    view_put(&view, "event_decision", value_get(self->event, STR("decision")));
    view_text(&view, "decision", id);
    view_text(&view, "name", name_of(self, id));
    struct value tables = value_get(decision, STR("tables"));
    if (value_count(tables))
        put_table(self, &view, value_at(tables, 0));
    else
        view_put(&view, "inputs", value_list(self->arena, NULL, 0));
    context_builder_put(&view.members, STR("output"), value_get(decision, STR("value")));
    view_put(&view, "notes", value_get(decision, STR("notes")));
    list_builder_push(&self->items, view_done(&view));
}

struct looking {
    struct str no;
    struct value items;
};

static enum status decisions_command(struct work *work, void *arg, struct error *err)
{
    struct looking *looking = arg;
    struct telling telling = {.arena = work->arena};
    struct work_case *of;
    struct value events;
    list_builder_init(&telling.items, work->arena);
    if (work_case_events_seen(work, looking->no, &of, &events, err) != OK)
        return FAILED;
    for (size_t i = 0; i < value_count(events); i++) {
        telling.event = value_at(events, i);
        if (!str_equal(value_text(value_get(telling.event, STR("type"))), STR("decision.made")))
            continue;
        struct str decision = value_text(value_get(telling.event, STR("decision")));
        struct str hash = value_text(value_get(telling.event, STR("model")));
        if (decision_model_then(of, decision, hash, &telling.model, err) != OK)
            return FAILED;
        struct value decisions = value_path(telling.event, "explanation.decisions");
        for (size_t k = 0; k < value_count(decisions); k++)
            push_decision(&telling, value_at(decisions, k));
    }
    looking->items = list_builder_done(&telling.items);
    return OK;
}

enum status service_case_decisions(const struct call *call, struct str no, struct value *out, struct error *err)
{
    struct looking looking = {.no = no};
    if (work_run(call, decisions_command, &looking, err) != OK)
        return FAILED;
    *out = looking.items;
    return OK;
}
