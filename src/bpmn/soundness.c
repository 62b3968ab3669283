/* Deadlocks and lack of synchronisation, scope by scope, by exploring markings.
 *
 * A marking says how many tokens are on each flow of the scope. Elements are the transitions:
 *
 *     activity, event     one token in -> one on every flow out; or, interrupted, on those of a boundary event
 *     exclusive, event    one token in -> one on one flow out
 *     inclusive split     one token in -> one on each flow of a chosen set, tried as: each one alone, and all
 *     parallel            one token on every flow in -> one on every flow out
 *     terminate, error    everything in the scope is gone
 *
 * Chains of plain elements change nothing and are folded into one flow first. A marking from which nothing moves but
 * that holds tokens is a deadlock; two tokens on one flow are a lack of synchronisation.
 *
 * A flow leads to one element, so elements never take tokens from each other. Where all interleavings are too many, it
 * is therefore enough for deadlocks to let one enabled element after the other move; the other question is then left
 * open, and said to be. Inclusive joins depend on tokens elsewhere: scopes that have them are not analysed. */
#include "bpmn/soundness.h"

#include <string.h>

#define STATES_MAX 20000
#define PLACES_MAX 400

struct net {
    struct bpmn_checker *checker;
    const struct element *container;
    size_t place_count;
    uint32_t *place;               /* by flow index: the place that the flow is folded into */
    const struct element **target; /* by place: the element that takes its tokens */
    struct arena arena;            /* markings; given back at the end */
    uint8_t **states;
    size_t state_count, state_at;
    uint32_t *table; /* hash -> state + 1 */
    size_t table_size;
    bool full;             /* more states than can be kept */
    bool one_by_one;       /* only one enabled element moves in each marking */
    bool *stuck, *doubled; /* by element index: reported */
};

/* ---- Folding ---- */

static bool is_plain(const struct element *element)
{
    return element->in_count == 1 && element->out_count == 1 && element->boundary_count == 0;
}

/* Gives the flow, and all behind it in the same chain, the place where a token on it ends up without choice. */
static void add_place(struct net *self, const struct flow *flow)
{
    const struct flow *end = flow;
    size_t length = 1;
    while (self->place[end->index] == UINT32_MAX && is_plain(end->to) && length++ <= self->checker->process->flow_count)
        end = end->to->out[0];
    if (self->place[end->index] == UINT32_MAX) {
        self->target[self->place_count] = end->to;
        self->place[end->index] = (uint32_t)self->place_count++;
    }
    for (; self->place[flow->index] == UINT32_MAX; flow = flow->to->out[0])
        self->place[flow->index] = self->place[end->index];
}

static void build(struct net *self)
{
    const struct bpmn_process *process = self->checker->process;
    self->place = arena_array(&self->arena, uint32_t, process->flow_count);
    self->target = arena_array(&self->arena, const struct element *, process->flow_count);
    self->stuck = arena_array(&self->arena, bool, process->element_count);
    self->doubled = arena_array(&self->arena, bool, process->element_count);
    memset(self->place, 0xff, process->flow_count * sizeof *self->place);
    for (size_t i = 0; i < process->flow_count; i++)
        if (process->flows[i]->from->parent == self->container)
            add_place(self, process->flows[i]);
}

/* ---- Markings ---- */

static bool remember(struct net *self, const uint8_t *marking)
{
    uint64_t hash = str_hash((struct str){(const char *)marking, self->place_count});
    size_t at = hash & (self->table_size - 1);
    for (; self->table[at]; at = (at + 1) & (self->table_size - 1))
        if (memcmp(self->states[self->table[at] - 1], marking, self->place_count) == 0)
            return true;
    if (self->state_count == STATES_MAX) {
        self->full = true;
        return false;
    }
    uint8_t *copy = arena_alloc_raw(&self->arena, self->place_count);
    memcpy(copy, marking, self->place_count);
    self->states[self->state_count++] = copy;
    self->table[at] = (uint32_t)self->state_count;
    return true;
}

static void report_doubled(struct net *self, const struct element *element)
{
    if (self->doubled[element->index])
        return;
    self->doubled[element->index] = true;
    bpmn_check_report(self->checker, BPMN_WARNING, "no-synchronisation", element,
                      "Two tokens can come here that were split before and not joined: what follows happens twice.");
}

/* Tokens that meet just before the end do no harm. */
static bool is_plain_end(const struct element *element)
{
    return element->type == BPMN_END_EVENT && element->event == BPMN_EVENT_NONE;
}

/* One more token on each of the flows. False: there was one already. */
static bool put(struct net *self, uint8_t *marking, struct flow *const *flows, size_t count)
{
    bool safe = true;
    for (size_t i = 0; i < count; i++) {
        uint32_t place = self->place[flows[i]->index];
        bool twice = marking[place] && !is_plain_end(flows[i]->to);
        marking[place] = 1;
        safe = safe && !twice;
        if (twice)
            report_doubled(self, flows[i]->to);
    }
    return safe;
}

/* The marking after tokens have been taken, with tokens on the flows. */
static void reach(struct net *self, const uint8_t *taken, struct flow *const *flows, size_t count)
{
    uint8_t next[PLACES_MAX];
    memcpy(next, taken, self->place_count);
    if (put(self, next, flows, count))
        (void)remember(self, next);
}

