/* The decisions of a case, as they were explained when they were made. */
#include "service/internal.h"

#include "service/case.h"

/* One table that was evaluated in a decision: its inputs, the rules that hit, the decision's value. */
static void put_table(struct view *view, struct arena *arena, struct value table)
{
    struct value rules = value_get(table, STR("rules"));
    struct list *hits = list_new(arena, value_count(rules));
    for (size_t i = 0; i < value_count(rules); i++)
        hits->items[i] = value_at(rules, i);
    view_put(view, "table_id", value_get(table, STR("id")));
    view_put(view, "hit_policy", value_get(table, STR("hitPolicy")));
    view_put(view, "inputs", value_get(table, STR("inputs")));
    view_put(view, "rules", value_of_list(hits));
}

/* What a decision without a table was given, in the shape of a table's inputs. */
static struct value given_inputs(struct arena *arena, struct value given)
{
    struct list *inputs = list_new(arena, value_count(given));
    for (size_t i = 0; given.kind == VALUE_CONTEXT && i < given.context->count; i++) {
        struct view one;
        view_init(&one, arena);
        view_text(&one, "name", given.context->members[i].key);
        context_builder_put(&one.members, STR("value"), given.context->members[i].value);
        inputs->items[i] = view_done(&one);
    }
    return value_of_list(inputs);
}

static void push_decision(struct arena *arena, struct value event, struct value decision, struct list_builder *out)
{
    static const char *const of_event[] = {"seq", "at", "element", "model"};
    struct view view;
    view_init(&view, arena);
    for (size_t i = 0; i < COUNT_OF(of_event); i++)
        view_put(&view, of_event[i], value_get(event, str_of(of_event[i])));
    view_put(&view, "event_decision", value_get(event, STR("decision")));
    view_put(&view, "decision", value_get(decision, STR("id")));
    view_put(&view, "name", value_get(decision, STR("name")));
    struct value tables = value_get(decision, STR("tables"));
    if (value_count(tables))
        put_table(&view, arena, value_at(tables, 0));
    else
        view_put(&view, "inputs", given_inputs(arena, value_get(decision, STR("given"))));
    context_builder_put(&view.members, STR("output"), value_get(decision, STR("value")));
    view_put(&view, "notes", value_get(decision, STR("notes")));
    list_builder_push(out, view_done(&view));
}

enum status service_case_decisions(const struct call *call, struct str no, struct value *out, struct error *err)
{
    struct value events;
    if (service_case_events(call, no, &events, err) != OK)
        return FAILED;
    struct list_builder all;
    list_builder_init(&all, call->arena);
    for (size_t i = 0; i < value_count(events); i++) {
        struct value event = value_at(events, i);
        if (!str_equal(value_text(value_get(event, STR("type"))), STR("decision.made")))
            continue;
        struct value decisions = value_path(event, "explanation.decisions");
        for (size_t k = 0; k < value_count(decisions); k++)
            push_decision(call->arena, event, value_at(decisions, k), &all);
    }
    *out = list_builder_done(&all);
    return OK;
}
