/* From the rules that matched to the table's answer, by hit policy (DMN 1.5, 8.2.11). */
#include "dmn/internal.h"

#include <string.h>

/* One hit's outputs, column by column. */
struct outputs {
    uint32_t rule;
    const struct value *values;
};

/* An output outside the output values stays what it is; the note and the check tell of it. */
static void note_foreign_output(const struct table *self, size_t column, struct value v, struct feel_run *run)
{
    const struct output_clause *clause = &self->outputs[column];
    if (!dmn_table_output_allowed(clause, v, run))
        feel_note(run, "output %zu of table %.*s is not one of the output values %.*s", column + 1, STR_ARGS(self->id),
                  STR_ARGS(clause->allowed_text));
}

static const struct value *rule_outputs(const struct table *self, uint32_t at, struct value *slots,
                                        struct feel_run *run)
{
    const struct rule *rule = &self->rules[at];
    if (rule->constant)
        return rule->values;
    struct value *values = arena_array(run->arena, struct value, self->output_count);
    for (size_t i = 0; i < self->output_count; i++) {
        values[i] = rule->outputs[i] ? dmn_boxed_evaluate(rule->outputs[i], slots, run) : value_null;
        note_foreign_output(self, i, values[i], run);
    }
    return values;
}

static struct value rule_value(const struct table *self, const struct outputs *hit, struct feel_run *run)
{
    const struct rule *rule = &self->rules[hit->rule];
    return rule->constant ? rule->value : dmn_table_output(self, hit->values, run->arena);
}

/* ---- No rule ---- */

static struct value otherwise(const struct table *self, struct value *slots, struct feel_run *run)
{
    if (!self->has_otherwise) {
        feel_note(run, "no rule of table %.*s matches", STR_ARGS(self->id));
        return value_null;
    }
    struct value *values = arena_array(run->arena, struct value, self->output_count);
    for (size_t i = 0; i < self->output_count; i++)
        if (self->outputs[i].otherwise)
            values[i] = dmn_boxed_evaluate(self->outputs[i].otherwise, slots, run);
    return dmn_table_output(self, values, run->arena);
}

/* ---- One answer ---- */

static struct value answer_unique(const struct table *self, const struct outputs *hits, size_t count,
                                  struct feel_run *run)
{
    if (count == 1)
        return rule_value(self, &hits[0], run);
    feel_note(run, "rules %u and %u of table %.*s both match, but its hit policy is UNIQUE", hits[0].rule + 1,
              hits[1].rule + 1, STR_ARGS(self->id));
    return value_null;
}

static struct value answer_any(const struct table *self, const struct outputs *hits, size_t count, struct feel_run *run)
{
    struct value first = rule_value(self, &hits[0], run);
    for (size_t i = 1; i < count; i++) {
        struct value other = rule_value(self, &hits[i], run);
        if (value_identical(first, other) || value_is_true(value_equal(first, other)))
            continue;
        feel_note(run, "rules %u and %u of table %.*s match with different outputs, but its hit policy is ANY",
                  hits[0].rule + 1, hits[i].rule + 1, STR_ARGS(self->id));
        return value_null;
    }
    return first;
}

/* ---- Priority ---- */

static size_t priority(const struct output_clause *clause, struct value v)
{
    for (size_t i = 0; i < clause->order_count; i++)
        if (value_identical(clause->order[i], v))
            return i;
    return clause->order_count;
}

int dmn_hit_compare(const struct table *self, const struct value *a, const struct value *b)
{
    for (size_t i = 0; i < self->output_count; i++) { /* the leftmost output that differs in priority decides */
        size_t of_a = priority(&self->outputs[i], a[i]);
        size_t of_b = priority(&self->outputs[i], b[i]);
        if (of_a != of_b)
            return of_a < of_b ? -1 : 1;
    }
    return 0;
}

static bool has_order(const struct table *self)
{
    for (size_t i = 0; i < self->output_count; i++)
        if (self->outputs[i].order_count)
            return true;
    return false;
}

/* Merge sort: equal priorities keep the order of the table. */
static void sort_by_priority(const struct table *self, struct outputs *hits, struct outputs *spare, size_t count)
{
    if (count < 2)
        return;
    size_t half = count / 2;
    sort_by_priority(self, hits, spare, half);
    sort_by_priority(self, hits + half, spare, count - half);
    memcpy(spare, hits, count * sizeof(*hits));
    size_t a = 0;
    size_t b = half;
    for (size_t i = 0; i < count; i++) {
        bool take_b = b < count && (a == half || dmn_hit_compare(self, spare[a].values, spare[b].values) > 0);
        hits[i] = take_b ? spare[b++] : spare[a++];
    }
}

