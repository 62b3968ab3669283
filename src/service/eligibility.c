/* A table of yes-or-no conditions, asked beforehand: what people answer stands in the place of the input expressions,
 * and the rules are tried in their order, as the table's own hit policy FIRST does. pack check sees to it that the
 * table is of that kind. */
#include "service/eligibility.h"

#include "clock/instant.h"
#include "dmn/dmn.h"
#include "feel/json.h"
#include "service/internal.h"

enum answer { ANSWER_YES, ANSWER_NO, ANSWER_UNKNOWN, ANSWER_COUNT };
static const char *const answer_names[] = {"yes", "no", "unknown"};
_Static_assert(COUNT_OF(answer_names) == ANSWER_COUNT, "one name for each answer");

struct asking {
    const struct call *call;
    const struct pack_item *item;
    struct str language;
    struct value table; /* as dmn_describe gives it; null: the item's published conditions are asked instead */
    struct value inputs;
};

#define CONDITIONS_MOST 6

static size_t conditions_of(const struct pack_item *item)
{
    bool parties = pack_item_for(item, PACK_BY_PERSON) || pack_item_for(item, PACK_BY_ORGANISATION);
    size_t count = value_count(value_get(item->json, STR("conditions")));
    return parties && count <= CONDITIONS_MOST ? count : 0;
}

bool eligibility_offered(const struct pack_item *item)
{
    return item->eligibility.len > 0 || conditions_of(item) > 0;
}

/* Each condition as an input: {id, label}. */
static struct value condition_inputs(struct arena *arena, const struct pack_item *item)
{
    struct value conditions = value_get(item->json, STR("conditions"));
    struct list *inputs = list_new(arena, value_count(conditions));
    for (size_t i = 0; i < inputs->count; i++) {
        struct view view;
        view_init(&view, arena);
        view_text(&view, "id", arena_printf(arena, "condition_%zu", i + 1));
        view_put(&view, "label", value_at(conditions, i));
        inputs->items[i] = view_done(&view);
    }
    return value_of_list(inputs);
}

static enum status load(const struct call *call, struct str code, struct asking *out, struct error *err)
{
    const struct pack_set *packs = call->service->packs;
    const struct pack_item *item = pack_item_find(packs, code, instant_day(service_now(call->service)));
    struct asking asking = {.call = call, .item = item, .language = actor_language(call)};
    if (!item)
        return error_set(err, ERROR_NOT_FOUND, "item-not-found", "There is no item %.*s in force.", STR_ARGS(code));
    const struct pack_decision *decision = pack_decision_find(packs, item->eligibility);
    if (!decision && conditions_of(item) > 0) {
        asking.inputs = condition_inputs(call->arena, item);
        *out = asking;
        return OK;
    }
    if (!decision) {
        error_set(err, ERROR_NOT_FOUND, "eligibility-none", "There are no questions for the item %.*s.",
                  STR_ARGS(code));
        return error_hint(err, "Its guide says what is asked for.");
    }
    struct dmn_source source = {decision->file->path, decision->file->text};
    if (dmn_describe(call->arena, &source, decision->id, &asking.table, err) != OK)
        return FAILED;
    asking.inputs = value_get(asking.table, STR("inputs"));
    *out = asking;
    return OK;
}

static bool asked(const struct asking *self, struct str label)
{
    if (value_is_null(self->table))
        return true;
    for (size_t i = 0; i < self->item->ask_count; i++)
        if (str_equal(self->item->asks[i], label))
            return true;
    return false;
}

static struct str spoken(const struct asking *self, struct str text)
{
    return pack_text(self->call->service->packs, self->language, text);
}

/* The label as a question; the label itself where there is none. */
static struct value question_of(const struct asking *self, struct value input)
{
    struct str label = value_text(value_get(input, STR("label")));
    struct str key = arena_printf(self->call->arena, "question.%.*s", STR_ARGS(label));
    struct str question = spoken(self, key);
    struct view view;
    view_init(&view, self->call->arena);
    view_put(&view, "id", value_get(input, STR("id")));
    view_text(&view, "label", spoken(self, label));
    view_text(&view, "question", str_equal(question, key) ? spoken(self, label) : question);
    return view_done(&view);
}

