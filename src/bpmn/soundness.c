/* Deadlocks and lack of synchronisation, scope by scope, by exploring markings.
 *
 * A marking says how many tokens are on each flow of the scope. Elements are the transitions:
 *
 *     activity, event     one token in -> one on every flow out; or, interrupted, on those of a boundary event
 *     exclusive, event    one token in -> one on one flow out
 *     inclusive split     one token in -> one on each flow of a set, all sets tried; or on the default flow alone
 *     inclusive join      the tokens that are there, once no other can come -> as an inclusive split
 *     parallel            one token on every flow in -> one on every flow out
 *     terminate, error    everything in the scope is gone
 *
 * Chains of plain elements change nothing and are folded into one flow first. A marking from which nothing moves but
 * that holds tokens is a deadlock; two tokens on one flow are a lack of synchronisation.
 *
 * A flow leads to one element, so elements never take tokens from each other, and what an inclusive join waits for no
 * other element can take away. Where all interleavings are too many, it is therefore enough for deadlocks to let one
 * enabled element after the other move; the other question is then left open, and said to be. */
#include "bpmn/soundness.h"

#include <string.h>

#define STATES_MAX 20000
#define PLACES_MAX 400
#define SETS_OF_MAX 6 /* an inclusive split with more conditions: each flow alone, and all */

/* An inclusive gateway with several flows in. */
struct join {
    const struct element *gateway;
    bool **before; /* by flow in, by element index: from there a token can come by that flow */
};

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
    bool full;       /* more states than can be kept */
    bool one_by_one; /* only one enabled element moves in each marking */
    size_t join_count;
    struct join *joins;
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

/* ---- Inclusive joins ---- */

struct backward {
    struct net *net;
    const struct element *around;
    bool *seen;
    VECTOR(const struct element *) queue;
};

static void come_from(struct backward *self, const struct element *element)
{
    if (!element || element == self->around || self->seen[element->index])
        return;
    self->seen[element->index] = true;
    VECTOR_PUSH(&self->net->arena, &self->queue, element);
}

/* By element index: from where a token can come to an element without passing around (NULL: any way). */
static bool *all_before(struct net *self, const struct element *element, const struct element *around)
{
    struct backward way = {self, around, arena_array(&self->arena, bool, self->checker->process->element_count), {0}};
    come_from(&way, element);
    for (size_t i = 0; i < way.queue.count; i++) {
        const struct element *to = way.queue.items[i];
        bool caught = to->type == BPMN_CATCH_EVENT && to->event == BPMN_EVENT_LINK;
        come_from(&way, to->host);
        for (size_t j = 0; j < to->in_count; j++)
            come_from(&way, to->in[j]->from);
        for (size_t j = 0; caught && j < self->place_count; j++)
            if (self->target[j]->definition && self->target[j]->definition->link_target == to)
                come_from(&way, self->target[j]);
    }
    return way.seen;
}

static void find_joins(struct net *self)
{
    self->joins = arena_array(&self->arena, struct join, self->container->child_count);
    for (size_t i = 0; i < self->container->child_count; i++) {
        const struct element *child = self->container->children[i];
        if (child->type != BPMN_INCLUSIVE_GATEWAY || child->in_count < 2)
            continue;
        struct join *join = &self->joins[self->join_count++];
        *join = (struct join){child, arena_array(&self->arena, bool *, child->in_count)};
        for (size_t j = 0; j < child->in_count; j++)
            join->before[j] = all_before(self, child->in[j]->from, child);
    }
}

static bool has_all(const struct net *self, const uint8_t *marking, const struct element *gateway)
{
    for (size_t i = 0; i < gateway->in_count; i++)
        if (!marking[self->place[gateway->in[i]->index]])
            return false;
    return true;
}

static bool rests_at_join(const struct net *self, const uint8_t *marking, const struct element *element)
{
    if (element->in_count < 2)
        return false;
    return element->type == BPMN_INCLUSIVE_GATEWAY ||
           (element->type == BPMN_PARALLEL_GATEWAY && !has_all(self, marking, element));
}

/* Whether no token elsewhere can still come to the join; hoping: tokens that rest at other joins count. */
static bool is_ready(const struct net *self, const uint8_t *marking, const struct join *join, bool hoping)
{
    bool any = false;
    for (size_t i = 0; i < join->gateway->in_count; i++) {
        if (marking[self->place[join->gateway->in[i]->index]]) {
            any = true;
            continue;
        }
        for (size_t p = 0; p < self->place_count; p++)
            if (marking[p] && self->target[p] != join->gateway && join->before[i][self->target[p]->index] &&
                (hoping || !rests_at_join(self, marking, self->target[p])))
                return false;
    }
    return any;
}

