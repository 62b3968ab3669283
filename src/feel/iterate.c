/* The eval functions of nodes that bind names: for, some, every, filters, context literals.
 *
 * Each makes one env. It lives on the C stack and is written anew for every item, unless a function inside may outlive
 * it; then every item gets an env of its own in the arena. */
#include "feel/evaluate.h"
#include "feel/number.h"

#include <string.h>

/* ---- What an iterator runs over ---- */

struct domain {
    enum { DOMAIN_LIST, DOMAIN_NUMBERS, DOMAIN_DATES } kind;
    const struct list *list;
    struct value one;   /* a scalar counts as a list of itself */
    struct value first; /* numbers and dates */
    uint64_t count;
    bool down;
};

static bool domain_span(struct domain *out, struct value first, struct value last)
{
    out->first = first;
    if (first.kind == VALUE_DATE && last.kind == VALUE_DATE) {
        int64_t days = (last.temporal.seconds - first.temporal.seconds) / 86400;
        out->kind = DOMAIN_DATES;
        out->down = days < 0;
        out->count = (uint64_t)(days < 0 ? -days : days) + 1;
        return true;
    }
    if (first.kind != VALUE_NUMBER || last.kind != VALUE_NUMBER)
        return false;
    struct value distance;
    int64_t whole = 0;
    out->kind = DOMAIN_NUMBERS;
    out->down = number_compare(first, last) > 0;
    bool ok = out->down ? number_subtract(first, last, &distance) : number_subtract(last, first, &distance);
    if (!ok || !number_round(distance, 0, ROUND_FLOOR, &distance))
        return false;
    out->count = value_to_int64(distance, &whole) ? (uint64_t)whole + 1 : UINT64_MAX;
    return true;
}

/* A range value runs upwards over its whole numbers or dates. */
static bool domain_range(struct domain *out, const struct range *range)
{
    if (!domain_span(out, range->start, range->end))
        return false;
    if (out->down) {
        out->count = 0;
        return true;
    }
    bool end_hit = out->kind == DOMAIN_DATES;
    struct value distance;
    if (!end_hit && number_subtract(range->end, range->start, &distance))
        end_hit = number_is_integer(distance);
    if (!range->end_included && end_hit)
        out->count--;
    if (!range->start_included && out->count > 0) {
        out->count--;
        struct value one = out->kind == DOMAIN_DATES ? value_days_time(86400, 0) : value_int(1);
        return out->kind == DOMAIN_DATES ? temporal_add(out->first, one, &out->first)
                                         : number_add(out->first, one, &out->first);
    }
    return true;
}

static bool domain_of(const struct node *node, const struct iterator *iterator, struct frame *frame, struct domain *out)
{
    *out = (struct domain){.kind = DOMAIN_LIST};
    struct value first = EVAL(iterator->first, frame);
    if (iterator->last) {
        struct value last = EVAL(iterator->last, frame);
        if (domain_span(out, first, last))
            return true;
        note_at(node, frame, "A row from %s to %s cannot be counted through",
                value_kind_name((enum value_kind)first.kind), value_kind_name((enum value_kind)last.kind));
        return false;
    }
    if (first.kind == VALUE_LIST) {
        out->list = first.list;
        out->count = first.list->count;
        return true;
    }
    if (first.kind == VALUE_RANGE && domain_range(out, first.range))
        return true;
    if (first.kind == VALUE_NULL || first.kind == VALUE_RANGE) {
        note_at(node, frame, "%s cannot be gone through item by item", value_is_null(first) ? "Null" : "This range");
        return false;
    }
    *out = (struct domain){.kind = DOMAIN_LIST, .one = first, .count = 1};
    return true;
}

static struct value domain_item(const struct domain *self, uint64_t i)
{
    if (self->kind == DOMAIN_LIST)
        return self->list ? self->list->items[i] : self->one;
    int64_t step = self->down ? -(int64_t)i : (int64_t)i;
    struct value out = value_null;
    bool ok = self->kind == DOMAIN_DATES ? temporal_add(self->first, value_days_time(step * 86400, 0), &out)
                                         : number_add(self->first, value_int(step), &out);
    return ok ? out : value_null;
}