static void view_about(struct view *view, const struct asking *self)
{
    view_text(view, "item", self->item->code);
    view_text(view, "title", spoken(self, self->item->title));
    view_text(view, "decision", self->item->eligibility);
    struct value name = value_get(self->table, STR("name"));
    view_text(view, "name", spoken(self, value_is_null(name) ? STR("eligibility.conditions") : value_text(name)));
}

enum status service_eligibility_get(const struct call *call, struct str code, struct value *out, struct error *err)
{
    struct asking self;
    if (load(call, code, &self, err) != OK)
        return FAILED;
    struct list_builder questions;
    list_builder_init(&questions, call->arena);
    for (size_t i = 0; i < value_count(self.inputs); i++)
        if (asked(&self, value_text(value_get(value_at(self.inputs, i), STR("label")))))
            list_builder_push(&questions, question_of(&self, value_at(self.inputs, i)));
    struct view view;
    view_init(&view, call->arena);
    view_about(&view, &self);
    view_put(&view, "questions", list_builder_done(&questions));
    *out = view_done(&view);
    return OK;
}

/* One answer for each input, what is not asked taken to hold. */
static enum status read_answers(const struct asking *self, struct value given, enum answer *out, struct error *err)
{
    for (size_t i = 0; i < value_count(self->inputs); i++) {
        struct value input = value_at(self->inputs, i);
        struct str id = value_text(value_get(input, STR("id"))), label = value_text(value_get(input, STR("label")));
        struct str text = value_text(value_get(given, id));
        out[i] = ANSWER_YES;
        if (!asked(self, label))
            continue;
        out[i] = ANSWER_COUNT;
        for (size_t k = 0; k < ANSWER_COUNT; k++)
            if (str_equal(text, str_of(answer_names[k])))
                out[i] = (enum answer)k;
        if (out[i] != ANSWER_COUNT)
            continue;
        if (text.len)
            error_set(err, ERROR_INVALID, "answer-invalid", "An answer is yes, no or unknown.");
        else
            error_set(err, ERROR_INVALID, "answer-missing", "Answer every question; \"unknown\" is an answer too.");
        return error_field(err, "%.*s", STR_ARGS(id));
    }
    return OK;
}

enum fit { FIT_NO, FIT_MAYBE, FIT_YES };

/* Does the rule hit? labels gets the conditions that it names (FIT_YES) or that are not known (FIT_MAYBE). */
static enum fit rule_fits(const struct asking *self, struct value rule, const enum answer *answers,
                          struct list_builder *labels)
{
    struct value cells = value_get(rule, STR("inputs"));
    enum fit fit = FIT_YES;
    for (size_t i = 0; i < value_count(self->inputs); i++) {
        struct str cell = value_text(value_at(cells, i));
        struct str label = spoken(self, value_text(value_get(value_at(self->inputs, i), STR("label"))));
        bool open = answers[i] == ANSWER_UNKNOWN;
        if (cell.len == 0 || str_equal(cell, STR("-")))
            continue;
        if (!open && str_equal(cell, STR("true")) != (answers[i] == ANSWER_YES))
            return FIT_NO;
        if (open)
            fit = FIT_MAYBE;
        if (open || str_equal(cell, STR("false")))
            list_builder_push(labels, value_string(label));
    }
    return fit;
}

/* A text that the rule gives under this output's name; absent when it gives none, or an expression. */
static struct str output_of(const struct asking *self, struct value rule, const char *name)
{
    struct value outputs = value_get(self->table, STR("outputs")), cells = value_get(rule, STR("outputs"));
    struct error ignored = ERROR_INIT;
    struct value text = value_null;
    for (size_t i = 0; i < value_count(outputs); i++)
        if (str_equal(value_text(value_get(value_at(outputs, i), STR("name"))), str_of(name)) &&
            json_parse(self->call->arena, value_text(value_at(cells, i)), NULL, &text, &ignored) != OK)
            text = value_null;
    return value_text(text);
}

/* The item that fits instead, when the condition that fails names one. */
static struct value instead_of(const struct asking *self, const enum answer *answers)
{
    struct value list = value_path(self->item->json, "eligibility.instead");
    int32_t today = instant_day(service_now(self->call->service));
    for (size_t i = 0; i < value_count(list); i++)
        for (size_t k = 0; k < value_count(self->inputs); k++) {
            struct value label = value_get(value_at(self->inputs, k), STR("label"));
            const struct pack_item *other = pack_item_find(
                self->call->service->packs, value_text(value_get(value_at(list, i), STR("item"))), today);
            if (answers[k] != ANSWER_NO || !other ||
                !str_equal(value_text(label), value_text(value_get(value_at(list, i), STR("input")))))
                continue;
            struct view view;
            view_init(&view, self->call->arena);
            view_text(&view, "code", other->code);
            view_text(&view, "title", spoken(self, other->title));
            return view_done(&view);
        }
    return value_null;
}