/* ---- Many answers ---- */

static struct value answer_list(const struct table *self, const struct outputs *hits, size_t count,
                                struct feel_run *run)
{
    struct list *list = list_new(run->arena, count);
    for (size_t i = 0; i < count; i++)
        list->items[i] = rule_value(self, &hits[i], run);
    return value_of_list(list);
}

static bool add(struct value a, struct value b, struct value *out)
{
    if (a.kind == VALUE_NUMBER && b.kind == VALUE_NUMBER)
        return number_add(a, b, out);
    bool durations = (a.kind == VALUE_YEARS_MONTHS || a.kind == VALUE_DAYS_TIME) && a.kind == b.kind;
    return durations && temporal_add(a, b, out);
}

static bool fold(enum hit_policy policy, struct value sum, struct value v, struct value *out)
{
    int order = 0;
    if (policy == HIT_SUM)
        return add(sum, v, out);
    if (!value_compare(sum, v, &order))
        return false;
    *out = (policy == HIT_MIN) == (order <= 0) ? sum : v;
    return true;
}

static struct value answer_aggregate(const struct table *self, const struct outputs *hits, size_t count,
                                     struct feel_run *run)
{
    if (self->output_count != 1) {
        feel_note(run, "table %.*s has several outputs; %s is defined for one", STR_ARGS(self->id),
                  dmn_hit_policy_name(self->policy));
        return value_null;
    }
    if (self->policy == HIT_COUNT)
        return value_int((int64_t)count);
    struct value sum = hits[0].values[0];
    struct value one = value_null;
    bool fine = fold(self->policy, sum, sum, &one);
    for (size_t i = 1; fine && i < count; i++)
        fine = fold(self->policy, sum, hits[i].values[0], &sum);
    if (fine)
        return sum;
    feel_note(run, "the outputs of table %.*s cannot be combined by %s", STR_ARGS(self->id),
              dmn_hit_policy_name(self->policy));
    return value_null;
}

static struct value answer_by_policy(const struct table *self, struct outputs *hits, size_t count, struct feel_run *run)
{
    switch (self->policy) {
    case HIT_UNIQUE: return answer_unique(self, hits, count, run);
    case HIT_ANY: return answer_any(self, hits, count, run);
    case HIT_FIRST: return rule_value(self, &hits[0], run);
    case HIT_PRIORITY:
    case HIT_OUTPUT_ORDER:
        if (count > 1 && !has_order(self)) {
            feel_note(run, "table %.*s has no output values, so %s cannot order its outputs", STR_ARGS(self->id),
                      dmn_hit_policy_name(self->policy));
            return value_null;
        }
        sort_by_priority(self, hits, arena_array(run->arena, struct outputs, count), count);
        return self->policy == HIT_PRIORITY ? rule_value(self, &hits[0], run) : answer_list(self, hits, count, run);
    case HIT_RULE_ORDER:
    case HIT_COLLECT: return answer_list(self, hits, count, run);
    case HIT_SUM:
    case HIT_MIN:
    case HIT_MAX:
    case HIT_COUNT: return answer_aggregate(self, hits, count, run);
    case HIT_POLICY_COUNT: break;
    }
    return value_null;
}

struct value dmn_hit_answer(const struct table *self, const struct hits *hits, bool readable, struct value *slots,
                            struct feel_run *run)
{
    bool traced = dmn_trace_on(run);
    bool single = hits->count == 1 && (self->policy == HIT_UNIQUE || self->policy == HIT_FIRST);
    if (single && !traced && self->rules[hits->rules[0]].constant)
        return self->rules[hits->rules[0]].value;
    struct outputs *outputs = arena_array(run->arena, struct outputs, hits->count);
    const struct value **values = arena_array(run->arena, const struct value *, hits->count);
    for (size_t i = 0; i < hits->count; i++) {
        values[i] = rule_outputs(self, hits->rules[i], slots, run);
        outputs[i] = (struct outputs){hits->rules[i], values[i]};
    }
    if (traced)
        dmn_trace_table(run, self, hits, values);
    if (!readable)
        return value_null;
    return hits->count ? answer_by_policy(self, outputs, hits->count, run) : otherwise(self, slots, run);
}