/* ---- for, some, every ---- */

struct loop {
    const struct node *node;
    struct frame *frame;
    struct value *values; /* of the innermost env: the iterators', then partial */
    struct env *env;
    struct list_builder out; /* for */
    struct value verdict;    /* some and every */
    bool done;
};

/* A fresh env for the item, when a function may keep the old one. */
static void loop_renew(struct loop *self)
{
    if (!self->node->captured)
        return;
    size_t count = self->node->count + 1;
    struct value *values = arena_array(self->frame->run->arena, struct value, count);
    memcpy(values, self->values, count * sizeof *values);
    struct env *env = arena_new(self->frame->run->arena, struct env);
    *env = (struct env){.up = self->env->up, .values = values};
    self->values = values;
    self->env = env;
    self->frame->env = env;
}

static void loop_for_body(struct loop *self)
{
    struct feel_run *run = self->frame->run;
    size_t count = self->out.items.count;
    if (count >= run->list_max) {
        run_list_allowed(run, (uint64_t)count + 1);
        return;
    }
    if (self->node->keys_used) {
        if (!run_spend(run, count))
            return;
        self->values[self->node->count] = value_list(run->arena, self->out.items.items, count);
    }
    struct value item = EVAL(self->node->left, self->frame);
    list_builder_push(&self->out, item);
}

static void loop_verdict_body(struct loop *self)
{
    bool deciding = self->node->kind == NODE_SOME;
    struct value v = EVAL(self->node->left, self->frame);
    if (v.kind == VALUE_BOOLEAN) {
        if (v.boolean == deciding) {
            self->verdict = v;
            self->done = true;
        }
        return;
    }
    self->verdict = value_null;
    if (v.kind == VALUE_NULL)
        return;
    note_at(self->node->left, self->frame, "The condition is a %s, not a boolean",
            value_kind_name((enum value_kind)v.kind));
    self->done = true;
}

/* Runs iterator `level` and those after it. False: the domain is wrong. */
static bool loop_level(struct loop *self, uint32_t level)
{
    struct domain domain;
    if (!domain_of(self->node, &self->node->iterators[level], self->frame, &domain))
        return false;
    bool last = level + 1 == self->node->count;
    for (uint64_t i = 0; i < domain.count && !self->done; i++) {
        if (!run_spend(self->frame->run, self->node->left->weight))
            return true;
        loop_renew(self);
        self->values[level] = domain_item(&domain, i);
        if (!last) {
            if (!loop_level(self, level + 1))
                return false;
        } else if (self->node->kind == NODE_FOR) {
            loop_for_body(self);
        } else {
            loop_verdict_body(self);
        }
    }
    return true;
}

static bool loop_run(const struct node *node, struct frame *frame, struct loop *self)
{
    struct value room[FEEL_ARGUMENTS_MAX];
    memset(room, 0, (node->count + 1) * sizeof room[0]);
    struct env near = {.up = frame->env, .values = room};
    *self = (struct loop){.node = node, .frame = frame, .values = room, .env = &near};
    loop_renew(self);
    list_builder_init(&self->out, frame->run->arena);
    self->verdict = value_boolean(node->kind == NODE_EVERY);
    const struct env *outer = near.up;
    frame->env = self->env;
    bool ok = loop_level(self, 0);
    frame->env = outer;
    self->values = NULL;
    self->env = NULL;
    return ok && !frame->run->stopped;
}

struct value eval_for(const struct node *node, struct frame *frame)
{
    struct loop loop;
    return loop_run(node, frame, &loop) ? list_builder_done(&loop.out) : value_null;
}

struct value eval_some(const struct node *node, struct frame *frame)
{
    struct loop loop;
    return loop_run(node, frame, &loop) ? loop.verdict : value_null;
}

struct value eval_every(const struct node *node, struct frame *frame)
{
    return eval_some(node, frame);
}

/* ---- Filters ---- */