static void view_answers(struct view *view, const struct asking *self, const enum answer *answers)
{
    struct list_builder given, assumed;
    list_builder_init(&given, self->call->arena);
    list_builder_init(&assumed, self->call->arena);
    for (size_t i = 0; i < value_count(self->inputs); i++) {
        struct value input = value_at(self->inputs, i);
        struct value question = question_of(self, input);
        if (!asked(self, value_text(value_get(input, STR("label"))))) {
            list_builder_push(&assumed, value_get(question, STR("label")));
            continue;
        }
        list_builder_push(&given,
                          context_set(self->call->arena, question, "answer", value_cstr(answer_names[answers[i]])));
    }
    view_put(view, "answers", list_builder_done(&given));
    view_put(view, "assumed", list_builder_done(&assumed));
}

/* The first rule that hits; a condition that fails for certain is told before one that nobody knows. */
static void view_rule(struct view *view, const struct asking *self, const enum answer *answers)
{
    struct value rules = value_get(self->table, STR("rules")), labels = value_null;
    enum fit found = FIT_NO;
    size_t at = 0;
    for (size_t i = 0; i < value_count(rules) && found != FIT_YES; i++) {
        struct list_builder named;
        list_builder_init(&named, self->call->arena);
        enum fit fit = rule_fits(self, value_at(rules, i), answers, &named);
        if (fit == FIT_NO || (found == FIT_MAYBE && (fit == FIT_MAYBE || named.items.count == 0)))
            continue;
        found = fit;
        at = i;
        labels = list_builder_done(&named);
    }
    if (found == FIT_NO)
        return;
    struct value rule = value_at(rules, at);
    view_text(view, "outcome", found == FIT_YES ? output_of(self, rule, "outcome") : STR("open"));
    view_text(view, "reason", spoken(self, output_of(self, rule, "reason")));
    view_int(view, "rule", (int64_t)at + 1);
    view_put(view, found == FIT_YES ? "because" : "unsure", labels);
}

/* Without a table staff decide: what is answered shows what stands in the way, or what is still to be found out. */
static void view_conditions(struct view *view, const struct asking *self, const enum answer *answers)
{
    struct list_builder missing, unsure;
    list_builder_init(&missing, self->call->arena);
    list_builder_init(&unsure, self->call->arena);
    for (size_t i = 0; i < value_count(self->inputs); i++) {
        struct str label = spoken(self, value_text(value_get(value_at(self->inputs, i), STR("label"))));
        if (answers[i] != ANSWER_YES)
            list_builder_push(answers[i] == ANSWER_NO ? &missing : &unsure, value_string(label));
    }
    bool refuse = missing.items.count > 0, open = !refuse && unsure.items.count > 0;
    view_text(view, "outcome", refuse ? STR("refuse") : open ? STR("open") : STR("doubtful"));
    view_text(view, "reason",
              spoken(self, refuse ? STR("eligibility.missing")
                           : open ? STR("eligibility.unsure")
                                  : STR("eligibility.met")));
    view_put(view, "because", list_builder_done(&missing));
    if (open)
        view_put(view, "unsure", list_builder_done(&unsure));
}

enum status service_eligibility_judge(const struct call *call, struct str code, struct value answers, struct value *out,
                                      struct error *err)
{
    struct asking self;
    if (load(call, code, &self, err) != OK)
        return FAILED;
    enum answer *given = arena_array(call->arena, enum answer, value_count(self.inputs));
    if (read_answers(&self, answers, given, err) != OK)
        return FAILED;
    struct view view;
    view_init(&view, call->arena);
    view_about(&view, &self);
    if (value_is_null(self.table))
        view_conditions(&view, &self, given);
    else
        view_rule(&view, &self, given);
    view_put(&view, "instead", instead_of(&self, given));
    view_answers(&view, &self, given);
    *out = view_done(&view);
    return OK;
}