/* As the stepper does: joins that wait for nothing but each other go on, when no other join can. */
static bool join_moves(const struct net *self, const uint8_t *marking, const struct element *gateway)
{
    const struct join *join = NULL;
    bool hope = false;
    for (size_t i = 0; i < self->join_count; i++) {
        if (self->joins[i].gateway == gateway)
            join = &self->joins[i];
        hope = hope || is_ready(self, marking, &self->joins[i], true);
    }
    return is_ready(self, marking, join, hope);
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

/* Every set of flows that can be taken together; the default flow is taken only alone. */
static void fire_inclusive(struct net *self, const uint8_t *taken, const struct element *gateway)
{
    struct flow **open = arena_array(&self->arena, struct flow *, gateway->out_count);
    struct flow *chosen[SETS_OF_MAX];
    size_t count = 0;
    for (size_t i = 0; i < gateway->out_count; i++) {
        if (gateway->out[i] == gateway->default_flow)
            reach(self, taken, &gateway->out[i], 1);
        else
            open[count++] = gateway->out[i];
    }
    for (size_t set = 1; count <= SETS_OF_MAX && set >> count == 0; set++) {
        size_t n = 0;
        for (size_t i = 0; i < count; i++)
            if (set >> i & 1)
                chosen[n++] = open[i];
        reach(self, taken, chosen, n);
    }
    for (size_t i = 0; count > SETS_OF_MAX && i < count; i++)
        reach(self, taken, &open[i], 1);
    if (count > SETS_OF_MAX || gateway->out_count == 0)
        reach(self, taken, open, count);
}

static void fire(struct net *self, const uint8_t *taken, const struct element *element)
{
    static const uint8_t nothing[PLACES_MAX];
    bool chooses = element->type == BPMN_EXCLUSIVE_GATEWAY || element->type == BPMN_EVENT_GATEWAY;
    if (ends_all(element)) {
        (void)remember(self, nothing);
        return;
    }
    if (element->type == BPMN_THROW_EVENT && element->event == BPMN_EVENT_LINK) {
        const struct element *target = element->definition->link_target;
        reach(self, taken, target->out, target->out_count);
        return;
    }
    if (element->type == BPMN_INCLUSIVE_GATEWAY) {
        fire_inclusive(self, taken, element);
        return;
    }
    for (size_t i = 0; chooses && i < element->out_count; i++)
        reach(self, taken, &element->out[i], 1);
    if (!chooses || element->out_count == 0)
        reach(self, taken, element->out, element->out_count);
    reach_boundaries(self, taken, element);
}

/* Whether another token is about to come to an activity or event that does something each time. */
static bool comes_twice(const struct net *self, const uint8_t *marking, const struct element *element)
{
    bool gateway = element->type >= BPMN_EXCLUSIVE_GATEWAY && element->type <= BPMN_EVENT_GATEWAY;
    size_t tokens = 0;
    for (size_t i = 0; i < element->in_count; i++)
        tokens += marking[self->place[element->in[i]->index]];
    return !gateway && !is_plain_end(element) && !ends_all(element) && tokens > 1;
}

/* Takes what the element at a place needs. False: it is not enabled. */
static bool take(const struct net *self, uint8_t *marking, size_t place)
{
    const struct element *element = self->target[place];
    bool joins = element->in_count > 1;
    if (joins && element->type == BPMN_PARALLEL_GATEWAY && !has_all(self, marking, element))
        return false;
    if (joins && element->type == BPMN_INCLUSIVE_GATEWAY && !join_moves(self, marking, element))
        return false;
    joins = joins && (element->type == BPMN_PARALLEL_GATEWAY || element->type == BPMN_INCLUSIVE_GATEWAY);
    for (size_t i = 0; joins && i < element->in_count; i++)
        marking[self->place[element->in[i]->index]] = 0;
    marking[place] = 0;
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
        if (!take(self, taken, i))
            continue;
        moved = true;
        if (comes_twice(self, marking, element))
            report_doubled(self, element);
        else
            fire(self, taken, element);
    }
    if (holds && !moved)
        report_stuck(self, marking);
}

static void explore(struct net *self, const struct element *start)
{
    static const uint8_t nothing[PLACES_MAX];
    self->state_count = self->state_at = 0;
    self->full = false;
    memset(self->table, 0, self->table_size * sizeof *self->table);
    struct arena_mark mark = arena_mark(&self->arena);
    fire(self, nothing, start);
    while (self->state_at < self->state_count && !self->full)
        expand(self, self->states[self->state_at++]);
    arena_rewind(&self->arena, mark);
}

/* ---- A scope ---- */

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

static bool begins(const struct element *element)
{
    return element->type == BPMN_START_EVENT || bpmn_ad_hoc_can_start(element);
}

/* A join in an ad-hoc sub-process that several of its elements lead to: which of them will run is not known. */
static const struct element *open_join(struct net *self)
{
    const struct element *container = self->container;
    for (size_t i = 0; container->type == BPMN_AD_HOC_SUB_PROCESS && i < container->child_count; i++) {
        const struct element *child = container->children[i];
        bool joins = child->type == BPMN_PARALLEL_GATEWAY || child->type == BPMN_INCLUSIVE_GATEWAY;
        if (!joins || child->in_count < 2)
            continue;
        const bool *before = all_before(self, child, NULL);
        size_t starts = 0;
        for (size_t j = 0; j < container->child_count; j++)
            starts += begins(container->children[j]) && before[container->children[j]->index];
        if (starts > 1)
            return child;
    }
    return NULL;
}

static void explore_all(struct net *self)
{
    const struct element *open = open_join(self);
    if (open) {
        bpmn_check_report(self->checker, BPMN_HINT, "not-analysed", open,
                          "Whether tokens get stuck here cannot be told: it depends on which elements are activated.");
        return;
    }
    find_joins(self);
    self->states = arena_array(&self->arena, uint8_t *, STATES_MAX);
    self->table = arena_array(&self->arena, uint32_t, self->table_size);
    for (size_t i = 0; i < self->container->child_count; i++)
        if (begins(self->container->children[i]) && self->container->children[i]->out_count > 0)
            explore_from(self, self->container->children[i]);
}

void bpmn_check_soundness(struct bpmn_checker *checker, const struct element *container)
{
    struct net net = {.checker = checker, .container = container, .table_size = 65536};
    arena_init(&net.arena);
    build(&net);
    if (net.place_count > PLACES_MAX)
        bpmn_check_report(checker, BPMN_HINT, "not-analysed", container,
                          "There are too many elements here to tell whether tokens get stuck or meet.");
    else if (net.place_count > 0)
        explore_all(&net);
    arena_release(&net.arena);
}