static struct value item_at(const struct node *node, struct value list, struct value index, struct frame *frame)
{
    int64_t position = 0;
    int64_t count = (int64_t)list.list->count;
    if (!value_to_int64(index, &position))
        return note_at(node, frame, "The position in a list must be a whole number");
    if (position >= 1 && position <= count)
        return list.list->items[position - 1];
    if (position <= -1 && position >= -count)
        return list.list->items[count + position];
    return note_at(node, frame, "The list of %" PRId64 " has no item %" PRId64, count, position);
}

static struct value as_list(struct value v, struct frame *frame)
{
    return v.kind == VALUE_LIST ? v : value_list(frame->run->arena, &v, 1);
}

struct value eval_filter_index(const struct node *node, struct frame *frame)
{
    struct value v = EVAL(node->left, frame);
    if (v.kind == VALUE_NULL)
        return note_at(node, frame, "Null has no items");
    return item_at(node, as_list(v, frame), node->right->constant, frame);
}

/* One item's condition, in an env that binds it. */
static struct value filter_one(const struct node *node, struct frame *frame, const struct env *outer, struct value item)
{
    if (!node->captured) {
        struct env env = {.up = outer, .values = &item};
        frame->env = &env;
        struct value keep = EVAL(node->right, frame);
        frame->env = outer;
        return keep;
    }
    struct value *values = arena_new(frame->run->arena, struct value);
    *values = item;
    struct env *env = arena_new(frame->run->arena, struct env);
    *env = (struct env){.up = outer, .values = values};
    frame->env = env;
    struct value keep = EVAL(node->right, frame);
    frame->env = outer;
    return keep;
}

/* Nothing to keep; but a position in an empty list is a mistake. */
static struct value filter_nothing(const struct node *node, struct frame *frame, struct value list)
{
    size_t notes = frame->run->note_count;
    struct value keep = filter_one(node, frame, frame->env, value_null);
    frame->run->note_count = notes;
    return keep.kind == VALUE_NUMBER ? item_at(node, list, keep, frame) : list;
}

static struct value filter_items(const struct node *node, struct frame *frame, struct value list)
{
    if (list.list->count == 0)
        return filter_nothing(node, frame, list);
    struct list_builder out;
    list_builder_init(&out, frame->run->arena);
    for (size_t i = 0; i < list.list->count; i++) {
        if (!run_spend(frame->run, node->right->weight))
            return value_null;
        struct value keep = filter_one(node, frame, frame->env, list.list->items[i]);
        if (keep.kind == VALUE_NUMBER && i == 0)
            return item_at(node, list, keep, frame);
        if (value_is_true(keep))
            list_builder_push(&out, list.list->items[i]);
        else if (keep.kind != VALUE_BOOLEAN && keep.kind != VALUE_NULL)
            return note_at(node->right, frame, "A filter must be a condition or a position, not a %s",
                           value_kind_name((enum value_kind)keep.kind));
    }
    return list_builder_done(&out);
}

struct value eval_filter(const struct node *node, struct frame *frame)
{
    struct value v = EVAL(node->left, frame);
    if (v.kind == VALUE_NULL)
        return note_at(node, frame, "Null has no items");
    return filter_items(node, frame, as_list(v, frame));
}

/* ---- Context literals ---- */

struct value eval_context(const struct node *node, struct frame *frame)
{
    if (node->op)
        return note_at(node, frame, "A key occurs twice in the context");
    struct arena *arena = frame->run->arena;
    struct member *members = arena_array(arena, struct member, node->count);
    struct value *values = node->keys_used ? arena_array(arena, struct value, node->count) : NULL;
    struct env near = {.up = frame->env, .values = values};
    struct env *env = &near;
    if (node->captured) {
        env = arena_new(arena, struct env);
        *env = near;
    }
    const struct env *outer = frame->env;
    for (uint32_t i = 0; i < node->count; i++) {
        frame->env = env;
        struct value v = EVAL(node->entries[i].value, frame);
        frame->env = outer;
        members[i] = (struct member){node->entries[i].key, v};
        if (values)
            values[i] = v;
    }
    return context_of_members(arena, members, node->count);
}