static void reach_boundaries(struct net *self, const uint8_t *taken, const struct element *element)
{
    for (size_t i = 0; i < element->boundary_count; i++) {
        const struct element *boundary = element->boundaries[i];
        if (boundary->event == BPMN_EVENT_COMPENSATION)
            continue;
        if (boundary->interrupting) {
            reach(self, taken, boundary->out, boundary->out_count);
            continue;
        }
        uint8_t beside[PLACES_MAX];
        memcpy(beside, taken, self->place_count);
        if (put(self, beside, boundary->out, boundary->out_count))
            reach(self, beside, element->out, element->out_count);
    }
}

static bool ends_all(const struct element *element)
{
    return element->type == BPMN_END_EVENT &&
           (element->event == BPMN_EVENT_TERMINATE || element->event == BPMN_EVENT_ERROR);
}

static void fire(struct net *self, const uint8_t *taken, const struct element *element)
{
    static const uint8_t nothing[PLACES_MAX];
    bool chooses = element->type == BPMN_EXCLUSIVE_GATEWAY || element->type == BPMN_EVENT_GATEWAY ||
                   element->type == BPMN_INCLUSIVE_GATEWAY;
    if (ends_all(element)) {
        (void)remember(self, nothing);
        return;
    }
    if (element->type == BPMN_THROW_EVENT && element->event == BPMN_EVENT_LINK) {
        const struct element *target = element->definition->link_target;
        reach(self, taken, target->out, target->out_count);
        return;
    }
    for (size_t i = 0; chooses && i < element->out_count; i++)
        reach(self, taken, &element->out[i], 1);
    if (!chooses || element->type == BPMN_INCLUSIVE_GATEWAY || element->out_count == 0)
        reach(self, taken, element->out, element->out_count);
    reach_boundaries(self, taken, element);
}

/* Takes what a parallel gateway needs. False: it is not enabled. */
static bool take_all(const struct net *self, uint8_t *marking, const struct element *gateway)
{
    for (size_t i = 0; i < gateway->in_count; i++)
        if (!marking[self->place[gateway->in[i]->index]])
            return false;
    for (size_t i = 0; i < gateway->in_count; i++)
        marking[self->place[gateway->in[i]->index]] = 0;
    return true;
}

static void report_stuck(struct net *self, const uint8_t *marking)
{
    for (size_t i = 0; i < self->place_count; i++) {
        const struct element *element = self->target[i];
        if (!marking[i] || self->stuck[element->index])
            continue;
        self->stuck[element->index] = true;
        bpmn_check_report(self->checker, BPMN_ERROR, "deadlock", element,
                          "A token can get stuck here: the gateway waits for others that do not come.");
    }
}

static void expand(struct net *self, const uint8_t *marking)
{
    bool moved = false;
    bool holds = false;
    uint8_t taken[PLACES_MAX];
    for (size_t i = 0; i < self->place_count && !(moved && self->one_by_one); i++) {
        if (!marking[i])
            continue;
        holds = true;
        const struct element *element = self->target[i];
        memcpy(taken, marking, self->place_count);
        if (element->type == BPMN_PARALLEL_GATEWAY && element->in_count > 1) {
            if (!take_all(self, taken, element))
                continue;
        } else {
            taken[i] = 0;
        }
        moved = true;
        fire(self, taken, element);
    }
    if (holds && !moved)
        report_stuck(self, marking);
}

static void explore(struct net *self, const struct element *start)
{
    uint8_t first[PLACES_MAX] = {0};
    self->state_count = self->state_at = 0;
    self->full = false;
    memset(self->table, 0, self->table_size * sizeof *self->table);
    struct arena_mark mark = arena_mark(&self->arena);
    if (put(self, first, start->out, start->out_count))
        (void)remember(self, first);
    while (self->state_at < self->state_count && !self->full)
        expand(self, self->states[self->state_at++]);
    arena_rewind(&self->arena, mark);
}

/* ---- A scope ---- */

static const struct element *inclusive_join(const struct element *container)
{
    for (size_t i = 0; i < container->child_count; i++) {
        const struct element *child = container->children[i];
        if (child->type == BPMN_INCLUSIVE_GATEWAY && child->in_count > 1)
            return child;
    }
    return NULL;
}

static void explore_from(struct net *self, const struct element *start)
{
    self->one_by_one = false;
    explore(self, start);
    if (!self->full)
        return;
    self->one_by_one = true;
    explore(self, start);
    bpmn_check_report(self->checker, BPMN_HINT, "not-analysed", self->container,
                      self->full
                          ? "There are too many ways through here to tell whether tokens get stuck or meet."
                          : "There are too many ways through here to tell whether tokens meet without being joined.");
}

void bpmn_check_soundness(struct bpmn_checker *checker, const struct element *container)
{
    const struct element *join = inclusive_join(container);
    if (join) {
        bpmn_check_report(
            checker, BPMN_HINT, "not-analysed", join,
            "Whether tokens get stuck or meet here cannot be told: an inclusive join depends on tokens elsewhere.");
        return;
    }
    struct net net = {.checker = checker, .container = container, .table_size = 65536};
    arena_init(&net.arena);
    build(&net);
    if (net.place_count > PLACES_MAX) {
        bpmn_check_report(checker, BPMN_HINT, "not-analysed", container,
                          "There are too many elements here to tell whether tokens get stuck or meet.");
    } else if (net.place_count > 0) {
        net.states = arena_array(&net.arena, uint8_t *, STATES_MAX);
        net.table = arena_array(&net.arena, uint32_t, net.table_size);
        for (size_t i = 0; i < container->child_count; i++)
            if (container->children[i]->type == BPMN_START_EVENT)
                explore_from(&net, container->children[i]);
    }
    arena_release(&net.arena);
}
